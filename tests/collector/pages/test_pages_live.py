"""Pages that update by themselves: what is sent, how soon, to how many, and until when."""

import asyncio
import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import ClientResponse, ClientSession, TCPConnector
from markupsafe import Markup
from tests.collector.pages import pages_scene as scene

from schooldrum_collector.store.interface import Store
from schooldrum_collector.web import live_pages
from schooldrum_collector.web.live_pages import LivePages, Pieces


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        yield session


class Maker:
    """Makes pieces that can be changed, and counts how often it was asked."""

    def __init__(self, **html: str) -> None:
        self.html = html
        self.asked = 0

    async def __call__(self) -> Pieces:
        self.asked += 1
        await asyncio.sleep(0.01)
        html = {name: Markup(text) for name, text in self.html.items()}  # noqa: S704 - words of this test
        return Pieces(html=html, lists={"all": tuple(self.html)})


async def test_a_page_is_made_once_for_all_who_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_pages, "PACE_SECONDS", 0.2)
    live, make = LivePages(), Maker(a="1", b="2")
    first = [one.seen for one in await asyncio.gather(*(live.snapshot(("k",), make) for _ in range(20)))]
    assert make.asked == 1
    assert len(set(first)) == 1
    make.html["b"] = "3"
    await asyncio.sleep(0.25)
    after = await live.snapshot(("k",), make)
    assert make.asked == 2
    assert after.seen != first[0]
    topic = live._topics["k",]
    assert live._news(topic, first[0]) == {"pieces": {"b": "3"}, "lists": {}}
    assert live._news(topic, after.seen) == {}
    del make.html["a"]
    await asyncio.sleep(0.25)
    await live.snapshot(("k",), make)
    assert live._news(topic, after.seen) == {"pieces": {}, "lists": {"all": ("b",)}}
    # Who has seen a page of another start of the collector, or says anything else, gets everything.
    for strange in ("", "x", "deadbeef-3", f"{after.seen}9999999999999", f"{after.seen[:9]}²", "--"):
        assert live._news(topic, strange) == {"pieces": {"b": "3"}, "lists": {"all": ("b",)}}


async def test_memory_is_bounded() -> None:
    live, make = LivePages(), Maker(a="1")
    for number in range(live_pages.MOST_TOPICS + 50):
        await live.snapshot((str(number),), make)
        make.asked = 0
    assert len(live._topics) == live_pages.MOST_TOPICS


async def test_a_page_that_could_not_be_made_is_made_anew() -> None:
    live, good = LivePages(), Maker(a="1")

    async def broken() -> Pieces:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        await live.snapshot(("k",), broken)
    assert (await live.snapshot(("k",), good)).pieces.html == {"a": "1"}


async def events(response: ClientResponse) -> AsyncIterator[dict[str, dict[str, str]]]:
    async for line in response.content:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


async def test_what_happens_is_seen_within_two_seconds(store: Store, session: ClientSession) -> None:
    now = scene.NOW
    async with scene.served(store, token=None, now=lambda: now) as server:
        base = f"http://127.0.0.1:{server.port}"
        async with session.get(f"{base}/events?page=school&of=BM") as response:
            assert response.status == 200
            assert response.content_type == "text/event-stream"
            assert response.headers["cache-control"] == "no-store"
            stream = events(response)
            whole = await anext(stream)
            assert "machine bm-tin1-24" in whole["pieces"]
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await store.append(scene.arrival("bm-tin1-24", at=now))
            news = await anext(stream)
            assert loop.time() - begun < 2
            assert set(news["pieces"]) == {"machine bm-tin1-24", "room BM/main/tin1", "head"}
            assert "đang bật" in news["pieces"]["machine bm-tin1-24"]
            with store.writing() as writer:
                writer.put_machine(scene.a_machine("BM", "vp", 4))
            news = await anext(stream)
            assert news["lists"]["tiles BM/main/vp"][-1] == "machine bm-vp-4"


async def test_a_link_that_is_taken_back_ends_its_streams(store: Store, session: ClientSession) -> None:
    code, link = scene.give_link(store, "BM")
    async with scene.served(store) as server:
        cookie = {"Cookie": f"schooldrum_link={code}"}
        url = f"http://127.0.0.1:{server.port}/events?page=school&of=BM"
        async with session.get(url, headers=cookie) as response:
            stream = events(response)
            await anext(stream)
            with store.writing() as writer:
                writer.put_link(msgspec.structs.replace(link, revoked=scene.NOW))
            assert [one async for one in stream] == []
        assert (await session.get(url, headers=cookie)).status == 403


async def test_streams_are_counted_and_given_back(
    store: Store, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_pages, "MOST_STREAMS", 3)
    async with scene.served(store, token=None) as server:
        url = f"http://127.0.0.1:{server.port}/events?page=incidents&of="
        open_ones = [await session.get(url) for _ in range(3)]
        assert {one.status for one in open_ones} == {200}
        refused = await session.get(url)
        assert refused.status == 503
        assert "retry-after" in refused.headers
        open_ones[0].close()
        for _ in range(50):
            again = await session.get(url)
            if again.status == 200:
                break
            await asyncio.sleep(0.2)
        assert again.status == 200
        for one in (*open_ones, again):
            one.close()


async def test_a_collector_that_stops_waits_for_nobody(store: Store, session: ClientSession) -> None:
    loop = asyncio.get_running_loop()
    async with scene.served(store, token=None) as server:
        response = await session.get(f"http://127.0.0.1:{server.port}/events?page=school&of=BM")
        await response.content.readline()
        begun = loop.time()
    assert loop.time() - begun < 2


@pytest.mark.parametrize(
    "query",
    ["", "page=wall", "page=school", "page=school&of=NONE", "page=machine&of=x", "page=incident&of=x", "page=x&of=y",
     "page=incident&of=9", "page=arrivals&of=none", "page=school&of=BM&of=HS", "page=incidents&of=NONE"],
)  # fmt: skip
async def test_of_what_is_no_page_nothing_is_sent(store: Store, session: ClientSession, query: str) -> None:
    async with scene.served(store, token=None) as server:
        assert (await session.get(f"http://127.0.0.1:{server.port}/events?{query}")).status == 404
