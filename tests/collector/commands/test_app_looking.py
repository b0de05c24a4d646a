"""The loop that looks at places, against a real store: what it shows, what it learns, what it writes down."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schooldrum_collector.app.looking import Looking
from schooldrum_collector.judge.calendar_learnt import learnt
from schooldrum_collector.judge.places import PlaceState
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.store.records import Arrival, Machine, MachineState, Room, School
from schooldrum_collector.store.sqlite import SqliteStore, open_store

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 8, 10, tzinfo=ZONE).timestamp()
WEEK = 7 * 86400.0
ROOM = "BM/main/tin1"


class Clock:
    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqliteStore]:
    store = open_store(tmp_path, clock=clock)
    with store.writing() as writer:
        writer.put_school(School(code="BM", name="Bình Minh"))
        for code in ("tin1", "vp"):
            writer.put_room(Room(school="BM", code=code, name=code))
            for seat in (1, 2, 3):
                writer.put_machine(
                    Machine(
                        id=f"{code}{seat}",
                        school="BM",
                        site="main",
                        room=code,
                        alias=f"{code}-{seat:02}",
                        seat=seat,
                        state=MachineState.ACTIVE,
                        fingerprint={},
                        enrolled=1.0,
                    )
                )
    yield store
    store.close()


async def report(store: SqliteStore, machine: str, at: float, boot: str = "b1") -> None:
    await store.append(
        Arrival(
            machine=machine, received=at, body=b"x", live=b"x", run=boot, boot=boot, clock=0.0, skew=0.0, beat=60,
            egress="203.113.0.7",
        )
    )  # fmt: skip


async def test_looking_shows_places_and_learns_use(store: SqliteStore, clock: Clock):
    looking = Looking(store, now=clock, hearing=Hearing)
    await looking.look()
    assert looking.places["BM"].school.state is PlaceState.UNKNOWN
    for week in range(3):
        clock.now = MONDAY + week * WEEK
        for seat in (1, 2):
            await report(store, f"tin1{seat}", clock.now - 10)
        await looking.look()
        assert looking.places["BM"].rooms[ROOM].state is PlaceState.UP
        clock.now += 3600
        await looking.look()
        assert looking.places["BM"].rooms[ROOM].state is PlaceState.DOWN
    looking.keep()
    habit = store.register().habits[ROOM]
    found = learnt(habit, datetime.fromtimestamp(clock.now, ZONE).date())
    assert found.usual == 1 << 8
    assert store.latest_of("tin11").egress == "203.113.0.7"  # type: ignore[union-attr]  # it was heard
    again = Looking(store, now=clock, hearing=Hearing)
    again.keep()
    assert store.register().habits[ROOM] == habit


async def test_looking_in_grace_learns_nothing(store: SqliteStore, clock: Clock):
    looking = Looking(store, now=clock, hearing=lambda: Hearing(back=clock.now - 60, away=clock.now - 90))
    await report(store, "tin11", clock.now)
    await looking.look()
    looking.keep()
    assert store.register().habits == {}


async def test_looking_an_end_of_a_lesson_is_learnt_once_its_pcs_are_back(store: SqliteStore, clock: Clock):
    looking = Looking(store, now=clock, hearing=Hearing)

    async def minutes(count: int, *machines: str, boot: str = "b1") -> None:
        for _ in range(count):
            clock.now += 60
            for machine in machines:
                await report(store, machine, clock.now, boot)
            await looking.look()

    lab, office = ("tin11", "tin12", "tin13"), ("vp1", "vp2")
    await minutes(3, *lab, *office)
    end = clock.now
    await minutes(6, *office)
    assert looking.places["BM"].rooms[ROOM].state is PlaceState.DOWN
    await minutes(2, *lab, boot="b2")
    looking.keep()
    assert store.register().habits[ROOM].ends == (end,)
