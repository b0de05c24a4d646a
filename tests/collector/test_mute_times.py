"""When schools are not told of what can wait: what Alertmanager reads is what the calendar says."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_collector.judge.calendar_day import day_at
from schooldrum_collector.judge.calendar_plan import Closing, HalfDay, PlaceCalendar, Plan, Shift, Span, Taught
from schooldrum_collector.show.mute_times import DAYS, MuteTimes
from schooldrum_collector.store.records import Area, Register, School

TODAY = date(2026, 11, 22)
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def register(calendars: dict[str, PlaceCalendar], *schools: School) -> Register:
    return Register(
        version=1,
        areas={path: Area(path=path, name=path) for path in ("hn", "hn/q3", "hp")},
        schools={school.code: school for school in schools},
        rooms={},
        machines={},
        by_school={},
        settings={},
        settings_version=0,
        calendars=calendars,
    )


def holds(interval: dict[str, Any], day: date) -> bool:
    """Whether an interval of whole days holds a day, as Alertmanager's documentation says: all that is named fits."""

    def within(ranges: Iterable[str], number: int) -> bool:
        spans = [[int(part) for part in one.split(":")] for one in ranges]
        return any(span[0] <= number <= span[-1] for span in spans)

    weekdays = interval.get("weekdays", _NAMES)
    return (
        _NAMES[day.weekday()] in weekdays
        and within(interval.get("years", ["2000:2100"]), day.year)
        and within(interval.get("months", ["1:12"]), day.month)
        and within(interval.get("days_of_month", ["1:31"]), day.day)
    )


def named(mutes: MuteTimes) -> dict[str, list[dict[str, Any]]]:
    return {str(one["name"]): one["time_intervals"] for one in mutes.intervals()}  # type: ignore[misc]  # lists they are


days = st.dates(date(2026, 8, 1), date(2027, 7, 31))
spans = st.lists(st.tuples(days, st.integers(0, 40)), max_size=4).map(
    lambda drawn: tuple(
        Span(first=first, last=min(first + timedelta(days=more), date(2027, 7, 31))) for first, more in drawn
    )
)
plans = st.builds(
    Plan,
    year=st.just("2026-2027"),
    term=st.none() | spans,
    break_=st.none() | spans,
    taught=st.none() | spans.map(lambda drawn: tuple(Taught(first=one.first, last=one.last) for one in drawn)),
    shift=st.none()
    | st.just((Shift(hours="06:30-11:15"), Shift(hours="13:00-18:30", days=("T2", "CN"))))
    | st.just((Shift(hours="00:00-24:00"),)),
    half_day=st.none() | st.just((HalfDay(first=date(2026, 12, 31), hours="05:00-06:00"),)),
)
closings = spans.map(
    lambda drawn: tuple(Closing(first=one.first, last=one.last or one.first, reason="bão") for one in drawn)
)
calendars = st.builds(PlaceCalendar, plans=plans.map(lambda plan: (plan,)), closings=closings)


@settings(max_examples=60, deadline=None)
@given(calendar=calendars)
def test_mute_days_off_are_the_days_without_lessons(calendar):
    there = register({"hn": calendar}, School(code="BM", name="BM", area="hn/q3"))
    mutes = MuteTimes(there, TODAY)
    hours, off = mutes.of("BM")
    found = named(mutes)
    for count in range(DAYS):
        day = TODAY + timedelta(days=count)
        expected = day_at((calendar,), day)
        assert any(holds(one, day) for one in found[off]) == (not expected.hours), day
        for lesson in expected.hours:
            for one in found[hours]:
                [night] = one["times"]
                assert not (night["start_time"] < _clock(lesson.end) and _clock(lesson.begin) < night["end_time"])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def test_mute_schools_of_one_calendar_share_their_times():
    typhoon = PlaceCalendar(closings=(Closing(first=TODAY, last=TODAY, reason="Bão số 5"),))
    there = register(
        {"hn": PlaceCalendar(plans=(Plan(year="2026-2027"),)), "HS": typhoon},
        School(code="BM", name="BM", area="hn/q3"),
        School(code="KD", name="KD", area="hn"),
        School(code="HS", name="HS", area="hn"),
        School(code="TD", name="TD", area="hp"),
        School(code="LA", name="LA", area="hp", time_zone="Asia/Vientiane"),
    )
    mutes = MuteTimes(there, TODAY)
    assert mutes.of("BM") == mutes.of("KD") == ("hours off hn", "days off hn")
    assert mutes.of("HS") == ("hours off HS", "days off HS")
    assert mutes.of("TD") == mutes.of("unknown") == ("hours off", "days off")
    assert mutes.of("LA") == ("hours off Asia/Vientiane", "days off Asia/Vientiane")
    found = named(mutes)
    assert not any(holds(one, TODAY) for one in found["days off hn"] if "weekdays" not in one)
    assert {one["location"] for one in found["days off Asia/Vientiane"]} == {"Asia/Vientiane"}
    assert sorted(found) == sorted(
        {"always", "digest", *mutes.of("BM"), *mutes.of("HS"), *mutes.of("TD"), *mutes.of("LA")}
    )
