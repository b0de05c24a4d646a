"""How days, times and reasons that people type for a calendar are read."""

import re
from datetime import date, datetime, time

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.typed import printable
from schooldrum_collector.judge.calendar import time_zone

_DAY = re.compile(r"([0-3]?[0-9])/([01]?[0-9])/(20[2-9][0-9])\Z")
_MOMENT = re.compile(r"(\S+)[ T]+([01]?[0-9]|2[0-3])[:hg]([0-5][0-9])\Z")
_LONGEST_REASON = 120


def day_given(call: Call, text: str) -> date:
    """`2026-09-21` or `21/9/2026`.

    Raises:
        Failed: it is no day, or none of these decades.
    """
    found = _DAY.match(text.strip())
    try:
        day = date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not 2020 <= day.year < 2100:  # noqa: PLR2004 - what the tables of holidays speak about
        raise Failed(
            call.say(f"Ngày {text!r:.40}: ghi 2026-09-21 hoặc 21/9/2026.", f"Day {text!r:.40}: write 2026-09-21.")
        )
    return day


def moment_given(call: Call, text: str, zone: str) -> float:
    """`2026-11-23 12:00` or `23/11/2026 12:00` as epoch seconds, by the clock of `zone` where it names none.

    Raises:
        Failed: it is no time, or none of these decades.
    """
    found = _MOMENT.match(text.strip())
    if found:
        when = datetime.combine(day_given(call, found[1]), time(int(found[2]), int(found[3])))
    else:
        try:
            when = datetime.fromisoformat(text.strip())
        except ValueError:
            when = datetime.min  # noqa: DTZ901 - a year that is refused
    if not 2020 <= when.year < 2100:  # noqa: PLR2004 - as above
        raise Failed(
            call.say(
                f'Giờ {text!r:.40}: ghi "2026-11-23 12:00" hoặc "23/11/2026 12:00".',
                f'Time {text!r:.40}: write "2026-11-23 12:00" or "23/11/2026 12:00".',
            )
        )
    return (when if when.tzinfo else when.replace(tzinfo=time_zone(zone))).timestamp()


def reason_given(call: Call, text: str) -> str:
    """A reason with its spaces tidied.

    Raises:
        Failed: it is empty, too long or holds what cannot be printed.
    """
    return printable(call, "reason", text, _LONGEST_REASON)
