"""What is wrong in a store's file, in sentences; it is read to its end."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.interface import Damaged, Full

_LITTLE_ROOM = 500 << 20


def complaints(path: Path, eyes: Callable[[], AbstractContextManager[sqlite3.Connection]], say: Say) -> list[str]:
    """Sentences about damage, rows that belong to nobody, and little room; `eyes` opens a reading transaction."""
    found: list[str] = []
    try:
        with eyes() as connection:
            verdicts = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
            found += [f"{path}: {verdict}" for verdict in verdicts if verdict != "ok"]
            for table, column, needed in (
                ("credentials", "machine", "machines"),
                ("streams", "machine", "machines"),
            ):
                lost = connection.execute(
                    f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {needed})",  # noqa: S608 - words of this file
                ).fetchone()[0]
                if lost:
                    found.append(
                        say(
                            f"{path}: {lost} mục {table} không thuộc máy nào trong danh mục.",
                            f"{path}: {lost} of {table} belong to no machine of the register.",
                        )
                    )
    except (Damaged, Full) as problem:
        found.append(told(problem, say))
    except sqlite3.DatabaseError as problem:
        found.append(
            say(
                f"{path}: không đọc được đến hết ({problem}). Khôi phục bản sao lưu mới nhất.",
                f"{path}: cannot be read to its end ({problem}). Restore the newest backup.",
            )
        )
    room = shutil.disk_usage(path.parent).free
    if room < _LITTLE_ROOM:
        found.append(
            say(
                f"{path.parent}: chỉ còn trống {room >> 20} MB; hãy dọn bớt, nếu không máy chủ sẽ không nhận số liệu.",
                f"{path.parent}: only {room >> 20} MB are free; make room, or reports will be refused.",
            )
        )
    return found
