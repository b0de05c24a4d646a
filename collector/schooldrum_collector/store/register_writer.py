"""One transaction on the register: what is read in it, changed by it, and told to whoever keeps the tree in memory."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.engine import Connection

from schooldrum_collector.judge.availability import Watched
from schooldrum_collector.judge.calendar_learnt import Habit
from schooldrum_collector.judge.calendar_plan import NOTHING, PlaceCalendar
from schooldrum_collector.judge.fault import Answer
from schooldrum_collector.judge.incident import Event, Incident
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.messages import Message
from schooldrum_collector.judge.observers import Appointment
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.store import enrolments, incident_writing, message_writing, observers, removal, schema
from schooldrum_collector.store.acknowledged import numbered
from schooldrum_collector.store.appraisals import values_of_appraisal
from schooldrum_collector.store.connections import driver
from schooldrum_collector.store.records import (
    AnswerLink,
    Appraisal,
    Appraised,
    Area,
    Change,
    Credential,
    Machine,
    Room,
    RoomToken,
    Scan,
    School,
    SchoolLink,
    SchoolNetwork,
    Scope,
    Teller,
    Ticket,
)
from schooldrum_collector.store.register_rows import (
    area_of,
    calendar_of,
    credential_of,
    habit_of,
    line_of,
    link_of,
    machine_of,
    room_of,
    school_of,
    settings_of,
    token_of,
    values_of,
    values_of_line,
)
from schooldrum_collector.store.row import one, put
from schooldrum_collector.store.scans import values_of_scan
from schooldrum_collector.store.watched import values_of_watched

_VERSIONS_KEPT = 1000
_LINKS_KEPT_SECONDS = 30 * 86400.0


class RegisterWriter:
    """The Writer of the interface. `finish` and `number` are called once, before the transaction is committed."""

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._driver = driver(connection.connection.driver_connection)
        self._since = self._driver.total_changes
        self._clock = clock
        self._touched: set[tuple[str, str]] = set()
        self._settings_changed = False
        self.appraised: dict[int, Appraised] = {}
        """What was judged in this transaction, by stream."""

    def finish(self) -> bool:
        """Counts the version up and writes down what was touched, so that others read only that anew.

        Returns whether anything was.
        """
        if not self._touched:
            return False
        standing = schema.standing
        values: dict[str, Any] = {"version": standing.c.version + 1}
        if self._settings_changed:
            values["settings_version"] = observers.next_settings_version(self._connection)
        self._connection.execute(update(standing).values(values))
        version = self._connection.execute(select(standing.c.version)).scalar_one()
        self._connection.execute(
            insert(schema.touched),
            [{"version": version, "kind": kind, "name": name} for kind, name in sorted(self._touched)],
        )
        self._connection.execute(delete(schema.touched).where(schema.touched.c.version <= version - _VERSIONS_KEPT))
        return True

    def number(self) -> int | None:
        """The number that the commit gets; None where nothing changed."""
        return numbered(self._driver, self._since)

    def _one(self, table: Table, *conditions: ColumnElement[bool]) -> Any | None:
        return one(self._connection, table, *conditions)

    def _put(self, table: Table, key: str, values: dict[str, object]) -> None:
        put(self._connection, table, key, values)

    def area(self, path: str) -> Area | None:
        """As the interface says."""
        row = self._one(schema.areas, schema.areas.c.path == path)
        return row and area_of(row)

    def school(self, code: str) -> School | None:
        """As the interface says."""
        row = self._one(schema.schools, schema.schools.c.code == code)
        return row and school_of(row)

    def room(self, path: str) -> Room | None:
        """As the interface says."""
        row = self._one(schema.rooms, schema.rooms.c.path == path)
        return row and room_of(row)

    def areas(self) -> list[Area]:
        """As the interface says."""
        return [area_of(row) for row in self._connection.execute(select(schema.areas).order_by(schema.areas.c.path))]

    def schools(self, scope: Scope) -> list[School]:
        """As the interface says."""
        rows = self._connection.execute(select(schema.schools).order_by(schema.schools.c.code))
        return [school_of(row) for row in rows if scope.covers(school=row.code, area=row.area)]

    def rooms(self, scope: Scope) -> list[Room]:
        """As the interface says."""
        seen = {school.code for school in self.schools(scope)}
        rows = self._connection.execute(select(schema.rooms).order_by(schema.rooms.c.path))
        return [room_of(row) for row in rows if row.school in seen]

    def machine(self, machine: str) -> Machine | None:
        """As the interface says."""
        row = self._one(schema.machines, schema.machines.c.id == machine)
        return row and machine_of(row)

    def machines_of_room(self, path: str) -> list[Machine]:
        """As the interface says."""
        machines = schema.machines
        school, _, rest = path.partition("/")
        site, _, room = rest.partition("/")
        rows = self._connection.execute(
            select(machines)
            .where(machines.c.school == school, machines.c.site == site, machines.c.room == room)
            .order_by(machines.c.seat, machines.c.alias),
        )
        return [machine_of(row) for row in rows]

    def machines_of_school(self, school: str) -> list[Machine]:
        """As the interface says."""
        machines = schema.machines
        rows = self._connection.execute(
            select(machines).where(machines.c.school == school).order_by(machines.c.alias),
        )
        return [machine_of(row) for row in rows]

    def credential(self, digest: str) -> Credential | None:
        """As the interface says."""
        row = self._one(schema.credentials, schema.credentials.c.digest == digest)
        return row and credential_of(row)

    def credentials_of(self, machine: str) -> list[Credential]:
        """As the interface says."""
        credentials = schema.credentials
        rows = self._connection.execute(
            select(credentials)
            .where(credentials.c.machine == machine)
            .order_by(credentials.c.issued, credentials.c.digest),
        )
        return [credential_of(row) for row in rows]

    def token(self, token: str) -> RoomToken | None:
        """As the interface says."""
        row = self._one(schema.tokens, schema.tokens.c.id == token)
        return row and token_of(row)

    def tokens(self, scope: Scope) -> list[RoomToken]:
        """As the interface says."""
        seen = {school.code for school in self.schools(scope)}
        tokens = schema.tokens
        rows = self._connection.execute(select(tokens).order_by(tokens.c.made.desc(), tokens.c.id))
        return [token_of(row) for row in rows if row.path.partition("/")[0] in seen]

    def link(self, link: str) -> SchoolLink | None:
        """As the interface says."""
        row = self._one(schema.school_links, schema.school_links.c.id == link)
        return row and link_of(row)

    def links(self, scope: Scope) -> list[SchoolLink]:
        """As the interface says."""
        known = {school.code for school in self.schools(scope)}
        rows = self._connection.execute(select(schema.school_links).order_by(schema.school_links.c.made.desc()))
        return [link_of(row) for row in rows if row.school in known]

    def setting(self, path: str) -> dict[str, object]:
        """As the interface says."""
        row = self._one(schema.settings, schema.settings.c.path == path)
        return settings_of(row.given) if row else {}

    def calendar(self, path: str) -> PlaceCalendar:
        """As the interface says."""
        row = self._one(schema.calendars, schema.calendars.c.path == path)
        return calendar_of(row.given) if row else NOTHING

    def habit(self, room: str) -> Habit:
        """As the interface says."""
        row = self._one(schema.habits, schema.habits.c.room == room)
        return habit_of(row.seen) if row else Habit(room=room)

    def lines(self, scope: Scope) -> list[RegisteredLine]:
        """As the interface says."""
        seen = {school.code for school in self.schools(scope)}
        rows = self._connection.execute(select(schema.lines).order_by(schema.lines.c.path))
        return [line_of(row) for row in rows if row.school in seen]

    def put_area(self, area: Area) -> None:
        """As the interface says."""
        self._put(schema.areas, "path", values_of(area))
        self._touched.add(("area", area.path))

    def put_school(self, school: School) -> None:
        """As the interface says."""
        before = self.school(school.code)
        self._put(schema.schools, "code", values_of(school))
        self._touched.add(("school", school.code))
        self._settings_changed |= before is not None and before.area != school.area

    def put_room(self, room: Room) -> None:
        """As the interface says."""
        self._put(schema.rooms, "path", values_of(room))
        self._touched.add(("room", room.path))

    def put_machine(self, machine: Machine) -> None:
        """As the interface says."""
        machines = schema.machines
        taken = self._connection.execute(
            select(machines.c.id).where(
                machines.c.school == machine.school,
                machines.c.alias == machine.alias,
                machines.c.id != machine.id,
            ),
        ).scalar_one_or_none()
        if taken is not None:
            raise ValueError(f"school {machine.school} already has a machine named {machine.alias}; names are unique")
        before = self.machine(machine.id)
        self._put(machines, "id", values_of(machine))
        if before is None:
            self._connection.execute(insert(schema.streams).values(machine=machine.id, state=b""))
        elif before.path != machine.path:
            self._settings_changed = True
        self._touched.add(("machine", machine.id))

    def forget_machine(self, machine: str) -> None:
        """As the interface says."""
        self._touched |= removal.forget_machine(self._connection, machine)

    def merge_machine(self, machine: str, into: str) -> None:
        """As the interface says."""
        if machine == into or not self.machine(machine) or not self.machine(into):
            raise ValueError(f"{machine} cannot be merged into {into}: both must be in the register, and be two")
        self._touched |= removal.merge_machine(self._connection, machine, into)

    def put_credential(self, credential: Credential) -> None:
        """As the interface says."""
        self._put(schema.credentials, "digest", values_of(credential))
        self._touched.add(("credential", credential.digest))

    def forget_credential(self, digest: str) -> None:
        """As the interface says."""
        self._connection.execute(delete(schema.credentials).where(schema.credentials.c.digest == digest))
        self._touched.add(("credential", digest))

    def put_token(self, token: RoomToken) -> None:
        """As the interface says."""
        self._put(schema.tokens, "id", values_of(token))

    def put_link(self, link: SchoolLink) -> None:
        """As the interface says."""
        links = schema.school_links
        gone = links.c.expires < self._clock() - _LINKS_KEPT_SECONDS
        ended = self._connection.execute(select(links.c.id).where(gone)).scalars()
        self._touched.update(("link", one) for one in ended)
        self._connection.execute(delete(links).where(gone))
        self._put(links, "id", msgspec.structs.asdict(link))
        self._touched.add(("link", link.id))

    def put_ticket(self, ticket: Ticket) -> None:
        """As the interface says."""
        enrolments.put_ticket(self._connection, ticket, self._clock())

    def take_ticket(self, digest: str) -> Ticket | None:
        """As the interface says."""
        return enrolments.take_ticket(self._connection, digest)

    def put_setting(self, path: str, values: dict[str, object]) -> None:
        """As the interface says."""
        if self.setting(path) == values:
            return
        if values:
            self._put(schema.settings, "path", {"path": path, "given": msgspec.json.encode(values)})
        else:
            self._connection.execute(delete(schema.settings).where(schema.settings.c.path == path))
        self._settings_changed = True
        self._touched.add(("setting", path))

    def put_calendar(self, path: str, calendar: PlaceCalendar) -> None:
        """As the interface says."""
        if calendar == NOTHING:
            self._connection.execute(delete(schema.calendars).where(schema.calendars.c.path == path))
        else:
            self._put(schema.calendars, "path", {"path": path, "given": msgspec.json.encode(calendar)})
        self._touched.add(("calendar", path))

    def put_habit(self, habit: Habit) -> None:
        """As the interface says."""
        self._put(schema.habits, "room", {"room": habit.room, "seen": msgspec.json.encode(habit)})
        self._touched.add(("habit", habit.room))

    def put_line(self, line: RegisteredLine) -> None:
        """As the interface says."""
        self._put(schema.lines, "path", values_of_line(line))
        self._touched.add(("line", line.path))

    def put_observer(self, appointment: Appointment) -> None:
        """As the interface says."""
        observers.put_observer(self._connection, appointment)
        self._touched.add(("observer", appointment.machine))

    def put_network(self, network: SchoolNetwork) -> None:
        """As the interface says."""
        self._put(schema.networks, "name", {**msgspec.structs.asdict(network), "name": network.name})
        self._touched.add(("network", network.name))

    def add_scan(self, scan: Scan) -> bool:
        """As the interface says."""
        scans = schema.scans
        if self._one(scans, scans.c.machine == scan.machine, scans.c.at == scan.climb.at) is not None:
            return False
        self._connection.execute(insert(scans).values(values_of_scan(scan)))
        return True

    def forget_line(self, path: str) -> None:
        """As the interface says."""
        self._connection.execute(delete(schema.lines).where(schema.lines.c.path == path))
        self._touched.add(("line", path))

    def enrolled_by(self, token: str) -> list[str]:
        """As the interface says."""
        return enrolments.enrolled_by(self._connection, token)

    def note_enrolment(self, machine: str, token: str, egress: str, at: float) -> None:
        """As the interface says."""
        self._connection.execute(
            insert(schema.enrolments).values(machine=machine, token=token, egress=egress, at=at),
        )

    def egresses(self, school: str) -> frozenset[str]:
        """As the interface says."""
        return enrolments.egresses(self._connection, school)

    def put_appraisal(self, appraisal: Appraisal) -> None:
        """As the interface says."""
        streams = removal.streams_of(self._connection, appraisal.appraised.machine)
        if streams:
            stream = max(streams)
            self._put(schema.appraisals, "stream", values_of_appraisal(stream, appraisal))
            self.appraised[stream] = appraisal.appraised

    def known_incidents(self, closed_since: float) -> list[Incident]:
        """As the interface says."""
        return incident_writing.known(self._connection, closed_since)

    def incident(self, number: int) -> Incident | None:
        """As the interface says."""
        return incident_writing.numbered(self._connection, number)

    def next_incident(self) -> int:
        """As the interface says."""
        return incident_writing.next_number(self._connection)

    def put_incident(self, incident: Incident) -> None:
        """As the interface says."""
        incident_writing.put_incident(self._connection, incident)

    def events(self, number: int) -> list[Event]:
        """As the interface says."""
        return incident_writing.events(self._connection, number)

    def note_event(self, event: Event) -> None:
        """As the interface says."""
        incident_writing.note_event(self._connection, event)

    def put_answer(self, number: int, answer: Answer) -> None:
        """As the interface says."""
        incident_writing.put_answer(self._connection, number, answer)

    def recipients(self) -> list[Recipient]:
        """As the interface says."""
        return message_writing.recipients(self._connection)

    def put_recipient(self, recipient: Recipient) -> Recipient:
        """As the interface says."""
        return message_writing.put_recipient(self._connection, recipient)

    def forget_recipient(self, identity: int) -> None:
        """As the interface says."""
        message_writing.forget_recipient(self._connection, identity)

    def add_message(self, message: Message) -> bool:
        """As the interface says."""
        return message_writing.add_message(self._connection, message)

    def put_message(self, message: Message) -> None:
        """As the interface says."""
        message_writing.put_message(self._connection, message)

    def put_answer_link(self, link: AnswerLink) -> None:
        """As the interface says."""
        message_writing.put_answer_link(self._connection, link)

    def set_teller(self, teller: Teller) -> None:
        """As the interface says."""
        message_writing.set_teller(self._connection, teller)

    def put_watched(self, day: Watched) -> None:
        """As the interface says."""
        put(self._connection, schema.watched, "id", values_of_watched(day))

    def log(self, change: Change) -> None:
        """As the interface says."""
        self._connection.execute(insert(schema.audit).values(msgspec.structs.asdict(change)))
