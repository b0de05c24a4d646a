"""What people note about a PC that is not on: that it is broken, lent, or stands elsewhere."""

from alembic import op
from sqlalchemy import Column, Double, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds three columns."""
    op.add_column("machines", Column("note", Text, nullable=False, server_default=""))
    op.add_column("machines", Column("noted", Double, nullable=False, server_default="0"))
    op.add_column("machines", Column("noted_by", Text, nullable=False, server_default=""))
