"""History: every result exactly once, dated, whatever came twice, late, out of order, or around a restart."""

import asyncio
import itertools
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schooldrum_collector.store.history import Found, pack_results, read_results
from schooldrum_collector.store.history import opened as opened_result
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.opening import NAME
from schooldrum_collector.store.records import EVERYTHING, Arrival, Machine, Scope, StoredResult
from schooldrum_collector.store.retention import Retention

NOON = 1_790_000_000.0
DAY = 86400.0
EVER = (0.0, NOON * 2)
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]
Letter = Callable[..., Arrival]


def chunked(directory: Path, *columns: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(directory / NAME)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM chunks ORDER BY id").fetchall()
    return [tuple(row[column] for column in columns) for row in rows]


async def test_the_same_results_from_journal_and_from_history(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path)
    enrol(store, "m1")
    for beat in range(5):
        await store.append(arrival("m1", beat + 1, beat + 2, at=NOON + 60 * beat))
    before = store.results(EVERYTHING, "m1", *EVER)
    assert [result.seq for result in before] == [1, 2, 3, 4, 5, 6]
    assert before[0] == StoredResult(
        run="r1",
        seq=1,
        probe="cpu",
        outcome="ok",
        at=NOON - 10,
        dated="exact",
        error=before[0].error,
        readings=(("school_cpu_seconds_total", 1.0, {"mode": "user"}),),
    )
    assert store.fold(NOON + 300) == 0
    assert store.fold(NOON + 730) == 4
    assert store.results(EVERYTHING, "m1", *EVER) == before
    assert store.fold(NOON + 10_000) == 2
    assert store.fold(NOON + 10_000) == 0
    assert store.results(EVERYTHING, "m1", *EVER) == before
    assert len(chunked(tmp_path, "id")) == 2
    assert [result.seq for result in store.results(EVERYTHING, "m1", NOON - 10, NOON + 50)] == [1, 2, 3]


class World:
    """One store for many examples: each takes a machine of its own."""

    def __init__(self, opened: Opened, enrol: Enrol, arrival: Letter, directory: Path) -> None:
        self.opened = opened
        self.enrol = enrol
        self.arrival = arrival
        self.directory = directory
        self.store = opened(directory)
        self.names = (f"m{number}" for number in itertools.count())

    def reopen(self) -> None:
        self.store.close()
        self.store = self.opened(self.directory)


@pytest.fixture
def world(opened: Opened, enrol: Enrol, arrival: Letter) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as directory:
        yield World(opened, enrol, arrival, Path(directory))


DELIVERIES = st.tuples(
    st.just("deliver"),
    st.sampled_from(["r1", "r2", "r3"]),
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.booleans(),
)
STEPS = st.lists(
    st.one_of(DELIVERIES, DELIVERIES, DELIVERIES, st.just(("fold",)), st.just(("restart",)), st.just(("again",))),
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_result_is_in_history_exactly_once(world: World, steps: list[tuple[object, ...]]):
    machine = next(world.names)
    world.enrol(world.store, machine)
    expected: set[tuple[str, int]] = set()
    sent: list[Arrival] = []
    folded = 0
    for moment, step in enumerate(steps):
        at = NOON + 60 * moment
        if step[0] == "deliver":
            _, run, numbers, live = step
            assert isinstance(numbers, list)
            letter = world.arrival(machine, *numbers, at=at, run=run, boot=f"boot of {run}", live=live)
            asyncio.run(world.store.append(letter))
            sent.append(letter)
            expected |= {(str(run), number) for number in numbers}
        elif step[0] == "again" and sent:
            asyncio.run(world.store.append(sent[0]))
        elif step[0] == "fold":
            folded += world.store.fold(at + 10_000)
        elif step[0] == "restart":
            before = world.store.latest_of(machine)
            world.reopen()
            assert world.store.latest_of(machine) == before
        results = world.store.results(EVERYTHING, machine, *EVER)
        assert sorted((result.run, result.seq) for result in results) == sorted(expected)
        assert [result.at for result in results] == sorted(result.at for result in results)
    folded += world.store.fold(NOON + 100_000)
    assert folded == len(expected)
    results = world.store.results(EVERYTHING, machine, *EVER)
    assert sorted((result.run, result.seq) for result in results) == sorted(expected)


async def test_a_fold_that_was_cut_short_stores_nothing_twice(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path)
    enrol(store, "m1")
    for beat in range(3):
        await store.append(arrival("m1", beat + 1, at=NOON + 60 * beat))
    store.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        journal = connection.execute("SELECT * FROM journal").fetchall()
    store = opened(tmp_path)
    assert store.fold(NOON + 10_000) == 3
    store.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        # As a kill between the chunk's transaction and the journal's deletion leaves it.
        connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", journal)
    store = opened(tmp_path)
    assert [result.seq for result in store.results(EVERYTHING, "m1", *EVER)] == [1, 2, 3]
    assert store.fold(NOON + 10_000) == 0
    assert [result.seq for result in store.results(EVERYTHING, "m1", *EVER)] == [1, 2, 3]


async def test_a_weekend_in_the_spool_is_dated_from_its_own_boots_clock(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    friday = NOON
    await store.append(arrival("m1", 1, at=friday, run="r1", boot="b1"))
    store.fold(friday + 10_000)
    # The clock of the PC is ten years off after the weekend; the results of Friday's boot came late.
    monday = friday + 3 * DAY
    late = arrival("m1", 2, 3, at=friday + 60, run="r1", boot="b1")
    letter = arrival("m1", 1, at=monday, run="r2", boot="b2", clock=monday - 50, skew=-10 * 365 * DAY)
    await store.append(letter)
    await store.append(
        arrival("m1", at=monday + 60, run="r2", boot="b2", clock=monday - 50, body=late.body, live=False)
    )
    for _ in range(2):
        by_number = {(one.run, one.seq): one for one in store.results(EVERYTHING, "m1", *EVER)}
        assert by_number["r1", 2].at == pytest.approx(friday + 50, abs=2)
        assert {one.dated for one in by_number.values()} == {"exact"}
        store.fold(monday + 10_000)


async def test_a_slow_line_does_not_move_a_boots_clock(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    await store.append(arrival("m1", 1, at=NOON))
    await store.append(arrival("m1", 2, at=NOON + 60, received=NOON + 85, clock=NOON - 1000 + 25))
    at = {result.seq: result.at for result in store.results(EVERYTHING, "m1", *EVER)}
    assert at[2] - at[1] == pytest.approx(60, abs=0.5)


async def test_a_body_that_cannot_be_read_holds_up_nothing(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    await store.append(arrival("m1", 1))
    for body in (
        b"",
        b"garbage",
        zlib.compress(b"[" * 100_000, wbits=31),
        zlib.compress(b'{"reports":[{}]}', wbits=31),
    ):
        await store.append(arrival("m1", 2, body=body, live=body))
    await store.append(arrival("m1", 3))
    assert store.fold(NOON + 10_000) == 2
    assert [result.seq for result in store.results(EVERYTHING, "m1", *EVER)] == [1, 3]


async def test_merged_machines_have_one_history(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    store = opened(tmp_path)
    for machine in ("old", "new", "other"):
        enrol(store, machine)
    await store.append(arrival("old", 1, 2, run="r1", rows={"host": ("h", ()), "disks": ("d", ())}))
    store.fold(NOON + 10_000)
    await store.append(arrival("old", 3, at=NOON + 60, run="r1"))
    await store.append(arrival("new", 1, at=NOON + 120, run="r2", rows={"host": ("h2", ())}))
    with store.writing() as writer:
        writer.merge_machine("old", "new")
    assert "old" not in store.register().machines
    assert store.register().by_school["DEMO"] == ("new", "other")
    assert store.latest_of("old") is None
    who = store.who("digest of old")
    assert who
    assert who.machine == "new"
    # The agent that was `old` sends again what it had sent, and goes on in the same run.
    await store.append(arrival("new", 2, 3, 4, at=NOON + 180, run="r1"))
    for _ in range(2):
        assert [(result.run, result.seq) for result in store.results(EVERYTHING, "new", *EVER)] == [
            ("r1", 1), ("r1", 2), ("r1", 3), ("r2", 1), ("r1", 4),
        ]  # fmt: skip
        latest = store.latest_of("new")
        assert latest
        assert (latest.machine, latest.heard) == ("new", NOON + 180)
        assert store.section_digests("new") == {"host": "h2", "disks": "d"}
        store.fold(NOON + 20_000)
    held = [result for (body,) in chunked(tmp_path, "body") if isinstance(body, bytes) for result in read_results(body)]
    assert len(held) == 5
    store.close()
    assert len(opened(tmp_path).results(EVERYTHING, "new", *EVER)) == 5


async def test_what_is_forgotten_is_gone(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    store = opened(tmp_path)
    for machine in ("m1", "m2"):
        enrol(store, machine)
        await store.append(arrival(machine, 1, agent="canary-of-" + machine))
        await store.append(arrival(machine, 1, run="r2", boot="b2", rows={"host": ("h", ())}))
    store.fold(NOON + 10_000)
    await store.append(arrival("m1", 2, at=NOON + 60, agent="canary-of-m1"))
    with store.writing() as writer:
        writer.forget_machine("m1")
    assert store.latest_of("m1") is None
    assert store.who("digest of m1") is None
    assert store.section_digests("m1") == {}
    assert store.results(EVERYTHING, "m1", *EVER) == []
    assert [latest.machine for latest in store.latest(EVERYTHING)] == ["m2"]
    assert store.fold(NOON + 20_000) == 0
    enrol(store, "m1")
    assert store.results(EVERYTHING, "m1", *EVER) == []
    store.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        for table in ("journal", "chunks", "latest", "runs", "boots", "sections", "appraisals"):
            streams = {row[0] for row in connection.execute(f"SELECT stream FROM {table}")}  # noqa: S608 - words above
            assert streams <= {2}, table
    content = (tmp_path / NAME).read_bytes()
    assert b"canary-of-m1" not in content
    assert b"canary-of-m2" in content


NOTHING = {"sections": 0, "appraisals": 0, "incidents": 0, "messages": 0, "scans": 0, "watched": 0}


async def test_retention_deletes_what_is_old_and_nothing_else(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path, retention=Retention(results=35, runs=45, sections=400, audit=730))
    enrol(store, "m1")
    for day in (0, 20, 40):
        run = f"r{day}"
        rows = {"host": ("h", ({"system": "linux"},))}
        await store.append(arrival("m1", 1, at=NOON + day * DAY, run=run, boot=f"b{day}", rows=rows))
        store.fold(NOON + day * DAY + 10_000)
    assert store.retain(NOON + 34 * DAY) == {"chunks": 0, "audit": 0, "runs": 0, "boots": 0, **NOTHING}
    assert store.retain(NOON + 36 * DAY)["chunks"] == 1
    assert [result.run for result in store.results(EVERYTHING, "m1", *EVER)] == ["r20", "r40"]
    assert store.retain(NOON + 86 * DAY) == {"chunks": 2, "audit": 0, "runs": 2, "boots": 2, **NOTHING}
    assert store.results(EVERYTHING, "m1", *EVER) == []
    assert store.latest_of("m1")
    assert store.retain(NOON + 439 * DAY)["sections"] == 0
    assert store.retain(NOON + 441 * DAY)["sections"] == 1
    assert store.section_digests("m1") == {}


async def test_chunks_that_cannot_hold_what_is_asked_for_are_not_opened(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path)
    enrol(store, "m1")
    for day in range(5):
        await store.append(arrival("m1", day + 1, at=NOON + day * DAY))
        store.fold(NOON + day * DAY + 10_000)
    store.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        connection.execute("UPDATE chunks SET body = x'00' WHERE id <= 3")
    store = opened(tmp_path)
    assert [one.seq for one in store.results(Scope(school="DEMO"), "m1", NOON + 3 * DAY - 60, NOON * 2)] == [4, 5]


def test_packing_keeps_every_value():
    plain = Found("r", 1, "a", "ok", NOON, "exact", 2.0, "", msgspec.Raw(b"[]"))
    readings = (("x", 1e300, {"k": "v"}), ("x", -0.25, {"k": "ư"}))
    raw = msgspec.Raw(msgspec.json.encode(readings))
    results = [
        replace(plain, outcome="failed", at=NOON + 0.125, dated="bounded", error=40000.5, reason="Lỗi"),
        replace(plain, run="s", readings=raw),
        replace(plain, seq=2**53, at=NOON - 5, dated="corrected", readings=raw),
        replace(plain, seq=3, readings=msgspec.Raw(b'[["y", 0]]')),
        replace(plain, seq=4, readings=msgspec.Raw(b'[["y", "not a number"]]')),
    ]
    kept = {(one.run, one.seq): opened_result(one) for one in read_results(pack_results(results))}
    assert kept == {(one.run, one.seq): opened_result(one) for one in results}
    assert kept["s", 1].readings == readings
    assert kept["r", 3].readings == (("y", 0.0, {}),)
    assert kept["r", 4].readings == ()


async def test_history_is_small(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    store = opened(tmp_path)
    enrol(store, "m1")
    for beat in range(20):
        await store.append(arrival("m1", beat + 1, at=NOON + 60 * beat))
    store.fold(NOON + 10_000)
    body = chunked(tmp_path, "body")[0][0]
    assert isinstance(body, bytes)
    assert len(body) < 20 * 20
