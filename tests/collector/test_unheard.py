"""What schools measured while the collector itself heard nobody: recorded when it comes, once, and told to nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.collector.province import BEAT, LINE_LOST, NO_COLLECTOR, OFFICE_CUT, WELL, Province, province_at

from schooldrum_collector.judge.fault import Level, Place, Verdict
from schooldrum_collector.judge.incident import State, What
from schooldrum_collector.judge.lost_time import Group, lost_time
from schooldrum_collector.judge.own_line import OWN_LINE
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine

SCHOOL = Place(Level.SCHOOL, "S001")


@pytest.fixture
def there(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Province:
    return province_at(opened, tmp_path, enrol, 4, office=True)


async def down(there: Province, *, before: float, lost: float, after: float) -> tuple[float, float]:
    """The collector is down; so long before and after, one school has a line, and none in between."""
    await there.pass_(before, judged=False)
    began = there.at
    there.cut(there.of("S001"), LINE_LOST)
    await there.pass_(lost, judged=False)
    ended = there.at
    there.mend(there.of("S001"))
    await there.pass_(after, judged=False)
    return began, ended


async def test_an_outage_inside_a_gap_is_recorded_with_its_own_times(there: Province) -> None:
    await there.pass_(5 * BEAT)
    away = there.at
    began, ended = await down(there, before=10 * BEAT, lost=15 * BEAT, after=10 * BEAT)
    there.restart(away)
    await there.pass_(10 * BEAT)
    (one,) = there.incidents()
    assert (one.place, one.verdict, one.state) == (SCHOOL, Verdict.LINE, State.CLOSED)
    assert one.began_measured
    assert one.ended_measured
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3
    assert one.told == 0
    story = there.store.incident_of(EVERYTHING, one.number)
    assert story is not None
    assert [event.what for event in story.events] == [What.RECORDED]
    lost = lost_time(there.store.register(), there.incidents(), there.at)
    assert lost["S001"].lessons[Group.OFFICE, "1d"] == pytest.approx(one.ended - one.began)
    assert lost["S001"].internet["1d"] == pytest.approx(one.ended - one.began)
    assert lost.keys() == {"S001"}


async def test_one_that_goes_on_when_the_collector_is_back_is_recorded_once(there: Province) -> None:
    await there.pass_(5 * BEAT)
    away = there.at
    await there.pass_(10 * BEAT, judged=False)
    began = there.at
    there.cut(there.of("S001"), LINE_LOST)
    await there.pass_(5 * BEAT, judged=False)
    there.restart(away)
    await there.pass_(8 * BEAT)
    ended = there.at
    there.mend(there.of("S001"), over=5 * BEAT)
    await there.pass_(25 * BEAT)
    (one,) = there.incidents()
    assert (one.place, one.verdict, one.state, one.told) == (SCHOOL, Verdict.LINE, State.CLOSED, 0)
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert one.ended >= ended - one.ended_error - BEAT / 3


@pytest.mark.parametrize(("lost", "after", "over"), [(10, 20, 0), (2, 2, 0), (3, 1.5, 8)])
async def test_one_that_was_told_before_the_gap_ends_when_the_school_says(
    there: Province, lost: float, after: float, over: float
) -> None:
    await there.pass_(5 * BEAT)
    there.cut(there.of("S001"), LINE_LOST)
    await there.pass_(8 * BEAT)
    assert there.told() == 1
    away = there.at
    await there.pass_(lost * BEAT, judged=False)
    ended = there.at
    there.cut(there.of("S001"), NO_COLLECTOR)
    await there.pass_(after * BEAT, judged=False)
    there.restart(away)
    there.mend(there.of("S001"), over=over * BEAT)
    await there.pass_(30 * BEAT)
    (one,) = there.incidents()
    assert (one.state, one.verdict) == (State.CLOSED, Verdict.LINE)
    assert (one.ended_measured, one.ended_error <= 2 * BEAT) == (True, True), (one.ended - ended, one.ended_error)
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3
    assert there.told() == 1, there.story()


@pytest.mark.parametrize("lost", [0, 3 * BEAT])
async def test_where_nothing_or_little_was_measured_nothing_is_recorded(there: Province, lost: float) -> None:
    await there.pass_(5 * BEAT)
    away = there.at
    await down(there, before=10 * BEAT, lost=lost, after=10 * BEAT)
    there.restart(away)
    await there.pass_(8 * BEAT)
    assert there.incidents() == []


async def test_a_school_that_lost_its_line_while_nobody_was_heard_has_an_incident_of_its_own(there: Province) -> None:
    await there.pass_(5 * BEAT)
    there.cut(there.machines, NO_COLLECTOR)
    there.office_sees = OFFICE_CUT
    await there.pass_(10 * BEAT)
    began = there.at
    there.cut(there.of("S001"), LINE_LOST)
    await there.pass_(10 * BEAT)
    ended = there.at
    there.cut(there.of("S001"), NO_COLLECTOR)
    await there.pass_(10 * BEAT)
    there.office_sees = WELL
    there.mend(there.machines)
    await there.pass_(12 * BEAT)
    own, one = there.incidents()
    assert own.place == OWN_LINE
    assert (one.place, one.verdict, one.state, one.told) == (SCHOOL, Verdict.LINE, State.CLOSED, 0)
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3
    assert there.told() == 1, there.story()


async def test_a_line_that_was_mended_while_the_collectors_own_was_down_has_its_own_end(there: Province) -> None:
    await there.pass_(5 * BEAT)
    there.cut(there.of("S001"), LINE_LOST)
    began = there.at
    await there.pass_(8 * BEAT)
    there.cut([one for one in there.machines if one.school != "S001"], NO_COLLECTOR)
    there.office_sees = OFFICE_CUT
    await there.pass_(10 * BEAT)
    ended = there.at
    there.cut(there.of("S001"), NO_COLLECTOR)
    await there.pass_(10 * BEAT)
    there.office_sees = WELL
    there.mend(there.machines)
    await there.pass_(30 * BEAT)
    (one,) = [each for each in there.incidents() if each.place == SCHOOL]
    assert (one.state, one.verdict) == (State.CLOSED, Verdict.LINE)
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3, (one.ended - ended, one.ended_error, there.story())


async def test_a_line_that_was_mended_before_the_way_to_the_collector_was_has_its_own_end(there: Province) -> None:
    await there.pass_(5 * BEAT)
    there.cut(there.of("S001"), LINE_LOST)
    began = there.at
    await there.pass_(8 * BEAT)
    ended = there.at
    there.cut(there.of("S001"), NO_COLLECTOR)
    await there.pass_(10 * BEAT)
    there.mend(there.machines)
    await there.pass_(30 * BEAT)
    (one,) = [each for each in there.incidents() if each.place == SCHOOL]
    assert (one.state, one.verdict) == (State.CLOSED, Verdict.LINE)
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3, (one.ended - ended, one.ended_error, there.story())


async def test_a_line_that_went_again_while_nobody_was_heard_was_back_the_last_time(there: Province) -> None:
    await there.pass_(5 * BEAT)
    there.cut(there.of("S001"), LINE_LOST)
    began = there.at
    await there.pass_(8 * BEAT)
    away = there.at
    for seen in (LINE_LOST, NO_COLLECTOR, LINE_LOST):
        there.cut(there.of("S001"), seen)
        await there.pass_(8 * BEAT, judged=False)
    ended = there.at
    there.cut(there.of("S001"), NO_COLLECTOR)
    await there.pass_(4 * BEAT, judged=False)
    there.restart(away)
    there.mend(there.of("S001"))
    await there.pass_(30 * BEAT)
    (one,) = there.incidents()
    assert (one.place, one.state, one.verdict) == (SCHOOL, State.CLOSED, Verdict.LINE)
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3, (one.ended - ended, one.ended_error)
