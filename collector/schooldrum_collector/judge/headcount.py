"""How many machines are in each state: many at one look, as one look at each of them would say.

`presence_of` is the law. What is done here is to ask once what has the same answer for many: when an office loses its
line, fifty thousand machines are found to be late in the same second, most of them in the same school hours.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from schooldrum_collector.judge.expecting import CalendarRegister
from schooldrum_collector.judge.presence import (
    BEATS_UNTIL_MISSED,
    GOODBYE,
    GRACE_SECONDS,
    ExpectedUntil,
    Hearing,
    State,
    bounded_beat,
    latest_stamp,
    waiting_for_nobody,
)
from schooldrum_collector.judge.standing import HeardMachine, RegisteredMachine, expected

_STRIDE_SECONDS = 900.0


def headcount(
    heard: Iterable[HeardMachine], hearing: Hearing, expected_until: ExpectedUntil, now: float
) -> Counter[State]:
    """How many approved machines, of which this was heard last, are in each state; they stand under one calendar."""
    online = off = never = 0
    missed: list[float] = []
    since, back = hearing.left, hearing.back
    refusing, waiting = hearing.refusing, hearing.waiting
    set_back = hearing.set_back
    beat, patience = 60, BEATS_UNTIL_MISSED * 60
    latest = latest_stamp(now, patience)
    graced = back + GRACE_SECONDS + patience
    for one in heard:
        last = one.heard
        if not last:
            never += 1
            continue
        if one.word == GOODBYE and last <= one.word_at:
            off += 1
            continue
        if one.beat != beat:
            beat = one.beat
            patience = BEATS_UNTIL_MISSED * bounded_beat(beat)
            graced = back + GRACE_SECONDS + patience
            latest = latest_stamp(now, patience)
        left = since
        if set_back is not None and last > latest:
            last, left = set_back.heard(last), max(since, set_back.after)
        missed_from = last + patience
        if (
            now < missed_from
            or (now < graced and missed_from > left)
            or (now < waiting + patience and missed_from > refusing)
        ):
            online += 1
        else:
            missed.append(missed_from)
    silent = _still_expected(missed, expected_until, now)
    off += len(missed) - silent
    return Counter({State.ONLINE: online, State.SILENT: silent, State.OFF: off, State.NEVER: never})


def _still_expected(missed: Iterable[float], expected_until: ExpectedUntil, now: float) -> int:
    """How many of those missed from these moments on have been expected ever since."""
    count = 0
    begin, end, stride = math.inf, -math.inf, _STRIDE_SECONDS
    for moment in missed:
        # A moment between one that was asked about and the end it was told lies in the same expected time.
        if not begin <= moment < end:
            until = expected_until(moment)
            if until is None:
                continue
            if until != end:
                begin, end, stride = moment, until, _STRIDE_SECONDS
            elif expected_until(moment - stride) == until:
                # Asked about backwards in time, each would be just outside of what the one before has shown.
                begin = moment - stride
            else:
                begin, stride = moment, stride / 2
        if now < end:
            count += 1
    return count


def states_of(
    register: CalendarRegister,
    machines: Iterable[RegisteredMachine],
    known: Mapping[str, HeardMachine],
    hearing: Hearing,
    now: float,
    *,
    dark: AbstractSet[str] = frozenset(),
) -> Counter[State]:
    """How many of these approved machines are in each state; `known` is by id what was heard last of them.

    The `dark` ones (judge.apart) are not waited for.
    """
    rooms: dict[str, list[HeardMachine]] = {}
    gone: dict[str, list[HeardMachine]] = {}
    calendars: dict[str, ExpectedUntil] = {}
    states: Counter[State] = Counter()
    for machine in machines:
        heard = known.get(machine.id)
        if heard is None:
            states[State.NEVER] += 1
            continue
        path = machine.path
        if path not in rooms:
            rooms[path], calendars[path] = [], expected(register, machine)
        if machine.id in dark:
            gone.setdefault(path, []).append(heard)
        else:
            rooms[path].append(heard)
    for path, members in rooms.items():
        states.update(headcount(members, hearing, calendars[path], now))
    for path, members in gone.items():
        states.update(headcount(members, waiting_for_nobody(hearing), calendars[path], now))
    return states
