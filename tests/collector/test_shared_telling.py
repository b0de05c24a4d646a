"""Incidents of many schools as each school is told of them through Alertmanager: who, once, in what words."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web
from tests.collector.incident_office import AREAS, PROVIDER, ROOM_1, SCHOOL, Office, T, fault

from schooldrum_collector.app.telling import Paces, Receiver, Telling
from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Event, Incident, Severity, What
from schooldrum_collector.judge.shared_telling import Course, is_of_many, schools_to_tell
from schooldrum_collector.show.alertmanager import labels, school_alerts, school_labels
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Machine, School

HS, KD = Place(Level.SCHOOL, "HS"), Place(Level.SCHOOL, "KD")
AREA = Place(Level.AREA, "hn")


def shared(*schools: str, place: Place = PROVIDER) -> Fault:
    evidence = Evidence(
        word="provider_silent" if place is PROVIDER else "area_silent",
        counts={"schools": len(schools), "of": 3, "others": 4, "measured": 0},
        names={"schools": schools, "provider": ("A",), "areas": ("hn",)},
        causes=(Verdict.LINE, Verdict.POWER),
    )
    return fault(place, verdict=Verdict.LINE, degree=Degree.PROBABLE, evidence=evidence, blamed=_machines(schools))


def _machines(schools: tuple[str, ...]) -> tuple[str, ...]:
    seats = {"BM": "ab", "HS": "c", "KD": "d"}
    return tuple(sorted(f"{letter}{seat}" for code in schools for letter in seats[code] for seat in range(1, 4)))


def one(office: Office, place: Place) -> Incident:
    (found,) = [incident for incident in office.known if incident.place == place]
    return found


def events(office: Office, incident: Incident) -> list[Event]:
    return [step.event for step in office.steps if step.event and step.event.number == incident.number]


def told(office: Office, place: Place = PROVIDER) -> tuple[str, ...]:
    """The schools that are told of the incident of this place."""
    whole = one(office, place)
    parts = [Course(part, events(office, part)) for part in office.known if part.parent == whole.number]
    return schools_to_tell(Course(whole, events(office, whole)), parts) if whole.told else ()


def test_schools_that_go_with_the_whole_are_told_of_it_once() -> None:
    office = Office()
    office.judge(200, shared("BM", "HS"), fault(), fault(HS))
    assert told(office) == ("BM", "HS")
    assert [incident.place for incident in office.known if incident.told] == [PROVIDER], "and of nothing else"


def test_a_school_that_was_told_before_knows() -> None:
    office = Office()
    office.judge(200, fault())
    office.judge(260, shared("BM", "HS"), fault(), fault(HS))
    assert one(office, SCHOOL).told
    assert told(office) == ("HS",)
    # Its own is over while that of the others goes on: it has had the end of what it was told.
    for at in range(320, 1200, 60):
        office.judge(at, shared("HS"), fault(HS))
        assert told(office) == ("HS",)
    assert not one(office, SCHOOL).is_live


def test_a_school_that_was_told_of_a_room_before_knows() -> None:
    office = Office()
    office.judge(200, fault(ROOM_1))
    office.judge(260, shared("BM", "HS"), fault(ROOM_1), fault(HS))
    assert one(office, ROOM_1).parent == one(office, PROVIDER).number
    assert told(office) == ("HS",)


def test_a_school_that_joins_is_told_unless_it_was_told_by_itself() -> None:
    office = Office()
    office.judge(200, shared("BM", "HS"), fault(), fault(HS))
    office.judge(260, shared("BM", "HS", "KD"), fault(), fault(HS), fault(KD))
    assert told(office) == ("BM", "HS", "KD")
    late = Office()
    late.judge(200, shared("BM", "HS"), fault(), fault(HS))
    late.judge(260, shared("BM", "HS"), fault(), fault(HS), fault(KD))
    assert one(late, KD).told
    late.judge(320, shared("BM", "HS", "KD"), fault(), fault(HS), fault(KD))
    assert one(late, KD).parent
    assert told(late) == ("BM", "HS")


def test_who_was_told_stays_told_whatever_is_held_down_later() -> None:
    whole = msgspec.structs.replace(_incident(1, PROVIDER, told=T), schools=("BM", "HS"))
    later = _incident(2, SCHOOL, told=T + 100, parent=1)
    held = Event(number=2, at=T + 200, what=What.HELD, before={"parent": 0}, after={"parent": 1})
    assert schools_to_tell(Course(whole), [Course(later, [held])]) == ("BM", "HS"), "told of its own after it"
    before = _incident(3, SCHOOL, told=T - 100, parent=1)
    assert schools_to_tell(Course(whole), [Course(before, [held])]) == ("BM", "HS"), "it was no part yet"
    early = msgspec.structs.replace(held, at=T)
    assert schools_to_tell(Course(whole), [Course(before, [early])]) == ("HS",)
    assert schools_to_tell(Course(whole), [Course(msgspec.structs.replace(before, told=0.0), [early])]) == ("BM", "HS")


def test_what_a_larger_one_holds_is_told_to_no_school_that_comes_later() -> None:
    ward = Place(Level.AREA, "hn/a")
    inner = msgspec.structs.replace(_incident(1, ward, told=T, parent=2), schools=("BM", "HS", "KD"))
    held = Event(number=1, at=T + 100, what=What.HELD, before={"parent": 0}, after={"parent": 2})
    joined = Event(
        number=1,
        at=T + 200,
        what=What.UPDATED,
        before={"schools": ["BM", "HS"]},
        after={"schools": ["BM", "HS", "KD"]},
    )
    assert schools_to_tell(Course(inner, [held, joined]), []) == ("BM", "HS")
    outer = msgspec.structs.replace(_incident(2, AREA, told=T + 100), schools=("BM", "HS", "KD"))
    assert schools_to_tell(Course(outer), [Course(inner, [held, joined])]) == ("KD",), "and those it told know"


@pytest.mark.parametrize(
    ("place", "is_so"),
    [(PROVIDER, True), (AREA, True), (SCHOOL, False), (ROOM_1, False), (Place(Level.SERVICE, "x.vn"), False)],
)
def test_what_each_school_is_told_of_by_itself(place: Place, is_so: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_of_many(_incident(1, place, told=T)) is is_so
    assert not is_of_many(_incident(1, place, told=0.0))


def _incident(number: int, place: Place, *, told: float, parent: int = 0) -> Incident:
    office = Office()
    office.judge(200, fault())
    plain = office.only()
    return msgspec.structs.replace(
        plain, number=number, place=place, told=told, told_place=place, parent=parent, opened=T - 200
    )


def shared_incident(*schools: str) -> Incident:
    office = Office()
    office.judge(200, shared(*schools))
    return office.only()


def test_labels_of_a_school_never_change_and_are_of_no_area() -> None:
    first = shared_incident("BM", "HS")
    assert school_labels(first, "BM") == {
        "alertname": "SchooldrumIncident",
        "incident": "SC-1001",
        "kind": "outage",
        "scope": "provider",
        "severity": "information",
        "school": "BM",
    }
    moved = msgspec.structs.replace(first, verdict=Verdict.POWER, severity=Severity.ACTION, parent=7, kind=Kind.SERVICE)
    assert school_labels(moved, "BM") == school_labels(first, "BM")
    area = msgspec.structs.replace(first, place=AREA, told_place=AREA)
    assert "area" in labels(area)
    assert "area" not in school_labels(area, "BM"), "or the office of the area is told of each school"


def test_a_school_reads_what_it_is_part_of_and_that_the_office_knows(
    store: Store, enrol: Callable[..., Machine]
) -> None:
    enrol(store, "m1", school="BM")
    with store.writing() as writer:
        writer.put_school(School(code="BM", name="THCS Bình Minh"))
    made, strange = school_alerts(
        store.register(), shared_incident("BM", "HS"), ("BM", "XX"), T + 300, base="https://o"
    )
    said = made.annotations
    assert said["summary_vi"].startswith("[ĐỂ BIẾT] ")
    assert "A: 2 trường mất Internet" in said["summary_vi"]
    assert said["description_vi"].startswith("Trường: THCS Bình Minh\n")
    assert "Cơ quan quản lý cũng đã nhận tin." in said["description_vi"]
    assert "các trường đã nhận tin" not in said["description_vi"]
    assert "Không cần kiểm tra mạng trong trường" in said["description_vi"]
    assert "The office has been told, too." in said["description_en"]
    assert "SC-1001: https://o/incidents/1001" in said["description_en"]
    assert strange.annotations["description_en"].startswith("School: XX\n")


class Taken:
    """What was posted: the labels of alerts that go on, by the time they were posted."""

    def __init__(self) -> None:
        self.bodies: list[list[dict[str, Any]]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        return web.Response()

    def newest(self) -> list[tuple[str, str, str]]:
        return sorted((its["incident"], its["scope"], its.get("school", "")) for its in self._labels())

    def _labels(self) -> list[dict[str, str]]:
        return [one["labels"] for one in self.bodies[-1]] if self.bodies else []


async def test_posted_for_the_office_and_for_each_school_that_was_not_told_before(store: Store) -> None:
    taken, at, office = Taken(), [T + 200], Office()
    app = web.Application()
    app.router.add_post("/api/v2/alerts", taken.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    telling = Telling(
        store, Receiver(urls=(url,)), now=lambda: at[0], failed=lambda: None, paces=Paces(renew=0.2, timeout=5.0)
    )
    task = asyncio.create_task(telling.run())

    async def judged(after: float, *faults: Fault) -> list[tuple[str, str, str]]:
        done = len(office.steps)
        office.judge(after, *faults)
        at[0] = T + after
        with store.writing() as writer:
            for step in office.steps[done:]:
                writer.put_incident(step.incident)
                if step.event:
                    writer.note_event(step.event)
        seen = len(taken.bodies)
        telling.happened()
        for _ in range(200):
            if len(taken.bodies) >= seen + 2:
                break
            await asyncio.sleep(0.05)
        return taken.newest()

    try:
        with store.writing() as writer:
            for code, area in AREAS.items():
                writer.put_school(School(code=code, name=code, area=area))
        own = ("SC-1001", "school", "BM")
        assert await judged(200, fault()) == [own]
        whole = [("SC-1002", "provider", ""), ("SC-1002", "provider", "HS")]
        assert await judged(260, shared("BM", "HS"), fault(), fault(HS)) == [own, *whole]
        joined = [*whole, ("SC-1002", "provider", "KD")]
        everything = (shared("BM", "HS", "KD"), fault(), fault(HS), fault(KD))
        assert await judged(320, *everything) == [own, *joined]
        for days in range(1, 4):
            assert await judged(days * 86400, *everything) == [own, *joined], "however long it lasts"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await runner.cleanup()
