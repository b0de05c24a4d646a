"""What is said about the disks that are built in, and how they are."""

from schooldrum_wire.metric import Kind, Lasts, Metric
from schooldrum_wire.section import Column, Section

STORAGE_DISKS = Metric(
    "school_storage_disks",
    Kind.GAUGE,
    "How many disks of the PC are ok, warning, failing or unknown; nothing for a verdict that no disk has.",
    labels=("verdict",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
DISKS = Section(
    name="disks",
    help="Disks that are built in, and what they say of their health.",
    columns=(
        Column(name="disk", help="Its name in the system: sda, nvme0n1, PhysicalDrive0.", leaves=True),
        Column(name="kind", help="hdd, ssd, nvme, emmc or card.", leaves=True),
        Column(name="bus", help="How it is connected: sata, nvme, mmc, sd, usb, scsi, raid or virtual.", leaves=True),
        Column(name="size", help="Size.", type="integer", unit="bytes", leaves=True),
        Column(name="model", help="Its name.", leaves=True),
        Column(name="firmware", help="Version of its own program.", leaves=True),
        Column(name="serial", help="Serial number.", hashed=True),
        Column(name="source", help="Who told of its health: smart, nvme, mmc, udisks, windows.", leaves=True),
        Column(
            name="unread",
            help="Why its health was not told: denied, no_program, asleep, no_answer or not_told.",
            leaves=True,
        ),
        Column(name="passed", help="Whether the disk itself says it is sound.", type="boolean", leaves=True),
        Column(name="health", help="What the system says: healthy, warning or unhealthy.", leaves=True),
        Column(
            name="status",
            help="Windows: numbers of its OperationalStatus other than 2 (OK) and 5 (predictive failure), such as 6"
            " (error) and 13 (lost communication).",
            leaves=True,
        ),
        Column(name="critical", help="Warnings of an NVMe disk, as a sum of bits.", type="integer", leaves=True),
        Column(name="below", help="Numbers of the SMART attributes that foretell failure.", leaves=True),
        Column(name="outlived", help="Numbers of the SMART attributes that tell of old age.", leaves=True),
        Column(name="reallocated", help="Sectors replaced by spare ones.", type="integer", leaves=True),
        Column(name="reallocations", help="Attempts to replace a sector.", type="integer", leaves=True),
        Column(name="pending", help="Sectors that wait to be replaced.", type="integer", leaves=True),
        Column(name="uncorrectable", help="Sectors found unreadable by its own tests.", type="integer", leaves=True),
        Column(name="unreadable", help="Reads that failed for good.", type="integer", leaves=True),
        Column(name="media_errors", help="Data an NVMe disk could not give back.", type="integer", leaves=True),
        Column(name="spare", help="Spare room an NVMe disk has left.", type="integer", unit="percent", leaves=True),
        Column(
            name="wear",
            help="Part of its designed life that is used up; may pass 100.",
            type="integer",
            unit="percent",
            leaves=True,
        ),
        Column(name="hours", help="Hours it has been on.", type="integer", unit="hours", leaves=True),
        Column(name="temperature", help="Temperature.", type="integer", unit="celsius", leaves=True),
    ),
    key=("disk",),
)
