"""What is wrong in a file that an office has written: where, what, and what is allowed, in Vietnamese and English."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

LONGEST_WORD = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
ROOM_KINDS = ("lab", "classroom", "subject", "library", "office")
"""The kinds of rooms that the register knows."""


class Fault(NamedTuple):
    """One thing that is wrong."""

    vietnamese: str
    english: str

    def at(self, vietnamese: str, english: str) -> "Fault":
        """The same with its place before it; nothing where the place is not known."""
        if not english:
            return self
        return Fault(f"{vietnamese}: {self.vietnamese}", f"{english}: {self.english}")


class Faulty(ValueError):  # noqa: N818 - it names the file's state
    """Everything that is wrong in a file; `vietnamese` says the same in Vietnamese."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.english for fault in self.faults))
        self.vietnamese = "\n".join(fault.vietnamese for fault in self.faults)


class Unusable(ValueError):  # noqa: N818 - it names the list's state
    """A list cannot be used; the sentence says what is wrong in it, `vietnamese` the same in Vietnamese."""

    def __init__(self, english: str, vietnamese: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese or english


_DECODING = (
    (r"Object missing required field `([^`]+)`", "the entry `{}` is missing", "thiếu mục `{}`"),
    (r"Object contains unknown field `([^`]+)`", "the entry `{}` is not known there", "mục `{}` không có trong mẫu"),
    (r"Invalid RFC3339|Invalid date", "a day is written YYYY-MM-DD", "ngày phải viết NĂM-THÁNG-NGÀY (2026-10-31)"),
)
_EXPECTED = re.compile(r"Expected `([^`]+)`(?:, got `[^`]+`| of length (\d+))")
_KINDS = {
    "int": ("a whole number", "số nguyên"),
    "float": ("a number", "số"),
    "str": ("a text", "chữ trong ngoặc kép"),
    "bool": ("true or false", "true hoặc false"),
    "array": ("a list [ … ]", "danh sách [ … ]"),
    "object": ("a block { … }", "khối { … }"),
    "null": ("null", "null"),
}
"""JSON's kinds of values as the decoder names them, in English and Vietnamese."""
_PLACE = re.compile(r"at `\$\.?([^`]*)`")


def _decoded(problem: Exception) -> tuple[str, Fault | None]:
    """Where a decoder stopped (`windows[3].end`) and why, where that can be said in plain words."""
    text = str(problem)
    where = _PLACE.search(text)
    place = where.group(1) if where else ""
    for pattern, english, vietnamese in _DECODING:
        if match := re.search(pattern, text):
            named = match.groups()
            return place, Fault(vietnamese.format(*named), english.format(*named))
    if match := _EXPECTED.search(text):
        kinds = [_KINDS.get(kind, (kind, kind)) for kind in match[1].split(" | ")]
        english, vietnamese = " or ".join(kind[0] for kind in kinds), " hoặc ".join(kind[1] for kind in kinds)
        if match[2]:
            english, vietnamese = f"{english} of {match[2]} values", f"{vietnamese} gồm {match[2]} giá trị"
        return place, Fault(f"ở đó phải là {vietnamese}", f"{english} must stand there")
    return place, None


def unreadable(problem: Exception) -> Unusable:
    """What is wrong with a list's text, in plain words with its place (`windows[3]` is the fourth entry there)."""
    place, fault = _decoded(problem)
    if fault is not None:
        told = fault.at(f"ở {place}", f"at {place}") if place else fault
        return Unusable(told.english, told.vietnamese)
    text = str(problem)
    return Unusable(
        f"it is no whole JSON file ({text:.120}); mend it in a text editor, or begin with `data export`",
        f"tệp không phải JSON trọn vẹn ({text:.120}); sửa bằng trình soạn thảo văn bản, hoặc bắt đầu từ `data export`",
    )


def no_toml(problem: Exception) -> Fault:
    """Why a text is no TOML, with line and column where they are known."""
    text = str(problem)
    found = re.search(r"at line (\d+), column (\d+)", text)
    where = f"dòng {found[1]}, cột {found[2]}: " if found else ""
    kind = "không phải văn bản UTF-8" if isinstance(problem, UnicodeDecodeError) else "không đúng dạng TOML"
    return Fault(f"{where}{kind} ({text:.160})", f"no TOML ({text:.160})")


def refused(problem: Exception, allowed: Mapping[str, str]) -> Fault:
    """Why an office's entry cannot be used; `allowed` is what the keys take, by their names, for `rule[0].key`."""
    place, fault = _decoded(problem)
    key = re.sub(r"\[\S*?\]", "", place.rpartition(".")[2])
    if unknown := re.search(r"unknown field `([^`]+)`", str(problem)):
        known = ", ".join(allowed)
        fault = Fault(
            f"không có khóa {unknown[1]!r:.60}; được phép: {known}",
            f"the key {unknown[1]!r:.60} is not known; allowed: {known}",
        )
    elif key in allowed:
        fault = Fault(f"giá trị không dùng được; được phép: {allowed[key]}", f"cannot be used; allowed: {allowed[key]}")
    elif fault is None:
        fault = Fault(f"không dùng được ({problem!s:.160})", f"cannot be used ({problem!s:.160})")
    number = re.match(r"(rule|product)\[(\d+)\]\.?", place)
    if number is None:
        return fault.at(place, place)
    inner = place[number.end() :]
    where = f"{number[1]} {int(number[2]) + 1}" + (f", {inner}" if inner else "")
    return fault.at(where, where)


def toml(text: str) -> dict[str, object]:
    """What a TOML text holds.

    Raises:
        Faulty: it is none.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise Faulty([no_toml(problem)]) from problem


class Scoped(NamedTuple):
    """Where a rule holds: at its place, for schools of some levels and rooms of some kinds alone (empty: all)."""

    place: str
    levels: tuple[str, ...]
    kinds: tuple[str, ...]


def of_scopes(scopes: Sequence[Scoped]) -> list[Fault]:
    """What is wrong with where the rules of a file hold: a kind that no room has, and two rules for one place.

    Of two that hold for the very same, one would win in silence.
    """
    found: list[Fault] = []
    first: dict[tuple[object, ...], int] = {}
    for number, scope in enumerate(scopes, 1):
        where = f"rule {number}"
        for kind in scope.kinds:
            if kind not in ROOM_KINDS:
                allowed = ", ".join(ROOM_KINDS)
                fault = Fault(
                    f"không có loại phòng {kind!r:.60}; được phép: {allowed}",
                    f"no room is of the kind {kind!r:.60}; allowed: {allowed}",
                )
                found.append(fault.at(f"{where}, kinds", f"{where}, kinds"))
        for name, text in (("place", scope.place), *(("levels", level) for level in scope.levels)):
            if text and (wrong := of_word(text)):
                found.append(wrong.at(f"{where}, {name}", f"{where}, {name}"))
        key = (_main(scope.place), frozenset(scope.levels), frozenset(scope.kinds))
        if key in first:
            place = scope.place.strip().strip("/") or "/"
            fault = Fault(
                f"nơi {place!r:.80} đã có ở rule {first[key]} (cùng levels, kinds); gộp hai quy tắc làm một",
                f"the place {place!r:.80} stands in rule {first[key]} already (same levels, kinds); make the two one",
            )
            found.append(fault.at(where, where))
        first.setdefault(key, number)
    return found


def _main(place: str) -> str:
    """A room without a site is one of the main site."""
    path = place.strip().strip("/")
    first, _, last = path.partition("/")
    return f"{first}/main/{last}" if last and "/" not in last else path


def of_word(text: str, longest: int = LONGEST_WORD) -> Fault | None:
    """What is wrong with a word: nothing in it, control characters, or too long; None where it can stand."""
    if not text.strip():
        return Fault("để trống; phải có chữ", "empty; a word must stand there")
    if len(text) > longest:
        return Fault(
            f"dài {len(text)} ký tự; được phép tối đa {longest}",
            f"{len(text)} characters long; at most {longest} are allowed",
        )
    if _CONTROL.search(text):
        return Fault(
            f"{text!r:.60} có ký tự điều khiển; chỉ được phép chữ, số, dấu",
            f"{text!r:.60} holds control characters; letters, digits and signs are allowed",
        )
    return None


def of_number(number: int, least: int, most: int) -> Fault | None:
    """What is wrong with a number; None where it can stand."""
    if least <= number <= most:
        return None
    return Fault(
        f"số {number!s:.20} không thể có; được phép từ {least} đến {most}",
        f"the number {number!s:.20} cannot be; from {least} to {most} are allowed",
    )


def check(place: str, fault: Fault | None) -> None:
    """Refuses a list with a fault at this place (`windows[3].build`).

    Raises:
        Unusable: there is one.
    """
    if fault is not None:
        told = fault.at(f"ở {place}", f"at {place}")
        raise Unusable(told.english, told.vietnamese)
