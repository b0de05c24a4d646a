"""What a fault is called, what it rests on and what to do about it, as sentences of either language. Pure.

`names` gives what people call a place, a machine, a provider or a service by the word that stands in the fault: school
code, `CODE/SITE`, `CODE/SITE/ROOM`, machine id, provider, target, area. What is not in it is shown as it is.
"""

import re
from collections.abc import Mapping

import msgspec

from schooldrum_collector.formats import counted, number
from schooldrum_collector.judge import fault_steps
from schooldrum_collector.judge.blame import EARLIER
from schooldrum_collector.judge.fault import Degree, Fault, Level, Place
from schooldrum_collector.judge.fault_headings import HEADINGS, LEVELS, LINES, WHAT
from schooldrum_collector.judge.fault_words import (
    ALSO_BROKEN,
    BEFORE_THE_LAST,
    BY_OTHER_LINE,
    CAUSES,
    DEGREES,
    EVIDENCE,
    LONE,
    NOBODY_ELSE,
    SIDES,
    VERDICTS,
    WHERE,
)
from schooldrum_collector.judge.nameless import ALSO
from schooldrum_collector.judge.posture_words import Words

_THOUSAND = 1000
_CALLED_PROVIDER = re.compile(r"(?<![^ ,])(?:nh[àa] m[ạa]ng|provider) +(?=\S)", re.IGNORECASE)
_DASH = "\N{EN DASH}"


def _said(words: Words, language: str) -> str:
    return words.en if language == "en" else words.vi


def _filled(words: Words, language: str, fields: Mapping[str, str]) -> str:
    text = _said(words, language).format(**fields)
    return counted(text) if language == "en" else text


def _fields(fault: Fault, names: Mapping[str, str], language: str) -> dict[str, str]:
    evidence = fault.evidence
    fields = {
        key: str(count) if count < _THOUSAND else number(count, language) for key, count in evidence.counts.items()
    }
    if "schools" in fields:
        fields.setdefault("together", fields["schools"])
    fields["said"] = _said(SIDES[next(iter(evidence.names.get("said", ())), "school")], language)
    fields["line"] = _said(LINES[fault.target], language) if fault.target in LINES else fault.target
    for key in ("provider", "service", "guard"):
        if key in evidence.names:
            fields[key] = ", ".join(names.get(name, name) for name in evidence.names[key])
    if "provider" in fields:
        # The sentence says already that it is one.
        fields["provider"] = bare_provider(fields["provider"])
    return fields


def bare_provider(name: str) -> str:
    """A provider's name (or several) without the word that it is one."""
    return _CALLED_PROVIDER.sub("", name)


def place_name(place: Place, fault: Fault, names: Mapping[str, str]) -> str:
    """A place from large to small, in at most two parts: school and room, or school and PC."""
    own = names.get(place.path, place.path)
    rooms = fault.evidence.names.get("rooms", ())
    if place.level is Level.MACHINE and rooms:
        school = rooms[0].partition("/")[0]
    elif place.level in {Level.ROOM, Level.SITE}:
        school = place.path.partition("/")[0]
    else:
        return own
    return f"{names.get(school, school)} {_DASH} {own}"


def what(fault: Fault, names: Mapping[str, str], language: str) -> str:
    """What is wrong there, in a few words: `cả trường mất liên lạc`."""
    key = HEADINGS[fault.evidence.word]
    counts = fault.evidence.counts
    if key == "silent" and counts.get("on", 0) > counts.get("machines", 0) + counts.get("lone", 0):
        key = "in_part"
    elif key == "internet" and counts.get("lines", 0) > 1:
        key = "internet_lines"
    elif key == "silent" and f"silent_{fault.place.level}" in WHAT:
        key = f"silent_{fault.place.level}"
    elif key == "schools" and (second := counts.get("second", 0)):
        # Who has another line that works is not without Internet.
        without = counts["schools"] - second
        key = key if without > 0 else "schools_lines"
        counted_so = {**counts, "schools": without if without > 0 else counts["schools"]}
        fault = msgspec.structs.replace(fault, evidence=msgspec.structs.replace(fault.evidence, counts=counted_so))
    return _filled(WHAT[key], language, _fields(fault, names, language))


def heading(fault: Fault, names: Mapping[str, str], language: str, level: str = "") -> str:
    """The first part of a message, with its level (`urgent action information digest`) where one is given."""
    title = f"{place_name(fault.place, fault, names)}: {what(fault, names, language)}"
    return f"[{_said(LEVELS[level], language)}] {title}" if level else title


def grounds(fault: Fault, names: Mapping[str, str], language: str) -> str:
    """What it rests on, with its counts, in one sentence; what else is broken, and that one contradicts, in others."""
    word = fault.evidence.word
    alone = word in NOBODY_ELSE and not fault.evidence.counts.get("answering")
    told = [_filled((NOBODY_ELSE if alone else EVIDENCE)[word], language, _fields(fault, names, language))]
    if fault.evidence.counts.get(EARLIER):
        told.append(_filled(BEFORE_THE_LAST, language, _fields(fault, names, language)))
    if fault.evidence.counts.get("second"):
        told.append(_filled(BY_OTHER_LINE, language, _fields(fault, names, language)))
    told += [_said(ALSO_BROKEN[other], language) for other in fault.evidence.names.get(ALSO, ())]
    if fault.evidence.counts.get("lone"):
        told.append(_said(LONE, language))
    return " ".join(told)


def conclusion(fault: Fault, names: Mapping[str, str], language: str) -> str:
    """How sure, and where it lies: `Rất có thể: mất điện.`; where that is not known, what remains possible."""
    degree = _said(DEGREES[fault.degree], language)
    if fault.degree is Degree.UNKNOWN and fault.evidence.causes:
        causes = [_said(CAUSES[cause], language) for cause in fault.evidence.causes]
        last = f" {'or' if language == 'en' else 'hay'} ".join([", ".join(causes[:-1]), causes[-1]])
        return f"{degree}: {last if len(causes) > 1 else causes[0]}."
    where = WHERE.get(fault.evidence.word, VERDICTS[fault.verdict])
    return f"{degree}: {_filled(where, language, _fields(fault, names, language))}."


def sentence(fault: Fault, names: Mapping[str, str], language: str) -> str:
    """What is known and how sure that is: the evidence, then the degree's word with the place."""
    return f"{grounds(fault, names, language)} {conclusion(fault, names, language)}"


def steps(
    fault: Fault, role: str, language: str, names: Mapping[str, str] | None = None, *, helped: bool = False
) -> tuple[str, ...]:
    """What this role (`it_officer principal office`) is asked to do, one to three steps, or that it is nothing.

    `helped` is whether the school asked the office for help.
    """
    word = fault.evidence.word
    if role == fault_steps.PRINCIPAL:
        chosen = fault_steps.FOR_PRINCIPAL
    elif role == fault_steps.OFFICE and helped:
        chosen = fault_steps.HELP_AT_OFFICE
    elif role == fault_steps.OFFICE:
        chosen = fault_steps.AT_OFFICE.get(word, fault_steps.OTHERWISE_AT_OFFICE)
    else:
        chosen = fault_steps.AT_SCHOOL[word]
    fields = _fields(fault, names or {}, language)
    return tuple(_filled(one, language, fields) for one in chosen)
