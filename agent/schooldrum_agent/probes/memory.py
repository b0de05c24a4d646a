"""How much memory there is and how much of it programs can still have."""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import files
from schooldrum_wire.catalogue.memory import MEMORY_AVAILABLE_BYTES, MEMORY_SIZE_BYTES
from schooldrum_wire.reading import Reading

_LINUX = {"MemTotal": "size", "MemAvailable": "available"}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{size, available} in bytes, from /proc/meminfo; None where a kernel has no such line."""
    found: dict[str, Any] = dict.fromkeys(_LINUX.values())
    for line in files.read_text(doors.procfs, "meminfo").splitlines():
        name, _, rest = line.partition(":")
        fields = rest.split()
        if name in _LINUX and fields and fields[0].isdecimal():
            found[_LINUX[name]] = int(fields[0]) * 1024
            if None not in found.values():
                # They stand among the first of fifty lines.
                break
    return found


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same."""
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    memory = psutil.virtual_memory()
    return {"size": memory.total, "available": memory.available}


def read(data: Any) -> Iterator[Reading]:
    """Memory; nothing where a value is not known."""
    if data["size"]:
        yield MEMORY_SIZE_BYTES(data["size"])
    if data["available"] is not None:
        yield MEMORY_AVAILABLE_BYTES(data["available"])


PROBE = Probe(
    "memory",
    every=60,
    timeout=10,
    floor=5,
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
