"""What is said about fixed volumes."""

from schooldrum_wire.metric import Kind, Metric
from schooldrum_wire.section import Column, Section

DISK_SIZE_BYTES = Metric("school_disk_size_bytes", Kind.GAUGE, "Size of a fixed volume.", labels=("volume",))
DISK_FREE_BYTES = Metric(
    "school_disk_free_bytes", Kind.GAUGE, "Space on a fixed volume that ordinary programs can use.", labels=("volume",)
)
VOLUMES = Section(
    name="volumes",
    help="Fixed volumes of the PC.",
    columns=(
        Column(name="volume", help="Drive letter or mount point.", leaves=True),
        Column(name="filesystem", help="Kind of file system.", leaves=True),
        Column(name="size", help="Size.", type="integer", unit="bytes", leaves=True),
        Column(name="label", help="Name somebody gave the volume."),
    ),
    key=("volume",),
)
