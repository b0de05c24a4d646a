"""Which machine this is, and whose names stay on it."""

import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent import identity
from schooldrum_agent.probe import Doors
from schooldrum_agent.sources import accounts, disks
from schooldrum_wire.fence import Fence, folded_names
from schooldrum_wire.fingerprint import item, same_machine

UUID = bytes.fromhex("33221100554477668899aabbccddeeff")
PCI = "devices/pci0000:00"


def structure(kind: int, body: bytes, *texts: str) -> bytes:
    tail = b"".join(text.encode() + b"\0" for text in texts) or b"\0"
    return struct.pack("<BBH", kind, 4 + len(body), kind) + body + tail + b"\0"


def smbios(board: str = "BOARD777", system: str = "SYS777", uuid: bytes = UUID) -> bytes:
    one = structure(1, bytes([1, 2, 3, 4]) + uuid + bytes(3), "Maker", "Model", "1.0", system)
    return one + structure(2, bytes([1, 2, 3, 4, 0]), "Maker", "Board", "1.0", board) + structure(127, b"")


def plant(root: Path, tree: dict[str, str | bytes]) -> Path:
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("->"):
            path.symlink_to(content[2:])
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def firmware(table: bytes) -> dict[str, str | bytes]:
    return {
        "firmware/dmi/tables/DMI": table,
        "firmware/dmi/tables/smbios_entry_point": b"_SM3_\x00\x18\x03\x02\x00",
    }


def block(name: str, place: str, files: dict[str, str | bytes]) -> dict[str, str | bytes]:
    tree: dict[str, str | bytes] = {
        f"block/{name}": f"->../{PCI}/{place}/block/{name}",
        f"{PCI}/{place}/block/{name}/size": "9",
    }
    return tree | {f"{PCI}/{place}/block/{name}/{key}": content for key, content in files.items()}


def card(name: str, place: str, mac: str, assigned: str = "0", **files: str) -> dict[str, str | bytes]:
    home = f"{PCI}/{place}/net/{name}"
    tree: dict[str, str | bytes] = {f"class/net/{name}": f"->../../{home}", f"{home}/type": "1", f"{home}/address": mac}
    tree[f"{home}/addr_assign_type"] = assigned
    return tree | {f"{home}/{key}": content for key, content in files.items()}


def doors(root: Path) -> Doors:
    places = {name: str(root / name) for name in ("proc", "sys", "root")}
    return Doors(
        boottime=time.monotonic, wall=time.time, procfs=places["proc"], sysfs=places["sys"], rootfs=places["root"]
    )


def test_a_whole_pc_has_all_four_kinds(tmp_path: Path) -> None:
    plant(
        tmp_path / "sys",
        firmware(smbios())
        | block("nvme0n1", "0:1d.0/nvme0", {"device/serial": "S4EV NVME1  \n"})
        | block("sda", "0:17.0/ata1", {"device/vpd_pg80": b"\x00\x80\x00\x0c    WD-ATA1\x00", "removable": "0"})
        | block("vda", "0:2.0/virtio1", {"serial": "VIRT1\n"})
        | block("mmcblk0", "0:1a.0/mmc0", {"device/serial": "0xabcdef01", "device/type": "MMC"})
        | card("enp0s31f6", "0000:00:1f.6", "00:00:5e:00:53:01")
        | card("enp1s0", "0000:01:00.0", "00:00:5e:00:53:02"),
    )
    serials = ("S4EV NVME1", "WD-ATA1", "VIRT1", "0xabcdef01")
    assert identity.read_fingerprint(doors(tmp_path), "linux") == {
        "uuid": (item("uuid", "00112233-4455-6677-8899-aabbccddeeff"),),
        "board": (item("board", "BOARD777"),),
        "disk": tuple(sorted(item("disk", serial) for serial in serials)),
        "mac": tuple(sorted(item("mac", f"00:00:5e:00:53:0{n}") for n in (1, 2))),
    }


def test_what_moves_between_pcs_is_no_part_of_one(tmp_path: Path) -> None:
    docked = f"{PCI}/0000:05:00.0"
    plant(
        tmp_path / "sys",
        block("sdb", "usb1/1-1/host4", {"device/vpd_pg80": b"\x00\x80\x00\x04USB1"})
        | block("sdc", "0:17.0/ata2", {"device/vpd_pg80": b"\x00\x80\x00\x04CADY", "removable": "1"})
        | block("mmcblk1", "0:1a.0/mmc1", {"device/serial": "0x12345678", "device/type": "SD"})
        | block("loop0", "virtual", {"serial": "LOOP1"})
        | block("dm-0", "virtual", {"serial": "MAPPED"})
        | block("zram0", "virtual", {"serial": "ZRAM11"})
        | card("usb0", "0:14.0/usb1/1-2", "00:00:5e:00:53:03")
        | card("dock0", "0000:05:00.0", "00:00:5e:00:53:04")
        | {f"{docked}/removable": "removable\n"}
        | card("random", "0000:01:00.0", "00:00:5e:00:53:05", "3")
        | card("local", "0000:02:00.0", "02:00:00:00:00:06")
        | card("group", "0000:03:00.0", "01:00:5e:00:53:07")
        | card("wlan0", "0000:04:00.0", "00:00:5e:00:53:08", uevent="DEVTYPE=wlan\n")
        | {"class/net/br0": "->../../devices/virtual/net/br0", "devices/virtual/net/br0/address": "00:00:5e:00:53:09"},
    )
    assert identity.read_fingerprint(doors(tmp_path), "linux") == {}


@pytest.mark.parametrize(
    ("board", "system", "serial"),
    [
        ("BOARD777", "SYS777", "BOARD777"),
        ("To be filled by O.E.M.", "SYS777", "SYS777"),
        ("Default string", "System Serial Number", None),
        ("0000000", "", None),
    ],
)
def test_a_placeholder_is_no_serial(tmp_path: Path, board: str, system: str, serial: str | None) -> None:
    plant(tmp_path / "sys", firmware(smbios(board, system, b"\xff" * 16)))
    expected = {} if serial is None else {"board": (item("board", serial),)}
    assert identity.read_fingerprint(doors(tmp_path), "linux") == expected


def test_a_raspberry_pi_has_its_serial_in_the_device_tree(tmp_path: Path) -> None:
    plant(tmp_path, {"proc/device-tree/serial-number": b"10000000abcdef12\0"})
    board = {"board": (item("board", "10000000abcdef12"),)}
    assert identity.read_fingerprint(doors(tmp_path), "linux") == board


def test_udev_knows_serials_that_sysfs_does_not(tmp_path: Path) -> None:
    plant(tmp_path / "sys", block("sda", "0:17.0/ata1", {"dev": "8:0\n"}))
    plant(tmp_path / "root", {"run/udev/data/b8:0": "S:disk/x\nE:ID_SERIAL_SHORT=UDEV123\n"})
    found = identity.read_fingerprint(doors(tmp_path), "linux")
    assert found == {"disk": (item("disk", "UDEV123"),)}


@pytest.mark.parametrize("system", ["linux", "win32"])
def test_a_machine_that_tells_nothing_has_an_empty_fingerprint(tmp_path: Path, system: str) -> None:
    assert identity.read_fingerprint(doors(tmp_path), system) == {}
    assert same_machine({}, identity.read_fingerprint(doors(tmp_path), system)) is None


def test_this_very_machine_is_itself() -> None:
    here = Doors(boottime=time.monotonic, wall=time.time)
    first, second = identity.read_fingerprint(here, "linux"), identity.read_fingerprint(here, "linux")
    assert first == second
    assert same_machine(first, second) in {True, False, None}  # a virtual machine may have only a disk, or nothing


@given(raw=st.binary(max_size=60))
def test_any_vital_page_is_taken(raw: bytes) -> None:
    assert isinstance(disks.vital_serial(raw), str)


PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
canary:x:1000:1000:Nguyễn Văn Canary,Room 5,0900 000 000,:/home/NguyenVanCanary:/bin/bash
ubuntu:x:1001:1001:Ubuntu:/home/ubuntu:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
broken:x
:::::::
negative:x:-5:0::/:
"""


def test_the_names_of_people_are_found_in_every_spelling(tmp_path: Path) -> None:
    plant(tmp_path / "root", {"etc/passwd": PASSWD, "home/TranThiCanary/x": ""})
    names = identity.account_names(doors(tmp_path), "linux")
    assert set(names) == {"canary", "Nguyễn Văn Canary", "NguyễnVănCanary", "NguyenVanCanary", "TranThiCanary"}
    fence = Fence(names=folded_names(names))
    for text in ("PC của Nguyễn Văn Canary", "NGUYENVANCANARY-PC", "nguyen van canary", "disk of tranthicanary"):
        assert fence.is_personal(text)
    for text in ("Ubuntu 24.04.3 LTS", "ethernet0", "Room 5", "/boot"):
        assert not fence.is_personal(text)


@pytest.mark.parametrize(
    ("filesystem", "listed"), [("ext4", True), ("nfs4", False), ("autofs", False), ("cifs", False)]
)
def test_homes_on_a_server_are_not_touched(tmp_path: Path, filesystem: str, listed: bool) -> None:  # noqa: FBT001 - a table
    plant(
        tmp_path,
        {
            "root/home/HomeCanary/x": "",
            "root/var/lib/AccountsService/users/LoginCanary": "",
            "proc/1/mountinfo": f"1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
            f"2 1 0:9 / /home rw - {filesystem} server:/home rw\n",
        },
    )
    names = identity.account_names(doors(tmp_path), "linux")
    assert names == (["HomeCanary", "LoginCanary"] if listed else ["LoginCanary"])


def test_a_pc_without_readable_accounts_has_no_names(tmp_path: Path) -> None:
    assert identity.account_names(doors(tmp_path), "linux") == []
    assert identity.account_names(doors(tmp_path), "win32") == []


@given(text=st.text())
def test_any_passwd_is_taken(text: str) -> None:
    assert isinstance(accounts.passwd_names(text), list)
