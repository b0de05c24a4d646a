"""What stands in the Windows event log: the newest events of one provider and number."""

import importlib
import re

import msgspec

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import windows

_CHANNEL_NEWEST_FIRST = 0x1 | 0x200
_XML = 1
_NO_MORE = 259
_TIME = re.compile(r"<TimeCreated SystemTime=['\"]([^'\"]{10,40})['\"]")
_DATA = re.compile(r"<Data Name=['\"]([A-Za-z0-9_]{1,60})['\"]>([^<]{0,200})</Data>")
_USER_DATA = re.compile(r"<UserData>.{0,20000}", re.DOTALL)
_LEAF = re.compile(r"<([A-Za-z][A-Za-z0-9_]{0,59})>([^<]{0,200})</\1>")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`time` is ISO 8601 in UTC as the PC's clock stood; `data` are the named values, as text."""

    time: str
    data: dict[str, str]


def parse(xml: str) -> Event | None:
    """An event from the XML that Windows renders, None where it has no time.

    Only attributes and named values are read, never the message: that is translated. A pattern serves instead of an
    XML parser, because values of any program stand in it and nothing else of the structure is wanted.
    """
    time = _TIME.search(xml)
    if time is None:
        return None
    # Some providers write elements of their own instead of Data.
    own = _USER_DATA.search(xml)
    return Event(time=time[1], data=dict(_LEAF.findall(own[0]) if own else _DATA.findall(xml)))


def newest(channel: str, provider: str, number: int, count: int = 1) -> list[Event]:
    """The newest `count` events of a provider with this number, newest first.

    Raises:
        Denied: this process may not read the channel.
        Unavailable: no such channel, no event log service, or not Windows.
    """
    try:
        evtlog, broken = importlib.import_module("win32evtlog"), importlib.import_module("pywintypes").error
    except ImportError as problem:
        raise Unavailable("no event log: not Windows, or the agent was installed without pywin32") from problem
    query = f"*[System[Provider[@Name='{provider}'] and EventID={number}]]"
    try:
        handle = evtlog.EvtQuery(channel, _CHANNEL_NEWEST_FIRST, query)
        found = [parse(evtlog.EvtRender(event, _XML)) for event in evtlog.EvtNext(handle, count)]
    except NotImplementedError as problem:
        raise Unavailable("this system's event log cannot be asked") from problem
    except broken as problem:
        code = int(problem.args[0]) if problem.args and isinstance(problem.args[0], int) else 0
        if code == _NO_MORE:
            return []
        windows.refuse(code, f"event log {channel}")
    return [event for event in found if event is not None]
