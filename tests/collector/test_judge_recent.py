"""How long what a PC has told is believed: in days of use, never for ever, and only while it is on."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.dated_lists import DatedLists
from schooldrum_collector.app.judging_rules import JudgingRules
from schooldrum_collector.judge.appraisal import Case, Look, Memory, appraise
from schooldrum_collector.judge.recent import RECENT_DAYS, Told, tell, too_old
from schooldrum_collector.judge.software import Where
from schooldrum_wire.section import Values

DAY = date(2026, 8, 20)
NOON = 1_787_200_000.0
WHERE = Where(school="DEMO", room="DEMO/main/tin1", kind="lab")
TOLD: dict[str, tuple[Values, ...]] = {
    "operating_system": (
        {
            "system": "linux",
            "product": "debian",
            "release": "12",
            "foundation": "bookworm",
            "extended": "security_source",
        },
    ),
    "update_history": ({"last_scan": "2026-08-20", "last_success": "2026-08-01"},),
    "automatic_updates": ({"mode": "automatic", "why": "choice", "restart_pending": False},),
    "updates": (),
    "firewall": ({"profile": "ufw", "product": "ufw", "enabled": True, "inbound": "block"},),
    "sharing": ({"server": "on", "client": "off"},),
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("data")
    return JudgingRules(directory, DatedLists(directory)).in_force().rules


def lived(rules: Any, outcomes: dict[str, str], count: int, *, on: bool = True) -> list[Look]:
    """Looks at a PC that tells everything on its first day, and from then on ends its probes like this."""
    memory, looks = Memory(), []
    for number in range(count):
        day = DAY + timedelta(days=number)
        at = NOON + 86400.0 * number
        history = ({**TOLD["update_history"][0], "last_scan": (day if on else DAY).isoformat()},)
        failing = outcomes if number else {}
        look = appraise(
            Case(
                sections={**TOLD, "update_history": history},
                updated=dict.fromkeys(TOLD, NOON),
                outcomes={name: failing.get(name, "ok") for name in TOLD},
                measured={name: at if on else NOON for name in TOLD if name not in failing},
                told={},
                frozen=None,
                where=WHERE,
                planned=None,
                heard=day if on else DAY,
                today=day,
            ),
            rules,
            memory,
        )
        memory = look.memory
        looks.append(look)
    return looks


def said(look: Look, name: str) -> tuple[str, tuple[str, ...]]:
    (check,) = [one for one in look.verdicts.checks if one.name == name]
    return check.verdict.value, check.reasons


@pytest.mark.parametrize("outcome", ["failed", "timed_out"])
def test_what_is_met_by_an_answer_that_is_never_renewed_is_not_known_after_a_week_of_use(rules, outcome):
    looks = lived(rules, {"updates": outcome, "firewall": outcome, "sharing": outcome}, RECENT_DAYS + 2)
    for look in looks[:-1]:
        assert [said(look, name)[0] for name in ("updates_in_time", "firewall", "smb1")] == ["met", "met", "not_met"]
    last = looks[-1]
    assert said(last, "updates_in_time") == ("unknown", ("updates_unread", "failed"))
    assert said(last, "firewall") == ("unknown", ("unread",))
    # What was bad has not become better by silence.
    assert said(last, "smb1")[0] == "not_met"
    assert last.verdicts.patches is not None
    assert last.verdicts.patches.state == "unknown"
    checks = {one.name: one for one in last.verdicts.checks}
    assert "Thu 20 Aug 2026" in checks["firewall"].evidence[0].en
    assert checks["firewall"].fix
    assert checks["updates_in_time"].fix


def test_what_may_not_be_read_any_more_is_not_met_by_what_was_read_before(rules):
    look = lived(rules, {"updates": "denied", "firewall": "denied"}, 2)[-1]
    assert said(look, "updates_in_time") == ("unknown", ("updates_unread", "denied"))
    assert said(look, "firewall") == ("unknown", ("denied",))


def test_a_pc_that_is_off_keeps_its_verdicts(rules):
    looks = lived(rules, {}, 25, on=False)
    assert {said(look, "firewall")[0] for look in looks} == {"met"}
    assert {said(look, "updates_in_time")[0] for look in looks} == {"met"}


def test_a_pc_that_answers_is_believed(rules):
    assert {said(look, "firewall")[0] for look in lived(rules, {}, 25)} == {"met"}


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=40))
def test_an_answer_is_too_old_exactly_after_so_many_days_of_use(looks: list[tuple[int, bool]]) -> None:
    known = tell({}, {"firewall": NOON}, DAY, another_day=False, today=DAY)
    day, at, since = DAY, NOON, 0
    for passed, answers in looks:
        day += timedelta(days=passed)
        at += 600.0 * answers
        known = tell(known, {"firewall": at}, day, another_day=passed > 0, today=day)
        since = 0 if answers else since + (passed > 0)
        assert known["firewall"].days == since
        assert bool(too_old(known)) is (since > RECENT_DAYS)


def test_the_same_run_is_not_taken_for_a_new_one():
    known = tell({"firewall": Told(DAY, NOON, 3)}, {"firewall": NOON + 5}, DAY, another_day=True, today=DAY)
    assert known["firewall"] == Told(DAY, NOON, 4)
    # A day that a clock which was ahead has given is no longer in the future.
    later = DAY + timedelta(days=9)
    known = tell({"firewall": Told(later, NOON, 3)}, {"firewall": NOON}, DAY, another_day=False, today=DAY)
    assert known["firewall"] == Told(DAY, NOON, 3)
