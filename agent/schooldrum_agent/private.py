"""How files are kept that belong to the agent alone: whose directory, one process at a time, whole or not at all.

On Windows the directory gets a protected access list (SYSTEM and Administrators); DPAPI is no protection there, because
every program of the machine may ask it. On Linux it is 0700. Whatever somebody else could have put there is refused.
"""

import contextlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import IO, Any

from schooldrum_agent.sentence import Sentence

LARGEST = 4 << 20
"""No file of the agent's own state is larger (bytes)."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_LOCK_OFFSET = 1 << 30
_REPARSE_POINT = 0x400
_PROTECTED = 0x1000
"""SE_DACL_PROTECTED."""
_LABEL_INFORMATION = 0x10
"""LABEL_SECURITY_INFORMATION."""
_HIGH_ONLY = "S:(ML;OICI;NRNWNX;;;HI)"
"""A mandatory label: whoever runs with less integrity than an administrator's program neither reads nor writes."""
_TRIES = 6
_PAUSE = 0.05

_SYSTEM_SID = "S-1-5-18"
_ADMINISTRATORS_SID = "S-1-5-32-544"
_INSTALLER_SID = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
_PRIVILEGED_LIST = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
_USERS_LIST = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"
"""The same, and whoever owns the directory: the list for an agent that a person starts by hand."""
_EVERYBODY_READS = "(A;OICI;0x1200a9;;;BU)"
"""Beside one of them: this PC's users may list and read, and nothing else."""


class NotPrivate(Exception):  # noqa: N818 - it says what the directory is not
    """The directory may not be used; it says why, and what to do."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.sentence = Sentence(vietnamese, english)
        super().__init__(self.sentence)


class InUse(Exception):  # noqa: N818 - it says what the directory is
    """Another process of this program works in the directory."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.sentence = Sentence(vietnamese, english)
        super().__init__(self.sentence)


class Hold:
    """Keeps every other process of this program out of a directory until it is released or the process ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def release(self) -> None:
        """Lets the next one in; may be called again."""
        self._file.close()


def make_private(directory: Path, *, system: str = sys.platform) -> tuple[str, ...]:
    """Creates the directory, or closes an existing one to everybody else.

    Returns sentences about what could not be done but need not stop the agent (a volume without access lists).

    Raises:
        NotPrivate: it is a link, belongs to somebody else, or others could write in it or above it.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        return _close_windows(directory) if system == "win32" else _close_posix(directory)
    except OSError as problem:
        raise NotPrivate(
            f"{directory}: {problem.strerror or problem}; hãy chỉ cho phần mềm một thư mục mà nó tạo được",
            f"{directory}: {problem.strerror or problem}; give the agent a directory it may create",
        ) from problem


def make_readable(directory: Path, *, system: str = sys.platform) -> tuple[str, ...]:
    """The same for a directory that every user of this PC may read, and nobody else may write in.

    On Linux it is there already: whoever started the agent has made it (systemd's RuntimeDirectory).

    Raises:
        NotPrivate: it is not there or a link, belongs to somebody else, or others could write in it.
    """
    try:
        if system == "win32":
            directory.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                directory.mkdir()
            return _close_windows(directory, _EVERYBODY_READS)
        found = directory.lstat()
    except OSError as problem:
        raise NotPrivate(
            f"{directory}: {problem.strerror or problem}; hãy tạo thư mục này, hoặc ghi thư mục khác",
            f"{directory}: {problem.strerror or problem}; make it, or name another one",
        ) from problem
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise NotPrivate(
            f"{directory} phải là thư mục của người dùng chạy phần mềm này, không ai khác được ghi",
            f"{directory} must be a directory of this program's user in which nobody else may write",
        )
    return ()


def _close_posix(directory: Path) -> tuple[str, ...]:
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise NotPrivate(
            f"{directory} là liên kết; hãy ghi chính thư mục đó",
            f"{directory} is a symbolic link; name the directory itself",
        )
    if not stat.S_ISDIR(found.st_mode):
        raise NotPrivate(
            f"{directory} không phải thư mục; hãy xóa tệp đó hoặc ghi thư mục khác",
            f"{directory} is no directory; remove the file or name another directory",
        )
    own = os.geteuid()
    if found.st_uid != own:
        raise NotPrivate(
            f"{directory} là của người dùng số {found.st_uid}, còn phần mềm chạy dưới người dùng số {own}; hãy chạy "
            "dưới người dùng đó, hoặc xóa thư mục nếu không phải của phần mềm này",
            f"{directory} belongs to user {found.st_uid}, this program runs as user {own}; "
            "run it as that user, or remove the directory if it is not the agent's",
        )
    if found.st_mode & 0o022:
        raise NotPrivate(
            f"{directory} có người khác ghi được (quyền {stat.S_IMODE(found.st_mode):04o}), nên không tin được những "
            f"gì trong đó; hãy xem lại, rồi xóa hoặc chạy: chmod 700 {directory}",
            f"{directory} can be written by others (mode {stat.S_IMODE(found.st_mode):04o}), so what lies in it cannot "
            f"be trusted; look at it, then remove it or run: chmod 700 {directory}",
        )
    if own == 0:
        _check_above(directory)
    if stat.S_IMODE(found.st_mode) != 0o700:  # noqa: PLR2004 - the mode this file is about
        directory.chmod(0o700)
    return ()


def _check_above(directory: Path) -> None:
    # Who may write in a directory above can swap ours for another one; root's agent must not run on a user's files.
    real = directory.parent.resolve() / directory.name
    for above in dict.fromkeys((*directory.absolute().parents, *real.parents)):
        found = above.stat()
        if found.st_uid != 0:
            raise NotPrivate(
                f"{above} là của người dùng số {found.st_uid}, người này thay được {directory}; hãy ghi thư mục khác",
                f"{above} belongs to user {found.st_uid}, who could replace {directory}; name another one",
            )
        loose = found.st_mode & 0o002 or (found.st_mode & 0o020 and found.st_gid != 0)
        if loose and not found.st_mode & stat.S_ISVTX:
            raise NotPrivate(
                f"{above} có người khác ghi được, họ thay được {directory}; hãy chạy: chmod go-w {above}",
                f"{above} can be written by others, who could replace {directory}; run: chmod go-w {above}",
            )


def _close_windows(directory: Path, more: str = "") -> tuple[str, ...]:
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_file_attributes", 0) & _REPARSE_POINT:
        raise NotPrivate(
            f"{directory} là liên kết; hãy ghi chính thư mục đó",
            f"{directory} is a junction or link; name the directory itself",
        )
    if not stat.S_ISDIR(found.st_mode):
        raise NotPrivate(
            f"{directory} không phải thư mục; hãy xóa tệp đó hoặc ghi thư mục khác",
            f"{directory} is no directory; remove the file or name another directory",
        )
    try:
        import pywintypes  # noqa: PLC0415 - exists on Windows only
        import win32security  # noqa: PLC0415 - exists on Windows only
    except ImportError:
        return (f"{directory.name}: pywin32 is missing, so its access list was left as it is",)
    try:
        user, privileged = _windows_user(win32security)
        # What others may have put there before the list was closed keeps its owner, and an owner can always open it.
        for path in (directory, *directory.rglob("*")):
            owner = _windows_owner(win32security, path)
            if owner not in {_SYSTEM_SID, _ADMINISTRATORS_SID, _INSTALLER_SID, user}:
                raise NotPrivate(
                    f"{path} là của {owner}, không phải SYSTEM hay Administrators; hãy xóa rồi khởi động lại phần mềm",
                    f"{path} belongs to {owner}, not to SYSTEM or Administrators; remove it and start the agent again",
                )
        wanted = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            (_PRIVILEGED_LIST if privileged else _USERS_LIST) + more, win32security.SDDL_REVISION_1
        )
        win32security.SetNamedSecurityInfo(
            str(directory),
            win32security.SE_FILE_OBJECT,
            win32security.DACL_SECURITY_INFORMATION | win32security.PROTECTED_DACL_SECURITY_INFORMATION,
            None,
            None,
            wanted.GetSecurityDescriptorDacl(),
            None,
        )
        # A volume without access lists (FAT, Wine) takes the call and keeps nothing of it.
        kept = win32security.GetFileSecurity(str(directory), win32security.DACL_SECURITY_INFORMATION)
        if not kept.GetSecurityDescriptorControl()[0] & _PROTECTED:
            return (f"{directory.name}: this volume keeps no access lists, others may be able to read what lies there",)
        if privileged and not more:
            _keep_from_the_confined(win32security, directory)
    except pywintypes.error as problem:
        return (f"{directory.name}: no access list could be set ({problem.strerror}), others may be able to read it",)
    return ()


def _keep_from_the_confined(win32security: Any, directory: Path) -> None:
    """Closes the directory to the system's own children, once they have given up their rights (confinement).

    Raises:
        pywintypes.error: Windows refuses.
    """
    label = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
        _HIGH_ONLY, win32security.SDDL_REVISION_1
    ).GetSecurityDescriptorSacl()
    win32security.SetNamedSecurityInfo(
        str(directory), win32security.SE_FILE_OBJECT, _LABEL_INFORMATION, None, None, None, label
    )


def _windows_user(win32security: Any) -> tuple[str, bool]:
    import win32api  # noqa: PLC0415 - exists on Windows only

    token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32security.TOKEN_QUERY)
    user = win32security.ConvertSidToStringSid(
        win32security.GetTokenInformation(token, win32security.TokenUser)[0],
    )
    administrators = win32security.ConvertStringSidToSid(_ADMINISTRATORS_SID)
    # A missing token handle asks about this thread, which counts Administrators only where they are enabled.
    return user, user == _SYSTEM_SID or bool(win32security.CheckTokenMembership(None, administrators))


def _windows_owner(win32security: Any, path: Path) -> str:
    descriptor = win32security.GetFileSecurity(str(path), win32security.OWNER_SECURITY_INFORMATION)
    return str(win32security.ConvertSidToStringSid(descriptor.GetSecurityDescriptorOwner()))


def hold(directory: Path, *, system: str = sys.platform) -> Hold:
    """Takes the directory for this process.

    Raises:
        InUse: another one has it; the sentence names its number where it is known.
        OSError: the lock file cannot be made.
    """
    path = directory / "lock"
    file = open_private(path, os.O_RDWR)
    try:
        if system == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            file.seek(_LOCK_OFFSET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # typed on Windows only
            file.seek(0)
        else:
            import fcntl  # noqa: PLC0415 - does not exist on Windows

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        file.seek(0)
        holder = file.read(20).decode("ascii", "replace").strip()
        file.close()
        raise InUse(
            f"{directory} đang được một phần mềm Schooldrum khác dùng{f' (tiến trình {holder})' if holder else ''}; "
            "hãy dừng phần mềm đó trước, hoặc cho phần mềm này một thư mục riêng",
            f"{directory} is in use by another agent{f' (process {holder})' if holder else ''}; "
            "stop that one first, or give this one a directory of its own",
        ) from problem
    # The number only helps a person; on a full disk the lock holds without it.
    with contextlib.suppress(OSError):
        file.truncate(0)
        file.write(str(os.getpid()).encode())
    return Hold(file)


def open_private(path: Path, flags: int) -> IO[bytes]:
    """Opens (and creates) a file of ours, unbuffered, readable by us alone; a link in its place is refused.

    Raises:
        OSError: as open(2) says.
    """
    descriptor = os.open(path, flags | os.O_CREAT | _NO_FOLLOW | _BINARY, 0o600)
    return os.fdopen(descriptor, "rb+" if flags & os.O_RDWR else "wb", buffering=0)


def write_all(file: IO[bytes], data: bytes) -> None:
    """Writes all of it and sees it onto the disk.

    Raises:
        OSError: the disk is full or failing; part of it may be written.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def write_whole(path: Path, data: bytes) -> None:
    """Replaces the file so that after a power cut either the old or the new content is there, never a part.

    Raises:
        OSError: the disk is full or failing; the old content is untouched.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        with open_private(fresh, os.O_WRONLY | os.O_TRUNC) as file:
            write_all(file, data)
        _replace(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    sync_directory(path.parent)


def _replace(fresh: Path, path: Path) -> None:
    for attempt in range(_TRIES):
        try:
            fresh.replace(path)
        except PermissionError:
            # Windows: a virus scanner holds a new file for a moment.
            if attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE)
        else:
            return


def sync_directory(directory: Path) -> None:
    """Sees names that were made or removed in the directory onto the disk; Windows does so by itself.

    Raises:
        OSError: the disk is failing.
    """
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_bounded(path: Path, most: int = LARGEST) -> bytes | None:
    """What a file of ours holds; None where there is no such file.

    Raises:
        OSError: it cannot be read, or it is larger than `most` bytes or no plain file and so not ours.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most:
            raise OSError(f"{path}: no plain file of at most {most} bytes")
        return file.read(most)
