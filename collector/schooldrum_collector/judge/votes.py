"""Which machines of a place were cut off together, where most of them say that the way ends, and since when."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from schooldrum_collector.judge.climbing import INNER, OUTER, End
from schooldrum_collector.judge.sights import NEVER, NEVER_AGAIN, RUN_BROKEN_BEATS, Sight

TOGETHER_BEATS = 2
"""Machines that were last well within so many beats of each other went together: reports spread over one beat."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Those who were cut off together; `first` and `last` bound when they were last well."""

    sights: tuple[Sight, ...] = ()
    first: float = 0.0
    last: float = 0.0
    beat: int = 60

    @property
    def rooms(self) -> frozenset[str]:
        """Their rooms."""
        return frozenset(sight.witness.room for sight in self.sights)

    @property
    def machines(self) -> tuple[str, ...]:
        """Their ids, in order."""
        return tuple(sorted(sight.witness.machine for sight in self.sights))


def together(missed: Sequence[Sight]) -> Group:
    """The largest group of those who went within two beats (the latest of equal ones), and who came up into it."""
    late = [sight for sight in missed if sight.boarded]
    gone = sorted((sight for sight in missed if not sight.boarded), key=lambda one: (one.well, one.witness.machine))
    if not gone:
        if not late:
            return Group()
        first = min(sight.ill for sight in late)
        return Group(sights=tuple(late), first=first, last=first, beat=max(sight.beat for sight in late))
    best = (0, 0)
    start = 0
    for stop in range(1, len(gone) + 1):
        beat = max(gone[start].beat, gone[stop - 1].beat)
        while gone[stop - 1].well - gone[start].well > TOGETHER_BEATS * beat + gone[stop - 1].error:
            start += 1
        if stop - start >= best[1] - best[0]:
            best = (start, stop)
    chosen = gone[best[0] : best[1]]
    first, last = chosen[0].well, chosen[-1].well
    return Group(
        sights=(*chosen, *(sight for sight in late if sight.ill + sight.error >= first)),
        first=first,
        last=last,
        beat=max(sight.beat for sight in chosen),
    )


class Others(msgspec.Struct, frozen=True, kw_only=True):
    """Those of the same place who were not cut off with a group.

    `after` were well after it went; `claimed` says that only their own word tells so of a single one (then it does not
    outvote two). `undecided` may yet turn out to have gone with it.
    """

    after: tuple[Sight, ...] = ()
    claimed: tuple[Sight, ...] = ()
    undecided: tuple[Sight, ...] = ()


def others(group: Group, around: Iterable[Sight]) -> Others:
    """What the rest of a place says against a group that was cut off."""
    inside = {sight.witness.machine for sight in group.sights}
    after: list[Sight] = []
    claimed: list[Sight] = []
    undecided: list[Sight] = []
    for sight in around:
        if sight.witness.machine in inside:
            continue
        if sight.well > group.last + group.beat:
            (after if sight.heard_well else claimed).append(sight)
        elif sight.answering and sight.heard_well and sight.beat <= TOGETHER_BEATS * group.beat:
            undecided.append(sight)
    if len(claimed) > 1 or len(group.sights) < 2:  # noqa: PLR2004 - one word against two
        after, claimed = after + claimed, []
    return Others(after=tuple(after), claimed=tuple(claimed), undecided=tuple(undecided))


def majority(sights_: Iterable[Sight], among: frozenset[End]) -> tuple[End | None, int]:
    """The end that at least two and more than half of those who measured one of these ends name, and how many do."""
    votes = Counter(sight.end for sight in sights_ if sight.end in among)
    if votes[End.BEYOND] and sum(votes.values()) - votes[End.BEYOND] > 1:
        # Whoever did not try farther than the modem contradicts nobody who did.
        del votes[End.BEYOND]
    total = sum(votes.values())
    for end, count in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
        if count > 1 and 2 * count > total:
            return end, count
        break
    return None, total


def inside_or_outside(group: Sequence[Sight]) -> frozenset[End] | None:
    """Whether the ways of a group end inside the school or past its modem; None where nobody or no two can tell."""
    inner = sum(sight.end in INNER for sight in group if sight.measured)
    outer = sum(sight.end in OUTER for sight in group if sight.measured)
    if max(inner, outer) < 2 or inner == outer:  # noqa: PLR2004 - one machine alone blames nobody else
        return None
    return INNER if inner > outer else OUTER


class When(msgspec.Struct, frozen=True, kw_only=True):
    """Begin and end of what befell a group; `ended` is None where no two (or the only one) can tell.

    `late` and `ended_error` are those of a Fault.
    """

    began: float
    error: float
    measured: bool
    ended: float | None = None
    ended_error: float | None = None
    late: bool = False


def when(group: Sequence[Sight]) -> When:
    """When a group was cut off and came back.

    Of three or more, the farthest word on each side is left out, so that nobody alone moves a date.
    """
    measured = [sight for sight in group if sight.end is not End.NOWHERE and sight.ill < NEVER_AGAIN]
    enough = min(2, len(group))
    told = measured if len(measured) >= enough else list(group)
    there_before = [sight for sight in told if not (sight.boarded or sight.anew)]
    tight = there_before or told
    error = max((sight.error for sight in told), default=0.0)
    beat = max(sight.beat for sight in told)
    late = [sight.ill if sight.ill < NEVER_AGAIN else sight.last_fine + 1.5 * sight.beat for sight in tight]
    low = _but_one([sight.last_fine for sight in tight], highest=True)
    high = _but_one(late, highest=False)
    # Without anybody who saw it well before, the first word of it dates nothing but itself.
    dated = told is measured and low > NEVER
    if low == NEVER:
        began, spread = high, float(beat)
    elif high - low > RUN_BROKEN_BEATS * beat:
        began, spread = high, high - low
    else:
        low, high = min(low, high), max(low, high)
        began, spread = (low + high) / 2, (high - low) / 2
    came_later = dated and not there_before
    back = [sight for sight in told if sight.well_again < NEVER_AGAIN]
    if len(back) < enough:
        return When(began=began, error=spread + error, measured=dated, late=came_later)
    first = _but_one([sight.well_again for sight in back], highest=False)
    ill = [sight.last_ill if sight.last_ill > NEVER else first - sight.beat for sight in back]
    last = min(first, _but_one(ill, highest=True))
    return When(
        began=began,
        error=max(spread, (first - last) / 2) + error,
        measured=dated,
        ended=max(began, (first + last) / 2),
        ended_error=(first - last) / 2 + error if came_later else None,
        late=came_later,
    )


def _but_one(times: Sequence[float], *, highest: bool) -> float:
    """The second highest (or lowest), the only one where there is one."""
    ordered = sorted(times, reverse=highest)
    return ordered[1] if len(ordered) > 1 else ordered[0]
