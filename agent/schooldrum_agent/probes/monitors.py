r"""Which monitors and projectors are plugged in.

Windows keeps the EDID of every monitor it ever saw, so WMI is asked which of them are there now; in a virtual machine,
in a remote session or without a monitor WMI has no such class. On Linux a connector says whether something hangs on it.
"""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import edid, files, registry, wmi
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.catalogue.monitors import MONITORS
from schooldrum_wire.section import Row

_MOST = 16
_CONNECTORS = (
    ("HDMI", "hdmi"), ("eDP", "internal"), ("LVDS", "internal"), ("DSI", "internal"), ("DP", "displayport"),
    ("DVI", "dvi"), ("VGA", "vga"),
)  # fmt: skip
_TECHNOLOGIES = {
    0: "vga",
    4: "dvi",
    5: "hdmi",
    6: "internal",
    10: "displayport",
    11: "internal",
    0x80000000: "internal",
}
"""D3DKMDT_VIDEO_OUTPUT_TECHNOLOGY."""
_MAKERS = {
    "ACI": "ASUS", "ACR": "Acer", "AOC": "AOC", "APP": "Apple", "AUO": "AU Optronics", "AUS": "ASUS", "BNQ": "BenQ",
    "BOE": "BOE", "CMN": "Innolux", "CMO": "Chi Mei", "DEL": "Dell", "ENC": "Eizo", "EPI": "Envision", "FUS": "Fujitsu",
    "GSM": "LG", "HEC": "Hisense", "HPN": "HP", "HSD": "HannStar", "HWP": "HP", "IVM": "Iiyama", "LEN": "Lenovo",
    "LGD": "LG Display", "MSI": "MSI", "NEC": "NEC", "OPT": "Optoma", "PHL": "Philips", "SAM": "Samsung",
    "SDC": "Samsung Display", "SEC": "Samsung", "SEK": "Seiko Epson", "SHP": "Sharp", "SNY": "Sony", "TOS": "Toshiba",
    "VSC": "ViewSonic", "XMI": "Xiaomi",
}  # fmt: skip
_SERIAL_IN_PARTS = frozenset({"ACR", "BNQ"})
_SERIAL_TEXT = 12
_FILLED = frozenset({"0", "1", str(0x01010101), str(0xFFFFFFFF)})
_DISPLAYS = r"SYSTEM\CurrentControlSet\Enum"


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{monitors: [{edid, said, connector, technology}]}: what hangs on each connector; `edid` as its source tells it.

    Raises:
        Denied: the connectors may not be listed.
        Unavailable: this machine has no graphics.
    """
    found = []
    for name in files.names(doors.sysfs, "class/drm"):
        card, dash, connector = name.partition("-")
        if not dash or files.text_or_none(doors.sysfs, "class/drm", name, "status") != "connected":
            continue
        try:
            raw = files.read_bytes(doors.sysfs, "class/drm", name, "edid", limit=4096)
        except (Denied, Unavailable):
            raw = b""
        if not connector.startswith(("Virtual", "Writeback")) and card.startswith("card"):
            found.append({"edid": edid.contents(raw), "said": None, "connector": connector, "technology": None})
    return {"monitors": found}


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same; `said` is what WmiMonitorID says where the registry has no EDID: {maker, model, serial, year}.

    Raises:
        Denied: WMI refuses.
        Unavailable: there is no monitor, or Windows does not see it.
        OSError: WMI failed in another way.
    """
    named = wmi.query(
        r"root\wmi",
        "SELECT InstanceName, Active, ManufacturerName, UserFriendlyName, SerialNumberID, YearOfManufacture"
        " FROM WmiMonitorID",
        (
            "InstanceName",
            "Active",
            "ManufacturerName",
            "UserFriendlyName",
            "SerialNumberID",
            "YearOfManufacture",
        ),
    )
    technologies = _technologies()
    return {
        "monitors": [
            {
                "edid": _edid_of_registry(str(row.get("InstanceName") or "")),
                "said": said_by_wmi(row),
                "connector": None,
                "technology": technologies.get(str(row.get("InstanceName"))),
            }
            for row in named
            if row.get("Active") is not False
        ]
    }


def _technologies() -> dict[str, int]:
    try:
        rows = wmi.query(
            r"root\wmi",
            "SELECT InstanceName, VideoOutputTechnology FROM WmiMonitorConnectionParams",
            ("InstanceName", "VideoOutputTechnology"),
        )
    except (Denied, Unavailable, OSError):
        return {}
    asked = {str(row.get("InstanceName")): wmi.unsigned(row.get("VideoOutputTechnology")) for row in rows}
    return {name: technology for name, technology in asked.items() if technology is not None}


def _edid_of_registry(instance: str) -> dict[str, Any] | None:
    # WMI adds its own number to the name of the device.
    device = instance.rpartition("_")[0]
    try:
        raw = registry.value(rf"{_DISPLAYS}\{device}\Device Parameters", "EDID")
        return edid.contents(bytes.fromhex(str(raw)))
    except (Denied, Unavailable, ValueError):
        return None


def said_by_wmi(row: dict[str, Any]) -> dict[str, Any]:
    """A row of WmiMonitorID: its texts are lists of numbers that end in zeros."""
    year = wmi.unsigned(row.get("YearOfManufacture"))
    return {
        "maker": _joined(row.get("ManufacturerName")),
        "model": _joined(row.get("UserFriendlyName")),
        "serial": _joined(row.get("SerialNumberID")),
        "year": year or None,
    }


def _joined(numbers: object) -> str | None:
    if not isinstance(numbers, list):
        return None
    return "".join(chr(one) for one in numbers if isinstance(one, int) and 0 < one < 0xD800) or None  # noqa: PLR2004 - UTF-16


def printed_serial(told: dict[str, Any]) -> str | None:
    """The serial number as it is printed on the back; None where the monitor does not tell it.

    Acer and BenQ print the first eight characters of the text, the number in hexadecimal, and the last four.
    """
    words, number = known_serial(told["serial"]), told["serial_number"]
    if words is None:
        return None if number in _FILLED else number
    if (
        told["maker"] in _SERIAL_IN_PARTS
        and len(words) == _SERIAL_TEXT
        and number.isdecimal()
        and number not in _FILLED
    ):
        return f"{words[:8]}{int(number):08x}{words[8:]}"
    return words


def read(data: Any) -> Iterator[Row]:
    """A row for each monitor that tells at least who made it."""
    for one in data["monitors"][:_MOST]:
        told, said = one["edid"], one["said"]
        connection = next((kind for start, kind in _CONNECTORS if (one["connector"] or "").startswith(start)), None)
        connection = connection or _TECHNOLOGIES.get(one["technology"])
        if told:
            pixels = told["preferred"] and told["width"] and told["height"]
            yield MONITORS(
                connection=connection,
                maker=_MAKERS.get(told["maker"]) or known(told["maker"]),
                # A built-in panel has no name, only its part number, after the maker's short name.
                model=known(told["model"]) or known((told["texts"] or [None])[-1]),
                product=told["product"],
                serial=printed_serial(told),
                year=told["year"],
                width=told["width_cm"],
                height=told["height_cm"],
                resolution=f"{told['width']}x{told['height']}" if pixels else None,
                digital=told["digital"],
            )
        elif said and (said["maker"] or said["model"]):
            yield MONITORS(
                connection=connection,
                maker=_MAKERS.get(said["maker"]) or known(said["maker"]),
                model=known(said["model"]),
                serial=known_serial(said["serial"]),
                year=said["year"],
            )


PROBE = Probe(
    "monitors",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("monitors",),
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
