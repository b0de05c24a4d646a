"""What an import would do to the register: pure, so that what was shown and what is saved are the same judgement."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from schooldrum_collector.commands.entries import Entry, RowProblem
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.store.records import Area, Machine, MachineState, Room, School, Scope

Placed = TypeVar("Placed", Area, School, Room, RegisteredLine)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The register before the import: areas, rooms and lines by path, schools by code, machines in no order."""

    areas: Mapping[str, Area]
    schools: Mapping[str, School]
    rooms: Mapping[str, Room]
    machines: tuple[Machine, ...] = ()
    lines: Mapping[str, RegisteredLine] = {}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a place as it was (None: the place is new) and as it will be."""

    field: str
    before: Any
    after: Any


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that will be added, changed or retired; `detail` names every field that changes, for the log."""

    action: str
    kind: str
    key: str
    name: str
    detail: str = ""
    changes: tuple[Change, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an import will write, as it will be, and the problems for which nothing may be written.

    `steps` and `unchanged` are what is sure: places of which a row with a problem speaks are counted in `left_out`.
    """

    steps: tuple[Step, ...]
    problems: tuple[RowProblem, ...]
    unchanged: int
    left_out: int = 0
    areas: tuple[Area, ...] = ()
    schools: tuple[School, ...] = ()
    rooms: tuple[Room, ...] = ()
    machines: tuple[Machine, ...] = ()
    lines: tuple[RegisteredLine, ...] = ()


class _Gathered(msgspec.Struct):
    """What rows say of one place so far, each value with the row that said it."""

    first: Entry
    values: dict[str, tuple[object, Entry]]
    rows: set[tuple[str, int]]


def _problem(entry: Entry, vietnamese: str, english: str) -> RowProblem:
    return RowProblem(file=entry.file, line=entry.line, vietnamese=vietnamese, english=english)


def _gather(
    gathered: dict[str, _Gathered], key: str, entry: Entry, said: Mapping[str, object], problems: list[RowProblem]
) -> None:
    place = gathered.setdefault(key, _Gathered(entry, {}, set()))
    place.rows.add((entry.file, entry.line))
    for field, value in said.items():
        if value is None:
            continue
        before = place.values.setdefault(field, (value, entry))
        if before[0] != value:
            problems.append(
                _problem(
                    entry,
                    f"{key}: {value!r:.60} khác với {before[0]!r:.60} ở dòng {before[1].line} của {before[1].file}",
                    f"{key}: {value!r:.60} differs from {before[0]!r:.60} on line {before[1].line} of {before[1].file}",
                )
            )


def _detail(change: Change) -> str:
    return f"{change.field}: {'' if change.before is None else f'{change.before} -> '}{change.after}"


def _step(kind: str, key: str, name: str, before: Placed | None, after: Placed) -> Step | None:
    if before == after:
        return None
    hidden = {"salt", "time_zone"}
    if before is None:
        hidden |= {"path", "code", "school", "site", "name", "provider"}
    changes = tuple(
        Change(field=field, before=None if before is None else getattr(before, field), after=getattr(after, field))
        for field in after.__struct_fields__
        if field not in hidden and getattr(after, field) != getattr(before, field, "")
    )
    return Step(
        action="add" if before is None else "change",
        kind=kind,
        key=key,
        name=name,
        detail=", ".join(map(_detail, changes)),
        changes=changes,
    )


def _steps(
    kind: str,
    made: Mapping[str, Placed],
    before: Mapping[str, Placed],
    unsure: set[str],
    title: Callable[[Placed], str],
) -> list[Step | None]:
    return [
        _step(kind, key, title(place), before.get(key), place)
        for key, place in sorted(made.items())
        if key not in unsure
    ]


def plan(
    entries: Iterable[Entry],
    standing: Standing,
    scope: Scope,
    *,
    retire_missing: bool,
    scoped: bool = False,
    faults: Iterable[RowProblem] = (),
) -> Plan:
    """What these entries change in this register; `faults` are what their rows alone have shown to be wrong.

    `scope` is what the importer may write; a place outside it is a problem. With `retire_missing`, machines in rooms
    that the entries do not list are retired and the room's seats become 0: in the schools that the entries name, and
    in all of the scope where `scoped` says that the importer named one.
    """
    areas: dict[str, _Gathered] = {}
    schools: dict[str, _Gathered] = {}
    rooms: dict[str, _Gathered] = {}
    lines: dict[str, _Gathered] = {}
    room_of: dict[str, Entry] = {}
    problems = list(faults)
    for entry in entries:
        if entry.area and (entry.area_name or not entry.school):
            said: dict[str, object] = {"name": entry.area_name, "level": entry.area_level}
            _gather(areas, entry.area, entry, said, problems)
        if entry.school:
            said = {"name": entry.school_name, "area": entry.area, "level": entry.school_level}
            _gather(schools, entry.school, entry, said, problems)
        if entry.school and entry.room:
            path = f"{entry.school}/{entry.site}/{entry.room}"
            room_of[path] = entry
            _gather(rooms, path, entry, _said_of_room(entry), problems)
        if entry.school and (entry.provider or entry.customer or entry.networks):
            said = {"provider": entry.provider, "customer": entry.customer, "networks": entry.networks}
            _gather(lines, f"{entry.school}/{entry.site}/{entry.internet_line}", entry, said, problems)
    new_areas = _areas(areas, standing, problems)
    new_schools = _schools(schools, standing, {**standing.areas, **new_areas}, problems)
    new_rooms = _rooms(rooms, room_of, standing, problems)
    new_lines = _lines(lines, standing, problems)
    _names_apart({**standing.areas, **new_areas}, {**standing.schools, **new_schools}, areas, schools, problems)
    outside = _outside(scope, standing, list(areas), new_schools, [*rooms, *lines])
    problems += [
        _problem(place.first, f"{key} nằm ngoài phạm vi được nhập", f"{key} lies outside the scope of this import")
        for gathered in (areas, schools, rooms, lines)
        for key, place in gathered.items()
        if key in outside
    ]
    doubted = {(problem.file, problem.line) for problem in problems}
    unsure = {
        key for gathered in (areas, schools, rooms, lines) for key, place in gathered.items() if place.rows & doubted
    }
    machines: dict[str, Machine] = {}
    # A table without rooms says nothing of rooms: it must not empty a whole area. Nor does one that cannot be read.
    if retire_missing and new_rooms and not problems:
        named = {path.partition("/")[0] for path in new_rooms}
        if scoped:
            named |= {code for code, school in standing.schools.items() if scope.covers(school=code, area=school.area)}
        gone = {path: room for path, room in standing.rooms.items() if room.school in named and path not in new_rooms}
        new_rooms.update({path: msgspec.structs.replace(room, seats=0) for path, room in gone.items()})
        machines = {
            machine.id: msgspec.structs.replace(machine, state=MachineState.RETIRED)
            for machine in standing.machines
            if machine.path in gone and machine.state is not MachineState.RETIRED
        }
    steps = [
        *_steps("area", new_areas, standing.areas, unsure, lambda area: area.name),
        *_steps("school", new_schools, standing.schools, unsure, lambda school: school.name),
        *_steps("room", new_rooms, standing.rooms, unsure, lambda room: room.name),
        *_steps("line", new_lines, standing.lines, unsure, lambda line: line.provider),
    ]
    steps += [
        Step(action="retire", kind="machine", key=f"{machine.path}/{machine.alias}", name=machine.alias)
        for machine in sorted(machines.values(), key=lambda machine: (machine.path, machine.seat))
    ]
    return Plan(
        steps=tuple(step for step in steps if step is not None),
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))),
        unchanged=sum(1 for step in steps if step is None),
        left_out=len(unsure),
        areas=tuple(new_areas[path] for path in sorted(new_areas)),
        schools=tuple(new_schools.values()),
        rooms=tuple(new_rooms.values()),
        machines=tuple(machines.values()),
        lines=tuple(new_lines.values()),
    )


def _said_of_room(entry: Entry) -> dict[str, object]:
    return {"name": entry.room_name, "kind": entry.kind, "seats": entry.seats, "always_on": entry.always_on}


def _merged(before: Placed, place: _Gathered) -> Placed:
    return msgspec.structs.replace(before, **{field: value for field, (value, _) in place.values.items()})


def _areas(gathered: dict[str, _Gathered], standing: Standing, problems: list[RowProblem]) -> dict[str, Area]:
    made: dict[str, Area] = {}
    for path in sorted(gathered):
        place = gathered[path]
        if path not in standing.areas and "name" not in place.values:
            problems.append(_problem(place.first, f"khu vực mới {path}: thiếu tên", f"new area {path}: no name"))
        parent = path.rpartition("/")[0]
        if parent and parent not in standing.areas and parent not in gathered:
            problems.append(
                _problem(
                    place.first,
                    f"khu vực {path}: chưa có khu vực cấp trên {parent}",
                    f"area {path}: the area above it, {parent}, is not there",
                )
            )
        made[path] = _merged(standing.areas.get(path, Area(path=path, name="")), place)
    return made


def _schools(
    gathered: dict[str, _Gathered], standing: Standing, areas: Mapping[str, Area], problems: list[RowProblem]
) -> dict[str, School]:
    made: dict[str, School] = {}
    spelt = {code.casefold(): code for code in standing.schools}
    for code, place in gathered.items():
        if spelt.setdefault(code.casefold(), code) != code:
            other = spelt[code.casefold()]
            problems.append(
                _problem(
                    place.first, f"mã trường {code} chỉ khác {other} ở chữ hoa", f"{code} is {other} in other case"
                )
            )
        if code not in standing.schools and "name" not in place.values:
            problems.append(_problem(place.first, f"trường mới {code}: thiếu tên", f"new school {code}: no name"))
        school = _merged(standing.schools.get(code, School(code=code, name="")), place)
        if school.area and school.area not in areas:
            problems.append(
                _problem(
                    place.first,
                    f"trường {code}: chưa có khu vực {school.area}",
                    f"school {code}: there is no area {school.area}",
                )
            )
        made[code] = school
    return made


def _rooms(
    gathered: dict[str, _Gathered], room_of: dict[str, Entry], standing: Standing, problems: list[RowProblem]
) -> dict[str, Room]:
    made: dict[str, Room] = {}
    for path, place in gathered.items():
        entry = room_of[path]
        if path not in standing.rooms and "name" not in place.values:
            problems.append(_problem(place.first, f"phòng mới {path}: thiếu tên", f"new room {path}: no name"))
        fresh = Room(school=entry.school or "", site=entry.site, code=entry.room or "", name="")
        made[path] = _merged(standing.rooms.get(path, fresh), place)
    return made


def _lines(gathered: dict[str, _Gathered], standing: Standing, problems: list[RowProblem]) -> dict[str, RegisteredLine]:
    made: dict[str, RegisteredLine] = {}
    for path, place in gathered.items():
        if path not in standing.lines and "provider" not in place.values:
            problems.append(_problem(place.first, f"đường truyền {path}: thiếu nhà mạng", f"line {path}: no provider"))
        school, site, code = path.split("/")
        fresh = RegisteredLine(school=school, site=site, code=code, provider="")
        made[path] = _merged(standing.lines.get(path, fresh), place)
    return made


def _names_apart(
    areas: Mapping[str, Area],
    schools: Mapping[str, School],
    given_areas: Mapping[str, _Gathered],
    given_schools: Mapping[str, _Gathered],
    problems: list[RowProblem],
) -> None:
    """Settings and scopes are written by path: one path must never mean an area and a school."""
    tops = {path.partition("/")[0].casefold() for path in areas}
    for code in schools:
        if code.casefold() not in tops:
            continue
        place = given_schools.get(code) or next(
            (given for path, given in given_areas.items() if path.partition("/")[0].casefold() == code.casefold()), None
        )
        if place is not None:
            problems.append(
                _problem(
                    place.first,
                    f"{code} vừa là mã trường vừa là mã khu vực: đổi một trong hai",
                    f"{code} is a school's code and an area's: change one of them",
                )
            )


def _outside(
    scope: Scope, standing: Standing, areas: list[str], schools: Mapping[str, School], rooms: list[str]
) -> set[str]:
    beyond = {path for path in areas if scope.school or not scope.covers(school="", area=path)}
    for code, school in schools.items():
        before = standing.schools.get(code)
        # Neither taken from another area nor given away to one.
        reached = [school.area, *([before.area] if before else [])]
        if not all(scope.covers(school=code, area=area) for area in reached):
            beyond.add(code)
    return beyond | {path for path in rooms if path.partition("/")[0] in beyond}
