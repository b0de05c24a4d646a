"""What judging presence costs: every machine at one look, and all of them late at once."""

import statistics
import time
from collections.abc import Callable

from schooldrum_collector.judge.expecting import RoomCalendar
from schooldrum_collector.judge.headcount import headcount
from schooldrum_collector.judge.presence import Facts, Hearing, State, presence_of

MACHINES = 50_000
NOON = 1_763_958_000.0
"""Mon 24 Nov 2025, 11:20 in Vietnam: a school hour."""
LATE = 600
_HEARING = Hearing(away=NOON - 90_000, back=NOON - 80_000)


def _spent(do: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    begin = time.process_time()
    do()
    return (time.process_time() - begin) * 1000


def measure(say: Callable[..., None], *, full: bool) -> None:
    """T12. Presence is judged where it is shown, so a tick here is a sixtieth of a look at everybody.

    A look at everybody is a headcount: the page of all schools. A school's own page asks machine by machine.
    """
    facts = [
        Facts(standing="active", heard=NOON - 60 * number / MACHINES, beat=60, word="hello", word_at=NOON - 9_000)
        for number in range(MACHINES)
    ]
    expected = RoomCalendar((), "Asia/Ho_Chi_Minh").until
    expected(NOON)
    for now, state in ((NOON, State.ONLINE), (NOON + LATE, State.SILENT)):
        counts = headcount(facts, _HEARING, expected, now)
        if counts[state] != MACHINES:
            raise AssertionError(f"everybody is {state} here: {counts}")
    looks: list[float] = []
    late: list[float] = []
    single: list[float] = []
    for _ in range(15 if full else 7):
        looks.append(_spent(lambda: headcount(facts, _HEARING, expected, NOON)))
        late.append(_spent(lambda: headcount(facts, _HEARING, expected, NOON + LATE)))
        single.append(_spent(lambda: [presence_of(one, _HEARING, expected, NOON + LATE) for one in facts]))
    tick, all_late = statistics.median(looks) / 60, statistics.median(late)
    say(
        target="T12",
        what="presence, 50,000 machines, share of a second's tick",
        ours=f"{tick:.2f} ms",
        wanted="<= 1 ms",
        met=tick <= 1,
    )
    say(
        target="T12",
        what="presence, all 50,000 late at once",
        ours=f"{all_late:.1f} ms",
        wanted="<= 10 ms",
        met=all_late <= 10,
    )
    say(target="", what="presence, the same asked machine by machine", ours=f"{statistics.median(single):.0f} ms")
