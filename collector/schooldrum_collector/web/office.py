"""The office's door: for Prometheus, for programs and for people; reading only, and never for agents."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from aiohttp import web
from aiohttp.typedefs import Handler

from schooldrum_collector.judge.lost_time import Reckon, Reckoned
from schooldrum_collector.judge.places import SchoolPlaces
from schooldrum_collector.judge.presence import Hearing, in_grace
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.show.pages import Pages
from schooldrum_collector.store.interface import Store
from schooldrum_collector.web.front_page import (
    MACHINES_SHOWN,
    SCHOOLS_SHOWN,
    FrontPage,
    MachineLine,
    SchoolLine,
    in_reading_order,
)
from schooldrum_collector.web.guard import guard, refusal
from schooldrum_collector.web.reading import Malformed, Reading, count_states
from schooldrum_collector.web.reading_incidents import ReadingIncidents
from schooldrum_collector.web.scraping import Look, Scraping, joined
from schooldrum_collector.web.sight import Sight, Unknown, scope_of
from schooldrum_wire.settings import LANGUAGES

_NOTHING_SEEN: Mapping[str, SchoolPlaces] = MappingProxyType({})


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
    reckoned: Reckon = Reckoned,
) -> web.Application:
    """The application behind the office's door.

    `now` is the collector's clock (epoch seconds) and `hearing` since when it listens; `token` opens the door, None
    leaves it open to this very machine alone; `hosts` are the names beside loopback's under which it is called;
    `language` is what people read who do not choose; `places` is how places stand, by school code,
    `incidents` how many of a school's go on, by kind and verdict, `reckoned` what schools lost.
    Refusing to bind it beyond loopback without token and TLS is the business of whoever binds it.
    """

    def look(request: web.Request) -> Sight:
        register = store.register()
        scopes = request.query.getall("scope", [])
        if len(scopes) > 1:
            raise Malformed("scope: give one")
        scope = scope_of(register, scopes[0] if scopes else "")
        return Sight(
            store=store,
            register=register,
            scope=scope,
            hearing=hearing(),
            now=now(),
            places=places,
            incidents=incidents(),
            reckoned=reckoned(),
        )

    app = web.Application(middlewares=[guard(token, hosts), _in_words])
    turn = asyncio.Lock()
    app.add_routes(Scraping(Pages(own), look, turn).routes())
    app.add_routes(Reading(look).routes())
    app.add_routes(ReadingIncidents(look).routes())
    app.add_routes(_people_routes(look, store, turn, language))
    return app


@web.middleware
async def _in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Queries that cannot be answered, in the words of the contract."""
    try:
        return await handler(request)
    except Malformed as problem:
        return refusal(400, "malformed", f"{problem}")
    except Unknown as problem:
        return refusal(404, "not_found", f"{problem}")


def _people_routes(look: Look, store: Store, turn: asyncio.Lock, language: str) -> list[web.RouteDef]:
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

    async def front(request: web.Request) -> web.Response:
        sight = look(request)
        chosen = request.query.get("lang", language)
        page = await _front_page(sight, request.query.get("scope", ""))
        pieces = page.html(chosen if chosen in LANGUAGES else language)
        body = await joined(pieces, turn, packed=False)
        return web.Response(body=body, content_type="text/html", charset="utf-8")

    return [web.get("/readyz", ready), web.get("/", front)]


async def _front_page(sight: Sight, scope: str) -> FrontPage:
    codes = sight.schools()
    schools: list[SchoolLine] = []
    machines: list[MachineLine] = []
    total = 0
    for code in codes:
        total += len(sight.register.by_school.get(code, ()))
        if len(schools) < SCHOOLS_SHOWN:
            states = await count_states(sight, code)
            schools.append(SchoolLine(code=code, name=sight.register.schools[code].name, states=states))
            await asyncio.sleep(0)
        if len(machines) < MACHINES_SHOWN:
            known = {one.machine: one for one in sight.latest(code)}
            for machine in in_reading_order(sight.machines(code))[: MACHINES_SHOWN - len(machines)]:
                heard = known.get(machine.id)
                machines.append(MachineLine(machine=machine, heard=heard, presence=sight.judged(machine, heard)))
    return FrontPage(
        register=sight.register,
        schools=schools,
        machines=machines,
        more_schools=len(codes) - len(schools),
        more_machines=total - len(machines),
        scope=scope,
        now=sight.now,
    )
