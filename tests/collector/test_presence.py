import math

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schooldrum_collector.judge.presence import (
    GRACE_SECONDS,
    Facts,
    Hearing,
    Presence,
    SetBack,
    State,
    always,
    begun,
    deaf,
    in_grace,
    noticed,
    presence_of,
    turned_away,
)

HOUR = 3600.0
DAY = 86400.0
LISTENING = Hearing(away=0.0, back=0.0)
ORDER = {State.ONLINE: 0, State.SILENT: 1, State.OFF: 2}


def school_day(moment: float) -> float | None:
    """Seven to seventeen of every day, in a world whose first day begins at zero."""
    day, second = divmod(moment, DAY)
    return day * DAY + 17 * HOUR if 7 * HOUR <= second < 17 * HOUR else None


def at(day: int, hour: float) -> float:
    return 100 * DAY + day * DAY + hour * HOUR


def heard(when: float, **more: object) -> Facts:
    return Facts(**{"standing": "active", "heard": when, "beat": 60, **more})  # type: ignore[arg-type]  # a table's row


CASES = [
    ("pending stays pending whatever is heard", heard(at(0, 9), standing="pending"), at(0, 9), State.PENDING, False),
    ("retired stays retired", heard(at(0, 9), standing="retired"), at(0, 9), State.RETIRED, False),
    ("nothing ever heard", Facts(standing="active"), at(0, 9), State.NEVER, False),
    ("just heard", heard(at(0, 9)), at(0, 9), State.ONLINE, False),
    ("one missed beat is nothing", heard(at(0, 9)), at(0, 9) + 90, State.ONLINE, False),
    ("a moment before three beats", heard(at(0, 9)), at(0, 9) + 179.9, State.ONLINE, False),
    ("three beats in lesson time", heard(at(0, 9)), at(0, 9) + 180, State.SILENT, False),
    ("still silent hours later", heard(at(0, 9)), at(0, 16.9), State.SILENT, False),
    ("school is over: off, assumed", heard(at(0, 9)), at(0, 17), State.OFF, True),
    ("and next morning it stays off", heard(at(0, 9)), at(1, 8), State.OFF, True),
    ("cut at the breaker in the evening", heard(at(0, 18)), at(0, 18) + 180, State.OFF, True),
    ("missed only after school's end", heard(at(0, 17) - 100), at(0, 17) + 80, State.OFF, True),
    ("a slow beat has its own patience", heard(at(0, 9), beat=900), at(0, 9) + 2699, State.ONLINE, False),
    ("and an end", heard(at(0, 9), beat=900), at(0, 9) + 2700, State.SILENT, False),
    ("nobody buys a week by a long beat", heard(at(0, 9), beat=10**9), at(0, 9) + 2700, State.SILENT, False),
    ("a beat of nothing is one second", heard(at(0, 9), beat=0), at(0, 9) + 2.9, State.ONLINE, False),
    ("goodbye is off at once", heard(at(0, 9), word="goodbye", word_at=at(0, 9)), at(0, 9), State.OFF, False),
    (
        "a report after the goodbye",
        heard(at(0, 9) + 1, word="goodbye", word_at=at(0, 9)),
        at(0, 9) + 2,
        State.ONLINE,
        False,
    ),
    ("silent after that", heard(at(0, 9) + 1, word="goodbye", word_at=at(0, 9)), at(0, 10), State.SILENT, False),
    ("hello is no goodbye", heard(at(0, 9), word="hello", word_at=at(0, 9)), at(0, 9) + 181, State.SILENT, False),
    ("an unknown word is none", heard(at(0, 9), word="farewell", word_at=at(0, 9)), at(0, 9), State.ONLINE, False),
    ("heard in the future is online", heard(at(0, 9)), at(0, 8), State.ONLINE, False),
]


@pytest.mark.parametrize(("facts", "now", "state", "assumed"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_presence_table(facts: Facts, now: float, state: State, assumed: bool):  # noqa: FBT001 - a table's column
    presence = presence_of(facts, LISTENING, school_day, now)
    assert (presence.state, presence.assumed) == (state, assumed)


def test_an_always_on_machine_is_silent_at_night_and_stays_so():
    facts = heard(at(0, 22))
    for later in (180.0, HOUR, DAY, 300 * DAY):
        assert presence_of(facts, LISTENING, always, at(0, 22) + later).state is State.SILENT


def test_since_says_when_it_began():
    nine = at(0, 9)
    assert presence_of(heard(nine), LISTENING, school_day, nine + 200).since == nine
    assert presence_of(heard(nine), LISTENING, school_day, at(0, 18)).since == at(0, 17)
    assert presence_of(heard(at(0, 18)), LISTENING, school_day, at(0, 20)).since == at(0, 18)
    said = presence_of(heard(nine, word="goodbye", word_at=nine), LISTENING, school_day, at(3, 9))
    assert said == Presence(state=State.OFF, since=nine)
    hello = presence_of(heard(nine + 60, word="hello", word_at=nine), LISTENING, school_day, nine + 90)
    assert hello == Presence(state=State.ONLINE, since=nine)


class TestGrace:
    back = at(1, 9)
    away = at(1, 8.9)

    def judged(self, facts: Facts, now: float, away: float | None = None) -> Presence:
        hearing = Hearing(away=self.away if away is None else away, back=self.back)
        return presence_of(facts, hearing, school_day, now)

    def test_nobody_leaves_online_for_silent(self):
        facts = heard(self.away - 10)
        for passed in (0, 180, GRACE_SECONDS, GRACE_SECONDS + 179):
            presence = self.judged(facts, self.back + passed)
            assert presence.state is State.ONLINE
            assert presence.assumed
        assert self.judged(facts, self.back + GRACE_SECONDS + 180).state is State.SILENT

    def test_whoever_was_silent_before_stays_silent(self):
        assert self.judged(heard(self.away - 181), self.back + 1).state is State.SILENT

    def test_a_goodbye_is_believed_in_grace(self):
        facts = heard(self.away - 10, word="goodbye", word_at=self.away - 10)
        assert self.judged(facts, self.back + 1).state is State.OFF

    def test_a_week_away_makes_no_dark_school(self):
        last_week = at(-6, 10)
        facts = heard(last_week)
        hearing = Hearing(away=last_week + 5, back=self.back)
        states = [presence_of(facts, hearing, school_day, self.back + passed).state for passed in range(0, 8000, 50)]
        assert State.SILENT not in states
        assert states[0] is State.ONLINE
        assert states[-1] is State.OFF

    def test_heard_again_ends_it(self):
        presence = self.judged(heard(self.back + 5), self.back + 6)
        assert presence == Presence(state=State.ONLINE)

    @pytest.mark.parametrize("begins", [20, GRACE_SECONDS, GRACE_SECONDS + 179])
    def test_a_gap_soon_after_another_blames_nobody_who_is_still_coming_back(self, begins: float):
        first = Hearing(away=self.away, back=self.back)
        last, again = self.back + begins, self.back + begins + 12
        for hearing in (noticed(first, last=last, now=again, tick=0.5), deaf(first, last, again)):
            assert hearing.away == last
            waits = [presence_of(heard(self.away - 10), hearing, school_day, again + later) for later in (0, 1079)]
            assert {(one.state, one.assumed) for one in waits} == {(State.ONLINE, True)}
            assert presence_of(heard(self.away - 10), hearing, school_day, again + 1080).state is State.SILENT
            assert presence_of(heard(self.away - 181), hearing, school_day, again).state is State.SILENT

    @pytest.mark.parametrize("ran", [30, 600, 1000])
    def test_one_that_ends_soon_after_its_start_leaves_the_next_one_who_is_still_coming_back(self, ran: float):
        stamps = [self.away - 30, self.away - 3, self.back + 5, self.back + ran]
        hearing = begun(stamps, self.back + ran + 20)
        assert (hearing.away, hearing.awaited) == (self.back + ran, self.away - 3)
        for later, state in ((0, State.ONLINE), (1079, State.ONLINE), (1080, State.SILENT)):
            assert presence_of(heard(self.away - 30), hearing, school_day, hearing.back + later).state is state
        assert presence_of(heard(self.away - 600), hearing, school_day, hearing.back).state is State.SILENT

    @pytest.mark.parametrize(("until", "state"), [(5, State.ONLINE), (60, State.ONLINE), (600, State.SILENT)])
    def test_a_start_does_not_wake_whom_the_one_before_it_missed(self, until: float, state: State):
        cut = self.away - 600
        stamps = [cut - 40, cut, *(self.away - second for second in range(5, 60, 5))]
        hearing = begun(stamps, self.away + 10, listened=[(cut - HOUR, cut + until)])
        assert presence_of(heard(cut), hearing, school_day, self.away + 10).state is state
        assert presence_of(heard(self.away - 30), hearing, school_day, self.away + 10).state is State.ONLINE

    def test_a_silence_long_before_a_start_wakes_nobody(self):
        stamps = [self.away - 3, *(self.back + 60 * beat for beat in range(60))]
        assert begun(stamps, self.back + 3600) == Hearing(away=stamps[-1], back=self.back + 3600)

    def test_a_gap_long_after_another_wakes_nobody(self):
        last = self.back + GRACE_SECONDS + 180
        hearing = noticed(Hearing(away=self.away, back=self.back), last=last, now=last + 12, tick=0.5)
        assert hearing == Hearing(away=last, back=last + 12)
        assert presence_of(heard(self.away - 10), hearing, school_day, last + 12).state is State.SILENT

    def test_it_is_told(self):
        hearing = Hearing(away=self.away, back=self.back)
        assert in_grace(hearing, self.back + GRACE_SECONDS + 179)
        assert not in_grace(hearing, self.back + GRACE_SECONDS + 180)
        assert not in_grace(Hearing(), self.back)


class TestTurnedAway:
    """The collector itself asks agents to come again: its disk is full, or it has too much to do."""

    begin = at(1, 9)

    def refused(self, *after: float, wait: float = 60, hearing: Hearing = LISTENING) -> Hearing:
        for seconds in after:
            hearing = turned_away(hearing, self.begin + seconds, wait)
        return hearing

    def state(self, hearing: Hearing, last: float, now: float, beat: int = 20) -> State:
        return presence_of(heard(self.begin + last, beat=beat), hearing, school_day, self.begin + now).state

    def test_whoever_waits_as_asked_is_not_missed_for_the_wait_and_three_beats(self):
        hearing = self.refused(0, wait=76)
        assert self.state(hearing, -20, 76 + 59.9) is State.ONLINE
        assert self.state(hearing, -20, 76 + 60) is State.SILENT
        assert self.state(LISTENING, -20, 76) is State.SILENT, "and without a refusal it is"

    def test_the_longest_wait_counts(self):
        hearing = turned_away(self.refused(0, wait=105), self.begin + 10, 1)
        assert self.state(hearing, -20, 105 + 59) is State.ONLINE

    def test_a_disk_that_is_full_all_night_is_one_refusing(self):
        knocks = range(0, 6 * 3600, 70)
        hearing = self.refused(*knocks)
        assert {self.state(hearing, -20, now) for now in knocks} == {State.ONLINE}
        assert self.state(hearing, -20, knocks[-1] + 60 + 59.9) is State.ONLINE
        assert self.state(hearing, -20, knocks[-1] + 60 + 60) is State.SILENT

    def test_whoever_was_silent_before_stays_silent(self):
        hearing = self.refused(*range(0, 3600, 70))
        assert {self.state(hearing, -60.1, now) for now in range(0, 7200, 30)} == {State.SILENT}

    def test_a_second_refusing_long_after_wakes_nobody(self):
        hearing = self.refused(0, 1000)
        assert self.state(self.refused(0), -20, 999) is State.SILENT
        assert self.state(hearing, -20, 1001) is State.SILENT
        assert self.state(hearing, 980, 1060) is State.ONLINE

    def test_one_that_begins_in_the_grace_of_a_start_goes_on_after_it(self):
        started = Hearing(away=self.begin - 100, back=self.begin)
        hearing = self.refused(*range(10, 3600, 70), hearing=started)
        assert self.state(hearing, -110, 3600) is State.ONLINE
        assert self.state(hearing, -170, 3600) is State.SILENT, "it was missed before the collector stopped"

    @pytest.mark.parametrize("step", [12.0, HOUR, -5.0, -HOUR, -10 * 365 * DAY])
    def test_a_gap_or_a_set_clock_within_it_blames_nobody(self, step: float):
        last = self.begin + 600
        hearing = noticed(self.refused(*range(0, 600, 70)), last=last, now=last + step, tick=1)
        for after in range(1, 3600, 50):
            assert self.state(hearing, -20, 600 + step + after) is not State.SILENT
            hearing = turned_away(hearing, last + step + after, 60)

    def test_it_is_told(self):
        hearing = self.refused(0)
        assert in_grace(hearing, self.begin + 60 + 179)
        assert not in_grace(hearing, self.begin + 60 + 180)
        assert not in_grace(LISTENING, self.begin)


@pytest.mark.parametrize(
    ("passed", "gap"),
    [
        (0.5, False),
        (1, False),
        (9, False),
        (10.5, True),
        (HOUR, True),
        (-0.5, False),
        (-2, True),
        (-10 * 365 * DAY, True),
    ],
)
def test_own_gaps_are_noticed(passed: float, gap: bool):  # noqa: FBT001 - a table's column
    before = Hearing(away=1.0, back=2.0)
    last, now = at(0, 9), at(0, 9) + passed
    set_back = SetBack(last, now) if passed < 0 else None
    after = noticed(before, last=last, now=now, tick=1)
    assert after == (Hearing(away=min(last, now), back=now, set_back=set_back) if gap else before)


class TestSetBack:
    """The collector's clock was ahead: what it had stamped lies in the future when it is set right."""

    nine = at(1, 9)

    def judged(self, stamp: float, hearing: Hearing, now: float, beat: int = 60) -> State:
        return presence_of(heard(stamp, beat=beat), hearing, school_day, now).state

    @pytest.mark.parametrize("back", [200.0, HOUR, 26 * HOUR, 10 * 365 * DAY])
    def test_while_it_serves(self, back: float):
        hearing = noticed(Hearing(away=at(0, 7), back=at(0, 7)), last=self.nine + back, now=self.nine, tick=0.5)
        assert hearing.set_back == SetBack(self.nine + back, self.nine)
        end = self.nine + GRACE_SECONDS + 180
        for stamp in (self.nine + back + 0.4, self.nine + back - 55, self.nine + back - 179):
            assert self.judged(stamp, hearing, self.nine) is State.ONLINE
            if back > 2 * HOUR:
                assert self.judged(stamp, hearing, end - 1) is State.ONLINE
                assert self.judged(stamp, hearing, end) is State.SILENT
        if back > HOUR:
            missed = self.nine + back - HOUR + 60
            assert {self.judged(missed, hearing, self.nine + later) for later in (0, 60, 1000)} == {State.SILENT}
        assert self.judged(self.nine + 30, hearing, self.nine + 200) is State.ONLINE, "who reported since, did"

    def test_soon_after_its_start_nobody_knows_who_was_missed(self):
        started = Hearing(away=self.nine + DAY - 600, back=self.nine + DAY)
        hearing = noticed(started, last=self.nine + DAY + 300, now=self.nine, tick=0.5)
        assert self.judged(self.nine + DAY - 700, hearing, self.nine + GRACE_SECONDS) is State.ONLINE

    @pytest.mark.parametrize("back", [26 * HOUR, 10 * 365 * DAY])
    def test_while_nobody_served(self, back: float):
        ahead = self.nine + back
        week_ago = self.nine - 7 * DAY
        hearing = begun([ahead - 4 * HOUR, ahead - 20, ahead, week_ago], self.nine)
        assert hearing == Hearing(away=week_ago, back=self.nine, set_back=SetBack(ahead, self.nine))
        end = self.nine + GRACE_SECONDS + 180
        assert {self.judged(ahead - 20, hearing, now) for now in (self.nine, end - 21, end - 1)} == {State.ONLINE}
        assert self.judged(ahead - 20, hearing, end) is State.SILENT
        assert {self.judged(ahead - HOUR, hearing, now) for now in (self.nine, end)} == {State.SILENT}
        assert self.judged(week_ago - DAY / 2, hearing, self.nine) is State.OFF

    def test_one_stamp_from_the_future_takes_nobody_elses_grace(self):
        last = self.nine - HOUR
        hearing = begun([last, last - 30, self.nine + DAY], self.nine)
        assert self.judged(last - 30, hearing, self.nine + GRACE_SECONDS) is State.ONLINE

    def test_with_a_head_start_too(self):
        ahead = self.nine + DAY
        hearing = begun([ahead, ahead - 200], self.nine, GRACE_SECONDS)
        for stamp in (ahead, ahead - 170):
            assert self.judged(stamp, hearing, self.nine) is State.ONLINE
            assert self.judged(stamp, hearing, self.nine + 179) is State.ONLINE
            assert self.judged(stamp, hearing, self.nine + 180) is State.SILENT
        assert self.judged(ahead - 200, hearing, self.nine) is State.SILENT

    def test_a_later_gap_does_not_forget_it(self):
        hearing = noticed(LISTENING, last=self.nine + DAY, now=self.nine, tick=0.5)
        last = self.nine + 2 * HOUR
        later = noticed(hearing, last=last, now=last + 60, tick=0.5)
        assert later == Hearing(away=last, back=last + 60, set_back=hearing.set_back)
        assert self.judged(self.nine + DAY - 5, later, last + 61) is State.SILENT
        assert turned_away(later, last + 62, 60).set_back == hearing.set_back


@pytest.mark.parametrize("head_start", [0.0, GRACE_SECONDS, DAY])
def test_a_start_knows_since_when_nobody_listened(head_start: float):
    now = at(1, 9)
    assert begun([], now, head_start) == Hearing(back=now - head_start)
    assert begun([0.0, now - 50, now - 20], now, head_start) == Hearing(away=now - 20, back=now - head_start)


def test_a_clock_ten_years_ahead_and_set_right_heals():
    ahead = at(3650, 9)
    right = at(0, 9)
    hearing = noticed(Hearing(away=ahead - 2 * HOUR, back=ahead - HOUR), last=ahead, now=right, tick=1)
    facts = heard(ahead - 5)
    assert presence_of(facts, hearing, school_day, right + 60).state is State.ONLINE
    assert presence_of(facts, hearing, school_day, right + GRACE_SECONDS + 181).state is State.SILENT
    assert presence_of(heard(right + 900), hearing, school_day, right + 901).state is State.ONLINE


moments = st.floats(min_value=at(0, 0), max_value=at(14, 0))
facts_of_any_kind = st.builds(
    Facts,
    standing=st.just("active"),
    heard=moments,
    beat=st.integers(min_value=-5, max_value=5000),
    word=st.sampled_from(["", "hello", "goodbye", "?"]),
    word_at=moments,
)
ever = moments | st.just(-math.inf)
hearings = st.builds(Hearing, away=ever, back=ever, awaited=ever | st.just(math.inf)) | st.builds(
    Hearing, away=ever, back=ever, refusing=ever, waiting=ever
)
set_back = st.builds(SetBack, before=ever, after=moments)
hearings_after_a_set_clock = st.builds(
    Hearing, away=ever, back=ever, refusing=ever, waiting=ever, set_back=set_back | st.none()
)
calendars = st.sampled_from([school_day, always, lambda _moment: None])


@given(facts=facts_of_any_kind, hearing=hearings, calendar=calendars, times=st.lists(moments, min_size=2, max_size=30))
def test_without_new_input_a_state_never_comes_back(facts, hearing, calendar, times):
    judged = [presence_of(facts, hearing, calendar, now).state for now in sorted(times)]
    assert [ORDER[state] for state in judged] == sorted(ORDER[state] for state in judged)


@given(facts=facts_of_any_kind, hearing=hearings, calendar=calendars, now=moments, back=st.floats(0, 7 * DAY))
def test_a_clock_that_steps_back_never_makes_a_machine_silent_or_off(facts, hearing, calendar, now, back):
    before = presence_of(facts, hearing, calendar, now).state
    after = presence_of(facts, hearing, calendar, now - back).state
    assert ORDER[after] <= ORDER[before]


@given(facts=facts_of_any_kind, hearing=hearings_after_a_set_clock, now=moments, back=st.floats(2, 7 * DAY))
def test_a_step_back_that_was_noticed_gives_everybody_time(facts, hearing, now, back):
    noticing = noticed(hearing, last=now, now=now - back, tick=1)
    if facts.heard > now - back and presence_of(facts, hearing, school_day, now).state is State.ONLINE:
        assert presence_of(facts, noticing, school_day, now - back + 1).state is State.ONLINE


@given(
    facts=facts_of_any_kind,
    hearing=st.builds(Hearing, away=ever, back=ever, awaited=ever | st.just(math.inf)),
    last=moments,
    gap=st.floats(10.5, 2 * DAY),
    beat=st.integers(1, 60),
)
def test_whoever_was_on_when_a_gap_began_is_on_when_it_ends(facts, hearing, last, gap, beat):
    facts = msgspec.structs.replace(facts, beat=beat)
    assume(facts.heard <= last and hearing.back <= last)
    if presence_of(facts, hearing, always, last).state is State.ONLINE:
        after = noticed(hearing, last=last, now=last + gap, tick=0.5)
        assert presence_of(facts, after, always, last + gap).state is State.ONLINE
        assert presence_of(facts, deaf(hearing, last, last + gap), always, last + gap).state is State.ONLINE


@given(
    facts=facts_of_any_kind,
    hearing=hearings_after_a_set_clock,
    calendar=calendars,
    last=moments,
    back=st.floats(2, 7 * DAY),
    shares=st.lists(st.floats(0, 1), min_size=2, max_size=30),
)
def test_until_the_clock_is_as_late_again_a_state_never_comes_back(facts, hearing, calendar, last, back, shares):
    now = last - back
    until = facts.heard - 2700
    assume(until > now)
    noticing = noticed(hearing, last=last, now=now, tick=1)
    times = sorted(now + share * (until - now) for share in shares)
    judged = [presence_of(facts, noticing, calendar, moment).state for moment in times if moment < until]
    assert [ORDER[state] for state in judged] == sorted(ORDER[state] for state in judged)


@given(facts=facts_of_any_kind, now=moments, back=st.floats(2 * HOUR, 7 * DAY))
def test_who_was_missed_before_the_clock_was_set_back_is_missed_after_it(facts, now, back):
    noticing = noticed(LISTENING, last=now, now=now - back, tick=1)
    assume(facts.heard > now - back + 2700)
    if presence_of(facts, LISTENING, always, now).state is State.SILENT:
        assert presence_of(facts, noticing, always, now - back).state is State.SILENT


@given(facts=facts_of_any_kind, hearing=hearings, now=moments)
def test_nobody_heard_later_than_now_is_missed_by_a_clock_that_was_not_set_back(facts, hearing, now):
    heard_while_looking = msgspec.structs.replace(facts, heard=now + abs(facts.heard - now), word="")
    assert presence_of(heard_while_looking, hearing, school_day, now).state is State.ONLINE


@given(facts=facts_of_any_kind, now=moments)
def test_silent_means_expected_ever_since(facts, now):
    presence = presence_of(facts, LISTENING, school_day, now)
    if presence.state is State.SILENT:
        assert school_day(now) is not None
        assert school_day(now) == school_day(facts.heard + 3 * min(max(facts.beat, 1), 900))
        assert presence.since == facts.heard


@given(facts=facts_of_any_kind, hearing=hearings, now=moments)
def test_being_heard_is_being_online(facts, hearing, now):
    fresh = msgspec.structs.replace(facts, heard=now, word_at=min(facts.word_at, now - 1))
    assert presence_of(fresh, hearing, school_day, now).state is State.ONLINE


@pytest.mark.parametrize("beat", [1, 60])
@pytest.mark.parametrize(
    "hearing",
    [
        LISTENING,
        begun([at(0, 8.9)], at(0, 8.95), GRACE_SECONDS),
        begun([at(0, 8.9)], at(0, 8.95), DAY),
        noticed(LISTENING, last=at(0, 10), now=at(0, 8.5), tick=1),
    ],
    ids=["for long", "a head start", "a long head start", "its clock was set back"],
)
def test_who_reported_while_somebody_looked_is_on(hearing: Hearing, beat: int) -> None:
    for late in (0.1, 1.0, 38.0, 59.0):
        assert presence_of(heard(at(0, 9) + late, beat=beat), hearing, school_day, at(0, 9)).state is State.ONLINE


def test_with_a_head_start_a_look_may_take_as_long_as_it_takes() -> None:
    hearing = begun([at(0, 8.9)], at(0, 8.95), GRACE_SECONDS)
    for late in (170.0, 900.0, HOUR):
        assert presence_of(heard(at(0, 9) + late, beat=1), hearing, school_day, at(0, 9)).state is State.ONLINE
