"""Whether what a PC has told is recent enough to prove that all is well there: counted in days on which it was on.

A PC that is off keeps its verdicts. One that is on, and cannot tell any more how it stands, keeps what was bad.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

RECENT_DAYS = 7
"""Days of being on for which what was told is believed: the slowest probe asks four times a day, the search weekly."""
_ANEW_SECONDS = 60.0
"""Times of one and the same run differ by less, for they come from the time its report took."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """When a probe last told something: the school's day, and its time (epoch seconds).

    `days` counts the days on which the PC was on since, that day not included.
    """

    day: date
    at: float
    days: int = 0


def tell(
    before: Mapping[str, Told], told: Mapping[str, float], day: date, *, another_day: bool, today: date
) -> dict[str, Told]:
    """What is remembered after a look at a PC on this day, from the time of each probe's newest answer.

    `another_day`: it is the first look of that day. A day after `today` is one of a clock that was ahead.
    """
    found = dict(before)
    for probe, at in told.items():
        known = before.get(probe)
        if known is None or abs(at - known.at) > _ANEW_SECONDS:
            found[probe] = Told(day, at)
        elif another_day or known.day > today:
            found[probe] = Told(min(known.day, today), known.at, known.days + another_day)
    return found


def too_old(told: Mapping[str, Told]) -> dict[str, date]:
    """The probes whose last answer proves nothing any more, with the day of it."""
    return {probe: one.day for probe, one in told.items() if one.days > RECENT_DAYS}
