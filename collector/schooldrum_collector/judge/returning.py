"""Who of those that are not heard merely comes back late, when the others of their site are back already. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from schooldrum_collector.judge.fault import Fault
from schooldrum_collector.judge.sights import RETURNING_SECONDS, Sight, back_since
from schooldrum_collector.judge.votes import Group, inside_or_outside

ROOM_RETURNS_SECONDS = 60.0
_ROOM_BEATS = 5
"""When the others of its site are back for so long, both, a room of which nobody is has a fault of its own."""
SWITCHED_ON_SECONDS = 86400.0
"""Of whoever is not back from a power cut after so long, nobody assumes any more that it is off on purpose."""
_SEVERAL = 2


def is_returning(now: float, group: Group, after: Sequence[Sight]) -> bool:
    """Whether all of these, who answer, came back, or up, only after the group went.

    After a power cut they started anew, and who is silent was not switched on again, for a day; after another outage
    the last of it may still be waiting to try again.
    """
    if inside_or_outside(group.sights) is not None:
        return False
    if started_anew(now, after, group):
        return True
    came = [back_since(sight, now) for sight in after if sight.answering]
    return bool(came) and min(came) > group.last and now - min(came) < RETURNING_SECONDS


def left_dark(now: float, group: Group, after: Sequence[Sight]) -> tuple[Group, float]:
    """Those of a group who do not merely come back late, and by when all the others had come back.

    A PC that climbs a way to the collector tries at once. When nobody came back for some beats, and of a whole room
    nobody did, something else has befallen that room. After a power cut it was perhaps not switched on again.
    """
    came = [back_since(sight, now) for sight in after if sight.answering]
    back = max(came, default=now)
    if now - back < max(_ROOM_BEATS * group.beat, ROOM_RETURNS_SECONDS) or started_anew(now, after, group):
        return Group(), back
    lit = {sight.witness.room for sight in after}
    dark = [sight for sight in group.sights if sight.witness.room not in lit]
    seats = Counter(sight.witness.room for sight in dark)
    several = tuple(sight for sight in dark if seats[sight.witness.room] >= _SEVERAL)
    return msgspec.structs.replace(group, sights=several), back


def in_between(fault: Fault, back: float) -> Fault:
    """The same, where nobody measured its begin: it began somewhere in the outage after which the others came back."""
    first = fault.began - fault.error
    if fault.measured or back <= first:
        return fault
    return msgspec.structs.replace(fault, began=(first + back) / 2, error=(back - first) / 2)


def started_anew(now: float, after: Iterable[Sight], group: Group) -> bool:
    """Whether there are some who answer, and all of them started after the group went, which was lately."""
    starts = [sight.witness.since for sight in after if sight.answering]
    lately = now - group.last < SWITCHED_ON_SECONDS
    return lately and bool(starts) and all(start is not None and start > group.last for start in starts)
