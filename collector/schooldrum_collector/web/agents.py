"""The agents' door: POST /v1/enrol, POST /v1/reports, GET /v1/ca, GET /healthz, and nothing else."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.web import reception as bounds
from schooldrum_collector.web.admission import Granted
from schooldrum_collector.web.answer import Answer, trouble
from schooldrum_collector.web.certificates import Authority
from schooldrum_collector.web.chores import Chores
from schooldrum_collector.web.clerk import Clerk
from schooldrum_collector.web.enrolment import Enrolments
from schooldrum_collector.web.intake import Intake
from schooldrum_collector.web.letter import Unacceptable, unpack
from schooldrum_collector.web.plain_head import PATH
from schooldrum_collector.web.reception import Reception, too_large, too_slow
from schooldrum_collector.web.repair import Repairs
from schooldrum_collector.web.speakers import Speakers
from schooldrum_collector.web.surroundings import Surroundings
from schooldrum_wire.limits import PACKED_BYTES

_log = logging.getLogger(__name__)
ENROL_BYTES = 64 * 1024
COUNTS: web.AppKey[Counter[str]] = web.AppKey("counts", Counter)
"""What has come through this door since it opened, by kind (see Intake): for the collector's own metrics."""
RECEPTION: web.AppKey[Reception] = web.AppKey("reception", Reception)
"""What the plain road shares with this application."""
SAY: web.AppKey[Say] = web.AppKey("say", Say)
"""In which language sentences are said."""
_HEADERS = {"Content-Type": "application/json", "Server": "Schooldrum"}
_Handler = Callable[[web.Request], Awaitable[Answer]]


def _nobody(machine: str) -> None:
    del machine


def _no_past(machine: str, since: float) -> None:
    del machine, since


def _no_wait(seconds: float) -> None:
    del seconds


def agents_app(
    store: Store,
    authority: Authority,
    *,
    now: Callable[[], float],
    granted: Granted,
    say: Say,
    proxies: frozenset[str] = frozenset(),
    rows_came: Callable[[str], None] = _nobody,
    backlog_came: Callable[[str, float], None] = _no_past,
    turned_away: Callable[[float], None] = _no_wait,
    page: str = "",
) -> web.Application:
    """The door as an application; open it with `open_agents_door`.

    `now` is the wall clock (epoch seconds), `granted` is judge/settings.py's, `say` the language of sentences.
    `proxies` are addresses of reverse proxies of ours: from them, and only from them, the last X-Forwarded-For counts
    as the sender's address. `rows_came(machine)` is told of every machine whose inventory has been stored anew,
    `backlog_came(machine, since)` of every one that sent results of the past, and how far back they reach,
    `turned_away(seconds)` of every one that the collector could not hear, and when it comes again. `page` is where
    people find the office's pages.
    """
    clerk = Clerk()
    speakers = Speakers(store)
    repairs = Repairs(store, clerk, now=now, granted=granted, say=say)
    chores = Chores(store, clerk, repairs.images)
    enrolments = Enrolments(store, clerk, speakers, repairs, pin=authority.pin, now=now, granted=granted, say=say)
    intake = Intake(
        store,
        speakers,
        chores,
        repairs,
        now=now,
        granted=granted,
        say=say,
        rows_came=rows_came,
        backlog_came=backlog_came,
        surroundings=Surroundings(page),
    )
    reception = Reception(intake, now=now, proxies=proxies, say=say, turned_away=turned_away)
    requests = _Requests(reception, enrolments, authority, say)

    async def chores_done(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(chores.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            await chores.write()
        except (Full, Overloaded):
            _log.warning("What reports changed in the register last could not be written; it is noticed again later")
        clerk.close()

    app = web.Application(client_max_size=PACKED_BYTES)
    app[COUNTS] = intake.counts
    app[RECEPTION] = reception
    app[SAY] = say
    app.cleanup_ctx.append(chores_done)
    app.router.add_post(PATH, _spoken(requests.reports, reception))
    app.router.add_post("/v1/enrol", _spoken(requests.enrol, reception))
    app.router.add_get("/v1/ca", requests.certificate)
    app.router.add_get("/healthz", requests.health)
    app.router.add_route("*", "/{tail:.*}", _spoken(requests.nothing, reception))
    return app


class _Requests:
    """What each route answers."""

    def __init__(self, reception: Reception, enrolments: Enrolments, authority: Authority, say: Say) -> None:
        self._reception = reception
        self._enrolments = enrolments
        self._authority = authority
        self._say = say

    def _address(self, request: web.Request) -> str:
        return self._reception.address(request.remote or "", request.headers.get("X-Forwarded-For", ""))

    async def reports(self, request: web.Request) -> Answer:
        """POST /v1/reports."""
        reception, headers = self._reception, request.headers
        shown = reception.enter(headers.get("Authorization", ""))
        if isinstance(shown, Answer):
            return shown
        try:
            body = await _body(request, PACKED_BYTES, too_slow)
            encoding = headers.get("Content-Encoding", "")
            answer = await reception.intake.take(shown, body, encoding=encoding, address=self._address(request))
        finally:
            reception.leave()
        reception.taken(answer)
        return answer

    async def enrol(self, request: web.Request) -> Answer:
        """POST /v1/enrol."""
        body = await _body(request, ENROL_BYTES, self._too_slow)
        plain = unpack(body, request.headers.get("Content-Encoding", ""))
        if len(plain) > ENROL_BYTES:
            return trouble(413, "too_large", f"a request to enrol has at most {ENROL_BYTES} bytes")
        return await self._enrolments.take(plain, self._address(request))

    def _too_slow(self, seconds: float) -> Unacceptable:
        """Unlike a report's body (`too_slow`), this one cannot be sent in halves."""
        message = self._say(
            f"Yêu cầu không đến đủ trong {seconds:.0f} giây; hãy kiểm tra đường truyền rồi thử lại.",
            f"The request did not arrive within {seconds:.0f} s; check the line, then try again.",
        )
        return Unacceptable(408, "timeout", message)

    async def certificate(self, _: web.Request) -> web.Response:
        """GET /v1/ca: what the pin of an install code is compared with; no secret."""
        headers = {"Content-Type": "application/x-pem-file", "Server": "Schooldrum"}
        return web.Response(body=self._authority.pem, headers=headers)

    async def health(self, _: web.Request) -> web.Response:
        """GET /healthz."""
        return web.Response(body=b'{"status":"ok"}', headers=_HEADERS)

    async def nothing(self, _: web.Request) -> Answer:
        """Everything else."""
        return trouble(404, "not_found", self._say("Ở đây không có gì.", "There is nothing here."))


async def _body(request: web.Request, most: int, slow: Callable[[float], Unacceptable]) -> bytes:
    if (request.content_length or 0) > most:
        raise too_large(most)
    if request.content.is_eof():
        return await request.read()
    try:
        async with asyncio.timeout(bounds.BODY_SECONDS):
            return await request.read()
    except TimeoutError as problem:
        raise slow(bounds.BODY_SECONDS) from problem


def _spoken(handler: _Handler, reception: Reception) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def speak(request: web.Request) -> web.Response:
        """Never raises: whatever goes wrong inside is logged, and the agent keeps what it has and comes again."""
        try:
            answer = await handler(request)
        except web.HTTPRequestEntityTooLarge:
            answer = trouble(413, "too_large", "The body is too large; send less at once.")
        except (ConnectionError, web.RequestPayloadError):
            answer = trouble(400, "malformed", "The body did not arrive whole.")
        except Exception as problem:  # noqa: BLE001 - the boundary of a request
            answer = reception.refusal(problem, request.path)
        reception.count(answer)
        headers = {**_HEADERS, "Retry-After": str(answer.retry_after)} if answer.retry_after else _HEADERS
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    return speak
