"""How messages write when something was, and for how long (glossary, section 5)."""

from datetime import datetime

from schooldrum_collector.formats import date, duration, time_of_day
from schooldrum_collector.judge.calendar import time_zone

_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_HOUR_SECONDS = 3600
_NOON, _EVENING = 12, 18
_WHOLE_HOURS = {"vi": " 00 phút", "en": " 00 min"}


def day(at: float, language: str, zone: str) -> str:
    """`thứ Hai 23/11/2026`, `Mon 23 Nov 2026`."""
    if language == "en":
        return date(at, language, zone)
    return f"{_WEEKDAYS[datetime.fromtimestamp(at, time_zone(zone)).weekday()]} {date(at, language, zone)}"


def moment(at: float, language: str, zone: str) -> str:
    """`08:12, thứ Hai 23/11/2026`, `08:12, Mon 23 Nov 2026`."""
    return f"{time_of_day(at, zone)}, {day(at, language, zone)}"


def brief(at: float, zone: str) -> str:
    """`08:12 23/11`: as short as it can be said."""
    there = datetime.fromtimestamp(at, time_zone(zone))
    return f"{there.hour:02}:{there.minute:02} {there.day:02}/{there.month:02}"


def lasted(seconds: float, language: str) -> str:
    """`6 phút`, `1 giờ`, `2 giờ 05 phút`: as duration, without minutes that are none."""
    if language == "en" and round(seconds) // 60 == _HOUR_SECONDS // 60:
        return "1 hour"
    return duration(seconds, language).removesuffix(_WHOLE_HOURS[language])


def part_of_day(at: float, language: str, zone: str) -> str:
    """`buổi sáng`, `buổi chiều`, `buổi tối`: what of today is concerned."""
    hour = datetime.fromtimestamp(at, time_zone(zone)).hour
    chosen = 0 if hour < _NOON else 1 if hour < _EVENING else 2
    if language == "en":
        return ("this morning", "this afternoon", "this evening")[chosen]
    return ("buổi sáng", "buổi chiều", "buổi tối")[chosen]
