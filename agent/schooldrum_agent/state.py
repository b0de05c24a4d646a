"""Who this machine is to its collector, and what was agreed with it: the few files that outlive the agent."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from schooldrum_agent.private import Hold, hold, make_private, read_bounded, write_whole
from schooldrum_wire.around import accept_around
from schooldrum_wire.report import Fingerprint
from schooldrum_wire.settings import Settings, accept

_T = TypeVar("_T")
_IDENTITY = "identity.json"
_IDENTITY_COPY = "identity.copy.json"
_SETTINGS = "settings.json"
_SECTIONS = "sections.json"
_STARTS = "starts.json"
_DELIVERY = "delivery.json"
_NETWORKS = "networks.json"
_PAGE = "page.json"
_DAMAGED = ".damaged"
DELIVERED = "delivered"
_SEAL = b',"sha256":"'
_SEALED_BYTES = len(_SEAL) + 64 + len(b'"}')


class _Altered(Exception):  # noqa: N818 - it names what is wrong with a file
    """A file says another digest of itself than it has."""


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, _Altered)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What enrolment gave: who this machine is, where, and to whom it reports.

    `place` is `CODE/SITE/ROOM`, `alias` the label in the school, `state` active or pending, `collector` the address,
    `authority` the pinned certificate (PEM; empty for a collector on this very machine), `fingerprint` the hardware
    that was enrolled, `salt` the school's (hex) for hashed columns.
    """

    machine: str
    credential: str
    place: str
    alias: str
    state: str
    collector: str
    authority: str = ""
    fingerprint: Fingerprint = {}
    salt: str = ""

    def __repr__(self) -> str:
        return f"Identity(machine={self.machine!r}, place={self.place!r}, alias={self.alias!r}, state={self.state!r})"


class LastDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """How delivering goes, for `doctor`: the word (empty, "delivered", or a fault's), since when by this PC's clock.

    `latest` is when a report arrived last, 0 where that is not known.
    """

    word: str = ""
    detail: str = ""
    since: float = 0.0
    latest: float = 0.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept, as another process (`doctor`) may look at it while the agent runs."""

    identity: Identity | None
    settings: Settings
    delivery: LastDelivery
    starts: int
    identity_lost: bool = False
    """Whether there is no identity although this machine was enrolled: both of its files are damaged."""
    page: str = ""
    """Where the office's pages for people are."""


class State:
    """The state directory while one agent owns it.

    What is kept is in force at once, even where the disk is full; `unsaved` names the files that could not be written
    and `save` tries again.
    """

    def __init__(self, directory: Path, held: Hold, notes: tuple[str, ...]) -> None:
        self.directory = directory
        self.notes = list(notes)
        """Sentences for the log: what was damaged, what could not be protected."""
        self.unsaved: dict[str, str] = {}
        self._held = held
        self.identity = self._whole_identity()
        self.settings = _clamped(self._read(_SETTINGS, Settings))
        self.sections = self._read(_SECTIONS, dict[str, str]) or {}
        """Digest of each section as the collector last acknowledged it."""
        self.starts = self._read(_STARTS, int) or 0
        self.delivery = _as_kept(self._read(_DELIVERY, LastDelivery))
        self.networks = self._read(_NETWORKS, tuple[str, ...]) or ()
        """Codes of the networks in which this machine is at its school (schooldrum_wire.around)."""
        self.page = self._read(_PAGE, str) or ""
        """Where the office's pages for people are; empty as long as it has not said so."""

    @property
    def identity_lost(self) -> bool:
        """Whether there is no identity although this machine was enrolled: both of its files are damaged."""
        return self.identity is None and _was_enrolled(self.directory)

    @property
    def starts_on_disk(self) -> int:
        """The count of this start, or 0 (nothing is told) where it could not be written.

        Told all the same, it would not grow from start to start, and a full disk would pass for one that forgets.
        """
        return 0 if _STARTS in self.unsaved else self.starts

    def _whole_identity(self) -> Identity | None:
        """Who this machine is; of the two files that say it, one that is lost is written again from the other.

        Which one is newer where both can be read is not known, so there both stay.
        """
        kept = {name: self._read(name, Identity) for name in (_IDENTITY, _IDENTITY_COPY)}
        identity = kept[_IDENTITY] or kept[_IDENTITY_COPY]
        for name, found in kept.items():
            if identity is not None and found is None:
                self._keep(name, identity)
                told = f"{name} was written again: it says as what this PC is enrolled"
                self.notes.append(self.unsaved.get(name, told))
        return identity

    def _read(self, name: str, shape: type[_T]) -> _T | None:
        path = self.directory / name
        try:
            raw = read_bounded(path)
            return None if raw is None else _decoded(raw, shape)
        except _UNREADABLE as problem:
            aside = path.with_name(name + _DAMAGED)
            try:
                path.replace(aside)
                done = f"it was moved to {aside.name}"
            except OSError as stays:
                done = f"it could not be moved to {aside.name}: {stays.strerror or stays}"
            self.notes.append(f"{name} was damaged ({problem}); {done}")
        except OSError as problem:
            self.notes.append(f"{name} could not be read: {problem.strerror or problem}")
        return None

    def _keep(self, name: str, value: Any) -> None:
        try:
            raw = msgspec.json.encode(value)
            write_whole(self.directory / name, _sealed(raw) if isinstance(value, Identity) else raw)
            self.unsaved.pop(name, None)
        except OSError as problem:
            self.unsaved[name] = f"{name} could not be written: {problem.strerror or problem}"

    def begin(self) -> int:
        """Counts this start on disk and returns the count; where the disk forgets, the count does not grow."""
        self.starts += 1
        self._keep(_STARTS, self.starts)
        return self.starts

    def keep_identity(self, identity: Identity) -> None:
        """Who the machine is from now on. Written twice: without it somebody has to walk to this PC."""
        if identity == self.identity:
            return
        known_elsewhere = self.identity is not None and self.identity.machine != identity.machine
        self.identity = identity
        self._keep(_IDENTITY, identity)
        self._keep(_IDENTITY_COPY, identity)
        if known_elsewhere and self.sections:
            # Another record knows nothing of this machine's inventory yet.
            self.sections = {}
            self._keep(_SECTIONS, self.sections)

    def keep_settings(self, settings: Settings) -> None:
        """The settings in force from now on."""
        if settings != self.settings:
            self.settings = settings
            self._keep(_SETTINGS, settings)

    def acknowledge_sections(self, digests: dict[str, str]) -> None:
        """The collector holds these sections as they are now."""
        if any(self.sections.get(name) != digest for name, digest in digests.items()):
            self.sections = {**self.sections, **digests}
            self._keep(_SECTIONS, self.sections)

    def forget_sections(self, names: tuple[str, ...]) -> None:
        """The collector wants these sections again."""
        if any(name in self.sections for name in names):
            self.sections = {name: digest for name, digest in self.sections.items() if name not in names}
            self._keep(_SECTIONS, self.sections)

    def keep_networks(self, networks: tuple[str, ...]) -> None:
        """The networks of the school from now on."""
        if networks != self.networks:
            self.networks = networks
            self._keep(_NETWORKS, networks)

    def keep_page(self, page: str) -> None:
        """Where the office's pages are from now on: shown to people at this PC, and never connected to."""
        if page != self.page:
            self.page = page
            self._keep(_PAGE, page)

    def note_delivery(self, word: str, detail: str, wall: float) -> None:
        """How delivering goes; written only when the word changes, so that a quiet PC writes nothing."""
        latest = wall if word == DELIVERED else self.delivery.latest
        if word != self.delivery.word:
            self.delivery = LastDelivery(word=word, detail=detail[:300], since=wall, latest=latest)
            self._keep(_DELIVERY, self.delivery)
        elif latest != self.delivery.latest:
            self.delivery = msgspec.structs.replace(self.delivery, latest=latest)

    def save(self) -> None:
        """Tries again what a full disk did not take."""
        held = {
            _IDENTITY: self.identity,
            _IDENTITY_COPY: self.identity,
            _SETTINGS: self.settings,
            _SECTIONS: self.sections,
            _STARTS: self.starts,
            _DELIVERY: self.delivery,
            _NETWORKS: self.networks,
            _PAGE: self.page,
        }
        for name in tuple(self.unsaved):
            self._keep(name, held[name])

    def close(self) -> None:
        """Lets the next agent in."""
        self._held.release()


def _sealed(raw: bytes) -> bytes:
    """An object in JSON that tells its own digest, so that a letter gone wrong in a certificate is noticed."""
    return raw[:-1] + _SEAL + hashlib.sha256(raw).hexdigest().encode() + b'"}'


def _decoded(raw: bytes, shape: type[_T]) -> _T:
    body, seal = raw[:-_SEALED_BYTES] + b"}", raw[-_SEALED_BYTES:]
    # Written by hand, or by an agent that knew no seals, it has none.
    if seal.startswith(_SEAL) and _sealed(body) != raw:
        raise _Altered("its digest is not the one it tells")
    return msgspec.json.decode(raw, type=shape)


def _clamped(settings: Settings | None) -> Settings:
    # An older agent's bounds may have been wider, and a file can be edited: only what this agent accepts is in force.
    return accept(msgspec.to_builtins(settings), Settings())[0] if settings is not None else Settings()


def _as_kept(delivery: LastDelivery | None) -> LastDelivery:
    # While all is delivered nothing is written, so what stands there of the latest report is the first of them.
    if delivery is None or delivery.word == DELIVERED:
        return msgspec.structs.replace(delivery or LastDelivery(), latest=0.0)
    return delivery


def _was_enrolled(directory: Path) -> bool:
    names = (_IDENTITY, _IDENTITY_COPY, _IDENTITY + _DAMAGED, _IDENTITY_COPY + _DAMAGED)
    return any(os.path.lexists(directory / name) for name in names)


def open_state(directory: Path, *, system: str = sys.platform) -> State:
    """Takes the state directory for this agent, making or closing it.

    Raises:
        NotPrivate: the directory is not this program's alone.
        InUse: another agent runs on it.
    """
    notes = make_private(directory, system=system)
    return State(directory, hold(directory, system=system), notes)


def look(directory: Path) -> Standing:
    """What is kept there, without taking, changing or repairing anything; what cannot be read counts as absent.

    Raises:
        PermissionError: this user may not look.
    """

    def read(name: str, shape: type[_T]) -> _T | None:
        try:
            raw = read_bounded(directory / name)
            return None if raw is None else _decoded(raw, shape)
        except PermissionError:
            raise
        except (*_UNREADABLE, OSError):
            return None

    identity = read(_IDENTITY, Identity) or read(_IDENTITY_COPY, Identity)
    return Standing(
        identity=identity,
        identity_lost=identity is None and _was_enrolled(directory),
        settings=_clamped(read(_SETTINGS, Settings)),
        delivery=_as_kept(read(_DELIVERY, LastDelivery)),
        starts=read(_STARTS, int) or 0,
        page=accept_around({"page": read(_PAGE, str)}).page,
    )
