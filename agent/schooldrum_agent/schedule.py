"""When is what due: a small heap of jobs on a clock that never steps, and the one thread that all decisions run in.

The clock is the boot-time clock: it runs on in suspend, so after an hour of sleep each job runs once, and it knows
nothing of the wall clock, so a clock set back or a year ahead changes nothing.
"""

import _queue
import heapq
from collections.abc import Callable

import msgspec

Action = Callable[[], None]


class _Job(msgspec.Struct):
    every: float
    due: float
    last: float | None
    ticket: int


class Timetable:
    """Named jobs, each due again and again at its own pace. It starts nothing and reads no clock."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Job] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._tickets = 0

    def put(self, name: str, every: float, first: float, *, last: float | None = None) -> None:
        """A new job, due at `first` and then every `every` seconds; it takes the place of one of the same name.

        `last` is when it has run already, outside of this table.
        """
        self._jobs[name] = _Job(every=every, due=first, last=last, ticket=0)
        self._enter(name, first)

    def drop(self, name: str) -> None:
        """The job is never due again; nothing happens where there is none."""
        self._jobs.pop(name, None)

    def pace(self, name: str, every: float, now: float) -> None:
        """Changes how often a job is due, counted from its last run; a job that never ran keeps its first time."""
        job = self._jobs[name]
        if job.every == every:
            return
        job.every = every
        if job.last is not None:
            self._enter(name, max(now, job.last + every))

    def hasten(self, name: str, now: float) -> None:
        """The job is due at once; its pace goes on from there."""
        if name in self._jobs:
            self._enter(name, now)

    def next_due(self) -> float | None:
        """When the next job is due, None without any."""
        while self._heap:
            due, ticket, name = self._heap[0]
            if name in self._jobs and self._jobs[name].ticket == ticket:
                return due
            heapq.heappop(self._heap)
        return None

    def take_due(self, now: float) -> list[str]:
        """The jobs that are due, the longest waiting first, each once however often it was missed."""
        names: list[str] = []
        while (due := self.next_due()) is not None and due <= now:
            name = heapq.heappop(self._heap)[2]
            job = self._jobs[name]
            job.last = now
            names.append(name)
            job.due = due + job.every
            # A run that comes late keeps the rhythm only where the next one would not follow on its heels.
            if job.due < now + job.every / 2:
                job.due = now + job.every
        for name in names:
            self._enter(name, self._jobs[name].due)
        return names

    def _enter(self, name: str, due: float) -> None:
        self._tickets += 1
        job = self._jobs[name]
        job.due, job.ticket = due, self._tickets
        heapq.heappush(self._heap, (due, self._tickets, name))


class Schedule:
    """The loop: runs what is due and what other threads hand in, one after the other, in the thread that calls run().

    So whatever is only touched by actions needs no lock. Actions must be quick; what takes long starts a thread and
    hands its outcome in with `post`. `clock` gives seconds that go on in suspend.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._table = Timetable()
        self._actions: dict[str, Action] = {}
        # The C queue: its put() may be called anywhere, even where a signal or a destructor interrupts a get().
        self._inbox: _queue.SimpleQueue[Action] = _queue.SimpleQueue()
        self._stopping = False

    def every(self, name: str, seconds: float, action: Action, *, first: float = 0.0, just_ran: bool = False) -> None:
        """From now on runs the action each `seconds`, the first time in `first` seconds.

        `just_ran`: somebody has run it a moment ago, so a changed pace counts from now.
        """
        now = self._clock()
        self._actions[name] = action
        self._table.put(name, seconds, now + first, last=now if just_ran else None)

    def once(self, name: str, seconds: float, action: Action) -> None:
        """Runs the action a single time, in so many seconds."""

        def run() -> None:
            self.drop(name)
            action()

        self.every(name, float("inf"), run, first=seconds)

    def drop(self, name: str) -> None:
        """The job never runs again."""
        self._actions.pop(name, None)
        self._table.drop(name)

    def has(self, name: str) -> bool:
        """Whether the job is to run some time."""
        return name in self._actions

    def pace(self, name: str, seconds: float) -> None:
        """Changes how often a job runs."""
        if name in self._actions:
            self._table.pace(name, seconds, self._clock())

    def hasten(self, name: str) -> None:
        """Runs a job at once, out of turn."""
        self._table.hasten(name, self._clock())

    def post(self, action: Action) -> None:
        """Hands an action to the loop's thread. The only method that other threads may call."""
        self._inbox.put(action)

    def stop(self) -> None:
        """Ends run() after the action that is running. From another thread: post(schedule.stop)."""
        self._stopping = True

    def run(self, turn: Callable[[], float]) -> None:
        """Runs until stop().

        Before each wait it calls `turn`, which looks at whatever no job covers (deadlines, a suspend that has passed)
        and says for how many seconds at most the loop may sleep.
        """
        while not self._stopping:
            for name in self._table.take_due(self._clock()):
                action = self._actions.get(name)
                if action is not None and not self._stopping:
                    action()
            longest = turn()
            due = self._table.next_due()
            wait = longest if due is None else min(longest, due - self._clock())
            self._work_off(max(0.0, wait))

    def _work_off(self, wait: float) -> None:
        try:
            action = self._inbox.get(timeout=wait)
            while not self._stopping:
                action()
                action = self._inbox.get_nowait()
        except _queue.Empty:
            return
