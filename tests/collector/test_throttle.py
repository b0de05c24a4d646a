import itertools

from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.web.throttle import Throttle


def test_a_burst_passes_then_the_pace():
    throttle = Throttle(burst=3, per_second=0.1, keys=10)
    assert [throttle.wait("a", 1, 100.0) for _ in range(4)] == [0, 0, 0, 10]
    assert throttle.is_spent("a", 100.0)
    assert throttle.wait("b", 1, 100.0) == 0
    assert throttle.wait("a", 1, 110.0) == 0
    assert throttle.wait("a", 1, 110.0) == 10
    assert not throttle.is_spent("a", 1000.0)
    assert not throttle.is_spent("never", 100.0)


def test_more_than_the_burst_passes_alone():
    throttle = Throttle(burst=10, per_second=1, keys=10)
    assert throttle.wait("a", 50, 0.0) == 0
    assert throttle.wait("a", 50, 0.0) == 50


def test_keys_are_bounded():
    throttle = Throttle(burst=1, per_second=1, keys=3)
    for number in range(100):
        throttle.wait(f"{number}", 1, 0.0)
    assert len(throttle._levels) == 3


@given(st.lists(st.floats(0, 1000), max_size=50))
def test_a_clock_that_goes_back_gives_nothing_away(times: list[float]):
    throttle = Throttle(burst=5, per_second=1, keys=3)
    passed = sum(throttle.wait("a", 1, now) == 0 for now in times)
    forward = sum(max(0.0, later - earlier) for earlier, later in itertools.pairwise(times))
    assert passed <= 5 + forward + 1e-6


def test_ordinary_senders_leave_nothing_behind():
    throttle = Throttle(burst=1000, per_second=100, keys=1_000_000)
    for number in range(10_000):
        assert throttle.wait(f"{number}", 50, number / 100) == 0
    assert len(throttle._levels) < 200
