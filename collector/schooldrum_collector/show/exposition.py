"""A school's machines as Prometheus reads them: what was measured, and what the collector knows of each machine.

Place labels come from the register alone, names and label sets from the catalogue alone: nothing an agent sends can
mint either. Pending and retired machines are not shown.

How long a value is shown: one that is `kept`, until its machine is retired. One that is `heard`, while its machine is
online and its result not older than twice the pace of its probe and one beat; the pace is the one granted by the
settings, and 300 s where that is shorter or nothing was granted. The zero of a `quiet` metric is not shown at all.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple, Protocol

import msgspec

from schooldrum_collector.judge.appraisal import opened_kept
from schooldrum_collector.judge.live import Live, Unreadable, opened
from schooldrum_collector.judge.presence import Presence, State, bounded_beat
from schooldrum_collector.judge.settings import granted
from schooldrum_collector.show.families import Families, escaped, labels
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
from schooldrum_wire.catalogue.probe import EVIDENCE_TIMESTAMP, PROBE_FAILED
from schooldrum_wire.metric import Kind, Lasts, label_fault
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Outcome

PACE_SECONDS = 300
FAILURES = frozenset({Outcome.DENIED.value, Outcome.FAILED.value, Outcome.TIMED_OUT.value})
"""Outcomes that somebody should look into; `unavailable` says that there is nothing to look at."""
PROBES_SHOWN = 40
_PROBE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MACHINES_AT_ONCE = 20

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
    measured = _Measured(families)
    paces: dict[str, Mapping[str, int]] = {}
    for count, machine_id in enumerate(register.by_school.get(school, ()), 1):
        machine = register.machines[machine_id]
        if machine.state is not MachineState.ACTIVE:
            continue
        if machine.path not in paces:
            paces[machine.path] = granted(register, machine).pace
        heard = known.get(machine_id)
        place = labels(school=machine.school, site=machine.site, room=machine.room, machine=machine.alias)
        state = judged(machine, heard)
        _add_machine(families, place, machine, state, heard)
        shown: set[str] = set()
        if heard is not None:
            online = state.state is State.ONLINE
            try:
                live = opened(heard.body)
            except Unreadable:
                unreadable(machine_id)
            else:
                fresh = _Freshness(now if online else None, bounded_beat(heard.beat), paces[machine.path])
                measured.add_live(place, heard, live, fresh, shown)
        if machine_id in kept:
            measured.add_kept(place, kept[machine_id], shown)
        if not count % _MACHINES_AT_ONCE:
            yield b""
    yield from families.written(openmetrics=openmetrics)


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
    if heard.frozen is not None:
        families.add(DISK_FROZEN.name, place, "1" if heard.frozen else "0")
    if state.state is State.ONLINE:
        families.add(CLOCK_SKEW_SECONDS.name, place, f"{heard.skew:.3f}")


@functools.lru_cache(maxsize=1024)
def _about(agent: str, system: str) -> str:
    """What an agent says of itself, as labels: text of a stranger, written where it is fit for a label."""
    sound = {name: "" if label_fault(text) else text for name, text in (("agent", agent), ("system", system))}
    return f",{labels(**sound)}" if any(sound.values()) else ""


class _Freshness(msgspec.Struct, frozen=True):
    """What decides whether a `heard` value of a machine is shown; `now` is None where the machine is not online."""

    now: float | None
    beat: int
    paces: Mapping[str, int]

    def has(self, probe: str, measured: float) -> bool:
        """Whether a result of this probe, measured at this time, still speaks of the present."""
        if self.now is None:
            return False
        return self.now - measured <= 2 * max(PACE_SECONDS, self.paces.get(probe, 0)) + self.beat


_boottime = attrgetter("boottime")


class _Column(NamedTuple):
    """What is looked up once per metric and page, and then needed for each of its samples."""

    lines: list[str]
    begin: str
    is_age: bool
    is_kept: bool
    is_quiet: bool
    own: tuple[str, ...]
    written: dict[str, tuple[str, str]]
    """For a metric with one label of its own, by the label's value: the series, and the label as it is written."""


class _Measured:
    """Adds to a page what machines measured: the part of it that runs tens of thousands of times."""

    def __init__(self, families: Families) -> None:
        self._families = families
        self._columns: dict[str, _Column] = {}

    def add_live(self, place: str, heard: Latest, live: Live, fresh: _Freshness, shown: set[str]) -> None:
        """A machine's readings and failing probes; `shown` then holds the series that it has."""
        if live.boot != heard.boot:
            # Its ages are seconds of a clock whose zero is not known: neither freshness nor timestamps can be told.
            return
        told: set[str] = set()
        for result in sorted(live.results, key=_boottime, reverse=True):
            probe, measured = result.probe, heard.clock + result.boottime
            if result.outcome == Outcome.OK:
                is_fresh = fresh.has(probe, measured)
                if self._add_readings(place, result.readings, measured, shown, is_fresh=is_fresh):
                    self._add_evidence(f'{place},probe="{escaped(probe)}"', measured, shown)
            elif fresh.now is not None and probe not in told and len(told) < PROBES_SHOWN and is_failure(result):
                self._families.add(PROBE_FAILED.name, f'{place},probe="{probe}",outcome="{result.outcome}"', "1")
            told.add(probe)

    def add_kept(self, place: str, appraised: Appraised, shown: set[str]) -> None:
        """What was judged of a machine, and what it said before, as far as its newest report does not say it anew."""
        try:
            kept = opened_kept(appraised.body)
        except Unreadable:
            return
        for reading in kept.readings:
            metric = METRICS.get(reading.name)
            if metric is None or metric.lasts is not Lasts.KEPT or metric.fault(reading.value, reading.labels):
                continue
            text = "".join([f',{name}="{escaped(reading.labels[name])}"' for name in metric.labels])
            series = f"{reading.name}{{{text}"
            if series not in shown:
                shown.add(series)
                self._families.add(reading.name, place + text, f"{reading.value!r}")
        for probe, measured in kept.evidence.items():
            self._add_evidence(f'{place},probe="{escaped(probe)}"', measured, shown)

    def _column(self, name: str) -> _Column | None:
        """The column of a metric that this page has not had yet; None where an agent may not say it."""
        metric = METRICS.get(name)
        if metric is None or metric.by_collector:
            return None
        column = self._columns[name] = _Column(
            lines=self._families.lines(name),
            begin=f"{name}{{",
            is_age=metric.kind is Kind.AGE,
            is_kept=metric.lasts is Lasts.KEPT,
            is_quiet=metric.quiet,
            own=metric.labels,
            written={},
        )
        return column

    def _add_evidence(self, inside: str, measured: float, shown: set[str]) -> None:
        if inside not in shown:
            shown.add(inside)
            self._families.add(EVIDENCE_TIMESTAMP.name, inside, f"{measured:.0f}")

    def _add_readings(
        self, place: str, readings: Iterable[Reading], measured: float, shown: set[str], *, is_fresh: bool
    ) -> bool:
        """Adds the readings of one result, but for those that are not as declared or that `shown` already has.

        Where the result is not fresh, only what is kept. Returns whether the result has anything that is kept. Two
        probes may say the same thing; the same series twice spoils a page for every reader.
        """
        columns = self._columns
        has_kept = False
        for reading in readings:
            column = columns.get(reading.name) or self._column(reading.name)
            if column is None:
                continue
            lines, begin, is_age, is_kept, is_quiet, own, written = column
            if is_kept:
                has_kept = True
            elif not is_fresh or (is_quiet and not reading.value):
                continue
            given = reading.labels
            if len(given) != len(own):
                continue
            # Strings that are looked for again and again know their hash.
            series, text = (written.get(given.get(own[0], "")) or _written(column, given)) if own else (begin, "")
            if not series or series in shown:
                continue
            shown.add(series)
            value = round(measured - reading.value) if is_age else reading.value
            lines.append(f"{begin}{place}{text}}} {value!r}\n")
        return has_kept


def _written(column: _Column, given: Mapping[str, str]) -> tuple[str, str]:
    """The series, and its own labels in declared order with a comma before each; empty where not as declared."""
    if any(name not in given for name in column.own):
        return "", ""
    text = "".join([f',{name}="{escaped(given[name])}"' for name in column.own])
    written = column.begin + text, text
    if len(column.own) == 1:
        column.written[given[column.own[0]]] = written
    return written
