"""What schools measured while the collector itself heard nobody: it was down, or its own line was. Pure.

Then no way leads to the collector, whatever else works: for these times, who reached the world got through.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from schooldrum_collector.judge.climbing import BEFORE_WORLD, end_of, gets_through, reaches_world, way_of
from schooldrum_collector.judge.fault import Climb, Degree, Fault, Kind, Level, SchoolSeen, Verdict, Witness
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.incident_corrections import SAME_BEGIN_SECONDS
from schooldrum_collector.judge.incidents import SHORTEST_PAST_SECONDS
from schooldrum_collector.judge.presence import GRACE_SECONDS, bounded_beat
from schooldrum_collector.judge.sights import RUN_BROKEN_BEATS

_COLLECTOR = "collector"
_KINDS = frozenset({Kind.OUTAGE, Kind.SECOND_LINE})
_TWO = 2
MOST_RUNS = 12
"""So many times at the most at which a school was cut off inside one gap are looked at."""


class Gap(msgspec.Struct, frozen=True):
    """From `away` to `back` (epoch seconds) the collector heard nobody."""

    away: float
    back: float

    @property
    def until(self) -> float:
        """Until when nobody was missed: agents may have been waiting out their longest back-off."""
        return self.back + GRACE_SECONDS

    def holds(self, at: float) -> bool:
        """Whether this moment lies in it."""
        return self.away <= at <= self.back


def without_collector(seen: SchoolSeen, gaps: Iterable[Gap], now: float) -> SchoolSeen:
    """The same evidence for judging `now`, but that nobody could reach the collector in these gaps.

    Whoever got into the world there counts as one who got through. Between two climbs into the world a PC asks for the
    collector alone, ever more rarely for more: all was well then. Where the next one got no farther than the school or
    its line, nobody knows since when, and the PC says nothing of the time between.
    """
    there = tuple(gaps)
    if not there:
        return seen
    heard = (_as_if_heard(witness, there, now) for witness in seen.witnesses)
    return msgspec.structs.replace(seen, witnesses=tuple(witness for witness in heard if witness is not None))


def _as_if_heard(witness: Witness, gaps: Iterable[Gap], now: float) -> Witness | None:
    """The same PC; None where it says nothing about this moment."""
    deaf = [any(gap.holds(climb.at) for gap in gaps) for climb in witness.climbs]
    if not any(deaf):
        return witness
    past = [number for number, climb in enumerate(witness.climbs) if climb.at <= now]
    was = next((told for number in reversed(past) if (told := _tells(witness.climbs[number])) is not None), None)
    if was is False:
        return witness
    if past and deaf[past[-1]] and _tells(witness.climbs[past[-1]]) is None:
        coming = witness.climbs[len(past) :]
        if next((told for climb in coming if (told := _tells(climb)) is not None), None) is not True:
            return None
    climbs = (
        _through(climb) if in_gap and ((told := _tells(climb)) or (told is None and climb.at <= now)) else climb
        for climb, in_gap in zip(witness.climbs, deaf, strict=True)
    )
    return msgspec.structs.replace(witness, climbs=tuple(climbs))


def _tells(climb: Climb) -> bool | None:
    """Whether a way into the world was there; None of one that asked for the collector alone."""
    if gets_through(climb) or reaches_world(climb):
        return True
    return False if end_of(way_of(climb.rungs)) in BEFORE_WORLD else None


def _through(climb: Climb) -> Climb:
    rungs = tuple(
        msgspec.structs.replace(rung, passed=True, reason="") if rung.step == _COLLECTOR else rung
        for rung in climb.rungs
    )
    return msgspec.structs.replace(climb, rungs=rungs)


def moments_cut_off(seen: SchoolSeen, gap: Gap) -> tuple[float, ...]:
    """When this school is worth judging: in the middle, and near both ends, of each time at which two were cut off."""
    beat = max((bounded_beat(witness.beat) for witness in seen.witnesses), default=60)
    cut = sorted(
        (climb.at, witness.machine)
        for witness in seen.witnesses
        for climb in witness.climbs
        if gap.away <= climb.at <= gap.until and _tells(climb) is False
    )
    if not cut:
        return ()
    runs = [[cut[0]]]
    for before, one in pairwise(cut):
        if one[0] - before[0] > RUN_BROKEN_BEATS * beat:
            runs.append([])
        runs[-1].append(one)
    moments: list[float] = []
    for run in [each for each in runs if len({machine for _, machine in each}) >= _TWO][:MOST_RUNS]:
        begin, end = run[0][0], run[-1][0]
        inside = {begin + 2 * beat, (begin + end) / 2, end - 2 * beat, end}
        moments += sorted(moment for moment in inside if begin <= moment <= end)
    return tuple(moments)


def last_cut_off(seen: SchoolSeen, until: float) -> float | None:
    """When two of a school's PCs, at least, measured for the last time by then that they were cut off."""
    lasts = sorted(
        max((climb.at for climb in witness.climbs if climb.at <= until and _tells(climb) is False), default=-math.inf)
        for witness in seen.witnesses
    )
    return lasts[-_TWO] if len(lasts) >= _TWO and lasts[-_TWO] > -math.inf else None


def worth_recording(faults: Iterable[Fault], gap: Gap, known: Sequence[Incident], school: str) -> tuple[Fault, ...]:
    """Those that began inside the gap, were measured from begin to end, and that no incident tells of: each once.

    Faults of single PCs are left out, and those whose place nobody knows: what cannot be asked any more stays open.
    """
    best: list[Fault] = []
    for fault in sorted(faults, key=_worth, reverse=True):
        if (
            fault.measured
            and fault.ended is not None
            and fault.ended - fault.began >= SHORTEST_PAST_SECONDS
            and gap.away - fault.error <= fault.began <= gap.until
            and fault.kind in _KINDS
            and fault.place.level is not Level.MACHINE
            and fault.verdict not in {Verdict.UNKNOWN, Verdict.COLLECTOR}
            and not any(_overlap(fault, other) for other in best)
            and not any(_is_told(fault, incident, school) for incident in known)
        ):
            best.append(fault)
    return tuple(sorted(best, key=lambda fault: fault.began))


def _worth(fault: Fault) -> tuple[bool, int, bool, float]:
    return fault.degree is Degree.FOUND, len(fault.blamed), fault.measured, -fault.error


def _overlap(one: Fault, other: Fault) -> bool:
    """Whether they are about the same time."""
    return one.began < (other.ended or one.began) and other.began < (one.ended or other.began)


def _is_told(fault: Fault, incident: Incident, school: str) -> bool:
    """Whether there is an incident of this school about that time, however it ended."""
    from_, until = incident.began - incident.began_error, (incident.ended or float("inf")) + incident.ended_error
    if incident.school != school or incident.kind is not fault.kind or incident.place.level is Level.MACHINE:
        return False
    return fault.began - SAME_BEGIN_SECONDS < until and (fault.ended or fault.began) > from_
