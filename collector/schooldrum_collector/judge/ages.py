"""Which times in a delivery are possible: not in the future, not too old, not before enrolment, in order in a run."""

import msgspec

from schooldrum_wire.limits import AGE_SECONDS, LONGEST_SECONDS
from schooldrum_wire.report import Delivery, Report
from schooldrum_wire.result import Result

EARLY_SECONDS = 3600.0
"""A clone measures before it has been repaired, and its own record is younger than these results."""
_ROUNDING = 2.0
_SLOWEST_PROBE = 900.0
"""A result is numbered when its probe ends and dated when it began, so neighbours may stand this far out of order."""


def _in_order(results: tuple[Result, ...]) -> bool:
    times = [result.boottime for result in results]
    if not times or max(times) - min(times) <= _SLOWEST_PROBE:
        # So close together that their order does not matter.
        return True
    seq, latest = 0, 0.0
    for result in results:
        if result.seq < seq or result.boottime < latest - _SLOWEST_PROBE:
            return False
        seq = result.seq
        latest = max(latest, result.boottime)
    return True


def _monotone(results: tuple[Result, ...]) -> tuple[Result, ...]:
    if _in_order(results):
        return results
    impossible: set[int] = set()
    latest = 0.0
    for result in sorted(results, key=lambda result: result.seq):
        if result.boottime < latest - _SLOWEST_PROBE:
            impossible.add(id(result))
        else:
            latest = max(latest, result.boottime)
    return tuple(result for result in results if id(result) not in impossible) if impossible else results


def _bounded(report: Report, earliest: float, latest: float) -> tuple[Report, int]:
    results = report.results
    times = [result.boottime for result in results]
    if (
        report.word is None
        and times
        and earliest <= (first := min(times))
        and (last := max(times)) <= latest
        # So close together that their order does not matter either.
        and last - first <= _SLOWEST_PROBE
    ):
        return report, 0
    possible = [result for result in results if earliest <= result.boottime <= latest]
    if len(possible) < len(results):
        results = tuple(possible)
    results = _monotone(results)
    word = report.word
    if word is not None and not earliest <= word.boottime <= latest:
        word = None
    if results is report.results and word is report.word:
        return report, 0
    refused = len(report.results) - len(results) + (word is not report.word)
    return msgspec.structs.replace(report, results=results, word=word), refused


def bound(delivery: Delivery, *, received: float, enrolled: float) -> tuple[Delivery, int]:
    """The delivery without results and words whose times cannot be, and how many those were.

    A sender's wall clock that is more than a century off says nothing but that: it is taken for one a century off, and
    counted.

    Ages are known only for the boot that sends (its clock runs on to `now`); results of earlier boots are dated when
    they enter history, and bounded there. `received` and `enrolled` are epoch seconds of the collector. Returns the
    same object where nothing was refused. A report said to be live from another boot than the sender's is backlog.
    """
    now = delivery.now
    earliest = max(now.boottime - AGE_SECONDS, now.boottime - (received - enrolled) - EARLY_SECONDS)
    latest = now.boottime + _ROUNDING
    reports: list[Report] = []
    wall = max(received - LONGEST_SECONDS, min(now.wall, received + LONGEST_SECONDS))
    changed = wall != now.wall
    refused = int(changed)
    for report in delivery.reports:
        if report.boot == now.boot:
            kept, lost = _bounded(report, earliest, latest)
        else:
            kept, lost = _bounded(report, 0.0, float("inf"))
            if kept.live:
                kept = msgspec.structs.replace(kept, live=False)
        reports.append(kept)
        refused += lost
        changed = changed or kept is not report
    if not changed:
        return delivery, 0
    now = msgspec.structs.replace(now, wall=wall)
    return msgspec.structs.replace(delivery, reports=tuple(reports), now=now), refused
