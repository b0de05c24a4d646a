"""Two hundred made-up PCs on a leaked install code: what an office sees of the school stays as it was."""

import json
import re
from pathlib import Path

import pytest
from tests.e2e.pcs import HOST, Pc, hardware
from tests.e2e.programs import ROOM, Collector, eventually, fetched

from schooldrum_agent.enrolment import enrol
from schooldrum_agent.faults import Failed, Fault
from schooldrum_wire.token import read_token

SEATS = 10
CAPACITY = 12
"""The registered PCs and a fifth more."""
FAKES = 200
_MOVING = re.compile(r"timestamp|school_clock_skew")


def seen(collector: Collector) -> list[str]:
    """Everything that Prometheus is told, without what moves with each report."""
    pages = [
        fetched(f"{collector.office}/metrics/schools"),
        collector.page(),
        fetched(f"{collector.office}/sd/schools"),
    ]
    return [line for page in pages for line in page.splitlines() if not _MOVING.search(line)]


@pytest.mark.slow
def test_fakes_on_a_leaked_code_change_nothing_that_is_shown(tmp_path: Path, collector: Collector):
    collector.token(seats=SEATS)
    token = json.loads(collector.call("token", "new", "--room", ROOM, "--uses", "500", "--json"))["token"]
    for number in range(CAPACITY):
        pc = Pc(tmp_path / f"pc-{number}", number)
        pc.enrol(collector.agents, token)
        with pc.started() as running:
            assert running.report().delivered
    eventually(lambda: collector.page().count('state="online"} 1') == CAPACITY, 10, "the real PCs")
    before = seen(collector)
    assert f'school_machines{{school="DEMO",state="online"}} {CAPACITY}' in before

    admitted: list[Pc] = []
    faults: list[Fault] = []
    for number in range(1000, 1000 + FAKES):
        fake = Pc(tmp_path / f"fake-{number}", number)
        try:
            fake.enrol(collector.agents, token)
        except Failed as refused:
            faults.append(refused.fault)
        else:
            admitted.append(fake)
    assert len(admitted) == CAPACITY
    assert set(faults) == {Fault.BUSY}
    assert {fake.identity()["state"] for fake in admitted} == {"pending"}
    for fake in admitted:
        with fake.started() as running:
            assert running.report(30).delivered
            assert running.report(30).delivered
    assert seen(collector) == before
    machines = collector.machines()
    assert len(machines) == 2 * CAPACITY
    assert sum(machine["presence"] == "pending" for machine in machines) == CAPACITY

    # Taking the code back takes its PCs with it, and the real ones stay.
    collector.call("token", "revoke", read_token(token).id)
    with pytest.raises(Failed) as late:
        enrol(
            read_token(token),
            collector.agents,
            fingerprint=hardware(5000),
            host=HOST,
            clock=admitted[0].time.clock.wall,
        )
    assert late.value.fault is Fault.TOKEN
    assert seen(collector) == before
