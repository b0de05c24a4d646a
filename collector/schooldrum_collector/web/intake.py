"""How a delivery is taken in: who sends it, what of it is sound, that it is durable, and what the machine is told.

Nothing here knows HTTP; one call is one POST /v1/reports.
"""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Coroutine

import msgspec

from schooldrum_collector.judge.identity import is_other_hardware
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Overloaded, Store
from schooldrum_collector.store.records import Arrival, Credential, Machine
from schooldrum_collector.web.admission import Granted
from schooldrum_collector.web.answer import Answer, good, trouble
from schooldrum_collector.web.chores import Chores
from schooldrum_collector.web.letter import (
    Letter,
    Unacceptable,
    past_since,
    read,
    unpack,
    unpack_small,
    without_results,
)
from schooldrum_collector.web.repair import Repairs, is_good, unknown_credential
from schooldrum_collector.web.speakers import Speaker, Speakers
from schooldrum_collector.web.surroundings import Surroundings
from schooldrum_collector.web.throttle import Throttle
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.messages import ReportsAnswer
from schooldrum_wire.section import Values

_log = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()
_BEARER = "Bearer "
IN_THE_LOOP = 64 * 1024
"""Larger bodies are read in a thread: they take up to a second, and everyone else would wait."""
_LARGE_AT_ONCE = 2
_LARGE_WAITING = 50
_LARGE_RETRY_SECONDS = 10
ASKED_AGAIN_SECONDS = 6 * 3600.0
BYTES_AT_ONCE = 64 << 20
BYTES_PER_SECOND = 16 << 10
"""What one machine may send in the long run; a month's spool passes at once, a hostile PC fills no disk in a day."""
_PLAIN_SHARE = 4
"""Unpacked bytes count a quarter: so much and more is usual, and what packs far better is work for nothing."""
_REFUSED_BYTES = 64
_UNREADABLE_BYTES = 256 << 10
_SENDERS_WATCHED = 200_000


class Underway(msgspec.Struct, frozen=True, gc=False):
    """A delivery on its way into the store, with what its answer will be made of."""

    shown: Credential
    machine: Machine
    speaker: Speaker
    arrival: Arrival
    letter: Letter
    address: str
    past_since: float


def _nobody(machine: str) -> None:
    del machine


def _no_past(machine: str, since: float) -> None:
    del machine, since


class Intake:
    """Takes deliveries. `counts` is how many of what: reports, refused (readings, rows …), and each word of trouble."""

    def __init__(
        self,
        store: Store,
        speakers: Speakers,
        chores: Chores,
        repairs: Repairs,
        *,
        now: Callable[[], float],
        granted: Granted,
        say: Say,
        rows_came: Callable[[str], None],
        backlog_came: Callable[[str, float], None] = _no_past,
        surroundings: Surroundings | None = None,
    ) -> None:
        self._surroundings = surroundings or Surroundings()
        self._rows_came = rows_came
        self._backlog_came = backlog_came
        self._store = store
        self._speakers = speakers
        self._chores = chores
        self._repairs = repairs
        self._now = now
        self._granted = granted
        self._say = say
        self._bytes = Throttle(burst=BYTES_AT_ONCE, per_second=BYTES_PER_SECOND, keys=_SENDERS_WATCHED)
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._large_waiting = 0
        self._usual: dict[tuple[int, str], Answer] = {}
        self.counts: Counter[str] = Counter()

    def knock(self, authorization: str) -> Credential | Answer:
        """Whose credential this header shows, before anything of the body is read; 401 where nobody's."""
        if not authorization.startswith(_BEARER):
            return unknown_credential(self._say)
        digest = hashlib.sha256(authorization[len(_BEARER) :].encode("utf-8", "replace")).hexdigest()
        credential = self._store.who(digest)
        if credential is None:
            return unknown_credential(self._say)
        return credential

    async def take(self, shown: Credential, body: bytes, *, encoding: str, address: str) -> Answer:
        """The answer to a body; 200 once all that is sound in it survives a power cut.

        Raises:
            Overloaded, Full: as the store says.
        """
        begun = self.begin(shown, body, encoding=encoding, address=address)
        if isinstance(begun, Answer):
            return begun
        if isinstance(begun, Underway):
            return await self._kept(begun)
        return await begun

    def begin(
        self, shown: Credential, body: bytes, *, encoding: str, address: str
    ) -> Answer | Underway | Coroutine[None, None, Answer]:
        """The part of `take` in which nobody waits: the answer, or what is to be stored, or what takes longer.

        What is underway is given to `store`, and the rest of the way is `finish`.

        Raises:
            Overloaded: too many large bodies wait to be read.
        """
        received = self._now()
        register = self._store.register()
        machine = register.machines.get(shown.machine)
        if machine is None:
            return unknown_credential(self._say)
        # With the address: whoever stole the credential spends the allowance of his own line, not the owner's.
        sender = f"{machine.id} {address}"
        if wait := self._bytes.wait(sender, len(body), received):
            return self._too_much(wait)
        letter = self._read(body, encoding, received=received, enrolled=machine.enrolled)
        if letter is None:
            if self._large_waiting >= _LARGE_WAITING:
                raise Overloaded(_LARGE_RETRY_SECONDS)
            self._large_waiting += 1
            return self._take_large(shown, body, encoding, received=received, machine=machine, address=address)
        return self._weighed(shown, letter, len(body), received=received, machine=machine, address=address)

    def _weighed(
        self,
        shown: Credential,
        letter: Letter | Answer,
        packed: int,
        *,
        received: float,
        machine: Machine,
        address: str,
    ) -> Answer | Underway | Coroutine[None, None, Answer]:
        """What becomes of a letter that came in so many bytes."""
        sender = f"{machine.id} {address}"
        if isinstance(letter, Answer):
            self._bytes.wait(sender, _UNREADABLE_BYTES, received)
            return letter
        cost = letter.size // _PLAIN_SHARE + letter.refused * _REFUSED_BYTES
        if cost > packed:
            self._bytes.wait(sender, cost - packed, received)
        fingerprint = letter.delivery.fingerprint
        if not is_good(shown, machine) or is_other_hardware(machine.fingerprint, fingerprint):
            return self._repairs.clone(shown, fingerprint)
        register = self._store.register()
        speaker = self._speakers.of(machine.id)
        if speaker.version != register.version:
            speaker.granted = self._granted(register, machine)
            speaker.around = self._surroundings.told(register, machine, observer=speaker.granted.observer).mark
            speaker.version = register.version
        arrival = self._arrival(letter, machine, speaker, received, address)
        # Hundreds wait at once; their results would push each other out of the processor's caches.
        since = past_since(letter.delivery, clock=arrival.clock, skew=arrival.skew)
        return Underway(shown, machine, speaker, arrival, without_results(letter), address, since)

    def store(self, underway: Underway, told: Callable[[Exception | None], None]) -> None:
        """Gives it to the store; `told(problem)` is called when it is durable (None), or could not be stored.

        Raises:
            Overloaded, Full: as the store says.
        """
        self._store.append_and_tell(underway.arrival, told)

    def finish(self, underway: Underway, problem: Exception | None) -> Answer:
        """The answer once the store has told.

        Raises:
            Overloaded, Full: what the store told.
        """
        machine, speaker, arrival = underway.machine, underway.speaker, underway.arrival
        if problem is not None:
            if not isinstance(problem, ValueError):
                raise problem
            sentence = "A report of %s holds something that cannot be stored; the agent sets it aside"
            _log.error(sentence, machine.id, exc_info=problem)
            return trouble(422, "malformed", "The report holds a value that cannot be stored.")
        if arrival.rows:
            self._rows_came(machine.id)
        if arrival.live is not arrival.body:
            self._backlog_came(machine.id, underway.past_since)
        self._noted(underway.shown, machine, speaker, arrival, underway.address)
        return self._answer(underway.letter, machine, speaker, arrival.received)

    async def _kept(self, underway: Underway) -> Answer:
        try:
            await self._store.append(underway.arrival)
        except ValueError as problem:
            return self.finish(underway, problem)
        return self.finish(underway, None)

    def _read(self, body: bytes, encoding: str, *, received: float, enrolled: float) -> Letter | Answer | None:
        """None where it is a thread's work. Never raises: the sender must be able to go on without what is wrong."""
        try:
            plain = unpack_small(body, encoding, IN_THE_LOOP)
            if plain is None:
                return None
            packed = body if encoding == "gzip" else b""
            return read(plain, packed, received=received, enrolled=enrolled)
        except Exception as problem:  # noqa: BLE001 - the boundary of a body
            return _unreadable(problem)

    async def _take_large(
        self, shown: Credential, body: bytes, encoding: str, *, received: float, machine: Machine, address: str
    ) -> Answer:
        def work() -> Letter | Answer:
            """Never raises: as _read."""
            try:
                return read(unpack(body, encoding), b"", received=received, enrolled=machine.enrolled)
            except Exception as problem:  # noqa: BLE001 - the boundary of a body
                return _unreadable(problem)

        try:
            async with self._large:
                letter = await asyncio.to_thread(work)
        finally:
            self._large_waiting -= 1
        begun = self._weighed(shown, letter, len(body), received=received, machine=machine, address=address)
        if isinstance(begun, Answer):
            return begun
        if isinstance(begun, Underway):
            return await self._kept(begun)
        return await begun

    def _arrival(self, letter: Letter, machine: Machine, speaker: Speaker, received: float, address: str) -> Arrival:
        delivery, live = letter.delivery, letter.live_report
        now = delivery.now
        word = live.word if live else None
        frozen = speaker.runs.frozen
        if live is not None:
            speaker.beat = live.beat
            if speaker.disputed and not machine.conflict and not self._chores.is_disputed(machine):
                # A person has decided; whoever is left speaks on in its run, and that is no second PC.
                speaker.runs = msgspec.structs.replace(speaker.runs, past=())
                speaker.disputed = False
            two_speak, word = speaker.listen(live, received=received, sent=now.boottime, starts=delivery.starts)
            frozen = speaker.runs.frozen
            if two_speak:
                speaker.disputed = True
                self._chores.conflict(machine, received)
            if live.frozen is not None and (live.frozen or frozen is None):
                frozen = live.frozen
        return Arrival(
            machine=machine.id,
            received=received,
            body=letter.body,
            live=letter.live,
            run=live.run if live else speaker.runs.run or delivery.reports[0].run,
            boot=now.boot,
            clock=received - now.boottime,
            skew=now.wall - received,
            beat=speaker.beat,
            word=word.word if word else "",
            word_kind=word.kind if word else "",
            agent=delivery.agent,
            system=delivery.system,
            frozen=frozen,
            settings=delivery.settings,
            starts=delivery.starts or speaker.runs.starts,
            refused=letter.refused,
            rows=_whole_sections(live.rows, live.sections) if live and live.rows else {},
            egress=address,
        )

    def _noted(self, shown: Credential, machine: Machine, speaker: Speaker, arrival: Arrival, address: str) -> None:
        speaker.heard = arrival.received
        speaker.address = address
        first = speaker.checked != shown.digest
        speaker.checked = shown.digest
        beat = speaker.granted.beat
        if machine.conflict or self._chores.heard(machine, shown, first=first, beat=beat, now=arrival.received):
            speaker.disputed = True
        self.counts["reports"] += 1
        if arrival.refused:
            self.counts["refused"] += arrival.refused

    def _answer(self, letter: Letter, machine: Machine, speaker: Speaker, received: float) -> Answer:
        granted, delivery = speaker.granted, letter.delivery
        want = self._wanted(letter, machine, speaker, received)
        if delivery.refusals:
            self.counts["settings_refused"] += len(delivery.refusals)
        is_up_to_date = delivery.settings == granted.version and delivery.around == speaker.around
        if not letter.refused and not want and is_up_to_date:
            # By the plain word: an enumeration's own hash is reckoned in Python.
            kind = granted.backlog_per_beat, machine.state.value
            usual = self._usual.get(kind)
            if usual is None:
                usual = good(200, ReportsAnswer(backlog_per_beat=kind[0], state=kind[1]))
                self._usual[kind] = usual
            return usual
        answer = ReportsAnswer(
            refused=letter.refused,
            backlog_per_beat=granted.backlog_per_beat,
            want=want,
            state=machine.state.value,
        )
        if delivery.settings != granted.version:
            answer = msgspec.structs.replace(answer, settings=msgspec.Raw(_encoder.encode(granted)))
        if delivery.around != speaker.around:
            # Made anew for the few that do not hold it: kept for each machine it would be a hundred megabytes.
            told = self._surroundings.told(self._store.register(), machine, observer=granted.observer)
            answer = msgspec.structs.replace(answer, around=msgspec.Raw(told.body or b"{}"))
        return good(200, answer)

    def _wanted(self, letter: Letter, machine: Machine, speaker: Speaker, received: float) -> tuple[str, ...]:
        """Sections that the machine has otherwise than they are stored, each asked for once in six hours."""
        live = letter.live_report
        if live is None or not live.sections:
            return ()
        stored = self._store.section_digests(machine.id)
        if live.sections == stored:
            return ()
        if received - speaker.asked_at > ASKED_AGAIN_SECONDS:
            speaker.asked = ()
        want = tuple(
            name
            for name, digest in live.sections.items()
            if digest != stored.get(name) and name not in live.rows and name not in speaker.asked
        )
        if want:
            speaker.asked_at = received
            speaker.asked += want
        return want

    def _too_much(self, wait: int) -> Answer:
        return trouble(
            429,
            "busy",
            self._say(
                "Máy này gửi nhiều dữ liệu hơn mức được phép; hãy đợi rồi gửi tiếp.",
                "This PC sends more than one PC may; wait, then go on.",
            ),
            retry_after=wait,
        )


def _unreadable(problem: Exception) -> Answer:
    if isinstance(problem, Unacceptable):
        return trouble(problem.status, problem.error, str(problem))
    _log.error("A report could not be read, and it should have been; the agent sets it aside", exc_info=problem)
    return trouble(422, "malformed", "The report could not be read.")


def _whole_sections(
    rows: dict[str, tuple[Values, ...]],
    digests: dict[str, str],
) -> dict[str, tuple[str, tuple[Values, ...]]]:
    return {name: (digests.get(name) or SECTIONS[name].digest(list(values)), values) for name, values in rows.items()}
