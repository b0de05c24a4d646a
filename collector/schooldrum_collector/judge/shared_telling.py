"""Which schools are told of an incident of many where each of them is told by itself. Pure.

What says so never changes while it goes on: who was told stays told. So it rests on when things were done, which the
incidents' events keep, and not on how they stand.
"""

from collections.abc import Iterable, Sequence

import msgspec

from schooldrum_collector.judge.fault import Level
from schooldrum_collector.judge.incident import Event, Incident

OF_MANY = (Level.AREA, Level.PROVIDER)
"""Places of an incident of which each of its schools is told by itself."""


class Course(msgspec.Struct, frozen=True):
    """An incident with its events, oldest first."""

    incident: Incident
    events: Sequence[Event] = ()


def is_of_many(incident: Incident) -> bool:
    """Whether it was told as one of several schools, each of which is told by itself.

    A system that cannot be reached is none of these: whoever is told of it is told once, whatever the school.
    """
    return incident.told > 0 and (incident.told_place or incident.first.place).level in OF_MANY


def schools_to_tell(whole: Course, parts: Iterable[Course]) -> tuple[str, ...]:
    """Codes of the schools that are told of it; `parts` are the incidents that it holds down.

    A school that was told of a part before, when that was no part yet, knows. What a larger one holds down is told to
    no school that comes later: that is told of the larger one.
    """
    incident = whole.incident
    since = _told(whole)
    if incident.parent:
        held = _held(whole, incident.parent)
        since = {school: at for school, at in since.items() if at <= held}
    for part in parts:
        if not part.incident.told or part.incident.parent != incident.number:
            continue
        held = _held(part, incident.number)
        for school, at in _told(part).items():
            if school in since and max(at, held) <= since[school]:
                del since[school]
    return tuple(sorted(since))


def _told(one: Course) -> dict[str, float]:
    """Since when each of its schools is told of it (epoch seconds)."""
    joined: dict[str, float] = {}
    for event in one.events:
        after = event.after.get("schools")
        if isinstance(after, Sequence):
            before = event.before.get("schools")
            known = before if isinstance(before, Sequence) else ()
            joined.update((school, event.at) for school in after if school not in known and school not in joined)
    told = one.incident.told
    return {school: max(told, joined.get(school, told)) for school in one.incident.schools}


def _held(one: Course, parent: int) -> float:
    """Since when this parent holds it; from its begin on where no event says so."""
    return next((event.at for event in one.events if event.after.get("parent") == parent), 0.0)
