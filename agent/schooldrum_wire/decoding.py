"""How bytes become a delivery with whatever is sound in them: bad input loses nothing beside it."""

import json
import math
from typing import Any, TypeVar

import msgspec

from schooldrum_wire.limits import FARTHEST_SECONDS, REPORTS_PER_DELIVERY, RESULTS_PER_REPORT
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Report, Word
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

_delivery = msgspec.json.Decoder(Delivery)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_LISTS = (list, tuple)
_MOST_DIGITS = 300
_T = TypeVar("_T")


class Malformed(ValueError):  # noqa: N818 - it names what the body is
    """The body as a whole cannot be used: not JSON, not a delivery, or of a version we do not speak."""


def decode_delivery(body: bytes) -> tuple[Delivery, int]:
    """A delivery with all that is sound in it, and how many readings, rows, results and reports were not.

    Unknown keys, outcomes and words are kept or ignored, never refused: the sender may be newer or older.

    Raises:
        Malformed: nothing can be saved.
    """
    try:
        delivery = _delivery.decode(body)
    except _UNREADABLE:
        return _salvage(body)
    _check_shape(delivery.version, delivery.reports)
    _check_now(delivery)
    for report in delivery.reports:
        if len(report.results) > RESULTS_PER_REPORT:
            return _salvage(body)
    return delivery, 0


def _check_shape(version: object, reports: object) -> None:
    if version != 1:
        raise Malformed(f"version {version!r:.20} is not spoken here; this collector speaks 1")
    if not isinstance(reports, _LISTS):
        raise Malformed("no list of reports in it")
    if not 0 < len(reports) <= REPORTS_PER_DELIVERY:
        raise Malformed(f"{len(reports)} reports; a delivery holds 1 to {REPORTS_PER_DELIVERY}")


def _check_now(delivery: Delivery) -> None:
    now = delivery.now
    if not (math.isfinite(now.wall) and math.isfinite(now.boottime) and 0 <= now.boottime <= FARTHEST_SECONDS):
        raise Malformed("the sender's clocks (now) are no times")


def _soundly(raw: object, shape: type[_T]) -> _T | None:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError:
        return None


def _without_surrogates(tree: Any) -> Any:
    if isinstance(tree, str):
        return tree.encode("utf-8", "replace").decode()
    if isinstance(tree, list):
        return [_without_surrogates(one) for one in tree]
    if isinstance(tree, dict):
        return {_without_surrogates(key): _without_surrogates(value) for key, value in tree.items()}
    return tree


def _whole(digits: str) -> float:
    """A whole number. One that no double holds is infinite, as 1e999 is; Python would not read thousands of digits."""
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


def _salvage(body: bytes) -> tuple[Delivery, int]:
    try:
        # The standard library's reader also takes NaN, 1e999 and lone surrogates: they cost one reading, not the body.
        tree = _without_surrogates(json.loads(body, parse_int=_whole))
    except (ValueError, RecursionError) as problem:
        raise Malformed(f"not JSON: {type(problem).__name__}") from problem
    if not isinstance(tree, dict):
        raise Malformed("not an object")
    _check_shape(tree.get("version", 1), tree.get("reports"))
    saved = [_salvage_report(raw) for raw in tree["reports"]]
    reports = tuple(report for report, _ in saved if report is not None)
    if not reports:
        raise Malformed("no report in it can be read")
    refused = sum(dropped for _, dropped in saved)
    bare: dict[str, Any] = {"reports": [], "now": tree.get("now")}
    for key in ("fingerprint", "agent", "system", "settings", "starts", "refusals", "around"):
        if key not in tree:
            continue
        if _soundly({"reports": [], "now": {"boot": "", "boottime": 0, "wall": 0}, key: tree[key]}, Delivery) is None:
            refused += 1
        else:
            bare[key] = tree[key]
    delivery = _soundly(bare, Delivery)
    if delivery is None:
        raise Malformed("the sender's clocks (now) cannot be read")
    _check_now(delivery)
    return msgspec.structs.replace(delivery, reports=reports), refused


def _salvage_report(raw: object) -> tuple[Report | None, int]:
    if not isinstance(raw, dict):
        return None, 1
    offered = raw.get("results", [])
    saved = [_salvage_result(one) for one in offered[:RESULTS_PER_REPORT]] if isinstance(offered, list) else []
    refused = sum(dropped for _, dropped in saved)
    refused += max(0, len(offered) - RESULTS_PER_REPORT) if isinstance(offered, list) else 1
    plain = {key: raw[key] for key in ("run", "boot", "live") if key in raw}
    shapes = (
        ("beat", int), ("word", Word), ("sections", dict[str, str]), ("frozen", bool), ("network", str),
        ("elsewhere", bool), ("sees", dict[str, float]),
    )  # fmt: skip
    for key, shape in shapes:
        if raw.get(key) is None:
            continue
        if _soundly(raw[key], shape) is None:
            refused += 1
        else:
            plain[key] = raw[key]
    rows, dropped = _salvage_rows(raw.get("rows", {}))
    report = _soundly({**plain, "rows": rows, "results": []}, Report)
    if report is None:
        return None, refused + dropped + 1
    results = tuple(result for result, _ in saved if result is not None)
    return msgspec.structs.replace(report, results=results), refused + dropped


def _salvage_rows(raw: object) -> tuple[dict[str, list[Values]], int]:
    if not isinstance(raw, dict):
        return {}, 1
    rows: dict[str, list[Values]] = {}
    refused = 0
    for name, values in raw.items():
        if not isinstance(values, list):
            refused += 1
            continue
        rows[name] = [row for row in values if _soundly(row, Values) is not None]
        refused += len(values) - len(rows[name])
    return rows, refused


def _salvage_result(raw: object) -> tuple[Result | None, int]:
    if not isinstance(raw, dict):
        return None, 1
    offered = raw.get("readings", [])
    listed = offered if isinstance(offered, list) else []
    readings = tuple(reading for one in listed if (reading := _soundly(one, Reading)) is not None)
    refused = len(listed) - len(readings) + (offered is not listed)
    result = _soundly({**raw, "readings": []}, Result)
    if result is None:
        return None, refused + 1
    return msgspec.structs.replace(result, readings=readings), refused
