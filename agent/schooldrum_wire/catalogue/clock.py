"""How wrong the PC's clock is."""

from schooldrum_wire.metric import Kind, Metric

CLOCK_SKEW_SECONDS = Metric(
    "school_clock_skew_seconds",
    Kind.GAUGE,
    "How far the PC's clock is ahead of the collector's; negative when behind.",
    by_collector=True,
)
CLOCK_STEPS = Metric(
    "school_clock_steps_total",
    Kind.COUNTER,
    "Times the wall clock jumped by more than 5 seconds while the agent ran.",
    quiet=True,
)
