"""What every Prometheus rule must have, and that what is not a rule's to say is not in one."""

import re

import pytest
from tests.in_step.rule_cases import COLLECTOR_CASES, SCHOOL_CASES

from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.show.alerts_of_collector import ALIVE
from schooldrum_collector.show.rule import Alert, Role
from schooldrum_collector.show.rule_document import TEMPLATES, annotations, labels
from schooldrum_collector.show.rules import ALERTS, GROUPS

LONGEST = 700
"""Characters of a message (glossary, section 5)."""
CASES = (*COLLECTOR_CASES, *SCHOOL_CASES)
BY_NAME = {alert.name: alert for alert in ALERTS}
HELD_DOWN = [(alert.name, parent) for alert in ALERTS for parent in alert.held_down_by]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_rules_say_what_is_wrong_and_what_to_do(alert: Alert) -> None:
    said = annotations(alert, language="vi", grafana="https://grafana.example", templates=dict.fromkeys(TEMPLATES, "X"))
    for language in ("vi", "en"):
        message = said[f"summary_{language}"] + said[f"description_{language}"]
        assert len(message) <= LONGEST
        assert "{" not in message
    assert said["summary"] == said["summary_vi"]
    if alert.name == ALIVE:
        return
    assert said["dashboard"].startswith("https://grafana.example/d/schooldrum-")
    assert alert.held
    assert alert.severity is not None
    assert re.match(r"\[(KHẨN|CẦN XỬ LÝ|ĐỂ BIẾT)\] ", said["summary_vi"])
    assert labels(alert) == {"severity": alert.severity.value, "role": alert.role.value}


def test_rules_tell_people_of_schools_at_once_only_what_cannot_wait() -> None:
    at_once = {
        alert.name for alert in ALERTS if alert.role is Role.IT_OFFICER and alert.severity is not Severity.DIGEST
    }
    assert at_once == {"SchooldrumDiskFailing", "SchooldrumMachineConflict"}


def test_rules_have_one_name_each() -> None:
    names = [rule.name for group in GROUPS for rule in group.rules]
    assert len(set(names)) == len(names)
    assert {rule.name for group in GROUPS for rule in group.rules if isinstance(rule, Alert)} == set(BY_NAME)
    for name, parent in HELD_DOWN:
        assert parent in BY_NAME, name


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != ALIVE])
def test_rules_are_each_seen_quiet_then_firing_then_ended(name: str) -> None:
    by_case = [[one.labels is not None for one in case.seen if one.alert == name] for case in CASES]
    assert any(told[0] is False and True in told and told[-1] is False for told in by_case if told)


@pytest.mark.parametrize(("name", "parent"), HELD_DOWN)
def test_rules_are_each_seen_held_down(name: str, parent: str) -> None:
    held = [
        case.name
        for case in CASES
        if any(one.alert == name and one.labels is None for one in case.seen)
        and any(one.alert == parent and one.labels is not None for one in case.seen)
    ]
    assert held
