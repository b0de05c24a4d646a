"""What the readers of disks make of tables of cases, of a tree of sysfs, of programs that hang, and of any bytes."""

import json
import os
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.probes import storage
from schooldrum_agent.sources import disks, physical_disks, smart, smartctl, udisks
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.section import Values

PCI = "devices/pci0000:00"


def doors(root: Path, procfs: str = "") -> Doors:
    return Doors(
        sysfs=str(root / "sys"), rootfs=str(root), procfs=procfs or str(root / "proc"), boottime=float, wall=float
    )


def plant(root: Path, tree: dict[str, str | bytes]) -> None:
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def block(root: Path, name: str, place: str, files: dict[str, str | bytes], *, number: str = "8:0") -> None:
    home = f"{PCI}/{place}/block/{name}"
    plant(root / "sys", {f"{home}/size": "1000000", f"{home}/dev": number, f"{home}/removable": "0"})
    plant(root / "sys", {f"{home}/{key}": content for key, content in files.items()})
    (root / "sys/block").mkdir(exist_ok=True)
    (root / "sys/block" / name).symlink_to(root / "sys" / home)
    (root / "sys/dev/block").mkdir(parents=True, exist_ok=True)
    (root / "sys/dev/block" / number).symlink_to(root / "sys" / home)


def rows(root: Path) -> dict[Any, Values]:
    return {row.values["disk"]: row.values for row in storage.read_linux(storage.fetch_linux(doors(root)))}


def test_the_disks_of_a_linux_pc(tmp_path: Path) -> None:
    serial = b"\x00\x80\x00\x08  WD-A1 "
    block(tmp_path, "sda", "0:17.0/ata1/host0", {"queue/rotational": "1", "device/vpd_pg80": serial}, number="8:0")
    name = "E:ID_MODEL_ENC=WDC\\x20WD5000AAKX-00ERMA0\\x20\\x20\nE:ID_REVISION=15.01H15\n"
    plant(tmp_path, {"run/udev/data/b8:0": name})
    nvme = {"device/model": "KINGSTON SNV2S500G   ", "device/firmware_rev": "SBM02103", "device/serial": "50026B"}
    block(tmp_path, "nvme0n1", "1d.0/nvme/nvme0", {**nvme, "device/hwmon1/temp1_input": "41850"}, number="259:0")
    soldered = {"device/type": "MMC", "device/name": "DF4032", "device/life_time": "0x03 0x0a"}
    block(tmp_path, "mmcblk0", "mmc_host/mmc0", {**soldered, "device/pre_eol_info": "0x02"}, number="179:0")
    for number, (other, place) in enumerate(
        {
            "mmcblk0boot0": "mmc_host/mmc0", "mmcblk1": "mmc_host/mmc1", "sdb": "14.0/usb2/2-1", "sr0": "ata2",
            "loop3": "virtual", "zram0": "virtual", "nvme0c0n1": "1d.0/nvme/nvme0",
        }.items()
    ):  # fmt: skip
        block(tmp_path, other, place, {"device/type": "SD"}, number=f"7:{number}")
    found = rows(tmp_path)
    assert set(found) == {"sda", "nvme0n1", "mmcblk0"}
    said = {key: value for key, value in found["sda"].items() if value is not None}
    assert said == {
        "disk": "sda", "kind": "hdd", "bus": "sata", "size": 512_000_000, "model": "WDC WD5000AAKX-00ERMA0",
        "firmware": "15.01H15", "serial": "WD-A1", "unread": "no_program",
    }  # fmt: skip
    assert (found["nvme0n1"]["kind"], found["nvme0n1"]["temperature"]) == ("nvme", 42)
    assert found["nvme0n1"]["model"] == "KINGSTON SNV2S500G"
    mmc = found["mmcblk0"]
    assert (mmc["kind"], mmc["wear"], mmc["health"], mmc["source"], mmc["unread"]) == (
        "emmc", 90, "warning", "mmc", None,
    )  # fmt: skip


def test_the_disk_that_the_system_lies_on_is_listed_wherever_it_is(tmp_path: Path) -> None:
    block(tmp_path, "mmcblk0", "mmc_host/mmc0", {"device/type": "SD", "device/name": "SD32G"}, number="179:0")
    block(tmp_path, "sda", "14.0/usb2/2-1", {}, number="8:0")
    plant(tmp_path, {"proc/1/mountinfo": "22 1 179:0 / / rw - ext4 /dev/mmcblk0 rw\n"})
    assert {name: row["kind"] for name, row in rows(tmp_path).items()} == {"mmcblk0": "card"}


@pytest.mark.parametrize(
    ("vendor", "model", "place", "kind"),
    [
        ("QEMU    ", "QEMU HARDDISK", "ata1", None),
        ("ATA     ", "VBOX HARDDISK", "ata1", None),
        ("Msft    ", "Virtual Disk", "vmbus/host0", None),
        ("VMware, ", "VMware Virtual S", "host2", None),
        ("ATA     ", "ST500DM002-1BD14", "ata1", "hdd"),
    ],
)
def test_a_virtual_disk_has_no_kind(tmp_path: Path, vendor: str, model: str, place: str, kind: str | None) -> None:
    block(tmp_path, "sda", place, {"device/vendor": vendor, "device/model": model, "queue/rotational": "1"})
    assert rows(tmp_path)["sda"]["kind"] == kind


def test_a_system_without_a_list_of_disks_has_nothing_to_say(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        storage.fetch_linux(doors(tmp_path))
    with pytest.raises((Denied, Unavailable)):
        storage.fetch_windows(doors(tmp_path))


def test_this_machines_disks_are_those_that_lsblk_lists() -> None:
    here = Doors(boottime=time.monotonic, wall=time.time)
    try:
        data = storage.fetch_linux(here)
    except Unavailable as why:
        pytest.skip(f"this machine lists no disks: {why}")
    told = subprocess.run(
        ["lsblk", "-J", "-b", "-d", "-o", "NAME,TYPE,SIZE,RM,TRAN"], capture_output=True, check=True, text=True
    )
    wanted = {
        device["name"]: int(device["size"])
        for device in json.loads(told.stdout)["blockdevices"]
        if device["type"] == "disk" and int(device["size"]) and device["tran"] != "usb" and str(device["rm"]) == "False"
    }
    found = {row.values["disk"]: row.values["size"] for row in storage.read_linux(data)}
    assert {name: size for name, size in found.items() if name in wanted} == {
        name: size for name, size in wanted.items() if not name.startswith(("zram", "nbd", "fd"))
    }


# ----------------------------------------------------------------------------------------------------- smartctl


def program(root: Path, text: str) -> str:
    path = root / "smartctl"
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("sleep 60", "no_answer"),
        ("echo smartctl 6.6; exit 1", "not_told"),
        ("echo '[1]'", "not_told"),
        ("head -c 5000000 /dev/zero", "not_told"),
    ],
)
def test_a_smartctl_that_is_no_help_is_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, word: str
) -> None:
    monkeypatch.setattr(storage, "_SMARTCTL_SECONDS", 0.5)
    disk = {"disk": "sda", "place": "/devices/ata1/block/sda", "vendor": None, "model": None, "card": None}
    began = time.monotonic()
    assert storage._report(program(tmp_path, script), disk) == word
    assert time.monotonic() - began < 5


def test_a_smartctl_that_may_not_be_started(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        path = "/proc/self/mem"  # even root cannot start what is no program
    else:
        path = program(tmp_path, "exit 0")
        Path(path).chmod(0o600)
    disk = {"disk": "sda", "place": "/devices/ata1/block/sda", "vendor": None, "model": None, "card": None}
    assert storage._report(path, disk) == "denied"


def test_what_names_this_very_disk_is_not_taken_over(tmp_path: Path) -> None:
    said = {"serial_number": "CANARY", "wwn": {"id": 1}, "model_name": "M", "smart_status": {"passed": True}}
    path = program(tmp_path, f"echo '{json.dumps(said)}'; echo $* >&2")
    assert smartctl.ask(path, "/dev/sda", "sata", 5) == {"model_name": "M", "smart_status": {"passed": True}}


@pytest.mark.parametrize(
    ("status", "message", "why"),
    [
        (0, "", None),
        (4, "", None),
        (64, "", None),
        (2, "Device is in STANDBY mode, exit(2)", "asleep"),
        (2, "Device is in STANDBY (OS) mode, exit(2)", "asleep"),
        (2, "Device is in SLEEP mode, exit(2)", "asleep"),
        (2, "Smartctl open device: /dev/sda failed: Permission denied", "denied"),
        (2, "Smartctl open device: /dev/nvme0 failed: Operation not permitted", "denied"),
        (2, "Smartctl open device: /dev/sda failed: No such device", "not_told"),
        (1, "/dev/sda: Unknown USB bridge", "not_told"),
        (None, "", "not_told"),
    ],
)
def test_why_smartctl_heard_nothing(status: int | None, message: str, why: str | None) -> None:
    report: dict[str, object] = {"smartctl": {"exit_status": status, "messages": [{"string": message}]}}
    assert smartctl.unread(report) == why


# ------------------------------------------------------------------------------------------------------- udisks

DRIVE = "/org/freedesktop/UDisks2/drives/WDC"


def told_by_udisks(drive: dict[str, Any], device: str = "/dev/sda") -> str:
    def properties(given: dict[str, Any]) -> dict[str, Any]:
        return {name: {"type": "?", "data": value} for name, value in given.items()}

    octets = [*device.encode(), 0]
    objects = {
        "/org/freedesktop/UDisks2/block_devices/sda": {
            "org.freedesktop.UDisks2.Block": properties({"Device": octets, "Drive": DRIVE})
        },
        DRIVE: {name: properties(given) for name, given in drive.items()},
    }
    return json.dumps({"type": "a{oa{sa{sv}}}", "data": [objects]})


ATA, NVME = "org.freedesktop.UDisks2.Drive.Ata", "org.freedesktop.UDisks2.NVMe.Controller"
HEARD = {
    "SmartUpdated": 1700000000, "SmartFailing": False, "SmartNumBadSectors": 3, "SmartPowerOnSeconds": 36000 * 3600,
    "SmartTemperature": 308.15,
}  # fmt: skip


@pytest.mark.parametrize(
    ("drive", "seen"),
    [
        ({ATA: HEARD}, {"passed": True, "reallocated": 3, "hours": 36000, "temperature": 35, "source": "udisks"}),
        ({ATA: {**HEARD, "SmartUpdated": 0}}, None),
        (
            {ATA: {**HEARD, "SmartFailing": True, "SmartNumBadSectors": -1, "SmartTemperature": 0.0}},
            {"passed": False, "hours": 36000, "source": "udisks"},
        ),
        (
            {NVME: {"SmartUpdated": 1, "SmartCriticalWarning": ["spare", "readonly"], "SmartTemperature": 313}},
            {"passed": False, "critical": 9, "temperature": 40, "source": "udisks"},
        ),
        (
            {NVME: {"SmartUpdated": 1, "SmartCriticalWarning": [], "SmartPowerOnHours": 7}},
            {"passed": True, "critical": 0, "hours": 7, "source": "udisks"},
        ),
        ({}, None),
    ],
)
def test_what_the_disk_service_knows(drive: dict[str, Any], seen: dict[str, Any] | None) -> None:
    assert udisks.parse(told_by_udisks(drive)) == ({"sda": seen} if seen else {})


def test_smartctl_speaks_after_the_disk_service() -> None:
    disk = {
        "disk": "sda", "place": "/devices/ata1/block/sda", "size": 512, "removable": False, "rotational": True,
        "vendor": None, "model": "X", "firmware": None, "card": None, "life": None, "reserve": None, "serial": None,
        "temperature": 30, "system": True,
    }  # fmt: skip
    told = udisks.parse(told_by_udisks({ATA: HEARD}))
    report = {"smartctl": {"exit_status": 2, "messages": [{"string": "failed: Permission denied"}]}}
    [row] = storage.read_linux({"disks": [disk], "told": told, "reports": {"sda": report}})
    assert (row.values["source"], row.values["unread"], row.values["temperature"]) == ("udisks", None, 35)
    [row] = storage.read_linux({"disks": [disk], "told": {}, "reports": {"sda": report}})
    assert (row.values.get("source"), row.values["unread"], row.values["temperature"]) == (None, "denied", 30)


def test_the_disk_service_of_this_machine_is_asked_without_harm() -> None:
    assert isinstance(udisks.disks(), dict)


# ------------------------------------------------------------------------------------------------------ Windows

NOTHING: dict[str, Any] = {
    "disks": None, "drives": None, "predicted": None, "sectors": None, "thresholds": None, "counters": {}, "logs": {},
    "denied": False,
}  # fmt: skip


def sector(*attributes: tuple[int, int, int, int]) -> list[int]:
    """Records of (number, flags, value, raw)."""
    records = b"".join(
        struct.pack("<BHBB6sB", number, flags, value, value, raw.to_bytes(6, "little"), 0)
        for number, flags, value, raw in attributes
    )
    return list((b"\x10\x00" + records).ljust(512, b"\0"))


def limits(*pairs: tuple[int, int]) -> list[int]:
    return list((b"\x10\x00" + b"".join(bytes([*pair]).ljust(12, b"\0") for pair in pairs)).ljust(512, b"\0"))


def health_page(**given: int) -> list[int]:
    page = bytearray(512)
    struct.pack_into("<BHBBB", page, 0, given.get("critical", 0), given.get("kelvin", 310), 100, 10, given["used"])
    struct.pack_into("<QQ", page, 128, given.get("hours", 0), 0)
    struct.pack_into("<QQ", page, 160, given.get("errors", 0), 0)
    return list(page)


def windows(**given: Any) -> list[Values]:
    return [row.values for row in storage.read_windows({**NOTHING, **given})]


DISK = {
    "DeviceId": "0",
    "Model": "CT240BX500SSD1",
    "BusType": 11,
    "MediaType": 4,
    "HealthStatus": 0,
    "Size": "240057409536",
}
DRIVE_0 = {
    "Index": 0,
    "Model": "CT240BX500SSD1",
    "PNPDeviceID": r"SCSI\DISK&VEN_CT240\4&1&0&000000",
    "Capabilities": [3, 4],
}


def test_every_source_of_windows_adds_what_it_knows() -> None:
    instance = r"scsi\Disk&Ven_CT240\4&1&0&000000_0"
    told = {
        "predicted": [{"InstanceName": instance, "PredictFailure": False}],
        "sectors": [{"InstanceName": instance, "VendorSpecific": sector((5, 0x33, 100, 2), (202, 0x30, 88, 12))}],
        "thresholds": [{"InstanceName": instance, "VendorSpecific": limits((5, 10), (202, 1))}],
        "counters": {"0": {"Temperature": 31, "Wear": 12, "PowerOnHours": None, "ReadErrorsUncorrected": 0}},
    }
    [row] = windows(disks=[DISK], drives=[DRIVE_0], **told)
    assert {key: value for key, value in row.items() if value not in {None, ""}} == {
        "disk": "PhysicalDrive0", "kind": "ssd", "bus": "sata", "size": 240057409536, "model": "CT240BX500SSD1",
        "health": "healthy", "passed": True, "reallocated": 2, "unreadable": 0, "wear": 12, "temperature": 31,
        "source": "smart",
    }  # fmt: skip


def test_the_health_log_of_an_nvme_disk_speaks_last() -> None:
    disk = {"DeviceId": "1", "BusType": 17, "MediaType": 4, "HealthStatus": 0}
    [row] = windows(disks=[disk], logs={"1": health_page(used=103, hours=4000, errors=2)})
    assert (row["wear"], row["hours"], row["media_errors"], row["temperature"], row["source"]) == (
        103, 4000, 2, 37, "nvme",
    )  # fmt: skip
    [row] = windows(disks=[disk], logs={"1": [0] * 512})
    assert row["source"] == "windows"


@pytest.mark.parametrize(
    ("disk", "drive", "seen"),
    [
        (DISK, DRIVE_0, "sata"),
        ({**DISK, "BusType": 7}, DRIVE_0, None),
        ({**DISK, "BusType": 14}, None, None),
        ({**DISK, "BusType": 15}, None, None),
        ({**DISK, "BusType": 12}, DRIVE_0, "sd"),  # soldered, on a bus for cards
        ({**DISK, "BusType": 12}, {**DRIVE_0, "Capabilities": [3, 4, 7]}, None),
        ({**DISK, "BusType": 12}, None, None),
        ({**DISK, "BusType": 13}, None, "mmc"),
        ({**DISK, "BusType": 8}, None, "raid"),
        (None, {**DRIVE_0, "InterfaceType": "USB"}, None),
        ({**DISK, "DeviceId": "0\x07"}, None, None),
    ],
)
def test_only_disks_inside_are_listed(
    disk: dict[str, Any] | None, drive: dict[str, Any] | None, seen: str | None
) -> None:
    found = windows(disks=[disk] if disk else None, drives=[drive] if drive else None)
    assert [row["bus"] for row in found] == ([seen] if seen else [])


@pytest.mark.parametrize(
    ("media", "turns", "model", "kind"),
    [
        (3, 7200, "X", "hdd"),
        (4, 0, "X", "ssd"),
        (0, 5400, "X", "hdd"),
        (0, 0xFFFFFFFF, "X", None),
        (0, -1, "X", None),
        (None, None, "Samsung SSD 860 EVO", "ssd"),
        (None, None, "VBOX HARDDISK", None),
    ],
)
def test_the_kind_of_a_disk_of_windows(media: int | None, turns: int | None, model: str, kind: str | None) -> None:
    [row] = windows(disks=[{**DISK, "MediaType": media, "SpindleSpeed": turns, "Model": model}])
    assert row["kind"] == kind


@pytest.mark.parametrize(
    ("states", "status", "passed"),
    [
        ([2], None, None),
        ([5], None, False),
        ([6], "6", None),
        ([13, 2, 5], "13", False),
        ([53252, 3], "3 53252", None),
        (["6", None], "6", None),
        (6, "6", None),
        ([], None, None),
        (None, None, None),
    ],
)
def test_what_windows_says_beside_the_health(states: Any, status: str | None, passed: bool | None) -> None:  # noqa: FBT001 - a table
    [row] = windows(disks=[{**DISK, "OperationalStatus": states}])
    assert (row.get("health"), row.get("status"), row.get("passed")) == ("healthy", status, passed)


@pytest.mark.parametrize(
    ("given", "denied", "seen"),
    [
        ({"drives": [{**DRIVE_0, "Status": "OK"}]}, False, (None, "not_told")),
        ({"drives": [{**DRIVE_0, "Status": "OK"}]}, True, (None, "denied")),
        ({"drives": [{**DRIVE_0, "Status": "Pred Fail"}]}, False, (False, None)),
        ({"disks": [{**DISK, "OperationalStatus": [5]}]}, False, (False, None)),
        ({"disks": [{**DISK, "HealthStatus": 5}]}, True, (None, "denied")),
        ({"disks": [{**DISK, "HealthStatus": None}]}, False, (None, "not_told")),
    ],
)
def test_what_is_said_without_smart(given: dict[str, Any], denied: bool, seen: tuple[Any, Any]) -> None:  # noqa: FBT001 - a table
    [row] = windows(**given, denied=denied)
    assert (row.get("passed"), row["unread"]) == seen


@pytest.mark.parametrize(
    ("adapter", "serial", "seen"),
    [
        ("FJ68NXXXXXXXXXXXX   _0000", "ACE4_2E61_9000_7804.", "FJ68NXXXXXXXXXXXX"),
        ("S4EVNX0R123456_0001.", None, "S4EVNX0R123456"),
        (None, "     WD-WCC2E1234567", "WD-WCC2E1234567"),
        (None, "4256633266666133382d64383634626330362020", "VB2cff3a-88d46cb60"),  # as old drivers write it
        (None, "425663326666613338ff64383634626330362020", "425663326666613338ff64383634626330362020"),
        (None, "0000000000", None),
        (None, None, None),
    ],
)
def test_the_serial_number_of_a_disk_of_windows(adapter: str | None, serial: str | None, seen: str | None) -> None:
    found = storage.serial_of_windows({"AdapterSerialNumber": adapter, "SerialNumber": serial}, {})
    assert found == seen


def test_zeros_of_a_driver_that_tells_nothing_are_no_figures() -> None:
    assert storage.counters({"Temperature": 0, "Wear": 0, "PowerOnHours": 0, "ReadErrorsUncorrected": 0}) == {}
    assert storage.counters({"Temperature": 33, "Wear": 4294967295})["temperature"] == 33
    assert "wear" not in storage.counters({"Temperature": 33, "Wear": 4294967295})


@pytest.mark.parametrize(
    ("told", "wear"),
    [(0, 0), (100, 100), (254, 254), (255, None), (65_535, None), (0xFFFF_FFFF, None), (-1, None), (None, None)],
)
def test_all_ones_are_no_wear(told: Any, wear: int | None) -> None:
    found: list[dict[str, Any]] = [
        storage.counters({"Temperature": 33, "Wear": told}),
        smart.of_health_log({"critical_warning": 0, "percentage_used": told}),
        smartctl.health({"smartctl": {"exit_status": 0}, "endurance_used": {"current_percent": told}}),
        smartctl.health(
            {"smartctl": {"exit_status": 0}, "nvme_smart_health_information_log": {"percentage_used": told}}
        ),
    ]
    assert [one.get("wear") for one in found] == [wear] * len(found)
    assert smart.of_health_log({"available_spare": told}).get("spare") == wear


# ------------------------------------------------------------------------------------------------------ decoding


@pytest.mark.parametrize(
    ("prefail", "value", "threshold", "below", "outlived"),
    [
        (1, 36, 36, "5", ""),
        (1, 37, 36, "", ""),
        (0, 20, 36, "", "5"),
        (1, 0, 0, "", ""),
        (1, 200, 255, "", ""),
        (1, 200, 254, "", ""),
    ],
)
def test_an_attribute_at_its_threshold(prefail: int, value: int, threshold: int, below: str, outlived: str) -> None:
    found = smart.attributes(bytes(sector((5, prefail, value, 0))), bytes(limits((5, threshold))))
    told = smart.of_attributes(found)
    assert (told["below"], told["outlived"]) == (below, outlived)


@pytest.mark.parametrize(
    ("number", "raw", "column", "seen"),
    [
        (5, 0x0004_0000_0007, "reallocated", 7),
        (197, 0xFFFF_FFFF_FFFF, "pending", None),
        (9, 0x0000_AB00_2000, "hours", 0x2000),
        (9, 4_000_000, "hours", None),  # minutes
        (194, 0x0027_0013_0019, "temperature", 25),
        (190, 0x24180021, "temperature", 33),
        (194, 0, "temperature", None),
    ],
)
def test_raw_values(number: int, raw: int, column: str, seen: int | None) -> None:
    told = smart.of_attributes(smart.attributes(bytes(sector((number, 0x32, 100, raw)))))
    assert told.get(column) == seen
    assert "below" not in told, "without thresholds nobody knows"


def test_warm_days_are_no_old_age() -> None:
    found = smart.attributes(bytes(sector((190, 0x22, 40, 60), (9, 0x32, 1, 99))), bytes(limits((190, 45), (9, 5))))
    assert smart.of_attributes(found)["outlived"] == "9"


def test_the_request_for_the_health_log_and_its_answer() -> None:
    request = physical_disks.health_log_request()
    assert struct.unpack_from("<12I", request) == (50, 0, 3, 2, 2, 0, 40, 512, 0, 0, 0, 0)
    page = bytes(health_page(used=7))
    answer = struct.pack("<12I", 48, 48, 3, 2, 2, 0, 40, 512, 0, 0, 0, 0) + page
    assert physical_disks.log_in(answer) == page
    assert physical_disks.log_in(answer[:-1]) == b""
    assert physical_disks.log_in(request) == bytes(512)
    assert smart.health_log(bytes(512)) is None


@given(data=st.binary(max_size=600), thresholds=st.binary(max_size=600))
def test_any_smart_sector_is_taken(data: bytes, thresholds: bytes) -> None:
    found = smart.attributes(data, thresholds)
    assert len(found) <= 30
    DISKS(disk="x", **smart.of_attributes(found, "Samsung SSD"))


@given(raw=st.binary(max_size=700))
def test_any_health_log_is_taken(raw: bytes) -> None:
    DISKS(disk="x", **smart.of_health_log(smart.health_log(raw) or {}))
    assert len(physical_disks.log_in(raw)) in {0, 512}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SPOKEN = st.sampled_from(
    [
        "smartctl", "exit_status", "messages", "model_name", "smart_status", "passed", "temperature", "current",
        "table", "power_on_time", "hours", "ata_smart_attributes", "nvme_smart_health_information_log",
        "endurance_used", "scsi_grown_defect_list", "critical_warning", "percentage_used", "id", "value", "raw",
        "thresh", "flags",
    ]
)  # fmt: skip


@given(report=st.dictionaries(SPOKEN, st.dictionaries(SPOKEN, ANYTHING | st.dictionaries(SPOKEN, ANYTHING)) | ANYTHING))
def test_any_report_of_smartctl_is_taken(report: dict[str, object]) -> None:
    smartctl.unread(report)
    DISKS(disk="x", **smartctl.health(report))  # type: ignore[arg-type]  # what it may hold is what is tested


@given(text=st.text() | ANYTHING.map(json.dumps))
def test_anything_that_busctl_prints_is_taken(text: str) -> None:
    for health in udisks.parse(text).values():
        DISKS(disk="x", **health)


@given(
    drive=st.dictionaries(st.sampled_from([*HEARD, "SmartCriticalWarning", "SmartPowerOnHours"]), ANYTHING),
    interface=st.sampled_from([ATA, NVME]),
)
def test_any_properties_of_the_disk_service_are_taken(drive: dict[str, Any], interface: str) -> None:
    for health in udisks.parse(told_by_udisks({interface: {"SmartUpdated": 1, **drive}})).values():
        DISKS(disk="x", **health)


CELL = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=5)
NAMES = [
    *DISK, *DRIVE_0, "InstanceName", "VendorSpecific", "SerialNumber", "Status", "PredictFailure", "OperationalStatus",
    "AdapterSerialNumber", "SpindleSpeed", "FirmwareVersion", "Temperature", "Wear", "PowerOnHours",
    "ReadErrorsUncorrected",
]  # fmt: skip
WINDOWS_ROW = st.dictionaries(st.sampled_from(NAMES), CELL)


@given(
    found=st.lists(WINDOWS_ROW.map(lambda row: {**row, "DeviceId": "0"}), max_size=3),
    drives=st.lists(WINDOWS_ROW.map(lambda row: {**row, "Index": 0}), max_size=3),
    other=st.lists(WINDOWS_ROW, max_size=3),
    counters=WINDOWS_ROW,
    log=st.lists(st.integers(), max_size=5),
)
def test_any_rows_of_windows_are_taken(found: Any, drives: Any, other: Any, counters: Any, log: Any) -> None:
    windows(
        disks=found, drives=drives, predicted=other, sectors=other, thresholds=other, counters={"0": counters},
        logs={"0": log},
    )  # fmt: skip


@given(text=st.text(max_size=40))
def test_any_text_of_udev_is_taken(text: str) -> None:
    assert isinstance(disks.unescaped(text), str)
