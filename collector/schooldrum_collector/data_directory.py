"""The collector's own directory: as which account it is touched, who may write there, and what it must hold."""

import errno
import os
import stat
import sys
from pathlib import Path

from schooldrum_collector.speech import Say

AUTHORITY_FILE = "authority.pem"
"""The office's certificate authority, which every agent pins; it is only ever made beside a store."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Unsafe(ValueError):  # noqa: N818 - it names the directory's state
    """Others could change what the collector keeps there, or it cannot be used at all; the sentence says what to do."""


def act_as_owner(directory: Path) -> None:
    """Root becomes the account that owns the directory, for the rest of this process.

    A command run by root beside the service would otherwise leave files (SQLite's -wal and -shm) that the service
    cannot open any more. Everybody else stays who they are.

    Raises:
        OSError: the directory is not there, or the system does not let root change its account.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    owner = directory.stat()
    if owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def prepare(directory: Path, say: Say) -> None:
    """Makes the directory (only its account may enter), and takes the account it belongs to.

    Raises:
        Unsafe: it cannot be made, belongs to another account, or others may write to it.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        act_as_owner(directory)
        found = directory.stat()
    except OSError as trouble:
        # Of a file in its place making the directory says that it exists.
        why = os.strerror(errno.ENOTDIR) if isinstance(trouble, FileExistsError) else trouble.strerror
        raise Unsafe(
            say(
                f"{directory}: không dùng được ({why}). Chọn thư mục khác bằng data hoặc --data.",
                f"{directory}: cannot be used ({why}). Choose another by the key data or by --data.",
            )
        ) from trouble
    if sys.platform == "win32":
        return
    if found.st_uid != os.geteuid():
        raise Unsafe(
            say(
                f"{directory} thuộc tài khoản khác (uid {found.st_uid}): chạy bằng tài khoản đó.",
                f"{directory} belongs to another account (uid {found.st_uid}): run as that one.",
            )
        )
    if stat.S_IMODE(found.st_mode) & _OTHERS_WRITE:
        raise Unsafe(
            say(
                f"Tài khoản khác ghi được vào {directory}; chạy: chmod 700 {directory}",
                f"Other accounts may write to {directory}; run: chmod 700 {directory}",
            )
        )


def require_store(directory: Path, name: str, say: Say) -> None:
    """Looks whether the store (its file's `name`) is there, where an authority says that there was one.

    Where a part of it is left (`-wal`), the store itself says what is wrong.

    Raises:
        Unsafe: there is an authority and nothing of a store. An empty one would know no PC, and nobody would be told.
    """
    authority, store = directory / AUTHORITY_FILE, directory / name
    # In this order: at the first start of all the store is there before its authority.
    if authority.exists() and not any((directory / f"{name}{ending}").exists() for ending in ("", "-wal", "-shm")):
        raise Unsafe(
            say(
                f"Mất tệp {store} mà vẫn còn {authority}: đã có máy chủ làm việc ở đây. Máy chủ không tự tạo kho "
                "trống, vì kho đó không biết máy, mã cài đặt hay sự cố nào. Hãy trả tệp về chỗ cũ, hoặc dời mọi tệp có "
                f"tên bắt đầu bằng {name} đi chỗ khác rồi khôi phục bản sao lưu của thư mục. Nếu vẫn muốn bắt đầu lại, "
                f"hãy dời các tệp đó cùng {authority} đi chỗ khác và thêm lại mọi máy.",
                f"{store} is missing, while {authority} is there: a collector has worked here. No empty store was made "
                "in its place, for it would know no PC, no install code and no incident. Put the file back, or move "
                f"every file whose name begins with {name} away and restore a backup of the directory. To begin anew "
                f"all the same, move those files and {authority} away, and enrol every PC again.",
            )
        )
