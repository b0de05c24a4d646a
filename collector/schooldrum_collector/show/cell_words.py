"""What stands in a cell of a PC's lists, as people read it: yes and no, days, amounts with their units, fixed words."""

from collections.abc import Callable, Mapping
from datetime import date

from schooldrum_collector.formats import amount_of_bytes, duration, number, speed
from schooldrum_collector.show.meanings_values import DAYS, VALUES
from schooldrum_collector.show.safety_words import day_words
from schooldrum_collector.speech import Say
from schooldrum_wire.catalogue import SECTIONS

_UNITS = {
    f"{section.name}.{column.name}": column.unit
    for section in SECTIONS.values()
    for column in section.columns
    if column.unit
}
_AMOUNTS: Mapping[str, Callable[[float, str], str]] = {
    "bytes": amount_of_bytes,
    "seconds": duration,
    "bits per second": lambda bits, language: speed(bits / 8, language),
}
_WORDS_OF_UNITS = {
    "celsius": ("°C", "°C"),
    "days": ("ngày", "days"),
    "hours": ("giờ", "hours"),
}


def cell_words(section: str, column: str, value: object, say: Say) -> str:
    """A value of a list in words; nothing for what is not known, and what has no other words as it came."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("có", "yes") if value else say("không", "no")
    if isinstance(value, str):
        return _text(section, column, value, say)
    unit = _UNITS.get(f"{section}.{column}")
    return _amount(value, unit, say) if unit and isinstance(value, int | float) else f"{value}"


def _text(section: str, column: str, value: str, say: Say) -> str:
    if DAYS & {column, f"{section}.{column}"}:
        return written_day(value, say)
    known = VALUES.get(f"{section}.{column}", {})
    if value in known:
        return say(*known[value])
    # Some columns hold several of their words, with spaces between.
    parts = value.split()
    return ", ".join(say(*known[part]) for part in parts) if parts and known.keys() >= {*parts} else value


def _amount(value: float, unit: str, say: Say) -> str:
    if unit in _AMOUNTS:
        return _AMOUNTS[unit](value, say.language)
    told = number(value, say.language)
    if unit == "percent":
        return told + say("%", " %")
    if unit == "days" and value == 1:
        return say("1 ngày", "1 day")
    return f"{told} {say(*_WORDS_OF_UNITS.get(unit, (unit, unit)))}"


def written_day(text: str, say: Say) -> str:
    """A day that came as year-month-day as people write it; what is no day as it came."""
    try:
        return day_words(date.fromisoformat(text), say)
    except ValueError:
        return text
