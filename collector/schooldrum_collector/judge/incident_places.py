"""Which places hold which, whose school a fault concerns, and how maintenance treats it."""

from collections.abc import Mapping, Sequence

import msgspec

from schooldrum_collector.judge.fault import Fault, Level, Place
from schooldrum_collector.judge.incident import IN_A_SCHOOL, size

SKIP, MUTE, COSMETIC = "skip", "mute", "cosmetic"
_LOUDEST_FIRST = ("", COSMETIC, MUTE, SKIP)


class Excuse(msgspec.Struct, frozen=True, kw_only=True):
    """Why a machine's silence is nothing to mend: `why` is an answer (judge.incident_acts).

    It speaks of what began between `begin` and `end` (epoch seconds).
    """

    begin: float
    end: float
    why: str


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What `advance` needs beside the faults.

    `judged` are codes of the schools that were judged for these faults. `alive` are ids of machines heard since the
    collector itself listens, and online. `grace`: it has not listened long enough to miss anybody. `rooms` says for
    each machine id its `CODE/SITE/ROOM`, `areas` for each school its area, `beats` for each school its longest beat.
    `maintained` says how places under maintenance are treated: `skip` (not judged), `mute` (not told), `cosmetic`
    (told as planned). `excused` are ids of machines whose silence a person has explained. `next_number` is the first
    number nobody has had.
    """

    next_number: int
    judged: frozenset[str] = frozenset()
    alive: frozenset[str] = frozenset()
    grace: bool = False
    rooms: Mapping[str, str] = {}
    areas: Mapping[str, str] = {}
    beats: Mapping[str, int] = {}
    maintained: Mapping[Place, str] = {}
    excused: Mapping[str, Excuse] = {}


def _area_holds(area: str, child: str) -> bool:
    return not area or child == area or child.startswith(f"{area}/")


def treatment(there: Circumstances, place: Place, schools: Sequence[str] = ()) -> str:
    """How maintenance treats this place: by its own window, or that of a place around it; empty where there is none.

    A place of many `schools` is treated as they are, where all of them are under maintenance; the loudest of them wins.
    """
    if place.level not in IN_A_SCHOOL:
        each = {treatment(there, Place(Level.SCHOOL, code)) for code in schools}
        return "" if not each else min(each, key=_LOUDEST_FIRST.index)
    for around, treated in there.maintained.items():
        if around == place or holds(there, around, (), place, schools_of_place(there, place)):
            return treated
    return ""


def schools_of_place(there: Circumstances, place: Place) -> tuple[str, ...]:
    """The code of the school a place lies in; none for a place of many schools."""
    if place.level is Level.MACHINE:
        room = there.rooms.get(place.path, "")
        return (room.partition("/")[0],) if room else ()
    return (place.path.partition("/")[0],) if place.level in IN_A_SCHOOL else ()


def schools_of(there: Circumstances, fault: Fault) -> tuple[str, ...]:
    """Codes of the schools a fault concerns."""
    own = schools_of_place(there, fault.place)
    if own:
        return own
    rooms = there.rooms
    blamed = {rooms[machine].partition("/")[0] for machine in fault.blamed if machine in rooms}
    return tuple(sorted(blamed.union(fault.evidence.names.get("schools", ()))))


def holds(
    there: Circumstances, parent: Place, schools: Sequence[str], child: Place, child_schools: Sequence[str]
) -> bool:
    """Whether the first place (of these schools) is around the second."""
    if size(parent.level) <= size(child.level):
        return False
    if parent.level is Level.AREA:
        areas = there.areas
        return bool(child_schools) and all(_area_holds(parent.path, areas.get(one, "")) for one in child_schools)
    if parent.level not in IN_A_SCHOOL:
        return bool(child_schools) and set(child_schools) <= set(schools)
    path = there.rooms.get(child.path, "") if child.level is Level.MACHINE else child.path
    return path == parent.path or path.startswith(f"{parent.path}/")
