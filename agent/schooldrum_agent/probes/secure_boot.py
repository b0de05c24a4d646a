r"""Whether the firmware starts only systems that are signed.

On BIOS there is no such thing, and Windows has no key for it: that is not "off". The certificates of 2011 run out from
June 2026 on; how far their change is, Windows tells.
"""

from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, registry, windows
from schooldrum_wire.catalogue.secure_boot import SECURE_BOOT
from schooldrum_wire.section import Row

_STATE = r"SYSTEM\CurrentControlSet\Control\SecureBoot\State"
_SERVICING = r"SYSTEM\CurrentControlSet\Control\SecureBoot\Servicing"
_CONTROL = r"SYSTEM\CurrentControlSet\Control"
_FIRMWARE = {1: "bios", 2: "uefi"}
"""FIRMWARE_TYPE."""
_CERTIFICATES = {"notstarted": "not_started", "inprogress": "in_progress", "updated": "updated"}
_EFI = "firmware/efi"
_VARIABLE = "firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_VARIABLE_BYTES = 5
"""Four of attributes, one of value."""


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{firmware, enabled, certificates}: FIRMWARE_TYPE and the registry's values, each None where it is not told.

    Raises:
        Denied: this process may not read the registry.
        Unavailable: this is not Windows.
    """
    registry.keys(_CONTROL)
    return {
        "firmware": _firmware(),
        "enabled": _value(_STATE, "UEFISecureBootEnabled"),
        "certificates": _value(_SERVICING, "UEFICA2023Status"),
    }


def _firmware() -> int | None:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    kind = ctypes.c_uint32(0)
    try:
        if windows.function("kernel32", "GetFirmwareType")(ctypes.byref(kind)):
            return kind.value
    except Unavailable:
        pass
    told = _value(_CONTROL, "PEFirmwareType")
    return told if isinstance(told, int) else None


def _value(path: str, name: str) -> Any:
    try:
        return registry.value(path, name)
    except (Denied, Unavailable):
        return None


def read_windows(data: Any) -> Iterator[Row]:
    """One row."""
    firmware = _FIRMWARE.get(data["firmware"]) if isinstance(data["firmware"], int) else None
    enabled = data["enabled"] == 1 if isinstance(data["enabled"], int) else None
    yield SECURE_BOOT(
        # Whoever has Secure Boot has UEFI.
        firmware=firmware or (None if enabled is None else "uefi"),
        enabled=None if firmware == "bios" else enabled,
        certificates=_CERTIFICATES.get(str(data["certificates"]).strip().casefold()),
    )


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{efi, variable}: whether the firmware is UEFI, and its variable SecureBoot in hex (None: not there).

    Raises:
        Denied: the variable may not be read.
    """
    if not files.names_or_none(doors.sysfs, _EFI):
        return {"efi": False, "variable": None}
    try:
        variable = files.read_bytes(doors.sysfs, _VARIABLE, limit=64).hex()
    except Unavailable:
        variable = None
    return {"efi": True, "variable": variable}


def secure_boot(variable: bytes) -> bool | None:
    """Whether the EFI variable SecureBoot, as the kernel hands it out, says on; None where these bytes are none."""
    return variable[4] == 1 if len(variable) == _VARIABLE_BYTES else None


def read_linux(data: Any) -> Iterator[Row]:
    """One row."""
    enabled = None if data["variable"] is None else secure_boot(bytes.fromhex(data["variable"]))
    yield SECURE_BOOT(firmware="uefi" if data["efi"] else "bios", enabled=enabled)


PROBE = Probe(
    "secure_boot",
    every=24 * 3600,
    timeout=15,
    floor=600,
    sections=("secure_boot",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
