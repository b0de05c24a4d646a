"""What the agent says of itself: its own weight, and what waits to be sent."""

from schooldrum_wire.metric import Kind, Metric

AGENT_CPU_SECONDS = Metric(
    "school_agent_cpu_seconds_total",
    Kind.COUNTER,
    "Processor time used by the agent and its children since it started.",
)
AGENT_RESIDENT_MEMORY_BYTES = Metric("school_agent_resident_memory_bytes", Kind.GAUGE, "Memory the agent holds.")
AGENT_START_TIMESTAMP = Metric("school_agent_start_timestamp_seconds", Kind.AGE, "When the agent started.")
AGENT_SPOOL_RESULTS = Metric(
    "school_agent_spool_results",
    Kind.GAUGE,
    "Results waiting to be sent.",
    quiet=True,
)
AGENT_SPOOL_OLDEST_TIMESTAMP = Metric(
    "school_agent_spool_oldest_timestamp_seconds", Kind.AGE, "When the oldest waiting result was measured."
)
AGENT_SPOOL_DROPPED = Metric(
    "school_agent_spool_dropped_results_total",
    Kind.COUNTER,
    "Results given up because the spool was full, too old or damaged.",
    quiet=True,
)
AGENT_SET_ASIDE = Metric(
    "school_agent_set_aside_reports_total",
    Kind.COUNTER,
    "Reports the collector could not read and the agent set aside.",
    quiet=True,
)
