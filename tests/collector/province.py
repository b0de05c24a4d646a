"""Many schools and the room beside their collector, each PC at its own second: what they send, and what is judged."""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from schooldrum_collector.app.heartbeat import Heartbeat
from schooldrum_collector.app.watching import Watching
from schooldrum_collector.judge.incident import Incident, What
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Arrival, Machine
from schooldrum_wire.encoding import encode
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result

MORNING = 1_790_125_200.0
"""Wednesday 23 September 2026, 08:00 in Vietnam: school hours."""
BEAT = 60
STEP = 10
OFFICE_ROOM = "SO/main/server"
NEAR = ("link", "address", "gateway")
FAR = ("provider", "national", "international")


def climbed(*failed: str) -> tuple[Reading, ...]:
    """A whole ladder on which these steps do not answer."""
    return tuple(
        Reading("school_ladder_step_success", float(step not in failed), {"step": step, "family": "ipv4"})
        for step in (*NEAR, *FAR, "collector")
    )


WELL = climbed()
LINE_LOST = climbed(*FAR, "collector")
NO_COLLECTOR = climbed("collector")
OFFICE_CUT = climbed(*FAR)


def delivered(
    machine: str, at: float, result: Result, spooled: Sequence[Result], *, boot: int = 1, frozen: bool | None = None
) -> Arrival:
    """What a PC, started shortly before MORNING, sends at this moment: its newest result, and what was spooled.

    `boot` counts its starts, `frozen` says whether its disk forgets; the clock that runs on in all of them is the first
    one's.
    """
    run, name = f"r{boot}", f"b{boot}"
    live = Report(run=run, boot=name, live=True, results=(result,))
    reports = (live, Report(run=run, boot=name, live=False, results=tuple(spooled))) if spooled else (live,)
    now = Now(boot=name, boottime=at - MORNING + 1000.0, wall=at)
    body = zlib.compress(encode(Delivery(reports=reports, now=now)), wbits=31)
    alone = zlib.compress(encode(Delivery(reports=(live,), now=now)), wbits=31) if spooled else body
    return Arrival(
        machine=machine,
        received=at,
        body=body,
        live=alone,
        run=run,
        boot=name,
        clock=MORNING - 1000.0,
        skew=0.0,
        beat=BEAT,
        frozen=frozen,
    )


class Province:
    """Schools S000 … of two PCs each (even ones have provider A, odd ones B), and the office's PC.

    Not frozen: its clock goes on.
    """

    def __init__(self, store: Store, enrol: Callable[..., Machine], schools: int, *, office: bool = True) -> None:
        self.store = store
        self.at = MORNING
        self.machines = [
            enrol(store, f"S{number:03}-{seat}", school=f"S{number:03}", area=f"hn/w{number % 4}")
            for number in range(schools)
            for seat in range(2)
        ]
        with store.writing() as writer:
            for number in range(schools):
                line = RegisteredLine(school=f"S{number:03}", site="main", code="main", provider="AB"[number % 2])
                writer.put_line(line)
        self.office = enrol(store, "so-1", school="SO", area="hn", room="server") if office else None
        self.heartbeat = Heartbeat(
            Hearing(away=MORNING - 86400, back=MORNING - 86400),
            now=lambda: self.at,
            late=print,
            stepped=lambda: None,
            often=lambda: None,
        )
        self.watching = self.watcher()
        self.office_sees = WELL
        self.away: dict[str, tuple[Reading, ...]] = {}
        """Machine id -> what it climbs while it cannot report; nothing where it is without power."""
        self.spools: dict[str, list[Result]] = {}
        self.returns: dict[str, float] = {}
        """Machine id -> when it comes back."""
        self._numbers: dict[str, int] = {}

    def watcher(self) -> Watching:
        """A collector's judging, as at its start."""
        return Watching(
            self.store,
            now=lambda: self.at,
            hearing=lambda: self.heartbeat.hearing,
            was_deaf=self.heartbeat.was_deaf,
            office_room=OFFICE_ROOM if self.office else "",
        )

    def restart(self, away: float) -> None:
        """The collector starts now, having last heard anybody at `away`."""
        self.heartbeat.hearing = Hearing(away=away, back=self.at)
        self.watching = self.watcher()

    def cut(self, machines: Iterable[Machine], readings: tuple[Reading, ...] = ()) -> None:
        """These cannot report from now on."""
        self.away.update((one.id, readings) for one in machines)

    def mend(self, machines: Iterable[Machine], *, over: float = 0.0) -> None:
        """These can report again, each when it tries again within so many seconds."""
        there = list(machines)
        for number, one in enumerate(there):
            self.returns[one.id] = self.at + over * number / len(there)

    def of(self, *codes: str) -> list[Machine]:
        """The PCs of these schools."""
        return [one for one in self.machines if one.school in codes]

    async def pass_(self, seconds: float, *, judged: bool = True) -> None:
        """So much time goes by; judged every few seconds, where the collector runs."""
        until = self.at + seconds
        while self.at < until:
            self.at += STEP
            beats = []
            for number, one in enumerate([*self.machines, *([self.office] if self.office else [])]):
                back = self.returns.get(one.id)
                if back is not None and self.at >= back:
                    del self.returns[one.id]
                    self.away.pop(one.id, None)
                if int(self.at - MORNING + number * 17) % BEAT < STEP:
                    beats.append(self._beat(one, running=judged))
            await asyncio.gather(*beats)
            if judged:
                self.watching.look()
                await self.watching.afterwards.revise_ready()

    async def _beat(self, machine: Machine, *, running: bool) -> None:
        is_office = self.office is not None and machine.id == self.office.id
        cut = machine.id in self.away or (not running and not is_office)
        readings = self.office_sees if is_office else self.away.get(machine.id, NO_COLLECTOR if cut else WELL)
        if not readings:
            return
        self._numbers[machine.id] = self._numbers.get(machine.id, 0) + 1
        result = Result(
            probe="ladder",
            seq=self._numbers[machine.id],
            outcome="ok",
            boottime=self.at - MORNING + 990.0,
            wall=self.at - 10,
            readings=readings,
        )
        if cut or not running:
            self.spools.setdefault(machine.id, []).append(result)
            return
        spooled = self.spools.pop(machine.id, [])
        await self.store.append(delivered(machine.id, self.at, result, spooled))
        if spooled:
            self.watching.backlog_came(machine.id, min(one.wall for one in spooled))

    def incidents(self) -> list[Incident]:
        """All there were, oldest first."""
        return self.store.incidents(EVERYTHING)[::-1]

    def story(self) -> str:
        """All that happened, for whoever reads a failed test."""
        return "\n".join(
            f"{event.at - MORNING:7.0f} {one.name} {one.place.path} {one.evidence.word} {event.what}"
            for one in self.incidents()
            if (story := self.store.incident_of(EVERYTHING, one.number))
            for event in story.events
        )

    def told(self) -> int:
        """How often anything was told."""
        stories = [self.store.incident_of(EVERYTHING, one.number) for one in self.incidents()]
        return sum(event.what is What.TOLD for story in stories if story for event in story.events)


def province_at(
    opened: Callable[..., Store], directory: Path, enrol: Callable[..., Machine], schools: int, *, office: bool = True
) -> Province:
    """A province with a store of its own, whose clock is that of the province."""
    holder: list[Province] = []
    store = opened(directory / "data", clock=lambda: holder[0].at if holder else MORNING)
    holder.append(Province(store, enrol, schools, office=office))
    return holder[0]
