"""What a school-year plan may say, and whoever wrote it probably did not mean."""

from collections.abc import Iterator

from schooldrum_collector.commands.calendar_month import KIND_WORDS, days_between
from schooldrum_collector.commands.calendar_places import way_above, with_own_lessons, written_span
from schooldrum_collector.commands.call import Call
from schooldrum_collector.judge.calendar_day import Day, day_at
from schooldrum_collector.judge.calendar_plan import NOTHING, HalfDay, Plan, Taught, plan_in_force, with_plan
from schooldrum_collector.store.records import Register

_PLACES_TOLD = 10


def tell_doubts(call: Call, register: Register, place: str, plan: Plan) -> None:
    """Remarks about a plan that is to be saved at this place; none where nothing is doubtful."""
    way = (*way_above(register, place), with_plan(register.calendars.get(place, NOTHING), plan))
    merged = plan_in_force(way, plan.year)
    if merged is None or not merged.term:
        call.console.remark(
            call.say(
                "Chưa có học kỳ ([[term]]) ở nơi này hay bên trên: năm học coi như chưa có kế hoạch.",
                "No terms ([[term]]) here or above: the year counts as having no plan yet.",
            )
        )
    for table, row in _rows(plan):
        days = [day_at(way, day) for day in days_between(row.first, row.last or row.first)]
        if not any(day.hours for day in days):
            _tell_idle(call, table, row, days[0])
    if plan.lesson is not None:
        _tell_lessons(call, register, place, plan.year)


def _rows(plan: Plan) -> Iterator[tuple[str, Taught | HalfDay]]:
    for taught in plan.taught or ():
        yield "taught", taught
    for half in plan.half_day or ():
        yield "half_day", half


def _tell_idle(call: Call, table: str, row: Taught | HalfDay, day: Day) -> None:
    """That no PC is expected on days for which somebody wrote that there are lessons, and why."""
    say = call.say
    span, why = written_span(say, row.first, row.last or row.first), say(*KIND_WORDS[day.kind])
    mend = ""
    if isinstance(row, HalfDay):
        mend = say(" Nếu có học: thêm [[taught]] cùng ngày.", " If it is taught: add a [[taught]] of the same day.")
    call.console.remark(
        say(
            f"[[{table}]] {span}: không chờ máy nào ({why}, không có ca học).{mend}",
            f"[[{table}]] {span}: no PC is expected ({why}, no lessons).{mend}",
        )
    )


def _tell_lessons(call: Call, register: Register, place: str, year: str) -> None:
    """Whose lesson hours win where several places give some: the nearest place's."""
    say, here = call.say, place or "/"
    if place not in register.rooms:
        call.console.remark(
            say(
                f"[[lesson]] của {here}: mọi phòng bên dưới, kể cả văn phòng, chỉ chờ máy bật trong những giờ này.",
                f"[[lesson]] of {here}: in all rooms below, offices too, PCs are expected in these hours alone.",
            )
        )
    higher, lower = with_own_lessons(register, place, year)
    if higher:
        call.console.remark(
            say(
                f"[[lesson]] của {here} thay cho [[lesson]] của {higher}, không cộng thêm.",
                f"[[lesson]] of {here} stands in the place of [[lesson]] of {higher}; they are not added up.",
            )
        )
    if lower:
        names = ", ".join(lower[:_PLACES_TOLD]) + ("…" if len(lower) > _PLACES_TOLD else "")
        call.console.remark(
            say(
                f"Vẫn theo [[lesson]] riêng, không theo tệp này: {names}.",
                f"Their own [[lesson]] stays in force, not this file's: {names}.",
            )
        )
