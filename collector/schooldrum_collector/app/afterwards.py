"""What becomes of the past when backlog comes: incidents are judged again, and outages nobody heard of are recorded.

Nothing of it is told to anybody. What schools measured while the collector itself was down, or its line, is recorded as
incidents that are over: they stand in the list, and in the time that was lost.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from schooldrum_collector.app.incident_replay import (
    AROUND_SECONDS,
    CORRECTED_FOR_SECONDS,
    awaiting,
    judged_again,
    own_line_parts,
    schools_of,
    unheard_faults,
)
from schooldrum_collector.judge.expecting import maintained
from schooldrum_collector.judge.fault import Fault
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.incident_corrections import corrected, parted, revised
from schooldrum_collector.judge.incident_places import SKIP, Circumstances
from schooldrum_collector.judge.incidents import SHORTEST_PAST_SECONDS, advance
from schooldrum_collector.judge.own_line import is_own_line
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.judge.shared_again import again, is_shared, parts_of
from schooldrum_collector.judge.unheard import Gap, worth_recording
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import EVERYTHING, Register
from schooldrum_collector.store.steps import write_steps

MISSED_SECONDS = 2 * 86400.0
"""Incidents closed since are judged again at the start: backlog may have come to a collector that then stopped."""
PATIENCE = 4
"""A school whose backlog does not end is judged after so many times the pause that others are waited for."""
SHARED_SECONDS = 60.0
"""As long as backlog comes, so often it is asked what it says of the collector's own line."""
BUSY_SECONDS = 5.0
"""For so long at a time the past is judged; then it waits until it has been judged what is now."""
SHORTEST_GAP_SECONDS = 30.0
"""By a shorter gap no beat is missed: what PCs measured in it is judged as if the collector had been there."""
MOST_GAPS = 100
"""So many of the collector's newest gaps are remembered."""
_ALL = 1 << 20


class _Backlog(msgspec.Struct, frozen=True):
    """What came of one machine's past: from `first` to `last`, reaching back to `since`."""

    first: float
    last: float
    since: float


class Afterwards:
    """Judges the past. Not frozen: it holds whose backlog has come, and when the collector heard nobody."""

    def __init__(self, store: Store, *, now: Callable[[], float], failed: Callable[[str], None], gather: float) -> None:
        """`now` is the wall clock (epoch seconds), `failed(school)` is told of every school that cannot be judged.

        `gather` are seconds after a school's last backlog before its past is judged again.
        """
        self._store = store
        self._now = now
        self._failed = failed
        self._gather = gather
        self._backlog: dict[str, _Backlog] = {}
        self._due: dict[str, float] = {}
        self._revised: set[str] = set()
        self._over: dict[str, float] = {}
        self._shared_over: dict[int, float] = {}
        self._gaps: list[Gap] = []
        self._looked_through: dict[int, float] = {}

    def came(self, machine: str, since: float) -> None:
        """Results of the past, back to `since`, have come from this machine; from the event loop alone."""
        now, came = self._now(), self._backlog.get(machine)
        first, before = (came.first, came.since) if came is not None else (now, since)
        self._backlog[machine] = _Backlog(first, now, min(before, since))

    def over(self, incident: Incident) -> None:
        """This incident is over without a measured end: the backlog may have come before, and could not say it yet."""
        if incident.school:
            self._over[incident.school] = incident.began
        elif is_shared(incident):
            self._shared_over[incident.number] = self._now()

    def hears(self, hearing: Hearing) -> None:
        """Since when the collector listens, as it is known now: before that it may have heard nobody."""
        gap = Gap(hearing.away, hearing.back)
        # Minus infinity: nobody was heard ever, or the clock was set.
        if gap in self._gaps or not SHORTEST_GAP_SECONDS <= gap.back - gap.away <= CORRECTED_FOR_SECONDS:
            return
        # One that began then and is known to have lasted for longer takes its place.
        others = [one for one in self._gaps if one.away != gap.away]
        self._gaps = [*others[-MOST_GAPS + 1 :], gap]

    def catch_up(self) -> None:
        """What may have been corrected by backlog that came before this start is to be judged again."""
        lately = self._store.incidents(EVERYTHING, since=self._now() - MISSED_SECONDS, most=_ALL)
        schools = {one.school for one in lately if one.school and not (one.began_measured and one.ended_measured)}
        self._due = dict.fromkeys(schools, 0.0)

    async def revise_ready(self) -> bool:
        """Judges the past of schools whose backlog has come and gone quiet; whether a record was corrected.

        For a few seconds at most, school by school: those that are left come first the next time.
        """
        for code, since in self._ready().items():
            self._due[code] = min(since, self._due.get(code, since))
        begun, changed = time.monotonic(), False
        while self._due and time.monotonic() - begun < BUSY_SECONDS:
            code = next(iter(self._due))
            changed |= await asyncio.to_thread(self._revise_ready_school, code, self._due[code])
            del self._due[code]
            self._revised.add(code)
        if self._due:
            return changed
        if self._revised:
            # Once all have told theirs: what many schools share would be corrected school by school otherwise.
            changed |= await asyncio.to_thread(self._revise_shared_of, frozenset(self._revised), 0.0)
            self._revised.clear()
        now = self._now()
        over = [number for number, at in self._shared_over.items() if not 0 <= now - at < 2 * self._gather]
        if over:
            changed |= await asyncio.to_thread(self.revise_shared, over)
        for number in over:
            del self._shared_over[number]
        return changed

    def _revise_ready_school(self, code: str, since: float) -> bool:
        """Never raises, unless nothing can be stored at present: a school that cannot be judged holds up no other."""
        try:
            return self._revise_schools({code: since})
        except (Full, Overloaded):
            raise
        except Exception:  # noqa: BLE001 - the boundary of one school: the others are judged all the same
            self._failed(code)
            return False

    def revise_shared(self, numbers: Collection[int]) -> bool:
        """Corrects these incidents of many schools by what the schools have told; whether there was anything.

        Raises:
            Full, Overloaded: as the store says.
        """
        now = self._now()
        stories = [self._store.incident_of(EVERYTHING, number) for number in numbers]
        incidents = [story.incident for story in stories if story is not None]
        back = min((one.began for one in incidents), default=now) - AROUND_SECONDS
        known = self._store.incidents(EVERYTHING, since=back, most=_ALL)
        return self._correct_shared(self._store.register(), incidents, known, now)

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
            quiet = all(not 0 <= now - one.last < self._gather for one in came)
            if quiet or any(not 0 <= now - one.first < PATIENCE * self._gather for one in came):
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
        changed = self._revise_schools(schools)
        return self._revise_shared_of(schools.keys(), min(schools.values(), default=0.0)) or changed

    def _revise_schools(self, schools: Mapping[str, float]) -> bool:
        register, now = self._store.register(), self._now()
        back = _reaching(now, min(schools.values(), default=now))
        past = self._store.incidents(EVERYTHING, since=back, most=_ALL)
        changed = False
        for incident in awaiting(past, schools, now):
            found = self._again(register, incident, now)
            if not (parted(incident, found, now, 0) or revised(incident, found, now, past)):
                continue
            with self._store.writing() as writer:
                fresh, others = writer.incident(incident.number), writer.known_incidents(back)
                steps = list(parted(fresh, found, now, writer.next_incident())) if fresh is not None else []
                for one in [each.incident for each in steps] or ([fresh] if fresh is not None else []):
                    steps += revised(one, found, now, others)
                write_steps(writer, steps)
            changed |= bool(steps)
        for code, since in schools.items():
            for gap in self._gaps:
                long_enough = gap.back - gap.away >= SHORTEST_PAST_SECONDS
                if long_enough and since <= gap.until and code in register.schools:
                    changed |= self._record(register, code, gap, now)
        return changed

    def _revise_shared_of(self, schools: AbstractSet[str], since: float) -> bool:
        register, now = self._store.register(), self._now()
        known = self._store.incidents(EVERYTHING, since=_reaching(now, since), most=_ALL)
        shared = [one for one in known if is_shared(one) and not schools.isdisjoint(one.schools)]
        return self._correct_shared(register, shared, known, now)

    def _correct_shared(
        self, register: Register, shared: Iterable[Incident], known: Iterable[Incident], now: float
    ) -> bool:
        changed = False
        for incident in shared:
            found = again(incident, self._parts(register, incident, known, now))
            if found is None or not corrected(incident, found, now):
                continue
            with self._store.writing() as writer:
                fresh = writer.incident(incident.number)
                steps = corrected(fresh, found, now) if fresh is not None else ()
                write_steps(writer, steps)
            changed |= bool(steps)
        return changed

    def _parts(
        self, register: Register, incident: Incident, known: Iterable[Incident], now: float
    ) -> tuple[Fault, ...]:
        """Never raises: what cannot be judged again says nothing."""
        if not is_own_line(incident):
            return parts_of(incident, known)
        if incident.is_live or now - self._looked_through.get(incident.number, 0.0) < SHARED_SECONDS:
            return ()
        # No school has an incident of its own by it: some are asked for what they measured.
        self._looked_through = {incident.number: now}
        try:
            return own_line_parts(self._store, register, incident, now)
        except Exception:  # noqa: BLE001 - the boundary of one incident: it stays as it was told
            self._failed("")
            return ()

    def _record(self, register: Register, code: str, gap: Gap, now: float) -> bool:
        """Records what this school measured inside a gap of the collector; whether there was anything."""
        found = self._unheard(register, code, gap, now)
        if not found:
            return False
        there = Circumstances(next_number=0, areas={code: register.schools[code].area})
        recorded = False
        with self._store.writing() as writer:
            for fault in found:
                known = writer.known_incidents(gap.away - AROUND_SECONDS)
                treated = maintained(register, code, fault.began) or maintained(register, fault.place.path, fault.began)
                if not worth_recording([fault], gap, known, code) or treated == SKIP:
                    continue
                numbered = msgspec.structs.replace(there, next_number=writer.next_incident())
                # Only those that may be the same: nothing that goes on now is touched by what was over before.
                over = [one for one in known if not one.is_live and one.school == code]
                steps = advance(over, [fault], now, numbered)
                write_steps(writer, steps)
                recorded |= bool(steps)
        return recorded

    def _unheard(self, register: Register, code: str, gap: Gap, now: float) -> tuple[Fault, ...]:
        """Never raises: what cannot be judged is not recorded."""
        try:
            found = unheard_faults(self._store, register, code, gap, now)
            return worth_recording(found, gap, (), code)
        except Exception:  # noqa: BLE001 - the boundary of one school: the others are judged all the same
            self._failed(code)
            return ()

    def _again(self, register: Register, incident: Incident, now: float) -> tuple[Fault, ...]:
        """Never raises: a past that cannot be judged again stays as it was told."""
        try:
            return judged_again(self._store, register, incident, now, self._gaps)
        except Exception:  # noqa: BLE001 - the boundary of one incident: the others are judged all the same
            self._failed(incident.school)
            return ()


def _reaching(now: float, since: float) -> float:
    """How far back records are read to judge again what befell since then."""
    return max(now - CORRECTED_FOR_SECONDS, since - AROUND_SECONDS)
