"""A fault made of the sights that speak for it: its place, its dates, its counts, the path it can be drawn as."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from schooldrum_collector.judge.climbing import INNER, OUTER, End
from schooldrum_collector.judge.fault import (
    Answer,
    Degree,
    Evidence,
    Fault,
    Kind,
    Level,
    Line,
    Place,
    SchoolSeen,
    Verdict,
)
from schooldrum_collector.judge.lines import MAIN_LINE
from schooldrum_collector.judge.sights import Sight, holds, is_about
from schooldrum_collector.judge.votes import Group, Others, inside_or_outside, when

_PATH = ("pc", "switch", "gateway", "provider", "internet", "service")
_BROKEN_AT = {
    End.LINK: "switch",
    End.ADDRESS: "gateway",
    End.GATEWAY: "gateway",
    End.LINE: "provider",
    End.CAPTIVE: "provider",
    End.DNS: "internet",
    End.NATIONAL: "internet",
    End.INTERNATIONAL: "internet",
    End.COLLECTOR: "service",
}
VERDICTS = {
    End.LINE: Verdict.LINE,
    End.CAPTIVE: Verdict.LINE,
    End.DNS: Verdict.DNS,
    End.NATIONAL: Verdict.NATIONAL,
    End.INTERNATIONAL: Verdict.INTERNATIONAL,
    End.COLLECTOR: Verdict.COLLECTOR,
}
"""What it means that the ways of a whole place end there."""


EARLIER = "earlier"
"""The count in the evidence of a place of those of it who had gone before the last did."""
LAST_LINE = "last_line"
"""The name in its evidence of the provider by whose line the last went, its other lines being out by then."""
EARLIER_ALIKE = "earlier_alike"
"""How many of these went with others and measured, as the last did, that the way ends past the modem."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A school at one moment: `sites` are its `CODE/SITE` with their rooms, those with machines in them."""

    seen: SchoolSeen
    now: float
    sights: tuple[Sight, ...]
    sites: Mapping[str, tuple[str, ...]]

    def place_of_site(self, site: str) -> Place:
        """The school itself where it has no other site."""
        return Place(Level.SITE, site) if len(self.sites) > 1 else Place(Level.SCHOOL, self.seen.school)

    def place_of_room(self, room: str) -> Place:
        """The site, or school, where it has no other room."""
        site = room.rpartition("/")[0]
        return Place(Level.ROOM, room) if len(self.sites.get(site, ())) > 1 else self.place_of_site(site)

    def of_site(self, site: str) -> tuple[Sight, ...]:
        """The sights of this site."""
        return tuple(sight for sight in self.sights if sight.site == site)

    def answered(self, place: Place, began: float, words: frozenset[str]) -> Answer | None:
        """The newest of these answers that a person gave about this place, or one around it, and what began then."""
        about = [
            answer
            for answer in self.seen.answers
            if answer.answer in words
            and (answer.place.path == place.path or place.path.startswith(f"{answer.place.path}/"))
            and is_about(answer, began, self.now)
        ]
        return max(about, key=lambda answer: answer.at, default=None)


def scene_of(seen: SchoolSeen, now: float, sights: Sequence[Sight]) -> Scene:
    """The school's sites and rooms as its machines show them."""
    sites: dict[str, set[str]] = {}
    for room in {witness.room for witness in seen.witnesses}:
        sites.setdefault(room.rpartition("/")[0], set()).add(room)
    return Scene(
        seen=seen, now=now, sights=tuple(sights), sites={site: tuple(sorted(sites[site])) for site in sorted(sites)}
    )


def path_to(end: End, *, service: bool = False) -> dict[str, str]:
    """Each step of the way `ok`, `broken` or `unknown`: what is nearer than the break works, what is farther hides."""
    broken = "service" if service else _BROKEN_AT.get(end)
    if end is End.BEYOND:
        return {step: "ok" if step in _PATH[:3] else "unknown" for step in _PATH}
    if broken is None:
        return dict.fromkeys(_PATH, "unknown")
    at = _PATH.index(broken)
    return {step: "ok" if i < at else "broken" if i == at else "unknown" for i, step in enumerate(_PATH)}


def lossy(steps: Mapping[str, str]) -> dict[str, str]:
    """The same where packets are lost and the way is not cut: `lossy` in the place of the break, and reached behind."""
    at = next((i for i, step in enumerate(_PATH) if steps.get(step) == "broken"), len(_PATH))
    return {**steps, **{step: "lossy" if step == _PATH[at] else "ok" for step in _PATH[at:]}}


def _path_of(verdict: Verdict, end: End, *, answering: bool, mates: bool, service: bool) -> dict[str, str]:
    """The path with its break where the verdict says it is, which is nearer than where the ways ended.

    A room, or a PC, that does not reach the modem while others do is cut off at its own switch or cable. A PC that
    reaches it and alone gets no farther is itself what is wrong: what the others get through is not. So is one whose
    cable has a signal and that does not get through the very switch by which others of its room (`mates`) do.
    """
    if verdict not in {Verdict.ROOM, Verdict.MACHINE} or service:
        return path_to(end, service=service)
    path = path_to(End.LINK if end in INNER else end)
    if verdict is Verdict.MACHINE and answering and end is not End.NOWHERE:
        itself = end in OUTER or (mates and end is not End.LINK)
        path |= dict.fromkeys(_PATH[1:-1] if itself else _PATH[2:-1], "ok")
        path |= {"pc": "broken", "service": "unknown"} if itself else {}
    return path


def blame(
    place: Place,
    verdict: Verdict,
    degree: Degree,
    word: str,
    group: Sequence[Sight],
    *,
    rest: Others | None = None,
    kind: Kind = Kind.OUTAGE,
    target: str = "",
    end: End = End.NOWHERE,
    causes: tuple[Verdict, ...] = (),
    counts: Mapping[str, int] | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> Fault:
    """The fault that these sights prove, dated by them.

    Its evidence counts, every time the same: `machines` that are blamed and the `rooms` they stand in, those of them
    that `measured`, all that were `on` in the place (more than `machines`: it is a part of the place), others of the
    site that are `answering`, and a `lone` one that says it got through.
    """
    rest = rest or Others()
    dates = when(group)
    lone = len(rest.claimed)
    if lone and degree is Degree.FOUND:
        # One that says it got through is not believed against two, and takes the certainty all the same.
        degree = Degree.PROBABLE
    machines = tuple(sorted(sight.witness.machine for sight in group))
    rooms = tuple(sorted({sight.witness.room for sight in group}))
    answering = {sight.witness.machine for sight in rest.after}
    mates = any(sight.witness.room in rooms for sight in rest.after)
    beside = sum(holds(place, sight.witness) for sight in rest.after)
    steps = _path_of(verdict, end, answering=bool(answering), mates=mates, service=kind is Kind.SERVICE)
    return Fault(
        place=place,
        kind=kind,
        verdict=verdict,
        degree=degree,
        began=dates.began,
        error=dates.error,
        measured=dates.measured,
        ended=dates.ended,
        ended_error=dates.ended_error,
        late=dates.late,
        target=target,
        blamed=machines,
        evidence=Evidence(
            word=word,
            counts={
                "machines": len(machines),
                "on": len(machines) + beside + lone,
                "rooms": len(rooms),
                "measured": sum(sight.end is not End.NOWHERE for sight in group),
                "answering": len(answering),
                "lone": lone,
                **(counts or {}),
            },
            names={"rooms": rooms, "machines": machines, **(names or {})},
            causes=causes,
            steps=lossy(steps) if kind is Kind.LOSS else steps,
        ),
    )


def with_gone(fault: Fault, earlier: Sequence[Group]) -> Fault:
    """The fault of a place of which the last went, which holds those too who went `earlier`, by what befell them.

    It is over when the first of them all are back. Its counts are those of the last, and how many went `earlier`.
    """
    gone = [sight.witness for one in earlier for sight in one.sights]
    if not gone:
        return fault
    ends = [(dates.ended, dates.error) for one in earlier if (dates := when(one.sights)).ended is not None]
    if fault.ended is not None:
        ends.append((fault.ended, fault.end_error))
    ended, error = min(ends, default=(None, None))
    alike = sum(len(one.sights) for one in earlier if inside_or_outside(one.sights) is OUTER)
    evidence, names = fault.evidence, fault.evidence.names
    named = {
        "rooms": tuple(sorted({*names["rooms"], *(witness.room for witness in gone)})),
        "machines": tuple(sorted({*names["machines"], *(witness.machine for witness in gone)})),
    }
    return msgspec.structs.replace(
        fault,
        ended=None if ended is None else max(ended, fault.began),
        ended_error=error,
        blamed=named["machines"],
        evidence=msgspec.structs.replace(
            evidence,
            counts={**evidence.counts, EARLIER: len(gone), **({EARLIER_ALIKE: alike} if alike else {})},
            names={**names, **named},
        ),
    )


def by_last_line(fault: Fault, lines: Iterable[Line], last: Group, gone: Iterable[Group]) -> Fault:
    """The fault of a site with these `lines`, of which the `last` went, with the provider by whose line all these did.

    Only where its other lines were out by then: one by which those `gone` before reported, and the main one by which
    nobody of the last did. A second line that nobody uses may just be waiting.
    """
    by = {sight.witness.provider for sight in last.sights}
    before = {sight.witness.provider for one in gone for sight in one.sights}
    known = {line.provider: line for line in lines}
    out = all(line.code == MAIN_LINE or name in before for name, line in known.items() if name not in by)
    if len(by) != 1 or not by < known.keys() or not out:
        return fault
    names = {**fault.evidence.names, LAST_LINE: tuple(by)}
    return msgspec.structs.replace(fault, evidence=msgspec.structs.replace(fault.evidence, names=names))
