"""How much time each school had, and lost, its internet: counted twice a minute, and summed from incidents' records.

What was counted is kept in the store, or a start would forget a month of it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from schooldrum_collector.judge.availability import Watched, availability, counted, day_of, expected_alone
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.lost_time import (
    LONGEST_SPAN_SECONDS,
    Reckoned,
    holds_whole_school,
    lost_time,
    spared,
    without_internet,
)
from schooldrum_collector.judge.places import PlaceState, SchoolPlaces
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import EVERYTHING

_log = logging.getLogger(__name__)
PACE_SECONDS = 30.0
LONGEST_STEP_SECONDS = 3 * PACE_SECONDS
"""What is farther apart was not watched in between: the machine slept, or the collector stood still."""
KEEP_SECONDS = 300.0
"""What was counted since is lost when the power fails."""
_ALL = 1 << 20
_HEARD = frozenset({PlaceState.UP, PlaceState.DEGRADED})


class Reckoning:
    """Reckons until it is cancelled. Not frozen: it counts."""

    def __init__(
        self,
        store: Store,
        places: Mapping[str, SchoolPlaces],
        *,
        now: Callable[[], float],
        steady: Callable[[], float],
    ) -> None:
        """`places` is how schools stood at the last look, by code.

        `now` is the wall clock (epoch seconds), `steady` one that never jumps.
        """
        self._store = store
        self._places = places
        self._now = now
        self._steady = steady
        self._last: float | None = None
        self._kept = steady()
        self._unkept: set[int] = set()
        since = day_of(now() - LONGEST_SPAN_SECONDS)
        self._days: dict[int, Watched] = {one.day: one for one in store.watched(since)}
        self.reckoned = Reckoned()

    async def run(self) -> None:
        """Until cancelled. Never raises: what fails is logged and comes again."""
        while True:
            try:
                await asyncio.to_thread(self.reckon)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("What schools lost could not be reckoned; it is tried again")
            await asyncio.sleep(PACE_SECONDS)

    def reckon(self) -> None:
        """Counts the time since the last call, and sums up what incidents have cost until now."""
        register, now, steady = self._store.register(), self._now(), self._steady()
        known = self._store.incidents(EVERYTHING, since=now - LONGEST_SPAN_SECONDS, most=_ALL)
        live = tuple(incident for incident in known if incident.is_live)
        self._count(live, now, steady)
        internet, since = without_internet(register, known, now), now - LONGEST_SPAN_SECONDS
        # Written anew and replaced as a whole: the event loop reads it meanwhile.
        self.reckoned = Reckoned(
            lost=lost_time(register, known, now, internet=internet),
            available=availability(self._days.values(), expected_alone(register, internet), since),
            open=live,
        )
        if steady - self._kept >= KEEP_SECONDS:
            self._kept = steady
            self.keep()

    def _count(self, live: tuple[Incident, ...], now: float, steady: float) -> None:
        step = 0.0 if self._last is None else steady - self._last
        self._last = steady
        if not 0 < step <= LONGEST_STEP_SECONDS:
            return
        by_another = spared(live)
        without = {
            code
            for incident in live
            if holds_whole_school(incident)
            for code in incident.schools
            if (incident.number, code) not in by_another
        }
        heard = {
            code
            for code, places in tuple(self._places.items())
            if places.school.state in _HEARD and places.school.expected
        }
        day = day_of(now)
        self._days[day] = counted(self._days.get(day), now, step, heard, heard - without, nearest=LONGEST_STEP_SECONDS)
        self._unkept.add(day)
        oldest = day_of(now - LONGEST_SPAN_SECONDS)
        self._days = {one: watched for one, watched in self._days.items() if one >= oldest}

    def keep(self) -> None:
        """Writes down what was counted since the last time; what cannot be stored now is the next time.

        Never raises what a full disk or a busy store raises.
        """
        days = [self._days[day] for day in sorted(self._unkept) if day in self._days]
        try:
            with self._store.writing() as writer:
                for day in days:
                    writer.put_watched(day)
        except (Full, Overloaded) as trouble:
            _log.warning("How long schools had internet could not be stored (%s); it is tried again", trouble)
            return
        self._unkept.difference_update(day.day for day in days)
