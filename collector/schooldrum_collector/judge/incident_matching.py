"""Which of the incidents that are known a fault is, grew from, shrank from, or lies in. Pure."""

from collections.abc import Iterable, Sequence

from schooldrum_collector.judge.fault import Fault, Kind, Level, Place
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident, State, size
from schooldrum_collector.judge.incident_corrections import one_cause, was_part_of
from schooldrum_collector.judge.incident_grown import UNTOLD_SECONDS
from schooldrum_collector.judge.incident_likeness import explains, is_again, is_beside, is_of_all_lines, nearest
from schooldrum_collector.judge.incident_places import Circumstances, holds
from schooldrum_collector.judge.incident_rounds import began_with_many
from schooldrum_collector.judge.shared_faults import SCHOOLS


def same_as(fault: Fault, known: Iterable[Incident]) -> Incident | None:
    """The incident that this fault is: open, over for less than a quarter of an hour, or with this very begin.

    What was a part of one of many schools that is over does not come back: what begins now is the school's own.
    """
    there = list(known)
    alike = [
        incident
        for incident in there
        if (incident.place, incident.kind, incident.target) == (fault.place, fault.kind, fault.target)
        and incident.state is not State.ABSORBED
    ]
    going_on = [incident for incident in alike if incident.state is State.OPEN and not is_beside(incident, fault)]
    if live := nearest(going_on, fault):
        return live
    over = [
        incident
        for incident in alike
        if is_again(incident, fault)
        and not any(was_part_of(incident, fault, one) for one in there)
        and not began_with_many(incident, fault, there)
    ]
    return max(over, key=lambda incident: incident.number, default=None)


def narrowed_to(
    fault: Fault, schools: Sequence[str], present: Sequence[Fault], unseen: Iterable[Incident], there: Circumstances
) -> Incident | None:
    """An open incident of a larger place of the school, none of the `present` faults, that turns out to be this one."""
    here = {(one.place, one.kind, one.target) for one in present}
    for incident in sorted(unseen, key=lambda one: (-size(one.place.level), one.number)):
        outside = set(incident.blamed).difference(fault.blamed)
        if (
            incident.place.level in IN_A_SCHOOL
            and incident.kind is fault.kind
            and fault.place.level is not Level.MACHINE
            and (incident.place, incident.kind, incident.target) not in here
            and holds(there, incident.place, incident.schools, fault.place, schools)
            and not outside & there.alive
            and one_cause(incident, fault)
        ):
            return incident
    return None


def grown_into(
    fault: Fault, schools: Sequence[str], going_on: Sequence[Incident], there: Circumstances, now: float
) -> Incident | None:
    """The oldest open incident inside the fault's place that began with it: it has grown, and keeps its number."""
    inside = [
        incident
        for incident in inside_of(fault.place, schools, fault, going_on, there)
        if incident.kind is fault.kind and one_cause(incident, fault)
    ]
    # The other line went while nobody had been told of the first.
    inside += [
        incident
        for incident in going_on
        if is_of_all_lines(fault, incident)
        and one_cause(incident, fault)
        and now - (incident.told or now) < UNTOLD_SECONDS
    ]
    return min(inside, key=lambda incident: (incident.told == 0, incident.number), default=None)


def is_rest_of_many(fault: Fault, schools: Sequence[str], gone: Iterable[Incident]) -> bool:
    """Whether an area's fault is what one of many schools, judged no more, has left; it began with that.

    While those come back one by one the last of them, perhaps with a neighbour, may be many for a small area; that is
    no second cause, and nobody is told of it. Who stays away once that one is over is told school by school.
    """
    return fault.place.level is Level.AREA and any(
        whole.place.level in {Level.AREA, Level.PROVIDER}
        and whole.kind is fault.kind is Kind.OUTAGE
        and whole.state in {State.OPEN, State.CLOSED}
        and not set(whole.schools) <= set(schools)
        and len(set(schools).difference(whole.schools)) < SCHOOLS
        and one_cause(whole, fault)
        for whole in gone
    )


def inside_of(
    place: Place, schools: Sequence[str], fault: Fault, going_on: Iterable[Incident], there: Circumstances
) -> list[Incident]:
    """The open incidents inside this place, of these schools, that the fault explains."""
    return [
        incident
        for incident in going_on
        if explains(fault, incident) and holds(there, place, schools, incident.place, incident.schools)
    ]


def holder_of(
    fault: Fault, schools: Sequence[str], going_on: Iterable[Incident], there: Circumstances
) -> Incident | None:
    """The open incident of a larger place that explains this fault: one of the school itself before all others."""
    around = [
        incident
        for incident in going_on
        if is_of_all_lines(incident, fault)
        or (explains(incident, fault) and holds(there, incident.place, incident.schools, fault.place, schools))
    ]
    return max(
        around,
        key=lambda one: (one.place.level in IN_A_SCHOOL, size(one.place.level), -one.number),
        default=None,
    )
