"""The one thread in which the agents' door changes the register, and how much work may wait for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from schooldrum_collector.store.interface import Overloaded

_T = TypeVar("_T")
_RETRY_SECONDS = 15


class Clerk:
    """Runs one piece of work after the other, away from the event loop."""

    def __init__(self, *, most_waiting: int = 500) -> None:
        self._most = most_waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="register")

    async def do(self, work: Callable[[], _T]) -> _T:
        """What the work returns or raises.

        Raises:
            Overloaded: too much is waiting already.
        """
        if self._waiting >= self._most:
            raise Overloaded(_RETRY_SECONDS)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the thread after what it is doing."""
        self._thread.shutdown(wait=True, cancel_futures=True)
