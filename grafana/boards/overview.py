"""The office in five seconds: what is broken, whose it is to mend, what changed since yesterday."""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Shape, Threshold, Words
from grafana.boards.places import (
    AVAILABILITY,
    HOW_SURE,
    IN_AREA,
    INCIDENTS_NOTHING,
    INTERNET_BOARD,
    JUDGED,
    KINDS,
    LEVELS,
    NAMED,
    NONE_IS_GOOD,
    OF_AREA,
    SCHOOL_CODE,
    SCHOOL_NAME,
    SECURITY_BOARD,
    WHERE,
    WITHOUT_INTERNET,
    going_on,
)
from grafana.boards.variables import AREA, SPAN

_BY_AREA = f"on (school) group_left (area) school_info{{{IN_AREA}}}"
_WITHOUT = f"count by (school) ({WITHOUT_INTERNET})"
_MAIN_LINE = 'max by (school, provider) (school_line_info{line="main"})'
_CHANGES: tuple[tuple[Words, str], ...] = (
    (("máy đang theo dõi", "PCs watched"), "school_machines"),
    (("máy chậm cập nhật", "PCs behind on updates"), "schooldrum:patch_late_machines:count"),
    (("máy hết hỗ trợ", "PCs out of support"), "schooldrum:unsupported_machines:count"),
    (("ổ đĩa sắp hỏng", "disks about to fail"), "schooldrum:disk_failing_machines:count"),
    (("sự cố đang xảy ra", "open incidents"), "school_incidents_open"),
)
_NONE = {"school_incidents_open": ("count(school_info)", "count(school_info offset 1d)")}
"""Of what has no series while there is none: what shows, now and yesterday, that there were figures at all."""
_NOT_TOLD = "no PC of the area has told it"


def _of(series: str) -> str:
    return f"sum({series} * {OF_AREA})"


def _changed(series: str) -> str:
    """PromQL: how much more there is than a day ago; nothing where one of the two is not known."""
    now, before = _of(series), _of(f"{series} offset 1d")
    if series in _NONE:
        shows, showed = _NONE[series]
        now, before = f"({now} or 0 * {shows})", f"({before} or 0 * {showed})"
    return f"{now} - {before}"


def _lost(title: Words, about: Words, group: str, thresholds: tuple[Threshold, ...]) -> Panel:
    lost = f'school_lesson_lost_seconds{{group="{group}",window="$span"}}'
    return Panel(
        title=title,
        about=about,
        shape=Shape.TABLE,
        nothing=("không biết có mất phút học nào", "no lesson time is known to be lost"),
        queries=(
            Query(expr=f"topk(20, {lost} / 60 * {NAMED})", now=True, may_be_empty="no lesson time was lost this way"),
        ),
        columns=(
            SCHOOL_NAME,
            SCHOOL_CODE,
            Column(name="Value", title=("Số phút học", "Lesson minutes"), unit="locale", thresholds=thresholds),
        ),
        order="-Value",
        width=8,
        height=9,
    )


def _figure(title: Words, about: Words, expr: str, **more: object) -> Panel:
    panel: dict[str, object] = {"width": 4, "height": 4, "unit": "short", **more}
    return Panel(
        title=title,
        about=about,
        shape=Shape.NUMBER,
        queries=(Query(expr=expr, now=True, may_be_empty=_NOT_TOLD),),
        **panel,  # type: ignore[arg-type]  # the fields of a panel
    )


BOARD = Board(
    uid="schooldrum-overview",
    title=("Toàn cảnh", "Overview"),
    about=(
        "Đang hỏng gì, việc của ai, và có gì khác hôm qua.",
        "What is broken, who can mend it, and what changed since yesterday.",
    ),
    variables=(AREA, SPAN),
    since="now-24h",
    panels=(
        _figure(
            ("Trường mất Internet", "Schools without internet"),
            (
                "Số trường đang mất Internet, hoặc cả trường mất liên lạc mà chưa rõ vì sao.",
                "Schools that have no internet now, or are not heard at all and nobody knows yet why.",
            ),
            f'count({_WITHOUT} * {OF_AREA}) or 0 * (sum(school_machines{{state="online"}} * {OF_AREA}) > 0)',
            thresholds=NONE_IS_GOOD,
            nothing=("chưa có số liệu: không máy nào bật", "no data: no PC is on"),
        ),
        _figure(
            ("Sự cố đang xảy ra", "Open incidents"),
            (
                "Số sự cố chưa kết thúc trong các trường.",
                "Incidents in schools that go on.",
            ),
            f"sum(school_incidents_open * {OF_AREA}) or 0 * {JUDGED}",
            thresholds=NONE_IS_GOOD,
        ),
        _figure(
            ("Trường", "Schools"),
            ("Số trường trong khu vực đã chọn.", "Schools in the chosen area."),
            f"count(school_info{{{IN_AREA}}})",
        ),
        _figure(
            ("Máy đang bật", "PCs on"),
            ("Số máy đang bật và gửi số liệu.", "PCs that are on and report."),
            f'sum(school_machines{{state="online"}} * {OF_AREA})',
        ),
        _figure(
            ("Máy đã tắt", "PCs switched off"),
            ("Số máy đã tắt bình thường, hoặc ngoài giờ.", "PCs switched off in the ordinary way, or off hours."),
            f'sum(school_machines{{state="off"}} * {OF_AREA})',
        ),
        _figure(
            ("Máy mất liên lạc", "PCs not heard"),
            (
                "Số máy lẽ ra đang bật mà không gửi số liệu.",
                "PCs that should be on and do not report.",
            ),
            f'sum(school_machines{{state="silent"}} * {OF_AREA})',
            thresholds=(Threshold(None, Colour.GOOD), Threshold(1, Colour.POOR)),
        ),
        Panel(
            title=("Đang xảy ra", "Going on now"),
            about=(
                (
                    "Các sự cố chưa kết thúc, mới nhất trên cùng: ở đâu, lỗi nằm ở đâu, chắc đến mức nào. Bấm mã sự cố "
                    "để xem căn cứ và việc cần làm. Sự cố chung của nhiều trường đứng thay phần của từng trường."
                ),
                (
                    "Incidents that go on, newest first: which place, where the fault lies, how sure that is. The "
                    "incident number leads to its evidence and what to do. An outage of many schools stands for what "
                    "each of them has of it."
                ),
            ),
            shape=Shape.TABLE,
            nothing=INCIDENTS_NOTHING,
            queries=(
                Query(
                    expr=f"topk(200, 1000 * {going_on('')} * {NAMED})",
                    now=True,
                    may_be_empty="no incident is known",
                ),
            ),
            columns=(
                SCHOOL_NAME,
                SCHOOL_CODE,
                Column(name="room", title=("Phòng", "Room")),
                Column(name="level", title=("Quy mô", "How large"), said=LEVELS),
                Column(name="kind", title=("Hiện tượng", "What"), said=KINDS),
                Column(name="degree", title=("Mức chắc chắn", "How sure"), said=HOW_SURE),
                Column(name="verdict", title=("Lỗi ở đâu", "Where the fault is"), said=WHERE),
                Column(name="incident", title=("Sự cố", "Incident"), link="/incidents/"),
                Column(name="Value", title=("Từ khi nào", "Since")),
            ),
            order="-Value",
            width=24,
            height=9,
        ),
        _lost(
            ("Sở gọi nhà mạng", "Ours to call"),
            (
                (
                    "Số phút học mất vì đường truyền, tên miền (DNS) hoặc kết nối trong nước: cơ quan quản lý gọi nhà "
                    "mạng. Không tính một máy lẻ và lịch bảo trì."
                ),
                (
                    "Lesson minutes lost to the line, names (DNS) or national routes: the office calls the provider. "
                    "Single PCs and planned maintenance do not count."
                ),
            ),
            "office",
            (Threshold(None, Colour.PLAIN), Threshold(60, Colour.ACTION), Threshold(240, Colour.BAD)),
        ),
        _lost(
            ("Trường xử lý", "The school's to mend"),
            (
                "Số phút học mất vì phòng, mạng nội bộ hoặc điện; hoặc chưa rõ vì sao và trường đang được hỏi.",
                (
                    "Lesson minutes lost to a room, the school's own network or power; or for a cause not known yet, "
                    "about which the school is asked."
                ),
            ),
            "school",
            (Threshold(None, Colour.PLAIN), Threshold(60, Colour.ACTION), Threshold(240, Colour.BAD)),
        ),
        _lost(
            ("Không cần làm gì", "Nothing to do"),
            (
                "Số phút học không vào được một hệ thống, hoặc kết nối quốc tế kém: lỗi ở ngoài, trường và Sở chỉ chờ.",
                (
                    "Lesson minutes in which a system or international routes could not be reached: the fault lies "
                    "outside, schools and office can only wait."
                ),
            ),
            "none",
            (),
        ),
        Panel(
            title=("Khác hôm qua", "What changed since yesterday"),
            about=(
                "Bây giờ so với đúng 24 giờ trước. Số dương là nhiều hơn hôm qua.",
                "Now against 24 hours ago. Positive: more than yesterday.",
            ),
            shape=Shape.NUMBER,
            nothing=("chưa có số liệu hôm qua", "no data of yesterday yet"),
            queries=tuple(
                Query(
                    expr=_changed(series),
                    legend=words,
                    now=True,
                    may_be_empty="Prometheus has no figures of yesterday yet",
                )
                for words, series in _CHANGES
            ),
            unit="short",
            width=12,
            height=6,
        ),
        Panel(
            title=("Cập nhật và hỗ trợ", "Updates and support"),
            about=(
                (
                    "Số máy được biết là chậm cập nhật trên 30 ngày, hết hỗ trợ, sắp hết hỗ trợ, có ổ đĩa sắp hỏng. "
                    "Mục nào không máy nào cho biết thì không hiện. Bấm để xem chi tiết."
                ),
                (
                    "PCs known to be more than 30 days behind on updates, out of support, soon out of support, with a "
                    "failing disk. What no PC has told is not shown. A click shows which."
                ),
            ),
            shape=Shape.NUMBER,
            queries=tuple(
                Query(expr=_of(f"schooldrum:{name}_machines:count"), legend=words, now=True, may_be_empty=_NOT_TOLD)
                for name, words in (
                    ("patch_late", ("chậm cập nhật", "behind on updates")),
                    ("unsupported", ("hết hỗ trợ", "out of support")),
                    ("support_ending", ("sắp hết hỗ trợ", "support ends soon")),
                    ("disk_failing", ("ổ đĩa sắp hỏng", "disk about to fail")),
                )
            ),
            unit="short",
            thresholds=NONE_IS_GOOD,
            link=SECURITY_BOARD,
            width=12,
            height=6,
        ),
        Panel(
            title=("Đường truyền theo nhà mạng", "Lines by provider"),
            about=(
                (
                    "Mỗi nhà mạng có bao nhiêu trường dùng làm đường chính, bao nhiêu trường đang mất, và tỷ lệ có "
                    "Internet 30 ngày qua (chỉ tính lúc có máy bật; theo dõi chưa đủ 30 ngày thì tính từ ngày bắt đầu)."
                ),
                (
                    "How many schools have each provider's line as their main one, how many are without internet now, "
                    "and availability in the last 30 days (counting only time in which PCs were on; of schools watched "
                    "for less, since they were watched)."
                ),
            ),
            shape=Shape.TABLE,
            queries=(
                Query(
                    expr=f"count by (provider) ({_MAIN_LINE} * {OF_AREA})",
                    now=True,
                    may_be_empty="the register has no lines yet",
                ),
                Query(
                    expr=f"count by (provider) ({_MAIN_LINE} * on (school) group_left () {_WITHOUT} * {OF_AREA})",
                    now=True,
                    may_be_empty="no school is without internet",
                ),
                Query(
                    expr=(f"avg by (provider) ({_MAIN_LINE} * on (school) group_left () {AVAILABILITY} * {OF_AREA})"),
                    now=True,
                    may_be_empty="no school was watched yet, or the register has no lines",
                ),
            ),
            columns=(
                Column(name="provider", title=("Nhà mạng", "Provider"), link=INTERNET_BOARD),
                Column(name="Value #A", title=("Số trường", "Schools"), unit="short"),
                Column(name="Value #B", title=("Đang mất", "Without now"), unit="short", thresholds=NONE_IS_GOOD),
                Column(name="Value #C", title=("Có Internet", "Availability")),
            ),
            order="-Value #A",
            width=12,
            height=9,
        ),
        Panel(
            title=("Theo khu vực", "By area"),
            about=(
                "Mỗi khu vực: số trường, số máy, máy mất liên lạc, và số phút học mất trong khoảng đã chọn.",
                "Each area: schools, PCs, PCs not heard, and lesson minutes lost within the chosen time.",
            ),
            shape=Shape.TABLE,
            queries=(
                Query(
                    expr=(
                        f"count by (area) (school_info{{{IN_AREA}}})"
                        " * on (area) group_left (name) max by (area, name) (school_area_info)"
                        f" or on (area) count by (area) (school_info{{{IN_AREA}}})"
                    ),
                    now=True,
                ),
                Query(expr=f"sum by (area) (sum by (school) (school_machines) * {_BY_AREA})", now=True),
                Query(expr=f'sum by (area) (school_machines{{state="silent"}} * {_BY_AREA})', now=True),
                Query(
                    expr=f'sum by (area) (school_rooms{{state="down"}} * {_BY_AREA})',
                    now=True,
                    may_be_empty="rooms were not looked at yet",
                ),
                Query(
                    expr=(
                        'sum by (area) (sum by (school) (school_lesson_lost_seconds{window="$span"})'
                        f" / 60 * {_BY_AREA})"
                    ),
                    now=True,
                    may_be_empty="no lesson time was lost",
                ),
            ),
            columns=(
                Column(name="name", title=("Khu vực", "Area")),
                Column(name="area", title=("Mã", "Code")),
                Column(name="Value #A", title=("Trường", "Schools"), unit="short"),
                Column(name="Value #B", title=("Máy", "PCs"), unit="short"),
                Column(name="Value #C", title=("Mất liên lạc", "Not heard"), unit="short"),
                Column(name="Value #D", title=("Phòng gián đoạn", "Rooms interrupted"), unit="short"),
                Column(name="Value #E", title=("Số phút học mất", "Lesson minutes lost"), unit="locale"),
            ),
            order="-Value #E",
            width=12,
            height=9,
        ),
    ),
)
