"""Columns, words and colours that several dashboards share, so that one thing looks the same everywhere."""

from grafana.boards.board import Colour, Column, Said, Threshold, Words

from schooldrum_collector.judge.fault import Degree, Verdict
from schooldrum_collector.judge.fault_words import DEGREES, VERDICTS
from schooldrum_collector.judge.posture_words import NAMES

OVERVIEW_BOARD = "schooldrum-overview"
SECURITY_BOARD = "schooldrum-security"
INTERNET_BOARD = "schooldrum-internet"
SCHOOL_BOARD = "schooldrum-school"
ROOM_BOARD = "schooldrum-room"
MACHINE_BOARD = "schooldrum-machine"

AVAILABILITY = 'max by (school) (school_internet_availability_ratio{window="30d"})'
"""PromQL: of each school the share of the time seen in which it had internet."""
SEEN = 'max by (school) (school_internet_seen_seconds{window="30d"})'
SEEN_SINCE = '1000 * max by (school) (school_internet_seen_since_timestamp_seconds{window="30d"} > time() - 30 * 86400)'
"""PromQL: of each school of which less than 30 days are known, since when."""

SCHOOL_CODE = Column(name="school", title=("Mã trường", "School code"), link=SCHOOL_BOARD)
SCHOOL_NAME = Column(name="name", title=("Trường", "School"), link=SCHOOL_BOARD)
ROOM_CODE = Column(name="room", title=("Phòng", "Room"), link=ROOM_BOARD)
MACHINE_NAME = Column(name="machine", title=("Máy", "PC"), link=MACHINE_BOARD)

NONE_IS_GOOD = (Threshold(None, Colour.GOOD), Threshold(1, Colour.ACTION))
YES_NO = (
    Said(value="1", words=("có", "yes"), colour=Colour.GOOD),
    Said(value="0", words=("không", "no"), colour=Colour.BAD),
)
OLD = (
    Said(value="0", words=("mới", "new"), colour=Colour.GOOD),
    Said(value="1", words=("cũ, cần nạp bản mới", "old, load a newer one"), colour=Colour.ACTION),
)
YES_NEUTRAL = (Said(value="1", words=("có", "yes"), colour=Colour.POOR),)
DISKS = (
    Said(value="ok", words=("tốt", "sound"), colour=Colour.GOOD),
    Said(value="warning", words=("đáng ngờ", "suspicious"), colour=Colour.POOR),
    Said(value="failing", words=("sắp hỏng", "failing"), colour=Colour.BAD),
    Said(value="unknown", words=("chưa có số liệu", "no data"), colour=Colour.RESTING),
)
OUTCOMES = (
    Said(value="denied", words=("không có quyền", "denied"), colour=Colour.POOR),
    Said(value="failed", words=("không đọc được", "failed"), colour=Colour.ACTION),
    Said(value="timed_out", words=("quá lâu", "too slow"), colour=Colour.ACTION),
)
PRESENCE = (
    Said(value="1", words=("đang bật", "on"), colour=Colour.GOOD),
    Said(value="2", words=("đã tắt", "switched off"), colour=Colour.RESTING),
    Said(value="3", words=("mất liên lạc", "not heard"), colour=Colour.BAD),
    Said(value="4", words=("đang bật, không gửi số liệu", "on, not reporting"), colour=Colour.ACTION),
    Said(value="5", words=("chưa gửi lần nào", "never reported"), colour=Colour.POOR),
)
PATCHES = (
    ("current", ("đủ bản vá", "up to date")),
    ("waiting", ("bản vá còn thiếu", "missing updates")),
    ("restart", ("chờ khởi động lại", "waiting for a restart")),
    ("off", ("tắt lâu ngày", "off for long")),
    ("refused", ("bị từ chối", "refused")),
    ("frozen", ("đóng băng ổ đĩa", "frozen disk")),
    ("unknown", ("chưa có số liệu", "no data")),
)
CHECKS = tuple(Said(value=name, words=(words.vi, words.en), colour=Colour.PLAIN) for name, words in NAMES.items())


_VERDICT_COLOURS = {Verdict.POWER: Colour.ACTION, Verdict.UNKNOWN: Colour.POOR, Verdict.COLLECTOR: Colour.ACTION}
WHERE = tuple(
    Said(
        value=verdict.value,
        words=("chưa rõ", "not known yet") if verdict is Verdict.UNKNOWN else (words.vi, words.en),
        colour=_VERDICT_COLOURS.get(verdict, Colour.BAD),
    )
    for verdict, words in VERDICTS.items()
)
HOW_SURE = tuple(
    Said(
        value=degree.value,
        words=(words.vi, words.en),
        colour={Degree.FOUND: Colour.PLAIN, Degree.PROBABLE: Colour.POOR}.get(degree, Colour.RESTING),
    )
    for degree, words in DEGREES.items()
)
LEVELS = tuple(
    Said(value=value, words=words, colour=Colour.PLAIN)
    for value, words in (
        ("machine", ("một máy", "one PC")),
        ("room", ("phòng", "room")),
        ("site", ("điểm trường", "campus")),
        ("school", ("cả trường", "whole school")),
        ("area", ("khu vực", "area")),
        ("provider", ("nhà mạng", "provider")),
        ("service", ("hệ thống", "system")),
    )
)
KINDS = tuple(
    Said(value=value, words=words, colour=Colour.PLAIN)
    for value, words in (
        ("outage", ("gián đoạn", "interrupted")),
        ("second_line", ("mất một đường truyền", "one line lost")),
        ("service", ("không vào được hệ thống", "a system cannot be reached")),
        ("loss", ("mạng kém", "poor")),
        ("mute", ("đang bật, không gửi số liệu", "on, not reporting")),
    )
)
STEPS: tuple[tuple[str, Words], ...] = (
    ("link", ("dây mạng, Wi-Fi", "cable, Wi-Fi")),
    ("address", ("địa chỉ mạng", "address")),
    ("gateway", ("modem (bộ định tuyến)", "modem (router)")),
    ("resolver", ("tên miền (DNS)", "names (DNS)")),
    ("independent_resolver", ("tên miền, máy chủ khác", "names, another server")),
    ("provider", ("nhà mạng", "provider")),
    ("national", ("trong nước", "national")),
    ("international", ("quốc tế", "international")),
    ("collector", ("máy chủ tổng hợp", "collector")),
)
ROOM_STATES = (
    Said(value="1", words=("có máy đang bật", "PCs are on"), colour=Colour.GOOD),
    Said(value="0", words=("gián đoạn", "interrupted"), colour=Colour.BAD),
)
LINES = (
    Said(value="main", words=("đường chính", "main line"), colour=Colour.PLAIN),
    Said(value="second", words=("đường dự phòng", "second line"), colour=Colour.PLAIN),
)
IN_AREA = 'area=~"$area(/.*)?"'
"""The chosen area and all below it; of the choice of all, everything."""
OF_AREA = f"on (school) group_left () (0 * max by (school) (school_info{{{IN_AREA}}}) + 1)"
"""PromQL to multiply by: keeps what belongs to schools of the area, and leaves values and labels as they are."""
NAMED = f"on (school) group_left (name) school_info{{{IN_AREA}}}"
"""The same with the school's name beside it."""
NOT_MET_NOTHING: Words = ("không biết mục nào chưa đạt", "no check is known to be unmet")
INCIDENTS_NOTHING: Words = ("không biết sự cố nào", "no incident is known")
JUDGED = f"(count(school_info{{{IN_AREA}}}) and on () (max(schooldrum_judged_timestamp_seconds) > time() - 600))"
"""PromQL: something where the collector has lately judged schools of the area, so that no incident means none."""
WITHOUT_INTERNET = (
    'school_incident_begin_timestamp_seconds{kind="outage",level=~"site|school|area|provider",'
    'verdict=~"line|dns|national|unknown"}'
)
"""PromQL: incidents that keep whole schools from the internet, or from being heard at all."""


def going_on(selector: str) -> str:
    """PromQL: the incidents that go on. An outage of many schools stands for what each of them has of it."""
    every = "school_incident_begin_timestamp_seconds"
    beside = f"{selector}," if selector else ""
    parts = f'{every}{{{beside}kind="outage",level=~"site|school"}}'
    wholes = f'{every}{{{beside}kind="outage",level=~"area|provider"}}'
    return f"({every}{{{selector}}} unless ({parts} and on (school) {wholes}))"


def presence(selector: str) -> str:
    """PromQL: each PC's state as one number (1 on, 2 off, 3 not heard, 4 on but not reporting, 5 never heard)."""
    states = ("online", "off", "silent", "mute", "never")
    return " or ".join(
        f'{number} * (school_machine_presence{{{selector},state="{state}"}} == 1)'
        for number, state in enumerate(states, 1)
    )


VERDICT_NUMBERS = tuple(
    Said(value=str(number), words=said.words, colour=said.colour) for number, said in enumerate(WHERE, 1)
)


def where_over_time(selector: str) -> str:
    """PromQL: each open incident as the number of the place where it lies (VERDICT_NUMBERS)."""
    parts = " or ".join(
        f'{number} * (school_incident_begin_timestamp_seconds{{{selector},verdict="{said.value}"}} > bool 0)'
        for number, said in enumerate(WHERE, 1)
    )
    return f"max by (incident) ({parts})"
