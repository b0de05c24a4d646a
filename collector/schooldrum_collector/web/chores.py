"""Register changes that reports bring about: gathered, and written together at most once a second."""

import asyncio
import enum
import logging
from collections.abc import Container

import msgspec

from schooldrum_collector.judge.rivalry import Outcome, Rivalry, overhear
from schooldrum_collector.store.interface import Full, Overloaded, Store, Writer
from schooldrum_collector.store.records import Change, Credential, Machine
from schooldrum_collector.web.clerk import Clerk

_log = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0
_AFTER_TROUBLE_SECONDS = 30.0
_TOGETHER = 500
_BEATS = 3
_OLDEST_KEPT = 2
_NEWEST_KEPT = 4
"""Ended credentials kept of one machine: a disk that forgets uses one up each morning, for years."""


class Kind(enum.Enum):
    """What is to be written."""

    USED = enum.auto()
    LOOK = enum.auto()
    CONFLICT = enum.auto()
    END = enum.auto()


class Chore(msgspec.Struct, frozen=True):
    """One thing to write about a machine: a credential's first use, a conflict, the end of credentials."""

    kind: Kind
    machine: str
    digest: str
    at: float


class Chores:
    """Gathers chores from the event loop; `run` writes them. What is lost in a crash is noticed again.

    `images` holds credentials that other PCs' disks are known to carry: they are never forgotten.
    """

    def __init__(self, store: Store, clerk: Clerk, images: Container[str]) -> None:
        self._store = store
        self._clerk = clerk
        self._images = images
        self._waiting: dict[tuple[Kind, str, str], Chore] = {}
        self._woken = asyncio.Event()
        self._rivalries: dict[str, Rivalry] = {}

    def heard(self, machine: Machine, credential: Credential, *, first: bool, beat: int, now: float) -> bool:
        """A credential has spoken for this machine; `first` where it is not known yet whether it has older ones.

        The answer is whether an older one speaks beside it.
        """
        rivalry = self._rivalries.get(machine.id)
        if not credential.first_used:
            self._add(Chore(Kind.USED, machine.id, credential.digest, now))
        elif first and rivalry is None and credential.issued > machine.enrolled:
            self._add(Chore(Kind.LOOK, machine.id, credential.digest, now))
        if rivalry is None:
            return False
        known, outcome = overhear(rivalry, credential.digest, now=now, silence=_BEATS * beat)
        self._rivalries[machine.id] = known
        if outcome is Outcome.CONFLICT:
            self.conflict(machine, now)
        elif outcome is Outcome.SETTLED and not machine.conflict:
            del self._rivalries[machine.id]
            for digest in rivalry.older:
                self._add(Chore(Kind.END, machine.id, digest, now))
        return outcome is Outcome.CONFLICT

    def conflict(self, machine: Machine, now: float) -> None:
        """Two PCs speak as this machine: said once, until a person has decided."""
        if not machine.conflict:
            self._add(Chore(Kind.CONFLICT, machine.id, "", now))

    def is_disputed(self, machine: Machine) -> bool:
        """Whether a conflict of this machine waits to be written."""
        return (Kind.CONFLICT, machine.id, "") in self._waiting

    def _add(self, chore: Chore) -> None:
        self._waiting.setdefault((chore.kind, chore.machine, chore.digest), chore)
        self._woken.set()

    async def run(self) -> None:
        """Writes what gathers, until cancelled. Never raises: trouble is logged and tried again later."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                await self.write()
            except (Full, Overloaded) as problem:
                _log.warning("What reports changed in the register is not written yet (%s); it is tried again", problem)
                self._woken.set()
                await asyncio.sleep(_AFTER_TROUBLE_SECONDS)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the door
                _log.exception("What reports changed in the register is not written yet; it is tried again")
                self._woken.set()
                await asyncio.sleep(_AFTER_TROUBLE_SECONDS)

    async def write(self) -> None:
        """Writes all that has gathered by now."""
        while self._waiting:
            batch = list(self._waiting.values())[:_TOGETHER]
            found = await self._clerk.do(lambda: self._write(batch))  # noqa: B023 - it has ended before the next one
            for chore in batch:
                self._waiting.pop((chore.kind, chore.machine, chore.digest), None)
            self._rivalries.update(found)

    def _write(self, batch: list[Chore]) -> dict[str, Rivalry]:
        found: dict[str, Rivalry] = {}
        with self._store.writing() as writer:
            for chore in batch:
                if chore.kind is Kind.CONFLICT:
                    _mark_conflict(writer, chore)
                elif chore.kind is Kind.END:
                    self._end_credential(writer, chore)
                else:
                    rivalry = _look(writer, chore)
                    if rivalry is not None:
                        found[chore.machine] = rivalry
        return found

    def _end_credential(self, writer: Writer, chore: Chore) -> None:
        machine = writer.machine(chore.machine)
        credential = writer.credential(chore.digest)
        if machine is None or machine.conflict or credential is None or credential.revoked:
            return
        writer.put_credential(msgspec.structs.replace(credential, revoked=chore.at))
        ended = [one.digest for one in writer.credentials_of(machine.id) if one.revoked]
        for digest in ended[_OLDEST_KEPT:-_NEWEST_KEPT]:
            if digest not in self._images:
                writer.forget_credential(digest)


def _mark_conflict(writer: Writer, chore: Chore) -> None:
    machine = writer.machine(chore.machine)
    if machine is None or machine.conflict:
        return
    writer.put_machine(msgspec.structs.replace(machine, conflict=True))
    writer.log(Change(at=chore.at, actor="agents-door", action="conflict", subject=machine.id, detail=machine.alias))


def _look(writer: Writer, chore: Chore) -> Rivalry | None:
    """The rivalry in which the credential stands, if any; its first use is written on the way."""
    credential = writer.credential(chore.digest)
    if credential is None:
        return None
    if chore.kind is Kind.USED and not credential.first_used:
        writer.put_credential(msgspec.structs.replace(credential, first_used=chore.at))
    good = [one for one in writer.credentials_of(credential.machine) if not one.revoked]
    used = [one for one in good if one.first_used or one.digest == chore.digest]
    if not used:
        return None
    newest = max(used, key=lambda one: (one.issued, one.digest))
    older = tuple(one.digest for one in good if one.digest != newest.digest and one.issued <= newest.issued)
    if not older:
        return None
    return Rivalry(newest=newest.digest, older=older, since=chore.at)
