"""Schools in which something breaks at a known time, and what a collector has seen of them at any moment."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec

from schooldrum_collector.judge.fault import Climb, Line, Rung, SchoolSeen, Witness

BEAT = 60
CUT = 1_800_000_000.0
"""When it breaks: the truth that verdicts are held against."""
OUTWARD = ("link", "address", "gateway", "resolver", "independent_resolver", "provider")
FAR = ("national", "international", "collector")


def rungs(*failed: str, untried: tuple[str, ...] = (), reasons: Mapping[str, str] = {}, loss: float = 0.0):
    """A whole ladder on which these steps do not answer; behind a broken link or gateway nothing does."""
    broken = set(failed)
    if broken & {"link", "address", "gateway"}:
        broken |= {"resolver", "independent_resolver", "provider", *FAR}
    if "provider" in broken:
        broken |= {"independent_resolver", *FAR}
    return tuple(
        Rung(
            step=step,
            passed=step not in broken,
            reason=reasons.get(step, "timeout" if step in broken else ""),
            loss=loss if step in {"provider", *FAR} else 0.0,
        )
        for step in (*OUTWARD, *FAR)
        if step not in untried
    )


WELL = rungs()
LITTLE = tuple(rung for rung in WELL if rung.step in {"link", "address", "gateway", "collector"})
BROKEN = {
    "link": rungs("link", "address", "gateway"),
    "address": rungs("address", "gateway", reasons={"address": "self_assigned"}),
    "gateway": rungs("gateway"),
    "gateway unsure": rungs("provider", untried=("gateway",)),
    "beyond": rungs("collector", untried=("provider", "national", "international", "independent_resolver")),
    "line": rungs("provider"),
    "dns": rungs("resolver", "collector"),
    "captive": rungs("national", "international", "collector", reasons={"national": "captive"}),
    "national": rungs("national", "collector"),
    "international": rungs("international", "collector"),
    "names, abroad": rungs("resolver", "international", "collector"),
    "collector": rungs("collector"),
}
"""What a machine climbs while it is cut off there. The collector stands at home, where its name needs DNS."""


class Pc(msgspec.Struct, frozen=True, kw_only=True):
    """One machine of a scenario. `breaks` is a word of BROKEN, or `dark`; it is broken from `cut` until `back`."""

    number: int
    room: str
    breaks: str = ""
    cut: float = CUT
    back: float = float("inf")
    booted: float = 0.0
    observer: bool = False
    provider: str = ""
    guard: str = ""
    climbs_online: tuple[Rung, ...] = ()

    @property
    def machine(self) -> str:
        return f"m{self.number:03}"


def pcs(rooms: Mapping[str, int], *, breaks: Callable[[str, int], str] | None = None, **more: Any) -> list[Pc]:
    """So many PCs in each room; `breaks(room, seat)` says how each breaks."""
    numbers = count(1)
    return [
        Pc(number=next(numbers), room=room, breaks=breaks(room, seat) if breaks else "", **more)
        for room, seats in rooms.items()
        for seat in range(1, seats + 1)
    ]


def _beats(pc: Pc, begin: float, end: float) -> list[float]:
    """When it reports or climbs between: every beat, each PC at its own second."""
    phase = (pc.number * 17) % BEAT
    first = begin - (begin - phase) % BEAT + BEAT
    return [first + BEAT * i for i in range(max(0, int((end - first) // BEAT) + 1))]


def witness(pc: Pc, now: float, *, known: float | None = None, remembered: bool = False, error: float = 1.0) -> Witness:
    """What is seen of it at `now` by whoever knows what has come by `known`.

    `remembered` keeps what was heard until `now`; otherwise `heard` is the newest, as when an old time is judged anew.
    """
    known = now if known is None else known
    whole = CUT - 1200
    broken = bool(pc.breaks) and pc.breaks != "impaired"
    begin = max(whole, pc.booted) if pc.booted else whole
    fine = [at for at in _beats(pc, begin, known) if not (broken and pc.cut < at < pc.back)]
    hurt = [at for at in _beats(pc, begin, known) if broken and pc.cut < at < pc.back]
    heard = max((at for at in fine if at <= (now if remembered else known)), default=0.0)
    told = known >= pc.back + BEAT
    usual = pc.climbs_online or LITTLE
    climbs = [Climb(at=at, error=error, rungs=usual, boot=_boot(pc, at)) for at in fine if at <= heard]
    if told and pc.breaks != "dark":
        climbs += [Climb(at=at, error=error, rungs=BROKEN[pc.breaks], boot="first") for at in hurt]
    if told and remembered:
        climbs += [Climb(at=at, error=error, rungs=LITTLE, boot=_boot(pc, at)) for at in fine if at > heard]
    unheard = now - heard >= 3 * BEAT
    return Witness(
        machine=pc.machine,
        alias=pc.machine,
        room=pc.room,
        presence=("silent" if unheard else "online") if heard else "never",
        heard=heard,
        beat=BEAT,
        climbs=tuple(sorted(climbs, key=lambda climb: climb.at)),
        provider=pc.provider,
        guard=pc.guard,
        observer=pc.observer,
    )


def _boot(pc: Pc, at: float) -> str:
    return "second" if pc.breaks == "dark" and at >= pc.back else "first"


def seen(
    all_pcs: list[Pc],
    now: float,
    *,
    known: float | None = None,
    remembered: bool = False,
    code: str = "S1",
    area: str = "province/ward",
    lines: dict[str, tuple[Line, ...]] | None = None,
    **more: Any,
) -> SchoolSeen:
    """The school at `now`."""
    return SchoolSeen(
        school=code,
        area=area,
        witnesses=tuple(witness(pc, now, known=known, remembered=remembered) for pc in all_pcs),
        rooms=tuple(sorted({pc.room for pc in all_pcs})),
        lines=lines or {},
        **more,
    )
