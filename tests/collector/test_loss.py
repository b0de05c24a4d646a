"""Between which moments a loss began: chance may not make the stated bound untrue, whatever the way loses."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.climbing import End
from schooldrum_collector.judge.fault import Climb, Fault, Kind, Rung, SchoolSeen, Witness
from schooldrum_collector.judge.loss import FAR, loses_much, losing_since, lost
from schooldrum_collector.judge.sights import NEVER, RUN_BROKEN_BEATS, Sight
from schooldrum_collector.judge.verdict import faults

BEAT = 60
TRIES = 5
BEGAN = 1_800_000_000.0
EARLIER = 1500.0
FOUND_BEATS = 12


def climb(at: float, *losses: float, error: float = 2.0) -> Climb:
    near = (Rung(step="gateway", passed=True, loss=0.0), Rung(step="collector", passed=True))
    far = (Rung(step=step, passed=True, loss=loss) for step, loss in zip(("national", "international"), losses))  # noqa: B905 - as many as are given
    return Climb(at=at, error=error, rungs=(*near, *far))


def observer(number: int, climbs: list[Climb], now: float) -> Witness:
    name = f"m{number}"
    return Witness(
        machine=name,
        alias=name,
        room="S1/main/office",
        presence="online",
        heard=now - number,
        beat=BEAT,
        climbs=tuple(one for one in climbs if one.at <= now),
        observer=True,
    )


def sight(*climbs: Climb, beat: int = BEAT) -> Sight:
    return Sight(witness=observer(1, list(climbs), BEGAN + 3600), beat=beat, answering=True)


def noticed(climbs: list[list[Climb]], until: float) -> Fault | None:
    """The first fault that is judged of two observers, looking each ten seconds."""
    now = BEGAN
    while now < until:
        there = tuple(observer(number, ones, now) for number, ones in enumerate(climbs))
        found = faults(SchoolSeen(school="S1", area="a", witnesses=there, rooms=("S1/main/office",)), now)
        if found:
            (fault,) = found
            return fault
        now += 10
    return None


@pytest.mark.parametrize("stray", [0.0, 0.003, 0.01])
@pytest.mark.parametrize("rate", [0.15, 0.3, 0.6, 0.9])
def test_it_began_within_the_stated_bound_of_the_truth(rate, stray):
    untrue, widest = [], 0.0
    for seed in range(60):
        dice = Random(f"{rate} {stray} {seed}")  # noqa: S311 - packets, no secrets
        phases = [dice.uniform(0, BEAT / 2) for _ in range(2)]
        times = [[BEGAN - EARLIER + phase + BEAT / 2 * at for at in range(80)] for phase in phases]
        climbs = [
            [climb(at, *(_lost(rate if at >= BEGAN else stray, dice) for _ in range(2))) for at in ones]
            for ones in times
        ]
        fault = noticed(climbs, BEGAN + FOUND_BEATS * BEAT)
        if fault is None:
            assert rate < 0.3, "so much is always noticed"
            continue
        assert (fault.kind, fault.measured) == (Kind.LOSS, True)
        widest = max(widest, fault.error)
        if abs(fault.began - BEGAN) > fault.error:
            untrue.append((seed, fault.began - BEGAN, fault.error))
    assert untrue == []
    assert widest <= EARLIER


def _lost(rate: float, dice: Random) -> float:
    return sum(dice.random() < rate for _ in range(TRIES)) / TRIES


def test_a_few_whole_climbs_may_be_chance_and_many_are_not():
    row = [climb(BEGAN + 30 * at, 0.0, 0.0) for at in range(-20, 0)]
    row += [climb(BEGAN + 30 * at, *losses) for at, losses in enumerate(((0.4, 0.2), (0.2, 0.4), (0.4, 0.0)))]
    seen = losing_since(sight(*row), FAR, BEGAN + 70, End.LINE)
    assert BEGAN - 4 * BEAT < seen.well < BEGAN
    assert seen.ill >= BEGAN <= BEGAN + 60
    assert (seen.end, seen.error) == (End.LINE, 2.0)


def test_one_lost_packet_long_before_is_not_its_begin():
    row = [climb(BEGAN + 30 * at, 0.2 if at == -15 else 0.0, 0.0) for at in range(-20, 0)]
    row += [climb(BEGAN + 30 * at, 0.4, 0.4) for at in range(4)]
    assert losing_since(sight(*row), FAR, BEGAN + 100, End.LINE).well > BEGAN - 3 * BEAT


@pytest.mark.parametrize("climbs", [2, 6])
@pytest.mark.parametrize("reaching", [-80, -40, -36])
def test_of_two_losses_the_one_that_lasts_counts(climbs, reaching):
    bad = {*range(-70, -20), *range(climbs)}
    row = [climb(BEGAN + 30 * at, *([0.4, 0.2] if at in bad else [0.0, 0.0])) for at in range(reaching, climbs)]
    seen = losing_since(sight(*row), FAR, BEGAN + 30 * climbs, End.LINE)
    assert BEGAN - 5 * BEAT < seen.well < BEGAN
    assert seen.ill >= BEGAN


def test_where_no_time_without_loss_is_known_nothing_says_since_when():
    always = [climb(BEGAN + 30 * at, 0.4, 0.2) for at in range(6)]
    assert losing_since(sight(*always), FAR, BEGAN + 160, End.LINE).well == NEVER
    # What was measured before the PC was off tells nothing of when it began.
    away = (RUN_BROKEN_BEATS + 1) * BEAT
    before = [climb(BEGAN - away - 30 * at, 0.0, 0.0) for at in range(6, 0, -1)]
    assert losing_since(sight(*before, *always), FAR, BEGAN + 160, End.LINE).well == NEVER


def broken(at: float) -> Climb:
    return Climb(at=at, rungs=tuple(Rung(step=step, passed=False) for step in ("national", "international")))


@pytest.mark.parametrize("minutes", [1, 2, 3, 30])
@pytest.mark.parametrize("told", ["live", "later"])
def test_a_line_that_goes_and_comes_is_no_line_that_loses(minutes, told):
    """The climb in which it goes, and the one in which it comes, lose much: the rest of them was not answered."""
    cut = 2 * minutes
    fine = {at: climb(BEGAN + 30 * at, 0.0, 0.0) for at in (*range(-40, 0), *range(cut + 1, cut + 12))}
    away = {at: broken(BEGAN + 30 * at) for at in range(1, cut)}
    edges = {0: climb(BEGAN, 0.6, 0.8), cut: climb(BEGAN + 30 * cut, 0.8, 0.6)}
    if told == "live":
        del edges[0]
        away = {}
    row = [one for _, one in sorted({**fine, **away, **edges}.items())]
    for now in (BEGAN + 10 * turn for turn in range(6 * minutes + 60)):
        assert not loses_much(sight(*(one for one in row if one.at <= now)), FAR, now)


def test_half_of_the_way_that_goes_and_comes_is_no_loss_either():
    def abroad(at: float) -> Climb:
        return Climb(
            at=at, rungs=tuple(Rung(step=s, passed=s == "national", loss=0.0) for s in ("national", "international"))
        )

    row = [climb(BEGAN + 30 * at, 0.0, 0.0) for at in range(-40, 0)]
    row += [climb(BEGAN, 0.0, 0.8), abroad(BEGAN + 30), climb(BEGAN + 60, 0.0, 0.8), climb(BEGAN + 90, 0.0, 0.0)]
    assert lost(sight(*row), frozenset({"international"}), BEGAN + 100) == 0


some_climbs = st.lists(
    st.builds(
        climb,
        st.floats(BEGAN - 3600, BEGAN + 3600),
        st.floats(0, 1),
        st.floats(0, 1),
        error=st.floats(0, 60),
    ),
    max_size=12,
).map(lambda climbs: sorted(climbs, key=lambda one: one.at))


@given(some_climbs, st.floats(BEGAN - 3600, BEGAN + 3600), st.sampled_from([1, 60, 900]))
def test_laws_of_whatever_was_measured(climbs, now, beat):
    there = sight(*climbs, beat=beat)
    share = lost(there, FAR, now)
    assert share is None or 0 <= share <= 1
    dated = losing_since(there, FAR, now, End.LINE)
    assert dated.well <= dated.ill <= now
    assert 0 <= dated.error <= 60
    assert dated.well == NEVER or any(one.at == dated.well for one in climbs)
