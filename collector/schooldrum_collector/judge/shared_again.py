"""What is known of a fault of many schools once each of them has told what it measured: dates, and a surer cause. Pure.

Its schools' own records are corrected by their backlog; what they agree on corrects that of the whole. It is over when
half of those who measured it are well again: who is left is a case of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import msgspec

from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Verdict
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident, State
from schooldrum_collector.judge.incident_corrections import one_cause
from schooldrum_collector.judge.own_line import is_own_line

_TWO, _THREE = 2, 3
_LOST = frozenset({Kind.OUTAGE, Kind.SECOND_LINE})
_ROUTES = frozenset({Verdict.DNS, Verdict.NATIONAL, Verdict.INTERNATIONAL})


def is_shared(incident: Incident) -> bool:
    """Whether this is an incident of many schools, whose record theirs can correct."""
    return incident.place.level not in IN_A_SCHOOL and incident.state is not State.WITHDRAWN


def parts_of(incident: Incident, known: Iterable[Incident]) -> tuple[Fault, ...]:
    """What each of its schools knows of it, by the record of its own that is surest; none of single PCs."""
    found: dict[str, Incident] = {}
    for one in known:
        if one.school not in incident.schools or one.state is State.WITHDRAWN or one.place.level is Level.MACHINE:
            continue
        if (incident.kind is Kind.SERVICE and (one.kind, one.target) != (incident.kind, incident.target)) or (
            incident.kind is not Kind.SERVICE and one.kind not in _LOST
        ):
            continue
        if one_cause(incident, one.fault) and (one.school not in found or _worth(one) > _worth(found[one.school])):
            found[one.school] = one
    return tuple(found[school].fault for school in sorted(found))


def _worth(incident: Incident) -> tuple[bool, bool, float]:
    return incident.began_measured, incident.ended_measured, -incident.began_error


def again(incident: Incident, parts: Sequence[Fault]) -> Fault | None:
    """The fault as its schools measured it; None where fewer than two did.

    A school that is switched off, or that measured nothing, says nothing about it.
    """
    measured = [part for part in parts if part.measured]
    if len(measured) < _TWO:
        return None
    # Of those who agree with most, who knows it best: one that is far off moves nothing.
    middle = median(part.began for part in measured)
    near = [part for part in measured if abs(part.began - middle) <= max(part.error, _half_spread(measured))]
    begin = min(near or measured, key=lambda part: (part.error, part.began))
    ended, error = _end(measured)
    verdict, degree, evidence = _cause(incident, parts, measured)
    return Fault(
        place=incident.place,
        kind=incident.kind,
        target=incident.target,
        verdict=verdict,
        degree=degree,
        began=begin.began,
        error=max(begin.error, error),
        measured=True,
        ended=max(ended, begin.began) if ended is not None else None,
        evidence=evidence,
    )


def _half_spread(measured: Sequence[Fault]) -> float:
    return median(part.error for part in measured)


def _end(measured: Sequence[Fault]) -> tuple[float | None, float]:
    """When half of them were well again (None: they are not yet), and how far that may be off."""
    over = sorted((part.ended, part.error) for part in measured if part.ended is not None)
    needed = -(-len(measured) // 2)
    return over[needed - 1] if len(over) >= needed else (None, 0.0)


def _cause(incident: Incident, parts: Sequence[Fault], measured: Sequence[Fault]) -> tuple[Verdict, Degree, Evidence]:
    """The cause as the schools' own records name it; as it was where they say nothing surer."""
    votes = {verdict: sum(part.verdict is verdict for part in parts) for verdict in Verdict}
    lines = sum(part.verdict is Verdict.LINE and part.degree is Degree.FOUND for part in measured)
    counts = incident.evidence.counts
    if incident.kind is not Kind.OUTAGE or incident.verdict in _ROUTES:
        return incident.verdict, incident.degree, incident.evidence
    if is_own_line(incident):
        through = votes[Verdict.COLLECTOR]
        if through >= _TWO:
            degree = Degree.FOUND if through >= _THREE else Degree.PROBABLE
            return Verdict.COLLECTOR, degree, _worded(incident, "collector_down", {"schools": through})
    elif incident.place.level is Level.PROVIDER:
        if lines >= _TWO and counts.get("others", 0):
            return Verdict.LINE, Degree.FOUND, _worded(incident, "provider", {"measured": lines})
        if lines >= _TWO:
            return Verdict.LINE, Degree.PROBABLE, _worded(incident, "provider_silent", {"measured": lines})
    elif votes[Verdict.POWER] >= _TWO and not votes[Verdict.LINE]:
        return Verdict.POWER, Degree.PROBABLE, _worded(incident, "area_power", {"power": votes[Verdict.POWER]})
    elif votes[Verdict.LINE] and 2 * votes[Verdict.LINE] > len(parts):
        return Verdict.LINE, Degree.PROBABLE, _worded(incident, "area_line", {})
    return incident.verdict, incident.degree, incident.evidence


def _worded(incident: Incident, word: str, counts: Mapping[str, int]) -> Evidence:
    """Its evidence under another word; what remained possible is decided by it."""
    evidence = incident.evidence
    return msgspec.structs.replace(evidence, word=word, counts={**evidence.counts, **counts}, causes=())
