"""Until when a room's PCs are expected to be on, from the calendar of its place and what was learnt of it."""

import functools
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

import msgspec

from schooldrum_collector.judge.calendar import DEFAULT_ZONE, Window, time_zone
from schooldrum_collector.judge.calendar_day import Day, DayKind, day_at, maintenance_at, moment_of, windows_of
from schooldrum_collector.judge.calendar_learnt import Habit, is_usual_end, learnt, second_of_day
from schooldrum_collector.judge.calendar_plan import Behaviour, Maintenance, PlaceCalendar, chain
from schooldrum_collector.judge.presence import ExpectedUntil, always
from schooldrum_collector.judge.settings import places_of

_EPOCHS = (0.0, 4_102_444_800.0)
_FOREVER = float("inf")
_DAYS_KEPT = 16
_LONGEST_CLOSED_DAYS = 14
"""Nothing that is still looked at began earlier."""
_DAY = timedelta(days=1)


class TimedSchool(Protocol):
    """What is asked of a school."""

    @property
    def area(self) -> str:
        """Its area path."""

    @property
    def time_zone(self) -> str:
        """Name of its time zone."""


class UsedRoom(Protocol):
    """What is asked of a room."""

    @property
    def always_on(self) -> bool:
        """Whether its machines are expected day and night."""


class CalendarRegister(Protocol):
    """What is asked of the register."""

    @property
    def schools(self) -> Mapping[str, TimedSchool]:
        """Schools by code."""

    @property
    def rooms(self) -> Mapping[str, UsedRoom]:
        """Rooms by `CODE/SITE/ROOM`."""

    @property
    def calendars(self) -> Mapping[str, PlaceCalendar]:
        """What is written at each place."""

    @property
    def habits(self) -> Mapping[str, Habit]:
        """What was learnt of rooms, by path."""


class RoomCalendar:
    """The calendar of one room, or of a school as a whole. Not frozen: it remembers the days it was asked about.

    Pure all the same: a day that is remembered is the day that would be made anew.
    """

    def __init__(
        self, way: tuple[PlaceCalendar, ...], zone: str, *, habit: Habit | None = None, always_on: bool = False
    ) -> None:
        self.zone = zone
        self._way = way
        self._habit = habit
        self._always_on = always_on
        self._maintained = any(place.maintenance for place in way)
        self._skips = tuple(
            one for place in way for one in place.maintenance if one.behaviour is Behaviour.SKIP and one.begin < one.end
        )
        self.expected_until: ExpectedUntil = always if always_on and not self._skips else self.until
        self._days: dict[date, tuple[Day, tuple[Window, ...]]] = {}
        self._last = Window(0.0, 0.0)

    def until(self, moment: float) -> float | None:
        """The end of the expected time that holds this moment, None where no PC is expected then (ExpectedUntil)."""
        last = self._last
        if last.begin <= moment < last.end:
            return last.end
        if not _EPOCHS[0] <= moment < _EPOCHS[1]:
            return None
        if self._always_on:
            return self._until_skipped(moment)
        for window in self._day(self._date(moment))[1]:
            if window.begin <= moment < window.end:
                self._last = window
                return window.end
        return None

    def _until_skipped(self, moment: float) -> float | None:
        if any(one.begin <= moment < one.end for one in self._skips):
            return None
        return min((one.begin for one in self._skips if one.begin > moment), default=_FOREVER)

    def windows(self, begin: float, end: float) -> Iterator[Window]:
        """The expected time between two moments, in order; a window may reach beyond them at either end."""
        begin, end = max(begin, _EPOCHS[0]), min(end, _EPOCHS[1] - 1)
        if begin >= end:
            return
        day, last = self._date(begin), self._date(end)
        while day <= last:
            yield from (window for window in self._day(day)[1] if window.begin < end and begin < window.end)
            day += _DAY

    def day(self, moment: float) -> Day:
        """The day that holds this moment."""
        return self._day(self._date(moment))[0]

    def closed_since(self, moment: float) -> float | None:
        """Since when (epoch seconds) the place has been closed, day after day; None where it is not at this moment.

        A room whose PCs are always on is never closed.
        """
        day = self._date(moment) if _EPOCHS[0] <= moment < _EPOCHS[1] else None
        if day is None or self._always_on or self._day(day)[0].kind is not DayKind.CLOSED:
            return None
        for _ in range(_LONGEST_CLOSED_DAYS):
            if self._day(day - _DAY)[0].kind is not DayKind.CLOSED:
                break
            day -= _DAY
        return moment_of(day, 0, self.zone)

    def is_usual_end(self, moment: float) -> bool:
        """Whether the room ends at this time of day: by the plan's bells, or because it has before."""
        ends = self._habit.ends if self._habit else ()
        return is_usual_end(moment, self.zone, self.day(moment).bells, ends)

    def ends_between(self, begin: float, end: float) -> bool:
        """Whether the room has ended in between: by the plan's bells, or at a time of day at which it has before."""
        day = self._date(begin)
        if self._date(end) != day:
            return True
        first, last = begin - moment_of(day, 0, self.zone), end - moment_of(day, 0, self.zone)
        bells = [60.0 * bell for bell in self.day(begin).bells]
        bells += [second_of_day(one, self.zone) for one in (self._habit.ends if self._habit else ())]
        return any(first < bell <= last for bell in bells)

    def maintenance(self, moment: float) -> Maintenance | None:
        """The maintenance that holds the place at this moment."""
        return maintenance_at(self._way, moment) if self._maintained else None

    def _date(self, moment: float) -> date:
        return datetime.fromtimestamp(moment, time_zone(self.zone)).date()

    def _day(self, day: date) -> tuple[Day, tuple[Window, ...]]:
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days = {}
            made = _shared_day(self._way, day)
            usual = learnt(self._habit, day) if self._habit and made.hours and made.booked is None else None
            known = self._days[day] = made, windows_of(made, self.zone, self._skips, usual)
        return known


class _Way(msgspec.Struct, frozen=True):
    """A way as a key: two ways are one where they are the same things, without looking through them."""

    places: tuple[PlaceCalendar, ...]

    def __hash__(self) -> int:
        return hash(tuple(id(place) for place in self.places))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Way)
            and len(self.places) == len(other.places)
            and all(mine is its for mine, its in zip(self.places, other.places, strict=True))
        )


@functools.lru_cache(maxsize=4096)
def _day_of_way(way: _Way, day: date) -> Day:
    return day_at(way.places, day)


def _shared_day(way: tuple[PlaceCalendar, ...], day: date) -> Day:
    """A thousand schools of one area have one day."""
    return _day_of_way(_Way(way), day)


class Calendars:
    """The calendars of all rooms of a register. Not frozen: it keeps them until what they rest on is replaced.

    (The register's parts are replaced as a whole when anything in them changes, so looking whether they are the same
    ones is enough.)
    """

    def __init__(self) -> None:
        # One value, so that two threads that ask about two registers never write into each other's.
        self._kept: tuple[tuple[object, ...], dict[str, RoomCalendar]] = ((), {})

    def _current(self, register: CalendarRegister) -> dict[str, RoomCalendar]:
        parts = (register.calendars, register.habits, register.schools, register.rooms)
        basis, rooms = self._kept
        if len(basis) != len(parts) or any(new is not old for new, old in zip(parts, basis, strict=True)):
            rooms = {}
            self._kept = (parts, rooms)
        return rooms

    def of_room(self, register: CalendarRegister, path: str) -> RoomCalendar:
        """The calendar of a room (`CODE/SITE/ROOM`); of a path that is no room, the one its school would give it."""
        rooms = self._current(register)
        known = rooms.get(path)
        if known is None:
            room, code = register.rooms.get(path), path.partition("/")[0]
            school = register.schools.get(code)
            way = chain(
                register.calendars, places_of(school.area if school else "", code, path if path != code else "")
            )
            known = rooms[path] = RoomCalendar(
                way,
                school.time_zone if school else DEFAULT_ZONE,
                habit=register.habits.get(path),
                always_on=room is not None and room.always_on,
            )
        return known

    def of_school(self, register: CalendarRegister, code: str) -> RoomCalendar:
        """The calendar of a school as a whole."""
        return self.of_room(register, code)


CALENDARS = Calendars()
"""The one of this process; what it answers depends on nothing but the register it is asked about."""


def expected_until(register: CalendarRegister, path: str) -> ExpectedUntil:
    """The calendar the machines of a room stand under."""
    return CALENDARS.of_room(register, path).expected_until


def rooms_expected(register: CalendarRegister, rooms: tuple[str, ...], now: float) -> dict[str, bool]:
    """Of each room whether its PCs are expected to be on now."""
    return {path: CALENDARS.of_room(register, path).until(now) is not None for path in rooms}


def is_planned(register: CalendarRegister, code: str, now: float) -> bool:
    """Whether anybody gave a plan for the school year that holds this moment: without one no room is alarmed about."""
    return CALENDARS.of_school(register, code).day(now).planned


def maintained(register: CalendarRegister, path: str, now: float) -> Behaviour | None:
    """What announced maintenance of a place asks for now; None where there is none."""
    work = CALENDARS.of_room(register, path).maintenance(now)
    return work.behaviour if work else None
