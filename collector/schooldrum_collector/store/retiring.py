"""What it means that a PC is no longer watched."""

import msgspec

from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import Machine, MachineState


def retire(writer: Writer, machine: Machine, at: float) -> None:
    """Keeps the record and its history, and ends its credentials: a PC that was sold must not report for ever."""
    writer.put_machine(msgspec.structs.replace(machine, state=MachineState.RETIRED, conflict=False, pending_reason=""))
    for credential in writer.credentials_of(machine.id):
        if not credential.revoked:
            writer.put_credential(msgspec.structs.replace(credential, revoked=at))
