"""Whether an incident seems to be over: who of it is heard again. Pure."""

from schooldrum_collector.judge.fault import Level, Place
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.incident_places import Circumstances, holds
from schooldrum_collector.judge.own_line import is_own_line


def is_back(incident: Incident, there: Circumstances) -> bool:
    """Whether machines of it are heard: of those blamed, in the first minutes of listening at least half.

    Of an incident that blames schools and no machines: whether somebody is heard in half of its schools.
    """
    if incident.blamed:
        back = sum(machine in there.alive for machine in incident.blamed)
        return 2 * back >= len(incident.blamed) if there.grace else back > 0
    heard = {
        code
        for machine, room in there.rooms.items()
        if machine in there.alive
        and holds(
            there,
            incident.place,
            incident.schools,
            Place(Level.MACHINE, machine),
            ((code := room.partition("/")[0]),),
        )
    }
    # Where the collector was deaf, its first minutes of listening are those in which it hears them again.
    can_tell = not there.grace or is_own_line(incident)
    return can_tell and bool(heard) and 2 * len(heard) >= len(incident.schools)
