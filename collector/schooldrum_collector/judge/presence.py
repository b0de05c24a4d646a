"""Is this machine on, switched off, or missed: a pure judgement of what was heard.

Without new input the answer only ever moves online -> silent -> off (either step may be left out), never back: a lab
that was cut at the breaker in the evening is not an alarm each morning, and nothing flaps.
"""

import enum
import math
from collections.abc import Callable, Iterable
from itertools import pairwise

import msgspec

from schooldrum_wire.settings import BEAT_SECONDS

BEATS_UNTIL_MISSED = 3
GRACE_SECONDS = 900
"""After the collector's start or own gap, agents may still be waiting out their longest back-off."""
_RETURNING_SECONDS = 60.0
"""Agents spread themselves over a little more than the wait they were given: until then it is the same refusing."""
_GAP_SECONDS = 10.0
_LOOK_SECONDS = 60.0
"""So long a look at everybody may take on a busy machine."""
_SHORTEST, _LONGEST = BEAT_SECONDS
_ORDINARY = 60
"""The beat that PCs have unless they are told otherwise."""
_ACTIVE = "active"
GOODBYE = "goodbye"
HELLO = "hello"

ExpectedUntil = Callable[[float], float | None]
"""The end of the expected time that holds a moment, None where the machine is not expected at that moment."""


class State(enum.StrEnum):
    """What a machine is (glossary, section 2).

    `mute` is never concluded from what was heard: neighbours see the machine on (judge.apart).
    """

    ONLINE = "online"
    OFF = "off"
    SILENT = "silent"
    MUTE = "mute"
    NEVER = "never"
    PENDING = "pending"
    RETIRED = "retired"


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a machine. Times are seconds of the collector's clock, 0 for never.

    `standing` is the register's word (active pending retired); `heard` is when anything last came; `beat` is seconds
    between its reports; `word` is its last hello or goodbye, which came at `word_at`.
    """

    standing: str
    heard: float = 0.0
    beat: int = 60
    word: str = ""
    word_at: float = 0.0


class SetBack(msgspec.Struct, frozen=True):
    """The collector's clock was ahead: it showed `before`, and in that moment was set back to `after`.

    A `before` of minus infinity says that nobody can tell who was missed already by then.
    """

    before: float
    after: float

    def heard(self, stamp: float) -> float:
        """When a machine was heard, by the clock as it was set, whose stamp is by the clock that was ahead."""
        return self.after - max(0.0, self.before - stamp)


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """When the collector itself last began to hear (`back`: its start, or the end of an own gap) and stopped (`away`).

    Minus infinity where nobody knows: then nobody is given any grace. With a head start `back` is dated earlier than it
    was, also earlier than `away`. `awaited` is when a gap before that began, where those who were on then still had
    time to come back when it stopped again (infinite: they had had it). `refusing` is since when it has turned agents
    away for reasons of its own (its disk is full, it has too much to do), `waiting` until when some of them wait as
    they were asked to. `set_back` is there once its clock was set back: then alone a stamp that lies in the future is
    no proof of being on.
    """

    away: float = -math.inf
    back: float = -math.inf
    awaited: float = math.inf
    refusing: float = -math.inf
    waiting: float = -math.inf
    set_back: SetBack | None = None

    @property
    def left(self) -> float:
        """Whoever was on at this moment, or since, is given the time to come back."""
        return min(self.away, self.awaited)

    @property
    def listening(self) -> float:
        """From when on whoever is unheard for three beats more is missed: nobody waits by then."""
        return max(self.back + GRACE_SECONDS, self.waiting)

    def heard(self, stamp: float, beat: int, now: float) -> float:
        """When a machine with this stamp and beat was heard, by the clock as it is now."""
        if self.set_back is None or stamp <= latest_stamp(now, BEATS_UNTIL_MISSED * bounded_beat(beat)):
            return stamp
        return self.set_back.heard(stamp)


class Presence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The state, since when (None where nobody can know), and whether it is assumed rather than said or heard.

    `away`: by its last word the machine is not at its school (judge.apart).
    """

    state: State
    since: float | None = None
    assumed: bool = False
    away: bool = False


def always(moment: float) -> float | None:
    """The calendar of a machine that is always on."""
    del moment
    return math.inf


def bounded_beat(beat: int) -> int:
    """The beat as far as any setting may go: a machine cannot buy itself a week of silence."""
    if _SHORTEST <= beat <= _LONGEST:
        return beat
    return _SHORTEST if beat < _SHORTEST else _LONGEST


def latest_stamp(now: float, patience: float) -> float:
    """A look that began at `now` may meet who was heard as late as this; later stamps are of a clock that was ahead."""
    return now + max(patience, _LOOK_SECONDS)


def waiting_for_nobody(hearing: Hearing) -> Hearing:
    """The same, without the time that is given to those who may be coming back."""
    return Hearing(set_back=hearing.set_back)


def in_grace(hearing: Hearing, now: float, beat: int = 60) -> bool:
    """Whether the collector has not listened long enough to call an unheard machine silent."""
    return now < hearing.listening + BEATS_UNTIL_MISSED * bounded_beat(beat)


def turned_away(hearing: Hearing, now: float, wait: float) -> Hearing:
    """What the collector knows of its own hearing when it has asked an agent to come again in `wait` seconds.

    Refusals that follow each other are one, and so is one that follows a start or a gap while agents still wait.
    """
    since = now
    if now < hearing.back + GRACE_SECONDS + _RETURNING_SECONDS:
        since = min(since, hearing.left)
    if now < hearing.waiting + _RETURNING_SECONDS:
        since = min(since, hearing.refusing)
    return msgspec.structs.replace(hearing, refusing=since, waiting=max(hearing.waiting, now + wait))


def presence_of(facts: Facts, hearing: Hearing, expected_until: ExpectedUntil, now: float) -> Presence:
    """The machine's presence at `now`.

    A goodbye means off until something newer is heard. Unheard for three beats means silent as long as the machine has
    been expected ever since; one moment at which it was not expected turns that into off (assumed), for good. Whoever
    was online when the collector stopped hearing, or began to turn agents away, stays online through the grace after.
    """
    standing, heard = facts.standing, facts.heard
    if standing != _ACTIVE and standing in {State.RETIRED, State.PENDING}:
        return Presence(state=State(standing))
    if not heard:
        return Presence(state=State.NEVER)
    if facts.word == GOODBYE and heard <= facts.word_at:
        return Presence(state=State.OFF, since=facts.word_at)
    patience = BEATS_UNTIL_MISSED * bounded_beat(facts.beat)
    left = hearing.left
    if hearing.set_back is not None and heard > latest_stamp(now, patience):
        heard, left = hearing.set_back.heard(heard), max(left, hearing.set_back.after)
    missed_from = heard + patience
    if now < missed_from:
        return Presence(state=State.ONLINE, since=facts.word_at if facts.word == HELLO else None)
    if (missed_from > left and now < hearing.back + GRACE_SECONDS + patience) or (
        missed_from > hearing.refusing and now < hearing.waiting + patience
    ):
        return Presence(state=State.ONLINE, since=facts.word_at if facts.word == HELLO else None, assumed=True)
    until = expected_until(missed_from)
    if until is None:
        return Presence(state=State.OFF, since=heard, assumed=True)
    if now < until:
        return Presence(state=State.SILENT, since=heard)
    return Presence(state=State.OFF, since=until, assumed=True)


def deaf(hearing: Hearing, away: float, back: float) -> Hearing:
    """What the collector knows of its own hearing after another gap, from `away` to `back`.

    Whoever was still coming back after the one before is given the time after this one too.
    """
    return msgspec.structs.replace(hearing, away=away, back=back, awaited=_awaited(hearing, away))


def _awaited(hearing: Hearing, stopped: float) -> float:
    """Since when some may still be on their way back, where the collector stopped hearing again at this moment."""
    over = hearing.back + GRACE_SECONDS + BEATS_UNTIL_MISSED * _ORDINARY
    return hearing.left if stopped < over else math.inf


def begun(
    heard: Iterable[float], now: float, head_start: float = 0.0, listened: Iterable[tuple[float, float]] = ()
) -> Hearing:
    """What the collector knows of its own hearing when it starts; `heard` is when each machine was, as it was stored.

    The last of it tells best until when the collector before this one listened; where nobody at all was heard for some
    beats, and others were not long ago, that one had been away itself. Who was heard later than now was heard by a
    clock that was set back while nobody served. `head_start` are seconds for which it counts as having listened;
    `listened` are the stretches (from, until) in which collectors are known to have: whom they missed is not awaited.
    """
    stamps, known_to_listen = sorted(heard), tuple(listened)
    known = [stamp for stamp in stamps if 0 < stamp <= now]
    patience = BEATS_UNTIL_MISSED * _ORDINARY
    awaited = next(
        (
            before
            for before, after in pairwise(known)
            if after - before > patience
            and now - after < GRACE_SECONDS + patience
            and not _was_missed(before, patience, known_to_listen)
        ),
        math.inf,
    )
    return Hearing(
        away=known[-1] if known else -math.inf,
        back=now - head_start,
        awaited=awaited,
        set_back=SetBack(stamps[-1], now) if stamps and stamps[-1] > now else None,
    )


def _was_missed(heard: float, patience: float, listened: Iterable[tuple[float, float]]) -> bool:
    """Whether a collector listened for most of the time in which whoever was heard then became missed."""
    there = sum(max(0.0, min(until, heard + patience) - max(since, heard)) for since, until in listened)
    return there >= patience / 2


def noticed(hearing: Hearing, last: float, now: float, tick: float) -> Hearing:
    """What the collector knows of its own hearing after a tick that should have come `tick` seconds after `last`.

    A tick that comes far too late (the process was suspended, or starved, or the clock was set forward) and one that
    comes before the last (the clock was set back) are gaps of the collector, never the machines' silence. Whom it had
    turned away before, or still awaited, is given the time after it too.
    """
    passed = now - last
    if -1 <= passed <= max(_GAP_SECONDS, 4 * tick):
        return hearing
    set_back = hearing.set_back
    if passed < 0:
        set_back = SetBack(-math.inf if in_grace(hearing, last, _LONGEST) else last, now)
    refusing = waiting = -math.inf
    if last < hearing.waiting + _RETURNING_SECONDS:
        refusing, waiting = min(hearing.refusing, now), now + GRACE_SECONDS
    return Hearing(
        away=min(last, now),
        back=now,
        awaited=_awaited(hearing, last),
        refusing=refusing,
        waiting=waiting,
        set_back=set_back,
    )
