"""What ended stays as it was found: another cause after it is an incident of its own, and so is what a tap explains."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.incident_office import BEAT, EVERYBODY, PROVIDER, SCHOOL, Office, T, fault

from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Verdict
from schooldrum_collector.judge.incident import Acknowledged, Incident, State, What
from schooldrum_collector.judge.incident_acts import answered, withdrawn
from schooldrum_collector.judge.incident_corrections import corrected, revised
from schooldrum_collector.judge.incident_places import Excuse
from schooldrum_collector.judge.incident_rounds import split_off
from schooldrum_collector.judge.incident_spells import MOST_PAUSES, round_begin, stretches, with_pause
from schooldrum_collector.show.incident_record import detail
from schooldrum_collector.show.incident_words import rounds_before, told_as
from schooldrum_collector.speech import Say

SILENT = Evidence(word="silent", causes=(Verdict.POWER, Verdict.LAN, Verdict.LINE))
NAMES: dict[str, Any] = {"verdict": Verdict.DNS, "degree": Degree.FOUND, "evidence": Evidence(word="dns")}
LINE: dict[str, Any] = {
    "verdict": Verdict.LINE,
    "degree": Degree.FOUND,
    "measured": True,
    "error": 10.0,
    "evidence": Evidence(word="line"),
}
POWER: dict[str, Any] = {
    "verdict": Verdict.POWER,
    "degree": Degree.PROBABLE,
    "evidence": Evidence(word="power_woke"),
}
NOBODY: dict[str, Any] = {"alive": frozenset[str]()}


def dated(incident: Incident) -> tuple[Verdict, State, float, float]:
    return incident.verdict, incident.state, incident.began - T, incident.ended - T


# Names fail, and shortly after the line is cut


@pytest.mark.parametrize("noticed", ["closed", "calm", "not yet"])
def test_a_line_that_is_cut_after_names_had_failed_is_another_incident(noticed: str) -> None:
    office = Office()
    office.judge(200, fault(**NAMES, error=10.0))
    office.judge(600, fault(**NAMES, error=10.0))
    if noticed != "not yet":
        office.judge(610)
    if noticed == "closed":
        assert office.judge(610 + 3 * BEAT) == [What.CLOSED]
    later = office.judge(850, fault(began=T + 640, evidence=SILENT))
    assert later[-2:] == [What.OPENED, What.TOLD]
    office.judge(900, fault(**LINE, began=T + 650))
    names, line = office.known
    assert (names.verdict, names.began, names.pauses) == (Verdict.DNS, T, ())
    if noticed == "not yet":
        assert names.state is State.OPEN, "nobody is heard who could tell whether it goes on"
    else:
        assert names.state is State.CLOSED
        assert T + 600 <= names.ended <= T + 640
    assert (line.verdict, line.began, line.told_as) == (Verdict.LINE, T + 650, 0)
    assert office.judge(910, fault(**LINE, began=T + 650)) == [], "and each of them is known again"


@pytest.mark.parametrize("goes_on", [True, False])
def test_names_that_had_failed_before_the_line_was_cut_end_by_themselves(*, goes_on: bool) -> None:
    office = Office()
    names = {**NAMES, "error": 10.0}
    for at in (200, 600):
        office.judge(at, fault(**names))
    for at, evidence in ((850, SILENT), (900, SILENT), (1100, SILENT)):
        office.judge(at, fault(began=T + 640, evidence=evidence))
    present = [fault(**names)] if goes_on else []
    told = [what for at in (1200, 1300, 1400) for what in office.judge(at, *present, alive=EVERYBODY)]
    assert told == [What.CLOSED] * (1 if goes_on else 2), "neither is told again, and neither takes the other's name"
    if goes_on:
        assert office.judge(1500) == []
        assert office.judge(1700) == [What.CLOSED]
    assert [(one.verdict, one.state, one.rounds) for one in office.known] == [
        (Verdict.DNS, State.CLOSED, 0),
        (Verdict.UNKNOWN, State.CLOSED, 0),
    ]
    assert T + 1100 <= office.known[1].ended <= T + 1200


def test_what_began_together_is_one_and_better_known() -> None:
    office = Office()
    office.judge(200, fault(**NAMES, error=10.0))
    office.judge(610)
    assert What.OPENED not in office.judge(700, fault(**LINE, began=T + 5))
    assert office.only().verdict is Verdict.LINE


# A power cut, and then the provider


def _after_a_power_cut(office: Office) -> None:
    office.judge(200, fault(evidence=SILENT))
    office.judge(400, fault(**POWER))
    office.judge(450)
    office.judge(700)
    assert dated(office.only()) == (Verdict.POWER, State.CLOSED, 0, 450)


def _provider(began: float) -> Fault:
    return fault(PROVIDER, began=began, verdict=Verdict.LINE, degree=Degree.PROBABLE, error=10.0)


@pytest.mark.parametrize("provider_first", [True, False])
def test_a_provider_s_outage_after_a_power_cut_is_none_of_it(provider_first: bool) -> None:  # noqa: FBT001 - a column
    office = Office()
    _after_a_power_cut(office)
    own, shared = fault(began=T + 1000, evidence=SILENT), _provider(T + 1000)
    if not provider_first:
        assert office.judge(1200, own) == [What.REOPENED], "a silence may be the same again"
    office.judge(1260, own, shared)
    cut = next(one for one in office.known if one.number == 1001)
    assert dated(cut) == (Verdict.POWER, State.CLOSED, 0, 450)
    assert (cut.pauses, cut.parent) == ((), 0)
    whole = next(one for one in office.known if one.place == PROVIDER)
    part = next(one for one in office.known if one.place == SCHOOL and one.number != 1001)
    assert (part.began, part.state, part.parent) == (T + 1000, State.OPEN, whole.number)
    assert part.told_as == (0 if provider_first else 1001)
    assert office.judge(1270, own, shared) == []
    office.judge(2000)
    office.judge(2300)
    assert dated(next(one for one in office.known if one.number == 1001)) == (Verdict.POWER, State.CLOSED, 0, 450)


def test_a_school_s_own_trouble_that_is_calm_is_no_part_of_what_begins_around_it() -> None:
    office = Office()
    office.judge(200, fault(**POWER))
    office.judge(610)
    office.judge(760, _provider(T + 740), fault(began=T + 740, evidence=SILENT))
    cut = next(one for one in office.known if one.number == 1001)
    assert (cut.verdict, cut.state, cut.ended, cut.parent) == (Verdict.POWER, State.CLOSED, T + 610, 0)


# Taps, and closed days


def _twice(office: Office) -> Incident:
    office.judge(200, fault(**LINE))
    office.judge(500)
    office.judge(800)
    assert office.judge(1100, fault(began=T + 1000, evidence=SILENT)) == [What.REOPENED]
    return office.only()


@pytest.mark.parametrize("answer", ["switched_off", "closed"])
def test_a_tap_speaks_of_the_round_it_is_given_in(answer: str) -> None:
    office = Office()
    both = _twice(office)
    given, event, steps = answered(both, answer, T + 1150, "it_officer", zone=VIETNAM, number=1002)
    assert (given.answer, event.number) == (answer, 1001)
    assert [(one.incident.number, one.what) for one in steps] == [
        *((1001, What.CLOSED), (1002, What.OPENED), (1002, What.WITHDRAWN)),
    ]
    first, second = steps[0].incident, steps[-1].incident
    assert dated(first) == (Verdict.LINE, State.CLOSED, 0, 500)
    assert (first.pauses, first.evidence.word, first.rounds) == ((), "line", 0)
    assert (second.state, second.began, second.told_as) == (State.WITHDRAWN, T + 1000, 1001)
    assert steps[-1].event is not None
    assert (steps[-1].event.by, steps[-1].event.reason) == ("it_officer", answer)


def test_a_tap_in_the_first_round_withdraws_it() -> None:
    office = Office()
    office.judge(200, fault(evidence=SILENT))
    _, _, steps = answered(office.only(), "switched_off", T + 300, "it_officer", zone=VIETNAM, number=1002)
    assert [(one.incident.number, one.what) for one in steps] == [(1001, What.WITHDRAWN)]
    assert answered(office.only(), "power", T + 300, "it_officer", zone=VIETNAM, number=1002)[2] == ()


ABROAD: dict[str, Any] = {**LINE, "verdict": Verdict.INTERNATIONAL, "evidence": Evidence(word="international")}


def _tapped(office: Office, **found: Any) -> None:
    office.judge(200, fault(**found))
    _, _, steps = answered(office.only(), "switched_off", T + 300, "school", zone=VIETNAM, number=1002)
    office.known = tuple(one.incident for one in steps)


def test_what_those_who_are_on_go_on_measuring_goes_on_whatever_a_person_tapped() -> None:
    office = Office()
    _tapped(office, **ABROAD)
    first = office.only()
    for at in range(305, 300 + 6 * BEAT, 5):
        assert office.judge(at, fault(**ABROAD)) == [], "what they climbed before the word was given"
    assert office.judge(300 + 6 * BEAT, fault(**ABROAD)) == [What.REOPENED]
    again, event = office.only(), office.steps[-1].event
    assert (again.number, again.state, again.told, again.rounds) == (first.number, State.OPEN, first.told, 0)
    assert (again.explained, again.pauses, again.closed) == ("", (), 0.0)
    assert event is not None
    assert [detail(event, Say(language)) for language in ("vi", "en")] == [
        *("máy đang bật vẫn đo thấy", "PCs that are on still measure it"),
    ]
    office.judge(900)
    assert office.judge(900 + 3 * BEAT) == [What.CLOSED]


def test_what_has_gone_on_for_longer_than_anybody_looks_back_goes_on_too() -> None:
    office = Office()
    office.judge(200, fault(**ABROAD))
    _, _, steps = answered(office.only(), "closed", T + 8000, "school", zone=VIETNAM, number=1002)
    office.known = tuple(one.incident for one in steps)
    later = fault(**{**ABROAD, "began": T + 5700, "measured": False})
    assert office.judge(8000 + 6 * BEAT - 5, later) == []
    assert office.judge(8000 + 6 * BEAT, later) == [What.REOPENED]


@pytest.mark.parametrize(
    "later", [{"evidence": SILENT}, {**ABROAD, "degree": Degree.PROBABLE}, {**ABROAD, "measured": False}]
)
def test_what_rests_on_silence_stays_as_a_person_explained_it(later: dict[str, Any]) -> None:
    office = Office()
    _tapped(office, evidence=SILENT)
    for at in range(305, 3000, 60):
        assert office.judge(at, fault(**later)) == []


def test_what_the_office_withdrew_stays_so_whatever_is_measured() -> None:
    office = Office()
    office.judge(200, fault(**ABROAD))
    gone = withdrawn(office.only(), T + 300, "office", "an exercise")
    assert gone is not None
    office.known = (gone.incident,)
    for at in range(305, 3000, 60):
        assert office.judge(at, fault(**ABROAD)) == []


def test_what_was_tapped_away_is_recorded_where_the_backlog_proves_it() -> None:
    office = Office()
    _tapped(office, evidence=SILENT)
    (one,) = revised(office.only(), [fault(**LINE, ended=T + 1000)], T + 5000)
    assert (one.what, one.incident.state, one.incident.explained) == (What.CORRECTED, State.CLOSED, "")
    assert (one.incident.verdict, one.incident.began, one.incident.ended) == (Verdict.LINE, T, T + 1000)


def test_a_day_that_is_closed_explains_the_round_that_goes_on() -> None:
    office = Office()
    both = _twice(office)
    day = Excuse(begin=T + 900, end=T + 9000, why="closed")
    happened = office.judge(1400, **NOBODY, excused=dict.fromkeys(both.blamed, day))
    assert happened == [What.CLOSED, What.OPENED, What.WITHDRAWN]
    first, second = office.known
    assert dated(first) == (Verdict.LINE, State.CLOSED, 0, 500)
    assert (second.state, second.excused, second.began) == (State.WITHDRAWN, "closed", T + 1000)


# What stands in the record


def test_what_is_measured_of_a_round_moves_the_begin_of_that_round() -> None:
    office = Office()
    both = _twice(office)
    later = fault(**{**LINE, "began": T + 990})
    (moved,) = corrected(both, later, T + 1200)
    assert (moved.incident.began, round_begin(moved.incident)) == (T, (T + 990, 10.0, True))
    office.judge(1200, later)
    assert office.only().pauses[0].begin == T + 500
    earlier = fault(**{**LINE, "began": T + 4, "error": 2.0, "ended": T + 480})
    (moved,) = corrected(office.only(), earlier, T + 1300)
    assert (moved.incident.began, moved.incident.ended) == (T + 4, 0.0)


def test_who_took_which_round_in_hand() -> None:
    office = Office()
    both = _twice(office)
    for at, whose in ((T + 300, 0), (T + 1120, 1)):
        taken = msgspec.structs.replace(both, acknowledged=Acknowledged(at=at, by="office"))
        of = [one.incident.acknowledged is not None for one in split_off(taken, 1002, T + 1200)]
        assert of == [whose == 0, whose == 1]


def test_the_newest_round_is_never_forgotten() -> None:
    office = Office()
    incident = _twice(office)
    for number in range(2 * MOST_PAUSES):
        at = T + 2000.0 + 10 * number
        incident = with_pause(msgspec.structs.replace(incident, ended=at), at + 1)
        assert round_begin(incident)[0] == at + 1


def test_a_round_is_told_by_its_own_begin() -> None:
    office = Office()
    both = _twice(office)
    english, vietnamese = Say("en"), Say("vi")
    assert rounds_before(both, english, VIETNAM) == "; before: 21:13\N{EN DASH}21:21"
    assert rounds_before(both, vietnamese, VIETNAM) == "; trước đó 21:13\N{EN DASH}21:21"
    own = split_off(both, 1002, T + 1200)[1].incident
    assert (rounds_before(own, english, VIETNAM), told_as(own, english)) == ("", " Told before as SC-1001.")
    assert told_as(both, english) == ""


# For any history

CAUSES = {
    "dns": Verdict.DNS,
    "international": Verdict.INTERNATIONAL,
    "line": Verdict.LINE,
    "power_woke": Verdict.POWER,
    "lan": Verdict.LAN,
}
HEARD = {"dns", "international"}
SEEN_EVERY = 30
ROUNDS = st.lists(
    st.tuples(
        st.sampled_from(sorted(CAUSES)),
        st.integers(7, 30),
        # So many looks after it was noticed its cause is found; more than it lasts: never.
        st.integers(0, 40),
        st.integers(1, 45),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


def _findings(incident: Incident) -> tuple[Verdict, Degree, str]:
    return incident.verdict, incident.degree, incident.evidence.word


@given(ROUNDS)
@settings(max_examples=150, deadline=None)
def test_no_ended_round_is_changed_by_what_comes_after_it(rounds: list[tuple[str, int, int, int, bool]]) -> None:
    office, at = Office(), 1000.0
    ended: dict[int, Incident] = {}
    of_many: dict[int, set[str]] = {}
    for word, looks, until_found, pause, shared in rounds:
        began = T + at
        at += 3 * BEAT
        for look in range(looks):
            knows = word in HEARD or look >= until_found
            seen = fault(
                began=began,
                error=10.0,
                verdict=CAUSES[word] if knows else Verdict.UNKNOWN,
                degree=Degree.FOUND if knows else Degree.UNKNOWN,
                evidence=Evidence(word=word) if knows else SILENT,
            )
            around = [_provider(began)] if shared and word == "line" and look > 1 else []
            office.judge(at, seen, *around)
            if knows:
                (going_on,) = (one for one in office.known if one.place == SCHOOL and one.state is State.OPEN)
                of_many.setdefault(going_on.number, set()).add(word)
            at += SEEN_EVERY
        last = at - SEEN_EVERY
        for _ in range(pause):
            office.judge(at)
            at += SEEN_EVERY
        for one in office.known:
            if one.number in ended and one.state is State.CLOSED and not one.pauses and not ended[one.number].pauses:
                before = ended[one.number]
                assert (_findings(one), one.began, one.ended) == (_findings(before), before.began, before.ended)
            assert one.began <= T + last
        ended |= {one.number: one for one in office.known if one.state is State.CLOSED}
    assert all(len(words) == 1 for words in of_many.values()), "one cause, one number"
    for before in ended.values():
        now = next(one for one in office.known if one.number == before.number)
        assert now.began == before.began
        until = T + at if now.is_live else now.ended
        assert stretches(now, until)[: len(before.pauses) + 1] == stretches(before, before.ended)
