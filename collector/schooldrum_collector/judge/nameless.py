"""Whether those who do not get through to far places are without names as well: then nothing opens, near or far. Pure.

Each of them is dated by itself, because each may have been there for longer than the other, or at another time.

Where routes abroad alone are broken, a resolver that works cannot answer for names that live there, and every climb
asks it for another name: a climb or two without an answer prove nothing. So both are told together only when several
machines ask again and again in vain.
"""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from schooldrum_collector.judge.climbing import End, way_of
from schooldrum_collector.judge.fault import Climb, Fault, Part, SchoolSeen, Verdict
from schooldrum_collector.judge.presence import bounded_beat
from schooldrum_collector.judge.sights import NEVER, NEVER_AGAIN, RUN_BROKEN_BEATS, Sight
from schooldrum_collector.judge.votes import when

ALSO = "also"
"""The name in a fault's evidence under which the verdicts stand that its own explains no more than half."""
ROUTES = {End.INTERNATIONAL: Verdict.INTERNATIONAL, End.NATIONAL: Verdict.NATIONAL}
"""Ends of ways that leave open whether names work."""
HEARD = frozenset({Verdict.DNS, *ROUTES.values()})
"""What may be broken while a school's network and line work; each may come and go by itself."""
MOST_PARTS = 8
_MOST_RUNS = 6
_RESOLVER = "resolver"
_STEPS = {
    Verdict.DNS: _RESOLVER,
    Verdict.NATIONAL: End.NATIONAL.value,
    Verdict.INTERNATIONAL: End.INTERNATIONAL.value,
}
_SEVERAL = 2
_EACH = 4
"""So many climbs of one machine count, so that nobody alone is heard as many."""
_IN_VAIN = 8
"""Of four names two live abroad and a climb asks two: eight climbs without any answer are no chance (1 in 65,000)."""


def are_nameless(group: Iterable[Sight], now: float) -> bool:
    """Whether at least two of these, and all of them but one at most, lately found no resolver that answers."""
    in_vain = [count for sight in group if (count := _in_vain(sight, now)) is not None]
    bad = [count for count in in_vain if count]
    return len(bad) >= _SEVERAL and len(in_vain) - len(bad) <= 1 and sum(bad) >= _IN_VAIN


def _in_vain(sight: Sight, now: float) -> int | None:
    """How many of a machine's last climbs that asked for names were without an answer; None where none asked."""
    count: int | None = None
    for climb in reversed(sight.witness.climbs):
        if climb.at > now:
            continue
        if count == _EACH or now - climb.at > RUN_BROKEN_BEATS * sight.beat:
            break
        way = way_of(climb.rungs)
        if _RESOLVER in way.passed:
            return count or 0
        if _RESOLVER in way.failed:
            count = (count or 0) + 1
    return count


def with_parts(fault: Fault, group: Iterable[Sight], now: float) -> Fault:
    """The same fault with the times of each thing that is broken, where those who measured it can date it."""
    sights = tuple(group)
    broken = [fault.verdict, *(Verdict(other) for other in fault.evidence.names.get(ALSO, ()))]
    parts = []
    for verdict in broken:
        step = _STEPS.get(verdict)
        dates = when([_about(sight, step, now) for sight in sights]) if step else None
        if dates is not None and dates.ended is not None and dates.measured and not dates.late:
            parts.append(Part(verdict=verdict, began=dates.began, ended=dates.ended, error=dates.error))
    return msgspec.structs.replace(fault, parts=tuple(parts))


def _about(sight: Sight, step: str, now: float) -> Sight:
    """The same, dated by whether this step answered alone; before anybody asked, it did while all was well."""
    asked = [(climb.at, good) for climb in sight.witness.climbs if (good := _answered(climb, step)) is not None]
    past = [one for one in asked if one[0] <= now]
    later = asked[len(past) :]
    well = next((at for at, good in reversed(past) if good), NEVER)
    again = next((at for at, good in later if good), NEVER_AGAIN)
    if well == NEVER:
        well = sight.otherwise if sight.answering else sight.last_fine
    run = [at for at, _ in past if at > well] + [at for at, _ in later if at < again]
    if not run:
        return msgspec.structs.replace(sight, end=End.NOWHERE)
    again = min(again, sight.well_again) if sight.well_again > run[-1] else again
    return msgspec.structs.replace(
        sight, end=End.DNS, well=well, fine=well, ill=run[0], last_ill=run[-1], well_again=again, anew=False
    )


def _answered(climb: Climb, step: str) -> bool | None:
    """Whether a step answered this climb; None where it was not asked."""
    way = way_of(climb.rungs)
    return True if step in way.passed else False if step in way.failed else None


def moments_broken(seen: SchoolSeen, begin: float, end: float) -> tuple[float, ...]:
    """When names, the country and abroad are each worth a look: at the end of each time at which two missed them."""
    beat = max((bounded_beat(witness.beat) for witness in seen.witnesses), default=60)
    moments: set[float] = set()
    for step in _STEPS.values():
        missed = sorted(
            (climb.at, witness.machine)
            for witness in seen.witnesses
            for climb in witness.climbs
            if begin <= climb.at <= end and step in way_of(climb.rungs).failed
        )
        runs = [missed[:1]]
        for before, one in pairwise(missed):
            if one[0] - before[0] > RUN_BROKEN_BEATS * beat:
                runs.append([])
            runs[-1].append(one)
        several = [run for run in runs if len({machine for _, machine in run}) >= _SEVERAL]
        moments.update(run[-1][0] for run in several[:_MOST_RUNS])
    return tuple(sorted(moments))


def parts_of(faults: Iterable[Fault]) -> tuple[Part, ...]:
    """What was broken each for a time of its own, by faults of one place at moments of it; empty where all was one."""
    told = (part for fault in faults for part in fault.parts)
    found: list[Part] = []
    for part in sorted(told, key=lambda one: (one.began, one.error)):
        same = next((one for one in found if one.verdict is part.verdict and part.began <= one.ended + one.error), None)
        if same is None:
            found.append(part)
        elif part.ended > same.ended:
            found[found.index(same)] = msgspec.structs.replace(
                same, ended=part.ended, error=max(same.error, part.error)
            )
    return tuple(found[:MOST_PARTS]) if len({part.verdict for part in found}) > 1 else ()
