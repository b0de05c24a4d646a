"""What stands in the store of a school's last month, for its principal's half page."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from schooldrum_collector.app.digest_machines import active, safety_of, unheard
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault import Kind, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.incident_spells import stretches
from schooldrum_collector.judge.lessons import LONGEST_SECONDS, ExpectedUntil, lesson_seconds
from schooldrum_collector.judge.lost_time import holds_whole_school
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.show.notify_composed import MessageForms
from schooldrum_collector.show.notify_month import Loss, Month, month
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Register

_MINUTE = 60.0
_ALL = 1 << 20
_INSIDE = frozenset({Verdict.ROOM, Verdict.LAN})


def month_told(
    store: Store, register: Register, recipient: Recipient, made: float, *, zone: str
) -> MessageForms | None:
    """The half page of the month before this moment (epoch seconds); None where the school has no PC."""
    school = recipient.path
    if not active(register, school):
        return None
    first = datetime.fromtimestamp(made, time_zone(zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin_there = (first - timedelta(days=1)).replace(day=1)
    before_there = (begin_there - timedelta(days=1)).replace(day=1)
    begin, end, before = begin_there.timestamp(), first.timestamp(), before_there.timestamp()
    # Of many schools' incidents the school sees none of its own figures; they say why its own was lost.
    found = own_losses(store.incidents(EVERYTHING, since=before, most=_ALL), school)
    watched = min((machine.enrolled for machine in active(register, school)), default=end) <= before
    # Who came this month could not be seen in the last.
    there = [machine for machine in active(register, school) if machine.enrolled < end]
    told = Month(
        place=register.schools[school].name,
        begin=begin,
        end=end,
        internet=_loss(register, school, filter(holds_whole_school, found), begin, end),
        power=_loss(register, school, [one for one in found if one.verdict is Verdict.POWER], begin, end),
        inside=_loss(register, school, [one for one in found if one.verdict in _INSIDE], begin, end),
        before=_loss(register, school, filter(holds_whole_school, found), before, begin).lessons if watched else None,
        seen=len(there) - len(unheard(store, register, school, begin, Say(recipient.language))),
        safety=safety_of(store, register, school),
    )
    return month(told, recipient.language, zone)


def own_losses(known: Iterable[Incident], school: str) -> list[Incident]:
    """What cost this school time of its own, each with its cause as far as any of these incidents knows it.

    A part of an incident of many schools is one of them: it has the school's own times. Where nobody at the school
    could tell the cause, it is that of the whole.
    """
    by_number = {one.number: one for one in known}
    found: list[Incident] = []
    for one in by_number.values():
        whole = by_number.get(one.parent)
        if not _counts(one, school) or (whole is not None and whole.school == school):
            continue
        tells = whole is not None and whole.state is not State.WITHDRAWN and one.verdict is Verdict.UNKNOWN
        found.append(msgspec.structs.replace(one, verdict=whole.verdict) if whole is not None and tells else one)
    return found


def _counts(one: Incident, school: str) -> bool:
    return (
        one.school == school
        and one.kind is Kind.OUTAGE
        and one.place.level is not Level.MACHINE
        and one.state not in {State.WITHDRAWN, State.ABSORBED}
        and not one.planned
    )


def _loss(register: Register, school: str, incidents: Iterable[Incident], begin: float, end: float) -> Loss:
    """What these cost between the two, times that overlap counted once."""
    until = CALENDARS.of_school(register, school).until
    there = {one.number: one for one in incidents}
    spans = sorted(
        (max(begin, span.begin), min(end, span.end), one.number)
        for one in there.values()
        for span in stretches(one, one.ended or end)
    )
    whole, own, covered = dict.fromkeys(there, 0.0), dict.fromkeys(there, 0.0), begin
    for first, last, number in spans:
        whole[number] += _lessons(until, first, last)
        own[number] += _lessons(until, max(first, covered), last)
        covered = max(covered, last)
    # One that adds nothing is a second record of the same time: many schools' and the school's own.
    counted = [one for number, one in there.items() if own[number] >= _MINUTE]
    longest = max(((whole[one.number], one.began, one.name) for one in counted), default=(0.0, 0.0, ""))
    times, lessons = len(counted), sum(own[one.number] for one in counted)
    return Loss(times=times, lessons=lessons, longest=longest[0], longest_began=longest[1], longest_name=longest[2])


def _lessons(until: ExpectedUntil, first: float, last: float) -> float:
    """Seconds of lessons between the two, up to a whole month: at once no more than a fortnight is counted."""
    total = 0.0
    while first < last:
        total += lesson_seconds(until, first, last)
        first += LONGEST_SECONDS
    return total
