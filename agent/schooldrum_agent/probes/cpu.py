"""How busy the processors are."""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files
from schooldrum_wire.catalogue.cpu import CPU_USAGE_RATIO
from schooldrum_wire.reading import Reading

_before: dict[str, dict[str, float]] = {}
"""The times of the run before, by where they were read; a run begins only after the one before has ended."""


def _with_before(where: str, now: dict[str, float]) -> dict[str, Any]:
    data = {"before": _before.get(where), "now": now}
    _before[where] = now
    return data


def parse_stat(text: str) -> dict[str, float]:
    """Busy and total time (in ticks since boot), out of /proc/stat.

    Guest time is already inside user time; waiting for a disk is not being busy.

    Raises:
        Unavailable: the text has no line for the processors.
    """
    start = 0 if text.startswith("cpu") else text.find("\ncpu") + 1
    fields = text[start:].partition("\n")[0].split()
    if len(fields) < 5 or fields[0] != "cpu":  # noqa: PLR2004 - proc(5): idle is the fourth time
        raise Unavailable("/proc/stat has no line for the processors")
    times = [float(field) for field in fields[1:9] if field.isdecimal()]
    idle = sum(times[3:5])
    return {"busy": sum(times) - idle, "total": sum(times)}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{before, now}: busy and total time of all processors, in the run before and now."""
    return _with_before(doors.procfs, parse_stat(files.read_text(doors.procfs, "stat")))


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same from GetSystemTimes."""
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    times = psutil.cpu_times()
    # Interrupts and deferred calls are inside system time on Windows.
    busy = times.user + times.system
    return _with_before("windows", {"busy": busy, "total": busy + times.idle})


def read(data: Any) -> Iterator[Reading]:
    """The share in use since the run before, in the first run since the PC started."""
    before = data["before"] or {"busy": 0.0, "total": 0.0}
    total = data["now"]["total"] - before["total"]
    if total > 0:
        # The kernel may take a tick of waiting back: the share stays between its ends.
        yield CPU_USAGE_RATIO(min(1.0, max(0.0, (data["now"]["busy"] - before["busy"]) / total)))


PROBE = Probe(
    "cpu",
    every=60,
    timeout=10,
    floor=5,
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
