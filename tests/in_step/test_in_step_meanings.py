"""What a PC sends is told in both languages: no list and no column without Vietnamese words, and no words too many."""

import pytest

from schooldrum_collector.show.meanings import (
    METRIC_MEANINGS,
    SECTION_MEANINGS,
    column_heading,
    metric_meaning,
    section_meaning,
)
from schooldrum_collector.show.meanings_columns import COLUMNS, OF_SECTION
from schooldrum_collector.speech import Say
from schooldrum_collector.vietnamese import folded
from schooldrum_wire.catalogue import METRICS, SECTIONS

MEANINGS = "collector/schooldrum_collector/show/meanings.py"
HEADINGS = "collector/schooldrum_collector/show/meanings_columns.py"


def test_what_is_told_of_figures_is_told_of_those_that_a_pc_writes():
    written = {name for name, declared in METRICS.items() if not declared.by_collector}
    assert not METRIC_MEANINGS.keys() - written, f"no PC writes these: take them out of {MEANINGS}"


def test_every_list_is_told_and_no_other():
    for name in sorted(SECTIONS.keys() - SECTION_MEANINGS.keys()):
        pytest.fail(f'the list {name} has no Vietnamese meaning: add "{name}": "….", to SECTION_MEANINGS in {MEANINGS}')
    assert not SECTION_MEANINGS.keys() - SECTIONS.keys(), f"no PC sends these: take them out of {MEANINGS}"


def test_every_column_has_a_heading_and_no_heading_is_left_over():
    named = {column.name: name for name, section in SECTIONS.items() for column in section.columns}
    for column in sorted(named.keys() - COLUMNS.keys()):
        where = f"{named[column]}.{column}"
        pytest.fail(f'{where} has no Vietnamese heading: add "{column}": "…", to COLUMNS in {HEADINGS}')
    assert not COLUMNS.keys() - named.keys(), f"no list has these columns: take them out of {HEADINGS}"
    own = {f"{name}.{column.name}" for name, section in SECTIONS.items() for column in section.columns}
    assert own >= OF_SECTION.keys()


@pytest.mark.parametrize("text", [*METRIC_MEANINGS.values(), *SECTION_MEANINGS.values()])
def test_it_is_a_vietnamese_sentence(text):
    assert text.endswith(".")
    assert text != folded(text)
    assert "bạn" not in text.lower().split()


def test_english_is_what_is_declared_and_stands_in_for_what_is_not_known():
    name = "school_cpu_usage_ratio"
    assert metric_meaning(name, Say("en")) == (METRICS[name].help, "en")
    assert metric_meaning(name, Say("vi")) == (METRIC_MEANINGS[name], "vi")
    assert metric_meaning("school_of_tomorrow", Say("vi")) == ("", "en")
    assert section_meaning("disks", Say("en")) == (SECTIONS["disks"].help, "en")
    assert column_heading("disks", "column_of_tomorrow", Say("vi")) == "column of tomorrow"
    assert column_heading("disks", "size", Say("en")) == "size"


def test_two_columns_of_a_list_are_never_headed_alike():
    for name, section in SECTIONS.items():
        headings = [column_heading(name, column.name, Say("vi")) for column in section.columns]
        assert len(set(headings)) == len(headings), (name, headings)
