"""What is said about main memory."""

from schooldrum_wire.metric import Kind, Metric

MEMORY_SIZE_BYTES = Metric("school_memory_size_bytes", Kind.GAUGE, "Main memory the system can use.")
MEMORY_AVAILABLE_BYTES = Metric(
    "school_memory_available_bytes", Kind.GAUGE, "Memory that programs can have without swapping."
)
SWAP_SIZE_BYTES = Metric("school_swap_size_bytes", Kind.GAUGE, "Swap space or page file.", until="0.1.0")
SWAP_USED_BYTES = Metric("school_swap_used_bytes", Kind.GAUGE, "Swap space or page file in use.", until="0.1.0")
