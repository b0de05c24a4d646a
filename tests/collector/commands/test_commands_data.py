"""`data` as it is typed, and the lists as a serving collector finds them."""

import json
import os
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from schooldrum_collector.app.dated_lists import SHIPPED, DatedLists
from schooldrum_collector.show.list_age import ListAges

Typed = Callable[..., Any]


def newer(tmp_path: Path, which: str = "support", **changes: Any) -> Path:
    content = {**json.loads((SHIPPED / f"{which}.json").read_text("utf-8")), "as_of": "2026-10-01", **changes}
    path = tmp_path / f"newer-{which}.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_data_shows_what_is_shipped_and_how_old_it_is(typed: Typed) -> None:
    said = typed("data", "show", "--json")
    assert said.code == 0
    lists = {one["list"]: one for one in said.data()}
    assert set(lists) == {"support", "builds"}
    assert all(one["shipped"] and one["entries"] > 100 for one in lists.values())
    age = (datetime.now(UTC).date() - date.fromisoformat(lists["builds"]["as_of"])).days
    assert lists["builds"]["age_days"] == age
    assert lists["builds"]["old"] is (age > 120)
    plain = typed("data", "show", lang="vi")
    assert "kèm theo phần mềm" in plain.out
    assert lists["builds"]["as_of"] in plain.out


def test_data_update_puts_a_newer_list_in(school: Typed, data: Path, tmp_path: Path) -> None:
    said = school("data", "update", str(newer(tmp_path)))
    assert said.code == 0
    assert "2026-10-01" in said.out
    shown = {one["list"]: one for one in school("data", "show", "--json").data()}
    assert (shown["support"]["as_of"], shown["support"]["shipped"]) == ("2026-10-01", False)
    assert shown["builds"]["shipped"]
    assert [path.name for path in (data / "lists").iterdir()] == ["support.json"]
    if os.name != "nt":
        assert (data / "lists" / "support.json").stat().st_mode & 0o077 == 0


def test_a_list_of_builds_dated_past_a_patch_day_that_it_lacks_is_taken_with_a_word(
    school: Typed, tmp_path: Path
) -> None:
    said = school("data", "update", str(newer(tmp_path, "builds", as_of="2026-08-10")))
    assert (said.code, said.err) == (0, "")
    path = newer(tmp_path, "builds", as_of="2026-08-19")
    said = school("data", "update", str(path))
    assert (said.code, said.err.count("\n")) == (0, 1)
    assert "Since the list of 2026-08-10 there was the patch day 2026-08-11" in said.err
    assert "Windows 10 (19045)" in said.err
    assert "Version 1809" not in said.err, "its support had ended"
    # As it stands in use now, it says nothing new; a later patch day does.
    assert school("data", "update", str(path)).err == ""
    content = json.loads(path.read_text("utf-8"))

    def with_news(revision: int) -> list[dict[str, Any]]:
        return [{**one, "updates": [*one["updates"], [revision, 5900000 + revision]]} if "updates" in one
                else {**one, "articles": [*one["articles"], 5900000 + revision]}
                for one in content["windows"]]  # fmt: skip

    some = [
        new if new["build"] != 20348 else old for new, old in zip(with_news(90000), content["windows"], strict=True)
    ]
    said = school("data", "update", str(newer(tmp_path, "builds", as_of="2026-09-09", windows=some)))
    assert "brings nothing for Windows Server 2022 (20348): PCs" in said.err
    windows = with_news(99999)
    assert school("data", "update", str(newer(tmp_path, "builds", as_of="2026-10-14", windows=windows))).err == ""
    said = school("data", "update", str(newer(tmp_path, "builds", as_of="2026-11-11", windows=windows)), lang="vi")
    assert (said.code, "đã qua kỳ vá 2026-11-10" in said.err) == (0, True)
    # End-of-support dates come and go on no patch day.
    assert school("data", "update", str(newer(tmp_path, as_of="2026-11-11"))).err == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"as_of": "2020-01-01"}, "older than the list in use"),
        ({"as_of": "2099-01-01"}, "in the future; allowed: until 20"),
        ({"windows": []}, "names no releases"),
        ({"what": "recipes"}, "recipes"),
        ({"extra": 1}, "the entry `extra` is not known there"),
        ({"linux": [{"product": "debian", "end": "2030-01-01"}]}, "at linux[0]: the entry `release` is missing"),
        ({"linux": [{"product": "debian", "release": "13", "end": "2030-01-01"}]}, "entries of the list in use would"),
        ({"linux": [{"product": "debian", "release": "13", "end": "2030-01-01"}] * 2}, "debian 13 stands there twice"),
    ],
)
def test_data_update_refuses_what_cannot_be_and_keeps_the_old(
    school: Typed, data: Path, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    said = school("data", "update", str(newer(tmp_path, **changes)))
    assert said.code == 1
    assert reason in said.err
    assert not (data / "lists").exists()


def test_a_list_of_tomorrow_is_refused_and_one_of_today_is_no_day_old(school: Typed, tmp_path: Path) -> None:
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    said = school("data", "update", str(newer(tmp_path, as_of=str(today + timedelta(days=1)))))
    assert said.code == 1
    assert "lies in the future" in said.err
    assert school("data", "update", str(newer(tmp_path, as_of=str(today)))).code == 0
    assert [one["age_days"] for one in school("data", "show", "--json").data() if one["list"] == "support"] == [0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_pipe_in_a_lists_place_hangs_nobody(school: Typed, data: Path) -> None:
    (data / "lists").mkdir()
    os.mkfifo(data / "lists" / "support.json")
    said = school("data", "show")
    assert said.code == 0
    assert "no regular file" in said.err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_update_takes_a_plain_file_alone(school: Typed, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path(os.devnull)):
        said = school("data", "update", str(path))
        assert (said.code, f"{path}: cannot be read (" in said.err) == (1, True)
        assert "cần một tệp thường" in school("data", "update", str(path), lang="vi").err


def test_a_mistake_in_an_edited_list_is_said_with_place_and_what_is_allowed(school: Typed, tmp_path: Path) -> None:
    path = tmp_path / "edited.json"
    content = json.loads(school("data", "export", "support").out)
    content["windows"][0]["channel"] = "ZZZ"
    path.write_text(json.dumps(content), "utf-8")
    assert "at windows[0].channel: there is no channel 'ZZZ'; allowed: W, E," in school("data", "update", str(path)).err
    said = school("data", "update", str(path), lang="vi")
    assert "ở windows[0].channel: không có kênh 'ZZZ'; được phép: W, E," in said.err


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"what": 7}'])
def test_data_update_refuses_what_is_no_list(school: Typed, tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(raw)
    said = school("data", "update", str(path))
    assert said.code == 1
    assert "The list in use stays" in said.err
    absent = tmp_path / "none.json"
    assert f"{absent}: there is no such file" in school("data", "update", str(absent)).err
    assert f"{absent}: không có tệp này" in school("data", "update", str(absent), lang="vi").err


@pytest.mark.parametrize(
    ("spoilt", "vietnamese", "english"),
    [
        ({"build": "x"}, "build: ở đó phải là số nguyên", "build: a whole number must stand there"),
        ({"updates": 7}, "updates: ở đó phải là danh sách [ … ]", "updates: a list [ … ] must stand there"),
        (
            {"updates": [[1, 2, 3]]},
            "updates[0]: ở đó phải là danh sách [ … ] gồm 2 giá trị",
            "updates[0]: a list [ … ] of 2 values must stand there",
        ),
        ({"security_after": []}, "ở đó phải là số nguyên hoặc null", "a whole number or null must stand there"),
    ],
)
def test_a_value_of_another_kind_is_said_in_plain_words(
    school: Typed, tmp_path: Path, spoilt: dict[str, Any], vietnamese: str, english: str
) -> None:
    path = tmp_path / "edited.json"
    content = json.loads(school("data", "export", "builds").out)
    content["windows"][4] |= spoilt
    path.write_text(json.dumps(content), "utf-8")
    assert english in school("data", "update", str(path)).err
    said = school("data", "update", str(path), lang="vi").err
    assert vietnamese in said
    assert "Vẫn dùng bảng cũ" in said


def test_a_list_that_shrinks_is_taken_when_that_is_said_and_reset_goes_back(
    school: Typed, data: Path, tmp_path: Path
) -> None:
    path = newer(tmp_path, linux=[{"product": "debian", "release": "13", "end": "2030-01-01"}])
    refused = school("data", "update", str(path), lang="vi")
    assert refused.code == 1
    assert "--shrink" in refused.err
    assert "debian 12" in refused.err
    assert school("data", "update", str(path), "--shrink").code == 0
    assert (data / "lists" / "support.json").exists()
    assert school("data", "reset", "support").code == 0
    assert not (data / "lists" / "support.json").exists()
    assert school("data", "reset", "support").code == 0


@pytest.mark.parametrize("name", ["support", "builds"])
def test_what_export_prints_update_takes_with_a_mark_of_byte_order_too(
    school: Typed, tmp_path: Path, name: str
) -> None:
    said = school("data", "export", name)
    assert said.code == 0
    path = tmp_path / "edited.json"
    path.write_text(said.out, "utf-8-sig")
    assert school("data", "update", str(path)).code == 0
    assert school("data", "export", name).out == said.out


def test_a_refusal_is_vietnamese_where_the_console_is(school: Typed, tmp_path: Path) -> None:
    path = newer(tmp_path, linux=[{"product": "debian", "end": "2030-01-01"}])
    assert "ở linux[0]: thiếu mục `release`" in school("data", "update", str(path), lang="vi").err


def test_a_list_that_was_spoilt_on_disk_is_not_used_and_said(school: Typed, data: Path, tmp_path: Path) -> None:
    assert school("data", "update", str(newer(tmp_path, "builds"))).code == 0
    (data / "lists" / "builds.json").write_text("{")
    said = school("data", "show")
    assert said.code == 0
    assert "Not used" in said.err
    assert "shipped" in said.out
    vietnamese = school("data", "show", lang="vi").err
    assert "tệp không phải JSON trọn vẹn" in vietnamese
    assert "data export" in vietnamese


def test_a_running_collector_takes_a_newer_list_without_a_restart(school: Typed, data: Path, tmp_path: Path) -> None:
    lists = DatedLists(data)
    before = lists.support()
    assert lists.support() is before
    assert school("data", "update", str(newer(tmp_path))).code == 0
    assert lists.support().as_of == date(2026, 10, 1)
    assert dict(lists.dates())["builds"] == lists.builds().as_of


@pytest.mark.parametrize(("day", "old"), [("2026-07-24", 0.0), ("2026-07-23", 1.0)])
def test_a_list_older_than_120_days_is_a_warning_metric(day: str, old: float) -> None:
    registry = CollectorRegistry()
    now = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
    registry.register(ListAges(lambda: [("support", date.fromisoformat(day))], lambda: now))
    assert f'schooldrum_list_old{{list="support"}} {old}' in generate_latest(registry).decode()


def test_the_collectors_own_page_dates_its_lists(served: Callable[..., Any]) -> None:
    collector = served(SCHOOLDRUM_COLLECTOR_OFFICE_OPEN="true")
    with urllib.request.urlopen(f"{collector.office}/metrics", timeout=20) as answer:
        page = answer.read().decode()
    assert 'schooldrum_list_timestamp_seconds{list="builds"}' in page
    assert 'schooldrum_list_old{list="support"}' in page


def test_check_names_a_list_of_the_office_that_is_not_used(school: Typed, data: Path, tmp_path: Path) -> None:
    assert school("data", "update", str(newer(tmp_path))).code == 0
    assert school("check").code == 0
    own = data / "lists" / "support.json"
    own.write_bytes(own.read_bytes()[:1000])
    said = school("check")
    assert said.code == 1
    assert str(own) in said.out
    assert "data reset support" in said.out
