"""How a clone becomes a machine of its own: a ticket for who shows a credential of other hardware, then a record."""

import hashlib
import secrets
from collections.abc import Callable
from typing import TypeVar

import msgspec

from schooldrum_collector.judge.identity import Fate, best_match, by_repair, is_other_hardware
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store, Writer
from schooldrum_collector.store.records import Credential, Machine, MachineState, Ticket
from schooldrum_collector.web.admission import Admitted, Granted, admit, digest_of, records_of, salted, welcome
from schooldrum_collector.web.answer import Answer, trouble
from schooldrum_collector.web.clerk import Clerk
from schooldrum_collector.web.throttle import Throttle
from schooldrum_wire.messages import EnrolRequest
from schooldrum_wire.report import Fingerprint

TICKET_SECONDS = 600.0
_REUSED_UNTIL = 120.0
_TICKETS_KEPT = 5000
_IMAGES_KEPT = 20_000
_CROWDED_SECONDS = 3600


def fingerprint_code(fingerprint: Fingerprint) -> str:
    """One text for a whole fingerprint: what a ticket is bound to."""
    return hashlib.sha256(msgspec.json.encode(fingerprint, order="deterministic")).hexdigest()


def unknown_credential(say: Say) -> Answer:
    """401: nothing is said of whether there ever was such a credential."""
    return trouble(
        401,
        "credential",
        say(
            "Khóa của máy này không có hoặc đã bị thu hồi. Hãy cài lại máy này bằng mã cài đặt mới.",
            "This PC's key is unknown or has been revoked. Enrol this PC again with a new install code.",
        ),
    )


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _keep(kept: dict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    """Puts it last; the one put in longest ago makes room."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


class Repairs:
    """Tickets and repairs. Works of a clone that floods are bounded per credential shown, never per address."""

    def __init__(self, store: Store, clerk: Clerk, *, now: Callable[[], float], granted: Granted, say: Say) -> None:
        self._store = store
        self._clerk = clerk
        self._now = now
        self._granted = granted
        self._say = say
        self._pace = Throttle(burst=300, per_second=0.5, keys=5000)
        self._tickets: dict[tuple[str, str], tuple[str, float]] = {}
        self.images: dict[str, float] = {}
        """Credentials (digests) that other hardware than their record's has shown, and when: they live in images."""

    async def clone(self, shown: Credential, fingerprint: Fingerprint) -> Answer:
        """409 with a ticket for a PC that showed this credential with other hardware than its record's.

        Also for a credential that has ended, where only a newer one of the same record had ended it, or where the
        hardware has a record of its own in the room: an image keeps for years what was good when it was taken, and the
        PCs made from it must not go dark because one of them was set up anew. 401 for any other.
        """
        now = self._now()
        key = (shown.digest, fingerprint_code(fingerprint))
        ticket, expires = self._tickets.get(key, ("", 0.0))
        if expires - now < _REUSED_UNTIL:
            if wait := self._pace.wait(shown.digest, 1, now):
                return self._busy(wait)
            ticket = secrets.token_urlsafe(32)
            if not await self._clerk.do(lambda: self._write_ticket(shown.digest, ticket, fingerprint, now)):
                return unknown_credential(self._say)
            _keep(self._tickets, key, (ticket, now + TICKET_SECONDS), _TICKETS_KEPT)
            _keep(self.images, shown.digest, now, _IMAGES_KEPT)
        return trouble(
            409,
            "clone",
            self._say(
                "Khóa này là của một máy khác: máy này được bung từ ổ của máy đó. Máy sẽ tự nhận khóa riêng.",
                "This key belongs to another PC: this PC was made from its image. It will get a key of its own.",
            ),
            ticket=ticket,
        )

    async def enrol(self, request: EnrolRequest) -> Answer:
        """POST /v1/enrol {credential, fingerprint, ticket?}: nothing to repair, or a ticket, or a record of its own."""
        now = self._now()
        shown = self._store.who(digest_of(request.credential))
        register = self._store.register()
        machine = register.machines.get(shown.machine) if shown else None
        if shown is None or machine is None:
            return unknown_credential(self._say)
        if is_good(shown, machine) and not is_other_hardware(machine.fingerprint, request.fingerprint):
            return welcome(register, self._granted, Admitted(machine=machine, credential=request.credential))
        if not request.ticket:
            return await self.clone(shown, request.fingerprint)
        if wait := self._pace.wait(shown.digest, 1, now):
            return self._busy(wait)
        repaired = await self._clerk.do(lambda: self._repair(shown.digest, request, now))
        self._tickets.pop((shown.digest, fingerprint_code(request.fingerprint)), None)
        if repaired is None:
            return await self.clone(shown, request.fingerprint)
        if isinstance(repaired, Answer):
            return repaired
        return welcome(self._store.register(), self._granted, repaired)

    def _write_ticket(self, digest: str, ticket: str, fingerprint: Fingerprint, now: float) -> bool:
        with self._store.writing() as writer:
            shown = writer.credential(digest)
            machine = writer.machine(shown.machine) if shown else None
            if shown is None or machine is None or not self._may_repair(writer, shown, machine, fingerprint, now):
                return False
            writer.put_ticket(
                Ticket(
                    digest=digest_of(ticket),
                    credential=digest,
                    path=machine.path,
                    fingerprint=fingerprint_code(fingerprint),
                    expires=now + TICKET_SECONDS,
                ),
            )
            return True

    def _may_repair(
        self,
        writer: Writer,
        shown: Credential,
        machine: Machine,
        fingerprint: Fingerprint,
        now: float,
    ) -> bool:
        if is_good(shown, machine):
            return True
        own = best_match(records_of(writer.machines_of_room(machine.path), self._store, now), fingerprint)
        if own is not None and own.id != machine.id:
            return True
        ended_by_newer = any(not one.revoked for one in writer.credentials_of(machine.id))
        return machine.state is not MachineState.RETIRED and ended_by_newer

    def _repair(self, digest: str, request: EnrolRequest, now: float) -> Admitted | Answer | None:
        with self._store.writing() as writer:
            ticket = writer.take_ticket(digest_of(request.ticket))
            shown = writer.credential(digest)
            machine = writer.machine(shown.machine) if shown else None
            if (
                ticket is None
                or machine is None
                or ticket.expires <= now
                or ticket.credential != digest
                or ticket.path != machine.path
                or ticket.fingerprint != fingerprint_code(request.fingerprint)
            ):
                return None
            room = writer.room(machine.path)
            if room is None:
                return unknown_credential(self._say)
            decision = by_repair(
                records_of(writer.machines_of_room(room.path), self._store, now),
                room=room.path,
                seats=room.seats,
                fingerprint=request.fingerprint,
            )
            if decision.fate is Fate.REFUSED:
                return crowded(self._say)
            salted(writer, room.school)
            # Its address is not noted: a stolen key must not make the thief's line one of the school's.
            return admit(writer, decision, room=room, fingerprint=request.fingerprint, now=now, seat=request.seat)

    def _busy(self, wait: int) -> Answer:
        return trouble(
            429,
            "busy",
            self._say(
                "Quá nhiều máy đang xin khóa riêng bằng cùng một khóa; hãy đợi rồi thử lại.",
                "Too many PCs ask for a key of their own with this one key; wait and try again.",
            ),
            retry_after=wait,
        )


def is_good(shown: Credential, machine: Machine) -> bool:
    """Whether a credential opens the door for its machine."""
    return not shown.revoked and machine.state is not MachineState.RETIRED


def own_record(writer: Writer, request: EnrolRequest) -> Machine | None:
    """The record whose good key a PC shows, unless its hardware is surely another's."""
    shown = writer.credential(digest_of(request.credential)) if request.credential else None
    machine = writer.machine(shown.machine) if shown else None
    if shown is None or machine is None or not is_good(shown, machine):
        return None
    return None if is_other_hardware(machine.fingerprint, request.fingerprint) else machine


def crowded(say: Say) -> Answer:
    """429: as many PCs wait for approval in the room as may."""
    return trouble(
        429,
        "busy",
        say(
            "Phòng này đã có quá nhiều máy chờ duyệt. Hãy duyệt hoặc xóa chúng, hoặc sửa số máy của phòng.",
            "Too many PCs of this room already wait for approval. Approve or remove them, or correct the room's seats.",
        ),
        retry_after=_CROWDED_SECONDS,
    )
