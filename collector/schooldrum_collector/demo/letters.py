"""The way from the simulated PCs of one line to the collector: HTTPS, kept open, one letter after the other."""

import asyncio
import ssl
import zlib
from urllib.parse import urlsplit

import msgspec

TIMEOUT_SECONDS = 20.0
_LARGEST_ANSWER = 1 << 20


class Unheard(Exception):  # noqa: N818 - it names what became of the letter
    """The collector could not be reached, or did not answer."""


class Reply(msgspec.Struct, frozen=True):
    """What the agents' door answered."""

    status: int
    body: bytes


def trusting(authority: bytes) -> ssl.SSLContext:
    """A context that trusts this authority (PEM) and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=authority.decode("ascii"))
    return context


def packed(body: bytes) -> bytes:
    """Gzip as agents do it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


class Letters:
    """One line's connection. Not frozen: it holds the connection, and opens it again when it was lost.

    `address` is the one under which the school's line is registered: the simulation stands in for the reverse proxy
    that would say so.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None, address: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 443
        self._tls = tls if parts.scheme == "https" else None
        self._head = f"Host: {parts.netloc}\r\nX-Forwarded-For: {address}\r\nContent-Type: application/json\r\n"
        self._turn = asyncio.Lock()
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, path: str, body: bytes, *, credential: str = "") -> Reply:
        """Posts a letter, packed where a credential signs it.

        Raises:
            Unheard: it was not answered; whoever sent it keeps it.
        """
        head = f"POST {path} HTTP/1.1\r\n{self._head}"
        if credential:
            body = packed(body)
            head += f"Authorization: Bearer {credential}\r\nContent-Encoding: gzip\r\n"
        letter = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        async with self._turn:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    return await self._ask(letter)
            except (
                OSError,
                TimeoutError,
                asyncio.IncompleteReadError,
                asyncio.LimitOverrunError,
                ValueError,
            ) as trouble:
                self._drop()
                raise Unheard(str(trouble)) from trouble

    async def _ask(self, letter: bytes) -> Reply:
        if self._open is None or self._open[1].is_closing() or self._open[0].at_eof():
            self._drop()
            self._open = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        reader, writer = self._open
        writer.write(letter)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
        if not 0 <= length <= _LARGEST_ANSWER:
            raise ValueError(f"an answer of {length} bytes")
        body = await reader.readexactly(length)
        if "\r\nconnection: close\r\n" in head:
            self._drop()
        return Reply(status, body)

    def _drop(self) -> None:
        if self._open is not None:
            self._open[1].transport.abort()
            self._open = None

    def close(self) -> None:
        """Ends the connection."""
        self._drop()
