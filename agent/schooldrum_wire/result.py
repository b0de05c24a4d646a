"""One run of one probe: outcome, when, how long, its readings and rows."""

import enum

import msgspec

from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row


class Outcome(enum.StrEnum):
    """How a probe's run ended. On the wire a plain string: a newer agent may know more of them."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    DENIED = "denied"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A probe's run.

    `seq` counts from 1 within a run of the agent; `boottime` is seconds of the boot-time clock (it runs on in
    suspend); `wall` is the PC's own idea of the epoch, trusted only after correction; `took` is seconds.
    `rows` never travel inside a result: a report carries whole sections.
    """

    probe: str
    seq: int
    outcome: str
    boottime: float
    wall: float
    took: float = 0.0
    reason: str = ""
    readings: tuple[Reading, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe's run gave on this PC, before it has a number in the run."""

    probe: str
    outcome: Outcome
    boottime: float
    wall: float
    took: float = 0.0
    reason: str = ""
    readings: tuple[Reading, ...] = ()
    rows: tuple[Row, ...] = ()
    sections: tuple[str, ...] = ()
    """Sections this probe owns: those of them without a row are empty, not unknown."""
