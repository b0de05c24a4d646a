"""Which volumes and disks Windows has, of what kind, and how full: asked so that no network drive is ever touched.

GetDriveTypeW tells a fixed drive from a mapped one without a packet, and only fixed ones are asked anything more.
"""

import struct
from typing import Any

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import windows

_FIXED = 3
_QUERY_PROPERTY = 0x002D1400
_DEVICE_PROPERTY = bytes(12)
_ROOM = 1024
_DESCRIPTOR = 36
_MOST_DISKS = 16


def fixed() -> list[dict[str, Any]]:
    r"""The fixed volumes with a letter.

    Each is {volume "C:", device "\Device\HarddiskVolume3", system (Windows runs from it), filesystem, label, serial,
    size, free, bus (see `describe`, None where not told)}. Size and free are bytes, None where Windows does not say
    (a volume locked by BitLocker).

    Raises:
        Unavailable: this is not Windows.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    kernel = windows.library("kernel32")
    mask = int(kernel.GetLogicalDrives())
    home = ctypes.create_unicode_buffer(_ROOM)
    kernel.GetSystemWindowsDirectoryW(home, _ROOM)
    found = []
    for index in range(26):
        letter = chr(ord("A") + index) + ":"
        if mask >> index & 1 and int(kernel.GetDriveTypeW(ctypes.c_wchar_p(letter + "\\"))) == _FIXED:
            found.append(_volume(kernel, ctypes, letter, home.value[:2].upper() == letter))
    return found


def _volume(kernel: Any, ctypes: Any, letter: str, system: bool) -> dict[str, Any]:  # noqa: FBT001 - one caller, one fact
    root = ctypes.c_wchar_p(letter + "\\")
    device = ctypes.create_unicode_buffer(_ROOM)
    kernel.QueryDosDeviceW(ctypes.c_wchar_p(letter), device, _ROOM)
    label, kind = ctypes.create_unicode_buffer(_ROOM), ctypes.create_unicode_buffer(_ROOM)
    serial = ctypes.c_uint32(0)
    known = kernel.GetVolumeInformationW(root, label, _ROOM, ctypes.byref(serial), None, None, kind, _ROOM)
    free, size = ctypes.c_uint64(0), ctypes.c_uint64(0)
    told = kernel.GetDiskFreeSpaceExW(root, ctypes.byref(free), ctypes.byref(size), None)
    return {
        "volume": letter,
        "device": device.value,
        "system": system,
        "filesystem": kind.value if known else None,
        "label": label.value if known else None,
        "serial": f"{serial.value:08X}" if known else None,
        "size": size.value if told else None,
        "free": free.value if told else None,
        "bus": _told(rf"\\.\{letter}").get("bus"),
    }


def disks() -> list[dict[str, Any]]:
    """The physical disks: {bus, removable, serial} each, in the order of their numbers; empty where none answers."""
    found = [_told(rf"\\.\PhysicalDrive{number}") for number in range(_MOST_DISKS)]
    return [disk for disk in found if disk]


def _told(path: str) -> dict[str, Any]:
    try:
        return describe(windows.ask_device(path, _QUERY_PROPERTY, _DEVICE_PROPERTY, _ROOM))
    except (Denied, Unavailable):
        return {}


def describe(raw: bytes) -> dict[str, Any]:
    """A STORAGE_DEVICE_DESCRIPTOR taken apart; empty where these bytes are none.

    `bus` is STORAGE_BUS_TYPE: 1 SCSI, 3 ATA, 7 USB, 8 RAID, 11 SATA, 12 SD, 13 MMC, 14 virtual, 15 a file, 16 spaces,
    17 NVMe. `serial` is the text the driver gives; up to Windows 7 ATA drivers give it as hex of swapped pairs.
    """
    if len(raw) < _DESCRIPTOR:
        return {}
    removable, serial_at, bus = raw[10], *struct.unpack_from("<II", raw, 24)
    serial = raw[serial_at:].split(b"\0", 1)[0] if 0 < serial_at < len(raw) else b""
    return {"bus": bus, "removable": bool(removable), "serial": serial.decode("latin-1").strip()}
