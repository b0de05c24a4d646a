"""What to do about accounts that let people in without a password: all for one fault, or a step for each of several."""

from collections.abc import Collection, Sequence
from itertools import combinations

from schooldrum_collector.judge.posture_update_steps import RESTART_LINUX
from schooldrum_collector.judge.posture_words import Words

_LSA = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
_ALONE: dict[str, dict[str, tuple[Words, ...]]] = {
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
            RESTART_LINUX,
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
                "Cũng ở đó chạy: net accounts /minpwlen:8 (từ nay mật khẩu phải có ít nhất 8 ký tự).",
                "There also run: net accounts /minpwlen:8 (from now on a password has 8 characters at least).",
            ),
        ),
        "linux": (
            Words("Đặt mật khẩu cho tài khoản: sudo passwd TÊN", "Give the account a password: sudo passwd NAME"),
        ),
    },
    "password_unasked": {
        "windows": (
            Words(
                "Mở Terminal, xem những tài khoản nào: getent group nopasswdlogin",
                "Open a terminal and see which accounts: getent group nopasswdlogin",
            ),
            Words(
                "Với từng tài khoản chạy: sudo gpasswd --delete TÊN nopasswdlogin",
                "For each of them run: sudo gpasswd --delete NAME nopasswdlogin",
            ),
            Words("Đặt mật khẩu cho tài khoản: sudo passwd TÊN", "Give the account a password: sudo passwd NAME"),
        ),
    },
    "empty_over_network": {
        "windows": (
            Words(
                f"Mở regedit, đến {_LSA}.",
                f"Open regedit and go to {_LSA}.",
            ),
            Words("Đặt LimitBlankPasswordUse bằng 1.", "Set LimitBlankPasswordUse to 1."),
        ),
    },
}
_ONE_STEP: dict[str, dict[str, Words]] = {
    "empty_over_network": {
        "windows": Words(
            f"Mở regedit, trong {_LSA} đặt LimitBlankPasswordUse bằng 1.",
            f"Open regedit and set LimitBlankPasswordUse in {_LSA} to 1.",
        ),
    },
    "password_empty": {
        "windows": Words(
            "Đặt mật khẩu cho mọi tài khoản đang dùng, kể cả tài khoản tự đăng nhập.",
            "Give every account in use a password, the one that signs in by itself too.",
        ),
        "linux": Words(
            "Đặt mật khẩu cho từng tài khoản: sudo passwd TÊN", "Give each account a password: sudo passwd NAME"
        ),
    },
    "password_unasked": {
        "windows": Words(
            "Xem getent group nopasswdlogin; với từng tài khoản: sudo gpasswd --delete TÊN nopasswdlogin",
            "See getent group nopasswdlogin; for each account: sudo gpasswd --delete NAME nopasswdlogin",
        ),
    },
    "guest": {
        "windows": Words(
            "Command Prompt quyền quản trị: net user Guest /active:no (tên Guest đổi theo ngôn ngữ của Windows).",
            "Command Prompt as administrator: net user Guest /active:no (its name changes with Windows' language).",
        ),
        "linux": Words(
            "Trong /etc/lightdm/lightdm.conf đặt allow-guest=false, rồi khởi động lại máy.",
            "Set allow-guest=false in /etc/lightdm/lightdm.conf and restart the PC.",
        ),
    },
    "autologon": {
        "windows": Words(
            "Mở netplwiz, chọn 'Users must enter a user name...'; trong regedit xóa Winlogon\\DefaultPassword.",
            "In netplwiz tick 'Users must enter a user name...'; in regedit delete Winlogon\\DefaultPassword.",
        ),
        "linux": Words(
            "Mở Settings > Users, tắt Automatic Login.", "Open Settings > Users and switch off Automatic Login."
        ),
    },
}
"""Each fault in one step, the worst first: open to the network, to anybody in the room, to whoever starts it."""
_MOST_STEPS = 3


def _together(faults: Sequence[str]) -> dict[str, tuple[Words, ...]]:
    worst = [_ONE_STEP[fault] for fault in faults[:_MOST_STEPS]]
    return {system: tuple(steps.get(system) or steps["windows"] for steps in worst) for system in ("windows", "linux")}


def _named(faults: Sequence[str]) -> str:
    return "+".join(faults)


SIGN_IN_FIXES = {
    **_ALONE,
    **{
        _named(faults): _together(faults)
        for size in range(2, len(_ONE_STEP) + 1)
        for faults in combinations(_ONE_STEP, size)
    },
}
"""As `posture_steps.FIXES`, of which they are a part."""


def sign_in_steps(faults: Collection[str]) -> str:
    """The key of what mends these faults of signing in, at least one of them."""
    # A password that is stored is there for signing in by itself.
    found = {"autologon" if fault == "stored_password" else fault for fault in faults}
    return _named([fault for fault in _ONE_STEP if fault in found])
