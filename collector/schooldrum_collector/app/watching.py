"""Where are faults now, and what becomes of incidents: judged every few seconds, beside the event loop.

All schools are looked over from memory; those in which something is not ordinary, and those with an open incident, are
judged from what their machines measured. What happens to incidents is stored before anybody is told of it.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from schooldrum_collector.app.afterwards import Afterwards
from schooldrum_collector.app.suspicion import Suspicion
from schooldrum_collector.app.witnesses import Witnesses
from schooldrum_collector.judge.apart import NOBODY, Apart, dark_by, mute_by
from schooldrum_collector.judge.excuses import asking_all_heard, excuses
from schooldrum_collector.judge.expecting import CALENDARS, is_planned, maintained
from schooldrum_collector.judge.fault import Answer, Fault, Kind, Level, Place, SchoolSeen
from schooldrum_collector.judge.incident import Incident, What
from schooldrum_collector.judge.incident import State as IncidentState
from schooldrum_collector.judge.incident_corrections import proves
from schooldrum_collector.judge.incident_places import MUTE, Circumstances, Excuse
from schooldrum_collector.judge.incidents import advance
from schooldrum_collector.judge.own_line import (
    Newest,
    OfficeView,
    heard_again,
    is_own_line,
    office_view,
    to_tell,
    undecided,
    unsettled,
)
from schooldrum_collector.judge.presence import Hearing, State, in_grace
from schooldrum_collector.judge.shared_faults import shared
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import EVERYTHING, Register
from schooldrum_collector.store.steps import write_steps

_log = logging.getLogger(__name__)
RECENT_SECONDS = 86400.0
"""Incidents closed since are looked at for whether a fault is one of them again."""
CLIMBS_SECONDS = 2700.0
"""How far back climbs are read for a judgement of now; older incidents are dated by what was read then."""
_RESTS = 3
"""So many times as long as a look took there is rest after it, and so many times the ordinary one at the longest."""
_ALL = 1 << 20
_QUIET_STEPS = frozenset({What.SEEN, What.CALMING, What.UPDATED})


_Key = tuple[Place, Kind, str]


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `judge` between judgements, `gather` after a school's last backlog before its past is judged again."""

    judge: float = 5.0
    gather: float = 30.0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the last judgement came to, for metrics: when, open incidents by level, how many schools were looked at.

    `by_school` are the open incidents inside each school, by kind and verdict; `apart` the PCs of which more is
    known than that they are heard or not.
    """

    at: float = 0.0
    open: dict[str, int] = {}
    schools: int = 0
    by_school: dict[str, dict[tuple[str, str], int]] = {}
    apart: Apart = NOBODY


def _nothing(*_: float) -> None:
    """Nobody wants to know."""


class Watching:
    """Judges until it is cancelled. Not frozen: it holds of whom it said that judging them failed."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], float],
        hearing: Callable[[], Hearing],
        happened: Callable[[], None] = _nothing,
        failed: Callable[[], None] = _nothing,
        was_deaf: Callable[[float, float], None] = _nothing,
        office_room: str = "",
        paces: Paces | None = None,
    ) -> None:
        """`now` is the wall clock (epoch seconds), `hearing` since when the collector listens.

        `happened()` is told in the event loop when something happened to an incident, `failed()` in a thread of every
        school that could not be judged, `was_deaf(away, back)` in a thread when schools are heard again after the
        collector's own line was down. `office_room` is the `CODE/SITE/ROOM` that stands beside the collector.
        """
        self._store = store
        self._now = now
        self._hearing = hearing
        self._happened = happened
        self._failed = failed
        self._was_deaf = was_deaf
        self._office_room = office_room
        self._paces = paces or Paces()
        self._witnesses = Witnesses(store)
        self._scanned = deque[str]()
        self._suspicion = Suspicion()
        self.afterwards = Afterwards(store, now=now, failed=self._cannot, gather=self._paces.gather)
        self._told: set[str] = set()
        self.watched = Watched()

    def backlog_came(self, machine: str, since: float) -> None:
        """Results of the past, back to `since`, have come from this machine; from the event loop alone."""
        self.afterwards.came(machine, since)

    def scanned(self, machine: str, at: float) -> None:
        """A person has brought a climb of this machine, climbed at `at`; from the event loop alone."""
        # A look that is under way in its thread may have read this machine's climbs already: the next one reads anew.
        self._scanned.append(machine)
        self.backlog_came(machine, at)

    async def run(self) -> None:
        """Until cancelled. Never raises: what fails is logged and comes again."""
        first = True
        while True:
            rest = self._paces.judge
            try:
                if first:
                    first = False
                    self.afterwards.hears(self._hearing())
                    await asyncio.to_thread(self.afterwards.catch_up)
                begun = time.monotonic()
                changed = await asyncio.to_thread(self.look)
                # A look that takes long is followed by a longer rest, but never by one that leaves schools unseen.
                rest = min(max(rest, _RESTS * (time.monotonic() - begun)), _RESTS * rest)
                if changed:
                    self._happened()
                if await self.afterwards.revise_ready():
                    self._happened()
            except (Full, Overloaded) as trouble:
                _log.warning("What was judged could not be stored (%s); it is judged again", trouble)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("Judging faults failed; it is tried again")
            await asyncio.sleep(rest)

    # Now

    def look(self) -> bool:
        """Judges now; whether anything that people read has changed.

        Raises:
            Full, Overloaded: as the store says; nothing was stored.
        """
        while self._scanned:
            self._witnesses.scanned(self._scanned.popleft())
        register, hearing, now = self._store.register(), self._hearing(), self._now()
        known = self._store.incidents(EVERYTHING, since=now - RECENT_SECONDS, most=_ALL)
        held = {code for incident in known if incident.is_live for code in incident.schools}
        own = self._office_room.partition("/")[0]
        suspects = self._suspicion.schools(register, self._store.latest(EVERYTHING), hearing, now)
        newest = {code: one for code, one in self._suspicion.newest().items() if code != own}
        answers = [given.answer for given in self._store.answers(EVERYTHING, now - RECENT_SECONDS, now)]
        seen: dict[str, SchoolSeen] = {}
        found: dict[str, tuple[Fault, ...]] = {}
        beside = self._attempt(register, own, hearing, answers) if own in register.schools else None
        office = _beside(beside[0], self._office_room) if beside else None
        view = office_view(office, now)
        if self._hears_again(known, newest, view, hearing, now):
            # Who has not come back yet is given the time that agents wait at the longest.
            hearing = self._hearing()
            suspects = self._suspicion.schools(register, self._store.latest(EVERYTHING), hearing, now)
        self.afterwards.hears(hearing)
        for code in sorted(suspects | (held & register.schools.keys())):
            going_on = {_key(one) for one in known if one.is_live and code in one.schools}
            withdrawn = [
                one
                for one in known
                if one.state is IncidentState.WITHDRAWN and code in one.schools and (one.excused or one.explained)
            ]
            judged = self._attempt(register, code, hearing, answers, going_on=going_on, withdrawn=withdrawn)
            if judged is not None:
                seen[code], found[code] = judged
        self._witnesses.forget_but(one.machine for school in seen.values() for one in school.witnesses)
        everything = to_tell(
            [(code, fault) for code, school in found.items() for fault in school],
            self._shared(register, found, seen, office, now),
            [incident for incident in known if incident.is_live],
            unsettled=unsettled(newest, _in_common(register), now) | undecided(view, own, newest, now),
        )
        circumstances = _circumstances(register, known, seen, hearing, now)
        # Nothing began after it was noticed.
        noticed = max([now, *(fault.began for fault in everything)])
        changed = self._take(known, everything, noticed, circumstances)
        live = [incident for incident in self._store.incidents(EVERYTHING, live=True, most=_ALL) if not incident.closed]
        self.watched = Watched(
            at=now,
            open=dict(Counter(incident.place.level.value for incident in live)),
            schools=len(seen),
            by_school=_by_school(live),
            apart=Apart(mute=mute_by(live, now), away=self._suspicion.away(), dark=dark_by(live)),
        )
        return changed

    def _attempt(
        self,
        register: Register,
        code: str,
        hearing: Hearing,
        answers: Iterable[Answer],
        *,
        going_on: AbstractSet[_Key] = frozenset(),
        withdrawn: Sequence[Incident] = (),
    ) -> tuple[SchoolSeen, tuple[Fault, ...]] | None:
        """Never raises: a school that cannot be judged is counted, told once, and keeps its incidents as they are."""
        try:
            # A look takes long on a busy machine: whoever is judged as of a moment long after it seems silent.
            asked = self._now()
            seen = self._witnesses.gather(
                register, code, hearing, at=asked, since=asked - CLIMBS_SECONDS, until=asked, answers=answers
            )
            # Nobody was heard later than this: such a stamp is of a clock that was set back since.
            gathered = self._now()
            moment = max([asked, *(one.heard for one in seen.witnesses if one.heard <= gathered)])
            found = faults(seen, moment)
            judged = {_key(fault) for fault in found}
            if going_on - judged or withdrawn:
                # After school, or on a day that is closed, what goes on is over when those who are on say so; and what
                # was withdrawn is not, where they measure it.
                found += tuple(
                    fault
                    for fault in faults(asking_all_heard(seen), moment)
                    if _key(fault) not in judged
                    and (
                        _key(fault) in going_on
                        or any(_key(one) == _key(fault) and proves(one, fault) for one in withdrawn)
                    )
                )
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
        office: SchoolSeen | None,
        now: float,
    ) -> tuple[Fault, ...]:
        """Never raises: what many schools share is an addition; without it each school stands for itself."""
        if office is None and not any(found.values()):
            return ()
        try:
            return shared(found, self._suspicion.peers(register, seen, now), now, office=office)
        except Exception:  # noqa: BLE001 - the boundary of one judgement: the schools' own stand all the same
            self._cannot("")
            return ()

    def _hears_again(
        self,
        known: Iterable[Incident],
        newest: Mapping[str, Newest],
        view: OfficeView,
        hearing: Hearing,
        now: float,
    ) -> bool:
        """Whether schools can be heard again whom the collector's own line had silenced; said once each time."""
        for incident in known:
            if not incident.is_live or not is_own_line(incident) or hearing.back > max(incident.seen, incident.began):
                continue
            back = now if view.fine else heard_again(incident, newest)
            if back is not None:
                self._was_deaf(incident.began, back)
                return True
        return False

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
            write_steps(writer, steps)
        for one in steps:
            if one.what is What.CLOSED and not one.incident.ended_measured:
                self.afterwards.over(one.incident)
        return any(one.what not in _QUIET_STEPS for one in steps)


def _key(one: Fault | Incident) -> _Key:
    return one.place, one.kind, one.target


def _beside(seen: SchoolSeen | None, room: str) -> SchoolSeen | None:
    """What is seen of the PCs beside the collector: they are asked at any hour."""
    if seen is None:
        return None
    there = tuple(
        msgspec.structs.replace(witness, always_on=True) for witness in seen.witnesses if witness.room == room
    )
    return msgspec.structs.replace(seen, witnesses=there)


def _in_common(register: Register) -> Callable[[str], list[str]]:
    """What names a school's groups: its providers, and the area it lies in."""
    providers: dict[str, set[str]] = {}
    for line in register.lines.values():
        providers.setdefault(line.school, set()).add(f"provider {line.provider}")

    def groups(code: str) -> list[str]:
        school = register.schools.get(code)
        return [*providers.get(code, ()), *([f"area {school.area}"] if school else ())]

    return groups


def _by_school(live: Iterable[Incident]) -> dict[str, dict[tuple[str, str], int]]:
    counts: dict[str, dict[tuple[str, str], int]] = {}
    for incident in live:
        if incident.school and incident.state is not IncidentState.ABSORBED:
            of_school = counts.setdefault(incident.school, {})
            key = incident.kind.value, incident.verdict.value
            of_school[key] = of_school.get(key, 0) + 1
    return counts


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
        excused=_excused(register, seen, now),
    )


def _excused(register: Register, seen: dict[str, SchoolSeen], now: float) -> dict[str, Excuse]:
    """Whose silence people have explained: their school is closed, or they said so."""
    found: dict[str, Excuse] = {}
    for school in seen.values():
        found |= excuses(school, lambda room: CALENDARS.of_room(register, room).closed_since(now), now)
    return found


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
