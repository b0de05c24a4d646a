"""A collector whose clock was ahead and is set back, while it serves or while it does not: nobody is missed by that."""

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.pcs import Pc
from tests.e2e.programs import Collector, eventually, fetched
from tests.e2e.shifted_collector import Shift

BEAT = 20
STEP = 5.0
"""Seconds that pass at once: fewer than a collector takes for a gap of its own."""


def told(collector: Collector) -> list[dict[str, Any]]:
    """The school's PCs as programs are told of them."""
    machines: list[dict[str, Any]] = json.loads(fetched(f"{collector.office}/api/v1/machines"))["machines"]
    return machines


def states(collector: Collector) -> list[tuple[str, bool]]:
    """How each PC stands, and whether that is assumed."""
    return sorted((one["presence"]["state"], one["presence"]["assumed"]) for one in told(collector))


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("back", "serves"), [(3600.0, True), (86400.0, False)], ids=["an hour", "a day, at rest"])
def test_a_clock_that_is_set_back(
    tmp_path: Path, shift: Shift, shifted_collector: Collector, back: float, *, serves: bool
) -> None:
    collector, token = shifted_collector, shifted_collector.token()
    with ExitStack() as on:
        pcs = [Pc(tmp_path / f"pc-{number}", number, beat=BEAT) for number in range(3)]
        for pc in pcs:
            pc.enrol(collector.agents, token)
        running = [on.enter_context(pc.started()) for pc in pcs]
        for one in running:
            assert one.report().delivered
        assert states(collector) == [("online", False)] * len(pcs)
        if serves:
            shift.passes(-back)
            time.sleep(2)
        else:
            collector.stop()
            shift.passes(-back)
            collector.serve()
        for _ in range(4 * BEAT // int(STEP)):
            shift.passes(STEP)
            time.sleep(0.6)
            assert {state for state, _ in states(collector)} == {"online"}
        assert states(collector) == [("online", True)] * len(pcs), "nobody was heard, and everybody has time"
        assert running[0].report().delivered
        eventually(lambda: ("online", False) in states(collector), 10, "who reports is on by its own word")
        assert json.loads(fetched(f"{collector.office}/api/v1/incidents"))["incidents"] == []
