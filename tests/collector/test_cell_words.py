"""A value of a PC's lists is told in the reader's language, with its unit; and every fixed word has its words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.show.cell_words import cell_words
from schooldrum_collector.show.meanings_values import DAYS, VALUES
from schooldrum_collector.speech import Say
from schooldrum_wire.catalogue import SECTIONS

COLUMNS = {f"{section.name}.{column.name}": column for section in SECTIONS.values() for column in section.columns}


@pytest.mark.parametrize(
    ("section", "column", "value", "vietnamese", "english"),
    [
        ("accounts", "autologon", True, "có", "yes"),
        ("accounts", "guest", False, "không", "no"),
        ("accounts", "guest", None, "", ""),
        ("system", "firmware_date", "2012-07-18", "18/07/2012", "Wed 18 Jul 2012"),
        ("system", "firmware_date", "soon", "soon", "soon"),
        ("software", "installed", "2026-02-30", "2026-02-30", "2026-02-30"),
        # The version that is installed is no day, however it looks.
        ("updates", "installed", "2024-01-01", "2024-01-01", "2024-01-01"),
        ("printers", "connection", "network", "qua mạng", "network"),
        ("printers", "problem", "no_paper", "hết giấy", "out of paper"),
        ("printers", "problem", "something_newer", "something_newer", "something_newer"),
        ("automatic_updates", "restart_reasons", "kernel package", "nhân hệ điều hành, gói phần mềm",
         "the kernel, a package"),
        ("automatic_updates", "disabled_services", "wuauserv UsoSvc", "wuauserv UsoSvc", "wuauserv UsoSvc"),
        ("volumes", "size", 500107862016, "465,8 GiB", "465.8 GiB"),
        ("antivirus", "signature_age", 1, "1 ngày", "1 day"),
        ("antivirus", "signature_age", 2000, "2.000 ngày", "2,000 days"),
        ("disks", "hours", 43811, "43.811 giờ", "43,811 hours"),
        ("disks", "temperature", 53, "53 °C", "53 °C"),
        ("disks", "wear", 12, "12%", "12 %"),
        ("screen_lock", "after", 600, "10 phút", "10 min"),
        ("interfaces", "speed", 1_000_000_000, "1.000 Mbps", "1,000 Mbps"),
        ("batteries", "design", 48840, "48.840 mWh", "48,840 mWh"),
        # Numbers that are names are not grouped.
        ("operating_system", "build", 19045, "19045", "19045"),
        ("monitors", "year", 2011, "2011", "2011"),
        ("section_of_tomorrow", "size", 5, "5", "5"),
    ],
)  # fmt: skip
def test_a_value_is_told_in_words(section, column, value, vietnamese, english):
    assert cell_words(section, column, value, Say("vi")) == vietnamese
    assert cell_words(section, column, value, Say("en")) == english


@given(
    column=st.sampled_from(sorted(COLUMNS)),
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    language=st.sampled_from(["vi", "en"]),
)
def test_any_value_is_told(column, value, language):
    section, _, name = column.partition(".")
    assert isinstance(cell_words(section, name, value, Say(language)), str)


def test_only_words_that_a_column_declares_are_told():
    for name, known in VALUES.items():
        for word in known:
            assert word in COLUMNS[name].help, f"{name} declares no {word!r}"


def test_every_column_of_days_is_told_as_days():
    for name, column in COLUMNS.items():
        declared = re.search(r"year-month-day|\bday (?:of|on|until|its)\b", column.help, re.IGNORECASE) is not None
        assert declared == bool(DAYS & {name, column.name}), f"{name}: a day, or not? see meanings_values.py"
