"""When is a fault one that is known: the same one, the same again, or explained by another. Pure."""

from schooldrum_collector.judge.fault import Fault, Kind
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.incident_corrections import RANK

FLAPPING_SECONDS = 900.0
"""Back within this time, it is the same incident; one that came back once is over only after so long a calm."""


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


def explains(kind: Kind, target: str, child: Kind, child_target: str) -> bool:
    """Whether a fault of this kind in a larger place explains one of that kind inside it: an outage explains all."""
    return kind is Kind.OUTAGE or (kind is child and target in {"", child_target})
