"""What is known now of every stream, in memory: the newest live delivery as it came, and a few scalars.

A row of the journal carries the scalars as they stand after it (`Heading`), so the last row of a stream and its last
live delivery are all of it: a start reads them, and memory is exactly what was acknowledged.
"""

import sqlite3
import sys

import msgspec

from schooldrum_collector.store.records import Arrival, Latest


class Heading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The scalars of Latest as they are kept, in this order; new ones are added at the end, with a default."""

    run: str
    boot: str
    clock: float
    skew: float
    beat: int
    word: str
    word_kind: str
    word_at: float
    agent: str
    system: str
    frozen: bool | None
    settings: int
    starts: int
    egress: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Heading)
_intern = sys.intern


def after(before: Latest | None, arrival: Arrival) -> Latest:
    """What is known once this has arrived. Words, and whether the disk forgets, stand until something else is said."""
    live = arrival.live
    if before is None:
        received, body, word, word_kind, word_at, frozen = 0.0, b"", "", "", 0.0, None
    else:
        received, body, frozen = before.received, before.body, before.frozen
        word, word_kind, word_at = before.word, before.word_kind, before.word_at
    if live:
        received, body = arrival.received, live
    if arrival.word:
        word, word_kind, word_at = _intern(arrival.word), _intern(arrival.word_kind), arrival.received
    return Latest(
        machine=arrival.machine if before is None else before.machine,
        heard=arrival.received,
        received=received,
        body=body,
        run=arrival.run,
        boot=arrival.boot,
        clock=arrival.clock,
        skew=arrival.skew,
        beat=arrival.beat,
        word=word,
        word_kind=word_kind,
        word_at=word_at,
        agent=_intern(arrival.agent),
        system=_intern(arrival.system),
        frozen=frozen if arrival.frozen is None else arrival.frozen,
        settings=arrival.settings,
        starts=arrival.starts,
        egress=_intern(arrival.egress),
    )


def heading(latest: Latest) -> bytes:
    """The scalars, packed.

    Raises:
        ValueError: a number or a text that cannot be kept.
    """
    try:
        return _encoder.encode(
            (
                latest.run,
                latest.boot,
                latest.clock,
                latest.skew,
                latest.beat,
                latest.word,
                latest.word_kind,
                latest.word_at,
                latest.agent,
                latest.system,
                latest.frozen,
                latest.settings,
                latest.starts,
                latest.egress,
            ),
        )
    except OverflowError as problem:
        raise ValueError(str(problem)) from problem


def read_heading(packed: bytes) -> Heading:
    """The scalars again."""
    return _decoder.decode(packed)


def _restored(machine: str, packed: bytes, heard: float, received: float, body: bytes) -> Latest:
    kept = _decoder.decode(packed)
    return Latest(
        machine=machine,
        heard=heard,
        received=received,
        body=body,
        run=kept.run,
        boot=kept.boot,
        clock=kept.clock,
        skew=kept.skew,
        beat=kept.beat,
        word=_intern(kept.word),
        word_kind=_intern(kept.word_kind),
        word_at=kept.word_at,
        agent=_intern(kept.agent),
        system=_intern(kept.system),
        frozen=kept.frozen,
        settings=kept.settings,
        starts=kept.starts,
        egress=_intern(kept.egress),
    )


class Present:
    """Latest and last journal row (`heads`) by stream; `last` is the newest row of all."""

    def __init__(self) -> None:
        self.latest: dict[int, Latest] = {}
        self.heads: dict[int, int] = {}
        self.last = 0

    def load(self, connection: sqlite3.Connection, machines: dict[int, str]) -> None:
        """Everything from the store, given whose each stream is; rows of streams that are nobody's are passed over."""
        self.latest.clear()
        self.heads.clear()
        self.last = 0
        rows = connection.execute("SELECT stream, heading, heard, received, body FROM latest")
        for stream, packed, heard, received, body in rows:
            if stream in machines:
                self.latest[stream] = _restored(machines[stream], packed, heard, received, body)
        self.catch_up(connection, machines)

    def catch_up(self, connection: sqlite3.Connection, machines: dict[int, str]) -> None:
        """What the journal holds beyond the last known row."""
        newest: dict[int, tuple[float, bytes]] = {}
        lived: dict[int, int] = {}
        rows = connection.execute(
            "SELECT id, stream, received, heading, length(coalesce(live, body)) > 0 FROM journal"
            " WHERE id > ? ORDER BY id",
            (self.last,),
        )
        for row, stream, received, packed, has_live in rows:
            self.last = row
            if stream in machines:
                self.heads[stream] = row
                newest[stream] = (received, packed)
                if has_live:
                    lived[stream] = row
        for stream, (heard, packed) in newest.items():
            before = self.latest.get(stream)
            received, body = (before.received, before.body) if before else (0.0, b"")
            if stream in lived:
                received, body = connection.execute(
                    "SELECT received, coalesce(live, body) FROM journal WHERE id = ?",
                    (lived[stream],),
                ).fetchone()
            self.latest[stream] = _restored(machines[stream], packed, heard, received, body)

    def drop(self, stream: int) -> None:
        """Forgets a stream that is nobody's any more."""
        self.latest.pop(stream, None)
        self.heads.pop(stream, None)
