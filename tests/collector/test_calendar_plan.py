import contextlib
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.commands.calendar_sample import sample
from schooldrum_collector.judge.calendar_day import DayKind, day_at, expected_hours, maintenance_at, windows_of
from schooldrum_collector.judge.calendar_learnt import Learnt
from schooldrum_collector.judge.calendar_plan import (
    Behaviour,
    Closing,
    Faulty,
    Hours,
    Maintenance,
    PlaceCalendar,
    hours_of,
    plan_in_force,
    read,
    weekdays_of,
    with_days,
    with_plan,
    without_days,
    year_of,
)
from schooldrum_collector.judge.expecting import RoomCalendar
from schooldrum_collector.speech import Say

VIETNAM = "Asia/Ho_Chi_Minh"
YEAR = read(sample(Say("en")))
AREA = PlaceCalendar(plans=(YEAR,))
MORNING, AFTERNOON = Hours(420, 690, "Sáng"), Hours(780, 1020, "Chiều")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(VIETNAM)).timestamp()


DAYS = [
    ("2026-09-04", DayKind.SUMMER, "", ()),
    ("2026-09-05", DayKind.HALF, "Khai giảng", (Hours(420, 600),)),
    ("2026-11-23", DayKind.SCHOOL, "", (MORNING, AFTERNOON)),
    ("2026-11-28", DayKind.SCHOOL, "", (MORNING,)),
    ("2026-11-22", DayKind.WEEKEND, "", ()),
    ("2026-11-29", DayKind.SCHOOL, "Học bù bão", (MORNING, AFTERNOON)),
    ("2026-12-22", DayKind.EXAM, "Kiểm tra cuối học kỳ I", (MORNING, AFTERNOON)),
    ("2027-01-01", DayKind.HOLIDAY, "", ()),
    ("2027-02-01", DayKind.BREAK, "Nghỉ Tết", ()),
    ("2027-02-06", DayKind.HOLIDAY, "", ()),
    ("2027-01-17", DayKind.SUMMER, "", ()),
    ("2027-05-31", DayKind.SUMMER, "", ()),
    ("2027-07-31", DayKind.SUMMER, "", ()),
]


@pytest.mark.parametrize(("day", "kind", "reason", "hours"), DAYS)
def test_calendar_days_of_the_sample_year(day, kind, reason, hours):
    found = day_at((AREA,), date.fromisoformat(day))
    assert (found.kind, found.reason, found.hours, found.planned) == (kind, reason, hours, True)


def test_calendar_without_a_plan_for_the_year_has_default_hours():
    after = day_at((AREA,), date(2027, 8, 2))
    assert (after.kind, after.planned, after.hours) == (DayKind.SCHOOL, False, (Hours(420, 1020),))
    assert day_at((), date(2026, 11, 22)).kind is DayKind.WEEKEND
    only_shifts = PlaceCalendar(plans=(read('year = "2026-2027"\n[[shift]]\nhours = "08:00-10:00"'),))
    found = day_at((only_shifts,), date(2026, 11, 23))
    assert (found.planned, found.hours) == (False, (Hours(480, 600),))


def test_calendar_a_nearer_place_replaces_only_the_tables_it_gives():
    school = read('year = "2026-2027"\n[[shift]]\nname = "Tối"\nhours = "18:00-21:00"\ndays = ["T2"]')
    way = (AREA, with_plan(PlaceCalendar(), school))
    assert day_at(way, date(2026, 11, 23)).hours == (Hours(1080, 1260, "Tối"),)
    assert day_at(way, date(2026, 11, 24)).kind is DayKind.HOLIDAY
    assert day_at(way, date(2026, 11, 25)).kind is DayKind.WEEKEND
    assert day_at(way, date(2027, 2, 1)).kind is DayKind.BREAK
    merged = plan_in_force(way, "2026-2027")
    assert merged is not None
    assert merged.term == YEAR.term
    assert plan_in_force(way, "2027-2028") is None


def test_calendar_the_nearest_place_decides_what_is_closed():
    typhoon = Closing(first=date(2026, 11, 25), last=date(2026, 11, 26), reason="Bão số 5")
    area = with_days(AREA, typhoon)
    school = with_days(
        PlaceCalendar(), Closing(first=date(2026, 11, 26), last=date(2026, 11, 26), reason="", open=True)
    )
    room = with_days(PlaceCalendar(), Closing(first=date(2026, 11, 26), last=date(2026, 11, 26), reason="Sơn phòng"))
    assert day_at((area,), date(2026, 11, 25)).reason == "Bão số 5"
    assert day_at((area, school), date(2026, 11, 25)).kind is DayKind.CLOSED
    assert day_at((area, school), date(2026, 11, 26)).kind is DayKind.SCHOOL
    assert day_at((area, school, room), date(2026, 11, 26)).reason == "Sơn phòng"


FAULTS = [
    ("", 'write year = "2026-2027"'),
    ('year = "2026"', "2026-2027"),
    ('year = "2026-2028"', "2026-2027"),
    ('year = "2026-2027"\nnonsense = 1', "nonsense"),
    ('year = "2026-2027"\n[[term]]\nfirst = 2026-12-01\nlast = 2026-11-01', "before"),
    ('year = "2026-2027"\n[[term]]\nfirst = 2025-12-01', "outside"),
    ('year = "2026-2027"\n[[shift]]\nhours = "11:30-07:00"', "11:30-07:00"),
    ('year = "2026-2027"\n[[shift]]\nhours = "07:00-25:00"', "25:00"),
    ('year = "2026-2027"\n[[shift]]\nhours = "07:00-11:00"\ndays = ["T9"]', "T9"),
    ('year = "2026-2027"\n[[shift]]\nhours = "07:00-11:00"\nlessons = ["06:00-07:30"]', "outside"),
    ('year = "2026-2027"\n[[lesson]]\nhours = "7-8"', "7-8"),
    ('year = "2026-2027"\n[[half_day]]\nfirst = 2026-11-01\nhours = ""', "hours"),
    ('year = "2026-2027"\n' + "x" * 300_000, "larger"),
    ("[" * 5000, "no TOML"),
    ('year = "2026-2027"\n' + "[[term]]\nfirst = 2026-11-01\n" * 200, "≤ 100"),
    ("year = 2026", 'year: cannot be used; allowed: "2026-2027"'),
    ('year = "2026-2027"\n[[term]]\nfirst = "soon"', "term[0].first: cannot be used; allowed: 2026-09-05"),
    ('year = "2026-2027"\n[[shift]]\nhour = "07:00-11:00"', "shift[0]: "),
    ('year = "2026-2027"\n[[break]]\nfirst = 2026-11-01\nhours = "x"', "allowed: first, last, name"),
    ('year = "2026-2027"\n[[lesson]]\nhours = "07:00-08:00"\ndays = [2]', "lesson[0].days[0]: cannot be used"),
    ('year = "2026-2027"\n[[taught]]\nfirst = 2026-11-28\nlike = "T9"', "T9"),
    ('year = "2026-2027"\n[[taught]]\nfirst = 2026-11-28\nlike = 2', 'taught[0].like: cannot be used; allowed: "T2"'),
]


@pytest.mark.parametrize(("text", "says"), FAULTS)
def test_calendar_plans_that_cannot_be_used_say_why(text: str, says: str):
    with pytest.raises(Faulty) as refused:
        read(text)
    assert says in refused.value.english
    assert refused.value.vietnamese != refused.value.english
    for parser_word in ("Expected", "`str`", "$.", "Object"):
        assert parser_word not in refused.value.english + refused.value.vietnamese


def test_calendar_a_file_without_a_year_is_of_the_year_above():
    lessons = '[[lesson]]\nhours = "07:00-09:40"\n'
    assert read(lessons, year="2026-2027") == read(f'year = "2026-2027"\n{lessons}')
    assert read('year = "2027-2028"', year="2026-2027").year == "2027-2028"
    with pytest.raises(Faulty, match="outside the school year 2026-2027"):
        read("[[term]]\nfirst = 2027-09-05", year="2026-2027")


@given(text=st.text(max_size=200))
def test_calendar_any_text_is_a_plan_or_is_refused(text: str):
    for whole in (text, f'year = "2026-2027"\n{text}'):
        with contextlib.suppress(Faulty):
            read(whole)


def test_calendar_hours_and_days_as_people_write_them():
    assert hours_of("7h00 - 11:30") == Hours(420, 690)
    assert hours_of("22:00-24:00") == Hours(1320, 1440)
    assert weekdays_of(("T2", "cn", "Sat")) == {0, 6, 5}
    assert weekdays_of(None) == set(range(6))
    assert year_of(date(2026, 7, 31)) == "2025-2026"
    assert year_of(date(2026, 8, 1)) == "2026-2027"


def test_calendar_is_kept_as_it_was_written():
    kept = msgspec.json.decode(msgspec.json.encode(AREA), type=PlaceCalendar)
    assert kept == AREA


days = st.dates(date(2026, 8, 1), date(2027, 7, 31))
spans = st.tuples(days, st.integers(0, 20)).map(lambda one: (one[0], one[0] + timedelta(days=one[1])))


@given(closed=st.lists(spans, max_size=6), opened=spans, asked=days)
def test_calendar_what_is_said_last_about_a_day_holds(closed, opened, asked):
    calendar = PlaceCalendar()
    truth = ""
    for number, (first, last) in enumerate(closed):
        calendar = with_days(calendar, Closing(first=first, last=last, reason=f"r{number}"))
        truth = f"r{number}" if first <= asked <= last else truth
    calendar = without_days(calendar, *opened)
    truth = "" if opened[0] <= asked <= opened[1] else truth
    holding = [one.reason for one in calendar.closings if one.holds(asked)]
    assert holding == ([truth] if truth else [])


def test_calendar_booked_hours_come_before_learnt_ones_and_those_before_shifts():
    day = day_at((AREA,), date(2026, 11, 23))
    assert expected_hours(day) == (Hours(420, 690), Hours(780, 1020))
    eight = 1 << 8
    assert expected_hours(day, Learnt(usual=eight, known=(1 << 24) - 1)) == (Hours(480, 540),)
    assert expected_hours(day, Learnt(usual=0, known=eight)) == (Hours(420, 480), Hours(540, 690), Hours(780, 1020))
    room = PlaceCalendar(plans=(read('year = "2026-2027"\n[[lesson]]\nhours = "07:50-08:35"\ndays = ["T2"]'),))
    booked = day_at((AREA, room), date(2026, 11, 23))
    assert expected_hours(booked, Learnt(usual=1 << 9, known=1 << 9)) == (Hours(470, 515),)
    assert expected_hours(day_at((AREA, room), date(2026, 11, 26))) == ()
    assert expected_hours(day_at((AREA,), date(2026, 11, 22)), Learnt(usual=-1, known=-1)) == ()


def test_calendar_maintenance_that_is_skipped_is_not_expected():
    works = (
        Maintenance(begin=at("2026-11-23 09:00"), end=at("2026-11-23 10:00"), behaviour=Behaviour.SKIP, reason="x"),
        Maintenance(begin=at("2026-11-23 09:00"), end=at("2026-11-23 16:00"), behaviour=Behaviour.MUTE, reason="y"),
    )
    way = (AREA, PlaceCalendar(maintenance=works))
    room = RoomCalendar(way, VIETNAM)
    assert room.until(at("2026-11-23 08:59")) == at("2026-11-23 09:00")
    assert room.until(at("2026-11-23 09:30")) is None
    assert room.until(at("2026-11-23 10:00")) == at("2026-11-23 11:30")
    assert maintenance_at(way, at("2026-11-23 09:30")) == works[0]
    assert maintenance_at(way, at("2026-11-23 15:30")) == works[1]
    assert maintenance_at(way, at("2026-11-23 16:00")) is None
    always_on = RoomCalendar(way, VIETNAM, always_on=True)
    assert always_on.until(at("2026-11-22 03:00")) == at("2026-11-23 09:00")
    assert always_on.until(at("2026-11-23 09:00")) is None
    assert always_on.until(at("2026-11-23 22:00")) == float("inf")


@given(moment=st.floats(at("2026-08-01 00:00"), at("2027-07-31 00:00")))
def test_calendar_until_is_the_end_of_the_window_that_holds_the_moment(moment: float):
    room = RoomCalendar((AREA,), VIETNAM)
    until = room.until(moment)
    day = room.day(moment)
    windows = windows_of(day, VIETNAM)
    assert until == next((one.end for one in windows if one.begin <= moment < one.end), None)
    if until is not None:
        assert room.until(until) is None
        assert day.kind in {DayKind.SCHOOL, DayKind.HALF, DayKind.EXAM}


@pytest.mark.parametrize("moment", [-1.0, 1e300, float("inf"), float("nan")])
def test_calendar_moments_outside_every_calendar_are_not_expected(moment: float):
    assert RoomCalendar((AREA,), VIETNAM).until(moment) is None


@pytest.mark.parametrize("table", ["term", "break", "exam", "taught", "half_day"])
@pytest.mark.parametrize(
    ("first", "second", "day"),
    [
        (("2026-09-05", "2027-01-16"), ("2027-01-16", "2027-05-29"), "2027-01-16"),
        (("2026-10-01", "2026-10-20"), ("2026-10-05", "2026-10-06"), "2026-10-05"),
        (("2026-10-01", "2026-10-20"), ("2026-10-01", "2026-10-01"), "2026-10-01"),
        (("2026-09-05", "2027-01-16"), ("2027-01-17", "2027-05-29"), ""),
    ],
)
def test_calendar_of_two_entries_for_one_day_neither_wins_in_silence(table, first, second, day):
    hours = 'hours = "07:00-10:00"\n' if table == "half_day" else ""
    entries = [
        f'[[{table}]]\nname = "{name}"\nfirst = {begin}\nlast = {end}\n{hours}'
        for name, (begin, end) in (("one", first), ("other", second))
    ]
    for some in (entries, entries[::-1]):
        text = "\n".join(['year = "2026-2027"', *some])
        if not day:
            assert read(text).year == "2026-2027"
            continue
        with pytest.raises(Faulty) as refused:
            read(text)
        for said in (refused.value.english, refused.value.vietnamese):
            assert all(word in said for word in (f"[[{table}]]", "(one)", "(other)", f" {day}"))


def test_calendar_since_when_a_place_is_closed():
    days = Closing(first=date(2026, 11, 23), last=date(2026, 11, 25), reason="x")
    way = (with_days(AREA, days),)
    calendar = RoomCalendar(way, VIETNAM)
    assert calendar.closed_since(at("2026-11-25T08:00")) == at("2026-11-23T00:00")
    assert calendar.closed_since(at("2026-11-26T08:00")) is None
    assert calendar.closed_since(float("inf")) is None
    assert RoomCalendar(way, VIETNAM, always_on=True).closed_since(at("2026-11-25T08:00")) is None


FIVE, SUNDAY = '"T2", "T3", "T4", "T5", "T6"', '"T7", "CN"'
WEEK, SATURDAY_MORNING, WEEKEND = Hours(450, 960), Hours(450, 660), Hours(480, 720)
SHIFTS = {
    "five": f'[[shift]]\nhours = "07:30-16:00"\ndays = [{FIVE}]\n',
    "six": f'[[shift]]\nhours = "07:30-16:00"\ndays = [{FIVE}]\n[[shift]]\nhours = "07:30-11:00"\ndays = ["T7"]\n',
    "sunday": f'[[shift]]\nhours = "08:00-12:00"\ndays = [{SUNDAY}]\n',
    "none": "",
}
MADE_UP = [
    # A Saturday, a Sunday, a Tuesday that is a public holiday.
    ("five", "2026-11-28", "", WEEK, 0),
    ("five", "2026-11-29", "", WEEK, 0),
    ("five", "2026-11-28", "T6", WEEK, 4),
    ("five", "2026-11-28", "CN", WEEK, 0),
    ("five", "2026-11-24", "", WEEK, 1),
    ("five", "2026-11-24", "Thu", WEEK, 3),
    ("six", "2026-11-28", "", SATURDAY_MORNING, 5),
    ("six", "2026-11-28", "T6", WEEK, 4),
    ("six", "2026-11-29", "", WEEK, 0),
    ("six", "2026-11-29", "T7", SATURDAY_MORNING, 5),
    ("sunday", "2026-11-29", "", WEEKEND, 6),
    ("sunday", "2026-11-28", "", WEEKEND, 5),
    ("sunday", "2026-11-24", "", WEEKEND, 5),
    ("sunday", "2026-11-29", "T2", WEEKEND, 6),
    ("none", "2026-11-28", "", Hours(420, 1020), 5),
    ("none", "2026-11-29", "", Hours(420, 1020), 0),
    ("none", "2026-11-24", "CN", Hours(420, 1020), 1),
]


def made_up(shifts: str, day: str, like: str, more: str = "") -> PlaceCalendar:
    named = f'like = "{like}"\n' if like else ""
    taught = f'[[taught]]\nname = "Bù"\nfirst = {day}\n{named}'
    return PlaceCalendar(plans=(read(f'year = "2026-2027"\n{SHIFTS[shifts]}{taught}{more}'),))


@pytest.mark.parametrize(("shifts", "day", "like", "hours", "weekday"), MADE_UP)
def test_calendar_a_day_that_is_made_up_for_has_lessons(shifts, day, like, hours, weekday):
    asked, way = date.fromisoformat(day), (made_up(shifts, day, like),)
    found = day_at(way, asked)
    assert (found.kind, found.reason, found.hours, found.like) == (DayKind.SCHOOL, "Bù", (hours,), weekday)
    assert hours.end in found.bells
    room = RoomCalendar(way, VIETNAM)
    assert room.until(at(f"{day} 09:00")) == at(f"{day} {hours.end // 60:02}:{hours.end % 60:02}")
    half = made_up(shifts, day, like, f'[[half_day]]\nname = "Nửa"\nfirst = {day}\nhours = "08:00-09:30"\n')
    found = day_at((half,), asked)
    assert (found.kind, found.reason, found.hours) == (DayKind.HALF, "Nửa", (Hours(480, 570),))
    exam = made_up(shifts, day, like, f'[[exam]]\nname = "Thi"\nfirst = {day}\n')
    found = day_at((exam,), asked)
    assert (found.kind, found.reason, found.hours) == (DayKind.EXAM, "Thi", (hours,))
    closed = with_days(made_up(shifts, day, like), Closing(first=asked, last=asked, reason="Bão"))
    assert day_at((closed,), asked).hours == ()
    assert day_at(way, asked + timedelta(days=7)).like is None, "the week after is as ever"


@given(
    shifts=st.sampled_from(sorted(SHIFTS)),
    day=st.dates(date(2026, 8, 1), date(2027, 7, 31)),
    like=st.sampled_from(["", "T2", "T3", "T4", "T5", "T6", "T7", "CN"]),
)
def test_calendar_nobody_makes_up_for_a_day_in_vain(shifts, day, like):
    found = day_at((made_up(shifts, day.isoformat(), like),), day)
    assert found.kind is DayKind.SCHOOL
    assert found.hours
    assert expected_hours(found) == found.hours


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        ("", (Hours(450, 540),)),
        ("T4", ()),
        ("T6", (Hours(600, 660),)),
    ],
)
def test_calendar_a_room_has_the_lessons_of_the_day_that_is_made_up_for(like, expected):
    lessons = """
    [[lesson]]
    hours = "07:30-09:00"
    days = ["T2"]
    [[lesson]]
    hours = "10:00-11:00"
    days = ["T6"]
    """
    room = PlaceCalendar(plans=(read(lessons, year="2026-2027"),))
    found = day_at((made_up("five", "2026-11-28", like), room), date(2026, 11, 28))
    assert expected_hours(found, Learnt(usual=0, known=-1)) == expected


def test_calendar_what_was_learnt_of_a_day_holds_for_who_makes_up_for_it():
    saturday = date(2026, 11, 28)
    monday_at_eight = Learnt(usual=1 << 8, known=-1)
    way = (made_up("five", "2026-11-28", ""),)
    assert expected_hours(day_at(way, saturday), monday_at_eight) == (Hours(480, 540),)
    friday = (made_up("five", "2026-11-28", "T6"),)
    assert expected_hours(day_at(friday, saturday), monday_at_eight) == ()
    assert expected_hours(day_at(friday, saturday), Learnt(usual=1 << 4 * 24 + 17, known=-1)) == (Hours(1020, 1080),)


def test_calendar_on_a_half_day_nobody_is_expected_beyond_its_hours():
    half = f'year = "2026-2027"\n{SHIFTS["five"]}[[half_day]]\nfirst = 2026-11-23\nhours = "07:00-10:00"\n'
    day = day_at((PlaceCalendar(plans=(read(half),)),), date(2026, 11, 23))
    assert expected_hours(day, Learnt(usual=-1, known=-1)) == (Hours(420, 600),)
    assert expected_hours(day, Learnt(usual=1 << 8 | 1 << 14, known=-1)) == (Hours(480, 540),)
