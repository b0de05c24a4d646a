"""One school: its rooms, lines and services, its incidents over time, and how safe its PCs are."""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Said, Shape, Threshold
from grafana.boards.places import (
    CHECKS,
    HOW_SURE,
    INCIDENTS_NOTHING,
    KINDS,
    LINES,
    NONE_IS_GOOD,
    NOT_MET_NOTHING,
    ROOM_BOARD,
    ROOM_STATES,
    STEPS,
    VERDICT_NUMBERS,
    WHERE,
    YES_NO,
    going_on,
    where_over_time,
)
from grafana.boards.variables import AREA, SCHOOL, SPAN

_HERE = 'school="$school"'
_GROUPS = (
    ("office", ("Sở gọi nhà mạng", "ours to call")),
    ("school", ("trường xử lý", "the school's to mend")),
    ("none", ("không cần làm gì", "nothing to do")),
)
_STATES = (
    ("online", ("đang bật", "on")),
    ("off", ("đã tắt", "switched off")),
    ("silent", ("mất liên lạc", "not heard")),
    ("never", ("chưa gửi lần nào", "never reported")),
)

BOARD = Board(
    uid="schooldrum-school",
    title=("Một trường", "School"),
    about=(
        "Phòng, đường truyền, hệ thống, sự cố và an toàn của một trường.",
        "Rooms, lines, services, incidents and safety of one school.",
    ),
    variables=(AREA, SCHOOL, SPAN),
    since="now-7d",
    panels=(
        Panel(
            title=("Máy", "PCs"),
            about=("Số máy theo tình trạng ngay lúc này.", "PCs by their state now."),
            shape=Shape.NUMBER,
            queries=tuple(
                Query(expr=f'sum(school_machines{{{_HERE},state="{state}"}})', legend=words, now=True)
                for state, words in _STATES
            ),
            width=12,
            height=5,
            unit="short",
        ),
        Panel(
            title=("Giờ này", "This hour"),
            about=(
                "Giờ này trường có lịch dùng máy không; ngoài giờ thì máy tắt không phải là sự cố.",
                "Whether PCs are expected to be on at this hour; off hours, a PC that is off is no fault.",
            ),
            shape=Shape.NUMBER,
            queries=(Query(expr=f"max(school_expected{{{_HERE}}})", now=True),),
            said=(
                Said(value="1", words=("trong giờ", "in hours"), colour=Colour.PLAIN),
                Said(value="0", words=("nghỉ", "off hours"), colour=Colour.RESTING),
            ),
            width=4,
            height=5,
            unit="short",
        ),
        Panel(
            title=("Tỷ lệ có Internet, 30 ngày", "Availability, 30 days"),
            about=(
                (
                    "Phần thời gian có Internet, chỉ tính lúc có máy bật để thấy; không tính mất điện. Bên cạnh là đã "
                    "thấy bao lâu; theo dõi chưa đủ 30 ngày thì ghi tính từ lúc nào."
                ),
                (
                    "Share of time with internet, of the time in which PCs were on to see it; power cuts do not count. "
                    "Beside it the time seen, and where less than 30 days are known, since when."
                ),
            ),
            shape=Shape.NUMBER,
            nothing=("chưa có số liệu", "no data"),
            queries=(
                Query(
                    expr=f'max(school_internet_availability_ratio{{{_HERE},window="30d"}})',
                    legend=("có Internet", "availability"),
                    now=True,
                    may_be_empty="no PC of the school was on yet",
                ),
                Query(
                    expr=f'max(school_internet_seen_seconds{{{_HERE},window="30d"}})',
                    legend=("đã thấy", "seen"),
                    now=True,
                    may_be_empty="no PC of the school was on yet",
                    unit="s",
                ),
                Query(
                    expr=(
                        f'1000 * max(school_internet_seen_since_timestamp_seconds{{{_HERE},window="30d"}}'
                        " > time() - 30 * 86400)"
                    ),
                    legend=("tính từ", "since"),
                    now=True,
                    may_be_empty="all 30 days are known",
                    unit="dateTimeAsLocal",
                ),
            ),
            thresholds=(Threshold(None, Colour.BAD), Threshold(0.95, Colour.POOR), Threshold(0.99, Colour.GOOD)),
            width=4,
            height=5,
        ),
        Panel(
            title=("Số phút học mất", "Lesson minutes lost"),
            about=(
                "Trong khoảng đã chọn, theo ai là người xử lý được.",
                "Within the chosen time, by who can act.",
            ),
            shape=Shape.NUMBER,
            queries=tuple(
                Query(
                    expr=(
                        f'sum(school_lesson_lost_seconds{{{_HERE},group="{group}",window="$span"}}) / 60'
                        f' or 0 * (sum(school_machines{{{_HERE},state!="never"}}) > 0)'
                    ),
                    legend=words,
                    now=True,
                    may_be_empty="no PC of the school has ever reported",
                )
                for group, words in _GROUPS
            ),
            width=4,
            height=5,
            unit="locale",
        ),
        Panel(
            title=("Phòng", "Rooms"),
            about=("Mỗi phòng có bao nhiêu máy đang bật, đã tắt, mất liên lạc.", "How many PCs of each room are on."),
            shape=Shape.TABLE,
            queries=(
                Query(expr=f"max by (school, site, room, name) (school_room_info{{{_HERE}}})", now=True),
                Query(
                    expr=f"max by (school, site, room) (school_room_up{{{_HERE}}})",
                    now=True,
                    may_be_empty="all rooms are switched off",
                ),
                *(
                    Query(
                        expr=f'count by (school, site, room) (school_machine_presence{{{_HERE},state="{state}"}} == 1)',
                        now=True,
                        may_be_empty="no PC is in this state",
                    )
                    for state, _ in _STATES
                ),
            ),
            columns=(
                Column(name="name", title=("Phòng", "Room"), link=ROOM_BOARD),
                Column(name="school", title=("Mã trường", "School code")),
                Column(name="site", title=("Điểm trường", "Campus")),
                Column(name="room", title=("Mã phòng", "Room code"), link=ROOM_BOARD),
                Column(name="Value #B", title=("Tình trạng", "State"), said=ROOM_STATES),
                *(
                    Column(name=f"Value #{letter}", title=(words[0].capitalize(), words[1].capitalize()), unit="short")
                    for letter, (_, words) in zip("CDEF", _STATES, strict=True)
                ),
            ),
            order="name",
            width=16,
        ),
        Panel(
            title=("Đường truyền", "Lines"),
            about=("Đường truyền Internet trong danh mục.", "Internet lines as the register has them."),
            shape=Shape.TABLE,
            nothing=("danh mục chưa ghi đường truyền của trường này", "the register has no line of this school"),
            queries=(
                Query(
                    expr=f"max by (site, line, provider) (school_line_info{{{_HERE}}})",
                    now=True,
                    may_be_empty="the register has no line of this school",
                ),
            ),
            columns=(
                Column(name="site", title=("Điểm trường", "Campus")),
                Column(name="line", title=("Đường", "Line"), said=LINES),
                Column(name="provider", title=("Nhà mạng", "Provider")),
            ),
            order="line",
            width=8,
        ),
        Panel(
            title=("Sự cố theo thời gian", "Incidents over time"),
            about=(
                "Mỗi dòng là một sự cố; màu và chữ cho biết lỗi ở đâu theo điều đã rõ lúc đó.",
                "Each row is an incident; colour and words say where the fault lay as far as was known then.",
            ),
            shape=Shape.TIMELINE,
            nothing=INCIDENTS_NOTHING,
            queries=(
                Query(
                    expr=where_over_time(_HERE),
                    legend=("{{incident}}", "{{incident}}"),
                    may_be_empty="the school had no incident",
                ),
            ),
            unit="short",
            said=VERDICT_NUMBERS,
            width=16,
        ),
        Panel(
            title=("Đang xảy ra", "Going on now"),
            about=("Sự cố chưa kết thúc của trường.", "Incidents of the school that go on."),
            shape=Shape.TABLE,
            nothing=INCIDENTS_NOTHING,
            queries=(
                Query(
                    expr=f"1000 * {going_on(_HERE)}",
                    now=True,
                    may_be_empty="no incident is known",
                ),
            ),
            columns=(
                Column(name="incident", title=("Sự cố", "Incident"), link="/incidents/"),
                Column(name="kind", title=("Hiện tượng", "What"), said=KINDS),
                Column(name="degree", title=("Mức chắc chắn", "How sure"), said=HOW_SURE),
                Column(name="verdict", title=("Lỗi ở đâu", "Where the fault is"), said=WHERE),
                Column(name="Value", title=("Từ khi nào", "Since")),
            ),
            order="-Value",
            width=8,
        ),
        Panel(
            title=("Đường tới Internet", "The way to the internet"),
            about=(
                "Phần máy được trả lời ở từng bước. Bước không máy nào thử thì không hiện.",
                "Share of PCs that each step answered. Steps that no PC tried are not shown.",
            ),
            shape=Shape.LINES,
            queries=tuple(
                Query(
                    expr=f'schooldrum:ladder_step_success:ratio{{{_HERE},step="{step}"}}',
                    legend=words,
                    may_be_empty="no PC tried this step",
                )
                for step, words in STEPS
            ),
            least=0,
            most=1,
            width=16,
        ),
        Panel(
            title=("Hệ thống", "Services"),
            about=(
                "Các hệ thống mà máy trực của trường hỏi thăm: có vào được không.",
                "Systems that the school's observer PC asks: whether they can be reached.",
            ),
            shape=Shape.TABLE,
            nothing=("trường chưa có máy trực hỏi các hệ thống", "no PC of the school asks services"),
            queries=(
                Query(
                    expr=f"max by (target) (school_target_success{{{_HERE}}})",
                    now=True,
                    may_be_empty="no PC of the school asks services",
                ),
                Query(
                    expr=f"avg by (target) (sum by (target, machine) (school_target_phase_seconds{{{_HERE}}}))",
                    now=True,
                    may_be_empty="no PC of the school asks services",
                ),
            ),
            columns=(
                Column(name="target", title=("Hệ thống", "Service")),
                Column(name="Value #A", title=("Vào được", "Reached"), said=YES_NO),
                Column(name="Value #B", title=("Mất bao lâu", "How long it took")),
            ),
            order="target",
            width=8,
        ),
        Panel(
            title=("Máy theo thời gian", "PCs over time"),
            about=("Số máy đang bật, đã tắt, mất liên lạc.", "PCs that were on, switched off, not heard."),
            shape=Shape.LINES,
            queries=tuple(
                Query(expr=f'sum(school_machines{{{_HERE},state="{state}"}})', legend=words) for state, words in _STATES
            ),
            unit="short",
            stacked=True,
            least=0,
            width=12,
        ),
        Panel(
            title=("Mục kiểm tra an toàn chưa đạt", "Safety checks not met"),
            about=(
                "Mỗi mục có bao nhiêu máy của trường chưa đạt, và bao nhiêu máy chưa rõ đạt hay chưa.",
                "How many PCs of the school do not meet each check, and of how many it is not known.",
            ),
            shape=Shape.TABLE,
            nothing=NOT_MET_NOTHING,
            queries=(
                Query(
                    expr=f'max by (check) (school_posture_machines{{{_HERE},verdict="not_met"}})',
                    now=True,
                    may_be_empty="no check is known to be unmet",
                ),
                Query(
                    expr=f'max by (check) (school_posture_machines{{{_HERE},verdict="unknown"}})',
                    now=True,
                    may_be_empty="everything is known",
                ),
            ),
            columns=(
                Column(name="check", title=("Mục kiểm tra", "Check"), said=CHECKS),
                Column(name="Value #A", title=("Chưa đạt", "Not met"), unit="short", thresholds=NONE_IS_GOOD),
                Column(name="Value #B", title=("Chưa rõ", "Not known yet"), unit="short"),
            ),
            order="-Value #A",
            width=12,
        ),
    ),
)
