"""What the calendar of a place is written upon: the way down to it, its time zone, how much it may hold."""

from collections.abc import Iterable
from datetime import date

from schooldrum_collector.commands.calendar_month import written_date
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.judge.calendar import DEFAULT_ZONE
from schooldrum_collector.judge.calendar_plan import PlaceCalendar, chain, year_of
from schooldrum_collector.judge.settings import above, places_of
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

_MOST_ENTRIES = 2000


def way_to(register: Register, place: str) -> tuple[PlaceCalendar, ...]:
    """What is written on the way down to a place, farthest first."""
    return chain(register.calendars, names_to(register, place))


def way_above(register: Register, place: str) -> tuple[PlaceCalendar, ...]:
    """What is written above a place, farthest first, without what is written at itself."""
    return chain(register.calendars, names_to(register, place)[:-1])


def names_to(register: Register, place: str) -> tuple[str, ...]:
    """The places on the way down to a place, farthest first, itself last."""
    if place in register.rooms:
        school = register.rooms[place].school
        return tuple(places_of(register.schools[school].area, school, place))
    if place in register.schools:
        return tuple(places_of(register.schools[place].area, place))
    return tuple(above(place))


def with_own_lessons(register: Register, place: str, year: str) -> tuple[str, tuple[str, ...]]:
    """Who else gives lesson hours for this school year: the nearest place above (empty: none), and all below."""
    giving = {
        name
        for name, calendar in register.calendars.items()
        if any(plan.year == year and plan.lesson is not None for plan in calendar.plans)
    }
    higher = next((name for name in reversed(names_to(register, place)[:-1]) if name in giving), None)
    lower = sorted(name for name in giving if name != place and place in names_to(register, name))
    return "" if higher is None else higher or "/", tuple(lower)


def year_above(way: Iterable[PlaceCalendar], today: date) -> str:
    """The school year of the plan on this way that holds today, or is the next to come; empty where there is none."""
    years = {plan.year for place in way for plan in place.plans}
    return min((year for year in years if year >= year_of(today)), default="")


def zone_of(register: Register, place: str) -> str:
    """The time zone of a school or a room; Vietnam's for areas."""
    school = register.schools.get(place.partition("/")[0])
    return school.time_zone if school else DEFAULT_ZONE


def bounded(call: Call, calendar: PlaceCalendar) -> PlaceCalendar:
    """The calendar, if it is no larger than any may be.

    Raises:
        Failed: it is.
    """
    if len(calendar.closings) + len(calendar.maintenance) > _MOST_ENTRIES:
        raise Failed(
            call.say(
                f"Nơi này đã có hơn {_MOST_ENTRIES} mục lịch.", f"This place has more than {_MOST_ENTRIES} entries."
            )
        )
    return calendar


def written_span(say: Say, first: date, last: date) -> str:
    """One day, or the first and the last of several."""
    if first == last:
        return written_date(first, say)
    return f"{written_date(first, say)} - {written_date(last, say)}"
