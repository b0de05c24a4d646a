"""What is said about the cameras that are plugged in or built in."""

from schooldrum_wire.section import Column, Section

CAMERAS = Section(
    name="cameras",
    help="Cameras that are plugged in or built in. None is ever opened.",
    columns=(
        Column(name="model", help="Its name.", leaves=True),
        Column(name="device", help="Vendor and product number, where it hangs on USB.", leaves=True),
        Column(name="state", help="ok, disabled, no_driver or fault.", leaves=True),
    ),
    key=("device", "model"),
)
