"""The agents' door: POST /v1/enrol, POST /v1/reports, GET /v1/ca, GET /healthz, and nothing else."""

import asyncio
import logging
import math
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from aiohttp import web

from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.web.admission import Granted
from schooldrum_collector.web.answer import Answer, trouble
from schooldrum_collector.web.certificates import Authority
from schooldrum_collector.web.chores import Chores
from schooldrum_collector.web.clerk import Clerk
from schooldrum_collector.web.enrolment import Enrolments
from schooldrum_collector.web.intake import Intake
from schooldrum_collector.web.letter import Unacceptable, unpack
from schooldrum_collector.web.repair import Repairs
from schooldrum_collector.web.speakers import Speakers
from schooldrum_wire.limits import PACKED_BYTES

_log = logging.getLogger(__name__)
KEEP_ALIVE_SECONDS = 90.0
"""Longer than a beat, so that a PC keeps its connection; also how long a first request may take to be said."""
BODY_SECONDS = 60.0
ENROL_BYTES = 64 * 1024
_TLS_SECONDS = 60.0
"""When power returns to a city, handshakes stand in line longer than any one of them takes."""
_LINGER_SECONDS = 2.0
_FULL_SECONDS = 60
MOST_IN_HAND = 4000
"""Reports that may be under way at once; beyond it everybody would wait longer than it takes to come again."""
_SPREAD_SECONDS = 45
"""Whoever is turned away is called back at another second, or all would be back together."""
_BACKLOG = 4096
COUNTS: web.AppKey[Counter[str]] = web.AppKey("counts", Counter)
"""What has come through this door since it opened, by kind (see Intake): for the collector's own metrics."""
_HEADERS = {"Content-Type": "application/json", "Server": "Schooldrum"}
_Handler = Callable[[web.Request], Awaitable[Answer]]


def _nobody(machine: str) -> None:
    del machine


def agents_app(
    store: Store,
    authority: Authority,
    *,
    now: Callable[[], float],
    granted: Granted,
    say: Say,
    proxies: frozenset[str] = frozenset(),
    rows_came: Callable[[str], None] = _nobody,
) -> web.Application:
    """The door as an application; open it with `open_agents_door`.

    `now` is the wall clock (epoch seconds), `granted` is judge/settings.py's, `say` the language of sentences.
    `proxies` are addresses of reverse proxies of ours: from them, and only from them, the last X-Forwarded-For counts
    as the sender's address. `rows_came(machine)` is told of every machine whose inventory has been stored anew.
    """
    clerk = Clerk()
    speakers = Speakers(store)
    repairs = Repairs(store, clerk, now=now, granted=granted, say=say)
    chores = Chores(store, clerk, repairs.images)
    enrolments = Enrolments(store, clerk, speakers, repairs, pin=authority.pin, now=now, granted=granted, say=say)
    intake = Intake(store, speakers, chores, repairs, now=now, granted=granted, say=say, rows_came=rows_came)
    requests = _Requests(intake, enrolments, authority, proxies, say)

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
    app.cleanup_ctx.append(chores_done)
    full = _FullDisk()
    app.router.add_post("/v1/reports", _spoken(requests.reports, intake.counts, say, full))
    app.router.add_post("/v1/enrol", _spoken(requests.enrol, intake.counts, say, full))
    app.router.add_get("/v1/ca", requests.certificate)
    app.router.add_get("/healthz", requests.health)
    app.router.add_route("*", "/{tail:.*}", _spoken(requests.nothing, intake.counts, say, full))
    return app


class _Requests:
    """What each route answers."""

    def __init__(
        self,
        intake: Intake,
        enrolments: Enrolments,
        authority: Authority,
        proxies: frozenset[str],
        say: Say,
    ) -> None:
        self._intake = intake
        self._enrolments = enrolments
        self._authority = authority
        self._proxies = proxies
        self._say = say
        self._in_hand = 0

    def _address(self, request: web.Request) -> str:
        address = request.remote or ""
        if address in self._proxies:
            return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
        return address

    async def reports(self, request: web.Request) -> Answer:
        """POST /v1/reports."""
        headers = request.headers
        shown = self._intake.knock(headers.get("Authorization", ""))
        if isinstance(shown, Answer):
            return shown
        if self._in_hand >= MOST_IN_HAND:
            raise Overloaded(1)
        self._in_hand += 1
        try:
            body = await _body(request, PACKED_BYTES)
            encoding = headers.get("Content-Encoding", "")
            return await self._intake.take(shown, body, encoding=encoding, address=self._address(request))
        finally:
            self._in_hand -= 1

    async def enrol(self, request: web.Request) -> Answer:
        """POST /v1/enrol."""
        body = await _body(request, ENROL_BYTES)
        plain = unpack(body, request.headers.get("Content-Encoding", ""))
        if len(plain) > ENROL_BYTES:
            return trouble(413, "too_large", f"a request to enrol has at most {ENROL_BYTES} bytes")
        return await self._enrolments.take(plain, self._address(request))

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


async def _body(request: web.Request, most: int) -> bytes:
    if (request.content_length or 0) > most:
        raise Unacceptable(413, "too_large", f"the body has more than {most} bytes; send less at once")
    if request.content.is_eof():
        return await request.read()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as problem:
        # Said as too large, because a PC on a line this slow gets through with half of it.
        message = f"the body did not arrive within {BODY_SECONDS:.0f} s; send less at once"
        raise Unacceptable(413, "too_large", message) from problem


class _FullDisk:
    """What the log is told while nothing can be stored: one sentence, at most once a minute however many PCs call."""

    def __init__(self) -> None:
        self._told = -math.inf

    def tell(self, problem: Full) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told >= _FULL_SECONDS:
            self._told = now
            _log.error("Agents are asked to come again and keep what they have: %s", problem)


def _spoken(
    handler: _Handler, counts: Counter[str], say: Say, full: _FullDisk
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def speak(request: web.Request) -> web.Response:
        """Never raises: whatever goes wrong inside is logged here, and the agent keeps what it has and comes again."""
        try:
            answer = await handler(request)
        except Unacceptable as problem:
            answer = trouble(problem.status, problem.error, str(problem))
        except web.HTTPRequestEntityTooLarge:
            answer = trouble(413, "too_large", "The body is too large; send less at once.")
        except Overloaded as problem:
            answer = _busy(say, problem.retry_after + counts["busy"] % _SPREAD_SECONDS)
        except Full as problem:
            full.tell(problem)
            answer = _busy(say, _FULL_SECONDS + counts["busy"] % _SPREAD_SECONDS)
        except (ConnectionError, web.RequestPayloadError):
            answer = trouble(400, "malformed", "The body did not arrive whole.")
        except Exception:  # noqa: BLE001 - the boundary of a request
            _log.exception("The agents' door failed at %s", request.path)
            answer = _busy(say, _FULL_SECONDS + counts["busy"] % _SPREAD_SECONDS)
        if answer.error:
            counts[answer.error] += 1
        headers = {**_HEADERS, "Retry-After": str(answer.retry_after)} if answer.retry_after else _HEADERS
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    return speak


def _busy(say: Say, retry_after: int) -> Answer:
    message = say("Máy chủ đang bận; hãy đợi rồi gửi lại.", "The collector is busy; wait, then send again.")
    return trouble(503, "busy", message, retry_after=retry_after)


class _Refusal(asyncio.Protocol):
    """Says that the door is full to a connection above the bound, and closes it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            body = b'{"error":"busy","message":"Too many connections; come again later."}'
            transport.write(
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 60\r\n"
                b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
            )
        transport.close()


class AgentsDoor(msgspec.Struct, frozen=True):
    """An open door: where it listens, and how it is closed."""

    host: str
    port: int
    server: asyncio.Server
    runner: web.AppRunner

    async def close(self) -> None:
        """Takes no more connections, lets requests in hand end, writes what is left to write."""
        self.server.close()
        await self.runner.cleanup()


async def open_agents_door(
    app: web.Application,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None,
    connections: int,
) -> AgentsDoor:
    """Opens the door at a host and port (0: the system chooses) to at most so many connections at once.

    Raises:
        OSError: the address cannot be had.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        # Unpacking is letter.py's, with its own bounds.
        auto_decompress=False,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        lingering_time=_LINGER_SECONDS,
        shutdown_timeout=5.0,
    )
    await runner.setup()
    speaking = runner.server
    if speaking is None:
        raise RuntimeError("the runner has no server after its set-up")

    def answer_connection() -> asyncio.BaseProtocol:
        if len(speaking.connections) >= connections:
            return _Refusal()
        return speaking()

    try:
        server = await asyncio.get_running_loop().create_server(
            answer_connection,
            host,
            port,
            ssl=tls,
            backlog=_BACKLOG,
            ssl_handshake_timeout=_TLS_SECONDS if tls else None,
        )
    except OSError:
        await runner.cleanup()
        raise
    return AgentsDoor(host, server.sockets[0].getsockname()[1], server, runner)
