"""A detour on which every packet takes its time: what a kernel without netem cannot do, a file and a thread can.

A network card that is a file (TUN) gives out what is routed to it; a thread waits and writes it back, and it goes on by
the ordinary way. Packets overtake each other, as on a way that is shaky.
"""

import contextlib
import fcntl
import heapq
import os
import random
import select
import struct
import threading
import time
from functools import partial
from itertools import count

from tests.net.line import within

CARD = "detour"
_SET, _TUN, _BARE = 0x400454CA, 0x0001, 0x1000
_LONGEST = 65536
_LOOK_SECONDS = 0.5


def _card() -> int:
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, _SET, struct.pack("16sH", CARD.encode(), _TUN | _BARE))
    return file


class Detour:
    """The card in this namespace, from now until `close`; who goes by it is a matter of routes."""

    def __init__(self, namespace: str, *, least: float, most: float) -> None:
        """Each packet waits for a time between `least` and `most` seconds."""
        self.taken = 0
        """How many packets came in."""
        self._file: int = within(namespace, _card)
        self._bounds = (least, most)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The card is gone, and its routes with it."""
        self._ends.set()
        self._thread.join()
        os.close(self._file)

    def _relay(self) -> None:
        chance = random.Random(1)  # noqa: S311 - it spreads packets
        waiting: list[tuple[float, int, bytes]] = []
        numbers = count()
        read = partial(os.read, self._file, _LONGEST)
        while not self._ends.is_set():
            until = waiting[0][0] - time.monotonic() if waiting else _LOOK_SECONDS
            if select.select([self._file], [], [], min(max(until, 0.0), _LOOK_SECONDS))[0]:
                with contextlib.suppress(OSError):
                    due = time.monotonic() + chance.uniform(*self._bounds)
                    heapq.heappush(waiting, (due, next(numbers), read()))
                    self.taken += 1
            while waiting and waiting[0][0] <= time.monotonic():
                with contextlib.suppress(OSError):
                    os.write(self._file, heapq.heappop(waiting)[2])
