"""Which graphics this PC has, and whether its driver is there.

WMI tells which cards are there now, but counts their memory in 32 bits, so from 4 GiB on it is wrong; the registry
counts right, but also keeps the cards of former times. They are joined by the device number.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, registry, wmi
from schooldrum_agent.sources.nameplate import known, tidy
from schooldrum_wire.catalogue.gpus import GPUS
from schooldrum_wire.section import Row

_MOST = 8
_DISPLAY_CLASS = "0x03"
_DEVICE = re.compile(r"VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", re.IGNORECASE)
_STOPGAP = frozenset({"display.inf", "basicdisplay.inf"})
"""Where Windows' basic driver comes from; its name for people is translated, its file is not."""
_CLASS_KEY = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
_CLASS_VALUES = (
    "DriverDesc",
    "MatchingDeviceId",
    "HardwareInformation.qwMemorySize",
    "HardwareInformation.MemorySize",
)
_WMI_VALUES = (
    "Name",
    "PNPDeviceID",
    "AdapterRAM",
    "DriverVersion",
    "DriverDate",
    "CurrentHorizontalResolution",
    "CurrentVerticalResolution",
    "InfFilename",
)
_NAMES = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids")
_NAMES_BYTES = 4 << 20
_CAPPED = 0xFFF00000
"""What 32 bits leave of 4 GiB and more."""
_ABSURD = 1 << 50
_WMI_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})\d{6}\.")


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{gpus: [{device "10de:1f06", model, memory (bytes), driver}]} of every display controller on the PCI bus.

    Raises:
        Denied: the bus may not be listed.
        Unavailable: this machine has none.
    """
    found: list[dict[str, Any]] = []
    names: bytes | None = None
    for address in files.names(doors.sysfs, "bus/pci/devices"):
        place = f"bus/pci/devices/{address}"
        if not (files.text_or_none(doors.sysfs, place, "class") or "").startswith(_DISPLAY_CLASS):
            continue
        vendor, device = (
            (files.text_or_none(doors.sysfs, place, part) or "").removeprefix("0x") for part in ("vendor", "device")
        )
        names = _names(doors) if names is None else names
        memory = files.text_or_none(doors.sysfs, place, "mem_info_vram_total")
        found.append(
            {
                "device": f"{vendor}:{device}",
                "model": name_of(names, vendor, device),
                "memory": int(memory) if memory and memory.isdecimal() else None,
                "driver": files.link(doors.sysfs, place, "driver").rpartition("/")[2],
            }
        )
    return {"gpus": found[:_MOST]}


def _names(doors: Doors) -> bytes:
    for path in _NAMES:
        try:
            return files.read_bytes(doors.rootfs, path, limit=_NAMES_BYTES)
        except (Denied, Unavailable):
            continue
    return b""


def name_of(names: bytes, vendor: str, device: str) -> str | None:
    """Vendor and device as pci.ids(5) calls them; None where it does not know them."""
    start = names.find(b"\n%s  " % vendor.encode())
    if not vendor or start < 0:
        return None
    start += 1
    end = re.compile(rb"\n[0-9a-fC]").search(names, start)
    section = names[start : end.start() if end else len(names)]
    maker, _, rest = section.partition(b"\n")
    found = re.search(rb"(?:^|\n)\t%s  ([^\n]*)" % re.escape(device.encode()), rest)
    words = [maker[len(vendor) :], found[1] if found else b""]
    return " ".join(word.decode("utf-8", "replace").strip() for word in words).strip() or None


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{controllers, drivers}: rows of Win32_VideoController, and the registry's keys of the display class.

    Raises:
        Denied: WMI refuses.
        Unavailable: this Windows does not tell.
        OSError: WMI failed in another way.
    """
    wql = f"SELECT {', '.join(_WMI_VALUES)} FROM Win32_VideoController"  # noqa: S608 - WQL of constants
    controllers = wmi.query(r"root\cimv2", wql, _WMI_VALUES)
    for row in controllers:
        # The rest of the identity names the slot, and on some devices a serial number.
        row["PNPDeviceID"] = "\\".join(str(row.get("PNPDeviceID") or "").split("\\")[:2])
    return {"controllers": controllers, "drivers": _drivers()}


def _drivers() -> list[dict[str, Any]]:
    try:
        numbers = [key for key in registry.keys(_CLASS_KEY) if key.isdecimal()]
    except (Denied, Unavailable):
        return []
    found = []
    for number in numbers[: _MOST * 4]:
        try:
            values = registry.values(rf"{_CLASS_KEY}\{number}")
        except (Denied, Unavailable):
            continue
        found.append({name: values[name] for name in _CLASS_VALUES if name in values})
    return found


def _device(identity: object) -> str | None:
    found = _DEVICE.search(str(identity or ""))
    return f"{found[1]}:{found[2]}".lower() if found else None


def _bytes(value: object) -> int | None:
    """A size in the registry: a number, or its bytes as hex text."""
    if isinstance(value, str) and len(value) in {8, 16}:
        try:
            value = int.from_bytes(bytes.fromhex(value), "little")
        except ValueError:
            return None
    return value if isinstance(value, int) and 0 < value < _ABSURD else None


def _memory(row: dict[str, Any], drivers: list[dict[str, Any]]) -> int | None:
    device, name = _device(row.get("PNPDeviceID")), row.get("Name")
    for by in (
        lambda one: device and _device(one.get("MatchingDeviceId")) == device,
        lambda one: name and one.get("DriverDesc") == name,
    ):
        for driver in filter(by, drivers):
            size = _bytes(driver.get("HardwareInformation.qwMemorySize"))
            size = size or _less_than_capped(_bytes(driver.get("HardwareInformation.MemorySize")))
            if size:
                return size
    return _less_than_capped(wmi.unsigned(row.get("AdapterRAM")))


def _less_than_capped(size: int | None) -> int | None:
    return size if size and size < _CAPPED else None


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each card on a bus; what remote sessions and mirror drivers show is none."""
    for row in data["controllers"][:_MOST]:
        device = _device(row.get("PNPDeviceID"))
        if device is None:
            continue
        date = _WMI_DATE.match(str(row.get("DriverDate") or ""))
        width, height = (wmi.unsigned(row.get(f"Current{way}Resolution")) for way in ("Horizontal", "Vertical"))
        yield GPUS(
            model=known(row.get("Name")),
            device=device,
            memory=_memory(row, data["drivers"]),
            driver=known(row.get("DriverVersion")),
            driver_date="-".join(date.groups()) if date else None,
            driver_missing=tidy(row.get("InfFilename")).casefold() in _STOPGAP,
            resolution=f"{width}x{height}" if width and height else None,
        )


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each display controller."""
    for one in data["gpus"]:
        memory = one["memory"]
        yield GPUS(
            model=known(one["model"]),
            device=one["device"],
            memory=memory if memory and memory < _ABSURD else None,
            driver=known(one["driver"]),
            driver_missing=not one["driver"],
        )


PROBE = Probe(
    "gpus",
    every=24 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("gpus",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
