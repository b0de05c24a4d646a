"""kill -9 of whole agents at any moment while the collector comes and goes: what was on their disks arrives, once."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.e2e.history import folded
from tests.e2e.pcs import real_pc
from tests.e2e.programs import Agent, Collector, eventually

from schooldrum_agent.segment import Frame, pack, unpack
from schooldrum_agent.state import look

ROUNDS = 16
AGENTS = 3


def waiting(agent: Agent) -> set[tuple[str, int]]:
    """(run, number) of every sound result in the spool's files."""
    frames: list[Frame] = []
    for path in (agent.home / "state" / "spool").glob("*.seg"):
        frames += unpack(path.read_bytes())[0]
    return {(frame.run, seq) for frame in frames for seq, _ in frame.results}


def torn(agent: Agent) -> bool:
    """Leaves half an append at the end of a spool file, as a power cut may; whether there was one."""
    for path in (agent.home / "state" / "spool").glob("*.seg"):
        with path.open("ab") as file:
            file.write(pack(Frame(1 << 20, "torn", "boot", 1.0, 1.0, ((1, b"{}" * 50),)))[:-30])
        return True
    return False


class Door:
    """A collector that serves at first."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self.is_open = True

    def turn(self) -> None:
        """Kills it, or starts it again."""
        self._collector.kill() if self.is_open else self._collector.serve()
        self.is_open = not self.is_open

    def comes_and_goes(self, chance: random.Random) -> None:
        """Two times of random length, after each of which it often comes or goes."""
        for _ in range(2):
            time.sleep(chance.uniform(0.3, 1.4))
            if chance.random() < 0.6:
                self.turn()


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_what_lay_on_an_agents_disk_arrives_once(tmp_path: Path):
    chance = random.Random(20_261_123)  # noqa: S311 - a test that can be repeated
    collector = Collector(tmp_path / "collector")
    collector.serve()
    token = collector.token()
    agents = [real_pc(tmp_path / f"pc-{number}", number, pace="cpu=1,memory=1,agent=1") for number in range(AGENTS)]
    for agent in agents:
        agent.call("enrol", "--collector", collector.agents, typed=token)
    seen: dict[Agent, set[tuple[str, int]]] = {agent: set() for agent in agents}
    door, tears = Door(collector), 0
    for _ in range(ROUNDS):
        for agent in agents:
            agent.run()
        door.comes_and_goes(chance)
        for agent in chance.sample(agents, AGENTS):
            agent.kill()
            seen[agent] |= waiting(agent)
            tears += chance.random() < 0.3 and torn(agent)
    assert all(seen.values())
    assert tears
    if not door.is_open:
        door.turn()
    for agent in agents:
        agent.run()
    for agent in agents:
        eventually(lambda one=agent: not waiting(one) & seen[one], 130, "every old result has left the spool")  # type: ignore[misc]  # a default in a lambda
    for agent in agents:
        assert agent.stop() == 0
        assert "Traceback" not in (agent.home / "agent.log").read_text("utf-8")
    collector.stop()
    with folded(collector.home / "data") as history:
        for agent in agents:
            identity = look(agent.home / "state").identity
            assert identity is not None
            kept = Counter((one.run, one.seq) for one in history.kept(identity.machine))
            assert seen[agent] <= set(kept), sorted(seen[agent] - set(kept))[:5]
            assert set(kept.values()) == {1}
            # A slow PC is killed before many of its starts have found anything.
            assert len({run for run, _ in kept}) > ROUNDS / 4
    print(f"{ROUNDS} rounds of {AGENTS} agents, {sum(map(len, seen.values()))} results were on disk, {tears} torn")
