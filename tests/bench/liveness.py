"""What judging presence costs: every machine at one look, and all of them late at once."""

import statistics
import time
from collections.abc import Callable

from schooldrum_collector.judge.presence import Facts, Hearing, State, presence_of
from schooldrum_collector.judge.standing import school_hours

MACHINES = 50_000
NOON = 1_763_958_000.0
"""Mon 24 Nov 2025, 11:20 in Vietnam: a school hour."""


def _look(facts: list[Facts], now: float) -> dict[State, int]:
    expected = school_hours("Asia/Ho_Chi_Minh")
    hearing = Hearing(away=NOON - 90_000, back=NOON - 80_000)
    counts: dict[State, int] = {}
    for one in facts:
        state = presence_of(one, hearing, expected, now).state
        counts[state] = counts.get(state, 0) + 1
    return counts


def measure(say: Callable[..., None], *, full: bool) -> None:
    """T12. Presence is judged where it is shown, so a tick here is a sixtieth of a look at everybody."""
    facts = [
        Facts(standing="active", heard=NOON - 60 * number / MACHINES, beat=60, word="hello", word_at=NOON - 9_000)
        for number in range(MACHINES)
    ]
    expected = school_hours("Asia/Ho_Chi_Minh")
    expected(NOON)
    ticks: list[float] = []
    late: list[float] = []
    for _ in range(15 if full else 5):
        begin = time.perf_counter()
        counts = _look(facts, NOON)
        ticks.append((time.perf_counter() - begin) * 1000)
        if counts != {State.ONLINE: MACHINES}:
            raise AssertionError(f"everybody is online here: {counts}")
        begin = time.perf_counter()
        counts = _look(facts, NOON + 600)
        late.append((time.perf_counter() - begin) * 1000)
        if counts != {State.SILENT: MACHINES}:
            raise AssertionError(f"everybody is silent here: {counts}")
    tick, all_late = statistics.median(ticks) / 60, statistics.median(late)
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
        ours=f"{all_late:.0f} ms",
        wanted="<= 10 ms",
        met=all_late <= 10,
    )
