"""The two doors, opened on the addresses of the configuration: agents on one, the office on the other."""

import asyncio
import errno
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from aiohttp import web

from schooldrum_collector.app.listening import listener
from schooldrum_collector.config import PREFIX, Config
from schooldrum_collector.key_values import Listen
from schooldrum_collector.speech import Say
from schooldrum_collector.web.agents_door import open_agents_door
from schooldrum_collector.web.certificates import Authority
from schooldrum_collector.web.unreadable import connections_of

if sys.platform == "linux":
    import resource

_log = logging.getLogger(__name__)
_FILES_BESIDE_CONNECTIONS = 256
_OFFICE_KEEP_ALIVE_SECONDS = 75.0
_PEOPLE_SHUTDOWN_SECONDS = 5.0
_PEOPLE_BACKLOG = 128
_ANSWERS_KEEP_ALIVE_SECONDS = 15.0
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class Unopenable(Exception):  # noqa: N818 - it names the door's state
    """A door cannot be opened; the sentence says who has the address and which key changes it."""

    def __init__(self, english: str, vietnamese: str) -> None:
        super().__init__(english)
        self.vietnamese = vietnamese


def try_doors(config: Config) -> None:
    """Opens the addresses of all doors and lets them go, for whoever has long work to do before the doors are wanted.

    Raises:
        Unopenable: one of them cannot be had now.
    """
    for listen, key in (
        (config.office_listen, "office_listen"),
        (config.agents_listen, "agents_listen"),
        (config.answers_listen, "answers_listen"),
    ):
        if listen is None:
            continue
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as door:
                if sys.platform != "win32":
                    # As the event loop does it: connections of one that has just ended are not in the way.
                    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                door.bind(address)
                door.listen()
        except OSError as trouble:
            raise _unopenable(listen, key, trouble) from trouble


def office_tls(config: Config) -> ssl.SSLContext | None:
    """How the office's door speaks TLS; None where no certificate is configured.

    Raises:
        OSError: certificate or key cannot be read (ssl.SSLError: they are none, or do not belong together).
    """
    return _tls(config.office_certificate, config.office_key)


def agents_tls(config: Config, authority: Authority, now: float) -> tuple[ssl.SSLContext, Callable[[float], None]]:
    """How the agents' door speaks TLS under the office's own authority, and what renews its certificate at a time."""
    names = {*config.agents_names, "localhost", "127.0.0.1", "::1"}
    if config.agents_listen.host not in _EVERY_ADDRESS:
        names.add(config.agents_listen.host)
    context = authority.server_context(names, now)
    return context, lambda at: authority.renew(context, names, at)


def connections_possible(wanted: int) -> int:
    """How many connections the system lets this process hold, at most the wanted; the soft limit is raised to that."""
    if sys.platform != "linux":
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _FILES_BESIDE_CONNECTIONS
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    possible = max(1, allowed - _FILES_BESIDE_CONNECTIONS)
    if possible < wanted:
        _log.warning("The system allows %d connections of the %d configured (ulimit -n)", possible, wanted)
    return possible


@asynccontextmanager
async def agents_door(app: web.Application, config: Config, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """The agents' door while it is open; gives its URL.

    Raises:
        Unopenable: the address cannot be had.
    """
    listen = config.agents_listen
    try:
        door = await open_agents_door(
            app, listen.host, listen.port, tls=tls, connections=connections_possible(config.agents_connections)
        )
    except OSError as trouble:
        raise _unopenable(listen, "agents_listen", trouble) from trouble
    try:
        yield f"{'https' if tls else 'http'}://{Listen(listen.host, door.port)}"
    finally:
        await door.close()


def answers_tls(config: Config) -> ssl.SSLContext | None:
    """How the answers' door speaks TLS; None where no certificate is configured. Raises as office_tls."""
    return _tls(config.answers_certificate, config.answers_key)


def office_door(
    app: web.Application, config: Config, tls: ssl.SSLContext | None, say: Say
) -> AbstractAsyncContextManager[str]:
    """The office's door while it is open; gives its URL. Raises as answers_door."""
    return _people_door(
        app, config.office_listen, tls, say, key="office_listen", keep_alive_seconds=_OFFICE_KEEP_ALIVE_SECONDS
    )


def answers_door(
    app: web.Application, listen: Listen, tls: ssl.SSLContext | None, say: Say
) -> AbstractAsyncContextManager[str]:
    """The answers' door while it is open; gives its URL.

    Raises:
        Unopenable: the address cannot be had.
    """
    return _people_door(app, listen, tls, say, key="answers_listen", keep_alive_seconds=_ANSWERS_KEEP_ALIVE_SECONDS)


@asynccontextmanager
async def _people_door(
    app: web.Application, listen: Listen, tls: ssl.SSLContext | None, say: Say, *, key: str, keep_alive_seconds: float
) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=_PEOPLE_SHUTDOWN_SECONDS)
    await runner.setup()
    speaking = runner.server
    if speaking is None:
        raise RuntimeError("the runner has no server after its set-up")
    connection = connections_of(speaking, say, access_log=None, keepalive_timeout=keep_alive_seconds)
    try:
        try:
            server = await asyncio.get_running_loop().create_server(
                connection, listen.host, listen.port, ssl=tls, backlog=_PEOPLE_BACKLOG
            )
        except OSError as trouble:
            raise _unopenable(listen, key, trouble) from trouble
        try:
            yield f"{'https' if tls else 'http'}://{Listen(listen.host, server.sockets[0].getsockname()[1])}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None or key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in (certificate, key):
        # The TLS library does not say which file it could not open.
        path.open("rb").close()
    context.load_cert_chain(certificate, key)
    return context


def _unopenable(listen: Listen, key: str, trouble: OSError) -> Unopenable:
    variable = f"{PREFIX}{key.upper()}"
    if trouble.errno == errno.EADDRINUSE:
        holder = listener(listen.port)
        return Unopenable(
            f"Port {listen.port} is in use{f' by {holder}' if holder else ''}. Stop that program, or choose another "
            f"port: key {key}, variable {variable}.",
            f"Cổng {listen.port} {f'đang do {holder} dùng' if holder else 'đã có người dùng'}. Dừng chương trình đó, "
            f"hoặc chọn cổng khác: khóa {key}, biến {variable}.",
        )
    reason = trouble.strerror or str(trouble)
    return Unopenable(
        f"The door cannot be opened at {listen} ({reason}): mend the key {key}, variable {variable}.",
        f"Không mở được cửa ở {listen} ({reason}): sửa khóa {key}, biến {variable}.",
    )
