"""What dashboards make of figures of yesterday and of a month ago, judged by promtool on made-up series."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from grafana.boards import overview
from grafana.boards.documents import RECORDS

pytestmark = pytest.mark.prometheus
INFO = {"series": 'school_info{school="A",area="hn",name="A"}', "values": "1x600"}
CHANGES = next(panel for panel in overview.BOARD.panels if panel.title[1] == "What changed since yesterday").queries


def judged(folder: Path, series: list[dict[str, str]], expected: list[tuple[str, str, list[float]]]) -> str:
    """What promtool says where an expression gives other values at a time than expected; empty if all is well."""
    cases: list[dict[str, Any]] = [
        {
            "expr": re.sub(r"\$\w+", ".*", expr),
            "eval_time": at,
            "exp_samples": [{"labels": "{}", "value": value} for value in values],
        }
        for expr, at, values in expected
    ]
    file = folder / "cases.yml"
    tests = [{"interval": "5m", "input_series": series, "promql_expr_test": cases}]
    file.write_text(json.dumps({"rule_files": [], "evaluation_interval": "5m", "tests": tests}), "utf-8")
    ended = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("yesterday", "today", "change"),
    [("40", "43", 3), ("40", "38", -2), ("40", "40", 0), ("_", "2", 2), ("3", "_", -3)],
    ids=["more", "less", "same", "none yesterday", "none today"],
)
def test_the_change_since_yesterday(tmp_path, yesterday, today, change):
    """Two days, of which the second begins at 24 h; a series that is not there counts as none."""
    series = [INFO]
    names = ["school_machines", "schooldrum:patch_late_machines:count", "school_incidents_open"]
    for name in names:
        values = " ".join(f"{value}x{count}" for value, count in ((yesterday, 287), (today, 300)))
        series.append({"series": f'{name}{{school="A"}}', "values": values})
    queries = [query for query in CHANGES if any(name in query.expr for name in names)]
    assert len(queries) == len(names)
    assert judged(tmp_path, series, [(query.expr, "36h", [change]) for query in queries]) == ""


def test_without_figures_of_yesterday_nothing_is_claimed(tmp_path):
    series = [{**INFO, "values": "_x287 1x300"}, {"series": 'school_machines{school="A"}', "values": "_x287 5x300"}]
    assert judged(tmp_path, series, [(CHANGES[0].expr, "36h", [])]) == ""


def test_availability_is_what_was_seen_less_what_was_lost(tmp_path):
    """Ten hours of which all was seen, and two lost in which nobody could be heard."""
    expr = RECORDS["schooldrum:internet_availability:ratio30d"]
    watched = RECORDS["schooldrum:internet_watched_seconds:sum30d"]
    series = [
        INFO,
        {"series": 'schooldrum:internet_available_seconds:increase1h{school="A"}', "values": "3600 _x11 " * 10},
        {"series": 'school_internet_lost_seconds{school="A",window="30d"}', "values": "7200x600"},
        {"series": 'schooldrum:internet_watched_seconds:sum30d{school="A"}', "values": "43200x600"},
    ]
    expected = [(f"sum({watched})", "10h", [43200.0]), (f"round(sum({expr}), 0.0001)", "10h", [0.8333])]
    assert judged(tmp_path, series, expected) == ""
