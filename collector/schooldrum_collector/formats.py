"""How dates, times, durations and numbers are written for people, and how numbers in their spreadsheets are read."""

import math
import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

VIETNAM = "Asia/Ho_Chi_Minh"
UNKNOWN = "?"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_KIBI = 1024
_COUNTED = (
    *("PC", "PCs", "room", "rooms", "school", "schools", "day", "days", "minute", "minutes", "time", "times"),
    *("entry", "entries", "line", "lines", "row", "rows", "use", "uses", "name", "names", "slot", "slots"),
    *("report", "reports", "place", "places", "message", "messages", "area", "areas", "school's", "schools'"),
)
_ONE_OF = dict(zip(_COUNTED[1::2], _COUNTED[::2], strict=True))
_VERBS = {"are": "is", "have": "has", "were": "was", "stand": "stands"}
_ONE = re.compile(
    r"(?<![\w.,-])1 ((?:(?:more|other|program|simulated) )?)"
    rf"({'|'.join(sorted(_ONE_OF, reverse=True))})\b(?: ({'|'.join(_VERBS)})\b)?"
)


def _local(at: float, zone: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, ZoneInfo(zone))
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return None


def date(at: float, language: str, zone: str = VIETNAM) -> str:
    """`23/11/2026`, in English `Mon 23 Nov 2026`; a question mark for what no calendar holds."""
    day = _local(at, zone)
    if day is None:
        return UNKNOWN
    if language == "en":
        return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.day:02}/{day.month:02}/{day.year}"


def time_of_day(at: float, zone: str = VIETNAM) -> str:
    """`08:12`."""
    moment = _local(at, zone)
    return UNKNOWN if moment is None else f"{moment.hour:02}:{moment.minute:02}"


def moment(at: float, language: str, zone: str = VIETNAM) -> str:
    """Time and date together: `08:12 23/11/2026`."""
    return UNKNOWN if _local(at, zone) is None else f"{time_of_day(at, zone)} {date(at, language, zone)}"


def iso(at: float, zone: str = VIETNAM) -> str | None:
    """For programs: ISO 8601 with offset, None for never (0) and for what no calendar holds."""
    then = _local(at, zone) if at else None
    return then.isoformat(timespec="seconds") if then else None


def duration(seconds: float, language: str) -> str:
    """`45 giây`, `6 phút`, `2 giờ 05 phút`, `74 ngày` (from two days on whole days)."""
    if not math.isfinite(seconds):
        return UNKNOWN
    whole = round(abs(seconds))
    english = language == "en"
    if whole < _MINUTE:
        return f"{whole} s" if english else f"{whole} giây"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min" if english else f"{whole // _MINUTE} phút"
    if whole < 2 * _DAY:
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        return f"{hours} h {minutes:02} min" if english else f"{hours} giờ {minutes:02} phút"
    return f"{number(whole // _DAY, language)} {'days' if english else 'ngày'}"


def age(at: float, now: float, language: str, zone: str = VIETNAM) -> str:
    """`5 phút trước`, `hôm qua 16:40`, then the date with its time."""
    then, today = _local(at, zone), _local(now, zone)
    if then is None or today is None:
        return UNKNOWN
    if now - at < _HOUR or today.date() == then.date():
        passed = duration(max(0.0, now - at), language)
        return f"{passed} ago" if language == "en" else f"{passed} trước"
    return clock(at, now, language, zone)


def clock(at: float, now: float, language: str, zone: str = VIETNAM) -> str:
    """`08:12` of today, `hôm qua 16:40`, then time and date: as `age`, but for what is not said anew every minute."""
    then, today = _local(at, zone), _local(now, zone)
    if then is None or today is None:
        return UNKNOWN
    days = (today.date() - then.date()).days
    if days == 0:
        return time_of_day(at, zone)
    if days == 1:
        return f"yesterday {time_of_day(at, zone)}" if language == "en" else f"hôm qua {time_of_day(at, zone)}"
    return moment(at, language, zone)


def number(value: float, language: str, digits: int = 1) -> str:
    """`1.234,5`, in English `1,234.5`; no digits after the point where they would be zeros."""
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{value:z,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def counted(sentence: str) -> str:
    """An English sentence whose counts stand before plurals, mended where one is 1: `1 PCs are` becomes `1 PC is`."""
    return _ONE.sub(_singular, sentence) if "1 " in sentence else sentence


def _singular(found: re.Match[str]) -> str:
    verb = f" {_VERBS[found[3]]}" if found[3] else ""
    return f"1 {found[1]}{_ONE_OF[found[2]]}{verb}"


def share(ratio: float, language: str) -> str:
    """A ratio of 0 to 1 as `95,5%`, in English `95.5 %`."""
    return f"{number(ratio * 100, language)}{' %' if language == 'en' else '%'}"


def amount_of_bytes(count: float, language: str) -> str:
    """`15,5 GiB`: binary units, as memory and volumes are sold and shown."""
    if not math.isfinite(count):
        return UNKNOWN
    unit = 0
    while abs(count) >= _KIBI and unit < len(_BYTE_UNITS) - 1:
        count, unit = count / _KIBI, unit + 1
    return f"{number(count, language)} {_BYTE_UNITS[unit]}"


def speed(bytes_per_second: float, language: str) -> str:
    """`94,2 Mbps`."""
    return f"{number(bytes_per_second * 8 / 1e6, language)} Mbps"


def read_whole(text: str) -> int:
    """A count as people write it in either language: `40`, `40,0`, `1.234,0`, `1,234,567`.

    Raises:
        ValueError: it is none, or could mean two (`1.234`); the sentence says which.
    """
    tidy = "".join(text.split())
    plain = re.fullmatch(r"([0-9]{1,15})([.,]0{1,2})?", tidy)
    if plain:
        return int(plain[1])
    for thousands, point in ((".", ","), (",", ".")):
        grouped = re.fullmatch(rf"([0-9]{{1,3}}(?:\{thousands}[0-9]{{3}})+)(\{point}0+)?", tidy)
        if grouped and (grouped[2] or grouped[1].count(thousands) > 1):
            return int(grouped[1].replace(thousands, ""))
    if re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", tidy):
        raise ValueError(f"{text.strip()} could be a thousand or a fraction: write it without . and ,")
    raise ValueError(f"{text.strip()!r} is not a whole number")
