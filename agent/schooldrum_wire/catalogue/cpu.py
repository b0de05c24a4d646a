"""What is said about the processor."""

from schooldrum_wire.metric import Kind, Metric

CPU_USAGE_RATIO = Metric(
    "school_cpu_usage_ratio",
    Kind.GAUGE,
    "Share of all processors' time in use since the run before, in the first run since the PC started (0 to 1).",
)
CPU_LOGICAL_PROCESSORS = Metric(
    "school_cpu_logical_processors", Kind.GAUGE, "Logical processors; the list of hardware says them.", until="0.1.0"
)
