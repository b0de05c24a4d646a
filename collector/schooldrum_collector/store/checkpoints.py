"""When the write-ahead log goes over into the store's file: beside the answers, not in them."""

import contextlib
import sqlite3
import threading
from pathlib import Path

from schooldrum_collector.store.connections import Turn, connect
from schooldrum_collector.store.interface import Full, Overloaded

BYTES = 24 << 20
"""So much that was stored makes a checkpoint due."""
SECONDS = 60.0
"""And so long after the last one, whatever was stored."""


class Checkpoints:
    """A thread that copies the log over when it is due."""

    def __init__(self, path: Path, turn: Turn) -> None:
        self._path = path
        self._turn = turn
        self._size = 0
        self._closing = False
        self._due = threading.Event()
        self._thread = threading.Thread(target=self._work, name="schooldrum-checkpoints", daemon=True)
        self._thread.start()

    def stored(self, size: int) -> None:
        """Counts what went into the log (bytes, about)."""
        self._size += size
        if self._size >= BYTES:
            self._due.set()

    def close(self) -> None:
        """Ends the thread."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _work(self) -> None:
        """Never raises: a checkpoint that fails (a full disk, a long reader) is tried again when it is due again."""
        while True:
            self._due.wait(SECONDS)
            self._due.clear()
            if self._closing:
                return
            if not self._size:
                continue
            self._size = 0
            with contextlib.suppress(Full, Overloaded, sqlite3.Error):
                checkpoint(self._path, self._turn)


def checkpoint(path: Path, turn: Turn) -> None:
    """Copies the log over, so that it begins anew instead of growing for ever.

    Almost all of it is copied while others write, the rest in a turn of its own.

    Raises:
        sqlite3.Error: it could not be done; nothing is lost.
        Overloaded: somebody else held the turn for too long.
        Full: nobody may write.
    """
    turn.require()
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        with turn.taken():
            connection.execute("PRAGMA busy_timeout = 50")
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
