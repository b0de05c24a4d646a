"""Which series a PromQL expression asks for, read by a parser of the language."""

import functools

import promql_parser
from promql_parser import Expr, MatrixSelector, VectorSelector

_INTERVALS = ("$__rate_interval", "$__range", "$__interval")


@functools.lru_cache(maxsize=4096)
def series_in(expression: str) -> tuple[str, ...]:
    """Names of the series it asks for, in order, each once; Grafana's own variables may stand in it.

    Raises:
        ValueError: it is no PromQL.
    """
    for interval in _INTERVALS:
        expression = expression.replace(interval, "5m")
    found: list[str] = []

    def note(node: Expr) -> None:
        if isinstance(node, MatrixSelector):
            node = node.vector_selector
        if isinstance(node, VectorSelector) and node.name:
            found.append(node.name)

    promql_parser.walk(promql_parser.parse(expression), note)
    return tuple(dict.fromkeys(found))
