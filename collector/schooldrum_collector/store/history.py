"""How deliveries become dated results, each exactly once, and how those are packed. Pure: no SQL in here."""

import zlib
from collections.abc import Callable, Iterable

import msgspec

from schooldrum_collector.judge.dating import DRIFT, Boot, Moment, date_boot
from schooldrum_collector.store.records import StoredResult
from schooldrum_collector.store.spans import Spans
from schooldrum_wire.limits import UNPACKED_BYTES
from schooldrum_wire.reading import Reading

_STEP_SECONDS = 60.0
"""An anchor that moves by more than a slow line explains: the collector's own clock was set."""
_GZIP_OR_ZLIB = 47
_LAST_NUMBER = 2**53
_NO_READINGS = msgspec.Raw(b"[]")


class StreamState(msgspec.Struct, frozen=True, array_like=True):
    """Where a stream's history stands: its newest chunk, and the run and boot that spoke last.

    Kept as one small value in the stream's own row, because these change with every fold of every machine; what
    belongs to earlier runs and boots lies in tables that are rarely touched.
    """

    chunk: int = 0
    newest: float = 0.0
    run: str = ""
    spans: list[int] = []
    boot: Boot | None = None


class JournalRow(msgspec.Struct, frozen=True, gc=False):
    """What history needs of one row of the journal; `clock` and `skew` are its sender's."""

    received: float
    run: str
    boot: str
    clock: float
    skew: float
    body: bytes


class _Result(msgspec.Struct, frozen=True, gc=False):
    probe: str
    seq: int
    outcome: str
    boottime: float
    wall: float
    reason: str = ""
    readings: msgspec.Raw = _NO_READINGS


class Found(msgspec.Struct, frozen=True, gc=False):
    """A result that is new to history, dated; its readings are the bytes they came as.

    Taking readings apart only to put them together again would be two thirds of the work of a fold.
    """

    run: str
    seq: int
    probe: str
    outcome: str
    at: float
    dated: str
    error: float
    reason: str
    readings: msgspec.Raw


class _Report(msgspec.Struct, frozen=True):
    run: str
    boot: str
    results: tuple[_Result, ...] = ()


class _Delivery(msgspec.Struct, frozen=True):
    reports: tuple[_Report, ...] = ()


_delivery = msgspec.json.Decoder(_Delivery)
_state_decoder = msgspec.msgpack.Decoder(StreamState)


def pack_state(state: StreamState) -> bytes:
    """A stream's state as it is kept."""
    return msgspec.msgpack.encode(state)


def read_state(packed: bytes) -> StreamState:
    """A stream's state; nothing packed is a stream without history."""
    return _state_decoder.decode(packed) if packed else StreamState()


def _reports(body: bytes) -> tuple[_Report, ...]:
    """The reports of a delivery; none where it cannot be read: one broken row never holds up the rest."""
    try:
        opened = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, UNPACKED_BYTES)
        return _delivery.decode(opened).reports
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


class Recollection:
    """A stream's history while deliveries are folded into it: which numbers are stored, which boots were heard.

    `earlier_spans` gives the stored numbers of an earlier run, `earlier_boots` all boots but the present one; they
    are asked only when something of an earlier run or boot comes.
    """

    def __init__(
        self,
        state: StreamState,
        earlier_spans: Callable[[str], list[int]],
        earlier_boots: Callable[[], list[Boot]],
    ) -> None:
        self._state = state
        self._earlier_spans = earlier_spans
        self._earlier_boots = earlier_boots
        self._spans: dict[str, Spans] = {state.run: Spans(state.spans)} if state.run else {}
        self._boots: dict[str, Boot] = {state.boot.boot: state.boot} if state.boot else {}
        self._recalled = False
        self._run = state.run
        self._boot = state.boot.boot if state.boot else ""
        self._met: dict[str, None] = {}

    def take(self, rows: Iterable[JournalRow]) -> list[Found]:
        """What of these deliveries is not in history yet, dated."""
        found: list[Found] = []
        for row in rows:
            self._hear(row)
            for report in _reports(row.body):
                found.extend(self._new(report, row))
        return found

    def _hear(self, row: JournalRow) -> None:
        if row.boot != self._boot:
            self._recall_boots()
        known = self._boots.get(row.boot)
        anchor = row.clock
        if known and known.anchor is not None:
            # What is late by the line makes the anchor later than it is; so the earlier one is the truer one.
            drifted = known.anchor + DRIFT * max(0.0, row.received - known.last_heard)
            if anchor - known.anchor <= _STEP_SECONDS:
                anchor = min(anchor, drifted)
        first = known.first_heard if known else row.received
        self._boots[row.boot] = Boot(row.boot, anchor, row.skew, first, row.received)
        self._met[row.boot] = None
        self._boot, self._run = row.boot, row.run

    def _recall_boots(self) -> None:
        if not self._recalled:
            self._recalled = True
            for boot in self._earlier_boots():
                self._boots.setdefault(boot.boot, boot)

    def _new(self, report: _Report, row: JournalRow) -> list[Found]:
        spans = self._spans.get(report.run)
        if spans is None:
            spans = self._spans[report.run] = Spans(self._earlier_spans(report.run))
        fresh = [result for result in report.results if 0 < result.seq <= _LAST_NUMBER and spans.add(result.seq)]
        if not fresh:
            return []
        if report.boot != row.boot:
            self._recall_boots()
        moments = [Moment(result.boottime, result.wall) for result in fresh]
        dates = date_boot(moments, report.boot, list(self._boots.values()), row.received)
        return [
            Found(
                report.run,
                result.seq,
                result.probe,
                result.outcome,
                round(dating.at, 3),
                dating.dated,
                round(dating.error, 3),
                result.reason,
                result.readings,
            )
            for result, dating in zip(fresh, dates, strict=True)
        ]

    def state(self, chunk: int, newest: float) -> StreamState:
        """The stream's state after all that was taken, its newest chunk being this one."""
        spans = self._spans.get(self._run)
        return StreamState(chunk, newest, self._run, spans.flat if spans else [], self._boots.get(self._boot))

    def earlier_runs(self) -> dict[str, list[int]]:
        """Stored numbers of every run that was met and is not the present one."""
        return {run: spans.flat for run, spans in self._spans.items() if run != self._run and spans.flat}

    def boots_left(self) -> list[Boot]:
        """Boots that were heard or left meanwhile and are not the present one."""
        met = dict.fromkeys([*([self._state.boot.boot] if self._state.boot else []), *self._met])
        return [self._boots[boot] for boot in met if boot != self._boot]


class _Topic(msgspec.Struct, frozen=True, array_like=True):
    """Results of one probe with one outcome, column by column: like things side by side pack best."""

    probe: str
    outcome: str
    reason: str
    run: list[int]
    seq: list[int]
    at: list[float]
    dated: list[str]
    error: list[float]
    readings: list[msgspec.Raw]


class _Chunk(msgspec.Struct, frozen=True, array_like=True):
    runs: list[str]
    base: float
    topics: list[_Topic]


_chunk_encoder = msgspec.json.Encoder()
_chunk_decoder = msgspec.json.Decoder(_Chunk)
_readings_decoder = msgspec.json.Decoder(tuple[Reading, ...])


def pack_results(results: list[Found]) -> bytes:
    """Results (at least one) as one chunk."""
    runs: dict[str, int] = {}
    base = min(result.at for result in results)
    topics: dict[tuple[str, str, str], _Topic] = {}
    for result in results:
        key = (result.probe, result.outcome, result.reason)
        topic = topics.get(key)
        if topic is None:
            topic = topics[key] = _Topic(*key, [], [], [], [], [], [])
        topic.run.append(runs.setdefault(result.run, len(runs)))
        topic.seq.append(result.seq)
        topic.at.append(round(result.at - base, 3))
        topic.dated.append(result.dated)
        topic.error.append(result.error)
        topic.readings.append(result.readings)
    return zlib.compress(_chunk_encoder.encode(_Chunk(list(runs), base, list(topics.values()))), 6)


def read_results(packed: bytes) -> list[Found]:
    """The results of a chunk, in no order."""
    chunk = _chunk_decoder.decode(zlib.decompress(packed))
    return [
        Found(
            chunk.runs[topic.run[line]],
            topic.seq[line],
            topic.probe,
            topic.outcome,
            round(chunk.base + topic.at[line], 3),
            topic.dated[line],
            topic.error[line],
            topic.reason,
            topic.readings[line],
        )
        for topic in chunk.topics
        for line in range(len(topic.seq))
    ]


def joined(found: Iterable[Found]) -> list[StoredResult]:
    """Each (run, seq) once, in order of time, however many streams hold it."""
    once: dict[tuple[str, int], Found] = {}
    for result in found:
        once.setdefault((result.run, result.seq), result)
    return [opened(result) for result in sorted(once.values(), key=lambda one: (one.at, one.run, one.seq))]


def opened(found: Found) -> StoredResult:
    """The result with its readings taken apart; with none where they cannot be read."""
    try:
        readings = _readings_decoder.decode(found.readings)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        readings = ()
    return StoredResult(
        run=found.run,
        seq=found.seq,
        probe=found.probe,
        outcome=found.outcome,
        at=found.at,
        dated=found.dated,
        error=found.error,
        reason=found.reason,
        readings=tuple((reading.name, reading.value, reading.labels) for reading in readings),
    )
