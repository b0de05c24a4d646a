"""What stands in the Windows registry.

Asked with the 64-bit view unless another is named: a 32-bit process would be redirected silently otherwise.
"""

import importlib
from typing import Any, NamedTuple

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import windows

_LOCAL_MACHINE = 0xFFFFFFFF80000002
_ANY_KIND = 0xFFFF
_NOT_FOUND = 2
_EMPTY_TEXT = 2
_MOST = 1024
"""Subkeys and values looked at under one key."""
_MOST_BELOW = 4096
_FILETIME_EPOCH_SECONDS = 11_644_473_600
"""From the first day of 1601, where Windows counts from, to that of 1970."""


def _winreg() -> Any:
    try:
        return importlib.import_module("winreg")
    except ImportError as problem:
        raise Unavailable("this system has no registry") from problem


def _open(root: str, path: str, view: int) -> Any:
    winreg = _winreg()
    wanted = winreg.KEY_READ | (winreg.KEY_WOW64_64KEY if view == 64 else winreg.KEY_WOW64_32KEY)  # noqa: PLR2004 - bits
    try:
        return winreg.OpenKey(getattr(winreg, root), path, 0, wanted)
    except PermissionError as problem:
        raise Denied(rf"no right to read the registry key {root}\{path}") from problem
    except OSError as problem:
        raise Unavailable(rf"no registry key {root}\{path}") from problem


def values(path: str, *, root: str = "HKEY_LOCAL_MACHINE", view: int = 64) -> dict[str, Any]:
    """The values of a key by name; binary ones as hex text, so that the answer is plain data.

    Raises:
        Denied: this process may not read the key.
        Unavailable: there is no such key, or no registry.
    """
    winreg = _winreg()
    found: dict[str, Any] = {}
    with _open(root, path, view) as key:
        for index in range(_MOST):
            try:
                name, value, _ = winreg.EnumValue(key, index)
            except OSError:
                break
            found[name] = value.hex() if isinstance(value, bytes) else value
    return found


def value(path: str, name: str, *, root: str = "HKEY_LOCAL_MACHINE", view: int = 64) -> Any:
    """One value of a key.

    Raises:
        Denied: this process may not read the key.
        Unavailable: there is no such key or value, or no registry.
    """
    with _open(root, path, view) as key:
        try:
            raw, _ = _winreg().QueryValueEx(key, name)
        except PermissionError as problem:
            raise Denied(rf"no right to read the registry value {path}\{name}") from problem
        except OSError as problem:
            raise Unavailable(rf"no registry value {path}\{name}") from problem
    return raw.hex() if isinstance(raw, bytes) else raw


def stands(path: str, name: str) -> bool:
    """Whether a value that is not empty stands under HKEY_LOCAL_MACHINE, without reading it: for passwords.

    Raises:
        Denied: this process may not read the key.
        Unavailable: this system has no registry.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    ask = windows.function("advapi32", "RegGetValueW")
    ask.argtypes = (ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_uint32) + (ctypes.c_void_p,) * 3
    size = ctypes.c_uint32(0)
    code = int(ask(_LOCAL_MACHINE, path, name, _ANY_KIND, None, None, ctypes.byref(size)))
    if code not in {0, _NOT_FOUND}:
        windows.refuse(code, rf"registry value {path}\{name}")
    # An empty text is its closing zero alone.
    return code == 0 and size.value > _EMPTY_TEXT


def keys(path: str, *, root: str = "HKEY_LOCAL_MACHINE", view: int = 64) -> list[str]:
    """The names of the keys below a key.

    Raises:
        Denied: this process may not read the key.
        Unavailable: there is no such key, or no registry.
    """
    winreg = _winreg()
    found: list[str] = []
    with _open(root, path, view) as key:
        for index in range(_MOST):
            try:
                found.append(winreg.EnumKey(key, index))
            except OSError:
                break
    return found


def left_out(path: str, listed: list[str], *, view: int = 64) -> int:
    """How many keys right below a key of HKEY_LOCAL_MACHINE `keys` has left out of this list: there were too many.

    Raises:
        Denied: this process may not read the key.
        Unavailable: there is no such key, or no registry.
    """
    if len(listed) < _MOST:
        return 0
    with _open("HKEY_LOCAL_MACHINE", path, view) as key:
        return max(0, int(_winreg().QueryInfoKey(key)[0]) - len(listed))


class Below(NamedTuple):
    """The keys right below a key: {key: {values, written}}, and how many were too many, or could not be read.

    `written` is when that key was last changed (epoch seconds by the PC's clock).
    """

    found: dict[str, dict[str, Any]]
    cut: int
    unread: int


def below(path: str, names: tuple[str, ...], *, view: int = 64) -> Below:
    """The named values of every key right below a key of HKEY_LOCAL_MACHINE, of 4096 at most.

    Raises:
        Denied: this process may not read the key.
        Unavailable: there is no such key, or no registry.
    """
    winreg = _winreg()
    found: dict[str, dict[str, Any]] = {}
    unread = 0
    with _open("HKEY_LOCAL_MACHINE", path, view) as key:
        cut = max(0, int(winreg.QueryInfoKey(key)[0]) - _MOST_BELOW)
        for index in range(_MOST_BELOW):
            try:
                name = winreg.EnumKey(key, index)
            except OSError:
                break
            try:
                with winreg.OpenKey(key, name) as inside:
                    written = winreg.QueryInfoKey(inside)[2] / 1e7 - _FILETIME_EPOCH_SECONDS
                    found[name] = {"values": _named(winreg, inside, names), "written": written}
            except FileNotFoundError:
                # Removed since it was named.
                continue
            except (OSError, ValueError):
                # Also a name with a zero in it, which no program of Windows can open: one such key hides no other.
                unread += 1
    return Below(found, cut, unread)


def _named(winreg: Any, key: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        try:
            raw, _ = winreg.QueryValueEx(key, name)
        except OSError:
            continue
        values[name] = raw.hex() if isinstance(raw, bytes) else raw
    return values
