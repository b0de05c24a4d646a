"""kill -9 at any moment: every acknowledged result is there, once, and the store opens again."""

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from schooldrum_collector.store.history import read_results
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import SqliteStore

APPENDER = Path(__file__).parent / "store_appender.py"
KILLS = 15
MACHINES = 200
Opened = Callable[..., Store]


def lives(directory: Path, chance: random.Random) -> list[str]:
    """One life of the appender, ended by a kill after a random number of acknowledgements: all that it had told."""
    until = chance.choice((0, 1, chance.randrange(200), chance.randrange(1000)))
    with subprocess.Popen(
        [sys.executable, str(APPENDER), str(directory), str(MACHINES), str(chance.getrandbits(32))],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        told = [process.stdout.readline() for _ in range(until)]
        # Somewhere in what follows: a commit, a checkpoint, a fold.
        time.sleep(chance.random() * 0.05)
        assert process.poll() is None, "it ended by itself"
        process.kill()
        told += process.stdout.readlines()
    # The kill may have cut the last line.
    return [line for line in told if line.endswith("\n")]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_acknowledged_result_is_lost_by_kills(opened: Opened, tmp_path: Path):
    chance = random.Random(20_260_901)  # noqa: S311 - a test that can be repeated
    acknowledged: dict[tuple[str, str], int] = {}
    for kill in range(KILLS):
        told = lives(tmp_path, chance)
        for line in told:
            machine, run, number = line.split()
            acknowledged[machine, run] = int(number)
        if kill % 5 != 4:
            continue
        store = opened(tmp_path)
        assert isinstance(store, SqliteStore)
        assert [complaint for complaint in store.check() if "are free" not in complaint] == []
        stored: dict[tuple[str, str], list[int]] = {}
        for machine in store.register().machines:
            for result in store.results(EVERYTHING, machine, 0, 1e12):
                stored.setdefault((machine, result.run), []).append(result.seq)
        for (machine, run), last in acknowledged.items():
            numbers = sorted(stored[machine, run])
            assert numbers == list(range(1, len(numbers) + 1)), (machine, run)
            assert len(numbers) >= last, (machine, run)
        latest = {known.machine: known for known in store.latest(EVERYTHING)}
        for machine, run in ((line.split()[0], line.split()[1]) for line in told):
            assert latest[machine].run == run
        store.close()
    store = opened(tmp_path)
    store.fold(time.time() + 100_000)
    assert isinstance(store, SqliteStore)
    with store._eyes() as connection:
        held = Counter(
            (stream, result.run, result.seq)
            for stream, body in connection.execute("SELECT stream, body FROM chunks")
            for result in read_results(body)
        )
    assert sum(held.values()) == len(held) >= sum(acknowledged.values()) > 10 * KILLS


@pytest.mark.slow
def test_a_kill_while_the_store_is_made_leaves_nothing_in_the_way(opened: Opened, tmp_path: Path):
    chance = random.Random(5)  # noqa: S311 - a test that can be repeated
    for kill in range(10):
        directory = tmp_path / f"{kill}"
        process = subprocess.Popen([sys.executable, str(APPENDER), str(directory), "2", "1"], stdout=subprocess.DEVNULL)
        while not directory.exists():
            time.sleep(0.005)
        time.sleep(chance.random() * 0.15)
        process.kill()
        process.wait()
        store = opened(directory)
        assert [complaint for complaint in store.check() if "are free" not in complaint] == []
        store.close()
        shutil.rmtree(directory)
