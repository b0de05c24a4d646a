"""In which stretches an incident really went on: it may come and go, and what was well in between is not lost. Pure."""

import msgspec

from schooldrum_collector.judge.calendar import Window
from schooldrum_collector.judge.fault import Fault, Verdict
from schooldrum_collector.judge.incident import MACHINES_NAMED, EarlierRound, Incident, Pause, State

MOST_PAUSES = 200
"""So many are remembered of one incident, the longest of them: one that comes and goes for weeks stays small."""


def anew(incident: Incident, fault: Fault, now: float) -> Incident:
    """The same as it comes back as this fault: what was known of the last round says nothing of this one."""
    back = with_pause(incident, min(fault.began, now))
    if back.pauses == incident.pauses:
        return back
    known = EarlierRound(verdict=incident.verdict, degree=incident.degree, evidence=incident.evidence)
    return msgspec.structs.replace(
        back,
        verdict=fault.verdict,
        degree=fault.degree,
        evidence=fault.evidence,
        blamed=fault.blamed[:MACHINES_NAMED],
        earlier=incident.earlier if incident.verdict is Verdict.UNKNOWN else known,
    )


def with_pause(incident: Incident, until: float) -> Incident:
    """The same, well from the end it seemed to have until this moment (epoch seconds), at which it came back.

    One that came back before that end was never away.
    """
    if not 0 < incident.ended < until:
        return incident
    pause = Pause(incident.ended, until, incident.ended_error, incident.ended_measured)
    pauses = [*incident.pauses, pause]
    if len(pauses) > MOST_PAUSES:
        pauses.remove(min(pauses, key=lambda one: one.end - one.begin))
    return msgspec.structs.replace(incident, pauses=tuple(pauses))


def without_last_round(incident: Incident, now: float) -> Incident:
    """The same, over since it was away the last time: what came back was something else.

    It must have been away.
    """
    last = incident.pauses[-1]
    known = incident.earlier
    return msgspec.structs.replace(
        incident,
        verdict=known.verdict if known else incident.verdict,
        degree=known.degree if known else incident.degree,
        evidence=known.evidence if known else incident.evidence,
        earlier=None,
        state=State.CLOSED,
        closed=now,
        calm=0.0,
        ended=last.begin,
        ended_error=last.error,
        ended_measured=last.measured,
        rounds=max(0, incident.rounds - 1),
        pauses=incident.pauses[:-1],
    )


def stretches(incident: Incident, until: float) -> tuple[Window, ...]:
    """When it went on, from its begin until this moment (epoch seconds), oldest first; at least one, however short."""
    found: list[Window] = []
    at = incident.began
    for pause in sorted(incident.pauses, key=lambda one: one.begin):
        if at < pause.begin < until:
            found.append(Window(at, pause.begin))
        at = max(at, min(pause.end, until))
    if at < until or not found:
        found.append(Window(at, max(at, until)))
    return tuple(found)


def trouble_seconds(incident: Incident, until: float) -> float:
    """For how long it went on until this moment, without the time in which all was well."""
    return sum(one.end - one.begin for one in stretches(incident, until))
