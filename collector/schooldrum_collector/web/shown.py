"""How schools, machines, results and lists look in the answers of the reading API; times are ISO 8601 in UTC."""

from datetime import UTC, datetime

import msgspec

from schooldrum_collector.judge.live import Unreadable, opened
from schooldrum_collector.judge.presence import Presence
from schooldrum_collector.store.records import Latest, Machine, StoredResult, StoredSection
from schooldrum_wire.section import Values


class SchoolShown(msgspec.Struct, frozen=True, kw_only=True):
    """A school and how many of its machines are in each state; pending ones wait for approval."""

    code: str
    name: str
    area: str
    level: str
    time_zone: str
    machines: dict[str, int]


class PresenceShown(msgspec.Struct, frozen=True, kw_only=True):
    """State (online off silent mute never pending retired), since when if that is known, and whether it is assumed.

    `mute` is on, not reporting; `away` is not at its school.
    """

    state: str
    since: str | None
    assumed: bool
    away: bool


class MachineShown(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of the register with what is known of it now. `skew` is seconds its clock is ahead.

    `note` is why people say that it is not on (broken lent away), while nothing has been heard of it since.
    """

    id: str
    alias: str
    school: str
    site: str
    room: str
    seat: int
    presence: PresenceShown
    conflict: bool
    pending_reason: str
    enrolled: str | None
    heard: str | None = None
    beat: int | None = None
    agent: str = ""
    system: str = ""
    frozen: bool | None = None
    skew: float | None = None
    note: str = ""


class ReadingShown(msgspec.Struct, frozen=True, kw_only=True):
    """One number with its labels, as it was measured; an age in seconds stays an age."""

    name: str
    value: float
    labels: dict[str, str]


class ResultShown(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a probe; `dated` (exact corrected bounded) and `error` (seconds) say how sure `at` is."""

    probe: str
    outcome: str
    at: str | None
    reason: str = ""
    dated: str = "exact"
    error: float = 2.0
    readings: list[ReadingShown] = []


class SectionShown(msgspec.Struct, frozen=True, kw_only=True):
    """An inventory section as last received."""

    name: str
    digest: str
    updated: str | None
    rows: list[Values]


class SchoolsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/schools."""

    schools: list[SchoolShown]


class MachinesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/machines; `next` is the value of `after` for the next part, absent at the end."""

    machines: list[MachineShown]
    next: str | None = None


class SectionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/machines/{id}/sections."""

    sections: list[SectionShown]


class ResultsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/machines/{id}/results, oldest first."""

    results: list[ResultShown]


def moment(at: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC, None for never and for what no calendar holds."""
    if not at:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def shown_presence(presence: Presence) -> PresenceShown:
    """A presence as it is answered."""
    return PresenceShown(
        state=presence.state.value, since=moment(presence.since), assumed=presence.assumed, away=presence.away
    )


def shown_machine(machine: Machine, heard: Latest | None, presence: Presence) -> MachineShown:
    """A machine as it is answered: nothing of its fingerprint, its credential or its body."""
    shown = MachineShown(
        id=machine.id,
        alias=machine.alias,
        school=machine.school,
        site=machine.site,
        room=machine.room,
        seat=machine.seat,
        presence=shown_presence(presence),
        conflict=machine.conflict,
        pending_reason=machine.pending_reason,
        enrolled=moment(machine.enrolled),
        note=machine.note if machine.is_noted(heard.heard if heard else 0.0) else "",
    )
    if heard is None:
        return shown
    return msgspec.structs.replace(
        shown,
        heard=moment(heard.heard),
        beat=heard.beat,
        agent=heard.agent,
        system=heard.system,
        frozen=heard.frozen,
        skew=round(heard.skew, 3) + 0.0,
    )


def newest_results(heard: Latest | None) -> list[ResultShown]:
    """The newest result of every probe; none where the kept report cannot be opened."""
    if heard is None:
        return []
    try:
        live = opened(heard.body)
    except Unreadable:
        return []
    return [
        ResultShown(
            probe=result.probe,
            outcome=result.outcome,
            at=moment(heard.clock + result.boottime) if live.boot == heard.boot else None,
            reason=result.reason,
            readings=[ReadingShown(name=r.name, value=r.value, labels=r.labels) for r in result.readings],
        )
        for result in sorted(live.results, key=lambda result: result.probe)
    ]


def shown_result(result: StoredResult) -> ResultShown:
    """A result of the history as it is answered."""
    return ResultShown(
        probe=result.probe,
        outcome=result.outcome,
        at=moment(result.at),
        reason=result.reason,
        dated=result.dated,
        error=round(result.error, 1),
        readings=[ReadingShown(name=name, value=value, labels=labels) for name, value, labels in result.readings],
    )


def shown_section(section: StoredSection) -> SectionShown:
    """A section as it is answered."""
    return SectionShown(
        name=section.name, digest=section.digest, updated=moment(section.updated), rows=list(section.rows)
    )
