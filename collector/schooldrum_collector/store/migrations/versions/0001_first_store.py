"""The first store."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Makes every table of the first release."""
    op.create_table(
        "areas",
        Column("path", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("level", Text, nullable=False),
        PrimaryKeyConstraint("path"),
    )
    op.create_table(
        "audit",
        Column("id", KEY, nullable=False),
        Column("at", Double, nullable=False),
        Column("actor", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("detail", Text, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "boots",
        Column("stream", KEY, autoincrement=False, nullable=False),
        Column("boot", Text, nullable=False),
        Column("anchor", Double, nullable=True),
        Column("skew", Double, nullable=True),
        Column("first_heard", Double, nullable=False),
        Column("last_heard", Double, nullable=False),
        PrimaryKeyConstraint("stream", "boot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chunks",
        Column("id", KEY, autoincrement=False, nullable=False),
        Column("stream", KEY, nullable=False),
        Column("previous", KEY, nullable=False),
        Column("stored", Double, nullable=False),
        Column("newest", Double, nullable=False),
        Column("since", Double, nullable=False),
        Column("until", Double, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "credentials",
        Column("digest", Text, nullable=False),
        Column("machine", Text, nullable=False),
        Column("issued", Double, nullable=False),
        Column("first_used", Double, nullable=False),
        Column("revoked", Double, nullable=False),
        PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_credentials_machine", "credentials", ["machine"])
    op.create_table(
        "enrolments",
        Column("id", KEY, nullable=False),
        Column("machine", Text, nullable=False),
        Column("token", Text, nullable=False),
        Column("egress", Text, nullable=False),
        Column("at", Double, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_enrolments_machine", "enrolments", ["machine"])
    op.create_index("ix_enrolments_token", "enrolments", ["token"])
    op.create_table(
        "journal",
        Column("id", KEY, autoincrement=False, nullable=False),
        Column("stream", KEY, nullable=False),
        Column("previous", KEY, nullable=False),
        Column("received", Double, nullable=False),
        Column("heading", LargeBinary, nullable=False),
        Column("live", LargeBinary, nullable=True),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "latest",
        Column("stream", KEY, autoincrement=False, nullable=False),
        Column("heard", Double, nullable=False),
        Column("received", Double, nullable=False),
        Column("heading", LargeBinary, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "machines",
        Column("id", Text, nullable=False),
        Column("school", Text, nullable=False),
        Column("site", Text, nullable=False),
        Column("room", Text, nullable=False),
        Column("alias", Text, nullable=False),
        Column("seat", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("enrolled", Double, nullable=False),
        Column("conflict", Boolean, nullable=False),
        Column("pending_reason", Text, nullable=False),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("school", "alias", name="one_alias_in_a_school"),
    )
    op.create_table(
        "rooms",
        Column("path", Text, nullable=False),
        Column("school", Text, nullable=False),
        Column("site", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("seats", Integer, nullable=False),
        Column("always_on", Boolean, nullable=False),
        PrimaryKeyConstraint("path"),
    )
    op.create_index("ix_rooms_school", "rooms", ["school"])
    op.create_table(
        "runs",
        Column("stream", KEY, autoincrement=False, nullable=False),
        Column("run", Text, nullable=False),
        Column("spans", LargeBinary, nullable=False),
        Column("updated", Double, nullable=False),
        PrimaryKeyConstraint("stream", "run"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schools",
        Column("code", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("area", Text, nullable=False),
        Column("level", Text, nullable=False),
        Column("time_zone", Text, nullable=False),
        Column("salt", Text, nullable=False),
        PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "sections",
        Column("stream", KEY, autoincrement=False, nullable=False),
        Column("name", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("updated", Double, nullable=False),
        Column("rows", LargeBinary, nullable=False),
        PrimaryKeyConstraint("stream", "name"),
    )
    op.create_table(
        "settings",
        Column("path", Text, nullable=False),
        Column("given", LargeBinary, nullable=False),
        PrimaryKeyConstraint("path"),
    )
    op.create_table(
        "standing",
        Column("only", Integer, nullable=False),
        Column("version", KEY, nullable=False),
        Column("settings_version", KEY, nullable=False),
        PrimaryKeyConstraint("only"),
    )
    op.create_table(
        "streams",
        Column("key", KEY, nullable=False),
        Column("machine", Text, nullable=False),
        Column("state", LargeBinary, nullable=False),
        PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_streams_machine", "streams", ["machine"])
    op.create_table(
        "tickets",
        Column("digest", Text, nullable=False),
        Column("credential", Text, nullable=False),
        Column("path", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("expires", Double, nullable=False),
        PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "tokens",
        Column("id", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("path", Text, nullable=False),
        Column("uses", Integer, nullable=False),
        Column("expires", Double, nullable=False),
        Column("made", Double, nullable=False),
        Column("revoked", Double, nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("tokens_by_path", "tokens", ["path"])
    op.create_table(
        "touched",
        Column("version", KEY, nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        PrimaryKeyConstraint("version", "kind", "name"),
    )
    op.execute("INSERT INTO standing VALUES (1, 0, 0)")
