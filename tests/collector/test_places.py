from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.commands.calendar_sample import sample
from schooldrum_collector.judge.calendar_learnt import Habit, with_end
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar, read, with_days
from schooldrum_collector.judge.endings import Ending, FirstBack, LastHeard, RoomEnding, ending_of, room_ending
from schooldrum_collector.judge.expecting import RoomCalendar, is_planned, maintained, rooms_expected
from schooldrum_collector.judge.places import Member, PlaceState, RoomSeen, above, room_presence, school_places, settled
from schooldrum_collector.judge.presence import Hearing, Presence, State
from schooldrum_collector.judge.room_ends import Heard, RoomWatch, looked
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Latest, Machine, MachineState, Register, Room, School

VIETNAM = "Asia/Ho_Chi_Minh"
AREA = PlaceCalendar(plans=(read(sample(Say("vi"))),))


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(VIETNAM)).timestamp()


NINE = at("2026-11-23 09:15")
BELL = at("2026-11-23 09:40")


def room(path: str, states: Sequence[tuple[State, float]], calendar: RoomCalendar | None = None) -> RoomSeen:
    members = tuple(
        Member(machine=f"{path}{seat}", presence=Presence(state=state, since=heard), heard=heard)
        for seat, (state, heard) in enumerate(states)
    )
    return RoomSeen(path=path, members=members, calendar=calendar or RoomCalendar((AREA,), VIETNAM))


def silent(moment: float, count: int = 10) -> list[tuple[State, float]]:
    return [(State.SILENT, moment - 5 * seat) for seat in range(count)]


def on(moment: float, count: int = 4) -> list[tuple[State, float]]:
    return [(State.ONLINE, moment) for _ in range(count)]


LEARNT = RoomCalendar((AREA,), VIETNAM, habit=with_end(Habit(room="a"), at("2026-11-20 09:17")))
ENDS = [
    ("at the bell, others heard on", silent(BELL), on(BELL + 200), None, True),
    ("in mid lesson, others heard on: a switch or a cable", silent(NINE), on(NINE + 200), None, False),
    ("at the bell, and all others too: a line or the power", silent(BELL), silent(BELL - 20, 4), None, False),
    ("at the bell, nobody else on", silent(BELL), [(State.OFF, BELL - 9000)], None, True),
    ("at a time it has ended before", silent(NINE), on(NINE + 200), LEARNT, True),
    ("one is still heard", [*silent(BELL), (State.ONLINE, BELL + 200)], on(BELL + 200), None, False),
    ("one by one", [(State.SILENT, NINE - 300 * seat) for seat in range(10)], on(NINE + 200), None, False),
    (
        "at the end of the shift, all together",
        silent(at("2026-11-23 11:27")),
        silent(at("2026-11-23 11:27")),
        None,
        True,
    ),
]


@pytest.mark.parametrize(
    ("here", "there", "calendar", "is_off"), [one[1:] for one in ENDS], ids=[one[0] for one in ENDS]
)
def test_places_a_room_that_ends_as_usual_is_off(here, there, calendar, is_off):  # a table's columns
    rooms = [room("a", here, calendar), room("b", there)]
    found = settled(rooms, max(one.heard for one in (*rooms[0].members, *rooms[1].members)) + 180)
    states = {found[member.machine].state for member in rooms[0].members if member.presence.state is State.SILENT}
    assert states == {State.OFF if is_off else State.SILENT}
    assert all(one.assumed for one in found.values() if one.state is State.OFF and one.assumed)


def test_places_who_is_not_switched_on_again_after_a_power_cut_is_off_for_a_day():
    cut = NINE
    for later, state in ((1800.0, State.OFF), (80000.0, State.OFF), (90000.0, State.SILENT)):
        now = cut + later
        back = tuple(
            Member(machine=f"b{seat}", presence=Presence(state=State.ONLINE), heard=now, came=now - 600)
            for seat in range(4)
        )
        always = RoomCalendar((AREA,), VIETNAM, always_on=True)
        rooms = [room("a", silent(cut), always), RoomSeen(path="b", members=back, calendar=always)]
        assert {settled(rooms, now)[member.machine].state for member in rooms[0].members} == {state}


STATES = [
    ([], PlaceState.UNKNOWN),
    ([(State.NEVER, 0)], PlaceState.UNKNOWN),
    ([(State.ONLINE, 1)], PlaceState.UP),
    ([(State.ONLINE, 1)] * 10 + [(State.SILENT, 1)], PlaceState.UP),
    ([(State.ONLINE, 1)] * 2 + [(State.SILENT, 1)], PlaceState.DEGRADED),
    ([(State.SILENT, 1)] * 3 + [(State.NEVER, 0)], PlaceState.DOWN),
    ([(State.OFF, 1)] * 10, PlaceState.OFF),
    ([(State.OFF, 10_000)] * 18 + [(State.SILENT, 10_000)], PlaceState.OFF),
    ([(State.OFF, 1)] * 18 + [(State.SILENT, 90_000)] * 2, PlaceState.DOWN),
    ([(State.PENDING, 1)] * 5 + [(State.OFF, 1)], PlaceState.OFF),
]


@pytest.mark.parametrize(("states", "state"), STATES)
def test_places_rooms_stand_as_their_pcs_do(states, state):
    presences = [Presence(state=one, since=float(since) or None) for one, since in states]
    assert room_presence(presences, expected=True).state is state


def test_places_after_its_own_gap_the_collector_knows_nothing_yet():
    graced = room_presence([Presence(state=State.ONLINE, assumed=True)] * 3, expected=True)
    down = room_presence([Presence(state=State.SILENT, since=5.0)] * 3, expected=True)
    assert graced.state is PlaceState.UNKNOWN
    assert above([graced, down]).state is PlaceState.UNKNOWN
    assert above([down]).state is PlaceState.DOWN
    assert above([down]).since == 5.0


@given(st.lists(st.sampled_from([State.ONLINE, State.OFF, State.SILENT, State.NEVER]), max_size=40))
def test_places_a_room_is_up_only_where_one_is_heard_and_down_only_where_one_is_missed(states):
    found = room_presence([Presence(state=one, since=9.0) for one in states], expected=True)
    assert (found.state in {PlaceState.UP, PlaceState.DEGRADED}) is (State.ONLINE in states)
    if found.state is PlaceState.DOWN:
        assert State.SILENT in states
    assert sum(found.machines.values()) == len(states)
    assert above([found]).state is found.state


def register(*, closed: bool = False) -> Register:
    calendar = AREA
    if closed:
        calendar = with_days(calendar, Closing(first=date(2026, 11, 23), last=date(2026, 11, 23), reason="Bão"))
    rooms = [Room(school="BM", code="tin1", name="Tin 1"), Room(school="BM", code="sv", name="Máy chủ", always_on=True)]
    return Register(
        version=1,
        areas={},
        schools={"BM": School(code="BM", name="Bình Minh", area="hn")},
        rooms={one.path: one for one in rooms},
        machines={},
        by_school={},
        settings={},
        settings_version=0,
        calendars={"hn": calendar},
    )


def pc(number: int, code: str = "tin1", state: MachineState = MachineState.ACTIVE) -> Machine:
    return Machine(
        id=f"{code}{number}",
        school="BM",
        site="main",
        room=code,
        alias=f"{code}-{number:02}",
        seat=number,
        state=state,
        fingerprint={},
        enrolled=0.0,
    )


def latest(machine: str, heard: float) -> Latest:
    return Latest(
        machine=machine, heard=heard, received=heard, body=b"", run="r", boot="b", clock=0.0, skew=0.0, beat=60
    )


def test_places_of_a_school_as_a_whole():
    machines = [pc(1), pc(2), pc(3, state=MachineState.PENDING), pc(1, "sv")]
    heard = {"tin11": NINE, "tin12": NINE - 30, "tin13": NINE, "sv1": NINE + 290}
    known = {machine: latest(machine, when) for machine, when in heard.items()}
    for is_closed, state in ((False, PlaceState.DOWN), (True, PlaceState.OFF)):
        found = school_places(
            register(closed=is_closed),
            rooms=["BM/main/tin1", "BM/main/sv"],
            machines=machines,
            heard_of=known.get,
            hearing=Hearing(),
            now=NINE + 300,
        )
        assert found.rooms["BM/main/tin1"].state is state
        assert found.rooms["BM/main/tin1"].expected is not is_closed
        assert found.rooms["BM/main/tin1"].machines == {"off" if is_closed else "silent": 2}
        assert found.rooms["BM/main/sv"].state is PlaceState.UP
        assert found.sites["BM/main"].state is (PlaceState.UP if is_closed else PlaceState.DEGRADED)
        assert found.presences["tin13"].state is State.PENDING
        assert found.presences.keys() == {machine.id for machine in machines}


def test_places_what_is_expected_follows_the_register():
    open_, closed = register(), register(closed=True)
    rooms = ("BM/main/tin1", "BM/main/sv", "BM/main/gone")
    assert rooms_expected(open_, rooms, NINE) == dict.fromkeys(rooms, True)
    assert rooms_expected(closed, rooms, NINE) == {rooms[0]: False, rooms[1]: True, rooms[2]: False}
    assert rooms_expected(open_, rooms, NINE)[rooms[0]]
    assert is_planned(open_, "BM", NINE)
    assert not is_planned(open_, "BM", at("2028-11-23 09:00"))
    assert not is_planned(open_, "GONE", NINE)
    assert maintained(open_, rooms[0], NINE) is None


LAST = LastHeard(heard=1000.0, boot="b1")
ENDINGS = [
    (LAST, None, (Ending.UNKNOWN, False)),
    (LAST, FirstBack(boot="b2", word_kind="start"), (Ending.CUT, True)),
    (LastHeard(heard=1000.0, boot="b1", frozen=True), FirstBack(boot="b2"), (Ending.CUT, False)),
    (LAST, FirstBack(boot="b2", ran_until=2000.0), (Ending.LOST, True)),
    (LAST, FirstBack(boot="b1"), (Ending.LOST, True)),
    (LAST, FirstBack(boot="b1", word_kind="resume"), (Ending.SLEEP, True)),
    *(
        (LastHeard(heard=1000.0, boot="b1", word="goodbye", word_kind=kind, word_at=1000.0), back, (ending, sure))
        for kind, back, ending, sure in (
            ("shutdown", None, Ending.SHUTDOWN, True),
            ("shutdown", FirstBack(boot="b2"), Ending.SHUTDOWN, True),
            ("shutdown", FirstBack(boot="b1"), Ending.FAST_STARTUP, True),
            ("suspend", None, Ending.SLEEP, True),
            ("update", None, Ending.STOPPED, True),
            ("stop", None, Ending.STOPPED, True),
            ("?", None, Ending.UNKNOWN, False),
        )
    ),
    (
        LastHeard(heard=1001.0, boot="b1", word="goodbye", word_kind="stop", word_at=1000.0),
        FirstBack(boot="b2"),
        (Ending.CUT, True),
    ),
]


@pytest.mark.parametrize(("last", "back", "ending"), ENDINGS)
def test_endings_are_told_by_what_was_said_and_what_came_back(last, back, ending):
    assert ending_of(last, back) == ending


@pytest.mark.parametrize(
    ("endings", "heard", "others_on", "ending"),
    [
        ([Ending.CUT] * 9 + [Ending.SHUTDOWN], True, True, RoomEnding.BREAKER),
        ([Ending.CUT] * 9, False, True, RoomEnding.POWER_CUT),
        ([Ending.CUT] * 9, False, False, RoomEnding.UNKNOWN),
        ([Ending.SHUTDOWN] * 5 + [Ending.SLEEP] * 4, True, True, RoomEnding.SHUTDOWN),
        ([Ending.LOST] * 9, True, True, RoomEnding.LOST),
        ([Ending.LOST, Ending.CUT, Ending.SHUTDOWN], True, True, RoomEnding.UNKNOWN),
        ([], True, True, RoomEnding.UNKNOWN),
    ],
)
def test_endings_of_a_room(endings, heard, others_on, ending):
    assert room_ending(endings, others_heard=heard, others_on=others_on) is ending


def watched(after: str, kind: str = "start", *, others: float = 2000.0) -> float | None:
    def there(moment: float, boot: str, *, is_on: bool) -> list[Heard]:
        return [
            Heard(machine=f"{seat}", on=is_on, last=LastHeard(heard=moment + seat, boot=boot, word_kind=kind))
            for seat in range(5)
        ]

    watch, end = looked(RoomWatch(), there(1000.0, "b1", is_on=True), others)
    assert end is None
    for _ in range(3):
        watch, end = looked(watch, there(1000.0, "b1", is_on=False), others)
        assert end is None
    watch, end = looked(watch, there(5000.0, after, is_on=True), others)
    again = looked(watch, there(5060.0, after, is_on=True), others)
    assert again[1] is None
    return end


def test_places_only_ends_that_were_no_fault_are_learnt():
    assert watched("b2") == 1004.0
    assert watched("b1") is None, "they ran on: a switch was off"
    assert watched("b1", "resume") == 1004.0
    assert watched("b2", others=1000.0) is None, "the whole school went with it"
