"""When an outage began and ended, where the collector itself was away at that moment: the PCs measured it all the same.

While nothing but the collector is missing, PCs that are no observers ask for the whole way ever more rarely, and in
between for the collector alone.
"""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.test_verdict_laws import some_climbs
from tests.collector.verdict_scene import BEAT, BROKEN, CUT, Pc, pcs, seen

from schooldrum_collector.judge.climbing import gets_through
from schooldrum_collector.judge.dating import EXACT_ERROR
from schooldrum_collector.judge.fault import Climb, Degree, Fault, Level, Rung, SchoolSeen, Verdict, Witness
from schooldrum_collector.judge.unheard import Gap, moments_cut_off, without_collector
from schooldrum_collector.judge.verdict import faults

Evidence = Callable[[SchoolSeen, tuple[float, float], float], SchoolSeen]

TIN1, TIN2, OFFICE = "S1/main/tin1", "S1/main/tin2", "S1/main/office"
ROOMS = {TIN1: 6, TIN2: 6, OFFICE: 2}
BACK = CUT + 1800
KNOWN = BACK + 5400
LATER = CUT + 900
OBSERVERS = frozenset({"m001", "m007"})
RAREST_BEATS = 16
AWAY = {
    "at the end": (CUT + 600, BACK + 720),
    "shortly at the end": (BACK - 20, BACK + 100),
    "at the begin": (CUT - 720, CUT + 600),
    "shortly at the begin": (CUT - 100, CUT + 20),
    "from before until after": (CUT - 720, BACK + 720),
}
"""From when until when the collector is away."""
VERDICTS = {
    "link": ("S1", Verdict.LAN),
    "gateway": ("S1", Verdict.LAN),
    "line": ("S1", Verdict.LINE),
    "captive": ("S1", Verdict.LINE),
    "dns": ("S1", Verdict.DNS),
    "national": ("S1", Verdict.NATIONAL),
    "international": ("S1", Verdict.INTERNATIONAL),
}


def broken(end: str, *, room: str = "") -> list[Pc]:
    return pcs(ROOMS, breaks=lambda where, _: end if room in {"", where} else "", back=BACK)


def without(one: Witness, away: float, back: float) -> Witness:
    """What this PC tells afterwards, where the collector was away for so long."""
    climbs: list[Climb] = []
    distance, rest = 1, 0
    for climb in one.climbs:
        if not away <= climb.at <= back:
            climbs.append(climb)
        elif rest and one.machine not in OBSERVERS:
            rest -= 1
            # It does not know yet that more is broken by now.
            near = gets_through(climb) is True or not {"link", "gateway"} & {
                rung.step for rung in climb.rungs if not rung.passed
            }
            climbs.append(msgspec.structs.replace(climb, rungs=BROKEN["beyond"]) if near else climb)
        elif gets_through(climb):
            climbs.append(msgspec.structs.replace(climb, rungs=BROKEN["collector"]))
            distance = min(RAREST_BEATS, 2 * distance)
            rest = distance - 1
        else:
            climbs.append(climb)
            distance, rest = 1, 0
    return msgspec.structs.replace(one, climbs=tuple(climbs))


def afterwards(broken_pcs: list[Pc], away: tuple[float, float]) -> SchoolSeen:
    """The school at LATER, by all that came when the collector was back."""
    school = seen(broken_pcs, LATER, known=KNOWN)
    return msgspec.structs.replace(school, witnesses=tuple(without(one, *away) for one in school.witnesses))


def in_a_gap(school: SchoolSeen, away: tuple[float, float], moment: float) -> SchoolSeen:
    return without_collector(school, [Gap(*away)], moment)


EVIDENCE = {"nobody knows it was away": lambda school, *_: school, "it is known that it was away": in_a_gap}
evidence = pytest.mark.parametrize("evidence", EVIDENCE.values(), ids=EVIDENCE)


def holds_the_truth(fault: Fault) -> None:
    assert fault.measured
    assert fault.ended is not None
    assert abs(fault.began - CUT) <= fault.error, ("began", fault.began - CUT, fault.error)
    assert abs(fault.ended - BACK) <= fault.error, ("ended", fault.ended - BACK, fault.error)


@evidence
@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY)
@pytest.mark.parametrize("end", VERDICTS)
def test_what_befell_a_school_has_its_own_times(end: str, away: tuple[float, float], evidence: Evidence) -> None:
    (fault,) = faults(evidence(afterwards(broken(end), away), away, LATER), LATER)
    assert (fault.place.path, fault.verdict) == VERDICTS[end]
    holds_the_truth(fault)
    assert fault.error <= 1.5 * BEAT


@evidence
@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY)
def test_what_befell_a_room_has_its_own_times(away: tuple[float, float], evidence: Evidence) -> None:
    found = faults(evidence(afterwards(broken("link", room=TIN1), away), away, LATER), LATER)
    fault = next(one for one in found if one.place.path == TIN1)
    assert (fault.verdict, fault.degree) == (Verdict.ROOM, Degree.FOUND)
    holds_the_truth(fault)


@evidence
@pytest.mark.parametrize("away", [AWAY["at the end"], AWAY["shortly at the end"]], ids=["long", "short"])
def test_a_power_cut_ends_when_pcs_reach_the_world_again(away: tuple[float, float], evidence: Evidence) -> None:
    moment = CUT + 5 * BEAT
    school = seen(broken("dark"), moment, known=KNOWN)
    school = msgspec.structs.replace(school, witnesses=tuple(without(one, *away) for one in school.witnesses))
    (fault,) = faults(evidence(school, away, moment), moment)
    assert (fault.place.path, fault.verdict, fault.measured) == ("S1", Verdict.POWER, False)
    assert fault.ended is not None
    assert abs(fault.ended - BACK) <= fault.error


@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY)
def test_what_the_collector_alone_is_to_blame_for_ends_with_it(away: tuple[float, float]) -> None:
    moment = (away[0] + away[1]) / 2
    school = seen(pcs(ROOMS), moment, known=KNOWN)
    school = msgspec.structs.replace(school, witnesses=tuple(without(one, *away) for one in school.witnesses))
    for fault in faults(school, moment):
        assert fault.verdict is Verdict.COLLECTOR
        assert fault.ended is not None
        assert abs(fault.began - away[0]) <= fault.error
        assert abs(fault.ended - away[1]) <= fault.error


@pytest.mark.parametrize("rooms", [{TIN1: 3, OFFICE: 2}, {TIN1: 6}, ROOMS], ids=["small", "one room", "large"])
def test_where_nothing_but_the_collector_was_away_nobody_is_to_blame(rooms: dict[str, int]) -> None:
    gap = Gap(CUT - 720, BACK + 720)
    for moment in range(int(gap.away) + 120, int(gap.back), 45):
        school = seen(pcs(rooms), moment, known=KNOWN)
        school = msgspec.structs.replace(
            school, witnesses=tuple(without(one, gap.away, gap.back) for one in school.witnesses)
        )
        assert moments_cut_off(school, gap) == ()
        assert faults(without_collector(school, [gap], moment), moment) == (), moment - gap.away


@pytest.mark.parametrize("end", VERDICTS)
def test_once_it_is_mended_nothing_is_wrong_though_the_collector_is_away(end: str) -> None:
    gap = Gap(CUT + 600, BACK + 720)
    for moment in range(int(BACK) + 2 * BEAT, int(gap.back), 45):
        school = seen(broken(end), moment, known=KNOWN)
        school = msgspec.structs.replace(
            school, witnesses=tuple(without(one, gap.away, gap.back) for one in school.witnesses)
        )
        assert faults(without_collector(school, [gap], moment), moment) == (), moment - BACK


@evidence
@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY)
@pytest.mark.parametrize("end", ["line", "gateway", "captive"])
@given(forger=st.integers(1, 14), climbs=some_climbs)
@settings(max_examples=25, deadline=None)
def test_no_single_forger_moves_a_date(
    end: str, away: tuple[float, float], evidence: Evidence, forger: int, climbs: tuple[Climb, ...]
) -> None:
    honest = afterwards(broken(end), away)
    forged = msgspec.structs.replace(
        honest,
        witnesses=tuple(
            msgspec.structs.replace(one, climbs=climbs) if one.machine == f"m{forger:03}" else one
            for one in honest.witnesses
        ),
    )
    found = [fault for fault in faults(evidence(forged, away, LATER), LATER) if fault.place.level is not Level.MACHINE]
    (fault,) = found
    assert (fault.place.path, fault.verdict) == VERDICTS[end]
    holds_the_truth(fault)


def first_minutes(heard: float, climbed: float, rungs: tuple[Rung, ...], now: float) -> list[tuple[str, str]]:
    """What is told when one PC alone was heard, or has told a climb, after the collector was away until BACK."""
    away = CUT + 600
    graced = []
    for one in seen(pcs(ROOMS), away).witnesses:
        known = msgspec.structs.replace(one, presence="online", assumed=True)
        if one.machine == "m003":
            late = Climb(at=climbed, error=EXACT_ERROR, rungs=rungs, boot="first")
            known = msgspec.structs.replace(known, heard=heard or one.heard, climbs=(*one.climbs, late))
        graced.append(known)
    school = msgspec.structs.replace(seen(pcs(ROOMS), away), witnesses=tuple(graced), hearing_since=BACK)
    return [(fault.place.path, fault.evidence.word) for fault in faults(school, now)]


@pytest.mark.parametrize(
    ("heard", "climbed", "end", "now", "told"),
    [
        # It came back by itself, a moment after it had climbed in vain, and has a beat to spare for its next report.
        (BACK + 31, BACK + 30, "beyond", BACK + 30 + 3 * BEAT + 1.5, []),
        (BACK + 31, BACK + 30, "line", BACK + 30 + 3 * BEAT + 1.5, []),
        # A person shows how it climbed while nobody was heard; or its results are there before its report.
        (0, BACK - 20, "beyond", BACK + 10, []),
        (0, BACK - 20, "collector", BACK + 10, []),
        (0, BACK + 1, "collector", BACK + 10, []),
        (0, BACK - 20, "line", BACK + 10, [("m003", "machine_outside_alone")]),
        (0, BACK - 20, "gateway", BACK + 10, [("m003", "machine_gateway_alone")]),
        # Since then the collector has been there.
        (0, BACK + 20, "beyond", BACK + 30, [("m003", "machine_outside_alone")]),
    ],
)  # fmt: skip
def test_that_the_collector_was_away_is_no_fault_of_who_tells_it_first(
    heard: float, climbed: float, end: str, now: float, told: list[tuple[str, str]]
) -> None:
    assert first_minutes(heard, climbed, BROKEN[end], now) == told
