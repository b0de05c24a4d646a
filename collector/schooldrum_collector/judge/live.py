"""What a machine's newest live report says: opened from the packed bytes it is kept as."""

import zlib
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from schooldrum_wire.limits import UNPACKED_BYTES
from schooldrum_wire.reading import Reading

_GZIP_OR_ZLIB = 47


class Unreadable(ValueError):  # noqa: N818 - it names the body's state
    """These bytes hold no live report."""


class LiveResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The part of a result that pages show; `boottime` and `took` are seconds by the PC's own clocks."""

    probe: str
    outcome: str
    boottime: float
    took: float = 0.0
    reason: str = ""
    readings: tuple[Reading, ...] = ()


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """A live report: which boot it speaks of, the newest result of every probe, and where the machine stands.

    `network`, `elsewhere` and `sees` are those of schooldrum_wire.report.
    """

    boot: str
    live: bool = False
    results: tuple[LiveResult, ...] = ()
    network: str = ""
    elsewhere: bool = False
    sees: dict[str, float] = {}


class ToldReading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A reading as it stands in a report, its labels still JSON: whoever sees many alike reads them once."""

    name: str
    value: float
    labels: msgspec.Raw = msgspec.Raw(b"{}")


class ToldResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The part of a result that a page of metrics shows; `boottime` is seconds by the PC's own clock."""

    probe: str
    outcome: str
    boottime: float
    readings: tuple[ToldReading, ...] = ()


class ToldLive(msgspec.Struct, frozen=True, kw_only=True):
    """A live report as a page of metrics needs it."""

    boot: str
    live: bool = False
    results: tuple[ToldResult, ...] = ()


class ProbeOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a probe's run ended, and when by the PC's boot-time clock."""

    probe: str
    outcome: str
    boottime: float


class _Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    live: bool = False
    results: tuple[ProbeOutcome, ...] = ()


class _Letter(msgspec.Struct, frozen=True, kw_only=True):
    reports: tuple[Live, ...] = ()


class _OutcomesLetter(msgspec.Struct, frozen=True, kw_only=True):
    reports: tuple[_Outcomes, ...] = ()


class _ToldLetter(msgspec.Struct, frozen=True, kw_only=True):
    reports: tuple[ToldLive, ...] = ()


_Report = TypeVar("_Report", Live, ToldLive, _Outcomes)

_letter = msgspec.json.Decoder(_Letter)
_outcomes = msgspec.json.Decoder(_OutcomesLetter)
_told = msgspec.json.Decoder(_ToldLetter)


def opened(body: bytes) -> Live:
    """The live report in a packed delivery (gzip-compressed JSON); one without results where the body is empty.

    Raises:
        Unreadable: it is no such thing, or larger than any may be.
    """
    return _live_one(body, lambda plain: _letter.decode(plain).reports) if body else Live(boot="")


def opened_or_nothing(body: bytes) -> Live:
    """As opened(); one without anything where the body cannot be read."""
    try:
        return opened(body)
    except Unreadable:
        return Live(boot="")


def told(body: bytes) -> ToldLive:
    """As opened(), with no more than a page of metrics needs: three quarters of the work.

    Raises:
        Unreadable: as opened(); but that labels are no text is found only by whoever reads them.
    """
    return _live_one(body, lambda plain: _told.decode(plain).reports) if body else ToldLive(boot="")


def outcomes(body: bytes) -> tuple[ProbeOutcome, ...]:
    """How every probe in the live report ended: a fraction of the work of opening it whole.

    Raises:
        Unreadable: as opened().
    """
    return _live_one(body, lambda plain: _outcomes.decode(plain).reports).results if body else ()


def _live_one(body: bytes, decoded: Callable[[bytes], Iterable[_Report]]) -> _Report:
    try:
        reports = decoded(_unpacked(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Unreadable(f"the packed report cannot be read: {problem}") from problem
    for report in reports:
        if report.live:
            return report
    raise Unreadable("there is no live report in it")


def _unpacked(body: bytes) -> bytes:
    opener = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = opener.decompress(body, UNPACKED_BYTES + 1)
    except zlib.error as problem:
        raise Unreadable(f"the packed report cannot be unpacked: {problem}") from problem
    if not opener.eof:
        raise Unreadable("the packed report is cut short, or larger than any may be")
    return plain
