"""How large and how full the fixed volumes are.

Fixed means: a disk inside the PC with a local file system. What may hang or lies elsewhere is never even asked: network
drives, automounts, everything in user space (FUSE), sticks and cards. A volume that is seen twice (bind mounts,
subvolumes, SUBST) is counted once.
"""

import os
import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import files, mounts
from schooldrum_wire.catalogue.disk import DISK_FREE_BYTES, DISK_SIZE_BYTES, VOLUMES
from schooldrum_wire.metric import label_fault
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

MOST_VOLUMES = 6
_FIRMWARE = frozenset({"/boot/efi", "/efi", "/boot/firmware"})
"""Written by updates of the boot loader only; nothing there fills up."""
_DEEPEST = 4
_ELSEWHERE = frozenset({4, 7, 9, 12, 14, 15})
"""STORAGE_BUS_TYPE: FireWire, USB, iSCSI, SD, virtual, a file."""
_REAL_DISK = "\\Device\\HarddiskVolume"
"""A SUBST drive leads to a folder, a cloud drive (Google Drive shows itself as fixed) to a device of its own."""


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{volumes: [{device, root, volume, filesystem, source, size, free, disks}]}: every mount of a local file system.

    Size and free are bytes, None where the file system does not answer; `disks` are the disks under it, each {place,
    removable, card} as sysfs tells.

    Raises:
        Denied: the list of mounts may not be read.
        Unavailable: there is none.
    """
    newest = {mount.volume: mount for mount in mounts.mounts(doors.procfs, doors.rootfs)}
    found = []
    for mount in newest.values():
        if mount.is_local:
            size, free = _room(doors.rootfs, mount.volume)
            found.append({**mounts.plain(mount), "size": size, "free": free, "disks": _disks(doors.sysfs, mount)})
    return {"volumes": found}


def _room(rootfs: str, volume: str) -> tuple[int | None, int | None]:
    try:
        path = files.below(rootfs, volume)
        if not Path(path).is_dir():
            return None, None
        numbers = os.statvfs(path)
    except (OSError, ValueError):
        return None, None
    return numbers.f_blocks * numbers.f_frsize, numbers.f_bavail * numbers.f_frsize


def _disks(sysfs: str, mount: mounts.Mount) -> list[dict[str, Any]]:
    # Btrfs and ZFS number their mounts themselves; then the name of the device leads to it.
    start = files.target(sysfs, "dev/block", mount.device) or _by_name(sysfs, posixpath.basename(mount.source))
    return list(_under(sysfs, start, _DEEPEST)) if start else []


def _by_name(sysfs: str, name: str) -> str:
    return files.target(sysfs, "class/block", name) if name not in {"", ".", ".."} else ""


def _under(sysfs: str, place: str, depth: int) -> Iterator[dict[str, Any]]:
    """The disks under an encrypted, striped or logical device, itself where there is none."""
    parts = files.names_or_none(sysfs, place, "slaves") if depth else []
    for part in parts:
        if below := _by_name(sysfs, part):
            yield from _under(sysfs, below, depth - 1)
    if not parts:
        disk = posixpath.dirname(place) if files.text_or_none(sysfs, place, "partition") else place
        yield {
            "place": disk,
            "removable": files.text_or_none(sysfs, disk, "removable"),
            "card": files.text_or_none(sysfs, disk, "device/type"),
        }


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{volumes: […]} as `sources.volumes.fixed` tells them.

    Raises:
        Unavailable: this is not Windows.
    """
    from schooldrum_agent.sources import volumes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    return {"volumes": volumes.fixed()}


def _is_fixed_linux(mount: dict[str, Any]) -> bool:
    if mount["volume"] == "/":
        return True
    if mount["volume"] in _FIRMWARE or (mount["root"] != "/" and mount["filesystem"] != "btrfs"):
        return False
    return not any(
        disk["removable"] == "1" or disk["card"] == "SD" or "/usb" in disk["place"] or "/block/loop" in disk["place"]
        for disk in mount["disks"]
    )


def _identity_linux(mount: dict[str, Any]) -> str:
    if mount["filesystem"] == "zfs":
        return str(mount["source"]).split("/", 1)[0]
    return str(mount["source"] if mount["filesystem"] == "btrfs" else mount["device"])


def read_linux(data: Any) -> Iterator[Reading | Row]:
    """Each fixed volume once, by its shortest mount point."""
    chosen: dict[str, dict[str, Any]] = {}
    for mount in sorted(data["volumes"], key=lambda mount: (len(mount["volume"]), mount["volume"])):
        if mount["size"] and mount["free"] is not None and _is_fixed_linux(mount):
            chosen.setdefault(_identity_linux(mount), mount)
    yield from _tell(({**mount, "label": None} for mount in chosen.values()), first="/")


def _is_fixed_windows(volume: dict[str, Any]) -> bool:
    inside = volume["bus"] not in _ELSEWHERE and str(volume["device"]).startswith(_REAL_DISK)
    return bool(volume["system"]) or inside


def read_windows(data: Any) -> Iterator[Reading | Row]:
    """Each fixed volume with a letter."""
    chosen = [volume for volume in data["volumes"] if volume["size"] and _is_fixed_windows(volume)]
    system = next((volume["volume"] for volume in chosen if volume["system"]), "")
    yield from _tell((volume for volume in chosen if volume["free"] is not None), first=system)


def _tell(found: Iterable[dict[str, Any]], first: str) -> Iterator[Reading | Row]:
    sound = [volume for volume in found if not label_fault(volume["volume"])]
    # A PC shows at most 40 series: the system's own volume, then the largest.
    sound.sort(key=lambda volume: (volume["volume"] != first, -volume["size"], volume["volume"]))
    for volume in sound[:MOST_VOLUMES]:
        yield DISK_SIZE_BYTES(volume["size"], volume=volume["volume"])
        yield DISK_FREE_BYTES(min(volume["free"], volume["size"]), volume=volume["volume"])
        row: dict[str, Any] = {key: volume[key] for key in ("volume", "filesystem", "size")}
        label = volume["label"]
        yield VOLUMES(**row, label=None if label is None or label_fault(label) else label)


PROBE = Probe(
    "disk",
    every=300,
    timeout=20,
    floor=30,
    sections=("volumes",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
