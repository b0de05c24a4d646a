"""Which system runs on the PC."""

from schooldrum_wire.section import Column, Section

HOST = Section(
    name="host",
    help="The operating system, one row.",
    columns=(
        Column(name="system", help="windows or linux.", leaves=True),
        Column(name="release", help="Name and version of the system.", leaves=True),
        Column(name="kernel", help="Kernel version or Windows build.", leaves=True),
        Column(name="architecture", help="Processor architecture.", leaves=True),
        Column(name="agent", help="Version of the agent.", leaves=True),
        Column(name="host_name", help="The PC's own name; it often carries a person's name."),
    ),
    key=("system",),
)
