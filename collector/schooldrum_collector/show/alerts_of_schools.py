"""What is told of a school's PCs by what they measured; outages are incidents, which the collector tells itself.

Each looks back over pages that could not be read: a value that is missing for an hour has not become good.
"""

from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.show.rule import Alert, Role

_SECURITY, _MACHINE, _SCHOOL = "schooldrum-security", "schooldrum-machine", "schooldrum-school"
_SEEN_LATELY = "time() - school_machine_last_report_timestamp_seconds < 7 * 86400"
_OUT_SINCE = "school_incident_begin_timestamp_seconds"
UNSUPPORTED = "SchooldrumSystemUnsupported"

SCHOOL_ALERTS: tuple[Alert, ...] = (
    Alert(
        name="SchooldrumPatchesLate",
        expr="last_over_time(schooldrum:patch_late_machines:count[1d]) > 0",
        role=Role.IT_OFFICER,
        severity=Severity.DIGEST,
        after="1h",
        board=_SECURITY,
        held_down_by=(UNSUPPORTED,),
        summary=Words(
            "{school}: {count} máy chậm cập nhật bảo mật trên 30 ngày (chỉ tính ngày máy có bật).",
            "{school}: {pcs} more than 30 days behind on security updates (counting only days in use).",
        ),
        action=Words(
            "Chọn buổi phòng trống, mở Windows Update trên từng máy, cài hết và khởi động lại đến khi không còn bản "
            "nào. Máy đóng băng ổ đĩa: mở đóng băng trước, đóng băng lại sau.",
            "Choose a time when the room is free, open Windows Update on each PC, install everything and restart until "
            "nothing is left. Frozen disks: thaw them first, freeze them again afterwards.",
        ),
    ),
    Alert(
        name=UNSUPPORTED,
        expr="last_over_time(schooldrum:unsupported_machines:count[1d]) > 0",
        role=Role.IT_OFFICER,
        severity=Severity.DIGEST,
        after="1h",
        board=_SECURITY,
        summary=Words(
            "{school}: {count} máy có hệ điều hành hết hỗ trợ, hãng không còn phát hành bản vá.",
            "{school}: {pcs} with a system out of support: its maker publishes no more updates.",
        ),
        action=Words(
            "Mở trang từng máy: ở đó ghi máy nâng cấp được, mua thêm hỗ trợ, hay cần thay. Đưa vào kế hoạch năm học.",
            "Open each PC's page: it says whether to upgrade, to buy longer support, or to replace it. Plan it for the "
            "school year.",
        ),
    ),
    Alert(
        name="SchooldrumAgentOld",
        # By Prometheus' own memory: which releases the collector has had lately. PCs that are off for long have not
        # had the chance to be updated.
        expr=(
            f"count by (school) ((school_machine_info and on (school, machine) {_SEEN_LATELY}) unless on (agent)"
            ' label_replace(present_over_time(schooldrum_build_info[90d]), "agent", "$1", "version", "(.+)"))'
        ),
        role=Role.IT_OFFICER,
        severity=Severity.DIGEST,
        after="1d",
        board=_SCHOOL,
        variables=("school",),
        summary=Words(
            "{school}: phần mềm trên {count} máy không thuộc bản nào của 90 ngày gần đây.",
            "{school}: {pcs} with a program of no release of the last 90 days.",
        ),
        action=Words(
            "Cài lại bằng bộ cài hiện hành; máy đóng băng ổ đĩa cần mở đóng băng trước.",
            "Install it again with the current installer; thaw frozen disks first.",
        ),
    ),
    Alert(
        name="SchooldrumDiskFailing",
        expr='last_over_time(school_storage_disks{verdict="failing"}[1h]) > 0',
        role=Role.IT_OFFICER,
        severity=Severity.ACTION,
        after="15m",
        board=_MACHINE,
        variables=("school", "room", "machine"),
        summary=Words(
            "{school} \N{EN DASH} {room}, {machine}: ổ đĩa sắp hỏng.",
            "{school} \N{EN DASH} {room}, {machine}: its disk is failing.",
        ),
        action=Words(
            "Sao lưu dữ liệu của máy trong hôm nay, rồi thay ổ đĩa. Dấu hiệu cụ thể ghi ở trang của máy.",
            "Copy what is on it today, then replace the disk. The PC's page names the signs.",
        ),
    ),
    Alert(
        name="SchooldrumMachineConflict",
        expr="last_over_time(school_machine_conflict[1h]) == 1",
        role=Role.IT_OFFICER,
        severity=Severity.ACTION,
        after="30m",
        board=_MACHINE,
        variables=("school", "room", "machine"),
        summary=Words(
            "{school} \N{EN DASH} {room}, {machine}: hai máy cùng gửi số liệu dưới tên này (máy trùng do bung ghost).",
            "{school} \N{EN DASH} {room}, {machine}: two PCs report under this name (cloned from one disk image).",
        ),
        action=Words(
            "Trên máy mới hơn, cài lại bằng bộ cài của phòng. Chưa rõ máy nào: báo chuyên viên phụ trách CNTT.",
            "On the newer PC, install again with the room's installer. If it is not clear which, tell the office.",
        ),
    ),
    Alert(
        name="SchooldrumSchoolOutAllDay",
        expr=f'time() - min by (school) ({_OUT_SINCE}{{kind="outage",level="school"}}) > 86400',
        role=Role.OFFICE,
        severity=Severity.ACTION,
        after="15m",
        board=_SCHOOL,
        variables=("school",),
        summary=Words(
            "{school}: cả trường mất liên lạc hoặc mất Internet đã hơn một ngày.",
            "{school}: the whole school has not been heard, or has been without Internet, for more than a day.",
        ),
        action=Words(
            "Gọi trường: có điện không, đã báo nhà mạng chưa, có cần hỗ trợ không.",
            "Call the school: is there power, was the provider told, is help needed?",
        ),
    ),
    Alert(
        name="SchooldrumLessonsLost",
        # Who has lost an hour today is told while it goes on: what is over needs no message, and gets none.
        expr=(
            'floor(sum by (school) (school_lesson_lost_seconds{window="1d"}) / 60) > 60'
            f' and on (school) count by (school) ({_OUT_SINCE}{{kind="outage"}})'
        ),
        role=Role.PRINCIPAL,
        severity=Severity.INFORMATION,
        board=_SCHOOL,
        variables=("school",),
        summary=Words(
            "{school}: mất Internet {count} phút giờ học trong 24 giờ qua, chưa có lại.",
            "{school}: {count} minutes of lesson time without Internet in the last 24 hours, and not back yet.",
        ),
        action=Words(
            "Thầy/cô chưa cần làm gì. Việc cần Internet trong buổi này (họp trực tuyến, nộp báo cáo) nên dời lại.",
            "Nothing for you to do. What needs the Internet now (online meetings, reports) is better moved.",
        ),
    ),
)
