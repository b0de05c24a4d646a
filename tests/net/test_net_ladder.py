"""The ladder climbed by the real probe, in a school whose way out is broken in one place after the other."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.agent.delivery_stand_in import pem_of
from tests.net import way as place
from tests.net.line import within
from tests.net.way import Way, answer_to, server_failure, way

from schooldrum_agent.examine import Answer, examine
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import ladder
from schooldrum_agent.targets import LITTLE, WHOLE, Office, Order, Page, Target, Targets
from schooldrum_wire.result import Outcome

pytestmark = [pytest.mark.namespaces]
TARGETS = Targets(
    names=("truong.example.vn",),
    independent=(Target(name="independent", address=place.RESOLVER),),
    national=(Target(name="national", address=place.NATIONAL, port=443),),
    international=(Target(name="international", address=place.INTERNATIONAL, port=443),),
    pages=(Page(host="page.example.vn", path="/generate_204"),),
)
SECONDS = 1.6


@pytest.fixture
def school(tmp_path: Path):
    with way(tmp_path / "root") as made:
        yield made


def order_of(school: Way, **more: Any) -> Order:
    office = Office(host="office.example.vn", port=8801, authority=school.authority)
    given = {"extent": WHOLE, "seconds": SECONDS, "office": office, "targets": TARGETS, "private": True, "tries": 3}
    return Order(**{**given, **more})


def climbed(school: Way, **more: Any) -> Answer:
    order = order_of(school, **more)
    doors = Doors(boottime=time.monotonic, wall=time.time, rootfs=str(school.root), way=lambda: order)
    began = time.monotonic()
    answer = within(school.pc, lambda: examine(ladder.PROBE, doors, "linux"))
    assert time.monotonic() - began < order.seconds
    assert answer.outcome is Outcome.OK, answer.reason
    return answer


def rungs(answer: Answer) -> dict[str, str]:
    """Each step with `ok` or why it failed."""
    steps = {
        reading.labels["step"]: "ok" if reading.value else "failed"
        for reading in answer.readings
        if reading.name == "school_ladder_step_success"
    }
    reasons = {str(row.values["step"]): str(row.values["reason"]) for row in answer.rows if row.values["reason"]}
    return {step: reasons.get(step, state) if state == "failed" else state for step, state in steps.items()}


def flag(answer: Answer, name: str) -> float | None:
    return next((reading.value for reading in answer.readings if reading.name == name), None)


ALL = ("link", "address", "gateway", "resolver", "independent_resolver", "provider", "national", "international")
WELL = dict.fromkeys((*ALL, "collector"), "ok")


def cable(school: Way) -> None:
    school.within(school.router, "ip", "link", "set", "lan", "down")


def no_lease(school: Way) -> None:
    school.within(school.pc, "ip", "address", "flush", "dev", "eth0")


def self_assigned(school: Way) -> None:
    no_lease(school)
    school.within(school.pc, "ip", "address", "add", "169.254.7.7/16", "dev", "eth0")


def dead_router(school: Way) -> None:
    school.within(school.router, "ip", "link", "set", "lan", "arp", "off")
    school.within(school.router, "ip", "neigh", "flush", "all")
    school.within(school.pc, "ip", "neigh", "flush", "all")


def line_cut(school: Way) -> None:
    school.within(school.router, "ip", "link", "set", "wan", "down")
    school.resolver.answering = server_failure


def line_dropped(school: Way) -> None:
    school.rule("-A", "FORWARD", "-j", "DROP")
    school.resolver.answering = lambda _: None


def line_rejected(school: Way) -> None:
    school.rule("-A", "FORWARD", "-j", "REJECT", "--reject-with", "icmp-admin-prohibited")
    school.resolver.answering = server_failure


def names_dropped(school: Way) -> None:
    for chain in ("FORWARD", "INPUT"):
        school.rule("-A", chain, "-p", "udp", "--dport", "53", "-j", "DROP")


def liar(school: Way) -> None:
    """Every name leads to the router itself."""
    everything = dict.fromkeys(place.NAMES, place.ROUTER)
    school.resolver.answering = answer_to(everything)


def silent_router(school: Way) -> None:
    """It forwards, but answers nobody."""
    for protocol in ("icmp", "tcp"):
        school.rule("-A", "INPUT", "-p", protocol, "-j", "DROP")


def drop(school: Way, address: str, how: str = "DROP") -> None:
    school.rule("-A", "FORWARD", "-d", address, "-j", how)


def portal(school: Way) -> None:
    aim = f"{place.ROUTER}:8080"
    school.rule("-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", aim)
    school.rule("-A", "FORWARD", "-j", "DROP")


FAR = ("independent_resolver", "provider", "national", "international", "collector")
CASES: list[tuple[Callable[[Way], None], dict[str, str]]] = [
    (lambda _: None, WELL),
    (cable, {"link": "no_link"}),
    (no_lease, {"link": "ok", "address": "no_address"}),
    (self_assigned, {"link": "ok", "address": "self_assigned"}),
    (
        dead_router,
        {"link": "ok", "address": "ok", "gateway": "unreachable"} | dict.fromkeys(("resolver", *FAR), "failed"),
    ),
    (line_cut, {"gateway": "ok", "resolver": "server_failure"} | dict.fromkeys(FAR, "failed")),
    (line_dropped, {"gateway": "ok", "resolver": "timeout"} | dict.fromkeys(FAR, "failed")),
    (line_rejected, {"gateway": "ok", "resolver": "server_failure"} | dict.fromkeys(FAR, "failed")),
    (names_dropped, WELL | dict.fromkeys(("resolver", "independent_resolver", "collector"), "timeout")),
    (silent_router, WELL),
    (
        lambda school: drop(school, place.INTERNATIONAL),
        WELL | {"international": "timeout"},
    ),
    (lambda school: drop(school, place.OFFICE), WELL | {"collector": "timeout"}),
    (lambda school: drop(school, place.OFFICE, "REJECT"), WELL | {"collector": "refused"}),
]
NAMED = [
    "well", "cable", "no lease", "self-assigned", "dead router", "line cut", "line dropped", "line rejected",
    "names dropped", "silent router", "international", "collector dropped", "collector rejected",
]  # fmt: skip


@pytest.mark.parametrize(("broken", "expected"), CASES, ids=NAMED)
def test_the_broken_step_is_the_one_that_fails(school: Way, broken: Callable[[Way], None], expected: dict[str, str]):
    broken(school)
    found = rungs(climbed(school))
    for step, state in expected.items():
        told = found.get(step)
        assert told == state or (state == "failed" and told not in {"ok", None}), (step, found)
    # Where nothing gets out, the collector is not reached either.
    rest = [step for step in WELL if step not in expected and step != "collector"]
    assert all(found.get(step) in {None, "ok"} for step in rest), found
    assert found.get("gateway") != "ok" or "no_route" not in found.values(), "the PC itself knows its way out"


MODEM_STANDS = [("reachable", True), ("reachable", False), ("stale", True), ("stale", False)]
"""What the PC believes of a modem that is there or dead; in either state it last heard of it a while ago."""


def silent_since(school: Way, state: str) -> None:
    """A modem that answers ARP alone, whose line is dead, and which the PC last heard of some seconds ago."""
    silent_router(school)
    line_dropped(school)
    school.within(school.pc, "ip", "neigh", "flush", "all")
    school.within(school.pc, "sysctl", "-qw", "net.ipv4.neigh.eth0.base_reachable_time_ms=600000")
    card = subprocess.run(
        ["ip", "netns", "exec", school.router, "cat", "/sys/class/net/lan/address"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    school.within(school.pc, "ip", "neigh", "replace", place.ROUTER, "lladdr", card, "dev", "eth0", "nud", state)
    time.sleep(SECONDS + 1.5)


@pytest.mark.parametrize(("state", "there"), MODEM_STANDS)
def test_a_modem_that_answers_arp_alone_is_met_and_a_dead_one_is_not(school: Way, state: str, *, there: bool):
    silent_since(school, state)
    if not there:
        school.within(school.router, "ip", "link", "set", "lan", "arp", "off")
    expected = {"link": "ok", "address": "ok", "gateway": "ok" if there else "timeout", "national": "timeout"}
    found = rungs(climbed(school))
    assert {step: found.get(step) for step in expected} == expected


@pytest.mark.parametrize("state", ["reachable", "stale"])
def test_without_rights_nobody_says_of_a_silent_modem_what_nobody_knows(school: Way, state: str, monkeypatch):
    silent_since(school, state)
    # What a socket says to a process without CAP_NET_RAW.
    monkeypatch.delattr(socket, "AF_PACKET")
    found = rungs(climbed(school))
    assert found.get("gateway") in {None, "ok"}
    assert found["national"] == "timeout"
    assert rungs(climbed(school, answering=frozenset({"ipv4"})))["gateway"] in {"timeout", "ok"}


def test_a_dead_modem_is_found_without_rights_once_the_system_asked_in_vain(school: Way, monkeypatch):
    silent_since(school, "stale")
    school.within(school.router, "ip", "link", "set", "lan", "arp", "off")
    monkeypatch.delattr(socket, "AF_PACKET")
    began, told = time.monotonic(), None
    while told is None and time.monotonic() - began < 20:
        told = rungs(climbed(school)).get("gateway")
    assert told == "unreachable"
    print(f"found after {time.monotonic() - began:.1f} s")


def test_a_pc_that_was_told_nothing_sends_nothing(school: Way):
    before = _packets(school)
    doors = Doors(boottime=time.monotonic, wall=time.time, rootfs=str(school.root))
    answer = within(school.pc, lambda: examine(ladder.PROBE, doors, "linux"))
    assert rungs(answer) == {"link": "ok", "address": "ok"}
    assert _packets(school) == before


def _packets(school: Way) -> int:
    asked = ["ip", "netns", "exec", school.pc, "cat", "/sys/class/net/eth0/statistics/tx_packets"]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def test_a_little_climb_asks_the_gateway_alone(school: Way):
    answer = climbed(school, extent=LITTLE, delivered=True, tries=1, seconds=0.5)
    assert rungs(answer) == dict.fromkeys(("link", "address", "gateway", "collector"), "ok")
    assert len(answer.readings) == 4
    assert school.resolver.asked == school.independent.asked == 0


def test_an_observer_measures_and_stays_within_forty_series(school: Way):
    answer = climbed(school, observer=True, tries=5)
    assert len(answer.readings) <= 40
    measured = {(reading.name, reading.labels.get("step")): reading.value for reading in answer.readings}
    assert 0 < measured["school_ladder_round_trip_seconds", "national"] < 0.5
    assert measured["school_ladder_loss_ratio", "national"] == 0
    assert flag(answer, "school_captive_portal") == 0


def test_loss_is_measured(school: Way):
    every = ("-m", "statistic", "--mode", "nth", "--every", "2", "--packet", "0")
    school.rule("-A", "FORWARD", "-d", place.NATIONAL, "-p", "icmp", *every, "-j", "DROP")
    answer = climbed(school, observer=True, tries=6)
    lost = [
        one.value
        for one in answer.readings
        if one.name == "school_ladder_loss_ratio" and one.labels["step"] == "national"
    ]
    assert lost == [0.5]


def test_a_captive_portal_is_seen(school: Way):
    portal(school)
    answer = climbed(school)
    assert flag(answer, "school_captive_portal") == 1
    assert rungs(answer)["national"] == "timeout"


def test_a_resolver_that_lies_is_seen(school: Way):
    liar(school)
    assert rungs(climbed(school, private=False))["resolver"] == "captive"


def test_somebody_elses_certificate_at_the_collectors_place_is_seen(school: Way):
    other = Office(host="office.example.vn", port=8801, authority=pem_of(trustme.CA()))
    answer = climbed(school, office=other)
    assert rungs(answer)["collector"] == "inspected"
    assert flag(answer, "school_tls_inspected") == 1
