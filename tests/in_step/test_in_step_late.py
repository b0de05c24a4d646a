"""What came late never raises an alert: no rule looks so far back that it could see it."""

import promql_parser
import pytest
from grafana.boards.documents import RECORDS

from schooldrum_collector.show.remote_write import LATE_SECONDS
from schooldrum_collector.show.rules import ALERTS
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Lasts

SENT = {name for name, metric in METRICS.items() if metric.lasts is Lasts.HEARD and not metric.by_collector}
RULES = {alert.name: alert.expr for alert in ALERTS} | RECORDS


def seen_late(expression: str) -> list[str]:
    """The metrics that may come late, and are looked at over a longer time or from a past moment."""
    found: list[str] = []

    def note(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            if node.range.total_seconds() > LATE_SECONDS and node.vector_selector.name in SENT:
                found.append(str(node.vector_selector.name))
        elif isinstance(node, promql_parser.VectorSelector) and node.offset and node.name in SENT:
            found.append(str(node.name))
        elif isinstance(node, promql_parser.SubqueryExpr):
            found.append("a subquery")

    promql_parser.walk(promql_parser.parse(expression), note)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sees_nothing_that_came_late(rule: str) -> None:
    assert seen_late(RULES[rule]) == []


@pytest.mark.parametrize(
    "expression",
    [
        "max_over_time(school_ladder_step_success[10m])",
        "school_cpu_usage_ratio offset 1h",
        "max_over_time(rate(school_agent_cpu_seconds_total[5m])[1h:1m])",
    ],
)
def test_one_that_would_is_caught(expression: str) -> None:
    assert seen_late(expression)
