"""What a probe is: a question, its pace, and per system a way to ask and a way to read."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from schooldrum_agent.targets import Order
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row


class Denied(Exception):  # noqa: N818 - the word of the outcome it becomes
    """This process has no right to ask; says in plain words which right is missing."""


class Unavailable(Exception):  # noqa: N818 - the word of the outcome it becomes
    """This machine has no such thing, or its system offers no such door."""


class Source(msgspec.Struct, frozen=True):
    """A pair: `fetch` touches the machine and decides nothing, `read` decides and touches nothing.

    `fetch(doors)` returns plain JSON-able data, raises Denied or Unavailable and nothing else on purpose. `read(data)`
    yields readings and rows.
    """

    fetch: Callable[["Doors"], Any]
    read: Callable[[Any], Iterable[Reading | Row]]


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch may need besides the system itself, so that tests and containers can hand in another.

    `procfs`, `sysfs`, `rootfs` are where those trees are mounted; `boottime` and `wall` are the clocks (seconds);
    `said` is what the agent knows about itself (the `agent` and `clock` probes report it); `way` is what the `ladder`
    is told, and without it nothing is sent.
    """

    procfs: str = "/proc"
    sysfs: str = "/sys"
    rootfs: str = "/"
    boottime: Callable[[], float]
    wall: Callable[[], float]
    said: Callable[[], dict[str, float]] = dict
    way: Callable[[], Order] = Order


class Probe(msgspec.Struct, frozen=True):
    """A probe is a value in the list `probes.PROBES`.

    `every` and `timeout` are seconds; `floor` is the fastest pace settings may ask for; `child` runs fetch in a
    killable child process; `on` maps sys.platform to a Source; `sections` are the inventory sections it owns;
    `bulk` results are given up before connectivity when the spool is full. One that `meets_strangers` reads what others
    on the network sent: its child gives up its rights first (confinement).
    """

    name: str
    every: int
    timeout: float
    on: dict[str, Source]
    child: bool = False
    floor: int = 1
    sections: tuple[str, ...] = ()
    bulk: bool = True
    meets_strangers: bool = False


def elsewhere(*systems: str) -> dict[str, Source]:
    """What stands for the sources of a probe whose code only its children load: on which systems it can be asked."""
    return dict.fromkeys(systems, Source(_not_here, iter))


def _not_here(_doors: Doors) -> Any:
    raise Unavailable("this probe runs in a child process only")
