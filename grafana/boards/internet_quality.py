"""How good the schools' internet is: national against international, by provider, and against the month before.

Contracted against measured speeds are not drawn: no PC measures a speed yet.
"""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Shape, Threshold, Words
from grafana.boards.places import (
    AVAILABILITY,
    IN_AREA,
    NAMED,
    NONE_IS_GOOD,
    OF_AREA,
    SCHOOL_CODE,
    SCHOOL_NAME,
    SEEN,
    SEEN_SINCE,
)
from grafana.boards.variables import AREA

_NO_OBSERVER = "no PC tried it: only observers do while all is well"
_FAR: tuple[tuple[str, Words], ...] = (
    ("provider", ("nhà mạng", "provider")),
    ("national", ("trong nước", "national")),
    ("international", ("quốc tế", "international")),
)
_REACHED = f'0 * (count(schooldrum:ladder_step_success:ratio{{step=~"national|international"}} * {OF_AREA} > 0) > 0)'
"""PromQL: zero where a PC got through to somewhere, so that it would have met what stands in the way."""
_BEFORE = 'max by (school) (school_internet_availability_ratio{window="30d"} offset 30d)'
_NOT_SEEN = "no school was watched yet"
_MAIN_LINE = 'max by (school, provider) (school_line_info{line="main"})'
_SHARE = (Threshold(None, Colour.BAD), Threshold(0.95, Colour.POOR), Threshold(0.99, Colour.GOOD))


def _over_time(title: Words, about: Words, aggregate: str, series: str) -> Panel:
    return Panel(
        title=title,
        about=about,
        shape=Shape.LINES,
        queries=tuple(
            Query(expr=f'{aggregate}{series}{{step="{step}"}} * {OF_AREA})', legend=words, may_be_empty=_NO_OBSERVER)
            for step, words in _FAR
        ),
        least=0,
        width=6,
    )


def _met(series: str) -> Query:
    """How many schools have it in the way; nothing where no PC got far enough to tell."""
    return Query(
        expr=f"count(max by (school) ({series}) * {OF_AREA}) or {_REACHED}",
        now=True,
        may_be_empty="no PC got through to tell",
    )


BOARD = Board(
    uid="schooldrum-internet",
    title=("Chất lượng Internet", "Internet quality"),
    about=(
        "Internet của các trường tốt đến đâu: trong nước và quốc tế, theo nhà mạng, so với tháng trước.",
        "How good the schools' internet is: national and international, by provider, against the month before.",
    ),
    variables=(AREA,),
    since="now-7d",
    refresh="5m",
    panels=(
        _over_time(
            ("Có trả lời", "Answered"),
            (
                "Phần trường được trả lời, tính trung bình: nhà mạng, trong nước, quốc tế.",
                "Mean share of answers over schools: provider, national, international.",
            ),
            "avg(",
            "schooldrum:ladder_step_success:ratio",
        ),
        _over_time(
            ("Độ trễ", "Latency"),
            (
                "Trung vị các trường của thời gian chờ trả lời.",
                "Median over schools of the time until an answer came.",
            ),
            "quantile(0.5, ",
            "schooldrum:ladder_round_trip_seconds:median",
        ),
        _over_time(
            ("Mất gói", "Packet loss"),
            ("Trung bình các trường của tỷ lệ mất gói.", "Mean over schools of the share of packets lost."),
            "avg(",
            "schooldrum:ladder_loss_ratio:avg",
        ),
        _over_time(
            ("Dao động độ trễ", "Jitter"),
            (
                (
                    "Trung vị các trường của chênh lệch giữa hai lần trả lời liền nhau; trên 30 ms thì họp trực tuyến "
                    "giật."
                ),
                (
                    "Median over schools of the difference between successive answers; above 30 ms online meetings "
                    "stutter."
                ),
            ),
            "quantile(0.5, ",
            "schooldrum:ladder_jitter_seconds:median",
        ),
        Panel(
            title=("Theo nhà mạng", "By provider"),
            about=(
                (
                    "Tỷ lệ có Internet 30 ngày qua so với 30 ngày trước đó, mất gói và độ trễ, theo nhà mạng của đường "
                    "chính. Tỷ lệ chỉ tính lúc có máy bật để thấy; trường theo dõi chưa đủ 30 ngày thì tính từ ngày "
                    "bắt đầu theo dõi."
                ),
                (
                    "Availability in the last 30 days against the 30 days before, loss and latency, by the provider of "
                    "the main line. Availability counts only time in which PCs were on to see it; of a school watched "
                    "for less than 30 days, since it was watched."
                ),
            ),
            shape=Shape.TABLE,
            queries=tuple(
                Query(
                    expr=f"avg by (provider) ({_MAIN_LINE} * on (school) group_left () {series} * {OF_AREA})",
                    now=True,
                    may_be_empty=why,
                )
                for series, why in (
                    (AVAILABILITY, "no school was watched yet, or the register has no lines"),
                    (_BEFORE, "Prometheus has no figures of a month ago yet"),
                    ('schooldrum:ladder_loss_ratio:avg{step="national"}', _NO_OBSERVER),
                    ('schooldrum:ladder_round_trip_seconds:median{step="national"}', _NO_OBSERVER),
                    ('schooldrum:ladder_round_trip_seconds:median{step="international"}', _NO_OBSERVER),
                )
            ),
            columns=(
                Column(name="provider", title=("Nhà mạng", "Provider")),
                Column(name="Value #A", title=("Có Internet", "Availability"), thresholds=_SHARE),
                Column(name="Value #B", title=("30 ngày trước đó", "30 days before"), thresholds=_SHARE),
                Column(name="Value #C", title=("Mất gói", "Loss")),
                Column(name="Value #D", title=("Trễ trong nước", "National latency")),
                Column(name="Value #E", title=("Trễ quốc tế", "International latency")),
            ),
            order="Value #A",
            width=24,
            height=7,
        ),
        Panel(
            title=("Trường có tỷ lệ thấp nhất", "Schools with the lowest availability"),
            about=(
                (
                    "Năm mươi trường có tỷ lệ có Internet thấp nhất trong 30 ngày, cùng 30 ngày trước đó, thời gian "
                    "mất và thời gian thấy được (có máy bật hoặc biết là mất), đếm trong cùng khoảng. Theo dõi chưa đủ "
                    "30 ngày thì ghi tính từ lúc nào."
                ),
                (
                    "The fifty schools with the lowest availability in 30 days, beside the 30 days before, the time "
                    "lost and the time seen (PCs were on, or it is known to be lost), counted in the same stretches. "
                    "Where less than 30 days are known, it says since when."
                ),
            ),
            shape=Shape.TABLE,
            nothing=("chưa có số liệu", "no data"),
            queries=(
                Query(expr=f"bottomk(50, {AVAILABILITY} * {NAMED})", now=True, may_be_empty=_NOT_SEEN),
                Query(
                    expr=f"{_BEFORE} * {OF_AREA}",
                    now=True,
                    may_be_empty="Prometheus has no figures of a month ago yet",
                ),
                Query(expr=f"(1 - {AVAILABILITY}) * {SEEN} * {OF_AREA}", now=True, may_be_empty=_NOT_SEEN),
                Query(expr=f"{SEEN} * {OF_AREA}", now=True, may_be_empty=_NOT_SEEN),
                Query(expr=f"{SEEN_SINCE} * {OF_AREA}", now=True, may_be_empty="all 30 days are known of each school"),
            ),
            columns=(
                SCHOOL_NAME,
                SCHOOL_CODE,
                Column(name="Value #A", title=("Có Internet", "Availability"), thresholds=_SHARE),
                Column(name="Value #B", title=("30 ngày trước đó", "30 days before"), thresholds=_SHARE),
                Column(name="Value #C", title=("Đã mất", "Lost"), unit="s"),
                Column(name="Value #D", title=("Đã thấy", "Seen")),
                Column(name="Value #E", title=("Tính từ", "Since"), unit="dateTimeAsLocal"),
            ),
            order="Value #A",
            width=16,
            height=10,
        ),
        Panel(
            title=("Hệ thống vào được", "Services reached"),
            about=(
                "Phần trường vào được từng hệ thống, trong số các trường có hỏi.",
                "Share of the schools that asked a service and reached it.",
            ),
            shape=Shape.BARS,
            queries=(
                Query(
                    expr="schooldrum:target_success:ratio",
                    legend=("{{target}}", "{{target}}"),
                    now=True,
                    may_be_empty="no PC asks services",
                ),
            ),
            thresholds=_SHARE,
            least=0,
            most=1,
            width=8,
            height=10,
        ),
        Panel(
            title=("Có trang chắn", "A page in the way"),
            about=(
                "Số trường có trang đăng nhập hoặc trang báo nợ cước trả lời thay cho trang thật.",
                "Schools in which a sign-in page or a page about the bill answers in other pages' place.",
            ),
            shape=Shape.NUMBER,
            queries=(_met("school_captive_portal"),),
            thresholds=NONE_IS_GOOD,
            width=8,
            height=4,
        ),
        Panel(
            title=("Kết nối mã hóa bị mở giữa đường", "Encrypted connections opened on the way"),
            about=(
                "Số trường có thiết bị hoặc phần mềm mở kết nối mã hóa bằng chứng chỉ riêng.",
                "Schools in which a device or program opens encrypted connections under a certificate of its own.",
            ),
            shape=Shape.NUMBER,
            queries=(_met("school_tls_inspected"),),
            thresholds=(Threshold(None, Colour.GOOD), Threshold(1, Colour.POOR)),
            width=8,
            height=4,
        ),
        Panel(
            title=("Chưa biết đường truyền", "Lines not known"),
            about=(
                "Số trường mà danh mục chưa ghi đường truyền nào: chưa so được theo nhà mạng.",
                "Schools of which the register has no line: they cannot be compared by provider.",
            ),
            shape=Shape.NUMBER,
            queries=(
                Query(
                    expr=(
                        f"count(school_info{{{IN_AREA}}} unless on (school) school_line_info)"
                        f" or 0 * count(school_info{{{IN_AREA}}})"
                    ),
                    now=True,
                ),
            ),
            thresholds=(Threshold(None, Colour.GOOD), Threshold(1, Colour.POOR)),
            width=8,
            height=4,
        ),
    ),
)
