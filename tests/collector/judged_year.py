"""A simulated year as the collector would have judged it: presence, places, faults and incidents at every moment that
matters, each with nothing but what had been heard by then.
"""

from collections.abc import Iterator
from datetime import date

import msgspec
from tests.collector.year import BEAT, FIRST, LAST, LESSONS, Ear, Pc, Year, moment, school_days

from schooldrum_collector.judge.calendar_learnt import Habit, in_use, seen, with_end
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar, with_days
from schooldrum_collector.judge.endings import LastHeard
from schooldrum_collector.judge.expecting import CALENDARS, rooms_expected
from schooldrum_collector.judge.fault import SchoolSeen, Witness
from schooldrum_collector.judge.incident import FIRST_NUMBER, Incident
from schooldrum_collector.judge.incident_places import Circumstances
from schooldrum_collector.judge.incidents import advance, after
from schooldrum_collector.judge.places import PlaceState, SchoolPlaces, school_places
from schooldrum_collector.judge.presence import Hearing, State, in_grace
from schooldrum_collector.judge.room_ends import Heard, RoomWatch, looked
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.records import Latest, Machine, MachineState, Register, Room, School

_AFTER = (190.0, 250.0, 330.0, 1300.0)
"""Seconds after anything happens at which somebody looks."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a year: all incidents, how often was looked, and moments at which the school was called down."""

    incidents: tuple[Incident, ...]
    looks: int
    down: tuple[float, ...]


def _register(year: Year, area: PlaceCalendar) -> Register:
    rooms = [
        Room(school=year.school, code=code, name=code, always_on=code == "sv") for code in ("tin1", "tin2", "vp", "sv")
    ]
    machines = {
        pc.id: Machine(
            id=pc.id,
            school=year.school,
            site="main",
            room=pc.room.rpartition("/")[2],
            alias=pc.id,
            seat=pc.seat,
            state=MachineState.ACTIVE,
            fingerprint={},
            enrolled=0.0,
        )
        for pc in year.pcs
    }
    return Register(
        version=1,
        areas={},
        schools={year.school: School(code=year.school, name="THCS Bình Minh", area="hn")},
        rooms={room.path: room for room in rooms},
        machines=machines,
        by_school={year.school: tuple(machines)},
        settings={},
        settings_version=0,
        calendars={"hn": area},
    )


def _moments(year: Year, days: list[date]) -> list[float]:
    """When anything can have changed: each is looked at until all that follows from it has followed."""
    happenings = {segment.end for pc in year.pcs for segment in pc.segments}
    happenings |= {bound for failure in year.failures for bound in (failure.begin, failure.end)}
    looks = {20 * round((happening + later) / 20) for happening in happenings for later in _AFTER}
    looks |= {round(moment(day, minute)) for day in days for lesson in LESSONS for minute in (lesson[0] + 8, 700, 1030)}
    return sorted(float(look) for look in looks if moment(FIRST, 0) <= look <= moment(LAST, 1440))


def _latest(pc: Pc, ear: Ear, now: float) -> Latest | None:
    heard = ear.at(now)
    if heard is None:
        return None
    return Latest(
        machine=pc.id,
        heard=heard.heard,
        received=heard.heard,
        body=b"",
        run=heard.boot,
        boot=heard.boot,
        clock=0.0,
        skew=0.0,
        beat=BEAT,
        word=heard.word,
        word_kind=heard.word_kind,
        word_at=heard.word_at,
    )


def _hearing(year: Year, now: float) -> Hearing | None:
    """Since when the collector has listened; None while it does not."""
    back, away = 0.0, 0.0
    for failure in year.failures:
        if failure.what == "collector" and failure.begin <= now:
            if now < failure.end:
                return None
            back, away = failure.end, failure.begin
    return Hearing(back=back, away=away)


class _Learning:
    """What is learnt of rooms on the way."""

    def __init__(self) -> None:
        self.habits: dict[str, Habit] = {}
        self._watches: dict[str, RoomWatch] = {}

    def learn(self, register: Register, places: SchoolPlaces, known: dict[str, Latest], now: float) -> bool:
        """Whether anything new was learnt."""
        changed = False
        for path, place in places.rooms.items():
            calendar = CALENDARS.of_room(register, path)
            if not calendar.day(now).hours or place.state is PlaceState.UNKNOWN:
                continue
            there = [one for one in register.machines.values() if one.path == path]
            on = {one.id for one in there if places.presences[one.id].state is State.ONLINE}
            before = self.habits.get(path, Habit(room=path))
            habit = before
            if place.state is not PlaceState.DOWN:
                habit = seen(before, now, calendar.zone, used=in_use(len(on), len(there)))
            heard = [
                Heard(
                    machine=one.id,
                    on=one.id in on,
                    last=LastHeard(
                        heard=last.heard,
                        boot=last.boot,
                        word=last.word,
                        word_kind=last.word_kind,
                        word_at=last.word_at,
                    ),
                )
                for one in there
                if (last := known.get(one.id))
            ]
            outside = {one.id for one in there}
            others = max((one.heard for one in known.values() if one.machine not in outside), default=0.0)
            self._watches[path], end = looked(self._watches.get(path, RoomWatch()), heard, others)
            if end is not None:
                habit = with_end(habit, end)
            if habit is not before:
                self.habits[path] = habit
                changed = True
        return changed


def judge(year: Year, plan: PlaceCalendar, *, told_of_typhoons: bool = True) -> Judged:
    """The whole year."""
    area = plan
    if told_of_typhoons:
        for day in year.typhoons:
            area = with_days(area, Closing(first=day, last=day, reason="Bão"))
    register = _register(year, area)
    ears = [(pc, Ear(year, pc)) for pc in year.pcs]
    learning, incidents, looks = _Learning(), _Incidents(year), 0
    down: list[float] = []
    for now in _moments(year, school_days((area,))):
        hearing = _hearing(year, now)
        if hearing is None:
            continue
        looks += 1
        known = {pc.id: last for pc, ear in ears if (last := _latest(pc, ear, now)) is not None}
        places = school_places(
            register,
            rooms=tuple(register.rooms),
            machines=register.machines.values(),
            heard_of=known.get,
            hearing=hearing,
            now=now,
        )
        if places.school.state is PlaceState.DOWN:
            down.append(now)
        incidents.judge(register, places, known, hearing, now)
        if not in_grace(hearing, now) and learning.learn(register, places, known, now):
            register = msgspec.structs.replace(register, habits=dict(learning.habits))
    return Judged(incidents=tuple(incidents.all()), looks=looks, down=tuple(down))


class _Incidents:
    """What is remembered of faults over the year."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._live: tuple[Incident, ...] = ()
        self._old: dict[int, Incident] = {}

    def all(self) -> Iterator[Incident]:
        """Every incident of the year, in order of number."""
        found = {**self._old, **{one.number: one for one in self._live}}
        return (found[number] for number in sorted(found))

    def judge(
        self, register: Register, places: SchoolPlaces, known: dict[str, Latest], hearing: Hearing, now: float
    ) -> None:
        seen_now = SchoolSeen(
            school=self._year.school,
            area="hn",
            witnesses=tuple(_witness(register, places, last) for last in known.values()),
            rooms=tuple(register.rooms),
            expected=rooms_expected(register, tuple(register.rooms), now),
            hearing_since=hearing.back,
        )
        nobody_missed = all(one.state is not State.SILENT for one in places.presences.values())
        if nobody_missed and not any(one.is_live for one in self._live):
            return
        found = faults(seen_now, now)
        alive = frozenset(
            machine
            for machine in known
            if places.presences[machine].state is State.ONLINE and known[machine].heard >= hearing.back
        )
        circumstances = Circumstances(
            next_number=max((*self._old, *(one.number for one in self._live)), default=FIRST_NUMBER - 1) + 1,
            judged=frozenset({self._year.school}),
            alive=alive,
            grace=in_grace(hearing, now),
            rooms={one.id: one.path for one in register.machines.values()},
            areas={self._year.school: "hn"},
            beats={self._year.school: BEAT},
        )
        self._live = after(self._live, advance(self._live, found, now, circumstances))
        for one in self._live:
            self._old[one.number] = one
        self._live = tuple(one for one in self._live if one.is_live or now - one.closed < 86400)


def _witness(register: Register, places: SchoolPlaces, last: Latest) -> Witness:
    presence, machine = places.presences[last.machine], register.machines[last.machine]
    return Witness(
        machine=machine.id,
        alias=machine.alias,
        room=machine.path,
        presence=presence.state.value,
        heard=last.heard,
        beat=BEAT,
        since=presence.since,
        assumed=presence.assumed,
        said=last.word_kind if last.word == "goodbye" else "",
        always_on=machine.room == "sv",
    )
