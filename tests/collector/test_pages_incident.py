"""What pages say of incidents that are over, of what concerns many schools, and of what happened to a PC."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector
from tests.collector import pages_scene as scene
from tests.collector.test_pages_access import Browser

from schooldrum_collector.judge.fault import Degree, Evidence, Level, Place
from schooldrum_collector.judge.incident import State
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Change
from schooldrum_collector.store.sqlite import open_store

BEGAN = scene.NOW - 86400
OVER = {"state": State.CLOSED, "ended": BEGAN + 1500, "closed": BEGAN + 1600, "ended_measured": True}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(tmp_path, clock=lambda: scene.NOW)
    await scene.fill(store)
    evidence = Evidence(
        word="provider",
        counts={"schools": 2, "of": 2, "others": 5, "measured": 2},
        names={"schools": ("QY", "HS"), "provider": ("Nhà mạng A",)},
    )
    place = Place(Level.PROVIDER, "Nhà mạng A")
    with store.writing() as writer:
        writer.put_incident(
            scene.incident(1010, place, ("HS", "QY"), began=BEGAN, evidence=evidence, degree=Degree.FOUND, **OVER)
        )
        for number, code, began in ((1011, "HS", BEGAN + 30), (1012, "QY", BEGAN - 20), (1013, "BM", BEGAN)):
            writer.put_incident(scene.incident(number, Place(Level.SCHOOL, code), (code,), began=began, **OVER))
        # Of the same school, at another time: an incident of its own.
        own = {**OVER, "ended": BEGAN + 9000, "closed": BEGAN + 9100}
        writer.put_incident(scene.incident(1014, Place(Level.SCHOOL, "HS"), ("HS",), began=BEGAN + 7200, **own))
        for action, detail in (("enrol-new", "BM/main/tin1 tin1-07 active"), ("machine.approve", "pending")):
            writer.log(Change(at=BEGAN, actor="agents-door", action=action, subject="bm-tin1-7", detail=detail))
        moved = "BM/main/tin2 tin2-03 -> BM/main/tin1 tin1-07"
        writer.log(Change(at=BEGAN, actor="office", action="machine.move", subject="bm-tin1-7", detail=moved))
    yield store
    store.close()


@pytest.fixture
async def office(store: Store) -> AsyncIterator[Browser]:
    async with scene.served(store) as server, ClientSession(connector=TCPConnector(limit=8)) as session:
        yield Browser(server, session, token=scene.TOKEN)


async def test_what_single_schools_have_of_one_cause_stands_inside_it(office: Browser) -> None:
    page = (await office.get("/incidents"))[2]
    assert "Ở từng trường (2)" in page
    whole = page[page.index("SC-1010") :]
    folded = whole[whole.index("<details>") : whole.index("</details>")]
    assert set(re.findall(r'href="/incidents/(SC-\d+)"', folded)) == {"SC-1011", "SC-1012"}
    assert page.count('href="/incidents/SC-1013"') == 1
    assert page.count('href="/incidents/SC-1014"') == 1
    # A school reads of its own alone.
    assert "Ở từng trường" not in (await office.get("/schools/BM/incidents"))[2]


async def test_the_way_of_many_schools_is_drawn_as_their_records_say(office: Browser) -> None:
    page = (await office.get("/incidents/SC-1010"))[2]
    assert "Nhà mạng: đứt ở đây" in page
    assert "Chưa máy nào gửi được số đo" not in page
    assert "phía nhà mạng A." in page, "it is not called a provider twice"


@pytest.mark.parametrize(("number", "times"), [(1043, 0), (1044, 0), (1030, 1)])
async def test_customer_numbers_stand_where_a_provider_may_be_asked(office: Browser, number: int, times: int) -> None:
    page = (await office.get(f"/incidents/SC-{number}"))[2]
    assert page.count("HNI-0042-7781") == times


async def test_what_happened_to_a_pc_is_said_in_words(office: Browser) -> None:
    page = (await office.get("/machines/bm-tin1-7"))[2]
    assert "thêm máy" in page
    assert "tin1-07 active" not in page
    assert "BM/main/tin2 tin2-03 \N{RIGHTWARDS ARROW} BM/main/tin1 tin1-07" in page


async def test_lists_that_a_pc_sends_are_explained(office: Browser) -> None:
    page = (await office.get("/machines/bm-tin1-7/sends?lang=vi"))[2]
    assert "Cả bộ máy, một dòng." in page
    assert '<th scope="col" title="maker">hãng</th>' in page
    assert 'lang="en">' not in page.partition("<main")[2].partition("</main>")[0]
    english = (await office.get("/machines/bm-tin1-7/sends?lang=en"))[2]
    assert "The PC as a whole, one row." in english
    assert '<th scope="col" title="maker">maker</th>' in english
