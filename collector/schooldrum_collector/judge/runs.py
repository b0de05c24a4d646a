"""What a machine's runs tell: whether two PCs speak with one credential, whose goodbye counts, if the disk forgets."""

from collections.abc import Mapping

import msgspec

_REMEMBERED = 64
"""Earlier runs kept in mind; more PCs than that on one credential are found out by the first that returns."""


class Runs(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The run that spoke last: its boot, its sender's boot-time clock when first heard, its start count.

    `frozen` is whether the disk forgets, None where nothing shows it; `past` are earlier runs, newest first.
    """

    run: str = ""
    boot: str = ""
    since: float = 0.0
    starts: int = 0
    frozen: bool | None = None
    past: tuple[str, ...] = ()


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that speak beside one another, which one PC's never do: when each was last heard (the collector's clock).

    Those heard last are kept in mind. `parted` is the run that said goodbye last.
    """

    heard: Mapping[str, float] = {}
    parted: str = ""


def speaks_beside(beside: Beside, run: str, other: str, *, now: float, before: float) -> Beside:
    """A run has spoken although another one, last heard at `before`, had followed it."""
    heard = {**beside.heard, run: now}
    if other != beside.parted:
        heard.setdefault(other, before)
    return Beside(heard=_lately(heard), parted="" if beside.parted == run else beside.parted)


def _lately(heard: Mapping[str, float]) -> Mapping[str, float]:
    if len(heard) <= _REMEMBERED:
        return heard
    return dict(sorted(heard.items(), key=lambda one: one[1])[-_REMEMBERED:])


def spoke(beside: Beside, run: str, *, now: float) -> Beside:
    """One of them, or a later one, has spoken again."""
    return msgspec.structs.replace(beside, heard=_lately({**beside.heard, run: now}))


def parts(beside: Beside, run: str, *, now: float, silence: float) -> tuple[Beside, bool]:
    """What is known after a run's goodbye, and whether nobody else keeps the machine on.

    Who was not heard for `silence` seconds (three beats) keeps nothing on.
    """
    others = {one: heard for one, heard in beside.heard.items() if one != run and now - heard < silence}
    return Beside(heard=others, parted=run), not others


def follow(runs: Runs, *, run: str, boot: str, sent: float, starts: int) -> tuple[Runs, bool]:
    """What is known after this run was heard, and whether it shows that two PCs speak.

    A run ends when its agent ends; one that speaks again after another has spoken is a second PC, unless its letter
    had been sent before the other run began and was late. `starts` is the agent's own count on disk (0: not
    told, by one that could not write it, and the last one told stands): one that did not grow from run to run was
    forgotten by the disk; one that grew over a boot was kept. Growth within a boot is no news: a frozen disk keeps
    what is written until the next boot.
    """
    if run == runs.run:
        return runs, False
    past = (runs.run, *(one for one in runs.past if one != run))[:_REMEMBERED] if runs.run else ()
    if run in runs.past:
        if boot == runs.boot and sent < runs.since:
            return runs, False
        return Runs(run=run, boot=boot, since=sent, starts=starts, frozen=runs.frozen, past=past), True
    frozen = runs.frozen
    if starts and runs.starts:
        if starts <= runs.starts:
            frozen = True
        elif boot != runs.boot:
            frozen = False
    return Runs(run=run, boot=boot, since=sent, starts=starts or runs.starts, frozen=frozen, past=past), False
