"""Which incidents of single schools are parts of one of many schools, also where its end has let them go again."""

from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.fault import Kind, Level
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.incident_corrections import SAME_BEGIN_SECONDS

_OF_A_SCHOOL = frozenset({Level.SITE, Level.SCHOOL})


def is_part(one: Incident, whole: Incident) -> bool:
    """Whether what one school has is a part of what many have: held by that, or of one cause and begun with it."""
    if one.parent == whole.number:
        return True
    return (
        bool(one.school)
        and not whole.school
        and one.school in whole.schools
        and one.verdict is whole.verdict
        and abs(one.began - whole.began) <= SAME_BEGIN_SECONDS + one.began_error + whole.began_error
    )


def in_their_wholes(incidents: Iterable[Incident]) -> list[Incident]:
    """The same incidents, each part of an outage of many schools that is among them held by it."""
    known = list(incidents)
    wholes: dict[str, list[Incident]] = {}
    for one in known:
        if not one.school and one.kind is Kind.OUTAGE and one.state is not State.WITHDRAWN:
            for code in one.schools:
                wholes.setdefault(code, []).append(one)
    return [_held(one, wholes.get(one.school, ())) for one in known] if wholes else known


def _held(one: Incident, wholes: Iterable[Incident]) -> Incident:
    if one.parent or one.place.level not in _OF_A_SCHOOL:
        return one
    whole = next((whole for whole in wholes if is_part(one, whole)), None)
    return one if whole is None else msgspec.structs.replace(one, parent=whole.number)
