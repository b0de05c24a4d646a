"""Every query of every dashboard, choice and rule, asked of a real Prometheus.

It holds what a real agent on this machine measured, and a small area whose PCs send everything that can be measured.
"""

import json
import math
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest
from grafana.boards import BOARDS
from grafana.boards.board import Board, Panel, Query, Shape
from grafana.boards.documents import RECORDS
from grafana.boards.drawing import named_by
from grafana.boards.units import unit_of
from grafana.boards.variables import AREA, ROOM, SCHOOL
from tests.e2e.beside import DEPLOY, Prometheus
from tests.e2e.programs import Agent, Collector, eventually, fetched
from tests.e2e.simulated_area import HOSTILE, Area

pytestmark = [pytest.mark.prometheus, pytest.mark.slow, pytest.mark.xdist_group("dashboards")]
CHOSEN = {"area": ".*", "school": "S1", "room": "tin1", "machine": "tin1-01", "span": "7d"}
CHOSEN_HERE = {**CHOSEN, "school": "DEMO"}
"""The real agent's PC."""
MOST_SERIES = 250
"""What a panel may show of three schools; the real bound is topk's and the rules'."""
MAY_BE_NEGATIVE = {"Support left", "What changed since yesterday", "For a person to decide"}
UNTOLD_HERE = {"schooldrum:patch_late_machines:count"}
"""No PC here was watched for the two weeks after which it is known how long updates wait: then none is counted."""
NEVER_HERE = {
    # Of these the area has none: each query says why that is a right answer, and none of them fails.
    "Overview: What changed since yesterday",
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    home = tmp_path_factory.mktemp("dashboards")
    with ExitStack() as stack:
        collector = Collector(home / "collector")
        collector.serve()
        stack.callback(collector.stop)
        agent = Agent(home / "agent", beat="1", pace="cpu=5", start_spread="0")
        agent.enrol(collector)
        agent.run()
        stack.callback(agent.stop)
        stack.callback(Area(collector, home).stop)
        # What is worked out each few minutes or once an hour cannot be waited for.
        rules = re.sub(r"interval: \w+", "interval: 2s", (DEPLOY / "schooldrum.rules.yml").read_text("utf-8"))
        prometheus = Prometheus(home / "prometheus", collector.office, rules=rules)
        stack.callback(prometheus.program.stop, 90)
        # Twice the pace of what counts and sums up, and once of what is judged.
        eventually(lambda: prometheus.query("school_internet_availability_ratio > 0"), 150, "a first half minute")
        eventually(lambda: prometheus.query('school_lesson_lost_seconds{group="office"}'), 60, "lesson time lost")
        eventually(lambda: prometheus.query('school_lesson_lost_seconds{group="none"}'), 60, "lesson time lost abroad")
        eventually(lambda: prometheus.query("schooldrum:unsupported_machines:count > 0"), 60, "what is judged of PCs")
        yield prometheus


def filled(expression: str, chosen: dict[str, str]) -> str:
    """As Grafana fills it in: codes are plain, so that escaping leaves them as they are."""
    expression = expression.replace("$__rate_interval", "20s")
    return re.sub(r"\$(\w+)", lambda found: chosen[found[1]], expression)


def answered(prometheus: Prometheus, expression: str) -> list[dict[str, Any]]:
    answer = json.loads(fetched(f"{prometheus.url}/api/v1/query?query={quote(expression)}"))
    assert answer["status"] == "success", (expression, answer.get("error"))
    assert not answer.get("warnings"), answer
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def shown(prometheus: Prometheus, query: Query) -> list[dict[str, Any]]:
    """What a query gives of the area's first school, or where it gives nothing, of the real agent's PC."""
    return answered(prometheus, filled(query.expr, CHOSEN)) or answered(prometheus, filled(query.expr, CHOSEN_HERE))


PANELS = [
    pytest.param(board, panel, id=f"{board.title[1]}: {panel.title[1]}")
    for board in BOARDS
    for panel in board.panels
    if panel.shape is not Shape.TEXT
]


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_shows_what_it_says(watched: Prometheus, board: Board, panel: Panel):
    results = [shown(watched, query) for query in panel.queries]
    for query, result in zip(panel.queries, results, strict=True):
        assert result or query.may_be_empty, query.expr
        assert len(result) <= MOST_SERIES
        for words in query.legend:
            for series in result:
                assert set(re.findall(r"\{\{(\w+)\}\}", words)) <= series["metric"].keys()
        for series in result:
            _in_range(float(series["value"][1]), panel, query)
    if f"{board.title[1]}: {panel.title[1]}" not in NEVER_HERE:
        assert any(results) or all(query.may_be_empty for query in panel.queries)
    if panel.shape is Shape.TABLE and any(results):
        named = {name for result in results for series in result for name in series["metric"]}
        wanted = {column.name for column in panel.columns if not column.name.startswith("Value")}
        optional = {"room", "verdict", "site"} if "Going on" in panel.title[1] else {"verdict"}
        assert wanted - optional <= named, (wanted, named)
    for column in panel.columns:
        if column.said and not column.name.startswith("Value"):
            known = {one.value for one in column.said}
            assert {series["metric"].get(column.name) for result in results for series in result} - {None} <= known
    if panel.said and results[0]:
        assert {series["value"][1] for result in results for series in result} <= {one.value for one in panel.said}


def _in_range(value: float, panel: Panel, query: Query) -> None:
    """Whether a figure is one that its unit can have."""
    letter = "ABCDEFGHIJ"[panel.queries.index(query)]
    column = next((one for one in panel.columns if one.name in {f"Value #{letter}", "Value"}), None)
    unit = (column.unit if column else panel.unit) or unit_of(query.expr)
    assert math.isfinite(value) or "histogram_quantile" in query.expr, query.expr
    if unit == "percentunit":
        assert not value < 0
        assert not value > 1.001 or "histogram_quantile" in query.expr or panel.unit == "percentunit", query.expr
    elif unit == "dateTimeFromNow":
        assert abs(value / 1000 - time.time()) < 10 * 365 * 86400, query.expr
    elif panel.title[1] not in MAY_BE_NEGATIVE:
        assert not value < 0, query.expr


@pytest.mark.parametrize("variable", [AREA, SCHOOL, ROOM], ids=lambda one: one.name)
def test_hostile_names_are_chosen_by_their_codes(watched: Prometheus, variable):
    chosen = {**CHOSEN, "school": "S2"}
    pattern = named_by(variable).strip("/").replace("(?<", "(?P<")
    found = {}
    for series in answered(watched, filled(variable.query, chosen)):
        labels = dict(series["metric"])
        name = labels.pop("__name__")
        inside = ",".join(f'{label}="{labels[label]}"' for label in sorted(labels))
        read = re.search(pattern, f"{name}{{{inside}}} 1 1790000000000")
        assert read is not None
        found[read["value"]] = read["text"]
    if variable is AREA:
        assert found["hn/q3"] == 'Quận 3 "cũ"'
    elif variable is SCHOOL:
        # The register takes what turns the direction of writing out of a name.
        kept = {code: re.sub("[\u202e\u202c]", "", name) for code, name in HOSTILE.items()}
        assert found == {"DEMO": "THCS Bình Minh", **kept}
    else:
        assert found == {"tin1": "Phòng S2"}


def test_no_rule_fails_and_each_records_something(watched: Prometheus):
    answer = json.loads(fetched(f"{watched.url}/api/v1/rules"))
    rules = [rule for group in answer["data"]["groups"] for rule in group["rules"]]
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
    recorded = {rule["name"] for rule in rules if rule["type"] == "recording"}
    assert recorded == RECORDS.keys()
    for name in sorted(recorded - UNTOLD_HERE):
        assert answered(watched, name), name


def test_faults_of_the_area_stand_where_they_are(watched: Prometheus):
    verdicts = {
        series["metric"]["school"]: series["metric"]["verdict"]
        for series in answered(watched, 'school_incident_begin_timestamp_seconds{kind="outage"}')
    }
    assert verdicts == {"S1": "international", "S2": "dns"}
    groups = {
        (series["metric"]["school"], series["metric"]["group"])
        for series in answered(watched, 'school_lesson_lost_seconds{window="1d"} > 0')
    }
    assert groups == {("S1", "none"), ("S2", "office")}
    assert {one["metric"]["school"] for one in answered(watched, 'school_internet_lost_seconds{window="30d"}')} == {
        "S2"
    }
