"""How a PC is named, found and described in words: by room and seat, never by its computer name."""

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.judge.identity import REASONS
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Machine, Register, Room

_STATES = {
    State.ONLINE: ("đang bật", "on"),
    State.OFF: ("đã tắt", "switched off"),
    State.SILENT: ("mất liên lạc", "not heard"),
    State.NEVER: ("chưa gửi lần nào", "never reported"),
    State.PENDING: ("chờ duyệt", "waits for approval"),
    State.RETIRED: ("ngừng theo dõi", "no longer watched"),
}
_TEACHER = "-gv"


def state_word(presence: Presence, say: Say) -> str:
    """The glossary's word for a state."""
    return say(*_STATES[presence.state])


def waits_because(machine: Machine, say: Say) -> str:
    """Why a pending machine waits, or nothing."""
    reason = machine.pending_reason
    return say(*REASONS[reason]) if reason in REASONS else reason


def called(machine: Machine, room: Room | None, say: Say) -> str:
    """The room's name and `Máy 07`, or `Máy GV` for the teacher's, with a dash between."""
    if machine.alias.endswith(_TEACHER):
        seat = say("Máy GV", "Teacher's PC")
    else:
        seat = f"{say('Máy', 'PC')} {machine.seat:02}"
    return f"{room.name if room else machine.path} \u2013 {seat}"


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
