"""One row of a table in a transaction: found by conditions, added or changed by its key."""

from typing import Any

from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.engine import Connection


def one(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> Any | None:
    """The row for which these hold, None where there is none."""
    return connection.execute(select(table).where(*conditions)).one_or_none()


def put(connection: Connection, table: Table, key: str, values: dict[str, object]) -> None:
    """Changes the row with this key (the name of a column among the values); adds it where there is none."""
    done = connection.execute(update(table).where(table.c[key] == values[key]).values(values))
    if done.rowcount == 0:
        connection.execute(insert(table).values(values))
