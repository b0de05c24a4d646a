"""A room that goes dark inside a larger outage has an incident of its own; no restart moves what was known of one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.incident_office import BEAT, PROVIDER, ROOM_1, SCHOOL, Office, T, fault
from tests.collector.laboratory import Lab, climbed, lab_at
from tests.collector.verdict_scene import BROKEN, LITTLE

from schooldrum_collector.judge.fault import Climb, Degree, Fault, Level, Place, SchoolSeen, Verdict, Witness
from schooldrum_collector.judge.incident import FIRST_NUMBER, Incident, State, What, made, step
from schooldrum_collector.judge.incident_corrections import corrected
from schooldrum_collector.judge.incident_places import Circumstances
from schooldrum_collector.judge.incidents import advance, after
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine

LINE = climbed("link", "address", "gateway", failed=("provider", "national", "international", "collector"))
SWITCH = climbed("link", failed=("address", "gateway"))
TIN1 = Place(Level.ROOM, "BM/main/tin1")


@pytest.fixture
def planned_lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Lab:
    """In lessons at every hour."""
    return lab_at(opened, tmp_path, enrol, always=True)


def known(lab: Lab) -> dict[Place, Incident]:
    return {one.place: one for one in lab.store.incidents(EVERYTHING)}


# A room inside a larger outage


async def test_a_room_cut_during_the_school_s_outage_is_told_when_the_others_are_back(planned_lab: Lab) -> None:
    lab = planned_lab
    everybody = [one.id for one in lab.machines]
    room = [one.id for one in lab.machines if one.room == "tin1"]
    for cut, readings, beats in (([], (), 5), (everybody, LINE, 10)):
        for _ in range(beats):
            await lab.beat(cut=cut, readings=readings)
    room_cut = lab.at
    lab_rest = [one for one in everybody if one not in room]
    for _ in range(6):
        await _two_ways(lab, room, lab_rest)
    back = lab.at
    for _ in range(9):
        live = await lab.beat(cut=room, readings=SWITCH)
    assert [(one.place, one.parent) for one in live] == [(TIN1, 0)]
    dark = known(lab)[TIN1]
    assert dark.told, "told, and within nine beats"
    assert dark.told - back <= 8 * BEAT
    assert abs(dark.began - room_cut) <= dark.began_error + BEAT, "it may have begun at any moment of the outage"
    for _ in range(6):
        await lab.beat(cut=room, readings=SWITCH)
    mended = lab.at
    for _ in range(6):
        await lab.beat()
    assert lab.watching.afterwards.revise({"BM": 0.0})
    line, dark = known(lab)[Place(Level.SCHOOL, "BM")], known(lab)[TIN1]
    assert (line.verdict, line.degree, dark.verdict, dark.degree, dark.parent) == (
        *(Verdict.LINE, Degree.FOUND),
        *(Verdict.ROOM, Degree.FOUND),
        0,
    )
    for one, at in ((dark.began, room_cut), (dark.ended, mended), (line.ended, back)):
        assert abs(one - at) <= dark.began_error + BEAT
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False


async def _two_ways(lab: Lab, room: list[str], others: list[str]) -> None:
    """A beat in which the room meets its dead switch, and the others the dead line."""
    at, looked = lab.at, lab.watching.look
    lab.watching.look = lambda: False  # type: ignore[method-assign]  # one look at the end of the beat
    await lab.beat(cut=room, off=others, readings=SWITCH)
    lab.at = at
    lab.watching.look = looked  # type: ignore[method-assign]  # and here it is
    await lab.beat(cut=others, off=room, readings=LINE)


# Restarts


async def test_pcs_that_start_anew_inside_an_outage_do_not_move_its_begin(planned_lab: Lab) -> None:
    lab = planned_lab
    everybody = [one.id for one in lab.machines]
    for restart_after in (4, 14):
        for _ in range(5):
            await lab.beat()
        cut = lab.at
        for _ in range(restart_after):
            await lab.beat(cut=everybody, readings=LINE)
        told = lab.store.incidents(EVERYTHING, live=True)[0]
        lab.restart_frozen()
        for _ in range(5):
            await lab.beat(cut=everybody, readings=LINE)
        back = lab.at
        for _ in range(6):
            await lab.beat()
        lab.watching.afterwards.revise({"BM": 0.0})
        (one,) = [one for one in lab.store.incidents(EVERYTHING) if one.number == told.number]
        assert (one.verdict, one.degree) == (Verdict.LINE, Degree.FOUND), "what they measured tells where it was"
        assert (one.began, one.began_error, one.began_measured) == (told.began, told.began_error, False)
        assert abs(one.began - cut) <= one.began_error + BEAT
        assert one.ended_measured
        assert abs(one.ended - back) <= one.ended_error + BEAT / 2
        assert one.ended_error <= BEAT
        for _ in range(30):
            await lab.beat()


async def test_a_restart_of_the_collector_does_not_move_an_end_that_was_noticed(planned_lab: Lab) -> None:
    lab = planned_lab
    everybody = [one.id for one in lab.machines]
    for cut in (*[[]] * 5, *[everybody] * 6, *[[]] * 5, *[everybody] * 6):
        await lab.beat(off=cut)
    back = lab.at
    for _ in range(2):
        await lab.beat()
    before = lab.only()
    assert before.calm
    assert abs(before.ended - back) <= BEAT
    lab.restart_collector(120.0)
    for _ in range(3):
        lab.watching.look()
        lab.at += 5
    for _ in range(20):
        await lab.beat()
    one = lab.only()
    assert one.state is State.CLOSED
    assert (one.ended, one.ended_error, one.rounds) == (before.ended, before.ended_error, before.rounds)


# What a larger one held


def came_back(*inside: Fault, place: Place = SCHOOL) -> Office:
    """It was over at 500, came back at 900, and is calm since 1000 (seconds after T)."""
    office = Office()
    office.judge(195, *inside)
    office.judge(200, fault(place), *inside)
    for at in (300, 500):
        office.judge(at, *inside)
    office.judge(900, fault(place, began=T + 800), *inside)
    assert [one.rounds for one in office.known if one.place == place] == [1]
    return office


def test_what_flaps_holds_nothing_down_while_it_is_calm() -> None:
    office = came_back()
    office.judge(1000)
    dark = fault(ROOM_1, began=T + 800)
    assert office.judge(1100, dark) == [], "its last PCs may be coming back"
    assert office.judge(1180, dark) == [What.OPENED, What.TOLD]
    assert office.known[0].state is State.OPEN, "it may come back itself"


def test_what_a_flapping_one_took_in_is_free_when_it_is_calm() -> None:
    office = came_back()
    dark = fault(ROOM_1, began=T + 800)
    office.known = after(office.known, [step(None, made(dark, 1002, T + 850, schools=("BM",)), What.OPENED, T + 850)])
    office.judge(910, fault(began=T + 800), dark)
    assert (office.known[1].state, office.known[1].parent) == (State.ABSORBED, 1001)
    office.judge(1000, dark)
    assert office.judge(1180, dark) == [What.RELEASED, What.TOLD]
    free = office.known[1]
    assert (free.state, free.parent, free.rounds) == (State.OPEN, 0, 0)
    assert office.judge(1190, dark) == []


def test_what_a_flapping_provider_held_is_told_when_that_is_calm() -> None:
    own = fault(Place(Level.SCHOOL, "KD"), began=T + 800)
    office = came_back(place=PROVIDER)
    assert office.judge(950, own, fault(PROVIDER, began=T + 800)) == [What.OPENED]
    office.judge(1000, own)
    assert office.judge(1180, own) == [What.RELEASED, What.TOLD]
    assert office.judge(1190, own) == []


def test_who_came_up_during_it_corrects_its_cause_and_not_its_begin() -> None:
    office = Office()
    office.judge(200, fault(error=45.0))
    late = fault(
        began=T + 240, error=240.0, measured=True, late=True, verdict=Verdict.LINE, degree=Degree.FOUND, ended=T + 500
    )
    (one,) = corrected(office.only(), late, T + 600)
    assert (one.incident.verdict, one.incident.began, one.incident.began_error) == (Verdict.LINE, T, 45.0)
    assert not one.incident.began_measured


# The law

_TWO_ROOMS = {"S1/main/tin1": ("a", "b", "c"), "S1/main/tin2": ("d", "e", "f")}
_PATIENCE = 4
_GRACE = 8
"""Beats after the last of the other rooms came back in which a room may still be coming."""
_OUTAGES = st.lists(st.tuples(st.integers(2, 60), st.integers(1, 25)), max_size=3)


def _holds(spans: list[tuple[int, int]], beat: int) -> bool:
    return any(begin <= beat < begin + length for begin, length in spans)


def _witness(machine: str, room: str, now: int, ways: list[str]) -> Witness:
    """A PC that reports or climbs at each beat: `ways` says what it met at each so far."""
    phase = ord(machine) % 7
    heard = max(at for at, way in enumerate(ways) if not way)
    climbs = tuple(
        Climb(at=T + at * BEAT + phase, error=1.0, rungs=BROKEN[way] if way else LITTLE, boot="first")
        for at, way in enumerate(ways[: heard + 1])
    )
    silent = now - heard >= 3
    return Witness(
        machine=machine,
        alias=machine,
        room=room,
        presence="silent" if silent else "online",
        heard=T + heard * BEAT + phase,
        beat=BEAT,
        climbs=climbs[-45:],
    )


@given(_OUTAGES, st.tuples(_OUTAGES, _OUTAGES))
@settings(max_examples=60, deadline=None)
def test_a_room_that_is_dark_for_long_has_an_open_incident_around_it(
    line: list[tuple[int, int]], switches: tuple[list[tuple[int, int]], list[tuple[int, int]]]
) -> None:
    cut_off = dict(zip(_TWO_ROOMS, switches, strict=True))
    ways: dict[str, list[str]] = {room: [] for room in _TWO_ROOMS}
    known: tuple[Incident, ...] = ()
    back = 0
    for now in range(90):
        for room, spans in cut_off.items():
            ways[room].append("gateway" if _holds(spans, now) else "line" if _holds(line, now) else "")
            if now and ways[room][-2] and not ways[room][-1]:
                back = now
        seen = SchoolSeen(
            school="S1",
            area="province/ward",
            witnesses=tuple(
                _witness(machine, room, now, ways[room])
                for room, machines in _TWO_ROOMS.items()
                for machine in machines
            ),
            rooms=tuple(_TWO_ROOMS),
            hearing_since=T - 86400,
        )
        moment = T + now * BEAT + 30
        there = Circumstances(
            next_number=max((one.number for one in known), default=FIRST_NUMBER - 1) + 1,
            judged=frozenset({"S1"}),
            alive=frozenset(one.machine for one in seen.witnesses if one.presence == "online"),
            rooms={one.machine: one.room for one in seen.witnesses},
            areas={"S1": "province/ward"},
            beats={"S1": BEAT},
        )
        known = after(known, advance(known, faults(seen, moment), moment, there))
        for room, met in ways.items():
            if now - back < _GRACE or len(met) <= _PATIENCE or not all(met[-_PATIENCE - 1 :]):
                continue
            around = [one for one in known if one.state is State.OPEN and not one.calm]
            assert any(f"{room}/".startswith(f"{one.place.path}/") for one in around), (now, room)


# Power is back before the line is


async def _power_then_line(lab: Lab, dark: int, line: int) -> tuple[float, float, float]:
    """Cut off without power for so many beats, then up without a line; when it was cut, lit and whole."""
    everybody = [one.id for one in lab.machines]
    for _ in range(5):
        await lab.beat()
    cut = lab.at
    for _ in range(dark):
        await lab.beat(off=everybody)
    lab.restart()
    lit = lab.at
    for _ in range(line):
        await lab.beat(cut=everybody, readings=LINE)
    whole = lab.at
    for _ in range(6):
        await lab.beat()
    return cut, lit, whole


@pytest.mark.parametrize("dark", [6, 20])
async def test_a_power_cut_and_the_line_that_stays_away_after_it_are_two(planned_lab: Lab, dark: int) -> None:
    lab = planned_lab
    cut, lit, whole = await _power_then_line(lab, dark, 15)
    assert lab.watching.afterwards.revise({"BM": 0.0})
    power, line = sorted(lab.store.incidents(EVERYTHING), key=lambda one: one.number)
    assert (power.verdict, power.degree, power.state) == (Verdict.POWER, Degree.PROBABLE, State.CLOSED)
    assert (line.verdict, line.degree, line.state) == (Verdict.LINE, Degree.FOUND, State.CLOSED)
    assert (bool(power.told), line.told, line.told_as) == (True, 0, power.number)
    for told, error, at in (
        (power.began, power.began_error, cut),
        (power.ended, power.ended_error, lit),
        (line.began, line.began_error, lit),
        (line.ended, line.ended_error, whole),
    ):
        assert abs(told - at) <= error + BEAT
        assert error <= 2 * BEAT
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False, "judged again, it is the same"


async def test_a_modem_that_is_back_soon_after_the_power_is_a_part_of_the_power_cut(planned_lab: Lab) -> None:
    lab = planned_lab
    cut, lit, whole = await _power_then_line(lab, 20, 3)
    assert lab.watching.afterwards.revise({"BM": 0.0})
    power = lab.only()
    assert (power.verdict, power.degree) == (Verdict.POWER, Degree.PROBABLE)
    assert abs(power.began - cut) <= power.began_error + BEAT
    assert lit - BEAT <= power.ended <= whole + power.ended_error
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False
