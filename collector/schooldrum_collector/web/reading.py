"""The routes under /api/v1: schools, machines, their lists and their history, as JSON.

Whatever is outside `?scope=` is not there. What takes long is made in a thread, in pieces small enough to share it.
"""

import asyncio
import math
from collections import Counter
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Latest, Scope
from schooldrum_collector.web.openapi import DESCRIPTION
from schooldrum_collector.web.scraping import Look
from schooldrum_collector.web.shown import (
    MachinesAnswer,
    MachineShown,
    SchoolsAnswer,
    SchoolShown,
    newest_results,
    shown_machine,
    shown_result,
    shown_section,
)
from schooldrum_collector.web.shown_appraisal import CHANGES_SHOWN, MachineAnswer, shown_appraisal, shown_changes
from schooldrum_collector.web.shown_places import PlacesAnswer, SchoolPlacesShown, shown_places
from schooldrum_collector.web.sight import Sight

MACHINES_AT_ONCE = 1000
DEFAULT_SPAN_SECONDS = 86400.0
LONGEST_SPAN_SECONDS = 2 * 86400.0


class Malformed(ValueError):  # noqa: N818 - it names what the query is
    """A query's value that cannot be used; the sentence says which and what would be."""


def epoch(written: str, name: str) -> float:
    """A time in a query: epoch seconds, or ISO 8601 (UTC where no offset stands).

    Raises:
        Malformed: neither.
    """
    try:
        seconds = float(written)
    except ValueError:
        try:
            # A plus in a URL is a space.
            parsed = datetime.fromisoformat(written.replace(" ", "+") if "T" in written else written)
        except ValueError as problem:
            raise Malformed(
                f"{name}: {written!r:.40} is no time; write 2026-11-23T07:00:00Z or epoch seconds"
            ) from problem
        seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        raise Malformed(f"{name}: {written!r:.40} is no time; write 2026-11-23T07:00:00Z or epoch seconds")
    return seconds


def _span(request: web.Request, now: float) -> tuple[float, float]:
    until = epoch(request.query["until"], "until") if "until" in request.query else now
    since = epoch(request.query["since"], "since") if "since" in request.query else until - DEFAULT_SPAN_SECONDS
    if not 0 <= until - since <= LONGEST_SPAN_SECONDS:
        raise Malformed("since, until: until comes after since, by 2 days at most; ask for longer times in parts")
    return since, until


def _limit(request: web.Request) -> int:
    written = request.query.get("limit", f"{MACHINES_AT_ONCE}")
    if not (written.isascii() and written.isdecimal() and len(written) <= len(f"{MACHINES_AT_ONCE}")):
        written = "0"
    if not 1 <= int(written) <= MACHINES_AT_ONCE:
        raise Malformed(f"limit: write a whole number from 1 to {MACHINES_AT_ONCE}")
    return int(written)


def _answered(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _machine(store: Store, scope: Scope, shown: MachineShown, heard: Latest | None) -> bytes:
    answer = MachineAnswer(
        machine=shown,
        results=newest_results(heard),
        appraisal=shown_appraisal(store.appraisal_of(scope, shown.id)),
        changes=shown_changes(store.changes_of(scope, shown.id, CHANGES_SHOWN)),
    )
    return msgspec.json.encode(answer)


def _results(store: Store, scope: Scope, machine: str, since: float, until: float) -> bytes:
    parts = [msgspec.json.encode(shown_result(result)) for result in store.results(scope, machine, since, until)]
    return b'{"results":[' + b",".join(parts) + b"]}"


def _sections(store: Store, scope: Scope, machine: str) -> bytes:
    parts = [msgspec.json.encode(shown_section(section)) for section in store.sections(scope, machine)]
    return b'{"sections":[' + b",".join(parts) + b"]}"


def count_states(sight: Sight, code: str) -> dict[str, int]:
    """How many machines of a school are in each state."""
    known = {one.machine: one for one in sight.latest(code)}
    states = Counter(presence.state.value for presence in sight.presences(code, known).values())
    return dict(sorted(states.items()))


class Reading:
    """Handlers of the API."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def routes(self) -> list[web.RouteDef]:
        """What is served, and by which handler."""
        return [
            web.get("/api/v1/openapi.json", self.description),
            web.get("/api/v1/schools", self.schools),
            web.get("/api/v1/places", self.places),
            web.get("/api/v1/machines", self.machines),
            web.get("/api/v1/machines/{machine}", self.machine),
            web.get("/api/v1/machines/{machine}/sections", self.sections),
            web.get("/api/v1/machines/{machine}/results", self.results),
        ]

    async def schools(self, request: web.Request) -> web.Response:
        """Schools in scope."""
        sight = self._look(request)
        shown: list[SchoolShown] = []
        for code in sight.schools():
            school = sight.register.schools[code]
            machines = count_states(sight, code)
            shown.append(
                SchoolShown(
                    code=code,
                    name=school.name,
                    area=school.area,
                    level=school.level,
                    time_zone=school.time_zone,
                    machines=machines,
                ),
            )
            await asyncio.sleep(0)
        return _answered(msgspec.json.encode(SchoolsAnswer(schools=shown)))

    async def places(self, request: web.Request) -> web.Response:
        """Places in scope as they stand."""
        sight = self._look(request)
        rooms: dict[str, list[str]] = {}
        for path, room in sight.register.rooms.items():
            rooms.setdefault(room.school, []).append(path)
        shown: list[SchoolPlacesShown] = []
        for code in sight.schools():
            shown.append(shown_places(sight, code, rooms.get(code, [])))
            await asyncio.sleep(0)
        return _answered(msgspec.json.encode(PlacesAnswer(schools=shown)))

    async def machines(self, request: web.Request) -> web.Response:
        """Machines in scope, by school and alias, in parts."""
        sight = self._look(request)
        limit = _limit(request)
        school_after, _, alias_after = request.query.get("after", "").partition("/")
        shown: list[MachineShown] = []
        for code in sight.schools():
            if code < school_after:
                continue
            known = {one.machine: one for one in sight.latest(code)}
            presences = sight.presences(code, known)
            for machine in sight.machines(code):
                if code == school_after and machine.alias <= alias_after:
                    continue
                if len(shown) == limit:
                    answer = MachinesAnswer(machines=shown, next=f"{shown[-1].school}/{shown[-1].alias}")
                    return _answered(msgspec.json.encode(answer))
                heard = known.get(machine.id)
                shown.append(shown_machine(machine, heard, presences[machine.id]))
            await asyncio.sleep(0)
        return _answered(msgspec.json.encode(MachinesAnswer(machines=shown)))

    async def machine(self, request: web.Request) -> web.Response:
        """One machine: its newest results, what is judged of it, what has changed on it."""
        sight = self._look(request)
        record = sight.machine(request.match_info["machine"])
        found = sight.store.latest(sight.scope, (record.id,))
        heard = found[0] if found else None
        shown = shown_machine(record, heard, sight.presence(record))
        return _answered(await asyncio.to_thread(_machine, sight.store, sight.scope, shown, heard))

    async def sections(self, request: web.Request) -> web.Response:
        """A machine's lists."""
        sight = self._look(request)
        record = sight.machine(request.match_info["machine"])
        return _answered(await asyncio.to_thread(_sections, sight.store, sight.scope, record.id))

    async def results(self, request: web.Request) -> web.Response:
        """A machine's history."""
        sight = self._look(request)
        record = sight.machine(request.match_info["machine"])
        since, until = _span(request, sight.now)
        return _answered(await asyncio.to_thread(_results, sight.store, sight.scope, record.id, since, until))

    async def description(self, request: web.Request) -> web.Response:
        """What this API is."""
        del request
        return _answered(DESCRIPTION)
