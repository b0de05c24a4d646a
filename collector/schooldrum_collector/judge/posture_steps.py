"""What to do about a safety check that is not met, or not known: at most three steps a teacher can take."""

from schooldrum_collector.judge.posture_sign_in_steps import SIGN_IN_FIXES
from schooldrum_collector.judge.posture_update_steps import RESTART, RESTART_LINUX, UPDATE_FIXES
from schooldrum_collector.judge.posture_words import Words

_NO_RIGHT = Words(
    "Vẫn không có số liệu: mục này cần quyền mà Schooldrum không xin, không cần làm gì thêm.",
    "Still no data: this needs a right that Schooldrum does not ask for; there is nothing more to do.",
)
_WHY = Words(
    "Hôm sau vẫn vậy: xem lý do bằng lệnh schooldrum-collector machines show TÊN.",
    "Still so the next day: see the reason with schooldrum-collector machines show NAME.",
)

_CLOCK_BATTERY = Words(
    "Tắt máy qua đêm mà giờ lại sai: thay pin đồng hồ (CR2032) trên bo mạch.",
    "If it is wrong again after a night off: change the clock's battery (CR2032) on the mainboard.",
)
_CLASSIC = ("Windows 7", "Windows 8", "Windows 8.1", "Windows Server")
"""Those without the app Windows Security, and without the newer ones' pages of Settings, or some of them."""
_SWITCH_ON = Words(
    "Bật Real-time protection, hoặc mở phần mềm diệt virus của hãng khác và bật bảo vệ.",
    "Switch on Real-time protection, or open the other maker's antivirus and switch it on.",
)
_EXPIRED = Words(
    "Phần mềm hết hạn: gỡ đi rồi khởi động lại, Microsoft Defender sẽ tự bật.",
    "If it has expired: remove it and restart, Microsoft Defender comes on by itself.",
)
_CLASSIC_DEFENDER = Words(
    "Mở Windows Defender (tìm trong menu Start).", "Open Windows Defender (search the Start menu for it)."
)
_SERVER_DEFENDER = Words(
    "Mở Windows Defender (Server 2016: trong Settings > Update & security; bản khác: tìm trong menu Start).",
    "Open Windows Defender (Server 2016: in Settings > Update & security; others: search the Start menu for it).",
)
_UPDATE_SIGNATURES = Words(
    "Chọn cập nhật mẫu nhận diện (Protection updates).", "Choose to update its signatures (Protection updates)."
)
_LICENCE = Words(
    "Nếu không được: kiểm tra Internet và hạn bản quyền.", "If that fails: check the Internet and its licence."
)
_CLASSIC_REMOTE = Words(
    "Mở sysdm.cpl (phím Windows + R), chọn thẻ Remote.", "Open sysdm.cpl (Windows key + R), choose the tab Remote."
)

# A group of everybody is among the administrators: no single account can give that up. Names of groups are translated,
# so they are called by their numbers; before Windows 10 nothing takes these.
_EVERYBODY_OUT = (
    Words(
        "PowerShell quyền quản trị: net user TÊN * /add; Add-LocalGroupMember -SID S-1-5-32-544 -Member TÊN",
        "As administrator in PowerShell: net user NAME * /add; Add-LocalGroupMember -SID S-1-5-32-544 -Member NAME",
    ),
    Words(
        "Rồi chạy: Remove-LocalGroupMember -SID S-1-5-32-544 -Member S-1-1-0,S-1-5-4,S-1-5-11,S-1-5-32-545",
        "Then run: Remove-LocalGroupMember -SID S-1-5-32-544 -Member S-1-1-0,S-1-5-4,S-1-5-11,S-1-5-32-545",
    ),
    Words(
        "Bỏ qua lỗi về nhóm không có trong đó; máy trong miền: gỡ cả Domain Users. Khởi động lại máy.",
        "Pass over errors about groups not in it; on a domain remove Domain Users too. Restart the PC.",
    ),
)
_EVERYBODY_OUT_CLASSIC = (
    Words(
        "Command Prompt quyền quản trị: net user TÊN * /add & net localgroup Administrators TÊN /add",
        "As administrator, in a Command Prompt: net user NAME * /add & net localgroup Administrators NAME /add",
    ),
    Words(
        'Xem: net localgroup Administrators; Everyone, Users...: net localgroup Administrators "NHÓM" /delete',
        'See: net localgroup Administrators; for Everyone, Users...: net localgroup Administrators "GROUP" /delete',
    ),
    Words(
        "Bỏ qua lỗi về nhóm không có trong đó (tên nhóm đổi theo ngôn ngữ của Windows). Khởi động lại máy.",
        "Pass over errors about groups not in it (names change with Windows' language). Restart the PC.",
    ),
)

THAW_FIRST = Words(
    "Mở đóng băng ổ đĩa trước, làm xong thì đóng băng lại.", "Thaw the disk first, and freeze it again when done."
)
"""Before the steps of every other remedy, on a PC whose disk forgets at a restart."""
KEEPS_WHILE_FROZEN = frozenset(
    {
        "failed",
        "secure_boot",
        "system_bought",
        "system_replaced",
        "updates_ended",
        "updates_frozen",
        "updates_idle",
        "updates_restart",
    }
)
"""Remedies that change nothing on the disk, or say themselves how to thaw it."""

FIXES: dict[str, dict[str, tuple[Words, ...]]] = {
    **UPDATE_FIXES,
    **SIGN_IN_FIXES,
    "denied": {
        "windows": (
            Words(
                "Mở Command Prompt bằng quyền quản trị, chạy: sc start Schooldrum (phải chạy bằng dịch vụ này).",
                "Open a Command Prompt as administrator and run: sc start Schooldrum (it must run as this service).",
            ),
            Words(
                "Máy chưa có dịch vụ đó: cài lại bằng bộ cài của phòng, bằng quyền quản trị.",
                "There is no such service: install it again with the room's installer, as administrator.",
            ),
            _NO_RIGHT,
        ),
        "linux": (
            Words(
                "Cài lại Schooldrum thành dịch vụ của hệ thống như README hướng dẫn, không chạy bằng tay.",
                "Install Schooldrum as a service of the system again, as the README says; do not start it by hand.",
            ),
            _NO_RIGHT,
        ),
    },
    "failed": {
        "windows": (RESTART, _WHY),
        "linux": (RESTART_LINUX, _WHY),
    },
    "clock": {
        "windows": (
            Words(
                "Mở Date & time trong Settings hoặc Control Panel, bật tự chỉnh giờ và bấm đồng bộ.",
                "Open Date & time in Settings or the Control Panel, set the time automatically and synchronise it.",
            ),
            _CLOCK_BATTERY,
        ),
        "linux": (
            Words("Mở Terminal, chạy: sudo timedatectl set-ntp true", "Open a terminal: sudo timedatectl set-ntp true"),
            _CLOCK_BATTERY,
        ),
    },
    "antivirus": {
        "windows": (
            Words(
                "Mở Windows Security > Virus & threat protection.", "Open Windows Security > Virus & threat protection."
            ),
            _SWITCH_ON,
            _EXPIRED,
        ),
        **dict.fromkeys(_CLASSIC, (_CLASSIC_DEFENDER, _SWITCH_ON, _EXPIRED)),
        "Windows Server": (_SERVER_DEFENDER, _SWITCH_ON, _EXPIRED),
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
    "antivirus_expired": {
        "windows": (
            Words("Gia hạn phần mềm diệt virus, hoặc gỡ nó ra.", "Renew the licence of the antivirus, or remove it."),
            Words(
                "Khởi động lại máy (Restart): nếu đã gỡ, Microsoft Defender sẽ tự bật.",
                "Restart the PC: where it was removed, Microsoft Defender comes on by itself.",
            ),
        ),
    },
    "signatures": {
        "windows": (
            Words(
                "Mở phần mềm diệt virus (hoặc Windows Security > Virus & threat protection).",
                "Open the antivirus (or Windows Security > Virus & threat protection).",
            ),
            _UPDATE_SIGNATURES,
            _LICENCE,
        ),
        **dict.fromkeys(
            _CLASSIC,
            (
                Words(
                    "Mở phần mềm diệt virus (Windows Defender hoặc của hãng khác).",
                    "Open the antivirus (Windows Defender, or another maker's).",
                ),
                _UPDATE_SIGNATURES,
                _LICENCE,
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
        **dict.fromkeys(
            _CLASSIC,
            (
                Words("Mở Control Panel > Windows Firewall.", "Open Control Panel > Windows Firewall."),
                Words(
                    "Chọn Turn Windows Firewall on or off, bật ở mọi loại mạng.",
                    "Choose Turn Windows Firewall on or off and switch it on for every kind of network.",
                ),
                Words(
                    "Nếu vẫn tắt hoặc vẫn mở: chọn Restore defaults.",
                    "If it stays off or open: choose Restore defaults.",
                ),
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
                "Mở Control Panel > BitLocker (bản Home: Device encryption trong Cài đặt) và bật.",
                "Open Control Panel > BitLocker (Home: Device encryption in Settings) and switch it on.",
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
    "administrators_all": {
        "windows": _EVERYBODY_OUT,
        **dict.fromkeys(_CLASSIC, _EVERYBODY_OUT_CLASSIC),
        "linux": (
            Words(
                "Cho người phụ trách, trong Terminal: sudo passwd TÊN && sudo usermod -aG sudo TÊN (Fedora: wheel)",
                "For the one in charge, in a terminal: sudo passwd NAME && sudo usermod -aG sudo NAME (Fedora: wheel)",
            ),
            Words(
                "Tìm dòng cho mọi người: sudo grep -rnE '^ *ALL' /etc/sudoers /etc/sudoers.d",
                "Find the line for everybody: sudo grep -rnE '^ *ALL' /etc/sudoers /etc/sudoers.d",
            ),
            Words(
                "Xóa dòng đó bằng: sudo visudo (tệp trong sudoers.d: sudo visudo -f TỆP)",
                "Delete it by: sudo visudo (a file in sudoers.d: sudo visudo -f FILE)",
            ),
        ),
    },
    "smb1": {
        "windows": (
            Words("Mở 'Turn Windows features on or off'.", "Open 'Turn Windows features on or off'."),
            Words("Bỏ chọn 'SMB 1.0/CIFS File Sharing Support'.", "Untick 'SMB 1.0/CIFS File Sharing Support'."),
            RESTART,
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
        **dict.fromkeys(
            _CLASSIC,
            (
                _CLASSIC_REMOTE,
                Words(
                    "Không dùng: chọn Don't allow remote connections.",
                    "Not needed: choose Don't allow remote connections.",
                ),
                Words(
                    "Cần dùng: chọn thêm 'Allow connections only from ... with Network Level Authentication'.",
                    "Needed: also tick 'Allow connections only from ... with Network Level Authentication'.",
                ),
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
        **dict.fromkeys(
            _CLASSIC,
            (
                _CLASSIC_REMOTE,
                Words("Chọn Don't allow remote connections.", "Choose Don't allow remote connections."),
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
        **dict.fromkeys(
            _CLASSIC,
            (
                Words(
                    "Mở Control Panel, tìm Screen saver (Change screen saver).",
                    "Open the Control Panel and search for Screen saver (Change screen saver).",
                ),
                Words(
                    "Chọn một màn hình chờ, đặt 10 phút, chọn 'On resume, display logon screen'.",
                    "Choose a screen saver, set 10 minutes, tick 'On resume, display logon screen'.",
                ),
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
