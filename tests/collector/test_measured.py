import zlib
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parse_text

from schooldrum_collector.judge.live import Live, LiveResult, Unreadable, opened, told
from schooldrum_collector.show.families import Families
from schooldrum_collector.show.measured import Freshness, Measurements
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind, Lasts
from schooldrum_wire.reading import Reading

NOW = 1_795_402_800.0
CLOCK = NOW - 10_000.0
NAMES = (
    "school_cpu_usage_ratio", "school_disk_free_bytes", "school_disk_size_bytes", "school_clock_steps_total",
    "school_interface_drops_total", "school_interface_up", "school_boot_timestamp_seconds",
    "school_security_updates_pending", "school_battery_wear_ratio", "school_machine_presence", "school_invented",
)  # fmt: skip
Series = tuple[str, tuple[tuple[str, str], ...]]

values = st.one_of(st.sampled_from((0.0, -0.0, 1.0, 0.1, 1e16, 1.5e300, 5e-324)), st.floats(0, 1e15))
labels = st.dictionaries(
    st.sampled_from(("volume", "interface", "machine")), st.sampled_from(("C:", 'D"\\', "ổ đĩa\n")), max_size=2
)
results = st.builds(
    LiveResult,
    probe=st.sampled_from(("cpu", "disk", "updates", "batteries")),
    outcome=st.sampled_from(("ok", "ok", "ok", "failed")),
    boottime=st.integers(8000, 10_000).map(float),
    readings=st.lists(st.builds(Reading, st.sampled_from(NAMES), values, labels), max_size=6).map(tuple),
)
reports = st.lists(results, max_size=5).map(tuple)


def place(machine: int) -> str:
    return f'school="DEMO",machine="m{machine}"'


def by_the_law(machine: int, report: tuple[LiveResult, ...], fresh: Freshness) -> Iterator[tuple[Series, float]]:
    """What a page shows of a report, reading by reading."""
    where = (("machine", f"m{machine}"), ("school", "DEMO"))
    probes = [one.probe for one in report if one.outcome == "ok" and one.readings]
    said = [
        (reading.name, frozenset(reading.labels.items()))
        for one in report
        if one.outcome == "ok"
        for reading in one.readings
    ]
    told_twice = len(set(said)) < len(said) or len(set(probes)) < len(probes)
    shown: set[Series] = set()
    for result in sorted(report, key=lambda one: one.boottime, reverse=True) if told_twice else report:
        measured = CLOCK + result.boottime
        for reading in result.readings if result.outcome == "ok" else ():
            metric = METRICS.get(reading.name)
            if metric is None or metric.by_collector:
                continue
            is_kept = metric.lasts is Lasts.KEPT
            evidence: Series = ("school_evidence_timestamp_seconds", (*where[:1], ("probe", result.probe), *where[1:]))
            if is_kept and evidence not in shown:
                shown.add(evidence)
                yield evidence, round(measured)
            if (not is_kept and not fresh.has(result.probe, measured)) or set(reading.labels) != set(metric.labels):
                continue
            series: Series = (reading.name, tuple(sorted((*where, *reading.labels.items()))))
            if series in shown:
                continue
            shown.add(series)
            if reading.value or not metric.quiet:
                yield series, round(measured - reading.value) if metric.kind is Kind.AGE else reading.value


def packed(report: tuple[LiveResult, ...]) -> bytes:
    letter = {"reports": [Live(boot="b", live=True, results=report)]}
    return zlib.compress(msgspec.json.encode(letter), wbits=31)


def page(families: Families) -> list[tuple[Series, float]]:
    text = b"".join(families.written(openmetrics=False)).decode()
    return [
        ((sample.name, tuple(sorted(sample.labels.items()))), sample.value)
        for family in parse_text(text)
        for sample in family.samples
    ]


@given(
    st.lists(st.tuples(reports, st.integers(1, 4)), max_size=4),
    st.sampled_from((None, NOW)),
    st.sampled_from(({}, {"disk": 900}, {"cpu": 3600, "disk": 10})),
)
def test_a_page_written_in_columns_says_what_each_reading_says(
    rooms: list[tuple[tuple[LiveResult, ...], int]], now: float | None, paces: dict[str, int]
) -> None:
    fresh = Freshness(now, 60, paces)
    families = Families()
    measurements = Measurements(families)
    expected: list[tuple[Series, float]] = []
    machine = 0
    for report, clones in rooms:
        for _ in range(clones):
            machine += 1
            measurements.add(place(machine), CLOCK, told(packed(report)).results, fresh)
            expected.extend(by_the_law(machine, report, fresh))
    assert not b"".join(measurements.written())
    assert sorted(page(families)) == sorted(expected)


@given(reports)
def test_the_shape_tells_what_it_shows(report: tuple[LiveResult, ...]) -> None:
    families = Families()
    measurements = Measurements(families)
    shape = measurements.add(place(1), CLOCK, told(packed(report)).results, Freshness(NOW, 60, {}))
    list(measurements.written())
    text = b"".join(families.written(openmetrics=False)).decode()
    lines = {line for line in text.splitlines() if not line.startswith(("#", "school_evidence"))}
    assert len(lines) <= len(shape.series)
    assert {probe for _, probe in shape.evidence} == {
        dict(labels)["probe"] for (name, labels), _ in page(families) if name.startswith("school_evidence")
    }


def test_a_thousand_clones_are_written_in_pieces_and_none_is_lost() -> None:
    report = (
        LiveResult(
            probe="disk",
            outcome="ok",
            boottime=9990.0,
            readings=tuple(Reading("school_disk_size_bytes", 1.0, {"volume": f"v{n}"}) for n in range(30)),
        ),
    )
    families = Families()
    measurements = Measurements(families)
    results = told(packed(report)).results
    for machine in range(1000):
        measurements.add(place(machine), CLOCK, results, Freshness(NOW, 60, {}))
    list(measurements.written())
    pieces = list(families.written(openmetrics=False))
    assert max(map(len, pieces)) < 600_000
    assert b"".join(pieces).count(b"school_disk_size_bytes{") == 30_000


def test_labels_of_another_shape_are_found_by_whoever_reads_them() -> None:
    letter = {
        "reports": [
            {"boot": "b", "live": True, "results": [
                {"probe": "p", "outcome": "ok", "boottime": 1.0, "readings": [["school_cpu_usage_ratio", 1, [1]]]},
            ]},
        ],
    }  # fmt: skip
    body = zlib.compress(msgspec.json.encode(letter), wbits=31)
    with pytest.raises(Unreadable):
        opened(body)
    with pytest.raises(msgspec.ValidationError):
        Measurements(Families()).add("", CLOCK, told(body).results, Freshness(NOW, 60, {}))


@given(reports)
def test_a_report_told_is_the_report_opened(report: tuple[LiveResult, ...]) -> None:
    whole, part = opened(packed(report)), told(packed(report))
    assert [
        (one.probe, one.outcome, one.boottime, [(r.name, r.value, r.labels) for r in one.readings])
        for one in whole.results
    ] == [
        (
            one.probe,
            one.outcome,
            one.boottime,
            [(r.name, r.value, msgspec.json.decode(bytes(r.labels))) for r in one.readings],
        )
        for one in part.results
    ]
