"""What an office has written into a file of the data directory, read so that nothing that stands there can hang."""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from schooldrum_collector.judge.faults import Fault, no_toml

_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """A file that cannot be used; the sentences name it, the entry and what would be right, also in `vietnamese`."""

    def __init__(self, path: Path, faults: Iterable[Fault]) -> None:
        told = [fault.at(f"{path}", f"{path}") for fault in faults]
        super().__init__("\n".join(fault.english for fault in told))
        self.vietnamese = "\n".join(fault.vietnamese for fault in told)


def bounded(path: Path, largest: int) -> bytes:
    """The first `largest` + 1 bytes of a regular file.

    Raises:
        OSError: it is not there, cannot be read, or is no regular file (a pipe without a writer would never end).
    """
    descriptor = os.open(path, os.O_RDONLY | _WITHOUT_WAITING)
    # A file object would not take a folder, and would leave it open.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    with os.fdopen(descriptor, "rb") as file:
        return file.read(largest + 1)


def text(path: Path, largest: int) -> str | None:
    """What it holds; None where there is no such file.

    Raises:
        Unusable: it cannot be read, is larger than `largest` bytes, or is no text.
    """
    try:
        raw = bounded(path, largest)
    except FileNotFoundError:
        return None
    except OSError as trouble:
        why = trouble.strerror or str(trouble)
        fault = Fault(
            f"không đọc được ({why}); cần một tệp thường đọc được", f"cannot be read ({why}); a plain file is wanted"
        )
        raise Unusable(path, [fault]) from trouble
    if len(raw) > largest:
        fault = Fault(f"lớn hơn {largest} byte, mức cho phép", f"larger than the {largest} bytes that are allowed")
        raise Unusable(path, [fault])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        raise Unusable(path, [no_toml(trouble)]) from trouble
