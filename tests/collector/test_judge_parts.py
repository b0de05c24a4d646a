"""Which parts came, went or changed places."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.parts import Event, Happening, detail, happened, left_behind, origin_of, parts_of
from schooldrum_wire.section import Values

GIB = 1 << 30
OLD: Values = {"slot": "A1", "size": 8 * GIB, "kind": "DDR4", "maker": "Samsung", "serial": "a" * 16}
NEW: Values = {"slot": "A2", "size": 8 * GIB, "kind": "DDR4", "maker": "Samsung", "serial": "b" * 16}
BARE: Values = {key: value for key, value in OLD.items() if key != "serial"}
HDD: Values = {"disk": "sda", "bus": "sata", "model": "ST500", "size": 500_000_000_000, "serial": "c" * 16}
SSD: Values = {"disk": "sda", "bus": "sata", "model": "KINGSTON", "size": 240_000_000_000, "serial": "d" * 16}
STICK: Values = {"disk": "sdb", "bus": "usb", "model": "Stick", "size": 16_000_000_000}
DELL: Values = {"maker": "Dell", "model": "P2419H", "serial": "e" * 16}
BENQ: Values = {"maker": "BenQ", "model": "GW2283"}
LG: Values = {"maker": "LG", "model": "22MK"}
ACER: Values = {"maker": "Acer", "model": "V226"}


def told(kind: str, *looks: tuple[Values, ...]) -> list[tuple[str, str, str]]:
    """What is said over these looks at the rows of one kind, one after the other."""
    remembered: dict[str, Any] = {}
    said = []
    for rows in looks:
        remembered, events = happened(remembered, parts_of({kind: rows}))
        said += [(one.event.value, one.before, one.after) for one in events]
    return said


@pytest.mark.parametrize(
    ("kind", "looks", "expected"),
    [
        ("memory_modules", ((OLD, NEW),), []),
        ("memory_modules", ((OLD, NEW), (NEW, OLD)), []),
        ("memory_modules", ((OLD, NEW), (OLD,)), [("gone", "8 GiB DDR4 Samsung", "")]),
        ("memory_modules", ((OLD,), (OLD, NEW)), [("added", "", "8 GiB DDR4 Samsung")]),
        ("memory_modules", ((OLD,), (NEW,)), [("swapped", "8 GiB DDR4 Samsung", "8 GiB DDR4 Samsung")]),
        ("memory_modules", ((OLD,), ({**OLD, "slot": "B1"},)), []),
        # A PC that begins to tell serial numbers, and one whose agent calls a part otherwise.
        ("memory_modules", ((BARE, BARE), (OLD, NEW)), []),
        ("memory_modules", ((OLD,), ({**OLD, "maker": "Samsung Electronics"},)), []),
        # Nothing told at all: nobody could look.
        ("memory_modules", ((OLD, NEW), (), (OLD, NEW)), []),
        ("disks", ((HDD,), (SSD,)), [("swapped", "ST500 500 GB", "KINGSTON 240 GB")]),
        ("disks", ((HDD,), (HDD, STICK), (HDD,)), []),
        # The last disk is gone: told once, and so is the one that takes its place. Memory cannot be gone whole.
        ("disks", ((HDD,), (), ()), [("gone", "ST500 500 GB", "")]),
        ("disks", ((HDD,), (STICK,)), [("gone", "ST500 500 GB", "")]),
        ("disks", ((HDD,), (), (SSD,)), [("gone", "ST500 500 GB", ""), ("added", "", "KINGSTON 240 GB")]),
        ("disks", ((), (HDD,)), []),
        ("disks", ((HDD,), ({**HDD, "serial": "f" * 16},)), [("swapped", "ST500 500 GB", "ST500 500 GB")]),
        ("monitors", ((DELL, BENQ), (BENQ,), (DELL, BENQ)), []),
        ("monitors", ((DELL,), (BENQ,)), [("swapped", "Dell P2419H", "BenQ GW2283")]),
        ("monitors", ((DELL, BENQ), ()), []),
        # One that is off beside one that was swapped is still remembered.
        (
            "monitors",
            ((BENQ, DELL, LG), (ACER, LG), (ACER, DELL, LG)),
            [("swapped", "BenQ GW2283", "Acer V226")],
        ),
        ("monitors", ((DELL,), (DELL, BENQ)), [("added", "", "BenQ GW2283")]),
    ],
)
def test_what_happened(kind: str, looks: tuple[tuple[Values, ...], ...], expected: list[tuple[str, str, str]]) -> None:
    assert told(kind, *looks) == expected


def test_where_a_part_was_before_is_written_down_and_found_again() -> None:
    swapped = Happening(kind="disks", event=Event.SWAPPED, before="ST500; from x", after="ST500", serial="c" * 16)
    # A maker's words pass for nobody's name.
    assert detail(swapped) == "ST500, x -> ST500"
    assert origin_of(detail(swapped)) == ("ST500, x -> ST500", "")
    assert origin_of(detail(swapped, "m22")) == ("ST500, x -> ST500", "m22")
    assert origin_of("ST500 -> KINGSTON") == ("ST500 -> KINGSTON", "")


def test_serial_numbers_of_parts_that_are_gone_are_known() -> None:
    before, after = parts_of({"disks": [HDD], "memory_modules": [OLD, BARE]}), parts_of({"disks": [SSD]})
    assert left_behind(before, {**before, **after}) == (HDD["serial"],)


rows = st.lists(
    st.dictionaries(
        st.sampled_from(["serial", "size", "model", "maker", "bus"]), st.none() | st.text() | st.integers()
    ),
    max_size=6,
)


@given(rows, rows)
def test_any_rows_are_looked_at_and_the_same_ones_twice_say_nothing(before: list[Values], after: list[Values]) -> None:
    remembered, _ = happened({}, parts_of({"disks": before}))
    remembered, _ = happened(remembered, parts_of({"disks": after}))
    assert happened(remembered, parts_of({"disks": after}))[1] == ()
