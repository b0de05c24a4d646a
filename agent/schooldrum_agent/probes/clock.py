"""How often the PC's clock jumped; how wrong it is, the collector sees for itself."""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_wire.catalogue.clock import CLOCK_STEPS
from schooldrum_wire.reading import Reading


def fetch(doors: Doors) -> dict[str, Any]:
    """{clock_steps}: what the agent counted since it started; None in an agent that runs only once."""
    return {"clock_steps": doors.said().get("clock_steps")}


def read(data: Any) -> Iterator[Reading]:
    """The steps, where they were counted."""
    if data["clock_steps"] is not None:
        yield CLOCK_STEPS(data["clock_steps"])


PROBE = Probe(
    "clock",
    every=60,
    timeout=5,
    floor=5,
    bulk=False,
    on={"linux": Source(fetch, read), "win32": Source(fetch, read)},
)
