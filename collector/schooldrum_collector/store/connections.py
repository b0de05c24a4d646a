"""How a connection to the store's file is opened, who may write at a time, and what SQLite's troubles mean."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exc
from sqlalchemy.engine import Engine

from schooldrum_collector.data_directory import AUTHORITY_FILE
from schooldrum_collector.store.interface import Damaged, Full, Overloaded

BUSY_SECONDS = 10
"""How long one process waits for another's transaction."""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MISTAKES = {0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE}
_PRIMARY = 0xFF
"""SQLite's extended error codes carry the plain one in their lowest byte."""


def connect(path: Path, *, erasing: bool = False) -> sqlite3.Connection:
    """A connection whose commits survive power loss; transactions are begun by hand. It never makes a file.

    With `erasing`, what is deleted over it is overwritten with zeros.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
    )
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        # Checkpoints are made by a thread of their own: in a commit they would delay an answer.
        "wal_autocheckpoint = 0",
        "temp_store = MEMORY",
        f"secure_delete = {'ON' if erasing else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def is_damage(problem: sqlite3.Error) -> bool:
    """Whether SQLite met something in the file that it cannot have written itself."""
    # Letters that are none are found by Python, and have no number.
    return getattr(problem, "sqlite_errorcode", 0) & _PRIMARY in _DAMAGE or "decode to UTF-8" in str(problem)


def is_mistake(problem: sqlite3.Error) -> bool:
    """Whether a statement of ours is wrong, and neither the file nor the disk."""
    return getattr(problem, "sqlite_errorcode", 0) & _PRIMARY in _MISTAKES and not is_damage(problem)


def refusal(problem: sqlite3.Error, path: Path) -> Full | Overloaded:
    """What a failed write means to whoever wanted to store something."""
    code = getattr(problem, "sqlite_errorcode", 0) & _PRIMARY
    if code in _BUSY:
        return Overloaded(BUSY_SECONDS)
    if is_damage(problem):
        return damaged(problem, path)
    return Full(
        f"{path}: nothing can be stored ({problem}). Make room on this disk, or give this user the right to write "
        "there; storing goes on by itself as soon as it can.",
        f"{path}: không lưu được gì ({problem}). Dọn bớt ổ đĩa này, hoặc cho tài khoản này quyền ghi; khi lưu được, "
        "máy chủ tự làm tiếp.",
    )


def remedy(path: Path) -> tuple[str, str]:
    """What to do about a store that cannot be used (English, Vietnamese); whoever does it meets no other refusal."""
    english = (
        f"Restore the newest backup into {path.parent}, once every file there whose name begins with {path.name} has "
        f"been moved away. Where there is no backup, move {AUTHORITY_FILE} away with them: the collector then starts "
        "with an empty store, and every PC must be enrolled again."
    )
    vietnamese = (
        f"Khôi phục bản sao lưu mới nhất vào {path.parent}, sau khi dời mọi tệp ở đó có tên bắt đầu bằng {path.name} "
        f"đi chỗ khác. Nếu không có bản sao lưu, dời cả {AUTHORITY_FILE}: máy chủ sẽ bắt đầu với kho trống và phải "
        "thêm lại mọi máy."
    )
    return english, vietnamese


def damaged(why: Exception, path: Path) -> Full:
    """What a running collector says of a store that was sound when it was opened."""
    english, vietnamese = remedy(path)
    return Full(
        f"{path} has been damaged ({why}): nothing can be stored. Stop the collector. {english}",
        f"{path} đã hỏng ({why}): không lưu được gì. Dừng máy chủ. {vietnamese}",
    )


def unreadable(problem: Exception, path: Path) -> Damaged:
    """What a store that opens, but whose content cannot be read, means to whoever starts the collector."""
    # SQLAlchemy's own text goes on with the statement and the address of a page about it.
    why = problem.orig if isinstance(problem, exc.DBAPIError) else problem
    english, vietnamese = remedy(path)
    return Damaged(
        f"{path} cannot be read ({why}). Nothing was changed. Stop the collector if it runs. {english}",
        f"Không đọc được {path} ({why}). Chưa thay đổi gì. Dừng máy chủ nếu đang chạy. {vietnamese}",
    )


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Says what a reading that meets damage in this file means to whoever runs a command.

    Raises:
        Damaged: as `unreadable` says.
    """
    try:
        yield
    except sqlite3.DatabaseError as problem:
        if is_damage(problem):
            raise unreadable(problem, path) from problem
        raise


class Turn:
    """Who may write in this process: one at a time, each waiting only for the one before.

    SQLite's own waiting between connections polls with growing pauses; inside one process a lock is exact.
    `require()` raises Full where nobody may write: it is asked at the beginning of every turn.
    """

    def __init__(self, require: Callable[[], None]) -> None:
        self.require = require
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Holds the turn.

        Raises:
            Overloaded: somebody has held it for too long.
            Full: as `require` says.
        """
        if not self._lock.acquire(timeout=3 * BUSY_SECONDS):
            raise Overloaded(BUSY_SECONDS)
        try:
            self.require()
            yield
        finally:
            self._lock.release()


@contextmanager
def transaction(connection: sqlite3.Connection, *, write: bool = True) -> Iterator[sqlite3.Connection]:
    """A transaction: what happens inside is kept as a whole, or not at all.

    Raises:
        sqlite3.Error: it could not be begun or committed.
    """
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(engine: Engine) -> Iterator[sqlite3.Connection]:
    """A pooled connection's driver inside one reading transaction.

    Raises:
        sqlite3.Error: it could not be opened or begun.
    """
    pooled = engine.raw_connection()
    try:
        with transaction(driver(pooled.driver_connection), write=False) as connection:
            yield connection
    finally:
        pooled.close()


def driver(connection: object) -> sqlite3.Connection:
    """What SQLAlchemy hands out as its driver's connection, as what it is."""
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - tells the type checker what the engine is
    return connection
