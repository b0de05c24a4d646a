"""The collector itself: does it keep up, and does it hear everybody."""

from grafana.boards.board import Board, Colour, Column, Panel, Query, Shape, Threshold
from grafana.boards.places import MACHINE_NAME, OLD, OUTCOMES, ROOM_CODE, SCHOOL_CODE, YES_NEUTRAL

BOARD = Board(
    uid="schooldrum-collector",
    title=("Máy chủ tổng hợp", "The collector"),
    about=("Máy chủ tổng hợp có theo kịp không.", "Whether the collector keeps up."),
    since="now-6h",
    refresh="5m",
    panels=(
        Panel(
            title=("Trả lời", "Answers"),
            about=("Prometheus đọc được máy chủ tổng hợp không.", "Whether Prometheus can read the collector."),
            shape=Shape.NUMBER,
            queries=(Query(expr='max(up{job="schooldrum"})', now=True),),
            width=6,
            height=4,
            thresholds=(Threshold(None, Colour.BAD), Threshold(1, Colour.GOOD)),
        ),
        Panel(
            title=("Chạy từ", "Running since"),
            about=("Lần khởi động gần nhất.", "When it last started."),
            shape=Shape.NUMBER,
            queries=(Query(expr="1000 * max(schooldrum_start_timestamp_seconds)", now=True),),
            width=6,
            height=4,
        ),
        Panel(
            title=("Đang chờ ghi", "Waiting to be stored"),
            about=(
                "Số lần gửi đã nhận, chưa ghi xong. Bình thường dưới vài trăm.",
                "Deliveries taken in and not stored yet. Ordinarily below a few hundred.",
            ),
            shape=Shape.NUMBER,
            queries=(Query(expr="max(schooldrum_pending_writes)"),),
            width=6,
            height=4,
        ),
        Panel(
            title=("Vừa khởi động lại", "Just restarted"),
            about=(
                "1 trong lúc máy chủ chưa nghe đủ lâu để nói máy nào mất liên lạc.",
                "1 while it has not listened long enough to call anybody not heard.",
            ),
            shape=Shape.NUMBER,
            queries=(Query(expr="max(schooldrum_grace)", now=True),),
            width=6,
            height=4,
        ),
        Panel(
            title=("Số lần gửi mỗi giây", "Reports a second"),
            about=(
                "Số liệu nhận và ghi được; và số lần từ chối.",
                "Reports taken in and stored; and requests refused.",
            ),
            shape=Shape.LINES,
            queries=(
                Query(expr="sum(rate(schooldrum_reports_total[$__rate_interval]))", legend=("đã ghi", "stored")),
                Query(
                    expr="sum by (error) (rate(schooldrum_requests_refused_total[$__rate_interval]))",
                    legend=("từ chối: {{error}}", "refused: {{error}}"),
                    may_be_empty="nothing was refused",
                ),
            ),
            unit="ops",
            least=0,
        ),
        Panel(
            title=("Ghi và đọc mất bao lâu", "How long storing and reading take"),
            about=(
                "99 % các lần ghi, lần vẽ trang, lần vòng xử lý bị giữ lại ngắn hơn mức này.",
                "99 % of commits, pages and stalls of the loop are shorter than this.",
            ),
            shape=Shape.LINES,
            queries=tuple(
                Query(
                    expr=f"histogram_quantile(0.99, sum by (le) (rate({name}_bucket[$__rate_interval])))",
                    legend=words,
                    may_be_empty="nothing of the kind happened",
                )
                for name, words in (
                    ("schooldrum_commit_seconds", ("ghi", "commit")),
                    ("schooldrum_page_seconds", ("trang số liệu", "page")),
                    ("schooldrum_loop_stall_seconds", ("bị giữ lại", "stall")),
                )
            ),
            unit="s",
            least=0,
        ),
        Panel(
            title=("Danh mục", "Register"),
            about=("Số máy theo tình trạng trong danh mục.", "Machines by their state in the register."),
            shape=Shape.LINES,
            queries=(Query(expr="sum by (state) (schooldrum_machines)", legend=("{{state}}", "{{state}}")),),
            unit="short",
            least=0,
        ),
        Panel(
            title=("Bảng số liệu nền cũ", "Lists that are old"),
            about=(
                "Bảng ngày hết hỗ trợ, bản dựng Windows quá 120 ngày: cần nạp bản mới.",
                "Lists of support dates and Windows builds older than 120 days: load newer ones.",
            ),
            shape=Shape.TABLE,
            queries=(
                Query(expr="max by (list) (schooldrum_list_old)", now=True),
                Query(expr="1000 * max by (list) (schooldrum_list_timestamp_seconds)", now=True),
            ),
            columns=(
                Column(name="list", title=("Bảng", "List")),
                Column(name="Value #A", title=("Tình trạng", "State"), said=OLD),
                Column(name="Value #B", title=("Đúng vào", "As of")),
            ),
            order="-Value #A",
        ),
        Panel(
            title=("Xét sự cố", "Judging"),
            about=(
                "Lần xét sự cố gần nhất; bình thường vài giây một lần.",
                "When faults were judged last; ordinarily every few seconds.",
            ),
            shape=Shape.NUMBER,
            queries=(Query(expr="1000 * max(schooldrum_judged_timestamp_seconds)", now=True),),
            width=6,
            height=5,
        ),
        Panel(
            title=("Đang xét kỹ", "Looked at closely"),
            about=(
                "Số trường có gì đó bất thường và đang được xét kỹ; và số sự cố theo quy mô.",
                "Schools in which something is not ordinary, and open incidents by the size of their place.",
            ),
            shape=Shape.LINES,
            queries=(
                Query(expr="max(schooldrum_schools_looked_at)", legend=("trường xét kỹ", "schools looked at")),
                Query(
                    expr="sum by (level) (schooldrum_incidents_open)",
                    legend=("sự cố: {{level}}", "incidents: {{level}}"),
                ),
            ),
            unit="short",
            least=0,
            width=9,
            height=7,
        ),
        Panel(
            title=("Không làm được", "What could not be done"),
            about=(
                (
                    "Tăng trong một giờ: số liệu bị bỏ, lần gửi không mở được, máy và trường không xét được, tin và số "
                    "đo tới muộn không gửi được. Bình thường là 0."
                ),
                (
                    "Within an hour: readings dropped, reports that could not be opened, PCs and schools that could "
                    "not be judged, messages and late measurements not taken. Ordinarily 0."
                ),
            ),
            shape=Shape.LINES,
            queries=tuple(
                Query(expr=f"sum(increase({name}_total[1h]))", legend=words)
                for name, words in (
                    ("schooldrum_readings_refused", ("số liệu bị bỏ", "readings dropped")),
                    ("schooldrum_unreadable_reports", ("lần gửi không mở được", "reports not opened")),
                    ("schooldrum_unjudged_machines", ("máy không xét được", "PCs not judged")),
                    ("schooldrum_unjudged_schools", ("trường không xét được", "schools not judged")),
                    ("schooldrum_untold_posts", ("tin không gửi được", "messages not taken")),
                    ("schooldrum_late_posts_failed", ("số đo tới muộn không gửi được", "late measurements not taken")),
                )
            ),
            unit="short",
            least=0,
            width=9,
            height=7,
        ),
        Panel(
            title=("Phiên bản", "Versions"),
            about=(
                "Phiên bản của phần mềm trên máy và số máy; máy chủ tổng hợp nên mới hơn hoặc bằng.",
                "Versions of the program on PCs, and how many PCs have each; the collector's should be the newest.",
            ),
            shape=Shape.TABLE,
            queries=(
                Query(
                    expr="count by (agent, system) (school_machine_info)",
                    now=True,
                    may_be_empty="no PC has reported yet",
                ),
            ),
            columns=(
                Column(name="agent", title=("Phiên bản", "Version")),
                Column(name="system", title=("Hệ điều hành", "System")),
                Column(name="Value", title=("Số máy", "PCs")),
            ),
            order="-Value",
            width=8,
        ),
        Panel(
            title=("Mục không đọc được", "What could not be read"),
            about=(
                "Mỗi mục có bao nhiêu máy không đọc được, trên tất cả các trường.",
                "On how many PCs each item could not be read, over all schools.",
            ),
            shape=Shape.TABLE,
            nothing=("không biết mục nào không đọc được", "nothing is known to be unread"),
            queries=(
                Query(
                    expr="sum by (probe, outcome) (school_probe_failures)",
                    now=True,
                    may_be_empty="nothing is known to be unread",
                ),
            ),
            columns=(
                Column(name="probe", title=("Mục", "What")),
                Column(name="outcome", title=("Kết quả", "Outcome"), said=OUTCOMES),
                Column(name="Value", title=("Số máy", "PCs")),
            ),
            order="-Value",
            width=8,
        ),
        Panel(
            title=("Cần người quyết định", "For a person to decide"),
            about=(
                "Máy trùng: hai máy cùng dùng một mã nhận dạng; và máy có đồng hồ lệch quá 5 phút.",
                "Two PCs that speak with one identity; and PCs whose clock is off by more than 5 minutes.",
            ),
            shape=Shape.TABLE,
            nothing=("không biết có gì phải quyết định", "nothing to decide is known"),
            queries=(
                Query(
                    expr="topk(100, max by (school, room, machine) (school_machine_conflict))",
                    now=True,
                    may_be_empty="no PC is in conflict",
                ),
                Query(
                    expr="topk(100, max by (school, room, machine) (abs(school_clock_skew_seconds) > 300))",
                    now=True,
                    may_be_empty="every clock is right",
                ),
            ),
            columns=(
                SCHOOL_CODE,
                ROOM_CODE,
                MACHINE_NAME,
                Column(name="Value #A", title=("Máy trùng", "Conflict"), said=YES_NEUTRAL),
                Column(name="Value #B", title=("Đồng hồ lệch", "Clock off by")),
            ),
            order="-Value #B",
            width=8,
        ),
        Panel(
            title=("Phần mềm trên máy: bộ nhớ", "The program on PCs: memory"),
            about=(
                "Bộ nhớ mà phần mềm chiếm trên một máy: trung vị và mức cao nhất.",
                "Memory the program holds on a PC: median and highest.",
            ),
            shape=Shape.LINES,
            queries=(
                Query(
                    expr="schooldrum:agent_resident_memory_bytes:median",
                    legend=("trung vị", "median"),
                    may_be_empty="no PC is on",
                ),
                Query(
                    expr="schooldrum:agent_resident_memory_bytes:max",
                    legend=("cao nhất", "highest"),
                    may_be_empty="no PC is on",
                ),
            ),
            least=0,
            width=8,
            height=7,
        ),
        Panel(
            title=("Phần mềm trên máy: bộ xử lý", "The program on PCs: processor"),
            about=(
                "Phần của một bộ xử lý mà phần mềm dùng, trung bình các máy đang bật.",
                "Share of one processor the program uses, mean over PCs that are on.",
            ),
            shape=Shape.LINES,
            queries=(
                Query(
                    expr="schooldrum:agent_cpu_seconds:rate5m",
                    legend=("trung bình", "mean"),
                    may_be_empty="no PC is on",
                ),
            ),
            unit="percentunit",
            least=0,
            width=8,
            height=7,
        ),
        Panel(
            title=("Số liệu chờ gửi", "Waiting data"),
            about=(
                "Kết quả còn nằm trên các máy, kết quả đã phải bỏ vì đầy hoặc hỏng, và lần gửi bị gác lại.",
                (
                    "Results that still lie on PCs, results given up because the store was full or damaged, and "
                    "reports set aside."
                ),
            ),
            shape=Shape.LINES,
            queries=tuple(
                Query(expr=f"schooldrum:{name}:sum", legend=words, may_be_empty="nothing waits or was lost")
                for name, words in (
                    ("agent_spool_results", ("chờ gửi", "waiting")),
                    ("agent_spool_dropped_results", ("đã bỏ", "given up")),
                    ("agent_set_aside_reports", ("gác lại", "set aside")),
                )
            ),
            unit="short",
            least=0,
            width=8,
            height=7,
        ),
    ),
)
