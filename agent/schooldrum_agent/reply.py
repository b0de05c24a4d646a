"""How an HTTP/1.1 answer is read off a connection: strictly, in bounded memory, and no byte of it taken twice.

The standard library's client reads mail as well, which costs every school PC a megabyte. This one reads what a
collector, or a reverse proxy before it, may say to one request; whatever is ambiguous is no answer (RFC 9112).
"""

from collections.abc import Callable

import msgspec

from schooldrum_agent.faults import Failed, Fault

LARGEST_BODY = 256 << 10
LARGEST_FRAME = 64 << 10
"""Bytes of everything that is not the body: heads of interim answers too, sizes of chunks, trailers."""
MOST_HEADERS = 100
_CHUNK = 16 << 10
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NO_TEXT = frozenset(range(32)) - {9} | {127}
_VERSIONS = {b"HTTP/1.1", b"HTTP/1.0"}
_SWITCHING = 101
_INTERIM = range(100, 200)
_WITHOUT_BODY = {204, 304}
_LONGEST_NUMBER = 15
_STATUS_DIGITS = 3


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `headers` by name in small letters; `kept` is whether the connection may carry another request."""

    status: int
    headers: dict[str, str]
    body: bytes
    kept: bool


def read_reply(receive: Callable[[int], bytes]) -> Reply:
    """The answer to one request. `receive(n)` gives up to n bytes, none at the end, and has a deadline of its own.

    Raises:
        ConnectionResetError: the connection ended before the first byte: another connection may do better.
        Failed: it is not HTTP (GARBLED), ended half-way (CLOSED), or is longer than anybody would answer (OVERSIZED).
        OSError: whatever receive() raises.
    """
    stream = _Stream(receive)
    status = 100
    while status in _INTERIM:
        version, status = _status(stream.line(first=True))
        headers = _headers(stream)
    chunked, length = _framing(headers)
    if status in _WITHOUT_BODY:
        chunked, length = False, 0
    if chunked:
        body = _unchunked(stream)
    elif length is None:
        body = stream.rest()
    else:
        body = stream.exactly(length)
    closing = "close" in _words(headers.get("connection", ""))
    delimited = chunked or length is not None
    # Bytes beyond the answer belong to no request of ours: nothing after them could be believed.
    kept = delimited and version != b"HTTP/1.0" and not closing and stream.is_empty()
    return Reply(status=status, headers=headers, body=body, kept=kept)


class _Stream:
    """What has arrived and is not read yet, and how much more may come."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._waiting = bytearray()
        self._frame = LARGEST_FRAME

    def line(self, *, first: bool = False) -> bytes:
        """The next line without its end."""
        searched = 0
        while (end := self._waiting.find(b"\n", searched)) < 0:
            searched = len(self._waiting)
            if searched > self._frame:
                raise _garbled("a line has no end")
            if not self._more():
                if first and not self._waiting and self._frame == LARGEST_FRAME:
                    raise ConnectionResetError("the connection ended without an answer")
                raise _closed()
        self._frame -= end + 1
        if self._frame < 0:
            raise _garbled(f"more than {LARGEST_FRAME} bytes around the body")
        line = bytes(self._waiting[:end])
        del self._waiting[: end + 1]
        return line.removesuffix(b"\r")

    def exactly(self, length: int) -> bytes:
        """So many bytes."""
        if length > LARGEST_BODY:
            raise _oversized()
        while len(self._waiting) < length:
            if not self._more():
                raise _closed()
        taken = bytes(self._waiting[:length])
        del self._waiting[:length]
        return taken

    def rest(self) -> bytes:
        """Everything until the connection ends."""
        while len(self._waiting) <= LARGEST_BODY:
            if not self._more():
                return bytes(self._waiting)
        raise _oversized()

    def is_empty(self) -> bool:
        """Whether everything that arrived was read."""
        return not self._waiting

    def _more(self) -> bool:
        arrived = self._receive(_CHUNK)
        self._waiting += arrived
        return bool(arrived)


def _status(line: bytes) -> tuple[bytes, int]:
    version, _, rest = line.partition(b" ")
    code = rest[:_STATUS_DIGITS]
    if version not in _VERSIONS or not code.isdigit() or rest[_STATUS_DIGITS : _STATUS_DIGITS + 1].strip():
        raise _garbled("it does not begin as HTTP/1.1 does")
    status = int(code)
    if status < _INTERIM.start or status == _SWITCHING:
        raise _garbled(f"status {status} answers nothing that was asked")
    return version, status


def _headers(stream: _Stream) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS + 1):
        line = stream.line()
        if not line:
            return headers
        name, colon, value = line.partition(b":")
        if not colon or not name or not _TOKEN.issuperset(name) or not _NO_TEXT.isdisjoint(value):
            raise _garbled("a header cannot be read")
        key, text = name.decode("ascii").lower(), value.decode("latin-1").strip(" \t")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    raise _garbled(f"more than {MOST_HEADERS} headers")


def _words(text: str) -> list[str]:
    return [word.strip(" \t").lower() for word in text.split(",")]


def _framing(headers: dict[str, str]) -> tuple[bool, int | None]:
    """Whether the body comes in chunks, else its length; None until the connection ends."""
    coding, said = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        # Who counts one and who counts the other would see two different answers.
        if coding.lower() != "chunked" or said is not None:
            raise _garbled("how long it is cannot be told")
        return True, None
    if said is None:
        return False, None
    lengths = set(_words(said))
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()) or len(length) > _LONGEST_NUMBER:
        raise _garbled("its length cannot be read")
    return False, int(length)


def _unchunked(stream: _Stream) -> bytes:
    body = bytearray()
    while size := _size(stream.line()):
        if len(body) + size > LARGEST_BODY:
            raise _oversized()
        body += stream.exactly(size)
        if stream.line():
            raise _garbled("a chunk is longer than it said")
    for _ in range(MOST_HEADERS + 1):
        if not stream.line():
            return bytes(body)
    raise _garbled(f"more than {MOST_HEADERS} trailers")


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].rstrip(b" \t")
    if not digits or len(digits) > _LONGEST_NUMBER or not _HEXADECIMAL.issuperset(digits):
        raise _garbled("the size of a chunk cannot be read")
    return int(digits, 16)


def _garbled(why: str) -> Failed:
    return Failed(Fault.GARBLED, f"the answer cannot be read: {why}")


def _closed() -> Failed:
    return Failed(Fault.CLOSED, "the connection ended half-way through the answer")


def _oversized() -> Failed:
    return Failed(Fault.OVERSIZED, f"the answer is longer than {LARGEST_BODY} bytes")
