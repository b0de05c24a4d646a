"""When was a result measured, on PCs whose clocks are years off and whose boot-time clock dies with the power.

A boot that was ever heard dates all its results: the collector knows when that boot's clock stood at zero. A boot that
was never heard is dated by the PC's wall clock, corrected by how wrong that clock was in a neighbouring boot, as long
as the outcome fits between the boots that were heard; else all that is sure is that it lies between them.

What is taken for granted: a PC is in one boot at a time; its boot-time clock runs within 100 ppm of true time, in
suspend too; a report arrives within 2 s; nothing waits for longer than 30 days; what an unheard boot left behind
began to arrive with the first boot that was heard after it (the agent sends the oldest first); and a clock that was
right in the boots on both sides was so in between. A PC that went on from a saved time there (a dead battery, no line),
and was set right before it was heard again, is dated by that time where it fits the gap, and its error does not say so.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter

import msgspec

from schooldrum_wire.limits import AGE_SECONDS

EXACT_ERROR = 2.0
CORRECTED_ERROR = 60.0
DRIFT = 100e-6
EXACT = "exact"
CORRECTED = "corrected"
BOUNDED = "bounded"


class Boot(msgspec.Struct, frozen=True):
    """What is known of one boot of a machine (seconds of the collector's clock).

    `anchor` is when its boot-time clock stood at zero, None for a boot that was never heard itself; `skew` is how far
    its wall clock was last seen ahead of the collector's; it was heard from `first_heard` to `last_heard`.
    """

    boot: str
    anchor: float | None = None
    skew: float | None = None
    first_heard: float = 0.0
    last_heard: float = 0.0


class Dating(msgspec.Struct, frozen=True, gc=False):
    """The result was measured within `error` seconds of `at`; `dated` says how that is known."""

    at: float
    dated: str
    error: float


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A result's own two clocks: seconds since its boot, and what the PC believed the epoch was."""

    boottime: float
    wall: float


class _Gap(msgspec.Struct, frozen=True):
    """Time in which no heard boot ran, and the wall clock's skew in the boots on either side."""

    begin: float
    end: float
    skews: tuple[tuple[float, float], ...]
    """(skew, when it was last seen)."""


def date_boot(moments: Sequence[Moment], boot: str, boots: Sequence[Boot], received: float) -> list[Dating]:
    """When each of these results of one boot, received together, was measured, in the order they were given.

    Together they keep the order of their boot-time clock whatever the wall clock did, and a wall clock that was right
    for some of them (after it was synchronised) dates them all. `boots` are all known boots of the machine, in any
    order. Nothing is dated after `received`.
    """
    own = next((known for known in boots if known.boot == boot and known.anchor is not None), None)
    if own is not None and own.anchor is not None:
        return [_exactly(own.anchor + moment.boottime, own, received) for moment in moments]
    if not moments:
        return []
    longest = max(moment.boottime for moment in moments)
    gaps = _gaps(boots, received)
    fitting = [gap for gap in gaps if gap.end - gap.begin >= longest]
    if not fitting:
        # The clocks contradict the boots: only the ends of all gaps are sure.
        begin, end = min(gap.begin for gap in gaps), gaps[-1].end
        anchor, dated, error = begin, BOUNDED, max(EXACT_ERROR, end - begin)
    else:
        anchor, dated, error = _estimated(_candidates(moments, longest, fitting), longest, fitting)
    return [Dating(min(anchor + moment.boottime, received), dated, error) for moment in moments]


def _exactly(at: float, own: Boot, received: float) -> Dating:
    distance = max(0.0, at - own.last_heard, own.first_heard - at)
    return Dating(min(at, received), EXACT, EXACT_ERROR + DRIFT * distance)


def _gaps(boots: Iterable[Boot], received: float) -> list[_Gap]:
    """Where an unheard boot can have been, earliest first: never after the boot that brought its results began."""
    heard = sorted(
        ((known.anchor, known) for known in boots if known.anchor is not None and known.anchor <= received),
        key=itemgetter(0),
    )
    earliest = received - AGE_SECONDS
    if not heard:
        return [_Gap(earliest, received, ())]
    gaps: list[_Gap] = []
    first_anchor, first = heard[0]
    if first_anchor > earliest:
        gaps.append(_Gap(earliest, first_anchor, _skews(first)))
    latest_heard = -math.inf
    for (_, before), (anchor, after) in pairwise(heard):
        latest_heard = max(latest_heard, before.last_heard)
        begin = max(latest_heard, earliest)
        if anchor > begin:
            gaps.append(_Gap(begin, anchor, (*_skews(before), *_skews(after))))
    # Boots that overlap (the collector's clock was set back) leave no gap at all.
    return gaps or [_Gap(earliest, max(heard[-1][0], earliest), ())]


def _skews(boot: Boot) -> tuple[tuple[float, float], ...]:
    return () if boot.skew is None else ((boot.skew, boot.last_heard),)


class _Candidate(msgspec.Struct, frozen=True, gc=False):
    """A gap and a moment in it at which the boot's clock stood at zero, by a wall clock last checked so long before."""

    gap: _Gap
    anchor: float
    distance: float


def _candidates(moments: Sequence[Moment], longest: float, gaps: Sequence[_Gap]) -> list[_Candidate]:
    """Every way in which a wall clock fits between the boots that were heard.

    Where the clock lost no more between two heard boots than lies between them, it may have stood still while the PC
    was off (a dead battery, and a system that goes on from the time it last knew): then the boot in between is
    anywhere from where the one skew puts it to where the other does, so both count as soon as one fits.
    """
    starts = {round(moment.wall - moment.boottime) for moment in moments}
    return [
        _Candidate(gap, min(max(start - skew, gap.begin), gap.end - longest), abs(start - skew - seen))
        for gap in gaps
        for start in starts
        for skew, seen in _believed(gap, start, longest)
    ]


def _believed(gap: _Gap, start: int, longest: float) -> list[tuple[float, float]]:
    fitting = [
        (skew, seen)
        for skew, seen in gap.skews
        if gap.begin - CORRECTED_ERROR <= start - skew <= gap.end - longest + CORRECTED_ERROR
    ]
    lost = gap.skews[0][0] - gap.skews[-1][0] if gap.skews else 0.0
    stood_still = CORRECTED_ERROR < lost <= gap.end - gap.begin + CORRECTED_ERROR
    return list(gap.skews) if fitting and stood_still else fitting


def _estimated(candidates: list[_Candidate], longest: float, gaps: Sequence[_Gap]) -> tuple[float, str, float]:
    """When the boot's clock stood at zero, how that is known, and the error of it."""
    home = candidates[0].gap if candidates else gaps[-1]
    slack = home.end - longest - home.begin
    bounded = (home.begin + slack / 2, BOUNDED, max(EXACT_ERROR, slack / 2))
    if not candidates:
        return bounded
    # Clocks that all fit but disagree (one was set meanwhile) are all believed, with the error that costs.
    anchors = [candidate.anchor for candidate in candidates]
    low, high = min(anchors), max(anchors)
    error = CORRECTED_ERROR + DRIFT * max(candidate.distance for candidate in candidates) + (high - low) / 2
    if error >= bounded[2] and all(candidate.gap is home for candidate in candidates):
        return bounded
    return (low + high) / 2, CORRECTED, error
