"""Pending updates of a Debian, by real apt and dpkg on lists and packages made for it, without any network."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.agent import apt_house

from schooldrum_collector.judge.patches import patches_of
from schooldrum_collector.judge.waiting import Seen, Waiting, follow

pytestmark = pytest.mark.namespaces
HOUSE = Path(apt_house.__file__)
FIRST = date(2026, 3, 2)
UNKNOWN = {"no security source": "no_security_source: ", "no lists": "no_lists: "}
BROKEN = {
    "dpkg's list is empty": "dpkg's list of installed packages (/var/lib/dpkg/status) is missing or empty",
    "dpkg's list is gone": "dpkg's list of installed packages (/var/lib/dpkg/status) is missing or empty",
    "broken sources": "apt cannot read its data (apt-get update --print-uris, changes nothing): Malformed entry 3",
    "an empty list": "a list of apt's is empty or broken; fetch the lists again with apt-get update: ",
    "broken lists": "a list of apt's is empty or broken; fetch the lists again with apt-get update: ",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, Any]:
    words = ["unshare", "--mount", "--net", sys.executable, str(HOUSE), str(tmp_path_factory.mktemp("house"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = subprocess.run(words, env=environment, check=False, capture_output=True, text=True, timeout=240)
    if "overlay" in ended.stderr and "mount" in ended.stderr:
        pytest.skip("this kernel has no overlay file system, which keeps the tests' changes from the real /usr/bin")
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def kinds(step: dict[str, Any]) -> dict[str, str]:
    return {row["update"]: row["kind"] for row in step["updates"]}


def test_it_is_asked_without_touching_the_packages_state(told):
    answered = {name: step["outcomes"] for name, step in told.items() if name not in {*UNKNOWN, *BROKEN}}
    assert answered == dict.fromkeys(answered, ["ok"] * 3)
    assert [name for name, step in told.items() if not step["untouched"]] == []


def test_where_nothing_waits_nothing_is_said_to_wait(told):
    assert (told["nothing waits"]["pending"], told["nothing waits"]["updates"]) == ([0], [])


def test_a_fix_is_told_from_an_ordinary_update(told):
    assert kinds(told["one fix waits"]) == {"alpha": "security", "beta": "other"}
    assert told["one fix waits"]["pending"] == [1]
    (row,) = [row for row in told["one fix waits"]["updates"] if row["update"] == "alpha"]
    assert (row["installed"], row["available"]) == ("1.0", "1.1")


def test_a_fix_that_was_overtaken_or_is_held_back_still_waits(told):
    assert kinds(told["three fixes wait"]) == dict.fromkeys(("alpha", "beta", "gamma"), "security")
    held = {row["update"]: row["held"] for row in told["three fixes wait"]["updates"]}
    assert held == {"alpha": False, "beta": False, "gamma": True}


def test_a_fix_that_a_pin_keeps_away_still_waits(told):
    step = told["a fix is pinned away"]
    assert kinds(step) == kinds(told["three fixes wait"])
    held = {row["update"]: row["held"] for row in step["updates"]}
    assert held == {"alpha": True, "beta": False, "gamma": True}


def test_it_waits_for_no_lock_of_dpkg(told):
    assert told["locked"]["keeps_out"], "the locks are real: apt itself is kept out"
    assert told["locked"]["updates"] == told["three fixes wait"]["updates"]
    assert told["locked"]["took"] < 10


@pytest.mark.parametrize(
    ("step", "mode", "why"),
    [
        ("nothing waits", "off", "not_installed"),
        ("unattended, not installed", "off", "not_installed"),
        ("unattended, nothing runs it", "off", "timer_off"),
        ("unattended", "automatic", "choice"),
        ("notify", "notify", "choice"),
    ],
)
def test_whether_they_come_by_themselves_is_told(told, step, mode, why):
    assert (told[step]["automatic"]["mode"], told[step]["automatic"]["why"]) == (mode, why)


def seen(step: dict[str, Any]) -> Seen:
    return Seen(
        system={"system": "linux"}, automatic=step["automatic"], history=step["history"], updates=step["updates"]
    )


def test_the_age_is_that_of_the_oldest_one_that_waits_and_counts_days_of_being_on(told):
    waiting = Waiting()
    # On for eight days, off for the holidays, then on for ten; the second fix comes with the third step.
    days = [*range(8), *range(60, 70)]
    steps = ["one fix waits"] * 8 + ["three fixes wait"] * 10
    for day, step in zip(days, steps, strict=True):
        waiting = follow(waiting, seen(told[step]), None, FIRST + timedelta(days=day))
    found = patches_of(waiting, seen(told["three fixes wait"]), None, frozen=False)
    assert (found.age_days, found.calendar_days, found.missing) == (16, 68, 3)
    assert found.in_time() is False
    waiting = follow(waiting, seen(told["the first fix is installed"]), None, FIRST + timedelta(days=70))
    installed = told["the first fix is installed"]
    # The recorded day of its search is that of this run, and the days here are made up.
    searched = {**installed["history"], "last_scan": f"{FIRST + timedelta(days=70)}"}
    found = patches_of(waiting, seen({**installed, "history": searched}), None, frozen=False)
    assert (found.age_days, found.calendar_days, found.missing) == (9, 9, 2)
    assert found.in_time() is True


def test_a_list_of_packages_that_is_lost_begins_no_age_anew(told):
    waiting = Waiting()
    lost = {**told["one fix waits"], "outcomes": told["dpkg's list is empty"]["outcomes"]}
    # What a probe could not tell stays as it was last known: the collector has the rows from before.
    for day, step in enumerate([told["one fix waits"]] * 10 + [lost] * 5 + [told["three fixes wait"]]):
        waiting = follow(waiting, seen(step), None, FIRST + timedelta(days=day))
    assert patches_of(waiting, seen(told["three fixes wait"]), None, frozen=False).age_days == 14
    assert told["dpkg's list is back"]["updates"] == told["the first fix is installed"]["updates"]


@pytest.mark.parametrize(("step", "reason"), BROKEN.items())
def test_what_is_broken_is_said_and_nothing_is_said_to_be_well(told, step, reason):
    found = told[step]
    assert (found["outcomes"], found["pending"], found["updates"]) == (["failed", "ok", "ok"], [], [])
    assert found["reasons"][0].startswith(reason)
    assert "secret" not in found["reasons"][0]
    assert ("last_scan" in found["history"]) == (step != "broken lists")


def test_lists_that_are_old_are_said_to_be_old(told):
    today = datetime.now(UTC).date()
    fresh = patches_of(Waiting(looked=today), seen(told["notify"]), None, frozen=False)
    stale = patches_of(Waiting(looked=today), seen(told["lists are old"]), None, frozen=False)
    assert (fresh.stale, stale.stale) == (False, True)
    scanned = date.fromisoformat(told["lists are old"]["history"]["last_scan"])
    assert (today - scanned).days in {apt_house.OLD_DAYS, apt_house.OLD_DAYS + 1, apt_house.OLD_DAYS - 1}


def test_lists_that_are_renewed_but_for_those_of_security_updates_are_old(told):
    today = datetime.now(UTC).date()
    for step, days in (("the security archive by http", 0), ("the security archive cut off", apt_house.OLD_DAYS)):
        assert told[step]["outcomes"] == ["ok"] * 3
        scanned = date.fromisoformat(told[step]["history"]["last_scan"])
        assert abs((today - scanned).days - days) <= 1
    assert patches_of(Waiting(looked=today), seen(told["the security archive cut off"]), None, frozen=False).stale


@pytest.mark.parametrize(("step", "reason"), UNKNOWN.items())
def test_without_lists_of_security_updates_it_is_not_known_what_waits(told, step, reason):
    found = told[step]
    assert (found["outcomes"], found["pending"], found["updates"]) == (["unavailable", "ok", "ok"], [], [])
    assert found["reasons"][0].startswith(reason)
    assert ("last_scan" in found["history"]) == (step != "no lists")
