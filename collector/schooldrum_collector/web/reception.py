"""What both roads through the agents' door share: who is let in, how many at once, and what trouble is answered with.

A request comes over one of two roads, agents.py or plain_road.py; what it is answered is decided here and behind.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Full, Overloaded
from schooldrum_collector.store.records import Credential
from schooldrum_collector.web.answer import Answer, trouble
from schooldrum_collector.web.intake import Intake
from schooldrum_collector.web.letter import Unacceptable
from schooldrum_collector.web.plain_head import PATH

_log = logging.getLogger(__name__)
BODY_SECONDS = 60.0
MOST_IN_HAND = 4000
"""Reports that may be under way at once; beyond it everybody would wait longer than it takes to come again."""
_SPREAD_SECONDS = 45
"""Whoever is turned away is called back at another second, or all would be back together."""
_FULL_SECONDS = 60
ROOM_SECONDS = float(_FULL_SECONDS + _SPREAD_SECONDS)
"""How long reports are stored without trouble before a full disk counts as over: by then everybody who was turned away
has come again. The last bytes of a full disk still take a small report now and then."""
_BUSY = ("Máy chủ đang bận; hãy đợi rồi gửi lại.", "The collector is busy; wait, then send again.")
_CANNOT_STORE = (
    "Máy chủ chưa ghi được số liệu (ổ đĩa đầy, hỏng hoặc không ghi được); hãy giữ số liệu, đợi rồi gửi lại.",
    "The collector cannot store anything now (its disk is full, damaged or not writable); keep it, wait, send again.",
)


class Reception:
    """Lets reports in and words what goes wrong. `counts` are the intake's, and each word of trouble."""

    def __init__(
        self,
        intake: Intake,
        *,
        now: Callable[[], float],
        proxies: frozenset[str],
        say: Say,
        turned_away: Callable[[float], None],
    ) -> None:
        """`now` is the wall clock; from `proxies`, and only from them, X-Forwarded-For counts as the address.

        `turned_away(seconds)` is told of every PC that is asked to come again though it did nothing wrong.
        """
        self.intake = intake
        self.counts: Counter[str] = intake.counts
        self.now = now
        self._proxies = proxies
        self._say = say
        self._turned_away = turned_away
        self._in_hand = 0
        self._full_told = -math.inf
        self._stored_since = math.inf

    def address(self, peer: str, forwarded: str) -> str:
        """Where a request comes from, by the connection's other end and the X-Forwarded-For in its head."""
        if peer in self._proxies:
            return forwarded.rpartition(",")[2].strip() or peer
        return peer

    def enter(self, authorization: str) -> Credential | Answer:
        """Before anything of a body is read: whose credential it is. Who is let in leaves by `leave`.

        Raises:
            Overloaded: too many are in already.
        """
        shown = self.intake.knock(authorization)
        if isinstance(shown, Answer):
            return shown
        if self._in_hand >= MOST_IN_HAND:
            raise Overloaded(1)
        self._in_hand += 1
        return shown

    def leave(self) -> None:
        """A report that was let in has been answered, or its connection is lost."""
        self._in_hand -= 1

    def taken(self, answer: Answer) -> None:
        """What a report that was let in was answered: that a full disk is over is told to the log."""
        if answer.status == HTTPStatus.OK and self._full_told > -math.inf:
            now = asyncio.get_running_loop().time()
            self._stored_since = min(self._stored_since, now)
            if now - self._stored_since >= ROOM_SECONDS:
                self._full_told = -math.inf
                _log.info("There is room again: reports are stored, and PCs send what they have kept")

    def count(self, answer: Answer) -> None:
        """Counts the trouble in an answer, if there is any."""
        if answer.error:
            self.counts[answer.error] += 1

    def refusal(self, problem: Exception, where: str) -> Answer:
        """What is answered where `problem` came up. What should not have happened is logged; the agent comes again."""
        if isinstance(problem, Unacceptable):
            return trouble(problem.status, problem.error, str(problem))
        if isinstance(problem, Overloaded | Full):
            if isinstance(problem, Full):
                answer = self._wait(_FULL_SECONDS, *_CANNOT_STORE)
                self._tell_full(problem)
            else:
                answer = self._wait(problem.retry_after, *_BUSY)
            # Who enrols is missed by nobody, and a mistake of ours that one report brings out is not everybody's.
            if where == PATH:
                self._turned_away(answer.retry_after)
            return answer
        _log.error("The agents' door failed at %s", where, exc_info=problem)
        return self._wait(_FULL_SECONDS, *_BUSY)

    def no_room(self, seconds: float) -> None:
        """A connection was ended before anything was said on it: its PC comes again within so many seconds."""
        self.counts["busy"] += 1
        self._turned_away(seconds)

    def _wait(self, retry_after: int, vietnamese: str, english: str) -> Answer:
        later = retry_after + self.counts["busy"] % _SPREAD_SECONDS
        return trouble(503, "busy", self._say(vietnamese, english), retry_after=later)

    def _tell_full(self, problem: Full) -> None:
        """What the log is told while nothing can be stored: one sentence a minute, however many PCs call."""
        now = asyncio.get_running_loop().time()
        self._stored_since = math.inf
        if now - self._full_told >= _FULL_SECONDS:
            self._full_told = now
            _log.error("Agents are asked to come again and keep what they have: %s", problem)


def too_slow(seconds: float) -> Unacceptable:
    """A body that did not arrive in time.

    Said as too large, because a PC on a line this slow gets through with half of it.
    """
    return Unacceptable(413, "too_large", f"the body did not arrive within {seconds:.0f} s; send less at once")


def too_large(most: int) -> Unacceptable:
    """A body of more than so many bytes."""
    return Unacceptable(413, "too_large", f"the body has more than {most} bytes; send less at once")
