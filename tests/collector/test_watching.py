"""From what arrives to incidents: real deliveries in a real store, judged as the collector does."""

import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from schooldrum_collector.app.watching import Watching
from schooldrum_collector.judge.fault import Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, State, What
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Arrival, Machine
from schooldrum_wire.encoding import encode
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result

BEGIN = 1_790_125_200.0
"""Wednesday 23 September 2026, 08:00 in Vietnam: school hours."""
BEAT = 60
ALL = ("link", "address", "gateway", "provider", "national", "international", "collector")


def climbed(*passed: str, failed: Iterable[str] = ()) -> tuple[Reading, ...]:
    return tuple(
        Reading("school_ladder_step_success", float(step in passed), {"step": step, "family": "ipv4"})
        for step in (*passed, *failed)
    )


class Lab:
    """A school's PCs with their spools, and the collector's clock."""

    def __init__(self, store: Store, machines: list[Machine]) -> None:
        self.store = store
        self.machines = machines
        self.at = BEGIN
        self.hearing = Hearing(away=BEGIN - 86400, back=BEGIN - 86400)
        self.watching = Watching(store, now=lambda: self.at, hearing=lambda: self.hearing)
        self._numbers = dict.fromkeys((one.id for one in machines), 0)
        self._spools: dict[str, list[Result]] = {one.id: [] for one in machines}

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
            self._numbers[machine.id] += 1
            result = Result(
                probe="ladder",
                seq=self._numbers[machine.id],
                outcome="ok",
                boottime=self.at - BEGIN + 990.0,
                wall=self.at - 10,
                readings=readings if is_cut else well,
            )
            if is_cut:
                self._spools[machine.id].append(result)
            else:
                await self.store.append(self._delivery(machine.id, result))
                if len(self._spools[machine.id]) > 1:
                    self.watching.backlog_came(machine.id, 0.0)
                self._spools[machine.id] = []
        self.watching.look()
        return self.store.incidents(EVERYTHING, live=True)

    def _delivery(self, machine: str, result: Result) -> Arrival:
        live = Report(run="r1", boot="b1", live=True, results=(result,))
        spooled = self._spools[machine]
        reports = (live, Report(run="r1", boot="b1", live=False, results=tuple(spooled))) if spooled else (live,)
        now = Now(boot="b1", boottime=self.at - BEGIN + 1000.0, wall=self.at)
        body = zlib.compress(encode(Delivery(reports=reports, now=now)), wbits=31)
        alone = body if not spooled else zlib.compress(encode(Delivery(reports=(live,), now=now)), wbits=31)
        return Arrival(
            machine=machine,
            received=self.at,
            body=body,
            live=alone,
            run="r1",
            boot="b1",
            clock=BEGIN - 1000.0,
            skew=0.0,
            beat=BEAT,
        )

    def story(self) -> list[What]:
        (number,) = {one.number for one in self.store.incidents(EVERYTHING)}
        story = self.store.incident_of(EVERYTHING, number)
        assert story is not None
        return [event.what for event in story.events]

    def only(self) -> Incident:
        (incident,) = self.store.incidents(EVERYTHING)
        return incident


@pytest.fixture
def lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Lab:
    holder: list[Lab] = []
    store = opened(tmp_path / "data", clock=lambda: holder[0].at if holder else BEGIN)
    machines = [
        enrol(store, f"{room}-{seat}", school="BM", area="hn", room=room)
        for room in ("tin1", "tin2")
        for seat in range(4)
    ]
    holder.append(Lab(store, machines))
    return holder[0]


async def test_a_school_cut_from_the_internet(lab: Lab) -> None:
    everybody = [one.id for one in lab.machines]
    for _ in range(5):
        assert await lab.beat() == []
    cut_at = lab.at
    line = climbed("link", "address", "gateway", failed=("provider", "national", "international", "collector"))
    opened_at = 0.0
    for _ in range(12):
        live = await lab.beat(cut=everybody, readings=line)
        if live and not opened_at:
            opened_at = lab.at
    assert 0 < opened_at - cut_at <= 4 * BEAT
    silent = lab.only()
    assert (silent.place.level, silent.verdict) in {(Level.SITE, Verdict.UNKNOWN), (Level.SCHOOL, Verdict.UNKNOWN)}
    assert silent.told == opened_at
    back_at = lab.at
    for _ in range(6):
        await lab.beat()
    assert lab.only().state is State.CLOSED
    assert lab.watching.afterwards.revise({"BM": 0.0}) or lab.only().verdict is Verdict.LINE
    line_lost = lab.only()
    assert (line_lost.verdict, line_lost.first.verdict) == (Verdict.LINE, Verdict.UNKNOWN)
    assert abs(line_lost.began - cut_at) <= line_lost.began_error + BEAT
    assert abs(line_lost.ended - back_at) <= line_lost.ended_error + BEAT
    assert line_lost.began_measured
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False, "judged again, it is the same"
    assert sum(what is What.TOLD for what in lab.story()) == 1


async def test_all_off_at_the_bell_is_no_incident(lab: Lab) -> None:
    for _ in range(3):
        await lab.beat()
    lab.at = BEGIN + 9 * 3600 - 30
    lab.hearing = Hearing(away=BEGIN - 86400, back=lab.at - 86400)
    await lab.beat()
    for _ in range(20):
        assert await lab.beat(off=[one.id for one in lab.machines]) == []


async def test_a_restart_of_the_collector_opens_and_closes_nothing(lab: Lab) -> None:
    room = [one.id for one in lab.machines if one.room == "tin1"]
    for _ in range(3):
        await lab.beat()
    for _ in range(6):
        await lab.beat(cut=room, readings=climbed("link", failed=("gateway",)))
    before = lab.only()
    lab.hearing = Hearing(away=lab.at, back=lab.at + 3600)
    lab.at += 3600
    again = Watching(lab.store, now=lambda: lab.at, hearing=lambda: lab.hearing)
    for _ in range(3):
        again.look()
        lab.at += 5
    after = lab.only()
    assert (after.number, after.state, after.rounds) == (before.number, State.OPEN, 0)
    assert after.place == Place(Level.ROOM, "BM/main/tin1")


async def test_one_bad_school_does_not_stop_the_others(
    lab: Lab, enrol: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    from schooldrum_collector.app import watching  # noqa: PLC0415 - patched below

    real, failed = faults, list[float]()

    def breaking(seen: object, now: float) -> object:
        if seen.school == "XX":  # type: ignore[attr-defined]  # a SchoolSeen
            raise ZeroDivisionError
        return real(seen, now)  # type: ignore[arg-type]  # a SchoolSeen

    monkeypatch.setattr(watching, "faults", breaking)
    lab.machines += [enrol(lab.store, f"x{seat}", school="XX", area="hn", room="tin1") for seat in range(2)]
    for one in lab.machines:
        lab._numbers.setdefault(one.id, 0)
        lab._spools.setdefault(one.id, [])
    lab.watching = Watching(
        lab.store, now=lambda: lab.at, hearing=lambda: lab.hearing, failed=lambda: failed.append(lab.at)
    )
    await lab.beat()
    everybody = [one.id for one in lab.machines]
    for _ in range(5):
        live = await lab.beat(off=everybody)
    assert [one.school for one in live] == ["BM"]
    assert failed
