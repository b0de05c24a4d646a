"""One outage of a school: broken, looked at, mended; and what was told of it compared with the truth."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from tests.e2e.programs import eventually
from tests.net.school import BEAT, GRACE_SECONDS, SCHOOL, School

from schooldrum_collector.judge.incident import Incident, State

Doing = Callable[[School], object]
LASTS = 8.0
SETTLED_SECONDS = 30.0
WELL_SECONDS = 3.5
FOUND_BEATS = 4.0
LATE_SECONDS = 1.0
"""What a machine shared by many adds to four beats of a second, which are four minutes elsewhere."""
STANDSTILL_SECONDS = 1.0
"""A machine that stands still for longer played another outage; what went wrong then is played again."""
_TRIES = 3


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What is broken and mended, and what is to be told: `verdict degree` while it lasts (`live`) and in the end.

    `place` is the path of the incident's place in the end (`BM`, `BM/main/tin1`, or a PC), `kind` its kind, `told` how
    many notifications there may be. `also` are further incidents, each as place, kind, verdict, degree. Without a place
    there is to be no incident at all. `prepares` is done long before, and `tidies` undoes it.
    """

    name: str
    breaks: Doing
    mends: Doing
    place: str = SCHOOL
    kind: str = "outage"
    live: str = ""
    end: str = ""
    told: tuple[int, ...] = (1,)
    lasts: float = LASTS
    also: tuple[str, ...] = ()
    prepares: Doing | None = None
    tidies: Doing | None = None
    meanwhile: Doing | None = None
    """What else happens in the middle of it."""
    then: Doing | None = None
    """What else happens once it is mended."""
    afterwards: Doing | None = None
    """What happens once nothing more is said of it."""
    again: float = 0.0
    """Seconds for which it works in between, before it breaks once more for as long; 0: it breaks once."""
    beat: float = BEAT
    """What `prepares` sets, if it does."""
    starts: float = 0.0
    """Seconds until what was mended works: PCs start."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: times are seconds of the collector's clock, `words` what was said when, in order.

    `cut` and `mended` are when it was begun to break and to mend it, `broken` and `whole` when that was done.
    """

    cut: float
    broken: float
    mended: float
    whole: float
    words: tuple[tuple[float, str], ...]
    incidents: tuple[Incident, ...]
    notified: tuple[dict[str, Any], ...]
    stood: str = ""
    """How long the machine itself stood still meanwhile, in words."""

    def told(self) -> str:
        """All of it as a person reads it."""
        words = (f"{at - self.cut:6.1f} {said}" for at, said in self.words)
        labels = (f"told: {one['labels']}" for one in self.notified)
        return "\n".join((*words, f"mended at {self.mended - self.cut:.1f}; {self.stood}", *labels))


def word(incident: Incident) -> str:
    """`line found`: verdict and degree."""
    return f"{incident.verdict.value} {incident.degree.value}"


def path(school: School, incident: Incident) -> str:
    """The path of its place; a PC by its name."""
    return school.pc_of.get(incident.place.path, incident.place.path)


def summary(school: School, incident: Incident) -> str:
    """`BM outage line found`: place, kind, verdict, degree."""
    return f"{path(school, incident)} {incident.kind.value} {word(incident)}"


def _is_well(school: School) -> bool:
    if time.monotonic() < school.listening + GRACE_SECONDS:
        return False
    machines = school.machines().values()
    online = {one["alias"] for one in machines if one["presence"]["state"] == "online"}
    return len(online) == len(school.on) and not any(one.is_live for one in school.incidents())


def play(school: School, scenario: Scenario) -> Outcome:
    """Breaks a school that is well, mends it, and waits until nothing more is said of it."""
    if scenario.prepares is not None:
        scenario.prepares(school)
    try:
        for _ in range(_TRIES):
            outcome = _played(school, scenario)
            if school.standstill.longest <= STANDSTILL_SECONDS or not troubles(school, scenario, outcome):
                break
        return outcome
    finally:
        if scenario.tidies is not None:
            scenario.tidies(school)


def _broken(school: School, scenario: Scenario, watch: Callable[[float], None]) -> float:
    """Breaks it, watches for as long as it lasts, and says when it was broken first."""
    cut = school.now()
    scenario.breaks(school)
    broken = school.now()
    if scenario.meanwhile is not None:
        watch(cut + scenario.lasts / 2)
        scenario.meanwhile(school)
    watch(cut + scenario.lasts)
    if scenario.again:
        scenario.mends(school)
        watch(school.now() + scenario.again)
        scenario.breaks(school)
        watch(school.now() + scenario.lasts)
    return broken


def _played(school: School, scenario: Scenario) -> Outcome:
    eventually(lambda: _is_well(school), SETTLED_SECONDS, f"all is well before: {scenario.name}")
    school.forget()
    time.sleep(WELL_SECONDS)
    before = school.incidents()
    assert not before, f"before anything was broken: {before}"
    words: list[tuple[float, str]] = []

    def look() -> tuple[Incident, ...]:
        there = tuple(school.incidents())
        said = "; ".join(f"{summary(school, one)} {one.state.value}" for one in there)
        if said != (words[-1][1] if words else ""):
            words.append((school.now(), said))
        return there

    def watch(until: float) -> None:
        while school.now() < until:
            look()
            time.sleep(0.1)

    school.standstill.begin()
    cut = school.now()
    broken = _broken(school, scenario, watch)
    mended = school.now()
    scenario.mends(school)
    whole = school.now()
    if scenario.then is not None:
        scenario.then(school)

    def outcome() -> Outcome:
        return Outcome(
            cut=cut,
            broken=broken,
            mended=mended,
            whole=whole,
            words=tuple(words),
            incidents=look(),
            notified=tuple(school.alerts.notified()),
            stood=str(school.standstill),
        )

    quiet = time.monotonic() + 2 * WELL_SECONDS
    last = ""
    deadline = time.monotonic() + SETTLED_SECONDS * scenario.beat / BEAT
    # What is not yet as it is to be has until the deadline: a busy machine brings late what was measured meanwhile.
    while (now := time.monotonic()) < deadline and (now < quiet or troubles(school, scenario, outcome())):
        there = look()
        said = words[-1][1] if words else ""
        live = any(one.state in {State.OPEN, State.ABSORBED} for one in there)
        if said != last or live:
            quiet, last = now + WELL_SECONDS + (2 * WELL_SECONDS if live else 0), said
        time.sleep(0.1)
    if scenario.afterwards is not None:
        scenario.afterwards(school)
        watch(school.now() + 2 * WELL_SECONDS)
    return outcome()


def troubles(school: School, scenario: Scenario, outcome: Outcome) -> list[str]:
    """Everything in which what was told differs from the truth, in words; nothing where it does not."""
    incidents = tuple(one for one in outcome.incidents if not one.parent)
    found: list[str] = []
    if len(outcome.notified) not in (scenario.told if scenario.place else (0,)):
        found.append(f"{len(outcome.notified)} notifications")
    main = f"{scenario.place} {scenario.kind} {scenario.end}"
    wanted = sorted((main, *scenario.also)) if scenario.place else []
    ended = sorted(summary(school, one) for one in incidents)
    if ended != wanted:
        found.append(f"in the end {ended}")
    one = next((one for one in incidents if summary(school, one) == main), None)
    if one is None:
        return found
    if one.state is not State.CLOSED:
        found.append(f"it is {one.state.value}")
    live = next((at for at, said in outcome.words if scenario.live in said), None)
    if live is None or live - outcome.broken > FOUND_BEATS * scenario.beat + LATE_SECONDS:
        found.append(f"{scenario.live} after {live - outcome.broken if live else -1:.1f} s")
    for name, told, error, first_moment, last_moment in (
        ("begin", one.began, one.began_error, outcome.cut, outcome.broken),
        ("end", one.ended, one.ended_error, outcome.mended, outcome.whole + scenario.starts),
    ):
        off = min(told - first_moment, 0.0) or max(told - last_moment, 0.0)
        if abs(off) > error + LATE_SECONDS:
            found.append(f"{name} off by {off:.1f} s, stated {error:.1f}")
    return found
