"""Whether those who do not get through to far places are without names as well: then nothing opens, near or far. Pure.

Where routes abroad alone are broken, a resolver that works cannot answer for names that live there, and every climb
asks it for another name: a climb or two without an answer prove nothing. So both are told together only when several
machines ask again and again in vain.
"""

from collections.abc import Iterable

from schooldrum_collector.judge.climbing import End, way_of
from schooldrum_collector.judge.fault import Verdict
from schooldrum_collector.judge.sights import RUN_BROKEN_BEATS, Sight

ALSO = "also"
"""The name in a fault's evidence under which the verdicts stand that its own explains no more than half."""
ROUTES = {End.INTERNATIONAL: Verdict.INTERNATIONAL, End.NATIONAL: Verdict.NATIONAL}
"""Ends of ways that leave open whether names work."""
_RESOLVER = "resolver"
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
