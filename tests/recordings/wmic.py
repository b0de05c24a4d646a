"""`wmic … get /format:list` as the rows that WMI gives: UTF-16, blank lines between rows, & written as &amp;."""

import html
import re
from typing import Any

_LIST = re.compile(r"\{(.*)\}")


def rows(raw: bytes) -> list[dict[str, Any]]:
    """Each row with text as text, TRUE and FALSE as such, {"a","b"} as a list, and None for an empty value."""
    text = raw.decode("utf-16") if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else raw.decode("utf-8-sig")
    found: list[dict[str, Any]] = []
    fresh = True
    # Redirected, wmic ends its lines with CR CR LF.
    for line in re.sub(r"\r+\n", "\n", text).split("\n"):
        name, equals, value = line.partition("=")
        if not line.strip():
            fresh = True
        elif equals and re.fullmatch(r"\w+", name):
            if fresh or name in found[-1]:
                found.append({})
                fresh = False
            found[-1][name] = _value(html.unescape(value))
    return found


def _value(text: str) -> Any:
    if listed := _LIST.fullmatch(text):
        return [_value(part.strip().strip('"')) for part in listed[1].split(",")] if listed[1] else []
    return {"TRUE": True, "FALSE": False, "": None}.get(text, text)
