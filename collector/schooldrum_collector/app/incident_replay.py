"""What arrives after an outage corrects its record: the school is judged again for moments of that time."""

import math
from collections.abc import Iterable, Mapping

from schooldrum_collector.app.witnesses import Witnesses
from schooldrum_collector.judge.excuses import asking_who_measured
from schooldrum_collector.judge.fault import Answer, Fault, Kind, Level, SchoolSeen, Verdict
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident, State
from schooldrum_collector.judge.incident_power import since_lit
from schooldrum_collector.judge.nameless import HEARD, moments_broken
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, Hearing
from schooldrum_collector.judge.unheard import Gap, last_cut_off, moments_cut_off, without_collector
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Register

CORRECTED_FOR_SECONDS = 35 * 86400.0
"""As long as single results are kept, an incident can be judged again."""
AROUND_SECONDS = 1800.0
"""What was measured so long before and after is read too: it holds the last good climb and the first one again."""
SCHOOLS_ASKED = 12
"""So many of all schools are asked what they measured of the collector's own line."""
LONGEST_GAP_SECONDS = 7 * 86400.0
"""Of a longer gap of the collector the last week is looked through."""
LONGEST_SECONDS = 12 * 3600.0
"""Of longer incidents the first and the last hours are read."""


def awaiting(incidents: Iterable[Incident], schools: Mapping[str, float], now: float) -> list[Incident]:
    """Those that new backlog may correct: of these schools, as far back as it reaches (epoch seconds)."""
    return [
        incident
        for incident in incidents
        if incident.place.level in IN_A_SCHOOL
        and any((incident.ended or now) + AROUND_SECONDS >= schools.get(code, math.inf) for code in incident.schools)
        # What the office withdrew stays so; what a closed day or an answer explained may be proved.
        and (incident.state is not State.WITHDRAWN or incident.excused or incident.explained)
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


def judged_again(
    store: Store, register: Register, incident: Incident, now: float, gaps: Iterable[Gap] = ()
) -> tuple[Fault, ...]:
    """The faults of an incident's school at moments of its time, with all that is known today.

    In the `gaps` the collector heard nobody, so that nobody is blamed for not reaching it, unless it is that which went
    wrong.
    """
    through = incident.verdict is not Verdict.COLLECTOR
    deaf = [gap for gap in gaps if through and gap.away <= (incident.ended or now) and gap.back >= incident.began]
    code = incident.school
    is_withdrawn = incident.state is State.WITHDRAWN
    given = store.answers(EVERYTHING, incident.began - AROUND_SECONDS, incident.ended or now)
    # Nobody's word takes away what machines measured of it.
    answers = [] if is_withdrawn else [one.answer for one in given]
    beats = [heard.beat for machine in register.by_school.get(code, ()) if (heard := store.latest_of(machine))]
    found: list[Fault] = []
    end = now if is_withdrawn else incident.ended or now

    def at(moment: float) -> SchoolSeen:
        since = max(incident.began, moment - LONGEST_SECONDS) - AROUND_SECONDS
        until = min(end, moment + LONGEST_SECONDS) + AROUND_SECONDS
        seen = _seen(store, register, code, answers, at=moment, since=since, until=min(until, now))
        return asking_who_measured(seen) if is_withdrawn else seen

    looked_at = moments(incident, now, max(beats, default=60))
    if deaf and (last := last_cut_off(at(looked_at[-1]), end)) is not None and last > incident.began:
        # Nobody saw whether it came and went while the collector was away.
        looked_at = (*looked_at, last)
    if incident.verdict in HEARD and not incident.is_live:
        looked_at = (*looked_at, *moments_broken(at(looked_at[-1]), incident.began, end))
    for moment in looked_at:
        found += faults(without_collector(at(moment), deaf, moment), moment)
    return since_lit(found)


def unheard_faults(store: Store, register: Register, code: str, gap: Gap, now: float) -> tuple[Fault, ...]:
    """The faults that a school's PCs measured while the collector heard nobody, at every time they were cut off."""
    begin = max(gap.away, gap.back - LONGEST_GAP_SECONDS, now - CORRECTED_FOR_SECONDS)
    since, until = begin - AROUND_SECONDS, min(gap.until + AROUND_SECONDS, now)
    answers = [given.answer for given in store.answers(EVERYTHING, since, until)]
    witnesses = Witnesses(store)

    def at(moment: float) -> SchoolSeen:
        return witnesses.gather(register, code, Hearing(), at=moment, since=since, until=until, answers=answers)

    return tuple(
        fault
        for moment in moments_cut_off(at(begin), gap)
        for fault in faults(without_collector(at(moment), (gap,), moment), moment)
    )


def own_line_parts(store: Store, register: Register, incident: Incident, now: float) -> tuple[Fault, ...]:
    """What some schools measured of a fault of the collector's own line: the surest of each."""
    end = incident.ended or now
    since, until = incident.began - AROUND_SECONDS, min(end, incident.began + LONGEST_SECONDS) + AROUND_SECONDS
    found: list[Fault] = []
    for code in [code for code in incident.schools if code in register.by_school][:SCHOOLS_ASKED]:
        witnesses = Witnesses(store)
        beats = [heard.beat for machine in register.by_school[code] if (heard := store.latest_of(machine))]
        own = [
            fault
            for moment in moments(incident, now, max(beats, default=60))
            for fault in faults(
                witnesses.gather(register, code, Hearing(), at=moment, since=since, until=min(until, now), answers=()),
                moment,
            )
            if fault.kind is Kind.OUTAGE
            and fault.place.level is not Level.MACHINE
            and fault.verdict is Verdict.COLLECTOR
        ]
        if own:
            found.append(max(own, key=lambda fault: (fault.measured, fault.ended is not None, -fault.error)))
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
