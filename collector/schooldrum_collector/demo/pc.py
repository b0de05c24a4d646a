"""One simulated PC: its hardware, its clocks, what waits on its disk, and the letters that it writes."""

import hashlib
import random
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from schooldrum_collector.demo.area import BEAT
from schooldrum_collector.demo.breaks import Trouble
from schooldrum_collector.demo.measured import (
    NUMBERS_A_SCHOOL,
    clock_error,
    failing,
    figures,
    is_frozen,
    ladder_readings,
    rows,
    services,
)
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.encoding import encode
from schooldrum_wire.messages import ReportsAnswer
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report, Word
from schooldrum_wire.result import Outcome, Result
from schooldrum_wire.section import Values
from schooldrum_wire.version import VERSION

LADDER = "ladder"
_SPOOLED_MOST = 20_000
"""Climbs that wait: more than a day of them."""
_RESULTS_A_REPORT = 200
_BACKLOG_MOST = 10
_FIGURES_EVERY = 12
"""Beats between two runs of the other probes."""


class Clocks(msgspec.Struct, frozen=True):
    """The real time (epoch seconds) and a clock that never jumps (seconds), as functions."""

    wall: Callable[[], float]
    steady: Callable[[], float]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What enrolment gave a PC: its id in the register, its credential."""

    machine: str
    credential: str


class _Waiting(msgspec.Struct, frozen=True):
    """A result that waits on the disk, and which run in which boot measured it."""

    run: str
    boot: str
    result: Result


class Pc:
    """A PC of the simulated area. Not frozen: it lives, and is switched on and off."""

    def __init__(self, number: int, room: str, clocks: Clocks, identity: Identity | None = None) -> None:
        """`number` makes its hardware; it stands in this room (`CODE/SITE/ROOM`).

        `beat` are the seconds until its next letter, as it says itself.
        """
        self.number = number
        self.room = room
        self.identity = identity
        self.beat = BEAT
        self._clocks = clocks
        self._chance = random.Random(number)  # noqa: S311 - a simulation
        self._rows: dict[str, list[Values]] = {}
        self._digests: dict[str, str] = {}
        self._frozen = is_frozen(number)
        # Of each school one asks what the others need not ask too.
        self._asks = number % NUMBERS_A_SCHOOL == 0
        self._spool: deque[_Waiting] = deque(maxlen=_SPOOLED_MOST)
        self._sent: list[_Waiting] = []
        self._is_on = False
        self._run = self._boot = ""
        self._booted = 0.0
        self._seq = self._beats = 0
        self._newest: dict[str, Result] = {}
        self._word: Word | None = None
        self._wanted: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> Fingerprint:
        """Its hardware, hashed, always the same."""
        code = hashlib.sha256(f"schooldrum demo {self.number}".encode()).hexdigest()
        return {"uuid": (code[:16],), "board": (code[16:32],), "mac": (code[32:48],)}

    @property
    def waiting(self) -> int:
        """How many results wait on its disk."""
        return len(self._spool)

    def live(self, trouble: Trouble | None) -> bytes | None:
        """Lives for one beat; the letter to send (not packed), or None where it has no power or no way out."""
        if trouble is Trouble.POWER:
            self._is_on = False
            return None
        if not self._is_on:
            self._switch_on()
        climb = self._measure(LADDER, ladder_readings(trouble, self._chance))
        if self._beats % _FIGURES_EVERY == self.number % _FIGURES_EVERY or len(self._newest) == 1:
            for probe, readings in figures(self.number, self._boottime(), self._chance, waiting=self.waiting):
                self._measure(probe, readings)
            for probe, outcome in failing(self.number):
                self._measure(probe, (), outcome)
            if self._asks and trouble is None:
                self._measure("services", services(self._chance))
        self._beats += 1
        if trouble is not None and not trouble.lets_through:
            self._spool.append(_Waiting(self._run, self._boot, climb))
            return None
        return encode(self._delivery())

    def farewell(self) -> bytes:
        """Is switched off by a person; the letter in which it says so (not packed)."""
        self._word = Word(word="goodbye", kind="shutdown", boottime=round(self._boottime(), 3))
        self._is_on = False
        return encode(self._delivery())

    def _switch_on(self) -> None:
        # From the system's source: two demos, or two starts of one, must not be the same run.
        chance = random.SystemRandom()
        self._is_on = True
        self._run, self._boot = f"{chance.getrandbits(64):016x}", f"{chance.getrandbits(128):032x}"
        self._booted = self._clocks.steady() - chance.uniform(25, 60)
        self._seq = 0
        self._newest = {}
        self._word = Word(word="hello", kind="start", boottime=round(self._boottime(), 3))
        # It has looked for updates today.
        self._rows = rows(self.number, datetime.fromtimestamp(self._clocks.wall(), UTC).date())
        self._digests = {name: SECTIONS[name].digest(some) for name, some in self._rows.items()}
        self._wanted = frozenset(self._rows)

    def _boottime(self) -> float:
        return self._clocks.steady() - self._booted

    def _wall(self) -> float:
        return self._clocks.wall() + clock_error(self.number)

    def _measure(self, probe: str, readings: tuple[Reading, ...], outcome: Outcome = Outcome.OK) -> Result:
        self._seq += 1
        result = Result(
            probe=probe,
            seq=self._seq,
            outcome=outcome.value,
            boottime=round(self._boottime(), 3),
            wall=round(self._wall(), 3),
            took=round(self._chance.uniform(0.001, 0.05), 4),
            readings=readings,
        )
        self._newest[probe] = result
        return result

    def _delivery(self) -> Delivery:
        live = Report(
            run=self._run,
            boot=self._boot,
            results=tuple(sorted(self._newest.values(), key=lambda one: one.seq)),
            live=True,
            beat=self.beat,
            word=self._word,
            sections=self._digests,
            rows={name: tuple(self._rows[name]) for name in self._wanted},
            frozen=self._frozen,
        )
        self._sent = [self._spool[at] for at in range(min(len(self._spool), _RESULTS_A_REPORT * _BACKLOG_MOST))]
        return Delivery(
            reports=(live, *_backlog(self._sent, self.beat)),
            now=Now(boot=self._boot, boottime=round(self._boottime(), 3), wall=round(self._wall(), 3)),
            fingerprint=self.fingerprint,
            agent=VERSION,
            system="windows",
        )

    def taken(self, answer: ReportsAnswer) -> None:
        """Its last letter is safe with the collector: what was in it need not be kept."""
        for _ in self._sent:
            self._spool.popleft()
        self._sent = []
        self._word = None
        self._wanted = frozenset(answer.want) & self._rows.keys()

    def unheard(self) -> None:
        """Its last letter was not answered: what it holds goes with the next."""
        self._sent = []


def _backlog(waiting: Iterable[_Waiting], beat: int) -> list[Report]:
    """Reports of the past: each of one run, oldest first."""
    reports: list[Report] = []
    some: list[_Waiting] = []
    for one in waiting:
        if some and (one.run != some[0].run or len(some) >= _RESULTS_A_REPORT):
            reports.append(_report(some, beat))
            some = []
        some.append(one)
    return [*reports, _report(some, beat)] if some else reports


def _report(some: list[_Waiting], beat: int) -> Report:
    return Report(run=some[0].run, boot=some[0].boot, beat=beat, results=tuple(one.result for one in some))
