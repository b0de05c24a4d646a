"""What is judged of machines from their sections, and the audit log of one machine found at once."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Adds a table and an index."""
    op.create_table(
        "appraisals",
        Column("stream", KEY, autoincrement=False, nullable=False),
        Column("at", Double, nullable=False),
        Column("heard", Double, nullable=False),
        Column("basis", Text, nullable=False),
        Column("kept", LargeBinary, nullable=False),
        Column("memory", LargeBinary, nullable=False),
        Column("verdicts", LargeBinary, nullable=False),
        PrimaryKeyConstraint("stream"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
