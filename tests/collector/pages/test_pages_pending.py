"""PCs that wait are looked at on a page, and let in or turned away: by the office, by the school what is its own."""

import re

import pytest
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.identity import REASONS, ROOM_FULL, TWIN_ONLINE, UNKNOWN_LINE
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Credential, MachineState
from schooldrum_wire.report import Fingerprint

STRANGER, SPARE, TWIN = "bm-tin2-8", "bm-tin2-9", "bm-tin2-10"


@pytest.fixture
async def store(store: Store) -> Store:
    board: Fingerprint = {"board": ("ab" * 8,), "mac": ("cd" * 8,)}
    with store.writing() as writer:
        for seat, reason in ((9, ROOM_FULL), (10, TWIN_ONLINE)):
            pending = scene.a_machine("BM", "tin2", seat, MachineState.PENDING, pending_reason=reason)
            writer.put_machine(pending)
        for identity in (TWIN, "bm-tin1-7"):
            known = writer.machine(identity)
            assert known is not None
            writer.put_machine(scene.with_fingerprint(known, board))
        writer.put_credential(Credential(digest="11" * 32, machine=SPARE, issued=scene.NOW - 60))
    await store.append(scene.arrival(SPARE))
    return store


def state(store: Store, machine: str) -> MachineState:
    return store.register().machines[machine].state


async def test_what_is_known_of_each_is_shown(office: Browser) -> None:
    status, _, page = await office.get("/schools/BM/pending")
    assert status == 200
    for identity in (STRANGER, SPARE, TWIN):
        assert f'data-piece="waits {identity}"' in page
    assert REASONS[UNKNOWN_LINE][0] in page
    assert "LENOVO ThinkCentre M70q" in page
    assert re.search(r"Cùng phần cứng với</dt><dd><bdi>Phòng Tin 1 . Máy 07", page)
    assert page.count("chưa gửi lần nào") == 2
    assert "3 máy" in (await office.get("/schools/BM"))[2]
    assert "/schools/BM/pending" in (await office.get(f"/machines/{STRANGER}"))[2]
    english = (await office.get("/schools/BM/pending?lang=en"))[2]
    assert REASONS[UNKNOWN_LINE][1] in english
    assert "Same hardware as" in english
    assert "Không có máy nào chờ duyệt" in (await office.get("/schools/QY/pending?lang=vi"))[2]


async def test_the_office_lets_one_in(store: Store, office: Browser) -> None:
    mark = await office.mark("/schools/BM/pending")
    status, headers, _ = await office.post("/schools/BM/pending", mark=mark, machine=STRANGER, answer="approve")
    assert (status, headers["location"]) == (303, "/schools/BM/pending")
    assert state(store, STRANGER) is MachineState.ACTIVE
    assert store.register().machines[STRANGER].pending_reason == ""
    assert STRANGER not in (await office.get("/schools/BM/pending"))[2]
    (change,) = [one for one in store.changes(EVERYTHING, scene.NOW) if one.action == "machine.approve"]
    assert (change.actor, change.subject) == ("office", STRANGER)
    # Twice is once.
    assert (await office.post("/schools/BM/pending", mark=mark, machine=STRANGER, answer="approve"))[0] == 409
    assert (await office.post("/schools/BM/pending", mark=mark, machine=STRANGER, answer="reject"))[0] == 409
    assert state(store, STRANGER) is MachineState.ACTIVE


async def test_whoever_is_turned_away_cannot_report_and_frees_the_seat(store: Store, office: Browser) -> None:
    mark = await office.mark("/schools/BM/pending")
    assert (await office.post("/schools/BM/pending", mark=mark, machine=SPARE, answer="reject"))[0] == 303
    away = store.register().machines[SPARE]
    assert (away.state, away.seat, away.pending_reason) == (MachineState.RETIRED, 0, "")
    assert away.alias != "tin2-09"
    with store.writing() as writer:
        assert all(one.revoked for one in writer.credentials_of(SPARE))
    assert "không nhận" in (await office.get(f"/machines/{SPARE}"))[2]


async def test_a_school_lets_in_its_own_and_no_stranger(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    page = (await teacher.get("/schools/BM/pending"))[2]
    assert page.count('data-stands="approve ') == 2
    assert "chỉ Sở duyệt được" in page
    assert (await teacher.post("/schools/BM/pending", mark=mark, machine=STRANGER, answer="approve"))[0] == 409
    assert state(store, STRANGER) is MachineState.PENDING
    # All that may be, without naming one: those that were seen, and no other.
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
    for other in ({}, {"seen": ""}, {"seen": "0" * len(seen)}):
        status, _, told = await teacher.post("/schools/BM/pending", mark=mark, answer="approve", **other)
        assert (status, "danh sách máy chờ vừa thay đổi" in told) == (409, True)
    assert {state(store, one) for one in (SPARE, TWIN)} == {MachineState.PENDING}
    assert (await teacher.post("/schools/BM/pending", mark=mark, answer="approve", seen=seen))[0] == 303
    assert {state(store, one) for one in (SPARE, TWIN)} == {MachineState.ACTIVE}
    assert state(store, STRANGER) is MachineState.PENDING
    assert (await teacher.post("/schools/BM/pending", mark=mark, machine=STRANGER, answer="reject"))[0] == 303
    assert state(store, STRANGER) is MachineState.RETIRED


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"answer": "retire", "machine": STRANGER}, 400),
        ({"machine": STRANGER}, 400),
        ({"answer": "reject"}, 400),
        ({"answer": "approve", "machine": "hs-tin1-1"}, 409),
        ({"answer": "reject", "machine": "bm-tin1-7"}, 409),
        ({"answer": "reject", "machine": "nobody"}, 409),
    ],
)
async def test_nothing_else_can_be_done_here(
    store: Store, office: Browser, fields: dict[str, str], status: int
) -> None:
    before = {one: known.state for one, known in store.register().machines.items()}
    mark = await office.mark("/schools/BM/pending")
    assert (await office.post("/schools/BM/pending", mark=mark, **fields))[0] == status
    assert (await office.post("/schools/BM/pending", mark="0" * 40, answer="approve", machine=STRANGER))[0] == 403
    assert {one: known.state for one, known in store.register().machines.items()} == before
