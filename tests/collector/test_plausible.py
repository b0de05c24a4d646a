"""Which values of a PC's rows can be true."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.plausible import plausible
from schooldrum_collector.judge.storage import Verdict, judge
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.section import Values


@pytest.mark.parametrize(
    ("section", "column", "sound", "false"),
    [
        ("disks", "size", (0, 500_107_862_016, 8 << 40), (-1, 2**62)),
        ("disks", "hours", (0, 90_000), (-5, 2**40)),
        ("disks", "temperature", (-10, 71), (-273, 255, 65_535)),
        ("disks", "wear", (0, 180, 254), (-1, 255, 9_999, 65_535)),
        ("disks", "pending", (0, 4_000_000), (-3, 2**48)),
        ("system", "cores", (1, 256), (-2, 2**31)),
        ("system", "memory", (8 << 30,), (-8, 2**60)),
        ("system", "firmware_date", ("2019-08-14",), ("9999-12-31", "0001-01-01", "2027-99-13", "soon")),
        ("software", "installed", ("2024-01-31", ""), ("9999-01-01", "1601-01-01")),
        ("operating_system", "support_end", ("2027-05-13",), ("9999-12-31",)),
        ("update_history", "last_scan", ("2026-11-22",), ("9999-12-31",)),
        ("update_history", "last_failure", ("2026-11-22",), ("9999-12-31",)),
        ("updates", "installed", ("3.0.2-0ubuntu1.10", "1:9.18.28-1~deb12u2"), ()),
        ("updates", "published", ("2026-11-10",), ("0001-01-01",)),
        ("hotfixes", "installed", ("2026-11-10",), ("9999-01-01",)),
        ("automatic_updates", "paused_until", ("2026-12-01", "9999-12-31"), ()),
        ("accounts", "administrators", (0, 5), (-1, 2**40)),
        ("antivirus", "signature_age", (0, 400), (-3, 2**31)),
        ("monitors", "year", (1995, 2026), (9999, 0)),
        ("batteries", "design", (50_000,), (-50_000,)),
    ],
)
def test_what_cannot_be_is_not_known(section: str, column: str, sound: tuple[Any, ...], false: tuple[Any, ...]) -> None:
    assert column in {one.name for one in SECTIONS[section].columns}
    for value in sound:
        rows: tuple[Values, ...] = ({column: value, "other": 1},)
        assert plausible(section, rows) is rows
    for value in false:
        assert plausible(section, ({column: value, "other": 1}, {})) == ({column: None, "other": 1}, {})


def test_a_disk_is_not_judged_by_what_cannot_be() -> None:
    (row,) = plausible("disks", [{"source": "nvme", "critical": -1, "temperature": 65_535, "passed": True}])
    assert judge(row).verdict is Verdict.OK


def test_a_section_nobody_declared_stays_as_it_is() -> None:
    rows: list[Values] = [{"size": -1}]
    assert plausible("something_newer", rows) is rows


@given(
    st.sampled_from(sorted(SECTIONS)).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.lists(
                st.dictionaries(
                    st.sampled_from([column.name for column in SECTIONS[name].columns]),
                    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
                ),
                max_size=4,
            ),
        )
    )
)
def test_only_values_become_unknown_and_a_second_look_changes_nothing(told: tuple[str, list[Values]]) -> None:
    name, rows = told
    found = plausible(name, rows)
    assert [row.keys() for row in found] == [row.keys() for row in rows]
    pairs = [(new[key], old[key]) for new, old in zip(found, rows, strict=True) for key in old]
    assert all(new is None or new == old for new, old in pairs)
    assert plausible(name, found) is found
