"""What the hardware readers make of tables of cases, of trees of files, and of any bytes at all."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recordings import dmidecode

from schooldrum_agent.ledger import Ledger
from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.probes import batteries, cameras, freeze, gpus, memory_modules, monitors, printers, system, tpm
from schooldrum_agent.sources import edid, firmware, smbios
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.catalogue.freeze import FREEZE
from schooldrum_wire.fence import Fence
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import Row

LAPTOP = """SMBIOS 3.2 present.

Handle 0x0000, DMI type 0, 26 bytes
BIOS Information
	Vendor: LENOVO
	Version: R1FET63W (1.37 )
	Release Date: 03/30/2023

Handle 0x0001, DMI type 1, 27 bytes
System Information
	Manufacturer: LENOVO
	Product Name: 20TBS57S00
	Version: ThinkPad E14 Gen 2
	Serial Number: PF2ABCDE
	Family: ThinkPad E14 Gen 2

Handle 0x0003, DMI type 3, 22 bytes
Chassis Information
	Type: Notebook
	Serial Number: Not Specified

Handle 0x0004, DMI type 4, 48 bytes
Processor Information
	Type: Central Processor
	Version: 11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz
	Current Speed: 2400 MHz
	Status: Populated, Enabled
	Core Count: 4
	Thread Count: 8

Handle 0x0005, DMI type 16, 23 bytes
Physical Memory Array
	Use: System Memory
	Maximum Capacity: 40 GB
	Number Of Devices: 2

Handle 0x0006, DMI type 17, 84 bytes
Memory Device
	Array Handle: 0x0005
	Size: 8 GB
	Form Factor: Row Of Chips
	Locator: DIMM 0
	Bank Locator: BANK 0
	Type: DDR4
	Speed: 3200 MT/s
	Manufacturer: Samsung
	Serial Number: 00000000
	Part Number: M471A1G44AB0-CWE
	Configured Memory Speed: 2667 MT/s

Handle 0x0007, DMI type 17, 84 bytes
Memory Device
	Array Handle: 0x0005
	Size: No Module Installed
	Form Factor: SODIMM
	Locator: DIMM 1

Handle 0x0008, DMI type 16, 23 bytes
Physical Memory Array
	Use: Flash Memory
	Maximum Capacity: 32 MB
	Number Of Devices: 1

Handle 0x0009, DMI type 17, 84 bytes
Memory Device
	Array Handle: 0x0008
	Size: 32 MB
	Locator: SYSTEM ROM
	Type: Flash
"""


def doors(**given_doors: Any) -> Doors:
    return Doors(**{"boottime": lambda: 1000.0, "wall": lambda: 1.8e9, **given_doors})


def plant(root: Path, tree: dict[str, str | bytes]) -> str:
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("->"):
            path.symlink_to(content[2:])
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(root)


def rows(told: Any) -> list[dict[str, Any]]:
    return [dict(one.values) for one in told if isinstance(one, Row)]


def tree_of(table: str) -> dict[str, str | bytes]:
    return {
        "firmware/dmi/tables/DMI": dmidecode.table(table),
        "firmware/dmi/tables/smbios_entry_point": b"_SM3_\x00\x18\x03\x02\x00",
    }


# system and memory modules


def test_a_laptop_out_of_its_table(tmp_path: Path) -> None:
    cpuinfo = "".join(f"processor : {n}\nmodel name : i5\nphysical id : 0\ncore id : {n % 4}\n\n" for n in range(8))
    plant(tmp_path / "proc", {"cpuinfo": cpuinfo})
    here = doors(sysfs=plant(tmp_path / "sys", tree_of(LAPTOP)), procfs=str(tmp_path / "proc"))
    (row,) = rows(system.read(system.fetch_linux(here)))
    assert row == {
        "chassis": "notebook",
        "laptop": True,
        "virtual": False,
        "maker": "LENOVO",
        "model": "ThinkPad E14 Gen 2",
        "product": "20TBS57S00",
        "serial": "PF2ABCDE",
        "board_maker": None,
        "board_model": None,
        "firmware_maker": "LENOVO",
        "firmware_version": "R1FET63W (1.37 )",
        "firmware_date": "2023-03-30",
        "processor": "i5",
        "processor_speed": 2400,
        "sockets": 1,
        "cores": 4,
        "threads": 8,
        "memory": 8 << 30,
        "memory_slots": 2,
        "memory_slots_free": 1,
        "memory_most": 40 << 30,
    }
    assert rows(memory_modules.read(memory_modules.fetch_linux(here))) == [
        {
            "slot": "DIMM 0",
            "bank": "BANK 0",
            "size": 8 << 30,
            "kind": "DDR4",
            "form": "soldered",
            "speed": 3200,
            "configured_speed": 2667,
            "maker": "Samsung",
            "part": "M471A1G44AB0-CWE",
            "serial": None,
        }
    ]


_SECOND = "Size: No Module Installed"
_THIRD = """
Handle 0x000A, DMI type 17, 84 bytes
Memory Device
	Array Handle: 0x0005
	Size: Unknown
	Locator: DIMM 2
"""
"""The firmware's word for a size it does not know, 0xFFFF."""


@pytest.mark.parametrize(
    ("table", "memory", "slots", "free"),
    [
        (LAPTOP, 8 << 30, 2, 1),
        (LAPTOP.replace(_SECOND, "Size: 8 GB"), 16 << 30, 2, 0),
        # What may be free or used is neither, and what is in it is not known.
        (LAPTOP.replace(_SECOND, "Size: Unknown"), None, 2, None),
        (LAPTOP + _THIRD, None, 3, None),
        # A place that the array counts and the firmware does not list.
        (LAPTOP.replace("Number Of Devices: 2", "Number Of Devices: 4"), 8 << 30, 4, None),
    ],
)
def test_places_for_memory_of_which_it_is_not_known_are_neither_free_nor_used(
    tmp_path: Path, table: str, memory: int | None, slots: int, free: int | None
) -> None:
    contents = smbios.contents(dmidecode.table(table))
    assert [one["size"] for one in contents["modules"]].count(None) == table.count("Size: Unknown")
    here = doors(sysfs=plant(tmp_path / "sys", tree_of(table)), procfs=str(tmp_path / "proc"))
    told = system.fetch_linux(here)
    (row,) = rows(system.read(told))
    assert (row["memory"], row["memory_slots"], row["memory_slots_free"]) == (memory, slots, free)
    # Windows counts by itself what is built in.
    (row,) = rows(system.read({**told, "installed": 12 << 30}))
    assert row["memory"] == memory or (memory is None and row["memory"] == 12 << 30)


def test_without_the_right_to_the_table_the_shown_words_stand_in(tmp_path: Path) -> None:
    shown = {"sys_vendor": "Dell Inc.", "product_name": "OptiPlex 3050", "chassis_type": "3", "bios_date": "01/19/12"}
    here = doors(sysfs=plant(tmp_path, {f"class/dmi/id/{name}": text for name, text in shown.items()}))
    (row,) = rows(system.read(system.fetch_linux(here)))
    assert (row["maker"], row["model"], row["chassis"], row["laptop"]) == (
        "Dell Inc.",
        "OptiPlex 3050",
        "desktop",
        False,
    )
    assert (row["firmware_date"], row["serial"], row["memory"], row["memory_slots"]) == ("2012-01-19", None, None, None)


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (("LENOVO", "20TBS57S00", "ThinkPad E14", ""), ("LENOVO", "ThinkPad E14", "20TBS57S00")),
        (("LENOVO", "20TBS57S00", "Lenovo", "ThinkPad E14"), ("LENOVO", "20TBS57S00", None)),
        (("LENOVO", "90AB", "", "IdeaCentre"), ("LENOVO", "IdeaCentre", "90AB")),
        (("Dell Inc.", "OptiPlex", "01", "OptiPlex"), ("Dell Inc.", "OptiPlex", None)),
        (("System manufacturer", "System Product Name", "System Version", ""), (None, None, None)),
        (("To Be Filled By O.E.M.", "Default string", "", ""), (None, None, None)),
    ],
)
def test_the_name_on_the_lid(told: tuple[str, ...], names: tuple[str | None, ...]) -> None:
    assert system.names_of(dict(zip(("maker", "model", "version", "family"), told, strict=True))) == names


@pytest.mark.parametrize(
    ("text", "date"),
    [("12/01/2011", "2011-12-01"), ("12/01/99", "1999-12-01"), ("13/01/2011", None), ("", None), ("2011-12-01", None)],
)
def test_the_firmwares_date(text: str, date: str | None) -> None:
    assert system.firmware_date(text) == date


@pytest.mark.parametrize(
    "text",
    ["", "  ", "Default string", "To be filled by O.E.M.", "SerNum0", "Array1_PartNumber2", "[Empty]", "...", "None"],
)
def test_placeholders_are_no_names(text: str) -> None:
    assert known(text) is None


@pytest.mark.parametrize(("text", "serial"), [("0000000", None), ("123456789", None), (" PF2ABCDE ", "PF2ABCDE")])
def test_serials_that_batches_share_are_none(text: str, serial: str | None) -> None:
    assert known_serial(text) == serial


def structure(kind: int, body: bytes, texts: list[bytes]) -> bytes:
    tail = b"".join(text + b"\0" for text in texts) or b"\0"
    return struct.pack("<BBH", kind, min(255, 4 + len(body)), kind) + body[:251] + tail + b"\0"


tables = st.lists(
    st.builds(
        structure,
        st.sampled_from([0, 1, 2, 3, 4, 16, 17, 22]),
        st.binary(max_size=120),
        st.lists(st.binary(min_size=1, max_size=12).map(lambda raw: raw.replace(b"\0", b"\xff")), max_size=5),
    ),
    max_size=90,
).map(b"".join)


@given(raw=tables | st.binary(max_size=600))
def test_any_table_is_read(raw: bytes) -> None:
    table = smbios.contents(raw)
    assert all(len(table[several]) <= smbios.MOST for several in ("processors", "arrays", "modules", "batteries"))
    shown = system.shown_by_windows({})
    processor = system.processor_of_windows([])
    data = {"smbios": table, "shown": shown, "processor": processor, "role": None, "installed": None}
    assert len(list(system.read(data))) == 1
    list(memory_modules.read(table))
    list(batteries.read_windows({"full": [{}], "static": [], "cycles": [], "firmware": table["batteries"]}))
    firmware.items(firmware.Table(version=(3, 0), structures=raw))


@given(text=st.text())
def test_any_cpuinfo_is_read(text: str) -> None:
    system.parse_cpuinfo(text)
    system.parse_cpuinfo(text.replace("a", "processor : 1\n\n"))


# monitors


@given(raw=st.binary(max_size=300) | st.binary(min_size=120, max_size=120).map(lambda rest: edid._HEADER + rest))
def test_any_edid_is_read(raw: bytes) -> None:
    told = edid.contents(raw)
    list(monitors.read({"monitors": [{"edid": told, "said": None, "connector": "DP-1", "technology": 10}]}))


@pytest.mark.parametrize(
    ("maker", "serial", "number", "printed"),
    [
        ("ACR", "TJYEE0068521", "292666581", "TJYEE0061171bcd58521"),
        ("ACR", "TJYEE0068521", "0", "TJYEE0068521"),
        ("DEL", "7MT019AI34EU", "859063637", "7MT019AI34EU"),
        ("ENC", None, "68056070", "68056070"),
        ("LTN", None, "16843009", None),
    ],
)
def test_the_serial_on_the_back_of_a_monitor(maker: str, serial: str | None, number: str, printed: str | None) -> None:
    assert monitors.printed_serial({"maker": maker, "serial": serial, "serial_number": number}) == printed


def test_monitors_of_a_tree(tmp_path: Path) -> None:
    head = b"\x00\xff\xff\xff\xff\xff\xff\x00" + struct.pack(">H", 4 << 10 | 5 << 5 | 12) + b"\x01\x00" + bytes(116)
    root = plant(
        tmp_path,
        {
            "class/drm/card0/dev": "226:0",
            "class/drm/card0-HDMI-A-1/status": "connected\n",
            "class/drm/card0-HDMI-A-1/edid": head,
            "class/drm/card0-VGA-1/status": "disconnected\n",
            "class/drm/card0-VGA-1/edid": head,
            "class/drm/card0-Virtual-1/status": "connected\n",
            "class/drm/card0-eDP-1/status": "connected\n",
        },
    )
    (row,) = rows(monitors.read(monitors.fetch_linux(doors(sysfs=root))))
    assert (row["connection"], row["maker"], row["product"], row["serial"]) == ("hdmi", "Dell", 1, None)


def test_a_monitor_that_only_wmi_knows() -> None:
    said = monitors.said_by_wmi(
        {"ManufacturerName": [83, 65, 77, 0], "UserFriendlyName": [83, 50, 50, 0, 0], "YearOfManufacture": 2014}
    )
    (row,) = rows(monitors.read({"monitors": [{"edid": None, "said": said, "connector": None, "technology": 0}]}))
    assert (row["maker"], row["model"], row["year"], row["connection"]) == ("Samsung", "S22", 2014, "vga")


# graphics

IDS = b"""# names
8086  Intel Corporation
\t0102  2nd Generation Core Graphics
\t\t1028 04aa  XPS
10de  NVIDIA Corporation
\t1f06  TU106 [GeForce RTX 2060 SUPER]
C 03  Display controller
"""


@pytest.mark.parametrize(
    ("vendor", "device", "name"),
    [
        ("8086", "0102", "Intel Corporation 2nd Generation Core Graphics"),
        ("10de", "1f06", "NVIDIA Corporation TU106 [GeForce RTX 2060 SUPER]"),
        ("10de", "0102", "NVIDIA Corporation"),
        ("1234", "1111", None),
        ("", "", None),
    ],
)
def test_names_of_graphics(vendor: str, device: str, name: str | None) -> None:
    assert gpus.name_of(IDS, vendor, device) == name
    assert gpus.name_of(b"", vendor, device) is None


def test_graphics_of_a_tree(tmp_path: Path) -> None:
    place = "bus/pci/devices/0000:00:02.0"
    plant(tmp_path / "root", {"usr/share/misc/pci.ids": IDS})
    root = plant(
        tmp_path / "sys",
        {
            f"{place}/class": "0x030000\n",
            f"{place}/vendor": "0x8086\n",
            f"{place}/device": "0x0102\n",
            f"{place}/driver": "->../../../../bus/pci/drivers/i915",
            "bus/pci/devices/0000:00:1f.0/class": "0x060100\n",
        },
    )
    (row,) = rows(gpus.read_linux(gpus.fetch_linux(doors(sysfs=root, rootfs=str(tmp_path / "root")))))
    assert (row["device"], row["driver"], row["driver_missing"]) == ("8086:0102", "i915", False)
    assert row["model"] == "Intel Corporation 2nd Generation Core Graphics"


@pytest.mark.parametrize(
    ("ram", "driver", "memory"),
    [
        (-1048576, {}, None),
        ("4293918720", {}, None),
        (1 << 30, {}, 1 << 30),
        (-1048576, {"HardwareInformation.qwMemorySize": 8 << 30}, 8 << 30),
        (-1048576, {"HardwareInformation.qwMemorySize": (8 << 30).to_bytes(8, "little").hex()}, 8 << 30),
        (-1048576, {"HardwareInformation.qwMemorySize": "junk"}, None),
    ],
)
def test_memory_of_graphics_of_windows(ram: Any, driver: dict[str, Any], memory: int | None) -> None:
    card = {"Name": "Card", "PNPDeviceID": r"PCI\VEN_10DE&DEV_1F06&SUBSYS_1", "AdapterRAM": ram}
    remote = {"Name": "Microsoft Remote Display Adapter", "PNPDeviceID": r"SWD\REMOTEDISPLAYENUM"}
    drivers = [{"MatchingDeviceId": r"pci\ven_10de&dev_1f06", **driver}]
    told = rows(gpus.read_windows({"controllers": [card, remote], "drivers": drivers}))
    assert [row["memory"] for row in told] == [memory]


# printers


def printer(**given_values: Any) -> dict[str, Any]:
    return {"name": "HP", "driver": "HP LaserJet 1020", "port": "USB001", "attributes": 0, "status": 0, **given_values}


@pytest.mark.parametrize(
    ("given_values", "seen"),
    [
        ({}, ("usb", "idle", None)),
        ({"status": 0x80}, ("usb", "offline", None)),
        ({"attributes": 0x400}, ("usb", "offline", None)),
        ({"status": 0x10 | 0x8}, ("usb", "fault", "jam")),
        ({"status": 0x20000}, ("usb", "idle", "low_toner")),
        ({"status": 0x1}, ("usb", "stopped", None)),
        ({"status": 0x400}, ("usb", "printing", None)),
        ({"port": "IP_192.168.1.9"}, ("network", "idle", None)),
        ({"port": "192.168.1.9_1"}, ("network", "idle", None)),
        ({"port": "WSD-6d3a"}, ("network", "idle", None)),
        ({"port": "\\\\", "attributes": 0x10}, ("shared", "idle", None)),
        ({"port": "LPT1:"}, ("other", "idle", None)),
    ],
)
def test_a_printer_of_windows(given_values: dict[str, Any], seen: tuple[Any, ...]) -> None:
    data = {"printers": [printer(**given_values)], "ports": [], "devices": []}
    (row,) = rows(printers.read_windows(data))
    assert (row["connection"], row["state"], row["problem"]) == seen


@pytest.mark.parametrize(
    "given_values",
    [
        {"driver": "Microsoft Print To PDF"},
        {"port": "PORTPROMPT:"},
        {"port": "nul:"},
        {"port": "SHRFAX:"},
        {"driver": "Microsoft XPS Document Writer v4"},
        {"driver": "Microsoft Shared Fax Driver"},
        {"driver": "Send to Microsoft OneNote 16 Driver"},
    ],
)
def test_what_prints_on_no_paper_is_no_printer(given_values: dict[str, Any]) -> None:
    assert rows(printers.read_windows({"printers": [printer(**given_values)], "ports": [], "devices": []})) == []


def test_the_serial_of_a_usb_printer() -> None:
    ports = [{"port": "USB001", "container": "{1}", "instance": "7&17e8&0&USB001"}]
    own = {"serial": "MY26K1K34C2L", "container": "{1}", "prefix": None}
    made_up = {"serial": "6&1cf14f7f&0&2", "container": "{1}", "prefix": None}
    below = {"serial": "55PKB5Z1", "container": None, "prefix": "7&17e8&0"}
    other = {"serial": "OTHER123", "container": "{2}", "prefix": "7&17e"}
    assert printers.serial_of_port("usb001", ports, [other, made_up, own]) == "MY26K1K34C2L"
    assert printers.serial_of_port("USB001", ports, [other, below]) == "55PKB5Z1"
    assert printers.serial_of_port("USB001", ports, [other, made_up]) is None
    assert printers.serial_of_port("USB002", ports, [own]) is None


LPSTAT = """printer Canon is idle.  enabled since Mon 01 Jan 2024 10:00:00
printer HP disabled since Mon 01 Jan 2024 10:00:00 -
\treason unknown
printer PDF is idle.  enabled since Mon 01 Jan 2024 10:00:00
system default destination: Canon
device for Canon: usb://Canon/LBP2900?serial=0000A1B2C3D4
device for HP: socket://phong-hieu-truong.local:9100
device for PDF: cups-pdf:/
"""


def test_printers_of_linux() -> None:
    lines = LPSTAT.splitlines(keepends=True)
    queues = printers.parse_lpstat("".join(lines[5:] + lines[:5]))
    assert {one["name"]: one for one in printers.parse_lpstat(LPSTAT)} == {one["name"]: one for one in queues}
    assert "hieu-truong" not in str(queues)
    canon, hp = rows(printers.read_linux({"queues": queues}))
    assert (canon["model"], canon["connection"], canon["state"], canon["default"], canon["serial"]) == (
        "Canon LBP2900",
        "usb",
        "idle",
        True,
        "0000A1B2C3D4",
    )
    assert (hp["model"], hp["connection"], hp["state"], hp["default"]) == (None, "network", "stopped", False)


def test_queues_without_their_devices_are_printers_whose_connection_is_not_known() -> None:
    queues = printers.parse_lpstat("".join(LPSTAT.splitlines(keepends=True)[:5]) + "printer of nobody\n")
    found = rows(printers.read_linux({"queues": queues}))
    assert [(one["name"], one["state"], one["connection"], one["default"]) for one in found] == [
        ("Canon", "idle", None, True),
        ("HP", "stopped", None, False),
        ("PDF", "idle", None, False),
    ]


@given(text=st.text())
def test_any_lpstat_is_read(text: str) -> None:
    list(printers.read_linux({"queues": printers.parse_lpstat(text)}))


# cameras

CAMERA_CLASS = "{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}"
IMAGE_CLASS = "{6bdd1fc6-810f-11d0-bec7-08002be2092f}"


@pytest.mark.parametrize(
    ("row", "seen"),
    [
        ({"ClassGuid": CAMERA_CLASS, "ConfigManagerErrorCode": 0}, [("046d:0825", "ok")]),
        ({"ClassGuid": CAMERA_CLASS.upper(), "ConfigManagerErrorCode": 22}, [("046d:0825", "disabled")]),
        ({"ClassGuid": IMAGE_CLASS, "Service": "usbvideo", "ConfigManagerErrorCode": 28}, [("046d:0825", "no_driver")]),
        ({"ClassGuid": IMAGE_CLASS, "Service": "usbscan", "ConfigManagerErrorCode": 0}, []),
        ({"ClassGuid": CAMERA_CLASS, "ConfigManagerErrorCode": 45}, []),
        ({"ClassGuid": CAMERA_CLASS, "ConfigManagerErrorCode": 10}, [("046d:0825", "fault")]),
    ],
)
def test_a_camera_of_windows(row: dict[str, Any], seen: list[tuple[str, str]]) -> None:
    told = rows(
        cameras.read_windows({"devices": [{"PNPDeviceID": r"USB\VID_046D&PID_0825&MI_00", "Name": "C270", **row}]})
    )
    assert [(one["device"], one["state"]) for one in told] == seen


def test_cameras_of_a_tree(tmp_path: Path) -> None:
    usb = "devices/pci0000:00/usb1/1-5"
    tree: dict[str, str | bytes] = {
        f"{usb}/idVendor": "046d\n",
        f"{usb}/idProduct": "0825\n",
        f"{usb}/product": "C270\n",
        "devices/virtual/video4linux/video9/name": "OBS\n",
        "devices/virtual/video4linux/video9/index": "0\n",
        "class/video4linux/video9": "->../../devices/virtual/video4linux/video9",
    }
    for number, kind in ((0, "0e"), (1, "0e"), (2, "01")):
        tree |= {
            f"{usb}/1-5:1.{number}/bInterfaceClass": f"{kind}\n",
            f"bus/usb/devices/1-5:1.{number}": f"->../../../{usb}/1-5:1.{number}",
        }
    root = plant(tmp_path, tree)
    assert [
        (one["device"], one["model"], one["state"])
        for one in rows(cameras.read_linux(cameras.fetch_linux(doors(sysfs=root))))
    ] == [("046d:0825", "C270", "no_driver")]
    (tmp_path / usb / "1-5:1.0/driver").symlink_to("../../../../../bus/usb/drivers/uvcvideo")
    for number in (0, 1):
        node = f"{usb}/1-5:1.0/video4linux/video{number}"
        plant(
            tmp_path,
            {
                f"{node}/name": "C270\n",
                f"{node}/index": f"{number}\n",
                f"{node}/device": "->../..",
                f"class/video4linux/video{number}": f"->../../{node}",
            },
        )
    told = rows(cameras.read_linux(cameras.fetch_linux(doors(sysfs=root))))
    assert [(one["device"], one["state"]) for one in told] == [("046d:0825", "ok")]


# batteries


def test_the_worst_battery_of_linux(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "class/power_supply/BAT0/type": "Battery",
            "class/power_supply/BAT0/energy_full": "30000000",
            "class/power_supply/BAT0/energy_full_design": "40000000",
            "class/power_supply/BAT0/cycle_count": "0",
            "class/power_supply/BAT1/type": "Battery",
            "class/power_supply/BAT1/charge_full": "2000000",
            "class/power_supply/BAT1/charge_full_design": "4000000",
            "class/power_supply/BAT1/voltage_min_design": "11100000",
            "class/power_supply/hid-1/type": "Battery",
            "class/power_supply/hid-1/scope": "Device",
            "class/power_supply/AC/type": "Mains",
        },
    )
    told = list(batteries.read_linux(batteries.fetch_linux(doors(sysfs=root))))
    assert [(row["battery"], row["design"], row["full"], row["cycles"]) for row in rows(told)] == [
        ("BAT0", 40000, 30000, None),
        ("BAT1", 44400, 22200, None),
    ]
    assert [(one.name, one.value) for one in told if isinstance(one, Reading)] == [("school_battery_wear_ratio", 0.5)]


@pytest.mark.parametrize(
    ("static", "spare", "wear"),
    [
        ([{"InstanceName": "a", "DesignedCapacity": 50000}], [], [0.2]),
        ([], [{"design": 80000}], [0.5]),
        ([], [], []),
        ([{"InstanceName": "a", "DesignedCapacity": 0}], [], []),
        ([{"InstanceName": "a", "DesignedCapacity": -1}], [], []),
        ([{"InstanceName": "a", "DesignedCapacity": 39000}], [], [0.0]),
    ],
)
def test_a_battery_of_windows(static: list[dict[str, Any]], spare: list[dict[str, Any]], wear: list[float]) -> None:
    full = [{"InstanceName": "a", "FullChargedCapacity": 40000}]
    told = list(batteries.read_windows({"full": full, "static": static, "cycles": [], "firmware": spare}))
    assert [one.value for one in told if isinstance(one, Reading)] == pytest.approx(wear)
    assert len(rows(told)) == 1


# the security chip


@pytest.mark.parametrize(
    ("tree", "row"),
    [
        ({"class/tpm/tpm0/tpm_version_major": "2\n"}, {"present": True, "version": "2.0"}),
        ({"class/tpm/tpm0/dev": "10:224"}, {"present": True, "version": None}),
    ],
)
def test_the_chip_of_linux(tmp_path: Path, tree: dict[str, str | bytes], row: dict[str, Any]) -> None:
    assert rows(tpm.read(tpm.fetch_linux(doors(sysfs=plant(tmp_path, tree))))) == [row]


def test_no_chip_is_a_fact_and_no_word_about_chips_is_none(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        tpm.fetch_linux(doors(sysfs=str(tmp_path)))
    (tmp_path / "class/tpm").mkdir(parents=True)
    assert rows(tpm.read(tpm.fetch_linux(doors(sysfs=str(tmp_path))))) == [{"present": False, "version": None}]


# frozen disks

PLAIN = "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
OVERLAYROOT = (
    "20 1 0:20 / /media/root-rw rw - tmpfs tmpfs-root rw\n"
    "22 1 0:22 / / rw - overlay overlayroot rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay,workdir=/x\n"
)


@pytest.mark.parametrize(
    ("mountinfo", "seen"),
    [
        (PLAIN, []),
        (OVERLAYROOT, [("overlayroot", "frozen")]),
        (OVERLAYROOT.replace("tmpfs tmpfs-root", "ext4 /dev/sdb1"), [("overlayroot", "thawed")]),
        ("22 1 0:22 / / rw - overlay overlay rw,upperdir=/run/live/overlay/rw\n", [("live_system", "frozen")]),
        ("22 1 0:22 / / rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/x/diff\n", []),
        ("22 1 0:22 / / rw - tmpfs tmpfs rw\n", [("live_system", "frozen")]),
    ],
)
def test_a_root_that_forgets(tmp_path: Path, mountinfo: str, seen: list[tuple[str, str]]) -> None:
    here = doors(procfs=plant(tmp_path, {"self/mountinfo": mountinfo}))
    told = rows(freeze.read_linux(freeze.fetch_linux(here)))
    assert [(row["product"], row["state"]) for row in told] == seen


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({}, []),
        ({"services": {"DFServ": 2, "DeepFrz": 0}, "deep_freeze": "Frozen"}, [("deep_freeze", "frozen")]),
        ({"services": {"DFServ": 2}, "deep_freeze": "Thawed"}, [("deep_freeze", "thawed")]),
        ({"services": {"DFServ": 2}}, [("deep_freeze", "unknown")]),
        ({"services": {"DFServ": 4}}, []),
        ({"services": {"diskpt": 0}}, [("shadow_defender", "unknown")]),
        ({"services": {"uwfvol": 0}, "filter": True, "protected": ["C:"]}, [("unified_write_filter", "frozen")]),
        ({"services": {"uwfvol": 0}, "filter": True}, [("unified_write_filter", "thawed")]),
        ({"services": {"uwfvol": 0}, "filter": False}, [("unified_write_filter", "thawed")]),
        ({"services": {"uwfvol": 0}}, [("unified_write_filter", "unknown")]),
    ],
)
def test_programs_that_freeze_windows(data: dict[str, Any], seen: list[tuple[str, str]]) -> None:
    whole = {"services": {}, "deep_freeze": None, "filter": None, "protected": [], **data}
    assert [(row["product"], row["state"]) for row in rows(freeze.read_windows(whole))] == seen


@pytest.mark.parametrize(
    ("states", "frozen"),
    [
        ([], False),
        (["thawed"], False),
        (["thawed", "frozen"], True),
        (["unknown"], None),
        (["unknown", "frozen"], True),
    ],
)
def test_the_report_says_what_the_probe_found(*, states: list[str], frozen: bool | None) -> None:
    ledger = Ledger(Fence())
    assert ledger.frozen() is None
    found = tuple(FREEZE(product=f"p{number}", state=state) for number, state in enumerate(states))
    finding = Finding(
        probe="freeze", outcome=Outcome.OK, boottime=1.0, wall=1.0, rows=found, sections=freeze.PROBE.sections
    )
    ledger.take(freeze.PROBE, finding)
    assert ledger.frozen() is frozen


@pytest.mark.parametrize("probe", [system, memory_modules, monitors, gpus, printers, cameras, batteries, tpm, freeze])
def test_on_this_system_windows_has_nothing_to_say(probe: Any) -> None:
    # Every import and call of Windows' own stands inside a function and ends in an outcome.
    with pytest.raises((Denied, Unavailable)):
        probe.PROBE.on["win32"].fetch(doors())


@pytest.mark.parametrize(
    ("flags", "is_guest"),
    [("fpu vme hypervisor lahf_lm", True), ("fpu vme lahf_lm", False), ("hypervisors", False), ("", False)],
)
def test_a_virtual_machine_is_known_by_its_processor_where_the_firmware_tells_nothing(flags, is_guest) -> None:
    processor = system.parse_cpuinfo(f"processor : 0\nmodel name : AMD EPYC\nflags : {flags}\n")
    empty = dict.fromkeys(
        (
            *("maker", "model", "version", "family", "board_maker", "board_model"),
            *("firmware_maker", "firmware_version", "firmware_date", "chassis"),
        )
    )
    (row,) = system.read({"smbios": None, "shown": empty, "processor": processor, "role": None, "installed": None})
    assert row.values["virtual"] is is_guest
