"""What a disk says of its own health, taken apart: SMART attributes of ATA disks, the health log of NVMe disks.

Attributes: 30 records of 12 bytes from offset 2 (SFF-8035i, and what drives do today). Health log: NVM Express base
specification, log page 02h. Any bytes in, never an exception out, and the work is bounded by the size of a sector.
"""

import struct
from collections.abc import Iterable
from typing import Any

import msgspec

_RECORD = struct.Struct("<BHBB6sB")
_THRESHOLD = struct.Struct("<BB10x")
_RECORDS = 30
_FIRST = 2
_NO_THRESHOLDS = frozenset({0, 0xFE, 0xFF})
"""Never reached; not valid; always reached (for tests)."""
REALLOCATED, HOURS, UNREADABLE, AIRFLOW, TEMPERATURE = 5, 9, 187, 190, 194
REALLOCATIONS, PENDING, UNCORRECTABLE = 196, 197, 198
_COUNTS = {
    "reallocated": (REALLOCATED, 0xFFFF),
    "reallocations": (REALLOCATIONS, 0xFFFF),
    "pending": (PENDING, 0xFFFF_FFFF_FFFF),
    "uncorrectable": (UNCORRECTABLE, 0xFFFF_FFFF_FFFF),
    "unreadable": (UNREADABLE, 0xFFFF_FFFF_FFFF),
}
"""Their numbers, and the bits of the raw value that count; smartctl reads them so by default, too."""
_EMPTY = 0xFFFF_FFFF_FFFF
_HOURS_BITS = 0xFFFFFF
_MOST_HOURS = 200_000
"""22 years; beyond it the disk counts minutes or seconds."""
_COLDEST, _HOTTEST = -40, 150
_KELVIN = 273
_LIFE_LEFT = (("samsung", 177), ("intel", 233), ("crucial", 202), ("ct", 202), ("micron", 202), ("kingston", 231))
"""Which attribute of a maker's SSDs has the percentage of life left as its normalised value."""
_ALL_ONES = 0xFF
"""What drivers and disks give where they do not know; NVMe's "254 % and more" is written the same."""
LOG_BYTES = 512


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute: normalised `value` and `threshold` (None: not told), `raw` of 48 bits; `prefail` ones foretell."""

    number: int
    prefail: bool
    value: int
    threshold: int | None
    raw: int

    @property
    def is_below(self) -> bool:
        """Whether it stands at or below its threshold now."""
        return self.threshold is not None and self.threshold not in _NO_THRESHOLDS and self.value <= self.threshold


def attributes(data: bytes, limits: bytes = b"") -> list[Attribute]:
    """The attributes in the two 512-byte sectors of SMART READ DATA and SMART READ THRESHOLDS."""
    known = dict(_THRESHOLD.unpack_from(limits, at) for at in _places(limits))
    found = []
    for at in _places(data):
        number, flags, value, _worst, raw, _reserved = _RECORD.unpack_from(data, at)
        if number:
            found.append(
                Attribute(
                    number=number,
                    prefail=bool(flags & 1),
                    value=value,
                    threshold=known.get(number),
                    raw=int.from_bytes(raw, "little"),
                )
            )
    return found


def _places(raw: bytes) -> Iterable[int]:
    return range(_FIRST, min(len(raw) - _RECORD.size, _FIRST + (_RECORDS - 1) * _RECORD.size) + 1, _RECORD.size)


def of_attributes(found: Iterable[Attribute], model: str | None = None) -> dict[str, Any]:
    """What they mean, by the columns of the section `disks`; a column they do not tell is absent."""
    by_number = {one.number: one for one in found}
    told: dict[str, Any] = {}
    for column, (number, bits) in _COUNTS.items():
        one = by_number.get(number)
        if one is not None and one.raw != _EMPTY:
            told[column] = one.raw & bits
    if any(one.threshold is not None for one in by_number.values()):
        below = [one for one in by_number.values() if one.is_below]
        told["below"] = _numbers(one for one in below if one.prefail)
        # Warm days are no old age.
        told["outlived"] = _numbers(
            one for one in below if not one.prefail and one.number not in {AIRFLOW, TEMPERATURE}
        )
    if HOURS in by_number and (hours := by_number[HOURS].raw & _HOURS_BITS) <= _MOST_HOURS:
        told["hours"] = hours
    for number in (TEMPERATURE, AIRFLOW):
        if number in by_number and 0 < (degrees := by_number[number].raw & 0xFF) <= _HOTTEST:
            told.setdefault("temperature", degrees)
    left = next((number for maker, number in _LIFE_LEFT if (model or "").casefold().startswith(maker)), None)
    if left in by_number and by_number[left].value <= 100:  # noqa: PLR2004 - percent
        told["wear"] = 100 - by_number[left].value
    return told


def _numbers(found: Iterable[Attribute]) -> str:
    return " ".join(str(one.number) for one in sorted(found, key=lambda one: one.number))


def health_log(raw: bytes) -> dict[str, int] | None:
    """The SMART / Health Information log of an NVMe disk under smartctl's names; None where these bytes are none.

    Temperature is in degrees Celsius; counters of 128 bits are whole.
    """
    # A driver that does not pass the question on leaves the page as it was: all of one byte.
    if len(raw) < LOG_BYTES or len(set(raw[:LOG_BYTES])) == 1:
        return None
    critical, kelvin, spare, threshold, used = struct.unpack_from("<BHBBB", raw)
    counters = {"power_on_hours": 128, "unsafe_shutdowns": 144, "media_errors": 160}
    told = {name: int.from_bytes(raw[at : at + 16], "little") for name, at in counters.items()}
    return {
        "critical_warning": critical,
        "available_spare": spare,
        "available_spare_threshold": threshold,
        "percentage_used": used,
        **({"temperature": kelvin - _KELVIN} if kelvin else {}),
        **told,
    }


def of_health_log(log: dict[str, Any]) -> dict[str, Any]:
    """What it means, by the columns of the section `disks`; what is not told, or no number at all, is absent."""
    names = {"critical_warning": "critical", "power_on_hours": "hours", "media_errors": "media_errors"}
    told = {column: value for name, column in names.items() if (value := count(log.get(name))) is not None}
    for name, column in (("available_spare", "spare"), ("percentage_used", "wear")):
        if (share := percent(log.get(name))) is not None:
            told[column] = share
    if (degrees := celsius(log.get("temperature"))) is not None:
        told["temperature"] = degrees
    if "critical" in told:
        told["passed"] = told["critical"] == 0
    return told


def count(value: object) -> int | None:
    """A number that can be a count; None for anything else, and for what 63 bits do not hold."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        return None
    return value


def percent(value: object) -> int | None:
    """A part of a disk's life or spare room; more than all of a life may be used up. None for all ones, and above."""
    share = count(value)
    return share if share is not None and share < _ALL_ONES else None


def celsius(value: object) -> int | None:
    """A temperature that a disk can have; zero and below it is how some say that they have no sensor."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _COLDEST < value <= _HOTTEST:
        return None
    return round(value) or None
