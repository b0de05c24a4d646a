"""What is said about a laptop's batteries."""

from schooldrum_wire.metric import Kind, Lasts, Metric
from schooldrum_wire.section import Column, Section

BATTERY_WEAR_RATIO = Metric(
    "school_battery_wear_ratio",
    Kind.GAUGE,
    "Share of its design capacity that the most worn battery has lost (0 to 1).",
    lasts=Lasts.KEPT,
)
BATTERIES = Section(
    name="batteries",
    help="Batteries the PC runs on.",
    columns=(
        Column(name="battery", help="Its number in the PC.", leaves=True),
        Column(name="maker", help="Who made it.", leaves=True),
        Column(name="model", help="Its name.", leaves=True),
        Column(name="serial", help="Serial number.", hashed=True),
        Column(name="chemistry", help="What it is made of: LION, LIPO, NIMH.", leaves=True),
        Column(name="design", help="What it held when new.", type="integer", unit="mWh", leaves=True),
        Column(name="full", help="What it holds now.", type="integer", unit="mWh", leaves=True),
        Column(name="cycles", help="How often it was charged.", type="integer", leaves=True),
    ),
    key=("battery",),
)
