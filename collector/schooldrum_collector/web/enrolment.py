"""How a PC comes in with an install code. The decision is judge/identity.py's; clones are repair.py's."""

import hmac
import re
from collections.abc import Callable
from functools import partial

import msgspec

from schooldrum_collector.judge.identity import Decision, Fate, best_match, by_token
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store, Writer
from schooldrum_collector.store.records import Machine, Room, RoomToken
from schooldrum_collector.web.admission import Admitted, Granted, admit, digest_of, records_of, salted, welcome
from schooldrum_collector.web.answer import Answer, trouble
from schooldrum_collector.web.clerk import Clerk
from schooldrum_collector.web.repair import Repairs, crowded, own_record
from schooldrum_collector.web.speakers import Speakers, line_of
from schooldrum_collector.web.throttle import Throttle
from schooldrum_wire.fingerprint import WEIGHTS
from schooldrum_wire.limits import FINGERPRINT_ITEMS
from schooldrum_wire.messages import EnrolRequest
from schooldrum_wire.report import Fingerprint
from schooldrum_wire.token import Token, read_token

_ITEM = re.compile(r"[0-9a-f]{16}\Z")
_IDS_KEPT = 1000

_decoder = msgspec.json.Decoder(EnrolRequest)


def _known_kinds(fingerprint: Fingerprint) -> Fingerprint:
    """Without kinds that a newer agent may send.

    Raises:
        ValueError: a kind that is known holds something else than hashes.
    """
    known = {kind: items for kind, items in fingerprint.items() if kind in WEIGHTS and items}
    for kind, items in known.items():
        if len(items) > FINGERPRINT_ITEMS or not all(_ITEM.match(item) for item in items):
            raise ValueError(f"fingerprint.{kind} is no list of up to {FINGERPRINT_ITEMS} hashes of 16 hex digits")
    return known


class Enrolments:
    """POST /v1/enrol. `pin` is the authority's, which install codes carry."""

    def __init__(
        self,
        store: Store,
        clerk: Clerk,
        speakers: Speakers,
        repairs: Repairs,
        *,
        pin: str,
        now: Callable[[], float],
        granted: Granted,
        say: Say,
    ) -> None:
        self._store = store
        self._clerk = clerk
        self._speakers = speakers
        self._repairs = repairs
        self._pin = pin
        self._now = now
        self._granted = granted
        self._say = say
        self._failures = Throttle(burst=10, per_second=1 / 60, keys=_IDS_KEPT)
        self._strangers = Throttle(burst=100, per_second=1, keys=1)
        self._returns = Throttle(burst=60, per_second=1 / 60, keys=_IDS_KEPT)
        self._digests: dict[str, str] = {}

    async def take(self, plain: bytes, address: str) -> Answer:
        """The answer to a plain body that came from this address.

        Raises:
            Overloaded, Full: as the store says.
        """
        try:
            request = _decoder.decode(plain)
            request = msgspec.structs.replace(request, fingerprint=_known_kinds(request.fingerprint))
        except msgspec.ValidationError as problem:
            return trouble(422, "malformed", f"The request has a wrong value: {problem}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return trouble(400, "malformed", "The request is not JSON.")
        except ValueError as problem:
            return trouble(422, "malformed", f"The request has a wrong value: {problem}")
        if request.token:
            return await self._by_token(request, line_of(address))
        if request.credential:
            return await self._repairs.enrol(request)
        return trouble(422, "malformed", "The request holds neither a token nor a credential.")

    async def _by_token(self, request: EnrolRequest, line: str) -> Answer:
        now = self._now()
        try:
            token = read_token(request.token)
        except ValueError:
            return self._bad_token()
        digest = digest_of(token.secret)
        known = self._digests.get(token.id, "")
        # Codes nobody has seen are looked up at a bounded pace: a flood of them must not hold up who reports.
        spent = self._failures.is_spent(token.id, now) or (not known and self._strangers.is_spent("", now))
        if spent and not hmac.compare_digest(known, digest):
            return self._too_often()
        outcome = await self._clerk.do(lambda: self._enrol(token, digest, request, line, now))
        if isinstance(outcome, Answer):
            return outcome
        if outcome.credential != request.credential:
            self._speakers.forget(outcome.machine.id, frozen=request.frozen)
        return welcome(self._store.register(), self._granted, outcome)

    def _enrol(self, token: Token, digest: str, request: EnrolRequest, line: str, now: float) -> Admitted | Answer:
        with self._store.writing() as writer:
            known = writer.token(token.id)
            if known is not None:
                self._remember(known)
            if known is None or token.authority != self._pin or not hmac.compare_digest(known.digest, digest):
                self._failures.wait(token.id, 1, now)
                self._strangers.wait("", 1 if known is None else 0, now)
                return self._bad_token()
            room = writer.room(known.path)
            if room is None or known.revoked:
                return self._bad_token()
            return self._of_room(writer, known, room, request, line=line, now=now)

    def _of_room(
        self, writer: Writer, known: RoomToken, room: Room, request: EnrolRequest, *, line: str, now: float
    ) -> Admitted | Answer:
        own = own_record(writer, request)
        came = frozenset(writer.enrolled_by(known.id))
        spent = known.uses <= 0 or known.expires <= now
        if spent and own is not None and own.id in came:
            # Its key says more than the code does: it is told what it has, and nothing is changed.
            return Admitted(machine=own, credential=request.credential)
        lines = writer.egresses(room.school)
        records = records_of(writer.machines_of_school(room.school), self._store, now)
        decide = partial(
            by_token,
            records,
            room=room.path,
            seats=room.seats,
            fingerprint=request.fingerprint,
            line_known=not lines
            or line in lines
            or line in self._speakers.lines(self._store.register(), room.school, now),
            own=own.id if own else "",
        )
        decision = decide()
        again = decision.record in came and _asks_again(writer, decision, own)
        if spent and not (again and known.expires > now):
            if best_match([one for one in records if one.id in came], request.fingerprint) is None:
                return self._bad_token()
            decision = decide(spent=True)
        if decision.fate is Fate.REFUSED:
            return crowded(self._say)
        # Uses bound how many PCs come in, not how often one of them is imaged anew.
        costless = again or spent or (decision.fate is Fate.BACK and decision.record in {*came, own.id if own else ""})
        if costless and self._returns.wait(known.id, 1, now):
            return self._too_often()
        salted(writer, room.school)
        admitted = admit(
            writer,
            decision,
            room=room,
            fingerprint=request.fingerprint,
            now=now,
            seat=request.seat,
            moves=True,
        )
        if not costless:
            writer.put_token(msgspec.structs.replace(known, uses=known.uses - 1))
        if not costless or decision.fate is Fate.NEW:
            writer.note_enrolment(admitted.machine.id, known.id, line, now)
        return admitted

    def _remember(self, known: RoomToken) -> None:
        self._digests.pop(known.id, None)
        self._digests[known.id] = known.digest
        if len(self._digests) > _IDS_KEPT:
            del self._digests[next(iter(self._digests))]

    def _too_often(self) -> Answer:
        return trouble(
            429,
            "busy",
            self._say(
                "Mã cài đặt này đã bị nhập quá nhiều lần; hãy đợi một phút rồi thử lại.",
                "This install code has been given too often; wait a minute and try again.",
            ),
            retry_after=60,
        )

    def _bad_token(self) -> Answer:
        return trouble(
            403,
            "token",
            self._say(
                "Mã cài đặt này không dùng được: sai, hết hạn, hết lượt hoặc đã bị thu hồi. Hãy xin mã mới.",
                "This install code cannot be used: it is wrong, expired, used up or revoked. Ask for a new one.",
            ),
        )


def _asks_again(writer: Writer, decision: Decision, own: Machine | None) -> bool:
    """Whether the record's own PC asks: it shows its key, or nobody has shown one (the answer was lost on the way)."""
    if own is not None and own.id == decision.record:
        return True
    return not any(one.first_used for one in writer.credentials_of(decision.record))
