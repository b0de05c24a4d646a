import functools
import itertools
import threading
import time
from collections import defaultdict
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.schedule import Schedule, Timetable


def test_a_job_is_due_at_its_first_time_and_then_in_rhythm():
    table = Timetable()
    table.put("cpu", 60, 5.0)
    assert table.take_due(4.9) == []
    assert table.take_due(5.0) == ["cpu"]
    assert table.next_due() == 65.0
    assert table.take_due(66.0) == ["cpu"]
    assert table.next_due() == 125.0


def test_suspended_for_an_hour_each_job_runs_once():
    table = Timetable()
    table.put("cpu", 60, 0.0)
    table.put("disk", 300, 0.0)
    table.take_due(0.0)
    assert sorted(table.take_due(3600.0)) == ["cpu", "disk"]
    assert table.take_due(3600.0) == []


def test_a_faster_pace_counts_from_the_last_run_and_a_slower_one_too():
    table = Timetable()
    table.put("disk", 300, 0.0)
    table.take_due(0.0)
    table.pace("disk", 30, 10.0)
    assert table.next_due() == 30.0
    table.pace("disk", 600, 20.0)
    assert table.next_due() == 600.0
    table.pace("disk", 5, 500.0)
    assert table.take_due(500.0) == ["disk"]


def test_a_job_that_never_ran_keeps_its_first_time_when_its_pace_changes():
    table = Timetable()
    table.put("disk", 300, 42.0)
    table.pace("disk", 10, 0.0)
    assert table.next_due() == 42.0


def test_a_dropped_job_is_never_due():
    table = Timetable()
    table.put("disk", 300, 0.0)
    table.put("cpu", 60, 1.0)
    table.drop("disk")
    table.drop("nobody")
    assert table.take_due(10.0) == ["cpu"]


def test_a_hastened_job_runs_at_once_and_only_once():
    table = Timetable()
    table.put("beat", 60, 0.0)
    table.take_due(0.0)
    table.hasten("beat", 20.0)
    assert table.take_due(20.0) == ["beat"]
    assert table.next_due() == 80.0


STEPS = st.one_of(
    st.tuples(st.just("advance"), st.floats(0, 5000)),
    st.tuples(st.just("pace"), st.integers(1, 900)),
    st.tuples(st.just("hasten"), st.none()),
)


@given(st.integers(1, 900), st.floats(0, 100), st.lists(st.floats(0, 5000), max_size=50))
def test_law_a_job_runs_at_most_once_a_look_and_never_twice_within_half_its_pace(every, first, steps):
    table = Timetable()
    table.put("job", every, first)
    now, runs = 0.0, []
    for step in steps:
        now += step
        due = table.take_due(now)
        assert due in ([], ["job"])
        runs += [now] * len(due)
        assert table.next_due() is not None
        assert table.next_due() > now  # nothing overdue is left behind
    assert all(later - earlier >= every / 2 * (1 - 1e-9) for earlier, later in itertools.pairwise(runs))


@given(st.integers(1, 900), st.lists(st.floats(0.001, 0.2), min_size=1, max_size=300))
def test_law_a_loop_that_looks_often_loses_no_run(every, steps):
    table = Timetable()
    table.put("job", every, 0.0)
    now, runs = 0.0, 0
    for step in steps:
        now += step * every
        runs += len(table.take_due(now))
    assert runs >= int(now // every)
    assert runs <= int(now // every) + 1


@given(st.lists(STEPS, max_size=60))
def test_law_whatever_is_changed_the_job_stays_and_comes_within_its_pace(steps):
    table = Timetable()
    table.put("job", 60, 0.0)
    now, every = 0.0, 60
    for kind, value in steps:
        if kind == "advance":
            now += value
            table.take_due(now)
        elif kind == "pace":
            every = value
            table.pace("job", every, now)
        else:
            table.hasten("job", now)
        due = table.next_due()
        assert due is not None
        assert due <= now + every or due == 0.0


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 100), min_size=1, max_size=8), st.floats(1, 1e6))
def test_law_jobs_come_in_the_order_of_their_times(paces, now):
    table = Timetable()
    for number, (name, every) in enumerate(paces.items()):
        table.put(name, every, float(number))
    due = table.take_due(now)
    assert due == list(paces)[: int(now) + 1]


class Loop:
    """A schedule running in a thread, on a clock that the test may jump."""

    def __init__(self) -> None:
        self.jump = 0.0
        self.ran: defaultdict[str, list[threading.Thread]] = defaultdict(list)
        self.schedule = Schedule(lambda: time.monotonic() + self.jump)
        self.thread = threading.Thread(target=self.schedule.run, args=(lambda: 0.05,), daemon=True)

    def note(self, name: str) -> None:
        self.ran[name].append(threading.current_thread())

    def __enter__(self) -> Self:
        return self

    def start(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.schedule.post(self.schedule.stop)
        self.thread.join(5)
        assert not self.thread.is_alive()


def wait_for(condition, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.005)


def test_the_loop_runs_jobs_and_what_is_posted_in_its_own_thread():
    with Loop() as loop:
        loop.schedule.every("tick", 0.05, lambda: loop.note("tick"))
        loop.start()
        for _ in range(20):
            loop.schedule.post(lambda: loop.note("posted"))
        wait_for(lambda: len(loop.ran["tick"]) >= 3 and len(loop.ran["posted"]) == 20)
        assert set(loop.ran["tick"] + loop.ran["posted"]) == {loop.thread}


def test_a_clock_that_jumps_an_hour_gives_one_run_each():
    with Loop() as loop:
        for name in ("one", "two"):
            loop.schedule.every(name, 60, functools.partial(loop.note, name))
        loop.start()
        wait_for(lambda: len(loop.ran) == 2)
        loop.jump = 3600
        wait_for(lambda: len(loop.ran["one"]) == len(loop.ran["two"]) == 2)
        time.sleep(0.2)
        assert len(loop.ran["one"]) == len(loop.ran["two"]) == 2


def test_paces_change_while_it_runs_and_dropped_jobs_end():
    with Loop() as loop:
        loop.schedule.every("job", 600, lambda: loop.note("job"))
        loop.schedule.every("gone", 0.03, lambda: loop.note("gone"))
        loop.start()
        wait_for(lambda: len(loop.ran["job"]) == 1 and len(loop.ran["gone"]) > 1)
        loop.schedule.post(lambda: loop.schedule.pace("job", 0.05))
        loop.schedule.post(lambda: loop.schedule.drop("gone"))
        wait_for(lambda: len(loop.ran["job"]) >= 3)
        seen = len(loop.ran["gone"])
        time.sleep(0.1)
        assert len(loop.ran["gone"]) == seen


def test_a_stop_from_another_thread_is_heard_at_once_even_in_a_long_wait():
    schedule = Schedule(time.monotonic)
    thread = threading.Thread(target=schedule.run, args=(lambda: 1000.0,), daemon=True)
    thread.start()
    time.sleep(0.05)
    began = time.monotonic()
    schedule.post(schedule.stop)
    thread.join(5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("name", ["every", "run"])
def test_hastening_or_pacing_an_unknown_job_is_harmless(name):
    schedule = Schedule(time.monotonic)
    schedule.hasten(name)
    schedule.pace(name, 5)
    schedule.drop(name)
