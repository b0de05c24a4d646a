"""The hardware readers on other projects' recordings, compared with the truth beside each.

`SCHOOLDRUM_RECORDINGS` names the folder that holds `host/`, by default ../shared/data beside the repository. Each file
is brought from its recorded form into the shape that `fetch` gives; what is proven is everything behind that.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.recordings import dmidecode, reg, texts, wmic

from schooldrum_agent.probes import batteries, cameras, gpus, memory_modules, monitors, printers, system
from schooldrum_agent.sources import edid, smbios
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

ROOT = Path(os.environ.get("SCHOOLDRUM_RECORDINGS") or Path(__file__).parents[3] / "shared" / "data") / "host"
Facts = dict[str, tuple[Any, Any]]
"""Fact -> (what we read, what is true)."""

UNUSED = {
    r"wmi_CIM_LogicalDevice_barcode\.wmi": "a bar-code scanner: no fact about it is asked",
    r"reg_USB_.*\.reg": "the second half of the USBPRINT recording of the same name; read with it",
    r"reg_DisplayClass_.*\.reg": "the second half of the VideoController recording of the same name; read with it",
    r"efivar_.*|mokutil_.*": "Secure Boot: the posture's",
}
"""Files of this machine's hardware that no test here reads by themselves, and why."""
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
    return dict(row.values)


def listed(told: Any) -> list[dict[str, Any]]:
    return [dict(one.values) for one in told if isinstance(one, Row)]


def spaced(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


def megabytes(words: list[str]) -> list[int]:
    return [int(size.split()[0]) * {"MB": 1 << 20, "GB": 1 << 30, "kB": 1 << 10}[size.split()[1]] for size in words]


def of_dmidecode(path: Path, truth: dict[str, Any]) -> Facts:
    table = smbios.contents(dmidecode.table(path.read_text("utf-8", "replace")))
    row = the_system(smbios=table)
    modules = listed(memory_modules.read(table))
    month, day, year = (truth["bios_date"] or "00/00/0000").split("/")
    placed = smbios.main_memory(table)[1]
    told = table["system"] or {}
    return {
        "maker": (row["maker"], truth["system_manufacturer"]),
        "model": (row["model"], truth["model_friendly"]),
        "product code": (known(told.get("model")), truth["system_product"]),
        "version of the model": (known(told.get("version")), truth["system_version"]),
        "serial number": (known_serial(told.get("serial")), truth["system_serial"]),
        "firmware version": (row["firmware_version"], truth["bios_version"]),
        "firmware date": (row["firmware_date"], f"{year}-{month}-{day}" if truth["bios_date"] else None),
        "chassis": (
            row["chassis"],
            truth["chassis"] and truth["chassis"].casefold().replace(" ", "_").replace("-", "_"),
        ),
        "memory slots": (len(placed), truth["memory_devices"]),
        "memory modules": (len(modules), truth["memory_populated"]),
        "memory module size": ([one["size"] for one in modules], megabytes(truth["memory_sizes"])),
        "memory installed": (row["memory"], sum(megabytes(truth["memory_sizes"])) or None),
    }


def of_edid(path: Path, truth: dict[str, Any]) -> Facts:
    told = edid.contents(path.read_bytes())
    assert told is not None
    (row,) = listed(monitors.read({"monitors": [{"edid": told, "said": None, "connector": None, "technology": None}]}))
    same = {
        "monitor maker": (told["maker"], truth["manufacturer_id"]),
        "monitor product": (row["product"], truth["product_code"]),
        "monitor number": (int(told["serial_number"]), truth["serial_number_u32"]),
        "monitor serial text": (told["serial"], truth["serial_text"]),
        "monitor model": (row["model"], truth["name"]),
        "monitor week": (told["week"], truth["week"]),
        "monitor year": (row["year"], truth["year"]),
        "EDID version": (told["version"], truth["edid_version"]),
        "monitor width": (row["width"], truth["width_cm"]),
        "monitor height": (row["height"], truth["height_cm"]),
        "monitor resolution": (f"{told['width']}x{told['height']}", truth["preferred"]),
        "monitor digital": (row["digital"], truth["digital"]),
        "EDID checksum": (told["sound"], truth["checksum_ok"]),
    }
    if len(path.read_bytes()) == edid.BLOCK * truth["blocks"]:
        same["EDID blocks"] = (len(path.read_bytes()) // edid.BLOCK, truth["blocks"])
    return same


def of_xrandr(path: Path, whole: dict[str, Any]) -> Facts:
    screens = whole["upstream_expected"]["screens"]
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
        for connector, raw in texts.xrandr(path.read_text("utf-8"))
    ]
    rows = listed(monitors.read({"monitors": found}))
    seen = [(str(row["product"]), *map(int, str(row["resolution"]).split("x"))) for row in rows]
    return {"monitor product and resolution": (seen, wanted)}


def of_cpuinfo(path: Path, truth: dict[str, Any]) -> Facts:
    row = the_system(processor=system.parse_cpuinfo(path.read_text("utf-8")))
    return {"processor": (row["processor"], spaced(truth["model"])), "threads": (row["threads"], truth["logical"])}


def of_central_processor(path: Path, truth: dict[str, Any]) -> Facts:
    keys = list(reg.below(reg.keys(path.read_bytes()), "CentralProcessor").values())
    row = the_system(processor=system.processor_of_windows(keys))
    return {
        "processor": (row["processor"], spaced(truth["name"])),
        "threads": (row["threads"], truth["logical_cpu_subkeys"]),
        "processor speed": (row["processor_speed"], truth["mhz"]),
    }


def of_win32_processor(path: Path, truth: dict[str, Any]) -> Facts:
    processors = [
        {
            "model": row["Name"],
            "speed": int(row["MaxClockSpeed"]),
            "cores": int(row.get("NumberOfCores") or 0) or None,
            "threads": int(row.get("NumberOfLogicalProcessors") or 0) or None,
            "populated": True,
        }
        for row in wmic.rows(path.read_bytes())
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


def of_computer_system(path: Path, truth: dict[str, Any]) -> Facts:
    (told,) = wmic.rows(path.read_bytes())
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
    facts: Facts = {
        "maker": (row["maker"], truth["manufacturer"]),
        "product code": (row["product"] or row["model"], truth["model_raw"]),
        "model": (row["model"], truth["model_friendly"]),
        "threads": (row["threads"], truth["logical_processors"]),
        "sockets": (row["sockets"], truth["sockets"]),
        "laptop": (row["laptop"], truth["pc_system_type"] == "mobile"),
    }
    name = truth.get("user_name_must_not_be_reported")
    if name:
        facts["nobody's name"] = (name in json.dumps(row), False)
    return facts


def of_systeminfo(path: Path, truth: dict[str, Any]) -> Facts:
    row = the_system(shown=system.shown_by_windows(texts.systeminfo(path.read_bytes().decode("utf-8", "replace"))))
    return {
        "maker": (row["maker"], truth.get("system_manufacturer") or truth.get("manufacturer")),
        "model": (row["model"], truth.get("system_model") or truth.get("model")),
    }


def of_physical_memory(path: Path, truth: dict[str, Any]) -> Facts:
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
        for row in wmic.rows(path.read_bytes())
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


def of_memory_array(path: Path, truth: dict[str, Any]) -> Facts:
    arrays = [
        {
            "handle": number,
            "use": int(row["Use"]),
            "slots": int(row["MemoryDevices"]),
            "most": int(row["MaxCapacity"]) * 1024,
        }
        for number, row in enumerate(wmic.rows(path.read_bytes()))
    ]
    row = the_system(smbios={"processors": [], "arrays": arrays, "modules": []})
    return {
        "memory slots": (row["memory_slots"], truth["slots"]),
        "memory that fits in": (row["memory_most"], truth["max_capacity_kib"] * 1024),
    }


def of_video_controller(path: Path, truth: dict[str, Any]) -> Facts:
    other = path.with_name(path.name.replace("wmi_Win32_VideoController", "reg_DisplayClass").replace(".wmi", ".reg"))
    keys = reg.below(reg.keys(other.read_bytes()), "4d36e968-e325-11ce-bfc1-08002be10318}") if other.exists() else {}
    rows = listed(gpus.read_windows({"controllers": wmic.rows(path.read_bytes()), "drivers": list(keys.values())}))
    seen = next((row for row in rows if row["model"] == truth["gpu"]), {})
    return {
        "graphics": (seen.get("model"), truth["gpu"]),
        "graphics memory": ((seen.get("memory") or 0) >> 20 or None, truth["vram_mib"]),
        "resolution": (seen.get("resolution"), truth["resolution"]),
    }


def of_usbprint(path: Path, truth: dict[str, Any]) -> Facts:
    other = path.with_name(path.name.replace("USBPRINT", "USB"))
    if not other.exists():
        pytest.skip(f"{path.name}: the other half, {other.name}, was not recorded")
    found = {**reg.keys(path.read_bytes()), **reg.keys(other.read_bytes())}
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


def of_lpstat(path: Path, truth: dict[str, Any]) -> Facts:
    rows = listed(printers.read_linux({"queues": printers.parse_lpstat(path.read_text("utf-8"))}))
    return {"printers": ([row["name"] for row in rows], truth["printers"])}


def of_lsusb(path: Path, whole: dict[str, Any]) -> Facts:
    video = {
        f"{device['id']}"
        for device in whole["upstream_expected"]
        if '"Video"' in json.dumps(device.get("device_descriptor", {}))
    }
    rows = listed(cameras.read_linux({"nodes": [], "interfaces": texts.lsusb(path.read_text("utf-8"))}))
    return {"cameras": ({row["device"] for row in rows}, video)}


def of_upower(path: Path, truth: dict[str, Any]) -> Facts:
    told = list(batteries.read_linux({"supplies": [texts.upower(path.read_text("utf-8"))]}))
    (row,), (wear,) = listed(told), [one.value for one in told if isinstance(one, Reading)]
    return {
        "battery": (row["model"], truth["model"]),
        "battery when new": (row["design"], int(truth["energy_full_design"] * 1000)),
        "battery now": (row["full"], int(truth["energy_full"] * 1000)),
        "battery wear": (wear, pytest.approx(1 - truth["capacity"] / 100, abs=0.0001)),
    }


def of_powercfg(path: Path, truth: dict[str, Any]) -> Facts:
    told = list(batteries.read_windows(texts.powercfg(path.read_bytes())))
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


WITH_UPSTREAM = (of_xrandr, of_lsusb)
READERS: dict[str, Callable[[Path, dict[str, Any]], Facts]] = {
    r"dmidecode_.*": of_dmidecode,
    r"edid_.*": of_edid,
    r"xrandr_.*": of_xrandr,
    r"cpuinfo_.*": of_cpuinfo,
    r"reg_CentralProcessor_.*": of_central_processor,
    r"wmi_Win32_Processor_.*": of_win32_processor,
    r"wmi_Win32_ComputerSystem_.*": of_computer_system,
    r"systeminfo_.*": of_systeminfo,
    r"wmi_Win32_PhysicalMemory_.*": of_physical_memory,
    r"wmi_Win32_PhysicalMemoryArray_.*": of_memory_array,
    r"wmi_Win32_VideoController_.*": of_video_controller,
    r"reg_USBPRINT_.*": of_usbprint,
    r"lpstat_.*": of_lpstat,
    r"lsusb.*": of_lsusb,
    r"upower.*": of_upower,
    r"powercfg_battery_.*": of_powercfg,
}


def _ours() -> list[tuple[Path, Callable[[Path, dict[str, Any]], Facts]]]:
    found = []
    for path in sorted(ROOT.rglob("*")) if ROOT.is_dir() else []:
        reader = next((one for pattern, one in READERS.items() if re.fullmatch(pattern, path.name)), None)
        if reader and path.suffix != ".json" and Path(f"{path}.truth.json").exists():
            found.append((path, reader))
    return found


OURS = _ours()
needs_recordings = pytest.mark.skipif(not OURS, reason=f"no recordings of other projects in {ROOT}")


def facts_of(path: Path, reader: Callable[[Path, dict[str, Any]], Facts]) -> Facts:
    whole = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))
    return reader(path, whole if reader in WITH_UPSTREAM else whole["truth"])


@needs_recordings
@pytest.mark.parametrize(("path", "reader"), OURS, ids=[path.name for path, _ in OURS])
def test_a_recording_reads_as_its_truth_says(path, reader):
    facts = facts_of(path, reader)
    assert {fact: seen for fact, (seen, _) in facts.items()} == {fact: wanted for fact, (_, wanted) in facts.items()}


@needs_recordings
def test_the_table_of_hits_and_misses():
    hits: dict[str, list[int]] = {}
    for path, reader in OURS:
        try:
            facts = facts_of(path, reader)
        except pytest.skip.Exception as half:
            print(half)
            continue
        for fact, (seen, wanted) in facts.items():
            hits.setdefault(fact, [0, 0])[0 if seen == wanted else 1] += 1
    print(f"\n{'fact':32} {'hits':>5} {'misses':>7}")
    for fact, (right, wrong) in sorted(hits.items()):
        print(f"{fact:32} {right:5} {wrong:7}")
    for pattern, reason in UNUSED.items():
        print(f"not used: {pattern}: {reason}")
    assert not any(wrong for _, wrong in hits.values())
