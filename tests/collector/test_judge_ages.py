import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.ages import bound
from schooldrum_wire.limits import AGE_SECONDS, LONGEST_SECONDS
from schooldrum_wire.report import Delivery, Now, Report, Word
from schooldrum_wire.result import Result

UP = 100 * 86400.0
RECEIVED = 1_790_000_000.0


def result(seq: int, boottime: float) -> Result:
    return Result(probe="cpu", seq=seq, outcome="ok", boottime=boottime, wall=0.0)


def delivery(*results: Result, boot: str = "b1", word: Word | None = None, live: bool = True) -> Delivery:
    report = Report(run="r1", boot=boot, live=live, results=results, word=word)
    return Delivery(reports=(report,), now=Now(boot="b1", boottime=UP, wall=0.0))


@pytest.mark.parametrize(
    ("boottime", "enrolled", "kept"),
    [
        (UP, RECEIVED - UP, True),
        (UP - 60, RECEIVED - UP, True),
        (UP + 1, RECEIVED - UP, True),
        (UP + 60, RECEIVED - UP, False),
        (UP - AGE_SECONDS + 1, RECEIVED - UP, True),
        (UP - AGE_SECONDS - 1, RECEIVED - UP, False),
        (UP - 10 * 365 * 86400, RECEIVED - UP, False),
        (UP - 7200, RECEIVED - 60, False),
        (UP - 600, RECEIVED - 60, True),
    ],
)
def test_ages_lie_between_enrolment_and_now(*, boottime: float, enrolled: float, kept: bool):
    sound, refused = bound(delivery(result(1, boottime)), received=RECEIVED, enrolled=enrolled)
    assert (len(sound.reports[0].results), refused) == ((1, 0) if kept else (0, 1))


def test_another_boot_has_no_age_and_is_never_live():
    sound, refused = bound(delivery(result(1, 2 * UP), boot="b0"), received=RECEIVED, enrolled=0.0)
    assert refused == 0
    assert not sound.reports[0].live
    assert len(sound.reports[0].results) == 1


def test_a_run_does_not_go_back_in_time():
    spoken = delivery(result(3, UP - 60), result(1, UP - 70), result(2, UP - 100), result(4, UP - 80_000))
    sound, refused = bound(spoken, received=RECEIVED, enrolled=0.0)
    assert refused == 1
    assert [one.seq for one in sound.reports[0].results] == [3, 1, 2]


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (0.0, 0.0),
        (86400.0 * 3652, 86400.0 * 3652),
        (-RECEIVED, -RECEIVED),
        (LONGEST_SECONDS, LONGEST_SECONDS),
        (LONGEST_SECONDS + 10, LONGEST_SECONDS),
        (1e308, LONGEST_SECONDS),
        (-1e300, -LONGEST_SECONDS),
    ],
)
def test_a_clock_is_at_most_a_century_off_and_its_results_are_kept(ahead: float, shown: float):
    spoken = delivery(result(1, UP))
    spoken = msgspec.structs.replace(spoken, now=msgspec.structs.replace(spoken.now, wall=RECEIVED + ahead))
    sound, refused = bound(spoken, received=RECEIVED, enrolled=0.0)
    assert sound.now.wall - RECEIVED == shown
    assert refused == (ahead != shown)
    assert (sound is spoken) == (ahead == shown)
    assert sound.reports == spoken.reports


def test_a_word_of_the_future_is_no_word():
    spoken = delivery(result(1, UP), word=Word(word="goodbye", kind="stop", boottime=UP + 86400))
    sound, refused = bound(spoken, received=RECEIVED, enrolled=0.0)
    assert refused == 1
    assert sound.reports[0].word is None


@given(st.lists(st.floats(min_value=UP - 800, max_value=UP), max_size=30))
def test_what_is_sound_stays_the_same_object(times: list[float]):
    spoken = delivery(*(result(number + 1, boottime) for number, boottime in enumerate(times)))
    sound, refused = bound(spoken, received=RECEIVED, enrolled=0.0)
    assert refused == 0
    assert sound is spoken


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 2 * UP)), max_size=30))
def test_what_is_kept_is_sound(times: list[tuple[int, float]]):
    spoken = delivery(*(result(seq, boottime) for seq, boottime in times))
    sound, refused = bound(spoken, received=RECEIVED, enrolled=0.0)
    assert refused == len(times) - len(sound.reports[0].results)
    assert bound(sound, received=RECEIVED, enrolled=0.0) == (sound, 0)
    assert msgspec.structs.replace(spoken.reports[0], results=sound.reports[0].results) == sound.reports[0]
