"""How are collector and agent run as a person runs them: real processes, told by command line and environment.

Ports are the system's choice; a collector that is started again listens where it listened before.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

_LEFT_OUT = "SCHOOLDRUM_"
ROOM = "DEMO/main/tin1"
COLLECTOR = (sys.executable, "-m", "schooldrum_collector")
AGENT = (sys.executable, "-m", "schooldrum_agent")


def eventually(true: Callable[[], object], within: float, what: str, every: float = 0.2) -> None:
    """Returns as soon as `true()` holds; fails with `what` when that takes longer than `within` seconds."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(every)


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)} | more


def fetched(url: str, timeout: float = 10) -> str:
    """What a GET answers, whatever its status; empty where nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        return refused.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return ""


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago, for programs that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Program:
    """A program that runs; its log goes to a file, so that it never waits for a reader."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str], *, typed: str = "") -> None:
        self.log = log
        self._stream: IO[bytes] = log.open("ab")
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stream
        )
        assert self.process.stdin is not None
        with self.process.stdin:
            self.process.stdin.write(typed.encode())

    def stop(self, within: float = 20) -> int:
        """Asks it to end (SIGTERM) and returns its exit code; one that does not end fails the test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._reaped(within)

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self.process.kill()
        self._reaped(10)

    def _reaped(self, within: float) -> int:
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end within {within} s:\n{self.log.read_text('utf-8', 'replace')}") from None
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._stream.close()
        return code


class Collector:
    """A collector with a data directory of its own; `serve` starts it, `call` runs any other of its commands.

    `program` is how it is started where that is not by its own module (shifted_collector.py, small_disk.py);
    `settings` are further keys of its configuration.
    """

    def __init__(self, home: Path, *, program: Sequence[str] = COLLECTOR, **settings: str) -> None:
        self.home = home
        self.program = program
        self._settings = {f"SCHOOLDRUM_COLLECTOR_{name.upper()}": value for name, value in settings.items()}
        self.office = ""
        self.agents = ""
        self._program: Program | None = None
        self._listen = {"AGENTS": "127.0.0.1:0", "OFFICE": "127.0.0.1:0"}
        home.mkdir(parents=True, exist_ok=True)

    def _environment(self) -> dict[str, str]:
        settings = {
            "DATA": str(self.home / "data"),
            "LANGUAGE": "en",
            "AGENTS_LISTEN": self._listen["AGENTS"],
            "OFFICE_LISTEN": self._listen["OFFICE"],
        }
        own = {f"SCHOOLDRUM_COLLECTOR_{name}": value for name, value in settings.items()}
        return _environment(own | self._settings)

    def serve(self, *, is_open: bool = True) -> None:
        """Starts it, with an office door that asks for no token unless told otherwise; returns when both are open."""
        command = [*self.program, "serve", *(["--open"] if is_open else []), "--json"]
        self._program = Program(command, self.home / "collector.log", self._environment())
        assert self._program.process.stdout is not None
        line = self._program.process.stdout.readline()
        if not line:
            self._program.stop()
            raise AssertionError(f"the collector did not start:\n{self.log()}")
        doors = json.loads(line)
        self.office, self.agents = doors["office"], doors["agents"]
        self._listen = {"AGENTS": urlsplit(self.agents).netloc, "OFFICE": urlsplit(self.office).netloc}

    @property
    def pid(self) -> int:
        """The process that serves."""
        assert self._program is not None
        return self._program.process.pid

    def log(self) -> str:
        """What it has logged so far."""
        return (self.home / "collector.log").read_text("utf-8", "replace")

    def stop(self) -> int:
        """Asks it to end; returns its exit code."""
        assert self._program is not None
        return self._program.stop()

    def kill(self) -> None:
        """Ends it at once."""
        assert self._program is not None
        self._program.kill()

    def call(self, *words: str) -> str:
        """Runs one of its other commands on the same data and returns what it printed."""
        ended = subprocess.run(
            [*self.program, *words],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def token(self, seats: int = 40) -> str:
        """An install code for the room DEMO/main/tin1, which is made on the way."""
        self.call("school", "add", "--code", "DEMO", "--name", "THCS Bình Minh")
        self.call("room", "add", "--school", "DEMO", "--room", "tin1", "--name", "Phòng Tin 1", "--seats", str(seats))
        said = json.loads(self.call("token", "new", "--room", ROOM, "--json"))
        return str(said["token"])

    def machines(self) -> list[dict[str, Any]]:
        """What `machines list --json` says."""
        said = json.loads(self.call("machines", "list", "--json"))
        machines: list[dict[str, Any]] = said if isinstance(said, list) else said["machines"]
        return machines

    def presence(self) -> dict[str, Any]:
        """What `machines show --json` says of the first machine's presence."""
        said = json.loads(self.call("machines", "show", self.machines()[0]["id"], "--json"))
        presence: dict[str, Any] = said["presence"]
        return presence

    def results(self, machine: str, since: float, until: float) -> list[dict[str, Any]]:
        """History of a machine as the office door's API tells it."""
        said = json.loads(fetched(f"{self.office}/api/v1/machines/{machine}/results?since={since}&until={until}"))
        results: list[dict[str, Any]] = said["results"]
        return results

    def page(self, school: str = "DEMO") -> str:
        """The school's exposition page as it is now."""
        return fetched(f"{self.office}/metrics/schools/{school}")


class Agent:
    """An agent with a state directory of its own on this machine; `program` as a collector's."""

    def __init__(self, home: Path, *, program: Sequence[str] = AGENT, **settings: str) -> None:
        self.home = home
        self.program = program
        self._settings = {f"SCHOOLDRUM_{name.upper()}": value for name, value in settings.items()}
        self._program: Program | None = None
        home.mkdir(parents=True, exist_ok=True)

    def _environment(self) -> dict[str, str]:
        # Tests cut many lines; the public servers that a PC would then ask are not theirs to ask.
        own = {
            "SCHOOLDRUM_STATE": str(self.home / "state"),
            "SCHOOLDRUM_SHARED_CODE": "true",
            "SCHOOLDRUM_LADDER": "collector",
        }
        return _environment(own | self._settings)

    def call(self, *words: str, typed: str = "", code: int = 0) -> str:
        """Runs one of its commands to its end, which must come with this exit code, and returns what it printed."""
        ended = subprocess.run(
            [*self.program, *words],
            env=self._environment(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == code, f"{words}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def enrol(self, collector: Collector) -> str:
        """Enrols by a fresh install code."""
        return self.call("enrol", "--collector", collector.agents, typed=collector.token())

    def run(self) -> None:
        """Starts measuring and reporting."""
        command = [*self.program, "run"]
        self._program = Program(command, self.home / "agent.log", self._environment())

    @property
    def pid(self) -> int:
        """The process that measures and reports."""
        assert self._program is not None
        return self._program.process.pid

    def stop(self) -> int:
        """Asks it to end, so that it says goodbye; returns its exit code."""
        assert self._program is not None
        return self._program.stop()

    def kill(self) -> None:
        """Ends it at once."""
        assert self._program is not None
        self._program.kill()
