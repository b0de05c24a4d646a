"""Calendars of places, what is learnt of rooms, and internet lines."""

from alembic import op
from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds three tables."""
    op.create_table(
        "calendars",
        Column("path", Text, nullable=False),
        Column("given", LargeBinary, nullable=False),
        PrimaryKeyConstraint("path"),
    )
    op.create_table(
        "habits",
        Column("room", Text, nullable=False),
        Column("seen", LargeBinary, nullable=False),
        PrimaryKeyConstraint("room"),
    )
    op.create_table(
        "lines",
        Column("path", Text, nullable=False),
        Column("school", Text, nullable=False),
        Column("site", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("provider", Text, nullable=False),
        Column("customer", Text, nullable=False),
        Column("networks", Text, nullable=False),
        PrimaryKeyConstraint("path"),
    )
