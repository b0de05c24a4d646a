"""Which heads of requests are plain reports beyond doubt: so written, and with no header that could mean more."""

import re

import msgspec

from schooldrum_wire.limits import PACKED_BYTES

PATH = "/v1/reports"
HEAD_BYTES = 4096
"""A head of more is not plain."""
_START = b"POST /v1/reports HTTP/1.1\r\n"
_KNOWN = frozenset(
    {
        b"host",
        b"authorization",
        b"content-length",
        b"content-encoding",
        b"content-type",
        b"connection",
        b"user-agent",
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"date",
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-real-ip",
        b"x-request-id",
    }
)
"""Headers whose meaning is known: those that change what is to be done are looked at, the others change nothing."""
_LENGTH = re.compile(rb"(?i:\r\ncontent-length: *)([0-9]+)")
_PRINTABLE = bytes(range(0x20, 0x7F))
_LENGTH_DIGITS = 7


def may_become_plain(begun: bytes) -> bool:
    """Whether a head of which so much has come may still turn out to be plain."""
    return len(begun) < HEAD_BYTES and _START.startswith(begun[: len(_START)])


def plain_fields(head: bytes) -> dict[bytes, bytes] | None:
    """The headers of a plain report's head (all of its lines), by lower-case name; None where it is anything else."""
    if not head.startswith(_START):
        return None
    lines = [line.partition(b":") for line in head[len(_START) : -2].split(b"\r\n")]
    fields = {name.lower(): value.strip(b" ") for name, _, value in lines}
    length = fields.get(b"content-length", b"")
    if (
        len(fields) != len(lines)
        or b"host" not in fields
        or not fields.keys() <= _KNOWN
        or b"" in [colon for _, colon, _ in lines]
        or head.translate(None, _PRINTABLE) != b"\r\n" * (len(lines) + 1)
        or not length.isdigit()
        or len(length) > _LENGTH_DIGITS
        or int(length) > PACKED_BYTES
        or fields.get(b"connection", b"keep-alive").lower() != b"keep-alive"
    ):
        return None
    return fields


class PlainHead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A plain head that was read once. PCs write theirs the same way each time, but for the length."""

    before: bytes
    """Up to the digits of the length."""
    after: bytes
    authorization: str
    encoding: str
    forwarded: str
    """Its X-Forwarded-For."""

    def length(self, head: bytes) -> int:
        """Of the body that this head announces, where it is the same but for that; else -1."""
        if not head.startswith(self.before) or not head.endswith(self.after):
            return -1
        digits = head[len(self.before) : len(head) - len(self.after)]
        if not digits.isdigit() or len(digits) > _LENGTH_DIGITS or int(digits) > PACKED_BYTES:
            return -1
        return int(digits)


def plain_head(head: bytes) -> PlainHead | None:
    """A plain report's head (all of its lines); None where it is anything else."""
    fields = plain_fields(head)
    place = _LENGTH.search(head) if fields is not None else None
    if fields is None or place is None:
        return None
    return PlainHead(
        before=head[: place.start(1)],
        after=head[place.end(1) :],
        authorization=fields.get(b"authorization", b"").decode(),
        encoding=fields.get(b"content-encoding", b"").decode(),
        forwarded=fields.get(b"x-forwarded-for", b"").decode(),
    )
