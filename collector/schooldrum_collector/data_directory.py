"""The collector's own directory: as which account it is touched, and that nobody else may write there."""

import os
import stat
import sys
from pathlib import Path

from schooldrum_collector.speech import Say

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
        raise Unsafe(
            say(
                f"{directory}: không dùng được ({trouble.strerror}). Chọn thư mục khác bằng data hoặc --data.",
                f"{directory}: cannot be used ({trouble.strerror}). Choose another by the key data or by --data.",
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
