"""What of a decoded delivery may be taken in: only what the catalogue declares, as it declares it."""

import functools
import operator
import re
import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.fingerprint import WEIGHTS
from schooldrum_wire.limits import (
    FARTHEST_SECONDS,
    FINGERPRINT_ITEMS,
    NAME_LENGTH,
    READINGS_PER_MACHINE,
    READINGS_PER_RESULT,
    REASON_LENGTH,
    REFUSALS,
    ROWS_PER_SECTION,
)
from schooldrum_wire.metric import Kind, label_fault
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Fingerprint, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values
from schooldrum_wire.settings import BEAT_DEFAULT, BEAT_SECONDS

_RUN_LENGTH = 64
_FARTHEST = 2**53
_ITEM = re.compile(r"[0-9a-f]{16}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


_DECLARED = {
    metric.name: (metric.labels, -sys.float_info.max if metric.kind is Kind.GAUGE else 0.0)
    for metric in METRICS.values()
    if not metric.by_collector
}
"""What an agent may say: the labels of each metric, and its least value."""
_NOTHING: tuple[tuple[str, ...], float] = ((), float("inf"))
_LARGEST = sys.float_info.max
_label_fault = functools.lru_cache(maxsize=4096)(label_fault)


def _is_clock(value: float) -> bool:
    # Also false for what is not a number.
    return 0 <= value <= FARTHEST_SECONDS


def reading_fault(reading: Reading) -> str:
    """Why this reading may not be taken in, or an empty string where it may."""
    metric = METRICS.get(reading.name)
    if metric is None:
        return "name is not in the catalogue"
    if metric.by_collector:
        return "is the collector's own to say"
    return metric.fault(reading.value, reading.labels)


def _all_sound(readings: Iterable[Reading]) -> bool:
    """Whether nothing of these is to be refused: true of almost every result, and told in a fraction of the time.

    Where it says no, the one-by-one look decides.
    """
    count = 0
    seen: set[object] = set()
    for reading in readings:
        name, value, labels = reading.name, reading.value, reading.labels
        own, least = _DECLARED.get(name, _NOTHING)
        # Also false for what is not a number, and for every value of a name that nobody declared.
        if type(value) is not float or not least <= value <= _LARGEST or len(labels) != len(own):
            return False
        if own:
            # In declared order: two ways of writing one series are one series.
            texts = tuple([labels.get(label, "") for label in own])
            if any(map(_label_fault, texts)):
                return False
            seen.add((name, texts))
        else:
            seen.add(name)
        count += 1
    return len(seen) == count


def _sift_result(result: Result, room: int) -> tuple[Result | None, int]:
    if (
        not 0 < len(result.probe) <= NAME_LENGTH
        or _label_fault(result.probe)
        or not 0 < result.seq <= _FARTHEST
        or not 0 <= result.boottime <= FARTHEST_SECONDS
        or not -FARTHEST_SECONDS <= result.wall <= FARTHEST_SECONDS
        or not 0 <= result.took <= FARTHEST_SECONDS
        or len(result.outcome) > NAME_LENGTH
    ):
        return None, 1 + len(result.readings)
    if (
        len(result.readings) <= min(room, READINGS_PER_RESULT)
        and len(result.reason) <= REASON_LENGTH
        and _all_sound(result.readings)
    ):
        return result, 0
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


def _sift_fingerprint(fingerprint: Fingerprint) -> Fingerprint:
    return {
        kind: items
        for kind, items in fingerprint.items()
        if kind in WEIGHTS and len(items) <= FINGERPRINT_ITEMS and all(_ITEM.match(item) for item in items)
    }


def _sift_head(delivery: Delivery) -> Delivery:
    wanted: dict[str, Any] = {
        "fingerprint": _sift_fingerprint(delivery.fingerprint),
        "agent": "" if label_fault(delivery.agent) else delivery.agent,
        "system": "" if label_fault(delivery.system) else delivery.system,
        "settings": delivery.settings if 0 <= delivery.settings <= _FARTHEST else 0,
        "starts": delivery.starts if 0 <= delivery.starts <= _FARTHEST else 0,
        "refusals": tuple(text[:REASON_LENGTH] for text in delivery.refusals[:REFUSALS]),
    }
    changed = {key: value for key, value in wanted.items() if getattr(delivery, key) != value}
    return msgspec.structs.replace(delivery, **changed) if changed else delivery


def _sift_report(report: Report) -> tuple[Report | None, int]:
    if len(report.run) > _RUN_LENGTH or label_fault(report.run) or len(report.boot) > _RUN_LENGTH:
        return None, 1
    if label_fault(report.boot):
        return None, 1
    room = READINGS_PER_MACHINE if report.live else READINGS_PER_RESULT * len(report.results)
    results: list[Result] = []
    refused = 0
    for result in report.results:
        kept, lost = _sift_result(result, room)
        refused += lost
        if kept is not None:
            results.append(kept)
            room -= len(kept.readings)
    rows, lost = _sift_rows(report.rows) if report.rows else (report.rows, 0)
    changed: dict[str, Any] = {"rows": rows} if rows != report.rows else {}
    if len(results) != len(report.results) or any(map(operator.is_not, results, report.results)):
        changed["results"] = tuple(results)
    sections = {name: code for name, code in report.sections.items() if name in SECTIONS and _DIGEST.match(code)}
    if sections != report.sections:
        changed["sections"] = sections
    if not BEAT_SECONDS[0] <= report.beat <= BEAT_SECONDS[1]:
        changed["beat"] = BEAT_DEFAULT
    word = report.word
    if word is not None and (label_fault(word.word) or label_fault(word.kind) or not _is_clock(word.boottime)):
        changed["word"], lost = None, lost + 1
    return (msgspec.structs.replace(report, **changed) if changed else report), refused + lost


def sift(delivery: Delivery) -> tuple[Delivery, int]:
    """The delivery with only what may be taken in, and how many readings, rows and results were not.

    Returns the same object where nothing was refused or changed, so that its bytes can be kept as they came. Whatever
    it returns can be encoded again.
    """
    head = _sift_head(delivery)
    reports: list[Report] = []
    refused = 0
    for report in delivery.reports:
        kept, lost = _sift_report(report)
        refused += lost
        if kept is not None:
            reports.append(kept)
    if len(reports) == len(delivery.reports) and all(a is b for a, b in zip(reports, delivery.reports, strict=True)):
        return head, refused
    return msgspec.structs.replace(head, reports=tuple(reports)), refused
