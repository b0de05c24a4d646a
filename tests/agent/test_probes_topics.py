"""Each probe's reader on tables of cases, and its Linux fetch on trees and machines of all kinds."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.probes import PROBES, agent, clock, cpu, disk, host, interfaces, memory, uptime
from schooldrum_agent.sources import boot, mounts
from schooldrum_agent.sources.eventlog import Event
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

DATA = Path(__file__).parents[3] / "shared" / "data" / "host"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings of other projects in {DATA}")


def values(told: Iterable[Reading | Row]) -> dict[str, float]:
    """The readings by name and label values."""
    return {
        " ".join([reading.name.removeprefix("school_"), *reading.labels.values()]): reading.value
        for reading in told
        if isinstance(reading, Reading)
    }


def doors(**given_doors: Any) -> Doors:
    return Doors(**{"boottime": lambda: 1000.0, "wall": lambda: 1.8e9, **given_doors})


def plant(root: Path, tree: dict[str, str | bytes]) -> str:
    """A tree of files; a value that begins with -> is a symbolic link."""
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("->"):
            path.symlink_to(content[2:])
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(root)


# cpu


@pytest.mark.parametrize(
    ("before", "now", "share"),
    [
        (None, (25, 100), 0.25),
        ((0, 0), (25, 100), 0.25),
        ((100, 400), (200, 500), 1.0),
        ((100, 400), (100, 500), 0.0),
        ((100, 400), (99, 500), 0.0),  # the kernel took a tick back
        ((100, 400), (600, 500), 1.0),
        ((100, 400), (100, 400), None),
        ((100, 400), (50, 200), None),  # restarted counters
    ],
)
def test_cpu_usage_is_the_share_since_the_run_before(
    before: tuple[float, float] | None, now: tuple[float, float], share: float | None
) -> None:
    data = {
        "before": before and {"busy": before[0], "total": before[1]},
        "now": {"busy": now[0], "total": now[1]},
    }
    told = values(cpu.read(data))
    assert told == ({} if share is None else {"cpu_usage_ratio": share})


def test_cpu_times_leave_guests_and_waiting_out(tmp_path: Path) -> None:
    # user nice system idle iowait irq softirq steal guest guest_nice
    stat = "cpu  10 20 30 400 50 6 7 8 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1 1 1\nintr 5\ncpufreq 1\n"
    found = cpu.fetch_linux(doors(procfs=plant(tmp_path, {"stat": stat})))
    assert found["now"] == {"busy": 81, "total": 531}


def test_cpu_remembers_the_run_before(tmp_path: Path) -> None:
    here = doors(procfs=plant(tmp_path, {"stat": "cpu 1 0 0 9 0 0 0 0 0 0\ncpu0 1 0 0 9\n"}))
    assert cpu.fetch_linux(here)["before"] is None
    assert cpu.fetch_linux(here)["before"] == {"busy": 1, "total": 10}


@pytest.mark.parametrize("text", ["", "intr 1", "cpu0 1 2 3 4", "cpu 1 2"])
def test_cpu_without_its_line_is_unavailable(text: str) -> None:
    with pytest.raises(Unavailable):
        cpu.parse_stat(text)


# memory


def test_memory_of_linux(tmp_path: Path) -> None:
    text = "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 600 kB\nSwapTotal: 200 kB\nHuge\n"
    told = values(memory.read(memory.fetch_linux(doors(procfs=plant(tmp_path, {"meminfo": text})))))
    assert told == {
        "memory_size_bytes": 1024000,
        "memory_available_bytes": 614400,
    }


def test_memory_of_which_a_part_is_not_known() -> None:
    assert values(memory.read({"size": 100, "available": None})) == {"memory_size_bytes": 100}
    assert values(memory.read({"size": None, "available": 0})) == {"memory_available_bytes": 0}


# disk

MOUNTINFO = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:45 / /home rw - nfs4 server:/home rw
25 22 0:46 / /mnt/auto rw - autofs /etc/auto.misc rw
26 22 0:47 / /mnt/ntfs rw - fuseblk /dev/sdb1 rw
27 22 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
28 22 254:0 /var/lib/x /srv/bind rw - ext4 /dev/vda rw
29 22 0:60 / /merged rw - overlay overlay rw
30 22 8:1 / /data\040disk rw shared:1 master:2 - xfs /dev/sda1 rw
31 22 8:1 / /data\040disk rw - xfs /dev/sda1 rw
broken line
32 22 8:1 / - xfs
"""


def test_disk_asks_only_local_file_systems() -> None:
    found = mounts.parse(MOUNTINFO)
    assert [mount.volume for mount in found if mount.is_local] == [
        "/",
        "/srv/bind",
        "/data disk",
        "/data disk",
    ]


@pytest.mark.parametrize(
    ("path", "filesystem"),
    [
        ("/", "ext4"),
        ("/home", "nfs4"),
        ("/home/x", "nfs4"),
        ("/homes", "ext4"),
        ("/proc/1", "proc"),
        ("/srv/bind/x", "ext4"),
    ],
)
def test_the_mount_that_covers_a_path(path: str, filesystem: str) -> None:
    found = mounts.covering(mounts.parse(MOUNTINFO), path)
    assert found is not None
    assert (found.filesystem, found.cannot_hang) == (filesystem, filesystem == "ext4")
    assert mounts.covering([], path) is None


@given(text=st.text())
def test_disk_takes_any_mountinfo(text: str) -> None:
    assert isinstance(mounts.parse(text), list)


def mount(volume: str, **given_values: Any) -> dict[str, Any]:
    values = {"device": "8:1", "root": "/", "filesystem": "ext4", "source": "/dev/sda1", "size": 1000, "free": 400}
    return {
        "volume": volume,
        **values,
        "disks": [{"place": "/devices/x", "removable": "0", "card": None}],
        **given_values,
    }


USB = [{"place": "/devices/pci0000:00/usb1/1-1/host0/block/sdb", "removable": "0", "card": "0"}]
STICK = [{"place": "/devices/x", "removable": "1", "card": "0"}]
SD = [{"place": "/devices/mmc0/block/mmcblk0", "removable": "0", "card": "SD"}]
LOOP = [{"place": "/devices/virtual/block/loop7", "removable": "0", "card": None}]


@pytest.mark.parametrize(
    ("mounts", "volumes"),
    [
        ([mount("/")], ["/"]),
        ([mount("/srv/deep"), mount("/srv")], ["/srv"]),
        ([mount("/"), mount("/etc/hosts", root="/var/hosts")], ["/"]),
        ([mount("/etc/hosts", root="/var/hosts")], []),
        (
            [mount("/home", filesystem="btrfs", root="/@h", device="0:5"), mount("/", filesystem="btrfs", root="/@")],
            ["/"],
        ),
        (
            [
                mount("/a", filesystem="zfs", source="tank/a", device="0:1"),
                mount("/b", filesystem="zfs", source="tank/b", device="0:2"),
            ],
            ["/a"],
        ),
        ([mount("/", disks=USB)], ["/"]),  # a PC that lives on a USB disk
        ([mount("/mnt", disks=USB), mount("/stick", device="8:2", disks=STICK)], []),
        ([mount("/card", disks=SD), mount("/image", device="7:0", disks=LOOP)], []),
        ([mount("/", device="179:2", disks=SD)], ["/"]),
        ([mount("/boot/efi"), mount("/boot", device="8:2")], ["/boot"]),
        ([mount("/", size=None, free=None)], []),
        ([mount("/", size=0)], []),
        ([mount("/", disks=[])], ["/"]),
        ([mount("/x" * 100)], []),
        ([mount("/bad\ud800")], []),
        ([mount(f"/v{n}", device=f"8:{n}", size=n) for n in range(1, 10)], ["/v9", "/v8", "/v7", "/v6", "/v5", "/v4"]),
    ],
)
def test_disk_chooses_fixed_volumes_once(mounts: list[dict[str, Any]], volumes: list[str]) -> None:
    told = list(disk.read_linux({"volumes": mounts}))
    assert [one.values["volume"] for one in told if isinstance(one, Row)] == volumes
    assert {one.labels["volume"] for one in told if isinstance(one, Reading)} == set(volumes)


def test_disk_finds_the_disk_under_encryption_and_logical_volumes(tmp_path: Path) -> None:
    usb = "devices/pci0000:00/usb2/2-1/host4/block/sdb"
    root = plant(
        tmp_path / "sys",
        {
            "dev/block/252:1": "->../../devices/virtual/block/dm-1",
            "class/block/dm-0": "->../../devices/virtual/block/dm-0",
            "class/block/sdb1": f"->../../{usb}/sdb1",
            "devices/virtual/block/dm-1/slaves/dm-0": "->../../dm-0",
            "devices/virtual/block/dm-0/slaves/sdb1": "->../../../../" + usb.removeprefix("devices/") + "/sdb1",
            f"{usb}/removable": "1\n",
            f"{usb}/device/type": "0\n",
            f"{usb}/sdb1/partition": "1\n",
        },
    )
    line = f"30 22 252:1 / {tmp_path}/vault rw - ext4 /dev/mapper/vault rw\n"
    line += f"31 22 0:77 / {tmp_path}/sub rw - btrfs /dev/sdb1 rw\n32 22 0:78 / {tmp_path}/gone rw - ext4 /dev/.. rw\n"
    (tmp_path / "vault").mkdir()
    here = doors(sysfs=root, procfs=plant(tmp_path / "proc", {"self/mountinfo": line}))
    vault, sub, gone = disk.fetch_linux(here)["volumes"]
    assert vault["disks"] == [{"place": f"/{usb}", "removable": "1", "card": "0"}]
    assert sub["disks"] == vault["disks"]
    assert gone["disks"] == []
    assert vault["size"] > 0
    assert (gone["size"], gone["free"]) == (None, None)


def test_disk_of_a_host_is_seen_from_its_container(tmp_path: Path) -> None:
    proc = plant(tmp_path / "proc", {"1/mountinfo": "22 1 254:0 / / rw - ext4 /dev/vda rw\n"})
    here = doors(procfs=proc, rootfs=str(tmp_path), sysfs=str(tmp_path))
    (told,) = disk.fetch_linux(here)["volumes"]
    assert told["size"] == os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize


def drive(letter: str, **given_values: Any) -> dict[str, Any]:
    values = {"device": r"\Device\HarddiskVolume3", "system": letter == "C:", "filesystem": "NTFS", "label": "x"}
    return {"volume": letter, **values, "serial": "1", "size": 1000, "free": 400, "bus": 11, **given_values}


@pytest.mark.parametrize(
    ("drives", "volumes"),
    [
        ([drive("C:"), drive("D:", size=5000)], ["C:", "D:"]),
        ([drive("C:", bus=7)], ["C:"]),  # Windows on a USB disk
        ([drive("C:"), drive("E:", bus=7), drive("F:", bus=12), drive("I:", bus=9), drive("V:", bus=15)], ["C:"]),
        ([drive("C:"), drive("G:", device=r"\Device\Volume{1}", bus=None)], ["C:"]),
        ([drive("C:"), drive("S:", device=r"\??\C:\x", bus=None)], ["C:"]),
        ([drive("C:"), drive("D:", size=None, free=None)], ["C:"]),
        ([drive("C:"), drive("R:", bus=None)], ["C:", "R:"]),
    ],
)
def test_disk_chooses_fixed_drives(drives: list[dict[str, Any]], volumes: list[str]) -> None:
    told = list(disk.read_windows({"volumes": drives}))
    assert [one.values["volume"] for one in told if isinstance(one, Row)] == volumes


def test_disk_never_says_more_is_free_than_there_is() -> None:
    told = values(disk.read_windows({"volumes": [drive("C:", size=100, free=200)]}))
    assert told == {"disk_size_bytes C:": 100, "disk_free_bytes C:": 100}


# interfaces


def card(name: str = "eth0", **given_values: Any) -> dict[str, Any]:
    counters = {
        "rx_bytes": "1",
        "tx_bytes": "2",
        "rx_errors": "3",
        "tx_errors": "4",
        "rx_dropped": "5",
        "tx_dropped": "6",
    }
    found: dict[str, Any] = {
        "name": name,
        "place": "pci0000:00/0000:00:03.0",
        "type": "1",
        "ifindex": "2",
        "iflink": "2",
    }
    found |= {
        "address": "00:00:5e:00:53:01",
        "addr_assign_type": "0",
        "operstate": "up",
        "carrier": "1",
        "speed": "1000",
    }
    found |= {"duplex": "full", "devtype": None, "radio": "", "member": False, "plugged": False, "counters": counters}
    return found | given_values


@pytest.mark.parametrize(
    ("cards", "named"),
    [
        ([card()], {"ethernet0": "eth0"}),
        ([card("b", place="0:10"), card("a", place="0:9")], {"ethernet0": "a", "ethernet1": "b"}),
        (
            [card("usb", place="0:1/usb1", plugged=True), card("pci", place="0:9")],
            {"ethernet0": "pci", "ethernet1": "usb"},
        ),
        (
            [card("w", radio="0"), card("p2p-w", radio="0", ifindex="9"), card("w2", radio="1", place="pci0000:01")],
            {"wifi0": "w", "wifi1": "w2"},
        ),
        ([card("wwan0", devtype="wwan")], {"mobile0": "wwan0"}),
        ([card(), card("bnep0", devtype="bluetooth"), card("mon", type="803")], {"ethernet0": "eth0"}),
        ([card(), card("docker0", place=""), card("veth1", place="", iflink="9")], {"ethernet0": "eth0"}),
        # In a container or namespace, what carries the traffic.
        (
            [
                card("eth0", place="", iflink="9"),
                card("docker0", place=""),
                card("veth1", place="", iflink="9", member=True),
            ],
            {"ethernet0": "eth0"},
        ),
        ([card("lo", place="", type="772"), card("tun0", place="", type="65534", iflink="9")], {}),
        ([card("vlan", place="", iflink="2", ifindex="3", devtype="vlan")], {}),
        ([card(f"e{n}", place=f"0:{n}") for n in range(9)], {f"ethernet{n}": f"e{n}" for n in range(4)}),
    ],
)
def test_interfaces_that_are_hardware_in_a_stable_order(cards: list[dict[str, Any]], named: dict[str, str]) -> None:
    for order in (cards, cards[::-1]):
        told = interfaces.read_linux({"interfaces": order})
        assert {str(one.values["interface"]): one.values["name"] for one in told if isinstance(one, Row)} == named


@pytest.mark.parametrize(
    ("speed", "bits"),
    [
        ("1000", 10**9),
        ("10", 10**7),
        ("2500", 25 * 10**8),
        ("400000", 4 * 10**11),
        ("-1", None),
        ("0", None),
        ("65535", None),
        ("4294967295", None),
        (None, None),
        ("", None),
        ("fast", None),
        ("9" * 30, None),
    ],
)
def test_an_unknown_speed_is_no_speed(speed: str | None, bits: int | None) -> None:
    told = list(interfaces.read_linux({"interfaces": [card(speed=speed)]}))
    assert values(told).get("interface_speed_bytes ethernet0") == (None if bits is None else bits / 8)
    assert [one.values["speed"] for one in told if isinstance(one, Row)] == [bits]


@pytest.mark.parametrize("state", [{"carrier": None}, {"carrier": "0"}, {"operstate": "down"}])
def test_a_link_that_is_down_says_only_that(state: dict[str, Any]) -> None:
    assert values(interfaces.read_linux({"interfaces": [card(**state)]})) == {"interface_up ethernet0": 0}


def test_a_link_that_is_up_says_all() -> None:
    assert values(interfaces.read_linux({"interfaces": [card(duplex="half")]})) == {
        "interface_up ethernet0": 1,
        "interface_speed_bytes ethernet0": 125_000_000,
        "interface_half_duplex ethernet0": 1,
        "interface_receive_bytes_total ethernet0": 1,
        "interface_transmit_bytes_total ethernet0": 2,
        "interface_errors_total ethernet0": 7,
        "interface_drops_total ethernet0": 11,
    }


def test_counters_that_the_driver_does_not_keep_are_left_out() -> None:
    broken = card(counters=dict.fromkeys(card()["counters"]), duplex="unknown", speed=None)
    assert values(interfaces.read_linux({"interfaces": [broken]})) == {"interface_up ethernet0": 1}


def test_interfaces_of_a_tree(tmp_path: Path) -> None:
    pci = "devices/pci0000:00/0000:00:1c.0/0000:02:00.0"
    root = plant(
        tmp_path,
        {
            "class/net/enp2s0": f"->../../{pci}/net/enp2s0",
            "class/net/net": "->../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/net/net",
            "class/net/virbr0": "->../../devices/virtual/net/virbr0",
            "devices/virtual/net/virbr0/type": "1\n",
            f"{pci}/removable": "removable\n",
            f"{pci}/net/enp2s0/type": "1\n",
            f"{pci}/net/enp2s0/uevent": "DEVTYPE=wlan\nINTERFACE=enp2s0\n",
            f"{pci}/net/enp2s0/phy80211": "->../../ieee80211/phy7",
            f"{pci}/net/enp2s0/statistics/rx_bytes": "99\n",
            "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/net/net/type": "1\n",
        },
    )
    found = {one["name"]: one for one in interfaces.fetch_linux(doors(sysfs=root))["interfaces"]}
    assert set(found) == {"enp2s0", "net"}
    assert found["enp2s0"]["place"] == pci.removeprefix("devices/")
    assert (found["enp2s0"]["radio"], found["enp2s0"]["devtype"], found["enp2s0"]["plugged"]) == ("phy7", "wlan", True)
    assert found["enp2s0"]["counters"]["rx_bytes"] == "99"
    assert found["net"]["place"] == "pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0"
    assert found["net"]["plugged"] is True


ASK = """
import json, sys
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes.interfaces import PROBE
source = PROBE.on["linux"]
told = source.read(source.fetch(Doors(boottime=lambda: 1.0, wall=lambda: 1.0)))
print(json.dumps([[one.name, one.value, one.labels] for one in told if hasattr(one, "name")]))
"""


@pytest.mark.namespaces
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_in_a_network_namespace_the_end_of_the_pair_is_shown() -> None:
    name, far = f"sdprobe{os.getpid()}", f"sdp{os.getpid()}"
    ip = ["ip", "-n", name]

    def told() -> dict[str, float]:
        asked = ["ip", "netns", "exec", name, sys.executable, "-c", ASK]
        said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
        return values(Reading(*reading) for reading in json.loads(said))

    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces cannot be made here")
    try:
        subprocess.run([*ip, "link", "add", "eth0", "type", "veth", "peer", "name", far], check=True)
        assert told() == {"interface_up ethernet0": 0, "interface_up ethernet1": 0}
        subprocess.run([*ip, "link", "add", "br0", "type", "bridge"], check=True)
        subprocess.run([*ip, "link", "set", far, "master", "br0", "up"], check=True)
        subprocess.run([*ip, "link", "set", "eth0", "up"], check=True)
        seen = told()
        assert seen["interface_up ethernet0"] == 1
        assert seen["interface_half_duplex ethernet0"] == 0
        assert not any("ethernet1" in one for one in seen)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def adapter(**given_values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"luid": 1, "index": 1, "guid": "{}", "name": "Ethernet", "description": "", "mac": ""}
    found |= {"kind": 6, "medium": 14, "hardware": True, "filter": False, "status": 1, "speed": 10**8, "bus": "PCI"}
    found |= {"duplex": 2, "receive_bytes": 1, "receive_drops": 2, "receive_errors": 3}
    return found | {"transmit_bytes": 4, "transmit_drops": 5, "transmit_errors": 6} | given_values


@pytest.mark.parametrize(
    ("adapters", "named"),
    [
        ([adapter()], ["ethernet0"]),
        ([adapter(kind=71, medium=9), adapter(kind=243, medium=8)], ["wifi0", "mobile0"]),
        ([adapter(hardware=False), adapter(filter=True), adapter(kind=24), adapter(kind=131)], []),
        ([adapter(bus="ROOT"), adapter(bus="BTH"), adapter(bus="SWD"), adapter(medium=10)], []),
        ([adapter(bus=None), adapter(bus="VMBUS", luid=2)], ["ethernet0", "ethernet1"]),
    ],
)
def test_adapters_that_are_hardware(adapters: list[dict[str, Any]], named: list[str]) -> None:
    told = interfaces.read_windows({"interfaces": adapters})
    assert [one.values["interface"] for one in told if isinstance(one, Row)] == named


@pytest.mark.parametrize(
    ("given_values", "speed"),
    [({}, 12_500_000), ({"speed": 2**64 - 1}, None), ({"speed": 2**63 - 1}, None), ({"speed": 0}, None)],
)
def test_adapters_with_an_unknown_speed(given_values: dict[str, Any], speed: float | None) -> None:
    told = values(interfaces.read_windows({"interfaces": [adapter(**given_values)]}))
    assert told.get("interface_speed_bytes ethernet0") == speed


# uptime

DAY = 86400.0


@pytest.mark.parametrize(
    ("data", "power_on"),
    [
        ({"boot_age": 5 * DAY, "resume_age": None, "slept": 0.0}, 5 * DAY),
        ({"boot_age": 5 * DAY, "resume_age": None, "slept": 3600.0}, None),
        ({"boot_age": 5 * DAY, "resume_age": None, "slept": None}, None),
        ({"boot_age": 5 * DAY, "resume_age": 60.0, "slept": 3600.0}, 60.0),
        ({"boot_age": 50.0, "resume_age": 60.0, "slept": 0.0}, 50.0),
    ],
)
def test_power_on_of_linux(data: dict[str, Any], power_on: float | None) -> None:
    assert values(uptime.read_linux(data)).get("power_on_timestamp_seconds") == power_on
    assert values(uptime.read_linux(data))["boot_timestamp_seconds"] == data["boot_age"]


@pytest.mark.parametrize(
    ("start", "resume_age", "power_on"),
    [
        (None, None, None),
        ({"kind": 0, "age": 10 * 365 * DAY}, None, 5 * DAY),  # a full start needs no clock
        ({"kind": 1, "age": 3600.0}, None, 3600.0),
        ({"kind": 2, "age": 3600.0}, None, 3600.0),
        ({"kind": 1, "age": -60.0}, None, 0.0),
        ({"kind": 1, "age": -3600.0}, None, None),  # the clock was set back since
        ({"kind": 1, "age": 6 * DAY}, None, None),  # or forward
        ({"kind": 1, "age": 3600.0}, 30.0, 30.0),
    ],
)
def test_power_on_of_windows(start: dict[str, Any] | None, resume_age: float | None, power_on: float | None) -> None:
    data = {"boot_age": 5 * DAY, "resume_age": resume_age, "power_on": start}
    assert values(uptime.read_windows(data)).get("power_on_timestamp_seconds") == power_on


@pytest.mark.parametrize(
    ("time_text", "data", "found"),
    [
        ("2027-01-15T08:00:00.0000000Z", {"BootType": "1"}, {"kind": 1, "age": 0.0}),
        ("2027-01-15T07:00:00Z", {"BootType": "0x2"}, {"kind": 2, "age": 3600.0}),
        ("2027-01-15T07:00:00Z", {}, None),
        ("2027-01-15T07:00:00Z", {"BootType": "cold"}, None),
        ("yesterday it was", {"BootType": "0"}, None),
    ],
)
def test_a_start_in_the_event_log(time_text: str, data: dict[str, str], found: dict[str, Any] | None) -> None:
    assert uptime._power_on(Event(time=time_text, data=data), 1_800_000_000.0) == found


# clock, agent


def test_clock_and_agent_say_what_the_agent_knows() -> None:
    said = {"clock_steps": 2.0, "start_age": 5.0, "spool_results": 0.0, "spool_dropped": 1.0, "set_aside": 0.0}
    here = doors(said=lambda: said)
    assert values(clock.read(clock.fetch(here))) == {"clock_steps_total": 2}
    told = values(agent.read(agent.fetch_linux(here)))
    assert told.pop("agent_cpu_seconds_total") > 0
    assert 5 << 20 < told.pop("agent_resident_memory_bytes") < 2 << 30
    assert told == {
        "agent_start_timestamp_seconds": 5,
        "agent_spool_results": 0,
        "agent_spool_dropped_results_total": 1,
        "agent_set_aside_reports_total": 0,
    }


def test_an_agent_that_runs_once_says_only_its_weight() -> None:
    assert values(clock.read(clock.fetch(doors()))) == {}
    assert len(values(agent.read(agent.fetch_linux(doors())))) == 2


# host


@needs_data
@pytest.mark.parametrize(
    ("sample", "release"),
    [
        ("os-release_debian12", "Debian GNU/Linux 12 (bookworm)"),
        ("os-release_ubuntu22.04", "Ubuntu 22.04"),
        ("os-release_mint21.3", "Linux Mint 21.3"),
    ],
)
def test_host_of_recorded_systems(sample: str, release: str, tmp_path: Path) -> None:
    root = plant(tmp_path, {"usr/lib/os-release": (DATA / "linux" / sample).read_bytes()})
    (row,) = host.read_linux(host.fetch_linux(doors(rootfs=root)))
    assert str(row.values["release"]).startswith(release)


@needs_data
def test_host_of_a_recorded_windows() -> None:
    text = (DATA / "windows" / "reg_CurrentVersion_win10-21H2.txt").read_text("utf-8")
    version: dict[str, Any] = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    version = {key.strip(): value.strip() for key, value in version.items()}
    assert host.windows_name(version) == "Windows 10 Pro"
    assert host.windows_build(version) == "10.0.19044.2364"


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (
            {"ProductName": "Windows 10 Pro", "CurrentBuildNumber": "26100", "InstallationType": "Client"},
            "Windows 11 Pro",
        ),
        (
            {"ProductName": "Windows 10 Pro", "CurrentBuildNumber": "19045", "InstallationType": "Client"},
            "Windows 10 Pro",
        ),
        (
            {"ProductName": "Windows Server 2025", "CurrentBuildNumber": "26100", "InstallationType": "Server"},
            "Windows Server 2025",
        ),
        ({"ProductName": "Windows 8.1 Pro", "CSDVersion": ""}, "Windows 8.1 Pro"),
        ({"ProductName": "Windows 10 Home", "DisplayVersion": "22H2", "ReleaseId": "2009"}, "Windows 10 Home 22H2"),
        ({"ProductName": "Windows 10 Home", "ReleaseId": "1909"}, "Windows 10 Home 1909"),
        ({}, "Windows"),
    ],
)
def test_the_name_of_a_windows(version: dict[str, Any], name: str) -> None:
    assert host.windows_name(version) == name


@given(
    text=st.text(), version=st.dictionaries(st.sampled_from(["ProductName", "UBR", "CurrentBuildNumber"]), st.text())
)
def test_host_takes_any_text(text: str, version: dict[str, str]) -> None:
    base = {"kernel": text, "architecture": text, "host_name": text, "agent": "0.1.0"}
    assert list(host.read_linux({**base, "os_release": text}))
    assert list(host.read_windows({**base, "version": version}))


# all

ALWAYS = {"agent", "clock", "cpu", "disk", "host", "interfaces", "memory", "system", "uptime"}
"""What every machine has; printers, batteries and their kin it may lack."""


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_probe_works_on_this_very_machine(probe: Any) -> None:
    here = Doors(boottime=boot.boottime, wall=time.time, said=lambda: {"clock_steps": 0.0})
    try:
        data = probe.on["linux"].fetch(here)
    except (Denied, Unavailable):
        assert probe.name not in ALWAYS
        return
    assert json.loads(json.dumps(data)) == data  # plain, as a child process would hand it on
    assert list(probe.on["linux"].read(data)) or probe.name not in ALWAYS


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_probe_finds_nothing_in_an_empty_machine(probe: Any, tmp_path: Path) -> None:
    here = Doors(
        boottime=boot.boottime, wall=time.time, procfs=str(tmp_path), sysfs=str(tmp_path), rootfs=str(tmp_path)
    )
    try:
        data = probe.on["linux"].fetch(here)
    except Unavailable:
        return
    list(probe.on["linux"].read(data))
