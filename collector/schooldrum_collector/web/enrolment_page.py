"""Adding PCs: the rooms that have room, the one command, and the PCs as they arrive, row by row."""

import msgspec

from schooldrum_collector import formats
from schooldrum_collector.show.machine_words import called, waits_because
from schooldrum_collector.store.records import CodeUsed, Machine, MachineState, Room
from schooldrum_collector.web.live_pages import Pieces
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.school_page import room_order
from schooldrum_collector.web.sight import Sight


class RoomChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A room to add PCs to: how many of its PCs are there, and how many more are expected."""

    path: str
    code: str
    name: str
    there: int
    seats: int
    left: int


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A PC that came in by the code: its name, its number among those of the room, and why it waits, if it does."""

    machine: str
    name: str
    number: int
    seats: int
    at: str
    waits: str


def there(sight: Sight, room: Room) -> int:
    """How many approved PCs a room has."""
    members = (sight.register.machines[one] for one in sight.register.by_school.get(room.school, ()))
    return sum(one.path == room.path and one.state is MachineState.ACTIVE for one in members)


def choices(sight: Sight, code: str) -> list[RoomChoice]:
    """The school's rooms."""
    rooms = sorted((room for room in sight.register.rooms.values() if room.school == code), key=room_order)
    found: list[RoomChoice] = []
    for room in rooms:
        count = there(sight, room)
        found.append(
            RoomChoice(
                path=room.path,
                code=room.path.partition("/")[2],
                name=room.name or room.code,
                there=count,
                seats=room.seats,
                left=max(1, room.seats - count),
            )
        )
    return found


def commands(url: str, code: str, seat: int = 0) -> tuple[tuple[str, str], ...]:
    """What is typed on a PC, by system; the code goes in by standard input, where no list of processes shows it.

    `seat` is the number that a PC takes over from the one it replaces.
    """
    words = f"enrol --collector {url}{f' --seat {seat}' if seat else ''}"
    windows = f'"$env:ProgramFiles\\Schooldrum\\Scripts\\schooldrum-agent.exe" {words}'
    return (
        ("Windows (PowerShell)", f"'{code}' | & {windows}"),
        ("Linux", f"echo '{code}' | sudo -u schooldrum /opt/schooldrum/bin/schooldrum-agent {words}"),
    )


def pieces(sight: Sight, used: CodeUsed, rendering: Rendering, words: Reader) -> Pieces:
    """The changing parts of the page on which PCs are seen to arrive."""
    register, token = sight.register, used.token
    room = register.rooms.get(token.path)
    seats = room.seats if room else 0
    count = there(sight, room) if room else 0
    arrived = _arrived(sight, used, room, words, count)
    html = {f"came {one.machine}": rendering.piece("piece_arrived.html", words, one=one) for one in reversed(arrived)}
    order = tuple(html)
    ended = bool(token.revoked) or token.expires <= sight.now
    html["progress"] = rendering.piece(
        "piece_progress.html",
        words,
        count=count,
        seats=seats,
        came=len(arrived),
        uses=token.uses,
        ended=ended,
        school=token.path.partition("/")[0],
        waiting=sum(bool(one.waits) for one in arrived),
        until=formats.moment(token.expires, words.language),
    )
    return Pieces(html=html, lists={"arrivals": order})


def _arrived(sight: Sight, used: CodeUsed, room: Room | None, words: Reader, count: int) -> list[Arrived]:
    found: list[Arrived] = []
    known = [(sight.register.machines.get(machine), at) for machine, at in used.machines]
    present = [(machine, at) for machine, at in known if machine is not None]
    active = sum(machine.state is MachineState.ACTIVE for machine, _ in present)
    number = max(0, count - active)
    for machine, at in present:
        number += machine.state is MachineState.ACTIVE
        found.append(
            Arrived(
                machine=machine.id,
                name=called(machine, sight.register.rooms.get(machine.path), words.say),
                number=number,
                seats=room.seats if room else 0,
                at=formats.time_of_day(at),
                waits=_waits(machine, words),
            )
        )
    return found


def _waits(machine: Machine, words: Reader) -> str:
    return waits_because(machine, words.say) if machine.state is MachineState.PENDING else ""
