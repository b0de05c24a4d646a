"""What `once` says about the probes that it waits for."""

import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

from schooldrum_agent.once import run_all
from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.runner import Runner


def test_it_names_the_probes_it_still_waits_for_and_a_quick_round_is_silent():
    clock: Any = SimpleNamespace(monotonic=time.monotonic, boottime=time.monotonic, wall=time.time)
    doors = Doors(boottime=time.monotonic, wall=time.time)
    gate = threading.Event()

    def runner(post: Any, found: Any) -> Runner:
        return Runner(doors=doors, clock=clock, system=sys.platform, post=post, found=found, command=(), environment={})

    def wait(_doors: Doors) -> Any:
        gate.wait(20)

    said: list[list[str]] = []

    def awaited(names: Any) -> None:
        said.append(list(names))
        gate.set()

    quick = Probe("quick", 60, 30, {sys.platform: Source(lambda _doors: None, lambda _data: ())})
    slow = Probe("slow", 60, 30, {sys.platform: Source(wait, lambda _data: ())})
    assert [one.probe for one in run_all([quick], runner, awaited)] == ["quick"]
    assert said == []
    assert [one.outcome for one in run_all([slow, quick], runner, awaited, patience=0.2)] == ["ok", "ok"]
    assert said[0] == ["slow"]
