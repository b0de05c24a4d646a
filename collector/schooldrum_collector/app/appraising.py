"""When PCs are judged from their inventory: as soon as it has changed, on each day they are heard, once a day all.

Beside the event loop, a few at a time, and as long idle as busy: whoever asks the collector something does not notice.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

import msgspec

from schooldrum_collector.app.judging_rules import InForce, JudgingRules
from schooldrum_collector.judge.appraisal import Case, Memory, Run, appraise, lasting, packed_kept
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.live import Unreadable, opened
from schooldrum_collector.judge.parts import Happening, detail
from schooldrum_collector.judge.settings import support_plan, support_plans
from schooldrum_collector.store.interface import Full, Overloaded, Store, Writer
from schooldrum_collector.store.records import (
    EVERYTHING,
    Appraisal,
    Appraised,
    Change,
    Latest,
    Machine,
    MachineState,
    Register,
)
from schooldrum_collector.store.where import where_of
from schooldrum_wire.result import Outcome

_log = logging.getLogger(__name__)
ACTOR = "collector"
AT_ONCE = 20
"""Machines in one transaction: a fraction of a second of work."""
RELOOK_SECONDS = 6 * 3600.0
"""A machine that goes on reporting is looked at so often: what its probes are refused is told without rows."""
_DAYS_BEGIN_AT = 900
"""Every time zone's days begin at a whole quarter of an hour."""


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `gather` before machines with new rows are judged, `sweep` between looks at which others are due.

    `rules` between looks whether what they are judged by is another, a place's plan included; then all that it concerns
    are due.
    """

    gather: float = 2.0
    sweep: float = 300.0
    rules: float = 20.0


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A judged machine, not written yet."""

    appraisal: Appraisal
    happenings: tuple[Happening, ...]


def _nothing() -> None:
    """Nobody counts."""


class Appraising:
    """Judges until it is cancelled. Not frozen: it holds what waits, and of whom it has said that it failed."""

    def __init__(
        self,
        store: Store,
        rules: JudgingRules,
        *,
        now: Callable[[], float],
        failed: Callable[[], None] = _nothing,
        paces: Paces | None = None,
    ) -> None:
        """`now` is the wall clock (epoch seconds); `failed()` is told of every machine that could not be judged."""
        self._store = store
        self._rules = rules
        self._now = now
        self._failed = failed
        self._paces = paces or Paces()
        self._waiting: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._told: set[str] = set()

    def rows_came(self, machine: str) -> None:
        """A machine's inventory has changed; from the event loop alone."""
        self._waiting[machine] = None
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. Never raises: what fails is logged and comes again."""
        loop = asyncio.get_running_loop()
        swept = -self._paces.sweep
        seen: tuple[str, dict[str, object]] = ("", {})
        while True:
            try:
                rules = await asyncio.to_thread(self._rules.in_force)
                told = rules.mark, support_plans(self._store.register().settings)
                if loop.time() - swept >= self._paces.sweep or told != seen:
                    swept, seen = loop.time(), told
                    for machine in await asyncio.to_thread(self.due):
                        self._waiting[machine] = None
                await self._work_off()
                left = max(0.0, min(self._paces.rules, swept + self._paces.sweep - loop.time()))
            except (Full, Overloaded) as trouble:
                _log.warning("What was judged could not be stored (%s); it is judged again later", trouble)
                left = self._paces.sweep
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("Judging machines failed; it is tried again later")
                left = self._paces.sweep
            await self._rest(left)

    async def _rest(self, longest: float) -> None:
        self._woken.clear()
        if not self._waiting:
            try:
                await asyncio.wait_for(self._woken.wait(), longest)
            except TimeoutError:
                return
        await asyncio.sleep(self._paces.gather)

    async def _work_off(self) -> None:
        while self._waiting:
            batch = list(self._waiting)[:AT_ONCE]
            for machine in batch:
                del self._waiting[machine]
            begun = time.monotonic()
            await asyncio.to_thread(self.look_at, batch)
            await asyncio.sleep(time.monotonic() - begun)

    def due(self) -> list[str]:
        """Machines whose last judgement no longer holds, whoever noticed; takes a tenth of a second for thousands."""
        register, now, mark = self._store.register(), self._now(), self._rules.in_force().mark
        known = {one.machine: one for one in self._store.appraisals(EVERYTHING)}
        days: dict[tuple[str, int], date] = {}
        bases: dict[str, str] = {}

        def day(school: str, at: float) -> date:
            key = school, int(at // _DAYS_BEGIN_AT)
            if key not in days:
                days[key] = _day(register, school, at)
            return days[key]

        def basis(machine: Machine) -> str:
            if machine.path not in bases:
                bases[machine.path] = _basis(register, machine, mark)
            return bases[machine.path]

        found: list[str] = []
        for latest in self._store.latest(EVERYTHING):
            machine = register.machines.get(latest.machine)
            if machine is None or machine.state is MachineState.RETIRED:
                continue
            last = known.get(machine.id)
            if (
                last is None
                or last.basis != basis(machine)
                or last.at > now
                or day(machine.school, now) != day(machine.school, last.at)
                or day(machine.school, latest.heard) != day(machine.school, last.heard)
                or latest.heard - last.heard >= RELOOK_SECONDS
            ):
                found.append(machine.id)
        self._told &= register.machines.keys()
        return found

    def look_at(self, machines: Iterable[str]) -> int:
        """Judges these machines and stores what came of it; returns how many could be judged.

        Raises:
            Full, Overloaded: as the store says; nothing of it was stored.
        """
        register, force, now = self._store.register(), self._rules.in_force(), self._now()
        judged = [found for machine in machines if (found := self._attempt(register, machine, force, now))]
        origins = self._origins(register, judged)
        if judged:
            with self._store.writing() as writer:
                for one in judged:
                    _write(writer, one, origins)
        return len(judged)

    def _origins(self, register: Register, judged: Iterable[Judged]) -> dict[str, dict[str, str]]:
        """By machine that has got parts, and serial number of a part: which other PC of its school had it before."""
        wanted = {
            one.appraisal.appraised.machine: {happening.serial for happening in one.happenings if happening.serial}
            for one in judged
        }
        schools = {register.machines[machine].school for machine, serials in wanted.items() if serials}
        found: dict[str, dict[str, str]] = {}
        # Serial numbers are salted by the school, and parts seldom change: all its PCs are looked through, once.
        for other in [one for one in register.machines.values() if one.school in schools]:
            memory = self._memory_of(other.id)
            if memory.school != other.school:
                continue
            there = {part.serial for parts in memory.parts.values() for part in parts}
            for machine, serials in wanted.items():
                if machine == other.id or register.machines[machine].school != other.school:
                    continue
                held = found.setdefault(machine, {})
                held.update(dict.fromkeys(serials & there, other.id))
                for serial in serials.intersection(memory.former):
                    held.setdefault(serial, other.id)
        return found

    def _memory_of(self, machine: str) -> Memory:
        """Never raises: of a machine whose memory cannot be read, nothing is known to have been in it."""
        try:
            known = self._store.appraisal_of(EVERYTHING, machine)
        except Exception:  # noqa: BLE001 - the boundary of one machine: the others are judged all the same
            return Memory()
        return known.memory if known else Memory()

    def _attempt(self, register: Register, machine: str, force: InForce, now: float) -> Judged | None:
        """Never raises: a machine that cannot be judged is counted, told once, and skipped."""
        try:
            judged = self._look(register, machine, force, now)
        except Exception:  # noqa: BLE001 - the boundary of one machine: the others are judged all the same
            self._failed()
            if machine not in self._told:
                self._told.add(machine)
                _log.exception("The machine %s cannot be judged; it is shown as it was judged before", machine)
            return None
        self._told.discard(machine)
        return judged

    def _look(self, register: Register, machine_id: str, force: InForce, now: float) -> Judged | None:
        machine = register.machines.get(machine_id)
        latest = self._store.latest_of(machine_id)
        if machine is None or machine.state is MachineState.RETIRED or latest is None:
            return None
        stored = self._store.sections(EVERYTHING, machine_id)
        before = self._store.appraisal_of(EVERYTHING, machine_id)
        runs = _runs(latest)
        well = [run for run in runs if run.outcome == Outcome.OK]
        look = appraise(
            Case(
                sections={section.name: section.rows for section in stored},
                updated={section.name: section.updated for section in stored},
                outcomes={run.probe: run.outcome for run in runs},
                measured={run.probe: run.at for run in well},
                told={run.probe: said for run in well if (said := lasting(run))},
                frozen=latest.frozen,
                where=where_of(register, machine),
                planned=support_plan(register, machine),
                heard=_day(register, machine.school, latest.heard),
                today=_day(register, machine.school, now),
                skew=latest.skew,
            ),
            force.rules,
            before.memory if before else Memory(),
        )
        if not stored and not look.verdicts.checks:
            return None
        appraised = Appraised(
            machine=machine_id,
            at=now,
            heard=latest.heard,
            basis=_basis(register, machine, force.mark),
            body=packed_kept(look.kept),
        )
        return Judged(
            appraisal=Appraisal(appraised=appraised, memory=look.memory, verdicts=look.verdicts),
            happenings=look.happenings,
        )


def _runs(latest: Latest) -> list[Run]:
    try:
        live = opened(latest.body)
    except Unreadable:
        return []
    if live.boot != latest.boot:
        return []
    results = sorted(live.results, key=lambda result: result.boottime)
    return [Run(one.probe, one.outcome, latest.clock + one.boottime, one.readings) for one in results]


def _write(writer: Writer, judged: Judged, origins: Mapping[str, Mapping[str, str]]) -> None:
    appraised = judged.appraisal.appraised
    writer.put_appraisal(judged.appraisal)
    known = origins.get(appraised.machine, {})
    for one in judged.happenings:
        action, told = f"{one.kind}.{one.event.value}", detail(one, known.get(one.serial, ""))
        writer.log(Change(at=appraised.at, actor=ACTOR, action=action, subject=appraised.machine, detail=told))


def _basis(register: Register, machine: Machine, mark: str) -> str:
    """What a machine is judged by, as one short word."""
    where, planned = where_of(register, machine), support_plan(register, machine)
    told = msgspec.json.encode([mark, where, planned])
    return hashlib.sha256(told).hexdigest()[:16]


def _day(register: Register, school: str, at: float) -> date:
    known = register.schools.get(school)
    return datetime.fromtimestamp(at, time_zone(known.time_zone if known else "")).date()
