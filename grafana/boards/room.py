"""One room: its PCs as they stand."""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Shape, Threshold
from grafana.boards.places import (
    MACHINE_BOARD,
    MACHINE_NAME,
    NOT_MET_NOTHING,
    OUTCOMES,
    PRESENCE,
    YES_NEUTRAL,
    presence,
)
from grafana.boards.variables import AREA, ROOM, SCHOOL

_HERE = 'school="$school",room="$room"'

BOARD = Board(
    uid="schooldrum-room",
    title=("Phòng máy", "Room"),
    about=("Các máy của một phòng.", "The PCs of one room."),
    variables=(AREA, SCHOOL, ROOM),
    panels=(
        Panel(
            title=("Các máy", "PCs"),
            about=(
                "Mỗi ô là một máy: đang bật, đã tắt, mất liên lạc.",
                "Each tile is a PC: on, switched off, not heard.",
            ),
            shape=Shape.NUMBER,
            queries=(
                Query(
                    expr=f"max by (school, room, machine) ({presence(_HERE)})",
                    legend=("{{machine}}", "{{machine}}"),
                    now=True,
                ),
            ),
            width=24,
            height=10,
            unit="short",
            said=PRESENCE,
            filled=True,
            link=MACHINE_BOARD,
        ),
        Panel(
            title=("Theo thời gian", "Over time"),
            about=("Máy nào bật lúc nào.", "Which PC was on when."),
            shape=Shape.TIMELINE,
            queries=(
                Query(
                    expr=f"max by (machine) ({presence(_HERE)})",
                    legend=("{{machine}}", "{{machine}}"),
                ),
            ),
            width=24,
            height=12,
            unit="short",
            said=PRESENCE,
        ),
        Panel(
            title=("Cần để ý", "Needs a look"),
            about=(
                "Máy có mục kiểm tra chưa đạt, và số mục.",
                "PCs that do not meet some safety checks, and how many.",
            ),
            shape=Shape.TABLE,
            nothing=NOT_MET_NOTHING,
            queries=(
                Query(
                    expr=f"count by (school, room, machine) (school_posture_not_met{{{_HERE}}} == 1)",
                    now=True,
                    may_be_empty="no check is known to be unmet",
                ),
                Query(
                    expr=f"max by (school, room, machine) (school_patch_age_seconds{{{_HERE}}})",
                    now=True,
                    may_be_empty="updates are not known",
                ),
            ),
            columns=(
                MACHINE_NAME,
                Column(name="school", title=("Mã trường", "School code")),
                Column(name="room", title=("Phòng", "Room")),
                Column(name="Value #A", title=("Mục chưa đạt", "Checks not met"), unit="short"),
                Column(
                    name="Value #B",
                    title=("Chậm cập nhật", "Behind on updates"),
                    unit="s",
                    thresholds=(Threshold(None, Colour.GOOD), Threshold(30 * 86400, Colour.ACTION)),
                ),
            ),
            order="-Value #A",
            width=12,
        ),
        Panel(
            title=("Ổ đĩa gần đầy", "Disks nearly full"),
            about=(
                "Ổ nào đã dùng trên 85 %. Máy đang tắt hoặc mất liên lạc thì không cho biết.",
                "Volumes of which more than 85 % are in use. PCs that are off or not heard tell nothing.",
            ),
            shape=Shape.TABLE,
            nothing=("không biết ổ nào gần đầy", "no disk is known to be nearly full"),
            queries=(
                Query(
                    expr=(
                        f"max by (school, room, machine, volume) (1 - school_disk_free_bytes{{{_HERE}}}"
                        f" / school_disk_size_bytes{{{_HERE}}}) > 0.85"
                    ),
                    now=True,
                    may_be_empty="no disk is nearly full",
                ),
            ),
            columns=(
                MACHINE_NAME,
                Column(name="school", title=("Mã trường", "School code")),
                Column(name="room", title=("Phòng", "Room")),
                Column(name="volume", title=("Ổ", "Volume")),
                Column(name="Value", title=("Đã dùng", "In use"), unit="percentunit"),
            ),
            order="-Value",
            width=12,
        ),
        Panel(
            title=("Dây và cổng mạng", "Cables and sockets"),
            about=(
                (
                    "Máy có cổng mạng chạy bán song công, chạy chậm (dưới 1 Gbps), hoặc có khung lỗi, mất trong một "
                    "giờ: thử dây khác, cổng khác. Máy đang tắt hoặc mất liên lạc thì không cho biết."
                ),
                (
                    "PCs whose link is half duplex, slow (below 1 Gbps), or had frames with errors or dropped within "
                    "an hour: try another cable, another socket. PCs that are off or not heard tell nothing."
                ),
            ),
            shape=Shape.TABLE,
            nothing=("không biết có gì bất thường", "nothing unusual is known"),
            queries=(
                Query(
                    expr=f"max by (school, room, machine) (school_interface_half_duplex{{{_HERE}}})",
                    now=True,
                    may_be_empty="no link is half duplex",
                ),
                Query(
                    expr=(
                        f"8 * max by (school, room, machine) (school_interface_speed_bytes{{{_HERE}}} < 125000000"
                        f" and on (school, machine, interface) school_interface_up{{{_HERE}}} == 1)"
                    ),
                    now=True,
                    may_be_empty="no link is slow",
                ),
                *(
                    Query(
                        expr=(
                            "sum by (school, room, machine) ("
                            f"({name}{{{_HERE}}} - ({name}{{{_HERE}}} offset 1h or {name}{{{_HERE}}} * 0)) > 0)"
                        ),
                        now=True,
                        may_be_empty="no frame went wrong",
                    )
                    for name in ("school_interface_errors_total", "school_interface_drops_total")
                ),
            ),
            columns=(
                MACHINE_NAME,
                Column(name="school", title=("Mã trường", "School code")),
                Column(name="room", title=("Phòng", "Room")),
                Column(name="Value #A", title=("Bán song công", "Half duplex"), said=YES_NEUTRAL),
                Column(name="Value #B", title=("Tốc độ cổng", "Link speed"), unit="bps"),
                Column(name="Value #C", title=("Khung lỗi", "Errors"), unit="short"),
                Column(name="Value #D", title=("Khung mất", "Drops"), unit="short"),
            ),
            order="machine",
            width=12,
        ),
        Panel(
            title=("Số liệu chưa đọc được", "What could not be read"),
            about=(
                (
                    "Mục nào trên máy nào không đọc được: bị từ chối, lỗi, quá lâu. Mục kiểm tra dựa vào đó là chưa có "
                    "số liệu, không phải chưa đạt."
                ),
                (
                    "What could not be read on which PC: denied, failed, too slow. Checks that rest on it have no "
                    "data; they are not unmet."
                ),
            ),
            shape=Shape.TABLE,
            nothing=("không biết mục nào không đọc được", "nothing is known to be unread"),
            queries=(
                Query(
                    expr=f"max by (school, room, machine, probe, outcome) (school_probe_failed{{{_HERE}}})",
                    now=True,
                    may_be_empty="nothing is known to be unread",
                ),
            ),
            columns=(
                MACHINE_NAME,
                Column(name="school", title=("Mã trường", "School code")),
                Column(name="room", title=("Phòng", "Room")),
                Column(name="probe", title=("Mục", "What")),
                Column(name="outcome", title=("Kết quả", "Outcome"), said=OUTCOMES),
            ),
            order="machine",
            width=12,
        ),
    ),
)
