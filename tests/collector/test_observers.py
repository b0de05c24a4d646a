"""Who observes: two per site and network, for good, and nobody has to say so."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.approved_networks import Standing, newly_approved
from schooldrum_collector.judge.observers import DAY_SECONDS, STEADY_SECONDS, Appointment, Candidate, Role, appointed

NOON = 1_790_000_000.0
SITE = "BM/main"


def pc(name: str, **changed: object) -> Candidate:
    plain = Candidate(machine=name, site=SITE, room=f"{SITE}/tin1", network="n1", here=NOON, online=True, up=7200.0)
    return msgspec.structs.replace(plain, **changed)


def in_force(standing: Iterable[Appointment], changes: Iterable[Appointment]) -> list[Appointment]:
    return list({one.machine: one for one in (*standing, *changes)}.values())


def roles(standing: Iterable[Appointment]) -> dict[str, str]:
    return {one.machine: one.role.value for one in standing if one.role is not Role.NONE}


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([pc("a")], {"a": "active"}),
        ([pc("a"), pc("b"), pc("c")], {"a": "active", "b": "standby"}),
        ([pc("a", online=False), pc("b")], {"b": "active"}),
        ([pc("a", frozen=True), pc("b", frozen=False), pc("c")], {"b": "active", "c": "standby"}),
        ([pc("a", wired=False), pc("b", wired=True), pc("c", wired=True)], {"b": "active", "c": "standby"}),
        ([pc("a", up=60.0), pc("b"), pc("c")], {"b": "active", "c": "standby"}),
        ([pc("a"), pc("b"), pc("c", always_on=True)], {"c": "active", "a": "standby"}),
        ([pc("a"), pc("b"), pc("c", room=f"{SITE}/tin2")], {"a": "active", "c": "standby"}),
        (
            [pc("a"), pc("b"), pc("c", network="n2"), pc("d", site="BM/b")],
            {"a": "active", "b": "standby", "c": "active", "d": "active"},
        ),
        ([pc("a", network=""), pc("b", network="")], {"a": "active", "b": "standby"}),
        ([pc("a", network=""), pc("b", network="n1")], {"b": "active"}),
    ],
)
def test_who_is_chosen_first(candidates, expected):
    assert roles(appointed([], candidates, NOON)) == expected


def _two(*machines: str) -> list[Appointment]:
    return [
        Appointment(machine=machine, site=SITE, network="n1", role=role, since=NOON - 9 * DAY_SECONDS)
        for machine, role in zip(machines, (Role.ACTIVE, Role.STANDBY), strict=False)
    ]


AWAY = {"online": False, "up": 0.0}
LEFT = {**AWAY, "left": True}


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        # An outage, a breaker, a weekend: nobody is there to take over, or not for long enough.
        ([pc("a", **AWAY), pc("b", **AWAY), pc("c", **AWAY)], {"a": "active", "b": "standby"}),
        ([pc("a", **AWAY, here=NOON - 80_000), pc("b"), pc("c")], {"a": "active", "b": "standby"}),
        ([pc("a", **AWAY, here=NOON - 3 * DAY_SECONDS), pc("b"), pc("c", up=60.0)], {"a": "active", "b": "standby"}),
        # A day of silence while another is steadily on.
        ([pc("a", **AWAY, here=NOON - DAY_SECONDS), pc("b"), pc("c")], {"b": "active", "c": "standby"}),
        # The one, the other, both have gone home; who is on follows, at once.
        ([pc("a", **LEFT), pc("b"), pc("c", up=60.0)], {"b": "active", "c": "standby"}),
        ([pc("a"), pc("b", **LEFT), pc("c", up=60.0)], {"a": "active", "c": "standby"}),
        ([pc("a", **LEFT), pc("b", **LEFT), pc("c", up=60.0), pc("d")], {"d": "active", "c": "standby"}),
        # As many follow as are on; and nobody follows where nobody is.
        ([pc("a", **LEFT), pc("b", **LEFT), pc("c")], {"c": "active", "a": "standby"}),
        ([pc("a", **LEFT), pc("b")], {"b": "active", "a": "standby"}),
        ([pc("a", **LEFT), pc("b", **AWAY), pc("c", **AWAY)], {"a": "active", "b": "standby"}),
        # One that has left gives its place, one that is silent keeps it.
        ([pc("a", **AWAY), pc("b", **LEFT), pc("c"), pc("d")], {"a": "active", "c": "standby"}),
        ([pc("a", **LEFT), pc("b", **AWAY), pc("c"), pc("d")], {"b": "active", "c": "standby"}),
        # Who follows is of the same network.
        ([pc("a", **LEFT), pc("b"), pc("c", network="n2")], {"b": "active", "a": "standby", "c": "active"}),
        # One that never goes off has come.
        ([pc("a"), pc("b"), pc("c", always_on=True)], {"b": "active", "c": "standby"}),
        ([pc("a"), pc("b"), pc("c", always_on=True, up=60.0)], {"a": "active", "b": "standby"}),
        # Retired, moved to another site.
        ([pc("b"), pc("c")], {"b": "active", "c": "standby"}),
        ([pc("a", site="BM/b"), pc("b"), pc("c")], {"a": "active", "b": "active", "c": "standby"}),
        # A new modem: another network, the same PCs.
        ([pc("c", network="n2"), pc("b", network="n2"), pc("a", network="n2")], {"a": "active", "b": "standby"}),
        # Whose network is not known just now stays.
        ([pc("a", network=""), pc("b"), pc("c")], {"a": "active", "b": "active", "c": "standby"}),
    ],
)
def test_what_ends_an_appointment(candidates, expected):
    standing = _two("a", "b")
    assert roles(in_force(standing, appointed(standing, candidates, NOON))) == expected


machines = st.builds(
    Candidate,
    machine=st.sampled_from("abcdefgh"),
    site=st.just(SITE),
    room=st.sampled_from([f"{SITE}/tin1", f"{SITE}/tin2"]),
    network=st.sampled_from(["", "n1", "n2"]),
    here=st.floats(NOON - 3 * DAY_SECONDS, NOON),
    online=st.booleans(),
    left=st.booleans(),
    up=st.floats(0, 3 * STEADY_SECONDS),
    always_on=st.booleans(),
    frozen=st.none() | st.booleans(),
    wired=st.none() | st.booleans(),
).map(lambda one: msgspec.structs.replace(one, left=one.left and not one.online))
schools = st.lists(machines, unique_by=lambda one: one.machine, max_size=8)


@given(schools, schools)
def test_nothing_changes_twice(before, after):
    standing = in_force([], appointed([], before, NOON))
    once = in_force(standing, appointed(standing, after, NOON))
    assert appointed(once, after, NOON) == ()


@given(schools, st.floats(0, 10 * DAY_SECONDS))
def test_an_outage_changes_nothing(school, later):
    standing = in_force([], appointed([], school, NOON))
    standing = in_force(standing, appointed(standing, school, NOON))
    silent = [msgspec.structs.replace(one, online=False) for one in school]
    assert appointed(standing, silent, NOON + later) == ()
    night = [msgspec.structs.replace(one, left=True) for one in silent]
    assert appointed(standing, night, NOON + later) == (), "nor does the end of its hours while it is silent"


@given(schools, st.sets(st.sampled_from("abcdefgh")), st.floats(0, DAY_SECONDS - 1))
def test_who_falls_silent_keeps_its_place_whoever_else_is_on(school, quiet, later):
    school = [msgspec.structs.replace(one, always_on=False, here=NOON) for one in school]
    standing = in_force([], appointed([], school, NOON))
    standing = in_force(standing, appointed(standing, school, NOON))
    after = [
        msgspec.structs.replace(one, online=False) if one.machine in quiet and one.online else one for one in school
    ]
    silent = {one.machine for one in after if not one.online and not one.left}
    ended = {one.machine for one in appointed(standing, after, NOON + later) if one.role is Role.NONE}
    assert not ended & silent


@given(schools, schools)
def test_as_many_observe_a_network_as_are_on_in_it_whoever_has_gone_home(before, after):
    standing = in_force([], appointed([], before, NOON))
    standing = in_force(standing, appointed(standing, after, NOON))
    there = {one.machine: one for one in after}
    for network in {one.network for one in after if one.network} or {""}:
        on = sum(one.network == network and one.online for one in after)
        held = [
            one.role
            for one in standing
            if one.role is not Role.NONE
            and one.machine in there
            and there[one.machine].network == network
            and not there[one.machine].left
        ]
        assert len(held) >= min(2, on)
        assert Role.ACTIVE in held or not on


@given(schools)
def test_every_network_with_a_pc_that_is_on_is_looked_at(school):
    found = appointed([], school, NOON)
    named = {one.network for one in school if one.network} or {""}
    for network in named:
        on = [one for one in school if one.network == network and one.online]
        chosen = [one for one in found if one.network == network]
        assert len(chosen) == min(2, len(on))
        assert [one.role for one in chosen].count(Role.ACTIVE) == (1 if on else 0)


@given(st.lists(st.booleans(), min_size=20, max_size=60), st.integers(2, 6))
def test_an_office_whose_breaker_falls_each_night_keeps_its_observers(late, count):
    """Half a year of days: on at seven, one of them sometimes late, all off at five; weekends and Tet are silent."""
    names = [f"pc{number}" for number in range(count)]
    standing: list[Appointment] = []
    heard = dict.fromkeys(names, NOON)
    changes = 0
    for day, first_is_late in enumerate(late):
        morning = NOON + day * DAY_SECONDS * (3 if day % 5 == 0 else 1)
        for minute in (1, 5, 30, 61, 300, 599, 700):
            now = morning + minute * 60.0
            on = {name: minute < 600 and not (first_is_late and name == "pc0" and minute < 31) for name in names}
            heard |= {name: now for name in names if on[name]}
            there = [
                pc(name, here=heard[name], online=on[name], up=minute * 60.0 if on[name] else 0.0) for name in names
            ]
            found = appointed(standing, there, now)
            changes += len([one for one in found if one.machine not in {held.machine for held in standing}])
            standing = in_force(standing, found)
    assert changes == 2
    assert len(roles(standing)) == 2


def test_an_office_that_goes_home_one_by_one_is_observed_until_the_last():
    """Six PCs shut down in turn, and start in another order the next day."""
    names = [f"pc{number}" for number in range(6)]
    standing: list[Appointment] = []
    appointments = 0
    leaving = [set(names[count:]) for count in range(7)]
    coming = [set(names[:count]) for count in range(1, 7)]
    for minute, on in enumerate([set(names), *leaving, *coming]):
        there = [pc(name, online=name in on, left=name not in on, up=60.0 * minute) for name in names]
        found = appointed(standing, there, NOON + 60.0 * minute)
        appointments += len({one.machine for one in found} - roles(standing).keys())
        standing = in_force(standing, found)
        assert len(on & roles(standing).keys()) == min(2, len(on))
        assert not on or any(roles(standing).get(name) == "active" for name in on)
        assert len(roles(standing)) == 2
    assert appointments <= 2 * len(names), "each comes and goes once"


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ({"n2": 3}, {"n2"}),
        ({"n2": 2}, set()),
        ({"n2": 3, "n1": 3}, set()),
        ({"n2": 4, "n1": 3}, {"n2"}),
        ({"n1": 9}, set()),
        ({"": 9}, set()),
        ({"": 9, "n2": 3}, set()),
    ],
)
def test_a_new_modem_is_approved_by_most_of_a_site(standing, expected):
    said = [Standing(site=SITE, network=network, heard=NOON) for network, n in standing.items() for _ in range(n)]
    assert newly_approved(said, {"n1"}, NOON) == expected


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["n1", "n2", ""])), max_size=12),
    st.text("xyz", min_size=1),
)
def test_no_single_pc_makes_a_network_the_schools(said, forged):
    stand = [Standing(site=site, network=network, heard=NOON) for site, network in said]
    assert forged not in newly_approved([*stand, Standing(site="a", network=forged, heard=NOON)], (), NOON)
