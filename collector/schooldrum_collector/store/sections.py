"""How the inventory sections of streams are kept: rows packed in the store, digests in memory."""

import sqlite3
import sys
import zlib
from collections.abc import Iterable

import msgspec

from schooldrum_collector.store.records import StoredSection
from schooldrum_wire.section import Values

_rows_encoder = msgspec.json.Encoder()
_rows_decoder = msgspec.json.Decoder(tuple[Values, ...])
_HEX_DIGITS = 64

PUT = (
    "INSERT INTO sections (stream, name, digest, updated, rows) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (stream, name) DO UPDATE SET digest = excluded.digest, updated = excluded.updated,"
    " rows = excluded.rows"
)


def row(stream: int, name: str, digest: str, updated: float, rows: tuple[Values, ...]) -> tuple[object, ...]:
    """The values that PUT takes.

    Raises:
        ValueError: a value that cannot be kept.
    """
    try:
        packed = zlib.compress(_rows_encoder.encode(rows), 6)
    except OverflowError as problem:
        raise ValueError(str(problem)) from problem
    if not f"{name}{digest}".isprintable():
        raise ValueError("a section's name or digest is no plain text")
    return stream, name, digest, updated, packed


def read(connection: sqlite3.Connection, streams: Iterable[int]) -> list[StoredSection]:
    """All sections of these streams in name order; of one that several have, the newest."""
    found: dict[str, StoredSection] = {}
    for stream in streams:
        for name, digest, updated, rows in connection.execute(
            "SELECT name, digest, updated, rows FROM sections WHERE stream = ?",
            (stream,),
        ):
            if name not in found or found[name].updated <= updated:
                unpacked = _rows_decoder.decode(zlib.decompress(rows))
                found[name] = StoredSection(name=name, digest=digest, updated=updated, rows=unpacked)
    return [found[name] for name in sorted(found)]


class Digests:
    """The digest of every section, packed small: at fifty thousand machines plain dicts would cost 70 MB."""

    def __init__(self) -> None:
        self._packed: dict[int, tuple[tuple[str, ...], bytes]] = {}
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}

    def load(self, connection: sqlite3.Connection) -> None:
        """Everything from the store."""
        self._packed.clear()
        gathered: dict[int, dict[str, str]] = {}
        for stream, name, digest in connection.execute("SELECT stream, name, digest FROM sections ORDER BY stream"):
            gathered.setdefault(stream, {})[sys.intern(name)] = digest
        for stream, digests in gathered.items():
            self._put(stream, digests)

    def note(self, stream: int, changed: dict[str, str]) -> None:
        """These sections of the stream have these digests from now on."""
        self._put(stream, {**self.of(stream), **changed})

    def drop(self, stream: int) -> None:
        """Forgets a stream that is nobody's any more."""
        self._packed.pop(stream, None)

    def _put(self, stream: int, digests: dict[str, str]) -> None:
        names = tuple(sys.intern(name) for name in sorted(digests))
        shape = self._shapes.setdefault(names, names)
        self._packed[stream] = (shape, msgspec.msgpack.encode([_short(digests[name]) for name in names]))

    def of(self, stream: int) -> dict[str, str]:
        """Digest by section name."""
        names, packed = self._packed.get(stream, ((), b"\x90"))
        digests: list[bytes | str] = msgspec.msgpack.decode(packed)
        return {name: _long(digest) for name, digest in zip(names, digests, strict=True)}


def _short(digest: str) -> bytes | str:
    """SHA-256 in half the room; whatever else stands there as it is."""
    if len(digest) == _HEX_DIGITS and not digest.strip("0123456789abcdef"):
        return bytes.fromhex(digest)
    return digest


def _long(digest: bytes | str) -> str:
    return digest.hex() if isinstance(digest, bytes) else digest
