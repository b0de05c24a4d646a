"""How the audit log is read."""

import sqlite3

from schooldrum_collector.store.records import Change

_LINES = "SELECT at, actor, action, subject, detail FROM audit"


def since(connection: sqlite3.Connection, at: float) -> list[Change]:
    """The lines from this time on, oldest first."""
    return [_change(row) for row in connection.execute(f"{_LINES} WHERE at >= ? ORDER BY at, id", (at,))]


def about(connection: sqlite3.Connection, subject: str, most: int) -> list[Change]:
    """The newest lines about this, newest first."""
    found = connection.execute(f"{_LINES} WHERE subject = ? ORDER BY id DESC LIMIT ?", (subject, most))
    return [_change(row) for row in found]


def _change(row: tuple[float, str, str, str, str]) -> Change:
    at, actor, action, subject, detail = row
    return Change(at=at, actor=actor, action=action, subject=subject, detail=detail)
