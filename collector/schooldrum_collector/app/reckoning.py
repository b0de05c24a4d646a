"""How much time each school had, and lost, its internet: counted twice a minute, and summed from incidents' records."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.lost_time import LONGEST_SPAN_SECONDS, Reckoned, holds_whole_school, lost_time
from schooldrum_collector.judge.places import PlaceState, SchoolPlaces
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING

_log = logging.getLogger(__name__)
PACE_SECONDS = 30.0
LONGEST_STEP_SECONDS = 3 * PACE_SECONDS
"""What is farther apart was not watched in between: the machine slept, or the collector stood still."""
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
        self._available: dict[str, float] = {}
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
        self._count(live, steady)
        # Written anew and replaced as a whole: the event loop reads it meanwhile.
        self.reckoned = Reckoned(
            lost=lost_time(register, known, now),
            available={code: self._available.get(code, 0.0) for code in register.schools},
            open=live,
        )

    def _count(self, live: tuple[Incident, ...], steady: float) -> None:
        step = 0.0 if self._last is None else steady - self._last
        self._last = steady
        if not 0 < step <= LONGEST_STEP_SECONDS:
            return
        without = {code for incident in live if holds_whole_school(incident) for code in incident.schools}
        for code, places in tuple(self._places.items()):
            if code not in without and places.school.state in _HEARD:
                self._available[code] = self._available.get(code, 0.0) + step
