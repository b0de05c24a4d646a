"""What a PC's figures and lists mean, in Vietnamese; English stands where each is declared (schooldrum_wire.catalogue).

What a newer PC sends and is not known here is shown in English; a test sees that every list is here, and every figure
that a dashboard or a rule shows.
"""

from collections.abc import Mapping

from schooldrum_collector.show.meanings_columns import COLUMNS, OF_SECTION
from schooldrum_collector.speech import Say
from schooldrum_wire.catalogue import METRICS, SECTIONS

METRIC_MEANINGS: Mapping[str, str] = {
    "school_agent_cpu_seconds_total": "Thời gian bộ xử lý mà phần mềm trên máy đã dùng từ khi khởi động.",
    "school_agent_resident_memory_bytes": "Bộ nhớ phần mềm trên máy đang dùng.",
    "school_agent_start_timestamp_seconds": "Lúc phần mềm trên máy khởi động.",
    "school_agent_spool_results": "Số liệu đang chờ gửi.",
    "school_agent_spool_oldest_timestamp_seconds": "Lúc đo của số liệu chờ gửi lâu nhất.",
    "school_agent_spool_dropped_results_total": "Số liệu đã bỏ vì chỗ chờ gửi đầy, quá cũ hoặc bị hỏng.",
    "school_agent_set_aside_reports_total": "Lần gửi mà máy chủ không đọc được, đã để riêng.",
    "school_battery_wear_ratio": "Phần dung lượng mà cục pin chai nhất đã mất (0 đến 1).",
    "school_clock_steps_total": "Số lần đồng hồ của máy nhảy quá 5 giây.",
    "school_cpu_usage_ratio": "Phần thời gian bộ xử lý bận, từ lần đo trước (0 đến 1).",
    "school_cpu_logical_processors": "Số bộ xử lý logic; nay nằm trong danh sách phần cứng.",
    "school_disk_size_bytes": "Dung lượng của ổ cố định.",
    "school_disk_free_bytes": "Chỗ trống của ổ cố định mà chương trình thường dùng được.",
    "school_interface_up": "Cổng mạng có tín hiệu dây (1) hay không (0).",
    "school_interface_speed_bytes": "Tốc độ của cổng mạng, tính bằng byte mỗi giây.",
    "school_interface_half_duplex": "Cổng mạng chạy một chiều (1), như khi dây hỏng hoặc switch cũ, hay hai chiều (0).",
    "school_interface_full_duplex": "Cổng mạng chạy hai chiều (1) hay một chiều (0).",
    "school_interface_receive_bytes_total": "Số byte đã nhận.",
    "school_interface_transmit_bytes_total": "Số byte đã gửi.",
    "school_interface_errors_total": "Số khung mạng bị lỗi, cả nhận và gửi.",
    "school_interface_drops_total": "Số khung mạng bị bỏ, cả nhận và gửi.",
    "school_ladder_step_success": "Chặng này trên đường ra Internet trả lời (1) hay không (0); chưa thử thì không có.",
    "school_ladder_round_trip_seconds": "Thời gian chờ (trung vị) đến khi chặng này trả lời.",
    "school_ladder_jitter_seconds": "Chênh lệch trung bình giữa các lần hỏi liền nhau.",
    "school_ladder_loss_ratio": "Phần số lần hỏi mà chặng này không trả lời.",
    "school_target_success": "Dịch vụ hoặc địa chỉ có tên này trả lời (1) hay không (0).",
    "school_target_phase_seconds": "Thời gian từng bước khi hỏi dịch vụ này: tìm tên, kết nối, TLS, byte đầu, truyền.",
    "school_captive_portal": "Có trang khác trả lời thay cho trang web cần mở (1).",
    "school_tls_inspected": "Có thiết bị mở kết nối mã hóa bằng chứng chỉ riêng của nó (1).",
    "school_memory_size_bytes": "Bộ nhớ chính mà hệ điều hành dùng được.",
    "school_memory_available_bytes": "Bộ nhớ còn lại cho chương trình mà không phải đổi ra đĩa.",
    "school_swap_size_bytes": "Dung lượng vùng đổi bộ nhớ trên đĩa.",
    "school_swap_used_bytes": "Phần vùng đổi bộ nhớ trên đĩa đang dùng.",
    "school_security_updates_pending": (
        "Số bản cập nhật bảo mật đã phát hành mà máy này biết và chưa cài; không có số khi chưa chắc là 0."
    ),
    "school_boot_timestamp_seconds": "Lúc hệ điều hành khởi động; tắt kiểu Fast Startup không làm đổi số này.",
    "school_power_on_timestamp_seconds": "Lúc máy được bật hoặc thức dậy gần nhất, nếu biết.",
}
"""Of the metrics that a PC writes."""

SECTION_MEANINGS: Mapping[str, str] = {
    "accounts": "Tài khoản của máy: chỉ có số lượng, một dòng.",
    "antivirus": "Phần mềm diệt virus.",
    "automatic_updates": "Bản cập nhật đến máy này bằng cách nào, một dòng.",
    "batteries": "Các cục pin của máy.",
    "cameras": "Camera cắm vào hoặc gắn sẵn. Không bao giờ mở camera.",
    "volumes": "Các ổ cố định của máy.",
    "encryption": "Mã hóa của các ổ gắn trong máy.",
    "firewall": "Tường lửa: mỗi dòng một chế độ mạng của Windows, một sản phẩm của hãng khác, hoặc một loại của Linux.",
    "freeze": "Phần mềm đóng băng ổ đĩa: trả lại nội dung cũ mỗi lần khởi động.",
    "gpus": "Card đồ họa, kể cả loại nằm trong bộ xử lý.",
    "host": "Hệ điều hành, một dòng.",
    "interfaces": "Các cổng mạng thật của máy.",
    "ladder": "Máy này ra được đến chặng nào trên đường ra Internet; chỉ ghi khi một chặng đổi trạng thái.",
    "memory_modules": "Thanh bộ nhớ cắm hoặc hàn trên bo mạch.",
    "monitors": "Màn hình và máy chiếu đang cắm.",
    "operating_system": "Hệ điều hành theo cách đánh số của hãng, một dòng.",
    "printers": "Máy in đã cài trên máy; không kể loại chỉ tạo tệp hoặc fax.",
    "remote_desktop": "Điều khiển từ xa bằng công cụ của hệ điều hành, một dòng.",
    "screen_lock": "Máy để không có tự khóa màn hình hay không, một dòng; lấy theo người đăng nhập ít cẩn thận nhất.",
    "secure_boot": "Cách máy khởi động hệ điều hành, một dòng.",
    "services": "Các dịch vụ mà máy này hỏi thay cho trường; chỉ ghi khi một dịch vụ đổi trạng thái.",
    "sharing": "Chia sẻ tệp kiểu cũ (SMBv1), thứ mà sâu máy tính hay dùng; một dòng.",
    "software": "Chương trình cài cho mọi người dùng máy; không xem chương trình ai đó cài riêng cho mình.",
    "software_gaps": "Danh sách chương trình không gửi được trọn vẹn và vì sao; phần thiếu vẫn có thể đang được cài.",
    "disks": "Ổ đĩa gắn trong máy, và tình trạng mà ổ tự báo.",
    "system": "Cả bộ máy, một dòng.",
    "tpm": "Chip bảo mật (TPM), một dòng.",
    "update_history": "Lần gần nhất tìm và cài bản cập nhật, một dòng; ngày theo đồng hồ của máy.",
    "hotfixes": "Windows: các bản cập nhật đã cài, liệt kê từng bản.",
    "updates": "Các bản cập nhật đang chờ cài.",
}
"""Of every list that a PC sends."""


def metric_meaning(name: str, say: Say) -> tuple[str, str]:
    """What a figure means, and in which language that is said; empty where nobody declared it."""
    declared = METRICS.get(name)
    return _said(METRIC_MEANINGS.get(name), declared.help if declared else "", say)


def section_meaning(name: str, say: Say) -> tuple[str, str]:
    """The same of a list."""
    declared = SECTIONS.get(name)
    return _said(SECTION_MEANINGS.get(name), declared.help if declared else "", say)


def column_heading(section: str, column: str, say: Say) -> str:
    """What a column of a list is headed by; its name in words where nothing shorter is known."""
    vietnamese = OF_SECTION.get(f"{section}.{column}") or COLUMNS.get(column)
    plain = column.replace("_", " ")
    return say(vietnamese or plain, plain)


def _said(vietnamese: str | None, english: str, say: Say) -> tuple[str, str]:
    if say.language == "vi" and vietnamese is not None:
        return vietnamese, "vi"
    return english, "en"
