"""How names of others (schools, rooms, providers, antivirus products) stand in messages: short, on one line, harmless.

A message is read where links are made of anything that looks like one, and where brackets are ours.
"""

import re
import unicodedata
from collections.abc import Mapping

from schooldrum_collector.judge.fault import Fault, Level
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.sentences import bare_provider
from schooldrum_collector.show.incident_words import names_of
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

NAME_LENGTH = 60
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_OURS = str.maketrans("<>[]{}|\\`*", "()()()//' ")
_PROTOCOL = re.compile(r"\w+\s*:\s*/+")
_DOTTED = re.compile(r"(?<=\w)\.(?=\w)")
_CLAUSE_ENDS = ("; ", ". ")
_DOT_LEADER = "\N{ONE DOT LEADER}"


def cut(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis, in at most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def clause(text: str, most: int) -> str:
    """The text, or as much of its beginning as says something by itself, in at most so many characters."""
    if len(text) <= most:
        return text
    whole = max(text.rfind(end, 0, most + 1) for end in _CLAUSE_ENDS)
    if whole > 0:
        return text[:whole]
    word = text.rfind(" ", 0, most)
    return f"{text[:word].rstrip(' ,:')}…" if word > 0 else cut(text, most)


def tidy(text: str, most: int = NAME_LENGTH) -> str:
    """A name as it may stand in a message: no line breaks, no marks that turn the text, nothing that becomes a link."""
    plain = "".join(
        " " if unicodedata.category(sign) in _UNSEEN else sign for sign in unicodedata.normalize("NFC", text)
    )
    plain = _PROTOCOL.sub("", plain.translate(_OURS))
    return cut(" ".join(_DOTTED.sub(_DOT_LEADER, plain).split()), most) or "?"


def message_names(register: Register, incident: Incident, say: Say) -> dict[str, str]:
    """What people call all that an incident names, made harmless."""
    names = names_of(register, incident, say)
    for given in incident.evidence.names.values():
        for name in given:
            names.setdefault(name, name)
    for name in (incident.place.path, incident.target):
        names.setdefault(name, name)
    return {key: tidy(name) for key, name in names.items()}


def heading_names(names: Mapping[str, str], fault: Fault, say: Say) -> dict[str, str]:
    """The same for headings, where a provider says that it is one."""
    own = dict(names)
    if fault.place.level is Level.PROVIDER:
        name = names.get(fault.place.path, fault.place.path)
        bare = bare_provider(name)
        own[fault.place.path] = say(f"Nhà mạng {bare}", f"Provider {bare}")
    return own


def joined(names: list[str], say: Say) -> str:
    """`phường A`, `phường A và phường B`, `phường A, phường B và phường C`."""
    if len(names) <= 1:
        return "".join(names)
    return say(" và ", " and ").join((", ".join(names[:-1]), names[-1]))
