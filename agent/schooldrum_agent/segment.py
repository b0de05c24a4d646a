"""How waiting results lie in a file: frames that each prove themselves, so that damage costs only what it touched."""

import heapq
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from schooldrum_agent.private import open_private, read_bounded, sync_directory, write_all

LARGEST = 32 << 20
"""A segment file beyond this is not ours (bytes)."""
WIDEST = 1 << 16
"""How far the numbers of one run may lie apart within a segment: what waits is kept as one bit each."""
_MAGIC = b"\xabSD1"
_HEAD = struct.Struct(">4sII")


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """What one append brought for one class: results of a run, with the clocks of that moment.

    `order` counts appends over all segments, so that both classes can be merged again; `results` are (seq, bytes).
    """

    order: int
    run: str
    boot: str
    boottime: float
    wall: float
    results: tuple[tuple[int, bytes], ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Frame)


def pack(frame: Frame) -> bytes:
    """A frame as it lies on disk: magic, length, CRC-32 of the payload, payload."""
    payload = _encoder.encode(frame)
    return _HEAD.pack(_MAGIC, len(payload), zlib.crc32(payload)) + payload


def _frame_at(data: bytes, start: int) -> tuple[Frame, int] | None:
    if start + _HEAD.size > len(data):
        return None
    magic, length, checksum = _HEAD.unpack_from(data, start)
    end = start + _HEAD.size + length
    if magic != _MAGIC or end > len(data):
        return None
    payload = data[start + _HEAD.size : end]
    if zlib.crc32(payload) != checksum:
        return None
    try:
        return _decoder.decode(payload), end
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def unpack(data: bytes) -> tuple[list[Frame], int, int]:
    """The sound frames, how many damaged stretches lie between or behind them, and where the last sound one ends.

    A tail that is merely cut off (the power went during the append, which therefore never came back) is no damage:
    nothing that was promised is in it.
    """
    frames: list[Frame] = []
    damaged = position = sound_end = 0
    while position < len(data):
        found = _frame_at(data, position)
        if found is None:
            following = _next_frame(data, position + 1)
            if following is None:
                damaged += _is_whole(data, position)
                break
            damaged += 1
            position = following
            continue
        frame, position = found
        sound_end = position
        frames.append(frame)
    return frames, damaged, sound_end


def _next_frame(data: bytes, start: int) -> int | None:
    while (start := data.find(_MAGIC, start)) >= 0:
        if _frame_at(data, start) is not None:
            return start
        start += 1
    return None


def _is_whole(data: bytes, start: int) -> bool:
    if start + _HEAD.size > len(data):
        return False
    magic, length, _ = _HEAD.unpack_from(data, start)
    return bool(magic == _MAGIC) and start + _HEAD.size + length <= len(data)


class Segment:
    """One file of frames and, in memory, one bit for each result in it that still waits.

    `bulk` is the class it belongs to; `number` orders files; `size` is bytes on disk; `newest` the order of its last
    frame; `first` and `last` are the oldest and newest frame's (boot, boottime, wall).
    """

    def __init__(self, path: Path, *, bulk: bool, number: int) -> None:
        self.path = path
        self.bulk = bulk
        self.number = number
        self.size = 0
        self.newest = 0
        self.first: tuple[str, float, float] | None = None
        self.last: tuple[str, float, float] | None = None
        self._waiting: dict[str, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None

    def load(self) -> int:
        """Reads an existing file, cuts off its torn tail, and returns how many stretches were damaged.

        Raises:
            OSError: it cannot be read.
        """
        frames, damaged, end = unpack(read_bounded(self.path, LARGEST) or b"")
        self.size = end
        if end < self.path.stat().st_size:
            os.truncate(self.path, end)
        for frame in frames:
            self._count(frame)
        return damaged

    def _count(self, frame: Frame) -> None:
        stamp = (frame.boot, frame.boottime, frame.wall)
        self.first = self.first or stamp
        self.last = stamp
        self.newest = frame.order
        seqs = [seq for seq, _ in frame.results]
        if not seqs:
            return
        lowest, bits = self._waiting.get(frame.run, (min(seqs), 0))
        if min(seqs) < lowest:
            bits, lowest = bits << (lowest - min(seqs)), min(seqs)
        for seq in seqs:
            bits |= 1 << (seq - lowest)
        self._waiting[frame.run] = (lowest, bits)

    def takes(self, frame: Frame, most: int) -> bool:
        """Whether the frame belongs into this file, or into a new one."""
        lowest, _ = self._waiting.get(frame.run, (frame.results[0][0], 0))
        return self.size < most and all(0 <= seq - lowest < WIDEST for seq, _ in frame.results)

    def append(self, frame: Frame) -> None:
        """Adds a frame and sees it onto the disk.

        Raises:
            OSError: it is not in the file; what was there before still is.
        """
        fresh = self._file is None
        if self._file is None:
            self._file = open_private(self.path, os.O_WRONLY | os.O_APPEND)
        packed = pack(frame)
        try:
            write_all(self._file, packed)
            if fresh:
                sync_directory(self.path.parent)
        except OSError:
            self._file.truncate(self.size)
            raise
        self.size += len(packed)
        self._count(frame)

    def read(self) -> list[Frame]:
        """The frames with only what still waits; what waits by count but cannot be read any more is struck off.

        Raises:
            OSError: the file cannot be read at all.
        """
        waiting: list[Frame] = []
        found: dict[str, list[int]] = {}
        for frame in unpack(read_bounded(self.path, LARGEST) or b"")[0]:
            results = tuple((seq, body) for seq, body in frame.results if self.awaits(frame.run, seq))
            if results:
                waiting.append(msgspec.structs.replace(frame, results=results))
                found.setdefault(frame.run, []).extend(seq for seq, _ in results)
        for run, (lowest, bits) in tuple(self._waiting.items()):
            self._waiting[run] = (lowest, bits & _bits(found.get(run, ()), lowest))
        if waiting:
            self.first = (waiting[0].boot, waiting[0].boottime, waiting[0].wall)
        return waiting

    def awaits(self, run: str, seq: int) -> bool:
        """Whether this result is here and not acknowledged."""
        lowest, bits = self._waiting.get(run, (0, 0))
        return 0 <= seq - lowest < WIDEST and bool(bits >> (seq - lowest) & 1)

    def strike(self, run: str, seqs: Iterable[int]) -> int:
        """Takes results off the list of what waits; returns how many were on it."""
        if run not in self._waiting:
            return 0
        lowest, bits = self._waiting[run]
        struck = bits & _bits(seqs, lowest)
        # A run stays listed at no bits: its lowest number bounds what this file may still take.
        self._waiting[run] = (lowest, bits & ~struck)
        return struck.bit_count()

    def waiting(self) -> int:
        """How many results wait in this file."""
        return sum(bits.bit_count() for _, bits in self._waiting.values())

    def empty(self) -> None:
        """Cuts the file to nothing, to be filled again: cheaper than a new one each beat.

        Not seen onto the disk: what a power cut brings back was acknowledged before and is known to the collector.

        Raises:
            OSError: the disk is failing.
        """
        if self._file is not None:
            self._file.truncate(0)
        else:
            os.truncate(self.path, 0)
        self.size = 0
        self.first = self.last = None
        self._waiting.clear()

    def close(self) -> None:
        """Lets go of the file; it can still be read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Closes and deletes the file.

        Raises:
            OSError: it could not be deleted.
        """
        self.close()
        self.path.unlink(missing_ok=True)


def _bits(seqs: Iterable[int], lowest: int) -> int:
    bits = 0
    for seq in seqs:
        if 0 <= seq - lowest < WIDEST:
            bits |= 1 << (seq - lowest)
    return bits


def oldest_first(*classes: Iterable[Frame]) -> Iterator[Frame]:
    """The frames of several classes in the order in which they were appended."""
    return heapq.merge(*classes, key=lambda frame: frame.order)
