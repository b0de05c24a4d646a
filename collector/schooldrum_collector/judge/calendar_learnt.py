"""In which hours of the week a room is used, learnt from the hours in which its PCs were on.

Of a room only whole hours are kept, of PCs and people nothing (never who, never which PC). A room is in use in an hour
when a third of its PCs or the teacher's were on; it usually is when it was so in half of the last four weeks in which
anybody could see it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from schooldrum_collector.judge.calendar import time_zone

WEEK_HOURS = 7 * 24
WEEKS = 4
_WEEKS_BACK = 8
"""How far back the four weeks may lie: Tết may take two of them."""
_FEWEST = 2
"""Weeks in which an hour must have been seen before anything is said about it."""
_ENDS_KEPT = 120
END_TOLERANCE = 5 * 60.0
"""Seconds around a bell, or around the time of day at which a room has ended before."""
_END_MEMORY_DAYS = 28
MISSING_AFTER_USES = 5
_DAY = 86400.0


class Week(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One week of a room: `monday` as date.toordinal(), hours in use and hours watched as hexadecimal bits."""

    monday: int
    used: str
    watched: str


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a room (`CODE/SITE/ROOM`): its last weeks, and when it last went off as a whole (epoch seconds).

    `ends` are only those that were no fault: others of the school were heard meanwhile, and its PCs came back from a
    start of their own.
    """

    room: str
    weeks: tuple[Week, ...] = ()
    ends: tuple[float, ...] = ()


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What is usual: bit `24 * weekday + hour`. `known` are hours that were seen often enough to say anything."""

    usual: int = 0
    known: int = 0


def in_use(on: int, members: int, *, teachers_on: bool = False) -> bool:
    """Whether a room is in use: a third of its PCs are on, or the teacher's is."""
    return teachers_on or (members > 0 and on > 0 and 3 * on >= members)


def seen(habit: Habit, at: float, zone: str, *, used: bool) -> Habit:
    """The habit after the room was looked at in this hour; an hour once in use stays so."""
    local = datetime.fromtimestamp(at, time_zone(zone))
    monday = (local.date() - timedelta(days=local.weekday())).toordinal()
    bit = 1 << (24 * local.weekday() + local.hour)
    weeks = {week.monday: week for week in habit.weeks if monday - 7 * _WEEKS_BACK <= week.monday <= monday}
    week = weeks.get(monday, Week(monday, "0", "0"))
    before, watched = int(week.used, 16), int(week.watched, 16)
    weeks[monday] = Week(monday, f"{before | (bit if used else 0):x}", f"{watched | bit:x}")
    if weeks == {week.monday: week for week in habit.weeks}:
        return habit
    return msgspec.structs.replace(habit, weeks=tuple(weeks[one] for one in sorted(weeks)))


def learnt(habit: Habit, today: date) -> Learnt:
    """What is usual as of today: of each hour the last four weeks in which it was watched, this one included."""
    oldest = today.toordinal() - 7 * _WEEKS_BACK
    counts = [0] * WEEK_HOURS
    uses = [0] * WEEK_HOURS
    for week in sorted(habit.weeks, key=lambda one: -one.monday):
        if week.monday < oldest:
            break
        used, watched = int(week.used, 16), int(week.watched, 16)
        for slot in range(WEEK_HOURS):
            if watched >> slot & 1 and counts[slot] < WEEKS:
                counts[slot] += 1
                uses[slot] += used >> slot & 1
    known = sum(1 << slot for slot in range(WEEK_HOURS) if counts[slot] >= _FEWEST)
    usual = sum(1 << slot for slot in range(WEEK_HOURS) if counts[slot] >= _FEWEST and 2 * uses[slot] >= counts[slot])
    return Learnt(usual=usual, known=known)


def uses_since(habit: Habit, since: float, zone: str) -> int:
    """How often the room was in use since then: hours in use that follow each other are one use."""
    uses = 0
    for week in habit.weeks:
        used, before = int(week.used, 16), False
        for slot in range(WEEK_HOURS):
            now = bool(used >> slot & 1)
            if now and not before:
                begin = datetime.combine(date.fromordinal(week.monday), time(), time_zone(zone)) + timedelta(hours=slot)
                uses += begin.timestamp() > since
            before = now
    return uses


def is_missing(habit: Habit, heard: float, zone: str) -> bool:
    """Whether a PC that was heard then has missed five uses of its room in a row: a line in a digest, never more."""
    return heard > 0 and uses_since(habit, heard, zone) >= MISSING_AFTER_USES


def with_end(habit: Habit, at: float) -> Habit:
    """The habit after the room went off as a whole at this moment, and it was no fault."""
    recent = (end for end in habit.ends if end >= at - _END_MEMORY_DAYS * _DAY)
    ends = sorted({*recent, float(round(at))})[-_ENDS_KEPT:]
    return msgspec.structs.replace(habit, ends=tuple(ends))


def is_usual_end(at: float, zone: str, bells: Sequence[int], ends: Iterable[float]) -> bool:
    """Whether rooms end at this time of day: a bell of the plan, or an end that was seen on a day before."""
    local = datetime.fromtimestamp(at, time_zone(zone))
    second = _second(local)
    if any(abs(second - 60 * bell) <= END_TOLERANCE for bell in bells):
        return True
    for end in ends:
        then = datetime.fromtimestamp(end, time_zone(zone))
        recent = 0 < at - end <= _END_MEMORY_DAYS * _DAY and then.date() != local.date()
        if recent and abs(_second(then) - second) <= END_TOLERANCE:
            return True
    return False


def second_of_day(at: float, zone: str) -> float:
    """That moment as seconds since midnight by the clock of the zone."""
    return float(_second(datetime.fromtimestamp(at, time_zone(zone))))


def _second(moment: datetime) -> int:
    return 3600 * moment.hour + 60 * moment.minute + moment.second
