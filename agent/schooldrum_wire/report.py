"""One letter of one run: the newest result of every probe, the hash of every section, rows that changed, or backlog."""

import msgspec

from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

Fingerprint = dict[str, tuple[str, ...]]
"""Hashed hardware items by kind (`uuid board disk mac`), see fingerprint.py."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """The sender's three clocks at the moment of sending (seconds), and which boot they belong to."""

    boot: str
    boottime: float
    wall: float


class Word(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hello or goodbye, and why: start stop shutdown suspend resume update."""

    word: str
    kind: str
    boottime: float


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`live` reports render a machine by themselves; the others are backlog of one run, oldest first.

    `run` is fresh randomness of each start of the agent; `boot` names the boot its clocks belong to. `network` is the
    code of the network it stands in (around.py), `elsewhere` whether that is none of its school's; `sees` are the codes
    of those PCs it was told of that it heard on its own network, each with the seconds since then.
    """

    run: str
    boot: str
    results: tuple[Result, ...] = ()
    live: bool = False
    beat: int = 60
    word: Word | None = None
    sections: dict[str, str] = {}
    rows: dict[str, tuple[Values, ...]] = {}
    frozen: bool | None = None
    network: str = ""
    elsewhere: bool = False
    sees: dict[str, float] = {}


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of one POST /v1/reports: 1 to 100 reports with the sender's clocks, live first."""

    reports: tuple[Report, ...]
    now: Now
    fingerprint: Fingerprint = {}
    version: int = 1
    agent: str = ""
    system: str = ""
    settings: int = 0
    """The version of the settings in force."""
    starts: int = 0
    """How often the agent has started by its own count on disk; one that does not grow: the disk forgets.

    0 where it is not told: the count could not be written.
    """
    refusals: tuple[str, ...] = ()
    """Settings that lay outside the compiled bounds and were not taken."""
    around: str = ""
    """Mark of what it was told of its surroundings (around.py), empty for nothing."""
