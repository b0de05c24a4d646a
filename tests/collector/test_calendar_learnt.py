from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.calendar_learnt import (
    Habit,
    in_use,
    is_missing,
    is_usual_end,
    learnt,
    seen,
    uses_since,
    with_end,
)

VIETNAM = "Asia/Ho_Chi_Minh"
MONDAY = datetime(2026, 9, 7, tzinfo=ZoneInfo(VIETNAM))


def at(week: int, day: int, hour: int, minute: int = 0) -> float:
    return (MONDAY + timedelta(weeks=week, days=day, hours=hour, minutes=minute)).timestamp()


def test_learnt_a_third_of_the_pcs_or_the_teacher_s_is_in_use():
    assert in_use(7, 20)
    assert not in_use(6, 20)
    assert in_use(1, 20, teachers_on=True)
    assert not in_use(0, 0)


def weeks(used: list[bool | None], day: int = 1, hour: int = 8) -> Habit:
    """None is a week nobody watched."""
    habit = Habit(room="BM/main/tin1")
    for week, was in enumerate(used):
        if was is not None:
            habit = seen(habit, at(week, day, hour), VIETNAM, used=was)
    return habit


def bits(habit: Habit, week: int, slot: int) -> tuple[int, int]:
    found = learnt(habit, (MONDAY + timedelta(weeks=week)).date())
    return found.known >> slot & 1, found.usual >> slot & 1


def test_learnt_is_half_of_the_last_four_weeks_that_were_watched():
    slot = 24 + 8
    assert bits(weeks([True]), 1, slot) == (0, 0)
    assert bits(weeks([True, True]), 2, slot) == (1, 1)
    assert bits(weeks([True, False]), 2, slot) == (1, 1)
    assert bits(weeks([False, False, True]), 3, slot) == (1, 0)
    assert bits(weeks([True, True, True, True, False, False, False, True]), 8, slot) == (1, 0)
    assert bits(weeks([True, True, True, True, None, None]), 6, slot) == (1, 1)
    assert bits(weeks([True, True]), 12, slot) == (0, 0)
    assert bits(weeks([True, True]), 2, slot + 1) == (0, 0)


def test_learnt_an_hour_once_in_use_stays_so_and_nothing_new_changes_nothing():
    habit = seen(Habit(room="r"), at(0, 0, 9), VIETNAM, used=True)
    assert seen(habit, at(0, 0, 9, 30), VIETNAM, used=False) is habit
    assert seen(habit, at(0, 0, 9, 30), VIETNAM, used=True) is habit


def test_learnt_is_small_and_forgets():
    habit = Habit(room="BM/main/tin1")
    for week in range(40):
        for day in range(6):
            for hour in range(24):
                habit = seen(habit, at(week, day, hour), VIETNAM, used=7 <= hour < 17)
        habit = with_end(habit, at(week, 0, 11, 30))
    assert len(habit.weeks) <= 9
    assert len(msgspec.json.encode(habit)) < 1500
    assert msgspec.json.decode(msgspec.json.encode(habit), type=Habit) == habit


def test_learnt_ends_are_those_of_a_day_before_at_this_time_of_day():
    habit = with_end(Habit(room="r"), at(0, 0, 9, 40))
    for moment, usual in (
        (at(0, 1, 9, 44), True),
        (at(0, 1, 9, 46), False),
        (at(0, 0, 9, 42), False),
        (at(3, 6, 9, 40), True),
        (at(4, 0, 9, 41), False),
        (at(0, 1, 21, 40), False),
    ):
        assert is_usual_end(moment, VIETNAM, (), habit.ends) is usual
    assert is_usual_end(at(0, 2, 11, 26), VIETNAM, (690,), ())
    assert not is_usual_end(at(0, 2, 11, 36), VIETNAM, (690,), ())


def test_learnt_a_pc_is_missing_after_five_uses_of_its_room():
    habit = Habit(room="r")
    for day in range(5):
        for hour in (7, 8, 9):
            habit = seen(habit, at(0, day, hour), VIETNAM, used=True)
        heard = at(0, 0, 6)
        assert uses_since(habit, heard, VIETNAM) == day + 1
        assert is_missing(habit, heard, VIETNAM) is (day == 4)
    assert uses_since(habit, at(0, 2, 8), VIETNAM) == 2
    assert not is_missing(habit, 0.0, VIETNAM)


@given(looks=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 23), st.booleans()), max_size=60))
def test_learnt_is_usual_only_where_it_is_known(looks):
    habit = Habit(room="r")
    for week, day, hour, used in sorted(looks):
        habit = seen(habit, at(week, day, hour), VIETNAM, used=used)
    found = learnt(habit, date(2026, 12, 7))
    assert found.usual & ~found.known == 0
