"""Real PCs on a real network: whom a system's neighbour table shows after a knock, and what becomes of it."""

import contextlib
import secrets
import subprocess
import time
from collections.abc import Iterator

import pytest
from tests.net.line import within

from schooldrum_agent.sources import net
from schooldrum_agent.whereabouts import Whereabouts, network_of
from schooldrum_wire.around import Around, member_code

pytestmark = [pytest.mark.namespaces]
GATEWAY, OBSERVER, PC, OTHER = "192.168.7.1", "192.168.7.20", "192.168.7.21", "192.168.7.22"
MACS = {
    GATEWAY: "70:4c:a5:00:07:01",
    OBSERVER: "00:1b:21:00:07:20",
    PC: "00:1b:21:00:07:21",
    OTHER: "00:1b:21:00:07:22",
}
BEAT = 4.0


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Lan:
    """A switch with four machines; `names` are their namespaces by address."""

    def __init__(self, undo: contextlib.ExitStack) -> None:
        mark = secrets.token_hex(3)
        self.switch = f"sd-switch-{mark}"
        self.names = {address: f"sd-{address.rpartition('.')[2]}-{mark}" for address in MACS}
        for name in (self.switch, *self.names.values()):
            _ip("netns", "add", name)
            undo.callback(_ip, "netns", "delete", name)
        _ip("-n", self.switch, "link", "add", "room", "type", "bridge", "forward_delay", "0")
        _ip("-n", self.switch, "link", "set", "room", "up")
        for address, name in self.names.items():
            port = f"to-{address.rpartition('.')[2]}"
            _ip("-n", self.switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("-n", self.switch, "link", "set", port, "master", "room", "up")
            _ip("-n", name, "link", "set", "eth0", "address", MACS[address])
            _ip("-n", name, "link", "set", "eth0", "up")
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            if address != GATEWAY:
                _ip("-n", name, "route", "add", "default", "via", GATEWAY)
        # As slow as the kernel is by itself, this would take minutes.
        for key, value in (("delay_first_probe_time", 1), ("base_reachable_time_ms", 1000), ("retrans_time_ms", 200)):
            words = ["ip", "netns", "exec", self.names[OBSERVER], "sysctl", "-qw", f"net.ipv4.neigh.eth0.{key}={value}"]
            subprocess.run(words, check=True)

    def unplug(self, address: str) -> None:
        """Pulls a machine's cable, or cuts its power: to its neighbours it is the same."""
        _ip("-n", self.names[address], "link", "set", "eth0", "down")


@pytest.fixture
def lan() -> Iterator[Lan]:
    with contextlib.ExitStack() as undo:
        yield Lan(undo)


def _observer(lan: Lan, known: list[tuple[str, ...]]) -> Whereabouts:
    return Whereabouts(
        surroundings=lambda: within(lan.names[OBSERVER], net.surroundings),
        salt=lambda: b"salt",
        networks=lambda: known[-1],
        keep=known.append,
        clock=time.monotonic,
    )


def _rounds(lan: Lan, where: Whereabouts, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        where.look()
        within(lan.names[OBSERVER], lambda: where.knock(BEAT))
        time.sleep(0.25)
    where.look()


def _asked(lan: Lan, address: str) -> None:
    words = ["ip", "netns", "exec", lan.names[OBSERVER], "bash", "-c", f"echo > /dev/udp/{address}/9"]
    subprocess.run(words, check=False, capture_output=True)
    time.sleep(0.3)


def test_an_observer_finds_the_pcs_it_was_told_of_and_notices_who_goes(lan: Lan):
    known: list[tuple[str, ...]] = [()]
    where = _observer(lan, known)
    _asked(lan, GATEWAY)
    where.look()
    assert known[-1] == (where.network,) != ("",)
    assert not where.elsewhere
    assert where.sees(BEAT) == {}
    codes = {address: member_code(MACS[address]) for address in (PC, OTHER)}
    where.take(Around(members=tuple(sorted(codes.values()))))
    # The subnet has 254 addresses, at 20 a second.
    began = time.monotonic()
    while len(where.sees(BEAT)) < 2 and time.monotonic() - began < 25:
        _rounds(lan, where, 1)
    assert set(where.sees(BEAT)) == set(codes.values())
    print(f"found after {time.monotonic() - began:.1f} s")
    lan.unplug(PC)
    gone = time.monotonic()
    while codes[PC] in where.sees(BEAT) and time.monotonic() - gone < 20:
        _rounds(lan, where, 0.5)
    took = time.monotonic() - gone
    print(f"gone after {took:.1f} s")
    assert BEAT <= took <= 2 * BEAT + 2, "what is said of it never outlives two beats"
    assert set(where.sees(BEAT)) == {codes[OTHER]}, "and the other is seen all along"
    table = within(lan.names[OBSERVER], net.surroundings)["neighbours"]
    heard = [one["address"] for one in table if one["state"] in {"reachable", "stale"}]
    assert set(heard) <= {GATEWAY, OTHER, PC}


def test_a_pc_that_nobody_told_anything_knocks_at_no_door(lan: Lan):
    where = _observer(lan, [()])
    _asked(lan, GATEWAY)
    _rounds(lan, where, 2)
    table = within(lan.names[OBSERVER], net.surroundings)["neighbours"]
    assert {one["address"] for one in table if one["address"].startswith("192.")} <= {GATEWAY}


def test_another_modem_is_another_place_until_the_office_has_approved_it(lan: Lan):
    known: list[tuple[str, ...]] = [()]
    where = _observer(lan, known)
    _asked(lan, GATEWAY)
    where.look()
    at_school = where.network
    gateway = lan.names[GATEWAY]
    _ip("-n", gateway, "link", "set", "eth0", "address", "70:4c:a5:00:07:99")
    _ip("-n", lan.names[OBSERVER], "neigh", "flush", "all")
    where.look()
    assert not where.elsewhere, "as long as nobody knows the gateway, nobody has moved"
    _asked(lan, GATEWAY)
    where.look()
    assert where.elsewhere
    assert where.network == network_of(within(lan.names[OBSERVER], net.surroundings), b"salt") != at_school
    where.take(Around(networks=(where.network,)))
    where.look()
    assert not where.elsewhere
    assert known[-1] == (at_school, where.network)
