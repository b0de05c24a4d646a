"""Which days and hours an iCalendar file (.ics) names; files come from anywhere, so everything in it is bounded."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_collector.judge.calendar import time_zone

LARGEST = 2 << 20
MOST_EVENTS = 2000
MOST_TIMES = 5000
_BACK, _AHEAD = timedelta(days=400), timedelta(days=800)
_LONGEST_TITLE = 120
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_UNDERSTOOD = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"})


class Unreadable(ValueError):  # noqa: N818 - it names the file's state
    """The file cannot be used; `vietnamese` and `english` say why."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.vietnamese, self.english = vietnamese, english
        super().__init__(english)


class Event(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One occurrence: `begin` and `end` by the clock of its place; `whole_days` where no hours were named."""

    begin: datetime
    end: datetime
    title: str
    whole_days: bool


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """What was found from a year ago to two years ahead, and the titles of events that are not understood."""

    events: tuple[Event, ...]
    left_out: tuple[str, ...] = ()


class _Repetition(msgspec.Struct, frozen=True, kw_only=True):
    frequency: str
    steps: int
    count: int
    until: date
    weekdays: frozenset[int]


def read_events(path: Path, today: date, zone: str) -> Events:
    """The events of this file; times without a zone are meant in `zone`.

    Raises:
        Unreadable: it is no such file, or larger than any calendar is.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as trouble:
        raise Unreadable(f"không mở được ({trouble.strerror})", f"cannot be opened ({trouble.strerror})") from trouble
    if len(raw) > LARGEST:
        raise Unreadable(f"lớn hơn {LARGEST >> 20} MB", f"larger than {LARGEST >> 20} MB")
    found: list[Event] = []
    left_out: list[str] = []
    for component in _components(raw):
        title = _title(component)
        try:
            found += _occurrences(component, title, today, zone)
        except (ValueError, TypeError, AttributeError, OverflowError, KeyError):
            left_out.append(title)
        if len(found) > MOST_TIMES:
            raise Unreadable(f"quá {MOST_TIMES} lần diễn ra", f"more than {MOST_TIMES} occurrences")
    return Events(events=tuple(sorted(set(found))), left_out=tuple(left_out))


def _components(raw: bytes) -> list[Any]:
    from icalendar import Calendar  # noqa: PLC0415 - a fifth of a second that other actions need not wait for

    try:
        events = [
            component for calendar in Calendar.from_ical(raw, multiple=True) for component in calendar.walk("VEVENT")
        ]
    # A library that meets a hostile file raises what it likes.
    except (
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
        OverflowError,
        AssertionError,
    ) as trouble:
        raise Unreadable(
            "không đọc được như một tệp iCalendar (.ics)", "cannot be read as iCalendar (.ics)"
        ) from trouble
    if not events:
        raise Unreadable("không có sự kiện nào", "holds no event")
    if len(events) > MOST_EVENTS:
        raise Unreadable(f"quá {MOST_EVENTS} sự kiện", f"more than {MOST_EVENTS} events")
    return events


def _title(component: Any) -> str:
    words = " ".join(str(component.get("SUMMARY", "")).split())
    return "".join(sign for sign in words if sign.isprintable())[:_LONGEST_TITLE] or "?"


def _local(value: Any, zone: str) -> datetime:
    """A date or a time as the clock of the place shows it.

    Raises:
        ValueError: neither.
    """
    if isinstance(value, datetime):
        return value.astimezone(time_zone(zone)).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time())
    raise ValueError(f"{value!r:.40} is no time")


def _occurrences(component: Any, title: str, today: date, zone: str) -> Iterator[Event]:
    """Each time the event takes place.

    Raises:
        ValueError: it has no time, or a repetition that is not understood.
    """
    first = component.get("DTSTART").dt
    whole = not isinstance(first, datetime)
    begin = _local(first, zone)
    end = begin + timedelta(days=1) if whole else begin
    if component.get("DTEND") is not None:
        end = _local(component.get("DTEND").dt, zone)
    elif component.get("DURATION") is not None:
        end = begin + component.get("DURATION").dt
    lasts = end - begin
    if not timedelta(0) < lasts <= _BACK:
        raise ValueError("ends before it begins, or lasts longer than a year")
    cancelled = set(_cancelled(component, zone))
    for day in _days(component.get("RRULE"), begin.date(), today, whole_lasts=lasts):
        start = datetime.combine(day, begin.time())
        if start not in cancelled:
            yield Event(begin=start, end=start + lasts, title=title, whole_days=whole)


def _cancelled(component: Any, zone: str) -> Iterator[datetime]:
    given = component.get("EXDATE")
    for group in given if isinstance(given, list) else [given] if given is not None else []:
        for one in group.dts:
            yield _local(one.dt, zone)


def _days(rule: Any, first: date, today: date, *, whole_lasts: timedelta) -> Iterator[date]:
    """The days on which an event begins, as far as they matter.

    Raises:
        ValueError: the rule is not among those that are understood.
    """
    earliest, latest = today - _BACK - whole_lasts, today + _AHEAD
    if rule is None:
        if earliest <= first <= latest:
            yield first
        return
    repeated = _repetition(rule, first, latest)
    day, end, left = first, min(repeated.until, latest), repeated.count
    if (end - first) > timedelta(days=100 * 366):
        raise ValueError("begins too long ago")
    while day <= end and left > 0:
        if _takes_place(repeated, first, day):
            left -= 1
            if day >= earliest:
                yield day
        day += timedelta(days=1)


def _repetition(rule: Any, first: date, latest: date) -> _Repetition:
    """The rule of an event that first begins on this day; few rules are understood, so that none takes long.

    Raises:
        ValueError: it is not among those.
    """
    parts: dict[str, list[Any]] = {str(key).upper(): value for key, value in rule.items()}
    repeated = _Repetition(
        frequency=str(parts["FREQ"][0]).upper(),
        steps=int(parts.get("INTERVAL", [1])[0]),
        count=int(parts.get("COUNT", [1 << 30])[0]),
        until=_local(parts["UNTIL"][0], "UTC").date() if "UNTIL" in parts else latest,
        weekdays=frozenset(_WEEKDAYS[str(day).upper()] for day in parts.get("BYDAY", [])),
    )
    plain = (
        repeated.frequency in _FREQUENCIES
        and parts.keys() <= _UNDERSTOOD
        and repeated.steps >= 1
        and (not repeated.weekdays or repeated.frequency in {"WEEKLY", "DAILY"})
        and {int(one) for one in parts.get("BYMONTH", [first.month])} == {first.month}
        and {int(one) for one in parts.get("BYMONTHDAY", [first.day])} == {first.day}
    )
    if not plain:
        raise ValueError("this repetition is not understood")
    return repeated


def _takes_place(repeated: _Repetition, first: date, day: date) -> bool:
    frequency, steps, weekdays = repeated.frequency, repeated.steps, repeated.weekdays
    if frequency == "DAILY":
        return (day - first).days % steps == 0 and (not weekdays or day.weekday() in weekdays)
    if frequency == "WEEKLY":
        weeks = (day - timedelta(days=day.weekday()) - first + timedelta(days=first.weekday())).days // 7
        return weeks % steps == 0 and day.weekday() in (weekdays or {first.weekday()})
    if day.day != first.day:
        return False
    months = 12 * (day.year - first.year) + day.month - first.month
    return months % (12 * steps) == 0 if frequency == "YEARLY" else months % steps == 0
