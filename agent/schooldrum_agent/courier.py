"""What is sent when, and what each answer of the collector means: the rules of delivery.

Live first, then the backlog, oldest first, at the granted rate. Whatever a collector answers, honest or not, this agent
sends at most REQUESTS_PER_BEAT requests a beat, waits longer after each failure, repairs itself at most every
REPAIR_SECONDS, and deletes nothing that was neither acknowledged nor found unreadable by itself.
"""

import threading
from typing import Any

import msgspec

from schooldrum_agent import log
from schooldrum_agent.chance import Chance
from schooldrum_agent.clock import Clock
from schooldrum_agent.enrolment import read_trouble, refused, repair, take_settings
from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.parcel import (
    WHOLE,
    WITHOUT_RESULTS,
    WITHOUT_ROWS,
    LiveReport,
    Sender,
    batch_body,
    live_body,
    packed_delivery,
)
from schooldrum_agent.spool import RESULTS_PER_BATCH, Batch, Spool
from schooldrum_agent.state import DELIVERED, State
from schooldrum_agent.uplink import TIMEOUT, Answer, Uplink
from schooldrum_agent.whereabouts import Whereabouts
from schooldrum_wire.around import accept_around
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.limits import REPORTS_PER_DELIVERY
from schooldrum_wire.messages import ReportsAnswer
from schooldrum_wire.report import Fingerprint

REQUESTS_PER_BEAT = 8
BACKLOG_BYTES = 512 << 10
"""Of backlog in one delivery (before packing): what an old PC should hold in memory and a weak line carry in a beat."""
LONGEST_BACK_OFF = 900.0
LONGEST_RETRY_AFTER = 3600.0
REPAIR_SECONDS = 600.0
OBSERVER_LINE_SECONDS = 600.0
"""An observer connects anew so often: a line that is back shows only in what begins on it."""
INVENTORY_SECONDS = 6 * 3600.0
"""A section is sent again because a collector wants it at most this often."""
BARE_SECONDS = 3600.0
"""How long a live report goes without what the collector could not read."""
_FIRST_BACK_OFF = 15.0
_DOUBLINGS = 10
_SPREAD = 0.2
_OK = 200
_CLONE = 409
_UNREADABLE = (400, 413, 422)
_LOCALLY_TOO_LARGE = Answer(status=413, body=b"")
_LINE_FAULTS = {Fault.NAME, Fault.REFUSED, Fault.UNREACHABLE, Fault.TIMEOUT, Fault.CLOSED, Fault.PROXY}
_LONGEST_STATE = 20
_MOST_REFUSALS = 20


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one beat's delivery came to.

    `word` is "delivered", "waiting" (a back-off is on), or the fault's; `delivered` is whether the live report, with
    its word of hello or goodbye, is durable at the collector; `requests` were sent; `retry_in` is seconds until the
    courier sends again, 0 for the next beat; `changed` is whether settings or identity are others than before.
    """

    word: str
    delivered: bool = False
    requests: int = 0
    retry_in: float = 0.0
    changed: bool = False


class _Tally(msgspec.Struct):
    requests: int = 0
    delivered: bool = False
    repaired: bool = False
    changed: bool = False


class _Piece(msgspec.Struct, frozen=True):
    """What one request carries: the live report or none, and some backlog."""

    live: LiveReport | None
    batches: list[Batch]

    def results(self) -> int:
        return sum(len(batch.results) for batch in self.batches)


class Courier:
    """Delivers one machine's reports. `beat` and `goodbye` may come from different threads, `nudge` from any."""

    def __init__(
        self,
        *,
        state: State,
        spool: Spool,
        uplink: Uplink,
        clock: Clock,
        fingerprint: Fingerprint,
        system: str,
        host: dict[str, str],
        chance: Chance,
        whereabouts: Whereabouts | None = None,
    ) -> None:
        """`system` is what every delivery names, `host` {system, release} what a repair names.

        `whereabouts` is told what the collector says of this PC's surroundings.

        `state` has begun (its start is counted) and holds an identity; `chance` spreads the waits.
        """
        self._state = state
        self._spool = spool
        self._uplink = uplink
        self._clock = clock
        self._sender = Sender(fingerprint=fingerprint, system=system, starts=state.starts_on_disk)
        self._host = host
        self._chance = chance
        self._whereabouts = whereabouts
        self._busy = threading.Lock()
        self._failures = 0
        self._wait_until = 0.0
        self._for_line = False
        self._granted = state.settings.backlog_per_beat
        self._narrow = 0
        """While the collector refuses some backlog: how many results the next piece may hold; else 0."""
        self._extent = WHOLE
        self._extent_until = 0.0
        self._refusals: tuple[str, ...] = ()
        self._resent: dict[str, float] = {}
        self._repaired_at = -REPAIR_SECONDS

    def beat(self, live: LiveReport) -> Round:
        """Sends the live report and some backlog, unless a wait is on. Raises nothing that a collector could cause.

        The results of `live` are in the spool already. Takes at most REQUESTS_PER_BEAT exchanges of 30 s.
        """
        with self._busy:
            left = self._wait_until - self._clock.boottime()
            if left > 0:
                return Round(word="waiting", retry_in=left)
            if self._state.unsaved:
                self._state.save()
            tally = _Tally()
            word, retry_in = DELIVERED, 0.0
            try:
                self._deliver(live, tally)
            except Failed as problem:
                word, retry_in = problem.fault.value, self._back_off(problem)
            else:
                self._failures = 0
                self._state.note_delivery(word, "", self._clock.wall())
            return Round(
                word=word,
                delivered=tally.delivered,
                requests=tally.requests,
                retry_in=retry_in,
                changed=tally.changed,
            )

    def nudge(self) -> None:
        """Something reached the collector just now: a wait for want of a line ends at once."""
        if self._for_line:
            self._wait_until = 0.0

    def goodbye(self, live: LiveReport, seconds: float) -> bool:
        """Sends the live report alone within so many seconds, whatever is under way or waits; whether it arrived.

        A beat that is under way in another thread is given up for it. Raises nothing that a collector could cause.
        """
        until = self._clock.boottime() + seconds
        self._uplink.abort()
        if not self._busy.acquire(timeout=seconds):
            return False
        try:
            self._uplink.resume()
            left = until - self._clock.boottime()
            if left <= 0:
                return False
            piece = _Piece(live, [])
            answer = self._send(piece, timeout=left)
            tally = _Tally()
            if answer.status == _OK:
                self._accept(piece, answer, tally)
        except Failed:
            return False
        else:
            return tally.delivered
        finally:
            self._busy.release()

    def _deliver(self, live: LiveReport, tally: _Tally) -> None:
        while tally.requests < REQUESTS_PER_BEAT:
            piece = self._next_piece(live, tally)
            if piece is None:
                return
            answer = self._send(piece)
            tally.requests += 1
            if answer.status == _OK:
                self._accept(piece, answer, tally)
                if not self._narrow:
                    return
            elif answer.status in _UNREADABLE:
                self._narrow_down(piece, answer)
            elif not self._repair(answer, tally):
                raise refused(answer)

    def _next_piece(self, live: LiveReport, tally: _Tally) -> _Piece | None:
        if tally.delivered:
            batches = self._backlog(live) if self._narrow else []
            return _Piece(None, batches) if batches else None
        # After a failure the live report goes alone: thousands of agents come back at the same moment.
        alone = self._failures or self._narrow or tally.repaired
        return _Piece(live, [] if alone else self._backlog(live))

    def _backlog(self, live: LiveReport) -> list[Batch]:
        skip = {(live.run, seq) for seq, _ in live.results} if self._current_extent() < WITHOUT_RESULTS else set()
        number, results = min(self._granted, REPORTS_PER_DELIVERY - 1), RESULTS_PER_BATCH
        if self._narrow:
            number, results = max(1, self._narrow // RESULTS_PER_BATCH), min(self._narrow, RESULTS_PER_BATCH)
        batches: list[Batch] = []
        size = 0
        for batch in self._spool.backlog(number, results=results, skip=skip):
            size += sum(len(body) for _, body in batch.results)
            if batches and size > BACKLOG_BYTES:
                break
            batches.append(batch)
        return batches

    def _current_extent(self) -> int:
        if self._extent and self._clock.boottime() >= self._extent_until:
            self._extent = WHOLE
        return self._extent

    def _send(self, piece: _Piece, *, timeout: float = TIMEOUT) -> Answer:
        identity = self._state.identity
        if identity is None:
            raise Failed(Fault.CREDENTIAL, "this PC is not enrolled")
        reports = [live_body(piece.live, self._current_extent())] if piece.live is not None else []
        reports += [batch_body(batch) for batch in piece.batches]
        body = packed_delivery(
            reports,
            sender=self._sender,
            clock=self._clock,
            settings=self._state.settings.version,
            refusals=self._refusals,
            around=self._whereabouts.mark if self._whereabouts is not None else "",
        )
        if body is None:
            return _LOCALLY_TOO_LARGE
        settings = self._state.settings
        self._uplink.not_before = settings.not_before
        # By which of its lines a school reports is seen by whom it comes from; others keep what their TLS has cost.
        self._uplink.lasts = OBSERVER_LINE_SECONDS if settings.observer else float("inf")
        return self._uplink.post("/v1/reports", body, credential=identity.credential, packed=True, timeout=timeout)

    def _accept(self, piece: _Piece, answer: Answer, tally: _Tally) -> None:
        try:
            said = msgspec.json.decode(answer.body, type=ReportsAnswer)
            offered = msgspec.json.decode(said.settings) if said.settings else None
            around = msgspec.json.decode(said.around) if said.around else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
            # Something in between said "200" to everything: nothing is known to be durable.
            raise Failed(Fault.GARBLED, "the answer to a report cannot be read") from problem
        for batch in piece.batches:
            self._spool.acknowledge(batch.run, [seq for seq, _ in batch.results])
        if piece.live is not None:
            extent = self._current_extent()
            if extent < WITHOUT_RESULTS:
                self._spool.acknowledge(piece.live.run, [seq for seq, _ in piece.live.results])
            if extent < WITHOUT_ROWS:
                self._state.acknowledge_sections(
                    {name: digest for name, digest in piece.live.sections.items() if name in piece.live.rows}
                )
            tally.delivered = True
        if self._narrow and piece.batches:
            doubled = self._narrow * 2
            self._narrow = doubled if doubled < self._granted * RESULTS_PER_BATCH else 0
        self._granted = max(0, said.backlog_per_beat)
        self._refusals = ()
        self._take(said, offered, around, tally)

    def _take(self, said: ReportsAnswer, offered: Any, around: Any, tally: _Tally) -> None:
        if offered is not None:
            before = self._state.settings
            settings, refusals = take_settings(offered, before, leaf_start=self._uplink.leaf_start)
            self._state.keep_settings(settings)
            self._refusals = refusals[:_MOST_REFUSALS]
            tally.changed = tally.changed or settings != before
        if self._whereabouts is not None and around is not None:
            told = accept_around(around)
            self._whereabouts.take(told)
            self._state.keep_page(told.page)
        identity = self._state.identity
        sound = 0 < len(said.state) <= _LONGEST_STATE and said.state.isalpha()
        if identity is not None and sound and said.state != identity.state:
            self._state.keep_identity(msgspec.structs.replace(identity, state=said.state))
            tally.changed = True
        now = self._clock.boottime()
        wanted = tuple(
            name
            for name in SECTIONS
            if name in said.want and now - self._resent.get(name, -INVENTORY_SECONDS) >= INVENTORY_SECONDS
        )
        if wanted:
            self._resent.update(dict.fromkeys(wanted, now))
            self._state.forget_sections(wanted)

    def _narrow_down(self, piece: _Piece, answer: Answer) -> None:
        """Finds what the collector cannot read by sending less and less, and sets that aside."""
        reason = str(refused(answer))
        results = piece.results()
        if piece.live is not None and not results:
            if self._current_extent() >= WITHOUT_RESULTS:
                raise refused(answer)
            self._spool.set_aside(live_body(piece.live, self._extent), f"live report: {reason}")
            changed_rows = piece.live.rows or piece.live.sections
            self._extent = WITHOUT_ROWS if self._extent == WHOLE and changed_rows else WITHOUT_RESULTS
            self._extent_until = self._clock.boottime() + BARE_SECONDS
        elif results > 1:
            self._narrow = results // 2
        elif piece.live is not None:
            self._narrow = 1
        else:
            (batch,) = piece.batches
            seqs = [seq for seq, _ in batch.results]
            self._spool.set_aside(batch_body(batch), reason, run=batch.run, seqs=seqs)
            self._narrow = 1

    def _repair(self, answer: Answer, tally: _Tally) -> bool:
        """Where the collector says that this machine is a clone, and gives a ticket: takes a record of its own."""
        trouble = read_trouble(answer.body)
        identity = self._state.identity
        if answer.status != _CLONE or trouble.error != "clone" or not trouble.ticket or identity is None:
            return False
        if tally.repaired or self._clock.boottime() - self._repaired_at < REPAIR_SECONDS:
            return False
        tally.requests += 1
        enrolled = repair(
            self._uplink,
            identity,
            trouble.ticket,
            fingerprint=self._sender.fingerprint,
            host=self._host,
            not_before=self._state.settings.not_before,
        )
        self._repaired_at = self._clock.boottime()
        tally.repaired = tally.changed = True
        self._state.keep_identity(enrolled.identity)
        self._state.keep_settings(enrolled.settings)
        self._refusals = enrolled.refusals[:_MOST_REFUSALS]
        log.warning(f"this PC is a clone of another one; its own record is now {enrolled.identity.alias}")
        return True

    def _back_off(self, problem: Failed) -> float:
        self._failures += 1
        if problem.retry_after is not None:
            asked = max(1.0, float(problem.retry_after))
            wait = min(LONGEST_RETRY_AFTER, asked * (1 + self._chance.uniform(0, _SPREAD)))
        else:
            # Full jitter: a lab that comes back, or a collector that does, must not meet everybody at once.
            highest = min(LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2 ** min(self._failures, _DOUBLINGS))
            wait = self._chance.uniform(0, highest)
        self._for_line = problem.retry_after is None and problem.fault in _LINE_FAULTS
        self._wait_until = self._clock.boottime() + wait
        self._state.note_delivery(problem.fault.value, problem.detail, self._clock.wall())
        log.info(f"not delivered ({problem}); next try in {wait:.0f} s")
        return wait
