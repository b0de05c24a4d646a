"""How a body becomes a sound delivery: bounded in size, in what it names and in the times it claims."""

import math
import zlib

import msgspec

from schooldrum_collector.judge.ages import bound
from schooldrum_wire.decoding import Malformed, decode_delivery
from schooldrum_wire.encoding import encode
from schooldrum_wire.limits import PACKED_BYTES, UNPACKED_BYTES
from schooldrum_wire.report import Delivery, Report
from schooldrum_wire.sifting import sift

_GZIP = 31
_FASTEST = 1
_DAY_SECONDS = 86400.0
KEPT_AS_IT_CAME = 64 * 1024
"""Larger bodies are written anew: spaces and unknown keys in them are not kept."""


class Unacceptable(Exception):  # noqa: N818 - it names what the body is
    """The body as a whole is not taken; `status` and `error` are those of the answer."""

    def __init__(self, status: int, error: str, message: str) -> None:
        self.status = status
        self.error = error
        super().__init__(message)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A sound delivery and the bytes to keep: `body` of all of it, `live` of its live report without rows.

    `refused` counts readings, rows, results and words that were dropped alone; `size` is that of the plain body.
    """

    delivery: Delivery
    live_report: Report | None
    refused: int
    size: int
    body: bytes
    live: bytes


def unpack(body: bytes, encoding: str) -> bytes:
    """The plain body; `encoding` is the Content-Encoding.

    Raises:
        Unacceptable: too large (a bomb is unpacked no further than the limit), damaged, or packed in another way.
    """
    plain = unpack_small(body, encoding, UNPACKED_BYTES)
    if plain is None:
        raise Unacceptable(413, "too_large", f"unpacked the body has more than {UNPACKED_BYTES} bytes; send less")
    return plain


def unpack_small(body: bytes, encoding: str, most: int) -> bytes | None:
    """The plain body where it has at most so many bytes, None where it has more; it is unpacked no further.

    Raises:
        Unacceptable: packed it is larger than any may be, damaged, or packed in another way.
    """
    if len(body) > PACKED_BYTES:
        raise Unacceptable(413, "too_large", f"the body has more than {PACKED_BYTES} bytes; send less at once")
    if not encoding or encoding == "identity":
        return body if len(body) <= most else None
    if encoding != "gzip":
        raise Unacceptable(415, "malformed", "the body may be packed with gzip or not at all")
    opener = zlib.decompressobj(_GZIP)
    try:
        plain = opener.decompress(body, most + 1)
    except zlib.error as problem:
        raise Unacceptable(400, "malformed", f"the gzip body is damaged: {problem}") from problem
    if len(plain) > most:
        return None
    if not opener.eof or opener.unused_data:
        raise Unacceptable(400, "malformed", "the gzip body is cut short, or something follows it")
    return plain


def pack(plain: bytes) -> bytes:
    """Gzip as agents do it."""
    packer = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
    return packer.compress(plain) + packer.flush()


def past_since(delivery: Delivery, *, clock: float, skew: float) -> float:
    """How far back the results in it reach that are no longer the newest (epoch seconds); infinite without any.

    `clock` is when the sender's boot-time clock stood at zero, `skew` how far its wall clock is ahead: that dates what
    is of another boot, to a day.
    """
    since = math.inf
    for report in delivery.reports:
        if report.live:
            continue
        if report.boot == delivery.now.boot:
            since = min(since, clock + min((one.boottime for one in report.results), default=math.inf))
        else:
            since = min(since, min((one.wall for one in report.results), default=math.inf) - skew - _DAY_SECONDS)
    return since


def read(plain: bytes, packed: bytes, *, received: float, enrolled: float) -> Letter:
    """What is sound in a plain body. `packed` are the bytes it came in where those were gzip, else empty.

    Times are epoch seconds of the collector. Takes milliseconds per megabyte.

    Raises:
        Unacceptable: nothing in it can be used.
    """
    try:
        decoded, unread = decode_delivery(plain)
    except Malformed as problem:
        raise Unacceptable(422, "malformed", str(problem)) from problem
    sifted, unknown = sift(decoded)
    sound, impossible = bound(sifted, received=received, enrolled=enrolled)
    if not sound.reports:
        raise Unacceptable(422, "malformed", "no report in it can be used")
    refused = unread + unknown + impossible
    as_it_came = packed and not refused and sound is decoded and len(plain) <= KEPT_AS_IT_CAME
    body = packed if as_it_came else pack(encode(sound))
    live: Report | None = None
    for report in sound.reports:
        if report.live:
            live = report
            break
    if live is None:
        kept = b""
    elif len(sound.reports) == 1 and not live.rows:
        kept = body
    else:
        alone = (msgspec.structs.replace(live, rows={}),)
        kept = pack(encode(msgspec.structs.replace(sound, reports=alone)))
    return Letter(delivery=sound, live_report=live, refused=refused, size=len(plain), body=body, live=kept)


def without_results(letter: Letter) -> Letter:
    """What is still asked about a letter once it has become an arrival, without the many objects of its results."""
    live = letter.live_report
    return msgspec.structs.replace(
        letter,
        delivery=msgspec.structs.replace(letter.delivery, reports=()),
        live_report=None if live is None else msgspec.structs.replace(live, results=()),
    )
