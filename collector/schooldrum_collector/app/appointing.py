"""Who looks around its network, school by school, and which networks are a school's: seen to every minute.

Beside the event loop, and as long idle as busy. What changes is stored, and told with each machine's next report.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from time import perf_counter

import msgspec

from schooldrum_collector.judge.approved_networks import Standing, newly_approved
from schooldrum_collector.judge.live import Live, opened_or_nothing
from schooldrum_collector.judge.observers import Appointment, Candidate, Role, appointed
from schooldrum_collector.judge.presence import Hearing, State, in_grace
from schooldrum_collector.judge.standing import standing
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import Change, Latest, Machine, MachineState, Register, SchoolNetwork, Scope
from schooldrum_wire.catalogue.interfaces import INTERFACE_UP
from schooldrum_wire.catalogue.uptime import BOOT_TIMESTAMP

_log = logging.getLogger(__name__)
ACTOR = "collector"


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `look` between looks at every school, `reread` until a report of the same start is read again."""

    look: float = 60.0
    reread: float = 600.0


class _Read(msgspec.Struct, frozen=True, gc=False):
    """What a machine's report of `received` says of where it stands; `booted` is epoch seconds (0: nobody knows)."""

    run: str
    received: float
    network: str
    elsewhere: bool
    wired: bool | None
    booted: float


class Appointing:
    """Appoints until it is cancelled. Not frozen: it keeps what was read of each machine."""

    def __init__(
        self, store: Store, *, now: Callable[[], float], hearing: Callable[[], Hearing], paces: Paces | None = None
    ) -> None:
        """`now` is the collector's clock (epoch seconds), `hearing` since when it listens."""
        self._store = store
        self._now = now
        self._hearing = hearing
        self._paces = paces or Paces()
        self._read: dict[str, _Read] = {}
        self._home: dict[str, tuple[str, float]] = {}

    async def run(self) -> None:
        """Looks until it is cancelled. Never raises: a look that fails is logged, and comes again in its turn."""
        while True:
            try:
                await self.look()
            except (Full, Overloaded) as trouble:
                _log.warning("Who observes could not be stored (%s); it is tried again", trouble)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("Observers could not be seen to; they are again in a minute")
            await asyncio.sleep(self._paces.look)

    async def look(self) -> None:
        """Looks at every school once.

        Raises:
            Full, Overloaded: as the store says.
        """
        register = self._store.register()
        if not in_grace(self._hearing(), self._now()):
            for code in sorted(register.by_school):
                begun = perf_counter()
                await asyncio.to_thread(self.look_at, register, code)
                await asyncio.sleep(perf_counter() - begun)
        for kept in (self._read, self._home):
            for machine in kept.keys() - register.machines.keys():
                del kept[machine]

    def look_at(self, register: Register, code: str) -> None:
        """Sees to one school.

        Raises:
            Full, Overloaded: as the store says.
        """
        now, hearing = self._now(), self._hearing()
        machines = [register.machines[one] for one in register.by_school.get(code, ())]
        active = [one for one in machines if one.state is MachineState.ACTIVE]
        latest = {one.machine: one for one in self._store.latest(Scope(school=code), [one.id for one in active])}
        candidates = []
        stand = []
        for machine in active:
            heard = latest.get(machine.id)
            if heard is None or not heard.heard:
                continue
            read = self._facts(heard)
            site = f"{machine.school}/{machine.site}"
            stand.append(Standing(site=site, network=read.network, heard=heard.heard))
            state = standing(register, machine, heard, hearing, now).state
            candidates.append(self._candidate(register, machine, heard, read, state=state, now=now))
        known = {one.code for one in register.networks.values() if one.school == code}
        networks = newly_approved(stand, known, now)
        held = [register.observers[one.id] for one in machines if one.id in register.observers]
        changes = appointed(held, candidates, now)
        if networks or changes:
            self._keep(code, networks, changes, now)

    def _facts(self, heard: Latest) -> _Read:
        read = self._read.get(heard.machine)
        if read is None or read.run != heard.run or heard.received - read.received >= self._paces.reread:
            read = self._read[heard.machine] = _read(opened_or_nothing(heard.body), heard)
        return read

    def _candidate(
        self, register: Register, machine: Machine, heard: Latest, read: _Read, *, state: State, now: float
    ) -> Candidate:
        # Where its gateway cannot be named just now, or it is away, it belongs where it was.
        if read.network and not read.elsewhere:
            self._home[machine.id] = read.network, heard.heard
        appointment = register.observers.get(machine.id)
        network, here = self._home.get(machine.id, (appointment.network if appointment else "", 0.0))
        room = register.rooms.get(machine.path)
        return Candidate(
            machine=machine.id,
            site=f"{machine.school}/{machine.site}",
            room=machine.path,
            network=network,
            here=here if read.elsewhere else heard.heard,
            online=state is State.ONLINE and not read.elsewhere,
            left=state is State.OFF or read.elsewhere,
            up=max(0.0, now - read.booted) if read.booted else 0.0,
            always_on=room is not None and room.always_on,
            frozen=heard.frozen,
            wired=read.wired,
        )

    def _keep(self, code: str, networks: Iterable[str], changes: Iterable[Appointment], now: float) -> None:
        with self._store.writing() as writer:
            for network in sorted(networks):
                writer.put_network(SchoolNetwork(school=code, code=network, approved=now))
                writer.log(Change(at=now, actor=ACTOR, action="network.approve", subject=code, detail=network))
            for one in changes:
                machine = writer.machine(one.machine)
                if machine is None:
                    continue
                writer.put_observer(one)
                action = "observer.end" if one.role is Role.NONE else "observer.appoint"
                writer.log(Change(at=now, actor=ACTOR, action=action, subject=one.machine, detail=one.role.value))


def _read(live: Live, heard: Latest) -> _Read:
    cables = []
    booted = 0.0
    for result in live.results:
        for reading in result.readings:
            if reading.name == INTERFACE_UP.name and reading.labels.get("interface", "").startswith("ethernet"):
                cables.append(reading.value > 0)
            elif reading.name == BOOT_TIMESTAMP.name:
                booted = heard.clock + result.boottime - reading.value
    return _Read(heard.run, heard.received, live.network, live.elsewhere, any(cables) if cables else None, booted)
