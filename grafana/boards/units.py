"""In which unit a figure is shown: derived from the names of the metrics it is made of, never written twice."""

import re

from grafana.boards.promql import series_in

_RATE = re.compile(r"\b(?:rate|increase|irate)\s*\(")
_COUNTING = re.compile(
    r"^\s*\(*\s*(?:sum|avg|max|min)?\s*(?:by \([a-z, ]*\))?\s*\(*\s*count\b|\bcount_values\b|> bool|== bool"
)
_ENDINGS = (
    ("_timestamp_seconds", "dateTimeFromNow"),
    ("_seconds", "s"),
    ("_bytes", "bytes"),
    ("_ratio", "percentunit"),
)
_OURS = ("school_", "schooldrum_", "schooldrum:")


def metrics_in(expression: str) -> tuple[str, ...]:
    """Names of our series in a PromQL expression, those that rules record too, in order, each once."""
    return tuple(name for name in series_in(expression) if name.startswith(_OURS))


def unit_of(expression: str) -> str:
    """Grafana's id of the unit of what an expression gives; `short` for plain counts."""
    if _COUNTING.search(expression):
        return "short"
    for name in metrics_in(expression):
        if unit := _unit(name, expression):
            return unit
    return "short"


def _unit(name: str, expression: str) -> str:
    if name.startswith("schooldrum:"):
        _, metric, operation = name.split(":")
        if operation.startswith(("ratio", "count")):
            return "percentunit" if operation.startswith("ratio") else "short"
        name = metric
    plain = name.removesuffix("_bucket").removesuffix("_total")
    for ending, unit in _ENDINGS:
        if plain.endswith(ending):
            if unit == "dateTimeFromNow" and "time()" in expression:
                # A difference of timestamps is a length of time; a timestamp alone is a moment in milliseconds.
                return "s"
            if _RATE.search(expression):
                return {"bytes": "Bps", "s": "percentunit"}.get(unit, unit)
            return unit
    return ""
