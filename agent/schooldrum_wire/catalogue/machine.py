"""What the collector says of each machine, and of the places they stand in."""

from schooldrum_wire.metric import Kind, Lasts, Metric

MACHINE_PRESENCE = Metric(
    "school_machine_presence",
    Kind.GAUGE,
    "1 for the state the machine is in: online off silent mute never.",
    labels=("state",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
MACHINE_INFO = Metric(
    "school_machine_info",
    Kind.GAUGE,
    "Always 1; which agent and system the machine runs.",
    labels=("agent", "system"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
MACHINE_LAST_REPORT_TIMESTAMP = Metric(
    "school_machine_last_report_timestamp_seconds",
    Kind.GAUGE,
    "When the machine was last heard.",
    lasts=Lasts.KEPT,
    by_collector=True,
)
MACHINE_CONFLICT = Metric(
    "school_machine_conflict",
    Kind.GAUGE,
    "1 where two PCs speak with one machine's credential and a person must decide.",
    lasts=Lasts.KEPT,
    by_collector=True,
)
DISK_FROZEN = Metric(
    "school_disk_frozen",
    Kind.GAUGE,
    "Whether the PC's disk forgets everything at restart (1) or not (0).",
    lasts=Lasts.KEPT,
    by_collector=True,
    quiet=True,
)
SCHOOL_INFO = Metric(
    "school_info",
    Kind.GAUGE,
    "Always 1; the school's name, area and level.",
    labels=("name", "area", "level"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
SCHOOL_ROOM_INFO = Metric(
    "school_room_info",
    Kind.GAUGE,
    "Always 1; the room's name and kind.",
    labels=("name", "kind"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
SCHOOL_MACHINES = Metric(
    "school_machines", Kind.GAUGE, "Machines by state.", labels=("state",), lasts=Lasts.KEPT, by_collector=True
)
SCHOOL_ROOMS = Metric(
    "school_rooms",
    Kind.GAUGE,
    "Rooms by state: up degraded down off unknown.",
    labels=("state",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
SCHOOL_ROOM_UP = Metric(
    "school_room_up",
    Kind.GAUGE,
    "Whether PCs of the room are heard (1) or silent although they should be on (0); absent while it is switched off.",
    lasts=Lasts.KEPT,
    by_collector=True,
)
SCHOOL_INCIDENTS_OPEN = Metric(
    "school_incidents_open",
    Kind.GAUGE,
    "Incidents of the school that go on, by what is wrong and by where the fault is as far as is known.",
    labels=("kind", "verdict"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
SCHOOL_EXPECTED = Metric(
    "school_expected",
    Kind.GAUGE,
    "Whether any PC of the school is expected to be on at this hour (1) or it is off hours (0).",
    lasts=Lasts.KEPT,
    by_collector=True,
)
SCHOOL_PROBE_FAILURES = Metric(
    "school_probe_failures",
    Kind.GAUGE,
    "Machines of the school on which a probe was denied, failed or timed out.",
    labels=("probe", "outcome"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
