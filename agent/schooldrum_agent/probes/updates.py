"""Which updates wait to be installed on this PC, and which of them mend its security.

Windows' Update Agent is asked for what its last search found, once a week with a search of its own where it has not
searched by itself; Linux' package tools for what their lists hold. Neither is made to change anything.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import apt, dnf, registry, update_agent
from schooldrum_wire.catalogue.updates import SECURITY_UPDATES_PENDING, UPDATES
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

_SECURITY = frozenset({"0fa1201d-4330-4fa8-8ae9-b877473b6441", "e6cf1350-c01b-414d-a61f-263d14d133b4"})
_UPGRADE = "3689bdc8-b205-4af4-8d4a-a63924c5e9d5"
_DEFINITIONS = "e0789628-ce08-4437-be74-2495b842f43b"
"""Virus signatures: one of them always waits."""
_DRIVER = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0"
_GRAVE = frozenset({"critical", "important"})
_SEVERITIES = frozenset({"critical", "important", "moderate", "low"})
_ID = re.compile(r"[0-9A-Za-z+.:_~^-]{1,120}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_ROWS = 1000
_MOST_SIMULATED = 60
_MACHINE = r"SOFTWARE\Microsoft\Cryptography"
_STALE_DAYS, _WORKDAYS = 7, 6


def fetch_windows(doors: Doors) -> dict[str, Any]:
    """{updates, online}: as `sources.update_agent.pending` tells them, and whether it searched for this.

    Raises:
        Denied: this process may not ask.
        Unavailable: this is not Windows, or its Update Agent is missing or disabled.
    """
    online = _searches_today(datetime.fromtimestamp(doors.wall(), UTC))
    return {"updates": update_agent.pending(online=online), "online": online}


def _searches_today(now: datetime) -> bool:
    try:
        searched = update_agent.last_runs().get("LastSearchSuccessDate")
        name = str(registry.value(_MACHINE, "MachineGuid"))
    except (Denied, Unavailable, OSError):
        return False
    return due_online(searched, name, now)


def due_online(searched: str | None, name: str, now: datetime) -> bool:
    """Whether this PC, called `name`, searches over the network today: it has not for a week, and it is its weekday.

    Every PC of a room has a day of its own from Monday to Saturday, so that forty do not search at once over one line.
    """
    if searched and _DAY.match(searched):
        passed = (now.date() - datetime.fromisoformat(searched[:10]).date()).days
        if 0 <= passed < _STALE_DAYS:
            return False
    return hashlib.sha256(name.encode()).digest()[0] % _WORKDAYS == now.weekday()


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{apt, dnf}: texts of the tools, None for the one that is not here.

    `apt` is {changes, listed, policy, pinned}, `changes` None where it was not asked, `policy` of what is listed and
    `pinned` of what is pinned by name; `dnf` is {waiting, notices}. Texts as in `sources.apt` and `sources.dnf`.

    Raises:
        Denied: this process may not ask.
        Unavailable: there is neither, or apt's lists are missing or hold none of security updates: then it is not known
            what waits, which is not the same as that nothing does.
        OSError: what dpkg or apt keeps is missing or broken.
        TimeoutError: apt does not answer.
    """
    if doors.rootfs != "/":
        # With RootDir apt would write into the other tree, and its tools may not understand it.
        raise Unavailable("the packages of another system's tree are not asked")
    if not apt.is_here(doors.rootfs):
        waiting = dnf.waiting()
        dnf.require_packages()
        return {"apt": None, "dnf": {"waiting": waiting, "notices": dnf.notices()}}
    apt.require_packages(doors.rootfs)
    archives = apt.archives(doors.rootfs)
    if not archives:
        raise Unavailable("no_lists: apt has no lists of packages on this PC; fetch them with: apt-get update")
    if not any(archives):
        raise Unavailable(
            "no_security_source: none of apt's lists is one of security updates; add the system's security archive to"
            " /etc/apt/sources.list, then: apt-get update"
        )
    listed = apt.listed()
    upgradable = apt.parse_list(listed)
    plain = [one.full_name for one in upgradable if not one.is_security]
    # To simulate costs seconds per hundred packages, and tells nothing where nothing waits; who lacks that many has
    # not held one back.
    changes = apt.simulated() if 0 < len(upgradable) <= _MOST_SIMULATED else None
    # apt lists nothing that a pin keeps away.
    pinned = apt.policy(apt.parse_pinned(apt.pinned()))
    told = {"changes": changes, "listed": listed, "policy": apt.policy(plain), "pinned": pinned}
    return {"apt": told, "dnf": None}


def _kind(update: dict[str, Any], severity: str | None) -> str:
    categories = {str(one).casefold().strip("{}") for one in update.get("CategoryIDs") or ()}
    if categories & _SECURITY or severity in _GRAVE:
        return "security"
    if _UPGRADE in categories:
        return "upgrade"
    return "optional" if update.get("BrowseOnly") is True else "other"


def _name(update: dict[str, Any]) -> str | None:
    numbers = [str(number).upper().removeprefix("KB") for number in update.get("KBArticleIDs") or ()]
    name = next((f"KB{number}" for number in numbers if number.isdecimal()), None) or str(update.get("UpdateID") or "")
    return name if _ID.fullmatch(name) else None


def read_windows(data: Any) -> Iterator[Reading | Row]:
    """How many security updates wait, and every update but virus signatures and drivers.

    Raises:
        OSError: one of them has no name: without it the count would be too low.
    """
    found: dict[str, Row] = {}
    for update in data["updates"]:
        categories = {str(one).casefold().strip("{}") for one in update.get("CategoryIDs") or ()}
        name = _name(update)
        if categories & {_DEFINITIONS, _DRIVER}:
            continue
        if name is None:
            raise OSError("an update that waits has neither an article nor an id that can be read; see: Windows Update")
        severity = str(update.get("MsrcSeverity") or "").casefold()
        published = _DAY.match(str(update.get("LastDeploymentChangeTime") or ""))
        values = {
            "update": name,
            "kind": _kind(update, severity),
            "severity": severity if severity in _SEVERITIES else None,
            "published": published[0] if published else None,
            "downloaded": update["IsDownloaded"] if isinstance(update.get("IsDownloaded"), bool) else None,
        }
        # One article may stand for several updates (for each version of .NET): the gravest is told.
        if name not in found or values["kind"] == "security":
            found[name] = UPDATES(**{key: value for key, value in values.items() if value is not None})
    yield from _tell(list(found.values()))


def read_linux(data: Any) -> Iterator[Reading | Row]:
    """The same; a package that is held back or pinned waits too, and a fix that a later update has overtaken counts.

    Raises:
        OSError: a line or a name cannot be read: without it the count would be too low.
    """
    yield from _tell(list(_waiting_apt(data["apt"]) if data["apt"] else _waiting_dnf(data["dnf"])))


def _waiting_apt(data: Any) -> Iterator[Row]:
    simulated = data["changes"] is not None
    changes = {change.name: change for change in apt.parse_changes(data["changes"] or "") if change.is_upgrade}
    overtaken = apt.parse_policy(data["policy"])
    told: set[str] = set()
    for one in apt.parse_list(data["listed"]):
        change = changes.get(one.name) or changes.get(f"{one.name}:{one.architecture}")
        late = not overtaken.isdisjoint({one.name, one.full_name})
        security = one.is_security or late or (change is not None and change.is_security)
        name = change.name if change else one.name
        told |= {name, one.name, one.full_name}
        yield _package(name, one.old, one.new, security=security, held=change is None if simulated else None)
    for name, change in changes.items():
        if name not in told:
            yield _package(name, change.old, change.new, security=change.is_security or name in overtaken, held=False)
    for name in sorted(apt.parse_policy(data.get("pinned", "")) - told - changes.keys()):
        yield _package(name, "", "", security=True, held=True)


def _waiting_dnf(data: Any) -> Iterator[Row]:
    notices = dnf.parse_notices(data["notices"])
    told: dict[str, Row] = {}
    for one in dnf.parse_waiting(data["waiting"]):
        severity = notices.get(f"{one.name}.{one.architecture}")
        # A library for both architectures is one update: a notice for either counts.
        if one.name not in told or (severity is not None and told[one.name].values["kind"] != "security"):
            told[one.name] = _package(one.name, "", one.new, security=severity is not None, severity=severity)
    yield from told.values()


def _package(
    name: str, old: str, new: str, *, security: bool, held: bool | None = None, severity: str | None = None
) -> Row:
    values = {
        "update": name,
        "kind": "security" if security else "other",
        "severity": severity,
        "installed": old,
        "available": new,
        "held": held,
    }
    if not _ID.fullmatch(name):
        raise OSError(f"the name of a package that waits cannot be read: {name}")
    # A version that is none is left out; the package waits all the same.
    readable = {key: value for key, value in values.items() if not isinstance(value, str) or _ID.fullmatch(value)}
    return UPDATES(**{key: value for key, value in readable.items() if value is not None})


def _tell(rows: list[Row]) -> Iterator[Reading | Row]:
    yield SECURITY_UPDATES_PENDING(sum(row.values["kind"] == "security" for row in rows))
    # Security first: on a PC that was never updated the others are given up.
    yield from sorted(rows, key=lambda row: row.values["kind"] != "security")[:_MOST_ROWS]


PROBE = Probe(
    "updates",
    every=6 * 3600,
    timeout=900,
    floor=3600,
    child=True,
    sections=("updates",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
