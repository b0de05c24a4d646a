"""What befell this PC while its agent napped: whether it slept, and whether somebody set its clock."""

from collections.abc import Callable

from schooldrum_agent import log
from schooldrum_agent.clock import Clock

STEP_SECONDS = 5.0
SLEEP_SECONDS = 5.0
STALL_SECONDS = 60.0
"""Where the system does not tell how long it slept: a nap that took so much longer than asked for was a sleep."""


class Naps:
    """Follows the naps of one loop. All methods belong to its thread; moments are seconds of the boot-time clock."""

    def __init__(self, clock: Clock, slept: Callable[[], float | None]) -> None:
        """`slept()` is how many seconds of this boot the PC was asleep, None where the system does not tell."""
        self._clock = clock
        self._ask = slept
        self._slept = slept()
        self._back_by = float("inf")
        self._wall_offset = clock.wall() - clock.boottime()
        self.clock_steps = 0
        """How often the PC's clock was set."""

    def look(self, now: float) -> bool:
        """Whether the PC has slept without being greeted since; counts a clock that was set."""
        offset = self._clock.wall() - now
        if abs(offset - self._wall_offset) > STEP_SECONDS:
            self.clock_steps += 1
            log.info(f"the clock of this PC was set by {offset - self._wall_offset:.0f} s")
        self._wall_offset = offset
        slept = self._ask()
        if slept is None or self._slept is None:
            return now - self._back_by > STALL_SECONDS
        return slept - self._slept > SLEEP_SECONDS

    def greeted(self) -> None:
        """Whatever it has slept until now is known."""
        self._slept = self._ask()

    def begin(self, back_by: float) -> None:
        """The loop naps now, until this moment at the latest."""
        self._back_by = back_by
