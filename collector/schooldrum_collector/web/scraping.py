"""The routes Prometheus calls: the pages of metrics, and which pages there are (http_sd)."""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from time import perf_counter
from urllib.parse import quote

import msgspec
from aiohttp import hdrs, web

from schooldrum_collector.show.families import OPENMETRICS, TEXT
from schooldrum_collector.show.pages import Pages
from schooldrum_collector.web.guard import refusal
from schooldrum_collector.web.sight import Sight, Unknown

KEPT_SECONDS = 1.0
"""A page is made at most once in this time, however many ask for it."""
_UNINTERRUPTED_SECONDS = 0.002
_GZIP = 31
_PAGES_KEPT = 256

Look = Callable[[web.Request], Sight]
"""What this request may see, as of now."""


def wants_openmetrics(accept: str) -> bool:
    """Whether an Accept header prefers OpenMetrics 1.0 to the text format (RFC 9110, quality values).

    Prometheus asks for both, with OpenMetrics in front; whoever names neither gets the text format.
    """
    best = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for offer in accept.split(","):
        kind, *parameters = (part.strip() for part in offer.split(";"))
        values = dict(pair.partition("=")[::2] for pair in (parameter.replace(" ", "") for parameter in parameters))
        kind = kind.lower()
        if kind not in best or (kind != "text/plain" and values.get("version", "1.0.0") not in {"1.0.0", "0.0.1"}):
            continue
        best[kind] = max(best[kind], _quality(values.get("q", "1")))
    return 0 < best["application/openmetrics-text"] >= best["text/plain"]


def wants_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header takes gzip."""
    for offer in accept_encoding.split(","):
        name, _, quality = offer.replace(" ", "").lower().partition(";q=")
        if name == "gzip":
            return _quality(quality or "1") > 0
    return False


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


async def joined(pieces: Iterator[bytes], turn: asyncio.Lock, *, packed: bool) -> bytes:
    """The pieces as one body, gzip-compressed where asked.

    Others run every few milliseconds: whoever makes a page takes the `turn` for that long, so that many pages at once
    do not add up to one long wait.
    """
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP) if packed else None
    whole: list[bytes] = []
    finished = False
    while not finished:
        async with turn:
            # Finer than the loop's own clock, which uvloop keeps in milliseconds.
            until = perf_counter() + _UNINTERRUPTED_SECONDS
            finished = True
            for piece in pieces:
                if piece:
                    whole.append(packer.compress(piece) if packer else piece)
                if perf_counter() > until:
                    finished = False
                    break
            # Still holding the turn: let go first, and all who start in this round of the loop would follow at once.
            await asyncio.sleep(0)
    if packer:
        whole.append(packer.flush())
    return b"".join(whole)


class _Kept(msgspec.Struct, frozen=True):
    until: float
    page: asyncio.Task[bytes]


class PageShelf:
    """Pages made within the last second, and those being made: asked for twice, made once."""

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self._kept: dict[tuple[str, ...], _Kept] = {}

    async def page(self, key: tuple[str, ...], make: Callable[[], Iterator[bytes]], *, packed: bool) -> bytes:
        """The page under this key, made now unless there is a fresh one."""
        loop = asyncio.get_running_loop()
        kept = self._kept.get(key)
        if kept is None or (kept.page.done() and (kept.until < loop.time() or _failed(kept.page))):
            if len(self._kept) >= _PAGES_KEPT:
                now = loop.time()
                self._kept = {k: old for k, old in self._kept.items() if old.until >= now or not old.page.done()}
            kept = _Kept(loop.time() + KEPT_SECONDS, loop.create_task(joined(make(), self._turn, packed=packed)))
            self._kept[key] = kept
        # A reader who hangs up does not take the page from the others.
        return await asyncio.shield(kept.page)


def _failed(page: asyncio.Task[bytes]) -> bool:
    return page.cancelled() or page.exception() is not None


class Scraping:
    """Handlers of metrics and discovery."""

    def __init__(self, pages: Pages, look: Look, turn: asyncio.Lock) -> None:
        self._pages = pages
        self._look = look
        self._shelf = PageShelf(turn)

    def routes(self) -> list[web.RouteDef]:
        """What is served, and by which handler."""
        return [
            web.get("/metrics", self.own),
            web.get("/metrics/schools", self.schools),
            web.get("/metrics/schools/{code}", self.school),
            web.get("/sd/schools", self.discovery),
        ]

    async def own(self, request: web.Request) -> web.Response:
        """The collector itself."""
        openmetrics = _openmetrics(request)
        return await self._answer(request, "own", lambda: self._pages.own(openmetrics=openmetrics))

    async def schools(self, request: web.Request) -> web.Response:
        """All schools in scope, counted."""
        sight, openmetrics = self._look(request), _openmetrics(request)

        def make() -> Iterator[bytes]:
            codes = sight.schools()
            return self._pages.schools(
                sight.register,
                codes,
                sight.latest,
                sight.states_of,
                appraised_of=sight.appraised,
                places_of=sight.places.get,
                incidents_of=sight.incidents_of,
                reckoned=sight.reckoned,
                openmetrics=openmetrics,
            )

        return await self._answer(request, "schools", make)

    async def school(self, request: web.Request) -> web.Response:
        """Every machine of one school."""
        sight, openmetrics = self._look(request), _openmetrics(request)
        code = request.match_info["code"]
        if not sight.has_school(code):
            raise Unknown(f"the register has no school {code!r:.80}")

        def make() -> Iterator[bytes]:
            latest = sight.latest(code)
            presences = sight.presences(code, {one.machine: one for one in latest})
            return self._pages.school(
                sight.register,
                code,
                latest,
                lambda machine, _: presences[machine.id],
                sight.now,
                appraised=sight.appraised(code),
                openmetrics=openmetrics,
            )

        return await self._answer(request, "school", make)

    async def discovery(self, request: web.Request) -> web.Response:
        """One target group per school, as Prometheus' http_sd reads it."""
        codes = self._look(request).schools()
        if not codes:
            # An empty list would make Prometheus drop every target; an error makes it keep those it has.
            return refusal(503, "busy", "there is no school in the register yet; import or add one", retry_after=10)
        groups = [
            {
                "targets": [request.host],
                "labels": {
                    "school": code,
                    "instance": code,
                    "__metrics_path__": f"/metrics/schools/{quote(code, safe='')}",
                },
            }
            for code in codes
        ]
        return web.Response(body=msgspec.json.encode(groups), content_type="application/json")

    async def _answer(self, request: web.Request, page: str, make: Callable[[], Iterator[bytes]]) -> web.Response:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        openmetrics = _openmetrics(request)
        packed = wants_gzip(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, [])))
        key = (request.path, request.query.get("scope", ""), f"{openmetrics}", f"{packed}")
        body = await self._shelf.page(key, make, packed=packed)
        self._pages.took(page, loop.time() - begun)
        headers = {hdrs.CONTENT_TYPE: OPENMETRICS if openmetrics else TEXT, hdrs.VARY: "Accept, Accept-Encoding"}
        if packed:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=body, headers=headers)


def _openmetrics(request: web.Request) -> bool:
    return wants_openmetrics(",".join(request.headers.getall(hdrs.ACCEPT, [])))
