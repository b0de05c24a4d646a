"""A school that loses one part after another: from when nobody of it is left, it has an incident of its own."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.laboratory import Lab, climbed, lab_at
from tests.collector.province import BEAT
from tests.collector.verdict_scene import CUT, pcs, seen

from schooldrum_collector.judge.fault import Degree, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import State
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.lost_time import Group, lost_time, without_internet
from schooldrum_collector.judge.sentences import grounds, what
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine

NEAR, FAR = ("link", "address", "gateway"), ("provider", "national", "international", "collector")
LINE = climbed(*NEAR, failed=FAR)
WELL = climbed(*NEAR, *FAR)
MAIN, SECOND = "203.0.113.1", "203.0.113.2"
SCHOOL, TIN1, TIN2 = (
    Place(Level.SCHOOL, "BM"),
    Place(Level.ROOM, "BM/main/tin1"),
    Place(Level.ROOM, "BM/main/tin2"),
)
Spans = Mapping[str, tuple[int, int]]


@pytest.fixture(params=[False, True], ids=["one line", "a line for each room"])
def lab(
    opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine], request: pytest.FixtureRequest
) -> Lab:
    """In lessons at every hour."""
    lab = lab_at(opened, tmp_path, enrol, always=True)
    if request.param:
        with lab.store.writing() as writer:
            for code, provider, address in (("main", "A", MAIN), ("second", "B", SECOND)):
                writer.put_line(
                    RegisteredLine(school="BM", site="main", code=code, provider=provider, networks=(address,))
                )
        lab.egress = {one.id: MAIN if one.room == "tin1" else SECOND for one in lab.machines}
    return lab


async def _plays(lab: Lab, spans: Spans, beats: int) -> None:
    """Each room is cut off from its line between two beats; the past is judged as soon as anything may be known."""
    for number in range(beats):
        cut = [one.id for one in lab.machines if spans[one.room][0] <= number < spans[one.room][1]]
        await lab.beat(cut=cut, readings=LINE, well=WELL)
        await lab.look_again()


@pytest.mark.parametrize(
    "spans",
    [
        {"tin1": (5, 30), "tin2": (15, 30)},
        {"tin1": (5, 30), "tin2": (15, 38)},
        {"tin1": (5, 38), "tin2": (15, 30)},
    ],
    ids=["back together", "the first is back first", "the last is back first"],
)
async def test_the_loss_of_all_lines_is_the_school_s_from_the_last_until_the_first_is_back(
    lab: Lab, spans: Spans
) -> None:
    begun = lab.at
    await _plays(lab, spans, 19)
    whole = {one.place: one for one in lab.store.incidents(EVERYTHING, live=True) if one.kind is Kind.OUTAGE}[SCHOOL]
    assert (whole.verdict, whole.told > 0, len(whole.blamed)) == (Verdict.UNKNOWN, True, 8)
    assert what(whole.fault, {}, "en") == "the whole school is not heard"
    assert "4 others fell silent before" in grounds(whole.fault, {}, "en")
    lab_spans = {room: (begin - 19, end - 19) for room, (begin, end) in spans.items()}
    await _plays(lab, lab_spans, 31)
    lab.watching.afterwards.revise({"BM": 0.0})
    known = lab.store.incidents(EVERYTHING)
    assert all(one.state is State.CLOSED and lab.told(one) == 1 for one in known)
    (whole,) = [one for one in known if one.place == SCHOOL and one.kind is Kind.OUTAGE]
    assert (whole.verdict, whole.degree, whole.parent) == (Verdict.LINE, Degree.FOUND, 0)
    for at, error, beats in ((whole.began, whole.began_error, 15), (whole.ended, whole.ended_error, 30)):
        assert abs(at - begun - beats * BEAT) <= error + BEAT
        assert error <= BEAT
    parts = {(one.place, one.kind, one.target) for one in known if one.number != whole.number}
    lines = (SCHOOL, Kind.SECOND_LINE, "main"), (SCHOOL, Kind.SECOND_LINE, "second")
    rooms = (TIN1, Kind.OUTAGE, ""), (TIN2, Kind.OUTAGE, "")
    count = 2 if spans["tin2"][1] > spans["tin1"][1] else 1
    assert parts == set((lines if lab.egress else rooms)[:count])
    register, now = lab.store.register(), lab.at
    assert lost_time(register, known, now)["BM"].lessons[Group.OFFICE, "7d"] == pytest.approx(15 * BEAT, abs=BEAT)
    assert sum(one.end - one.begin for one in without_internet(register, known, now)["BM"]) == pytest.approx(
        15 * BEAT, abs=BEAT
    )
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False, "judged again, it is the same"


async def test_rooms_that_go_within_few_minutes_are_one_incident_that_grows(lab: Lab) -> None:
    begun = lab.at
    await _plays(lab, {"tin1": (5, 30), "tin2": (8, 30)}, 45)
    lab.watching.afterwards.revise({"BM": 0.0})
    known = lab.store.incidents(EVERYTHING)
    (whole,) = [one for one in known if one.place == SCHOOL and one.kind is Kind.OUTAGE]
    assert (whole.verdict, whole.degree) == (Verdict.LINE, Degree.FOUND)
    assert abs(whole.began - begun - 8 * BEAT) <= whole.began_error + BEAT
    assert [lab.told(one) for one in known] == [1] * (2 if lab.egress else 1)


FIRST, LAST = "S1/main/tin1", "S1/main/tin2"
ENDS = st.sampled_from(["link", "gateway", "line", "international", "dark"])


def _same(end: str, _room: str, _seat: int) -> str:
    return end


@given(ENDS, ENDS, st.integers(4, 25), st.integers(0, 20), st.integers(0, 20))
def test_a_school_of_which_nobody_is_left_has_a_fault_of_its_own_until_somebody_is_back(
    first: str, last: str, apart: int, first_back: int, last_back: int
) -> None:
    gone = CUT + apart * BEAT
    until = {FIRST: gone + (6 + first_back) * BEAT, LAST: gone + (6 + last_back) * BEAT}
    there = [
        one
        for room, end, cut in ((FIRST, first, CUT), (LAST, last, gone))
        for one in pcs(dict.fromkeys(until, 4), breaks=partial(_same, end), cut=cut, back=until[room])
        if one.room == room
    ]
    now = gone + 4 * BEAT
    (live,) = [one for one in faults(seen(there, now, remembered=True), now) if one.place.level is Level.SCHOOL]
    assert (live.verdict, len(live.blamed), live.ended) == (Verdict.UNKNOWN, 8, None)
    assert abs(live.began - gone) <= live.error + BEAT
    known = max(until.values()) + 30 * BEAT
    after = [
        one
        for one in faults(seen(there, now, known=known, remembered=True), now)
        if one.place.level is Level.SCHOOL and one.verdict is not Verdict.UNKNOWN
    ]
    if last in {"link", "gateway"}:
        assert not after, "the last was cut off at its own switch"
    for one in after:
        assert abs(one.began - gone) <= one.error + BEAT
        if len(one.blamed) == 8 and one.ended is not None:
            assert abs(one.ended - min(until.values())) <= one.end_error + 2 * BEAT
