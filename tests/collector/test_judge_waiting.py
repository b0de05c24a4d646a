"""What of a missing update is remembered between looks: silence, restarts, lists and clocks never make it younger."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.builds import Missing
from schooldrum_collector.judge.patches import Patches, patches_of
from schooldrum_collector.judge.waiting import RESTART, Pending, Seen, Waiting, believed, follow, seen_in

MONDAY = date(2026, 9, 7)
LOOKED = Waiting(told=True)
"""A PC that has told before what waits: what it tells now is new."""
OLD = "2026-08-13"
AWAITS = {"mode": "automatic", "restart_pending": True, "restart_reasons": "servicing windows_update"}
PLAIN = {"mode": "automatic", "restart_pending": False}


def waits(*names: str, **more: str) -> list[dict[str, Any]]:
    return [{"update": name, "kind": "security", **more} for name in names]


def look(told: list[dict[str, Any]] | None, success: str = OLD, **more: Any) -> Seen:
    system = {"system": "windows", "build": 26200, "revision": 9200, **more.pop("system", {})}
    scan = more.pop("scan", "2026-09-06")
    automatic = {**more.pop("automatic", PLAIN), **more.pop("server", {})}
    return Seen(
        system=system,
        automatic=automatic,
        history={"last_success": success, "last_scan": scan},
        updates=told,
        **more,
    )


def days(
    count: int, seen: Seen, before: Waiting, by_list: Missing | None = None, *, first: int = 0, frozen: bool = False
) -> Waiting:
    waiting = before
    for number in range(first, first + count):
        waiting = follow(waiting, seen, by_list, MONDAY + timedelta(days=number), frozen=frozen)
    return waiting


def found(waiting: Waiting, seen: Seen, by_list: Missing | None = None, **more: Any) -> Patches:
    on = waiting.looked or MONDAY
    return patches_of(waiting, believed(waiting, seen, on), by_list, frozen=None, **more)


# What is gone without having been installed


@pytest.mark.parametrize(
    ("between", "after"),
    [
        # A server withdraws it and offers it again; the list of what waits is empty for a look.
        (look([]), look(waits("KB1"))),
        # A person hides it, and the next month's takes its place.
        (look([]), look(waits("KB2"))),
        (look(waits("KB2")), look(waits("KB1", "KB2"))),
        # Windows 8.1 has no revision: the list of what is installed tells.
        (
            look([], system={"build": 9600, "revision": None}, hotfixes=({"update": "KB7"},)),
            look(waits("KB1"), "2026-09-20", system={"build": 9600, "revision": None}, hotfixes=({"update": "KB7"},)),
        ),
    ],
)
def test_an_update_that_is_not_told_of_for_a_look_goes_on_waiting(between, after):
    system = after.system
    first = look(waits("KB1"), system=dict(system or {}), hotfixes=after.hotfixes)
    waiting = days(16, first, LOOKED)
    waiting = days(1, between, waiting, first=16)
    assert max(one.days for one in waiting.pending.values()) == 17
    assert found(waiting, between, most_days=14).in_time() is False
    waiting = days(1, after, waiting, first=17)
    assert max(one.days for one in waiting.pending.values()) == 18


@pytest.mark.parametrize(
    "after",
    [
        look([], "2026-09-22"),
        look([], system={"revision": 9300}),
        look([], "2026-09-22", system={"revision": 9300}),
        look([], hotfixes=({"update": "KB1"},)),
        look([], system={"build": 9600, "revision": None}, hotfixes=({"update": "KB1"},)),
    ],
)
def test_what_was_installed_is_missing_no_more(after):
    waiting = days(16, look(waits("KB1"), system=dict(after.system or {})), LOOKED)
    if after.system and after.system["revision"] == 9300:
        waiting = days(16, look(waits("KB1")), LOOKED)
    waiting = days(1, after, waiting, first=16)
    assert not waiting.pending
    waiting = days(1, look(waits("KB2"), system=dict(after.system or {})), waiting, first=17)
    assert waiting.pending == {"KB2": Pending(MONDAY + timedelta(days=17), 1)}


@pytest.mark.parametrize("name", ["KB5", "KB1"])
def test_before_windows_10_what_is_installed_each_month_makes_no_rollup_younger(name):
    system = {"build": 9600, "revision": None}
    waiting = LOOKED
    for month in range(4):
        success = (MONDAY + timedelta(days=28 * month)).isoformat()
        there = tuple({"update": f"{name}{number}"} for number in range(month + 1)) if name == "KB5" else ()
        told = look(waits(f"KB1{month}"), success, system=system, hotfixes=({"update": "KB0"}, *there))
        waiting = days(5, told, waiting, first=28 * month)
    assert waiting.pending == {"KB13": Pending(MONDAY, 20)}


def test_a_package_that_vanishes_from_linux_is_remembered_for_a_week_of_use():
    system = {"system": "linux", "build": None, "revision": None}
    waiting = days(10, look(waits("openssl", installed="3.0.1"), system=system), LOOKED)
    for number in range(7):
        waiting = days(1, look([], system=system), waiting, first=10 + number)
        assert waiting.pending["openssl 3.0.1"].days == 11 + number
    assert not days(1, look([], system=system), waiting, first=17).pending
    newer = look(waits("openssl", installed="3.0.2"), system=system)
    assert set(days(1, newer, waiting, first=17).pending) == {"openssl 3.0.2"}
    assert not days(1, look([], "2026-09-20", system=system), waiting, first=17).pending


# What waits for a restart


@pytest.mark.parametrize("system", [{}, {"system": "linux", "build": None, "revision": None}])
def test_what_waits_for_a_restart_is_not_in_force(system):
    waiting = days(1, look([], system=system), LOOKED)
    waits_for = look([], "2026-09-08", system=system, automatic=AWAITS)
    waiting = days(10, waits_for, waiting, first=1)
    early = found(waiting, waits_for)
    assert (early.in_time(), early.state, early.restart, early.count) == (True, "current", True, 1)
    waiting = days(10, waits_for, waiting, first=11)
    late = found(waiting, waits_for)
    assert (late.in_time(), late.state, late.age_days) == (False, "restart", 18)
    done = look([], "2026-09-08", system={**system, **({} if system else {"revision": 9300})})
    waiting = days(1, done, waiting, first=21)
    assert not waiting.pending
    assert found(waiting, done, most_days=60).restart is False


def test_an_update_that_was_installed_keeps_its_age_until_the_restart():
    waiting = days(10, look(waits("KB1")), LOOKED)
    installed = look([], "2026-09-17", automatic=AWAITS)
    waiting = days(8, installed, waiting, first=10)
    assert waiting.pending == {RESTART: Pending(MONDAY, 18)}
    assert found(waiting, installed).state == "restart"
    # Windows takes it back while it starts, and offers it again.
    back = days(1, look(waits("KB1"), "2026-09-17"), waiting, first=18)
    assert back.pending == {"KB1": Pending(MONDAY, 19)}
    back = days(1, look([], "2026-09-17"), waiting, first=18)
    assert not back.pending
    back = days(1, look(waits("KB1"), "2026-09-17"), back, first=19)
    assert back.pending["KB1"].days == 19
    # Or it is in force: the revision says so.
    done = days(1, look([], "2026-09-17", system={"revision": 9300}), waiting, first=18)
    done = days(1, look(waits("KB2"), "2026-09-17", system={"revision": 9300}), done, first=19)
    assert done.pending["KB2"].days == 1


@pytest.mark.parametrize(
    ("automatic", "by_list"),
    [
        ({**AWAITS, "restart_reasons": "server_manager"}, None),
        (AWAITS, Missing(as_of=MONDAY + timedelta(days=20))),
    ],
)
def test_a_restart_that_brings_no_update_is_not_waited_for(automatic, by_list):
    assert not days(20, look([], automatic=automatic), LOOKED, by_list).pending


# What cannot be read


def test_what_was_missing_stays_so_while_the_list_cannot_be_read():
    waiting = days(5, look(waits("KB1")), LOOKED)
    silent = look(waits("KB1"), well=False, anew=False)
    waiting = days(20, silent, waiting, first=5)
    assert found(waiting, silent, unread={"updates": MONDAY}).in_time() is False
    # What was told before the installation says nothing of what waits after it.
    since = look(waits("KB1"), system={"revision": 9300}, well=False, anew=False)
    waiting = days(30, since, waiting, first=25)
    assert not waiting.pending
    after = found(waiting, since, unread={"updates": MONDAY})
    assert (after.told, after.in_time(), after.state) == (None, None, "unknown")


def test_an_answer_that_is_too_old_proves_nothing():
    told = look([], scan="2026-09-20")
    waiting = days(14, told, LOOKED)
    assert found(waiting, told).in_time() is True
    assert found(waiting, told, unread={"updates": MONDAY}).in_time() is None
    by_list = Missing(as_of=MONDAY + timedelta(days=10))
    assert found(waiting, told, by_list, unread={"updates": MONDAY}).in_time() is True
    both = {"updates": MONDAY, "operating_system": MONDAY}
    assert found(waiting, told, by_list, unread=both).in_time() is None


@pytest.mark.parametrize(
    ("success", "stands", "by_list", "in_time"),
    [
        ("2026-09-10", True, None, True),
        ("2026-07-20", True, None, None),
        (None, True, None, None),
        # Other updates come by it, Windows' own do not.
        ("2026-10-19", False, None, None),
        ("2026-07-20", True, Missing(as_of=date(2026, 10, 20)), True),
        ("2026-07-20", True, Missing(as_of=date(2026, 8, 1)), None),
    ],
)
def test_a_server_that_lets_nothing_through_is_not_believed(success, stands, by_list, in_time):
    day = date(2026, 10, 20)
    told = look([], success or "", server={"own_server": True}, scan="2026-10-20")
    since = day - timedelta(days=5 if stands else 80)
    waiting = Waiting(told=True, looked=day, revision=9200, stands=since, success=success or "")
    assert found(waiting, told, by_list).in_time() is in_time
    assert found(waiting, look([], success or "", scan="2026-10-20"), by_list).in_time() is True


def test_a_restart_that_is_waited_for_counts_although_nothing_else_is_told():
    system = {"system": "linux", "build": None, "revision": None}
    waiting = days(3, look(waits("openssl", installed="3.0.1"), system=system), LOOKED)
    silent = look(waits("openssl", installed="3.0.1"), "2026-09-10", system=system, automatic=AWAITS, well=False)
    waiting = days(20, silent, waiting, first=3)
    assert set(waiting.pending) == {RESTART}
    judged = found(waiting, silent, unread={"updates": MONDAY})
    assert (judged.told, judged.in_time(), judged.state) == (None, False, "restart")


@given(
    told=st.one_of(st.none(), st.lists(st.sampled_from(("KB1", "KB2")), unique=True)),
    scan=st.sampled_from(("2026-05-01", "2026-09-20", "")),
    behind=st.sampled_from((None, (), (9300,), (9300, 9400))),
    as_of=st.sampled_from((date(2026, 5, 1), date(2026, 9, 20))),
    unread=st.sets(st.sampled_from(("updates", "operating_system"))),
    server=st.booleans(),
    success=st.sampled_from(("", "2026-06-01", "2026-09-15")),
    restart=st.booleans(),
    looks=st.integers(1, 30),
)
def test_it_is_met_only_on_a_sign_that_is_recent_and_whole(
    told: list[str] | None, scan: str, behind: tuple[int, ...] | None, as_of: date, unread: set[str], *,
    server: bool, success: str, restart: bool, looks: int,
) -> None:  # fmt: skip
    by_list = None if behind is None else listed(*behind, as_of=as_of)
    seen = look(
        None if told is None else waits(*told),
        success,
        scan=scan,
        server={"own_server": server},
        automatic=AWAITS if restart else PLAIN,
    )
    waiting = days(looks, seen, LOOKED, by_list)
    judged = found(waiting, seen, by_list, unread=dict.fromkeys(unread, MONDAY))
    if judged.in_time() is not True:
        return
    by_pc = told is not None and scan == "2026-09-20" and "updates" not in unread and not judged.idle
    list_is_whole = behind is not None and len(behind) != 1 and not judged.list_old
    assert by_pc or (list_is_whole and "operating_system" not in unread)
    assert (judged.age_days or 0) <= 14


# Two signs for one update


def listed(*revisions: int, as_of: date = date(2026, 8, 19), apart: bool = False) -> Missing:
    keys = tuple(f"26200.{one}" for one in revisions)
    names = {key: f"KB{one}" for key, one in zip(keys, revisions, strict=True)}
    return Missing(keys=keys, security=keys if apart else keys[1:], told_apart=apart, as_of=as_of, names=names)


def test_a_newer_list_that_names_what_the_pc_tells_of_begins_nothing_anew():
    told = look(waits("KB9300"))
    waiting = days(5, told, LOOKED)
    waiting = days(5, told, waiting, listed(9300, apart=True), first=5)
    assert waiting.pending == {"KB9300": Pending(MONDAY, 10)}
    assert found(waiting, told, listed(9300, apart=True)).in_time() is True
    by_key = days(1, told, Waiting(told=True, pending={"26200.9300": Pending(MONDAY, 9), "KB9300": Pending(MONDAY, 4)}),
                  listed(9300, apart=True), first=9)  # fmt: skip
    assert by_key.pending["KB9300"].days == 10
    assert len(by_key.pending) == 1


def test_what_the_list_alone_named_and_names_no_more_is_forgotten():
    told = look([])
    waiting = days(2, told, LOOKED, listed(9300, 9400, apart=True))
    assert waiting.listed == ("KB9300", "KB9400")
    corrected = days(3, told, waiting, listed(9250, apart=True), first=2)
    # What stands for it in the corrected list has waited as long.
    assert (corrected.pending["KB9250"].days, len(corrected.pending)) == (5, 1)
    assert not days(1, told, waiting, listed(apart=True), first=2).pending
    # What the PC itself has named goes on waiting, and so does all of it while no list can be read.
    by_both = days(2, look(waits("KB9300")), LOOKED, listed(9300, apart=True))
    assert set(days(1, told, by_both, listed(apart=True), first=2).pending) == {"KB9300"}
    assert len(days(1, told, waiting, None, first=2).pending) == 2


@pytest.mark.parametrize(("by_list", "in_time"), [(True, None), (False, False)])
def test_what_is_told_no_more_for_a_week_of_use_waits_no_longer_and_proves_nothing(by_list, in_time):
    newest = listed(apart=True, as_of=date(2026, 9, 8)) if by_list else None
    waiting = days(3, look(waits("KB1")), LOOKED, newest)
    for number in range(3, 30):
        told = look([], scan=(MONDAY + timedelta(days=number)).isoformat())
        waiting = days(1, told, waiting, newest, first=number)
    judged = found(waiting, told, newest)
    assert (judged.in_time(), judged.missing) == (in_time, 1)
    # It comes back, and nobody takes it for new.
    assert found(days(1, look(waits("KB1")), waiting, newest, first=30), told, newest).in_time() in (None, False)
    assert not days(1, look([], system={"revision": 9300}), waiting, newest, first=30).pending


@pytest.mark.parametrize(
    ("skew", "scan"), [(20 * 86400.0, "2026-09-07"), (3600.0, "2026-09-27"), (-9e9, "2026-09-27"), (9e12, "2026-09-27")]
)
def test_a_search_under_a_clock_that_is_ahead_was_made_so_much_earlier(skew, scan):
    seen = seen_in({"update_history": [{"last_scan": "2026-09-27", "last_success": OLD}]}, skew=skew)
    assert seen.history == {"last_scan": scan, "last_success": OLD}


@pytest.mark.parametrize(("last", "in_time"), [(15, True), (16, None)])
def test_a_search_proves_no_more_than_what_came_out_after_it_would_be_in_time(last, in_time):
    told = look([])
    waiting = days(last, told, LOOKED)
    assert found(waiting, told).in_time() is True
    waiting = days(1, told, waiting, first=last)
    assert found(waiting, told).in_time() is in_time


@pytest.mark.parametrize(
    ("deferred", "by_list", "in_time"), [(30, None, None), (7, None, True), (30, (), True), (None, None, True)]
)
def test_a_search_from_which_a_policy_hides_updates_proves_no_more_than_it_may_find(deferred, by_list, in_time):
    told = look([], automatic={**PLAIN, "deferred": deferred})
    newest = None if by_list is None else listed(*by_list, as_of=date(2026, 9, 8), apart=True)
    assert found(days(5, told, LOOKED, newest), told, newest).in_time() is in_time


@pytest.mark.parametrize(
    ("published", "since", "count", "in_time"),
    [
        ("2026-09-09", "2026-09-09", 27, False),
        ("2026-08-01", "2026-09-07", 29, False),
        ("2026-10-01", "2026-10-01", 5, True),
        (None, "2026-10-05", 1, None),
    ],
)
def test_what_a_search_after_a_gap_finds_may_have_waited_since_the_one_before(published, since, count, in_time):
    waiting = days(28, look([]), LOOKED)
    told = look(waits("KB1", **({"published": published} if published else {})), scan="2026-10-05")
    waiting = days(1, told, waiting, first=28)
    (one,) = waiting.pending.values()
    assert (one.since.isoformat(), one.days) == (since, count)
    assert found(waiting, told, most_days=14).in_time() is in_time


@pytest.mark.parametrize("told", [None, look([]).updates])
def test_one_build_that_may_be_a_preview_proves_neither(told):
    by_list = listed(9300, as_of=MONDAY)
    stale = look(told, scan="2026-05-01")
    waiting = days(20, stale, LOOKED, by_list)
    assert not waiting.pending
    open_one = found(waiting, stale, by_list)
    assert (open_one.in_time(), open_one.state, open_one.may_be_preview) == (None, "unknown", True)
    # Its own search says that nothing is missing.
    searched = look([], scan="2026-09-27")
    assert found(days(1, searched, waiting, by_list, first=20), searched, by_list).in_time() is True


@pytest.mark.parametrize(
    ("as_of", "age"),
    [
        # Of a list from just after a patch day the newest build is that day's.
        (date(2026, 9, 9), 21),
        # Later it is the preview of the next month: what the second build brings has waited since that was listed.
        (date(2026, 9, 25), 1),
    ],
)
def test_a_second_build_behind_proves_it_and_counts_from_where_the_first_is_known_to_be_security(as_of, age):
    silent = look(None)
    waiting = days(20, silent, LOOKED, listed(9300, as_of=as_of))
    waiting = days(1, silent, waiting, listed(9300, 9400, as_of=date(2026, 10, 14)), first=20)
    assert {name: one.days for name, one in waiting.pending.items()} == {"KB9400": age}
    assert found(waiting, silent, listed(9300, 9400, as_of=date(2026, 10, 14))).in_time() is not True


# Clocks


def test_what_was_remembered_under_a_clock_that_was_ahead_goes_on_from_today():
    told = look(waits("KB1"))
    ahead = follow(LOOKED, told, None, MONDAY + timedelta(days=365))
    waiting = follow(ahead, told, None, MONDAY, today=MONDAY)
    assert (waiting.looked, waiting.pending) == (MONDAY, {"KB1": Pending(MONDAY, 1)})
    for number in range(1, 17):
        day = MONDAY + timedelta(days=number)
        waiting = follow(waiting, told, None, day, today=day)
    assert waiting.pending["KB1"].days == 17
    # A look from the past changes nothing.
    assert follow(waiting, look([]), None, MONDAY, today=MONDAY + timedelta(days=16)) == waiting


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(("KB1", "KB2", "KB3")), max_size=2, unique=True),
            st.sampled_from((PLAIN, AWAITS)),
            st.booleans(),
            st.booleans(),
            st.sampled_from((0, 1, 1, 2)),
        ),
        max_size=25,
    )
)
def test_an_age_never_shrinks_while_nothing_is_installed(
    looks: list[tuple[list[str], dict[str, Any], bool, bool, int]],
) -> None:
    waiting, day = follow(LOOKED, look(waits("KB1")), None, MONDAY), MONDAY
    age = 0
    for names, automatic, well, anew, passed in looks:
        day += timedelta(days=passed)
        told = look(waits(*names), automatic=automatic, well=well, anew=anew and well)
        waiting = follow(waiting, told, None, day, today=day)
        judged = found(waiting, told, unread={} if well else {"updates": MONDAY}, today=day)
        assert judged.age_days is not None
        assert judged.age_days >= age
        age = judged.age_days
        if not well:
            assert judged.in_time() is not True
