"""What is said about the programs that are installed for everybody on the PC."""

from schooldrum_wire.section import Column, Section

SOFTWARE = Section(
    name="software",
    help="Programs that are installed for everybody on the PC; what somebody installed for herself is not looked at.",
    columns=(
        Column(name="program", help="Its name as its installer wrote it; on Linux the package.", leaves=True),
        Column(name="version", help="Its version as its installer wrote it.", leaves=True),
        Column(name="publisher", help="Which firm or project made it.", leaves=True),
        Column(name="installed", help="When it was installed or last renewed, as year-month-day.", leaves=True),
        Column(name="bits", help="32 or 64; absent where it is for both.", type="integer", leaves=True),
        Column(
            name="source", help="Whose list it stands in: registry, store, dpkg, rpm, flatpak or snap.", leaves=True
        ),
        Column(name="code", help="Its code in that list where it differs from its name, in no language.", leaves=True),
    ),
    key=("program", "version", "source"),
)
SOFTWARE_GAPS = Section(
    name="software_gaps",
    help="Lists of programs that are not told whole, and why: what is missing there may be installed all the same.",
    columns=(
        Column(name="source", help="Whose list: registry, store, dpkg, rpm, flatpak or snap.", leaves=True),
        Column(
            name="why",
            help="cut (more than a section holds), or not read: no_answer, denied, failed.",
            leaves=True,
        ),
        Column(name="installed", help="How many programs stand in it.", type="integer", leaves=True),
        Column(name="listed", help="How many of them are told.", type="integer", leaves=True),
    ),
    key=("source",),
)
