"""Which tables a store has. SQLite keeps them today; the same definitions serve PostgreSQL.

The register's tables are read and written through SQLAlchemy Core. Those of the hot path (journal, streams, chunks,
latest, runs, boots, sections) are written by driver SQL in their own files.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0009"
"""The newest migration: what a store that this version works on stands at."""
APPLICATION = 0x5343_4452
"""SQLite's application_id of our files: "SCDR"."""

_KEY = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

standing = Table(
    "standing",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("version", _KEY, nullable=False),
    Column("settings_version", _KEY, nullable=False),
)
"""One row: how often the register has changed, and how often its settings have."""

touched = Table(
    "touched",
    metadata,
    Column("version", _KEY, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
)
"""What each recent version of the register changed, so that other processes read only that anew."""

areas = Table(
    "areas",
    metadata,
    Column("path", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
)

schools = Table(
    "schools",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("salt", Text, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("path", Text, primary_key=True),
    Column("school", Text, nullable=False, index=True),
    Column("site", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("always_on", Boolean, nullable=False),
)

machines = Table(
    "machines",
    metadata,
    Column("id", Text, primary_key=True),
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
    Column("note", Text, nullable=False, server_default=""),
    Column("noted", Double, nullable=False, server_default="0"),
    Column("noted_by", Text, nullable=False, server_default=""),
    UniqueConstraint("school", "alias", name="one_alias_in_a_school"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("machine", Text, nullable=False, index=True),
    Column("issued", Double, nullable=False),
    Column("first_used", Double, nullable=False),
    Column("revoked", Double, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("expires", Double, nullable=False),
    Column("made", Double, nullable=False),
    Column("revoked", Double, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("credential", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("expires", Double, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("path", Text, primary_key=True),
    Column("given", LargeBinary, nullable=False),
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("machine", Text, nullable=False, index=True),
    Column("token", Text, nullable=False, index=True),
    Column("egress", Text, nullable=False),
    Column("at", Double, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
)

streams = Table(
    "streams",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("machine", Text, nullable=False, index=True),
    Column("state", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""What one machine sends. A merged machine has several; keys are never given twice, so nothing can be mixed up."""

journal = Table(
    "journal",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("stream", _KEY, nullable=False),
    Column("previous", _KEY, nullable=False),
    Column("received", Double, nullable=False),
    Column("heading", LargeBinary, nullable=False),
    Column("live", LargeBinary),
    Column("body", LargeBinary, nullable=False),
)
"""Deliveries as they came, not yet in history. `previous` is the stream's row before it: an index by stream would cost
a random page for every report. `live` is null where it is the body itself, empty where there was none."""

latest = Table(
    "latest",
    metadata,
    Column("stream", _KEY, primary_key=True, autoincrement=False),
    Column("heard", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("heading", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What is known of streams whose newest live delivery has left the journal."""

chunks = Table(
    "chunks",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("stream", _KEY, nullable=False),
    Column("previous", _KEY, nullable=False),
    Column("stored", Double, nullable=False),
    Column("newest", Double, nullable=False),
    Column("since", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""History: dated results of one stream, packed. `newest` is the largest `stored` of this chunk and all before it."""

runs = Table(
    "runs",
    metadata,
    Column("stream", _KEY, primary_key=True, autoincrement=False),
    Column("run", Text, primary_key=True),
    Column("spans", LargeBinary, nullable=False),
    Column("updated", Double, nullable=False),
    sqlite_with_rowid=False,
)
"""Which numbers of a stream's earlier runs are stored; those of its present run stand in the stream's state."""

boots = Table(
    "boots",
    metadata,
    Column("stream", _KEY, primary_key=True, autoincrement=False),
    Column("boot", Text, primary_key=True),
    Column("anchor", Double),
    Column("skew", Double),
    Column("first_heard", Double, nullable=False),
    Column("last_heard", Double, nullable=False),
    sqlite_with_rowid=False,
)
"""The clocks of a stream's earlier boots; those of its present boot stand in the stream's state."""

sections = Table(
    "sections",
    metadata,
    Column("stream", _KEY, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("updated", Double, nullable=False),
    Column("rows", LargeBinary, nullable=False),
)

appraisals = Table(
    "appraisals",
    metadata,
    Column("stream", _KEY, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("heard", Double, nullable=False),
    Column("basis", Text, nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("memory", LargeBinary, nullable=False),
    Column("verdicts", LargeBinary, nullable=False),
)
"""What is judged of a stream's machine from its sections, and what is remembered of it for the next look."""

calendars = Table(
    "calendars",
    metadata,
    Column("path", Text, primary_key=True),
    Column("given", LargeBinary, nullable=False),
)
"""What is written about school years, closings and maintenance at a place (`` is the top), as JSON."""

habits = Table(
    "habits",
    metadata,
    Column("room", Text, primary_key=True),
    Column("seen", LargeBinary, nullable=False),
)
"""In which hours rooms were in use, as JSON; never who or which PC."""

lines = Table(
    "lines",
    metadata,
    Column("path", Text, primary_key=True),
    Column("school", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("networks", Text, nullable=False),
)
"""Internet lines; `networks` are separated by spaces."""

incidents = Table(
    "incidents",
    metadata,
    Column("number", _KEY, primary_key=True, autoincrement=False),
    Column("closed", Double, nullable=False, index=True),
    Column("school", Text, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
"""Incidents as JSON. `closed` is 0 while one goes on; `school` is empty for one of several schools."""

incident_events = Table(
    "incident_events",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("number", _KEY, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What happened to incidents, oldest first, as JSON; a line is never changed."""

answers = Table(
    "answers",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("number", _KEY, nullable=False, index=True),
    Column("at", Double, nullable=False, index=True),
    Column("until", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What people answered about incidents, as JSON."""

school_links = Table(
    "school_links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("school", Text, nullable=False),
    Column("made", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("revoked", Double, nullable=False),
)
"""Links by which people of a school see its pages; the secret is kept as its SHA-256."""

recipients = Table(
    "recipients",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("path", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Who is told of incidents and by which way, as JSON; `path` is the place they are told about."""

messages = Table(
    "messages",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", _KEY, nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("done", Double, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Index("ix_messages_key", "key", unique=True),
    sqlite_autoincrement=True,
)
"""What is to be sent (`done` is 0) and what was, as JSON. A `key` is there once: nothing is ever planned twice."""

answer_links = Table(
    "answer_links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("number", _KEY, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
"""Links by which a recipient answers about one incident; the secret is kept as its SHA-256."""

teller = Table(
    "teller",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("who", Text, nullable=False),
    Column("since", Double, nullable=False),
)
"""One row: who tells people of incidents, and since when."""

observers = Table(
    "observers",
    metadata,
    Column("machine", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("version", _KEY, nullable=False),
)
"""Who looks around its network, and who did; `version` is that of the settings by which the machine was told."""

networks = Table(
    "networks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("school", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("approved", Double, nullable=False),
)
"""Networks known as a school's beside those its machines were enrolled in; `name` is `CODE/code`."""

scans = Table(
    "scans",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("machine", "at"),
)
"""Climbs that people scanned from a machine's screen, as JSON; each counts once, however often it is shown."""

watched = Table(
    "watched",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
"""One row a day (`id`: days since 1970, UTC), as JSON: when schools were watched, how long their internet worked."""

incident_counter = Table(
    "incident_counter",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("next", _KEY, nullable=False),
)
"""One row: the number of the next incident; numbers outlive the incidents that had them."""

Index("tokens_by_path", tokens.c.path)
