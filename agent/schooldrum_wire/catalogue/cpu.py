"""What is said about the processor."""

from schooldrum_wire.metric import Kind, Metric

CPU_USAGE_RATIO = Metric(
    "school_cpu_usage_ratio", Kind.GAUGE, "Share of all processors' time in use since the run before (0 to 1)."
)
CPU_LOGICAL_COUNT = Metric("school_cpu_logical_count", Kind.GAUGE, "Logical processors.")
