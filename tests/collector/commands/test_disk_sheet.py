"""The disks of a PC in words."""

import io
from types import SimpleNamespace
from typing import Any

import pytest

from schooldrum_collector.commands import disk_sheet
from schooldrum_collector.commands.console import Console
from schooldrum_collector.judge.storage import CRITICAL, Reason, judge
from schooldrum_collector.show import disk_words
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import StoredSection
from schooldrum_wire.section import Values

ROWS: tuple[Values, ...] = (
    {
        "disk": "sda", "kind": "hdd", "size": 500107862016, "model": "Hitachi HDS721050DLE630", "source": "smart",
        "passed": False, "below": "5", "pending": 8, "hours": 65592, "temperature": 25,
    },
    {"disk": "nvme0n1", "kind": "nvme", "size": 250059350016, "critical": 0, "wear": 3, "source": "nvme"},
    {"disk": "sdb", "unread": "denied"},
)  # fmt: skip


def sections(*rows: Values) -> tuple[StoredSection, ...]:
    return (StoredSection(name="disks", digest="", updated=1.0, rows=rows),)


def printed(language: str, *rows: Values) -> str:
    out = io.StringIO()
    say = Say(language)
    console = Console(say=say, out=out, err=io.StringIO(), answers=io.StringIO())
    call: Any = SimpleNamespace(say=say, console=console)
    disk_sheet.show(call, disk_words.disks_of(sections(*rows)))
    return out.getvalue()


def test_a_person_reads_what_is_wrong() -> None:
    text = printed("vi", *ROWS)
    assert "SẮP HỎNG: chỉ số SMART chạm ngưỡng hỏng: 5, ổ đĩa tự báo sắp hỏng, cung từ chờ thay: 8" in text
    assert "65.592" in text
    assert "chưa rõ: không có quyền đọc" in text
    text = printed("en", *ROWS)
    assert "FAILING: SMART attributes at the limit of failure: 5, the disk itself foretells its failure" in text
    assert text.splitlines()[3].rstrip().endswith("good")


def test_a_program_reads_the_codes() -> None:
    found = disk_sheet.as_data(disk_words.disks_of(sections(*ROWS)))
    assert [(one["disk"], one["verdict"]) for one in found] == [
        ("sda", "failing"), ("nvme0n1", "ok"), ("sdb", "unknown"),
    ]  # fmt: skip
    assert found[0]["reasons"][0] == {"code": "below", "value": "5"}
    assert disk_words.disks_of(()) == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_words(language: str) -> None:
    worst: Values = {
        "passed": False, "critical": 0xFF, "below": "5", "outlived": "9", "health": "unhealthy", "wear": 99,
        "temperature": 99, **dict.fromkeys(("reallocated", "reallocations", "pending", "uncorrectable"), 1),
        "unreadable": 1, "media_errors": 1,
    }  # fmt: skip
    rows: list[Values] = [{"unread": why} for why in ("denied", "no_program", "asleep", "no_answer", "not_told")]
    rows += [{"health": "healthy", "bus": "raid"}, {"health": "healthy", "bus": "sata", "status": "6"}]
    rows += [worst, {"passed": False}, {"health": "warning"}, {"critical": 64}]
    rows += [{"passed": False, "last_read": "2026-11-20"}]
    reasons = [reason for row in rows for reason in judge(row).reasons]
    assert {one.code for one in reasons} == set(disk_words.REASONS)
    assert {code for _, code in CRITICAL} <= set(disk_words.REASONS)
    say = Say(language)
    assert all(disk_words.reason_words(one, say) not in {"", one.code} for one in reasons)
    assert disk_words.reason_words(Reason("of_tomorrow"), say) == "of_tomorrow"
