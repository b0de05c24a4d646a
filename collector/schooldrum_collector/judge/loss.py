"""How much is lost on the way of a machine that is heard, and between which moments that began.

Loss is a matter of chance: a way that loses much lets some climbs through whole, and one that loses next to nothing
loses a packet now and then. So neither the first loss nor the last climb without one is when it began. Each climb is
asked how likely all that was measured would be if it were the first of the bad ones; it began with one of those for
which that is not much less likely than for the likeliest.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from schooldrum_collector.judge.climbing import End
from schooldrum_collector.judge.fault import Climb, Rung
from schooldrum_collector.judge.sights import NEVER, NEVER_AGAIN, RUN_BROKEN_BEATS, Sight

LOSS_RATIO = 0.1
"""A way that loses a tenth is bad: calls break off, pages hang. One lost packet of a few is not yet a tenth."""
LOSS_BEATS = 4
"""Loss is the mean over so many beats."""
FAR = frozenset({"provider", "independent_resolver", "national", "international"})
"""Steps past the modem."""
_LOSS_RUNGS = 3
_SEVERAL = 2
_TRIES = 2
"""A share is told from so many tries on. There are more, nearly always; but packets are lost in bursts."""
_HARDLY = math.log(10)
"""Ten times less likely than something else: not so. By all five tries of an observer it is three hundred times."""
_OVER_BEATS, _OVER = 8, LOSS_RATIO / 4
"""Loss that stayed below this for so long was over."""
_GOOD, _BAD = (0.005, LOSS_RATIO / 2), (LOSS_RATIO, 0.99)
"""Between which shares lie what a good way loses, and what a bad one does."""


def lost(sight: Sight, steps: frozenset[str], now: float, *, fewest: int = _LOSS_RUNGS) -> float | None:
    """The mean share lost on the way to these steps in the last beats; None where fewer than `fewest` were measured."""
    shares = [share for one in _lately(sight, steps, now) for share in one]
    return sum(shares) / len(shares) if len(shares) >= fewest else None


def loses_much(sight: Sight, steps: frozenset[str], now: float) -> bool:
    """Whether a tenth or more is lost on the way to these steps; one climb alone may have seen a way go or come."""
    lossy = sum(any(one) for one in _lately(sight, steps, now))
    return lossy >= _SEVERAL and (lost(sight, steps, now) or 0) >= LOSS_RATIO


def _lately(sight: Sight, steps: frozenset[str], now: float) -> Iterable[list[float]]:
    """The shares lost in each climb of the last beats."""
    climbs = sight.witness.climbs
    first = bisect_left(climbs, now - LOSS_BEATS * sight.beat, key=_at)
    for at in range(first, bisect_right(climbs, now, key=_at)):
        yield _shares(climbs, at, steps)


def _at(climb: Climb) -> float:
    return climb.at


def _shares(climbs: Sequence[Climb], at: int, steps: frozenset[str]) -> list[float]:
    """The share lost on the way to each of these steps that answered in this climb.

    Beside a climb in which a step did not answer at all, what was lost was lost when the way went or came.
    """
    beside = [climbs[other] for other in (at - 1, at + 1) if 0 <= other < len(climbs)]
    return [
        rung.loss
        for rung in climbs[at].rungs
        if rung.passed
        and rung.step in steps
        and rung.loss is not None
        and not (rung.loss and any(_fails(climb, rung) for climb in beside))
    ]


def _fails(climb: Climb, rung: Rung) -> bool:
    """Whether this step did not answer in that climb."""
    return any(one.step == rung.step and one.family == rung.family and not one.passed for one in climb.rungs)


def losing_since(sight: Sight, steps: frozenset[str], now: float, end: End) -> Sight:
    """The same with the two moments between which the loss that it sees now began, as one that says so of this end.

    `well` is minus infinity where its climbs do not reach back to a time without loss.
    """
    row = _row(sight, steps, now)
    first, last = _began(row)
    return msgspec.structs.replace(
        sight,
        end=end,
        well=row[first - 1].at if first > 0 else NEVER,
        ill=row[last].at if last < len(row) else now,
        last_ill=NEVER,
        well_again=NEVER_AGAIN,
        error=max((one.error for one in row[max(0, first - 1) : last + 1]), default=0.0),
    )


class _Measured(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A climb at `at` (off by `error` seconds): on the way to so many `steps`, shares of them that add up to `lost`."""

    at: float
    error: float
    steps: int
    lost: float


def _row(sight: Sight, steps: frozenset[str], now: float) -> tuple[_Measured, ...]:
    """The unbroken row of climbs that measured loss, oldest first, up to the newest that lost something.

    It begins with a time in which next to nothing was lost, where there is one: an older loss was another.
    """
    row: list[_Measured] = []
    later, climbs = now, sight.witness.climbs
    for at in reversed(range(bisect_right(climbs, now, key=_at))):
        climb, shares = climbs[at], _shares(climbs, at, steps)
        if not shares or not (row or any(shares)):
            continue
        if later - climb.at > RUN_BROKEN_BEATS * sight.beat:
            break
        later = climb.at
        row.append(_Measured(at=climb.at, error=climb.error, steps=len(shares), lost=sum(shares)))
        if (
            row[0].at - climb.at >= _OVER_BEATS * sight.beat
            and _ratio(row, climb.at + _OVER_BEATS * sight.beat) < _OVER
        ):
            break
    return tuple(reversed(row))


def _ratio(row: Sequence[_Measured], until: float) -> float:
    """The mean share lost in the climbs of a row, newest first, before this moment."""
    there = [one for one in row if one.at < until]
    return sum(one.lost for one in there) / sum(one.steps for one in there)


def _began(row: Sequence[_Measured]) -> tuple[int, int]:
    """The first and the last climb of a row that may have been the first of the bad ones."""
    steps = [0, *accumulate(one.steps for one in row)]
    losses = [0.0, *accumulate(one.lost for one in row)]
    likely = [
        _likely(losses[at], steps[at], *_GOOD) + _likely(losses[-1] - losses[at], steps[-1] - steps[at], *_BAD)
        for at in range(len(row))
    ]
    enough = max(likely, default=0.0) - _HARDLY
    may = [at for at, value in enumerate(likely) if value >= enough]
    return (may[0], may[-1]) if may else (0, 0)


def _likely(lost_: float, steps: int, least: float, most: float) -> float:
    """The logarithm of how likely it is to lose so much on the way to so many steps, at the likeliest rate."""
    rate = min(max(lost_ / steps, least), most) if steps else least
    return _TRIES * (lost_ * math.log(rate) + (steps - lost_) * math.log(1 - rate))
