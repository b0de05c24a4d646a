"""What a message that is due says now: composed from the store, with the link by which its reader answers."""

import hashlib
import hmac
import string
from collections.abc import Iterable

import msgspec

from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault_steps import IT_OFFICER
from schooldrum_collector.judge.incident import Event, Incident, What
from schooldrum_collector.judge.incident_acts import NO_FAULT
from schooldrum_collector.judge.incident_spells import stretches
from schooldrum_collector.judge.lessons import lesson_seconds
from schooldrum_collector.judge.messages import Message, Situation
from schooldrum_collector.judge.recipients import own_schools
from schooldrum_collector.show.incident_words import is_in_lesson, zone_of
from schooldrum_collector.show.notify import Telling
from schooldrum_collector.show.notify_composed import MessageForms, composed
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, AnswerLink, Register, Story

LINK_PATH = "/t/"
SECRET_LENGTH = 10
"""59 bits, which a text message has room for; nobody can try them but over the network, one incident at a time."""
_LETTERS = string.ascii_letters + string.digits
_GAP = "\ue000"
"""Stands for the link in what is stored: no secret lies in the store."""
_DAY_SECONDS = 86400.0
_told = msgspec.json.Decoder(MessageForms)


def secret_of(key: str, number: int, recipient: int) -> str:
    """The unguessable part of a recipient's link to an incident, the same each time it is made."""
    value = int.from_bytes(hmac.digest(key.encode(), f"{number}/{recipient}".encode(), hashlib.sha256), "big")
    letters: list[str] = []
    for _ in range(SECRET_LENGTH):
        value, letter = divmod(value, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def digest_of(secret: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def link_of(message: Message, key: str, made: float) -> tuple[str, AnswerLink]:
    """The secret of this message's link, and the record by which it is known again."""
    secret = secret_of(key, message.number, message.recipient.id)
    recipient = message.recipient
    record = AnswerLink(
        digest=digest_of(secret),
        number=message.number,
        made=made,
        path=recipient.path,
        role=recipient.role,
        language=recipient.language,
    )
    return secret, record


def sealed(told: MessageForms, link: str) -> str:
    """A message as it is stored, without its link."""
    text = msgspec.json.encode(told).decode()
    return text.replace(link, _GAP) if link else text


def opened(text: str, link: str) -> MessageForms:
    """A stored message with its link."""
    return _told.decode(text.replace(_GAP, link))


def lost_in(register: Register, incident: Incident, school: str, now: float) -> float:
    """Seconds of lessons that this school has lost by this incident so far."""
    until = CALENDARS.of_school(register, school).until
    end = incident.ended if incident.ended and not incident.is_live else now
    return sum(lesson_seconds(until, one.begin, one.end) for one in stretches(incident, end))


def is_day_long(register: Register, incident: Incident, now: float) -> bool:
    """Whether as much lesson time is lost as the school has on the day on which it began."""
    if not incident.school:
        return False
    until = CALENDARS.of_school(register, incident.school).until
    # A day begins where no lesson is going on; half a day on both sides holds the whole of it.
    whole = lesson_seconds(until, incident.began - _DAY_SECONDS / 2, incident.began + _DAY_SECONDS / 2)
    return whole > 0 and lost_in(register, incident, incident.school, now) >= whole


def situation(store: Store, register: Register, now: float, *, since: float, begins: bool, looked: float) -> Situation:
    """What planning messages rests on; answers count from `looked` on."""
    given = store.answers(EVERYTHING, looked, now)
    return Situation(
        now=now,
        since=since,
        begins=begins,
        areas={code: school.area for code, school in register.schools.items()},
        lost=lambda incident, school: lost_in(register, incident, school, now),
        day_long=lambda incident: is_day_long(register, incident, now),
        zone=lambda incident: zone_of(register, incident),
        helped=frozenset(one.number for one in given if one.answer.answer == "help"),
        excused=frozenset(
            number
            for number in {one.number for one in given if one.answer.answer in NO_FAULT}
            if _is_by_officer(store.incident_of(EVERYTHING, number))
        ),
    )


def _is_by_officer(story: Story | None) -> bool:
    """Whether it was an IT officer who said that it was no incident."""
    return story is not None and any(one.what is What.WITHDRAWN and one.by == IT_OFFICER for one in story.events)


def told_of(register: Register, story: Story, message: Message, now: float, *, link: str, whole: bool) -> MessageForms:
    """What the message about an incident says at this moment."""
    incident, recipient = story.incident, message.recipient
    areas = {code: school.area for code, school in register.schools.items()}
    own = own_schools(recipient.path, incident.schools, areas)
    informed = _last(story.events, "provider_informed")
    helped = _last(story.events, "help")
    return composed(
        register,
        incident,
        Telling(
            occasion=message.occasion,
            role=recipient.role,
            language=recipient.language,
            zone=zone_of(register, incident) or VIETNAM,
            now=now,
            link=link,
            own=own,
            # Of several schools the longest: it is one outage, and nobody lost the sum.
            lost=max((lost_in(register, incident, code, now) for code in own), default=None),
            in_lesson=bool(own) and is_in_lesson(register, incident, own[0]),
            informed=informed.at if informed else 0.0,
            informed_by=informed.by if informed else "",
            helped=helped.at if helped else 0.0,
            whole=whole,
        ),
    )


def _last(events: Iterable[Event], answer: str) -> Event | None:
    found = [one for one in events if one.what is What.ANSWERED and one.after.get("answer") == answer]
    return found[-1] if found else None
