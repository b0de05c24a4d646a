"""Is there a store in this directory, is it ours and sound, and how does one come to be or to be today's version."""

import contextlib
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, event, exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from schooldrum_collector.store.acknowledged import ENDING, HEADER, MARK, require_all
from schooldrum_collector.store.connections import connect, remedy
from schooldrum_collector.store.interface import Damaged, Full, Locked
from schooldrum_collector.store.lock import Lock
from schooldrum_collector.store.schema import APPLICATION, REVISION

_log = logging.getLogger(__name__)
NAME = "schooldrum.sqlite3"
MIGRATIONS = Path(__file__).parent / "migrations"
CHECK_SECONDS = 5.0
"""How long a start may look for damage; a large store is looked at in part, `check` looks at all of it."""
_WAIT_FOR_ANOTHER = 15.0
_MOMENT = 1.0
_PAGE_BYTES = 1024
"""Small, for what is written per report: a body of 2 KB leaves half of a 4 KB page empty, and every commit writes its
last page again. Measured with bodies of 1.7 and 2 KB: 4.8 and 5.3 KB a report, checkpoint included, for 5.6 and 8.4.
"""

_ROOM_TO_OPEN = 1_048_576
"""Bytes: a store that fails to open on a disk with less room than this is not called damaged."""


def open_file(directory: Path, *, serving: bool) -> tuple[Path, Lock | None]:
    """Finds, makes, checks and migrates the store's file; a serving process also gets the lock.

    Raises:
        Damaged: what is there is not a sound store of ours, or is a newer version's; nothing was changed.
        Locked: another collector works here.
        Full: the directory or the disk does not take a new or a migrated store, or the file is another account's.
    """
    path = directory / NAME
    lock = None
    try:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _kept_lock(directory, path) if serving else None
        except OSError as problem:
            raise Full(
                f"{directory}: {problem.strerror}. The collector needs a directory that it may write to.",
                f"{directory}: {problem.strerror}. Máy chủ cần một thư mục được phép ghi.",
            ) from problem
        if not path.exists():
            _alone(directory, lock, lambda: not path.exists(), _create)
        _require_all(directory, lock)
        revision = look(path, seconds=CHECK_SECONDS if serving else 0)
        if revision != REVISION:
            _alone(directory, lock, lambda: look(path, seconds=0) != REVISION, _migrate)
    except BaseException as problem:
        if lock:
            lock.release()
        elif isinstance(problem, Damaged):
            raise _told_beside(directory, problem) from problem
        raise
    return path, lock


def _require_all(directory: Path, lock: Lock | None) -> None:
    """Before anything is read from the store: reading does away with what stands behind a damaged frame of its log.

    Beside a running collector, which has looked already, a command asks SQLite.
    """
    path = directory / NAME
    if lock:
        _warn_of(path, require_all(path, is_alone=True, seconds=CHECK_SECONDS))
        return
    try:
        held = Lock(directory)
    except (Locked, OSError):
        require_all(path, is_alone=False, seconds=CHECK_SECONDS)
        return
    try:
        _warn_of(path, require_all(path, is_alone=True, seconds=CHECK_SECONDS))
    finally:
        held.release()


def _warn_of(path: Path, lost: int) -> None:
    if lost:
        _log.warning(
            "%s: the last %d changes that were acknowledged are gone, as after a power cut on a disk that says too "
            "early what it has written",
            path,
            lost,
        )


def _told_beside(directory: Path, problem: Damaged) -> Damaged:
    """What is wrong with a store, and first of all that whoever works with it is to be stopped."""
    try:
        Lock(directory).release()
    except Locked as busy:
        return Damaged(
            f"{problem} But a collector{f' (process {busy.holder})' if busy.holder else ''} is using this directory: "
            "stop that collector first.",
            f"{problem.vietnamese} Nhưng một máy chủ{f' (tiến trình {busy.holder})' if busy.holder else ''} đang dùng "
            "thư mục này: hãy dừng máy chủ đó trước.",
        )
    except OSError:
        pass
    return problem


def _kept_lock(directory: Path, path: Path) -> Lock:
    """The lock for as long as a collector runs.

    A command holds it while it makes the store ready, and a moment longer: that is no other collector.
    """
    now = time.monotonic()
    until, deadline = now + _MOMENT, now + _WAIT_FOR_ANOTHER
    while True:
        try:
            return Lock(directory)
        except Locked:
            now = time.monotonic()
            if not path.exists() or look(path, seconds=0) != REVISION:
                until = min(now + _MOMENT, deadline)
            if now > until:
                raise
            time.sleep(0.05)


def _alone(directory: Path, lock: Lock | None, is_needed: Callable[[], bool], work: Callable[[Path], None]) -> None:
    """Creating and migrating are done by one process at a time, also by a command beside a collector.

    That collector keeps the lock for as long as it runs: a command waits for the work, not for the lock.
    """
    held = lock
    deadline = time.monotonic() + _WAIT_FOR_ANOTHER
    while held is None:
        try:
            held = Lock(directory)
        except Locked as busy:
            if not is_needed():
                return
            if time.monotonic() > deadline:
                raise _not_ready(directory, busy.holder) from busy
            time.sleep(0.05)
    try:
        # Another may have done it a moment ago, and the copy that it kept of the older store must stay.
        if is_needed():
            work(directory / NAME)
    except (sqlite3.Error, exc.DBAPIError) as problem:
        why = problem.orig if isinstance(problem, exc.DBAPIError) else problem
        raise Full(
            f"{directory}: the store could not be made ready ({why}); what was there is as it was. It needs as much "
            "free room as it takes itself, and the right to write there.",
            f"{directory}: chưa chuẩn bị được kho số liệu ({why}); dữ liệu cũ vẫn nguyên. Cần chỗ trống bằng kích "
            "thước của kho và quyền ghi vào thư mục này.",
        ) from problem
    finally:
        if lock is None:
            held.release()


def _not_ready(directory: Path, holder: str) -> Locked:
    return Locked(
        f"The collector that uses {directory}{f' (process {holder})' if holder else ''} has not made its store ready "
        "for this command. If it has only just been started, wait a minute and try again; else it is of another "
        "version: restart it.",
        f"Máy chủ đang dùng {directory}{f' (tiến trình {holder})' if holder else ''} chưa chuẩn bị xong kho số liệu "
        "cho lệnh này. Nếu máy chủ vừa khởi động, hãy đợi một phút rồi thử lại; nếu không, máy chủ là phiên bản khác: "
        "hãy khởi động lại máy chủ.",
        holder,
    )


def look(path: Path, *, seconds: float) -> str:
    """The version a store stands at, after looking for damage for at most so many seconds, without writing to it.

    Raises:
        Damaged, Full: as `open_file`.
    """
    advice, mending = remedy(path)
    advice, mending = f"Nothing was changed. {advice}", f"Chưa thay đổi gì. {mending}"
    try:
        # Opened as it will be used: what can be read but not written would fail much later.
        with path.open("r+b") as file:
            header = file.read(HEADER.size)
    except OSError as problem:
        raise Full(
            f"{path} cannot be opened ({problem.strerror}). The collector needs the right to read and write it: run it "
            "as the account the file belongs to, or give the file to this one.",
            f"Không mở được {path} ({problem.strerror}). Máy chủ cần quyền đọc và ghi: chạy bằng tài khoản sở hữu tệp, "
            "hoặc giao tệp cho tài khoản này.",
        ) from problem
    if len(header) < HEADER.size or not header.startswith(MARK):
        raise Damaged(
            f"{path} is damaged: it does not begin like a store ({len(header)} bytes read). {advice}",
            f"{path} đã hỏng: phần đầu không phải kho số liệu (đọc được {len(header)} byte). {mending}",
        )
    *_, application = HEADER.unpack(header)
    if application != APPLICATION:
        raise Damaged(
            f"{path} is a database of another program. Nothing was changed. Move it away, or give the "
            "collector a data directory of its own.",
            f"{path} là cơ sở dữ liệu của chương trình khác. Chưa thay đổi gì. Dời tệp đó đi, hoặc chọn thư mục số "
            "liệu khác cho máy chủ.",
        )
    try:
        revision, complaint = _seen(path, seconds)
    except sqlite3.OperationalError as problem:
        if "unable to open" in str(problem) or "readonly" in str(problem):
            raise Full(
                f"{path} cannot be opened ({problem}). The collector needs the right to write there.",
                f"Không mở được {path} ({problem}). Máy chủ cần quyền ghi vào đó.",
            ) from problem
        if shutil.disk_usage(path.parent).free < _ROOM_TO_OPEN:
            # Reading needs a few pages of shared memory beside the file; SQLite calls their want an I/O error.
            raise Full(
                f"{path} cannot be opened ({problem}): the disk is full. Make room on it and start again; the store "
                "itself is as it was.",
                f"Không mở được {path} ({problem}): ổ đĩa đã đầy. Dọn bớt ổ đĩa rồi khởi động lại; kho số liệu vẫn "
                "nguyên.",
            ) from problem
        raise Damaged(f"{path} is damaged ({problem}). {advice}", f"{path} đã hỏng ({problem}). {mending}") from problem
    except sqlite3.DatabaseError as problem:
        raise Damaged(f"{path} is damaged ({problem}). {advice}", f"{path} đã hỏng ({problem}). {mending}") from problem
    if complaint:
        raise Damaged(
            f"{path} is damaged ({complaint}). {advice}",
            f"{path} đã hỏng ({complaint}). {mending}",
        )
    if revision not in _known_revisions():
        raise Damaged(
            f"{path} was written by a newer Schooldrum (store version {revision}, this one knows {REVISION}). "
            "Nothing was changed. Install that version again. Or move every file whose name begins with "
            f"{path.name} away, and put the copy that was kept when it was migrated ({path.name}.before-…) in place as "
            f"{path.name}.",
            f"{path} do bản Schooldrum mới hơn ghi (kho phiên bản {revision}, bản này biết {REVISION}). Chưa thay "
            f"đổi gì. Cài lại bản mới đó. Hoặc dời mọi tệp có tên bắt đầu bằng {path.name} đi chỗ khác, rồi đặt bản "
            f"sao đã giữ khi nâng cấp ({path.name}.before-…) vào với tên {path.name}.",
        )
    return revision


def _seen(path: Path, seconds: float) -> tuple[str, str]:
    """The version a store stands at (empty: it says none), and what is wrong with it (empty: nothing).

    SQLite makes files of its own beside one that it reads. Where there is no log it is first read as what nobody
    changes: so a store that is refused stays as it was.

    Raises:
        sqlite3.DatabaseError: it cannot be read.
    """
    log = path.with_name(f"{path.name}-wal")

    def changed() -> tuple[bool, int, int]:
        found = path.stat()
        return log.exists(), found.st_size, found.st_mtime_ns

    before = changed()
    if not before[0]:
        try:
            found = _ask(path, "immutable=1", seconds)
        except sqlite3.DatabaseError:
            if changed() == before:
                raise
        else:
            if not found[1] and found[0] in _known_revisions():
                seconds = 0
            elif changed() == before:
                return found
    # Nothing was wrong, or somebody was writing meanwhile.
    return _ask(path, "mode=ro", seconds)


def _ask(path: Path, how: str, seconds: float) -> tuple[str, str]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=10)) as eyes:
        revision = eyes.execute("SELECT version_num FROM alembic_version").fetchone()
        complaint = _quick_check(eyes, seconds) if seconds else ""
    return (str(revision[0]), complaint) if revision else ("", complaint or "it names no version")


def _quick_check(eyes: sqlite3.Connection, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    eyes.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        found = eyes.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return ""
        raise
    return "" if found[0] == "ok" else " ".join(str(found[0]).split())


def _known_revisions() -> set[str]:
    return {file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def _create(path: Path) -> None:
    """Made under another name and renamed when it is whole: an empty store is either there or not."""
    if path.exists():
        return
    left = [path.name + ending for ending in ("-wal", "-shm", ENDING) if path.with_name(path.name + ending).exists()]
    if left:
        english, vietnamese = remedy(path)
        raise Damaged(
            f"{path} is missing, while {left[0]} is there: somebody has moved one without the other. Nothing was "
            f"changed. Put the file back. Or: {english}",
            f"Mất {path} mà vẫn còn {left[0]}: có người đã dời một tệp mà để lại tệp kia. Chưa thay đổi gì. Trả tệp về "
            f"chỗ cũ. Hoặc: {vietnamese}",
        )
    making = path.with_name(path.name + ".new")
    for ending in ("", "-wal", "-shm", "-journal"):
        making.with_name(making.name + ending).unlink(missing_ok=True)
    os.close(os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(connect(making)) as connection:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        upgrade(making)
        connection.execute("PRAGMA journal_mode = WAL")
    making.rename(path)
    _settle(path.parent)


def _migrate(path: Path) -> None:
    """A whole copy is kept beside the store before its tables change; the change is one transaction."""
    before = look(path, seconds=0)
    kept = path.with_name(f"{path.name}.before-{REVISION}")
    making = kept.with_name(kept.name + ".new")
    making.unlink(missing_ok=True)
    os.close(os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(connect(path)) as source, contextlib.closing(connect(making)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    making.rename(kept)
    _settle(path.parent)
    upgrade(path)
    _log.info(
        "%s was brought from store version %s to %s. As it was it stays in %s: keep it to go back to the version "
        "before, and remove it once all is well",
        path,
        before,
        REVISION,
        kept,
    )


def _settle(directory: Path) -> None:
    if os.name == "posix":
        handle = os.open(directory, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def upgrade(path: Path, migrations: Path = MIGRATIONS, revision: str = "head") -> None:
    """Runs the migrations a store still needs, all of them in one transaction.

    Raises:
        sqlite3.Error: the disk is full; the store is as it was.
    """
    # Alembic costs a tenth of a second to import, and is needed once in the life of a version.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    engine = register_engine(path)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def register_engine(path: Path, begin: str = "BEGIN IMMEDIATE", **options: object) -> Engine:
    """SQLAlchemy's door to the same file, beginning each transaction with these words."""
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, erasing=begin != "BEGIN"),
        **{"poolclass": NullPool, **options},
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
