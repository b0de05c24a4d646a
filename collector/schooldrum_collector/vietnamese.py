"""How Vietnamese words are sorted (Máy 2 before Máy 10, D before Đ), and found whatever their accents and case."""

import re
import unicodedata

from schooldrum_wire.fence import fold

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
"""Combining marks of the five tones, in the dictionaries' order: huyền, hỏi, ngã, sắc, nặng (after none)."""
_PIECE = re.compile(r"[0-9]+|.", re.DOTALL)

SortKey = tuple[tuple[tuple[int, int, str], ...], tuple[int, ...], str]


def sort_key(text: str) -> SortKey:
    """Orders as a Vietnamese reader expects: Máy 2 before Máy 10, D before Đ; tones and case decide only ties."""
    letters: list[tuple[int, int, str]] = []
    tones: list[int] = []
    for piece in _PIECE.findall(unicodedata.normalize("NFC", text)):
        if piece.isascii() and piece.isdigit():
            digits = piece.lstrip("0")
            # By length, then by digits: as a number would, without asking int() to read a million of them.
            letters.append((1, len(digits), digits))
            tones.append(0)
            continue
        parts = unicodedata.normalize("NFD", piece.casefold())
        tone = next((_TONES[mark] for mark in parts if mark in _TONES), 0)
        letter = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in _TONES))
        rank = _RANK.get(letter)
        letters.append((2, rank, "") if rank is not None else (3 if letter.isalpha() else 0, 0, letter))
        tones.append(tone)
    return tuple(letters), tuple(tones), text


def folded(text: str) -> str:
    """The same text for every spelling of it: no case, no accents, đ as d, single spaces."""
    return " ".join(fold(text).split())


def is_found(query: str, *texts: str) -> bool:
    """Whether every word of the query occurs in one of the texts: `quang yen` finds Quảng Yên."""
    held = [folded(text) for text in texts]
    return all(any(word in text for text in held) for word in folded(query).split())


def width(text: str) -> int:
    """Columns the text takes on a terminal: combining marks take none, wide characters two."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
