"""Machines that are on, and seen so by their neighbours, but do not report: their program was stopped or blocked."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from schooldrum_collector.judge.blame import Scene, blame
from schooldrum_collector.judge.fault import Degree, Fault, Kind, Level, Place, Verdict
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED
from schooldrum_collector.judge.sights import Sight
from schooldrum_collector.judge.votes import Others

_SEEN_AFTER_BEATS = 2
"""A neighbour's table keeps who has left for a while: only what it held so long after the last report counts."""
_SEVERAL = 2


def muted(scene: Scene) -> tuple[list[Fault], tuple[Sight, ...]]:
    """The faults of this kind, and the sights that are left for all others.

    Whoever two neighbours saw is on and its network works: it counts as answering. Whoever one saw is mute by itself
    but changes nothing for others: one word could be a lie.
    """
    seers = _seers(scene)
    quiet = [sight for sight in scene.sights if _is_missed(sight) and seers[sight.witness.machine]]
    if not quiet:
        return [], scene.sights
    sure = [sight for sight in quiet if seers[sight.witness.machine] >= _SEVERAL]
    sure_ids = {sight.witness.machine for sight in sure}
    speaking = tuple(
        msgspec.structs.replace(sight, missed=False, answering=True, heard_well=True, well=scene.now)
        if sight.witness.machine in sure_ids
        else sight
        for sight in scene.sights
    )
    heard = [sight for sight in scene.sights if sight.answering]
    groups: dict[Place, list[Sight]] = {}
    for sight in sure:
        groups.setdefault(scene.place_of_room(sight.witness.room), []).append(sight)
    guard = _guard(sure, heard)
    if guard and len(groups) >= _SEVERAL:
        groups = {Place(Level.SCHOOL, scene.seen.school): sure}
    found = [fault for place, group in groups.items() for fault in _of_place(place, group, heard, seers)]
    # Seen by one alone: said of the machine, where the rest of its room does not already explain it.
    lit = {sight.witness.room for sight in heard}
    lone = [sight for sight in quiet if sight.witness.machine not in sure_ids and sight.witness.room in lit]
    found += [_one(sight, seers) for sight in lone]
    return found, speaking


def _is_missed(sight: Sight) -> bool:
    return sight.missed and not sight.measured


def _seers(scene: Scene) -> Mapping[str, int]:
    """How many answering neighbours saw each machine of their own site, long enough after it was last heard."""
    missed = {sight.witness.machine: sight for sight in scene.sights if _is_missed(sight)}
    counts: Counter[str] = Counter()
    for seer in scene.sights:
        if not seer.answering or not seer.witness.sees:
            continue
        at = seer.witness.sees_at
        if not scene.now - BEATS_UNTIL_MISSED * seer.beat <= at <= scene.now:
            continue
        for machine in seer.witness.sees & missed.keys():
            gone = missed[machine]
            heard = at - seer.witness.sees_ages.get(machine, 0.0)
            if gone.site == seer.site and heard >= gone.well + _SEEN_AFTER_BEATS * gone.beat:
                counts[machine] += 1
    return counts


def _guard(group: Sequence[Sight], heard: Sequence[Sight]) -> str:
    """The antivirus that all of them and none of those who answer have, where somebody has another; else empty."""
    guards = {sight.witness.guard for sight in group}
    here = {sight.witness.guard for sight in heard} - {""}
    return guards.pop() if len(group) >= _SEVERAL and len(guards) == 1 and here and not guards & here else ""


def _of_place(place: Place, group: Sequence[Sight], heard: Sequence[Sight], seers: Mapping[str, int]) -> list[Fault]:
    if len(group) < _SEVERAL:
        return [_one(sight, seers) for sight in group]
    guard = _guard(group, heard)
    rest = Others(after=tuple(heard))
    return [
        blame(
            place,
            Verdict.MACHINE,
            Degree.PROBABLE,
            "mute_guard" if guard else "mute",
            group,
            rest=rest,
            kind=Kind.MUTE,
            counts={"seers": min(seers[sight.witness.machine] for sight in group)},
            names={"guard": (guard,)} if guard else None,
        )
    ]


def _one(sight: Sight, seers: Mapping[str, int]) -> Fault:
    return blame(
        Place(Level.MACHINE, sight.witness.machine),
        Verdict.MACHINE,
        Degree.PROBABLE,
        "mute_one",
        [sight],
        kind=Kind.MUTE,
        counts={"seers": seers[sight.witness.machine]},
    )
