"""All that is judged of one PC from its inventory: support, patches, the ten checks, disks, software, changed parts.

The single judges know nothing of each other; here one look at a PC is put together from them, with what has to be
remembered until the next look.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from schooldrum_collector.judge import patches, posture, storage, support
from schooldrum_collector.judge.builds import BuildList, Missing, Published, missing, newest
from schooldrum_collector.judge.live import Unreadable
from schooldrum_collector.judge.parts import Happening, Part, happened, left_behind, parts_of
from schooldrum_collector.judge.patches import Patches, patches_of
from schooldrum_collector.judge.plausible import plausible
from schooldrum_collector.judge.posture import Check
from schooldrum_collector.judge.posture_checks import PROBES
from schooldrum_collector.judge.posture_found import Known
from schooldrum_collector.judge.posture_policy import Policies, in_force
from schooldrum_collector.judge.recent import Told, tell, too_old
from schooldrum_collector.judge.software import Inventory, Where
from schooldrum_collector.judge.software import Policy as SoftwareLists
from schooldrum_collector.judge.storage import Judgement
from schooldrum_collector.judge.support import Listed, Support, SupportState, support_of
from schooldrum_collector.judge.support_list import SupportList
from schooldrum_collector.judge.waiting import Waiting, believed, follow, seen_in
from schooldrum_collector.judge.way_out import WayOut, way_out
from schooldrum_collector.judge.windows_11 import hardware_of
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.catalogue.freeze import FREEZE
from schooldrum_wire.catalogue.host import HOST
from schooldrum_wire.catalogue.operating_system import OPERATING_SYSTEM
from schooldrum_wire.catalogue.software import SOFTWARE, SOFTWARE_GAPS
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.metric import Lasts
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Values

_SYSTEM, _UPDATES, _STORAGE = "operating_system", "updates", "storage"
_NOT_HERE = frozenset({Outcome.UNAVAILABLE.value, Outcome.DENIED.value})
MOST_FORMER = 32
"""Serial numbers that are remembered of parts that are gone."""
_SAFETY = frozenset(probe for probes in PROBES.values() for probe in probes)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What PCs are judged by: the lists that age, the policies of the product and of the office."""

    support: SupportList
    builds: BuildList
    posture: tuple[Policies, ...]
    software: SoftwareLists


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One PC as it is known now.

    `updated` is when each section came, `measured` when each probe was last well, `outcomes` how its newest run ended,
    as far as the newest report says, and `told` what it said there that outlasts switching off. `heard` is the school's
    day on which the PC was last heard, `today` that of judging; `skew` how many seconds its clock was ahead then.
    """

    sections: Mapping[str, Sequence[Values]]
    updated: Mapping[str, float]
    outcomes: Mapping[str, str]
    measured: Mapping[str, float]
    told: Mapping[str, tuple[Reading, ...]]
    frozen: bool | None
    where: Where
    planned: date | None
    heard: date
    today: date
    skew: float = 0.0


class Memory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a PC from one look to the next; the empty one is that of a new PC.

    `school` is the one whose salt made the serial numbers of `parts`, and of `former`: those that are gone from it, the
    newest last. Outcomes and times of probes outlast the agent's restarts: its slow probes have not run again when it
    first reports. `answered` is when each probe last told something; `disks` how each disk was when it was last read.
    `shown` is the day from which on bought support shows, and on how many days after it the PC was on.
    """

    waiting: Waiting = Waiting()
    school: str = ""
    parts: dict[str, tuple[Part, ...]] = {}
    former: tuple[str, ...] = ()
    outcomes: dict[str, str] = {}
    measured: dict[str, float] = {}
    told: dict[str, tuple[Reading, ...]] = {}
    answered: dict[str, Told] = {}
    disks: dict[str, storage.Read] = {}
    shown: tuple[date, int] | None = None


class DiskVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A disk by its name in the system, and how it is."""

    disk: str
    found: Judgement


class Verdicts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of a PC on a day; None (or nothing) of what it has not told."""

    day: date
    support: Support | None = None
    way: WayOut | None = None
    patches: Patches | None = None
    checks: tuple[Check, ...] = ()
    disks: tuple[DiskVerdict, ...] = ()
    software: Inventory | None = None


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What pages of metrics show of it until the PC is retired.

    `evidence` is when each source probe measured (epoch seconds), `checks` the verdict of each of the ten, `unproven`
    the metrics of the PC's own whose nought proves nothing and is not shown.
    """

    readings: tuple[Reading, ...] = ()
    evidence: dict[str, float] = {}
    checks: dict[str, str] = {}
    unproven: tuple[str, ...] = ()


class _Checks(msgspec.Struct, frozen=True, array_like=True):
    readings: msgspec.Raw
    evidence: msgspec.Raw
    checks: dict[str, str]


_checks = msgspec.msgpack.Decoder(_Checks)
_kept = msgspec.msgpack.Decoder(Kept)


def opened_kept(body: bytes) -> Kept:
    """What `packed_kept` has packed.

    Raises:
        Unreadable: it is no such thing.
    """
    try:
        return _kept.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Unreadable(f"what was judged cannot be read: {problem}") from problem


def checks_of(body: bytes) -> tuple[tuple[str, str], ...]:
    """The checks of a packed Kept with their verdicts: a fraction of the work of opening it whole."""
    try:
        return tuple(_checks.decode(body).checks.items())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def packed_kept(kept: Kept) -> bytes:
    """As it is stored."""
    return msgspec.msgpack.encode(kept)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at a PC came to."""

    memory: Memory
    verdicts: Verdicts
    kept: Kept
    happenings: tuple[Happening, ...] = ()


def appraise(case: Case, rules: Rules, before: Memory) -> Look:
    """Looks at a PC once more."""
    sections = {name: plausible(name, rows) for name, rows in case.sections.items()}
    outcomes = {**before.outcomes, **case.outcomes}
    measured = {**before.measured, **case.measured}
    told = {probe: said for probe, said in {**before.told, **case.told}.items() if outcomes.get(probe) not in _NOT_HERE}
    answered = _answers(case, sections, measured, before)
    is_well = outcomes.get(_UPDATES, Outcome.OK) == Outcome.OK
    is_anew = _is_anew(before.answered.get(_UPDATES), answered.get(_UPDATES))
    seen = seen_in(sections, well=is_well, anew=is_anew, skew=case.skew)
    system = seen.system
    policy = in_force(rules.posture, case.where)
    days_on = functools.partial(_days_on, before, min(case.heard, case.today))
    standing: Support | None = None
    way: WayOut | None = None
    by_list: Missing | None = None
    behind: Patches | None = None
    # A PC none of whose probes may look, or comes to an end, is judged too: all of it is unknown.
    silent = {probe for probe, outcome in outcomes.items() if outcome != Outcome.OK}
    is_judged = system is not None or bool(_SAFETY & (sections.keys() | silent))
    if system:
        known_revision = newest(system, rules.builds)
        standing = support_of(
            system,
            rules.support,
            case.today,
            listed=None if known_revision is None else Listed(newest=known_revision, as_of=rules.builds.as_of),
            planned=case.planned,
            most_days=policy.most_patch_days,
            days_on=days_on,
        )
        way = way_out(standing, hardware_of(sections), rules.support, case.today)
        # Where nobody can say whether more comes to it, only what came out until then is surely missing.
        is_over = standing.until is not None and not standing.counts_as_met
        published = Published(standing.until, standing.last) if is_over else None
        by_list = missing(system, sections.get("hotfixes"), rules.builds, published)
    is_frozen = True if _is_frozen(sections) else case.frozen
    waiting = before.waiting
    if case.heard <= case.today:
        waiting = follow(waiting, seen, by_list, case.heard, frozen=is_frozen, today=case.today)
    unread = too_old(answered)
    still = believed(waiting, seen, case.heard)
    if _UPDATES in answered and (outcomes.get(_UPDATES) in _NOT_HERE or still is not seen):
        unread[_UPDATES] = answered[_UPDATES].day
    state = standing.state if standing else SupportState.UNKNOWN
    if is_judged:
        behind = patches_of(
            waiting,
            still,
            by_list,
            frozen=is_frozen,
            ended=state is SupportState.ENDED,
            support_known=state is not SupportState.UNKNOWN,
            most_days=policy.most_patch_days,
            today=case.today,
            unread=unread,
        )
    # Whoever may not tell more of its system tells at least of which kind it is: steps differ by that.
    kind = system or next(iter(sections.get(HOST.name) or ()), {})
    known = Known(
        system=f"{kind.get('system') or 'windows'}",
        sections=sections,
        outcomes=outcomes,
        support=standing,
        way=way,
        patches=behind,
        frozen=is_frozen is True,
        today=case.today,
        unread=unread,
        skew=case.skew,
    )
    # Where a probe's own time is not known, the day its section last changed is the least that is.
    checks = posture.judged(known, policy, {**case.updated, **measured}) if is_judged else ()
    rows, disks = storage.remembered(sections.get(DISKS.name) or (), before.disks, min(case.heard, case.today))
    programs = sections.get(SOFTWARE.name)
    gaps = sections.get(SOFTWARE_GAPS.name) or ()
    remembered = before.parts if before.school == case.where.school else {}
    parts, happenings = happened(remembered, parts_of(_answered(sections, outcomes)))
    verdicts = Verdicts(
        day=case.today,
        support=standing,
        way=way,
        patches=behind,
        checks=checks,
        disks=tuple(DiskVerdict(disk=f"{row.get('disk') or ''}", found=storage.judge(row)) for row in rows),
        software=None if programs is None else rules.software.judge(programs, case.where, gaps),
    )
    evidence = dict(_evidence(verdicts, case.updated, measured))
    unproven = patches.unproven(behind)
    of_pc = (reading for said in told.values() for reading in said if reading.value or reading.name not in unproven)
    return Look(
        memory=Memory(
            waiting=waiting,
            school=case.where.school,
            parts=parts,
            former=_former(before, case.where.school, parts),
            outcomes=outcomes,
            measured=measured,
            told=told,
            answered=answered,
            disks=disks,
            shown=(standing.shows_from, days_on(standing.shows_from)) if standing and standing.shows_from else None,
        ),
        verdicts=verdicts,
        kept=Kept(
            (*_readings(verdicts, rows), *of_pc),
            {**{probe: measured[probe] for probe in told if probe in measured}, **evidence},
            {check.name: check.verdict.value for check in checks if not check.information},
            unproven,
        ),
        happenings=happenings,
    )


def _days_on(before: Memory, heard: date, since: date) -> int:
    """On how many days after this one the PC was on; before that was watched all days count."""
    if before.shown is None or before.shown[0] != since:
        return max(0, (heard - since).days)
    looked = before.waiting.looked
    return before.shown[1] + (heard > since and (looked is None or heard > looked))


def _is_anew(before: Told | None, now: Told | None) -> bool:
    return now is not None and (before is None or before.at != now.at)


def _answers(
    case: Case, sections: Mapping[str, Sequence[Values]], measured: Mapping[str, float], before: Memory
) -> dict[str, Told]:
    """When each probe of the safety checks last told something; of one whose time is not known, since its rows came."""
    if case.heard > case.today:
        return before.answered
    told = {
        probe: max(measured.get(probe, 0.0), case.updated.get(probe, 0.0))
        for probe in sorted(_SAFETY)
        if probe in measured or probe in sections
    }
    looked = before.waiting.looked
    another_day = looked is not None and looked < case.heard
    return tell(before.answered, told, case.heard, another_day=another_day, today=case.today)


def _answered(sections: Mapping[str, Sequence[Values]], outcomes: Mapping[str, str]) -> Mapping[str, Sequence[Values]]:
    """The sections, without that of the disks where nobody can say that what it lists is all there is now."""
    if outcomes.get(_STORAGE) == Outcome.OK:
        return sections
    return {name: rows for name, rows in sections.items() if name != DISKS.name or rows}


def _former(before: Memory, school: str, parts: Mapping[str, Sequence[Part]]) -> tuple[str, ...]:
    if before.school != school:
        return ()
    gone = left_behind(before.parts, parts)
    there = {part.serial for several in parts.values() for part in several}
    earlier = tuple(serial for serial in before.former if serial not in there and serial not in gone)
    return (*earlier, *gone)[-MOST_FORMER:]


def _is_frozen(sections: Mapping[str, Sequence[Values]]) -> bool:
    return any(row.get("state") == "frozen" for row in sections.get(FREEZE.name) or ())


def _readings(verdicts: Verdicts, disks: Sequence[Values]) -> Iterator[Reading]:
    if verdicts.support:
        yield from support.readings(verdicts.support)
    if verdicts.patches:
        yield from patches.readings(verdicts.patches)
    if verdicts.checks:
        yield from posture.readings(verdicts.checks)
    yield from storage.readings(disks)


def _evidence(
    verdicts: Verdicts, updated: Mapping[str, float], measured: Mapping[str, float]
) -> Iterator[tuple[str, float]]:
    """When the sources of what is kept were last well; where no probe's time is known, when its section came."""
    wanted = (
        (_SYSTEM, OPERATING_SYSTEM.name, verdicts.support is not None),
        (_UPDATES, _UPDATES, verdicts.patches is not None),
        (_STORAGE, DISKS.name, bool(verdicts.disks)),
    )
    for probe, section, is_kept in wanted:
        at = measured.get(probe) or updated.get(section)
        if is_kept and at:
            yield probe, at


class Run(msgspec.Struct, frozen=True):
    """A probe's newest run: how it ended, when it measured (epoch seconds), and its readings."""

    probe: str
    outcome: str
    at: float
    readings: tuple[Reading, ...] = ()


def lasting(run: Run) -> tuple[Reading, ...]:
    """What of a run's readings is shown until the PC is retired."""
    return tuple(
        reading
        for reading in run.readings
        if (metric := METRICS.get(reading.name))
        and metric.lasts is Lasts.KEPT
        and not metric.by_collector
        and not metric.fault(reading.value, reading.labels)
    )
