"""How the fixed words of a PC's lists are told in Vietnamese and in English: by column, or by section and column."""

from collections.abc import Mapping

Told = Mapping[str, tuple[str, str]]
_NOT_KNOWN = ("chưa rõ", "not known")
_ON_OFF: Told = {"on": ("bật", "on"), "off": ("tắt", "off")}
_OUTCOMES: Told = {"ok": ("tốt", "good"), "failed": ("hỏng", "failed")}

VALUES: Mapping[str, Told] = {
    "antivirus.maker": {"microsoft": ("Microsoft", "Microsoft"), "other": ("hãng khác", "another maker")},
    "antivirus.state": {
        **_ON_OFF,
        "snoozed": ("tạm tắt", "off for a while"),
        "expired": ("hết hạn", "expired"),
        "unknown": _NOT_KNOWN,
    },
    "antivirus.signatures": {
        "up_to_date": ("mới", "up to date"),
        "out_of_date": ("cũ", "out of date"),
        "unknown": _NOT_KNOWN,
    },
    "antivirus.mode": {
        "normal": ("bình thường", "normal"),
        "passive": ("thụ động", "passive"),
        "edr_block": ("thụ động (EDR)", "passive (EDR)"),
        "not_running": ("không chạy", "not running"),
    },
    "automatic_updates.mode": {
        "automatic": ("tự động cài", "installed by themselves"),
        "download": ("tải về, chờ người cài", "downloaded, a person installs"),
        "notify": ("chỉ báo, chờ người cài", "announced, a person installs"),
        "off": ("tắt", "off"),
    },
    "automatic_updates.why": {
        "default": ("mặc định", "the default"),
        "choice": ("có người chọn", "somebody's choice"),
        "policy": ("chính sách", "a policy"),
        "access_disabled": ("chính sách chặn Windows Update", "a policy closes Windows Update"),
        "service_disabled": ("dịch vụ cập nhật bị tắt", "the update service is switched off"),
        "blocked": ("cập nhật bị chặn", "updates are blocked"),
        "not_installed": ("chưa cài bộ cập nhật tự động", "automatic updates are not installed"),
        "timer_masked": ("bộ hẹn giờ cập nhật bị khóa", "the timer of updates is masked"),
        "timer_off": ("bộ hẹn giờ cập nhật không chạy", "the timers of updates do not run"),
        "periodic_off": ("apt bị đặt không tự chạy", "apt is told to do nothing by itself"),
        "lists_not_refreshed": ("danh sách gói không được làm mới", "lists of packages are not renewed"),
    },
    "automatic_updates.restart_reasons": {
        "servicing": ("bộ cài của Windows", "Windows' installer"),
        "windows_update": ("Windows Update", "Windows Update"),
        "update_exe": ("bộ cài đời cũ", "an older installer"),
        "server_manager": ("Server Manager", "Server Manager"),
        "package": ("gói phần mềm", "a package"),
        "kernel": ("nhân hệ điều hành", "the kernel"),
    },
    "cameras.state": {
        "ok": ("tốt", "good"),
        "disabled": ("bị tắt", "switched off"),
        "no_driver": ("thiếu trình điều khiển", "its driver is missing"),
        "fault": ("bị lỗi", "faulty"),
    },
    "disks.health": {
        "healthy": ("tốt", "good"),
        "warning": ("cần theo dõi", "to be watched"),
        "unhealthy": ("hỏng", "broken"),
    },
    "disks.unread": {
        "denied": ("không có quyền đọc", "no right to read it"),
        "no_program": ("chưa cài smartmontools", "smartmontools is not installed"),
        "asleep": ("ổ đĩa đang ngủ", "the disk was asleep"),
        "no_answer": ("ổ đĩa không trả lời", "the disk did not answer"),
        "not_told": ("ổ đĩa không cho biết", "the disk does not tell"),
    },
    "encryption.role": {
        "system": ("hệ điều hành", "system"),
        "boot": ("khởi động", "boot"),
        "data": ("dữ liệu", "data"),
    },
    "encryption.state": {
        "decrypted": ("chưa mã hóa", "not encrypted"),
        "encrypted": ("đã mã hóa", "encrypted"),
        "encrypting": ("đang mã hóa", "being encrypted"),
        "decrypting": ("đang giải mã", "being decrypted"),
        "paused": ("đang tạm dừng", "paused"),
        "unknown": _NOT_KNOWN,
    },
    "encryption.protection": {
        **_ON_OFF,
        "suspended": ("tạm dừng, khóa để ngay bên cạnh", "suspended, the key lies beside it"),
        "locked": ("đang khóa", "locked"),
    },
    "firewall.profile": {
        "domain": ("mạng miền (domain)", "domain network"),
        "private": ("mạng riêng (private)", "private network"),
        "public": ("mạng công cộng (public)", "public network"),
        "product": ("của hãng khác", "another maker's"),
        "none": ("chưa cài", "none installed"),
    },
    "firewall.inbound": {"block": ("chặn", "blocked"), "allow": ("cho vào", "let in")},
    "firewall.source": {
        "effective": ("đang có hiệu lực", "in effect"),
        "policy": ("chính sách", "a policy"),
        "local": ("cài đặt trên máy", "the PC's own settings"),
        "product": ("chính sản phẩm đó", "the product itself"),
    },
    "freeze.state": {
        "frozen": ("đang đóng băng", "frozen"),
        "thawed": ("đang mở đóng băng", "thawed"),
        "unknown": _NOT_KNOWN,
    },
    "interfaces.kind": {
        "ethernet": ("mạng dây", "wired"),
        "wifi": ("Wi-Fi", "Wi-Fi"),
        "mobile": ("mạng di động", "mobile"),
    },
    "ladder.given": {
        "dhcp": ("tự cấp (DHCP)", "given (DHCP)"),
        "manual": ("đặt tay", "set by hand"),
        "unknown": _NOT_KNOWN,
    },
    "ladder.state": _OUTCOMES,
    "memory_modules.form": {"soldered": ("hàn trên bo mạch", "soldered")},
    "monitors.connection": {"internal": ("gắn liền", "built in")},
    "printers.connection": {
        "usb": ("USB", "USB"),
        "network": ("qua mạng", "network"),
        "shared": ("của máy khác", "another PC's"),
        "other": ("cách khác", "another way"),
    },
    "printers.state": {
        "idle": ("sẵn sàng", "ready"),
        "printing": ("đang in", "printing"),
        "stopped": ("đang tạm dừng", "paused"),
        "offline": ("tắt hoặc mất kết nối", "off or not connected"),
        "fault": ("báo lỗi", "reports a fault"),
    },
    "printers.problem": {
        "jam": ("kẹt giấy", "paper jam"),
        "no_paper": ("hết giấy", "out of paper"),
        "no_toner": ("hết mực", "out of toner"),
        "low_toner": ("sắp hết mực", "toner is low"),
        "door_open": ("nắp đang mở", "its door is open"),
        "user": ("cần người xử lý", "somebody must look"),
        "other": ("báo lỗi", "reports a fault"),
    },
    "screen_lock.source": {"policy": ("chính sách", "a policy"), "user": ("người dùng", "the user")},
    "secure_boot.firmware": {"uefi": ("UEFI", "UEFI"), "bios": ("BIOS (đời cũ)", "BIOS (older)")},
    "secure_boot.certificates": {
        "not_started": ("chưa bắt đầu", "not begun"),
        "in_progress": ("đang đổi", "under way"),
        "updated": ("đã đổi", "done"),
    },
    "services.kind": {
        "dns": ("tên miền (DNS)", "names (DNS)"),
        "https": ("trang web", "web site"),
        "mail": ("thư", "mail"),
    },
    "services.state": _OUTCOMES,
    "sharing.client": _ON_OFF,
    "sharing.server": _ON_OFF,
    "software_gaps.why": {
        "cut": ("quá dài", "too long"),
        "no_answer": ("không trả lời", "it does not answer"),
        "denied": ("không có quyền đọc", "no right to read it"),
        "failed": ("bị lỗi", "it fails"),
    },
    "updates.kind": {
        "security": ("bảo mật", "security"),
        "other": ("khác", "other"),
        "optional": ("tùy chọn", "optional"),
        "upgrade": ("nâng cấp bản mới", "a new release"),
    },
    "updates.severity": {
        "critical": ("nghiêm trọng", "critical"),
        "important": ("quan trọng", "important"),
        "moderate": ("vừa", "moderate"),
        "low": ("thấp", "low"),
    },
}
"""By section and column; what is not here (names, versions, numbers) is told as it came."""

DAYS = frozenset(
    {
        "driver_date", "firmware_date", "last_failure", "last_scan", "last_success", "paused_until", "published",
        "support_end",
        "software.installed", "hotfixes.installed", "operating_system.installed",
    }
)  # fmt: skip
"""Columns, or sections and columns, whose values are days, as year-month-day."""
