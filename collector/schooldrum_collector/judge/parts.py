"""Which parts of a PC have come, gone or changed places with others since it was last looked at.

A part is known by its serial number (a salted hash) where the PC tells one, else by its description. A PC that tells
no memory at all was not able to look: that is no change. One that tells of no disk has none left: it started from the
network or from a stick. A monitor that is merely switched off is no change either.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from schooldrum_wire.section import Values

_DISKS, _MEMORY, _MONITORS = "disks", "memory_modules", "monitors"
KINDS = (_MEMORY, _DISKS, _MONITORS)
"""The sections whose rows are parts."""
MOST_PARTS = 32
_PLUGGED = frozenset({"usb", "virtual"})
"""Disks on these come and go without anybody opening the PC."""
_GIB, _GB = 1 << 30, 10**9


class Part(msgspec.Struct, frozen=True, array_like=True):
    """A part: its serial number's hash (empty where not told), and what it is in makers' words."""

    serial: str
    name: str


class Event(enum.StrEnum):
    """`swapped`: one part stands for another of its kind."""

    GONE = "gone"
    ADDED = "added"
    SWAPPED = "swapped"


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a part of a kind (a section's name): `before` and `after` name the parts.

    `serial` is that of the part that came (empty where not told): by it, another PC may have known it.
    """

    kind: str
    event: Event
    before: str = ""
    after: str = ""
    serial: str = ""


_FROM = "; from "


def detail(one: Happening, origin: str = "") -> str:
    """How it is written down; `origin` is the id of the PC that had the part before, empty where none is known."""
    # A maker's words must not pass for another PC's name.
    told = " -> ".join(name for name in (one.before, one.after) if name).replace(_FROM, ", ")
    return f"{told}{_FROM}{origin}" if origin else told


def origin_of(written: str) -> tuple[str, str]:
    """The two things that `detail` has put together: the parts, and where the new one was before."""
    told, found, origin = written.rpartition(_FROM)
    return (told, origin) if found else (written, "")


def parts_of(sections: Mapping[str, Sequence[Values]]) -> dict[str, tuple[Part, ...]]:
    """The parts that a PC tells, by kind; a kind of which it can tell nothing is left out."""
    found: dict[str, tuple[Part, ...]] = {}
    for kind in KINDS:
        rows = [row for row in sections.get(kind) or () if row.get("bus") not in _PLUGGED]
        if rows or (kind == _DISKS and kind in sections):
            parts = (Part(f"{row.get('serial') or ''}", _called(kind, row)) for row in rows[:MOST_PARTS])
            found[kind] = tuple(sorted(parts, key=lambda part: (part.name, part.serial)))
    return found


def _called(kind: str, row: Values) -> str:
    size = row.get("size")
    amount = ""
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        amount = f"{size / _GIB:.0f} GiB" if kind == _MEMORY else f"{size / _GB:.0f} GB"
    names = {
        _MEMORY: (amount, row.get("kind"), row.get("maker"), row.get("part")),
        _DISKS: (row.get("model"), amount),
        _MONITORS: (row.get("maker"), row.get("model")),
    }
    return " ".join(f"{word}" for word in names[kind] if word)[:120] or "?"


def _without_pairs(before: Sequence[Part], after: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """What is left on both sides once every part has been paired with itself."""
    left, came = list(before), []
    for part in after:
        same = next((one for one in left if part.serial and one.serial == part.serial), None)
        if same is None:
            came.append(part)
        else:
            left.remove(same)
    still: list[Part] = []
    for part in came:
        # Two descriptions alone decide only where one of them has no serial: a PC may learn to read it later.
        same = next((one for one in left if one.name == part.name and not (one.serial and part.serial)), None)
        if same is None:
            still.append(part)
        else:
            left.remove(same)
    return left, still


def happened(
    before: Mapping[str, Sequence[Part]], after: Mapping[str, Sequence[Part]]
) -> tuple[dict[str, tuple[Part, ...]], tuple[Happening, ...]]:
    """What is remembered from now on, and what has happened in between; a kind seen for the first time says nothing."""
    remembered = {kind: tuple(parts) for kind, parts in before.items()}
    events: list[Happening] = []
    for kind, parts in after.items():
        switched_off: Sequence[Part] = ()
        if kind in before:
            gone, came = _without_pairs(before[kind], parts)
            if kind == _MONITORS:
                # Of more that are missing than have come, nobody knows which one another stands for.
                gone, switched_off = gone[: len(came)], gone[len(came) :]
            events += _told(kind, gone, came)
        if parts or kind in before:
            remembered[kind] = (*parts, *switched_off)[:MOST_PARTS]
    return remembered, tuple(events)


def left_behind(before: Mapping[str, Sequence[Part]], after: Mapping[str, Sequence[Part]]) -> tuple[str, ...]:
    """The serial numbers of the parts that were remembered and are no longer."""
    there = {part.serial for parts in after.values() for part in parts}
    return tuple(part.serial for parts in before.values() for part in parts if part.serial and part.serial not in there)


def _told(kind: str, gone: Sequence[Part], came: Sequence[Part]) -> Iterator[Happening]:
    pairs = min(len(gone), len(came))
    for old, new in zip(gone[:pairs], came[:pairs], strict=True):
        yield Happening(kind=kind, event=Event.SWAPPED, before=old.name, after=new.name, serial=new.serial)
    for old in gone[pairs:]:
        yield Happening(kind=kind, event=Event.GONE, before=old.name)
    for new in came[pairs:]:
        yield Happening(kind=kind, event=Event.ADDED, after=new.name, serial=new.serial)
