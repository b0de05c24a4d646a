"""When is a fault one that is known: the same one, the same again, or explained by another. Pure."""

from schooldrum_collector.judge.fault import Degree, Fault, Kind, Level, Verdict
from schooldrum_collector.judge.incident import EarlierRound, Incident, State

FLAPPING_SECONDS = 900.0
"""Back within this time, it is the same incident; one that came back once is over only after so long a calm."""
RANK = {Degree.UNKNOWN: 0, Degree.PROBABLE: 1, Degree.FOUND: 2}
"""How sure a degree is."""
_HEARD = frozenset({Verdict.DNS, Verdict.NATIONAL, Verdict.INTERNATIONAL})
_INSIDE = frozenset({Verdict.LAN, Verdict.ROOM})
_AT_SCHOOL = frozenset({Verdict.MACHINE, Verdict.ROOM, Verdict.LAN})
_SIDES = frozenset({"power", "inside", "outside"})
_NEAR = ("switch", "gateway")
_NEAR_ALONE = frozenset({"machine_address", "machine_gateway"})
"""Words of a PC that does not reach the modem: it is drawn as broken itself where its room's switch works."""


def weight(fault: Fault) -> tuple[bool, int, float]:
    """Of two faults of one key the later in this order counts: one that goes on, then the surer, then the newer end."""
    return fault.ended is None, RANK[fault.degree], fault.ended or 0.0


def is_again(incident: Incident, fault: Fault) -> bool:
    """Whether this fault is an incident that is over: it came back soon, of the same kind, or it is that very one."""
    if incident.state is State.WITHDRAWN:
        return fault.began <= incident.closed
    if abs(fault.began - incident.began) <= fault.error + incident.began_error:
        return True
    if not incident.began - FLAPPING_SECONDS <= fault.began <= incident.ended + FLAPPING_SECONDS:
        return False
    return fault.began <= incident.ended or may_be_one_cause(incident, fault)


def is_another_round(incident: Incident, fault: Fault) -> bool:
    """Whether an open incident that came back turns out to have been over: what came back is of another kind."""
    return (
        incident.state is State.OPEN
        and bool(incident.pauses)
        and fault.degree is not Degree.UNKNOWN
        and fault.began + fault.error >= incident.pauses[-1].begin
        and not may_be_one_cause(_known(incident), fault)
    )


def _known(incident: Incident) -> Incident | EarlierRound:
    """What is known of it: of an earlier round where nothing is of this one."""
    return incident.earlier if incident.earlier and incident.verdict is Verdict.UNKNOWN else incident


def may_be_one_cause(one: Incident | Fault | EarlierRound, other: Incident | Fault | EarlierRound) -> bool:
    """Whether what is wrong may be of one kind: power, something inside the school, or something outside it.

    What nobody knows may be whatever its evidence leaves possible.
    """
    return bool(_sides(one) & _sides(other))


def _sides(one: Incident | Fault | EarlierRound) -> frozenset[str]:
    if one.verdict is not Verdict.UNKNOWN:
        return frozenset({_side(one.verdict)})
    return frozenset(map(_side, one.evidence.causes)) or _SIDES


def _side(verdict: Verdict) -> str:
    if verdict is Verdict.POWER:
        return "power"
    return "inside" if verdict in _AT_SCHOOL else "outside"


def explains(around: Incident | Fault, inside: Incident | Fault) -> bool:
    """Whether what is wrong with a larger place explains what is wrong inside it.

    An outage explains all, but one of far routes or names, in which everybody is heard, explains nobody's silence.
    Where much is lost on the way, now and then all that a single PC sends is: that is no fault of its own, unless it
    measured that it did not even get as far as where the loss begins. A lost line explains those who went with it, and
    nobody else.
    """
    if around.kind is Kind.OUTAGE:
        return around.verdict not in _HEARD or inside.kind is not Kind.OUTAGE or inside.verdict in _HEARD
    if around.kind is Kind.LOSS and inside.kind is Kind.OUTAGE and inside.place.level is Level.MACHINE:
        return around.verdict in _INSIDE or not _is_near(inside)
    if around.kind is Kind.SECOND_LINE and inside.kind is Kind.OUTAGE:
        # The last of those who went with a line, a PC or a whole room, are silent for a while after the first are back.
        return bool(inside.blamed) and set(inside.blamed) <= set(around.blamed) and not _is_near(inside)
    return around.kind is inside.kind and around.target in {"", inside.target}


def _is_near(inside: Incident | Fault) -> bool:
    """Whether it was measured that the way ends before the modem."""
    evidence = inside.evidence
    return evidence.word in _NEAR_ALONE or any(evidence.steps.get(step) == "broken" for step in _NEAR)


def is_of_all_lines(whole: Incident | Fault, one_line: Incident | Fault) -> bool:
    """Whether the first is an outage of a place in which nobody is heard, and the second the loss of a line there."""
    return (
        whole.kind is Kind.OUTAGE
        and whole.verdict not in _HEARD
        and one_line.kind is Kind.SECOND_LINE
        and whole.place == one_line.place
    )
