"""What stands in a person's CSV or XLSX file: rows of text with their line numbers, within bounds no file can lift."""

import contextlib
import csv
import io
import itertools
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

FILE_BYTES = 20 << 20
UNPACKED_BYTES = 100 << 20
PARTS = 2000
ROWS = 100_000
COLUMNS = 60
CELL_LENGTH = 2000
HEADING_ROWS = 20
"""Titles of an office's table stand above the headings; further down nobody looks for them."""
_SEPARATORS = {",": ",", ";": ";", "\t": "tab"}
"""What stands between cells, and how it is called."""
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_WORKBOOKS = (".xlsx", ".xlsm")
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_ZEROS = re.compile(r"0{2,20}\Z")
_LEGACY_LETTERS = frozenset("®\u00b8µ¶·¹©¬")
"""What đ, á, à … of the old TCVN3 fonts (.VnTime) look like when read as Windows' Vietnamese."""


class Unreadable(ValueError):  # noqa: N818 - it names what the file is
    """The file, or a part of it, cannot be read; says why and what to do in both languages.

    `before` is what could be read of it, up to there; None where it is no table, or too large for one.
    """

    def __init__(self, vietnamese: str, english: str, *, before: "Sheet | None" = None) -> None:
        self.vietnamese, self.english, self.before = vietnamese, english, before
        super().__init__(english)


class _Broken(ValueError):  # noqa: N818 - it names the row's state
    """The row that begins on this line does not end as a row does, and hides those behind it."""

    def __init__(self, line: int, why: str) -> None:
        self.line, self.why = line, why
        super().__init__(why)


class SheetRow(msgspec.Struct, frozen=True):
    """One row: the line it begins on (from 1), and its cells as tidy text."""

    line: int
    cells: tuple[str, ...]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a file. `form` says how it was read: encoding and separator, or the sheet's name."""

    file: str
    form: str
    rows: tuple[SheetRow, ...]


def _tidy(text: str) -> str:
    spaced = " ".join(text[:CELL_LENGTH].split())
    plain = "".join(sign for sign in spaced if unicodedata.category(sign) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFC", plain).split())


def read_sheets(path: Path, knows: Callable[[tuple[str, ...]], int]) -> tuple[Sheet, ...]:
    """The tables of a file. `knows(cells)` says how many of these headings mean something to the caller.

    Raises:
        Unreadable: it is too large, of another kind, damaged, or built to do harm.
    """
    try:
        with path.open("rb") as file:
            body = file.read(FILE_BYTES + 1)
    except OSError as trouble:
        raise Unreadable(f"không mở được: {trouble.strerror}", f"cannot be opened: {trouble.strerror}") from trouble
    return sheets_of(path.name, body, knows)


def sheets_of(name: str, body: bytes, knows: Callable[[tuple[str, ...]], int]) -> tuple[Sheet, ...]:
    """The tables in the bytes of a file of this name.

    Raises:
        Unreadable: as `read_sheets`.
    """
    if len(body) > FILE_BYTES:
        size = FILE_BYTES >> 20
        raise Unreadable(f"lớn hơn {size} MiB: chia thành nhiều tệp", f"larger than {size} MiB: split it")
    if body.startswith(_OLD_EXCEL):
        raise Unreadable(
            "là bảng tính kiểu cũ (.xls): mở bằng Excel rồi lưu thành .xlsx",
            "is an old workbook (.xls): open it and save it as .xlsx",
        )
    if body.startswith(b"PK"):
        return _workbook(name, body)
    is_called_workbook = name.lower().endswith(_WORKBOOKS)
    try:
        table = _separated(name, body, knows)
    except Unreadable as trouble:
        # Many programs save CSV under this name too; what is neither is a workbook whose beginning is lost.
        if is_called_workbook and (trouble.before is None or not _is_understood(trouble.before, knows)):
            raise (_broken_workbook() if trouble.before is None else _only_text()) from trouble
        raise
    if is_called_workbook and not _is_understood(table, knows):
        raise _only_text() if body else _broken_workbook()
    return (table,)


def _is_understood(table: Sheet, knows: Callable[[tuple[str, ...]], int]) -> bool:
    return any(knows(row.cells) for row in table.rows[:HEADING_ROWS])


def _decoded(body: bytes) -> tuple[str, str]:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        order = ["utf-16"]
    elif body.startswith(b"\xef\xbb\xbf"):
        order = ["utf-8-sig"]
    elif body[1:200:2].count(0) > len(body[:200]) // 4:
        order = ["utf-16-le"]
    elif body[0:200:2].count(0) > len(body[:200]) // 4:
        order = ["utf-16-be"]
    else:
        order = ["utf-8", "cp1258"]
    for encoding in order:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1258" and _LEGACY_LETTERS & set(text):
            break
        return text, encoding
    raise Unreadable(
        "chữ không đọc được (có thể là phông cũ TCVN3, VNI): chuyển sang Unicode, lưu lại là CSV UTF-8 hoặc .xlsx",
        "its letters cannot be read (old TCVN3 or VNI fonts?): convert to Unicode and save as CSV UTF-8 or .xlsx",
    )


def _csv_rows(text: str, separator: str) -> Iterator[SheetRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield SheetRow(begins, tuple(_tidy(cell) for cell in cells[:COLUMNS]))
            begins = reader.line_num + 1
    except csv.Error as trouble:
        raise _Broken(begins, str(trouble)) from trouble


def _recognised(text: str, separator: str, knows: Callable[[tuple[str, ...]], int]) -> int:
    """How many headings are understood among the first rows, where this sign stands between the cells."""
    most = 0
    try:
        for row in itertools.islice(_csv_rows(text, separator), HEADING_ROWS):
            most = max(most, knows(row.cells))
    except _Broken as trouble:
        # The headings themselves may be what does not end; what they are is seen without their quotation marks.
        line = next(itertools.islice(io.StringIO(text, newline=""), trouble.line - 1, None), "")
        most = max(most, knows(tuple(_tidy(cell.strip().strip('"')) for cell in line.split(separator)[:COLUMNS])))
    return most


def _separated(name: str, body: bytes, knows: Callable[[tuple[str, ...]], int]) -> Sheet:
    text, encoding = _decoded(body)
    if "\x00" in text:
        raise Unreadable("không phải tệp chữ (CSV) hay .xlsx", "is neither text (CSV) nor .xlsx")
    separator = max(_SEPARATORS, key=lambda one: _recognised(text, one, knows))
    form = f"{encoding}, {_SEPARATORS[separator]}"
    rows: list[SheetRow] = []
    try:
        for row in _csv_rows(text, separator):
            if len(rows) >= ROWS:
                raise Unreadable(f"hơn {ROWS} dòng: chia thành nhiều tệp", f"more than {ROWS} lines: split it")
            rows.append(row)
    except _Broken as trouble:
        raise Unreadable(
            f"dòng {trouble.line}: dấu nháy kép không đóng, hoặc ô quá dài ({trouble.why}); sửa chỗ này trước, các "
            "dòng sau đó chưa đọc được",
            f"line {trouble.line}: an open quotation mark, or a cell too long ({trouble.why}); mend this first, the "
            "rows behind it cannot be read before",
            before=Sheet(file=name, form=form, rows=tuple(rows)),
        ) from trouble
    return Sheet(file=name, form=form, rows=tuple(rows))


def _sift_parts(archive: zipfile.ZipFile) -> bool:
    """Refuses what is built to do harm; says whether there are formulas."""
    formulas = False
    parts = archive.infolist()
    # A part never yields more than its declared size, so the declared sizes bound what a zip bomb can unpack.
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
        raise Unreadable(
            f"bung ra lớn hơn {UNPACKED_BYTES >> 20} MiB: chỉ giữ lại bảng cần nhập rồi lưu lại",
            f"unpacks to more than {UNPACKED_BYTES >> 20} MiB: keep only the table to import and save it again",
        )
    for part in parts:
        if not part.filename.lower().endswith((".xml", ".rels")):
            continue
        body = archive.read(part)
        # A workbook never declares entities; who does wants the reader to expand them without end.
        if body.startswith((b"\xff\xfe", b"\xfe\xff")) or any(mark in body for mark in _DECLARATIONS):
            raise Unreadable("có phần khai báo lạ (DTD): không nhập", "declares entities (DTD): not imported")
        formulas = formulas or bool(_FORMULA.search(body))
    return formulas


def _cell_text(value: object, form: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        # As Excel and LibreOffice show it: a number it is not.
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if float(value).is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - beyond, a double has lost digits
            # A school code typed as a number keeps its leading zeros only in the cell's format.
            return str(int(value)).zfill(len(form) if _ZEROS.match(form) else 0)
        return repr(value)
    return _tidy(str(value))


def _trimmed(cells: Iterable[str]) -> tuple[str, ...]:
    row = list(cells)
    while row and not row[-1]:
        row.pop()
    return tuple(row)


def _is_unanswered(cell: object) -> bool:
    """Whether a formula's result is missing: one that is an empty text says that it is text."""
    return getattr(cell, "value", None) is None and getattr(cell, "data_type", "") != "str"


def _tables(name: str, workbook: Workbook, formulas: Workbook | None) -> Iterator[Sheet]:
    for worksheet in workbook.worksheets:
        asked = formulas[worksheet.title].iter_rows(max_row=ROWS + 1, max_col=COLUMNS) if formulas else ()
        rows = tuple(
            SheetRow(
                line,
                _trimmed(
                    "="
                    if getattr(formula, "data_type", "") == "f" and _is_unanswered(cell)
                    else _cell_text(cell.value, str(getattr(cell, "number_format", "")))
                    for cell, formula in itertools.zip_longest(cells, beside)
                ),
            )
            for line, (cells, beside) in enumerate(
                itertools.zip_longest(worksheet.iter_rows(max_row=ROWS + 1, max_col=COLUMNS), asked, fillvalue=()),
                start=1,
            )
        )
        if len(rows) > ROWS:
            raise Unreadable(f"hơn {ROWS} dòng: chia thành nhiều tệp", f"more than {ROWS} lines: split it")
        yield Sheet(file=name, form=f"xlsx, {_tidy(worksheet.title)}", rows=rows)


def _workbook(name: str, body: bytes) -> tuple[Sheet, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            has_formulas = _sift_parts(archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decoration that it does not read
            with contextlib.ExitStack() as books:

                def book(*, results: bool) -> Workbook:
                    loaded = load_workbook(io.BytesIO(body), read_only=True, data_only=results, keep_links=False)
                    books.callback(loaded.close)
                    return loaded

                # The one does not say which cells are formulas, the other not what came of them.
                return tuple(_tables(name, book(results=True), book(results=False) if has_formulas else None))
    except Unreadable:
        raise
    except (
        *(zipfile.BadZipFile, InvalidFileException, ET.ParseError, zlib.error, OSError, EOFError, LookupError),
        *(ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError, AssertionError),
    ) as trouble:
        raise _broken_workbook() from trouble


def _only_text() -> Unreadable:
    return Unreadable(
        "tên tệp là .xlsx nhưng bên trong chỉ là chữ, không phải bảng tính: mở bằng Excel hoặc LibreOffice rồi lưu "
        "thành .xlsx, hoặc xin lại tệp này",
        "is called .xlsx but holds plain text, no workbook: open it in Excel or LibreOffice and save it as .xlsx, or "
        "ask for the file once more",
    )


def _broken_workbook() -> Unreadable:
    return Unreadable(
        "bảng tính hỏng, không đọc được như một tệp .xlsx: mở bằng Excel hoặc LibreOffice rồi lưu lại, hoặc xin lại "
        "tệp này",
        "a broken workbook, cannot be read as .xlsx: open it in Excel or LibreOffice and save it again, or ask for the "
        "file once more",
    )
