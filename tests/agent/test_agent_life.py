"""The agent's own decisions, with clocks and sleep that a test can turn, against a server that speaks the wire."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Self

import msgspec
import pytest
from tests.agent.delivery_stand_in import Machine, Reply, Request, Time, front, machine

from schooldrum_agent import agent as agent_module
from schooldrum_agent.agent import Agent, Parts
from schooldrum_agent.assembly import runner_of
from schooldrum_agent.climbing import Climbing
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import load
from schooldrum_agent.noticeboard import is_running, open_board, read_notice
from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.whereabouts import Whereabouts
from schooldrum_wire.catalogue.clock import CLOCK_STEPS
from schooldrum_wire.catalogue.disk import VOLUMES
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES
from schooldrum_wire.fence import Fence
from schooldrum_wire.messages import ReportsAnswer
from schooldrum_wire.report import Delivery, Report
from schooldrum_wire.settings import Settings


class World:
    """What a test turns: the PC's clocks and sleep, and what the collector says."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.jump = 0.0
        self.wall_jump = 0.0
        self.slept: float | None = 0.0
        self.settings = Settings(version=1, beat=1)
        self.deliveries: list[Delivery] = []
        self.runs: dict[str, list[float]] = {}
        self.away = False
        self.hangs = False
        self.climbs = threading.Event()

    def boottime(self) -> float:
        return 1000 + time.monotonic() - self.began + self.jump

    def wall(self) -> float:
        return 1.8e9 + self.boottime() + self.wall_jump

    def sleep(self, seconds: float) -> None:
        """The PC was asleep for so long: boot time went on, nothing else did."""
        if self.slept is not None:
            self.slept += seconds
        self.jump += seconds

    def answer(self, request: Request) -> Reply:
        while self.hangs:
            time.sleep(0.05)
        if self.away:
            return Reply(status=503, body=b"{}")
        self.deliveries.append(request.delivery())
        settings = msgspec.Raw(msgspec.json.encode(self.settings))
        return Reply(body=msgspec.json.encode(ReportsAnswer(settings=settings)))

    def live(self) -> list[Report]:
        return [report for delivery in self.deliveries for report in delivery.reports if report.live]

    def words(self) -> list[tuple[str, str]]:
        return [(report.word.word, report.word.kind) for report in self.live() if report.word is not None]

    def newest(self, metric: str) -> float:
        found = [
            reading.value
            for report in self.live()
            for result in report.results
            for reading in result.readings
            if reading.name == metric
        ]
        return found[-1]


class Running:
    """An agent in a thread, with probes of the test's."""

    def __init__(
        self,
        folder: Path,
        world: World,
        port: int,
        *,
        whereabouts: Whereabouts | None = None,
        climbing: Climbing | None = None,
        **more: str,
    ) -> None:
        self.world = world
        clock = Time()
        clock.clock = Clock(monotonic=time.monotonic, boottime=world.boottime, wall=world.wall, boot="boot-1")
        self.machine = Machine(folder, port, time_=clock)
        given = {"beat": "1", "start_spread": "0", **more}
        config = load(Path(os.devnull), {}, {"state": str(folder / "state"), **given})

        def slept() -> float | None:
            return world.slept

        self.agent = Agent(
            Parts(
                config=config,
                clock=clock.clock,
                probes=(*self.probes(), *([self.ladder()] if climbing is not None else [])),
                state=self.machine.state,
                spool=self.machine.spool,
                courier=self.machine.courier,
                make_runner=runner_of(config, clock.clock, sys.platform, {}),
                read_fence=Fence,
                slept=slept,
                noticeboard=open_board(
                    folder / "board", state=self.machine.state, clock=clock.clock, procfs="/proc", system="linux"
                ),
                chance=Random(1),  # noqa: S311 - spreads waits
                climbing=climbing,
                whereabouts=whereabouts,
            )
        )
        self.thread = threading.Thread(target=self.agent.run, daemon=True)

    def probes(self) -> tuple[Probe, ...]:
        def noting(name: str):
            def fetch(doors: Doors) -> Any:
                self.world.runs.setdefault(name, []).append(self.world.boottime())
                return doors.said()

            return fetch

        def read(said: Any):
            yield CLOCK_STEPS(said["clock_steps"])

        def read_memory(_: Any):
            yield MEMORY_SIZE_BYTES(1)

        def read_disk(_: Any):
            yield VOLUMES(volume="/", label="NguyenVanCanary")

        return (
            Probe("clock", every=1, timeout=5, on={sys.platform: Source(noting("clock"), read)}),
            Probe("memory", every=60, timeout=5, floor=5, on={sys.platform: Source(noting("memory"), read_memory)}),
            Probe(
                "disk",
                every=600,
                timeout=5,
                on={sys.platform: Source(noting("disk"), read_disk)},
                sections=("volumes",),
            ),
        )

    def ladder(self) -> Probe:
        def fetch(_: Doors) -> None:
            self.world.climbs.wait(60)

        def read(_: Any):
            yield from ()

        return Probe("ladder", every=60, timeout=50, on={sys.platform: Source(fetch, read)}, sections=("ladder",))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.agent.stop("stop")
        self.thread.join(10)
        self.machine.uplink.close()
        assert not self.thread.is_alive()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(agent_module, "NAP_SECONDS", 0.1)
    return World()


@pytest.fixture
def port(world: World) -> Iterator[int]:
    with front(world.answer) as server:
        yield server.port


def wait_for(condition: Any, seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.01)


def test_waking_up_says_hello_at_once(tmp_path, world, port):
    with Running(tmp_path, world, port, beat="300"):
        wait_for(lambda: world.words() == [("hello", "start")])
        world.sleep(3600)
        wait_for(lambda: world.words()[-1] == ("hello", "resume"), 5)


def test_waking_up_is_noticed_where_the_system_does_not_tell(tmp_path, world, port):
    world.slept = None
    with Running(tmp_path, world, port, beat="300"):
        wait_for(world.words)
        time.sleep(0.5)
        assert len(world.words()) == 1
        world.sleep(3600)
        wait_for(lambda: world.words()[-1] == ("hello", "resume"), 5)


def test_after_an_hour_asleep_each_probe_runs_once(tmp_path, world, port):
    with Running(tmp_path, world, port, beat="300"):
        wait_for(lambda: len(world.runs) == 3)
        before = len(world.runs["memory"])
        world.sleep(3600)
        wait_for(lambda: len(world.runs["memory"]) > before and len(world.runs["disk"]) > 1)
        time.sleep(0.5)
        assert len(world.runs["memory"]) == before + 1
        assert len(world.runs["disk"]) == 2


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_that_jumps_is_counted_and_holds_up_nothing(tmp_path, world, port, years):
    with Running(tmp_path, world, port):
        wait_for(lambda: len(world.live()) >= 2)
        assert world.newest("school_clock_steps_total") == 0
        world.wall_jump = years * 365.25 * 86400
        seen = len(world.live())
        wait_for(lambda: len(world.live()) >= seen + 3, 8)
        assert world.newest("school_clock_steps_total") == 1
        assert abs(world.deliveries[-1].now.wall - world.wall()) < 5
        world.wall_jump = 0
        wait_for(lambda: world.newest("school_clock_steps_total") == 2)


def test_going_to_sleep_and_staying_awake_after_all(tmp_path, world, port, monkeypatch):
    monkeypatch.setattr(agent_module, "AWAKE_SECONDS", 1.5)
    with Running(tmp_path, world, port) as running:
        wait_for(lambda: len(world.live()) >= 2)
        running.agent.suspending()
        wait_for(lambda: world.words()[-1] == ("goodbye", "suspend"))
        heard = len(world.live())
        time.sleep(1.0)
        assert len(world.live()) == heard
        wait_for(lambda: world.words()[-1] == ("hello", "resume"))
        wait_for(lambda: len(world.live()) > heard + 2)


def test_what_the_service_says_is_heard(tmp_path, world, port):
    with Running(tmp_path, world, port) as running:
        wait_for(world.live)
        running.agent.suspending()
        wait_for(lambda: world.words()[-1] == ("goodbye", "suspend"))
        running.agent.resumed()
        wait_for(lambda: world.words()[-1] == ("hello", "resume"))
        running.agent.stop("shutdown")
        running.thread.join(5)
        assert world.words()[-1] == ("goodbye", "shutdown")


def test_a_granted_pace_is_never_faster_than_the_floor(tmp_path, world, port):
    world.settings = Settings(version=5, beat=1, pace={"memory": 5, "disk": 7})
    with Running(tmp_path, world, port):
        wait_for(lambda: len(world.runs.get("memory", [])) >= 2)
        assert world.runs["memory"][1] - world.runs["memory"][0] >= 4.9
        refused = [sentence for delivery in world.deliveries for sentence in delivery.refusals]
        assert set(refused) == {"pace.disk: 7 is not a whole number from 30 to 604800"}
        assert len(world.runs["disk"]) == 1


def test_a_missed_hello_is_said_when_the_collector_is_back(tmp_path, world, port):
    world.away = True
    with Running(tmp_path, world, port) as running:
        time.sleep(1.0)
        world.away = False
        running.machine.courier._wait_until = 0.0
        wait_for(world.live, 40)
        assert world.words() == [("hello", "start")]
        word = world.live()[0].word
        assert word is not None
        assert world.deliveries[0].now.boottime - word.boottime >= 0.9


def test_nothing_personal_leaves(tmp_path, world, port):
    with Running(tmp_path, world, port):
        wait_for(lambda: any(report.rows for report in world.live()))
        rows = next(report.rows for report in world.live() if report.rows)
        assert rows["volumes"] == ({"volume": "/"},)


def test_results_are_on_disk_before_they_are_sent_and_gone_after(tmp_path, world, port):
    with Running(tmp_path, world, port) as running:
        wait_for(lambda: len(world.live()) >= 3)
        wait_for(lambda: running.machine.spool.counts().results <= 1)
        world.away = True
        wait_for(lambda: running.machine.spool.counts().results >= 2)


def test_only_an_observer_looks_around_between_its_reports(tmp_path, world, port):
    looks: list[float] = []

    def surroundings() -> dict[str, Any]:
        looks.append(world.boottime())
        return {"links": [], "addresses": [], "gateways": [], "resolvers": [], "neighbours": []}

    def looks_in(seconds: float) -> float:
        before, reports = len(looks), len(world.live())
        time.sleep(seconds)
        return (len(looks) - before) / max(1, len(world.live()) - reports)

    where = Whereabouts(
        surroundings=surroundings, salt=bytes, networks=tuple, keep=lambda _: None, clock=world.boottime
    )
    with Running(tmp_path, world, port, whereabouts=where):
        wait_for(lambda: len(world.live()) >= 2)
        assert looks_in(4) < 1.5, "once a report"
        world.settings = Settings(version=2, beat=1, observer=True)
        time.sleep(2)
        assert looks_in(4) > 2, "and each half beat"
        world.settings = Settings(version=3, beat=1)
        time.sleep(2)
        assert looks_in(4) < 1.5


def test_a_climb_that_is_under_way_keeps_its_order(tmp_path, world, port):
    climbing = Climbing(
        load(Path(os.devnull), {}, {"ladder": "collector"}),
        settings=lambda: world.settings,
        office=None,
        clock=world.boottime,
        chance=Random(1),  # noqa: S311 - spreads waits
    )
    with Running(tmp_path, world, port, climbing=climbing) as running:
        wait_for(world.live)
        order = climbing.order()
        seen = len(world.live())
        wait_for(lambda: len(world.live()) >= seen + 3)
        assert climbing.order() is order, "though its time has come again each beat"
        assert not running.agent._runner.is_free("ladder")
        world.climbs.set()
        wait_for(lambda: climbing.order() is not order)


def test_who_asks_while_the_first_report_hangs_reads_that_it_runs(tmp_path, world, port):
    board = tmp_path / "board"
    board.mkdir(mode=0o755)
    world.hangs = True
    with Running(tmp_path, world, port):
        wait_for(lambda: read_notice(board) is not None)
        notice = read_notice(board)
        assert notice is not None
        assert is_running(notice, "/proc", system="linux") is True
        assert world.live() == []
        world.hangs = False


def test_disabled_probes_never_run(tmp_path, world, port):
    with Running(tmp_path, world, port, disabled="memory,disk"):
        wait_for(lambda: len(world.live()) >= 2)
        assert set(world.runs) == {"clock"}


def test_with_rare_beats_findings_still_reach_the_disk(tmp_path, world, port, monkeypatch):
    monkeypatch.setattr(agent_module, "STORE_SECONDS", 0.5)
    with Running(tmp_path, world, port, beat="900") as running:
        wait_for(world.live)
        wait_for(lambda: running.machine.spool.counts().results >= 2)


def test_a_failing_task_is_told_and_the_voice_goes_on(tmp_path, world, port, capsys):
    with Running(tmp_path, world, port) as running:
        wait_for(world.live)

        def fail() -> None:
            raise ZeroDivisionError

        running.agent._tasks.put(fail)
        seen = len(world.live())
        wait_for(lambda: len(world.live()) > seen + 1)
        assert "a report failed inside the agent: ZeroDivisionError" in capsys.readouterr().err


def test_what_was_found_while_the_network_hangs_is_on_disk_when_it_stops(tmp_path, world, port, monkeypatch):
    monkeypatch.setattr(agent_module, "STORE_SECONDS", 0.2)
    monkeypatch.setattr(agent_module, "GOODBYE_SECONDS", 0.5)
    with Running(tmp_path, world, port):
        wait_for(lambda: len(world.live()) >= 2)
        world.hangs = True
        time.sleep(4)
        run = world.live()[0].run
        found = len(world.runs["clock"]) + len(world.runs["memory"]) + len(world.runs["disk"])
    world.hangs = False
    known = {(report.run, result.seq) for report in world.live() for result in report.results}
    with machine(tmp_path, port) as later:
        waiting = {(batch.run, seq) for batch in later.spool.backlog(99) for seq, _ in batch.results}
    assert {seq for one, seq in known | waiting if one == run} >= set(range(1, found))
