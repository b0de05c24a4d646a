"""Links by which people of a school see its pages."""

from alembic import op
from sqlalchemy import Column, Double, PrimaryKeyConstraint, Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a table."""
    op.create_table(
        "school_links",
        Column("id", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("school", Text, nullable=False),
        Column("made", Double, nullable=False),
        Column("expires", Double, nullable=False),
        Column("revoked", Double, nullable=False),
        PrimaryKeyConstraint("id"),
    )
