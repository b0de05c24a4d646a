"""What `demo cut` says when no verdict comes: who is heard there and elsewhere, what is asked, and what to do."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.collector.test_alertmanager import incident, put

from schooldrum_collector.commands.demo_seen import held, seen_instead
from schooldrum_collector.demo.area import furnish
from schooldrum_collector.demo.breaks import Break, Kind
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar
from schooldrum_collector.judge.fault import Degree, Evidence, Level, Place, Verdict
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Arrival, Machine, MachineState

MORNING = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")).timestamp()
THERE, ELSEWHERE = "MP01", "MP02"


@pytest.fixture
def area(opened: Callable[..., Store], tmp_path: Path) -> Store:
    store = opened(tmp_path / "data", clock=lambda: MORNING)
    with store.writing() as writer:
        furnish(writer, 3, date(2026, 11, 23), Say("en"))
        for school in (THERE, ELSEWHERE):
            writer.put_machine(
                Machine(
                    id=school,
                    school=school,
                    site="main",
                    room="tin1",
                    alias="tin1-01",
                    seat=1,
                    state=MachineState.ACTIVE,
                    fingerprint={},
                    enrolled=MORNING - 86400,
                )
            )
    return store


def hear(store: Store, arrival: Callable[..., Arrival], *machines: str) -> None:
    async def come() -> None:
        for machine in machines:
            await store.append(arrival(machine, 1, at=MORNING - 2))

    asyncio.run(come())


def told(store: Store, kind: Kind = Kind.POWER, language: str = "en") -> list[str]:
    return seen_instead(store, Break(kind=kind, target=THERE, school=THERE, at=MORNING - 120), MORNING, Say(language))


def test_nobody_at_all_is_heard(area: Store) -> None:
    first, none, todo = told(area)
    assert first == "Heard there now: 0 of 1 PC (last: never). Elsewhere: 0."
    assert none == "No incident there yet."
    assert "look at the window that runs make demo" in todo


def test_the_cut_has_not_taken_hold(area: Store, arrival: Callable[..., Arrival]) -> None:
    hear(area, arrival, THERE, ELSEWHERE)
    first, _, todo = told(area)
    assert first == "Heard there now: 1 of 1 PC (last: 08:59). Elsewhere: 1."
    assert "run demo mend and cut again" in todo
    assert "run demo mend" not in told(area, Kind.LOSS)[-1], "these report all the same"


def test_silence_is_normal_on_a_day_off(area: Store, arrival: Callable[..., Arrival]) -> None:
    hear(area, arrival, ELSEWHERE)
    assert "start make demo again" in told(area)[-1]
    day = date(2026, 11, 23)
    with area.writing() as writer:
        writer.put_calendar(THERE, PlaceCalendar(closings=(Closing(first=day, last=day, reason="Bão"),)))
    assert "no PC is expected there now" in told(area)[-1]


def test_what_goes_on_there_is_told_with_what_it_asks(area: Store, arrival: Callable[..., Arrival]) -> None:
    hear(area, arrival, ELSEWHERE)
    silent = Evidence(word="silent", counts={"machines": 9, "rooms": 2, "on": 9}, causes=(Verdict.POWER, Verdict.LINE))
    about = {"verdict": Verdict.UNKNOWN, "degree": Degree.UNKNOWN, "evidence": silent, "told": 0.0}
    put(area, incident(1007, began=MORNING - 100, place=Place(Level.SCHOOL, THERE), schools=(THERE,), **about))
    lines = told(area, language="vi")
    assert any(line.startswith("SC-1007: ") and "Chưa rõ: mất điện hay mất Internet." in line for line in lines)
    assert any(line.startswith("Đang hỏi: ") and "có điện" in line for line in lines)
    assert "mở trang sự cố" in lines[-1]


@pytest.mark.parametrize(
    ("still", "schools", "holds"),
    [
        ((), (THERE,), None),
        (((Kind.ROOM, f"{THERE}/main/tin1"),), (THERE,), [Kind.ROOM]),
        (((Kind.LINE, ELSEWHERE),), (THERE,), None),
        # One of several schools goes on only where none of them is whole.
        (((Kind.LINE, ELSEWHERE),), (THERE, ELSEWHERE), None),
        (((Kind.LINE, ELSEWHERE), (Kind.POWER, THERE)), (THERE, ELSEWHERE), [Kind.LINE, Kind.POWER]),
    ],
)
def test_what_is_still_broken_holds_an_incident(
    area: Store, still: tuple[tuple[Kind, str], ...], schools: tuple[str, ...], holds: list[Kind] | None
) -> None:
    place = Place(Level.SCHOOL, THERE) if len(schools) == 1 else Place(Level.PROVIDER, "A")
    put(area, incident(1007, began=MORNING - 100, place=place, schools=schools))
    broken = [Break(kind=kind, target=target, school=target[:4], at=MORNING - 90) for kind, target in still]
    found = [(one.number, [other.kind for other in others]) for one, others in held(area, {1007, 1999}, broken)]
    assert found == ([] if holds is None else [(1007, holds)])
