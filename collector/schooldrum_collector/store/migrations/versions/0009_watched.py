"""When schools were watched, and how long each one's internet worked meanwhile: one row a day."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Adds a table."""
    op.create_table(
        "watched",
        Column("id", _KEY, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
    )
