"""What is said about the way from a PC to the internet: one step after the other, the nearest first."""

from schooldrum_wire.metric import Kind, Metric
from schooldrum_wire.section import Column, Section

STEPS = (
    "link",
    "address",
    "gateway",
    "resolver",
    "independent_resolver",
    "provider",
    "national",
    "international",
    "collector",
)
"""The ladder from the PC outwards. Services stand beside its top: each is a target of its own."""
REASONS = (
    "no_link",
    "no_address",
    "self_assigned",
    "no_route",
    "unreachable",
    "refused",
    "timeout",
    "reset",
    "no_such_name",
    "server_failure",
    "captive",
    "inspected",
    "untrusted",
    "clock",
    "no_tool",
    "denied",
)
"""Why a step failed, in a closed list: text of the PC's system never leaves it."""

STEP_SUCCESS = Metric(
    "school_ladder_step_success",
    Kind.GAUGE,
    "Whether this step on the way to the internet answered (1) or not (0); steps that were not tried are absent.",
    labels=("step", "family"),
    between=(0, 1),
)
ROUND_TRIP_SECONDS = Metric(
    "school_ladder_round_trip_seconds",
    Kind.GAUGE,
    "Median time until this step answered.",
    labels=("step", "family"),
)
JITTER_SECONDS = Metric(
    "school_ladder_jitter_seconds",
    Kind.GAUGE,
    "Mean difference between successive round trips to this step.",
    labels=("step", "family"),
)
LOSS_RATIO = Metric(
    "school_ladder_loss_ratio",
    Kind.GAUGE,
    "Share of the tries that this step did not answer.",
    labels=("step", "family"),
)
TARGET_SUCCESS = Metric(
    "school_target_success",
    Kind.GAUGE,
    "Whether this service or named target answered (1) or not (0).",
    labels=("target",),
    between=(0, 1),
)
TARGET_PHASE_SECONDS = Metric(
    "school_target_phase_seconds",
    Kind.GAUGE,
    "How long a phase (resolve, connect, tls, first_byte, transfer) of asking this target took.",
    labels=("target", "phase"),
)
CAPTIVE_PORTAL = Metric(
    "school_captive_portal",
    Kind.GAUGE,
    "Whether something on the way answered in a web site's place (1).",
    between=(0, 1),
    quiet=True,
)
TLS_INSPECTED = Metric(
    "school_tls_inspected",
    Kind.GAUGE,
    "Whether something on the way opened an encrypted connection under a certificate of its own (1).",
    between=(0, 1),
    quiet=True,
)
LADDER = Section(
    name="ladder",
    help="How far the way to the internet goes from this PC, changed only when a step changes its state.",
    columns=(
        Column(name="step", help="Which step, nearest first.", leaves=True),
        Column(name="target", help="Which of the step's targets: a packaged name, never an address.", leaves=True),
        Column(name="family", help="ipv4 or ipv6.", leaves=True),
        Column(name="state", help="ok or failed.", leaves=True),
        Column(name="how", help="icmp, tcp, arp, dns, https or system: how it was asked.", leaves=True),
        Column(name="reason", help="Why it failed, in a closed list of words.", leaves=True),
        Column(name="given", help="How the address was got: dhcp, manual, unknown; else empty.", leaves=True),
    ),
    key=("step", "target", "family"),
)
