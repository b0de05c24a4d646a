"""How a machine gets its credential: with a room's install code, or, being a clone, with its ticket."""

import re
from collections.abc import Callable

import msgspec

from schooldrum_agent.faults import Failed, Fault, fault_of
from schooldrum_agent.proxy import Proxy
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.state import Identity
from schooldrum_agent.trust import fetch_authority, pin_of, trust_only
from schooldrum_agent.uplink import Answer, Uplink, read_endpoint
from schooldrum_wire.messages import EnrolAnswer, EnrolRequest, Trouble
from schooldrum_wire.report import Fingerprint
from schooldrum_wire.settings import Settings, accept
from schooldrum_wire.token import Token

_CREATED = (200, 201)
_FORBIDDEN = 403
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]{1,300}\Z")
_SALT = re.compile(r"(?:[0-9a-f]{2}){0,64}\Z")
_LONGEST_MESSAGE = 300
_LANGUAGES = 2
_LONGEST_TICKET = 400


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """Who this machine is from now on, the settings it begins with, and what of them it would not take."""

    identity: Identity
    settings: Settings
    refusals: tuple[str, ...]


def enrol(
    token: Token,
    collector: str,
    *,
    fingerprint: Fingerprint,
    host: dict[str, str],
    clock: Callable[[], float],
    proxy: Proxy | None = None,
    authority: str = "",
    seat: int = 0,
    frozen: bool | None = None,
    before: Identity | None = None,
) -> Enrolled:
    """Adds this machine to the room of the install code.

    The code pins the collector's authority: its certificate is fetched (or given in `authority`, PEM), compared with
    the pin, and only the connection that it verifies carries the code. `host` is {system, release}; `seat` asks for the
    number on the sticker, 0 for the next; `clock` gives seconds. `before` is who this machine was until now: the office
    that gave it its key is shown it, so that this PC gets its place again.

    Raises:
        Failed: with the word and, in the detail, what the collector said.
    """
    endpoint = read_endpoint(collector)
    if endpoint.secure:
        if not authority:
            authority = fetch_authority(endpoint, token.authority, clock=clock, proxy=proxy)
        try:
            pinned = pin_of(authority) == token.authority
        except ValueError as problem:
            raise Failed(Fault.PIN, "the given file holds no certificate (PEM)") from problem
        if not pinned:
            raise Failed(Fault.PIN, "the given certificate is not the one the install code names")
    else:
        authority = ""
    uplink = Uplink(endpoint, trust=trust_only(authority), clock=clock, proxy=proxy)
    request = EnrolRequest(
        token=str(token),
        credential=_key_of(before, authority, collector.strip()),
        fingerprint=fingerprint,
        host=host,
        seat=seat,
        frozen=frozen,
    )
    try:
        answer = uplink.post("/v1/enrol", msgspec.json.encode(request), packed=False)
    finally:
        uplink.close()
    if answer.status == _FORBIDDEN:
        raise refused(answer, Fault.TOKEN)
    return _enrolled(
        answer,
        Identity(
            machine="", credential="", place="", alias="", state="", collector=collector.strip(), authority=authority
        ),
        fingerprint=fingerprint,
        standing=Settings(),
        leaf_start=uplink.leaf_start,
    )


def _key_of(before: Identity | None, authority: str, collector: str) -> str:
    """The key that this very office gave; empty where there is none. No other office is ever shown it."""
    if before is None:
        return ""
    if not (authority and before.authority):
        return before.credential if (before.authority, before.collector) == (authority, collector) else ""
    try:
        return before.credential if pin_of(before.authority) == pin_of(authority) else ""
    except ValueError:
        return ""


def repair(
    uplink: Uplink, identity: Identity, ticket: str, *, fingerprint: Fingerprint, host: dict[str, str], not_before: int
) -> Enrolled:
    """Gives a clone a record and a credential of its own, without a person. `not_before` is never lowered by it.

    Raises:
        Failed: with the word and what the collector said.
    """
    request = EnrolRequest(credential=identity.credential, ticket=ticket, fingerprint=fingerprint, host=host)
    answer = uplink.post("/v1/enrol", msgspec.json.encode(request), packed=False)
    return _enrolled(
        answer,
        identity,
        fingerprint=fingerprint,
        # Another record's settings are no newer version of these; only the certificate's start is never lowered.
        standing=Settings(not_before=not_before),
        leaf_start=uplink.leaf_start,
    )


def _enrolled(
    answer: Answer, before: Identity, *, fingerprint: Fingerprint, standing: Settings, leaf_start: int
) -> Enrolled:
    if answer.status not in _CREATED:
        raise refused(answer)
    try:
        raw = msgspec.json.decode(answer.body)
        # Settings are read by their own, forgiving reader: one value out of bounds must not undo an enrolment.
        offered = raw.pop("settings", {}) if isinstance(raw, dict) else {}
        given = msgspec.convert(raw, EnrolAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Failed(Fault.GARBLED, "the collector's answer to the enrolment cannot be read") from problem
    sound = _CREDENTIAL.match(given.credential) and _SALT.match(given.salt)
    if not sound or not all(_PLAIN.match(text) for text in (given.machine, given.state, given.place, given.alias)):
        raise Failed(Fault.GARBLED, "the collector's answer to the enrolment is incomplete")
    settings, refusals = take_settings(offered, standing, leaf_start=leaf_start)
    identity = msgspec.structs.replace(
        before,
        machine=given.machine,
        credential=given.credential,
        place=given.place,
        alias=given.alias,
        state=given.state,
        fingerprint=fingerprint,
        salt=given.salt,
    )
    return Enrolled(identity=identity, settings=settings, refusals=refusals)


def take_settings(offered: object, standing: Settings, *, leaf_start: int) -> tuple[Settings, tuple[str, ...]]:
    """What of offered settings is taken, and a sentence for each value that is not.

    `leaf_start` is when the certificate that the collector just showed begins (epoch seconds): a `not_before` above it
    would lock this agent out from the very collector that set it.
    """
    settings, refusals = accept(offered, standing)
    if settings.not_before > max(standing.not_before, leaf_start):
        refusals = (*refusals, "not_before: later than the start of the certificate just presented")
        settings = msgspec.structs.replace(settings, not_before=standing.not_before)
    return settings, refusals


def read_trouble(body: bytes) -> Trouble:
    """What the collector said of a request it did not take; empty words where it said nothing readable."""
    try:
        said = msgspec.json.decode(body, type=Trouble)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Trouble(error="", message="")
    lines = said.message.split("\n")
    # Vietnamese and English, a line each; what has another shape is one sentence for both.
    shown = lines if len(lines) == _LANGUAGES else ["".join(lines)]
    tidy = ["".join(character for character in line[:_LONGEST_MESSAGE] if character.isprintable()) for line in shown]
    return Trouble(
        error=said.error[:40],
        message="\n".join(tidy),
        ticket=said.ticket if len(said.ticket) <= _LONGEST_TICKET else "",
    )


def refused(answer: Answer, fault: Fault | None = None) -> Failed:
    """The failure that an answer other than success stands for; `fault` where its status says less."""
    status, message = f"status {answer.status}", read_trouble(answer.body).message
    vietnamese, _, english = message.partition("\n")
    english = english or vietnamese
    return Failed(
        fault or fault_of(answer.status),
        f"{status}: {english}" if message else status,
        retry_after=answer.retry_after,
        said=Sentence(f"{status}: {vietnamese}", f"{status}: {english}") if message else None,
    )
