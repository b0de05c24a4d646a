"""`machines`: the PCs of the register, listed, shown, and changed by a person."""

import argparse
import re

import msgspec

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.machine_sheet import as_data, sheet_of, show
from schooldrum_collector.commands.machine_words import found_machine
from schooldrum_collector.commands.place_words import apart_now, listened_by, places_now, unsure_words
from schooldrum_collector.commands.places import known_room
from schooldrum_collector.formats import age, iso
from schooldrum_collector.judge.calendar_learnt import MISSING_AFTER_USES, uses_since
from schooldrum_collector.judge.live import opened_or_nothing
from schooldrum_collector.judge.places import SchoolPlaces
from schooldrum_collector.judge.presence import State
from schooldrum_collector.judge.settings import observer_role
from schooldrum_collector.show.machine_words import NOTES, called, observer_word, state_word, waits_because
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store, Writer
from schooldrum_collector.store.records import Latest, Machine, MachineState, Note, Register, SchoolNetwork
from schooldrum_collector.store.retiring import retire
from schooldrum_collector.vietnamese import is_found, sort_key
from schooldrum_collector.web.admission import place

_ALIAS = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_ONE = "ID | CODE/ALIAS | ALIAS"


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `machines` takes."""
    actions = Actions(parser, say, "list|show|approve|move|rename|merge|retire|forget")
    listing = actions.add("list", "liệt kê các máy", "lists PCs", example="machines list --scope BM --state silent")
    listing.add_argument("--scope", default="", metavar="PATH", help=say("khu vực hoặc trường", "area or school"))
    listing.add_argument("--state", choices=[state.value for state in State], help=say("trạng thái", "state"))
    listing.add_argument("--find", default="", metavar="TEXT", help=say("tìm theo tên", "part of a name"))
    showing = actions.add(
        "show", "mọi điều biết về một máy", "all that is known of a PC", example="machines show BM/tin1-07"
    )
    showing.add_argument("machine", metavar=_ONE)
    showing.add_argument(
        "--all",
        dest="every_row",
        action="store_true",
        help=say("in mọi dòng của từng mục, không chỉ những dòng đầu", "prints every row, not the first ones alone"),
    )
    for parser_with_json in (listing, showing):
        parser_with_json.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    approve = actions.add(
        "approve",
        "duyệt máy đang chờ, máy bị ghi là trùng sau khi đã xem, hoặc mạng mới của máy báo là đang ở ngoài trường",
        "approves a PC that waits, ends a conflict that has been looked at, or takes the network of a PC that says it "
        "is away from its school for one of the school's",
        example="machines approve --room BM/tin1",
    )
    approve.add_argument("machines", nargs="*", metavar=_ONE)
    approve.add_argument("--room", metavar="PATH", help=say("mọi máy đang chờ của phòng", "all that wait in a room"))
    move = actions.add(
        "move",
        "chuyển máy sang phòng khác",
        "moves a PC to another room",
        example="machines move BM/tin1-07 --room BM/tin2 --seat 3",
    )
    move.add_argument("machine", metavar=_ONE)
    move.add_argument("--room", required=True, metavar="PATH")
    move.add_argument("--seat", type=int, default=0, metavar="N", help=say("số máy trên nhãn", "number on its sticker"))
    rename = actions.add(
        "rename", "đổi tên nhãn của máy", "changes a PC's alias", example="machines rename BM/tin1-40 --alias tin1-gv"
    )
    rename.add_argument("machine", metavar=_ONE)
    rename.add_argument("--alias", required=True, help=say("ví dụ tin1-gv", "such as tin1-gv"))
    merge = actions.add(
        "merge",
        "gộp hai bản ghi của cùng một máy",
        "makes one record of two that are one PC",
        example="machines merge BM/tin1-41 --into BM/tin1-07",
    )
    merge.add_argument("machine", metavar=_ONE, help=say("bản ghi sẽ mất", "the record that goes"))
    merge.add_argument("--into", required=True, metavar=_ONE, help=say("bản ghi còn lại", "the record that stays"))
    ending = actions.add(
        "retire", "ngừng theo dõi một máy", "stops watching a PC", example="machines retire BM/tin1-07"
    )
    ending.add_argument("machines", nargs="+", metavar=_ONE)
    forget = actions.add(
        "forget",
        "xóa máy cùng mọi số liệu của nó",
        "erases a PC with all it ever sent",
        example="machines forget BM/tin1-41",
    )
    forget.add_argument("machine", metavar=_ONE)
    for parser_that_asks in (merge, forget):
        parser_that_asks.add_argument("--yes", action="store_true", help=say("không hỏi lại", "does not ask"))


def run(given: argparse.Namespace, call: Call) -> int:
    """Every action of `machines`."""
    actions = {
        "list": _list,
        "show": _show,
        "approve": _approve,
        "move": _move,
        "rename": _rename,
        "merge": _merge,
        "retire": _retire,
        "forget": _forget,
    }
    with opened(call) as store:
        return actions[given.action](given, call, store)


def _fresh(writer: Writer, call: Call, machine: Machine) -> Machine:
    """The record as it stands inside the transaction: the collector may have changed it a moment ago."""
    current = writer.machine(machine.id)
    if current is None:
        raise Failed(call.say(f"Máy {machine.alias} vừa bị xóa.", f"PC {machine.alias} has just been removed."))
    return current


def _list(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register, now = call.say, store.register(), call.now()
    scope = scope_of(call, register, given.scope)
    latest = {one.machine: one for one in store.latest(scope)}
    by = listened_by(call)
    apart = apart_now(store, scope, latest.values(), by.at)
    listed = []
    seen: dict[str, SchoolPlaces] = {}
    for machine in register.machines.values():
        school, room = register.schools.get(machine.school), register.rooms.get(machine.path)
        if not scope.covers(school=machine.school, area=school.area if school else ""):
            continue
        name = called(machine, room, say)
        names = (name, machine.alias, machine.id, machine.school, school.name if school else "")
        if machine.school not in seen:
            seen[machine.school] = places_now(register, machine.school, latest.get, by, apart)
        presence = seen[machine.school].presences[machine.id]
        if not is_found(given.find, *names) or given.state not in {None, presence.state}:
            continue
        listed.append((machine, name, presence, latest.get(machine.id)))
    listed.sort(key=lambda one: (one[0].school, sort_key(one[0].path), one[0].seat, one[0].alias))
    if unsure := unsure_words(store, by, (presence for _, _, presence, _ in listed), now, say):
        call.console.remark(unsure)
    if given.json:
        call.console.json(
            [
                {
                    "id": machine.id,
                    "school": machine.school,
                    "room": machine.path,
                    "alias": machine.alias,
                    "name": name,
                    "presence": presence.state,
                    "since": iso(presence.since or 0.0),
                    "away": presence.away,
                    "heard": iso(heard.heard) if heard else None,
                    "conflict": machine.conflict,
                    "pending_reason": machine.pending_reason,
                    "note": machine.note if machine.is_noted(heard.heard if heard else 0.0) else "",
                    "missed_uses": _missed(register, machine, heard),
                    "observer": observer_role(register, machine),
                }
                for machine, name, presence, heard in listed
            ]
        )
        return 0
    call.console.table(
        (
            *(say("Máy", "PC"), say("Tên", "Name"), say("Trạng thái", "State"), say("Lần cuối", "Last heard")),
            *("ID", say("Ghi chú", "Note")),
        ),
        [
            (
                *(f"{machine.school}/{machine.alias}", name, state_word(presence, say)),
                *(age(heard.heard, now, say.language) if heard and heard.heard else "-", machine.id),
                _note(register, machine, heard, say),
            )
            for machine, name, presence, heard in listed
        ],
    )
    return 0


def _missed(register: Register, machine: Machine, heard: Latest | None) -> int:
    """How many uses of its room the PC has missed since it was last heard."""
    habit, school = register.habits.get(machine.path), register.schools.get(machine.school)
    if habit is None or school is None or heard is None or machine.state is not MachineState.ACTIVE:
        return 0
    return uses_since(habit, heard.heard, school.time_zone)


def _note(register: Register, machine: Machine, heard: Latest | None, say: Say) -> str:
    if machine.conflict:
        return say("trùng máy", "conflict")
    if machine.is_noted(heard.heard if heard else 0.0):
        return say(*NOTES[Note(machine.note)])
    missed = _missed(register, machine, heard)
    if missed >= MISSING_AFTER_USES:
        return say(f"vắng {missed} buổi dùng phòng liên tiếp", f"missed {missed} uses of its room in a row")
    return waits_because(machine, say) or observer_word(register, machine, say)


def _show(given: argparse.Namespace, call: Call, store: Store) -> int:
    register = store.register()
    machine = found_machine(call, register, given.machine)
    by = listened_by(call)
    sheet = sheet_of(store, register, machine, by)
    if unsure := unsure_words(store, by, (sheet.presence,), call.now(), call.say):
        call.console.remark(unsure)
    if given.json:
        call.console.json(as_data(call, register, sheet))
    else:
        show(call, register, sheet, every_row=given.every_row)
    return 0


def _approve_network(call: Call, store: Store, writer: Writer, machine: Machine) -> bool:
    """Where it says that it is not at its school, the network it stands in is the school's from now on; else False."""
    latest = store.latest_of(machine.id)
    live = opened_or_nothing(latest.body) if latest else None
    if live is None or not live.elsewhere or not live.network:
        return False
    writer.put_network(SchoolNetwork(school=machine.school, code=live.network, approved=call.now()))
    writer.log(call.change("network.approve", machine.school, live.network))
    call.console.line(
        call.say(
            f"Mạng mà {machine.alias} đang dùng từ nay là mạng của trường {machine.school}.",
            f"The network that {machine.alias} is in is a network of school {machine.school} from now on.",
        )
    )
    return True


def _approve(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register = call.say, store.register()
    chosen = [found_machine(call, register, text) for text in given.machines]
    if given.room:
        room = known_room(call, register, given.room)
        chosen += [
            one
            for one in register.machines.values()
            if one.path == room.path and one.state is MachineState.PENDING and one not in chosen
        ]
    if not chosen:
        raise Failed(say("Không có máy nào để duyệt.", "There is no PC to approve."))
    with store.writing() as writer:
        current = [_fresh(writer, call, known) for known in chosen]
        retired = [f"{one.school}/{one.alias}" for one in current if one.state is MachineState.RETIRED]
        if retired:
            names = ", ".join(retired)
            raise Failed(
                say(
                    f"{names}: đã ngừng theo dõi, không duyệt được; cài lại bằng một mã cài đặt mới. Chưa đổi gì.",
                    f"{names}: retired, cannot be approved; enrol it again with a new install code. Nothing changed.",
                )
            )
        for machine in current:
            name = f"{machine.school}/{machine.alias}"
            if machine.state is MachineState.PENDING or machine.conflict:
                writer.put_machine(
                    msgspec.structs.replace(machine, state=MachineState.ACTIVE, pending_reason="", conflict=False)
                )
                writer.log(call.change("machine.approve", machine.id, machine.state))
                _approve_network(call, store, writer, machine)
                call.console.line(say(f"Đã duyệt {name}.", f"{name} is approved."))
            elif not _approve_network(call, store, writer, machine):
                call.console.line(
                    say(
                        f"{name} không chờ gì: đã được duyệt từ trước.",
                        f"{name} waits for nothing: it was approved before.",
                    )
                )
    return 0


def _move(given: argparse.Namespace, call: Call, store: Store) -> int:
    register = store.register()
    known = found_machine(call, register, given.machine)
    with store.writing() as writer:
        room = known_room(call, writer, given.room)
        machine = _fresh(writer, call, known)
        others = [one for one in writer.machines_of_school(room.school) if one.id != machine.id]
        seat, alias = place(others, room, given.seat)
        if given.seat and seat != given.seat:
            raise Failed(
                call.say(
                    f"Phòng {room.path} đã có máy số {given.seat}.",
                    f"Room {room.path} already has a PC {given.seat}.",
                )
            )
        moved = msgspec.structs.replace(
            machine, school=room.school, site=room.site, room=room.code, seat=seat, alias=alias
        )
        writer.put_machine(moved)
        writer.log(call.change("machine.move", machine.id, f"{machine.path} {machine.alias} -> {room.path} {alias}"))
    call.console.line(
        call.say(
            f"Đã chuyển {machine.school}/{machine.alias} sang {room.name}: {moved.school}/{alias}.",
            f"{machine.school}/{machine.alias} is now in {room.name}: {moved.school}/{alias}.",
        )
    )
    return 0


def _rename(given: argparse.Namespace, call: Call, store: Store) -> int:
    say = call.say
    alias = given.alias.strip().lower()
    if not _ALIAS.match(alias):
        raise Failed(
            say(
                f"--alias {given.alias!r:.60}: chỉ chữ không dấu, số, gạch nối, tối đa 40.",
                f"--alias {given.alias!r:.60}: plain letters, digits, hyphens only, at most 40.",
            )
        )
    known = found_machine(call, store.register(), given.machine)
    with store.writing() as writer:
        machine = _fresh(writer, call, known)
        taken = [
            one for one in writer.machines_of_school(machine.school) if one.alias == alias and one.id != machine.id
        ]
        if taken:
            raise Failed(
                say(
                    f"Trường này đã có máy {alias} ({taken[0].path}).",
                    f"The school has a PC {alias} ({taken[0].path}).",
                )
            )
        writer.put_machine(msgspec.structs.replace(machine, alias=alias))
        writer.log(call.change("machine.rename", machine.id, f"{machine.alias} -> {alias}"))
    call.console.line(say(f"Đã đổi tên {machine.alias} thành {alias}.", f"{machine.alias} is now {alias}."))
    return 0


def _merge(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register = call.say, store.register()
    going, staying = found_machine(call, register, given.machine), found_machine(call, register, given.into)
    if going.id == staying.id:
        raise Failed(say("Đó là cùng một bản ghi.", "That is one and the same record."))
    if going.school != staying.school:
        raise Failed(
            say(
                "Hai bản ghi ở hai trường: chuyển một máy trước (machines move).",
                "The records are in two schools: move one first (machines move).",
            )
        )
    question = say(
        f"Gộp {going.alias} vào {staying.alias}? Bản ghi {going.alias} sẽ mất.",
        f"Merge {going.alias} into {staying.alias}? The record {going.alias} will be gone.",
    )
    if not given.yes and not call.console.agrees(question):
        return 1
    with store.writing() as writer:
        _fresh(writer, call, going)
        _fresh(writer, call, staying)
        writer.merge_machine(going.id, staying.id)
        writer.log(call.change("machine.merge", staying.id, f"{going.id} {going.alias} -> {staying.alias}"))
    call.console.line(say(f"Đã gộp vào {staying.alias}.", f"Merged into {staying.alias}."))
    return 0


def _retire(given: argparse.Namespace, call: Call, store: Store) -> int:
    register = store.register()
    chosen = [found_machine(call, register, text) for text in given.machines]
    with store.writing() as writer:
        for known in chosen:
            machine = _fresh(writer, call, known)
            retire(writer, machine, call.now())
            writer.log(call.change("machine.retire", machine.id, machine.alias))
            call.console.line(
                call.say(
                    f"Ngừng theo dõi {machine.school}/{machine.alias}; số liệu cũ vẫn giữ.",
                    f"{machine.school}/{machine.alias} is no longer watched; what it sent is kept.",
                )
            )
    return 0


def _forget(given: argparse.Namespace, call: Call, store: Store) -> int:
    machine = found_machine(call, store.register(), given.machine)
    name = f"{machine.school}/{machine.alias}"
    question = call.say(f"Xóa {name} và mọi số liệu của nó?", f"Erase {name} and everything it ever sent?")
    if not given.yes and not call.console.agrees(question):
        return 1
    with store.writing() as writer:
        _fresh(writer, call, machine)
        writer.forget_machine(machine.id)
        writer.log(call.change("machine.forget", machine.id))
    call.console.line(call.say(f"Đã xóa {name}.", f"{name} is erased."))
    return 0
