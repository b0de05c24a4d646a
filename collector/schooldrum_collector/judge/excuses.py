"""Whose silence a person has explained, so that what rests on it alone is over: closed days, and answers. Pure.

What a school's own machines measure is never explained away: who is still heard goes on telling of what goes on.
"""

from collections.abc import Callable

import msgspec

from schooldrum_collector.judge.climbing import gets_through
from schooldrum_collector.judge.fault import Kind, SchoolSeen
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.incident_acts import CLOSED, NO_FAULT
from schooldrum_collector.judge.incident_places import Circumstances, Excuse
from schooldrum_collector.judge.incident_spells import round_begin
from schooldrum_collector.judge.presence import State, bounded_beat
from schooldrum_collector.judge.sights import RUN_BROKEN_BEATS, holds

_DAY_SECONDS = 86400.0
_BY_SILENCE = frozenset({Kind.OUTAGE, Kind.SECOND_LINE})


def excuses(seen: SchoolSeen, closed_since: Callable[[str], float | None], now: float) -> dict[str, Excuse]:
    """Of each machine whose silence is explained at `now`: by what, and when that may have begun.

    `closed_since` says of a room (`CODE/SITE/ROOM`) since when it is closed by the calendar (None: it is not).
    """
    found: dict[str, Excuse] = {}
    for witness in seen.witnesses:
        since = None if witness.always_on else closed_since(witness.room)
        if since is not None:
            found[witness.machine] = Excuse(begin=since, end=now, why=CLOSED)
            continue
        for answer in seen.answers:
            if answer.answer in NO_FAULT and answer.at <= now < answer.until and holds(answer.place, witness):
                # What begins after the answer is a case of its own.
                end = answer.at + RUN_BROKEN_BEATS * bounded_beat(witness.beat)
                found[witness.machine] = Excuse(begin=answer.until - _DAY_SECONDS, end=end, why=answer.answer)
    return found


def excuse_of(incident: Incident, there: Circumstances) -> Excuse | None:
    """What explains this incident: it rests on silence alone, and that of all its machines is explained; else None.

    One of many schools that blames no machines is explained by all machines of all its schools.
    """
    began, error, measured = round_begin(incident)
    if incident.kind not in _BY_SILENCE or measured:
        return None
    if incident.blamed:
        machines = [machine for machine in incident.blamed if machine in there.rooms]
    else:
        schools = set(incident.schools)
        if not schools <= there.judged:
            return None
        machines = [machine for machine, room in there.rooms.items() if room.partition("/")[0] in schools]
    given = [there.excused.get(machine) for machine in machines]
    known = [one for one in given if one is not None]
    if not known or len(known) < len(given) or any(began > one.end + error for one in known):
        return None
    return max(known, key=lambda one: one.begin)


def asking_all_heard(seen: SchoolSeen) -> SchoolSeen:
    """The same with everybody who is heard asked, expected or not: what goes on is over when they say so."""
    witnesses = tuple(
        msgspec.structs.replace(witness, always_on=True)
        if witness.presence == State.ONLINE and not witness.assumed
        else witness
        for witness in seen.witnesses
    )
    return msgspec.structs.replace(seen, witnesses=witnesses)


def asking_who_measured(seen: SchoolSeen) -> SchoolSeen:
    """The same with everybody asked who measured that it did not get through: that proves what its silence did not."""
    witnesses = tuple(
        msgspec.structs.replace(witness, always_on=True)
        if any(gets_through(climb) is False for climb in witness.climbs)
        else witness
        for witness in seen.witnesses
    )
    return msgspec.structs.replace(seen, witnesses=witnesses)


def is_within(incident: Incident, excuse: Excuse) -> bool:
    """Whether all of its newest round, from its begin, is explained, so that this was no incident."""
    began, error, _ = round_begin(incident)
    return began + error >= excuse.begin
