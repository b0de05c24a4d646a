"""What kind of day it is at a place, why, and in which hours its PCs are expected to be on."""

import enum
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import msgspec

from schooldrum_collector.judge.calendar import BEGIN, END, SCHOOL_DAYS, Window, public_holidays, time_zone
from schooldrum_collector.judge.calendar_learnt import Learnt
from schooldrum_collector.judge.calendar_plan import (
    DAY_MINUTES,
    Behaviour,
    Closing,
    Hours,
    Maintenance,
    PlaceCalendar,
    Plan,
    Taught,
    hours_of,
    plan_in_force,
    weekdays_of,
    year_of,
)

PAUSE_MINUTES = 30
"""Hours that are no farther apart are one stretch: nobody switches a line on and off between two lessons."""
_DEFAULT = Hours(60 * BEGIN.hour + BEGIN.minute, 60 * END.hour + END.minute)
_STRENGTH = {Behaviour.SKIP: 2, Behaviour.MUTE: 1, Behaviour.COSMETIC: 0}


class DayKind(enum.StrEnum):
    """What a day is. On `school`, `half` and `exam` days PCs are expected; `summer` is outside the terms."""

    SCHOOL = "school"
    HALF = "half"
    EXAM = "exam"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    BREAK = "break"
    SUMMER = "summer"
    CLOSED = "closed"


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day at a place: its kind, its hours, and the `reason` as it was written (holidays have none: see the date).

    `planned` says that a plan for the year was given; without one the hours are the default ones. `bells` are the
    minutes of the day at which lessons and shifts end, `booked` the hours in which the room has lessons where somebody
    gave them. `like` is set on days that are made up for alone: the day of the week whose lessons they have, as
    date.weekday() counts.
    """

    day: date
    kind: DayKind
    planned: bool
    hours: tuple[Hours, ...] = ()
    reason: str = ""
    bells: tuple[int, ...] = ()
    booked: tuple[Hours, ...] | None = None
    like: int | None = None


def _closing(way: tuple[PlaceCalendar, ...], day: date) -> Closing | None:
    """What the nearest place says about this day being off; None where no place does, or where it is open after all."""
    for place in reversed(way):
        for closing in place.closings:
            if closing.holds(day):
                return None if closing.open else closing
    return None


def _shifts(plan: Plan, weekday: int) -> tuple[list[Hours], list[int]]:
    if plan.shift is None:
        return ([_DEFAULT], [_DEFAULT.end]) if weekday in SCHOOL_DAYS else ([], [])
    hours: list[Hours] = []
    bells: list[int] = []
    for shift in plan.shift:
        if weekday in weekdays_of(shift.days):
            whole = hours_of(shift.hours, shift.name)
            hours.append(whole)
            bells += [whole.end, *(hours_of(lesson).end for lesson in shift.lessons)]
    return sorted(hours), bells


def day_at(way: tuple[PlaceCalendar, ...], day: date) -> Day:
    """The day at the end of this way (calendars of the places above, farthest first)."""
    plan = plan_in_force(way, year_of(day))
    planned = plan is not None and bool(plan.term)
    plan = plan or Plan(year=year_of(day))
    off = _closing(way, day)
    if off is not None:
        return Day(day=day, kind=DayKind.CLOSED, planned=planned, reason=off.reason)
    taught = next((span for span in plan.taught or () if span.holds(day)), None)
    if taught is None:
        if day in public_holidays(day.year):
            return Day(day=day, kind=DayKind.HOLIDAY, planned=planned)
        pause = next((span for span in plan.break_ or () if span.holds(day)), None)
        if pause is not None:
            return Day(day=day, kind=DayKind.BREAK, planned=planned, reason=pause.name)
        if plan.term and not any(span.holds(day) for span in plan.term):
            return Day(day=day, kind=DayKind.SUMMER, planned=planned)
    return _day_with_lessons(plan, day, taught, planned=planned)


def _like(plan: Plan, day: date, taught: Taught) -> int:
    """The day of the week whose lessons a day that is made up for has: the first of these that has any.

    The one that the file names, its own, then those of the week from Monday on.
    """
    named = weekdays_of(() if taught.like is None else (taught.like,))
    return next((one for one in (*named, day.weekday(), *range(7)) if _shifts(plan, one)[0]), day.weekday())


def _day_with_lessons(plan: Plan, day: date, taught: Taught | None, *, planned: bool) -> Day:
    like = None if taught is None else _like(plan, day, taught)
    weekday, reason = day.weekday() if like is None else like, "" if taught is None else taught.name
    hours, bells = _shifts(plan, weekday)
    if not hours:
        return Day(day=day, kind=DayKind.WEEKEND, planned=planned)
    booked: tuple[Hours, ...] | None = None
    if plan.lesson is not None:
        booked = tuple(sorted(hours_of(one.hours) for one in plan.lesson if weekday in weekdays_of(one.days)))
        bells += [one.end for one in booked]
    kind = DayKind.SCHOOL
    half = next((one for one in plan.half_day or () if one.holds(day)), None)
    exam = next((span for span in plan.exam or () if span.holds(day)), None)
    if half is not None:
        kind, reason = DayKind.HALF, half.name
        only = hours_of(half.hours)
        hours = [only]
        bells.append(only.end)
        if booked is not None:
            booked = tuple(one for one in booked if one.begin < only.end and only.begin < one.end)
    elif exam is not None:
        kind, reason = DayKind.EXAM, exam.name
    return Day(
        day=day,
        kind=kind,
        planned=planned,
        hours=tuple(hours),
        reason=reason,
        bells=tuple(sorted(set(bells))),
        booked=booked,
        like=like,
    )


def expected_hours(day: Day, learnt: Learnt | None = None) -> tuple[Hours, ...]:
    """In which hours of this day a room's PCs are expected: as booked, else as learnt, else the school's hours.

    Hours of which too little was seen to learn anything are the school's. On a half day nothing is learnt beyond them.
    """
    if not day.hours:
        return ()
    if day.booked is not None:
        return _joined(day.booked)
    if learnt is None or not learnt.known:
        return _joined(day.hours)
    weekday = day.day.weekday() if day.like is None else day.like
    found: list[Hours] = []
    for hour in range(24):
        slot, begin = 24 * weekday + hour, 60 * hour
        lessons = [
            Hours(max(begin, one.begin), min(begin + 60, one.end))
            for one in day.hours
            if one.begin < begin + 60 and begin < one.end
        ]
        known, usual = learnt.known >> slot & 1, learnt.usual >> slot & 1
        if usual and not lessons and day.kind is not DayKind.HALF:
            found.append(Hours(begin, begin + 60))
        elif usual or not known:
            found += lessons
    return _joined(found)


def _joined(hours: Iterable[Hours]) -> tuple[Hours, ...]:
    joined: list[Hours] = []
    for one in sorted(hours):
        if joined and one.begin - joined[-1].end <= PAUSE_MINUTES:
            joined[-1] = Hours(joined[-1].begin, max(joined[-1].end, one.end))
        else:
            joined.append(Hours(one.begin, one.end))
    return tuple(joined)


def moment_of(day: date, minutes: int, zone: str) -> float:
    """That minute of the day as epoch seconds; the last minute of a day is the first of the next."""
    if minutes >= DAY_MINUTES:
        day, minutes = day + timedelta(days=1), minutes - DAY_MINUTES
    return datetime.combine(day, time(minutes // 60, minutes % 60), time_zone(zone)).timestamp()


def maintenance_at(way: tuple[PlaceCalendar, ...], at: float) -> Maintenance | None:
    """The maintenance that holds a place at this moment, the one that says least to people first; None without any."""
    holding = [one for place in way for one in place.maintenance if one.begin <= at < one.end]
    return max(holding, key=lambda one: _STRENGTH[one.behaviour], default=None)


def windows_of(
    day: Day, zone: str, skipped: Iterable[Maintenance] = (), learnt: Learnt | None = None
) -> tuple[Window, ...]:
    """The stretches of this day in which a room's PCs are expected, without those of skipped maintenance."""
    windows = [
        Window(moment_of(day.day, hours.begin, zone), moment_of(day.day, hours.end, zone))
        for hours in expected_hours(day, learnt)
    ]
    for gap in skipped:
        windows = [
            part
            for window in windows
            for part in (
                Window(window.begin, min(window.end, gap.begin)),
                Window(max(window.begin, gap.end), window.end),
            )
            if part.begin < part.end
        ]
    return tuple(windows)
