"""Pages that update by themselves: which pieces of a page have changed since a browser saw them, as server-sent events.

A page is made at most once a second however many look at it, and only while somebody does. What a browser has seen is a
number; after a restart of the collector, or a long time away, it gets every piece anew.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import hdrs, web
from markupsafe import Markup

from schooldrum_collector.store.interface import Full, Overloaded
from schooldrum_collector.web.rendering import PAGE_HEADERS
from schooldrum_collector.web.sight import Unknown

PACE_SECONDS = 1.0
COSTLY = 8.0
"""A page that takes long to make is made again after this many times as long."""
SLOWEST_SECONDS = 2.0
MOST_STREAMS = 200
MOST_OF_ONE = 40
"""Streams of one link: the phones of a school's teachers."""
MOST_TOPICS = 256
BEAT_SECONDS = 15.0
LONGEST_SECONDS = 1800.0
WRITE_SECONDS = 10.0


class Pieces(msgspec.Struct, frozen=True, kw_only=True):
    """The changing parts of a page: `html` by key, and the order of keys in each list."""

    html: dict[str, Markup]
    lists: dict[str, tuple[str, ...]] = {}


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces as they are now, and the number by which a browser says that it has seen them."""

    pieces: Pieces
    seen: str


Make = Callable[[], Awaitable[Pieces]]


class _Topic:
    """What is remembered of one page. Not frozen: it follows what the page shows."""

    def __init__(self) -> None:
        self.making = asyncio.Lock()
        self.due = 0.0
        self.serial = 0
        self.pieces = Pieces(html={})
        self.changed: dict[str, int] = {}
        self.ordered: dict[str, int] = {}


class LivePages:
    """The pages that are being looked at, and the streams that are open."""

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)
        self._topics: dict[tuple[str, ...], _Topic] = {}
        self._streams: dict[str, int] = {}
        self._closing = asyncio.Event()

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return sum(self._streams.values())

    async def close(self, _app: web.Application) -> None:
        """Ends every stream: the collector stops."""
        self._closing.set()

    def stir(self) -> None:
        """Makes every page anew when it is next looked at: somebody has just done something and wants to see it."""
        for topic in self._topics.values():
            topic.due = 0.0

    async def snapshot(self, key: tuple[str, ...], make: Make) -> Snapshot:
        """The page under this key, made by `make` unless somebody has just looked."""
        topic = await self._current(key, make)
        return Snapshot(pieces=topic.pieces, seen=self._number(topic))

    def _number(self, topic: _Topic) -> str:
        return f"{self._boot}-{topic.serial}"

    async def _current(self, key: tuple[str, ...], make: Make) -> _Topic:
        topic = self._topics.pop(key, None) or _Topic()
        self._topics[key] = topic
        if len(self._topics) > MOST_TOPICS:
            del self._topics[next(iter(self._topics))]
        loop = asyncio.get_running_loop()
        async with topic.making:
            begun = loop.time()
            if begun >= topic.due:
                _take(topic, await make())
                ended = loop.time()
                topic.due = ended + min(SLOWEST_SECONDS, max(PACE_SECONDS, COSTLY * (ended - begun))) * 0.95
        return topic

    def _news(self, topic: _Topic, seen: str) -> dict[str, Any]:
        boot, _, written = seen.partition("-")
        serial = int(written) if boot == self._boot and written.isdecimal() and len(written) < len("1" * 12) else -1
        pieces = {name: str(topic.pieces.html[name]) for name, at in topic.changed.items() if at > serial}
        lists = {name: topic.pieces.lists[name] for name, at in topic.ordered.items() if at > serial}
        return {"pieces": pieces, "lists": lists} if pieces or lists else {}

    async def stream(
        self, request: web.Request, key: tuple[str, ...], make: Make, *, owner: str, still: Callable[[], bool]
    ) -> web.StreamResponse:
        """Sends what changes until the browser goes, `still` says no, or half an hour has passed."""
        if self.streams >= MOST_STREAMS or (owner and self._streams.get(owner, 0) >= MOST_OF_ONE):
            return web.Response(status=503, headers={hdrs.RETRY_AFTER: "30"})
        self._streams[owner] = self._streams.get(owner, 0) + 1
        try:
            return await self._send(request, key, make, still)
        finally:
            self._streams[owner] -= 1
            if not self._streams[owner]:
                del self._streams[owner]

    async def _send(
        self, request: web.Request, key: tuple[str, ...], make: Make, still: Callable[[], bool]
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={**PAGE_HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Server": "schooldrum"}
        )
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        seen = request.headers.get("Last-Event-ID", request.query.get("since", ""))
        loop = asyncio.get_running_loop()
        begun = spoke = loop.time()
        # Who is gone, and what is no more (a PC that was forgotten), ends the stream; the page itself says why.
        with contextlib.suppress(ConnectionError, TimeoutError, Unknown, Full, Overloaded):
            await response.prepare(request)
            await _write(response, b"retry: 3000\n\n")
            while still() and not self._closing.is_set() and loop.time() < begun + LONGEST_SECONDS:
                topic = await self._current(key, make)
                news = self._news(topic, seen)
                if news:
                    seen = self._number(topic)
                    await _write(response, b"id: %s\ndata: %s\n\n" % (seen.encode(), msgspec.json.encode(news)))
                    spoke = loop.time()
                elif loop.time() > spoke + BEAT_SECONDS:
                    await _write(response, b": still here\n\n")
                    spoke = loop.time()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), max(0.1, topic.due - loop.time()))
        return response


async def _write(response: web.StreamResponse, data: bytes) -> None:
    """Raises TimeoutError where nobody reads any more: a stream that is not read holds memory."""
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)


def _take(topic: _Topic, made: Pieces) -> None:
    html = {name: name for name, text in made.html.items() if topic.pieces.html.get(name) != text}
    lists = {name for name, order in made.lists.items() if topic.pieces.lists.get(name) != order}
    gone = topic.pieces.html.keys() - made.html.keys()
    if not html and not lists and not gone and topic.serial:
        return
    topic.serial += 1
    topic.pieces = made
    topic.changed = {name: topic.serial if name in html else topic.changed[name] for name in made.html}
    topic.ordered = {name: topic.serial if name in lists else topic.ordered[name] for name in made.lists}
