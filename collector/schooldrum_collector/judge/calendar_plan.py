"""What people write about a school year: terms, breaks, shifts, lessons, days that are closed, maintenance.

A plan is one TOML file, written at an area, a school or a room and inherited by all below; each table that a nearer
place gives replaces the same table of the places above it.
"""

import enum
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated

import msgspec

from schooldrum_collector.judge.calendar import SCHOOL_DAYS
from schooldrum_collector.judge.faults import no_toml, refused

FIRST_MONTH = 8
"""A school year runs from 1 August to 31 July: schools call pupils in late August, summer ends in July."""
DAY_MINUTES = 24 * 60
LARGEST_PLAN = 256 << 10
_YEAR = re.compile(r"(20[2-9][0-9])-(20[2-9][0-9])\Z")
_HOURS = re.compile(r"([01]?[0-9]|2[0-3])[:hg]([0-5][0-9])\s*[-\u2013]\s*([01]?[0-9]|2[0-4])[:hg]([0-5][0-9])\Z")
_LONGEST_NAME = 120
_DAYS = {
    **{f"t{number}": number - 2 for number in range(2, 8)},
    "cn": 6,
    **{name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}
_TABLE = re.compile(r"at `\$\.(\w+)\[")
_TABLES = {
    "year": '"2026-2027"',
    **dict.fromkeys(("term", "break", "exam", "taught", "half_day"), "[[…]] ≤ 100"),
    "shift": "[[shift]] ≤ 20",
    "lesson": "[[lesson]] ≤ 200",
}
_SPAN = {"first": "2026-09-05", "last": "2026-09-06", "name": f'"…" ≤ {_LONGEST_NAME}'}
_WEEKLY = {"hours": '"07:00-11:30"', "days": '["T2", "T3"], ["Mon", "Tue"]'}
_KEYS: dict[str, dict[str, str]] = {
    **dict.fromkeys(("term", "break", "exam"), _SPAN),
    "taught": {**_SPAN, "like": '"T2", "Mon"'},
    "half_day": {**_SPAN, "hours": _WEEKLY["hours"]},
    "shift": {**_WEEKLY, "name": _SPAN["name"], "lessons": '["07:00-07:45", "07:50-08:35"] ≤ 40'},
    "lesson": _WEEKLY,
}
"""What the keys of each table take, for the sentences that refuse something else."""
_LIST = Annotated[tuple[str, ...], msgspec.Meta(max_length=40)]
Name = Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)]


class Faulty(ValueError):  # noqa: N818 - it names the file's state
    """A plan that cannot be used; `vietnamese` and `english` say what is wrong in it and where."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.vietnamese, self.english = vietnamese, english
        super().__init__(english)


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days from `first` to `last`, both in it; one day where there is no `last`."""

    first: date
    last: date | None = None
    name: Name = ""

    def holds(self, day: date) -> bool:
        """Whether this day is one of them."""
        return self.first <= day <= (self.last or self.first)


class Taught(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days with lessons that would have none; `like` is the day of the week whose lessons they have (T2 to CN)."""

    first: date
    last: date | None = None
    name: Name = ""
    like: str | None = None

    def holds(self, day: date) -> bool:
        """Whether this day is one of them."""
        return self.first <= day <= (self.last or self.first)


class Shift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the day with lessons: `hours` as `07:00-11:30`, on these `days` (T2 to CN, or Mon to Sun)."""

    name: Name = ""
    hours: str
    days: _LIST | None = None
    lessons: _LIST = ()


class HalfDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days on which there are only these `hours`."""

    first: date
    last: date | None = None
    hours: str
    name: Name = ""

    def holds(self, day: date) -> bool:
        """Whether this day is one of them."""
        return self.first <= day <= (self.last or self.first)


class Lesson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours in which a room is booked, on these days of the week."""

    hours: str
    days: _LIST | None = None


_Spans = Annotated[tuple[Span, ...], msgspec.Meta(max_length=100)]


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A school year as one place writes it; None: what the places above write holds.

    `year` is `2026-2027`; a file may leave it out where a place above has a plan. `term` are its semesters: outside
    them is summer. `taught` are days with lessons that would have none (a Saturday that makes up for a day off).
    `lesson` are the hours in which all rooms of the place are booked: as a rule they stand in a room's own file.
    """

    year: str
    term: _Spans | None = None
    break_: Annotated[tuple[Span, ...], msgspec.Meta(max_length=100)] | None = msgspec.field(name="break", default=None)
    exam: _Spans | None = None
    taught: Annotated[tuple[Taught, ...], msgspec.Meta(max_length=100)] | None = None
    shift: Annotated[tuple[Shift, ...], msgspec.Meta(max_length=20)] | None = None
    half_day: Annotated[tuple[HalfDay, ...], msgspec.Meta(max_length=100)] | None = None
    lesson: Annotated[tuple[Lesson, ...], msgspec.Meta(max_length=200)] | None = None


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """Days off (or, with `open`, days that are not off although a place above is closed); `source` names a file."""

    first: date
    last: date
    reason: str
    open: bool = False
    source: str = ""

    def holds(self, day: date) -> bool:
        """Whether this day is one of them."""
        return self.first <= day <= self.last


class Behaviour(enum.StrEnum):
    """What maintenance does: `skip` is not judged, `mute` is judged and not told, `cosmetic` is told as planned."""

    SKIP = "skip"
    MUTE = "mute"
    COSMETIC = "cosmetic"


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """Work that is announced, from `begin` until before `end` (epoch seconds)."""

    begin: float
    end: float
    behaviour: Behaviour
    reason: str
    source: str = ""


class PlaceCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """All that is written at one place of the tree."""

    plans: tuple[Plan, ...] = ()
    closings: tuple[Closing, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


NOTHING = PlaceCalendar()


class Hours(msgspec.Struct, frozen=True, order=True):
    """A part of a day, in minutes from midnight by the school's clock; `end` is no more in it."""

    begin: int
    end: int
    name: str = ""


def year_of(day: date) -> str:
    """The school year a day belongs to, as `2026-2027`."""
    first = day.year if day.month >= FIRST_MONTH else day.year - 1
    return f"{first}-{first + 1}"


def hours_of(written: str, name: str = "") -> Hours:
    """`07:00-11:30` as minutes.

    Raises:
        Faulty: it is none, or ends before it begins.
    """
    found = _HOURS.match(written.strip())
    begin, end = (60 * int(found[1]) + int(found[2]), 60 * int(found[3]) + int(found[4])) if found else (0, 0)
    if not begin < end <= DAY_MINUTES:
        raise Faulty(
            f"giờ {written!r:.40}: ghi như 07:00-11:30, giờ sau lớn hơn giờ trước",
            f"hours {written!r:.40}: write 07:00-11:30, the later hour last",
        )
    return Hours(begin, end, name)


def weekdays_of(written: Iterable[str] | None) -> frozenset[int]:
    """Days of the week as date.weekday() counts them; Monday to Saturday where nothing is written.

    Raises:
        Faulty: one of them is no day.
    """
    if written is None:
        return SCHOOL_DAYS
    days = set()
    for word in written:
        day = _DAYS.get(word.strip().casefold())
        if day is None:
            raise Faulty(f"ngày {word!r:.20}: ghi T2 … T7, CN", f"day {word!r:.20}: write Mon … Sun")
        days.add(day)
    return frozenset(days)


def read(text: str, *, year: str = "") -> Plan:
    """A plan out of its file; `year` is that of the plan above, for a file that names none.

    Raises:
        Faulty: it is not one; the sentence says why and where.
    """
    if len(text) > LARGEST_PLAN:
        raise Faulty(f"lớn hơn {LARGEST_PLAN} ký tự", f"larger than {LARGEST_PLAN} characters")
    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as trouble:
        raise Faulty(*no_toml(trouble)) from trouble
    if year:
        given.setdefault("year", year)
    elif "year" not in given:
        raise Faulty(
            'thiếu năm học: ghi year = "2026-2027" ở đầu tệp; chưa nơi nào bên trên có kế hoạch để lấy theo',
            'no school year: write year = "2026-2027" at the top; no place above has a plan to take it from',
        )
    try:
        plan = msgspec.convert(given, Plan)
    except (msgspec.ValidationError, RecursionError) as trouble:
        found = _TABLE.search(str(trouble))
        raise Faulty(*refused(trouble, _KEYS.get(found[1] if found else "", _TABLES))) from trouble
    _check(plan)
    return plan


def _check(plan: Plan) -> None:
    found = _YEAR.match(plan.year)
    if not found or int(found[2]) != int(found[1]) + 1:
        raise Faulty(
            f"year = {plan.year!r:.40}: ghi năm học như 2026-2027", f"year = {plan.year!r:.40}: write it as 2026-2027"
        )
    _check_days(plan)
    for shift in plan.shift or ():
        _check_shift(shift)
    for one in plan.lesson or ():
        hours_of(one.hours)
        weekdays_of(one.days)
    for half in plan.half_day or ():
        hours_of(half.hours)
    for taught in plan.taught or ():
        weekdays_of(() if taught.like is None else (taught.like,))


def _check_days(plan: Plan) -> None:
    spans: dict[str, Iterable[Span | Taught | HalfDay]] = {
        "term": plan.term or (),
        "break": plan.break_ or (),
        "exam": plan.exam or (),
        "taught": plan.taught or (),
        "half_day": plan.half_day or (),
    }
    for table, rows in spans.items():
        _check_apart(table, rows)
        for row in rows:
            last = row.last or row.first
            if last < row.first:
                raise Faulty(
                    f"[[{table}]] {row.first} … {last}: ngày cuối trước ngày đầu",
                    f"[[{table}]] {row.first} … {last}: the last day comes before the first",
                )
            if {year_of(row.first), year_of(last)} != {plan.year}:
                raise Faulty(
                    f"[[{table}]] {row.first} … {last}: không thuộc năm học {plan.year} (01/8 đến 31/7)",
                    f"[[{table}]] {row.first} … {last}: outside the school year {plan.year} (1 Aug to 31 Jul)",
                )


def _check_apart(table: str, rows: Iterable[Span | Taught | HalfDay]) -> None:
    """Of two entries that hold for one day the first would win in silence."""
    there = sorted(rows, key=lambda row: row.first)
    for before, after in pairwise(there):
        if before.holds(after.first):
            one, other = _named(before), _named(after)
            raise Faulty(
                f"[[{table}]] {one} và {other} trùng ngày {after.first}: sửa để mỗi ngày chỉ thuộc một mục",
                f"[[{table}]] {one} and {other} both hold for {after.first}: give each day to one of them",
            )


def _named(row: Span | Taught | HalfDay) -> str:
    name = f" ({row.name})" if row.name else ""
    return f"{row.first} … {row.last or row.first}{name}"


def _check_shift(shift: Shift) -> None:
    whole = hours_of(shift.hours)
    weekdays_of(shift.days)
    for lesson in shift.lessons:
        part = hours_of(lesson)
        if part.begin < whole.begin or part.end > whole.end:
            raise Faulty(
                f"[[shift]] {shift.name}: tiết {lesson} nằm ngoài {shift.hours}",
                f"[[shift]] {shift.name}: the lesson {lesson} lies outside {shift.hours}",
            )


def with_plan(known: PlaceCalendar, plan: Plan) -> PlaceCalendar:
    """The place's calendar with this plan in place of the one of the same year."""
    others = [one for one in known.plans if one.year != plan.year]
    return msgspec.structs.replace(known, plans=tuple(sorted((*others, plan), key=lambda one: one.year)))


def _cut(closings: Iterable[Closing], first: date, last: date) -> list[Closing]:
    """What is left of them outside these days."""
    kept: list[Closing] = []
    for one in closings:
        if one.last < first or one.first > last:
            kept.append(one)
            continue
        if one.first < first:
            kept.append(msgspec.structs.replace(one, last=first - timedelta(days=1)))
        if one.last > last:
            kept.append(msgspec.structs.replace(one, first=last + timedelta(days=1)))
    return kept


def with_days(known: PlaceCalendar, days: Closing) -> PlaceCalendar:
    """The place's calendar in which nothing but this is said about these days."""
    closings = (*_cut(known.closings, days.first, days.last), days)
    return msgspec.structs.replace(known, closings=tuple(sorted(closings, key=lambda one: one.first)))


def without_days(known: PlaceCalendar, first: date, last: date) -> PlaceCalendar:
    """The place's calendar in which nothing is said about these days."""
    return msgspec.structs.replace(known, closings=tuple(_cut(known.closings, first, last)))


def chain(calendars: Mapping[str, PlaceCalendar], places: Iterable[str]) -> tuple[PlaceCalendar, ...]:
    """What is written on the way down to a place, farthest first."""
    return tuple(calendars[place] for place in places if place in calendars)


def plan_in_force(way: Iterable[PlaceCalendar], year: str) -> Plan | None:
    """The plan of a year at the end of this way, each table from the nearest place that gives it; None without any."""
    merged: Plan | None = None
    for place in way:
        for plan in place.plans:
            if plan.year != year:
                continue
            if merged is None:
                merged = plan
            else:
                given = {
                    field: value for field in plan.__struct_fields__ if (value := getattr(plan, field)) is not None
                }
                merged = msgspec.structs.replace(merged, **given)
    return merged
