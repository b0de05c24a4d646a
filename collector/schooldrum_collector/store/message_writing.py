"""How recipients, messages, links by which people answer, and who tells people, are written in one transaction."""

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from schooldrum_collector.judge.messages import Message
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.store import schema
from schooldrum_collector.store.messages import recipient_of, values_of_link, values_of_message, values_of_recipient
from schooldrum_collector.store.records import AnswerLink, Teller
from schooldrum_collector.store.row import one, put


def recipients(connection: Connection) -> list[Recipient]:
    """All of them, oldest first."""
    rows = connection.execute(select(schema.recipients).order_by(schema.recipients.c.id))
    return [recipient_of(row.id, row.body) for row in rows]


def put_recipient(connection: Connection, recipient: Recipient) -> Recipient:
    """Changes the one with this id; adds one without an id, and returns it with the id it got."""
    values = values_of_recipient(recipient)
    if recipient.id:
        put(connection, schema.recipients, "id", {"id": recipient.id, **values})
        return recipient
    added = insert(schema.recipients).values(values).returning(schema.recipients.c.id)
    return msgspec.structs.replace(recipient, id=connection.execute(added).scalar_one())


def forget_recipient(connection: Connection, identity: int) -> None:
    """Removes the one with this id."""
    connection.execute(delete(schema.recipients).where(schema.recipients.c.id == identity))


def add_message(connection: Connection, message: Message) -> bool:
    """Adds it and returns True; False where one with its key was there before."""
    if one(connection, schema.messages, schema.messages.c.key == message.key) is not None:
        return False
    connection.execute(insert(schema.messages).values(values_of_message(message)))
    return True


def put_message(connection: Connection, message: Message) -> None:
    """Changes the message with this id."""
    put(connection, schema.messages, "id", {"id": message.id, **values_of_message(message)})


def put_answer_link(connection: Connection, link: AnswerLink) -> None:
    """Adds it, where there is none with its secret."""
    if one(connection, schema.answer_links, schema.answer_links.c.digest == link.digest) is None:
        connection.execute(insert(schema.answer_links).values(values_of_link(link)))


def set_teller(connection: Connection, teller: Teller) -> None:
    """Writes down who tells people."""
    put(connection, schema.teller, "only", {"only": 1, **msgspec.structs.asdict(teller)})
