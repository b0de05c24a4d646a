"""How what is judged of a machine looks in the answers of the reading API, and what has changed on it lately."""

from collections.abc import Iterable
from datetime import date

import msgspec

from schooldrum_collector.judge.appraisal import DiskVerdict, Verdicts
from schooldrum_collector.judge.patches import Patches
from schooldrum_collector.judge.posture import Check, check_name
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.software import Gap, Inventory
from schooldrum_collector.judge.support import Support
from schooldrum_collector.judge.waiting import Waiting
from schooldrum_collector.judge.way_out import WayOut
from schooldrum_collector.store.records import Appraisal, Change
from schooldrum_collector.web.shown import MachineShown, ResultShown, moment

PENDING_SHOWN = 100
CHANGES_SHOWN = 50


class WordsShown(msgspec.Struct, frozen=True, kw_only=True):
    """The same in Vietnamese and English."""

    vi: str
    en: str


class SupportShown(msgspec.Struct, frozen=True, kw_only=True):
    """How its system stands (supported extended ended unknown), and the way out.

    `way` is one of none free_upgrade next_release esu licence replace unknown.
    `until` is the last day with updates as far as is proven, `extended` that of longer support, `proof` whether this
    PC proves it (proven not_proven not_offered unknown); `days_left` is negative after the end; `planned` is shown and
    never counted. `way_to` is what it can be brought to, or until when support can be bought; `parts` stand against it.
    `newer_than` is the day of a list that knows only older systems: then the state is unknown, and no fault.
    """

    state: str
    product: str
    release: str
    channel: str
    until: date | None
    ordinary: date | None
    extended: date | None
    proof: str
    days_left: int | None
    planned: date | None
    way: str | None = None
    way_to: str = ""
    parts: list[str] = []
    newer_than: date | None = None


class PendingShown(msgspec.Struct, frozen=True, kw_only=True):
    """A missing security update: since when, and on how many days the PC was on since, the first included.

    `update` is `restart` for what was installed and waits for a restart.
    """

    update: str
    since: date
    days: int


class PatchesShown(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with security updates (current waiting restart off refused frozen unknown).

    `age_days` counts whole days on which it was on, `calendar_days` all until the day of judging; `told` is missing by
    its own word, `behind` by the list of builds; `because` names what refuses; `stale`: its last search is long ago, or
    was never, or (`scan_known` is false) it does not tell of one. `listed` is the day of the list that `behind` is by,
    `list_old`: updates came out since that should be there by now, so that 0 proves nothing. `ended`: its system gets
    no updates any more; whether it does is not known where `support_known` is false. `at_least`: one was missing
    already at the first look; `published` is the oldest day of publication it tells of.
    """

    state: str
    age_days: int | None
    calendar_days: int | None
    missing: int
    told: int | None
    behind: int | None
    because: list[str]
    stale: bool
    scan_known: bool
    pending: list[PendingShown]
    listed: date | None = None
    list_old: bool = False
    ended: bool = False
    at_least: bool = False
    published: date | None = None
    support_known: bool = True


class CheckShown(msgspec.Struct, frozen=True, kw_only=True):
    """A safety check: verdict (met not_met unknown not_applicable), what it rests on, and at most three steps.

    `check` is the word that never changes, `name` is for people, by the policy in force there. One for `information` is
    in no count; `measured` is when the PC last told what it rests on.
    """

    check: str
    name: WordsShown
    verdict: str
    information: bool
    reasons: list[str]
    evidence: list[WordsShown]
    fix: list[WordsShown]
    measured: str | None = None


class ReasonShown(msgspec.Struct, frozen=True, kw_only=True):
    """A code, and the value that says so."""

    code: str
    value: str


class DiskShown(msgspec.Struct, frozen=True, kw_only=True):
    """A disk's verdict (failing warning unknown ok) with its reasons; its figures stand in the section `disks`."""

    disk: str
    verdict: str
    reasons: list[ReasonShown]


class ProductShown(msgspec.Struct, frozen=True, kw_only=True):
    """A known program; verdict is forbidden, approved or empty, by the list of `place`."""

    product: str
    name: str
    kind: str
    licence: str
    version: str
    program: str
    verdict: str
    place: str


class SoftwareShown(msgspec.Struct, frozen=True, kw_only=True):
    """The known programs, forbidden ones first; `hidden` programs have a personal name and may be anything.

    `installed` counts those of `gaps` too: lists that were not told whole, in which forbidden ones may stand.
    """

    programs: int
    installed: int
    gaps: list[Gap]
    hidden: int
    forbidden: int
    products: list[ProductShown]


class AppraisalShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the collector makes of a machine's inventory: `judged` at, as of `day`; None of what it has not told."""

    judged: str | None
    day: date
    support: SupportShown | None
    patches: PatchesShown | None
    checks: list[CheckShown]
    disks: list[DiskShown]
    software: SoftwareShown | None


class ChangeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the audit log about the machine; the actor is a role, never a person."""

    at: str | None
    actor: str
    action: str
    detail: str


class MachineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/machines/{id}: the machine, the newest result of every probe, what is judged, what has changed.

    `appraisal` is None until its inventory was judged; `changes` are newest first.
    """

    machine: MachineShown
    results: list[ResultShown]
    appraisal: AppraisalShown | None = None
    changes: list[ChangeShown] = []


def shown_appraisal(appraisal: Appraisal | None) -> AppraisalShown | None:
    """An appraisal as it is answered; None as long as there is none that can be read."""
    if appraisal is None or appraisal.verdicts is None:
        return None
    verdicts: Verdicts = appraisal.verdicts
    return AppraisalShown(
        judged=moment(appraisal.appraised.at),
        day=verdicts.day,
        support=_support(verdicts.support, verdicts.way) if verdicts.support else None,
        patches=_patches(verdicts.patches, appraisal.memory.waiting) if verdicts.patches else None,
        checks=[_check(check) for check in verdicts.checks],
        disks=[_disk(disk) for disk in verdicts.disks],
        software=_software(verdicts.software) if verdicts.software else None,
    )


def shown_changes(changes: Iterable[Change]) -> list[ChangeShown]:
    """Lines of the audit log as they are answered."""
    return [ChangeShown(at=moment(one.at), actor=one.actor, action=one.action, detail=one.detail) for one in changes]


def _words(words: Words) -> WordsShown:
    return WordsShown(vi=words.vi, en=words.en)


def _support(support: Support, way: WayOut | None) -> SupportShown:
    return SupportShown(
        state=support.state.value,
        product=support.product,
        release=support.release,
        channel=support.channel,
        until=support.until,
        ordinary=support.ordinary,
        extended=support.extended,
        proof=support.proof.value,
        days_left=support.days_left,
        planned=support.planned,
        way=way.way.value if way else None,
        way_to=way.to if way else "",
        parts=list(way.parts) if way else [],
        newer_than=support.newer_than,
    )


def _patches(patches: Patches, waiting: Waiting) -> PatchesShown:
    oldest = sorted(waiting.pending.items(), key=lambda item: (-item[1].days, item[0]))
    return PatchesShown(
        state=patches.state.value,
        age_days=patches.age_days,
        calendar_days=patches.calendar_days,
        missing=patches.count,
        told=patches.told,
        behind=patches.behind,
        because=list(patches.because),
        stale=patches.stale,
        scan_known=patches.scan_known,
        pending=[PendingShown(update=update, since=one.since, days=one.days) for update, one in oldest[:PENDING_SHOWN]],
        listed=patches.listed,
        list_old=patches.list_old,
        ended=patches.ended,
        at_least=patches.at_least,
        published=patches.published,
        support_known=patches.support_known,
    )


def _check(check: Check) -> CheckShown:
    return CheckShown(
        check=check.name,
        name=_words(check_name(check)),
        verdict=check.verdict.value,
        information=check.information,
        reasons=list(check.reasons),
        evidence=[_words(words) for words in check.evidence],
        fix=[_words(words) for words in check.fix],
        measured=moment(check.measured),
    )


def _disk(disk: DiskVerdict) -> DiskShown:
    return DiskShown(
        disk=disk.disk,
        verdict=disk.found.verdict.value,
        reasons=[ReasonShown(code=one.code, value=one.value) for one in disk.found.reasons],
    )


def _software(found: Inventory) -> SoftwareShown:
    return SoftwareShown(
        programs=found.programs,
        installed=found.installed,
        gaps=list(found.gaps),
        hidden=found.hidden,
        forbidden=len(found.forbidden),
        products=[
            ProductShown(
                product=one.product,
                name=one.name,
                kind=one.kind,
                licence=one.licence,
                version=one.version,
                program=one.program,
                verdict=one.verdict,
                place=one.place,
            )
            for one in found.found
        ],
    )
