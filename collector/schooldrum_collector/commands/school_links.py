"""`school link`: links by which people of one school see its pages on their phones, made, listed and taken back."""

import argparse

import msgspec

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.config import Config
from schooldrum_collector.formats import iso, moment
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import SchoolLink
from schooldrum_collector.web.visitors import FEWEST_DAYS, MOST_DAYS, address_of, new_link

DAYS = 90


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `school link` takes."""
    actions = Actions(parser, say, "new|list|revoke", into="link_action")
    new = actions.add(
        "new",
        "tạo liên kết cho điện thoại của giáo viên; chỉ xem và làm được việc của trường đó",
        "makes a link for a teacher's phone; it opens that school alone",
        example="school link new --school BM --days 90",
    )
    new.add_argument("--school", required=True, metavar="CODE", help=say("mã trường", "the school's code"))
    new.add_argument(
        "--days",
        type=float,
        default=DAYS,
        metavar="D",
        help=say(f"dùng được bao nhiêu ngày (mặc định {DAYS})", f"for how many days it is good (default {DAYS})"),
    )
    listing = actions.add("list", "liệt kê các liên kết", "lists links", example="school link list --scope BM")
    listing.add_argument("--scope", default="", metavar="PATH", help=say("khu vực hoặc trường", "area or school"))
    for action in (new, listing):
        action.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    revoke = actions.add("revoke", "thu hồi một liên kết", "takes a link back", example="school link revoke k3x9w2ab")
    revoke.add_argument("id", metavar="ID", help=say("xem school link list", "see school link list"))


def run(given: argparse.Namespace, call: Call) -> int:
    """`school link new`, `school link list`, `school link revoke`."""
    match given.link_action:
        case "new":
            return _new(given, call)
        case "list":
            return _list(given, call)
        case _:
            return _revoke(given, call)


def office_base(config: Config) -> str:
    """The address under which people reach the office's door."""
    if config.office_url:
        return config.office_url
    host = config.office_hosts[0] if config.office_hosts else str(config.office_listen)
    return f"{'https' if config.office_certificate else 'http'}://{host}"


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
        school = store.register().schools.get(given.school.strip())
        if school is None:
            raise Failed(
                say(
                    f"Danh mục không có trường {given.school!r:.40}. Xem: schooldrum-collector school list",
                    f"The register has no school {given.school!r:.40}. See: schooldrum-collector school list",
                )
            )
        code, link = new_link(school.code, given.days, call.now())
        with store.writing() as writer:
            writer.put_link(link)
            writer.log(call.change("link.new", school.code, link.id))
    address = address_of(office_base(call.config), code)
    if given.json:
        call.console.json(
            {"id": link.id, "school": school.code, "link": address, "code": code, "expires": iso(link.expires)}
        )
        return 0
    until = moment(link.expires, say.language, school.time_zone)
    call.console.remark(
        say(
            f"Liên kết của {school.name}, dùng đến {until}. Chỉ hiện một lần này; gửi riêng cho giáo viên phụ trách:",
            f"Link of {school.name}, good until {until}. Shown only this once; send it to the teacher in charge alone:",
        )
    )
    call.console.line(address)
    if call.config.office_listen.is_loopback and not call.config.office_url:
        call.console.remark(
            say(
                "Chú ý: cửa văn phòng đang chỉ nghe trên máy này; điện thoại chưa mở được (office_listen).",
                "Mind: the office's door listens on this machine alone, no phone reaches it (office_listen).",
            )
        )
    return 0


def _state(link: SchoolLink, now: float, say: Say) -> str:
    if link.revoked:
        return say("đã thu hồi", "revoked")
    return say("dùng được", "good") if link.is_good(now) else say("hết hạn", "expired")


def _list(given: argparse.Namespace, call: Call) -> int:
    say, now = call.say, call.now()
    with opened(call) as store:
        register = store.register()
        scope = scope_of(call, register, given.scope)
        with store.writing() as writer:
            links = writer.links(scope)
    if given.json:
        call.console.json(
            [
                {
                    "id": one.id,
                    "school": one.school,
                    "made": iso(one.made),
                    "expires": iso(one.expires),
                    "revoked": iso(one.revoked),
                    "good": one.is_good(now),
                }
                for one in links
            ]
        )
        return 0
    call.console.table(
        ("ID", *(say("Trường", "School"), say("Tạo lúc", "Made"), say("Hạn", "Until"), say("Tình trạng", "State"))),
        [
            (
                *(one.id, one.school, moment(one.made, say.language), moment(one.expires, say.language)),
                _state(one, now, say),
            )
            for one in links
        ],
    )
    return 0


def _revoke(given: argparse.Namespace, call: Call) -> int:
    say = call.say
    # A whole link pasted here is understood, so that nobody has to cut it up.
    wanted = given.id.strip().rpartition("#")[2].partition(".")[0]
    with opened(call) as store, store.writing() as writer:
        link = writer.link(wanted)
        if link is None:
            raise Failed(
                say(
                    f"Không có liên kết nào là {wanted!r:.40}; xem: schooldrum-collector school link list",
                    f"There is no link {wanted!r:.40}; see: schooldrum-collector school link list",
                )
            )
        if not link.revoked:
            writer.put_link(msgspec.structs.replace(link, revoked=call.now()))
            writer.log(call.change("link.revoke", link.school, link.id))
    call.console.line(say(f"Đã thu hồi liên kết {wanted}.", f"Link {wanted} is revoked."))
    return 0
