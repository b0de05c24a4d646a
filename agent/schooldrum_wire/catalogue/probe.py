"""How the probes themselves fare."""

from schooldrum_wire.metric import Kind, Lasts, Metric

PROBE_FAILED = Metric(
    "school_probe_failed",
    Kind.GAUGE,
    "1 for a probe whose newest run was denied, failed or timed out; nothing for one that works.",
    labels=("probe", "outcome"),
    by_collector=True,
)
EVIDENCE_TIMESTAMP = Metric(
    "school_evidence_timestamp_seconds",
    Kind.GAUGE,
    "When the values that outlast switching off were measured.",
    labels=("probe",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
