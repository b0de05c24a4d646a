"""`reg export` (version 5.00) as `sources.registry` tells keys: values by name, binary ones as hex."""

import re
from typing import Any

_VALUE = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|(@))=(.*)', re.DOTALL)
_KIND = re.compile(r"hex(?:\(([0-9a-f]+)\))?:(.*)", re.DOTALL)
_TEXT, _EXPANDED, _NUMBER, _LIST, _LONG = 1, 2, 4, 7, 11


def keys(raw: bytes) -> dict[str, dict[str, Any]]:
    """Each key by its full path with its values."""
    text = raw.decode("utf-16") if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else raw.decode("utf-8-sig", "replace")
    lines = re.sub(r"\\\r?\n\s*", "", text).splitlines()
    found: dict[str, dict[str, Any]] = {}
    values: dict[str, Any] = {}
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            values = found.setdefault(line[1:-1], {})
        elif named := _VALUE.fullmatch(line):
            values["" if named[2] else _plain(named[1])] = _value(named[3].strip())
    return found


def below(found: dict[str, dict[str, Any]], path: str) -> dict[str, dict[str, Any]]:
    """The keys directly below the first key whose path ends so, by their own names."""
    start = next((key for key in found if key.casefold().endswith(path.casefold())), None)
    if start is None:
        return {}
    inside = {key[len(start) + 1 :]: values for key, values in found.items() if key.startswith(start + "\\")}
    return {name: values for name, values in inside.items() if "\\" not in name}


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _value(text: str) -> Any:
    if text.startswith('"'):
        return _plain(text[1:-1])
    if text.startswith("dword:"):
        return int(text[6:], 16)
    listed = _KIND.fullmatch(text)
    if not listed:
        return text
    kind, raw = int(listed[1] or "3", 16), bytes.fromhex(listed[2].replace(",", " "))
    if kind in {_TEXT, _EXPANDED}:
        return raw.decode("utf-16-le").rstrip("\0")
    if kind == _LIST:
        return [part for part in raw.decode("utf-16-le").split("\0") if part]
    return int.from_bytes(raw, "little") if kind in {_NUMBER, _LONG} else raw.hex()
