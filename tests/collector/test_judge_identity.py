import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.identity import (
    CARD_ONLY,
    CODE_SPENT,
    FEWEST_WAITING,
    REASONS,
    ROOM_FULL,
    TWIN_ONLINE,
    UNKNOWN_LINE,
    Decision,
    Fate,
    Record,
    Standing,
    best_match,
    by_repair,
    by_token,
    capacity,
    is_other_hardware,
    resemblance,
)
from schooldrum_wire.report import Fingerprint

ROOM = "A/main/R1"


def hardware(number: int | str, *kinds: str) -> Fingerprint:
    return {kind: (f"{kind}{number}",) for kind in kinds or ("uuid", "board", "disk", "mac")}


def record(number: int, *, standing: Standing = Standing.ACTIVE, online: bool = False, room: str = ROOM) -> Record:
    return Record(id=f"m{number}", room=room, standing=standing, fingerprint=hardware(number), online=online)


@pytest.mark.parametrize(
    ("known", "seen", "handed_over"),
    [
        (hardware(1), hardware(1), True),
        (hardware(1), hardware(2), False),
        (hardware(1), hardware(1, "uuid"), True),
        (hardware(1), hardware(1, "mac"), False),
        (hardware(1, "mac"), hardware(1, "mac"), False),
        (hardware(1), hardware(1, "disk"), False),
        (hardware(1, "disk"), hardware(1, "disk"), True),
        (hardware(1, "disk", "mac"), hardware(1, "disk", "mac"), True),
        (hardware(1), {**hardware(1), "disk": ("new",)}, True),
        (hardware(1), {**hardware(2), "mac": ("mac1",)}, False),
        (hardware(1), {}, False),
        ({}, hardware(1), False),
    ],
)
def test_hardware_that_is_surely_the_same_and_never_a_card_alone(
    *, known: Fingerprint, seen: Fingerprint, handed_over: bool
):
    assert (resemblance(known, seen) > 0) is handed_over


def test_nothing_to_compare_is_no_clone():
    assert not is_other_hardware(hardware(1), {})
    assert not is_other_hardware({}, hardware(1))
    assert is_other_hardware(hardware(1), hardware(2))


def test_of_several_alike_the_active_and_closest_is_taken():
    half = Record(id="half", room=ROOM, standing=Standing.ACTIVE, fingerprint=hardware(1, "uuid"))
    whole = record(1)
    waiting = record(1, standing=Standing.PENDING)
    gone = record(1, standing=Standing.RETIRED)
    assert best_match([half, whole], hardware(1)) == whole
    assert best_match([waiting, half], hardware(1)) == half
    assert best_match([gone], hardware(1)) is None


@pytest.mark.parametrize(("seats", "most"), [(0, 0), (1, 1), (4, 4), (5, 6), (40, 48), (41, 49)])
def test_capacity_is_the_registered_and_a_fifth(seats: int, most: int):
    assert capacity(seats) == most


def token(records: list[Record], number: int = 1, *, seats: int = 40, line_known: bool = True) -> Decision:
    return by_token(records, room=ROOM, seats=seats, fingerprint=hardware(number), line_known=line_known)


FULL = [record(number) for number in range(100, 148)]


@pytest.mark.parametrize(
    ("records", "line_known", "fate", "record_id", "reason"),
    [
        ([], True, Fate.NEW, "", ""),
        ([], False, Fate.NEW, "", UNKNOWN_LINE),
        ([record(1)], True, Fate.BACK, "m1", ""),
        ([record(1)], False, Fate.BACK, "m1", ""),
        ([record(1, room="A/main/R2")], True, Fate.BACK, "m1", ""),
        ([record(1, online=True)], True, Fate.NEW, "", TWIN_ONLINE),
        ([record(1, standing=Standing.PENDING)], True, Fate.BACK, "m1", ""),
        ([record(1, standing=Standing.PENDING)], False, Fate.BACK, "m1", UNKNOWN_LINE),
        ([record(1, standing=Standing.RETIRED)], True, Fate.NEW, "", ""),
        (FULL, True, Fate.NEW, "", ROOM_FULL),
        ([*FULL, record(1, standing=Standing.PENDING)], True, Fate.BACK, "m1", ROOM_FULL),
        ([*FULL, record(1)], True, Fate.BACK, "m1", ""),
    ],
)
def test_by_token(*, records: list[Record], line_known: bool, fate: Fate, record_id: str, reason: str):
    decision = token(records, line_known=line_known)
    assert (decision.fate, decision.record, decision.reason) == (fate, record_id, reason)
    assert decision.standing is (Standing.PENDING if reason else Standing.ACTIVE)


@pytest.mark.parametrize(
    ("records", "line_known", "reason"),
    [
        ([record(1)], True, CODE_SPENT),
        ([record(1)], False, UNKNOWN_LINE),
        ([record(1, online=True)], True, TWIN_ONLINE),
        ([record(1), *FULL], True, CODE_SPENT),
    ],
)
def test_a_spent_code_and_hardware_hand_no_record_over(*, records: list[Record], line_known: bool, reason: str):
    def ask(known: list[Record], own: str = "") -> Decision:
        return by_token(known, room=ROOM, seats=40, fingerprint=hardware(1), line_known=line_known, spent=True, own=own)

    decision = ask(records)
    assert (decision.fate, decision.record, decision.reason) == (Fate.NEW, "", reason)
    assert ask(records, own="m1") == decision
    waiting = msgspec.structs.replace(record(1, standing=Standing.PENDING), id="twin")
    again = ask([*records, waiting])
    assert (again.fate, again.record, again.reason) == (Fate.BACK, "twin", reason)


def test_who_shows_its_own_key_is_itself_and_no_twin():
    vm = Record(id="vm", room=ROOM, standing=Standing.ACTIVE, fingerprint=hardware(1, "mac"), online=True)
    decision = by_token([vm], room=ROOM, seats=1, fingerprint=hardware(1, "mac"), line_known=False, own="vm")
    assert decision == Decision(fate=Fate.BACK, record="vm")
    waits = msgspec.structs.replace(vm, standing=Standing.PENDING)
    decision = by_token([waits], room=ROOM, seats=1, fingerprint=hardware(1, "mac"), line_known=False, own="vm")
    assert decision == Decision(fate=Fate.BACK, record="vm", reason=UNKNOWN_LINE)


def test_a_twin_that_asks_again_waits_as_the_same_record():
    waiting = msgspec.structs.replace(record(1, standing=Standing.PENDING), id="twin")
    decision = token([record(1, online=True), waiting])
    assert (decision.fate, decision.record, decision.reason) == (Fate.BACK, "twin", TWIN_ONLINE)


def test_a_card_alone_hands_over_no_active_record_and_makes_no_flood():
    known = Record(id="vm", room=ROOM, standing=Standing.ACTIVE, fingerprint=hardware(1, "mac"))
    seen = hardware(1, "mac")
    first = by_token([known], room=ROOM, seats=40, fingerprint=seen, line_known=True)
    assert (first.fate, first.reason) == (Fate.NEW, CARD_ONLY)
    waiting = Record(id="vm2", room=ROOM, standing=Standing.PENDING, fingerprint=seen)
    again = by_token([known, waiting], room=ROOM, seats=40, fingerprint=seen, line_known=True)
    assert (again.fate, again.record, again.reason) == (Fate.BACK, "vm2", CARD_ONLY)
    repaired = by_repair([known, waiting], room=ROOM, seats=40, fingerprint=seen)
    assert (repaired.fate, repaired.record) == (Fate.BACK, "vm2")


def test_every_reason_can_be_said_in_both_languages():
    assert set(REASONS) == {ROOM_FULL, UNKNOWN_LINE, TWIN_ONLINE, CARD_ONLY, CODE_SPENT}
    assert all(vietnamese and english for vietnamese, english in REASONS.values())


class Lab:
    """A room that plays decisions out, without clocks or credentials."""

    def __init__(self, seats: int) -> None:
        self.seats = seats
        self.records: dict[str, Record] = {}

    def apply(self, decision: Decision, fingerprint: Fingerprint) -> str:
        if decision.fate is Fate.REFUSED:
            return ""
        if decision.fate is Fate.BACK:
            return decision.record
        name = f"m{len(self.records)}"
        standing = decision.standing
        self.records[name] = Record(id=name, room=ROOM, standing=standing, fingerprint=fingerprint)
        return name

    def come(self, fingerprint: Fingerprint) -> str:
        known = list(self.records.values())
        return self.apply(
            by_token(known, room=ROOM, seats=self.seats, fingerprint=fingerprint, line_known=True),
            fingerprint,
        )

    def repair(self, fingerprint: Fingerprint) -> str:
        known = list(self.records.values())
        return self.apply(by_repair(known, room=ROOM, seats=self.seats, fingerprint=fingerprint), fingerprint)


@given(seed=st.integers(), kinds=st.sampled_from([("uuid", "board", "disk", "mac"), ("disk", "mac"), ("board",)]))
def test_forty_frozen_clones_over_ten_boots_are_forty_records(seed: int, kinds: tuple[str, ...]):
    order = random.Random(seed)  # noqa: S311 - a shuffle
    lab = Lab(40)
    pcs = [hardware(number, *kinds) for number in range(40)]
    first = lab.come(pcs[0])
    homes: dict[int, str] = {0: first}
    for _ in range(10):
        morning = list(range(40))
        order.shuffle(morning)
        for number in morning:
            if is_other_hardware(lab.records[first].fingerprint, pcs[number]):
                home = lab.repair(pcs[number])
                assert homes.setdefault(number, home) == home
    assert len(lab.records) == 40
    assert len(set(homes.values())) == 40
    assert all(one.standing is Standing.ACTIVE for one in lab.records.values())


@given(st.integers(min_value=0, max_value=60))
def test_two_hundred_fakes_never_go_beyond_the_bounds(seats: int):
    lab = Lab(seats)
    for number in range(200):
        (lab.come if number % 2 else lab.repair)(hardware(f"fake{number}"))
    standings = [one.standing for one in lab.records.values()]
    assert standings.count(Standing.ACTIVE) <= capacity(seats)
    assert standings.count(Standing.PENDING) <= max(FEWEST_WAITING, capacity(seats))


@given(st.lists(st.integers(min_value=0, max_value=8), max_size=60), st.integers(min_value=1, max_value=9))
def test_whoever_asks_however_often_one_hardware_is_one_record(asked: list[int], seats: int):
    lab = Lab(seats)
    for number in asked:
        lab.repair(hardware(number))
        lab.come(hardware(number))
    known = [one.fingerprint["uuid"] for one in lab.records.values()]
    assert len(known) == len(set(known))
