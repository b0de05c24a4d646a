"""When a room went off as a whole, and whether that was how lessons end: known once its PCs are back."""

from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.endings import Ending, FirstBack, LastHeard, ending_of

_TOGETHER_SECONDS = 90.0
_MISSED_SECONDS = 180.0


class Heard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A PC of the room: whether it is on, and the newest that was heard of it."""

    machine: str
    on: bool
    last: LastHeard


class RoomWatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a room between two looks: who was on, and who went with it when it last went off.

    `alone` says that it went without the rest of the school.
    """

    on: dict[str, LastHeard] = {}
    gone: dict[str, LastHeard] = {}
    ended: float = 0.0
    alone: bool = False


def looked(watch: RoomWatch, heard: Iterable[Heard], others_heard: float) -> tuple[RoomWatch, float | None]:
    """The room after a look, and the moment of an end that was none of a fault, once that is known.

    `others_heard` is when anything of the school outside this room was heard last (0: never). An end is a lesson's when
    others were heard on meanwhile (or none had been on), and most PCs came back from a boot of their own, had said
    goodbye or had slept; what ran on unheard was cut off by a fault.
    """
    there = {one.machine: one for one in heard}
    on = {name: one.last for name, one in there.items() if one.on}
    if not on:
        if not watch.on:
            return watch, None
        # As it went: what is known of a PC now may already hold its goodbye.
        gone = {name: there[name].last for name in watch.on if name in there}
        ended = max((last.heard for last in gone.values()), default=0.0)
        apart = not ended - _MISSED_SECONDS <= others_heard <= ended + _TOGETHER_SECONDS
        return RoomWatch(gone=gone, ended=ended, alone=apart), None
    if not watch.gone:
        return RoomWatch(on=on), None
    endings = [
        ending_of(watch.gone[name], FirstBack(boot=last.boot, word_kind=last.word_kind))[0]
        for name, last in on.items()
        if name in watch.gone
    ]
    if not endings:
        # Others of the room came first; those that tell are still to come.
        return msgspec.structs.replace(watch, on={}), None
    usual = sum(one not in {Ending.LOST, Ending.UNKNOWN} for one in endings)
    return RoomWatch(on=on), watch.ended if watch.alone and 2 * usual > len(endings) else None
