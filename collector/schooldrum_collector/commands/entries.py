"""What the rows of an office's table say about areas, schools and rooms, and why some of them cannot be taken."""

import re
from collections.abc import Mapping

import msgspec

from schooldrum_collector.commands.columns import COLUMNS, known_headings, named
from schooldrum_collector.commands.school_level import level_of, levels_known
from schooldrum_collector.commands.sheets import HEADING_ROWS, Sheet
from schooldrum_collector.formats import read_whole
from schooldrum_collector.judge.lines import MAIN_LINE, MOST_NETWORKS, SECOND_LINE, network
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import MAIN_SITE
from schooldrum_collector.vietnamese import folded

NAME_LENGTH = 200
MOST_SEATS = 1000
SCHOOL_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
PLACE_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,19}\Z")
AREA_PATH = re.compile(r"[a-z0-9][a-z0-9-]{0,39}(/[a-z0-9][a-z0-9-]{0,39}){0,7}\Z")
KINDS = {
    "lab": ("phong may", "phong may tinh", "phong tin hoc", "lab", "computer lab"),
    "classroom": ("phong hoc", "classroom"),
    "subject": ("phong bo mon", "subject", "subject room"),
    "library": ("thu vien", "library"),
    "office": ("van phong", "office"),
}
_KIND_BY_SPELLING = {spelling: kind for kind, spellings in KINDS.items() for spelling in spellings}
_YES = frozenset({"1", "x", "co", "yes", "y", "true", "dung"})
_NO = frozenset({"0", "khong", "no", "n", "false", "sai", "-"})
_LINES = {
    **dict.fromkeys(("main", "chinh", "duong chinh", "1"), MAIN_LINE),
    **dict.fromkeys(("second", "phu", "du phong", "duong du phong", "duong phu", "2"), SECOND_LINE),
}
_ERROR = re.compile(
    r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|GETTING_DATA)"
    r"|Err:[0-9]{3}"
)
"""What a formula that went wrong shows: in Excel, and in LibreOffice."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9:.]+)?|[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?")
"""How a workbook's cell that holds a date or a time of day reads."""
_LOGICAL = frozenset({"TRUE", "FALSE"})
_MAIN = frozenset({MAIN_SITE, "chinh", "diem chinh", "co so chinh"})


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row cannot be taken, and where it stands."""

    file: str
    line: int
    vietnamese: str
    english: str

    def sentence(self, say: Say) -> str:
        """For the person who can mend the table."""
        return f"{self.file}, {say('dòng', 'line')} {self.line}: {say(self.vietnamese, self.english)}"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one row says. None is what its table does not say: the register keeps what it has."""

    file: str
    line: int
    area: str | None = None
    area_name: str | None = None
    area_level: str | None = None
    school: str | None = None
    school_name: str | None = None
    school_level: str | None = None
    site: str = MAIN_SITE
    room: str | None = None
    room_name: str | None = None
    kind: str | None = None
    seats: int | None = None
    always_on: bool | None = None
    internet_line: str = MAIN_LINE
    provider: str | None = None
    customer: str | None = None
    networks: tuple[str, ...] | None = None


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a table was read: its headings with their meaning (empty where not understood), entries and problems."""

    file: str
    form: str
    headings: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]
    problems: tuple[RowProblem, ...]


def room_code(name: str) -> str:
    """A code made of a room's name: `Phòng Tin 1` gives `tin1`; empty where nothing is left of it."""
    plain = re.sub(r"^(phong may tinh|phong may|phong)\b", "", folded(name)).strip() or folded(name)
    return re.sub(r"[^a-z0-9]+", "", plain)[:20]


def kind_of(text: str) -> str:
    """The kind of room that a person wrote.

    Raises:
        ValueError: no kind is called so.
    """
    kind = _KIND_BY_SPELLING.get(folded(text))
    if kind is None:
        raise ValueError(text)
    return kind


def site_code(text: str) -> str:
    """A site's code as it stands in paths: lower case, `main` for every name of the main one."""
    plain = folded(text)
    return MAIN_SITE if plain in _MAIN else re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def understand(sheet: Sheet) -> Understanding:
    """Finds the headings of a table and reads every row below them."""
    best = max(sheet.rows[:HEADING_ROWS], key=lambda row: known_headings(row.cells), default=None)
    if best is None or not known_headings(best.cells):
        return Understanding(file=sheet.file, form=sheet.form, headings=(), entries=(), problems=())
    columns: dict[str, int] = {}
    headings: list[tuple[str, str]] = []
    problems: list[RowProblem] = []
    for place, (cell, column) in enumerate(zip(best.cells, named(best.cells), strict=True)):
        if column is not None and column.key in columns:
            problems.append(
                RowProblem(
                    file=sheet.file,
                    line=best.line,
                    vietnamese=f"hai cột cùng nghĩa {column.title[0]!r}: bỏ bớt một",
                    english=f"two columns mean {column.title[1]!r}: take one away",
                )
            )
        elif column is not None:
            columns[column.key] = place
        if cell:
            headings.append((cell, column.key if column else ""))
    entries: list[Entry] = []
    for row in sheet.rows:
        if row.line <= best.line or not any(row.cells):
            continue
        cells = {key: row.cells[place] if place < len(row.cells) else "" for key, place in columns.items()}
        if not any(cells.values()):
            continue
        entry, faults = _entry(sheet.file, row.line, cells)
        entries.append(entry)
        problems += [RowProblem(file=sheet.file, line=row.line, vietnamese=vi, english=en) for vi, en in faults]
    return Understanding(
        file=sheet.file,
        form=sheet.form,
        headings=tuple(headings),
        entries=tuple(entries),
        problems=tuple(problems),
    )


_Faults = list[tuple[str, str]]


def _text(cells: Mapping[str, str], key: str, faults: _Faults) -> str | None:
    value = cells.get(key, "")
    if len(value) > NAME_LENGTH:
        faults.append((f"chữ dài hơn {NAME_LENGTH} ký tự", f"text longer than {NAME_LENGTH} characters"))
    return value or None


def _code(cells: Mapping[str, str], key: str, pattern: re.Pattern[str], faults: _Faults) -> str | None:
    written = cells.get(key, "").strip().strip("/")
    value = written if key == "school" else written.lower()
    if not value or pattern.match(value):
        return value or None
    title = next(column.title for column in COLUMNS if column.key == key)
    faults.append(
        (
            f"{title[0]} {written!r:.60}: chỉ dùng chữ không dấu, số, gạch nối",
            f"{title[1]} {written!r:.60}: plain letters, digits and hyphens only",
        )
    )
    return None


def _room(cells: Mapping[str, str], faults: _Faults) -> str | None:
    name = cells.get("room_name", "")
    if cells.get("room") or not name:
        return _code(cells, "room", PLACE_CODE, faults)
    code = room_code(name)
    if PLACE_CODE.match(code):
        return code
    faults.append((f"thiếu mã phòng cho {name!r:.60}", f"no room code for {name!r:.60}"))
    return None


def _site(cells: Mapping[str, str], faults: _Faults) -> str:
    written = cells.get("site") or MAIN_SITE
    code = site_code(written)
    if not PLACE_CODE.match(code):
        faults.append((f"điểm trường {written!r:.60} không dùng được", f"site {written!r:.60} cannot be used"))
    return code


def _kind(cells: Mapping[str, str], faults: _Faults) -> str | None:
    written = cells.get("kind", "")
    try:
        return kind_of(written) if written else None
    except ValueError:
        faults.append(
            (
                f"loại phòng {written!r:.60}: chỉ có phòng máy, phòng học, phòng bộ môn, thư viện, văn phòng",
                f"room kind {written!r:.60}: there are {', '.join(KINDS)}",
            )
        )
        return None


def _school_level(cells: Mapping[str, str], faults: _Faults) -> str | None:
    written = cells.get("school_level", "")
    try:
        return level_of(written) if written else None
    except ValueError:
        vietnamese, english = levels_known()
        faults.append((f"cấp học {written!r:.60}: {vietnamese}", f"school level {written!r:.60}: {english}"))
        return None


def _seats(cells: Mapping[str, str], faults: _Faults) -> int | None:
    written = cells.get("seats", "")
    if not written:
        return None
    try:
        seats: int | None = read_whole(written)
    except ValueError:
        seats = None
    if seats is None or seats > MOST_SEATS:
        faults.append(
            (
                f"số máy {written!r:.40}: cần số nguyên từ 0 đến {MOST_SEATS}, viết không có dấu chấm, phẩy",
                f"PCs {written!r:.40}: a whole number from 0 to {MOST_SEATS}, written without points and commas",
            )
        )
        return None
    return seats


def _always_on(cells: Mapping[str, str], faults: _Faults) -> bool | None:
    word = folded(cells.get("always_on", ""))
    if not word:
        return None
    if word not in _YES | _NO:
        faults.append((f"luôn bật {word!r:.40}: ghi có hoặc không", f"always on {word!r:.40}: write yes or no"))
    return word in _YES


def _line(cells: Mapping[str, str], faults: _Faults) -> str:
    written = cells.get("line", "")
    code = _LINES.get(folded(written)) if written else MAIN_LINE
    if code is None:
        faults.append(
            (f"đường truyền {written!r:.40}: ghi chính hoặc dự phòng", f"line {written!r:.40}: write main or second")
        )
    return code or MAIN_LINE


def _networks(cells: Mapping[str, str], faults: _Faults) -> tuple[str, ...] | None:
    written = cells.get("networks", "").replace(",", " ").replace(";", " ").split()
    if not written:
        return None
    try:
        found = tuple(dict.fromkeys(network(one) for one in written[:MOST_NETWORKS]))
    except ValueError:
        found = ()
    if not found or len(written) > MOST_NETWORKS:
        faults.append(
            (
                f"địa chỉ IP {' '.join(written)!r:.60}: ghi địa chỉ công khai, tối đa {MOST_NETWORKS}",
                f"addresses {' '.join(written)!r:.60}: public ones, at most {MOST_NETWORKS}",
            )
        )
        return None
    return found


def _no_text(cell: str, key: str) -> tuple[str, str] | None:
    """Why what stands in this cell is nothing that anybody has written there; None where somebody may have."""
    if cell.startswith("="):
        return (
            "công thức chưa có kết quả; mở bằng Excel hoặc LibreOffice rồi lưu lại",
            "a formula without its result; open the file in Excel or LibreOffice, save it",
        )
    if _ERROR.fullmatch(cell):
        return (
            f"{cell} là lỗi của một công thức; sửa công thức, hoặc gõ lại giá trị",
            f"{cell} is a formula's error; mend the formula, or type the value",
        )
    if _TIME.fullmatch(cell):
        return (
            f"{cell} là ngày hoặc giờ; đổi định dạng ô thành chữ (Text) rồi gõ lại",
            f"{cell} is a date or a time; make the cell's format Text, then type it again",
        )
    if cell in _LOGICAL and key != "always_on":
        return (f"{cell} là giá trị đúng/sai; gõ lại giá trị", f"{cell} is a yes or no; type the value")
    return None


def _entry(file: str, line: int, cells: Mapping[str, str]) -> tuple[Entry, _Faults]:
    faults: _Faults = []
    for column in COLUMNS:
        if why := _no_text(cells.get(column.key, ""), column.key):
            faults.append((f"{column.title[0]}: {why[0]}", f"{column.title[1]}: {why[1]}"))
    if faults:
        return Entry(file=file, line=line), faults
    entry = Entry(
        file=file,
        line=line,
        area=_code(cells, "area", AREA_PATH, faults),
        area_name=_text(cells, "area_name", faults),
        area_level=_text(cells, "area_level", faults),
        school=_code(cells, "school", SCHOOL_CODE, faults),
        school_name=_text(cells, "school_name", faults),
        school_level=_school_level(cells, faults),
        site=_site(cells, faults),
        room=_room(cells, faults),
        room_name=_text(cells, "room_name", faults),
        kind=_kind(cells, faults),
        seats=_seats(cells, faults),
        always_on=_always_on(cells, faults),
        internet_line=_line(cells, faults),
        provider=_text(cells, "provider", faults),
        customer=_text(cells, "customer", faults),
        networks=_networks(cells, faults),
    )
    if not cells.get("school") and (entry.room or entry.school_name or entry.provider):
        faults.append(
            (
                "thiếu mã trường (ô gộp thì ghi lại mã ở từng dòng)",
                "no school code (where cells are merged, write it on every row)",
            )
        )
    if not cells.get("area") and entry.area_name:
        faults.append(("thiếu mã khu vực", "no area code"))
    return entry, faults
