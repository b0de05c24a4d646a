"""The office's door: for Prometheus, for programs, and the pages for people; never for agents."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from types import MappingProxyType

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from schooldrum_collector.judge.apart import NOBODY, Apart
from schooldrum_collector.judge.lost_time import Reckon, Reckoned
from schooldrum_collector.judge.places import SchoolPlaces
from schooldrum_collector.judge.presence import Hearing, in_grace
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.show.pages import Pages
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.web.guard import guard, refusal
from schooldrum_collector.web.install_codes import Install
from schooldrum_collector.web.live_pages import LivePages
from schooldrum_collector.web.page_acts import LARGEST_FORM, ActDesk, Unfit
from schooldrum_collector.web.page_troubles import ENDED_LINK, TROUBLES
from schooldrum_collector.web.pages import PageDesk
from schooldrum_collector.web.reading import Malformed, Reading
from schooldrum_collector.web.reading_incidents import ReadingIncidents
from schooldrum_collector.web.rendering import Rendering
from schooldrum_collector.web.scan_page import ScanDesk
from schooldrum_collector.web.scraping import Look, Scraping
from schooldrum_collector.web.sight import Sight, Unknown, scope_of
from schooldrum_collector.web.visitors import Forms, Visitor, visitor_by_link, visitor_of
from schooldrum_wire.messages import Trouble

_CANNOT = (
    "Máy chủ chưa đọc hay ghi được số liệu. Hãy thử lại sau ít phút.",
    "The collector can neither read nor record this now; try again in some minutes.",
)
_NOTHING_SEEN: Mapping[str, SchoolPlaces] = MappingProxyType({})


def _nobody(machine: str, at: float) -> None:
    """Nobody wants to know."""
    del machine, at


def office_app(
    *,
    store: Store,
    own: OwnMetrics,
    now: Callable[[], float],
    hearing: Callable[[], Hearing],
    token: str | None,
    hosts: Collection[str] = (),
    language: str = "vi",
    places: Mapping[str, SchoolPlaces] = _NOTHING_SEEN,
    incidents: Callable[[], Mapping[str, Mapping[tuple[str, str], int]]] = dict,
    apart: Callable[[], Apart] = lambda: NOBODY,
    reckoned: Reckon = Reckoned,
    install: Install | None = None,
    secure: bool = False,
    scanned: Callable[[str, float], None] = _nobody,
) -> web.Application:
    """The application behind the office's door.

    `now` is the collector's clock (epoch seconds) and `hearing` since when it listens; `token` opens the door, None
    leaves it open to this very machine alone; `hosts` are the names beside loopback's under which it is called;
    `language` is what people read who do not choose; `places` is how places stand, by school code,
    `incidents` how many of a school's go on, by kind and verdict, `apart` the PCs of which more is known than
    that they are heard or not, `reckoned` what schools lost;
    `install` is what install codes made on pages carry (None: none are made), `secure` that browsers come by TLS.
    `scanned(machine, at)` is told of climbs that people bring by phone.
    Refusing to bind it beyond loopback without token and TLS is the business of whoever binds it.
    """

    def look(request: web.Request) -> Sight:
        register = store.register()
        scopes = request.query.getall("scope", [])
        if len(scopes) > 1:
            raise Malformed("scope: give one")
        visitor = visitor_of(request)
        scope = scope_of(register, scopes[0] if scopes else "") if visitor.is_office else visitor.scope
        return Sight(
            store=store,
            register=register,
            scope=scope,
            hearing=hearing(),
            now=now(),
            places=places,
            incidents=incidents(),
            apart=apart(),
            reckoned=reckoned(),
        )

    def by_link(request: web.Request) -> Visitor | None:
        return visitor_by_link(store.register(), request, now())

    def is_good(link: str) -> bool:
        known = store.register().links.get(link)
        return known is not None and known.is_good(now())

    forms = Forms()
    rendering = Rendering(language, forms)
    live = LivePages()
    people = PageDesk(look, rendering, live, is_good=is_good, enrols=install is not None)
    acts = ActDesk(look, rendering, people, forms, live=live, install=install, now=now, secure=secure)
    app = web.Application(
        middlewares=[
            guard(
                token,
                hosts,
                by_link=by_link,
                say=rendering.say,
                told=partial(_in_a_persons_words, rendering, is_open=token is None),
            ),
            _in_words(rendering.say),
        ],
        client_max_size=LARGEST_FORM,
    )
    app.on_shutdown.append(live.close)
    turn = asyncio.Lock()
    app.add_routes(Scraping(Pages(own), look, turn).routes())
    app.add_routes(Reading(look).routes())
    app.add_routes(ReadingIncidents(look).routes())
    app.add_routes([web.get("/readyz", _ready(look, store))])
    app.add_routes([*people.routes(), *acts.routes()])
    app.add_routes(ScanDesk(store, rendering, now=now, came=scanned).routes())
    return app


def _in_words(say: Callable[[web.Request], Say]) -> Middleware:
    """Queries that cannot be answered, in the words of the contract; which field it is, is told as it is written."""

    @web.middleware
    async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
        def refused(status: int, error: str, problem: Exception) -> web.Response:
            return refusal(status, error, say(request)(f"{TROUBLES[error].vi} ({problem})", f"{problem}"))

        try:
            return await handler(request)
        except Malformed as problem:
            return refused(400, "malformed", problem)
        except Unknown as problem:
            return refused(404, "not_found", problem)
        except Unfit as problem:
            return refusal(403 if str(problem) == "form" else 409, f"{problem}", say(request)(*TROUBLES[str(problem)]))
        except Overloaded as problem:
            return refusal(503, "busy", told(problem, say(request)), retry_after=10)
        except Full as problem:
            # No word of TROUBLES: people are shown the sentence itself, which says what to do. Where the collector's
            # files are is nothing to a school.
            sentence = told(problem, say(request)) if visitor_of(request).is_office else say(request)(*_CANNOT)
            return refusal(503, "store", sentence, retry_after=60)

    return in_words


def _in_a_persons_words(
    rendering: Rendering, request: web.Request, refused: web.Response, *, is_open: bool
) -> web.Response:
    """What is wrong as a page, where a browser asks; programs keep their JSON.

    `is_open` says that the door asks for no token: whoever got as far as to show a link sits at this very machine.
    """
    if "text/html" not in ",".join(request.headers.getall(hdrs.ACCEPT, [])) or refused.content_type == "text/html":
        return refused
    try:
        trouble = msgspec.json.decode(refused.text or "{}", type=Trouble)
    except msgspec.DecodeError:
        return refused
    words = TROUBLES.get(trouble.error)
    # An office that gives no password is told how; a link that has ended is another matter.
    if refused.status == web.HTTPUnauthorized.status_code:
        words = TROUBLES["token"]
    ended = trouble.error == ENDED_LINK
    values = {"words_told": words, "message": trouble.message, "has_ended": ended, "is_open": is_open}
    page = rendering.page(request, "trouble.html", values, status=refused.status)
    for name in (hdrs.WWW_AUTHENTICATE, hdrs.ALLOW, hdrs.RETRY_AFTER):
        for value in refused.headers.getall(name, []):
            page.headers.add(name, value)
    return page


def _ready(look: Look, store: Store) -> Handler:
    async def ready(request: web.Request) -> web.Response:
        sight = look(request)
        trouble = store.trouble()
        return web.json_response(
            {
                "ready": not trouble,
                "trouble": trouble,
                "grace": in_grace(sight.hearing, sight.now),
                "schools": len(sight.schools()),
                "register": sight.register.version,
            },
            status=503 if trouble else 200,
        )

    return ready
