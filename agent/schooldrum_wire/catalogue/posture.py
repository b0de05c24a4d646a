"""What the collector makes of everything that is known of a PC's safety: ten checks."""

from schooldrum_wire.metric import Kind, Lasts, Metric

POSTURE_NOT_MET = Metric(
    "school_posture_not_met",
    Kind.GAUGE,
    "1 for each of the safety checks the PC does not meet; nothing for one that is met, unknown or does not apply.",
    labels=("check",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
POSTURE_CHECKS = Metric(
    "school_posture_checks",
    Kind.GAUGE,
    "How many of the safety checks the PC meets, or leaves unknown; those it does not meet are named one by one.",
    labels=("verdict",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
POSTURE_MACHINES = Metric(
    "school_posture_machines",
    Kind.GAUGE,
    "PCs of the school by how a safety check stands: met not_met unknown not_applicable.",
    labels=("check", "verdict"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
