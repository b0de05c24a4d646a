"""How arrivals become durable: one thread takes all that wait into one transaction, commits it, and then answers."""

import asyncio
import contextlib
import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import msgspec

from schooldrum_collector.store import sections
from schooldrum_collector.store.acknowledged import Note, numbered
from schooldrum_collector.store.connections import Turn, connect, transaction
from schooldrum_collector.store.interface import Full, Overloaded
from schooldrum_collector.store.present import Present, after, heading
from schooldrum_collector.store.records import Arrival, Latest

_log = logging.getLogger(__name__)
_INSERT = "INSERT INTO journal (id, stream, previous, received, heading, live, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_TOGETHER = 32
_INSERT_TOGETHER = _INSERT + ", (?, ?, ?, ?, ?, ?, ?)" * (_TOGETHER - 1)
"""Each statement gives the interpreter's lock to the thread of the loop and waits to have it back."""
_TICK_SECONDS = 0.5
_LONGEST_RETRY = 60
Listener = Callable[[Exception | None], None]
"""Is told, in the loop in which it was given, that an arrival is committed (None), or why not; never raises."""
_Waiting = tuple[Arrival, Listener, asyncio.AbstractEventLoop]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much may wait (arrivals, bytes), and for how long it is gathered (seconds) before one commit takes it."""

    gather: float = 0.012
    arrivals: int = 5000
    size: int = 64 << 20


class Journal:
    """The writer's thread.

    `committed(arrivals, bytes, seconds)` is told of every commit, `failed(problem)` of every one for which there was no
    room or no right. `meaning(error)` says what SQLite's trouble is to whoever waits; `often()` is called twice a
    second.
    """

    def __init__(
        self,
        path: Path,
        present: Present,
        digests: sections.Digests,
        *,
        turn: Turn,
        note: Note,
        bounds: Bounds,
        streams_of: Callable[[str], tuple[int, ...]],
        committed: Callable[[int, int, float], None],
        failed: Callable[[Full], None],
        meaning: Callable[[sqlite3.Error], Full | Overloaded],
        often: Callable[[], None],
    ) -> None:
        self._path = path
        self._present = present
        self._digests = digests
        self._turn = turn
        self._note = note
        self._bounds = bounds
        self._streams_of = streams_of
        self._committed = committed
        self._failed = failed
        self._meaning = meaning
        self._often = often
        self._lock = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._first = 0.0
        self._size = 0
        self._in_hand = 0
        self._closing = threading.Event()
        self._rate = 1000.0
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._work, name="schooldrum-journal", daemon=True)
        self._thread.start()

    def pending(self) -> int:
        """How many arrivals are not committed yet."""
        return len(self._waiting) + self._in_hand

    async def append(self, arrival: Arrival) -> None:
        """Returns when the arrival is committed. Raises Overloaded, Full and ValueError as the interface says."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def told(problem: Exception | None) -> None:
            if future.done():
                return
            if problem is None:
                future.set_result(None)
            else:
                future.set_exception(problem)

        self.append_and_tell(arrival, told)
        await future

    def append_and_tell(self, arrival: Arrival, told: Listener) -> None:
        """As the interface says."""
        loop = asyncio.get_running_loop()
        weight = len(arrival.body) + (0 if arrival.live is arrival.body else len(arrival.live))
        with self._lock:
            if self._closing.is_set():
                raise Full("the store is being closed")
            if len(self._waiting) >= self._bounds.arrivals or self._size + weight > self._bounds.size:
                raise Overloaded(min(_LONGEST_RETRY, math.ceil(1 + self.pending() / self._rate)))
            self._waiting.append((arrival, told, loop))
            self._size += weight
            if len(self._waiting) == 1:
                self._first = time.monotonic()
                self._lock.notify()

    def close(self) -> None:
        """Commits what waits, and ends the thread."""
        with self._lock:
            self._closing.set()
            self._lock.notify()
        self._thread.join()

    def _work(self) -> None:
        """Never raises: what fails is told to those who wait for it, and the next batch is tried as if nothing was."""
        ticked = time.monotonic()
        while True:
            with self._lock:
                if not self._waiting and not self._closing.is_set():
                    self._lock.wait(_TICK_SECONDS)
                empty, first = not self._waiting, self._first
            if not empty:
                self._closing.wait(max(0.0, first + self._bounds.gather - time.monotonic()))
                self._take_all()
            elif self._closing.is_set():
                break
            if time.monotonic() - ticked >= _TICK_SECONDS:
                ticked = time.monotonic()
                self._tick()
        self._begin_anew()

    def _tick(self) -> None:
        """Never raises: a register that cannot be read now is read half a second later."""
        with contextlib.suppress(Exception):
            self._often()

    def _take_all(self) -> None:
        """Never raises: whoever waits is told, and whoever counts commits cannot stop them."""
        with self._lock:
            batch, size = self._waiting, self._size
            self._in_hand = len(batch)
            self._waiting, self._size = [], 0
        begun = time.monotonic()
        try:
            self._commit(batch)
        except Exception as problem:  # noqa: BLE001 - whoever waits is told; the thread goes on
            told = self._meaning(problem) if isinstance(problem, sqlite3.Error) else problem
            if not isinstance(told, Full | Overloaded):
                told = Full(f"storing failed: {problem!r}")
            if isinstance(told, Full):
                self._failed(told)
            self._answer(batch, told)
            self._in_hand = 0
            self._begin_anew()
            return
        spent = time.monotonic() - begun
        self._in_hand = 0
        self._answer(batch, None)
        self._rate = 0.8 * self._rate + 0.2 * len(batch) / max(spent, 0.001)
        with contextlib.suppress(Exception):
            self._committed(len(batch), size, spent)

    def _begin_anew(self) -> None:
        """Never raises: after a failure the next batch gets a fresh connection."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection:
                self._connection.close()
        self._connection = None

    def _commit(self, batch: list[_Waiting]) -> None:
        present = self._present
        known: dict[int, Latest] = {}
        heads: dict[int, int] = {}
        digests: dict[int, dict[str, str]] = {}
        rows: list[tuple[object, ...]] = []
        changed: list[tuple[object, ...]] = []
        row = present.last
        for waiting in batch:
            arrival = waiting[0]
            streams = self._streams_of(arrival.machine)
            if not streams:
                # Forgotten while this was on its way: it is dropped like the rest of what that machine ever sent.
                continue
            stream = streams[-1]
            before = known.get(stream) or present.latest.get(stream)
            try:
                latest = after(before, arrival)
                packed = heading(latest)
                whole = [
                    sections.row(stream, name, digest, arrival.received, rows)
                    for name, (digest, rows) in arrival.rows.items()
                ]
                if not math.isfinite(arrival.received + arrival.clock + arrival.skew):
                    raise ValueError("an arrival whose times are no numbers")  # noqa: TRY301 - told like the others
            except (ValueError, TypeError) as problem:
                self._answer([waiting], problem)
                continue
            row += 1
            live = None if arrival.live is arrival.body or arrival.live == arrival.body else arrival.live
            previous = heads.get(stream) or present.heads.get(stream, 0)
            rows.append((row, stream, previous, arrival.received, packed, live, arrival.body))
            known[stream], heads[stream] = latest, row
            changed += whole
            for name, (digest, _) in arrival.rows.items():
                digests.setdefault(stream, {})[name] = digest
        if not rows:
            return
        self._turn.require()
        if self._connection is None:
            self._connection = connect(self._path)
        with self._turn.taken():
            with transaction(self._connection) as connection:
                since = connection.total_changes
                _insert(connection, rows)
                if changed:
                    connection.executemany(sections.PUT, changed)
                number = numbered(connection, since)
            self._note.write(number)
        present.latest.update(known)
        present.heads.update(heads)
        present.last = row
        for stream, of_stream in digests.items():
            self._digests.note(stream, of_stream)
        # It is in the file that was written to; whether that is still the store decides whether anybody is told so.
        self._turn.require()

    @staticmethod
    def _answer(batch: list[_Waiting], problem: Exception | None) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[Listener]] = {}
        for _, told, loop in batch:
            by_loop.setdefault(loop, []).append(told)
        for loop, listeners in by_loop.items():
            try:
                loop.call_soon_threadsafe(_tell, listeners, problem)
            except RuntimeError:
                # The loop has ended: nobody waits there any more.
                continue


def _insert(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    full = len(rows) - len(rows) % _TOGETHER
    for begin in range(0, full, _TOGETHER):
        connection.execute(_INSERT_TOGETHER, [*chain.from_iterable(rows[begin : begin + _TOGETHER])])
    connection.executemany(_INSERT, rows[full:])


def _tell(listeners: list[Listener], problem: Exception | None) -> None:
    """Never raises: what goes wrong with one of them is nothing to the others."""
    for told in listeners:
        try:
            if problem is None:
                told(None)
            elif isinstance(problem, Overloaded):
                told(Overloaded(problem.retry_after))
            else:
                # One exception raised in many places would gather all their tracebacks.
                told(type(problem)(*problem.args))
        except Exception:  # noqa: BLE001 - the boundary of a listener
            _log.exception("Whoever stored a report could not be told")
