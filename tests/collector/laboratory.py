"""A school of two rooms, its PCs with their spools, and the collector that judges it: what they send, beat by beat."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from tests.collector.province import BEAT, MORNING, delivered

from schooldrum_collector.app.watching import Watching
from schooldrum_collector.demo.area import always_school
from schooldrum_collector.judge.incident import Incident, What
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Result


def climbed(*passed: str, failed: Iterable[str] = ()) -> tuple[Reading, ...]:
    """A climb on which these steps answered, and these did not."""
    return tuple(
        Reading("school_ladder_step_success", float(step in passed), {"step": step, "family": "ipv4"})
        for step in (*passed, *failed)
    )


class Lab:
    """A school's PCs with their spools, and the collector's clock. Not frozen: its clock goes on."""

    def __init__(self, store: Store, machines: list[Machine]) -> None:
        self.store = store
        self.machines = machines
        self.at = MORNING
        self.hearing = Hearing(away=MORNING - 86400, back=MORNING - 86400)
        self.watching = Watching(store, now=lambda: self.at, hearing=lambda: self.hearing)
        self.egress: dict[str, str] = {}
        """Machine id -> the address by which its reports come, where the school's lines are told apart."""
        self._numbers: dict[str, int] = {}
        self._spools: dict[str, list[Result]] = {}
        self._boots: dict[str, int] = {}
        self._frozen: bool | None = None

    def restart(self, *machines: str) -> None:
        """These PCs start anew, or all where none are named."""
        for machine in machines or [one.id for one in self.machines]:
            self._boots[machine] = self._boots.get(machine, 1) + 1

    def restart_frozen(self) -> None:
        """All PCs start anew; their disks have forgotten what they spooled."""
        self.restart()
        self._frozen = True
        self._spools = {}

    def restart_collector(self, seconds: float) -> None:
        """Nobody is heard for so long; then another collector serves, with the same store."""
        away, self.at = self.at, self.at + seconds
        self.hearing = Hearing(away=away, back=self.at)
        self.watching = Watching(self.store, now=lambda: self.at, hearing=lambda: self.hearing)

    async def beat(
        self,
        *,
        cut: Iterable[str] = (),
        off: Iterable[str] = (),
        readings: tuple[Reading, ...] = (),
        well: tuple[Reading, ...] = climbed("link", "address", "gateway", "collector"),
    ) -> list[Incident]:
        """A beat: who is cut climbs into its spool, everybody else reports; judged at its end."""
        self.at += BEAT
        for machine in self.machines:
            if machine.id in off:
                continue
            is_cut = machine.id in cut
            self._numbers[machine.id] = self._numbers.get(machine.id, 0) + 1
            spool = self._spools.setdefault(machine.id, [])
            result = Result(
                probe="ladder",
                seq=self._numbers[machine.id],
                outcome="ok",
                boottime=self.at - MORNING + 990.0,
                wall=self.at - 10,
                readings=readings if is_cut else well,
            )
            if is_cut:
                spool.append(result)
            else:
                arrival = delivered(
                    machine.id, self.at, result, spool, boot=self._boots.get(machine.id, 1), frozen=self._frozen
                )
                await self.store.append(msgspec.structs.replace(arrival, egress=self.egress.get(machine.id, "")))
                if len(spool) > 1:
                    self.watching.backlog_came(machine.id, 0.0)
                spool.clear()
        self.watching.look()
        return self.store.incidents(EVERYTHING, live=True)

    async def look_again(self) -> None:
        """The past is judged as soon as anything may be known of it, and the present between two beats."""
        await self.watching.afterwards.revise_ready()
        self.at += 5
        self.watching.look()
        self.at -= 5

    def told(self, incident: Incident) -> int:
        """How many times people were told of it."""
        story = self.store.incident_of(EVERYTHING, incident.number)
        assert story is not None
        return sum(event.what is What.TOLD for event in story.events)

    def story(self) -> list[What]:
        (number,) = {one.number for one in self.store.incidents(EVERYTHING)}
        story = self.store.incident_of(EVERYTHING, number)
        assert story is not None
        return [event.what for event in story.events]

    def only(self) -> Incident:
        (incident,) = self.store.incidents(EVERYTHING)
        return incident


def lab_at(
    opened: Callable[..., Store],
    directory: Path,
    enrol: Callable[..., Machine],
    *,
    always: bool = False,
    rooms: Iterable[str] = ("tin1", "tin2"),
) -> Lab:
    """Rooms of four PCs with a store of their own; in lessons at every hour, or as no plan for the year says."""
    holder: list[Lab] = []
    store = opened(directory / "data", clock=lambda: holder[0].at if holder else MORNING)
    machines = [
        enrol(store, f"{room}-{seat}", school="BM", area="hn", room=room) for room in rooms for seat in range(4)
    ]
    if always:
        with store.writing() as writer:
            writer.put_calendar("hn", always_school(datetime.fromtimestamp(MORNING, UTC).date()))
    holder.append(Lab(store, machines))
    return holder[0]
