"""A school: what is wrong there now, its rooms as grids of PCs, its lines, and the days on which it is off."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from schooldrum_collector import formats, vietnamese
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.calendar_day import DayKind
from schooldrum_collector.judge.expecting import CALENDARS, maintained
from schooldrum_collector.judge.fault_steps import IT_OFFICER, TAP
from schooldrum_collector.judge.incident import Incident, size
from schooldrum_collector.judge.places import PlacePresence
from schooldrum_collector.judge.presence import Presence
from schooldrum_collector.show.incident_record import standing
from schooldrum_collector.show.incident_words import SEVERITIES, is_back, read, without_school, zone_of
from schooldrum_collector.show.machine_words import seat_words, state_word
from schooldrum_collector.store.records import MAIN_SITE, Machine, MachineState, Room
from schooldrum_collector.web.live_pages import Pieces
from schooldrum_collector.web.page_words import (
    Look,
    incident_kind,
    machine_look,
    needs_action,
    presence_look,
    tile_look,
)
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.sight import Sight
from schooldrum_collector.web.tile_flaws import flaws_of
from schooldrum_collector.web.wall import counts_words

DAYS_AHEAD = 21
_LINES = {"main": ("đường chính", "main line"), "second": ("đường dự phòng", "second line")}
_OFF = {
    DayKind.HOLIDAY: ("nghỉ lễ", "public holiday"),
    DayKind.BREAK: ("nghỉ theo kế hoạch", "break"),
    DayKind.CLOSED: ("nghỉ đột xuất", "unplanned day off"),
}
_NOON = time(5)


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A PC in its room's grid."""

    machine: str
    label: str
    name: str
    look: Look
    flaws: tuple[Look, ...] = ()


class RoomShown(msgspec.Struct, frozen=True, kw_only=True):
    """A room over its grid; `hours` says until when its PCs are expected, or that they are not."""

    path: str
    code: str
    name: str
    look: Look
    counts: str
    hours: str
    seats: int
    there: int


class IncidentCard(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that goes on, in short."""

    name: str
    level: str
    kind: str
    heading: str
    since: str
    evidence: str
    steps: tuple[str, ...]
    acknowledged: bool
    opens: bool
    """Whether this reader may open its page: a school not that of an incident of many schools."""
    part_of: str = ""
    """The number of the larger incident that holds it and is shown too: there stands what to do."""
    parts: tuple["PartLine", ...] = ()
    """Those of single schools that it holds."""


class PartLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a larger incident holds at one school, in one line."""

    name: str
    heading: str


def card_of(sight: Sight, incident: Incident, words: Reader, above: str = "", role: str = "") -> IncidentCard:
    """An incident in short; `above` is the school's name where it stands above the card, `role` whose steps it has."""
    told = read(sight.register, incident, sight.now, words.language, role)
    level = words.say(*SEVERITIES[incident.severity])
    if is_back(incident):
        level = standing(incident, sight.now, words.say, zone_of(sight.register, incident))
        level = level[:1].upper() + level[1:]
    return IncidentCard(
        name=incident.name,
        level=level,
        kind=incident_kind(incident),
        heading=without_school(told.heading, above),
        since=told.since,
        evidence=told.evidence,
        steps=told.steps,
        acknowledged=incident.acknowledged is not None,
        opens=words.visitor.is_office or incident.school == words.visitor.scope.school,
    )


def cards_of(
    sight: Sight, seen: Sequence[Incident], words: Reader, *, folded: bool, above: str = "", role: str = ""
) -> list[IncidentCard]:
    """Cards of incidents; what a larger one of them holds stands inside its card where `folded`, else says whose it is.

    `above` is the name of the school that they are shown below; `role` as in `card_of`.
    A part has no evidence of its own to act on: the larger one knows more.
    """
    larger = {one.number for one in seen}
    parts: dict[int, list[PartLine]] = {}
    cards: list[IncidentCard] = []
    for one in seen:
        if one.parent in larger and folded:
            told = read(sight.register, one, sight.now, words.language)
            parts.setdefault(one.parent, []).append(PartLine(name=one.name, heading=told.heading))
    for one in seen:
        if one.parent not in larger:
            card = card_of(sight, one, words, above, role)
            cards.append(msgspec.structs.replace(card, parts=tuple(parts.get(one.number, ()))))
        elif not folded:
            card = card_of(sight, one, words, above, role)
            cards.append(msgspec.structs.replace(card, part_of=f"SC-{one.parent}", kind="rest", evidence=""))
    return cards


def cards_at_pc(
    sight: Sight, incidents: Iterable[Incident], holding: Sequence[Incident], words: Reader, above: str
) -> list[IncidentCard]:
    """Cards of what holds a PC, below what holds that; buttons are on the pages of these, and not where these stand."""
    known, shown = {one.number: one for one in incidents}, {one.number: one for one in holding}
    waiting = list(holding)
    while waiting:
        larger = known.get(waiting.pop().parent)
        if larger is not None and larger.number not in shown:
            shown[larger.number] = larger
            waiting.append(larger)
    seen = sorted(shown.values(), key=lambda one: size(one.place.level), reverse=True)
    return [
        msgspec.structs.replace(card, steps=tuple(one for one in card.steps if not (card.part_of or TAP.search(one))))
        for card in cards_of(sight, seen, words, folded=False, above=above, role=IT_OFFICER)
    ]


def room_order(room: Room) -> tuple[object, ...]:
    """Rooms as a reader expects them: the main campus first, Tin 2 before Tin 10."""
    return room.site != MAIN_SITE, vietnamese.sort_key(room.site), vietnamese.sort_key(room.name), room.path


def tile_of(
    machine: Machine, presence: Presence, heard: float, room: Room | None, words: Reader, *, flaws: tuple[Look, ...]
) -> Tile:
    """A PC in the grid, `heard` last then; its name is read out where the eye sees a number and marks."""
    seat = seat_words(machine, words.say)
    look, plain = tile_look(machine, presence, heard, words.say), machine_look(presence, words.say)
    noted = f" ({look.word})" if look != plain else ""
    assumed = words.say(" (suy ra)", " (assumed)") if presence.assumed else ""
    place = room.name if room else machine.room
    wrong = "".join(f"; {one.word}" for one in flaws)
    return Tile(
        machine=machine.id,
        label=f"{machine.seat:02}" if seat[-1:].isdigit() else words.say("GV", "T"),
        name=f"{place} \N{EN DASH} {seat}: {state_word(presence, words.say)}{assumed}{noted}{wrong}",
        look=look,
        flaws=flaws,
    )


def pieces(sight: Sight, code: str, incidents: Iterable[Incident], rendering: Rendering, words: Reader) -> Pieces:
    """The changing parts of a school's page."""
    register = sight.register
    rooms = sorted((room for room in register.rooms.values() if room.school == code), key=room_order)
    machines = [one for one in sight.machines(code) if one.state is not MachineState.RETIRED]
    known = {one.machine: one for one in sight.latest(code)}
    appraised = {one.machine: one for one in sight.appraised(code)}
    found = sight.places_of(machines, [room.path for room in rooms], known)
    by_room: dict[str, list[Machine]] = {}
    for machine in machines:
        by_room.setdefault(machine.path, []).append(machine)
    pending = sum(one.state is MachineState.PENDING for one in machines)
    here = [one for one in incidents if code in one.schools]
    is_bad = any(incident_kind(one) == "bad" for one in here)
    html = {
        "head": rendering.piece(
            "piece_school_head.html",
            words,
            look=needs_action(words.say) if is_bad else presence_look(found.school, words.say),
            counts=counts_words(found.school.machines, pending, words),
            pending=pending,
            school=code,
        ),
        "incidents": rendering.piece(
            "piece_incidents.html",
            words,
            cards=cards_of(
                sight,
                here,
                words,
                folded=False,
                above=register.schools[code].name,
            ),
            whole=True,
        ),
    }
    lists: dict[str, tuple[str, ...]] = {}
    for room in rooms:
        members = sorted(by_room.get(room.path, ()), key=lambda one: (one.seat, vietnamese.sort_key(one.alias)))
        place = found.rooms[room.path]
        html[f"room {room.path}"] = rendering.piece(
            "piece_room.html", words, room=_room(sight, room, place, members, words)
        )
        keys: list[str] = []
        for machine in members:
            key = f"machine {machine.id}"
            keys.append(key)
            heard = known[machine.id].heard if machine.id in known else 0.0
            flaws = flaws_of(appraised.get(machine.id), words.say) if machine.state is MachineState.ACTIVE else ()
            tile = tile_of(machine, found.presences[machine.id], heard, room, words, flaws=flaws)
            html[key] = rendering.piece("piece_tile.html", words, tile=tile)
        lists[f"tiles {room.path}"] = tuple(keys)
    return Pieces(html=html, lists=lists)


def _room(sight: Sight, room: Room, place: PlacePresence, members: list[Machine], words: Reader) -> RoomShown:
    active = [one for one in members if one.state is MachineState.ACTIVE]
    return RoomShown(
        path=room.path,
        code=room.code,
        name=room.name or room.code,
        look=presence_look(place, words.say),
        counts=counts_words(place.machines, len(members) - len(active), words),
        hours=_hours(sight, room.path, words),
        seats=room.seats,
        there=len(active),
    )


def _hours(sight: Sight, path: str, words: Reader) -> str:
    say, calendar = words.say, CALENDARS.of_room(sight.register, path)
    if maintained(sight.register, path, sight.now) is not None:
        return say("đang bảo trì", "under maintenance")
    until = calendar.until(sight.now)
    if until is None:
        return say("ngoài giờ học", "outside lesson hours")
    if until - sight.now > 2 * 86400:
        return say("luôn bật", "always on")
    at = formats.time_of_day(until, calendar.zone)
    return say(f"giờ học đến {at}", f"lesson hours until {at}")


class LineShown(msgspec.Struct, frozen=True, kw_only=True):
    """An internet line of the school as the register has it."""

    name: str
    provider: str
    customer: str


class DayShown(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which the school is off; `closed` says that it was closed at the school itself, and can be opened."""

    day: str
    written: str
    why: str
    closed: bool


def lines(sight: Sight, code: str, words: Reader) -> list[LineShown]:
    """The school's internet lines, the main one first."""
    return [
        LineShown(
            name=words.say(*_LINES[line.code]) if line.code in _LINES else line.code,
            provider=line.provider,
            customer=line.customer,
        )
        for line in sorted(sight.register.lines.values(), key=lambda one: (one.site != MAIN_SITE, one.site, one.code))
        if line.school == code
    ]


def today(sight: Sight, code: str) -> date:
    """The school's own date."""
    return datetime.fromtimestamp(sight.now, time_zone(sight.register.schools[code].time_zone)).date()


def days_off(sight: Sight, code: str, words: Reader) -> list[DayShown]:
    """Days of the next three weeks on which the school is off although it is no weekend and no summer."""
    register, first = sight.register, today(sight, code)
    own = register.calendars.get(code)
    calendar = CALENDARS.of_school(register, code)
    shown: list[DayShown] = []
    for number in range(DAYS_AHEAD):
        day = first + timedelta(days=number)
        noon = datetime.combine(day, _NOON, UTC).timestamp()
        found = calendar.day(noon)
        if found.kind not in _OFF:
            continue
        shown.append(
            DayShown(
                day=day.isoformat(),
                written=formats.date(noon, words.language),
                why=found.reason or words.say(*_OFF[found.kind]),
                closed=found.kind is DayKind.CLOSED
                and own is not None
                and any(one.holds(day) and not one.open for one in own.closings),
            )
        )
    return shown
