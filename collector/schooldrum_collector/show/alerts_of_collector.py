"""What is told of the collector itself, to whoever looks after it: rules, because it cannot say them of itself."""

from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.show.rule import Alert, Role

ALIVE, DOWN = "SchooldrumAlive", "SchooldrumCollectorDown"
_BOARD = "schooldrum-collector"
_OWN = 'job="schooldrum"'
_PAGES = 'job=~"schooldrum-schools|schooldrum-area"'
_SLOWEST_COMMIT = "histogram_quantile(0.99, sum by (job, instance, le) (rate(schooldrum_commit_seconds_bucket[10m])))"

COLLECTOR_ALERTS: tuple[Alert, ...] = (
    Alert(
        name=ALIVE,
        expr="vector(1)",
        role=Role.WATCHDOG,
        severity=None,
        held="",
        summary=Words(
            "Prometheus và cảnh báo đang hoạt động; không còn nhận được tin này mới là sự cố.",
            "Prometheus and its alerts work; silence of this alert is the fault.",
        ),
        action=Words(
            "Không còn nhận được: kiểm tra Prometheus và Alertmanager trên máy chủ.",
            "When it stops coming: look at Prometheus and Alertmanager on the server.",
        ),
    ),
    Alert(
        name=DOWN,
        expr=f"up{{{_OWN}}} == 0 or absent(up{{{_OWN}}})",
        role=Role.ADMINISTRATOR,
        severity=Severity.URGENT,
        after="5m",
        board=_BOARD,
        summary=Words(
            "Máy chủ tổng hợp không trả lời. Máy ở các trường giữ số liệu và sẽ gửi bổ sung.",
            "The collector does not answer. PCs keep their data and send it afterwards.",
        ),
        action=Words(
            "Trên máy chủ: systemctl status schooldrum-collector, rồi schooldrum-collector check.",
            "On the server: systemctl status schooldrum-collector, then schooldrum-collector check.",
        ),
    ),
    Alert(
        name="SchooldrumCollectorRestarts",
        expr="changes(schooldrum_start_timestamp_seconds[1h]) > 3",
        role=Role.ADMINISTRATOR,
        severity=Severity.ACTION,
        board=_BOARD,
        summary=Words(
            "Máy chủ tổng hợp khởi động lại {count} lần trong một giờ.",
            "The collector was started again {count} times within an hour.",
        ),
        action=Words(
            "Xem vì sao nó dừng: journalctl -u schooldrum-collector.",
            "See why it stops: journalctl -u schooldrum-collector.",
        ),
    ),
    Alert(
        name="SchooldrumJudgingStopped",
        # Before the first judgement there is no time of one: then what counts is since when the collector runs.
        expr=(
            f"time() - (schooldrum_judged_timestamp_seconds{{{_OWN}}} or schooldrum_start_timestamp_seconds{{{_OWN}}})"
            " > 300"
        ),
        role=Role.ADMINISTRATOR,
        severity=Severity.URGENT,
        after="5m",
        board=_BOARD,
        summary=Words(
            "Máy chủ tổng hợp vẫn trả lời nhưng không xét sự cố nữa: không có tin báo nào được gửi.",
            "The collector answers but judges no faults any more: nobody is told of anything.",
        ),
        action=Words(
            "Xem nhật ký (journalctl -u schooldrum-collector), rồi chạy systemctl restart schooldrum-collector.",
            "Look into its log (journalctl -u schooldrum-collector), then systemctl restart schooldrum-collector.",
        ),
    ),
    Alert(
        name="SchooldrumReportsRefused",
        # A stampede in the morning is asked to come again, and that is no fault: more sent away than taken in is one.
        expr=(
            'sum by (job, instance) (rate(schooldrum_requests_refused_total{error="busy"}[10m]))'
            " > sum by (job, instance) (rate(schooldrum_reports_total[10m]))"
        ),
        role=Role.ADMINISTRATOR,
        severity=Severity.URGENT,
        after="10m",
        board=_BOARD,
        summary=Words(
            "Máy chủ tổng hợp không ghi kịp hoặc không ghi được: phần lớn lần gửi bị hẹn lại.",
            "The collector cannot store what comes, or not fast enough: most reports are asked to come again.",
        ),
        action=Words(
            "Xem ổ đĩa còn chỗ không (df -h), rồi schooldrum-collector check. Máy ở các trường giữ số liệu.",
            "See whether the disk is full (df -h), then schooldrum-collector check. PCs keep their data.",
        ),
    ),
    Alert(
        name="SchooldrumStoreSlow",
        expr=f"{_SLOWEST_COMMIT} > 1",
        role=Role.ADMINISTRATOR,
        severity=Severity.ACTION,
        after="15m",
        board=_BOARD,
        summary=Words(
            "Ghi số liệu chậm: một phần trăm số lần ghi mất hơn 1 giây.",
            "Storing is slow: one commit in a hundred takes more than a second.",
        ),
        action=Words(
            "Xem ổ đĩa của máy chủ: có chương trình khác chiếm, hoặc ổ sắp hỏng.",
            "Look at the server's disk: another program keeps it busy, or it is failing.",
        ),
    ),
    Alert(
        name="SchooldrumIncidentsUntold",
        expr="increase(schooldrum_untold_posts_total[10m]) > 0",
        role=Role.ADMINISTRATOR,
        severity=Severity.URGENT,
        after="15m",
        board=_BOARD,
        summary=Words(
            "Có Alertmanager không nhận sự cố từ máy chủ tổng hợp.",
            "An Alertmanager does not take incidents from the collector.",
        ),
        action=Words(
            "Kiểm tra khóa alertmanagers và Alertmanager ghi trong nhật ký của máy chủ tổng hợp.",
            "Check the key alertmanagers, and the Alertmanager that the collector's log names.",
        ),
    ),
    Alert(
        name="SchooldrumUnjudged",
        expr="increase(schooldrum_unjudged_schools_total[1h]) + increase(schooldrum_unjudged_machines_total[1h]) > 0",
        role=Role.ADMINISTRATOR,
        severity=Severity.ACTION,
        after="10m",
        board=_BOARD,
        summary=Words(
            "Có trường hoặc máy không xét được: lỗi của chương trình, kết quả cũ vẫn giữ.",
            "Schools or PCs could not be judged: a fault of the program; what was judged before stays.",
        ),
        action=Words(
            "Gửi đoạn nhật ký có lỗi (journalctl -u schooldrum-collector) cho nhóm phát triển.",
            "Send the part of the log that names it (journalctl -u schooldrum-collector) to the developers.",
        ),
    ),
    Alert(
        name="SchooldrumSchoolPagesMissing",
        expr=f'up{{{_OWN}}} == 1 unless on () count(up{{job="schooldrum-schools"}})',
        role=Role.ADMINISTRATOR,
        severity=Severity.ACTION,
        after="15m",
        board=_BOARD,
        held_down_by=(DOWN,),
        summary=Words(
            "Máy chủ tổng hợp vẫn trả lời, nhưng Prometheus không có trang số liệu của trường nào.",
            "The collector answers, but Prometheus knows no school's page.",
        ),
        action=Words(
            "Mở /sd/schools ở cửa văn phòng: trang này cho biết vì sao.",
            "Look at /sd/schools on the office door: it says why.",
        ),
    ),
    Alert(
        name="SchooldrumSchoolPageFails",
        expr=f"count(up{{{_PAGES}}} == 0) > 0 and on () up{{{_OWN}}} == 1",
        role=Role.ADMINISTRATOR,
        severity=Severity.ACTION,
        after="10m",
        board=_BOARD,
        held_down_by=(DOWN,),
        summary=Words(
            "Không đọc được {count} trang số liệu của trường, dù máy chủ tổng hợp vẫn trả lời.",
            "Pages of schools that cannot be read, although the collector answers: {count}.",
        ),
        action=Words(
            "Mở thử một trang (Prometheus, Status, Targets) và xem nhật ký của máy chủ tổng hợp.",
            "Open one of them by hand (Prometheus, Status, Targets) and look into the collector's log.",
        ),
    ),
    Alert(
        # An old list misses updates, and a PC that lacks them looks well.
        name="SchooldrumListOld",
        expr="schooldrum_list_old == 1",
        role=Role.ADMINISTRATOR,
        severity=Severity.DIGEST,
        after="1h",
        board=_BOARD,
        summary=Words(
            'Bảng "{list}" đã quá 120 ngày: máy đang được đánh giá theo số liệu cũ.',
            'The list "{list}" is older than 120 days: PCs are judged by facts of yesterday.',
        ),
        action=Words(
            "Lấy bảng mới và nạp: schooldrum-collector data update TỆP. Xem: schooldrum-collector data show.",
            "Fetch a newer one and put it in: schooldrum-collector data update FILE; see schooldrum-collector data.",
        ),
    ),
)
