"""When is a fault one that is known: the same one, the same again, or explained by another. Pure."""

from schooldrum_collector.judge.fault import Degree, Fault, Kind, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State

FLAPPING_SECONDS = 900.0
"""Back within this time, it is the same incident; one that came back once is over only after so long a calm."""
RANK = {Degree.UNKNOWN: 0, Degree.PROBABLE: 1, Degree.FOUND: 2}
"""How sure a degree is."""
_HEARD = frozenset({Verdict.DNS, Verdict.NATIONAL, Verdict.INTERNATIONAL})
_INSIDE = frozenset({Verdict.LAN, Verdict.ROOM})
_NEAR = ("switch", "gateway")


def weight(fault: Fault) -> tuple[bool, int, float]:
    """Of two faults of one key the later in this order counts: one that goes on, then the surer, then the newer end."""
    return fault.ended is None, RANK[fault.degree], fault.ended or 0.0


def is_again(incident: Incident, fault: Fault) -> bool:
    """Whether this fault is an incident that is over: it came back soon, or it is that very one."""
    if incident.state is State.WITHDRAWN:
        return fault.began <= incident.closed
    if abs(fault.began - incident.began) <= fault.error + incident.began_error:
        return True
    return incident.began - FLAPPING_SECONDS <= fault.began <= incident.ended + FLAPPING_SECONDS


def explains(around: Incident | Fault, inside: Incident | Fault) -> bool:
    """Whether what is wrong with a larger place explains what is wrong inside it.

    An outage explains all, but one of far routes or names, in which everybody is heard, explains nobody's silence.
    Where much is lost on the way, now and then all that a single PC sends is: that is no fault of its own, unless it
    measured that it did not even get as far as where the loss begins.
    """
    if around.kind is Kind.OUTAGE:
        return around.verdict not in _HEARD or inside.kind is not Kind.OUTAGE or inside.verdict in _HEARD
    if around.kind is Kind.LOSS and inside.kind is Kind.OUTAGE and inside.place.level is Level.MACHINE:
        nearer = any(inside.evidence.steps.get(step) == "broken" for step in _NEAR)
        return around.verdict in _INSIDE or not nearer
    if around.kind is Kind.SECOND_LINE and inside.kind is Kind.OUTAGE and inside.place.level is Level.MACHINE:
        # The last of those who went with a line are silent for a while after the first are back.
        return inside.place.path in around.blamed
    return around.kind is inside.kind and around.target in {"", inside.target}
