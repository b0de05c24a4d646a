"""When schools are not told of what can wait (nights, holidays, breaks, closed days), as Alertmanager reads it."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from schooldrum_collector.judge.calendar import DEFAULT_ZONE
from schooldrum_collector.judge.calendar_day import Day, day_at
from schooldrum_collector.judge.calendar_plan import DAY_MINUTES, PlaceCalendar, chain
from schooldrum_collector.judge.settings import places_of
from schooldrum_collector.store.records import Register

Interval = dict[str, object]
ALWAYS, DIGEST = "always", "digest"
DAYS = 366
"""So far ahead the calendar is written; the file is written anew much more often."""
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class MuteTimes:
    """The times of every calendar there is. Not frozen: it gathers those that are asked for.

    Schools with one calendar share theirs: it is named by the nearest place at which something of it is written.
    """

    def __init__(self, register: Register, today: date) -> None:
        self._register = register
        self._days = [today + timedelta(days=count) for count in range(DAYS)]
        self._made: dict[tuple[str, str], tuple[Interval, Interval]] = {}

    def of(self, code: str) -> tuple[str, str]:
        """The names of a school's hours and days off; of a school that is not known, those of the top."""
        school = self._register.schools.get(code)
        zone = school.time_zone if school else DEFAULT_ZONE
        places = places_of(school.area if school else "", code if school else "")
        written = [place for place in places if place in self._register.calendars]
        key = (written[-1] if written else "", zone)
        where = " ".join(part for part in (key[0], zone if zone != DEFAULT_ZONE else "") if part)
        hours, days = f"hours off {where}".rstrip(), f"days off {where}".rstrip()
        if key not in self._made:
            way = chain(self._register.calendars, written)
            self._made[key] = _intervals(way, self._days, zone, hours, days)
        return hours, days

    def intervals(self) -> list[Interval]:
        """All that were asked for, and those that everybody shares."""
        made = [one for key in sorted(self._made) for one in self._made[key]]
        return [
            {"name": ALWAYS, "time_intervals": [{"times": [_times(0, DAY_MINUTES)]}]},
            {
                "name": DIGEST,
                "time_intervals": [
                    {"weekdays": ["monday"], "times": [_times(6 * 60 + 45, 7 * 60 + 50)], "location": DEFAULT_ZONE}
                ],
            },
            *made,
        ]


def _times(begin: int, end: int) -> dict[str, str]:
    return {"start_time": f"{begin // 60:02}:{begin % 60:02}", "end_time": f"{end // 60:02}:{end % 60:02}"}


def _intervals(
    way: tuple[PlaceCalendar, ...], days: list[date], zone: str, hours_name: str, days_name: str
) -> tuple[Interval, Interval]:
    calendar = [day_at(way, day) for day in days]
    # No times at all would be every time.
    nights = [{"times": [night], "location": zone} for night in _nights(calendar)]
    return (
        {"name": hours_name, "time_intervals": nights},
        {"name": days_name, "time_intervals": [{**span, "location": zone} for span in _days_off(calendar)]},
    )


def _nights(calendar: Iterable[Day]) -> list[dict[str, str]]:
    """Before the earliest and after the latest lesson of the year."""
    hours = [one for day in calendar for one in day.hours]
    begin, end = min((one.begin for one in hours), default=0), max((one.end for one in hours), default=DAY_MINUTES)
    nights = [_times(0, begin)] if begin else []
    return [*nights, _times(end, DAY_MINUTES)] if end < DAY_MINUTES else nights


def _days_off(calendar: list[Day]) -> list[Interval]:
    """Days of the week that never have lessons, and the other days off, month by month."""
    taught = Counter(one.day.weekday() for one in calendar if one.hours)
    never = [number for number in range(7) if not taught[number]]
    found: list[Interval] = [{"weekdays": [_WEEKDAYS[number] for number in never]}] if never else []
    off = [one.day for one in calendar if not one.hours and one.day.weekday() not in never]
    for (year, month), days in groupby(off, key=lambda day: (day.year, day.month)):
        found.append(
            {"years": [f"{year}"], "months": [f"{month}"], "days_of_month": _ranges([day.day for day in days])}
        )
    return found


def _ranges(days: list[int]) -> list[str]:
    """`[1, 2, 3, 8]` as `1:3`, `8`."""
    spans: list[list[int]] = []
    for day in days:
        if spans and day == spans[-1][1] + 1:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return [f"{first}:{last}" if first != last else f"{first}" for first, last in spans]
