"""What is said about programs that give the disk its old content back at every start."""

from schooldrum_wire.section import Column, Section

FREEZE = Section(
    name="freeze",
    help="Programs that give the disk its old content back at every start.",
    columns=(
        Column(name="product", help="Which one.", leaves=True),
        Column(
            name="state",
            help="frozen: what changes now is lost at the next start; thawed: it stays; unknown: it does not tell.",
            leaves=True,
        ),
    ),
    key=("product",),
)
