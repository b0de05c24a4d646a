"""The day that lies behind the simulated area when it is first shown: played in quick motion, by the ordinary wire.

The clock is moved by hand. The PCs enrol and report at an ordinary agents' door, and faults are judged as they always
are; the hours in which nothing happens are left out, and the schools are off meanwhile. Some of the PCs that miss
updates were heard once a day for some weeks before, and judged each time: for how long an update waits is counted in
days on which a PC was on.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from schooldrum_collector.app.appraising import AT_ONCE, Appraising
from schooldrum_collector.app.watching import Watching
from schooldrum_collector.demo.area import BEAT, DemoSchool
from schooldrum_collector.demo.breaks import Break, Kind, troubles
from schooldrum_collector.demo.day import PAST, broken_by_the_day, target_of
from schooldrum_collector.demo.measured import is_behind
from schooldrum_collector.demo.pc import Clocks, Pc
from schooldrum_collector.demo.playing import Crew, Kept, enrolled
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.judge.settings import granted
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.web.agents import agents_app
from schooldrum_collector.web.agents_door import open_agents_door
from schooldrum_collector.web.certificates import Authority

STEP = 60
"""Seconds between two letters of a PC."""
_BEFORE, _AFTER = 2 * STEP, 6 * STEP
_NOTICED = 4 * STEP
_PEERS = 4
"""That another provider's line is well is known by so many schools."""
_LISTENING_SECONDS = 3600.0
_OFF = 3
"""One PC of so many was not on earlier that day: a lab seldom is as a whole."""
WEEKS_DAYS = 45
"""So many days before the day the first PCs are heard; others later, up to the twenty-first day before it."""
_FEWEST_DAYS = 21
_LATE = 3
"""One of so many PCs that miss updates is heard in these weeks."""
_DAY_SECONDS = 86400.0
_WAYS = 8
_CONNECTIONS = 1000


class PastClock:
    """A clock that lies behind the real ones and is moved by hand, until it is let go. Not frozen: it moves."""

    def __init__(self, wall: Callable[[], float], steady: Callable[[], float], behind: float) -> None:
        """It stands `behind` seconds in the past of the real clocks."""
        self._wall, self._steady = wall, steady
        self.start, self._steady_start = wall(), steady()
        self._at: float | None = self.start - behind

    @property
    def clocks(self) -> Clocks:
        """As a PC reads it."""
        return Clocks(self.wall, self.steady)

    def wall(self) -> float:
        """Epoch seconds."""
        return self._wall() if self._at is None else self._at

    def steady(self) -> float:
        """Seconds that go on evenly, also when the clock is let go."""
        return self._steady() if self._at is None else self._steady_start + self._at - self.start

    def to(self, at: float) -> None:
        """Moves it forward to this moment."""
        self._at = max(self.wall(), at)

    def let_go(self) -> None:
        """From now on it is the real one."""
        self._at = None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What a past is played with: the store it is written to, install codes by room, and when the day begins to be.

    `appraising` judges PCs by the clock of the past.
    """

    store: Store
    appraising: Appraising
    authority: Authority
    say: Say
    tokens: Mapping[str, str]
    start: float


def length() -> float:
    """How many seconds before the start the past begins."""
    return _length_of_day() + WEEKS_DAYS * _DAY_SECONDS


def _length_of_day() -> float:
    return _BEFORE + STEP - min(scene.begin for scene in PAST)


async def play(past: Past, crews: Sequence[Crew], kept: Kept, clock: PastClock) -> None:
    """Enrols the PCs and lets the past happen to them; afterwards the clock is the real one.

    Raises:
        Refused, Unheard: as Crew.enrol.
        OSError: no door could be opened.
    """
    app = agents_app(
        past.store,
        past.authority,
        now=clock.wall,
        granted=granted,
        say=past.say,
        proxies=frozenset({"127.0.0.1"}),
    )
    hearing = Hearing(back=clock.wall() - _LISTENING_SECONDS)
    watching = Watching(past.store, now=clock.wall, hearing=lambda: hearing)
    door = await open_agents_door(app, "127.0.0.1", 0, tls=None, connections=_CONNECTIONS)
    try:
        for crew in crews:
            crew.reach(f"http://127.0.0.1:{door.port}", None, ways=_WAYS)
        await enrolled(crews, past.tokens, kept)
        await _weeks_pass(past, crews, clock)
        await _happen(past, crews, clock, watching)
    finally:
        for crew in crews:
            crew.close()
            for pc in crew.pcs:
                pc.beat = BEAT
        await door.close()
        clock.let_go()


async def _weeks_pass(past: Past, crews: Sequence[Crew], clock: PastClock) -> None:
    late = {crew: [pc for pc in crew.pcs if is_behind(pc.number)][::_LATE] for crew in crews}
    begin = past.start - length()
    for day in range(WEEKS_DAYS):
        clock.to(begin + day * _DAY_SECONDS)
        there = {crew: [pc for pc in pcs if day >= _first_day(pc)] for crew, pcs in late.items()}
        await asyncio.gather(*(_on_for_a_while(crew, pcs) for crew, pcs in there.items()))
        heard = [pc.identity.machine for pcs in there.values() for pc in pcs if pc.identity is not None]
        for at in range(0, len(heard), AT_ONCE):
            await asyncio.to_thread(past.appraising.look_at, heard[at : at + AT_ONCE])


def _first_day(pc: Pc) -> int:
    return pc.number // 10 % (WEEKS_DAYS - _FEWEST_DAYS)


async def _on_for_a_while(crew: Crew, pcs: Sequence[Pc]) -> None:
    for pc in pcs:
        pc.beat = STEP
        await crew.beat(pc, None)
        await crew.farewell(pc)


async def _happen(past: Past, crews: Sequence[Crew], clock: PastClock, watching: Watching) -> None:
    area = [crew.school for crew in crews]
    parts = _parts(area, past.start)
    at = past.start - _length_of_day()
    while at < past.start:
        there = [part for part in parts if part.opens <= at < part.closes]
        if there:
            clock.to(at)
            broken = tuple(broken_by_the_day(area, past.start, at, past=True))
            last = {code: part.opens for part in there if at + STEP >= part.closes for code in part.schools}
            awake = {code for part in there for code in part.schools}
            whole = {code for part in there if part.end > past.start for code in part.schools}
            await asyncio.gather(
                *(
                    _minute(crew, broken, last=crew.school.code in last, whole=crew.school.code in whole)
                    for crew in crews
                    if crew.school.code in awake
                )
            )
            clock.to(at + STEP / 2)
            if any(part.is_to_be_judged(at) for part in there):
                await asyncio.to_thread(watching.look)
            if last:
                # Who was without power has nothing to send afterwards; that it started anew tells as much.
                await asyncio.to_thread(watching.afterwards.revise, last)
        at += STEP


async def _minute(crew: Crew, broken: Sequence[Break], *, last: bool, whole: bool) -> None:
    met = troubles(crew.school, broken)

    async def lived(pc: Pc) -> None:
        pc.beat = STEP
        await crew.beat(pc, met.get(pc.room))
        if last:
            await crew.farewell(pc)

    await asyncio.gather(*(lived(pc) for pc in crew.pcs if whole or pc.number % _OFF))


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a scene: these schools are awake from before its begin until after its end (epoch seconds)."""

    begin: float
    end: float
    after: float
    schools: frozenset[str]

    @property
    def opens(self) -> float:
        return self.begin - _BEFORE

    @property
    def closes(self) -> float:
        return self.end + self.after

    def is_to_be_judged(self, at: float) -> bool:
        """While it is noticed, in its middle, and while it ends: what else is judged says the same again."""
        half = (self.begin + self.end) / 2
        return self.begin <= at <= self.begin + _NOTICED or half <= at < half + STEP or self.end - STEP <= at


def _parts(area: Sequence[DemoSchool], start: float) -> tuple[_Part, ...]:
    known = {school.code: school for school in area}
    parts: list[_Part] = []
    for scene in PAST:
        if scene.school not in known:
            continue
        begin = start + scene.begin
        target = target_of(scene.kind, known[scene.school])
        broken = Break(kind=scene.kind, target=target, school=scene.school, at=begin)
        concerned = [school.code for school in area if troubles(school, [broken])]
        others = [school.code for school in area if school.code not in concerned and len(school.lines) == 1]
        peers = others[:_PEERS] if scene.kind is Kind.PROVIDER else []
        parts.append(
            _Part(
                begin=begin,
                end=begin + scene.lasts,
                # Loss is a mean over some beats, and is seen for as long after its end.
                after=2 * _AFTER if scene.kind is Kind.LOSS else _AFTER,
                schools=frozenset([*concerned, *peers]),
            )
        )
    return tuple(parts)
