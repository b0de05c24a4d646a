"""What faults have cost: lesson time lost by who can act, and time without internet, as their records stand today.

Taken from the records of incidents and not counted while they go on: what backlog corrects, and a cause that is known
only afterwards, change what was lost.
"""

import enum
from collections.abc import Callable, Iterable, Mapping

import msgspec

from schooldrum_collector.judge.availability import Availability
from schooldrum_collector.judge.calendar import Window
from schooldrum_collector.judge.expecting import CALENDARS, CalendarRegister
from schooldrum_collector.judge.fault import Kind, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.incident_likeness import may_be_one_cause
from schooldrum_collector.judge.incident_spells import stretches
from schooldrum_collector.judge.shared_parts import in_their_wholes

SPANS = {"1d": 86400.0, "7d": 7 * 86400.0, "30d": 30 * 86400.0}
"""The windows that end now, in seconds, by their names in Prometheus' own words."""
LONGEST_SPAN = "30d"
LONGEST_SPAN_SECONDS = SPANS[LONGEST_SPAN]


class Group(enum.StrEnum):
    """Who can do something about a fault: the office (it calls the provider), the school, or nobody."""

    OFFICE = "office"
    SCHOOL = "school"
    NONE = "none"


_GROUPS = {
    Verdict.MACHINE: Group.SCHOOL,
    Verdict.ROOM: Group.SCHOOL,
    Verdict.LAN: Group.SCHOOL,
    Verdict.POWER: Group.SCHOOL,
    Verdict.LINE: Group.OFFICE,
    Verdict.DNS: Group.OFFICE,
    Verdict.NATIONAL: Group.OFFICE,
    Verdict.INTERNATIONAL: Group.NONE,
    Verdict.SERVICE: Group.NONE,
    Verdict.COLLECTOR: Group.NONE,
    # Whether there is power is asked of the school: its people are the next who can act.
    Verdict.UNKNOWN: Group.SCHOOL,
}
_WITHOUT_INTERNET = frozenset({Verdict.LINE, Verdict.DNS, Verdict.NATIONAL})
_WHOLE = frozenset({Level.SITE, Level.SCHOOL, Level.AREA, Level.PROVIDER})
_OF_A_SCHOOL = frozenset({Level.SITE, Level.SCHOOL})
_COSTLY = frozenset({Kind.OUTAGE, Kind.SERVICE})


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """What a school lost, in seconds: `lessons` by group and span, `internet` by span. Nothing lost is not in it."""

    lessons: Mapping[tuple[Group, str], float] = {}
    internet: Mapping[str, float] = {}


def group_of(verdict: Verdict) -> Group:
    """Who can act where a fault lies there."""
    return _GROUPS[verdict]


def holds_whole_school(incident: Incident) -> bool:
    """Whether nobody of its schools (of the site it lies in) can use the internet while it goes on."""
    return incident.kind is Kind.OUTAGE and incident.place.level in _WHOLE and incident.verdict in _WITHOUT_INTERNET


def spared(incidents: Iterable[Incident]) -> frozenset[tuple[int, str]]:
    """Schools of an incident of many (its number, their codes) that lose one line by it and go on by another."""
    parts = [one for one in incidents if one.parent and one.state is not State.ABSORBED]
    whole = {(one.parent, one.school) for one in parts if one.kind is Kind.OUTAGE and one.place.level in _OF_A_SCHOOL}
    return frozenset((one.parent, one.school) for one in parts if one.kind is Kind.SECOND_LINE) - whole


def costs_lessons(incident: Incident) -> bool:
    """Whether lessons do without something because of it: one PC, a poor or a second line, a mute PC are not that."""
    return incident.kind in _COSTLY and incident.place.level is not Level.MACHINE


def lost_time(
    register: CalendarRegister,
    incidents: Iterable[Incident],
    now: float,
    *,
    internet: Mapping[str, list[Window]] | None = None,
) -> dict[str, Lost]:
    """What schools lost in each span before `now` (epoch seconds), by code; schools that lost nothing are not in it.

    One PC's fault costs no lesson; what was announced as maintenance and what was withdrawn costs nothing, and what a
    larger incident holds down nothing of its own: it says how long its school was a part of that. Times that overlap
    count once, for whoever comes first of those who can act (the order of Group). `internet` is what without_internet()
    says of the same incidents, where somebody has asked already.
    """
    known = tuple(incidents)
    lessons: dict[str, dict[Group, list[Window]]] = {}
    for incident, code, times in _costly(register, known, now):
        lessons.setdefault(code, {}).setdefault(group_of(incident.verdict), []).extend(
            _lessons(register, incident, code, times, since=now - LONGEST_SPAN_SECONDS)
        )
    return _summed(lessons, without_internet(register, known, now) if internet is None else internet, now)


def without_internet(register: CalendarRegister, incidents: Iterable[Incident], now: float) -> dict[str, list[Window]]:
    """When each school had no internet, by code, as far as it reaches into the longest span; stretches lie apart."""
    internet: dict[str, list[Window]] = {}
    for incident, code, times in _costly(register, incidents, now):
        if holds_whole_school(incident):
            internet.setdefault(code, []).extend(times)
    return {code: _joined(windows) for code, windows in internet.items()}


def lessons_by_school(register: CalendarRegister, incidents: Iterable[Incident], now: float) -> dict[str, float]:
    """Seconds of lessons that each school has lost by these incidents together, by code; times that overlap count once.

    Parts of an incident of many schools that are given beside it say how long each school was a part of it: what a
    school lost before that began is not of it, and one that lost a line and went on by another lost nothing. Of an
    incident that is asked about alone it is what it took by itself, whatever holds it.
    """
    known = in_their_wholes(incidents)
    began = {one.number: one.began for one in known}
    found: dict[str, list[Window]] = {}
    for incident, code, times in _by_school(known, now, every=True):
        if times and code in register.schools and (incident.parent not in began or costs_lessons(incident)):
            since = began.get(incident.parent, incident.began)
            found.setdefault(code, []).extend(_lessons(register, incident, code, times, since=since))
    return {code: sum(one.end - one.begin for one in _joined(windows)) for code, windows in sorted(found.items())}


def _costly(
    register: CalendarRegister, incidents: Iterable[Incident], now: float
) -> Iterable[tuple[Incident, str, list[Window]]]:
    """When each incident that costs lessons went on in each school of the register, in the longest span."""
    for incident, code, went_on in _by_school(incidents, now):
        times = [one for one in went_on if one.end > max(one.begin, now - LONGEST_SPAN_SECONDS)]
        if costs_lessons(incident) and code in register.schools and times:
            yield incident, code, times


def _by_school(
    incidents: Iterable[Incident], now: float, *, every: bool = False
) -> Iterable[tuple[Incident, str, list[Window]]]:
    """When each incident went on in each of its schools; what a larger one holds by itself too where `every`."""
    given = [_by_itself(*one) for one in _with_parents(in_their_wholes(incidents))]
    of_another_cause = _of_another_cause(given)
    known = [msgspec.structs.replace(one, parent=0) if one.number in of_another_cause else one for one in given]
    parts: dict[tuple[int, Kind, str], list[Incident]] = {}
    for one in known:
        if one.parent and one.place.level in _OF_A_SCHOOL and one.state is not State.ABSORBED:
            parts.setdefault((one.parent, one.kind, one.school), []).append(one)
    not_of_it = spared(known) | set(of_another_cause.values())
    for one in known:
        if one.state is State.WITHDRAWN or one.planned or (not every and (one.parent or one.state is State.ABSORBED)):
            continue
        for code in one.schools:
            # A school that was back early, or that said it was closed, has not lost what the others have.
            own = parts.get((one.number, one.kind, code), [] if (one.number, code) in not_of_it else [one])
            there = [part for part in own if part.state is not State.WITHDRAWN]
            yield one, code, [time for part in there for time in _went_on(part, now)]


def _with_parents(incidents: Iterable[Incident]) -> Iterable[tuple[Incident, Incident | None]]:
    """Each incident that is more than one PC's, with the one among them that holds it."""
    known = [one for one in incidents if one.place.level is not Level.MACHINE]
    there = {one.number: one for one in known}
    return [(one, there.get(one.parent)) for one in known]


def _by_itself(one: Incident, parent: Incident | None) -> Incident:
    """What costs lessons inside what costs none (a room that is dark, in a school whose other line is lost) stays."""
    if parent is None or costs_lessons(parent) or not costs_lessons(one):
        return one
    return msgspec.structs.replace(one, parent=0, state=State.OPEN if one.state is State.ABSORBED else one.state)


def _of_another_cause(incidents: Iterable[Incident]) -> dict[int, tuple[int, str]]:
    """Schools' own records (their numbers) held by one of many of which they proved no part: whose, and whose school.

    Who was without power just before its provider failed measured nothing of that.
    """
    there = {one.number: one for one in incidents}
    return {
        one.number: (one.parent, one.school)
        for one in there.values()
        if one.place.level in _OF_A_SCHOOL
        and one.kind is Kind.OUTAGE
        and one.state is State.CLOSED
        and (whole := there.get(one.parent)) is not None
        and whole.kind is Kind.OUTAGE
        and not may_be_one_cause(one, whole)
    }


def _went_on(incident: Incident, now: float) -> tuple[Window, ...]:
    return stretches(incident, min(now, incident.ended) if incident.ended else now)


def _lessons(
    register: CalendarRegister, incident: Incident, code: str, times: Iterable[Window], *, since: float
) -> Iterable[Window]:
    calendar = CALENDARS.of_room(register, incident.place.path if incident.place.level is Level.ROOM else code)
    for time in times:
        begin = max(time.begin, since)
        for window in calendar.windows(begin, time.end):
            yield Window(max(window.begin, begin), min(window.end, time.end))


def _summed(
    lessons: Mapping[str, Mapping[Group, list[Window]]], internet: Mapping[str, list[Window]], now: float
) -> dict[str, Lost]:
    by_school: dict[str, dict[tuple[Group, str], float]] = {}
    for code, groups in lessons.items():
        taken: list[Window] = []
        for group in Group:
            own = _joined(groups.get(group, ()))
            for span, seconds in _within(_without(own, taken), now):
                by_school.setdefault(code, {})[group, span] = seconds
            taken = _joined([*taken, *own])
    without = {code: dict(_within(windows, now)) for code, windows in internet.items()}
    return {
        code: Lost(lessons=by_school.get(code, {}), internet=without.get(code, {}))
        for code in sorted(by_school.keys() | without.keys())
    }


def _within(windows: Iterable[Window], now: float) -> Iterable[tuple[str, float]]:
    """Of each span that holds any of these times, how much."""
    apart = _joined(windows)
    for span, length in SPANS.items():
        seconds = sum(max(0.0, one.end - max(one.begin, now - length)) for one in apart)
        if seconds > 0:
            yield span, seconds


def _without(windows: Iterable[Window], taken: Iterable[Window]) -> list[Window]:
    left = list(windows)
    for gone in taken:
        left = [
            part
            for one in left
            for part in (Window(one.begin, min(one.end, gone.begin)), Window(max(one.begin, gone.end), one.end))
            if part.begin < part.end
        ]
    return left


def _joined(windows: Iterable[Window]) -> list[Window]:
    found: list[Window] = []
    for window in sorted(windows, key=lambda one: one.begin):
        if found and window.begin <= found[-1].end:
            found[-1] = Window(found[-1].begin, max(found[-1].end, window.end))
        else:
            found.append(window)
    return found


class Reckoned(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of schools beside their PCs, by code: what they lost, and how much of the time they had internet.

    `open` are the incidents that go on, those of several schools too.
    """

    lost: Mapping[str, Lost] = {}
    available: Mapping[str, Availability] = {}
    open: tuple[Incident, ...] = ()


Reckon = Callable[[], Reckoned]
"""The newest."""
