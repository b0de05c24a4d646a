"""The short road for plain reports: POST /v1/reports as agents write it, read off the connection without a library.

Nine in ten of a collector's requests are the same few lines with a body of known length. Whatever is written in any
other way (other paths, chunks, Expect, a header that is not known here, nonsense) is handed to the library with the
connection, byte for byte from where that request began; so nothing is judged here but what is beyond doubt.
"""

import asyncio
import enum
import math
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

from schooldrum_collector.store.interface import Overloaded
from schooldrum_collector.store.records import Credential
from schooldrum_collector.web.answer import Answer
from schooldrum_collector.web.intake import Underway
from schooldrum_collector.web.plain_head import HEAD_BYTES, PATH, PlainHead, may_become_plain, plain_head
from schooldrum_collector.web.reception import Reception, too_slow

_PIECE_BYTES = 64 << 10
_SWEEP_SECONDS = 1.0
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_CLOSING_SECONDS = 1.0
_LOOK_SECONDS = 0.02


class _State(enum.IntEnum):
    """Where a connection stands."""

    IDLE = 0
    """Between requests; of the next one perhaps a part of its head is there."""
    BODY = 1
    """A body is arriving."""
    BUSY = 2
    """A report is being taken in."""
    DROPPING = 3
    """It was answered before its body had come; the rest is read and dropped."""
    CHOKED = 4
    """The other side does not read its answers; nothing more is read from it either."""
    LOST = 5
    """There is nobody there any more."""


# As plain names: looking a member up costs more than the comparison, several times a report.
_IDLE, _BODY, _BUSY, _DROPPING, _CHOKED, _LOST = _State


class PlainRoad:
    """The road, with every connection that is on it.

    `library` makes the protocol that a connection is handed to. Times are seconds: `idle` until a connection on which
    nothing is under way is closed, `body` in which a body must have come, `linger` for which the rest of a refused one
    is read.
    """

    def __init__(
        self,
        reception: Reception,
        library: Callable[[], asyncio.Protocol],
        *,
        idle: float,
        body: float,
        linger: float,
    ) -> None:
        self.reception = reception
        self.library = library
        self.idle = idle
        self.body = body
        self.linger = linger
        self.connections: set[_Connection] = set()
        self.tasks: set[asyncio.Task[Answer]] = set()
        self.loop = asyncio.get_running_loop()
        self.closing = False
        self.buffer = memoryview(bytearray(_PIECE_BYTES))
        """Where every connection's next piece comes, and is taken from at once."""
        self._last: tuple[Answer | None, int, bytes] = (None, 0, b"")
        """What was answered last, in which second, and how that is sent."""
        self._head: PlainHead | None = None
        """How PCs write their heads, as it was last seen anew."""
        self._sweeping = self.loop.call_later(_SWEEP_SECONDS, self._sweep)

    def connection(self) -> "_Connection":
        """The protocol of a new connection."""
        return _Connection(self)

    def spoken(self, answer: Answer) -> bytes:
        """The whole answer as it is sent. Nearly all of a second's are one and the same."""
        now = int(self.reception.now())
        if answer is self._last[0] and now == self._last[1] and not self.closing:
            return self._last[2]
        more = b"Retry-After: %d\r\n" % answer.retry_after if answer.retry_after else b""
        if self.closing:
            more += b"Connection: close\r\n"
        said = (
            b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nServer: Schooldrum\r\n%sContent-Length: %d\r\n"
            b"Date: %s\r\n\r\n%s"
            % (
                answer.status,
                _REASONS[answer.status],
                more,
                len(answer.body),
                formatdate(now, usegmt=True).encode(),
                answer.body,
            )
        )
        self._last = answer, now, said
        return said

    def written(self, head: bytes) -> PlainHead | None:
        """How a head is written; as a rule in the way in which another connection's was. None where it is not plain."""
        known = self._head
        if known is not None and known.told(head) is not None:
            return known
        found = plain_head(head)
        if found is not None:
            self._head = found
        return found

    def _sweep(self) -> None:
        # One look over all is cheaper than a timer for each of them, set anew with every report.
        now = self.loop.time()
        for connection in [one for one in self.connections if one.until < now]:
            connection.expire()
        self._sweeping = self.loop.call_later(_SWEEP_SECONDS, self._sweep)

    async def close(self, seconds: float) -> None:
        """Ends every connection: those with a report in hand when it is answered, after so many seconds all."""
        self.closing = True
        self._sweeping.cancel()
        now = self.loop.time()
        for connection in list(self.connections):
            connection.end()
        await self._until(now + seconds, lambda: not any(one.is_in_hand() for one in self.connections))
        await self._until(self.loop.time() + _CLOSING_SECONDS, lambda: not self.connections)
        for connection in list(self.connections):
            connection.abort()

    async def _until(self, end: float, reached: Callable[[], bool]) -> None:
        # Asked again and again: an event would have to be set at every answer, for the one time that it is waited for.
        while not reached() and self.loop.time() < end:  # noqa: ASYNC110 - the line above says why
            await asyncio.sleep(_LOOK_SECONDS)


class _Connection(asyncio.BufferedProtocol):
    """One connection. Not frozen: it changes with every piece that arrives, and there are many."""

    __slots__ = (
        "_address",
        "_body",
        "_choked",
        "_head",
        "_held",
        "_missing",
        "_paused",
        "_peer",
        "_road",
        "_shown",
        "_state",
        "_transport",
        "_underway",
        "until",
    )

    def __init__(self, road: PlainRoad) -> None:
        self._road = road
        self._transport: asyncio.Transport
        self._state = _IDLE
        self._held = b""
        """What has come of the next request."""
        self._body: bytearray | None = None
        self._missing = 0
        """Bytes of the present body that have not come."""
        self._shown: Credential | None = None
        self._head: PlainHead | None = None
        """How its requests are written, which is how others write theirs."""
        self._address = ""
        self._peer: str | None = None
        self._underway: Underway | None = None
        self._paused = False
        self._choked = False
        self.until = math.inf
        """When, by the loop's clock, it has waited for long enough."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        # Those of uvloop are no subclasses of asyncio.Transport, though they have all it has.
        self._transport = cast("asyncio.Transport", transport)
        road = self._road
        road.connections.add(self)
        self.until = road.loop.time() + road.idle

    def connection_lost(self, exc: Exception | None) -> None:
        """He has gone; a report that is being taken in is taken in all the same."""
        del exc
        self._road.connections.discard(self)
        if self._state == _BODY:
            self._road.reception.leave()
        self._state = _LOST
        self._body = None

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next piece is to be put."""
        del sizehint
        return self._road.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """The next piece has been put there."""
        self.data_received(bytes(self._road.buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """The next piece, whatever it is a piece of."""
        state = self._state
        if state == _IDLE:
            self._read(self._held + data if self._held else data)
        elif state == _BODY:
            self._gather(data)
        elif state == _DROPPING:
            self._drop(data)
        else:
            # The next request came before this one is answered: it has its turn, and no more is read until then.
            self._held += data
            self._pause()

    def pause_writing(self) -> None:
        """Answers are not read."""
        self._choked = True

    def resume_writing(self) -> None:
        """They are again."""
        self._choked = False
        if self._state == _CHOKED:
            self._next()

    def is_in_hand(self) -> bool:
        """Whether a report is on its way in."""
        return self._state in {_BODY, _BUSY}

    def expire(self) -> None:
        """Its time is up."""
        transport, road = self._transport, self._road
        if transport.is_closing() or self._state == _CHOKED:
            transport.abort()
        elif self._state == _BODY:
            self._body = None
            self._taken(road.reception.refusal(too_slow(road.body), PATH))
        else:
            self.until = road.loop.time() + road.linger
            transport.close()

    def end(self) -> None:
        """The door is being closed."""
        if not self.is_in_hand():
            self._transport.close()

    def abort(self) -> None:
        """The door is closed."""
        self._transport.abort()

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _read(self, data: bytes) -> None:
        """From where a request begins."""
        end = data.find(b"\r\n\r\n", 0, HEAD_BYTES)
        if end < 0 and may_become_plain(data):
            self._held = data
            self._resume()
            return
        written = data[: end + 2] if end > 0 else b""
        head = self._head
        told = head.told(written) if head is not None else None
        if told is None:
            self._head = head = self._road.written(written)
            told = head.told(written) if head is not None else None
        if head is None or told is None:
            self._hand_over(data)
            return
        authorization, length = told
        body = data[end + 4 :]
        self._missing = length - len(body)
        self._held = body[length:] if self._missing < 0 else b""
        reception = self._road.reception
        try:
            shown = reception.enter(authorization)
        except Overloaded as problem:
            shown = reception.refusal(problem, PATH)
        if isinstance(shown, Answer):
            self._answer(shown)
            return
        self._shown = shown
        if self._peer is None:
            self._peer = str((self._transport.get_extra_info("peername") or ("",))[0])
        self._address = reception.address(self._peer, head.forwarded)
        if self._missing > 0:
            self._state = _BODY
            self._body = bytearray(body)
            self.until = self._road.loop.time() + self._road.body
            self._resume()
        else:
            self._take(body[:length])

    def _gather(self, data: bytes) -> None:
        body = self._body
        assert body is not None  # noqa: S101 - tells the type checker what the state says
        self._missing -= len(data)
        if self._missing > 0:
            body += data
            return
        if self._missing < 0:
            self._held = data[self._missing :]
            data = data[: self._missing]
        body += data
        self._body = None
        self._take(bytes(body))

    def _drop(self, data: bytes) -> None:
        self._missing -= len(data)
        if self._missing <= 0:
            self._held = data[self._missing :] if self._missing < 0 else b""
            self._next()

    def _take(self, body: bytes) -> None:
        """Never raises: whatever goes wrong inside is logged, and the agent keeps what it has and comes again."""
        self._state = _BUSY
        self.until = math.inf
        reception, shown, head = self._road.reception, self._shown, self._head
        assert shown is not None and head is not None  # noqa: S101, PT018 - tells the type checker who was let in
        self._shown = None
        begun: Answer | Underway | Coroutine[None, None, Answer]
        try:
            begun = reception.intake.begin(shown, body, encoding=head.encoding, address=self._address)
            if isinstance(begun, Underway):
                self._underway = begun
                reception.intake.store(begun, self._stored)
                return
        except Exception as problem:  # noqa: BLE001 - the boundary of a request
            begun = reception.refusal(problem, PATH)
        if isinstance(begun, Answer):
            self._taken(begun)
            return
        task = self._road.loop.create_task(begun)
        self._road.tasks.add(task)
        task.add_done_callback(self._ended)

    def _stored(self, problem: Exception | None) -> None:
        """Never raises: as _take."""
        reception, underway = self._road.reception, self._underway
        assert underway is not None  # noqa: S101 - tells the type checker what was begun
        self._underway = None
        try:
            answer = reception.intake.finish(underway, problem)
        except Exception as trouble:  # noqa: BLE001 - the boundary of a request
            answer = reception.refusal(trouble, PATH)
        self._taken(answer)

    def _ended(self, task: asyncio.Task[Answer]) -> None:
        """Never raises: as _take."""
        road = self._road
        road.tasks.discard(task)
        if task.cancelled():
            road.reception.leave()
            self._transport.abort()
            return
        try:
            answer = task.result()
        except Exception as problem:  # noqa: BLE001 - the boundary of a request
            answer = road.reception.refusal(problem, PATH)
        self._taken(answer)

    def _taken(self, answer: Answer) -> None:
        self._road.reception.leave()
        self._road.reception.taken(answer)
        self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        """Says it, and goes on with the rest of this request, or with the next one."""
        road = self._road
        road.reception.count(answer)
        # Between the end of a connection and being told of it, uvloop refuses to write.
        if self._state == _LOST or self._transport.is_closing():
            return
        self._transport.write(road.spoken(answer))
        if self._missing > 0:
            self._state = _DROPPING
            self.until = road.loop.time() + road.linger
            self._resume()
        else:
            self._next()

    def _next(self) -> None:
        """Waits for the next request, or goes on with the one that is there."""
        road = self._road
        if road.closing:
            self._transport.close()
        elif self._choked:
            self._state = _CHOKED
            self.until = road.loop.time() + road.body
            self._pause()
        else:
            self._state = _IDLE
            self.until = road.loop.time() + road.idle
            if self._held:
                # In a turn of its own: thousands of small ones may have come in one piece. No more is read before them.
                self._pause()
                road.loop.call_soon(self._go_on)
            else:
                self._resume()

    def _go_on(self) -> None:
        if self._state == _IDLE and self._held:
            data, self._held = self._held, b""
            self._read(data)

    def _hand_over(self, data: bytes) -> None:
        """From here on it is the library's connection, as if it had come there with these bytes."""
        road, transport = self._road, self._transport
        road.connections.discard(self)
        self._state = _LOST
        self._held = b""
        if road.closing:
            transport.close()
            return
        library = road.library()
        transport.set_protocol(library)
        library.connection_made(transport)
        library.data_received(data)
        self._resume()
