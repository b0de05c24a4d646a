"""What every machine of a school testifies about a moment, gathered from the store for judging."""

from collections.abc import Iterable, Mapping

import msgspec

from schooldrum_collector.app.vantage import Vantage, seen_by
from schooldrum_collector.judge.apart import Apart
from schooldrum_collector.judge.climbing import End, end_of, way_of
from schooldrum_collector.judge.expecting import rooms_expected
from schooldrum_collector.judge.fault import Answer, Climb, Line, Rung, SchoolSeen, Witness
from schooldrum_collector.judge.lines import RegisteredLine, provider_of
from schooldrum_collector.judge.neighbourhood import machines_by_code
from schooldrum_collector.judge.places import school_places
from schooldrum_collector.judge.presence import GOODBYE, GRACE_SECONDS, Hearing, Presence
from schooldrum_collector.judge.settings import granted
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import (
    EVERYTHING,
    Latest,
    Machine,
    MachineState,
    Register,
    Room,
    Scope,
    StoredResult,
)
from schooldrum_wire.catalogue.ladder import CAPTIVE_PORTAL, LOSS_RATIO, STEP_SUCCESS, TARGET_SUCCESS

LADDER_PROBE, SERVICES_PROBE = "ladder", "services"
BESIDE_SECONDS = 600.0
"""A service asked so long before a climb still belongs to it: services are asked less often."""
_BEFORE_BEATS = 2
_ASTRAY = frozenset(End) - {End.NATIONAL, End.INTERNATIONAL, End.COLLECTOR, End.NOWHERE}
_CAPTIVE_STEPS = frozenset({"provider", "national", "international"})


def climbs_of(results: Iterable[StoredResult], beat: float) -> tuple[Climb, ...]:
    """The climbs in a machine's history, oldest first; each with the services that were asked shortly before.

    A service that failed counts only where climbs less than two beats before and after found a way and names: what was
    measured in an outage comes later than the newest answer of a service.
    """
    services: tuple[float, tuple[Rung, ...]] = (0.0, ())
    fresh = False
    climbs: list[Climb] = []
    for result in results:
        if result.outcome != "ok":
            continue
        if result.probe == SERVICES_PROBE:
            asked = (
                Rung(step="service", target=labels.get("target", ""), passed=value > 0, asked=result.at)
                for name, value, labels in result.readings
                if name == TARGET_SUCCESS.name
            )
            before = climbs[-1] if climbs and result.at - climbs[-1].at < _BEFORE_BEATS * beat else None
            services, fresh = (result.at, _told(asked, before)), True
        elif result.probe == LADDER_PROBE:
            # Each start of the agent is a run of its own; nearly always it is a start of the PC.
            climb = Climb(at=result.at, error=result.error, rungs=tuple(_rungs(result)), boot=result.run)
            if fresh:
                services, fresh = (services[0], _told(services[1], climb)), False
            beside = services[1] if result.at - services[0] <= BESIDE_SECONDS else ()
            climbs.append(msgspec.structs.replace(climb, rungs=(*climb.rungs, *beside)))
    return tuple(climbs)


def _told(services: Iterable[Rung], beside: Climb | None) -> tuple[Rung, ...]:
    """What was asked of services, without what may have failed for want of a way there or of names."""
    way = None if beside is None else way_of(beside.rungs)
    astray = way is None or "resolver" in way.failed or end_of(way) in _ASTRAY
    return tuple(rung for rung in services if rung.passed or not astray)


def _rungs(result: StoredResult) -> Iterable[Rung]:
    losses: dict[tuple[str, str], float] = {}
    captive = False
    for name, value, labels in result.readings:
        if name == LOSS_RATIO.name:
            losses[labels.get("step", ""), labels.get("family", "")] = value
        elif name == CAPTIVE_PORTAL.name:
            captive = value > 0
    for name, value, labels in result.readings:
        if name == STEP_SUCCESS.name:
            step, family, passed = labels.get("step", ""), labels.get("family", "ipv4"), value > 0
            yield Rung(
                step=step,
                family=family,
                passed=passed,
                loss=min(1.0, max(0.0, lost)) if (lost := losses.get((step, family))) is not None else None,
                reason="captive" if captive and not passed and step in _CAPTIVE_STEPS else "",
            )


class _Known(msgspec.Struct, frozen=True):
    heard: float
    since: float
    climbs: tuple[Climb, ...]


class _Places(msgspec.Struct, frozen=True):
    """Rooms and lines by school, as long as the register's are these."""

    rooms: dict[str, Room]
    lines: dict[str, RegisteredLine]
    rooms_of: dict[str, tuple[str, ...]]
    lines_of: dict[str, dict[str, tuple[RegisteredLine, ...]]]


def _places(register: Register) -> _Places:
    rooms_of: dict[str, list[str]] = {}
    for path, room in register.rooms.items():
        rooms_of.setdefault(room.school, []).append(path)
    lines_of: dict[str, dict[str, tuple[RegisteredLine, ...]]] = {}
    for _, line in sorted(register.lines.items()):
        of_school = lines_of.setdefault(line.school, {})
        site = f"{line.school}/{line.site}"
        of_school[site] = (*of_school.get(site, ()), line)
    return _Places(
        register.rooms, register.lines, {code: tuple(sorted(paths)) for code, paths in rooms_of.items()}, lines_of
    )


class Witnesses:
    """Gathers. Not frozen: it keeps the climbs of machines of which nothing new has come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, _Known] = {}
        self._vantage = Vantage(store)
        self._places = _Places({}, {}, {}, {})

    def forget_but(self, machines: Iterable[str]) -> None:
        """Drops what is kept of all others."""
        there = frozenset(machines)
        self._known = {machine: known for machine, known in self._known.items() if machine in there}
        self._vantage.forget_but(there)

    def gather(
        self,
        register: Register,
        code: str,
        hearing: Hearing,
        *,
        at: float,
        since: float,
        until: float,
        answers: Iterable[Answer],
    ) -> SchoolSeen:
        """All that is known of a school at `at`, with the climbs between `since` and `until` (epoch seconds)."""
        machines = [register.machines[one] for one in register.by_school.get(code, ())]
        active = [machine for machine in machines if machine.state is MachineState.ACTIVE]
        latest = {one.machine: one for one in self._store.latest(Scope(school=code), [one.id for one in active])}
        if self._places.rooms is not register.rooms or self._places.lines is not register.lines:
            self._places = _places(register)
        stands = self._vantage.stands(latest.values())
        by_code = machines_by_code({one.id: one.fingerprint for one in active})
        rooms = self._places.rooms_of.get(code, ())
        lines = self._places.lines_of.get(code, {})
        known = register.schools.get(code)
        # With the rooms that were switched off as they usually are at this time of day.
        presences = school_places(
            register,
            rooms=rooms,
            machines=active,
            heard_of=latest.get,
            hearing=hearing,
            now=at,
            apart=Apart(away=frozenset(one for one, stand in stands.items() if stand.elsewhere)),
        ).presences
        return SchoolSeen(
            school=code,
            area=known.area if known else "",
            witnesses=tuple(
                self._witness(
                    register,
                    machine,
                    heard,
                    presences[machine.id],
                    lines,
                    when=hearing.heard(heard.heard, heard.beat, at),
                    seen=seen_by(machine.id, stands[machine.id], by_code),
                    since=since,
                    until=until,
                )
                for machine in active
                # Who is away from the school says nothing of its line, and nobody misses it there.
                if (heard := latest.get(machine.id)) is not None and not stands[machine.id].elsewhere
            ),
            rooms=rooms,
            lines={
                site: tuple(Line(code=one.code, provider=one.provider) for one in there)
                for site, there in lines.items()
            },
            answers=tuple(answer for answer in answers if _is_of(answer, code, register)),
            expected=rooms_expected(register, rooms, at),
            hearing_since=hearing.listening - GRACE_SECONDS,
        )

    def _witness(
        self,
        register: Register,
        machine: Machine,
        heard: Latest,
        presence: Presence,
        lines: Mapping[str, tuple[RegisteredLine, ...]],
        *,
        when: float,
        seen: dict[str, float],
        since: float,
        until: float,
    ) -> Witness:
        room = register.rooms.get(machine.path)
        return Witness(
            machine=machine.id,
            alias=machine.alias,
            room=machine.path,
            presence=presence.state.value,
            heard=when,
            beat=heard.beat,
            since=presence.since,
            assumed=presence.assumed,
            said=heard.word_kind if heard.word == GOODBYE and heard.heard <= heard.word_at else "",
            climbs=self._climbs(machine.id, heard, since, until),
            sees=frozenset(seen),
            sees_at=heard.received,
            sees_ages=seen,
            guard=self._vantage.guard(machine.id),
            provider=provider_of(lines.get(f"{machine.school}/{machine.site}", ()), heard.egress),
            observer=granted(register, machine).observer,
            always_on=room is not None and room.always_on,
            frozen=heard.frozen is True,
        )

    def _climbs(self, machine: str, heard: Latest, since: float, until: float) -> tuple[Climb, ...]:
        known = self._known.get(machine)
        if known is None or known.heard != heard.heard or known.since > since:
            results = self._store.results(EVERYTHING, machine, since, float("inf"))
            scanned = [scan.climb for scan in self._store.scans(EVERYTHING, machine, since, float("inf"))]
            climbs = sorted((*climbs_of(results, heard.beat), *scanned), key=lambda climb: climb.at)
            known = self._known[machine] = _Known(heard.heard, since, tuple(climbs))
        return tuple(climb for climb in known.climbs if since <= climb.at <= until)

    def scanned(self, machine: str) -> None:
        """A climb of this machine was scanned from its screen: what is kept of it is not all any more."""
        self._known.pop(machine, None)


def _is_of(answer: Answer, code: str, register: Register) -> bool:
    """Whether an answer speaks of a place of this school."""
    machine = register.machines.get(answer.place.path)
    return (machine.school if machine else answer.place.path.partition("/")[0]) == code
