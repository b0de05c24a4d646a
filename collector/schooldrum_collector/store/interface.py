"""What every store promises. SQLite keeps it today; PostgreSQL joins without a caller noticing.

Reads take a scope. Hot calls are `who`, `append`, `latest`; everything else may take milliseconds and is run in a
thread by whoever serves requests.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from schooldrum_collector.judge.availability import Watched
from schooldrum_collector.judge.calendar_learnt import Habit
from schooldrum_collector.judge.calendar_plan import PlaceCalendar
from schooldrum_collector.judge.fault import Answer
from schooldrum_collector.judge.incident import Event, Incident
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.messages import Message
from schooldrum_collector.judge.observers import Appointment
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.speech import ENGLISH, Say
from schooldrum_collector.store.records import (
    AnswerLink,
    Appraisal,
    Appraised,
    Area,
    Arrival,
    Change,
    CodeUsed,
    Credential,
    Given,
    Latest,
    Machine,
    Register,
    Room,
    RoomToken,
    Scan,
    School,
    SchoolLink,
    SchoolNetwork,
    Scope,
    StoredResult,
    StoredSection,
    Story,
    Teller,
    Ticket,
)


class Damaged(Exception):  # noqa: N818 - it names the store's state
    """The store's file is not readable as ours; the sentence says what to do, and nothing was overwritten."""

    def __init__(self, english: str, vietnamese: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese


class Locked(Exception):  # noqa: N818 - it names the store's state
    """Another collector already works on this store; the sentence names it, `holder` is its process where known."""

    def __init__(self, english: str, vietnamese: str = "", holder: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese
        self.holder = holder


class Full(Exception):  # noqa: N818 - it names the store's state
    """Nothing can be stored at present (disk full or not writable); nothing acknowledged is lost."""

    def __init__(self, english: str, vietnamese: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese


class Overloaded(Exception):  # noqa: N818 - it names the store's state
    """The writer has too much waiting; `retry_after` (seconds) says when to come again."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"too much is waiting to be stored; come again in {retry_after} s")
        self.vietnamese = f"đang có quá nhiều số liệu chờ ghi; hãy thử lại sau {retry_after} giây"


class Writer(Protocol):
    """One transaction on the register: what is read in it cannot change before it ends; an exception undoes all."""

    def area(self, path: str) -> Area | None:
        """One area, or None."""

    def school(self, code: str) -> School | None:
        """One school, or None."""

    def room(self, path: str) -> Room | None:
        """One room by `CODE/SITE/ROOM`, or None."""

    def areas(self) -> list[Area]:
        """All areas, in path order."""

    def schools(self, scope: Scope) -> list[School]:
        """Schools in scope, in code order."""

    def rooms(self, scope: Scope) -> list[Room]:
        """Rooms in scope, in path order."""

    def machine(self, machine: str) -> Machine | None:
        """One machine by id, or None."""

    def machines_of_room(self, path: str) -> list[Machine]:
        """All machines of a room, whatever their state, in seat order."""

    def machines_of_school(self, school: str) -> list[Machine]:
        """All machines of a school, whatever their state, in alias order."""

    def credential(self, digest: str) -> Credential | None:
        """One credential by its digest, or None; revoked ones too."""

    def credentials_of(self, machine: str) -> list[Credential]:
        """All credentials of a machine, oldest first."""

    def token(self, token: str) -> RoomToken | None:
        """One install code by id, or None; expired and revoked ones too."""

    def tokens(self, scope: Scope) -> list[RoomToken]:
        """Install codes in scope, newest first."""

    def link(self, link: str) -> SchoolLink | None:
        """One school's link by id, or None; those that have ended too."""

    def links(self, scope: Scope) -> list[SchoolLink]:
        """Links of schools in scope, newest first."""

    def setting(self, path: str) -> dict[str, object]:
        """What is set at exactly this path (`` is the top, then areas, `CODE`, `CODE/SITE/ROOM`)."""

    def calendar(self, path: str) -> PlaceCalendar:
        """What is written about the calendar at exactly this path (paths as of settings)."""

    def habit(self, room: str) -> Habit:
        """What was learnt of a room (`CODE/SITE/ROOM`)."""

    def lines(self, scope: Scope) -> list[RegisteredLine]:
        """Internet lines of the schools in scope, in path order."""

    def put_area(self, area: Area) -> None:
        """Adds or changes."""

    def put_school(self, school: School) -> None:
        """Adds or changes."""

    def put_room(self, room: Room) -> None:
        """Adds or changes."""

    def put_machine(self, machine: Machine) -> None:
        """Adds or changes. An alias that another machine of the school has raises ValueError."""

    def forget_machine(self, machine: str) -> None:
        """Removes the record with all it ever sent, its credentials and history."""

    def merge_machine(self, machine: str, into: str) -> None:
        """Gives history, credentials and sections of `machine` to `into`, and removes the record."""

    def put_credential(self, credential: Credential) -> None:
        """Adds or changes."""

    def forget_credential(self, digest: str) -> None:
        """Removes it; whoever shows it from now on is unknown."""

    def put_token(self, token: RoomToken) -> None:
        """Adds or changes."""

    def put_link(self, link: SchoolLink) -> None:
        """Adds or changes; links that ended a month ago are removed on the way."""

    def put_ticket(self, ticket: Ticket) -> None:
        """Adds; tickets that have run out are removed on the way."""

    def take_ticket(self, digest: str) -> Ticket | None:
        """The ticket, removed with this call, or None."""

    def put_setting(self, path: str, values: dict[str, object]) -> None:
        """Replaces what is set at this path; an empty dict removes it."""

    def put_calendar(self, path: str, calendar: PlaceCalendar) -> None:
        """Replaces what is written at this path; an empty one removes it."""

    def put_habit(self, habit: Habit) -> None:
        """Adds or changes."""

    def put_line(self, line: RegisteredLine) -> None:
        """Adds or changes."""

    def put_observer(self, appointment: Appointment) -> None:
        """Adds or changes; where the machine becomes an observer, or ceases to be one, the version is a new one."""

    def put_network(self, network: SchoolNetwork) -> None:
        """Adds or changes."""

    def add_scan(self, scan: Scan) -> bool:
        """Adds a scanned climb; False where one of this machine at this time is there already."""

    def forget_line(self, path: str) -> None:
        """Removes a line (`CODE/SITE/main` or `second`)."""

    def enrolled_by(self, token: str) -> list[str]:
        """Ids of machines that came in by this install code."""

    def note_enrolment(self, machine: str, token: str, egress: str, at: float) -> None:
        """Remembers by which install code and from which source address a machine came in."""

    def egresses(self, school: str) -> frozenset[str]:
        """Source addresses from which active machines of this school have enrolled."""

    def put_appraisal(self, appraisal: Appraisal) -> None:
        """Adds or changes; nothing is written of a machine that is no more in the register."""

    def known_incidents(self, closed_since: float) -> list[Incident]:
        """Live incidents and those closed from this time on, in order of number."""

    def incident(self, number: int) -> Incident | None:
        """One incident, or None."""

    def next_incident(self) -> int:
        """The first number that no incident has ever had."""

    def put_incident(self, incident: Incident) -> None:
        """Adds or changes; the next number is larger than this one from now on."""

    def events(self, number: int) -> list[Event]:
        """What happened to the incident of this number, oldest first."""

    def note_event(self, event: Event) -> None:
        """Adds a line to what happened to an incident."""

    def put_answer(self, number: int, answer: Answer) -> None:
        """Adds what a person answered about the incident of this number."""

    def recipients(self) -> list[Recipient]:
        """Everybody who is told, oldest first."""

    def put_recipient(self, recipient: Recipient) -> Recipient:
        """Adds one without an id, else changes it; returns it with its id."""

    def forget_recipient(self, identity: int) -> None:
        """Removes one; ids are never given again."""

    def add_message(self, message: Message) -> bool:
        """Writes a message down that is to be sent; False where its key is there already."""

    def put_message(self, message: Message) -> None:
        """Changes a message."""

    def put_answer_link(self, link: AnswerLink) -> None:
        """Adds a link; nothing where it is there."""

    def set_teller(self, teller: Teller) -> None:
        """Remembers who tells people from now on."""

    def put_watched(self, day: Watched) -> None:
        """Writes down what was watched on a day, instead of what was known of it."""

    def log(self, change: Change) -> None:
        """Adds a line to the audit log."""


class Store(Protocol):
    """Memory of one collector."""

    def writing(self) -> AbstractContextManager[Writer]:
        """A register transaction (BEGIN IMMEDIATE); `register()` shows it as soon as it has ended.

        Raises (on entering or on leaving, and then nothing was changed):
            Overloaded: another transaction did not end in time.
            Full: the disk is full or not writable, or the store is closed.
        """

    def register(self) -> Register:
        """The tree as of the last change anybody made (another process's change is seen within a second)."""

    def who(self, digest: str) -> Credential | None:
        """The credential with this SHA-256 (hex), from memory; revoked ones too."""

    async def append(self, arrival: Arrival) -> None:
        """Returns when the arrival is durable (survives power loss), within one group commit.

        Raises:
            Overloaded: too much is waiting.
            Full: the disk is full or not writable.
            ValueError: a value in it cannot be stored (a text that is no Unicode, a time that is no number).
        """

    def append_and_tell(self, arrival: Arrival, told: Callable[[Exception | None], None]) -> None:
        """The same without a coroutine: `told(None)` is called in the running loop once the arrival is durable.

        Where it could not be stored, `told` gets what `append` would raise. It may not raise itself.

        Raises:
            Overloaded, Full: at once, and then `told` is not called.
        """

    def latest(self, scope: Scope, machines: Iterable[str] | None = None) -> list[Latest]:
        """What is known now of the machines in scope (all, or those named), in no order."""

    def latest_of(self, machine: str) -> Latest | None:
        """What is known now of one machine, for whoever already holds its credential."""

    def section_digests(self, machine: str) -> dict[str, str]:
        """Digest of every stored section of a machine, from memory."""

    def sections(self, scope: Scope, machine: str) -> list[StoredSection]:
        """All sections of a machine, in name order; empty outside the scope."""

    def appraisals(self, scope: Scope, machines: Iterable[str] | None = None) -> list[Appraised]:
        """What was judged last of the machines in scope (all, or those named), in no order, from memory."""

    def appraisal_of(self, scope: Scope, machine: str) -> Appraisal | None:
        """All that was judged last of a machine; None outside the scope, and as long as it was never judged."""

    def results(self, scope: Scope, machine: str, since: float, until: float) -> list[StoredResult]:
        """History and journal of a machine, each (run, seq) once, in order of `at`; empty outside the scope."""

    def scans(self, scope: Scope, machine: str, since: float, until: float) -> list[Scan]:
        """Climbs scanned from a machine's screen, by when they were climbed, oldest first; empty outside the scope."""

    def changes(self, scope: Scope, since: float) -> list[Change]:
        """The audit log, oldest first."""

    def changes_of(self, scope: Scope, machine: str, most: int) -> list[Change]:
        """The newest lines of the audit log about one machine, newest first; empty outside the scope."""

    def incidents(
        self, scope: Scope, *, live: bool = False, since: float = 0.0, before: int = 0, most: int = 1000
    ) -> list[Incident]:
        """Incidents all of whose schools are in scope, newest number first: live ones, or also those closed since.

        At most so many, with numbers below `before` (0: from the newest on).
        """

    def incident_of(self, scope: Scope, number: int) -> Story | None:
        """One incident with all that happened to it; None outside the scope."""

    def answers(self, scope: Scope, since: float, until: float) -> list[Given]:
        """What people answered about incidents in scope, as far as it held between these times, oldest first."""

    def recipients(self, scope: Scope) -> list[Recipient]:
        """Who is told about places in scope, oldest first."""

    def messages(self, scope: Scope, *, waiting: bool = False, most: int = 1000) -> list[Message]:
        """Messages to recipients in scope, newest first: all, or those that wait or are on their way."""

    def threads(self, numbers: Iterable[int]) -> list[Message]:
        """All messages about these incidents, oldest first; for whoever sends them."""

    def answer_link(self, digest: str) -> AnswerLink | None:
        """The link with this SHA-256 (hex) of its secret, for whoever shows it; None where there is none."""

    def teller(self) -> Teller:
        """Who tells people of incidents."""

    def watched(self, since: int) -> list[Watched]:
        """What was watched on this day and later ones (days since 1970, UTC), oldest first; for whoever counts it."""

    def code_used(self, scope: Scope, token: str) -> CodeUsed | None:
        """An install code with what came in by it; None where there is none of this id in the scope."""

    def pending(self) -> int:
        """How many arrivals wait to be stored."""

    def trouble(self) -> str:
        """Why nothing could be stored the last time something was to be (the sentence of Full); empty if it could."""

    def fold(self, now: float) -> int:
        """Turns journal older than a few minutes into dated history, each result exactly once; returns how many.

        Raises:
            Overloaded, Full: as writing(); what is left is folded the next time.
        """

    def retain(self, now: float) -> dict[str, int]:
        """Deletes what is older than its retention; returns how many rows per table. Raises as fold()."""

    def check(self, say: Say = ENGLISH) -> list[str]:
        """Sentences about anything wrong in the store; empty when sound."""

    def close(self) -> None:
        """Stores what waits, then closes."""
