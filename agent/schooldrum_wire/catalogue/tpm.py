"""What is said about the security chip."""

from schooldrum_wire.section import Column, Section

TPM = Section(
    name="tpm",
    help="The security chip (TPM), one row.",
    columns=(
        Column(name="present", help="Whether the PC has one that is switched on.", type="boolean", leaves=True),
        Column(name="version", help="1.2 or 2.0; Windows 11 wants 2.0.", leaves=True),
    ),
    key=("present",),
)
