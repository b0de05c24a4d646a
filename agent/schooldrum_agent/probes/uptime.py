"""Since when the PC is up, and since when it was last switched on.

Two different things: Fast Startup (Windows 8 and newer) hibernates the kernel at "Shut down", so a PC that is switched
off every day may have booted weeks ago.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import boot
from schooldrum_wire.catalogue.uptime import BOOT_TIMESTAMP, POWER_ON_TIMESTAMP
from schooldrum_wire.reading import Reading

if TYPE_CHECKING:
    from schooldrum_agent.sources.eventlog import Event

_SLEPT_AT_ALL = 1.0
"""Seconds: the two clocks are read one after the other, and differ a little by that."""
_LATER = 120.0
"""Seconds by which the log may be behind or ahead: it is written when its service is up."""


def _common(doors: Doors) -> dict[str, Any]:
    return {"boot_age": doors.boottime(), "resume_age": doors.said().get("resume_age")}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{boot_age, slept, resume_age}: seconds since boot, spent asleep, and since the agent saw the PC wake up."""
    return {**_common(doors), "slept": boot.slept()}


def fetch_windows(doors: Doors) -> dict[str, Any]:
    """{boot_age, resume_age, power_on}: the newest start in the event log.

    `power_on` is {kind, age}: BootType 0 full, 1 Fast Startup, 2 from hibernation, and the seconds since by the PC's
    clock; None where the log does not tell.
    """
    from schooldrum_agent.sources import eventlog  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    data = {**_common(doors), "power_on": None}
    try:
        events = eventlog.newest("System", "Microsoft-Windows-Kernel-Boot", 27)
    except (Denied, Unavailable):
        return data
    for event in events[:1]:
        data["power_on"] = _power_on(event, doors.wall())
    return data


def _power_on(event: "Event", wall: float) -> dict[str, Any] | None:
    try:
        # Windows writes tenths of microseconds, which Python 3.11 takes; the zone is always Z.
        time = datetime.fromisoformat(event.time).timestamp()
        return {"kind": int(event.data.get("BootType", ""), 0), "age": wall - time}
    except (ValueError, OverflowError):
        return None


def read_linux(data: Any) -> Iterator[Reading]:
    """Boot, and power-on where it is known: a PC that never slept was switched on when it booted."""
    boot_age = max(0.0, data["boot_age"])
    yield BOOT_TIMESTAMP(boot_age)
    if data["resume_age"] is not None:
        yield POWER_ON_TIMESTAMP(min(boot_age, max(0.0, data["resume_age"])))
    elif data["slept"] is not None and data["slept"] < _SLEPT_AT_ALL:
        yield POWER_ON_TIMESTAMP(boot_age)


def read_windows(data: Any) -> Iterator[Reading]:
    """Boot, and power-on where it is known.

    A full start is the boot itself, whatever the PC's clock said then. For the others the clock must be believed; an
    age from before the boot or in the future shows that it was changed since, and then nothing is said.
    """
    boot_age = max(0.0, data["boot_age"])
    yield BOOT_TIMESTAMP(boot_age)
    start = data["power_on"]
    if data["resume_age"] is not None:
        yield POWER_ON_TIMESTAMP(min(boot_age, max(0.0, data["resume_age"])))
    elif start is None:
        return
    elif start["kind"] == 0:
        yield POWER_ON_TIMESTAMP(boot_age)
    elif -_LATER <= start["age"] <= boot_age + _LATER:
        yield POWER_ON_TIMESTAMP(min(boot_age, max(0.0, start["age"])))


PROBE = Probe(
    "uptime",
    every=300,
    timeout=20,
    floor=60,
    bulk=False,
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
