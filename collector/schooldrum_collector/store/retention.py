"""What is deleted when, in small transactions, so that reports are stored meanwhile."""

import contextlib
import sqlite3
import time
from pathlib import Path

import msgspec

from schooldrum_collector.store.connections import Turn, connect, transaction
from schooldrum_collector.store.incidents import retain_incidents
from schooldrum_collector.store.messages import retain_messages

DAY_SECONDS = 86400.0
_ROWS = 500
_STREAMS = 500


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days things are kept.

    Results since they were stored, sections (and what was judged from them) since their machine was last heard, the
    numbers that make storing exactly-once (runs, and boots), the audit log, incidents since they were closed (and when
    schools were watched), messages (and the links to answer by) since they were sent.
    """

    results: int = 35
    sections: int = 400
    runs: int = 45
    audit: int = 730
    incidents: int = 1826
    messages: int = 90


def retain(path: Path, turn: Turn, retention: Retention, now: float) -> dict[str, int]:
    """Deletes what is older; returns how many rows by table."""
    with contextlib.closing(connect(path)) as connection:
        aged = now - retention.runs * DAY_SECONDS
        end = connection.execute("SELECT coalesce(max(key), 0) FROM streams").fetchone()[0]
        return {
            "chunks": _oldest(connection, turn, "chunks", "stored", now - retention.results * DAY_SECONDS),
            "audit": _oldest(connection, turn, "audit", "at", now - retention.audit * DAY_SECONDS),
            "incidents": retain_incidents(connection, turn, now - retention.incidents * DAY_SECONDS),
            "watched": _oldest(connection, turn, "watched", "id", now / DAY_SECONDS - retention.incidents),
            "scans": _oldest(connection, turn, "scans", "received", now - retention.results * DAY_SECONDS),
            "messages": retain_messages(connection, turn, now - retention.messages * DAY_SECONDS),
            "runs": _of_streams(connection, turn, end, "runs", condition="updated < ?", before=aged),
            "boots": _of_streams(connection, turn, end, "boots", condition="last_heard < ?", before=aged),
            "sections": _of_streams(
                connection,
                turn,
                end,
                "sections",
                condition="updated < ? AND stream NOT IN (SELECT stream FROM journal)"
                " AND NOT EXISTS (SELECT 1 FROM latest WHERE latest.stream = sections.stream AND heard >= ?)",
                before=now - retention.sections * DAY_SECONDS,
            ),
            "appraisals": _of_streams(
                connection,
                turn,
                end,
                "appraisals",
                condition="heard < ?",
                before=now - retention.sections * DAY_SECONDS,
            ),
        }


def _oldest(connection: sqlite3.Connection, turn: Turn, table: str, column: str, before: float) -> int:
    """Rows were added in the order of their time, so the old ones are the first; whole pages become free."""
    deleted = 0
    while True:
        rows = connection.execute(f"SELECT id, {column} FROM {table} ORDER BY id LIMIT {_ROWS}").fetchall()  # noqa: S608 - words of this file
        old: list[tuple[object, ...]] = [(row,) for row, at in rows if at < before]
        if not old:
            return deleted
        deleted += _slice(connection, turn, f"DELETE FROM {table} WHERE id = ?", old)  # noqa: S608 - words of this file
        if len(old) < _ROWS:
            return deleted


def _of_streams(
    connection: sqlite3.Connection,
    turn: Turn,
    end: int,
    table: str,
    *,
    condition: str,
    before: float,
) -> int:
    """Stream by stream: an index by time would cost a page for every row that is ever written."""
    values = (before,) * condition.count("?")
    where = f"stream BETWEEN ? AND ? AND {condition}"
    deleted = 0
    for first in range(1, end + 1, _STREAMS):
        reach = (first, first + _STREAMS - 1, *values)
        if connection.execute(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", reach).fetchone():  # noqa: S608 - words of this file
            deleted += _slice(connection, turn, f"DELETE FROM {table} WHERE {where}", [reach])  # noqa: S608 - words of this file
    return deleted


def _slice(connection: sqlite3.Connection, turn: Turn, statement: str, values: list[tuple[object, ...]]) -> int:
    begun = time.monotonic()
    with turn.taken(), transaction(connection):
        count = connection.executemany(statement, values).rowcount
    # As long as the slice held the turn, so long the writer of reports has it to itself.
    time.sleep(time.monotonic() - begun)
    return count
