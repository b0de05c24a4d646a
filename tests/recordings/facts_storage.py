"""Disks and their health: the readers on recordings, as facts beside the truth.

The verdict is the collector's, so it is asked here too.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.recordings import lsblk, wmic
from tests.recordings.collection import Facts, Reader, Recording, said

from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import storage
from schooldrum_agent.sources import disks, smart, smartctl
from schooldrum_agent.sources.nameplate import known_serial
from schooldrum_collector.judge.storage import COUNTED, judge
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.fence import Fence
from schooldrum_wire.section import Values

UNREAD = {
    "smartctl --scan": "the kernel lists the disks; smartctl is never asked which there are",
    "Win32_LogicalDisk": "volumes are asked of Windows itself (GetDiskFreeSpaceExW), not of WMI",
    "Win32_Volume": "volumes are asked of Windows itself, and which are encrypted of Win32_EncryptableVolume",
}
"""Forms about storage that no reader here reads, and why."""
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


def of_smartctl(recording: Recording) -> Facts:
    truth = recording.truth
    report = json.loads(recording.text)
    row = row_of_report(report)
    facts: Facts = {}
    if "suggested_verdict" in truth:
        facts["disk verdict"] = (judge(row).verdict.value, truth["suggested_verdict"])
    if "exit_bits" in truth:
        facts["disk heard"] = (smartctl.unread(report) is None, not {0, 1} & set(truth["exit_bits"]))
    if "reasons" in truth:
        facts["disk verdict's reasons"] = (reasons_of(row), true_reasons(truth))
    facts |= said(
        truth,
        {
            "disk model": ("model", row["model"]),
            "disk passed": ("smart_passed", row.get("passed")),
            "disk temperature": ("temperature_c", row.get("temperature")),
            "disk hours": ("power_on_hours", row.get("hours")),
            "sectors replaced": ("reallocated", row.get("reallocated")),
            "sectors waiting": ("pending", row.get("pending")),
            "sectors uncorrectable": ("offline_uncorrectable", row.get("uncorrectable")),
            "reads failed": ("reported_uncorrect", row.get("unreadable")),
        },
    )
    if truth.get("protocol"):
        turns = truth["rotation_rate"]
        wanted = "nvme" if truth["protocol"] == "NVMe" else "ssd" if turns == 0 else "hdd"
        facts["disk kind"] = (row["kind"], wanted)
    return facts | said(
        truth.get("nvme") or {},
        {
            "NVMe warnings": ("critical_warning", row.get("critical")),
            "NVMe wear": ("percentage_used", row.get("wear")),
            "NVMe spare": ("available_spare", row.get("spare")),
            "NVMe media errors": ("media_errors", row.get("media_errors")),
        },
    )


def of_storage_driver(recording: Recording) -> Facts:
    truth = recording.truth
    told = json.loads(recording.text)
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
        **said(
            truth,
            {
                "sectors replaced": ("reallocated", row.get("reallocated")),
                "sectors waiting": ("pending", row.get("pending")),
                "sectors uncorrectable": ("uncorrectable", row.get("uncorrectable")),
                "disk hours": ("power_on_hours_raw", row.get("hours")),
                "disk temperature": ("temperature_c", row.get("temperature")),
            },
        ),
        "disk verdict": (judge(row).verdict.value == "failing", truth["predict_failure"]),
    }


def of_physical_disk(recording: Recording) -> Facts:
    truth = recording.truth
    told = wmic.rows(recording.raw)
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
            # It stands filled up with spaces on many disks.
            [by_number[name]["SerialNumber"].strip() for name in inside],
            [wanted[name]["serial"].strip() for name in inside],
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


def of_disk_drive(recording: Recording) -> Facts:
    truth = recording.truth
    told = wmic.rows(recording.raw)
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


def of_lsblk(recording: Recording) -> Facts:
    text = recording.text
    devices = lsblk.of_json(text) if recording.form == "lsblk --json" else lsblk.of_table(text)
    if recording.upstream is None:
        wanted = recording.truth["disks"]
    else:
        wanted = [one["name"] for one in recording.upstream if one["type"] == "disk" and not one["rm"]]
    with tempfile.TemporaryDirectory() as folder:
        lsblk.plant(Path(folder), devices)
        doors = Doors(sysfs=folder, procfs=folder, rootfs=folder, boottime=float, wall=float)
        found = [disk["disk"] for disk in disks.disks(doors) if storage.is_inside(disk)]
    return {"disks": (found, wanted)}


READERS: dict[str, Reader] = {
    "smartctl": of_smartctl,
    "MSStorageDriver": of_storage_driver,
    "MSFT_PhysicalDisk": of_physical_disk,
    "Win32_DiskDrive": of_disk_drive,
    "lsblk --json": of_lsblk,
    "lsblk": of_lsblk,
}
