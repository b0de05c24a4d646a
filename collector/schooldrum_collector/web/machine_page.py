"""A PC in plain words: how it is, what is wrong with it or not known and what to do, what it is made of."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from schooldrum_collector import formats
from schooldrum_collector.judge.appraisal import Verdicts
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.posture import Check, check_name, to_do, verdict_words
from schooldrum_collector.judge.posture_found import Verdict as CheckVerdict
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.judge.storage import Verdict as DiskVerdict
from schooldrum_collector.judge.support import SupportState
from schooldrum_collector.judge.way_out import Way
from schooldrum_collector.show.disk_words import VERDICTS as DISK_WORDS
from schooldrum_collector.show.disk_words import reason_words
from schooldrum_collector.show.hardware_words import change_words, detail_words, hardware_lines
from schooldrum_collector.show.machine_words import called, called_by_id, waits_because
from schooldrum_collector.show.safety_words import (
    as_of_words,
    patch_lines,
    plan_matters,
    plan_words,
    product_words,
    support_words,
    way_words,
)
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Appraisal, Change, Latest, Machine, StoredSection
from schooldrum_collector.web import machine_note
from schooldrum_collector.web.live_pages import Pieces
from schooldrum_collector.web.page_words import noted_look
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.school_page import cards_at_pc
from schooldrum_collector.web.sight import Sight

CHANGES_SHOWN = 20
_LATELY_SECONDS = 3 * 86400.0
"""The slowest probes run once a day; what is much older than the PC's newest report is said to be."""
_CHECK_LOOKS = {
    CheckVerdict.MET: ("good", "✓"),
    CheckVerdict.NOT_MET: ("bad", "✗"),
    CheckVerdict.UNKNOWN: ("quiet", "?"),
    CheckVerdict.NOT_APPLICABLE: ("quiet", "\N{EN DASH}"),
}
_DISK_KINDS = {DiskVerdict.FAILING: "bad", DiskVerdict.WARNING: "poor"}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the store knows of a PC, read in a thread."""

    sections: tuple[StoredSection, ...]
    appraisal: Appraisal | None
    changes: tuple[Change, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong: how grave, what, why it is thought so, and what to do about it."""

    kind: str
    title: str
    evidence: str = ""
    steps: tuple[str, ...] = ()


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """A safety check as it is listed."""

    name: str
    kind: str
    mark: str
    word: str
    evidence: str


def known_of(sight: Sight, machine: Machine) -> Known:
    """All that is stored of it; to be called in a thread."""
    return Known(
        sections=tuple(sight.store.sections(sight.scope, machine.id)),
        appraisal=sight.store.appraisal_of(sight.scope, machine.id),
        changes=tuple(sight.store.changes_of(sight.scope, machine.id, CHANGES_SHOWN)),
    )


def name_of(sight: Sight, machine: Machine, say: Say) -> str:
    """Its room and its seat."""
    return called(machine, sight.register.rooms.get(machine.path), say)


def pieces(
    sight: Sight,
    machine: Machine,
    heard: Latest | None,
    known: Known,
    *,
    incidents: list[Incident],
    rendering: Rendering,
    words: Reader,
) -> Pieces:
    """The changing parts of a PC's page."""
    say = words.say
    presence, last = sight.presence(machine), heard.heard if heard else 0.0
    school = sight.register.schools.get(machine.school)
    verdicts = known.appraisal.verdicts if known.appraisal else None
    zone = school.time_zone if school else formats.VIETNAM
    as_of = as_of_words(presence.state, last, sight.now, zone, say) if last and verdicts else ""
    holding = [one for one in incidents if machine.id in one.blamed or one.place.path == machine.id]
    html = {
        "state": rendering.piece(
            "piece_machine_state.html",
            words,
            look=noted_look(machine, presence, last, say),
            sentence=_state_sentence(sight, machine, heard, presence, words),
        ),
        "findings": rendering.piece(
            "piece_findings.html",
            words,
            findings=[
                *_of_record(machine, presence, say, excused=bool(holding) or machine.is_noted(last)),
                *_of_verdicts(verdicts, say),
            ],
            cards=cards_at_pc(sight, incidents, holding, words, school.name if school else ""),
            judged=verdicts is not None,
            as_of=as_of,
        ),
        "note": machine_note.piece(
            machine,
            presence,
            last,
            zone=zone,
            rendering=rendering,
            words=words,
        ),
        "made": rendering.piece(
            "piece_made.html", words, lines=hardware_lines(known.sections, say), facts=_facts(machine, heard, words)
        ),
        "safety": rendering.piece(
            "piece_safety.html",
            words,
            checks=_checks(verdicts, last, say, is_old=bool(as_of)),
            lines=_safety_lines(verdicts, say),
            as_of=as_of,
        ),
        "changes": rendering.piece(
            "piece_changes.html",
            words,
            changes=[
                (formats.moment(one.at, words.language), change_words(one, say), _change_detail(sight, one, say))
                for one in known.changes
            ],
        ),
    }
    return Pieces(html=html)


def _change_detail(sight: Sight, change: Change, say: Say) -> str:
    """What is not said by the change's own words."""
    told = detail_words(change, lambda machine: called_by_id(sight.register, machine, say), say)
    return told.replace("->", "\N{RIGHTWARDS ARROW}")


def _state_sentence(sight: Sight, machine: Machine, heard: Latest | None, presence: Presence, words: Reader) -> str:
    say, language = words.say, words.language
    school = sight.register.schools.get(machine.school)
    zone = school.time_zone if school else formats.VIETNAM
    if presence.since:
        at = formats.clock(presence.since, sight.now, language, zone)
        since = say(f"Từ {at}", f"Since {at}")
        if presence.assumed:
            since += say(" (suy ra)", " (assumed)")
    elif presence.state is State.NEVER:
        since = say("Máy đã được thêm nhưng chưa gửi số liệu lần nào", "It was added, and has never sent a report")
    else:
        since = ""
    if heard is None or not heard.heard or presence.state is State.ONLINE:
        return f"{since}." if since else ""
    last = formats.clock(heard.heard, sight.now, language, zone)
    told = say(f"Lần gửi số liệu cuối: {last}", f"Last report: {last}")
    return f"{since}. {told}." if since else f"{told}."


def _of_record(machine: Machine, presence: Presence, say: Say, *, excused: bool) -> list[Finding]:
    """What is wrong before anything is known of its inside; why it is not heard is known where `excused`."""
    found: list[Finding] = []
    if machine.conflict:
        found.append(
            Finding(
                kind="bad",
                title=say("Máy trùng (do bung ghost)", "Two PCs speak as this one (cloned image)"),
                evidence=say(
                    "Hai máy khác nhau gửi số liệu bằng một mã.", "Two different PCs report under one identity."
                ),
                steps=(
                    say("Tìm máy vừa được bung ghost.", "Find the PC that was restored from an image."),
                    say("Chạy lại lệnh thêm máy trên máy đó.", "Add that PC again with the room's install code."),
                ),
            )
        )
    if presence.state is State.PENDING:
        found.append(
            Finding(
                kind="poor",
                title=say("Máy chờ duyệt", "It waits for approval"),
                evidence=say(f"Vì {waits_because(machine, say)}.", f"Because {waits_because(machine, say)}."),
                steps=(
                    say(
                        "Máy là của trường: bấm [Xem và duyệt] ở dưới, hoặc trên trang của trường.",
                        "It belongs to the school: tap [See and approve] below, or on the school's page.",
                    ),
                ),
            )
        )
    if presence.state is State.MUTE:
        found.append(
            Finding(
                kind="poor",
                title=say("Đang bật, không gửi số liệu", "On, not reporting"),
                evidence=say(
                    "Các máy khác vẫn thấy máy này trong mạng. Schooldrum trên máy đã dừng hoặc bị chặn.",
                    "Other PCs still see it on the network. Schooldrum was stopped or blocked on it.",
                ),
                steps=(
                    say(
                        "Mở phần mềm diệt virus, xem mục Cách ly (Quarantine). Nếu có Schooldrum: chọn Khôi phục và "
                        "thêm vào danh sách tin cậy.",
                        "Open the antivirus and look into Quarantine. If Schooldrum is there: choose Restore and add "
                        "it to the allow list.",
                    ),
                    say(
                        'Trong Start mở "Kiểm tra máy này"; nếu không còn, cài lại bằng bộ cài của phòng.',
                        'In Start open "Check this PC"; if it is gone, install again with the room\'s installer.',
                    ),
                ),
            )
        )
    if presence.state is State.SILENT and not excused:
        found.append(
            Finding(
                kind="bad",
                title=say("Máy mất liên lạc", "It is not heard"),
                evidence=say(
                    "Giờ này máy thường bật, và máy không báo tắt.",
                    "It is usually on at this hour, and did not say that it was switched off.",
                ),
                steps=(
                    say("Xem máy có bật không.", "See whether the PC is on."),
                    say("Máy bật: xem dây mạng, đèn ở cổng mạng.", "It is on: look at its network cable and lights."),
                    say(
                        'Vẫn không được: trong Start mở "Kiểm tra máy này".',
                        'Still nothing: open "Check this PC" in Start.',
                    ),
                ),
            )
        )
    return found


def _of_verdicts(verdicts: Verdicts | None, say: Say) -> list[Finding]:
    if verdicts is None:
        return []
    found: list[Finding] = []
    for disk in verdicts.disks:
        if disk.found.verdict in _DISK_KINDS:
            reasons = ", ".join(reason_words(one, say) for one in disk.found.reasons)
            found.append(
                Finding(
                    kind=_DISK_KINDS[disk.found.verdict],
                    title=say(f"Ổ đĩa {disk.disk}: ", f"Disk {disk.disk}: ")
                    + say(*DISK_WORDS[disk.found.verdict]).lower(),
                    evidence=_sentence(reasons),
                    steps=(
                        say("Chép dữ liệu quan trọng sang nơi khác.", "Copy what matters to another place."),
                        say("Đề xuất thay ổ đĩa.", "Ask for a new disk."),
                    ),
                )
            )
    found += [
        Finding(
            kind="poor",
            title=say(f"Phần mềm bị cấm: {name}", f"Forbidden program: {name}"),
            steps=(
                say(
                    "Gỡ phần mềm này; thật cần thì hỏi người giữ danh sách.",
                    "Remove it; if it is needed, ask whoever keeps the list.",
                ),
            ),
        )
        for name in dict.fromkeys(
            product_words(one, say) for one in (verdicts.software.forbidden if verdicts.software else ())
        )
    ]
    for check in verdicts.checks:
        if check.verdict is CheckVerdict.NOT_MET and not check.information:
            name = say(*check_name(check))
            found.append(
                Finding(
                    kind="poor",
                    title=say(f"Chưa đạt: {name}", f"Not met: {name}"),
                    evidence=" ".join(say(*one) for one in check.evidence),
                    steps=tuple(say(*one) for one in check.fix),
                )
            )
    found += _not_known(verdicts.checks, say)
    support = verdicts.support
    told = any(check.name == "supported_system" and check.verdict is CheckVerdict.NOT_MET for check in verdicts.checks)
    if support and support.state is SupportState.ENDED and not told:
        way = (way_words(verdicts.way, say),) if verdicts.way and verdicts.way.way is not Way.NONE else ()
        found.append(
            Finding(
                kind="poor",
                title=say("Hệ điều hành hết hỗ trợ", "Its system is out of support"),
                evidence=_sentence(support_words(support, say)),
                steps=tuple(map(_sentence, way)),
            )
        )
    return found


def _not_known(checks: Sequence[Check], say: Say) -> Iterator[Finding]:
    """What to do so that more is known: it is no fault, and stands behind what is one."""
    for together in to_do([check for check in checks if check.verdict is CheckVerdict.UNKNOWN]):
        names = ", ".join(say(*check_name(check)) for check in together)
        evidence = dict.fromkeys(say(*one) for check in together for one in check.evidence)
        words = dict.fromkeys(say(*verdict_words(check)) for check in together)
        title = f"{', '.join(words)}: {names}"
        yield Finding(
            kind="quiet",
            title=title[:1].upper() + title[1:],
            evidence=" ".join(evidence),
            steps=tuple(say(*one) for one in together[0].fix),
        )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def _checks(verdicts: Verdicts | None, heard: float, say: Say, *, is_old: bool) -> list[CheckLine]:
    """The checks as they are listed; nothing is green that was not told lately, and is not of the PC's newest day."""
    lines: list[CheckLine] = []
    for check in sorted(verdicts.checks if verdicts else (), key=lambda one: one.verdict is not CheckVerdict.NOT_MET):
        kind, mark = _CHECK_LOOKS[check.verdict]
        word = say(*verdict_words(check))
        if check.information:
            kind, mark, word = "quiet", "i", say("để biết", "for information")
        name = say(*check_name(check))
        told = ""
        if check.measured is not None and heard - check.measured > _LATELY_SECONDS:
            day = formats.date(check.measured, say.language)
            told = say(f" Máy báo lần cuối ngày {day}.", f" The PC last told this on {day}.")
        if kind == "good" and (is_old or told):
            kind = "quiet"
        lines.append(
            CheckLine(
                name=name[:1].upper() + name[1:],
                kind=kind,
                mark=mark,
                word=word,
                evidence=" ".join(say(*one) for one in check.evidence) + told,
            )
        )
    return lines


def _safety_lines(verdicts: Verdicts | None, say: Say) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if verdicts and verdicts.support:
        lines.append((say("Hỗ trợ", "Support"), support_words(verdicts.support, say)))
        if verdicts.support.planned and plan_matters(verdicts.support):
            lines.append((say("Kế hoạch", "Planned"), plan_words(verdicts.support.planned, say)))
        if verdicts.way and verdicts.way.way is not Way.NONE:
            lines.append((say("Hướng xử lý", "Way out"), way_words(verdicts.way, say)))
    if verdicts and verdicts.patches:
        lines += patch_lines(verdicts.patches, say)
    return _joined(lines)


def _joined(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What has no name of its own goes on with the line before."""
    joined: list[tuple[str, str]] = []
    for name, value in lines:
        if name or not joined:
            joined.append((name, value))
        else:
            joined[-1] = (joined[-1][0], f"{joined[-1][1]}; {value}")
    return joined


def _facts(machine: Machine, heard: Latest | None, words: Reader) -> list[tuple[str, str]]:
    say, language = words.say, words.language
    facts = [
        (say("Nhãn", "Label"), f"{machine.school} {machine.alias}"),
        (say("Thêm lúc", "Added"), formats.moment(machine.enrolled, language)),
    ]
    if heard:
        if heard.frozen:
            facts.append((say("Đóng băng ổ đĩa", "Frozen disk"), say("có", "yes")))
        facts.append((say("Phần mềm trên máy", "Program on the PC"), heard.agent or "?"))
    return facts
