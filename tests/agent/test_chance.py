from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.chance import SystemChance, one_of, turn

SECONDS = st.floats(min_value=0, max_value=1e9)


@given(SECONDS, SECONDS)
def test_what_is_drawn_lies_within_its_bounds(one, other):
    low, high = sorted((one, other))
    assert low <= SystemChance().uniform(low, high) <= high


def test_all_of_a_range_comes_up_and_nothing_twice():
    drawn = sorted(SystemChance().uniform(0, 120) for _ in range(2000))
    assert len(set(drawn)) == len(drawn)
    assert drawn[0] < 2
    assert drawn[-1] > 118
    assert max(later - earlier for earlier, later in pairwise(drawn)) < 2


@pytest.mark.parametrize("number", [1, 2, 7])
def test_each_has_its_turn(number):
    counted = Counter(turn(number) for _ in range(1000 * number))
    assert set(counted) == set(range(number))
    assert min(counted.values()) > 800


def test_any_one_of_several():
    assert {one_of(("vi", "en")) for _ in range(100)} == {"vi", "en"}
    assert one_of(["alone"]) == "alone"
