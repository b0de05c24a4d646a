"""What tests of the collector share: a store of every kind there is, a small school in it, and deliveries to put in."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Area, Arrival, Credential, Machine, MachineState, Room, School
from schooldrum_collector.store.sqlite import open_store
from schooldrum_wire.encoding import encode
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result

NOON = 1_790_000_000.0
"""The time that tests call now (epoch seconds)."""


@pytest.fixture(params=["sqlite"])
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[..., Store]]:
    """Opens stores of one kind (directory, then what open_store takes), and closes them after the test."""
    assert request.param == "sqlite"
    stores: list[Store] = []

    def opened(directory: Path, **options: object) -> Store:
        store: Store = open_store(directory, **{"clock": lambda: NOON, **options})  # type: ignore[arg-type]  # any option
        stores.append(store)
        return store

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[..., Store], tmp_path: Path) -> Store:
    """An empty store that serves."""
    return opened(tmp_path / "data")


@pytest.fixture
def enrol() -> Callable[..., Machine]:
    """Puts a machine (with credential `digest of <id>`) into a store, with its area, school and room."""

    def enrol(store: Store, machine: str, *, school: str = "DEMO", area: str = "hn", room: str = "tin1") -> Machine:
        with store.writing() as writer:
            seat = max((one.seat for one in writer.machines_of_room(f"{school}/main/{room}")), default=0) + 1
            writer.put_area(Area(path=area, name=area))
            writer.put_school(School(code=school, name=school, area=area))
            writer.put_room(Room(school=school, code=room, name=room, seats=40))
            record = Machine(
                id=machine,
                school=school,
                site="main",
                room=room,
                alias=f"{room}-{seat:02}",
                seat=seat,
                state=MachineState.ACTIVE,
                fingerprint={"uuid": (machine,)},
                enrolled=NOON,
            )
            writer.put_machine(record)
            writer.put_credential(Credential(digest=f"digest of {machine}", machine=machine, issued=NOON))
        return record

    return enrol


@pytest.fixture
def arrival() -> Callable[..., Arrival]:
    """A delivery of one report with these numbered results, measured ten seconds before it came."""

    def arrival(
        machine: str,
        *numbers: int,
        at: float = NOON,
        run: str = "r1",
        boot: str = "b1",
        live: bool = True,
        **fields: object,
    ) -> Arrival:
        results = tuple(
            Result(
                probe="cpu",
                seq=number,
                outcome="ok",
                boottime=at - NOON + 1000.0 - 10,
                wall=at - 10,
                readings=(Reading("school_cpu_seconds_total", float(number), {"mode": "user"}),),
            )
            for number in numbers
        )
        now = Now(boot=boot, boottime=at - NOON + 1000.0, wall=at)
        plain = encode(Delivery(reports=(Report(run=run, boot=boot, live=live, results=results),), now=now))
        body = zlib.compress(plain, wbits=31)
        values = {
            "machine": machine,
            "received": at,
            "body": body,
            "live": body if live else b"",
            "run": run,
            "boot": boot,
            "clock": NOON - 1000.0,
            "skew": 0.0,
            "beat": 60,
            **fields,
        }
        return Arrival(**values)  # type: ignore[arg-type]  # every field by its name

    return arrival
