"""The pages people look at: handlers that gather what is known and hand it to the templates. Reading only."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlencode

import msgspec
from aiohttp import web

from schooldrum_collector.judge.incident import Incident, number_of
from schooldrum_collector.judge.incident_acts import LONGEST_TEXT
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.store.records import EVERYTHING, MachineState, Room, Scope
from schooldrum_collector.web import (
    enrolment_page,
    incident_page,
    machine_page,
    pending_page,
    school_page,
    sent_page,
    wall,
)
from schooldrum_collector.web.census import Census, live_incidents
from schooldrum_collector.web.live_pages import LivePages, Pieces, Snapshot
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.school_page import room_order
from schooldrum_collector.web.scraping import Look
from schooldrum_collector.web.sight import Sight, Unknown
from schooldrum_collector.web.visitors import visitor_of

PAST_SHOWN = 100
_PAST_SECONDS = 30 * 86400.0


class Live(msgspec.Struct, frozen=True):
    """A page that updates by itself: under which key its pieces are remembered, and how they are made."""

    key: tuple[str, ...]
    make: Callable[[], Awaitable[Pieces]]


class PageDesk:
    """Handlers of pages."""

    def __init__(
        self, look: Look, rendering: Rendering, live: LivePages, *, is_good: Callable[[str], bool], enrols: bool
    ) -> None:
        """`is_good` says of a link's id whether it still is; `enrols` whether install codes can be made here."""
        self._is_good = is_good
        self._look = look
        self._rendering = rendering
        self._live = live
        self._census = Census()
        self._enrols = enrols

    def routes(self) -> list[web.RouteDef]:
        """What is served, and by which handler."""
        return [
            web.get("/", self.wall),
            web.get("/schools/{code}", self.school),
            web.get("/schools/{code}/incidents", self.incidents_of_school),
            web.get("/schools/{code}/pending", self.pending),
            web.get("/machines/{machine}", self.machine),
            web.get("/machines/{machine}/sends", self.sends),
            web.get("/incidents", self.incidents),
            web.get("/incidents/{number}", self.incident),
            web.get("/addresses", self.addresses),
            web.get("/events", self.events, allow_head=False),
            web.get("/static/{name}", self._rendering.static),
            *([web.get("/schools/{code}/enrol/{token}", self.arrivals)] if self._enrols else []),
        ]

    def _seen(self, request: web.Request) -> tuple[Sight, Reader]:
        return self._look(request), self._rendering.words(request)

    async def _shown(self, request: web.Request, live: Live, template: str, **values: object) -> web.Response:
        snapshot: Snapshot = await self._live.snapshot(live.key, live.make)
        asked = [("page", live.key[0]), *(("of", one) for one in live.key[1:-1])]
        asked += [("scope", one) for one in request.query.getall("scope", ())]
        return self._rendering.page(
            request,
            template,
            {
                "html": snapshot.pieces.html,
                "lists": snapshot.pieces.lists,
                "stream": f"/events?{urlencode([*asked, ('since', snapshot.seen)])}",
                "enrols": self._enrols,
                **values,
            },
        )

    # Which pages update by themselves; the last word of a key tells readers apart who see the same thing differently

    def _live_wall(self, request: web.Request, ask: wall.Asked) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            return wall.pieces(sight, await self._census.of(sight), ask, self._rendering, words)

        return Live(("wall", ask.query, ask.area, ask.group, str(ask.part), _reader(request, words)), make)

    def _live_school(self, request: web.Request, code: str) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            _demand(sight, code)
            incidents = await asyncio.to_thread(live_incidents, sight)
            return school_page.pieces(sight, code, incidents, self._rendering, words)

        return Live(("school", code, _reader(request, words)), make)

    def _live_machine(self, request: web.Request, machine_id: str) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            machine = sight.machine(machine_id)
            known = await asyncio.to_thread(machine_page.known_of, sight, machine)
            incidents = await asyncio.to_thread(_incidents_at, sight, machine.school)
            heard = next(iter(sight.store.latest(sight.scope, (machine.id,))), None)
            return machine_page.pieces(
                sight, machine, heard, known, incidents=incidents, rendering=self._rendering, words=words
            )

        return Live(("machine", machine_id, _reader(request, words)), make)

    def _live_incident(self, request: web.Request, number: int) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            story = await asyncio.to_thread(sight.store.incident_of, sight.scope, number)
            if story is None:
                raise Unknown(f"there is no incident {number}")
            parts = await asyncio.to_thread(incident_page.held_by, sight.store, sight.scope, story.incident)
            return incident_page.pieces(sight, story, parts, self._rendering, words)

        return Live(("incident", str(number), _reader(request, words)), make)

    def _live_incidents(self, request: web.Request, code: str) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            found = await asyncio.to_thread(live_incidents, sight)
            if code:
                _demand(sight, code)
            seen = [one for one in found if (code in one.schools if code else _lies_in(sight, one))]
            cards = school_page.cards_of(sight, seen, words, folded=not code)
            html = self._rendering.piece(
                "piece_incidents.html",
                words,
                cards=cards,
                whole=False,
                collector="" if code else wall.collector_words(sight, words.say),
            )
            return Pieces(html={"incidents": html})

        return Live(("incidents", code, _reader(request, words)), make)

    def _live_arrivals(self, request: web.Request, token: str) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            used = await asyncio.to_thread(sight.store.code_used, sight.scope, token)
            if used is None:
                raise Unknown("there is no such install code")
            return enrolment_page.pieces(sight, used, self._rendering, words)

        return Live(("arrivals", token, _reader(request, words)), make)

    def _live_pending(self, request: web.Request, code: str) -> Live:
        words = self._rendering.words(request)

        async def make() -> Pieces:
            sight = self._look(request)
            _demand(sight, code)
            return await asyncio.to_thread(pending_page.pieces, sight, code, self._rendering, words)

        return Live(("pending", code, _reader(request, words)), make)

    def _asked_for(self, request: web.Request) -> Live:
        page, of = request.query.get("page", ""), request.query.getall("of", [])
        match page, of:
            case "wall", [query, area, group, part]:
                ask = wall.asked({"q": query, "area": area, "state": group, "part": part})
                return self._live_wall(request, ask)
            case "school", [code]:
                return self._live_school(request, code)
            case "pending", [code]:
                return self._live_pending(request, code)
            case "machine", [machine]:
                return self._live_machine(request, machine)
            case "incident", [number] if (known := number_of(number)) is not None:
                return self._live_incident(request, known)
            case "incidents", [code]:
                return self._live_incidents(request, code)
            case "arrivals", [token]:
                return self._live_arrivals(request, token)
            case _:
                raise Unknown("there is no such page")

    # What is served

    async def events(self, request: web.Request) -> web.StreamResponse:
        """GET /events: what changes on a page, as it changes."""
        live = self._asked_for(request)
        # Whoever may not see the page is told so before the stream begins.
        await self._live.snapshot(live.key, live.make)
        visitor = visitor_of(request)

        def still() -> bool:
            return visitor.is_office or self._is_good(visitor.link)

        return await self._live.stream(request, live.key, live.make, owner=visitor.link, still=still)

    async def wall(self, request: web.Request) -> web.StreamResponse:
        """GET /: the schools; people of one school are led to theirs."""
        visitor = visitor_of(request)
        if not visitor.is_office:
            raise web.HTTPSeeOther(f"/schools/{quote(visitor.scope.school, safe='')}")
        sight = self._look(request)
        ask = wall.asked(request.query)
        areas = [(path, area.name, path.count("/")) for path, area in sorted(sight.register.areas.items())]
        return await self._shown(
            request,
            self._live_wall(request, ask),
            "wall.html",
            ask=ask,
            areas=areas,
            asked_again=ask.address().partition("?")[2],
        )

    async def school(self, request: web.Request) -> web.StreamResponse:
        """GET /schools/{code}: a school with its rooms."""
        return await self.school_with_form(request, request.match_info["code"], {}, None)

    async def school_with_form(
        self, request: web.Request, code: str, fields: Mapping[str, str], refused: Words | None
    ) -> web.Response:
        """The same; the form that closes days as it was sent where it was `refused`, and why."""
        sight, words = self._seen(request)
        _demand(sight, code)
        school = sight.register.schools[code]
        area = sight.register.areas.get(school.area)
        rooms = sorted((room for room in sight.register.rooms.values() if room.school == code), key=room_order)
        today = school_page.today(sight, code)
        shown = await self._shown(
            request,
            self._live_school(request, code),
            "school.html",
            school=school,
            area=area.name if area else school.area,
            rooms=rooms,
            lines=school_page.lines(sight, code, words),
            off=school_page.days_off(sight, code, words),
            today=today,
            asked={
                "day": fields.get("day", today),
                "until": fields.get("until", today),
                "reason": fields.get("reason", ""),
            },
            refused=refused,
        )
        if refused is not None:
            shown.set_status(400)
        return shown

    async def machine(self, request: web.Request) -> web.StreamResponse:
        """GET /machines/{id}: a PC in plain words."""
        sight, words = self._seen(request)
        machine = sight.machine(request.match_info["machine"])
        return await self._shown(
            request,
            self._live_machine(request, machine.id),
            "machine.html",
            machine=machine,
            name=machine_page.name_of(sight, machine, words.say),
            school=sight.register.schools.get(machine.school),
            retired=machine.state is MachineState.RETIRED,
            pending=machine.state is MachineState.PENDING,
        )

    async def sends(self, request: web.Request) -> web.StreamResponse:
        """GET /machines/{id}/sends: everything this PC has sent, as it left it."""
        sight, words = self._seen(request)
        machine = sight.machine(request.match_info["machine"])
        heard = next(iter(sight.store.latest(sight.scope, (machine.id,))), None)
        figures = await asyncio.to_thread(sent_page.sent_figures, heard, sight.now, words.language)
        sections = await asyncio.to_thread(sight.store.sections, sight.scope, machine.id)
        return self._rendering.page(
            request,
            "sends.html",
            {
                "machine": machine,
                "name": machine_page.name_of(sight, machine, words.say),
                "figures": figures,
                "sections": sent_page.sent_lists(tuple(sections), words.language),
            },
        )

    async def incidents(self, request: web.Request) -> web.StreamResponse:
        """GET /incidents: what goes on, and what was in the last month."""
        visitor = visitor_of(request)
        if not visitor.is_office:
            raise web.HTTPSeeOther(f"/schools/{quote(visitor.scope.school, safe='')}/incidents")
        return await self._incident_list(request, "")

    async def pending(self, request: web.Request) -> web.StreamResponse:
        """GET /schools/{code}/pending: PCs that wait for a person's word."""
        sight, code = self._look(request), request.match_info["code"]
        _demand(sight, code)
        live = self._live_pending(request, code)
        return await self._shown(request, live, "pending.html", school=sight.register.schools[code])

    async def incidents_of_school(self, request: web.Request) -> web.StreamResponse:
        """GET /schools/{code}/incidents: the same of one school."""
        sight = self._look(request)
        _demand(sight, request.match_info["code"])
        return await self._incident_list(request, request.match_info["code"])

    async def _incident_list(self, request: web.Request, code: str) -> web.StreamResponse:
        sight, words = self._seen(request)
        scope = Scope(school=code) if code else sight.scope

        def past() -> list[Incident]:
            found = sight.store.incidents(scope, since=sight.now - _PAST_SECONDS, most=2 * PAST_SHOWN)
            return [one for one in found if not one.is_live][:PAST_SHOWN]

        return await self._shown(
            request,
            self._live_incidents(request, code),
            "incidents.html",
            school=sight.register.schools.get(code),
            past=incident_page.past_lines(sight, await asyncio.to_thread(past), words),
        )

    async def incident(self, request: web.Request) -> web.StreamResponse:
        """GET /incidents/SC-1042: an incident with the way drawn."""
        sight, words = self._seen(request)
        number = number_of(request.match_info["number"])
        story = await asyncio.to_thread(sight.store.incident_of, sight.scope, number) if number is not None else None
        if story is None or number is None:
            raise Unknown("there is no such incident")
        one = story.incident
        parts = await asyncio.to_thread(incident_page.held_by, sight.store, sight.scope, one)
        return await self._shown(
            request,
            self._live_incident(request, number),
            "incident.html",
            incident=one,
            school=sight.register.schools.get(one.school),
            affected=[] if one.school else incident_page.affected(sight, one, words, parts),
            customers=incident_page.customers_of(sight, one, words),
            notes=incident_page.takes_notes(one, words),
            longest=LONGEST_TEXT,
        )

    async def arrivals(self, request: web.Request) -> web.StreamResponse:
        """GET /schools/{code}/enrol/{token}: PCs arrive; the code itself was shown when it was made."""
        sight = self._look(request)
        code, token = request.match_info["code"], request.match_info["token"]
        _demand(sight, code)
        used = await asyncio.to_thread(sight.store.code_used, Scope(school=code), token)
        if used is None:
            raise Unknown("there is no such install code")
        return await self.watched(request, sight, used.token.path, token, ())

    async def watched(
        self, request: web.Request, sight: Sight, path: str, token: str, commands: tuple[tuple[str, str], ...]
    ) -> web.StreamResponse:
        """The page on which PCs are seen to arrive; with the commands where the code has just been made."""
        room: Room | None = sight.register.rooms.get(path)
        return await self._shown(
            request,
            self._live_arrivals(request, token),
            "arrivals.html",
            school=sight.register.schools[path.partition("/")[0]],
            room=room,
            token=token,
            commands=commands,
        )

    async def addresses(self, request: web.Request) -> web.StreamResponse:
        """GET /addresses: where programs read."""
        return self._rendering.page(request, "addresses.html", {})


def _demand(sight: Sight, code: str) -> None:
    if not sight.has_school(code):
        raise Unknown(f"the register has no school {code!r:.80}")


def _reader(request: web.Request, words: Reader) -> str:
    return f"{words.language} {words.visitor.link} {words.mark} {request.query.get('scope', '')}"


def _incidents_at(sight: Sight, code: str) -> list[Incident]:
    """Those that go on at a school, and those of many schools that hold them."""
    shared = [one for one in live_incidents(sight) if not one.school and code in one.schools]
    own = sight.store.incidents(Scope(school=code), live=True)
    return [*own, *(one for one in shared if one not in own)]


def _lies_in(sight: Sight, incident: Incident) -> bool:
    """Whether a reader sees it: one of its schools is in scope."""
    return sight.scope == EVERYTHING or any(sight.has_school(code) for code in incident.schools)
