"""Which values of a PC's rows can be true: firmware and drivers also tell of -40 bytes and of the year 9999.

What cannot be is not known: nothing is judged by it, and nobody is shown it as a fact.
"""

from collections.abc import Sequence
from datetime import date

from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.section import Value, Values

_COUNTED = (0, 10**9)
_BOUNDS = {
    "bytes": (0, 1 << 53),
    "percent": (0, 254),
    "celsius": (-60, 200),
    "hours": (0, 10**6),
    "days": (0, 40_000),
    "bits per second": (0, 10**13),
    "MHz": (0, 10**6),
    "MT/s": (0, 10**6),
}
"""Least and most by a column's unit; a disk may say that more than all of its life is used up, and by all ones (255)
that it does not know."""
_BOUNDS_OF = {
    "monitors.year": (1980, 2100),
    **dict.fromkeys(
        (
            "system.sockets",
            "system.cores",
            "system.threads",
            "system.memory_slots",
            "system.memory_slots_free",
        ),
        (0, 10_000),
    ),
}
_DAYS = frozenset(
    {
        "gpus.driver_date",
        "hotfixes.installed",
        "operating_system.installed",
        "operating_system.support_end",
        "software.installed",
        "system.firmware_date",
        "update_history.last_failure",
        "update_history.last_scan",
        "update_history.last_success",
        "updates.published",
    }
)
"""Columns of days (text), each with its section: `updates.installed` is a version.

`automatic_updates.paused_until` is none of them: people do pause updates until the year 9999.
"""
_FIRST, _LAST = date(1980, 1, 1), date(2100, 1, 1)
_CHECKED = {
    section.name: {
        column.name: _BOUNDS_OF.get(f"{section.name}.{column.name}", _BOUNDS.get(column.unit, _COUNTED))
        if column.type == "integer"
        else None
        for column in section.columns
        if column.type == "integer" or f"{section.name}.{column.name}" in _DAYS
    }
    for section in SECTIONS.values()
}


def plausible(section: str, rows: Sequence[Values]) -> Sequence[Values]:
    """The rows of this section, None in place of each value that cannot be true; the same rows where all can be."""
    checked = _CHECKED.get(section)
    if not checked:
        return rows
    found = [_sound(row, checked) for row in rows]
    return rows if all(one is row for one, row in zip(found, rows, strict=True)) else tuple(found)


def _sound(row: Values, checked: dict[str, tuple[int, int] | None]) -> Values:
    false = [name for name, bounds in checked.items() if name in row and not _can_be(row[name], bounds)]
    return {**row, **dict.fromkeys(false)} if false else row


def _can_be(value: Value, bounds: tuple[int, int] | None) -> bool:
    if bounds is not None:
        return not isinstance(value, int) or isinstance(value, bool) or bounds[0] <= value <= bounds[1]
    if not isinstance(value, str) or not value:
        return True
    try:
        return _FIRST <= date.fromisoformat(value) <= _LAST
    except ValueError:
        return False
