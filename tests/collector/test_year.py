from datetime import date

import pytest
from tests.collector.judged_year import Judged, judge
from tests.collector.year import Failure, Year, make_year, moment

from schooldrum_collector.commands.calendar_sample import sample
from schooldrum_collector.judge.calendar_plan import PlaceCalendar, read
from schooldrum_collector.judge.expecting import RoomCalendar
from schooldrum_collector.judge.fault import Kind, Level
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.presence import GRACE_SECONDS
from schooldrum_collector.speech import Say

_AFTERNOON = 'lessons = ["13:00-13:45", "13:50-14:35", "14:55-15:40", "15:45-16:30"]\n'
_PLAN = sample(Say("vi")).replace('hours = "13:00-17:00"\n', f'hours = "13:00-17:00"\n{_AFTERNOON}')
BELLS = PlaceCalendar(plans=(read(_PLAN),))
NO_BELLS = PlaceCalendar(plans=(read("\n".join(one for one in _PLAN.splitlines() if "lessons = " not in one)),))
PATIENCE = 5 * 60.0
"""Four beats, and the time until somebody looks."""


def told(judged: Judged) -> list[Incident]:
    """What anybody would have been told about: everything larger than one PC."""
    return [one for one in judged.incidents if one.place.level is not Level.MACHINE and one.kind is Kind.OUTAGE]


def real(year: Year) -> list[Failure]:
    return [one for one in year.failures if one.what in {"line", "power", "switch"}]


def is_of(incident: Incident, failure: Failure) -> bool:
    return failure.begin - 90 <= incident.began <= failure.end


def can_be_seen(year: Year, failure: Failure) -> bool:
    """Whether at least two PCs were on in school hours, with the collector there to miss them."""
    until = RoomCalendar((BELLS,), "Asia/Ho_Chi_Minh").until(failure.begin)
    if until is None or until - failure.begin < PATIENCE:
        return False
    on = [
        pc
        for pc in year.pcs
        if f"{pc.room}/".startswith(f"{failure.place}/")
        and any(one.begin < failure.begin - 60 and one.end >= failure.begin for one in pc.segments)
    ]
    deaf = any(
        one.what == "collector"
        and one.begin < failure.begin + PATIENCE
        and failure.begin < one.end + GRACE_SECONDS + 180
        for one in year.failures
    )
    return len(on) > 1 and not deaf


def check(year: Year, judged: Judged, *, from_day: date) -> None:
    begin = moment(from_day, 0)
    false = [one for one in told(judged) if one.began >= begin and not any(is_of(one, real_) for real_ in real(year))]
    assert not false, [(one.name, one.place.path, one.began) for one in false]
    for failure in real(year):
        if failure.begin < begin or not can_be_seen(year, failure):
            continue
        found = [one for one in told(judged) if is_of(one, failure)]
        assert found, f"missed: {failure}"
        assert min(one.opened for one in found) <= failure.begin + PATIENCE, failure
        assert len(found) == 1, [(one.name, one.place.path) for one in found]


def test_year_with_a_plan_has_no_false_outage_and_misses_none():
    year = make_year(1, (BELLS,))
    judged = judge(year, BELLS)
    check(year, judged, from_day=date(2026, 8, 1))
    assert len(real(year)) >= 20
    quiet = [at for at in judged.down if not any(one.begin <= at <= one.end + 1300 for one in real(year))]
    assert not quiet, "the school is called down only while something is wrong"


@pytest.mark.slow
def test_year_of_another_school():
    year = make_year(2, (BELLS,))
    check(year, judge(year, BELLS), from_day=date(2026, 8, 1))


@pytest.mark.slow
def test_year_without_bells_learns_when_rooms_end():
    year = make_year(4, (NO_BELLS,))
    judged = judge(year, NO_BELLS)
    first = [one for one in told(judged) if not any(is_of(one, real_) for real_ in real(year))]
    assert 0 < len(first) < 20, "each time of day at which the room ends is asked about once"
    assert all(one.began < moment(date(2026, 9, 21), 0) for one in first), "and then it is known"
