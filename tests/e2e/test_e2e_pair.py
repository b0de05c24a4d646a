import re
import time
from pathlib import Path

from tests.e2e.programs import ROOM, Agent, Collector, eventually


def test_an_enrolled_machine_shows_its_real_figures(collector, agent):
    del agent
    eventually(lambda: "school_memory_size_bytes" in collector.page(), 30, "the machine's figures")
    series = r'school_memory_size_bytes\{school="DEMO",site="main",room="tin1",machine="tin1-01"\} (\S+)'
    truth = int(Path("/proc/meminfo").read_text("ascii").split()[1]) * 1024
    assert [float(size) for size in re.findall(series, collector.page())] == [truth]
    assert 'machine="tin1-01",state="online"} 1' in collector.page()


def test_a_goodbye_is_off_at_once_and_a_return_is_online(collector, agent):
    eventually(lambda: 'state="online"} 1' in collector.page(), 30, "online")
    assert agent.stop() == 0
    eventually(lambda: 'state="off"} 1' in collector.page(), 10, "off after its goodbye")
    assert collector.presence()["assumed"] is False, "off because it said so, not because nobody expects it now"
    assert "school_memory_size_bytes{" not in collector.page()
    agent.run()
    eventually(lambda: 'state="online"} 1' in collector.page(), 30, "online again")
    assert len(collector.machines()) == 1


def test_a_used_up_code_gives_a_pc_that_has_its_key_its_place_again_and_lets_nobody_else_in(
    collector: Collector, tmp_path: Path
):
    collector.token()
    code = collector.call("token", "new", "--room", ROOM, "--uses", "1")
    agent = Agent(tmp_path / "agent", beat="1", start_spread="0")
    agent.call("enrol", "--collector", collector.agents, typed=code)
    agent.run()
    eventually(lambda: 'state="online"} 1' in collector.page(), 30, "online")
    agent.kill()
    told = agent.call("enrol", "--collector", collector.agents, "--lang", "en", typed=code)
    assert "This PC is already there: school DEMO, room tin1" in told
    (known,) = collector.machines()
    agent.run()
    eventually(lambda: collector.machines()[0]["heard"] != known["heard"], 30, "heard again")
    assert agent.stop() == 0
    # The same hardware without the key: a person decides.
    stranger = Agent(tmp_path / "stranger")
    told = stranger.call("enrol", "--collector", collector.agents, "--lang", "en", typed=code)
    assert "It waits for the office's approval." in told
    assert sorted(known["presence"] for known in collector.machines()) == ["off", "pending"]


def test_what_was_measured_while_the_collector_was_away_arrives_afterwards(collector, agent):
    del agent
    eventually(lambda: "school_memory_size_bytes" in collector.page(), 30, "the machine's figures")
    machine = collector.machines()[0]["id"]
    collector.kill()
    away = time.time()
    time.sleep(8)
    back = time.time()
    collector.serve()

    def measured_meanwhile() -> list[float]:
        results = collector.results(machine, away, back)
        return [result["at"] for result in results if result["probe"] == "cpu" and result["dated"] == "exact"]

    eventually(measured_meanwhile, 130, "what was measured while nobody listened")
    assert len(set(measured_meanwhile())) == len(measured_meanwhile())
    assert [machine] == [known["id"] for known in collector.machines()]
