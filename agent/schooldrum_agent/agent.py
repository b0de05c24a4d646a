"""One run of the agent: probes find, findings go to disk, each beat a report goes to the collector, until told to stop.

All decisions are made in the schedule's one thread. Whatever waits for a disk or the network is done, in order, by one
other thread (the voice), so a stuck network holds up nothing but itself.
"""

import _queue
import gc
import os
import threading
from collections.abc import Callable

import msgspec

from schooldrum_agent import log
from schooldrum_agent.chance import Chance
from schooldrum_agent.climbing import LADDER, Climbing
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config
from schooldrum_agent.courier import Courier, Round
from schooldrum_agent.examine import sentence
from schooldrum_agent.ledger import Ledger, Numbered
from schooldrum_agent.naps import Naps
from schooldrum_agent.noticeboard import Noticeboard
from schooldrum_agent.parcel import LiveReport
from schooldrum_agent.probe import Probe
from schooldrum_agent.runner import Runner
from schooldrum_agent.schedule import Schedule
from schooldrum_agent.spool import Spool
from schooldrum_agent.state import State
from schooldrum_agent.whereabouts import SENT_ELSEWHERE, Whereabouts
from schooldrum_wire.fence import Fence
from schooldrum_wire.report import Word
from schooldrum_wire.result import Finding

GOODBYE_SECONDS = 3.0
NAP_SECONDS = 30.0
"""How late, at most, a resume or a clock that stepped is noticed: each look costs as much as a probe."""
SETTLE_SECONDS = 2.0
"""How long after the first report the start counts as over."""
FIRST_FINDINGS_SECONDS = 1.0
"""How long the first report waits for the first findings."""
FIRST_CLIMB_SECONDS = 0.02
"""How long it waits for the ladder alone: a gateway answers at once, or is silent for longer than anybody waits."""
AFTER_PROBES_SECONDS = 0.25
"""How long after the probes that share its rhythm a beat comes, so that it carries what they found."""
STORE_SECONDS = 60.0
"""How long a finding may wait for the disk where beats are rare."""
AWAKE_SECONDS = 60.0
"""A PC that said it would sleep and still runs after so long was not put to sleep after all."""
LOOK_AROUND = "look around"
FENCE_SECONDS = 3600.0
"""How long a new account of this PC may be unknown to the fence."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is put together from.

    `make_runner(post, found, said)` is given the loop's inbox, where findings go, and what the agent knows of itself;
    `read_fence()` reads the PC's account names again; `slept()` is how many seconds of this boot the PC was asleep,
    None where the system does not tell; `chance` spreads what many PCs would do at once.
    """

    config: Config
    clock: Clock
    probes: tuple[Probe, ...]
    state: State
    spool: Spool
    courier: Courier
    make_runner: Callable[
        [Callable[[Callable[[], None]], None], Callable[[Finding], None], Callable[[], dict[str, float]]], Runner
    ]
    read_fence: Callable[[], Fence]
    slept: Callable[[], float | None]
    noticeboard: Noticeboard
    chance: Chance
    climbing: Climbing | None = None
    """Says how far the ladder is climbed; without it nobody climbs."""
    whereabouts: Whereabouts | None = None
    """Says whether this PC is at its school; without it, it is."""


def _settle() -> None:
    # What the start needed and nothing needs again stays out of every later collection.
    gc.collect()
    gc.freeze()


class Agent:
    """Runs in the thread that calls `run`; `stop`, `suspending` and `resumed` may be called from any other."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._config = parts.config
        self._clock = parts.clock
        self._run = os.urandom(8).hex()
        self._schedule = Schedule(parts.clock.boottime)
        self._ledger = Ledger(parts.read_fence())
        self._probes = {probe.name: probe for probe in parts.probes if probe.name not in parts.config.disabled}
        self._runner = parts.make_runner(self._schedule.post, self._take, self._said)
        self._tasks: _queue.SimpleQueue[Callable[[], None]] = _queue.SimpleQueue()
        self._started = parts.clock.boottime()
        self._word: Word | None = None
        self._speaking = False
        self._urgent = False
        self._asleep = False
        self._closed = False
        self._stored_at = self._started
        self._storing = threading.Lock()
        self._unstored: list[Numbered] = []
        self._first_round: set[str] = set()
        self._inventory_from = self._started + parts.chance.uniform(0, parts.config.start_spread)
        self._leave_by: float | None = None
        self._naps = Naps(parts.clock, parts.slept)
        self._climbing = parts.climbing
        self._whereabouts = parts.whereabouts

    def run(self) -> None:
        """Until told to stop; then all that was found is on disk, and the goodbye said if anybody could be reached."""
        threading.Thread(target=self._voice, daemon=True, name="voice").start()
        # Who asks while the first report still hangs is to read that the agent runs.
        self._tasks.put(self._parts.noticeboard.show)
        self._say("hello", "start")
        self._begin()
        self._schedule.run(self._turn)
        self._closed = True
        self._hand_over()
        self._store()
        self._parts.noticeboard.show(ending=True)
        self._parts.spool.close()
        self._parts.state.close()

    def stop(self, kind: str) -> None:
        """Says goodbye (`kind` is stop, shutdown or update) and ends run() within GOODBYE_SECONDS."""
        self._schedule.post(lambda: self._leave(kind))

    def suspending(self) -> None:
        """The PC is about to sleep: says so at once."""
        self._schedule.post(self._fall_asleep)

    def resumed(self) -> None:
        """The PC has just woken up: says so at once."""
        self._schedule.post(self._greet_again)

    def _begin(self) -> None:
        # Together at once, then in one rhythm whose phase is another on each PC.
        beat = self._beat_seconds()
        if self._whereabouts is not None:
            self._whereabouts.look()
        self._keep_looking()
        phase = self._parts.chance.uniform(0, min(beat, 60) / 2)
        for name, probe in self._probes.items():
            every = self._pace_of(probe)
            if probe.child:
                spread = self._parts.chance.uniform(0, self._config.start_spread)
                self._schedule.every(f"probe {name}", every, self._starter(probe), first=spread)
                continue
            self._schedule.every(
                f"probe {name}", every, self._starter(probe), first=max(every / 2, every - phase), just_ran=True
            )
            self._first_round.add(name)
        first = max(beat / 2, beat - phase) + AFTER_PROBES_SECONDS
        self._schedule.every("beat", beat, self._beat, first=first, just_ran=True)
        self._schedule.every("fence", FENCE_SECONDS, self._renew_fence, first=FENCE_SECONDS)
        self._schedule.once("first report", FIRST_FINDINGS_SECONDS, self._first_report)
        # The ladder last: it alone may wait for somebody else, and the first report need not.
        for name in sorted(self._first_round, key=LADDER.__eq__):
            self._start(self._probes[name])

    def _starter(self, probe: Probe) -> Callable[[], None]:
        return lambda: self._start(probe)

    def _keep_looking(self) -> None:
        # Whoever knocks nowhere looks when it reports: each look costs as much as a probe.
        where = self._whereabouts
        if where is None or not self._parts.state.settings.observer:
            self._schedule.drop(LOOK_AROUND)
        elif self._schedule.has(LOOK_AROUND):
            self._schedule.pace(LOOK_AROUND, self._beat_seconds() / 2)
        else:
            beat = self._beat_seconds()
            self._schedule.every(LOOK_AROUND, beat / 2, lambda: self._look_around(where), first=beat / 4)

    def _look_around(self, where: Whereabouts) -> None:
        where.look()
        where.knock(self._beat_seconds())

    def _stays_here(self, probe: str) -> bool:
        """Whether this PC is away from its school, where it tells nothing of this."""
        return self._whereabouts is not None and self._whereabouts.elsewhere and probe not in SENT_ELSEWHERE

    def _start(self, probe: Probe) -> None:
        if self._stays_here(probe.name):
            self._done_first(probe.name)
            return
        if not self._runner.is_free(probe.name):
            # A climb that is under way keeps its order.
            log.info(f"probe {probe.name} is skipped: its last run is not over")
            return
        if self._climbing is not None:
            probe = self._climbing.begin(probe) if probe.name == LADDER else self._climbing.apart(probe)
        self._runner.start(probe)

    def _take(self, finding: Finding) -> None:
        if self._stays_here(finding.probe):
            self._done_first(finding.probe)
            return
        self._ledger.take(self._probes[finding.probe], finding)
        if finding.probe == LADDER and self._climbing is not None:
            self._climbed(self._climbing, finding)
        self._done_first(finding.probe)

    def _climbed(self, climbing: Climbing, finding: Finding) -> None:
        if climbing.found(finding.readings, finding.rows):
            self._parts.courier.nudge()
        if climbing.failing:
            self._parts.noticeboard.climbed(finding)
        if self._whereabouts is not None and not climbing.failing and not climbing.order().known:
            self._whereabouts.asked()

    def _done_first(self, probe: str) -> None:
        if self._first_round:
            self._first_round.discard(probe)
            if not self._first_round:
                self._schedule.drop("first report")
                self._first_report()
            elif self._first_round == {LADDER}:
                self._schedule.once("first report", FIRST_CLIMB_SECONDS, self._first_report)

    def _first_report(self) -> None:
        self._first_round.clear()
        self._beat()
        self._schedule.once("settle", SETTLE_SECONDS, _settle)

    def _beat(self) -> None:
        if self._speaking and self._climbing is not None:
            # A whole beat has passed and the last report is still under way.
            self._climb_in(self._climbing.lost())
        if self._speaking or self._asleep or self._leave_by is not None:
            return
        self._speaking = True
        self._hand_over()
        live = self._compose()
        self._tasks.put(lambda: self._speak(live))

    def _hand_over(self) -> None:
        """What was found since the last time is due on disk; whichever thread stores next stores all of it."""
        self._stored_at = self._clock.boottime()
        with self._storing:
            self._unstored += self._ledger.take_new()

    def _store(self) -> None:
        with self._storing:
            new, self._unstored = self._unstored, []
            if new:
                results = [(numbered.seq, numbered.bulk, numbered.body) for numbered in new]
                self._parts.spool.append(self._run, self._clock.boot, results)

    def _compose(self) -> LiveReport:
        sections: dict[str, str] = {}
        rows = {}
        if self._clock.boottime() >= self._inventory_from:
            sections = self._ledger.digests()
            rows = self._ledger.changed(self._parts.state.sections)
        network, elsewhere, sees = "", False, dict[str, float]()
        where = self._whereabouts
        if where is not None:
            if not where.glance() and self._climbing is not None:
                self._climbing.unsettle()
            network, elsewhere, sees = where.network, where.elsewhere, where.sees(self._beat_seconds())
        if elsewhere:
            told = {name for one in SENT_ELSEWHERE if one in self._probes for name in self._probes[one].sections}
            sections = {name: digest for name, digest in sections.items() if name in told}
            rows = {name: values for name, values in rows.items() if name in told}
        newest = self._ledger.newest(SENT_ELSEWHERE if elsewhere else None)
        return LiveReport(
            run=self._run,
            boot=self._clock.boot,
            results=tuple((numbered.seq, numbered.body) for numbered in newest),
            beat=self._beat_seconds(),
            word=self._word,
            sections=sections,
            rows=rows,
            frozen=self._ledger.frozen(),
            network=network,
            elsewhere=elsewhere,
            sees=sees,
        )

    def _speak(self, live: LiveReport) -> None:
        """In the voice's thread: onto the disk, then to the collector."""
        outcome = Round(word="failed")
        try:
            self._store()
            outcome = self._parts.courier.beat(live)
            self._parts.noticeboard.show()
        finally:
            self._schedule.post(lambda: self._spoken(live, outcome))

    def _climb_in(self, seconds: float | None) -> None:
        if seconds is not None and LADDER in self._probes:
            self._schedule.once("climb", seconds, self._starter(self._probes[LADDER]))

    def _spoken(self, live: LiveReport, outcome: Round) -> None:
        self._speaking = False
        if self._climbing is not None:
            self._climb_in(self._climbing.heard(outcome.word))
        if outcome.delivered:
            self._forget(live.word)
        if outcome.changed:
            self._apply_settings()
        if self._urgent:
            self._urgent = False
            self._beat()
        elif outcome.retry_in > 0:
            # A long beat must not make a short wait longer.
            self._schedule.once("retry", outcome.retry_in, self._beat)
        else:
            self._schedule.drop("retry")

    def _forget(self, delivered: Word | None) -> None:
        if self._word is delivered:
            self._word = None

    def _say(self, word: str, kind: str) -> None:
        self._word = Word(word=word, kind=kind, boottime=self._clock.boottime())

    def _fall_asleep(self) -> None:
        if self._leave_by is not None:
            return
        # A report after the goodbye would take it back.
        self._asleep = True
        self._schedule.once("awake after all", AWAKE_SECONDS, self._greet_again)
        self._bid_farewell("suspend", lambda: None)

    def _greet_again(self) -> None:
        self._naps.greeted()
        if self._leave_by is not None:
            return
        log.info("this PC has woken up")
        if self._whereabouts is not None:
            self._whereabouts.carried()
        self._asleep = False
        self._schedule.drop("awake after all")
        self._say("hello", "resume")
        self._parts.courier.nudge()
        if self._speaking:
            self._urgent = True
        else:
            self._beat()

    def _leave(self, kind: str) -> None:
        if self._leave_by is not None:
            return
        log.info(f"stopping ({kind})")
        self._leave_by = self._clock.monotonic() + GOODBYE_SECONDS
        self._bid_farewell(kind, self._schedule.stop)

    def _bid_farewell(self, kind: str, then: Callable[[], None]) -> None:
        """Says goodbye in a thread of its own: the voice may be caught in a report that leads nowhere."""
        self._say("goodbye", kind)
        self._hand_over()
        live = self._compose()

        def speak() -> None:
            try:
                self._store()
                if self._parts.courier.goodbye(live, GOODBYE_SECONDS):
                    self._schedule.post(lambda: self._forget(live.word))
            finally:
                self._schedule.post(then)

        threading.Thread(target=lambda: self._guarded(speak), daemon=True, name="goodbye").start()

    def _turn(self) -> float:
        now = self._clock.boottime()
        if self._naps.look(now):
            self._greet_again()
        if now - self._stored_at >= STORE_SECONDS:
            self._hand_over()
            self._tasks.put(self._store)
        wait = min(NAP_SECONDS, self._runner.expire())
        if self._leave_by is not None:
            left = self._leave_by - self._clock.monotonic()
            if left <= 0:
                self._schedule.stop()
            wait = min(wait, max(0.0, left))
        self._naps.begin(now + wait)
        return wait

    def _beat_seconds(self) -> int:
        return self._config.beat or self._parts.state.settings.beat

    def _pace_of(self, probe: Probe) -> float:
        """The local word wins, then what is granted (never faster than the probe's floor), then the built-in pace.

        The ladder's own pace is that of the beat.
        """
        local = self._config.pace.get(probe.name)
        granted = self._parts.state.settings.pace.get(probe.name)
        own = self._climbing.pace() if probe.name == LADDER and self._climbing is not None else probe.every
        return local or (max(granted, probe.floor) if granted else own)

    def _apply_settings(self) -> None:
        self._schedule.pace("beat", self._beat_seconds())
        self._keep_looking()
        for name, probe in self._probes.items():
            self._schedule.pace(f"probe {name}", self._pace_of(probe))
        self._renew_fence()

    def _renew_fence(self) -> None:
        def read() -> None:
            fence = self._parts.read_fence()
            self._schedule.post(lambda: setattr(self._ledger, "fence", fence))

        self._tasks.put(read)

    def _said(self) -> dict[str, float]:
        counts = self._parts.spool.counts()
        said = {
            "clock_steps": float(self._naps.clock_steps),
            "start_age": self._clock.boottime() - self._started,
            "spool_results": float(counts.results),
            "spool_dropped": float(counts.dropped),
            "set_aside": float(counts.set_aside),
        }
        return said if counts.oldest_age is None else {**said, "spool_oldest_age": counts.oldest_age}

    def _voice(self) -> None:
        """Works off the tasks, one after the other. Never raises."""
        while True:
            self._guarded(self._tasks.get())

    def _guarded(self, task: Callable[[], None]) -> None:
        """Never raises: a task that fails is told, and the thread lives on."""
        try:
            task()
        except Exception as problem:  # noqa: BLE001 - the thread that speaks must outlive whatever it says
            # Whatever is still under way when the spool closes has lost nothing.
            tell = log.debug if self._closed else log.error
            tell(f"a report failed inside the agent: {sentence(problem)}")
            log.debug("where it failed", problem)
