"""How loud an incident is told where several are found at once. Pure."""

from collections.abc import Iterable

from schooldrum_collector.judge.incident import Incident, Severity

URGENT_SECONDS = 60.0
"""Of what is told as urgent within so long, one is: people who are told three times at once look at none."""


def loudness(incident: Incident, known: Iterable[Incident], now: float) -> tuple[Severity, tuple[Incident, ...]]:
    """How loud an incident is told at `now`, and which of the others, narrower, are urgent no more because of it.

    Of several urgent ones that are found together the one with the most schools alone is.
    """
    if incident.severity is not Severity.URGENT:
        return incident.severity, ()
    beside = tuple(
        one
        for one in known
        if one.number != incident.number
        and one.is_live
        and one.told
        and one.severity is Severity.URGENT
        and 0 <= now - one.told < URGENT_SECONDS
    )
    if any(len(one.schools) >= len(incident.schools) for one in beside):
        return Severity.ACTION, ()
    return Severity.URGENT, beside
