"""PCs that wait for a person's word: what is known of each, and what becomes of it by a yes or a no.

A school's link adds PCs, so it may also say yes to them; but not to one that comes by a line never seen at the school:
that is how a stranger would look who has got hold of an install code and a link.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from schooldrum_collector import formats, vietnamese
from schooldrum_collector.judge.identity import UNKNOWN_LINE
from schooldrum_collector.show.hardware_words import hardware_lines
from schooldrum_collector.show.machine_words import called, waits_because
from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import Change, Latest, Machine, MachineState, Scope
from schooldrum_collector.store.retiring import retire
from schooldrum_collector.web.live_pages import Pieces
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.sight import Sight
from schooldrum_collector.web.visitors import Visitor

APPROVE, REJECT = "approve", "reject"
_MOST_FACTS = 3
_TELLING = frozenset({"uuid", "board", "disk"})
"""Parts by which two records are one PC; a network card is plugged into another in a minute."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A PC that waits: why, and what is known of it (name, value); `yes` says whether this reader may approve it."""

    machine: str
    name: str
    why: str
    facts: tuple[tuple[str, str], ...]
    yes: bool


def may_approve(visitor: Visitor, machine: Machine) -> bool:
    """Whether this visitor may let this PC in."""
    return visitor.is_office or machine.pending_reason != UNKNOWN_LINE


def waiting_in(sight: Sight, code: str) -> list[Machine]:
    """The PCs of a school that wait, as a reader expects them."""
    there = [one for one in sight.machines(code) if one.state is MachineState.PENDING]
    return sorted(there, key=lambda one: (vietnamese.sort_key(one.path), one.seat, one.alias))


def approvable(sight: Sight, code: str, visitor: Visitor) -> list[str]:
    """Ids of those that this visitor may let in."""
    return [one.id for one in waiting_in(sight, code) if may_approve(visitor, one)]


def pieces(sight: Sight, code: str, rendering: Rendering, words: Reader) -> Pieces:
    """The changing parts of the page; reads what those PCs have told of themselves, and so belongs in a thread."""
    waiting = waiting_in(sight, code)
    heard = {one.machine: one for one in sight.store.latest(Scope(school=code), [one.id for one in waiting])}
    shown = [_shown(sight, machine, heard.get(machine.id), words) for machine in waiting]
    html = {f"waits {one.machine}": rendering.piece("piece_waiting.html", words, one=one, school=code) for one in shown}
    order = tuple(html)
    html["all"] = rendering.piece(
        "piece_waiting_all.html",
        words,
        school=code,
        count=sum(one.yes for one in shown),
        seen=mark_of(one.machine for one in shown if one.yes),
        nobody=not shown,
    )
    return Pieces(html=html, lists={"waiting": order})


def mark_of(machines: Iterable[str]) -> str:
    """A word for these ids: whoever says yes to all says so to those that the page showed, and to no later one."""
    return hashlib.sha256(" ".join(sorted(machines)).encode()).hexdigest()[:16]


def _shown(sight: Sight, machine: Machine, heard: Latest | None, words: Reader) -> Waiting:
    return Waiting(
        machine=machine.id,
        name=called(machine, sight.register.rooms.get(machine.path), words.say),
        why=waits_because(machine, words.say),
        facts=tuple(_facts(sight, machine, heard, words)),
        yes=may_approve(words.visitor, machine),
    )


def _facts(sight: Sight, machine: Machine, heard: Latest | None, words: Reader) -> list[tuple[str, str]]:
    say, language = words.say, words.language
    facts = [(say("Thêm lúc", "Added"), formats.clock(machine.enrolled, sight.now, language))]
    if heard is None or not heard.heard:
        facts.append((say("Số liệu", "Reports"), say("chưa gửi lần nào", "none yet")))
    else:
        facts.append((say("Gửi số liệu lần cuối", "Last report"), formats.age(heard.heard, sight.now, language)))
        if heard.egress:
            facts.append((say("Đường truyền", "Comes by"), heard.egress))
    sections = sight.store.sections(Scope(school=machine.school), machine.id)
    facts += hardware_lines(sections, say)[:_MOST_FACTS]
    alike = _alike(sight, machine)
    if alike:
        named = [called(one, sight.register.rooms.get(one.path), say) for one in alike]
        facts.append((say("Cùng phần cứng với", "Same hardware as"), ", ".join(named[:_MOST_FACTS])))
    return facts


def _alike(sight: Sight, machine: Machine) -> list[Machine]:
    """Other records of its school that share a part which no two PCs have."""
    own = {(kind, item) for kind, items in machine.fingerprint.items() if kind in _TELLING for item in items}
    return [
        one
        for one in sight.machines(machine.school)
        if one.id != machine.id
        and own & {(kind, item) for kind, items in one.fingerprint.items() if kind in _TELLING for item in items}
    ]


def decide(writer: Writer, machines: Iterable[str], word: str, visitor: Visitor, *, school: str, now: float) -> int:
    """Lets those of these PCs in that still wait at this school, or stops watching them; how many there were."""
    count = 0
    for identity in machines:
        machine = writer.machine(identity)
        if machine is None or machine.school != school or machine.state is not MachineState.PENDING:
            continue
        if word == APPROVE and not may_approve(visitor, machine):
            continue
        if word == APPROVE:
            writer.put_machine(msgspec.structs.replace(machine, state=MachineState.ACTIVE, pending_reason=""))
        else:
            freed(writer, machine, now)
        writer.log(
            Change(at=now, actor=visitor.role, action=f"machine.{word}", subject=machine.id, detail=machine.alias)
        )
        count += 1
    return count


def freed(writer: Writer, machine: Machine, now: float) -> None:
    """Stops watching a PC; its seat and its name become free for another."""
    retire(writer, msgspec.structs.replace(machine, alias=f"{machine.alias}-{machine.id[:6]}", seat=0), now)
