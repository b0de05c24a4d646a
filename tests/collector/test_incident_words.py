import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.test_alertmanager import NOON, incident

from schooldrum_collector.formats import VIETNAM, time_of_day
from schooldrum_collector.judge.fault import Part, Verdict
from schooldrum_collector.judge.incident import Pause, State
from schooldrum_collector.show.incident_words import how_long, length, parts_told, read
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store

OVER = incident(began_error=11.0, began_measured=True, ended=NOON, ended_error=11.0, ended_measured=True)


@pytest.mark.parametrize(
    ("lasted", "errors", "vietnamese", "english"),
    [
        (0.0, (11.0, 11.0), "nhiều nhất 22 giây", "at most 22 s"),
        (10.9, (11.0, 11.0), "nhiều nhất 33 giây", "at most 33 s"),
        (11.0, (11.0, 11.0), "11 giây", "11 s"),
        (0.5, (0.5, 0.0), "nhiều nhất 1 giây", "at most 1 s"),
        (40.0, (5.0, 60.0), "nhiều nhất 1 phút", "at most 1 min"),
        (600.0, (60.0, 60.0), "10 phút", "10 min"),
        (0.0, (0.0, 0.0), "0 giây", "0 s"),
    ],
)
def test_what_is_shorter_than_its_error_is_told_by_what_it_lasted_at_most(
    lasted: float, errors: tuple[float, float], vietnamese: str, english: str
) -> None:
    one = msgspec.structs.replace(OVER, ended=NOON + lasted, began_error=errors[0], ended_error=errors[1])
    assert length(one, one.ended, Say("vi")) == vietnamese
    assert length(one, one.ended, Say("en")) == english
    live = msgspec.structs.replace(one, ended=0.0)
    assert "at most" not in length(live, NOON + lasted, Say("en")), "it may go on for long"


def test_its_whole_sentence_reads_well(store: Store) -> None:
    register = store.register()
    for language, words in (("vi", ", kéo dài nhiều nhất 22 giây."), ("en", ", for at most 22 s.")):
        told = read(register, msgspec.structs.replace(OVER, state=State.CLOSED), NOON + 3600, language)
        assert told.since.endswith(words)
        assert re.search(r"nhiều nhất 22 giây|at most 22 s", told.end)


def test_several_rounds_are_told_with_their_number() -> None:
    twice = msgspec.structs.replace(
        OVER, pauses=(Pause(NOON + 5, NOON + 900, error=4.0, end_error=3.0),), ended=NOON + 903
    )
    assert how_long(twice, twice.ended, Say("en")) == "at most 37 s in 2 rounds"


def test_several_things_that_were_broken_are_told_each_with_its_times(store: Store) -> None:
    parts = (
        Part(verdict=Verdict.INTERNATIONAL, began=NOON, ended=NOON + 3600, error=30.0),
        Part(verdict=Verdict.DNS, began=NOON + 600, ended=NOON + 1800, error=30.0),
    )
    both = msgspec.structs.replace(OVER, state=State.CLOSED, parts=parts)
    at = [time_of_day(NOON + later, VIETNAM) for later in (0, 3600, 600, 1800)]
    for language, words in (
        ("vi", " Gồm: kết nối quốc tế {}\N{EN DASH}{}; tên miền (DNS) {}\N{EN DASH}{}."),
        ("en", " In it: international routes {}\N{EN DASH}{}; names (DNS) {}\N{EN DASH}{}."),
    ):
        assert read(store.register(), both, NOON + 7200, language).since.endswith(words.format(*at))
    assert parts_told(OVER, Say("en"), VIETNAM) == ""


@given(lasted=st.floats(0, 1e6), before=st.floats(0, 3600), after=st.floats(0, 3600))
def test_nothing_that_is_over_is_said_to_have_lasted_no_time(lasted: float, before: float, after: float) -> None:
    one = msgspec.structs.replace(OVER, ended=NOON + lasted, began_error=before, ended_error=after)
    if lasted + before + after >= 1:
        assert length(one, one.ended, Say("en")) != "0 s"
