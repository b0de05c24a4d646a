"""What is said about the printers that are set up on the PC."""

from schooldrum_wire.section import Column, Section

PRINTERS = Section(
    name="printers",
    help="Printers that are set up on the PC; what only makes files or faxes is left out.",
    columns=(
        Column(name="model", help="What its driver calls it.", leaves=True),
        Column(name="connection", help="usb, network, shared (by another PC) or other.", leaves=True),
        Column(
            name="state",
            help="idle, printing, stopped, offline or fault; a driver that hears nothing says idle.",
            leaves=True,
        ),
        Column(name="problem", help="jam, no_paper, no_toner, low_toner, door_open, user or other.", leaves=True),
        Column(name="default", help="Whether the PC prints on it unless told otherwise.", type="boolean", leaves=True),
        Column(name="shared", help="Whether the PC shares it.", type="boolean", leaves=True),
        Column(name="serial", help="Serial number, where it hangs on USB.", hashed=True),
        Column(name="name", help="Its name; somebody gave it."),
    ),
    key=("model", "connection"),
)
