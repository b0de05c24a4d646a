"""What is said about network interfaces that are hardware."""

from schooldrum_wire.metric import Kind, Metric
from schooldrum_wire.section import Column, Section

_LABELS = ("interface",)
INTERFACE_UP = Metric(
    "school_interface_up",
    Kind.GAUGE,
    "Whether the interface has a link (1) or not (0).",
    labels=_LABELS,
    between=(0, 1),
)
INTERFACE_SPEED_BYTES = Metric(
    "school_interface_speed_bytes", Kind.GAUGE, "Speed the link agreed on, in bytes per second.", labels=_LABELS
)
INTERFACE_HALF_DUPLEX = Metric(
    "school_interface_half_duplex",
    Kind.GAUGE,
    "Whether the link is half duplex (1), as a bad cable or an old switch makes it, or full (0).",
    labels=_LABELS,
    between=(0, 1),
    quiet=True,
)
INTERFACE_FULL_DUPLEX = Metric(
    "school_interface_full_duplex",
    Kind.GAUGE,
    "Whether the link is full duplex (1) or half (0).",
    labels=_LABELS,
    between=(0, 1),
    until="0.1.0",
)
INTERFACE_RECEIVE_BYTES = Metric(
    "school_interface_receive_bytes_total", Kind.COUNTER, "Bytes received.", labels=_LABELS
)
INTERFACE_TRANSMIT_BYTES = Metric("school_interface_transmit_bytes_total", Kind.COUNTER, "Bytes sent.", labels=_LABELS)
INTERFACE_ERRORS = Metric(
    "school_interface_errors_total",
    Kind.COUNTER,
    "Frames with errors, received and sent.",
    labels=_LABELS,
    quiet=True,
)
INTERFACE_DROPS = Metric(
    "school_interface_drops_total",
    Kind.COUNTER,
    "Frames dropped, received and sent.",
    labels=_LABELS,
    quiet=True,
)
INTERFACES = Section(
    name="interfaces",
    help="Network interfaces that are hardware.",
    columns=(
        Column(name="interface", help="Kind and number, as in the metrics: ethernet0, wifi0, mobile0.", leaves=True),
        Column(name="kind", help="ethernet, wifi or mobile.", leaves=True),
        Column(name="speed", help="Agreed link speed.", type="integer", unit="bits per second", leaves=True),
        Column(name="mac", help="Hardware address.", hashed=True),
        Column(name="name", help="Name in the operating system; somebody may have changed it."),
    ),
    key=("interface",),
)
