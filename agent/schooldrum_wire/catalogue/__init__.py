"""Everything that may be measured or listed, in one place: exposition, dictionary and privacy list derive from it."""

from schooldrum_wire.catalogue import (
    agent,
    automatic_updates,
    batteries,
    cameras,
    clock,
    cpu,
    disk,
    freeze,
    gpus,
    host,
    interfaces,
    machine,
    memory,
    memory_modules,
    monitors,
    operating_system,
    printers,
    probe,
    software,
    system,
    tpm,
    update_history,
    updates,
    uptime,
)
from schooldrum_wire.metric import Metric
from schooldrum_wire.section import Section

TOPICS = (
    agent,
    automatic_updates,
    batteries,
    cameras,
    clock,
    cpu,
    disk,
    freeze,
    gpus,
    host,
    interfaces,
    machine,
    memory,
    memory_modules,
    monitors,
    operating_system,
    printers,
    probe,
    software,
    system,
    tpm,
    update_history,
    updates,
    uptime,
)

METRICS: dict[str, Metric] = {
    value.name: value for topic in TOPICS for value in vars(topic).values() if isinstance(value, Metric)
}
SECTIONS: dict[str, Section] = {
    value.name: value for topic in TOPICS for value in vars(topic).values() if isinstance(value, Section)
}
