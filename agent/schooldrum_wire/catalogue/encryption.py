"""What is said about encryption of the disks."""

from schooldrum_wire.section import Column, Section

ENCRYPTION = Section(
    name="encryption",
    help="Encryption of the volumes that are built in.",
    columns=(
        Column(name="volume", help="Drive letter, or where it is mounted.", leaves=True),
        Column(name="role", help="system, boot (start files alone) or data.", leaves=True),
        Column(
            name="state",
            help="decrypted, encrypted, encrypting, decrypting, paused or unknown.",
            leaves=True,
        ),
        Column(
            name="protection",
            help="on; off; suspended: encrypted, but the key lies beside it; locked: not opened.",
            leaves=True,
        ),
        Column(
            name="method", help="How: aes_128, aes_256, xts_aes_128, xts_aes_256, hardware, luks1, luks2.", leaves=True
        ),
        Column(name="progress", help="Part that is encrypted.", type="integer", unit="percent", leaves=True),
    ),
    key=("volume",),
)
