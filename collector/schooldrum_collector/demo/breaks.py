"""What is broken in the running demo: one small file for each break, so that two terminals never spoil each other's."""

import enum
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from schooldrum_collector.demo.area import DemoSchool
from schooldrum_collector.judge.lines import MAIN_LINE
from schooldrum_collector.store.records import Room

_FOLDER = "broken"
_NAME = re.compile(r"[a-z]+-[A-Za-z0-9_.-]+\.json\Z")


class Kind(enum.StrEnum):
    """What can be broken: a room's switch, a school's main internet line, its power, a provider.

    Of the main line also less: names (DNS) do not answer, a login page stands in the way, packets are lost, nothing
    abroad answers.
    """

    ROOM = "room"
    LINE = "line"
    POWER = "power"
    PROVIDER = "provider"
    DNS = "dns"
    LOGIN = "login"
    LOSS = "loss"
    ABROAD = "abroad"


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is broken since `at` (epoch seconds).

    `target` is a room's `CODE/SITE/ROOM`, a school's code, or a provider's name; `school` the one it was asked for.
    `scripted`: the demo's own day did it, and mends it.
    """

    kind: Kind
    target: str
    school: str
    at: float
    scripted: bool = False


class Breaks:
    """The breaks of one demo, kept as files in its directory. Not frozen: it remembers what it read."""

    def __init__(self, home: Path) -> None:
        self._folder = home / _FOLDER
        self._seen: tuple[tuple[str, int], ...] = ()
        self._known: tuple[Break, ...] = ()

    def now(self) -> tuple[Break, ...]:
        """What is broken now, oldest first; a file that cannot be read is no break."""
        try:
            files = sorted(path for path in self._folder.iterdir() if _NAME.match(path.name))
            seen = tuple((path.name, path.stat().st_mtime_ns) for path in files)
        except OSError:
            # None has been made, or one was mended this very moment: then the next look finds the rest.
            return self._known if self._folder.exists() else ()
        if seen != self._seen:
            found = [one for path in files if (one := _read(path)) is not None]
            self._seen, self._known = seen, tuple(sorted(found, key=lambda one: one.at))
        return self._known

    def put(self, broken: Break) -> bool:
        """Breaks something; whether it was whole until now."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(broken)
        fresh = not path.exists()
        made = path.with_suffix(".new")
        made.write_bytes(msgspec.json.encode(broken))
        made.replace(path)
        return fresh

    def mend(self, broken: Break) -> None:
        """Makes it whole again."""
        self._path(broken).unlink(missing_ok=True)

    def _path(self, broken: Break) -> Path:
        name = re.sub(r"[^A-Za-z0-9_.-]", lambda sign: f"_{ord(sign[0]):x}_", broken.target)
        return self._folder / f"{broken.kind.value}-{name}.json"


def _read(path: Path) -> Break | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Break)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


class Trouble(enum.StrEnum):
    """What a PC meets: no power, no link to its switch, a modem that leads nowhere, a page that answers for all others.

    Or no names (the address of the collector is remembered), a way on which packets are lost, or none that leads
    abroad: then it reports.
    """

    POWER = "power"
    SWITCH = "switch"
    LINE = "line"
    LOGIN = "login"
    DNS = "dns"
    LOSS = "loss"
    ABROAD = "abroad"

    @property
    def lets_through(self) -> bool:
        """Whether its reports arrive all the same."""
        return self in {Trouble.DNS, Trouble.LOSS, Trouble.ABROAD}


_OF_THE_LINE = {
    Kind.LINE: Trouble.LINE,
    Kind.DNS: Trouble.DNS,
    Kind.LOGIN: Trouble.LOGIN,
    Kind.LOSS: Trouble.LOSS,
    Kind.ABROAD: Trouble.ABROAD,
}


def troubles(school: DemoSchool, broken: Iterable[Break]) -> Mapping[str, Trouble]:
    """What the PCs of each room (by path) meet; the nearest trouble hides the farther ones."""
    found: dict[str, Trouble] = {}
    order = tuple(Trouble)
    for one in broken:
        for room in school.rooms:
            met = _met(school, room, one)
            if met is not None and (room.path not in found or order.index(met) < order.index(found[room.path])):
                found[room.path] = met
    return found


def _met(school: DemoSchool, room: Room, one: Break) -> Trouble | None:
    line = school.line_of(room)
    match one.kind:
        case Kind.ROOM:
            return Trouble.SWITCH if one.target == room.path else None
        case Kind.POWER:
            return Trouble.POWER if one.target == school.code else None
        case Kind.PROVIDER:
            return Trouble.LINE if one.target == line.provider else None
        case _:
            return _OF_THE_LINE[one.kind] if one.target == school.code and line.code == MAIN_LINE else None
