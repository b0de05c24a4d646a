"""What is said about how the PC starts."""

from schooldrum_wire.section import Column, Section

SECURE_BOOT = Section(
    name="secure_boot",
    help="How the firmware starts the system, one row.",
    columns=(
        Column(name="firmware", help="uefi or bios.", leaves=True),
        Column(
            name="enabled",
            help="Whether only signed systems start (Secure Boot); absent on BIOS, which has none.",
            type="boolean",
            leaves=True,
        ),
        Column(
            name="certificates",
            help="Windows: where the change to the certificates of 2023 stands: not_started, in_progress, updated.",
            leaves=True,
        ),
    ),
    key=("firmware",),
)
