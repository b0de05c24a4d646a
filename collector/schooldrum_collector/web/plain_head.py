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
_KEY = re.compile(rb"(?i:\r\nauthorization: *)([^\r]*)")
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
        or b"authorization" not in fields
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
    """How a plain head is written, read once. PCs write theirs alike, but for the credential and the body's length."""

    before: bytes
    """Up to the first of the two that differ."""
    between: bytes
    after: bytes
    is_key_first: bool
    encoding: str
    forwarded: str
    """Its X-Forwarded-For."""

    def told(self, head: bytes) -> tuple[str, int] | None:
        """The Authorization and the body's length of a head that is written in this way; None for any other."""
        before, after = self.before, self.after
        if not head.startswith(before) or not head.endswith(after):
            return None
        key, found, digits = head[len(before) : len(head) - len(after)].partition(self.between)
        if not self.is_key_first:
            key, digits = digits, key
        # Neither holds the end of a line, so the lines are those of the head that was read.
        if (
            not found
            or not digits.isdigit()
            or len(digits) > _LENGTH_DIGITS
            or (length := int(digits)) > PACKED_BYTES
            or key.translate(None, _PRINTABLE)
        ):
            return None
        return key.strip(b" ").decode(), length


def plain_head(head: bytes) -> PlainHead | None:
    """How a plain report's head (all of its lines) is written; None where it is anything else."""
    fields = plain_fields(head)
    length, key = _LENGTH.search(head), _KEY.search(head)
    if fields is None or length is None or key is None:
        return None
    first, second = sorted((length, key), key=re.Match.start)
    return PlainHead(
        before=head[: first.start(1)],
        between=head[first.end(1) : second.start(1)],
        after=head[second.end(1) :],
        is_key_first=first is key,
        encoding=fields.get(b"content-encoding", b"").decode(),
        forwarded=fields.get(b"x-forwarded-for", b"").decode(),
    )
