"""Many small questions at once in one thread: who answers, how, after how long, and why not.

An echo, a connection, a DNS question, a packet with few hops to live: each has a socket of its own, all are waited for
together, and the whole ends when its time is over, whoever drips, floods or keeps silent.
"""

import _queue
import errno
import os
import selectors
import socket
import sys
import threading
from collections.abc import Callable, Sequence

import msgspec

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import dns, echo

ICMP, TCP, DNS, HOP = "icmp", "tcp", "dns", "hop"
_MOST_PACKETS = 50
"""Read from one socket before its question is given up: nobody honest sends that many."""
_ECHO_BYTES = 16
_STEP = 0.05
_STARTED = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0), 0}
_REASONS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "no_route",
    errno.ENETDOWN: "no_link",
    errno.EADDRNOTAVAIL: "no_address",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ETIMEDOUT: "timeout",
    10061: "refused",
    10054: "reset",
    10065: "unreachable",
    10051: "no_route",
    10050: "no_link",
    10060: "timeout",
    10013: "denied",
}
"""Of errno and of Winsock."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One try. `key` tells what it is for, `after` how many seconds from the beginning it is sent.

    `last` is asked only where nothing of the same key was answered before. `body` is the DNS question; `hops` how far
    the packet lives.
    """

    key: str
    how: str
    address: str
    port: int = 0
    body: bytes = b""
    hops: int = 0
    after: float = 0.0
    last: bool = False


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one try: `seconds` until the answer, None without one, and then the `reason`.

    `raw` is the DNS answer; `hop` is who let the packet die, `expired` whether because its hops were used up.
    """

    question: Question
    seconds: float | None = None
    reason: str = "timeout"
    raw: bytes = b""
    hop: str = ""
    expired: bool = False


class _Flight(msgspec.Struct):
    question: Question
    sock: socket.socket
    sent: float
    body: bytes = b""
    raw: bool = False
    packets: int = 0


def reason_of(problem: OSError) -> str:
    """An error of the network in the ladder's words."""
    if isinstance(problem, TimeoutError):
        return "timeout"
    return _REASONS.get(problem.errno or 0, "unreachable")


def volley(
    questions: Sequence[Question],
    *,
    seconds: float,
    clock: Callable[[], float],
    system: str = sys.platform,
    first: bool = False,
) -> list[Heard]:
    """Asks all of them within so many seconds, and returns one Heard for each that was sent.

    `clock` gives seconds. Returns early when nothing is open any more, or, with `first`, at the first answer. Raises
    nothing that a network could cause.
    """
    return _Volley(seconds, clock, system, first=first).run(questions)


class _Volley:
    def __init__(self, seconds: float, clock: Callable[[], float], system: str, *, first: bool) -> None:
        self._first = first
        self._clock = clock
        self._system = system
        self._began = clock()
        self._end = self._began + seconds
        self._heard: list[Heard] = []
        self._open: set[int] = set()
        self._flights: dict[int, _Flight] = {}
        self._selector = selectors.DefaultSelector()
        self._said: _queue.SimpleQueue[Heard] = _queue.SimpleQueue()
        self._asked_windows = 0

    def run(self, questions: Sequence[Question]) -> list[Heard]:
        waiting = sorted(questions, key=lambda one: one.after)
        try:
            while (now := self._clock()) < self._end:
                while waiting and self._began + waiting[0].after <= now:
                    self._send(waiting.pop(0))
                if not waiting and not self._flights and not self._asked_windows:
                    break
                due = self._began + waiting[0].after if waiting else self._end
                self._wait(min(self._end, due) - now)
                answered = {one.question.key for one in self._heard if one.seconds is not None}
                if self._first and answered:
                    break
                waiting = [one for one in waiting if not (one.last and one.key in answered)]
        finally:
            for flight in list(self._flights.values()):
                self._land(flight, reason="timeout")
            self._selector.close()
        return self._heard

    def _send(self, one: Question) -> None:
        if self._system == "win32" and one.how in {ICMP, HOP}:
            self._send_windows(one)
            return
        try:
            flight = self._launch(one)
        except OSError as problem:
            self._heard.append(Heard(question=one, reason=reason_of(problem)))
            return
        self._flights[flight.sock.fileno()] = flight
        wanted = selectors.EVENT_WRITE if one.how == TCP else selectors.EVENT_READ
        self._selector.register(flight.sock, wanted)

    def _launch(self, one: Question) -> _Flight:
        if one.how == ICMP:
            sock, raw = echo.open_socket(one.address)
            flight = _Flight(one, sock, self._clock(), body=os.urandom(_ECHO_BYTES), raw=raw)
            sequence = len(self._heard) + len(self._flights) & 0xFFFF
            packet = echo.request(one.address, os.getpid() & 0xFFFF, sequence, flight.body)
            return self._sent(flight, lambda: sock.sendto(packet, (one.address, 0)))
        if one.how == HOP:
            sock = echo.open_hop(one.address, one.hops)
            return self._sent(_Flight(one, sock, self._clock()), lambda: sock.send(b""))
        kind = socket.SOCK_STREAM if one.how == TCP else socket.SOCK_DGRAM
        sock = socket.socket(echo.family(one.address), kind)
        sock.settimeout(0)
        flight = _Flight(one, sock, self._clock())
        if one.how == TCP:
            return self._sent(flight, lambda: _connect(sock, one.address, one.port))

        def ask() -> None:
            sock.connect((one.address, one.port))
            sock.send(one.body)

        return self._sent(flight, ask)

    def _sent(self, flight: _Flight, send: Callable[[], object]) -> _Flight:
        try:
            send()
        except OSError:
            flight.sock.close()
            raise
        return flight

    def _wait(self, seconds: float) -> None:
        if self._asked_windows:
            seconds = min(seconds, _STEP)
        if self._flights:
            for key, _ in self._selector.select(max(0.0, seconds)):
                flight = self._flights.get(key.fd)
                if flight is not None:
                    self._receive(flight)
        elif not self._asked_windows:
            threading.Event().wait(max(0.0, seconds))
        else:
            self._hear_windows(max(0.0, seconds))
        if self._asked_windows:
            self._hear_windows(0.0)

    def _receive(self, flight: _Flight) -> None:
        one = flight.question
        if one.how == TCP:
            code = flight.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._land(flight, reason=reason_of(OSError(code, "")) if code else "")
            return
        if one.how == HOP and (told := echo.error_of(flight.sock, one.address)) is not None:
            self._land(flight, reason="", hop=told[0], expired=told[1])
            return
        flight.packets += 1
        if flight.packets > _MOST_PACKETS:
            self._land(flight, reason="timeout")
            return
        try:
            raw, sender = flight.sock.recvfrom(dns.LARGEST + 1)
        except BlockingIOError:
            return
        except OSError as problem:
            self._land(flight, reason=reason_of(problem))
            return
        if self._is_answer(flight, raw, str(sender[0])):
            self._land(flight, reason="", raw=raw if one.how == DNS else b"", hop=one.address)

    def _is_answer(self, flight: _Flight, raw: bytes, sender: str) -> bool:
        one = flight.question
        if one.how == DNS:
            return dns.answer(raw, one.body) is not None
        if one.how == ICMP:
            # Raw sockets hear the echoes of others.
            known = sender.partition("%")[0] == one.address.partition("%")[0]
            return known and echo.is_reply(raw, one.address, flight.body, with_header=flight.raw)
        # The far end itself has something to say on that port, so everything before it works.
        return True

    def _land(self, flight: _Flight, *, reason: str, raw: bytes = b"", hop: str = "", expired: bool = False) -> None:
        took = None if reason else self._clock() - flight.sent
        self._heard.append(
            Heard(question=flight.question, seconds=took, reason=reason, raw=raw, hop=hop, expired=expired)
        )
        descriptor = flight.sock.fileno()
        del self._flights[descriptor]
        self._selector.unregister(flight.sock)
        flight.sock.close()

    def _send_windows(self, one: Question) -> None:
        """Windows' own echo blocks, so each has a thread of its own."""
        left = max(_STEP, self._end - self._clock() - _STEP)

        def ask() -> None:
            """Never raises."""
            try:
                took, who, expired = echo.ask_windows(one.address, hops=one.hops, timeout=left)
            except (Denied, Unavailable, OSError):
                self._said.put(Heard(question=one, reason="denied"))
                return
            if took is None:
                self._said.put(Heard(question=one))
            else:
                self._said.put(Heard(question=one, seconds=took, reason="", hop=who, expired=expired))

        try:
            threading.Thread(target=ask, daemon=True, name="echo").start()
            self._asked_windows += 1
        except RuntimeError:
            self._heard.append(Heard(question=one, reason="no_tool"))

    def _hear_windows(self, seconds: float) -> None:
        try:
            while self._asked_windows:
                self._heard.append(self._said.get(timeout=seconds) if seconds else self._said.get_nowait())
                self._asked_windows -= 1
                seconds = 0.0
        except _queue.Empty:
            return


def _connect(sock: socket.socket, address: str, port: int) -> None:
    code = sock.connect_ex((address, port))
    if code not in _STARTED:
        raise OSError(code, os.strerror(code))
