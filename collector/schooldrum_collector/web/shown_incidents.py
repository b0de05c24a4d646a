"""How incidents look in the answers of the reading API; times are ISO 8601 in UTC."""

from typing import Any

import msgspec

from schooldrum_collector.judge.incident import Event, Incident
from schooldrum_collector.judge.incident_spells import trouble_seconds
from schooldrum_collector.show.incident_words import is_back, read
from schooldrum_collector.store.records import Register, Story
from schooldrum_collector.web.shown import moment
from schooldrum_collector.web.shown_appraisal import WordsShown


class PlaceShown(msgspec.Struct, frozen=True, kw_only=True):
    """A place: level (machine room site school area provider service) and path."""

    level: str
    path: str


class TimeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A begin or an end: when, known to `error` seconds, and whether machines of the place measured it themselves."""

    at: str | None
    error: float
    measured: bool


class FirstShown(msgspec.Struct, frozen=True, kw_only=True):
    """What was said when it was opened."""

    place: PlaceShown
    verdict: str
    degree: str
    began: str | None


class IncidentShown(msgspec.Struct, frozen=True, kw_only=True):
    """An incident: state (open absorbed closed withdrawn), severity (urgent action information digest).

    `kind` is outage second_line service loss mute; `verdict` and `degree` say where and how sure; `causes` what remains
    possible; `steps` draw the path. `back` is since when nothing is wrong any more while it stays open and is watched,
    because it may come back; `ended` is set once it is closed. `noticed` and `closed` are when the collector noticed
    begin and end; `told` when it was announced; `parent` is the incident that holds it down. `lasted` are seconds it
    went on until now, or its end, without the time in which all was well before it came back. `excused` is the answer
    that explains its silence, of one that ended because its place was closed; `told_as` the incident as a round of
    which it was told before it turned out to be another.
    """

    incident: str
    number: int
    state: str
    severity: str
    place: PlaceShown
    kind: str
    target: str
    schools: list[str]
    verdict: str
    degree: str
    causes: list[str]
    counts: dict[str, int]
    steps: dict[str, str]
    began: TimeShown
    ended: TimeShown | None
    back: TimeShown | None
    noticed: str | None
    closed: str | None
    told: str | None
    acknowledged: str | None
    parent: str | None
    rounds: int
    lasted: float
    planned: bool
    excused: str | None
    told_as: str | None
    first: FirstShown
    heading: WordsShown
    evidence: WordsShown
    todo: list[WordsShown]


class EventShown(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to it, by which role; `before` and `after` hold the fields that changed."""

    at: str | None
    what: str
    by: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]


class AnswerShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a person answered; it holds until then (None: as long as the incident goes on)."""

    at: str | None
    answer: str
    until: str | None


class IncidentsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/incidents: newest number first; `next` is what to ask for with `before` where there are more."""

    incidents: list[IncidentShown]
    next: int | None = None


class IncidentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/incidents/{number}: the incident with all that happened to it, oldest first."""

    incident: IncidentShown
    events: list[EventShown]
    answers: list[AnswerShown]


def shown_incident(register: Register, one: Incident, now: float) -> IncidentShown:
    """An incident as it is answered."""
    vietnamese, english = read(register, one, now, "vi"), read(register, one, now, "en")
    end = TimeShown(at=moment(one.ended), error=one.ended_error, measured=one.ended_measured) if one.ended else None
    return IncidentShown(
        incident=one.name,
        number=one.number,
        state=one.state.value,
        severity=one.severity.value,
        place=PlaceShown(level=one.place.level.value, path=one.place.path),
        kind=one.kind.value,
        target=one.target,
        schools=list(one.schools),
        verdict=one.verdict.value,
        degree=one.degree.value,
        causes=[cause.value for cause in one.evidence.causes],
        counts=one.evidence.counts,
        steps=one.evidence.steps,
        began=TimeShown(at=moment(one.began), error=one.began_error, measured=one.began_measured),
        ended=None if one.is_live else end,
        back=end if is_back(one) else None,
        noticed=moment(one.opened),
        closed=moment(one.closed),
        told=moment(one.told),
        acknowledged=moment(one.acknowledged.at) if one.acknowledged else None,
        parent=f"SC-{one.parent}" if one.parent else None,
        rounds=one.rounds,
        lasted=round(trouble_seconds(one, one.ended or now), 3),
        planned=one.planned,
        excused=one.excused or None,
        told_as=f"SC-{one.told_as}" if one.told_as else None,
        first=FirstShown(
            place=PlaceShown(level=one.first.place.level.value, path=one.first.place.path),
            verdict=one.first.verdict.value,
            degree=one.first.degree.value,
            began=moment(one.first.began),
        ),
        heading=WordsShown(vi=vietnamese.heading, en=english.heading),
        evidence=WordsShown(vi=vietnamese.evidence, en=english.evidence),
        todo=[WordsShown(vi=vi, en=en) for vi, en in zip(vietnamese.steps, english.steps, strict=True)],
    )


def shown_story(register: Register, story: Story, now: float) -> IncidentAnswer:
    """An incident with its events and answers."""
    return IncidentAnswer(
        incident=shown_incident(register, story.incident, now),
        events=[_event(event) for event in story.events],
        answers=[AnswerShown(at=moment(one.at), answer=one.answer, until=moment(one.until)) for one in story.answers],
    )


def _event(event: Event) -> EventShown:
    return EventShown(
        at=moment(event.at),
        what=event.what.value,
        by=event.by,
        reason=event.reason,
        before=event.before,
        after=event.after,
    )
