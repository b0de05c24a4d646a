"""What the probes of a PC's safety fetch from a registry whose values are set as Windows sets them."""

import json
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
SECRET = "CanarySecret"
REGISTRY: dict[str, dict[str, str | int]] = {
    r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile": {"EnableFirewall": 1},
    r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile": {"EnableFirewall": 0},
    r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile": {"EnableFirewall": 1},
    r"SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile": {"EnableFirewall": 0},
    r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon": {"AutoAdminLogon": "1", "DefaultPassword": SECRET},
    r"SYSTEM\CurrentControlSet\Control\Lsa": {"LimitBlankPasswordUse": 0},
    r"SYSTEM\CurrentControlSet\Control\Terminal Server": {"fDenyTSConnections": 0},
    r"SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp": {
        "UserAuthentication": 0,
        "PortNumber": 3389,
    },
    r"SYSTEM\CurrentControlSet\Services\LanmanServer": {"Start": 2},
    r"SYSTEM\CurrentControlSet\Services\mrxsmb10": {"Start": 2},
    r"SYSTEM\CurrentControlSet\Control\SecureBoot\State": {"UEFISecureBootEnabled": 1},
    r"SYSTEM\CurrentControlSet\Control\SecureBoot\Servicing": {"UEFICA2023Status": "InProgress"},
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System": {"InactivityTimeoutSecs": 900},
}
ASK = """
import importlib, json, sys, winreg
from schooldrum_agent.probe import Denied, Doors, Unavailable
for path, values in json.loads(sys.argv[1]).items():
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE) as key:
        for name, value in values.items():
            winreg.SetValueEx(key, name, 0, winreg.REG_SZ if isinstance(value, str) else winreg.REG_DWORD, value)
said = {}
for name in sys.argv[2].split():
    source = importlib.import_module("schooldrum_agent.probes." + name).PROBE.on["win32"]
    try:
        data = source.fetch(Doors(boottime=lambda: 1.0, wall=lambda: 1.8e9))
        said[name] = {"data": data, "rows": [row.values for row in source.read(data)]}
    except (Denied, Unavailable) as problem:
        said[name] = {"refused": type(problem).__name__, "rows": []}
from schooldrum_agent.sources import wmi
own = "SELECT * FROM Win32_Process WHERE Name='explorer.exe'"
said["method"] = wmi.query(r"root\\cimv2", own, ("Name",), answers=("GetOwner.User",), encrypted=True)[:1]
print(json.dumps(said))
"""
PROBES = "accounts antivirus encryption firewall remote_desktop screen_lock secure_boot sharing"


@pytest.fixture(scope="module")
def said(windows: Windows) -> dict[str, Any]:
    ended = windows.run("python", "-c", ASK, json.dumps(REGISTRY), PROBES, timeout=120)
    assert ended.code == 0, ended.err
    answer: dict[str, Any] = json.loads(ended.out.strip().splitlines()[-1])
    return answer


def test_the_registry_of_the_firewall_with_its_policy(said):
    rows = {row["profile"]: (row["enabled"], row["source"]) for row in said["firewall"]["rows"]}
    # Wine has no firewall whose service could be asked: what is set to on is not known to be on.
    assert rows == {"domain": (None, "local"), "private": (False, "local"), "public": (False, "policy")}


def test_autologon_is_seen_and_its_password_never_read(said):
    (row,) = said["accounts"]["rows"]
    assert (row["autologon"], row["stored_password"], row["empty_over_network"]) == (True, True, True)
    assert row["accounts"] >= 1
    assert SECRET not in json.dumps(said)


@pytest.mark.parametrize(
    ("probe", "row"),
    [
        ("remote_desktop", {"enabled": True, "protected": False, "port": 3389}),
        ("sharing", {"server": "on", "client": "on"}),
        ("secure_boot", {"firmware": "uefi", "enabled": True, "certificates": "in_progress"}),
        ("screen_lock", {"locks": True, "after": 900, "source": "policy"}),
    ],
)
def test_what_the_registry_says_is_read(said, probe, row):
    (told,) = said[probe]["rows"]
    assert {name: told.get(name) for name in row} == row


def test_what_wine_has_not_is_unavailable(said):
    assert said["antivirus"]["refused"] == said["encryption"]["refused"] == "Unavailable"


def test_a_method_of_an_object_is_asked(said):
    assert [bool(one["GetOwner.User"]) for one in said["method"]] == [True]
