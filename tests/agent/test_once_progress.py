"""What `once` says about the probes that it waits for, and that no terminal obeys what it shows."""

import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

from schooldrum_agent.once import Shown, as_text, run_all
from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.runner import Runner
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Result


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


def test_what_a_terminal_would_obey_is_shown_as_a_question_mark():
    obeyed = "Debi\x1b[31mRED\x1b]0;x\x07\x9b2J\u202e\r"
    result = Result(
        probe="p",
        seq=1,
        outcome="failed",
        reason=obeyed,
        boottime=1,
        wall=1,
        readings=(Reading("m", 1.0, {"l": obeyed}), Reading("school_boot_timestamp_seconds", 60.5, {})),
    )
    what = Shown(fingerprint={}, results=(result,), sections={"operating_system": [{"title": obeyed, "n": "Máy 7"}]})
    text = as_text(what, "vi")
    assert all(letter.isprintable() for line in text.split("\n") for letter in line)
    assert text.count("Debi?[31mRED?]0;x??2J??") == 3
    assert "n=Máy 7" in text
    assert "school_boot_timestamp_seconds 60.5 giây trước" in text
    assert "school_boot_timestamp_seconds 60.5 s ago" in as_text(what, "en")
