"""Where a school's faults lie at one moment: by the votes of its machines, the largest places first. Pure.

Laws: a fault blames no machine that the collector heard at that time. Where some of a place still answered they are
not blamed, and its evidence counts more machines `on` than blamed. More than one machine is blamed by two that
measured, or by two that fell silent together. What a single machine says or sees decides about itself alone: one that
claims afterwards to have got through does not outvote two, but nothing is `found` against it any more.

For a moment in the past, `now` is that moment, presence and `heard` are as they were then, and the climbs are all that
are known today: those that came later say where it was and when it ended.
"""

from collections.abc import Iterable, Sequence

import msgspec

from schooldrum_collector.judge.blame import VERDICTS, Scene, blame, by_last_line, scene_of, with_gone
from schooldrum_collector.judge.climbing import INNER, OUTER, End
from schooldrum_collector.judge.fault import Answer, Degree, Fault, Kind, Level, Place, SchoolSeen, Verdict
from schooldrum_collector.judge.impaired import impaired
from schooldrum_collector.judge.muted import muted
from schooldrum_collector.judge.nameless import ALSO, ROUTES, are_nameless, with_parts
from schooldrum_collector.judge.returning import in_between, is_returning, left_dark, started_anew
from schooldrum_collector.judge.sights import NEVER_AGAIN, Sight, at_its_switch, sights
from schooldrum_collector.judge.votes import Group, Others, inside_or_outside, majority, others, together

_SEVERAL = 2
_MOST_OF_A_ROOM = 3
"""So many of a room, and at least half of it, went together though others answer: one cause, not three."""
_SILENT: tuple[Verdict, ...] = (Verdict.POWER, Verdict.LAN, Verdict.LINE)
_ROOM_SILENT: tuple[Verdict, ...] = (Verdict.POWER, Verdict.ROOM, Verdict.LAN, Verdict.LINE)
_MACHINE_SILENT: tuple[Verdict, ...] = (Verdict.MACHINE, Verdict.POWER, Verdict.LAN, Verdict.LINE)
"""What remains possible of a silent place, when nobody can tell; power first, so that an answer can take it away."""
LIT = "lit"
"""The count in a power cut's evidence of those who show when it was over."""
_CUT = "power_cut"
_ABOUT_POWER = frozenset({"power", _CUT})
_SIZES = (Level.SCHOOL, Level.SITE, Level.ROOM, Level.MACHINE)


def faults(seen: SchoolSeen, now: float) -> tuple[Fault, ...]:
    """Every fault of this school at `now` (epoch seconds), larger places first; none where all is well or nobody on."""
    all_sights = sights(seen, now)
    if not all_sights:
        return ()
    quiet, speaking = muted(scene_of(seen, now, all_sights))
    scene = scene_of(seen, now, speaking)
    found, undecided = _whole_school(scene)
    taken = undecided.union(*(fault.blamed for fault in found))
    for site in scene.sites:
        here = scene.of_site(site)
        missed = [sight for sight in here if sight.missed and sight.witness.machine not in taken]
        found += _cut_off(scene, site, here, missed)
        found += impaired(scene, site, here)
    found += quiet
    unlike: dict[tuple[Place, Kind, str], Fault] = {}
    for fault in sorted(found, key=lambda one: (_SIZES.index(one.place.level), -len(one.blamed), one.began)):
        unlike.setdefault((fault.place, fault.kind, fault.target), fault)
    return tuple(unlike.values())


def _whole_school(scene: Scene) -> tuple[list[Fault], frozenset[str]]:
    """All sites of a school that has several, gone together; or the machines that may yet prove a part of that."""
    nothing: tuple[list[Fault], frozenset[str]] = ([], frozenset())
    if len(scene.sites) < _SEVERAL:
        return nothing
    group = together([sight for sight in scene.sights if sight.missed])
    if len(group.sights) < _SEVERAL:
        return nothing
    rest = others(group, scene.sights)
    if rest.after:
        return nothing
    if rest.undecided:
        return [], frozenset(group.machines)
    if len({sight.site for sight in group.sights}) < _SEVERAL:
        return nothing
    return [_dark(scene, Place(Level.SCHOOL, scene.seen.school), group, rest)], frozenset()


def _cut_off(scene: Scene, site: str, here: Sequence[Sight], missed: Iterable[Sight]) -> list[Fault]:
    """The faults of those of a site who do not get through, group by group as they went."""
    groups: list[Group] = []
    left = list(missed)
    while left:
        group = together(left)
        groups.append(group)
        inside = {sight.witness.machine for sight in group.sights}
        left = [sight for sight in left if sight.witness.machine not in inside]
    found: list[Fault] = []
    for group in groups:
        rest = others(group, here)
        if rest.undecided:
            continue
        earlier = [] if rest.after else [one for one in groups if one is not group and len(one.sights) >= _SEVERAL]
        for one, around in _by_side(group, rest):
            found += _of_group(scene, site, one, around, earlier)
    return found


def _by_side(group: Group, rest: Others) -> list[tuple[Group, Others]]:
    """Those who went together, each with the others of the site: apart where some reach the modem and several do not.

    Whoever reaches it shares no cause inside the school with those who do not: to them it is one that answers. A
    single one that says so is not believed against two, as with one that says it got through.
    """
    inner = [sight for sight in group.sights if sight.measured and sight.end in INNER]
    outer = [sight for sight in group.sights if sight.measured and sight.end in OUTER]
    if not outer or len(inner) < _SEVERAL:
        return [(group, rest)]
    # Who measured nothing went with the more of them.
    inner_are_more = len(inner) >= len(outer)
    near = tuple(one for one in group.sights if (one.end in INNER if one.measured else inner_are_more))
    beyond = tuple(one for one in group.sights if (one.end in OUTER if one.measured else not inner_are_more))
    lone = len(outer) + len(rest.claimed) < _SEVERAL
    around = msgspec.structs.replace(
        rest,
        after=rest.after if lone else (*rest.after, *outer, *rest.claimed),
        claimed=tuple(outer) if lone else (),
    )
    return [
        (msgspec.structs.replace(group, sights=near), around),
        (msgspec.structs.replace(group, sights=beyond), rest),
    ]


def _of_group(scene: Scene, site: str, group: Group, rest: Others, earlier: Sequence[Group]) -> list[Fault]:
    if len(group.sights) < _SEVERAL:
        returning = rest.after and is_returning(scene.now, group, rest.after)
        return [] if returning else [_machine(sight, rest) for sight in group.sights]
    place = scene.place_of_site(site)
    if not rest.after:
        side = inside_or_outside(group.sights)
        gone = _gone_before(side, earlier)
        rooms = group.rooms.union(*(one.rooms for one in gone))
        if len(rooms) >= _SEVERAL or len(scene.sites[site]) < _SEVERAL or side is OUTER:
            whole = with_gone(_dark(scene, place, group, rest), gone)
        else:
            whole = _room(scene, next(iter(group.rooms)), group.sights, rest, alone=True)
        return [by_last_line(whole, scene.seen.lines.get(site, ()), group, gone)]
    by_line = _by_its_line(scene, site, group, rest)
    if is_returning(scene.now, group, rest.after) or is_returning(scene.now, group, by_line):
        dark, back = left_dark(scene.now, group, rest.after)
        found = _of_those_who_are_not_all(scene, site, dark, rest) if dark.sights else []
        return [in_between(fault, back) for fault in found]
    return _of_those_who_are_not_all(scene, site, group, rest)


def _gone_before(side: frozenset[End] | None, earlier: Iterable[Group]) -> list[Group]:
    """Those of a site who went before the last of it did (whose ways end on this `side`), and may share its cause.

    Whoever is cut off inside the school has a fault of its own, and so has who measured where others were silent.
    """
    if side is INNER:
        return []
    return [one for one in earlier if inside_or_outside(one.sights) in {side, None}]


def _of_those_who_are_not_all(scene: Scene, site: str, group: Group, rest: Others) -> list[Fault]:
    """The faults of several who went together while others of their site answer."""
    place = scene.place_of_site(site)
    if line := _line_of(scene, site, group, rest):
        return [_one_line(place, line, group, rest)]
    several, share = len(group.rooms) >= _SEVERAL, len(group.sights) / (len(group.sights) + len(rest.after))
    # Where other rooms answer by themselves, it is these rooms, and not the school, that went.
    mixed = any(sight.witness.room in group.rooms for sight in rest.after)
    if several and mixed and len(group.sights) >= _MOST_OF_A_ROOM and share >= 3 / 4:
        return [_dark(scene, place, group, rest)]
    return _in_part(scene, place, group, rest)


# Whole places


def _dark(scene: Scene, place: Place, group: Group, rest: Others) -> Fault:
    """A site or school, all of which (or nearly) went together."""
    side = inside_or_outside(group.sights)
    if side is OUTER:
        return _outside(scene, place, group.sights, rest)
    if side is INNER:
        measured = {sight.witness.room for sight in group.sights if sight.measured}
        everywhere = measured == group.rooms or len(measured) >= _SEVERAL
        degree = Degree.FOUND if everywhere else Degree.PROBABLE
        return blame(place, Verdict.LAN, degree, "lan", group.sights, rest=rest, end=End.GATEWAY)
    said = scene.answered(place, group.first, _ABOUT_POWER)
    if said and said.answer == _CUT:
        return _attested(place, said, group.sights, rest)
    if _woke(group.sights):
        return _unpowered(place, group.sights, rest)
    names: dict[str, tuple[str, ...]] = {}
    word, causes = "silent", _SILENT
    if said:
        word, causes, names = "silent_with_power", _SILENT[1:], {"said": (said.side,)}
    return blame(place, Verdict.UNKNOWN, Degree.UNKNOWN, word, group.sights, rest=rest, causes=causes, names=names)


def _attested(place: Place, cut: Answer, group: Sequence[Sight], rest: Others) -> Fault:
    """A power cut on somebody's word: nothing measured proves it, so it is never `found`."""
    names = {"said": (cut.side,)}
    return blame(place, Verdict.POWER, Degree.PROBABLE, "power_attested", group, rest=rest, names=names)


def _outside(scene: Scene, place: Place, group: Sequence[Sight], rest: Others) -> Fault:
    """The school's own network answers, and the way ends past its modem."""
    end, count = majority(group, OUTER)
    if end is None or end is End.BEYOND:
        causes = (Verdict.LINE, Verdict.DNS, Verdict.COLLECTOR)
        return blame(
            place, Verdict.UNKNOWN, Degree.UNKNOWN, "beyond_modem", group, rest=rest, end=End.BEYOND, causes=causes
        )
    # A portal may stand in the school as well as with the provider, and one school cannot tell whether others get
    # through to the collector.
    unsure = end in {End.CAPTIVE, End.COLLECTOR}
    verdict, word, names = VERDICTS[end], end.value, dict[str, tuple[str, ...]]()
    if end in ROUTES and are_nameless(group, scene.now):
        verdict, word, names = Verdict.DNS, End.DNS.value, {ALSO: (ROUTES[end].value,)}
    counts = {"measured": count}
    lines = {(one.site, line.code) for one in group for line in scene.seen.lines.get(one.site, ())}
    if end is End.LINE and len(lines) > 1:
        counts["lines"] = len(lines)
    degree = Degree.PROBABLE if unsure else Degree.FOUND
    found = blame(place, verdict, degree, word, group, rest=rest, end=end, counts=counts, names=names)
    return with_parts(found, group, scene.now)


def _room(scene: Scene, room: str, group: Sequence[Sight], rest: Others, *, alone: bool) -> Fault:
    """A room that went together; `alone` where nobody else of the site was on to compare with."""
    place, began = scene.place_of_room(room), min(sight.well for sight in group)
    side = inside_or_outside(group)
    if side is INNER:
        if not alone:
            group = [at_its_switch(sight, scene.now) for sight in group]
        end, count = majority(group, INNER)
        counts = {"measured": count} if end else None
        return blame(place, Verdict.ROOM, Degree.FOUND, "room", group, rest=rest, end=end or End.GATEWAY, counts=counts)
    if side is OUTER:
        return blame(place, Verdict.LAN, Degree.PROBABLE, "room_outside", group, rest=rest, end=End.BEYOND)
    said = scene.answered(place, began, _ABOUT_POWER)
    if said and said.answer == _CUT:
        return _attested(place, said, group, rest)
    if _woke(group):
        return _unpowered(place, group, rest)
    if alone:
        causes = _ROOM_SILENT[1:] if said else _ROOM_SILENT
        return blame(place, Verdict.UNKNOWN, Degree.UNKNOWN, "room_silent_alone", group, rest=rest, causes=causes)
    if len(group) == _SEVERAL and any(sight.woke for sight in group):
        # Of two, one says that the power was cut: the other may say what it likes, or nothing.
        causes = (Verdict.POWER, Verdict.ROOM)
        return blame(place, Verdict.UNKNOWN, Degree.UNKNOWN, "room_silent", group, rest=rest, causes=causes)
    return blame(place, Verdict.ROOM, Degree.PROBABLE, "room_silent", group, rest=rest)


def _unpowered(place: Place, group: Sequence[Sight], rest: Others) -> Fault:
    """A power cut that those prove who were started anew; it is over when they are on, whatever they reach then.

    Who forgets what it measured before it was started may have been on meanwhile, and cut off.
    """
    lit = sum(sight.lit < NEVER_AGAIN for sight in group)
    if lit >= _SEVERAL:
        group = [msgspec.structs.replace(sight, well_again=min(sight.well_again, sight.lit)) for sight in group]
    counts = {LIT: lit} if lit >= _SEVERAL else None
    return blame(place, Verdict.POWER, Degree.PROBABLE, "power_woke", group, rest=rest, counts=counts)


def _woke(group: Sequence[Sight]) -> bool:
    """Whether they came back from a new start and had measured nothing; a single word against it is not heeded."""
    anew = sum(sight.woke is True for sight in group)
    return anew >= _SEVERAL and sum(sight.woke is False for sight in group) <= 1


# Parts of places


def _in_part(scene: Scene, place: Place, group: Group, rest: Others) -> list[Fault]:
    """Some of a site went together while others of it answered: cause by cause, each taking its own away."""
    lit = frozenset(sight.witness.room for sight in rest.after)
    found: list[Fault] = []
    left = group.sights
    for cause in (_misled, _dark_rooms, _parts_of_rooms):
        made = cause(scene, place, left, rest, lit)
        found += made
        taken = {machine for fault in made for machine in fault.blamed}
        left = tuple(sight for sight in left if sight.witness.machine not in taken)
    for room in sorted(group.rooms & lit):
        # Whoever answers there started after the others went: the room was without power, and they were left off.
        if started_anew(scene.now, [sight for sight in rest.after if sight.witness.room == room], group):
            left = tuple(sight for sight in left if sight.witness.room != room or sight.measured)
    return found + [_machine(sight, rest) for sight in left]


def _misled(scene: Scene, place: Place, left: Sequence[Sight], rest: Others, lit: frozenset[str]) -> list[Fault]:
    """Those who were given no address, or one with a modem that leads nowhere, beside others who were not."""
    found = []
    for ends, word in ((frozenset({End.ADDRESS}), "no_address"), (OUTER | {End.GATEWAY}, "wrong_gateway")):
        some = [sight for sight in left if sight.measured and sight.end in ends]
        mixed = any(sight.witness.room in lit for sight in some)
        if len(some) < _SEVERAL or not mixed or (word == "wrong_gateway" and _is_most_of_one_room(some, rest)):
            continue
        degree = Degree.PROBABLE if all(sight.end in OUTER for sight in some) else Degree.FOUND
        rooms = {sight.witness.room for sight in some}
        where = scene.place_of_room(next(iter(rooms))) if len(rooms) == 1 else place
        found.append(blame(where, Verdict.LAN, degree, word, some, rest=rest, end=End.GATEWAY))
    return found


def _dark_rooms(scene: Scene, place: Place, left: Sequence[Sight], rest: Others, lit: frozenset[str]) -> list[Fault]:
    """Rooms of which nobody answers: one by itself, several at once by what they have in common."""
    rooms: dict[str, list[Sight]] = {}
    for sight in left:
        if sight.witness.room not in lit:
            rooms.setdefault(sight.witness.room, []).append(sight)
    dark = {room: some for room, some in sorted(rooms.items()) if len(some) >= _SEVERAL}
    if len(dark) < _SEVERAL:
        return [_room(scene, room, some, rest, alone=False) for room, some in dark.items()]
    every = [sight for some in dark.values() for sight in some]
    if inside_or_outside(every) is INNER:
        return [blame(place, Verdict.LAN, Degree.FOUND, "rooms", every, rest=rest, end=End.GATEWAY)]
    if _woke(every):
        return [_unpowered(place, every, rest)]
    return [blame(place, Verdict.LAN, Degree.PROBABLE, "rooms_silent", every, rest=rest)]


def _parts_of_rooms(
    scene: Scene, _place: Place, left: Sequence[Sight], rest: Others, lit: frozenset[str]
) -> list[Fault]:
    """Most of a room, though some of it answer."""
    found = []
    for room in sorted({sight.witness.room for sight in left} & lit):
        some = [sight for sight in left if sight.witness.room == room]
        others_there = [sight for sight in rest.after if sight.witness.room == room]
        first = max(sight.well for sight in some)
        anew = started_anew(scene.now, others_there, Group(last=first)) and inside_or_outside(some) is None
        if anew or not _is_most_of_one_room(some, rest):
            continue
        inner = inside_or_outside(some) is INNER
        degree, end = (Degree.FOUND, End.GATEWAY) if inner else (Degree.PROBABLE, End.NOWHERE)
        found.append(blame(scene.place_of_room(room), Verdict.ROOM, degree, "room_in_part", some, rest=rest, end=end))
    return found


def _is_most_of_one_room(some: Sequence[Sight], rest: Others) -> bool:
    """Whether at least three, and half of those that are on, of a single room went together."""
    rooms = {sight.witness.room for sight in some}
    lit = sum(sight.witness.room in rooms for sight in rest.after)
    early = not any(sight.boarded for sight in some)
    return len(rooms) == 1 and early and len(some) >= _MOST_OF_A_ROOM and len(some) >= lit


def _line_of(scene: Scene, site: str, group: Group, rest: Others) -> str:
    """The code of the line by which all of a group, and none of those who answer, used to report; else empty."""
    lines = {line.provider: line.code for line in scene.seen.lines.get(site, ())}
    gone = {sight.witness.provider for sight in group.sights}
    here = {sight.witness.provider for sight in rest.after}
    if len(lines) < _SEVERAL or len(gone) != 1 or gone & here or not here <= lines.keys():
        return ""
    return "" if inside_or_outside(group.sights) is INNER else lines.get(next(iter(gone)), "")


def _by_its_line(scene: Scene, site: str, group: Group, rest: Others) -> tuple[Sight, ...]:
    """Those who answer by the one of several lines by which all of a group used to report."""
    gone = {sight.witness.provider for sight in group.sights}
    if len(gone) != 1 or len({line.provider for line in scene.seen.lines.get(site, ())} | gone) < _SEVERAL:
        return ()
    return tuple(sight for sight in rest.after if sight.witness.provider and sight.witness.provider in gone)


def _one_line(place: Place, line: str, group: Group, rest: Others) -> Fault:
    outside = inside_or_outside(group.sights) is OUTER
    return blame(
        place,
        Verdict.LINE,
        Degree.FOUND if outside else Degree.PROBABLE,
        "second_line" if outside else "second_line_silent",
        group.sights,
        rest=rest,
        kind=Kind.SECOND_LINE,
        target=line,
        end=End.LINE,
        names={"provider": (group.sights[0].witness.provider,)},
    )


def _machine(sight: Sight, rest: Others) -> Fault:
    """One machine that does not get through."""
    place = Place(Level.MACHINE, sight.witness.machine)
    alone = not rest.after
    if sight.measured:
        word = "machine_outside" if sight.end in OUTER else f"machine_{sight.end.value}"
        if alone and sight.end is not End.LINK:
            causes = (Verdict.MACHINE, Verdict.LINE if sight.end in OUTER else Verdict.LAN)
            return blame(place, Verdict.UNKNOWN, Degree.UNKNOWN, f"{word}_alone", [sight], end=sight.end, causes=causes)
        return blame(place, Verdict.MACHINE, Degree.FOUND, word, [sight], rest=rest, end=sight.end)
    if alone:
        return blame(place, Verdict.UNKNOWN, Degree.UNKNOWN, "machine_alone", [sight], causes=_MACHINE_SILENT)
    return blame(place, Verdict.MACHINE, Degree.PROBABLE, "machine_silent", [sight], rest=rest)
