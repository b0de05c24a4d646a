"""Dates, times, durations and numbers as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.formats import (
    UNKNOWN,
    age,
    amount_of_bytes,
    counted,
    date,
    duration,
    iso,
    moment,
    number,
    read_whole,
    share,
    speed,
)

MORNING = 1_795_396_320.0
"""08:12 on Monday 23 November 2026 in Vietnam."""


@pytest.mark.parametrize(
    ("written", "vietnamese", "english"),
    [
        (lambda language: date(MORNING, language), "23/11/2026", "Mon 23 Nov 2026"),
        (lambda language: moment(MORNING, language), "08:12 23/11/2026", "08:12 Mon 23 Nov 2026"),
        (lambda language: duration(45, language), "45 giây", "45 s"),
        (lambda language: duration(360, language), "6 phút", "6 min"),
        (lambda language: duration(7500, language), "2 giờ 05 phút", "2 h 05 min"),
        (lambda language: duration(74 * 86400, language), "74 ngày", "74 days"),
        (lambda language: duration(1200 * 86400, language), "1.200 ngày", "1,200 days"),
        (lambda language: age(MORNING - 300, MORNING, language), "5 phút trước", "5 min ago"),
        (lambda language: age(MORNING - 55920, MORNING, language), "hôm qua 16:40", "yesterday 16:40"),
        (lambda language: age(MORNING - 3 * 86400, MORNING, language), "08:12 20/11/2026", "08:12 Fri 20 Nov 2026"),
        (lambda language: number(1234.5, language), "1.234,5", "1,234.5"),
        (lambda language: number(1234.0, language), "1.234", "1,234"),
        (lambda language: number(100.0, language), "100", "100"),
        (lambda language: number(-0.04, language), "0", "0"),
        (lambda language: number(-0.0, language), "0", "0"),
        (lambda language: number(-0.06, language), "-0,1", "-0.1"),
        (lambda language: share(0.955, language), "95,5%", "95.5 %"),
        (lambda language: speed(94.2e6 / 8, language), "94,2 Mbps", "94.2 Mbps"),
        (lambda language: amount_of_bytes(15.5 * 2**30, language), "15,5 GiB", "15.5 GiB"),
        (lambda language: amount_of_bytes(0, language), "0 B", "0 B"),
    ],
)
def test_formats(written: object, vietnamese: str, english: str) -> None:
    assert callable(written)
    assert written("vi") == vietnamese
    assert written("en") == english


def test_formats_for_programs_are_iso_with_offset() -> None:
    assert iso(MORNING) == "2026-11-23T08:12:00+07:00"
    assert iso(0.0) is None


@pytest.mark.parametrize("at", [1e300, -1e300, float("nan"), float("inf")])
def test_formats_of_what_no_calendar_holds(at: float) -> None:
    assert date(at, "vi") == moment(at, "en") == age(at, MORNING, "vi") == UNKNOWN
    assert iso(at) is None


@given(st.floats(), st.floats(), st.sampled_from(["vi", "en"]))
def test_formats_never_raise(value: float, now: float, language: str) -> None:
    for text in (
        *(duration(value, language), number(value, language), share(value, language), speed(value, language)),
        *(amount_of_bytes(value, language), age(value, now, language), moment(value, language)),
    ):
        assert text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("40", 40),
        (" 40 ", 40),
        ("40,0", 40),
        ("40.00", 40),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1.234,0", 1234),
        ("1,234.0", 1234),
        ("1 234", 1234),
    ],
)
def test_formats_whole_numbers_are_read(text: str, value: int) -> None:
    assert read_whole(text) == value


@pytest.mark.parametrize(
    "text", ["", "1.234", "1,234", "1.5", "12,34", "-3", "1e3", "forty", "1.23.456", "٤٠", "1,234.5"]
)
def test_formats_what_could_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"thousand or a fraction|not a whole number"):
        read_whole(text)


@given(st.integers(0, 10**12), st.sampled_from(["vi", "en"]))
def test_formats_whole_numbers_written_are_read_again_unless_ambiguous(value: int, language: str) -> None:
    text = number(value, language)
    if 1000 <= value < 10**6:
        with pytest.raises(ValueError, match="thousand or a fraction"):
            read_whole(text)
    else:
        assert read_whole(text) == value


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("1 PCs are no longer watched.", "1 PC is no longer watched."),
        ("5 PCs in 1 rooms stopped reporting together.", "5 PCs in 1 room stopped reporting together."),
        ("1 schools have no plan; 1 schools", "1 school has no plan; 1 school"),
        ("… and 1 more lines.", "… and 1 more line."),
        ("Adding 1 simulated PCs to the register", "Adding 1 simulated PC to the register"),
        ("as of 2026-11-22, 1 entries.", "as of 2026-11-22, 1 entry."),
        ("0 of 1 slots free", "0 of 1 slot free"),
        ("(the register says 1 PCs stand in this room)", "(the register says 1 PC stands in this room)"),
        ("21 PCs are on, 0.1 rooms, 1,1 schools, tin-1 PCs", "21 PCs are on, 0.1 rooms, 1,1 schools, tin-1 PCs"),
        ("1 to 90 days", "1 to 90 days"),
        ("1 school uses it", "1 school uses it"),
        ("room 1 daysailing", "room 1 daysailing"),
    ],
)
def test_one_of_a_thing_is_said_in_the_singular(written: str, mended: str) -> None:
    assert counted(written) == mended


@given(st.text())
def test_counting_twice_changes_nothing_more(text: str) -> None:
    assert counted(counted(text)) == counted(text)
