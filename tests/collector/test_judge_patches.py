"""Which updates a PC lacks, how long they have waited while it was on, and why."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.dated_lists import SHIPPED
from schooldrum_collector.judge import builds, patches
from schooldrum_collector.judge.builds import Missing, Published, missing, newest, patch_day
from schooldrum_collector.judge.faults import Unusable
from schooldrum_collector.judge.patches import patches_of
from schooldrum_collector.judge.posture import judged
from schooldrum_collector.judge.posture_found import Known
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.posture_update_checks import updates_in_time
from schooldrum_collector.judge.waiting import Pending, Seen, Waiting, follow, missing_now, seen_in
from schooldrum_collector.show.safety_words import patch_lines
from schooldrum_collector.speech import Say

RAW = (SHIPPED / "builds.json").read_bytes()
KNOWN = builds.read(RAW)
MONDAY = date(2026, 9, 7)
LOOKED = Waiting(told=True)
"""A PC that has told before what waits: what it tells now is new."""
SHARED = Path(__file__).parents[3] / "shared" / "data" / "windows_builds.json"


def pc(revision: int | None = 7548, build: int = 19045, **more: Any) -> dict[str, Any]:
    return {"system": "windows", "build": build, "revision": revision, **more}


def waits(*names: str, kind: str = "security") -> list[dict[str, Any]]:
    return [{"update": name, "kind": kind} for name in names]


def seen(updates: list[dict[str, Any]] | None = None, **more: Any) -> Seen:
    return Seen(
        system=more.pop("system", pc()),
        automatic=more.pop("automatic", {"mode": "automatic"}),
        history={"last_scan": "2026-09-06", **more.pop("history", {})},
        updates=updates,
        **more,
    )


def lived(days: Iterable[int], look: Seen, by_list: Missing | None = None, before: Waiting | None = None) -> Waiting:
    waiting = before or Waiting()
    for day in days:
        waiting = follow(waiting, look, by_list, MONDAY + timedelta(days=day))
    return waiting


# builds


@pytest.mark.parametrize(
    ("row", "behind", "security"),
    [
        (pc(7548), 0, 0),
        (pc(7417), 1, 1),
        (pc(7420), 1, 1),
        (pc(9999), 0, 0),
        (pc(8894, 26100, edition="Professional"), 1, 0),
        (pc(8875, 26100, edition="Professional"), 2, 1),
        (pc(32995, 26100, server=True, edition="ServerStandard"), 1, 0),
        (pc(9234, 14393), 1, 1),
        (pc(None), None, None),
        (pc(1, 12345), None, None),
        (pc(revision=True), None, None),
        ({}, None, None),
    ],
)
def test_builds_behind(row, behind, security):
    found = missing(row, None, KNOWN)
    assert (found and len(found.keys)) == behind
    assert (found and len(found.security)) == security


def test_windows_11_and_server_2025_share_a_build_and_not_its_revisions():
    assert (newest(pc(863, 26100), KNOWN), newest(pc(863, 26100, server=True), KNOWN)) == (8973, 33158)


def test_the_servers_short_channel_has_its_own_list():
    long = pc(1, 17763, server=True, edition="ServerStandard")
    short = pc(1, 17763, server=True, edition="ServerStandardACor")
    assert (newest(long, KNOWN), newest(short, KNOWN)) == (9020, 1935)
    assert (newest(pc(1, 9600), KNOWN), newest(pc(1, 12345), KNOWN)) == (None, None)


def rollups(build: int, *, server: bool = False) -> tuple[int, ...]:
    (found,) = [one.articles for one in KNOWN.windows if one.build == build and one.server is server]
    return found


def test_before_windows_10_articles_are_counted():
    row: dict[str, Any] = {"system": "windows", "build": 9600}
    two_before: list[dict[str, Any]] = [{"update": f"KB{rollups(9600)[-3]}"}, {"update": "KB0000001"}]
    found = missing(row, two_before, KNOWN)
    assert found
    assert (len(found.keys), len(found.security), found.told_apart) == (2, 1, False)
    assert missing(row, None, KNOWN) is None
    assert missing(row, [], KNOWN) is None


@pytest.mark.parametrize(
    ("row", "last", "behind", "security"),
    [
        # 19044 goes on for LTSC: Pro got 3086 on its last day, Enterprise 4529.
        (pc(3086, 19044), 3086, 0, 0),
        (pc(2965, 19044), 3086, 1, 1),
        (pc(2965, 19044), 4529, 13, 13),
        (pc(4000, 19044), 3086, 0, 0),
        # 22H2 without bought support: of 60 builds 29 came out on a patch day, the others are previews.
        (pc(2965), 6456, 60, 29),
        (pc(6396), 6456, 1, 1),
        (pc(7548), 6456, 0, 0),
        # What is not known is not counted; where nothing came after it, nothing is missing.
        (pc(2965, 19044), None, None, None),
        (pc(7548, 19044), None, 0, 0),
    ],
)
def test_only_what_was_published_before_support_ended_is_missing(row, last, behind, security):
    found = missing(row, None, KNOWN, Published(date(2023, 6, 13), last))
    assert (found and len(found.keys), found and len(found.security)) == (behind, security)


def test_what_is_said_to_mend_no_security_stands_among_the_updates():
    named = [one for one in KNOWN.windows if one.without_security]
    assert {(one.build, one.server) for one in named} >= {(19044, False), (19045, False), (17763, False)}
    for one in named:
        assert {*one.without_security} <= {revision for revision, _ in one.updates}
        assert one.security_after is not None
        assert min(one.without_security) > one.security_after


def test_a_list_from_before_the_end_of_support_is_taken_whole():
    row, until = pc(7417, 22631), date(2027, 1, 1)
    assert missing(row, None, KNOWN, Published(until)) == missing(row, None, KNOWN)


@pytest.mark.parametrize(
    ("installed", "last", "behind"),
    [(5022352, 5022352, 0), (5021294, 5022352, 1), (5022899, 5022352, 0), (5022352, None, None), (5022352, 1, None)],
)
def test_the_last_rollup_of_windows_8_1_is_the_last_that_is_missing(installed, last, behind):
    ended = Published(date(2023, 1, 10), last)
    found = missing({"system": "windows", "build": 9600}, [{"update": f"KB{installed}"}], KNOWN, ended)
    assert (found and len(found.keys)) == behind


@pytest.mark.parametrize(
    ("row", "told", "figure", "noun"),
    [
        (pc(2965), 1, 42, "Security updates missing"),
        (pc(7079, 22631), 1, 2, "Updates missing"),
        (pc(7079, 22631), 3, 3, "Security updates missing"),
    ],
)
def test_one_figure_everywhere_and_previews_are_not_called_security(row, told, figure, noun):
    look = seen(waits(*(f"KB{number}" for number in range(told))), system=row)
    by_list = missing(row, None, KNOWN)
    found = patches_of(lived(LONG, look, by_list), look, by_list, frozen=None)
    assert (found.count, found.security_alone) == (figure, noun.startswith("Security"))
    assert dict(patch_lines(found, Say("en")))["Missing updates"].startswith(f"{figure} (by the list")
    known = Known(system="windows", sections={}, patches=found)
    (check,) = [one for one in judged(known, Policy()) if one.name == "updates_in_time"]
    assert check.evidence[0].en.startswith(f"{noun}: {figure}, ")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(what="support"),
        lambda data: data["windows"][2]["updates"].reverse(),
        lambda data: data["windows"][2].update(updates=[]),
        lambda data: data["windows"][2].update(articles=[1]),
        lambda data: data.update(windows=[]),
        lambda data: data["windows"][2]["updates"].append([2**40, 1]),
        lambda data: data["windows"][2]["updates"].append([9_999_999, -1]),
        lambda data: data["windows"][2].update(build=-1),
        lambda data: data["windows"][2].update(build=10**30),
        lambda data: data["windows"][2].update(channel="ZZZ"),
        lambda data: data["windows"][2].update(product="a\n"),
        lambda data: data["windows"][2].update(security_after=-1),
        lambda data: data["windows"][2].update(without_security=[-1]),
    ],
)
def test_a_list_of_builds_that_cannot_be_is_refused(change):
    data = json.loads(RAW)
    change(data)
    with pytest.raises(Unusable):
        builds.read(json.dumps(data).encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_of_builds_or_refused(raw):
    with pytest.raises(Unusable):
        builds.read(raw)


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED} to compare the shipped list with")
def test_the_shipped_builds_are_their_source():
    source = json.loads(SHARED.read_text("utf-8"))
    # The source was collected after August's patch day, and has nothing of it.
    collected = date.fromisoformat(source["_meta"]["as_of"])
    assert KNOWN.as_of == builds.patch_day(collected) - timedelta(days=1)
    shipped = {(one.product, one.build): one for one in KNOWN.windows}
    for product, releases in source["os"].items():
        for release, told in releases.items():
            if told["rollup"] and release.isdecimal():
                assert [list(one) for one in shipped[product, int(release)].updates] == told["rollup"]


# how long


def test_only_days_on_which_the_pc_was_on_count():
    waiting = lived([0, 0, 1, 4, 60], seen(waits("KB1")))
    found = patches_of(waiting, seen(waits("KB1")), None, frozen=None)
    assert (found.age_days, found.calendar_days) == (2, 59)


FRIDAY = 4


@pytest.mark.parametrize("first_look", [True, False])
@pytest.mark.parametrize(
    ("days", "today", "of_use", "by_the_calendar", "told"),
    [
        # The first look, and one a few minutes after the midnight that follows: no whole day has passed.
        ([0], 0, 0, 0, "at least part of a day"),
        ([0, 1], 1, 0, 0, "at least part of a day"),
        ([0], 1, 0, 0, "at least part of a day"),
        ([0, 1, 2], 2, 1, 1, "1 day of use, 1 day by the calendar"),
        # A day it was on counts once that day is over, whether or not it is on since.
        ([0, 1], 2, 1, 1, "1 day of use, 1 day by the calendar"),
        ([0, 1], 9, 1, 8, "1 day of use, 8 days by the calendar"),
        # Off over the weekend.
        ([FRIDAY, 7], 7, 0, 2, "at least part of a day of use, 2 days by the calendar"),
        ([FRIDAY, 7, 8], 8, 1, 3, "1 day of use, 3 days by the calendar"),
        ([FRIDAY], 7, 0, 2, "at least part of a day of use, 2 days by the calendar"),
    ],
)  # fmt: skip
def test_whole_days_alone_count(first_look, days, today, of_use, by_the_calendar, told):
    look = seen(waits("KB1"))
    waiting = lived(days, look, before=None if first_look else LOOKED)
    found = patches_of(waiting, look, None, frozen=None, today=MONDAY + timedelta(days=today))
    assert (found.age_days, found.calendar_days, found.at_least) == (of_use, by_the_calendar, first_look)
    least = "at least " if first_look and of_use else ""
    assert f"; the oldest has waited {least}{told}" in dict(patch_lines(found, Say("en")))["Security updates"]
    metric = [one.value for one in patches.readings(found) if one.name == "school_patch_age_seconds"]
    assert metric == ([] if first_look else [of_use * 86400.0])
    check = updates_in_time(Known(system="windows", sections={}, patches=found), Policy()).reasons[0][1]["days"].en
    assert check == f"{least}{told}".partition(" of use")[0]


def test_what_was_installed_counts_no_more_and_the_next_begins_anew():
    waiting = lived(range(10), seen(waits("KB1")))
    after = seen([], history={"last_success": "2026-09-17"})
    waiting = lived([10], after, before=waiting)
    assert waiting.pending == {}
    waiting = lived([40], seen(waits("KB2"), history={"last_success": "2026-09-17"}), before=waiting)
    assert waiting.pending["KB2"].days == 1


def test_a_monthly_update_that_takes_the_place_of_the_one_before_has_waited_as_long():
    waiting = lived(range(20), seen(waits("KB1"), history={"last_success": "2026-08-01"}))
    waiting = lived([30], seen(waits("KB2"), history={"last_success": "2026-08-01"}), before=waiting)
    assert waiting.pending["KB2"] == Pending(MONDAY, 21, before=True)


RESTART = {"mode": "automatic", "restart_pending": True}


@pytest.mark.parametrize(
    ("row", "after", "days"),
    [
        (pc(), seen(waits("KB2"), system=pc(7600)), 1),
        (pc(), seen(waits("KB2"), system=pc(7600), history={"last_success": "2026-10-01"}), 1),
        # Another update was installed: the revision says that it was no cumulative one.
        (pc(), seen(waits("KB2"), history={"last_success": "2026-10-01"}), 21),
        # Or one that is not in effect before the restart.
        (pc(), seen(waits("KB2"), history={"last_success": "2026-10-01"}, automatic=RESTART), 21),
        # Where no revision tells, the installation counts.
        (pc(None), seen(waits("KB2"), system=pc(None), history={"last_success": "2026-10-01"}), 1),
        (pc(1, 9600), seen(waits("KB2"), system=pc(1, 9600), history={"last_success": "2026-10-01"}), 1),
        (pc(None), seen(waits("KB2"), system=pc(None), history={"last_success": "2026-08-01"}), 21),
    ],
)
def test_after_an_installation_the_next_begins_anew(row, after, days):
    waiting = lived(range(20), seen(waits("KB1"), system=row, history={"last_success": "2026-08-01"}))
    assert lived([30], after, before=waiting).pending["KB2"].days == days


def dated(name: str, published: str | None) -> list[dict[str, Any]]:
    return [{"update": name, "kind": "security", "published": published}]


PATCH_TUESDAY = 1


@pytest.mark.parametrize(
    ("first", "then", "published", "in_time", "state"),
    [
        ("2026-08-11", "2026-09-08", "2026-08-11", None, "unknown"),
        (None, "2026-09-08", None, None, "unknown"),
        ("2026-08-11", None, "2026-08-11", None, "unknown"),
        ("2026-08-30", "2026-09-08", "2026-08-30", True, "current"),
    ],
)
@pytest.mark.parametrize("looks", [1, 3])
def test_what_takes_the_place_of_an_older_one_is_not_excused_by_its_own_day(
    looks, first, then, published, in_time, state
):
    waiting = lived([0], seen(dated("KB1", first)))
    look = seen(dated("KB2", then))
    waiting = lived(range(PATCH_TUESDAY, PATCH_TUESDAY + looks), look, before=waiting)
    found = patches_of(waiting, look, None, frozen=None)
    assert (found.in_time(), found.state, found.at_least) == (in_time, state, True)
    assert (found.published and found.published.isoformat()) == published
    assert waiting.pending["KB2"].since == MONDAY
    late = lived(range(4, 20), look, before=waiting)
    assert patches_of(late, look, None, frozen=None).in_time() is False


def test_what_was_remembered_before_days_of_publication_were_is_still_read():
    old = b'{"pending":{"KB1":["2026-09-07",3,true]},"looked":"2026-09-09","told":true}'
    waiting = msgspec.json.decode(old, type=Waiting)
    look = seen(dated("KB1", "2026-08-11"))
    (one,) = lived([3], look, before=waiting).pending.values()
    assert one == Pending(MONDAY, 4, before=True, published=date(2026, 8, 11))
    # A day after it was first missed is not its own.
    (one,) = lived([3], seen(dated("KB1", "2026-09-08")), before=waiting).pending.values()
    assert one.published is None


FORGETS: list[tuple[dict[str, Any], str]] = [
    ({"system": "linux"}, ""),
    (pc(), "2026-08-01"),
    (pc(None), "2026-08-01"),
]


def forgotten(row: dict[str, Any], success: str, days: Iterable[int], *, frozen: bool | None) -> tuple[Waiting, Seen]:
    """A PC that installs by day what its disk has forgotten by the next morning; the newest look is of an afternoon."""
    waiting = LOOKED
    afternoon = seen([], system=row)
    for day in days:
        on = MONDAY + timedelta(days=day)
        scan = {"last_scan": on.isoformat()}
        morning = seen(waits("KB1"), system=row, history={"last_success": success, **scan})
        afternoon = seen([], system=row, history={"last_success": on.isoformat(), **scan})
        for look in (morning, afternoon):
            waiting = follow(waiting, look, None, on, frozen=frozen)
    return waiting, afternoon


@pytest.mark.parametrize(("row", "success"), FORGETS)
@pytest.mark.parametrize(
    ("days", "frozen", "in_time", "state", "count"),
    [
        (range(10), True, True, "current", 1),
        (range(20), True, False, "frozen", 1),
        (range(20), None, True, "current", 0),
        (range(20), False, True, "current", 0),
    ],
)
def test_what_a_disk_forgets_by_night_was_not_installed(row, success, days, frozen, in_time, state, count):
    waiting, afternoon = forgotten(row, success, days, frozen=frozen)
    found = patches_of(waiting, afternoon, None, frozen=frozen)
    assert (found.in_time(), found.state, found.count) == (in_time, state, count)
    morning = seen(waits("KB1"), system=row, history={"last_success": success})
    (one,) = lived([days[-1] + 1], morning, before=waiting).pending.values()
    assert one.days == (len(days) + 1 if frozen else 1)


@pytest.mark.parametrize(("row", "success"), FORGETS)
def test_what_stays_away_from_a_disk_that_forgets_was_installed_while_it_did_not(row, success):
    waiting, afternoon = forgotten(row, success, range(20), frozen=True)
    next_day = MONDAY + timedelta(days=20)
    # Thawed, or with a newer revision, it is believed at once.
    assert not follow(waiting, afternoon, None, next_day, frozen=False).pending
    assert not follow(waiting, seen([], system=pc(9000)), None, next_day, frozen=True).pending
    for more in range(8):
        waiting = follow(waiting, afternoon, None, next_day + timedelta(days=more), frozen=True)
        assert bool(waiting.pending) is (more < 7), more


Day = list[tuple[dict[str, Any], list[dict[str, Any]]]]
OLD, NEW = pc(7548), pc(7600)


def through(days: int, looks: Day, before: Waiting = LOOKED, *, frozen: bool | None = True, first: int = 0) -> Waiting:
    """A PC that is looked at in this way on each of so many days: what its revision is, and what it tells of."""
    waiting = before
    for day in range(first, first + days):
        on = MONDAY + timedelta(days=day)
        for row, told in looks:
            waiting = follow(waiting, seen(told, system=row, history={"last_success": on.isoformat()}), None, on,
                             frozen=frozen)  # fmt: skip
    return waiting


@pytest.mark.parametrize(
    "looks",
    [
        # By day it is installed and shows; the next morning begins with what was told the evening before.
        [(OLD, waits("KB1")), (NEW, [])],
        [(NEW, []), (OLD, waits("KB1")), (NEW, [])],
        [(OLD, []), (OLD, waits("KB1")), (OLD, []), (NEW, [])],
        [(NEW, []), (OLD, []), (OLD, waits("KB1")), (NEW, waits("KB1")), (NEW, [])],
        [({"system": "linux"}, []), ({"system": "linux"}, waits("KB1")), ({"system": "linux"}, [])],
    ],
)
def test_a_disk_that_forgets_keeps_each_day_whatever_is_looked_at_first(looks):
    waiting = through(1, [(OLD, waits("KB1")), (NEW, [])])
    waiting = through(20, looks, waiting, first=1)
    assert waiting.pending["KB1"] == Pending(MONDAY, 21)
    found = patches_of(waiting, seen([], system=NEW), None, frozen=True)
    assert (found.in_time(), found.state, found.count) == (False, "frozen", 1)
    assert patches.unproven(found) == ("school_security_updates_pending",)


@pytest.mark.parametrize(
    ("looks", "left"),
    [
        # Updated in a night without freezing: the newer revision is there at the first look of a day.
        ([(NEW, [])], 0),
        # What has come by day is believed once it has stayed away for so many days of being on.
        ([(OLD, waits("KB1")), (NEW, [])], 7),
    ],
)
def test_a_newer_revision_is_believed_once_it_has_outlasted_a_night(looks, left):
    waiting = through(10, [(OLD, waits("KB1"))])
    waiting = through(1, looks, waiting, first=10)
    for day in range(8):
        assert bool(waiting.pending) is (day <= left and left > 0), day
        waiting = through(1, [(NEW, [])], waiting, first=11 + day)
    assert not waiting.pending


@pytest.mark.parametrize("restart", [False, True])
def test_a_missing_update_that_another_takes_the_place_of_each_month_keeps_its_age(restart):
    automatic = {"mode": "automatic", "restart_pending": restart}
    waiting, days = LOOKED, 0
    for month in range(6):
        first = MONDAY + timedelta(days=28 * month)
        look = dated(f"KB{month}", (first - timedelta(days=1)).isoformat())
        for day in range(5):
            on = first + timedelta(days=day)
            # Virus signatures and the like are installed all the while.
            history = {"last_success": on.isoformat(), "last_scan": on.isoformat()}
            told = seen(look, history=history, automatic=automatic)
            waiting = follow(waiting, told, None, on)
            days += 1
            assert waiting.pending.keys() - {"restart"} == {f"KB{month}"}
            assert waiting.pending[f"KB{month}"] == Pending(MONDAY, days, published=MONDAY - timedelta(days=1))
    found = patches_of(waiting, told, None, frozen=None)
    assert (found.state, found.in_time()) == ("restart" if restart else "waiting", False)
    assert found.published == MONDAY - timedelta(days=1)


@pytest.mark.parametrize("row", [pc(), pc(None)])
def test_on_a_disk_that_forgets_the_next_monthly_update_has_waited_as_long(row):
    waiting, _ = forgotten(row, "2026-08-01", range(20), frozen=True)
    for day, success in ((20, "2026-08-01"), (21, "2026-09-28")):
        look = seen(waits("KB2"), system=row, history={"last_success": success})
        waiting = follow(waiting, look, None, MONDAY + timedelta(days=day), frozen=True)
    assert waiting.pending["KB2"].days == 22


def test_by_the_list_an_installed_update_leaves_only_those_after_it():
    def look(waiting: Waiting, revision: int, days: Iterable[int]) -> Waiting:
        row = pc(revision)
        return lived(days, seen(None, system=row), missing(row, None, KNOWN), waiting)

    waiting = look(Waiting(), 7291, range(10))
    assert {key: one.days for key, one in waiting.pending.items()} == {"KB5094127": 10, "KB5099539": 10}
    waiting = look(waiting, 7417, [10])
    assert {key: one.days for key, one in waiting.pending.items()} == {"KB5099539": 11}


def test_a_newer_fix_of_a_linux_package_does_not_begin_anew():
    def row(available: str) -> list[dict[str, Any]]:
        return [{"update": "openssl", "installed": "3.0.1", "available": available, "kind": "security"}]

    debian = {"system": "linux"}
    waiting = lived(range(5), seen(row("3.0.2"), system=debian))
    waiting = lived([5], seen(row("3.0.3"), system=debian), before=waiting)
    assert waiting.pending["openssl 3.0.1"].days == 6


def test_looks_from_the_past_change_nothing():
    waiting = lived([5], seen(waits("KB1")))
    assert lived([3], seen([]), before=waiting) == waiting


def test_other_updates_are_not_security():
    waiting = lived(range(15), seen(waits("KB1", kind="other")))
    assert patches_of(waiting, seen(waits("KB1", kind="other")), None, frozen=None).state == "current"


# why

LONG = range(20)


@pytest.mark.parametrize(
    ("days", "look", "frozen", "state", "because"),
    [
        (range(14), seen(waits("KB1")), None, "current", ()),
        (LONG, seen(waits("KB1")), None, "waiting", ()),
        (LONG, seen(waits("KB1")), True, "frozen", ()),
        ([0, 1, 90], seen(waits("KB1"), history={"last_scan": "2026-12-05"}), None, "off", ()),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "restart_pending": True}), None, "restart", ()),
        (LONG, seen(waits("KB1"), automatic={"mode": "off", "why": "service_disabled"}), None, "refused",
         ("service_disabled",)),
        (LONG, seen(waits("KB1"), history={"error": "0x80070422"}), None, "refused", ("error 0x80070422",)),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "paused_until": "2026-12-24"}), None, "refused",
         ("paused",)),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "paused_until": "2026-09-01"}), None, "waiting", ()),
        # A PC that was off over the summer has not searched either: only an error of the server proves anything.
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "own_server": True},
                    history={"last_scan": "2026-05-01"}), None, "waiting", ()),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "own_server": True},
                    history={"last_scan": "2026-05-01", "error": "0x80240017"}), None, "refused",
         ("error 0x80240017",)),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "own_server": True},
                    history={"last_scan": "2026-05-01", "error": "0x80072EE2", "last_failure": "2026-05-02"}), None,
         "refused", ("error 0x80072EE2", "own_server")),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "own_server": True},
                    history={"last_scan": "2026-05-01", "error": "0x80072EFE", "last_failure": "2026-05-02"}), None,
         "refused", ("error 0x80072EFE", "own_server")),
        (LONG, seen(waits("KB1"), automatic={"mode": "automatic", "own_server": True},
                    history={"last_scan": "2026-05-03", "error": "0x80072EE2", "last_failure": "2026-05-02"}), None,
         "refused", ("error 0x80072EE2",)),
        (LONG, seen(waits("KB1"), history={"error": "0x80072EE2"}), None, "refused", ("error 0x80072EE2",)),
        (LONG, seen([], history={"last_scan": "2026-09-26"}), None, "current", ()),
        (LONG, seen([], history={"last_scan": "2026-05-01"}), None, "unknown", ()),
        (LONG, seen([], history={"last_scan": None}), None, "unknown", ()),
        (LONG, seen(None), None, "unknown", ()),
    ],
)  # fmt: skip
def test_off_refused_and_frozen_are_told_apart(days, look, frozen, state, because):
    found = patches_of(lived(days, look, before=LOOKED), look, None, frozen=frozen)
    assert (found.state, found.because) == (state, because)


def listed(day: date) -> Missing:
    by_list = missing(pc(), None, msgspec.structs.replace(KNOWN, as_of=day))
    assert by_list
    assert by_list.keys == ()
    return by_list


@pytest.mark.parametrize(
    ("of", "on", "state"),
    [
        # September's patch day is the 8th; it counts once it is older than the fourteen days allowed.
        (date(2026, 8, 19), date(2026, 9, 7), "current"),
        (date(2026, 8, 19), date(2026, 9, 22), "current"),
        (date(2026, 8, 19), date(2026, 9, 23), "unknown"),
        (date(2026, 9, 8), date(2026, 9, 23), "current"),
        (date(2026, 8, 19), date(2026, 11, 22), "unknown"),
        (date(2026, 8, 19), date(2027, 6, 1), "unknown"),
        (date(2026, 11, 11), date(2026, 11, 22), "current"),
    ],
)
def test_without_a_recent_search_the_list_counts_until_a_patch_day_it_does_not_know(of, on, state):
    look = seen([], history={"last_scan": "2026-05-01"})
    by_list = listed(of)
    waiting = follow(LOOKED, look, by_list, on)
    found = patches_of(waiting, look, by_list, frozen=None)
    assert (found.state, found.stale, found.behind) == (state, True, 0)
    assert found.in_time() is (True if state == "current" else None)
    words = dict(patch_lines(found, Say("en")))["Missing updates"]
    assert words.startswith("0 (" if state == "current" else "not known yet (by the list of ")


@pytest.mark.parametrize("scan", [None, "2026-05-01"])
@pytest.mark.parametrize("updates", [None, []])
def test_the_newest_windows_11_is_not_up_to_date_by_a_list_of_three_patch_days_ago(scan, updates):
    row = pc(8973, 26200, edition="Professional")
    look = seen(updates, system=row, history={"last_scan": scan})
    by_list = missing(row, None, KNOWN)
    assert by_list
    assert (by_list.keys, by_list.as_of) == ((), KNOWN.as_of)
    on = date(2026, 11, 22)
    found = patches_of(follow(Waiting(), look, by_list, on), look, by_list, frozen=None)
    assert (found.state, found.in_time()) == ("unknown", None)
    assert next(one.labels for one in patches.readings(found)) == {"state": "unknown"}


@pytest.mark.parametrize("edition", ["EnterpriseS", "IoTEnterpriseS"])
@pytest.mark.parametrize(("on", "state"), [(25, "current"), (26, "unknown"), (27, "unknown")])
def test_the_shipped_list_serves_until_the_first_patch_day_that_it_lacks_is_late(edition, on, state):
    row, day = pc(7548, 19044, edition=edition), date(2026, 8, on)
    look = seen([], system=row, history={"last_scan": "2026-05-01"})
    by_list = missing(row, None, KNOWN)
    assert by_list
    assert by_list.keys == ()
    found = patches_of(follow(LOOKED, look, by_list, day), look, by_list, frozen=None)
    assert (found.state, found.in_time()) == (state, True if state == "current" else None)


@pytest.mark.parametrize(
    ("day", "following"),
    [("2026-10-12", "2026-10-13"), ("2026-10-13", "2026-11-10"), ("2026-10-31", "2026-11-10"),
     ("2026-12-31", "2027-01-12"), ("2027-01-12", "2027-02-09"), ("2027-01-31", "2027-02-09")],
)  # fmt: skip
def test_the_next_patch_day_is_after_the_day_itself(day, following):
    found = builds.next_patch_day(date.fromisoformat(day))
    assert (found.isoformat(), builds.patch_day(found)) == (following, found)


def test_a_recent_search_of_its_own_needs_no_list():
    look = seen([], history={"last_scan": "2026-11-20"})
    by_list = listed(date(2026, 8, 19))
    found = patches_of(follow(LOOKED, look, by_list, date(2026, 11, 22)), look, by_list, frozen=None)
    assert (found.state, found.list_old, found.in_time()) == ("current", True, True)


OFF = {"mode": "off", "why": "services"}
PAUSED = {"mode": "automatic", "paused_until": "2026-12-01"}


@pytest.mark.parametrize(
    ("automatic", "history", "revision", "of", "stuck"),
    [
        (OFF, {}, 7548, date(2026, 8, 10), date(2026, 10, 13)),
        (PAUSED, {}, 7548, date(2026, 8, 10), date(2026, 10, 13)),
        ({"mode": "automatic"}, {"error": "0x80070643"}, 7548, date(2026, 8, 10), date(2026, 10, 13)),
        # Nothing refuses updates: its search is believed.
        ({"mode": "automatic"}, {}, 7548, date(2026, 8, 10), None),
        # The list reaches to that day, or the revision came after the list.
        (OFF, {}, 7548, date(2026, 10, 13), None),
        (OFF, {}, 7999, date(2026, 8, 10), None),
        # It has not searched since, or the update waits for a restart.
        (OFF, {"last_scan": "2026-10-12"}, 7548, date(2026, 8, 10), None),
        ({**OFF, "restart_pending": True}, {}, 7548, date(2026, 8, 10), None),
    ],
)
def test_that_nothing_is_offered_where_updates_are_refused_proves_nothing_against_the_revision(
    automatic, history, revision, of, stuck
):
    look = seen([], system=pc(revision), automatic=automatic, history={"last_scan": "2026-11-20", **history})
    by_list = missing(pc(revision), None, msgspec.structs.replace(KNOWN, as_of=of))
    found = patches_of(follow(LOOKED, look, by_list, date(2026, 11, 22)), look, by_list, frozen=None)
    assert found.stuck == stuck
    assert found.told_all is (stuck is None and "last_scan" not in history)
    if stuck:
        assert (found.state, found.in_time()) == ("unknown", None)


def test_what_is_offered_speaks_for_itself():
    look = seen(waits("KB1"), automatic=OFF, history={"last_scan": "2026-11-20"})
    by_list = listed(date(2026, 8, 10))
    found = patches_of(follow(LOOKED, look, by_list, date(2026, 11, 22)), look, by_list, frozen=None)
    assert (found.stuck, found.told_all) == (None, True)


def test_a_revision_that_has_stood_since_before_a_patch_day_lacks_its_update():
    look = seen([], system=pc(7999), automatic=OFF, history={"last_scan": "2026-11-20"})
    by_list = missing(pc(7999), None, msgspec.structs.replace(KNOWN, as_of=date(2026, 8, 10)))
    waiting = follow(follow(LOOKED, look, by_list, date(2026, 10, 1)), look, by_list, date(2026, 11, 22))
    assert patches_of(waiting, look, by_list, frozen=None).stuck == date(2026, 10, 13)


@pytest.mark.parametrize("days", [[0], LONG])
@pytest.mark.parametrize("waiting", [[], ["KB1"]])
def test_of_a_system_past_its_support_that_nothing_waits_proves_nothing(days, waiting):
    look = seen(waits(*waiting), system={"system": "windows", "build": 9600})
    found = patches_of(lived(days, look, before=LOOKED), look, None, frozen=None, ended=True)
    assert found.in_time() is (False if waiting and days is LONG else None)
    assert found.state == ("waiting" if waiting and days is LONG else "unknown")


@pytest.mark.parametrize("days", [[0], LONG])
@pytest.mark.parametrize("waiting", [[], ["KB1"]])
def test_where_support_is_not_known_that_nothing_waits_proves_nothing(days, waiting):
    look = seen(waits(*waiting))
    found = patches_of(lived(days, look, before=LOOKED), look, None, frozen=None, support_known=False)
    assert found.in_time() is (False if waiting and days is LONG else None)
    assert found.state == ("waiting" if waiting and days is LONG else "unknown")


def test_days_by_the_calendar_pass_while_a_pc_is_off():
    rows = [{"update": "KB1", "kind": "security", "published": "2026-09-06"}]
    waiting = lived(range(4), seen(rows), before=LOOKED)
    last = MONDAY + timedelta(days=3)
    then = patches_of(waiting, seen(rows), None, frozen=None, today=last)
    assert (then.state, then.age_days, then.calendar_days, then.published_days) == ("current", 2, 2, 4)
    now = patches_of(waiting, seen(rows), None, frozen=None, today=last + timedelta(days=58))
    # What the PC said of that day stands; it has been on for three days since the first, so it is not late.
    assert (now.state, now.age_days, now.calendar_days, now.published_days) == ("off", 3, 60, 62)
    assert (now.in_time(), now.stale) == (True, False)
    assert "3 days of use, 60 days by the calendar" in dict(patch_lines(now, Say("en")))["Security updates"]


@pytest.mark.parametrize(
    ("scan", "of", "more", "behind", "own"),
    [
        ("2026-11-20", date(2026, 11, 11), {}, [0.0], ()),
        ("2026-11-20", date(2026, 8, 19), {}, [], ()),
        ("2023-08-10", date(2026, 11, 11), {}, [0.0], ("school_security_updates_pending",)),
        (None, date(2026, 8, 19), {}, [], ("school_security_updates_pending",)),
        ("2026-11-20", date(2026, 11, 11), {"ended": True}, [], ("school_security_updates_pending",)),
        ("2026-11-20", date(2026, 11, 11), {"support_known": False}, [], ("school_security_updates_pending",)),
    ],
)
def test_no_nought_is_shown_that_proves_nothing(scan, of, more, behind, own):
    look, by_list = seen([], history={"last_scan": scan}), listed(of)
    found = patches_of(follow(LOOKED, look, by_list, date(2026, 11, 22)), look, by_list, frozen=None, **more)
    told = {one.name: one.value for one in patches.readings(found)}
    assert [value for name, value in told.items() if name == "school_windows_builds_behind"] == behind
    assert patches.unproven(found) == own


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_patch_day_is_the_newest_second_tuesday(on):
    found = patch_day(on)
    assert found.weekday() == 1
    assert 8 <= found.day <= 14
    assert 0 <= (on - found).days <= 34


@pytest.mark.parametrize(
    ("scan", "stale", "scan_known"),
    [(None, True, False), ("9999-12-31", True, False), ("2026-05-01", True, True), ("2026-09-26", False, True)],
)
def test_a_pc_that_never_told_when_it_looked_is_not_said_to_have_looked_long_ago(scan, stale, scan_known):
    look = seen([], history={"last_scan": scan})
    found = patches_of(lived(LONG, look), look, None, frozen=None)
    assert (found.stale, found.scan_known) == (stale, scan_known)
    said = " ".join(value for _, value in patch_lines(found, Say("en")))
    assert ("has not looked for updates for long" in said) is (stale and scan_known)
    assert ("when the PC last looked for updates is not known" in said) is not scan_known


@pytest.mark.parametrize(
    ("history", "vietnamese", "english"),
    [
        ({"last_scan": "2026-05-01"}, "cập nhật lấy từ máy chủ riêng; từ 01/05/2026 máy chưa tìm bản mới",
         "updates come by its own server; not searched since Fri 1 May 2026"),
        ({"last_scan": None}, "chưa rõ máy tìm bản cập nhật lần cuối lúc nào",
         "when the PC last looked for updates is not known"),
        ({"last_scan": "2026-05-01", "error": "0x8024402C", "last_failure": "2026-05-02"},
         "lỗi 0x8024402C, máy chủ cập nhật riêng không trả lời",
         "error 0x8024402C, its own update server does not answer"),
    ],
)  # fmt: skip
def test_a_server_of_the_schools_own_is_blamed_only_by_proof(history, vietnamese, english):
    look = seen([], automatic={"mode": "automatic", "own_server": True}, history=history)
    found = patches_of(lived([0], look), look, None, frozen=None)
    for language, words in (("vi", vietnamese), ("en", english)):
        said = " ".join(value for _, value in patch_lines(found, Say(language)))
        assert words in said
        proven = "error" in history
        assert (Say(language)("không trả lời", "does not answer") in said) is proven


@pytest.mark.parametrize(
    ("row", "vietnamese", "english"),
    [
        (pc(2965), ": chậm 73 bản dựng, trong đó 42 bản vá bảo mật;", ": 73 builds behind, 42 of them with security;"),
        (pc(7079, 22631), ": chậm 2 bản dựng;", ": 2 builds behind;"),
        (pc(7417), ": chậm 1 bản dựng;", ": 1 build behind;"),
    ],
)
def test_of_builds_behind_those_that_mend_security_are_told_apart(row, vietnamese, english):
    look, by_list = seen([], system=row), missing(row, None, KNOWN)
    found = patches_of(lived(LONG, look, by_list), look, by_list, frozen=None)
    assert vietnamese in dict(patch_lines(found, Say("vi")))["Bản vá còn thiếu"]
    assert english in dict(patch_lines(found, Say("en")))["Missing updates"]


def test_the_two_signs_do_not_depend_on_each_other():
    row = pc(7291)
    look = seen([], system=row)
    by_list = missing(row, None, KNOWN)
    found = patches_of(lived(LONG, look, by_list), look, by_list, frozen=None)
    assert (found.state, found.told, found.behind, found.missing) == ("waiting", 0, 2, 2)
    assert found.in_time() is False


@pytest.mark.parametrize(("days", "in_time"), [(range(16), True), (range(17), False)])
def test_in_time_is_two_weeks_of_being_on(days, in_time):
    look = seen(waits("KB1"))
    assert patches_of(lived(days, look, before=LOOKED), look, None, frozen=None).in_time() is in_time


@pytest.mark.parametrize(
    ("days", "published", "in_time", "state"),
    [
        ([0], None, None, "unknown"),
        ([0], "2026-01-13", None, "unknown"),
        (range(16), "2026-01-13", None, "unknown"),
        (range(17), "2026-01-13", False, "waiting"),
        ([0], "2026-09-01", True, "current"),
        ([0], "2099-01-01", None, "unknown"),
    ],
)
def test_what_was_missing_at_the_first_look_is_not_in_time_for_that(days, published, in_time, state):
    look = seen([{"update": "KB1", "kind": "security", "published": published}])
    found = patches_of(lived(days, look), look, None, frozen=None)
    assert (found.in_time(), found.state, found.at_least) == (in_time, state, True)
    assert (found.age_days or 0) <= (found.calendar_days or 0)


def test_the_day_of_publication_is_told_with_its_distance_by_the_calendar():
    look = seen([{"update": "KB1", "kind": "security", "published": "2026-01-13"}])
    found = patches_of(lived([0], look), look, None, frozen=None)
    assert (found.age_days, found.calendar_days) == (0, 0)
    assert (found.published, found.published_days) == (date(2026, 1, 13), 237)
    lines = dict(patch_lines(found, Say("en")))
    assert "; the oldest has waited at least part of a day (missing already" in lines["Security updates"]
    assert "237 days ago by the calendar" in lines["Security updates"]


@pytest.mark.parametrize(
    ("days", "later", "vietnamese", "english"),
    [
        ([0], 0, "ít nhất một phần ngày (", "at least part of a day ("),
        (
            [0],
            5,
            "ít nhất một phần ngày có bật máy, 4 ngày theo lịch",
            "at least part of a day of use, 4 days by the calendar",
        ),
        ([0, 1], 0, "ít nhất một phần ngày (", "at least part of a day ("),
        (range(4), 0, "ít nhất 2 ngày có bật máy, 2 ngày theo lịch", "at least 2 days of use, 2 days by the calendar"),
    ],
)
def test_half_an_hour_of_watching_is_not_told_as_a_day(days, later, vietnamese, english):
    look = seen(waits("KB1"))
    waiting = lived(days, look)
    assert waiting.looked is not None
    found = patches_of(waiting, look, None, frozen=None, today=waiting.looked + timedelta(days=later))
    for language, words in (("vi", vietnamese), ("en", english)):
        assert words in dict(patch_lines(found, Say(language)))[Say(language)("Cập nhật bảo mật", "Security updates")]
    told = updates_in_time(Known(system="windows", sections={}, patches=found), Policy()).reasons[0][1]["days"]
    assert (told.vi in vietnamese, told.en in english) == (True, True)


def test_a_pc_far_behind_by_the_list_is_not_in_time_because_it_was_just_added():
    row = pc(5073)
    by_list = missing(row, None, KNOWN)
    look = seen([], system=row)
    assert patches_of(lived([0], look, by_list), look, by_list, frozen=None).in_time() is None
    assert patches_of(lived(LONG, look, by_list), look, by_list, frozen=None).in_time() is False


def test_nothing_known_is_unknown_and_has_no_age():
    found = patches_of(Waiting(), Seen(), None, frozen=None)
    assert found.in_time() is None
    assert [(one.name, one.labels) for one in patches.readings(found)] == [("school_patch_state", {"state": "unknown"})]


def test_the_readings():
    row = pc(7291)
    look = seen(waits("KB1"), system=row)
    by_list = missing(row, None, KNOWN)
    told = list(patches.readings(patches_of(lived(LONG, look, by_list), look, by_list, frozen=None)))
    assert {one.name: one.value for one in told} == {
        "school_patch_state": 1.0,
        "school_patch_age_seconds": 18 * 86400.0,
        "school_windows_builds_behind": 2.0,
    }


def test_sections_as_the_store_has_them():
    found = seen_in({"operating_system": [{"build": 1}], "updates": [], "automatic_updates": []})
    assert (found.system, found.updates, found.automatic, found.history) == ({"build": 1}, [], None, None)


LOOK = st.builds(
    seen,
    st.one_of(st.none(), st.lists(st.sampled_from("abcdef"), max_size=4).map(lambda names: waits(*names))),
    history=st.fixed_dictionaries({"last_success": st.sampled_from(["", "2026-08-01", "2026-09-09"])}),
    system=st.sampled_from([pc(7291), pc(7548), {"system": "linux"}, {}]),
)


@given(st.lists(st.tuples(st.integers(0, 60), LOOK), max_size=30), st.sampled_from([None, True]))
def test_nothing_waits_longer_than_the_pc_was_on(looks, frozen):
    waiting = Waiting()
    days = set()
    for day, look in looks:
        waiting = follow(waiting, look, None, MONDAY + timedelta(days=day), frozen=frozen)
        days.add(day)
        assert waiting.pending.keys() <= missing_now(look, None) | waiting.pending.keys()
        assert all(1 <= one.days <= len(days) for one in waiting.pending.values())
        assert msgspec.json.decode(msgspec.json.encode(waiting), type=Waiting) == waiting
        found = patches_of(waiting, look, None, frozen=None)
        assert (found.age_days or 0) <= (found.calendar_days or 0)


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12))
ROW = st.dictionaries(
    st.sampled_from(
        [
            "update",
            "kind",
            "installed",
            "mode",
            "why",
            "paused_until",
            "own_server",
            "error",
            "last_scan",
            "revision",
            "last_success",
            "build",
            "system",
            "restart_pending",
        ]
    ),
    JUNK,
)


@given(ROW, ROW, ROW, st.lists(ROW, max_size=5))
def test_no_rows_of_a_stranger_break_it(system, automatic, history, updates):
    look = Seen(system=system, automatic=automatic, history=history, updates=updates)
    by_list = missing(system, updates, KNOWN)
    waiting = follow(Waiting(), look, by_list, MONDAY)
    list(patches.readings(patches_of(waiting, look, by_list, frozen=None)))


def test_a_pc_with_thousands_of_missing_updates_is_remembered_in_bounds():
    waiting = lived([0], seen(waits(*(f"KB{n}" for n in range(3000)))))
    assert len(waiting.pending) == 500
    for most in (300, 3000):
        look = seen(waits(*(f"KC{n}" for n in range(most))))
        assert len(follow(waiting, look, None, MONDAY, frozen=True).pending) == 500
