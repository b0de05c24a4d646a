"""Is the log that a killed collector left beside its store whole: what was committed last stands in it alone.

SQLite reads such a log up to the first frame that is not sound, and forgets what follows: so it does away with what was
being written when the power failed. But where much that was committed follows, the log was damaged afterwards.
Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

import os
import struct
import time
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_SUMMED_BYTES = 8
"""Of a frame's head the checksum covers the page's number and the store's size."""
_MAGIC = 0x377F0682
_VERSION = 3007000
_WORD = 0xFFFF_FFFF
_CUT_SHORT = 2
"""So many commits power that fails may leave behind a gap: the last one, before its fsync had ended."""


def commits_lost(log: Path, *, seconds: float) -> int | None:
    """How many commits stand behind the first damaged frame of a log; None where its head is damaged, so all of them.

    0 where nothing is wrong, where what is wrong is how power cuts leave it, or where another process is writing it.
    Looks for at most so many seconds.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with log.open("rb") as file:
            head = file.read(_HEADER.size)
            lost = _lost(file, head, time.monotonic() + seconds)
            file.seek(0)
            # A log that is begun anew beneath the reader has another head.
            return lost if file.read(_HEADER.size) == head else 0
    except FileNotFoundError:
        return 0


def _lost(file: BinaryIO, head: bytes, deadline: float) -> int | None:
    if os.fstat(file.fileno()).st_size < _HEADER.size + _FRAME.size or not any(head):
        # Nothing was ever committed in it: its head is made durable before the first frame.
        return 0
    magic, version, page, _, salt, other_salt, *told = _HEADER.unpack(head)
    order = ">" if magic & 1 else "<"
    sums = _checksum(head[:-8], order, (0, 0))
    if magic & ~1 != _MAGIC or version != _VERSION or list(sums) != told:
        return None
    whole = True
    lost = 0
    while len(frame := file.read(_FRAME.size)) == _FRAME.size and time.monotonic() < deadline:
        _, size, *salts, first, second = _FRAME.unpack(frame)
        ours = salts == [salt, other_salt]
        if whole:
            body = file.read(page)
            if len(body) < page:
                break
            sums = _checksum(frame[:_SUMMED_BYTES] + body, order, sums)
            # What an earlier, longer log has left behind has other salts: there this one ends.
            whole = ours and list(sums) == [first, second]
        else:
            file.seek(page, 1)
        lost += not whole and ours and size > 0
    return lost if lost > _CUT_SHORT else 0


def _checksum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, another in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _WORD
        second = (second + another + first) & _WORD
    return first, second
