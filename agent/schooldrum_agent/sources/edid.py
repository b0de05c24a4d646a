"""What a monitor says of itself in its EDID, taken apart (VESA E-EDID 1.0 to 1.4); nothing is judged here.

Any bytes in, never an exception out; only the first 128 bytes are read, so the work is bounded.
"""

import struct
from typing import Any

_HEADER = b"\x00\xff\xff\xff\xff\xff\xff\x00"
BLOCK = 128
_DESCRIPTORS = (54, 72, 90, 108)
_NAME, _SERIAL, _TEXT = 0xFC, 0xFF, 0xFE
_NO_WEEK = frozenset({0, 0xFF})
_FIRST_YEAR = 1990


def contents(raw: bytes) -> dict[str, Any] | None:
    """The base block as plain data, None where these bytes are no EDID.

    `maker` (three letters), `product` (a number), `serial_number` (one too, as text), `model`, `serial` and `texts` as
    written or None, `week` (None: not told) and `year` of make, `version` "1.3", `digital`,
    `sound` (whether the checksum holds), `blocks`; `width_cm`, `height_cm` (None where it has no size: projectors);
    `width`, `height` of its first timing in pixels, `preferred` whether that is the one it wants.
    """
    if len(raw) < BLOCK or not raw.startswith(_HEADER):
        return None
    (letters,) = struct.unpack_from(">H", raw, 8)
    product, number = struct.unpack_from("<HI", raw, 10)
    told = _told(raw)
    timing = _timing(raw[54:72])
    newer = (raw[18], raw[19]) >= (1, 3)
    sized = raw[21] > 0 and raw[22] > 0
    return {
        "maker": "".join(chr(ord("A") - 1 + (letters >> shift & 31)) for shift in (10, 5, 0)),
        "product": product,
        "serial_number": str(number),
        "model": told.get(_NAME),
        "serial": told.get(_SERIAL),
        "texts": _texts(raw),
        "week": None if raw[16] in _NO_WEEK else raw[16],
        "year": raw[17] + _FIRST_YEAR if raw[17] else None,
        "version": f"{raw[18]}.{raw[19]}",
        "digital": bool(raw[20] & 0x80),
        # Only with both is it a size; one alone is an aspect ratio (1.4).
        "width_cm": raw[21] if sized else None,
        "height_cm": raw[22] if sized else None,
        "width": timing[0] if timing else None,
        "height": timing[1] if timing else None,
        "preferred": newer or bool(raw[24] & 2),
        "sound": sum(raw[:BLOCK]) % 256 == 0,
        "blocks": 1 + raw[126],
    }


def _descriptors(raw: bytes) -> list[tuple[int, str]]:
    found = []
    for at in _DESCRIPTORS:
        if raw[at : at + 3] == b"\0\0\0":
            words = raw[at + 5 : at + 18].split(b"\n", 1)[0].split(b"\0", 1)[0].decode("latin-1")
            found.append((raw[at + 3], "".join(one for one in words if one.isprintable()).strip()))
    return found


def _told(raw: bytes) -> dict[int, str]:
    return {tag: words for tag, words in reversed(_descriptors(raw)) if words}


def _texts(raw: bytes) -> list[str]:
    return [words for tag, words in _descriptors(raw) if tag == _TEXT and words]


def _timing(block: bytes) -> tuple[int, int] | None:
    if block[:2] == b"\0\0":
        return None
    width, height = block[2] | (block[4] & 0xF0) << 4, block[5] | (block[7] & 0xF0) << 4
    # Interlaced: each field is half the picture.
    return (width, height * 2 if block[17] & 0x80 else height) if width and height else None
