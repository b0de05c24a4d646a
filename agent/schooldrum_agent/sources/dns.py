"""What a resolver or a zone's server answers: questions written, and answers believed only where they fit (RFC 1035).

A reader of our own, because the system's resolver cannot be given a time-out, asks whom it likes, and answers from
caches and local files. Whatever does not fit byte by byte is no answer.
"""

import os
import socket
import struct

import msgspec

A, NS, SOA, MX, AAAA = 1, 2, 6, 15, 28
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3
LARGEST = 4096
_INTERNET = 1
_HEADER = struct.Struct(">6H")
_RESPONSE, _AUTHORITATIVE, _TRUNCATED, _WANTED = 0x8000, 0x0400, 0x0200, 0x0100
_OPERATION = 0x7800
_POINTER = 0xC0
_LONGEST_LABEL, _LONGEST_NAME = 63, 253
_MOST_RECORDS = 100
_MOST_ALIASES = 10
_CNAME = 5


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record: its owner, its kind, and what it says: an address, or the name it points to."""

    owner: str
    kind: int
    value: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that fits its question. `records` are those of the answer section that can be read."""

    code: int
    authoritative: bool
    truncated: bool
    records: tuple[Record, ...]


def fresh() -> int:
    """A number for a question that nobody can guess."""
    return int.from_bytes(os.urandom(2))


def question(name: str, kind: int, ident: int, *, recursive: bool) -> bytes:
    """A query for one record kind of a name.

    Raises:
        ValueError: the name cannot be asked for.
    """
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")] if name.rstrip(".") else []
    if len(name) > _LONGEST_NAME or any(not 0 < len(label) <= _LONGEST_LABEL for label in labels):
        raise ValueError(f"{name!r:.80} is no name")
    body = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    flags = _WANTED if recursive else 0
    return _HEADER.pack(ident, flags, 1, 0, 0, 0) + body + struct.pack(">HH", kind, _INTERNET)


def answer(raw: bytes, asked: bytes) -> Message | None:
    """What these bytes say to the question `asked`; None where they are no answer to exactly that question."""
    if not _HEADER.size + 5 <= len(raw) <= LARGEST:
        return None
    ident, flags, questions, count, _, _ = _HEADER.unpack_from(raw)
    if ident != _HEADER.unpack_from(asked)[0] or not flags & _RESPONSE or flags & _OPERATION or questions != 1:
        return None
    end = len(asked)
    # Names come back in the letters they were asked in; whoever changes them did not see the question.
    if raw[_HEADER.size : end] != asked[_HEADER.size :]:
        return None
    records: list[Record] = []
    at: int | None = end
    for _ in range(min(count, _MOST_RECORDS)):
        if at is None:
            break
        record, at = _record(raw, at)
        if record is not None:
            records.append(record)
    return Message(
        code=flags & 0xF,
        authoritative=bool(flags & _AUTHORITATIVE),
        truncated=bool(flags & _TRUNCATED),
        records=tuple(records),
    )


def _record(raw: bytes, at: int) -> tuple[Record | None, int | None]:
    """The record at an offset, None where it is of no use here, and where the next one begins (None: nowhere)."""
    owner, after = _name(raw, at)
    if after is None or after + 10 > len(raw):
        return None, None
    kind, family, _, length = struct.unpack_from(">HHIH", raw, after)
    start, end = after + 10, after + 10 + length
    if end > len(raw):
        return None, None
    value = ""
    if kind in {A, AAAA} and length == (4 if kind == A else 16):
        value = socket.inet_ntop(socket.AF_INET if kind == A else socket.AF_INET6, raw[start:end])
    elif kind in {_CNAME, NS, SOA}:
        value = _name(raw, start)[0]
    elif kind == MX and length > 2:  # noqa: PLR2004 - its preference
        value = _name(raw, start + 2)[0]
    if family != _INTERNET or not value:
        return None, end
    return Record(owner=owner.casefold(), kind=kind, value=value.casefold()), end


def _name(raw: bytes, at: int) -> tuple[str, int | None]:
    """The name at an offset and where it ends; None instead of the end where it cannot be read.

    A pointer leads back only, and a name is bounded, so no answer can make this go round in circles.
    """
    labels: list[str] = []
    after: int | None = None
    length = 0
    for _ in range(_LONGEST_NAME):
        if at >= len(raw):
            return "", None
        size = raw[at]
        if size & _POINTER == _POINTER:
            if at + 1 >= len(raw):
                return "", None
            after = at + 2 if after is None else after
            aim = (size & 0x3F) << 8 | raw[at + 1]
            if aim >= at:
                return "", None
            at = aim
            continue
        if size & _POINTER:
            return "", None
        if size == 0:
            return ".".join(labels), at + 1 if after is None else after
        length += size + 1
        if at + 1 + size > len(raw) or length > _LONGEST_NAME + 1:
            return "", None
        labels.append(raw[at + 1 : at + 1 + size].decode("ascii", "replace"))
        at += 1 + size
    return "", None


def addresses(message: Message, name: str) -> list[str]:
    """The addresses an answer gives a name, along its aliases, in their order."""
    owners = {name.rstrip(".").casefold()}
    for _ in range(_MOST_ALIASES):
        more = {record.value for record in message.records if record.kind == _CNAME and record.owner in owners}
        if more <= owners:
            break
        owners |= more
    return [record.value for record in message.records if record.kind in {A, AAAA} and record.owner in owners]


def reason(message: Message | None) -> str:
    """Why an answer is none to work with, in the ladder's words; empty where it is one."""
    if message is None:
        return "timeout"
    if message.code == NO_SUCH_NAME:
        return "no_such_name"
    return "" if message.code == NO_ERROR else "server_failure"
