"""A store whose files are taken away or damaged while it is open: nothing more is acknowledged, and that is said."""

import contextlib
import logging
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schooldrum_collector.store.interface import Damaged, Full, Store
from schooldrum_collector.store.opening import NAME
from schooldrum_collector.store.records import EVERYTHING, Area, Arrival, Machine
from schooldrum_collector.store.trust import Trust

NOON = 1_790_000_000.0
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]
Letter = Callable[..., Arrival]


def moved(directory: Path) -> None:
    directory.rename(directory.with_name("old"))


def swapped(directory: Path) -> None:
    moved(directory)
    shutil.copytree(directory.with_name("old"), directory)


def emptied(directory: Path) -> None:
    shutil.rmtree(directory)
    directory.mkdir()


def without(ending: str) -> Callable[[Path], None]:
    return lambda directory: (directory / f"{NAME}{ending}").unlink()


TAKEN: dict[str, Callable[[Path], object]] = {
    "moved": moved,
    "swapped": swapped,
    "emptied": emptied,
    "removed": shutil.rmtree,
    "no store": without(""),
    "no log": without("-wal"),
    "no index": without("-shm"),
}


def contents(directory: Path) -> dict[str, bytes]:
    # Who reads leaves a mark in the log's index.
    return {path.name: b"" if path.name.endswith("-shm") else path.read_bytes() for path in directory.glob("*")}


def until(is_so: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("way", TAKEN)
async def test_nothing_is_acknowledged_once_the_files_are_others(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter, caplog: pytest.LogCaptureFixture, way: str
):
    data = tmp_path / "data"
    store = opened(data)
    enrol(store, "m1")
    await store.append(arrival("m1", 1))
    assert store.trouble() == ""
    TAKEN[way](data)
    left = contents(data)
    for number in (2, 3):
        with pytest.raises(Full, match="removed or replaced while the collector runs"):
            await store.append(arrival("m1", number))
        with pytest.raises(Full, match="removed or replaced") as refused, store.writing() as writer:
            writer.put_area(Area(path="new", name="new"))
        assert "đã bị xóa hoặc bị thay" in refused.value.vietnamese
        with pytest.raises(Full, match="removed or replaced"):
            store.fold(NOON)
        with pytest.raises(Full, match="removed or replaced"):
            store.retain(NOON)
        # What is open already goes on telling what was stored.
        assert [one.seq for one in store.results(EVERYTHING, "m1", 0, NOON + 1)][:1] == [1]
    assert "removed or replaced" in store.trouble()
    assert until(lambda: any("removed or replaced" in line for line in caplog.messages))
    store.close()
    # What lies at the path now is not this store's to make or to change.
    after = contents(data)
    assert after.keys() <= left.keys()
    assert after == left or way in {"no log", "no index"}
    if way in {"no log", "no index"}:
        # Ended in order, it has brought what was acknowledged into the file itself.
        again = opened(data)
        assert [one.seq for one in again.results(EVERYTHING, "m1", 0, NOON + 1)][:1] == [1]
        assert again.check() == []
    assert sum("removed or replaced" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("left", [0, 5000])
async def test_nothing_is_acknowledged_once_the_log_is_shorter(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter, caplog: pytest.LogCaptureFixture, left: int
):
    data = tmp_path / "data"
    store = opened(data)
    enrol(store, "m1")
    for number in range(1, 6):
        await store.append(arrival("m1", number))
    assert store.trouble() == ""
    os.truncate(data / f"{NAME}-wal", left)
    before = (data / NAME).read_bytes()
    for _ in range(2):
        with pytest.raises(Full, match="was emptied or cut while the collector runs"):
            await store.append(arrival("m1", 6))
        with pytest.raises(Full, match="emptied or cut") as refused, store.writing() as writer:
            writer.put_area(Area(path="new", name="new"))
        assert "đã bị làm rỗng hoặc bị cắt" in refused.value.vietnamese
    assert until(lambda: any("emptied or cut" in line for line in caplog.messages))
    store.close()
    assert (data / NAME).read_bytes() == before
    with pytest.raises(Damaged, match=r"is not complete|do not belong together"):
        opened(data)


def test_a_log_that_grows_while_several_look_at_it_was_not_cut(tmp_path: Path):
    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"{NAME}{ending}").touch()
    trust = Trust(tmp_path / NAME)
    trust.opened()
    end = time.monotonic() + 1

    def look() -> None:
        while time.monotonic() < end:
            trust.require_files()

    def grow() -> None:
        with (tmp_path / f"{NAME}-wal").open("ab", buffering=0) as log:
            while time.monotonic() < end:
                log.write(b"x")

    patience = sys.getswitchinterval()
    # Threads take turns at every chance.
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(5) as pool:
            done = [pool.submit(one) for one in (grow, look, look, look, look)]
        for one in done:
            one.result()
    finally:
        sys.setswitchinterval(patience)


async def test_files_that_are_put_back_are_written_to_again(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    data, aside = tmp_path / "data", tmp_path / "aside"
    store = opened(data)
    enrol(store, "m1")
    await store.append(arrival("m1", 1))
    data.rename(aside)
    shutil.copytree(aside, data)
    with pytest.raises(Full):
        await store.append(arrival("m1", 2))
    shutil.rmtree(data)
    aside.rename(data)
    await store.append(arrival("m1", 2))
    enrol(store, "m2")
    assert store.trouble() == ""
    store.close()
    again = opened(data)
    assert [one.seq for one in again.results(EVERYTHING, "m1", 0, NOON + 1)] == [1, 2]
    assert sorted(again.register().machines) == ["m1", "m2"]
    assert again.check() == []


def overwritten(path: Path, tree: str) -> None:
    """The first page of a table or an index becomes nonsense, as a failing disk leaves it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [tree]).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
        os.fsync(file.fileno())


@pytest.mark.parametrize("serving", [True, False])
async def test_once_damage_is_met_nothing_more_is_acknowledged(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter, *, serving: bool
):
    made = opened(tmp_path)
    enrol(made, "m1")
    made.close()
    store = opened(tmp_path, serving=serving)
    overwritten(tmp_path / NAME, "ix_audit_at")
    if not serving:
        with pytest.raises(Damaged, match="Restore the newest backup"):
            store.changes(EVERYTHING, 0.0)
        return
    await store.append(arrival("m1", 1))
    assert store.trouble() == ""
    for _ in range(2):
        with pytest.raises(Full, match="has been damaged") as refused:
            store.changes(EVERYTHING, 0.0)
        assert "đã hỏng" in refused.value.vietnamese
        with pytest.raises(Full, match="has been damaged"):
            await store.append(arrival("m1", 2))
        with pytest.raises(Full, match="has been damaged"), store.writing() as writer:
            writer.put_area(Area(path="new", name="new"))
        assert "has been damaged" in store.trouble()
    # What is known in memory is shown all the same.
    assert [one.machine for one in store.latest(EVERYTHING)] == ["m1"]
    assert any("damaged" in line or "malformed" in line for line in store.check())


async def test_a_body_overwritten_inside_its_page_is_told_and_stops_no_other(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter
):
    made = opened(tmp_path)
    enrol(made, "m1")
    await made.append(arrival("m1", 1, at=NOON - 3600))
    assert made.fold(NOON) == 1
    made.close()
    store = opened(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.execute("UPDATE chunks SET body = zeroblob(length(body))")
        connection.commit()
    with pytest.raises(Full, match="has been damaged"):
        store.results(EVERYTHING, "m1", 0, NOON)
    assert store.trouble() == ""
    await store.append(arrival("m1", 2, at=NOON))
