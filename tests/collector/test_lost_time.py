"""What faults cost: lesson time by who can act, time without internet, and how it is shown."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_collector.app.reckoning import KEEP_SECONDS, LONGEST_STEP_SECONDS, Reckoning
from schooldrum_collector.judge.availability import Availability, Watched, availability, counted, day_of, expected_alone
from schooldrum_collector.judge.calendar import Window
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening, Pause, State
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.lost_time import SPANS, Group, Reckoned, group_of, lessons_by_school, lost_time
from schooldrum_collector.judge.places import PlacePresence, PlaceState, SchoolPlaces
from schooldrum_collector.show.aggregates import FailureMemory, schools_page
from schooldrum_collector.store.interface import Full, Store
from schooldrum_collector.store.records import Area, Machine, Register, Room, School

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 30, tzinfo=HANOI)
NOW = (MONDAY + timedelta(days=1, hours=20)).timestamp()
"""Tuesday evening. Without a plan lessons are Monday to Saturday, 07:00 to 17:00."""
NAME = 'x",school="EVIL"} 1\n# <b>'
REGISTER = Register(
    version=1,
    areas={"hn": Area(path="hn", name='Hà "Nội"'), "hn/q3": Area(path="hn/q3", name="Quận 3", level="quận")},
    schools={code: School(code=code, name=NAME, area="hn/q3") for code in ("A", "B")},
    rooms={f"{code}/main/tin1": Room(school=code, code="tin1", name="Tin 1") for code in ("A", "B")},
    machines={},
    by_school={},
    settings={},
    settings_version=0,
    lines={"A/main/main": RegisteredLine(school="A", site="main", code="main", provider='Nhà mạng "A"')},
)


def at(hour: float, *, day: int = 0) -> float:
    return (MONDAY + timedelta(days=day, hours=hour)).timestamp()


def incident(began: float, ended: float = 0.0, **fields: Any) -> Incident:
    place = fields.pop("place", Place(Level.SCHOOL, "A"))
    verdict = fields.pop("verdict", Verdict.LINE)
    opening = Opening(place=place, verdict=verdict, degree=Degree.FOUND, began=began, error=1.0, measured=True)
    given: dict[str, Any] = {
        "number": 1001,
        "kind": Kind.OUTAGE,
        "degree": Degree.FOUND,
        "opened": began,
        "began_error": 1.0,
        "began_measured": True,
        "evidence": Evidence(word="silent"),
        "state": State.CLOSED if ended else State.OPEN,
        "schools": ("A",),
        "ended": ended,
        **fields,
    }
    return Incident(place=place, verdict=verdict, first=opening, began=began, **given)


def lessons(*incidents: Incident, now: float = NOW, school: str = "A") -> dict[tuple[str, str], float]:
    lost = lost_time(REGISTER, incidents, now).get(school)
    return (
        {} if lost is None else {(group.value, span): seconds / 3600 for (group, span), seconds in lost.lessons.items()}
    )


@pytest.mark.parametrize(
    ("began", "ended", "hours"),
    [
        (at(8), at(9), 1),
        (at(6), at(8), 1),
        (at(16), at(20), 1),
        (at(18), at(22), 0),
        (at(16), at(8, day=1), 2),
        (at(8, day=-1), at(9, day=-1), 0),  # a Sunday
        (at(16, day=1), 0.0, 1),  # goes on
        (at(8, day=5), at(9, day=5), 0),  # later than now
        (at(9), at(8), 0),  # ends before it begins
    ],
)
def test_lesson_time_is_what_lies_in_school_hours(began, ended, hours):
    assert lessons(incident(began, ended)).get(("office", "30d"), 0) == pytest.approx(hours)


def test_each_span_holds_what_lies_in_it():
    old, new = incident(at(8, day=-20), at(9, day=-20)), incident(at(8, day=1), at(9, day=1))
    assert lessons(old, new) == {("office", "30d"): 2, ("office", "7d"): 1, ("office", "1d"): 1}
    assert lessons(incident(at(8, day=-40), at(9, day=-40))) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"place": Place(Level.MACHINE, "m1"), "verdict": Verdict.MACHINE},
        {"kind": Kind.LOSS},
        {"kind": Kind.MUTE},
        {"kind": Kind.SECOND_LINE},
        {"state": State.WITHDRAWN},
        {"state": State.ABSORBED},
        {"parent": 1000},
        {"planned": True},
        {"schools": ("GONE",)},
    ],
)
def test_what_costs_no_lesson(fields):
    assert lost_time(REGISTER, [incident(at(8), at(9), **fields)], NOW) == {}


def test_what_overlaps_counts_once_for_whoever_can_act_first():
    first, second = incident(at(8), at(10)), incident(at(9), at(11), number=1002)
    service = incident(at(8), at(9), kind=Kind.SERVICE, verdict=Verdict.SERVICE)
    assert lessons(first, second, service) == {("office", "7d"): 3, ("office", "30d"): 3}
    longer = msgspec.structs.replace(service, began=at(7), ended=at(12))
    power = incident(at(7, day=0), at(7.5), verdict=Verdict.POWER, number=1003)
    assert {group: hours for (group, span), hours in lessons(first, second, longer, power).items() if span == "7d"} == {
        "office": 3,
        "school": 0.5,
        "none": 1.5,
    }


def of_two_schools(**fields: Any) -> Incident:
    place = Place(Level.PROVIDER, "Nhà mạng A")
    return incident(at(8), at(10), place=place, schools=("A", "B"), number=1001, **fields)


def part(school: str, ended: float, **fields: Any) -> Incident:
    place = fields.pop("place", Place(Level.SCHOOL, school))
    number = 1010 + ord(school)
    return incident(at(8), ended, place=place, schools=(school,), number=number, parent=1001, **fields)


@pytest.mark.parametrize(
    ("parts", "hours"),
    [
        ((), (2, 2)),
        ((part("A", at(8.5)),), (0.5, 2)),
        ((part("A", at(8.5)), part("B", at(9))), (0.5, 1)),
        # What is told of a room, of poor packets, or was made part of the school's own, is not the school's record.
        ((part("A", at(8.5), place=Place(Level.ROOM, "A/main/tin1")),), (2, 2)),
        ((part("A", at(8.5), kind=Kind.LOSS),), (2, 2)),
        ((part("A", at(8.5), state=State.ABSORBED),), (2, 2)),
        # Another line goes on working.
        ((part("A", at(8.5), kind=Kind.SECOND_LINE),), (0, 2)),
        ((part("A", at(8.5), kind=Kind.SECOND_LINE), part("B", at(9))), (0, 1)),
        # The school said that it was closed.
        ((part("A", at(8.5), state=State.WITHDRAWN),), (0, 2)),
        ((part("A", at(8.5), pauses=(Pause(at(8.1), at(8.3)),)),), (0.3, 2)),
    ],
)
def test_a_school_lost_what_its_own_record_says_and_only_once(parts, hours):
    known = [of_two_schools(), *parts]
    found = lost_time(REGISTER, known, NOW)
    for school, expected in zip(("A", "B"), hours, strict=True):
        spans = found[school].lessons if school in found else {}
        assert spans.get((Group.OFFICE, "7d"), 0.0) == pytest.approx(expected * 3600)
        assert (found[school].internet.get("7d", 0.0) if school in found else 0.0) == pytest.approx(expected * 3600)
    together = lessons_by_school(REGISTER, [one for one in known if one.kind is Kind.OUTAGE], NOW)
    assert sum(together.values()) <= 3600 * 4 + 1
    whole = [one for one in parts if one.place.level is Level.SCHOOL and one.kind is not Kind.SECOND_LINE]
    alone = [one for one in whole if one.state is State.CLOSED]
    for one in alone:
        (own,) = lessons_by_school(REGISTER, [one], NOW).values()
        assert own == pytest.approx(3600 * hours["AB".index(one.school)]) or one.kind is Kind.LOSS


def test_who_proved_another_cause_lost_nothing_by_the_one_it_was_taken_for_a_part_of():
    """Cut from power just before its provider failed: nobody there measured that line."""
    power = part("A", at(8.5), verdict=Verdict.POWER, degree=Degree.PROBABLE)
    found = lost_time(REGISTER, [of_two_schools(), power], NOW)
    assert found["A"].lessons == dict.fromkeys([(Group.SCHOOL, "7d"), (Group.SCHOOL, "30d")], 1800)
    assert (found["A"].internet, found["B"].internet["7d"]) == ({}, 7200)
    line = msgspec.structs.replace(part("A", at(9)), number=1099, began=at(8.5))
    found = lost_time(REGISTER, [of_two_schools(), power, line], NOW)
    assert found["A"].internet["7d"] == 1800, "the line was still away when the power was back"
    assert (found["A"].lessons[Group.OFFICE, "7d"], found["A"].lessons[Group.SCHOOL, "7d"]) == (1800, 1800)
    asked = msgspec.structs.replace(power, verdict=Verdict.UNKNOWN)
    assert lost_time(REGISTER, [of_two_schools(), asked], NOW)["A"].internet["7d"] == 1800, "nothing speaks against it"


@pytest.mark.parametrize("state", [State.OPEN, State.ABSORBED, State.CLOSED])
def test_what_is_held_by_an_incident_that_costs_nothing_costs_what_its_page_says(state):
    line = incident(at(8.5), at(10), number=1002, kind=Kind.SECOND_LINE, target="second")
    ended = 0.0 if state is State.ABSORBED else at(9.5)
    room = Place(Level.ROOM, "A/main/tin1")
    dark = incident(at(8), ended, place=room, verdict=Verdict.UNKNOWN, parent=1002, state=state)
    now = at(9.5)
    on_its_page = lessons_by_school(REGISTER, [dark], now)["A"]
    assert on_its_page == 1.5 * 3600
    assert lessons(dark, line, now=now)["school", "1d"] * 3600 == on_its_page
    whole = incident(at(8), at(10), number=1002)
    assert ("school", "1d") not in lessons(dark, whole, now=now), "what costs lessons itself holds all of them"


def test_a_shared_incident_costs_the_sum_of_its_schools():
    known = [of_two_schools(), part("A", at(8.5))]
    assert lessons_by_school(REGISTER, known, NOW) == {"A": 1800, "B": 7200}
    assert lessons_by_school(REGISTER, [of_two_schools()], NOW) == {"A": 7200, "B": 7200}
    assert lessons_by_school(REGISTER, [of_two_schools(state=State.WITHDRAWN)], NOW) == {}
    by_another = part("A", at(8.5), kind=Kind.SECOND_LINE)
    assert lessons_by_school(REGISTER, [of_two_schools(), by_another], NOW) == {"B": 7200}
    let_go = [msgspec.structs.replace(one, parent=0) for one in (by_another, part("B", at(9)))]
    assert lessons_by_school(REGISTER, [of_two_schools(), *let_go], NOW) == {"B": 3600}, "its end lets its parts go"
    assert lost_time(REGISTER, [of_two_schools(), *let_go], NOW).keys() == {"B"}
    assert lessons_by_school(REGISTER, [by_another], NOW) == {"A": 1800}, "how long its line was gone, to its provider"


def test_what_a_school_lost_before_a_shared_incident_began_is_its_own():
    shared = incident(at(8), at(10), place=Place(Level.PROVIDER, "VNPT"), schools=("A", "B"), number=1001)
    early = msgspec.structs.replace(part("A", at(9)), began=at(7.5))
    assert lessons_by_school(REGISTER, [shared, early], NOW) == {"A": 3600, "B": 7200}
    assert lessons_by_school(REGISTER, [early], NOW) == {"A": 5400}
    assert lost_time(REGISTER, [shared, early], NOW)["A"].lessons[Group.OFFICE, "7d"] == pytest.approx(5400)


def test_a_provider_costs_each_of_its_schools():
    shared = incident(at(8), at(9), place=Place(Level.PROVIDER, "Nhà mạng A"), schools=("A", "B"))
    for school in ("A", "B"):
        assert lessons(shared, school=school)["office", "7d"] == 1
        assert lost_time(REGISTER, [shared], NOW)[school].internet["7d"] == 3600


def test_only_the_line_costs_internet():
    for verdict in Verdict:
        lost = lost_time(REGISTER, [incident(at(18), at(19), verdict=verdict)], NOW)
        expected = {"7d": 3600.0, "30d": 3600.0} if verdict in {Verdict.LINE, Verdict.DNS, Verdict.NATIONAL} else {}
        assert (lost["A"].internet if lost else {}) == expected, verdict
    room = incident(at(18), at(19), place=Place(Level.ROOM, "A/main/tin1"), verdict=Verdict.LINE)
    assert lost_time(REGISTER, [room], NOW) == {}


def test_every_verdict_is_somebodys():
    assert {group_of(verdict) for verdict in Verdict} == set(Group)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-40 * 86400, 86400),
            st.floats(0, 10 * 86400),
            st.sampled_from(sorted(Verdict)),
            st.sampled_from(("A", "B")),
        ),
        max_size=8,
    )
)
def test_laws_of_lost_time(drawn):
    incidents = [
        incident(NOW + began, NOW + began + length, verdict=verdict, schools=(school,), number=1001 + number)
        for number, (began, length, verdict, school) in enumerate(drawn)
    ]
    for lost in lost_time(REGISTER, incidents, NOW).values():
        for group in Group:
            by_span = [lost.lessons.get((group, span), 0.0) for span in SPANS]
            assert by_span == sorted(by_span), "a longer span holds the shorter"
            for span, seconds in zip(SPANS, by_span, strict=True):
                assert 0 <= seconds <= SPANS[span]
        assert all(0 < seconds <= SPANS[span] + 1e-6 for span, seconds in lost.internet.items())
    assert lost_time(REGISTER, incidents, NOW) == lost_time(REGISTER, incidents[::-1], NOW)


# Counted as it goes


LESSON = at(10, day=1)


def _places(**states: PlaceState) -> dict[str, SchoolPlaces]:
    return {
        code: SchoolPlaces(school=PlacePresence(state=state, expected=True), sites={}, rooms={}, presences={})
        for code, state in states.items()
    }


class Watch:
    """A collector that counts, its clocks moved by hand. Not frozen: it stops and starts again."""

    def __init__(self, store: Store, **states: PlaceState) -> None:
        self.store, self.places = store, _places(**states)
        self.wall, self.steady = LESSON, 100.0
        self.start()

    def start(self) -> None:
        self.reckoning = Reckoning(self.store, self.places, now=lambda: self.wall, steady=lambda: self.steady)
        self.reckoning.reckon()

    def passed(self, seconds: float) -> None:
        self.wall, self.steady = self.wall + seconds, self.steady + seconds

    def goes_on(self, seconds: float) -> None:
        while seconds > 0:
            self.passed(min(30.0, seconds))
            seconds -= 30
            self.reckoning.reckon()

    def known(self) -> dict[str, tuple[float, float]]:
        found = self.reckoning.reckoned.available
        return {code: (round(one.worked), round(one.lost)) for code, one in found.items()}


@pytest.fixture
def watch(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Watch:
    store = opened(tmp_path / "data")
    for code in ("A", "B", "C"):
        enrol(store, f"m{code}", school=code)
    return Watch(store, A=PlaceState.UP, B=PlaceState.DEGRADED, C=PlaceState.OFF)


def test_time_counts_while_pcs_are_heard_and_no_outage_holds_the_school(watch: Watch) -> None:
    assert watch.known() == {}
    watch.goes_on(30)
    assert watch.known() == {"A": (30, 0), "B": (30, 0)}
    with watch.store.writing() as writer:
        writer.put_incident(incident(watch.wall))
    watch.goes_on(30)
    assert watch.known() == {"A": (30, 30), "B": (60, 0)}
    # A machine that slept saw nothing meanwhile.
    watch.passed(LONGEST_STEP_SECONDS + 1)
    watch.reckoning.reckon()
    assert watch.known() == {"A": (30, 30), "B": (60, 0)}
    (seen,) = {one.since for one in watch.reckoning.reckoned.available.values()}
    assert seen == LESSON
    assert watch.reckoning.reckoned.available["A"].ratio == pytest.approx(0.5)


def test_time_of_which_nobody_knows_why_a_school_was_silent_is_not_counted_as_seen(watch: Watch) -> None:
    watch.goes_on(30)
    watch.places.update(_places(A=PlaceState.DOWN))
    with watch.store.writing() as writer:
        writer.put_incident(incident(watch.wall, verdict=Verdict.UNKNOWN, degree=Degree.UNKNOWN))
    watch.goes_on(60)
    assert watch.known()["A"] == (30, 0)
    with watch.store.writing() as writer:
        writer.put_incident(incident(watch.wall - 60, watch.wall))
    watch.goes_on(30)
    assert watch.known()["A"] == (30, 60), "what its PCs measured counts once they have told"


def test_when_nobody_is_expected_nothing_is_lost_and_nothing_is_seen(watch: Watch) -> None:
    """A line that fails ten minutes before school is out, and is found well the next morning, cost ten minutes."""
    watch.passed(at(16, day=1) - watch.wall)
    watch.goes_on(3000)
    worked = watch.known()["A"][0]
    with watch.store.writing() as writer:
        writer.put_incident(incident(watch.wall))
    watch.goes_on(600)
    for code, places in _places(A=PlaceState.OFF, B=PlaceState.UP).items():
        school = msgspec.structs.replace(places.school, expected=False)
        watch.places[code] = msgspec.structs.replace(places, school=school)
    watch.goes_on(3600)
    assert watch.known() == {"A": (worked, 600), "B": (worked + 600, 0)}
    watch.passed(at(6, day=2) - watch.wall)
    watch.reckoning.reckon()
    watch.goes_on(3600 + 300)
    assert watch.known()["A"] == (worked, 900), "who is on again and has no internet sees that"


@pytest.mark.parametrize(
    ("closing", "always_on", "hours"),
    [(False, False, 2), (True, False, 0), (False, True, 16), (True, True, 16)],
)
def test_what_is_lost_at_closed_times_is_nobodys(closing: bool, always_on: bool, hours: float) -> None:  # noqa: FBT001 - a table's columns
    day = (MONDAY + timedelta(days=1)).date()
    rooms = {path: msgspec.structs.replace(room, always_on=always_on) for path, room in REGISTER.rooms.items()}
    calendars = {"A": PlaceCalendar(closings=(Closing(first=day, last=day, reason="Bão"),))} if closing else {}
    register = msgspec.structs.replace(REGISTER, rooms=rooms, calendars=calendars)
    lost = expected_alone(register, {"A": [Window(at(15, day=1), at(31, day=1))]})
    assert sum(one.end - one.begin for one in lost["A"]) == 3600 * hours


def test_a_school_that_goes_on_by_another_line_has_internet_while_a_provider_is_out(watch: Watch) -> None:
    shared = incident(watch.wall, place=Place(Level.PROVIDER, "VNPT"), schools=("A", "B"), number=1001)
    own = incident(watch.wall, kind=Kind.SECOND_LINE, number=1002, parent=1001)
    with watch.store.writing() as writer:
        for one in (shared, own):
            writer.put_incident(one)
    watch.goes_on(60)
    assert watch.known() == {"A": (60, 0), "B": (0, 60)}
    shown = page(watch.reckoning.reckoned)
    assert [line.split("{")[1][:10] for line in shown if "SC-1001" in line] == ['school="B"']
    assert [line.split("{")[1][:10] for line in shown if "SC-1002" in line] == ['school="A"']


def test_what_was_lost_counts_only_where_it_was_watched(watch: Watch) -> None:
    """Before the first start, and while the collector was stopped, nothing that worked was counted either."""
    with watch.store.writing() as writer:
        writer.put_incident(incident(LESSON - 3 * 86400, LESSON - 2 * 86400))
        writer.put_incident(incident(LESSON - 600, LESSON + 60, number=1002))
        writer.put_incident(incident(LESSON + 900, LESSON + 3600, number=1003))
    watch.goes_on(600)
    watch.reckoning.keep()
    watch.passed(3000 + 7200)
    watch.start()
    watch.goes_on(60)
    assert watch.known() == {"A": (660, 60), "B": (660, 0)}
    assert watch.reckoning.reckoned.lost["A"].internet["30d"] == 86400 + 660 + 2700


def test_what_was_counted_is_kept_and_days_pass(watch: Watch) -> None:
    watch.goes_on(KEEP_SECONDS + 60)
    # The power fails: what was kept last is there.
    watch.start()
    assert watch.known()["A"] == (KEEP_SECONDS, 0)
    watch.passed(21 * 3600 - 300)
    watch.goes_on(600)
    watch.reckoning.keep()
    assert [day.day for day in watch.store.watched(0)] == [day_of(LESSON), day_of(LESSON) + 1], (
        "midnight by UTC has passed"
    )
    for day in range(40):
        watch.passed(86400)
        watch.start()
        if day == 35:
            watch.places.update(_places(C=PlaceState.UP))
        watch.goes_on(60)
        watch.reckoning.keep()
    known = watch.reckoning.reckoned.available
    assert known["A"].seen == pytest.approx(31 * 60)
    assert watch.wall - known["A"].since < 31 * 86400
    assert known["C"].seen == pytest.approx(5 * 60)
    assert watch.wall - known["C"].since == pytest.approx(4 * 86400, abs=300)


def test_a_full_disk_is_tried_again(watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def full() -> Any:
        raise Full("no room")

    with monkeypatch.context() as patch:
        patch.setattr(watch.store, "writing", full)
        watch.goes_on(KEEP_SECONDS)
    assert "tried again" in caplog.text
    watch.goes_on(KEEP_SECONDS)
    assert watch.store.watched(0)[0].worked["A"] == 2 * KEEP_SECONDS


_TIMES = st.lists(st.tuples(st.floats(0, 40), st.floats(0.01, 5)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(_TIMES, _TIMES, st.floats(0, 35))
def test_laws_of_availability(watched, without, since):
    """Nothing is lost outside what was watched; a school that is not heard has no availability."""
    days: dict[int, Watched] = {}
    for begin, length in sorted(watched):
        at = (begin + length) * 86400
        days[day_of(at)] = counted(days.get(day_of(at)), at, length * 86400, ["A"], ["A"], nearest=90)
    lost = [Window(begin * 86400, (begin + 0.5) * 86400) for begin in sorted({int(begin) for begin, _ in without})]
    found = availability(days.values(), {"A": lost, "B": lost}, since * 86400)
    assert found.keys() <= {"A"}
    for one in found.values():
        stretches = [each for day in days.values() if day.day >= day_of(since * 86400) for each in day.stretches]
        assert one.lost <= sum(each.end - each.begin for each in stretches) + 1
        assert one.since == min(each.begin for each in stretches)
        assert one.ratio is None or 0 <= one.ratio <= 1


# Shown


def page(reckoned: Reckoned, schools: tuple[str, ...] = ("A", "B")) -> list[str]:
    pieces = schools_page(
        REGISTER, schools, latest_of=lambda _: [], states_of=lambda *_: {}, memory=FailureMemory(), reckoned=reckoned
    )
    return [line for line in b"".join(pieces).decode().splitlines() if not line.startswith("#")]


def test_the_page_says_what_was_lost_and_escapes_what_people_wrote():
    room = incident(
        at(8, day=1), place=Place(Level.ROOM, "A/main/tin1"), verdict=Verdict.ROOM, degree=Degree.PROBABLE, number=1007
    )
    shared = incident(at(9), place=Place(Level.PROVIDER, "x"), schools=("A", "B", "GONE"), number=1008)
    both = (room, shared)
    known = Availability(since=NOW - 3600, worked=3000, lost=600)
    lines = page(Reckoned(lost=lost_time(REGISTER, both, NOW), available={"A": known}, open=both))
    where = 'level="room",kind="outage",verdict="room",degree="probable"'
    assert (
        f'school_incident_begin_timestamp_seconds{{school="A",site="main",room="tin1",incident="SC-1007",{where}}}'
        f" {room.began:.3f}"
    ) in lines
    assert sum("SC-1008" in line for line in lines) == 2
    assert 'school_internet_availability_ratio{school="A",window="30d"} 0.833333' in lines
    assert 'school_internet_seen_seconds{school="A",window="30d"} 3600.000' in lines
    assert f'school_internet_seen_since_timestamp_seconds{{school="A",window="30d"}} {NOW - 3600:.3f}' in lines
    assert 'school_lesson_lost_seconds{school="A",group="office",window="1d"} 36000.000' in lines
    assert not any('group="school"' in line for line in lines), "an hour is counted once"
    assert 'school_line_info{school="A",site="main",line="main",provider="Nhà mạng \\"A\\""} 1' in lines
    assert 'school_area_info{area="hn",name="Hà \\"Nội\\"",level=""} 1' in lines
    assert any(line.startswith('school_info{school="A",name="x\\",school=\\"EVIL\\"} 1\\n# <b>"') for line in lines)
    assert not any(line.startswith("# <b>") for line in lines)


def test_a_reader_of_one_school_sees_nothing_of_another():
    shared = incident(at(9), place=Place(Level.PROVIDER, "x"), schools=("A", "B"))
    known = Availability(since=NOW, worked=1, lost=0)
    everything = Reckoned(lost=lost_time(REGISTER, [shared], NOW), available=dict.fromkeys("AB", known), open=(shared,))
    lines = page(everything, ("B",))
    assert lines
    assert not any('school="A"' in line for line in lines)


def test_a_correction_moves_what_was_lost():
    before = incident(at(8), at(9), verdict=Verdict.UNKNOWN)
    after = msgspec.structs.replace(before, verdict=Verdict.LINE)
    assert set(lessons(before)) == {("school", "7d"), ("school", "30d")}
    assert set(lessons(after)) == {("office", "7d"), ("office", "30d")}
