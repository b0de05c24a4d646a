import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.programs import Collector, eventually
from tests.wine.windows import Running, Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    collector = Collector(tmp_path / "collector")
    collector.serve()
    yield collector
    collector.stop()


class Pc:
    """A Windows PC with an agent."""

    def __init__(self, windows: Windows, home: Path) -> None:
        self._windows = windows
        self.state = windows.path(home)
        self._environment = {
            "SCHOOLDRUM_STATE": self.state,
            "SCHOOLDRUM_SHARED_CODE": "true",
            "SCHOOLDRUM_BEAT": "1",
            "SCHOOLDRUM_LADDER": "collector",
            "SCHOOLDRUM_PACE": "cpu=5",
            "SCHOOLDRUM_START_SPREAD": "0",
        }

    def enrol(self, collector: Collector) -> str:
        words = ("python", "-m", "schooldrum_agent", "enrol", "--collector", collector.agents)
        ended = self._windows.run(*words, environment=self._environment, typed=collector.token() + "\n", timeout=90)
        assert ended.code == 0, ended.out + ended.err
        return ended.out

    def run(self) -> Running:
        return self._windows.start("python", "-m", "schooldrum_agent", "run", environment=self._environment)


@pytest.fixture
def pc(windows: Windows, tmp_path: Path, collector: Collector) -> Pc:
    pc = Pc(windows, tmp_path / "state")
    assert "Máy 01" in pc.enrol(collector)
    return pc


def _measured(collector: Collector, since: float, until: float) -> list[float]:
    machine = collector.machines()[0]["id"]
    results = collector.results(machine, since, until)
    return [result["at"] for result in results if result["probe"] == "cpu" and result["dated"] == "exact"]


def test_a_windows_pc_enrols_and_shows_its_figures(collector, pc):
    running = pc.run()
    try:
        eventually(lambda: "school_memory_size_bytes{" in collector.page(), 60, "the machine's figures")
        page = collector.page()
        assert 'machine="tin1-01",state="online"} 1' in page
        assert re.search(r'school_machine_info\{.*system="[^"]*Windows[^"]*"\} 1', page)
        assert len([line for line in page.splitlines() if 'machine="tin1-01"' in line]) <= 40
    finally:
        running.kill()


def test_what_waits_on_disk_outlives_a_kill(collector, pc):
    running = pc.run()
    eventually(lambda: "school_memory_size_bytes{" in collector.page(), 60, "the machine's figures")
    collector.stop()
    away = time.time()
    time.sleep(12)
    running.kill()
    back = time.time()
    collector.serve()
    running = pc.run()
    try:
        eventually(lambda: _measured(collector, away, back), 60, "what waited on disk over the kill")
        assert len(collector.machines()) == 1
    finally:
        running.kill()


@pytest.mark.usefixtures("pc")
def test_the_service_starts_with_windows_and_says_goodbye_when_it_is_stopped(windows, collector, tmp_path):
    file = tmp_path / "agent.toml"
    state = windows.path(tmp_path / "state").replace("\\", "\\\\")
    file.write_text(f'state = "{state}"\nshared_code = true\nbeat = 1\nstart_spread = 0\n', encoding="utf-8")
    words = ("python", "-m", "schooldrum_agent", "service", "install", "--config", windows.path(file))
    installed = windows.run(*words, timeout=90)
    assert installed.code == 0, installed.out + installed.err
    # A service inherits the machine's environment, not that of whoever installed it.
    libraries = ";".join(windows.path(folder) for folder in windows.libraries)
    key = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
    windows.run("reg", "add", key, "/v", "PYTHONPATH", "/d", libraries, "/f")
    try:
        windows.reboot()
        eventually(lambda: 'machine="tin1-01",state="online"} 1' in collector.page(), 60, "the service's first report")
        windows.run("sc", "stop", "Schooldrum", timeout=60)
        eventually(lambda: 'machine="tin1-01",state="off"} 1' in collector.page(), 30, "the goodbye")
        assert collector.presence()["assumed"] is False, "off because it said so, not because nobody expects it now"
    finally:
        removed = windows.run("python", "-m", "schooldrum_agent", "service", "remove", timeout=90)
    assert removed.code == 0, removed.out + removed.err
