"""How what is judged now changes what is remembered: incidents opened, corrected, held down, closed. Pure.

A fault is what evidence says at one moment; an incident is one cause with one number. Its key is place, kind and target
while it is open; within a quarter of an hour after its end, or with the same begin, the same key is the same incident.
Beside one in which everybody is heard (far routes, names) a silence is another, and neither of the two ends the other.
It closes when no fault of it is judged any more and one of its machines is heard: not being judged (night, the
collector's own gap) ends nothing. What rests on silence alone is over too where a person has explained that silence:
of a day that is closed it is withdrawn, and what began before that day has ended nobody knows when. What machines
measure is never explained away: one that was withdrawn and is measured goes on, under its number; where a person said
that all was switched off, as soon as it has been measured for long enough after that.
"""

from collections.abc import Iterable, Sequence

import msgspec

from schooldrum_collector.judge.excuses import excuse_of, is_within
from schooldrum_collector.judge.fault import Degree, Fault, Kind
from schooldrum_collector.judge.incident import (
    IN_A_SCHOOL,
    MACHINES_NAMED,
    Incident,
    Severity,
    State,
    Step,
    What,
    closed,
    made,
    size,
    step,
)
from schooldrum_collector.judge.incident_acts import MEASURED, withdrawn
from schooldrum_collector.judge.incident_corrections import corrected, one_cause, proves
from schooldrum_collector.judge.incident_ends import is_back
from schooldrum_collector.judge.incident_grown import grown_apart, is_grown_apart
from schooldrum_collector.judge.incident_likeness import FLAPPING_SECONDS, explains, weight
from schooldrum_collector.judge.incident_matching import (
    grown_into,
    holder_of,
    inside_of,
    is_rest_of_many,
    narrowed_to,
    same_as,
)
from schooldrum_collector.judge.incident_places import (
    COSMETIC,
    MUTE,
    SKIP,
    Circumstances,
    Excuse,
    schools_of,
    treatment,
)
from schooldrum_collector.judge.incident_rounds import ended_before, is_over_for, is_own_round, split_off
from schooldrum_collector.judge.incident_spells import anew
from schooldrum_collector.judge.incident_telling import loudness
from schooldrum_collector.judge.incident_transitions import (
    calmed,
    ended_with,
    reopened,
    rescoped,
    told,
    unended,
)

UNHEARD_BEATS = 2
"""So many beats may pass between a way that works again and the report that tells of it."""
CALM_BEATS = 3
"""So many beats without a fault end an incident that never came back."""
MEASURED_BEATS = 6
"""What was withdrawn on somebody's word goes on when it is measured so late: a climb speaks for three beats."""
SEEN_SECONDS = 60.0
"""How often it is written down that a fault is still there."""
LOST_SECONDS = 7 * 86400.0
"""An incident of whose place nothing is heard and nothing judged for so long is closed without a known end."""
SHORTEST_PAST_SECONDS = 300.0
"""A fault that was over before anybody judged it is recorded from this length on."""
_EVIDENCE_SECONDS = 30.0
_LOSS_SHOWS_BEATS = 4
"""Loss is a mean over so many beats, and shows for as long after its end."""
_ROUNDS = 8
"""What was held down by an incident that ends is looked at again at once; chains of places are not longer."""


def after(known: Iterable[Incident], steps: Iterable[Step]) -> tuple[Incident, ...]:
    """What is known once these steps were taken, in order of number."""
    by_number = {incident.number: incident for incident in known}
    by_number.update((one.incident.number, one.incident) for one in steps)
    return tuple(by_number[number] for number in sorted(by_number))


def advance(
    known: Sequence[Incident], faults: Sequence[Fault], now: float, circumstances: Circumstances
) -> tuple[Step, ...]:
    """What happens to incidents when these faults, and no others, are judged at `now`.

    `known` holds every live incident and those closed lately (a day is plenty). The same call on what came of it gives
    no step.
    """
    one_each = {(fault.place, fault.kind, fault.target): fault for fault in sorted(faults, key=weight)}
    # Of places as large as each other the one with the most schools first: it is the one that may be urgent.
    in_place = sorted(
        one_each.values(),
        key=lambda one: (
            -size(one.place.level),
            -one.evidence.counts.get("schools", 0),
            one.began,
            one.place,
            one.kind,
        ),
    )
    steps: list[Step] = []
    for _ in range(_ROUNDS):
        round_ = _Round(known, now, circumstances)
        present = [
            fault
            for fault in in_place
            if treatment(circumstances, fault.place, schools_of(circumstances, fault)) != SKIP
        ]
        for fault in present:
            round_.take(fault, present)
        round_.end_unseen()
        if not round_.steps:
            break
        steps += round_.steps
        known = after(known, round_.steps)
        circumstances = msgspec.structs.replace(circumstances, next_number=round_.next_number)
    return tuple(steps)


class _Round:
    """One call of `advance`: what is known so far, and the steps taken. Not frozen: it gathers."""

    def __init__(self, known: Sequence[Incident], now: float, circumstances: Circumstances) -> None:
        self._known = {incident.number: incident for incident in known}
        self._now = now
        self._there = circumstances
        self.next_number = circumstances.next_number
        self._seen: set[int] = set()
        self.steps: list[Step] = []

    def _put(self, before: Incident | None, changed: Incident, what: What, *, reason: str = "") -> Incident:
        self.steps.append(step(before, changed, what, self._now, reason=reason))
        self._known[changed.number] = changed
        return changed

    def _open(self) -> list[Incident]:
        return [incident for incident in self._known.values() if incident.state is State.OPEN]

    def _holder(self, fault: Fault, schools: Sequence[str]) -> Incident | None:
        around = [one for one in self._open() if not self._is_past(one)]
        return holder_of(fault, schools, around, self._there)

    def _is_past(self, incident: Incident) -> bool:
        """Whether it has been calm for so long that it would be over, had it not come back before: it holds nothing."""
        calm = self._now - incident.calm if incident.rounds and incident.calm else 0.0
        return calm > 0 and calm >= CALM_BEATS * self._beat_of(incident) and is_back(incident, self._there)

    # Faults

    def take(self, fault: Fault, present: Sequence[Fault]) -> None:
        """One fault, after those of larger places."""
        schools = schools_of(self._there, fault)
        same = same_as(fault, self._known.values())
        if same is not None and is_over_for(same, fault, self._open()):
            self._close_before(same, fault)
            same = None
        elif same is not None and is_own_round(same, fault, self._open()):
            same = self._split_off(same)
        elif same is None and fault.ended is None:
            same = self._freed(fault)
        # What is over already says nothing of where the rest of it lies now.
        if same is None and fault.ended is None:
            unseen = [incident for incident in self._open() if incident.number not in self._seen]
            other = narrowed_to(fault, schools, present, unseen, self._there)
            if other is None and fault.place.level in IN_A_SCHOOL:
                other = grown_into(fault, schools, self._open(), self._there, self._now)
            same = self._rescope(other, fault, schools) if other is not None else None
        if same is not None:
            self._meet(same, fault, schools)
            return
        gone = (one for one in self._known.values() if one.number not in self._seen)
        if is_rest_of_many(fault, schools, gone):
            return
        holder = self._holder(fault, schools)
        if fault.ended is not None:
            self._record(fault, fault.ended, schools, holder)
        elif holder is None or holder.place.level not in IN_A_SCHOOL:
            self._begin(fault, schools, holder)
        # Else it is a part of an incident of the same school, which has been told.

    def _freed(self, fault: Fault) -> Incident | None:
        """What a larger one had taken in, and is still there now that this is calm."""
        for child in self._known.values():
            parent = self._known.get(child.parent)
            alike = (child.place, child.kind, child.target) == (fault.place, fault.kind, fault.target)
            if child.state is State.ABSORBED and alike and parent is not None and self._is_past(parent):
                free = msgspec.structs.replace(child, state=State.OPEN, parent=0, seen=self._now)
                return self._put(child, free, What.RELEASED)
        return None

    def _close_before(self, incident: Incident, fault: Fault) -> None:
        """It is over since it seemed to be, or by the begin of what took its place."""
        if incident.calm:
            self._close(incident, incident.ended, incident.ended_error, measured=incident.ended_measured)
        else:
            error = max(fault.error, self._now - incident.seen)
            self._close(incident, fault.began, error, measured=False)

    def _split_off(self, incident: Incident) -> Incident:
        """Its newest round as an incident of its own; those before it are over, and stay as they were."""
        number, self.next_number = self.next_number, self.next_number + 1
        for one in split_off(incident, number, self._now):
            self.steps.append(one)
            self._known[one.incident.number] = one.incident
        return self._known[number]

    def _rescope(self, incident: Incident, fault: Fault, schools: tuple[str, ...]) -> Incident:
        return self._put(incident, rescoped(incident, fault, schools, self._now), What.RESCOPED)

    def _meet(self, incident: Incident, fault: Fault, schools: tuple[str, ...]) -> None:
        """A fault of an incident that is known."""
        self._seen.add(incident.number)
        if incident.state is State.WITHDRAWN:
            if fault.ended is None:
                self._take_up(incident, fault)
            return
        if incident.state is State.CLOSED:
            if fault.ended is None:
                incident = self._reopen(incident, fault)
            else:
                for one in corrected(incident, fault, self._now):
                    self._put(self._known[incident.number], one.incident, one.what)
                return
        if incident.calm and fault.ended is None:
            # Before anything is corrected: what had ended stays as it was found.
            back = unended(anew(incident, fault, self._now), seen=self._now)
            incident = self._put(incident, back, What.SEEN)
        incident = self._correct_open(incident, fault, schools)
        self._hold_inside(incident, fault)
        incident = self._tell(self._hold(self._known[incident.number], fault, schools))
        if fault.ended is not None:
            self._calm_down(incident, fault.ended, fault.end_error, measured=fault.measured)
        elif self._now - incident.seen >= SEEN_SECONDS:
            self._put(incident, msgspec.structs.replace(incident, seen=self._now), What.SEEN)

    def _take_up(self, incident: Incident, fault: Fault) -> None:
        """What was withdrawn, where what explained it was taken back, or those who are on measure it."""
        late = incident.excused or self._now - incident.closed >= MEASURED_BEATS * self._beat_of(incident)
        # Nobody climbs back to the begin of what goes on for long.
        same = incident.explained and fault.degree is Degree.FOUND and fault.verdict is incident.verdict
        if late and (same or proves(incident, fault)):
            self._reopen(incident, fault, reason=MEASURED)
        elif incident.excused and excuse_of(incident, self._there) is None:
            self._reopen(incident, fault)

    def _reopen(self, incident: Incident, fault: Fault, *, reason: str = "") -> Incident:
        return self._put(incident, reopened(incident, fault, self._now), What.REOPENED, reason=reason)

    def _correct_open(self, incident: Incident, fault: Fault, schools: tuple[str, ...]) -> Incident:
        for one in corrected(incident, fault, self._now):
            incident = self._put(incident, one.incident, one.what)
        blamed = fault.blamed[:MACHINES_NAMED]
        if schools != incident.schools and incident.place.level not in IN_A_SCHOOL:
            # Who was in it stays in it: a school that is back has its own record, and its message has this number.
            joined = tuple(sorted({*incident.schools, *schools}))
            if joined != incident.schools:
                incident = self._put(incident, msgspec.structs.replace(incident, schools=joined), What.UPDATED)
        fresher = (fault.evidence, blamed) != (incident.evidence, incident.blamed)
        agrees = (fault.verdict, fault.degree) == (incident.verdict, incident.degree)
        if fresher and agrees and self._now - incident.seen >= _EVIDENCE_SECONDS:
            changed = msgspec.structs.replace(incident, evidence=fault.evidence, blamed=blamed, seen=self._now)
            incident = self._put(incident, changed, What.SEEN)
        return incident

    def _begin(self, fault: Fault, schools: tuple[str, ...], holder: Incident | None) -> None:
        incident = self._put(None, self._made(fault, schools, holder), What.OPENED)
        self._seen.add(incident.number)
        self._hold_inside(incident, fault)
        self._tell(incident)

    def _made(self, fault: Fault, schools: tuple[str, ...], holder: Incident | None) -> Incident:
        number, self.next_number = self.next_number, self.next_number + 1
        return made(fault, number, self._now, schools=schools, parent=holder.number if holder else 0)

    def _record(self, fault: Fault, ended: float, schools: tuple[str, ...], holder: Incident | None) -> None:
        """A fault that was over before anybody knew of it: kept, and told to nobody."""
        if ended - fault.began < SHORTEST_PAST_SECONDS or holder is not None:
            return
        past = closed(self._made(fault, schools, None), self._now, ended, fault.end_error, measured=fault.measured)
        self._put(None, past, What.RECORDED)
        self._seen.add(past.number)

    # Parents, children, telling

    def _hold_inside(self, parent: Incident, fault: Fault) -> None:
        """What is open inside an open incident is a part of it."""
        if parent.state is not State.OPEN or fault.ended is not None:
            return
        for child in inside_of(parent.place, parent.schools, fault, self._open(), self._there):
            if child.number == parent.number or (child.calm and ended_before(child, parent)):
                continue
            if parent.place.level not in IN_A_SCHOOL:
                if child.parent != parent.number and not self._larger_parent(child, parent):
                    self._put(child, msgspec.structs.replace(child, parent=parent.number), What.HELD)
            elif one_cause(child, fault):
                absorbed = msgspec.structs.replace(child, state=State.ABSORBED, parent=parent.number)
                self._put(child, absorbed, What.ABSORBED)

    def _larger_parent(self, child: Incident, parent: Incident) -> bool:
        now = self._known.get(child.parent)
        return now is not None and now.is_live and size(now.place.level) >= size(parent.place.level)

    def _hold(self, incident: Incident, fault: Fault, schools: Sequence[str]) -> Incident:
        """Keeps the parent of an incident in step with what is open around it."""
        holder = self._holder(fault, schools)
        if holder is None or holder.place.level in IN_A_SCHOOL or self._larger_parent(incident, holder):
            return incident
        if not explains(holder, incident):
            return incident
        if incident.parent == holder.number:
            return incident
        return self._put(incident, msgspec.structs.replace(incident, parent=holder.number), What.HELD)

    def _tell(self, incident: Incident) -> Incident:
        """Announces what may be announced and has not been."""
        if incident.told or incident.parent or incident.severity is Severity.DIGEST or incident.calm:
            return incident
        treated = treatment(self._there, incident.place, incident.schools)
        if treated == MUTE:
            return incident
        planned = treated == COSMETIC
        severity = Severity.INFORMATION if planned else self._loudness(incident)
        return self._put(incident, told(incident, severity, self._now, planned=planned), What.TOLD)

    def _loudness(self, incident: Incident) -> Severity:
        severity, narrower = loudness(incident, self._known.values(), self._now)
        for one in narrower:
            # No person has been told of it yet.
            self._put(one, msgspec.structs.replace(one, severity=Severity.ACTION), What.CORRECTED)
        return severity

    # Ends

    def end_unseen(self) -> None:
        """Live incidents of which no fault was judged, the larger ones first so that what they hold follows."""
        for number in [one.number for one in sorted(self._known.values(), key=lambda one: -size(one.place.level))]:
            incident = self._known[number]
            if incident.parent and incident.is_live:
                incident = self._follow(incident)
            if incident.state is State.OPEN and number not in self._seen:
                self._end(incident)

    def _follow(self, child: Incident) -> Incident:
        """A child whose parent is over: absorbed, it is over too; held, it goes on by itself."""
        parent = self._known.get(child.parent)
        if parent is not None and parent.is_live and not (child.number in self._seen and self._is_past(parent)):
            return child
        if child.state is State.OPEN and child.calm and parent is not None and parent.state is State.CLOSED:
            # It ends as a part of that, some looks after it.
            return child
        if child.state is State.ABSORBED:
            over = ended_with(child, parent, self._now)
            return self._put(child, over, What.CLOSED if over.state is State.CLOSED else What.WITHDRAWN)
        released = self._put(child, msgspec.structs.replace(child, parent=0), What.RELEASED)
        return self._tell(released) if child.number in self._seen else released

    def _end(self, incident: Incident) -> None:
        schools = frozenset(incident.schools)
        if not schools & self._there.judged or treatment(self._there, incident.place, incident.schools) == SKIP:
            return
        back = is_back(incident, self._there)
        if back or (incident.calm and incident.ended_measured):
            # Those who are heard again may have been well for as long as a PC waits before it tries again.
            shows = _LOSS_SHOWS_BEATS if incident.kind is Kind.LOSS else 0
            waited = (UNHEARD_BEATS + shows) * self._beat_of(incident)
            self._calm_down(incident, self._now, max(waited, self._now - incident.seen), measured=False)
        elif incident.calm:
            # While the collector has only begun to listen, nobody has been missed since.
            if not self._there.grace:
                self._put(incident, unended(incident, seen=incident.seen), What.SEEN)
        elif (excuse := excuse_of(incident, self._there)) is not None:
            self._end_excused(incident, excuse)
        elif self._now - incident.seen > LOST_SECONDS:
            self._close(incident, incident.seen, self._now - incident.seen, measured=False)

    def _end_excused(self, incident: Incident, excuse: Excuse) -> None:
        """Its silence is explained: it was no incident, or it went on until nobody was to be heard any more."""
        marked = msgspec.structs.replace(incident, excused=excuse.why)
        if not is_within(incident, excuse):
            self._close(marked, incident.seen, self._now - incident.seen, measured=False)
            return
        if incident.pauses:
            # What had ended before it came back is not explained by that.
            marked = msgspec.structs.replace(self._split_off(incident), excused=excuse.why)
        if (gone := withdrawn(marked, self._now, "collector", excuse.why)) is not None:
            self.steps.append(gone)
            self._known[gone.incident.number] = gone.incident

    def _calm_down(self, incident: Incident, ended: float, error: float, *, measured: bool) -> None:
        """The fault is gone: over once that has lasted."""
        if not incident.calm:
            incident = self._put(incident, calmed(incident, self._now, ended, error, measured=measured), What.CALMING)
        elif measured and not incident.ended_measured:
            incident = self._put(incident, calmed(incident, incident.calm, ended, error, measured=True), What.CALMING)
        if self._now - incident.calm < self._calm_needed(incident):
            return
        if is_grown_apart(incident):
            self._part(incident)
        else:
            self._close(incident, incident.ended, incident.ended_error, measured=incident.ended_measured)

    def _part(self, incident: Incident) -> None:
        """What grew, and was two, as two: only the larger of them is over."""
        number, self.next_number = self.next_number, self.next_number + 1
        for one in grown_apart(incident, self._known.values(), number, self._now, self._there.alive):
            self.steps.append(one)
            self._known[one.incident.number] = one.incident
        self._seen.add(incident.number)

    def _calm_needed(self, incident: Incident) -> float:
        return FLAPPING_SECONDS if incident.rounds else CALM_BEATS * self._beat_of(incident)

    def _beat_of(self, incident: Incident) -> int:
        return max((self._there.beats.get(school, 0) for school in incident.schools), default=0)

    def _close(self, incident: Incident, ended: float, error: float, *, measured: bool) -> None:
        self._put(incident, closed(incident, self._now, ended, error, measured=measured), What.CLOSED)
