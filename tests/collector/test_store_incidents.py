"""Incidents as every store keeps them: numbers for life, scope in every read, all of a transaction or nothing."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from schooldrum_collector.judge.fault import Answer, Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Event, Incident, Opening, State, What
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine, Scope
from schooldrum_collector.store.retention import DAY_SECONDS

NOON = 1_790_000_000.0


def incident(number: int, *schools: str, **fields: object) -> Incident:
    place = Place(Level.SCHOOL, schools[0]) if len(schools) == 1 else Place(Level.PROVIDER, "A")
    values = {
        "number": number,
        "place": place,
        "kind": Kind.OUTAGE,
        "verdict": Verdict.LINE,
        "degree": Degree.FOUND,
        "first": Opening(place=place, verdict=Verdict.LINE, degree=Degree.FOUND, began=NOON, error=1.0, measured=False),
        "opened": NOON,
        "began": NOON,
        "began_error": 1.0,
        "began_measured": False,
        "evidence": Evidence(word="line", counts={"machines": 3}),
        "schools": schools,
        **fields,
    }
    return Incident(**values)  # type: ignore[arg-type]  # every field by its name


def put(store: Store, *incidents: Incident) -> None:
    with store.writing() as writer:
        for one in incidents:
            writer.put_incident(one)
            writer.note_event(Event(number=one.number, at=NOON, what=What.OPENED, after={"verdict": "line"}))


def test_kept_as_it_was_put(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1")
    first = incident(1001, "DEMO", blamed=("m1",))
    put(store, first)
    story = store.incident_of(EVERYTHING, 1001)
    assert story is not None
    assert story.incident == first
    assert [event.what for event in story.events] == [What.OPENED]
    assert store.incidents(EVERYTHING) == [first]
    assert store.incident_of(EVERYTHING, 1002) is None


def test_numbers_are_given_once(store: Store) -> None:
    with store.writing() as writer:
        assert writer.next_incident() == 1001
        writer.put_incident(incident(1001, "DEMO", closed=NOON, state=State.CLOSED))
        assert writer.next_incident() == 1002
        writer.put_incident(incident(1001, "DEMO", closed=NOON + 1, state=State.CLOSED))
        assert writer.next_incident() == 1002
    store.retain(NOON + 3000 * DAY_SECONDS)
    assert store.incidents(EVERYTHING) == []
    with store.writing() as writer:
        assert writer.next_incident() == 1002


def test_what_fails_leaves_nothing(store: Store) -> None:
    with contextlib.suppress(ZeroDivisionError), store.writing() as writer:
        writer.put_incident(incident(1001, "DEMO"))
        raise ZeroDivisionError
    assert store.incidents(EVERYTHING) == []
    with store.writing() as writer:
        assert writer.next_incident() == 1001


def test_nothing_outside_the_scope(store: Store, enrol: Callable[..., Machine]) -> None:
    for school, area in (("BM", "hn/a"), ("HS", "hn/b"), ("KD", "dn")):
        enrol(store, f"of {school}", school=school, area=area)
    put(store, incident(1001, "BM"), incident(1002, "BM", "HS"), incident(1003, "KD"), incident(1004, "GONE"))
    expected = {
        EVERYTHING: [1004, 1003, 1002, 1001],
        Scope(area="hn"): [1002, 1001],
        Scope(area="hn/a"): [1001],
        Scope(school="HS"): [],
        Scope(school="KD"): [1003],
    }
    for scope, numbers in expected.items():
        assert [one.number for one in store.incidents(scope)] == numbers
        assert [number for number in (1004, 1003, 1002, 1001) if store.incident_of(scope, number)] == numbers
    with store.writing() as writer:
        writer.put_answer(1003, Answer(place=Place(Level.SCHOOL, "KD"), answer="power_cut", at=NOON))
    assert store.answers(Scope(area="hn"), NOON, NOON + 1) == []
    assert [one.number for one in store.answers(Scope(school="KD"), NOON, NOON + 1)] == [1003]


def test_live_and_lately_closed(store: Store) -> None:
    closed = {"state": State.CLOSED, "closed": NOON + 100, "ended": NOON + 90}
    put(store, incident(1001, "BM"), incident(1002, "BM", **closed), incident(1003, "BM"))
    assert [one.number for one in store.incidents(EVERYTHING, live=True)] == [1003, 1001]
    assert [one.number for one in store.incidents(EVERYTHING, since=NOON + 101)] == [1003, 1001]
    assert [one.number for one in store.incidents(EVERYTHING, before=1003, most=1)] == [1002]
    with store.writing() as writer:
        assert [one.number for one in writer.known_incidents(NOON + 100)] == [1001, 1002, 1003]
        assert [one.number for one in writer.known_incidents(NOON + 101)] == [1001, 1003]


def test_answers_hold_as_long_as_they_say(store: Store) -> None:
    put(store, incident(1001, "BM"))
    place = Place(Level.SCHOOL, "BM")
    with store.writing() as writer:
        writer.put_answer(1001, Answer(place=place, answer="power_cut", at=NOON))
        writer.put_answer(1001, Answer(place=place, answer="closed", at=NOON, until=NOON + 60))
    assert [one.answer.answer for one in store.answers(EVERYTHING, NOON + 10, NOON + 20)] == ["power_cut", "closed"]
    assert [one.answer.answer for one in store.answers(EVERYTHING, NOON + 90, NOON + 99)] == ["power_cut"]
    with store.writing() as writer:
        writer.put_incident(incident(1001, "BM", state=State.CLOSED, closed=NOON + 200))
    assert store.answers(EVERYTHING, NOON + 300, NOON + 400) == []
    (given,) = store.answers(EVERYTHING, NOON + 150, NOON + 400)
    assert given.answer.until == NOON + 200


def test_kept_for_five_years(store: Store) -> None:
    put(store, incident(1001, "BM", state=State.CLOSED, closed=NOON), incident(1002, "BM"))
    assert store.retain(NOON + 1820 * DAY_SECONDS)["incidents"] == 0
    assert store.retain(NOON + 1830 * DAY_SECONDS)["incidents"] == 1
    assert [one.number for one in store.incidents(EVERYTHING)] == [1002], "a live one is never deleted"
    assert store.incident_of(EVERYTHING, 1001) is None


def test_another_process_writes_beside_the_collector(
    opened: Callable[..., Store], store: Store, tmp_path: Path
) -> None:
    put(store, incident(1001, "BM"))
    beside = opened(tmp_path / "data", serving=False)
    with beside.writing() as writer:
        known = writer.incident(1001)
        assert known is not None
        writer.put_incident(msgspec.structs.replace(known, state=State.WITHDRAWN, closed=NOON + 5))
    (seen,) = store.incidents(EVERYTHING)
    assert seen.state is State.WITHDRAWN


_WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from schooldrum_collector.judge.incident import Event, What
from schooldrum_collector.store.sqlite import open_store
from test_store_incidents import incident
store = open_store(Path(sys.argv[1]), clock=lambda: 0.0)
while True:
    with store.writing() as writer:
        number = writer.next_incident()
        writer.put_incident(incident(number, "BM"))
        writer.note_event(Event(number=number, at=0.0, what=What.OPENED))
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_any_moment(opened: Callable[..., Store], tmp_path: Path) -> None:
    directory = tmp_path / "data"
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(directory), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writing:
            assert writing.stdout is not None
            told = [int(writing.stdout.readline()) for _ in range(8)]
            time.sleep(0.003)
            os.kill(writing.pid, signal.SIGKILL)
            told += [int(line) for line in writing.stdout if line.endswith("\n")]
        store = opened(directory)
        numbers = [one.number for one in store.incidents(EVERYTHING)]
        assert set(told) <= set(numbers)
        assert sorted(numbers) == list(range(1001, 1001 + len(numbers))), "none is missing, none was given twice"
        for number in numbers:
            story = store.incident_of(EVERYTHING, number)
            assert story is not None
            assert len(story.events) == 1
        store.close()
