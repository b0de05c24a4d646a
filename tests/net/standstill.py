"""Did the machine itself stand still: a thread that sleeps and one that writes to disk say how late they were.

Where a beat is a second, a machine that gives nobody the processor, or whose disk takes nothing, for a second or more
has played another outage than the one that was written down.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_SLEEP_SECONDS = 0.1


class Standstill:
    """How long it stood still at most since `begin`: seconds without the processor, seconds for one write to disk."""

    def __init__(self) -> None:
        self.processor = 0.0
        self.disk = 0.0

    def begin(self) -> None:
        """What was is forgotten."""
        self.processor = self.disk = 0.0

    @property
    def longest(self) -> float:
        """The longer of both (seconds)."""
        return max(self.processor, self.disk)

    def __str__(self) -> str:
        return f"the machine stood still for {self.processor:.1f} s, its disk for {self.disk:.1f} s"


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Standstill]:
    """Watches until it is left; writes to a file in this folder."""
    seen, over = Standstill(), threading.Event()

    def sleep() -> None:
        before = time.monotonic()
        while not over.is_set():
            time.sleep(_SLEEP_SECONDS)
            now = time.monotonic()
            seen.processor = max(seen.processor, now - before - _SLEEP_SECONDS)
            before = now

    def write() -> None:
        with (folder / "standstill").open("wb", buffering=0) as file:
            while not over.wait(_SLEEP_SECONDS):
                before = time.monotonic()
                file.write(b".")
                os.fsync(file.fileno())
                seen.disk = max(seen.disk, time.monotonic() - before)

    threads = [threading.Thread(target=work, daemon=True) for work in (sleep, write)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
