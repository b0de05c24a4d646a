"""A room that went dark shortly before its school did: one message while nobody can know, two records once known."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.incident_office import EVERYBODY, ROOM_2, Office, T, fault, members
from tests.collector.laboratory import Lab, climbed, lab_at
from tests.collector.province import BEAT

from schooldrum_collector.judge.blame import EARLIER, EARLIER_ALIKE
from schooldrum_collector.judge.fault import Degree, Evidence, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, State, What, closed, made
from schooldrum_collector.judge.incident_corrections import revised
from schooldrum_collector.judge.lost_time import Group, lost_time
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine

NEAR, FAR = ("link", "address", "gateway"), ("provider", "national", "international", "collector")
LINE = climbed(*NEAR, failed=FAR)
WELL = climbed(*NEAR, *FAR)
SCHOOL, TIN2 = Place(Level.SCHOOL, "BM"), Place(Level.ROOM, "BM/main/tin2")
Spans = Mapping[str, tuple[int, int]]
BEFORE = 5
"""So many beats all is well."""


@pytest.fixture
def lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Lab:
    """Three rooms, in lessons at every hour."""
    return lab_at(opened, tmp_path, enrol, always=True, rooms=("tin1", "tin2", "vp"))


async def _plays(lab: Lab, dark: Spans, line: tuple[int, int], beats: int) -> None:
    """Rooms are without power and the line is cut between two beats, by beats after all was well.

    The second half of a room is on a beat after the first.
    """
    spans = {one.id: dark.get(one.room, (0, 0)) for one in lab.machines}
    spans |= {one.id: (spans[one.id][0], spans[one.id][1] + 1) for one in lab.machines[::2] if one.room in dark}
    for number in range(-BEFORE, beats):
        for one, (_, end) in spans.items():
            if number == end > 0:
                lab.restart(one)
                lab.watching.backlog_came(one, lab.at)
        off = [one for one, (begin, end) in spans.items() if begin <= number < end]
        cut = list(spans) if line[0] <= number < line[1] else []
        await lab.beat(cut=cut, off=off, readings=LINE, well=WELL)
        await lab.look_again()


def _parted(lab: Lab) -> tuple[Incident, Incident]:
    """The room's record and the school's: there are no others."""
    room, school = sorted(lab.store.incidents(EVERYTHING), key=lambda one: one.number)
    assert (room.place, school.place) == (TIN2, SCHOOL)
    return room, school


def _is_dated(one: Incident, begun: float, begin: int, end: int) -> None:
    for at, error, beats in ((one.began, one.began_error, begin), (one.ended, one.ended_error, end)):
        assert abs(at - begun - beats * BEAT) <= error + BEAT, (one.place, (at - begun) / BEAT, error / BEAT)
        assert error <= 3 * BEAT


@pytest.mark.parametrize(("back", "line_back"), [(13, 13), (20, 13), (36, 13), (13, 30)])
async def test_a_room_that_was_dark_before_the_line_was_cut_keeps_its_number_and_its_message(
    lab: Lab, back: int, line_back: int
) -> None:
    begun = lab.at + BEFORE * BEAT
    await _plays(lab, {"tin2": (0, back)}, (5, line_back), max(back, line_back) + 12)
    room, line = _parted(lab)
    assert line.told_as == room.number
    assert (line.verdict, line.degree, line.state, line.told) == (Verdict.LINE, Degree.FOUND, State.CLOSED, 0)
    assert (room.state, room.first.place, len(room.blamed)) == (State.CLOSED, TIN2, 4)
    assert (lab.told(room), lab.told(line)) == (1, 0), "one message for each cause, none for what was over"
    lab.watching.afterwards.revise({"BM": 0.0})
    room, line = _parted(lab)
    assert (room.verdict, room.parent, line.parent) == (Verdict.POWER, 0, 0)
    _is_dated(room, begun, 0, back)
    _is_dated(line, begun, 5, line_back)
    lost = lost_time(lab.store.register(), (room, line), lab.at)["BM"]
    assert lost.lessons[Group.OFFICE, "7d"] == pytest.approx((line_back - 5) * BEAT, abs=BEAT)
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False, "judged again, it is the same"


async def test_the_room_s_incident_goes_on_while_its_pcs_stay_away(lab: Lab) -> None:
    await _plays(lab, {"tin2": (0, 99)}, (5, 13), 40)
    room, line = _parted(lab)
    assert (room.state, room.calm, room.ended, line.state) == (State.OPEN, 0, 0, State.CLOSED)
    story = lab.store.incident_of(EVERYTHING, room.number)
    assert story is not None
    assert [event.what for event in story.events if event.what in {What.TOLD, What.CLOSED, What.REOPENED}] == [
        What.TOLD
    ]


async def test_a_room_that_was_dark_before_the_school_s_power_was_cut(lab: Lab) -> None:
    begun = lab.at + BEFORE * BEAT
    await _plays(lab, {"tin2": (0, 14), "tin1": (6, 14), "vp": (6, 14)}, (0, 0), 26)
    for _ in range(2):
        room, school = _parted(lab)
        assert (school.verdict, school.degree, lab.told(school)) == (Verdict.POWER, Degree.PROBABLE, 0)
        assert (room.state, school.state, lab.told(room)) == (State.CLOSED, State.CLOSED, 1)
        _is_dated(room, begun, 0, 14)
        _is_dated(school, begun, 6, 14)
        lab.watching.afterwards.revise({"BM": 0.0})


async def test_a_line_that_is_cut_anew_after_it_is_told_as_what_it_is(lab: Lab) -> None:
    await _plays(lab, {"tin2": (0, 99)}, (5, 13), 20)
    everybody = [one.id for one in lab.machines if one.room != "tin2"]
    away = [one.id for one in lab.machines if one.room == "tin2"]
    for _ in range(5):
        await lab.beat(cut=everybody, off=away, readings=LINE, well=WELL)
    room, line = _parted(lab)
    assert (room.state, line.state, lab.told(room), lab.told(line)) == (State.OPEN, State.OPEN, 1, 1)


async def test_what_begins_together_stays_one(lab: Lab) -> None:
    await _plays(lab, {}, (5, 13), 30)
    assert lab.only().place == SCHOOL


# As faults are judged

DARK: dict[str, Any] = {
    "verdict": Verdict.ROOM,
    "degree": Degree.PROBABLE,
    "evidence": Evidence(word="room_silent"),
}
FOUND: dict[str, dict[str, Any]] = {
    "line": {"verdict": Verdict.LINE, "degree": Degree.FOUND, "measured": True, "error": 10.0},
    "power_woke": {"verdict": Verdict.POWER, "degree": Degree.PROBABLE, "error": 40.0},
    "lan": {"verdict": Verdict.LAN, "degree": Degree.FOUND, "measured": True, "error": 10.0},
}


def test_a_room_that_was_dark_before_is_no_part_of_what_befell_its_school_then() -> None:
    office = Office()
    office.judge(200, fault(ROOM_2, **DARK))
    office.judge(900)
    office.judge(1200)
    dark = office.only()
    line = fault(began=T + 200, ended=T + 700, **FOUND["line"], evidence=Evidence(word="line"))
    whole = closed(made(line, 1002, T + 1000, schools=("BM",)), T + 1000, T + 700, 10.0, measured=True)
    for known in ((dark,), (dark, whole)):
        assert revised(dark, [line], T + 5000, known) == ()


@given(
    st.sampled_from(sorted(FOUND)),
    st.integers(-120, 360),
    st.integers(5, 30),
    st.integers(0, 40),
    st.booleans(),
)
def test_a_cause_is_told_once_and_two_that_did_not_begin_together_are_two(
    word: str,
    apart: int,
    lasts: int,
    stays: int,
    alike: bool,  # noqa: FBT001 - drawn
) -> None:
    office, room = Office(), members(ROOM_2)
    dark = fault(ROOM_2, **DARK)
    for at in range(180, 181 + 240 + max(0, apart), BEAT):
        office.judge(at, dark)
    gone = 420 + max(0, apart)
    over = gone + lasts * BEAT
    counts = {EARLIER: len(room), **({EARLIER_ALIKE: len(room)} if alike else {})}
    for at in range(gone, over, BEAT):
        silent = Evidence(word="silent", counts=counts, causes=(Verdict.POWER, Verdict.LAN, Verdict.LINE))
        office.judge(at, fault(began=T + apart, evidence=silent))
    found = FOUND[word] | {"evidence": Evidence(word=word, counts=counts)}
    known = fault(began=T + apart, ended=T + over, **found)
    rest = frozenset(one for one in EVERYBODY if one not in room)
    for look in range(60):
        at, back = over + look * BEAT, look >= stays
        others = [dark] if not back and look >= 8 else []
        there = [known] if look < 10 else []
        office.judge(at, *there, *others, alive=EVERYBODY if back else rest)
    first, *more = office.known
    told = [one.incident.number for one in office.steps if one.what is What.TOLD]
    two = apart - known.error > 60 and not alike
    if two:
        (larger,) = more
        assert told == [first.number]
        assert (first.place, first.began, first.verdict) == (ROOM_2, T, Verdict.ROOM)
        assert (larger.place, larger.began, larger.verdict) == (SCHOOL, T + apart, found["verdict"])
        assert (larger.state, larger.ended, larger.told_as) == (State.CLOSED, T + over, first.number)
        assert first.ended >= T + over - first.ended_error
        assert abs(first.ended - T - over - stays * BEAT) <= first.ended_error + BEAT
    else:
        assert first.place == SCHOOL
        assert told.count(first.number) == 1
    assert all(one.state is State.CLOSED for one in office.known)
