"""How a machine's record goes: erased with all it ever sent, or made one with another."""

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from schooldrum_collector.store import schema
from schooldrum_collector.store.history import read_state

_OF_A_STREAM = (schema.latest, schema.journal, schema.runs, schema.boots, schema.sections, schema.appraisals)
_OF_A_MACHINE = (schema.streams, schema.enrolments, schema.scans, schema.observers)
_Touched = set[tuple[str, str]]


def streams_of(connection: Connection, machine: str) -> list[int]:
    """The keys of a machine's streams."""
    streams = schema.streams
    return list(connection.execute(select(streams.c.key).where(streams.c.machine == machine)).scalars())


def _credentials_of(connection: Connection, machine: str) -> list[str]:
    credentials = schema.credentials
    return list(connection.execute(select(credentials.c.digest).where(credentials.c.machine == machine)).scalars())


def forget_machine(connection: Connection, machine: str) -> _Touched:
    """Removes the record with all it ever sent, its credentials and history; returns what of the register changed."""
    for stream in streams_of(connection, machine):
        packed = connection.execute(select(schema.streams.c.state).where(schema.streams.c.key == stream)).scalar_one()
        _forget_chunks(connection, read_state(packed).chunk)
        for table in _OF_A_STREAM:
            connection.execute(delete(table).where(table.c.stream == stream))
    touched: _Touched = {("machine", machine), ("observer", machine)}
    for digest in _credentials_of(connection, machine):
        connection.execute(delete(schema.tickets).where(schema.tickets.c.credential == digest))
        connection.execute(delete(schema.credentials).where(schema.credentials.c.digest == digest))
        touched.add(("credential", digest))
    for table in _OF_A_MACHINE:
        connection.execute(delete(table).where(table.c.machine == machine))
    connection.execute(delete(schema.machines).where(schema.machines.c.id == machine))
    return touched


def _forget_chunks(connection: Connection, chunk: int) -> None:
    chunks = schema.chunks
    while chunk:
        before = connection.execute(select(chunks.c.previous).where(chunks.c.id == chunk)).scalar_one_or_none()
        connection.execute(delete(chunks).where(chunks.c.id == chunk))
        chunk = before or 0


def merge_machine(connection: Connection, machine: str, into: str) -> _Touched:
    """Gives all of one to the other; returns what of the register changed.

    Its streams become streams of the other; nothing that was sent is rewritten. What was scanned stays behind: a climb
    of the same moment may be there already.
    """
    touched: _Touched = {("machine", machine), ("machine", into), ("observer", machine)}
    touched |= {("credential", digest) for digest in _credentials_of(connection, machine)}
    for table in (schema.streams, schema.credentials, schema.enrolments):
        connection.execute(update(table).where(table.c.machine == machine).values(machine=into))
    for table in (schema.observers, schema.scans):
        connection.execute(delete(table).where(table.c.machine == machine))
    connection.execute(delete(schema.machines).where(schema.machines.c.id == machine))
    return touched
