"""Is the log that a killed collector left whole, and how far does it go: what was committed last stands in it alone.

SQLite reads such a log up to the first frame that is not sound, and forgets what follows: so it does away with what was
being written when the power failed. But where much that was committed follows, the log was damaged afterwards.
Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

import os
import struct
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_SUMMED_BYTES = 8
"""Of a frame's head the checksum covers the page's number and the store's size."""
_MAGIC = 0x377F0682
_VERSION = 3007000
_WORD = 0xFFFF_FFFF
_NUMBER = slice(60, 64)
"""Where a database's first page has its `user_version`: https://www.sqlite.org/fileformat2.html#user_version_number."""
_CUT_SHORT = 2
"""So many commits power that fails may leave behind a gap: the last one, before its fsync had ended."""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What a log holds.

    `lost`: how many commits stand behind its first damaged frame; None where its head is damaged, so all of them; 0
    where nothing is wrong, where what is wrong is how power cuts leave it, or where another process is writing it.
    `first` and `last`: the `user_version` after its first and its last whole commit that say one; None without any.
    `is_empty`: nothing was ever written to it. `is_read`: there was time to look at all of it.
    """

    lost: int | None = 0
    first: int | None = None
    last: int | None = None
    is_empty: bool = False
    is_read: bool = True


_EMPTY = Log(is_empty=True)


def read_log(log: Path, *, seconds: float) -> Log:
    """What stands in the log at this path; looks for at most so many seconds. No log is an empty one.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with log.open("rb") as file:
            head = file.read(_HEADER.size)
            found = _read(file, head, time.monotonic() + seconds)
            file.seek(0)
            # A log that is begun anew beneath the reader has another head.
            return found if file.read(_HEADER.size) == head else msgspec.structs.replace(found, lost=0)
    except FileNotFoundError:
        return _EMPTY


def _read(file: BinaryIO, head: bytes, deadline: float) -> Log:
    if os.fstat(file.fileno()).st_size < _HEADER.size + _FRAME.size or not any(head):
        # Nothing was ever committed in it: its head is made durable before the first frame.
        return _EMPTY
    magic, version, page, _, salt, other_salt, *told = _HEADER.unpack(head)
    order = ">" if magic & 1 else "<"
    sums = _checksum(head[:-8], order, (0, 0))
    if magic & ~1 != _MAGIC or version != _VERSION or list(sums) != told:
        return Log(lost=None)
    whole = is_read = True
    lost = 0
    first = last = number = None
    while len(frame := file.read(_FRAME.size)) == _FRAME.size:
        if not (is_read := time.monotonic() < deadline):
            break
        place, size, *salts, one, another = _FRAME.unpack(frame)
        ours = salts == [salt, other_salt]
        if whole:
            body = file.read(page)
            if len(body) < page:
                break
            sums = _checksum(frame[:_SUMMED_BYTES] + body, order, sums)
            # What an earlier, longer log has left behind has other salts: there this one ends.
            whole = ours and list(sums) == [one, another]
            if whole and place == 1:
                number = int.from_bytes(body[_NUMBER])
            if whole and size:
                first, last = number if first is None else first, number
        else:
            file.seek(page, 1)
        lost += not whole and ours and size > 0
    return Log(lost=lost if lost > _CUT_SHORT else 0, first=first, last=last, is_read=is_read)


def _checksum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, another in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _WORD
        second = (second + another + first) & _WORD
    return first, second
