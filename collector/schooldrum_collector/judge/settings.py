"""Which settings a machine is granted, and which a person may set: values pass from the top down the tree of places."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Protocol

import msgspec

from schooldrum_collector.judge.observers import Appointment, Role
from schooldrum_wire.paces import FASTEST_SECONDS
from schooldrum_wire.settings import (
    BACKLOG_PER_BEAT,
    BEAT_SECONDS,
    LANGUAGES,
    SERVICE_KINDS,
    SERVICES_MOST,
    Settings,
    accept,
    pace_bounds,
    service_fault,
)

TOP = ""
"""The path above all areas."""
EPOCH_SECONDS = (0, 2**40)
_WHOLE = {"beat": BEAT_SECONDS, "backlog_per_beat": BACKLOG_PER_BEAT, "not_before": EPOCH_SECONDS}
OBSERVER = "observer"
"""Whether a room's PCs look around all the time. It counts in the room alone: an area of observers would be a flood."""
_SWITCH = {"true": True, "false": False}
_WORDS: dict[str, tuple[str, ...]] = {"language": LANGUAGES, OBSERVER: tuple(_SWITCH)}
SUPPORT_PLAN = "support_planned_until"
"""The day until which a place has planned to replace or upgrade what is out of support; no PC is told."""
_PLANNED = (date(2020, 1, 1), date(2099, 12, 31))
"""The days that a stored plan may name; a new one is not in the past."""


class SchoolPlace(Protocol):
    """What is asked of a school."""

    @property
    def area(self) -> str:
        """Its area path."""


class MachinePlace(Protocol):
    """What is asked of a machine."""

    @property
    def id(self) -> str:
        """Its id."""

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

    @property
    def observers(self) -> Mapping[str, Appointment]:
        """Appointments by machine id."""


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

    `not_before` only ever rises, so the highest on the way wins. `observer` is not inherited.
    """
    merged: dict[str, object] = {}
    for place in places:
        merged.pop(OBSERVER, None)
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
    """The settings of this machine, each value inside the compiled bounds: a stored one that is not is left out.

    Whoever is appointed observes, whatever its room is told; one machine's appointment is no news to all others, so it
    has a version of its own.
    """
    school = register.schools.get(machine.school)
    places = places_of(school.area if school else "", machine.school, machine.path)
    values = inherited(register.settings, places)
    version = register.settings_version
    appointment = register.observers.get(machine.id)
    if appointment is not None:
        version = max(version, appointment.version)
        if appointment.role is not Role.NONE:
            values[OBSERVER] = True
    settings, _ = accept({**values, "version": version}, Settings())
    return settings


def observer_role(register: SettingsRegister, machine: MachinePlace) -> str:
    """`active` or `standby` for one that is appointed, `set` for one whose room is told to observe, else empty."""
    appointment = register.observers.get(machine.id)
    if appointment is not None and appointment.role is not Role.NONE:
        return appointment.role.value
    return "set" if granted(register, machine).observer else ""


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


def support_plans(settings: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """What is planned at each place that has a plan of its own, as it is written."""
    return {place: values[SUPPORT_PLAN] for place, values in settings.items() if SUPPORT_PLAN in values}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A written setting that cannot be set: which key, what was given, and what is allowed there."""

    key: str
    given: str
    allowed: str


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """An understood `key=value`; the value is None where nothing stood behind the equals sign (take it away).

    `probe` is empty but for what is set by name: `pace.PROBE=SECONDS` and `services.NAME=KIND:HOST`.
    """

    key: str
    probe: str = ""
    value: int | str | tuple[str, str] | None = None


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
    name, dot, inner = key.partition(".")
    if dot and name == "services":
        return _service(key, inner, text)
    if dot and name == "pace":
        return _paced(key, inner, text)
    if key in _WHOLE:
        value: int | str | Refusal | None = _whole(key, text, _WHOLE[key]) if text else None
        return value if isinstance(value, Refusal) else Assignment(key=key, value=value)
    if key == SUPPORT_PLAN:
        refused = bool(text) and _planned_day(text) is None
        if refused:
            return Refusal(key=key, given=text, allowed="YYYY-MM-DD")
        return Assignment(key=key, value=text or None)
    if key in _WORDS:
        refused = bool(text) and text not in _WORDS[key]
        if refused:
            return Refusal(key=key, given=text, allowed=", ".join(_WORDS[key]))
        return Assignment(key=key, value=_SWITCH.get(text, text) if text else None)
    allowed = [*sorted(_WHOLE), *sorted(_WORDS), SUPPORT_PLAN, "pace.PROBE", "services.NAME"]
    return Refusal(key=key, given=text, allowed=", ".join(allowed))


def _paced(key: str, probe: str, text: str) -> Assignment | Refusal:
    bounds = pace_bounds(probe)
    if bounds is None:
        return _no_probe(key, text)
    value = _whole(key, text, bounds) if text else None
    return value if isinstance(value, Refusal) else Assignment(key="pace", probe=probe, value=value)


def _no_probe(key: str, text: str) -> Refusal:
    return Refusal(key=key, given=text, allowed=", ".join(f"pace.{known}" for known in sorted(FASTEST_SECONDS)))


def _stale(standing: Mapping[str, object], written: str) -> Assignment | None:
    """A pace of what is no probe (any more), where it is stored and to be taken away."""
    key, _, text = (part.strip() for part in written.partition("="))
    held = standing.get("pace")
    probe = key.removeprefix("pace.")
    is_held = isinstance(held, Mapping) and probe in held and key == f"pace.{probe}"
    return Assignment(key="pace", probe=probe) if is_held and not text else None


def _service(key: str, name: str, text: str) -> Assignment | Refusal:
    kind, _, host = (part.strip().lower() for part in text.partition(":"))
    if text and service_fault(name, (kind, host)):
        kinds = "|".join(SERVICE_KINDS)
        return Refusal(key=key, given=text, allowed=f"services.NAME={kinds}:www.example.vn")
    return Assignment(key="services", probe=name, value=(kind, host) if text else None)


def _not_past(wish: Assignment | Refusal, now: float) -> Assignment | Refusal:
    """A plan for a day that is past is none; whatever is wrong with a plan, the same days are told to be allowed."""
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    allowed = f"YYYY-MM-DD, {today}..{_PLANNED[1]}"
    if wish.key != SUPPORT_PLAN:
        return wish
    if isinstance(wish, Refusal):
        return msgspec.structs.replace(wish, allowed=allowed)
    is_past = wish.value is not None and f"{wish.value}" < today
    return Refusal(key=wish.key, given=f"{wish.value}", allowed=allowed) if is_past else wish


def changed(
    standing: Mapping[str, object], written: list[str], *, now: float
) -> tuple[dict[str, object], tuple[Refusal, ...]]:
    """What is set at one place after these `key=value`, and everything in them that cannot be set.

    `not_before` (epoch seconds) is only ever raised, and never beyond `now`: agents would refuse every certificate.
    A plan for a day that is past is none.
    """
    values = dict(standing)
    refusals: list[Refusal] = []
    for text in written:
        wish = _stale(standing, text) or _not_past(understood(text), now)
        if isinstance(wish, Refusal):
            refusals.append(wish)
            continue
        if wish.key == "not_before":
            standing_floor = standing.get(wish.key)
            floor = standing_floor if isinstance(standing_floor, int) else 0
            wanted = wish.value if isinstance(wish.value, int) else 0
            if not floor <= wanted <= now:
                refusals.append(Refusal(key=wish.key, given=f"{wish.value or ''}", allowed=f"{floor}..{int(now)}"))
            else:
                values[wish.key] = wanted
        elif wish.probe:
            held = values.get(wish.key)
            named: dict[str, object] = dict(held) if isinstance(held, Mapping) else {}
            named.pop(wish.probe, None)
            values[wish.key] = named if wish.value is None else {**named, wish.probe: wish.value}
            if wish.key == "services" and len(named) >= SERVICES_MOST and wish.value is not None:
                refusals.append(Refusal(key=text, given=f"{len(named) + 1}", allowed=f"0..{SERVICES_MOST}"))
        elif wish.value is None:
            values.pop(wish.key, None)
        else:
            values[wish.key] = wish.value
    for named_key in ("pace", "services"):
        if values.get(named_key) == {}:
            del values[named_key]
    return values, tuple(refusals)
