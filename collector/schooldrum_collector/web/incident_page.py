"""An incident: what is wrong, where on the way it breaks, what it rests on, what to do, and all that happened to it."""

from collections.abc import Mapping, Sequence

import msgspec

from schooldrum_collector import formats
from schooldrum_collector.judge.blame import lossy, path_to
from schooldrum_collector.judge.climbing import End
from schooldrum_collector.judge.fault import Degree, Kind, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.judge.incident_corrections import SAME_BEGIN_SECONDS
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.lost_time import costs_lessons, lessons_by_school, spared
from schooldrum_collector.judge.shared_parts import is_part
from schooldrum_collector.show.incident_record import ANSWER_WORDS, HAPPENED, STATES, detail, standing
from schooldrum_collector.show.incident_words import (
    SEVERITIES,
    degree_word,
    is_back,
    length,
    names_of,
    read,
    verdict_word,
    zone_of,
)
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Scope, Story
from schooldrum_collector.web.live_pages import Pieces
from schooldrum_collector.web.page_words import incident_kind, role_words
from schooldrum_collector.web.path_drawing import (
    BROKEN,
    HEIGHT,
    OK,
    PROBABLE,
    STEPS,
    UNKNOWN,
    WIDTH,
    is_measured,
    stops,
)
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.sight import Sight

_POWER = ("power", "power_cut", "closed")
_ROOM = ("switched_off", "help")
_PROVIDER = ("provider_informed", "help")
_OUTSIDE = frozenset({Verdict.LINE, Verdict.NATIONAL, Verdict.INTERNATIONAL, Verdict.DNS})
_AT_HOME = frozenset({Verdict.MACHINE, Verdict.ROOM, Verdict.LAN, Verdict.POWER})
_SHARED_ENDS = {
    Verdict.LINE: End.LINE,
    Verdict.DNS: End.DNS,
    Verdict.NATIONAL: End.NATIONAL,
    Verdict.INTERNATIONAL: End.INTERNATIONAL,
}
_BEYOND_A_ROOM = STEPS[STEPS.index("gateway") : STEPS.index("service")]
_MINUTE = 60.0
_ALL = 1 << 20


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A time of the incident: what it is of, the time, and how it is known."""

    name: str
    value: str
    how: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of its record."""

    at: str
    what: str
    by: str
    more: str


def answers_offered(incident: Incident) -> tuple[str, ...]:
    """What a person of the school is asked about it (words of judge.incident_acts.ANSWERS); nothing once it is over."""
    if not incident.is_live or not incident.school:
        return ()
    if incident.kind is Kind.MUTE or incident.place.level is Level.MACHINE:
        return ("help",)
    if incident.verdict in _OUTSIDE or incident.kind is Kind.SECOND_LINE:
        return _PROVIDER
    if incident.place.level is Level.ROOM:
        return _ROOM
    return (*_POWER, "help")


def takes_notes(incident: Incident, words: Reader) -> bool:
    """Whether the office is offered to write down what a provider answers; that may come after the end."""
    return (
        words.visitor.is_office
        and incident.state is not State.WITHDRAWN
        and (not incident.school or incident.verdict in _OUTSIDE or incident.kind is Kind.SECOND_LINE)
    )


def held_by(store: Store, scope: Scope, one: Incident) -> tuple[Incident, ...]:
    """What single schools have of an incident of many schools; none of one school's. To be called in a thread."""
    if one.school:
        return ()
    since = one.began - one.began_error - SAME_BEGIN_SECONDS
    return tuple(part for part in store.incidents(scope, since=since, most=_ALL) if is_part(part, one))


def pieces(sight: Sight, story: Story, parts: Sequence[Incident], rendering: Rendering, words: Reader) -> Pieces:
    """The changing parts of an incident's page; `parts` are those it has of single schools."""
    one, say, language = story.incident, words.say, words.language
    told = read(sight.register, one, sight.now, language)
    zone = zone_of(sight.register, one)
    way = _way(one)
    neighbours = not is_measured(one.evidence.steps) and _is_beside_others(one)
    html = {
        "head": rendering.piece(
            "piece_incident_head.html",
            words,
            name=one.name,
            level=say(*SEVERITIES[one.severity]) if one.is_live and not is_back(one) else "",
            kind=incident_kind(one),
            state=standing(one, sight.now, say, zone),
            heading=told.heading,
            since=told.since,
            end=told.end,
            parent=f"SC-{one.parent}" if one.parent else "",
            acknowledged=formats.moment(one.acknowledged.at, language, zone) if one.acknowledged else "",
            acknowledged_by=role_words(one.acknowledged.by, say) if one.acknowledged else "",
        ),
        "path": rendering.piece(
            "piece_path.html",
            words,
            drawn=bool(way) or one.kind is Kind.OUTAGE,
            measured=is_measured(way),
            supposed=PROBABLE in way.values(),
            lossy=one.kind is Kind.LOSS,
            neighbours=neighbours,
            power=not is_measured(way) and one.verdict is Verdict.POWER,
            stops=stops(way, say),
            width=WIDTH,
            height=HEIGHT,
        ),
        "evidence": rendering.piece(
            "piece_evidence.html",
            words,
            evidence=told.evidence,
            steps=() if told.end else told.steps,
            facts=[*_facts(one, words, zone), *_lessons(sight, one, parts, words)],
        ),
        "acts": rendering.piece(
            "piece_acts.html",
            words,
            number=one.name,
            answers=[(word, say(*ANSWER_WORDS[word])) for word in answers_offered(one)],
            acknowledge=one.is_live and one.acknowledged is None,
            given=[say(*ANSWER_WORDS[given.answer]) for given in story.answers[-1:] if given.answer in ANSWER_WORDS],
        ),
        "record": rendering.piece("piece_record.html", words, lines=_record(story, words, zone)),
    }
    return Pieces(html=html)


def _way(one: Incident) -> Mapping[str, str]:
    """What is known of the way; where many schools' own records say where it breaks, as their common verdict says.

    What other rooms of the site are heard over works for a room that is not heard, too: from the modem to the internet.
    """
    if one.kind is Kind.LOSS:
        # Records of earlier versions tell of a break.
        return lossy(one.evidence.steps)
    if _is_beside_others(one):
        steps = {step: one.evidence.steps.get(step, UNKNOWN) for step in STEPS}
        return {step: OK if step in _BEYOND_A_ROOM and steps[step] == UNKNOWN else steps[step] for step in STEPS}
    end = _SHARED_ENDS.get(one.verdict)
    if end is None or is_measured(one.evidence.steps) or one.school or one.degree is Degree.UNKNOWN:
        return one.evidence.steps
    way = path_to(end)
    if one.degree is Degree.FOUND:
        return way
    # Nobody has measured it: that what is nearer works is not known either.
    return {step: PROBABLE if state == BROKEN else UNKNOWN for step, state in way.items()}


def _is_beside_others(one: Incident) -> bool:
    """Whether a room is cut off while others of its site are heard, and the break is not at the modem or past it."""
    return (
        one.place.level is Level.ROOM
        and one.kind is Kind.OUTAGE
        # A room that is led to a modem of its own does not go the others' way.
        and one.verdict is not Verdict.LAN
        and one.evidence.counts.get("answering", 0) > 0
        and all(one.evidence.steps.get(step, UNKNOWN) in {OK, UNKNOWN} for step in (*_BEYOND_A_ROOM, "service"))
    )


def _facts(one: Incident, words: Reader, zone: str) -> list[Fact]:
    say, language = words.say, words.language

    def how(*, measured: bool, error: float) -> str:
        bound = formats.duration(error, language)
        if measured:
            return say(f"đo tại trường, sai số ±{bound}", f"measured at the school, ±{bound}")
        return say(f"phát hiện, sai số ±{bound}", f"noticed, ±{bound}")

    facts = [
        Fact(
            name=say("Bắt đầu", "Begin"),
            value=formats.moment(one.began, language, zone),
            how=how(measured=one.began_measured, error=one.began_error),
        )
    ]
    if one.ended and not one.is_live:
        facts.append(
            Fact(
                name=say("Kết thúc", "End"),
                value=formats.moment(one.ended, language, zone),
                how=how(measured=one.ended_measured, error=one.ended_error),
            )
        )
    return facts


def _lessons(sight: Sight, one: Incident, parts: Sequence[Incident], words: Reader) -> list[Fact]:
    """The lesson time it took from its schools, summed; what was withdrawn took none."""
    lost = _lost(sight, one, parts)
    if not lost:
        return []
    say, count = words.say, len(lost)
    return [
        Fact(
            name=say("Giờ học đã mất", "Lesson time lost"),
            value=formats.duration(sum(lost.values()), words.language),
            how=say("theo lịch của trường", "by the school's calendar")
            if one.school
            else say(f"cộng của {count} trường, theo lịch từng trường", f"of {count} schools, each by its calendar"),
        )
    ]


def _lost(sight: Sight, one: Incident, parts: Sequence[Incident]) -> Mapping[str, float]:
    """Seconds of lessons that each of its schools lost by it; a school that has a part of its own, by that."""
    if not costs_lessons(one) or one.state is State.WITHDRAWN:
        return {}
    return lessons_by_school(sight.register, [one, *parts], sight.now)


def _record(story: Story, words: Reader, zone: str) -> list[Line]:
    say, language = words.say, words.language
    return [
        Line(
            at=formats.moment(event.at, language, zone),
            what=say(*HAPPENED[event.what]),
            by=role_words(event.by, say),
            more=detail(event, say),
        )
        for event in reversed(story.events)
    ]


def may_be_a_line(one: Incident) -> bool:
    """Whether a line of its schools can be at fault, so that a provider is called."""
    return one.place.level not in {Level.ROOM, Level.MACHINE} and one.verdict not in _AT_HOME


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """A school it concerns; the customer numbers are what the provider's hotline asks for first.

    `lost` is the lesson time it lost, where that is a minute and more; `spared`: it has internet by another line.
    """

    code: str
    name: str
    customers: tuple[str, ...]
    lost: str = ""
    spared: bool = False


def _may_be(line: RegisteredLine, one: Incident) -> bool:
    """Whether it can be the line that is at fault: of a provider's outage its own, of one line that is lost that."""
    if one.place.level is Level.PROVIDER:
        return line.provider == one.place.path
    return one.kind is not Kind.SECOND_LINE or not one.target or line.code == one.target


def affected(sight: Sight, one: Incident, words: Reader, parts: Sequence[Incident] = ()) -> list[Affected]:
    """The schools it concerns, with the customer numbers of their lines, and the lesson time each has lost."""
    lost = {} if one.school else _lost(sight, one, parts)
    by_another = spared([one, *parts])
    names = names_of(sight.register, one, words.say)
    customers: dict[str, list[str]] = {}
    for _, line in sorted(sight.register.lines.items()):
        if line.customer and _may_be(line, one):
            customers.setdefault(line.school, []).append(f"{line.provider} {line.customer}")
    return [
        Affected(
            code=code,
            name=names.get(code, code),
            customers=tuple(customers.get(code, ())),
            lost=formats.duration(lost[code], words.language) if lost.get(code, 0.0) >= _MINUTE else "",
            spared=(one.number, code) in by_another,
        )
        for code in one.schools
        if sight.has_school(code)
    ]


def customers_of(sight: Sight, one: Incident, words: Reader) -> list[Affected]:
    """What a school reads out to its provider; nothing where no line can be at fault."""
    return affected(sight, one, words) if one.school and may_be_a_line(one) else []


class PastLine(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that is over, in one line."""

    name: str
    state: str
    heading: str
    began: str
    lasted: str
    cause: str
    parts: tuple["PastLine", ...] = ()
    """Those of single schools that were a part of it."""


def past_lines(sight: Sight, past: Sequence[Incident], words: Reader) -> list[PastLine]:
    """Incidents that are over; what single schools have of one of many schools stands inside it."""
    larger = [one for one in past if not one.school]
    parts: dict[int, list[Incident]] = {}
    for one in past:
        whole = next((other for other in larger if is_part(one, other)), None)
        if whole is not None:
            parts.setdefault(whole.number, []).append(one)
    inside = {one.number for some in parts.values() for one in some}
    return [
        msgspec.structs.replace(
            _past_line(sight, one, words),
            parts=tuple(_past_line(sight, part, words) for part in parts.get(one.number, ())),
        )
        for one in past
        if one.number not in inside
    ]


def _past_line(sight: Sight, one: Incident, words: Reader) -> PastLine:
    say, zone = words.say, zone_of(sight.register, one)
    return PastLine(
        name=one.name,
        state=say(*STATES[one.state]),
        heading=read(sight.register, one, sight.now, words.language).heading,
        began=formats.moment(one.began, words.language, zone),
        lasted=length(one, one.ended, say),
        cause=f"{degree_word(one.degree, say)}: {verdict_word(one.verdict, say)}",
    )
