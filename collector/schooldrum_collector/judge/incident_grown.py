"""An incident that was told of a room and grew into its school's: when the two prove to be two causes. Pure.

While nobody of a school is heard nobody can know. What is found once somebody is, and began after the room was dark
already, is another cause: the room keeps number, message and begin, and goes on as long as its PCs stay away.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import msgspec

from schooldrum_collector.judge.blame import EARLIER_ALIKE
from schooldrum_collector.judge.fault import Fault, Place, Verdict
from schooldrum_collector.judge.incident import (
    IN_A_SCHOOL,
    Incident,
    Smaller,
    State,
    Step,
    What,
    closed,
    made,
    size,
    step,
)

UNTOLD_SECONDS = 90.0
"""So long after it was told as an incident, no person has been told of a fault yet (judge.messages)."""


def smaller(incident: Incident, place: Place, now: float) -> Smaller | None:
    """What is to be kept of an incident that lies in this place from `now` on; None where nothing is.

    Something is where people were told of a smaller place than that.
    """
    if size(place.level) < size(incident.place.level):
        return None
    told = incident.told > 0 and now - incident.told >= UNTOLD_SECONDS
    if incident.grown_from or not told or place.level not in IN_A_SCHOOL or place.level is incident.place.level:
        return incident.grown_from
    return Smaller(
        place=incident.place,
        verdict=incident.verdict,
        degree=incident.degree,
        evidence=incident.evidence,
        blamed=incident.blamed,
        until=now,
        began=incident.began,
        error=incident.began_error,
        measured=incident.began_measured,
    )


def began_after(incident: Incident, fault: Fault) -> bool:
    """Whether what is known of the larger place tells of a begin after that of the smaller one, which it still has."""
    before = incident.grown_from
    return (
        before is not None
        and fault.verdict is not Verdict.UNKNOWN
        and not incident.pauses
        and incident.began == before.began
        and fault.began - fault.error > before.began + before.error
    )


def is_grown_apart(incident: Incident) -> bool:
    """Whether it turns out to be two: what is known of the larger place began after the smaller one was dark.

    Where those who went first measured the same as the last, it grew indeed.
    """
    before = incident.grown_from
    return (
        before is not None
        and size(before.place.level) < size(incident.place.level)
        and not incident.pauses
        and incident.verdict is not Verdict.UNKNOWN
        and incident.began - incident.began_error > before.began + before.error
        and not incident.evidence.counts.get(EARLIER_ALIKE)
    )


def grown_apart(
    incident: Incident, known: Iterable[Incident], number: int, now: float, alive: AbstractSet[str]
) -> tuple[Step, ...]:
    """The larger place's part as one of its own (`number`), over and told to nobody; the smaller place's goes on.

    It must be calm or closed, and two; what is closed is so as two. Who of the smaller place is `alive` came back since
    the larger one was over. Of what it had taken in, what was dark before the larger place was goes on too, and the
    rest is over with that.
    """
    before = incident.grown_from
    if before is None:
        return ()
    larger = closed(
        # Whoever was told since it grew was told of this.
        msgspec.structs.replace(
            made(incident.fault, number, before.until, schools=incident.schools, parent=incident.parent),
            told_as=incident.number,
        ),
        incident.closed or now,
        incident.ended,
        incident.ended_error,
        measured=incident.ended_measured,
    )
    alone = msgspec.structs.replace(
        incident,
        place=before.place,
        verdict=before.verdict,
        degree=before.degree,
        evidence=before.evidence,
        blamed=before.blamed,
        began=before.began,
        began_error=before.error,
        began_measured=before.measured,
        grown_from=None,
        parent=0,
        parts=(),
    )
    if incident.state is State.CLOSED:
        alone = msgspec.structs.replace(alone, ended_measured=False)
    elif alive.isdisjoint(before.blamed):
        alone = msgspec.structs.replace(alone, calm=0.0, ended=0.0, ended_error=0.0, ended_measured=False, seen=now)
    else:
        # Nobody could be heard since the larger one began: they may have been on again at any time.
        half = max(0.0, now - larger.began) / 2
        alone = msgspec.structs.replace(
            alone, calm=now, ended=now - half, ended_error=half + larger.began_error, ended_measured=False
        )
    taken = []
    for child in known:
        if child.parent != incident.number or child.state is not State.ABSORBED:
            continue
        if child.began + child.began_error < larger.began - larger.began_error:
            free = msgspec.structs.replace(child, state=State.OPEN, parent=0, seen=now)
            taken.append(step(child, free, What.RELEASED, now, reason=larger.name))
        else:
            held = msgspec.structs.replace(child, parent=number)
            taken.append(step(child, held, What.HELD, now, reason=larger.name))
    return (
        step(incident, alone, What.RESCOPED, now, reason=larger.name),
        step(None, larger, What.RECORDED, now, reason=incident.name),
        *taken,
    )
