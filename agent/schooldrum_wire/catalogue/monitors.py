"""What is said about the monitors and projectors that are plugged in."""

from schooldrum_wire.section import Column, Section

MONITORS = Section(
    name="monitors",
    help="Monitors and projectors that are plugged in.",
    columns=(
        Column(name="connection", help="vga, dvi, hdmi, displayport or internal.", leaves=True),
        Column(name="maker", help="Who made it: a known name, or its three letters.", leaves=True),
        Column(name="model", help="Its name.", leaves=True),
        Column(name="product", help="The maker's number of the model.", type="integer", leaves=True),
        Column(name="serial", help="Serial number.", hashed=True),
        Column(name="year", help="Year it was made.", type="integer", leaves=True),
        Column(
            name="width", help="Width of the picture; a projector has none.", type="integer", unit="cm", leaves=True
        ),
        Column(name="height", help="Height of the picture.", type="integer", unit="cm", leaves=True),
        Column(name="resolution", help="The resolution it is made for.", leaves=True),
        Column(name="digital", help="Whether it is connected digitally.", type="boolean", leaves=True),
    ),
    key=("maker", "model", "serial"),
)
