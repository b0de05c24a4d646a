r"""Whether this PC locks its screen by itself when nobody uses it.

A policy for the whole PC decides on Windows; without one it is the choice of each person, which can be read of those
who are signed in (their part of the registry is loaded). What a person chose on Linux is not read at all, only what an
administrator has set for everybody.
"""

import configparser
import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, registry
from schooldrum_wire.catalogue.screen_lock import SCREEN_LOCK
from schooldrum_wire.section import Row

_MACHINE = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_USERS = "HKEY_USERS"
_PERSON = re.compile(r"S-1-(?:5-21|12-1)-[0-9-]+\Z")
_POLICY, _OWN = r"Software\Policies\Microsoft\Windows\Control Panel\Desktop", r"Control Panel\Desktop"
_WORDS = {"active": "ScreenSaveActive", "secure": "ScreenSaverIsSecure", "after": "ScreenSaveTimeOut"}
_PROGRAM = "SCRNSAVE.EXE"
_MOST_PEOPLE = 50
_DCONF = "etc/dconf/db"
_LOCK = re.compile(r"org/[a-z/-]*(?:desktop/)?screensaver\Z")
_IDLE = re.compile(r"org/[a-z/-]*(?:desktop/)?session\Z")
_NUMBER = re.compile(r"(?:uint32 |int32 )?(\d{1,9})\Z")


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{limit, people}: the PC's InactivityTimeoutSecs, and of each person signed in {policy, own}.

    Those two are {active, secure, after, program}: three texts as Windows keeps them, and whether a screen saver is
    chosen; what is not set is None.

    Raises:
        Denied: this process may not see who is signed in.
        Unavailable: this is not Windows.
    """
    people = [sid for sid in registry.keys("", root=_USERS) if _PERSON.match(sid)]
    return {
        "limit": _value(_MACHINE, "InactivityTimeoutSecs", "HKEY_LOCAL_MACHINE"),
        "people": [
            {"policy": _desktop(rf"{sid}\{_POLICY}"), "own": _desktop(rf"{sid}\{_OWN}")}
            for sid in people[:_MOST_PEOPLE]
        ],
    }


def _value(path: str, name: str, root: str) -> Any:
    try:
        return registry.value(path, name, root=root)
    except (Denied, Unavailable):
        return None


def _desktop(path: str) -> dict[str, Any]:
    found = {key: _value(path, name, _USERS) for key, name in _WORDS.items()}
    program = _value(path, _PROGRAM, _USERS)
    # The program's path may lie in a person's home.
    return {**found, "program": None if program is None else bool(str(program).strip())}


def _whole(value: Any) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004 - a bound


def _of_person(person: dict[str, Any]) -> tuple[bool, int | None]:
    def told(key: str) -> Any:
        policy = person["policy"].get(key)
        return person["own"].get(key) if policy is None else policy

    # A screen saver that is on without a program does nothing.
    locks = _whole(told("active")) == 1 and _whole(told("secure")) == 1 and told("program") is True
    return locks, _whole(told("after")) if locks else None


def read_windows(data: Any) -> Iterator[Row]:
    """One row."""
    limit = data["limit"]
    if isinstance(limit, int) and limit > 0:
        yield SCREEN_LOCK(locks=True, after=limit, source="policy")
        return
    people = [_of_person(one) for one in data["people"]]
    if not people:
        yield SCREEN_LOCK(source="user")
        return
    locks = all(one for one, _ in people)
    times = [after for _, after in people if after is not None]
    yield SCREEN_LOCK(locks=locks, after=max(times) if locks and times else None, source="user")


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{locks, after}: what an administrator has set for everybody, texts as dconf keeps them.

    Raises:
        Unavailable: nothing is set for everybody.
    """
    found: dict[str, Any] = {"locks": None, "after": None}
    for folder in files.names_or_none(doors.rootfs, _DCONF):
        if folder.endswith(".d"):
            for name in files.names_or_none(doors.rootfs, _DCONF, folder):
                found |= keyfile(files.text_or_none(doors.rootfs, _DCONF, folder, name) or "")
    if found["locks"] is None:
        raise Unavailable("locking the screen is each person's own choice here, and that is not read")
    return found


def keyfile(text: str) -> dict[str, str]:
    """{locks, after} as far as a dconf keyfile sets them, for GNOME and the desktops made of it."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError):
        return {}
    found: dict[str, str] = {}
    for section in parser.sections():
        values = parser[section]
        if _LOCK.match(section) and "lock-enabled" in values:
            found["locks"] = values["lock-enabled"]
        elif _IDLE.match(section) and "idle-delay" in values:
            found["after"] = values["idle-delay"]
    return found


def read_linux(data: Any) -> Iterator[Row]:
    """One row."""
    after = _NUMBER.match(str(data["after"]).strip())
    idle = int(after[1]) if after else None
    # A delay of nought is never.
    locks = str(data["locks"]).strip().casefold() == "true" and idle != 0
    yield SCREEN_LOCK(locks=locks, after=idle if locks else None, source="policy")


PROBE = Probe(
    "screen_lock",
    every=6 * 3600,
    timeout=15,
    child=True,
    floor=600,
    sections=("screen_lock",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
