r"""Whether this PC offers or uses the first version of SMB, the way by which worms went through whole schools.

Windows' server service tells its configuration to administrators. Everybody else is told by the driver: the component
is not there at all unless `mrxsmb10` is. On Linux Samba's file says it; without Samba nothing is offered.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import command, files, registry, units, wmi
from schooldrum_wire.catalogue.sharing import SHARING
from schooldrum_wire.section import Row

_SMB = r"root\Microsoft\Windows\SMB"
_CIMV2 = r"root\cimv2"
_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_SERVER, _CLIENT = "LanmanServer", "mrxsmb10"
_DISABLED = 4
_NOT_ON = frozenset({2, 3})
"""InstallState of an optional feature: off, or removed."""
_SAMBA = ("usr/sbin/smbd", "usr/local/sbin/smbd", "usr/local/samba/sbin/smbd")
_SAMBA_FILE = "etc/samba/smb.conf"
_SAMBA_UNITS = ("smbd.service", "smb.service", "samba.service", "samba-ad-dc.service")
_SAMBA_SECONDS = 10.0
_WITHOUT_BY_DEFAULT = (4, 11)
"""Since this release Samba speaks SMB 2 at least, unless told otherwise."""
_OLD = frozenset({"core", "coreplus", "lanman1", "lanman2", "nt1"})


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{configured, feature, set, server, client}.

    `configured` is EnableSMB1Protocol, `feature` the InstallState of the component, `set` the registry's SMB1, `server`
    and `client` the start types of the service and the driver; each None where it is not told or not there.

    Raises:
        Denied: this process may not read the registry.
        Unavailable: this is not Windows.
    """
    registry.keys(_SERVICES)
    configured = _told(_SMB, "SELECT EnableSMB1Protocol FROM MSFT_SmbServerConfiguration", "EnableSMB1Protocol")
    feature = None
    if configured is None:
        wql = "SELECT InstallState FROM Win32_OptionalFeature WHERE Name='SMB1Protocol'"
        feature = wmi.unsigned(_told(_CIMV2, wql, "InstallState"))
    return {
        "configured": configured,
        "feature": feature,
        "set": _value(rf"{_SERVICES}\{_SERVER}\Parameters", "SMB1"),
        "server": _value(rf"{_SERVICES}\{_SERVER}", "Start"),
        "client": _value(rf"{_SERVICES}\{_CLIENT}", "Start"),
    }


def _told(namespace: str, wql: str, name: str) -> Any:
    try:
        rows = wmi.query(namespace, wql, (name,))
    except (Denied, Unavailable, OSError):
        return None
    return rows[0].get(name) if rows else None


def _value(path: str, name: str) -> Any:
    try:
        return registry.value(path, name)
    except Unavailable:
        return None


def read_windows(data: Any) -> Iterator[Row]:
    """One row."""
    absent = data["client"] is None
    client = not absent and data["client"] != _DISABLED
    server: bool | None = None
    if data["server"] in {None, _DISABLED}:
        server = False
    elif isinstance(data["configured"], bool):
        server = data["configured"]
    elif data["feature"] in _NOT_ON or data["set"] == 0 or absent:
        server = False
    elif data["feature"] == 1 or client:
        # Where the component is there and nothing is set, it is on.
        server = True
    yield SHARING(server=_word(server), client=_word(client))


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{installed, running, release, server, client}: Samba and the oldest protocols it takes, None where not told.

    `release` is (major, minor); `running` whether it runs or will after a restart.
    """
    program = next((f"/{path}" for path in _SAMBA if files.target(doors.rootfs, path)), None)
    said = oldest_protocols(files.text_or_none(doors.rootfs, _SAMBA_FILE) or "")
    if program is None:
        return {"installed": False, "running": False, "release": None, **said}
    return {"installed": True, "running": _runs(doors), "release": _release(doors, program), **said}


def _runs(doors: Doors) -> bool | None:
    try:
        return any(unit.active or unit.enabled for unit in units.units(doors.rootfs, *_SAMBA_UNITS).values())
    except (Denied, Unavailable, OSError):
        return None


def _release(doors: Doors, program: str) -> list[int] | None:
    try:
        answer = command.run(files.below(doors.rootfs, program), "--version", timeout=_SAMBA_SECONDS)
    except (Denied, Unavailable, OSError):
        return None
    found = re.search(r"(\d{1,4})\.(\d{1,4})", answer.output)
    return [int(found[1]), int(found[2])] if found else None


def oldest_protocols(text: str) -> dict[str, str | None]:
    """{server, client}: the oldest protocol of each side that smb.conf(5) names for the whole server, in lower case.

    Parameters are the same in any case and spacing; `min protocol` is the older name of the server's.
    """
    found: dict[str, str | None] = {"server": None, "client": None}
    inside = True
    for line in text.splitlines():
        plain = line.strip()
        if plain.startswith("["):
            inside = plain.strip("[]").strip().casefold() == "global"
        elif inside and not plain.startswith(("#", ";")):
            key, equals, value = plain.partition("=")
            name = "".join(key.split()).casefold()
            if equals and name in {"serverminprotocol", "minprotocol"}:
                found["server"] = value.strip().casefold()
            elif equals and name == "clientminprotocol":
                found["client"] = value.strip().casefold()
    return found


def read_linux(data: Any) -> Iterator[Row]:
    """One row."""
    server: bool | None = False
    if data["installed"] and data["running"] is not False:
        server = _takes_old(data["server"], data["release"])
        if server and data["running"] is None:
            server = None
    client = _takes_old(data["client"], data["release"] or [*_WITHOUT_BY_DEFAULT])
    yield SHARING(server=_word(server), client=_word(client))


def _takes_old(oldest: str | None, release: list[int] | None) -> bool | None:
    if oldest and oldest != "default":
        return oldest in _OLD
    return None if release is None else tuple(release) < _WITHOUT_BY_DEFAULT


def _word(on: bool | None) -> str | None:  # noqa: FBT001 - the fact itself
    return {True: "on", False: "off", None: None}[on]


PROBE = Probe(
    "sharing",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("sharing",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
