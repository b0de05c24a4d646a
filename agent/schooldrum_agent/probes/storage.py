"""Which disks are built in, and what they say of their health; what that means, the collector judges.

Reading a disk's health wants rights on both systems. Where there is none, the disks are listed all the same, and the
row says so: not read is not sound. Sticks, cards and USB disks belong to people and are left out, but for the one the
system itself lies on.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import disks, physical_disks, smart, smartctl, udisks, wmi
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.section import Row

_SMARTCTL_SECONDS = 20.0
_MOST = 8
_MAKERS_OF_VIRTUAL = re.compile(r"(qemu|vmware|vbox|virtual|msft|xen)\b", re.IGNORECASE)
_ASKED = frozenset({"sata", "nvme", "scsi", "raid"})
"""Buses whose disks smartctl can ask; a soldered one the kernel tells of, a virtual one has no health."""
_RESERVES = {1: "healthy", 2: "warning", 3: "unhealthy"}
"""PRE_EOL_INFO of JEDEC eMMC 5.0: normal, 80 % and 90 % of the spare blocks used."""
_MOST_TENTHS = 11
_BUSES = {
    1: "scsi", 3: "sata", 4: "firewire", 7: "usb", 8: "raid", 9: "iscsi", 10: "scsi", 11: "sata", 12: "sd", 13: "mmc",
    14: "virtual", 15: "virtual", 16: "virtual", 17: "nvme",
}  # fmt: skip
"""STORAGE_BUS_TYPE; 14 to 16 are made up by Windows: of a file, of several disks."""
_OUTSIDE = frozenset({"usb", "firewire", "iscsi", "virtual"})
_KINDS = {3: "hdd", 4: "ssd"}
_HEALTHS = {0: "healthy", 1: "warning", 2: "unhealthy"}
_OK, _FORETOLD = 2, 5
"""In OperationalStatus; the second is predictive failure, and every other one tells that something is not as usual."""
_REMOVABLE = 7
"""In Capabilities: removable media."""
_NUMBER = re.compile(r"[0-9]{1,4}")
_SPINDLE_UNKNOWN = 0xFFFFFFFF
_NAMESPACE_OF_SERIAL = re.compile(r"\s*_0{3}[0-9A-F]\.?\s*\Z")
_SCRAMBLED = re.compile(r"[0-9A-Fa-f]{40}")
_SPACE, _DELETE = 0x20, 0x7F


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{disks, told, reports}: the disks as `sources.disks` tells them, what udisks knows of each, smartctl's reports.

    A report is a word where there is none: no_program, denied, no_answer or not_told.

    Raises:
        Denied: sysfs may not be read.
        Unavailable: there is no list of disks.
    """
    found = [disk for disk in disks.disks(doors) if is_inside(disk)][:_MOST]
    asked = [disk for disk in found if bus_of(disk) in _ASKED]
    program = smartctl.program(doors.rootfs)
    reports = {disk["disk"]: _report(program, disk) if program else "no_program" for disk in asked}
    told = udisks.disks() if asked and doors.rootfs == "/" else {}
    return {"disks": found, "told": told, "reports": reports}


def _report(program: str, disk: dict[str, Any]) -> Any:
    try:
        return smartctl.ask(program, f"/dev/{disk['disk']}", bus_of(disk), _SMARTCTL_SECONDS)
    except Denied:
        return "denied"
    except TimeoutError:
        return "no_answer"
    except (Unavailable, OSError):
        return "not_told"


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """What `sources.physical_disks` tells.

    Raises:
        Denied: no list of disks may be had.
        Unavailable: there is none, or this is not Windows.
    """
    return physical_disks.disks()


def bus_of(disk: dict[str, Any]) -> str:
    """How a disk of `sources.disks` is connected: its place in the tree of devices shows it."""
    place = f"{disk['place']}/"
    if _MAKERS_OF_VIRTUAL.match(disk["vendor"] or "") or _MAKERS_OF_VIRTUAL.match(disk["model"] or ""):
        return "virtual"
    for part, bus in (
        ("/usb", "usb"),
        ("/virtio", "virtual"),
        ("/vbd-", "virtual"),
        ("/nvme", "nvme"),
        ("/ata", "sata"),
    ):
        if part in place:
            return bus
    if disk["disk"].startswith("mmcblk"):
        return "sd" if disk["card"] == "SD" else "mmc"
    return "scsi"


def is_inside(disk: dict[str, Any]) -> bool:
    """Whether a disk of `sources.disks` is built in, or the system lies on it."""
    return bool(disk["system"]) or not (disk["removable"] or bus_of(disk) in {"usb", "sd"})


def _kind_linux(disk: dict[str, Any], bus: str) -> str | None:
    if bus in {"nvme", "mmc", "sd"}:
        return {"nvme": "nvme", "mmc": "emmc", "sd": "card"}[bus]
    # The kernel takes every disk for a turning one unless it says otherwise, and virtual and USB ones say nothing.
    if bus in {"virtual", "usb"}:
        return None
    return "hdd" if disk["rotational"] else "ssd"


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each disk."""
    for disk in data["disks"]:
        bus = bus_of(disk)
        report = data["reports"].get(disk["disk"], "not_told")
        health = soldered(disk) if bus == "mmc" else {}
        if disk["temperature"] is not None and (degrees := smart.celsius(disk["temperature"])) is not None:
            health["temperature"] = degrees
        health |= data["told"].get(disk["disk"], {})
        heard = report if isinstance(report, dict) else {}
        health |= smartctl.health(heard)
        why = report if isinstance(report, str) else smartctl.unread(heard) or "not_told"
        yield DISKS(
            disk=disk["disk"],
            kind=_kind_linux(disk, bus),
            bus=bus,
            size=disk["size"],
            model=known(heard.get("model_name")) or known(disk["model"]),
            firmware=known(disk["firmware"]),
            serial=known_serial(disk["serial"]),
            unread=None if "source" in health else why,
            **health,
        )


def soldered(disk: dict[str, Any]) -> dict[str, Any]:
    """What an eMMC says of its life, by columns: tenths of it that are used up, and how its spare blocks are."""
    told: dict[str, Any] = {}
    # The value n says: from n-1 to n tenths; 11 says: more than all of it. Two kinds of memory, each of its own age.
    tenths = [number for text in (disk["life"] or "").split()[:2] if 0 < (number := _hexadecimal(text)) <= _MOST_TENTHS]
    if tenths:
        told["wear"] = (max(tenths) - 1) * 10
    if reserve := _RESERVES.get(_hexadecimal(disk["reserve"] or "")):
        told["health"] = reserve
    return {**told, "source": "mmc"} if told else {}


def _hexadecimal(text: str) -> int:
    return int(text, 0) if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,4}", text) else 0


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each disk; where the newer class is missing, from the older one."""
    drives = {str(drive.get("Index")): drive for drive in data["drives"] or []}
    found = data["disks"]
    numbers = [str(disk.get("DeviceId")) for disk in found] if found else list(drives)
    by_number = {str(disk.get("DeviceId")): disk for disk in found or []}
    for number in [one for one in numbers if _NUMBER.fullmatch(one)][:_MOST]:
        disk, drive = by_number.get(number, {}), drives.get(number, {})
        bus = _bus_windows(disk, drive)
        if bus in _OUTSIDE or _is_removable(drive) or (bus == "sd" and not drive):
            continue
        health = _health_windows(data, number, disk, drive)
        yield DISKS(
            disk=f"PhysicalDrive{number}",
            kind=_kind_windows(disk, drive, bus),
            bus=bus,
            size=_size(disk.get("Size")) or _size(drive.get("Size")),
            model=known(disk.get("Model")) or known(disk.get("FriendlyName")) or known(drive.get("Model")),
            firmware=known(disk.get("FirmwareVersion")) or known(drive.get("FirmwareRevision")),
            serial=serial_of_windows(disk, drive),
            unread=None if "source" in health else "denied" if data["denied"] else "not_told",
            **health,
        )


def _size(value: object) -> int | None:
    number = wmi.unsigned(value)
    return number if number and 0 < number < 1 << 63 else None


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _numbers(value: object) -> set[int | None]:
    return {wmi.unsigned(one) for one in (value if isinstance(value, list) else [value])}


def _bus_windows(disk: dict[str, Any], drive: dict[str, Any]) -> str | None:
    number = wmi.unsigned(disk.get("BusType"))
    if number:
        return _BUSES.get(number)
    # The older class calls every disk SCSI or IDE, whatever it is.
    if str(drive.get("InterfaceType")) in {"USB", "1394"}:
        return "usb"
    return "nvme" if "nvme" in str(drive.get("Model")).casefold() else None


def _is_removable(drive: dict[str, Any]) -> bool:
    return _REMOVABLE in _numbers(drive.get("Capabilities"))


def _kind_windows(disk: dict[str, Any], drive: dict[str, Any], bus: str | None) -> str | None:
    if bus in {"nvme", "mmc", "sd"}:
        # Cheap tablets have their soldered memory on a bus for cards.
        return "nvme" if bus == "nvme" else "emmc"
    if kind := _KINDS.get(wmi.unsigned(disk.get("MediaType")) or 0):
        return kind
    turns = wmi.unsigned(disk.get("SpindleSpeed"))
    if turns and turns < _SPINDLE_UNKNOWN:
        return "hdd"
    names = f"{disk.get('Model')} {drive.get('Model')}".casefold()
    return "ssd" if re.search(r"\bssd\b", names) else None


def serial_of_windows(disk: dict[str, Any], drive: dict[str, Any]) -> str | None:
    """The serial number that is printed on the disk; of an NVMe disk the other one is the number of its namespace."""
    printed = _NAMESPACE_OF_SERIAL.sub("", str(disk.get("AdapterSerialNumber") or ""))
    spellings = (printed, disk.get("SerialNumber"), drive.get("SerialNumber"))
    return next((serial for one in spellings if (serial := known_serial(unscrambled(one)))), None)


def unscrambled(serial: object) -> object:
    """Older drivers of ATA disks give the twenty characters in hexadecimal, each pair of them turned around."""
    if not isinstance(serial, str) or not _SCRAMBLED.fullmatch(serial):
        return serial
    raw = bytes.fromhex(serial)
    turned = bytes(raw[at ^ 1] for at in range(len(raw)))
    return turned.decode("ascii") if all(_SPACE <= one < _DELETE for one in turned) else serial


def _health_windows(data: Any, number: str, disk: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Everything that Windows and the disk say, by columns; the most exact source speaks last."""
    told: dict[str, Any] = {}
    if health := _HEALTHS.get(_number(disk.get("HealthStatus"))):
        told |= {"health": health, "source": "windows"}
    told |= counters(data["counters"].get(number, {}))
    told |= _smart(data, str(drive.get("PNPDeviceID") or ""), str(disk.get("Model") or drive.get("Model") or ""))
    if log := smart.health_log(_octets(data["logs"].get(number))):
        told |= {**smart.of_health_log(log), "source": "nvme"}
    # Said by Windows itself, which says OK of a disk that it knows nothing about.
    states = _numbers(disk.get("OperationalStatus"))
    if unusual := sorted(one for one in states - {_OK, _FORETOLD} if one is not None):
        told["status"] = " ".join(map(str, unusual))
    if _FORETOLD in states or drive.get("Status") == "Pred Fail":
        told |= {"passed": False, "source": told.get("source", "windows")}
    return told


def _number(value: object) -> int:
    number = wmi.unsigned(value)
    return -1 if number is None else number


def counters(row: dict[str, Any]) -> dict[str, Any]:
    """What MSFT_StorageReliabilityCounter tells, by columns: from a driver that tells nothing come zeros."""
    values = {name: wmi.unsigned(row.get(name)) for name in ("Temperature", "Wear", "PowerOnHours")}
    failed = wmi.unsigned(row.get("ReadErrorsUncorrected"))
    if not values["Temperature"] and not values["PowerOnHours"]:
        return {}
    told = {
        "temperature": smart.celsius(values["Temperature"]),
        "wear": smart.percent(values["Wear"]),
        "hours": smart.count(values["PowerOnHours"]) or None,
        "unreadable": smart.count(failed),
    }
    return {column: value for column, value in told.items() if value is not None}


def _smart(data: Any, instance: str, model: str) -> dict[str, Any]:
    if not instance:
        return {}
    name = f"{instance}_0".casefold()

    def row(kind: str) -> dict[str, Any]:
        rows = data[kind] or []
        return next((one for one in rows if str(one.get("InstanceName")).casefold() == name), {})

    sector = _octets(row("sectors").get("VendorSpecific"))
    told = smart.of_attributes(smart.attributes(sector, _octets(row("thresholds").get("VendorSpecific"))), model)
    foretold = row("predicted").get("PredictFailure")
    if isinstance(foretold, bool):
        told["passed"] = not foretold
    return {**told, "source": "smart"} if told else {}


def _octets(value: object) -> bytes:
    numbers = _listed(value)
    return bytes(numbers) if all(isinstance(one, int) and 0 <= one <= 255 for one in numbers) else b""  # noqa: PLR2004


PROBE = Probe(
    "storage",
    every=6 * 3600,
    timeout=200,
    floor=600,
    child=True,
    sections=("disks",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
