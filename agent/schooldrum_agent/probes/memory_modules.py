"""Which memory modules this PC has, out of the firmware's SMBIOS table."""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import firmware, smbios
from schooldrum_agent.sources.nameplate import known, known_serial
from schooldrum_wire.catalogue.memory_modules import MEMORY_MODULES
from schooldrum_wire.section import Row

_KINDS = {
    3: "DRAM", 15: "SDRAM", 17: "RDRAM", 18: "DDR", 19: "DDR2", 20: "DDR2 FB-DIMM", 24: "DDR3", 25: "FBD2", 26: "DDR4",
    27: "LPDDR", 28: "LPDDR2", 29: "LPDDR3", 30: "LPDDR4", 32: "HBM", 33: "HBM2", 34: "DDR5", 35: "LPDDR5", 36: "HBM3",
}  # fmt: skip
_FORMS = {9: "dimm", 11: "soldered", 12: "rimm", 13: "sodimm", 15: "fb_dimm", 16: "soldered", 17: "camm"}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{arrays, modules} as `sources.smbios.contents` tells them.

    Raises:
        Denied: only root may read the table.
        Unavailable: this machine has none.
    """
    return _memory(firmware.table_linux(doors.sysfs))


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same.

    Raises:
        Unavailable: this is not Windows, or the firmware has no table.
    """
    return _memory(firmware.table_windows())


def _memory(table: firmware.Table) -> dict[str, Any]:
    contents = smbios.contents(table.structures)
    if not contents["modules"]:
        raise Unavailable("the firmware lists no memory modules")
    return {"arrays": contents["arrays"], "modules": contents["modules"]}


def read(data: Any) -> Iterator[Row]:
    """A row for each module of main memory; an empty place gives none."""
    for one in smbios.main_memory(data)[1]:
        if one["size"]:
            yield MEMORY_MODULES(
                slot=known(one["slot"]),
                bank=known(one["bank"]),
                size=one["size"],
                kind=_KINDS.get(one["kind"]),
                form=_FORMS.get(one["form"]),
                speed=one["speed"],
                configured_speed=one["configured"],
                maker=known(one["maker"]),
                part=known(one["part"]),
                serial=known_serial(one["serial"]),
            )


PROBE = Probe(
    "memory_modules",
    every=24 * 3600,
    timeout=15,
    floor=600,
    sections=("memory_modules",),
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
