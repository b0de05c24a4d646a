"""What is said about the programs that watch for viruses."""

from schooldrum_wire.section import Column, Section

ANTIVIRUS = Section(
    name="antivirus",
    help="Programs that watch for viruses.",
    columns=(
        Column(name="product", help="Name of the product.", leaves=True),
        Column(name="maker", help="microsoft or other.", leaves=True),
        Column(name="state", help="on, off, snoozed (off for a while), expired or unknown.", leaves=True),
        Column(name="signatures", help="up_to_date, out_of_date or unknown, as the product says.", leaves=True),
        Column(name="signature_version", help="Version of its virus signatures.", leaves=True),
        Column(
            name="signature_age",
            help="How old they are by the PC's own clock.",
            type="integer",
            unit="days",
            leaves=True,
        ),
        Column(name="mode", help="Microsoft's: normal, passive, edr_block (passive, too) or not_running.", leaves=True),
        Column(name="full_scan_age", help="Days since the last full scan.", type="integer", unit="days", leaves=True),
        Column(
            name="installed",
            help="Whether its program is there; a product that was removed badly stays listed.",
            type="boolean",
            leaves=True,
        ),
        Column(
            name="alone",
            help="Whether it answers for itself alone, for want of a Security Center, which servers lack: other makers'"
            " products are not seen then.",
            type="boolean",
            leaves=True,
        ),
    ),
    key=("product",),
)
