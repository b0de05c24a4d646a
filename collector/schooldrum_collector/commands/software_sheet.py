"""The known programs of one PC, as `machines show` prints them: forbidden ones first."""

from typing import Any

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.formats import number
from schooldrum_collector.judge.plausible import plausible
from schooldrum_collector.judge.products import CLASSES
from schooldrum_collector.judge.software import APPROVED, FORBIDDEN, Found, Gap, Inventory
from schooldrum_collector.show.safety_words import product_words
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.office_file import Unusable
from schooldrum_collector.store.records import Machine, Register, StoredSection
from schooldrum_collector.store.software_lists import Lists, load
from schooldrum_collector.store.where import where_of
from schooldrum_wire.catalogue.software import SOFTWARE, SOFTWARE_GAPS

_WHY = {
    "no_answer": ("không trả lời", "it does not answer"),
    "denied": ("không có quyền đọc", "no right to read it"),
    "failed": ("bị lỗi", "it fails"),
}
_LICENCES = {"open": ("nguồn mở", "open source"), "closed": ("nguồn đóng", "closed source")}


def lists_of(call: Call) -> Lists:
    """The lists in force.

    Raises:
        Failed: one of them cannot be used.
    """
    try:
        return load(call.config.data)
    except Unusable as trouble:
        raise Failed(told(trouble, call.say)) from trouble


def inventory(
    lists: Lists, register: Register, machine: Machine, sections: tuple[StoredSection, ...]
) -> Inventory | None:
    """What stands on the PC; None as long as it has not told."""
    rows = {one.name: one.rows for one in sections if one.name in {SOFTWARE.name, SOFTWARE_GAPS.name}}
    if SOFTWARE.name not in rows:
        return None
    gaps = plausible(SOFTWARE_GAPS.name, rows.get(SOFTWARE_GAPS.name, ()))
    return lists.policy.judge(rows[SOFTWARE.name], where_of(register, machine), gaps)


def told_of(call: Call, register: Register, machine: Machine, sections: tuple[StoredSection, ...]) -> Inventory | None:
    """The same with the lists in force; lists that cannot be used are remarked and do not stop what else is shown."""
    try:
        return inventory(lists_of(call), register, machine, sections)
    except Failed as trouble:
        for line in str(trouble).splitlines():
            call.console.remark(line)
        return None


def verdict_word(verdict: str, say: Say) -> str:
    """Forbidden or approved, in words; nothing for what no list names."""
    return {FORBIDDEN: say("BỊ CẤM", "FORBIDDEN"), APPROVED: say("được duyệt", "approved")}.get(verdict, "")


def class_word(kind: str, say: Say) -> str:
    """A class in words."""
    return say(*CLASSES[kind]) if kind in CLASSES else "-"


def licence_word(licence: str, say: Say) -> str:
    """Whether its source is open, in words."""
    return say(*_LICENCES[licence]) if licence in _LICENCES else "-"


def as_data(found: Inventory) -> dict[str, Any]:
    """For programs."""
    return {
        "programs": found.programs,
        "installed": found.installed,
        "gaps": found.gaps,
        "known": found.known,
        "hidden": found.hidden,
        "forbidden": len(found.forbidden),
        "products": [_as_data(one) for one in found.found],
    }


def _as_data(one: Found) -> dict[str, Any]:
    return {
        "product": one.product or None,
        "name": one.name,
        "class": one.kind or None,
        "licence": one.licence,
        "version": one.version,
        "program": one.program,
        "verdict": one.verdict or None,
        "place": one.place or None,
    }


def show(call: Call, found: Inventory) -> None:
    """For people."""
    say, console = call.say, call.console
    counts = (found.installed, found.programs, found.known)
    installed, listed, known = (number(count, say.language) for count in counts)
    console.line()
    if found.installed > found.programs:
        console.line(
            say(
                f"Phần mềm: {installed} đã cài, {listed} được gửi tên, đã biết {known}",
                f"Programs: {installed} installed, {listed} listed, known {known}",
            )
        )
    else:
        console.line(say(f"Phần mềm: {listed}, đã biết {known}", f"Programs: {listed}, known {known}"))
    if found.found:
        console.table(
            (say("Phần mềm", "Program"), say("Phiên bản", "Version"), say("Loại", "Class"), say("Nguồn", "Source"), ""),
            # An installer that writes itself down twice is one line.
            list(dict.fromkeys(_line(one, say) for one in found.found)),
        )
    if found.hidden:
        console.line(hidden_sentence(found.hidden, say))
    for gap in found.gaps:
        console.line(gap_sentence(gap, say))


def _line(one: Found, say: Say) -> tuple[str, ...]:
    verdict = f"{verdict_word(one.verdict, say)} ({one.place})" if one.verdict else ""
    kind, licence = class_word(one.kind, say), licence_word(one.licence, say)
    return product_words(one, say), one.version or "-", kind, licence, verdict


def gap_sentence(gap: Gap, say: Say) -> str:
    """Why programs of a list may be there that are not listed."""
    if gap.installed is not None and gap.listed is not None:
        installed, listed = number(gap.installed, say.language), number(gap.listed, say.language)
        return say(
            f"Danh sách {gap.source}: {installed} đã cài, chỉ {listed} được gửi tên; phần mềm bị cấm không thấy ở đây"
            " vẫn có thể đang được cài.",
            f"List of {gap.source}: {installed} installed, {listed} listed; a forbidden program that is not found here"
            " may still be installed.",
        )
    why = say(*_WHY.get(gap.why, (gap.why, gap.why)))
    return say(
        f"Danh sách {gap.source} không đọc được ({why}): chưa biết trong đó có phần mềm nào.",
        f"List of {gap.source} not read ({why}): which programs stand in it is not known.",
    )


def hidden_sentence(count: int, say: Say) -> str:
    """Why something may be there that is not listed."""
    return say(
        f"{count} tên phần mềm không gửi đi vì chứa tên tài khoản của máy: chưa biết là gì.",
        f"{count} program names did not leave the PC, for they hold an account's name: what they are is not known.",
    )
