"""A store whose disk runs full: fills it, shows that nothing acknowledged is lost, makes room and goes on.

Called with a directory and how to run out: `tmpfs` mounts a small one there (as root, in a mount namespace of its
own), `limit` bounds the size of files. Prints what happened as JSON.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from schooldrum_collector.store.interface import Full
from schooldrum_collector.store.records import EVERYTHING, Area, Arrival, Machine, MachineState
from schooldrum_collector.store.sqlite import SqliteStore, open_store

ROOM = 3 << 20
BALLAST = 1 << 20
NOON = 1_790_000_000.0


def letter(number: int) -> Arrival:
    body = os.urandom(4000)
    return Arrival(
        machine="m1",
        received=NOON + number,
        body=body,
        live=body,
        run="r1",
        boot=f"{number}",
        clock=NOON,
        skew=0.0,
        beat=60,
    )


async def fill(store: SqliteStore, first: int) -> tuple[int, str]:
    """Appends until it is refused: how many were acknowledged, and what was told."""
    for number in range(first, 100_000):
        try:
            await store.append(letter(number))
        except Full as problem:
            return number - first, str(problem)
    raise AssertionError("this disk never runs full")


async def after_a_while(store: SqliteStore, number: int) -> float:
    """How long it takes until the store takes reports again (seconds)."""
    begun = time.monotonic()
    while True:
        try:
            await store.append(letter(number))
        except Full:
            await asyncio.sleep(0.05)
        else:
            return time.monotonic() - begun


def refused(store: SqliteStore) -> str:
    try:
        with store.writing() as writer:
            for number in range(2000):
                writer.put_area(Area(path=f"{number}", name="x" * 500))
    except Full as problem:
        return str(problem)
    return ""


def bodies(store: SqliteStore) -> list[str]:
    with store._eyes() as connection:
        return [boot for (boot,) in connection.execute("SELECT hex(substr(body, 1, 4)) FROM journal ORDER BY id")]


def main() -> None:
    directory, way = Path(sys.argv[1]), sys.argv[2]
    ballast = directory / "ballast"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if way == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM + BALLAST}", "tmpfs", str(directory)], check=True)
        ballast.write_bytes(bytes(BALLAST))
    store = open_store(directory / "data", clock=lambda: NOON)
    record = Machine(
        id="m1",
        school="DEMO",
        site="main",
        room="tin1",
        alias="tin1-01",
        seat=1,
        state=MachineState.ACTIVE,
        fingerprint={},
        enrolled=NOON,
    )
    with store.writing() as writer:
        writer.put_machine(record)
    if way == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, limits[1]))
    acknowledged, told = asyncio.run(fill(store, 0))
    again, _ = asyncio.run(fill(store, acknowledged))
    told_register = refused(store)
    latest = store.latest_of("m1")
    before = bodies(store)
    if way == "tmpfs":
        ballast.unlink()
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    recovered = asyncio.run(after_a_while(store, acknowledged + again))
    kept = bodies(store)
    store.close()
    store = open_store(directory / "data", clock=lambda: NOON)
    print(
        json.dumps(
            {
                "acknowledged": acknowledged + again,
                "told": told,
                "told_register": told_register,
                "areas": len(store.register().areas),
                "latest": latest.boot if latest else "",
                "before": len(before),
                "kept": len(bodies(store)),
                "same": bodies(store) == kept and kept[: len(before)] == before,
                "recovered": recovered,
                "complaints": [one for one in store.check() if "are free" not in one],
                "machines": [known.machine for known in store.latest(EVERYTHING)],
            }
        )
    )
    store.close()


main()
