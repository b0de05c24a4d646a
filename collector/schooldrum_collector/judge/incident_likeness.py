"""When is a fault one that is known: the same one, the same again, or explained by another. Pure."""

from collections.abc import Iterable

from schooldrum_collector.judge.fault import Degree, Fault, Kind, Level, Verdict
from schooldrum_collector.judge.incident import EarlierRound, Incident, State
from schooldrum_collector.judge.incident_spells import round_begin

FLAPPING_SECONDS = 900.0
"""Back within this time, it is the same incident; one that came back once is over only after so long a calm."""
RANK = {Degree.UNKNOWN: 0, Degree.PROBABLE: 1, Degree.FOUND: 2}
"""How sure a degree is."""
_HEARD = frozenset({Verdict.DNS, Verdict.NATIONAL, Verdict.INTERNATIONAL})
_INSIDE = frozenset({Verdict.LAN, Verdict.ROOM})
_AT_SCHOOL = frozenset({Verdict.MACHINE, Verdict.ROOM, Verdict.LAN})
_ROOM_DARK = "room_silent"
"""The word of a room that is not heard, by its switch or by its power."""
_CAPTIVE, _LOSS = "captive", "loss"
_BY_WORD = {"captive": _CAPTIVE, "loss_line": _LOSS, "loss_international": _LOSS}
"""Causes that a verdict does not tell: a login page is no cut line, and how far out loss shows comes and goes."""
_INSIDE_CAUSE = "inside"
_UNHEARD = frozenset({Verdict.LINE.value, _CAPTIVE, Verdict.COLLECTOR.value})
"""Causes past a school's modem by which nobody is heard: as long as that is all, nobody can tell them apart."""
_ANY = frozenset({one.value for one in Verdict} | {_CAPTIVE, _INSIDE_CAUSE})
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
    if may_be_one_cause(_known(incident), fault):
        return True
    return fault.began <= incident.ended and not _is_after(incident, fault)


def is_another_round(incident: Incident, fault: Fault) -> bool:
    """Whether an open incident that came back turns out to have been over: what came back is of another kind."""
    return (
        incident.state is State.OPEN
        and bool(incident.pauses)
        and fault.degree is not Degree.UNKNOWN
        and fault.began + fault.error >= incident.pauses[-1].begin
        and not may_be_one_cause(incident.earlier or incident, fault)
    )


def is_another_cause(incident: Incident, fault: Fault) -> bool:
    """Whether an open incident was over when this began, though nobody has closed it yet: it is of another kind.

    So it is where all seemed well in between.
    """
    if incident.state is not State.OPEN or not incident.calm or may_be_one_cause(_known(incident), fault):
        return False
    return _is_after(incident, fault)


def is_beside(incident: Incident, fault: Fault) -> bool:
    """Whether an open incident in which everybody is heard was there when this began, by which nobody is.

    Whether that one goes on is not known until somebody is heard again.
    """
    return (
        incident.state is State.OPEN
        and not incident.calm
        and incident.verdict in _HEARD
        and incident.degree is Degree.FOUND
        and fault.kind is Kind.OUTAGE
        and fault.verdict not in _HEARD
        and _began_later(incident, fault)
        and not may_be_one_cause(_known(incident), fault)
    )


def is_of_another(incident: Incident, fault: Fault, known: Iterable[Incident]) -> bool:
    """Whether a fault in which everybody is heard is one of those `known`, beside which this silence began.

    What the last to be heard measured before they fell silent says nothing of the silence, nor does what they measure
    again when that is over.
    """
    if fault.verdict not in _HEARD or incident.first.verdict in _HEARD:
        return False
    return any(
        other.number != incident.number
        and (other.place, other.kind, other.target) == (fault.place, fault.kind, fault.target)
        and other.verdict in _HEARD
        and other.began < incident.began
        and may_be_one_cause(other, fault)
        and _apart(other, fault) < _apart(incident, fault)
        for other in known
    )


def _apart(incident: Incident, fault: Fault) -> float:
    """Seconds between the begin of a fault and that of the nearest round of an incident."""
    return min(abs(fault.began - began) for began in (incident.began, *(pause.end for pause in incident.pauses)))


def nearest(incidents: Iterable[Incident], fault: Fault) -> Incident | None:
    """Of these of the fault's key, which all go on, the one that it is: by its cause, then by its begin."""
    return max(
        incidents,
        key=lambda one: (
            may_be_one_cause(_known(one), fault),
            (one.verdict in _HEARD) is (fault.verdict in _HEARD),
            -_apart(one, fault),
        ),
        default=None,
    )


def _began_later(incident: Incident, fault: Fault) -> bool:
    """Whether it began after the newest round of the incident had: what began with that is the same, better known."""
    began, error, _ = round_begin(incident)
    return fault.began - fault.error > began + error


def _is_after(incident: Incident, fault: Fault) -> bool:
    """Whether it may have begun after the end that the incident has, or seems to have."""
    return _began_later(incident, fault) and fault.began + fault.error >= incident.ended - incident.ended_error


def _known(incident: Incident) -> Incident | EarlierRound:
    """What is known of it: of an earlier round where nothing is of this one."""
    return incident.earlier if incident.earlier and incident.verdict is Verdict.UNKNOWN else incident


def may_be_one_cause(one: Incident | Fault | EarlierRound, other: Incident | Fault | EarlierRound) -> bool:
    """Whether what is wrong may be the same: power, something inside the school, and each thing outside it by itself.

    What nobody knows may be whatever its evidence leaves possible.
    """
    return bool(_causes(one) & _causes(other))


def _causes(one: Incident | Fault | EarlierRound) -> frozenset[str]:
    word = one.evidence.word
    if word == _ROOM_DARK and one.verdict is Verdict.ROOM:
        return frozenset({_INSIDE_CAUSE, Verdict.POWER.value})
    if one.verdict is not Verdict.UNKNOWN:
        return frozenset({_BY_WORD.get(word) or _cause(one.verdict)})
    possible = frozenset(map(_cause, one.evidence.causes))
    return (possible | _UNHEARD if Verdict.LINE in possible else possible) or _ANY


def _cause(verdict: Verdict) -> str:
    return _INSIDE_CAUSE if verdict in _AT_SCHOOL else verdict.value


def explains(around: Incident | Fault, inside: Incident | Fault) -> bool:
    """Whether what is wrong with a larger place explains what is wrong inside it.

    An outage explains all, but one of far routes or names, in which everybody is heard, explains nobody's silence.
    Where much is lost on the way, now and then all that a single PC sends is: that is no fault of its own, unless it
    measured that it did not even get as far as where the loss begins. A lost line explains those who went with it, and
    nobody else; an outage of one provider, no line of another that was told before.
    """
    if _is_of_another_provider(around, inside):
        return False
    if around.kind is Kind.OUTAGE:
        return around.verdict not in _HEARD or inside.kind is not Kind.OUTAGE or inside.verdict in _HEARD
    if around.kind is Kind.LOSS and inside.kind is Kind.OUTAGE and inside.place.level is Level.MACHINE:
        return around.verdict in _INSIDE or not _is_near(inside)
    if around.kind is Kind.SECOND_LINE and inside.kind is Kind.OUTAGE:
        # The last of those who went with a line, a PC or a whole room, are silent for a while after the first are back.
        return bool(inside.blamed) and set(inside.blamed) <= set(around.blamed) and not _is_near(inside)
    return around.kind is inside.kind and around.target in {"", inside.target}


def _is_of_another_provider(around: Incident | Fault, inside: Incident | Fault) -> bool:
    """Whether the first is a provider's, and the second the loss, told to people, of a line known to be another's."""
    is_told = isinstance(inside, Incident) and inside.told > 0
    if around.place.level is not Level.PROVIDER or inside.kind is not Kind.SECOND_LINE or not is_told:
        return False
    providers = inside.evidence.names.get("provider", ())
    return bool(providers) and around.place.path not in providers


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
