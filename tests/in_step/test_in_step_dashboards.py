"""Dashboards, rules and catalogue know each other, and a current Grafana knows what the dashboards say."""

import itertools
import json
import re
from typing import Any

import promql_parser
import pytest
from grafana.boards import BOARDS
from grafana.boards.board import Board, Colour, Panel, Query, Shape
from grafana.boards.documents import RECORDS, file_of, own_metrics
from grafana.boards.drawing import COLLECTOR, COLUMNS, LANGUAGES, PLACES_OF, drawn, named_by
from grafana.boards.promql import series_in
from grafana.boards.units import metrics_in, unit_of
from grafana.boards.unshown import UNSHOWN
from grafana.boards.variables import AREA, ROOM, SCHOOL
from tests.in_step.derived import ROOT

from schooldrum_collector.show.meanings import METRIC_MEANINGS
from schooldrum_collector.show.rules import ALERTS
from schooldrum_wire.catalogue import METRICS

KNOWN: dict[str, Any] = json.loads((ROOT / "grafana/check/known.json").read_text("utf-8"))
WRITTEN = {name for name, metric in METRICS.items() if not metric.by_collector}
"""Of a PC, by one of its probes."""
UNSHOWN_FILE = "grafana/boards/unshown.py"
MEANINGS_FILE = "collector/schooldrum_collector/show/meanings.py"
RETIRED = {metric.name for metric in METRICS.values() if metric.until}
BUILT_IN = {
    "__interval",
    "__rate_interval",
    "__range",
    "__url_time_range",
    "__data",
    "__field",
    "datasource",
    "collector",
}
PANELS = [(board, panel) for board in BOARDS for panel in board.panels]
QUERIES = [(board, panel, query) for board, panel in PANELS for query in panel.queries]
DRAWN = {(board.uid, language): json.loads(drawn(board, language)) for board in BOARDS for language in LANGUAGES}
HOSTILE = (
    "THCS Bình Minh",
    'A" or vector(1) or school_info{name="',
    'x",school="EVIL',
    'x",room="evil"} 1',
    "<script>alert(1)</script>",
    "{{ .Labels }} ${__all} $school [[school]]",
    "a\\",
    "\u202egnud\u202c",
    "",
)


def own_names() -> set[str]:
    names: set[str] = set()
    for family in own_metrics().collect():
        if family.name.startswith("schooldrum_"):
            names.update(sample.name for sample in family.samples)
    return names


def used() -> set[str]:
    """Every series that a dashboard, a choice at the top or a rule asks for."""
    expressions = [query.expr for _, _, query in QUERIES]
    expressions += [variable.query for board in BOARDS for variable in board.variables if variable.query]
    expressions += [alert.expr for alert in ALERTS]
    return {name for expression in [*expressions, *RECORDS.values()] for name in series_in(expression)}


def label(board: Board, panel: Panel) -> str:
    return f"{board.title[1]}: {panel.title[1]}"


# Names


def test_only_declared_series_are_asked_for():
    known = (METRICS.keys() - RETIRED) | own_names() | RECORDS.keys() | {"up"}
    assert used() - known == set()


def test_whatever_is_declared_is_shown_or_it_is_said_why_not():
    """What a PC writes may wait for a dashboard: the dictionary says so until there is one, or a reason for none."""
    stems = {re.sub(r"_(bucket|count|sum)$", "", name) for name in used()} | used()
    declared = METRICS.keys() | {re.sub(r"_(bucket|count|sum)$", "", name) for name in own_names()}
    for name in sorted(declared - stems - UNSHOWN.keys()):
        assert name in WRITTEN, f'show {name} in grafana/boards/, or add "{name}": "why not", to {UNSHOWN_FILE}'
    for name in UNSHOWN:
        assert name in declared, f"no metric is called {name}: take its line out of {UNSHOWN_FILE}"
        assert name not in stems, f"{name} is shown by now: take its line out of {UNSHOWN_FILE}"


def test_what_a_pc_writes_is_told_in_vietnamese_before_it_is_shown():
    for name in sorted((used() | UNSHOWN.keys()) & WRITTEN - METRIC_MEANINGS.keys()):
        pytest.fail(f'{name} has no Vietnamese meaning: add "{name}": "….", to METRIC_MEANINGS in {MEANINGS_FILE}')


def test_whatever_is_recorded_is_asked_for():
    asked = {name for _, _, query in QUERIES for name in series_in(query.expr)}
    asked |= {name for alert in ALERTS for name in series_in(alert.expr)}
    for name in tuple(asked & RECORDS.keys()):
        asked.update(series_in(RECORDS[name]))
    assert RECORDS.keys() - asked == set()


def _selectors(expression: str) -> list[Any]:
    found: list[Any] = []

    def note(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            node = node.vector_selector
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    for interval in ("$__rate_interval", "$__interval", "$__range"):
        expression = expression.replace(interval, "5m")
    promql_parser.walk(promql_parser.parse(expression), note)
    return found


@pytest.mark.parametrize("expression", [*(query.expr for _, _, query in QUERIES), *RECORDS.values()])
def test_selectors_name_only_labels_that_are_declared(expression):
    places = {"school", "site", "room", "machine", "job", "instance"}
    for selector in _selectors(expression):
        metric = METRICS.get(selector.name)
        if metric is not None:
            named = {matcher.name for matcher in selector.matchers.matchers}
            assert named <= places | set(metric.labels), selector


@pytest.mark.parametrize(("board", "panel", "query"), QUERIES, ids=lambda one: getattr(one, "expr", "")[:60])
def test_what_a_query_leaves_open_is_chosen_at_the_top(board: Board, panel: Panel, query: Query):
    del panel
    chosen = {variable.name for variable in board.variables}
    assert set(re.findall(r"\$(\w+)", query.expr)) <= chosen | BUILT_IN


def test_choices_rest_on_choices_of_the_same_board():
    for board in BOARDS:
        before: set[str] = set()
        for variable in board.variables:
            assert set(re.findall(r"\$(\w+)", variable.query)) <= before, (board.uid, variable.name)
            before.add(variable.name)


def test_queries_choose_by_variables_only_inside_matchers():
    """A variable between quotes is escaped by Grafana's Prometheus source; anywhere else it would be PromQL."""
    for _, _, query in QUERIES:
        outside = re.sub(r'"[^"]*"', '""', query.expr)
        assert set(re.findall(r"\$(\w+)", outside)) <= {"__rate_interval"}, query.expr


# Links


def test_links_lead_to_boards_that_there_are():
    uids = {board.uid for board in BOARDS}
    boards = {board.uid: board for board in BOARDS}
    linked = [column.link for _, panel in PANELS for column in panel.columns] + [panel.link for _, panel in PANELS]
    assert {link for link in linked if link and not link.startswith("/")} <= uids
    assert PLACES_OF.keys() <= uids
    for uid, places in PLACES_OF.items():
        assert set(places) <= {variable.name for variable in boards[uid].variables}
    for alert in ALERTS:
        if alert.board:
            assert set(alert.variables) <= {variable.name for variable in boards[alert.board].variables}, alert.name


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: getattr(one, "title", ("", ""))[1])
def test_a_table_that_links_shows_what_the_link_needs(board: Board, panel: Panel):
    del board
    names = {column.name for column in panel.columns}
    for column in panel.columns:
        assert set(PLACES_OF.get(column.link, ())) <= names


# Words, colours, units


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: getattr(one, "title", ("", ""))[1])
def test_every_panel_explains_itself_in_both_languages(board: Board, panel: Panel):
    del board
    for words in (panel.title, panel.about):
        assert all(word.strip() for word in words), panel.title
        assert words[0] != words[1]
    assert all(text.endswith(".") for text in panel.about)
    assert len(panel.about[1]) <= 300


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: getattr(one, "title", ("", ""))[1])
def test_an_empty_panel_claims_nothing_good(board: Board, panel: Panel):
    """Prometheus answers alike where there is none and where nobody told: only what is (not) known can be said."""
    del board
    vietnamese, english = panel.nothing
    assert re.search(r"\b(no data|is known|asks services|the register has no)\b", english), english
    assert re.search(r"\b(chưa|không biết)\b", vietnamese), vietnamese
    assert not any("vector(" in query.expr for query in panel.queries), "a nought that nobody counted"


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: getattr(one, "title", ("", ""))[1])
def test_steps_of_colour_ascend_and_begin_at_the_bottom(board: Board, panel: Panel):
    del board
    for thresholds in (panel.thresholds, *(column.thresholds for column in panel.columns)):
        if thresholds:
            values = [one.value for one in thresholds]
            assert values[0] is None
            assert sorted(values[1:], key=lambda value: value or 0) == values[1:]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("school_cpu_usage_ratio", "percentunit"),
        ("school_disk_free_bytes", "bytes"),
        ("rate(school_interface_receive_bytes_total[5m])", "Bps"),
        ("1000 * school_machine_last_report_timestamp_seconds", "dateTimeFromNow"),
        ("school_support_end_timestamp_seconds - time()", "s"),
        ("count by (school) (school_patch_age_seconds > 3)", "short"),
        ("schooldrum:ladder_step_success:ratio", "percentunit"),
        ("schooldrum:patch_late_machines:count", "short"),
        ("schooldrum:ladder_round_trip_seconds:median", "s"),
        ("schooldrum:ladder_loss_ratio:avg", "percentunit"),
        ("rate(schooldrum_commit_seconds_bucket[5m])", "percentunit"),
        ('school_info{name="school_disk_free_bytes"}', "short"),
    ],
)
def test_the_unit_follows_from_the_metric(expression, unit):
    assert unit_of(expression) == unit


def test_metrics_are_read_by_a_parser():
    assert metrics_in('sum(rate(school_a_total{x="school_b"}[5m])) / on (school) schooldrum:c:count or up') == (
        "school_a_total",
        "schooldrum:c:count",
    )


# What Grafana is given


@pytest.mark.parametrize("key", DRAWN, ids="-".join)
def test_panels_stand_apart_in_the_grid(key):
    places = [panel["gridPos"] for panel in DRAWN[key]["panels"]]
    for place in places:
        assert place["x"] + place["w"] <= COLUMNS
        assert min(place["w"], place["h"]) > 0
    for one, other in itertools.combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


def _unknown(value: Any, shape: Any, where: str) -> list[str]:
    """What of a value the types of Grafana do not know."""
    if isinstance(shape, str):
        kinds: dict[str, type | tuple[type, ...]] = {"string": str, "number": (int, float), "boolean": bool}
        right = shape == "any" or value is None or isinstance(value, kinds[shape])
        return [] if right else [f"{where} is {value!r}, not {shape}"]
    if "values" in shape:
        return [] if value in shape["values"] else [f"{where} is {value!r}, none of {shape['values']}"]
    if "items" in shape:
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [fault for n, one in enumerate(value) for fault in _unknown(one, shape["items"], f"{where}[{n}]")]
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    found = []
    for name, one in value.items():
        if name in shape["properties"]:
            found += _unknown(one, shape["properties"][name], f"{where}.{name}")
        else:
            found.append(f"{where}.{name} is not known")
    return found


@pytest.mark.parametrize("key", DRAWN, ids="-".join)
def test_grafana_knows_what_a_dashboard_says(key):
    dashboard = DRAWN[key]
    top = {name: value for name, value in dashboard.items() if name not in {"panels", "templating", "annotations"}}
    faults = _unknown(top, KNOWN["dashboard"], "dashboard")
    for variable in dashboard["templating"]["list"]:
        faults += _unknown(variable, KNOWN["variable"], f"variable {variable['name']}")
    for panel in dashboard["panels"]:
        where, mine = panel["title"], KNOWN["panels"][panel["type"]]
        field = panel.get("fieldConfig", {})
        defaults = {name: value for name, value in field.get("defaults", {}).items() if name != "custom"}
        custom = field.get("defaults", {}).get("custom", {})
        outside = {name: value for name, value in panel.items() if name not in {"fieldConfig", "options", "targets"}}
        faults += _unknown(outside, KNOWN["panel"], where)
        faults += _unknown(panel.get("options", {}), mine["options"], f"{where}.options")
        faults += _unknown(defaults, KNOWN["field"], f"{where}.field")
        faults += _unknown(custom, mine["field"], f"{where}.custom")
        for calculation in panel.get("options", {}).get("reduceOptions", {}).get("calcs", []):
            faults += [] if calculation in KNOWN["reducers"] else [f"{where}: reducer {calculation}"]
        for transformation in panel.get("transformations", []):
            known = transformation["id"] in KNOWN["transformations"]
            faults += [] if known else [f"{where}: transformation {transformation['id']}"]
        for override in field.get("overrides", []):
            assert override["matcher"]["id"] in KNOWN["matchers"]
            for one in override["properties"]:
                name = one["id"]
                shapes = mine["field"] if name.startswith("custom.") else KNOWN["field"]
                faults += _unknown({name.removeprefix("custom."): one["value"]}, shapes, f"{where}.override")
    assert faults == []


def _everything(value: Any, name: str) -> list[Any]:
    if isinstance(value, list):
        return [found for one in value for found in _everything(one, name)]
    if not isinstance(value, dict):
        return []
    here = [value[name]] if name in value else []
    return here + [found for one in value.values() for found in _everything(one, name)]


@pytest.mark.parametrize("key", DRAWN, ids="-".join)
def test_units_and_colours_are_grafanas(key):
    units = set(_everything(DRAWN[key]["panels"], "unit"))
    assert units <= set(KNOWN["units"])
    assert {colour.value for colour in Colour} <= set(KNOWN["colours"])


def test_overridden_units_are_grafanas():
    for dashboard in DRAWN.values():
        for properties in _everything(dashboard["panels"], "properties"):
            for one in properties:
                assert one["id"] != "unit" or one["value"] in KNOWN["units"]


def test_both_languages_ask_the_same():
    for board in BOARDS:
        one, other = (
            [panel.get("targets", []) for panel in DRAWN[board.uid, language]["panels"]] for language in LANGUAGES
        )
        for mine, its in zip(one, other, strict=True):
            assert [target["expr"] for target in mine] == [target["expr"] for target in its]


def test_every_dashboard_is_among_the_files_and_loads_nothing_from_outside():
    for board in BOARDS:
        for language in LANGUAGES:
            text = (ROOT / file_of(board, language)).read_text("utf-8")
            urls = set(re.findall(r"https?://[^\"\s)]+", text))
            assert urls <= {COLLECTOR}


# Hostile names


def _query_result(labels: dict[str, str]) -> str:
    """A series as Grafana writes it for a choice: labels in alphabetical order, texts as they are."""
    inside = ",".join(f'{name}="{labels[name]}"' for name in sorted(labels))
    return f"school_info{{{inside}}} 1 1790000000000"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_chooses_nothing_but_its_own_school(name):
    own = {"instance": "127.0.0.1:8800", "job": "schooldrum-area"}
    cases = (
        (SCHOOL, {"school": "S1", "area": "hn/q3", "level": "THCS", "name": name}, "S1"),
        (ROOM, {"school": "S1", "site": "main", "room": "tin1", "kind": "lab", "name": name}, "tin1"),
        (AREA, {"area": "hn/q3", "level": name, "name": name}, "hn/q3"),
    )
    for variable, labels, value in cases:
        pattern = named_by(variable).strip("/").replace("(?<", "(?P<")
        found = re.search(pattern, _query_result(own | labels))
        assert found is not None
        assert found["value"] == value
        if variable is not AREA:
            assert found["text"] == name


def test_figures_are_filled_in_only_where_text_is_no_markup():
    """Names reach people through cells, legends and tiles, which Grafana writes as text; never through our Markdown."""
    for _, panel in PANELS:
        if panel.shape is Shape.TEXT:
            for text in panel.text:
                assert set(re.findall(r"\$\{?(\w+)", text)) <= {"collector", "school"}
