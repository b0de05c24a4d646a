"""How a disk is, from what it says of itself."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.storage import COUNTED, Limits, Verdict, judge, readings, remembered
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.section import Values

SOUND: Values = {"disk": "sda", "source": "smart", "passed": True, "below": "", "reallocated": 0, "wear": 10}


@pytest.mark.parametrize(
    ("said", "verdict", "reasons"),
    [
        ({"passed": True}, "ok", []),
        *(({"health": "healthy", "bus": bus}, "ok", []) for bus in ("sata", "nvme", "scsi", "mmc", "sd")),
        ({"health": "healthy"}, "unknown", [("not_told", "")]),
        ({"health": "healthy", "bus": "virtual"}, "unknown", [("not_told", "")]),
        ({"health": "healthy", "bus": "raid"}, "unknown", [("raid", "")]),
        ({"health": "warning", "bus": "raid"}, "warning", [("warned", "")]),
        ({"health": "unhealthy", "bus": "raid"}, "failing", [("unhealthy", "")]),
        ({"passed": True, "bus": "raid"}, "ok", []),
        ({"health": "healthy", "bus": "sata", "status": "6"}, "unknown", [("status", "6")]),
        ({"passed": True, "status": "13"}, "unknown", [("status", "13")]),
        ({"passed": False, "status": "13"}, "failing", [("not_passed", "")]),
        ({"unread": "denied", "status": "13"}, "unknown", [("denied", "")]),
        ({"critical": 0}, "unknown", [("not_told", "")]),
        ({"below": ""}, "unknown", [("not_told", "")]),
        ({"passed": True, "unread": "denied"}, "ok", []),
        ({}, "unknown", [("not_told", "")]),
        ({"unread": "denied"}, "unknown", [("denied", "")]),
        ({"unread": "asleep", "temperature": 30}, "unknown", [("asleep", "")]),
        ({"wear": 10, "hours": 5}, "unknown", [("not_told", "")]),
        ({"passed": False}, "failing", [("not_passed", "")]),
        ({"health": "unhealthy"}, "failing", [("unhealthy", "")]),
        ({"passed": True, "below": "5 197"}, "failing", [("below", "5 197")]),
        ({"passed": False, "critical": 1}, "failing", [("spare_low", "")]),
        ({"critical": 2}, "failing", [("too_hot", "")]),
        ({"critical": 0b101000}, "failing", [("read_only", "")]),
        ({"critical": 128}, "failing", [("critical", "128")]),
        ({"passed": False, "pending": 8}, "failing", [("not_passed", ""), ("pending", "8")]),
        ({"passed": True, "reallocated": 1}, "warning", [("reallocated", "1")]),
        ({"passed": True, "media_errors": 7}, "warning", [("media_errors", "7")]),
        ({"health": "warning"}, "warning", [("warned", "")]),
        ({"passed": True, "outlived": "9"}, "warning", [("outlived", "9")]),
        ({"passed": True, "wear": 89, "temperature": 59}, "ok", []),
        ({"passed": True, "wear": 90, "temperature": 60}, "warning", [("wear", "90"), ("temperature", "60")]),
        ({"unread": "denied", "temperature": 71}, "warning", [("temperature", "71")]),
    ],
)
def test_a_disk_is_judged(said: Values, verdict: str, reasons: list[tuple[str, str]]) -> None:
    found = judge(said)
    assert (found.verdict.value, [(one.code, one.value) for one in found.reasons]) == (verdict, reasons)


def test_limits_can_be_others() -> None:
    assert judge({**SOUND, "wear": 95, "temperature": 65}, Limits(wear=96, temperature=66)).verdict is Verdict.OK


def test_a_pc_shows_one_series_for_each_verdict_that_it_has() -> None:
    rows: list[Values] = [SOUND, {**SOUND, "disk": "sdb", "pending": 1}, {"disk": "sdc"}, {**SOUND, "disk": "sdd"}]
    assert {one.labels["verdict"]: one.value for one in readings(rows)} == {"ok": 2, "warning": 1, "unknown": 1}
    assert readings([]) == []


@pytest.mark.parametrize("column", COUNTED)
def test_every_count_is_a_column(column: str) -> None:
    assert {one.name: one.type for one in DISKS.columns}[column] == "integer"


VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)


@given(said=st.dictionaries(st.sampled_from([one.name for one in DISKS.columns]), VALUE))
def test_any_row_has_a_verdict_and_every_other_than_ok_a_reason(said: Values) -> None:
    found = judge(said)
    assert (found.verdict is Verdict.OK) == (not found.reasons)


@given(said=st.dictionaries(st.sampled_from(COUNTED), st.integers(min_value=0, max_value=9)))
def test_a_disk_that_says_worse_is_never_better(said: dict[str, int]) -> None:
    order = [Verdict.OK, Verdict.WARNING, Verdict.FAILING]
    plain = judge({**SOUND, **said})
    worse = judge({**SOUND, **said, "pending": 5, "passed": False})
    assert order.index(worse.verdict) >= order.index(plain.verdict)


ASLEEP: Values = {"disk": "sda", "size": 500, "unread": "asleep"}
READ = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("before", "now", "verdict", "reasons"),
    [
        ({"passed": False}, {"unread": "asleep"}, "failing", ["not_passed", "last_read"]),
        ({"passed": True, "pending": 8}, {"unread": "asleep"}, "warning", ["pending", "last_read"]),
        ({"passed": True}, {"unread": "asleep"}, "ok", []),
        ({"unread": "denied"}, {"unread": "asleep"}, "unknown", ["asleep"]),
        # It does not answer any more: that is no better.
        ({"passed": False}, {"unread": "no_answer"}, "failing", ["not_passed", "last_read"]),
        ({"passed": True}, {"unread": "no_answer"}, "unknown", ["no_answer"]),
        # It is read again.
        ({"passed": False}, {"passed": True}, "ok", []),
        # Another disk stands in its place.
        ({"passed": False}, {"unread": "asleep", "size": 1000}, "unknown", ["asleep"]),
        ({"passed": False}, {"unread": "asleep", "serial": "b"}, "unknown", ["asleep"]),
    ],
)
def test_a_disk_that_sleeps_is_as_it_was_when_it_was_read(
    before: Values, now: Values, verdict: str, reasons: list[str]
) -> None:
    same: Values = {"disk": "sda", "size": 500}
    _, known = remembered([{**same, **before}], {}, READ)
    for later in range(1, 4):
        (row,), known = remembered([{**same, **now}], known, READ + timedelta(days=later))
        found = judge(row)
        assert (found.verdict.value, [one.code for one in found.reasons]) == (verdict, reasons)
        assert {one.value for one in found.reasons if one.code == "last_read"} <= {READ.isoformat()}
    assert readings([row])[0].labels == {"verdict": verdict}


def test_a_day_that_the_pc_itself_names_is_not_believed() -> None:
    (row,), _ = remembered([{"disk": "sda", "passed": False, "last_read": "never"}], {}, READ)
    assert [one.code for one in judge(row).reasons] == ["not_passed"]


def test_a_disk_that_is_gone_is_forgotten() -> None:
    _, known = remembered([SOUND], {}, READ)
    assert remembered([], known, READ) == ([], {})
    (row,), _ = remembered([ASLEEP], known, READ)
    assert row == ASLEEP
