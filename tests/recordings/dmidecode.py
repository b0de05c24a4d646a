"""What `dmidecode` prints, turned back into the bytes of the SMBIOS table it was printed from."""

import re
import struct
from collections.abc import Callable
from typing import Any

_HEAD = re.compile(r"DMI type (\d+), (\d+) bytes")
_HANDLE = re.compile(r"Handle 0x([0-9A-Fa-f]+)")
_FIELD = re.compile(r"\s+([^:]+):\s?(.*)")
_CHASSIS = [
    "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box", "Mini Tower", "Tower", "Portable", "Laptop",
    "Notebook", "Hand Held", "Docking Station", "All In One", "Sub Notebook", "Space-saving", "Lunch Box",
    "Main Server Chassis", "Expansion Chassis", "Sub Chassis", "Bus Expansion Chassis", "Peripheral Chassis",
    "RAID Chassis", "Rack Mount Chassis", "Sealed-case PC", "Multi-system", "CompactPCI", "AdvancedTCA", "Blade",
    "Blade Enclosing", "Tablet", "Convertible", "Detachable", "IoT Gateway", "Embedded PC", "Mini PC", "Stick PC",
]  # fmt: skip
_FORMS = [
    "Other", "Unknown", "SIMM", "SIP", "Chip", "DIP", "ZIP", "Proprietary Card", "DIMM", "TSOP", "Row Of Chips", "RIMM",
    "SODIMM", "SRIMM", "FB-DIMM", "Die", "CAMM",
]  # fmt: skip
_MEMORIES = [
    "Other", "Unknown", "DRAM", "EDRAM", "VRAM", "SRAM", "RAM", "ROM", "Flash", "EEPROM", "FEPROM", "EPROM", "CDRAM",
    "3DRAM", "SDRAM", "SGRAM", "RDRAM", "DDR", "DDR2", "DDR2 FB-DIMM", "", "", "", "DDR3", "FBD2", "DDR4", "LPDDR",
    "LPDDR2", "LPDDR3", "LPDDR4", "Logical non-volatile device", "HBM", "HBM2", "DDR5", "LPDDR5", "HBM3",
]  # fmt: skip
_USES = ["Other", "Unknown", "System Memory", "Video Memory", "Flash Memory", "Non-volatile RAM", "Cache Memory"]
_UNITS = {"bytes": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}


def table(text: str) -> bytes:
    """The structures of types 0 to 4, 16, 17 and 22, each as long as dmidecode said it was; others are left out."""
    found = b""
    for block in re.split(r"\n(?=Handle 0x)", text.replace("\r", "")):
        head, handle = _HEAD.search(block), _HANDLE.search(block)
        if head and handle and int(head[1]) in _LAYOUTS:
            fields = [named.groups() for line in block.splitlines() if (named := _FIELD.fullmatch(line))]
            # The first of a name counts: a processor's flags and a board's features come later and deeper.
            says = dict(reversed([(name.strip(), value) for name, value in fields]))
            found += _Writer(int(head[1]), int(head[2]), int(handle[1], 16)).write(says)
    return found + struct.pack("<BBH", 127, 4, 0xFFFF) + b"\0\0"


class _Writer:
    def __init__(self, kind: int, length: int, handle: int) -> None:
        self._kind, self._length, self._handle = kind, length, handle
        self._body = bytearray(256)
        self._texts: list[bytes] = []

    def write(self, says: dict[str, str]) -> bytes:
        for offset, form, name, read in _LAYOUTS[self._kind]:
            if name not in says:
                continue
            if form == "text":
                self._body[offset] = self._text(says[name])
            else:
                struct.pack_into(form, self._body, offset, read(says[name]))
        struct.pack_into("<BBH", self._body, 0, self._kind, self._length, self._handle)
        texts = b"".join(text + b"\0" for text in self._texts) or b"\0"
        return bytes(self._body[: self._length]) + texts + b"\0"

    def _text(self, value: str) -> int:
        if value.strip() == "Not Specified" or not value:
            return 0
        self._texts.append(value.encode("latin-1", "replace"))
        return len(self._texts)


def _named(names: list[str]) -> Callable[[str], int]:
    folded = [name.casefold() for name in names]
    return lambda value: folded.index(value.casefold()) + 1 if value and value.casefold() in folded else 2


def _plain(value: str) -> int:
    found = re.match(r"\d+", value)
    return int(found[0]) if found else 0


def _handle(value: str) -> int:
    return int(value, 16) if value.startswith("0x") else 0xFFFF


def _bytes(value: str) -> int | None:
    found = re.match(r"(\d+)\s*(\w+)", value)
    return int(found[1]) * _UNITS[found[2].casefold()] if found and found[2].casefold() in _UNITS else None


def _size(value: str) -> int:
    if value.startswith("No Module"):
        return 0
    size = _bytes(value)
    if size is None:
        return 0xFFFF
    if size % (1 << 20):
        return 0x8000 | size >> 10
    return min(0x7FFF, size >> 20)


_LAYOUTS: dict[int, list[tuple[int, str, str, Any]]] = {
    0: [(4, "text", "Vendor", None), (5, "text", "Version", None), (8, "text", "Release Date", None)],
    1: [
        (4, "text", "Manufacturer", None),
        (5, "text", "Product Name", None),
        (6, "text", "Version", None),
        (7, "text", "Serial Number", None),
        (0x1A, "text", "Family", None),
    ],
    2: [
        (4, "text", "Manufacturer", None),
        (5, "text", "Product Name", None),
        (7, "text", "Serial Number", None),
        (0x0D, "<B", "Type", lambda value: 10 if value == "Motherboard" else 2),
    ],
    3: [(5, "<B", "Type", _named(_CHASSIS)), (7, "text", "Serial Number", None)],
    4: [
        (5, "<B", "Type", _named(["Other", "Unknown", "Central Processor", "Math Processor", "DSP Processor"])),
        (0x10, "text", "Version", None),
        (0x14, "<H", "Max Speed", _plain),
        (0x16, "<H", "Current Speed", _plain),
        (0x18, "<B", "Status", lambda value: 0x41 if value.startswith("Populated") else 0),
        (0x23, "<B", "Core Count", lambda value: min(0xFF, _plain(value))),
        (0x25, "<B", "Thread Count", lambda value: min(0xFF, _plain(value))),
        (0x2A, "<H", "Core Count", _plain),
        (0x2E, "<H", "Thread Count", _plain),
    ],
    16: [
        (5, "<B", "Use", _named(_USES)),
        (7, "<I", "Maximum Capacity", lambda value: min(0x80000000, (_bytes(value) or 0) >> 10)),
        (0x0D, "<H", "Number Of Devices", _plain),
        (0x0F, "<Q", "Maximum Capacity", lambda value: _bytes(value) or 0),
    ],
    17: [
        (4, "<H", "Array Handle", _handle),
        (0x0C, "<H", "Size", _size),
        (0x0E, "<B", "Form Factor", _named(_FORMS)),
        (0x10, "text", "Locator", None),
        (0x11, "text", "Bank Locator", None),
        (0x12, "<B", "Type", _named(_MEMORIES)),
        (0x15, "<H", "Speed", _plain),
        (0x17, "text", "Manufacturer", None),
        (0x18, "text", "Serial Number", None),
        (0x1A, "text", "Part Number", None),
        (0x1C, "<I", "Size", lambda value: (_bytes(value) or 0) >> 20),
        (0x20, "<H", "Configured Clock Speed", _plain),
        (0x20, "<H", "Configured Memory Speed", _plain),
    ],
    22: [
        (5, "text", "Manufacturer", None),
        (7, "text", "Serial Number", None),
        (8, "text", "Name", None),
        (0x0A, "<H", "Design Capacity", _plain),
    ],
}
