"""Which disks Linux has, as the kernel and udev tell them: none is opened, so no right is needed and none is woken."""

import posixpath
import re
import struct
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.sources import files, mounts

_NO_DISK = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd|zd|rbd|drbd)\d|nvme\d+c\d+n|mmcblk\d+(boot|gp|rpmb)")
"""What stands on disks or in memory, second ways to one disk, and the hidden parts of a soldered one."""
_SECTORS = re.compile(r"[0-9]{1,16}")
_SECTOR = 512
_MOST = 16
_DEEPEST = 4
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")


def disks(doors: Doors) -> list[dict[str, Any]]:
    """The disks that hold anything, removable ones too.

    Each is {disk "sda", place (in sysfs), size (bytes), removable, rotational, vendor, model, firmware, card ("MMC",
    "SD"), life ("0x01 0x02": parts of an eMMC's life that are used up, in tenths), reserve ("0x01": its spare blocks),
    temperature (°C), serial, system (`/` lies on it)}. Texts are as the kernel writes them, None where it tells none.

    Raises:
        Denied: sysfs may not be read.
        Unavailable: there is none.
    """
    found = []
    system = _system(doors)
    for name in files.names(doors.sysfs, "block"):
        place = files.target(doors.sysfs, "block", name)
        sectors = files.text_or_none(doors.sysfs, "block", name, "size") or ""
        if _NO_DISK.match(name) or not _SECTORS.fullmatch(sectors) or int(sectors) == 0:
            continue
        known = udev(doors, name)
        found.append(
            {
                "disk": name,
                "place": place,
                "size": int(sectors) * _SECTOR,
                "removable": files.text_or_none(doors.sysfs, "block", name, "removable") == "1",
                "rotational": files.text_or_none(doors.sysfs, "block", name, "queue/rotational") == "1",
                "vendor": _of_device(doors, name, "vendor"),
                # The kernel knows but the first 16 characters of an ATA disk's name.
                "model": unescaped(known.get("ID_MODEL_ENC", "")) or _of_device(doors, name, "model", "name"),
                "firmware": known.get("ID_REVISION") or _of_device(doors, name, "firmware_rev", "fwrev", "rev"),
                "card": _of_device(doors, name, "type"),
                "life": _of_device(doors, name, "life_time"),
                "reserve": _of_device(doors, name, "pre_eol_info"),
                "temperature": _temperature(doors, name),
                "serial": serial(doors, name) or None,
                "system": place in system,
            }
        )
    return found[:_MOST]


def _of_device(doors: Doors, name: str, *items: str) -> str | None:
    for item in items:
        if told := files.text_or_none(doors.sysfs, "block", name, "device", item):
            return told
    return None


def _temperature(doors: Doors, name: str) -> int | None:
    """From the kernel's own watching of NVMe disks, and of ATA disks where `drivetemp` is loaded."""
    device = f"block/{name}/device"
    for folder in (device, f"{device}/hwmon"):
        for entry in files.names_or_none(doors.sysfs, folder):
            if entry.startswith("hwmon"):
                told = files.text_or_none(doors.sysfs, folder, entry, "temp1_input") or ""
                if told.isascii() and told.isdecimal() and len(told) < 7:  # noqa: PLR2004 - thousandths of a degree
                    return round(int(told) / 1000)
    return None


def _system(doors: Doors) -> frozenset[str]:
    """Where in sysfs the disks are that the root file system lies on."""
    try:
        root = mounts.covering(mounts.mounts(doors.procfs, doors.rootfs), "/")
    except (Denied, Unavailable):
        return frozenset()
    if root is None:
        return frozenset()
    place = files.target(doors.sysfs, "dev/block", root.device) or _by_name(doors, posixpath.basename(root.source))
    return frozenset(_under(doors, place, _DEEPEST) if place else ())


def _by_name(doors: Doors, name: str) -> str:
    return files.target(doors.sysfs, "class/block", name) if name not in {"", ".", ".."} else ""


def _under(doors: Doors, place: str, depth: int) -> Iterator[str]:
    parts = files.names_or_none(doors.sysfs, place, "slaves") if depth else []
    for part in parts:
        if below := _by_name(doors, part):
            yield from _under(doors, below, depth - 1)
    if not parts:
        yield posixpath.dirname(place) if files.text_or_none(doors.sysfs, place, "partition") else place


def serial(doors: Doors, name: str) -> str:
    """The serial number of the disk `name`, empty where it tells none."""
    # NVMe and eMMC say it below their device, virtio beside it, ATA and SCSI in their vital product data.
    for path in ("device/serial", "serial"):
        if told := files.text_or_none(doors.sysfs, "block", name, path):
            return told
    try:
        return vital_serial(files.read_bytes(doors.sysfs, "block", name, "device/vpd_pg80"))
    except (Denied, Unavailable):
        return udev(doors, name).get("ID_SERIAL_SHORT", "")


def vital_serial(page: bytes) -> str:
    """The serial number in SCSI's vital product data, page 80: four bytes of header, then text."""
    if len(page) < 4 or page[1] != 0x80:  # noqa: PLR2004 - the page's own number and header
        return ""
    length = struct.unpack_from(">H", page, 2)[0]
    return page[4 : 4 + length].decode("ascii", "replace").strip(" \0")


def udev(doors: Doors, name: str) -> dict[str, str]:
    """What udev knows of the disk `name`: its properties, none where there is no udev."""
    number = files.text_or_none(doors.sysfs, "block", name, "dev")
    text = files.text_or_none(doors.rootfs, "run/udev/data", f"b{number}") if number else None
    lines = (line.removeprefix("E:").partition("=") for line in (text or "").splitlines() if line.startswith("E:"))
    return {key: value for key, _, value in lines}


def unescaped(text: str) -> str:
    r"""Text as udev writes it, `\x20` for a space; without padding."""
    raw = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return raw.encode("latin-1", "replace").decode("utf-8", "replace").strip(" \0")
