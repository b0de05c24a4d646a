"""How a PC's time of being on ended, and how a room's did: as far as what was said and what came back can tell.

A goodbye names its reason. Without one, what comes back afterwards is the evidence: another boot means that the power
went, the same boot that the PC ran on (or slept) while nobody heard it. A frozen disk forgets the backlog that would
show that it ran on, so of such a PC a new boot alone proves nothing.
"""

import enum
from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.presence import GOODBYE


class Ending(enum.StrEnum):
    """`cut` is power taken away, `lost` a PC that ran on unheard, `stopped` the program alone."""

    SHUTDOWN = "shutdown"
    FAST_STARTUP = "fast_startup"
    SLEEP = "sleep"
    STOPPED = "stopped"
    CUT = "cut"
    LOST = "lost"
    UNKNOWN = "unknown"


class LastHeard(msgspec.Struct, frozen=True, kw_only=True):
    """The newest that was heard of a PC before it went: fields as in the store's Latest."""

    heard: float
    boot: str
    word: str = ""
    word_kind: str = ""
    word_at: float = 0.0
    frozen: bool = False


class FirstBack(msgspec.Struct, frozen=True, kw_only=True):
    """The first that was heard afterwards; `ran_until` is the newest result of the earlier boot that came with it."""

    boot: str
    word_kind: str = ""
    ran_until: float = 0.0


_SAID = {
    "shutdown": Ending.SHUTDOWN,
    "suspend": Ending.SLEEP,
    "stop": Ending.STOPPED,
    "update": Ending.STOPPED,
}


def ending_of(last: LastHeard, back: FirstBack | None = None, *, beat: int = 60) -> tuple[Ending, bool]:
    """How it ended, and whether that is sure."""
    if last.word == GOODBYE and last.heard <= last.word_at:
        said = _SAID.get(last.word_kind, Ending.UNKNOWN)
        if said is Ending.SHUTDOWN and back is not None and back.boot == last.boot:
            # Fast Startup hibernates the kernel: the same boot goes on after a shutdown that was said.
            return Ending.FAST_STARTUP, True
        return said, said is not Ending.UNKNOWN
    if back is None:
        return Ending.UNKNOWN, False
    if back.boot == last.boot:
        return (Ending.SLEEP, True) if back.word_kind == "resume" else (Ending.LOST, True)
    if back.ran_until > last.heard + 2 * beat:
        return Ending.LOST, True
    return Ending.CUT, not last.frozen


class RoomEnding(enum.StrEnum):
    """How a room went quiet: `breaker` is that room's power alone, `power_cut` the whole site's."""

    SHUTDOWN = "shutdown"
    BREAKER = "breaker"
    POWER_CUT = "power_cut"
    LOST = "lost"
    UNKNOWN = "unknown"


def room_ending(endings: Iterable[Ending], *, others_heard: bool, others_on: bool) -> RoomEnding:
    """How a room's PCs that went within one beat ended together.

    `others_heard` says that another room of the site was heard afterwards, `others_on` that any had been on.
    """
    there = list(endings)
    cut = sum(one is Ending.CUT for one in there)
    lost = sum(one is Ending.LOST for one in there)
    said = sum(one in {Ending.SHUTDOWN, Ending.FAST_STARTUP, Ending.SLEEP, Ending.STOPPED} for one in there)
    if not there or max(cut, lost, said) * 2 <= len(there):
        return RoomEnding.UNKNOWN
    if lost == max(cut, lost, said):
        return RoomEnding.LOST
    if said == max(cut, said):
        return RoomEnding.SHUTDOWN
    if others_heard:
        return RoomEnding.BREAKER
    return RoomEnding.POWER_CUT if others_on else RoomEnding.UNKNOWN
