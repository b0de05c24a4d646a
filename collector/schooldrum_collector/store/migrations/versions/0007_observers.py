"""Observers, networks that are known as a school's, and climbs that people have scanned."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Adds three tables."""
    op.create_table(
        "observers",
        Column("machine", Text, nullable=False),
        Column("site", Text, nullable=False),
        Column("network", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("since", Double, nullable=False),
        Column("version", _KEY, nullable=False),
        PrimaryKeyConstraint("machine"),
    )
    op.create_table(
        "networks",
        Column("name", Text, nullable=False),
        Column("school", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("approved", Double, nullable=False),
        PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "scans",
        Column("id", _KEY, nullable=False),
        Column("machine", Text, nullable=False),
        Column("at", Double, nullable=False),
        Column("received", Double, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("machine", "at"),
    )
