"""A school's machines as Prometheus reads them: what was measured, and what the collector knows of each machine.

Place labels come from the register alone, names and label sets from the catalogue alone: nothing an agent sends can
mint either. Pending and retired machines are not shown.

How long a value is shown: one that is `kept`, until its machine is retired. One that is `heard`, while its machine is
online and its result not older than twice the pace of its probe and one beat; the pace is the one granted by the
settings, and 300 s where that is shorter or nothing was granted. The zero of a `quiet` metric is not shown at all.
"""

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

import msgspec

from schooldrum_collector.judge.appraisal import Kept, opened_kept
from schooldrum_collector.judge.live import ToldResult, Unreadable, told
from schooldrum_collector.judge.patches import unproven
from schooldrum_collector.judge.presence import Presence, State, bounded_beat
from schooldrum_collector.judge.settings import granted
from schooldrum_collector.show.families import Families, escaped, labels
from schooldrum_collector.show.measured import NO_SHAPE, Freshness, Measurements, Shape, own_labels
from schooldrum_collector.store.records import Appraised, Latest, Machine, MachineState, Register
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.catalogue.clock import CLOCK_SKEW_SECONDS
from schooldrum_wire.catalogue.machine import (
    DISK_FROZEN,
    MACHINE_CONFLICT,
    MACHINE_INFO,
    MACHINE_LAST_REPORT_TIMESTAMP,
    MACHINE_PRESENCE,
)
from schooldrum_wire.catalogue.probe import PROBE_FAILED
from schooldrum_wire.metric import Lasts, label_fault
from schooldrum_wire.result import Outcome

FAILURES = frozenset({Outcome.DENIED.value, Outcome.FAILED.value, Outcome.TIMED_OUT.value})
"""Outcomes that somebody should look into; `unavailable` says that there is nothing to look at."""
PROBES_SHOWN = 40
_PROBE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MACHINES_AT_ONCE = 20
_boottime = attrgetter("boottime")
_NOT_JUDGED = Kept(unproven=unproven(None))

Judged = Callable[[Machine, Latest | None], Presence]
"""The presence of a machine of which this is the newest that is known."""


def _nobody(machine: str) -> None:
    del machine


class Ended(Protocol):
    """What is asked of a probe's run."""

    @property
    def probe(self) -> str:
        """The probe's name."""

    @property
    def outcome(self) -> str:
        """How it ended."""


def is_failure(run: Ended) -> bool:
    """Whether somebody should look into this run, of a probe whose name is one."""
    return run.outcome in FAILURES and _PROBE.fullmatch(run.probe) is not None


def render(
    register: Register,
    school: str,
    latest: Iterable[Latest],
    judged: Judged,
    now: float,
    *,
    appraised: Iterable[Appraised] = (),
    openmetrics: bool = False,
) -> bytes:
    """The page of a school in one piece; see school_page."""
    pieces = school_page(register, school, latest, judged, now, appraised=appraised, openmetrics=openmetrics)
    return b"".join(pieces)


def school_page(
    register: Register,
    school: str,
    latest: Iterable[Latest],
    judged: Judged,
    now: float,
    *,
    appraised: Iterable[Appraised] = (),
    openmetrics: bool = False,
    unreadable: Callable[[str], None] = _nobody,
) -> Iterator[bytes]:
    """The page of a school in pieces; empty ones mark where an event loop may turn to others.

    `unreadable` is told the id of a machine whose kept report cannot be opened: it is shown without its readings.
    """
    known = {one.machine: one for one in latest}
    kept = {one.machine: one for one in appraised}
    families = Families()
    measurements = Measurements(families)
    rooms: dict[str, tuple[str, Mapping[str, int]]] = {}
    for count, machine_id in enumerate(register.by_school.get(school, ()), 1):
        machine = register.machines[machine_id]
        if machine.state is not MachineState.ACTIVE:
            continue
        room = rooms.get(machine.path)
        if room is None:
            about = labels(school=machine.school, site=machine.site, room=machine.room)
            room = rooms[machine.path] = about, granted(register, machine).pace
        place = f'{room[0]},machine="{escaped(machine.alias)}"'
        heard = known.get(machine_id)
        state = judged(machine, heard)
        _add_machine(families, place, machine, state, heard)
        shape = NO_SHAPE
        judgement = _opened(kept.get(machine_id))
        if heard is not None:
            fresh = Freshness(now if state.state is State.ONLINE else None, bounded_beat(heard.beat), room[1])
            try:
                shape = _add_told(families, measurements, place, heard, fresh, unproven=judgement.unproven)
            except (Unreadable, msgspec.ValidationError):
                unreadable(machine_id)
        _add_kept(families, measurements, place, judgement, shape)
        if not count % _MACHINES_AT_ONCE:
            yield b""
    yield from measurements.written()
    yield from families.written(openmetrics=openmetrics)


def _opened(appraised: Appraised | None) -> Kept:
    """What was judged of a machine; nothing where that cannot be read."""
    try:
        return opened_kept(appraised.body) if appraised is not None else _NOT_JUDGED
    except Unreadable:
        return _NOT_JUDGED


def _add_told(
    families: Families,
    measurements: Measurements,
    place: str,
    heard: Latest,
    fresh: Freshness,
    *,
    unproven: Collection[str],
) -> Shape:
    """A machine's readings and failing probes; the shape says which readings it has.

    The nought of what is `unproven` is left out.
    """
    live = told(heard.body)
    if live.boot != heard.boot:
        # Its ages are seconds of a clock whose zero is not known: neither freshness nor timestamps can be told.
        return NO_SHAPE
    shape = measurements.add(place, heard.clock, _proven(live.results, unproven), fresh)
    if fresh.now is not None and not FAILURES.isdisjoint([one.outcome for one in live.results]):
        _add_failures(families, place, live.results)
    return shape


def _proven(results: Sequence[ToldResult], unproven: Collection[str]) -> Sequence[ToldResult]:
    """The results without noughts that prove nothing."""
    if not unproven:
        return results
    # Flat, because every PC of a page goes through it and few have any.
    empty = [one for one in results for said in one.readings if said.name in unproven and not said.value]
    if not empty:
        return results
    return [
        msgspec.structs.replace(
            one, readings=tuple(said for said in one.readings if said.value or said.name not in unproven)
        )
        if one in empty
        else one
        for one in results
    ]


def _add_machine(families: Families, place: str, machine: Machine, state: Presence, heard: Latest | None) -> None:
    """What the collector itself knows of a machine."""
    families.add(MACHINE_PRESENCE.name, f'{place},state="{state.state.value}"', "1")
    if machine.conflict:
        families.add(MACHINE_CONFLICT.name, place, "1")
    if heard is None:
        return
    families.add(MACHINE_LAST_REPORT_TIMESTAMP.name, place, f"{heard.heard:.3f}")
    about = _about(heard.agent, heard.system)
    if about:
        families.add(MACHINE_INFO.name, place + about, "1")
    if heard.frozen:
        families.add(DISK_FROZEN.name, place, "1")
    if state.state is State.ONLINE:
        families.add(CLOCK_SKEW_SECONDS.name, place, f"{heard.skew:z.3f}")


@functools.lru_cache(maxsize=1024)
def _about(agent: str, system: str) -> str:
    """What an agent says of itself, as labels: text of a stranger, written where it is fit for a label."""
    sound = {name: "" if label_fault(text) else text for name, text in (("agent", agent), ("system", system))}
    return f",{labels(**sound)}" if any(sound.values()) else ""


def _add_failures(families: Families, place: str, results: Iterable[ToldResult]) -> None:
    """The probes of which the newest run failed."""
    told: set[str] = set()
    for result in sorted(results, key=_boottime, reverse=True):
        probe = result.probe
        if probe not in told and len(told) < PROBES_SHOWN and is_failure(result):
            families.add(PROBE_FAILED.name, f'{place},probe="{probe}",outcome="{result.outcome}"', "1")
        told.add(probe)


def _add_kept(families: Families, measurements: Measurements, place: str, kept: Kept, shape: Shape) -> None:
    """What was judged of a machine, and what it said before, as far as its newest report does not say it anew."""
    shown = set(shape.series)
    for reading in kept.readings:
        metric = METRICS.get(reading.name)
        if metric is None or metric.lasts is not Lasts.KEPT or metric.fault(reading.value, reading.labels):
            continue
        text = own_labels(metric, reading.labels)
        series = f"{reading.name}{{{text}"
        if series not in shown:
            shown.add(series)
            families.add(reading.name, f"{place}{text}", f"{reading.value!r}")
    measured = {probe for _, probe in shape.evidence}
    for probe, at in kept.evidence.items():
        if probe not in measured:
            measurements.add_evidence(place, probe, at)
