"""How a delivery is put together: the live report, some backlog, the sender's clocks, packed and within all bounds."""

import msgspec

from schooldrum_agent.clock import Clock
from schooldrum_agent.spool import Batch
from schooldrum_agent.uplink import pack
from schooldrum_wire.encoding import encode_delivery, encode_report
from schooldrum_wire.limits import PACKED_BYTES, REPORTS_PER_DELIVERY, UNPACKED_BYTES
from schooldrum_wire.report import Fingerprint, Now, Word
from schooldrum_wire.section import Values
from schooldrum_wire.version import VERSION

WHOLE, WITHOUT_ROWS, WITHOUT_RESULTS = range(3)
"""How much of a live report is sent: less where the collector could not read all of it."""


class LiveReport(msgspec.Struct, frozen=True, kw_only=True):
    """The newest this machine has to say.

    `results` are (seq, encoded) of the newest run of every probe; `sections` the digest of every section and `rows`
    those that changed since the collector acknowledged them; `word` a hello or goodbye that is not delivered yet;
    `network`, `elsewhere` and `sees` are as whereabouts.py finds them.
    """

    run: str
    boot: str
    results: tuple[tuple[int, bytes], ...]
    beat: int
    word: Word | None = None
    sections: dict[str, str] = {}
    rows: dict[str, list[Values]] = {}
    frozen: bool | None = None
    network: str = ""
    elsewhere: bool = False
    sees: dict[str, float] = {}


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """What every delivery of this run says of its sender."""

    fingerprint: Fingerprint
    system: str
    starts: int


def live_body(live: LiveReport, extent: int) -> bytes:
    """The live report, encoded, as whole as `extent` allows."""
    with_rows = extent < WITHOUT_ROWS
    return encode_report(
        run=live.run,
        boot=live.boot,
        results=[body for _, body in live.results] if extent < WITHOUT_RESULTS else [],
        live=True,
        beat=live.beat,
        word=live.word,
        sections=live.sections if with_rows else None,
        rows=live.rows if with_rows else None,
        frozen=live.frozen,
        network=live.network,
        elsewhere=live.elsewhere,
        sees=live.sees,
    )


def batch_body(batch: Batch) -> bytes:
    """A batch as a backlog report, encoded."""
    return encode_report(run=batch.run, boot=batch.boot, results=[body for _, body in batch.results])


def packed_delivery(
    reports: list[bytes], *, sender: Sender, clock: Clock, settings: int, refusals: tuple[str, ...], around: str = ""
) -> bytes | None:
    """The body of POST /v1/reports in gzip; None where it would be larger than any collector takes.

    The clocks are read here, at the last moment: the collector dates every result by them.
    """
    now = Now(boot=clock.boot, boottime=clock.boottime(), wall=clock.wall())
    body = encode_delivery(
        reports,
        now=now,
        fingerprint=sender.fingerprint,
        agent=VERSION,
        system=sender.system,
        settings=settings,
        starts=sender.starts,
        refusals=refusals,
        around=around,
    )
    if len(reports) > REPORTS_PER_DELIVERY or len(body) > UNPACKED_BYTES:
        return None
    packed = pack(body)
    return packed if len(packed) <= PACKED_BYTES else None
