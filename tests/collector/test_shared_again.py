"""Incidents of many schools get their dates, and a surer cause, from what the schools measured."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.collector.province import BEAT, LINE_LOST, NO_COLLECTOR, OFFICE_CUT, WELL, Province, province_at

from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening, State
from schooldrum_collector.judge.incident_likeness import explains
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.own_line import OWN_LINE
from schooldrum_collector.judge.shared_again import again, parts_of
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Machine

T = 1_790_000_000.0
PROVIDER = Place(Level.PROVIDER, "A")


def incident(place: Place = PROVIDER, **fields: Any) -> Incident:
    values: dict[str, Any] = {
        "number": 1001,
        "kind": Kind.OUTAGE,
        "verdict": Verdict.LINE,
        "degree": Degree.PROBABLE,
        "first": Opening(place=place, verdict=Verdict.LINE, degree=Degree.PROBABLE, began=T, error=60, measured=False),
        "opened": T + 200,
        "began": T,
        "began_error": 60.0,
        "began_measured": False,
        "evidence": Evidence(word="provider_silent", counts={"schools": 5, "of": 6, "others": 4, "measured": 0}),
        "state": State.CLOSED,
        "closed": T + 4000,
        "ended": T + 3700,
        "ended_error": 300.0,
        "schools": tuple(f"S{n}" for n in range(5)),
        **fields,
    }
    return Incident(place=place, **values)


def part(school: int, began: float = 0.0, ended: float | None = 3600.0, **fields: Any) -> Fault:
    values: dict[str, Any] = {
        "kind": Kind.OUTAGE,
        "verdict": Verdict.LINE,
        "degree": Degree.FOUND,
        "error": 20.0,
        "measured": True,
        "evidence": Evidence(word="line"),
        "ended": None if ended is None else T + ended,
        **fields,
    }
    return Fault(place=Place(Level.SCHOOL, f"S{school}"), began=T + began, **values)


def dates(*parts: Fault, **fields: Any) -> tuple[float, float | None] | None:
    found = again(incident(**fields), parts)
    return None if found is None else (found.began - T, None if found.ended is None else found.ended - T)


def test_dates_are_those_of_the_schools() -> None:
    assert dates(part(0)) is None, "one alone dates nothing"
    assert dates(part(0, measured=False), part(1, measured=False)) is None
    assert dates(part(0, 5, error=10.0), part(1, -5)) == (5, 3600)
    assert dates(part(0), part(1), part(2, -250, error=1.0)) == (0, 3600), "one that is far off moves nothing"


def test_it_is_over_when_half_of_them_are_well() -> None:
    ends = [part(n, ended=1000.0 * (n + 1)) for n in range(4)]
    assert dates(*ends) == (0, 2000)
    assert dates(*ends, part(4, ended=None)) == (0, 3000)
    assert dates(part(0, ended=1000.0), part(1, ended=None), part(2, ended=None)) == (0, None)


@pytest.mark.parametrize(
    ("place", "verdict", "parts", "cause"),
    [
        (PROVIDER, Verdict.LINE, [part(0), part(1)], (Verdict.LINE, Degree.FOUND, "provider")),
        (
            PROVIDER,
            Verdict.INTERNATIONAL,
            [part(0, verdict=Verdict.INTERNATIONAL), part(1, verdict=Verdict.INTERNATIONAL)],
            (Verdict.INTERNATIONAL, Degree.PROBABLE, "provider_silent"),
        ),
        (Place(Level.AREA, "hn"), Verdict.UNKNOWN, [part(0), part(1)], (Verdict.LINE, Degree.PROBABLE, "area_line")),
        (
            Place(Level.AREA, "hn"),
            Verdict.UNKNOWN,
            [part(n, verdict=Verdict.POWER, degree=Degree.PROBABLE) for n in range(2)],
            (Verdict.POWER, Degree.PROBABLE, "area_power"),
        ),
        (
            OWN_LINE,
            Verdict.UNKNOWN,
            [part(n, verdict=Verdict.COLLECTOR, degree=Degree.PROBABLE) for n in range(3)],
            (Verdict.COLLECTOR, Degree.FOUND, "collector_down"),
        ),
    ],
)
def test_the_cause_the_schools_name(
    place: Place, verdict: Verdict, parts: list[Fault], cause: tuple[Verdict, Degree, str]
) -> None:
    found = again(incident(place, verdict=verdict), parts)
    assert found is not None
    assert (found.verdict, found.degree, found.evidence.word) == cause


def test_its_parts_are_the_records_of_its_schools_that_began_with_it() -> None:
    def own(number: int, school: str, **fields: Any) -> Incident:
        place = Place(fields.pop("level", Level.SCHOOL), school)
        return msgspec.structs.replace(incident(place), number=number, schools=(school,), **fields)

    records = [
        own(1, "S0"),
        own(2, "S0", began_measured=True),
        own(3, "S1", began=T - 4000),
        own(4, "S2", kind=Kind.LOSS),
        own(5, "S3", state=State.WITHDRAWN),
        own(6, "S9"),
        own(7, "S4", level=Level.MACHINE),
    ]
    parts = parts_of(incident(), records)
    assert [(one.place.path, one.measured) for one in parts] == [("S0", True)]


@pytest.fixture
def made(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Callable[..., Province]:
    def made(*, office: bool) -> Province:
        return province_at(opened, tmp_path, enrol, 10, office=office)

    return made


async def test_a_providers_outage_is_dated_by_its_schools(made: Callable[..., Province]) -> None:
    there = made(office=False)
    await there.pass_(5 * BEAT)
    began = there.at
    there.cut(there.of(*(f"S{n:03}" for n in range(0, 10, 2))), LINE_LOST)
    await there.pass_(20 * BEAT)
    live = next(one for one in there.incidents() if one.place == PROVIDER)
    assert (live.degree, live.began_measured) == (Degree.PROBABLE, False)
    ended = there.at
    there.mend(there.machines)
    await there.pass_(15 * BEAT)
    one = next(one for one in there.incidents() if one.place == PROVIDER)
    assert (one.verdict, one.degree, one.evidence.word, one.state) == (
        Verdict.LINE,
        Degree.FOUND,
        "provider",
        State.CLOSED,
    )
    assert one.began_measured
    assert one.ended_measured
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3
    assert there.told() == 1, there.story()


@pytest.mark.parametrize("office", [False, True])
async def test_the_collectors_own_line_is_dated_by_those_who_could_not_reach_it(
    made: Callable[..., Province],
    office: bool,  # noqa: FBT001 - a table's column
) -> None:
    there = made(office=office)
    await there.pass_(5 * BEAT)
    began = there.at
    there.cut(there.machines, NO_COLLECTOR)
    there.office_sees = OFFICE_CUT
    await there.pass_(20 * BEAT)
    ended = there.at
    there.office_sees = WELL
    there.mend(there.machines)
    await there.pass_(15 * BEAT)
    (one,) = there.incidents()
    assert (one.verdict, one.degree, one.state) == (Verdict.COLLECTOR, Degree.FOUND, State.CLOSED), there.story()
    assert abs(one.began - began) <= one.began_error + BEAT / 3
    assert abs(one.ended - ended) <= one.ended_error + BEAT / 3
    assert one.began_measured
    assert one.ended_measured
    assert there.told() == 1, there.story()


async def test_what_a_provider_s_outage_leaves_while_its_schools_come_back_is_no_area_s(
    made: Callable[..., Province],
) -> None:
    there = made(office=False)
    with there.store.writing() as writer:
        # Beside two schools of one provider a third with two lines: too few for the provider, enough for a ward.
        writer.put_line(RegisteredLine(school="S008", site="main", code="second", provider="B"))
    await there.pass_(5 * BEAT)
    evens = [f"S{n:03}" for n in range(0, 10, 2)]
    there.cut(there.of(*evens))
    await there.pass_(20 * BEAT)
    for code in ("S002", "S006", "S000", "S004", "S008"):
        there.mend(there.of(code))
        await there.pass_(BEAT)
    await there.pass_(15 * BEAT)
    assert {one.place.level for one in there.incidents()} == {Level.PROVIDER, Level.SCHOOL}, there.story()
    assert {one.state for one in there.incidents()} == {State.CLOSED}


@pytest.mark.parametrize(
    ("providers", "told", "explained"), [(("A",), T, True), (("B",), T, False), (("B",), 0.0, True), ((), T, True)]
)
def test_a_provider_s_outage_explains_no_line_of_another_that_was_told(
    providers: tuple[str, ...], told: float, *, explained: bool
) -> None:
    evidence = Evidence(word="second_line", names={"provider": providers})
    place = Place(Level.SCHOOL, "S0")
    assert explains(incident(), incident(place, kind=Kind.SECOND_LINE, evidence=evidence, told=told)) is explained
