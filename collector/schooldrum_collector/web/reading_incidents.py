"""The routes under /api/v1/incidents: what is wrong and what was, for programs. Reading only."""

import asyncio

import msgspec
from aiohttp import web

from schooldrum_collector.judge.incident import number_of
from schooldrum_collector.web.reading import Malformed, epoch
from schooldrum_collector.web.scraping import Look
from schooldrum_collector.web.shown_incidents import IncidentsAnswer, shown_incident, shown_story
from schooldrum_collector.web.sight import Sight, Unknown

AT_ONCE = 200
DEFAULT_SPAN_SECONDS = 30 * 86400.0
_SWITCHES = {"": False, "0": False, "false": False, "1": True, "true": True}


class ReadingIncidents:
    """Handlers of incidents."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def routes(self) -> list[web.RouteDef]:
        """What is served, and by which handler."""
        return [
            web.get("/api/v1/incidents", self.incidents),
            web.get("/api/v1/incidents/{number}", self.incident),
        ]

    async def incidents(self, request: web.Request) -> web.Response:
        """Incidents in scope, newest number first."""
        sight = self._look(request)
        live = _SWITCHES.get(request.query.get("open", ""))
        if live is None:
            raise Malformed("open: write 1 or 0")
        since = epoch(request.query["since"], "since") if "since" in request.query else sight.now - DEFAULT_SPAN_SECONDS
        before = number_of(request.query["before"]) if "before" in request.query else 0
        if before is None:
            raise Malformed("before: write the `next` of the answer before")
        return _answered(await asyncio.to_thread(_listed, sight, live=live, since=since, before=before))

    async def incident(self, request: web.Request) -> web.Response:
        """One incident with all that happened to it."""
        sight = self._look(request)
        written = request.match_info["number"]
        body = await asyncio.to_thread(_told, sight, number_of(written))
        if body is None:
            raise Unknown(f"there is no incident {written!r:.40}")
        return _answered(body)


def _answered(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _listed(sight: Sight, *, live: bool, since: float, before: int) -> bytes:
    found = sight.store.incidents(sight.scope, live=live, since=since, before=before, most=AT_ONCE + 1)
    shown = [shown_incident(sight.register, one, sight.now) for one in found[:AT_ONCE]]
    following = shown[-1].number if len(found) > AT_ONCE else None
    return msgspec.json.encode(IncidentsAnswer(incidents=shown, next=following))


def _told(sight: Sight, number: int | None) -> bytes | None:
    story = None if number is None else sight.store.incident_of(sight.scope, number)
    return msgspec.json.encode(shown_story(sight.register, story, sight.now)) if story is not None else None
