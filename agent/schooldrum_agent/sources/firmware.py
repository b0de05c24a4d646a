"""What the firmware says of this PC: the SMBIOS table, raw, and the few items of it that identify the machine.

One parser for both systems: Windows hands the table out to any user (GetSystemFirmwareTable), Linux to root only
(/sys/firmware/dmi/tables). Layout: DMTF DSP0134.
"""

import struct

import msgspec

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import files, smbios, windows

_RSMB = 0x52534D42
_LARGEST = 1 << 20
_WINDOWS_HEADER = 8
_UUID_BYTES = 16
_MIXED_ENDIAN_SINCE = (2, 6)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The SMBIOS structures as bytes, and the version (major, minor) of the layout they follow."""

    version: tuple[int, int]
    structures: bytes


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """What identifies a machine, as the firmware spells it: placeholders included, empty where absent."""

    uuid: str = ""
    system_serial: str = ""
    board_serials: tuple[str, ...] = ()
    chassis_serial: str = ""


def table_windows() -> Table:
    """The table from Windows.

    Raises:
        Unavailable: this is not Windows, or the firmware has no SMBIOS table.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    get = windows.function("kernel32", "GetSystemFirmwareTable")
    size = int(get(_RSMB, 0, None, 0))
    if not _WINDOWS_HEADER < size <= _LARGEST:
        raise Unavailable("the firmware has no SMBIOS table")
    buffer = ctypes.create_string_buffer(size)
    filled = int(get(_RSMB, 0, buffer, size))
    return unwrap_windows(buffer.raw[: min(filled, size)])


def unwrap_windows(raw: bytes) -> Table:
    """The table out of Windows' RawSMBIOSData: Used20CallingMethod, major, minor, revision, length, structures.

    Raises:
        Unavailable: these bytes are none.
    """
    if len(raw) < _WINDOWS_HEADER:
        raise Unavailable("the firmware has no SMBIOS table")
    _, major, minor, _, length = struct.unpack_from("<BBBBI", raw)
    return Table(version=(major, minor), structures=raw[_WINDOWS_HEADER : _WINDOWS_HEADER + length])


def table_linux(sysfs: str) -> Table:
    """The table from the Linux kernel.

    Raises:
        Denied: only root may read it.
        Unavailable: this machine has none (many ARM boards, some virtual machines).
    """
    structures = files.read_bytes(sysfs, "firmware/dmi/tables/DMI", limit=_LARGEST)
    entry = files.read_bytes(sysfs, "firmware/dmi/tables/smbios_entry_point", limit=64)
    return Table(version=entry_version(entry), structures=structures)


def entry_version(entry: bytes) -> tuple[int, int]:
    """The version (major, minor) an SMBIOS entry point of either form names; the newest layout where it names none."""
    if entry.startswith(b"_SM3_") and len(entry) > 8:  # noqa: PLR2004 - the offset in DSP0134
        return entry[7], entry[8]
    if entry.startswith(b"_SM_") and len(entry) > 7:  # noqa: PLR2004 - the offset in DSP0134
        return entry[6], entry[7]
    return _MIXED_ENDIAN_SINCE


def items(table: Table) -> Items:
    """The identifying items of a table. Raises nothing: a damaged table gives what could be read before the damage."""
    uuid = system = chassis = ""
    boards: list[str] = []
    for kind, body, texts in smbios.structures(table.structures):
        if kind == 1 and not system and not uuid:
            system = smbios.text(body, texts, 7)
            uuid = _uuid(body[8 : 8 + _UUID_BYTES], table.version)
        elif kind == 2:  # noqa: PLR2004 - a base board in DSP0134
            if serial := smbios.text(body, texts, 7):
                boards.append(serial)
        elif kind == 3 and not chassis:  # noqa: PLR2004 - an enclosure in DSP0134
            chassis = smbios.text(body, texts, 7)
    return Items(uuid=uuid, system_serial=system, board_serials=tuple(boards), chassis_serial=chassis)


def _uuid(raw: bytes, version: tuple[int, int]) -> str:
    if len(raw) != _UUID_BYTES or raw in {b"\0" * _UUID_BYTES, b"\xff" * _UUID_BYTES}:
        return ""
    # Since 2.6 the first three fields are little-endian; older firmware is read as it stands, as dmidecode does.
    order = "<IHH" if version >= _MIXED_ENDIAN_SINCE else ">IHH"
    first, second, third = struct.unpack_from(order, raw)
    rest = raw[8:].hex()
    return f"{first:08x}-{second:04x}-{third:04x}-{rest[:4]}-{rest[4:]}"
