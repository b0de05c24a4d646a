"""How incidents, what happened to them and what people answered about them are read and written in one transaction."""

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from schooldrum_collector.judge.fault import Answer
from schooldrum_collector.judge.incident import Event, Incident
from schooldrum_collector.store import schema
from schooldrum_collector.store.incidents import (
    event_of,
    incident_of,
    values_of_answer,
    values_of_event,
    values_of_incident,
)
from schooldrum_collector.store.row import one, put


def known(connection: Connection, closed_since: float) -> list[Incident]:
    """Live incidents, and those closed from this time on, by number."""
    incidents = schema.incidents
    rows = connection.execute(
        select(incidents.c.body)
        .where((incidents.c.closed == 0) | (incidents.c.closed >= closed_since))
        .order_by(incidents.c.number),
    )
    return [incident_of(body) for body in rows.scalars()]


def numbered(connection: Connection, number: int) -> Incident | None:
    """The incident with this number, or None."""
    row = one(connection, schema.incidents, schema.incidents.c.number == number)
    return row and incident_of(row.body)


def next_number(connection: Connection) -> int:
    """The number of the next incident."""
    return int(connection.execute(select(schema.incident_counter.c.next)).scalar_one())


def put_incident(connection: Connection, incident: Incident) -> None:
    """Adds or changes it; its number is never given again."""
    put(connection, schema.incidents, "number", values_of_incident(incident))
    counter = schema.incident_counter
    beyond = incident.number + 1
    connection.execute(update(counter).where(counter.c.next < beyond).values(next=beyond))


def events(connection: Connection, number: int) -> list[Event]:
    """What happened to an incident, oldest first."""
    happened = schema.incident_events
    rows = connection.execute(select(happened.c.body).where(happened.c.number == number).order_by(happened.c.id))
    return [event_of(body) for body in rows.scalars()]


def note_event(connection: Connection, event: Event) -> None:
    """Adds a line to what happened to an incident."""
    connection.execute(insert(schema.incident_events).values(values_of_event(event)))


def put_answer(connection: Connection, number: int, answer: Answer) -> None:
    """Adds what somebody answered about an incident."""
    connection.execute(insert(schema.answers).values(values_of_answer(number, answer)))
