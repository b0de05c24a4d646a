"""One PC: how it stands, how it has been, and the way to the collector's own page about it."""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Shape, Threshold
from grafana.boards.places import CHECKS, NOT_MET_NOTHING, PRESENCE, STEPS, YES_NO, presence
from grafana.boards.variables import AREA, MACHINE, ROOM, SCHOOL

_HERE = 'school="$school",room="$room",machine="$machine"'
_FULL = (Threshold(None, Colour.GOOD), Threshold(0.85, Colour.POOR), Threshold(0.95, Colour.BAD))

BOARD = Board(
    uid="schooldrum-machine",
    title=("Một máy", "One PC"),
    about=("Tình trạng của một máy.", "How one PC stands."),
    variables=(AREA, SCHOOL, ROOM, MACHINE),
    panels=(
        Panel(
            title=("Tình trạng", "State"),
            about=("Máy đang bật, đã tắt hay mất liên lạc.", "Whether the PC is on, switched off or not heard."),
            shape=Shape.NUMBER,
            queries=(Query(expr=f"max({presence(_HERE)})", now=True),),
            width=6,
            height=4,
            unit="short",
            said=PRESENCE,
        ),
        Panel(
            title=("Lần gửi số liệu gần nhất", "Last report"),
            about=("Máy chủ nhận số liệu của máy lần cuối lúc nào.", "When the collector last heard this PC."),
            shape=Shape.NUMBER,
            queries=(Query(expr=f"1000 * max(school_machine_last_report_timestamp_seconds{{{_HERE}}})", now=True),),
            width=6,
            height=4,
        ),
        Panel(
            title=("Chậm cập nhật", "Behind on updates"),
            about=(
                "Bản vá bảo mật còn thiếu đã chờ bao lâu, chỉ tính ngày máy có bật.",
                "How long the oldest missing security update has waited, counting only days the PC was on.",
            ),
            shape=Shape.NUMBER,
            queries=(
                Query(
                    expr=f"max(school_patch_age_seconds{{{_HERE}}})", now=True, may_be_empty="its updates are not known"
                ),
            ),
            width=6,
            height=4,
            thresholds=(Threshold(None, Colour.GOOD), Threshold(30 * 86400, Colour.ACTION)),
        ),
        Panel(
            title=("Còn hỗ trợ", "Support left"),
            about=(
                "Hệ điều hành còn được hỗ trợ bao lâu; số âm là đã hết hỗ trợ.",
                "How long the system is still supported; negative once it is not.",
            ),
            shape=Shape.NUMBER,
            queries=(
                Query(
                    expr=f"max(school_support_end_timestamp_seconds{{{_HERE}}}) - time()",
                    now=True,
                    may_be_empty="its end of support is not known",
                ),
            ),
            width=6,
            height=4,
            thresholds=(
                Threshold(None, Colour.BAD),
                Threshold(0, Colour.POOR),
                Threshold(180 * 86400, Colour.GOOD),
            ),
        ),
        Panel(
            title=("Bật, tắt", "On and off"),
            about=("Máy đang bật, đã tắt hay mất liên lạc theo thời gian.", "The PC's state over time."),
            shape=Shape.TIMELINE,
            queries=(Query(expr=f"max({presence(_HERE)})", legend=("Máy", "PC")),),
            width=24,
            height=4,
            unit="short",
            said=PRESENCE,
        ),
        Panel(
            title=("Bộ xử lý", "Processor"),
            about=("Phần thời gian bộ xử lý bận.", "Share of the processor's time in use."),
            shape=Shape.LINES,
            queries=(
                Query(
                    expr=f"school_cpu_usage_ratio{{{_HERE}}}",
                    legend=("bận", "in use"),
                    may_be_empty="the PC is switched off",
                ),
            ),
            least=0,
            most=1,
            width=8,
        ),
        Panel(
            title=("Bộ nhớ trống", "Memory available"),
            about=(
                "Bộ nhớ mà chương trình còn dùng được, và tổng số.",
                "Memory programs can still have, and how much there is.",
            ),
            shape=Shape.LINES,
            queries=(
                Query(
                    expr=f"school_memory_available_bytes{{{_HERE}}}",
                    legend=("còn trống", "available"),
                    may_be_empty="the PC is switched off",
                ),
                Query(
                    expr=f"school_memory_size_bytes{{{_HERE}}}",
                    legend=("tổng", "size"),
                    may_be_empty="the PC is switched off",
                ),
            ),
            least=0,
            width=8,
        ),
        Panel(
            title=("Ổ đĩa đã dùng", "Disk space in use"),
            about=("Phần đã dùng của mỗi ổ.", "Share of each volume in use."),
            shape=Shape.LINES,
            queries=(
                Query(
                    expr=f"1 - school_disk_free_bytes{{{_HERE}}} / school_disk_size_bytes{{{_HERE}}}",
                    legend=("{{volume}}", "{{volume}}"),
                    may_be_empty="the PC is switched off",
                ),
            ),
            unit="percentunit",
            thresholds=_FULL,
            least=0,
            most=1,
            width=8,
        ),
        Panel(
            title=("Đường tới Internet", "The way to the internet"),
            about=(
                "Từng bước từ máy ra Internet có trả lời không. Bước không thử thì không hiện.",
                "Whether each step from the PC to the internet answers. Steps that were not tried are not shown.",
            ),
            shape=Shape.TIMELINE,
            queries=tuple(
                Query(
                    expr=f'max(school_ladder_step_success{{{_HERE},family="ipv4",step="{step}"}})',
                    legend=words,
                    may_be_empty="the PC did not try this step",
                )
                for step, words in STEPS
            ),
            unit="short",
            said=YES_NO,
            width=12,
        ),
        Panel(
            title=("Chưa đạt", "Not met"),
            about=("Các mục kiểm tra an toàn mà máy chưa đạt.", "Safety checks this PC does not meet."),
            shape=Shape.TABLE,
            nothing=NOT_MET_NOTHING,
            queries=(
                Query(
                    expr=f"max by (check) (school_posture_not_met{{{_HERE}}})",
                    now=True,
                    may_be_empty="no check is known to be unmet",
                ),
            ),
            columns=(Column(name="check", title=("Mục kiểm tra", "Check"), said=CHECKS),),
            width=12,
        ),
        Panel(
            title=("Bật từ", "On since"),
            about=(
                "Bật lên (hoặc thức dậy) lúc nào, và hệ thống khởi động lúc nào. Với Fast Startup hai mốc khác nhau.",
                "When it was switched on (or woke up), and when its system booted. With Fast Startup these differ.",
            ),
            shape=Shape.NUMBER,
            queries=(
                Query(
                    expr=f"1000 * max(school_power_on_timestamp_seconds{{{_HERE}}})",
                    legend=("bật", "switched on"),
                    now=True,
                    may_be_empty="the PC is switched off, or does not tell",
                ),
                Query(
                    expr=f"1000 * max(school_boot_timestamp_seconds{{{_HERE}}})",
                    legend=("khởi động", "booted"),
                    now=True,
                    may_be_empty="the PC is switched off",
                ),
            ),
            width=8,
            height=5,
        ),
        Panel(
            title=("Số liệu đo lúc nào", "When it was measured"),
            about=(
                "Số liệu an toàn và phần cứng vẫn hiện khi máy đã tắt: từng mục được đo lần cuối lúc nào.",
                "Figures of safety and hardware stay while the PC is off: when each was measured last.",
            ),
            shape=Shape.TABLE,
            queries=(
                Query(
                    expr=f"1000 * max by (probe) (school_evidence_timestamp_seconds{{{_HERE}}})",
                    now=True,
                    may_be_empty="nothing of the kind was measured yet",
                ),
            ),
            columns=(
                Column(name="probe", title=("Mục", "What")),
                Column(name="Value", title=("Đo lúc", "Measured")),
            ),
            order="Value",
            width=8,
            height=5,
        ),
        Panel(
            title=("Pin", "Battery"),
            about=("Pin đã mất bao nhiêu dung lượng so với lúc mới.", "How much of its capacity the battery has lost."),
            shape=Shape.NUMBER,
            nothing=("không có pin, hoặc chưa cho biết", "no battery is known"),
            queries=(
                Query(expr=f"max(school_battery_wear_ratio{{{_HERE}}})", now=True, may_be_empty="no battery is known"),
            ),
            thresholds=(Threshold(None, Colour.GOOD), Threshold(0.3, Colour.POOR), Threshold(0.5, Colour.ACTION)),
            width=8,
            height=5,
        ),
        Panel(
            title=("Mạng", "Network"),
            about=("Lượng nhận và gửi qua từng cổng mạng.", "What each interface receives and sends."),
            shape=Shape.LINES,
            queries=(
                Query(
                    expr=f"rate(school_interface_receive_bytes_total{{{_HERE}}}[$__rate_interval])",
                    legend=("{{interface}} nhận", "{{interface}} received"),
                    may_be_empty="the PC is switched off",
                ),
                Query(
                    expr=f"rate(school_interface_transmit_bytes_total{{{_HERE}}}[$__rate_interval])",
                    legend=("{{interface}} gửi", "{{interface}} sent"),
                    may_be_empty="the PC is switched off",
                ),
            ),
            least=0,
            width=12,
        ),
        Panel(
            title=("Trang của máy này", "This PC's page"),
            about=(
                "Máy chủ tổng hợp nói đầy đủ hơn: máy gồm những gì, đang thiếu gì, cần làm gì.",
                "The collector says more: what the PC is, what it lacks, what to do.",
            ),
            shape=Shape.TEXT,
            text=(
                (
                    "Trang trường trên máy chủ tổng hợp cho biết máy này có gì, thiếu gì, cần làm gì: "
                    "[mở trang]($collector/schools/$school)."
                ),
                (
                    "The school's page on the collector says what this PC is, what it lacks and what to do: "
                    "[open it]($collector/schools/$school)."
                ),
            ),
            width=12,
        ),
    ),
)
