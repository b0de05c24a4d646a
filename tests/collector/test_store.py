"""What every store promises of arrivals: durable when answered, in memory as they were acknowledged, in scope."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.journal import Bounds
from schooldrum_collector.store.records import EVERYTHING, Arrival, Latest, Machine, Scope

NOON = 1_790_000_000.0
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]
Letter = Callable[..., Arrival]


async def test_an_arrival_is_known_as_soon_as_it_is_answered(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    assert store.latest_of("m1") is None
    letter = arrival("m1", 1, agent="0.1.0", system="linux", settings=3, starts=7, frozen=True)
    await store.append(letter)
    known = store.latest_of("m1")
    assert known == Latest(
        machine="m1",
        heard=NOON,
        received=NOON,
        body=letter.live,
        run="r1",
        boot="b1",
        clock=NOON - 1000,
        skew=0.0,
        beat=60,
        agent="0.1.0",
        system="linux",
        settings=3,
        starts=7,
        frozen=True,
    )
    assert store.latest(EVERYTHING) == [known]
    assert store.pending() == 0


async def test_words_and_a_forgetting_disk_stand_until_something_else_is_said(
    store: Store, enrol: Enrol, arrival: Letter
):
    enrol(store, "m1")
    await store.append(arrival("m1", 1, word="hello", word_kind="start", frozen=True))
    await store.append(arrival("m1", 2, at=NOON + 60))
    known = store.latest_of("m1")
    assert known
    assert (known.word, known.word_kind, known.word_at, known.frozen) == ("hello", "start", NOON, True)
    await store.append(arrival("m1", 3, at=NOON + 120, word="goodbye", word_kind="shutdown", frozen=False))
    known = store.latest_of("m1")
    assert known
    assert (known.word, known.word_kind, known.word_at, known.frozen) == ("goodbye", "shutdown", NOON + 120, False)


async def test_backlog_alone_is_heard_and_leaves_the_live_body(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    live = arrival("m1", 1)
    await store.append(live)
    await store.append(arrival("m1", 2, 3, at=NOON + 30, live=False))
    known = store.latest_of("m1")
    assert known
    assert (known.heard, known.received, known.body) == (NOON + 30, NOON, live.body)


async def test_a_clock_set_back_is_followed(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    await store.append(arrival("m1", 1, at=NOON + 10 * 365 * 86400))
    await store.append(arrival("m1", 2, at=NOON))
    known = store.latest_of("m1")
    assert known
    assert known.heard == NOON
    store.fold(NOON + 1000)
    assert {result.seq for result in store.results(EVERYTHING, "m1", 0, NOON * 2)} == {1, 2}


@pytest.mark.parametrize("folded", [False, True])
async def test_memory_after_a_start_is_what_was_acknowledged(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter, *, folded: bool
):
    store = opened(tmp_path)
    for machine in ("m1", "m2", "m3", "m4"):
        enrol(store, machine)
    await store.append(arrival("m1", 1, word="hello", word_kind="resume", rows={"host": ("d1", ({"system": "x"},))}))
    await store.append(arrival("m2", 1, frozen=True))
    await store.append(arrival("m3", 1, live=False))
    if folded:
        store.fold(NOON + 10_000)
    await store.append(arrival("m1", 2, 3, at=NOON + 60, live=False))
    await store.append(arrival("m2", 2, at=NOON + 60, run="r2", boot="b2"))
    before = sorted(store.latest(EVERYTHING), key=lambda one: one.machine)
    sections = store.sections(EVERYTHING, "m1")
    store.close()
    again = opened(tmp_path)
    assert sorted(again.latest(EVERYTHING), key=lambda one: one.machine) == before
    assert again.section_digests("m1") == {"host": "d1"}
    assert again.sections(EVERYTHING, "m1") == sections


async def test_nothing_outside_a_scope_is_shown(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1", school="A", area="hn/q3")
    enrol(store, "m2", school="B", area="hn")
    for machine in ("m1", "m2"):
        await store.append(arrival(machine, 1, rows={"host": ("d", ({"system": "linux"},))}))
    for scope, seen in (
        (EVERYTHING, {"m1", "m2"}),
        (Scope(area="hn"), {"m1", "m2"}),
        (Scope(area="hn/q3"), {"m1"}),
        (Scope(area="hn/q"), set()),
        (Scope(school="B"), {"m2"}),
        (Scope(school="C"), set()),
    ):
        assert {latest.machine for latest in store.latest(scope)} == seen
        assert {latest.machine for latest in store.latest(scope, ["m1", "m2", "m9"])} == seen
        for machine in ("m1", "m2"):
            assert bool(store.sections(scope, machine)) == (machine in seen)
            assert bool(store.results(scope, machine, 0, NOON * 2)) == (machine in seen)


async def test_sections_are_kept_whole_and_replaced(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    disks = ({"model": "Ổ cứng", "bytes": 5, "healthy": True}, {"model": "b", "bytes": None})
    await store.append(arrival("m1", 1, rows={"disks": ("d1", disks), "host": ("h1", ())}))
    await store.append(arrival("m1", 2, at=NOON + 60, rows={"host": ("h2", ({"system": "linux"},))}))
    assert store.section_digests("m1") == {"disks": "d1", "host": "h2"}
    by_name = {section.name: section for section in store.sections(EVERYTHING, "m1")}
    assert list(by_name) == ["disks", "host"]
    assert by_name["disks"].rows == disks
    assert (by_name["host"].updated, by_name["host"].rows) == (NOON + 60, ({"system": "linux"},))


async def test_many_wait_for_one_commit(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    commits: list[int] = []
    store = opened(tmp_path, committed=lambda arrivals, _: commits.append(arrivals))
    for number in range(20):
        enrol(store, f"m{number}")
    begun = time.monotonic()
    await asyncio.gather(*(store.append(arrival(f"m{number}", 1)) for number in range(20)))
    assert time.monotonic() - begun < 2
    store.close()
    assert sum(commits) == 20
    assert len(commits) < 5


async def test_who_is_told_of_commits_cannot_stop_them(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    def fail(_arrivals: int, _seconds: float) -> None:
        raise RuntimeError

    store = opened(tmp_path, committed=fail)
    enrol(store, "m1")
    for number in range(1, 4):
        await asyncio.wait_for(store.append(arrival("m1", number)), 5)


async def test_too_much_waiting_is_refused_and_the_rest_is_stored(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path, bounds=Bounds(arrivals=10, gather=0.2))
    enrol(store, "m1")
    answers = await asyncio.gather(
        *(store.append(arrival("m1", number)) for number in range(1, 31)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert len(refused) == 20
    assert all(1 <= answer.retry_after <= 60 for answer in refused)
    assert {result.seq for result in store.results(EVERYTHING, "m1", 0, NOON * 2)} == set(range(1, 11))
    await store.append(arrival("m1", 31))


async def test_too_many_bytes_waiting_are_refused(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    store = opened(tmp_path, bounds=Bounds(size=1000))
    enrol(store, "m1")
    with pytest.raises(Overloaded):
        await store.append(arrival("m1", 1, body=b"x" * 1001))
    await store.append(arrival("m1", 1))


async def test_one_that_cannot_be_stored_does_not_harm_its_neighbours(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    answers = await asyncio.gather(
        store.append(arrival("m1", 1)),
        store.append(arrival("m1", 2, agent="\ud800")),
        store.append(arrival("m1", 3, received=float("nan"))),
        store.append(arrival("m1", 4, settings=2**70)),
        store.append(arrival("m1", 5, rows={"host": ("d", ({"system": "\udfff"},))})),
        store.append(arrival("m1", 5, rows={"host": ("\udfff", ())})),
        store.append(arrival("m1", 6)),
        return_exceptions=True,
    )
    assert [answer is None for answer in answers] == [True, False, False, False, False, False, True]
    assert all(isinstance(answer, ValueError) for answer in answers[1:6])
    assert {result.seq for result in store.results(EVERYTHING, "m1", 0, NOON * 2)} == {1, 6}


async def test_who_stops_waiting_harms_nobody(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    tasks = [asyncio.ensure_future(store.append(arrival("m1", number))) for number in range(1, 6)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answer is None for answer in answers] == [True, True, False, True, True]


def test_an_ended_loop_harms_nobody(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")

    async def leave() -> None:
        waiting = asyncio.ensure_future(store.append(arrival("m1", 1)))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    asyncio.run(store.append(arrival("m1", 2)))
    assert {result.seq for result in store.results(EVERYTHING, "m1", 0, NOON * 2)} >= {2}


async def test_what_waits_is_stored_by_close_and_later_arrivals_are_refused(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path, bounds=Bounds(gather=5))
    enrol(store, "m1")
    waiting = asyncio.ensure_future(store.append(arrival("m1", 1)))
    await asyncio.sleep(0)
    begun = time.monotonic()
    await asyncio.to_thread(store.close)
    await waiting
    assert time.monotonic() - begun < 4
    with pytest.raises(Full, match="closed"):
        await store.append(arrival("m1", 2))
    with pytest.raises(Full, match="closed"), store.writing():
        pass
    store.close()
    assert [result.seq for result in opened(tmp_path).results(EVERYTHING, "m1", 0, NOON * 2)] == [1]


async def test_arrivals_of_unknown_machines_are_dropped(store: Store, enrol: Enrol, arrival: Letter):
    enrol(store, "m1")
    await asyncio.gather(store.append(arrival("gone", 1)), store.append(arrival("m1", 1)))
    assert [latest.machine for latest in store.latest(EVERYTHING)] == ["m1"]


async def test_answers_keep_coming_while_history_is_made(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    store = opened(tmp_path)
    for number in range(200):
        enrol(store, f"m{number}")
    for beat in range(5):
        await asyncio.gather(*(store.append(arrival(f"m{number}", beat + 1)) for number in range(200)))
    folding = asyncio.ensure_future(asyncio.to_thread(store.fold, NOON + 10_000))
    slowest = 0.0
    while not folding.done():
        begun = time.monotonic()
        await store.append(arrival("m1", 6, at=NOON + 60))
        slowest = max(slowest, time.monotonic() - begun)
    assert await folding >= 1000
    assert slowest < 1


async def test_a_command_beside_a_collector_reads_and_changes_the_register(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    store = opened(tmp_path)
    enrol(store, "m1")
    await store.append(arrival("m1", 1, rows={"host": ("d", ({"system": "linux"},))}))
    beside = opened(tmp_path, serving=False)
    await store.append(arrival("m1", 2, at=NOON + 60))
    assert beside.latest(EVERYTHING) == store.latest(EVERYTHING)
    assert beside.results(EVERYTHING, "m1", 0, NOON * 2) == store.results(EVERYTHING, "m1", 0, NOON * 2)
    assert beside.sections(EVERYTHING, "m1") == store.sections(EVERYTHING, "m1")
    assert beside.section_digests("m1") == {"host": "d"}
    enrol(beside, "m2")
    await asyncio.sleep(1)
    assert store.register() == beside.register()
    assert store.who("digest of m2") == beside.who("digest of m2") is not None
    await store.append(arrival("m2", 1))
    assert beside.latest_of("m2") == store.latest_of("m2") is not None
    with pytest.raises(RuntimeError):
        await beside.append(arrival("m1", 3))
    with pytest.raises(RuntimeError):
        beside.fold(NOON)


def test_check_finds_nothing_in_a_sound_store(store: Store, enrol: Enrol):
    enrol(store, "m1")
    assert [complaint for complaint in store.check() if "are free" not in complaint] == []
