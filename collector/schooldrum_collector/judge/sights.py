"""What every witness of a school testifies about one moment."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import msgspec

from schooldrum_collector.judge.climbing import (
    BEFORE_WORLD,
    INNER,
    OUTER,
    End,
    Way,
    end_of,
    gets_through,
    joined,
    reaches_world,
    way_of,
)
from schooldrum_collector.judge.fault import Answer, Climb, Level, Place, SchoolSeen, Witness
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, Hearing, State, bounded_beat, in_grace

RUN_BROKEN_BEATS = 10
"""Without any climb for so long, a machine was off in between: what came before is another story."""
RETURNING_SECONDS = 900.0
"""The longest back-off of an agent: when a place comes back, the last of it are heard so much later."""
_CUT_ANSWERS = frozenset({"closed", "switched_off"})
_ENDS_OF_LINE = frozenset({End.BEYOND, End.LINE, End.CAPTIVE})
_FAILING = {
    End.LINE: frozenset({"national", "international"}),
    End.INTERNATIONAL: frozenset({"international"}),
    End.NATIONAL: frozenset({"national"}),
    End.DNS: frozenset({"resolver"}),
}
"""What does not answer as long as ways end there, whatever else does not."""
NEVER = -math.inf
NEVER_AGAIN = math.inf


class Sight(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One witness at one moment.

    `answering`: the collector hears it, or its climbs say that it got through. `missed`: it is unheard though expected,
    or measured that it does not get through. `end` is where its way ends by its own measurement, `way` what answered.
    `well` is when it last got through before, `ill` when it first measured what is wrong now, `last_ill` and
    `well_again` the same for the end (infinite: not known); `error` is how far these may be off. `fine` is when it last
    measured itself free of what is wrong, though it may have missed the collector even then. `heard_well`: it is
    the collector that knows `well`, not the machine's own word. `woke`: the next sign of life came from another boot
    (None: there is none, or nobody can tell); then `lit` is when that first measured anything, of one whose disk does
    not forget. For one that answers, `ill` is since when it measures this `end`, and `otherwise` when it last measured
    another. `anew`: it was started between when it was fine and when it was ill.
    """

    witness: Witness
    beat: int
    answering: bool = False
    missed: bool = False
    end: End = End.NOWHERE
    way: Way = Way()
    well: float = NEVER
    fine: float = NEVER
    heard_well: bool = False
    ill: float = NEVER_AGAIN
    last_ill: float = NEVER
    well_again: float = NEVER_AGAIN
    otherwise: float = NEVER
    error: float = 0.0
    woke: bool | None = None
    lit: float = NEVER_AGAIN
    anew: bool = False

    @property
    def measured(self) -> bool:
        """Whether it says itself where its way ends."""
        return self.missed and self.end is not End.NOWHERE

    @property
    def boarded(self) -> bool:
        """Whether it came up during the fault: nobody knows it well shortly before it was ill."""
        return self.ill - self.last_fine > RUN_BROKEN_BEATS * self.beat and self.ill < NEVER_AGAIN

    @property
    def last_fine(self) -> float:
        """When it was last known to be free of what is wrong, by whatever is known of it."""
        return max(self.well, self.fine)

    @property
    def site(self) -> str:
        """`CODE/SITE`."""
        return self.witness.room.rpartition("/")[0]


def holds(place: Place, witness: Witness) -> bool:
    """Whether the witness stands in this place of its school."""
    if place.level is Level.MACHINE:
        return place.path == witness.machine
    return witness.room == place.path or witness.room.startswith(f"{place.path}/")


def is_expected(seen: SchoolSeen, witness: Witness) -> bool:
    """Whether this machine is to be on now; a room nobody speaks of is."""
    return witness.always_on or seen.expected.get(witness.room, True)


def sights(seen: SchoolSeen, now: float) -> tuple[Sight, ...]:
    """What the school's witnesses say about this moment, in order of their ids; who says nothing is left out."""
    hearing = Hearing(back=seen.hearing_since)
    found = []
    for witness in sorted(seen.witnesses, key=lambda one: one.machine):
        if not is_expected(seen, witness):
            continue
        sight = _sight(witness, now, hearing)
        if sight is not None and not _explained(sight, seen.answers, now):
            found.append(sight)
    return tuple(found)


def _explained(sight: Sight, answers: Iterable[Answer], now: float) -> bool:
    """Whether a person has said that this machine is off on purpose, and it was not on again since."""
    return sight.missed and any(
        answer.answer in _CUT_ANSWERS
        and holds(answer.place, sight.witness)
        and is_about(answer, sight.well, now)
        and sight.well <= answer.at + RUN_BROKEN_BEATS * sight.beat
        for answer in answers
    )


def is_about(answer: Answer, began: float, now: float) -> bool:
    """Whether an answer speaks of what began then: it was given since, or it stands for this moment."""
    if answer.until and now >= answer.until:
        return False
    return began <= answer.at or (answer.until > 0 and answer.at <= now)


def _sight(witness: Witness, now: float, hearing: Hearing) -> Sight | None:
    beat = bounded_beat(witness.beat)
    listening = not in_grace(hearing, now, witness.beat)
    fresh = BEATS_UNTIL_MISSED * beat
    known = witness.heard <= now
    online = known and witness.presence == State.ONLINE and now - witness.heard < fresh
    if online:
        past, later = _split(witness.climbs, now)
        recent = bool(past) and now - past[-1].at <= fresh + past[-1].error
        return _answering(witness, beat, past if recent else (), later, heard=True)
    # A climb that says nothing about the collector says nothing about whether its machine was cut off.
    past, later = _split([climb for climb in witness.climbs if gets_through(climb) is not None], now)
    current = past[-1] if past and now - past[-1].at <= fresh + past[-1].error else None
    through = current is not None and gets_through(current) is True
    if through and not known:
        return _answering(witness, beat, past, later, heard=False)
    fails = current is not None and not through and not (known and witness.heard > current.at)
    way = _failing_way(past, beat) if fails else Way()
    end = end_of(way)
    if end not in BEFORE_WORLD and current is not None and current.at - current.error <= hearing.back:
        # It did not reach the collector while that heard nobody.
        fails, way, end = False, Way(), End.NOWHERE
    is_well = _into_the_world if not fails or end in BEFORE_WORLD else _through
    well = next((climb.at for climb in reversed(past) if gets_through(climb)), NEVER)
    fine = next((climb.at for climb in reversed(past) if is_well(climb)), NEVER)
    heard_well = known and 0 < witness.heard >= well
    well = max(well, witness.heard) if known and witness.heard else well
    silent = known and listening and witness.presence == State.SILENT
    again, woke = _afterwards(witness, past, later, now, is_well)
    sight = Sight(
        witness=witness,
        beat=beat,
        missed=silent,
        well=well,
        fine=fine,
        heard_well=heard_well,
        well_again=again,
        woke=woke,
        lit=later[0].at if woke and not witness.frozen else NEVER_AGAIN,
    )
    if fails:
        run, following = _run(past, beat, is_well), _run_on(past[-1], later, beat, is_well)
        row = (*run, *following)
        first, last = row[0].at, row[-1].at
        if end in BEFORE_WORLD:
            first, last = _bounds(row)
        return msgspec.structs.replace(
            sight,
            missed=True,
            end=end,
            way=way,
            ill=first,
            last_ill=last,
            error=max(climb.error for climb in row),
            anew=_is_anew(past[: -len(run)], run[0]),
        )
    if not known and listening and later and now - well <= RUN_BROKEN_BEATS * beat:
        # Judged afterwards: it was on shortly before and later on, and measured nothing in between.
        return msgspec.structs.replace(sight, missed=True)
    return sight if silent or well > NEVER else None


def _is_anew(before: Sequence[Climb], first: Climb) -> bool:
    """Whether another boot than the last one before measured this first."""
    return bool(before and before[-1].boot and first.boot) and before[-1].boot != first.boot


def _through(climb: Climb) -> bool:
    return gets_through(climb) is True


def _into_the_world(climb: Climb) -> bool:
    """Whether it got through, or would have but for the collector: that may be away when all else is well."""
    return gets_through(climb) is True or reaches_world(climb)


def _split(climbs: Sequence[Climb], now: float) -> tuple[Sequence[Climb], Sequence[Climb]]:
    """Those up to now, and those after."""
    at = bisect_right(climbs, now, key=lambda climb: climb.at)
    return climbs[:at], climbs[at:]


def _answering(witness: Witness, beat: int, past: Sequence[Climb], later: Sequence[Climb], *, heard: bool) -> Sight:
    """One that gets through to the collector, with what else it measured."""
    if not past:
        return Sight(witness=witness, beat=beat, answering=True, well=witness.heard, heard_well=True)
    if heard and gets_through(past[-1]) is False and end_of(way_of(past[-1].rungs)) in _ENDS_OF_LINE:
        # It climbed before it came back.
        return Sight(witness=witness, beat=beat, answering=True, well=witness.heard, heard_well=True)
    way = _heard(way_of(past[-1].rungs))
    end, ill, otherwise = end_of(way), past[-1].at, NEVER
    well = witness.heard if heard else past[-1].at
    if end is End.NOWHERE:
        return Sight(witness=witness, beat=beat, answering=True, way=way, well=well, heard_well=heard)
    for climb in reversed(past[:-1]):
        if ill - climb.at > RUN_BROKEN_BEATS * beat:
            break
        if not _is_still(end, climb):
            otherwise = climb.at
            break
        ill = climb.at
    last_ill, again = past[-1].at, NEVER_AGAIN
    for climb in later:
        if not _is_still(end, climb):
            again = climb.at
            break
        last_ill = climb.at
    return Sight(
        witness=witness,
        beat=beat,
        answering=True,
        end=end,
        way=way,
        well=well,
        heard_well=heard,
        otherwise=otherwise,
        ill=ill,
        last_ill=last_ill,
        well_again=again,
        error=past[-1].error,
    )


def _is_still(end: End, climb: Climb) -> bool:
    """Whether this climb of one that is heard ends there too, or got not even so far."""
    way = _heard(way_of(climb.rungs))
    return end_of(way) is end or (end in _FAILING and _FAILING[end] <= way.failed)


def _heard(way: Way) -> Way:
    """What a machine measured that the collector hears: its report is the proof that it got through."""
    tried = frozenset({"link", "address", "gateway", "provider", "collector"})
    return Way(passed=way.passed | tried, failed=way.failed - tried, captive=way.captive)


def _failing_way(past: Sequence[Climb], beat: int) -> Way:
    """What the last climb met, which did not get through, and where it did not try what those shortly before it met."""
    current = past[-1]
    way = way_of(current.rungs)
    for climb in reversed(_run(past, beat, _through)[:-1]):
        if current.at - climb.at <= BEATS_UNTIL_MISSED * beat:
            way = joined(way, way_of(climb.rungs))
    return way


def _run(past: Sequence[Climb], beat: int, is_well: Callable[[Climb], bool]) -> list[Climb]:
    """The unbroken row of climbs up to the last that were not well, oldest first."""
    run = [past[-1]]
    for climb in reversed(past[:-1]):
        if is_well(climb) or run[0].at - climb.at > RUN_BROKEN_BEATS * beat:
            break
        run.insert(0, climb)
    return run


def _run_on(current: Climb, later: Sequence[Climb], beat: int, is_well: Callable[[Climb], bool]) -> list[Climb]:
    """How that row goes on."""
    run: list[Climb] = []
    last = current
    for climb in later:
        if is_well(climb) or climb.at - last.at > RUN_BROKEN_BEATS * beat:
            break
        run.append(climb)
        last = climb
    return run


def _bounds(row: Sequence[Climb]) -> tuple[float, float]:
    """When it was first ill in this row of climbs, and when last.

    A climb that asked for nothing but the collector, and in vain, may be of a time when that alone was away.
    """
    told = [climb.at for climb in row if end_of(way_of(climb.rungs)) in BEFORE_WORLD] or [climb.at for climb in row]
    return told[0], told[-1]


def at_its_switch(sight: Sight, now: float) -> Sight:
    """The same of one whose way ends before the modem, dated by that alone.

    When it reached the modem nothing was wrong so near, whatever was beyond.
    """
    if sight.end not in INNER:
        return sight
    past, later = _split([climb for climb in sight.witness.climbs if gets_through(climb) is not None], now)
    run = _run(past, sight.beat, _past_the_modem)
    first, last = _bounds((*run, *_run_on(past[-1], later, sight.beat, _past_the_modem)))
    before = next((climb.at for climb in reversed(past) if _past_the_modem(climb)), NEVER)
    again = next((climb.at for climb in later if _past_the_modem(climb)), NEVER_AGAIN)
    return msgspec.structs.replace(
        sight,
        fine=max(sight.fine, before),
        ill=first,
        last_ill=last,
        well_again=min(sight.well_again, again),
        anew=_is_anew(past[: -len(run)], run[0]),
    )


def _past_the_modem(climb: Climb) -> bool:
    return gets_through(climb) is True or end_of(way_of(climb.rungs)) in OUTER


def back_since(sight: Sight, now: float) -> float:
    """When a machine that answers came up, or back, as far as it is known; minus infinity where it was never away."""
    past, _ = _split(sight.witness.climbs, now)
    heard = sight.witness.heard
    if past and 2 * BEATS_UNTIL_MISSED * sight.beat < heard - past[-1].at < RETURNING_SECONDS and heard <= now:
        # It is heard again, and what it climbs from now on is not there yet.
        return heard
    for newer, older in pairwise(reversed(past)):
        if newer.at - older.at > 2 * BEATS_UNTIL_MISSED * sight.beat or gets_through(older) is False:
            return newer.at
    return sight.witness.since if sight.witness.since is not None else NEVER


def _afterwards(
    witness: Witness, past: Sequence[Climb], later: Sequence[Climb], now: float, is_well: Callable[[Climb], bool]
) -> tuple[float, bool | None]:
    """When it is known to be well again, and whether it had been started anew by its next sign of life."""
    again = next((climb.at for climb in later if is_well(climb)), NEVER_AGAIN)
    if witness.heard > now:
        again = min(again, witness.heard)
    boots = (past[-1].boot if past else "", later[0].boot if later else "")
    return again, (boots[0] != boots[1] if all(boots) else None)
