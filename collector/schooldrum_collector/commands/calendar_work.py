"""`calendar maintain`, `calendar withdraw`: maintenance windows, announced, listed by number and taken back."""

import argparse
import math
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import msgspec

from schooldrum_collector.commands.calendar_given import moment_given, reason_given
from schooldrum_collector.commands.calendar_places import bounded, names_to, way_to, zone_of
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.settings import place_of
from schooldrum_collector.formats import iso, moment
from schooldrum_collector.judge.calendar_day import maintenance_at
from schooldrum_collector.judge.calendar_plan import NOTHING, Behaviour, Maintenance
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Register

_LONGEST_SECONDS = 366 * 86400
_WINDOWS_TOLD = 10
_FIRST_NUMBER, _NUMBERS = 10_000, 90_000
_WORDS = {
    Behaviour.SKIP: ("không xét", "not judged"),
    Behaviour.MUTE: ("không báo", "not told"),
    Behaviour.COSMETIC: ("báo là theo lịch", "told as planned"),
}


def number_of(work: Maintenance) -> int:
    """The five digits by which people name a window of a place.

    Made of what the window says, so that a number read yesterday never means another window that was added since.
    """
    said = msgspec.json.encode((work.begin, work.end, work.behaviour, work.reason, work.source))
    return _FIRST_NUMBER + crc32(said) % _NUMBERS


def windows_on_way(register: Register, place: str, begin: float, end: float) -> list[tuple[str, Maintenance]]:
    """What holds a place at some time between these two, each with the place where it is written; earliest first."""
    found = [
        (name, one)
        for name in names_to(register, place)
        for one in register.calendars.get(name, NOTHING).maintenance
        if one.begin < end and one.end > begin
    ]
    return sorted(found, key=lambda pair: (pair[1].begin, pair[1].end))


def window_words(say: Say, work: Maintenance, zone: str, written_at: str = "") -> str:
    """A window as a line; `written_at` is told where it is another place."""
    there = f" [{written_at}]" if written_at else ""
    head = f"{say('Bảo trì', 'Maintenance')} {number_of(work)} ({_behaviour_words(say, work)})"
    return f"{head}: {_span_words(say, work, zone)} {work.reason}{there}"


def window_data(place: str, work: Maintenance, zone: str) -> dict[str, object]:
    """A window for programs; `place` is where it is written."""
    return {
        "number": number_of(work),
        "place": place or "/",
        "begin": iso(work.begin, zone),
        "end": iso(work.end, zone),
        "as": work.behaviour.value,
        "reason": work.reason,
        "source": work.source,
    }


def maintain(given: argparse.Namespace, call: Call, store: Store) -> int:
    """Announces a window, and says its number and how it is taken back.

    Raises:
        Failed: it ends before it begins, lasts too long, or is over and no `skip`: only that counts afterwards.
    """
    say, register = call.say, store.register()
    place = place_of(call, register, given.place)
    zone = zone_of(register, place)
    begin, end = moment_given(call, given.begin, zone), moment_given(call, given.until, zone)
    if not 0 < end - begin <= _LONGEST_SECONDS:
        raise Failed(say("--until phải sau --from, không quá một năm.", "--until comes after --from, within a year."))
    work = Maintenance(
        begin=begin, end=end, behaviour=Behaviour(given.behaviour), reason=reason_given(call, given.reason)
    )
    is_over = end <= call.now()
    if is_over and work.behaviour is not Behaviour.SKIP:
        raise Failed(
            say(
                "Thời gian đó đã qua (xem lại ngày): báo trước lúc này không còn thay đổi gì, nên chưa lưu gì.",
                "That time is past (is the date right?): to announce it now would change nothing, so nothing is saved.",
            )
        )
    with store.writing() as writer:
        before = writer.calendar(place)
        works = _in_order({*before.maintenance, work})
        writer.put_calendar(place, bounded(call, msgspec.structs.replace(before, maintenance=works)))
        writer.log(call.change("calendar.maintain", place or "/", _logged(work)))
    if given.json:
        call.console.json(window_data(place, work, zone))
    else:
        here, span, words = place or "/", _span_words(say, work, zone), _behaviour_words(say, work)
        call.console.line(
            say(f"{here} bảo trì {span}: {words}.", f"{here} is under maintenance {span}: {words}."),
        )
        undo = f"calendar withdraw {here} --number {number_of(work)}"
        call.console.line(say(f"Gỡ lại: {undo}", f"To take it back: {undo}"))
    if is_over:
        call.console.remark(
            say(
                "Thời gian đó đã qua (xem lại ngày): tin đã báo không đổi, chỉ giờ học đã mất được tính lại.",
                "That time is past (is the date right?): what was told stays, only lesson time lost is counted anew.",
            )
        )
    return 0


def withdraw(given: argparse.Namespace, call: Call, store: Store) -> int:
    """Takes windows of a place back: one that goes on ends now, any other is gone as if never announced."""
    register, now = store.register(), call.now()
    place = place_of(call, register, given.place)
    zone = zone_of(register, place)
    with store.writing() as writer:
        before = writer.calendar(place)
        chosen = _chosen(given, call, register, place, before.maintenance)
        done = [(work, _ended(work, now)) for work in chosen]
        left = [work for work in before.maintenance if work not in chosen]
        left += [ended for _, ended in done if ended is not None]
        writer.put_calendar(place, msgspec.structs.replace(before, maintenance=_in_order(left)))
        for work, ended in done:
            word = "removed" if ended is None else f"ended {ended.end:.0f}"
            writer.log(call.change("calendar.withdraw", place or "/", f"{_logged(work)} {word}"))
    if given.json:
        call.console.json(
            {
                "place": place or "/",
                "withdrawn": [
                    {**window_data(place, work, zone), "left": window_data(place, ended, zone) if ended else None}
                    for work, ended in done
                ],
            }
        )
    else:
        for work, ended in done:
            _tell_withdrawn(call, place, work, ended, zone)
    _tell_file(call, chosen)
    still = maintenance_at(way_to(store.register(), place), now)
    if still is not None and any(work.begin <= now < work.end for work in chosen):
        # Of this place or of one above: whoever wants the alarms back has to know.
        call.console.remark(
            call.say(
                f"Nơi này vẫn còn lịch bảo trì khác: {window_words(call.say, still, zone)}",
                f"Other maintenance still holds this place: {window_words(call.say, still, zone)}",
            )
        )
    return 0


def _in_order(works: Iterable[Maintenance]) -> tuple[Maintenance, ...]:
    return tuple(sorted(works, key=lambda one: (one.begin, one.end, one.behaviour, one.reason)))


def _ended(work: Maintenance, now: float) -> Maintenance | None:
    """What stays of a window that is taken back: its hours so far where it goes on, else nothing."""
    end = math.floor(now)
    return msgspec.structs.replace(work, end=float(end)) if work.begin < end < work.end else None


def _chosen(
    given: argparse.Namespace, call: Call, register: Register, place: str, works: Sequence[Maintenance]
) -> list[Maintenance]:
    """The windows of this place that were named, each once.

    Raises:
        Failed: none is, or the number names several.
    """
    say, zone = call.say, zone_of(register, place)
    if given.number is not None and given.begin is None and given.until is None:
        found = list(dict.fromkeys(work for work in works if number_of(work) == given.number))
        if len(found) > 1:
            raise _unclear(
                call,
                found,
                zone,
                f"Mã {given.number} chỉ nhiều lịch bảo trì: dùng --from và --until.",
                f"{given.number} names several windows: give --from and --until.",
            )
        elsewhere = [name or "/" for name in _places_with(register, given.number) if name != place]
        if not found and elsewhere:
            there = f"calendar withdraw {elsewhere[0]} --number {given.number}"
            raise Failed(
                say(
                    f"Lịch bảo trì {given.number} được đặt ở {elsewhere[0]}. Gỡ ở đó: {there}",
                    f"Maintenance {given.number} is written at {elsewhere[0]}. Take it back there: {there}",
                )
            )
    elif given.number is None and given.begin is not None and given.until is not None:
        span = moment_given(call, given.begin, zone), moment_given(call, given.until, zone)
        found = list(dict.fromkeys(work for work in works if (work.begin, work.end) == span))
    else:
        raise _unclear(
            call,
            _not_over(works, call.now()),
            zone,
            "Gỡ lịch nào: ghi --number N, hoặc cả --from và --until của lịch đó.",
            "Which one: give --number N, or both --from and --until of that window.",
        )
    if not found:
        raise _unclear(
            call,
            _not_over(works, call.now()),
            zone,
            f"{place or '/'} không có lịch bảo trì đó. Xem mã của từng tháng: "
            f"calendar show {place or '/'} --month YYYY-MM",
            f"{place or '/'} has no such maintenance. The numbers of a month: "
            f"calendar show {place or '/'} --month YYYY-MM",
        )
    return found


def _places_with(register: Register, number: int) -> Iterator[str]:
    return (
        name
        for name, calendar in sorted(register.calendars.items())
        if any(number_of(work) == number for work in calendar.maintenance)
    )


def _not_over(works: Iterable[Maintenance], now: float) -> list[Maintenance]:
    return [work for work in works if work.end > now]


def _unclear(call: Call, works: Sequence[Maintenance], zone: str, vietnamese: str, english: str) -> Failed:
    """Why nothing was taken back, after the windows that may have been meant."""
    for work in works[:_WINDOWS_TOLD]:
        call.console.remark(window_words(call.say, work, zone))
    if len(works) > _WINDOWS_TOLD:
        call.console.remark("…")
    return Failed(call.say(vietnamese, english))


def _tell_withdrawn(call: Call, place: str, work: Maintenance, ended: Maintenance | None, zone: str) -> None:
    say, here = call.say, place or "/"
    span, words = _span_words(say, work, zone), _behaviour_words(say, work)
    if ended is None:
        call.console.line(
            say(
                f"{here}: đã gỡ lịch bảo trì {span} ({words}).",
                f"{here}: maintenance {span} ({words}) is taken back.",
            )
        )
        return
    undo = f"calendar withdraw {here} --number {number_of(ended)}"
    call.console.line(
        say(
            f"{here}: lịch bảo trì {span} ({words}) hết từ bây giờ.",
            f"{here}: maintenance {span} ({words}) is over from now on.",
        )
    )
    call.console.line(
        say(
            f"Phần đã qua vẫn tính là bảo trì. Gỡ cả phần đó: {undo}",
            f"The time that has passed still counts as maintenance. To take that back too: {undo}",
        )
    )


def _tell_file(call: Call, works: Iterable[Maintenance]) -> None:
    """That an .ics file brings its windows back when it is imported again."""
    names = ", ".join(dict.fromkeys(work.source for work in works if work.source))
    if names:
        call.console.remark(
            call.say(
                f"Lịch này lấy từ tệp {names}: xóa sự kiện trong tệp, nếu không nhập lại tệp thì lịch trở lại.",
                f"It came from the file {names}: remove the event there too, or the next import brings it back.",
            )
        )


def _behaviour_words(say: Say, work: Maintenance) -> str:
    return f"{work.behaviour.value}, {say(*_WORDS[work.behaviour])}"


def _span_words(say: Say, work: Maintenance, zone: str) -> str:
    return f"{moment(work.begin, say.language, zone)} - {moment(work.end, say.language, zone)}"


def _logged(work: Maintenance) -> str:
    return f"{work.behaviour.value} {work.begin:.0f} {work.end:.0f}"
