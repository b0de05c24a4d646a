"""A small area on a Monday morning: one school with everything in it, one with hostile names, and others."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import msgspec
from aiohttp.test_utils import TestServer

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Event, Incident, Opening, Severity, State, What
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture import judged
from schooldrum_collector.judge.posture_found import Known
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_collector.judge.way_out import Way, WayOut
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import (
    Appraisal,
    Appraised,
    Area,
    Arrival,
    Change,
    Machine,
    MachineState,
    Room,
    School,
    SchoolLink,
)
from schooldrum_collector.web.install_codes import Install
from schooldrum_collector.web.office import office_app
from schooldrum_collector.web.visitors import new_link
from schooldrum_wire.catalogue import cpu, memory
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

NOW = 1_795_402_800.0
"""10:00 on Monday, 23 November 2026, in Vietnam."""
TOKEN = "office-token-0123456789-0123456789-0123456789"
PIN = "ab" * 32
HOSTILE = "\u202eTrường <script>alert(1)</script> \"'{{ 7 * 7 }}{% raw %}"
PARTS = {
    "pc": "ok",
    "switch": "ok",
    "gateway": "ok",
    "provider": "unknown",
    "internet": "unknown",
    "service": "unknown",
}
CUT_LINE = {**PARTS, "provider": "broken"}
NOTHING_KNOWN = dict.fromkeys(PARTS, "unknown")
SECTIONS: dict[str, tuple[Values, ...]] = {
    "system": (
        {
            "maker": "LENOVO",
            "model": "ThinkCentre M70q",
            "chassis": "mini_pc",
            "memory": 8 << 30,
            "memory_slots": 2,
            "memory_slots_free": 1,
            "processor": "Intel Core i3-10100T",
            "cores": 4,
        },
    ),
    "operating_system": ({"title": "Windows 10 Pro", "release": "22H2", "version": "10.0.19045.5011"},),
    "freeze": ({"product": "deep_freeze", "state": "frozen"},),
}


def a_machine(school: str, room: str, seat: int, state: MachineState = MachineState.ACTIVE, **more: Any) -> Machine:
    return Machine(
        id=f"{school.lower()}-{room}-{seat}",
        school=school,
        site="main",
        room=room,
        alias=more.pop("alias", f"{room}-{seat:02}"),
        seat=seat,
        state=state,
        fingerprint={},
        enrolled=NOW - 30 * 86400,
        **more,
    )


def with_fingerprint(machine: Machine, fingerprint: Fingerprint) -> Machine:
    return msgspec.structs.replace(machine, fingerprint=fingerprint)


def with_note(machine: Machine, note: str) -> Machine:
    return msgspec.structs.replace(machine, note=note, noted=NOW, noted_by="office")


def arrival(machine: str, *, at: float = NOW - 20, word: str = "") -> Arrival:
    result = Result(
        probe="cpu", seq=1, outcome="ok", boottime=990.0, wall=at - 10,
        readings=(cpu.CPU_LOGICAL_PROCESSORS(4), memory.MEMORY_SIZE_BYTES(8e9)),
    )  # fmt: skip
    delivery = Delivery(
        reports=(Report(run="r1", boot="b1", results=(result,), live=True),), now=Now(boot="b1", boottime=1e3, wall=at)
    )
    body = zlib.compress(encode(delivery), 1, 31)
    return Arrival(
        machine=machine, received=at, body=body, live=body, run="r1", boot="b1", clock=at - 1000.0, skew=0.5, beat=60,
        word=word, word_kind="shutdown" if word else "", agent="0.1.0", system="windows", frozen=True,
        rows={name: (f"digest {name}", rows) for name, rows in SECTIONS.items()},
    )  # fmt: skip


def incident(number: int, place: Place, schools: tuple[str, ...], *, began: float, **fields: Any) -> Incident:
    verdict, degree = fields.pop("verdict", Verdict.LINE), fields.pop("degree", Degree.FOUND)
    first = Opening(place=place, verdict=verdict, degree=degree, began=began, error=30.0, measured=True)
    values = {
        "number": number,
        "place": place,
        "kind": Kind.OUTAGE,
        "verdict": verdict,
        "degree": degree,
        "first": first,
        "opened": began + 90,
        "began": began,
        "began_error": 30.0,
        "began_measured": True,
        "evidence": Evidence(
            word="line", counts={"machines": 12, "rooms": 2, "measured": 12, "on": 12}, steps=CUT_LINE
        ),
        "schools": schools,
        "told": began + 120,
        **fields,
    }
    return Incident(**values)


def register(store: Store) -> None:
    with store.writing() as writer:
        for path, name in (("hn", "Hà Nội"), ("hn/a", "Phường A"), ("hn/b", "Phường B")):
            writer.put_area(Area(path=path, name=name))
        schools = {
            "BM": ("THCS Bình Minh", "hn/a"),
            "HS": ("Tiểu học Hoa Sen", "hn/a"),
            "QY": ("THPT Quảng Yên", "hn/b"),
            "HB": ("TH&THCS Hòa Bình", "hn/b"),
            "DL": ("THCS Đại Lâm", "hn/b"),
            "X1": (HOSTILE, "hn/b"),
            "T10": ("Tiểu học số 10", "hn/a"),
            "T2": ("Tiểu học số 2", "hn/a"),
        }
        for code, (name, area) in schools.items():
            writer.put_school(School(code=code, name=name, area=area, salt="5a"))
            writer.put_room(Room(school=code, code="tin1", name=HOSTILE if code == "X1" else "Phòng Tin 1", seats=24))
        writer.put_room(Room(school="BM", code="tin2", name="Phòng Tin 2", seats=40))
        writer.put_room(Room(school="BM", code="vp", name="Văn phòng", kind="office", seats=3))
        for seat in range(1, 25):
            writer.put_machine(a_machine("BM", "tin1", seat))
        writer.put_machine(a_machine("BM", "tin1", 25, alias="tin1-gv"))
        for seat in range(1, 8):
            writer.put_machine(a_machine("BM", "tin2", seat))
        pending = a_machine("BM", "tin2", 8, MachineState.PENDING, pending_reason="unknown_line")
        writer.put_machine(pending)
        for seat in range(1, 4):
            writer.put_machine(a_machine("BM", "vp", seat))
        for code in schools.keys() - {"BM", "T10"}:
            for seat in range(1, 13):
                writer.put_machine(a_machine(code, "tin1", seat))
        writer.put_line(
            RegisteredLine(school="BM", site="main", code="main", provider="Nhà mạng A", customer="HNI-0042-7781")
        )
        writer.put_line(RegisteredLine(school="BM", site="main", code="second", provider="Nhà mạng B", customer=""))
        closing = Closing(first=date(2026, 11, 30), last=date(2026, 11, 30), reason="Bão số 9")
        writer.put_calendar("BM", PlaceCalendar(closings=(closing,)))
        writer.log(
            Change(
                at=NOW - 86400, actor="collector", action="memory_modules.gone", subject="bm-tin1-7", detail="A2 4 GiB"
            )
        )


def incidents(store: Store) -> None:
    silent = Evidence(
        word="silent", counts={"machines": 12, "rooms": 1, "on": 12}, causes=(Verdict.POWER, Verdict.LINE)
    )
    room = Evidence(
        word="room", counts={"machines": 7, "measured": 6, "answering": 20, "on": 7, "rooms": 1},
        steps={**NOTHING_KNOWN, "pc": "ok", "switch": "broken"}, names={"rooms": ("BM/main/tin2",)},
    )  # fmt: skip
    known = [
        incident(
            1042, Place(Level.SCHOOL, "HS"), ("HS",), began=NOW - 400, verdict=Verdict.UNKNOWN, degree=Degree.UNKNOWN,
            began_measured=False, evidence=silent,
        ),
        incident(1043, Place(Level.SCHOOL, "QY"), ("QY",), began=NOW - 1200, severity=Severity.URGENT),
        incident(
            1044, Place(Level.ROOM, "BM/main/tin2"), ("BM",), began=NOW - 900, verdict=Verdict.ROOM, evidence=room,
            blamed=tuple(f"bm-tin2-{seat}" for seat in range(1, 8)),
        ),
        incident(
            1030, Place(Level.SCHOOL, "BM"), ("BM",), began=NOW - 3 * 86400, ended=NOW - 3 * 86400 + 7500,
            closed=NOW - 3 * 86400 + 7600, state=State.CLOSED, ended_measured=True, ended_error=15.0,
        ),
    ]  # fmt: skip
    with store.writing() as writer:
        for one in known:
            writer.put_incident(one)
            writer.note_event(Event(number=one.number, at=one.opened, what=What.OPENED))
            writer.note_event(Event(number=one.number, at=one.told, what=What.TOLD))


def appraisals(store: Store) -> None:
    rows: dict[str, tuple[Values, ...]] = {"remote_desktop": ({"enabled": True, "protected": False},)}
    checks = judged(Known(system="windows", sections=rows), Policy(), {"remote_desktop": NOW - 7200})
    verdicts = Verdicts(
        day=date(2026, 11, 23),
        support=Support(
            state=SupportState.ENDED, product="Windows 10", release="22H2", until=date(2025, 10, 14), days_left=-405,
            proof=Proof.NOT_PROVEN,
        ),
        way=WayOut(way=Way.ESU, to="2028-10-10", parts=("tpm",)),
        patches=Patches(state=PatchState.FROZEN, age_days=74, calendar_days=120, missing=3, told=2, behind=9),
        checks=checks,
    )  # fmt: skip
    with store.writing() as writer:
        appraised = Appraised(machine="bm-tin1-7", at=NOW - 300, heard=NOW, basis="", body=b"")
        writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=verdicts))


def report_of(machine: Machine) -> Arrival:
    """Tin 2 and Hoa Sen have gone silent, two schools and two PCs are switched off, one PC is missed."""
    if machine.room == "tin2":
        return arrival(machine.id, at=NOW - 880)
    if machine.school == "HS":
        return arrival(machine.id, at=NOW - 400)
    if machine.school in {"DL", "T2"} or machine.id in {"bm-tin1-11", "bm-tin1-12"}:
        return arrival(machine.id, at=NOW - 3600, word="goodbye")
    return arrival(machine.id, at=NOW - 700 if machine.id == "bm-tin1-18" else NOW - 20)


async def reports(store: Store) -> None:
    never = {"bm-tin1-24", "bm-vp-3"}
    heard = [
        one for one in store.register().machines.values() if one.state is MachineState.ACTIVE and one.id not in never
    ]
    await asyncio.gather(*(store.append(report_of(one)) for one in heard))


async def fill(store: Store) -> None:
    register(store)
    incidents(store)
    await reports(store)
    appraisals(store)


def give_link(store: Store, school: str, *, days: float = 30.0, now: float = NOW) -> tuple[str, SchoolLink]:
    code, link = new_link(school, days, now)
    with store.writing() as writer:
        writer.put_link(link)
    return code, link


@asynccontextmanager
async def served(
    store: Store, *, token: str | None = TOKEN, now: Callable[[], float] = lambda: NOW, language: str = "vi"
) -> AsyncIterator[TestServer]:
    own = OwnMetrics()
    own.watch(register=store.register, pending=store.pending, grace=lambda: False, started=NOW)
    app = office_app(
        store=store, own=own, now=now, hearing=Hearing, token=token, language=language,
        install=Install(pin=PIN, url="https://may-chu.example.vn:8801"),
    )  # fmt: skip
    server = TestServer(app)
    await server.start_server()
    try:
        yield server
    finally:
        await server.close()
