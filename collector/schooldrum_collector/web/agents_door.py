"""How the agents' door is opened and closed: connections, their bound, and the two roads that their requests take."""

import asyncio
import ssl
from typing import cast

import msgspec
from aiohttp import web

from schooldrum_collector.web import reception as bounds
from schooldrum_collector.web.agents import RECEPTION, SAY
from schooldrum_collector.web.plain_road import PlainRoad
from schooldrum_collector.web.secure_line import Listener, SecureLine
from schooldrum_collector.web.unreadable import connections_of

KEEP_ALIVE_SECONDS = 90.0
"""Longer than a beat, so that a PC keeps its connection; also how long a first request may take to be said."""
_TLS_SECONDS = 60.0
"""When power returns to a city, handshakes stand in line longer than any one of them takes."""
_LINGER_SECONDS = 2.0
_SHUTDOWN_SECONDS = 5.0
_BACKLOG = 4096
_FULL_SECONDS = 60
_BEYOND = 128
"""So many handshakes above the bound, for the sake of the polite refusal; each line takes one of the process' files."""


class _Refusal(asyncio.Protocol):
    """Says that the door is full to a connection above the bound, and closes it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        body = b'{"error":"busy","message":"Too many connections; come again later."}'
        # Those of uvloop are no subclasses of asyncio.Transport, though they have all it has.
        cast("asyncio.Transport", transport).write(
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: %d\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (_FULL_SECONDS, len(body), body),
        )
        transport.close()


class _HangUp(asyncio.Protocol):
    """Ends a connection for which there is no room, not even to say so."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()


class AgentsDoor(msgspec.Struct, frozen=True):
    """An open door: where it listens, and how it is closed."""

    host: str
    port: int
    server: asyncio.Server
    road: PlainRoad
    runner: web.AppRunner
    opening: set[SecureLine]
    """Connections whose handshake is under way."""

    async def close(self) -> None:
        """Takes no more connections, lets requests in hand end, writes what is left to write."""
        self.server.close()
        for line in list(self.opening):
            line.abort()
        await self.road.close(_SHUTDOWN_SECONDS)
        await self.runner.cleanup()


async def open_agents_door(
    app: web.Application,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None,
    connections: int,
    plain: bool = True,
) -> AgentsDoor:
    """Opens the door at a host and port (0: the system chooses) to at most so many connections at once.

    Without `plain`, every request takes the library's road; what is answered is the same.

    Raises:
        OSError: the address cannot be had.
    """
    runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    speaking = runner.server
    if speaking is None:
        raise RuntimeError("the runner has no server after its set-up")

    reception = app[RECEPTION]
    library = connections_of(
        speaking,
        app[SAY],
        access_log=None,
        # Unpacking is letter.py's, with its own bounds.
        auto_decompress=False,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        lingering_time=_LINGER_SECONDS,
    )
    road = PlainRoad(reception, library, idle=KEEP_ALIVE_SECONDS, body=bounds.BODY_SECONDS, linger=_LINGER_SECONDS)

    def held() -> int:
        return len(road.connections) + len(speaking.connections)

    def answer_connection() -> Listener:
        if held() >= connections:
            reception.no_room(_FULL_SECONDS)
            return _Refusal()
        return road.connection() if plain else library()

    opening: set[SecureLine] = set()

    def connection() -> asyncio.BaseProtocol:
        if tls is None:
            return cast("asyncio.BaseProtocol", answer_connection())
        if held() + len(opening) >= connections + _BEYOND:
            # Told nothing, it tries again as after a line's failure: no later, while its ladder finds the door.
            reception.no_room(_FULL_SECONDS)
            return _HangUp()
        return SecureLine(tls, answer_connection, buffer=road.buffer, seconds=_TLS_SECONDS, opening=opening)

    try:
        server = await asyncio.get_running_loop().create_server(connection, host, port, backlog=_BACKLOG)
    except OSError:
        await road.close(0)
        await runner.cleanup()
        raise
    return AgentsDoor(host, server.sockets[0].getsockname()[1], server, road, runner, opening)
