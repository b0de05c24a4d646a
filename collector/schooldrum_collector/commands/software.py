"""`software`: which known programs stand on how many PCs, forbidden ones first, and the office's lists."""

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.posture import idle
from schooldrum_collector.commands.settings import place_of
from schooldrum_collector.commands.software_sheet import (
    class_word,
    hidden_sentence,
    inventory,
    licence_word,
    lists_of,
)
from schooldrum_collector.judge.products import CLASSES
from schooldrum_collector.judge.software import APPROVED, FORBIDDEN, Found, Inventory
from schooldrum_collector.show.safety_words import product_words
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Machine, MachineState, Register, Scope
from schooldrum_collector.store.software_lists import POLICY_FILE, Lists
from schooldrum_collector.vietnamese import sort_key

_VERSIONS_SHOWN = 3


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `software` takes."""
    actions = Actions(parser, say, "list|policy")
    listing = actions.add(
        "list",
        "phần mềm nào có trên bao nhiêu máy, bị cấm đứng trước",
        "which known programs stand on how many PCs, forbidden ones first",
        example="software list --scope BM --class remote_control",
    )
    listing.add_argument(
        "--scope", default="", metavar="PATH", help=say("khu vực, trường hoặc phòng", "area, school or room")
    )
    listing.add_argument("--class", dest="kind", choices=sorted(CLASSES), help=say("chỉ một loại", "one class alone"))
    listing.add_argument("--forbidden", action="store_true", help=say("chỉ phần mềm bị cấm", "forbidden ones alone"))
    listing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    policy = actions.add(
        "policy",
        "danh sách cấm và duyệt đang dùng",
        "the lists of forbidden and approved programs in force",
        example="software policy --sample > software-policy.toml",
    )
    policy.add_argument(
        "--sample", action="store_true", help=say("in tệp mẫu có giải thích", "prints a sample file, explained")
    )
    policy.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run(given: argparse.Namespace, call: Call) -> int:
    """`software list`, `software policy`."""
    if given.action == "policy" and given.sample:
        call.console.out.write(sample(call.say))
        return 0
    lists = lists_of(call)
    with opened(call) as store:
        return _list(given, call, store, lists) if given.action == "list" else _policy(given, call, store, lists)


class Counted(msgspec.Struct, kw_only=True):
    """A product over many PCs: on how many, on how many of them forbidden or approved, and which versions."""

    found: Found
    machines: set[str] = msgspec.field(default_factory=set)
    forbidden: set[str] = msgspec.field(default_factory=set)
    approved: set[str] = msgspec.field(default_factory=set)
    versions: Counter[str] = msgspec.field(default_factory=Counter)


class Count(msgspec.Struct, kw_only=True):
    """All of them, and how far they can be believed: PCs in all, PCs that have told (and not all), hidden names."""

    machines: int = 0
    told: int = 0
    partly: int = 0
    hidden: int = 0
    products: dict[str, Counted] = msgspec.field(default_factory=dict)

    def add(self, machine: str, inventory: Inventory) -> None:
        """Another PC that has told."""
        self.told += 1
        self.partly += bool(inventory.gaps)
        self.hidden += inventory.hidden
        for one in inventory.found:
            counted = self.products.setdefault(one.product or f"name {one.name.casefold()}", Counted(found=one))
            if machine not in counted.machines:
                # Teacher's and pupil's part of one program are two entries on one PC.
                counted.versions[one.version] += 1
            counted.machines.add(machine)
            if one.verdict == FORBIDDEN:
                counted.forbidden.add(machine)
            elif one.verdict == APPROVED:
                counted.approved.add(machine)

    def ordered(self) -> list[Counted]:
        """Forbidden ones first, then by the number of PCs, then by name."""
        return sorted(
            self.products.values(), key=lambda one: (-len(one.forbidden), -len(one.machines), sort_key(one.found.name))
        )


def _machines(call: Call, register: Register, place: str) -> Iterator[tuple[Scope, Machine]]:
    """The approved PCs of an area, a school or a room: who waits is not counted (nor believed) yet."""
    room = ""
    if place.strip("/ ") in {*register.areas, *register.schools, ""}:
        scope = scope_of(call, register, place)
    else:
        room = place_of(call, register, place)
        scope = Scope(school=register.rooms[room].school)
    for machine in register.machines.values():
        school = register.schools.get(machine.school)
        covered = scope.covers(school=machine.school, area=school.area if school else "")
        if covered and machine.state is MachineState.ACTIVE and room in {"", machine.path}:
            yield scope, machine


def counted(call: Call, store: Store, lists: Lists, place: str) -> Count:
    """What stands on the PCs of a place."""
    register = store.register()
    count = Count()
    for scope, machine in _machines(call, register, place):
        count.machines += 1
        found = inventory(lists, register, machine, tuple(store.sections(scope, machine.id)))
        if found is not None:
            count.add(machine.id, found)
    return count


def _list(given: argparse.Namespace, call: Call, store: Store, lists: Lists) -> int:
    count = counted(call, store, lists, given.scope)
    products = [
        one
        for one in count.ordered()
        if given.kind in {None, one.found.kind} and (one.forbidden or not given.forbidden)
    ]
    if given.json:
        call.console.json(
            {
                "scope": given.scope or "/",
                "catalogue": lists.catalogue.dated.isoformat(),
                "policy": lists.has_policy,
                "machines": count.machines,
                "told": count.told,
                "partly": count.partly,
                "hidden": count.hidden,
                "products": [_as_data(one, lists) for one in products],
            }
        )
        return 0
    _show(call, count, products, lists)
    _remark_idle(call, store.register(), lists)
    return 0


def _seen_sometimes(one: Counted, lists: Lists) -> bool:
    product = lists.catalogue.products.get(one.found.product)
    return product is not None and product.seen == "sometimes"


def _as_data(one: Counted, lists: Lists) -> dict[str, Any]:
    return {
        "product": one.found.product or None,
        "name": one.found.name,
        "class": one.found.kind or None,
        "licence": one.found.licence,
        "machines": len(one.machines),
        "forbidden": len(one.forbidden),
        "approved": len(one.approved),
        "at_least": _seen_sometimes(one, lists),
        "versions": dict(one.versions.most_common()),
    }


def _show(call: Call, count: Count, products: list[Counted], lists: Lists) -> None:
    say, console = call.say, call.console
    if products:
        console.table(
            (
                *(say("Phần mềm", "Program"), say("Số máy", "PCs"), say("Bị cấm", "Forbidden")),
                *(say("Loại", "Class"), say("Nguồn", "Source"), say("Phiên bản", "Versions")),
            ),
            [
                (
                    product_words(one.found, say),
                    f"{'≥ ' if _seen_sometimes(one, lists) else ''}{len(one.machines)}",
                    f"{len(one.forbidden)}" if one.forbidden else "",
                    class_word(one.found.kind, say),
                    licence_word(one.found.licence, say),
                    _versions(one.versions),
                )
                for one in products
            ],
        )
    if any(_seen_sometimes(one, lists) for one in products):
        console.remark(
            say(
                "≥: thường được chép sang, hoặc chỉ cài cho một người, nên có thể có trên nhiều máy hơn.",
                "≥: often copied, or installed for one person alone: there may be more.",
            )
        )
    told, machines, dated = count.told, count.machines, lists.catalogue.dated
    console.remark(
        say(
            f"{told} trong {machines} máy đã gửi danh sách phần mềm. Danh mục ngày {dated}.",
            f"{told} of {machines} PCs have told their programs. The catalogue is of {dated}.",
        )
    )
    if count.partly:
        console.remark(
            say(
                f"{count.partly} máy không gửi hết tên phần mềm: phần mềm không thấy trên các máy đó vẫn có thể đang"
                " được cài (xem machines show).",
                f"{count.partly} of them did not tell all their programs: what is not found there may still be"
                " installed (see machines show).",
            )
        )
    if count.hidden:
        console.remark(hidden_sentence(count.hidden, say))
    if not lists.has_policy:
        console.remark(
            say(
                f"Chưa có danh sách cấm: tạo tệp {call.config.data / POLICY_FILE} (xem software policy --sample).",
                f"Nothing is forbidden yet: write {call.config.data / POLICY_FILE} (see software policy --sample).",
            )
        )


def _versions(versions: Counter[str]) -> str:
    shown = [f"{version or '?'} ({count})" for version, count in versions.most_common(_VERSIONS_SHOWN)]
    return ", ".join(shown) + (", …" if len(versions) > _VERSIONS_SHOWN else "")


def _policy(given: argparse.Namespace, call: Call, store: Store, lists: Lists) -> int:
    say, register = call.say, store.register()
    file = call.config.data / POLICY_FILE
    if given.json:
        call.console.json({"file": str(file), "exists": lists.has_policy, "rules": lists.policy.rules})
        return 0
    if not lists.policy.rules:
        call.console.line(
            say(
                f"Chưa cấm hay duyệt phần mềm nào. Tệp: {file} (mẫu: software policy --sample)",
                f"Nothing is forbidden or approved. The file: {file} (a sample: software policy --sample)",
            )
        )
        return 0
    rows = []
    for rule in lists.policy.rules:
        place = rule.place.strip().strip("/")
        narrowed = ", ".join((*rule.levels, *rule.kinds))
        rows.append((place or "/", narrowed, ", ".join(rule.forbidden) or "-", ", ".join(rule.approved) or "-"))
    _remark_idle(call, register, lists)
    call.console.table(
        (say("Nơi", "Place"), say("Chỉ với", "Only"), say("Cấm", "Forbidden"), say("Được duyệt", "Approved")), rows
    )
    return 0


def _remark_idle(call: Call, register: Register, lists: Lists) -> None:
    """Levels and places are the office's own words, so only its register can tell that one is mistaken."""
    for sentence in idle(call.config.data / POLICY_FILE, lists.policy.scopes, register, call.say):
        call.console.remark(sentence)


def sample(say: Say) -> str:
    """A file of lists with everything explained."""
    lines = (
        (
            f"# Danh sách phần mềm bị cấm và được duyệt: đặt tệp này vào thư mục số liệu, tên {POLICY_FILE}.",
            f"# Forbidden and approved programs: put this file into the data directory, as {POLICY_FILE}.",
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
        (
            '# Mỗi mục: mã sản phẩm, "mã < phiên bản", "class:loại", "class:*", hoặc "name:tên *" ngoài danh mục.',
            '# An entry: a code, "code < version", "class:a_class", "class:*", or "name:a name *" for any other.',
        ),
        (f"# Các loại: {', '.join(CLASSES)}", f"# The classes: {', '.join(CLASSES)}"),
    )
    rules = """
dated = 2026-09-01

[[rule]]
kinds = ["lab"]
forbidden = ["class:game", "class:remote_control", "class:download", "flash_player", "seven_zip < 24.07"]
approved = ["chrome_remote_desktop"]

[[rule]]
place = "BM/tin1"
approved = ["ultraviewer"]
"""
    own = (
        "# Phần mềm riêng của đơn vị, viết như trong danh mục:",
        "# An office's own programs, written as in the catalogue:",
    )
    matching = (
        "# names: tên chương trình như Windows ghi; packages: tên gói Linux (apt, dnf …), dấu - thành dấu cách.",
        "# names: a program as Windows lists it; packages: a package of Linux (apt, dnf …), a space for a hyphen.",
    )
    product = """[[product]]
code = "so_diem"
name = "Sổ điểm điện tử"
class = "school_administration"
licence = "closed"
names = ["so diem dien tu *"]
packages = ["so diem"]
"""
    return (
        "\n".join(say(*line) for line in lines)
        + "\n"
        + rules
        + "\n"
        + say(*own)
        + "\n"
        + say(*matching)
        + "\n"
        + product
    )
