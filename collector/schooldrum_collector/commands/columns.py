"""Which columns of an office's table are understood: their headings, other spellings, and what a near one may mean."""

import re
from difflib import get_close_matches

import msgspec

from schooldrum_collector.vietnamese import folded


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column that is understood: its Vietnamese and English heading, and other spellings of it (folded)."""

    key: str
    title: tuple[str, str]
    spellings: tuple[str, ...]


COLUMNS = (
    Column(
        key="area",
        title=("Mã khu vực", "Area"),
        spellings=("khu vuc", "ma khu vuc", "area", "area path", "area code", "ma xa", "ma xa phuong"),
    ),
    Column(
        key="area_name",
        title=("Tên khu vực", "Area name"),
        spellings=("ten khu vuc", "area name", "ten xa", "ten xa phuong", "xa phuong", "xa phuong dac khu"),
    ),
    Column(key="area_level", title=("Cấp khu vực", "Area level"), spellings=("cap khu vuc", "area level")),
    Column(
        key="school",
        title=("Mã trường", "School code"),
        spellings=("ma truong", "ma dinh danh", "ma don vi", "ma co so", "school", "school code", "unit code"),
    ),
    Column(
        key="school_name",
        title=("Tên trường", "School name"),
        spellings=("ten truong", "truong", "ten don vi", "don vi", "school name", "unit name", "unit"),
    ),
    Column(
        key="school_level",
        title=("Cấp học", "School level"),
        spellings=("cap hoc", "loai hinh", "school level", "level"),
    ),
    Column(
        key="site",
        title=("Điểm trường", "Site"),
        spellings=("diem truong", "ma diem truong", "co so", "site", "campus"),
    ),
    Column(key="room", title=("Mã phòng", "Room code"), spellings=("ma phong", "ma phong may", "room", "room code")),
    Column(
        key="room_name",
        title=("Tên phòng", "Room name"),
        spellings=("ten phong", "phong", "phong may", "ten phong may", "phong may tinh", "room name"),
    ),
    Column(key="kind", title=("Loại phòng", "Room kind"), spellings=("loai phong", "kind", "room kind", "room type")),
    Column(
        key="seats",
        title=("Số máy", "PCs"),
        spellings=("so may", "so may tinh", "so luong may", "seats", "pcs", "number of pcs", "computers"),
    ),
    Column(
        key="always_on",
        title=("Luôn bật", "Always on"),
        spellings=("luon bat", "bat 24/24", "always on", "always_on"),
    ),
    Column(
        key="line",
        title=("Đường truyền", "Line"),
        spellings=("duong truyen", "duong internet", "line", "internet line"),
    ),
    Column(
        key="provider",
        title=("Nhà mạng", "Provider"),
        spellings=("nha mang", "nha cung cap", "nha cung cap dich vu internet", "provider", "isp"),
    ),
    Column(
        key="customer",
        title=("Mã khách hàng", "Customer number"),
        spellings=("ma khach hang", "ma hop dong", "customer number", "customer"),
    ),
    Column(
        key="networks",
        title=("Địa chỉ IP đường truyền", "Line's addresses"),
        spellings=("dia chi ip", "ip tinh", "dia chi ip duong truyen", "networks", "line addresses", "public ip"),
    ),
)
_LEVEL_ALONE = "cap"
"""Beside schools it is their level; beside areas it may be theirs, and is asked about."""
_BESIDE = re.compile(r"\(.*?\)|[^a-z0-9]+")
"""Remarks in brackets, stars, colons, dashes: what stands beside the words of a heading."""


def _bare(heading: str) -> str:
    return _BESIDE.sub(" ", folded(heading)).strip()


_BY_SPELLING = {
    _bare(spelling): column for column in COLUMNS for spelling in (*column.title, *column.spellings, column.key)
}
_SCHOOL_LEVEL = _BY_SPELLING["cap hoc"]


def _heading(cell: str) -> Column | None:
    return _BY_SPELLING.get(_bare(cell))


def meant_by(heading: str) -> tuple[Column, ...]:
    """Which columns may have been meant by a heading that is not understood; none where nothing is near."""
    bare = _bare(heading)
    if not bare:
        return ()
    partly = tuple(column for column in COLUMNS if any(bare in _bare(title).split() for title in column.title))
    if partly:
        return partly[:4]
    close = get_close_matches(bare, _BY_SPELLING, n=1, cutoff=0.75)
    return tuple(_BY_SPELLING[spelling] for spelling in close)


def known_headings(cells: tuple[str, ...]) -> int:
    """How many different columns these headings name."""
    return len({column.key for cell in cells if (column := _heading(cell))})


def named(cells: tuple[str, ...]) -> list[Column | None]:
    """The column each heading names, None where it names none."""
    found = [_heading(cell) for cell in cells]
    keys = {column.key for column in found if column}
    if "school" not in keys or _SCHOOL_LEVEL.key in keys:
        return found
    return [_SCHOOL_LEVEL if _bare(cell) == _LEVEL_ALONE else column for cell, column in zip(cells, found, strict=True)]
