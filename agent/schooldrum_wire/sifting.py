"""What of a decoded delivery may be taken in: only what the catalogue declares, as it declares it."""

import math

import msgspec

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.limits import (
    NAME_LENGTH,
    READINGS_PER_MACHINE,
    READINGS_PER_RESULT,
    REASON_LENGTH,
    ROWS_PER_SECTION,
)
from schooldrum_wire.metric import label_fault
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

_RUN_LENGTH = 64
_FARTHEST = 2.0**53


def _is_clock(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= _FARTHEST


def reading_fault(reading: Reading) -> str:
    """Why this reading may not be taken in, or an empty string where it may."""
    metric = METRICS.get(reading.name)
    if metric is None:
        return "name is not in the catalogue"
    if metric.by_collector:
        return "is the collector's own to say"
    return metric.fault(reading.value, reading.labels)


def _sift_result(result: Result, room: int) -> tuple[Result | None, int]:
    if (
        not 0 < len(result.probe) <= NAME_LENGTH
        or label_fault(result.probe)
        or not 0 < result.seq <= _FARTHEST
        or not _is_clock(result.boottime)
        or not math.isfinite(result.wall)
        or abs(result.wall) > _FARTHEST
        or not _is_clock(result.took)
        or len(result.outcome) > NAME_LENGTH
    ):
        return None, 1 + len(result.readings)
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    kept: list[Reading] = []
    for reading in result.readings:
        if len(kept) >= min(room, READINGS_PER_RESULT) or reading_fault(reading):
            continue
        series = (reading.name, tuple(sorted(reading.labels.items())))
        if series not in seen:
            seen.add(series)
            kept.append(reading)
    refused = len(result.readings) - len(kept)
    if refused == 0 and len(result.reason) <= REASON_LENGTH:
        return result, 0
    return msgspec.structs.replace(result, readings=tuple(kept), reason=result.reason[:REASON_LENGTH]), refused


def _sift_rows(rows: dict[str, tuple[Values, ...]]) -> tuple[dict[str, tuple[Values, ...]], int]:
    kept: dict[str, tuple[Values, ...]] = {}
    refused = 0
    for name, values in rows.items():
        section = SECTIONS.get(name)
        if section is None:
            refused += len(values)
            continue
        may_leave = {column.name for column in section.columns if column.leaves or column.hashed}
        sound: list[Values] = []
        for row in values[:ROWS_PER_SECTION]:
            known = {column: value for column, value in row.items() if column in may_leave}
            hashed = {column.name for column in section.columns if column.hashed}
            plain = {column: value for column, value in known.items() if column not in hashed}
            if section.fault(plain) or any(label_fault(known[column]) for column in hashed if column in known):
                continue
            sound.append(known)
        refused += len(values) - len(sound)
        kept[name] = tuple(sound)
    return kept, refused


def sift(delivery: Delivery) -> tuple[Delivery, int]:
    """The delivery with only what may be taken in, and how many readings, rows and results were not.

    Returns the same object where nothing was refused, so that its bytes can be kept as they came.
    """
    reports: list[Report] = []
    refused = 0
    changed = False
    for report in delivery.reports:
        if not 0 < len(report.run) <= _RUN_LENGTH or not 0 < len(report.boot) <= _RUN_LENGTH:
            refused, changed = refused + 1, True
            continue
        room = READINGS_PER_MACHINE if report.live else READINGS_PER_RESULT * len(report.results)
        results: list[Result] = []
        dropped = 0
        for result in report.results:
            kept, lost = _sift_result(result, room)
            dropped += lost
            if kept is not None:
                results.append(kept)
                room -= len(kept.readings)
        rows, lost = _sift_rows(report.rows) if report.rows else (report.rows, 0)
        dropped += lost
        if dropped or rows != report.rows:
            changed = True
            report = msgspec.structs.replace(report, results=tuple(results), rows=rows)  # noqa: PLW2901 - the sifted one
        refused += dropped
        reports.append(report)
    return (msgspec.structs.replace(delivery, reports=tuple(reports)) if changed else delivery), refused
