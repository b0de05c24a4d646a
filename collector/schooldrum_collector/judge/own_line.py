"""Whether it is the collector that hears nobody: what PCs beside it measure, and how many schools went at once. Pure.

The office's own room holds PCs that stand beside the collector. They report to it whatever its line does, so what they
measure tells the collector's line from those of the schools. Where there is no such room, everybody's silence at once
is all there is to go by.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from schooldrum_collector.judge.climbing import End
from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, SchoolSeen, Verdict
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.presence import bounded_beat
from schooldrum_collector.judge.sights import NEVER, NEVER_AGAIN, sights

COLLECTOR = "collector"
"""The name of the collector as a service that cannot be reached."""
OWN_LINE = Place(Level.SERVICE, COLLECTOR)
"""Where a fault of the collector's own line lies."""
QUIET_SCHOOLS = 3
"""So many schools at least that miss a beat together: fewer may be chance."""
QUIET_SHARE = 0.9
"""And so many of all that were heard."""
QUIET_GROUP_SHARE = 0.5
"""Or so many of those that have a provider or an area in common."""
_MISSED_BEATS = 1.5
_SETTLED_BEATS = 3.25
"""By then everybody who went with the last is missed as well: three beats, and a little for the judging itself."""
_FORGOTTEN_BEATS = 4.75
_AWAY = frozenset({End.LINE, End.CAPTIVE, End.NATIONAL, End.INTERNATIONAL})
_CUT_OFF = frozenset({End.LINE, End.CAPTIVE})


class Newest(msgspec.Struct, frozen=True):
    """When the newest of a school's PCs that did not say goodbye was heard (epoch seconds), and its beat."""

    heard: float
    beat: int


def unsettled(newest: Mapping[str, Newest], groups_of: Callable[[str], Iterable[str]], now: float) -> frozenset[str]:
    """Codes of schools that have just missed a beat together with others, so that nobody can tell yet what that is.

    For so long nothing is said of them: who is heard last is missed last, and until then one cause looks like many. It
    ends before the fourth beat, whatever comes of it. `groups_of` names what a school has in common with others; what
    all have in common has no name.
    """
    quiet = {code: one for code, one in newest.items() if _MISSED_BEATS <= _beats(one, now) < _FORGOTTEN_BEATS}
    if len(quiet) < QUIET_SCHOOLS:
        return frozenset()
    silent: dict[str, list[str]] = {}
    heard: dict[str, int] = {}
    for code, one in newest.items():
        for group in ("", *groups_of(code)):
            if code in quiet:
                silent.setdefault(group, []).append(code)
            elif _beats(one, now) < _MISSED_BEATS:
                heard[group] = heard.get(group, 0) + 1
    found: set[str] = set()
    for group, codes in silent.items():
        share = QUIET_SHARE if not group else QUIET_GROUP_SHARE
        if len(codes) < QUIET_SCHOOLS or len(codes) < share * (len(codes) + heard.get(group, 0)):
            continue
        last = max((quiet[code] for code in codes), key=lambda one: one.heard)
        if _beats(last, now) < _SETTLED_BEATS:
            found.update(codes)
    return frozenset(found)


def _beats(one: Newest, now: float) -> float:
    return (now - one.heard) / bounded_beat(one.beat)


class OfficeView(msgspec.Struct, frozen=True, kw_only=True):
    """What the office's own PCs measure of the collector's line.

    `fine`: one of them reaches the world. `away`: the way of one of them ends outside, and of none does it reach
    farther. `cut_off`: it ends before anything outside answers, between `otherwise` (minus infinity: nobody knows) and
    `since`, each off by `error` seconds at most; `beat` is theirs.
    """

    fine: bool = False
    away: bool = False
    cut_off: bool = False
    since: float = NEVER_AGAIN
    otherwise: float = NEVER
    error: float = 0.0
    beat: int = 60


def office_view(office: SchoolSeen | None, now: float) -> OfficeView:
    """What the PCs of the office's own room say at `now`; nothing where there is none, or none is heard."""
    near = [sight for sight in sights(office, now) if sight.answering] if office else []
    if any("international" in sight.way.passed for sight in near):
        return OfficeView(fine=True)
    cut = [sight for sight in near if sight.end in _CUT_OFF]
    if not cut:
        return OfficeView(away=any(sight.end in _AWAY for sight in near))
    first = min(cut, key=lambda sight: sight.ill)
    return OfficeView(
        away=True,
        cut_off=True,
        since=first.ill,
        otherwise=max(sight.otherwise for sight in cut),
        error=max(sight.error for sight in cut),
        beat=max(sight.beat for sight in cut),
    )


def undecided(view: OfficeView, office: str, newest: Mapping[str, Newest], now: float) -> frozenset[str]:
    """Codes of schools of which nothing can be told yet, because the office's PCs were cut off a moment ago.

    Its own school, and all others where nobody is heard: as long as schools report, the collector's line works.
    """
    if not view.cut_off or now - view.since >= _SETTLED_BEATS * view.beat:
        return frozenset()
    return frozenset(
        {office} if any(_beats(one, now) < _MISSED_BEATS for one in newest.values()) else {office, *newest}
    )


def own_line_fault(view: OfficeView, office: str, hurt: Sequence[Fault], schools: Iterable[str]) -> Fault:
    """The fault of the collector's own line as its office's PCs measure it; `hurt` are faults of `schools`, if any.

    It concerns the office's own school too, so that whoever looks after that is told.
    """
    codes = tuple(sorted({office, *schools}))
    count = len(codes) - 1
    low, high = max(view.otherwise, view.since - 2 * view.beat), view.since
    return Fault(
        place=OWN_LINE,
        kind=Kind.OUTAGE,
        verdict=Verdict.COLLECTOR,
        degree=Degree.PROBABLE,
        began=(low + high) / 2,
        error=(high - low) / 2 + view.error,
        measured=view.otherwise > NEVER,
        evidence=Evidence(
            word="collector_line" if count else "collector_line_alone",
            counts={"schools": count},
            names={"schools": codes},
            steps=hurt[0].evidence.steps if hurt else {},
        ),
    )


def is_own_line(fault: Fault | Incident) -> bool:
    """Whether this is a fault of the collector's own line (or may be)."""
    return fault.place == OWN_LINE and fault.kind is Kind.OUTAGE


def to_tell(
    schools: Iterable[tuple[str, Fault]],
    shared: Sequence[Fault],
    live: Iterable[Incident],
    *,
    unsettled: frozenset[str] = frozenset(),
) -> list[Fault]:
    """The faults from which incidents are made: of schools (with their codes), and those that many share.

    Schools that the collector's own line silenced have none. Nothing begins of those that are `unsettled`; what is
    known already goes on.
    """
    known = {(one.place, one.kind, one.target) for one in live}
    silenced = {code for fault in shared if is_own_line(fault) for code in fault.evidence.names.get("schools", ())}
    held = silenced | unsettled
    found = [fault for code, fault in schools if (fault.place, fault.kind, fault.target) in known or code not in held]
    found += [
        fault
        for fault in shared
        if is_own_line(fault)
        or (fault.place, fault.kind, fault.target) in known
        or unsettled.isdisjoint(fault.evidence.names.get("schools", ()))
    ]
    return found


def heard_again(incident: Incident, newest: Mapping[str, Newest]) -> float | None:
    """When the first of the schools of an incident of the own line was heard after it; None where none was."""
    since = max(incident.seen, incident.began)
    heard = [newest[code].heard for code in incident.schools if code in newest]
    return min((at for at in heard if at > since), default=None)
