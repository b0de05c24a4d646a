"""What the probes of system, updates and hardware fetch by real calls, from a registry set as Windows sets it."""

import json
from typing import Any

import pytest
from tests.wine.windows import Windows

from schooldrum_wire.catalogue import SECTIONS

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
SERVER = "http://canary-wsus.example.org:8530"
POLICY = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate"
SERVICES = r"SYSTEM\CurrentControlSet\Services"
ENUM = r"SYSTEM\CurrentControlSet\Enum"
PRINTER, CONTAINER = r"USBPRINT\Canon_LBP2900\7&1a2b&0&USB001", "{11111111-2222-3333-4444-555555555555}"
REGISTRY: dict[str, dict[str, str | int]] = {
    r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": {
        "ProductName": "Windows 10 Education",
        "EditionID": "Education",
        "InstallationType": "Client",
        "CurrentBuildNumber": "22631",
        "CurrentMajorVersionNumber": 10,
        "CurrentMinorVersionNumber": 0,
        "DisplayVersion": "23H2",
        "UBR": 4317,
        "InstallDate": 1700000000,
    },
    POLICY: {"WUServer": SERVER, "TargetReleaseVersionInfo": "23H2"},
    rf"{POLICY}\AU": {"UseWUServer": 1, "AUOptions": 3},
    r"SOFTWARE\Microsoft\WindowsUpdate\UX\Settings": {"PauseUpdatesExpiryTime": "2031-02-03T04:05:06Z"},
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired": {},
    rf"{SERVICES}\BITS": {"Start": 4},
    rf"{SERVICES}\DFServ": {"Start": 2},
    r"SOFTWARE\Faronics\Deep Freeze 6": {"DF Status": "Frozen"},
    rf"{SERVICES}\uwfvol": {"Start": 0},
    rf"{ENUM}\{PRINTER}": {"ContainerID": CONTAINER},
    rf"{ENUM}\{PRINTER}\Device Parameters": {"PortName": "USB001"},
    rf"{ENUM}\USB\VID_04A9&PID_2676\0000A1B2C3D4": {"ContainerID": CONTAINER},
}
ASK = """
import importlib, json, sys, winreg
from schooldrum_agent.probe import Denied, Doors, Unavailable
ROOT, ALL = winreg.HKEY_LOCAL_MACHINE, winreg.KEY_ALL_ACCESS
told = json.loads(sys.argv[1])
made, before = [], []
for path, values in told.items():
    steps = path.split("\\\\")
    for depth in range(1, len(steps) + 1):
        part = "\\\\".join(steps[:depth])
        try:
            winreg.OpenKey(ROOT, part).Close()
        except FileNotFoundError:
            winreg.CreateKeyEx(ROOT, part, 0, ALL).Close()
            made.append(part)
    with winreg.OpenKey(ROOT, path, 0, ALL) as key:
        for name, value in values.items():
            try:
                before.append((path, name, *winreg.QueryValueEx(key, name)))
            except FileNotFoundError:
                before.append((path, name, None, None))
            winreg.SetValueEx(key, name, 0, winreg.REG_SZ if isinstance(value, str) else winreg.REG_DWORD, value)
said = {}
try:
    for name in sys.argv[2].split():
        source = importlib.import_module("schooldrum_agent.probes." + name).PROBE.on["win32"]
        try:
            data = source.fetch(Doors(boottime=lambda: 1.0, wall=lambda: 1.8e9))
            data = json.loads(json.dumps(data))
            rows = [row for row in source.read(data) if hasattr(row, "section")]
            said[name] = {"data": data, "rows": [row.values for row in rows], "sections": [row.section for row in rows]}
        except (Denied, Unavailable, OSError) as problem:
            said[name] = {"refused": type(problem).__name__, "why": str(problem), "rows": []}
    from schooldrum_agent.probes import printers
    said["port"] = printers.serial_of_port("USB001", **printers._usb())
finally:
    for path, name, value, kind in before:
        with winreg.OpenKey(ROOT, path, 0, ALL) as key:
            winreg.DeleteValue(key, name) if kind is None else winreg.SetValueEx(key, name, 0, kind, value)
    for path in reversed(made):
        winreg.DeleteKey(ROOT, path)
print(json.dumps(said))
"""
PROBES = (
    "operating_system", "automatic_updates", "updates", "update_history", "freeze", "host", "system", "memory_modules",
    "monitors", "gpus", "printers", "cameras", "batteries", "tpm",
)  # fmt: skip


@pytest.fixture(scope="module")
def said(windows: Windows) -> dict[str, Any]:
    ended = windows.run("python", "-c", ASK, json.dumps(REGISTRY), " ".join(PROBES), timeout=120)
    assert ended.code == 0, ended.err
    answer: dict[str, Any] = json.loads(ended.out.strip().splitlines()[-1])
    return answer


def test_the_release_is_read_from_the_registry(said):
    (row,) = said["operating_system"]["rows"]
    wanted = {
        "product": "Windows 11",
        "title": "Windows 11 Education",
        "release": "23H2",
        "edition": "Education",
        "build": 22631,
        "revision": 4317,
        "version": "10.0.22631.4317",
        "architecture": "x86_64",
        "server": False,
        "installed": "2023-11-14",
    }
    assert {name: row.get(name) for name in wanted} == wanted


def test_how_updates_come_is_read_from_the_registry(said):
    (row,) = said["automatic_updates"]["rows"]
    wanted = {
        "mode": "download",
        "why": "policy",
        "own_server": True,
        "held_at": "23H2",
        "paused_until": "2031-02-03",
        "disabled_services": "BITS",
        "restart_pending": True,
        "restart_reasons": "windows_update",
    }
    assert {name: row.get(name) for name in wanted} == wanted
    assert SERVER not in json.dumps(said), "the update server's address names whose network this is"


def test_freeze_programs_are_known_by_their_services(said):
    states = {row["product"]: row["state"] for row in said["freeze"]["rows"]}
    # The write filter's own answer needs a WMI namespace that Wine has not.
    assert states == {"deep_freeze": "frozen", "unified_write_filter": "unknown"}


def test_the_update_agent_is_called_and_refuses_in_an_outcome(said):
    assert said["updates"]["refused"] == "Unavailable"
    assert "Update Agent" in said["updates"]["why"]
    data = said["update_history"]["data"]
    assert (data["history"], data["runs"]) == (None, None)
    assert [one["HotFixID"] for one in data["hotfixes"]] != []


def test_a_printers_serial_number_is_found_by_its_port(said):
    assert said["port"] == "0000A1B2C3D4"


def test_rows_of_real_calls_fit_their_sections(said):
    answered = {name for name in PROBES if "refused" not in said[name]}
    assert answered >= {"operating_system", "automatic_updates", "update_history", "freeze", "host", "system", "gpus"}
    faults = [
        (name, fault)
        for name in answered
        for section, row in zip(said[name]["sections"], said[name]["rows"], strict=True)
        if (fault := SECTIONS[section].fault(row))
    ]
    assert faults == []


def test_graphics_are_listed_by_a_real_call_of_wmi(said):
    controllers = said["gpus"]["data"]["controllers"]
    assert controllers
    assert all(isinstance(one["AdapterRAM"], int | None) for one in controllers)
