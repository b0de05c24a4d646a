"""Which PC a person means who names one."""

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.store.records import Machine, Register


def found_machine(call: Call, register: Register, text: str) -> Machine:
    """The machine a person means: its id, `CODE/alias`, or an alias that only one school has.

    Raises:
        Failed: there is none, or more than one; the sentence says what to write.
    """
    wanted = text.strip()
    if wanted in register.machines:
        return register.machines[wanted]
    school, _, alias = wanted.rpartition("/")
    school = school.partition("/")[0]
    matches = [
        machine
        for machine in register.machines.values()
        if machine.alias == alias.lower() and school in {"", machine.school}
    ]
    if len(matches) == 1:
        return matches[0]
    say = call.say
    if not matches:
        raise Failed(
            say(
                f"Danh mục không có máy {wanted!r:.60}. Xem: schooldrum-collector machines list",
                f"The register has no PC {wanted!r:.60}. See: schooldrum-collector machines list",
            )
        )
    names = ", ".join(f"{machine.school}/{machine.alias}" for machine in matches[:5])
    raise Failed(say(f"Nhiều máy tên {wanted!r}: {names}. Ghi rõ trường.", f"Several PCs are {wanted!r}: {names}."))
