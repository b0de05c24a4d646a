"""PCs that are on while their program is dead, in a school of namespaces: neighbours see them, and people are told so.

The agent is killed as an antivirus or a pupil does it; the PC's own system goes on answering who asks for it.
"""

import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.programs import eventually, fetched
from tests.net.line import within
from tests.net.outage import FOUND_BEATS, LATE_SECONDS, SETTLED_SECONDS, WELL_SECONDS
from tests.net.school import BEAT, GRACE_SECONDS, OBSERVERS, SCHOOL, Network, School, pcs, school

from schooldrum_agent.probes import PROBES
from schooldrum_collector.judge.fault import Kind
from schooldrum_collector.judge.incident import Severity

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.xdist_group("school, mute")]
STRICT, MILD = "Diệt Virus X", "Diệt Virus Y"
STRICT_PCS = ("tin1-1", "tin1-2")
WORDS = {"vi": "đang bật, không gửi số liệu", "en": "on, not reporting"}
_GUARDED = str(Path(__file__).with_name("guarded.py"))
_RUNNING = frozenset({"ladder", "machine", "clock", "antivirus"})
_SECONDS = {"base_reachable_time_ms": 200, "delay_first_probe_time": 0, "retrans_time_ms": 200}
"""A system asks its neighbours again after half a minute; in a school whose beat is a second that is too seldom."""


def _with_card(network: Network, pc: str, folder: Path) -> dict[str, Any]:
    """A network card that is the one its cable ends in, and an antivirus."""
    number = [name for _, name in pcs()].index(pc)
    mac = f"00:1b:21:00:70:{number:02x}"
    network.ip(pc, "link", "set", "eth0", "address", mac)
    for key, value in _SECONDS.items():
        network.run(pc, "sysctl", "-qw", f"net.ipv4.neigh.eth0.{key}={value}")
    card = folder / "sys" / "devices" / "pci0000:00" / "0000:00:19.0" / "net" / "eth0"
    card.mkdir(parents=True)
    for name, text in (("address", mac), ("addr_assign_type", "0"), ("type", "1"), ("ifindex", "2")):
        (card / name).write_text(f"{text}\n", encoding="utf-8")
    cards = folder / "sys" / "class" / "net"
    cards.mkdir(parents=True)
    (cards / "eth0").symlink_to("../../devices/pci0000:00/0000:00:19.0/net/eth0")
    guard = folder / "guard.txt"
    guard.write_text(STRICT if pc in STRICT_PCS else MILD, encoding="utf-8")
    return {
        "program": ("ip", "netns", "exec", network.names[pc], sys.executable, _GUARDED, str(guard)),
        "disabled": ",".join(probe.name for probe in PROBES if probe.name not in _RUNNING),
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    home = tmp_path_factory.mktemp("school")
    with school(home, _with_card) as working:
        yield working
    shutil.rmtree(home, ignore_errors=True)


def _states(made: School) -> dict[str, str]:
    return {made.pc_of[one["id"]]: one["presence"]["state"] for one in made.machines().values()}


def _is_well(made: School) -> bool:
    well = time.monotonic() > made.listening + GRACE_SECONDS and set(_states(made).values()) == {"online"}
    return well and not any(one.is_live for one in made.incidents())


def _settled(made: School) -> None:
    eventually(lambda: _is_well(made), SETTLED_SECONDS + GRACE_SECONDS, "all is well before")
    made.forget()
    # Whoever looks around has found the others by now.
    time.sleep(WELL_SECONDS)


def _said_within(made: School, names: tuple[str, ...]) -> float:
    """Seconds from the killing of these agents until all are called mute."""
    begun = time.monotonic()
    made.switch_off(*names)
    limit = FOUND_BEATS * BEAT + LATE_SECONDS
    eventually(lambda: {_states(made)[pc] for pc in names} == {"mute"}, limit, f"{names} are mute", every=0.05)
    return time.monotonic() - begun


def _page(made: School, path: str, language: str) -> str:
    address = f"{made.collector.office}{path}?lang={language}"
    return within(made.network.names["world"], lambda: fetched(address))


def _stays(made: School, names: tuple[str, ...], seconds: float) -> set[str]:
    """Every state in which these PCs are shown for so long."""
    seen: set[str] = set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now = _states(made)
        seen |= {now[pc] for pc in names}
        time.sleep(0.2)
    return seen


def test_a_killed_program_on_a_running_pc_is_called_that_everywhere_and_alarms_nobody(made: School):
    _settled(made)
    took = _said_within(made, ("tin2-1",))
    print(f"mute after {took:.1f} s")
    assert _stays(made, ("tin2-1",), 5) == {"mute"}, "as long as neighbours see it"
    listed = {made.pc_of[one["id"]]: one for one in json.loads(made.collector.call("machines", "list", "--json"))}
    assert {pc for pc, one in listed.items() if one["presence"] == "mute"} == {"tin2-1"}
    assert {pc for pc, one in listed.items() if one["presence"] == "online"} == set(listed) - {"tin2-1"}
    machine, alias = listed["tin2-1"]["id"], listed["tin2-1"]["alias"]
    assert WORDS["en"] in made.collector.call("machines", "list", "--state", "mute")
    assert WORDS["vi"] in made.collector.call("machines", "show", machine, "--lang", "vi")
    for language, words in WORDS.items():
        for path in (f"/schools/{SCHOOL}", f"/machines/{machine}"):
            called = rf'(title="[^"]*: |data-piece="state"><span[^>]*><span[^>]*>[^<]*</span> ){words}'
            assert re.search(called, _page(made, path, language), re.IGNORECASE), (path, language)
    metrics = within(made.network.names["world"], lambda: made.collector.page(SCHOOL))
    assert any(f'machine="{alias}",state="mute"' in line for line in metrics.splitlines()), metrics
    assert made.alerts.notified() == []
    assert {one.severity for one in made.incidents()} == {Severity.DIGEST}
    made.switch_on("tin2-1")
    eventually(lambda: _is_well(made), SETTLED_SECONDS, "it reports again and all is over")
    assert made.alerts.notified() == []


def test_two_with_one_antivirus_are_one_message_that_names_it(made: School):
    _settled(made)
    took = _said_within(made, STRICT_PCS)
    print(f"mute after {took:.1f} s")
    eventually(made.alerts.notified, 5, "somebody is told")
    assert _stays(made, STRICT_PCS, 5) == {"mute"}
    (told,) = made.alerts.notified()
    assert STRICT in json.dumps(told, ensure_ascii=False), told
    (incident,) = (one for one in made.incidents() if one.told)
    assert (incident.kind, incident.place.path) == (Kind.MUTE, f"{SCHOOL}/main/tin1")
    assert incident.evidence.names["guard"] == (STRICT,)
    assert {made.pc_of[machine] for machine in incident.blamed} == set(STRICT_PCS)
    made.switch_on(*STRICT_PCS)
    eventually(lambda: _is_well(made), SETTLED_SECONDS, "they report again and all is over")
    assert len(made.alerts.notified()) == 1


def test_a_pc_whose_power_goes_is_not_called_mute(made: School):
    _settled(made)
    made.network.ip("lan", "link", "set", "to-tin2-2", "down")
    made.switch_off("tin2-2")
    try:
        eventually(lambda: _states(made)["tin2-2"] == "silent", 10, "it is not heard")
        assert _stays(made, ("tin2-2",), 6) == {"silent"}
        assert all(one.kind is not Kind.MUTE for one in made.incidents())
    finally:
        made.network.ip("lan", "link", "set", "to-tin2-2", "up")
        made.switch_on("tin2-2")


def test_the_observers_are_the_ones_that_were_asked_for(made: School):
    listed = json.loads(made.collector.call("machines", "list", "--json"))
    observers = {made.pc_of[one["id"]] for one in listed if one["observer"]}
    assert observers == {pc for room, pc in pcs() if room == OBSERVERS}
