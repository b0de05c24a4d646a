"""How what happened to incidents is written down, in one transaction."""

from collections.abc import Iterable

from schooldrum_collector.judge.incident import Incident, Step
from schooldrum_collector.judge.incident_acts import PROVIDER_SAID, answered, is_repeated, provider_said
from schooldrum_collector.store.interface import Writer


def write_steps(writer: Writer, steps: Iterable[Step]) -> None:
    """Writes down what happened to incidents, each as it is at the end."""
    taken = tuple(steps)
    newest: dict[int, Incident] = {one.incident.number: one.incident for one in taken}
    for incident in newest.values():
        writer.put_incident(incident)
    for one in taken:
        if one.event is not None:
            writer.note_event(one.event)


def write_answer(
    writer: Writer, incident: Incident, answer: str, now: float, by: str, *, zone: str, text: str = ""
) -> bool:
    """Writes down what a role answers about an incident, and what follows from it; False where it just said the same.

    `zone` is the school's time zone; `text` what a provider answered (PROVIDER_SAID).

    Raises:
        Refused: as judge.incident_acts says.
    """
    if is_repeated(incident, writer.events(incident.number), answer, now, by, text=text):
        return False
    if answer == PROVIDER_SAID:
        writer.note_event(provider_said(incident, text, now, by))
        return True
    given, event, then = answered(incident, answer, now, by, zone=zone, number=writer.next_incident())
    writer.note_event(event)
    write_steps(writer, then)
    writer.put_answer(then[-1].incident.number if then else incident.number, given)
    return True
