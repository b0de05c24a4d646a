"""`messages`: what was told to whom and what waits; a trial to one recipient."""

import argparse

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.contact_columns import ROLE_WORDS
from schooldrum_collector.commands.contacts import configured
from schooldrum_collector.formats import iso, moment
from schooldrum_collector.judge.messages import Fate, Message, Occasion
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING

MOST = 100
FATES = {
    Fate.WAITING: ("đang chờ", "waiting"),
    Fate.SENDING: ("đang gửi", "on its way"),
    Fate.SENT: ("đã gửi", "sent"),
    Fate.DROPPED: ("không gửi", "not sent"),
}
OCCASIONS = {
    Occasion.BEGIN: ("bắt đầu", "begin"),
    Occasion.AGAIN: ("xảy ra lại", "again"),
    Occasion.END: ("đã hết", "end"),
    Occasion.DAILY: ("bản tin sáng", "morning list"),
    Occasion.WEEKLY: ("bản tin tuần", "weekly digest"),
    Occasion.MONTHLY: ("trang tháng cho Hiệu trưởng", "principal's month"),
    Occasion.ROLL_CALL: ("điểm danh máy", "roll call"),
    Occasion.TEST: ("tin thử", "trial"),
}
WHY = {
    "removed": ("người nhận hoặc kênh đã bỏ", "the recipient or the channel is gone"),
    "expired": ("quá cũ để gửi", "too old to be sent"),
    "held": ("thuộc sự cố lớn hơn", "part of a larger incident"),
    "over": ("đã hết trước khi hết giờ yên lặng", "over before the quiet hours were"),
    "withdrawn": ("sự cố đã rút lại", "the incident was withdrawn"),
    "going_on": ("sự cố xảy ra lại", "the incident came back"),
    "nothing": ("không có gì để báo", "there was nothing to tell"),
}


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `messages` takes."""
    actions = Actions(parser, say, "list|test")
    listing = actions.add("list", "liệt kê tin báo", "lists messages", example="messages list --waiting")
    listing.add_argument("--scope", default="", metavar="PATH", help=say("khu vực hoặc trường", "area or school"))
    listing.add_argument("--waiting", action="store_true", help=say("chỉ tin chưa gửi", "only those not sent yet"))
    listing.add_argument("--most", type=int, default=MOST, metavar="N", help=say("nhiều nhất N tin", "at most N"))
    listing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    trying = actions.add(
        "test", "gửi một tin thử cho một người nhận", "sends a trial to one recipient", example="messages test 7"
    )
    trying.add_argument("recipient", type=int, metavar="N", help=say("số trong contacts list", "as in contacts list"))


def run(given: argparse.Namespace, call: Call) -> int:
    """Every action of `messages`."""
    with opened(call) as store:
        return _list(given, call, store) if given.action == "list" else _test(given, call, store)


def _list(given: argparse.Namespace, call: Call, store: Store) -> int:
    say = call.say
    found = store.messages(
        scope_of(call, store.register(), given.scope), waiting=given.waiting, most=max(1, given.most)
    )
    if given.json:
        call.console.json([_plain(one) for one in found])
        return 0
    if not found:
        call.console.remark(say("Không có tin báo nào.", "There are no messages."))
        return 0
    call.console.table(
        (
            *(say("Lúc", "When"), say("Sự cố", "Incident"), say("Tin", "Message"), say("Nơi", "Place")),
            *(say("Vai trò", "Role"), say("Kênh", "Channel"), say("Trạng thái", "State"), say("Chi tiết", "Detail")),
        ),
        [
            (
                moment(one.done or one.due, say.language),
                f"SC-{one.number}" if one.number else "-",
                say(*OCCASIONS[one.occasion]),
                one.recipient.path or "/",
                say(*ROLE_WORDS[one.recipient.role][0]) if one.recipient.role in ROLE_WORDS else one.recipient.role,
                f"{one.recipient.channel} {one.recipient.address}".strip(),
                say(*FATES[one.fate]),
                say(*WHY[one.trouble]) if one.trouble in WHY else one.trouble,
            )
            for one in found
        ],
    )
    return 0


def _plain(one: Message) -> dict[str, object]:
    return {
        "id": one.id,
        "incident": f"SC-{one.number}" if one.number else None,
        "occasion": one.occasion.value,
        "state": one.fate.value,
        "recipient": one.recipient.id,
        "place": one.recipient.path,
        "role": one.recipient.role,
        "channel": one.recipient.channel,
        "address": one.recipient.address,
        "made": iso(one.made),
        "due": iso(one.due),
        "done": iso(one.done),
        "tries": one.tries,
        "trouble": one.trouble,
    }


def _test(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, now = call.say, call.now()
    channels = configured(call)
    recipient = next((one for one in store.recipients(EVERYTHING) if one.id == given.recipient), None)
    if recipient is None:
        raise Failed(
            say(
                f"Không có người nhận {given.recipient}. Xem: schooldrum-collector contacts list",
                f"There is no recipient {given.recipient}. See: schooldrum-collector contacts list",
            )
        )
    if recipient.channel not in channels:
        raise Failed(say(f"Không còn kênh {recipient.channel}.", f"There is no channel {recipient.channel} any more."))
    with store.writing() as writer:
        key = f"test/{now:.3f}/{recipient.id}"
        writer.add_message(Message(key=key, recipient=recipient, occasion=Occasion.TEST, made=now, due=now))
    call.console.line(
        say(
            "Đã xếp hàng; máy chủ đang chạy sẽ gửi trong nửa phút. Kết quả: schooldrum-collector messages list",
            "It waits; the running collector sends it within half a minute. See: schooldrum-collector messages list",
        )
    )
    return 0
