"""What of a decoded delivery may be taken in: only what the catalogue declares, as it declares it."""

import functools
import math
import operator
import re
from itertools import chain
from typing import Any

import msgspec

from schooldrum_wire.around import is_network, sound_sights
from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.fingerprint import WEIGHTS
from schooldrum_wire.limits import (
    FARTHEST_SECONDS,
    FINGERPRINT_ITEMS,
    LABEL_LENGTH,
    NAME_LENGTH,
    READINGS_PER_MACHINE,
    READINGS_PER_RESULT,
    REASON_LENGTH,
    REFUSALS,
    ROWS_PER_SECTION,
)
from schooldrum_wire.metric import label_fault
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Fingerprint, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values
from schooldrum_wire.settings import BEAT_DEFAULT, BEAT_SECONDS

_RUN_LENGTH = 64
SIGHT_SECONDS = 7200.0
"""A PC that was heard longer ago is not seen; the longest beat is a quarter of an hour."""
_FARTHEST = 2**53
_ITEM = re.compile(r"[0-9a-f]{16}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


_DECLARED = {metric.name: (metric.labels, *metric.bounds) for metric in METRICS.values() if not metric.by_collector}
"""What an agent may say: the labels of each metric, its least and its greatest value."""
_NOTHING: tuple[tuple[str, ...], float, float] = ((), math.inf, -math.inf)
_REMEMBERED, _REMEMBERED_LENGTH = 8192, 4096
"""How many results' words and series are remembered as sound, and characters of each at most."""
_Bounds = tuple[float, tuple[float, ...]]
"""Of the readings of a result: below what none may lie, and the greatest value of each."""
_remembered: dict[tuple[str | tuple[str, ...], ...], _Bounds] = {}
_short_fault = functools.lru_cache(maxsize=4096)(label_fault)


def _label_fault(text: str) -> str:
    # What is too long for a label is not kept in mind either.
    return _short_fault(text) if len(text) <= LABEL_LENGTH else label_fault(text)


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
    if why := metric.fault(reading.value, reading.labels):
        return why
    _, least, most = _DECLARED[reading.name]
    return "" if least <= reading.value <= most else metric.doubt(reading.value)


def _result_words_fault(probe: str, outcome: str) -> bool:
    return not 0 < len(probe) <= NAME_LENGTH or bool(_label_fault(probe)) or len(outcome) > NAME_LENGTH


def _sift_result(result: Result, room: int) -> tuple[Result | None, int]:
    if (
        _result_words_fault(result.probe, result.outcome)
        or not 0 < result.seq <= _FARTHEST
        or not 0 <= result.boottime <= FARTHEST_SECONDS
        or not -FARTHEST_SECONDS <= result.wall <= FARTHEST_SECONDS
        or not 0 <= result.took <= FARTHEST_SECONDS
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


def _sift_fingerprint(fingerprint: Fingerprint) -> Fingerprint:
    return {
        kind: items
        for kind, items in fingerprint.items()
        if kind in WEIGHTS and len(items) <= FINGERPRINT_ITEMS and all(_ITEM.match(item) for item in items)
    }


def _is_fingerprint(fingerprint: Fingerprint) -> bool:
    """Whether `_sift_fingerprint` would change nothing."""
    items = [one for several in fingerprint.values() for one in several]
    return fingerprint.keys() <= WEIGHTS.keys() and len(items) <= FINGERPRINT_ITEMS and all(map(_ITEM.match, items))


def _sift_head(delivery: Delivery) -> Delivery:
    wanted: dict[str, Any] = {
        "fingerprint": _sift_fingerprint(delivery.fingerprint),
        "agent": "" if label_fault(delivery.agent) else delivery.agent,
        "system": "" if label_fault(delivery.system) else delivery.system,
        "settings": delivery.settings if 0 <= delivery.settings <= _FARTHEST else 0,
        "starts": delivery.starts if 0 <= delivery.starts <= _FARTHEST else 0,
        "refusals": tuple(text[:REASON_LENGTH] for text in delivery.refusals[:REFUSALS]),
    }
    if delivery.around and not is_network(delivery.around):
        wanted["around"] = ""
    changed = {key: value for key, value in wanted.items() if getattr(delivery, key) != value}
    return msgspec.structs.replace(delivery, **changed) if changed else delivery


def _sift_around(report: Report) -> tuple[dict[str, Any], int]:
    """What of a report's words about its surroundings is to be others, and how many sights were dropped."""
    changed: dict[str, Any] = {}
    if report.network and not is_network(report.network):
        changed["network"] = ""
    sees = sound_sights(report.sees, SIGHT_SECONDS) if report.sees else report.sees
    if sees != report.sees:
        changed["sees"] = sees
    return changed, len(report.sees) - len(sees)


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
    around, unsound = _sift_around(report)
    changed |= around
    lost += unsound
    word = report.word
    if word is not None and (label_fault(word.word) or label_fault(word.kind) or not _is_clock(word.boottime)):
        changed["word"], lost = None, lost + 1
    return (msgspec.structs.replace(report, **changed) if changed else report), refused + lost


def _bounds_of(*series: str | tuple[str, ...]) -> _Bounds | None:
    """Between what the values of these series may lie; None where one is not declared, or two are the same."""
    least = -math.inf
    mosts: list[float] = []
    seen: set[object] = set()
    for one in series:
        name, *words = (one,) if isinstance(one, str) else one
        labels = dict(zip(words[: len(words) // 2], words[len(words) // 2 :], strict=True))
        own, lowest, most = _DECLARED.get(name, _NOTHING)
        if len(labels) != len(own) or any(map(_label_fault, [labels.get(label, "") for label in own])):
            return None
        # In declared order: two ways of writing one series are one series.
        seen.add((name, *[labels[label] for label in own]))
        least = max(least, lowest)
        mosts.append(most)
    return (least, tuple(mosts)) if len(seen) == len(series) else None


def _bounds(said: tuple[str | tuple[str, ...], ...]) -> _Bounds | None:
    """The same for a result: its probe, outcome and reason, then its series. None also for words that are not taken."""
    probe, outcome, reason, *series = said
    if _result_words_fault(str(probe), str(outcome)) or len(reason) > REASON_LENGTH:
        return None
    bounds = _bounds_of(*series)
    # Only what is sound is remembered, and only so much of it: it is text that anybody may have made up.
    if bounds is not None and sum(map(len, chain.from_iterable(said))) <= _REMEMBERED_LENGTH:
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[said] = bounds
    return bounds


def _are_sound(results: tuple[Result, ...], room: int) -> bool:
    """Whether nothing of these is to be refused, told column by column. PCs say the same series again and again."""
    numbers = [number for one in results for number in (one.seq, one.boottime, one.wall, one.took)]
    values = [reading.value for one in results for reading in one.readings]
    # A sum is finite only if everything in it is, and then comparing finds no "not a number".
    if (
        not math.isfinite(sum(numbers) + sum(values))
        or min(numbers) < 0
        or max(numbers) > FARTHEST_SECONDS
        or not all(numbers[::4])
        or len(values) > room
    ):
        return False
    lowest = min(values, default=0.0)
    mosts: list[float] = []
    for one in results:
        said = (
            one.probe,
            one.outcome,
            one.reason,
            *[
                (reading.name, *reading.labels, *reading.labels.values()) if reading.labels else reading.name
                for reading in one.readings
            ],
        )
        bounds = _remembered.get(said)
        if bounds is None and (bounds := _bounds(said)) is None:
            return False
        if len(one.readings) > READINGS_PER_RESULT:
            return False
        if lowest < bounds[0] and min(reading.value for reading in one.readings) < bounds[0]:
            return False
        mosts += bounds[1]
    return bool not in map(type, values) and not any(map(operator.gt, values, mosts))


def _is_sound(delivery: Delivery) -> bool:
    """Whether a delivery of one report can be taken as it is: true of almost every one, and told in less time.

    Where it says no, the look at each single thing decides.
    """
    if len(delivery.reports) != 1:
        return False
    report = delivery.reports[0]
    codes = report.sections.values()
    words = (delivery.agent, delivery.system, report.run, report.boot)
    return not (
        report.rows
        or report.word
        or not report.results
        or delivery.refusals
        or not 0 <= delivery.settings <= _FARTHEST
        or not 0 <= delivery.starts <= _FARTHEST
        or not BEAT_SECONDS[0] <= report.beat <= BEAT_SECONDS[1]
        or "" in words
        or max(map(len, words)) > _RUN_LENGTH
        or not "".join(words).isprintable()
        or not report.sections.keys() <= SECTIONS.keys()
        or not all(map(_DIGEST.match, codes))
        or (report.network and not is_network(report.network))
        or (report.sees and sound_sights(report.sees, SIGHT_SECONDS) != report.sees)
        or (delivery.around and not is_network(delivery.around))
        or not _is_fingerprint(delivery.fingerprint)
        or not _are_sound(report.results, READINGS_PER_MACHINE if report.live else READINGS_PER_RESULT)
    )


def sift(delivery: Delivery) -> tuple[Delivery, int]:
    """The delivery with only what may be taken in, and how many readings, rows and results were not.

    Returns the same object where nothing was refused or changed, so that its bytes can be kept as they came. Whatever
    it returns can be encoded again.
    """
    return (delivery, 0) if _is_sound(delivery) else sift_each(delivery)


def sift_each(delivery: Delivery) -> tuple[Delivery, int]:
    """The same, looking at each single thing."""
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
