"""How much of the time in which a school's internet could be seen it worked: both counted in the same stretches.

What worked is counted while PCs are heard; what was lost stands in the records of incidents, which go farther back than
the counting and on where nobody counted. So of a record only that counts in which the collector counted too. Neither
counts while no PC of the school is expected to be on: at night, and while the school is closed, nobody is there to see.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from schooldrum_collector.judge.calendar import Window
from schooldrum_collector.judge.expecting import CALENDARS, CalendarRegister

DAY_SECONDS = 86400.0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A day (days since 1970, UTC) on which the collector watched, in these stretches (epoch seconds, ascending).

    `worked` are the seconds in which a school's internet worked and its PCs were heard, by code; a school that was not
    heard on that day is not in it.
    """

    day: int
    stretches: tuple[Window, ...] = ()
    worked: Mapping[str, float] = {}


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a school's internet `since` (epoch seconds): seconds in which it `worked`, and was `lost`."""

    since: float
    worked: float
    lost: float

    @property
    def seen(self) -> float:
        """Seconds in which it is known whether it worked."""
        return self.worked + self.lost

    @property
    def ratio(self) -> float | None:
        """The share in which it worked; None where nothing was seen."""
        return self.worked / self.seen if self.seen > 0 else None


def day_of(at: float) -> int:
    """The day (days since 1970, UTC) of this moment (epoch seconds)."""
    return int(at // DAY_SECONDS)


def counted(
    known: Watched | None, at: float, step: float, heard: Iterable[str], working: Iterable[str], *, nearest: float
) -> Watched:
    """The day of `at` with one step more: the `step` seconds before it were watched.

    Schools whose PCs are `heard` (codes) are known from now on; those `working` had their internet. Stretches less than
    `nearest` seconds apart are one. What lies before the day is left to the day before.
    """
    day = day_of(at)
    before = known if known is not None and known.day == day else Watched(day=day)
    within = min(step, at - day * DAY_SECONDS)
    worked = dict(before.worked)
    for code in heard:
        worked.setdefault(code, 0.0)
    for code in working:
        worked[code] = worked.get(code, 0.0) + within
    stretches = _joined([*before.stretches, Window(at - within, at)], nearest)
    return Watched(day=day, stretches=stretches, worked=worked)


def availability(
    days: Iterable[Watched], lost: Mapping[str, Iterable[Window]], since: float
) -> dict[str, Availability]:
    """What is known of each school (by code) from these days; `lost` is when it had no internet, apart, by code.

    A school is known from the day on which it was heard first. Of the day in which `since` (epoch seconds) lies all
    counts.
    """
    begins: dict[str, float] = {}
    worked: dict[str, float] = {}
    watched: list[Window] = []
    for day in sorted(days, key=lambda one: one.day):
        if day.day < day_of(since) or not day.stretches:
            continue
        watched += day.stretches
        for code, seconds in day.worked.items():
            begins.setdefault(code, day.stretches[0].begin)
            worked[code] = worked.get(code, 0.0) + seconds
    return {
        code: Availability(since=begin, worked=worked[code], lost=_shared(lost.get(code, ()), watched, begin))
        for code, begin in begins.items()
    }


def expected_alone(register: CalendarRegister, lost: Mapping[str, Iterable[Window]]) -> dict[str, list[Window]]:
    """Of these times of each school (by code) those in which its PCs are expected to be on."""
    watched_always = {path.partition("/")[0] for path, room in register.rooms.items() if room.always_on}
    return {
        code: [
            Window(max(one.begin, hours.begin), min(one.end, hours.end))
            for one in windows
            for hours in (
                [one] if code in watched_always else CALENDARS.of_school(register, code).windows(one.begin, one.end)
            )
        ]
        for code, windows in lost.items()
    }


def _joined(stretches: Sequence[Window], nearest: float) -> tuple[Window, ...]:
    found: list[Window] = []
    for one in sorted(stretches, key=lambda one: one.begin):
        if found and one.begin - found[-1].end < nearest:
            found[-1] = Window(found[-1].begin, max(found[-1].end, one.end))
        else:
            found.append(one)
    return tuple(found)


def _shared(lost: Iterable[Window], watched: Sequence[Window], since: float) -> float:
    """Seconds that lie in both, not before `since`; both are apart in themselves, `watched` in their order."""
    seconds = 0.0
    for one in lost:
        begin = max(one.begin, since)
        for at in range(bisect_right(watched, begin, key=_end_of), len(watched)):
            if watched[at].begin >= one.end:
                break
            seconds += max(0.0, min(one.end, watched[at].end) - max(begin, watched[at].begin))
    return seconds


def _end_of(stretch: Window) -> float:
    return stretch.end
