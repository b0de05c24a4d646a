"""Timed work beside the event loop, and the collector's own pulse."""

import asyncio
import itertools
import logging
import math
import time
from collections.abc import Callable

import pytest

from schooldrum_collector.app.heartbeat import TICK_SECONDS, Heartbeat
from schooldrum_collector.app.timetable import Paces, Timetable
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Arrival, Change, Machine

NOON = 1_790_000_000.0
QUICK = Paces(fold=0.05, renewal=0.05, retention=0.05)


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about in 20 seconds")


def _nothing() -> None:
    """No certificate to renew."""


async def test_timetable_makes_history(
    store: Store, enrol: Callable[..., Machine], arrival: Callable[..., Arrival]
) -> None:
    enrol(store, "m1")
    await store.append(arrival("m1", 1, 2, 3))
    timetable = Timetable(store, now=lambda: NOON + 3600, renew=_nothing, paces=QUICK)
    timetable.start()
    await asyncio.sleep(1)
    await timetable.stop()
    assert store.fold(NOON + 3600) == 0
    assert [result.seq for result in store.results(EVERYTHING, "m1", 0.0, NOON)] == [1, 2, 3]


async def test_timetable_deletes_soon_after_the_start(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1")
    now = time.time()
    with store.writing() as writer:
        writer.log(Change(at=now - 3 * 365 * 86400, actor="office", action="old", subject="m1"))
        writer.log(Change(at=now, actor="office", action="new", subject="m1"))
    timetable = Timetable(store, now=time.time, renew=_nothing, paces=Paces(retention=0.1))
    timetable.start()
    await _until(lambda: "old" not in {change.action for change in store.changes(EVERYTHING, 0.0)})
    await timetable.stop()
    assert "new" in {change.action for change in store.changes(EVERYTHING, 0.0)}


async def test_timetable_waits_at_the_end_for_what_is_running(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    begun, ended = [], []

    def renew() -> None:
        begun.append(1)
        time.sleep(0.5)
        ended.append(1)

    timetable = Timetable(store, now=time.time, renew=renew, paces=QUICK)
    timetable.start()
    await _until(lambda: bool(begun))
    await timetable.stop()
    # What the scheduler makes of it comes with the loop's next turns.
    await asyncio.sleep(0.1)
    assert len(begun) == len(ended) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR], caplog.text


async def test_timetable_goes_on_after_work_that_failed(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    tries = []

    def renew() -> None:
        tries.append(1)
        raise OSError("the disk is full")

    timetable = Timetable(store, now=time.time, renew=renew, paces=QUICK)
    with caplog.at_level(logging.ERROR):
        timetable.start()
        await _until(lambda: len(tries) >= 2)
        await timetable.stop()
    assert "renew" in caplog.text


async def test_timetable_is_planned_anew_when_the_clock_was_set(store: Store) -> None:
    tries = []
    timetable = Timetable(store, now=time.time, renew=lambda: tries.append(1), paces=QUICK)
    timetable.start()
    for _ in range(3):
        timetable.start_over()
    before = len(tries)
    await _until(lambda: len(tries) >= before + 2)
    await timetable.stop()


@pytest.mark.parametrize(
    ("jump", "steps", "gaps"), [(0.0, 0, 0), (3600.0, 1, 1), (-3600.0, 1, 1), (10 * 365 * 86400.0, 1, 1), (-5.0, 0, 1)]
)
async def test_heartbeat_notices_a_clock_that_was_set(jump: float, steps: int, gaps: int) -> None:
    loop = asyncio.get_running_loop()
    start, ticks = loop.time(), itertools.count()
    late: list[float] = []
    stepped: list[int] = []

    def now() -> float:
        return NOON + loop.time() - start + (jump if next(ticks) >= 2 else 0.0)

    first = Hearing(away=-math.inf, back=NOON)
    heartbeat = Heartbeat(first, now=now, late=late.append, stepped=lambda: stepped.append(1), often=lambda: None)
    pulse = asyncio.create_task(heartbeat.run())
    await asyncio.sleep(3.5 * TICK_SECONDS)
    pulse.cancel()
    assert len(stepped) == steps
    assert (heartbeat.hearing != first) is bool(gaps)
    assert (heartbeat.hearing.set_back is not None) is (jump < 0)
    assert len(late) >= 2
    assert all(seconds >= 0 for seconds in late)


@pytest.mark.parametrize(("head_start", "back"), [(0.0, NOON + 120), (900.0, NOON + 120 - 900)])
def test_after_the_own_line_was_down_a_head_start_is_kept(head_start: float, back: float) -> None:
    heartbeat = Heartbeat(
        Hearing(away=NOON - 60, back=NOON - head_start),
        now=lambda: NOON,
        late=lambda _: None,
        stepped=lambda: None,
        often=lambda: None,
        head_start=head_start,
    )
    heartbeat.was_deaf(NOON + 30, NOON + 120)
    assert heartbeat.hearing == Hearing(away=NOON + 30, back=back, awaited=NOON - 60)
    heartbeat.was_deaf(NOON + 30, NOON + 120)
    assert heartbeat.hearing == Hearing(away=NOON + 30, back=back, awaited=NOON - 60), "said again, it changes nothing"


def test_refusals_and_an_own_gap_do_not_forget_each_other() -> None:
    moment = [NOON]
    heartbeat = Heartbeat(
        Hearing(away=NOON - 7260, back=NOON - 7200),
        now=lambda: moment[0],
        late=lambda _: None,
        stepped=lambda: None,
        often=lambda: None,
    )
    heartbeat.turned_away(60)
    moment[0] += 50
    heartbeat.turned_away(76)
    refused = Hearing(away=NOON - 7260, back=NOON - 7200, refusing=NOON, waiting=NOON + 50 + 76)
    assert heartbeat.hearing == refused
    heartbeat.was_deaf(NOON - 10, NOON + 60)
    assert heartbeat.hearing == Hearing(away=NOON - 10, back=NOON + 60, refusing=NOON, waiting=refused.waiting)


async def test_heartbeat_measures_a_loop_that_stood_still() -> None:
    late: list[float] = []
    heartbeat = Heartbeat(
        Hearing(back=time.time()), now=time.time, late=late.append, stepped=lambda: None, often=lambda: None
    )
    pulse = asyncio.create_task(heartbeat.run())
    await asyncio.sleep(0.1)
    time.sleep(1.0)  # noqa: ASYNC251 - it is to stand still
    await asyncio.sleep(0.1)
    pulse.cancel()
    assert max(late) > 0.4
