"""Secrets of the office: made once at installation, kept in files that only the collector's account reads."""

import os
import secrets
import stat
import sys
from pathlib import Path

FILE = "office-token"
ANSWERS_FILE = "answers-key"
"""What the links by which people answer are made from; who takes it away makes all links that are out invalid."""
_SHORTEST = 32
_LONGEST = 512


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """The token's file cannot be trusted or read; the sentence says what to do."""

    def __init__(self, english: str, vietnamese: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese


def office_token(directory: Path, name: str = FILE) -> str:
    """The token of the office's door, or the secret of this file name, made when there is none (256 bits).

    Raises:
        Unusable: others can read it, it is no file, or holds no token.
        OSError: the directory cannot be used.
    """
    path = directory / name
    draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            # Linked, not renamed: of two that start at once, whoever came first stays.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    if not path.is_file():
        raise Unusable(
            f"{path} is no file; move what stands there away, and a new one is made",
            f"{path} không phải tệp; dời thứ đang ở đó đi chỗ khác để máy chủ tạo mã mới.",
        )
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unusable(
            f"{path} can be read by others; run: chmod 600 {path}, or remove it to have a new one made",
            f"Tài khoản khác đọc được {path}; chạy: chmod 600 {path}, hoặc xóa tệp đó để máy chủ tạo mã mới.",
        )
    with path.open("rb") as file:
        token = file.read(_LONGEST + 1).strip()
    if not _SHORTEST <= len(token) <= _LONGEST or not token.isascii() or not token.decode("ascii").isprintable():
        raise Unusable(
            f"{path} holds no token ({_SHORTEST} to {_LONGEST} characters); remove it to have one made",
            f"{path} không chứa mã ({_SHORTEST} đến {_LONGEST} ký tự); xóa tệp đó để máy chủ tạo mã mới.",
        )
    return token.decode("ascii")
