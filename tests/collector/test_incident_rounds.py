"""Faults that come back, that a closed day explains, and several at once: one number and one message a cause."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.incident_office import AREAS, EVERYBODY, PROVIDER, ROOM_1, ROOMS, SCHOOL, Office, T, fault, members
from tests.collector.verdict_scene import CUT, pcs
from tests.collector.verdict_scene import seen as school_seen

from schooldrum_collector.judge.excuses import asking_all_heard, excuses
from schooldrum_collector.judge.fault import (
    Answer,
    Degree,
    Evidence,
    Fault,
    Kind,
    Level,
    Line,
    Place,
    SchoolSeen,
    Verdict,
    Witness,
)
from schooldrum_collector.judge.incident import Incident, Pause, Severity, State, What
from schooldrum_collector.judge.incident_corrections import parted, revised
from schooldrum_collector.judge.incident_grown import UNTOLD_SECONDS
from schooldrum_collector.judge.incident_likeness import may_be_one_cause
from schooldrum_collector.judge.incident_places import Circumstances, Excuse
from schooldrum_collector.judge.incident_spells import MOST_PAUSES, stretches, trouble_seconds, with_pause
from schooldrum_collector.judge.incidents import advance, after
from schooldrum_collector.judge.messages import SETTLE_SECONDS
from schooldrum_collector.judge.verdict import faults

KD = Place(Level.SCHOOL, "KD")
SILENT = Evidence(word="silent", causes=(Verdict.POWER, Verdict.LAN, Verdict.LINE))
LINE: dict[str, Any] = {"verdict": Verdict.LINE, "degree": Degree.FOUND, "measured": True, "error": 10.0}
POWER: dict[str, Any] = {"verdict": Verdict.POWER, "degree": Degree.FOUND}
NAMES: dict[str, Any] = {"verdict": Verdict.DNS, "degree": Degree.FOUND, "evidence": Evidence(word="dns")}
LOGIN: dict[str, Any] = {**LINE, "degree": Degree.PROBABLE, "evidence": Evidence(word="captive")}
LOSS: dict[str, Any] = {**LINE, "kind": Kind.LOSS, "evidence": Evidence(word="loss_line")}
BEYOND = Evidence(word="beyond_modem", causes=(Verdict.LINE, Verdict.DNS, Verdict.COLLECTOR))
ROOM_DARK: dict[str, Any] = {
    "verdict": Verdict.ROOM,
    "degree": Degree.PROBABLE,
    "evidence": Evidence(word="room_silent"),
}
MIDNIGHT = T - 3 * 3600
TODAY = Excuse(begin=MIDNIGHT, end=T + 9000, why="closed")


# What came back


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        (LINE, {"evidence": SILENT}, True),
        (LINE, POWER, False),
        (POWER, LINE, False),
        (LINE, {**LINE}, True),
        (LINE, {"verdict": Verdict.NATIONAL, "degree": Degree.FOUND}, False),
        (LINE, NAMES, False),
        (LINE, LOGIN, False),
        (LOGIN, {"evidence": SILENT}, True),
        (NAMES, NAMES, True),
        (LOSS, {**LOSS, "verdict": Verdict.INTERNATIONAL, "evidence": Evidence(word="loss_international")}, True),
        (LOSS, {**LOSS, "verdict": Verdict.LAN, "evidence": Evidence(word="loss_lan")}, False),
        (NAMES, {"evidence": SILENT}, False),
        (NAMES, {"verdict": Verdict.INTERNATIONAL, "degree": Degree.FOUND}, False),
        (NAMES, {"evidence": BEYOND}, True),
        (POWER, {"evidence": SILENT}, True),
        (POWER, ROOM_DARK, True),
        (ROOM_DARK, POWER, True),
        ({"verdict": Verdict.LAN, "degree": Degree.FOUND}, {"verdict": Verdict.ROOM, "degree": Degree.FOUND}, True),
        (LINE, {"verdict": Verdict.LAN, "degree": Degree.FOUND}, False),
        (LINE, {"verdict": Verdict.LAN, "degree": Degree.FOUND, "began": T + 5}, True),
        ({"evidence": SILENT}, {"evidence": SILENT}, True),
        ({"evidence": Evidence(word="room", causes=(Verdict.POWER,))}, LINE, False),
        ({}, LINE, True),
    ],
)
def test_what_comes_back_is_the_same_only_where_its_cause_may_be(
    first: dict[str, Any],
    second: dict[str, Any],
    one: bool,  # noqa: FBT001 - a column of the table
) -> None:
    office = Office()
    office.judge(200, fault(**first))
    office.judge(1000)
    assert office.judge(1300) == [What.CLOSED]
    happened = office.judge(1700, fault(**{"began": T + 1500, **second}))
    if one:
        assert happened in ([What.REOPENED], [What.REOPENED, What.CORRECTED])
    else:
        assert happened == [What.OPENED, What.TOLD]


CAUSES = st.builds(
    fault,
    verdict=st.sampled_from(list(Verdict)),
    evidence=st.lists(st.sampled_from(list(Verdict)), max_size=3).map(
        lambda causes: Evidence(word="silent", causes=tuple(causes))
    ),
)


@given(CAUSES, CAUSES)
def test_being_of_one_cause_goes_both_ways(one: Fault, other: Fault) -> None:
    assert may_be_one_cause(one, other) == may_be_one_cause(other, one)
    assert may_be_one_cause(one, one)


def test_what_befalls_a_school_after_its_providers_outage_is_its_own() -> None:
    office = Office()
    three = [fault(Place(Level.SCHOOL, code), evidence=SILENT) for code in ("BM", "HS", "KD")]
    shared = fault(PROVIDER, verdict=Verdict.LINE, degree=Degree.PROBABLE)
    office.judge(200, *three, shared)
    office.judge(3600)
    office.judge(3900)
    assert all(one.state is State.CLOSED for one in office.known)
    numbers = len(office.known)
    again = fault(KD, began=T + 4100, evidence=SILENT)
    assert office.judge(4300, again) == [What.OPENED, What.TOLD], "no flapping of a provider that is well"
    assert len(office.known) == numbers + 1
    assert (office.known[-1].place, office.known[-1].began, office.known[-1].verdict) == (KD, T + 4100, Verdict.UNKNOWN)


def test_a_provider_that_flaps_takes_its_schools_with_it() -> None:
    office = Office()
    codes = ("BM", "HS", "KD")
    first = [fault(Place(Level.SCHOOL, code), evidence=SILENT) for code in codes]
    office.judge(200, *first, fault(PROVIDER, verdict=Verdict.LINE, degree=Degree.PROBABLE))
    office.judge(3600)
    office.judge(3900)
    numbers = [one.number for one in office.known]
    again = [fault(Place(Level.SCHOOL, code), began=T + 4100, evidence=SILENT) for code in codes]
    office.judge(4300, *again, fault(PROVIDER, began=T + 4100, verdict=Verdict.LINE, degree=Degree.PROBABLE))
    assert [one.number for one in office.known] == numbers, "the same again, and nothing beside it"
    assert sum(one.what is What.TOLD for one in office.steps) == 1


def test_what_came_back_and_turns_out_to_be_something_else_parts() -> None:
    office = Office()
    office.judge(200, fault(evidence=SILENT))
    office.judge(1000)
    office.judge(1300, fault(**LINE, ended=T + 900))
    assert office.only().verdict is Verdict.LINE
    assert office.judge(1700, fault(began=T + 1500, evidence=SILENT)) == [What.REOPENED]
    happened = office.judge(2000, fault(began=T + 1500, **POWER))
    assert happened == [What.CLOSED, What.OPENED, What.CORRECTED], "who was told that it is back is told no more"
    line, power = office.known
    assert (line.verdict, line.state, line.ended, line.ended_measured, line.pauses) == (
        *(Verdict.LINE, State.CLOSED, T + 900, True),
        (),
    )
    assert (power.verdict, power.began, power.state) == (Verdict.POWER, T + 1500, State.OPEN)


def test_what_was_known_of_one_round_is_not_said_of_the_next() -> None:
    office = Office()
    office.judge(200, fault(**LINE))
    office.judge(1000)
    office.judge(1300)
    assert office.judge(1700, fault(began=T + 1500, evidence=SILENT)) == [What.REOPENED]
    again = office.only()
    assert (again.verdict, again.degree, again.evidence.word) == (Verdict.UNKNOWN, Degree.UNKNOWN, "silent")
    # What is known of the first round by now is the first round's.
    assert revised(again, [fault(**LINE)], T + 1800) == ()
    office.judge(2000, fault(began=T + 1500, **{**LINE, "error": 5.0}))
    assert office.only().verdict is Verdict.LINE


def test_a_short_round_that_turns_out_to_be_something_else_is_kept() -> None:
    office = Office()
    office.judge(200, fault(**LINE))
    office.judge(1000)
    office.judge(1300)
    office.judge(1700, fault(began=T + 1640, evidence=SILENT))
    office.judge(1800, fault(began=T + 1640, ended=T + 1700, verdict=Verdict.POWER, degree=Degree.PROBABLE))
    assert office.judge(2000) == [What.CLOSED]
    line, cut = office.known
    assert (line.verdict, line.state, line.pauses, line.earlier) == (Verdict.LINE, State.CLOSED, (), None)
    assert (cut.verdict, cut.state, cut.began, cut.ended) == (Verdict.POWER, State.CLOSED, T + 1640, T + 1700)


def test_what_the_backlog_tells_of_the_second_round_may_part_it() -> None:
    office = Office()
    office.judge(200, fault(evidence=SILENT))
    office.judge(1000)
    office.judge(1300)
    office.judge(1700, fault(began=T + 1500, evidence=SILENT))
    office.judge(2400)
    office.judge(2400 + 900)
    (whole,) = office.known
    line = fault(**LINE, began=T + 10, ended=T + 950)
    power = fault(verdict=Verdict.POWER, degree=Degree.PROBABLE, began=T + 1500, ended=T + 2300)
    again = fault(**LINE, began=T + 1510, ended=T + 2300)
    assert parted(whole, [line, again], T + 9000, 1002) == ()
    assert parted(whole, [power], T + 9000, 1002) == (), "of the first nothing more is known"
    first, second = parted(whole, [line, power], T + 9000, 1002)
    assert (first.what, second.what) == (What.CORRECTED, What.RECORDED)
    assert (first.incident.ended, first.incident.pauses, first.incident.rounds) == (T + 1000, (), 0)
    made = second.incident
    assert (made.number, made.verdict, made.began, made.ended) == (1002, Verdict.POWER, T + 1500, T + 2400)
    assert (made.told, made.schools, made.state) == (0.0, ("BM",), State.CLOSED)
    dated = [one for part in (first, second) for one in revised(part.incident, [line, power], T + 9000)]
    assert [(one.incident.verdict, one.incident.ended) for one in dated] == [
        *((Verdict.LINE, T + 950), (Verdict.POWER, T + 2300)),
    ]
    assert parted(first.incident, [line, power], T + 9100, 1003) == ()


# How long


def test_what_was_well_in_between_is_not_lost() -> None:
    office = Office()
    office.judge(200, fault(error=5.0))
    office.judge(1000)
    office.judge(1300)
    office.judge(1700, fault(began=T + 1500, error=5.0))
    assert office.only().pauses == (Pause(T + 1000, T + 1500, 800.0, end_error=5.0, noticed=T + 1700),)
    office.judge(2000)
    assert office.judge(2100, fault(began=T + 2060, error=5.0)) == []
    office.judge(2500)
    assert office.judge(2500 + 900) == [What.CLOSED]
    over = office.only()
    assert [(one.begin - T, one.end - T) for one in stretches(over, over.ended)] == [
        *((0, 1000), (1500, 2000)),
        (2060, 2500),
    ]
    assert trouble_seconds(over, over.ended) == 1000 + 500 + 440
    assert trouble_seconds(over, T + 1200) == 1000
    assert trouble_seconds(over, T - 5) == 0


@given(
    st.lists(st.tuples(st.floats(-50, 900), st.floats(0.1, 300)), max_size=8),
    st.floats(-10, 1200),
)
def test_stretches_and_pauses_share_the_time(given_: list[tuple[float, float]], until: float) -> None:
    office = Office()
    office.judge(200, fault())
    pauses = tuple(Pause(T + begin, T + begin + lasts) for begin, lasts in given_)
    incident = msgspec.structs.replace(office.only(), pauses=pauses)
    found = stretches(incident, T + until)
    assert found
    assert all(one.begin <= one.end for one in found)
    assert all(one.end <= other.begin for one, other in pairwise(found))
    assert 0 <= trouble_seconds(incident, T + until) <= max(0.0, until) + 1e-3
    middles = [(one.begin + one.end) / 2 for one in found if one.end > one.begin]
    assert not any(pause.begin < at < pause.end for at in middles for pause in pauses)


def test_one_that_comes_and_goes_for_weeks_stays_small() -> None:
    office = Office()
    office.judge(200, fault())
    incident = office.only()
    for number in range(3 * MOST_PAUSES):
        incident = msgspec.structs.replace(incident, ended=T + 100.0 * number + 1)
        incident = with_pause(incident, T + 100.0 * number + 2 + number / 1000)
    assert len(incident.pauses) == MOST_PAUSES
    assert with_pause(incident, incident.ended - 1) == incident


# Closed days


def excused(*machines: str, given: Excuse = TODAY) -> dict[str, Excuse]:
    return dict.fromkeys(machines, given)


def test_a_closed_day_explains_what_rests_on_silence() -> None:
    office = Office()
    office.judge(200, fault(evidence=SILENT))
    nobody = {"alive": frozenset[str]()}
    assert office.judge(900, **nobody) == [], "nothing is explained, and nobody is heard"
    assert office.judge(950, **nobody, excused=excused("a1", "a2")) == [], "of some of its machines"
    assert office.judge(1000, **nobody, excused=excused(*members(SCHOOL))) == [What.WITHDRAWN]
    assert office.judge(1010, **nobody, excused=excused(*members(SCHOOL))) == []
    gone = office.only()
    assert (gone.state, gone.excused, gone.told) == (State.WITHDRAWN, "closed", T + 200)
    (event,) = [one.event for one in office.steps if one.what is What.WITHDRAWN]
    assert event is not None
    assert event.reason == "closed"
    assert office.judge(1100, fault(evidence=SILENT)) == [What.REOPENED], "the day was opened again"
    assert office.only().excused == ""


def test_what_began_before_the_closed_day_ends_with_what_was_seen_last() -> None:
    office = Office()
    office.judge(200, fault(evidence=SILENT))
    later = Excuse(begin=T + 40000, end=T + 50000, why="closed")
    silent = {"alive": frozenset[str](), "excused": excused(*members(SCHOOL), given=later)}
    assert office.judge(50000, **silent) == [What.CLOSED]
    over = office.only()
    assert (over.ended, over.ended_error, over.excused) == (T + 200, 49800.0, "closed")


MEASURED: dict[str, Any] = {"measured": True, "degree": Degree.FOUND, "verdict": Verdict.LINE, "error": 30.0}


def _withdrawn(office: Office) -> Incident:
    office.judge(200, fault(evidence=SILENT))
    office.judge(1000, alive=frozenset(), excused=excused(*members(SCHOOL)))
    assert office.only().state is State.WITHDRAWN
    return office.only()


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({**MEASURED}, [What.REOPENED, What.CORRECTED]),
        ({**MEASURED, "began": T + 200, "error": 150.0}, [What.REOPENED, What.CORRECTED]),
        ({"evidence": SILENT}, []),
        ({**MEASURED, "measured": False}, []),
        ({**MEASURED, "verdict": Verdict.POWER, "degree": Degree.PROBABLE}, []),
        # It had been there the day before, or began after the school had fallen silent.
        ({**MEASURED, "began": T - 80000}, []),
        ({**MEASURED, "began": T + 700}, []),
        # It is over: that is for the record alone.
        ({**MEASURED, "ended": T + 1500}, []),
        ({**MEASURED, "place": ROOM_1}, [What.OPENED, What.TOLD]),
    ],
)
def test_what_is_measured_takes_up_what_a_closed_day_had_explained(fields, what) -> None:
    office = Office()
    first = _withdrawn(office)
    assert office.judge(2000, fault(**fields), excused=excused(*members(SCHOOL))) == what
    if What.REOPENED in what:
        assert office.judge(2010, fault(**fields), excused=excused(*members(SCHOOL))) == []
        again = office.only()
        assert (again.number, again.told, again.rounds, again.began_measured) == (first.number, first.told, 0, True)
        assert office.judge(3000, alive=frozenset(), excused=excused(*members(SCHOOL))) == [], "nor withdrawn again"


@pytest.mark.parametrize(
    ("fields", "taken_up"),
    [
        ({"ended": T + 9000}, True),
        ({"ended": T + 500}, True),
        ({}, False),
        ({"ended": T + 9000, "degree": Degree.PROBABLE}, False),
        ({"ended": T + 9000, "measured": False}, False),
        ({"ended": T + 9000, "began": T + 700}, False),
        ({"ended": T + 9000, "place": ROOM_1}, False),
    ],
)
def test_the_backlog_of_a_closed_day_takes_up_what_was_withdrawn_and_tells_nobody(fields, taken_up) -> None:
    office = Office()
    first = _withdrawn(office)
    steps = revised(first, [fault(**{**MEASURED, **fields})], T + 10000)
    assert [one.what for one in steps] == ([What.CORRECTED] if taken_up else [])
    for one in steps:
        over = one.incident
        assert (over.number, over.state, over.verdict, over.excused) == (first.number, State.CLOSED, Verdict.LINE, "")
        assert (over.ended, over.ended_measured, over.told, over.first) == (
            fields["ended"],
            True,
            first.told,
            first.first,
        )
        assert over.closed >= over.ended >= over.began
        assert revised(over, [fault(**{**MEASURED, **fields})], T + 10010) == ()
    by_a_person = msgspec.structs.replace(first, excused="")
    assert revised(by_a_person, [fault(**{**MEASURED, **fields})], T + 10000) == ()


@pytest.mark.parametrize(
    "fields",
    [LINE, {"kind": Kind.LOSS}, {"kind": Kind.MUTE}, {"kind": Kind.SERVICE, "target": "mail"}, {"began": T + 9500}],
)
def test_what_was_measured_or_began_later_is_not_explained(fields: dict[str, Any]) -> None:
    office = Office()
    given = fault(**fields)
    office.judge(9700, given)
    assert office.judge(9900, alive=frozenset(), excused=excused(*members(SCHOOL))) == []
    assert office.only().state is State.OPEN
    assert office.judge(9950, given, excused=excused(*members(SCHOOL))) == [], "who is heard goes on telling of it"


def test_one_of_many_schools_is_explained_when_all_of_them_are() -> None:
    office = Office()
    area = Place(Level.AREA, "hn")
    shared = fault(area, blamed=(), evidence=Evidence(word="area_silent", names={"schools": ("BM", "HS")}))
    office.judge(200, shared)
    quiet = {"alive": frozenset[str]()}
    of_one = [one for one, room in ROOMS.items() if room.startswith("BM/")]
    assert office.judge(900, **quiet, excused=excused(*of_one)) == []
    both = [one for one, room in ROOMS.items() if not room.startswith("KD/")]
    assert office.judge(950, **quiet, judged=frozenset({"BM"}), excused=excused(*both)) == [], "HS was not judged"
    assert office.judge(1000, **quiet, excused=excused(*both)) == [What.WITHDRAWN]


def seen(**fields: object) -> SchoolSeen:
    rooms = {"a1": "BM/main/tin1", "b1": "BM/main/tin2", "s1": "BM/main/sv"}
    witnesses = tuple(
        Witness(
            machine=machine,
            alias=machine,
            room=room,
            presence="online" if machine == "b1" else "off",
            heard=T,
            beat=60,
            always_on=machine == "s1",
        )
        for machine, room in rooms.items()
    )
    given = {"school": "BM", "area": "hn", "witnesses": witnesses, "rooms": tuple(rooms.values()), **fields}
    return SchoolSeen(**given)  # type: ignore[arg-type]  # every field by its name


def test_whose_silence_is_explained() -> None:
    closed = excuses(seen(), lambda _: MIDNIGHT, T)
    assert closed == excused("a1", "b1", given=Excuse(begin=MIDNIGHT, end=T, why="closed")), "a server is always on"
    assert excuses(seen(), lambda room: MIDNIGHT if room.endswith("tin1") else None, T).keys() == {"a1"}
    for answer, until, found in (
        ("switched_off", T + 3600, {"a1": "switched_off"}),
        ("closed", T + 3600, {"a1": "closed"}),
        ("switched_off", T - 1, {}),
        ("power", 0.0, {}),
    ):
        given = Answer(place=ROOM_1, answer=answer, at=T - 60, until=until)
        told = excuses(seen(answers=(given,)), lambda _: None, T)
        assert {machine: one.why for machine, one in told.items()} == found
        assert all((one.begin, one.end) == (until - 86400, T - 60 + 600) for one in told.values())


def test_who_is_heard_is_asked_whether_expected_or_not() -> None:
    assert {one.machine: one.always_on for one in asking_all_heard(seen()).witnesses} == {
        "a1": False,
        "b1": True,
        "s1": True,
    }


# Several at once


def test_both_lines_of_a_school_are_one_incident() -> None:
    office = Office()
    half = ("a1", "a2", "a3")
    first = fault(kind=Kind.SECOND_LINE, target="main", verdict=Verdict.LINE, degree=Degree.PROBABLE, blamed=half)
    both = fault(began=T + 30, blamed=("b1", "b2", "b3"))
    assert office.judge(200, first) == [What.OPENED, What.TOLD]
    assert office.judge(230, first, both) == [What.RESCOPED]
    assert office.judge(260, first, both) == []
    one = office.only()
    assert (one.kind, one.target, one.told, one.told_kind) == (Kind.OUTAGE, "", T + 200, Kind.SECOND_LINE)
    assert office.judge(900, first) == [], "one line is back; the outage is not over at once"
    assert office.judge(1100, first) == [What.CLOSED, What.OPENED, What.TOLD], "and the other is a loss of its own"


def test_until_when_nobody_has_been_told() -> None:
    assert UNTOLD_SECONDS == SETTLE_SECONDS


@pytest.mark.parametrize(("gap", "messages"), [(0, 1), (15, 1), (30, 1), (60, 1), (240, 2)])
@pytest.mark.parametrize("first", ["A", "B"])
def test_two_lines_that_die_within_half_a_minute_are_told_once(gap: float, messages: int, first: str) -> None:
    lines: dict[str, tuple[Line, ...]] = {
        "S1/main": (Line(code="main", provider="A"), Line(code="second", provider="B"))
    }
    there = []
    for pc in pcs({"S1/main/tin1": 6, "S1/main/tin2": 6, "S1/main/office": 3}):
        provider = "B" if pc.room == "S1/main/office" else "A"
        cut = CUT if provider == first else CUT + gap
        there.append(msgspec.structs.replace(pc, provider=provider, breaks="line", cut=cut))
    known: tuple[Incident, ...] = ()
    told = 0
    for passed in range(0, 600, 5):
        now = CUT + passed
        sees = school_seen(there, now, lines=lines)
        circumstances = Circumstances(
            next_number=1001 + len(known),
            judged=frozenset({"S1"}),
            alive=frozenset(one.machine for one in sees.witnesses if one.presence == "online"),
            rooms={one.machine: one.room for one in sees.witnesses},
            areas={"S1": "hn"},
            beats={"S1": 60},
        )
        steps = advance(known, faults(sees, now), now, circumstances)
        known = after(known, steps)
        told += sum(one.what is What.TOLD for one in steps)
    assert told == messages
    going_on = [one for one in known if one.state is State.OPEN and one.kind is Kind.OUTAGE]
    assert len(going_on) == 1


def test_lines_that_go_one_after_the_other_are_two() -> None:
    office = Office()
    first = fault(kind=Kind.SECOND_LINE, target="main", verdict=Verdict.LINE, degree=Degree.PROBABLE, blamed=("a1",))
    office.judge(200, first)
    assert office.judge(400, first, fault(began=T + 200)) == [What.OPENED, What.TOLD], "people know of the first"
    names = fault(kind=Kind.OUTAGE, verdict=Verdict.DNS, degree=Degree.FOUND)
    office = Office()
    office.judge(200, first)
    assert office.judge(210, first, names) == [What.OPENED, What.TOLD], "names are another cause"


def many(place: Place, count: int, began: float = T) -> Fault:
    schools = tuple(f"X{number:02}" for number in range(count))
    evidence = Evidence(word="provider", counts={"schools": count}, names={"schools": schools})
    return fault(place, began=began, blamed=(), evidence=evidence, verdict=Verdict.LINE, degree=Degree.FOUND)


@pytest.mark.parametrize(("provider", "told", "part"), [("B", True, False), ("B", False, True), ("A", True, True)])
def test_a_line_of_another_provider_that_people_know_of_is_no_part_of_a_provider_s_outage(
    provider: str,
    told: bool,  # noqa: FBT001 - a table's column
    part: bool,  # noqa: FBT001 - a table's column
) -> None:
    office = Office()
    evidence = Evidence(word="second_line", names={"provider": (provider,)})
    lost = fault(kind=Kind.SECOND_LINE, target="main", **{**LINE, "evidence": evidence})
    office.judge(200, lost, maintained={} if told else {SCHOOL: "mute"})
    whole = fault(PROVIDER, began=T + 780, verdict=Verdict.LINE, degree=Degree.FOUND)
    office.judge(1000, lost, whole)
    office.judge(1100, lost, whole)
    line, larger = office.known
    assert (line.parent == larger.number) is part
    assert [bool(line.told), bool(larger.told)] == [told, True]


def loud(office: Office) -> dict[str, tuple[Severity, Severity | None]]:
    return {one.place.path: (one.severity, one.told_severity) for one in office.known}


def test_of_several_shared_causes_the_widest_alone_is_urgent() -> None:
    office = Office()
    area, provider = Place(Level.AREA, "hn/b"), Place(Level.PROVIDER, "A")
    urgent, action = Severity.URGENT, Severity.ACTION
    office.judge(200, many(area, 4), many(provider, 9), alive=EVERYBODY)
    assert loud(office) == {"A": (urgent, urgent), "hn/b": (action, action)}
    assert all(one.told for one in office.known), "both are told"
    office = Office()
    office.judge(200, many(area, 4))
    office.judge(230, many(area, 4), many(provider, 9))
    assert loud(office) == {"A": (urgent, urgent), "hn/b": (action, urgent)}, "what an Alertmanager was told stays"
    office = Office()
    office.judge(200, many(area, 4))
    office.judge(300, many(area, 4), many(provider, 9))
    assert loud(office) == {"A": (urgent, urgent), "hn/b": (urgent, urgent)}, "a minute later it is news"


@pytest.mark.parametrize(
    ("treatments", "expected"),
    [
        (("mute", "mute", "mute"), []),
        (("skip", "mute", "mute"), []),
        (("mute", "cosmetic", "mute"), [Severity.INFORMATION]),
        (("mute", "mute", ""), [Severity.URGENT]),
        (("", "", ""), [Severity.URGENT]),
    ],
)
def test_work_announced_in_all_its_schools_is_told_as_theirs_is(
    treatments: tuple[str, ...], expected: list[Severity]
) -> None:
    office = Office()
    maintained = {
        Place(Level.SCHOOL, code): treated
        for code, treated in zip(("BM", "HS", "KD"), treatments, strict=True)
        if treated
    }
    area = fault(Place(Level.AREA, "hn"), evidence=Evidence(word="area_silent", counts={"schools": 3}))
    office.judge(200, area, maintained=maintained)
    assert [one.severity for one in office.known if one.told] == expected
    assert len(office.known) == 1
    office.judge(260, area, maintained=dict.fromkeys((Place(Level.SCHOOL, code) for code in AREAS), "skip"))
    assert office.only().state is State.OPEN
