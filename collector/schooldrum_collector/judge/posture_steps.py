"""What to do about a safety check that is not met: at most three steps a teacher can take, in both languages."""

from schooldrum_collector.judge.posture_words import Words

_UPDATE_NOW = Words(
    "Mở Settings > Windows Update, cài hết các bản cập nhật.", "Open Settings > Windows Update and install everything."
)
_RESTART = Words(
    "Khởi động lại máy (chọn Restart, không chọn Shut down).", "Restart the PC (choose Restart, not Shut down)."
)
_RESTART_LINUX = Words("Khởi động lại máy.", "Restart the PC.")
_AGAIN = Words("Làm lại đến khi không còn bản nào.", "Repeat until nothing is left.")
_SOFTWARE_UPDATER = Words(
    "Mở Software Updater (Trình cập nhật), cài hết các bản cập nhật.", "Open Software Updater and install everything."
)
_APT = Words(
    "Mở Terminal, chạy: sudo apt update && sudo apt upgrade (hoặc mở Software > Updates, cài hết).",
    "Open a terminal and run: sudo apt update && sudo apt upgrade (or open Software > Updates and install everything).",
)

_REPLACE_WINDOWS = (
    Words(
        "Báo cơ quan quản lý: mua bản quyền Windows mới hơn nếu máy đủ điều kiện, không thì thay máy.",
        "Ask the office for a licence of a newer Windows if this PC can carry it, else for another PC.",
    ),
    Words("Sao lưu tệp của người dùng.", "Back up people's files."),
    Words(
        "Trong khi chờ: không dùng máy này cho điểm số, hồ sơ và ngân hàng.",
        "Until then: keep marks, records and banking off this PC.",
    ),
)

FIXES: dict[str, dict[str, tuple[Words, ...]]] = {
    "supported_system": {
        "windows": (
            Words(
                "Mở Settings > Windows Update; nếu có bản nâng cấp miễn phí thì cài.",
                "Open Settings > Windows Update; if a free upgrade is offered, install it.",
            ),
            Words(
                "Nếu không có: hỏi cơ quan quản lý về hỗ trợ kéo dài (ESU), bản quyền Windows khác hoặc thay máy.",
                "If not: ask the office about extended support (ESU), a licence for another Windows, or another PC.",
            ),
            Words(
                "Trong khi chờ: không dùng máy này cho điểm số, hồ sơ và ngân hàng.",
                "Until then: keep marks, records and banking off this PC.",
            ),
        ),
        "Windows 11": (
            Words(
                "Mở Settings > Windows Update, bấm Check for updates, chọn bản Windows 11 mới hơn rồi cài (miễn phí).",
                "Open Settings > Windows Update, choose Check for updates and install the newer Windows 11 (free).",
            ),
            _RESTART,
            Words(
                "Nếu không thấy bản mới: dùng Windows 11 Installation Assistant trên microsoft.com.",
                "If none is offered: use the Windows 11 Installation Assistant from microsoft.com.",
            ),
        ),
        "Windows 8.1": _REPLACE_WINDOWS,
        "Windows 8": _REPLACE_WINDOWS,
        "Windows 7": _REPLACE_WINDOWS,
        "linux": (
            Words("Sao lưu tệp của người dùng.", "Back up people's files."),
            Words(
                "Mở Software Updater (Trình cập nhật), chọn nâng cấp lên phiên bản mới.",
                "Open Software Updater and choose the upgrade to the new release.",
            ),
            _RESTART_LINUX,
        ),
        "debian": (
            Words("Sao lưu tệp của người dùng.", "Back up people's files."),
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
    "updates_in_time": {
        "windows": (_UPDATE_NOW, _RESTART, _AGAIN),
        "linux": (_SOFTWARE_UPDATER, _RESTART_LINUX, _AGAIN),
        "debian": (_APT, _RESTART_LINUX, _AGAIN),
    },
    "updates_frozen": {
        "windows": (
            Words(
                "Chọn buổi phòng trống, mở đóng băng ổ đĩa.", "Choose a time when the room is free and thaw the disk."
            ),
            Words(
                "Mở Settings > Windows Update, cài hết và khởi động lại đến khi không còn bản nào.",
                "Open Settings > Windows Update, install everything and restart until nothing is left.",
            ),
            Words("Đóng băng lại.", "Freeze again."),
        ),
        "linux": (
            Words("Khởi động máy ở chế độ lưu thay đổi.", "Start the PC in the mode that keeps changes."),
            _SOFTWARE_UPDATER,
            Words("Khởi động lại ở chế độ đóng băng.", "Restart in the frozen mode."),
        ),
        "debian": (
            Words("Khởi động máy ở chế độ lưu thay đổi.", "Start the PC in the mode that keeps changes."),
            _APT,
            Words("Khởi động lại ở chế độ đóng băng.", "Restart in the frozen mode."),
        ),
    },
    "updates_restart": {"windows": (_RESTART,), "linux": (_RESTART_LINUX,)},
    "updates_refused": {
        "windows": (
            Words(
                "Gỡ phần mềm chặn cập nhật nếu có; mở services.msc, đặt Windows Update là Manual.",
                "Remove any update blocker; open services.msc and set Windows Update to Manual.",
            ),
            Words(
                "Mở Settings > Windows Update > Troubleshoot (Khắc phục sự cố) và chạy.",
                "Open Settings, look for the Windows Update troubleshooter and run it.",
            ),
            _UPDATE_NOW,
        ),
        "linux": (
            Words("Mở Terminal, chạy: sudo dpkg --configure -a", "Open a terminal and run: sudo dpkg --configure -a"),
            _SOFTWARE_UPDATER,
            _RESTART_LINUX,
        ),
        "debian": (
            Words("Mở Terminal, chạy: sudo dpkg --configure -a", "Open a terminal and run: sudo dpkg --configure -a"),
            _APT,
            _RESTART_LINUX,
        ),
    },
    "antivirus": {
        "windows": (
            Words(
                "Mở Windows Security > Virus & threat protection.", "Open Windows Security > Virus & threat protection."
            ),
            Words(
                "Bật Real-time protection, hoặc mở phần mềm diệt virus của hãng khác và bật bảo vệ.",
                "Switch on Real-time protection, or open the other maker's antivirus and switch it on.",
            ),
            Words(
                "Phần mềm hết hạn: gỡ đi rồi khởi động lại, Microsoft Defender sẽ tự bật.",
                "If it has expired: remove it and restart, Microsoft Defender comes on by itself.",
            ),
        ),
        "linux": (
            Words(
                "Mở Terminal, chạy: sudo apt install clamav-daemon",
                "Open a terminal and run: sudo apt install clamav-daemon",
            ),
            Words(
                "Chạy: sudo systemctl enable --now clamav-freshclam clamav-daemon",
                "Run: sudo systemctl enable --now clamav-freshclam clamav-daemon",
            ),
        ),
    },
    "signatures": {
        "windows": (
            Words(
                "Mở phần mềm diệt virus (hoặc Windows Security > Virus & threat protection).",
                "Open the antivirus (or Windows Security > Virus & threat protection).",
            ),
            Words(
                "Chọn cập nhật mẫu nhận diện (Protection updates).",
                "Choose to update its signatures (Protection updates).",
            ),
            Words(
                "Nếu không được: kiểm tra Internet và hạn bản quyền.",
                "If that fails: check the Internet and its licence.",
            ),
        ),
        "linux": (
            Words(
                "Mở Terminal, chạy: sudo systemctl restart clamav-freshclam",
                "Open a terminal and run: sudo systemctl restart clamav-freshclam",
            ),
        ),
    },
    "firewall": {
        "windows": (
            Words(
                "Mở Windows Security > Firewall & network protection.",
                "Open Windows Security > Firewall & network protection.",
            ),
            Words("Bật tường lửa ở cả ba loại mạng.", "Switch the firewall on for all three kinds of network."),
            Words(
                "Nếu vẫn tắt hoặc vẫn mở: chọn Restore firewalls to default.",
                "If it stays off or open: choose Restore firewalls to default.",
            ),
        ),
        "linux": (
            Words("Mở Terminal, chạy: sudo apt install ufw", "Open a terminal and run: sudo apt install ufw"),
            Words("Chạy: sudo ufw default deny incoming", "Run: sudo ufw default deny incoming"),
            Words("Chạy: sudo ufw enable", "Run: sudo ufw enable"),
        ),
    },
    "encryption": {
        "windows": (
            Words(
                "Chép khóa khôi phục ra nơi an toàn ngoài máy khi Windows hỏi.",
                "When Windows asks, keep the recovery key in a safe place off the PC.",
            ),
            Words(
                "Mở Control Panel > BitLocker (bản Home: Settings > Device encryption) và bật.",
                "Open Control Panel > BitLocker (Home: Settings > Device encryption) and switch it on.",
            ),
            Words("Để máy cắm sạc đến khi mã hóa xong.", "Leave the PC on mains until it has finished."),
        ),
        "linux": (
            Words("Sao lưu tệp của người dùng.", "Back up people's files."),
            Words(
                "Cài lại hệ điều hành, chọn mã hóa ổ đĩa (Encrypt the new installation).",
                "Install the system again and choose to encrypt the disk (Encrypt the new installation).",
            ),
            Words("Chép lại tệp.", "Copy the files back."),
        ),
    },
    "encryption_suspended": {
        "windows": (
            Words("Mở Control Panel > BitLocker.", "Open Control Panel > BitLocker."),
            Words("Chọn Resume protection (Tiếp tục bảo vệ).", "Choose Resume protection."),
        ),
    },
    "encryption_half": {
        "windows": (
            Words("Cắm sạc và để máy bật đến khi mã hóa xong.", "Leave the PC on mains and on until it has finished."),
        ),
    },
    "automatic_updates": {
        "windows": (
            Words("Mở Settings > Windows Update.", "Open Settings > Windows Update."),
            Words("Bỏ tạm dừng; gỡ phần mềm chặn cập nhật nếu có.", "Take off the pause; remove any update blocker."),
            Words(
                "Nếu ghi 'do tổ chức quản lý': hỏi người quản trị hệ thống.",
                "If it says 'managed by your organisation': ask whoever set that up.",
            ),
        ),
        "linux": (
            Words(
                "Mở Terminal, chạy: sudo apt install unattended-upgrades",
                "Open a terminal and run: sudo apt install unattended-upgrades",
            ),
            Words(
                "Chạy: sudo dpkg-reconfigure unattended-upgrades, chọn Yes.",
                "Run: sudo dpkg-reconfigure unattended-upgrades and choose Yes.",
            ),
        ),
    },
    "autologon": {
        "windows": (
            Words(
                "Mở netplwiz, chọn 'Users must enter a user name and password'.",
                "Open netplwiz and tick 'Users must enter a user name and password'.",
            ),
            Words("Đặt mật khẩu mới cho tài khoản đó.", "Give that account a new password."),
            Words(
                "Mở regedit, trong Winlogon xóa giá trị DefaultPassword nếu còn.",
                "Open regedit and delete the value DefaultPassword in Winlogon if it is there.",
            ),
        ),
        "linux": (
            Words("Mở Settings > Users, tắt Automatic Login.", "Open Settings > Users and switch off Automatic Login."),
            Words("Đặt mật khẩu cho tài khoản đó.", "Give that account a password."),
        ),
    },
    "guest": {
        "windows": (
            Words("Mở Command Prompt bằng quyền quản trị.", "Open a Command Prompt as administrator."),
            Words(
                "Chạy: net user Guest /active:no (tên Guest đổi theo ngôn ngữ của Windows).",
                "Run: net user Guest /active:no (the name Guest changes with Windows' language).",
            ),
        ),
        "linux": (
            Words(
                "Trong /etc/lightdm/lightdm.conf đặt allow-guest=false.",
                "Set allow-guest=false in /etc/lightdm/lightdm.conf.",
            ),
            _RESTART_LINUX,
        ),
    },
    "password_empty": {
        "windows": (
            Words("Đặt mật khẩu cho mọi tài khoản đang dùng.", "Give every account in use a password."),
            Words(
                "Mở Command Prompt bằng quyền quản trị, với từng tài khoản chạy: net user TÊN /passwordreq:yes",
                "Open a Command Prompt as administrator and run for each account: net user NAME /passwordreq:yes",
            ),
            Words(
                "Mở secpol.msc > Security Options, bật 'Limit local account use of blank passwords'.",
                "Open secpol.msc > Security Options and enable 'Limit local account use of blank passwords'.",
            ),
        ),
        "linux": (
            Words("Đặt mật khẩu cho tài khoản: sudo passwd TÊN", "Give the account a password: sudo passwd NAME"),
        ),
    },
    "administrators": {
        "windows": (
            Words(
                "Mở Settings > Accounts > Other users (Bản khác: netplwiz).",
                "Open Settings > Accounts > Other users (elsewhere: netplwiz).",
            ),
            Words(
                "Giữ một tài khoản quản trị cho người phụ trách, đổi các tài khoản khác thành Standard User.",
                "Keep one administrator for the person in charge, change the others to Standard User.",
            ),
        ),
        "linux": (
            Words("Mở Settings > Users.", "Open Settings > Users."),
            Words(
                "Giữ một tài khoản quản trị, đổi các tài khoản khác thành Standard.",
                "Keep one administrator, change the others to Standard.",
            ),
            Words(
                "Quyền cấp riêng trong sudoers: sudo visudo và xem /etc/sudoers.d, xóa dòng không cần.",
                "Rights given by sudoers: sudo visudo, look into /etc/sudoers.d, delete lines that are not needed.",
            ),
        ),
    },
    "smb1": {
        "windows": (
            Words("Mở 'Turn Windows features on or off'.", "Open 'Turn Windows features on or off'."),
            Words("Bỏ chọn 'SMB 1.0/CIFS File Sharing Support'.", "Untick 'SMB 1.0/CIFS File Sharing Support'."),
            _RESTART,
        ),
        "linux": (
            Words(
                "Trong /etc/samba/smb.conf, mục [global], đặt: server min protocol = SMB2",
                "In /etc/samba/smb.conf, section [global], set: server min protocol = SMB2",
            ),
            Words("Chạy: sudo systemctl restart smbd", "Run: sudo systemctl restart smbd"),
        ),
    },
    "remote_desktop": {
        "windows": (
            Words("Mở Settings > System > Remote Desktop.", "Open Settings > System > Remote Desktop."),
            Words("Không dùng: tắt.", "Not needed: switch it off."),
            Words(
                "Cần dùng: chọn 'Require devices to use Network Level Authentication'.",
                "Needed: tick 'Require devices to use Network Level Authentication'.",
            ),
        ),
        "linux": (
            Words("Không dùng: sudo systemctl disable --now xrdp", "Not needed: sudo systemctl disable --now xrdp"),
            Words(
                "Cần dùng: thay xrdp bằng Remote Desktop trong Settings > Sharing.",
                "Needed: replace xrdp by Remote Desktop in Settings > Sharing.",
            ),
        ),
    },
    "remote_on": {
        "windows": (
            Words(
                "Mở Settings > System > Remote Desktop và tắt.",
                "Open Settings > System > Remote Desktop and switch it off.",
            ),
        ),
        "linux": (
            Words(
                "Mở Settings > Sharing, tắt Remote Desktop.", "Open Settings > Sharing and switch Remote Desktop off."
            ),
        ),
    },
    "screen_lock": {
        "windows": (
            Words(
                "Mở Settings > Personalization > Lock screen > Screen saver.",
                "Open Settings > Personalization > Lock screen > Screen saver.",
            ),
            Words(
                "Chọn một màn hình chờ, đặt 10 phút, chọn 'On resume, display logon screen'.",
                "Choose a screen saver, set 10 minutes, tick 'On resume, display logon screen'.",
            ),
        ),
        "linux": (
            Words(
                "Mở Settings > Privacy > Screen, bật Automatic Screen Lock.",
                "Open Settings > Privacy > Screen and switch on Automatic Screen Lock.",
            ),
        ),
    },
    "secure_boot": {
        "windows": (
            Words("Vào BIOS/UEFI khi bật máy.", "Enter the BIOS/UEFI when the PC starts."),
            Words(
                "Bật Secure Boot; nếu máy không khởi động được, tắt lại.",
                "Switch on Secure Boot; if the PC no longer starts, switch it off again.",
            ),
        ),
    },
}
"""At most three steps by what is to be mended and by system; where only Windows stands, it serves both.

Where a distribution stands by its own name (its ID), that goes before "linux", and a Windows by its name before
"windows".
"""
