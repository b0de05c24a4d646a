"""Which days and hours an iCalendar file (.ics) names; files come from anywhere, so everything in it is bounded."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_collector.judge.calendar import time_zone

LARGEST = 2 << 20
MOST_EVENTS = 2000
MOST_TIMES = 5000
BACK, _AHEAD = timedelta(days=400), timedelta(days=800)
"""Of a file only the times from so long ago to so far ahead are read."""
_LONGEST_TITLE = 120
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_UNDERSTOOD = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"})
_STRANGE = (ValueError, TypeError, AttributeError, OverflowError, KeyError)
"""What reading an event that nobody foresaw raises."""


class Unreadable(ValueError):  # noqa: N818 - it names the file's state
    """The file cannot be used; `vietnamese` and `english` say why."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.vietnamese, self.english = vietnamese, english
        super().__init__(english)


class Event(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One occurrence: `begin` and `end` by the clock of its place; `title` is empty where it has no name.

    `whole_days` begin and end at midnight; `free` says that the file counts nobody as busy meanwhile.
    """

    begin: datetime
    end: datetime
    title: str
    whole_days: bool
    free: bool = False


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """What was found from a year ago to two years ahead.

    `left_out` are the titles of events that are not understood, `cancelled` of those that the file itself calls off.
    """

    events: tuple[Event, ...]
    left_out: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A VEVENT as the library reads it; `cancels`: the calendar around it calls off all it names (METHOD:CANCEL)."""

    component: Any
    cancels: bool


class _Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Which occurrences of a repeated event another entry of the file, or the event itself, takes away."""

    moments: frozenset[datetime] = frozenset()
    days: frozenset[date] = frozenset()
    since: datetime = datetime.max  # noqa: DTZ901 - by the clock of the place, as all times here

    def holds(self, begin: datetime) -> bool:
        """Whether the occurrence that begins here is one of them."""
        return begin >= self.since or begin in self.moments or begin.date() in self.days

    def joined(self, other: "_Changed") -> "_Changed":
        """Both together."""
        return _Changed(
            moments=self.moments | other.moments, days=self.days | other.days, since=min(self.since, other.since)
        )


class _Repetition(msgspec.Struct, frozen=True, kw_only=True):
    frequency: str
    steps: int
    count: int
    until: datetime
    """Nothing of it begins after this, by the clock of its place."""
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
    cancelled: list[str] = []
    entries = _entries(raw)
    changed = _changed([entry.component for entry in entries], zone)
    gone = {_uid(entry.component) for entry in entries if entry.cancels and _is_whole(entry.component)} - {""}
    for entry in entries:
        component, title = entry.component, _title(entry.component)
        if entry.cancels or _word(component, "STATUS") == "CANCELLED" or _uid(component) in gone:
            cancelled.append(title)
            continue
        try:
            found += _occurrences(component, title, today, zone, changed)
        except _STRANGE:
            left_out.append(title)
        if len(found) > MOST_TIMES:
            raise Unreadable(f"quá {MOST_TIMES} lần diễn ra", f"more than {MOST_TIMES} occurrences")
    return Events(events=tuple(sorted(set(found))), left_out=tuple(left_out), cancelled=tuple(cancelled))


def _uid(component: Any) -> str:
    return str(component.get("UID", ""))


def _is_whole(component: Any) -> bool:
    """Whether it stands for the event, and not for one of the times at which it takes place."""
    return component.get("RECURRENCE-ID") is None


def _word(component: Any, name: str) -> str:
    return str(component.get(name, "")).strip().upper()


def _changed(components: list[Any], zone: str) -> dict[str, _Changed]:
    """What entries that stand for single occurrences (moved or called off) take away, by the event's UID."""
    changed: dict[str, _Changed] = {}
    for component in components:
        if _is_whole(component):
            continue
        try:
            one = _replaced(component, zone)
        # The entry itself is then left out, and told, where its own times are read.
        except _STRANGE:
            continue
        uid = _uid(component)
        changed[uid] = changed.get(uid, _Changed()).joined(one)
    return changed


def _replaced(component: Any, zone: str) -> _Changed:
    """The occurrence in whose place this entry stands.

    Raises:
        ValueError: it has no time.
    """
    given = component.get("RECURRENCE-ID").dt
    if _moves_the_rest(component):
        return _Changed(since=_local(given, zone))
    return _these([given], zone)


def _moves_the_rest(component: Any) -> bool:
    return str(component.get("RECURRENCE-ID").params.get("RANGE", "")).upper() == "THISANDFUTURE"


def _these(values: Iterable[Any], zone: str) -> _Changed:
    """The occurrences that begin at these times, or on these days where no times are given."""
    moments: set[datetime] = set()
    days: set[date] = set()
    for value in values:
        begin = _local(value, zone)
        if isinstance(value, datetime):
            moments.add(begin)
        else:
            days.add(begin.date())
    return _Changed(moments=frozenset(moments), days=frozenset(days))


def _entries(raw: bytes) -> list[_Entry]:
    from icalendar import Calendar  # noqa: PLC0415 - a fifth of a second that other actions need not wait for

    try:
        events = [
            _Entry(component=component, cancels=_word(calendar, "METHOD") == "CANCEL")
            for calendar in Calendar.from_ical(raw, multiple=True)
            for component in calendar.walk("VEVENT")
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
    return "".join(sign for sign in words if sign.isprintable())[:_LONGEST_TITLE].strip()


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


def _occurrences(
    component: Any, title: str, today: date, zone: str, changed: Mapping[str, _Changed]
) -> Iterator[Event]:
    """Each time the event takes place, without those that other entries (`changed`) stand for.

    Raises:
        ValueError: it has no time, or a repetition or a change that is not understood.
    """
    away = _excluded(component, zone)
    if _is_whole(component):
        away = away.joined(changed.get(_uid(component), _Changed()))
    elif _moves_the_rest(component):
        raise ValueError("this and all that follow are moved, which is not understood")
    else:
        _replaced(component, zone)
    first = component.get("DTSTART").dt
    whole = not isinstance(first, datetime)
    begin = _local(first, zone)
    end = begin + timedelta(days=1) if whole else begin
    if component.get("DTEND") is not None:
        end = _local(component.get("DTEND").dt, zone)
    elif component.get("DURATION") is not None:
        end = begin + component.get("DURATION").dt
    lasts = end - begin
    if not timedelta(0) < lasts <= BACK:
        raise ValueError("ends before it begins, or lasts longer than a year")
    if whole:
        # Some programs name a time where the event itself has whole days.
        away = away.joined(_Changed(days=frozenset(moment.date() for moment in away.moments)))
    full_days = begin.time() == end.time() == datetime.min.time()
    days = _days(component.get("RRULE"), begin, today, "UTC" if whole else zone, whole_lasts=lasts)
    starts = (datetime.combine(day, begin.time()) for day in days)
    times = chain(
        ((start, start + lasts) for start in starts), _added(component, begin, lasts, today, zone, full_days=full_days)
    )
    for start, stop in times:
        if not away.holds(start):
            yield Event(
                begin=start,
                end=stop,
                title=title,
                whole_days=whole or full_days,
                free=_word(component, "TRANSP") == "TRANSPARENT",
            )


def _added(
    component: Any, begin: datetime, lasts: timedelta, today: date, zone: str, *, full_days: bool
) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end of what takes place besides the first time and its repetition (RDATE), as far as it matters.

    Raises:
        ValueError: one of them has no time, or ends before it begins.
    """
    for value in _listed(component, "RDATE"):
        # A period has its own end, or length.
        given, until = value if isinstance(value, tuple) else (value, lasts)
        start = _local(given, zone)
        if not isinstance(given, datetime) or full_days:
            # A day alone: it begins as the first one does.
            start = datetime.combine(start.date(), begin.time())
        stop = start + until if isinstance(until, timedelta) else _local(until, zone)
        if not timedelta(0) < stop - start <= BACK:
            raise ValueError("ends before it begins, or lasts longer than a year")
        if today - BACK - lasts <= start.date() <= today + _AHEAD:
            yield start, stop


def _excluded(component: Any, zone: str) -> _Changed:
    return _these(_listed(component, "EXDATE"), zone)


def _listed(component: Any, name: str) -> Iterator[Any]:
    """The values of an entry that may stand there several times, each with a list."""
    given = component.get(name)
    groups = given if isinstance(given, list) else [given] if given is not None else []
    return (one.dt for group in groups for one in group.dts)


def _days(rule: Any, begin: datetime, today: date, zone: str, *, whole_lasts: timedelta) -> Iterator[date]:
    """The days on which an event that first takes place at `begin` begins, as far as they matter.

    Raises:
        ValueError: the rule is not among those that are understood.
    """
    first, earliest, latest = begin.date(), today - BACK - whole_lasts, today + _AHEAD
    if rule is None:
        if earliest <= first <= latest:
            yield first
        return
    repeated = _repetition(rule, first, latest, zone)
    last = repeated.until if begin.time() <= repeated.until.time() else repeated.until - timedelta(days=1)
    day, end, left = first, min(last.date(), latest), repeated.count
    if (end - first) > timedelta(days=100 * 366):
        raise ValueError("begins too long ago")
    while day <= end and left > 0:
        if _takes_place(repeated, first, day):
            left -= 1
            if day >= earliest:
                yield day
        day += timedelta(days=1)


def _until(value: Any, zone: str) -> datetime:
    """The last moment at which something of it may begin; a day counts to its end.

    Raises:
        ValueError: it is no time.
    """
    last = _local(value, zone)
    return last if isinstance(value, datetime) else datetime.combine(last, datetime.max.time())


def _repetition(rule: Any, first: date, latest: date, zone: str) -> _Repetition:
    """The rule of an event that first begins on this day; few rules are understood, so that none takes long.

    Raises:
        ValueError: it is not among those.
    """
    parts: dict[str, list[Any]] = {str(key).upper(): value for key, value in rule.items()}
    repeated = _Repetition(
        frequency=str(parts["FREQ"][0]).upper(),
        steps=int(parts.get("INTERVAL", [1])[0]),
        count=int(parts.get("COUNT", [1 << 30])[0]),
        until=_until(parts["UNTIL"][0] if "UNTIL" in parts else latest, zone),
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
