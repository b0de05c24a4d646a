"""When updates were last looked for, installed, and failed to install; and which stand in the list of installed ones.

Days are those of the PC's own clock: Windows does not say in which zone its history counts, and the clock may be wrong.
"""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import apt, dnf, eventlog, files, update_agent, wmi
from schooldrum_wire.catalogue.update_history import HOTFIXES, UPDATE_HISTORY
from schooldrum_wire.section import Row

_INSTALL, _UNINSTALL = 1, 2
_SUCCEEDED, _FAILED = frozenset({2, 3}), frozenset({4, 5})
_NOT_PATCHES = frozenset({"KB2267602", "KB4052623", "KB915597", "KB2461484", "KB890830", "KB5007651"})
"""Virus signatures and scanners come daily by the same way; they say nothing about Windows' own updates."""
_ARTICLE = re.compile(r"KB\d{5,8}")
_NO_ARTICLE = "File 1"
"""On old Windows such a row is one file of an update, whose article stands in another column."""
_SETUP = ("Setup", "Microsoft-Windows-Servicing", 2)
_STATE_INSTALLED = "5112"
_NO_ERROR = frozenset({"0x0", "0x00000000", "0"})
_EVENTS = 100
_FILETIME = re.compile(r"[0-9a-fA-F]{16}")
_FILETIME_BEGAN = datetime(1601, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = date(1995, 1, 1), date(2100, 1, 1)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
_MOST_ROWS = 600
_MONTHS = 12
_LOGS = ("var/log/apt/history.log", "var/log/apt/history.log.1.gz")
_LARGEST_LOG = 4 << 20
_DNF_CACHES = ("var/cache/dnf", "var/cache/libdnf5", "var/cache/yum")


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{history, runs, hotfixes, events}, each None where its door is closed; shapes as the sources tell them.

    `hotfixes` are rows of Win32_QuickFixEngineering, `events` {time, data} of updates that were installed.

    Raises:
        Denied: this process may not ask anywhere.
        Unavailable: none of them is there.
    """
    found: dict[str, Any] = {}
    troubles: list[Exception] = []
    for name, ask in _ASKED_OF_WINDOWS.items():
        try:
            found[name] = ask()
        except (Denied, Unavailable, OSError) as problem:
            found[name] = None
            troubles.append(problem)
    if len(troubles) == len(_ASKED_OF_WINDOWS):
        raise next((one for one in troubles if isinstance(one, Denied)), troubles[0])
    return found


def _hotfixes() -> list[dict[str, Any]]:
    properties = ("HotFixID", "InstalledOn", "ServicePackInEffect")
    wanted = "SELECT HotFixID, InstalledOn, ServicePackInEffect FROM Win32_QuickFixEngineering"
    return wmi.query(r"root\cimv2", wanted, properties)


def _events() -> list[dict[str, Any]]:
    return [{"time": event.time, "data": event.data} for event in eventlog.newest(*_SETUP, _EVENTS)]


_ASKED_OF_WINDOWS = {
    "history": update_agent.history,
    "runs": update_agent.last_runs,
    "hotfixes": _hotfixes,
    "events": _events,
}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{entries, refreshed, installed}: apt's history as parse_log tells it, when its lists came, rpm's newest install.

    Times are epoch seconds, None where nothing tells.

    Raises:
        Denied: this process may not ask.
        Unavailable: there is neither apt nor rpm.
    """
    root = doors.rootfs
    if apt.is_here(root):
        # The files say which person asked for what: that stays in them.
        entries = [list(entry) for place in reversed(_LOGS) for entry in parse_log(_log(root, place))]
        return {"entries": entries, "refreshed": apt.refreshed(root), "installed": None}
    times = [int(line) for line in dnf.install_times().split() if line.isdecimal()]
    fetched = [time for place in _DNF_CACHES if (time := files.changed(root, place)) is not None]
    return {"entries": [], "refreshed": max(fetched, default=None), "installed": max(times, default=None)}


def _log(root: str, place: str) -> str:
    try:
        raw = files.read_bytes(root, place, limit=_LARGEST_LOG)
        if place.endswith(".gz"):
            raw = zlib.decompressobj(wbits=31).decompress(raw, _LARGEST_LOG)
    except (Denied, Unavailable, zlib.error):
        return ""
    return raw.decode("utf-8", "replace")


def _told(day: date) -> str | None:
    return day.isoformat() if _EARLIEST <= day <= _LATEST else None


def _day(text: object) -> str | None:
    match = _DAY.match(str(text or ""))
    try:
        return _told(date.fromisoformat(match[1])) if match else None
    except ValueError:
        return None


def _of_epoch(seconds: float | None) -> str | None:
    try:
        return None if seconds is None else _told(datetime.fromtimestamp(seconds, UTC).date())
    except (OverflowError, OSError, ValueError):
        return None


def installed_on(text: object) -> str | None:
    """The day in a hotfix's InstalledOn: `1/15/2011` (American), `20110115`, `15-1-2011`, or a FILETIME in hex."""
    plain = str(text or "").strip()
    try:
        if _FILETIME.fullmatch(plain):
            return _told((_FILETIME_BEGAN + timedelta(microseconds=int(plain, 16) // 10)).date())
        if re.fullmatch(r"\d{8}", plain):
            return _told(date(int(plain[:4]), int(plain[4:6]), int(plain[6:])))
        if match := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})\b", plain):
            month, day = int(match[1]), int(match[2])
            if month > _MONTHS:
                month, day = day, month
            return _told(date(int(match[3]), month, day))
        if match := re.match(r"(\d{1,2})-(\d{1,2})-(\d{4})\b", plain):
            return _told(date(int(match[3]), int(match[2]), int(match[1])))
    except (ValueError, OverflowError):
        return None
    return _day(plain)


def hotfixes(rows: list[dict[str, Any]]) -> dict[str, str | None]:
    """Articles of installed updates with their day; rows that name a file of an update are not counted twice."""
    found: dict[str, str | None] = {}
    for row in rows:
        name = str(row.get("HotFixID") or "").strip().upper()
        if _ARTICLE.fullmatch(name) and not found.get(name):
            found[name] = installed_on(row.get("InstalledOn"))
    return found


def standing(history: list[dict[str, Any]]) -> tuple[frozenset[str], frozenset[str]]:
    """Articles that are installed, and that were removed again, by the whole history: what came last counts.

    Entries with dates are put in their order; those without stand in the order in which they happened.
    """
    entries = sorted(history, key=lambda entry: str(entry.get("Date") or ""))
    last: dict[str, int] = {}
    for entry in entries:
        if _code(entry, "ResultCode") in _SUCCEEDED and _code(entry, "Operation") in {_INSTALL, _UNINSTALL}:
            last.update(dict.fromkeys(entry.get("articles") or (), _code(entry, "Operation")))
    return (
        frozenset(article for article, operation in last.items() if operation == _INSTALL),
        frozenset(article for article, operation in last.items() if operation == _UNINSTALL),
    )


def servicing(events: list[dict[str, Any]]) -> dict[str, str]:
    """Articles that the servicing stack says it installed, with the day (UTC) of the newest such event."""
    found: dict[str, str] = {}
    for event in events:
        said, day = event["data"], _day(event["time"])
        article = str(said.get("PackageIdentifier") or "").upper()
        succeeded = said.get("IntendedPackageState") == _STATE_INSTALLED and said.get("ErrorCode") in _NO_ERROR
        if succeeded and day and _ARTICLE.fullmatch(article):
            found[article] = max(day, found.get(article, ""))
    return found


def _code(entry: dict[str, Any], name: str) -> int:
    value = entry.get(name)
    return value if isinstance(value, int) else 0


def _counts(entry: dict[str, Any]) -> bool:
    names = set(entry.get("articles") or ())
    return _code(entry, "Operation") == _INSTALL and bool(names) and not names & _NOT_PATCHES


def read_windows(data: Any) -> Iterator[Row]:
    """The row of days, and every update known to be installed."""
    history = [entry for entry in data["history"] or () if _counts(entry)]
    dated = [entry for entry in history if _day(entry.get("Date"))]
    successes = [str(entry["Date"]) for entry in dated if _code(entry, "ResultCode") in _SUCCEEDED]
    failed = [entry for entry in dated if _code(entry, "ResultCode") in _FAILED]
    known: dict[str, str | None] = {}
    for source in (hotfixes(data["hotfixes"] or []), servicing(data["events"] or [])):
        known.update({article: day for article, day in source.items() if day or article not in known})
    installed, removed = standing(data["history"] or [])
    for article in sorted(installed - _NOT_PATCHES):
        known.setdefault(article, None)
    days = [
        *filter(None, map(_day, successes)),
        *(day for article, day in known.items() if day and article not in _NOT_PATCHES),
    ]
    success = max(days, default=None)
    # Beside days alone, the history says which of one day came last.
    newest = max(successes, default="")
    later = [entry for entry in failed if str(entry["Date"]) > newest and str(entry["Date"])[:10] >= (success or "")]
    last = max(failed, key=lambda entry: str(entry["Date"]), default=None)
    code = wmi.unsigned(last.get("HResult")) if last and last in later else None
    yield _row(
        last_scan=_day((data["runs"] or {}).get("LastSearchSuccessDate")),
        last_success=success,
        last_failure=_day(last["Date"]) if last else None,
        error=f"0x{code:08X}" if code else None,
        failures=len(later) if data["history"] is not None else None,
    )
    gone = removed - set(hotfixes(data["hotfixes"] or []))
    for article in sorted(known.keys() - gone)[:_MOST_ROWS]:
        yield HOTFIXES(update=article, **({"installed": day} if (day := known[article]) else {}))


def parse_log(text: str) -> list[tuple[str, bool, bool]]:
    """Entries of apt's history.log: (day, whether it upgraded anything, whether it failed), in their order."""
    found = []
    for entry in text.split("\n\n"):
        lines = [line.partition(": ") for line in entry.strip().splitlines()]
        fields = {name: value for name, colon, value in lines if colon}
        if day := _day(fields.get("Start-Date")):
            found.append((day, "Upgrade" in fields, "Error" in fields))
    return found


def read_linux(data: Any) -> Iterator[Row]:
    """The row of days."""
    entries = [entry for entry in data["entries"] if entry[1]]
    good = [day for day, _, failed in entries if not failed]
    success = max(good, default=None) or _of_epoch(data["installed"])
    failures = [day for day, _, failed in entries if failed]
    later = [day for day in failures if not success or day > success]
    yield _row(
        last_scan=_of_epoch(data["refreshed"]),
        last_success=success,
        last_failure=max(failures, default=None),
        error="dpkg" if later else None,
        failures=len(later) if entries else None,
    )


def _row(**values: Any) -> Row:
    return UPDATE_HISTORY(**{name: value for name, value in values.items() if value is not None})


PROBE = Probe(
    "update_history",
    every=6 * 3600,
    timeout=180,
    floor=3600,
    child=True,
    sections=("update_history", "hotfixes"),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
