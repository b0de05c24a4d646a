"""One collector on a data directory: the second one is refused, and told by whom."""

import contextlib
import os
import sys
from pathlib import Path

from schooldrum_collector.store.interface import Locked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "schooldrum.lock"
_FAR = 1 << 30
"""Windows locks bytes: one beyond the text leaves the text readable."""


class Lock:
    """Held until `release`, or until the process ends in whatever way: the system lets go of it.

    Raises:
        Locked: another process holds it; the sentence names it.
        OSError: the directory is not writable.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / NAME
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take()
        except OSError as problem:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise Locked(
                f"{directory} is already in use by another Schooldrum collector"
                f"{f' (process {holder})' if holder else ''}. Stop that one first, or give this one a data directory "
                "of its own.",
                f"{directory} đang được một máy chủ Schooldrum khác dùng"
                f"{f' (tiến trình {holder})' if holder else ''}. Dừng máy chủ đó trước, hoặc chọn thư mục số liệu "
                "khác.",
                holder,
            ) from problem
        # On a full disk the lock holds all the same; only its holder's number stays unsaid.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())

    def _take(self) -> None:
        if sys.platform == "win32":
            os.lseek(self._file, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(self._file, 0, os.SEEK_SET)
        else:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Lets the next one in."""
        os.close(self._file)
