"""What is said about the graphics cards."""

from schooldrum_wire.section import Column, Section

GPUS = Section(
    name="gpus",
    help="Graphics cards and graphics built into the processor.",
    columns=(
        Column(name="model", help="Its name.", leaves=True),
        Column(name="device", help="Vendor and device number on the bus.", leaves=True),
        Column(name="memory", help="Its own memory.", type="integer", unit="bytes", leaves=True),
        Column(name="driver", help="Version of its driver, on Linux the driver's name.", leaves=True),
        Column(name="driver_date", help="Date of its driver, as year-month-day.", leaves=True),
        Column(name="driver_missing", help="Whether only a stopgap driver is there.", type="boolean", leaves=True),
        Column(name="resolution", help="Resolution it shows.", leaves=True),
    ),
    key=("device", "model"),
)
