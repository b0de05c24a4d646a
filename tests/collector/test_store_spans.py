"""The exactly-once law: a number is new once, whatever the order, and the memory of it is bounded."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.store.spans import MOST, Spans, union

NUMBERS = st.lists(st.integers(1, 60), max_size=200)


@given(NUMBERS)
def test_a_number_is_new_exactly_once(numbers: list[int]):
    spans, seen = Spans(), set[int]()
    for number in numbers:
        assert spans.add(number) is (number not in seen)
        seen.add(number)
        assert {one for one in range(62) if one in spans} == seen
        assert spans.flat == Spans(spans.flat).flat


@given(NUMBERS)
def test_spans_are_ascending_apart_and_as_few_as_can_be(numbers: list[int]):
    spans = Spans()
    for number in numbers:
        spans.add(number)
    pairs = list(zip(spans.flat[::2], spans.flat[1::2], strict=True))
    assert all(begin <= end for begin, end in pairs)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(pairs))


@given(st.lists(NUMBERS, max_size=4))
def test_a_union_holds_what_any_of_them_holds(several: list[list[int]]):
    flats, alone = [], Spans()
    for numbers in several:
        spans = Spans()
        for number in numbers:
            spans.add(number)
            alone.add(number)
        flats.append(spans.flat)
    assert union(flats) == alone.flat


def test_endless_gaps_cost_bounded_memory_and_nothing_comes_twice():
    spans = Spans()
    new = [number for number in range(2, 10_000, 2) if spans.add(number)]
    assert len(new) == 4999
    assert len(spans.flat) <= 2 * MOST
    assert not any(spans.add(number) for number in range(2, 10_000, 2))
    assert not spans.add(3)
    assert spans.add(9_997)
