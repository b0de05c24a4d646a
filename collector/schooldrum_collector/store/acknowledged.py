"""Is all that was acknowledged still in the store: commits have numbers, and a note beside the store holds the last.

The number stands in the head of the database, so that the file and its log carry it with what it counts. The note is a
file of its own: whoever removes or cuts the log, or puts an older copy in place, leaves it ahead of the store.
"""

import contextlib
import os
import sqlite3
import struct
import time
from pathlib import Path
from typing import BinaryIO

from schooldrum_collector.store.connections import remedy
from schooldrum_collector.store.interface import Damaged
from schooldrum_collector.store.schema import APPLICATION
from schooldrum_collector.store.write_ahead_log import read_log

HEADER = struct.Struct(">16s 44x I 4x I 28x")
"""The head of a database: its mark, its `user_version` and `application_id`."""
MARK = b"SQLite format 3\0"
ENDING = "-acknowledged"
"""What the note's name has behind the store's."""
_NUMBERS = 1 << 31
"""So many fit into the head; behind the last one comes 0 again."""
_TORN = 2
"""So many commits a disk that lies about its fsync may lose at the end of a log in a power cut."""
_LOOKS = 3
_MOMENT = 0.1


def number_of(connection: sqlite3.Connection) -> int:
    """The number of the last commit that this connection sees."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def numbered(connection: sqlite3.Connection, before: int) -> int | None:
    """Gives the transaction of this connection its number, if it changed anything; else None.

    `before`: how many changes (`total_changes`) the connection had counted when it began.
    """
    if connection.total_changes == before:
        return None
    number = (number_of(connection) + 1) % _NUMBERS
    connection.execute(f"PRAGMA user_version = {number}")
    return number


def behind(number: int, other: int) -> int:
    """How many commits lie between a number and a later one; 0 where the other is not later."""
    between = (other - number) % _NUMBERS
    return between if between < _NUMBERS // 2 else 0


def read_note(store: Path) -> int | None:
    """The number in the note beside this store; None where there is none, or none that a power cut has left whole."""
    try:
        return int(_beside(store, ENDING).read_bytes()) % _NUMBERS
    except (OSError, ValueError):
        return None


class Note:
    """The note beside this store, for whoever writes to it. It is not made before there is something to note."""

    def __init__(self, store: Path) -> None:
        self._path = _beside(store, ENDING)
        self._file: BinaryIO | None = None

    def write(self, number: int | None) -> None:
        """Notes a commit's number, before anybody is told of the commit; None is no number.

        Never raises, and waits for no disk: what is stored is stored, and a note that is behind it does no harm.
        """
        if number is None:
            return
        with contextlib.suppress(OSError):
            if self._file is None:
                self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600), "wb", buffering=0)
            # Always as long: what was there before is overwritten whole.
            self._file.seek(0)
            self._file.write(b"%010d\n" % number)

    def close(self) -> None:
        """Lets go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def require_all(store: Path, *, is_alone: bool, seconds: float) -> int:
    """Refuses a store that lacks what was acknowledged, or whose log is damaged: then no file is changed.

    Answers how many commits a torn log has lost: so few that a power cut may have taken them. They are noted as gone,
    for the log is removed once what is left of it has been copied over, and an empty one has no torn end.

    `is_alone`: no collector works here. Then SQLite is not asked, for it passes over what stands behind a damaged frame
    of the log, unless so many seconds are not enough to read all of that.

    Raises:
        Damaged: what is missing, and what to do.
    """
    look = _lack_alone if is_alone else _lack_beside
    for left in reversed(range(_LOOKS)):
        try:
            lack = look(store, seconds)
        except OSError:
            # Opening the store will tell whoever can mend it.
            return 0
        if isinstance(lack, Damaged):
            if not left:
                raise lack
            # A command may have copied the log over and removed it between two of the readings.
            time.sleep(_MOMENT)
        else:
            if lack and is_alone:
                _note_lost(store, lack)
            return lack
    return 0


def _note_lost(store: Path, lost: int) -> None:
    noted = read_note(store)
    if noted is not None:
        note = Note(store)
        note.write((noted - lost) % _NUMBERS)
        note.close()


def _lack_alone(store: Path, seconds: float) -> Damaged | int:
    # In this order: whatever is stored meanwhile makes the store newer, never older.
    noted = read_note(store)
    log = read_log(_beside(store, "-wal"), seconds=seconds)
    if log.lost != 0:
        return _damaged_log(store, log.lost)
    stored = _number_in(store)
    if stored is None:
        return 0
    if not log.is_read:
        return _lack_in(store, _number_seen(store), noted, is_torn=True)
    reached = stored if log.last is None else log.last
    begins = stored if log.first is None else log.first
    # What was copied over from an earlier log stands in the file: a log goes on where that one ended.
    if lost := behind(reached, stored) or max(0, behind(stored, begins) - 1):
        return _strange_log(store, lost if noted is None else max(lost, behind(reached, noted)))
    return _lack_in(store, reached, noted, is_torn=not log.is_empty)


def _lack_beside(store: Path, _: float) -> Damaged | int:
    noted = read_note(store)
    log = _beside(store, "-wal")
    is_empty = not log.exists() or not log.stat().st_size
    return _lack_in(store, _number_in(store) if is_empty else _number_seen(store), noted, is_torn=not is_empty)


def _number_in(store: Path) -> int | None:
    """The number in the file itself, without its log; None where it is no store, which `look` will tell."""
    with store.open("rb") as file:
        head = file.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    mark, number, application = HEADER.unpack(head)
    return int(number) if (mark, application) == (MARK, APPLICATION) else None


def _number_seen(store: Path) -> int | None:
    """The number SQLite finds in file and log; None where it cannot read them, which looking for damage will tell."""
    try:
        with contextlib.closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as eyes:
            return number_of(eyes)
    except sqlite3.DatabaseError:
        return None


def _beside(store: Path, ending: str) -> Path:
    return store.with_name(store.name + ending)


def _lack_in(store: Path, reached: int | None, noted: int | None, *, is_torn: bool) -> Damaged | int:
    """What a store that goes up to one number lacks up to the noted one: as many as a torn log may lack, or more."""
    if reached is None or noted is None:
        return 0
    lost = behind(reached, noted)
    if lost <= (_TORN if is_torn else 0):
        return lost
    english, vietnamese = remedy(store)
    return Damaged(
        f"{store} is not complete: the last {lost} changes that were acknowledged (reports, enrolments, entries of the "
        f"register) are missing. Its log {store.name}-wal was removed, emptied or cut, or an older copy was put in "
        f"place. Nothing was changed. If you have what was removed, put it back. If not: {english} Or, to go on "
        f"without these changes, move {store.name}{ENDING} alone away.",
        f"{store} không còn đủ: thiếu {lost} thay đổi sau cùng đã được báo là lưu xong (báo cáo, máy mới thêm, mục "
        f"trong danh mục). Nhật ký {store.name}-wal đã bị xóa, bị làm rỗng hoặc bị cắt, hoặc có người đặt bản cũ vào. "
        f"Chưa thay đổi gì. Nếu còn tệp đã dời, hãy trả về chỗ cũ. Nếu không: {vietnamese} Hoặc, để tiếp tục mà không "
        f"có các thay đổi đó, chỉ dời {store.name}{ENDING} đi chỗ khác.",
    )


def _strange_log(store: Path, lost: int) -> Damaged:
    english, vietnamese = _without_log(store)
    return Damaged(
        f"{store} and its log {store.name}-wal do not belong together: {lost} changes that were acknowledged are "
        f"missing between them. One of the two was cut, or is an older copy. {english}",
        f"{store} và nhật ký {store.name}-wal không khớp nhau: thiếu {lost} thay đổi đã được báo là lưu xong. Một "
        f"trong hai tệp đã bị cắt hoặc là bản cũ. {vietnamese}",
    )


def _damaged_log(store: Path, lost: int | None) -> Damaged:
    english, vietnamese = ("all changes", "mọi thay đổi") if lost is None else (f"{lost} changes", f"{lost} thay đổi")
    remedies = _without_log(store)
    return Damaged(
        f"{store}-wal is damaged: {english} that were stored last stand behind the damage and cannot be read. "
        f"{remedies[0]}",
        f"{store}-wal đã hỏng: {vietnamese} được lưu sau cùng nằm sau chỗ hỏng và không đọc được. {remedies[1]}",
    )


def _without_log(store: Path) -> tuple[str, str]:
    english, vietnamese = remedy(store)
    log, index, note = (f"{store.name}{ending}" for ending in ("-wal", "-shm", ENDING))
    english = (
        f"Nothing was changed. {english} Or, to go on with what was stored before, move only {log}, {index} and {note} "
        "away."
    )
    vietnamese = (
        f"Chưa thay đổi gì. {vietnamese} Hoặc, để tiếp tục với những gì đã lưu trước đó, chỉ dời {log}, {index} và "
        f"{note} đi chỗ khác."
    )
    return english, vietnamese
