"""What is said about locking the screen."""

from schooldrum_wire.section import Column, Section

SCREEN_LOCK = Section(
    name="screen_lock",
    help="Whether an unused PC locks its screen by itself, one row; the least careful of the people signed in decides.",
    columns=(
        Column(name="locks", help="Whether it does; absent where nobody is signed in.", type="boolean", leaves=True),
        Column(name="after", help="After how long.", type="integer", unit="seconds", leaves=True),
        Column(name="source", help="What decides it: policy or user.", leaves=True),
    ),
    key=("source",),
)
