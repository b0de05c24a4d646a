"""What the agent itself weighs, and what waits in its spool."""

import os
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files
from schooldrum_wire.catalogue.agent import (
    AGENT_CPU_SECONDS,
    AGENT_RESIDENT_MEMORY_BYTES,
    AGENT_SET_ASIDE,
    AGENT_SPOOL_DROPPED,
    AGENT_SPOOL_OLDEST_TIMESTAMP,
    AGENT_SPOOL_RESULTS,
    AGENT_START_TIMESTAMP,
)
from schooldrum_wire.metric import Metric
from schooldrum_wire.reading import Reading

_SAID: dict[str, Metric] = {
    "start_age": AGENT_START_TIMESTAMP,
    "spool_results": AGENT_SPOOL_RESULTS,
    "spool_oldest_age": AGENT_SPOOL_OLDEST_TIMESTAMP,
    "spool_dropped": AGENT_SPOOL_DROPPED,
    "set_aside": AGENT_SET_ASIDE,
}


def _said(doors: Doors) -> dict[str, Any]:
    said = doors.said()
    return {key: said.get(key) for key in _SAID}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{cpu, resident} in seconds and bytes, children that have ended included, and what the agent says of itself."""
    times = os.times()
    pages = files.read_text("/proc", "self/statm").split()
    if len(pages) < 2 or not pages[1].isdecimal():  # noqa: PLR2004 - proc(5): resident is the second
        raise Unavailable("/proc/self/statm does not tell this process's memory")
    return {
        "cpu": times.user + times.system + times.children_user + times.children_system,
        "resident": int(pages[1]) * os.sysconf("SC_PAGE_SIZE"),
        **_said(doors),
    }


def fetch_windows(doors: Doors) -> dict[str, Any]:
    """The same. Windows keeps no account of ended children: the runner's own sum is added, where it says so."""
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    times = os.times()
    return {
        "cpu": times.user + times.system + doors.said().get("children_cpu", 0.0),
        "resident": psutil.Process().memory_info().rss,
        **_said(doors),
    }


def read(data: Any) -> Iterator[Reading]:
    """Processor time and memory, and each thing the agent says of itself."""
    yield AGENT_CPU_SECONDS(data["cpu"])
    yield AGENT_RESIDENT_MEMORY_BYTES(data["resident"])
    for key, metric in _SAID.items():
        if data[key] is not None:
            yield metric(max(0.0, data[key]))


PROBE = Probe(
    "agent",
    every=60,
    timeout=10,
    floor=5,
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
