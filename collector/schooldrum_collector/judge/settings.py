"""Which settings a machine is granted, and which a person may set: values pass from the top down the tree of places."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol

import msgspec

from schooldrum_wire.catalogue import TOPICS
from schooldrum_wire.settings import BACKLOG_PER_BEAT, BEAT_SECONDS, LANGUAGES, PACE_SECONDS, Settings, accept

TOP = ""
"""The path above all areas."""
EPOCH_SECONDS = (0, 2**40)
_WHOLE = {"beat": BEAT_SECONDS, "backlog_per_beat": BACKLOG_PER_BEAT, "not_before": EPOCH_SECONDS}
SUPPORT_PLAN = "support_planned_until"
"""The day until which a place has planned to replace or upgrade what is out of support; no PC is told."""
_PLANNED = (date(2020, 1, 1), date(2100, 1, 1))
_COLLECTORS_OWN = frozenset({"machine", "posture", "probe", "host"})
PACED_PROBES = frozenset(topic.__name__.rpartition(".")[2] for topic in TOPICS) - _COLLECTORS_OWN
"""Probes that can be given a pace: a probe has the name of its topic in the catalogue."""


class SchoolPlace(Protocol):
    """What is asked of a school."""

    @property
    def area(self) -> str:
        """Its area path."""


class MachinePlace(Protocol):
    """What is asked of a machine."""

    @property
    def school(self) -> str:
        """Its school's code."""

    @property
    def path(self) -> str:
        """Its room's `CODE/SITE/ROOM`."""


class SettingsRegister(Protocol):
    """What is asked of the register."""

    @property
    def schools(self) -> Mapping[str, SchoolPlace]:
        """Schools by code."""

    @property
    def settings(self) -> Mapping[str, Mapping[str, object]]:
        """What is set, by path."""

    @property
    def settings_version(self) -> int:
        """Grows with every change of settings and every move of a machine."""


def above(path: str) -> Iterator[str]:
    """The top, then every place on the way down to the path itself: `hn/q3` gives ``, `hn`, `hn/q3`."""
    yield TOP
    steps = path.split("/") if path else []
    for count in range(1, len(steps) + 1):
        yield "/".join(steps[:count])


def places_of(area: str, school: str = "", room: str = "") -> tuple[str, ...]:
    """Where a machine's settings may be written, farthest first."""
    return (*above(area), *(place for place in (school, room) if place))


def inherited(settings: Mapping[str, Mapping[str, object]], places: tuple[str, ...]) -> dict[str, object]:
    """Values in force at the last of these places: the nearest place wins, paces probe by probe.

    `not_before` only ever rises, so the highest on the way wins.
    """
    merged: dict[str, object] = {}
    for place in places:
        for key, value in settings.get(place, {}).items():
            standing = merged.get(key)
            if isinstance(value, Mapping) and isinstance(standing, Mapping):
                merged[key] = {**standing, **value}
            elif key == "not_before" and isinstance(value, int) and isinstance(standing, int):
                merged[key] = max(standing, value)
            else:
                merged[key] = value
    return merged


def granted(register: SettingsRegister, machine: MachinePlace) -> Settings:
    """The settings of this machine, each value inside the compiled bounds: a stored one that is not is left out."""
    school = register.schools.get(machine.school)
    places = places_of(school.area if school else "", machine.school, machine.path)
    values = inherited(register.settings, places)
    settings, _ = accept({**values, "version": register.settings_version}, Settings())
    return settings


def _planned_day(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return day if day and _PLANNED[0] <= day <= _PLANNED[1] else None


def support_plan(register: SettingsRegister, machine: MachinePlace) -> date | None:
    """The day until which this machine's place has planned to act on what is out of support; None without a plan."""
    school = register.schools.get(machine.school)
    places = places_of(school.area if school else "", machine.school, machine.path)
    return _planned_day(inherited(register.settings, places).get(SUPPORT_PLAN))


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A written setting that cannot be set: which key, what was given, and what is allowed there."""

    key: str
    given: str
    allowed: str


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """An understood `key=value`; the value is None where nothing stood behind the equals sign (take it away).

    `probe` is empty but for `pace.PROBE=SECONDS`.
    """

    key: str
    probe: str = ""
    value: int | str | None = None


def _whole(key: str, text: str, bounds: tuple[int, int]) -> int | Refusal:
    try:
        value = int(text)
    except ValueError:
        value = bounds[0] - 1
    if bounds[0] <= value <= bounds[1]:
        return value
    return Refusal(key=key, given=text, allowed=f"{bounds[0]}..{bounds[1]}")


def understood(written: str) -> Assignment | Refusal:
    """What a written `key=value` asks for, inside the bounds compiled into every agent, or why it cannot be."""
    key, equals, text = (part.strip() for part in written.partition("="))
    if not equals:
        return Refusal(key=written, given="", allowed="key=value, key=")
    name, dot, probe = key.partition(".")
    if name == "pace" and dot:
        if probe not in PACED_PROBES:
            return Refusal(key=key, given=text, allowed=", ".join(f"pace.{known}" for known in sorted(PACED_PROBES)))
        value: int | str | Refusal | None = _whole(key, text, PACE_SECONDS) if text else None
        key = name
    elif key in _WHOLE:
        probe = ""
        value = _whole(key, text, _WHOLE[key]) if text else None
    elif key == SUPPORT_PLAN:
        probe = ""
        value = text or None
        if text and _planned_day(text) is None:
            value = Refusal(key=key, given=text, allowed="YYYY-MM-DD")
    elif key == "language":
        probe = ""
        value = text or None
        if text and text not in LANGUAGES:
            value = Refusal(key=key, given=text, allowed=", ".join(LANGUAGES))
    else:
        return Refusal(
            key=key, given=text, allowed=", ".join([*sorted(_WHOLE), "language", SUPPORT_PLAN, "pace.PROBE"])
        )
    return value if isinstance(value, Refusal) else Assignment(key=key, probe=probe, value=value)


def changed(
    standing: Mapping[str, object], written: list[str], *, now: float
) -> tuple[dict[str, object], tuple[Refusal, ...]]:
    """What is set at one place after these `key=value`, and everything in them that cannot be set.

    `not_before` (epoch seconds) is only ever raised, and never beyond `now`: agents would refuse every certificate.
    """
    values = dict(standing)
    refusals: list[Refusal] = []
    for text in written:
        wish = understood(text)
        if isinstance(wish, Refusal):
            refusals.append(wish)
            continue
        if wish.key == "not_before":
            standing_floor = standing.get(wish.key)
            floor = standing_floor if isinstance(standing_floor, int) else 0
            if not floor <= int(wish.value or 0) <= now:
                refusals.append(Refusal(key=wish.key, given=f"{wish.value or ''}", allowed=f"{floor}..{int(now)}"))
            else:
                values[wish.key] = wish.value or 0
        elif wish.probe:
            held = values.get(wish.key)
            paces: dict[str, object] = dict(held) if isinstance(held, Mapping) else {}
            paces.pop(wish.probe, None)
            values[wish.key] = paces if wish.value is None else {**paces, wish.probe: wish.value}
        elif wish.value is None:
            values.pop(wish.key, None)
        else:
            values[wish.key] = wish.value
    if values.get("pace") == {}:
        del values["pace"]
    return values, tuple(refusals)
