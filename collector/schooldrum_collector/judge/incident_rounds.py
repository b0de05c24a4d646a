"""Which fault is the next round of an incident that comes and goes, and which is an incident of its own. Pure.

The same cause that comes back is a round; what is known to be another cause is none. A silence of which nothing is
known yet is taken for a round of a silence that has just ended; once it is found to be something else, it parts.
"""

from collections.abc import Iterable

from schooldrum_collector.judge.fault import Fault
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident, State, Step, What, step
from schooldrum_collector.judge.incident_corrections import one_cause
from schooldrum_collector.judge.incident_likeness import is_another_cause, is_another_round
from schooldrum_collector.judge.incident_spells import last_round, without_last_round


def is_over_for(incident: Incident, fault: Fault, known: Iterable[Incident]) -> bool:
    """Whether an open incident of the fault's key was over when the fault began, and the fault is none of it."""
    if is_another_cause(incident, fault):
        return True
    return incident.state is State.OPEN and incident.calm > 0 and began_with_many(incident, fault, known)


def is_own_round(incident: Incident, fault: Fault, known: Iterable[Incident]) -> bool:
    """Whether the newest round of an open incident, which this fault is, turns out to be an incident of its own."""
    if is_another_round(incident, fault):
        return True
    going_on = incident.state is State.OPEN and bool(incident.pauses) and not incident.calm
    return going_on and began_with_many(incident, fault, known)


def began_with_many(incident: Incident, fault: Fault, known: Iterable[Incident]) -> bool:
    """Whether the fault began with one of many schools that goes on, which began after the incident was over."""
    return any(
        whole.state is State.OPEN and one_cause(whole, fault) and ended_before(incident, whole) for whole in known
    )


def ended_before(incident: Incident, whole: Incident) -> bool:
    """Whether one of many schools began only after this incident of one school (its rounds but the newest) was over."""
    if incident.calm or incident.state is State.CLOSED:
        ended, error = incident.ended, incident.ended_error
    elif incident.pauses:
        ended, error = incident.pauses[-1].begin, incident.pauses[-1].error
    else:
        return False
    return (
        incident.place.level in IN_A_SCHOOL
        and whole.place.level not in IN_A_SCHOOL
        and whole.kind is incident.kind
        and incident.school in whole.schools
        and whole.began > ended - error
        and whole.began - whole.began_error > incident.began + incident.began_error
    )


def split_off(incident: Incident, number: int, now: float) -> tuple[Step, Step]:
    """The incident without its newest round, over as it was before that; and that round as one of its own (`number`).

    It must have been away.
    """
    own = last_round(incident, number)
    first = without_last_round(incident, now)
    closed = step(incident, first, What.CLOSED, now, reason=own.name)
    return closed, step(None, own, What.OPENED, now, reason=incident.name)
