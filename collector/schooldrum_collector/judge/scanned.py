"""When a scanned climb was climbed, and whether it may still be taken: dated by the PC's own boot, never by the scan.

So a picture that is shown again says the same of the same moment, and one that is a day old says nothing any more.
"""

import enum
import hashlib

import msgspec

from schooldrum_collector.judge.fault import Climb, Rung
from schooldrum_wire.scan import Scanned, boot_mark

AGE_SECONDS = 86400.0
_AHEAD_SECONDS = 30.0
_EXACT_SECONDS, _CORRECTED_SECONDS = 2.0, 120.0


class Untimely(enum.StrEnum):
    """Why a climb cannot be taken."""

    UNHEARD = "unheard"
    """Nothing was ever heard of this PC, so its clocks say nothing."""
    OLD = "old"
    CLOCK = "clock"
    """By its clocks it lies in the future, or before the PC was added."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What its reports have said of a machine's clocks, as store.records.Latest has it; `enrolled` is epoch seconds."""

    enrolled: float
    boot: str = ""
    run: str = ""
    clock: float = 0.0
    skew: float = 0.0


def dated(scanned: Scanned, heard: Heard, now: float) -> Climb | Untimely:
    """The climb at the collector's time; a PC started anew since its last report is dated by its own clock."""
    if not heard.boot:
        return Untimely.UNHEARD
    if scanned.boot == boot_mark(heard.boot):
        at, error, boot = heard.clock + scanned.boottime, _EXACT_SECONDS, heard.run
    else:
        at, error = scanned.wall - heard.skew, _CORRECTED_SECONDS
        boot = hashlib.sha256(scanned.boot).hexdigest()[:16]
    if at > now + max(error, _AHEAD_SECONDS) or at < heard.enrolled:
        return Untimely.CLOCK
    if at < now - AGE_SECONDS:
        return Untimely.OLD
    rungs = tuple(Rung(step=one.step, family=one.family, passed=one.passed, reason=one.reason) for one in scanned.steps)
    return Climb(at=at, error=error, rungs=rungs, boot=boot)
