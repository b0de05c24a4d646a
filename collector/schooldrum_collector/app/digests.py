"""When digests are due, and what stands in the store to put into them."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from schooldrum_collector.app.digest_machines import absent, active, rooms_behind, schools_to_visit, unheard
from schooldrum_collector.app.digest_month import month_told
from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault_steps import IT_OFFICER, OFFICE, PRINCIPAL
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.incident_spells import trouble_seconds
from schooldrum_collector.judge.lost_time import costs_lessons, lessons_by_school
from schooldrum_collector.judge.messages import Message, Occasion
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.judge.shared_parts import in_their_wholes
from schooldrum_collector.show.incident_words import read
from schooldrum_collector.show.notify_composed import MessageForms
from schooldrum_collector.show.notify_digest import Digest, Line, morning, roll_call, trial, weekly
from schooldrum_collector.show.notify_names import tidy
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Register, Scope

AT = time(6, 45)
LATEST = time(12)
"""A collector that comes late tells the morning's list until then."""
ROLL_CALL_AT, ROLL_CALL_LATEST = time(11, 30), time(17)
MONTHLY_LATEST_DAY = 7
"""Until this day of the month the month before is told."""
BREAK_DAYS = 7
"""After so many days without school there is a roll call."""
_DAY_SECONDS = 86400.0
_MONDAY, _FRIDAY = 0, 4
_ALL = 1 << 20


def due_digests(register: Register, recipients: Iterable[Recipient], now: float, since: float) -> list[Message]:
    """The digests of today whose hour has come; those that were due before people were told at all are not."""
    due: list[Message] = []
    for recipient in recipients:
        if not recipient.digests:
            continue
        there = datetime.fromtimestamp(now, time_zone(_zone(register, recipient)))
        occasions: list[tuple[Occasion, time, time]] = []
        if recipient.role == OFFICE:
            occasions.append((Occasion.DAILY, AT, LATEST))
        if recipient.role in {OFFICE, IT_OFFICER} and there.weekday() == _MONDAY:
            occasions.append((Occasion.WEEKLY, AT, LATEST))
        if recipient.role == IT_OFFICER and recipient.path in register.schools:
            occasions.append((Occasion.ROLL_CALL, ROLL_CALL_AT, ROLL_CALL_LATEST))
        if recipient.role == PRINCIPAL and recipient.path in register.schools and _is_month_due(there, since):
            day = there.date().replace(day=1).isoformat()
            due.append(_message(Occasion.MONTHLY, day, recipient, now))
        for occasion, first, last in occasions:
            at = there.replace(hour=first.hour, minute=first.minute, second=0, microsecond=0)
            if not first <= there.time() < last or at.timestamp() < since:
                continue
            if occasion is Occasion.ROLL_CALL and not _is_first_day(register, recipient.path, there):
                continue
            due.append(_message(occasion, there.date().isoformat(), recipient, now))
    return due


def _message(occasion: Occasion, day: str, recipient: Recipient, now: float) -> Message:
    return Message(
        key=f"{occasion.value}/{day}/{recipient.role}/{recipient.path}/{recipient.way}",
        recipient=recipient,
        occasion=occasion,
        made=now,
        due=now,
    )


def _is_month_due(there: datetime, since: float) -> bool:
    """Whether it is one of the first weekdays of the month, in office hours: who was down then tells it later."""
    first = there.replace(day=1, hour=AT.hour, minute=AT.minute, second=0, microsecond=0)
    return (
        there.day <= MONTHLY_LATEST_DAY
        and there.weekday() <= _FRIDAY
        and AT <= there.time() < ROLL_CALL_LATEST
        and first.timestamp() >= since
    )


def digest_told(store: Store, message: Message, now: float) -> MessageForms | None:
    """What a digest (or a trial) says; None where it has nothing to say."""
    register, recipient = store.register(), message.recipient
    zone, place = _zone(register, recipient), place_of(register, recipient)
    if message.occasion is Occasion.TEST:
        return trial(place, now, recipient.language, zone)
    if message.occasion is Occasion.ROLL_CALL:
        return _roll_call(store, register, recipient, now)
    if message.occasion is Occasion.MONTHLY:
        return month_told(store, register, recipient, message.made, zone=zone)
    made = datetime.fromtimestamp(message.made, time_zone(zone))
    end = made.replace(hour=AT.hour, minute=AT.minute, second=0, microsecond=0)
    if message.occasion is Occasion.DAILY:
        begin = end - timedelta(days=1)
        return morning(
            _digest(store, register, recipient, begin.timestamp(), end.timestamp()), recipient.language, zone
        )
    monday = end.replace(hour=0, minute=0)
    begin = monday - timedelta(days=7)
    digest = _digest(store, register, recipient, begin.timestamp(), monday.timestamp())
    return weekly(digest, recipient.language, zone)


def place_of(register: Register, recipient: Recipient) -> str:
    """What people call the place a recipient is told about."""
    if school := register.schools.get(recipient.path):
        return school.name
    if area := register.areas.get(recipient.path):
        return area.name
    return recipient.path or Say(recipient.language)("Toàn khu vực", "The whole area")


def _scope(register: Register, recipient: Recipient) -> Scope:
    if not recipient.path:
        return EVERYTHING
    return Scope(school=recipient.path) if recipient.path in register.schools else Scope(area=recipient.path)


def _zone(register: Register, recipient: Recipient) -> str:
    school = register.schools.get(recipient.path)
    return school.time_zone if school else VIETNAM


def _digest(store: Store, register: Register, recipient: Recipient, begin: float, end: float) -> Digest:
    scope = _scope(register, recipient)
    incidents = in_their_wholes(
        one
        for one in store.incidents(scope, since=begin, most=_ALL)
        if one.began < end and one.state not in {State.WITHDRAWN, State.ABSORBED}
    )
    codes = [code for code, school in register.schools.items() if scope.covers(school=code, area=school.area)]
    numbers = {one.number for one in incidents}
    # What a larger one holds is told with that.
    loud = [one for one in incidents if one.severity is not Severity.DIGEST and one.parent not in numbers]
    past = [one for one in loud if not one.is_live and begin <= one.closed < end]
    live = [_line(register, [one], recipient, end) for one in loud if one.is_live or one.closed >= end]
    parts = [one for one in incidents if one.parent in {whole.number for whole in past}]
    over = [
        _line(register, [one, *(part for part in parts if part.parent == one.number)], recipient, end) for one in past
    ]
    say = Say(recipient.language)
    is_week = end - begin > _DAY_SECONDS
    of_school = is_week and recipient.path in register.schools
    return Digest(
        place=place_of(register, recipient),
        begin=begin,
        end=end,
        going_on=tuple(sorted(live, key=lambda one: one.began)),
        over=tuple(sorted(over, key=lambda one: (-one.lessons, one.began))),
        lessons=_lessons(register, [*past, *parts], codes, end),
        behind=rooms_behind(store, register, recipient.path) if of_school else (),
        visits=schools_to_visit(store, register, codes) if is_week and not of_school else (),
        absent=absent(store, register, recipient.path, say, begin=begin, end=end) if of_school else (),
    )


def _lessons(register: Register, incidents: Iterable[Incident], codes: Iterable[str], now: float) -> float:
    """Seconds of lessons that these schools lost by these incidents, each school's time counted once, in all."""
    known = tuple(incidents)
    whole = {one.number for one in known}
    # What a school has of a larger one says how much of that was its own, whatever it is.
    lost = lessons_by_school(register, (one for one in known if costs_lessons(one) or one.parent in whole), now)
    return sum(lost.get(code, 0.0) for code in codes)


def _line(register: Register, whole: list[Incident], recipient: Recipient, now: float) -> Line:
    """An incident in one line; `whole` is it, and what it held of single schools."""
    incident = whole[0]
    ended = incident.ended if incident.ended and not incident.is_live else now
    return Line(
        number=incident.name,
        text=tidy(read(register, incident, now, recipient.language).heading, 100),
        began=incident.began,
        took=trouble_seconds(incident, ended),
        lessons=_lessons(register, whole, register.schools, now),
    )


def _is_first_day(register: Register, school: str, there: datetime) -> bool:
    """Whether today is a day of school, and the seven before it were none."""
    calendar = CALENDARS.of_school(register, school)
    days = [calendar.day((there - timedelta(days=back)).timestamp()) for back in range(BREAK_DAYS + 1)]
    return bool(days[0].hours) and not any(day.hours for day in days[1:])


def _roll_call(store: Store, register: Register, recipient: Recipient, now: float) -> MessageForms | None:
    zone = _zone(register, recipient)
    midnight = datetime.fromtimestamp(now, time_zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    there = active(register, recipient.path)
    if not there:
        return None
    say = Say(recipient.language)
    off = unheard(store, register, recipient.path, midnight.timestamp(), say)
    missing = unheard(store, register, recipient.path, midnight.timestamp(), say, noted=False)
    place = place_of(register, recipient)
    return roll_call(
        place,
        seen=len(there) - len(off),
        of=len(there),
        missing=missing,
        noted=len(off) - len(missing),
        now=now,
        language=recipient.language,
        zone=zone,
    )
