"""Which messages are due: who is told that an incident begins, who that it is over, and what is told to nobody. Pure.

A person is told of a cause once, and of its end if of its begin. What was told of a place is not told again of a larger
one around it. What happens in the first moments waits: many schools may turn out to have one cause.
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from schooldrum_collector.judge.fault import Kind, Level, Verdict
from schooldrum_collector.judge.fault_steps import IT_OFFICER, OFFICE, PRINCIPAL
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.recipients import ROLES, Recipient, concerns, quiet_until

SETTLE_SECONDS = 90.0
"""So long after it was told as an incident, a fault is told to people."""
BURST_SECONDS = 300.0
BURST_SCHOOLS = 8
"""More schools than these, lost together, wait longer: they may have one cause that is not seen yet."""
PRINCIPAL_MINUTES = 60
"""Minutes of lessons after which a principal is told."""
_MANY = frozenset({Level.AREA, Level.PROVIDER, Level.SERVICE})
_FOR_PRINCIPALS = frozenset({Level.SCHOOL, Level.AREA, Level.PROVIDER})
_OFFICE_ALONE = frozenset(
    {"collector", "collector_down", "collector_line", "collector_line_alone", "all_schools_silent"}
)
"""Evidence of a fault at the office: no school can do anything about it."""


class Occasion(enum.StrEnum):
    """Why a message is sent. `again`: the incident came back after its end was told."""

    BEGIN = "begin"
    AGAIN = "again"
    END = "end"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ROLL_CALL = "roll_call"
    TEST = "test"


class Fate(enum.StrEnum):
    """What became of a message. `sending`: handed over, and nobody knows yet whether it was taken."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one recipient. `key` is there once for ever; `number` is the incident's, 0 for none.

    `due` is when it may go, `done` when it went or was dropped (0: not yet), `tries` how often it was handed over.
    `whole`: it told begin and end in one. `trouble` says why it was not taken the last time, or why it was dropped.
    `text` is what was written (JSON), without its link, at `written`. `held`: quiet hours keep it.
    """

    key: str
    recipient: Recipient
    occasion: Occasion
    made: float
    due: float
    id: int = 0
    number: int = 0
    fate: Fate = Fate.WAITING
    tries: int = 0
    done: float = 0.0
    whole: bool = False
    held: bool = False
    trouble: str = ""
    text: str = ""
    written: float = 0.0


Thread = Sequence[Message]
"""What one person was told of one incident, oldest first."""
FINAL = frozenset({"expired", "removed"})
"""Why nothing more is sent of an incident to somebody."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known beside incidents and recipients.

    `since` is since when the collector tells people itself; `begins` whether it is the one to tell of begins. `areas`
    are those of schools by code, `helped` numbers of incidents about which a school asked for help, `excused` those an
    IT officer explained away. `lost(incident, school)` are seconds of lessons lost there so far, `day_long`
    says whether a school day as a whole is lost, `zone` in which time zone an incident's recipients live.
    """

    now: float
    since: float
    begins: bool
    areas: Mapping[str, str]
    lost: Callable[[Incident, str], float]
    day_long: Callable[[Incident], bool]
    zone: Callable[[Incident], str]
    helped: frozenset[int] = frozenset()
    excused: frozenset[int] = frozenset()


def key_of(number: int, turn: int, way: str) -> str:
    """The key of a message about an incident."""
    return f"{number}/{turn}/{way}"


def last_of(thread: Thread) -> Message | None:
    """The newest message of a thread that was not dropped."""
    return next((one for one in reversed(thread) if one.fate is not Fate.DROPPED), None)


def was_told(thread: Thread) -> bool:
    """Whether this person heard, or may have heard, of the incident."""
    return any(one.fate in {Fate.SENT, Fate.SENDING} for one in thread)


def due_messages(
    incidents: Iterable[Incident],
    threads: Mapping[tuple[int, str], Thread],
    recipients: Iterable[Recipient],
    there: Situation,
) -> tuple[Message, ...]:
    """The messages that are to be sent and are not written down yet.

    `incidents` are those going on and those closed lately, `threads` what was planned of them by number and way.
    """
    known = {one.number: one for one in incidents}
    turns = {key: len(thread) for key, thread in threads.items()}
    threads = by_round(threads, known.values())
    asked = sorted(recipients, key=lambda one: ROLES.index(one.role) if one.role in ROLES else -1)
    found: dict[str, Message] = {}
    for incident in sorted(known.values(), key=lambda one: one.number):
        children = [one.number for one in known.values() if one.parent == incident.number]
        begins = there.begins and _may_begin(incident, known.values(), there)
        for recipient in asked:
            thread = threads.get((incident.number, recipient.way), ())
            last = last_of(thread)
            occasion: Occasion | None = None
            if last is None or (last.fate is Fate.SENT and (last.whole or last.occasion is Occasion.END)):
                inside = [threads.get((number, recipient.way), ()) for number in children]
                if begins and wants(recipient, incident, there) and not _knows(recipient, thread, inside):
                    occasion = Occasion.BEGIN if last is None else Occasion.AGAIN
            if occasion is not None:
                turn = turns.get((incident.number, recipient.way), 0)
                message = _message(incident, recipient, occasion, turn, there)
                found[message.key] = message
        for message in _ends(incident, threads, turns, there):
            found[message.key] = message
    return tuple(found.values())


def by_round(threads: Mapping[tuple[int, str], Thread], incidents: Iterable[Incident]) -> dict[tuple[int, str], Thread]:
    """What each person was told of each incident: of a round that is one of its own by now, under the older number."""
    found = dict(threads)
    for own in sorted((one for one in incidents if one.told_as), key=lambda one: -one.number):
        for number, way in threads:
            before = found[number, way] if number == own.told_as else ()
            since = next((at for at, one in enumerate(before) if _tells_of_round(one, own)), len(before))
            if since < len(before):
                found[number, way] = before[:since]
                found[own.number, way] = (*before[since:], *found.get((own.number, way), ()))
    return found


def _tells_of_round(message: Message, own: Incident) -> bool:
    return message.made >= own.opened and message.occasion in {Occasion.BEGIN, Occasion.AGAIN}


def _may_begin(incident: Incident, known: Iterable[Incident], there: Situation) -> bool:
    """Whether it is told by itself, has been for long enough, and since people are told at all."""
    if incident.state is not State.OPEN or not incident.told or incident.parent or incident.calm:
        return False
    if incident.told < there.since:
        return False
    settle = SETTLE_SECONDS
    if incident.place.level is Level.SCHOOL and incident.kind is Kind.OUTAGE:
        together = sum(
            one.state is State.OPEN
            and one.place.level is Level.SCHOOL
            and one.kind is Kind.OUTAGE
            and not one.parent
            and abs(one.told - incident.told) < BURST_SECONDS
            for one in known
        )
        settle = BURST_SECONDS if together > BURST_SCHOOLS else settle
    return not 0 <= there.now - incident.told < settle


def wants(recipient: Recipient, incident: Incident, there: Situation) -> bool:
    """Whether this role at this place is told of it at once, by now."""
    if incident.severity is Severity.DIGEST or not concerns(recipient.path, incident.schools, there.areas):
        return False
    level, lasted = incident.place.level, there.now - incident.began
    office_alone = incident.verdict is Verdict.COLLECTOR or incident.evidence.word in _OFFICE_ALONE
    if recipient.role == IT_OFFICER:
        return not office_alone and lasted >= 60 * max(0, recipient.after)
    if recipient.role == PRINCIPAL:
        if office_alone or incident.planned or incident.kind is not Kind.OUTAGE or level not in _FOR_PRINCIPALS:
            return False
        needed = 60 * (PRINCIPAL_MINUTES if recipient.after < 0 else recipient.after)
        mine = [code for code in incident.schools if concerns(recipient.path, (code,), there.areas)]
        return any(there.lost(incident, code) >= needed for code in mine)
    if recipient.role != OFFICE:
        return False
    if lasted < 60 * max(0, recipient.after):
        return False
    return (
        level in _MANY
        or office_alone
        or incident.kind is Kind.SECOND_LINE
        or incident.number in there.helped
        or (level is Level.SCHOOL and incident.kind is Kind.OUTAGE and there.day_long(incident))
    )


def _knows(recipient: Recipient, thread: Thread, inside: Iterable[Thread]) -> bool:
    """Whether the cause was told already as that of a smaller place, or is nothing for this person any more."""
    if any(one.fate is Fate.DROPPED and one.trouble in FINAL for one in thread):
        return True
    if recipient.role == OFFICE:
        return False
    # One that is waiting is either sent, and then this was told, or dropped, and then it is told now.
    return any(was_told(one) or last_of(one) is not None for one in inside)


def _ends(
    incident: Incident,
    threads: Mapping[tuple[int, str], Thread],
    turns: Mapping[tuple[int, str], int],
    there: Situation,
) -> list[Message]:
    """Ends for whoever got the begin, whoever tells of begins by now."""
    if incident.is_live:
        return []
    messages: list[Message] = []
    for (number, way), thread in threads.items():
        last = last_of(thread)
        if number != incident.number or last is None or last.fate is not Fate.SENT or last.whole:
            continue
        if last.occasion not in {Occasion.BEGIN, Occasion.AGAIN}:
            continue
        if any(one.fate is Fate.DROPPED and one.trouble in FINAL for one in thread):
            continue
        if incident.parent and was_told(threads.get((incident.parent, way), ())):
            continue
        if incident.number in there.excused and _is_only_officer(last.recipient, incident.number, threads):
            continue
        messages.append(_message(incident, last.recipient, Occasion.END, turns.get((number, way), 0), there))
    return messages


def _is_only_officer(recipient: Recipient, number: int, threads: Mapping[tuple[int, str], Thread]) -> bool:
    """Whether this is the one IT officer who was told: who it was of several is written nowhere."""
    told = {way for (one, way), thread in threads.items() if one == number and _was_officer_told(thread)}
    return told == {recipient.way}


def _was_officer_told(thread: Thread) -> bool:
    return was_told(thread) and thread[-1].recipient.role == IT_OFFICER


def _message(incident: Incident, recipient: Recipient, occasion: Occasion, turn: int, there: Situation) -> Message:
    """The message as it is planned; `turn` is how many were planned of this incident for this person before."""
    due = there.now
    if incident.severity is not Severity.URGENT:
        due = quiet_until(recipient.quiet, there.now, there.zone(incident))
    return Message(
        key=key_of(incident.number, turn, recipient.way),
        recipient=recipient,
        occasion=occasion,
        made=there.now,
        due=due,
        number=incident.number,
        held=due > there.now,
    )


class Standing(enum.StrEnum):
    """What is to be done with a message about an incident when it could go."""

    SEND = "send"
    WHOLE = "whole"
    LATER = "later"
    HELD = "held"
    OVER = "over"
    WITHDRAWN = "withdrawn"
    AGAIN = "going_on"


def standing_of(message: Message, incident: Incident) -> Standing:
    """How a message stands to its incident now: what was to be said may have changed while it waited."""
    if message.occasion is Occasion.END:
        return Standing.AGAIN if incident.is_live else Standing.SEND
    if incident.state is State.WITHDRAWN:
        return Standing.WITHDRAWN
    if incident.state is State.CLOSED:
        # What was to be told of a round that is an incident of its own by now is told of that.
        return Standing.OVER if message.held or message.made > incident.closed else Standing.WHOLE
    if incident.state is State.ABSORBED or incident.parent:
        return Standing.HELD
    return Standing.LATER if incident.calm else Standing.SEND
