"""What stands in a file of this machine: bounded reads below a root.

The roots are the `procfs`, `sysfs` and `rootfs` of the Doors, so that a container can look at its host and a test at a
tree of its own.
"""

import itertools
import os
import stat
from collections.abc import Iterable

from schooldrum_agent.probe import Denied, Unavailable

LARGEST = 256 * 1024
"""No file a probe needs is larger; a hostile or broken one costs no more memory than this (bytes)."""
MOST_NAMES = 4096
_FIRST, _PIECE = 8192, 65536
"""Most files end within the first; room for more would be taken from the system and given back each time."""
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Without waiting: to open a FIFO would otherwise wait for a writer for ever."""
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_VALUE = 4096
"""The kernel tells each value in sysfs at once, in a page at most."""


def below(root: str, *parts: str) -> str:
    """The path of `parts` below `root`, whether or not a part begins with a slash.

    Raises:
        ValueError: a part would climb out of the root.
    """
    path = "/".join((root.rstrip("/"), *(part.strip("/") for part in parts)))
    if "/../" in f"{path}/" or "\0" in path:
        raise ValueError(f"a path below {root} may hold neither .. nor a zero character")
    return path


def read_bytes(root: str, *parts: str, limit: int = LARGEST) -> bytes:
    """The first `limit` bytes of a regular file.

    Raises:
        Denied: this process may not read it.
        Unavailable: there is no such file, it is no regular file, or the kernel has no value for it (a network
            interface without a link answers EINVAL for its speed).
    """
    path = below(root, *parts)
    try:
        # Plain descriptors: read some forty times a minute, a path object and a file object cost five times as much.
        descriptor = os.open(path, _READ)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unavailable(f"{path} is no regular file")
            read = os.read(descriptor, min(limit, _FIRST))
            piece = _PIECE if len(read) == _FIRST else _FIRST
            while read and len(read) < limit and (more := os.read(descriptor, min(limit - len(read), piece))):
                read += more
            return read
        finally:
            os.close(descriptor)
    except PermissionError as problem:
        raise Denied(f"no right to read {path}") from problem
    except OSError as problem:
        raise Unavailable(f"{path}: {problem.strerror}") from problem


def read_text(root: str, *parts: str, limit: int = LARGEST) -> str:
    """The same as text: UTF-8, with what is no UTF-8 replaced, without white space around it."""
    return read_bytes(root, *parts, limit=limit).decode("utf-8", "replace").strip()


def text_or_none(root: str, *parts: str) -> str | None:
    """The same where a missing or forbidden value is one fact among others: None stands for it."""
    try:
        return read_text(root, *parts)
    except (Denied, Unavailable):
        return None


def values(root: str, *parts: str, of: Iterable[str]) -> dict[str, str | None]:
    """The values (text of at most a page, as in sysfs) of files in one directory; None for one that cannot be read.

    The way there is walked once: in sysfs it is longer than all the rest. Raises nothing.
    """
    if os.open not in os.supports_dir_fd:
        return {name: text_or_none(root, *parts, name) for name in of}
    try:
        folder = os.open(below(root, *parts), _FOLDER)
    except (OSError, ValueError):
        return dict.fromkeys(of)
    try:
        return {name: _value(folder, name) for name in of}
    finally:
        os.close(folder)


def _value(folder: int, name: str) -> str | None:
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
        try:
            return os.read(descriptor, _VALUE).decode("utf-8", "replace").strip()
        finally:
            os.close(descriptor)
    except OSError:
        return None


def names(root: str, *parts: str) -> list[str]:
    """The names in a directory, sorted, at most 4096 of them.

    Raises:
        Denied: this process may not list it.
        Unavailable: there is no such directory.
    """
    path = below(root, *parts)
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in itertools.islice(entries, MOST_NAMES))
    except PermissionError as problem:
        raise Denied(f"no right to list {path}") from problem
    except OSError as problem:
        raise Unavailable(f"{path}: {problem.strerror}") from problem


def names_or_none(root: str, *parts: str) -> list[str]:
    """The same where a missing or forbidden directory is an empty one."""
    try:
        return names(root, *parts)
    except (Denied, Unavailable):
        return []


def link(root: str, *parts: str) -> str:
    """What a symbolic link says, as it says it; empty where there is none."""
    try:
        return os.readlink(below(root, *parts))  # noqa: PTH115 - a path object costs five times as much, each minute
    except (OSError, ValueError):
        return ""


def target(root: str, *parts: str) -> str:
    """Where a path really leads, every link followed: below the root, beginning with a slash; empty if nowhere.

    Raises nothing: a path that is not there, loops or leads out of the root gives an empty text.
    """
    try:
        top, place = os.path.realpath(root), os.path.realpath(below(root, *parts), strict=True)
    except (OSError, ValueError):
        return ""
    return place.removeprefix(top.rstrip("/")) if place.startswith(top.rstrip("/") + "/") else ""


def exists(root: str, *parts: str) -> bool:
    """Whether something stands there; False also where this process may not look. Raises nothing."""
    try:
        return os.path.lexists(below(root, *parts))
    except (OSError, ValueError):
        return False


def changed(root: str, *parts: str) -> float | None:
    """When a file or directory was last changed (epoch seconds of this PC); None where nothing stands there."""
    try:
        return os.stat(below(root, *parts)).st_mtime  # noqa: PTH116 - plain calls, as everywhere here
    except (OSError, ValueError):
        return None
