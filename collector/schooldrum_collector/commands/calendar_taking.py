"""`calendar import`: closed days or maintenance out of an iCalendar file."""

import argparse
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from schooldrum_collector.commands.calendar_file import Event, Events, Unreadable, read_events
from schooldrum_collector.commands.calendar_month import written_date
from schooldrum_collector.commands.calendar_places import bounded, written_span, zone_of
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.settings import place_of
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.calendar_plan import Behaviour, Closing, Maintenance, PlaceCalendar, with_days
from schooldrum_collector.store.interface import Store

_NAMES_TOLD = 10


def take_file(given: argparse.Namespace, call: Call, store: Store) -> int:
    """Shows what the file holds, and saves it in place of what it held before; 1 where somebody has to mend it."""
    say, register = call.say, store.register()
    place = place_of(call, register, given.scope)
    zone = zone_of(register, place)
    today = datetime.fromtimestamp(call.now(), time_zone(zone)).date()
    try:
        found = read_events(given.file, today, zone)
    except Unreadable as trouble:
        raise Failed(f"{given.file}: {say(trouble.vietnamese, trouble.english)}.") from trouble
    taken = tuple(
        msgspec.structs.replace(event, title=_named(call, event.title))
        for event in found.events
        if given.meaning != "closed" or event.whole_days
    )
    _tell_events(call, taken)
    _tell_left_out(call, found)
    timed = given.meaning == "closed" and _tell_no_days_off(call, found)
    if not taken:
        call.console.remark(
            say(
                "Không sự kiện nào được dùng; những gì tệp này đã đặt trước đây sẽ được gỡ ra.",
                "No event is taken over; what this file brought before is taken back.",
            )
        )
    if not given.dry_run:
        with store.writing() as writer:
            known = _without_source(writer.calendar(place), given.file.name)
            writer.put_calendar(place, bounded(call, _with_events(known, taken, given.meaning, given.file.name, zone)))
            writer.log(call.change("calendar.import", place or "/", f"{given.file.name:.80} {len(taken)}"))
        _tell_saved(call, place, whole=not (found.left_out or timed))
    else:
        call.console.line(say("Chưa lưu gì.", "Nothing was saved."))
    return 1 if found.left_out or timed else 0


def _tell_saved(call: Call, place: str, *, whole: bool) -> None:
    say, here = call.say, place or "/"
    if whole:
        call.console.line(say(f"Đã lưu cho {here}.", f"Saved for {here}."))
    else:
        call.console.line(
            say(
                f"Đã lưu cho {here}, trừ những gì bỏ qua ở trên: tệp cần sửa.",
                f"Saved for {here}, without what was left out above: the file needs mending.",
            )
        )


def _named(call: Call, title: str) -> str:
    return title or call.say("(không tên)", "(no name)")


def _names(call: Call, titles: Iterable[str]) -> str:
    """The first names, each once."""
    names = list(dict.fromkeys(_named(call, title) for title in titles))
    return ", ".join(names[:_NAMES_TOLD]) + (", …" if len(names) > _NAMES_TOLD else "")


def _tell_events(call: Call, events: tuple[Event, ...]) -> None:
    say = call.say
    call.console.table(
        (),
        [
            (written_span(say, event.begin.date(), (event.end - timedelta(seconds=1)).date()), event.title)
            if event.whole_days
            else (f"{written_date(event.begin.date(), say)} {event.begin:%H:%M}-{event.end:%H:%M}", event.title)
            for event in events
        ],
    )


def _tell_left_out(call: Call, found: Events) -> None:
    say = call.say
    if found.cancelled:
        count, names = len(found.cancelled), _names(call, found.cancelled)
        call.console.remark(
            say(
                f"Bỏ qua {count} sự kiện đã bị hủy: {names}.", f"Left out, as cancelled in the file ({count}): {names}."
            )
        )
    for nameless in found.left_out:
        title = _named(call, nameless)
        call.console.remark(
            say(
                f"Bỏ qua {title!r:.80}: giờ hoặc cách lặp lại không hiểu được; ghi từng ngày trong tệp.",
                f"Left out {title!r:.80}: its times or its repetition are not understood; write single days.",
            )
        )


def _tell_no_days_off(call: Call, found: Events) -> bool:
    """Which events are no days off, or may be none; whether some of them have hours, so that somebody has to act.

    Calendars mark public holidays as free as well as birthdays, so that alone leaves no day out.
    """
    say = call.say
    free = [event.title for event in found.events if event.free and event.whole_days]
    timed = [event.title for event in found.events if not event.whole_days]
    if free:
        names = _names(call, free)
        call.console.remark(
            say(
                f"Có {len(free)} lần được ghi là rảnh, cũng tính là ngày nghỉ: {names}. "
                "Nếu không phải ngày nghỉ (như sinh nhật): xóa khỏi tệp rồi nhập lại.",
                f"Marked free in the file, and taken as days off ({len(free)}): {names}. "
                "Where it is none, like a birthday: remove it from the file and import again.",
            )
        )
    if timed:
        names = _names(call, timed)
        call.console.remark(
            say(
                f"Bỏ qua {len(timed)} lần có giờ, vì ngày nghỉ phải trọn ngày: {names}. "
                "Đổi thành cả ngày trong tệp, hoặc đặt riêng: calendar maintain PATH --from … --until … --as skip",
                f"Left out, as a day off is a whole day and these have hours ({len(timed)}): {names}. "
                "Make them whole days in the file, or: calendar maintain PATH --from … --until … --as skip",
            )
        )
    return bool(timed)


def _without_source(known: PlaceCalendar, source: str) -> PlaceCalendar:
    return msgspec.structs.replace(
        known,
        closings=tuple(one for one in known.closings if one.source != source),
        maintenance=tuple(one for one in known.maintenance if one.source != source),
    )


def _with_events(
    known: PlaceCalendar, events: tuple[Event, ...], meaning: str, source: str, zone: str
) -> PlaceCalendar:
    for event in events:
        if meaning == "closed":
            last = (event.end - timedelta(seconds=1)).date()
            # A second: an event that ends at midnight has no part in the day that begins there.
            closing = Closing(first=event.begin.date(), last=last, reason=event.title, source=source)
            known = with_days(known, closing)
            continue
        begin, end = (one.replace(tzinfo=time_zone(zone)).timestamp() for one in (event.begin, event.end))
        work = Maintenance(begin=begin, end=end, behaviour=Behaviour(meaning), reason=event.title, source=source)
        known = msgspec.structs.replace(known, maintenance=(*known.maintenance, work))
    return known
