from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.calendar import public_holidays, window
from schooldrum_collector.judge.presence import always
from schooldrum_collector.judge.standing import expected
from schooldrum_collector.store.records import Machine, MachineState, Register, Room, School

VIETNAM = "Asia/Ho_Chi_Minh"


def at(text: str, zone: str = VIETNAM) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("moment", "is_expected"),
    [
        ("2026-11-23 06:59:59", False),  # a Monday
        ("2026-11-23 07:00:00", True),
        ("2026-11-23 16:59:59", True),
        ("2026-11-23 17:00:00", False),
        ("2026-11-28 10:00:00", True),  # Saturday
        ("2026-11-29 10:00:00", False),  # Sunday
        ("2026-01-01 10:00:00", False),
        ("2026-02-16 10:00:00", False),  # the eve of Tết
        ("2026-02-20 10:00:00", False),
        ("2026-02-23 10:00:00", True),
        ("2026-04-30 10:00:00", False),
        ("2026-09-02 10:00:00", False),
        ("2027-02-08 10:00:00", False),  # Tết of the year after
    ],
)
def test_school_hours(moment: str, is_expected: bool):  # noqa: FBT001 - a table's column
    assert (window(at(moment), VIETNAM) is not None) is is_expected


def test_the_window_is_the_day_in_the_school_s_own_zone():
    found = window(at("2026-11-23 12:00:00"), VIETNAM)
    assert found is not None
    assert datetime.fromtimestamp(found.begin, UTC).hour == 0
    assert found.end - found.begin == 10 * 3600
    assert window(at("2026-11-23 12:00:00"), "America/Lima") is None


def test_a_day_on_which_the_clocks_change_has_its_hours_by_the_wall():
    found = window(at("2026-10-24 12:00", "Europe/Berlin"), "Europe/Berlin")
    monday = window(at("2026-10-26 12:00", "Europe/Berlin"), "Europe/Berlin")
    assert found is not None
    assert monday is not None
    assert monday.begin - found.begin == 2 * 86400 + 3600


@pytest.mark.parametrize("zone", ["", "Nowhere/Town", "../etc/passwd", "Asia", "a\0b"])
def test_an_unknown_zone_is_vietnam_s(zone: str):
    assert window(at("2026-11-23 10:00:00"), zone) == window(at("2026-11-23 10:00:00"), VIETNAM)


@pytest.mark.parametrize("moment", [-1.0, -1e300, 1e300, float("inf"), float("nan")])
def test_moments_no_calendar_holds_are_not_expected(moment: float):
    assert window(moment, VIETNAM) is None


def test_every_year_has_its_holidays():
    for year in range(2024, 2040):
        assert len(public_holidays(year)) >= 10, year


@given(moment=st.floats(min_value=at("2024-01-01 00:00:00"), max_value=at("2035-01-01 00:00:00")))
def test_a_window_holds_what_it_was_asked_for_and_nothing_after_its_end(moment: float):
    found = window(moment, VIETNAM)
    if found is not None:
        assert found.begin <= moment < found.end
        assert window(found.begin, VIETNAM) == found
        assert window(found.end, VIETNAM) is None


def test_a_room_says_which_calendar_its_machines_stand_under():
    school = School(code="DEMO", name="Trường thử")
    rooms = [
        Room(school="DEMO", code="lab", name="Tin 1"),
        Room(school="DEMO", code="srv", name="Máy chủ", always_on=True),
    ]
    register = Register(
        version=1,
        areas={},
        schools={"DEMO": school},
        rooms={room.path: room for room in rooms},
        machines={},
        by_school={},
        settings={},
        settings_version=0,
    )

    def machine(room: str, code: str = "DEMO") -> Machine:
        return Machine(
            id="1",
            school=code,
            site="main",
            room=room,
            alias="x-01",
            seat=1,
            state=MachineState.ACTIVE,
            fingerprint={},
            enrolled=0.0,
        )

    sunday = at("2026-11-29 10:00:00")
    assert expected(register, machine("srv")) is always
    assert expected(register, machine("lab"))(sunday) is None
    assert expected(register, machine("lab"))(at("2026-11-23 10:00:00")) == at("2026-11-23 17:00:00")
    assert expected(register, machine("gone", "GONE"))(at("2026-11-23 10:00:00")) == at("2026-11-23 17:00:00")
