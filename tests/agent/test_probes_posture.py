"""The readers of a PC's safety on tables of cases, and their Linux fetch on trees of files."""

import json
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Doors, Unavailable
from schooldrum_agent.probes import (
    accounts,
    antivirus,
    encryption,
    firewall,
    remote_desktop,
    screen_lock,
    secure_boot,
    sharing,
)
from schooldrum_agent.sources import membership, sudoers, units
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

WALL = 1.8e9
TOPICS = (accounts, antivirus, encryption, firewall, remote_desktop, screen_lock, secure_boot, sharing)
MACHINE = "S-1-5-21-1-2-3"


def rows(told: Iterable[Reading | Row]) -> list[dict[str, Any]]:
    return [dict(one.values) for one in told if isinstance(one, Row)]


def one(told: Iterable[Reading | Row]) -> dict[str, Any]:
    (row,) = rows(told)
    return row


def doors(root: Path | None = None, **given_doors: Any) -> Doors:
    here = {"rootfs": str(root), "sysfs": f"{root}/sys", "procfs": f"{root}/proc"} if root else {}
    return Doors(**{"boottime": lambda: 1000.0, "wall": lambda: WALL, **here, **given_doors})


def plant(root: Path, tree: dict[str, str | bytes]) -> Path:
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


# antivirus


def center(state: int | None, *, there: bool | None = True, **more: Any) -> dict[str, Any]:
    product = {"product": "A", "state": state, "there": there}
    return {"products": [product], "defender": None, "signatures": None, "wall": WALL, **more}


@pytest.mark.parametrize(
    ("state", "defender", "word"),
    [
        (0x061100, None, "on"),
        (0x061100, {"RealTimeProtectionEnabled": True}, "on"),
        (0x061100, {"RealTimeProtectionEnabled": False}, "off"),
        (0x061100, {"RealTimeProtectionEnabled": False, "AMRunningMode": "Passive Mode"}, "on"),
        (0x041000, {"RealTimeProtectionEnabled": False}, "on"),  # another maker's: Defender says nothing of it
        (0x062100, {}, "snoozed"),
        (0x06F100, {}, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_a_product_is_at_work_when_center_and_defender_say_so(state, defender, word) -> None:
    assert one(antivirus.read_windows(center(state, defender=defender)))["state"] == word


def test_defender_without_a_center_tells_for_itself() -> None:
    told = {"AntivirusEnabled": True, "RealTimeProtectionEnabled": True, "DefenderSignaturesOutOfDate": True}
    row = one(antivirus.read_windows(center(0, products=None, defender=told)))
    assert (row["state"], row["signatures"], row["maker"]) == ("on", "out_of_date", "microsoft")
    row = one(antivirus.read_windows(center(0, products=None, defender={"AntivirusEnabled": False})))
    assert (row["state"], row["signatures"], row["alone"]) == ("off", "unknown", True)


@pytest.mark.parametrize(
    ("enabled", "real_time", "word"),
    [
        (True, True, "on"),
        (True, False, "off"),
        (False, None, "off"),
        (None, False, "off"),
        (True, None, "unknown"),
        (None, True, "unknown"),
        (None, None, "unknown"),
        ("", "", "unknown"),
    ],
)
def test_what_defender_leaves_empty_is_not_known(enabled, real_time, word) -> None:
    told = {"AntivirusEnabled": enabled, "RealTimeProtectionEnabled": real_time}
    assert one(antivirus.read_windows(center(0, products=None, defender=told)))["state"] == word
    assert one(antivirus.read_windows(center(0, products=None, defender={})))["state"] == "unknown"


def test_no_product_at_all_is_an_answer() -> None:
    assert rows(antivirus.read_windows(center(0, products=[]))) == []


@pytest.mark.parametrize(
    ("age", "days"), [(0, 0), ("3", 3), (65535, None), (4294967295, None), (-1, None), (None, None)]
)
def test_an_age_that_says_never_is_no_age(age, days) -> None:
    assert antivirus.days(age) == days


def test_signatures_are_dated_by_the_registry_where_defender_is_silent() -> None:
    applied = struct.pack("<Q", int((WALL - 5.5 * 86400 + 11644473600) * 10_000_000)).hex()
    registered = {"version": "1.2.3.4", "applied": applied}
    row = one(antivirus.read_windows(center(0x061100, signatures=registered)))
    assert (row["signature_version"], row["signature_age"]) == ("1.2.3.4", 5)


@pytest.mark.parametrize("code", [None, "", "00", "zz" * 8, "00" * 8, "ff" * 8, 5, "00" * 9])
def test_a_broken_filetime_is_no_age(code) -> None:
    assert antivirus.age_of_filetime(code, WALL) is None


def header(made: int = int(WALL) - 3 * 86400, version: str = "27480") -> str:
    return f"ClamAV-VDB:07 Nov 2024 09-21 +0000:{version}:2067816:90:{'a' * 32}:sig:raynman:{made}" + " " * 100


@pytest.mark.parametrize(
    ("clamav", "row"),
    [
        ({"running": True, "header": header()}, ("on", "unknown", "27480", 3)),
        ({"running": False, "header": header()}, ("off", "unknown", "27480", 3)),
        ({"running": None, "header": ""}, ("unknown", "out_of_date", None, None)),
        ({"running": True, "header": None}, ("on", "unknown", None, None)),
        ({"running": True, "header": "ClamAV-VDB:short"}, ("on", "out_of_date", None, None)),
        ({"running": True, "header": header(made=int(WALL) + 10 * 86400)}, ("on", "unknown", "27480", None)),
    ],
)
def test_clamav(clamav, row) -> None:
    told = one(antivirus.read_linux({"clamav": clamav, "mdatp": None, "wall": WALL}))
    assert (told["state"], told["signatures"], told["signature_version"], told["signature_age"]) == row


def test_clamav_in_a_tree(tmp_path: Path) -> None:
    assert antivirus.fetch_linux(doors(tmp_path))["clamav"] is None
    plant(tmp_path, {"usr/bin/clamscan": "", "var/lib/clamav/daily.cvd": header()})
    told = antivirus.fetch_linux(doors(tmp_path))["clamav"]
    assert told["running"] is None
    assert antivirus.parse_header(told["header"])[0] == "27480"


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"definitionsUpdated": {"value": [1]}}', "9" * 5000])
def test_a_strange_answer_of_mdatp_is_unknown(text) -> None:
    row = one(antivirus.read_linux({"clamav": None, "mdatp": text, "wall": WALL}))
    assert row["state"] == "unknown"


# firewall


def windows_firewall(**given_data: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {name: {} for name in ("domain", "private", "public")}
    return {"effective": None, "policy": nothing, "local": nothing, "running": True, "products": [], **given_data}


def effective(current: int, *off: str) -> dict[str, Any]:
    names = ("domain", "private", "public")
    return {
        "current": current,
        "profiles": {name: {"enabled": name not in off, "inbound": 0, "block": False} for name in names},
    }


def test_what_is_in_force_beats_the_registry() -> None:
    data = windows_firewall(effective=effective(4, "private"), local={"public": {"EnableFirewall": 0}}, policy={})
    told = {row["profile"]: (row["enabled"], row["active"]) for row in rows(firewall.read_windows(data))}
    assert told == {"domain": (True, False), "private": (False, False), "public": (True, True)}


@pytest.mark.parametrize(
    ("policy", "local", "running", "row"),
    [
        ({}, {"EnableFirewall": 1}, True, (True, "block", "local")),
        ({"EnableFirewall": 0}, {"EnableFirewall": 1}, True, (False, "block", "policy")),
        ({"EnableFirewall": 1}, {"EnableFirewall": 0, "DefaultInboundAction": 0}, True, (True, "allow", "policy")),
        (
            {"EnableFirewall": 1, "DefaultInboundAction": 1},
            {"DefaultInboundAction": 0},
            True,
            (True, "block", "policy"),
        ),
        ({"EnableFirewall": 1}, {}, None, (None, "block", "policy")),
        ({}, {"EnableFirewall": 1}, None, (None, "block", "local")),
        ({}, {"EnableFirewall": 0}, None, (False, "block", "local")),
        ({}, {}, True, (None, None, "local")),
        ({}, {"EnableFirewall": 1}, False, (False, None, "local")),
        ({}, {"EnableFirewall": "1"}, True, (None, None, "local")),
    ],
)
def test_a_policy_beats_what_was_set_on_the_pc(policy, local, running, row) -> None:
    data = windows_firewall(policy={"domain": policy}, local={"domain": local}, running=running)
    told = next(one for one in rows(firewall.read_windows(data)) if one["profile"] == "domain")
    assert (told.get("enabled"), told.get("inbound"), told["source"]) == row


def test_an_open_profile_is_said_to_be_open() -> None:
    open_one = effective(4)
    open_one["profiles"]["public"]["inbound"] = 1
    open_one["profiles"]["private"] |= {"inbound": 1, "block": True}
    told = {row["profile"]: row["inbound"] for row in rows(firewall.read_windows(windows_firewall(effective=open_one)))}
    assert told == {"domain": "block", "private": "block", "public": "allow"}


def test_what_the_firewalls_object_leaves_empty_is_not_known() -> None:
    empty = {"enabled": None, "inbound": None, "block": None}
    untold = {"current": None, "profiles": dict.fromkeys(("domain", "private", "public"), empty)}
    for told in rows(firewall.read_windows(windows_firewall(effective=untold))):
        assert (told.get("enabled"), told.get("inbound"), told.get("active")) == (None, None, None)
    # The registry still tells what is set, and a network that is in use stays in use.
    half = effective(4)
    half["profiles"]["public"] = empty
    data = windows_firewall(effective=half, local={"public": {"EnableFirewall": 0}}, running=None)
    told = next(row for row in rows(firewall.read_windows(data)) if row["profile"] == "public")
    assert (told["enabled"], told["active"], told["source"]) == (False, True, "local")


@pytest.mark.parametrize(
    ("inbound", "block", "word"),
    [
        (0, None, "block"),
        (1, None, None),
        (1, False, "allow"),
        (1, True, "block"),
        (None, False, None),
        (None, True, "block"),
        (7, False, None),
    ],
)
def test_what_a_profile_lets_in_is_told_only_where_it_is_known(inbound, block, word) -> None:
    data = effective(4)
    data["profiles"]["public"] = {"enabled": True, "inbound": inbound, "block": block}
    told = rows(firewall.read_windows(windows_firewall(effective=data)))[2]
    assert (told["profile"], told["enabled"], told.get("inbound")) == ("public", True, word)


def test_where_its_service_does_not_run_the_firewall_is_off_whatever_is_set() -> None:
    data = windows_firewall(effective=effective(4), local={"public": {"EnableFirewall": 1}}, running=False)
    told = {row["profile"]: (row["enabled"], row["active"]) for row in rows(firewall.read_windows(data))}
    assert told == {"domain": (False, False), "private": (False, False), "public": (False, True)}


def test_where_the_security_center_does_not_answer_another_makers_firewall_is_not_known() -> None:
    told = rows(firewall.read_windows(windows_firewall(products=None)))[-1]
    assert (told["profile"], told.get("product"), told.get("enabled")) == ("product", None, None)


@pytest.mark.parametrize(
    ("state", "enabled"),
    [(0x041000, True), (0x040000, False), (0x042000, False), (0x04F000, None), (None, None)],
)
def test_another_makers_firewall(state, enabled) -> None:
    told = rows(firewall.read_windows(windows_firewall(products=[{"product": " Shield  X ", "state": state}])))[-1]
    assert (told["profile"], told["product"], told["enabled"]) == ("product", "Shield X", enabled)


def linux_firewall(**given_data: Any) -> list[tuple[Any, Any, Any]]:
    data = {"ufw": None, "inbound": None, "units": None, "ruleset": None, "possible": None, **given_data}
    return [(row["profile"], row["enabled"], row.get("inbound")) for row in rows(firewall.read_linux(data))]


NO_UNITS: dict[str, bool | None] = dict.fromkeys(("ufw", "firewalld", "nftables", "iptables"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"ufw": True, "inbound": "DROP"}, [("ufw", True, "block")]),
        ({"ufw": True, "inbound": "ACCEPT"}, [("ufw", True, "allow")]),
        ({"ufw": False, "units": NO_UNITS}, [("ufw", False, None)]),
        ({"units": {**NO_UNITS, "firewalld": True}}, [("firewalld", True, "block")]),
        ({"units": {**NO_UNITS, "nftables": True}}, [("nftables", None, None)]),
        ({"units": {**NO_UNITS, "nftables": True}, "ruleset": False}, [("nftables", False, None)]),
        ({"units": NO_UNITS, "ruleset": True}, [("nftables", True, "block")]),
        ({"units": NO_UNITS, "possible": False}, [("none", False, None)]),
        ({"units": NO_UNITS, "possible": True}, [("none", None, None)]),
        ({}, [("none", None, None)]),
    ],
)
def test_firewalls_of_linux(data, told) -> None:
    assert linux_firewall(**data) == told


def chain(policy: str = "accept", *, hook: str = "input") -> dict[str, Any]:
    return {"chain": {"family": "inet", "table": "f", "name": "c", "type": "filter", "hook": hook, "policy": policy}}


def rule(*expression: Any) -> dict[str, Any]:
    return {"rule": {"family": "inet", "table": "f", "chain": "c", "expr": list(expression)}}


@pytest.mark.parametrize(
    ("items", "closed"),
    [
        ([], False),
        ([chain("drop")], True),
        ([chain("drop", hook="output")], False),
        ([chain(), rule({"drop": None})], True),
        ([chain(), rule({"counter": {}}, {"reject": {"type": "tcp reset"}})], True),
        ([chain(), rule({"drop": None}), rule({"accept": None})], False),
        ([chain(), rule({"match": {}}, {"drop": None})], False),
    ],
)
def test_rules_that_keep_out_what_none_names(items, closed) -> None:
    assert firewall.keeps_out(json.dumps({"nftables": items})) is closed


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nftables": 5}', "Operation not permitted", "[" * 5000])
def test_what_is_no_ruleset_is_not_known(text) -> None:
    assert firewall.keeps_out(text) is None


def test_ufw_of_a_tree(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "etc/ufw/ufw.conf": "# ENABLED=no\nENABLED=no\nLOGLEVEL=low\nENABLED=yes # on\n",
            "etc/default/ufw": 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n',
            "proc/modules": "nf_tables 1 2 - Live\n",
            f"lib/modules/{os.uname().release}/modules.builtin": "kernel/net/a.ko\n",
        },
    )
    told = firewall.fetch_linux(doors(tmp_path))
    assert told == {"ufw": True, "inbound": "DROP", "units": None, "ruleset": None, "possible": True}
    (tmp_path / "proc/modules").write_text("snd 1 2 - Live\n")
    assert firewall.fetch_linux(doors(tmp_path))["possible"] is False


# encryption


def volume(**said: Any) -> dict[str, Any]:
    return {"DriveLetter": "C:", "VolumeType": 0, **{key.replace("__", "."): value for key, value in said.items()}}


@pytest.mark.parametrize(
    ("said", "state", "protection"),
    [
        ({"ConversionStatus": 1, "ProtectionStatus": 1}, "encrypted", "on"),
        ({"ConversionStatus": 1, "ProtectionStatus": 0}, "encrypted", "suspended"),
        ({"ConversionStatus": 0, "ProtectionStatus": 1}, "decrypted", "off"),  # seen on build 26100
        ({"ConversionStatus": 2, "ProtectionStatus": 0}, "encrypting", "off"),
        ({"ConversionStatus": 4, "ProtectionStatus": 1}, "paused", "on"),
        ({"ProtectionStatus": 2}, "unknown", "locked"),
        ({"ConversionStatus": 1, "ProtectionStatus": 1, "GetLockStatus__LockStatus": 1}, "encrypted", "locked"),
        ({}, "unknown", None),
        ({"ConversionStatus": 9}, "unknown", None),
        (
            {
                "ConversionStatus": 1,
                "ProtectionStatus": 1,
                "GetConversionStatus__ConversionStatus": 0,
                "GetProtectionStatus__ProtectionStatus": 0,
            },
            "decrypted",
            "off",
        ),
    ],
)
def test_bitlocker(said, state, protection) -> None:
    told = encryption.bitlocker(volume(**said))
    assert (told["state"], told["protection"]) == (state, protection)


def test_only_built_in_volumes_with_a_letter_are_rows() -> None:
    volumes = [
        volume(),
        volume(DriveLetter="E:", VolumeType=2),
        volume(DriveLetter=None),
        volume(DriveLetter="D:", VolumeType=1),
    ]
    told = rows(encryption.read_windows({"volumes": volumes, "shell": None}))
    assert [(row["volume"], row["role"]) for row in told] == [("C:", "system"), ("D:", "data")]


def test_what_the_shell_says_of_volumes() -> None:
    told = rows(encryption.read_windows({"volumes": None, "shell": {"C:": 5, "D:": 2, "E:": 99}}))
    assert [(row["state"], row["protection"]) for row in told] == [
        ("encrypted", "suspended"),
        ("decrypted", "off"),
        ("unknown", None),
    ]


def disk(*children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "x", "type": "disk", "children": list(children), **more}


def listing(*devices: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    told = rows(encryption.read_linux(encryption.tree(json.dumps({"blockdevices": devices}))))
    return {row["volume"]: (row["state"], row.get("method")) for row in told}


def test_lvm_inside_luks_is_encrypted_and_a_plain_home_beside_it_is_not() -> None:
    root = {"type": "lvm", "mountpoint": "/"}
    luks = {"type": "part", "fstype": "crypto_LUKS", "fsver": "1", "children": [{"type": "crypt", "children": [root]}]}
    home = {"type": "part", "mountpoints": [None, "/home"]}
    boot = {"type": "part", "mountpoint": "/boot"}
    mine = {"type": "part", "mountpoint": "/media/NguyenVanCanary/USB"}
    assert listing(disk(luks, home, boot), disk(mine)) == {
        "/": ("encrypted", "luks1"),
        "/home": ("decrypted", None),
        "/boot": ("decrypted", None),
    }


def test_an_array_is_encrypted_only_where_each_of_its_disks_is() -> None:
    root = {"type": "raid1", "mountpoint": "/"}
    luks = {"type": "part", "fstype": "crypto_LUKS", "children": [root]}
    assert listing(disk(luks), disk(luks)) == {"/": ("encrypted", None)}
    assert listing(disk(luks), disk(root)) == {"/": ("decrypted", None)}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"blockdevices": null}', '{"blockdevices": [1, null]}'])
def test_a_root_that_does_not_show_is_unknown(text) -> None:
    assert one(encryption.read_linux(encryption.tree(text)))["state"] == "unknown"


@pytest.mark.skipif(shutil.which("lsblk") is None, reason="needs lsblk")
def test_the_root_of_this_machine_as_findmnt_sees_it() -> None:
    here = {row["volume"]: row for row in rows(encryption.read_linux(encryption.fetch_linux(doors())))}
    ended = subprocess.run(["findmnt", "-no", "SOURCE", "/"], capture_output=True, text=True, check=False, timeout=20)
    kinds = subprocess.run(
        ["lsblk", "-sno", "TYPE", ended.stdout.strip()], capture_output=True, text=True, check=False, timeout=20
    )
    if ended.returncode or kinds.returncode:
        pytest.skip("the root of this machine is no block device")
    wanted = "encrypted" if "crypt" in kinds.stdout.split() else "decrypted"
    assert here["/"]["state"] == wanted


# accounts

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
nguyenvancanary:x:1000:1000:Nguyen Van Canary,,,:/home/nguyenvancanary:/bin/bash
hs:x:1001:1001::/home/hs:/bin/bash
kiosk::1002:1002::/home/kiosk:/bin/sh
toor:x:0:0::/root:/bin/sh
ftp:x:1003:1003::/srv:/usr/sbin/nologin
nobody:x:65534:65534::/:/bin/sh
broken
"""
GROUP = "sudo:x:27:nguyenvancanary,absent\nwheel:x:1001:\nbroken\n"
SHADOW = "root:!:1::\nnguyenvancanary:$y$secret:1::\nhs::1::\ntoor:*:1::\n"


def test_people_are_counted_and_never_named() -> None:
    told = accounts.people(PASSWD, GROUP, SHADOW, sudoers.Rules())
    assert told == {
        "people": [
            {"administrator": True, "password": "set"},
            {"administrator": True, "password": "empty"},  # by its own group
            {"administrator": False, "password": "empty"},
            {"administrator": True, "password": "locked"},  # root by another name
        ],
        "root": "locked",
        "unasked": 0,
        "rules": True,
        "everyone": False,
        "groups": 0,
    }
    row = one(accounts.read_linux({**told, "autologon": False, "guest": False}))
    assert (row["accounts"], row["administrators"], row["password_empty"]) == (4, 3, 2)
    assert "canary" not in json.dumps([told, row]).casefold()


def test_without_a_right_to_the_passwords_empty_ones_are_not_known() -> None:
    told = accounts.people(PASSWD.replace("kiosk::", "kiosk:x:"), GROUP, None, None)
    row = one(accounts.read_linux({**told, "autologon": False, "guest": False}))
    assert (row["password_empty"], row["builtin_administrator"]) == (None, None)


@pytest.mark.parametrize(
    ("rules", "row"),
    [
        (None, (2, 0, False)),
        ("hs ALL=(ALL) NOPASSWD: ALL", (3, 0, False)),
        ("%pupils ALL=(ALL) ALL", (3, 0, False)),
        ("%admin ALL=(ALL) ALL\n%it ALL=(ALL) ALL\n%pupils ALL=/sbin/reboot", (2, 1, False)),
        ("ALL ALL=(ALL) ALL", (3, 0, True)),
        ("hs ALL=(ALL) /usr/bin/apt-get update", (2, 0, False)),
    ],
)
def test_administrators_by_the_rules_of_sudo_count(tmp_path, rules, row) -> None:
    passwd = (
        "root:x:0:0::/root:/bin/sh\ngv:x:1000:1000::/:/bin/sh\nhs:x:1001:1001::/:/bin/sh\ngv2:x:1002:1002::/:/bin/sh\n"
    )
    group = "sudo:x:27:gv,gv2\npupils:x:1500:hs\n"
    plant(tmp_path, {"etc/passwd": passwd, "etc/group": group, "etc/shadow": ""})
    if rules:
        plant(tmp_path, {"etc/sudoers": "@includedir /etc/sudoers.d\n", "etc/sudoers.d/school": rules})
    told = accounts.fetch_linux(doors(tmp_path))
    found = one(accounts.read_linux(told))
    assert (
        tuple(found.get(name) for name in ("administrators", "administrator_groups", "everyone_administrator")) == row
    )
    assert not {"hs", "gv", "gv2", "pupils"} & set(re.findall(r"\w+", json.dumps(told)))


def test_without_a_right_to_the_rules_administrators_are_not_known() -> None:
    told = accounts.people(PASSWD, GROUP, SHADOW, None)
    row = one(accounts.read_linux({**told, "autologon": False, "guest": False}))
    assert {row.get(name) for name in ("administrators", "administrator_groups", "everyone_administrator")} == {None}
    assert row["accounts"] == 4


GATE = "auth    sufficient      pam_succeed_if.so user ingroup nopasswdlogin\n@include common-auth\n"


@pytest.mark.parametrize(
    ("tree", "unasked"),
    [
        ({}, 0),
        ({"etc/pam.d/gdm-password": GATE}, 2),
        ({"etc/pam.d/lightdm": GATE}, 2),
        ({"usr/lib/pam.d/sddm": GATE}, 2),
        # What stands in /etc takes the place of what came with the program.
        ({"usr/lib/pam.d/lightdm": GATE, "etc/pam.d/lightdm": "@include common-auth\n"}, 0),
        ({"etc/pam.d/lightdm": f"#{GATE}"}, 0),
        ({"etc/pam.d/lightdm": GATE.replace("sufficient", "required")}, 0),
        ({"etc/pam.d/lightdm": GATE.replace("sufficient", "[success=done default=ignore]")}, 2),
        ({"etc/pam.d/lightdm": GATE.replace("sufficient      ", "sufficient \\\n  ")}, 2),
        ({"etc/pam.d/lightdm": GATE.replace("auth ", "account ")}, 0),
        ({"etc/pam.d/lightdm": GATE.replace("sufficient", "optional")}, 0),
        # Past the modules that ask, past one of them and not the other, and behind the password.
        ({"etc/pam.d/lightdm": GATE.replace("sufficient", "[success=2 default=ignore]")}, 2),
        ({"etc/pam.d/lightdm": GATE.replace("sufficient", "[success=1 default=ignore]")}, 2),
        ({"etc/pam.d/lightdm": f"auth required pam_env.so\n{GATE.replace('sufficient', '[success=ok]')}"}, 0),
        ({"etc/pam.d/lightdm": GATE.replace("sufficient", "[success=0 default=ignore]")}, 0),
        ({"etc/pam.d/sshd": f"@include common-auth\n{GATE}"}, 0),
        ({"etc/pam.d/lightdm": "auth include gate\n", "etc/pam.d/gate": GATE}, 2),
        ({"etc/pam.d/lightdm": "@include lightdm\n@include /etc/../x\nauth\nauth [\n"}, 0),
        ({"etc/pam.d/lightdm": GATE.replace("nopasswdlogin", "pupils:absent")}, 1),
        ({"etc/pam.d/lightdm": GATE.replace("user", "quiet uid >= 1000 user")}, 2),
        # A service nobody signs in by.
        ({"etc/pam.d/sudo": GATE, "etc/pam.d/lightdm-autologin": GATE}, 0),
    ],
)
def test_who_signs_in_without_being_asked_for_a_password(tmp_path, tree, unasked) -> None:
    group = f"{GROUP}nopasswdlogin:x:117:hs,absent,ftp\npupils:x:1002:\n"
    passwd = f"{PASSWD}kid:x:1004:117::/:/bin/bash\n"
    common = {
        "etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n"
    }
    plant(tmp_path, {"etc/passwd": passwd, "etc/group": group, "etc/shadow": SHADOW, **common, **tree})
    told = accounts.fetch_linux(doors(tmp_path))
    assert one(accounts.read_linux(told))["password_unasked"] == unasked
    assert not {"hs", "kid"} & set(re.findall(r"\w+", json.dumps(told)))


def test_a_recording_from_before_the_rules_were_asked_is_read_as_it_was() -> None:
    people = [{"administrator": True, "password": "set"}]
    row = one(accounts.read_linux({"people": people, "root": "set", "autologon": False, "guest": False}))
    assert row["administrators"] == 1


@pytest.mark.parametrize(
    ("files", "autologon"),
    [
        ({}, False),
        ({"etc/gdm3/custom.conf": "[daemon]\nAutomaticLoginEnable = True\nAutomaticLogin = hs\n"}, True),
        ({"etc/gdm3/custom.conf": "[daemon]\n#AutomaticLoginEnable=true\n"}, False),
        ({"etc/gdm/custom.conf": "[daemon]\nTimedLoginEnable=true\n"}, True),
        ({"etc/lightdm/lightdm.conf": "[Seat:*]\nautologin-user=hs\n"}, True),
        ({"etc/lightdm/lightdm.conf.d/50.conf": "[SeatDefaults]\nautologin-user=hs\n"}, True),
        (
            {
                "etc/lightdm/lightdm.conf.d/50.conf": "[Seat:*]\nautologin-user=hs\n",
                "etc/lightdm/lightdm.conf": "[Seat:*]\nautologin-user=\n",
            },
            False,
        ),
        ({"etc/sddm.conf.d/a.conf": "[Autologin]\nUser=hs\nSession=plasma\n"}, True),
        ({"etc/sddm.conf": "[Autologin]\nUser=\n"}, False),
        (
            {"etc/systemd/system/getty@tty1.service.d/o.conf": "[Service]\nExecStart=-/sbin/agetty -a hs %I\n"},
            True,
        ),
        ({"etc/gdm3/custom.conf": "AutomaticLoginEnable=true\n\x00["}, False),
    ],
)
def test_who_is_signed_in_by_himself(tmp_path, files, autologon) -> None:
    plant(tmp_path, {"etc/passwd": PASSWD, "etc/group": GROUP, "etc/shadow": SHADOW, **files})
    told = accounts.fetch_linux(doors(tmp_path))
    assert told["autologon"] is autologon
    assert "hs" not in json.dumps(told)


def test_a_guest_of_lightdm(tmp_path: Path) -> None:
    plant(tmp_path, {"etc/passwd": PASSWD, "etc/lightdm/lightdm.conf": "[Seat:*]\nallow-guest=true\n"})
    assert accounts.fetch_linux(doors(tmp_path))["guest"] is True


@pytest.mark.parametrize(
    ("sid", "kind", "number"),
    [
        (f"{MACHINE}-500", "local", 500),
        (f"{MACHINE}-1001", "local", 1001),
        (f"{MACHINE}4-1001", "domain", 1001),
        ("S-1-5-21-9-9-9-512", "domain", 512),
        ("S-1-5-21-9-9-9-513", "everyone", 513),
        ("S-1-12-1-1-2-3-4", "azure", 4),
        ("S-1-1-0", "everyone", 0),
        ("S-1-5-11", "everyone", 11),
        ("S-1-5-80-1", "other", 1),
        ("", "other", 0),
    ],
)
def test_kinds_of_members(sid, kind, number) -> None:
    assert membership.member(sid, MACHINE) == membership.Member(kind=kind, number=number)


def windows_accounts(**given_data: Any) -> dict[str, Any]:
    data = dict.fromkeys(("accounts", "administrators", "shortest", "autologon", "stored", "limit"))
    return one(accounts.read_windows({**data, **given_data}))


def test_disabled_administrators_do_not_count_and_groups_stand_apart() -> None:
    listed = [{"number": 500, "flags": 0x202}, {"number": 1001, "flags": 0x220}, {"number": 501, "flags": 0x222}]
    members = [
        {"kind": "local", "number": 500},
        {"kind": "local", "number": 1001},
        {"kind": "domain", "number": 512},
        {"kind": "domain", "number": 1105},
        {"kind": "azure", "number": 7},
        {"kind": "azure", "number": 8},
    ]
    row = windows_accounts(accounts=listed, administrators=members, limit=0, autologon="1", stored=True)
    assert (row["administrators"], row["administrator_groups"], row["everyone_administrator"]) == (2, 3, False)
    assert (row["accounts"], row["password_optional"], row["guest"]) == (1, 1, False)
    assert (row["autologon"], row["stored_password"], row["empty_over_network"]) == (True, True, True)


def test_what_windows_does_not_tell_is_not_known() -> None:
    row = windows_accounts()
    assert {row.get(name) for name in ("administrators", "guest", "password_optional", "shortest_password")} == {None}
    assert (row["autologon"], row["empty_over_network"]) == (False, False)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_sid_or_none(raw: bytes) -> None:
    text = membership.sid_text(raw)
    assert text == "" or text.startswith("S-1-")


def test_a_sid() -> None:
    assert membership.sid_text(bytes.fromhex("010200000000000520000000 20020000")) == "S-1-5-32-544"


# sharing


def windows_sharing(**given_data: Any) -> tuple[Any, Any]:
    data = {"configured": None, "feature": None, "set": None, "server": 2, "client": None, **given_data}
    row = one(sharing.read_windows(data))
    return row["server"], row["client"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, ("off", "off")),  # the component is not there
        ({"client": 2}, ("on", "on")),  # there, and nothing set: 8.1's default
        ({"client": 2, "set": 0}, ("off", "on")),
        ({"client": 2, "set": 1}, ("on", "on")),
        ({"client": 4, "feature": 2}, ("off", "off")),
        ({"client": 4}, (None, "off")),
        ({"client": 4, "feature": 1}, ("on", "off")),
        ({"client": 2, "configured": False}, ("off", "on")),
        ({"configured": True}, ("on", "off")),
        ({"configured": True, "server": 4}, ("off", "off")),
    ],
)
def test_the_old_way_of_sharing_on_windows(data, told) -> None:
    assert windows_sharing(**data) == told


@pytest.mark.parametrize(
    ("configuration", "running", "release", "told"),
    [
        ("", True, [4, 17], ("off", "off")),
        ("", True, [4, 9], ("on", "on")),
        ("", None, [4, 9], (None, "on")),
        ("", True, None, (None, "off")),
        ("[global]\nServer Min Protocol = NT1\n", True, [4, 17], ("on", "off")),
        ("[global]\nmin protocol=lanman1\n", False, [4, 17], ("off", "off")),
        ("[global]\n; min protocol = NT1\n[homes]\nmin protocol = NT1\n", True, [4, 17], ("off", "off")),
        ("[ Global ]\nclientminprotocol = CORE\nserver min protocol = SMB3_11", True, None, ("off", "on")),
        ("[global]\nserver min protocol = default\n", True, [4, 17], ("off", "off")),
    ],
)
def test_the_old_way_of_sharing_in_samba(configuration, running, release, told) -> None:
    said = sharing.oldest_protocols(configuration)
    row = one(sharing.read_linux({"installed": True, "running": running, "release": release, **said}))
    assert (row["server"], row["client"]) == told


def test_without_samba_nothing_is_offered(tmp_path: Path) -> None:
    row = one(sharing.read_linux(sharing.fetch_linux(doors(tmp_path))))
    assert (row["server"], row["client"]) == ("off", "off")


# remote desktop


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, (False, True, None)),
        ({"refused": 0, "port": 3390}, (True, True, 3390)),
        ({"refused": 0, "refused_by_policy": 1}, (False, True, None)),
        ({"refused": 1, "refused_by_policy": 0, "proof": 0}, (True, False, None)),
        ({"refused": 0, "proof": 0, "proof_by_policy": 1}, (True, True, None)),
        ({"refused": 0, "edition": "CoreSingleLanguage"}, (False, True, None)),
        ({"refused": 0, "service": 4}, (False, True, None)),
        ({"refused": 0, "edition": "Professional", "service": 3}, (True, True, None)),
    ],
)
def test_remote_desktop_of_windows(data, told) -> None:
    names = ("edition", "refused", "refused_by_policy", "proof", "proof_by_policy", "port", "assistance", "service")
    row = one(remote_desktop.read_windows({**dict.fromkeys(names), **data}))
    assert (row["enabled"], row["protected"], row["port"]) == told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, (False, None)),
        ({"xrdp": False}, (False, None)),
        ({"xrdp": None}, (None, None)),
        ({"xrdp": True, "gnome-remote-desktop": True}, (True, False)),
        ({"gnome-remote-desktop": True}, (True, True)),
    ],
)
def test_remote_desktop_of_linux(data, told) -> None:
    row = one(remote_desktop.read_linux(data))
    assert (row["enabled"], row.get("protected")) == told


def test_xrdp_in_a_tree(tmp_path: Path) -> None:
    plant(tmp_path, {"usr/sbin/xrdp": ""})
    assert remote_desktop.fetch_linux(doors(tmp_path)) == {"xrdp": None}


# screen lock


def person(own: dict[str, Any] | None = None, policy: dict[str, Any] | None = None) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(("active", "secure", "after", "program"))
    return {"own": {**nothing, **(own or {})}, "policy": {**nothing, **(policy or {})}}


LOCKING = {"active": "1", "secure": "1", "after": "600", "program": True}


@pytest.mark.parametrize(
    ("limit", "people", "told"),
    [
        (900, [], (True, 900, "policy")),
        (0, [person(LOCKING)], (True, 600, "user")),
        (None, [person(LOCKING), person()], (False, None, "user")),
        (None, [person(LOCKING), person({**LOCKING, "after": "1200"})], (True, 1200, "user")),
        (None, [person({**LOCKING, "program": None})], (False, None, "user")),
        (None, [person(LOCKING, {"secure": "0"})], (False, None, "user")),
        (None, [person({"active": "0"}, LOCKING)], (True, 600, "user")),
        (None, [person({**LOCKING, "after": "soon"})], (True, None, "user")),
        (None, [], (None, None, "user")),
    ],
)
def test_screens_of_windows(limit, people, told) -> None:
    row = one(screen_lock.read_windows({"limit": limit, "people": people}))
    assert (row.get("locks"), row.get("after"), row["source"]) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[org/gnome/desktop/screensaver]\nlock-enabled=true\n[org/gnome/desktop/session]\nidle-delay=uint32 300\n",
            (True, 300),
        ),
        ("[org/cinnamon/desktop/screensaver]\nlock-enabled=false\n", (False, None)),
        (
            "[org/gnome/desktop/screensaver]\nlock-enabled=true\n[org/gnome/desktop/session]\nidle-delay=uint32 0\n",
            (False, None),
        ),
    ],
)
def test_screens_of_linux(tmp_path, text, told) -> None:
    plant(tmp_path, {"etc/dconf/db/local.d/00-lock": text, "etc/dconf/db/local.d/01-broken": "[org"})
    row = one(screen_lock.read_linux(screen_lock.fetch_linux(doors(tmp_path))))
    assert (row["locks"], row["after"]) == told


def test_a_persons_own_choice_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        screen_lock.fetch_linux(doors(tmp_path))


# secure boot


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"firmware": 2, "enabled": 1, "certificates": "InProgress"}, ("uefi", True, "in_progress")),
        ({"firmware": 2, "enabled": 0, "certificates": None}, ("uefi", False, None)),
        ({"firmware": 1, "enabled": None, "certificates": None}, ("bios", None, None)),
        ({"firmware": 1, "enabled": 0, "certificates": None}, ("bios", None, None)),
        ({"firmware": None, "enabled": 1, "certificates": 5}, ("uefi", True, None)),
        ({"firmware": 0, "enabled": None, "certificates": None}, (None, None, None)),
    ],
)
def test_how_windows_is_started(data, told) -> None:
    row = one(secure_boot.read_windows(data))
    assert (row["firmware"], row["enabled"], row["certificates"]) == told


def test_how_linux_is_started(tmp_path: Path) -> None:
    def told() -> tuple[Any, Any]:
        row = one(secure_boot.read_linux(secure_boot.fetch_linux(doors(tmp_path))))
        return row["firmware"], row["enabled"]

    assert told() == ("bios", None)
    plant(tmp_path, {"sys/firmware/efi/systab": ""})
    assert told() == ("uefi", None)
    name = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    plant(tmp_path, {f"sys/firmware/efi/efivars/{name}": b"\x06\0\0\0\x01"})
    assert told() == ("uefi", True)


@given(st.binary(max_size=20))
def test_any_bytes_are_a_variable_or_none(raw: bytes) -> None:
    assert secure_boot.secure_boot(raw) in {True, False, None}


# all of them


def test_units_of_systemd() -> None:
    told = units.parse(
        "Id=a.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
        "Id=b.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\nrubbish\n"
    )
    assert told == {
        "a.service": units.Unit(there=True, active=True, enabled=True),
        "b.service": units.Unit(),
    }


def test_without_systemd_units_are_not_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        units.units(str(tmp_path), "a.service")


@given(st.integers(min_value=-(2**40), max_value=2**40))
def test_any_number_is_a_state_of_a_product(number: int) -> None:
    told = antivirus.product_state(number)
    assert told["state"] in {"on", "off", "snoozed", "expired", "unknown"}


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    antivirus.parse_header(text)
    antivirus.parse_health(text)
    firewall.keeps_out(text)
    firewall.shell_value(text, "ENABLED")
    encryption.tree(text)
    accounts.people(text, text, text, sudoers.rules_of(sudoers.logical_lines(text), ""))
    accounts.settings(text)
    screen_lock.keyfile(text)
    sharing.oldest_protocols(text)
    units.parse(text)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["nftables", "chain", "rule", "expr", "blockdevices", "children", "mountpoint", "type", "value"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSONS)
def test_any_json_is_read_without_an_exception(told: Any) -> None:
    text = json.dumps(told)
    firewall.keeps_out(text)
    rows(encryption.read_linux(encryption.tree(text)))
    rows(antivirus.read_linux({"clamav": None, "mdatp": text, "wall": WALL}))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.__name__.rpartition(".")[2])
def test_this_machine_answers_and_names_nobody(topic) -> None:
    source = topic.PROBE.on["linux"]
    try:
        data = source.fetch(doors())
    except Unavailable:
        return
    told = rows(source.read(data))
    assert json.loads(json.dumps(data)) == data
    assert [fault for row in told if (fault := SECTIONS[topic.PROBE.name].fault(row))] == []
