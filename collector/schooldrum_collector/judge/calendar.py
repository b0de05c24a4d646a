"""What every school's calendar rests on: public holidays, time zones, and hours where no plan says otherwise."""

import functools
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"
BEGIN = time(7)
END = time(17)
SCHOOL_DAYS = frozenset(range(6))
"""Monday to Saturday, as date.weekday() counts."""
_EPOCHS = (0.0, 4_102_444_800.0)
"""1970 to 2100: what the tables of holidays and zones speak about."""


class Window(msgspec.Struct, frozen=True, gc=False):
    """A stretch of time in which PCs are expected to be on; `begin` is in it, `end` no more (epoch seconds)."""

    begin: float
    end: float


@functools.lru_cache(maxsize=64)
def public_holidays(year: int) -> frozenset[date]:
    """Vietnam's days off work in this year, Tết and moved days off included (source: the library `holidays`)."""
    from holidays import country_holidays  # noqa: PLC0415 - a tenth of a second that a start need not pay

    return frozenset(country_holidays("VN", years=year))


@functools.lru_cache(maxsize=64)
def holiday_names(year: int, language: str) -> dict[date, str]:
    """The names of those days in `vi` or `en`."""
    from holidays import country_holidays  # noqa: PLC0415 - as above

    return dict(country_holidays("VN", years=year, language="en_US" if language == "en" else "vi").items())


@functools.lru_cache(maxsize=256)
def time_zone(name: str) -> ZoneInfo:
    """The zone of this name; Vietnam's for one that this system does not know, so that one bad row darkens nothing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)


@functools.lru_cache(maxsize=4096)
def _hours(day: date, zone: str) -> Window | None:
    if day.weekday() not in SCHOOL_DAYS or day in public_holidays(day.year):
        return None
    begin, end = (datetime.combine(day, hour, time_zone(zone)).timestamp() for hour in (BEGIN, END))
    return Window(begin, end)


def window(at: float, zone: str) -> Window | None:
    """The expected window that holds this moment (epoch seconds) in this time zone, or None where there is none."""
    if not _EPOCHS[0] <= at < _EPOCHS[1]:
        return None
    hours = _hours(datetime.fromtimestamp(at, time_zone(zone)).date(), zone)
    return hours if hours and hours.begin <= at < hours.end else None
