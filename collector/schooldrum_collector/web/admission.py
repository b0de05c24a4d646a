"""How a decision about a newcomer is written down: its record, seat, alias and credential."""

import hashlib
import itertools
import math
import secrets
from collections.abc import Callable, Iterable

import msgspec

from schooldrum_collector.judge.identity import Decision, Fate, Record, Standing
from schooldrum_collector.judge.presence import Facts, Hearing, State, always, presence_of
from schooldrum_collector.store.interface import Store, Writer
from schooldrum_collector.store.records import (
    MAIN_SITE,
    Change,
    Credential,
    Machine,
    MachineState,
    Register,
    Room,
    School,
)
from schooldrum_collector.web.answer import Answer, good
from schooldrum_wire.messages import EnrolAnswer
from schooldrum_wire.report import Fingerprint
from schooldrum_wire.settings import Settings

Granted = Callable[[Register, Machine], Settings]
"""Which settings a machine is granted (judge/settings.py)."""
ACTOR = "agents-door"
_LARGEST_SEAT = 999
_UNUSED_KEPT = 8
"""Credentials that were handed out and never shown; their answers may have been lost on the way."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that came in, and the credential it gets: the only time that it is seen in plain."""

    machine: Machine
    credential: str


def digest_of(secret: str) -> str:
    """How credentials, tokens' secrets and tickets are stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def records_of(machines: Iterable[Machine], store: Store, now: float) -> list[Record]:
    """Machines as judge/identity.py knows them."""
    return [
        Record(
            id=machine.id,
            room=machine.path,
            standing=Standing(machine.state),
            fingerprint=machine.fingerprint,
            online=_is_online(store, machine.id, now),
        )
        for machine in machines
    ]


def _is_online(store: Store, machine: str, now: float) -> bool:
    latest = store.latest_of(machine)
    if latest is None:
        return False
    facts = Facts(
        standing=MachineState.ACTIVE,
        heard=latest.heard,
        beat=latest.beat,
        word=latest.word,
        word_at=latest.word_at,
    )
    return presence_of(facts, Hearing(back=-math.inf), always, now).state is State.ONLINE


def place(machines: Iterable[Machine], room: Room, wanted: int = 0) -> tuple[int, str]:
    """A free seat in the room and its alias in the school: the wanted one where it is free, else the lowest.

    `machines` are all of the school. Aliases are `tin1-07`, with the site before it outside the main one.
    """
    prefix = room.code if room.site == MAIN_SITE else f"{room.site}-{room.code}"
    seats: set[int] = set()
    aliases: set[str] = set()
    for machine in machines:
        aliases.add(machine.alias)
        if machine.path == room.path:
            seats.add(machine.seat)
    wished = [wanted] if 0 < wanted <= _LARGEST_SEAT else []
    candidates = ((seat, f"{prefix.lower()}-{seat:02d}") for seat in itertools.chain(wished, itertools.count(1)))
    return next(pair for pair in candidates if pair[0] not in seats and pair[1] not in aliases)


def admit(
    writer: Writer,
    decision: Decision,
    *,
    room: Room,
    fingerprint: Fingerprint,
    now: float,
    seat: int = 0,
    moves: bool = False,
) -> Admitted:
    """Writes the record and a fresh credential for it, and logs it.

    With `moves` a record that comes back takes the room, standing and hardware that the decision speaks of (an install
    code says where the PC stands); without, it stays as it is.
    """
    state = MachineState(decision.standing)
    if decision.fate is Fate.NEW:
        number, alias = place(writer.machines_of_school(room.school), room, seat)
        machine = Machine(
            id=secrets.token_hex(8),
            school=room.school,
            site=room.site,
            room=room.code,
            alias=alias,
            seat=number,
            state=state,
            fingerprint=fingerprint,
            enrolled=now,
            pending_reason=decision.reason,
        )
        writer.put_machine(machine)
    else:
        found = writer.machine(decision.record)
        if found is None:
            raise LookupError(decision.record)
        machine = found
        if moves:
            machine = msgspec.structs.replace(
                machine,
                state=state,
                pending_reason=decision.reason,
                fingerprint={**machine.fingerprint, **fingerprint},
            )
            if machine.path != room.path:
                others = [one for one in writer.machines_of_school(room.school) if one.id != machine.id]
                number, alias = place(others, room, seat)
                machine = msgspec.structs.replace(machine, site=room.site, room=room.code, seat=number, alias=alias)
                moved = f"{found.path} {found.alias} -> {machine.path} {machine.alias}"
                writer.log(Change(at=now, actor=ACTOR, action="machine.move", subject=machine.id, detail=moved))
            writer.put_machine(machine)
        _forget_unused(writer, machine.id)
    credential = secrets.token_urlsafe(32)
    writer.put_credential(Credential(digest=digest_of(credential), machine=machine.id, issued=now))
    if decision.fate is Fate.BACK and not moves:
        # A disk that forgets comes back each morning: nothing has changed that anybody wants to read of.
        return Admitted(machine=machine, credential=credential)
    detail = f"{machine.path} {machine.alias} {machine.state}"
    writer.log(Change(at=now, actor=ACTOR, action=f"enrol-{decision.fate}", subject=machine.id, detail=detail))
    return Admitted(machine=machine, credential=credential)


def _forget_unused(writer: Writer, machine: str) -> None:
    unused = [one for one in writer.credentials_of(machine) if not one.first_used and not one.revoked]
    for one in unused[: max(0, len(unused) + 1 - _UNUSED_KEPT)]:
        writer.forget_credential(one.digest)


def salted(writer: Writer, code: str) -> School | None:
    """The school, with a salt for its hashed columns from now on."""
    school = writer.school(code)
    if school is not None and not school.salt:
        school = msgspec.structs.replace(school, salt=secrets.token_hex(16))
        writer.put_school(school)
    return school


def welcome(register: Register, granted: Granted, admitted: Admitted) -> Answer:
    """201: who this machine is from now on."""
    machine = admitted.machine
    school = register.schools.get(machine.school)
    return good(
        201,
        EnrolAnswer(
            machine=machine.id,
            credential=admitted.credential,
            state=machine.state,
            place=machine.path,
            alias=machine.alias,
            salt=school.salt if school else "",
            settings=granted(register, machine),
        ),
    )
