"""What is judged of machines is kept: in memory for the pages, whole in the store, and gone with its machine."""

import contextlib
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.waiting import Pending, Waiting
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.opening import NAME
from schooldrum_collector.store.records import EVERYTHING, Appraisal, Appraised, Arrival, Change, Machine, Scope
from schooldrum_collector.store.retention import Retention

NOON = 1_790_000_000.0
DAY = 86400.0
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]
Letter = Callable[..., Arrival]


def appraisal(machine: str, at: float = NOON, *, body: bytes = b"kept", day: int = 1) -> Appraisal:
    return Appraisal(
        appraised=Appraised(machine=machine, at=at, heard=at - 60, basis="b1", body=body),
        memory=Memory(waiting=Waiting(pending={"KB1": Pending(date(2026, 9, day), day)}), school="DEMO"),
        verdicts=Verdicts(day=date(2026, 9, day)),
    )


def put(store: Store, *appraisals: Appraisal) -> None:
    with store.writing() as writer:
        for one in appraisals:
            writer.put_appraisal(one)


def test_an_appraisal_is_read_back_and_outlasts_the_collector(opened: Opened, tmp_path: Path, enrol: Enrol):
    store = opened(tmp_path)
    enrol(store, "m1")
    assert store.appraisals(EVERYTHING) == []
    assert store.appraisal_of(EVERYTHING, "m1") is None
    put(store, appraisal("m1"))
    put(store, appraisal("m1", NOON + 60, day=2))
    expected = appraisal("m1", NOON + 60, day=2)
    for _ in range(2):
        assert store.appraisals(EVERYTHING) == [expected.appraised]
        assert store.appraisal_of(EVERYTHING, "m1") == expected
        beside = opened(tmp_path, serving=False)
        assert beside.appraisals(EVERYTHING, ["m1"]) == [expected.appraised]
        assert beside.appraisal_of(EVERYTHING, "m1") == expected
        store.close()
        store = opened(tmp_path)


def test_it_is_seen_inside_the_scope_alone(store: Store, enrol: Enrol):
    enrol(store, "m1", school="A", area="hn/q1")
    enrol(store, "m2", school="B", area="hn/q2")
    put(store, appraisal("m1"), appraisal("m2"))
    with store.writing() as writer:
        writer.log(Change(at=NOON, actor="collector", action="disks.gone", subject="m1", detail="ST500"))
    for scope, machines in (
        (EVERYTHING, {"m1", "m2"}),
        (Scope(area="hn"), {"m1", "m2"}),
        (Scope(area="hn/q1"), {"m1"}),
        (Scope(school="B"), {"m2"}),
        (Scope(school="C"), set()),
    ):
        assert {one.machine for one in store.appraisals(scope)} == machines
        assert {one.machine for one in store.appraisals(scope, ["m1", "m2", "m3"])} == machines
        assert {one for one in ("m1", "m2") if store.appraisal_of(scope, one)} == machines
        assert bool(store.changes_of(scope, "m1", 10)) is ("m1" in machines)


def test_the_newest_lines_about_a_machine_come_first_and_no_more_than_asked_for(store: Store, enrol: Enrol):
    enrol(store, "m1")
    with store.writing() as writer:
        for number in range(5):
            writer.log(Change(at=NOON, actor="office", action=f"a{number}", subject="m1"))
            writer.log(Change(at=NOON, actor="office", action="other", subject="m2"))
    assert [one.action for one in store.changes_of(EVERYTHING, "m1", 3)] == ["a4", "a3", "a2"]


def test_nothing_is_kept_of_a_machine_that_is_no_more(opened: Opened, tmp_path: Path, enrol: Enrol):
    store = opened(tmp_path)
    enrol(store, "m1")
    put(store, appraisal("m1", body=b"canary-of-m1"), appraisal("m2"))
    with store.writing() as writer:
        writer.forget_machine("m1")
        writer.put_appraisal(appraisal("m1", body=b"canary-of-m1"))
    assert store.appraisals(EVERYTHING) == []
    assert store.appraisal_of(EVERYTHING, "m1") is None
    enrol(store, "m1")
    assert store.appraisals(EVERYTHING) == []
    store.close()
    assert b"canary-of-m1" not in (tmp_path / NAME).read_bytes()


def test_a_transaction_that_fails_leaves_the_one_before_in_memory_too(store: Store, enrol: Enrol):
    enrol(store, "m1")
    put(store, appraisal("m1"))
    with contextlib.suppress(LookupError), store.writing() as writer:
        writer.put_appraisal(appraisal("m1", NOON + 60, day=2))
        raise LookupError
    assert store.appraisals(EVERYTHING) == [appraisal("m1").appraised]


@pytest.mark.parametrize("beside", [False, True])
def test_of_two_records_made_one_the_newest_counts(opened: Opened, tmp_path: Path, enrol: Enrol, *, beside: bool):
    store = opened(tmp_path)
    enrol(store, "old")
    enrol(store, "new")
    put(store, appraisal("old", NOON), appraisal("new", NOON + 60, day=2))
    with (opened(tmp_path, serving=False) if beside else store).writing() as writer:
        writer.merge_machine("new", "old")
    if beside:
        store.close()
        store = opened(tmp_path)
    for _ in range(2):
        found = store.appraisal_of(EVERYTHING, "old")
        assert found
        assert (found.appraised.machine, found.appraised.at, found.memory.waiting.pending["KB1"].days) == (
            "old", NOON + 60, 2,
        )  # fmt: skip
        store.close()
        store = opened(tmp_path)
    assert [(one.machine, one.at) for one in store.appraisals(EVERYTHING)] == [("old", NOON + 60)]
    put(store, appraisal("old", NOON + 120, day=3))
    assert [one.at for one in store.appraisals(EVERYTHING)] == [NOON + 120]


def test_it_goes_with_the_lists_it_was_judged_from(opened: Opened, tmp_path: Path, enrol: Enrol):
    store = opened(tmp_path, retention=Retention(sections=400))
    enrol(store, "m1")
    enrol(store, "m2")
    put(store, appraisal("m1", NOON), appraisal("m2", NOON + 10 * DAY))
    assert store.retain(NOON + 399 * DAY)["appraisals"] == 0
    assert store.retain(NOON + 401 * DAY)["appraisals"] == 1
    assert [one.machine for one in store.appraisals(EVERYTHING)] == ["m2"]
    assert store.appraisal_of(EVERYTHING, "m1") is None


def test_verdicts_of_another_version_are_not_read_and_what_is_remembered_is(
    opened: Opened, tmp_path: Path, enrol: Enrol
):
    store = opened(tmp_path)
    enrol(store, "m1")
    put(store, appraisal("m1"))
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        connection.execute("UPDATE appraisals SET verdicts = ?", (zlib.compress(b'{"day":"soon"}'),))
    found = store.appraisal_of(EVERYTHING, "m1")
    assert found
    assert found.verdicts is None
    assert found.memory == appraisal("m1").memory
