"""Who runs what may hang: one thread after the other's work, and one more as soon as somebody takes its time over it.

A thread for each probe would cost more than most probes: its start, its stack, and a dozen of them in each other's way.
For the same reason what came of them is handed in together: to wake the loop for each costs as much as most probes.
"""

import _queue
import _thread
from collections import deque
from collections.abc import Callable

PATIENCE = 0.05
"""Seconds after which nobody waits any longer behind one body of work."""
LOOK_SECONDS = 0.01
"""How often is looked, while anybody waits, for what came of the others."""

Outcome = Callable[[], None]
Body = Callable[[], Outcome]


class _Worker:
    def __init__(self) -> None:
        self.since: float | None = None


class Crew:
    """Runs bodies in threads that end with the process. A body must not raise; what it returns is called by the owner.

    All methods belong to one thread, the owner, which calls `mind` as often as it says, and works off what `post` hands
    in.
    """

    def __init__(self, monotonic: Callable[[], float], post: Callable[[Outcome], None]) -> None:
        self._monotonic = monotonic
        self._post = post
        self._waiting: _queue.SimpleQueue[Body] = _queue.SimpleQueue()
        self._done: deque[Outcome] = deque()
        self._leaving = _thread.allocate_lock()
        self._workers: list[_Worker] = []

    def start(self, body: Body) -> None:
        """Has the body run soon.

        Raises:
            RuntimeError: this machine gives not even one thread.
        """
        if not self._workers:
            self._hire()
        self._waiting.put(body)

    def mind(self) -> float:
        """Sees that nothing waits behind work that takes its time; in how many seconds to look again, maybe never."""
        # In this order: whoever was done while others waited has left its outcome by the time nobody waits.
        nobody_waits = self._waiting.empty()
        self._work_off()
        if nobody_waits:
            return float("inf")
        now = self._monotonic()
        busy = [worker.since for worker in tuple(self._workers)]
        if all(since is not None and now - since >= PATIENCE for since in busy):
            try:
                self._hire()
            except RuntimeError:
                # What waits has its own time; somebody may be ready before it is over.
                return PATIENCE * 10
        return LOOK_SECONDS

    def _work_off(self) -> None:
        while self._done:
            self._done.popleft()()

    def _hire(self) -> None:
        worker = _Worker()
        self._workers.append(worker)
        try:
            _thread.start_new_thread(self._work, (worker,))
        except RuntimeError:
            self._workers.remove(worker)
            raise

    def _work(self, worker: _Worker) -> None:
        while True:
            body = self._waiting.get()
            worker.since = self._monotonic()
            self._done.append(body())
            worker.since = None
            # Where somebody waits, whoever runs that hands in all of it, or the owner looks for it before long.
            if self._waiting.empty():
                self._post(self._work_off)
            with self._leaving:
                # One stays for the next round.
                if sum(one.since is None for one in self._workers) > 1:
                    self._workers.remove(worker)
                    return
