"""Which system runs on this PC."""

import os
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import os_release, registry
from schooldrum_wire.catalogue.host import HOST
from schooldrum_wire.section import Row
from schooldrum_wire.version import VERSION

_CURRENT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_WINDOWS_VALUES = (
    "ProductName",
    "EditionID",
    "InstallationType",
    "CurrentVersion",
    "CurrentMajorVersionNumber",
    "CurrentMinorVersionNumber",
    "CurrentBuildNumber",
    "UBR",
    "DisplayVersion",
    "ReleaseId",
    "CSDVersion",
)
_WINDOWS_11 = 22000
_LONGEST = 200
_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{os_release, kernel, architecture, host_name, agent}: the text of os-release and what the kernel says."""
    kernel = os.uname()
    return {
        "os_release": os_release.text(doors.rootfs),
        "kernel": kernel.release,
        "architecture": kernel.machine,
        "host_name": kernel.nodename,
        "agent": VERSION,
    }


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{version, architecture, host_name, agent}: the registry's CurrentVersion, as far as it tells the system."""
    found = registry.values(_CURRENT_VERSION)
    return {
        "version": {name: found[name] for name in _WINDOWS_VALUES if name in found},
        # The first is set only in a 32-bit process and then tells the truth that the second hides.
        "architecture": os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE", ""),
        "host_name": _host_name(),
        "agent": VERSION,
    }


def _host_name() -> str:
    try:
        return str(
            registry.value(r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName", "ComputerName"),
        )
    except (Denied, Unavailable):
        return os.environ.get("COMPUTERNAME", "")


def windows_name(version: dict[str, Any]) -> str:
    """The system's name and release, such as `Windows 11 Pro 24H2`.

    Windows 11 still calls itself Windows 10 in ProductName; clients and servers share build numbers, so only a client
    is renamed. ReleaseId stopped at 2009, so it counts only where DisplayVersion is missing.
    """
    name = str(version.get("ProductName") or "Windows")
    if _number(version.get("CurrentBuildNumber")) >= _WINDOWS_11 and version.get("InstallationType") == "Client":
        name = name.replace("Windows 10", "Windows 11")
    release = version.get("DisplayVersion") or version.get("ReleaseId") or version.get("CSDVersion") or ""
    return f"{name} {release}".strip()


def windows_build(version: dict[str, Any]) -> str:
    """The whole version, such as 10.0.19045.7548; without its last part on 8.1, which has no UBR."""
    major, minor = version.get("CurrentMajorVersionNumber"), version.get("CurrentMinorVersionNumber")
    start = str(version.get("CurrentVersion") or "") if major is None else f"{major}.{minor or 0}"
    parts = [start, str(version.get("CurrentBuildNumber") or ""), str(version.get("UBR") or "")]
    return ".".join(part for part in parts if part)


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0


def _tidy(text: object) -> str:
    return "".join(character for character in str(text) if character.isprintable())[:_LONGEST]


def _row(system: str, release: str, kernel: str, data: Any) -> Row:
    architecture = str(data["architecture"]).lower()
    return HOST(
        system=system,
        release=_tidy(release),
        kernel=_tidy(kernel),
        architecture=_tidy(_ARCHITECTURES.get(architecture, architecture)),
        agent=_tidy(data["agent"]),
        host_name=_tidy(data["host_name"]),
    )


def read_linux(data: Any) -> Iterator[Row]:
    """One row."""
    release = os_release.parse(data["os_release"])
    name = release.get("PRETTY_NAME") or f"{release.get('NAME', 'Linux')} {release.get('VERSION', '')}".strip()
    yield _row("linux", name, data["kernel"], data)


def read_windows(data: Any) -> Iterator[Row]:
    """One row."""
    yield _row("windows", windows_name(data["version"]), windows_build(data["version"]), data)


PROBE = Probe(
    "host",
    every=6 * 3600,
    timeout=15,
    floor=600,
    sections=("host",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
