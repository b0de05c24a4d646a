r"""Whether this PC lets its screen be controlled over the network by the system's own means, and how it is protected.

A policy wins over what was set on the PC. Home editions of Windows cannot be controlled, whatever their registry says.
Programs of other makers are software, not the system's own.
"""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, registry, units
from schooldrum_wire.catalogue.remote_desktop import REMOTE_DESKTOP
from schooldrum_wire.section import Row

_CONTROL = r"SYSTEM\CurrentControlSet\Control"
_SERVER = rf"{_CONTROL}\Terminal Server"
_LISTENER = rf"{_SERVER}\WinStations\RDP-Tcp"
_POLICY = r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
_ASSISTANCE = r"SYSTEM\CurrentControlSet\Control\Remote Assistance"
_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_SERVICE = r"SYSTEM\CurrentControlSet\Services\TermService"
_DISABLED = 4
_HOME = "core"
"""Home's editions are Core, CoreN, CoreSingleLanguage and CoreCountrySpecific."""
_PROGRAMS = {
    "xrdp": ("xrdp.service", "usr/sbin/xrdp"),
    "gnome-remote-desktop": ("gnome-remote-desktop.service", "usr/libexec/gnome-remote-desktop-daemon"),
}
_PROTECTED = {"xrdp": False, "gnome-remote-desktop": True}
"""Xrdp shows its own sign-in screen to anybody; the other one asks for a password first."""


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{edition, refused, refused_by_policy, proof, proof_by_policy, port, assistance, service}.

    As the registry has them, each None where nothing is set.

    Raises:
        Denied: this process may not read the registry.
        Unavailable: this is not Windows.
    """
    registry.keys(_CONTROL)
    return {
        "edition": _value(_VERSION, "EditionID"),
        "refused": _value(_SERVER, "fDenyTSConnections"),
        "refused_by_policy": _value(_POLICY, "fDenyTSConnections"),
        "proof": _value(_LISTENER, "UserAuthentication"),
        "proof_by_policy": _value(_POLICY, "UserAuthentication"),
        "port": _value(_LISTENER, "PortNumber"),
        "assistance": _value(_ASSISTANCE, "fAllowToGetHelp"),
        "service": _value(_SERVICE, "Start"),
    }


def _value(path: str, name: str) -> Any:
    try:
        return registry.value(path, name)
    except Unavailable:
        return None


def _set(policy: Any, own: Any, otherwise: int) -> int:
    return next((value for value in (policy, own) if isinstance(value, int)), otherwise)


def read_windows(data: Any) -> Iterator[Row]:
    """One row."""
    home = str(data["edition"] or "").casefold().startswith(_HOME)
    refused = _set(data["refused_by_policy"], data["refused"], 1) != 0
    enabled = not (refused or home or data["service"] == _DISABLED)
    port = data["port"]
    yield REMOTE_DESKTOP(
        enabled=enabled,
        # Since Windows 8 it is asked for unless somebody took it off.
        protected=_set(data["proof_by_policy"], data["proof"], 1) != 0,
        port=port if enabled and isinstance(port, int) else None,
        assistance=data["assistance"] != 0 if isinstance(data["assistance"], int) else None,
    )


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{program: whether it runs or will after a restart}, None where that is not told, for what is installed."""
    there = [name for name, (_, path) in _PROGRAMS.items() if files.target(doors.rootfs, path)]
    if not there:
        return {}
    try:
        told = units.units(doors.rootfs, *(_PROGRAMS[name][0] for name in there))
    except (Denied, Unavailable, OSError):
        return dict.fromkeys(there)
    return {name: told[_PROGRAMS[name][0]].active or told[_PROGRAMS[name][0]].enabled for name in there}


def read_linux(data: Any) -> Iterator[Row]:
    """One row: the least protected program that runs, else whether one might."""
    for name, on in data.items():
        if on:
            yield REMOTE_DESKTOP(enabled=True, protected=_PROTECTED[name], program=name)
            return
    yield REMOTE_DESKTOP(enabled=None if None in data.values() else False)


PROBE = Probe(
    "remote_desktop",
    every=6 * 3600,
    timeout=15,
    child=True,
    floor=600,
    sections=("remote_desktop",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
