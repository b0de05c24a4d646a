"""What a person waits for: the first view of the wall and of a school, with 1,000 schools and 50,000 machines."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from simulator import Machine as Simulated

from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Area, Arrival, Machine, MachineState, Room, School
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.office import office_app

NOW = 1_795_402_800.0
PER_SCHOOL = 50
WANTED_MS = 300.0
_AT_ONCE = 2000


def _register(store: Store, schools: int) -> None:
    with store.writing() as writer:
        for number in range(20):
            writer.put_area(Area(path=f"hn/{number}", name=f"Phường {number}"))
        for number in range(schools):
            code = f"S{number:04}"
            writer.put_school(School(code=code, name=f"Tiểu học số {number}", area=f"hn/{number % 20}"))
            writer.put_room(Room(school=code, code="tin1", name="Phòng Tin 1", seats=PER_SCHOOL))
            for seat in range(1, PER_SCHOOL + 1):
                machine = Machine(
                    id=f"{code}-{seat}",
                    school=code,
                    site="main",
                    room="tin1",
                    alias=f"tin1-{seat:02}",
                    seat=seat,
                    state=MachineState.ACTIVE,
                    fingerprint={},
                    enrolled=NOW - 1e6,
                )
                writer.put_machine(machine)


async def _reports(store: Store) -> None:
    simulated = Simulated(1)
    body = simulated.delivery()
    arrivals = [
        Arrival(
            machine=machine,
            received=NOW - (700 if number % 97 == 0 else 20),
            body=body,
            live=body,
            run="r",
            boot="b",
            clock=NOW - 1000,
            skew=0.0,
            beat=60,
        )
        for number, machine in enumerate(store.register().machines)
    ]
    for first in range(0, len(arrivals), _AT_ONCE):
        await asyncio.gather(*(store.append(one) for one in arrivals[first : first + _AT_ONCE]))


async def _timed(store: Store, paths: tuple[str, ...]) -> dict[str, float]:
    """Milliseconds from request to answer of a first view: nobody has looked in the last seconds."""
    times: dict[str, float] = {}
    for path in paths:
        rounds = []
        for _ in range(3):
            app = office_app(store=store, own=OwnMetrics(), now=lambda: NOW, hearing=Hearing, token=None)
            server = TestServer(app)
            await server.start_server()
            async with ClientSession() as session:
                begun = time.perf_counter()
                async with session.get(f"http://127.0.0.1:{server.port}{path}") as answer:
                    body = await answer.read()
                    assert answer.status == 200, body[:200]
                rounds.append((time.perf_counter() - begun) * 1000)
            await server.close()
        times[path] = statistics.median(rounds)
    return times


def measure(say: Callable[..., None], *, full: bool) -> None:
    """First views."""
    schools = 1000 if full else 100
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(Path(directory), clock=lambda: NOW)
        try:
            _register(store, schools)
            paths = ("/", "/?q=tieu+hoc+so+7", "/schools/S0007", "/machines/S0007-7", "/incidents")

            async def run() -> dict[str, float]:
                await _reports(store)
                return await _timed(store, paths)

            for path, taken in asyncio.run(run()).items():
                say(
                    target="pages",
                    what=f"first view of {path}, {schools} schools, {schools * PER_SCHOOL} PCs",
                    ours=f"{taken:.0f} ms",
                    wanted=f"< {WANTED_MS:.0f} ms",
                    met=taken < WANTED_MS,
                )
        finally:
            store.close()
