"""What a scope covers: which schools, machines and lines of the audit log somebody may see."""

from collections.abc import Iterable, Iterator

from schooldrum_collector.store.records import EVERYTHING, Register, Scope


def covers_school(scope: Scope, school: str, register: Register) -> bool:
    """Whether this school, by its code, may be seen."""
    known = register.schools.get(school)
    return scope.covers(school=school, area=known.area if known else "")


def covers_machine(scope: Scope, machine: str, register: Register) -> bool:
    """Whether this machine, by its id, is there and may be seen."""
    known = register.machines.get(machine)
    return known is not None and covers_school(scope, known.school, register)


def machines_in(scope: Scope, register: Register, named: Iterable[str] | None = None) -> Iterator[str]:
    """Ids of the machines that may be seen: all, school by school, or those of the named ones."""
    if named is not None:
        return (machine for machine in named if covers_machine(scope, machine, register))
    schools = (
        [scope.school] if scope.school else [one for one in register.by_school if covers_school(scope, one, register)]
    )
    return (machine for code in schools for machine in register.by_school.get(code, ()))


def concerns(scope: Scope, subject: str, register: Register) -> bool:
    """Whether a change of this subject (a machine, a path of a school, an area) may be seen."""
    if scope == EVERYTHING or covers_machine(scope, subject, register):
        return True
    school = register.schools.get(subject.partition("/")[0])
    if school:
        return scope.covers(school=school.code, area=school.area)
    return bool(scope.area) and subject in register.areas and scope.covers(school="", area=subject)
