"""In which stretches an incident really went on: it may come and go, and what was well in between is not lost. Pure."""

import msgspec

from schooldrum_collector.judge.calendar import Window
from schooldrum_collector.judge.fault import Fault, Verdict
from schooldrum_collector.judge.incident import (
    MACHINES_NAMED,
    EarlierRound,
    Incident,
    Opening,
    Pause,
    closed,
)

MOST_PAUSES = 200
"""So many are remembered of one incident, the longest of them: one that comes and goes for weeks stays small."""


def anew(incident: Incident, fault: Fault, now: float) -> Incident:
    """The same as it comes back as this fault: what was known of the last round says nothing of this one."""
    back = with_pause(incident, min(fault.began, now), error=fault.error, measured=fault.measured, noticed=now)
    if back.pauses == incident.pauses:
        return back
    known = EarlierRound(
        verdict=incident.verdict, degree=incident.degree, evidence=incident.evidence, blamed=incident.blamed
    )
    return msgspec.structs.replace(
        back,
        verdict=fault.verdict,
        degree=fault.degree,
        evidence=fault.evidence,
        blamed=fault.blamed[:MACHINES_NAMED],
        earlier=(incident.earlier or known) if incident.verdict is Verdict.UNKNOWN else known,
    )


def with_pause(
    incident: Incident, until: float, *, error: float = 0.0, measured: bool = False, noticed: float = 0.0
) -> Incident:
    """The same, well from the end it seemed to have until this moment (epoch seconds), at which it came back.

    One that came back before that end was never away. `error`, `measured` and `noticed` are those of its return.
    """
    if not 0 < incident.ended < until:
        return incident
    pause = Pause(incident.ended, until, incident.ended_error, incident.ended_measured, error, measured, noticed)
    pauses = list(incident.pauses)
    if len(pauses) >= MOST_PAUSES:
        pauses.remove(min(pauses, key=lambda one: one.end - one.begin))
    return msgspec.structs.replace(incident, pauses=(*pauses, pause))


def round_begin(incident: Incident) -> tuple[float, float, bool]:
    """When its newest round began: the moment, by how many seconds it may be off, and whether it was measured."""
    if not incident.pauses:
        return incident.began, incident.began_error, incident.began_measured
    last = incident.pauses[-1]
    return last.end, last.end_error, last.end_measured


def round_noticed(incident: Incident) -> float:
    """When the collector noticed that its newest round had begun."""
    return (incident.pauses[-1].noticed or incident.pauses[-1].end) if incident.pauses else incident.opened


def with_round_begin(incident: Incident, began: float, error: float, *, measured: bool) -> Incident:
    """The same with another begin of its newest round; those before it stay as they were, and so do their ends."""
    if not incident.pauses:
        return msgspec.structs.replace(incident, began=began, began_error=error, began_measured=measured)
    last = incident.pauses[-1]
    moved = msgspec.structs.replace(last, end=max(began, last.begin), end_error=error, end_measured=measured)
    return msgspec.structs.replace(incident, pauses=(*incident.pauses[:-1], moved))


def last_round(incident: Incident, number: int) -> Incident:
    """Its newest round as an incident of its own: what was known and done of it, and nothing of those before.

    It must have been away. Whoever was told of it was told of it under the number it had.
    """
    began, error, measured = round_begin(incident)
    taken = incident.acknowledged
    return msgspec.structs.replace(
        incident,
        number=number,
        first=Opening(
            place=incident.place,
            verdict=incident.verdict,
            degree=incident.degree,
            began=began,
            error=error,
            measured=measured,
        ),
        opened=round_noticed(incident),
        began=began,
        began_error=error,
        began_measured=measured,
        rounds=0,
        pauses=(),
        earlier=None,
        acknowledged=taken if taken and taken.at >= round_noticed(incident) else None,
        told=round_noticed(incident) if incident.told and incident.rounds else 0.0,
        told_as=incident.number if incident.told else 0,
    )


def without_last_round(incident: Incident, now: float) -> Incident:
    """The same, over since it was away the last time: what came back was something else.

    It must have been away.
    """
    last, known, taken = incident.pauses[-1], incident.earlier, incident.acknowledged
    # Its end had been noticed by the time it came back.
    over = closed(incident, min(now, round_noticed(incident)), last.begin, last.error, measured=last.measured)
    return msgspec.structs.replace(
        over,
        verdict=known.verdict if known else incident.verdict,
        degree=known.degree if known else incident.degree,
        evidence=known.evidence if known else incident.evidence,
        blamed=known.blamed or incident.blamed if known else incident.blamed,
        earlier=None,
        parent=0,
        acknowledged=taken if taken and taken.at < round_noticed(incident) else None,
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
