"""`settings`: what is set for areas, schools and rooms, and what comes of it."""

import argparse

import msgspec

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.entries import AREA_PATH
from schooldrum_collector.judge.settings import SUPPORT_PLAN, TOP, Refusal, above, changed, inherited, places_of
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import MAIN_SITE, Register
from schooldrum_wire.settings import Settings, accept

_MOST_SHOWN = 10


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `settings` takes."""
    actions = Actions(parser, say, "show|set")
    showing = actions.add(
        "show", "xem các cài đặt của một nơi", "shows the settings of a place", example="settings show BM"
    )
    setting = actions.add(
        "set",
        "đặt cho một nơi và mọi nơi bên dưới",
        "sets for a place and all below",
        example="settings set --scope BM beat=120 pace.disk=900",
    )
    which = showing.add_mutually_exclusive_group()
    which.add_argument(
        "place",
        nargs="?",
        metavar="PLACE",
        help=say(
            "mã khu vực, mã trường hoặc phòng, nếu chỉ một nơi có tên đó",
            "the code of an area or school, or a room, where only one place has this name",
        ),
    )
    for action in (which, setting):
        action.add_argument(
            "--scope",
            required=action is setting,
            default="/",
            metavar="PATH",
            help=say("khu vực, trường, phòng, hoặc / cho tất cả", "an area, a school, a room, or / for everything"),
        )
    showing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    setting.add_argument(
        "values",
        nargs="+",
        metavar="KEY=VALUE",
        help=say(
            "beat=60 · pace.cpu=300 · backlog_per_beat=10 · language=vi · not_before=… ·"
            " support_planned_until=2027-06-30; KEY= để bỏ",
            "beat=60 · pace.cpu=300 · backlog_per_beat=10 · language=en · not_before=… ·"
            " support_planned_until=2027-06-30; KEY= takes it away",
        ),
    )


def run(given: argparse.Namespace, call: Call) -> int:
    """`settings show`, `settings set`."""
    return _show(given, call) if given.action == "show" else _set(given, call)


def place_of(call: Call, register: Register, text: str) -> str:
    """The path under which a place's settings are kept; `/` or nothing is the top.

    Raises:
        Failed: the register knows no such place.
    """
    path = text.strip().strip("/")
    if path == TOP or path in register.areas or path in register.schools or path in register.rooms:
        return path
    school, _, room = path.partition("/")
    in_main = f"{school}/{MAIN_SITE}/{room.lower()}"
    if in_main in register.rooms:
        return in_main
    making = ("", "")
    if AREA_PATH.match(path) and not register.areas:
        making = (
            f' Chưa có khu vực nào: ghi vào tệp CSV "Mã khu vực,Tên khu vực" ({path:.40},…) rồi import FILE.csv.',
            f' There is no area yet: write a CSV file "Area,Area name" ({path:.40},…) and import FILE.csv.',
        )
    raise Failed(
        call.say(
            f"Danh mục không có khu vực, trường hay phòng nào là {path!r:.80}.{making[0]}",
            f"The register has no area, school or room {path!r:.80}.{making[1]}",
        )
    )


def scopes_named(register: Register, name: str) -> list[str]:
    """The paths of all places whose path ends in this name, in order; as it is written, else in any letters.

    A room of the main site has the name `CODE/ROOM` as well.
    """
    words = "/" + name.strip().strip("/")
    places = {path: [f"/{path}"] for path in (*register.areas, *register.schools, *register.rooms)}
    for path in register.rooms:
        school, site, room = path.split("/")
        if site == MAIN_SITE:
            places[path].append(f"/{school}/{room}")
    exact = [path for path, called in places.items() if any(one.endswith(words) for one in called)]
    words = words.casefold()
    return sorted(
        exact or [path for path, called in places.items() if any(one.casefold().endswith(words) for one in called)]
    )


def _place_named(call: Call, register: Register, name: str) -> str:
    """The path of the one place of this name.

    Raises:
        Failed: there is none, or there are several.
    """
    scopes = scopes_named(register, name) if name.strip().strip("/") else [TOP]
    if not scopes:
        return place_of(call, register, name)
    if len(scopes) == 1:
        call.console.remark(f"{name:.80}: --scope {scopes[0] or '/'}")
        return scopes[0]
    shown = "".join(f"\n  --scope {path}" for path in scopes[:_MOST_SHOWN])
    more = len(scopes) - _MOST_SHOWN
    rest = call.say(f"\n  và {more} nơi khác", f"\n  and {more} more") if more > 0 else ""
    raise Failed(
        call.say(
            f"Có {len(scopes)} nơi tên là {name!r:.80}; hãy ghi một trong:{shown}{rest}",
            f"There are {len(scopes)} places {name!r:.80}; write one of:{shown}{rest}",
        )
    )


def _way_to(register: Register, place: str) -> tuple[str, ...]:
    if place in register.rooms:
        school = register.rooms[place].school
        return places_of(register.schools[school].area, school, place)
    if place in register.schools:
        return places_of(register.schools[place].area, place)
    return tuple(above(place))


def _show(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    with opened(call) as store:
        register = store.register()
    place = _place_named(call, register, given.place) if given.place else place_of(call, register, given.scope)
    way = _way_to(register, place)
    own = register.settings.get(place, {})
    merged = inherited(register.settings, way)
    values, _ = accept({**merged, "version": register.settings_version}, Settings())
    effective = msgspec.to_builtins(values)
    settings = {field: effective.get(field, getattr(values, field)) for field in Settings.__struct_fields__}
    settings[SUPPORT_PLAN] = merged.get(SUPPORT_PLAN)
    if given.json:
        call.console.json({"scope": place or "/", "set_here": own, "in_force": settings})
        return 0
    rows = []
    for key, value in settings.items():
        if key == "version":
            continue
        origin = next((step for step in reversed(way) if key in register.settings.get(step, {})), None)
        shown = "" if value is None else str(value)
        if isinstance(value, dict):
            shown = ", ".join(f"{probe}={pace}" for probe, pace in value.items())
        rows.append((key, shown or "-", say("mặc định", "default") if origin is None else origin or "/"))
    call.console.line(f"{say('Nơi', 'Place')}: {place or '/'}")
    call.console.table((say("Khóa", "Key"), say("Giá trị", "Value"), say("Đặt tại", "Set at")), rows)
    return 0


def _sentence(refusal: Refusal, say: Say) -> str:
    key, given, allowed = f"{refusal.key:.60}", f"{refusal.given!r:.60}", refusal.allowed
    return say(
        f"{key}: giá trị {given} không dùng được; được phép: {allowed}",
        f"{key}: value {given} cannot be used; allowed: {allowed}",
    )


def _set(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    with opened(call) as store:
        place = place_of(call, store.register(), given.scope)
        with store.writing() as writer:
            before = writer.setting(place)
            after, refusals = changed(before, given.values, now=call.now())
            if refusals:
                raise Failed("\n".join(_sentence(refusal, say) for refusal in refusals))
            if after != before:
                writer.put_setting(place, after)
                writer.log(call.change("settings.set", place or "/", " ".join(given.values)))
    if all(text.partition("=")[0].strip() == SUPPORT_PLAN for text in given.values):
        call.console.line(
            say(
                f"Đã đặt cho {place or '/'}. Chỉ máy chủ dùng mục này, không gửi xuống máy.",
                f"Set for {place or '/'}. Only the collector uses this; no PC is told.",
            )
        )
        return 0
    call.console.line(
        say(
            f"Đã đặt cho {place or '/'}; máy nhận ở lần gửi kế tiếp.",
            f"Set for {place or '/'}; PCs take it with their next report.",
        )
    )
    return 0
