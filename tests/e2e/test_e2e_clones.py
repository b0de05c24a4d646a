"""A lab of forty PCs from one image with frozen disks, and a thief with the credential that the image holds."""

import json
import re
import secrets
import shutil
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.agent.delivery_stand_in import Time
from tests.e2e.pcs import HOST, Pc, hardware, real_pc
from tests.e2e.programs import Collector, eventually, fetched
from tests.e2e.shifted_collector import Shift

from schooldrum_agent.enrolment import enrol
from schooldrum_agent.faults import Failed, Fault
from schooldrum_wire.token import read_token

PCS = 40
PROCESSES = 2
MORNINGS = 10
DAY = 86400.0


def identity(state: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((state / "identity.json").read_text("utf-8"))
    return said


def shown(collector: Collector) -> list[dict[str, Any]]:
    """The machines as the office sees them."""
    machines: list[dict[str, Any]] = json.loads(fetched(f"{collector.office}/api/v1/machines?limit=1000"))["machines"]
    return machines


def heard_since(collector: Collector, moment: datetime) -> int:
    heard = [machine["heard"] for machine in shown(collector) if machine["presence"]["state"] == "online"]
    return sum(datetime.fromisoformat(text) > moment for text in heard)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_forty_frozen_clones_are_the_same_forty_machines_each_morning(
    tmp_path: Path, shift: Shift, shifted_collector: Collector
):
    collector = shifted_collector
    token = collector.token(seats=PCS)
    master, twin = (real_pc(tmp_path / f"process-{number}", number) for number in range(PROCESSES))
    master.call("enrol", "--collector", collector.agents, typed=token)
    master.run()
    eventually(lambda: 'state="online"} 1' in collector.page(), 30, "the PC of the image")
    master.stop()
    image = tmp_path / "image"
    shutil.copytree(master.home / "state", image)
    pcs = [Pc(tmp_path / f"pc-{number}", number) for number in range(PROCESSES, PCS)]

    shift.passes(30 * DAY)
    with pytest.raises(Failed) as refused:
        enrol(read_token(token), collector.agents, fingerprint=hardware(999), host=HOST, clock=time.monotonic)
    assert refused.value.fault is Fault.TOKEN

    named: dict[int, str] = {}
    for morning in range(MORNINGS):
        shift.passes(DAY)
        begun = shift.moment()
        for agent in (master, twin):
            shutil.rmtree(agent.home / "state", ignore_errors=True)
            shutil.copytree(image, agent.home / "state")
            agent.run()
        for number, pc in enumerate(pcs, PROCESSES):
            pc.imaged(image)
            pc.time = Time(boot=f"{morning:016x}{number:016x}")
            with pc.started() as running:
                assert running.report().delivered
            machine = identity(pc.disk)["machine"]
            assert named.setdefault(number, machine) == machine, f"morning {morning}"
        eventually(lambda at=begun: heard_since(collector, at) == PCS, 30, "all forty this morning")  # type: ignore[misc]  # a default in a lambda
        machines = shown(collector)
        assert len(machines) == PCS
        if morning == MORNINGS - 1:
            frozen = re.findall(r'school_disk_frozen\{.*machine="(\S+?)"\} 1', collector.page())
            assert set(frozen) == {machine["alias"] for machine in machines}
        for agent in (master, twin):
            agent.kill()
    assert identity(master.home / "state") == identity(image), "the PC of the image was moved off its record"
    everybody = {*named.values(), *(identity(agent.home / "state")["machine"] for agent in (master, twin))}
    assert everybody == {machine["id"] for machine in shown(collector)}
    assert [machine for machine in shown(collector) if machine["conflict"] or machine["pending_reason"]] == []


def speak_in_turn(shift: Shift, *pcs: Pc) -> None:
    """Powers them on and lets each report five times, a minute apart; every report must be taken."""
    with ExitStack() as on:
        running = []
        for pc in pcs:
            pc.time = Time(boot=secrets.token_hex(16))
            running.append(on.enter_context(pc.started()))
        for _ in range(5):
            shift.passes(60)
            for one in running:
                done = one.report()
                assert (done.word, done.delivered) == ("delivered", True)


def test_a_thief_with_a_stolen_credential_never_silences_its_owner(
    tmp_path: Path, shift: Shift, shifted_collector: Collector
):
    token = shifted_collector.token(seats=5)
    owner, elsewhere, forger = Pc(tmp_path / "owner", 1), Pc(tmp_path / "elsewhere", 2), Pc(tmp_path / "forger", 1)
    owner.enrol(shifted_collector.agents, token)
    known = identity(owner.disk)
    for thief in (elsewhere, forger):
        thief.imaged(owner.disk)

    speak_in_turn(shift, elsewhere, owner)
    assert identity(owner.disk) == known
    assert identity(elsewhere.disk)["machine"] != known["machine"]
    assert [machine["conflict"] for machine in shown(shifted_collector)] == [False, False]

    # With forged hardware nobody can tell them apart: both are heard, and a person is told.
    speak_in_turn(shift, forger, owner)
    eventually(lambda: any(machine["conflict"] for machine in shown(shifted_collector)), 30, "the conflict")
    conflicts = {machine["id"]: machine["conflict"] for machine in shown(shifted_collector)}
    assert conflicts == {known["machine"]: True, identity(elsewhere.disk)["machine"]: False}
    assert f'school_machine_conflict{{school="DEMO",site="main",room="tin1",machine="{known["alias"]}"}} 1' in (
        shifted_collector.page()
    )

    # A night in which the thief alone speaks takes nothing from the owner.
    speak_in_turn(shift, forger)
    shift.passes(DAY / 2)
    speak_in_turn(shift, forger)
    shift.passes(DAY / 2)
    speak_in_turn(shift, owner)
    assert identity(owner.disk) == known
