"""`posture`: what the safety checks ask for at a place, by whose rule, and how an office writes rules of its own."""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.settings import place_of
from schooldrum_collector.judge.faults import Scoped
from schooldrum_collector.judge.posture_policy import Policies, Policy, Rule, Settled, settled, spellings
from schooldrum_collector.judge.settings import above, places_of
from schooldrum_collector.judge.software import Where
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.office_file import Unusable
from schooldrum_collector.store.posture_rules import POLICY_FILE, load
from schooldrum_collector.store.records import Register

VALUES = {
    "most_patch_days": (
        "bản vá bảo mật được chờ tối đa mấy ngày có bật máy",
        "days of use that a security update may wait",
    ),
    "most_signature_days": ("mẫu nhận diện vi-rút cũ tối đa mấy ngày", "how many days old virus signatures may be"),
    "antivirus_on_linux": ("máy Linux có cần diệt vi-rút không", "whether Linux needs an antivirus"),
    "encryption": (
        "máy nào phải mã hóa ổ đĩa: laptops (máy xách tay), all (mọi máy), none (không máy nào)",
        "which PCs must be encrypted: laptops, all or none",
    ),
    "automatic_updates": (
        "automatic: tự cài; not_off: có thể hỏi người dùng",
        "automatic: installed without being asked; not_off: a person may be asked",
    ),
    "autologon_allowed": ("máy có được tự đăng nhập không", "whether a PC may sign somebody in by itself"),
    "empty_password_allowed": (
        "tài khoản có được để trống mật khẩu không (khách và qua mạng thì không bao giờ)",
        "whether an account may be without a password (guests and over the network never)",
    ),
    "most_administrators": ("tối đa mấy tài khoản quản trị", "how many accounts may change everything"),
    "remote_desktop": (
        "protected: được bật nếu phải xác thực trước (NLA); off: không được bật",
        "protected: on only where a person must prove who she is first (NLA); off: never",
    ),
}
"""What each value of a rule means, in Vietnamese and English."""
_SHIPPED = 0


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `posture` takes."""
    actions = Actions(parser, say, "show|sample")
    showing = actions.add(
        "show",
        "các mục kiểm tra an toàn đòi hỏi gì ở một nơi, theo quy tắc nào",
        "what the safety checks ask for at a place, and by whose rule",
        example="posture show --scope BM/tin1",
    )
    showing.add_argument(
        "--scope",
        default="/",
        metavar="PATH",
        help=say("khu vực, trường, phòng, hoặc / cho tất cả", "an area, a school, a room, or / for everything"),
    )
    showing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    actions.add(
        "sample",
        "in tệp quy tắc mẫu có giải thích",
        "prints a sample file of rules, explained",
        example=f"posture sample > {POLICY_FILE}",
    )


def run(given: argparse.Namespace, call: Call) -> int:
    """`posture show`, `posture sample`."""
    if given.action == "sample":
        call.console.out.write(sample(call.say))
        return 0
    try:
        files = load(call.config.data)
    except Unusable as trouble:
        raise Failed(told(trouble, call.say)) from trouble
    with opened(call) as store:
        register = store.register()
    return _show(given, call, register, files)


def standing_at(register: Register, place: str) -> Where:
    """A place of the register as rules see a PC that stands there; no level and no kind where these differ below."""
    room = register.rooms.get(place)
    school = register.schools.get(room.school if room else place)
    if school is None:
        return Where(area=place)
    where = Where(area=school.area, school=school.code, level=school.level)
    return Where(area=where.area, school=where.school, level=where.level, room=place, kind=room.kind) if room else where


def _narrower(register: Register, place: str, files: tuple[Policies, ...]) -> Iterator[Rule]:
    """Rules that hold only for some of the PCs of the place: for places below it, or for levels and kinds below it."""
    where = standing_at(register, place)
    here = set(places_of(where.area, where.school, where.room))
    for rule in (rule for file in files for rule in file.rule):
        places = spellings(rule.place)
        some_levels = bool(rule.levels) and not where.level
        some_kinds = bool(rule.kinds) and not where.kind
        narrowed = bool(here.intersection(places)) and (some_levels or some_kinds)
        if narrowed or any(place in _above(register, path) for path in places):
            yield rule


def _above(register: Register, place: str) -> set[str]:
    """The places above this one; none for a place that the register does not know."""
    if room := register.rooms.get(place):
        school = register.schools.get(room.school)
        return {*places_of(school.area if school else "", room.school)}
    if school := register.schools.get(place):
        return {*above(school.area)}
    return {*above(place)} - {place} if place in register.areas else set()


def _show(given: argparse.Namespace, call: Call, register: Register, files: tuple[Policies, ...]) -> int:
    place = place_of(call, register, given.scope)
    found = settled(files, standing_at(register, place))
    narrower = list(_narrower(register, place, files))
    path = call.config.data / POLICY_FILE
    if given.json:
        call.console.json(
            {
                "scope": place or "/",
                "file": str(path) if len(files) > 1 else None,
                "in_force": {name: _as_data(found.get(name), name) for name in Policy.__struct_fields__},
                "only_for_some": narrower,
            }
        )
        return 0
    say, console = call.say, call.console
    default = say("kèm theo phần mềm", "shipped")
    rows = []
    for name in Policy.__struct_fields__:
        one = found.get(name)
        origin = default if one is None or one.file == _SHIPPED else f"{POLICY_FILE}, {one.place or '/'}"
        rows.append((name, _word(one.value if one else getattr(Policy(), name), say), origin, say(*VALUES[name])))
    console.line(f"{say('Nơi', 'Place')}: {place or '/'}")
    headings = (say("Khóa", "Key"), say("Giá trị", "Value"), say("Đặt tại", "Set at"), say("Nghĩa là", "It means"))
    console.table(headings, rows)
    for rule in narrower:
        narrowed = ", ".join((rule.place or "/", *rule.levels, *rule.kinds))
        console.remark(
            say(f"Chỉ một số máy ở đây theo quy tắc: {narrowed}", f"Some PCs of this place have a rule: {narrowed}")
        )
    for sentence in idle(path, scopes(files), register, say):
        console.remark(sentence)
    if len(files) == 1:
        console.remark(
            say(
                f"Chưa có quy tắc riêng: tạo tệp {path} (xem posture sample).",
                f"There are no rules of your own yet: write {path} (see posture sample).",
            )
        )
    return 0


def scopes(files: tuple[Policies, ...]) -> tuple[Scoped, ...]:
    """Where the rules of these files hold."""
    return tuple(Scoped(rule.place, rule.levels, rule.kinds) for file in files for rule in file.rule)


def idle(path: Path, rules: Iterable[Scoped], register: Register, say: Say) -> Iterator[str]:
    """What an office's rules name and the register does not have: places, and levels of schools."""
    places = {"", *register.areas, *register.schools, *register.rooms}
    levels = sorted({school.level for school in register.schools.values() if school.level})
    for rule in rules:
        if not places.intersection(spellings(rule.place)):
            yield say(
                f"{path}: danh mục không có nơi nào là {rule.place!r:.80}; quy tắc này không áp dụng cho máy nào.",
                f"{path}: the register has no place {rule.place!r:.80}; this rule holds for no PC.",
            )
        for level in rule.levels:
            if level not in levels:
                there = ", ".join(levels) or "-"
                yield say(
                    f"{path}: danh mục không có trường nào cấp {level!r:.80} (có: {there}); quy tắc không áp dụng cho "
                    "máy nào của cấp đó.",
                    f"{path}: no school of the register has the level {level!r:.80} (there are: {there}); for it the "
                    "rule holds for no PC.",
                )


def _as_data(one: Settled | None, name: str) -> dict[str, Any]:
    if one is None:
        return {"value": getattr(Policy(), name), "place": None, "shipped": True}
    return {"value": one.value, "place": one.place or "/", "shipped": one.file == _SHIPPED}


def _word(value: object, say: Say) -> str:
    return {True: say("có", "yes"), False: say("không", "no")}[value] if isinstance(value, bool) else str(value)


def sample(say: Say) -> str:
    """A file of rules with everything explained; every line of a rule is one that may be left out."""
    head = (
        (
            f"# Quy tắc của các mục kiểm tra an toàn: đặt tệp này vào thư mục số liệu, tên {POLICY_FILE}.",
            f"# Rules of the safety checks: put this file into the data directory, as {POLICY_FILE}.",
        ),
        (
            "# Máy chủ đang chạy đọc lại tệp này và xét lại mọi máy trong khoảng một phút.",
            "# A running collector reads this file again and judges every PC by it within about a minute.",
        ),
        (
            "# place: bỏ trống là mọi nơi; hoặc khu vực, mã trường, trường/phòng. Nơi gần máy nhất được ưu tiên.",
            "# place: nothing for everywhere, else an area, a school's code, school/room. The nearest place wins.",
        ),
        (
            "# levels (TH, THCS …), kinds (lab, office …): chỉ trường cấp đó, chỉ phòng loại đó.",
            "# levels (TH, THCS …), kinds (lab, office …): only schools of that level, only rooms of that kind.",
        ),
        *((f"# {name}: {vi}", f"# {name}: {en}") for name, (vi, en) in VALUES.items()),
    )
    lines = [say(*line) for line in head]
    lines += ["", "dated = 2026-09-01", "", "[[rule]]", 'kinds = ["lab"]', "autologon_allowed = true", ""]
    lines += ["[[rule]]", 'place = "BM"', "most_patch_days = 30", 'encryption = "none"']
    return "\n".join(lines) + "\n"
