"""How appointments of observers are written, and which version of settings comes next."""

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from schooldrum_collector.judge.observers import Appointment, Role
from schooldrum_collector.store import schema
from schooldrum_collector.store.register_rows import observer_of


def next_settings_version(connection: Connection) -> int:
    """Above every version of settings that any machine has been told of."""
    told = connection.execute(select(func.max(schema.observers.c.version))).scalar_one()
    every = connection.execute(select(schema.standing.c.settings_version)).scalar_one()
    return 1 + max(int(told or 0), int(every))


def put_observer(connection: Connection, appointment: Appointment) -> None:
    """Adds or changes; where the machine becomes an observer, or ceases to be one, the version is a new one."""
    observers = schema.observers
    row = connection.execute(select(observers).where(observers.c.machine == appointment.machine)).one_or_none()
    before = observer_of(row) if row is not None else None
    version = before.version if before else 0
    if (appointment.role is Role.NONE) != (before is None or before.role is Role.NONE):
        version = next_settings_version(connection)
    values = {**msgspec.structs.asdict(appointment), "role": appointment.role.value, "version": version}
    connection.execute(delete(observers).where(observers.c.machine == appointment.machine))
    connection.execute(insert(observers).values(values))
