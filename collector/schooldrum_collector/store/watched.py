"""How it is kept when schools were watched, and how long their internet worked meanwhile: a row for each day."""

import sqlite3

import msgspec

from schooldrum_collector.judge.availability import Watched

_watched = msgspec.json.Decoder(Watched)
_encoder = msgspec.json.Encoder()


def values_of_watched(day: Watched) -> dict[str, object]:
    """A day as the values of its row."""
    return {"id": day.day, "body": _encoder.encode(day)}


def read_watched(connection: sqlite3.Connection, since: int) -> list[Watched]:
    """This day and later ones, oldest first."""
    rows = connection.execute("SELECT body FROM watched WHERE id >= ? ORDER BY id", (since,))
    return [_watched.decode(body) for (body,) in rows]
