from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.runs import Beside, Runs, follow, parts, speaks_beside, spoke


def hear(runs: Runs, run: str, *, boot: str = "b1", sent: float = 100.0, starts: int = 0) -> tuple[Runs, bool]:
    return follow(runs, run=run, boot=boot, sent=sent, starts=starts)


def test_one_run_after_the_other_is_one_pc():
    runs = Runs()
    for number, run in enumerate(("a", "b", "c", "c", "d")):
        runs, two = hear(runs, run, sent=100.0 + number)
        assert not two


def test_a_run_that_speaks_again_is_a_second_pc():
    runs, _ = hear(Runs(), "a", sent=100)
    runs, first = hear(runs, "b", sent=110)
    runs, second = hear(runs, "a", sent=120)
    assert (first, second) == (False, True)
    assert runs.run == "a"


def test_forty_in_turn_are_found_out():
    runs = Runs()
    found = []
    for turn in range(2):
        for number in range(40):
            runs, two = hear(runs, f"run{number}", boot=f"boot{number}", sent=100.0 + turn)
            found.append(two)
    assert not any(found[:40])
    assert all(found[40:])


def test_a_late_letter_of_the_run_before_is_no_second_pc():
    runs, _ = hear(Runs(), "a", sent=100)
    runs, _ = hear(runs, "b", sent=130)
    late, two = hear(runs, "a", sent=120)
    assert not two
    assert late == runs


def test_a_start_count_that_does_not_grow_is_a_disk_that_forgets():
    runs, _ = hear(Runs(), "a", boot="b1", starts=7)
    assert runs.frozen is None
    runs, _ = hear(runs, "b", boot="b2", starts=7)
    assert runs.frozen is True
    runs, _ = hear(runs, "c", boot="b2", starts=8)
    assert runs.frozen is True
    runs, _ = hear(runs, "d", boot="b3", starts=9)
    assert runs.frozen is False


def test_a_start_that_was_not_told_is_passed_over():
    runs, _ = hear(Runs(), "a", boot="b1", starts=7)
    for run, boot in (("b", "b2"), ("c", "b3")):
        runs, _ = hear(runs, run, boot=boot, starts=0)
        assert (runs.frozen, runs.starts) == (None, 7)
    assert hear(runs, "d", boot="b4", starts=9)[0].frozen is False
    assert hear(runs, "d", boot="b4", starts=7)[0].frozen is True


def test_who_was_called_frozen_and_tells_no_start_stays_so_until_the_count_grows():
    runs, _ = hear(Runs(), "a", boot="b1", starts=7)
    runs, _ = hear(runs, "b", boot="b2", starts=7)
    runs, _ = hear(runs, "c", boot="b3", starts=0)
    assert runs.frozen is True
    assert hear(runs, "d", boot="b4", starts=8)[0].frozen is False


def test_an_agent_that_does_not_count_says_nothing():
    runs, _ = hear(Runs(), "a", starts=0)
    runs, _ = hear(runs, "b", boot="b2", starts=0)
    assert runs.frozen is None


@given(st.lists(st.sampled_from("abcdef"), max_size=40))
def test_memory_stays_bounded_and_without_repeats(spoken: list[str]):
    runs = Runs()
    for number, run in enumerate(spoken):
        runs, _ = hear(runs, run, sent=float(number))
    assert len(set(runs.past)) == len(runs.past) <= 64
    assert runs.run not in runs.past


def test_so_many_runs_are_kept_beside_one_another_and_no_more():
    beside = speaks_beside(Beside(), "a", "b", now=100, before=95)
    for number in range(1000):
        beside = spoke(beside, f"run{number}", now=101.0 + number)
        beside = speaks_beside(beside, f"again{number}", f"run{number}", now=101.5 + number, before=101.0 + number)
    assert len(beside.heard) == 64
    assert {"run999", "again999"} <= beside.heard.keys()


def test_whoever_speaks_beside_another_is_kept_on_until_all_have_parted():
    beside = speaks_beside(Beside(), "a", "b", now=100, before=95)
    beside = spoke(beside, "b", now=110)
    beside, is_alone = parts(beside, "b", now=120, silence=180)
    assert not is_alone
    beside, is_alone = parts(beside, "a", now=130, silence=180)
    assert is_alone


def test_who_has_parted_keeps_nothing_on_until_it_speaks_again():
    beside, is_alone = parts(Beside(), "b", now=100, silence=180)
    assert is_alone
    beside = speaks_beside(beside, "a", "b", now=150, before=100)
    assert parts(beside, "a", now=151, silence=180)[1]
    assert not parts(spoke(beside, "b", now=152), "a", now=153, silence=180)[1]


def test_who_has_not_been_heard_for_three_beats_keeps_nothing_on():
    beside = speaks_beside(Beside(), "a", "b", now=100, before=95)
    assert not parts(beside, "a", now=95 + 179, silence=180)[1]
    assert parts(beside, "a", now=95 + 180, silence=180)[1]
