"""Tables as people save them: encodings, separators, workbooks, and files built to do harm."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from schooldrum_collector.commands import sheets
from schooldrum_collector.commands.columns import known_headings
from schooldrum_collector.commands.sheets import Sheet, Unreadable, read_sheets, sheets_of

TABLE = "Mã trường;Tên trường;Cấp học\nBM;THCS Bình Minh;THCS\nQY;TH Quảng Yên, phường Đống Đa;TH\n"
CELLS = [
    ("Mã trường", "Tên trường", "Cấp học"),
    ("BM", "THCS Bình Minh", "THCS"),
    ("QY", "TH Quảng Yên, phường Đống Đa", "TH"),
]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(body: bytes) -> Path:
        path = tmp_path / "table"
        path.write_bytes(body)
        return path

    return write


def _only(path: Path) -> Sheet:
    (sheet,) = read_sheets(path, known_headings)
    return sheet


def _cells(path: Path) -> list[tuple[str, ...]]:
    return [row.cells for row in _only(path).rows if any(row.cells)]


def _cp1258(text: str) -> bytes:
    """Windows' Vietnamese has letters with hat or horn and combining tones: NFC cannot be encoded as it is."""
    out = bytearray()
    for character in text:
        try:
            out += character.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", character)
            tones = [mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323"]
            letter = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
            out += (letter + "".join(tones)).encode("cp1258")
    return bytes(out)


@pytest.mark.parametrize(
    "body",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        _cp1258(TABLE),
        unicodedata.normalize("NFD", TABLE).encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.replace(";", "\t").encode(),
        b"sep=;\n" + TABLE.encode(),
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in CELLS).encode(),
    ],
    ids=["utf8", "bom", "utf16", "utf16le", "utf16be", "cp1258", "nfd", "crlf", "cr", "tab", "sep", "quoted"],
)
def test_sheets_every_way_to_save_a_csv(body: bytes, written: Callable[[bytes], Path]) -> None:
    assert _cells(written(body))[-3:] == CELLS


def test_sheets_lines_are_those_of_the_file(written: Callable[[bytes], Path]) -> None:
    path = written('Danh sách trường\n\nMã trường,Tên trường\nBM,"hai\ndòng"\nQY,Quảng Yên\n'.encode())
    rows = {row.cells[0]: row.line for row in _only(path).rows if row.cells}
    assert rows == {"Danh sách trường": 1, "Mã trường": 3, "BM": 4, "QY": 6}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'a,b\n"open quote,1\n2,3\n', "quotation mark"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", r"\.xlsx"),
        (b"\x00\x01\x02\x03 binary", "."),
        ("Tr\xad\xeang Ti\xd3u h\xe4c \xae\xb5".encode("latin-1"), "TCVN3"),
        (b"PK\x03\x04 no zip", "LibreOffice"),
        (b"PK\x05\x06" + b"\x00" * 18, "LibreOffice"),
    ],
)
def test_sheets_what_cannot_be_read_is_said(body: bytes, said: str, written: Callable[[bytes], Path]) -> None:
    with pytest.raises(Unreadable, match=said):
        read_sheets(written(body), known_headings)


@pytest.mark.parametrize(
    "body",
    [
        "Kính gửi các thầy cô,\ndanh sách ở trang sau.\n".encode(),
        "ghi chú\n".encode("utf-16"),
        b"<html><table><tr><td>Ma truong</td></tr></table></html>",
        b'a,"b',
        b" \n",
    ],
)
def test_sheets_a_text_that_is_called_a_workbook_is_told_so(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "truong.xlsx"
    path.write_bytes(body)
    with pytest.raises(Unreadable, match=r"is called \.xlsx but holds plain text, no workbook: open it in Excel"):
        read_sheets(path, known_headings)


def test_sheets_a_csv_under_a_workbooks_name_that_does_not_end_says_where(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(b'room,seats\n"tin1,7\ntin2,-5\n')
    with pytest.raises(Unreadable, match="line 2: an open quotation mark"):
        read_sheets(path, known_headings)


@pytest.mark.parametrize("body", [b"", b"SelX~N\x81%j\x9f0P\xfd\x1e\x99\xce", b"\x00" * 600, b"PK\x03\x04"])
def test_sheets_a_broken_workbook_is_called_one(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "Danh sách.XLSX"
    path.write_bytes(body)
    with pytest.raises(Unreadable, match="broken workbook"):
        read_sheets(path, known_headings)


def test_sheets_a_csv_under_a_workbooks_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(TABLE.encode())
    assert _cells(path) == CELLS


def test_sheets_an_open_quotation_mark_says_that_it_hides_the_other_rows(written: Callable[[bytes], Path]) -> None:
    with pytest.raises(Unreadable, match=r"line 2: an open quotation mark.*the rows behind it cannot be read before"):
        read_sheets(written(b'room,seats\n"tin1,7\ntin2,-5\n'), known_headings)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("rows", "line", "before"),
    [
        (["room;seats", "tin1;7", '"tin2;8', "tin3;9"], 3, 2),
        (["room;seats", '"tin1;8', 'tin2;"9"', "tin3;9"], 2, 1),
        (['room;"seats', "tin1;7"], 1, 0),
        (["a title", "", 'room;"seats', "tin1;7"], 3, 2),
        (['room;"seats\nof it";kind', "tin1;7;lab", '"tin2;8;lab'], 4, 2),
    ],
)
def test_sheets_an_open_quotation_mark_is_found_whatever_stands_between_cells(
    rows: list[str], line: int, before: int, separator: str, end: str, written: Callable[[bytes], Path]
) -> None:
    body = end.join([*rows, ""]).replace(";", separator).encode()
    with pytest.raises(Unreadable, match=rf"line {line}: an open quotation mark") as refused:
        read_sheets(written(body), known_headings)
    sheet = refused.value.before
    assert sheet is not None
    assert len(sheet.rows) == before


def test_sheets_too_large_or_absent(written: Callable[[bytes], Path], tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="20 MiB"):
        read_sheets(written(b"a,b\n" * (6 << 20)), known_headings)
    with pytest.raises(Unreadable, match="100000 lines"):
        read_sheets(written(b"room\n" + b"x\n" * 100_000), known_headings)
    with pytest.raises(Unreadable, match="No such file"):
        read_sheets(tmp_path / "away.csv", known_headings)
    with pytest.raises(Unreadable, match="directory"):
        read_sheets(tmp_path, known_headings)


def _workbook(path: Path, rows: Sequence[tuple[object, ...]], *, title: str = "Trường") -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    workbook.close()
    return path


def test_sheets_of_a_workbook(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "book.xlsx", [*CELLS, (None, 7, 7.5), (True, 1e20, None)])
    sheet = _only(path)
    assert [row.cells for row in sheet.rows[:3]] == CELLS
    assert sheet.rows[3] == sheets.SheetRow(4, ("", "7", "7.5"))
    assert sheet.rows[4].cells[0] == "TRUE"
    assert sheet.form == "xlsx, Trường"


def test_sheets_a_formula_without_its_result_is_not_an_empty_cell(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "book.xlsx", [("Số máy", "B"), ("=1+2", None, 7), (4, "x")])
    assert _cells(path) == [("Số máy", "B"), ("=", "", "7"), ("4", "x")]
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        body = archive.read(part)
    assert body.count(b"<f>1+2</f><v />") + body.count(b"<f>1+2</f><v/>") + body.count(b"<f>1+2</f><v></v>") == 1
    for answered, cell in ((rb"<f>1+2</f><v>3</v>", "3"), (rb"<f>1+2</f><v></v>", "")):
        written = re.sub(rb"<f>1\+2</f><v ?/?>(</v>)?", answered, body)
        if not cell:
            # A formula whose result is an empty text says so by its kind.
            written = re.sub(rb'<c r="A2"', rb'<c r="A2" t="str"', written)
        assert _cells(_with_part(path, tmp_path / "answered.xlsx", part, written))[1] == (cell, "", "7")


def test_sheets_a_code_typed_as_a_number_keeps_the_zeros_of_its_format(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Mã trường"])
    sheet.append([1001701])
    cell = sheet["A2"]
    cell.number_format = "00000000"
    workbook.save(tmp_path / "book.xlsx")
    workbook.close()
    assert _cells(tmp_path / "book.xlsx")[1] == ("01001701",)


def _with_part(source: Path, target: Path, part: str, body: bytes) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            if item.filename != part:
                new.writestr(item.filename, old.read(item))
        new.writestr(part, body)
    return target


def test_sheets_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    book = _workbook(tmp_path / "book.xlsx", CELLS)
    bomb = _with_part(book, tmp_path / "bomb.xlsx", "xl/media/picture.png", b"\0" * (sheets.UNPACKED_BYTES + 1))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(Unreadable, match="unpacks to more than"):
        read_sheets(bomb, known_headings)


def test_sheets_a_workbook_with_thousands_of_parts_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.xlsx", "w") as archive:
        for number in range(sheets.PARTS + 1):
            archive.writestr(f"x{number}.xml", b"")
    with pytest.raises(Unreadable, match="unpacks to more than"):
        read_sheets(tmp_path / "many.xlsx", known_headings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_sheets_entities_are_never_expanded(tmp_path: Path, encoding: str) -> None:
    book = _workbook(tmp_path / "book.xlsx", CELLS)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    body = f'<?xml version="1.0"?><!DOCTYPE sst [{laughs}]><sst><si><t>&l11;</t></si></sst>'.encode(encoding)
    with pytest.raises(Unreadable, match="entities"):
        read_sheets(_with_part(book, tmp_path / "laughs.xlsx", "xl/sharedStrings.xml", body), known_headings)


def test_sheets_a_row_that_claims_to_be_the_millionth_is_bounded(tmp_path: Path) -> None:
    book = _workbook(tmp_path / "book.xlsx", CELLS)
    with zipfile.ZipFile(book) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b'<row r="3"', b'<row r="999999999"')
    assert far != sheet
    with pytest.raises(Unreadable, match=r"lines|read as"):
        read_sheets(_with_part(book, tmp_path / "far.xlsx", "xl/worksheets/sheet1.xml", far), known_headings)


@given(st.binary(max_size=400))
@settings(max_examples=150)
def test_sheets_any_bytes_are_a_table_or_refused(body: bytes) -> None:
    try:
        found = sheets_of("table", body, known_headings)
    except Unreadable:
        return
    assert all(sign.isprintable() for sheet in found for row in sheet.rows for cell in row.cells for sign in cell)


@given(st.binary(min_size=1, max_size=60), st.integers(0, 5000))
@settings(max_examples=60, deadline=None)
def test_sheets_a_workbook_with_flipped_bytes_is_a_table_or_refused(noise: bytes, place: int) -> None:
    memory = io.BytesIO()
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in CELLS:
        sheet.append(row)
    workbook.save(memory)
    workbook.close()
    body = bytearray(memory.getvalue())
    start = 4 + place % (len(body) - 4)
    body[start : start + len(noise)] = noise

    try:
        sheets_of("book.xlsx", bytes(body), known_headings)
    except Unreadable:
        return
