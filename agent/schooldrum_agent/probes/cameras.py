"""Which cameras this PC has, and whether they could work. None is opened.

On Windows the class of imaging devices (all there was before Windows 10 1709) also holds scanners. On Linux a camera
without driver has no video node: so the USB bus is asked too, where a camera says itself that it is one.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import files, wmi
from schooldrum_agent.sources.nameplate import known, tidy
from schooldrum_wire.catalogue.cameras import CAMERAS
from schooldrum_wire.section import Row

_MOST = 16
_CAMERA = "{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}"
_IMAGE = "{6bdd1fc6-810f-11d0-bec7-08002be2092f}"
_VALUES = ("Name", "ClassGuid", "PNPDeviceID", "Service", "ConfigManagerErrorCode")
_QUERY = f"SELECT {', '.join(_VALUES)} FROM Win32_PnPEntity WHERE ClassGuid='{_CAMERA}' OR ClassGuid='{_IMAGE}'"  # noqa: S608 - WQL of constants
_CAMERA_SERVICES = re.compile(r"usbvideo|camera|webcam|ksthunk|avstream", re.IGNORECASE)
_CAMERA_NAMES = re.compile(r"\b(web)?cam(era)?s?\b", re.IGNORECASE)
"""Brands' own names of devices, not words of Windows: scanners and copiers never have them."""
_STATES = {0: "ok", 22: "disabled", 28: "no_driver", 29: "disabled"}
_ABSENT = 45
_VENDOR_PRODUCT = re.compile(r"VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", re.IGNORECASE)
_VIDEO_CLASS = "0e"


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{devices: rows of Win32_PnPEntity}; of the identity only bus, vendor and product.

    Raises:
        Denied: WMI refuses.
        Unavailable: this is not Windows.
        OSError: WMI failed in another way.
    """
    rows = wmi.query(r"root\cimv2", _QUERY, _VALUES)
    for row in rows:
        # The rest of the identity is the camera's serial number.
        row["PNPDeviceID"] = "\\".join(str(row.get("PNPDeviceID") or "").split("\\")[:2])
    return {"devices": rows}


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each camera that is there; one with two functions (colour and infrared) is two devices."""
    found: dict[tuple[str | None, str | None], Row] = {}
    for row in data["devices"]:
        error = wmi.unsigned(row.get("ConfigManagerErrorCode"))
        name, service = tidy(row.get("Name")), tidy(row.get("Service"))
        camera = str(row.get("ClassGuid") or "").casefold() == _CAMERA
        if error == _ABSENT or not (camera or _CAMERA_SERVICES.search(service) or _CAMERA_NAMES.search(name)):
            continue
        numbers = _VENDOR_PRODUCT.search(str(row.get("PNPDeviceID") or ""))
        device = f"{numbers[1]}:{numbers[2]}".lower() if numbers else None
        state = None if error is None else _STATES.get(error, "fault")
        found.setdefault((device, known(name)), CAMERAS(model=known(name), device=device, state=state))
    yield from list(found.values())[:_MOST]


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{nodes: [{place, model, index}], interfaces: [{place, class, subclass, vendor, product, model, driver}]}.

    The video nodes of the kernel, and the USB interfaces of the video class. A `place` is the device in sysfs.

    Raises:
        Denied: sysfs may not be read.
    """
    nodes = []
    for name in files.names_or_none(doors.sysfs, "class/video4linux"):
        base = f"class/video4linux/{name}"
        place = files.target(doors.sysfs, base, "device")
        nodes.append(
            {
                "place": place,
                "model": files.text_or_none(doors.sysfs, base, "name"),
                "index": files.text_or_none(doors.sysfs, base, "index"),
            }
        )
    interfaces = []
    for name in files.names_or_none(doors.sysfs, "bus/usb/devices"):
        base = f"bus/usb/devices/{name}"
        kind = files.text_or_none(doors.sysfs, base, "bInterfaceClass")
        if kind == _VIDEO_CLASS:
            place = files.target(doors.sysfs, base)
            device = place.rpartition("/")[0]
            interfaces.append(
                {
                    "place": place,
                    "class": kind,
                    "vendor": files.text_or_none(doors.sysfs, device, "idVendor"),
                    "product": files.text_or_none(doors.sysfs, device, "idProduct"),
                    "model": files.text_or_none(doors.sysfs, device, "product"),
                    "driver": files.link(doors.sysfs, base, "driver").rpartition("/")[2],
                }
            )
    return {"nodes": nodes, "interfaces": interfaces}


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each camera: its several interfaces and video nodes are one; made-up ones (loopback) are none."""
    found: dict[str, Row] = {}
    for one in data["interfaces"]:
        device = str(one["place"]).rpartition("/")[0]
        if one["class"] == _VIDEO_CLASS and device not in found:
            driven = any(
                other["driver"] for other in data["interfaces"] if str(other["place"]).rpartition("/")[0] == device
            )
            numbers = f"{one['vendor']}:{one['product']}" if one["vendor"] and one["product"] else None
            state = "ok" if driven else "no_driver"
            found[device] = CAMERAS(model=known(one["model"]), device=numbers, state=state)
    for node in data["nodes"]:
        place = str(node["place"])
        inside = not place or "/virtual/" in place or any(place.startswith(f"{device}/") for device in found)
        if node["index"] in {"0", None} and not inside:
            found.setdefault(place, CAMERAS(model=known(node["model"]), state="ok"))
    yield from list(found.values())[:_MOST]


PROBE = Probe(
    "cameras",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("cameras",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
