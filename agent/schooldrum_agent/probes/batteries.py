r"""How worn the batteries of a laptop are.

Capacities are told by the battery itself. Drivers of many laptops fail to tell the design capacity over WMI
(BatteryStaticData); the firmware's SMBIOS table stands in for it there. `powercfg /batteryreport` would tell all of it,
but writes a file, which a privileged program must not do where users may write.
"""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, firmware, smbios, wmi
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.catalogue.batteries import BATTERIES, BATTERY_WEAR_RATIO
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

_MOST = 4
_SUPPLIES = "class/power_supply"
_ITEMS = (
    "type", "scope", "present", "manufacturer", "model_name", "technology", "cycle_count", "energy_full",
    "energy_full_design", "charge_full", "charge_full_design", "voltage_min_design", "voltage_now",
)  # fmt: skip
_UNKNOWN = 0xFFFFFFFF
_LARGEST = 1_000_000
"""mWh; ten times the largest battery of a laptop."""
_CHEMISTRIES = {3: "PBAC", 4: "NICD", 5: "NIMH", 6: "LION", 7: "ZNAR", 8: "LIPO"}
_WORDS = {
    "li-ion": "LION", "lion": "LION", "li-i": "LION", "lithium-ion": "LION", "li-poly": "LIPO", "lip": "LIPO",
    "lipo": "LIPO", "lithium-polymer": "LIPO", "nimh": "NIMH", "nicd": "NICD", "pbac": "PBAC", "life": "LIFE",
}  # fmt: skip


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{supplies: [{battery, serial, and each of power_supply's items as the kernel writes it}]}.

    Raises:
        Denied: sysfs may not be read.
        Unavailable: this PC has no battery; that of a mouse is not its own.
    """
    found = []
    for name in files.names(doors.sysfs, _SUPPLIES):
        says: dict[str, Any] = {item: files.text_or_none(doors.sysfs, _SUPPLIES, name, item) for item in _ITEMS}
        if says["type"] == "Battery" and says["scope"] != "Device" and says["present"] != "0":
            serial = files.text_or_none(doors.sysfs, _SUPPLIES, name, "serial_number")
            found.append({"battery": name, "serial": serial, **says})
    if not found:
        raise Unavailable("this PC has no battery")
    return {"supplies": found[:_MOST]}


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{static, full, cycles, firmware}: rows of three WMI classes, joined by InstanceName, and SMBIOS' batteries.

    Raises:
        Denied: WMI refuses.
        Unavailable: this PC has no battery, or its driver tells nothing.
        OSError: WMI failed in another way.
    """
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    if psutil.sensors_battery() is None:
        raise Unavailable("this PC has no battery")
    full = _ask("BatteryFullChargedCapacity", ("FullChargedCapacity",))
    try:
        table = smbios.contents(firmware.table_windows().structures)["batteries"]
    except Unavailable:
        table = []
    static = ("DesignedCapacity", "DeviceName", "ManufactureName", "SerialNumber", "Chemistry")
    return {
        "full": full,
        "static": _ask_or_none("BatteryStaticData", static),
        "cycles": _ask_or_none("BatteryCycleCount", ("CycleCount",)),
        "firmware": table,
    }


def _ask(kind: str, values: tuple[str, ...]) -> list[dict[str, Any]]:
    values = ("InstanceName", *values)
    return wmi.query(r"root\wmi", f"SELECT {', '.join(values)} FROM {kind}", values)  # noqa: S608 - WQL of constants


def _ask_or_none(kind: str, values: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        return _ask(kind, values)
    except (Denied, Unavailable, OSError):
        return []


def _whole(text: object) -> int | None:
    words = str(text)
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 16 else None  # noqa: PLR2004 - 64 bits


def _capacity(supply: dict[str, Any], item: str) -> int | None:
    """In mWh: the kernel tells µWh, or µAh and a voltage in µV."""
    if (energy := _whole(supply.get(f"energy_{item}"))) is not None:
        return energy // 1000
    charge = _whole(supply.get(f"charge_{item}"))
    voltage = _whole(supply.get("voltage_min_design")) or _whole(supply.get("voltage_now"))
    return charge * voltage // 10**9 if charge is not None and voltage else None


def _chemistry(words: object) -> str | None:
    plain = known(words)
    return None if plain is None else _WORDS.get(plain.casefold(), plain.upper())


def read_linux(data: Any) -> Iterator[Reading | Row]:
    """A row for each battery, and how worn the worst of them is."""
    rows = [
        {
            "battery": one["battery"],
            "maker": known(one["manufacturer"]),
            "model": known(one["model_name"]),
            "serial": known_serial(one["serial"]),
            "chemistry": _chemistry(one["technology"]),
            "design": _capacity(one, "full_design"),
            "full": _capacity(one, "full"),
            "cycles": _whole(one["cycle_count"]) or None,
        }
        for one in data["supplies"]
    ]
    yield from _tell(rows)


def _by_instance(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(row.get("InstanceName")): row for row in rows}


def chemistry_of_code(code: object) -> str | None:
    """Four characters in a number, as Windows keeps them (BATTERY_INFORMATION.Chemistry)."""
    number = wmi.unsigned(code)
    if not number or number > _UNKNOWN:
        return None
    return _chemistry(number.to_bytes(4, "little").split(b"\0")[0].decode("latin-1"))


def read_windows(data: Any) -> Iterator[Reading | Row]:
    """The same."""
    static, cycles = _by_instance(data["static"]), _by_instance(data["cycles"])
    rows = []
    for number, row in enumerate(data["full"][:_MOST]):
        told = static.get(str(row.get("InstanceName")), {})
        # Only where both list one battery each is it certainly the same.
        spare = data["firmware"][0] if len(data["firmware"]) == len(data["full"]) == 1 else {}
        design = _sane(told.get("DesignedCapacity"))
        rows.append(
            {
                "battery": f"BAT{number}",
                "maker": known(told.get("ManufactureName")) or known(spare.get("maker")),
                "model": known(told.get("DeviceName")) or known(spare.get("model")),
                "serial": known_serial(told.get("SerialNumber")) or known_serial(spare.get("serial")),
                "chemistry": chemistry_of_code(told.get("Chemistry")) or _CHEMISTRIES.get(spare.get("chemistry") or 0),
                "design": design or _sane(spare.get("design")),
                "full": _sane(row.get("FullChargedCapacity")),
                "cycles": _sane(cycles.get(str(row.get("InstanceName")), {}).get("CycleCount")),
            }
        )
    yield from _tell(rows)


def _sane(value: object) -> int | None:
    number = wmi.unsigned(value)
    return number if number and number < _LARGEST else None


def _tell(rows: list[dict[str, Any]]) -> Iterator[Reading | Row]:
    worn = []
    for row in rows:
        for item in ("design", "full"):
            row[item] = row[item] if row[item] and row[item] < _LARGEST else None
        if row["design"] and row["full"]:
            # A new battery holds a little more than it was designed for.
            worn.append(min(1.0, max(0.0, 1 - row["full"] / row["design"])))
        yield BATTERIES(**row)
    if worn:
        yield BATTERY_WEAR_RATIO(max(worn))


PROBE = Probe(
    "batteries",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("batteries",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
