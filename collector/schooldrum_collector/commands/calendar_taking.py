"""`calendar import`: closed days or maintenance out of an iCalendar file."""

import argparse
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


def take_file(given: argparse.Namespace, call: Call, store: Store) -> int:
    """Shows what the file holds, and saves it in place of what it held before; 1 where something is left out."""
    say, register = call.say, store.register()
    place = place_of(call, register, given.scope)
    zone = zone_of(register, place)
    today = datetime.fromtimestamp(call.now(), time_zone(zone)).date()
    try:
        found = read_events(given.file, today, zone)
    except Unreadable as trouble:
        raise Failed(f"{given.file}: {say(trouble.vietnamese, trouble.english)}.") from trouble
    _tell_events(call, found)
    if not given.dry_run:
        with store.writing() as writer:
            known = _without_source(writer.calendar(place), given.file.name)
            writer.put_calendar(
                place, bounded(call, _with_events(known, found.events, given.meaning, given.file.name, zone))
            )
            writer.log(call.change("calendar.import", place or "/", f"{given.file.name:.80} {len(found.events)}"))
        call.console.line(say(f"Đã lưu cho {place or '/'}.", f"Saved for {place or '/'}."))
    else:
        call.console.line(say("Chưa lưu gì.", "Nothing was saved."))
    return 1 if found.left_out else 0


def _tell_events(call: Call, found: Events) -> None:
    say = call.say
    call.console.table(
        (),
        [
            (written_span(say, event.begin.date(), (event.end - timedelta(seconds=1)).date()), event.title)
            if event.whole_days
            else (f"{written_date(event.begin.date(), say)} {event.begin:%H:%M}-{event.end:%H:%M}", event.title)
            for event in found.events
        ],
    )
    for title in found.left_out:
        call.console.remark(
            say(
                f"Bỏ qua {title!r:.80}: giờ hoặc cách lặp lại không hiểu được; ghi từng ngày trong tệp.",
                f"Left out {title!r:.80}: its times or its repetition are not understood; write single days.",
            )
        )


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
