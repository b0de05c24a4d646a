"""A whole message about an incident in every form it may take: the one door to the pieces of `notify`."""

from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.show.notify import Telling, Told, chat_text, full_text, parts_of
from schooldrum_collector.show.notify_names import message_names
from schooldrum_collector.show.notify_sms import sms_text
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register


def composed(register: Register, incident: Incident, told: Telling) -> Told:
    """Title, full text, chat template and text message."""
    parts = parts_of(register, incident, told)
    title, full = full_text(parts, incident, told)
    chat, parameters = chat_text(parts, incident, told)
    names = message_names(register, incident, Say(told.language))
    return Told(
        title=title, full=full, chat=chat, chat_parameters=parameters, sms=sms_text(parts, incident, told, names)
    )
