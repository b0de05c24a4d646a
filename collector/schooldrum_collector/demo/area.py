"""Which schools the simulated area has: places, rooms, internet lines, and a calendar in which it is always school."""

from collections.abc import Iterator
from datetime import date

import msgspec

from schooldrum_collector.judge.calendar_plan import PlaceCalendar, Plan, Shift, Span, Taught, year_of
from schooldrum_collector.judge.lines import MAIN_LINE, SECOND_LINE, RegisteredLine
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import Area, Room, School

PATH = "mau"
PROVIDERS = ("Nhà mạng A", "Nhà mạng B", "Nhà mạng C")
"""No provider of these names exists."""
SCHOOLS = 30
BEAT = 5
"""Seconds between two reports of a simulated PC."""
STRANGER = ("MP02", "192.0.2.77")
"""At this school one more PC comes in than is registered, by a line that is not the school's (RFC 5737): it waits."""
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_COMMUNES = (
    ("binh-minh", "Phường Bình Minh", "phường"),
    ("hoa-sen", "Phường Hoa Sen", "phường"),
    ("song-xanh", "Phường Sông Xanh", "phường"),
    ("doi-thong", "Xã Đồi Thông", "xã"),
    ("dai-lam", "Xã Đại Lâm", "xã"),
    ("dao-ngoc", "Đặc khu Đảo Ngọc", "đặc khu"),
)
_NAMES = (
    ("TH", "Hoa Hồng"), ("TH", "Sơn Ca"), ("THCS", "Bình Minh"), ("THCS", "Ánh Dương"), ("THPT", "Hừng Đông"),
    ("MN", "Hướng Dương"), ("TH", "Hoa Sen"), ("THCS", "Hồ Sen"), ("THCS", "Hòa Bình"), ("THPT", "Thống Nhất"),
    ("TH", "Bến Xanh"), ("TH", "Cầu Mới"), ("THCS", "Sông Xanh"), ("THCS", "Bãi Bồi"), ("GDTX", "Sông Xanh"),
    ("TH", "Rừng Thông"), ("TH", "Suối Đá"), ("THCS", "Đồi Thông"), ("TH&THCS", "Bản Mây"), ("PTDTBT", "Núi Cao"),
    ("TH", "Đại Lâm"), ("TH", "Đồng Lúa"), ("THCS", "Đại Lâm"), ("TH&THCS", "Gò Cát"), ("THPT", "Đại Lâm"),
    ("MN", "Sao Biển"), ("TH", "Đảo Ngọc"), ("TH", "San Hô"), ("THCS", "Đảo Ngọc"), ("THPT", "Biển Xanh"),
)  # fmt: skip
_SECOND_LINES = frozenset({5, 10, 25})
"""Numbers of the schools that have two lines."""


class DemoSchool(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated school: `rooms` with their seats, `lines` in order (the main one first)."""

    school: School
    rooms: tuple[Room, ...]
    lines: tuple[RegisteredLine, ...]

    @property
    def code(self) -> str:
        """Its code."""
        return self.school.code

    @property
    def provider(self) -> str:
        """The provider of its main line."""
        return self.lines[0].provider

    def line_of(self, room: Room) -> RegisteredLine:
        """The line of this room: where there are two, the labs have the main one to themselves."""
        return self.lines[0] if room.kind == "lab" else self.lines[-1]


def schools(count: int = SCHOOLS) -> Iterator[DemoSchool]:
    """The first so many schools, always the same ones; every name says that it is simulated."""
    for number, (level, name) in enumerate(_NAMES[:count], 1):
        code = f"MP{number:02}"
        commune = _COMMUNES[(number - 1) // 5][0]
        school = School(code=code, name=f"{level} {name} (mô phỏng)", area=f"{PATH}/{commune}", level=level)
        yield DemoSchool(school=school, rooms=tuple(_rooms(code, level, number)), lines=tuple(_lines(code, number)))


def _rooms(code: str, level: str, number: int) -> Iterator[Room]:
    small = level in {"MN", "TH"}
    yield Room(school=code, code="tin1", name="Phòng Tin 1", seats=12 if small else 16)
    if not small and number % 2:
        yield Room(school=code, code="tin2", name="Phòng Tin 2", seats=14)
    if number % 3 == 0:
        yield Room(school=code, code="tv", name="Thư viện", kind="library", seats=4)
    yield Room(school=code, code="vp", name="Văn phòng", kind="office", seats=3)


def _lines(code: str, number: int) -> Iterator[RegisteredLine]:
    # Addresses that are set aside for examples (RFC 5737): the simulated PCs say that they come from there.
    main, second = PROVIDERS[number % 3], PROVIDERS[(number + 1) % 3]
    customer = f"MP-{number:04}"
    yield RegisteredLine(
        school=code, site="main", code=MAIN_LINE, provider=main, customer=customer, networks=(f"198.51.100.{number}",)
    )
    if number in _SECOND_LINES:
        yield RegisteredLine(
            school=code,
            site="main",
            code=SECOND_LINE,
            provider=second,
            customer=f"{customer}-2",
            networks=(f"203.0.113.{number}",),
        )


def always_school(today: date) -> PlaceCalendar:
    """Lessons day and night, this school year and the next: whoever tries the demo at night sees it awake."""
    first = int(year_of(today)[:4])
    plans = []
    for year in (first, first + 1):
        whole = Span(first=date(year, 8, 1), last=date(year + 1, 7, 31), name="Khu vực mẫu")
        taught = Taught(first=whole.first, last=whole.last, name=whole.name)
        shift = Shift(name="Cả ngày", hours="00:00-24:00", days=_DAYS)
        plans.append(Plan(year=f"{year}-{year + 1}", term=(whole,), taught=(taught,), shift=(shift,)))
    return PlaceCalendar(plans=tuple(plans))


def furnish(writer: Writer, count: int, today: date, say: Say) -> list[str]:
    """Writes the area into an ordinary register; the paths of its rooms that were not there yet.

    What is there already stays as it is: a person may have changed it.
    """
    if writer.area(PATH) is None:
        writer.put_area(Area(path=PATH, name=say("Khu vực mẫu (mô phỏng)", "Sample area (simulated)"), level="tỉnh"))
        for code, name, level in _COMMUNES:
            writer.put_area(Area(path=f"{PATH}/{code}", name=f"{name} (mô phỏng)", level=level))
        writer.put_setting(PATH, {"beat": BEAT})
    writer.put_calendar(PATH, always_school(today))
    made: list[str] = []
    for one in schools(count):
        if writer.school(one.code) is None:
            writer.put_school(one.school)
            for line in one.lines:
                writer.put_line(line)
        for room in one.rooms:
            if writer.room(room.path) is None:
                writer.put_room(room)
                made.append(room.path)
    return made
