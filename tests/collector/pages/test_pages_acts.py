"""What people do on pages, and what stands in the records afterwards."""

import asyncio
import html
import re
from datetime import date
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.fault import Level, Place
from schooldrum_collector.judge.incident import State
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, MachineState
from schooldrum_wire.token import read_token


def logged(store: Store) -> list[tuple[str, str]]:
    return [(one.action, one.subject) for one in store.changes(EVERYTHING, scene.NOW)]


async def test_an_answer_is_evidence(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    status, headers, _ = await teacher.post("/incidents/SC-1044/answer", mark=mark, answer="help")
    assert (status, headers["location"]) == (303, "/incidents/SC-1044")
    story = store.incident_of(EVERYTHING, 1044)
    assert story is not None
    assert [(one.answer, one.side) for one in story.answers] == [("help", "school")]
    assert story.events[-1].by.startswith("school link ")
    assert ("incident.answer", "SC-1044") in logged(store)
    page = (await teacher.get("/incidents/SC-1044"))[2]
    assert "Cần hỗ trợ" in page
    assert "nhà trường" in page
    assert (await teacher.post("/incidents/SC-1044/answer", mark=mark, answer="nonsense"))[0] == 409


async def test_an_answer_is_noted_once_however_often_it_is_tapped(
    store: Store, server: TestServer, session: ClientSession, teacher: Browser, office: Browser
) -> None:
    other = Browser(server, session, link=scene.give_link(store, "BM")[0])
    for visitor in (teacher, other, teacher, office, office):
        mark = await visitor.mark()
        taps = (visitor.post("/incidents/SC-1044/answer", mark=mark, answer="help") for _ in range(3))
        assert {status for status, _, _ in await asyncio.gather(*taps)} == {303}
    mark = await office.mark()
    for text in ("Đang  sửa", "Đang sửa ", "Xong lúc 15 giờ"):
        await office.post("/incidents/SC-1044/answer", mark=mark, answer="provider_said", text=text)
    await teacher.post("/incidents/SC-1044/answer", mark=await teacher.mark(), answer="switched_off")
    again = await teacher.post("/incidents/SC-1044/answer", mark=await teacher.mark(), answer="switched_off")
    assert again[0] == 303, "nobody else was quicker"
    story = store.incident_of(EVERYTHING, 1044)
    assert story is not None
    assert [one.answer for one in story.answers] == ["help"] * 3 + ["switched_off"], (
        "one of each link, one of the office"
    )
    assert [one.reason for one in story.events if one.after.get("answer") == "provider_said"] == [
        "Đang sửa",
        "Xong lúc 15 giờ",
    ]


async def test_a_room_that_was_switched_off_was_no_incident(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    await teacher.post("/incidents/SC-1044/answer", mark=mark, answer="switched_off")
    story = store.incident_of(EVERYTHING, 1044)
    assert story is not None
    assert story.incident.state is State.WITHDRAWN
    status, _, text = await teacher.post("/incidents/SC-1044/acknowledge", mark=mark)
    assert status == 409
    assert "đã xong" in text


async def test_taken_in_hand_once_however_often_it_is_tapped(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    both = await asyncio.gather(*(teacher.post("/incidents/SC-1044/acknowledge", mark=mark) for _ in range(5)))
    assert {status for status, _, _ in both} == {303}
    story = store.incident_of(EVERYTHING, 1044)
    assert story is not None
    assert story.incident.acknowledged is not None
    assert [one.what.value for one in story.events].count("acknowledged") == 1
    assert "Đã tiếp nhận" in (await teacher.get("/incidents/SC-1044"))[2]


async def test_a_day_is_closed_and_opened(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    hostile = "<b>Bão</b> {{ 1 }}"
    fields = {"day": "2026-11-25", "until": "2026-11-26", "reason": hostile}
    status, headers, _ = await teacher.post("/schools/BM/close", mark=mark, **fields)
    assert (status, headers["location"]) == (303, "/schools/BM#days")
    closings = store.register().calendars["BM"].closings
    assert next((one.first, one.last, one.reason) for one in closings) == (
        date(2026, 11, 25),
        date(2026, 11, 26),
        hostile,
    )
    assert html.escape(hostile) in (await teacher.get("/schools/BM"))[2]
    await teacher.post("/schools/BM/open", mark=mark, day="2026-11-25")
    assert next(one.first for one in store.register().calendars["BM"].closings) == date(2026, 11, 26)
    assert [action for action, _ in logged(store)][-2:] == ["calendar.close", "calendar.open"]


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "2026-11-22", "reason": "x"},
        {"day": "2026-11-25", "until": "2026-11-24", "reason": "x"},
        {"day": "2026-11-25", "until": "2027-11-24", "reason": "x"},
        {"day": "2126-11-25", "reason": "x"},
        {"day": "25/11/2026", "reason": "x"},
        {"day": "2026-11-25", "reason": " "},
        {"day": "2026-11-25", "reason": "x" * 200},
        {"day": "2026-11-25", "reason": "x\x1b[31m"},
        {"reason": "x"},
    ],
)
async def test_days_that_make_no_sense(store: Store, teacher: Browser, fields: dict[str, str]) -> None:
    before = store.register().calendars
    assert (await teacher.post("/schools/BM/close", mark=await teacher.mark(), **fields))[0] == 400
    assert store.register().calendars == before


async def test_an_install_code_is_made_and_pcs_arrive(store: Store, teacher: Browser) -> None:
    status, _, page = await teacher.post("/schools/BM/enrol", mark=await teacher.mark(), room="main/tin2", uses="33")
    assert status == 200
    found = re.search(r"sd1\.[\w.-]+", page)
    assert found
    token = read_token(found[0])
    assert token.authority == scene.PIN
    used = store.code_used(EVERYTHING, token.id)
    assert used is not None
    assert (used.token.path, used.token.uses) == ("BM/main/tin2", 33)
    assert token.secret not in str(used)
    watched = (await teacher.get(f"/schools/BM/enrol/{token.id}"))[2]
    assert token.secret not in watched
    assert "7/40" in watched
    with store.writing() as writer:
        for seat in (9, 10):
            machine = scene.a_machine("BM", "tin2", seat)
            writer.put_machine(machine)
            writer.note_enrolment(machine.id, token.id, "1.2.3.4", scene.NOW)
    await asyncio.sleep(1.1)
    watched = (await teacher.get(f"/schools/BM/enrol/{token.id}"))[2]
    assert "9/40" in watched
    assert re.search(r"Phòng Tin 2 . Máy 10</bdi></strong>\s*<span>\(9/40\)", watched)
    assert watched.index("Máy 10") < watched.index("Máy 09")
    other, _ = scene.give_link(store, "HS")
    stranger = Browser.__new__(Browser)
    stranger.base, stranger.session = teacher.base, teacher.session
    stranger.headers = {**teacher.headers, "Cookie": f"schooldrum_link={other}"}
    assert (await stranger.get(f"/schools/HS/enrol/{token.id}"))[0] == 404
    assert (await stranger.get(f"/events?page=arrivals&of={token.id}"))[0] == 404


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"day": "2026-11-25", "until": "2026-11-24"}, "ngày cuối đứng trước ngày đầu"),
        ({"day": "2026-11-22"}, "ngày đầu đã qua"),
        ({"day": "2026-11-25", "until": "2027-01-24"}, "nhiều nhất 32 ngày"),
        ({"day": "2027-11-25"}, "hơn một năm"),
        ({"day": "25/11/2026"}, "ngày chưa đúng"),
        ({"day": "2026-11-25", "reason": ""}, "viết lý do"),
    ],
)
async def test_a_refused_closing_keeps_the_form_and_says_why(
    teacher: Browser, fields: dict[str, str], why: str
) -> None:
    sent = {"reason": "Bão <số> 5", **fields}
    status, _, page = await teacher.post("/schools/BM/close", mark=await teacher.mark(), **sent)
    assert status == 400
    assert "THCS Bình Minh" in page
    form = page[page.index('<details id="closing" open>') :]
    assert why in form
    assert all(f'value="{html.escape(value)}"' in form for value in sent.values())
    assert 'role="alert"' not in (await teacher.get("/schools/BM"))[2]


async def test_a_provider_s_answer_is_the_office_s_to_record(store: Store, teacher: Browser) -> None:
    button = "Ghi lại trả lời</button>"
    sent = {"answer": "provider_said", "text": " đứt cáp <b>\r\n xong 11:00 "}
    place = Place(Level.SCHOOL, "BM")
    with store.writing() as writer:
        writer.put_incident(scene.incident(1050, place, ("BM",), began=scene.NOW - 600))
    office = Browser.__new__(Browser)
    office.base, office.session = teacher.base, teacher.session
    office.headers = {"Authorization": f"Bearer {scene.TOKEN}"}
    assert button in (await office.get("/incidents/SC-1050"))[2]
    assert button not in (await office.get("/incidents/SC-1044"))[2], "a room's fault is no provider's"
    assert button not in (await teacher.get("/incidents/SC-1050"))[2]
    assert (await teacher.post("/incidents/SC-1050/answer", mark=await teacher.mark(), **sent))[0] == 409
    mark = re.findall(r'name="mark" value="([^"]+)"', (await office.get("/incidents/SC-1050"))[2])[0]
    assert (await office.post("/incidents/SC-1050/answer", mark=mark, **{**sent, "text": " "}))[0] == 409
    assert (await office.post("/incidents/SC-1050/answer", mark=mark, **sent))[0] == 303
    story = store.incident_of(EVERYTHING, 1050)
    assert story is not None
    assert [one.reason for one in story.events] == ["đứt cáp <b> xong 11:00"]
    assert story.answers == ()
    await asyncio.sleep(1.1)
    assert "đứt cáp &lt;b&gt; xong 11:00</bdi>" in (await office.get("/incidents/SC-1050"))[2]


@pytest.mark.parametrize(
    "fields",
    [
        {"room": "main/none", "uses": "1"},
        {"room": "../HS/main/tin1", "uses": "1"},
        {"room": "", "uses": "1"},
        {"room": "main/tin2", "uses": "0"},
        {"room": "main/tin2", "uses": "1001"},
        {"room": "main/tin2", "uses": "-1"},
        {"room": "main/tin2", "uses": "²"},
        {"room": "main/tin2", "uses": "x"},
        {"room": "main/tin2"},
    ],
)
async def test_codes_that_make_no_sense(teacher: Browser, fields: dict[str, str]) -> None:
    assert (await teacher.post("/schools/BM/enrol", mark=await teacher.mark(), **fields))[0] == 400


async def test_a_pc_is_replaced(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    status, _, page = await teacher.post("/machines/bm-tin1-7/replace", mark=mark)
    assert status == 200
    assert "--seat 7" in html.unescape(page)
    old = store.register().machines["bm-tin1-7"]
    assert (old.state, old.seat) == (MachineState.RETIRED, 0)
    assert "tin1-07" not in {one.alias for one in store.register().machines.values() if one.school == "BM"}
    assert ("machine.retire", "bm-tin1-7") in logged(store)
    # The grid no longer shows it, its own page still does.
    await asyncio.sleep(1.1)
    assert "bm-tin1-7" not in (await teacher.get("/schools/BM"))[2]
    assert "Ngừng theo dõi" in (await teacher.get("/machines/bm-tin1-7"))[2]
    assert (await teacher.post("/machines/bm-tin1-7/replace", mark=mark))[0] == 409


async def test_a_door_that_makes_no_codes_offers_none(store: Store, tmp_path: Path) -> None:
    from schooldrum_collector.judge.presence import Hearing  # noqa: PLC0415 - this test alone makes its own door
    from schooldrum_collector.show.own_metrics import OwnMetrics  # noqa: PLC0415 - the same
    from schooldrum_collector.web.office import office_app  # noqa: PLC0415 - the same

    del tmp_path
    app = office_app(store=store, own=OwnMetrics(), now=lambda: scene.NOW, hearing=Hearing, token=None)
    server = TestServer(app)
    await server.start_server()
    async with ClientSession() as session:
        office = Browser(server, session)
        assert "/enrol" not in (await office.get("/schools/BM"))[2]
        assert (await office.get("/schools/BM/enrol"))[0] == 404
    await server.close()
