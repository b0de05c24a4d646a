"""The collector's own pulse: does its loop keep up, did its clock step, since when does it listen."""

import asyncio
import threading
from collections.abc import Callable

from schooldrum_collector.judge.presence import Hearing, deaf, noticed, turned_away

TICK_SECONDS = 0.5
STEP_SECONDS = 30.0
"""A wall clock that moved so much against the monotonic one was set."""


class Heartbeat:
    """Ticks twice a second in the event loop. Not frozen: `hearing` changes with what it notices."""

    def __init__(
        self,
        hearing: Hearing,
        *,
        now: Callable[[], float],
        late: Callable[[float], None],
        stepped: Callable[[], None],
        often: Callable[[], None],
        head_start: float = 0.0,
    ) -> None:
        """`head_start` are seconds for which it counts as having listened already when it hears again.

        `late(seconds)` is told of every tick, `stepped()` of a set clock, `often()` is called at every tick.
        """
        self.hearing = hearing
        self._now = now
        self._late = late
        self._stepped = stepped
        self._often = often
        self._head_start = head_start
        self._changing = threading.Lock()

    def was_deaf(self, away: float, back: float) -> None:
        """The collector's own line was down between these (epoch seconds), or its door shut: nobody could be heard.

        From any thread: a value is replaced by another.
        """
        with self._changing:
            hearing = self.hearing
            if self._head_start and away <= hearing.away:
                # It was told already: what counts as heard for long ends no telling.
                return
            if back - self._head_start > hearing.back:
                self.hearing = deaf(hearing, away, back - self._head_start)

    def turned_away(self, seconds: float) -> None:
        """An agent was asked to come again in so many seconds, for the collector's own reasons."""
        with self._changing:
            self.hearing = turned_away(self.hearing, self._now(), seconds)

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        wall, steady = self._now(), loop.time()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            before_wall, before_steady = wall, steady
            wall, steady = self._now(), loop.time()
            self._late(max(0.0, steady - before_steady - TICK_SECONDS))
            with self._changing:
                self.hearing = noticed(self.hearing, before_wall, wall, TICK_SECONDS)
            if abs((wall - before_wall) - (steady - before_steady)) > STEP_SECONDS:
                self._stepped()
            self._often()
