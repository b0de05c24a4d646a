"""What an import would do: tables of cases, and laws that hold for every table."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.commands.columns import known_headings
from schooldrum_collector.commands.entries import Entry, Understanding, room_code, understand
from schooldrum_collector.commands.register_plan import Plan, Standing, plan
from schooldrum_collector.commands.sheets import Sheet, SheetRow
from schooldrum_collector.store.records import EVERYTHING, Area, Machine, MachineState, Room, School, Scope

EMPTY = Standing(areas={}, schools={}, rooms={})


def _sheet(*rows: Sequence[str]) -> Sheet:
    return Sheet(file="t.csv", form="utf-8, ;", rows=tuple(SheetRow(n, tuple(row)) for n, row in enumerate(rows, 1)))


def _understood(*rows: Sequence[str]) -> Understanding:
    return understand(_sheet(*rows))


def _planned(
    table: Understanding, standing: Standing = EMPTY, scope: Scope = EVERYTHING, *, retire_missing: bool = False
) -> Plan:
    return plan(table.entries, standing, scope, retire_missing=retire_missing, scoped=scope != EVERYTHING)


def _after(made: Plan, before: Standing) -> Standing:
    return Standing(
        areas={**before.areas, **{area.path: area for area in made.areas}},
        schools={**before.schools, **{school.code: school for school in made.schools}},
        rooms={**before.rooms, **{room.path: room for room in made.rooms}},
        machines=before.machines,
    )


WHOLE = [
    ("DANH SÁCH PHÒNG MÁY NĂM HỌC 2026-2027",),
    (),
    (
        "STT",
        "Mã khu vực",
        "Xã/phường",
        "MÃ TRƯỜNG *",
        "Tên trường",
        "Cấp học",
        "Điểm trường",
        "Tên phòng",
        "Loại",
        "Số máy",
    ),
    ("1", "hn/q3", "Phường A", "BM", "THCS Bình Minh", "THCS", "Điểm chính", "Phòng Tin 1", "", "24"),
    ("2", "hn/q3", "Phường A", "BM", "THCS Bình Minh", "THCS", "Cơ sở 2", "Phòng Tin 2", "", "18,0"),
    ("", "", "", "", "", "", "", "", "", ""),
]
HN = Standing(areas={"hn": Area(path="hn", name="Hà Nội")}, schools={}, rooms={})


def test_import_a_whole_table_is_understood() -> None:
    table = _understood(*WHOLE)
    assert table.problems == ()
    assert dict(table.headings) == {
        "STT": "",
        "Mã khu vực": "area",
        "Xã/phường": "area_name",
        "MÃ TRƯỜNG *": "school",
        "Tên trường": "school_name",
        "Cấp học": "school_level",
        "Điểm trường": "site",
        "Tên phòng": "room_name",
        "Loại": "",
        "Số máy": "seats",
    }
    made = _planned(table, HN)
    assert made.problems == ()
    assert made.areas == (Area(path="hn/q3", name="Phường A"),)
    assert made.schools == (School(code="BM", name="THCS Bình Minh", area="hn/q3", level="THCS"),)
    assert made.rooms == (
        Room(school="BM", code="tin1", name="Phòng Tin 1", seats=24),
        Room(school="BM", site="co-so-2", code="tin2", name="Phòng Tin 2", seats=18),
    )
    assert [(step.action, step.kind, step.key) for step in made.steps] == [
        ("add", "area", "hn/q3"),
        ("add", "school", "BM"),
        ("add", "room", "BM/co-so-2/tin2"),
        ("add", "room", "BM/main/tin1"),
    ]


@pytest.mark.parametrize(
    ("headings", "key"),
    [
        (("Mã trường", "Tên trường", "Cấp"), "school_level"),
        (("Mã trường", "CẤP *"), "school_level"),
        (("Mã khu vực", "Tên khu vực", "Cấp"), ""),
        (("Mã trường", "Cấp học", "Cấp"), ""),
    ],
)
def test_import_a_level_alone_is_that_of_the_schools_it_stands_beside(headings: tuple[str, ...], key: str) -> None:
    table = _understood(headings, tuple("TH" for _ in headings))
    assert table.headings[-1] == (headings[-1], key)
    assert table.problems == ()


def test_import_twice_changes_nothing() -> None:
    table = _understood(*WHOLE)
    first = _planned(table, HN)
    again = _planned(table, _after(first, HN))
    assert (again.steps, again.problems, again.unchanged) == ((), (), 4)


def test_import_leaves_what_the_table_does_not_say() -> None:
    room = Room(school="BM", code="tin1", name="Phòng Tin 1", seats=24, kind="library", always_on=True)
    school = School(code="BM", name="Bình Minh", salt="ab", time_zone="Asia/Tokyo", level="TH")
    standing = Standing(areas={}, schools={"BM": school}, rooms={room.path: room})
    made = _planned(_understood(("Mã trường", "Mã phòng", "Số máy"), ("BM", "TIN1", "30")), standing)
    assert made.schools == (school,)
    assert made.rooms == (msgspec.structs.replace(room, seats=30),)
    assert [(step.action, step.detail) for step in made.steps] == [("change", "seats: 24 -> 30")]


@pytest.mark.parametrize(
    ("heading", "row", "said"),
    [
        (("ma truong", "ten truong"), ("", "Bình Minh"), "no school code"),
        (("ma truong", "ten truong"), ("B M", "Bình Minh"), "plain letters"),
        (("ma truong", "ten truong"), ("../x", "Bình Minh"), "plain letters"),
        (("ma truong", "ten truong"), ("1.001E+06", "Bình Minh"), "plain letters"),
        (("ma truong", "ten truong"), ("BM", ""), "no name"),
        (("ma truong", "ten truong", "ma khu vuc"), ("BM", "Bình Minh", "xx"), "no area xx"),
        (("ma khu vuc", "ten khu vuc"), ("hn/q3/p1", "P1"), "above it"),
        (("ma khu vuc", "ten khu vuc"), ("", "P1"), "no area code"),
        (("ma truong", "ten truong", "ma phong"), ("BM", "Bình Minh", "tin1"), "new room BM/main/tin1: no name"),
        (("ma truong", "ten truong", "ten phong"), ("BM", "Bình Minh", "—"), "no room code"),
        (("ma truong", "ten truong", "ten phong", "so may"), ("BM", "B", "Tin 1", "1.234"), "whole number"),
        (("ma truong", "ten truong", "ten phong", "so may"), ("BM", "B", "Tin 1", "-4"), "whole number"),
        (("ma truong", "ten truong", "ten phong", "so may"), ("BM", "B", "Tin 1", "1001"), "whole number"),
        (("ma truong", "ten truong", "ten phong", "loai phong"), ("BM", "B", "Tin 1", "bếp"), "room kind"),
        (("ma truong", "ten truong", "ten phong", "luon bat"), ("BM", "B", "Tin 1", "maybe"), "always on"),
        (("ma truong", "ten truong", "cap hoc"), ("BM", "B", "THSC"), "school level 'THSC': there are MN, TH, THCS"),
        (("ma truong", "ten truong", "cap hoc"), ("BM", "B", "Cấp 9"), "leave it empty for none"),
        (("ma truong", "ten truong"), ("BM", "x" * 201), "longer than"),
        (("ma truong", "truong", "ten truong"), ("BM", "B", "B"), "two columns"),
    ],
)
def test_import_each_bad_row_says_where_and_why(heading: tuple[str, ...], row: tuple[str, ...], said: str) -> None:
    table = _understood(heading, row)
    problems = [*table.problems, *_planned(table).problems]
    assert any(said in problem.english for problem in problems), problems
    assert all(problem.line in {1, 2} and problem.file == "t.csv" for problem in problems)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", None),
        ("THCS", "THCS"),
        ("thcs", "THCS"),
        ("Tiểu học", "TH"),
        ("Trường Tiểu học", "TH"),
        ("Mầm non", "MN"),
        ("Mẫu giáo, mầm non", "MN"),
        ("Trung học cơ sở", "THCS"),
        ("TRUNG HỌC PHỔ THÔNG", "THPT"),
        ("Cấp 2", "THCS"),
        ("Cấp 2, 3", "THCS&THPT"),
        ("TH&THCS", "TH&THCS"),
        ("THCS và TH", "TH&THCS"),
        ("liên cấp TH-THCS-THPT", "TH&THCS&THPT"),
        ("PTDTBT THCS", "THCS&PTDTBT"),
        ("Phổ thông dân tộc nội trú", "PTDTNT"),
        ("GDNN-GDTX", "GDTX"),
        ("Trung tâm giáo dục thường xuyên", "GDTX"),
        ("TTHTCĐ", "TTHTCĐ"),
        ("primary school", "TH"),
    ],
)
def test_import_a_level_is_kept_by_its_code_however_it_is_written(written: str, kept: str | None) -> None:
    table = _understood(("ma truong", "ten truong", "cap hoc"), ("BM", "B", written))
    assert table.problems == ()
    assert [one.school_level for one in table.entries] == [kept]


@pytest.mark.parametrize("written", ["Công lập", "liên cấp", "trường", "THCS X", "Cấp 9", "9", "-", "???", "TH" * 50])
def test_import_what_is_no_level_is_said(written: str) -> None:
    table = _understood(("ma truong", "ten truong", "cap hoc"), ("BM", "B", written))
    assert [(one.file, one.line) for one in table.problems] == [("t.csv", 2)]
    assert f"school level {written!r:.60}" in table.problems[0].english


def test_import_a_bad_number_is_its_own_row_s_trouble_alone() -> None:
    heading = ("ma truong", "ten truong", "ten phong", "so may")
    table = _understood(heading, ("BM", "B", "Tin 1", "many"), ("BM", "B", "Tin 1", "30"))
    assert [problem.line for problem in table.problems] == [2]
    made = _planned(table)
    assert made.problems == ()
    assert "-1" not in str(made.steps)


@pytest.mark.parametrize("column", ["so may", "ten truong", "luon bat"])
def test_import_a_formula_without_its_result_is_a_bad_row(column: str) -> None:
    heading = ("ma truong", "ten truong", "ten phong", "so may", "luon bat")
    row = tuple(
        "=" if one == column else said for one, said in zip(heading, ("BM", "B", "Tin 1", "3", "x"), strict=True)
    )
    (problem,) = _understood(heading, row).problems
    assert problem.line == 2
    assert "formula without its result" in problem.english


CELLS = {
    "#REF!": "formula's error",
    "#N/A": "formula's error",
    "#NAME?": "formula's error",
    "Err:502": "formula's error",
    "2026-09-05 00:00:00": "date or a time",
    "2026-09-05": "date or a time",
    "07:30:00": "date or a time",
    "TRUE": "yes or no",
    "FALSE": "yes or no",
}


@pytest.mark.parametrize("column", ["ma truong", "ten truong", "ten phong", "so may", "luon bat", "nha mang"])
@pytest.mark.parametrize("cell", CELLS)
def test_import_what_nobody_wrote_into_a_cell_is_a_bad_row(cell: str, column: str) -> None:
    heading = ("ma truong", "ten truong", "ten phong", "so may", "luon bat", "nha mang")
    good = ("BM", "B", "Tin 1", "3", "x", "VNPT")
    row = tuple(cell if one == column else said for one, said in zip(heading, good, strict=True))
    problems = _understood(heading, row).problems
    if column == "luon bat" and cell in {"TRUE", "FALSE"}:
        assert problems == ()
        return
    assert [one.line for one in problems] == [2]
    assert cell in problems[0].english
    assert CELLS[cell] in problems[0].english


@pytest.mark.parametrize("name", ["THCS #1", "Trường 20-11", "2026", "True", "Err", "N/A"])
def test_import_a_name_that_only_looks_odd_is_taken(name: str) -> None:
    table = _understood(("ma truong", "ten truong"), ("BM", name))
    assert (table.problems, table.entries[0].school_name) == ((), name)


def test_import_rows_that_contradict_each_other_are_named_both() -> None:
    made = _planned(_understood(("ma truong", "ten truong"), ("BM", "Bình Minh"), ("BM", "Bình Mình")))
    (problem,) = made.problems
    assert problem.line == 3
    assert "line 2" in problem.english


def test_import_codes_that_differ_in_case_only_are_one_too_many() -> None:
    made = _planned(_understood(("ma truong", "ten truong"), ("BM", "Bình Minh"), ("bm", "Bến Mới")))
    assert len(made.problems) == 1


def test_import_an_area_and_a_school_never_share_a_path() -> None:
    table = _understood(("ma khu vuc", "ten khu vuc", "ma truong", "ten truong"), ("bm", "Ba Mũi", "BM", "Bình Minh"))
    assert "school's code and an area's" in _planned(table).problems[0].english


def _scoped(scope: Scope, *rows: Sequence[str]) -> Plan:
    standing = Standing(
        areas={path: Area(path=path, name=path) for path in ("hn", "hn/q3", "hcm")},
        schools={
            "BM": School(code="BM", name="Bình Minh", area="hn/q3"),
            "SG": School(code="SG", name="Sài Gòn", area="hcm"),
        },
        rooms={},
    )
    return _planned(_understood(*rows), standing, scope)


@pytest.mark.parametrize(
    ("rows", "allowed"),
    [
        ([("ma truong", "ten truong"), ("BM", "Bình Minh 2")], True),
        ([("ma truong", "ten truong"), ("SG", "Của ai")], False),
        ([("ma truong", "ten truong", "ma khu vuc"), ("NEW", "Mới", "hn/q3")], True),
        ([("ma truong", "ten truong"), ("NEW", "Mới")], False),
        ([("ma truong", "ten truong", "ma khu vuc"), ("BM", "Bình Minh", "hcm")], False),
        ([("ma truong", "ten truong", "ma khu vuc"), ("SG", "Sài Gòn", "hn/q3")], False),
        ([("ma truong", "ten phong"), ("SG", "Phòng Tin 1")], False),
        ([("ma khu vuc", "ten khu vuc"), ("hn/q4", "Quận 4")], True),
        ([("ma khu vuc", "ten khu vuc"), ("hcm/q4", "Quận 4")], False),
        ([("ma khu vuc", "ten khu vuc"), ("hnx", "Lân cận")], False),
    ],
)
def test_import_writes_inside_its_scope_only(rows: list[Sequence[str]], *, allowed: bool) -> None:
    problems = _scoped(Scope(area="hn"), *rows).problems
    assert (not problems) is allowed, problems


def _machine(number: int, room: str, state: MachineState = MachineState.ACTIVE) -> Machine:
    return Machine(
        id=f"m{number}",
        school=room.split("/", maxsplit=1)[0],
        site="main",
        room=room.rpartition("/")[2],
        alias=f"a-{number:02}",
        seat=number,
        state=state,
        fingerprint={},
        enrolled=0.0,
    )


TWO_SCHOOLS = Standing(
    areas={"hn": Area(path="hn", name="Hà Nội")},
    schools={
        "BM": School(code="BM", name="Bình Minh", area="hn"),
        "QY": School(code="QY", name="Quảng Yên", area="hn"),
    },
    rooms={
        path: Room(school=path[:2], code=path[-4:], name=path, seats=9)
        for path in ("BM/main/tin1", "BM/main/tin2", "QY/main/tin1")
    },
    machines=(
        _machine(1, "BM/main/tin1"),
        _machine(2, "BM/main/tin2"),
        _machine(3, "BM/main/tin2", MachineState.PENDING),
        _machine(4, "BM/main/tin2", MachineState.RETIRED),
        _machine(5, "QY/main/tin1"),
    ),
)


@pytest.mark.parametrize(
    ("rows", "scope", "retired"),
    [
        ([("ma truong", "ma phong"), ("BM", "tin1")], EVERYTHING, ["m2", "m3"]),
        ([("ma truong", "ma phong"), ("BM", "tin1")], Scope(area="hn"), ["m2", "m3", "m5"]),
        ([("ma truong", "ma phong"), ("BM", "tin1")], Scope(school="BM"), ["m2", "m3"]),
        ([("ma truong", "ten truong"), ("BM", "Bình Minh")], EVERYTHING, []),
        ([("ma truong", "ten truong"), ("BM", "Bình Minh")], Scope(area="hn"), []),
    ],
)
def test_import_retires_what_is_missing_only_where_it_was_asked(
    rows: list[Sequence[str]], scope: Scope, retired: list[str]
) -> None:
    table = _understood(*rows)
    assert _planned(table, TWO_SCHOOLS, scope).machines == ()
    made = _planned(table, TWO_SCHOOLS, scope, retire_missing=True)
    assert made.problems == ()
    assert sorted(machine.id for machine in made.machines) == retired
    assert all(machine.state is MachineState.RETIRED for machine in made.machines)
    assert all(room.seats == 0 for room in made.rooms if room.path != "BM/main/tin1")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Phòng Tin 1", "tin1"),
        ("PHÒNG MÁY TÍNH SỐ 2", "so2"),
        ("Thư viện", "thuvien"),
        ("Phòng", "phong"),
        ("Văn phòng Đoàn – Đội", "vanphongdoandoi"),  # noqa: RUF001 - a dash as people type it
    ],
)
def test_import_room_codes_made_of_names(name: str, code: str) -> None:
    assert room_code(name) == code


_cell = st.sampled_from(
    ["", "BM", "QY", "tin1", "Phòng Tin 1", "hn", "hn/q3", "7", "1.234", "có", "bếp", "x" * 300, "—"]
)
_headings = st.lists(
    st.sampled_from(
        ["Mã trường", "Tên trường", "Mã khu vực", "Tên khu vực", "Mã phòng", "Tên phòng", "Số máy", "Điểm trường"]
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(_headings, st.lists(st.lists(_cell, max_size=8), max_size=8), st.booleans())
def test_import_what_is_planned_without_a_problem_is_then_in_step(
    headings: list[str],
    rows: list[list[str]],
    retire: bool,  # noqa: FBT001 - hypothesis hands it over by position
) -> None:
    table = _understood(tuple(headings), *[tuple(row) for row in rows])
    made = plan(table.entries, TWO_SCHOOLS, EVERYTHING, retire_missing=retire, scoped=False)
    if table.problems or made.problems:
        return
    after = _after(made, TWO_SCHOOLS)
    assert set(TWO_SCHOOLS.rooms) <= set(after.rooms)
    assert all(school.name for school in after.schools.values())
    assert all(room.name and room.school in after.schools for room in after.rooms.values())
    assert all(not school.area or school.area in after.areas for school in after.schools.values())
    again = plan(table.entries, after, EVERYTHING, retire_missing=False, scoped=False)
    assert [step for step in again.steps if step.kind != "room"] == []


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=12))
def test_import_any_table_is_understood_or_refused(rows: list[list[str]]) -> None:
    table = _understood(*[tuple(row) for row in rows])
    made = plan(table.entries, EMPTY, EVERYTHING, retire_missing=True, scoped=False)
    assert all(isinstance(entry, Entry) for entry in table.entries)
    assert made.unchanged >= 0
    assert known_headings(("nothing", "", "*")) == 0
