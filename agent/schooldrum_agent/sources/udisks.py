"""What the system's own disk service (UDisks2) knows of the disks' health: desktops run it, and it tells anybody.

It reads SMART as root every few minutes, without waking a disk. So an agent without rights on the disks still knows.
It is asked only where it runs already, and never told to read anew.
"""

from typing import Any

import msgspec

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import command, files, smart

_PROGRAMS = ("usr/bin/busctl", "bin/busctl")
_SECONDS = 15.0
_NAME = "org.freedesktop.UDisks2"
_BLOCK, _ATA, _NVME = f"{_NAME}.Block", f"{_NAME}.Drive.Ata", f"{_NAME}.NVMe.Controller"
_WARNINGS = {"spare": 1, "temperature": 2, "degraded": 4, "readonly": 8, "volatile_mem": 16, "pmr_readonly": 32}
_OTHER_WARNING = 64
_KELVIN = 273.15
_DEVICES = "/dev/"


def disks() -> dict[str, dict[str, Any]]:
    """By the disk's name (`sda`): what is known of its health, by columns of the section `disks`.

    Empty where no such service runs. Raises nothing.
    """
    program = next((f"/{path}" for path in _PROGRAMS if files.target("/", path)), None)
    if program is None:
        return {}
    arguments = ("--system", "--json=short", "--auto-start=no", "call", _NAME, "/" + _NAME.replace(".", "/"))
    try:
        answer = command.run(
            program, *arguments, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", timeout=_SECONDS
        )
    except (Denied, Unavailable, OSError):
        return {}
    return parse(answer.output) if answer.code == 0 else {}


def parse(text: str) -> dict[str, dict[str, Any]]:
    """The same from what `busctl --json=short` prints; empty for anything else."""
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    objects = _table(next(iter(_listed(_table(told).get("data"))), None))
    found = {}
    for interfaces in objects.values():
        block = _table(_table(interfaces).get(_BLOCK))
        drive = _table(objects.get(str(_value(block, "Drive"))))
        health = _ata(_table(drive.get(_ATA))) or _nvme(_table(drive.get(_NVME)))
        device = _value(block, "Device")
        if health and isinstance(device, list) and all(isinstance(one, int) and 0 <= one < 256 for one in device):  # noqa: PLR2004 - an octet
            path = bytes(device).rstrip(b"\0").decode("utf-8", "replace")
            if path.startswith(_DEVICES):
                found[path.removeprefix(_DEVICES)] = health
    return found


def _ata(says: dict[str, Any]) -> dict[str, Any]:
    if not smart.count(_value(says, "SmartUpdated")):
        return {}
    failing = _value(says, "SmartFailing")
    # Replaced sectors and those that wait for it together, -1 where the disk does not tell.
    bad, seconds = smart.count(_value(says, "SmartNumBadSectors")), smart.count(_value(says, "SmartPowerOnSeconds"))
    told = {
        "passed": not failing if isinstance(failing, bool) else None,
        "reallocated": bad,
        "hours": seconds // 3600 if seconds else None,
        "temperature": _celsius(_value(says, "SmartTemperature")),
        "source": "udisks",
    }
    return {column: value for column, value in told.items() if value is not None}


def _nvme(says: dict[str, Any]) -> dict[str, Any]:
    if not smart.count(_value(says, "SmartUpdated")):
        return {}
    warnings = _value(says, "SmartCriticalWarning")
    bits = {_WARNINGS.get(str(one), _OTHER_WARNING) for one in _listed(warnings)}
    told = {
        "passed": not bits if isinstance(warnings, list) else None,
        "critical": sum(bits) if isinstance(warnings, list) else None,
        "hours": smart.count(_value(says, "SmartPowerOnHours")),
        "temperature": _celsius(_value(says, "SmartTemperature")),
        "source": "udisks",
    }
    return {column: value for column, value in told.items() if value is not None}


def _celsius(kelvin: object) -> int | None:
    number = isinstance(kelvin, int | float) and not isinstance(kelvin, bool)
    return smart.celsius(kelvin - _KELVIN) if number and kelvin else None  # type: ignore[operator]  # it is a number


def _value(properties: dict[str, Any], name: str) -> Any:
    """A property: busctl writes each as {type, data}."""
    return _table(properties.get(name)).get("data")


def _table(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _listed(found: object) -> list[Any]:
    return found if isinstance(found, list) else []
