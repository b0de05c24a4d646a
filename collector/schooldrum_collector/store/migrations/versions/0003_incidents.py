"""Incidents, what happened to them, and what people answered about them."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Adds four tables; the first incident of an office has the number 1001."""
    op.create_table(
        "incidents",
        Column("number", KEY, autoincrement=False, nullable=False),
        Column("closed", Double, nullable=False),
        Column("school", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_incidents_closed", "incidents", ["closed"])
    op.create_index("ix_incidents_school", "incidents", ["school"])
    op.create_table(
        "incident_events",
        Column("id", KEY, nullable=False),
        Column("number", KEY, nullable=False),
        Column("at", Double, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incident_events_number", "incident_events", ["number"])
    op.create_table(
        "answers",
        Column("id", KEY, nullable=False),
        Column("number", KEY, nullable=False),
        Column("at", Double, nullable=False),
        Column("until", Double, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_answers_number", "answers", ["number"])
    op.create_index("ix_answers_at", "answers", ["at"])
    counter = op.create_table(
        "incident_counter",
        Column("only", Integer, nullable=False),
        Column("next", KEY, nullable=False),
        PrimaryKeyConstraint("only"),
    )
    op.bulk_insert(counter, [{"only": 1, "next": 1001}])
