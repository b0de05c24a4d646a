"""What is said about updates that wait to be installed."""

from schooldrum_wire.metric import Kind, Lasts, Metric
from schooldrum_wire.section import Column, Section

SECURITY_UPDATES_PENDING = Metric(
    "school_security_updates_pending",
    Kind.GAUGE,
    "Security updates that are published, as far as this PC knows, and not installed; absent where 0 is not proved.",
    lasts=Lasts.KEPT,
)
PATCH_STATE = Metric(
    "school_patch_state",
    Kind.GAUGE,
    "1 for how the PC stands: current waiting restart off refused frozen unknown.",
    labels=("state",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
PATCH_AGE_SECONDS = Metric(
    "school_patch_age_seconds",
    Kind.GAUGE,
    "How long the oldest missing security update has waited, counting only whole days on which the PC was on.",
    lasts=Lasts.KEPT,
    by_collector=True,
)
BUILDS_BEHIND = Metric(
    "school_windows_builds_behind",
    Kind.GAUGE,
    "Cumulative updates of Windows that came out after the installed one, until this PC's support ended.",
    lasts=Lasts.KEPT,
    by_collector=True,
)
UPDATES = Section(
    name="updates",
    help="Updates that wait to be installed.",
    columns=(
        Column(
            name="update", help="Windows: number of the article (KB…), or the update's id; Linux: package.", leaves=True
        ),
        Column(name="kind", help="security, other, optional or upgrade (a new release).", leaves=True),
        Column(name="severity", help="As its maker says: critical, important, moderate, low.", leaves=True),
        Column(name="installed", help="Linux: version that is installed.", leaves=True),
        Column(name="available", help="Linux: version that waits.", leaves=True),
        Column(name="published", help="Windows: day of its last publication.", leaves=True),
        Column(name="downloaded", help="Windows: whether it is here already.", type="boolean", leaves=True),
        Column(name="held", help="Linux: whether the system would not install it now.", type="boolean", leaves=True),
    ),
    key=("update", "installed"),
)
