"""What the readers make of recorded machines, compared with what is written beside each recording."""

import json
from pathlib import Path
from typing import Any

import pytest

from schooldrum_agent.probe import Probe
from schooldrum_agent.probes import PROBES
from schooldrum_agent.record import exposed
from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row
from schooldrum_wire.sifting import reading_fault

MACHINES = sorted(path for path in (Path(__file__).parents[1] / "machines").iterdir() if path.is_dir())


def replayed(machine: Path) -> tuple[list[Reading], dict[str, list[dict[str, Any]]]]:
    system = json.loads((machine / "machine.json").read_text("utf-8"))["system"]
    readings: list[Reading] = []
    rows: dict[str, list[dict[str, Any]]] = {}
    for probe in PROBES:
        path = machine / f"{probe.name}.json"
        if not path.exists():
            continue  # recorded before there was such a probe
        capture = json.loads(path.read_text("utf-8"))
        if capture["outcome"] != "ok":
            continue
        for told in probe.on[system].read(capture["data"]):
            if isinstance(told, Row):
                rows.setdefault(told.section, []).append(dict(told.values))
            else:
                readings.append(told)
    return readings, rows


def test_there_are_machines_of_both_systems() -> None:
    systems = {json.loads((machine / "machine.json").read_text("utf-8"))["system"] for machine in MACHINES}
    assert systems == {"linux", "win32"}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)
def test_a_machine_reads_as_expected(machine: Path) -> None:
    readings, rows = replayed(machine)
    assert exposed(readings) == (machine / "expected.prom").read_text("utf-8")
    assert rows == json.loads((machine / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)
def test_every_reading_is_declared_and_none_is_said_twice(machine: Path) -> None:
    readings, rows = replayed(machine)
    series = [(reading.name, tuple(sorted(reading.labels.items()))) for reading in readings]
    assert len(set(series)) == len(series)
    assert [fault for reading in readings if (fault := reading_fault(reading))] == []
    assert [fault for name, listed in rows.items() for row in listed if (fault := SECTIONS[name].fault(row))] == []
    # A typical PC exposes at most 40 with what is judged of it: see test_judge_appraisal.py.
    assert len(series) <= 34


def test_the_readers_use_every_metric_the_agent_may_send() -> None:
    told = {reading.name for machine in MACHINES for reading in replayed(machine)[0]}
    topics = {"cpu", "memory", "disk", "interfaces", "uptime", "clock", "agent"}
    sent = {
        name
        for name, metric in METRICS.items()
        if not metric.by_collector
        and not metric.until
        and any(name.startswith(f"school_{topic.rstrip('s')}") for topic in topics)
    }
    assert sent - told == set()


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_probe_has_both_systems_and_sound_bounds(probe: Probe) -> None:
    assert set(probe.on) == {"linux", "win32"}
    assert 1 <= probe.floor <= probe.every
    assert 0 < probe.timeout < max(60, probe.every)
    assert set(probe.sections) <= set(SECTIONS)
