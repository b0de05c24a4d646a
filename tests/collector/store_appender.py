"""A collector's store at work, to be killed: appends without end and prints every acknowledgement as `machine run seq`.

Called with the data directory, a number of machines and a seed. Beside appending it folds, changes the register and
makes checkpoints, so that a kill meets all of them.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
import zlib
from pathlib import Path

from schooldrum_collector.store.checkpoints import checkpoint
from schooldrum_collector.store.interface import Overloaded
from schooldrum_collector.store.records import Area, Arrival, Machine, MachineState
from schooldrum_collector.store.sqlite import SqliteStore, open_store
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result


async def _stored(store: SqliteStore, arrival: Arrival) -> None:
    """Comes again where the store asks for it, as agents do: on a starved machine it may."""
    while True:
        try:
            return await store.append(arrival)
        except Overloaded:
            await asyncio.sleep(0.1)


async def speak(store: SqliteStore, machine: str, run: str, chance: random.Random) -> None:
    number = 0
    while True:
        number += 1
        # Each delivery also repeats the result before, as a live report repeats what has not been measured anew.
        results = tuple(
            Result(probe="cpu", seq=seq, outcome="ok", boottime=float(seq), wall=0.0, reason="x" * chance.randrange(99))
            for seq in (number - 1, number)
            if seq
        )
        now = Now(boot=run, boottime=float(number + 1), wall=0.0)
        plain = encode(Delivery(reports=(Report(run=run, boot=run, live=True, results=results),), now=now))
        body = zlib.compress(plain, wbits=31)
        received = time.time()
        arrival = Arrival(
            machine=machine,
            received=received,
            body=body,
            live=body,
            run=run,
            boot=run,
            clock=received - number - 1,
            skew=0.0,
            beat=60,
            rows={"host": (f"{run} {number}", ({"system": "linux"},))} if number % 7 == 0 else {},
        )
        await _stored(store, arrival)
        os.write(1, f"{machine} {run} {number}\n".encode())
        await asyncio.sleep(chance.random() / 100)


async def disturb(store: SqliteStore, chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.random() / 10)
        await asyncio.to_thread(store.fold, time.time() + 10_000, 600)
        with contextlib.suppress(Overloaded), store.writing() as writer:
            writer.put_area(Area(path="hn", name=f"{chance.random()}"))
        await asyncio.to_thread(checkpoint, store._path, store._turn)


async def work(store: SqliteStore, machines: int, chance: random.Random) -> None:
    run = f"{chance.getrandbits(64):016x}"
    speakers = [speak(store, f"m{number}", run, chance) for number in range(machines)]
    await asyncio.gather(disturb(store, chance), *speakers)


def main() -> None:
    directory, machines, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    store = open_store(directory, clock=time.time)
    with store.writing() as writer:
        for number in range(machines):
            record = Machine(
                id=f"m{number}",
                school="DEMO",
                site="main",
                room="tin1",
                alias=f"tin1-{number:02}",
                seat=number,
                state=MachineState.ACTIVE,
                fingerprint={},
                enrolled=1.0,
            )
            if writer.machine(record.id) is None:
                writer.put_machine(record)
    os.write(1, b"ready\n")
    asyncio.run(work(store, machines, random.Random(seed)))  # noqa: S311 - a test that can be repeated


main()
