"""How a connection to the store's file is opened, who may write at a time, and what SQLite's troubles mean."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exc

from schooldrum_collector.store.interface import Damaged, Full, Overloaded

BUSY_SECONDS = 10
"""How long one process waits for another's transaction."""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY = 0xFF
"""SQLite's extended error codes carry the plain one in their lowest byte."""


def connect(path: Path, *, erasing: bool = False) -> sqlite3.Connection:
    """A connection whose commits survive power loss; transactions are begun by hand.

    With `erasing`, what is deleted over it is overwritten with zeros.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
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


def refusal(problem: sqlite3.Error, path: Path) -> Full | Overloaded:
    """What a failed write means to whoever wanted to store something."""
    code = getattr(problem, "sqlite_errorcode", 0) & _PRIMARY
    if code in _BUSY:
        return Overloaded(BUSY_SECONDS)
    if code in _DAMAGE:
        return Full(
            f"{path} has been damaged ({problem}): nothing can be stored. Stop the collector, keep a copy of its data "
            "directory, and restore the newest backup.",
            f"{path} đã hỏng ({problem}): không lưu được gì. Dừng máy chủ, giữ lại một bản sao của thư mục số liệu, "
            "rồi khôi phục bản sao lưu mới nhất.",
        )
    return Full(
        f"{path}: nothing can be stored ({problem}). Make room on this disk, or give this user the right to write "
        "there; storing goes on by itself as soon as it can.",
        f"{path}: không lưu được gì ({problem}). Dọn bớt ổ đĩa này, hoặc cho tài khoản này quyền ghi; khi lưu được, "
        "máy chủ tự làm tiếp.",
    )


def unreadable(problem: Exception, path: Path) -> Damaged:
    """What a store that opens, but whose content cannot be read, means to whoever starts the collector."""
    # SQLAlchemy's own text goes on with the statement and the address of a page about it.
    why = problem.orig if isinstance(problem, exc.DBAPIError) else problem
    return Damaged(
        f"{path} cannot be read ({why}). Nothing was changed. Restore the newest backup into this directory.",
        f"Không đọc được {path} ({why}). Chưa thay đổi gì. Khôi phục bản sao lưu mới nhất vào thư mục này.",
    )


@contextmanager
def plainly(path: Path | None) -> Iterator[None]:
    """Says what a reading that meets damage in this file means; with None it stays SQLite's own error.

    Raises:
        Damaged: as `unreadable` says.
    """
    try:
        yield
    except sqlite3.DatabaseError as problem:
        if path is not None and getattr(problem, "sqlite_errorcode", 0) & _PRIMARY in _DAMAGE:
            raise unreadable(problem, path) from problem
        raise


class Turn:
    """Who may write in this process: one at a time, each waiting only for the one before.

    SQLite's own waiting between connections polls with growing pauses; inside one process a lock is exact.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Holds the turn.

        Raises:
            Overloaded: somebody has held it for too long.
        """
        if not self._lock.acquire(timeout=3 * BUSY_SECONDS):
            raise Overloaded(BUSY_SECONDS)
        try:
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
