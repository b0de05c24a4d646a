"""What people read about the safety checks: their names, and what each rests on, in both languages."""

from typing import NamedTuple


class Words(NamedTuple):
    """The same in Vietnamese and in English."""

    vi: str
    en: str


NAMES: dict[str, Words] = {
    "supported_system": Words("hệ điều hành còn hỗ trợ", "supported system"),
    "updates_in_time": Words("cập nhật bảo mật kịp thời", "updates in time"),
    "antivirus": Words("diệt virus đang chạy", "antivirus running"),
    "firewall": Words("tường lửa bật", "firewall on"),
    "encryption": Words("mã hóa ổ đĩa", "disk encrypted"),
    "automatic_updates": Words("cập nhật tự động", "automatic updates"),
    "sign_in": Words("không tự đăng nhập, không mật khẩu trống", "no auto-logon, no empty password"),
    "administrators": Words("ít tài khoản quản trị", "few administrators"),
    "smb1": Words("tắt chia sẻ kiểu cũ (SMBv1)", "SMBv1 off"),
    "remote_desktop": Words("điều khiển từ xa (RDP) tắt hoặc có bảo vệ", "remote desktop off or protected"),
    "screen_lock": Words("khóa màn hình", "screen lock"),
    "secure_boot": Words("khởi động an toàn", "Secure Boot"),
}
"""The name of each check that is right whatever the policy asks."""

NARROWER: dict[str, Words] = {
    "encryption_of_laptops": Words("mã hóa ổ đĩa (máy xách tay)", "disk encrypted (laptops)"),
}
"""The name of what is asked where the policy asks it of some PCs alone."""

VERDICTS: dict[str, Words] = {
    "met": Words("đạt", "met"),
    "not_met": Words("chưa đạt", "not met"),
    "unknown": Words("chưa có số liệu", "no data"),
    "not_applicable": Words("không áp dụng", "not applicable"),
}

NOT_PROVEN = Words("chưa rõ", "not known yet")
"""How a check stands of which the PC has told something that proves neither that it is met nor that it is not."""

PROFILES: dict[str, Words] = {
    "domain": Words("mạng miền (domain)", "domain network"),
    "private": Words("mạng riêng (private)", "private network"),
    "public": Words("mạng công cộng (public)", "public network"),
    "none": Words("chưa cài", "none installed"),
}

EVIDENCE: dict[str, Words] = {
    # Why nothing is known
    "denied": Words(
        "Phần mềm trên máy không có quyền đọc mục này.", "The program on the PC has no right to read this."
    ),
    "not_offered": Words("Máy này không cho biết mục này.", "This PC does not tell this."),
    "not_yet": Words("Máy chưa gửi mục này.", "The PC has not sent this yet."),
    "failed": Words("Lần đọc gần nhất không thành công.", "The last attempt to read this did not succeed."),
    "unread": Words(
        "Đọc được lần cuối ngày {day}; từ đó máy có bật mà không đọc được nữa.",
        "Last read on {day}; the PC has been on since, and this could not be read again.",
    ),
    # Supported system
    "system_supported": Words("{name}: còn hỗ trợ đến hết ngày {day}.", "{name}: supported until {day}."),
    "system_supported_open": Words("{name}: còn hỗ trợ.", "{name}: supported."),
    "system_extended": Words("{name}: hỗ trợ kéo dài đến hết ngày {day}.", "{name}: extended support until {day}."),
    "system_ended": Words(
        "{name}: hết hỗ trợ, hãng không còn phát hành bản vá.",
        "{name}: out of support, its maker publishes no more updates.",
    ),
    "system_ended_on": Words(
        "{name}: hết hỗ trợ từ sau ngày {day}, hãng không còn phát hành bản vá.",
        "{name}: out of support since {day}, its maker publishes no more updates.",
    ),
    "system_ended_bought": Words(
        "{name}: hết hỗ trợ từ sau ngày {day}; bản vá chỉ còn cho máy có hỗ trợ kéo dài (đến hết {bought}).",
        "{name}: out of support since {day}; updates go only to PCs with extended support (until {bought}).",
    ),
    "system_extended_until": Words(
        "{name}: hỗ trợ kéo dài chỉ xác nhận được đến hết {day}; còn bán đến hết {bought}, chưa thấy trên máy này.",
        "{name}: extended support shown until {day}; what is sold until {bought} is not shown on this PC.",
    ),
    "system_held": Words("Có chính sách giữ máy ở bản {name}.", "A policy holds the PC at release {name}."),
    "system_planned": Words("Trường dự kiến xử lý trước ngày {day}.", "The school plans to act by {day}."),
    "system_not_listed": Words(
        "{name}: chưa rõ hỗ trợ đến bao giờ, vì không có trong danh sách hỗ trợ.",
        "{name}: until when it is supported is not known; it is not in the support list.",
    ),
    "system_newer": Words(
        "{name}: mới hơn danh sách hỗ trợ ngày {day}. Nạp mới: schooldrum-collector data update TỆP.",
        "{name}: newer than our list of {day}. Take a newer list: schooldrum-collector data update FILE.",
    ),
    "system_list_old": Words(
        "{name}: danh sách hết hỗ trợ (support) chưa có năm hỗ trợ này. Nạp mới: schooldrum-collector data update TỆP.",
        "{name}: the support list lacks this year of support. Renew that list: schooldrum-collector data update FILE.",
    ),
    "system_next_year": Words(
        "{name}: chưa rõ còn hỗ trợ sau ngày {day}; chỉ thấy được từ kỳ vá {since}, khi máy bật thêm {most} ngày.",
        "{name}: support after {day} is not known; it shows from the updates of {since}, once on for {most} days more.",
    ),
    "system_revision_not_told": Words(
        "{name}: máy không cho biết bản dựng (UBR), nên chưa rõ có hỗ trợ kéo dài hay không.",
        "{name}: the PC does not tell its revision (UBR), so whether it has extended support is not known.",
    ),
    # Updates
    "updates_none": Words("Không thiếu bản cập nhật bảo mật nào.", "No security update is missing."),
    "updates_waiting": Words(
        "{lacking}, lâu nhất {days} có bật máy (cho phép {most}).",
        "{lacking}, the oldest for {days} of use ({most} allowed).",
    ),
    "updates_late": Words(
        "{lacking}, lâu nhất {days} có bật máy (cho phép {most}).",
        "{lacking}, the oldest for {days} of use ({most} allowed).",
    ),
    "updates_first_look": Words(
        "Lần xem đầu đã thiếu; nay thiếu {count} bản, lâu nhất {days} có bật máy (cho phép {most}), trước đó chưa rõ.",
        "Missing at the first look: now {count}, the oldest for {days} of use ({most} allowed); before is not known.",
    ),
    "updates_published": Words(
        "Bản cũ nhất phát hành ngày {day}, cách đây {days} theo lịch.",
        "The oldest was published on {day}, {days} ago by the calendar.",
    ),
    "updates_published_today": Words("Bản cũ nhất phát hành hôm nay.", "The oldest was published today."),
    "updates_frozen": Words(
        "Ổ đĩa đóng băng nên bản vá mất sau mỗi lần khởi động lại.",
        "The disk is frozen, so updates vanish at every restart.",
    ),
    "updates_restart": Words("Bản vá đã cài, chờ khởi động lại.", "Updates are installed and wait for a restart."),
    "updates_deferred": Words(
        "Có chính sách hoãn: {days} sau khi ra, bản vá mới được báo về máy.",
        "A policy defers updates: the PC is told of one {days} after it came out.",
    ),
    "updates_held": Words(
        "Gói bị giữ ở phiên bản cũ trên máy này: {names}.", "Packages kept at their old version on this PC: {names}."
    ),
    "updates_paused": Words("Có người tạm dừng cập nhật.", "Somebody has paused updates."),
    "updates_refused": Words("Cập nhật bị tắt.", "Updates are switched off."),
    "updates_error": Words(
        "Lần cài gần nhất không thành công, mã lỗi {code}.", "The last installation failed, error {code}."
    ),
    "updates_error_known": Words(
        "Lần cài gần nhất không thành công, mã lỗi {code}: {meaning}.",
        "The last installation failed, error {code}: {meaning}.",
    ),
    "updates_dpkg": Words(
        "Lần cài gần nhất của apt không thành công, lỗi của dpkg.",
        "The last installation by apt failed with an error of dpkg.",
    ),
    "updates_unread": Words(
        "Danh sách bản cập nhật đọc được lần cuối ngày {day}, từ đó không đọc được nữa.",
        "The list of updates was last read on {day}; it could not be read since.",
    ),
    "updates_server_dead": Words(
        "Máy lấy bản cập nhật từ máy chủ riêng (WSUS), máy chủ đó không trả lời.",
        "Updates come by an update server of its own (WSUS), which does not answer.",
    ),
    "updates_idle": Words(
        "Máy chủ cập nhật riêng không đưa bản vá nào về máy từ trước hai kỳ vá gần nhất.",
        "Its own update server has brought no update to this PC since before the last two patch days.",
    ),
    "updates_stuck": Words(
        "Windows Update không đưa bản nào, nhưng theo bản dựng thì máy thiếu bản vá ngày {day}.",
        "Windows Update offers nothing, but by its revision the PC lacks the update of {day}.",
    ),
    "updates_maybe": Words(
        "Theo danh sách, máy chậm một bản dựng; bản đó có thể chỉ là bản xem trước (preview).",
        "By the list this PC is one build behind, which may be no more than a preview.",
    ),
    "updates_stale": Words("Máy đã lâu không tìm bản cập nhật.", "The PC has not looked for updates for long."),
    "updates_scan_unknown": Words(
        "Chưa rõ máy tìm bản cập nhật lần cuối lúc nào.", "When the PC last looked for updates is not known."
    ),
    "updates_list_old": Words(
        "Danh sách bản dựng của ngày {day}, sau đó đã có bản vá mới. Nạp mới: schooldrum-collector data update TỆP.",
        "Our list of builds is of {day}; updates came out since. Take a newer: schooldrum-collector data update FILE.",
    ),
    "updates_ended": Words(
        "{name}: máy không còn được nhận bản vá, nên số bản đang chờ không cho biết còn thiếu bao nhiêu.",
        "{name}: this PC gets no more updates, so what waits does not show what is missing.",
    ),
    "updates_no_more": Words("{name}: máy không còn được nhận bản vá.", "{name}: this PC gets no more updates."),
    "updates_support_unknown": Words(
        "Chưa rõ máy còn được nhận bản vá hay không, nên số bản đang chờ không cho biết còn thiếu bao nhiêu.",
        "Whether this PC gets updates still is not known, so what waits does not show what is missing.",
    ),
    # Antivirus
    "antivirus_on": Words("{names} đang chạy, mẫu nhận diện mới.", "Running with recent signatures: {names}."),
    "antivirus_two": Words(
        "Hai phần mềm diệt virus cùng chạy: nên giữ một.", "Two antivirus programs are running: better keep one."
    ),
    "antivirus_none": Words("Không thấy phần mềm diệt virus.", "No antivirus was found."),
    "antivirus_off": Words("{names}: không chạy.", "{names}: not running."),
    "antivirus_expired": Words("{names}: đã hết hạn, không còn bảo vệ.", "{names}: expired, it protects no more."),
    "antivirus_not_told": Words("{names}: không rõ có chạy không.", "{names}: whether it runs is not known."),
    "antivirus_unseen": Words(
        "{names}: không chạy. Windows này không có Security Center nên không thấy được phần mềm diệt virus hãng khác.",
        "{names}: not running. This Windows has no Security Center, so another maker's antivirus cannot be seen.",
    ),
    "signatures_old": Words(
        "{names} đang chạy, mẫu nhận diện cũ (cho phép {most} ngày).",
        "Running with old signatures ({most} days allowed): {names}.",
    ),
    "signatures_not_told": Words(
        "{names} đang chạy, không rõ tuổi của mẫu nhận diện.",
        "Running, how old the signatures are is not known: {names}.",
    ),
    "signatures_clock": Words(
        "{names} đang chạy; đồng hồ máy sai nên không rõ tuổi của mẫu nhận diện.",
        "Running, but the PC's clock is wrong, so how old the signatures are is not known: {names}.",
    ),
    "linux_not_asked": Words("Không yêu cầu trên Linux.", "Not asked of Linux."),
    # Firewall
    "firewall_on": Words("Tường lửa bật: {names}.", "Firewall on: {names}."),
    "firewall_off": Words("Tường lửa tắt: {names}.", "Firewall off: {names}."),
    "firewall_lets_in": Words(
        "Tường lửa bật nhưng cho mọi kết nối vào: {names}.", "Firewall on, but it lets everything in: {names}."
    ),
    "firewall_which": Words(
        "Không rõ máy đang ở mạng nào; tường lửa tắt hoặc cho mọi kết nối vào: {names}.",
        "Which network is in use is not known; the firewall is off, or lets everything in, for: {names}.",
    ),
    "firewall_not_told": Words("Không rõ tường lửa có bật không.", "Whether the firewall is on is not known."),
    # Encryption
    "volumes_encrypted": Words("Đã mã hóa: {names}.", "Encrypted: {names}."),
    "volumes_bare": Words("Chưa mã hóa: {names}.", "Not encrypted: {names}."),
    "volumes_suspended": Words(
        "Mã hóa đang tạm ngưng, khóa nằm trên ổ đĩa: {names}.",
        "Encryption is suspended, the key lies on the disk: {names}.",
    ),
    "volumes_half": Words("Đang mã hóa dở: {names}.", "Encryption not finished: {names}."),
    "volumes_not_told": Words("Không rõ có mã hóa không: {names}.", "Whether it is encrypted is not known: {names}."),
    "encryption_of_all": Words("Ở đây yêu cầu với mọi máy.", "Here it is asked of every PC."),
    "no_laptop": Words("Không phải máy xách tay.", "Not a laptop."),
    "laptop_not_told": Words("Không rõ có phải máy xách tay không.", "Whether this is a laptop is not known."),
    "encryption_not_asked": Words("Không yêu cầu ở đây.", "Not asked here."),
    # Automatic updates
    "automatic": Words("Máy được đặt để tự cài cập nhật.", "Set to install updates automatically."),
    "automatic_asked": Words(
        "Máy chỉ báo có bản cập nhật, người dùng phải cài.", "The PC only tells of updates; a person must install them."
    ),
    "automatic_asked_policy": Words(
        "Chính sách AUOptions: máy chỉ báo có bản cập nhật, người dùng phải cài.",
        "The policy AUOptions lets the PC only tell of updates; a person must install them.",
    ),
    "automatic_paused": Words("Cập nhật đang tạm dừng đến hết ngày {day}.", "Updates are paused until {day}."),
    "automatic_paused_long": Words(
        "Cập nhật bị tạm dừng đến hết ngày {day}, lâu hơn mức Windows cho phép ({most} ngày).",
        "Updates are paused until {day}, longer than Windows itself allows ({most} days).",
    ),
    "automatic_stopped": Words("Dịch vụ cập nhật bị tắt: {names}.", "Update services are switched off: {names}."),
    "automatic_closed": Words(
        "Chính sách DisableWindowsUpdateAccess chặn Windows Update.",
        "The policy DisableWindowsUpdateAccess closes Windows Update.",
    ),
    "automatic_off": Words("Cập nhật tự động đang tắt.", "Automatic updates are off."),
    "automatic_timer": Words("Bộ hẹn giờ apt-daily của máy không chạy.", "This PC's timers apt-daily do not run."),
    "automatic_periodic": Words(
        "APT::Periodic::Enable bằng 0: apt không tự làm gì.", "APT::Periodic::Enable is 0: apt does nothing by itself."
    ),
    "automatic_not_told": Words("Không rõ cách máy cập nhật.", "How the PC is updated is not known."),
    # Signing in
    "sign_in_sound": Words(
        "Mọi tài khoản đều phải đăng nhập bằng mật khẩu.", "Every account must sign in with a password."
    ),
    "autologon": Words("Máy tự đăng nhập.", "The PC signs in by itself."),
    "autologon_allowed": Words(
        "Máy tự đăng nhập; ở đây được phép.", "The PC signs in by itself; that is allowed here."
    ),
    "stored_password_allowed": Words(
        "Mật khẩu lưu trên máy ở dạng ai cũng đọc được; ở đây được phép.",
        "A password is stored on the PC where anybody can read it; that is allowed here.",
    ),
    "password_allowed_empty": Words(
        "Tài khoản có thể để trống mật khẩu; ở đây được phép.",
        "Accounts may have an empty password; that is allowed here.",
    ),
    "password_not_asked": Words(
        "Windows không bắt buộc độ dài mật khẩu, nên tài khoản có thể để trống mật khẩu.",
        "Windows asks for no length of passwords, so accounts may have an empty one.",
    ),
    "stored_password": Words(
        "Mật khẩu lưu trên máy ở dạng ai cũng đọc được.", "A password is stored on the PC where anybody can read it."
    ),
    "guest": Words("Tài khoản khách đang bật.", "The guest account is on."),
    "empty_over_network": Words(
        "Tài khoản không mật khẩu vào được máy qua mạng.", "Accounts without a password can be used over the network."
    ),
    "password_empty": Words("{count} tài khoản có mật khẩu trống.", "Accounts with an empty password: {count}."),
    "password_unasked": Words(
        "{count} tài khoản vào máy mà không bị hỏi mật khẩu.",
        "Accounts that sign in without being asked for a password: {count}.",
    ),
    "password_optional": Words(
        "{count} tài khoản được phép để trống mật khẩu.", "Accounts that may have an empty password: {count}."
    ),
    "sign_in_not_told": Words(
        "Máy không cho biết đủ về các tài khoản.", "The PC does not tell enough about its accounts."
    ),
    # Administrators
    "administrators_few": Words(
        "{count} tài khoản quản trị (cho phép {most}).", "Administrator accounts: {count} ({most} allowed)."
    ),
    "administrators_many": Words(
        "{count} tài khoản quản trị (cho phép {most}).", "Administrator accounts: {count} ({most} allowed)."
    ),
    "administrators_all": Words("Ai đăng nhập cũng có quyền quản trị.", "Everybody who signs in is an administrator."),
    "administrators_not_told": Words(
        "Không rõ có bao nhiêu tài khoản quản trị.", "How many administrators there are is not known."
    ),
    # SMBv1
    "smb1_off": Words("SMBv1 đã tắt.", "SMBv1 is off."),
    "smb1_server": Words("Máy chia sẻ tệp bằng SMBv1.", "The PC shares files over SMBv1."),
    "smb1_client": Words("Máy dùng SMBv1 để vào máy khác.", "The PC uses SMBv1 to reach others."),
    "smb1_not_told": Words("Không rõ SMBv1 bật hay tắt.", "Whether SMBv1 is on is not known."),
    # Remote desktop
    "remote_off": Words("Điều khiển từ xa đã tắt.", "Remote desktop is off."),
    "remote_protected": Words(
        "Điều khiển từ xa bật, phải xác thực trước (NLA).", "Remote desktop is on and asks for proof first (NLA)."
    ),
    "remote_open": Words(
        "Điều khiển từ xa bật, không yêu cầu xác thực trước (NLA).",
        "Remote desktop is on without asking for proof first (NLA).",
    ),
    "remote_on": Words("Điều khiển từ xa bật, ở đây phải tắt.", "Remote desktop is on; here it must be off."),
    "remote_not_told": Words(
        "Không rõ điều khiển từ xa bật hay tắt.", "Whether remote desktop is on and protected is not known."
    ),
    # For information
    "screen_locks": Words("Màn hình tự khóa sau {minutes} phút.", "The screen locks by itself after {minutes} min."),
    "screen_never_locks": Words("Màn hình không tự khóa.", "The screen does not lock by itself."),
    "nobody_signed_in": Words("Chưa có ai đăng nhập lúc kiểm tra.", "Nobody was signed in at the time."),
    "secure_boot_on": Words("Khởi động an toàn đang bật.", "Secure Boot is on."),
    "secure_boot_off": Words("Khởi động an toàn đang tắt.", "Secure Boot is off."),
    "secure_boot_not_told": Words("Máy không cho biết.", "The PC does not tell."),
    "no_secure_boot": Words(
        "Máy khởi động ở chế độ BIOS cũ (legacy): không dùng được khởi động an toàn.",
        "Started in BIOS (legacy) mode: Secure Boot is not available this way.",
    ),
}
