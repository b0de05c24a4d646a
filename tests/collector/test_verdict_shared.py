"""One cause in many schools is one fault: a provider, an area, a service, the collector itself."""

from typing import Any

import msgspec
import pytest
from tests.collector.verdict_scene import CUT, WELL, Pc, pcs, rungs, seen

from schooldrum_collector.judge.fault import Answer, Degree, Fault, Kind, Level, Line, Place, Rung, SchoolSeen, Verdict
from schooldrum_collector.judge.incident_places import Circumstances
from schooldrum_collector.judge.incidents import advance
from schooldrum_collector.judge.school_standing import SchoolStanding, standing_of
from schooldrum_collector.judge.sentences import grounds, what
from schooldrum_collector.judge.shared_faults import shared
from schooldrum_collector.judge.verdict import faults

LATER = CUT + 1800
BACK = CUT + 3600
KNOWN = BACK + 1800


def school(
    number: int,
    breaks: str = "",
    *,
    provider: str = "A",
    area: str = "p/ward1",
    cut: float = CUT,
    known: float | None = None,
    observes: tuple[Rung, ...] = (),
    **more: Any,
) -> SchoolSeen:
    code = f"S{number:03}"
    everybody = pcs({f"{code}/main/tin1": 2, f"{code}/main/office": 2}, breaks=lambda *_: breaks, cut=cut, back=BACK)
    if observes:
        everybody = [
            msgspec.structs.replace(pc, observer=True, climbs_online=observes) if "office" in pc.room else pc
            for pc in everybody
        ]
    lines: dict[str, tuple[Line, ...]] = {f"{code}/main": (Line(code="main", provider=provider),)} if provider else {}
    found = seen(everybody, LATER, known=known, remembered=known is not None, code=code, area=area, lines=lines, **more)
    return msgspec.structs.replace(
        found,
        witnesses=tuple(msgspec.structs.replace(one, machine=f"{code}-{one.machine}") for one in found.witnesses),
    )


def judged(*schools: SchoolSeen, office: SchoolSeen | None = None) -> tuple[Fault, ...]:
    by_school = {one.school: faults(one, LATER) for one in schools}
    standings = {one.school: standing_of(one, LATER) for one in (*schools, *([office] if office else []))}
    return shared(by_school, standings, LATER, office=office)


def range_of(begin: int, end: int, breaks: str = "", **more: Any) -> list[SchoolSeen]:
    return [school(number, breaks, **more) for number in range(begin, end)]


def test_a_provider_in_two_wards_while_others_are_fine():
    found = judged(
        *range_of(0, 7, "line"),
        *range_of(7, 14, "line", area="p/ward2"),
        school(14),
        *range_of(20, 29, provider="B"),
    )
    (fault,) = found
    assert (fault.place, fault.kind) == (Place(Level.PROVIDER, "A"), Kind.OUTAGE)
    assert (fault.verdict, fault.degree) == (Verdict.LINE, Degree.PROBABLE)
    assert fault.evidence.counts == {"schools": 14, "of": 15, "others": 9, "measured": 0}
    assert fault.evidence.names["schools"] == tuple(f"S{n:03}" for n in range(14))
    assert abs(fault.began - CUT) <= fault.error


def test_it_is_found_once_schools_have_measured_it():
    (fault,) = judged(*range_of(0, 6, "line", known=KNOWN), *range_of(6, 10, "line"), *range_of(20, 25, provider="B"))
    assert (fault.verdict, fault.degree, fault.evidence.word) == (Verdict.LINE, Degree.FOUND, "provider")
    assert fault.evidence.counts["measured"] == 6


@pytest.mark.parametrize(
    ("why", "schools"),
    [
        ("two are too few", [*range_of(0, 2, "line"), *range_of(20, 25, provider="B")]),
        ("most of its schools are fine", [*range_of(0, 4, "line"), *range_of(4, 12)]),
        (
            "they went at different hours",
            [school(n, "line", cut=CUT - 900 * n) for n in range(4)] + range_of(20, 29, provider="B"),
        ),
        ("each in a ward of its own", [school(n, "line", area=f"p/ward{n}") for n in range(3)] + range_of(4, 30)),
    ],
)
def test_what_is_no_common_cause(why, schools):
    assert judged(*schools) == (), why


def test_an_area_whatever_the_provider():
    fine = range_of(40, 60, area="q/far")
    down = [school(n, "dark", provider="AB"[n % 2]) for n in range(8)]
    (fault,) = judged(*down, *fine)
    assert (fault.place, fault.verdict) == (Place(Level.AREA, "p/ward1"), Verdict.UNKNOWN)
    assert fault.evidence.causes == (Verdict.POWER, Verdict.LINE)
    answered = [
        msgspec.structs.replace(
            one,
            answers=(Answer(place=Place(Level.SCHOOL, one.school), answer="power_cut", at=CUT + 400),) if n < 3 else (),
        )
        for n, one in enumerate(down)
    ]
    (fault,) = judged(*answered, *fine)
    assert (fault.verdict, fault.degree, fault.evidence.counts["power"]) == (Verdict.POWER, Degree.PROBABLE, 3)


def test_everybody_silent_at_once_is_one_fault_never_120():
    everybody = [school(n, "collector", provider="AB"[n % 2], area=f"p/ward{n % 7}") for n in range(120)]
    (fault,) = judged(*everybody)
    assert (fault.place, fault.verdict) == (Place(Level.SERVICE, "collector"), Verdict.UNKNOWN)
    assert len(fault.evidence.names["schools"]) == 120
    office = school(900, observes=rungs("national", "international"), provider="")
    (fault,) = judged(*everybody, office=office)
    assert (fault.verdict, fault.degree) == (Verdict.COLLECTOR, Degree.PROBABLE)
    office = school(900, observes=WELL, provider="")
    assert {fault.place.level for fault in judged(*everybody, office=office)} == {Level.AREA}
    told = [school(n, "collector", known=KNOWN, area=f"p/ward{n % 7}") for n in range(120)]
    (fault,) = judged(*told)
    assert (fault.verdict, fault.degree) == (Verdict.COLLECTOR, Degree.FOUND)


def test_routes_abroad_of_one_provider_and_of_all():
    away = rungs("international")
    (fault,) = judged(*range_of(0, 5, observes=away), *range_of(20, 25, provider="B", observes=WELL))
    assert (fault.place, fault.verdict, fault.degree) == (
        Place(Level.PROVIDER, "A"),
        Verdict.INTERNATIONAL,
        Degree.FOUND,
    )
    (fault,) = judged(*range_of(0, 5, observes=away), *range_of(20, 25, provider="B", observes=away))
    assert (fault.place.level, fault.verdict) == (Level.AREA, Verdict.INTERNATIONAL)
    assert judged(*range_of(0, 3, observes=away), *range_of(3, 12, observes=WELL)) == ()


def test_routes_abroad_are_one_fault_though_some_have_their_resolver_there():
    away, nameless = rungs("international"), rungs("resolver", "international")
    (fault,) = judged(
        *range_of(0, 5, observes=away),
        *range_of(5, 9, observes=nameless),
        *range_of(20, 25, provider="B", observes=WELL),
    )
    assert (fault.place, fault.verdict) == (Place(Level.PROVIDER, "A"), Verdict.INTERNATIONAL)
    assert len(fault.evidence.names["schools"]) == 9
    (fault,) = judged(*range_of(0, 5, observes=nameless), *range_of(20, 25, provider="B", observes=WELL))
    assert (fault.verdict, fault.evidence.word) == (Verdict.DNS, "provider_dns")
    assert grounds(fault, {}, "en").endswith("Sites abroad cannot be reached by address either.")


ANSWERED = (*WELL, Rung(step="service", target="csdl", passed=True))
REFUSED = (*WELL, Rung(step="service", target="csdl", passed=False))


def test_a_service():
    (fault,) = judged(*range_of(0, 57, observes=REFUSED), *range_of(57, 60, observes=ANSWERED))
    assert (fault.place, fault.kind, fault.target) == (Place(Level.SERVICE, "csdl"), Kind.SERVICE, "csdl")
    assert (fault.verdict, fault.degree) == (Verdict.SERVICE, Degree.FOUND)
    assert fault.evidence.counts == {"schools": 57, "of": 60, "others": 3}
    office = school(900, observes=REFUSED)
    (fault,) = judged(*range_of(0, 2, observes=REFUSED), office=office)
    assert fault.evidence.word == "service_and_office"
    assert judged(*range_of(0, 2, observes=REFUSED)) == ()
    assert judged(*range_of(0, 3, observes=REFUSED), *range_of(3, 9, observes=ANSWERED)) == ()
    office = school(900, observes=ANSWERED)
    (fault,) = judged(*range_of(0, 5, observes=REFUSED), office=office)
    assert fault.degree is Degree.PROBABLE


def test_the_standing_of_a_school_that_is_off():
    off = school(1, "dark", expected={"S001/main/tin1": False, "S001/main/office": False})
    assert standing_of(off, LATER) == SchoolStanding(school="S001", area="p/ward1", providers=frozenset({"A"}))


def test_a_thousand_schools_with_one_pc_each_are_told_apart():
    small = [
        msgspec.structs.replace(one, witnesses=one.witnesses[:1])
        for one in range_of(0, 6, "line") + range_of(6, 12, provider="B")
    ]
    (fault,) = judged(*small)
    assert (fault.place, fault.evidence.counts["schools"]) == (Place(Level.PROVIDER, "A"), 6)


def test_a_school_with_two_lines_speaks_for_the_one_it_lost():
    lost = [
        msgspec.structs.replace(
            one,
            lines={f"{one.school}/main": (Line(code="main", provider="A"), Line(code="second", provider="B"))},
            witnesses=tuple(msgspec.structs.replace(each, provider="B") for each in one.witnesses),
        )
        for one in range_of(0, 3)
    ]
    (fault,) = judged(*lost, *range_of(3, 5, "line"), *range_of(20, 25, provider="B"))
    assert (fault.place, fault.evidence.counts["of"]) == (Place(Level.PROVIDER, "A"), 5)


def with_two_lines(number: int, *, main: str, second: str, main_since: float | None) -> SchoolSeen:
    """Its lab goes by the main line, its office by the second: that is gone at CUT, the main one since this time."""
    code = f"S{number:03}"
    lab = pcs({f"{code}/main/tin1": 4}, breaks=lambda *_: "line", cut=main_since or CUT, back=BACK, provider=main)
    office = [
        msgspec.structs.replace(one, number=one.number + 10, provider=second)
        for one in pcs({f"{code}/main/office": 3}, breaks=lambda *_: "line", cut=CUT, back=BACK)
    ]
    both = Line(code="main", provider=main), Line(code="second", provider=second)
    there = office if main_since is None else [*lab, *office]
    found = seen(there, LATER, remembered=True, code=code, area="p/ward1", lines={f"{code}/main": both})
    return msgspec.structs.replace(
        found,
        witnesses=tuple(msgspec.structs.replace(one, machine=f"{code}-{one.machine}") for one in found.witnesses),
    )


@pytest.mark.parametrize(
    ("lines", "is_part"),
    [
        ({"main": "B", "second": "A", "main_since": CUT - 1080}, True),
        ({"main": "B", "second": "A", "main_since": None}, True),
        ({"main": "B", "second": "A", "main_since": CUT}, False),
    ],
    ids=["the main line was out", "nobody is on by the main line", "both lines at once"],
)
def test_a_school_whose_other_line_is_out_goes_with_the_provider_of_its_last(lines: dict[str, Any], is_part: bool):  # noqa: FBT001 - a table's column
    two = with_two_lines(9, **lines)
    (fault,) = judged(two, *range_of(0, 3), *range_of(10, 14, "line"), *range_of(20, 27, provider="B"))
    assert (fault.place, fault.degree) == (Place(Level.PROVIDER, "A"), Degree.PROBABLE)
    assert ("S009" in fault.evidence.names["schools"]) is is_part
    assert abs(fault.began - CUT) <= fault.error + 60
    assert fault.evidence.counts["schools"] == 4 + is_part


def test_such_a_school_is_told_of_nothing_but_the_provider_s_outage():
    there = [
        with_two_lines(9, main="B", second="A", main_since=CUT - 1080),
        *range_of(10, 14, "line"),
        *range_of(20, 27, provider="B"),
    ]
    own = [fault for one in there for fault in faults(one, LATER)]
    rooms = {each.machine: each.room for one in there for each in one.witnesses}
    around = Circumstances(next_number=1001, judged=frozenset(one.school for one in there), rooms=rooms)
    known = [one.incident for one in advance((), [*own, *judged(*there)], LATER, around)]
    told = {one.number: one for one in known if one.told}
    (whole,) = told.values()
    assert (whole.place, "S009" in whole.schools) == (Place(Level.PROVIDER, "A"), True)
    assert {one.parent for one in known if one.number not in told and one.school} == {whole.number}


def test_one_that_watches_alone():
    alone = [Pc(number=1, room="S1/main/office", breaks="line", back=BACK)]
    only = seen(alone, LATER)
    assert judged(only) == ()


@pytest.mark.parametrize(
    ("second", "heading_vi", "heading_en", "more"),
    [
        (
            2,
            "6 trường mất Internet",
            "6 schools without Internet",
            "Of these, 2 schools have Internet by another line.",
        ),
        (1, "7 trường mất Internet", "7 schools without Internet", "Of these, 1 school has Internet by another line."),
        (8, "8 trường mất một đường truyền", "8 schools lost one line", "8 schools have Internet by another line."),
        (0, "8 trường mất Internet", "8 schools without Internet", ""),
    ],
)
def test_who_has_another_line_that_works_is_not_counted_as_without_internet(second, heading_vi, heading_en, more):
    schools = [*range_of(0, 8, "line"), *range_of(20, 25, provider="B")]
    by_school = {one.school: faults(one, LATER) for one in schools}
    for code in sorted(by_school)[:second]:
        (whole,) = by_school[code]
        named = msgspec.structs.replace(whole.evidence, word="second_line", names={"provider": ("A",)})
        by_school[code] = (msgspec.structs.replace(whole, kind=Kind.SECOND_LINE, target="main", evidence=named),)
    standings = {one.school: standing_of(one, LATER) for one in schools}
    (fault,) = shared(by_school, standings, LATER)
    assert len(fault.evidence.names["schools"]) == 8, "all of them are a part of it, and held down by it"
    assert (what(fault, {}, "vi"), what(fault, {}, "en")) == (heading_vi, heading_en)
    assert grounds(fault, {}, "en").startswith("8 of 8 schools with provider A here went together;")
    assert more in grounds(fault, {}, "en")
    assert ("another line" in grounds(fault, {}, "en")) is bool(more)


@pytest.mark.parametrize(("before", "together"), [(0, 7), (60, 7), (200, 6)])
def test_who_was_gone_before_did_not_go_together_with_the_others(before, together):
    (fault,) = judged(*range_of(0, 6, "line"), school(6, "line", cut=CUT - before), *range_of(20, 25, provider="B"))
    assert len(fault.evidence.names["schools"]) == 7
    assert what(fault, {}, "en") == "7 schools without Internet"
    assert grounds(fault, {}, "en").startswith(f"{together} of 7 schools with provider A here went together;")
    assert grounds(fault, {}, "vi").startswith(f"{together}/7 trường dùng nhà mạng A tại đây mất cùng lúc;")
