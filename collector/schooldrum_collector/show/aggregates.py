"""Whole schools as Prometheus reads them: names, rooms, machines by state, and probes that fail."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from schooldrum_collector.judge.appraisal import checks_of
from schooldrum_collector.judge.live import Unreadable, outcomes
from schooldrum_collector.judge.lost_time import Reckoned
from schooldrum_collector.judge.places import PlaceState, SchoolPlaces
from schooldrum_collector.judge.presence import State
from schooldrum_collector.show.exposition import PROBES_SHOWN, is_failure
from schooldrum_collector.show.families import Families, labels
from schooldrum_collector.show.lost_time import add_areas, add_incidents, add_lines, add_lost
from schooldrum_collector.store.records import Appraised, Latest, Machine, MachineState, Register
from schooldrum_wire.catalogue.machine import (
    SCHOOL_EXPECTED,
    SCHOOL_INCIDENTS_OPEN,
    SCHOOL_INFO,
    SCHOOL_MACHINES,
    SCHOOL_PROBE_FAILURES,
    SCHOOL_ROOM_INFO,
    SCHOOL_ROOM_UP,
    SCHOOL_ROOMS,
)
from schooldrum_wire.catalogue.posture import POSTURE_MACHINES

STATES = (State.ONLINE, State.OFF, State.SILENT, State.MUTE, State.NEVER)
"""Shown for every school, so that a query finds zero rather than nothing. Pending machines count nowhere."""
_MACHINES_AT_ONCE = 50
_NOTHING_RECKONED = Reckoned()
_HEARD = {PlaceState.UP: 1, PlaceState.DEGRADED: 1, PlaceState.DOWN: 0}

States = Callable[[Iterable[Machine], Mapping[str, Latest]], Mapping[State, int]]
"""How many of these approved machines are in each state, by what was heard last of them (by id)."""
Failures = tuple[tuple[str, str], ...]
"""(probe, outcome) of every probe of a machine whose newest run failed."""


class FailureMemory:
    """The failing probes of each machine by its newest report, so that a report is opened once and not per scrape."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Failures]] = {}

    def of(self, latest: Latest) -> Failures:
        """The failing probes of this machine; none where its report cannot be opened."""
        known = self._known.get(latest.machine)
        if known is not None and known[0] == latest.received:
            return known[1]
        try:
            runs = sorted(outcomes(latest.body), key=lambda run: run.boottime)
        except Unreadable:
            runs = []
        newest = {run.probe: run for run in runs[-PROBES_SHOWN:]}
        failing = tuple(sorted((run.probe, run.outcome) for run in newest.values() if is_failure(run)))
        self._known[latest.machine] = (latest.received, failing)
        return failing

    def forget_but(self, machines: Iterable[str]) -> None:
        """Drops what is remembered of machines that are no more."""
        there = set(machines)
        self._known = {machine: known for machine, known in self._known.items() if machine in there}

    def __len__(self) -> int:
        return len(self._known)


IncidentsOf = Callable[[str], Mapping[tuple[str, str], int]]
"""How many incidents of a school go on, by kind and verdict."""


def _no_incidents(code: str) -> Mapping[tuple[str, str], int]:
    del code
    return {}


def _not_looked_at(code: str) -> SchoolPlaces | None:
    del code
    return None


def _none_judged(code: str) -> Iterable[Appraised]:
    del code
    return ()


def schools_page(
    register: Register,
    schools: Iterable[str],
    latest_of: Callable[[str], Iterable[Latest]],
    states_of: States,
    memory: FailureMemory,
    *,
    appraised_of: Callable[[str], Iterable[Appraised]] = _none_judged,
    places_of: Callable[[str], SchoolPlaces | None] = _not_looked_at,
    incidents_of: IncidentsOf = _no_incidents,
    reckoned: Reckoned = _NOTHING_RECKONED,
    openmetrics: bool = False,
) -> Iterator[bytes]:
    """The page of these schools (codes) in pieces; empty ones mark where an event loop may turn to others."""
    families = Families()
    codes = set(schools)
    add_areas(families, register, codes)
    add_lines(families, register, codes)
    add_incidents(families, codes, reckoned.open)
    rooms: dict[str, list[str]] = {}
    for path, room in register.rooms.items():
        rooms.setdefault(room.school, []).append(path)
    for code in sorted(codes):
        _add_names(families, register, code, rooms.get(code, []))
        known = {one.machine: one for one in latest_of(code)}
        places = places_of(code)
        states = _settled(states_of(_active(register, code), known), places)
        yield b""
        failing: Counter[tuple[str, str]] = Counter()
        for count, machine in enumerate(_active(register, code), 1):
            heard = known.get(machine.id)
            if heard is not None:
                failing.update(memory.of(heard))
            if not count % _MACHINES_AT_ONCE:
                yield b""
        for state in STATES:
            families.add(SCHOOL_MACHINES.name, labels(school=code, state=state.value), f"{states.get(state, 0)}")
        for (probe, outcome), machines in sorted(failing.items()):
            families.add(SCHOOL_PROBE_FAILURES.name, labels(school=code, probe=probe, outcome=outcome), f"{machines}")
        yield b""
        yield from _add_checks(families, register, code, appraised_of(code))
        _add_places(families, code, places)
        for (kind, verdict), count in sorted(incidents_of(code).items()):
            families.add(SCHOOL_INCIDENTS_OPEN.name, labels(school=code, kind=kind, verdict=verdict), f"{count}")
        add_lost(families, code, reckoned)
    if len(memory) > len(register.machines):
        memory.forget_but(register.machines)
    yield from families.written(openmetrics=openmetrics)


def _settled(states: Mapping[State, int], places: SchoolPlaces | None) -> Mapping[State, int]:
    """The counts as rooms show them: who is not heard may be off as usual, or seen on by neighbours.

    Only the last look at places (half a minute old) knows that, and only where somebody is not heard does it matter.
    """
    if places is None or not states.get(State.SILENT) or not places.presences:
        return states
    return Counter(presence.state for presence in places.presences.values())


def _add_checks(families: Families, register: Register, code: str, appraised: Iterable[Appraised]) -> Iterator[bytes]:
    """The school's machines by safety check and verdict; no series for a verdict that no machine has."""
    found: Counter[tuple[str, str]] = Counter()
    for count, one in enumerate(appraised, 1):
        if register.machines[one.machine].state is MachineState.ACTIVE:
            found.update(checks_of(one.body))
        if not count % _MACHINES_AT_ONCE:
            yield b""
    for (check, verdict), machines in sorted(found.items()):
        families.add(POSTURE_MACHINES.name, labels(school=code, check=check, verdict=verdict), f"{machines}")


def _add_places(families: Families, code: str, places: SchoolPlaces | None) -> None:
    """How the school's rooms stand as of the last look at them; nothing before the first."""
    if places is None:
        return
    states = Counter(room.state for room in places.rooms.values())
    for state in PlaceState:
        families.add(SCHOOL_ROOMS.name, labels(school=code, state=state.value), f"{states[state]}")
    families.add(SCHOOL_EXPECTED.name, labels(school=code), f"{int(places.school.expected)}")
    for path, room in sorted(places.rooms.items()):
        if room.state in _HEARD:
            _, site, name = path.split("/")
            families.add(SCHOOL_ROOM_UP.name, labels(school=code, site=site, room=name), f"{_HEARD[room.state]}")


def _active(register: Register, code: str) -> Iterator[Machine]:
    for machine_id in register.by_school.get(code, ()):
        machine = register.machines[machine_id]
        if machine.state is MachineState.ACTIVE:
            yield machine


def _add_names(families: Families, register: Register, code: str, rooms: list[str]) -> None:
    school = register.schools[code]
    about = labels(school=code, name=school.name, area=school.area, level=school.level)
    families.add(SCHOOL_INFO.name, about, "1")
    for path in sorted(rooms):
        room = register.rooms[path]
        about = labels(school=code, site=room.site, room=room.code, name=room.name, kind=room.kind)
        families.add(SCHOOL_ROOM_INFO.name, about, "1")
