"""A collector that comes back after a week: nobody is called dark, nobody stampedes, backlog comes in its turn."""

import heapq
import random
import resource
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.agent.delivery_stand_in import Time
from tests.e2e.pcs import Pc, Running
from tests.e2e.programs import Collector, eventually
from tests.e2e.shifted_collector import Shift

from schooldrum_agent.courier import LONGEST_BACK_OFF
from schooldrum_agent.spool import RESULTS_PER_BATCH

PCS = 200
BEAT = 60
WEEK = 7 * 86400.0
WAITING = 250
BUSIEST_SECOND = 14
"""Of 200 PCs; all at once would be 200, and evenly spread over their longest wait and a beat it is some four."""


@pytest.fixture
def many_files() -> Iterator[None]:
    """Each PC of this test holds a few files and a connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def quick_disk() -> Iterator[Path]:
    """A folder in memory where there is one: two hundred spools on one real disk would only wait for it."""
    memory = Path("/dev/shm")  # noqa: S108 - what is made there has a name nobody guesses, and mode 0700
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


class Lab:
    """PCs that report each at its own time, under one simulated clock that jumps from one report to the next."""

    def __init__(self, pcs: list[tuple[Time, Running]], chance: random.Random) -> None:
        self.now = 0.0
        self._pcs = pcs
        self._due = [(chance.uniform(0, BEAT), number) for number in range(len(pcs))]
        self._at = [0.0] * len(pcs)
        heapq.heapify(self._due)
        self.requests: Counter[int] = Counter()
        """Second -> requests sent in it."""
        self.heard: dict[int, float] = {}
        """PC -> when it was first heard again."""
        self.most_taken = 0
        """Results that left a spool in one beat, at most."""

    def skip(self, seconds: float) -> None:
        """Time in which nobody tries."""
        self._due = [(due + seconds, number) for due, number in self._due]
        self.now += seconds

    def plays(self, until: float, *, until_empty: bool = False) -> None:
        """Every report that is due before then; `until_empty` leaves out a PC from when nothing waits on its disk.

        (What it would send from then on is one report a beat, evenly spread.)
        """
        while self._due and self._due[0][0] < until:
            self.now, number = heapq.heappop(self._due)
            time, running = self._pcs[number]
            time.pass_by(self.now - self._at[number])
            self._at[number] = self.now
            before = running.spool.counts().results
            done = running.report()
            self.requests[int(self.now)] += done.requests
            if done.delivered:
                self.heard.setdefault(number, self.now)
                self.most_taken = max(self.most_taken, before + 1 - running.spool.counts().results)
            if until_empty and done.delivered and not running.spool.counts().results:
                continue
            heapq.heappush(self._due, (self.now + (done.retry_in or BEAT), number))
        self.now = until


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.usefixtures("many_files")
def test_a_week_away_is_no_alarm_and_no_stampede(quick_disk: Path, shift: Shift, shifted_collector: Collector):
    token = shifted_collector.token(seats=PCS)
    shifted_collector.call("settings", "set", "--scope", "DEMO", "backlog_per_beat=1")
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    with ExitStack() as on:
        pcs: list[tuple[Time, Running]] = []
        for number in range(PCS):
            time = Time(boot=f"{number:032x}")
            pc = Pc(quick_disk / f"pc-{number}", number, time=time, beat=BEAT)
            pc.enrol(shifted_collector.agents, token)
            pcs.append((time, on.enter_context(pc.started())))
        lab = Lab(pcs, chance)
        lab.plays(2 * BEAT)
        assert len(lab.heard) == PCS
        shifted_collector.kill()
        lab.plays(lab.now + 2 * LONGEST_BACK_OFF)
        for _, running in pcs:
            running.measure(WAITING - running.spool.counts().results)
        lab.skip(WEEK)
        lab.plays(lab.now + LONGEST_BACK_OFF)

        shift.passes(WEEK)
        shifted_collector.serve()
        back = lab.now
        assert shifted_collector.page().count('state="online"} 1') == PCS, "nobody is dark before it could have spoken"
        lab.heard.clear()
        lab.requests.clear()
        lab.plays(back + LONGEST_BACK_OFF + 5 * BEAT, until_empty=True)
        assert len(lab.heard) == PCS
        assert max(lab.heard.values()) <= back + LONGEST_BACK_OFF + BEAT
        assert not any(running.spool.counts().results for _, running in pcs)
        eventually(lambda: shifted_collector.page().count('state="online"} 1') == PCS, 10, "everybody")
    busiest = max(lab.requests.values())
    first_minute = sum(count for second, count in lab.requests.items() if second < back + BEAT)
    assert busiest <= BUSIEST_SECOND
    assert first_minute <= PCS / 2
    assert lab.most_taken <= RESULTS_PER_BATCH + 1
    print(
        f"{PCS} PCs: {busiest} requests in the busiest second, {first_minute} in the first minute, all heard after "
        f"{max(lab.heard.values()) - back:.0f} s, at most {lab.most_taken} results of a PC in a beat"
    )
