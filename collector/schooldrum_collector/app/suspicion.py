"""Which schools are worth a closer look: one pass over what is known of all machines, cheap enough for every moment.

A school is where nobody is missed and nobody's newest report says that something failed: that is nearly every school
nearly always, and what is noticed of it on the way is its standing among the others.
"""

import re
import zlib
from collections.abc import Iterable, Mapping

import msgspec

from schooldrum_collector.judge.fault import SchoolSeen
from schooldrum_collector.judge.own_line import Newest
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, GOODBYE, Hearing, State, bounded_beat
from schooldrum_collector.judge.school_standing import SchoolStanding, standing_of
from schooldrum_collector.judge.standing import standing
from schooldrum_collector.store.records import Latest, MachineState, Register

_FAILING = re.compile(
    rb'"school_ladder_step_success",0(?:\.0)?,\{[^}]*"ipv4"|"school_ladder_loss_ratio",(?:0\.[1-9]|1(?:\.0)?,)'
)
_PASSED = re.compile(rb'"school_ladder_step_success",1(?:\.0)?,\{"step":"(resolver|national|international)"')
_SERVICE = re.compile(rb'"school_target_success",([01])(?:\.0)?,\{"target":"([a-z0-9-]{1,40})"\}')
_LADDER = b"school_ladder_"
_ELSEWHERE = b'"elsewhere":true'
_TARGET = b"school_target_success"
_LOOKED_THROUGH = 1 << 20
_GZIP_OR_ZLIB = 47
_SEVERAL_LINES = 2


class Glance(msgspec.Struct, frozen=True, gc=False):
    """What a look at the text of a packed report shows.

    `failing`: a step or a service failed, or much was lost. `passed` are the far steps that answered, `services` which
    services were asked and whether they answered; `elsewhere`: it is not at its school. Whoever looks closer reads it
    properly.
    """

    received: float
    failing: bool = False
    passed: frozenset[str] = frozenset()
    services: tuple[tuple[str, bool], ...] = ()
    elsewhere: bool = False


def glance(received: float, body: bytes) -> Glance:
    """A look at a packed report: a twentieth of the work of reading it."""
    try:
        text = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, _LOOKED_THROUGH)
    except zlib.error:
        return Glance(received)
    if _ELSEWHERE in text:
        return Glance(received, elsewhere=True)
    if _LADDER not in text and _TARGET not in text:
        return Glance(received)
    services = tuple((name.decode(), value == b"1") for value, name in _SERVICE.findall(text))
    return Glance(
        received,
        _FAILING.search(text) is not None or not all(passed for _, passed in services),
        frozenset(step.decode() for step in _PASSED.findall(text)),
        services,
    )


class _Standing:
    """What one pass notices of a school. Not frozen: it gathers."""

    __slots__ = ("answering", "beat", "failing", "heard", "missing", "passed", "services")

    def __init__(self) -> None:
        self.heard = 0.0
        self.beat = 60
        self.answering = False
        self.failing = False
        self.missing = False
        self.passed: frozenset[str] = frozenset()
        self.services: dict[str, bool] = {}

    def hear(self, heard: float, beat: int) -> None:
        """A machine of it that was heard then, and did not say goodbye."""
        if heard > self.heard:
            self.heard, self.beat = heard, beat

    def add(self, heard: float, beat: int, shown: Glance) -> None:
        """A machine of it that is heard; one that is elsewhere speaks for nobody."""
        if shown.elsewhere:
            return
        self.hear(heard, beat)
        self.answering = True
        self.failing = self.failing or shown.failing
        if shown.passed - self.passed:
            self.passed |= shown.passed
        for target, passed in shown.services:
            self.services[target] = self.services.get(target, False) or passed


class Suspicion:
    """Looks all schools over. Not frozen: it keeps what each machine's newest report showed, and who is off."""

    def __init__(self) -> None:
        self._glances: dict[str, Glance] = {}
        self._off: dict[str, float] = {}
        self._version = -1
        self._noticed: dict[str, _Standing] = {}

    def schools(self, register: Register, latest: Iterable[Latest], hearing: Hearing, now: float) -> set[str]:
        """Codes of the schools in which somebody is missed or something failed, or that have several lines."""
        if register.version != self._version:
            # Who was expected may have changed with it: nobody's absence is explained any more.
            self._version = register.version
            self._off.clear()
            self._glances = {one: kept for one, kept in self._glances.items() if one in register.machines}
        noticed: dict[str, _Standing] = {}
        for one in latest:
            machine = register.machines.get(one.machine)
            if machine is None or machine.state is not MachineState.ACTIVE:
                continue
            school = noticed.get(machine.school)
            if school is None:
                school = noticed[machine.school] = _Standing()
            heard = hearing.heard(one.heard, one.beat, now)
            if now - heard >= BEATS_UNTIL_MISSED * bounded_beat(one.beat):
                if self._off.get(one.machine) == one.heard or self._glance(one).elsewhere:
                    # Nobody comes back from being off without being heard, and nobody misses who was elsewhere.
                    continue
                school.hear(heard, one.beat)
                # One who is missed is enough.
                if not school.missing:
                    state = standing(register, machine, one, hearing, now).state
                    school.missing = state is State.SILENT
                    if state is State.OFF:
                        self._off[one.machine] = one.heard
            elif one.word != GOODBYE or one.heard > one.word_at:
                school.add(heard, one.beat, self._glance(one))
        self._noticed = noticed
        suspects = {code for code, school in noticed.items() if school.missing or school.failing}
        return suspects | _with_several_lines(register)

    def newest(self) -> dict[str, Newest]:
        """Of each school, by code, whom the last pass found to have been heard last without a goodbye."""
        return {code: Newest(school.heard, school.beat) for code, school in self._noticed.items() if school.heard}

    def away(self) -> frozenset[str]:
        """Ids of the machines whose newest report says that they are not at their school."""
        return frozenset(machine for machine, shown in self._glances.items() if shown.elsewhere)

    def _glance(self, latest: Latest) -> Glance:
        known = self._glances.get(latest.machine)
        if known is None or known.received != latest.received:
            known = self._glances[latest.machine] = glance(latest.received, latest.body)
        return known

    def peers(self, register: Register, seen: Mapping[str, SchoolSeen], now: float) -> dict[str, SchoolStanding]:
        """How every school stood at the last pass; those that were looked at closely, by what was seen of them."""
        providers: dict[str, set[str]] = {}
        for line in register.lines.values():
            providers.setdefault(line.school, set()).add(line.provider)
        found: dict[str, SchoolStanding] = {}
        for code, noticed in self._noticed.items():
            if code in seen:
                found[code] = standing_of(seen[code], now)
                continue
            school = register.schools.get(code)
            found[code] = SchoolStanding(
                school=code,
                area=school.area if school else "",
                providers=frozenset(providers.get(code, ())),
                watching=noticed.answering or noticed.missing,
                answering=noticed.answering,
                passing=noticed.passed,
                services=noticed.services,
            )
        return found


def _with_several_lines(register: Register) -> set[str]:
    """Schools one of whose sites has a second line: that it stands unused shows only to whoever looks."""
    sites: dict[str, int] = {}
    for line in register.lines.values():
        site = f"{line.school}/{line.site}"
        sites[site] = sites.get(site, 0) + 1
    return {site.partition("/")[0] for site, lines in sites.items() if lines >= _SEVERAL_LINES}
