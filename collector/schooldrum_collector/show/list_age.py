"""How old the lists are that age by themselves: end of support, builds of Windows."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

OLD_DAYS = 120
"""Older lists know nothing of four months of updates: somebody should put in newer ones."""
_DAY_SECONDS = 86400


def age_days(as_of: date, now: float) -> int:
    """Days since the list was right; `now` is epoch seconds. Never below 0: here a day begins before Greenwich's."""
    return max(0, int((now - _begin(as_of)) // _DAY_SECONDS))


def _begin(day: date) -> float:
    return datetime.combine(day, datetime.min.time(), UTC).timestamp()


class ListAges(Collector):
    """The date of every list and whether it is too old, looked up at each scrape."""

    def __init__(self, dates: Callable[[], Iterable[tuple[str, date]]], now: Callable[[], float]) -> None:
        """`dates` gives each list's name with the day on which it was right; `now` is the wall clock."""
        self._dates = dates
        self._now = now

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families, without looking at the lists."""
        return self._families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The families with their samples."""
        as_of, old = self._families()
        for what, day in self._dates():
            as_of.add_metric([what], _begin(day))
            old.add_metric([what], float(age_days(day, self._now()) > OLD_DAYS))
        return as_of, old

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "schooldrum_list_timestamp_seconds", "The day on which a list of facts was right.", labels=["list"]
            ),
            GaugeMetricFamily(
                "schooldrum_list_old", f"1 for a list of facts that is older than {OLD_DAYS} days.", labels=["list"]
            ),
        )
