"""How a connection to the collector is made: straight or through a proxy, and with one deadline for all its waits."""

import errno
import socket
from collections.abc import Callable

from schooldrum_agent.faults import Failed, Fault
from schooldrum_wire.version import VERSION

CHUNK = 16 << 10
OK = 200
_LOGIN_WANTED = 407
_TUNNEL_ANSWER = 16 << 10
_LEAST = 1.0
"""Seconds that every address of a name gets for its connection."""


class Line:
    """A socket whose every wait ends at one deadline, so that a slow drip cannot hold the agent."""

    def __init__(self, sock: socket.socket, clock: Callable[[], float]) -> None:
        self.sock = sock
        self.deadline = 0.0
        self._clock = clock

    def left(self) -> float:
        """Seconds until the deadline.

        Raises:
            TimeoutError: it has passed.
        """
        left = self.deadline - self._clock()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left

    def receive(self, most: int) -> bytes:
        """Up to so many bytes as soon as there are any; none where the other side ended the connection.

        Raises:
            OSError: the connection broke, or the deadline passed.
        """
        self.sock.settimeout(self.left())
        return self.sock.recv(most)

    def sendall(self, data: bytes) -> None:
        """Sends all of it before the deadline.

        Raises:
            OSError: the connection ended, or the deadline passed.
        """
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(self.left())
            rest = rest[self.sock.send(rest[:CHUNK]) :]

    def close(self) -> None:
        """Ends the connection."""
        self.sock.close()


def dial(host: str, port: int, *, deadline: float, clock: Callable[[], float], local: bool) -> Line:
    """A connection to the first address that answers; where `local`, only to addresses of this very machine.

    Raises:
        OSError: none answered before the deadline; socket.gaierror where the name is not known.
    """
    # Text would load the tables of international names, on every school PC, to find that this one is plain.
    plain = host.encode("ascii") if host.isascii() else host
    found = socket.getaddrinfo(plain, port, type=socket.SOCK_STREAM)
    problem: OSError = OSError(errno.EHOSTUNREACH, "no address to connect to")
    for place, (family, kind, protocol, _, address) in enumerate(found):
        if local and not is_loopback(str(address[0])):
            continue
        left = deadline - clock()
        if left <= 0:
            raise TimeoutError("no connection in time")
        sock = socket.socket(family, kind, protocol)
        try:
            # Every address gets its share: a dead IPv6 route must not use up the time of IPv4.
            sock.settimeout(max(_LEAST, left / (len(found) - place)))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as failed:
            sock.close()
            problem = failed
            continue
        return Line(sock, clock)
    raise problem


def tunnel(line: Line, target: str) -> None:
    """Asks the proxy at the other end for a tunnel to `host:port`; no login is ever offered.

    Raises:
        Failed: it does not make one (PROXY, PROXY_LOGIN).
        OSError: the connection ended, or the deadline passed.
    """
    ask = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: schooldrum-agent/{VERSION}\r\n\r\n"
    line.sendall(ask.encode("ascii"))
    received = b""
    while b"\r\n\r\n" not in received:
        more = line.receive(CHUNK)
        received += more
        if not more or len(received) > _TUNNEL_ANSWER:
            raise Failed(Fault.PROXY, "the proxy's answer cannot be read")
    words = received.split(b"\r\n", 1)[0].split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():  # noqa: PLR2004 - version, status
        raise Failed(Fault.PROXY, "the proxy's answer is not HTTP")
    status = int(words[1])
    if status == _LOGIN_WANTED:
        raise Failed(Fault.PROXY_LOGIN, f"status {_LOGIN_WANTED}")
    if status != OK or not received.endswith(b"\r\n\r\n"):
        raise Failed(Fault.PROXY, f"the proxy answered {status}")


def is_loopback(address: str) -> bool:
    """Whether this text is an address (not a name) of this very machine."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            packed = socket.inet_pton(family, address)
        except OSError:
            continue
        return packed[:1] == b"\x7f" if family == socket.AF_INET else packed == bytes(15) + b"\1"
    return False
