"""Where a PC stands: at its school or elsewhere, whom it sees, at whose doors an observer knocks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent import whereabouts
from schooldrum_agent.probe import Denied
from schooldrum_agent.whereabouts import KNOCKS_PER_SECOND, Whereabouts, network_of
from schooldrum_wire.around import Around, member_code, network_code

MODEM, OTHER_MODEM = "70:4c:a5:00:00:01", "70:4c:a5:00:00:02"
ONE, TWO, PHONE = "00:1b:21:00:00:11", "00:1b:21:00:00:12", "da:a1:19:00:00:13"
SALT = b"salt"
NETWORK = network_code(SALT, MODEM, "192.168.1.0/24")


def entry(address: str, mac: str, *, confirmed: float | None = 1.0, state: str = "reachable") -> dict[str, Any]:
    return {"index": 2, "address": address, "mac": mac, "state": state, "confirmed": confirmed}


def around(
    *near: dict[str, Any], own: str = "192.168.1.20", prefix: int = 24, gateway: str = "192.168.1.1"
) -> dict[str, Any]:
    held = {"family": "ipv4", "index": 2, "address": own, "prefix": prefix, "given": "dhcp"}
    way = {"family": "ipv4", "index": 2, "address": gateway, "metric": 0}
    return {
        "links": [{"index": 2, "kind": "", "carrier": True}],
        "addresses": [held] if own else [],
        "gateways": [way] if gateway else [],
        "resolvers": [],
        "neighbours": list(near),
    }


class Desk:
    """A PC whose surroundings a test moves."""

    def __init__(self, *known: str, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
        self.here = around(entry("192.168.1.1", MODEM))
        self.at = 1000.0
        self.known: tuple[str, ...] = known
        self.knocked: list[str] = []
        if monkeypatch is not None:
            monkeypatch.setattr(whereabouts, "knock", self._knock)
        self.where = Whereabouts(
            surroundings=lambda: self.here,
            salt=lambda: SALT,
            networks=lambda: self.known,
            keep=lambda networks: setattr(self, "known", networks),
            clock=lambda: self.at,
        )

    def _knock(self, _own: str, addresses: list[str]) -> int:
        self.knocked += addresses
        return len(addresses)

    def stands(self, *near: dict[str, Any], **changed: Any) -> bool:
        self.here = around(*near, **changed)
        self.where.look()
        return self.where.elsewhere


def test_a_network_is_its_gateway_and_its_subnet():
    assert network_of(around(entry("192.168.1.1", MODEM)), SALT) == NETWORK
    for other in (
        around(entry("192.168.1.1", OTHER_MODEM)),
        around(entry("192.168.1.1", MODEM), prefix=23),
    ):
        assert network_of(other, SALT) not in {NETWORK, ""}
    assert network_of(around(entry("192.168.1.1", MODEM)), b"other") != NETWORK
    for unknown in (
        around(),
        around(entry("192.168.1.1", MODEM, state="failed")),
        around(entry("192.168.1.1", MODEM, confirmed=999.0, state="stale")),
        around(entry("192.168.1.1", MODEM), own=""),
        around(entry("192.168.1.1", MODEM), gateway=""),
    ):
        assert network_of(unknown, SALT) == ""


def test_the_first_network_is_the_schools_and_another_is_elsewhere():
    desk = Desk()
    assert not desk.stands(entry("192.168.1.1", MODEM))
    assert desk.known == (NETWORK,)
    assert desk.where.network == NETWORK
    assert desk.stands(entry("192.168.1.1", OTHER_MODEM))
    assert desk.known == (NETWORK,)
    assert not desk.stands(entry("192.168.1.1", MODEM))


def test_an_outage_moves_no_pc():
    desk = Desk(NETWORK)
    assert not desk.stands()
    assert not desk.stands(own="", gateway="")
    assert not desk.stands(entry("192.168.1.1", MODEM, state="failed"))
    assert desk.stands(entry("192.168.1.1", OTHER_MODEM)), "somebody else's modem"
    assert desk.stands(), "and his line is cut"


def test_a_gateway_that_somebody_slips_in_is_no_other_place():
    desk = Desk(NETWORK)
    assert not desk.stands(entry("192.168.1.66", OTHER_MODEM), entry("192.168.1.1", MODEM), gateway="192.168.1.66")
    desk.where.take(Around(members=(member_code(ONE),)))
    assert not desk.stands(entry("192.168.1.66", OTHER_MODEM), entry("192.168.1.9", ONE), gateway="192.168.1.66")


def test_a_network_that_the_office_approves_is_the_schools():
    desk = Desk(NETWORK)
    assert desk.stands(entry("192.168.1.1", OTHER_MODEM))
    desk.where.take(Around(networks=(desk.where.network,)))
    assert not desk.stands(entry("192.168.1.1", OTHER_MODEM))
    assert len(desk.known) == 2


def test_only_those_it_was_told_of_are_seen_and_for_two_beats():
    desk = Desk(NETWORK)
    desk.where.take(Around(members=(member_code(ONE),)))
    near = (entry("192.168.1.1", MODEM), entry("192.168.1.9", ONE, confirmed=3.0), entry("192.168.1.10", TWO))
    desk.stands(*near, entry("192.168.1.11", PHONE))
    assert desk.where.sees(60) == {member_code(ONE): 3.0}
    desk.at += 100
    assert desk.where.sees(60) == {member_code(ONE): 103.0}
    desk.at += 20
    assert desk.where.sees(60) == {}
    desk.stands(*near)
    desk.where.take(Around(members=(member_code(TWO),)))
    desk.stands(*near)
    assert desk.where.sees(60) == {member_code(TWO): 1.0}


@pytest.mark.parametrize(("state", "confirmed"), [("failed", 1.0), ("stale", None), ("kept", 1.0)])
def test_who_was_not_heard_is_not_seen(state, confirmed):
    desk = Desk(NETWORK)
    desk.where.take(Around(members=(member_code(ONE),)))
    desk.stands(entry("192.168.1.1", MODEM), entry("192.168.1.9", ONE, confirmed=confirmed, state=state))
    assert desk.where.sees(60) == {}


def test_a_phone_has_no_code():
    assert member_code(PHONE) == ""
    assert member_code("01:00:5e:00:00:01") == ""
    assert member_code("x") == ""


def test_elsewhere_nobody_is_seen_and_nobody_knocked_at(monkeypatch):
    desk = Desk(NETWORK, monkeypatch=monkeypatch)
    desk.where.take(Around(members=(member_code(TWO),)))
    desk.stands(entry("192.168.1.1", OTHER_MODEM))
    desk.at += 60
    assert desk.where.knock(60) == 0
    assert desk.where.sees(60) == {}


def test_a_system_that_does_not_tell_changes_nothing():
    desk = Desk(NETWORK)

    def refuses() -> dict[str, Any]:
        raise Denied("no right")

    desk.where._surroundings = refuses
    desk.where.look()
    assert not desk.where.elsewhere


def test_an_observer_goes_through_its_subnet_once_and_then_asks_whom_it_found(monkeypatch):
    desk = Desk(NETWORK, monkeypatch=monkeypatch)
    desk.where.take(Around(members=(member_code(ONE), member_code(TWO))))
    near = [entry("192.168.1.1", MODEM)]
    for _ in range(14):
        desk.at += 1
        desk.stands(*near)
        desk.where.knock(60)
    every = {f"192.168.1.{number}" for number in range(1, 255)} - {"192.168.1.20"}
    assert sorted(desk.knocked) == sorted(every), "each once"
    desk.knocked.clear()
    near.append(entry("192.168.1.9", ONE))
    for _ in range(10):
        desk.at += 30
        desk.stands(*near)
        desk.where.knock(60)
    assert set(desk.knocked) == {"192.168.1.9"}
    desk.at += 600
    desk.where.knock(60)
    assert len(set(desk.knocked)) > 100, "one is missing: after ten beats all are tried again"


@pytest.mark.parametrize(
    "changed",
    [{"prefix": 21}, {"prefix": 8}, {"prefix": 31}, {"own": "203.0.113.5", "gateway": "203.0.113.1"}],
)
def test_nobody_knocks_in_a_network_that_is_too_large_or_public(monkeypatch, changed):
    desk = Desk(monkeypatch=monkeypatch)
    desk.where.take(Around(members=(member_code(ONE),)))
    gateway = changed.get("gateway", "192.168.1.1")
    desk.stands(entry(gateway, MODEM), **changed)
    desk.at += 60
    assert desk.where.knock(60) == 0
    assert desk.knocked == []


@given(
    st.lists(st.floats(0, 400), min_size=1, max_size=40),
    st.integers(22, 30),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 2**32 - 1), max_size=5),
)
def test_knocks_are_few_and_stay_in_the_own_subnet(waits, prefix, own, others):
    own = 0xC0A80000 | own & 0xFFFF
    texts = [f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in (own, own & ~1, *others)]
    knocked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(monkeypatch=patch)
        desk.knocked = knocked
        desk.where.take(Around(members=tuple(member_code(f"00:1b:21:00:00:{n:02x}") for n in range(9))))
        near = [entry(text, f"00:1b:21:00:00:{n:02x}") for n, text in enumerate(texts[2:])]
        began = desk.at
        for wait in waits:
            desk.at += wait
            desk.stands(entry(texts[1], MODEM), *near, own=texts[0], prefix=prefix, gateway=texts[1])
            desk.where.knock(1)
    assert len(knocked) <= (desk.at - began) * KNOCKS_PER_SECOND
    size = 1 << (32 - prefix)
    for text in knocked:
        number = int.from_bytes(bytes(int(part) for part in text.split(".")))
        assert number // size == own // size
        assert number % size not in {0, size - 1}


def test_who_stands_still_is_not_looked_for_at_every_glance():
    desk, looks, way = Desk(NETWORK), list[float](), ["192.168.1.1"]

    def surroundings() -> dict[str, Any]:
        looks.append(desk.at)
        return desk.here

    where = Whereabouts(
        surroundings=surroundings,
        salt=lambda: SALT,
        networks=lambda: desk.known,
        keep=lambda networks: setattr(desk, "known", networks),
        clock=lambda: desk.at,
        signs=lambda: tuple(way),
    )

    def glances(count: int) -> int:
        before = len(looks)
        for _ in range(count):
            desk.at += 60
            where.glance()
        return len(looks) - before

    assert glances(1) == 1
    assert glances(30) == 5, "another modem may have taken the place of the old one"
    way.append("10.0.0.1")
    assert glances(3) == 1, "the ways have changed"
    other = network_code(SALT, OTHER_MODEM, "192.168.1.0/24")
    where.take(Around(networks=(other,)))
    assert glances(1) == 1
    assert other in desk.known, "what the office approves counts at once"
    where.take(Around(members=(member_code(ONE),), networks=(other,)))
    assert glances(5) == 5, "who is asked after others looks each time"
    where.take(Around(networks=(other,)))
    glances(1)
    assert glances(3) == 0
    where.carried()
    assert glances(6) == 4, "after a sleep its system remembers the old place for a while"
    desk.here = around(entry("192.168.1.1", MODEM, state="failed"))
    way.clear()
    assert glances(5) == 5, "as long as it does not know where it is, it looks"


def test_a_glance_tells_whether_the_pc_stays_where_it_stood():
    desk, way = Desk(NETWORK), ["192.168.1.1"]
    where = Whereabouts(
        surroundings=lambda: desk.here,
        salt=lambda: SALT,
        networks=lambda: desk.known,
        keep=lambda networks: setattr(desk, "known", networks),
        clock=lambda: desk.at,
        signs=lambda: tuple(way),
    )
    assert [where.glance(), where.glance()] == [False, True], "at first nobody knows"
    way.append("10.0.0.1")
    assert [where.glance(), where.glance()] == [False, True]
    where.carried()
    assert not where.glance()
    desk.at += 600
    assert where.glance()
    desk.here = around(entry("192.168.1.1", MODEM, state="failed"))
    where.asked()
    assert not where.glance(), "who hears no gateway does not know where it is"
    assert not Desk(NETWORK).where.glance(), "a system that tells no ways"
