"""Everything that is known of one PC, as a person wants to read it and as a program does."""

from collections.abc import Mapping
from typing import Any

import msgspec

from schooldrum_collector.app.kept_hearing import Listened
from schooldrum_collector.commands import disk_sheet, hardware_sheet, safety_sheet, software_sheet
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.place_words import apart_now, places_now
from schooldrum_collector.formats import UNKNOWN, VIETNAM, age, duration, iso, moment, number
from schooldrum_collector.judge.live import Live, LiveResult, Unreadable, opened
from schooldrum_collector.judge.patches import unproven
from schooldrum_collector.judge.plausible import plausible
from schooldrum_collector.judge.presence import Presence
from schooldrum_collector.judge.settings import granted, observer_role
from schooldrum_collector.judge.storage import Read
from schooldrum_collector.show.cell_words import cell_words
from schooldrum_collector.show.disk_words import disks_of
from schooldrum_collector.show.machine_words import (
    NOTES,
    called,
    called_by_id,
    observer_word,
    state_word,
    waits_because,
)
from schooldrum_collector.show.meanings import column_heading, section_meaning
from schooldrum_collector.show.reading_words import human_value
from schooldrum_collector.show.safety_words import as_of_words
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Appraisal, Change, Latest, Machine, Note, Register, Scope, StoredSection
from schooldrum_collector.web.page_words import role_words
from schooldrum_collector.web.shown_appraisal import shown_appraisal, shown_changes
from schooldrum_wire.catalogue.freeze import FREEZE
from schooldrum_wire.catalogue.memory_modules import MEMORY_MODULES
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.catalogue.system import SYSTEM
from schooldrum_wire.catalogue.tpm import TPM

_PLAIN_OUTCOMES = frozenset({"ok", "unavailable"})
_OUTCOMES = {
    "denied": ("không có quyền đọc", "no right to read it"),
    "failed": ("bị lỗi", "it failed"),
    "timed_out": ("quá lâu không xong", "it took too long"),
}
ROWS_SHOWN = 30
_TOLD_ABOVE = frozenset({DISKS.name, SYSTEM.name, MEMORY_MODULES.name, FREEZE.name, TPM.name})
_RIGHT_SECONDS = 2.0
"""The collector cannot know it better: the way of a report takes time, too."""


class MachineSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the store knows of one machine, with its presence judged."""

    machine: Machine
    presence: Presence
    latest: Latest | None
    live: Live
    sections: tuple[StoredSection, ...]
    appraisal: Appraisal | None = None
    changes: tuple[Change, ...] = ()


def sheet_of(store: Store, register: Register, machine: Machine, by: Listened) -> MachineSheet:
    """The sheet, its presence judged by this; a body that cannot be read shows no results."""
    scope, latest = Scope(school=machine.school), store.latest_of(machine.id)
    # What its room does, and what others see of it, belongs to how it stands.
    known = {one.machine: one for one in store.latest(scope)}
    apart = apart_now(store, scope, known.values(), by.at)
    try:
        live = opened(latest.body) if latest else Live(boot="")
    except Unreadable:
        live = Live(boot="")
    return MachineSheet(
        machine=machine,
        presence=places_now(register, machine.school, known.get, by, apart).presences[machine.id],
        latest=latest,
        live=live,
        sections=tuple(store.sections(scope, machine.id)),
        appraisal=store.appraisal_of(scope, machine.id),
        changes=tuple(store.changes_of(scope, machine.id, hardware_sheet.CHANGES_SHOWN)),
    )


def _measured(sheet: MachineSheet, result: LiveResult) -> float:
    return (sheet.latest.clock if sheet.latest else 0.0) + result.boottime


def _results(sheet: MachineSheet) -> list[LiveResult]:
    """The newest result of every probe, without noughts that prove nothing."""
    verdicts = sheet.appraisal.verdicts if sheet.appraisal else None
    hidden = unproven(verdicts.patches if verdicts else None)
    return [
        msgspec.structs.replace(
            one, readings=tuple(said for said in one.readings if said.value or said.name not in hidden)
        )
        for one in sheet.live.results
    ]


def _is_noted(sheet: MachineSheet) -> bool:
    return sheet.machine.is_noted(sheet.latest.heard if sheet.latest else 0.0)


def _noted(sheet: MachineSheet) -> dict[str, Any]:
    """What people note of it while nothing is heard of it, since when, and by which role."""
    if not _is_noted(sheet):
        return {"note": "", "noted": None, "noted_by": ""}
    return {"note": sheet.machine.note, "noted": iso(sheet.machine.noted), "noted_by": sheet.machine.noted_by}


def as_data(call: Call, register: Register, sheet: MachineSheet) -> dict[str, Any]:
    """For programs: times in ISO 8601, values in base units."""
    machine, latest = sheet.machine, sheet.latest
    room = register.rooms.get(machine.path)
    software = software_sheet.told_of(call, register, machine, sheet.sections)
    return {
        "id": machine.id,
        "alias": machine.alias,
        "school": machine.school,
        "room": machine.path,
        "name": called(machine, room, call.say),
        "seat": machine.seat,
        "state": machine.state,
        "pending_reason": machine.pending_reason,
        "conflict": machine.conflict,
        **_noted(sheet),
        "presence": {
            "state": sheet.presence.state,
            "since": iso(sheet.presence.since or 0.0),
            "assumed": sheet.presence.assumed,
            "away": sheet.presence.away,
        },
        "enrolled": iso(machine.enrolled),
        "heard": iso(latest.heard) if latest else None,
        "agent": latest.agent if latest else "",
        "system": latest.system if latest else "",
        "frozen": latest.frozen if latest else None,
        "clock_skew_seconds": round(latest.skew, 3) + 0.0 if latest else None,
        "settings": granted(register, machine),
        "observer": observer_role(register, machine),
        "elsewhere": sheet.live.elsewhere,
        "probes": [
            {
                "probe": result.probe,
                "outcome": result.outcome,
                "measured": iso(_measured(sheet, result)),
                "took_seconds": result.took,
                "reason": result.reason,
                "readings": result.readings,
            }
            for result in _results(sheet)
        ],
        "disks": disk_sheet.as_data(disks_of(sheet.sections, _disks_known(sheet))),
        "software": software_sheet.as_data(software) if software else None,
        "appraisal": shown_appraisal(sheet.appraisal),
        "changes": shown_changes(sheet.changes),
        "sections": [
            {"section": section.name, "updated": iso(section.updated), "rows": section.rows}
            for section in sheet.sections
        ],
    }


def _disks_known(sheet: MachineSheet) -> Mapping[str, Read]:
    return sheet.appraisal.memory.disks if sheet.appraisal else {}


def show(call: Call, register: Register, sheet: MachineSheet, *, every_row: bool = False) -> None:
    """For people; of long sections the first rows, unless every one is asked for."""
    _head(call, register, sheet)
    hardware_sheet.show(call, sheet.sections)
    safety_sheet.show(call, sheet.appraisal, _as_of(call, register, sheet))
    if disks := disks_of(sheet.sections, _disks_known(sheet)):
        disk_sheet.show(call, disks)
    if software := software_sheet.told_of(call, register, sheet.machine, sheet.sections):
        software_sheet.show(call, software)
    hardware_sheet.show_changes(call, sheet.changes, lambda machine: called_by_id(register, machine, call.say))
    _probes(call, sheet)
    _sections(call, sheet, every_row=every_row)


def _clock(skew: float, say: Say) -> str:
    if abs(skew) < _RIGHT_SECONDS:
        return say("đúng giờ", "right")
    amount = duration(skew, say.language)
    return say(f"nhanh {amount}", f"{amount} ahead") if skew > 0 else say(f"chậm {amount}", f"{amount} behind")


def _head(call: Call, register: Register, sheet: MachineSheet) -> None:
    say, console, machine, latest = call.say, call.console, sheet.machine, sheet.latest
    language, now = say.language, call.now()
    room, school = register.rooms.get(machine.path), register.schools.get(machine.school)
    console.line(f"{called(machine, room, say)} · {school.name if school else machine.school}")
    state = state_word(sheet.presence, say)
    if sheet.presence.since:
        state += f", {say('từ', 'since')} {moment(sheet.presence.since, language)}"
    if sheet.presence.assumed:
        state += say(" (suy ra)", " (assumed)")
    lines = [
        (say("Mã", "Code"), f"{machine.school}/{machine.alias} ({machine.id})"),
        (say("Phòng", "Room"), machine.path),
        (say("Trạng thái", "State"), state),
        (say("Lần cuối", "Last heard"), age(latest.heard, now, language) if latest and latest.heard else "-"),
        (say("Thêm lúc", "Added"), moment(machine.enrolled, language)),
    ]
    if machine.pending_reason:
        lines.append((say("Chờ duyệt vì", "Waits because"), waits_because(machine, say)))
    if machine.conflict:
        lines.append(
            (
                say("Trùng máy", "Conflict"),
                say("hai máy cùng gửi bằng một mã; cần người xem", "two PCs speak as this one; a person must look"),
            )
        )
    if _is_noted(sheet):
        by = f"{role_words(machine.noted_by, say)}, {moment(machine.noted, language)}"
        lines.append((say("Đã ghi", "Noted"), f"{say(*NOTES[Note(machine.note)])} ({by})"))
    if latest:
        frozen = {True: say("có", "yes"), False: say("không", "no"), None: say("chưa rõ", "not known yet")}
        lines += [
            (say("Hệ điều hành", "System"), latest.system or "-"),
            (say("Phần mềm", "Program"), latest.agent or "-"),
            (say("Đóng băng ổ đĩa", "Frozen disk"), frozen[latest.frozen]),
            (say("Đồng hồ", "Clock"), _clock(latest.skew, say)),
        ]
    if word := observer_word(register, machine, say):
        lines.append((say("Máy trực", "Observer"), word))
    if sheet.live.elsewhere:
        away = say(
            "đang ở mạng khác, chỉ gửi nhịp, bản vá và bảo mật. Nếu máy vẫn ở trường: machines approve",
            "in another network; sends only its beat, patches and safety. If it is at school: machines approve",
        )
        lines.append((say("Ngoài trường", "Away"), away))
    settings = granted(register, machine)
    lines.append((say("Nhịp", "Beat"), duration(settings.beat, language)))
    console.table((), lines)


def _as_of(call: Call, register: Register, sheet: MachineSheet) -> str:
    school = register.schools.get(sheet.machine.school)
    zone, heard = school.time_zone if school else VIETNAM, sheet.latest.heard if sheet.latest else 0.0
    return as_of_words(sheet.presence.state, heard, call.now(), zone, call.say) if heard else ""


def _probes(call: Call, sheet: MachineSheet) -> None:
    say, console = call.say, call.console
    rows: list[tuple[str, str, str]] = []
    failed: list[tuple[str, str, str]] = []
    for result in sorted(_results(sheet), key=lambda one: one.probe):
        measured = _measured(sheet, result)
        if result.outcome not in _PLAIN_OUTCOMES:
            outcome = say(*_OUTCOMES[result.outcome]) if result.outcome in _OUTCOMES else result.outcome
            failed.append((result.probe, outcome, result.reason))
        for reading in result.readings:
            labels = " ".join(f"{key}={value}" for key, value in reading.labels.items())
            value = human_value(reading, measured, call.now(), say.language)
            rows.append((reading.name.removeprefix("school_"), labels, value))
    if rows:
        console.line()
        console.table((say("Số đo", "Reading"), "", say("Giá trị", "Value")), rows)
    if failed:
        console.line()
        console.table((say("Không đo được", "Not measured"), say("Kết quả", "Outcome"), say("Lý do", "Why")), failed)


def _sections(call: Call, sheet: MachineSheet, *, every_row: bool) -> None:
    say, console = call.say, call.console
    command = f"machines show {sheet.machine.school}/{sheet.machine.alias} --all"
    for section in sheet.sections:
        if section.name in _TOLD_ABOVE:
            continue
        console.line()
        meaning, _ = section_meaning(section.name, say)
        title = f"{meaning.removesuffix('.')} ({section.name})" if meaning else section.name
        updated, count = moment(section.updated, say.language), number(len(section.rows), say.language)
        rows = say("dòng", "row" if len(section.rows) == 1 else "rows")
        console.line(f"{title} · {count} {rows} · {say('cập nhật', 'updated')} {updated}")
        columns = sorted({name for row in section.rows for name in row})
        if columns:
            shown = section.rows if every_row else section.rows[:ROWS_SHOWN]
            sound = plausible(section.name, shown)
            cells = [
                [
                    UNKNOWN
                    if row.get(name) is not None and one[name] is None
                    else cell_words(section.name, name, row.get(name), say)
                    for name in columns
                ]
                for row, one in zip(shown, sound, strict=True)
            ]
            console.table([column_heading(section.name, name, say) for name in columns], cells)
        left = len(section.rows) - ROWS_SHOWN
        if left > 0 and not every_row:
            console.line(say(f"… còn {left} dòng, xem hết: {command}", f"… {left} more rows, all of them: {command}"))
