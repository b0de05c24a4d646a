"""Security: which PCs are past support, which miss patches and since when, which checks are not met, whom to visit."""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Shape, Threshold
from grafana.boards.places import (
    CHECKS,
    DISKS,
    MACHINE_NAME,
    NAMED,
    NONE_IS_GOOD,
    OF_AREA,
    PATCHES,
    ROOM_CODE,
    SCHOOL_CODE,
    SCHOOL_NAME,
    YES_NEUTRAL,
)
from grafana.boards.variables import AREA

_LATE, _ENDED = "schooldrum:patch_late_machines:count", "schooldrum:unsupported_machines:count"
_STATES = "schooldrum:patch_state_machines:count"
_DAYS_30 = (Threshold(None, Colour.GOOD), Threshold(30 * 86400, Colour.ACTION), Threshold(90 * 86400, Colour.BAD))


def _known(series: str) -> Query:
    """How many PCs of the area; nothing where no PC has told it."""
    return Query(expr=f"sum({series} * {OF_AREA})", now=True, may_be_empty="no PC has told it")


BOARD = Board(
    uid="schooldrum-security",
    title=("An toàn của máy tính", "Security of PCs"),
    about=(
        "Mười mục kiểm tra, bản vá còn thiếu, hết hỗ trợ. Số liệu vẫn hiện khi máy đã tắt.",
        "The ten checks, missing updates, end of support. Figures stay while PCs are switched off.",
    ),
    variables=(AREA,),
    since="now-30d",
    refresh="15m",
    panels=(
        Panel(
            title=("Chậm cập nhật trên 30 ngày", "More than 30 days behind on updates"),
            about=(
                "Số máy được biết là có bản vá bảo mật chờ trên 30 ngày, chỉ tính ngày máy có bật.",
                ("PCs known to miss a security update that has waited over 30 days, counting only days the PC was on."),
            ),
            shape=Shape.NUMBER,
            queries=(_known(_LATE),),
            width=6,
            height=5,
            unit="short",
            thresholds=NONE_IS_GOOD,
        ),
        Panel(
            title=("Hết hỗ trợ", "Out of support"),
            about=(
                "Số máy được biết là có hệ điều hành hết hỗ trợ: hãng không còn phát hành bản vá.",
                "PCs whose system is known to be out of support: its maker publishes no more updates.",
            ),
            shape=Shape.NUMBER,
            queries=(_known(_ENDED),),
            width=6,
            height=5,
            unit="short",
            thresholds=NONE_IS_GOOD,
        ),
        Panel(
            title=("Hết hỗ trợ trong 180 ngày tới", "Support ends within 180 days"),
            about=(
                "Số máy được biết là còn hỗ trợ không quá 180 ngày: cần đưa vào kế hoạch năm học.",
                "PCs known to have at most 180 days of support left: to be planned for this school year.",
            ),
            shape=Shape.NUMBER,
            queries=(_known("schooldrum:support_ending_machines:count"),),
            width=6,
            height=5,
            unit="short",
            thresholds=(Threshold(None, Colour.GOOD), Threshold(1, Colour.POOR)),
        ),
        Panel(
            title=("Ổ đĩa sắp hỏng", "Disks about to fail"),
            about=(
                "Số máy có ổ đĩa tự báo sắp hỏng. Sao lưu trước khi thay.",
                "PCs with a disk that says it is failing. Copy its data before replacing it.",
            ),
            shape=Shape.NUMBER,
            queries=(_known("schooldrum:disk_failing_machines:count"),),
            width=6,
            height=5,
            unit="short",
            thresholds=NONE_IS_GOOD,
        ),
        Panel(
            title=("Mười mục kiểm tra: số máy chưa đạt", "The ten checks: PCs that do not meet them"),
            about=(
                "Mỗi mục có bao nhiêu máy chưa đạt. Máy chưa rõ đạt hay chưa không được tính là đạt.",
                "How many PCs do not meet each check. A PC of which it is not known never counts as meeting one.",
            ),
            shape=Shape.TABLE,
            queries=(
                Query(
                    expr=f'sum by (check) (school_posture_machines{{verdict="not_met"}} * {OF_AREA})',
                    now=True,
                    may_be_empty="every check is met",
                ),
                Query(
                    expr=f'sum by (check) (school_posture_machines{{verdict="met"}} * {OF_AREA})',
                    now=True,
                    may_be_empty="no check is met",
                ),
                Query(
                    expr=f'sum by (check) (school_posture_machines{{verdict="unknown"}} * {OF_AREA})',
                    now=True,
                    may_be_empty="everything is known",
                ),
            ),
            columns=(
                Column(name="check", title=("Mục kiểm tra", "Check"), said=CHECKS),
                Column(name="Value #A", title=("Chưa đạt", "Not met"), thresholds=NONE_IS_GOOD),
                Column(name="Value #B", title=("Đạt", "Met")),
                Column(name="Value #C", title=("Chưa rõ", "Not known yet")),
            ),
            order="-Value #A",
            height=10,
        ),
        Panel(
            title=("Bản vá", "Updates"),
            about=(
                (
                    "Số máy theo tình trạng cập nhật: đủ, còn thiếu, chờ khởi động lại, tắt lâu ngày, bị từ chối, đóng "
                    "băng."
                ),
                "PCs by how they stand with updates: up to date, missing, waiting for a restart, off, refused, frozen.",
            ),
            shape=Shape.LINES,
            queries=tuple(
                Query(
                    expr=f'sum({_STATES}{{state="{state}"}} * {OF_AREA}) or 0 * sum({_STATES} * {OF_AREA})',
                    legend=words,
                    may_be_empty="no PC has told it",
                )
                for state, words in PATCHES
            ),
            unit="short",
            stacked=True,
            least=0,
            height=10,
        ),
        Panel(
            title=("Nên đến trường nào trước", "Whom to visit first"),
            about=(
                "Trường có nhiều máy chậm cập nhật hoặc hết hỗ trợ nhất xếp trên cùng.",
                "Schools with most PCs behind on updates or out of support stand on top.",
            ),
            shape=Shape.TABLE,
            nothing=("không biết trường nào cần", "no school is known to need it"),
            queries=(
                Query(
                    expr=(
                        # Of a school that has told one of the two, that one counts.
                        f"topk(50, (({_LATE} + on (school) {_ENDED} or on (school) {_LATE} or on (school) {_ENDED})"
                        f" > 0) * {NAMED})"
                    ),
                    now=True,
                    may_be_empty="no school is known to have such a PC",
                ),
                Query(
                    expr=f"{_LATE} * {OF_AREA} > 0",
                    now=True,
                    may_be_empty="no school is known to have such a PC",
                ),
                Query(
                    expr=f"{_ENDED} * {OF_AREA} > 0",
                    now=True,
                    may_be_empty="no school is known to have such a PC",
                ),
            ),
            columns=(
                SCHOOL_NAME,
                SCHOOL_CODE,
                Column(name="Value #A", title=("Cả hai", "Together")),
                Column(name="Value #B", title=("Chậm cập nhật", "Behind"), unit="short"),
                Column(name="Value #C", title=("Hết hỗ trợ", "Out of support"), unit="short"),
            ),
            order="-Value #A",
            height=10,
        ),
        Panel(
            title=("Máy chậm cập nhật lâu nhất", "PCs longest behind"),
            about=(
                "Năm mươi máy có bản vá bảo mật chờ lâu nhất, chỉ tính ngày máy có bật.",
                "The fifty PCs whose oldest missing security update has waited longest, counting days the PC was on.",
            ),
            shape=Shape.TABLE,
            nothing=("không biết máy nào chậm", "no PC is known to be behind"),
            queries=(
                Query(
                    expr=f"topk(50, (school_patch_age_seconds > 7 * 86400) * {OF_AREA})",
                    now=True,
                    may_be_empty="no PC is known to be behind",
                ),
            ),
            columns=(
                SCHOOL_CODE,
                ROOM_CODE,
                MACHINE_NAME,
                Column(name="Value", title=("Chậm", "Behind"), unit="s", thresholds=_DAYS_30),
            ),
            order="-Value",
            height=10,
        ),
        Panel(
            title=("Bản vá đang chờ", "Updates that wait"),
            about=(
                (
                    "Năm mươi máy còn thiếu nhiều bản cập nhật bảo mật nhất, và số bản Windows tích lũy đã bỏ lỡ. Máy "
                    "chưa rõ còn thiếu hay không thì không có ở đây: số máy đó đứng bên cạnh."
                ),
                (
                    "The fifty PCs that miss most security updates, and how many cumulative updates of Windows they "
                    "are behind. PCs of which that is not known are not here: how many they are stands beside it."
                ),
            ),
            shape=Shape.TABLE,
            nothing=("không biết máy nào thiếu", "no PC is known to miss any"),
            queries=(
                Query(
                    expr=f"topk(50, (school_security_updates_pending > 0) * {OF_AREA})",
                    now=True,
                    may_be_empty="no PC is known to miss any",
                ),
                Query(
                    expr=f"topk(50, (school_windows_builds_behind > 0) * {OF_AREA})",
                    now=True,
                    may_be_empty="no PC is known to be behind",
                ),
            ),
            columns=(
                SCHOOL_CODE,
                ROOM_CODE,
                MACHINE_NAME,
                Column(name="Value #A", title=("Bản vá thiếu", "Missing"), unit="short"),
                Column(name="Value #B", title=("Bản Windows sau", "Builds behind"), unit="short"),
            ),
            order="-Value #A",
            width=10,
            height=10,
        ),
        Panel(
            title=("Chưa rõ bản vá", "Updates not known"),
            about=(
                (
                    "Số máy chưa rõ còn thiếu bản vá hay không: máy chưa tìm, tìm đã lâu, hoặc kết quả không chứng tỏ "
                    "được gì. Không tính là đủ."
                ),
                (
                    "PCs of which it is not known whether they miss updates: they have not searched, searched long "
                    "ago, or what they found proves nothing. They never count as up to date."
                ),
            ),
            shape=Shape.NUMBER,
            queries=(
                Query(
                    expr=f'sum({_STATES}{{state="unknown"}} * {OF_AREA}) or 0 * sum({_STATES} * {OF_AREA})',
                    now=True,
                    may_be_empty="no PC has told it",
                ),
            ),
            width=4,
            height=10,
            unit="short",
            thresholds=(Threshold(None, Colour.GOOD), Threshold(1, Colour.POOR)),
        ),
        Panel(
            title=("Ổ đĩa cần xem", "Disks to look at"),
            about=(
                (
                    "Máy có ổ đĩa sắp hỏng hoặc đáng ngờ, và máy đóng băng ổ đĩa (bản vá mất sau mỗi lần khởi động "
                    "lại). Máy không cho biết thì không có ở đây."
                ),
                (
                    "PCs with a disk that is failing or suspicious, and PCs whose disk is frozen (updates vanish at "
                    "every restart). PCs that do not tell are not here."
                ),
            ),
            shape=Shape.TABLE,
            nothing=("không biết ổ đĩa nào cần xem", "no disk is known to need a look"),
            queries=(
                Query(
                    expr=(
                        "topk(100, sum by (school, room, machine, verdict)"
                        f' (school_storage_disks{{verdict=~"failing|warning"}} > 0) * {OF_AREA})'
                    ),
                    now=True,
                    may_be_empty="no disk is known to need a look",
                ),
                Query(
                    expr=f"topk(100, max by (school, room, machine) (school_disk_frozen) * {OF_AREA})",
                    now=True,
                    may_be_empty="no disk is known to be frozen",
                ),
            ),
            columns=(
                SCHOOL_CODE,
                ROOM_CODE,
                MACHINE_NAME,
                Column(name="verdict", title=("Ổ đĩa", "Disk"), said=DISKS),
                Column(name="Value #B", title=("Đóng băng", "Frozen"), said=YES_NEUTRAL),
            ),
            order="school",
            width=10,
            height=10,
        ),
    ),
)
