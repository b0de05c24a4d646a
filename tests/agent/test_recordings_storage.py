"""The readers of disks and their health on other projects' recordings, compared with the truth beside each.

`SCHOOLDRUM_RECORDINGS` names the folder that holds `host/`, by default ../shared/data beside the repository. The
verdict is the collector's, so it is asked here too.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.recordings import lsblk, wmic

from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import storage
from schooldrum_agent.sources import disks, smart, smartctl
from schooldrum_agent.sources.nameplate import known_serial
from schooldrum_collector.judge.storage import COUNTED, judge
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.fence import Fence
from schooldrum_wire.section import Values

ROOT = Path(os.environ.get("SCHOOLDRUM_RECORDINGS") or Path(__file__).parents[3] / "shared" / "data") / "host"
Facts = dict[str, tuple[Any, Any]]
"""Fact -> (what we read, what is true)."""

UNUSED = {
    r"smartctl_scan\.json": "the kernel lists the disks; smartctl is never asked which there are",
    r"wmi_Win32_LogicalDisk_.*": "volumes are asked of Windows itself (GetDiskFreeSpaceExW), not of WMI",
    r"wmi_Win32_Volume_.*|wmi_Win32_EncryptableVolume_.*": "encryption: the posture's",
}
"""Files about storage that no test here reads, and why."""
NO_WINDOWS: dict[str, Any] = {
    "disks": None, "drives": None, "predicted": None, "sectors": None, "thresholds": None, "counters": {}, "logs": {},
    "denied": False,
}  # fmt: skip
WORDS = {
    "realloc_events": "reallocations",
    "offline_uncorrectable": "uncorrectable",
    "reported_uncorrect": "unreadable",
    "nvme media_errors": "media_errors",
}
"""What the truths call a column of ours."""


def listed(found: Any) -> list[Values]:
    return [row.values for row in found]


def reasons_of(row: Values) -> set[str]:
    return {f"{one.code}={one.value}" for one in judge(row).reasons if one.code in COUNTED}


def true_reasons(truth: dict[str, Any]) -> set[str]:
    parts = (reason.partition("=") for reason in truth.get("reasons", []))
    return {f"{WORDS.get(name, name)}={value}" for name, _, value in parts if value.isdecimal()}


def row_of_report(report: dict[str, Any]) -> Values:
    name = Path(report.get("device", {}).get("name", "sda")).name
    nvme = report.get("device", {}).get("protocol") == "NVMe"
    disk = {
        "disk": name,
        "place": f"/devices/pci0000:00/{'nvme/nvme0' if nvme else 'ata1'}/block/{name}",
        "size": report.get("user_capacity", {}).get("bytes"),
        "removable": False,
        "rotational": report.get("rotation_rate") != 0 and not nvme,
        "serial": report.get("serial_number"),
        "system": True,
        **dict.fromkeys(("vendor", "model", "firmware", "card", "life", "reserve", "temperature")),
    }
    [row] = listed(storage.read_linux({"disks": [disk], "told": {}, "reports": {name: report}}))
    return row


def of_smartctl(path: Path, truth: dict[str, Any]) -> Facts:
    report = json.loads(path.read_text("utf-8"))
    row = row_of_report(report)
    facts: Facts = {
        "disk verdict": (judge(row).verdict.value, truth["suggested_verdict"]),
        "disk heard": (smartctl.unread(report) is None, not {0, 1} & set(truth["exit_bits"])),
    }
    if "reasons" not in truth:
        return facts
    facts |= {
        "disk verdict's reasons": (reasons_of(row), true_reasons(truth)),
        "disk model": (row["model"], truth["model"]),
        "disk passed": (row.get("passed"), truth["smart_passed"]),
        "disk temperature": (row.get("temperature"), truth["temperature_c"]),
        "disk hours": (row.get("hours"), truth["power_on_hours"]),
        "sectors replaced": (row.get("reallocated"), truth["reallocated"]),
        "sectors waiting": (row.get("pending"), truth["pending"]),
        "sectors uncorrectable": (row.get("uncorrectable"), truth["offline_uncorrectable"]),
        "reads failed": (row.get("unreadable"), truth["reported_uncorrect"]),
    }
    if truth["protocol"] is not None:
        turns = truth["rotation_rate"]
        wanted = "nvme" if truth["protocol"] == "NVMe" else "ssd" if turns == 0 else "hdd"
        facts["disk kind"] = (row["kind"], wanted)
    if log := truth["nvme"]:
        facts |= {
            "NVMe warnings": (row.get("critical"), log["critical_warning"]),
            "NVMe wear": (row.get("wear"), log["percentage_used"]),
            "NVMe spare": (row.get("spare"), log["available_spare"]),
            "NVMe media errors": (row.get("media_errors"), log["media_errors"]),
        }
    return facts


def of_storage_driver(path: Path, truth: dict[str, Any]) -> Facts:
    told = json.loads(path.read_text("utf-8"))
    instance = told["InstanceName"]
    drive = {"Index": 0, "Model": truth["model"], "PNPDeviceID": instance.removesuffix("_0").upper()}
    data = NO_WINDOWS | {
        "drives": [drive],
        "sectors": [{"InstanceName": instance, "VendorSpecific": told["VendorSpecific"]}],
        "thresholds": [{"InstanceName": instance, "VendorSpecific": told["Thresholds"]}],
    }
    found = smart.attributes(bytes(told["VendorSpecific"]), bytes(told["Thresholds"]))
    [row] = listed(storage.read_windows(data))
    wanted = {key: (one["value"], one["thresh"], one["raw"]) for key, one in truth["attributes"].items()}
    return {
        "SMART attributes": ({str(one.number): (one.value, one.threshold, one.raw) for one in found}, wanted),
        "sectors replaced": (row.get("reallocated"), truth["reallocated"]),
        "sectors waiting": (row.get("pending"), truth["pending"]),
        "sectors uncorrectable": (row.get("uncorrectable"), truth["uncorrectable"]),
        "disk hours": (row.get("hours"), truth["power_on_hours_raw"]),
        "disk temperature": (row.get("temperature"), truth["temperature_c"]),
        "disk verdict": (judge(row).verdict.value == "failing", truth["predict_failure"]),
    }


def of_physical_disk(path: Path, truth: dict[str, Any]) -> Facts:
    told = wmic.rows(path.read_bytes())
    for one in told:
        one["OperationalStatus"] = [int(number) for number in one.get("OperationalStatus") or []]
    rows = {str(row["disk"]): row for row in listed(storage.read_windows(NO_WINDOWS | {"disks": told}))}
    wanted = {f"PhysicalDrive{one['device_id']}": one for one in truth["disks"]}
    # Sticks and disks outside are no disks of the PC.
    inside = [name for name, one in wanted.items() if one["bus"].casefold() not in {"usb", "sd", "file backed virtual"}]
    by_number = {f"PhysicalDrive{one['DeviceId']}": one for one in told}
    return {
        "disks": (sorted(rows), sorted(inside)),
        "disk model": ([rows[name]["model"] for name in inside], [wanted[name]["model"] for name in inside]),
        "disk size": ([rows[name]["size"] for name in inside], [wanted[name]["size"] for name in inside]),
        "disk bus": (
            [rows[name]["bus"] for name in inside],
            [wanted[name]["bus"].casefold().replace("sas", "scsi") for name in inside],
        ),
        "disk kind": (
            [str(rows[name]["kind"]).replace("nvme", "ssd") for name in inside],
            [wanted[name]["media"].casefold().replace("unspecified", "none") for name in inside],
        ),
        "disk firmware": ([rows[name]["firmware"] for name in inside], [wanted[name]["firmware"] for name in inside]),
        "disk health": (
            [rows[name].get("health") for name in inside],
            [wanted[name]["health"].casefold() for name in inside],
        ),
        "disk serial number": (
            [rows[name]["serial"] for name in inside],
            [known_serial(wanted[name].get("serial_alt_adapter") or wanted[name]["serial"]) for name in inside],
        ),
        "disk's other serial number": (
            [by_number[name]["SerialNumber"] for name in inside],
            [wanted[name]["serial"] for name in inside],
        ),
        "disk's number leaves hashed only": (
            any(
                str(one["serial"]) in json.dumps(Fence(salt=b"s").row(DISKS, rows[name]))
                for name, one in wanted.items()
                if name in rows
            ),
            False,
        ),
    }


def of_disk_drive(path: Path, truth: dict[str, Any]) -> Facts:
    told = wmic.rows(path.read_bytes())
    rows = listed(storage.read_windows(NO_WINDOWS | {"drives": told}))
    wanted = [one for one in truth["disks"] if one.get("interface", one.get("interface_raw")) not in {"USB", "1394"}]
    return {
        "disks": (len(rows), len(wanted)),
        "disk model": ([row["model"] for row in rows], [one["model"] for one in wanted]),
        "disk size": ([row["size"] for row in rows], [one["size"] for one in wanted]),
        "disk serial number": (
            [row["serial"] for row in rows],
            [known_serial(storage.unscrambled(one["serial"])) for one in wanted],
        ),
        "disk verdict": (
            [judge(row).verdict.value for row in rows],
            # OK says nothing, this word does.
            ["failing" if one.get("status") == "Pred Fail" else "unknown" for one in wanted],
        ),
    }


def of_lsblk(path: Path, whole: dict[str, Any]) -> Facts:
    truth = whole["truth"]
    text = path.read_text("utf-8")
    devices = lsblk.of_json(text) if path.suffix == ".json" else lsblk.of_table(text)
    if "upstream_expected" in whole:
        expected = whole["upstream_expected"]
        wanted = [one["name"] for one in expected if one["type"] == "disk" and not one["rm"]]
    else:
        wanted = truth.get("disks") or [one["name"] for one in devices if one.get("type", "disk") == "disk"]
    with tempfile.TemporaryDirectory() as folder:
        lsblk.plant(Path(folder), devices)
        doors = Doors(sysfs=folder, procfs=folder, rootfs=folder, boottime=float, wall=float)
        found = [disk["disk"] for disk in disks.disks(doors) if storage.is_inside(disk)]
    return {"disks": (found, wanted)}


WITH_UPSTREAM = (of_lsblk,)
READERS: dict[str, Callable[[Path, dict[str, Any]], Facts]] = {
    r"smartctl_(?!scan).*\.json": of_smartctl,
    r"wmi_MSStorageDriver_.*\.json": of_storage_driver,
    r"wmi_MSFT_PhysicalDisk_.*": of_physical_disk,
    r"wmi_Win32_DiskDrive_.*": of_disk_drive,
    r"lsblk.*|.*_lsblk.*": of_lsblk,
}


def _ours() -> list[tuple[Path, Callable[[Path, dict[str, Any]], Facts]]]:
    found = []
    for path in sorted(ROOT.rglob("*")) if ROOT.is_dir() else []:
        reader = next((one for pattern, one in READERS.items() if re.fullmatch(pattern, path.name)), None)
        if reader and Path(f"{path}.truth.json").exists():
            found.append((path, reader))
    return found


OURS = _ours()
needs_recordings = pytest.mark.skipif(not OURS, reason=f"no recordings of other projects in {ROOT}")


def facts_of(path: Path, reader: Callable[[Path, dict[str, Any]], Facts]) -> Facts:
    whole = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))
    return reader(path, whole if reader in WITH_UPSTREAM else whole["truth"])


@needs_recordings
@pytest.mark.parametrize(("path", "reader"), OURS, ids=[path.name for path, _ in OURS])
def test_a_disk_reads_as_its_truth_says(path, reader):
    facts = facts_of(path, reader)
    assert {fact: seen for fact, (seen, _) in facts.items()} == {fact: wanted for fact, (_, wanted) in facts.items()}


@needs_recordings
def test_the_table_of_hits_and_misses_about_disks():
    hits: dict[str, list[int]] = {}
    for path, reader in OURS:
        for fact, (seen, wanted) in facts_of(path, reader).items():
            hits.setdefault(fact, [0, 0])[0 if seen == wanted else 1] += 1
    print(f"\n{'fact':34} {'hits':>5} {'misses':>7}")
    for fact, (right, wrong) in sorted(hits.items()):
        print(f"{fact:34} {right:5} {wrong:7}")
    for pattern, reason in UNUSED.items():
        print(f"not used: {pattern}: {reason}")
    assert not any(wrong for _, wrong in hits.values())
