"""Whether rooms, sites and schools are up, down or off: concluded from the presence of their PCs, and the calendar."""

import enum
import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from schooldrum_collector.judge.apart import NOBODY, Apart, if_away, if_mute
from schooldrum_collector.judge.calendar_learnt import END_TOLERANCE
from schooldrum_collector.judge.expecting import CALENDARS, CalendarRegister, RoomCalendar
from schooldrum_collector.judge.presence import (
    BEATS_UNTIL_MISSED,
    GOODBYE,
    HELLO,
    Hearing,
    Presence,
    State,
    bounded_beat,
    waiting_for_nobody,
)
from schooldrum_collector.judge.returning import SWITCHED_ON_SECONDS
from schooldrum_collector.judge.standing import HeardMachine, RegisteredMachine, standing

BEATS_TOGETHER = 1.5
"""What goes within one beat is heard last within one beat, and a little."""
_RECENT = 3600.0
AWAY = "away"
"""Under which PCs are counted that are not at their school, whatever they do there."""


class PlaceState(enum.StrEnum):
    """What a place is. `down` is silent although it should be on; `off` is switched off, expected or not."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    OFF = "off"
    UNKNOWN = "unknown"


class PlacePresence(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a place, since when (None: nobody can know), whether its PCs are `expected` to be on now.

    `assumed` says that being off was concluded; `machines` counts its PCs by state, those that are not at their school
    under AWAY.
    """

    state: PlaceState
    expected: bool
    since: float | None = None
    assumed: bool = False
    machines: dict[str, int] = {}


class Member(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An approved PC of a room with its presence; `heard` is when anything last came (0: never), `beat` seconds.

    `came` is when it said hello (0: it never did; infinite: it has said goodbye since, so that nobody knows).
    """

    machine: str
    presence: Presence
    heard: float = 0.0
    beat: int = 60
    came: float = 0.0


class RoomSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A room with its approved PCs, and its calendar."""

    path: str
    members: tuple[Member, ...]
    calendar: RoomCalendar


class SchoolPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """A school at one moment: rooms by `CODE/SITE/ROOM`, sites by `CODE/SITE`, and each PC's presence by its id.

    The presences are those of `standing`, but that PCs of a room that ended as usual are off (assumed), and that those
    whom neighbours see, or who are not at their school, are called so.
    """

    school: PlacePresence
    sites: dict[str, PlacePresence]
    rooms: dict[str, PlacePresence]
    presences: dict[str, Presence]


def _together(silent: Iterable[Member]) -> list[list[Member]]:
    """PCs that went within one beat of each other, group by group."""
    groups: list[list[Member]] = []
    for member in sorted(silent, key=lambda one: one.heard):
        if groups and member.heard - groups[-1][-1].heard <= BEATS_TOGETHER * bounded_beat(member.beat):
            groups[-1].append(member)
        else:
            groups.append([member])
    return groups


def _was_on_through(member: Member, moment: float) -> bool:
    """Whether this PC is known to have been on before this moment, and was heard well after it."""
    return member.came <= moment and member.heard > moment + BEATS_TOGETHER * bounded_beat(member.beat)


def ended(room: RoomSeen, group: Sequence[Member], others: Sequence[Member], now: float) -> bool:
    """Whether these PCs, who went within one beat, were switched off as their room usually is.

    Nobody else of the room was on through it, and the room ends at this time of day, or has had an end since: silence
    of a whole room is a fault only until its lesson is over. Others of the school were heard on meanwhile (or none was
    on, or the power went everywhere and is back): a line that fails takes the others with it.
    """
    last = max(member.heard for member in group)
    inside = {member.machine for member in group}
    if any(_was_on_through(member, last) for member in room.members if member.machine not in inside):
        return False
    until = room.calendar.until(last)
    if until is not None and until - last <= END_TOLERANCE:
        return True
    heard_on = any(_was_on_through(other, last) for other in others)
    lately = now - last < SWITCHED_ON_SECONDS
    if lately and not heard_on and any(other.presence.state is State.ONLINE and other.came > last for other in others):
        # All there is has started anew since: the power was gone, and who is not back was not switched on again.
        return True
    if not room.calendar.is_usual_end(last) and not (heard_on and room.calendar.ends_between(last, now)):
        return False
    patience = BEATS_UNTIL_MISSED * bounded_beat(group[-1].beat)
    return heard_on or not any(last - patience <= other.heard <= last + patience for other in others)


def settled(rooms: Sequence[RoomSeen], now: float) -> dict[str, Presence]:
    """The presence of every PC by its id, those of rooms that ended as usual being off (assumed)."""
    found = {member.machine: member.presence for room in rooms for member in room.members}
    for room in rooms:
        groups = _together(member for member in room.members if member.presence.state is State.SILENT)
        if not groups:
            continue
        others = [member for other in rooms if other.path != room.path for member in other.members]
        for group in groups:
            if ended(room, group, others, now):
                for member in group:
                    found[member.machine] = Presence(state=State.OFF, since=member.heard, assumed=True)
    return found


def room_presence(presences: Iterable[Presence], *, expected: bool) -> PlacePresence:
    """The state of a room from the settled presences of its PCs; who is away says nothing of it.

    A PC that neighbours see though it does not report is on, so its room has power and a network.
    """
    everyone = [one for one in presences if one.state not in {State.PENDING, State.RETIRED}]
    there = [one for one in everyone if not one.away]
    counts: dict[str, int] = {}
    for one in everyone:
        key = AWAY if one.away else one.state.value
        counts[key] = counts.get(key, 0) + 1
    online = [one for one in there if one.state is State.ONLINE]
    silent = [one for one in there if one.state is State.SILENT]
    mute = [one for one in there if one.state is State.MUTE]
    off = [one for one in there if one.state is State.OFF]

    def told(state: PlaceState, since: float | None = None, *, assumed: bool = False) -> PlacePresence:
        return PlacePresence(state=state, expected=expected, since=since, assumed=assumed, machines=counts)

    if any(not one.assumed for one in online):
        unheard = len(silent) + len(mute)
        return told(PlaceState.DEGRADED if 3 * unheard >= unheard + len(online) else PlaceState.UP)
    if mute:
        return told(PlaceState.DEGRADED)
    if online or not (silent or off):
        return told(PlaceState.UNKNOWN)
    if silent:
        begin = min(one.since or 0.0 for one in silent)
        # Who was off since yesterday says nothing about what happened to those that were on.
        with_them = sum(one.since is not None and one.since >= begin - _RECENT for one in off)
        if 3 * len(silent) >= len(silent) + with_them:
            return told(PlaceState.DOWN, begin)
    since = max((one.since for one in off if one.since is not None), default=None)
    return told(PlaceState.OFF, since, assumed=any(one.assumed for one in off))


def above(places: Iterable[PlacePresence]) -> PlacePresence:
    """The state of a place from those of the places in it."""
    there = list(places)
    counts: dict[str, int] = {}
    for one in there:
        for state, count in one.machines.items():
            counts[state] = counts.get(state, 0) + count
    states = {one.state for one in there}
    up = states & {PlaceState.UP, PlaceState.DEGRADED}
    since: float | None = None
    if up:
        state = PlaceState.UP if not states & {PlaceState.DOWN, PlaceState.DEGRADED} else PlaceState.DEGRADED
    elif PlaceState.DOWN in states:
        # Rooms of which nothing is known yet (the collector has just begun to hear) may be up.
        graced = any(one.state is PlaceState.UNKNOWN and one.machines.get(State.ONLINE) for one in there)
        state = PlaceState.UNKNOWN if graced else PlaceState.DOWN
        since = min((one.since for one in there if one.state is PlaceState.DOWN and one.since), default=None)
    elif PlaceState.OFF in states and not any(one.machines.get(State.ONLINE) for one in there):
        state = PlaceState.OFF
        since = max((one.since for one in there if one.state is PlaceState.OFF and one.since), default=None)
    else:
        state = PlaceState.UNKNOWN
    return PlacePresence(
        state=state,
        expected=any(one.expected for one in there),
        since=since if state in {PlaceState.DOWN, PlaceState.OFF} else None,
        assumed=state is PlaceState.OFF and any(one.assumed for one in there),
        machines=counts,
    )


def _came(heard: HeardMachine) -> float:
    if heard.word == HELLO:
        return heard.word_at
    return math.inf if heard.word == GOODBYE and heard.heard <= heard.word_at else 0.0


def school_places(
    register: CalendarRegister,
    *,
    rooms: Iterable[str],
    machines: Iterable[RegisteredMachine],
    heard_of: Callable[[str], HeardMachine | None],
    hearing: Hearing,
    now: float,
    apart: Apart = NOBODY,
) -> SchoolPlaces:
    """A school at `now`: `rooms` are the paths of its rooms, `machines` all its records, whatever their state.

    `heard_of` gives the newest that is known of a machine by its id, `apart` what is known of some beside that.
    """
    members: dict[str, list[Member]] = {path: [] for path in rooms}
    away: dict[str, list[Presence]] = {}
    others: dict[str, Presence] = {}
    for machine in machines:
        heard = heard_of(machine.id)
        waits = waiting_for_nobody(hearing) if machine.id in apart.dark else hearing
        presence = standing(register, machine, heard, waits, now)
        if presence.state in {State.PENDING, State.RETIRED}:
            # Neither votes nor counts anywhere (SECURITY R6, R12).
            others[machine.id] = presence
            continue
        if machine.id in apart.away:
            # What is heard from elsewhere neither lights a room nor says that the school's line works.
            others[machine.id] = gone = if_away(presence)
            members.setdefault(machine.path, [])
            away.setdefault(machine.path, []).append(gone)
            continue
        members.setdefault(machine.path, []).append(
            Member(
                machine=machine.id,
                presence=presence,
                heard=hearing.heard(heard.heard, heard.beat, now) if heard else 0.0,
                beat=heard.beat if heard else 60,
                came=_came(heard) if heard else 0.0,
            )
        )
    seen = [
        RoomSeen(path=path, members=tuple(there), calendar=CALENDARS.of_room(register, path))
        for path, there in members.items()
    ]
    presences = settled(seen, now)
    presences.update((one, if_mute(presences[one])) for one in apart.mute & presences.keys())
    found = {
        room.path: room_presence(
            [*(presences[member.machine] for member in room.members), *away.get(room.path, ())],
            expected=room.calendar.until(now) is not None,
        )
        for room in seen
    }
    sites: dict[str, list[PlacePresence]] = {}
    for path, one in found.items():
        sites.setdefault(path.rpartition("/")[0], []).append(one)
    return SchoolPlaces(
        school=above(found.values()),
        sites={site: above(there) for site, there in sites.items()},
        rooms=found,
        presences={**others, **presences},
    )
