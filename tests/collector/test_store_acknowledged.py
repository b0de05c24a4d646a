"""What was acknowledged is in the store, or its absence is told: to whoever serves, and to whoever runs a command."""

import asyncio
import contextlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from schooldrum_collector.store.acknowledged import ENDING, behind, read_note, require_all
from schooldrum_collector.store.checkpoints import checkpoint
from schooldrum_collector.store.connections import connect
from schooldrum_collector.store.interface import Damaged, Store
from schooldrum_collector.store.opening import NAME
from schooldrum_collector.store.records import Area, Arrival, Machine
from schooldrum_collector.store.sqlite import SqliteStore, open_store

NOON = 1_790_000_000.0
APPENDER = Path(__file__).parent / "store_appender.py"
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]
Letter = Callable[..., Arrival]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Directories as collectors leave them: after 5 commits (a backup), and killed after 25 of which 15, or all, had
    gone over from the log."""

    backup: Path
    killed: Path
    copied: Path


def areas(store: Store, count: int) -> None:
    for number in range(count):
        with store.writing() as writer:
            writer.put_area(Area(path=f"a{number}", name=f"{store.register().version}"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = tmp_path_factory.mktemp("made")
    data = home / "data"
    store = open_store(data, clock=lambda: NOON)
    assert isinstance(store, SqliteStore)
    areas(store, 5)
    checkpoint(data / NAME, store._turn)
    (home / "backup").mkdir()
    shutil.copy(data / NAME, home / "backup")
    areas(store, 10)
    checkpoint(data / NAME, store._turn)
    areas(store, 10)
    shutil.copytree(data, home / "killed")
    with contextlib.closing(connect(data / NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    shutil.copytree(data, home / "copied")
    store.close()
    return Made(backup=home / "backup", killed=home / "killed", copied=home / "copied")


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob(f"{NAME}*")}


def without(*endings: str) -> Callable[[Path, Made], None]:
    def spoil(data: Path, _: Made) -> None:
        for ending in endings:
            (data / f"{NAME}{ending}").unlink()

    return spoil


def cut(ending: str, to: Callable[[bytes], bytes]) -> Callable[[Path, Made], None]:
    def spoil(data: Path, _: Made) -> None:
        path = data / f"{NAME}{ending}"
        path.write_bytes(to(path.read_bytes()))

    return spoil


def copied_and_cut(data: Path, made: Made) -> None:
    shutil.rmtree(data)
    shutil.copytree(made.copied, data)
    cut("-wal", lambda log: log[: len(log) // 2])(data, made)


def older(data: Path, made: Made) -> None:
    without("-wal", "-shm")(data, made)
    shutil.copy(made.backup / NAME, data)


def older_beneath_its_log(data: Path, made: Made) -> None:
    shutil.copy(made.backup / NAME, data)


Spoil = Callable[[Path, Made], None]
REFUSED: dict[str, tuple[Spoil, str]] = {
    "log removed": (without("-wal"), "the last 10 changes"),
    "log and index removed": (without("-wal", "-shm"), "the last 10 changes"),
    "log emptied": (cut("-wal", lambda _: b""), "the last 10 changes"),
    "log zeroed": (cut("-wal", lambda log: bytes(len(log))), "the last 10 changes"),
    "log cut to its head": (cut("-wal", lambda log: log[:32]), "the last 10 changes"),
    "log cut in half": (cut("-wal", lambda log: log[: len(log) // 2]), r"the last [4-6] changes"),
    "log cut that had gone over": (copied_and_cut, "do not belong together"),
    "older copy": (older, "the last 20 changes"),
    "older copy beneath its log": (older_beneath_its_log, "do not belong together"),
}


@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_missing_is_told_and_every_way_out_is_one(
    opened: Opened, tmp_path: Path, made: Made, case: str, *, serving: bool
):
    spoil, sentence = REFUSED[case]
    data = tmp_path / "data"
    shutil.copytree(made.killed, data)
    spoil(data, made)
    before = files(data)
    told = set()
    for _ in range(2):
        with pytest.raises(Damaged, match=sentence) as refused:
            opened(data, serving=serving)
        assert files(data) == before
        told.add((str(refused.value), refused.value.vietnamese))
    ((english, vietnamese),) = told
    assert "Chưa thay đổi gì" in vietnamese
    # Going on with what is left.
    left = tmp_path / "left"
    shutil.copytree(data, left)
    away = re.findall(rf"{NAME}-[a-z]+", english.partition(" Or, to go on")[2])
    assert away == re.findall(rf"{NAME}-[a-z]+", vietnamese.partition(" Hoặc, để tiếp tục")[2])
    for name in away:
        (left / name).unlink(missing_ok=True)
    opened(left, serving=serving).close()
    # Restoring a backup.
    for path in data.glob(f"{NAME}*"):
        path.unlink()
    shutil.copy(made.backup / NAME, data)
    store = opened(data, serving=serving)
    assert store.check() == [one for one in store.check() if "are free" in one]
    areas(store, 1)
    assert read_note(data / NAME) == 6


def restored(data: Path, made: Made) -> None:
    shutil.rmtree(data)
    shutil.copytree(made.backup, data)


def gone_over(data: Path, made: Made) -> None:
    shutil.rmtree(data)
    shutil.copytree(made.copied, data)
    without("-wal", "-shm")(data, made)


ACCEPTED: dict[str, tuple[Spoil, int]] = {
    "as it was": (lambda *_: None, 25),
    "index removed": (without("-shm"), 25),
    "last commit torn": (cut("-wal", lambda log: log[:-1]), 24),
    "note removed": (without(ENDING), 25),
    "note emptied": (cut(ENDING, lambda _: b""), 25),
    "note of zeros": (cut(ENDING, lambda note: bytes(len(note))), 25),
    "note older": (cut(ENDING, lambda _: b"0000000007\n"), 25),
    "note and log removed": (without(ENDING, "-wal"), 15),
    "log removed that had gone over": (gone_over, 25),
    "backup": (restored, 5),
}


@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("case", ACCEPTED)
def test_a_store_that_lacks_nothing_opens_and_goes_on_counting(
    opened: Opened, tmp_path: Path, made: Made, case: str, *, serving: bool
):
    spoil, number = ACCEPTED[case]
    data = tmp_path / "data"
    shutil.copytree(made.killed, data)
    spoil(data, made)
    store = opened(data, serving=serving)
    if serving:
        assert read_note(data / NAME) == number
    areas(store, 1)
    assert read_note(data / NAME) == number + 1
    store.close()
    opened(data, serving=not serving).close()


@pytest.mark.parametrize("serving", [True, False])
def test_a_torn_end_is_told_once_and_never_refused(
    opened: Opened, tmp_path: Path, made: Made, caplog: pytest.LogCaptureFixture, *, serving: bool
):
    data = tmp_path / "data"
    shutil.copytree(made.killed, data)
    cut("-wal", lambda log: log[:-1])(data, made)
    # Whoever closes the store last copies its log over and removes it.
    opened(data, serving=False).close()
    assert "the last 1 changes that were acknowledged are gone" in caplog.text
    caplog.clear()
    for _ in range(2):
        opened(data, serving=serving).close()
    assert caplog.text == ""
    assert read_note(data / NAME) == 24


def test_a_log_too_long_to_be_read_is_left_to_sqlite(tmp_path: Path, made: Made):
    data = tmp_path / "data"
    shutil.copytree(made.killed, data)
    require_all(data / NAME, is_alone=True, seconds=0.0)
    cut("-wal", lambda log: log[: len(log) // 2])(data, made)
    log = (data / f"{NAME}-wal").read_bytes()
    with pytest.raises(Damaged, match=r"the last [4-6] changes"):
        require_all(data / NAME, is_alone=True, seconds=0.0)
    assert (data / f"{NAME}-wal").read_bytes() == log


@pytest.mark.parametrize("serving", [True, False])
def test_a_damaged_store_keeps_the_log_beside_it(opened: Opened, tmp_path: Path, made: Made, *, serving: bool):
    data = tmp_path / "data"
    shutil.copytree(made.killed, data)
    cut("", lambda store: store[:1024] + b"\xff" * (len(store) - 1024))(data, made)
    before = files(data)
    for _ in range(2):
        with pytest.raises(Damaged, match="once every file there whose name begins"):
            opened(data, serving=serving)
        # Who reads leaves a mark in the log's index.
        assert {name: body for name, body in files(data).items() if not name.endswith("-shm")} == {
            name: body for name, body in before.items() if not name.endswith("-shm")
        }


@pytest.mark.parametrize("ending", ["-wal", ENDING])
def test_what_is_left_of_a_store_is_not_taken_for_a_new_one(opened: Opened, tmp_path: Path, made: Made, ending: str):
    shutil.copy(made.killed / f"{NAME}{ending}", tmp_path)
    before = files(tmp_path)
    for serving in (True, False):
        with pytest.raises(Damaged, match=f"is missing, while {NAME}{ending} is there"):
            opened(tmp_path, serving=serving)
    assert files(tmp_path) == before


def test_beside_a_running_collector_it_is_to_be_stopped_first(opened: Opened, tmp_path: Path, enrol: Enrol):
    running = opened(tmp_path)
    enrol(running, "m1")
    opened(tmp_path, serving=False).close()
    # What is ahead of its note is nothing to complain of.
    (tmp_path / f"{NAME}{ENDING}").write_bytes(b"0000000000\n")
    opened(tmp_path, serving=False).close()
    (tmp_path / f"{NAME}{ENDING}").write_bytes(b"0000000009\n")
    with pytest.raises(Damaged, match=r"the last 8 changes.*stop that collector first") as refused:
        opened(tmp_path, serving=False)
    assert "hãy dừng máy chủ đó trước" in refused.value.vietnamese
    (tmp_path / f"{NAME}-wal").unlink()
    with pytest.raises(Damaged, match=r"the last 9 changes.*stop that collector first"):
        opened(tmp_path, serving=False)
    assert not (tmp_path / f"{NAME}-wal").exists()


def test_only_what_changes_something_is_numbered(opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter):
    store = opened(tmp_path)
    assert read_note(tmp_path / NAME) == 0
    enrol(store, "m1")
    with store.writing() as writer:
        assert writer.machine("m1")
    assert read_note(tmp_path / NAME) == 1
    asyncio.run(store.append(arrival("m1", 1, at=NOON - 3600)))
    assert read_note(tmp_path / NAME) == 2
    with contextlib.suppress(ZeroDivisionError), store.writing() as writer:
        writer.put_area(Area(path="x", name=f"{1 // 0}"))
    assert store.fold(NOON) == 1
    assert read_note(tmp_path / NAME) == 2


@pytest.mark.parametrize(
    ("number", "other", "between"),
    [(5, 5, 0), (5, 8, 3), (8, 5, 0), ((1 << 31) - 2, 1, 3), (1, (1 << 31) - 2, 0), (0, 1 << 29, 1 << 29)],
)
def test_numbers_are_compared_beyond_the_last_one(number: int, other: int, between: int):
    assert behind(number, other) == between


def test_a_note_that_cannot_be_written_stops_nothing(opened: Opened, tmp_path: Path, enrol: Enrol):
    store = opened(tmp_path, serving=False)
    (tmp_path / f"{NAME}{ENDING}").mkdir()
    enrol(store, "m1")
    assert list(store.register().machines) == ["m1"]


def test_of_a_killed_collector_nothing_is_lost_without_a_word(opened: Opened, tmp_path: Path):
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, str(APPENDER), str(data), "2", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        early = (data / NAME).read_bytes()
        for _ in range(20):
            assert process.stdout.readline()
        process.kill()
    shutil.copytree(data, tmp_path / "whole")
    opened(tmp_path / "whole").close()
    for path in (data / f"{NAME}-wal", data / f"{NAME}-shm"):
        path.unlink()
    (data / NAME).write_bytes(early)
    with pytest.raises(Damaged, match=r"is not complete: the last \d+ changes"):
        opened(data)
