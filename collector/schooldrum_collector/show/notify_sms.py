"""A message in one segment of a text message: no accents, the letters of GSM 03.38 alone, at most 160 characters.

(With accents only 70 characters fit.) What has no room is left out, the link never: why before where, what to do first.
"""

import unicodedata
from collections.abc import Mapping

from schooldrum_collector.formats import counted
from schooldrum_collector.judge.fault import Degree, Level
from schooldrum_collector.judge.fault_headings import LINES
from schooldrum_collector.judge.fault_steps import OFFICE, PRINCIPAL
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.incident_spells import round_begin
from schooldrum_collector.judge.messages import Occasion
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.sentences import bare_provider
from schooldrum_collector.show.incident_words import SEVERITIES, degree_word
from schooldrum_collector.show.notify import AGAIN, Parts, Telling, lost_thing
from schooldrum_collector.show.notify_names import cut
from schooldrum_collector.show.notify_times import brief
from schooldrum_collector.show.notify_words import (
    ASKS,
    INTERNET,
    IS_CAUSE,
    NEEDS_NO_LINK,
    POWER,
    SEES,
    SMS_CAUSE,
    SMS_GROUNDS,
    SMS_STEP,
    SMS_STEP_HELP,
    SMS_STEP_OFFICE,
    SMS_WHAT,
)
from schooldrum_collector.speech import Say

SEGMENT = 160
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic letters of GSM 03.38, each of which takes one place (3GPP TS 23.038, section 6.2.1)."""
_LIKE = str.maketrans(
    {"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HORIZONTAL ELLIPSIS}": "..", "[": "(", "]": ")", "đ": "d", "Đ": "D"}
    | {"\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"'}
    | {"\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'"}
    # What a name has instead of its dots would come out as dots, and telephones make links of them.
    | {"\N{ONE DOT LEADER}": " "}
)
_SHORTEST_PLACE = 24


def plain(text: str) -> str:
    """The text in letters that take one place each; what has none there becomes a question mark."""
    bare = unicodedata.normalize("NFKD", text.translate(_LIKE))
    letters = (sign for sign in bare if not unicodedata.combining(sign))
    return "".join(sign if sign in GSM_7 and sign not in "\r\n" else "?" for sign in letters)


def sms_text(parts: Parts, incident: Incident, told: Telling, names: Mapping[str, str]) -> str:
    """The message in at most 160 letters, with its link whole."""
    say = Say(told.language)
    if told.occasion is Occasion.END or told.whole or incident.state is State.WITHDRAWN:
        return _fitted(*_end(parts, incident, told, say))
    if told.role == PRINCIPAL:
        *written, less = _to_principal(parts, incident, told, say)
        return _fitted(*written, less=less)
    *written, less = _begin(parts, incident, told, names, say)
    return _fitted(*written, less=less)


def _fitted(place: str, what: str, cause: str, step: str, link: str, *, less: str = "") -> str:
    """`place` is cut where nothing else helps, `what` after it; a cause that begins with a comma belongs to `what`.

    `less` stands for the cause where that has no room.
    """
    place, what, cause, step, less = (plain(one) for one in (place, what, cause, step, less))
    for why, do in ((cause, step), (less, step), ("", step), ("", "")):
        text = _put_together(place, what, why, do, link)
        if len(text) <= SEGMENT:
            return text
    over = len(_put_together(place, what, "", "", link)) - SEGMENT
    shorter = plain(cut(place, max(_SHORTEST_PLACE, len(place) - over - 2)))
    over = len(_put_together(shorter, what, "", "", link)) - SEGMENT
    if over > 0:
        what = plain(cut(what, max(1, len(what) - over - 2)))
    return _put_together(shorter, what, "", "", link)[:SEGMENT]


def _put_together(place: str, what: str, cause: str, step: str, link: str) -> str:
    first = f"{place}{what}{cause}" if cause.startswith(",") else f"{place}{what}"
    first = first if first.endswith(".") else f"{first}."
    return " ".join(one for one in (first, "" if cause.startswith(",") else cause, step, link) if one)


def _words(words: Words, incident: Incident, names: Mapping[str, str], language: str) -> str:
    evidence = incident.evidence
    fields = {key: str(count) for key, count in evidence.counts.items()}
    line = LINES.get(incident.target)
    fields["line"] = (line.en if language == "en" else line.vi) if line else names.get(incident.target, "")
    named = [bare_provider(names.get(one, one)) for one in evidence.names.get("provider", ())]
    fields["provider"] = f"nhà mạng {named[0]}" if named else "nhà mạng"
    if language == "en":
        fields["provider"] = f"provider {named[0]}" if named else "the provider"
    try:
        return counted(words.en.format(**fields)) if language == "en" else words.vi.format(**fields)
    except KeyError:
        return ""


def _place(parts: Parts, separator: str) -> str:
    return parts.place.replace(" \N{EN DASH} ", ", ") + separator


def _without_repeats(text: str, incident: Incident, names: Mapping[str, str], say: Say) -> str:
    """`phường A và B` for `phường A và phường B`."""
    areas = [names.get(one, one) for one in incident.evidence.names.get("areas", ())]
    firsts = {area.partition(" ")[0] for area in areas}
    if len(areas) < 2 or len(firsts) != 1:  # noqa: PLR2004 - one area repeats nothing
        return text
    (first,) = firsts
    return text.replace(f"{say(' và ', ' and ')}{first} ", say(" và ", " and ")).replace(f", {first} ", ", ")


def _is_only_probable(incident: Incident) -> bool:
    return incident.degree is Degree.PROBABLE


def _as_sure(what: str, incident: Incident, say: Say) -> str:
    """What is wrong, with its degree where that is the cause itself, and not found."""
    if incident.evidence.word not in IS_CAUSE or not _is_only_probable(incident):
        return what
    return f"{degree_word(incident.degree, say).lower()} {what}"


def _why(parts: Parts, incident: Incident, names: Mapping[str, str], say: Say) -> tuple[str, str]:
    """The cause, with its degree where it is not found, and what is said of it where that has no room."""
    word, language = incident.evidence.word, say.language
    if incident.degree is Degree.UNKNOWN:
        return _undecided(parts, say), say("Chưa rõ nguyên nhân.", "Cause not known yet.")
    if word in SMS_GROUNDS:
        return _words(SMS_GROUNDS[word], incident, names, language), ""
    if _is_only_probable(incident) and (word in IS_CAUSE or incident.place.level is Level.PROVIDER):
        # What stands before it says so.
        return "", ""
    why = _words(SMS_CAUSE[word], incident, names, language) if word in SMS_CAUSE else ""
    if not why:
        return parts.cause, ""
    if not _is_only_probable(incident):
        return why[:1].upper() + why[1:], ""
    probably = degree_word(incident.degree, say)
    return f", {probably.lower()} {why[2:]}" if why.startswith(", ") else f"{probably} {why}", ""


def _undecided(parts: Parts, say: Say) -> str:
    """What remains possible; in Vietnamese `Chưa rõ mất điện hay mất Internet` is a whole sentence."""
    return say(parts.cause.replace(":", "", 1), parts.cause)


def _begin(
    parts: Parts, incident: Incident, told: Telling, names: Mapping[str, str], say: Say
) -> tuple[str, str, str, str, str, str]:
    word, level = incident.evidence.word, incident.place.level
    separator = " " if level is Level.SERVICE else ", " if level is Level.PROVIDER else ": "
    urgent = say(*SEVERITIES[Severity.URGENT]) + ": " if parts.level == say(*SEVERITIES[Severity.URGENT]) else ""
    what = _words(SMS_WHAT[word], incident, names, told.language) if word in SMS_WHAT else ""
    # What began anew is said to be so beside its time.
    told_what = parts.what.removesuffix(say(*AGAIN)) if incident.pauses else parts.what
    what = _as_sure(_without_repeats(what or told_what, incident, names, say), incident, say)
    what += _since(incident, say) + brief(round_begin(incident)[0], told.zone)
    place = _place(parts, separator)
    if level is Level.PROVIDER and _is_only_probable(incident):
        place = f"{degree_word(incident.degree, say)} {place[:1].lower()}{place[1:]}"
    cause, less = _why(parts, incident, names, say)
    steps = SMS_STEP_OFFICE if told.role == OFFICE else SMS_STEP
    step = _words(steps[word], incident, names, told.language) if word in steps else ""
    if told.role == OFFICE and told.helped:
        step = _words(SMS_STEP_HELP, incident, names, told.language)
    if not told.link or word in NEEDS_NO_LINK:
        link = say(f"Mã {incident.name}", f"No. {incident.name}")
    elif word in ASKS and told.role != OFFICE:
        link = say("Trả lời: ", "Answer: ") + told.link
    else:
        link = say("Xem: ", "See: ") + told.link if word in SEES else told.link
    return urgent + place, what, cause, step, _bare(link, told), less


def _since(incident: Incident, say: Say) -> str:
    return say(" lại từ ", " again since ") if incident.pauses else say(" từ ", " since ")


def _bare(link: str, told: Telling) -> str:
    """The words before a link without accents; the link as it is."""
    return plain(link.removesuffix(told.link)) + told.link if told.link and link.endswith(told.link) else plain(link)


def _end(parts: Parts, incident: Incident, told: Telling, say: Say) -> tuple[str, str, str, str, str]:
    what, cause = parts.what, ""
    if incident.state is not State.WITHDRAWN:
        if told.role != PRINCIPAL and not incident.excused:
            what = _as_sure(what, incident, say)
        if (told.role != PRINCIPAL or told.whole) and not incident.excused:
            what += say(" lúc ", " at ") + brief(incident.ended or told.now, told.zone)
        cause = parts.since if told.role == PRINCIPAL else parts.since.partition(". ")[2] or parts.since
    step = say("Không cần làm gì.", "Nothing to do.")
    return _place(parts, ": "), what, cause, step, plain(incident.name)


def _why_to_principal(parts: Parts, incident: Incident, say: Say) -> str:
    """The cause with its degree, as a part of the sentence; none is named of several that remain possible."""
    if incident.degree is Degree.UNKNOWN:
        return say("chưa rõ nguyên nhân", "cause not known yet")
    whole = parts.cause.partition(": ")[2].rstrip(".")
    first, _, rest = whole.partition(", ")
    # What follows a comma says more of the same, or names what else it may be.
    why = whole if say(" hoặc ", " or ") in f" {rest}" else first
    # What the school itself confirms is told as it says it.
    sure = incident.degree is Degree.FOUND or lost_thing(incident) == POWER
    return why if sure else f"{degree_word(incident.degree, say).lower()} {why}"


def _to_principal(parts: Parts, incident: Incident, told: Telling, say: Say) -> tuple[str, str, str, str, str, str]:
    thing = lost_thing(incident)
    missing = {
        POWER: say("mất điện", "has no power"),
        INTERNET: say("mất Internet", "has no Internet"),
    }.get(thing, say("mất liên lạc", "is not heard"))
    dear = say(f"Kính gửi Hiệu trưởng {parts.place}: trường ", f"To the principal of {parts.place}: the school ")
    what = missing + _since(incident, say) + brief(round_begin(incident)[0], told.zone)
    why = where = ", " + _why_to_principal(parts, incident, say)
    if told.informed:
        at = brief(told.informed, told.zone).partition(" ")[0]
        of_office = told.informed_by.startswith(OFFICE)
        where += say(
            f", {'Sở' if of_office else 'trường'} đã báo lúc {at}",
            f", the {'office' if of_office else 'school'} told it at {at}",
        )
    step = say("Chưa cần làm gì. Có lại sẽ báo.", "Nothing to do. You will hear.")
    return dear, what, where, step, plain(incident.name), why
