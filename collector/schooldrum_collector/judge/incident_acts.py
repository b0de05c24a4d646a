"""What people do with incidents: take them in hand, answer what they are asked, say that one was none. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.fault import Answer, Level, Place
from schooldrum_collector.judge.incident import Acknowledged, Event, Incident, State, Step, What, step
from schooldrum_collector.judge.incident_rounds import split_off

ANSWERS = ("power", "power_cut", "closed", "switched_off", "help", "provider_informed")
"""What can be answered (glossary, section 5); the first two say whether there is power."""
CLOSED = "closed"
PROVIDER_SAID = "provider_said"
"""Noted beside the answers: it is no evidence."""
MEASURED = "measured"
"""The reason in the record why what was withdrawn goes on: those who are on measure it."""
LONGEST_TEXT = 300
REPEAT_SECONDS = 600.0
"""Within this time the same answer by the same role is the same one: a button tapped twice, or by two of one mind."""
NO_FAULT = frozenset({CLOSED, "switched_off"})
"""Answers after which there is nothing to mend: it was no incident."""


class Refused(ValueError):  # noqa: N818 - it names how the act ended
    """It cannot be done with this incident; the word says why: over, withdrawn, unknown."""


def acknowledged(incident: Incident, now: float, by: str) -> Step | None:
    """Taken in hand by a role; None where it already is.

    Raises:
        Refused: it is over.
    """
    if not incident.is_live:
        raise Refused("over")
    if incident.acknowledged is not None:
        return None
    taken = msgspec.structs.replace(incident, acknowledged=Acknowledged(at=now, by=by))
    return step(incident, taken, What.ACKNOWLEDGED, now, by=by)


def withdrawn(incident: Incident, now: float, by: str, reason: str) -> Step | None:
    """It was no incident; None where that was said already. What was said of it stays in its record."""
    if incident.state is State.WITHDRAWN:
        return None
    gone = msgspec.structs.replace(
        incident, state=State.WITHDRAWN, closed=incident.closed or now, ended=incident.ended or now, calm=0.0
    )
    return step(incident, gone, What.WITHDRAWN, now, by=by, reason=reason)


def answered(
    incident: Incident, answer: str, now: float, by: str, *, zone: str, number: int
) -> tuple[Answer, Event, tuple[Step, ...]]:
    """The answer as evidence, the line in the record, and what follows from it at once.

    The answer is about the incident of the last step, where there is one. Of one that came back only the round that
    goes on is explained: that parts, as one of its own (`number`, the first that no incident has had), and what was
    before stays as it was found. What explains an absence holds until the end of the day in the school's time zone,
    anything else until the incident ends.

    Raises:
        Refused: no such answer, or the incident is over.
    """
    if answer not in ANSWERS:
        raise Refused("unknown")
    if not incident.is_live:
        raise Refused("over")
    explains = answer in NO_FAULT
    # A school that is closed is so as a whole, whatever part of it was missed.
    place = Place(Level.SCHOOL, incident.school) if answer == CLOSED and incident.school else incident.place
    given = Answer(place=place, answer=answer, at=now, until=_midnight(now, zone) if explains else 0.0, by=by)
    event = Event(number=incident.number, at=now, what=What.ANSWERED, by=by, after={"answer": answer})
    return given, event, _explained(incident, answer, now, by, number) if explains else ()


def _explained(incident: Incident, answer: str, now: float, by: str, number: int) -> tuple[Step, ...]:
    parts = split_off(incident, number, now) if incident.pauses else ()
    last = parts[-1].incident if parts else incident
    gone = withdrawn(msgspec.structs.replace(last, explained=answer), now, by, answer)
    return (*parts, gone) if gone is not None else parts


def is_repeated(
    incident: Incident, events: Sequence[Event], answer: str, now: float, by: str, *, text: str = ""
) -> bool:
    """Whether this role has just answered the same, and nobody anything else since: there is nothing to be noted.

    `events` are the incident's, oldest first; `text` what a provider answered.
    """
    if answer in NO_FAULT and incident.is_live:
        # It did not end with that word, or goes on again.
        return False
    reason = _told(text) if answer == PROVIDER_SAID else ""
    for one in reversed(events):
        if one.what is What.REOPENED:
            return False
        if one.what is not What.ANSWERED:
            continue
        if one.after.get("answer") != answer or abs(now - one.at) > REPEAT_SECONDS:
            return False
        if one.by == by and one.reason == reason:
            return True
    return False


def provider_said(incident: Incident, text: str, now: float, by: str) -> Event:
    """What a provider answered, in somebody's own words, as a line in the record.

    Raises:
        Refused: nothing is said.
    """
    told = _told(text)
    if not told:
        raise Refused("unknown")
    return Event(
        number=incident.number, at=now, what=What.ANSWERED, by=by, reason=told, after={"answer": PROVIDER_SAID}
    )


def _told(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TEXT]


def _midnight(now: float, zone: str) -> float:
    there = datetime.fromtimestamp(now, time_zone(zone))
    return (there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp()
