r"""Which boot this is, and how long it has lasted.

A boot is named by what lives exactly as long as its kernel. Linux gives such a name. Windows gives none: its boot time
moves whenever the clock is corrected. A *volatile* registry key does it: it is kept in memory only, so it survives the
agent, Fast Startup (which hibernates the kernel) and sleep, just as the tick count does; it ends with the kernel, and a
frozen disk, which brings yesterday's files back, cannot bring it back.
"""

import importlib
import re
import time
import uuid
from typing import Any

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import files, windows

_NAME = re.compile(r"[0-9a-f]{32}\Z")
_PARENT = r"SOFTWARE\Schooldrum"
_VOLATILE_KEY = r"SOFTWARE\Schooldrum\Boot"
_VOLATILE = 1
_READ_WRITE_64 = 0x20019 | 0x20006 | 0x0100


def boottime() -> float:
    """Seconds since the kernel booted, time asleep included; never steps.

    CLOCK_BOOTTIME on Linux, GetTickCount64 on Windows (which counts sleep and hibernation, so Fast Startup too).
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if clock is not None:
        return time.clock_gettime(clock)
    ticks = windows.function("kernel32", "GetTickCount64")
    ticks.restype = _wide_integer()
    return int(ticks()) / 1000


def slept() -> float | None:
    """Seconds of this boot spent asleep; None where the system does not say."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return None if clock is None else max(0.0, time.clock_gettime(clock) - time.clock_gettime(time.CLOCK_MONOTONIC))


def _wide_integer() -> Any:
    return importlib.import_module("ctypes").c_uint64


def boot_id(system: str, procfs: str = "/proc") -> str:
    """A name of this boot: 32 hex digits, or `unknown-` and random ones where no name can be had.

    An unknown boot costs exactness, not data: its results are dated by the PC's clock once the agent restarts.
    Raises nothing.
    """
    name = _from_registry() if system == "win32" else _from_kernel(procfs)
    return name or f"unknown-{uuid.uuid4().hex}"


def _from_kernel(procfs: str) -> str:
    name = (files.text_or_none(procfs, "sys/kernel/random/boot_id") or "").replace("-", "").lower()
    return name if _NAME.match(name) else ""


def _from_registry() -> str:
    try:
        winreg = importlib.import_module("winreg")
        create = windows.function("advapi32", "RegCreateKeyExW")
    except (ImportError, Unavailable):
        return ""
    for root in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
        try:
            # The parent is an ordinary key: below a volatile one no installer could store anything until reboot.
            winreg.CreateKeyEx(root, _PARENT, 0, _READ_WRITE_64).Close()
            name = _kept_in(winreg, create, root)
        except (OSError, Denied, Unavailable):
            name = _read_only(winreg, root)
        if name:
            return name
    return ""


def _read_only(winreg: Any, root: Any) -> str:
    """The name that an agent with more rights has left in this boot."""
    try:
        with winreg.OpenKey(root, _VOLATILE_KEY, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
            return _valid(winreg.QueryValueEx(key, "Id")[0])
    except OSError:
        return ""


def _valid(name: object) -> str:
    return name if isinstance(name, str) and _NAME.match(name) else ""


def _kept_in(winreg: Any, create: Any, root: Any) -> str:
    ctypes = importlib.import_module("ctypes")
    handle = ctypes.c_void_p()
    create.argtypes = (
        ctypes.c_void_p,
        ctypes.c_wchar_p,
        ctypes.c_uint32,
        ctypes.c_wchar_p,
        ctypes.c_uint32,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    code = create(root, _VOLATILE_KEY, 0, None, _VOLATILE, _READ_WRITE_64, None, ctypes.byref(handle), None)
    if code or handle.value is None:
        windows.refuse(code, _VOLATILE_KEY)
    try:
        try:
            name = _valid(winreg.QueryValueEx(handle.value, "Id")[0])
        except FileNotFoundError:
            name = ""
        if not name:
            winreg.SetValueEx(handle.value, "Id", 0, winreg.REG_SZ, uuid.uuid4().hex)
            # Read back: had a second agent written in between, both go on with the same name.
            name = _valid(winreg.QueryValueEx(handle.value, "Id")[0])
    finally:
        winreg.CloseKey(handle.value)
    return name
