"""The readers of system and updates on tables of cases, and their Linux fetch on trees and on this very machine."""

import contextlib
import email.utils
import hashlib
import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.examine import examine
from schooldrum_agent.probe import Doors, Unavailable
from schooldrum_agent.probes import automatic_updates, operating_system, update_history, updates
from schooldrum_agent.sources import apt, apt_releases, dnf, eventlog, update_agent
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

HAS_APT = Path("/usr/bin/apt-get").exists() and any(Path("/var/lib/apt/lists").glob("*Packages*"))
needs_apt = pytest.mark.skipif(not HAS_APT, reason="this machine has no apt with lists")


def doors(**given_doors: Any) -> Doors:
    return Doors(**{"boottime": lambda: 1000.0, "wall": time.time, **given_doors})


def only(told: Any, section: str) -> dict[str, Any]:
    (row,) = [dict(one.values) for one in told if isinstance(one, Row) and one.section == section]
    return row


def waiting(told: Any) -> tuple[float, dict[str, dict[str, Any]]]:
    told = list(told)
    (count,) = [one.value for one in told if isinstance(one, Reading)]
    return count, {str(one.values["update"]): dict(one.values) for one in told if isinstance(one, Row)}


# operating_system

CLIENT = {
    "ProductName": "Windows 10 Pro",
    "EditionID": "Professional",
    "InstallationType": "Client",
    "CurrentVersion": "6.3",
    "CurrentMajorVersionNumber": 10,
    "CurrentMinorVersionNumber": 0,
    "CurrentBuildNumber": "19045",
    "UBR": 7548,
    "DisplayVersion": "22H2",
    "ReleaseId": "2009",
    "InstallDate": 1660000000,
}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"product": "Windows 10", "title": "Windows 10 Pro", "release": "22H2", "version": "10.0.19045.7548"}),
        ({"CurrentBuildNumber": "26100"}, {"product": "Windows 11", "title": "Windows 11 Pro"}),
        (
            {"CurrentBuildNumber": "26100", "InstallationType": "Server Core", "ProductName": "Windows Server 2025"},
            {"product": "Windows Server", "title": "Windows Server 2025", "server": True},
        ),
        (
            {
                "CurrentBuildNumber": "9600",
                "CurrentMajorVersionNumber": None,
                "UBR": None,
                "DisplayVersion": None,
                "ReleaseId": None,
                "ProductName": "Windows 8.1 Pro",
            },
            {"product": "Windows 8.1", "version": "6.3.9600", "revision": None, "release": None},
        ),
        ({"CurrentBuildNumber": "", "UBR": "x", "InstallDate": -4}, {"product": "Windows", "build": None}),
        ({"DisplayVersion": None}, {"release": "2009"}),
        ({"UBR": True, "InstallDate": 2**40}, {"revision": None, "installed": None}),
    ],
)
def test_windows_is_told_by_its_build(changes, wanted):
    version = {**CLIENT, **changes}
    row = only(operating_system.read_windows({"version": version, "architecture": "AMD64"}), "operating_system")
    assert {name: row.get(name) for name in wanted} == wanted
    assert row["architecture"] == "x86_64"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            'ID=linuxmint\nVERSION_ID="6"\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n',
            {"product": "linuxmint", "release": "6", "foundation": "bookworm"},
        ),
        ("ID=zorin\nVERSION_ID=17\nUBUNTU_CODENAME=jammy\n", {"foundation": "jammy"}),
        ("ID=debian\nVERSION_CODENAME=forky\n", {"release": None, "foundation": "forky"}),
        ("ID=fedora\nSUPPORT_END=2025-05-13\n", {"support_end": "2025-05-13"}),
        ("SUPPORT_END=soon\n", {"support_end": None, "product": "linux"}),
        ("", {"product": "linux"}),
        ("ID='\nNAME=\"x\n$(reboot)\n", {"product": "linux"}),
    ],
)
def test_linux_is_told_by_os_release(text, wanted):
    data = {"os_release": text, "architecture": "x86_64", "releases": [], "pro": []}
    row = only(operating_system.read_linux(data), "operating_system")
    assert {name: row.get(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("pro", "extended"),
    [
        ("", None),
        (
            '{"services": [{"name": "esm-infra", "status": "enabled"}, {"name": "esm-apps", "status": "n/a"}]}',
            "esm-infra",
        ),
        ('{"services": [{"name": "esm-infra"}]}', None),
        ('{"services": 7}', None),
        pytest.param("[" * 100_000, None, id="deep"),
        ('{"services": [{"name": ["x"], "status": "enabled"}]}', None),
    ],
)
def test_longer_support_is_what_is_switched_on(pro, extended):
    services = operating_system.enabled_services(pro)
    data = {"os_release": "ID=ubuntu", "architecture": "x86_64", "releases": [], "pro": services}
    assert only(operating_system.read_linux(data), "operating_system").get("extended") == extended


def release(origin: str, label: str, suite: str, codename: str) -> str:
    fields = {"Origin": origin, "Label": label, "Suite": suite, "Codename": codename}
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


BOOKWORM = release("Debian", "Debian", "oldstable", "bookworm")
LTS = release("Debian", "Debian-Security", "oldstable-security", "bookworm-security")


@pytest.mark.parametrize(
    ("lists", "codename", "proven"),
    [
        ({"security.debian.org_debian-security_dists_bookworm-security_InRelease": LTS}, "bookworm", True),
        # A mirror has whatever name the school gave it.
        ({"mirror.school.example_dists_x_Release": LTS}, "bookworm", True),
        ({"m_dists_buster_updates_InRelease": release("Debian", "Debian-Security", "oldoldstable", "buster/updates")},
         "buster", True),
        ({"m_InRelease": release("Debian", "Debian-Security", "bookworm-security", "")}, "bookworm", True),
        ({"m_InRelease": LTS}, "", True),
        ({}, "bookworm", False),
        # Of the name of a list and of other people's archives nothing is believed.
        ({"download.opensuse.org_repositories_security:_zeek_Debian%5f12_InRelease":
          release("obs://build.opensuse.org/security:zeek/Debian_12", "security:zeek", "", "")}, "bookworm", False),
        ({"security.debian.org_dists_bookworm-security_InRelease": BOOKWORM}, "bookworm", False),
        ({"m_InRelease": release("Example", "Debian-Security", "x-security", "bookworm-security")}, "bookworm", False),
        ({"m_InRelease": release("Debian", "Debian", "stable-security", "bookworm-security")}, "bookworm", False),
        ({"m_InRelease": release("Debian", "Debian-Security", "stable", "bookworm")}, "bookworm", False),
        ({"m_InRelease": release("Ubuntu", "Ubuntu", "jammy-security", "jammy")}, "jammy", False),
        # What was left behind by an upgrade.
        ({"m_InRelease": LTS}, "trixie", False),
        ({"m_InRelease": f"SHA256:\n {LTS}"}, "bookworm", False),
        ({"m_InRelease": f"Description: x\nSHA256:\n{LTS}"}, "bookworm", False),
        ({"m_InRelease": ""}, "bookworm", False),
        ({"m_Packages": LTS, "partial/m_InRelease": LTS}, "bookworm", False),
    ],
)  # fmt: skip
def test_debians_longer_support_is_proven_by_its_own_archive(tmp_path, lists, codename, proven):
    tree = {f"var/lib/apt/lists/{name}": text for name, text in lists.items()}
    tree["etc/os-release"] = f"ID=debian\nVERSION_ID=12\nVERSION_CODENAME={codename}\n"
    for name, text in tree.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        signed = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{text}" if name.endswith("InRelease") else text
        place.write_text(signed, "utf-8")
    told = json.loads(json.dumps(operating_system.fetch_linux(doors(rootfs=str(tmp_path)))))
    row = only(operating_system.read_linux(told), "operating_system")
    assert row.get("extended") == ("security_source" if proven else None)


# automatic_updates

QUIET: dict[str, Any] = {
    "policy": {"WUServer": False},
    "choice": None,
    "pause": {"PauseUpdatesExpiryTime": None, "PauseQualityUpdatesEndTime": None},
    "starts": {"wuauserv": 3, "UsoSvc": 2, "BITS": 3},
    "restart": {"servicing": False, "windows_update": False, "server_manager": False},
    "update_exe": None,
}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"mode": "automatic", "why": "default", "restart_pending": False, "own_server": False}),
        ({"starts": {"wuauserv": 4}}, {"mode": "off", "why": "service_disabled", "disabled_services": "wuauserv"}),
        # What hides the start of the service may have switched it off.
        ({"starts": {"wuauserv": None, "UsoSvc": 2}}, {"mode": None, "why": None}),
        ({"starts": {"wuauserv": None, "UsoSvc": 4}}, {"mode": "off", "why": "service_disabled"}),
        ({"starts": {"wuauserv": None}, "policy": {"NoAutoUpdate": 1}}, {"mode": "off", "why": "policy"}),
        ({"starts": {"wuauserv": 3, "BITS": None}}, {"mode": "automatic"}),
        ({"starts": {"BITS": 4}}, {"mode": "automatic", "disabled_services": "BITS"}),
        ({"policy": {"NoAutoUpdate": 1, "AUOptions": 4}}, {"mode": "off", "why": "policy"}),
        ({"policy": {"AUOptions": 2}, "choice": 4}, {"mode": "notify", "why": "policy"}),
        ({"choice": 1}, {"mode": "off", "why": "choice"}),
        ({"policy": {"DisableWindowsUpdateAccess": 1}}, {"mode": "off", "why": "access_disabled"}),
        ({"policy": {"DoNotConnectToWindowsUpdateInternetLocations": 1}}, {"mode": "off", "why": "blocked"}),
        (
            {"policy": {"DoNotConnectToWindowsUpdateInternetLocations": 1, "UseWUServer": 1, "WUServer": True}},
            {"mode": "automatic", "own_server": True},
        ),
        ({"policy": None}, {"mode": None, "own_server": None}),
        ({"policy": None, "starts": {"UsoSvc": 4}}, {"mode": "off", "why": "service_disabled"}),
        ({"pause": {"PauseUpdatesExpiryTime": "2027-01-05T10:00:00Z"}}, {"paused_until": "2027-01-05"}),
        ({"pause": {"PauseUpdatesExpiryTime": 7}}, {"paused_until": None}),
        ({"policy": {"TargetReleaseVersionInfo": "22H2"}}, {"held_at": "22H2"}),
        ({"policy": {"TargetReleaseVersionInfo": "C:\\Users\\x"}}, {"held_at": None}),
        ({"restart": {"servicing": True}}, {"restart_pending": True, "restart_reasons": "servicing"}),
        ({"restart": {"servicing": None}}, {"restart_pending": None}),
        ({"update_exe": 3}, {"restart_pending": True, "restart_reasons": "update_exe"}),
    ],
)
def test_how_windows_gets_its_updates(changes, wanted):
    row = only(automatic_updates.read_windows({**QUIET, **changes}), "automatic_updates")
    assert {name: row.get(name) for name in wanted} == wanted


def periodic(**settings: str) -> str:
    return "".join(f'APT::Periodic::{name.replace("_", "-")} "{value}";\n' for name, value in settings.items())


ON = periodic(Unattended_Upgrade="1", Update_Package_Lists="1")
MINT_TIMER, MINT_JOB = "mintupdate-automation-upgrade.timer", "mintupdate-automation-upgrade.service"
APTS = ("apt-daily.timer", "apt-daily.service", "apt-daily-upgrade.timer", "apt-daily-upgrade.service")
STARTS, GONE = {"there": True, "enabled": True}, {"there": False, "enabled": False}
STANDS = {"there": True, "enabled": False}
UNITS = {**dict.fromkeys(APTS, STARTS), MINT_TIMER: GONE, MINT_JOB: GONE}


def without(*names: str, state: Any = GONE) -> dict[str, Any]:
    return {"units": {**UNITS, **dict.fromkeys(names, state)}}


@pytest.mark.parametrize(
    ("settings", "changes", "wanted"),
    [
        (ON, {}, ("automatic", "choice")),
        (ON, {"unattended": False}, ("off", "not_installed")),
        (ON + periodic(Enable="0"), {}, ("off", "periodic_off")),
        (ON + periodic(Enable="0") + periodic(Enable="1"), {}, ("automatic", "choice")),
        # A masked unit is none that systemd has loaded.
        *((ON, without(name), ("off", "timer_off")) for name in APTS),
        (ON, without("apt-daily.timer", state=STANDS), ("off", "timer_off")),
        (ON, without("apt-daily-upgrade.timer", state=STANDS), ("off", "timer_off")),
        (ON, without("apt-daily.service", state=STANDS), ("automatic", "choice")),
        (ON, {"units": None}, (None, None)),
        (ON, {"units": None, "systemd": False}, ("off", "timer_off")),
        (ON, {"units": None, "systemd": False, "cron": True}, ("automatic", "choice")),
        (periodic(Update_Package_Lists="1"), without("apt-daily.timer"), ("off", "timer_off")),
        (periodic(Update_Package_Lists="1"), without("apt-daily-upgrade.timer"), ("notify", "choice")),
        (periodic(Unattended_Upgrade="1"), {}, ("off", "lists_not_refreshed")),
        (periodic(Unattended_Upgrade="0", Update_Package_Lists="1"), {}, ("notify", "choice")),
        (periodic(Update_Package_Lists="1", Download_Upgradeable_Packages="1"), {}, ("download", "choice")),
        ("", {}, ("off", "choice")),
        ("", {"unattended": False}, ("off", "not_installed")),
        (periodic(Unattended_Upgrade="0"), {"unattended": False}, ("off", "choice")),
        (periodic(Update_Package_Lists="0"), {"unattended": False}, ("off", "choice")),
        ("", {"mint": True, **without(MINT_TIMER, MINT_JOB, state=STARTS)}, ("automatic", "choice")),
        ("", {"mint": True, **without(MINT_TIMER, MINT_JOB, *APTS, state=STANDS)}, ("off", "choice")),
        (ON, {"mint": True}, ("automatic", "choice")),
        ("", {"mint": True, "units": None}, (None, None)),
    ],
)
def test_how_debian_gets_its_updates(settings, changes, wanted):
    runs = {"systemd": True, "units": UNITS, "cron": False}
    found = {"settings": settings, "unattended": True, "mint": False, **runs, **changes}
    data = {"apt": found, "dnf": None, "reboot_required": False, "packages": None, "needrestart": None}
    row = only(automatic_updates.read_linux({**data, "kernel": None, "kernels": []}), "automatic_updates")
    assert (row.get("mode"), row.get("why")) == wanted


@pytest.mark.parametrize(
    ("running", "installed", "waits"),
    [
        ("6.1.0-18-amd64", ["vmlinuz-6.1.0-18-amd64"], False),
        ("6.1.0-18-amd64", ["vmlinuz-6.1.0-18-amd64", "vmlinuz-6.1.0-22-amd64"], True),
        ("6.1.0-9-amd64", ["vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-10-amd64"], True),
        ("6.1.0-22-amd64", ["vmlinuz-6.1.0-18-amd64", "vmlinuz-6.1.0-22-amd64"], False),
        ("5.15.0-1-generic", ["vmlinuz-5.15.0-1-generic", "vmlinuz-6.8.0-2-lowlatency"], False),
        ("6.12.0-host", ["vmlinuz-6.1.0-22-amd64"], None),
        ("6.12.0-host", [], None),
    ],
)
def test_a_kernel_waits_where_a_newer_one_of_its_kind_is_installed(running, installed, waits):
    assert automatic_updates.kernel_waits(running, installed) is waits


# updates on Windows

SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
LCU = {"UpdateID": "a", "KBArticleIDs": ["5099539"], "CategoryIDs": [SECURITY.upper()], "IsDownloaded": True}


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        (LCU, "security"),
        ({**LCU, "CategoryIDs": [], "MsrcSeverity": "Important"}, "security"),
        ({**LCU, "CategoryIDs": [], "MsrcSeverity": "Moderate"}, "other"),
        ({**LCU, "CategoryIDs": ["{cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83}"], "BrowseOnly": True}, "optional"),
        ({**LCU, "CategoryIDs": ["3689bdc8-b205-4af4-8d4a-a63924c5e9d5"]}, "upgrade"),
        ({**LCU, "CategoryIDs": ["E0789628-CE08-4437-BE74-2495B842F43B"]}, None),
        ({**LCU, "CategoryIDs": ["EBFC1FC5-71A4-4F7B-9ACA-3B9A503104A0"]}, None),
        ({"UpdateID": "12345678-0000-0000-0000-000000000000"}, "other"),
        ({"CategoryIDs": ["E0789628-CE08-4437-BE74-2495B842F43B"]}, None),
    ],
)
def test_windows_updates_are_sorted_by_category_never_by_title(update, kind):
    count, rows = waiting(updates.read_windows({"updates": [update], "online": False}))
    assert [row["kind"] for row in rows.values()] == ([kind] if kind else [])
    assert count == (kind == "security")


@pytest.mark.parametrize("update", [{}, {"KBArticleIDs": ["../x"], "UpdateID": "a b"}, {"CategoryIDs": [SECURITY]}])
def test_an_update_without_a_name_makes_nothing_wait_less(update):
    with pytest.raises(OSError, match="neither an article nor an id that can be read"):
        list(updates.read_windows({"updates": [LCU, update], "online": False}))


def test_one_article_for_several_products_is_told_once_and_at_its_gravest():
    plain = {**LCU, "CategoryIDs": [], "UpdateID": "b"}
    for both in ([LCU, plain], [plain, LCU]):
        count, rows = waiting(updates.read_windows({"updates": both, "online": False}))
        assert (count, list(rows), rows["KB5099539"]["kind"]) == (1, ["KB5099539"], "security")


@pytest.mark.parametrize(
    ("searched", "today"),
    [(None, True), ("2026-11-01T00:00:00", True), ("2026-11-20T00:00:00", False), ("2027-01-01T00:00:00", True)],
)
def test_a_pc_searches_by_itself_once_a_week_at_most(searched, today):
    days = [datetime(2026, 11, 16 + day, 9, tzinfo=UTC) for day in range(7)]
    due = [
        updates.due_online(searched, "guid", day) for day in days if day.day >= 20 or searched != "2026-11-20T00:00:00"
    ]
    assert sum(due) == (1 if today else 0) or not today
    own = hashlib.sha256(b"guid").digest()[0] % 6
    if today:
        assert due[own]
        assert not due[6], "never on a Sunday"


# updates on Linux

POLICY = """openssl:
  Installed: 3.0.19-1
  Candidate: 3.0.22-1
  Version table:
     3.0.22-1 500
        500 http://deb.debian.org/debian bookworm-updates/main amd64 Packages
     3.0.20-1 500
        500 http://deb.debian.org/debian-security bookworm-security/main amd64 Packages
 *** 3.0.19-1 100
        100 /var/lib/dpkg/status
bash:
  Version table:
     5.2-3 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 5.2-2 100
        100 /var/lib/dpkg/status
     5.2-1 500
        500 http://security.debian.org bookworm-security/main amd64 Packages
old:
     1.2 500
        500 http://security.debian.org buster/updates/main amd64 Packages
 *** 1.1 100
esm:
     1.2 510
        510 https://esm.ubuntu.com/infra/ubuntu focal-infra-security/main amd64 Packages
 *** 1.1 100
"""


def test_a_fix_that_a_later_update_has_overtaken_still_counts():
    assert apt.parse_policy(POLICY) == {"openssl", "old", "esm"}
    listed = "openssl/stable 3.0.22-1 amd64 [upgradable from: 3.0.19-1]\n"
    count, rows = waiting(updates.read_linux({"apt": {"changes": "", "listed": listed, "policy": POLICY}, "dnf": None}))
    assert (count, rows["openssl"]["held"]) == (1, True)


def test_a_fix_that_a_pin_keeps_away_waits_where_its_package_is_installed():
    says = "Pinned packages:\n     openssl -> 3.0.19-1 with priority 1001\n     absent -> 1.0 with priority -10\n"
    assert apt.parse_pinned(f"Package files:\n 100 /var/lib/dpkg/status\n     release a=now\n{says}") == [
        "openssl",
        "absent",
    ]
    absent = """absent:
  Version table:
     1.2 -10
        500 http://security.debian.org bookworm-security/main amd64 Packages
"""
    data = {"changes": None, "listed": "", "policy": "", "pinned": f"{absent}{POLICY}{absent}"}
    count, rows = waiting(updates.read_linux({"apt": data, "dnf": None}))
    assert (count, sorted(rows)) == (3, ["esm", "old", "openssl"])
    assert (rows["old"]["kind"], rows["old"]["held"]) == ("security", True)


def test_a_fix_that_was_overtaken_counts_for_another_architecture_too():
    listed = "openssl/stable 3.0.22-1 i386 [upgradable from: 3.0.19-1]\n"
    data = {"changes": None, "listed": listed, "policy": POLICY.replace("openssl:", "openssl:i386:")}
    count, rows = waiting(updates.read_linux({"apt": data, "dnf": None}))
    assert (count, list(rows)) == (1, ["openssl"])


@pytest.mark.parametrize(
    "words",
    [
        "upgradable from: 1:3.0-1~deb12u2",
        "có thể nâng cấp từ: 1:3.0-1~deb12u2",
        "pouvant être mis à jour depuis : 1:3.0-1~deb12u2",
        "可从该版本升级：1:3.0-1~deb12u2",  # noqa: RUF001 - as apt's own words have it
        "可升级自:1:3.0-1~deb12u2",
        "1:3.0-1~deb12u2 からアップグレード可",
        "1:3.0-1~deb12u2(e)tik bertsio-berritu daiteke",
        "업그레이드 가능: 1:3.0-1~deb12u2",
    ],
)
def test_nothing_of_apts_words_matters(words):
    text = f"Đang liệt kê…\nlibc6/focal-updates,focal-security 2 i386 [{words}]\n"
    (one,) = apt.parse_list(text)
    seen = (one.name, one.new, one.old, one.architecture, one.is_security)
    assert seen == ("libc6", "2", "1:3.0-1~deb12u2", "i386", True)
    count, rows = waiting(updates.read_linux({"apt": {"changes": "", "listed": text, "policy": ""}, "dnf": None}))
    assert (count, rows["libc6"]["installed"]) == (1, "1:3.0-1~deb12u2")


def test_a_package_waits_also_where_its_installed_version_cannot_be_read():
    listed = "openssl/stable-security 2 amd64 [kann erneuert werden]\n"
    count, rows = waiting(updates.read_linux({"apt": {"changes": "", "listed": listed, "policy": ""}, "dnf": None}))
    assert (count, rows["openssl"].get("installed")) == (1, None)
    text = "odd.noarch 1.0^git1-1.fc40 updates\nopenssl.noarch 1:3%-1 updates\n"
    notices = "FEDORA-2026-9 Important/Sec. odd-1.0^git1-1.fc40.noarch\nFEDORA-2026-9 Low/Sec. openssl-1:3%-1.noarch\n"
    count, rows = waiting(updates.read_linux({"apt": None, "dnf": {"waiting": text, "notices": notices}}))
    assert (count, rows["odd"]["available"], rows["openssl"].get("available")) == (2, "1.0^git1-1.fc40", None)


@pytest.mark.parametrize(
    "line",
    [
        "openssl/stable-secur",
        "openssl/stable-security 3.0.15-1~deb12u1 amd64",
        "openssl/stable-security 3.0.15-1~deb12u1 amd64 []",
        "openssl/stable security 3.0.15-1~deb12u1 amd64 [upgradable from: 1]",
        "Openssl/stable-security 3.0.15-1~deb12u1 amd64 [upgradable from: 1]",
    ],
)
def test_a_line_that_cannot_be_read_makes_nothing_wait_less(line):
    listed = f"Listing...\nbash/stable 2 amd64 [upgradable from: 1]\n{line}\n"
    with pytest.raises(OSError, match="has a line that cannot be read; see: apt list --upgradable"):
        list(updates.read_linux({"apt": {"changes": "", "listed": listed, "policy": ""}, "dnf": None}))


def test_a_name_that_cannot_be_read_makes_nothing_wait_less():
    with pytest.raises(OSError, match="the name of a package that waits cannot be read: b%d"):
        list(updates.read_linux({"apt": None, "dnf": {"waiting": "b%d.noarch 1.0-1 updates\n", "notices": ""}}))


def test_a_foreign_architectures_package_keeps_its_full_name():
    changes = "Inst libc6:i386 [1] (2 Debian-Security:10/oldstable [i386])\n"
    listed = "libc6/oldstable 2 i386 [upgradable from: 1]\n"
    count, rows = waiting(
        updates.read_linux({"apt": {"changes": changes, "listed": listed, "policy": ""}, "dnf": None})
    )
    assert (count, list(rows), rows["libc6:i386"]["held"]) == (1, ["libc6:i386"], False)


NOTICES = """FEDORA-2026-1 Important/Sec. kernel-core-6.9.1-200.fc40.x86_64
FEDORA-2026-2 Unknown/Sec.   bash-5.2.26-3.fc40.x86_64
RHSA-2026:3   Moderate/Sec.  openssl-1:3.0.7-25.el9.x86_64
FEDORA-2026-4 bugfix         vim-9.1-1.fc40.x86_64
"""


def test_dnfs_notices_say_which_updates_are_security():
    text = "bash.x86_64 5.2.26-3.fc40 updates\nopenssl.x86_64 1:3.0.7-25.el9 updates\nvim.x86_64 2:9.1-1.fc40 updates\n"
    count, rows = waiting(updates.read_linux({"apt": None, "dnf": {"waiting": text, "notices": NOTICES}}))
    kinds = {name: (row["kind"], row.get("severity")) for name, row in rows.items()}
    assert kinds == {"bash": ("security", None), "openssl": ("security", "moderate"), "vim": ("other", None)}
    assert count == 2


OBSOLETING = """
bash.x86_64              5.2.26-3.fc40        updates
a-package-with-a-name-that-is-too-long.noarch
                         2.0-1.fc40           updates
bash.x86_64              5.2.26-3.fc40        updates
libx.i686                1.1-1.fc40           updates
libx.x86_64              1.1-1.fc40           updates
a-package-whose-version-is-too-long-as-well.noarch
                         20261122.gitabcdefabcdef-1.fc40
                                              updates
Obsoleting Packages
new.x86_64               3.0-1.fc40           updates
    old.x86_64           2.9-1.fc39           @updates
    a-package-of-before-with-a-long-name.noarch
                         2.9-1.fc39           @updates
"""


@pytest.mark.parametrize("heading", ["Obsoleting Packages", "Obsoleting packages"])
def test_what_replaces_another_package_is_an_update_and_nothing_is_told_twice(heading):
    text = OBSOLETING.replace("Obsoleting Packages", heading)
    names = [f"{one.name}.{one.architecture}" for one in dnf.parse_waiting(text)]
    long_name = "a-package-with-a-name-that-is-too-long.noarch"
    longer = "a-package-whose-version-is-too-long-as-well.noarch"
    assert names == ["bash.x86_64", long_name, "libx.i686", "libx.x86_64", longer, "new.x86_64"]
    notices = "FEDORA-2026-9 Important/Sec. libx-1.1-1.fc40.x86_64\n"
    told = list(updates.read_linux({"apt": None, "dnf": {"waiting": text, "notices": notices}}))
    count, rows = waiting(told)
    assert (count, rows["libx"]["kind"], len(rows), len(told)) == (1, "security", 5, 6)


@pytest.mark.parametrize(
    ("fields", "security"),
    [
        ("Origin: Debian\nLabel: Debian\nSuite: oldstable\nCodename: bookworm", False),
        ("Origin: Debian\nLabel: Debian-Security\nSuite: oldstable\nCodename: buster/updates", True),
        ("Origin: Ubuntu\nLabel: Ubuntu\nSuite: noble-security\nCodename: noble", True),
        ("Origin: UbuntuESM\nLabel: UbuntuESM\nSuite: jammy-infra-security\nCodename: jammy", True),
        ("Origin: Kali\nLabel: Kali\nSuite: kali-rolling\nCodename: kali-rolling", False),
        ("", False),
    ],
)
def test_which_archives_are_of_security_updates(fields, security):
    signed = (
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{fields}\nVersion: 1\nSHA256:\n 00 1 Label: x-security\n"
    )
    assert apt.is_security_release(signed) is security


def test_the_configured_archives_are_told_by_their_release_files():
    text = (
        "'http://d/debian/dists/s/InRelease' d_debian_dists_s_InRelease 0 \n"
        "'http://d/debian/dists/s/main/binary-amd64/Packages.xz' d_debian_dists_s_main_binary-amd64_Packages 0 \n"
    )
    assert apt.parse_releases(text) == ["d_debian_dists_s_InRelease"]


def dated(root: Path, times: dict[str, int]) -> str:
    for name, seconds in times.items():
        place = root / "var/lib/apt" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("Origin: Debian\nDate: Sun, 01 Mar 2026 00:00:00 UTC\n", "utf-8")
        os.utime(place, (seconds, seconds))
    return str(root)


@pytest.mark.parametrize(
    ("times", "last"),
    [
        ({"lists/lock": 9_000}, None),
        ({"lists/lock": 9_000, "periodic/update-success-stamp": 9_000}, None),
        ({"lists/d_dists_s_InRelease": 500, "lists/partial/d_dists_s_InRelease": 9_000}, 500.0),
        ({"lists/d_dists_s_InRelease": 500, "lists/d_dists_s_main_binary-amd64_Packages.lz4": 700}, 500.0),
        ({"lists/d_dists_s_main_binary-amd64_Packages": 700, "periodic/update-stamp": 800}, None),
        ({"lists/d_dists_s_Release": 500, "periodic/update-stamp": 800}, 800.0),
    ],
)
def test_the_lists_are_as_old_as_their_own_dates_never_as_their_folder(tmp_path, times, last):
    assert apt.refreshed(dated(tmp_path, times)) == last


DAY = 86400
NOW = 1_790_000_000
ARCHIVES = {
    "debian": ("Debian", "Debian", "stable", "trixie"),
    "debian-security": ("Debian", "Debian-Security", "stable-security", "trixie-security"),
    "buster-security": ("Debian", "Debian-Security", "oldoldstable", "buster/updates"),
    "ubuntu": ("Ubuntu", "Ubuntu", "noble-updates", "noble"),
    "ubuntu-security": ("Ubuntu", "Ubuntu", "noble-security", "noble"),
    "esm": ("UbuntuESM", "UbuntuESM", "noble-infra-security", "noble"),
    "esm-apps": ("UbuntuESMApps", "UbuntuESMApps", "noble-apps-security", "noble"),
    "mint": ("linuxmint", "linuxmint", "zara", "zara"),
    "other": ("Example", "Example", "stable", ""),
}


@pytest.mark.parametrize(
    ("days", "last"),
    [
        # The archive of security updates cannot be reached, the others can.
        ({"debian": 1, "debian-security": 200}, 200),
        ({"debian": 200, "debian-security": 1}, 1),
        ({"debian": 0, "buster-security": 40, "other": 0}, 40),
        ({"mint": 0, "ubuntu": 0, "ubuntu-security": 35}, 35),
        ({"debian-security": 3, "ubuntu-security": 35}, 35),
        ({"debian": 9, "other": 2}, 2),
        # Longer support: nothing comes out there before, and nothing in the ordinary one after it has ended.
        ({"ubuntu": 0, "ubuntu-security": 1, "esm": 300, "esm-apps": 90}, 1),
        ({"ubuntu": 400, "ubuntu-security": 400, "esm": 2, "esm-apps": 90}, 2),
        ({"ubuntu": 0, "ubuntu-security": 50, "esm": 300, "esm-apps": 1}, 50),
        ({"ubuntu": 0, "esm": 20, "esm-apps": 30}, 30),
    ],
)
@pytest.mark.parametrize("by", ["date", "file"])
def test_the_lists_are_as_old_as_the_oldest_one_of_security_updates(tmp_path, days, last, by):
    for name, ago in days.items():
        place = tmp_path / f"var/lib/apt/lists/{name}_InRelease"
        place.parent.mkdir(parents=True, exist_ok=True)
        told = NOW - ago * DAY
        made, changed = (told, NOW) if by == "date" else (NOW, told)
        text = f"{release(*ARCHIVES[name])}Date: {email.utils.formatdate(made, usegmt=True)}\n"
        place.write_text(f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{text}", "utf-8")
        os.utime(place, (changed, changed))
    stamp = tmp_path / "var/lib/apt/periodic/update-success-stamp"
    stamp.parent.mkdir(parents=True)
    stamp.touch()
    found = apt.refreshed(str(tmp_path))
    if not any("security" in name or name.startswith("esm") for name in days):
        assert found == stamp.stat().st_mtime, "without one of security updates the stamps count as well"
        return
    assert found == NOW - last * DAY


@pytest.mark.parametrize(
    "said",
    ["soon", "Sun, 99 Foo 2026", "Sun, 31 Feb 2026 00:00:00 UTC", "Sun, 01 Mar 999999 00:00:00 UTC", "\u0661" * 40],
)
def test_a_date_that_is_none_leaves_that_of_the_file(tmp_path, said):
    place = tmp_path / "var/lib/apt/lists/debian-security_InRelease"
    place.parent.mkdir(parents=True)
    place.write_text(f"{release(*ARCHIVES['debian-security'])}Date: {said}\n", "utf-8")
    os.utime(place, (NOW, NOW))
    assert apt.refreshed(str(tmp_path)) == NOW


@pytest.mark.parametrize("broken", ["", "garbage", "Codename: s\n", "\0" * 5000])
def test_a_list_that_is_none_is_not_as_fresh_as_its_file(tmp_path, broken):
    root = dated(tmp_path, {"lists/d_dists_s_InRelease": 500, "lists/d_dists_t_InRelease": 400})
    (tmp_path / "var/lib/apt/lists/d_dists_s_InRelease").write_text(broken, "utf-8")
    assert apt.refreshed(root) == 400.0
    (tmp_path / "var/lib/apt/lists/d_dists_t_InRelease").write_text(broken, "utf-8")
    assert apt.refreshed(root) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("W: x\nE: Malformed entry 3 in list file (URI)\nE: more\n", "Malformed entry 3 in list file (URI)"),
        ("E: http://u:p@mirror/x and https://t@m.org/a@b", "http://mirror/x and https://m.org/a@b"),
        ("E: https://thu:p@ss@mirror.example/x", "https://mirror.example/x"),
        ("one\ntwo\n", "two"),
        ("", "it does not say why"),
    ],
)
def test_what_apt_complains_of_is_told_without_passwords(error, said):
    assert apt._complaint(error) == said


@pytest.mark.parametrize("status", [None, "", "\n\n", "Package:\n", "\0" * 100])
def test_without_packages_it_is_not_known_what_waits(tmp_path, status):
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    if status is not None:
        (tmp_path / "var/lib/dpkg/status").write_text(status, "utf-8")
    with pytest.raises(OSError, match="is missing or empty: what waits is not known"):
        apt.require_packages(str(tmp_path))
    (tmp_path / "var/lib/dpkg/status").write_text("Package: dpkg\nStatus: install ok installed\n", "utf-8")
    apt.require_packages(str(tmp_path))


@given(st.text(max_size=2000))
def test_whatever_a_program_prints_the_parsers_end(text):
    apt.parse_changes(text)
    with contextlib.suppress(OSError):
        apt.parse_list(text)
    apt.parse_policy(text)
    apt.parse_config(text)
    apt.parse_releases(text)
    apt.is_security_release(text)
    apt_releases.debian_security(apt_releases.release_fields(text))
    dnf.parse_waiting(text)
    dnf.parse_notices(text)
    automatic_updates.parse_needrestart(text)
    update_history.parse_log(text)
    update_history.installed_on(text)
    update_agent.articles(text)
    operating_system.enabled_services(text)
    eventlog.parse(text)


@given(st.lists(st.text("Inst Conf[]()-,:. a1\n", max_size=300), max_size=5))
def test_whatever_apt_prints_rows_keep_to_their_declaration(pieces):
    text = "".join(pieces)
    with contextlib.suppress(OSError):
        list(updates.read_linux({"apt": {"changes": text, "listed": text, "policy": text}, "dnf": None}))


def test_whether_a_package_is_held_is_told_only_where_it_was_asked():
    listed = "openssl/stable-security 2 amd64 [upgradable from: 1]\n"
    held = []
    for changes in (None, "", "Inst openssl [1] (2 Debian-Security:12/stable-security [amd64]) []\n"):
        told = updates.read_linux({"apt": {"changes": changes, "listed": listed, "policy": ""}, "dnf": None})
        held.append(waiting(told)[1]["openssl"].get("held"))
    assert held == [None, True, False]


def test_thousands_of_updates_keep_the_security_ones():
    lines = [f"Inst p{n} [1] (2 Debian:12/stable [amd64])" for n in range(3000)]
    lines += [f"Inst s{n} [1] (2 Debian-Security:12/stable-security [amd64])" for n in range(900)]
    told = updates.read_linux({"apt": {"changes": "\n".join(lines), "listed": "", "policy": ""}, "dnf": None})
    count, rows = waiting(told)
    assert (count, len(rows)) == (900, 1000)
    assert sum(row["kind"] == "security" for row in rows.values()) == 900


# update_history


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1/15/2011", "2011-01-15"),
        ("10/2/2024 12:00:00 AM", "2024-10-02"),
        ("20110115", "2011-01-15"),
        ("15-1-2011", "2011-01-15"),
        ("01cb9b8ef8dc6f43", "2010-12-14"),
        ("2024-05-06", "2024-05-06"),
        ("22/2/2022", "2022-02-22"),
        ("13/13/2011", None),
        ("99999999", None),
        ("0000000000000000", None),
        ("ffffffffffffffff", None),
        ("", None),
        (None, None),
        ("soon", None),
    ],
)
def test_a_hotfixs_day_in_all_its_forms(text, day):
    assert update_history.installed_on(text) == day


def entry(
    day: str, article: str, *, hour: int = 10, operation: int = 1, result: int = 2, code: int = 0
) -> dict[str, Any]:
    return {
        "Date": f"{day}T{hour:02}:00:00",
        "Operation": operation,
        "ResultCode": result,
        "HResult": code,
        "articles": [article],
    }


@pytest.mark.parametrize(
    ("history", "wanted"),
    [
        ([], {"last_success": None, "error": None, "failures": 0}),
        ([entry("2026-10-14", "KB1234567")], {"last_success": "2026-10-14", "failures": 0}),
        ([entry("2026-11-20", "KB2267602")], {"last_success": None}),
        ([entry("2026-11-20", "KB890830")], {"last_success": None}),
        (
            [entry("2026-10-14", "KB1234567"), entry("2026-11-11", "KB1234568", result=4, code=-2145124329)],
            {"last_success": "2026-10-14", "last_failure": "2026-11-11", "error": "0x80240017", "failures": 1},
        ),
        (
            [entry("2026-11-12", "KB1234568"), entry("2026-11-11", "KB1234568", result=4, code=-2145124329)],
            {"last_success": "2026-11-12", "last_failure": "2026-11-11", "error": None, "failures": 0},
        ),
        (
            [entry("2026-11-12", "KB1234568", hour=12), entry("2026-11-12", "KB1234568", result=4, code=-2145124329)],
            {"last_success": "2026-11-12", "last_failure": "2026-11-12", "error": None, "failures": 0},
        ),
        (
            [entry("2026-11-12", "KB1234568", hour=8), entry("2026-11-12", "KB1234569", result=4, code=-2145124329)],
            {"last_success": "2026-11-12", "error": "0x80240017", "failures": 1},
        ),
        (None, {"last_success": None, "failures": None}),
    ],
)
def test_windows_history(history, wanted):
    data = {"history": history, "runs": None, "hotfixes": None, "events": None}
    row = only(update_history.read_windows(data), "update_history")
    assert {name: row.get(name) for name in wanted} == wanted


def test_an_update_that_was_removed_again_is_not_installed():
    history = [entry("2026-10-14", "KB1111111"), entry("2026-10-15", "KB1111111", operation=2)]
    data = {"history": history, "runs": None, "hotfixes": [], "events": []}
    told = [one for one in update_history.read_windows(data) if one.section == "hotfixes"]
    assert told == []


def test_apts_history_tells_success_and_failure():
    text = (
        "\nStart-Date: 2026-11-01  06:00:01\nUpgrade: a:amd64 (1, 2)\nEnd-Date: 2026-11-01  06:00:09\n"
        "\nStart-Date: 2026-11-05  06:00:01\nInstall: b:amd64 (1)\nEnd-Date: 2026-11-05  06:00:09\n"
        "\nStart-Date: 2026-11-09  06:00:01\nUpgrade: a:amd64 (2, 3)\nError: Sub-process …\n"
    )
    row = only(
        update_history.read_linux({"entries": update_history.parse_log(text), "refreshed": 1.79e9, "installed": None}),
        "update_history",
    )
    assert row == {
        "last_scan": "2026-09-21",
        "last_success": "2026-11-01",
        "last_failure": "2026-11-09",
        "error": "dpkg",
        "failures": 1,
    }


# this very machine


@needs_apt
def test_the_updates_of_this_machine_are_apts_own_and_nothing_is_touched(tmp_path: Path):
    places = ("/var/lib/apt", "/var/cache/apt", "/var/log/apt", "/var/lib/dpkg", "/etc/apt")
    mark = tmp_path / "mark"
    mark.touch()
    find = ["find", *places, "-newer", str(mark), "-type", "f"]
    assert subprocess.run(find, capture_output=True, text=True, check=True).stdout == ""
    data = updates.fetch_linux(doors())
    count, rows = waiting(updates.read_linux(json.loads(json.dumps(data))))
    assert subprocess.run(find, capture_output=True, text=True, check=True).stdout == ""
    environment = {**os.environ, "LC_ALL": "C"}
    listed = subprocess.run(
        ["apt", "list", "--upgradable"], capture_output=True, text=True, check=True, env=environment
    ).stdout.splitlines()
    names = {line.split("/")[0] for line in listed if "/" in line}
    assert {name.split(":")[0] for name in rows} == names
    assert count >= sum("-security" in line.split(" ")[0] for line in listed)


def test_another_systems_tree_is_never_written_to(tmp_path: Path):
    with pytest.raises(Unavailable):
        updates.fetch_linux(doors(rootfs=str(tmp_path)))
    assert not list(tmp_path.iterdir())


@needs_apt
@pytest.mark.parametrize("probe", [operating_system.PROBE, automatic_updates.PROBE, update_history.PROBE])
def test_the_other_probes_answer_here(probe):
    answer = examine(probe, doors(), "linux")
    assert (answer.outcome, answer.reason) == ("ok", "")
    assert len(answer.rows) >= 1


def test_what_is_fetched_holds_nobodys_account_and_no_password(tmp_path: Path):
    tree = {
        "var/lib/ubuntu-advantage/status.json": '{"account": {"name": "canary@school"}, "services": []}',
        "etc/dnf/automatic.conf": "[email]\nemail_to = canary\n[commands]\napply_updates = yes\n",
        "var/log/apt/history.log": "Start-Date: 2026-11-01  06:00:01\nRequested-By: canary (1000)\nUpgrade: a (1, 2)\n",
        "var/lib/dpkg/status": "",
        "etc/apt/sources.list": "",
    }
    for name, content in tree.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    here = doors(rootfs=str(tmp_path))
    told = [probe.fetch_linux(here) for probe in (operating_system, automatic_updates, update_history)]
    assert "canary" not in json.dumps(told)
    assert "apply_updates = yes" in told[1]["dnf"]["automatic"]
    assert [list(entry) for entry in update_history.parse_log(tree["var/log/apt/history.log"])] == told[2]["entries"]
