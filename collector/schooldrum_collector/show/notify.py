"""The five parts of a message about an incident, as its reader gets it (glossary, section 5).

Pure: what stands in the store goes in, text comes out. A principal reads of lessons, the school's IT officer of what to
do, the office of many schools.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from schooldrum_collector.formats import counted
from schooldrum_collector.judge.fault import Degree, Kind, Level, Verdict
from schooldrum_collector.judge.fault_headings import HEADINGS, LINES
from schooldrum_collector.judge.fault_steps import IT_OFFICER, OFFICE, PRINCIPAL, TAP
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.incident_spells import round_begin
from schooldrum_collector.judge.messages import Occasion
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.sentences import conclusion, grounds, place_name, steps, what
from schooldrum_collector.show.incident_record import ANSWER_WORDS
from schooldrum_collector.show.incident_words import (
    SEVERITIES,
    degree_word,
    heading_fault,
    how_long,
    rounds_before,
    told_as,
    verdict_word,
)
from schooldrum_collector.show.notify_names import heading_names, joined, message_names
from schooldrum_collector.show.notify_times import brief, lasted, moment, part_of_day
from schooldrum_collector.show.notify_words import (
    BACK,
    BACK_OTHERWISE,
    INTERNET,
    LESSONS_BACK,
    LESSONS_LOST,
    POWER,
    SILENT,
    WILL_HEAR,
)
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

_COUNTED = {"vi": re.compile(r"^(\S+ trường) "), "en": re.compile(r"^(\S+ schools) ")}
_INTERNET_WORDS = frozenset({"internet", "captive", "schools", "second_line"})
AGAIN = (" (xảy ra lại)", " (again)")
"""Behind what happens once more."""
_AREAS_NAMED = 3
_ATTESTED = "power_attested"


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a message is made of beside the incident.

    `link` is where its reader answers (empty: messages have none). `own` are codes of those of its schools that the
    reader answers for. `lost` are seconds of lessons lost there, None where nobody counts them; `in_lesson` whether it
    began in lesson time. `informed` is when a provider was told and by whom (a role), `helped` when a school asked for
    help; 0 for never.
    """

    occasion: Occasion
    role: str
    language: str
    zone: str
    now: float
    link: str = ""
    own: tuple[str, ...] = ()
    lost: float | None = None
    in_lesson: bool = False
    informed: float = 0.0
    informed_by: str = ""
    helped: float = 0.0
    whole: bool = False


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The five parts, before they are put together; `cause` is the degree with the place."""

    level: str
    place: str
    what: str
    since: str
    evidence: str
    cause: str
    steps: tuple[str, ...]
    please: bool = False
    letter: tuple[str, ...] = ()
    """Paragraphs that stand for since, evidence and steps where they are written as a letter."""


def parts_of(register: Register, incident: Incident, told: Telling) -> Parts:
    """The parts of this message."""
    say = Say(told.language)
    names = message_names(register, incident, say)
    if incident.state is State.WITHDRAWN:
        return _withdrawn(incident, names, say)
    if told.role == PRINCIPAL:
        return _for_principal(incident, names, told)
    if told.occasion is Occasion.END:
        return _end(incident, names, told)
    return _begin(incident, names, told)


# The parts of each kind of message


def _words(words: Words, language: str, fields: Mapping[str, str]) -> str:
    return counted(words.en.format(**fields)) if language == "en" else words.vi.format(**fields)


def _heading_word(incident: Incident) -> str:
    return HEADINGS.get(incident.evidence.word, "")


def _place(incident: Incident, names: Mapping[str, str], say: Say) -> str:
    return place_name(incident.place, incident.fault, heading_names(names, incident.fault, say))


def _what(incident: Incident, names: Mapping[str, str], say: Say) -> str:
    """What is wrong, with the areas where many schools are concerned."""
    try:
        told = what(heading_fault(incident), names, say.language)
    except KeyError:
        # Evidence of a version with other words.
        return verdict_word(incident.verdict, say)
    areas = [names[area] for area in incident.evidence.names.get("areas", ()) if area and area != incident.place.path]
    if not 0 < len(areas) <= _AREAS_NAMED:
        return told
    there = say(f"ở {joined(areas, say)}", f"in {joined(areas, say)}")
    return _COUNTED[say.language].sub(lambda found: f"{found[1]} {there} ", told)


def _grounds(incident: Incident, names: Mapping[str, str], say: Say) -> tuple[str, str]:
    """What it rests on, and what is concluded from it."""
    try:
        return grounds(incident.fault, names, say.language), conclusion(incident.fault, names, say.language)
    except KeyError:
        return "", f"{degree_word(incident.degree, say)}: {verdict_word(incident.verdict, say)}."


def _steps(incident: Incident, names: Mapping[str, str], told: Telling) -> tuple[str, ...]:
    try:
        asked = steps(incident.fault, told.role, told.language, names, helped=told.helped > 0)
    except KeyError:
        return ()
    # Where there is nothing to tap, nobody is asked to.
    return asked if told.link else tuple(step for step in asked if not TAP.search(step))


def _fields(incident: Incident, names: Mapping[str, str], language: str) -> dict[str, str]:
    line = LINES.get(incident.target)
    return {
        "line": (line.en if language == "en" else line.vi) if line else names.get(incident.target, incident.target),
        "service": ", ".join(names.get(one, one) for one in incident.evidence.names.get("service", ())),
    }


def _level(incident: Incident, told: Telling, say: Say) -> str:
    """A school that can do nothing about it is informed."""
    severity = incident.severity
    if told.role == PRINCIPAL or (told.role == IT_OFFICER and incident.place.level is Level.PROVIDER):
        severity = Severity.INFORMATION
    return say(*SEVERITIES[severity])


def _since(incident: Incident, told: Telling, *, until: float) -> str:
    return _went_on(incident, told, until=until) + told_as(incident, Say(told.language))


def _went_on(incident: Incident, told: Telling, *, until: float) -> str:
    say = Say(told.language)
    lesson = say(", trong giờ học", ", in lesson time") if told.in_lesson else ""
    before = rounds_before(incident, say, told.zone)
    if before and (told.occasion is Occasion.AGAIN or not told.whole):
        again = round_begin(incident)[0]
        took, at = lasted(max(0.0, until - again), told.language), moment(again, told.language, told.zone)
        if told.whole:
            ended = moment(until, told.language, told.zone)
            return say(
                f"Lại từ {at} đến {ended} (kéo dài {took}{lesson}){before}.",
                f"Again from {at} to {ended} ({took}{lesson}){before}.",
            )
        return say(f"Lại từ {at} (đã {took}{lesson}){before}.", f"Again since {at} ({took}{lesson}){before}.")
    began = moment(incident.began, told.language, told.zone)
    for_how_long = how_long(incident, until, say, lasted)
    if told.whole:
        ended = moment(until, told.language, told.zone)
        return say(
            f"Từ {began} đến {ended} (kéo dài {for_how_long}{lesson}).",
            f"From {began} to {ended} ({for_how_long}{lesson}).",
        )
    if incident.began_measured or abs(incident.opened - incident.began) < 60:  # noqa: PLR2004 - what is told in minutes
        return say(f"Từ {began} (đã {for_how_long}{lesson}).", f"Since {began} ({for_how_long}{lesson}).")
    found = brief(incident.opened, told.zone).partition(" ")[0]
    return say(
        f"Từ khoảng {began} (đã {for_how_long}{lesson}), phát hiện lúc {found}.",
        f"Since about {began} ({for_how_long}{lesson}), noticed at {found}.",
    )


def _begin(incident: Incident, names: Mapping[str, str], told: Telling) -> Parts:
    say = Say(told.language)
    seen, cause = _grounds(incident, names, say)
    title = _what(incident, names, say)
    if told.whole:
        title = say(f"{title}, đã hết", f"{title}, over")
    elif told.occasion is Occasion.AGAIN:
        title += say(*AGAIN)
    if incident.planned:
        title = say(f"{title} (theo lịch bảo trì)", f"{title} (planned maintenance)")
    if told.helped and told.role == OFFICE:
        asked = brief(told.helped, told.zone).partition(" ")[0]
        seen = say(f"Trường báo cần hỗ trợ lúc {asked}. {seen}", f"The school asked for help at {asked}. {seen}")
    seen = seen[:1].lower() + seen[1:] if seen[1:2].islower() else seen
    evidence = say(f"Căn cứ: {seen} {cause}", f"Evidence: {seen} {cause}") if seen else cause
    asked_for = _steps(incident, names, told)
    if told.whole:
        asked_for = (say("Không cần làm gì thêm.", "Nothing more to do."),)
    level = say(*SEVERITIES[Severity.INFORMATION]) if told.whole else _level(incident, told, say)
    return Parts(
        level=level,
        place=_place(incident, names, say),
        what=title,
        since=_since(incident, told, until=incident.ended if told.whole and incident.ended else told.now),
        evidence=evidence,
        cause=cause,
        steps=asked_for,
        please=told.role == IT_OFFICER and level == say(*SEVERITIES[Severity.ACTION]),
    )


def _lost(incident: Incident, told: Telling, say: Say) -> str:
    took = how_long(incident, incident.ended, say, lasted)
    if told.lost is None or incident.kind is Kind.MUTE:
        return say(f"Kéo dài {took}.", f"It lasted {took}.")
    lessons = lasted(told.lost, told.language)
    if incident.kind is Kind.LOSS:
        # What works badly is not lost.
        during = say(f"trong đó {lessons} giờ học", f"of which {lessons} lesson time")
        outside = say("ngoài giờ học", "outside lesson time")
        when = during if told.lost >= 60 else outside  # noqa: PLR2004 - less than a minute is nothing to tell
        return say(f"Kéo dài {took}, {when}.", f"It lasted {took}, {when}.")
    if told.lost < 60:  # noqa: PLR2004 - less than a minute is nothing to tell
        return say(f"Mất {took}, ngoài giờ học.", f"Lost for {took}, outside lesson time.")
    return say(f"Mất {took}, trong đó {lessons} giờ học.", f"Lost for {took}, of which {lessons} lesson time.")


def _end(incident: Incident, names: Mapping[str, str], told: Telling) -> Parts:
    say = Say(told.language)
    back = _words(
        BACK.get(_heading_word(incident), BACK_OTHERWISE), told.language, _fields(incident, names, say.language)
    )
    if incident.excused:
        return _excused(incident, names, told, say)
    _, cause = _grounds(incident, names, say)
    seen = [f"{moment(incident.ended or told.now, told.language, told.zone)}. {_lost(incident, told, say)}"]
    if (incident.verdict, incident.degree) != (incident.first.verdict, incident.first.degree):
        # What was told first was known less well.
        seen.append(cause)
    if incident.verdict is Verdict.LINE or incident.kind is Kind.SECOND_LINE:
        kept = "Số liệu đã lưu làm căn cứ làm việc với nhà mạng."
        seen.append(say(kept, "The figures are kept as evidence for the provider."))
    if former := told_as(incident, say):
        seen.append(former.strip())
    nothing = say("Không cần làm gì thêm.", "Nothing more to do.")
    return Parts(
        level=say(*SEVERITIES[Severity.INFORMATION]),
        place=_place(incident, names, say),
        what=back,
        since=seen[0],
        evidence="",
        cause=cause,
        steps=(nothing,),
        letter=(" ".join([*seen, nothing]),),
    )


def _excused(incident: Incident, names: Mapping[str, str], told: Telling, say: Say) -> Parts:
    """Nobody is heard, and nobody is to be: whether it is back is not known."""
    began = moment(incident.began, told.language, told.zone)
    told_so = say(
        f"Từ {began}. Trường nghỉ, nên không chờ tín hiệu nữa; không rõ hết lúc nào.",
        f"Since {began}. The school is closed, so nobody is waited for any more; when it ended is not known.",
    )
    return _nothing_more(incident, names, say, say("trường nghỉ, ngừng theo dõi", "closed, no longer watched"), told_so)


def _withdrawn(incident: Incident, names: Mapping[str, str], say: Say) -> Parts:
    taken_back = say("Tin báo trước đã được rút lại.", "The message before this one is taken back.")
    if answer := incident.excused or incident.explained:
        why = say(*ANSWER_WORDS.get(answer, (answer, answer)))
        taken_back = f"{why[:1].upper()}{why[1:]}. {taken_back}"
    was_none = say("không phải sự cố", "it was no incident")
    return _nothing_more(incident, names, say, was_none, taken_back + told_as(incident, say))


def _nothing_more(incident: Incident, names: Mapping[str, str], say: Say, what: str, why: str) -> Parts:
    return Parts(
        level=say(*SEVERITIES[Severity.INFORMATION]),
        place=_place(incident, names, say),
        what=what,
        since=why,
        evidence="",
        cause=why,
        steps=(say("Không cần làm gì thêm.", "Nothing more to do."),),
    )


def lost_thing(incident: Incident) -> str:
    """What a principal misses: power or the internet where that is known, else the school's voice."""
    if incident.verdict is Verdict.POWER:
        return POWER if incident.degree is Degree.FOUND or incident.evidence.word == _ATTESTED else SILENT
    if incident.degree is Degree.UNKNOWN and Verdict.POWER in incident.evidence.causes:
        return SILENT
    if _heading_word(incident) in _INTERNET_WORDS or incident.verdict in {Verdict.LINE, Verdict.DNS}:
        return INTERNET
    return SILENT


def _for_principal(incident: Incident, names: Mapping[str, str], told: Telling) -> Parts:
    say, thing = Say(told.language), lost_thing(incident)
    own: Sequence[str] = told.own or incident.schools
    many = say(f"{len(own)} trường", f"{len(own)} schools")
    place = names.get(own[0], own[0]) if len(own) == 1 else many
    lessons = lasted(told.lost or 0.0, told.language)
    _, cause = _grounds(incident, names, say)
    cause = cause.replace("đường truyền, phía", "phía").replace("the line, provider", "provider")
    shared = len(incident.schools)
    if shared > 1:
        with_them = say(
            f", {shared} trường trong vùng cùng bị.", f", {shared} schools of the area have lost it together."
        )
        cause = cause.removesuffix(".") + with_them
    if told.occasion is Occasion.END or told.whole:
        took = how_long(incident, incident.ended or told.now, say, lasted)
        total = say(
            f"Mất tổng cộng {took}, trong đó {lessons} giờ học.",
            f"Lost for {took} in all, {lessons} of it lesson time.",
        )
        letter = total
        if thing == INTERNET and told.link:
            paper = "Nếu nhà trường cần văn bản gửi nhà mạng: bấm [Lấy bảng số liệu]."
            letter = f"{total} {say(paper, 'If the school wants a paper for the provider: tap [Get the record].')}"
        at = brief(incident.ended or told.now, told.zone).partition(" ")[0]
        return Parts(
            level=say(*SEVERITIES[Severity.INFORMATION]),
            place=place,
            what=_words(LESSONS_BACK[thing], told.language, {"at": at}),
            since=total,
            evidence="",
            cause=cause,
            steps=(),
            letter=(letter,),
        )
    began = moment(round_begin(incident)[0], told.language, told.zone)
    dear = say(f"Kính gửi thầy/cô Hiệu trưởng. Từ {began}. {cause}", f"To the principal. Since {began}. {cause}")
    if told.informed:
        at = brief(told.informed, told.zone).partition(" ")[0]
        of_office = told.informed_by.startswith(OFFICE)
        dear = f"{dear} " + say(
            f"{'Sở' if of_office else 'Trường'} đã báo nhà mạng lúc {at}.",
            f"The {'office' if of_office else 'school'} informed the provider at {at}.",
        )
    nothing = say("Thầy/cô chưa cần làm gì.", "Nothing for you to do.")
    advised = nothing
    if thing == INTERNET:
        when = part_of_day(told.now, told.language, told.zone)
        advice = say(
            f"Việc cần Internet trong {when} (họp trực tuyến, nộp báo cáo) nên dời lại.",
            f"What needs the Internet {when} (online meetings, reports) is better moved.",
        )
        advised = f"{nothing} {advice}"
    return Parts(
        level=say(*SEVERITIES[Severity.INFORMATION]),
        place=place,
        what=_words(LESSONS_LOST[thing], told.language, {"lost": lessons}),
        since=say(f"Từ {began}.", f"Since {began}."),
        evidence="",
        cause=cause,
        steps=(nothing,),
        letter=(dear, advised, _words(WILL_HEAR[thing], told.language, {})),
    )
