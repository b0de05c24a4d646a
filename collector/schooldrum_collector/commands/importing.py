"""`import`: areas, schools, sites, rooms and lines from the office's CSV or XLSX tables, all of them or nothing."""

import argparse
from collections import Counter
from pathlib import Path

from schooldrum_collector.commands.call import Call, opened, scope_of
from schooldrum_collector.commands.columns import COLUMNS, known_headings, meant_by
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.entries import Understanding, understand
from schooldrum_collector.commands.register_plan import Plan, Standing, Step, plan
from schooldrum_collector.commands.sheets import Unreadable, read_sheets
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import EVERYTHING, Register, Scope
from schooldrum_collector.store.retiring import retire

SHOWN = 40


_FIELDS = {
    "name": ("tên", "name"),
    "level": ("cấp", "level"),
    "area": ("khu vực", "area"),
    "kind": ("loại", "kind"),
    "seats": ("số máy", "seats"),
    "always_on": ("luôn bật", "always on"),
    "provider": ("nhà mạng", "provider"),
    "customer": ("mã khách hàng", "customer number"),
    "networks": ("địa chỉ IP", "addresses"),
}
_KINDS = {
    "lab": ("phòng máy", "lab"),
    "classroom": ("phòng học", "classroom"),
    "subject": ("phòng bộ môn", "subject"),
    "library": ("thư viện", "library"),
    "office": ("văn phòng", "office"),
}


class _Overtaken(Exception):  # noqa: N818 - it names what happened to the plan
    """The transaction is given up: the register changed after its plan was shown."""


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `import` takes."""
    titles = "; ".join(say(*column.title) for column in COLUMNS)
    parser.description = say(
        f"Nhập khu vực, trường, phòng, đường truyền từ bảng CSV hoặc XLSX. Các cột hiểu được: {titles}.",
        f"Imports areas, schools, rooms and lines from CSV or XLSX tables. Columns that are understood: {titles}.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--dry-run", action="store_true", help=say("chỉ cho xem, không lưu", "shows everything, saves nothing")
    )
    parser.add_argument(
        "--retire-missing",
        action="store_true",
        help=say(
            "ngừng theo dõi máy ở các phòng không có trong bảng (ở các trường có trong bảng, hoặc cả --scope)",
            "retires PCs of rooms that the tables do not list (in the schools they name, or in all of --scope)",
        ),
    )
    parser.add_argument(
        "--scope", default="", metavar="PATH", help=say("chỉ được ghi trong khu vực này", "may write in this area only")
    )
    parser.add_argument("--yes", action="store_true", help=say("không hỏi lại", "does not ask"))
    parser.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run(given: argparse.Namespace, call: Call) -> int:
    """Reads, shows what was understood, and saves in one transaction unless anything is wrong."""
    understood = _read(given.files, call)
    with opened(call, create=not given.dry_run) as store:
        register = store.register()
        scope = scope_of(call, register, given.scope) if given.scope else EVERYTHING
        shown = _planned(understood, _standing(register), scope, given)
        if not given.json:
            _show(call, understood, shown)
        ready = not shown.problems and not given.dry_run and bool(shown.steps)
        if ready and call.console.answers.isatty() and not given.yes and not given.json:
            ready = call.console.agrees(call.say("Lưu các thay đổi này?", "Save these changes?"))
        if ready:
            try:
                with store.writing() as writer:
                    _save(writer, call, _same(shown, _planned(understood, _written(writer), scope, given)))
            except _Overtaken:
                raise Failed(
                    call.say(
                        "Danh mục vừa được người khác đổi, chưa lưu gì. Chạy lại lệnh.",
                        "Somebody has just changed the register; nothing was saved. Run the command again.",
                    )
                ) from None
    if given.json:
        call.console.json(
            {
                "saved": ready,
                "files": [{"file": one.file, "form": one.form, "columns": one.headings} for one in understood],
                "steps": shown.steps,
                "unchanged": shown.unchanged,
                "left_out": shown.left_out,
                "problems": [problem.sentence(call.say) for problem in shown.problems],
            }
        )
    elif ready:
        call.console.line(call.say("Đã lưu.", "Saved."))
    elif shown.problems:
        call.console.line(
            call.say(
                "Chưa lưu gì: sửa các dòng trên rồi nhập lại.", "Nothing was saved: mend these rows, then import again."
            )
        )
    elif shown.steps:
        call.console.line(call.say("Chưa lưu gì.", "Nothing was saved."))
    return 1 if shown.problems else 0


def _read(files: list[Path], call: Call) -> tuple[Understanding, ...]:
    understood: list[Understanding] = []
    for path in files:
        try:
            sheets = read_sheets(path, known_headings)
        except Unreadable as trouble:
            # What rows have against each other is not told: the one that is asked for may be among those not read.
            faults = understand(trouble.before).problems if trouble.before else ()
            told = [f"! {fault.sentence(call.say)}" for fault in faults]
            raise Failed("\n".join([*told, f"{path}: {call.say(trouble.vietnamese, trouble.english)}."])) from trouble
        tables = [understand(sheet) for sheet in sheets]
        if not any(table.headings for table in tables):
            known = ", ".join(call.say(*column.title) for column in COLUMNS)
            first = next((row.cells for sheet in sheets for row in sheet.rows if any(row.cells)), ())
            guessed = "".join(f" {_guessed(cell, call.say)}." for cell in first[: len(COLUMNS)] if meant_by(cell))
            raise Failed(
                call.say(
                    f"{path}: không có dòng tiêu đề nào hiểu được.{guessed} Các cột: {known}.",
                    f"{path}: no line of headings was understood.{guessed} The columns are: {known}.",
                )
            )
        understood += tables
    return tuple(understood)


def _standing(register: Register) -> Standing:
    return Standing(
        areas=register.areas,
        schools=register.schools,
        rooms=register.rooms,
        machines=tuple(register.machines.values()),
        lines=register.lines,
    )


def _planned(
    understood: tuple[Understanding, ...], standing: Standing, scope: Scope, given: argparse.Namespace
) -> Plan:
    return plan(
        [entry for one in understood for entry in one.entries],
        standing,
        scope,
        retire_missing=given.retire_missing,
        scoped=bool(given.scope),
        faults=[problem for one in understood for problem in one.problems],
    )


def _written(writer: Writer) -> Standing:
    schools = {school.code: school for school in writer.schools(EVERYTHING)}
    return Standing(
        areas={area.path: area for area in writer.areas()},
        schools=schools,
        rooms={room.path: room for room in writer.rooms(EVERYTHING)},
        machines=tuple(machine for code in schools for machine in writer.machines_of_school(code)),
        lines={line.path: line for line in writer.lines(EVERYTHING)},
    )


def _same(shown: Plan, now: Plan) -> Plan:
    if now.steps != shown.steps or now.problems:
        raise _Overtaken
    return now


def _save(writer: Writer, call: Call, decided: Plan) -> None:
    for area in decided.areas:
        writer.put_area(area)
    for school in decided.schools:
        writer.put_school(school)
    for room in decided.rooms:
        writer.put_room(room)
    for line in decided.lines:
        writer.put_line(line)
    for machine in decided.machines:
        retire(writer, machine, call.now())
    for step in decided.steps:
        writer.log(call.change(f"import.{step.action}", step.key, step.detail))


def _guessed(heading: str, say: Say) -> str:
    """A heading that is not understood, with what may have been meant."""
    meant = say(" hay ", " or ").join(say(*column.title) for column in meant_by(heading))
    return f"{heading:.60}" + (say(f" (có phải là {meant}?)", f" (did you mean {meant}?)") if meant else "")


def _show(call: Call, understood: tuple[Understanding, ...], shown: Plan) -> None:
    say, console = call.say, call.console
    titles = {column.key: say(*column.title) for column in COLUMNS}
    for one in understood:
        if not one.headings:
            console.line(f"{one.file} ({one.form}): {say('bỏ qua, không có cột nào hiểu được', 'skipped, no column')}")
            continue
        console.line(f"{one.file} ({one.form}): {len(one.entries)} {say('dòng', 'rows')}")
        ignored = [_guessed(heading, say) for heading, key in one.headings if not key]
        console.line("  " + "; ".join(f"{heading} = {titles[key]}" for heading, key in one.headings if key))
        if ignored:
            console.line(f"  {say('bỏ qua cột', 'columns left out')}: {', '.join(ignored)}")
    for problem in shown.problems:
        console.line(f"! {problem.sentence(say)}")
    words = {
        "add": say("thêm", "add"),
        "change": say("đổi", "change"),
        "retire": say("ngừng theo dõi", "retire"),
        "area": say("khu vực", "area"),
        "school": say("trường", "school"),
        "room": say("phòng", "room"),
        "line": say("đường truyền", "line"),
        "machine": say("máy", "PC"),
    }
    if shown.steps:
        headings = (say("Việc", "Action"), say("Loại", "Kind"), say("Mã", "Code"), say("Tên", "Name"), "")
        console.table(
            headings,
            [
                (words[step.action], words[step.kind], step.key, step.name, _changes(step, say))
                for step in shown.steps[:SHOWN]
            ],
        )
        if len(shown.steps) > SHOWN:
            console.line(
                f"… {len(shown.steps) - SHOWN} {say('việc nữa (xem hết bằng --json)', 'more (--json has all)')}"
            )
    counts = Counter((step.action, step.kind) for step in shown.steps)
    parts = [
        say(f"{words[action]} {count} {words[kind]}", f"{words[action]} {count} {words[kind]}s")
        for (action, kind), count in counts.items()
    ]
    parts.append(f"{shown.unchanged} {say('giữ nguyên', 'unchanged')}")
    if shown.left_out:
        parts.append(
            say(
                f"{shown.left_out} nơi có dòng sai, chưa tính vào đây",
                f"{shown.left_out} places left out for the rows named above",
            )
        )
    console.line(f"{say('Cộng', 'In all')}: {', '.join(parts)}.")


def _changes(step: Step, say: Say) -> str:
    """Every field that changes, as people call it."""
    parts = []
    for one in step.changes:
        before = "" if one.before is None else f"{_value(one.field, one.before, say)} -> "
        parts.append(f"{say(*_FIELDS[one.field])}: {before}{_value(one.field, one.after, say)}")
    return ", ".join(parts)


def _value(field: str, value: object, say: Say) -> str:
    if isinstance(value, bool):
        return say("có", "yes") if value else say("không", "no")
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "-"
    return say(*_KINDS[value]) if field == "kind" and value in _KINDS else str(value) or "-"
