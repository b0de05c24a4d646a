"""`calendar`: the school-year plan of places, days that are closed, maintenance; drawn, written and taken back."""

import argparse
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.calendar_doubts import tell_doubts
from schooldrum_collector.commands.calendar_ended import ended_by_closing, tell_ended
from schooldrum_collector.commands.calendar_given import day_given, reason_given
from schooldrum_collector.commands.calendar_month import as_data, days_between, days_of_month, draw, tell
from schooldrum_collector.commands.calendar_places import (
    bounded,
    way_above,
    way_to,
    written_span,
    year_above,
    zone_of,
)
from schooldrum_collector.commands.calendar_sample import sample
from schooldrum_collector.commands.calendar_taking import take_file
from schooldrum_collector.commands.calendar_work import (
    maintain,
    window_data,
    window_words,
    windows_on_way,
    withdraw,
)
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.settings import place_of
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.calendar_day import day_at, moment_of
from schooldrum_collector.judge.calendar_plan import (
    LARGEST_PLAN,
    Behaviour,
    Closing,
    Faulty,
    plan_in_force,
    read,
    with_days,
    with_plan,
    without_days,
    year_of,
)
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.web.shown_incidents import shown_incident

_MONTH = re.compile(r"(20[2-9][0-9])-(0[1-9]|1[0-2])\Z")
_LONGEST_CLOSING = timedelta(days=366)
_ALL = 1 << 20
_AS = ("closed", *(behaviour.value for behaviour in Behaviour))


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `calendar` takes."""
    actions = Actions(parser, say, "show|set|close|open|maintain|withdraw|import|sample")
    place_help = say("khu vực, trường, phòng, hoặc / cho tất cả", "an area, a school, a room, or / for everything")
    showing = actions.add(
        "show",
        "lịch một tháng của một nơi: ca học, ngày nghỉ và lý do",
        "a month of a place: shifts, days off and why",
        example="calendar show BM --month 2026-11",
    )
    showing.add_argument("place", metavar="PATH", help=place_help)
    showing.add_argument("--month", metavar="YYYY-MM", help=say("mặc định: tháng này", "default: this month"))
    showing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    setting = actions.add(
        "set",
        "đặt kế hoạch năm học cho một nơi và mọi nơi bên dưới",
        "sets the school-year plan of a place and all below",
        example="calendar set --scope hn nam-hoc.toml --dry-run",
    )
    setting.add_argument("file", type=Path, metavar="FILE.toml")
    setting.add_argument("--scope", required=True, metavar="PATH", help=place_help)
    closing = actions.add(
        "close",
        "cho nghỉ (bão, cắt điện theo lịch)",
        "closes days (typhoon, planned power cut)",
        example='calendar close hn --date 2026-09-21 --until 2026-09-22 --reason "Bão số 5"',
    )
    opening = actions.add(
        "open",
        "bỏ ngày nghỉ đã đặt; nếu nơi bên trên nghỉ thì nơi này vẫn học",
        "takes closed days back; where a place above is closed, this one stays open",
        example="calendar open BM --date 2026-09-22",
    )
    for action in (closing, opening):
        action.add_argument("place", metavar="PATH", help=place_help)
        action.add_argument(
            "--date",
            required=True,
            action="append",
            metavar="D",
            help=say("YYYY-MM-DD, dd/mm/yyyy; lặp lại được", "YYYY-MM-DD, dd/mm/yyyy; may be repeated"),
        )
        action.add_argument("--until", metavar="D", help=say("ngày cuối, tính cả ngày đó", "the last day, included"))
    closing.add_argument("--reason", required=True, help=say("mọi người sẽ đọc", "people will read it"))
    closing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    work = actions.add(
        "maintain",
        "đặt lịch bảo trì: skip không xét, mute không báo, cosmetic báo là có lịch",
        "announces maintenance: skip is not judged, mute is not told, cosmetic is told as planned",
        example='calendar maintain BM --from "2026-11-23 12:00" --until "2026-11-23 14:00" --reason "Thay switch"',
    )
    taking_back = actions.add(
        "withdraw",
        "gỡ lịch bảo trì; đang diễn ra thì hết từ bây giờ",
        "takes maintenance back; where it goes on it ends now",
        example="calendar withdraw BM --number 48213",
    )
    for action, required in ((work, True), (taking_back, False)):
        action.add_argument("place", metavar="PATH", help=place_help)
        action.add_argument(
            "--from", dest="begin", required=required, metavar="T", help="YYYY-MM-DD HH:MM, dd/mm/yyyy HH:MM"
        )
        action.add_argument("--until", required=required, metavar="T", help="YYYY-MM-DD HH:MM, dd/mm/yyyy HH:MM")
        action.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    taking_back.add_argument(
        "--number", type=int, metavar="N", help=say("mã trong calendar show", "as calendar show names it")
    )
    work.add_argument("--as", dest="behaviour", choices=[one.value for one in Behaviour], default=Behaviour.MUTE.value)
    work.add_argument("--reason", required=True, help=say("mọi người sẽ đọc", "people will read it"))
    taking = actions.add(
        "import",
        "lấy ngày nghỉ hoặc lịch bảo trì từ tệp .ics; nhập lại thì thay bản cũ",
        "takes closed days or maintenance from an .ics file; again means in its place",
        example="calendar import nghi.ics --scope hn --as closed --dry-run",
    )
    taking.add_argument("file", type=Path, metavar="FILE.ics")
    taking.add_argument("--scope", required=True, metavar="PATH", help=place_help)
    taking.add_argument("--as", dest="meaning", choices=_AS, default="closed")
    for action in (setting, taking):
        action.add_argument(
            "--dry-run", action="store_true", help=say("chỉ cho xem, không lưu", "shows everything, saves nothing")
        )
    actions.add("sample", "mẫu một kế hoạch năm học", "a sample plan", example="calendar sample")


def run(given: argparse.Namespace, call: Call) -> int:
    """Every action of `calendar`."""
    if given.action == "sample":
        for line in sample(call.say).splitlines():
            call.console.line(line)
        return 0
    actions: dict[str, Callable[[argparse.Namespace, Call, Store], int]] = {
        "show": _show,
        "set": _set,
        "close": _close,
        "open": _open,
        "maintain": maintain,
        "withdraw": withdraw,
        "import": take_file,
    }
    with opened(call) as store:
        return actions[given.action](given, call, store)


def _spans(given: argparse.Namespace, call: Call) -> list[tuple[date, date]]:
    """First and last day of each stretch that was typed, in order.

    Raises:
        Failed: one is no day, or `--until` has no one day to begin at.
    """
    days = sorted({day_given(call, text) for text in given.date})
    if not given.until:
        return [(day, day) for day in days]
    if len(days) > 1:
        raise Failed(
            call.say(
                "--until đi với một --date; nhiều ngày rời nhau thì ghi từng --date.",
                "--until goes with one --date; days that are apart take a --date each.",
            )
        )
    first, last = days[0], day_given(call, given.until)
    if not timedelta(0) <= last - first <= _LONGEST_CLOSING:
        raise Failed(
            call.say(
                "--until: ngày cuối phải sau ngày đầu, không quá một năm.",
                "--until: the last day comes after the first, within a year.",
            )
        )
    return [(first, last)]


def _show(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register = call.say, store.register()
    place = place_of(call, register, given.place)
    zone = zone_of(register, place)
    today = datetime.fromtimestamp(call.now(), time_zone(zone)).date()
    written = given.month or f"{today:%Y-%m}"
    found = _MONTH.match(written)
    if not found:
        raise Failed(say(f"--month {written!r:.40}: ghi 2026-11.", f"--month {written!r:.40}: write 2026-11."))
    way = way_to(register, place)
    days = [day_at(way, day) for day in days_of_month(int(found[1]), int(found[2]))]
    begin, end = (moment_of(day, 0, zone) for day in (days[0].day, days[-1].day + timedelta(days=1)))
    works = windows_on_way(register, place, begin, end)
    if given.json:
        call.console.json(
            {
                "place": place or "/",
                "month": written,
                "time_zone": zone,
                "days": [as_data(day, say) for day in days],
                "maintenance": [window_data(name, one, zone) for name, one in works],
            }
        )
        return 0
    school = register.schools.get(place)
    name = f"{school.name} ({place})" if school else place or "/"
    month = say(f"tháng {int(found[2])}/{found[1]}", f"{days[0].day:%B} {found[1]}")
    call.console.line(f"{name}: {month}, {say('năm học', 'school year')} {year_of(days[0].day)}")
    call.console.line()
    # No month lies in two school years.
    plan = plan_in_force(way, year_of(days[0].day))
    booked = any(day.booked is not None for day in days)
    draw(call.console, days, plan.lesson or () if plan is not None and booked else ())
    for written_at, one in works:
        call.console.line(window_words(say, one, zone, "" if written_at == place else written_at or "/"))
    if not all(day.planned for day in days):
        call.console.remark(unplanned_sentence(say, name, year_of(days[0].day)))
    return 0


def unplanned_sentence(say: Say, name: str, year: str) -> str:
    """That a place has no plan for a school year, and what follows."""
    return say(
        f"{name}: chưa có kế hoạch năm học {year}; tạm tính T2-T7, 07:00-17:00, trừ ngày lễ, và không báo theo phòng. "
        "Mẫu: calendar sample",
        f"{name}: no plan for the school year {year}; Mon-Sat, 07:00-17:00 without public holidays is assumed, and no "
        "room is alarmed about. A sample: calendar sample",
    )


def _set(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register = call.say, store.register()
    place = place_of(call, register, given.scope)
    way = way_to(register, place)
    today = datetime.fromtimestamp(call.now(), time_zone(zone_of(register, place))).date()
    try:
        with given.file.open("rb") as file:
            text = file.read(4 * LARGEST_PLAN).decode("utf-8-sig")
        plan = read(text, year=year_above(way, today))
    except OSError as trouble:
        raise Failed(
            say(
                f"{given.file}: không mở được ({trouble.strerror}).",
                f"{given.file}: cannot be opened ({trouble.strerror}).",
            )
        ) from trouble
    except UnicodeDecodeError as trouble:
        raise Failed(say(f"{given.file}: lưu lại bằng UTF-8.", f"{given.file}: save it as UTF-8.")) from trouble
    except Faulty as trouble:
        raise Failed(f"{given.file}: {say(trouble.vietnamese, trouble.english)}") from trouble
    tell(call.console, plan)
    tell_doubts(call, register, place, plan)
    if given.dry_run:
        call.console.line(say("Chưa lưu gì.", "Nothing was saved."))
        return 0
    with store.writing() as writer:
        writer.put_calendar(place, with_plan(writer.calendar(place), plan))
        writer.log(call.change("calendar.set", place or "/", plan.year))
    call.console.line(say(f"Đã lưu cho {place or '/'}.", f"Saved for {place or '/'}."))
    return 0


def _tell_past(call: Call, spans: list[tuple[date, date]], zone: str) -> None:
    """That days are over already: what closing them still changes."""
    yesterday = datetime.fromtimestamp(call.now(), time_zone(zone)).date() - timedelta(days=1)
    over = [(first, min(last, yesterday)) for first, last in spans if first <= yesterday]
    if not over:
        return
    past = _written(call.say, over)
    call.console.remark(
        call.say(
            f"{past} đã qua (xem lại năm): tin đã báo không đổi, chỉ giờ học đã mất được tính lại.",
            f"{past} is past (is the year right?): what was told stays, only lesson time lost is counted anew.",
        )
    )


def _written(say: Say, spans: list[tuple[date, date]]) -> str:
    return ", ".join(written_span(say, first, last) for first, last in spans)


def _close(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, before, now = call.say, store.register(), call.now()
    place = place_of(call, before, given.place)
    spans, reason = _spans(given, call), reason_given(call, given.reason)
    with store.writing() as writer:
        known = writer.calendar(place)
        for first, last in spans:
            known = with_days(known, Closing(first=first, last=last, reason=reason))
            writer.log(call.change("calendar.close", place or "/", f"{first} {last} {reason}"))
        writer.put_calendar(place, bounded(call, known))
    after = store.register()
    ended = ended_by_closing(store.incidents(EVERYTHING, live=True, most=_ALL), before, after, now)
    if given.json:
        call.console.json(
            {
                "place": place or "/",
                "first": spans[0][0].isoformat(),
                "last": spans[-1][1].isoformat(),
                "days": [day.isoformat() for first, last in spans for day in days_between(first, last)],
                "reason": reason,
                "ends": [shown_incident(after, one, now) for one in ended],
            }
        )
    else:
        days = _written(say, spans)
        call.console.line(say(f"{place or '/'} nghỉ {days}: {reason}.", f"{place or '/'} is closed {days}: {reason}."))
        tell_ended(call, after, ended)
    _tell_past(call, spans, zone_of(after, place))
    return 0


def _open(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register = call.say, store.register()
    place = place_of(call, register, given.place)
    spans = _spans(given, call)
    higher = way_above(register, place)
    with store.writing() as writer:
        known = writer.calendar(place)
        for first, last in spans:
            before, known = known, without_days(known, first, last)
            days = days_between(first, last)
            shut = any(closing.holds(day) for calendar in higher for closing in calendar.closings for day in days)
            if shut:
                known = with_days(known, Closing(first=first, last=last, reason="", open=True))
            if known == before:
                span = written_span(say, first, last)
                raise Failed(say(f"{span}: không bị cho nghỉ.", f"{span}: not closed."))
            writer.log(call.change("calendar.open", place or "/", f"{first} {last}"))
        writer.put_calendar(place, bounded(call, known))
    span = _written(say, spans)
    call.console.line(say(f"{place or '/'} học bình thường {span}.", f"{place or '/'} is open {span}."))
    return 0
