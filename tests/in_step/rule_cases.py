"""When each Prometheus alert fires, does not, is held down and ends: what `promtool test rules` is told to see."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote_plus

import msgspec

from schooldrum_collector.show.rule import Alert
from schooldrum_collector.show.rule_document import FILE, annotations, labels
from schooldrum_collector.show.rules import ALERTS
from schooldrum_collector.show.written_yaml import written

LANGUAGE, GRAFANA = "vi", "http://127.0.0.1:3000"
OWN = 'job="schooldrum", instance="127.0.0.1:8800"'
OWN_LABELS = {"job": "schooldrum", "instance": "127.0.0.1:8800"}
HOSTILE = 'THCS "Bình" {{ .X }} <b>1</b> \\ $labels %s'
"""A school's name that would break templates, HTML, PromQL and formats, if any of them read it."""
_SCHOOL = 'school="BM"'
_PC = 'school="BM", site="main", room="tin1", machine="tin1-07"'
_PC_LABELS = {"school": "BM", "site": "main", "room": "tin1", "machine": "tin1-07"}
_DAY = 86400


class Seen(msgspec.Struct, frozen=True):
    """At a time (`30m`) an alert fires with these labels and words in its sentences; None: it does not fire."""

    at: str
    alert: str
    labels: Mapping[str, str] | None = None
    words: Mapping[str, str] = {}


class Sample(msgspec.Struct, frozen=True):
    """At a time an expression has these values, by the text of their series."""

    at: str
    expr: str
    values: Mapping[str, float]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What Prometheus scrapes (series -> values as promtool writes them), and what is then seen."""

    name: str
    series: Mapping[str, str]
    seen: tuple[Seen, ...] = ()
    samples: tuple[Sample, ...] = ()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _school(code: str = "BM", name: str = "THCS Bình Minh", samples: int = 600) -> dict[str, str]:
    return {
        f'school_info{{school="{code}", name="{_quoted(name)}", area="hn", level="THCS"}}': f"1x{samples}",
        f'school_room_info{{school="{code}", site="main", room="tin1", name="Phòng Tin 1"}}': f"1x{samples}",
    }


def _own(name: str, values: str, more: str = "") -> dict[str, str]:
    return {f"{name}{{{OWN}{more}}}": values}


_UP = {f"up{{{OWN}}}": "1x600", 'up{job="schooldrum-schools", instance="BM"}': "1x600"}
_IN_BM = {"school": "BM"}
_BM = {"school": "THCS Bình Minh"}
_TIN_1 = {**_BM, "room": "Phòng Tin 1", "machine": "tin1-07"}
_COMMITS = "schooldrum_commit_seconds_bucket"

COLLECTOR_CASES: tuple[Case, ...] = (
    Case(
        name="all is well",
        series={
            **_UP,
            **_school(),
            **_own("schooldrum_start_timestamp_seconds", "0x600"),
            **_own("schooldrum_judged_timestamp_seconds", "0+60x600"),
            **_own("schooldrum_reports_total", "0+600x600"),
            **_own("schooldrum_requests_refused_total", "0+60x600", ', error="busy"'),
            **_own("schooldrum_untold_posts_total", "0x600"),
            **_own("schooldrum_unjudged_schools_total", "0x600"),
            **_own("schooldrum_unjudged_machines_total", "0x600"),
            **_own(_COMMITS, "0+60x600", ', le="0.01"'),
            **_own(_COMMITS, "0+60x600", ', le="+Inf"'),
            **_own("schooldrum_list_old", "0x600", ', list="support"'),
            **_own("schooldrum_build_info", "1x600", ', version="0.1.0"'),
            f"school_patch_age_seconds{{{_PC}}}": f"{29 * _DAY}x600",
            f"school_support_end_timestamp_seconds{{{_PC}}}": f"{900 * _DAY}x600",
            f'school_storage_disks{{{_PC}, verdict="ok"}}': "1x600",
            f'school_machine_info{{{_PC}, agent="0.1.0", system="windows"}}': "1x600",
            f"school_machine_last_report_timestamp_seconds{{{_PC}}}": "0+60x600",
        },
        seen=tuple(Seen("590m", alert.name, {} if alert.name == "SchooldrumAlive" else None) for alert in ALERTS),
        samples=(
            Sample(
                "9h", "schooldrum:patch_late_machines:count", {f"schooldrum:patch_late_machines:count{{{_SCHOOL}}}": 0}
            ),
            Sample(
                "9h",
                "schooldrum:disk_failing_machines:count",
                {f"schooldrum:disk_failing_machines:count{{{_SCHOOL}}}": 0},
            ),
        ),
    ),
    Case(
        name="the collector stops answering for ten minutes, and the alert outlasts a short return",
        series={
            f"up{{{OWN}}}": "1x5 0x10 1x60",
            'up{job="schooldrum-schools", instance="BM"}': "1x5 0x10 1x60",
        },
        seen=(
            Seen("9m", "SchooldrumCollectorDown"),
            Seen("12m", "SchooldrumCollectorDown", OWN_LABELS),
            Seen("12m", "SchooldrumSchoolPageFails"),
            Seen("30m", "SchooldrumCollectorDown", OWN_LABELS),
            Seen("60m", "SchooldrumCollectorDown"),
        ),
    ),
    Case(
        name="the collector was never there: its pages are held down by that",
        series={},
        seen=(
            Seen("10m", "SchooldrumCollectorDown", {"job": "schooldrum"}),
            Seen("30m", "SchooldrumSchoolPagesMissing"),
            Seen("30m", "SchooldrumSchoolPageFails"),
        ),
    ),
    Case(
        name="no school's page is known, then there is one",
        series={f"up{{{OWN}}}": "1x120", 'up{job="schooldrum-schools", instance="BM"}': "_x40 1x80"},
        seen=(
            Seen("10m", "SchooldrumSchoolPagesMissing"),
            Seen("20m", "SchooldrumSchoolPagesMissing", OWN_LABELS),
            Seen("90m", "SchooldrumSchoolPagesMissing"),
        ),
    ),
    Case(
        name="two pages fail while the collector answers, then they do not",
        series={
            f"up{{{OWN}}}": "1x120",
            'up{job="schooldrum-schools", instance="A"}': "0x40 1x80",
            'up{job="schooldrum-area", instance="127.0.0.1:8800"}': "0x40 1x80",
            'up{job="schooldrum-schools", instance="C"}': "1x120",
        },
        seen=(
            Seen("5m", "SchooldrumSchoolPageFails"),
            Seen("20m", "SchooldrumSchoolPageFails", {}, {"count": "2"}),
            Seen("90m", "SchooldrumSchoolPageFails"),
        ),
    ),
    Case(
        name="it is started again and again",
        series={**_UP, **_own("schooldrum_start_timestamp_seconds", "0x10 660 720 780 840x100")},
        seen=(
            Seen("13m", "SchooldrumCollectorRestarts"),
            Seen("20m", "SchooldrumCollectorRestarts", OWN_LABELS, {"count": "4"}),
            Seen("110m", "SchooldrumCollectorRestarts"),
        ),
    ),
    Case(
        name="it answers and judges no more, until somebody starts it again",
        series={
            **_UP,
            **_own("schooldrum_start_timestamp_seconds", "0x60 3660x100"),
            **_own("schooldrum_judged_timestamp_seconds", "0+60x10 600x49 3660+60x100"),
        },
        seen=(
            Seen("12m", "SchooldrumJudgingStopped"),
            Seen("25m", "SchooldrumJudgingStopped", OWN_LABELS),
            Seen("100m", "SchooldrumJudgingStopped"),
        ),
    ),
    Case(
        name="it has never judged anything",
        series={**_UP, **_own("schooldrum_start_timestamp_seconds", "0x60")},
        seen=(
            Seen("8m", "SchooldrumJudgingStopped"),
            Seen("15m", "SchooldrumJudgingStopped", OWN_LABELS),
        ),
    ),
    Case(
        name="the disk is full: nothing is taken in, then it is again",
        series={
            **_own("schooldrum_reports_total", "0+60x10 600x30 600+60x100"),
            **_own("schooldrum_requests_refused_total", "0x10 0+60x30 1800x100", ', error="busy"'),
        },
        seen=(
            Seen("12m", "SchooldrumReportsRefused"),
            Seen("35m", "SchooldrumReportsRefused", OWN_LABELS),
            Seen("100m", "SchooldrumReportsRefused"),
        ),
    ),
    Case(
        name="every tenth commit takes seconds",
        series={
            **_own(_COMMITS, "0+54x60 3240+60x80", ', le="1"'),
            **_own(_COMMITS, "0+60x60 3600+60x80", ', le="5"'),
            **_own(_COMMITS, "0+60x60 3600+60x80", ', le="+Inf"'),
        },
        seen=(
            Seen("12m", "SchooldrumStoreSlow"),
            Seen("30m", "SchooldrumStoreSlow", OWN_LABELS),
            Seen("130m", "SchooldrumStoreSlow"),
        ),
    ),
    Case(
        name="an Alertmanager takes nothing for half an hour",
        series=_own("schooldrum_untold_posts_total", "0x10 0+1x30 30x60"),
        seen=(
            Seen("20m", "SchooldrumIncidentsUntold"),
            Seen("35m", "SchooldrumIncidentsUntold", OWN_LABELS),
            Seen("95m", "SchooldrumIncidentsUntold"),
        ),
    ),
    Case(
        name="a school cannot be judged",
        series={
            **_own("schooldrum_unjudged_schools_total", "0x10 3x200"),
            **_own("schooldrum_unjudged_machines_total", "0x210"),
        },
        seen=(
            Seen("10m", "SchooldrumUnjudged"),
            Seen("30m", "SchooldrumUnjudged", OWN_LABELS),
            Seen("150m", "SchooldrumUnjudged"),
        ),
    ),
    Case(
        name="one list of facts grows old, and a newer one is put in",
        series={
            **_own("schooldrum_list_old", "0x240", ', list="support"'),
            **_own("schooldrum_list_old", "0x10 1x110 0x120", ', list="builds"'),
        },
        seen=(
            Seen("60m", "SchooldrumListOld"),
            Seen("90m", "SchooldrumListOld", {**OWN_LABELS, "list": "builds"}, {"list": "builds"}),
            Seen("130m", "SchooldrumListOld", {**OWN_LABELS, "list": "builds"}, {"list": "builds"}),
            Seen("180m", "SchooldrumListOld"),
        ),
    ),
)

SCHOOL_CASES: tuple[Case, ...] = (
    Case(
        name="a PC is behind on updates, in a school with a hostile name; its page is away for hours; then it is not",
        series={
            **_school(name=HOSTILE, samples=400),
            f"school_patch_age_seconds{{{_PC}}}": f"{31 * _DAY}x24 _x72 {31 * _DAY}x4 0x300",
        },
        seen=(
            Seen("30m", "SchooldrumPatchesLate"),
            Seen("90m", "SchooldrumPatchesLate", _IN_BM, {"school": HOSTILE, "count": "1", "pcs": "1 PC"}),
            Seen("900m", "SchooldrumPatchesLate"),
        ),
        samples=(
            Sample(
                "90m", "schooldrum:patch_late_machines:count", {f"schooldrum:patch_late_machines:count{{{_SCHOOL}}}": 1}
            ),
        ),
    ),
    Case(
        name="no page is read for hours: who was behind has not become good",
        series={
            **_school(samples=24),
            f"school_patch_age_seconds{{{_PC}}}": f"{31 * _DAY}x24",
        },
        seen=(
            Seen("90m", "SchooldrumPatchesLate", _IN_BM, {**_BM, "count": "1", "pcs": "1 PC"}),
            # The name is not to be had either: its code stands in.
            Seen("600m", "SchooldrumPatchesLate", _IN_BM, {"school": "BM", "count": "1", "pcs": "1 PC"}),
            Seen("1700m", "SchooldrumPatchesLate"),
        ),
    ),
    Case(
        name="a PC goes out of support and is behind: it is told once, held down where it is behind",
        series={
            **_school(samples=400),
            f"school_patch_age_seconds{{{_PC}}}": f"{31 * _DAY}x400",
            f"school_patch_age_seconds{{{_PC.replace('07', '08')}}}": f"_x150 {31 * _DAY}x250",
            f"school_support_end_timestamp_seconds{{{_PC}}}": f"60x120 {900 * _DAY}x280",
        },
        seen=(
            Seen("30m", "SchooldrumSystemUnsupported"),
            Seen("90m", "SchooldrumSystemUnsupported", _IN_BM, {**_BM, "count": "1", "pcs": "1 PC"}),
            Seen("90m", "SchooldrumPatchesLate"),
            Seen("800m", "SchooldrumSystemUnsupported"),
            Seen("860m", "SchooldrumPatchesLate", _IN_BM, {**_BM, "count": "2", "pcs": "2 PCs"}),
        ),
        samples=(
            Sample(
                "90m",
                "schooldrum:unsupported_machines:count",
                {f"schooldrum:unsupported_machines:count{{{_SCHOOL}}}": 1},
            ),
        ),
    ),
    Case(
        name="the agents of a room are of an old release, one that is off for a month too",
        series={
            **_school(samples=720),
            **_own("schooldrum_build_info", "1x720", ', version="2.0.0"'),
            f'school_machine_info{{{_PC}, agent="1.0.0", system="windows"}}': "1x480",
            f'school_machine_info{{{_PC.replace("07", "08")}, agent="2.0.0", system="windows"}}': "1x720",
            f'school_machine_info{{{_PC.replace("07", "09")}, agent="1.0.0", system="windows"}}': "1x720",
            f"school_machine_last_report_timestamp_seconds{{{_PC}}}": "0+300x480",
            f"school_machine_last_report_timestamp_seconds{{{_PC.replace('07', '08')}}}": "0+300x720",
            f"school_machine_last_report_timestamp_seconds{{{_PC.replace('07', '09')}}}": f"-{8 * _DAY}x720",
        },
        seen=(
            Seen("20h", "SchooldrumAgentOld"),
            Seen("30h", "SchooldrumAgentOld", _IN_BM, {**_BM, "count": "1", "pcs": "1 PC"}),
            Seen("50h", "SchooldrumAgentOld"),
        ),
    ),
    Case(
        name="a disk is failing, and is replaced",
        series={**_school(samples=120), f'school_storage_disks{{{_PC}, verdict="failing"}}': "1x12 _x60"},
        seen=(
            Seen("10m", "SchooldrumDiskFailing"),
            Seen("30m", "SchooldrumDiskFailing", {**_PC_LABELS, "verdict": "failing"}, _TIN_1),
            Seen("100m", "SchooldrumDiskFailing", {**_PC_LABELS, "verdict": "failing"}, _TIN_1),
            Seen("200m", "SchooldrumDiskFailing"),
        ),
    ),
    Case(
        name="two PCs speak as one, until a person decides",
        series={**_school(samples=120), f"school_machine_conflict{{{_PC}}}": "1x12 _x60"},
        seen=(
            Seen("20m", "SchooldrumMachineConflict"),
            Seen("40m", "SchooldrumMachineConflict", _PC_LABELS, _TIN_1),
            Seen("200m", "SchooldrumMachineConflict"),
        ),
    ),
    Case(
        name="a school is out for a day and more; another has a room that is",
        series={
            **_school(samples=360),
            'school_incident_begin_timestamp_seconds{school="BM", incident="SC-1001", level="school", kind="outage", '
            'verdict="unknown", degree="unknown"}': "60x160 _x200",
            # Corrected while it goes on: still the same outage.
            'school_incident_begin_timestamp_seconds{school="BM", incident="SC-1001", level="school", kind="outage", '
            'verdict="line", degree="found"}': "_x160 60x160 _x40",
            'school_incident_begin_timestamp_seconds{school="HS", site="main", room="tin1", incident="SC-1002", '
            'level="room", kind="outage", verdict="room", degree="found"}': "60x360",
        },
        seen=(
            Seen("1430m", "SchooldrumSchoolOutAllDay"),
            Seen("1480m", "SchooldrumSchoolOutAllDay", _IN_BM, _BM),
            Seen("1700m", "SchooldrumSchoolOutAllDay"),
        ),
    ),
    Case(
        name="lessons are lost, more than an hour, and it ends",
        series={
            **_school(samples=120),
            'school_lesson_lost_seconds{school="BM", group="office", window="1d"}': "0+300x30 9000x60",
            'school_lesson_lost_seconds{school="BM", group="school", window="1d"}': "120x90",
            'school_lesson_lost_seconds{school="BM", group="office", window="7d"}': "90000x90",
            'school_incident_begin_timestamp_seconds{school="BM", incident="SC-1001", level="school", kind="outage", '
            'verdict="line", degree="found"}': "0x30 _x60",
        },
        seen=(
            Seen("50m", "SchooldrumLessonsLost"),
            Seen("100m", "SchooldrumLessonsLost", _IN_BM, {**_BM, "count": "102"}),
            Seen("200m", "SchooldrumLessonsLost"),
        ),
    ),
)


def _expected(alert: Alert, seen: Seen) -> list[dict[str, object]]:
    if seen.labels is None:
        return []
    said = annotations(alert, language=LANGUAGE, grafana=GRAFANA, templates=seen.words)
    for label, value in seen.labels.items():
        said = {
            name: text.replace(f"{{{{ $labels.{label} | urlquery }}}}", quote_plus(value))
            for name, text in said.items()
        }
    return [{"exp_labels": {**labels(alert), **seen.labels}, "exp_annotations": said}]


def _tested(case: Case, pace: str) -> dict[str, object]:
    by_name = {alert.name: alert for alert in ALERTS}
    document: dict[str, object] = {
        "name": case.name,
        "interval": pace,
        "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
        "alert_rule_test": [
            {"eval_time": seen.at, "alertname": seen.alert, "exp_alerts": _expected(by_name[seen.alert], seen)}
            for seen in case.seen
        ],
    }
    if case.samples:
        document["promql_expr_test"] = [
            {
                "expr": sample.expr,
                "eval_time": sample.at,
                "exp_samples": [{"labels": series, "value": value} for series, value in sample.values.items()],
            }
            for sample in case.samples
        ]
    return document


def cases_file(cases: Iterable[Case], pace: str) -> str:
    """The cases as `promtool test rules` reads them; Prometheus scrapes and looks at its rules at this pace."""
    document = {
        "rule_files": [FILE],
        "evaluation_interval": pace,
        "tests": [_tested(case, pace) for case in cases],
    }
    return written(document, "promtool test rules THIS_FILE; derived by make docs.")


FILES = {
    "schooldrum.collector.test.yml": lambda: cases_file(COLLECTOR_CASES, "1m"),
    # Days of them: at the pace of their rules, or promtool takes half a minute.
    "schooldrum.schools.test.yml": lambda: cases_file(SCHOOL_CASES, "5m"),
}
