"""Whatever a probe waits for and never gets: it is timed out, it is gone, and the agent's beat misses nothing by it."""

import itertools
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schooldrum_agent.clock import Clock
from schooldrum_agent.leash import clean_environment, program
from schooldrum_agent.outline import CHILDREN
from schooldrum_agent.probe import Doors, Probe
from schooldrum_agent.runner import Runner
from schooldrum_agent.schedule import Schedule
from schooldrum_wire.result import Finding, Outcome

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are looked for in /proc")

CLOCK = Clock(monotonic=time.monotonic, boottime=time.monotonic, wall=time.time, boot="boot")
BEAT = 0.1
TIMEOUT = 1.0
STUCK = """
import os, signal, sys, threading, time
from pathlib import Path
import msgspec
from schooldrum_agent.child import serve
from schooldrum_agent.probe import Source
from schooldrum_agent.probes import load
from schooldrum_agent.sources import command

here, how, name = sys.argv[1:]
def note(pid):
    with (Path(here) / "pids").open("a") as file: file.write(f"{pid}\\n")
def waits(doors):  # as a WMI call does, or an update search of an hour
    time.sleep(3600)
def spins(doors):
    while True: pass
def asks(doors):  # as a tool does whose controller is dead
    def tell():
        while not (started := Path(f"/proc/self/task/{main}/children").read_text().split()): time.sleep(0.01)
        for pid in started: note(pid)
    main = threading.get_native_id()
    threading.Thread(target=tell, daemon=True).start()
    command.run("/bin/sh", "-c", "trap '' TERM; sleep 3600", timeout=3600)
probe = load(name)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
note(os.getpid())
stuck = Source({"waits": waits, "spins": spins, "asks": asks}[how], probe.on[sys.platform].read)
probe = msgspec.structs.replace(probe, on={sys.platform: stuck})
os._exit(serve(name, [probe], boottime=time.monotonic, wall=time.time, system=sys.platform))
"""


class Agent:
    """A runner in its loop beside a beat, as the agent has them."""

    def __init__(self, command: Sequence[str], doors: Doors | None = None) -> None:
        self.found: list[Finding] = []
        self.beats: list[float] = []
        self.schedule = Schedule(time.monotonic)
        self.schedule.every("beat", BEAT, lambda: self.beats.append(time.monotonic()))
        self.runner = Runner(
            doors=doors or Doors(boottime=CLOCK.boottime, wall=CLOCK.wall),
            clock=CLOCK,
            system=sys.platform,
            post=self.schedule.post,
            found=self.found.append,
            command=command,
            environment=clean_environment(os.environ, sys.platform, sys.path),
        )
        self.thread = threading.Thread(target=self.schedule.run, args=(self.turn,), daemon=True)
        self.thread.start()

    def turn(self) -> float:
        return min(0.5, self.runner.expire())

    def start(self, probe: Probe) -> bool:
        done: list[bool] = []
        self.schedule.post(lambda: done.append(self.runner.start(probe)))
        wait_for(lambda: done)
        return done[0]

    def longest_silence(self) -> float:
        return max((later - earlier for earlier, later in itertools.pairwise(self.beats)), default=0.0)

    def end(self) -> None:
        self.schedule.post(self.schedule.stop)
        self.thread.join(5)


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pids(folder: Path) -> list[int]:
    try:
        return [int(line) for line in (folder / "pids").read_text("utf-8").split()]
    except OSError:
        return []


@pytest.fixture
def agents() -> Iterator[list[Agent]]:
    made: list[Agent] = []
    yield made
    for agent in made:
        agent.end()


@pytest.mark.parametrize(
    ("probe", "how"),
    [(probe, how) for probe, how in zip(CHILDREN, itertools.cycle(["waits", "asks", "spins"]), strict=False)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_child_probe_that_is_never_answered(tmp_path, agents, probe, how):
    (tmp_path / "stuck.py").write_text(STUCK, "utf-8")
    agent = Agent([sys.executable, str(tmp_path / "stuck.py"), str(tmp_path), how])
    agents.append(agent)
    hurried = msgspec.structs.replace(probe, timeout=TIMEOUT)
    processes = 2 if how == "asks" else 1

    assert agent.start(hurried)
    wait_for(lambda: len(pids(tmp_path)) == processes)
    started = pids(tmp_path)
    again = [agent.start(hurried) and not agent.found for _ in range(5)]
    assert not any(again), "it was started again beside the stuck one"
    wait_for(lambda: agent.found)
    finding = agent.found[0]
    assert finding.outcome is Outcome.TIMED_OUT
    assert finding.reason == f"no answer within {TIMEOUT:g} s"
    assert TIMEOUT <= finding.took < TIMEOUT + 2

    wait_for(lambda: not any(map(is_alive, started)), 5)
    wait_for(lambda: not agent.runner.running(), 5)
    assert agent.longest_silence() < 1.5 * BEAT + 0.5, "a beat was missed"
    assert agent.start(hurried), "it may be tried again once it has ended"


@pytest.mark.namespaces
def test_a_smartctl_whose_controller_is_dead_ends_with_its_probe(tmp_path, agents):
    programs, block = tmp_path / "sbin", tmp_path / "sys" / "block"
    disk = tmp_path / "sys" / "devices" / "pci0000:00" / "ata1" / "host0" / "block" / "sda"
    programs.mkdir()
    (programs / "smartctl").write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 3600\n", "utf-8")
    (programs / "smartctl").chmod(0o755)
    (disk / "queue").mkdir(parents=True)
    (disk / "device").mkdir()
    (disk / "size").write_text("1000000\n", "utf-8")
    (disk / "removable").write_text("0\n", "utf-8")
    (disk / "queue" / "rotational").write_text("1\n", "utf-8")
    block.mkdir()
    (block / "sda").symlink_to(disk)
    # In a mount namespace of its own the real probe finds this smartctl where it looks for the real one.
    inside = f'mount --bind {shlex.quote(str(programs))} /usr/sbin && exec {shlex.join(program())} child "$0"'
    agent = Agent(
        ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", inside],
        Doors(boottime=CLOCK.boottime, wall=CLOCK.wall, sysfs=str(tmp_path / "sys")),
    )
    agents.append(agent)
    storage = next(probe for probe in CHILDREN if probe.name == "storage")

    assert agent.start(msgspec.structs.replace(storage, timeout=1.5))
    wait_for(lambda: pids(tmp_path))
    wait_for(lambda: agent.found)
    assert agent.found[0].outcome is Outcome.TIMED_OUT
    wait_for(lambda: not any(map(is_alive, pids(tmp_path))), 5)
    assert agent.longest_silence() < 1.5 * BEAT + 0.5, "a beat was missed"


def test_what_a_probe_started_ends_with_an_agent_that_is_killed(tmp_path):
    (tmp_path / "stuck.py").write_text(STUCK, "utf-8")
    asking = f"""
import sys, time
from schooldrum_agent.child import Request, ask
ask([{sys.executable!r}, {str(tmp_path / "stuck.py")!r}, {str(tmp_path)!r}, "asks", {CHILDREN[0].name!r}],
    {clean_environment(os.environ, sys.platform, sys.path)!r},
    Request(procfs="/proc", sysfs="/sys", rootfs="/"), timeout=600, monotonic=time.monotonic)
"""
    agent = subprocess.Popen([sys.executable, "-c", asking])
    try:
        wait_for(lambda: len(pids(tmp_path)) == 2)
        assert all(map(is_alive, pids(tmp_path)))
    finally:
        agent.kill()
        agent.wait()
    wait_for(lambda: not any(map(is_alive, pids(tmp_path))), 5)
