import _thread
import threading
import time
from collections.abc import Callable

import pytest

from schooldrum_agent.crew import LOOK_SECONDS, PATIENCE, Crew, Outcome


def crew_and_posted() -> tuple[Crew, list[Outcome]]:
    posted: list[Outcome] = []
    return Crew(time.monotonic, posted.append), posted


def nothing() -> None:
    pass


def until(crew: Crew, condition: Callable[[], bool], seconds: float = 20.0) -> float:
    """Minds the crew as its loop does; how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "did not come about"
        time.sleep(min(crew.mind(), 0.005))
    return time.monotonic() - began


def noting(done: list[tuple[int, int]], number: int, seconds: float = 0.0) -> Callable[[], Outcome]:
    def body() -> Outcome:
        time.sleep(seconds)
        done.append((number, _thread.get_ident()))
        return nothing

    return body


def waiting(gate: threading.Event) -> Callable[[], Outcome]:
    def body() -> Outcome:
        gate.wait(60)
        return nothing

    return body


def test_quick_work_is_all_done_by_one_thread():
    crew, _ = crew_and_posted()
    done: list[tuple[int, int]] = []
    for begun in range(100):
        crew.start(noting(done, begun))
        if begun % 20 == 0:
            until(crew, lambda: len(done) == begun + 1)  # noqa: B023 - called before the next one begins
    until(crew, lambda: len(done) == 100)
    assert sorted(number for number, _ in done) == list(range(100))
    assert len({thread for _, thread in done}) <= 2  # a slow machine may hire one more


def test_nobody_waits_long_behind_what_hangs():
    (crew, _), gate = crew_and_posted(), threading.Event()
    done: list[tuple[int, int]] = []
    for number in range(5):
        crew.start(waiting(gate))
        crew.start(noting(done, number))
    assert until(crew, lambda: len(done) == 5) < 5 * (PATIENCE + 1)
    assert crew.mind() == float("inf")
    before = _thread._count()
    gate.set()
    until(crew, lambda: _thread._count() <= before - 4)
    crew.start(noting(done, 9))
    until(crew, lambda: done[-1][0] == 9)


def test_a_long_round_is_shared_out_and_afterwards_one_stays():
    crew, _ = crew_and_posted()
    done: list[tuple[int, int]] = []
    before = _thread._count()
    for number in range(6):
        crew.start(noting(done, number, seconds=PATIENCE * 2))
    until(crew, lambda: len(done) == 6)
    until(crew, lambda: _thread._count() <= before + 1)


def test_without_any_thread_it_is_said_and_with_one_it_waits(monkeypatch):
    (crew, _), gate = crew_and_posted(), threading.Event()
    done: list[tuple[int, int]] = []

    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    real = _thread.start_new_thread
    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    with pytest.raises(RuntimeError):
        crew.start(noting(done, 0))
    monkeypatch.setattr(_thread, "start_new_thread", real)
    crew.start(waiting(gate))
    until(crew, lambda: crew.mind() == float("inf"))
    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    crew.start(noting(done, 1))
    time.sleep(PATIENCE * 2)
    assert crew.mind() < 1
    assert done == []
    gate.set()
    until(crew, lambda: [number for number, _ in done] == [1])


def test_outcomes_are_handed_in_together_once_nobody_waits():
    crew, posted = crew_and_posted()
    told: list[int] = []
    gate = threading.Event()

    def body(number: int) -> Callable[[], Outcome]:
        def run() -> Outcome:
            gate.wait(60)
            return lambda: told.append(number)

        return run

    for number in range(7):
        crew.start(body(number))
    gate.set()
    began = time.monotonic()
    while not posted:
        assert time.monotonic() - began < 20
        time.sleep(0.001)
    assert told == [], "only the owner calls them"
    posted[0]()
    assert told == list(range(7))
    assert crew.mind() == float("inf")
    assert len(told) == 7


def test_no_outcome_waits_for_a_neighbour_that_takes_its_time():
    (crew, _), gate = crew_and_posted(), threading.Event()
    told: list[int] = []
    for number in range(5):
        crew.start(lambda number=number: lambda: told.append(number))  # type: ignore[misc]  # bound now
    crew.start(waiting(gate))
    until(crew, lambda: told == list(range(5)), 5)
    gate.set()


def test_while_anybody_waits_it_is_soon_looked_for_what_came_of_the_others():
    (crew, _), gate = crew_and_posted(), threading.Event()
    told: list[int] = []
    crew.start(lambda: lambda: told.append(1))
    crew.start(waiting(gate))
    crew.start(waiting(gate))
    began = time.monotonic()
    while not told:
        # The loop sleeps for as long as it is told to.
        pause = crew.mind()
        assert pause <= LOOK_SECONDS
        assert time.monotonic() - began < 20
        time.sleep(pause)
    gate.set()
