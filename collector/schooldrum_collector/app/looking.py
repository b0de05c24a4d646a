"""How every place stands, looked at every half minute, and what is learnt of rooms on the way.

Beside the event loop, a school at a time, and as long idle as busy.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

import msgspec

from schooldrum_collector.judge.apart import NOBODY, Apart
from schooldrum_collector.judge.calendar_learnt import Habit, in_use, seen, with_end
from schooldrum_collector.judge.endings import LastHeard
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.places import PlaceState, SchoolPlaces, school_places
from schooldrum_collector.judge.presence import GOODBYE, Hearing, Presence, State, in_grace
from schooldrum_collector.judge.room_ends import Heard, RoomWatch, looked
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import Latest, Machine, MachineState, Register, Scope

_log = logging.getLogger(__name__)
AT_ONCE = 300
"""Rooms in one transaction: others read only what was touched anew as long as it is not much."""
TEACHERS = "-gv"
"""How the alias of a teacher's PC ends."""


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `look` between looks at every place, `keep` between writing down what was learnt."""

    look: float = 30.0
    keep: float = 3600.0


class Looking:
    """Keeps how places stand (`places`) and what is learnt. Not frozen: it follows what happens."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], float],
        hearing: Callable[[], Hearing],
        apart: Callable[[], Apart] = lambda: NOBODY,
        paces: Paces | None = None,
    ) -> None:
        """`now` is the collector's clock (epoch seconds), `hearing` since when it listens.

        `apart` are the PCs of which more is known than that they are heard or not.
        """
        self._store = store
        self._apart = apart
        self._now = now
        self._hearing = hearing
        self._paces = paces or Paces()
        self._watches: dict[str, RoomWatch] = {}
        self._habits: dict[str, Habit] = {}
        self._unkept: set[str] = set()
        self.places: dict[str, SchoolPlaces] = {}
        """By school code, as of the last look; a school that was not looked at yet is not in it."""

    async def run(self) -> None:
        """Looks until it is cancelled. Never raises: a look that fails is logged, and comes again in its turn."""
        kept = self._now()
        while True:
            try:
                await self.look()
                # Also where the clock was set back.
                if abs(self._now() - kept) >= self._paces.keep:
                    kept = self._now()
                    await asyncio.to_thread(self.keep)
            except Exception:  # noqa: BLE001 - the boundary of the task
                _log.exception("Places could not be looked at; they are again in half a minute")
            await asyncio.sleep(self._paces.look)

    async def look(self) -> None:
        """Looks at every school once."""
        register = self._store.register()
        rooms: dict[str, list[str]] = {}
        for path, room in register.rooms.items():
            rooms.setdefault(room.school, []).append(path)
        for code in sorted(register.schools):
            begin = perf_counter()
            self._look_at(register, code, rooms.get(code, []))
            await asyncio.sleep(perf_counter() - begin)
        for code in self.places.keys() - register.schools.keys():
            self.places.pop(code, None)

    def _look_at(self, register: Register, code: str, rooms: list[str]) -> None:
        now, hearing = self._now(), self._hearing()
        members = register.by_school.get(code, ())
        known = {one.machine: one for one in self._store.latest(Scope(school=code), members)}
        machines = [register.machines[one] for one in members]
        found = school_places(
            register,
            rooms=rooms,
            machines=machines,
            heard_of=known.get,
            hearing=hearing,
            now=now,
            apart=self._apart(),
        )
        self.places[code] = found
        if not in_grace(hearing, now):
            self._learn(register, found, _by_room(machines), known, now)

    def _learn(
        self,
        register: Register,
        found: SchoolPlaces,
        by_room: Mapping[str, list[Machine]],
        known: Mapping[str, Latest],
        now: float,
    ) -> None:
        for path, place in found.rooms.items():
            machines = by_room.get(path, [])
            calendar = CALENDARS.of_room(register, path)
            if not machines or not calendar.day(now).hours or place.state is PlaceState.UNKNOWN:
                continue
            habit = self._habits.get(path) or register.habits.get(path) or Habit(room=path)
            on = [one for one in machines if _is_on(found.presences[one.id])]
            teachers_on = any(one.alias.endswith(TEACHERS) for one in on)
            after = habit
            # What cannot be heard may be in use all the same.
            if place.state is not PlaceState.DOWN:
                used = in_use(len(on), len(machines), teachers_on=teachers_on)
                after = seen(habit, now, calendar.zone, used=used)
            there = {one.id for one in machines}
            others_heard = max((one.heard for one in known.values() if one.machine not in there), default=0.0)
            heard = [
                Heard(machine=one.machine, on=_is_on(found.presences[one.machine]), last=_last(one))
                for machine in machines
                if (one := known.get(machine.id))
            ]
            self._watches[path], end = looked(self._watches.get(path, RoomWatch()), heard, others_heard)
            if end is not None:
                after = with_end(after, end)
            self._habits[path] = after
            if after is not habit:
                self._unkept.add(path)

    def keep(self) -> None:
        """Writes down what was learnt since the last time; what cannot be stored now is the next time.

        Never raises what a full disk or a busy store raises.
        """
        unkept = sorted(self._unkept)
        for begin in range(0, len(unkept), AT_ONCE):
            part = unkept[begin : begin + AT_ONCE]
            try:
                with self._store.writing() as writer:
                    for path in part:
                        if writer.room(path) is not None:
                            writer.put_habit(self._habits[path])
            except (Full, Overloaded) as trouble:
                _log.warning("What was learnt of rooms could not be stored (%s); it is tried again", trouble)
                return
            self._unkept.difference_update(part)


def _is_on(presence: Presence) -> bool:
    """Whether a PC is on in its room."""
    return presence.state is State.ONLINE and not presence.away


def _by_room(machines: Iterable[Machine]) -> dict[str, list[Machine]]:
    by_room: dict[str, list[Machine]] = {}
    for machine in machines:
        if machine.state is MachineState.ACTIVE:
            by_room.setdefault(machine.path, []).append(machine)
    return by_room


def _last(latest: Latest) -> LastHeard:
    return LastHeard(
        heard=latest.heard,
        boot=latest.boot,
        word=latest.word if latest.word == GOODBYE else "",
        word_kind=latest.word_kind,
        word_at=latest.word_at,
        frozen=bool(latest.frozen),
    )
