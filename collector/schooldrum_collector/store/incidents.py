"""How incidents, what happened to them and what people answered about them are kept and read."""

import sqlite3

import msgspec

from schooldrum_collector.judge.fault import Answer
from schooldrum_collector.judge.incident import Event, Incident
from schooldrum_collector.store.connections import Turn, transaction
from schooldrum_collector.store.records import EVERYTHING, Given, Register, Scope, Story

MOST = 1000
"""So many incidents are read at once."""
_ROWS = 500
_incident = msgspec.json.Decoder(Incident)
_event = msgspec.json.Decoder(Event)
_answer = msgspec.json.Decoder(Answer)
_encoder = msgspec.json.Encoder()


def values_of_incident(incident: Incident) -> dict[str, object]:
    """An incident as the values of its row."""
    return {
        "number": incident.number,
        "closed": incident.closed,
        "school": incident.school,
        "body": _encoder.encode(incident),
    }


def values_of_event(event: Event) -> dict[str, object]:
    """An event as the values of its row."""
    return {"number": event.number, "at": event.at, "body": _encoder.encode(event)}


def values_of_answer(number: int, answer: Answer) -> dict[str, object]:
    """An answer as the values of its row."""
    return {"number": number, "at": answer.at, "until": answer.until, "body": _encoder.encode(answer)}


def incident_of(body: bytes) -> Incident:
    """An incident from its row."""
    return _incident.decode(body)


def event_of(body: bytes) -> Event:
    """An event from its row."""
    return _event.decode(body)


class Inside(msgspec.Struct, frozen=True):
    """Which incidents a reader may see: those all of whose schools lie in the scope."""

    scope: Scope
    register: Register

    def holds(self, incident: Incident) -> bool:
        """Whether this one may be seen."""
        if self.scope == EVERYTHING:
            return True
        schools = self.register.schools
        return bool(incident.schools) and all(
            self.scope.covers(school=code, area=schools[code].area if code in schools else "")
            for code in incident.schools
        )


def read_many(
    connection: sqlite3.Connection,
    inside: Inside,
    *,
    live: bool,
    since: float,
    before: int,
    most: int,
) -> list[Incident]:
    """Those inside, newest number first: live ones, or also those closed from `since` on."""
    condition = "closed = 0" if live else "(closed = 0 OR closed >= ?)"
    values: tuple[float, ...] = () if live else (since,)
    found: list[Incident] = []
    rows = connection.execute(
        f"SELECT body FROM incidents WHERE {condition} AND number < ? ORDER BY number DESC",  # noqa: S608 - words of this file
        (*values, before or 1 << 62),
    )
    for (body,) in rows:
        incident = incident_of(body)
        if inside.holds(incident):
            found.append(incident)
            if len(found) == most:
                break
    return found


def read_story(connection: sqlite3.Connection, inside: Inside, number: int) -> Story | None:
    """One incident with all that happened to it, oldest first; None where there is none inside."""
    row = connection.execute("SELECT body FROM incidents WHERE number = ?", (number,)).fetchone()
    if row is None or not inside.holds(incident := incident_of(row[0])):
        return None
    events = connection.execute("SELECT body FROM incident_events WHERE number = ? ORDER BY id", (number,))
    answers = connection.execute("SELECT body FROM answers WHERE number = ? ORDER BY id", (number,))
    return Story(
        incident=incident,
        events=tuple(event_of(body) for (body,) in events),
        answers=tuple(_answer.decode(body) for (body,) in answers),
    )


def read_answers(connection: sqlite3.Connection, inside: Inside, since: float, until: float) -> list[Given]:
    """Answers that held at some time between the two, oldest first; one without an end holds as its incident does."""
    rows = connection.execute(
        "SELECT answers.number, answers.body, incidents.closed, incidents.body"
        " FROM answers JOIN incidents USING (number)"
        " WHERE answers.at <= ? AND (CASE WHEN answers.until > 0 THEN answers.until > ?"
        " ELSE incidents.closed = 0 OR incidents.closed > ? END) ORDER BY answers.id",
        (until, since, since),
    )
    given: list[Given] = []
    for number, body, closed, incident in rows:
        if not inside.holds(incident_of(incident)):
            continue
        answer = _answer.decode(body)
        given.append(
            Given(
                number=number,
                answer=msgspec.structs.replace(answer, until=closed) if closed and not answer.until else answer,
            )
        )
    return given


def retain_incidents(connection: sqlite3.Connection, turn: Turn, before: float) -> int:
    """Deletes incidents that were closed before this time, with their events and answers; returns how many."""
    deleted = 0
    while True:
        rows = connection.execute(
            "SELECT number FROM incidents WHERE closed > 0 AND closed < ? LIMIT ?", (before, _ROWS)
        ).fetchall()
        if not rows:
            return deleted
        with turn.taken(), transaction(connection):
            for table in ("incident_events", "answers", "incidents"):
                connection.executemany(f"DELETE FROM {table} WHERE number = ?", rows)  # noqa: S608 - words of this file
        deleted += len(rows)
