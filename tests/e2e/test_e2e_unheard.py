"""A real collector that is killed, and one whose own line is lost: what real deliveries make of it."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.agent.delivery_stand_in import Time
from tests.e2e.pcs import Clocked, Pc, Running
from tests.e2e.programs import Collector, eventually
from tests.e2e.shifted_collector import Shift

from schooldrum_agent.clock import Clock
from schooldrum_agent.parcel import LiveReport
from schooldrum_wire.catalogue.ladder import STEP_SUCCESS
from schooldrum_wire.encoding import encode_result
from schooldrum_wire.fence import Fence
from schooldrum_wire.result import Finding, Outcome

pytestmark = pytest.mark.slow
SCHOOLS = ("S1", "S2", "S3")
OFFICE = "SO"
STEPS = ("link", "address", "gateway", "provider", "national", "international", "collector")
FAR = ("provider", "national", "international")
NO_COLLECTOR = ("collector",)
MINUTE = 60
HURRIED = Path(__file__).resolve().parents[1] / "net" / "hurried.py"
BEAT = 2
"""Seconds, where the collector is hurried."""


class RealTime:
    """The clocks of this machine, as those of a PC."""

    def __init__(self, number: int) -> None:
        self.clock = Clock(monotonic=time.monotonic, boottime=time.monotonic, wall=time.time, boot=f"{number:032x}")


class Area:
    """Schools of two PCs each, and one PC beside the collector."""

    def __init__(self, collector: Collector, folder: Path, on: ExitStack, times: list[Clocked], beat: int) -> None:
        self.beat = beat
        self.running: list[tuple[str, Clocked, Running]] = []
        self._results: dict[int, int] = {}
        token = ""
        everybody = [*((school, seat) for school in SCHOOLS for seat in (1, 2)), (OFFICE, 1)]
        for number, ((school, seat), clocks) in enumerate(zip(everybody, times, strict=True)):
            if seat == 1:
                collector.call("school", "add", "--code", school, "--name", school)
                collector.call("room", "add", "--school", school, "--room", "tin1", "--name", "Tin 1", "--seats", "9")
                token = json.loads(collector.call("token", "new", "--room", f"{school}/tin1", "--json"))["token"]
            pc = Pc(folder / f"pc-{number}", number, time=clocks, beat=beat)
            pc.enrol(collector.agents, token)
            self.running.append((school, clocks, on.enter_context(pc.started())))

    def beats(self, *, cut: Iterable[str] = (), failed: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Everybody climbs and reports; who is `cut` keeps it. What does not answer is `failed`, or the collector."""
        for number, (school, clocks, running) in enumerate(self.running):
            away = school in cut
            report = self._climbed(number, running, clocks, (failed or {}).get(school, NO_COLLECTOR if away else ()))
            if not away:
                assert running.courier.beat(report).delivered

    def _climbed(self, number: int, running: Running, clocks: Clocked, failed: Iterable[str]) -> LiveReport:
        self._results[number] = seq = self._results.get(number, 0) + 1
        clock = clocks.clock
        finding = Finding(
            probe="ladder",
            outcome=Outcome.OK,
            boottime=clock.boottime(),
            wall=clock.wall(),
            readings=tuple(STEP_SUCCESS(float(step not in failed), step=step, family="ipv4") for step in STEPS),
        )
        fresh = [(seq, encode_result(finding, seq, Fence()))]
        running.spool.append(running.run, clock.boot, [(seq, False, body) for seq, body in fresh])
        return LiveReport(run=running.run, boot=clock.boot, results=tuple(fresh), beat=self.beat, word=None)

    def waiting(self) -> int:
        """How many results have not been acknowledged."""
        return sum(len(running.waiting()) for _, _, running in self.running)


def to_school_hours() -> float:
    """Seconds from now to eight in the morning of a Wednesday that is past, in Vietnam."""
    today = datetime.now(UTC)
    wednesday = today - timedelta(days=(today.weekday() - 2) % 7 + 7)
    return (wednesday.replace(hour=1, minute=0, second=0, microsecond=0) - today).total_seconds()


@contextmanager
def serving(folder: Path, program: list[str]) -> Iterator[Collector]:
    collector = Collector(folder, program=program, office_room=f"{OFFICE}/tin1")
    collector.serve()
    try:
        yield collector
    finally:
        collector.stop()


def incidents(collector: Collector) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(collector.call("incidents", "list", "--json", "--days", "9"))
    return found


def story(collector: Collector, number: int) -> list[str]:
    said = json.loads(collector.call("incidents", "show", str(number), "--json"))
    return [event["what"] for event in said["events"]]


@pytest.mark.timeout(280)
def test_what_a_school_measured_while_the_collector_was_killed(tmp_path: Path, shift: Shift) -> None:
    shift.passes(to_school_hours())
    with serving(tmp_path / "collector", shift.program) as collector, ExitStack() as on:
        clocks = [Time(boot=f"{number:032x}", wall=shift.now()) for number in range(2 * len(SCHOOLS) + 1)]
        area = Area(collector, tmp_path, on, list(clocks), MINUTE)

        def minutes(count: int, **more: Any) -> float:
            for _ in range(count):
                shift.passes(MINUTE)
                for clock in clocks:
                    clock.pass_by(MINUTE)
                area.beats(**more)
            return shift.now()

        everybody = (*SCHOOLS, OFFICE)
        minutes(5)
        collector.kill()
        began = minutes(8, cut=everybody)
        ended = minutes(15, cut=everybody, failed={"S1": (*FAR, "collector")})
        minutes(8, cut=everybody)
        collector.serve()
        while area.waiting():
            minutes(1)
        eventually(lambda: incidents(collector), 90, "what one school measured is recorded", every=2)
        (recorded,) = incidents(collector)
        assert recorded["place"] == {"level": "school", "path": "S1"}
        assert (recorded["state"], recorded["verdict"], recorded["told"]) == ("closed", "line", None)
        assert story(collector, recorded["number"]) == ["recorded"]
        for told, truth in ((recorded["began"], began), (recorded["ended"], ended)):
            assert told["measured"]
            assert abs(datetime.fromisoformat(told["at"]).timestamp() - truth) <= told["error"] + MINUTE


@pytest.mark.timeout(280)
def test_the_own_line_of_a_collector_is_one_incident_and_none_of_a_school(tmp_path: Path) -> None:
    program = [sys.executable, str(HURRIED), "collector", f"{to_school_hours():.0f}"]
    with serving(tmp_path / "collector", program) as collector, ExitStack() as on:
        clocks = [RealTime(number) for number in range(2 * len(SCHOOLS) + 1)]
        area = Area(collector, tmp_path, on, list(clocks), BEAT)

        def beats(count: int, **more: Any) -> None:
            for _ in range(count):
                begun = time.monotonic()
                area.beats(**more)
                time.sleep(max(0.0, begun + BEAT - time.monotonic()))

        # As long as nobody is missed yet, after its start.
        beats(12)
        assert incidents(collector) == []
        beats(8, cut=SCHOOLS, failed={OFFICE: FAR})
        (own,) = incidents(collector)
        assert (own["place"], own["verdict"]) == ({"level": "service", "path": "collector"}, "collector")
        assert own["schools"] == ["S1", "S2", "S3", OFFICE]
        beats(12)
        eventually(lambda: incidents(collector)[0]["state"] == "closed", 30, "it is over", every=2)
        (over,) = incidents(collector)
        assert over["number"] == own["number"]
        assert story(collector, own["number"]).count("told") == 1
