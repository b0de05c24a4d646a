"""How bytes reach the collector and its answer comes back: one kept connection, the pinned authority, nothing else.

The system's certificate store is never asked, no redirect is followed, `http://` leads to this very machine only, a
proxy is never given a login. Dates of certificates do not count under the office's own authority, because the clocks
of school PCs are wrong by years (a dead CMOS battery); an old leaf is kept out by its start instead (`not_before`).
"""

import contextlib
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.line import Line, dial, is_loopback, tunnel
from schooldrum_agent.proxy import Proxy
from schooldrum_agent.reply import read_reply
from schooldrum_wire.version import VERSION

TIMEOUT = 30.0
"""Seconds for a whole exchange, however slowly the other side drips."""
IDLE = 75.0
"""Seconds after which a kept connection is not trusted any more; collectors close them after 75 to 90."""
_SMALL_BODY = 8 << 10
_HOSTNAME_CODES = {62, 63, 64}
"""X509_V_ERR_HOSTNAME_MISMATCH, _EMAIL_, _IP_ADDRESS_."""
_LONGEST_NAME = 253
_REDIRECTS = range(300, 400)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A collector's address, taken apart and found permissible."""

    secure: bool
    host: str
    port: int

    def authority(self) -> str:
        """`host:port` as it stands in a request."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `retry_after` is seconds, None where none was given in seconds."""

    status: int
    body: bytes
    retry_after: int | None = None


def read_endpoint(url: str) -> Endpoint:
    """Takes a collector's address apart.

    Raises:
        Failed: it is no https address, or a plain one that leads off this machine (ADDRESS).
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as problem:
        raise Failed(Fault.ADDRESS, "this is no address; write https://name[:port]") from problem
    if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
        raise Failed(Fault.ADDRESS, "write https://name[:port], without a name or password in it")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or not _is_hostname(host):
        raise Failed(Fault.ADDRESS, "write https://name[:port] and nothing behind it")
    secure = parts.scheme == "https"
    if not secure and host != "localhost" and not is_loopback(host):
        raise Failed(Fault.ADDRESS, f"http:// leads to this very machine only; write https://{host}")
    return Endpoint(secure=secure, host=host, port=port or (443 if secure else 80))


def _is_hostname(host: str) -> bool:
    return len(host) <= _LONGEST_NAME and host.isascii() and all(one.isalnum() or one in "-._:" for one in host)


def pack(body: bytes) -> bytes:
    """The body in gzip, level 1: the level whose time a collector's gain repays least is any higher one."""
    # What nearly every beat sends fits a small window, which is sooner made ready.
    window, memory = (12, 5) if len(body) <= _SMALL_BODY else (15, 8)
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + window, memory)
    return packer.compress(body) + packer.flush()


class Uplink:
    """The road to one collector. Used by one thread at a time; `abort` may be called from any."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        trust: ssl.SSLContext,
        clock: Callable[[], float],
        proxy: Proxy | None = None,
        not_before: int = 0,
    ) -> None:
        """`trust` is what `trust.trust_only` made, `clock` gives seconds that run on in suspend.

        `not_before` is the earliest start (epoch seconds) of a server certificate that is still taken.
        """
        self.endpoint = endpoint
        self.not_before = not_before
        self.leaf_start = 0
        """Start (epoch seconds) of the server's certificate as last presented."""
        self.lasts = float("inf")
        """How many seconds a connection is kept at most: a router holds one on the line on which it began."""
        self._proxy = proxy if endpoint.secure else None
        self._clock = clock
        self._context = trust if endpoint.secure else None
        self._line: Line | None = None
        self._used = self._began = 0.0
        self._aborted = threading.Event()

    def post(self, path: str, body: bytes, *, credential: str = "", packed: bool, timeout: float = TIMEOUT) -> Answer:
        """POSTs a JSON body (gzip where `packed`) and returns whatever status came back, redirects excepted.

        Raises:
            Failed: no answer came through.
        """
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: {self.endpoint.authority()}",
            f"User-Agent: schooldrum-agent/{VERSION}",
            "Accept-Encoding: identity",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if packed:
            head.append("Content-Encoding: gzip")
        if credential:
            head.append(f"Authorization: Bearer {credential}")
        return self._exchange("\r\n".join(head).encode("ascii") + b"\r\n\r\n" + body, timeout)

    def get(self, path: str, *, timeout: float = TIMEOUT) -> Answer:
        """The same with GET.

        Raises:
            Failed: no answer came through.
        """
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {self.endpoint.authority()}\r\n"
            f"User-Agent: schooldrum-agent/{VERSION}\r\nAccept-Encoding: identity\r\n\r\n"
        )
        return self._exchange(head.encode("ascii"), timeout)

    def abort(self) -> None:
        """Makes an exchange that is under way in another thread fail at once (CLOSED)."""
        self._aborted.set()
        line = self._line
        if line is not None:
            with contextlib.suppress(OSError):
                # Not the TLS socket's own method, which would pull the session from under the other thread.
                socket.socket.shutdown(line.sock, socket.SHUT_RDWR)

    def resume(self) -> None:
        """Lets exchanges happen again after `abort`."""
        self._aborted.clear()

    def close(self) -> None:
        """Ends the kept connection."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _exchange(self, request: bytes, timeout: float) -> Answer:
        deadline = self._clock() + timeout
        now = self._clock()
        kept = self._line is not None and now - self._used < IDLE and now - self._began < self.lasts
        if not kept:
            self.close()
        try:
            try:
                return self._attempt(request, deadline)
            except (ConnectionError, ssl.SSLError):
                # The other side may have closed a kept connection at this very moment; a fresh one tells.
                if not kept or self._aborted.is_set():
                    raise
                self.close()
                return self._attempt(request, deadline)
        except Failed:
            self.close()
            raise
        except (OSError, ValueError) as problem:
            self.close()
            raise Failed(_fault(problem), f"{type(problem).__name__}: {problem}") from problem

    def _attempt(self, request: bytes, deadline: float) -> Answer:
        if self._aborted.is_set():
            raise Failed(Fault.CLOSED, "given up by this agent")
        line = self._line
        if line is None:
            line = self._line = self._connect(deadline)
            self._began = self._clock()
        line.deadline = deadline
        line.sendall(request)
        reply = read_reply(line.receive)
        if not reply.kept:
            self.close()
        self._used = self._clock()
        if reply.status in _REDIRECTS:
            raise Failed(Fault.REDIRECTED, f"status {reply.status}")
        return Answer(status=reply.status, body=reply.body, retry_after=_seconds(reply.headers.get("retry-after")))

    def _connect(self, deadline: float) -> Line:
        target = (self._proxy.host, self._proxy.port) if self._proxy else (self.endpoint.host, self.endpoint.port)
        try:
            line = dial(*target, deadline=deadline, clock=self._clock, local=not self.endpoint.secure)
        except OSError as problem:
            if self._proxy is None:
                raise
            raise Failed(Fault.PROXY, f"proxy {target[0]}:{target[1]}: {problem}") from problem
        try:
            line.deadline = deadline
            if self._proxy is not None:
                tunnel(line, self.endpoint.authority())
            if self._context is not None:
                line.sock.settimeout(line.left())
                # In bytes for the same reason as in dial().
                name = self.endpoint.host.encode("ascii")
                line.sock = self._context.wrap_socket(line.sock, server_hostname=name)
                self._check_start(line.sock)
        except BaseException:
            line.close()
            raise
        return line

    def _check_start(self, sock: ssl.SSLSocket) -> None:
        presented = sock.getpeercert() or {}
        started = presented.get("notBefore")
        if not isinstance(started, str):
            # trust.fetch_authority's connection: nothing is verified, so nothing is presented.
            return
        self.leaf_start = _seconds_of(started)
        if self.leaf_start < self.not_before:
            raise Failed(Fault.TLS_OLD, f"the server's certificate starts {started}")


def _seconds_of(date: str) -> int:
    """Epoch seconds of a certificate's date as OpenSSL writes it: `Jan  5 09:34:43 2018 GMT`.

    ssl.cert_time_to_seconds() answers the same, and loads calendars and languages for it.
    """
    month, day, clock, year, _ = date.split()
    hour, minute, second = map(int, clock.split(":"))
    written = datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    return int(written.timestamp())


def _seconds(header: str | None) -> int | None:
    text = (header or "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - beyond any wait we would take


def _fault(problem: Exception) -> Fault:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Fault.TLS_NAME if problem.verify_code in _HOSTNAME_CODES else Fault.TLS_AUTHORITY
    if isinstance(problem, socket.gaierror | UnicodeError):
        return Fault.NAME
    if isinstance(problem, TimeoutError):
        return Fault.TIMEOUT
    if isinstance(problem, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Fault.CLOSED
    if isinstance(problem, ssl.SSLError):
        return Fault.TLS
    if isinstance(problem, ConnectionRefusedError):
        return Fault.REFUSED
    if isinstance(problem, ConnectionError):
        return Fault.CLOSED
    if isinstance(problem, ValueError):
        return Fault.GARBLED
    return Fault.UNREACHABLE
