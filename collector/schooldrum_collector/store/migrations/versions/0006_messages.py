"""Who is told of incidents, what is to be sent and was, and the links by which people answer."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Adds four tables."""
    op.create_table(
        "recipients",
        Column("id", KEY, nullable=False),
        Column("path", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "messages",
        Column("id", KEY, nullable=False),
        Column("key", Text, nullable=False),
        Column("number", KEY, nullable=False),
        Column("path", Text, nullable=False),
        Column("done", Double, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_key", "messages", ["key"], unique=True)
    op.create_index("ix_messages_number", "messages", ["number"])
    op.create_index("ix_messages_done", "messages", ["done"])
    op.create_table(
        "answer_links",
        Column("digest", Text, nullable=False),
        Column("number", KEY, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_answer_links_number", "answer_links", ["number"])
    op.create_table(
        "teller",
        Column("only", Integer, nullable=False),
        Column("who", Text, nullable=False),
        Column("since", Double, nullable=False),
        PrimaryKeyConstraint("only"),
    )
