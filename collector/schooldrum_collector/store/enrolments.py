"""By which install code and from where machines came in, and the tickets of clones."""

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from schooldrum_collector.store import schema
from schooldrum_collector.store.records import MachineState, Ticket


def enrolled_by(connection: Connection, token: str) -> list[str]:
    """Ids of machines that came in by this install code, in the order in which they did."""
    enrolments = schema.enrolments
    rows = connection.execute(
        select(enrolments.c.machine)
        .where(enrolments.c.token == token)
        .group_by(enrolments.c.machine)
        .order_by(func.min(enrolments.c.id)),
    )
    return list(rows.scalars())


def egresses(connection: Connection, school: str) -> frozenset[str]:
    """Source addresses from which active machines of this school have enrolled."""
    machines, enrolments = schema.machines, schema.enrolments
    rows = connection.execute(
        select(enrolments.c.egress)
        .join(machines, machines.c.id == enrolments.c.machine)
        .where(machines.c.school == school, machines.c.state == MachineState.ACTIVE.value)
        .distinct(),
    )
    return frozenset(rows.scalars())


def put_ticket(connection: Connection, ticket: Ticket, now: float) -> None:
    """Adds a ticket; those that have run out at `now` are removed on the way, and one of the same digest."""
    tickets = schema.tickets
    connection.execute(delete(tickets).where((tickets.c.expires < now) | (tickets.c.digest == ticket.digest)))
    connection.execute(insert(tickets).values(msgspec.structs.asdict(ticket)))


def take_ticket(connection: Connection, digest: str) -> Ticket | None:
    """The ticket, removed with this call, or None."""
    tickets = schema.tickets
    row = connection.execute(select(tickets).where(tickets.c.digest == digest)).one_or_none()
    if row is None:
        return None
    connection.execute(delete(tickets).where(tickets.c.digest == digest))
    return Ticket(
        digest=row.digest,
        credential=row.credential,
        path=row.path,
        fingerprint=row.fingerprint,
        expires=row.expires,
    )
