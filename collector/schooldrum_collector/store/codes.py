"""How an install code is read together with the machines that came in by it."""

import sqlite3

from schooldrum_collector.store.records import CodeUsed, RoomToken


def read(connection: sqlite3.Connection, token: str) -> CodeUsed | None:
    """The code of this id, or None."""
    row = connection.execute(
        "SELECT id, digest, path, uses, expires, made, revoked FROM tokens WHERE id = ?", (token,)
    ).fetchone()
    if row is None:
        return None
    identity, digest, path, uses, expires, made, revoked = row
    came = connection.execute(
        "SELECT machine, min(at) FROM enrolments WHERE token = ? GROUP BY machine ORDER BY min(id)", (token,)
    )
    return CodeUsed(
        token=RoomToken(id=identity, digest=digest, path=path, uses=uses, expires=expires, made=made, revoked=revoked),
        machines=tuple(came.fetchall()),
    )
