"""A real Prometheus beside a running pair, with the configuration that deploy/prometheus ships."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.beside import Prometheus
from tests.e2e.programs import Agent, Collector, eventually, fetched

pytestmark = pytest.mark.prometheus


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Collector]:
    """A collector as an office runs it: nobody reads without its token."""
    collector = Collector(tmp_path / "collector")
    collector.serve(is_open=False)
    yield collector
    collector.stop()


@pytest.fixture
def prometheus(tmp_path: Path, guarded: Collector) -> Iterator[Prometheus]:
    agent = Agent(tmp_path / "agent", beat="1", pace="cpu=5", start_spread="0")
    agent.enrol(guarded)
    agent.run()
    token = (guarded.home / "data" / "office-token").read_text("ascii").strip()
    prometheus = Prometheus(tmp_path / "prometheus", guarded.office, token=token)
    yield prometheus
    prometheus.program.stop(90)
    agent.stop()


def test_prometheus_finds_the_school_with_its_token_and_keeps_it_over_a_restart_of_the_collector(prometheus, guarded):
    assert "needs the office's token" in fetched(f"{guarded.office}/sd/schools")
    eventually(lambda: prometheus.targets() == {"DEMO": "up"}, 60, "the school, found by asking the collector")
    eventually(lambda: prometheus.query("school_memory_available_bytes"), 60, "a sample in Prometheus")
    [sample] = prometheus.query("school_memory_available_bytes")
    assert sample["metric"] == {
        "__name__": "school_memory_available_bytes",
        "job": "schooldrum-schools",
        "instance": "DEMO",
        "school": "DEMO",
        "site": "main",
        "room": "tin1",
        "machine": "tin1-01",
    }
    facts = Path("/proc/meminfo").read_text("ascii")
    total = int(re.findall(r"MemTotal: +(\d+)", facts)[0]) * 1024
    assert 0 < float(sample["value"][1]) < total

    assert prometheus.query('{__name__=~"school.*", exported_school!=""}') == []
    assert prometheus.query('{__name__=~"school.*", exported_machine!=""}') == []
    assert prometheus.query('{__name__=~"school_.*", job="schooldrum-schools", school!="DEMO"}') == []
    assert len(prometheus.query('{job="schooldrum-schools", machine="tin1-01", __name__=~"school.*"}')) <= 40
    online = prometheus.query('school_machine_presence{state="online"}')
    assert [one["value"][1] for one in online] == ["1"]
    eventually(lambda: prometheus.query('up{job="schooldrum"} == 1'), 20, "the collector's own metrics")
    eventually(lambda: prometheus.query('ALERTS{alertname="SchooldrumAlive"}'), 90, "the dead man's switch")

    guarded.kill()
    eventually(lambda: prometheus.targets() == {"DEMO": "down"}, 30, "the school's page is down, its target stays")
    guarded.serve(is_open=False)
    eventually(lambda: prometheus.targets() == {"DEMO": "up"}, 30, "the school's page is read again")
    eventually(lambda: prometheus.query("school_memory_available_bytes"), 60, "the machine's figures again")


def test_promtool_finds_nothing_wrong_with_a_live_page(collector, agent):
    del agent
    eventually(lambda: "school_memory_size_bytes" in collector.page(), 30, "the machine's figures")
    for page in (
        collector.page(),
        fetched(f"{collector.office}/metrics/schools"),
        fetched(f"{collector.office}/metrics"),
    ):
        ended = subprocess.run(
            ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=30, check=False
        )
        assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
