"""How rows of the register's tables become records, and records become rows.

Texts that many records share are kept once: at fifty thousand machines that is 20 MB.
"""

import sys
from typing import Any

import msgspec
from sqlalchemy import Row

from schooldrum_collector.judge.calendar_learnt import Habit
from schooldrum_collector.judge.calendar_plan import PlaceCalendar
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.observers import Appointment, Role
from schooldrum_collector.store.records import (
    Area,
    Credential,
    Machine,
    MachineState,
    Room,
    RoomToken,
    School,
    SchoolLink,
    SchoolNetwork,
)
from schooldrum_wire.report import Fingerprint

_fingerprint = msgspec.json.Decoder(Fingerprint)
_settings = msgspec.json.Decoder(dict[str, object])
_calendar = msgspec.json.Decoder(PlaceCalendar)
_habit = msgspec.json.Decoder(Habit)


def area_of(row: Row[Any]) -> Area:
    """An area from its row."""
    return Area(path=row.path, name=row.name, level=row.level)


def school_of(row: Row[Any]) -> School:
    """A school from its row."""
    return School(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def room_of(row: Row[Any]) -> Room:
    """A room from its row."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    del values["path"]
    return Room(**values)


def machine_of(row: Row[Any]) -> Machine:
    """A machine from its row."""
    return Machine(
        id=sys.intern(row.id),
        school=sys.intern(row.school),
        site=sys.intern(row.site),
        room=sys.intern(row.room),
        alias=row.alias,
        seat=row.seat,
        state=MachineState(row.state),
        fingerprint=_fingerprint.decode(row.fingerprint),
        enrolled=row.enrolled,
        conflict=row.conflict,
        pending_reason=row.pending_reason,
        note=row.note,
        noted=row.noted,
        noted_by=sys.intern(row.noted_by),
    )


def credential_of(row: Row[Any]) -> Credential:
    """A credential from its row."""
    return Credential(
        digest=row.digest,
        machine=sys.intern(row.machine),
        issued=row.issued,
        first_used=row.first_used,
        revoked=row.revoked,
    )


def token_of(row: Row[Any]) -> RoomToken:
    """An install code from its row."""
    return RoomToken(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def link_of(row: Row[Any]) -> SchoolLink:
    """A school's link from its row."""
    return SchoolLink(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def observer_of(row: Row[Any]) -> Appointment:
    """An appointment from its row."""
    return Appointment(
        machine=row.machine,
        site=row.site,
        network=row.network,
        role=Role(row.role),
        since=row.since,
        version=row.version,
    )


def network_of(row: Row[Any]) -> SchoolNetwork:
    """A school's network from its row."""
    return SchoolNetwork(school=row.school, code=row.code, approved=row.approved)


def settings_of(packed: bytes) -> dict[str, object]:
    """What is set at one path."""
    return _settings.decode(packed)


def calendar_of(packed: bytes) -> PlaceCalendar:
    """What is written about the calendar at one path."""
    return _calendar.decode(packed)


def habit_of(packed: bytes) -> Habit:
    """What was learnt of one room."""
    return _habit.decode(packed)


def line_of(row: Row[Any]) -> RegisteredLine:
    """An internet line from its row."""
    return RegisteredLine(
        school=row.school,
        site=row.site,
        code=row.code,
        provider=row.provider,
        customer=row.customer,
        networks=tuple(row.networks.split()),
    )


def values_of_line(line: RegisteredLine) -> dict[str, object]:
    """An internet line as the values of its row."""
    return {**msgspec.structs.asdict(line), "path": line.path, "networks": " ".join(line.networks)}


def values_of(record: Area | School | Room | Machine | Credential | RoomToken) -> dict[str, object]:
    """A record as the values of its row."""
    values: dict[str, object] = msgspec.structs.asdict(record)
    if isinstance(record, Room):
        values["path"] = record.path
    if isinstance(record, Machine):
        values["state"] = record.state.value
        values["fingerprint"] = msgspec.json.encode(record.fingerprint, order="sorted")
    return values
