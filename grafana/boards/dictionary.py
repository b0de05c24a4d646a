"""The dictionary of metrics: name, unit, labels, meaning, and which dashboards and alerts use each."""

from collections.abc import Iterable, Mapping

from grafana.boards.board import Board
from grafana.boards.units import metrics_in
from grafana.boards.unshown import NOT_YET, UNSHOWN
from prometheus_client import CollectorRegistry

from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind, Metric

_UNITS = (
    ("_timestamp_seconds", "seconds since 1970"),
    ("_seconds", "seconds"),
    ("_bytes", "bytes"),
    ("_ratio", "0 to 1"),
    ("_info", "always 1"),
)


def unit(name: str) -> str:
    """The unit that a metric's name says, in words; empty for plain numbers."""
    plain = name.removesuffix("_total")
    return next((words for suffix, words in _UNITS if plain.endswith(suffix)), "")


def used_by(boards: Iterable[Board], alerts: Mapping[str, str], records: Mapping[str, str]) -> dict[str, list[str]]:
    """For each metric the titles of dashboards and names of alerts that use it, also through a recording rule.

    `alerts` and `records` are expressions by name of the alert or of the recorded series.
    """
    used: dict[str, list[str]] = {}

    def note(expression: str, user: str) -> None:
        waiting = list(metrics_in(expression))
        while waiting:
            name = waiting.pop()
            users = used.setdefault(name, [])
            if user not in users:
                users.append(user)
                waiting += metrics_in(records.get(name, "up"))

    for board in boards:
        expressions = [query.expr for panel in board.panels for query in panel.queries]
        for expression in [*expressions, *(variable.query for variable in board.variables if variable.query)]:
            note(expression, board.title[1])
    for alert, expression in alerts.items():
        note(expression, f"alert {alert}")
    return used


def written(used: Mapping[str, list[str]], own: CollectorRegistry) -> str:
    """The dictionary as a document (Markdown); `own` holds the collector's own metrics."""
    lines = [
        "# Metrics",
        "",
        "Derived from the catalogue by `make docs`. Labels of place (`school`, `site`, `room`, `machine`) stand beside",
        "those named here; the collector gives them, never a PC. `heard`: while the PC is on. `kept`: until the PC",
        "is retired.",
        "",
        "## What is measured and judged",
        "",
        "| metric | kind | unit | labels | shown | meaning | used in |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(metric, used) for metric in sorted(METRICS.values(), key=lambda metric: metric.name)]
    lines += [
        "",
        "## The collector itself",
        "",
        "| metric | kind | unit | labels | meaning | used in |",
        "|---|---|---|---|---|---|",
    ]
    for family in sorted(_families(own), key=lambda one: one[0]):
        name, kind, labels, help_ = family
        lines.append(f"| `{name}` | {kind} | {unit(name)} | {labels} | {help_} | {_users(name, used)} |")
    return "\n".join(lines) + "\n"


def _row(metric: Metric, used: Mapping[str, list[str]]) -> str:
    kind = "gauge" if metric.kind is Kind.AGE else metric.kind.value
    meaning = metric.shown_help + (f" Retired with {metric.until}." if metric.until else "")
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    where = _users(metric.name, used)
    return f"| `{metric.name}` | {kind} | {unit(metric.name)} | {labels} | {metric.lasts.value} | {meaning} | {where} |"


def _users(name: str, used: Mapping[str, list[str]]) -> str:
    stems = (name, f"{name}_bucket", f"{name}_count", f"{name}_sum")
    users = sorted({user for stem in stems for user in used.get(stem, ())})
    return ", ".join(users) or f"none: {UNSHOWN.get(name, NOT_YET)}"


def _families(own: CollectorRegistry) -> list[tuple[str, str, str, str]]:
    found = []
    for family in own.collect():
        if family.name.startswith("schooldrum_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
            found.append((name, family.type, ", ".join(f"`{label}`" for label in labels), family.documentation))
    return found
