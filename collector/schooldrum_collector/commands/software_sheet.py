"""The known programs of one PC, as `machines show` prints them: forbidden ones first."""

from typing import Any

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.formats import number
from schooldrum_collector.judge.products import CLASSES
from schooldrum_collector.judge.software import APPROVED, FORBIDDEN, Found, Inventory
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Machine, Register, StoredSection
from schooldrum_collector.store.software_lists import Lists, Unusable, load
from schooldrum_collector.store.where import where_of
from schooldrum_wire.catalogue.software import SOFTWARE

_LICENCES = {"open": ("nguồn mở", "open source"), "closed": ("nguồn đóng", "closed source")}


def lists_of(call: Call) -> Lists:
    """The lists in force.

    Raises:
        Failed: one of them cannot be used.
    """
    try:
        return load(call.config.data)
    except Unusable as trouble:
        raise Failed(str(trouble)) from trouble


def inventory(
    lists: Lists, register: Register, machine: Machine, sections: tuple[StoredSection, ...]
) -> Inventory | None:
    """What stands on the PC; None as long as it has not told."""
    section = next((one for one in sections if one.name == SOFTWARE.name), None)
    return lists.policy.judge(section.rows, where_of(register, machine)) if section else None


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
    programs, known = number(found.programs, say.language), number(len(found.found), say.language)
    console.line()
    console.line(say(f"Phần mềm: {programs}, đã biết {known}", f"Programs: {programs}, known {known}"))
    if found.found:
        console.table(
            (say("Phần mềm", "Program"), say("Phiên bản", "Version"), say("Loại", "Class"), say("Nguồn", "Source"), ""),
            [
                (
                    *(one.name, one.version or "-", class_word(one.kind, say), licence_word(one.licence, say)),
                    f"{verdict_word(one.verdict, say)} ({one.place})" if one.verdict else "",
                )
                for one in found.found
            ],
        )
    if found.hidden:
        console.line(hidden_sentence(found.hidden, say))


def hidden_sentence(count: int, say: Say) -> str:
    """Why something may be there that is not listed."""
    return say(
        f"{count} tên phần mềm không gửi đi vì chứa tên tài khoản của máy: chưa biết là gì.",
        f"{count} program names did not leave the PC, for they hold an account's name: what they are is not known.",
    )
