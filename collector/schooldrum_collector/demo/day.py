"""A day's incidents of the simulated area, in the time of an hour: breaks that come and go by themselves, for ever."""

from collections.abc import Iterable, Iterator

import msgspec

from schooldrum_collector.demo.area import DemoSchool
from schooldrum_collector.demo.breaks import Break, Kind

ROUND_SECONDS = 3600.0


class Scene(msgspec.Struct, frozen=True):
    """One break of the day: when it begins (seconds into the round), how long it lasts, at which school."""

    begin: float
    lasts: float
    kind: Kind
    school: str


SCENES = (
    Scene(30, 1500, Kind.ROOM, "MP09"),
    Scene(60, 240, Kind.POWER, "MP18"),
    Scene(420, 300, Kind.LINE, "MP13"),
    Scene(900, 360, Kind.PROVIDER, "MP14"),
    Scene(1500, 900, Kind.ROOM, "MP19"),
    Scene(1800, 420, Kind.POWER, "MP28"),
    Scene(2520, 480, Kind.LINE, "MP24"),
)
"""The first ones soon: whoever opens the page sees something."""


def target_of(kind: Kind, school: DemoSchool) -> str:
    """What is broken by breaking this at a school: its first room, itself, or its provider."""
    match kind:
        case Kind.ROOM:
            return school.rooms[0].path
        case Kind.PROVIDER:
            return school.provider
        case _:
            return school.code


def broken_by_the_day(schools: Iterable[DemoSchool], since: float, now: float) -> Iterator[Break]:
    """What the day has broken at `now`; it began at `since` (epoch seconds)."""
    known = {school.code: school for school in schools}
    passed = max(0.0, now - since)
    into = passed % ROUND_SECONDS
    for scene in SCENES:
        school = known.get(scene.school)
        if school is not None and scene.begin <= into < scene.begin + scene.lasts:
            began = now - into + scene.begin
            yield Break(
                kind=scene.kind, target=target_of(scene.kind, school), school=school.code, at=began, scripted=True
            )
