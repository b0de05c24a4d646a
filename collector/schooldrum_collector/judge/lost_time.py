"""What faults have cost: lesson time lost by who can act, and time without internet, as their records stand today.

Taken from the records of incidents and not counted while they go on: what backlog corrects, and a cause that is known
only afterwards, change what was lost.
"""

import enum
from collections.abc import Callable, Iterable, Mapping

import msgspec

from schooldrum_collector.judge.calendar import Window
from schooldrum_collector.judge.expecting import CALENDARS, CalendarRegister
from schooldrum_collector.judge.fault import Kind, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State

SPANS = {"1d": 86400.0, "7d": 7 * 86400.0, "30d": 30 * 86400.0}
"""The windows that end now, in seconds, by their names in Prometheus' own words."""
LONGEST_SPAN_SECONDS = max(SPANS.values())


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


def lost_time(register: CalendarRegister, incidents: Iterable[Incident], now: float) -> dict[str, Lost]:
    """What schools lost in each span before `now` (epoch seconds), by code; schools that lost nothing are not in it.

    One PC's fault costs no lesson; what a larger incident holds down, what was announced as maintenance and what was
    withdrawn costs nothing of its own. Times that overlap count once for each group.
    """
    lessons: dict[tuple[str, Group], list[Window]] = {}
    internet: dict[str, list[Window]] = {}
    for incident in incidents:
        if not _costs(incident):
            continue
        went_on = Window(incident.began, min(now, incident.ended) if incident.ended else now)
        if went_on.end <= max(went_on.begin, now - LONGEST_SPAN_SECONDS):
            continue
        for code in incident.schools:
            if code not in register.schools:
                continue
            lessons.setdefault((code, group_of(incident.verdict)), []).extend(
                _lessons(register, incident, code, went_on, now)
            )
            if holds_whole_school(incident):
                internet.setdefault(code, []).append(went_on)
    return _summed(lessons, internet, now)


def _costs(incident: Incident) -> bool:
    return (
        incident.kind in _COSTLY
        and incident.place.level is not Level.MACHINE
        and incident.state not in {State.WITHDRAWN, State.ABSORBED}
        and not incident.parent
        and not incident.planned
    )


def _lessons(
    register: CalendarRegister, incident: Incident, code: str, went_on: Window, now: float
) -> Iterable[Window]:
    path = incident.place.path if incident.place.level is Level.ROOM else code
    calendar = CALENDARS.of_room(register, path)
    begin = max(went_on.begin, now - LONGEST_SPAN_SECONDS)
    for window in calendar.windows(begin, went_on.end):
        yield Window(max(window.begin, begin), min(window.end, went_on.end))


def _summed(
    lessons: Mapping[tuple[str, Group], list[Window]], internet: Mapping[str, list[Window]], now: float
) -> dict[str, Lost]:
    by_school: dict[str, dict[tuple[Group, str], float]] = {}
    for (code, group), windows in lessons.items():
        for span, seconds in _within(windows, now):
            by_school.setdefault(code, {})[group, span] = seconds
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


def _joined(windows: Iterable[Window]) -> list[Window]:
    found: list[Window] = []
    for window in sorted(windows, key=lambda one: one.begin):
        if found and window.begin <= found[-1].end:
            found[-1] = Window(found[-1].begin, max(found[-1].end, window.end))
        else:
            found.append(window)
    return found


class Reckoned(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of schools beside their PCs, by code: what they lost, and the seconds their internet worked.

    `open` are the incidents that go on, those of several schools too.
    """

    lost: Mapping[str, Lost] = {}
    available: Mapping[str, float] = {}
    open: tuple[Incident, ...] = ()


Reckon = Callable[[], Reckoned]
"""The newest."""
