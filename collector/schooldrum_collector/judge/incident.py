"""What is remembered of a fault: an incident with one number for life, and each thing that happened to it.

Times are epoch seconds of the collector. What was said first stays beside what is known now (`first`, and the events).
"""

import enum

import msgspec

from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Part, Place, Verdict

PREFIX = "SC-"
FIRST_NUMBER = 1001
MACHINES_NAMED = 500
"""So many blamed machines are remembered of one incident; its evidence counts all."""


class State(enum.StrEnum):
    """How an incident stands.

    `absorbed`: a larger incident of the same school holds it, and it ends with that. `withdrawn`: it was none.
    """

    OPEN = "open"
    ABSORBED = "absorbed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Severity(enum.StrEnum):
    """The level in brackets of its messages (glossary, section 5), fixed when it is told; `digest` is never told."""

    URGENT = "urgent"
    ACTION = "action"
    INFORMATION = "information"
    DIGEST = "digest"


class What(enum.StrEnum):
    """What can happen to an incident. `seen` alone changes nothing that anybody reads."""

    OPENED = "opened"
    RECORDED = "recorded"
    SEEN = "seen"
    UPDATED = "updated"
    CORRECTED = "corrected"
    RESCOPED = "rescoped"
    ABSORBED = "absorbed"
    HELD = "held"
    RELEASED = "released"
    TOLD = "told"
    CALMING = "calming"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What was said when it was opened; never changed afterwards."""

    place: Place
    verdict: Verdict
    degree: Degree
    began: float
    error: float
    measured: bool


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """Who took it in hand (a role, never a person's name), and when."""

    at: float
    by: str


class Pause(msgspec.Struct, frozen=True):
    """From `begin` until `end` (epoch seconds) all was well, before it came back.

    `begin` was the end of a round, known to `error` seconds, by measurements of the place itself where `measured`;
    `end` is the begin of the next, known to `end_error` seconds, so measured where `end_measured`, and noticed at
    `noticed` (0: kept before that was written down).
    """

    begin: float
    end: float
    error: float = 0.0
    measured: bool = False
    end_error: float = 0.0
    end_measured: bool = False
    noticed: float = 0.0


class EarlierRound(msgspec.Struct, frozen=True, kw_only=True):
    """What was known of the last round of which anything was known."""

    verdict: Verdict
    degree: Degree
    evidence: Evidence
    blamed: tuple[str, ...] = ()


class Smaller(msgspec.Struct, frozen=True, kw_only=True):
    """What was known of the place people were told of, before the incident grew into a larger one.

    It began at `began`, known to `error` seconds, by measurements of the place itself where `measured`, and grew at
    `until`.
    """

    place: Place
    verdict: Verdict
    degree: Degree
    evidence: Evidence
    blamed: tuple[str, ...]
    until: float
    began: float
    error: float
    measured: bool


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A dated fault.

    `opened` and `closed` are when the collector noticed begin and end (0: not yet); `began` and `ended` when they were,
    known to `began_error` and `ended_error` seconds, by measurements of the place itself where `…_measured`.
    `seen` is when a fault of it was last seen, `calm` since when none is while its machines are heard (0: it is seen).
    `told` is when it was announced (0: never, and then nobody gets its end), `told_place`, `told_kind` and
    `told_severity` as what. `parent` is the number of the incident that holds it down. `schools` are codes of the
    schools it concerns; `rounds` how often it came back, `pauses` when it was away in between; `verdict`, `degree` and
    `evidence` are those of the round that goes on, and `earlier` what was known of one before it. `told_as` is the
    number under which it was known as a round of another, before it turned out to be something else. `planned`: it was
    told as part of a maintenance window. `parts`: several things were broken in it, each for a time of its own.
    `grown_from` is what it was when people had been told of it, where it has grown since.
    `excused` is the answer (judge.incident_acts) by which it ended without
    anybody being heard: its place was closed; `explained` the one by which a person withdrew it.
    """

    number: int
    place: Place
    kind: Kind
    verdict: Verdict
    degree: Degree
    first: Opening
    opened: float
    began: float
    began_error: float
    began_measured: bool
    evidence: Evidence
    state: State = State.OPEN
    severity: Severity = Severity.ACTION
    target: str = ""
    schools: tuple[str, ...] = ()
    blamed: tuple[str, ...] = ()
    closed: float = 0.0
    ended: float = 0.0
    ended_error: float = 0.0
    ended_measured: bool = False
    seen: float = 0.0
    calm: float = 0.0
    told: float = 0.0
    parent: int = 0
    rounds: int = 0
    pauses: tuple[Pause, ...] = ()
    earlier: EarlierRound | None = None
    grown_from: Smaller | None = None
    told_as: int = 0
    planned: bool = False
    parts: tuple[Part, ...] = ()
    excused: str = ""
    explained: str = ""
    told_place: Place | None = None
    told_kind: Kind | None = None
    told_severity: Severity | None = None
    acknowledged: Acknowledged | None = None

    @property
    def name(self) -> str:
        """`SC-1042`: what people and messages call it."""
        return f"{PREFIX}{self.number}"

    @property
    def fault(self) -> Fault:
        """The fault as it is known now: what its sentences are made from."""
        return Fault(
            place=self.place,
            kind=self.kind,
            verdict=self.verdict,
            degree=self.degree,
            began=self.began,
            error=self.began_error,
            measured=self.began_measured,
            evidence=self.evidence,
            ended=self.ended or None,
            target=self.target,
            blamed=self.blamed,
        )

    @property
    def is_live(self) -> bool:
        """Whether it is still going on, by itself or inside its parent."""
        return self.state in {State.OPEN, State.ABSORBED}

    @property
    def school(self) -> str:
        """The code of the one school it lies in, empty for one of several schools."""
        return self.schools[0] if self.place.level in IN_A_SCHOOL and self.schools else ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an incident: `before` and `after` hold the fields that changed, as JSON values.

    `by` is a role (`collector` where nobody did it); `reason` what a person gave for it.
    """

    number: int
    at: float
    what: What
    by: str = "collector"
    reason: str = ""
    before: dict[str, object] = {}
    after: dict[str, object] = {}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An incident after something happened to it, and the event to be remembered (None: nothing worth a line)."""

    incident: Incident
    what: What
    event: Event | None = None


IN_A_SCHOOL = frozenset({Level.MACHINE, Level.ROOM, Level.SITE, Level.SCHOOL})
"""Levels of places that lie in one school."""
_SIZES = {Level.MACHINE: 0, Level.ROOM: 1, Level.SITE: 2, Level.SCHOOL: 3, Level.SERVICE: 4}
_LARGEST = 5
_NO_LINE = frozenset({What.SEEN, What.CALMING})
_QUIET_FIELDS = frozenset({"seen", "calm", "evidence", "blamed", "pauses", "earlier", "grown_from"})
"""Fields that change often and say nothing by themselves: they stand in the incident, not in its events."""


def size(level: Level) -> int:
    """How large a place of this level is; parents are larger than what they hold."""
    return _SIZES.get(level, _LARGEST)


def severity_of(fault: Fault) -> Severity:
    """How loud it is told: one PC never, what a person can do in the school as action, many schools as urgent."""
    if fault.place.level in {Level.PROVIDER, Level.AREA}:
        return Severity.URGENT
    if fault.place.level is Level.SERVICE and fault.kind is Kind.OUTAGE:
        # The collector's own line: nobody is heard any more.
        return Severity.URGENT
    if fault.place.level is Level.MACHINE:
        return Severity.DIGEST
    if fault.kind is Kind.SERVICE or fault.place.level is Level.SERVICE:
        return Severity.INFORMATION
    return Severity.ACTION


def made(fault: Fault, number: int, now: float, *, schools: tuple[str, ...], parent: int = 0) -> Incident:
    """A new incident of this number, open, as the fault tells of it at `now`; announced to nobody yet."""
    return Incident(
        number=number,
        place=fault.place,
        kind=fault.kind,
        target=fault.target,
        verdict=fault.verdict,
        degree=fault.degree,
        first=Opening(
            place=fault.place,
            verdict=fault.verdict,
            degree=fault.degree,
            began=fault.began,
            error=fault.error,
            measured=fault.measured and not fault.late,
        ),
        opened=now,
        began=fault.began,
        began_error=fault.error,
        began_measured=fault.measured and not fault.late,
        evidence=fault.evidence,
        severity=severity_of(fault),
        schools=schools,
        blamed=fault.blamed[:MACHINES_NAMED],
        seen=now,
        parent=parent,
    )


def closed(incident: Incident, now: float, ended: float, error: float, *, measured: bool) -> Incident:
    """The same, over since `ended`, which was noticed at `now`; never before it began."""
    return msgspec.structs.replace(
        incident,
        state=State.CLOSED,
        closed=now,
        ended=max(ended, incident.began),
        ended_error=error,
        ended_measured=measured,
        calm=0.0,
    )


def step(before: Incident | None, after: Incident, what: What, at: float, *, by: str = "", reason: str = "") -> Step:
    """The step from one to the other, with the event that says what changed."""
    if what in _NO_LINE:
        return Step(incident=after, what=what)
    old = {} if before is None else _plain(before)
    new = _plain(after)
    changed = [name for name in new if name not in _QUIET_FIELDS and old.get(name) != new[name]]
    if before is None:
        changed = ["place", "kind", "verdict", "degree", "began", "began_error", "began_measured"]
    event = Event(
        number=after.number,
        at=at,
        what=what,
        by=by or "collector",
        reason=reason,
        before={name: old[name] for name in changed if name in old},
        after={name: new[name] for name in changed},
    )
    return Step(incident=after, what=what, event=event)


def _plain(incident: Incident) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(incident)
    return plain


def number_of(written: str) -> int | None:
    """The number in `SC-1042`, `sc1042` or `1042`; None where it is none."""
    digits = written.strip().upper().removeprefix("SC").removeprefix("-")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 else None  # noqa: PLR2004 - as many digits as a counter of an office will ever have
