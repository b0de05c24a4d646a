"""How much of a stretch of time was lesson time in a school, by its calendar. Pure."""

from collections.abc import Callable

MINUTE = 60.0
LONGEST_SECONDS = 14 * 86400.0
"""Beyond so long a stretch nobody counts minutes."""
ExpectedUntil = Callable[[float], float | None]
"""The end of the lessons that hold a moment; None where there are none then."""


def is_lesson(until: ExpectedUntil, at: float) -> bool:
    """Whether there are lessons at this moment."""
    return until(at) is not None


def lesson_seconds(until: ExpectedUntil, begin: float, end: float) -> float:
    """Seconds of lesson time between the two, exact to a minute."""
    end = min(end, begin + LONGEST_SECONDS)
    at, total = begin, 0.0
    while at < end:
        closes = until(at)
        if closes is None or closes <= at:
            at = MINUTE * (at // MINUTE + 1)
            continue
        total += min(closes, end) - at
        at = closes
    return total
