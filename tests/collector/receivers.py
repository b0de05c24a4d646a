"""Who receives messages in tests: a real mail server and a real web server, which can be away."""

import asyncio
import contextlib
import email
import email.policy
import socket
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from typing import Any

from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """A mail server on a port of its own; `status` is what it answers to a message."""

    def __init__(self) -> None:
        self.status = "250 taken"
        self.mails: list[tuple[str, EmailMessage]] = []
        self._controller: Controller | None = None
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.status.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            mail = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails += [(to, mail) for to in envelope.rcpt_tos]
        return self.status

    def open(self) -> None:
        if not self.port:
            # The controller looks whether it is there under the number it was given.
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def told(self) -> list[tuple[str, str]]:
        """To whom, and the subject."""
        return [(to, str(mail["Subject"])) for to, mail in self.mails]


class Hook:
    """A web server that takes what a bridge would."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.authorized: list[str] = []
        self.url = ""
        self.pause = 0.0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.status == 200:
            self.bodies.append(body)
            self.keys.append(request.headers.get("Idempotency-Key", ""))
            self.authorized.append(request.headers.get("Authorization", ""))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else None)


@contextlib.asynccontextmanager
async def hooked() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/{name}", hook.take)
    app.router.add_route("*", "/elsewhere", hook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"json://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    for _ in range(round(seconds / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")
