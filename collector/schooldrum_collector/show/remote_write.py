"""What was measured while nobody could be told, as Prometheus takes it afterwards: remote write 1.0, still unpacked.

Names and labels are those of a school's page of metrics as Prometheus reads it, with the `job` and `instance` that the
shipped configuration gives it; times are when it was measured. Left out is what a page goes on showing while a machine
is away (it would contradict itself), and what is so new that a rule which looks at the present could see it.

https://prometheus.io/docs/specs/prw/remote_write_spec/ and prompb/remote.proto there.
"""

import struct
from collections.abc import Iterable, Iterator

import msgspec

from schooldrum_collector.store.records import Machine, StoredResult
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind, Lasts, label_fault
from schooldrum_wire.result import Outcome

JOB = "schooldrum-schools"
"""The job of the schools' pages in deploy/prometheus/prometheus.yml."""
LATE_SECONDS = 300.0
"""As far as Prometheus looks back for the present (its lookback): what is older is past to every rule."""
LATE_BEATS = 3
MOST_ERROR_SECONDS = 60.0
"""What is dated less surely than this has no place among samples."""
HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
"""What every post has, beside who is asking."""
_VARINT, _FIXED_64, _BYTES = 0, 1, 2

Labels = tuple[tuple[str, str], ...]
"""Names and values, in order of their names."""


class Series(msgspec.Struct, frozen=True):
    """One series with some of its samples: (milliseconds since the epoch, value), oldest first."""

    labels: Labels
    samples: tuple[tuple[int, float], ...]


def newest_late(received: float, beat: int) -> float:
    """What was measured until then came late, if it came at `received` (epoch seconds)."""
    return received - max(LATE_SECONDS, LATE_BEATS * beat)


def late_series(machine: Machine, results: Iterable[StoredResult], since: float, until: float) -> tuple[Series, ...]:
    """What a machine measured between the two (epoch seconds), in order of labels."""
    place = {
        "instance": machine.school,
        "job": JOB,
        "machine": machine.alias,
        "room": machine.room,
        "school": machine.school,
        "site": machine.site,
    }
    found: dict[Labels, dict[int, float]] = {}
    for result in results:
        if result.outcome != Outcome.OK or not since <= result.at <= until or result.error > MOST_ERROR_SECONDS:
            continue
        at = round(result.at * 1000)
        for name, value, given in result.readings:
            metric = METRICS.get(name)
            if metric is None or metric.by_collector or metric.lasts is not Lasts.HEARD:
                continue
            if given.keys() != set(metric.labels) or any(label_fault(text) for text in given.values()):
                continue
            if metric.quiet and not value:
                continue
            shown = float(round(result.at - value)) if metric.kind is Kind.AGE else value
            labels = tuple(sorted({"__name__": name, **given, **place}.items()))
            found.setdefault(labels, {}).setdefault(at, shown)
    return tuple(Series(labels, tuple(sorted(found[labels].items()))) for labels in sorted(found))


def batches(series: Iterable[Series], most: int) -> Iterator[tuple[Series, ...]]:
    """The same in parts of at most so many samples."""
    batch: list[Series] = []
    room = most
    for one in series:
        samples = one.samples
        while samples:
            part, samples = samples[:room], samples[room:]
            batch.append(Series(one.labels, part))
            room -= len(part)
            if not room:
                yield tuple(batch)
                batch, room = [], most
    if batch:
        yield tuple(batch)


def count(batch: Iterable[Series]) -> int:
    """How many samples these are."""
    return sum(len(one.samples) for one in batch)


def halves(batch: tuple[Series, ...]) -> tuple[tuple[Series, ...], ...]:
    """The same in two parts of nearly as many samples; of a single sample, the one."""
    return tuple(batches(batch, -(-count(batch) // 2)))


def younger(batch: Iterable[Series], oldest: float) -> tuple[Series, ...]:
    """Without what was measured before this time (epoch seconds)."""
    kept = (Series(one.labels, tuple(each for each in one.samples if each[0] >= oldest * 1000)) for one in batch)
    return tuple(one for one in kept if one.samples)


def written(batch: Iterable[Series]) -> bytes:
    """A WriteRequest (protobuf), not compressed yet."""
    return b"".join(_field(1, _series(one)) for one in batch)


def _series(series: Series) -> bytes:
    labels = [_field(1, _field(1, name.encode()) + _field(2, text.encode())) for name, text in series.labels]
    samples = [
        _field(2, struct.pack("<Bd", 1 << 3 | _FIXED_64, value) + bytes([2 << 3 | _VARINT]) + _varint(at))
        for at, value in series.samples
    ]
    return b"".join(labels + samples)


def _field(number: int, body: bytes) -> bytes:
    return bytes([number << 3 | _BYTES]) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    # A negative int64 (a time before 1970) is its two's complement.
    value &= (1 << 64) - 1
    packed = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits in each byte, the eighth says that there is more
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)
