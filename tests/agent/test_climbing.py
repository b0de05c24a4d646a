"""When the ladder is climbed and how far, whatever is granted and however reports fare."""

from itertools import pairwise
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.climbing import KNOWN_BEATS, WHOLE_SECONDS, Climbing
from schooldrum_agent.config import Misconfigured, load
from schooldrum_agent.probes import ladder
from schooldrum_agent.targets import COLLECTOR, LITTLE, PACKAGED, WHOLE, Office
from schooldrum_wire.catalogue.ladder import LADDER, STEP_SUCCESS
from schooldrum_wire.section import Row
from schooldrum_wire.settings import Settings

LOCAL: dict[str, Any] = {
    "LADDER": "local",
    "LADDER_NATIONAL": "192.0.2.1,192.0.2.2:80",
    "LADDER_PAGES": "page.example.vn:8080",
}


class Pc:
    def __init__(self, settings: Settings | None = None, *, system: str = "linux", **keys: str) -> None:
        self.now = 1000.0
        self.settings = settings or Settings()
        config = load(None, {**{f"SCHOOLDRUM_{key}": value for key, value in keys.items()}})
        self.climbing = Climbing(
            config,
            settings=lambda: self.settings,
            office=Office(host="c.example.vn", port=8801),
            clock=lambda: self.now,
            chance=Random(1),  # noqa: S311 - spreads waits
            system=system,
        )

    def climb(self, **steps: int) -> str:
        self.climbing.begin(ladder.PROBE)
        self.reached = self.climbing.found(
            tuple(STEP_SUCCESS(value, step=step, family="ipv4") for step, value in steps.items()), ()
        )
        return self.climbing.order().extent


def test_an_ordinary_pc_stays_near_while_reports_arrive_and_climbs_when_they_do_not():
    pc = Pc()
    assert pc.climb() == LITTLE
    assert pc.climbing.heard("delivered") is None
    assert pc.climb() == LITTLE
    assert pc.climbing.order().delivered is True
    wait = pc.climbing.heard("timeout")
    assert wait is not None
    assert 0 <= wait <= 60
    assert pc.climbing.heard("unreachable") is None, "one climb is under way already"
    assert pc.climb() == WHOLE
    assert pc.climbing.order().targets == PACKAGED
    pc.climbing.heard("waiting")
    pc.now += 60
    assert pc.climb(collector=1) == WHOLE
    assert pc.reached
    pc.climbing.heard("delivered")
    assert pc.climb(collector=1) == LITTLE
    assert not pc.reached


NEAR = {"link": 1, "address": 1, "gateway": 1, "collector": 1}


def asks(pc: Pc, beats: int, seconds: float = 60, **steps: int) -> list[bool]:
    """At which beats the near way is asked, each report delivered."""
    asked = []
    for _ in range(beats):
        pc.now += seconds
        assert pc.climb(**(steps or NEAR)) == LITTLE
        asked.append(not pc.climbing.order().known)
        pc.climbing.heard("delivered")
    return asked


def test_while_reports_arrive_the_near_way_is_asked_at_every_fifth_beat():
    asked = asks(Pc(), 12)
    assert asked[:2] == [True, True], "at first nobody knows whether reports arrive"
    assert asked[2:] == [False] * KNOWN_BEATS + [True] + [False] * KNOWN_BEATS + [True]
    assert asks(Pc(), 12, seconds=150) == [True, True, False] + [True, False] * 4 + [True], "with a beat of 150 s"
    assert all(asks(Pc(), 6, seconds=400)), "what is older than five minutes is not known"


@pytest.mark.parametrize("steps", [{**NEAR, "gateway": 0}, {**NEAR, "link": 0}, {"link": 1, "collector": 1}])
def test_a_near_way_that_was_not_found_whole_is_asked_at_each_beat(steps):
    assert all(asks(Pc(), 6, **steps))


def test_one_family_that_does_not_answer_is_asked_at_each_beat():
    pc = Pc()
    asks(pc, 1)
    for _ in range(3):
        pc.climbing.begin(ladder.PROBE)
        assert not pc.climbing.order().known
        near = [STEP_SUCCESS(value, step=step, family="ipv4") for step, value in NEAR.items()]
        pc.climbing.found((STEP_SUCCESS(0, step="gateway", family="ipv6"), *near), ())
        pc.climbing.heard("delivered")


@pytest.mark.parametrize("word", ["timeout", "busy", "waiting", "", "moved"])
def test_nothing_is_taken_as_known_once_a_report_does_not_arrive_or_the_pc_was_moved(word):
    pc = Pc()
    assert asks(pc, 3) == [True, True, False]
    if word == "moved":
        pc.climbing.unsettle()
    elif word:
        pc.climbing.heard(word)
    else:
        pc.climbing.lost()
    pc.climbing.begin(ladder.PROBE)
    assert not pc.climbing.order().known


@pytest.mark.parametrize("word", ["credential", "clone", "busy", "malformed", "server", "too_large", "waiting"])
def test_what_the_collector_itself_answered_is_no_fault_of_the_way(word):
    pc = Pc()
    assert pc.climbing.heard(word) is None
    assert pc.climb() == LITTLE


def test_where_only_the_collector_is_missing_it_climbs_ever_more_rarely():
    pc = Pc()
    pc.climbing.heard("refused")
    extents = []
    for _ in range(100):
        pc.now += 60
        extents.append(pc.climb(national=1, international=1, collector=0))
    whole = [number for number, extent in enumerate(extents) if extent == WHOLE]
    assert [later - earlier for earlier, later in pairwise(whole)] == [2, 4, 8, 16, 16, 16, 16, 16]
    assert set(extents) == {WHOLE, COLLECTOR}


@given(
    beat=st.integers(1, 900),
    observer=st.booleans(),
    words=st.lists(st.sampled_from(["delivered", "timeout", "waiting"])),
    waits=st.lists(st.floats(0.1, 100), min_size=1, max_size=40),
)
def test_packaged_targets_are_never_asked_more_often_than_every_half_minute(beat, observer, words, waits):
    pc = Pc(Settings(beat=beat, observer=observer))
    asked_at = []
    for number, wait in enumerate(waits):
        pc.now += wait
        if words:
            pc.climbing.heard(words[number % len(words)])
        if pc.climb(national=0) == WHOLE:
            asked_at.append(pc.now)
        assert pc.climbing.order().seconds < max(beat / 2, 0.5)
    assert all(later - earlier >= WHOLE_SECONDS * 0.9 for earlier, later in pairwise(asked_at))


def test_an_observer_climbs_each_half_beat():
    assert Pc(Settings(observer=True)).climbing.pace() == 30
    assert Pc(Settings(observer=True, beat=10)).climbing.pace() == WHOLE_SECONDS
    assert Pc(Settings(observer=True, beat=2), **LOCAL).climbing.pace() == 1
    assert Pc(Settings(beat=10)).climbing.pace() == 10
    pc = Pc(Settings(observer=True, beat=2, services={"csdl": ("https", "csdl.example.vn")}), **LOCAL)
    assert [pc.climb(), pc.climb()] == [WHOLE, WHOLE]
    assert pc.climbing.order().tries == 5
    assert pc.climbing.order().services == {"csdl": ("https", "csdl.example.vn")}


def test_a_pc_that_is_told_to_keep_to_its_collector_asks_nobody_else():
    pc = Pc(Settings(observer=True), LADDER="collector")
    pc.climbing.heard("timeout")
    assert pc.climb() == COLLECTOR
    assert pc.climbing.order().targets.national == ()


def test_on_windows_whatever_goes_far_runs_in_a_child():
    pc = Pc(system="win32")
    assert not pc.climbing.begin(ladder.PROBE).child
    pc.climbing.heard("timeout")
    assert pc.climbing.begin(ladder.PROBE) == msgspec.structs.replace(ladder.PROBE, child=True)


def test_local_targets_are_read():
    pc = Pc(**LOCAL)
    pc.climbing.heard("timeout")
    pc.climb()
    targets = pc.climbing.order().targets
    assert [(one.name, one.address, one.port) for one in targets.national] == [
        ("local-1", "192.0.2.1", 443), ("local-2", "192.0.2.2", 80),
    ]  # fmt: skip
    assert [(page.host, page.port, page.path) for page in targets.pages] == [("page.example.vn", 8080, "/generate_204")]


@pytest.mark.parametrize("text", ["example.vn", "192.0.2.1:0", "192.0.2.1:99999", "[::1", "1.2.3", "[::1]:x"])
def test_what_is_no_target_is_refused(text):
    keys: dict[str, Any] = {"SCHOOLDRUM_LADDER_NATIONAL": text}
    with pytest.raises(Misconfigured, match="LADDER_NATIONAL"):
        load(None, keys)


def gateway(how: str, *, state: str = "ok", family: str = "ipv4") -> Row:
    reason = "" if state == "ok" else "timeout"
    return LADDER(step="gateway", target="", family=family, state=state, how=how, reason=reason, given="")


@pytest.mark.parametrize(
    ("climbs", "answering"),
    [
        ([], set()),
        ([[gateway("icmp")]], {"ipv4"}),
        ([[gateway("tcp"), gateway("system", family="ipv6")]], {"ipv4"}),
        ([[gateway("arp")]], set()),
        ([[gateway("icmp")], []], {"ipv4"}),
        ([[gateway("icmp")], [gateway("icmp", state="failed")]], {"ipv4"}),
        ([[gateway("icmp"), gateway("icmp", family="ipv6")], [gateway("system")]], {"ipv6"}),
    ],
)
def test_a_gateway_answers_by_itself_until_one_is_met_that_did_not(climbs, answering):
    pc = Pc()
    for rows in climbs:
        pc.climbing.begin(ladder.PROBE)
        pc.climbing.found((), tuple(rows))
    pc.climbing.begin(ladder.PROBE)
    assert pc.climbing.order().answering == answering
