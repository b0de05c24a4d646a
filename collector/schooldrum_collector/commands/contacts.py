"""`contacts`: who is told of incidents, by role and address; listed, added, removed, imported from a table."""

import argparse
from pathlib import Path

import msgspec

from schooldrum_collector.app.channels import Channel, Unusable, load
from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.contact_columns import (
    COLUMNS,
    ROLE_WORDS,
    Contacts,
    Wrong,
    known_headings,
    recipient_of,
    understand,
)
from schooldrum_collector.commands.sheets import Unreadable, read_sheets
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store, Writer

SAMPLE = """\
[mail]
url = "mailtos://USER:PASSWORD@smtp.example.vn:587/?from=schooldrum@example.vn&to={to}"

[zalo]
url = "jsons://TOKEN@bridge.example.vn/zalo/{to}"
form = "chat"

[sms]
url = "smseagles://TOKEN@sms.example.vn/{to}"
"""


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `contacts` takes."""
    actions = Actions(parser, say, "list|add|remove|import|channels")
    listing = actions.add("list", "liệt kê người nhận tin báo", "lists who is told", example="contacts list --scope BM")
    listing.add_argument("--scope", default="", metavar="PATH", help=say("khu vực hoặc trường", "area or school"))
    adding = actions.add(
        "add",
        "thêm người nhận (vai trò và địa chỉ, không ghi tên)",
        "adds a recipient (a role and an address, no name)",
        example="contacts add --place BM --role it_officer --channel mail --address cntt@bm.example.vn",
    )
    place = say("trường, khu vực, hoặc / cho tất cả", "a school, an area, or / for everything")
    adding.add_argument("--place", dest="path", required=True, metavar="PATH", help=place)
    adding.add_argument("--role", required=True, metavar="|".join(ROLE_WORDS))
    adding.add_argument("--channel", required=True, metavar="NAME")
    adding.add_argument("--address", default="", metavar="TO", help=say("thư, số điện thoại", "mail, phone number"))
    # `--lang` is the language of the command itself.
    adding.add_argument("--language", default="vi", metavar="vi|en", help=say("ngôn ngữ tin báo", "of the messages"))
    adding.add_argument("--quiet", default="", metavar="21:00-06:00", help=say("no: không có", "no: none"))
    adding.add_argument("--after", default="", metavar="N", help=say("chỉ báo sau N phút", "tells after N minutes"))
    adding.add_argument("--digests", default="", metavar="yes|no", help=say("nhận bản tin", "takes digests"))
    removing = actions.add("remove", "bỏ người nhận", "removes a recipient", example="contacts remove 7")
    removing.add_argument("number", type=int, metavar="N")
    taking = actions.add(
        "import",
        "nhập người nhận từ CSV, XLSX; thêm và đổi, không bỏ ai",
        "imports recipients from CSV, XLSX; adds and changes, removes nobody",
        example="contacts import lien-he.xlsx --dry-run",
    )
    taking.add_argument("file", type=Path, metavar="FILE")
    taking.add_argument("--dry-run", action="store_true", help=say("chỉ cho xem", "shows, saves nothing"))
    ways = actions.add("channels", "các kênh đang có", "the channels there are", example="contacts channels --sample")
    ways.add_argument("--sample", action="store_true", help=say("in tệp mẫu", "prints a sample file"))
    for action in (listing, taking, ways):
        action.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run(given: argparse.Namespace, call: Call) -> int:
    """Every action of `contacts`."""
    if given.action == "channels":
        return _channels(given, call)
    actions = {"list": _list, "add": _add, "remove": _remove, "import": _import}
    with opened(call) as store:
        return actions[given.action](given, call, store)


def configured(call: Call) -> dict[str, Channel]:
    """The channels of the configuration.

    Raises:
        Failed: there are none, or their file cannot be used.
    """
    if call.config.channels_file is None:
        raise Failed(
            call.say(
                "Chưa có kênh nào: ghi channels_file trong cấu hình; tệp mẫu: contacts channels --sample",
                "There are no channels: set channels_file; a sample of the file: contacts channels --sample",
            )
        )
    try:
        return load(call.config.channels_file, call.say)
    except Unusable as trouble:
        raise Failed(str(trouble)) from trouble


def _channels(given: argparse.Namespace, call: Call) -> int:
    if given.sample:
        call.console.out.write(SAMPLE)
        return 0
    # Never the addresses themselves: passwords stand in them.
    rows = [(one.name, one.scheme, one.form) for one in configured(call).values()]
    if given.json:
        call.console.json([{"name": name, "scheme": scheme, "form": form} for name, scheme, form in rows])
    else:
        say = call.say
        call.console.table((say("Kênh", "Channel"), say("Loại", "Kind"), say("Dạng", "Form")), rows)
    return 0


def _list(given: argparse.Namespace, call: Call, store: Store) -> int:
    say = call.say
    found = store.recipients(scope_of(call, store.register(), given.scope))
    if given.json:
        call.console.json(found)
        return 0
    if not found:
        call.console.remark(say("Chưa có người nhận nào.", "Nobody is told yet."))
        return 0
    titles = [say(*COLUMNS[key][0]) for key in ("path", "role", "channel", "address", "language", "quiet", "after")]
    call.console.table(("N", *titles, say(*COLUMNS["digests"][0])), [_row(one, say) for one in found])
    return 0


def _row(one: Recipient, say: Say) -> tuple[str, ...]:
    return (
        str(one.id),
        one.path or "/",
        say(*ROLE_WORDS[one.role][0]) if one.role in ROLE_WORDS else one.role,
        one.channel,
        one.address or "-",
        one.language,
        one.quiet or "-",
        str(one.after) if one.after >= 0 else "-",
        say("có", "yes") if one.digests else say("không", "no"),
    )


def _add(given: argparse.Namespace, call: Call, store: Store) -> int:
    channels = configured(call)
    fields = {key: str(getattr(given, key)) for key in COLUMNS}
    try:
        wanted = recipient_of(fields, store.register(), channels)
    except Wrong as trouble:
        raise Failed(f"{call.say(trouble.vietnamese, trouble.english)}.") from trouble
    with store.writing() as writer:
        kept, action = _put(writer, wanted)
        writer.log(call.change(f"contact.{action}", kept.path or "/", f"{kept.role} {kept.channel} {kept.id}"))
    call.console.line(
        call.say(
            f"Người nhận {kept.id} đã lưu. Thử: schooldrum-collector messages test {kept.id}",
            f"Recipient {kept.id} is saved. To try it: schooldrum-collector messages test {kept.id}",
        )
    )
    return 0


def _put(writer: Writer, wanted: Recipient) -> tuple[Recipient, str]:
    """Adds, or changes who has the same place, role and address."""
    for one in writer.recipients():
        if (one.path, one.role, one.way) == (wanted.path, wanted.role, wanted.way):
            same = msgspec.structs.replace(wanted, id=one.id)
            return (same, "unchanged") if same == one else (writer.put_recipient(same), "change")
    return writer.put_recipient(wanted), "add"


def _remove(given: argparse.Namespace, call: Call, store: Store) -> int:
    with store.writing() as writer:
        gone = next((one for one in writer.recipients() if one.id == given.number), None)
        if gone is None:
            raise Failed(
                call.say(
                    f"Không có người nhận {given.number}. Xem: schooldrum-collector contacts list",
                    f"There is no recipient {given.number}. See: schooldrum-collector contacts list",
                )
            )
        writer.forget_recipient(gone.id)
        writer.log(call.change("contact.remove", gone.path or "/", f"{gone.role} {gone.channel} {gone.id}"))
    call.console.line(call.say(f"Đã bỏ người nhận {given.number}.", f"Recipient {given.number} is removed."))
    return 0


def _import(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, console, channels = call.say, call.console, configured(call)
    tables = _read(given.file, call, store, channels)
    problems = [problem for table in tables for problem in table.problems]
    wanted = [one for table in tables for one in table.recipients]
    counts: dict[str, int] = {}
    if not problems and not given.dry_run:
        with store.writing() as writer:
            for one in wanted:
                kept, action = _put(writer, one)
                counts[action] = counts.get(action, 0) + 1
                if action != "unchanged":
                    change = call.change(f"contact.{action}", kept.path or "/", f"{kept.role} {kept.channel} {kept.id}")
                    writer.log(change)
    if given.json:
        sentences = [problem.sentence(say) for problem in problems]
        console.json({"saved": counts, "rows": len(wanted), "recipients": wanted, "problems": sentences})
        return 1 if problems else 0
    for table in tables:
        titles = ", ".join(f"{cell} = {say(*COLUMNS[key][0])}" for cell, key in table.headings if key)
        console.line(f"{table.file}: {len(table.recipients)} {say('dòng', 'rows')}; {titles}")
    for problem in problems:
        console.line(f"! {problem.sentence(say)}")
    if problems:
        console.line(say("Chưa lưu gì: sửa các dòng trên rồi nhập lại.", "Nothing was saved: mend the rows."))
    elif given.dry_run:
        console.table((), [_row(one, say)[1:] for one in wanted])
        console.line(say("Chưa lưu gì.", "Nothing was saved."))
    else:
        parts = (
            (say("thêm", "added"), "add"),
            (say("đổi", "changed"), "change"),
            (say("giữ nguyên", "unchanged"), "unchanged"),
        )
        console.line(", ".join(f"{word} {counts.get(action, 0)}" for word, action in parts) + ".")
    return 1 if problems else 0


def _read(path: Path, call: Call, store: Store, channels: dict[str, Channel]) -> list[Contacts]:
    try:
        sheets = read_sheets(path, known_headings)
    except Unreadable as trouble:
        raise Failed(f"{path}: {call.say(trouble.vietnamese, trouble.english)}.") from trouble
    tables = [table for sheet in sheets if (table := understand(sheet, store.register(), channels)).headings]
    if not tables:
        known = ", ".join(call.say(*title) for title, _ in COLUMNS.values())
        raise Failed(
            call.say(
                f"{path}: không có dòng tiêu đề nào hiểu được. Các cột: {known}.",
                f"{path}: no line of headings was understood. The columns are: {known}.",
            )
        )
    return tables
