"""What is said about remote control of the PC's screen by the system's own means."""

from schooldrum_wire.section import Column, Section

REMOTE_DESKTOP = Section(
    name="remote_desktop",
    help="Remote control by the system's own means, one row.",
    columns=(
        Column(name="enabled", help="Whether the PC lets itself be controlled.", type="boolean", leaves=True),
        Column(
            name="protected",
            help="Whether a person must prove who she is before a screen is shown (NLA).",
            type="boolean",
            leaves=True,
        ),
        Column(name="port", help="TCP port it listens on.", type="integer", leaves=True),
        Column(name="program", help="Linux: which program: xrdp or gnome-remote-desktop.", leaves=True),
        Column(name="assistance", help="Windows: whether Remote Assistance is allowed.", type="boolean", leaves=True),
    ),
    key=("program",),
)
