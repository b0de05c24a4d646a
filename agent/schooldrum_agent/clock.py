"""Which clocks an agent has: passed as arguments everywhere, made here, read from the system in __main__."""

from collections.abc import Callable

import msgspec


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """`boottime` runs on in suspend and never steps; `monotonic` orders waits; `wall` is what the PC believes.

    `sleep(seconds)` is not here: waiting belongs to threading.Event, so that a stop is heard at once.
    """

    monotonic: Callable[[], float]
    boottime: Callable[[], float]
    wall: Callable[[], float]
    boot: str
    """Names this boot: its clocks can be compared only within it."""
