"""What later evidence changes in the record of an incident, open or long over; pure, and never told anew."""

import math
from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.fault import Degree, Fault, Level, Verdict
from schooldrum_collector.judge.incident import (
    IN_A_SCHOOL,
    MACHINES_NAMED,
    Incident,
    State,
    Step,
    What,
    closed,
    made,
    size,
    step,
)
from schooldrum_collector.judge.incident_grown import began_after, grown_apart, is_grown_apart
from schooldrum_collector.judge.incident_likeness import RANK, is_again, is_of_another, may_be_one_cause
from schooldrum_collector.judge.incident_power import parted_from_power
from schooldrum_collector.judge.incident_spells import (
    round_begin,
    round_noticed,
    with_pause,
    with_round_begin,
    without_last_round,
)
from schooldrum_collector.judge.nameless import HEARD, parts_of

SAME_BEGIN_SECONDS = 300.0
"""Faults of nested places that began within this time (and their errors) have one cause."""


def one_cause(incident: Incident, fault: Fault) -> bool:
    """Whether an incident and a fault of a place inside or around it began together."""
    return abs(incident.began - fault.began) <= SAME_BEGIN_SECONDS + incident.began_error + fault.error


def proves(incident: Incident, fault: Fault) -> bool:
    """Whether machines measured what was withdrawn because its silence was explained: then it was an incident."""
    was_explained = bool(incident.excused or incident.explained)
    return was_explained and fault.measured and fault.degree is Degree.FOUND and one_cause(incident, fault)


def was_part_of(incident: Incident, fault: Fault, whole: Incident) -> bool:
    """Whether an incident that is over was a part of one of many schools, and the fault began after that was over."""
    return (
        whole.state is State.CLOSED
        and whole.place.level not in IN_A_SCHOOL
        and incident.school in whole.schools
        and fault.began > max(incident.ended, whole.ended)
        and one_cause(incident, whole.fault)
    )


def corrected(incident: Incident, fault: Fault, now: float) -> tuple[Step, ...]:
    """What this fault, of the incident's own kind, corrects in its record: one step or none.

    A verdict gives way to one that is at least as sure; a begin or an end to a measured one, or to one known better by
    the same kind of knowledge; but nothing began after it was noticed, and when a place fell silent is moved neither by
    silence nor by those who came up later. The end of an open incident is not corrected here: it is still to come.
    Kind, number and what was said first never change, and nothing of it is ever told anew.
    """
    changed = incident
    surer = RANK[fault.degree] >= RANK[incident.degree]
    other = (fault.verdict, fault.degree) != (incident.verdict, incident.degree)
    # Whoever tapped the wrong answer has given the right one since.
    taken_back = (incident.evidence.word, fault.evidence.word) == ("power_attested", "silent_with_power")
    known = fault.verdict is Verdict.UNKNOWN and incident.verdict is not Verdict.UNKNOWN
    # Of two that fell silent together one has told since that it had no power.
    doubted = known and incident.evidence.word == fault.evidence.word == "room_silent"
    if (surer and other and not known) or taken_back or doubted:
        changed = msgspec.structs.replace(
            changed, verdict=fault.verdict, degree=fault.degree, evidence=fault.evidence, seen=max(now, changed.seen)
        )
    elif not other and incident.state is State.CLOSED and len(fault.blamed) > len(incident.blamed):
        # The same, known of more machines than had come back when it was judged.
        changed = msgspec.structs.replace(changed, evidence=fault.evidence, blamed=fault.blamed[:MACHINES_NAMED])
    changed = _with_begin(changed, fault)
    if (
        incident.state is State.CLOSED
        and fault.ended is not None
        and fault.ended >= changed.began
        # Of one that came and went, it is the last end that counts.
        and (not incident.pauses or fault.ended + fault.end_error + incident.ended_error >= incident.ended)
        and _is_better(
            (fault.measured, fault.ended, fault.end_error),
            (incident.ended_measured, incident.ended, incident.ended_error),
        )
    ):
        changed = msgspec.structs.replace(
            changed, ended=fault.ended, ended_error=fault.end_error, ended_measured=fault.measured
        )
    return () if changed == incident else (step(incident, changed, What.CORRECTED, now),)


def _with_begin(incident: Incident, fault: Fault) -> Incident:
    """The same with the begin that the fault tells of: that of its newest round, or of its first."""
    moved = incident.place != incident.first.place
    if fault.late or not (fault.measured or moved):
        return incident
    told = fault.measured, fault.began, fault.error
    if incident.pauses and fault.began + fault.error < incident.pauses[-1].begin:
        known = incident.began_measured, incident.began, incident.began_error
        of_first = fault.began + fault.error < incident.pauses[0].begin and fault.began - fault.error <= incident.opened
        if of_first and _is_better(told, known):
            return msgspec.structs.replace(
                incident, began=fault.began, began_error=fault.error, began_measured=fault.measured
            )
        return incident
    began, error, measured = round_begin(incident)
    # What was noticed in another place may have been something else, and earlier.
    in_time = fault.began - fault.error <= round_noticed(incident) or (moved and not incident.pauses)
    if began_after(incident, fault) or (in_time and _is_better(told, (measured, began, error))):
        return with_round_begin(incident, fault.began, fault.error, measured=fault.measured)
    return incident


def _is_better(new: tuple[bool, float, float], old: tuple[bool, float, float]) -> bool:
    """Whether a time (measured, at, error) is better known than another, and says something else."""
    measured, at, error = new
    was_measured, was, was_error = old
    if measured != was_measured:
        return measured
    return error < was_error - 1.0 and abs(at - was) <= error + was_error


def revised(
    incident: Incident, faults: Iterable[Fault], now: float, known: Iterable[Incident] = ()
) -> tuple[Step, ...]:
    """What the judgement of its own time, made again with all that is known today, corrects in an incident's record.

    `faults` are those of its school at moments inside its span. One found in a place around it that holds all its
    machines counts before all; then the surest of its own place, measured ones that had begun when it was noticed
    first; where there is none, one found in a place around it or inside it that began with it. Then the incident was
    that; where one of those `known` is that already, or was it shortly before, this one was a part of it. One that was
    withdrawn is taken up where its own machines measured it.
    """
    others = tuple(known)
    alike = [
        fault
        for fault in faults
        if fault.kind is incident.kind
        and fault.target == incident.target
        and (fault.began < (incident.ended or now) or fault.began == incident.began)
        # Of one that came back and goes on, what an earlier round was says nothing.
        and (not incident.is_live or not incident.pauses or fault.began + fault.error >= incident.pauses[-1].begin)
        and (fault.ended is None or fault.ended >= incident.began - incident.began_error)
        and not is_of_another(incident, fault, others)
        and not any(_is_taken_back(other, fault) for other in others if other.number != incident.number)
    ]
    own = [fault for fault in alike if fault.place == incident.place]
    if incident.state is State.WITHDRAWN:
        return _taken_up(incident, own, now)
    # While the last of several come back, each of them looks as if it had been alone.
    around = [
        fault
        for fault in alike
        if fault.degree is Degree.FOUND
        and fault.place.level in IN_A_SCHOOL
        and size(fault.place.level) > size(incident.place.level)
        and one_cause(incident, fault)
        and incident.blamed
        and set(incident.blamed) <= set(fault.blamed)
        and not _is_apart(incident, fault, own)
    ]
    if own and (not around or incident.parent):
        # Of two causes that overlapped it keeps the one it has, while any moment of it says the same as surely.
        best = max(
            own,
            key=lambda fault: (
                _was_noticed(incident, fault),
                RANK[fault.degree],
                fault.verdict is incident.verdict,
                *_worth(fault),
            ),
        )
        return _with_parts(incident, corrected(incident, _to_its_last_end(best, own), now), own, now)
    other = around or [
        fault
        for fault in alike
        if fault.degree is Degree.FOUND
        and fault.place.level in IN_A_SCHOOL
        and one_cause(incident, fault)
        and _is_nested(incident, fault)
        and not _is_apart(incident, fault, own)
    ]
    if not other or incident.place.level not in IN_A_SCHOOL or incident.parent:
        return ()
    best = max(other, key=lambda fault: (size(fault.place.level), *_worth(fault)))
    if there := _already(incident, best, others):
        return _part_of(incident, there, best, now)
    moved = msgspec.structs.replace(
        incident,
        place=best.place,
        verdict=best.verdict,
        degree=best.degree,
        evidence=best.evidence,
        blamed=best.blamed[:MACHINES_NAMED],
    )
    first = step(incident, moved, What.RESCOPED, now)
    return (first, *corrected(moved, best, now))


def _with_parts(incident: Incident, steps: tuple[Step, ...], own: Iterable[Fault], now: float) -> tuple[Step, ...]:
    """The same correction of what is over, with each thing that was broken in it where that is not known yet."""
    changed = steps[-1].incident if steps else incident
    parts = parts_of(own) if incident.state is State.CLOSED and changed.verdict in HEARD else ()
    if {one.verdict for one in parts} <= {one.verdict for one in incident.parts}:
        return steps
    return (step(incident, msgspec.structs.replace(changed, parts=parts), What.CORRECTED, now),)


def _taken_up(incident: Incident, own: Iterable[Fault], now: float) -> tuple[Step, ...]:
    """A withdrawn incident as one that is over, where it is proved with its end; whoever was told is told no more."""
    proofs = [fault for fault in own if fault.ended is not None and proves(incident, fault)]
    best = max(proofs, key=_worth, default=None)
    if best is None or best.ended is None:
        return ()
    proved = msgspec.structs.replace(
        incident,
        excused="",
        explained="",
        verdict=best.verdict,
        degree=best.degree,
        evidence=best.evidence,
        blamed=best.blamed[:MACHINES_NAMED],
        began=best.began,
        began_error=best.error,
        began_measured=True,
    )
    over = closed(proved, max(incident.closed, best.ended), best.ended, best.end_error, measured=True)
    return (step(incident, over, What.CORRECTED, now),)


def parted(incident: Incident, faults: Iterable[Fault], now: float, number: int) -> tuple[Step, ...]:
    """The last round of an incident that is over, as one of its own (`number`), where it was of another kind.

    So is what stayed away after a power cut was over, and what it grew into where that proves to be another cause.

    `faults` are those of its school at moments inside its span, with all that is known today.
    """
    if incident.state is not State.CLOSED:
        return ()
    if not incident.pauses:
        known = tuple(faults)
        return parted_from_power(incident, known, now, number) or _parted_as_grown(incident, known, now, number)
    again = incident.pauses[-1].begin
    sure = [
        fault
        for fault in faults
        if (fault.place, fault.kind, fault.target) == (incident.place, incident.kind, incident.target)
        and fault.degree is not Degree.UNKNOWN
    ]
    before = max((fault for fault in sure if fault.began + fault.error < again), key=_worth, default=None)
    after = max((fault for fault in sure if fault.began + fault.error >= again), key=_worth, default=None)
    if before is None or after is None or may_be_one_cause(before, after):
        return ()
    own = msgspec.structs.replace(
        made(after, number, now, schools=incident.schools), told_as=incident.number if incident.told else 0
    )
    past = closed(own, incident.closed, incident.ended, incident.ended_error, measured=incident.ended_measured)
    first = without_last_round(incident, incident.closed)
    return (
        step(incident, first, What.CORRECTED, now, reason=past.name),
        step(None, past, What.RECORDED, now, reason=incident.name),
    )


def _parted_as_grown(incident: Incident, faults: Iterable[Fault], now: float, number: int) -> tuple[Step, ...]:
    if incident.grown_from is None:
        return ()
    own = [
        fault
        for fault in faults
        if (fault.place, fault.kind, fault.target) == (incident.place, incident.kind, incident.target)
    ]
    best = max(own, key=_worth, default=None)
    first = corrected(incident, best, now) if best is not None else ()
    known = first[-1].incident if first else incident
    return (*first, *grown_apart(known, (), number, now, frozenset())) if is_grown_apart(known) else ()


def _is_taken_back(incident: Incident, fault: Fault) -> bool:
    """Whether a person has withdrawn an incident that this fault is: nothing else becomes that afterwards."""
    return (
        incident.state is State.WITHDRAWN
        and not (incident.excused or incident.explained)
        and (incident.place, incident.kind, incident.target) == (fault.place, fault.kind, fault.target)
        and one_cause(incident, fault)
    )


def _was_noticed(incident: Incident, fault: Fault) -> bool:
    """Whether machines measured of it what had begun by the time it was noticed: what broke later is not why it was."""
    known = fault.measured and not fault.late and fault.verdict is not Verdict.UNKNOWN
    return known and fault.began - fault.error <= round_noticed(incident)


def _is_apart(incident: Incident, around: Fault, own: Iterable[Fault]) -> bool:
    """Whether it is no part of a fault around it: that was over when it was noticed, or its own place measured another.

    Nor is a room that was dark before. A single PC, of which the last come back late, is no proof of that.
    """
    if incident.place.level is Level.MACHINE or size(around.place.level) <= size(incident.place.level):
        return False
    if around.ended is not None and incident.opened > around.ended + around.end_error:
        return True
    if incident.place.level is Level.ROOM and around.began - around.error > incident.began + incident.began_error:
        return True
    sure = (fault for fault in own if fault.measured and fault.degree is Degree.FOUND)
    return any(not may_be_one_cause(fault, around) for fault in sure)


def _is_nested(incident: Incident, fault: Fault) -> bool:
    """Whether one place holds the other, or the same machines are blamed; the next room is another story."""
    one, other = incident.place.path, fault.place.path
    nested = one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
    return nested or not set(incident.blamed).isdisjoint(fault.blamed)


def _already(incident: Incident, fault: Fault, known: Iterable[Incident]) -> Incident | None:
    """The oldest other incident that is this fault, or that came back as it."""
    same = [
        one
        for one in known
        if one.number != incident.number
        and (one.place, one.kind, one.target) == (fault.place, fault.kind, fault.target)
        and one.state is not State.WITHDRAWN
        and (one_cause(one, fault) or (one.number < incident.number and is_again(one, fault)))
    ]
    return min(same, key=lambda one: one.number, default=None)


def _part_of(incident: Incident, whole: Incident, fault: Fault, now: float) -> tuple[Step, ...]:
    """The same as a part of another, over with it; one that goes on is no part of what is over, nor of a part of it."""
    turned: tuple[Step, ...] = ()
    if incident.is_live and (not whole.is_live or whole.parent == incident.number):
        return ()
    if whole.parent == incident.number:
        turned = (step(whole, msgspec.structs.replace(whole, parent=0), What.RELEASED, now),)
        whole = turned[0].incident
    state, what = (State.ABSORBED, What.ABSORBED) if incident.is_live else (incident.state, What.HELD)
    held = msgspec.structs.replace(incident, state=state, parent=whole.number, calm=0.0)
    first = step(incident, held, what, now)
    if whole.is_live or one_cause(whole, fault):
        return (*turned, first)
    known = fault.ended is not None
    longer = msgspec.structs.replace(
        with_pause(whole, fault.began),
        ended=fault.ended if fault.ended is not None else incident.ended,
        ended_error=fault.error if known else incident.ended_error,
        ended_measured=fault.measured if known else incident.ended_measured,
        rounds=whole.rounds + 1,
    )
    if longer.ended <= whole.ended:
        return (*turned, first)
    return (*turned, first, step(whole, longer, What.CORRECTED, now))


def _to_its_last_end(best: Fault, own: Iterable[Fault]) -> Fault:
    """The same, over when the last one like it was: it may have come and gone while nobody could be heard."""
    kind = best.verdict, best.degree, best.measured
    alike = (one for one in own if (one.verdict, one.degree, one.measured) == kind)
    last = max(alike, key=lambda one: math.inf if one.ended is None else one.ended)
    if best.ended is None or last.began <= best.ended:
        return best
    return msgspec.structs.replace(
        best,
        ended=last.ended,
        error=max(best.error, last.error),
        ended_error=max(best.end_error, last.end_error),
    )


def _worth(fault: Fault) -> tuple[bool, int, bool, bool, float]:
    return (
        fault.verdict is not Verdict.UNKNOWN,
        RANK[fault.degree],
        fault.measured,
        fault.ended is not None,
        -fault.error,
    )
