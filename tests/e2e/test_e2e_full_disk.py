"""A disk that runs full under a collector that serves, and under an agent that runs."""

import itertools
import json
import re
import sys
import time
from contextlib import ExitStack
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import NoReturn

import pytest
from tests.agent.delivery_stand_in import Time
from tests.e2e.pcs import Pc
from tests.e2e.programs import AGENT, COLLECTOR, Agent, Collector, eventually, fetched

pytestmark = [pytest.mark.namespaces, pytest.mark.slow]
DAY = 86400.0
LISTENING = (sys.executable, str(Path(__file__).parent / "listening_collector.py"))
SMALL_DISK = (sys.executable, str(Path(__file__).parent / "small_disk.py"))


def _write_on(file: FileIO, piece: int) -> NoReturn:
    while True:
        file.write(bytes(piece))


class Ballast:
    """What fills the small disk of a running program."""

    def __init__(self, pid: int, directory: Path) -> None:
        self._file = Path(f"/proc/{pid}/root{directory}/ballast")

    def fill(self) -> None:
        """Takes whatever is free, to the last byte."""
        with self._file.open("ab", buffering=0) as file:
            for piece in (65536, 4096, 1):
                with pytest.raises(OSError, match="No space left"):
                    _write_on(file, piece)

    def drop(self) -> None:
        self._file.unlink()


def numbers(collector: Collector, machine: str) -> list[int]:
    """The numbers by which results of a made-up PC are known again, as they stand in its history."""
    now = time.time()
    results = collector.results(machine, now - 1.5 * DAY, now + 0.4 * DAY)
    return sorted(int(reading["value"]) for result in results for reading in result["readings"])


@pytest.mark.timeout(120)
def test_a_collector_on_a_full_disk_refuses_and_recovers_and_loses_nothing(tmp_path: Path, collector: Collector):
    token = collector.token()
    times = [Time(boot=f"{number:032x}") for number in range(5)]
    pcs = [Pc(tmp_path / f"pc-{number}", number, time=one) for number, one in enumerate(times)]
    for pc in pcs:
        pc.enrol(collector.agents, token)
    collector.stop()
    data = collector.home / "data"
    collector.program = [*SMALL_DISK, f"{6 << 20}", str(data), *COLLECTOR]
    collector.serve()
    ballast = Ballast(collector.pid, data)
    with ExitStack() as on:
        running = [on.enter_context(pc.started()) for pc in pcs]

        def beat() -> set[str]:
            """What one beat of all came to, with no wait left from the last."""
            for one in times:
                one.pass_by(200)
            return {pc.report(20).word for pc in running}

        for flood in range(3):
            assert beat() == {"delivered"}, f"flood {flood}"
            ballast.fill()
            # What the store has already taken from the disk may hold a few more.
            eventually(lambda: beat() == {"busy"}, 30, "every report is refused", every=0)
            assert all(one.waiting() for one in running)
            assert school_presence(collector) == {"online"}
            ballast.drop()
            eventually(lambda: beat() == {"delivered"}, 30, "reports are taken again", every=0)
        eventually(lambda: beat() == {"delivered"} and not any(one.waiting() for one in running), 30, "all was taken")
        for pc, one in zip(pcs, running, strict=True):
            assert numbers(collector, pc.identity()["machine"]) == sorted(one.measured)
    assert "nothing can be stored" in collector.log()
    # One trouble, not three: between the floods reports were stored for seconds only.
    assert "There is room again" not in collector.log()


def school_presence(collector: Collector) -> set[str]:
    return set(re.findall(r'state="(\w+)"', collector.page()))


@pytest.mark.timeout(120)
def test_whom_a_collector_on_a_full_disk_turns_away_is_not_missed(tmp_path: Path, collector: Collector):
    token = collector.token()
    collector.call("room", "add", "--school", "DEMO", "--room", "tin1", "--always-on")
    times = [Time(boot=f"{number:032x}") for number in range(4)]
    pcs = [Pc(tmp_path / f"pc-{number}", number, time=one, beat=1) for number, one in enumerate(times)]
    for pc in pcs:
        pc.enrol(collector.agents, token)
    collector.stop()
    data = collector.home / "data"
    collector.program = [*SMALL_DISK, f"{6 << 20}", str(data), *LISTENING]
    collector.serve()
    ballast = Ballast(collector.pid, data)
    missed = 3 * 1.0

    def states() -> list[str]:
        shown = re.findall(
            r'school_machine_presence\{[^}]*state="(\w+)"[^}]*\} 1(?:\.0)?$', collector.page(), re.MULTILINE
        )
        return sorted(shown)

    def told() -> tuple[str, int]:
        """Whether the collector says that it listens too briefly, and what its front page says of it."""
        grace = re.search(r"^schooldrum_grace (\S+)$", fetched(f"{collector.office}/metrics"), re.MULTILINE)
        assert grace is not None
        wall = fetched(f"{collector.office}/?lang=en")
        return grace[1], ("cannot store anything" in wall) + 2 * ("asked PCs to come again" in wall)

    def incidents() -> int:
        return len(json.loads(fetched(f"{collector.office}/api/v1/incidents"))["incidents"])

    with ExitStack() as on:
        running = [on.enter_context(pc.started()) for pc in pcs]

        def beat(those: slice = slice(1, None)) -> set[str]:
            for one in times:
                one.pass_by(200)
            return {pc.report(20).word for pc in running[those]}

        assert beat(slice(None)) == {"delivered"}
        gone = time.monotonic()
        # The first is switched off at the plug: that is noticed, so what follows is no matter of anybody's patience.
        eventually(lambda: beat() and states() == ["online"] * 3 + ["silent"], 30, "the first is missed", every=0.5)
        eventually(lambda: beat() and incidents() == 1, 30, "and told", every=0.5)
        assert time.monotonic() - gone > missed
        assert told() == ("0.0", 0)
        ballast.fill()
        eventually(lambda: beat() == {"busy"}, 30, "every report is refused", every=0)
        time.sleep(3 * missed)
        assert states() == ["online"] * 3 + ["silent"]
        assert told() == ("1.0", 1)
        assert "cannot store anything" in fetched(f"{collector.office}/incidents?lang=en")
        assert incidents() == 1
        ballast.drop()
        # They wait as they were asked to.
        time.sleep(3 * missed)
        assert states() == ["online"] * 3 + ["silent"]
        assert told()[0] == "1.0"
        assert incidents() == 1
        eventually(lambda: beat() == {"delivered"}, 30, "reports are taken again", every=0)
        eventually(lambda: beat() and told()[1] == 2, 30, "the page speaks of the disk no more", every=0.5)
        assert states() == ["online"] * 3 + ["silent"]
        assert incidents() == 1


@pytest.mark.parametrize(("size", "words"), [(64 << 10, "is full"), (32 << 20, "is nearly full")])
def test_doctor_says_first_that_the_disk_is_full(tmp_path: Path, collector: Collector, size: int, words: str):
    agent = Agent(tmp_path / "agent", ladder="collector")
    agent.enrol(collector)
    agent.program = [*SMALL_DISK, str(size), str(agent.home / "state"), *AGENT]
    first, *rest = agent.call("doctor", "--lang", "en", code=1).splitlines()
    assert first.startswith("[ fault ] Room on the disk: ")
    assert words in first
    assert not any("[ fault ]" in line for line in rest)


@pytest.mark.timeout(250)
def test_an_agent_on_a_full_disk_goes_on_and_what_waits_in_memory_arrives(tmp_path: Path, collector: Collector):
    agent = Agent(tmp_path / "agent", beat="1", pace="clock=1,agent=1", any_pace="true", start_spread="3600")
    agent.enrol(collector)
    state = agent.home / "state"
    agent.program = [*SMALL_DISK, f"{1 << 20}", str(state), *AGENT]
    agent.run()
    machine = collector.machines()[0]["id"]

    def measured(since: float, until: float) -> list[float]:
        """When the agent asked about itself, by the collector's history."""
        results = collector.results(machine, since, until)
        return [datetime.fromisoformat(one["at"]).timestamp() for one in results if one["probe"] == "agent"]

    try:
        begun = time.time()
        eventually(lambda: len(measured(begun, time.time())) > 2, 30, "results on a disk with room")
        ballast = Ballast(agent.pid, state)
        ballast.fill()
        filled = time.time()
        eventually(lambda: len(measured(filled, time.time())) > 5, 30, "live reports go on")
        collector.kill()
        away = time.time()
        time.sleep(6)
        collector.serve()
        back = time.time()
        eventually(lambda: len(measured(away, back)) >= 5, 130, "what was measured while nobody could take it")
        ballast.drop()
        dropped = time.time()
        log = agent.home / "agent.log"
        eventually(lambda: "results can be written again" in log.read_text("utf-8"), 30, "the disk is used again")
        eventually(lambda: len(measured(dropped, time.time())) > 2, 30, "reports go on")
        assert "cannot be written and wait in memory" in log.read_text("utf-8")
        assert "Traceback" not in log.read_text("utf-8")
        ended = time.time()
        moments = sorted(measured(begun, ended))
        gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert max(gaps) < 2.5, "a result of the busiest second was lost"
    finally:
        assert agent.stop() == 0
