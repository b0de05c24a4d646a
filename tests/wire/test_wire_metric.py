"""A declared metric writes only what could be exposed."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.metric import Kind, Metric, label_fault
from schooldrum_wire.section import Column, Section

FREE = Metric("school_disk_free_bytes", Kind.GAUGE, "Free.", labels=("volume",))


@pytest.mark.parametrize(
    ("name", "kind", "labels"),
    [
        ("disk_free_bytes", Kind.GAUGE, ()),
        ("school_Disk", Kind.GAUGE, ()),
        ("school_bytes", Kind.COUNTER, ()),
        ("school_bytes_total", Kind.GAUGE, ()),
        ("school_boot_seconds", Kind.AGE, ()),
        ("school_x", Kind.GAUGE, ("school",)),
        ("school_x", Kind.GAUGE, ("machine",)),
        ("school_x", Kind.GAUGE, ("area",)),
        ("school_x", Kind.GAUGE, ("Volume",)),
    ],
)
def test_a_declaration_that_breaks_the_naming_rules_is_refused(name, kind, labels):
    with pytest.raises(ValueError, match=r"school|metric"):
        Metric(name, kind, "Help.", labels=labels)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_a_reading_that_is_no_number_is_refused_where_it_is_written(value):
    with pytest.raises(ValueError, match="value is"):
        FREE(value, volume="C:")


@pytest.mark.parametrize(
    "labels",
    [{}, {"volume": ""}, {"volume": "C:", "school": "X"}, {"drive": "C:"}, {"volume": "a\nb"}, {"volume": "x" * 129}],
)
def test_wrong_labels_are_refused_where_they_are_written(labels):
    with pytest.raises(ValueError, match="label"):
        FREE(1, **labels)


def test_a_counter_and_an_age_are_never_negative():
    for metric in METRICS.values():
        labels = dict.fromkeys(metric.labels, "x")
        if metric.kind is Kind.GAUGE:
            assert metric(-1, **labels).value == -1
        else:
            with pytest.raises(ValueError, match="never negative"):
                metric(-1, **labels)


def test_every_metric_of_a_pc_says_what_can_be_true():
    for metric in METRICS.values():
        least, most = metric.bounds
        if metric.by_collector:
            assert not metric.doubt(-1e300)
            continue
        is_switch = "(1)" in metric.help
        if is_switch or metric.name.endswith("_ratio"):
            assert (least, most) == (0, 1)
        elif metric.between is None:
            assert least == 0
            assert most >= 1e9
        for value in (least, most):
            assert metric.doubt(value) == ""
        for value in (least - 0.1, most * 1.1, -1e300, 1e300):
            assert "value is" in metric.doubt(value)


@given(st.text(min_size=1, max_size=20))
def test_what_was_written_is_composed_and_may_be_exposed(text):
    try:
        reading = FREE(1, volume=text)
    except ValueError:
        return
    assert reading.labels["volume"] == unicodedata.normalize("NFC", text)
    assert label_fault(reading.labels["volume"]) == ""


def test_names_are_unique_across_the_catalogue():
    from schooldrum_wire import catalogue  # noqa: PLC0415 - the package itself is looked at

    declared = [value.name for topic in catalogue.TOPICS for value in vars(topic).values() if isinstance(value, Metric)]
    assert len(declared) == len(set(declared)) == len(METRICS)
    assert all(name == section.name for name, section in SECTIONS.items())


SECTION = Section(
    name="things",
    help="Things.",
    columns=(
        Column(name="a", help="A."),
        Column(name="n", help="N.", type="integer"),
        Column(name="f", help="F.", type="number"),
    ),
    key=("a",),
)


@pytest.mark.parametrize(
    "values",
    [{"a": 1}, {"n": "1"}, {"n": True}, {"n": 2**63}, {"f": math.nan}, {"b": 1}, {"a": "x\x00"}, {"a": "x" * 1001}],
)
def test_a_row_that_breaks_its_declaration_is_refused(values):
    with pytest.raises(ValueError, match="section things"):
        SECTION(**values)


letters = st.text("aáĐđ 1:/", max_size=5)
rows = st.lists(
    st.builds(
        lambda a, n, f: {"a": a, "n": n, "f": f},
        st.none() | letters,
        st.none() | st.integers(-5, 5),
        st.none() | st.floats(-9, 9),
    ),
    max_size=8,
)


@given(rows, st.randoms())
def test_the_digest_of_a_section_does_not_depend_on_the_order_of_its_rows(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert SECTION.digest(values) == SECTION.digest(shuffled)


@given(rows, rows)
def test_different_rows_have_different_digests(one, other):
    if SECTION.sorted(one) != SECTION.sorted(other):
        assert SECTION.digest(one) != SECTION.digest(other)
