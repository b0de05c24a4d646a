"""Whether this PC has a security chip (TPM), and which; one switched off in the firmware is as good as none."""

import struct
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import files, windows
from schooldrum_wire.catalogue.tpm import TPM
from schooldrum_wire.section import Row

_ROOM = 16
_NOT_FOUND = 0x8028400F
"""TBS_E_TPM_NOT_FOUND."""
_VERSIONS = {1: "1.2", 2: "2.0"}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{present, family}: `family` is 1 or 2, None where the kernel is too old to tell.

    Raises:
        Denied: sysfs may not be read.
        Unavailable: this kernel knows no such chips.
    """
    chips = files.names(doors.sysfs, "class/tpm")
    if not chips:
        return {"present": False, "family": None}
    family = files.text_or_none(doors.sysfs, "class/tpm", chips[0], "tpm_version_major")
    return {"present": True, "family": int(family) if family and family.isdecimal() else None}


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """The same, from Tbsi_GetDeviceInfo, which asks no rights.

    Raises:
        Denied: Windows refuses.
        Unavailable: this is not Windows, or it does not tell.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    info = ctypes.create_string_buffer(_ROOM)
    code = int(windows.function("tbs", "Tbsi_GetDeviceInfo")(_ROOM, info)) & 0xFFFFFFFF
    if code == _NOT_FOUND:
        return {"present": False, "family": None}
    if code:
        windows.refuse(code, "Tbsi_GetDeviceInfo")
    return {"present": True, "family": struct.unpack_from("<II", info.raw)[1]}


def read(data: Any) -> Iterator[Row]:
    """One row."""
    yield TPM(present=data["present"], version=_VERSIONS.get(data["family"]))


PROBE = Probe(
    "tpm",
    every=24 * 3600,
    timeout=15,
    floor=600,
    sections=("tpm",),
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
