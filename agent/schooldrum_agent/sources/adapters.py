"""Which network adapters Windows has, with link, speed, duplex and counters, without WMI.

GetIfTable2 is one call of about a millisecond for any user; WMI's MSFT_NetAdapter shows the same fields and costs a
child process. Duplex stands in NDIS alone (System Informer reads it the same way); psutil always says "full" there,
because GetIfTable does not know.
"""

import struct
from typing import Any
from uuid import UUID

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import registry, windows

_ROW = 1352
_TABLE_HEADER = 8
_MOST = 512
_QUERY_NDIS = 0x00170002
_LINK_STATE = 0x00010207
_LINK_STATE_BYTES = 40
_CONNECTION = r"SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\%s\Connection"


def adapters() -> list[dict[str, Any]]:
    """The adapters that Windows calls hardware, as `rows` gives them, with `bus` and `duplex` beside.

    `bus` is the first part of the PnP identity (`PCI`, `USB`, `SD`, `VMBUS`), None where the registry does not say;
    `duplex` is NDIS' (0 unknown, 1 half, 2 full), None where it is not told.

    Raises:
        Denied: Windows refuses the table.
        Unavailable: this is not Windows, or it has no such table.
    """
    found = [row for row in rows(_table()) if row["hardware"] and not row["filter"]]
    for row in found:
        row["bus"] = _bus(row["guid"])
        row["duplex"] = _duplex(row["guid"]) if row["status"] == 1 else None
    return found


def _table() -> bytes:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    get = windows.function("iphlpapi", "GetIfTable2")
    free = windows.function("iphlpapi", "FreeMibTable")
    free.argtypes = (ctypes.c_void_p,)
    table = ctypes.c_void_p()
    code = get(ctypes.byref(table))
    if code or not table.value:
        windows.refuse(code, "GetIfTable2")
    try:
        count = min(_MOST, struct.unpack("<I", ctypes.string_at(table.value, 4))[0])
        return ctypes.string_at(table.value, _TABLE_HEADER + count * _ROW)
    finally:
        free(table)


def rows(table: bytes) -> list[dict[str, Any]]:
    """A MIB_IF_TABLE2 taken apart: one plain row for each adapter, filter and tunnel.

    `kind` is the IANA type (6 ethernet, 71 Wi-Fi, 243 and 244 mobile), `medium` is NdisPhysicalMedium (9 Wi-Fi, 10
    Bluetooth, 14 ethernet), `status` is 1 for up, `speed` is bits per second, `mac` the burnt-in address.
    """
    found = []
    count = struct.unpack_from("<I", table)[0] if len(table) >= _TABLE_HEADER else 0
    for at in range(_TABLE_HEADER, min(_TABLE_HEADER + count * _ROW, len(table) - _ROW + 1), _ROW):
        luid, index = struct.unpack_from("<QI", table, at)
        length = min(32, struct.unpack_from("<I", table, at + 1056)[0])
        kind, _, _, medium = struct.unpack_from("<IIII", table, at + 1128)
        flags = table[at + 1152]
        sent, received = struct.unpack_from("<QQ", table, at + 1192)
        counters = struct.unpack_from("<18Q", table, at + 1208)
        found.append(
            {
                "luid": luid,
                "index": index,
                "guid": "{" + str(UUID(bytes_le=table[at + 12 : at + 28])).upper() + "}",
                "name": windows.wide(table[at + 28 : at + 542]),
                "description": windows.wide(table[at + 542 : at + 1056]),
                "mac": table[at + 1092 : at + 1092 + length].hex(":"),
                "kind": kind,
                "medium": medium,
                "hardware": bool(flags & 1),
                "filter": bool(flags & 2),
                "status": struct.unpack_from("<I", table, at + 1156)[0],
                "speed": min(sent, received),
                "receive_bytes": counters[0],
                "receive_drops": counters[3],
                "receive_errors": counters[4],
                "transmit_bytes": counters[9],
                "transmit_drops": counters[12],
                "transmit_errors": counters[13],
            }
        )
    return found


def link_duplex(state: bytes) -> int | None:
    """The duplex in an NDIS_LINK_STATE: 0 unknown, 1 half, 2 full; None where these bytes are none."""
    return int(struct.unpack_from("<I", state, 8)[0]) if len(state) >= _LINK_STATE_BYTES else None


def _duplex(guid: str) -> int | None:
    try:
        return link_duplex(windows.ask_device(rf"\\.\{guid}", _QUERY_NDIS, struct.pack("<I", _LINK_STATE), 64))
    except (Denied, Unavailable):
        return None


def _bus(guid: str) -> str | None:
    try:
        identity = registry.value(_CONNECTION % guid, "PnPInstanceId")
    except (Denied, Unavailable):
        return None
    # The rest of the identity is dropped here: for many cards it ends in their hardware address.
    return str(identity).split("\\", 1)[0].upper() or None
