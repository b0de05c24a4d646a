"""How every school stands at this moment, for the wall: counted at most every two seconds, and only while it is seen.

What a look costs is one lookup a PC. Schools with silent PCs are judged whole, so that a room that ended as usual is no
fault; where very many are (the office's own line is gone), the last regular look at places has to do.
"""

import asyncio
from collections.abc import Mapping
from time import perf_counter

import msgspec

from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault import Kind
from schooldrum_collector.judge.incident import Incident, Severity, size
from schooldrum_collector.judge.incident import State as IncidentState
from schooldrum_collector.judge.lost_time import spared
from schooldrum_collector.judge.places import AWAY, PlacePresence, PlaceState
from schooldrum_collector.judge.presence import State
from schooldrum_collector.show.incident_words import is_back
from schooldrum_collector.store.records import EVERYTHING, Latest, Machine, MachineState, Register
from schooldrum_collector.web.sight import Sight

PACE_SECONDS = 1.5
JUDGED_WHOLE = 100
_ALL = 1 << 20
"""The newest of a large outage are its parts; the oldest is the whole, and may not be missing."""
_SLICE_SECONDS = 0.003
_WEIGHTS = {Severity.URGENT: 3, Severity.ACTION: 2, Severity.INFORMATION: 1, Severity.DIGEST: 0}


class SchoolStands(msgspec.Struct, frozen=True, kw_only=True):
    """A school: its state, whether it is expected to be on, its approved PCs by state (or away), and how many wait.

    `worst` is the gravest incident that goes on there.
    """

    code: str
    state: PlaceState
    expected: bool
    machines: dict[str, int]
    pending: int = 0
    worst: Incident | None = None


class _Members(msgspec.Struct, frozen=True):
    active: tuple[Machine, ...]
    pending: int


class Census:
    """Keeps the last count. Not frozen: it is brought up to date when somebody looks."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._due = 0.0
        self._found: dict[str, SchoolStands] = {}
        self._basis: object = None
        self._members: dict[str, _Members] = {}
        self._rooms: dict[str, list[str]] = {}
        self.looked_at = 0
        """How many PCs the last look has looked at."""

    async def of(self, sight: Sight) -> Mapping[str, SchoolStands]:
        """How all schools of the register stand, by code; whoever shows it leaves out what is not in scope.

        It is kept for all who look: what one of them may see, or asks for, must not decide it for the others.
        """
        loop = asyncio.get_running_loop()
        async with self._turn:
            if loop.time() >= self._due:
                self._found = await self._look(msgspec.structs.replace(sight, scope=EVERYTHING))
                self._due = loop.time() + PACE_SECONDS
        return self._found

    def _sort_out(self, register: Register) -> None:
        """Who belongs where: looked up anew only when the register has changed."""
        basis = (register.machines, register.rooms, register.schools)
        if isinstance(self._basis, tuple) and all(a is b for a, b in zip(self._basis, basis, strict=True)):
            return
        self._basis = basis
        self._members = {}
        self._rooms = {}
        for path, room in register.rooms.items():
            self._rooms.setdefault(room.school, []).append(path)

    def _members_of(self, register: Register, code: str) -> _Members:
        known = self._members.get(code)
        if known is None:
            records = [register.machines[one] for one in register.by_school.get(code, ())]
            known = self._members[code] = _Members(
                tuple(one for one in records if one.state is MachineState.ACTIVE),
                sum(one.state is MachineState.PENDING for one in records),
            )
        return known

    async def _look(self, sight: Sight) -> dict[str, SchoolStands]:
        register = sight.register
        self._sort_out(register)
        worst = worst_by_school(await asyncio.to_thread(live_incidents, sight))
        found: dict[str, SchoolStands] = {}
        whole = looked_at = 0
        breath = perf_counter()
        for code in register.schools:
            members = self._members_of(register, code)
            looked_at += len(members.active)
            latest = {one.machine: one for one in sight.latest(code)}
            here = [one for one in members.active if one.id not in sight.apart.away] if sight.apart.away else None
            states = sight.states_of(members.active if here is None else here, latest)
            machines = {state.value: count for state, count in states.items() if count}
            if here is not None and len(here) < len(members.active):
                machines[AWAY] = len(members.active) - len(here)
            state = state_of(machines)
            if machines.get(State.SILENT):
                whole += 1
                judged = self._judged(sight, code, members, latest if whole <= JUDGED_WHOLE else None)
                if judged is not None:
                    machines, state = judged.machines, judged.state
            found[code] = SchoolStands(
                code=code,
                state=state,
                expected=CALENDARS.of_school(register, code).until(sight.now) is not None,
                machines=machines,
                pending=members.pending,
                worst=worst.get(code),
            )
            if perf_counter() - breath > _SLICE_SECONDS:
                await asyncio.sleep(0)
                breath = perf_counter()
        self.looked_at = looked_at
        return found

    def _judged(
        self, sight: Sight, code: str, members: _Members, latest: Mapping[str, Latest] | None
    ) -> PlacePresence | None:
        if latest is None:
            known = sight.places.get(code)
            return known.school if known else None
        return sight.places_of(members.active, self._rooms.get(code, ()), latest).school


def state_of(machines: Mapping[str, int]) -> PlaceState:
    """What a school is whose approved PCs are in these states."""
    online, silent = machines.get(State.ONLINE, 0), machines.get(State.SILENT, 0)
    if online:
        return PlaceState.DEGRADED if 3 * silent >= silent + online else PlaceState.UP
    if silent:
        return PlaceState.DOWN
    return PlaceState.OFF if machines.get(State.OFF, 0) else PlaceState.UNKNOWN


def live_incidents(sight: Sight) -> list[Incident]:
    """Incidents that go on and that no larger one holds, the gravest first, those that are back last."""
    found = sight.store.incidents(EVERYTHING, live=True, most=_ALL)
    return sorted((one for one in found if one.state is IncidentState.OPEN), key=_gravity, reverse=True)


def worst_by_school(incidents: list[Incident]) -> dict[str, Incident]:
    """Of every school the gravest, of two that are alike the older.

    A provider's outage is none of a school that goes on by another line: that has the loss of its line.
    """
    worst: dict[str, Incident] = {}
    by_another = spared(incidents)
    for incident in incidents:
        for code in incident.schools:
            if (incident.number, code) in by_another:
                continue
            known = worst.get(code)
            if known is None or _gravity(incident) > _gravity(known):
                worst[code] = incident
    return worst


def _gravity(incident: Incident) -> tuple[bool, int, bool, int, int]:
    """A school that is dark is graver than its room, and than a connection that is only poor."""
    loud, dark = _WEIGHTS[incident.severity], incident.kind is Kind.OUTAGE
    return not is_back(incident), loud, dark, size(incident.place.level), -incident.number
