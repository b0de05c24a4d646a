import math
from bisect import bisect_right
from collections import Counter

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from schooldrum_collector.judge.apart import Apart
from schooldrum_collector.judge.expecting import RoomCalendar
from schooldrum_collector.judge.headcount import headcount, states_of
from schooldrum_collector.judge.places import school_places
from schooldrum_collector.judge.presence import ExpectedUntil, Facts, Hearing, SetBack, State, always, presence_of
from schooldrum_collector.judge.standing import standing
from schooldrum_collector.store.records import Latest, Machine, MachineState, Register, Room, School

NOON = 1_763_958_000.0
"""Mon 24 Nov 2025, 11:20 in Vietnam: a school hour."""
DAY = 86400.0

moments = st.one_of(
    st.floats(NOON - 3 * DAY, NOON + DAY),
    st.integers(-40, 40).map(lambda quarters: NOON + 900.0 * quarters),
    st.just(0.0),
)
facts = st.builds(
    Facts,
    standing=st.just("active"),
    heard=moments,
    beat=st.sampled_from((60, 60, 1, 900, -5, 10**9)),
    word=st.sampled_from(("", "hello", "goodbye")),
    word_at=moments,
)
hearings = st.one_of(
    st.just(Hearing()),
    st.builds(Hearing, away=moments, back=moments),
    st.builds(Hearing, away=moments, back=moments, refusing=moments, waiting=moments),
    st.builds(
        Hearing,
        away=moments,
        back=moments,
        set_back=st.builds(SetBack, before=moments | st.just(-math.inf), after=moments),
    ),
)


def windows(edges: list[float]) -> ExpectedUntil:
    """Expected in every other stretch between these moments."""

    def until(moment: float) -> float | None:
        after = bisect_right(edges, moment)
        return edges[after] if after % 2 and after < len(edges) else None

    return until


calendars = st.one_of(
    st.just(always),
    st.lists(moments, unique=True, max_size=8).map(sorted).map(windows),
    st.just(RoomCalendar((), "Asia/Ho_Chi_Minh").until),
)


@given(known=st.lists(facts, max_size=30), hearing=hearings, until=calendars, now=moments)
@example(
    known=[Facts(standing="active", heard=NOON - number) for number in range(2000)],
    hearing=Hearing(),
    until=windows([NOON - 1000.5, NOON + 9000]),
    now=NOON + 4000,
)
def test_a_headcount_says_what_a_look_at_each_of_them_says(
    known: list[Facts], hearing: Hearing, until: ExpectedUntil, now: float
) -> None:
    one_by_one = Counter(presence_of(one, hearing, until, now).state for one in known)
    assert +headcount(known, hearing, until, now) == one_by_one


@given(edges=st.lists(st.integers(0, 50), unique=True, max_size=6).map(sorted), heard=st.lists(st.integers(1, 60)))
def test_it_agrees_wherever_the_edges_of_school_hours_lie(edges: list[int], heard: list[int]) -> None:
    until = windows([float(edge) for edge in edges])
    known = [Facts(standing="active", heard=float(moment), beat=1) for moment in heard]
    for now in (10.0, 45.0, math.inf):
        one_by_one = Counter(presence_of(one, Hearing(), until, now).state for one in known)
        assert +headcount(known, Hearing(), until, now) == one_by_one


def test_the_calendar_is_not_asked_again_and_again_for_those_who_fell_silent_together() -> None:
    asked = 0

    def until(moment: float) -> float:
        nonlocal asked
        asked += 1
        return NOON + 10_000 if moment < NOON + 10_000 else math.inf

    known = [Facts(standing="active", heard=NOON - 60 * number / 5000) for number in range(5000)]
    assert headcount(known, Hearing(), until, NOON + 600)[State.SILENT] == 5000
    assert headcount(known[::-1], Hearing(), until, NOON + 600)[State.SILENT] == 5000
    assert asked < 20


def test_every_room_is_counted_by_its_own_calendar() -> None:
    rooms = [
        Room(school="DEMO", code="tin1", name="Tin 1"),
        Room(school="DEMO", code="server", name="", always_on=True),
    ]
    machines = [
        Machine(
            id=f"m{number}", school="DEMO", site="main", room=("tin1", "server")[number % 2], alias=f"m-{number:02}",
            seat=number, state=MachineState.ACTIVE, fingerprint={}, enrolled=0.0,
        )
        for number in range(8)
    ]  # fmt: skip
    register = Register(
        version=1, areas={}, schools={"DEMO": School(code="DEMO", name="Demo")},
        rooms={room.path: room for room in rooms},
        machines={one.id: one for one in machines}, by_school={"DEMO": tuple(one.id for one in machines)}, settings={},
        settings_version=1,
    )  # fmt: skip
    evening = NOON + 9 * 3600
    first = Latest(
        machine="", heard=evening - 600, received=0.0, body=b"", run="r", boot="b", clock=0.0, skew=0.0, beat=60
    )
    known = {one.id: msgspec.structs.replace(first, machine=one.id) for one in machines[:6]}
    known["m0"] = msgspec.structs.replace(known["m0"], heard=evening - 5)
    counted = states_of(register, machines, known, Hearing(), evening)
    assert counted == {State.ONLINE: 1, State.OFF: 2, State.SILENT: 3, State.NEVER: 2}
    one_by_one = Counter(standing(register, one, known.get(one.id), Hearing(), evening).state for one in machines)
    assert +counted == one_by_one

    just_started = Hearing(away=evening - 700, back=evening - 300)
    waited = states_of(register, machines, known, just_started, evening)
    assert +waited == {State.ONLINE: 6, State.NEVER: 2}
    dark = {"m1", "m2"}
    gone = states_of(register, machines, known, just_started, evening, dark=dark)
    assert +gone == {State.ONLINE: 4, State.SILENT: 1, State.OFF: 1, State.NEVER: 2}
    places = school_places(
        register, rooms=register.rooms, machines=machines, heard_of=known.get, hearing=just_started, now=evening,
        apart=Apart(dark=frozenset(dark)),
    )  # fmt: skip
    assert +gone == Counter(one.state for one in places.presences.values())
