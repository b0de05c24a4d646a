import _thread
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from schooldrum_agent.clock import Clock
from schooldrum_agent.leash import clean_environment
from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.runner import Runner
from schooldrum_agent.schedule import Schedule
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES
from schooldrum_wire.result import Finding, Outcome

CLOCK = Clock(monotonic=time.monotonic, boottime=lambda: time.monotonic() + 1000, wall=time.time, boot="boot")
CHILD = """
import os, sys, time
from schooldrum_agent.child import serve
from schooldrum_agent.probe import Probe, Source
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES
def note(word):
    with open(sys.argv[1], "a") as file: file.write(f"{word} {time.monotonic()}\\n")
def slow(doors):
    note("begin"); time.sleep(0.3); note("end"); return 1.0
def hang(doors): time.sleep(600)
def read(data): yield MEMORY_SIZE_BYTES(data)
probes = [Probe(name, every=1, timeout=9, on={sys.platform: Source(fetch, read)}, child=True)
          for name, fetch in {"a": slow, "b": slow, "c": slow, "hang": hang}.items()]
os._exit(serve(sys.argv[2], probes, boottime=time.monotonic, wall=time.time, system=sys.platform))
"""


class Bench:
    """A runner in its loop, as the agent has it, and what it found."""

    def __init__(self, tmp_path: Path, clock: Clock = CLOCK) -> None:
        (tmp_path / "program.py").write_text(CHILD, encoding="utf-8")
        self.notes = tmp_path / "notes"
        self.found: list[Finding] = []
        self.threads: set[threading.Thread] = set()
        self.schedule = Schedule(time.monotonic)
        self.runner = Runner(
            doors=Doors(boottime=clock.boottime, wall=clock.wall, said=lambda: {"a": 1.0}),
            clock=clock,
            system=sys.platform,
            post=self.schedule.post,
            found=self.note,
            command=[sys.executable, str(tmp_path / "program.py"), str(self.notes)],
            environment=clean_environment(os.environ, sys.platform, sys.path),
        )
        self.thread = threading.Thread(target=self.schedule.run, args=(self.turn,), daemon=True)

    def turn(self) -> float:
        return min(0.5, self.runner.expire())

    def note(self, finding: Finding) -> None:
        self.threads.add(threading.current_thread())
        self.found.append(finding)

    def start(self, probe: Probe) -> bool:
        done: list[bool] = []
        self.schedule.post(lambda: done.append(self.runner.start(probe)))
        wait_for(lambda: done)
        return done[0]

    def of(self, name: str) -> list[Finding]:
        return [finding for finding in self.found if finding.probe == name]

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.schedule.post(self.schedule.stop)
        self.thread.join(5)


def wait_for(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.005)


def probe(name: str, fetch: Callable[[Doors], Any], timeout: float = 5.0) -> Probe:
    return Probe(name, every=1, timeout=timeout, on={sys.platform: Source(fetch, read)})


def child(name: str, timeout: float = 20.0) -> Probe:
    def never(_: Doors) -> Any:
        raise AssertionError("a child probe ran in the agent's own process")

    return Probe(name, every=1, timeout=timeout, child=True, on={sys.platform: Source(never, read)})


def read(data: Any):
    yield MEMORY_SIZE_BYTES(data)


def raising(problem: BaseException) -> Callable[[Doors], Any]:
    def fetch(_: Doors) -> Any:
        raise problem

    return fetch


def test_a_finding_says_what_when_and_how_long(tmp_path):
    with Bench(tmp_path) as bench:
        before = CLOCK.boottime()
        asked: list[float] = []

        def slow(_: Doors) -> float:
            asked.append(CLOCK.boottime())
            time.sleep(0.1)
            return 7.0

        bench.start(probe("good", slow))
        wait_for(lambda: bench.found)
        (finding,) = bench.found
        assert (finding.probe, finding.outcome, finding.readings[0].value) == ("good", Outcome.OK, 7.0)
        assert before <= finding.boottime <= asked[0]
        assert abs(finding.wall - time.time()) < 5
        assert 0.1 <= finding.took < 2
        assert bench.threads == {bench.thread}


def test_no_probe_hurts_its_neighbours(tmp_path):
    release = threading.Event()
    bad = {
        "hangs": lambda _: release.wait(60),
        "exits": raising(SystemExit(1)),
        "interrupts": raising(KeyboardInterrupt()),
        "raises": raising(RuntimeError("broken")),
        "denied": raising(Denied("no right")),
        "unavailable": raising(Unavailable("none here")),
        "nothing": lambda _: float("nan"),
    }
    with Bench(tmp_path) as bench:
        for name, fetch in bad.items():
            bench.start(probe(name, fetch, timeout=0.3))
        for number in range(5):
            bench.start(probe(f"good{number}", lambda _: 1.0))
        wait_for(lambda: len(bench.found) == len(bad) + 5)
        release.set()
        outcomes = {finding.probe: finding.outcome for finding in bench.found}
        assert outcomes == {
            "hangs": Outcome.TIMED_OUT,
            "exits": Outcome.FAILED,
            "interrupts": Outcome.FAILED,
            "raises": Outcome.FAILED,
            "denied": Outcome.DENIED,
            "unavailable": Outcome.UNAVAILABLE,
            "nothing": Outcome.FAILED,
            **{f"good{number}": Outcome.OK for number in range(5)},
        }


def test_a_stuck_probe_is_reported_once_and_not_piled_up_and_comes_back(tmp_path):
    release = threading.Event()
    starts = Counter[str]()

    def stuck(_: Doors) -> float:
        starts["stuck"] += 1
        release.wait(60)
        return 1.0

    with Bench(tmp_path) as bench:
        one = probe("stuck", stuck, timeout=0.2)
        assert bench.start(one)
        wait_for(lambda: bench.of("stuck"))
        assert bench.of("stuck")[0].outcome is Outcome.TIMED_OUT
        assert bench.of("stuck")[0].reason == "no answer within 0.2 s"
        assert not any(bench.start(one) for _ in range(5))
        assert starts["stuck"] == 1
        release.set()
        wait_for(lambda: bench.start(one))
        wait_for(lambda: len(bench.of("stuck")) == 2)
        # The late answer of the stuck run was not taken for a fresh one.
        assert [finding.outcome for finding in bench.of("stuck")] == [Outcome.TIMED_OUT, Outcome.OK]
        assert starts["stuck"] == 2


def test_children_run_one_at_a_time_and_their_neighbours_do_not_wait(tmp_path):
    with Bench(tmp_path) as bench:
        for name in "abc":
            assert bench.start(child(name))
        assert not bench.start(child("b"))
        bench.start(probe("good", lambda _: 1.0))
        wait_for(lambda: bench.of("good"))
        assert not bench.of("a")
        wait_for(lambda: len(bench.found) == 4, 60)
        assert {finding.outcome for finding in bench.found} == {Outcome.OK}
        words = [line.split()[0] for line in bench.notes.read_text().splitlines()]
        assert words == ["begin", "end"] * 3
        times = [finding.boottime for finding in bench.found if finding.probe in "abc"]
        assert times == sorted(times)
        assert times[2] - times[0] > 0.6  # each is dated by its own run, not by when it was queued


def test_a_child_that_hangs_is_timed_out_and_the_next_one_runs(tmp_path):
    with Bench(tmp_path) as bench:
        bench.start(child("hang", timeout=0.5))
        bench.start(child("a"))
        wait_for(lambda: len(bench.found) == 2, 60)
        assert [(finding.probe, finding.outcome) for finding in bench.found] == [
            ("hang", Outcome.TIMED_OUT),
            ("a", Outcome.OK),
        ]
        assert bench.start(child("hang", timeout=0.1))


def test_a_child_probe_is_unavailable_where_no_source_is_declared(tmp_path):
    with Bench(tmp_path) as bench:
        bench.start(Probe("other", every=1, timeout=1, on={}, child=True))
        wait_for(lambda: bench.found)
        assert bench.found[0].outcome is Outcome.UNAVAILABLE


def test_the_clock_stepping_changes_neither_deadlines_nor_durations(tmp_path):
    wall = {"now": 0.0}
    clock = Clock(monotonic=time.monotonic, boottime=CLOCK.boottime, wall=lambda: wall["now"], boot="boot")
    with Bench(tmp_path, clock) as bench:

        def jumps(_: Doors) -> float:
            wall["now"] = 4e9
            return 1.0

        bench.start(probe("jumps", jumps))
        wait_for(lambda: bench.found)
        assert bench.found[0].outcome is Outcome.OK
        assert bench.found[0].took < 2
        assert bench.found[0].wall == pytest.approx(0.0)


def test_many_runs_leave_no_thread_behind(tmp_path):
    with Bench(tmp_path) as bench:
        before = _thread._count()
        for number in range(200):
            bench.start(probe(f"p{number}", lambda _: 1.0))
        wait_for(lambda: len(bench.found) == 200)
        # One of the crew stays.
        wait_for(lambda: _thread._count() <= before + 1)
        assert bench.runner.running() == frozenset()


@pytest.mark.skipif(sys.platform == "win32", reason="nice")
def test_giving_way_is_done_once():
    program = "import os\nfrom schooldrum_agent.runner import give_way\ngive_way(); give_way(); print(os.nice(0))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert int(said.stdout) == max(10, os.nice(0))
