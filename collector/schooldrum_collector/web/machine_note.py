"""What people note about a PC that is not on: broken, lent, or kept elsewhere. It is over as soon as it is heard."""

import msgspec
from markupsafe import Markup

from schooldrum_collector import formats
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.show.machine_words import NOTES
from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import Change, Machine, MachineState, Note
from schooldrum_collector.web.page_words import role_words
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.visitors import Visitor


class Unnotable(LookupError):  # noqa: N818 - it names how the act ended
    """The PC is not watched (any more): nothing is noted about it."""


def piece(
    machine: Machine, presence: Presence, heard: float, *, zone: str, rendering: Rendering, words: Reader
) -> Markup:
    """What is noted, by whom and when, with the button that takes it back; else the buttons that note it."""
    say, language = words.say, words.language
    noted = machine.is_noted(heard)
    return rendering.piece(
        "piece_note.html",
        words,
        machine=machine.id,
        noted=say(*NOTES[Note(machine.note)]) if noted else "",
        by=role_words(machine.noted_by, say),
        at=formats.moment(machine.noted, language, zone) if noted else "",
        choices=[(note.value, say(*NOTES[note])) for note in Note],
        offered=machine.state is MachineState.ACTIVE and presence.state is not State.ONLINE,
    )


def put(writer: Writer, machine_id: str, note: Note | None, visitor: Visitor, now: float) -> None:
    """Notes it, or (None) takes back what was noted; who did it stands in the record as a role.

    Raises:
        Unnotable: the PC is not in the register, waits for approval, or is no longer watched.
    """
    known = writer.machine(machine_id)
    if known is None or known.state is not MachineState.ACTIVE:
        raise Unnotable(machine_id)
    if note is None:
        after = msgspec.structs.replace(known, note="", noted=0.0, noted_by="")
    else:
        after = msgspec.structs.replace(known, note=note.value, noted=now, noted_by=visitor.role)
    writer.put_machine(after)
    action = f"machine.note-{note.value if note else 'none'}"
    writer.log(Change(at=now, actor=visitor.role, action=action, subject=known.id, detail=known.alias))
