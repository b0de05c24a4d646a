"""How a report becomes bytes behind the fence."""

from collections.abc import Iterable

import msgspec

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.fence import Fence
from schooldrum_wire.limits import REASON_LENGTH, ROWS_PER_SECTION
from schooldrum_wire.report import Delivery, Fingerprint, Now, Word
from schooldrum_wire.result import Finding, Result
from schooldrum_wire.section import Row, Values

_encoder = msgspec.json.Encoder()
_result = msgspec.json.Decoder(Result)


def encode_result(finding: Finding, seq: int, fence: Fence) -> bytes:
    """One result as it is spooled and sent: fenced, numbered, without its rows.

    A reading whose label is personal is left out whole: a blanked label would merge two series. One that cannot be
    true (drivers tell of -1 bytes) is left out too, and the reason names it.
    """
    kept = tuple(
        reading for reading in finding.readings if not any(fence.is_personal(text) for text in reading.labels.values())
    )
    reason = finding.reason
    doubtful = {one.name for one in kept if one.name in METRICS and METRICS[one.name].doubt(one.value)}
    if doubtful:
        kept = tuple(reading for reading in kept if not METRICS[reading.name].doubt(reading.value))
        reason = f"{reason}; " if reason else ""
        reason += f"left out what cannot be true: {', '.join(sorted(doubtful))}"
    return _encoder.encode(
        Result(
            probe=finding.probe,
            seq=seq,
            outcome=finding.outcome.value,
            boottime=round(finding.boottime, 3),
            wall=round(finding.wall, 3),
            took=round(finding.took, 4),
            reason=fence.clean(reason)[:REASON_LENGTH],
            readings=kept,
        ),
    )


def fenced_rows(rows: Iterable[Row], fence: Fence) -> dict[str, list[Values]]:
    """Rows by section as they may leave the PC, in key order."""
    sections: dict[str, list[Values]] = {}
    for row in rows:
        sections.setdefault(row.section, []).append(fence.row(SECTIONS[row.section], row.values))
    return {name: SECTIONS[name].sorted(values)[:ROWS_PER_SECTION] for name, values in sections.items()}


class _RawReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    run: str
    boot: str
    results: tuple[msgspec.Raw, ...] = ()
    live: bool = False
    beat: int = 60
    word: Word | None = None
    sections: dict[str, str] = {}
    rows: dict[str, list[Values]] = {}
    frozen: bool | None = None
    network: str = ""
    elsewhere: bool = False
    sees: dict[str, float] = {}


class _RawDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    reports: tuple[msgspec.Raw, ...]
    now: Now
    fingerprint: Fingerprint = {}
    version: int = 1
    agent: str = ""
    system: str = ""
    settings: int = 0
    starts: int = 0
    refusals: tuple[str, ...] = ()
    around: str = ""


def encode_report(
    *,
    run: str,
    boot: str,
    results: Iterable[bytes],
    live: bool = False,
    beat: int = 60,
    word: Word | None = None,
    sections: dict[str, str] | None = None,
    rows: dict[str, list[Values]] | None = None,
    frozen: bool | None = None,
    network: str = "",
    elsewhere: bool = False,
    sees: dict[str, float] | None = None,
) -> bytes:
    """One report from results that are already encoded (and fenced), so that spooled bytes travel as they are."""
    return _encoder.encode(
        _RawReport(
            run=run,
            boot=boot,
            results=tuple(msgspec.Raw(result) for result in results),
            live=live,
            beat=beat,
            word=word,
            sections=sections or {},
            rows=rows or {},
            frozen=frozen,
            network=network,
            elsewhere=elsewhere,
            sees=sees or {},
        ),
    )


def encode_delivery(
    reports: Iterable[bytes],
    *,
    now: Now,
    fingerprint: Fingerprint,
    agent: str,
    system: str,
    settings: int = 0,
    starts: int = 0,
    refusals: tuple[str, ...] = (),
    around: str = "",
) -> bytes:
    """The body of POST /v1/reports from reports that are already encoded."""
    return _encoder.encode(
        _RawDelivery(
            reports=tuple(msgspec.Raw(report) for report in reports),
            now=now,
            fingerprint=fingerprint,
            agent=agent,
            system=system,
            settings=settings,
            starts=starts,
            refusals=refusals,
            around=around,
        ),
    )


def encode(delivery: Delivery) -> bytes:
    """A whole delivery: what a simulator or a test says in one go. The agent's own road is encode_result."""
    return _encoder.encode(delivery)


def decode_result(body: bytes) -> Result:
    """One spooled result.

    Raises:
        msgspec.DecodeError: these bytes are not one.
    """
    return _result.decode(body)
