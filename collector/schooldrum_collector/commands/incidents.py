"""`incidents`: what is wrong and what was, with numbers for life; answered, taken in hand, withdrawn by a person."""

import argparse
from collections.abc import Callable

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import ACTOR, Call, opened, scope_of
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.formats import duration, moment
from schooldrum_collector.judge.fault import Level
from schooldrum_collector.judge.incident import Incident, Step, number_of
from schooldrum_collector.judge.incident_acts import ANSWERS, Refused, acknowledged, withdrawn
from schooldrum_collector.show.incident_record import ANSWER_WORDS, HAPPENED, detail, standing
from schooldrum_collector.show.incident_words import (
    SEVERITIES,
    degree_word,
    length,
    names_of,
    read,
    short_place,
    verdict_word,
    zone_of,
)
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store, Writer
from schooldrum_collector.store.records import EVERYTHING, Register, Story
from schooldrum_collector.store.steps import write_answer, write_steps
from schooldrum_collector.web.page_words import role_words
from schooldrum_collector.web.shown_incidents import shown_incident, shown_story

DAYS = 30
_DAY_SECONDS = 86400.0
_MOST = 1000
_LONGEST_REASON = 200
_WHY_NOT = {
    "over": ("sự cố đã hết", "the incident is over"),
    "unknown": (f"chỉ nhận: {', '.join(ANSWERS)}", f"it takes one of: {', '.join(ANSWERS)}"),
}


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `incidents` takes."""
    actions = Actions(parser, say, "list|show|answer|acknowledge|withdraw")
    listing = actions.add("list", "liệt kê sự cố", "lists incidents", example="incidents list --scope BM --open")
    listing.add_argument("--scope", default="", metavar="PATH", help=say("khu vực hoặc trường", "area or school"))
    listing.add_argument("--open", action="store_true", help=say("chỉ sự cố đang xảy ra", "only those going on"))
    listing.add_argument(
        "--days", type=int, default=DAYS, metavar="N", help=say("trong N ngày gần đây", "of the last N days")
    )
    showing = actions.add(
        "show", "mọi điều biết về một sự cố", "all that is known of an incident", example="incidents show SC-1042"
    )
    answering = actions.add(
        "answer",
        "ghi câu trả lời của trường",
        "records what the school answers",
        example="incidents answer SC-1042 power_cut",
    )
    taking = actions.add(
        "acknowledge", "ghi là đã tiếp nhận", "says that it is taken in hand", example="incidents acknowledge SC-1042"
    )
    ending = actions.add(
        "withdraw",
        "rút lại: không phải sự cố",
        "says that it was no incident",
        example='incidents withdraw SC-1042 --reason "diễn tập"',
    )
    for action in (showing, answering, taking, ending):
        action.add_argument("number", metavar="SC-N")
    answering.add_argument("answer", choices=ANSWERS, metavar="|".join(ANSWERS))
    ending.add_argument("--reason", required=True, metavar="TEXT", help=say("vì sao", "why"))
    for action in (listing, showing):
        action.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run(given: argparse.Namespace, call: Call) -> int:
    """Every action of `incidents`."""
    actions = {"list": _list, "show": _show, "answer": _answer, "acknowledge": _acknowledge, "withdraw": _withdraw}
    with opened(call) as store:
        return actions[given.action](given, call, store)


def _number(call: Call, written: str) -> int:
    number = number_of(written)
    if number is None:
        raise Failed(
            call.say(
                f"{written!r:.40} không phải mã sự cố; ví dụ SC-1042.",
                f"{written!r:.40} is no incident number; such as SC-1042.",
            )
        )
    return number


def _unknown(call: Call, number: int) -> Failed:
    return Failed(
        call.say(
            f"Không có sự cố SC-{number}. Xem: schooldrum-collector incidents list",
            f"There is no incident SC-{number}. See: schooldrum-collector incidents list",
        )
    )


def _list(given: argparse.Namespace, call: Call, store: Store) -> int:
    say, register, now = call.say, store.register(), call.now()
    scope = scope_of(call, register, given.scope)
    since = now - max(0, given.days) * _DAY_SECONDS
    found = store.incidents(scope, live=given.open, since=since, most=_MOST)
    if given.json:
        call.console.json([shown_incident(register, one, now) for one in found])
        return 0
    if not found:
        call.console.remark(say("Không có sự cố nào.", "There are no incidents."))
        return 0
    call.console.table(
        (
            *(say("Mã", "Number"), say("Trạng thái", "State"), say("Mức", "Level"), say("Từ", "Since")),
            *(say("Kéo dài", "Lasted"), say("Nơi", "Place"), say("Ở đâu", "Where the fault is")),
        ),
        [
            (
                one.name,
                standing(one, now, say, zone_of(register, one)),
                say(*SEVERITIES[one.severity]),
                moment(one.began, say.language, zone_of(register, one)),
                length(one, one.ended or now, say),
                short_place(register, one, say.language),
                f"{degree_word(one.degree, say)}: {verdict_word(one.verdict, say)}",
            )
            for one in found
        ],
    )
    return 0


def _show(given: argparse.Namespace, call: Call, store: Store) -> int:
    number = _number(call, given.number)
    story = store.incident_of(EVERYTHING, number)
    if story is None:
        raise _unknown(call, number)
    register, now = store.register(), call.now()
    if given.json:
        call.console.json(shown_story(register, story, now))
    else:
        _sheet(call, register, story, now)
    return 0


def _sheet(call: Call, register: Register, story: Story, now: float) -> None:
    say, one = call.say, story.incident
    told = read(register, one, now, say.language)
    zone = zone_of(register, one)
    line = call.console.line
    line(f"{one.name}  [{say(*SEVERITIES[one.severity])}] {told.heading}  ({standing(one, now, say, zone)})")
    line(told.since)
    line(say(f"Căn cứ: {told.evidence}", f"Evidence: {told.evidence}"))
    bound = duration(one.began_error, say.language)
    how = say("đo tại trường", "measured at the school") if one.began_measured else say("phát hiện", "noticed")
    line(say(f"Bắt đầu: {how}, sai số ±{bound}", f"Begin: {how}, ±{bound}"))
    if told.end:
        bound = duration(one.ended_error, say.language)
        how = say("đo tại trường", "measured at the school") if one.ended_measured else say("phát hiện", "noticed")
        line(f"{told.end} {say(f'({how}, sai số ±{bound})', f'({how}, ±{bound})')}")
    else:
        for number, step in enumerate(told.steps, 1):
            line(f"{number}. {step}")
    if one.parent:
        line(say(f"Thuộc sự cố SC-{one.parent}", f"Part of incident SC-{one.parent}"))
    if one.place.level in {Level.PROVIDER, Level.AREA, Level.SERVICE}:
        names = names_of(register, one, say)
        line(say("Các trường: ", "Schools: ") + ", ".join(names.get(code, code) for code in one.schools))
    line()
    rows = [
        (
            moment(event.at, say.language, zone),
            say(*HAPPENED[event.what]),
            role_words(event.by, say),
            detail(event, say),
        )
        for event in story.events
    ]
    call.console.table((say("Lúc", "When"), say("Việc", "What"), say("Ai", "By"), say("Chi tiết", "Detail")), rows)


def _changed(call: Call, store: Store, written: str, act: Callable[[Incident, Writer], Step | None]) -> Incident:
    number = _number(call, written)
    with store.writing() as writer:
        incident = writer.incident(number)
        if incident is None:
            raise _unknown(call, number)
        try:
            taken = act(incident, writer)
        except Refused as problem:
            why = call.say(*_WHY_NOT[str(problem)])
            raise Failed(f"SC-{number}: {why}.") from problem
        if taken is not None:
            write_steps(writer, [taken])
        writer.log(call.change(f"incident.{act.__name__}", f"SC-{number}"))
    return incident


def _answer(given: argparse.Namespace, call: Call, store: Store) -> int:
    register = store.register()

    def answer(incident: Incident, writer: Writer) -> Step | None:
        write_answer(writer, incident, given.answer, call.now(), ACTOR, zone=zone_of(register, incident))
        return None

    incident = _changed(call, store, given.number, answer)
    word = call.say(*ANSWER_WORDS[given.answer])
    call.console.line(call.say(f"{incident.name}: đã ghi: {word}.", f"{incident.name}: recorded: {word}."))
    return 0


def _acknowledge(given: argparse.Namespace, call: Call, store: Store) -> int:
    def acknowledge(incident: Incident, writer: Writer) -> Step | None:
        del writer
        return acknowledged(incident, call.now(), ACTOR)

    incident = _changed(call, store, given.number, acknowledge)
    call.console.line(call.say(f"{incident.name}: đã tiếp nhận.", f"{incident.name}: taken in hand."))
    return 0


def _withdraw(given: argparse.Namespace, call: Call, store: Store) -> int:
    reason = " ".join(given.reason.split())
    if not reason or len(reason) > _LONGEST_REASON:
        raise Failed(
            call.say(
                f"--reason: ghi lý do, tối đa {_LONGEST_REASON} ký tự.",
                f"--reason: write why, in at most {_LONGEST_REASON} characters.",
            )
        )

    def withdraw(incident: Incident, writer: Writer) -> Step | None:
        del writer
        return withdrawn(incident, call.now(), ACTOR, reason)

    incident = _changed(call, store, given.number, withdraw)
    call.console.line(call.say(f"{incident.name}: đã rút lại.", f"{incident.name}: withdrawn."))
    return 0
