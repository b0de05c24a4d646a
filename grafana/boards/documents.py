"""Every file made from the dashboards: their JSON in both languages, provisioning, the dictionary of metrics."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from grafana.boards import BOARDS
from grafana.boards.board import Board
from grafana.boards.dictionary import used_by, written
from grafana.boards.drawing import LANGUAGES, drawn
from grafana.boards.provisioning import dashboards, datasource
from prometheus_client import CollectorRegistry

from schooldrum_collector.show.list_age import ListAges
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.show.rule import Record
from schooldrum_collector.show.rules import ALERTS, GROUPS
from schooldrum_collector.store.records import Register

EMPTY = Register(version=0, areas={}, schools={}, rooms={}, machines={}, by_school={}, settings={}, settings_version=0)
RECORDS = {rule.name: rule.expr for group in GROUPS for rule in group.rules if isinstance(rule, Record)}
"""What Prometheus records, by name."""


class _Judged:
    """A judgement of nothing, so that its figures are named."""

    at = 1.0
    schools = 0

    def __init__(self) -> None:
        self.open: dict[str, int] = {}

    @property
    def watched(self) -> "_Judged":
        """Itself."""
        return self


def own_metrics() -> CollectorRegistry:
    """The collector's own metrics, each with at least one sample so that its labels can be read."""
    own = OwnMetrics()
    own.watch(register=lambda: EMPTY, pending=lambda: 0, grace=lambda: False, started=0.0)
    own.watch_incidents(_Judged())
    own.registry.register(ListAges(lambda: [("support", datetime.fromtimestamp(0, UTC).date())], lambda: 0.0))
    own.refused.labels(error="malformed").inc()
    own.page_seconds.labels(page="own").observe(0)
    return own.registry


def dictionary() -> str:
    """The dictionary of metrics."""
    alerts = {alert.name: alert.expr for alert in ALERTS}
    return written(used_by(BOARDS, alerts, RECORDS), own_metrics())


def file_of(board: Board, language: str) -> str:
    """Where a dashboard's JSON lies, from the project's folder."""
    return f"grafana/{language}/{board.uid.removeprefix('schooldrum-')}.json"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "grafana/metrics.md": dictionary,
    **{file_of(board, language): partial(drawn, board, language) for board in BOARDS for language in LANGUAGES},
    **{
        f"grafana/provisioning/{language}/dashboards/schooldrum.yaml": partial(dashboards, language)
        for language in LANGUAGES
    },
    **{
        f"grafana/provisioning/{language}/datasources/schooldrum.yaml": partial(datasource, language)
        for language in LANGUAGES
    },
}
"""What makes each file, by its place from the project's folder."""
