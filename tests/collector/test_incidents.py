"""What is remembered of faults: opened, held down, corrected, closed, once each."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.incident_office import (
    BEAT,
    EVERYBODY,
    PROVIDER,
    ROOM_1,
    ROOM_2,
    SCHOOL,
    Office,
    T,
    fault,
    members,
)

from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Severity, State, What, number_of
from schooldrum_collector.judge.incident_corrections import corrected, revised
from schooldrum_collector.judge.incidents import after


def test_opened_told_and_closed_once() -> None:
    office = Office()
    assert office.judge(200, fault()) == [What.OPENED, What.TOLD]
    assert office.judge(260, fault()) == []
    assert office.judge(3600) == []
    assert office.judge(3600 + 3 * BEAT) == [What.CLOSED]
    assert office.judge(3900) == []
    told = office.only()
    assert told.name == "SC-1001"
    assert (told.opened, told.began, told.ended, told.closed) == (T + 200, T, T + 3600, T + 3780)
    assert told.ended_error == 3600 - 260
    assert told.told == T + 200


def test_numbers_as_people_write_them() -> None:
    assert [number_of(text) for text in ("SC-1042", "sc1042", " 1042 ", "1042x", "", "\u0661")] == [
        *(1042, 1042, 1042),
        *(None, None, None),
    ]


def test_flapping_is_one_incident() -> None:
    office = Office()
    office.judge(200, fault())
    office.judge(300)
    assert office.judge(500) == [What.CLOSED]
    assert office.judge(900, fault(began=T + 800)) == [What.REOPENED]
    office.judge(1000)
    assert office.judge(1300) == [], "it has come back once: three minutes are not enough any more"
    assert office.judge(1400, fault(began=T + 1350)) == []
    office.judge(1500)
    assert office.judge(1500 + 900) == [What.CLOSED]
    assert office.only().began == T
    assert sum(one.what is What.TOLD for one in office.steps) == 1


def test_back_after_a_quarter_of_an_hour_is_another() -> None:
    office = Office()
    office.judge(200, fault())
    office.judge(300)
    office.judge(500)
    assert office.judge(1500, fault(began=T + 1300)) == [What.OPENED, What.TOLD]
    assert [one.number for one in office.known] == [1001, 1002]


def test_night_ends_nothing_and_the_morning_does() -> None:
    office = Office()
    office.judge(200, fault())
    assert office.judge(9 * 3600, alive=frozenset()) == [], "nobody is expected, and nobody is heard"
    assert office.judge(20 * 3600, fault()) == []
    assert office.judge(21 * 3600) == []
    assert office.judge(21 * 3600 + 200) == [What.CLOSED]


def test_the_collectors_own_gap_neither_opens_nor_closes() -> None:
    office = Office()
    office.judge(200, fault(ROOM_1))
    assert office.judge(400, grace=True, alive=frozenset({"a1"})) == [], "one of three has been heard so far"
    assert office.judge(900, fault(ROOM_1), alive=frozenset({"a1"})) == []
    assert office.judge(1000, judged=frozenset({"HS"})) == [], "the school was not judged"


def test_a_school_holds_its_rooms_down() -> None:
    office = Office()
    assert office.judge(190, fault(ROOM_1)) == [What.OPENED, What.TOLD]
    assert office.judge(195, fault(ROOM_1), fault(ROOM_2)) == [What.OPENED, What.TOLD]
    assert office.judge(200, fault(SCHOOL), fault(ROOM_1)) == [What.RESCOPED, What.ABSORBED]
    assert office.judge(4000) == []
    assert office.judge(4200) == [What.CLOSED, What.CLOSED]
    first, second = office.known
    assert (first.place, first.first.place, first.state) == (SCHOOL, ROOM_1, State.CLOSED)
    assert (second.place, second.parent, second.ended) == (ROOM_2, first.number, first.ended)


def test_an_older_fault_in_a_room_stays_its_own() -> None:
    office = Office()
    office.judge(-7000, fault(ROOM_1, began=T - 7200))
    assert office.judge(200, fault(SCHOOL)) == [What.OPENED, What.TOLD]
    room, school = office.known
    assert (room.state, school.state) == (State.OPEN, State.OPEN)
    assert office.judge(4000, fault(ROOM_1, began=T - 7200)) == []
    assert office.judge(4200, fault(ROOM_1, began=T - 7200)) == [What.CLOSED]
    assert office.known[0].state is State.OPEN


def test_a_school_that_turns_out_to_be_one_room() -> None:
    office = Office()
    office.judge(200, fault(SCHOOL, blamed=members(ROOM_1)))
    narrower = fault(ROOM_1, verdict=Verdict.ROOM, degree=Degree.PROBABLE)
    assert office.judge(260, narrower) == [What.RESCOPED]
    assert office.only().place == ROOM_1
    assert office.only().first.place == SCHOOL


def test_what_is_left_when_the_school_is_back_is_an_incident_of_its_own() -> None:
    office = Office()
    office.judge(200, fault(SCHOOL))
    assert office.judge(900, fault(ROOM_1)) == []
    assert office.judge(1100, fault(ROOM_1)) == [What.CLOSED, What.OPENED, What.TOLD]


def test_one_provider_in_many_schools() -> None:
    office = Office()
    schools = [fault(Place(Level.SCHOOL, code)) for code in ("BM", "HS")]
    assert office.judge(200, *schools) == [What.OPENED, What.TOLD] * 2
    third = fault(Place(Level.SCHOOL, "KD"))
    shared = fault(PROVIDER, verdict=Verdict.LINE, degree=Degree.FOUND)
    happened = office.judge(210, *schools, third, shared)
    assert happened == [What.OPENED, What.HELD, What.HELD, What.TOLD, What.OPENED]
    provider, held = office.known[2:]
    assert (provider.severity, provider.schools) == (Severity.URGENT, ("BM", "HS", "KD"))
    assert (held.parent, held.told) == (provider.number, 0.0)
    assert office.judge(240, *schools, third, shared) == []
    office.judge(5000, third)
    assert office.judge(5200, third) == [*([What.CLOSED] * 3), What.RELEASED, What.TOLD]
    assert [one.parent for one in office.known] == [provider.number, provider.number, 0, 0], "who was well with it"
    assert office.judge(5210, third) == []


def test_a_school_that_is_well_some_looks_after_its_provider_was_a_part_of_that() -> None:
    for again in (False, True):
        office = Office()
        own, shared = fault(SCHOOL), fault(PROVIDER, verdict=Verdict.LINE, degree=Degree.FOUND)
        office.judge(200, own, shared)
        office.judge(1000, own)
        assert office.judge(1100, alive=EVERYBODY) == []
        assert office.judge(1190, alive=EVERYBODY) == [What.CLOSED]
        if again:
            assert office.judge(1200, own) == [What.RELEASED, What.TOLD], "it goes on by itself"
        else:
            assert office.judge(1280, alive=EVERYBODY) == [What.CLOSED]
        part = next(one for one in office.known if one.place == SCHOOL)
        whole = next(one for one in office.known if one.place == PROVIDER)
        assert part.parent == (0 if again else whole.number)


def test_of_what_was_withdrawn_nothing_is_a_part() -> None:
    office = Office()
    own, shared = fault(SCHOOL), fault(PROVIDER, verdict=Verdict.LINE, degree=Degree.FOUND)
    office.judge(200, own, shared)
    office.judge(1100)
    office.known = tuple(
        msgspec.structs.replace(one, state=State.WITHDRAWN, closed=T + 1105, calm=0.0) if one.place == PROVIDER else one
        for one in office.known
    )
    assert office.judge(1110) == [What.RELEASED]
    assert next(one for one in office.known if one.place == SCHOOL).parent == 0


def test_one_pc_is_never_told_and_grows_into_its_room() -> None:
    office = Office()
    assert office.judge(200, fault(Place(Level.MACHINE, "a1"))) == [What.OPENED]
    assert office.only().severity is Severity.DIGEST
    assert office.judge(210, fault(ROOM_1)) == [What.RESCOPED, What.TOLD]


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [("skip", []), ("mute", [What.OPENED]), ("cosmetic", [What.OPENED, What.TOLD]), ("", [What.OPENED, What.TOLD])],
)
def test_maintenance(treatment: str, expected: list[What]) -> None:
    office = Office()
    assert office.judge(200, fault(ROOM_1), maintained={SCHOOL: treatment}) == expected
    if treatment == "mute":
        assert office.judge(900, fault(ROOM_1)) == [What.TOLD], "the window is over and the fault is still there"
    if treatment == "cosmetic":
        assert (office.only().planned, office.only().severity) == (True, Severity.INFORMATION)


def test_the_backlog_corrects_what_is_over_and_tells_nobody() -> None:
    office = Office()
    office.judge(200, fault())
    office.judge(3600)
    office.judge(3900)
    late = fault(
        began=T + 30,
        error=10.0,
        measured=True,
        verdict=Verdict.LINE,
        degree=Degree.FOUND,
        ended=T + 3500,
    )
    assert office.judge(4000, late) == [What.CORRECTED]
    assert office.judge(4100, late) == []
    told = office.only()
    assert (told.verdict, told.began, told.ended, told.ended_error) == (Verdict.LINE, T + 30, T + 3500, 10.0)
    assert (told.first.verdict, told.first.began) == (Verdict.UNKNOWN, T)
    (event,) = [one.event for one in office.steps if one.what is What.CORRECTED]
    assert event is not None
    assert (event.before["verdict"], event.after["verdict"]) == ("unknown", "line")


def test_nothing_began_after_it_was_noticed() -> None:
    office = Office()
    loss = fault(kind=Kind.LOSS, verdict=Verdict.LINE, degree=Degree.FOUND)
    office.judge(200, loss)
    later = msgspec.structs.replace(loss, began=T + 900, error=30.0, measured=True)
    assert office.judge(930, later) == []
    assert office.only().began == T
    assert office.judge(960, msgspec.structs.replace(later, began=T + 50)) == [What.CORRECTED]
    assert (office.only().began, office.only().began_error, office.only().began_measured) == (T + 50, 30.0, True)


def test_what_a_school_s_outage_grew_from_may_have_begun_before_it() -> None:
    office = Office()
    room = fault(ROOM_1, verdict=Verdict.ROOM, degree=Degree.PROBABLE)
    office.judge(200, room)
    school = fault(began=T + 290, error=20.0, measured=True, verdict=Verdict.LINE, degree=Degree.FOUND)
    assert office.judge(400, school) == [What.RESCOPED, What.CORRECTED]
    assert (office.only().place, office.only().began) == (SCHOOL, T + 290)


def test_an_outage_nobody_saw_is_recorded_and_not_told() -> None:
    office = Office()
    past = fault(began=T - 7200, ended=T - 3600, measured=True, verdict=Verdict.LINE, degree=Degree.FOUND)
    assert office.judge(0, past) == [What.RECORDED]
    assert office.judge(10, past) == []
    assert (office.only().state, office.only().told) == (State.CLOSED, 0.0)
    assert office.judge(20, fault(ROOM_2, began=T - 100, ended=T - 10)) == [], "half a minute is nothing to keep"


def test_what_a_person_withdrew_does_not_come_back() -> None:
    office = Office()
    office.judge(200, fault())
    withdrawn = msgspec.structs.replace(office.only(), state=State.WITHDRAWN, closed=T + 300)
    office.known = (withdrawn,)
    assert office.judge(310, fault()) == []
    assert office.judge(900, fault(began=T + 700)) == [What.OPENED, What.TOLD]


def test_a_verdict_gives_way_only_to_one_as_sure() -> None:
    office = Office()
    office.judge(200, fault(verdict=Verdict.LINE, degree=Degree.FOUND))
    incident = office.only()
    for verdict, degree, changes in (
        (Verdict.POWER, Degree.PROBABLE, False),
        (Verdict.UNKNOWN, Degree.UNKNOWN, False),
        (Verdict.LAN, Degree.FOUND, True),
    ):
        assert bool(corrected(incident, fault(verdict=verdict, degree=degree), T + 300)) is changes


def test_of_two_silent_pcs_one_word_makes_the_cause_unknown_once() -> None:
    office = Office()
    silent = Evidence(word="room_silent")
    office.judge(200, fault(ROOM_1, verdict=Verdict.ROOM, degree=Degree.PROBABLE, evidence=silent))
    unknown = fault(ROOM_1, evidence=msgspec.structs.replace(silent, causes=(Verdict.POWER, Verdict.ROOM)))
    (step,) = corrected(office.only(), unknown, T + 300)
    assert (step.what, step.incident.verdict, step.incident.degree) == (
        What.CORRECTED,
        Verdict.UNKNOWN,
        Degree.UNKNOWN,
    )
    assert corrected(step.incident, unknown, T + 400) == ()
    power = fault(ROOM_1, verdict=Verdict.POWER, degree=Degree.PROBABLE, evidence=Evidence(word="power_woke"))
    (step,) = corrected(step.incident, power, T + 500)
    assert step.incident.verdict is Verdict.POWER
    assert corrected(step.incident, unknown, T + 600) == ()


def test_judged_again_with_all_that_is_known_today() -> None:
    office = Office()
    office.judge(200, fault(ROOM_1, verdict=Verdict.ROOM, degree=Degree.PROBABLE))
    office.judge(3600)
    office.judge(3900)
    incident = office.only()
    known: dict[str, Any] = {"measured": True, "error": 5.0, "began": T + 10, "ended": T + 3500, "degree": Degree.FOUND}
    surer = fault(ROOM_1, verdict=Verdict.ROOM, **known)
    (only,) = revised(incident, [fault(ROOM_2, **known), surer, fault(ROOM_1)], T + 9000)
    assert (only.what, only.incident.degree, only.incident.ended) == (What.CORRECTED, Degree.FOUND, T + 3500)
    assert revised(only.incident, [surer], T + 9100) == ()
    school = fault(SCHOOL, verdict=Verdict.LINE, **known)
    moved, dated = revised(incident, [school], T + 9000)
    assert (moved.what, moved.incident.place, dated.incident.ended) == (What.RESCOPED, SCHOOL, T + 3500)
    assert (dated.incident.number, dated.incident.kind, dated.incident.told) == (1001, Kind.OUTAGE, T + 200)


def test_of_two_causes_that_overlap_it_keeps_the_one_it_has() -> None:
    office = Office()
    known: dict[str, Any] = {"measured": True, "error": 5.0, "degree": Degree.FOUND, "began": T + 10}
    abroad = fault(SCHOOL, verdict=Verdict.INTERNATIONAL, **known)
    names = fault(SCHOOL, verdict=Verdict.DNS, **known)
    office.judge(200, abroad)
    assert office.judge(400, names) == [What.CORRECTED]
    for order in ([abroad, names, abroad], [names, abroad]):
        assert revised(office.only(), order, T + 500) == ()
    (other,) = revised(office.only(), [abroad], T + 500)
    assert other.incident.verdict is Verdict.INTERNATIONAL


def test_what_befell_the_next_room_is_another_story() -> None:
    office = Office()
    office.judge(200, fault(ROOM_2, verdict=Verdict.ROOM, degree=Degree.PROBABLE, blamed=("b1", "b2")))
    office.judge(3600)
    office.judge(3900)
    known: dict[str, Any] = {"measured": True, "error": 5.0, "ended": T + 900, "degree": Degree.FOUND}
    next_door = fault(ROOM_1, verdict=Verdict.ROOM, blamed=("a1", "a2"), **known)
    assert revised(office.only(), [next_door], T + 9000) == ()


def test_what_turns_out_to_be_its_own_part_becomes_a_part_of_that() -> None:
    """Two rooms seemed to be dark; it was one, whose incident had been taken into that of both."""
    single, several = Office(), Office()
    single.judge(200, fault(ROOM_1, verdict=Verdict.ROOM, degree=Degree.PROBABLE))
    several.judge(260, fault(SCHOOL, verdict=Verdict.LAN, degree=Degree.PROBABLE))
    for office in (single, several):
        office.judge(3600)
        office.judge(3900)
    both = msgspec.structs.replace(several.only(), number=1003)
    room = msgspec.structs.replace(single.only(), parent=both.number)
    found = fault(ROOM_1, verdict=Verdict.ROOM, degree=Degree.FOUND, measured=True, error=5.0, ended=T + 3500)
    steps = revised(both, [found], T + 9000, (room, both))
    told = {one.incident.number: one.incident for one in steps}
    assert [one.what for one in steps][:2] == [What.RELEASED, What.HELD]
    assert (told[room.number].parent, told[both.number].parent) == (0, room.number)


def test_a_second_round_seen_of_one_machine_is_a_part_of_the_first() -> None:
    office = Office()
    office.judge(200, fault())
    office.judge(300)
    office.judge(500)
    machine = fault(Place(Level.MACHINE, "a1"), began=T + 2000, verdict=Verdict.MACHINE, degree=Degree.PROBABLE)
    for begin, soon in ((T + 1000, True), (T + 9000, False)):
        second = Office()
        second.known = office.known
        second.judge(begin + 200 - T, msgspec.structs.replace(machine, began=begin))
        second.judge(begin + 300 - T)
        second.judge(begin + 500 - T)
        first, lone = second.known
        assert (lone.place.path, lone.state) == ("a1", State.CLOSED)
        times: dict[str, Any] = {"began": begin, "ended": begin + 290, "error": 5.0, "measured": True}
        school = fault(SCHOOL, verdict=Verdict.LINE, degree=Degree.FOUND, **times)
        steps = revised(lone, [school], begin + 3000, second.known)
        second.known = after(second.known, steps)
        first, lone = second.known
        if soon:
            assert [one.what for one in steps] == [What.HELD, What.CORRECTED]
            assert (lone.place.path, lone.parent) == ("a1", first.number)
            assert (first.began, first.ended, first.ended_measured, first.rounds) == (T, begin + 290, True, 1)
            assert revised(lone, [school], begin + 3100, second.known) == ()
        else:
            assert (lone.place, lone.parent, first.ended) == (SCHOOL, 0, T + 300), "hours later it is another"


def test_a_machine_unheard_where_much_is_lost_has_no_incident_of_its_own() -> None:
    loss = fault(SCHOOL, kind=Kind.LOSS, verdict=Verdict.LINE, degree=Degree.FOUND)
    place = Place(Level.MACHINE, "a1")
    silent = fault(place, verdict=Verdict.MACHINE, degree=Degree.PROBABLE, began=T + 30)
    unplugged = Evidence(word="machine_link", steps={"pc": "ok", "switch": "broken"})
    misled = Evidence(word="machine_gateway", steps={"pc": "broken", "switch": "ok", "gateway": "ok"})
    beyond = Evidence(word="machine_outside", steps={"pc": "broken", "switch": "ok", "gateway": "ok"})
    cable = msgspec.structs.replace(silent, degree=Degree.FOUND, evidence=unplugged)
    for evidence, opened in ((misled, [What.OPENED]), (beyond, [])):
        office = Office()
        office.judge(200, loss)
        assert office.judge(260, loss, msgspec.structs.replace(silent, evidence=evidence)) == opened
    office = Office()
    office.judge(200, loss)
    assert office.judge(260, loss, silent) == []
    assert office.judge(320, loss, cable) == [What.OPENED]
    office = Office()
    office.judge(200, loss)
    office.judge(260, loss, silent)
    assert office.judge(900, silent) == []
    assert office.judge(1200, silent) == [What.CLOSED, What.OPENED], "the loss is over, and it is still unheard"
    office = Office()
    assert office.judge(200, silent) == [What.OPENED]
    assert office.judge(260, loss, silent) == [What.OPENED, What.ABSORBED, What.TOLD]


def test_the_last_who_went_with_a_line_are_a_part_of_it() -> None:
    room = members(ROOM_1)
    line = fault(SCHOOL, kind=Kind.SECOND_LINE, target="main", verdict=Verdict.LINE, blamed=room)
    office = Office()
    office.judge(200, line)
    assert office.judge(260, fault(Place(Level.MACHINE, "a1"))) == []
    assert office.judge(290, fault(ROOM_1)) == [], "a whole room of them as well"
    assert office.judge(320, line, fault(Place(Level.MACHINE, "b1"))) == [What.OPENED]
    assert office.judge(350, line, fault(ROOM_2)) == [What.RESCOPED, What.TOLD], "who did not go with it"
    office = Office()
    office.judge(200, line)
    switch = Evidence(word="room", steps={"pc": "ok", "switch": "broken"})
    assert office.judge(260, line, fault(ROOM_1, verdict=Verdict.ROOM, evidence=switch)) == [What.OPENED, What.TOLD]
    office = Office()
    office.judge(200, msgspec.structs.replace(line, blamed=()))
    assert office.judge(260, fault(ROOM_1)) == [What.OPENED, What.TOLD], "nobody went with a line that others used"


PLACES = st.sampled_from(
    [
        *(Place(Level.MACHINE, "a1"), ROOM_1, ROOM_2, Place(Level.SITE, "BM/main"), SCHOOL),
        *(Place(Level.SCHOOL, "HS"), Place(Level.SCHOOL, "KD"), PROVIDER, Place(Level.AREA, "hn")),
    ]
)
FAULTS = st.builds(
    fault,
    place=PLACES,
    began=st.integers(-60, 40).map(lambda minutes: T + 60.0 * minutes),
    kind=st.sampled_from([Kind.OUTAGE, Kind.OUTAGE, Kind.LOSS, Kind.MUTE]),
    verdict=st.sampled_from([Verdict.UNKNOWN, Verdict.LINE, Verdict.LAN]),
    degree=st.sampled_from(list(Degree)),
    measured=st.booleans(),
    error=st.sampled_from([1.0, 30.0, 600.0]),
    ended=st.none() | st.integers(41, 50).map(lambda minutes: T + 60.0 * minutes),
)
ROUNDS = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.lists(FAULTS, max_size=4),
        st.booleans(),
        st.sampled_from(["", "", "", "skip", "mute", "cosmetic"]),
        st.booleans(),
    ),
    max_size=12,
)


@given(ROUNDS)
@settings(max_examples=200, deadline=None)
def test_laws(rounds: list[tuple[int, list[Fault], bool, str, bool]]) -> None:
    office = Office()
    at = 3000.0
    told: set[int] = set()
    for passed, faults, grace, treatment, heard in rounds:
        at += passed
        before = {one.number: one for one in office.known}
        given = {
            "grace": grace,
            "maintained": {SCHOOL: treatment} if treatment else {},
            "alive": EVERYBODY if heard else frozenset(),
        }
        office.judge(at, *faults, **given)
        live = [(one.place, one.kind, one.target) for one in office.known if one.state is State.OPEN]
        assert len(live) == len(set(live)), "one open incident for a place and a kind"
        assert len({one.number for one in office.known}) == len(office.known)
        for one in office.known:
            old = before.get(one.number)
            assert old is None or (old.kind, old.first, old.opened) == (one.kind, one.first, one.opened)
            assert old is None or not old.told or old.told == one.told, "told once"
            assert one.is_live == (not one.closed)
            assert one.is_live or one.ended >= one.began or one.state is State.WITHDRAWN
            assert not one.parent or one.parent in {other.number for other in office.known}
            if one.state is State.ABSORBED:
                assert next(other for other in office.known if other.number == one.parent).is_live
        new = [one.incident.number for one in office.steps if one.what is What.TOLD]
        assert len(new) == len(set(new))
        told |= set(new)
        known = office.known
        assert office.judge(at, *faults, **given) == [], "the same again changes nothing"
        assert office.known == known
    assert told == {one.number for one in office.known if one.told}
