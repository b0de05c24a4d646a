"""What is said about sharing files the old way."""

from schooldrum_wire.section import Column, Section

SHARING = Section(
    name="sharing",
    help="Sharing files over the first version of SMB, which worms use; one row.",
    columns=(
        Column(name="server", help="Whether this PC offers it: on or off; absent where unknown.", leaves=True),
        Column(
            name="client", help="Whether this PC uses it with others: on or off; absent where unknown.", leaves=True
        ),
    ),
    key=("server",),
)
