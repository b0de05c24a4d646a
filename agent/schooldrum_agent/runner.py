"""Who runs the probes: a crew of threads, the risky ones in child processes, none able to hold up another."""

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from schooldrum_agent.clock import Clock
from schooldrum_agent.crew import Crew
from schooldrum_agent.examine import Answer, check, examine, finding
from schooldrum_agent.probe import Doors, Probe
from schooldrum_agent.targets import Order
from schooldrum_wire.result import Finding, Outcome

if TYPE_CHECKING:
    from subprocess import Popen

    from schooldrum_agent.child import Asked

_NICE = 10


class Run(msgspec.Struct):
    """One run of a probe. `deadline` is on the monotonic clock, infinite while a child waits for its turn."""

    probe: Probe
    boottime: float
    wall: float
    began: float
    deadline: float
    reported: bool = False


class Runner:
    """Starts probes and hands each finding to `found`.

    All methods, and `found`, run in the one thread that works off what `post` hands in. A probe that overran its time
    is reported `timed_out` once and not started again until the stuck run ends (it is skipped, runs never pile up).
    Children run one at a time; their time begins when they are ready.
    """

    def __init__(
        self,
        *,
        doors: Doors,
        clock: Clock,
        system: str,
        post: Callable[[Callable[[], None]], None],
        found: Callable[[Finding], None],
        command: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self._doors = doors
        self._clock = clock
        self._system = system
        self._post = post
        self._found = found
        self._command = command
        self._environment = environment
        self._crew = Crew(clock.monotonic, post)
        self._running: dict[str, Run] = {}
        self._children: deque[Run] = deque()
        self._child_busy = False
        self._lingering: dict[str, Popen[bytes]] = {}

    def is_free(self, name: str) -> bool:
        """Whether the last run of this probe is over."""
        return name not in self._running and not self._lingers(name)

    def start(self, probe: Probe) -> bool:
        """Starts a run, unless the last one of this probe is not over."""
        if not self.is_free(probe.name):
            return False
        now = self._clock.monotonic()
        run = Run(
            probe=probe,
            boottime=self._clock.boottime(),
            wall=self._clock.wall(),
            began=now,
            deadline=float("inf") if probe.child else now + probe.timeout,
        )
        self._running[probe.name] = run
        if probe.child and self._system in probe.on and not probe.bulk:
            # What tells where a line is broken never waits behind an inventory of minutes.
            order = self._doors.said(), self._doors.way()
            return self._thread(run, lambda: self._ask(run, *order))
        if probe.child and self._system in probe.on:
            self._children.append(run)
            self._next_child()
            return True
        try:
            self._crew.start(lambda: self._examine(run))
        except RuntimeError as problem:
            self._finish(run, Answer(outcome=Outcome.FAILED, reason=str(problem)), 0.0)
        return True

    def running(self) -> frozenset[str]:
        """Probes whose run has not ended, be it reported or not."""
        return frozenset(self._running)

    def expire(self) -> float:
        """Reports the runs that overran their time; says in how many seconds the next one would (maybe infinite)."""
        nearest = self._crew.mind()
        now = self._clock.monotonic()
        for run in self._running.values():
            if run.reported:
                continue
            if run.deadline <= now:
                reason = f"no answer within {run.probe.timeout:g} s"
                self._report(run, Answer(outcome=Outcome.TIMED_OUT, reason=reason), now - run.began)
            else:
                nearest = min(nearest, run.deadline - now)
        return nearest

    def _examine(self, run: Run) -> Callable[[], None]:
        """What the crew does for a probe, and what is to be done with what came of it. Never raises."""
        began = self._clock.monotonic()
        answer = examine(run.probe, self._doors, self._system)
        took = self._clock.monotonic() - began
        return lambda: self._finish(run, answer, took)

    def _next_child(self) -> None:
        if self._child_busy or not self._children:
            return
        run = self._children.popleft()
        order = self._doors.said(), self._doors.way()
        self._child_busy = self._thread(run, lambda: self._ask(run, *order))
        if not self._child_busy:
            self._next_child()

    def _ask(self, run: Run, said: dict[str, float], way: Order) -> None:
        """The body of the thread that waits for a child. Never raises."""
        from schooldrum_agent.child import Request, ask  # noqa: PLC0415 - a PC without such probes saves its memory

        asked = ask(
            [*self._command, run.probe.name],
            self._environment,
            Request(procfs=self._doors.procfs, sysfs=self._doors.sysfs, rootfs=self._doors.rootfs, said=said, way=way),
            timeout=run.probe.timeout,
            monotonic=self._clock.monotonic,
            ready=lambda: self._post(lambda: self._restamp(run)),
        )
        self._post(lambda: self._finish_child(run, asked))

    def _restamp(self, run: Run) -> None:
        """The child is ready: what it says is of now, not of when it was queued."""
        run.boottime, run.wall = self._clock.boottime(), self._clock.wall()

    def _finish_child(self, run: Run, asked: "Asked") -> None:
        self._child_busy = self._child_busy and not run.probe.bulk
        if asked.lingering is not None:
            self._lingering[run.probe.name] = asked.lingering
        self._finish(run, check(run.probe, asked.answer), asked.took)
        self._next_child()

    def _finish(self, run: Run, answer: Answer, took: float) -> None:
        del self._running[run.probe.name]
        if not run.reported:
            self._report(run, answer, took)

    def _report(self, run: Run, answer: Answer, took: float) -> None:
        run.reported = True
        self._found(finding(run.probe, answer, boottime=run.boottime, wall=run.wall, took=took))

    def _thread(self, run: Run, body: Callable[[], None]) -> bool:
        try:
            threading.Thread(target=body, daemon=True, name=f"probe {run.probe.name}").start()
        except RuntimeError as problem:
            # No more threads to be had: the machine is out of something, and that is this run's finding.
            self._finish(run, Answer(outcome=Outcome.FAILED, reason=str(problem)), 0.0)
            return False
        return True

    def _lingers(self, name: str) -> bool:
        process = self._lingering.get(name)
        if process is None:
            return False
        if process.poll() is None:
            return True
        del self._lingering[name]
        if process.stdin is not None:
            process.stdin.close()
        return False


def give_way() -> None:
    """Lets every other program of this PC go first; children inherit it. Not the lowest: a starved agent looks dead.

    Never raises: an agent that may not do so runs all the same.
    """
    try:
        if sys.platform == "win32":
            _give_way_windows()
        elif os.nice(0) < _NICE:
            os.nice(_NICE - os.nice(0))
    except OSError:
        return


def _give_way_windows() -> None:
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    with contextlib.suppress(psutil.Error):
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)  # type: ignore[attr-defined,unused-ignore]  # Windows only
