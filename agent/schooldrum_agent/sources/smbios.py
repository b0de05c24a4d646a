"""What the firmware's SMBIOS structures say, taken apart; nothing is judged here. Layout: DMTF DSP0134.

One parser for both systems. It never raises: a damaged table gives what stands before the damage, a structure that is
too short gives None for what it lacks. Its work is bounded by the length of the table, its answer by `MOST`.
"""

import struct
from collections.abc import Callable
from typing import Any

MOST = 64
"""How many structures of one kind are told; the largest servers have fewer processors and memory slots than that."""
_END_OF_TABLE = 127
_SHORTEST_STRUCTURE = 4
_MOTHERBOARD = 10
_CENTRAL_PROCESSOR = 3
_KIBIBYTE, _MEBIBYTE = 1 << 10, 1 << 20
_SEE_WIDE = 0x80000000 * _KIBIBYTE
_ABSURD = 1 << 50
"""More memory than any board takes: such a number is damage."""
_MAIN_MEMORY = 3
_NO_MEMORY_MODULE = frozenset({8, 9, 10, 11})
"""ROM, flash and their kin: type 17 lists the firmware's own chip on some boards."""
Structure = tuple[int, bytes, list[str]]


def structures(raw: bytes) -> list[Structure]:
    """Each structure as (type, formatted part, texts), up to the end of the table or its first damage."""
    found: list[Structure] = []
    at = 0
    while at + _SHORTEST_STRUCTURE <= len(raw):
        kind, length = raw[at], raw[at + 1]
        end = raw.find(b"\0\0", at + length)
        if length < _SHORTEST_STRUCTURE or kind == _END_OF_TABLE or end < 0:
            break
        texts = [text.decode("latin-1").strip() for text in raw[at + length : end].split(b"\0")]
        found.append((kind, raw[at : at + length], texts))
        at = end + 2
    return found


def text(body: bytes, texts: list[str], offset: int) -> str:
    """The text that the byte at `offset` numbers, counted from 1; 0 means there is none."""
    number = body[offset] if offset < len(body) else 0
    return texts[number - 1] if 0 < number <= len(texts) else ""


def contents(raw: bytes) -> dict[str, Any]:
    """The table as plain data; texts as the maker wrote them, placeholders included.

    `firmware` {maker, version, date}; `system` {maker, model, version, serial, family}; `board` {maker, model, serial,
    main}; `chassis` {kind (DSP0134 7.4.1), serial}; each None where the table has none. `processors` [{model, speed
    (MHz), cores, threads, populated}]; `arrays` [{handle, use (3: main memory), slots, most (bytes)}]; `modules`
    [{array, slot, bank, size (bytes, 0: empty, None: unknown), kind, form, speed, configured (MT/s), maker, part,
    serial}]; `batteries` [{model, maker, serial, chemistry, design (mWh)}].
    """
    found: dict[str, Any] = {"firmware": None, "system": None, "board": None, "chassis": None}
    lists: dict[str, list[dict[str, Any]]] = {"processors": [], "arrays": [], "modules": [], "batteries": []}
    for kind, body, texts in structures(raw):
        name, read = _KINDS.get(kind, ("", _firmware))
        if name in lists and len(lists[name]) < MOST:
            lists[name].append(read(body, texts))
        elif name in found and (found[name] is None or (name == "board" and _is_better(body, found[name]))):
            found[name] = read(body, texts)
    lists["processors"] = [one for one in lists["processors"] if one.pop("central")]
    return {**found, **lists}


def main_memory(table: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The arrays of main memory, and the places in them, out of a table's `arrays` and `modules`."""
    arrays = [one for one in table["arrays"] if one["use"] == _MAIN_MEMORY]
    others = {one["handle"] for one in table["arrays"]} - {one["handle"] for one in arrays}
    return arrays, [
        one for one in table["modules"] if one["array"] not in others and one["kind"] not in _NO_MEMORY_MODULE
    ]


def _number(body: bytes, offset: int, form: str) -> int | None:
    if offset + struct.calcsize(form) > len(body):
        return None
    return int(struct.unpack_from(form, body, offset)[0])


def _byte(body: bytes, offset: int) -> int | None:
    return _number(body, offset, "<B")


def _word(body: bytes, offset: int) -> int | None:
    return _number(body, offset, "<H")


def _long(body: bytes, offset: int) -> int | None:
    return _number(body, offset, "<I")


def _firmware(body: bytes, texts: list[str]) -> dict[str, Any]:
    return {"maker": text(body, texts, 4), "version": text(body, texts, 5), "date": text(body, texts, 8)}


def _system(body: bytes, texts: list[str]) -> dict[str, Any]:
    return {
        "maker": text(body, texts, 4),
        "model": text(body, texts, 5),
        "version": text(body, texts, 6),
        "serial": text(body, texts, 7),
        "family": text(body, texts, 0x1A),
    }


def _is_motherboard(body: bytes) -> bool:
    return _byte(body, 0x0D) == _MOTHERBOARD


def _is_better(body: bytes, known: dict[str, Any]) -> bool:
    """Whether this is the motherboard after a daughter board."""
    return _is_motherboard(body) and not known["main"]


def _board(body: bytes, texts: list[str]) -> dict[str, Any]:
    return {
        "maker": text(body, texts, 4),
        "model": text(body, texts, 5),
        "serial": text(body, texts, 7),
        "main": _is_motherboard(body),
    }


def _chassis(body: bytes, texts: list[str]) -> dict[str, Any]:
    kind = _byte(body, 5)
    # The highest bit says that it has a lock.
    return {"kind": None if kind is None else kind & 0x7F, "serial": text(body, texts, 7)}


def _processor(body: bytes, texts: list[str]) -> dict[str, Any]:
    status = _byte(body, 0x18)
    return {
        "central": _byte(body, 5) in {_CENTRAL_PROCESSOR, None},
        "model": text(body, texts, 0x10),
        "speed": _word(body, 0x16) or None,
        "cores": _count(body, 0x23, 0x2A),
        "threads": _count(body, 0x25, 0x2E),
        "populated": None if status is None else bool(status & 0x40),
    }


def _count(body: bytes, offset: int, wide: int) -> int | None:
    small = _byte(body, offset)
    if small == 0xFF:  # noqa: PLR2004 - DSP0134: see the wide field
        large = _word(body, wide)
        return small if large in {None, 0, 0xFFFF} else large
    return small or None


def _array(body: bytes, _texts: list[str]) -> dict[str, Any]:
    most = (_long(body, 7) or 0) * _KIBIBYTE
    if most == _SEE_WIDE:
        most = _number(body, 0x0F, "<Q") or 0
    sane = most if 0 < most < _ABSURD else None
    return {"handle": _word(body, 2), "use": _byte(body, 5), "slots": _word(body, 0x0D), "most": sane}


def _module(body: bytes, texts: list[str]) -> dict[str, Any]:
    return {
        "array": _word(body, 4),
        "slot": text(body, texts, 0x10),
        "bank": text(body, texts, 0x11),
        "size": _module_size(body),
        "kind": _byte(body, 0x12),
        "form": _byte(body, 0x0E),
        "speed": _speed(body, 0x15, 0x54),
        "configured": _speed(body, 0x20, 0x58),
        "maker": text(body, texts, 0x17),
        "part": text(body, texts, 0x1A),
        "serial": text(body, texts, 0x18),
    }


def _module_size(body: bytes) -> int | None:
    size = _word(body, 0x0C)
    if size is None or size == 0xFFFF:  # noqa: PLR2004 - DSP0134: not known
        return None
    if size == 0x7FFF:  # noqa: PLR2004 - DSP0134: see the wide field
        wide = _long(body, 0x1C)
        return None if wide is None else (wide & 0x7FFFFFFF) * _MEBIBYTE
    return (size & 0x7FFF) * _KIBIBYTE if size & 0x8000 else size * _MEBIBYTE


def _speed(body: bytes, offset: int, wide: int) -> int | None:
    speed = _word(body, offset)
    if speed == 0xFFFF:  # noqa: PLR2004 - DSP0134: see the wide field
        speed = _long(body, wide)
        return speed & 0x7FFFFFFF if speed else None
    return speed or None


def _battery(body: bytes, texts: list[str]) -> dict[str, Any]:
    capacity, factor = _word(body, 0x0A), _byte(body, 0x15)
    return {
        "model": text(body, texts, 8),
        "maker": text(body, texts, 5),
        "serial": text(body, texts, 7),
        "chemistry": _byte(body, 9),
        "design": capacity * (factor or 1) if capacity else None,
    }


_KINDS: dict[int, tuple[str, Callable[[bytes, list[str]], dict[str, Any]]]] = {
    0: ("firmware", _firmware),
    1: ("system", _system),
    2: ("board", _board),
    3: ("chassis", _chassis),
    4: ("processors", _processor),
    16: ("arrays", _array),
    17: ("modules", _module),
    22: ("batteries", _battery),
}
