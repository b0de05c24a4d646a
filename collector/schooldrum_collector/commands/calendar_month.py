"""How a school's calendar is drawn on a terminal: a month of days with their shifts, and why some are days off."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from schooldrum_collector.commands.console import Console
from schooldrum_collector.judge.calendar import holiday_names
from schooldrum_collector.judge.calendar_day import Day, DayKind, expected_hours
from schooldrum_collector.judge.calendar_plan import HalfDay, Hours, Lesson, Plan, Span, Taught, weekdays_of
from schooldrum_collector.speech import Say
from schooldrum_collector.vietnamese import width

_WEEKDAYS = (("T2", "Mon"), ("T3", "Tue"), ("T4", "Wed"), ("T5", "Thu"), ("T6", "Fri"), ("T7", "Sat"), ("CN", "Sun"))
_EVERY_DAY = ("T2-T7", "Mon-Sat")
_MADE_UP = ("học bù", "made up for")
_CELL = 9
KIND_WORDS = {
    DayKind.SCHOOL: ("ngày học", "school day"),
    DayKind.HALF: ("nửa ngày", "half day"),
    DayKind.EXAM: ("thi", "exams"),
    DayKind.WEEKEND: ("cuối tuần", "weekend"),
    DayKind.HOLIDAY: ("nghỉ lễ", "public holiday"),
    DayKind.BREAK: ("kỳ nghỉ", "break"),
    DayKind.SUMMER: ("nghỉ hè", "summer"),
    DayKind.CLOSED: ("nghỉ đột xuất", "day off"),
}
_MARKS = {
    DayKind.WEEKEND: ("-", "-"),
    DayKind.HOLIDAY: ("lễ", "hol"),
    DayKind.BREAK: ("nghỉ", "break"),
    DayKind.SUMMER: ("hè", "sum"),
    DayKind.CLOSED: ("đóng", "shut"),
}
_TOLD = frozenset({DayKind.HALF, DayKind.EXAM, DayKind.HOLIDAY, DayKind.BREAK, DayKind.CLOSED, DayKind.SUMMER})


def written_date(day: date, say: Say) -> str:
    """`23/11/2026`, in English `Mon 23 Nov 2026`."""
    return say(f"{day.day:02}/{day.month:02}/{day.year}", f"{day:%a} {day.day} {day:%b} {day.year}")


def written_hours(hours: Hours) -> str:
    """`07:00-11:30`."""
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (hours.begin, hours.end))


def reason_of(day: Day, say: Say) -> str:
    """Why the day is what it is: as somebody wrote it, or the holiday's name; empty where nobody said."""
    if day.kind is DayKind.HOLIDAY:
        return holiday_names(day.day.year, say.language).get(day.day, "")
    return day.reason


def days_of_month(year: int, month: int) -> list[date]:
    """Every day of a month."""
    return days_between(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both in it."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _mark(day: Day, say: Say) -> str:
    if day.kind in _MARKS:
        return say(*_MARKS[day.kind])
    names = "".join(hours.name[:1].upper() or f"{number}" for number, hours in enumerate(day.hours, 1))
    tail = {DayKind.HALF: "/2", DayKind.EXAM: "*"}.get(day.kind, "")
    return names + tail


def draw(console: Console, days: Iterable[Day], lessons: Iterable[Lesson] = ()) -> None:
    """The month as weeks from Monday on, then its shifts and the hours in which the place's rooms have `lessons`.

    Last the days that are special, and why.
    """
    say, month = console.say, list(days)
    cells = [""] * month[0].day.weekday() + [f"{day.day.day:>2} {_mark(day, say)}" for day in month]
    console.line("".join(_padded(say(*words)) for words in _WEEKDAYS).rstrip())
    for begin in range(0, len(cells), 7):
        console.line("".join(_padded(cell) for cell in cells[begin : begin + 7]).rstrip())
    shifts = {
        (hours.name[:1].upper() or f"{number}", hours)
        for day in month
        for number, hours in enumerate(day.hours, 1)
        if day.kind is not DayKind.HALF
    }
    if shifts:
        console.line()
    for initial, hours in sorted(shifts, key=lambda one: one[1]):
        console.line(f"{initial} = {hours.name + ' ' if hours.name else ''}{written_hours(hours)}")
    booked = [_lesson_row(lesson, say) for lesson in lessons]
    if booked:
        console.line()
        console.table((), booked)
    told = _together([day for day in month if day.kind in _TOLD or day.like is not None], say)
    if told:
        console.line()
        console.table((), told)


def _padded(cell: str) -> str:
    return cell + " " * max(1, _CELL - width(cell))


def _together(days: list[Day], say: Say) -> list[tuple[str, str, str]]:
    """Days that follow each other and are the same for the same reason, as one row."""
    rows: list[tuple[date, date, str, str]] = []
    for day in days:
        made_up = day.kind is DayKind.SCHOOL and day.like is not None
        kind, reason = say(*(_MADE_UP if made_up else KIND_WORDS[day.kind])), reason_of(day, say)
        if day.kind is DayKind.HALF:
            reason = f"{', '.join(written_hours(hours) for hours in day.hours)} {reason}".strip()
        elif day.like not in {None, day.day.weekday()}:
            reason = f"{reason} {_like_words(day.like, say)}".strip()
        if rows and rows[-1][1] + timedelta(days=1) == day.day and rows[-1][2:] == (kind, reason):
            rows[-1] = (rows[-1][0], day.day, kind, reason)
        else:
            rows.append((day.day, day.day, kind, reason))
    return [
        (
            written_date(first, say) if first == last else f"{written_date(first, say)} - {written_date(last, say)}",
            kind,
            reason,
        )
        for first, last, kind, reason in rows
    ]


def _like_words(weekday: int, say: Say) -> str:
    return say(f"(giờ như {_WEEKDAYS[weekday][0]})", f"(hours as on {_WEEKDAYS[weekday][1]})")


def as_data(day: Day, say: Say) -> dict[str, object]:
    """A day for programs."""
    return {
        "date": day.day.isoformat(),
        "kind": day.kind.value,
        "reason": reason_of(day, say),
        "planned": day.planned,
        "hours": [written_hours(hours) for hours in expected_hours(day)],
    }


def _written_days(days: Iterable[str], say: Say) -> str:
    return ", ".join(say(*_WEEKDAYS[day]) for day in sorted(weekdays_of(days)))


def _lesson_row(lesson: Lesson, say: Say) -> tuple[str, str, str]:
    days = _written_days(lesson.days, say) if lesson.days is not None else say(*_EVERY_DAY)
    return say("giờ phòng", "room booked"), f"{lesson.hours} {days}", ""


def _span_words(row: Span | Taught | HalfDay, say: Say) -> str:
    last = f" - {written_date(row.last, say)}" if row.last else ""
    return f"{written_date(row.first, say)}{last}"


def tell(console: Console, plan: Plan) -> None:
    """What a plan says, as it was understood: so that a wrong date is seen before it counts."""
    say = console.say
    console.line(f"{say('Năm học', 'School year')} {plan.year}")
    rows: list[tuple[str, str, str]] = []
    for (vietnamese, english), spans in (
        (("học kỳ", "term"), plan.term),
        (("kỳ nghỉ", "break"), plan.break_),
        (("thi", "exams"), plan.exam),
    ):
        rows += [(say(vietnamese, english), _span_words(span, say), span.name) for span in spans or ()]
    for taught in plan.taught or ():
        like = f" {_like_words(min(weekdays_of((taught.like,))), say)}" if taught.like is not None else ""
        rows.append((say(*_MADE_UP), f"{_span_words(taught, say)}{like}", taught.name))
    rows += [
        (say("nửa ngày", "half day"), _span_words(half, say), f"{half.hours} {half.name}")
        for half in plan.half_day or ()
    ]
    for shift in plan.shift or ():
        days = _written_days(shift.days, say) if shift.days is not None else say(*_EVERY_DAY)
        lessons = f", {len(shift.lessons)} {say('tiết', 'lessons')}" if shift.lessons else ""
        rows.append((say("ca học", "shift"), f"{shift.hours} {days}{lessons}", shift.name))
    rows += [_lesson_row(lesson, say) for lesson in plan.lesson or ()]
    if rows:
        console.table((), rows)
