"""Everything that may be measured or listed, in one place: exposition, dictionary and privacy list derive from it."""

from schooldrum_wire.catalogue import (
    accounts,
    agent,
    antivirus,
    automatic_updates,
    batteries,
    cameras,
    clock,
    cpu,
    disk,
    encryption,
    firewall,
    freeze,
    gpus,
    host,
    interfaces,
    machine,
    memory,
    memory_modules,
    monitors,
    operating_system,
    posture,
    printers,
    probe,
    remote_desktop,
    screen_lock,
    secure_boot,
    sharing,
    software,
    storage,
    system,
    tpm,
    update_history,
    updates,
    uptime,
)
from schooldrum_wire.metric import Metric
from schooldrum_wire.section import Section

TOPICS = (
    accounts,
    agent,
    antivirus,
    automatic_updates,
    batteries,
    cameras,
    clock,
    cpu,
    disk,
    encryption,
    firewall,
    freeze,
    gpus,
    host,
    interfaces,
    machine,
    memory,
    memory_modules,
    monitors,
    operating_system,
    posture,
    printers,
    probe,
    remote_desktop,
    screen_lock,
    secure_boot,
    sharing,
    software,
    storage,
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
