import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_collector.judge.dating import (
    BOUNDED,
    CORRECTED,
    EXACT,
    EXACT_ERROR,
    Boot,
    Dating,
    Moment,
    date_boot,
)

HOUR = 3600.0
DAY = 86400.0
YEAR = 365.25 * DAY
NOW = 1_795_000_000.0


def date(boottime: float, wall: float, boot: str, boots: list[Boot], received: float) -> Dating:
    (only,) = date_boot([Moment(boottime, wall)], boot, boots, received)
    return only


class Period(msgspec.Struct, frozen=True):
    """A true boot of a PC: when it ran, when it was heard, how wrong its wall clock was, how fast its clock ran."""

    name: str
    begin: float
    end: float
    heard: tuple[float, float] | None
    skew: float
    rate: float = 1.0

    def boottime(self, true: float) -> float:
        return (true - self.begin) * self.rate

    def moment(self, true: float) -> Moment:
        return Moment(self.boottime(true), true + self.skew)

    def known(self) -> Boot:
        if self.heard is None:
            return Boot(self.name, first_heard=0.0, last_heard=0.0)
        last = self.heard[1]
        return Boot(self.name, last - self.boottime(last), self.skew, *self.heard)


def boot_of(name: str, begin: float, end: float, skew: float = 0.0, *, heard: bool = True) -> Period:
    return Period(name, begin, end, (begin + 30, end) if heard else None, skew)


def test_a_boot_that_is_heard_dates_its_results_exactly_whatever_the_wall_clock_says():
    for skew in (0.0, 10 * YEAR, -10 * YEAR):
        boot = boot_of("a", NOW - HOUR, NOW, skew)
        true = NOW - 1800
        moment = boot.moment(true)
        assert date(moment.boottime, moment.wall, "a", [boot.known()], NOW) == Dating(true, EXACT, EXACT_ERROR)


def test_an_hour_of_suspend_counts_because_the_boot_time_clock_does():
    boot = boot_of("a", NOW - 3 * HOUR, NOW)
    before, after = NOW - 2.5 * HOUR, NOW - 60
    found = date_boot([boot.moment(before), boot.moment(after)], "a", [boot.known()], NOW)
    assert [dating.at for dating in found] == [before, after]


def test_what_was_measured_after_the_line_went_down_is_nearly_exact():
    boot = Period("a", NOW - DAY, NOW - 15 * HOUR, (NOW - DAY + 60, NOW - 20 * HOUR), 5.0)
    now_boot = boot_of("b", NOW - HOUR, NOW)
    true = NOW - 15 * HOUR
    found = date(boot.boottime(true), true + 5, "a", [boot.known(), now_boot.known()], NOW)
    assert found.dated == EXACT
    assert abs(found.at - true) <= found.error < 5


WEEKEND = [
    boot_of("friday", NOW - 3 * DAY - 8 * HOUR, NOW - 3 * DAY, -10 * YEAR),
    boot_of("evening", NOW - 3 * DAY + HOUR, NOW - 3 * DAY + 2 * HOUR, -10 * YEAR, heard=False),
    boot_of("monday", NOW - HOUR, NOW, -10 * YEAR),
]


def test_off_for_a_weekend_with_results_in_the_spool():
    evening = WEEKEND[1]
    true = evening.begin + 1800
    moment = evening.moment(true)
    found = date(moment.boottime, moment.wall, "evening", [boot.known() for boot in WEEKEND], NOW)
    assert found.dated == CORRECTED
    assert abs(found.at - true) <= found.error <= 100


@pytest.mark.parametrize("wall", [0.0, 1_230_768_000.0, NOW + 10 * YEAR, NOW - 3 * DAY - 4 * HOUR, -1e9, 9e15])
def test_a_clock_that_fits_nowhere_leaves_the_time_between_the_neighbours(wall: float):
    boots = [boot.known() for boot in WEEKEND]
    found = date(1800.0, wall, "evening", boots, NOW)
    assert found.dated == BOUNDED
    true = WEEKEND[1].begin + 1800
    assert abs(found.at - true) <= found.error
    assert found.at - found.error >= WEEKEND[0].end
    assert found.at + found.error <= WEEKEND[2].begin + 1


def test_a_clock_set_right_during_the_boot_dates_what_came_before_too():
    evening = WEEKEND[1]
    wrong = [
        Moment(evening.boottime(true), 1_230_768_000.0 + true - evening.begin)
        for true in (evening.begin + 60, evening.begin + 120)
    ]
    right = [evening.moment(evening.begin + seconds) for seconds in (600, 1200)]
    found = date_boot([*wrong, *right], "evening", [boot.known() for boot in WEEKEND], NOW)
    assert {dating.dated for dating in found} == {CORRECTED}
    for dating, seconds in zip(found, (60, 120, 600, 1200), strict=True):
        assert abs(dating.at - evening.begin - seconds) <= dating.error <= 100


def test_nothing_known_but_when_it_came():
    found = date(100.0, 5.0, "x", [], NOW)
    assert found.dated == BOUNDED
    assert found.at <= NOW
    assert found.error >= 14 * DAY


def test_a_longer_boot_than_any_gap_is_still_dated_and_says_how_little_is_sure():
    boots = [boot_of("a", NOW - 2 * HOUR, NOW - HOUR).known(), boot_of("c", NOW - HOUR + 60, NOW).known()]
    found = date(40 * DAY, NOW, "b", boots, NOW)
    assert found.dated == BOUNDED
    assert found.at <= NOW


@st.composite
def lives(draw: st.DrawFn) -> list[Period]:
    """A PC's last days: boots one after the other, some unheard, each with its own clock; the last one is heard."""
    begin = NOW - draw(st.floats(DAY, 20 * DAY))
    count = draw(st.integers(2, 8))
    lengths = [draw(st.floats(300, 10 * HOUR)) for _ in range(count)]
    pauses = [draw(st.floats(20, 12 * HOUR)) for _ in range(count)]
    scale = min(1.0, (NOW - begin) / sum([*lengths, *pauses]))
    wild = st.sampled_from([0.0, 3600.0, -3600.0, 10 * YEAR, -10 * YEAR]) | st.floats(-YEAR, YEAR)
    life: list[Period] = []
    skew = draw(wild)
    for number, (length, pause) in enumerate(zip(lengths, pauses, strict=True)):
        length, pause = length * scale, pause * scale  # noqa: PLW2901 - all of it fits before now
        begin += pause
        last = number == count - 1
        heard = last or draw(st.booleans())
        rate = 1 + draw(st.floats(-50e-6, 50e-6))
        life.append(
            Period(
                f"{number}", begin, begin + length, (begin + length / 4, begin + length) if heard else None, skew, rate
            )
        )
        begin += length
    return life


@given(life=lives(), data=st.data())
@settings(deadline=None)
def test_the_truth_lies_within_the_stated_error(life: list[Period], data: st.DataObject):
    boots = [period.known() for period in life]
    received = life[-1].end
    number = data.draw(st.integers(0, len(life) - 1))
    period = life[number]
    # Taken for granted: what an unheard boot left comes with the first boot heard after it.
    if period.heard is None:
        after = next(later for later in life[number:] if later.heard is not None)
        received = after.end
        boots = [one.known() for one in life if one.begin <= after.begin]
    trues = sorted(
        period.begin + share * (period.end - period.begin)
        for share in data.draw(st.lists(st.floats(0, 1), min_size=1, max_size=5))
    )
    # A wall clock that was once wrong and then set, in either direction and however far.
    jump = data.draw(st.sampled_from([0.0, 10 * YEAR, -10 * YEAR, 7200.0]))
    until = data.draw(st.sampled_from(trues))
    if abs(jump) > YEAR and data.draw(st.booleans()):
        until = received + 1  # never set right: all its clocks say is nonsense
    moments = []
    for true in trues:
        moment = period.moment(true)
        moments.append(Moment(moment.boottime, moment.wall + jump) if true < until else moment)
    found = date_boot(moments, period.name, boots, received)
    for true, dating in zip(trues, found, strict=True):
        assert abs(dating.at - true) <= dating.error + 1e-3, (true, dating)
        assert dating.at <= received
    assert [dating.at for dating in found] == sorted(dating.at for dating in found)
    assert (period.heard is not None) == (found[0].dated == EXACT)


finite = st.floats(min_value=-1e16, max_value=1e16)
any_boots = st.lists(
    st.builds(Boot, st.sampled_from("abcd"), st.none() | finite, st.none() | finite, finite, finite), max_size=6
)


@given(
    moments=st.lists(st.builds(Moment, st.floats(0, 2.0**53), finite), max_size=5),
    boot=st.sampled_from("abcde"),
    boots=any_boots,
    received=st.floats(0, 4e9),
)
def test_whatever_a_pc_claims_there_is_a_date_in_order_and_not_in_the_future(
    moments: list[Moment], boot: str, boots: list[Boot], received: float
):
    found = date_boot(moments, boot, boots, received)
    assert len(found) == len(moments)
    for dating in found:
        assert dating.at <= received
        assert dating.error >= EXACT_ERROR
        assert dating.dated in {EXACT, CORRECTED, BOUNDED}
    ordered = [
        dating.at
        for _, dating in sorted(zip([m.boottime for m in moments], found, strict=True), key=lambda pair: pair[0])
    ]
    assert ordered == sorted(ordered)
