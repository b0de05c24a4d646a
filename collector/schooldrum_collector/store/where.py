"""Where a machine of the register stands, as policies name places."""

from schooldrum_collector.judge.software import Where
from schooldrum_collector.store.records import Machine, Register


def where_of(register: Register, machine: Machine) -> Where:
    """Its area, school and room with what policies ask of them; empty words for what the register does not know."""
    school, room = register.schools.get(machine.school), register.rooms.get(machine.path)
    return Where(
        area=school.area if school else "",
        school=machine.school,
        level=school.level if school else "",
        room=machine.path,
        kind=room.kind if room else "",
    )
