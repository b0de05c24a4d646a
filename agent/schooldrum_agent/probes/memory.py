"""How much memory there is and how much of it programs can still have."""

import struct
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, windows
from schooldrum_wire.catalogue.memory import (
    MEMORY_AVAILABLE_BYTES,
    MEMORY_SIZE_BYTES,
    SWAP_SIZE_BYTES,
    SWAP_USED_BYTES,
)
from schooldrum_wire.reading import Reading

_LINUX = {"MemTotal": "size", "MemAvailable": "available", "SwapTotal": "swap_size", "SwapFree": "swap_free"}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{size, available, swap_size, swap_free} in bytes, from /proc/meminfo; None where a kernel has no such line."""
    found: dict[str, Any] = dict.fromkeys(_LINUX.values())
    for line in files.read_text(doors.procfs, "meminfo").splitlines():
        name, _, rest = line.partition(":")
        fields = rest.split()
        if name in _LINUX and fields and fields[0].isdecimal():
            found[_LINUX[name]] = int(fields[0]) * 1024
    return found


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same; the page files are asked by themselves.

    psutil.swap_memory takes their use from performance counters, which are damaged on many an old PC.
    """
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    memory = psutil.virtual_memory()
    found = _page_files_or_none()
    return {
        "size": memory.total,
        "available": memory.available,
        "swap_size": None if found is None else found[0],
        "swap_free": None if found is None else found[0] - found[1],
    }


def _page_files_or_none() -> tuple[int, int] | None:
    try:
        return _page_files()
    except Unavailable:
        return None


def _page_files() -> tuple[int, int]:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory
    import mmap  # noqa: PLC0415 - only for the size of a page here

    found: list[tuple[int, int]] = []

    def take(_context: int, information: int, _name: int) -> int:
        # ENUM_PAGE_FILE_INFORMATION: cb, reserved, then total, in use and peak in pages.
        size, used, _ = struct.unpack_from("<QQQ", ctypes.string_at(information, 32), 8)
        found.append((size * mmap.PAGESIZE, used * mmap.PAGESIZE))
        return 1

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(take)
    if not windows.function("psapi", "EnumPageFilesW")(callback, None):
        raise Unavailable("Windows does not tell its page files")
    return sum(size for size, _ in found), sum(used for _, used in found)


def read(data: Any) -> Iterator[Reading]:
    """Memory and swap; nothing where a value is not known, no use of a swap that is not there."""
    if data["size"]:
        yield MEMORY_SIZE_BYTES(data["size"])
    if data["available"] is not None:
        yield MEMORY_AVAILABLE_BYTES(data["available"])
    if data["swap_size"] is not None:
        yield SWAP_SIZE_BYTES(data["swap_size"])
        if data["swap_size"] and data["swap_free"] is not None:
            yield SWAP_USED_BYTES(max(0, data["swap_size"] - data["swap_free"]))


PROBE = Probe(
    "memory",
    every=60,
    timeout=10,
    floor=5,
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
