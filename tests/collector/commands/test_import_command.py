"""`import` as it is typed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

Typed = Callable[..., Any]
TABLE = (
    "Mã khu vực;Tên khu vực;Mã trường;Tên trường;Tên phòng;Số máy\n"
    "hn;Hà Nội;BM;THCS Bình Minh;Phòng Tin 1;24\n"
    "hn;Hà Nội;QY;TH Quảng Yên;Phòng Tin 2;18\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "phong.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_import_shows_what_was_understood_and_saves(typed: Typed, table: Path) -> None:
    said = typed("import", str(table), "--yes")
    assert said.code == 0, said.err
    assert "utf-8, ;" in said.out
    assert "Số máy = PCs" in said.out
    assert "BM/main/tin1" in said.out
    rooms = typed("room", "list", "--json").data()
    assert [(room["path"], room["name"], room["seats"]) for room in rooms] == [
        ("BM/main/tin1", "Phòng Tin 1", 24),
        ("QY/main/tin2", "Phòng Tin 2", 18),
    ]


def test_import_dry_run_saves_nothing_and_makes_no_store(typed: Typed, table: Path, data: Path) -> None:
    assert typed("import", str(table), "--dry-run").code == 1
    assert not data.exists()
    typed("school", "add", "--code", "XX", "--name", "X")
    said = typed("import", str(table), "--dry-run", "--json")
    assert said.code == 0
    assert said.data()["saved"] is False
    assert len(said.data()["steps"]) == 5
    assert [school["code"] for school in typed("school", "list", "--json").data()] == ["XX"]


def test_import_nothing_of_a_table_with_one_bad_row(typed: Typed, table: Path) -> None:
    table.write_text(TABLE + "hn;Hà Nội;;Trường không mã;Phòng Tin 1;5\n", encoding="utf-8")
    said = typed("import", str(table), "--yes")
    assert said.code == 1
    assert "phong.csv, line 4: no school code" in said.out
    assert typed("school", "list", "--json").data() == []


def test_import_refuses_cells_of_a_workbook_that_nobody_wrote(typed: Typed, tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Mã trường", "Tên trường", "Tên phòng", "Số máy"])
    sheet.append(["BM", "#REF!", "Tin 1", 3])
    sheet.append(["QY", datetime(2026, 9, 5, tzinfo=UTC).replace(tzinfo=None), "Tin 1", 3])
    sheet.append(["XX", "X", "Tin 1", True])
    workbook.save(tmp_path / "book.xlsx")
    workbook.close()
    said = typed("import", str(tmp_path / "book.xlsx"), "--yes")
    assert said.code == 1
    assert "book.xlsx, line 2: School name: #REF! is a formula's error" in said.out
    assert "book.xlsx, line 3: School name: 2026-09-05 00:00:00 is a date or a time" in said.out
    assert "book.xlsx, line 4: PCs: TRUE is a yes or no" in said.out
    assert "dòng 4: Số máy: TRUE là giá trị đúng/sai" in typed("import", str(tmp_path / "book.xlsx"), lang="vi").out
    assert typed("school", "list", "--json").data() == []


def test_import_shows_of_a_table_with_bad_rows_what_is_sure(typed: Typed, table: Path) -> None:
    typed("import", str(table), "--yes")
    table.write_text(
        TABLE.replace("BM;THCS Bình Minh;Phòng Tin 1;24", "BM;THCS Bình Minh;Phòng Tin 1;abc").replace(";18", ";19"),
        encoding="utf-8",
    )
    said = typed("import", str(table), "--retire-missing")
    assert said.code == 1
    assert "phong.csv, line 2: PCs 'abc'" in said.out
    assert "seats: 18 -> 19" in said.out
    assert "BM/main/tin1" not in said.out
    # The area stands on the bad row too, and so does the room that could otherwise be missing.
    assert "In all: change 1 room, 1 unchanged, 3 places left out for the rows named above." in said.out
    told = typed("import", str(table), "--json").data()
    assert ([step["key"] for step in told["steps"]], told["left_out"]) == (["QY/main/tin2"], 3)
    assert said.out.endswith("Nothing was saved: mend these rows, then import again.\n")


def test_import_one_transaction_over_several_files(typed: Typed, table: Path, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã trường", "Mã phòng", "Tên phòng", "Số máy"])
    sheet.append(["BM", "tin1", "Phòng Tin 1", 25])
    notes = book.create_sheet("Ghi chú")
    notes.append(["chỉ là lời nhắn"])
    book.save(tmp_path / "phong.xlsx")
    book.close()
    said = typed("import", str(table), str(tmp_path / "phong.xlsx"), "--yes")
    assert said.code == 1
    assert "25 differs from 24" in said.out
    assert typed("import", str(tmp_path / "phong.xlsx"), "--yes").code == 1
    assert typed("import", str(table), "--yes").code == 0
    said = typed("import", str(tmp_path / "phong.xlsx"), "--yes")
    assert said.code == 0
    assert "seats: 24 -> 25" in said.out
    assert "skipped" in said.out


def test_import_speaks_vietnamese(typed: Typed, table: Path) -> None:
    said = typed("import", str(table), "--yes", lang="vi")
    assert "Đã lưu." in said.out
    assert "loại: phòng máy, số máy: 24, luôn bật: không" in said.out
    assert not re.search(r"\b(seats|kind|level|False|lab|add)\b", said.out)
    assert "giữ nguyên" in said.out


def test_import_says_when_no_heading_is_understood(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = typed("import", str(tmp_path / "x.csv"))
    assert said.code == 1
    assert "School code" in said.err
    assert "did you mean" not in said.err
    assert typed("import", str(tmp_path / "away.csv")).code == 1


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_import_names_the_row_of_an_open_quotation_mark_and_what_is_wrong_before_it(
    typed: Typed, tmp_path: Path, separator: str
) -> None:
    table = tmp_path / "x.csv"
    rows = ["School code;School name", "A!;x", "BM;Bình Minh", 'QY;"Quảng Yên', "C!;y", ""]
    table.write_text("\n".join(rows).replace(";", separator), encoding="utf-8")
    for lang, line, mark, code in (
        ("vi", "dòng", "dấu nháy kép không đóng", "Mã trường 'A!'"),
        ("en", "line", "an open quotation mark", "School code 'A!'"),
    ):
        said = typed("import", str(table), "--yes", lang=lang)
        assert said.code == 1
        before, open_one = said.err.splitlines()
        assert before.startswith(f"! x.csv, {line} 2: {code}")
        assert open_one.startswith(f"{table}: {line} 4: {mark}")
    assert typed("school", "list").code == 1


def test_import_says_what_may_have_been_meant_by_a_heading(typed: Typed, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    table.write_text("code,name\nBM,Bình Minh\n", encoding="utf-8")
    said = typed("import", str(table))
    assert said.code == 1
    assert "code (did you mean School code or Room code?). name (did you mean Area name or School name" in said.err
    table.write_text("school,name,scholl level,notes\nBM,Bình Minh,THCS,x\n", encoding="utf-8")
    said = typed("import", str(table))
    assert "scholl level (did you mean School level?), notes" in said.out
    assert "name (did you mean Area name or School name or Room name?)" in said.out


def test_import_keeps_to_its_scope(typed: Typed, table: Path, tmp_path: Path) -> None:
    typed("import", str(table), "--yes")
    other = tmp_path / "other.csv"
    other.write_text("Mã trường,Tên trường\nQY,Đổi tên\n", encoding="utf-8")
    assert typed("import", str(other), "--yes", "--scope", "BM").code == 1
    assert typed("import", str(other), "--yes", "--scope", "xx").code == 1
    assert typed("import", str(other), "--yes", "--scope", "hn").code == 0


def test_import_is_written_to_the_log_of_changes(typed: Typed, table: Path, data: Path) -> None:
    from schooldrum_collector.store.records import EVERYTHING  # noqa: PLC0415 - the only test that opens the store
    from schooldrum_collector.store.sqlite import open_store  # noqa: PLC0415 - the only test that opens the store

    typed("import", str(table), "--yes")
    store = open_store(data, clock=lambda: 0.0, serving=False)
    try:
        changes = store.changes(EVERYTHING, 0.0)
    finally:
        store.close()
    assert [(change.actor, change.action, change.subject) for change in changes] == [
        ("office", "import.add", "hn"),
        ("office", "import.add", "BM"),
        ("office", "import.add", "QY"),
        ("office", "import.add", "BM/main/tin1"),
        ("office", "import.add", "QY/main/tin2"),
    ]
