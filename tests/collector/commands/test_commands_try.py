"""`try`: a real collector and a real agent on this machine, stopped and started again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest


class Trial:
    """`try` as a process, with a home of its own."""

    def __init__(self, home: Path, office: int, agents: int) -> None:
        self.home = home
        self.lines: list[str] = []
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SCHOOLDRUM_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "schooldrum_collector", "try", "--lang", "en"],
            env={
                **environ,
                "SCHOOLDRUM_HOME": str(home),
                "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": f"127.0.0.1:{office}",
                "SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN": f"127.0.0.1:{agents}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def said(self, pattern: str, seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return str(found[1])
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.1)
        raise AssertionError("".join(self.lines))

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        try:
            return self.ended()
        finally:
            self.process.kill()

    def ended(self) -> int:
        code = self.process.wait(60)
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def _figures(url: str, pattern: str, seconds: float = 30) -> str:
    deadline = time.monotonic() + seconds
    page = ""
    while time.monotonic() < deadline:
        with urllib.request.urlopen(url, timeout=10) as answer:
            page = str(answer.read(), "utf-8")
        if re.search(pattern, page, re.MULTILINE):
            return page
        time.sleep(0.3)
    raise AssertionError(page)


def _machines(office: str) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{office}/api/v1/machines", timeout=10) as answer:
        listed: list[dict[str, object]] = json.load(answer)["machines"]
    return listed


def _free_ports() -> tuple[int, int]:
    """Two that nobody has: a second trial must come back to the same ones."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _running(home: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(home) in line:
            found.append(line)
    return found


@pytest.mark.slow
def test_try_shows_this_machine_stops_cleanly_and_goes_on(tmp_path: Path) -> None:
    home, ports = tmp_path / "home", _free_ports()
    first = Trial(home, *ports)
    try:
        office = first.said(r"(http://127\.0\.0\.1:\d+)/$")
        page = _figures(f"{office}/metrics/schools/DEMO", r"^school_memory_size_bytes\{")
        assert 'machine="tin1-01"' in page
        assert "school_machine_presence{" in page
        (machine,) = _machines(office)
        assert len(_running(home)) == 2
    finally:
        code = first.stop()
    assert code == 0, "".join(first.lines)
    assert _running(home) == []
    assert "Traceback" not in "".join(first.lines)
    second = Trial(home, *ports)
    try:
        office = second.said(r"(http://127\.0\.0\.1:\d+)/$")
        _figures(f"{office}/metrics/schools/DEMO", r"^school_memory_size_bytes\{")
        (again,) = _machines(office)
        assert again["id"] == machine["id"]
        assert not any("Adding this machine" in line for line in second.lines)
    finally:
        code = second.stop(signal.SIGTERM)
    assert code == 0, "".join(second.lines)
    assert _running(home) == []


@pytest.mark.slow
def test_try_says_the_goodbye_before_the_collector_stops(tmp_path: Path) -> None:
    home = tmp_path / "home"
    trial = Trial(home, 0, 0)
    try:
        office = trial.said(r"(http://127\.0\.0\.1:\d+)/$")
        _figures(f"{office}/metrics/schools/DEMO", r"^school_memory_size_bytes\{")
    finally:
        trial.stop()
    shown = subprocess.run(
        [sys.executable, "-m", "schooldrum_collector", "machines", "list", "--json", "--data", str(home / "collector")],
        env={**os.environ, "SCHOOLDRUM_COLLECTOR_CONFIG": str(home / "collector.toml")},
        capture_output=True,
        check=True,
    )
    (machine,) = json.loads(shown.stdout)
    assert machine["presence"] == "off"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells the children")
def test_killed_try_leaves_nobody_behind_and_a_second_one_names_both(tmp_path: Path) -> None:
    home = tmp_path / "home"
    trial = Trial(home, 0, 0)
    try:
        office = trial.said(r"(http://127\.0\.0\.1:\d+)/$")
        _figures(f"{office}/metrics/schools/DEMO", r"^school_memory_size_bytes\{")
        numbers = [(home / name).read_text("ascii").strip() for name in ("collector/schooldrum.lock", "agent/lock")]
        second = Trial(home, 0, 0)
        assert second.ended() == 1
        said = "".join(second.lines)
        assert f"schooldrum-collector ({numbers[0]}), schooldrum-agent ({numbers[1]})" in said
        assert f"kill {numbers[0]} {numbers[1]}" in said
        assert len(_running(home)) == 2
    finally:
        trial.process.kill()
        trial.ended()
    deadline = time.monotonic() + 30
    while _running(home) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _running(home) == []


def test_ctrl_c_while_the_program_still_loads_is_quiet() -> None:
    program = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from schooldrum_collector.__main__ import main
sys.exit(main(["try"]))
"""
    for loading in ("msgspec", "schooldrum_collector.commands.trying"):
        done = subprocess.run([sys.executable, "-c", program, loading], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (130, b"")


def test_try_says_who_has_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        trial = Trial(tmp_path / "home", port, 0)
        assert trial.ended() == 1
    said = "".join(trial.lines)
    assert f"Port {port} is in use by" in said
    assert f"({os.getpid()})" in said
    assert "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN" in said
    assert "Traceback" not in said
    assert _running(tmp_path / "home") == []


@pytest.mark.slow
def test_try_ends_both_when_one_of_them_dies(tmp_path: Path) -> None:
    home = tmp_path / "home"
    trial = Trial(home, 0, 0)
    try:
        trial.said(r"(http://127\.0\.0\.1:\d+)/$")
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes().decode()
            except OSError:
                continue
            if "schooldrum_agent\0run" in line and str(home) in line:
                os.kill(int(process.name), signal.SIGKILL)
        assert trial.ended() == 1
    finally:
        trial.process.kill()
    assert "has ended by itself" in "".join(trial.lines)
    assert _running(home) == []
