"""What breaks in the simulated area by itself: a day that lies behind it, then a day's incidents each hour."""

from collections.abc import Iterable, Iterator

import msgspec

from schooldrum_collector.demo.area import DemoSchool
from schooldrum_collector.demo.breaks import Break, Kind

ROUND_SECONDS = 3600.0


class Scene(msgspec.Struct, frozen=True):
    """One break of the day: when it begins (seconds into the round, or from the start), how long it lasts, where."""

    begin: float
    lasts: float
    kind: Kind
    school: str


SCENES = (
    Scene(30, 1500, Kind.ROOM, "MP09"),
    Scene(150, 240, Kind.POWER, "MP18"),
    Scene(420, 300, Kind.LINE, "MP13"),
    Scene(900, 360, Kind.PROVIDER, "MP14"),
    Scene(1500, 900, Kind.ROOM, "MP19"),
    Scene(1800, 420, Kind.POWER, "MP28"),
    Scene(2520, 480, Kind.LINE, "MP24"),
)
"""The first ones soon: whoever opens the page sees something."""


_MINUTE = 60.0
PAST = (
    Scene(-380 * _MINUTE, 24 * _MINUTE, Kind.PROVIDER, "MP08"),
    Scene(-290 * _MINUTE, 26 * _MINUTE, Kind.POWER, "MP06"),
    Scene(-235 * _MINUTE, 38 * _MINUTE, Kind.ROOM, "MP17"),
    Scene(-205 * _MINUTE, 16 * _MINUTE, Kind.ABROAD, "MP07"),
    Scene(-175 * _MINUTE, 21 * _MINUTE, Kind.LOGIN, "MP04"),
    Scene(-130 * _MINUTE, 17 * _MINUTE, Kind.LOSS, "MP12"),
    Scene(-75 * _MINUTE, 14 * _MINUTE, Kind.DNS, "MP15"),
    Scene(-42 * _MINUTE, 19 * _MINUTE, Kind.LINE, "MP20"),
    Scene(-16 * _MINUTE, 40 * _MINUTE, Kind.ROOM, "MP09"),
    Scene(-11 * _MINUTE, 50 * _MINUTE, Kind.LINE, "MP10"),
)
"""The day before the demo began, from its start backwards; the last two go on into it."""


def target_of(kind: Kind, school: DemoSchool) -> str:
    """What is broken by breaking this at a school: its first room, itself, or its provider."""
    match kind:
        case Kind.ROOM:
            return school.rooms[0].path
        case Kind.PROVIDER:
            return school.provider
        case _:
            return school.code


def broken_by_the_day(
    schools: Iterable[DemoSchool], since: float, now: float, *, past: bool = False
) -> Iterator[Break]:
    """What the day has broken at `now`; it began at `since` (epoch seconds), with a `past` or without one.

    Each thing once, since it broke first: the past goes on into the first round.
    """
    known = {school.code: school for school in schools}
    passed = now - since
    into = passed % ROUND_SECONDS
    played = [(scene, now - into + scene.begin, into) for scene in SCENES if passed >= 0]
    if past:
        played += [(scene, since + scene.begin, passed) for scene in PAST]
    broken: set[tuple[Kind, str]] = set()
    for scene, began, at in sorted(played, key=lambda each: each[1]):
        school = known.get(scene.school)
        if school is None or not scene.begin <= at < scene.begin + scene.lasts:
            continue
        target = target_of(scene.kind, school)
        if (scene.kind, target) not in broken:
            broken.add((scene.kind, target))
            yield Break(kind=scene.kind, target=target, school=school.code, at=began, scripted=True)
