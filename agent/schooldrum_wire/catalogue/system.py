"""What is said about the PC as a whole: who made it, what is built in."""

from schooldrum_wire.section import Column, Section

SYSTEM = Section(
    name="system",
    help="The PC as a whole, one row.",
    columns=(
        Column(
            name="chassis", help="Shape of its case, as the firmware says: desktop, notebook, all_in_one.", leaves=True
        ),
        Column(name="laptop", help="Whether it is made to be carried.", type="boolean", leaves=True),
        Column(name="virtual", help="Whether it is a virtual machine.", type="boolean", leaves=True),
        Column(name="maker", help="Who made it; absent on locally assembled PCs.", leaves=True),
        Column(name="model", help="Its name for people.", leaves=True),
        Column(name="product", help="The maker's code where that is not its name.", leaves=True),
        Column(name="serial", help="Serial number.", hashed=True),
        Column(name="board_maker", help="Who made its main board.", leaves=True),
        Column(name="board_model", help="Name of its main board.", leaves=True),
        Column(name="firmware_maker", help="Who made its BIOS or UEFI.", leaves=True),
        Column(name="firmware_version", help="Version of its BIOS or UEFI.", leaves=True),
        Column(name="firmware_date", help="Date of its BIOS or UEFI, as year-month-day.", leaves=True),
        Column(name="processor", help="Processor model.", leaves=True),
        Column(name="processor_speed", help="Rated speed.", type="integer", unit="MHz", leaves=True),
        Column(name="sockets", help="Processors built in.", type="integer", leaves=True),
        Column(name="cores", help="Cores of all processors.", type="integer", leaves=True),
        Column(name="threads", help="Logical processors.", type="integer", leaves=True),
        Column(name="memory", help="Main memory built in.", type="integer", unit="bytes", leaves=True),
        Column(name="memory_slots", help="Places for memory modules.", type="integer", leaves=True),
        Column(name="memory_slots_free", help="Those without a module.", type="integer", leaves=True),
        Column(
            name="memory_most",
            help="Memory that fits in, as the firmware claims; it is often wrong.",
            type="integer",
            unit="bytes",
            leaves=True,
        ),
    ),
    key=("chassis",),
)
