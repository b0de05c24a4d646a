"""Which open incidents are over because their place is closed, and how whoever closes it is told."""

from collections.abc import Iterable

from schooldrum_collector.commands.call import Call
from schooldrum_collector.formats import moment
from schooldrum_collector.judge.excuses import excuse_of
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.incident_acts import CLOSED
from schooldrum_collector.judge.incident_places import Circumstances, Excuse
from schooldrum_collector.show.incident_words import short_place, zone_of
from schooldrum_collector.store.records import Register


def ended_by_closing(live: Iterable[Incident], before: Register, after: Register, now: float) -> list[Incident]:
    """Those of the live incidents that rest on silence alone, and whose silence the calendar explains only `after`.

    The collector ends them by the same rule (judge.excuses) when it looks next, unless their PCs are heard meanwhile.
    """
    going_on = [incident for incident in live if incident.state is State.OPEN]
    if not going_on:
        return []
    known, now_known = _closed(before, now), _closed(after, now)
    return [one for one in going_on if excuse_of(one, now_known) is not None and excuse_of(one, known) is None]


def _closed(register: Register, now: float) -> Circumstances:
    """Whose silence the calendar explains."""
    rooms = {number: machine.path for number, machine in register.machines.items()}
    since = {path: CALENDARS.of_room(register, path).closed_since(now) for path in set(rooms.values())}
    return Circumstances(
        next_number=0,
        judged=frozenset(register.schools),
        rooms=rooms,
        excused={
            number: Excuse(begin=begin, end=now, why=CLOSED)
            for number, path in rooms.items()
            if (begin := since[path]) is not None
        },
    )


def tell_ended(call: Call, register: Register, ended: Iterable[Incident]) -> None:
    """Number, place and begin of each; nothing where there is none."""
    say = call.say
    rows = [
        (one.name, short_place(register, one, say.language), moment(one.began, say.language, zone_of(register, one)))
        for one in ended
    ]
    if rows:
        call.console.line(
            say(
                "Vì vậy các sự cố chỉ dựa vào máy im lặng này sẽ hết, trong vòng một phút:",
                "So these incidents, known by silent PCs alone, are over within a minute:",
            )
        )
        call.console.table((say("Mã", "Number"), say("Nơi", "Place"), say("Từ", "Since")), rows)
