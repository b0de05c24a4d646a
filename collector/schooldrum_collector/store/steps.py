"""How what happened to incidents is written down, in one transaction."""

from collections.abc import Iterable

from schooldrum_collector.judge.incident import Incident, Step
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
