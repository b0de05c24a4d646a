"""The collector loses its own line: one incident, one message, none of a school; nothing else is taken for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.collector.province import BEAT, LINE_LOST, NO_COLLECTOR, OFFICE_CUT, WELL, Province, province_at

from schooldrum_collector.judge.fault import Degree, Level, Place, Verdict
from schooldrum_collector.judge.incident import Severity, State
from schooldrum_collector.judge.own_line import OWN_LINE, Newest, unsettled
from schooldrum_collector.show.incident_words import read
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Machine

SCHOOLS = 12


@pytest.fixture
def made(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Callable[..., Province]:
    def made(schools: int = SCHOOLS, *, office: bool = True) -> Province:
        return province_at(opened, tmp_path, enrol, schools, office=office)

    return made


async def test_one_incident_and_one_message_while_nobody_is_heard_and_after(made: Callable[..., Province]) -> None:
    there = made()
    await there.pass_(5 * BEAT)
    assert there.incidents() == []
    cut_at = there.at
    there.cut(there.machines, NO_COLLECTOR)
    there.office_sees = OFFICE_CUT
    await there.pass_(4 * BEAT + 5)
    (own,) = there.incidents()
    assert (own.place, own.verdict, own.degree) == (OWN_LINE, Verdict.COLLECTOR, Degree.PROBABLE)
    assert own.told <= cut_at + 4 * BEAT
    assert own.severity is Severity.URGENT
    assert read(there.store.register(), own, there.at, "vi").heading.startswith("Máy chủ tổng hợp: ")
    assert read(there.store.register(), own, there.at, "en").heading.startswith("Collector: ")
    assert own.began_measured
    assert abs(own.began - cut_at) <= own.began_error + 10
    await there.pass_(20 * BEAT)
    assert there.told() == 1, there.story()
    assert set(there.incidents()[0].schools) == {"SO", *(f"S{n:03}" for n in range(SCHOOLS))}
    # Some wait for their longest pause before they try again.
    there.office_sees = WELL
    there.mend(there.machines, over=14 * 60)
    await there.pass_(40 * BEAT)
    assert there.told() == 1, there.story()
    (own,) = there.incidents()
    assert own.state is State.CLOSED


async def test_without_a_pc_beside_it_everybodys_silence_is_one_incident(made: Callable[..., Province]) -> None:
    there = made(office=False)
    await there.pass_(5 * BEAT)
    there.cut(there.machines, NO_COLLECTOR)
    await there.pass_(24 * BEAT)
    (own,) = there.incidents()
    assert (own.place, own.first.verdict) == (OWN_LINE, Verdict.UNKNOWN)
    there.mend(there.machines, over=14 * 60)
    await there.pass_(40 * BEAT)
    assert there.told() == 1, there.story()
    (own,) = there.incidents()
    assert own.state is State.CLOSED


@pytest.mark.parametrize("schools", [1, 2])
async def test_with_few_schools_the_pc_beside_it_tells(made: Callable[..., Province], schools: int) -> None:
    there = made(schools)
    await there.pass_(5 * BEAT)
    there.cut(there.machines, NO_COLLECTOR)
    there.office_sees = OFFICE_CUT
    await there.pass_(12 * BEAT)
    there.office_sees = WELL
    there.mend(there.machines, over=600)
    await there.pass_(40 * BEAT)
    (own,) = there.incidents()
    assert (own.place, own.verdict, own.state) == (OWN_LINE, Verdict.COLLECTOR, State.CLOSED)
    assert there.told() == 1, there.story()


async def test_the_line_of_one_school_is_its_own_though_the_office_loses_the_world_abroad(
    made: Callable[..., Province],
) -> None:
    there = made()
    await there.pass_(5 * BEAT)
    there.cut(there.of("S003"), LINE_LOST)
    await there.pass_(8 * BEAT)
    (lost,) = there.incidents()
    assert lost.place == Place(Level.SCHOOL, "S003")
    assert lost.told


async def test_schools_that_report_prove_that_the_line_works_whatever_the_pc_beside_it_says(
    made: Callable[..., Province],
) -> None:
    there = made()
    await there.pass_(5 * BEAT)
    there.office_sees = OFFICE_CUT
    await there.pass_(12 * BEAT)
    assert OWN_LINE not in {one.place for one in there.incidents()}


async def test_a_pc_beside_it_that_says_now_this_now_that_hides_no_school(made: Callable[..., Province]) -> None:
    there = made()
    await there.pass_(5 * BEAT)
    there.cut(there.of("S003"), LINE_LOST)
    for _ in range(5):
        there.office_sees = OFFICE_CUT
        await there.pass_(BEAT)
        there.office_sees = WELL
        await there.pass_(BEAT)
    (lost,) = there.incidents()
    assert lost.place == Place(Level.SCHOOL, "S003")
    assert lost.told


async def test_nine_of_ten_schools_silent_while_the_line_works_is_one_incident_of_their_area(
    made: Callable[..., Province],
) -> None:
    there = made()
    await there.pass_(5 * BEAT)
    there.cut(there.machines)
    await there.pass_(6 * BEAT)
    told = [one for one in there.incidents() if one.told]
    assert [(one.place.level, one.verdict) for one in told] == [(Level.AREA, Verdict.UNKNOWN)]
    assert there.told() == 1, there.story()


@pytest.mark.parametrize(
    ("ages", "held"),
    [
        ([], 0),
        ([90, 100], 0),
        ([90, 100, 110], 3),
        ([89, 100, 110], 0),
        ([*[100] * 9, 10], 9),
        ([*[100] * 8, 10], 0),
        ([190, 200, 240], 3),
        ([196, 200, 240], 0),
        ([100, 110, 9999], 0),
        ([100, 110, 120, 9999], 3),
    ],
)
def test_all_is_unsettled_until_the_last_is_missed(ages: list[float], held: int) -> None:
    now = 1e9
    newest = {f"S{number}": Newest(now - age, 60) for number, age in enumerate(ages)}
    assert len(unsettled(newest, lambda _: (), now)) == held


@pytest.mark.parametrize(
    ("quiet", "heard", "held"), [(3, 3, True), (3, 4, False), (2, 0, False), (40, 40, True), (40, 41, False)]
)
def test_half_of_those_with_a_provider_in_common_are_unsettled_together(
    quiet: int,
    heard: int,
    held: bool,  # noqa: FBT001 - a table's column
) -> None:
    now = 1e9
    newest = {f"A{number}": Newest(now - (100 if number < quiet else 10), 60) for number in range(quiet + heard)}
    newest.update({f"B{number}": Newest(now - 10, 60) for number in range(500)})
    found = unsettled(newest, lambda code: (code[0],), now)
    assert found == ({f"A{number}" for number in range(quiet)} if held else set())
