"""What digests say of PCs: who is behind on updates or out of support, and who has not been seen."""

from collections.abc import Iterable, Iterator

from schooldrum_collector.judge.appraisal import opened_kept
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.lessons import lesson_seconds
from schooldrum_collector.judge.live import Unreadable
from schooldrum_collector.judge.patches import PatchState
from schooldrum_collector.judge.posture_found import Verdict
from schooldrum_collector.show.machine_words import seat_words
from schooldrum_collector.show.notify_digest import Behind, Visit
from schooldrum_collector.show.notify_month import Safety
from schooldrum_collector.show.notify_names import tidy
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine, MachineState, Register, Scope
from schooldrum_collector.vietnamese import sort_key
from schooldrum_wire.catalogue.updates import PATCH_AGE_SECONDS

_DAY_SECONDS = 86400.0


def active(register: Register, school: str) -> list[Machine]:
    """The approved PCs of a school."""
    machines = (register.machines[one] for one in register.by_school.get(school, ()))
    return [one for one in machines if one.state is MachineState.ACTIVE]


def rooms_behind(store: Store, register: Register, school: str) -> tuple[Behind, ...]:
    """Rooms of this school with PCs that are behind on security updates, the worst first."""
    by_room: dict[str, list[tuple[int, bool]]] = {}
    count: dict[str, int] = {}
    for machine in active(register, school):
        count[machine.path] = count.get(machine.path, 0) + 1
        appraisal = store.appraisal_of(EVERYTHING, machine.id)
        patches = appraisal.verdicts.patches if appraisal and appraisal.verdicts else None
        if patches is not None and patches.age_days is not None and patches.in_time() is False:
            by_room.setdefault(machine.path, []).append((patches.age_days, patches.state is PatchState.FROZEN))
    rooms = [
        Behind(
            room=tidy(register.rooms[path].name if path in register.rooms else path, 40),
            behind=len(found),
            of=count[path],
            oldest=max(days for days, _ in found),
            frozen=sum(frozen for _, frozen in found),
        )
        for path, found in by_room.items()
    ]
    return tuple(sorted(rooms, key=lambda one: (-one.behind, sort_key(one.room))))


def safety_of(store: Store, register: Register, school: str) -> Safety:
    """How the PCs of a school stand with updates and support; one that is out of support is not late as well."""
    return _safety([one for _, one in _looked_at(store, [school], register)], len(active(register, school)))


def schools_to_visit(store: Store, register: Register, schools: Iterable[str]) -> tuple[Visit, ...]:
    """Schools with PCs that are behind or out of support, most of them first: whom to visit first."""
    by_school: dict[str, list[tuple[bool, int]]] = {}
    for code, found in _looked_at(store, schools, register):
        by_school.setdefault(code, []).append(found)
    visits: list[Visit] = []
    for code, some in by_school.items():
        safety = _safety(some, len(some))
        if safety.late or safety.unsupported:
            name = tidy(register.schools[code].name if code in register.schools else code, 40)
            visits.append(Visit(school=name, late=safety.late, unsupported=safety.unsupported, oldest=safety.oldest))
    return tuple(sorted(visits, key=lambda one: (-one.late - one.unsupported, sort_key(one.school))))


def _looked_at(store: Store, schools: Iterable[str], register: Register) -> Iterator[tuple[str, tuple[bool, int]]]:
    """Of each approved PC that was judged: its school, whether it is out of support, days it is late (0: in time)."""
    for code in schools:
        there = {machine.id for machine in active(register, code)}
        for appraised in store.appraisals(Scope(school=code), there):
            try:
                kept = opened_kept(appraised.body)
            except Unreadable:
                # Written by another version: it is judged again within the hour.
                continue
            ended = kept.checks.get("supported_system") == Verdict.NOT_MET
            late = kept.checks.get("updates_in_time") == Verdict.NOT_MET and not ended
            age = next((one.value for one in kept.readings if one.name == PATCH_AGE_SECONDS.name), 0.0)
            yield code, (ended, max(1, int(age // _DAY_SECONDS)) if late else 0)


def _safety(found: list[tuple[bool, int]], of: int) -> Safety:
    return Safety(
        of=of,
        late=sum(days > 0 for _, days in found),
        oldest=max((days for _, days in found), default=0),
        unsupported=sum(ended for ended, _ in found),
    )


def absent(store: Store, register: Register, school: str, say: Say, *, begin: float, end: float) -> tuple[str, ...]:
    """PCs that were expected in this time and not heard in it; nobody is missed in the holidays."""
    until = CALENDARS.of_school(register, school).until
    if lesson_seconds(until, begin, end) <= 0:
        return ()
    return unheard(store, register, school, begin, say, noted=False)


def unheard(
    store: Store, register: Register, school: str, since: float, say: Say, *, noted: bool = True
) -> tuple[str, ...]:
    """What people call the PCs of a school that have not been heard since then (epoch seconds).

    Those of which people have noted why are among them where `noted`: nobody misses them.
    """
    heard = {one.machine: one.heard for one in store.latest(Scope(school=school))}
    names: list[str] = []
    for machine in active(register, school):
        last = heard.get(machine.id, 0.0)
        if machine.enrolled >= since or last >= since or (machine.is_noted(last) and not noted):
            continue
        room = register.rooms.get(machine.path)
        names.append(tidy(f"{room.name}, {seat_words(machine, say)}" if room else machine.alias))
    return tuple(sorted(names, key=sort_key))
