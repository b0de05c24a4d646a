"""What the Windows Update Agent answers: which updates wait, what was installed, when it last searched.

For children only: a search takes from seconds to an hour and cannot be broken off from inside. Asked without network
unless told otherwise. Titles are translated and stay where they are, but for the number of the article in them.
"""

import importlib
import re
from datetime import datetime
from typing import Any

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import wmi

_SESSION, _AUTOMATIC = "Microsoft.Update.Session", "Microsoft.Update.AutoUpdate"
_CALLER = "Schooldrum"
_WANTED = "IsInstalled=0 and IsHidden=0 and Type='Software'"
_CALL_OR_GET, _PUT = 3, 4
_MULTITHREADED = 0
_DENIED = frozenset({0x80070005, 0x80240044})
_ABSENT = frozenset(
    {
        0x80040154,  # not registered
        0x800401F3,  # no such name
        0x80070422,  # its service is disabled
        0x80004001,  # not implemented (Wine)
        0x80240003,  # no such service
    }
)
_MOST_UPDATES, _MOST_ENTRIES, _MOST_OF_ONE = 500, 300, 40
_ARTICLE = re.compile(r"KB(\d{6,8})", re.IGNORECASE)
_NEVER_YEAR = 1900
"""Automation's zero day is 30 December 1899: it stands for never."""


def _refusal(code: int) -> Exception:
    code &= 0xFFFFFFFF
    if code in _DENIED:
        return Denied(f"the Windows Update Agent wants more rights ({code:#x})")
    if code in _ABSENT:
        return Unavailable(f"no Windows Update Agent answers here ({code:#x})")
    return OSError(f"the Windows Update Agent failed with error {code:#x}")


def _broken() -> Any:
    try:
        return importlib.import_module("pywintypes").com_error
    except ImportError as problem:
        raise Unavailable(
            "no Windows Update Agent: not Windows, or the agent was installed without pywin32"
        ) from problem


def _object(name: str) -> Any:
    pythoncom = importlib.import_module("pythoncom")
    pythoncom.CoInitializeEx(_MULTITHREADED)
    return pythoncom.CoCreateInstance(name, None, pythoncom.CLSCTX_ALL, pythoncom.IID_IDispatch)


def _get(thing: Any, name: str, *arguments: Any) -> Any:
    return thing.Invoke(thing.GetIDsOfNames(name), 0, _CALL_OR_GET, 1, *arguments)


def _put(thing: Any, name: str, value: Any) -> None:
    thing.Invoke(thing.GetIDsOfNames(name), 0, _PUT, 0, value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S") if value.year >= _NEVER_YEAR else None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _said(thing: Any, names: tuple[str, ...], broken: Any) -> dict[str, Any]:
    """The named properties; one that this Windows has not is absent."""
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = _plain(_get(thing, name))
        except (broken, ValueError, OverflowError):
            continue
    return found


def _items(collection: Any, most: int) -> list[Any]:
    return [_get(collection, "Item", index) for index in range(min(most, int(_get(collection, "Count"))))]


def _update(thing: Any, broken: Any) -> dict[str, Any]:
    found = _said(
        thing, ("MsrcSeverity", "IsDownloaded", "RebootRequired", "BrowseOnly", "LastDeploymentChangeTime"), broken
    )
    found["UpdateID"] = _plain(_get(_get(thing, "Identity"), "UpdateID"))
    found["KBArticleIDs"] = [str(one) for one in _items(_get(thing, "KBArticleIDs"), _MOST_OF_ONE)]
    found["CategoryIDs"] = [
        str(_get(category, "CategoryID")) for category in _items(_get(thing, "Categories"), _MOST_OF_ONE)
    ]
    return found


def pending(*, online: bool) -> list[dict[str, Any]]:
    """Updates that are neither installed nor hidden, at most 500.

    Each: UpdateID, KBArticleIDs, CategoryIDs, MsrcSeverity, IsDownloaded, RebootRequired, BrowseOnly,
    LastDeploymentChangeTime (ISO 8601), as far as this Windows has them. Without `online` it answers from its last
    search; one that never searched knows of none.

    Raises:
        Denied: this process may not ask.
        Unavailable: this is not Windows, or its Update Agent is missing or disabled.
        OSError: the search failed; the error's code is in the sentence.
    """
    broken = _broken()
    try:
        session = _object(_SESSION)
        _put(session, "ClientApplicationID", _CALLER)
        searcher = _get(session, "CreateUpdateSearcher")
        _put(searcher, "Online", online)
        updates = _get(_get(searcher, "Search", _WANTED), "Updates")
        return [_update(one, broken) for one in _items(updates, _MOST_UPDATES)]
    except broken as problem:
        raise _refusal(wmi.error_code(problem)) from problem


def history() -> list[dict[str, Any]]:
    """What was installed and removed, newest first, at most 300: {Operation, ResultCode, HResult, Date, articles}.

    `articles` are the numbers of articles in the title. The Date's time zone is not told: only its day is of use.
    Raises as pending().
    """
    broken = _broken()
    try:
        searcher = _get(_object(_SESSION), "CreateUpdateSearcher")
        count = min(_MOST_ENTRIES, int(_get(searcher, "GetTotalHistoryCount")))
        entries = _items(_get(searcher, "QueryHistory", 0, count), count) if count else []
        found = []
        for entry in entries:
            said = _said(entry, ("Operation", "ResultCode", "HResult", "Date", "Title"), broken)
            title = str(said.pop("Title", None) or "")
            found.append({**said, "articles": articles(title)})
    except broken as problem:
        raise _refusal(wmi.error_code(problem)) from problem
    return found


def articles(title: str) -> list[str]:
    """The articles a title names: their numbers are the same in every language."""
    return [f"KB{number}" for number in _ARTICLE.findall(title[:1000])]


def last_runs() -> dict[str, Any]:
    """{LastSearchSuccessDate, LastInstallationSuccessDate} of automatic updates (ISO 8601 in UTC, None for never).

    Raises as pending().
    """
    broken = _broken()
    try:
        results = _get(_object(_AUTOMATIC), "Results")
        return _said(results, ("LastSearchSuccessDate", "LastInstallationSuccessDate"), broken)
    except broken as problem:
        raise _refusal(wmi.error_code(problem)) from problem
