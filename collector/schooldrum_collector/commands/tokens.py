"""`token`: install codes of rooms, made, listed and taken back."""

import argparse

import msgspec

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.places import known_room
from schooldrum_collector.formats import iso, moment
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import MachineState, RoomToken
from schooldrum_collector.store.retiring import retire
from schooldrum_collector.web.certificates import Unusable, open_authority
from schooldrum_collector.web.install_codes import DAYS, FEWEST_DAYS, MOST_DAYS, MOST_USES, new_code
from schooldrum_wire.token import Token


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `token` takes."""
    actions = Actions(parser, say, "new|list|revoke")
    new = actions.add(
        "new", "tạo mã cài đặt cho một phòng", "makes a room's install code", example="token new --room BM/tin1"
    )
    new.add_argument("--room", required=True, metavar="PATH", help=say("ví dụ DEMO/tin1", "such as DEMO/tin1"))
    new.add_argument(
        "--uses",
        type=int,
        metavar="N",
        help=say("dùng được bao nhiêu lần (mặc định: số máy của phòng)", "how often it is good (default: room's PCs)"),
    )
    new.add_argument(
        "--days",
        type=float,
        default=DAYS,
        metavar="D",
        help=say(f"dùng được bao nhiêu ngày (mặc định {DAYS})", f"for how many days it is good (default {DAYS})"),
    )
    new.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    listing = actions.add("list", "liệt kê các mã", "lists install codes", example="token list --scope BM")
    listing.add_argument("--scope", default="", metavar="PATH", help=say("khu vực hoặc trường", "area or school"))
    listing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    revoke = actions.add(
        "revoke", "thu hồi một mã", "takes a code back", example="token revoke k3x9w2ab --with-machines"
    )
    revoke.add_argument("id", metavar="ID", help=say("phần thứ ba của mã, xem token list", "its third part, see list"))
    revoke.add_argument(
        "--with-machines",
        action="store_true",
        help=say("ngừng theo dõi cả các máy đã thêm bằng mã này", "also retires the PCs that came in by it"),
    )


def run(given: argparse.Namespace, call: Call) -> int:
    """`token new`, `token list`, `token revoke`."""
    match given.action:
        case "new":
            return _new(given, call)
        case "list":
            return _list(given, call)
        case _:
            return _revoke(given, call)


def make_token(store: Store, call: Call, path: str, uses: int, days: float) -> tuple[Token, RoomToken]:
    """A new install code for a room: the whole string, and the record that is kept of it (its hash).

    Raises:
        Failed: the office's authority cannot be used.
    """
    try:
        authority = open_authority(call.config.data, call.now(), relied_on=bool(store.register().machines))
    except (Unusable, OSError) as trouble:
        raise Failed(told(trouble, call.say)) from trouble
    token, record = new_code(authority.pin, path, uses=uses, days=days, now=call.now())
    with store.writing() as writer:
        writer.put_token(record)
        writer.log(call.change("token.new", token.id, f"{path}, {uses}"))
    return token, record


def _new(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    if not FEWEST_DAYS <= given.days <= MOST_DAYS:
        raise Failed(
            say(
                f"--days {given.days:g}: từ một giờ (0.042) đến {MOST_DAYS} ngày.",
                f"--days {given.days:g}: from one hour (0.042) to {MOST_DAYS} days.",
            )
        )
    with opened(call) as store:
        room = known_room(call, store.register(), given.room)
        uses = room.seats if given.uses is None else given.uses
        if not 1 <= uses <= MOST_USES:
            raise Failed(
                say(
                    f"--uses: từ 1 đến {MOST_USES} (danh mục ghi phòng này có {room.seats} máy).",
                    f"--uses: 1 to {MOST_USES} (the register says {room.seats} PCs stand in this room).",
                )
            )
        token, record = make_token(store, call, room.path, uses, given.days)
    command = f"schooldrum-agent enrol --collector {call.config.collector_url}"
    if given.json:
        call.console.json(
            {
                "token": str(token),
                "id": token.id,
                "room": room.path,
                "uses": uses,
                "expires": iso(record.expires),
                "command": command,
            }
        )
        return 0
    until = moment(record.expires, say.language)
    call.console.remark(
        say(
            f"Mã cài đặt cho {room.name} ({room.path}), dùng {uses} lần, đến {until}. Chỉ hiện một lần này:",
            f"Install code for {room.name} ({room.path}), good for {uses} PCs until {until}. Shown only this once:",
        )
    )
    call.console.line(str(token))
    call.console.remark(
        say(
            f"Trên từng máy, chạy lệnh sau rồi dán mã vào:  {command}",
            f"On each PC run this, then paste the code:  {command}",
        )
    )
    if call.config.agents_listen.is_loopback:
        call.console.remark(
            say(
                "Chú ý: cửa máy trường đang chỉ nghe trên máy này; máy khác chưa gửi tới được (agents_listen).",
                "Mind: the agents' door listens on this machine alone; other PCs cannot reach it (agents_listen).",
            )
        )
    return 0


def state_of(token: RoomToken, now: float) -> str:
    """`good`, `used` (up), `expired` or `revoked`."""
    if token.revoked:
        return "revoked"
    if token.expires <= now:
        return "expired"
    return "good" if token.uses > 0 else "used"


def _list(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    with opened(call) as store:
        scope = scope_of(call, store.register(), given.scope)
        with store.writing() as writer:
            tokens = writer.tokens(scope)
    if given.json:
        call.console.json(
            [
                {
                    "id": one.id,
                    "room": one.path,
                    "uses_left": one.uses,
                    "made": iso(one.made),
                    "expires": iso(one.expires),
                    "state": state_of(one, call.now()),
                }
                for one in tokens
            ]
        )
        return 0
    words = {
        "good": say("dùng được", "good"),
        "used": say("đã dùng hết", "used up"),
        "expired": say("hết hạn", "expired"),
        "revoked": say("đã thu hồi", "revoked"),
    }
    call.console.table(
        (
            *("ID", say("Phòng", "Room"), say("Còn", "Left"), say("Tạo lúc", "Made")),
            *(say("Hạn", "Until"), say("Tình trạng", "State")),
        ),
        [
            (
                *(one.id, one.path, str(one.uses), moment(one.made, say.language)),
                *(moment(one.expires, say.language), words[state_of(one, call.now())]),
            )
            for one in tokens
        ],
    )
    return 0


def _revoke(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    # A whole code pasted here is understood, so that nobody has to cut it up.
    parts = given.id.strip().split(".")
    wanted = parts[2] if len(parts) > 2 else parts[0]  # noqa: PLR2004 - sd1.<authority>.<id>.<secret>
    with opened(call) as store, store.writing() as writer:
        token = writer.token(wanted)
        if token is None:
            raise Failed(
                say(
                    f"Không có mã cài đặt nào là {wanted!r:.40}; xem: schooldrum-collector token list",
                    f"There is no install code {wanted!r:.40}; see: schooldrum-collector token list",
                )
            )
        if not token.revoked:
            writer.put_token(msgspec.structs.replace(token, revoked=call.now(), uses=0))
            writer.log(call.change("token.revoke", token.id, token.path))
        retired = 0
        if given.with_machines:
            for machine_id in writer.enrolled_by(token.id):
                machine = writer.machine(machine_id)
                if machine is not None and machine.state is not MachineState.RETIRED:
                    retire(writer, machine, call.now())
                    writer.log(call.change("machine.retire", machine.id, f"token {token.id}"))
                    retired += 1
    call.console.line(say(f"Đã thu hồi mã {token.id}.", f"Install code {token.id} is revoked."))
    if given.with_machines:
        call.console.line(say(f"Đã ngừng theo dõi {retired} máy.", f"{retired} PCs are no longer watched."))
    return 0
