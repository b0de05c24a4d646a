"""How recipients, messages, links by which people answer, and who tells people, are kept and read."""

import sqlite3
from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.messages import Message
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.store.connections import Turn, transaction
from schooldrum_collector.store.records import EVERYTHING, AnswerLink, Register, Scope, Teller

_ROWS = 500
_recipient = msgspec.json.Decoder(Recipient)
_message = msgspec.json.Decoder(Message)
_link = msgspec.json.Decoder(AnswerLink)
_encoder = msgspec.json.Encoder()


def values_of_recipient(recipient: Recipient) -> dict[str, object]:
    """A recipient as the values of its row, without its id."""
    return {"path": recipient.path, "body": _encoder.encode(recipient)}


def values_of_message(message: Message) -> dict[str, object]:
    """A message as the values of its row, without its id."""
    return {
        "key": message.key,
        "number": message.number,
        "path": message.recipient.path,
        "done": message.done,
        "body": _encoder.encode(message),
    }


def values_of_link(link: AnswerLink) -> dict[str, object]:
    """A link as the values of its row."""
    return {"digest": link.digest, "number": link.number, "body": _encoder.encode(link)}


def recipient_of(identity: int, body: bytes) -> Recipient:
    """A recipient from its row."""
    return msgspec.structs.replace(_recipient.decode(body), id=identity)


def message_of(identity: int, body: bytes) -> Message:
    """A message from its row."""
    return msgspec.structs.replace(_message.decode(body), id=identity)


def covers(scope: Scope, path: str, register: Register) -> bool:
    """Whether what belongs to this place (a school, an area, everything) may be seen from this scope."""
    if scope == EVERYTHING:
        return True
    school = register.schools.get(path)
    if school is not None:
        return scope.covers(school=path, area=school.area)
    return bool(path) and path in register.areas and scope.covers(school="", area=path)


def read_recipients(connection: sqlite3.Connection, scope: Scope, register: Register) -> list[Recipient]:
    """Recipients in scope, oldest first."""
    rows = connection.execute("SELECT id, path, body FROM recipients ORDER BY id")
    return [recipient_of(number, body) for number, path, body in rows if covers(scope, path, register)]


def read_messages(
    connection: sqlite3.Connection, scope: Scope, register: Register, *, waiting: bool, most: int
) -> list[Message]:
    """Messages to recipients in scope, newest first: all, or those that wait."""
    condition = "WHERE done = 0 " if waiting else ""
    rows = connection.execute(f"SELECT id, path, body FROM messages {condition}ORDER BY id DESC")  # noqa: S608 - words of this file
    found: list[Message] = []
    for identity, path, body in rows:
        if covers(scope, path, register):
            found.append(message_of(identity, body))
            if len(found) == most:
                break
    return found


def read_threads(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[Message]:
    """All messages about these incidents, oldest first."""
    wanted = list(numbers)
    found: list[Message] = []
    for begin in range(0, len(wanted), _ROWS):
        part = wanted[begin : begin + _ROWS]
        marks = ",".join("?" * len(part))
        rows = connection.execute(f"SELECT id, body FROM messages WHERE number IN ({marks}) ORDER BY id", part)  # noqa: S608 - question marks alone
        found += [message_of(identity, body) for identity, body in rows]
    return sorted(found, key=lambda one: one.id)


def read_link(connection: sqlite3.Connection, digest: str) -> AnswerLink | None:
    """The link with this SHA-256, or None."""
    row = connection.execute("SELECT body FROM answer_links WHERE digest = ?", (digest,)).fetchone()
    return _link.decode(row[0]) if row else None


def read_teller(connection: sqlite3.Connection) -> Teller:
    """Who tells people."""
    row = connection.execute("SELECT who, since FROM teller").fetchone()
    return Teller(who=row[0], since=row[1]) if row else Teller()


def retain_messages(connection: sqlite3.Connection, turn: Turn, before: float) -> int:
    """Deletes messages that were done with before this time, and links of incidents that are gone; returns how many."""
    deleted = 0
    live = "SELECT number FROM incidents WHERE closed = 0"
    old_messages = f"SELECT id FROM messages WHERE done > 0 AND done < ? AND number NOT IN ({live}) LIMIT ?"  # noqa: S608 - words of this file
    old_links = f"SELECT digest FROM answer_links WHERE number NOT IN ({live} OR closed >= ?) LIMIT ?"  # noqa: S608 - words of this file
    for rows_of, delete in (
        (old_messages, "DELETE FROM messages WHERE id = ?"),
        (old_links, "DELETE FROM answer_links WHERE digest = ?"),
    ):
        while rows := connection.execute(rows_of, (before, _ROWS)).fetchall():
            with turn.taken(), transaction(connection):
                connection.executemany(delete, rows)
            deleted += len(rows)
    return deleted
