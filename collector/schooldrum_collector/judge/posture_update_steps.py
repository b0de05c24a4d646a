"""What to do about a system that is out of support, and about updates that are missing, refused or not automatic.

Where Windows keeps its updates is said as each Windows itself calls it, in Vietnamese with the English name beside it:
many PCs in schools run an English Windows.
"""

from schooldrum_collector.judge.posture_words import Words

_UPDATES_AT = {
    "windows": Words(
        "Windows Update (trong Cài đặt hoặc Control Panel)", "Windows Update (in Settings or the Control Panel)"
    ),
    "Windows 10": Words(
        "Cài đặt (Settings) > Cập nhật & Bảo mật (Update & Security) > Windows Update",
        "Settings > Update & Security > Windows Update",
    ),
    "Windows 11": Words("Cài đặt (Settings) > Windows Update", "Settings > Windows Update"),
}
"""By the Windows whose steps these are; the first serves those of which it is not known, and servers."""
RESTART = Words(
    "Khởi động lại máy (chọn Restart, không chọn Shut down).", "Restart the PC (choose Restart, not Shut down)."
)
RESTART_LINUX = Words("Khởi động lại máy.", "Restart the PC.")
_UPDATE_NOW = Words("Mở {updates}, cài hết các bản cập nhật.", "Open {updates} and install everything.")
_AGAIN = Words("Làm lại đến khi không còn bản nào.", "Repeat until nothing is left.")
_SOFTWARE_UPDATER = Words(
    "Mở trình cập nhật của máy (Software Updater, Update Manager, Software), cài hết các bản cập nhật.",
    "Open this PC's updater (Software Updater, Update Manager, Software) and install everything.",
)
_APT = Words(
    "Mở Terminal, chạy: sudo apt update && sudo apt upgrade (hoặc mở Software > Updates, cài hết).",
    "Open a terminal and run: sudo apt update && sudo apt upgrade (or open Software > Updates and install everything).",
)
_UNTIL_THEN = Words(
    "Trong khi chờ: không dùng máy này cho điểm số, hồ sơ và ngân hàng.",
    "Until then: keep marks, records and banking off this PC.",
)
_POLICIES = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate"
_BACK_UP = Words("Sao lưu tệp của người dùng.", "Back up people's files.")
_THAW_LINUX = Words("Khởi động máy ở chế độ lưu thay đổi.", "Start the PC in the mode that keeps changes.")
_FREEZE_LINUX = Words("Khởi động lại ở chế độ đóng băng.", "Restart in the frozen mode.")
_TIMERS = Words(
    "Mở Terminal, chạy: sudo systemctl unmask apt-daily{,-upgrade}.{timer,service}",
    "Open a terminal and run: sudo systemctl unmask apt-daily{,-upgrade}.{timer,service}",
)
_TIMERS_ON = Words(
    "Chạy: sudo systemctl enable --now apt-daily.timer apt-daily-upgrade.timer",
    "Run: sudo systemctl enable --now apt-daily.timer apt-daily-upgrade.timer",
)
_PERIODIC = (
    Words(
        "Mở Terminal, tìm tệp: grep -rl Periodic::Enable /etc/apt/apt.conf /etc/apt/apt.conf.d",
        "Open a terminal and find the file: grep -rl Periodic::Enable /etc/apt/apt.conf /etc/apt/apt.conf.d",
    ),
    Words(
        "Mở tệp đó bằng quyền quản trị (sudo), xóa dòng APT::Periodic::Enable.",
        "Open that file as administrator (sudo) and delete the line APT::Periodic::Enable.",
    ),
)
_HELD = (
    Words(
        "Mở Terminal, chạy: apt-mark showhold; với từng gói chạy: sudo apt-mark unhold TÊN",
        "Open a terminal and run: apt-mark showhold; for each package run: sudo apt-mark unhold NAME",
    ),
    Words(
        "Gói không có trong đó: bị ghim, xóa phần về gói đó (Package:) trong /etc/apt/preferences và preferences.d.",
        "A package that is not shown is pinned: delete its part (Package:) in /etc/apt/preferences and preferences.d.",
    ),
    Words(
        "Chạy: sudo apt update && sudo apt full-upgrade, rồi khởi động lại máy.",
        "Run: sudo apt update && sudo apt full-upgrade, then restart the PC.",
    ),
)
_DPKG = Words("Mở Terminal, chạy: sudo dpkg --configure -a", "Open a terminal and run: sudo dpkg --configure -a")
_ASK_OFFICE = Words(
    "Hỏi cơ quan quản lý về hỗ trợ kéo dài (ESU), bản quyền Windows khác hoặc thay máy.",
    "Ask the office about extended support (ESU), a licence for another Windows, or another PC.",
)
_SERVICES = Words(
    "Mở Command Prompt quyền quản trị, chạy: sc config wuauserv start= demand & sc config UsoSvc start= delayed-auto",
    "Open a Command Prompt as administrator: sc config wuauserv start= demand & sc config UsoSvc start= delayed-auto",
)
_REPLACE_WINDOWS = (
    Words(
        "Báo cơ quan quản lý: mua bản quyền Windows mới hơn nếu máy đủ điều kiện, không thì thay máy.",
        "Ask the office for a licence of a newer Windows if this PC can carry it, else for another PC.",
    ),
    _BACK_UP,
    _UNTIL_THEN,
)


_CHOOSE_AUTOMATIC = (
    Words(
        "Mở Control Panel > Windows Update > Change settings.",
        "Open the Control Panel > Windows Update > Change settings.",
    ),
    Words("Chọn 'Install updates automatically', bấm OK.", "Choose 'Install updates automatically' and click OK."),
    Words(
        "Bấm Check for updates, cài hết rồi khởi động lại máy.",
        "Choose Check for updates, install everything and restart the PC.",
    ),
)
"""Up to Windows 8.1 people choose there whether updates come by themselves."""
_UNATTENDED = (
    Words(
        "Mở Terminal, chạy: sudo apt install unattended-upgrades",
        "Open a terminal and run: sudo apt install unattended-upgrades",
    ),
    Words(
        "Chạy: sudo dpkg-reconfigure unattended-upgrades, chọn Yes.",
        "Run: sudo dpkg-reconfigure unattended-upgrades and choose Yes.",
    ),
)
_MINT = (
    Words(
        "Mở Update Manager > Edit > Preferences, chọn thẻ Automation.",
        "Open the Update Manager > Edit > Preferences, choose the tab Automation.",
    ),
    Words(
        "Bật 'Apply updates automatically'.",
        "Switch on 'Apply updates automatically'.",
    ),
    _SOFTWARE_UPDATER,
)
"""What unattended-upgrades installs there as it comes is Mint's own, and nothing of Ubuntu's security updates."""


_TROUBLESHOOTER = Words(
    "Mở Settings hoặc Control Panel, tìm Troubleshoot (Khắc phục sự cố) của Windows Update và chạy.",
    "In Settings or the Control Panel look for the Windows Update troubleshooter and run it.",
)
_CLEAN_UP = Words(
    "Chạy cleanmgr (hoặc Settings > System > Storage), chọn C:, Clean up system files; giữ lại Downloads.",
    "Run cleanmgr (or Settings > System > Storage), choose C:, Clean up system files; keep Downloads.",
)
_FREE = Words(
    "Chuyển phim, ảnh, bộ cài sang ổ khác đến khi C: trống ít nhất 10 GB (nâng bản Windows: 20 GB).",
    "Move films, pictures and installers off C: until 10 GB are free (for a new Windows: 20 GB).",
)


def _on_windows(*steps: Words) -> dict[str, tuple[Words, ...]]:
    """The steps for each Windows, with the place of its updates in them."""
    return {
        product: tuple(Words(step.vi.format(updates=at.vi), step.en.format(updates=at.en)) for step in steps)
        for product, at in _UPDATES_AT.items()
    }


def _without_policy(key: str, value: str) -> dict[str, tuple[Words, ...]]:
    """How a policy that keeps updates away is taken off, by its own name."""
    return _on_windows(
        Words(f"Trong regedit xóa {_POLICIES}{key}\\{value}.", f"In regedit delete {_POLICIES}{key}\\{value}."),
        Words("Khởi động lại máy, mở {updates}, cài hết.", "Restart the PC, open {updates} and install everything."),
        Words(
            "Nếu chính sách đó trở lại: hỏi người quản trị hệ thống hoặc miền của trường.",
            "If the policy comes back: ask whoever manages the school's PCs or domain.",
        ),
    )


_AUTOMATIC = _on_windows(
    Words("Mở {updates}.", "Open {updates}."),
    Words("Bỏ tạm dừng; gỡ phần mềm chặn cập nhật nếu có.", "Take off the pause; remove any update blocker."),
    Words(
        "Nếu ghi 'do tổ chức quản lý': hỏi người quản trị hệ thống.",
        "If it says 'managed by your organisation': ask whoever set that up.",
    ),
)
UPDATE_FIXES: dict[str, dict[str, tuple[Words, ...]]] = {
    "supported_system": {
        **_on_windows(
            Words(
                "Mở {updates}; có bản nâng cấp miễn phí thì cài.",
                "Open {updates}; if a free upgrade is offered, install it.",
            ),
            Words(
                "Nếu không có: hỏi cơ quan quản lý về hỗ trợ kéo dài (ESU), bản quyền Windows khác hoặc thay máy.",
                "If not: ask the office about extended support (ESU), a licence for another Windows, or another PC.",
            ),
            _UNTIL_THEN,
        ),
        "Windows 11": (
            Words(
                "Mở Cài đặt (Settings) > Windows Update > Check for updates, cài bản Windows 11 mới hơn (miễn phí).",
                "Open Settings > Windows Update, choose Check for updates and install the newer Windows 11 (free).",
            ),
            RESTART,
            Words(
                "Nếu không thấy bản mới: dùng Windows 11 Installation Assistant trên microsoft.com.",
                "If none is offered: use the Windows 11 Installation Assistant from microsoft.com.",
            ),
        ),
        "Windows 8.1": _REPLACE_WINDOWS,
        "Windows 8": _REPLACE_WINDOWS,
        "Windows 7": _REPLACE_WINDOWS,
        "linux": (
            _BACK_UP,
            Words(
                "Nâng cấp theo hướng dẫn của nhà phát hành hệ điều hành này, hoặc cài mới bản còn hỗ trợ.",
                "Upgrade by the guide of this system's maker, or install a supported release anew.",
            ),
            RESTART_LINUX,
        ),
        "ubuntu": (
            _BACK_UP,
            Words(
                "Mở Software Updater (Trình cập nhật), chọn nâng cấp lên phiên bản mới.",
                "Open Software Updater and choose the upgrade to the new release.",
            ),
            RESTART_LINUX,
        ),
        "debian": (
            _BACK_UP,
            Words(
                "Trong /etc/apt/sources.list và sources.list.d, đổi tên phiên bản cũ thành phiên bản kế tiếp.",
                "In /etc/apt/sources.list and sources.list.d, put the next release's name in place of the old one.",
            ),
            Words(
                "Chạy: sudo apt update && sudo apt full-upgrade, rồi khởi động lại.",
                "Run: sudo apt update && sudo apt full-upgrade, then restart.",
            ),
        ),
    },
    "system_bought": {
        "windows": (_ASK_OFFICE, _BACK_UP, _UNTIL_THEN),
        **dict.fromkeys(("Windows 8.1", "Windows 8", "Windows 7"), _REPLACE_WINDOWS),
    },
    "system_bought_after": {
        "windows": (
            Words(
                "Mở Windows Update, cài Windows 10 22H2 (miễn phí). Hỗ trợ kéo dài (ESU) chỉ bán cho bản đó.",
                "Open Windows Update and install Windows 10 22H2 (free). Extended support (ESU) is sold for it alone.",
            ),
            _ASK_OFFICE,
            _UNTIL_THEN,
        ),
    },
    "system_held": _without_policy("", "TargetReleaseVersion, TargetReleaseVersionInfo"),
    "system_replaced": {"windows": _REPLACE_WINDOWS},
    "updates_in_time": {
        **_on_windows(_UPDATE_NOW, RESTART, _AGAIN),
        "linux": (_SOFTWARE_UPDATER, RESTART_LINUX, _AGAIN),
        "debian": (_APT, RESTART_LINUX, _AGAIN),
    },
    "updates_frozen": {
        **_on_windows(
            Words(
                "Chọn buổi phòng trống, mở đóng băng ổ đĩa.", "Choose a time when the room is free and thaw the disk."
            ),
            Words(
                "Mở {updates}, cài và khởi động lại đến khi hết.",
                "Open {updates}, install everything and restart until nothing is left.",
            ),
            Words("Đóng băng lại.", "Freeze again."),
        ),
        "linux": (_THAW_LINUX, _SOFTWARE_UPDATER, _FREEZE_LINUX),
        "debian": (_THAW_LINUX, _APT, _FREEZE_LINUX),
    },
    "updates_ended": {
        "windows": (
            Words(
                "Bản vá không còn về máy này: làm các bước của mục 'hệ điều hành còn hỗ trợ'.",
                "No more updates come to this PC: take the steps of 'supported system'.",
            ),
        ),
    },
    "updates_paused": {
        **_on_windows(
            Words("Mở {updates}.", "Open {updates}."),
            Words(
                "Chọn Resume updates (Tiếp tục cập nhật), cài hết các bản cập nhật.",
                "Choose Resume updates and install everything.",
            ),
            RESTART,
        ),
    },
    "updates_deferred": _without_policy("", "DeferQualityUpdatesPeriodInDays"),
    "updates_held": {"windows": _HELD},
    "updates_restart": {"windows": (RESTART,), "linux": (RESTART_LINUX,)},
    "updates_server": {
        "windows": (
            Words(
                "Báo người quản trị máy chủ cập nhật riêng (WSUS) của trường hoặc của phòng: máy chủ đó không trả lời.",
                "Tell whoever runs the school's or the office's own update server (WSUS) that it does not answer.",
            ),
            Words(
                f"Không còn ai quản trị: trong regedit xóa {_POLICIES}\\AU\\UseWUServer.",
                f"Nobody runs it any more: in regedit delete {_POLICIES}\\AU\\UseWUServer.",
            ),
            Words(
                "Khởi động lại máy, mở Windows Update, cài hết.",
                "Restart the PC, open Windows Update and install everything.",
            ),
        ),
    },
    "updates_idle": {
        "windows": (
            Words(
                "Hỏi người quản trị máy chủ cập nhật riêng (WSUS): bản vá bảo mật gần đây đã được duyệt chưa.",
                "Ask whoever runs the own update server (WSUS) whether the last months' security updates are approved.",
            ),
            Words(
                "Nhờ họ duyệt cho nhóm máy này, rồi mở Windows Update và cài hết.",
                "Have them approved for this PC's group, then open Windows Update and install everything.",
            ),
        ),
    },
    "updates_refused": {
        **_on_windows(
            Words(
                "Gỡ phần mềm chặn cập nhật nếu có; mở services.msc, đặt Windows Update là Manual.",
                "Remove any update blocker; open services.msc and set Windows Update to Manual.",
            ),
            _TROUBLESHOOTER,
            _UPDATE_NOW,
        ),
        "linux": (*_UNATTENDED, _SOFTWARE_UPDATER),
        "debian": (*_UNATTENDED, _APT),
    },
    "updates_dpkg": {"windows": (_DPKG, _SOFTWARE_UPDATER, RESTART_LINUX), "debian": (_DPKG, _APT, RESTART_LINUX)},
    "updates_failing": _on_windows(
        _TROUBLESHOOTER,
        Words(
            "Khởi động lại máy (Restart), mở {updates}, cài hết.",
            "Restart the PC, open {updates} and install everything.",
        ),
        Words(
            "Nếu lỗi trở lại: tìm mã lỗi trên support.microsoft.com hoặc báo người phụ trách máy.",
            "If it fails again: look for the code on support.microsoft.com, or tell whoever looks after the PC.",
        ),
    ),
    "updates_disk_full": _on_windows(_CLEAN_UP, _FREE, _UPDATE_NOW),
    "updates_unreached": _on_windows(
        Words(
            "Trên máy đó mở trình duyệt, vào microsoft.com: không vào được thì sửa mạng trước.",
            "On that PC open microsoft.com in the browser: if it does not open, mend the network first.",
        ),
        Words(
            "Vào được: chạy netsh winhttp show proxy; nếu sai, bằng quyền quản trị: netsh winhttp reset proxy",
            "If it opens: run netsh winhttp show proxy; if wrong, as administrator: netsh winhttp reset proxy",
        ),
        _UPDATE_NOW,
    ),
    "updates_damaged": {
        **_on_windows(
            Words(
                "Mở Command Prompt bằng quyền quản trị, chạy: DISM /Online /Cleanup-Image /RestoreHealth",
                "Open a Command Prompt as administrator and run: DISM /Online /Cleanup-Image /RestoreHealth",
            ),
            Words("Chạy: sfc /scannow, rồi khởi động lại máy.", "Run: sfc /scannow, then restart the PC."),
            _UPDATE_NOW,
        ),
        "Windows 7": (
            Words(
                "Tải và cài System Update Readiness Tool (KB947821) từ microsoft.com.",
                "Fetch the System Update Readiness Tool (KB947821) from microsoft.com and install it.",
            ),
            Words(
                "Mở Command Prompt bằng quyền quản trị, chạy: sfc /scannow, rồi khởi động lại máy.",
                "Open a Command Prompt as administrator and run: sfc /scannow, then restart the PC.",
            ),
            Words(
                "Mở Windows Update trong Control Panel, cài hết.",
                "Open Windows Update in the Control Panel and install everything.",
            ),
        ),
    },
    "automatic_stopped": {
        **_on_windows(
            Words(
                "Gỡ phần mềm chặn cập nhật, nếu không nó sẽ tắt lại.", "Remove the update blocker, or it comes back."
            ),
            _SERVICES,
            Words(
                "Khởi động lại máy, mở {updates}, cài hết.",
                "Restart the PC, open {updates} and install everything.",
            ),
        ),
        "Windows 8.1": (
            Words(
                "Gỡ phần mềm chặn cập nhật, nếu không nó sẽ tắt lại.", "Remove the update blocker, or it comes back."
            ),
            Words(
                "Mở Command Prompt bằng quyền quản trị, chạy: sc config wuauserv start= demand",
                "Open a Command Prompt as administrator and run: sc config wuauserv start= demand",
            ),
            Words(
                "Khởi động lại máy (Restart), mở Windows Update trong Control Panel, cài hết các bản cập nhật.",
                "Restart the PC, open Windows Update in the Control Panel and install everything.",
            ),
        ),
    },
    "automatic_timer": {"windows": (_TIMERS, _TIMERS_ON, _SOFTWARE_UPDATER), "debian": (_TIMERS, _TIMERS_ON, _APT)},
    "automatic_periodic": {"windows": (*_PERIODIC, _SOFTWARE_UPDATER), "debian": (*_PERIODIC, _APT)},
    "automatic_closed": _without_policy("", "DisableWindowsUpdateAccess"),
    "automatic_policy": _without_policy("\\AU", "NoAutoUpdate"),
    "automatic_asked_policy": _without_policy("\\AU", "AUOptions"),
    "automatic_blocked": _without_policy("", "DoNotConnectToWindowsUpdateInternetLocations"),
    "automatic_updates": {**_AUTOMATIC, "linux": _UNATTENDED, "linuxmint": _MINT},
    "automatic_choice": {
        **_AUTOMATIC,
        **dict.fromkeys(("Windows 8.1", "Windows 8", "Windows 7"), _CHOOSE_AUTOMATIC),
        "Windows Server": (
            Words(
                "Mở Command Prompt bằng quyền quản trị, chạy: sconfig, chọn 5, rồi chọn A (Automatic).",
                "Open a Command Prompt as administrator, run sconfig, choose 5, then A (Automatic).",
            ),
            Words(
                "Mở Windows Update (trong Cài đặt hoặc Control Panel), cài hết rồi khởi động lại máy.",
                "Open Windows Update (in Settings or the Control Panel), install everything and restart the PC.",
            ),
        ),
        "linux": (*_UNATTENDED, _SOFTWARE_UPDATER),
        "linuxmint": _MINT,
        "debian": (*_UNATTENDED, _APT),
    },
}
"""As `posture_steps.FIXES`, of which they are a part."""
