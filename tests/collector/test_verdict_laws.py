"""What no evidence, honest or forged, can make a verdict do."""

import random
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.verdict_scene import BEAT, BROKEN, CUT, WELL, Pc, pcs, seen

from schooldrum_collector.judge.climbing import End, end_of, way_of
from schooldrum_collector.judge.fault import (
    Climb,
    Degree,
    Fault,
    Level,
    Place,
    Rung,
    SchoolSeen,
    Verdict,
    Witness,
)
from schooldrum_collector.judge.school_standing import standing_of
from schooldrum_collector.judge.shared_faults import shared
from schooldrum_collector.judge.verdict import faults
from schooldrum_wire.catalogue.ladder import REASONS, STEPS

NOW = CUT + 1800
ROOMS = ("S1/main/tin1", "S1/main/tin2", "S1/main/office", "S1/hill/lab")
LARGE = frozenset(Level) - {Level.MACHINE}

some_rungs = st.lists(
    st.builds(
        Rung,
        step=st.sampled_from([*STEPS, "service"]),
        passed=st.booleans(),
        target=st.sampled_from(["", "csdl"]),
        family=st.sampled_from(["ipv4", "ipv6"]),
        reason=st.sampled_from(["", *REASONS]),
        loss=st.floats(0, 1),
    ),
    max_size=10,
).map(tuple)
some_ladder = st.one_of(some_rungs, st.sampled_from([WELL, *BROKEN.values()]))
some_time = st.one_of(st.floats(NOW - 7200, NOW + 3600), st.sampled_from([CUT - 30, CUT + 30, NOW - 30, NOW + 30]))
some_climbs = st.lists(
    st.builds(
        Climb, at=some_time, error=st.floats(0, 30), rungs=some_ladder, boot=st.sampled_from(["", "first", "second"])
    ),
    max_size=6,
).map(lambda climbs: tuple(sorted(climbs, key=lambda climb: climb.at)))
MACHINES = [f"m{n:02}" for n in range(12)]


@st.composite
def some_witness(draw, machine: str) -> Witness:
    heard = draw(st.one_of(st.sampled_from([0.0, CUT - 20, CUT - 40, NOW - 20, NOW - 100, NOW + 900]), some_time))
    presence = (
        "never" if not heard else "online" if NOW - heard < 3 * BEAT else draw(st.sampled_from(["silent", "off"]))
    )
    return Witness(
        machine=machine,
        alias=machine,
        room=draw(st.sampled_from(ROOMS)),
        presence=presence,
        heard=heard,
        beat=draw(st.sampled_from([60, 60, 60, 900])),
        since=draw(st.one_of(st.none(), some_time)),
        climbs=draw(some_climbs),
        sees=draw(st.frozensets(st.sampled_from(MACHINES), max_size=4)),
        sees_at=draw(some_time),
        provider=draw(st.sampled_from(["", "A", "B"])),
        guard=draw(st.sampled_from(["", "X", "Y"])),
    )


@st.composite
def some_school(draw) -> SchoolSeen:
    machines = draw(st.lists(st.sampled_from(MACHINES), unique=True, max_size=len(MACHINES)))
    return SchoolSeen(
        school="S1",
        area="a/b",
        witnesses=tuple(draw(some_witness(machine)) for machine in machines),
        rooms=ROOMS,
        expected=draw(st.dictionaries(st.sampled_from(ROOMS), st.booleans())),
        hearing_since=draw(st.sampled_from([0.0, NOW - 60, NOW - 5000])),
    )


@given(some_school())
@settings(max_examples=250, deadline=None)
def test_laws_of_whatever_is_seen(school):
    found = faults(school, NOW)
    by_id = {one.machine: one for one in school.witnesses}
    assert len({(fault.place, fault.kind, fault.target) for fault in found}) == len(found)
    assert list(found) == sorted(found, key=lambda fault: -list(Level).index(fault.place.level))
    for fault in found:
        assert fault.error >= 0
        assert abs(fault.began) < float("inf")
        assert fault.ended is None or fault.ended >= fault.began
        assert set(fault.blamed) <= by_id.keys()
        assert fault.degree is not Degree.UNKNOWN or len(fault.evidence.causes) > 1
        assert (fault.verdict is Verdict.UNKNOWN) == (fault.degree is Degree.UNKNOWN)
        if fault.degree is Degree.FOUND:
            assert fault.evidence.counts["measured"] >= (1 if fault.place.level is Level.MACHINE else 2)
        if fault.place.level is not Level.MACHINE and fault.blamed:
            assert len(fault.blamed) > 1
        for machine in fault.blamed:
            assert school.expected.get(by_id[machine].room, True), "nobody expected it"
        if fault.kind.value == "outage" and not fault.evidence.word.endswith("_in_part"):
            for machine in fault.blamed:
                heard = by_id[machine]
                assert heard.presence != "online" or heard.heard > NOW, "the collector heard it at that time"
            in_part = fault.evidence.counts["on"] > fault.evidence.counts["machines"]
            assert in_part or not _heard_later(school, fault)


def _heard_later(school: SchoolSeen, fault: Fault) -> list[str]:
    """Who of the fault's place was heard after it began: then it cannot be the whole place that is cut off."""
    if fault.place.level is Level.MACHINE:
        return []
    return [
        one.machine
        for one in school.witnesses
        if one.room.startswith(fault.place.path)
        and fault.began + fault.error + 2 * 900 < one.heard <= NOW
        and school.expected.get(one.room, True)
        and one.machine not in fault.blamed
    ]


@given(some_school(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_witnesses_does_not_matter(school, chance):
    mixed = list(school.witnesses)
    chance.shuffle(mixed)
    assert faults(msgspec.structs.replace(school, witnesses=tuple(mixed)), NOW) == faults(school, NOW)


@given(some_school())
@settings(max_examples=100, deadline=None)
def test_where_nobody_is_expected_nothing_is_wrong(school):
    assert faults(msgspec.structs.replace(school, expected=dict.fromkeys(ROOMS, False)), NOW) == ()


@given(some_school(), some_time)
@settings(max_examples=100, deadline=None)
def test_any_moment_can_be_judged(school, now):
    shared({"S1": faults(school, now)}, {"S1": standing_of(school, now)}, now)


@given(some_rungs)
def test_who_got_farther_passed_what_is_nearer(rungs):
    end = end_of(way_of(rungs))
    if any(rung.passed and rung.step in {"international", "national", "collector"} for rung in rungs):
        assert end not in {End.LINK, End.ADDRESS, End.GATEWAY, End.BEYOND}


# Forgers

HONEST_ROOMS = {"S1/main/tin1": 4, "S1/main/tin2": 4, "S1/main/office": 3}
BREAKS = {
    "nothing": lambda _room, _seat: "",
    "all: line": lambda _room, _seat: "line",
    "all: router": lambda _room, _seat: "gateway",
    "all: power": lambda _room, _seat: "dark",
    "all: names": lambda _room, _seat: "dns",
    "all: abroad": lambda _room, _seat: "international",
    "all: names, abroad": lambda _room, _seat: "names, abroad",
    "room: switch": lambda room, _seat: "link" if room.endswith("tin1") else "",
    "room: power": lambda room, _seat: "dark" if room.endswith("tin1") else "",
}


def large(found: tuple[Fault, ...]) -> list[tuple[Place, str, Verdict]]:
    return [(fault.place, fault.kind.value, fault.verdict) for fault in found if fault.place.level in LARGE]


@pytest.mark.parametrize("known", [NOW, NOW + 7200], ids=["live", "with the backlog"])
@pytest.mark.parametrize("what", BREAKS)
@given(
    forger=st.integers(1, 11),
    climbs=some_climbs,
    sees=st.frozensets(st.sampled_from([f"m{n:03}" for n in range(1, 12)])),
    sees_at=some_time,
)
@settings(max_examples=25, deadline=None)
def test_no_single_forger_changes_what_is_said_of_a_room_or_a_school(what, known, forger, climbs, sees, sees_at):
    everybody = pcs(HONEST_ROOMS, breaks=BREAKS[what], back=CUT + 3600)
    honest = seen(everybody, NOW, known=known, remembered=True)
    forged = msgspec.structs.replace(
        honest,
        witnesses=tuple(
            msgspec.structs.replace(one, climbs=climbs, sees=sees, sees_at=sees_at)
            if one.machine == f"m{forger:03}"
            else one
            for one in honest.witnesses
        ),
    )
    assert large(faults(forged, NOW)) == large(faults(honest, NOW))


@pytest.mark.parametrize("what", ["nothing", "all: line", "room: switch", "room: power"])
@given(forger=st.integers(1, 2), climbs=st.just(()) | some_climbs, remembered=st.booleans())
@settings(max_examples=40, deadline=None)
def test_one_of_two_in_a_room_makes_no_wrong_cause_of_it(what, forger, climbs, remembered):
    everybody = pcs({"S1/main/tin1": 2, "S1/main/tin2": 4}, breaks=BREAKS[what], back=CUT + 3600)
    honest = seen(everybody, NOW, known=NOW + 7200, remembered=remembered)
    forged = msgspec.structs.replace(
        honest,
        witnesses=tuple(
            msgspec.structs.replace(one, climbs=climbs) if one.machine == f"m{forger:03}" else one
            for one in honest.witnesses
        ),
    )
    truth = {verdict for _, _, verdict in large(faults(honest, NOW))}
    assert {verdict for _, _, verdict in large(faults(forged, NOW))} <= truth | {Verdict.UNKNOWN}


# Time


def test_how_long_judging_takes(record_testsuite_property):
    chance = random.Random(7)  # noqa: S311 - a repeatable choice of scenarios
    rooms = {f"S1/main/tin{n}": 16 for n in range(3)} | {"S1/main/office": 2}
    broken = [
        seen(pcs(rooms, breaks=BREAKS[chance.choice(list(BREAKS))]), NOW, code="S1", known=NOW) for _ in range(20)
    ]
    broken = [
        msgspec.structs.replace(
            school, witnesses=tuple(msgspec.structs.replace(one, climbs=one.climbs[-30:]) for one in school.witnesses)
        )
        for school in broken
    ]
    by_school = {}
    standings = {f"C{n}": msgspec.structs.replace(standing_of(broken[0], NOW), school=f"C{n}") for n in range(1000)}
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        for n, school in enumerate(broken):
            by_school[f"C{n}"] = faults(school, NOW)
        shared(by_school, standings, NOW)
        best = min(best, time.process_time() - begin)
    record_testsuite_property("judging_20_of_1000_schools_seconds", best)
    print(f"{1000 * best:.1f} ms")
    assert best < 0.1


def test_a_lone_pc_in_a_net_of_its_own_is_not_the_schools_fault():
    other = Pc(number=50, room="S1/main/office", breaks="line", back=CUT + 3600)
    (fault,) = faults(seen([*pcs(HONEST_ROOMS), other], NOW, known=NOW + 7200, remembered=True), NOW)
    assert fault.place == Place(Level.MACHINE, other.machine)
