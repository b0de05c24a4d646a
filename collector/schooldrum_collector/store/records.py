"""What is remembered: frozen values that go in and out of every store. Times are epoch seconds (UTC)."""

import enum

import msgspec

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.calendar_learnt import Habit
from schooldrum_collector.judge.calendar_plan import PlaceCalendar
from schooldrum_collector.judge.fault import Answer, Climb
from schooldrum_collector.judge.incident import Event, Incident
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.observers import Appointment
from schooldrum_wire.report import Fingerprint
from schooldrum_wire.section import Values

MAIN_SITE = "main"


class Scope(msgspec.Struct, frozen=True):
    """Which part of the tree a reader may see: an area and all below it, one school, or (both empty) everything."""

    area: str = ""
    school: str = ""

    def covers(self, *, school: str, area: str) -> bool:
        """Whether a school that lies in this area path is inside the scope."""
        if self.school:
            return school == self.school
        return not self.area or area == self.area or area.startswith(f"{self.area}/")


EVERYTHING = Scope()


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A place above schools. `path` is slash-separated codes from the top: `hn/q3`."""

    path: str
    name: str
    level: str = ""


class School(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is unique; `salt` (hex) belongs to its hashed columns; `level` as in the glossary (TH, THCS …)."""

    code: str
    name: str
    area: str = ""
    level: str = ""
    time_zone: str = "Asia/Ho_Chi_Minh"
    salt: str = ""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """`site` is `main` unless the school has campuses; `seats` is how many PCs the register says stand there."""

    school: str
    site: str = MAIN_SITE
    code: str
    name: str
    kind: str = "lab"
    seats: int = 0
    always_on: bool = False

    @property
    def path(self) -> str:
        """`CODE/SITE/ROOM`."""
        return f"{self.school}/{self.site}/{self.code}"


class MachineState(enum.StrEnum):
    """A machine's standing in the register (its presence is judged, not stored)."""

    ACTIVE = "active"
    PENDING = "pending"
    RETIRED = "retired"


class Note(enum.StrEnum):
    """Why people say that a PC is not on."""

    BROKEN = "broken"
    LENT = "lent"
    AWAY = "away"


NOTES = frozenset(Note)
"""All of them."""


class Machine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A PC with an agent. `id` is random and for life; `alias` is unique in its school and the `machine` label.

    `note` is a Note, or empty; it was written down at `noted` by a role.
    """

    id: str
    school: str
    site: str
    room: str
    alias: str
    seat: int
    state: MachineState
    fingerprint: Fingerprint
    enrolled: float
    conflict: bool = False
    pending_reason: str = ""
    note: str = ""
    noted: float = 0.0
    noted_by: str = ""

    @property
    def path(self) -> str:
        """The room's `CODE/SITE/ROOM`."""
        return f"{self.school}/{self.site}/{self.room}"

    def is_noted(self, heard: float) -> bool:
        """Whether its note holds: nothing was heard since; `heard` is when something last was (0: never)."""
        return self.note in NOTES and heard <= self.noted


class Credential(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A machine's key, stored as its SHA-256 (hex). A machine may hold two while a repair is under way."""

    digest: str
    machine: str
    issued: float
    first_used: float = 0.0
    revoked: float = 0.0


class RoomToken(msgspec.Struct, frozen=True, kw_only=True):
    """An install code, stored as its secret's SHA-256 (hex). `uses` left counts down; 0 expires means revoked."""

    id: str
    digest: str
    path: str
    uses: int
    expires: float
    made: float
    revoked: float = 0.0


class CodeUsed(msgspec.Struct, frozen=True, kw_only=True):
    """An install code with the machines that came in by it: (id, when), in the order in which they did."""

    token: RoomToken
    machines: tuple[tuple[str, float], ...] = ()


class SchoolLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link for people of one school, its secret stored as SHA-256 (hex). 0 revoked means it was not taken back."""

    id: str
    digest: str
    school: str
    made: float
    expires: float
    revoked: float = 0.0

    def is_good(self, now: float) -> bool:
        """Whether it still opens its school's pages."""
        return not self.revoked and now < self.expires


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A clone's single-use permission to be repaired: bound to the credential shown, its room and the fingerprint."""

    digest: str
    credential: str
    path: str
    fingerprint: str
    expires: float


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log: who (a role, never a person's name) changed what, when."""

    at: float
    actor: str
    action: str
    subject: str
    detail: str = ""


class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that was taken in: its packed body for the journal, and the scalars that presence and pages need.

    `body` is the gzip-compressed JSON of the sifted Delivery, as it came where nothing was refused. `live` is the same
    for its live report alone (the same object in the ordinary case), empty where the delivery had none.
    `egress` is the source address it came from: the school's line, where a line is one address.
    `clock` is the received time minus the sender's boot-time clock: dates every result of that boot exactly.
    `rows` holds the sections that came whole: name -> (digest, rows).
    """

    machine: str
    received: float
    body: bytes
    live: bytes
    run: str
    boot: str
    clock: float
    skew: float
    beat: int
    word: str = ""
    word_kind: str = ""
    agent: str = ""
    system: str = ""
    frozen: bool | None = None
    settings: int = 0
    starts: int = 0
    refused: int = 0
    rows: dict[str, tuple[str, tuple[Values, ...]]] = {}
    egress: str = ""


class Latest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a machine now: its newest live delivery, packed, and scalars. Fields as in Arrival.

    `heard` is the last time anything came; `received` is when `body` did. `word` is the last hello or goodbye.
    """

    machine: str
    heard: float
    received: float
    body: bytes
    run: str
    boot: str
    clock: float
    skew: float
    beat: int
    word: str = ""
    word_kind: str = ""
    word_at: float = 0.0
    agent: str = ""
    system: str = ""
    frozen: bool | None = None
    settings: int = 0
    starts: int = 0
    egress: str = ""


class StoredResult(msgspec.Struct, frozen=True, kw_only=True):
    """One result in history, stored once per (machine, run, seq).

    `at` is collector time and `error` bounds how far it may be off (seconds).
    """

    run: str
    seq: int
    probe: str
    outcome: str
    at: float
    dated: str
    error: float
    reason: str = ""
    readings: tuple[tuple[str, float, dict[str, str]], ...] = ()


class Appraised(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The part of an appraisal that pages of metrics need: a packed `judge.appraisal.Kept` in `body`.

    `at` is when the machine was judged, `heard` when it had last been heard then; `basis` names what it was judged by.
    """

    machine: str
    at: float
    heard: float
    basis: str
    body: bytes


class Appraisal(msgspec.Struct, frozen=True, kw_only=True):
    """What was judged of a machine, and what is remembered of it for the next look.

    `verdicts` is None where an older version wrote them in a way that this one does not read.
    """

    appraised: Appraised
    memory: Memory
    verdicts: Verdicts | None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with all that happened to it and all that people answered, oldest first."""

    incident: Incident
    events: tuple[Event, ...] = ()
    answers: tuple[Answer, ...] = ()


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a person answered about the incident of this number."""

    number: int
    answer: Answer


class AnswerLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link by which one recipient sees and answers one incident, its secret stored as SHA-256 (hex)."""

    digest: str
    number: int
    made: float
    path: str
    role: str
    language: str


class Teller(msgspec.Struct, frozen=True, kw_only=True):
    """Who tells people of incidents (`own`, `alertmanager`; empty: nobody yet), since when."""

    who: str = ""
    since: float = 0.0


class StoredSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section of a machine as last received."""

    name: str
    digest: str
    updated: float
    rows: tuple[Values, ...]


class SchoolNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A network (a code of schooldrum_wire.around) that is known as this school's since `approved`."""

    school: str
    code: str
    approved: float

    @property
    def name(self) -> str:
        """`CODE/code`."""
        return f"{self.school}/{self.code}"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A ladder that a machine climbed and a person scanned from its screen; it came at `received`."""

    machine: str
    received: float
    climb: Climb


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The whole tree as it stands, in memory; `version` grows with every change."""

    version: int
    areas: dict[str, Area]
    schools: dict[str, School]
    rooms: dict[str, Room]
    """By path `CODE/SITE/ROOM`."""
    machines: dict[str, Machine]
    """By id."""
    by_school: dict[str, tuple[str, ...]]
    """School code -> machine ids, in alias order."""
    settings: dict[str, dict[str, object]]
    """What is set, by path (empty text is the top, then area paths, `CODE`, `CODE/SITE/ROOM`)."""
    settings_version: int
    """Grows with every change of settings and every move of a machine."""
    calendars: dict[str, PlaceCalendar] = {}
    """What is written about school years, closings and maintenance, by path as settings are."""
    habits: dict[str, Habit] = {}
    """What was learnt of rooms, by `CODE/SITE/ROOM`."""
    lines: dict[str, RegisteredLine] = {}
    """Internet lines by `CODE/SITE/main` and `CODE/SITE/second`."""
    links: dict[str, SchoolLink] = {}
    """Links of schools by their id; those that have ended too."""
    observers: dict[str, Appointment] = {}
    """Appointments by machine id; those that have ended too."""
    networks: dict[str, SchoolNetwork] = {}
    """Networks known as a school's, by `CODE/code`."""
