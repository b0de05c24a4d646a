"""What stands in the store of a school's last month, for its principal's half page."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from schooldrum_collector.app.digest_machines import active, safety_of, unheard
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault import Kind, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.lessons import lesson_seconds
from schooldrum_collector.judge.lost_time import holds_whole_school
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.show.notify import Told
from schooldrum_collector.show.notify_month import Loss, Month, month
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Register, Scope

_MINUTE = 60.0
_ALL = 1 << 20
_INSIDE = frozenset({Verdict.ROOM, Verdict.LAN})


def month_told(store: Store, register: Register, recipient: Recipient, made: float, *, zone: str) -> Told | None:
    """The half page of the month before this moment (epoch seconds); None where the school has no PC."""
    school = recipient.path
    if not active(register, school):
        return None
    first = datetime.fromtimestamp(made, time_zone(zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin_there = (first - timedelta(days=1)).replace(day=1)
    before_there = (begin_there - timedelta(days=1)).replace(day=1)
    begin, end, before = begin_there.timestamp(), first.timestamp(), before_there.timestamp()
    found = [one for one in store.incidents(Scope(school=school), since=before, most=_ALL) if _counts(one)]
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


def _counts(one: Incident) -> bool:
    """Whether it cost the school anything of its own."""
    return (
        one.kind is Kind.OUTAGE
        and one.place.level is not Level.MACHINE
        and one.state not in {State.WITHDRAWN, State.ABSORBED}
        and not one.parent
        and not one.planned
    )


def _loss(register: Register, school: str, incidents: Iterable[Incident], begin: float, end: float) -> Loss:
    """What these cost between the two, times that overlap counted once."""
    until = CALENDARS.of_school(register, school).until
    times, lessons, longest, covered = 0, 0.0, (0.0, 0.0, ""), begin
    for one in sorted(incidents, key=lambda incident: incident.began):
        first, last = max(begin, one.began), min(end, one.ended or end)
        whole = lesson_seconds(until, first, last) if first < last else 0.0
        if whole < _MINUTE:
            continue
        own = lesson_seconds(until, max(first, covered), last) if covered < last else 0.0
        covered = max(covered, last)
        if own < _MINUTE:
            # A second record of the same time: many schools' and the school's own.
            continue
        times += 1
        lessons += own
        longest = max(longest, (whole, one.began, one.name))
    return Loss(times=times, lessons=lessons, longest=longest[0], longest_began=longest[1], longest_name=longest[2])
