"""What this PC is: who made it, its case, firmware, processor, and how much memory is built in.

Both systems are asked for the firmware's own SMBIOS table. On Linux only root may read it; then the few facts that
everybody may read stand in for it, without serial number and memory. An ARM board tells its name in the device tree.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, firmware, registry, smbios, windows
from schooldrum_agent.sources.nameplate import known, known_serial, tidy
from schooldrum_wire.catalogue.system import SYSTEM
from schooldrum_wire.section import Row

_CHASSIS = {
    3: "desktop", 4: "low_profile_desktop", 5: "pizza_box", 6: "mini_tower", 7: "tower", 8: "portable", 9: "laptop",
    10: "notebook", 11: "hand_held", 12: "docking_station", 13: "all_in_one", 14: "sub_notebook", 15: "space_saving",
    16: "lunch_box", 17: "main_server_chassis", 23: "rack_mount_chassis", 24: "sealed_case_pc", 28: "blade",
    30: "tablet", 31: "convertible", 32: "detachable", 33: "iot_gateway", 34: "embedded_pc", 35: "mini_pc",
    36: "stick_pc",
}  # fmt: skip
_CARRIED = frozenset({8, 9, 10, 11, 14, 30, 31, 32})
_MOBILE, _SLATE = 2, 8
"""POWER_PLATFORM_ROLE; the firmware's power profile, asked where the case is not told."""
_VIRTUAL = re.compile(
    r"vmware|virtualbox|innotek|qemu|bochs|\bxen\b|parallels|\bkvm\b|bhyve|virtual machine|google compute|openstack",
    re.IGNORECASE,
)
_GUEST = "hypervisor"
"""On Windows the same flag is set on a real PC too, wherever Hyper-V runs beneath it."""
_NAMED_BY_VERSION = "lenovo"
_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4}|\d{2})")
_CENTURY, _SMBIOS_BEGAN = 100, 80
_WINDOWS_BIOS = r"HARDWARE\DESCRIPTION\System\BIOS"
_WINDOWS_PROCESSORS = r"HARDWARE\DESCRIPTION\System\CentralProcessor"
_WINDOWS_NAMES = {
    "SystemManufacturer": "maker",
    "SystemProductName": "model",
    "SystemVersion": "version",
    "SystemFamily": "family",
    "BaseBoardManufacturer": "board_maker",
    "BaseBoardProduct": "board_model",
    "BIOSVendor": "firmware_maker",
    "BIOSVersion": "firmware_version",
    "BIOSReleaseDate": "firmware_date",
}
_LINUX_NAMES = {
    "sys_vendor": "maker",
    "product_name": "model",
    "product_version": "version",
    "product_family": "family",
    "board_vendor": "board_maker",
    "board_name": "board_model",
    "bios_vendor": "firmware_maker",
    "bios_version": "firmware_version",
    "bios_date": "firmware_date",
}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{smbios, shown, processor, role, installed}.

    `smbios` is `sources.smbios.contents`, None where it may not be read; `shown` what everybody may read: maker, model,
    version, family, board_maker, board_model, firmware_maker, firmware_version, firmware_date, chassis (number);
    `processor` {names, speeds (MHz), count, cores, sockets, guest}; `role` None; `installed` None.
    """
    shown: dict[str, Any] = {
        key: files.text_or_none(doors.sysfs, "class/dmi/id", name) for name, key in _LINUX_NAMES.items()
    }
    chassis = files.text_or_none(doors.sysfs, "class/dmi/id/chassis_type")
    shown["chassis"] = int(chassis) if chassis and chassis.isdecimal() else None
    if not shown["model"] and (board := files.text_or_none(doors.procfs, "device-tree/model")):
        shown["model"] = board.rstrip("\0")
    try:
        table = smbios.contents(firmware.table_linux(doors.sysfs).structures)
    except (Denied, Unavailable):
        table = None
    processor = parse_cpuinfo(files.text_or_none(doors.procfs, "cpuinfo") or "")
    return {"smbios": table, "shown": shown, "processor": processor, "role": None, "installed": None}


def parse_cpuinfo(text: str) -> dict[str, Any]:
    """{names, speeds, count, cores, sockets, guest} out of /proc/cpuinfo; ARM tells neither cores nor sockets.

    `guest`: the processor says that it is a virtual machine's. x86 does, also where the firmware tells nothing.
    """
    names: list[str] = []
    cores: set[tuple[str, str]] = set()
    count = 0
    guest = False
    for block in text.split("\n\n"):
        says = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in block.splitlines())}
        if not says.get("processor", "").isdecimal():
            continue
        count += 1
        names.append(says.get("model name") or says.get("cpu model") or "")
        guest = guest or _GUEST in says.get("flags", "").split()
        if "core id" in says:
            cores.add((says.get("physical id", "0"), says["core id"]))
    return {
        "names": list(dict.fromkeys(name for name in names if name)),
        "speeds": [],
        "count": count or None,
        "cores": len(cores) or None,
        "sockets": len({socket for socket, _ in cores}) or None,
        "guest": guest,
    }


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same; `shown` is the registry's copy, `role` POWER_PLATFORM_ROLE, `installed` bytes as Windows counts."""
    try:
        table = smbios.contents(firmware.table_windows().structures)
    except (Denied, Unavailable):
        table = None
    try:
        bios = registry.values(_WINDOWS_BIOS)
    except (Denied, Unavailable):
        bios = {}
    processors = [registry.values(rf"{_WINDOWS_PROCESSORS}\{key}") for key in registry.keys(_WINDOWS_PROCESSORS)]
    return {
        "smbios": table,
        "shown": shown_by_windows(bios),
        "processor": processor_of_windows(processors),
        "role": _role(),
        "installed": _installed(),
    }


def shown_by_windows(bios: dict[str, Any]) -> dict[str, Any]:
    """The registry's copy of the firmware's words under this probe's names."""
    chassis = bios.get("EnclosureType")
    shown: dict[str, Any] = {key: bios.get(name) for name, key in _WINDOWS_NAMES.items()}
    return {**shown, "chassis": chassis if isinstance(chassis, int) else None}


def processor_of_windows(keys: list[dict[str, Any]]) -> dict[str, Any]:
    """The registry's CentralProcessor keys, one per logical processor, as `fetch_linux` tells them."""
    names = [str(key.get("ProcessorNameString") or "") for key in keys]
    return {
        "names": list(dict.fromkeys(name for name in names if name)),
        "speeds": [key["~MHz"] for key in keys if isinstance(key.get("~MHz"), int)],
        "count": len(keys) or None,
        "cores": None,
        "sockets": None,
    }


def _role() -> int | None:
    try:
        return int(windows.function("powrprof", "PowerDeterminePlatformRoleEx")(2))
    except Unavailable:
        return None


def _installed() -> int | None:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    kibibytes = ctypes.c_uint64(0)
    try:
        told = windows.function("kernel32", "GetPhysicallyInstalledSystemMemory")(ctypes.byref(kibibytes))
    except Unavailable:
        return None
    return kibibytes.value * 1024 if told else None


def firmware_date(text: object) -> str | None:
    """MM/DD/YYYY, on old firmware MM/DD/YY, as year-month-day; None where it is no date."""
    found = _DATE.fullmatch(tidy(text))
    if not found:
        return None
    month, day, year = int(found[1]), int(found[2]), int(found[3])
    if year < _CENTURY:
        year += 1900 if year >= _SMBIOS_BEGAN else 2000
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004 - a calendar's


def names_of(told: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Maker, name for people, and the maker's code where that is another.

    Lenovo's product name is its type code (20TBS57S00); the name on the lid stands in version or family.
    """
    maker, product = known(told["maker"]), known(told["model"])
    if maker and maker.casefold() == _NAMED_BY_VERSION:
        named = known(told["version"]) or known(told["family"])
        if named and named.casefold() != _NAMED_BY_VERSION and named != product:
            return maker, named, product
    return maker, product, None


def _told(data: Any) -> dict[str, Any]:
    """The words of the SMBIOS table, each filled up with what everybody may read."""
    table, shown = data["smbios"] or {}, data["shown"]
    system, board = table.get("system") or {}, table.get("board") or {}
    bios, chassis = table.get("firmware") or {}, table.get("chassis") or {}
    told = {
        **{key: system.get(key) or shown[key] for key in ("maker", "model", "version", "family")},
        "board_maker": board.get("maker") or shown["board_maker"],
        "board_model": board.get("model") or shown["board_model"],
        **{f"firmware_{key}": bios.get(key) or shown[f"firmware_{key}"] for key in ("maker", "version", "date")},
        "chassis": chassis.get("kind") or shown["chassis"],
        "serials": [(table.get(part) or {}).get("serial") for part in ("system", "chassis", "board")],
    }
    return {key: value if value is not None else "" for key, value in told.items()}


def _laptop(chassis: object, role: int | None) -> bool | None:
    if chassis in _CHASSIS:
        return chassis in _CARRIED
    return role in {_MOBILE, _SLATE} if role else None


def _processor(data: Any) -> dict[str, Any]:
    sockets = [one for one in (data["smbios"] or {}).get("processors", []) if one["populated"] is not False]
    seen = data["processor"]
    names = [*seen["names"], *(one["model"] for one in sockets)]
    speeds = [*(one["speed"] for one in sockets), *seen["speeds"]]
    cores = [one["cores"] for one in sockets]
    return {
        "processor": next((name for name in map(known, names) if name), None),
        "processor_speed": next((speed for speed in speeds if speed), None),
        "sockets": len(sockets) or seen["sockets"],
        "cores": seen["cores"] or (sum(cores) if cores and all(cores) else None),
        "threads": seen["count"] or sum(one["threads"] or 0 for one in sockets) or None,
    }


def _memory(data: Any) -> dict[str, Any]:
    arrays, places = smbios.main_memory(data["smbios"] or {"arrays": [], "modules": []})
    sizes = [one["size"] for one in places]
    slots = max(sum(one["slots"] or 0 for one in arrays), len(places))
    # A place that is not listed, or whose size the firmware does not know, may be free or used.
    is_told = None not in sizes
    return {
        "memory": (sum(sizes) if is_told else None) or data["installed"],
        "memory_slots": slots or None,
        "memory_slots_free": sizes.count(0) if sizes and is_told and len(sizes) == slots else None,
        "memory_most": sum(one["most"] or 0 for one in arrays) or None,
    }


def read(data: Any) -> Iterator[Row]:
    """One row."""
    told = _told(data)
    maker, model, product = names_of(told)
    yield SYSTEM(
        chassis=_CHASSIS.get(told["chassis"]),
        laptop=_laptop(told["chassis"], data["role"]),
        virtual=bool(_VIRTUAL.search(f"{maker or ''} {model or ''}")) or data["processor"].get("guest") is True,
        maker=maker,
        model=model,
        product=product,
        serial=next((serial for serial in map(known_serial, told["serials"]) if serial), None),
        board_maker=known(told["board_maker"]),
        board_model=known(told["board_model"]),
        firmware_maker=known(told["firmware_maker"]),
        firmware_version=known(told["firmware_version"]),
        firmware_date=firmware_date(told["firmware_date"]),
        **_processor(data),
        **_memory(data),
    )


PROBE = Probe(
    "system",
    every=24 * 3600,
    timeout=15,
    floor=600,
    sections=("system",),
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
