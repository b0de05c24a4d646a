"""What dashboards make of figures of yesterday, of a month ago, and of none: judged by promtool on made-up series."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from grafana.boards import BOARDS, overview
from grafana.boards.board import Colour, Panel, Shape
from grafana.boards.places import SEEN_SINCE
from tests.in_step.derived import ROOT

pytestmark = pytest.mark.prometheus
INFO = {"series": 'school_info{school="A",area="hn",name="A"}', "values": "1x600"}
CHANGES = next(panel for panel in overview.BOARD.panels if panel.title[1] == "What changed since yesterday").queries
RULES = ROOT / "deploy/prometheus/schooldrum.rules.yml"
PANELS = [panel for board in BOARDS for panel in board.panels if panel.shape is not Shape.TEXT]


def judged(
    folder: Path,
    series: list[dict[str, str]],
    expected: list[tuple[str, str, list[float]]],
    *rules: Path,
    pace: str = "5m",
) -> str:
    """What promtool says where an expression gives other values at a time than expected; empty if all is well."""
    cases: list[dict[str, Any]] = [
        {
            "expr": re.sub(r"\$\w+", ".*", expr.replace("$__rate_interval", "10m")),
            "eval_time": at,
            "exp_samples": [{"labels": "{}", "value": value} for value in values],
        }
        for expr, at, values in expected
    ]
    file = folder / "cases.yml"
    tests = [{"interval": pace, "input_series": series, "promql_expr_test": cases}]
    file.write_text(
        json.dumps({"rule_files": [str(one) for one in rules], "evaluation_interval": "5m", "tests": tests}), "utf-8"
    )
    ended = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("yesterday", "today", "change", "of_incidents"),
    [
        ("40", "43", [3], [3]),
        ("40", "38", [-2], [-2]),
        ("40", "40", [0], [0]),
        ("_", "2", [], [2]),
        ("3", "_", [], [-3]),
    ],
    ids=["more", "less", "same", "none yesterday", "none today"],
)
def test_the_change_since_yesterday(tmp_path, yesterday, today, change, of_incidents):
    """Two days, of which the second begins at 24 h; of incidents alone no series means that there were none."""
    series = [INFO]
    names = ["school_machines", "schooldrum:patch_late_machines:count", "school_incidents_open"]
    for name in names:
        values = " ".join(f"{value}x{count}" for value, count in ((yesterday, 287), (today, 300)))
        series.append({"series": f'{name}{{school="A"}}', "values": values})
    asked = [next(query.expr for query in CHANGES if name in query.expr) for name in names]
    expected = [(expr, "36h", change) for expr in asked[:2]] + [(asked[2], "36h", of_incidents)]
    assert judged(tmp_path, series, expected) == ""


def test_without_figures_of_yesterday_nothing_is_claimed(tmp_path):
    series = [{**INFO, "values": "_x287 1x300"}, {"series": 'school_machines{school="A"}', "values": "_x287 5x300"}]
    assert judged(tmp_path, series, [(CHANGES[0].expr, "36h", [])]) == ""


def test_since_when_is_said_where_less_than_a_month_is_known(tmp_path):
    """Of B it is known from the beginning, 35 days before; of A since the tenth day."""
    series = [
        *(
            {"series": f'school_internet_seen_since_timestamp_seconds{{school="{code}",window="30d"}}', "values": began}
            for code, began in (("A", f"{10 * 86400}x12"), ("B", "0x12"))
        ),
    ]
    assert judged(tmp_path, series, [(f"sum({SEEN_SINCE})", "36d", [1000 * 10 * 86400.0])], pace="3d") == ""


def _praises(panel: Panel) -> bool:
    """Whether it shows some figures in the colour of what is well."""
    return any(
        threshold.colour is Colour.GOOD
        for thresholds in (panel.thresholds, *(column.thresholds for column in panel.columns))
        for threshold in thresholds
    )


def test_a_prometheus_that_has_nothing_shows_nothing(tmp_path):
    """Not even a nought, which would say that it was counted."""
    expected: list[tuple[str, str, list[float]]] = [
        (query.expr, "1h", []) for panel in PANELS for query in panel.queries
    ]
    assert judged(tmp_path, [], expected, RULES) == ""


def test_of_a_school_that_was_never_heard_nothing_is_praised(tmp_path):
    """It stands in the register with sixteen PCs, and the collector judges it every few seconds."""
    states = {"online": 0, "off": 0, "silent": 0, "mute": 0, "never": 16}
    series = [
        INFO,
        {"series": "schooldrum_judged_timestamp_seconds", "values": "0+300x600"},
        *(
            {"series": f'school_machines{{school="A",state="{state}"}}', "values": f"{count}x600"}
            for state, count in states.items()
        ),
    ]
    # What the register and the collector know by themselves.
    known: dict[str, list[float]] = {"Open incidents": [0], "PCs not heard": [0], "Lines not known": [1]}
    expected = [
        (query.expr, "10h", known.get(panel.title[1], []))
        for panel in PANELS
        if _praises(panel)
        for query in panel.queries
    ]
    assert judged(tmp_path, series, expected, RULES) == ""


def test_a_school_of_which_all_is_told_is_counted(tmp_path):
    """Beside one that tells nothing: nought of the first is a figure, and it is the area's."""
    machine = 'school="A",room="tin1",machine="tin1-01"'
    series = [
        INFO,
        {"series": 'school_info{school="B",area="hn",name="B"}', "values": "1x600"},
        {"series": f"school_patch_age_seconds{{{machine}}}", "values": "0x600"},
        {"series": f"school_support_end_timestamp_seconds{{{machine}}}", "values": "9e9x600"},
        {"series": f'school_storage_disks{{{machine},verdict="ok"}}', "values": "1x600"},
        {"series": f'school_patch_state{{{machine},state="current"}}', "values": "1x600"},
        {"series": 'school_machines{school="A",state="online"}', "values": "1x600"},
        {"series": 'schooldrum:ladder_step_success:ratio{school="A",step="national"}', "values": "1x600"},
    ]
    titles = {
        "Updates and support",
        "More than 30 days behind on updates",
        "Out of support",
        "Support ends within 180 days",
        "Disks about to fail",
        "Updates not known",
        "Schools without internet",
        "A page in the way",
        "Encrypted connections opened on the way",
    }
    chosen = [panel for panel in PANELS if panel.title[1] in titles]
    assert {panel.title[1] for panel in chosen} == titles
    expected: list[tuple[str, str, list[float]]] = [
        (query.expr, "10h", [0]) for panel in chosen for query in panel.queries
    ]
    assert judged(tmp_path, series, expected, RULES) == ""
