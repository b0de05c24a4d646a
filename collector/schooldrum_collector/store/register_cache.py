"""The register and all credentials in memory, brought up to date by what was touched since."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Row, select
from sqlalchemy.engine import Connection, Engine

from schooldrum_collector.store import schema
from schooldrum_collector.store.records import Credential, Machine, Register
from schooldrum_collector.store.register_rows import (
    area_of,
    calendar_of,
    credential_of,
    habit_of,
    line_of,
    link_of,
    machine_of,
    network_of,
    observer_of,
    room_of,
    school_of,
    settings_of,
)

_EMPTY = Register(
    version=-1, areas={}, schools={}, rooms={}, machines={}, by_school={}, settings={}, settings_version=0
)
_MANY = 500
"""Beyond so many touched things everything is read anew; that is quicker, and bounds a statement's variables."""


class RegisterCache:
    """What the store's answers are looked up in.

    `register` is replaced as a whole, never changed; `streams` and `credentials` change under readers, one key at a
    time. `dropped(stream)` is told of streams that are nobody's any more.
    """

    def __init__(self, engine: Engine, dropped: Callable[[int], None]) -> None:
        self._engine = engine
        self._dropped = dropped
        self._lock = threading.Lock()
        self.register = _EMPTY
        self.credentials: dict[str, Credential] = {}
        self.streams: dict[str, tuple[int, ...]] = {}
        self.machine_of_stream: dict[int, str] = {}

    def streams_of(self, machine: str) -> tuple[int, ...]:
        """The keys of a machine's streams, oldest first; empty where it is not in the register."""
        return self.streams.get(machine, ())

    def siblings_of(self, stream: int) -> tuple[int, ...]:
        """All streams of the machine whose stream this is."""
        return self.streams_of(self.machine_of_stream.get(stream, ""))

    def refresh(self) -> None:
        """Reads what anybody has changed since the last time; costs one small read where nothing was."""
        standing, touched = schema.standing, schema.touched
        with self._lock, self._engine.connect() as connection:
            version, settings_version = connection.execute(
                select(standing.c.version, standing.c.settings_version),
            ).one()
            known = self.register.version
            if version == known:
                return
            rows = connection.execute(
                select(touched.c.version, touched.c.kind, touched.c.name).where(touched.c.version > known).limit(_MANY),
            ).all()
            whole = known < 0 or version < known or len(rows) >= _MANY
            if whole or {row.version for row in rows} != set(range(known + 1, version + 1)):
                self._load(connection, version, settings_version)
            else:
                names: dict[str, set[str]] = {}
                for row in rows:
                    names.setdefault(row.kind, set()).add(row.name)
                self._update(connection, names, version, settings_version)

    def _load(self, connection: Connection, version: int, settings_version: int) -> None:
        machines = {row.id: machine_of(row) for row in connection.execute(select(schema.machines))}
        self.credentials = {row.digest: credential_of(row) for row in connection.execute(select(schema.credentials))}
        self._put_streams(
            set(self.streams), connection.execute(select(schema.streams.c.machine, schema.streams.c.key)).all()
        )
        self.register = Register(
            version=version,
            areas={row.path: area_of(row) for row in connection.execute(select(schema.areas))},
            schools={row.code: school_of(row) for row in connection.execute(select(schema.schools))},
            rooms={row.path: room_of(row) for row in connection.execute(select(schema.rooms))},
            machines=machines,
            by_school=_by_school(machines.values()),
            settings={row.path: settings_of(row.given) for row in connection.execute(select(schema.settings))},
            settings_version=settings_version,
            calendars={row.path: calendar_of(row.given) for row in connection.execute(select(schema.calendars))},
            habits={row.room: habit_of(row.seen) for row in connection.execute(select(schema.habits))},
            lines={row.path: line_of(row) for row in connection.execute(select(schema.lines))},
            links={row.id: link_of(row) for row in connection.execute(select(schema.school_links))},
            observers={row.machine: observer_of(row) for row in connection.execute(select(schema.observers))},
            networks={row.name: network_of(row) for row in connection.execute(select(schema.networks))},
        )

    def _update(
        self,
        connection: Connection,
        names: dict[str, set[str]],
        version: int,
        settings_version: int,
    ) -> None:
        def rows(kind: str, key: Column[Any]) -> Sequence[Row[Any]]:
            wanted = names.get(kind)
            return connection.execute(select(key.table).where(key.in_(wanted))).all() if wanted else ()

        register = self.register
        changed = {machine.id: machine for machine in map(machine_of, rows("machine", schema.machines.c.id))}
        machines = _replaced(register.machines, names.get("machine"), changed)
        by_school = register.by_school
        if moved := names.get("machine"):
            self._put_streams(moved, rows("machine", schema.streams.c.machine))
            before = (register.machines[name] for name in moved if name in register.machines)
            by_school = _sorted_anew(by_school, {one.school for one in (*before, *changed.values())}, moved, machines)
        for row in rows("credential", schema.credentials.c.digest):
            self.credentials[row.digest] = credential_of(row)
            names["credential"].discard(row.digest)
        for digest in names.get("credential", ()):
            self.credentials.pop(digest, None)
        areas = {row.path: area_of(row) for row in rows("area", schema.areas.c.path)}
        schools = {row.code: school_of(row) for row in rows("school", schema.schools.c.code)}
        rooms = {row.path: room_of(row) for row in rows("room", schema.rooms.c.path)}
        settings = {row.path: settings_of(row.given) for row in rows("setting", schema.settings.c.path)}
        calendars = {row.path: calendar_of(row.given) for row in rows("calendar", schema.calendars.c.path)}
        habits = {row.room: habit_of(row.seen) for row in rows("habit", schema.habits.c.room)}
        lines = {row.path: line_of(row) for row in rows("line", schema.lines.c.path)}
        links = {row.id: link_of(row) for row in rows("link", schema.school_links.c.id)}
        observers = {row.machine: observer_of(row) for row in rows("observer", schema.observers.c.machine)}
        networks = {row.name: network_of(row) for row in rows("network", schema.networks.c.name)}
        self.register = Register(
            version=version,
            areas=_replaced(register.areas, names.get("area"), areas),
            schools=_replaced(register.schools, names.get("school"), schools),
            rooms=_replaced(register.rooms, names.get("room"), rooms),
            machines=machines,
            by_school=by_school,
            settings=_replaced(register.settings, names.get("setting"), settings),
            settings_version=settings_version,
            calendars=_replaced(register.calendars, names.get("calendar"), calendars),
            habits=_replaced(register.habits, names.get("habit"), habits),
            lines=_replaced(register.lines, names.get("line"), lines),
            links=_replaced(register.links, names.get("link"), links),
            observers=_replaced(register.observers, names.get("observer"), observers),
            networks=_replaced(register.networks, names.get("network"), networks),
        )

    def _put_streams(self, machines: set[str], rows: Iterable[Any]) -> None:
        """The streams of these machines are the ones in these rows, and no others."""
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(row.machine, []).append(row.key)
        left = {stream for machine in machines for stream in self.streams_of(machine)}
        for machine, streams in found.items():
            self.streams[machine] = tuple(sorted(streams))
            self.machine_of_stream.update(dict.fromkeys(streams, machine))
            left.difference_update(streams)
        for machine in machines - found.keys():
            self.streams.pop(machine, None)
        for stream in left:
            self.machine_of_stream.pop(stream, None)
            self._dropped(stream)


_Record = TypeVar("_Record")


def _replaced(known: dict[str, _Record], names: set[str] | None, changed: dict[str, _Record]) -> dict[str, _Record]:
    """The same dict where nothing changed; else a copy without these names, but with what is there of them now."""
    if not names:
        return known
    copy = {**known, **changed}
    for name in names - changed.keys():
        copy.pop(name, None)
    return copy


def _by_school(machines: Iterable[Machine]) -> dict[str, tuple[str, ...]]:
    schools: dict[str, list[Machine]] = {}
    for machine in machines:
        schools.setdefault(machine.school, []).append(machine)
    return {school: _in_order(members) for school, members in schools.items()}


def _in_order(machines: list[Machine]) -> tuple[str, ...]:
    return tuple(machine.id for machine in sorted(machines, key=lambda machine: machine.alias))


def _sorted_anew(
    by_school: dict[str, tuple[str, ...]],
    schools: set[str],
    moved: set[str],
    machines: dict[str, Machine],
) -> dict[str, tuple[str, ...]]:
    copy = dict(by_school)
    for school in schools:
        candidates = {*copy.get(school, ()), *moved}
        members = [machines[one] for one in candidates if one in machines and machines[one].school == school]
        if members:
            copy[school] = _in_order(members)
        else:
            copy.pop(school, None)
    return copy
