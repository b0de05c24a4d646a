"""PCs whose clocks are years off, jump, sleep or lose their power: when the collector says each result was made."""

import math
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.e2e.history import folded
from tests.e2e.pcs import Pc, Running
from tests.e2e.programs import Collector
from tests.e2e.shifted_collector import Shift

from schooldrum_agent.clock import Clock
from schooldrum_collector.store.history import Found

YEARS = 365.25 * 86400
HOUR = 3600.0
LATE = 4.0
"""How long, beside its own idea, a result may have travelled on a busy test machine (seconds)."""


class Board:
    """A PC's clocks, derived from the true time: `ahead` is how wrong its wall clock is (seconds)."""

    def __init__(self, shift: Shift, ahead: float) -> None:
        self.ahead = ahead
        self._shift = shift
        self._on = shift.now()
        self.clock = Clock(
            monotonic=self._since_on, boottime=self._since_on, wall=self._wall, boot=secrets.token_hex(16)
        )

    def _since_on(self) -> float:
        return self._shift.now() - self._on

    def _wall(self) -> float:
        return self._shift.now() + self.ahead


class PcWithTruth(msgspec.Struct):
    """A PC of this test with the truth about each of its results: (run, number) -> when it was made."""

    pc: Pc
    truth: dict[tuple[str, int], float] = {}
    unheard: set[str] = set()
    """Runs in boots that never reached the collector themselves."""

    def measures(self, running: Running, shift: Shift, *, times: int = 3, apart: float = 60.0, heard: bool) -> None:
        """So many results, each delivered at once or left on the disk."""
        for _ in range(times):
            shift.passes(apart)
            if heard:
                assert running.report().delivered
            else:
                running.measure()
                self.unheard.add(running.run)
            self.truth[running.run, len(running.measured)] = shift.now()

    def delivers_all(self, running: Running, shift: Shift) -> None:
        """Goes on until nothing waits on its disk."""
        while running.spool.backlog(1):
            self.measures(running, shift, times=1, heard=True)
        self.unheard.discard(running.run)


Story = Callable[[PcWithTruth, Shift], None]


def powered_on(told: PcWithTruth, shift: Shift, ahead: float) -> Board:
    """The PC is switched on with its clock so far ahead."""
    board = Board(shift, ahead)
    told.pc.time = board
    return board


def always_wrong(ahead: float) -> Story:
    def story(told: PcWithTruth, shift: Shift) -> None:
        powered_on(told, shift, ahead)
        with told.pc.started() as running:
            told.measures(running, shift, heard=True)
            told.measures(running, shift, heard=False)
            told.delivers_all(running, shift)

    return story


def set_while_running(told: PcWithTruth, shift: Shift) -> None:
    board = powered_on(told, shift, -10 * YEARS)
    with told.pc.started() as running:
        told.measures(running, shift, heard=True)
        for ahead in (3 * 86400.0, 10 * YEARS, -HOUR, 0.0):
            board.ahead = ahead
            told.measures(running, shift, heard=False)
        told.delivers_all(running, shift)


def asleep_for_an_hour(told: PcWithTruth, shift: Shift) -> None:
    powered_on(told, shift, 0)
    with told.pc.started() as running:
        told.measures(running, shift, heard=False)
        shift.passes(HOUR)
        told.delivers_all(running, shift)


def off_over_the_weekend(before: float, after: float) -> Story:
    def story(told: PcWithTruth, shift: Shift) -> None:
        powered_on(told, shift, before)
        with told.pc.started() as running:
            told.measures(running, shift, heard=True)
            told.measures(running, shift, apart=HOUR / 2, times=4, heard=False)
            told.unheard.discard(running.run)
        shift.passes(62 * HOUR)
        powered_on(told, shift, after)
        with told.pc.started() as running:
            told.delivers_all(running, shift)

    return story


def a_day_without_a_line(first: float, dark: float, third: float) -> Story:
    def story(told: PcWithTruth, shift: Shift) -> None:
        powered_on(told, shift, first)
        with told.pc.started() as running:
            told.measures(running, shift, heard=True)
        shift.passes(14 * HOUR)
        powered_on(told, shift, dark)
        with told.pc.started() as running:
            told.measures(running, shift, apart=HOUR, times=6, heard=False)
        shift.passes(20 * HOUR)
        powered_on(told, shift, third)
        with told.pc.started() as running:
            told.delivers_all(running, shift)

    return story


STORIES: dict[str, tuple[Story, str]] = {
    "ten years behind": (always_wrong(-10 * YEARS), "exact"),
    "ten years ahead": (always_wrong(10 * YEARS), "exact"),
    "set while it ran": (set_while_running, "exact"),
    "asleep for an hour": (asleep_for_an_hour, "exact"),
    "a weekend off": (off_over_the_weekend(0, 0), "exact"),
    "a weekend off, and the battery is dead": (off_over_the_weekend(-10 * YEARS, -10 * YEARS - 62 * HOUR), "exact"),
    "a day without a line": (a_day_without_a_line(0, 0, 0), "corrected"),
    "a day without a line, years behind": (a_day_without_a_line(*[-10 * YEARS] * 3), "corrected"),
    "a day without a line, years ahead": (a_day_without_a_line(*[10 * YEARS] * 3), "corrected"),
    "a day without a line, ten years ahead on that day": (a_day_without_a_line(0, 10 * YEARS, 0), "bounded"),
    "a day without a line, a clock that stands still while it is off": (
        a_day_without_a_line(-10 * YEARS, -10 * YEARS - 14 * HOUR, -10 * YEARS - 34 * HOUR),
        "bounded",
    ),
    "a day without a line, a clock that begins with 2015 at each power-on": (
        a_day_without_a_line(-10 * YEARS, -10 * YEARS - 14 * HOUR - 180, -10 * YEARS - 40 * HOUR - 180),
        "bounded",
    ),
}
"""What happened to a PC, and how its hardest results must be dated."""


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_everything_is_dated_right_within_its_stated_error(tmp_path: Path, shift: Shift, shifted_collector: Collector):
    token = shifted_collector.token()
    everyone: dict[str, PcWithTruth] = {}
    for number, name in enumerate(STORIES):
        told = everyone[name] = PcWithTruth(Pc(tmp_path / f"pc-{number}", number))
        powered_on(told, shift, 0)
        told.pc.enrol(shifted_collector.agents, token)
    for name, (story, _) in STORIES.items():
        story(everyone[name], shift)
    shifted_collector.stop()
    with folded(shifted_collector.home / "data") as history:
        for name, told in everyone.items():
            kept: list[Found] = history.kept(told.pc.identity()["machine"])
            assert {(one.run, one.seq) for one in kept} == set(told.truth), name
            worst = max(kept, key=lambda one, told=told: abs(one.at - told.truth[one.run, one.seq]) - one.error)  # type: ignore[misc]  # a default in a lambda
            off = abs(worst.at - told.truth[worst.run, worst.seq])
            assert off <= worst.error + LATE, f"{name}: off by {off:.0f} s, said {worst.error:.0f} s ({worst.dated})"
            heard = {one.dated for one in kept if one.run not in told.unheard}
            dark = {one.dated for one in kept if one.run in told.unheard}
            assert heard == {"exact"}, name
            assert all(one.error < 10 for one in kept if one.dated == "exact"), name
            wanted = STORIES[name][1]
            assert (dark or heard) == {wanted}, f"{name}: {dark}"
            assert all(math.isfinite(one.error) for one in kept)
            off = max(abs(one.at - told.truth[one.run, one.seq]) for one in kept)
            said = max(one.error for one in kept)
            print(f"{name}: {len(kept)} results, off by {off:.0f} s at most, said {said:.0f} s, {dark or heard}")
