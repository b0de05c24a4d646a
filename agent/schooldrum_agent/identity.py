"""Which machine this is by its hardware, and whose names must not leave it."""

import re
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.probes import interfaces
from schooldrum_agent.sources import accounts, disks, files, firmware
from schooldrum_wire.fingerprint import is_junk, tidy
from schooldrum_wire.report import Fingerprint

_BURNT_IN = "0"
"""addr_assign_type: the address the card was made with; 3 is one that somebody set."""
_ETHERNET = 6
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
_NO_DISK = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd|zd|rbd|drbd)\d")
_INSIDE = frozenset({1, 3, 8, 11, 13, 17})
"""STORAGE_BUS_TYPE: SCSI, ATA, RAID, SATA, soldered MMC, NVMe."""
OWN_WORDS = frozenset({"debian", "ethernet", "linux", "linuxmint", "mint", "mobile", "ubuntu", "wifi", "windows"})
"""What the product itself says of every PC. An account called `ubuntu` (each Ubuntu image has one) names nobody, but
would blank the name of the system."""


def read_fingerprint(doors: Doors, system: str) -> Fingerprint:
    """The hashed hardware items of this machine: SMBIOS UUID, board serial, inner disks, wired cards.

    Raises nothing: what this process may not read, or what is a placeholder, is simply absent. On Linux UUID and board
    serial need root; disks and cards do not.
    """
    seen: dict[str, list[str]] = {"uuid": [], "board": [], "disk": [], "mac": []}
    seen["uuid"], seen["board"] = _firmware(doors, system)
    seen["disk"] = _disks_windows() if system == "win32" else _disks_linux(doors)
    seen["mac"] = _cards_windows() if system == "win32" else _cards_linux(doors)
    return tidy(seen)


def account_names(doors: Doors, system: str) -> list[str]:
    """Login, full and profile names of the people of this PC, for the outgoing fence.

    A full name also stands in host names and labels without its spaces, so that spelling is here too. Raises nothing.
    """
    found = accounts.names_windows() if system == "win32" else accounts.names_linux(doors.rootfs, doors.procfs)
    spellings = {name.strip() for name in found} | {"".join(name.split()) for name in found}
    return sorted(name for name in spellings if name and name.casefold() not in OWN_WORDS)


def _firmware(doors: Doors, system: str) -> tuple[list[str], list[str]]:
    try:
        table = firmware.table_windows() if system == "win32" else firmware.table_linux(doors.sysfs)
    except (Denied, Unavailable):
        return [], _boards_without_smbios(doors) if system != "win32" else []
    found = firmware.items(table)
    # Locally assembled PCs often have a placeholder on the board and a number on the case, or the other way round.
    boards = [serial for serial in found.board_serials if not is_junk(serial)]
    spare = [serial for serial in (found.system_serial, found.chassis_serial) if not is_junk(serial)]
    return [found.uuid], boards or spare[:1]


def _boards_without_smbios(doors: Doors) -> list[str]:
    """The serial of an ARM board (Raspberry Pi), which stands in the device tree."""
    serial = files.text_or_none(doors.procfs, "device-tree/serial-number")
    return [serial.rstrip("\0")] if serial else []


def _is_burnt_in(mac: str) -> bool:
    """Whether a card was made with this address: neither locally administered nor for a group."""
    return bool(_MAC.match(mac)) and not int(mac[:2], 16) & 3


def _disks_linux(doors: Doors) -> list[str]:
    found = []
    for name in files.names_or_none(doors.sysfs, "block"):
        if _NO_DISK.match(name) or files.text_or_none(doors.sysfs, "block", name, "removable") == "1":
            continue
        place = files.target(doors.sysfs, "block", name)
        if "/usb" in place or files.text_or_none(doors.sysfs, "block", name, "device/type") == "SD":
            continue
        found.append(disks.serial(doors, name))
    return [serial for serial in found if serial]


def _cards_linux(doors: Doors) -> list[str]:
    try:
        found = interfaces.fetch_linux(doors)["interfaces"]
    except (Denied, Unavailable):
        return []
    wired = [card for card in found if card["type"] == "1" and card["place"] and not card["radio"]]
    return [
        str(card["address"]).lower()
        for card in wired
        if card["devtype"] is None
        and not card["plugged"]
        and card["addr_assign_type"] == _BURNT_IN
        and _is_burnt_in(str(card["address"]).lower())
    ]


def _disks_windows() -> list[str]:
    from schooldrum_agent.sources import volumes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    try:
        found: list[dict[str, Any]] = volumes.disks()
    except (Denied, Unavailable):
        return []
    return [str(disk["serial"]) for disk in found if disk["bus"] in _INSIDE and not disk["removable"]]


def _cards_windows() -> list[str]:
    from schooldrum_agent.sources import adapters  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    try:
        found = adapters.adapters()
    except (Denied, Unavailable):
        return []
    inner = [card for card in found if card["kind"] == _ETHERNET and card["bus"] in {"PCI", "ACPI", "PCMCIA", "VMBUS"}]
    return [str(card["mac"]) for card in inner if _is_burnt_in(str(card["mac"]))]
