"""What an incident is once it calmed down, closed, came back, was told, or proved to lie elsewhere. Pure values."""

from typing import Final

import msgspec

from schooldrum_collector.judge.fault import Fault
from schooldrum_collector.judge.incident import MACHINES_NAMED, Incident, Severity, State, closed, severity_of
from schooldrum_collector.judge.incident_grown import smaller
from schooldrum_collector.judge.incident_spells import anew

_NO_END: Final = {"calm": 0.0, "ended": 0.0, "ended_error": 0.0, "ended_measured": False}


def calmed(incident: Incident, calm: float, ended: float, error: float, *, measured: bool) -> Incident:
    """Its fault is gone since `ended`, and has not come back since `calm`."""
    return msgspec.structs.replace(incident, calm=calm, ended=ended, ended_error=error, ended_measured=measured)


def unended(incident: Incident, *, seen: float) -> Incident:
    """The same without the end it seemed to have."""
    return msgspec.structs.replace(incident, **_NO_END, seen=seen)


def ended_with(child: Incident, parent: Incident | None, now: float) -> Incident:
    """One that a larger one had taken in, and which is what that has become: closed, or withdrawn with it."""
    if parent is None:
        return closed(child, now, now, 0.0, measured=False)
    over = closed(child, now, parent.ended or now, parent.ended_error, measured=parent.ended_measured)
    return msgspec.structs.replace(over, state=State.WITHDRAWN) if parent.state is State.WITHDRAWN else over


def reopened(incident: Incident, fault: Fault, now: float) -> Incident:
    """It goes on with this fault. What was withdrawn was never away: that is no other round."""
    return msgspec.structs.replace(
        unended(anew(incident, fault, now), seen=now),
        state=State.OPEN,
        closed=0.0,
        parent=0,
        rounds=incident.rounds + (incident.state is State.CLOSED),
        parts=(),
        excused="",
        explained="",
    )


def rescoped(incident: Incident, fault: Fault, schools: tuple[str, ...], now: float) -> Incident:
    """It lies where this fault does; how loud it was told stays."""
    return msgspec.structs.replace(
        incident,
        place=fault.place,
        kind=fault.kind,
        target=fault.target,
        schools=schools,
        verdict=fault.verdict,
        degree=fault.degree,
        evidence=fault.evidence,
        blamed=fault.blamed[:MACHINES_NAMED],
        severity=incident.severity if incident.told else severity_of(fault),
        grown_from=smaller(incident, fault.place, now),
    )


def told(incident: Incident, severity: Severity, now: float, *, planned: bool) -> Incident:
    """It has been announced, as what it is now."""
    return msgspec.structs.replace(
        incident,
        told=now,
        told_place=incident.place,
        told_kind=incident.kind,
        told_severity=severity,
        planned=planned,
        severity=severity,
    )
