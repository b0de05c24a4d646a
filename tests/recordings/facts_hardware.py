"""What a PC consists of: the hardware readers on recordings, as facts beside the truth.

Each file is brought from its recorded form into the shape that `fetch` gives; what is proven is everything behind that.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.recordings import dmidecode, reg, texts, wmic
from tests.recordings.collection import Facts, Incomplete, Reader, Recording, columns, said

from schooldrum_agent.probes import batteries, cameras, gpus, memory_modules, monitors, printers, system
from schooldrum_agent.sources import edid, smbios
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

UNREAD = {
    "CIM_LogicalDevice": "other devices, such as bar-code scanners: no fact about them is asked",
}
"""Forms about hardware that no reader here reads, and why."""
_IN_32_BITS = 4095
"""MiB that AdapterRAM can tell; larger memories stand in the registry alone."""
NOTHING: dict[str, Any] = dict.fromkeys(
    (
        "maker", "model", "version", "family", "board_maker", "board_model", "firmware_maker", "firmware_version",
        "firmware_date", "chassis",
    ),
)  # fmt: skip
NO_PROCESSOR: dict[str, Any] = {"names": [], "speeds": [], "count": None, "cores": None, "sockets": None}


def the_system(**given: Any) -> dict[str, Any]:
    data = {"smbios": None, "shown": NOTHING, "processor": NO_PROCESSOR, "role": None, "installed": None, **given}
    (row,) = system.read(data)
    return columns(row)


def listed(told: Any) -> list[dict[str, Any]]:
    return [columns(one) for one in told if isinstance(one, Row)]


def spaced(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


def megabytes(words: list[str]) -> list[int]:
    return [int(size.split()[0]) * {"MB": 1 << 20, "GB": 1 << 30, "kB": 1 << 10}[size.split()[1]] for size in words]


def of_dmidecode(recording: Recording) -> Facts:
    truth = recording.truth
    table = smbios.contents(dmidecode.table(recording.text))
    row = the_system(smbios=table)
    modules = listed(memory_modules.read(table))
    month, day, year = (truth["bios_date"] or "00/00/0000").split("/")
    placed = smbios.main_memory(table)[1]
    told = table["system"] or {}
    chassis = truth["chassis"]
    return {
        **said(
            truth,
            {
                "maker": ("system_manufacturer", row["maker"]),
                "model": ("model_friendly", row["model"]),
                "product code": ("system_product", known(told.get("model"))),
                "version of the model": ("system_version", known(told.get("version"))),
                "serial number": ("system_serial", known_serial(told.get("serial"))),
                "firmware version": ("bios_version", row["firmware_version"]),
                "memory slots": ("memory_devices", len(placed)),
                "memory modules": ("memory_populated", len(modules)),
            },
        ),
        "firmware date": (row["firmware_date"], f"{year}-{month}-{day}" if truth["bios_date"] else None),
        "chassis": (row["chassis"], chassis and chassis.casefold().replace(" ", "_").replace("-", "_")),
        "memory module size": ([one["size"] for one in modules], megabytes(truth["memory_sizes"])),
        "memory installed": (row["memory"], sum(megabytes(truth["memory_sizes"])) or None),
    }


def of_edid(recording: Recording) -> Facts:
    truth = recording.truth
    told = edid.contents(recording.raw)
    assert told is not None
    (row,) = listed(monitors.read({"monitors": [{"edid": told, "said": None, "connector": None, "technology": None}]}))
    return said(
        truth,
        {
            "monitor maker": ("manufacturer_id", told["maker"]),
            "monitor product": ("product_code", row["product"]),
            "monitor number": ("serial_number_u32", int(told["serial_number"])),
            "monitor serial text": ("serial_text", told["serial"]),
            "monitor model": ("name", row["model"]),
            "monitor week": ("week", told["week"]),
            "monitor year": ("year", row["year"]),
            "EDID version": ("edid_version", told["version"]),
            "monitor width": ("width_cm", row["width"]),
            "monitor height": ("height_cm", row["height"]),
            "monitor resolution": ("preferred", f"{told['width']}x{told['height']}"),
            "monitor digital": ("digital", told["digital"]),
            "EDID checksum": ("checksum_ok", told["sound"]),
        },
    )


def of_xrandr(recording: Recording) -> Facts:
    screens = recording.expected["screens"]
    wanted = [
        (device["props"]["EdidModel"]["product_id"], mode["resolution_width"], mode["resolution_height"])
        for screen in screens
        for device in screen["devices"]
        if "EdidModel" in device["props"]
        for mode in device["resolution_modes"]
        if any(frequency["is_preferred"] for frequency in mode["frequencies"])
    ]
    found = [
        {"edid": edid.contents(raw), "said": None, "connector": connector, "technology": None}
        for connector, raw in texts.xrandr(recording.text)
    ]
    rows = listed(monitors.read({"monitors": found}))
    seen = [(str(row["product"]), *map(int, str(row["resolution"]).split("x"))) for row in rows]
    return {"monitor product and resolution": (seen, wanted)}


def of_cpuinfo(recording: Recording) -> Facts:
    truth = recording.truth
    row = the_system(processor=system.parse_cpuinfo(recording.text))
    return {
        **said(truth, {"threads": ("logical", row["threads"])}),
        "processor": (row["processor"], spaced(truth["model"])),
    }


def of_central_processor(recording: Recording) -> Facts:
    truth = recording.truth
    keys = list(reg.below(reg.keys(recording.raw), "CentralProcessor").values())
    row = the_system(processor=system.processor_of_windows(keys))
    return {
        "processor": (row["processor"], spaced(truth["name"])),
        **said(
            truth,
            {"threads": ("logical_cpu_subkeys", row["threads"]), "processor speed": ("mhz", row["processor_speed"])},
        ),
    }


def of_win32_processor(recording: Recording) -> Facts:
    truth = recording.truth
    processors = [
        {
            "model": row["Name"],
            "speed": int(row["MaxClockSpeed"]),
            "cores": int(row.get("NumberOfCores") or 0) or None,
            "threads": int(row.get("NumberOfLogicalProcessors") or 0) or None,
            "populated": True,
        }
        for row in wmic.rows(recording.raw)
    ]
    row = the_system(smbios={"processors": processors, "arrays": [], "modules": []})
    facts: Facts = {
        "sockets": (row["sockets"], truth["physical_cpus"]),
        # Windows measures the clock when it starts, and the truth is what the firmware rates it at.
        "processor speed": (row["processor_speed"], pytest.approx(truth["max_mhz"], rel=0.005)),
    }
    if "name" in truth:
        facts["processor"] = (row["processor"], spaced(truth["name"]))
    return facts


def of_computer_system(recording: Recording) -> Facts:
    truth = recording.truth
    (told,) = wmic.rows(recording.raw)
    bios = {
        "SystemManufacturer": told["Manufacturer"],
        "SystemProductName": told["Model"],
        "SystemFamily": told.get("SystemFamily"),
    }
    processor = {
        **NO_PROCESSOR,
        "count": int(told["NumberOfLogicalProcessors"]),
        "sockets": int(told["NumberOfProcessors"]),
    }
    role = int(told["PCSystemType"])
    row = the_system(shown=system.shown_by_windows(bios), processor=processor, role=role)
    facts = said(
        truth,
        {
            "maker": ("manufacturer", row["maker"]),
            "product code": ("model_raw", row["product"] or row["model"]),
            "model": ("model_friendly", row["model"]),
            "threads": ("logical_processors", row["threads"]),
            "sockets": ("sockets", row["sockets"]),
        },
    )
    if "pc_system_type" in truth:
        facts["laptop"] = (row["laptop"], truth["pc_system_type"] == "mobile")
    name = truth.get("user_name_must_not_be_reported")
    if name:
        facts["nobody's name"] = (name in json.dumps(row), False)
    return facts


def of_systeminfo(recording: Recording) -> Facts:
    truth = recording.truth
    row = the_system(shown=system.shown_by_windows(texts.systeminfo(recording.text)))
    seen = {"maker": row["maker"], "model": row["model"]}
    return {
        **said(truth, {"maker": ("manufacturer", seen["maker"]), "model": ("model", seen["model"])}),
        **said(truth, {"maker": ("system_manufacturer", seen["maker"]), "model": ("system_model", seen["model"])}),
    }


def of_physical_memory(recording: Recording) -> Facts:
    truth = recording.truth
    places = [
        {
            "array": 0,
            "slot": row["DeviceLocator"],
            "bank": row["BankLabel"],
            "size": int(row["Capacity"]),
            "kind": int(row.get("SMBIOSMemoryType") or 2),
            "form": None,
            "speed": int(row["Speed"]) if row["Speed"] else None,
            "configured": int(row.get("ConfiguredClockSpeed") or 0) or None,
            "maker": row["Manufacturer"],
            "part": row["PartNumber"],
            "serial": row["SerialNumber"],
        }
        for row in wmic.rows(recording.raw)
    ]
    rows = listed(memory_modules.read({"arrays": [], "modules": places}))
    wanted = truth["modules"]
    row = the_system(smbios={"processors": [], "arrays": [], "modules": places})
    return {
        "memory module size": ([one["size"] for one in rows], [one["capacity"] for one in wanted]),
        "memory module slot": ([one["slot"] for one in rows], [one["locator"] for one in wanted]),
        "memory module speed": (
            [one["speed"] for one in rows],
            [int(one["speed"]) if one["speed"] else None for one in wanted],
        ),
        "memory module part": ([one["part"] for one in rows], [spaced(one["part"]) for one in wanted]),
        "memory installed": (row["memory"], truth["total"]),
    }


def of_memory_array(recording: Recording) -> Facts:
    truth = recording.truth
    arrays = [
        {
            "handle": number,
            "use": int(row["Use"]),
            "slots": int(row["MemoryDevices"]),
            "most": int(row["MaxCapacity"]) * 1024,
        }
        for number, row in enumerate(wmic.rows(recording.raw))
    ]
    row = the_system(smbios={"processors": [], "arrays": arrays, "modules": []})
    return {
        "memory slots": (row["memory_slots"], truth["slots"]),
        "memory that fits in": (row["memory_most"], truth["max_capacity_kib"] * 1024),
    }


def of_video_controller(recording: Recording) -> Facts:
    truth = recording.truth
    other = display_class_of(recording)
    keys = reg.below(reg.keys(other.raw), "4d36e968-e325-11ce-bfc1-08002be10318}") if other else {}
    rows = listed(gpus.read_windows({"controllers": wmic.rows(recording.raw), "drivers": list(keys.values())}))
    seen = next((row for row in rows if row["model"] == truth["gpu"]), {})
    facts = said(
        truth,
        {
            "graphics": ("gpu", seen.get("model")),
            "graphics memory": ("vram_mib", (seen.get("memory") or 0) >> 20 or None),
            "resolution": ("resolution", seen.get("resolution")),
        },
    )
    if other is None and (truth.get("vram_mib") or 0) >= _IN_32_BITS:
        del facts["graphics memory"]
        raise Incomplete("graphics memory is not asked: the other half, the display class, was not recorded", facts)
    return facts


def display_class_of(recording: Recording) -> Recording | None:
    return recording.half("reg display class", str(recording.truth["gpu"]))


def usb_of(recording: Recording) -> Recording | None:
    return recording.half(
        "reg USB", *(f"\\{serial}]" for serial in recording.truth["port_to_serial"].values() if serial)
    )


def of_usbprint(recording: Recording) -> Facts:
    truth = recording.truth
    other = usb_of(recording)
    if other is None:
        raise Incomplete("the other half, what stands below Enum\\USB, was not recorded")
    found = {**reg.keys(recording.raw), **reg.keys(other.raw)}
    ports, devices = [], []
    for key, values in found.items():
        instance = re.search(r"\\Enum\\(USBPRINT|USB)\\[^\\]+\\([^\\]+)$", key)
        if instance and instance[1] == "USB":
            prefix = values.get("ParentIdPrefix")
            devices.append({"serial": instance[2], "container": values.get("ContainerID"), "prefix": prefix})
        elif instance:
            port = found.get(f"{key}\\Device Parameters", {}).get("PortName")
            ports.append({"port": port, "container": values.get("ContainerID"), "instance": instance[2]})
    seen = {port: printers.serial_of_port(port, ports, devices) for port in truth["port_to_serial"]}
    return {"printer's serial number": (seen, truth["port_to_serial"])}


def of_lpstat(recording: Recording) -> Facts:
    truth = recording.truth
    rows = listed(printers.read_linux({"queues": printers.parse_lpstat(recording.text)}))
    return {"printers": ([row["name"] for row in rows], truth["printers"])}


def of_lsusb(recording: Recording) -> Facts:
    video = {
        f"{device['id']}"
        for device in recording.expected
        if '"Video"' in json.dumps(device.get("device_descriptor", {}))
    }
    rows = listed(cameras.read_linux({"nodes": [], "interfaces": texts.lsusb(recording.text)}))
    return {"cameras": ({row["device"] for row in rows}, video)}


def of_upower(recording: Recording) -> Facts:
    truth = recording.truth
    told = list(batteries.read_linux({"supplies": [texts.upower(recording.text)]}))
    (row,), (wear,) = listed(told), [one.value for one in told if isinstance(one, Reading)]
    return {
        "battery": (row["model"], truth["model"]),
        "battery when new": (row["design"], int(truth["energy_full_design"] * 1000)),
        "battery now": (row["full"], int(truth["energy_full"] * 1000)),
        "battery wear": (wear, pytest.approx(1 - truth["capacity"] / 100, abs=0.0001)),
    }


def of_powercfg(recording: Recording) -> Facts:
    truth = recording.truth
    told = list(batteries.read_windows(texts.powercfg(recording.text)))
    wanted = truth["batteries"]
    rows, worn = listed(told), [one.value for one in told if isinstance(one, Reading)]
    worst = min(one["health_pct"] for one in wanted)
    return {
        "battery": ([row["model"] for row in rows], [one["name"] for one in wanted]),
        "battery when new": ([row["design"] for row in rows], [one["design_mwh"] for one in wanted]),
        "battery now": ([row["full"] for row in rows], [one["full_mwh"] for one in wanted]),
        "battery chemistry": ([row["chemistry"] for row in rows], [chemistry(one["chemistry"]) for one in wanted]),
        "battery serial number": ([row["serial"] for row in rows], [one["serial"] for one in wanted]),
        "battery wear": (worn, [pytest.approx(max(0, 1 - worst / 100), abs=0.001)]),
    }


def chemistry(words: str) -> str:
    return {"LiP": "LIPO", "LIP": "LIPO", "Li-I": "LION", "LION": "LION", "LiIon": "LION"}.get(words, words.upper())


READERS: dict[str, Reader] = {
    "dmidecode": of_dmidecode,
    "EDID": of_edid,
    "xrandr": of_xrandr,
    "cpuinfo": of_cpuinfo,
    "reg CentralProcessor": of_central_processor,
    "Win32_Processor": of_win32_processor,
    "Win32_ComputerSystem": of_computer_system,
    "systeminfo": of_systeminfo,
    "Win32_PhysicalMemory": of_physical_memory,
    "Win32_PhysicalMemoryArray": of_memory_array,
    "Win32_VideoController": of_video_controller,
    "reg USBPRINT": of_usbprint,
    "lpstat": of_lpstat,
    "lsusb": of_lsusb,
    "upower": of_upower,
    "powercfg /batteryreport": of_powercfg,
}
HALVES: dict[str, tuple[str, Callable[[Recording], Recording | None]]] = {
    "reg USB": ("reg USBPRINT", usb_of),
    "reg display class": ("Win32_VideoController", display_class_of),
}
"""Forms that are read only with a recording of another form, and how that one finds its half."""
