"""What arrives after an outage corrects its record: the school is judged again for moments of that time."""

import math
from collections.abc import Iterable, Mapping

from schooldrum_collector.app.witnesses import Witnesses
from schooldrum_collector.judge.fault import Answer, Fault, SchoolSeen
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident, State
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, Hearing
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Register

CORRECTED_FOR_SECONDS = 35 * 86400.0
"""As long as single results are kept, an incident can be judged again."""
AROUND_SECONDS = 1800.0
"""What was measured so long before and after is read too: it holds the last good climb and the first one again."""
LONGEST_SECONDS = 12 * 3600.0
"""Of longer incidents the first and the last hours are read."""


def awaiting(incidents: Iterable[Incident], schools: Mapping[str, float], now: float) -> list[Incident]:
    """Those that new backlog may correct: of these schools, as far back as it reaches (epoch seconds)."""
    return [
        incident
        for incident in incidents
        if incident.place.level in IN_A_SCHOOL
        and any((incident.ended or now) + AROUND_SECONDS >= schools.get(code, math.inf) for code in incident.schools)
        and incident.state is not State.WITHDRAWN
        and now - incident.began <= CORRECTED_FOR_SECONDS
    ]


def moments(incident: Incident, now: float, beat: float) -> tuple[float, ...]:
    """When its school is judged again: soon after the begin, when it was noticed, in the middle, before its end."""
    end = incident.ended or now
    wanted = {
        incident.began + BEATS_UNTIL_MISSED * beat,
        incident.opened,
        (incident.began + end) / 2,
        end - beat,
        end - BEATS_UNTIL_MISSED * beat,
    }
    inside = sorted(moment for moment in wanted if incident.began < moment < end)
    return tuple(inside) or ((incident.began + end) / 2,)


def judged_again(store: Store, register: Register, incident: Incident, now: float) -> tuple[Fault, ...]:
    """The faults of an incident's school at moments of its time, with all that is known today."""
    code = incident.school
    answers = [
        given.answer for given in store.answers(EVERYTHING, incident.began - AROUND_SECONDS, incident.ended or now)
    ]
    beats = [heard.beat for machine in register.by_school.get(code, ()) if (heard := store.latest_of(machine))]
    found: list[Fault] = []
    end = incident.ended or now
    for moment in moments(incident, now, max(beats, default=60)):
        since = max(incident.began, moment - LONGEST_SECONDS) - AROUND_SECONDS
        until = min(end, moment + LONGEST_SECONDS) + AROUND_SECONDS
        seen = _seen(store, register, code, answers, at=moment, since=since, until=min(until, now))
        found += faults(seen, moment)
    return tuple(found)


def _seen(
    store: Store,
    register: Register,
    code: str,
    answers: Iterable[Answer],
    *,
    at: float,
    since: float,
    until: float,
) -> SchoolSeen:
    # What the collector itself heard then is not remembered; the machines' own climbs are what counts here.
    return Witnesses(store).gather(register, code, Hearing(), at=at, since=since, until=until, answers=answers)


def schools_of(register: Register, machines: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """These machines by school; those that are no more in the register are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for machine in machines:
        record = register.machines.get(machine)
        if record is not None:
            found[record.school] = (*found.get(record.school, ()), machine)
    return found
