import json
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
STORE = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications"
INSTALLED: list[tuple[str, int, dict[str, Any]]] = [
    (
        rf"{UNINSTALL}\TKB_is1",
        64,
        {
            "DisplayName": "Phần mềm TKB 9.0",
            "DisplayVersion": "9.0",
            "Publisher": "School@net",
            "InstallDate": "20240131",
        },
    ),
    (rf"{UNINSTALL}\UniKey", 32, {"DisplayName": "UniKey", "DisplayVersion": 4}),
    (rf"{UNINSTALL}\{{PART}}", 64, {"DisplayName": "Part", "SystemComponent": 1}),
    (rf"{STORE}\Microsoft.SkypeApp_15.1.2.0_x64__kzf8qxf38zg5c", 64, {}),
]
INSTALL = """
import json, sys, winreg
for path, view, values in json.loads(sys.stdin.read()):
    bits = winreg.KEY_WOW64_64KEY if view == 64 else winreg.KEY_WOW64_32KEY
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE | bits) as key:
        for name, value in values.items():
            winreg.SetValueEx(key, name, 0, winreg.REG_DWORD if isinstance(value, int) else winreg.REG_SZ, value)
"""
TELL = """
import datetime, json
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes.software import fetch_windows, read_windows
data = fetch_windows(Doors(boottime=lambda: 1.0, wall=lambda: 1.0))
rows = [row.values for row in read_windows(data)]
print(json.dumps({"data": data, "rows": rows, "today": str(datetime.datetime.now(datetime.timezone.utc).date())}))
"""
MANY = r"""
import ctypes, json, winreg
from schooldrum_agent.sources import registry
MANY, ODD, ALL = r"SOFTWARE\SchooldrumMany", r"SOFTWARE\SchooldrumOdd", winreg.KEY_ALL_ACCESS | winreg.KEY_WOW64_64KEY
with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, MANY, 0, ALL) as key:
    for number in range(4100):
        winreg.CreateKeyEx(key, f"{number}", 0, winreg.KEY_READ).Close()

class Text(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("room", ctypes.c_ushort), ("letters", ctypes.c_void_p)]

class Named(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_ulong), ("root", ctypes.c_void_p), ("name", ctypes.POINTER(Text)),
        ("attributes", ctypes.c_ulong), ("security", ctypes.c_void_p), ("quality", ctypes.c_void_p),
    ]

with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, ODD, 0, ALL) as key:
    with winreg.CreateKeyEx(key, "Plain") as inside:
        winreg.SetValueEx(inside, "DisplayName", 0, winreg.REG_SZ, "Veyon")
    letters = ctypes.create_unicode_buffer("Hid\0den")
    text, handle = Text(14, 14, ctypes.addressof(letters)), ctypes.c_void_p()
    named = Named(ctypes.sizeof(Named), int(key), ctypes.pointer(text), 0x40, None, None)
    code = ctypes.WinDLL("ntdll").NtCreateKey(ctypes.byref(handle), 0xF003F, ctypes.byref(named), 0, None, 0, None)
    assert code == 0, hex(code & 0xFFFFFFFF)
listed, many, odd = registry.keys(MANY), registry.below(MANY, ("DisplayName",)), registry.below(ODD, ("DisplayName",))
print(json.dumps({
    "keys": [len(listed), registry.left_out(MANY, listed)],
    "many": [len(many.found), many.cut, many.unread],
    "odd": [[key["values"] for key in odd.found.values()], odd.cut, odd.unread],
}))
"""


@pytest.fixture(scope="module")
def told(windows: Windows) -> dict[str, Any]:
    written = windows.run("python", "-c", INSTALL, typed=json.dumps(INSTALLED))
    assert written.code == 0, written.err
    ended = windows.run("python", "-c", TELL)
    assert ended.code == 0, ended.err
    answer: dict[str, Any] = json.loads(ended.out)
    return answer


def test_both_views_and_the_store_are_read_from_a_real_registry(told):
    rows = {row["program"]: row for row in told["rows"]}
    assert rows["Phần mềm TKB 9.0"] == {
        "program": "Phần mềm TKB 9.0",
        "version": "9.0",
        "publisher": "School@net",
        "installed": "2024-01-31",
        "bits": 64,
        "source": "registry",
        "code": "TKB_is1",
    }
    assert (rows["UniKey"]["bits"], rows["UniKey"]["version"], rows["UniKey"]["code"]) == (32, "4", None)
    assert (rows["Microsoft.SkypeApp"]["version"], rows["Microsoft.SkypeApp"]["bits"]) == ("15.1.2.0", 64)
    assert "Part" not in rows


def test_a_keys_own_time_stands_in_for_a_missing_date(told):
    (row,) = [row for row in told["rows"] if row["program"] == "UniKey"]
    assert row["installed"] == told["today"]


def test_too_many_keys_and_one_that_cannot_be_opened_are_counted(windows: Windows):
    ended = windows.run("python", "-c", MANY)
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {
        "keys": [1024, 3076],
        "many": [4096, 4, 0],
        # A name with a zero in it: what stands beside it is told all the same.
        "odd": [[{"DisplayName": "Veyon"}], 0, 1],
    }


def test_a_child_process_tells_it_within_a_report(windows: Windows, told, tmp_path):
    assert told["data"]["uninstall"].keys() == {"64", "32"}
    environment = {"SCHOOLDRUM_STATE": windows.path(tmp_path), "SCHOOLDRUM_SHARED_CODE": "true"}
    ended = windows.run("python", "-m", "schooldrum_agent", "once", "--json", timeout=150, environment=environment)
    assert ended.code == 0, ended.err
    names = {row["program"] for row in json.loads(ended.out)["sections"]["software"]}
    assert {"Phần mềm TKB 9.0", "UniKey", "Microsoft.SkypeApp"} <= names
