"""Since when the PC is up."""

from schooldrum_wire.metric import Kind, Metric

BOOT_TIMESTAMP = Metric(
    "school_boot_timestamp_seconds",
    Kind.AGE,
    "When the kernel last booted; a PC with Fast Startup is switched off without this changing.",
)
POWER_ON_TIMESTAMP = Metric(
    "school_power_on_timestamp_seconds", Kind.AGE, "When the PC was last switched on or woke up, where known."
)
