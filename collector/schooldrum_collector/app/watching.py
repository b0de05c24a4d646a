"""Where are faults now, and what becomes of incidents: judged every few seconds, beside the event loop.

All schools are looked over from memory; those in which something is not ordinary, and those with an open incident, are
judged from what their machines measured. What happens to incidents is stored before anybody is told of it.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from schooldrum_collector.app.incident_replay import (
    AROUND_SECONDS,
    CORRECTED_FOR_SECONDS,
    awaiting,
    judged_again,
    schools_of,
)
from schooldrum_collector.app.suspicion import Suspicion
from schooldrum_collector.app.witnesses import Witnesses
from schooldrum_collector.judge.expecting import is_planned, maintained
from schooldrum_collector.judge.fault import Answer, Fault, Level, Place, SchoolSeen
from schooldrum_collector.judge.incident import Incident, Step, What
from schooldrum_collector.judge.incident import State as IncidentState
from schooldrum_collector.judge.incident_corrections import revised
from schooldrum_collector.judge.incident_places import MUTE, Circumstances
from schooldrum_collector.judge.incidents import advance
from schooldrum_collector.judge.presence import Hearing, State, in_grace
from schooldrum_collector.judge.shared_faults import shared
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Full, Overloaded, Store, Writer
from schooldrum_collector.store.records import EVERYTHING, Register

_log = logging.getLogger(__name__)
RECENT_SECONDS = 86400.0
"""Incidents closed since are looked at for whether a fault is one of them again."""
CLIMBS_SECONDS = 2700.0
"""How far back climbs are read for a judgement of now; older incidents are dated by what was read then."""
MISSED_SECONDS = 2 * 86400.0
"""Incidents closed since are judged again at the start: backlog may have come to a collector that then stopped."""
PATIENCE = 4
"""A school whose backlog does not end is judged after so many times the pause that others are waited for."""
_ALL = 1 << 20
_QUIET_STEPS = frozenset({What.SEEN, What.CALMING, What.UPDATED})


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `judge` between judgements, `gather` after a school's last backlog before its past is judged again."""

    judge: float = 5.0
    gather: float = 30.0


class _Backlog(msgspec.Struct, frozen=True):
    """What came of one machine's past: from `first` to `last`, reaching back to `since`."""

    first: float
    last: float
    since: float


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the last judgement came to, for metrics: when, open incidents by level, how many schools were looked at.

    `by_school` are the open incidents inside each school, by kind and verdict.
    """

    at: float = 0.0
    open: dict[str, int] = {}
    schools: int = 0
    by_school: dict[str, dict[tuple[str, str], int]] = {}


def _nothing() -> None:
    """Nobody wants to know."""


class Watching:
    """Judges until it is cancelled. Not frozen: it holds whose backlog has come, and of whom it said that it failed."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], float],
        hearing: Callable[[], Hearing],
        happened: Callable[[], None] = _nothing,
        failed: Callable[[], None] = _nothing,
        paces: Paces | None = None,
    ) -> None:
        """`now` is the wall clock (epoch seconds), `hearing` since when the collector listens.

        `happened()` is told in the event loop when something happened to an incident, `failed()` in a thread of every
        school that could not be judged.
        """
        self._store = store
        self._now = now
        self._hearing = hearing
        self._happened = happened
        self._failed = failed
        self._paces = paces or Paces()
        self._witnesses = Witnesses(store)
        self._suspicion = Suspicion()
        self._backlog: dict[str, _Backlog] = {}
        self._over: dict[str, float] = {}
        self._told: set[str] = set()
        self.watched = Watched()

    def backlog_came(self, machine: str, since: float) -> None:
        """Results of the past, back to `since`, have come from this machine; from the event loop alone."""
        now, came = self._now(), self._backlog.get(machine)
        first, before = (came.first, came.since) if came is not None else (now, since)
        self._backlog[machine] = _Backlog(first, now, min(before, since))

    def scanned(self, machine: str, at: float) -> None:
        """A person has brought a climb of this machine, climbed at `at`; from the event loop alone."""
        self._witnesses.scanned(machine)
        self.backlog_came(machine, at)

    async def run(self) -> None:
        """Until cancelled. Never raises: what fails is logged and comes again."""
        first = True
        while True:
            begun = time.monotonic()
            try:
                if first:
                    first = False
                    await asyncio.to_thread(self.catch_up)
                if await asyncio.to_thread(self.look):
                    self._happened()
                if await self._revise():
                    self._happened()
            except (Full, Overloaded) as trouble:
                _log.warning("What was judged could not be stored (%s); it is judged again", trouble)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("Judging faults failed; it is tried again")
            await asyncio.sleep(max(self._paces.judge, 4 * (time.monotonic() - begun)))

    # Now

    def look(self) -> bool:
        """Judges now; whether anything that people read has changed.

        Raises:
            Full, Overloaded: as the store says; nothing was stored.
        """
        register, hearing, now = self._store.register(), self._hearing(), self._now()
        known = self._store.incidents(EVERYTHING, since=now - RECENT_SECONDS, most=_ALL)
        held = {code for incident in known if incident.is_live for code in incident.schools}
        suspects = self._suspicion.schools(register, self._store.latest(EVERYTHING), hearing, now)
        answers = [given.answer for given in self._store.answers(EVERYTHING, now - RECENT_SECONDS, now)]
        seen: dict[str, SchoolSeen] = {}
        found: dict[str, tuple[Fault, ...]] = {}
        for code in sorted(suspects | (held & register.schools.keys())):
            judged = self._attempt(register, code, hearing, now, answers)
            if judged is not None:
                seen[code], found[code] = judged
        self._witnesses.forget_but(one.machine for school in seen.values() for one in school.witnesses)
        everything = [fault for school in found.values() for fault in school]
        everything += self._shared(register, found, seen, now)
        circumstances = _circumstances(register, known, seen, hearing, now)
        changed = self._take(known, everything, now, circumstances)
        live = [incident for incident in self._store.incidents(EVERYTHING, live=True, most=_ALL) if not incident.closed]
        self.watched = Watched(
            at=now,
            open=dict(Counter(incident.place.level.value for incident in live)),
            schools=len(seen),
            by_school=_by_school(live),
        )
        return changed

    def _attempt(
        self, register: Register, code: str, hearing: Hearing, now: float, answers: Iterable[Answer]
    ) -> tuple[SchoolSeen, tuple[Fault, ...]] | None:
        """Never raises: a school that cannot be judged is counted, told once, and keeps its incidents as they are."""
        try:
            seen = self._witnesses.gather(
                register, code, hearing, at=now, since=now - CLIMBS_SECONDS, until=now, answers=answers
            )
            # As of after the gathering: who reported meanwhile was heard, and has more than its own word for it.
            found = faults(seen, max(now, self._now()))
        except Exception:  # noqa: BLE001 - the boundary of one school: the others are judged all the same
            self._cannot(code)
            return None
        self._told.discard(code)
        return seen, found

    def _shared(
        self,
        register: Register,
        found: dict[str, tuple[Fault, ...]],
        seen: dict[str, SchoolSeen],
        now: float,
    ) -> tuple[Fault, ...]:
        """Never raises: what many schools share is an addition; without it each school stands for itself."""
        if not any(found.values()):
            return ()
        try:
            return shared(found, self._suspicion.peers(register, seen, now), now)
        except Exception:  # noqa: BLE001 - the boundary of one judgement: the schools' own stand all the same
            self._cannot("")
            return ()

    def _cannot(self, code: str) -> None:
        self._failed()
        if code not in self._told:
            self._told.add(code)
            _log.exception("The school %r cannot be judged; its incidents stay as they are", code)

    def _take(self, known: list[Incident], found: list[Fault], now: float, circumstances: Circumstances) -> bool:
        if not advance(known, found, now, circumstances):
            return False
        with self._store.writing() as writer:
            # A person may have answered meanwhile: what is changed is what is there now.
            fresh = writer.known_incidents(now - RECENT_SECONDS)
            numbered = msgspec.structs.replace(circumstances, next_number=writer.next_incident())
            steps = advance(fresh, found, now, numbered)
            _write(writer, steps)
        for one in steps:
            # The backlog may have come before, and could not say yet when it ended.
            if one.what is What.CLOSED and not one.incident.ended_measured and one.incident.school:
                self._over[one.incident.school] = one.incident.began
        return any(one.what not in _QUIET_STEPS for one in steps)

    # Then

    def catch_up(self) -> bool:
        """Judges again what may have been corrected by backlog that came before this start. Raises as `revise`."""
        lately = self._store.incidents(EVERYTHING, since=self._now() - MISSED_SECONDS, most=_ALL)
        schools = {one.school for one in lately if one.school and not (one.began_measured and one.ended_measured)}
        return self.revise(dict.fromkeys(schools, 0.0)) if schools else False

    async def _revise(self) -> bool:
        """Judges the past of schools whose backlog has come and gone quiet; whether a record was corrected."""
        ready = self._ready()
        return await asyncio.to_thread(self.revise, ready) if ready else False

    def _ready(self) -> dict[str, float]:
        """The schools whose past is to be judged again, with how far back.

        One PC that still sends holds the others of its school back, because they are judged together; one that never
        stops (observers climb more often than they report) does not hold them back for long.
        """
        now, register = self._now(), self._store.register()
        ready: dict[str, float] = {}
        there = schools_of(register, self._backlog)
        for code, machines in there.items():
            came = [self._backlog[machine] for machine in machines]
            quiet = all(not 0 <= now - one.last < self._paces.gather for one in came)
            if quiet or any(not 0 <= now - one.first < PATIENCE * self._paces.gather for one in came):
                ready[code] = min(one.since for one in came)
        ready.update((code, began) for code, began in self._over.items() if code not in there)
        ready = {code: min(since, self._over.pop(code, since)) for code, since in ready.items()}
        waiting = {machine for code, machines in there.items() if code not in ready for machine in machines}
        self._backlog = {machine: came for machine, came in self._backlog.items() if machine in waiting}
        return ready

    def revise(self, schools: Mapping[str, float]) -> bool:
        """Judges the incidents of these schools again, back to their times (epoch seconds), with all known today.

        Answers whether a record was corrected.

        Raises:
            Full, Overloaded: as the store says.
        """
        register, now = self._store.register(), self._now()
        back = max(now - CORRECTED_FOR_SECONDS, min(schools.values(), default=now) - AROUND_SECONDS)
        past = self._store.incidents(EVERYTHING, since=back, most=_ALL)
        changed = False
        for incident in awaiting(past, schools, now):
            found = self._again(register, incident, now)
            if not revised(incident, found, now, past):
                continue
            with self._store.writing() as writer:
                fresh, others = writer.incident(incident.number), writer.known_incidents(back)
                steps = revised(fresh, found, now, others) if fresh is not None else ()
                _write(writer, steps)
            changed |= bool(steps)
        return changed

    def _again(self, register: Register, incident: Incident, now: float) -> tuple[Fault, ...]:
        """Never raises: a past that cannot be judged again stays as it was told."""
        try:
            return judged_again(self._store, register, incident, now)
        except Exception:  # noqa: BLE001 - the boundary of one incident: the others are judged all the same
            self._cannot(incident.school)
            return ()


def _by_school(live: Iterable[Incident]) -> dict[str, dict[tuple[str, str], int]]:
    counts: dict[str, dict[tuple[str, str], int]] = {}
    for incident in live:
        if incident.school and incident.state is not IncidentState.ABSORBED:
            of_school = counts.setdefault(incident.school, {})
            key = incident.kind.value, incident.verdict.value
            of_school[key] = of_school.get(key, 0) + 1
    return counts


def _write(writer: Writer, steps: Iterable[Step]) -> None:
    newest: dict[int, Incident] = {}
    for one in steps:
        newest[one.incident.number] = one.incident
    for incident in newest.values():
        writer.put_incident(incident)
    for one in steps:
        if one.event is not None:
            writer.note_event(one.event)


def _circumstances(
    register: Register,
    known: Iterable[Incident],
    seen: dict[str, SchoolSeen],
    hearing: Hearing,
    now: float,
) -> Circumstances:
    witnesses = [witness for school in seen.values() for witness in school.witnesses]
    beats: dict[str, int] = {}
    for code, school in seen.items():
        beats[code] = max((witness.beat for witness in school.witnesses), default=60)
    blamed = {machine for incident in known if incident.is_live for machine in incident.blamed}
    rooms = {witness.machine: witness.room for witness in witnesses}
    rooms.update(
        (machine, register.machines[machine].path) for machine in blamed - rooms.keys() if machine in register.machines
    )
    return Circumstances(
        next_number=1 + max((incident.number for incident in known), default=0),
        judged=frozenset(seen),
        alive=frozenset(
            witness.machine
            for witness in witnesses
            if witness.presence == State.ONLINE and not witness.assumed and witness.heard >= hearing.back
        ),
        grace=in_grace(hearing, now, max(beats.values(), default=60)),
        rooms=rooms,
        areas={code: school.area for code, school in register.schools.items()},
        beats=beats,
        maintained=_maintained(register, seen, now),
    )


def _maintained(register: Register, seen: dict[str, SchoolSeen], now: float) -> dict[Place, str]:
    """How places are treated: by their maintenance; rooms of a school without a plan for the year are never told of."""
    places: dict[Place, str] = {}
    for code, school in seen.items():
        if not is_planned(register, code, now):
            places.update((Place(Level.ROOM, room), MUTE) for room in school.rooms)
        for place in (Place(Level.SCHOOL, code), *(Place(Level.ROOM, room) for room in school.rooms)):
            behaviour = maintained(register, place.path, now)
            if behaviour is not None:
                places[place] = behaviour.value
    return places
