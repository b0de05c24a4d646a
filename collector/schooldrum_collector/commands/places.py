"""`school` and `room`: single schools and rooms, added by hand and listed; and how a person names a room."""

import argparse

import msgspec

from schooldrum_collector.commands import school_links
from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.entries import (
    AREA_PATH,
    KINDS,
    MOST_SEATS,
    NAME_LENGTH,
    PLACE_CODE,
    SCHOOL_CODE,
    kind_of,
    site_code,
)
from schooldrum_collector.commands.place_words import apart_now, listened_by, place_word, places_now, unsure_words
from schooldrum_collector.commands.school_level import level_of, levels_known
from schooldrum_collector.commands.typed import printable
from schooldrum_collector.formats import iso
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import EVERYTHING, MAIN_SITE, MachineState, Register, Room, School
from schooldrum_collector.vietnamese import sort_key

_PATH_PARTS = (2, 3)


def room_path(call: Call, text: str) -> str:
    """The `CODE/SITE/ROOM` of a written room: `DEMO/tin1` is in the main site.

    Raises:
        Failed: it is neither.
    """
    parts = text.strip().strip("/").split("/")
    if len(parts) not in _PATH_PARTS:
        raise Failed(
            call.say(
                f"{text!r}: ghi phòng là MÃ_TRƯỜNG/MÃ_PHÒNG hoặc MÃ_TRƯỜNG/ĐIỂM/MÃ_PHÒNG, ví dụ DEMO/tin1.",
                f"{text!r}: write a room as SCHOOL/ROOM or SCHOOL/SITE/ROOM, for example DEMO/tin1.",
            )
        )
    site = parts[1] if len(parts) == _PATH_PARTS[1] else MAIN_SITE
    return f"{parts[0]}/{site_code(site)}/{parts[-1].lower()}"


def known_room(call: Call, holder: Register | Writer, text: str) -> Room:
    """The room a person names.

    Raises:
        Failed: the register has none of this path; the sentence names those of its school.
    """
    path = room_path(call, text)
    code = path.partition("/")[0]
    if isinstance(holder, Register):
        room = holder.rooms.get(path)
        others = [other.path for other in holder.rooms.values() if other.school == code]
    else:
        room = holder.room(path)
        others = []
    if room is None:
        there = f" ({', '.join(sorted(others, key=sort_key)[:10])})" if others else ""
        raise Failed(
            call.say(
                f"Danh mục không có phòng {path}{there}. Thêm phòng: schooldrum-collector room add --help",
                f"The register has no room {path}{there}. To add one: schooldrum-collector room add --help",
            )
        )
    return room


def school_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `school` takes."""
    actions = Actions(parser, say, "add|list|link")
    add = actions.add(
        "add",
        "thêm hoặc sửa một trường",
        "adds or changes a school",
        example='school add --code BM --name "THCS Bình Minh" --level THCS',
    )
    add.add_argument("--code", required=True, help=say("mã trường", "the school's code"))
    add.add_argument("--name", help=say("tên trường", "its name"))
    add.add_argument("--area", help=say("khu vực đã có trong danh mục", "an area of the register"))
    add.add_argument("--level", help="MN, TH, THCS, THPT …")
    add.add_argument("--time-zone", metavar="ZONE", help=say("múi giờ (mặc định: Việt Nam)", "default: Vietnam's"))
    listing = actions.add("list", "liệt kê các trường", "lists schools", example="school list --scope hn")
    _listing(listing, say)
    links = actions.add(
        "link",
        "liên kết cho điện thoại của giáo viên",
        "links for teachers' phones",
        example="school link new --school BM",
    )
    school_links.arguments(links, say)


def room_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `room` takes."""
    actions = Actions(parser, say, "add|list")
    add = actions.add(
        "add",
        "thêm hoặc sửa một phòng",
        "adds or changes a room",
        example='room add --school BM --room tin1 --name "Phòng Tin 1" --seats 40',
    )
    add.add_argument("--school", required=True, metavar="CODE", help=say("mã trường", "the school's code"))
    add.add_argument("--site", default=MAIN_SITE, help=say("điểm trường (mặc định: main)", "site (default: main)"))
    add.add_argument("--room", required=True, metavar="CODE", help=say("mã phòng, ví dụ tin1", "code, such as tin1"))
    add.add_argument("--name", help=say("tên phòng", "its name"))
    add.add_argument("--kind", choices=sorted(KINDS), help=say("loại phòng (mặc định: lab)", "kind (default: lab)"))
    add.add_argument("--seats", type=int, help=say("số máy trong phòng", "how many PCs stand there"))
    add.add_argument(
        "--always-on",
        action=argparse.BooleanOptionalAction,
        help=say("máy phòng này luôn bật", "its PCs are always on"),
    )
    listing = actions.add("list", "liệt kê các phòng", "lists rooms", example="room list --scope BM")
    _listing(listing, say)


def _listing(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument(
        "--scope", default="", metavar="PATH", help=say("khu vực hoặc mã trường", "an area or a school's code")
    )
    parser.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run_school(given: argparse.Namespace, call: Call) -> int:
    """`school add`, `school list`, `school link`."""
    if given.action == "link":
        return school_links.run(given, call)
    return _list_schools(given, call) if given.action == "list" else _add_school(given, call)


def run_room(given: argparse.Namespace, call: Call) -> int:
    """`room add`, `room list`."""
    return _list_rooms(given, call) if given.action == "list" else _add_room(given, call)


def _checked_name(call: Call, name: str | None, key: str) -> str | None:
    return None if name is None else printable(call, key, name, NAME_LENGTH)


def _level(call: Call, written: str | None) -> str | None:
    """As an import takes it; an empty one takes the school's level away."""
    try:
        return level_of(written) if written else written
    except ValueError:
        vietnamese, english = levels_known()
        raise Failed(
            call.say(f"--level {written!r:.60}: {vietnamese}.", f"--level {written!r:.60}: {english}.")
        ) from None


def _add_school(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    if not SCHOOL_CODE.match(given.code):
        raise Failed(
            say(
                f"--code {given.code!r}: chỉ chữ không dấu, số, . _ -, tối đa 40.",
                f"--code {given.code!r}: plain letters, digits, . _ - only, at most 40.",
            )
        )
    if given.area and not AREA_PATH.match(given.area):
        raise Failed(say(f"--area {given.area!r}: ví dụ hn/q3.", f"--area {given.area!r}: such as hn/q3."))
    if given.time_zone and time_zone(given.time_zone).key != given.time_zone:
        raise Failed(
            say(
                f"--time-zone {given.time_zone!r:.60}: ví dụ Asia/Ho_Chi_Minh.",
                f"--time-zone {given.time_zone!r:.60}: such as Asia/Ho_Chi_Minh.",
            )
        )
    given_fields = {
        "name": _checked_name(call, given.name, "name"),
        "area": given.area,
        "level": _level(call, given.level),
        "time_zone": given.time_zone,
    }
    with opened(call, create=True) as store, store.writing() as writer:
        before = writer.school(given.code)
        if before is None and not given_fields["name"]:
            raise Failed(say("Trường mới cần --name.", "A new school needs --name."))
        if given.area and writer.area(given.area) is None:
            raise Failed(say(f"Danh mục không có khu vực {given.area}.", f"The register has no area {given.area}."))
        spelt = [one.code for one in writer.schools(EVERYTHING) if one.code.casefold() == given.code.casefold()]
        if before is None and spelt:
            raise Failed(
                say(
                    f"--code {given.code}: chỉ khác trường đã có {spelt[0]} ở chữ hoa.",
                    f"--code {given.code}: is the school {spelt[0]} in other case.",
                )
            )
        school = msgspec.structs.replace(
            before or School(code=given.code, name=""),
            **{key: value for key, value in given_fields.items() if value is not None},
        )
        if school != before:
            writer.put_school(school)
            writer.log(call.change("school.change" if before else "school.add", school.code, school.name))
    call.console.line(_saved(before, school, say))
    return 0


def _saved(before: School | None, school: School, say: Say) -> str:
    """What became of a school that was written; one that was there already is not called new."""
    if before is None:
        return say(f"Đã lưu trường {school.code}: {school.name}.", f"Saved school {school.code}: {school.name}.")
    if before.name != school.name:
        return say(
            f"Trường {school.code} đã có sẵn; đã đổi tên từ {before.name} thành {school.name}.",
            f"School {school.code} was there already; it was renamed from {before.name} to {school.name}.",
        )
    if before == school:
        return say(
            f"Trường {school.code} đã có sẵn: {school.name}. Không có gì thay đổi.",
            f"School {school.code} was there already: {school.name}. Nothing was changed.",
        )
    return say(
        f"Trường {school.code} đã có sẵn; đã sửa: {school.name}.",
        f"School {school.code} was there already; it was changed: {school.name}.",
    )


def _add_room(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    path = room_path(call, f"{given.school}/{given.site}/{given.room}")
    school, site, code = path.split("/")
    if not PLACE_CODE.match(code) or not PLACE_CODE.match(site):
        raise Failed(
            say(
                f"{path}: mã phòng và điểm trường chỉ có chữ không dấu, số, gạch nối, tối đa 20.",
                f"{path}: codes of rooms and sites are plain letters, digits, hyphens, at most 20.",
            )
        )
    if given.seats is not None and not 0 <= given.seats <= MOST_SEATS:
        raise Failed(say(f"--seats: từ 0 đến {MOST_SEATS}.", f"--seats: 0 to {MOST_SEATS}."))
    fields = {
        "name": _checked_name(call, given.name, "name"),
        "kind": kind_of(given.kind) if given.kind else None,
        "seats": given.seats,
        "always_on": given.always_on,
    }
    with opened(call, create=True) as store, store.writing() as writer:
        if writer.school(school) is None:
            raise Failed(
                say(
                    f"Danh mục không có trường {school}: schooldrum-collector school add --code {school} --name …",
                    f"The register has no school {school}: schooldrum-collector school add --code {school} --name …",
                )
            )
        before = writer.room(path)
        if before is None and not fields["name"]:
            raise Failed(say("Phòng mới cần --name.", "A new room needs --name."))
        room = msgspec.structs.replace(
            before or Room(school=school, site=site, code=code, name=""),
            **{key: value for key, value in fields.items() if value is not None},
        )
        if room != before:
            writer.put_room(room)
            writer.log(call.change("room.change" if before else "room.add", path, f"{room.name}, {room.seats}"))
    call.console.line(
        say(
            f"Đã lưu phòng {path}: {room.name}, {room.seats} máy.", f"Saved room {path}: {room.name}, {room.seats} PCs."
        )
    )
    return 0


def _counts(register: Register, school: str) -> dict[str, list[MachineState]]:
    states: dict[str, list[MachineState]] = {}
    for machine_id in register.by_school.get(school, ()):
        machine = register.machines[machine_id]
        states.setdefault(machine.path, []).append(machine.state)
    return states


def _list_schools(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    with opened(call) as store:
        register = store.register()
    scope = scope_of(call, register, given.scope)
    schools = [school for school in register.schools.values() if scope.covers(school=school.code, area=school.area)]
    rooms: dict[str, list[Room]] = {}
    for room in register.rooms.values():
        rooms.setdefault(room.school, []).append(room)
    listed = []
    for school in sorted(schools, key=lambda one: (sort_key(one.name), one.code)):
        active = sum(states.count(MachineState.ACTIVE) for states in _counts(register, school.code).values())
        listed.append(
            {
                "code": school.code,
                "name": school.name,
                "area": school.area,
                "level": school.level,
                "rooms": len(rooms.get(school.code, [])),
                "seats": sum(room.seats for room in rooms.get(school.code, [])),
                "machines": active,
            }
        )
    if given.json:
        call.console.json(listed)
        return 0
    call.console.table(
        (
            *(say("Mã", "Code"), say("Tên trường", "School"), say("Khu vực", "Area"), say("Cấp", "Level")),
            *(say("Phòng", "Rooms"), say("Máy", "PCs")),
        ),
        [
            (
                *(str(one["code"]), str(one["name"]), str(one["area"]), str(one["level"])),
                *(str(one["rooms"]), f"{one['machines']}/{one['seats']}"),
            )
            for one in listed
        ],
    )
    return 0


def _list_rooms(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    with opened(call) as store:
        register = store.register()
        scope = scope_of(call, register, given.scope)
        latest = {one.machine: one for one in store.latest(scope)}
        by = listened_by(call)
        apart = apart_now(store, scope, latest.values(), by.at)
        rooms = [
            room
            for room in register.rooms.values()
            if room.school in register.schools
            and scope.covers(school=room.school, area=register.schools[room.school].area)
        ]
        codes = {room.school for room in rooms}
        found = {code: places_now(register, code, latest.get, by, apart) for code in codes}
        shown = [found[room.school].rooms[room.path] for room in rooms]
        unsure = unsure_words(store, by, shown, call.now(), say)
    listed: list[dict[str, object]] = []
    for room in sorted(rooms, key=lambda one: (one.school, one.site != MAIN_SITE, one.site, sort_key(one.name))):
        states = _counts(register, room.school).get(room.path, [])
        listed.append(
            {
                "path": room.path,
                "name": room.name,
                "kind": room.kind,
                "seats": room.seats,
                "always_on": room.always_on,
                "machines": states.count(MachineState.ACTIVE),
                "pending": states.count(MachineState.PENDING),
                "state": found[room.school].rooms[room.path].state.value,
                "since": iso(found[room.school].rooms[room.path].since or 0.0),
                "expected": found[room.school].rooms[room.path].expected,
            }
        )
    if unsure:
        call.console.remark(unsure)
    if given.json:
        call.console.json(listed)
        return 0
    call.console.table(
        (
            *(say("Phòng", "Room"), say("Tên", "Name"), say("Loại", "Kind"), say("Máy", "PCs")),
            *(say("Chờ duyệt", "Pending"), say("Trạng thái", "State")),
        ),
        [
            (
                str(one["path"]),
                str(one["name"]),
                str(one["kind"]),
                f"{one['machines']}/{one['seats']}",
                str(one["pending"]),
                place_word(found[str(one["path"]).partition("/")[0]].rooms[str(one["path"])], say),
            )
            for one in listed
        ],
    )
    return 0
