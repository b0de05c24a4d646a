"""A climb as a text that a phone carries: whole, sealed, short, and nothing of it can be changed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_wire.catalogue.ladder import REASONS, STEPS
from schooldrum_wire.scan import (
    FAMILIES,
    SCAN_LENGTH,
    Scanned,
    ScannedStep,
    boot_mark,
    credential_digest,
    machine_of,
    read,
    written,
)

KEY, OTHER = credential_digest("c" * 43), credential_digest("d" * 43)
steps = st.builds(
    ScannedStep, step=st.sampled_from(STEPS), family=st.sampled_from(FAMILIES), passed=st.booleans()
) | st.builds(
    ScannedStep,
    step=st.sampled_from(STEPS),
    family=st.sampled_from(FAMILIES),
    passed=st.just(value=False),
    reason=st.sampled_from(REASONS),
)
climbs = st.builds(
    Scanned,
    machine=st.from_regex(r"[a-z0-9]{1,64}", fullmatch=True),
    boot=st.binary(min_size=4, max_size=4),
    boottime=st.integers(0, 2**32 - 1).map(float),
    wall=st.integers(0, 2**32 - 1).map(float),
    steps=st.lists(steps, unique_by=lambda one: (one.step, one.family), max_size=18).map(
        lambda found: tuple(sorted(found, key=lambda one: (STEPS.index(one.step), one.family)))
    ),
)


@given(climbs)
def test_what_is_written_is_read(climb):
    text = written(climb, KEY)
    assert len(text) <= SCAN_LENGTH
    assert machine_of(text) == climb.machine
    assert read(text, KEY) == climb
    assert read(text, OTHER) is None


@given(climbs, st.data())
def test_nothing_of_it_can_be_changed(climb, data):
    text = written(climb, KEY)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda one: one != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    # The last character of 16 holds no spare bits: each other one is another seal.
    assert read(changed, KEY) is None


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_shown_nothing_breaks(text):
    assert read(text, KEY) is None
    machine_of(text)


@pytest.mark.parametrize("clock", [-1.0, float("nan"), float("inf"), 1e30])
def test_a_clock_that_is_no_time_breaks_nothing(clock):
    climb = Scanned(machine="m1", boot=boot_mark("b"), boottime=clock, wall=clock, steps=())
    found = read(written(climb, KEY), KEY)
    assert found is not None
    assert found.boottime >= 0


def test_an_unknown_step_is_left_out():
    climb = Scanned(machine="m1", boot=b"abcd", boottime=1.0, wall=1.0, steps=())
    strange = msgspec.structs.replace(climb, steps=(ScannedStep(step="teleport", family="ipv4", passed=True),))
    assert written(strange, KEY) == written(climb, KEY)
