"""What is wrong with a site whose machines are heard: names, far routes, a service, a lossy way, a lost line."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from schooldrum_collector.judge.blame import VERDICTS, Scene, blame
from schooldrum_collector.judge.climbing import End
from schooldrum_collector.judge.fault import Degree, Fault, Kind, Level, Line, Place, Verdict, Witness
from schooldrum_collector.judge.loss import FAR, LOSS_RATIO, loses_much, losing_since, lost
from schooldrum_collector.judge.nameless import ALSO, ROUTES, are_nameless, with_parts
from schooldrum_collector.judge.sights import NEVER, NEVER_AGAIN, Sight
from schooldrum_collector.judge.votes import Others

SERVICE_SECONDS = 660.0
"""A service is asked every five minutes; its last answer stands for two rounds and a beat."""
_UNUSED_BEATS = 4
"""By which line a PC reports is seen at each report; one that nobody uses was lost since then, or a little before."""
_CHANCE_BEATS = 2
_SEVERAL = 2
_GATEWAY = frozenset({"gateway"})
_PASSED_BY = {
    End.CAPTIVE: frozenset({"national", "international"}),
    End.LINE: frozenset({"national", "international"}),
    End.INTERNATIONAL: frozenset({"international"}),
    End.NATIONAL: frozenset({"national"}),
    End.DNS: frozenset({"resolver"}),
}
"""What contradicts each of these, in the order in which they explain each other."""


def impaired(scene: Scene, site: str, here: Sequence[Sight]) -> list[Fault]:
    """The faults of a site that those of its machines see whom the collector hears."""
    heard = [sight for sight in here if sight.answering]
    if not heard:
        return []
    place = scene.place_of_site(site)
    return [
        *_reach(place, heard, scene.now),
        *_services(Place(Level.SCHOOL, scene.seen.school), heard, scene.now),
        *_loss(scene, place, heard),
        *_lines(scene, site, place, heard),
    ]


def _outvoted(bad: Sequence[Sight], good: Sequence[Sight]) -> bool:
    """Whether at least two say that something is bad, and nobody (or a single one) that it is good."""
    return len(bad) >= _SEVERAL and len(good) <= 1


def _dated(group: Iterable[Sight]) -> list[Sight]:
    """The same with the time at which each last measured otherwise in the place of when it was last heard."""
    return [msgspec.structs.replace(sight, well=sight.otherwise) for sight in group]


def _undated(group: Iterable[Sight], now: float, window: float) -> list[Sight]:
    """The same, known since no other time than so many seconds before now: none of them measured when it began."""
    return [
        msgspec.structs.replace(
            sight, end=End.NOWHERE, well=now - window, ill=now, last_ill=NEVER, well_again=NEVER_AGAIN, error=0.0
        )
        for sight in group
    ]


def _asked_since(sight: Sight, target: str, now: float) -> Sight:
    """The same, with the times of the last good answer of a service and of the first bad one after it."""
    well, ill = NEVER, now
    for climb in reversed(sight.witness.climbs):
        answer = next((one for one in climb.rungs if one.step == "service" and one.target == target), None)
        if climb.at > now or answer is None:
            continue
        if answer.passed:
            well = answer.asked or climb.at
            break
        ill = answer.asked or climb.at
    return msgspec.structs.replace(sight, well=well, ill=ill, last_ill=NEVER, well_again=NEVER_AGAIN)


def _by_chance(sight: Sight, now: float) -> bool:
    """Whether a question or two may just have been lost: packets are, and the end it names is new."""
    return sight.well - sight.ill < _CHANCE_BEATS * sight.beat and bool(lost(sight, FAR, now))


def _reach(place: Place, heard: Sequence[Sight], now: float) -> list[Fault]:
    for end, contradicting in _PASSED_BY.items():
        bad = [sight for sight in heard if sight.end is end and not _by_chance(sight, now)]
        good = [sight for sight in heard if sight.way.passed & contradicting]
        if _outvoted(bad, good):
            rest = Others(claimed=tuple(good))
            degree = Degree.PROBABLE if end in {End.CAPTIVE, End.LINE} else Degree.FOUND
            verdict, word, names = VERDICTS[end], end, dict[str, tuple[str, ...]]()
            if end in ROUTES and are_nameless(bad, now):
                verdict, word, names = Verdict.DNS, End.DNS, {ALSO: (ROUTES[end].value,)}
            found = blame(place, verdict, degree, f"{word}_in_part", _dated(bad), rest=rest, end=end, names=names)
            return [with_parts(found, bad, now)]
    return []


# Services


def asked(witness: Witness, now: float) -> Mapping[str, bool]:
    """Which services this machine asked lately, and whether they answered."""
    answers: dict[str, bool] = {}
    for climb in reversed(witness.climbs):
        if climb.at > now:
            continue
        if now - climb.at > SERVICE_SECONDS:
            break
        for rung in climb.rungs:
            if rung.step == "service" and rung.target:
                answers.setdefault(rung.target, rung.passed)
    return answers


def _services(place: Place, heard: Sequence[Sight], now: float) -> list[Fault]:
    # Whoever gets nowhere, or nowhere by name, or loses much on the way, says nothing about a service.
    able = [
        (sight, asked(sight.witness, now))
        for sight in heard
        if sight.end not in {End.LINE, End.CAPTIVE}
        and "resolver" not in sight.way.failed
        and (lost(sight, FAR, now) or 0) < LOSS_RATIO
    ]
    found = []
    for target in sorted({target for _, answers in able for target in answers}):
        bad = [sight for sight, answers in able if answers.get(target) is False]
        good = [sight for sight, answers in able if answers.get(target)]
        if _outvoted(bad, good):
            found.append(
                blame(
                    place,
                    Verdict.UNKNOWN,
                    Degree.UNKNOWN,
                    "service_here",
                    [_asked_since(sight, target, now) for sight in bad],
                    rest=Others(claimed=tuple(good)),
                    kind=Kind.SERVICE,
                    target=target,
                    causes=(Verdict.SERVICE, Verdict.LINE),
                    names={"service": (target,)},
                )
            )
    return found


# Loss


def _loss(scene: Scene, place: Place, heard: Sequence[Sight]) -> list[Fault]:
    far = {sight.witness.machine: lost(sight, FAR, scene.now) for sight in heard}
    bad = [sight for sight in heard if loses_much(sight, FAR, scene.now)]
    good = [sight for sight in heard if (share := far[sight.witness.machine]) is not None and share < LOSS_RATIO]
    rooms = {sight.witness.room for sight in bad}
    elsewhere = {sight.witness.room for sight in good} - rooms
    near = sum(_near(sight, scene.now) for sight in bad) >= _SEVERAL
    # A room whose own way to the modem loses nothing is not what loses, whoever elsewhere has been luckier so far.
    if near and len(rooms) == 1 and elsewhere:
        where, verdict, word = scene.place_of_room(bad[0].witness.room), Verdict.ROOM, "loss_room"
        good = [sight for sight in good if sight.witness.room in rooms]
    elif near:
        where, verdict, word = place, Verdict.LAN, "loss_lan"
    elif bad and all(_home(sight, scene.now) for sight in bad):
        where, verdict, word = place, Verdict.INTERNATIONAL, "loss_international"
    else:
        where, verdict, word = place, Verdict.LINE, "loss_line"
    if not _outvoted(bad, good):
        return []
    shares = sorted(far[sight.witness.machine] or 0.0 for sight in bad)
    end = _LOSS_ENDS.get(verdict, End.GATEWAY)
    steps = FAR | _GATEWAY if end is End.GATEWAY else FAR
    return [
        blame(
            where,
            verdict,
            Degree.FOUND,
            word,
            [losing_since(sight, steps, scene.now, end) for sight in bad],
            rest=Others(claimed=tuple(good)),
            kind=Kind.LOSS,
            end=end,
            counts={"percent": round(100 * shares[(len(shares) - 1) // 2]), "measured": len(bad)},
        )
    ]


_LOSS_ENDS = {Verdict.LINE: End.LINE, Verdict.INTERNATIONAL: End.INTERNATIONAL}
"""Where a way that loses much is drawn as lossy; in the school at its gateway."""


def _near(sight: Sight, now: float) -> bool:
    """Whether much is lost on the way to the modem already."""
    return (lost(sight, _GATEWAY, now, fewest=1) or 0) >= LOSS_RATIO


def _home(sight: Sight, now: float) -> bool:
    """Whether next to nothing is lost inside the country."""
    share = lost(sight, frozenset({"provider", "national"}), now)
    return share is not None and share < LOSS_RATIO / 2


# Lines


def _lines(scene: Scene, site: str, place: Place, heard: Sequence[Sight]) -> list[Fault]:
    """A line that is lost while all reports come by another: measured, or seen by nobody's coming by it."""
    lines = scene.seen.lines.get(site, ())
    if len({line.provider for line in lines}) < _SEVERAL:
        return []
    found = []
    for line in lines:
        bad = [sight for sight in heard if _tried(sight, line) is False]
        good = [sight for sight in heard if _tried(sight, line)]
        if _outvoted(bad, good):
            found.append(_lost_line(place, line, "second_line", _dated(bad), Others(claimed=tuple(good))))
            continue
        by = {sight.witness.machine: sight.witness.provider for sight in heard if sight.witness.provider}
        known = {one.provider for one in lines}
        other = [sight for sight in heard if by.get(sight.witness.machine) in known - {line.provider}]
        # A second line that nobody uses may just be waiting; the main one that nobody uses is lost.
        if line.code == "main" and len(other) >= _SEVERAL and line.provider not in by.values():
            window = _UNUSED_BEATS * max(sight.beat for sight in other)
            found.append(_lost_line(place, line, "second_line_unused", _undated(other, scene.now, window), Others()))
    return found


def _tried(sight: Sight, line: Line) -> bool | None:
    """Whether the machine's newest climb got out by this line; None where it did not try lines apart."""
    last = next((climb for climb in reversed(sight.witness.climbs) if climb.at <= sight.well), None)
    answers = [
        rung.passed
        for rung in (last.rungs if last else ())
        if rung.step == "provider" and rung.target in {line.code, line.provider}
    ]
    return any(answers) if answers else None


def _lost_line(place: Place, line: Line, word: str, group: Sequence[Sight], rest: Others) -> Fault:
    measured = word == "second_line"
    fault = blame(
        place,
        Verdict.LINE,
        Degree.FOUND if measured else Degree.PROBABLE,
        word,
        group,
        rest=rest,
        kind=Kind.SECOND_LINE,
        target=line.code,
        end=End.LINE,
        names={"provider": (line.provider,)},
    )
    # Its machines work: they tell of the line and are not cut off by it.
    return msgspec.structs.replace(fault, blamed=())
