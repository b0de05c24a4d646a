"""How a PC is named and described in words: by room and seat, never by its computer name."""

from schooldrum_collector.judge.identity import REASONS
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.judge.settings import observer_role
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Machine, Note, Register, Room

_STATES = {
    State.ONLINE: ("đang bật", "on"),
    State.OFF: ("đã tắt", "switched off"),
    State.SILENT: ("mất liên lạc", "not heard"),
    State.MUTE: ("đang bật, không gửi số liệu", "on, not reporting"),
    State.NEVER: ("chưa gửi lần nào", "never reported"),
    State.PENDING: ("chờ duyệt", "waits for approval"),
    State.RETIRED: ("ngừng theo dõi", "no longer watched"),
}
_TEACHER = "-gv"
NOTES = {
    Note.BROKEN: ("hỏng, chờ sửa", "broken"),
    Note.LENT: ("cho mượn", "lent"),
    Note.AWAY: ("để nơi khác", "kept elsewhere"),
}
"""What people note about a PC that is not on."""


def state_word(presence: Presence, say: Say) -> str:
    """The glossary's word for a state, and whether the PC is away from its school."""
    return say(*_STATES[presence.state]) + away_words(presence, say)


def away_words(presence: Presence, say: Say) -> str:
    """What is said behind the state of a PC that is not at its school; empty for all others."""
    return say(", ngoài trường", ", away from school") if presence.away else ""


def waits_because(machine: Machine, say: Say) -> str:
    """Why a pending machine waits, or nothing."""
    reason = machine.pending_reason
    return say(*REASONS[reason]) if reason in REASONS else reason


_ROLES = {
    "active": ("máy trực", "observer"),
    "standby": ("máy trực dự bị", "standby observer"),
    "set": ("máy trực (do cài đặt)", "observer (by settings)"),
}


def observer_word(register: Register, machine: Machine, say: Say) -> str:
    """What an observer is called; empty for others."""
    role = observer_role(register, machine)
    return say(*_ROLES[role]) if role else ""


def called(machine: Machine, room: Room | None, say: Say) -> str:
    """The room's name and `Máy 07`, or `Máy GV` for the teacher's, with a dash between."""
    return f"{room.name if room else machine.path} \N{EN DASH} {seat_words(machine, say)}"


def called_by_id(register: Register, machine: str, say: Say) -> str:
    """The same of a machine that is only known by its id; the id itself where the register has none of it."""
    known = register.machines.get(machine)
    return called(known, register.rooms.get(known.path), say) if known else machine


def seat_words(machine: Machine, say: Say) -> str:
    """`Máy 07`, or `Máy GV` for the teacher's."""
    if machine.alias.endswith(_TEACHER):
        return say("Máy GV", "Teacher's PC")
    return f"{say('Máy', 'PC')} {machine.seat:02}"
