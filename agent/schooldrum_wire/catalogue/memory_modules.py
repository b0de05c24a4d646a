"""What is said about each memory module."""

from schooldrum_wire.section import Column, Section

MEMORY_MODULES = Section(
    name="memory_modules",
    help="Memory modules that are plugged in or soldered on.",
    columns=(
        Column(name="slot", help="Where it sits, as printed on the board.", leaves=True),
        Column(name="bank", help="Its bank, as the firmware says.", leaves=True),
        Column(name="size", help="Size.", type="integer", unit="bytes", leaves=True),
        Column(name="kind", help="Generation: DDR3, DDR4, LPDDR5.", leaves=True),
        Column(name="form", help="dimm, sodimm or soldered.", leaves=True),
        Column(name="speed", help="Speed it is made for.", type="integer", unit="MT/s", leaves=True),
        Column(name="configured_speed", help="Speed it runs at.", type="integer", unit="MT/s", leaves=True),
        Column(name="maker", help="Who made it.", leaves=True),
        Column(name="part", help="Part number.", leaves=True),
        Column(name="serial", help="Serial number.", hashed=True),
    ),
    key=("slot", "bank"),
)
