"""When two sets of hardware items are one machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_wire.fingerprint import WEIGHTS, is_junk, same_machine, tidy
from schooldrum_wire.report import Fingerprint

FULL: Fingerprint = {"uuid": ("u",), "board": ("b",), "disk": ("d",), "mac": ("m",)}


@pytest.mark.parametrize(
    ("seen", "same"),
    [
        (FULL, True),
        ({**FULL, "disk": ("x",)}, True),  # a new disk: 8 against 2
        ({**FULL, "board": ("x",)}, True),  # 7 against 3
        ({**FULL, "uuid": ("x",), "board": ("x",)}, False),  # another mainboard with the old disk and card: 4 against 6
        ({"uuid": ("x",), "board": ("x",), "disk": ("d",), "mac": ("x",)}, False),  # the old disk in another PC
        ({"disk": ("d",)}, None),  # a disk alone proves nothing where more is known of the machine
        ({"disk": ("x",)}, False),
        ({"mac": ("m",)}, True),
        ({"uuid": ("u",), "mac": ("x",)}, True),  # 3 against 2
        ({"board": ("x",), "uuid": ("u",)}, True),  # 3 against 3, and not by a disk
        ({}, None),
        ({"other": ("u",)}, None),
    ],
)
def test_the_rule(seen, same):
    assert same_machine(FULL, seen) is same


@pytest.mark.parametrize(
    "value",
    [
        "To be filled by O.E.M.",
        "  default   STRING ",
        "0",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009",
        "",
        "xxxxxxxxxx",
        "System Serial Number",
        "None",
    ],
)
def test_junk_is_no_evidence(value):
    assert is_junk(value)
    assert tidy({"uuid": [value]}) == {}


def test_spelling_does_not_matter_and_nothing_readable_leaves():
    one = tidy({"mac": ["00:1A:2B:3C:4D:5E"], "uuid": ["4C4C4544-0031-3010-8051-B2C04F4D3232"]})
    other = tidy({"mac": ["001a.2b3c.4d5e"], "uuid": ["4c4c4544-0031-3010-8051-b2c04f4d3232"]})
    assert one == other
    assert "1a2b" not in str(one)


items = st.lists(st.sampled_from("abcd"), max_size=3, unique=True).map(tuple)
fingerprints = st.fixed_dictionaries({}, optional=dict.fromkeys(WEIGHTS, items))


@given(fingerprints, fingerprints)
def test_the_rule_does_not_depend_on_who_came_first(one, other):
    assert same_machine(one, other) is same_machine(other, one)


@given(fingerprints)
def test_a_machine_is_itself(one):
    assert same_machine(one, one) is (True if any(one.values()) else None)
