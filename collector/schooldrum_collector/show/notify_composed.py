"""A whole message about an incident in every form it may take: full text, chat template and text message."""

import re

import msgspec

from schooldrum_collector.judge.fault_steps import TAP
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.show.notify import Parts, Telling, parts_of
from schooldrum_collector.show.notify_names import clause, cut, message_names
from schooldrum_collector.show.notify_sms import sms_text
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

MOST = 700
"""Characters of a full text."""
PARAMETER = 80
"""Characters of one parameter of a chat template."""
_ASKS_TO_TAP = re.compile(r"(?:bấm|tap) \[", re.IGNORECASE)


class MessageForms(msgspec.Struct, frozen=True, kw_only=True):
    """A message in its forms. `full` and `chat` are without the title; `chat_parameters` are those of a template."""

    title: str
    full: str
    chat: str
    chat_parameters: dict[str, str]
    sms: str


def composed(register: Register, incident: Incident, told: Telling) -> MessageForms:
    """Title, full text, chat template and text message."""
    parts = parts_of(register, incident, told)
    title, full = _full(parts, incident, told)
    chat, parameters = _chat(parts, incident, told)
    names = message_names(register, incident, Say(told.language))
    return MessageForms(
        title=title, full=full, chat=chat, chat_parameters=parameters, sms=sms_text(parts, incident, told, names)
    )


def _full(parts: Parts, incident: Incident, told: Telling) -> tuple[str, str]:
    """Title and full text, at most 700 characters together: steps go before evidence, and the link never."""
    say = Say(told.language)
    title = f"[{parts.level}] {parts.place}: {parts.what}"
    number = say(f"Sự cố {incident.name}", f"Incident {incident.name}") + (f": {told.link}" if told.link else ".")
    doing = [] if parts.letter else list(parts.steps)
    evidence = parts.evidence
    while True:
        lines = list(parts.letter) or [parts.since, *([evidence] if evidence else [])]
        if doing and parts.please and len(doing) > 1:
            lines.append(say("Thầy/cô vui lòng:", "Please:"))
        lines += [f"{at}. {step}" for at, step in enumerate(doing, 1)] if len(doing) > 1 else doing
        text = "\n".join([*lines, number])
        room = MOST - len(title) - 1 - len(text)
        if room >= 0 or not (doing or evidence):
            return title, text if room >= 0 else cut(
                "\n".join(lines), MOST - len(title) - len(number) - 2
            ) + f"\n{number}"
        if len(doing) > 1:
            doing.pop()
        elif evidence and evidence != parts.cause:
            evidence = parts.cause
        else:
            doing, evidence = [], ""


def _chat(parts: Parts, incident: Incident, told: Telling) -> tuple[str, dict[str, str]]:
    """Parts one, two, four and the link, and the parameters of a fixed template, each at most 80 characters."""
    say = Say(told.language)
    asked = [one for one in parts.steps if not _ASKS_TO_TAP.search(one)] or [say("Không cần làm gì", "Nothing to do")]
    step = TAP.sub("", asked[0]).rstrip(" :.")
    parameters = {
        "place": cut(parts.place, PARAMETER),
        "what": cut(parts.what, PARAMETER),
        "since": clause(parts.since.rstrip("."), PARAMETER),
        "cause": clause(parts.cause.rstrip("."), PARAMETER),
        "step": clause(step, PARAMETER),
        # A link that is cut leads nowhere.
        "link": told.link if 0 < len(told.link) <= PARAMETER else incident.name,
    }
    lines = [parts.since, *(f"{at}. {one}" for at, one in enumerate(parts.steps, 1))]
    lines.append(f"{incident.name}: {told.link}" if told.link else incident.name)
    return "\n".join(lines), parameters
