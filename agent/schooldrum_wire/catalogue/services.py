"""What is said about the services that an observer asks; their figures are those of the ladder's targets."""

from schooldrum_wire.section import Column, Section

SERVICES = Section(
    name="services",
    help="Services that this PC asks for its school, changed only when one changes its state.",
    columns=(
        Column(name="target", help="The short name the office gave the service.", leaves=True),
        Column(name="kind", help="dns, https or mail.", leaves=True),
        Column(name="state", help="ok or failed.", leaves=True),
        Column(name="reason", help="Why it failed, in a closed list of words.", leaves=True),
    ),
    key=("target",),
    retention_days=30,
)
