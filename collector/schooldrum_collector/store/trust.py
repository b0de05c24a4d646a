"""May a running collector still write to its store: are its files those it opened, and was no damage met in them."""

import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exc

from schooldrum_collector.store.connections import damaged, is_damage, is_mistake, refusal
from schooldrum_collector.store.interface import Full, Overloaded

_log = logging.getLogger(__name__)
_ENDINGS = ("", "-wal", "-shm")


class Trust:
    """What was seen of the files at this path since `opened`.

    A system goes on writing to files that were removed or moved away: everybody would be told that it is stored, and at
    the next start it would be gone. Met damage stands until the next start, which looks for it and says what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[Path, tuple[int, int]] = {}
        self._log = path.with_name(f"{path.name}-wal")
        self._logged = 0
        self._damage: Full | None = None
        self._told = False
        self._closed = False

    def opened(self) -> None:
        """From now on the files that are there count as the store's."""
        paths = (self._path.with_name(self._path.name + ending) for ending in _ENDINGS)
        self._known = {path: found[:2] for path in paths if (found := _seen(path))}

    def closed(self) -> None:
        """From now on nobody writes; and the store's own end removes files, too."""
        self._closed = True
        self._known = {}

    def require(self) -> None:
        """Before something is written, and before anybody is told that it was.

        Raises:
            Full: the files are others, or damage was met in them, or the store is closed.
        """
        if self._closed:
            raise Full(f"{self._path}: the store is closed", f"{self._path}: kho số liệu đã đóng")
        self.require_files()
        if self._damage:
            raise _again(self._damage)

    def require_files(self) -> None:
        """Before the files are opened once more; connections that are open already go on reading the right ones.

        Raises:
            Full: the files are others.
        """
        for path, mark in self._known.items():
            # Asked before the file is: another thread may see it grow in between.
            logged = self._logged
            found = _seen(path)
            if found is None or found[:2] != mark:
                raise _others(path, "removed or replaced", "đã bị xóa hoặc bị thay bằng tệp khác")
            if path == self._log:
                # It is begun anew without growing shorter: whoever shortened it took what was stored last.
                if found[2] < logged:
                    raise _others(path, "emptied or cut", "đã bị làm rỗng hoặc bị cắt")
                self._logged = found[2]

    def trouble(self) -> str:
        """Why nothing may be stored (the English sentence); empty where it may."""
        try:
            self.require()
        except Full as problem:
            return str(problem)
        return ""

    def watch(self, refresh: Callable[[], None]) -> None:
        """Tells the log once that the store can no longer be written to, and once that it can again; then refreshes.

        Raises:
            Full, Overloaded: as `reading`.
        """
        trouble = self.trouble()
        if trouble and not self._told:
            _log.error("Agents are asked to come again and keep what they have: %s", trouble)
        elif self._told and not trouble:
            _log.info("%s is back: what agents have kept is stored again", self._path)
        self._told = bool(trouble)
        with self.reading():
            refresh()

    def met(self, problem: sqlite3.Error) -> Full | Overloaded:
        """What it means to whoever wanted to read or store something; damage is remembered."""
        if not is_damage(problem):
            return refusal(problem, self._path)
        self._damage = self._damage or damaged(problem, self._path)
        return _again(self._damage)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As `reading`, for what opens the files anew and writes to them.

        Raises:
            Full, Overloaded: as `require` and `reading`.
        """
        self.require()
        with self.reading():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Words what goes wrong with the store inside.

        Raises:
            Full: it cannot be read; damage to the file itself is remembered.
            Overloaded: another transaction has not ended in time.
        """
        try:
            yield
        except sqlite3.DatabaseError as problem:
            if is_mistake(problem):
                raise
            raise self.met(problem) from problem
        except exc.DBAPIError as problem:
            if not isinstance(problem.orig, sqlite3.DatabaseError) or is_mistake(problem.orig):
                raise
            raise self.met(problem.orig) from problem
        except zlib.error as problem:
            # Bodies carry a sum of their own: SQLite hands out what was overwritten inside a page as it finds it. What
            # can be read of others is sound all the same, so this one alone is told, and nothing is remembered.
            raise damaged(problem, self._path) from problem


def _others(path: Path, english: str, vietnamese: str) -> Full:
    return Full(
        f"{path} was {english} while the collector runs: nothing is stored any more, and PCs keep what they have. Stop "
        f"the collector, put the files back or, once all that is in {path.parent} has been moved away, restore the "
        "newest backup into it, and start it again.",
        f"{path} {vietnamese} trong lúc máy chủ chạy: không lưu gì nữa, máy ở các trường giữ số liệu lại. Dừng máy "
        f"chủ, trả các tệp về chỗ cũ, hoặc dời hết những gì trong {path.parent} đi rồi khôi phục bản sao lưu mới nhất "
        "vào đó; sau cùng khởi động lại.",
    )


def _again(problem: Full) -> Full:
    # One exception raised in many places would gather all their tracebacks.
    return Full(str(problem), problem.vietnamese)


def _seen(path: Path) -> tuple[int, int, int] | None:
    """Which file is there, and how long it is."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size
