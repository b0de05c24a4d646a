"""How one web page, or the TLS before it, answers: phase by phase, with one deadline, to an address that is given.

It follows no redirect, sends nothing but a GET, reads at most 64 KiB, and believes no length. The name goes into the
request and the certificate's check; the connection goes to the address, which somebody has checked before.
"""

import socket
import ssl
from collections.abc import Callable

import msgspec

from schooldrum_agent.sources import certificates, echo
from schooldrum_agent.sources.volley import reason_of
from schooldrum_wire.version import VERSION

LARGEST = 64 << 10
_LARGEST_HEAD = 16 << 10
_PIECE = 16 << 10
_OK = 200
_FAULTY = 500
_STATUSES = range(100, 600)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `reason` is empty where a page came; `phases` are seconds of connect, tls, first_byte, transfer.

    `status` is 0 without one; `body` is its beginning; `location` is where a redirect points; `certificate` is the
    one that was shown (DER).
    """

    reason: str
    phases: dict[str, float] = {}
    status: int = 0
    body: bytes = b""
    location: str = ""
    certificate: bytes = b""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for, of whom. `trust` None is plain HTTP; without a `path` the talk ends after the handshake."""

    host: str
    address: str
    port: int
    trust: ssl.SSLContext | None = None
    path: str = ""
    through: int = 0
    """Where the address is a proxy's: its port; it is asked for a tunnel to host and port."""
    starttls: bool = False
    """Whether the other side speaks SMTP and is asked to take encryption."""


class _Talk:
    def __init__(self, wish: Wish, deadline: float, clock: Callable[[], float]) -> None:
        self.wish = wish
        self.phases: dict[str, float] = {}
        self._clock = clock
        self._deadline = deadline
        self._since = clock()
        self.sock = socket.socket(echo.family(wish.address), socket.SOCK_STREAM)

    def left(self) -> float:
        left = self._deadline - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def mark(self, phase: str) -> None:
        now = self._clock()
        self.phases[phase] = now - self._since
        self._since = now

    def send(self, data: bytes) -> None:
        self.sock.settimeout(self.left())
        self.sock.sendall(data)

    def receive(self) -> bytes:
        self.sock.settimeout(self.left())
        return self.sock.recv(_PIECE)

    def connect(self) -> None:
        self.sock.settimeout(self.left())
        self.sock.connect((self.wish.address, self.wish.through or self.wish.port))
        self.mark("connect")

    def encrypt(self, trust: ssl.SSLContext) -> bytes:
        self.sock.settimeout(self.left())
        wrapped = trust.wrap_socket(self.sock, server_hostname=self.wish.host)
        self.sock = wrapped
        self.mark("tls")
        return wrapped.getpeercert(binary_form=True) or b""


def get(wish: Wish, *, seconds: float, clock: Callable[[], float]) -> Page:
    """Asks, within so many seconds. Raises nothing that a network or a server could cause.

    A page with a status of 500 or more has the reason `server_failure`; what is no HTTP has `reset`.
    """
    try:
        talk = _Talk(wish, clock() + seconds, clock)
    except OSError as problem:
        return Page(reason=reason_of(problem))
    shown = b""
    try:
        talk.connect()
        if wish.through:
            _tunnel(talk)
        if wish.starttls:
            _greet(talk)
        if wish.trust is not None:
            shown = talk.encrypt(wish.trust)
        if not wish.path:
            return Page(reason="", phases=talk.phases, certificate=shown)
        return _page(talk, shown)
    except ssl.SSLCertVerificationError as problem:
        return Page(reason=certificates.reason_of(problem), phases=talk.phases)
    except ssl.SSLError:
        return Page(reason="reset", phases=talk.phases, certificate=shown)
    except OSError as problem:
        return Page(reason=reason_of(problem), phases=talk.phases, certificate=shown)
    except ValueError:
        return Page(reason="reset", phases=talk.phases, certificate=shown)
    finally:
        talk.sock.close()


def _head(talk: _Talk) -> tuple[bytes, bytes]:
    """What stands before the first empty line, and what came after it.

    Raises:
        ValueError: there is no such line within 16 KiB.
        OSError: the connection ended, or the time is over.
    """
    received = b""
    while b"\r\n\r\n" not in received:
        more = talk.receive()
        if not more or len(received) > _LARGEST_HEAD:
            raise ValueError("no head")
        if not received:
            talk.mark("first_byte")
        received += more
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def _status(head: bytes) -> int:
    words = head.split(b"\r\n", 1)[0].split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit() or len(words[1]) > 3:  # noqa: PLR2004 - version, status
        raise ValueError("not HTTP")
    status = int(words[1])
    if status not in _STATUSES:
        raise ValueError("no status")
    return status


def _tunnel(talk: _Talk) -> None:
    wish = talk.wish
    authority = f"[{wish.host}]:{wish.port}" if ":" in wish.host else f"{wish.host}:{wish.port}"
    talk.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode("ascii"))
    if _status(_head(talk)[0]) != _OK:
        raise ConnectionRefusedError(111, "the proxy makes no tunnel")


def _greet(talk: _Talk) -> None:
    """SMTP as far as STARTTLS (RFC 5321, 3207).

    Raises:
        ValueError: the other side does not speak so, or offers no encryption.
    """
    for word, wanted in (("", b"220"), ("EHLO schooldrum.invalid\r\n", b"250"), ("STARTTLS\r\n", b"220")):
        if word:
            talk.send(word.encode("ascii"))
        received = b""
        while not _is_whole(received):
            more = talk.receive()
            received += more
            if not more or len(received) > _LARGEST_HEAD:
                raise ValueError("not SMTP")
        if not received.startswith(wanted):
            raise ValueError("no encryption offered")
    talk.mark("first_byte")


def _is_whole(received: bytes) -> bool:
    """Whether the last line of an SMTP answer is there: its number is followed by a space."""
    lines = received.split(b"\r\n")
    return received.endswith(b"\r\n") and len(lines[-2]) > 3 and lines[-2][3:4] == b" "  # noqa: PLR2004 - the number


def _page(talk: _Talk, shown: bytes) -> Page:
    wish = talk.wish
    standard = 80 if wish.trust is None else 443
    host = wish.host if wish.port == standard else f"{wish.host}:{wish.port}"
    talk.send(
        f"GET {wish.path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: schooldrum-agent/{VERSION}\r\n"
        "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n".encode("ascii")
    )
    head, body = _head(talk)
    status = _status(head)
    named = {
        name.strip().lower(): value.strip()
        for name, colon, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        if colon
    }
    length = named.get(b"content-length", b"")
    most = min(LARGEST, int(length)) if length.isdigit() and len(length) < 12 else LARGEST  # noqa: PLR2004 - terabytes
    while len(body) < most and status not in {204, 304}:
        try:
            more = talk.receive()
        except ssl.SSLError:
            # Many servers end without the closing word of TLS; what came is all there is.
            break
        if not more:
            break
        body += more
    talk.mark("transfer")
    return Page(
        reason="server_failure" if status >= _FAULTY else "",
        phases=talk.phases,
        status=status,
        body=body[:LARGEST],
        location=named.get(b"location", b"")[:500].decode("ascii", "replace"),
        certificate=shown,
    )
