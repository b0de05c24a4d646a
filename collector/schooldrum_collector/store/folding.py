"""How the journal is turned into history, in small transactions, and how history and journal are read together."""

import contextlib
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from schooldrum_collector.judge.dating import Boot
from schooldrum_collector.store.connections import Turn, connect, transaction
from schooldrum_collector.store.history import (
    Found,
    JournalRow,
    Recollection,
    StreamState,
    pack_results,
    pack_state,
    read_results,
    read_state,
)
from schooldrum_collector.store.present import Present, heading, read_heading
from schooldrum_collector.store.spans import union

SETTLE_SECONDS = 600.0
"""The journal keeps what is younger: several reports of a machine make one chunk."""
_STREAMS_A_SLICE = 50
_ROWS_A_PASS = 200_000
_ROWS_A_DELETE = 1_000
_PUT_CHUNK = (
    "INSERT INTO chunks (id, stream, previous, stored, newest, since, until, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_PUT_RUN = (
    "INSERT INTO runs (stream, run, spans, updated) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (stream, run) DO UPDATE SET spans = excluded.spans, updated = excluded.updated"
)
_PUT_BOOT = (
    "INSERT INTO boots (stream, boot, anchor, skew, first_heard, last_heard) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (stream, boot) DO UPDATE SET anchor = excluded.anchor, skew = excluded.skew,"
    " first_heard = excluded.first_heard, last_heard = excluded.last_heard"
)
_PUT_LATEST = (
    "INSERT INTO latest (stream, heard, received, heading, body) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (stream) DO UPDATE SET heard = excluded.heard, received = excluded.received,"
    " heading = excluded.heading, body = excluded.body"
)


class _Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What one stream's rows came to, ready to be written."""

    stream: int
    state: StreamState
    recollection: Recollection
    results: int
    packed: bytes
    since: float
    until: float
    received: frozenset[float]
    last: int


class Folding:
    """Folds; one caller at a time. `siblings_of(stream)` names all streams of the same machine."""

    def __init__(
        self,
        path: Path,
        present: Present,
        *,
        turn: Turn,
        siblings_of: Callable[[int], tuple[int, ...]],
    ) -> None:
        self._path = path
        self._present = present
        self._turn = turn
        self._siblings_of = siblings_of
        self._ending = False

    def end(self) -> None:
        """A fold under way ends after the slice in hand; what is left is folded another time."""
        self._ending = True

    def fold(self, now: float, settle: float) -> int:
        """Turns rows older than `settle` seconds into history; returns how many results were new.

        A crash at any point repeats work and stores nothing twice: chunk, numbers and state are one transaction, and
        the journal's rows go only after it.
        """
        stored = 0
        with contextlib.closing(connect(self._path)) as connection:
            end = _settled(connection, now, settle)
            while not self._ending and (begin := _first(connection)) and begin <= end:
                cut = min(end, begin + _ROWS_A_PASS - 1)
                stored += self._fold_rows(connection, cut, now)
                if not self._ending:
                    self._delete_rows(connection, cut)
        return stored

    def _fold_rows(self, connection: sqlite3.Connection, cut: int, now: float) -> int:
        rows = array("q")
        for row, stream in connection.execute("SELECT id, stream FROM journal WHERE id <= ?", (cut,)):
            rows.append(stream << 40 | row)
        by_stream = groupby(sorted(rows), key=lambda both: both >> 40)
        streams = ((stream, [both & (1 << 40) - 1 for both in members]) for stream, members in by_stream)
        stored = 0
        for batch in self._slices(streams):
            if self._ending:
                break
            folded = [found for stream, ids in batch if (found := self._fold_stream(connection, stream, ids))]
            begun = time.monotonic()
            with self._turn.taken(), transaction(connection):
                stored += self._write(connection, folded, now)
            # As long as the slice held the turn, so long the writer of reports has it to itself.
            time.sleep(time.monotonic() - begun)
        return stored

    def _slices(self, streams: Iterable[tuple[int, list[int]]]) -> Iterator[list[tuple[int, list[int]]]]:
        """Streams of one machine come into slices of their own, so that each sees what the other has stored."""
        batch: list[tuple[int, list[int]]] = []
        beside: set[int] = set()
        for stream, ids in streams:
            if len(batch) == _STREAMS_A_SLICE or stream in beside:
                yield batch
                batch, beside = [], set()
            batch.append((stream, ids))
            beside.update(self._siblings_of(stream))
        if batch:
            yield batch

    def _fold_stream(self, connection: sqlite3.Connection, stream: int, ids: list[int]) -> _Folded | None:
        recollection = recollect(connection, stream, self._siblings_of(stream))
        if recollection is None:
            return None
        received: set[float] = set()

        def rows() -> Iterator[JournalRow]:
            for row in ids:
                kept = connection.execute("SELECT received, heading, body FROM journal WHERE id = ?", (row,)).fetchone()
                received.add(kept[0])
                yield _journal_row(*kept)

        results = recollection[1].take(rows())
        return _Folded(
            stream=stream,
            state=recollection[0],
            recollection=recollection[1],
            results=len(results),
            packed=pack_results(results) if results else b"",
            since=min((result.at for result in results), default=0.0),
            until=max((result.at for result in results), default=0.0),
            received=frozenset(received),
            last=ids[-1],
        )

    def _write(self, connection: sqlite3.Connection, folded: list[_Folded], now: float) -> int:
        chunk = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0]
        stored = 0
        for one in folded:
            still = connection.execute("SELECT 1 FROM streams WHERE key = ?", (one.stream,)).fetchone()
            if not still:
                continue
            newest, mine = one.state.newest, one.state.chunk
            if one.results:
                chunk, newest = chunk + 1, max(newest, now)
                values = (chunk, one.stream, mine, now, newest, one.since, one.until, one.packed)
                connection.execute(_PUT_CHUNK, values)
                mine = chunk
                stored += one.results
            packed = pack_state(one.recollection.state(mine, newest))
            connection.execute("UPDATE streams SET state = ? WHERE key = ?", (packed, one.stream))
            for run, spans in one.recollection.earlier_runs().items():
                connection.execute(_PUT_RUN, (one.stream, run, msgspec.msgpack.encode(spans), now))
            for boot in one.recollection.boots_left():
                connection.execute(
                    _PUT_BOOT, (one.stream, boot.boot, boot.anchor, boot.skew, boot.first_heard, boot.last_heard)
                )
            latest = self._present.latest.get(one.stream)
            if latest and (latest.received in one.received or self._present.heads.get(one.stream, 0) <= one.last):
                kept = (one.stream, latest.heard, latest.received, heading(latest), latest.body)
                connection.execute(_PUT_LATEST, kept)
        return stored

    def _delete_rows(self, connection: sqlite3.Connection, cut: int) -> None:
        while (begin := _first(connection)) and begin <= cut:
            begun = time.monotonic()
            with self._turn.taken(), transaction(connection):
                until = min(cut, begin + _ROWS_A_DELETE - 1)
                connection.execute("DELETE FROM journal WHERE id <= ?", (until,))
            time.sleep(time.monotonic() - begun)


def _first(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(min(id), 0) FROM journal").fetchone()[0])


def _settled(connection: sqlite3.Connection, now: float, settle: float) -> int:
    """The last row that is old enough, found by halving; rows from the future (a clock was set back) are old too."""
    low, high = connection.execute("SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) + 1 FROM journal").fetchone()
    while high - low > 1:
        middle = (low + high) // 2
        found = connection.execute(
            "SELECT id, received FROM journal WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
        ).fetchone()
        if found is None or now - settle < found[1] <= now + settle:
            high = middle
        else:
            low = found[0]
    return int(low)


def _journal_row(received: float, packed: bytes, body: bytes) -> JournalRow:
    kept = read_heading(packed)
    return JournalRow(received, kept.run, kept.boot, kept.clock, kept.skew, body)


def recollect(
    connection: sqlite3.Connection,
    stream: int,
    siblings: tuple[int, ...],
) -> tuple[StreamState, Recollection] | None:
    """What history remembers of a stream; None where it is nobody's any more."""
    found = connection.execute("SELECT state FROM streams WHERE key = ?", (stream,)).fetchone()
    if found is None:
        return None
    state = read_state(found[0])
    streams = sorted({stream, *siblings})

    def earlier_spans(run: str) -> list[int]:
        found: list[list[int]] = []
        for one in streams:
            kept = connection.execute("SELECT spans FROM runs WHERE stream = ? AND run = ?", (one, run)).fetchone()
            if kept:
                found.append(msgspec.msgpack.decode(kept[0], type=list[int]))
            beside = connection.execute("SELECT state FROM streams WHERE key = ?", (one,)).fetchone()
            if beside and (its := read_state(beside[0])).run == run:
                found.append(its.spans)
        return union(found)

    def earlier_boots() -> list[Boot]:
        return [
            Boot(*row)
            for one in streams
            for row in connection.execute(
                "SELECT boot, anchor, skew, first_heard, last_heard FROM boots WHERE stream = ?", (one,)
            )
        ]

    return state, Recollection(state, earlier_spans, earlier_boots)


def read_stream(
    connection: sqlite3.Connection,
    stream: int,
    siblings: tuple[int, ...],
    head: int,
    since: float,
) -> Iterator[Found]:
    """Results of one stream from its chunks and then from the journal, inside the caller's transaction.

    `head` is its newest journal row. Chunks that can hold nothing younger than `since` are not opened.
    """
    recollection = recollect(connection, stream, siblings)
    if recollection is None:
        return
    chunk = recollection[0].chunk
    while chunk:
        found = connection.execute(
            "SELECT previous, newest, until, body FROM chunks WHERE id = ? AND stream = ?", (chunk, stream)
        ).fetchone()
        if found is None or found[1] < since:
            break
        chunk = found[0]
        if found[2] >= since:
            yield from read_results(found[3])
    rows: list[JournalRow] = []
    while head:
        kept = connection.execute(
            "SELECT previous, received, heading, body FROM journal WHERE id = ? AND stream = ?", (head, stream)
        ).fetchone()
        if kept is None:
            break
        head = kept[0]
        rows.append(_journal_row(*kept[1:]))
    yield from recollection[1].take(reversed(rows))
