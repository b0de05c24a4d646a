"""When digests are due, and what stands in the store to put into them."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from schooldrum_collector.app.outgoing import lost_in
from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault_steps import IT_OFFICER, OFFICE
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.lessons import lesson_seconds
from schooldrum_collector.judge.messages import Message, Occasion
from schooldrum_collector.judge.patches import PatchState
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.show.incident_words import read
from schooldrum_collector.show.notify import Told
from schooldrum_collector.show.notify_digest import Behind, Digest, Line, morning, roll_call, trial, weekly
from schooldrum_collector.show.notify_names import tidy
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, MachineState, Register, Scope
from schooldrum_collector.vietnamese import sort_key

AT = time(6, 45)
LATEST = time(12)
"""A collector that comes late tells the morning's list until then."""
ROLL_CALL_AT, ROLL_CALL_LATEST = time(11, 30), time(17)
BREAK_DAYS = 7
"""After so many days without school there is a roll call."""
_DAY_SECONDS = 86400.0
_MONDAY = 0
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
        for occasion, first, last in occasions:
            at = there.replace(hour=first.hour, minute=first.minute, second=0, microsecond=0)
            if not first <= there.time() < last or at.timestamp() < since:
                continue
            if occasion is Occasion.ROLL_CALL and not _is_first_day(register, recipient.path, there):
                continue
            due.append(
                Message(
                    key=f"{occasion.value}/{there.date().isoformat()}/{recipient.role}/{recipient.path}/{recipient.way}",
                    recipient=recipient,
                    occasion=occasion,
                    made=now,
                    due=now,
                )
            )
    return due


def digest_told(store: Store, message: Message, now: float) -> Told | None:
    """What a digest (or a trial) says; None where it has nothing to say."""
    register, recipient = store.register(), message.recipient
    zone, place = _zone(register, recipient), place_of(register, recipient)
    if message.occasion is Occasion.TEST:
        return trial(place, now, recipient.language, zone)
    if message.occasion is Occasion.ROLL_CALL:
        return _roll_call(store, register, recipient, now)
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
    incidents = [
        one
        for one in store.incidents(scope, since=begin, most=_ALL)
        if one.began < end and one.state not in {State.WITHDRAWN, State.ABSORBED}
    ]
    loud = [one for one in incidents if one.severity is not Severity.DIGEST]
    live = [_line(register, one, recipient, end) for one in loud if one.is_live or one.closed >= end]
    over = [_line(register, one, recipient, end) for one in loud if not one.is_live and begin <= one.closed < end]
    of_school = recipient.path in register.schools and end - begin > _DAY_SECONDS
    return Digest(
        place=place_of(register, recipient),
        begin=begin,
        end=end,
        going_on=tuple(sorted(live, key=lambda one: one.began)),
        over=tuple(sorted(over, key=lambda one: (-one.lessons, one.began))),
        behind=_behind(store, register, recipient.path) if of_school else (),
        absent=_absent(store, register, recipient, begin, end) if of_school else (),
    )


def _line(register: Register, incident: Incident, recipient: Recipient, now: float) -> Line:
    ended = incident.ended if incident.ended and not incident.is_live else now
    return Line(
        number=incident.name,
        text=tidy(read(register, incident, now, recipient.language).heading, 100),
        began=incident.began,
        took=max(0.0, ended - incident.began),
        lessons=lost_in(register, incident, incident.school, now) if incident.school else 0.0,
    )


def _behind(store: Store, register: Register, school: str) -> tuple[Behind, ...]:
    """Rooms of this school with PCs that are behind on security updates, the worst first."""
    by_room: dict[str, list[tuple[int, bool]]] = {}
    count: dict[str, int] = {}
    for identity in register.by_school.get(school, ()):
        machine = register.machines[identity]
        if machine.state is not MachineState.ACTIVE:
            continue
        count[machine.path] = count.get(machine.path, 0) + 1
        appraisal = store.appraisal_of(EVERYTHING, identity)
        patches = appraisal.verdicts.patches if appraisal and appraisal.verdicts else None
        if patches is not None and patches.age_days is not None and patches.in_time() is False:
            by_room.setdefault(machine.path, []).append((patches.age_days, patches.state is PatchState.FROZEN))
    rooms = [
        Behind(
            room=tidy(register.rooms[path].name if path in register.rooms else path, 40),
            behind=len(found),
            of=count[path],
            oldest=max(days for days, _ in found),
            frozen=sum(frozen for _, frozen in found),
        )
        for path, found in by_room.items()
    ]
    return tuple(sorted(rooms, key=lambda one: (-one.behind, sort_key(one.room))))


def _absent(store: Store, register: Register, recipient: Recipient, begin: float, end: float) -> tuple[str, ...]:
    """PCs that were expected in this time and not heard in it; nobody is missed in the holidays."""
    until = CALENDARS.of_school(register, recipient.path).until
    if lesson_seconds(until, begin, end) <= 0:
        return ()
    return _unheard(store, register, recipient, begin)


def _unheard(store: Store, register: Register, recipient: Recipient, since: float) -> tuple[str, ...]:
    heard = {one.machine: one.heard for one in store.latest(Scope(school=recipient.path))}
    missing = [
        machine
        for identity in register.by_school.get(recipient.path, ())
        if (machine := register.machines[identity]).state is MachineState.ACTIVE
        and machine.enrolled < since
        and heard.get(identity, 0.0) < since
    ]
    say = Say(recipient.language)
    names: list[str] = []
    for machine in missing:
        room = register.rooms.get(machine.path)
        seat = f"{say('Máy', 'PC')} {machine.seat:02}"
        names.append(tidy(f"{room.name}, {seat}" if room else machine.alias))
    return tuple(sorted(names, key=sort_key))


def _is_first_day(register: Register, school: str, there: datetime) -> bool:
    """Whether today is a day of school, and the seven before it were none."""
    calendar = CALENDARS.of_school(register, school)
    days = [calendar.day((there - timedelta(days=back)).timestamp()) for back in range(BREAK_DAYS + 1)]
    return bool(days[0].hours) and not any(day.hours for day in days[1:])


def _roll_call(store: Store, register: Register, recipient: Recipient, now: float) -> Told | None:
    zone = _zone(register, recipient)
    midnight = datetime.fromtimestamp(now, time_zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    active = [
        machine
        for identity in register.by_school.get(recipient.path, ())
        if (machine := register.machines[identity]).state is MachineState.ACTIVE
    ]
    if not active:
        return None
    missing = _unheard(store, register, recipient, midnight.timestamp())
    place = place_of(register, recipient)
    return roll_call(
        place,
        seen=len(active) - len(missing),
        of=len(active),
        missing=missing,
        now=now,
        language=recipient.language,
        zone=zone,
    )
