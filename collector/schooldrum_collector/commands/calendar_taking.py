"""`calendar import`: closed days or maintenance out of an iCalendar file."""

import argparse
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import msgspec

from schooldrum_collector.commands.calendar_file import BACK, Event, Events, Unreadable, read_events
from schooldrum_collector.commands.calendar_month import written_date
from schooldrum_collector.commands.calendar_places import bounded, written_span, zone_of
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.settings import place_of
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.calendar_plan import NOTHING, Behaviour, Closing, Maintenance, PlaceCalendar, with_days
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
        call.console.remark(say("Không sự kiện nào được dùng.", "No event is taken over."))
    source = given.file.name
    if given.dry_run:
        before = register.calendars.get(place, NOTHING)
        after = _taken_over(before, taken, given.meaning, source, zone)
    else:
        with store.writing() as writer:
            before = writer.calendar(place)
            after = bounded(call, _taken_over(before, taken, given.meaning, source, zone))
            writer.put_calendar(place, after)
            writer.log(call.change("calendar.import", place or "/", f"{source:.80} {len(taken)}"))
    _tell_taken_back(call, _gone(_brought(before, source, zone), _brought(after, source, zone), today - BACK))
    if given.dry_run:
        call.console.line(say("Chưa lưu gì.", "Nothing was saved."))
    else:
        _tell_saved(call, place, whole=not (found.left_out or timed))
    return 1 if found.left_out or timed else 0


def _brought(calendar: PlaceCalendar, source: str, zone: str) -> tuple[Event, ...]:
    """What this file brought to this place, in order."""
    midnight, day, found = time(), timedelta(days=1), []
    for closing in calendar.closings:
        if closing.source == source:
            begin, end = (datetime.combine(one, midnight) for one in (closing.first, closing.last + day))
            found.append(Event(begin=begin, end=end, title=closing.reason, whole_days=True))
    for work in calendar.maintenance:
        if work.source == source:
            begin, end = (
                datetime.fromtimestamp(one, time_zone(zone)).replace(tzinfo=None) for one in (work.begin, work.end)
            )
            whole = begin.time() == end.time() == midnight
            found.append(Event(begin=begin, end=end, title=work.reason, whole_days=whole))
    return tuple(sorted(found))


def _gone(before: tuple[Event, ...], after: tuple[Event, ...], since: date) -> tuple[Event, ...]:
    """What has hours or days that none of `after` has; older than `since` is what no file is read for any more."""
    return tuple(event for event in before if event.end.date() >= since and not _is_covered(event, after))


def _is_covered(event: Event, after: tuple[Event, ...]) -> bool:
    open_from = event.begin
    for one in after:
        if one.begin <= open_from:
            open_from = max(open_from, one.end)
    return open_from >= event.end


def _tell_taken_back(call: Call, gone: tuple[Event, ...]) -> None:
    if not gone:
        return
    count, names = len(gone), _names(call, (f"{event.title} ({_when(call, event)})" for event in gone))
    call.console.remark(
        call.say(
            f"Tệp này từng đặt {count} mục mà nay không còn, nên được gỡ ra: {names}.",
            f"Taken back, as this file brought it before and now does not ({count}): {names}.",
        )
    )


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
    call.console.table((), [(_when(call, event), event.title) for event in events])


def _when(call: Call, event: Event) -> str:
    if event.whole_days:
        return written_span(call.say, event.begin.date(), (event.end - timedelta(seconds=1)).date())
    return f"{written_date(event.begin.date(), call.say)} {event.begin:%H:%M}-{event.end:%H:%M}"


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


def _taken_over(
    before: PlaceCalendar, events: tuple[Event, ...], meaning: str, source: str, zone: str
) -> PlaceCalendar:
    """The place's calendar with these in place of what the file brought before."""
    known = _without_source(before, source)
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
