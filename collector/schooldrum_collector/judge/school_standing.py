"""How a school stands beside others: whether it could tell of a fault, whose lines it has, what it reaches. Pure."""

from collections.abc import Mapping

import msgspec

from schooldrum_collector.judge.fault import SchoolSeen
from schooldrum_collector.judge.impaired import asked
from schooldrum_collector.judge.sights import is_expected, sights


class SchoolStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of every school, however well it is.

    `providers` are those of its lines. `watching`: a machine of it is heard, or expected and missed: it can tell of a
    fault. `answering`: one is heard. `passing` are steps of the ladder that one of its machines passed lately, and
    `services` which services it asked, and whether they answered.
    """

    school: str
    area: str
    providers: frozenset[str] = frozenset()
    watching: bool = False
    answering: bool = False
    passing: frozenset[str] = frozenset()
    services: Mapping[str, bool] = {}


def standing_of(seen: SchoolSeen, now: float) -> SchoolStanding:
    """A school's standing from everything seen of it."""
    seen_sights = sights(seen, now)
    answering = [sight for sight in seen_sights if sight.answering]
    services: dict[str, bool] = {}
    for sight in answering:
        for target, passed in asked(sight.witness, now).items():
            services[target] = services.get(target, False) or passed
    providers = {line.provider for lines in seen.lines.values() for line in lines}
    providers = providers or {witness.provider for witness in seen.witnesses if is_expected(seen, witness)}
    return SchoolStanding(
        school=seen.school,
        area=seen.area,
        providers=frozenset(providers - {""}),
        watching=any(sight.answering or sight.missed for sight in seen_sights),
        answering=bool(answering),
        passing=frozenset().union(*(sight.way.passed for sight in answering)),
        services=services,
    )
