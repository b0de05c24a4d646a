"""What the agent says of this very machine, beside what the machine's own tools say: two ways that share no code."""

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.programs import Agent

_PLACES = "/usr/sbin:/usr/bin:/sbin:/bin"
_FIRMWARE = Path("/sys/firmware/dmi/tables/DMI")
_PEOPLE = range(1000, 60000)
_NO_DISKS = ("zram", "loop", "ram", "fd", "sr", "md", "dm-", "nbd")


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict[str, Any]:
    """What this machine would report now: every probe has run for real."""
    answer: dict[str, Any] = json.loads(Agent(tmp_path_factory.mktemp("agent")).call("once", "--json"))
    return answer


@pytest.fixture(scope="module")
def readings(said) -> dict[str, list[tuple[float, dict[str, str]]]]:
    found: dict[str, list[tuple[float, dict[str, str]]]] = {}
    for result in said["results"]:
        for name, value, *labels in result.get("readings", []):
            found.setdefault(name, []).append((value, labels[0] if labels else {}))
    return found


@functools.cache
def asked(*words: str, package: str = "") -> str:
    """What a tool prints, in plain English; the test is skipped where there is no such tool, and fails in CI."""
    path = shutil.which(words[0], path=_PLACES)
    if path is None:
        sentence = f"{words[0]} not found: sudo apt install {package or words[0]}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have it: {sentence}", pytrace=False)
        pytest.skip(sentence)
    environment = {"PATH": _PLACES, "LC_ALL": "C", "HOME": "/"}
    ended = subprocess.run([path, *words[1:]], env=environment, capture_output=True, text=True, timeout=120, check=True)
    return ended.stdout


def needs(path: Path, what: str) -> None:
    if not path.exists():
        pytest.skip(f"{path} is not here: {what}")


def row(said: dict[str, Any], section: str) -> dict[str, Any]:
    (only,) = said["sections"][section]
    found: dict[str, Any] = only
    return found


def agree(seen: dict[str, Any], tools: dict[str, Any]) -> None:
    """Both say the same; where either does not know a value it is not compared, and it is printed."""
    both = {name for name in tools if tools[name] is not None and seen.get(name) is not None}
    print("compared:", ", ".join(sorted(both)), "| one of both says nothing:", ", ".join(sorted(tools.keys() - both)))
    assert {name: seen[name] for name in both} == {name: tools[name] for name in both}


def test_every_probe_ends_well_or_says_why_not(said):
    outcomes = {result["probe"]: (result["outcome"], result.get("reason", "")) for result in said["results"]}
    assert {name for name, (outcome, _) in outcomes.items() if outcome not in {"ok", "unavailable", "denied"}} == set()
    assert all(reason for outcome, reason in outcomes.values() if outcome != "ok")


def test_memory(readings):
    lines = asked("free", "-b", package="procps").splitlines()
    total, available = int(lines[1].split()[1]), int(lines[1].split()[6])
    [(size, _)] = readings["school_memory_size_bytes"]
    [(left, _)] = readings["school_memory_available_bytes"]
    assert size == total
    assert left == pytest.approx(available, rel=0.2)


def test_processor(said):
    def flat(entries: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
        for entry in entries:
            yield entry["field"].rstrip(":"), entry["data"]
            yield from flat(entry.get("children", []))

    told = dict(flat(json.loads(asked("lscpu", "--json", package="util-linux"))["lscpu"]))
    tools = {
        "processor": " ".join(told["Model name"].split()),
        "threads": int(asked("nproc", "--all", package="coreutils")),
        "sockets": int(told["Socket(s)"]) if told.get("Socket(s)", "-").isdecimal() else None,
        "cores": int(told["Core(s) per socket"]) * int(told["Socket(s)"])
        if told.get("Core(s) per socket", "-").isdecimal()
        else None,
        "virtual": True if "Hypervisor vendor" in told else None,
    }
    agree(row(said, "system"), tools)
    assert f"{tools['threads']}" in asked("grep", "-c", "^processor", "/proc/cpuinfo")


def test_lshw_sees_the_same_machine(said):
    top = json.loads(asked("lshw", "-json", "-quiet"))
    top = top[0] if isinstance(top, list) else top

    def below(node: dict[str, Any]) -> Iterable[dict[str, Any]]:
        yield node
        for child in node.get("children", []):
            yield from below(child)

    nodes = list(below(top))
    processors = [node for node in nodes if node.get("class") == "processor" and not node.get("disabled")]
    banks = [node for node in nodes if re.fullmatch(r"bank:?\d*", node["id"]) and node.get("size")]
    agree(
        row(said, "system"),
        {
            "maker": top.get("vendor"),
            "serial": None,
            "processor": next((" ".join(one["product"].split()) for one in processors if one.get("product")), None),
            "sockets": len(processors) or None,
            "memory": sum(bank["size"] for bank in banks) or None,
        },
    )


def test_dmidecode_reads_the_same_firmware_table(said):
    needs(_FIRMWARE, "this machine's firmware shows no table (some virtual machines, most ARM boards)")
    words = {
        "maker": "system-manufacturer",
        "model": "system-product-name",
        "firmware_version": "bios-version",
        "board_maker": "baseboard-manufacturer",
    }
    tools = {name: asked("dmidecode", "--string", word).strip().splitlines()[-1:] for name, word in words.items()}
    system = row(said, "system")
    assert {name: system[name] for name in words if system.get(name)} == {
        name: value[0] for name, value in tools.items() if value and system.get(name)
    }
    populated = re.findall(r"^\tSize: \d+", asked("dmidecode", "--type", "17"), re.MULTILINE)
    assert len(said["sections"].get("memory_modules", [])) == len(populated)


def test_disks(said):
    listed = json.loads(asked("lsblk", "--json", "--bytes", "--nodeps", "--output", "NAME,TYPE,SIZE,RM,MODEL,TRAN"))
    disks = {
        one["name"]: int(one["size"])
        for one in listed["blockdevices"]
        if one["type"] == "disk"
        and int(one["size"] or 0)
        and not one["rm"]
        and one["tran"] != "usb"
        and not one["name"].startswith(_NO_DISKS)
    }
    assert {one["disk"]: one["size"] for one in said["sections"]["disks"]} == disks


def test_volumes(said, readings):
    free = {labels["volume"]: value for value, labels in readings["school_disk_free_bytes"]}
    for volume in said["sections"]["volumes"]:
        _, size, available, kind = (
            asked("df", "-B1", "--output=target,size,avail,fstype", volume["volume"], package="coreutils")
            .splitlines()[1]
            .rsplit(maxsplit=3)
        )
        assert (volume["size"], volume["filesystem"]) == (int(size), kind)
        assert free[volume["volume"]] == pytest.approx(int(available), rel=0.25)


def test_interfaces(said, readings):
    real = {
        link["ifname"]: link
        for link in json.loads(asked("ip", "-json", "-statistics", "link", package="iproute2"))
        if Path("/sys/class/net", link["ifname"], "device").exists()
    }
    shown = said["sections"]["interfaces"]
    assert len(shown) == len(real)
    assert len([value for value, _ in readings["school_interface_up"] if value]) == sum(
        link["operstate"] == "UP" for link in real.values()
    )
    # Nothing is lost on the way from a counter to a reading: what came in by then is at most what came in by now.
    received = sum(value for value, _ in readings["school_interface_receive_bytes_total"])
    now = sum(link["stats64"]["rx"]["bytes"] for link in real.values())
    assert 0.5 * now <= received <= now


def test_the_time_since_the_start(readings):
    [(seconds, _)] = readings["school_boot_timestamp_seconds"]
    up = float(Path("/proc/uptime").read_text("ascii").split()[0])
    assert up - 300 < seconds <= up + 1


def test_system(said):
    host = row(said, "host")
    assert (host["kernel"], host["architecture"]) == tuple(asked("uname", "-rm", package="coreutils").split())
    system = row(said, "operating_system")
    fields = asked("sh", "-c", '. /etc/os-release; echo "$ID|$VERSION_ID|$VERSION_CODENAME"').strip().split("|")
    agree(system, dict(zip(("product", "release", "codename"), (field or None for field in fields), strict=True)))


def test_installed_packages(said):
    asked("apt-get", "--version", package="apt")
    lines = asked(
        "dpkg-query", "--show", "--showformat", r"${db:Status-Abbrev}\t${Package}\t${Version}\n", package="dpkg"
    )
    tools = {tuple(line.split("\t")[1:]) for line in lines.splitlines() if line.startswith(("ii", "hi"))}
    rows = [one for one in said["sections"]["software"] if one["source"] == "dpkg"]
    assert {(one["program"], one["version"]) for one in rows} == tools


def test_waiting_updates(said, readings):
    lines = [
        line for line in asked("apt-get", "-s", "dist-upgrade", package="apt").splitlines() if line.startswith("Inst ")
    ]
    upgrades = {line.split()[1]: line for line in lines if re.match(r"Inst \S+ \[", line)}
    fixes = {name for name, line in upgrades.items() if re.search(r"-security\b|Debian-Security", line)}
    rows = {one["update"]: one for one in said["sections"].get("updates", [])}
    listed = asked("apt", "list", "--upgradable", package="apt").splitlines()[1:]
    assert rows.keys() >= upgrades.keys()
    assert rows.keys() >= {line.partition("/")[0] for line in listed if "/" in line}
    security = {name for name, one in rows.items() if one["kind"] == "security"}
    assert fixes <= security
    [(pending, _)] = readings["school_security_updates_pending"]
    assert pending == len(security)
    assert {name: rows[name]["available"] for name in upgrades} == {
        name: re.findall(r"\((\S+)", line)[0] for name, line in upgrades.items()
    }


def test_automatic_updates(said):
    told = dict(re.findall(r'^APT::Periodic::(\S+) "(.*)";$', asked("apt-config", "dump", package="apt"), re.MULTILINE))
    asked_for = told.get("Unattended-Upgrade", "0") not in {"", "0"}
    installed = Path("/usr/bin/unattended-upgrade").exists()
    mode = row(said, "automatic_updates")["mode"]
    assert (mode == "automatic") == (asked_for and installed and told.get("Update-Package-Lists", "0") not in {"", "0"})


def test_accounts(said):
    people = [
        line.split(":")
        for line in asked("getent", "passwd", package="libc-bin").splitlines()
        if int(line.split(":")[2]) in _PEOPLE and not line.endswith(("/nologin", "/false"))
    ]
    groups = [line.split(":") for line in asked("getent", "group", package="libc-bin").splitlines()]
    members = {
        name for group in groups if group[0] in {"sudo", "wheel", "admin"} for name in group[3].split(",") if name
    }
    seen = row(said, "accounts")
    assert seen["accounts"] == len(people)
    members |= {person[0] for person in people if shutil.which("sudo", path=_PLACES) and by_sudo(person[0])}
    assert seen["administrators"] == len(members & {person[0] for person in people})


def by_sudo(name: str) -> bool:
    """Whether sudo itself says of this account that it may do everything (asked as root)."""
    return bool(re.search(r"^\s+\((?:ALL|root)\b.*\bALL$", asked("sudo", "-l", "-U", name), re.MULTILINE))


def test_encryption(said):
    tree = json.loads(asked("lsblk", "--json", "--output", "NAME,TYPE,MOUNTPOINT", package="util-linux"))

    def encrypted(nodes: Iterable[dict[str, Any]], *, above: bool = False) -> bool | None:
        for node in nodes:
            here = above or node["type"] == "crypt"
            if node.get("mountpoint") == "/":
                return here
            if (found := encrypted(node.get("children", []), above=here)) is not None:
                return found
        return None

    told = encrypted(tree["blockdevices"])
    if told is None:
        pytest.skip("the root does not lie on a disk that lsblk sees: a container's")
    rows = {one["volume"]: one for one in said["sections"]["encryption"]}
    assert (rows["/"]["state"] == "encrypted") == told


def test_secure_boot(said):
    firmware = "uefi" if Path("/sys/firmware/efi").exists() else "bios"
    assert row(said, "secure_boot")["firmware"] == firmware
