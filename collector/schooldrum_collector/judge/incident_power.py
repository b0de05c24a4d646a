"""A power cut after which something else stayed away: when each was, and that they are two. Pure.

With the power the modem goes too, and comes back later than the PCs: that is a part of the power cut. What stays away
for longer is a cause of its own, though nobody could measure whether it was there before the PCs were on again.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

from schooldrum_collector.judge.fault import Degree, Fault, Verdict
from schooldrum_collector.judge.incident import MACHINES_NAMED, Incident, Step, What, closed, made, step
from schooldrum_collector.judge.incident_likeness import RANK, may_be_one_cause
from schooldrum_collector.judge.verdict import LIT

MODEM_SECONDS = 300.0
"""So long after the power a modem may be back."""


def since_lit(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The same faults of one school, with those that were measured by who was started anew by a power cut.

    They began when that was over; what was over soon after it was none.
    """
    found = tuple(faults)
    cuts = [fault for fault in found if _is_cut(fault)]
    return tuple(one for fault in found if (one := _since_lit(fault, cuts)) is not None)


def _is_cut(fault: Fault) -> bool:
    return fault.verdict is Verdict.POWER and LIT in fault.evidence.counts and fault.ended is not None


def _since_lit(fault: Fault, cuts: Sequence[Fault]) -> Fault | None:
    """None where it is a part of the power cut before it."""
    ended = math.inf if fault.ended is None else fault.ended
    before = [
        cut
        for cut in cuts
        if (cut.place, cut.kind) == (fault.place, fault.kind)
        and cut.began - cut.error <= fault.began + fault.error
        and (cut.ended or 0.0) <= ended
    ]
    if not fault.late or not before:
        return fault
    cut = max(before, key=lambda one: one.began)
    lit = cut.ended or 0.0
    if ended - lit < MODEM_SECONDS:
        return None
    return msgspec.structs.replace(fault, began=lit, error=cut.end_error, ended_error=fault.end_error, late=False)


def parted_from_power(incident: Incident, faults: Iterable[Fault], now: float, number: int) -> tuple[Step, ...]:
    """What an incident that is over went on as once the power was back, as one of its own (`number`).

    It must have begun as a power cut and have been of another kind then; it keeps its number for the power cut.
    """
    sure = [
        fault
        for fault in faults
        if (fault.place, fault.kind, fault.target) == (incident.place, incident.kind, incident.target)
        and fault.degree is not Degree.UNKNOWN
        and fault.ended is not None
    ]
    began = incident.began - incident.began_error
    cuts = [one for one in sure if _is_cut(one) and one.began + one.error >= began and (one.ended or 0) > began]
    cut = min(cuts, key=lambda one: one.error, default=None)
    if cut is None or cut.ended is None:
        return ()
    others = [
        one
        for one in sure
        if one.measured and not one.late and one.began >= cut.ended and not may_be_one_cause(cut, one)
    ]
    rest = max(others, key=lambda one: (RANK[one.degree], -one.error), default=None)
    if rest is None or incident.ended - rest.began < MODEM_SECONDS:
        return ()
    own = msgspec.structs.replace(
        made(rest, number, now, schools=incident.schools), told_as=incident.number if incident.told else 0
    )
    after = closed(own, incident.closed, incident.ended, incident.ended_error, measured=incident.ended_measured)
    known = msgspec.structs.replace(
        incident,
        verdict=cut.verdict,
        degree=cut.degree,
        evidence=cut.evidence,
        blamed=cut.blamed[:MACHINES_NAMED],
    )
    first = closed(known, incident.closed, cut.ended, cut.end_error, measured=False)
    return (
        step(incident, first, What.CORRECTED, now, reason=after.name),
        step(None, after, What.RECORDED, now, reason=incident.name),
    )
