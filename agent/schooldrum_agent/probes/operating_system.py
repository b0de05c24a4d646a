"""Which edition, release and build of its operating system this PC runs, as its maker counts them."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import apt_releases, files, os_release, registry
from schooldrum_wire.catalogue.operating_system import OPERATING_SYSTEM
from schooldrum_wire.section import Row

_CURRENT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_VALUES = (
    "ProductName", "EditionID", "InstallationType", "CurrentVersion", "CurrentMajorVersionNumber",
    "CurrentMinorVersionNumber", "CurrentBuildNumber", "UBR", "DisplayVersion", "ReleaseId", "CSDVersion",
    "InstallDate",
)  # fmt: skip
_FIRST_OF_WINDOWS_11 = 22000
_CLIENTS = (
    (_FIRST_OF_WINDOWS_11, "Windows 11"),
    (10000, "Windows 10"),
    (9600, "Windows 8.1"),
    (9200, "Windows 8"),
    (7600, "Windows 7"),
    (6000, "Windows Vista"),
)
_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64", "i386": "x86"}
_ID_LENGTH = 40
_LONGEST = 200
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ESM_SERVICES = frozenset({"esm-infra", "esm-apps"})


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{os_release, architecture, releases, pro}: the text of os-release, apt's archives, Ubuntu Pro's services.

    `releases` are the `apt_releases.release_fields` of each archive that apt has fetched.
    """
    return {
        "os_release": os_release.text(doors.rootfs),
        "architecture": os.uname().machine,
        "releases": apt_releases.releases(doors.rootfs),
        # The file names the account that paid: only what is wanted of it is taken along.
        "pro": enabled_services(files.text_or_none(doors.rootfs, "var/lib/ubuntu-advantage/status.json") or ""),
    }


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{version, architecture}: the registry's CurrentVersion, as far as it tells the system.

    Raises:
        Denied: this process may not read the key.
        Unavailable: there is no registry.
    """
    found = registry.values(_CURRENT_VERSION)
    return {
        "version": {name: found[name] for name in _VALUES if name in found},
        # The first is set only in a 32-bit process and then tells the truth that the second hides.
        "architecture": os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE", ""),
    }


def _text(value: object) -> str | None:
    plain = "".join(character for character in str(value or "") if character.isprintable()).strip()[:_LONGEST]
    return plain or None


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        return None
    whole = int(value)
    return whole if whole < 2**31 else None


def _day(epoch: int | None) -> str | None:
    return datetime.fromtimestamp(epoch, UTC).date().isoformat() if epoch else None


def _product(build: int | None, *, server: bool) -> str:
    if server:
        return "Windows Server"
    return next((name for first, name in _CLIENTS if build is not None and build >= first), "Windows")


def _release(version: dict[str, Any]) -> str | None:
    # ReleaseId stopped at 2009, so it counts only where DisplayVersion is missing.
    pack = re.search(r"\d+", str(version.get("CSDVersion") or ""))
    return _text(version.get("DisplayVersion") or version.get("ReleaseId")) or (f"SP{pack[0]}" if pack else None)


def read_windows(data: Any) -> Iterator[Row]:
    """One row. Windows 11 still calls itself Windows 10 in ProductName: the build decides, for clients alone."""
    version = data["version"]
    build, revision = _number(version.get("CurrentBuildNumber")), _number(version.get("UBR"))
    server = str(version.get("InstallationType") or "Client").casefold().startswith("server")
    product = _product(build, server=server)
    name = _text(version.get("ProductName")) or product
    if product == "Windows 11":
        name = name.replace("Windows 10", product)
    major, minor = _number(version.get("CurrentMajorVersionNumber")), _number(version.get("CurrentMinorVersionNumber"))
    # On 10 and newer CurrentVersion stays 6.3.
    start = _text(version.get("CurrentVersion")) if major is None else f"{major}.{minor or 0}"
    parts = [str(part) for part in (start, build, revision) if part is not None]
    yield _row(
        system="windows",
        product=product,
        title=name,
        edition=_text(version.get("EditionID")),
        server=server,
        release=_release(version),
        version=".".join(parts) or None,
        build=build,
        revision=revision,
        architecture=_architecture(data["architecture"]),
        installed=_day(_number(version.get("InstallDate"))),
    )


def _word(text: str) -> str | None:
    return _text(text.casefold()[:_ID_LENGTH])


def enabled_services(status: str) -> list[str]:
    """Ubuntu Pro's services for longer support that are enabled, out of its status.json; none for what is not one."""
    try:
        services = msgspec.json.decode(status)["services"]
        return sorted({one["name"] for one in services if one["status"] == "enabled"} & _ESM_SERVICES)
    except (msgspec.DecodeError, ValueError, KeyError, TypeError, RecursionError):
        return []


def read_linux(data: Any) -> Iterator[Row]:
    """One row."""
    release = os_release.parse(data["os_release"])
    codename = release.get("VERSION_CODENAME", "")
    # Mint and Zorin get their security updates from the Ubuntu they are made of, LMDE from its Debian.
    foundation = release.get("UBUNTU_CODENAME") or release.get("DEBIAN_CODENAME") or codename
    extended = list(data["pro"])
    # Those of another release, left over from before an upgrade, bring this one nothing.
    covered = {apt_releases.debian_security(fields) for fields in data["releases"]} - {None}
    if foundation in covered or (covered and not foundation):
        extended.append("security_source")
    name = release.get("PRETTY_NAME") or f"{release.get('NAME', 'Linux')} {release.get('VERSION', '')}"
    end = release.get("SUPPORT_END", "")
    yield _row(
        system="linux",
        product=_word(release.get("ID", "linux")),
        title=_text(name),
        server=None,
        release=_word(release.get("VERSION_ID", "")),
        codename=_word(codename),
        foundation=_word(foundation),
        version=_text(release.get("VERSION_ID")),
        architecture=_architecture(data["architecture"]),
        support_end=end if _DAY.fullmatch(end) else None,
        extended=" ".join(extended) or None,
    )


def _architecture(text: object) -> str | None:
    plain = _text(str(text or "").casefold())
    return _ARCHITECTURES.get(plain, plain) if plain else None


def _row(**values: Any) -> Row:
    return OPERATING_SYSTEM(**{name: value for name, value in values.items() if value is not None})


PROBE = Probe(
    "operating_system",
    every=6 * 3600,
    timeout=15,
    floor=600,
    sections=("operating_system",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
