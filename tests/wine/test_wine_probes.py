import json
from pathlib import Path
from typing import Any

import pytest
from tests.wine.windows import Windows

from schooldrum_wire.catalogue import METRICS, SECTIONS

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
OUTCOMES = {"ok", "unavailable", "denied", "failed", "timed_out"}
MUST_ANSWER = {"agent", "clock", "cpu", "disk", "host", "memory", "uptime"}
"""What Wine answers as Windows does; elsewhere it may have nothing, but never crashes the agent."""


@pytest.fixture(scope="module")
def said(windows: Windows, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    state = windows.path(tmp_path_factory.mktemp("state"))
    environment = {"SCHOOLDRUM_STATE": state, "SCHOOLDRUM_SHARED_CODE": "true"}
    ended = windows.run("python", "-m", "schooldrum_agent", "once", "--json", timeout=150, environment=environment)
    assert ended.code == 0, ended.err
    answer: dict[str, Any] = json.loads(ended.out)
    return answer


def _readings(said: dict[str, Any]) -> dict[str, list[tuple[float, dict[str, str]]]]:
    found: dict[str, list[tuple[float, dict[str, str]]]] = {}
    for result in said["results"]:
        for name, value, *labels in result.get("readings", []):
            found.setdefault(name, []).append((value, labels[0] if labels else {}))
    return found


def test_every_probe_ends_in_an_outcome_and_the_plain_ones_answer(said):
    outcomes = {result["probe"]: result["outcome"] for result in said["results"]}
    assert set(outcomes.values()) <= OUTCOMES
    reasons = {result["probe"]: result.get("reason") for result in said["results"]}
    assert {probe: reasons[probe] for probe in MUST_ANSWER if outcomes[probe] != "ok"} == {}


def test_the_figures_are_those_of_this_machine(said):
    readings = _readings(said)
    facts = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    [(size, _)] = readings["school_memory_size_bytes"]
    assert size == pytest.approx(int(facts["MemTotal"].split()[0]) * 1024, rel=0.01)
    [(available, _)] = readings["school_memory_available_bytes"]
    assert 0 < available < size
    assert all(0 <= share <= 1 for share, _ in readings.get("school_cpu_usage_ratio", []))
    volumes = {labels["volume"]: size for size, labels in readings["school_disk_size_bytes"]}
    assert all(size > 1 << 30 for size in volumes.values())
    assert any(volume.startswith("C") for volume in volumes)


def test_only_declared_readings_and_rows_leave(said):
    assert set(_readings(said)) <= set(METRICS)
    assert set(said["sections"]) <= set(SECTIONS)


def test_the_list_of_probes_is_told(windows: Windows):
    ended = windows.run("python", "-m", "schooldrum_agent", "probes", "--json")
    assert ended.code == 0, ended.err
    assert {probe["name"] for probe in json.loads(ended.out)} >= MUST_ANSWER | {"interfaces"}


def test_vietnamese_reaches_a_pipe_whose_code_page_lacks_it(windows: Windows, tmp_path):
    environment = {"SCHOOLDRUM_STATE": windows.path(tmp_path), "SCHOOLDRUM_SHARED_CODE": "true"}
    ended = windows.run("python", "-m", "schooldrum_agent", "doctor", "--lang", "vi", environment=environment)
    assert ended.code in {0, 1}, ended.err
    assert "Traceback" not in ended.err
    assert "máy" in ended.out.lower()
