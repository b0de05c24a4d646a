"""What Windows says of this machine's adapters, addresses, gateways, resolvers and neighbours, to any user.

GetAdaptersAddresses and GetIpNetTable2 (iphlpapi; iptypes.h, netioapi.h). Both are read as bytes: the lists of the
first are threaded through the one buffer it fills, so its parser needs the buffer and the address it lay at.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.sources import windows

_GATEWAYS_WITHOUT_NAMES = 0x80 | 0x02 | 0x04
"""GAA_FLAG_INCLUDE_GATEWAYS, SKIP_ANYCAST, SKIP_MULTICAST."""
_OVERFLOW = 111
_ROOM = 64 << 10
_MOST = 512
_UP = 1
_KINDS = {6: "", 71: "", 243: "", 244: "", 24: "loopback"}
"""IANA types that are hardware; 24 is the loopback."""
_FAMILIES = {2: "ipv4", 23: "ipv6"}
_GIVEN = {1: "manual", 3: "dhcp"}
_PREFERRED = 4
_ROW, _TABLE_HEADER = 88, 8
_STATES = {0: "failed", 1: "failed", 2: "stale", 3: "stale", 4: "stale", 5: "reachable", 6: "kept"}
_FOREVER = 0xFFFFFFFF


def surroundings() -> dict[str, Any]:
    """{links, addresses, gateways, resolvers} as `adapters` reads them.

    Raises:
        Denied: Windows refuses.
        Unavailable: this is not Windows, or it does not tell.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    ask = windows.function("iphlpapi", "GetAdaptersAddresses")
    ask.argtypes = (ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    room = ctypes.c_uint32(_ROOM)
    for _ in range(3):
        held = ctypes.create_string_buffer(room.value)
        code = int(ask(0, _GATEWAYS_WITHOUT_NAMES, None, held, ctypes.byref(room)))
        if code != _OVERFLOW:
            break
    if code:
        windows.refuse(code, "GetAdaptersAddresses")
    return adapters(held.raw, ctypes.addressof(held))


def _chain(raw: bytes, base: int, pointer: int, size: int) -> Iterator[int]:
    """Offsets of a list's members; `next` is the second word of each. A pointer that leads out of it ends it."""
    for _ in range(_MOST):
        at = pointer - base
        if not 0 <= at <= len(raw) - size:
            return
        yield at
        (pointer,) = struct.unpack_from("<Q", raw, at + 8)


def _socket_address(raw: bytes, base: int, at: int) -> tuple[str, str]:
    """Family and text of the SOCKET_ADDRESS at an offset; empty where it is none."""
    pointer, length = struct.unpack_from("<Qi", raw, at)
    start = pointer - base
    if not 0 <= start <= len(raw) - max(length, 16):
        return "", ""
    (family,) = struct.unpack_from("<H", raw, start)
    if family not in _FAMILIES:
        return "", ""
    return _FAMILIES[family], _address(raw, start, family)


def _address(raw: bytes, at: int, family: int) -> str:
    """The address in the sockaddr at an offset."""
    if _FAMILIES[family] == "ipv4":
        return socket.inet_ntop(socket.AF_INET, raw[at + 4 : at + 8])
    return socket.inet_ntop(socket.AF_INET6, raw[at + 8 : at + 24])


def adapters(raw: bytes, base: int) -> dict[str, Any]:
    """What GetAdaptersAddresses filled in, in a buffer that lay at `base`.

    Links {index, kind, carrier}, addresses {family, index, address, prefix, given}, gateways {family, index, address,
    metric} with the preferred first, resolvers (addresses of those adapters that are up, in their order).
    """
    told: dict[str, Any] = {"links": [], "addresses": [], "gateways": [], "resolvers": []}
    for at in _chain(raw, base, base, 376):
        index = struct.unpack_from("<I", raw, at + 4)[0] or struct.unpack_from("<I", raw, at + 112)[0]
        kind, status = struct.unpack_from("<Ii", raw, at + 100)
        if _KINDS.get(kind) == "loopback":
            continue
        told["links"].append({"index": index, "kind": _KINDS.get(kind, "other"), "carrier": status == _UP})
        if status != _UP:
            continue
        unicast, _, _, resolvers = struct.unpack_from("<4Q", raw, at + 24)
        for one in _chain(raw, base, unicast, 57):
            family, address = _socket_address(raw, base, one + 16)
            _, suffix, state = struct.unpack_from("<3i", raw, one + 32)
            if address and state == _PREFERRED:
                given = _GIVEN.get(suffix, "unknown")
                told["addresses"].append(
                    {"family": family, "index": index, "address": address, "prefix": raw[one + 56], "given": given}
                )
        for one in _chain(raw, base, resolvers, 32):
            _, address = _socket_address(raw, base, one + 16)
            # Windows names three site-local addresses where nobody has told it any (fec0:0:0:ffff::1 to 3).
            if address and not address.startswith("fec0:") and address not in told["resolvers"]:
                told["resolvers"].append(address)
        (gateways,) = struct.unpack_from("<Q", raw, at + 208)
        metrics = dict(zip(("ipv4", "ipv6"), struct.unpack_from("<2I", raw, at + 216), strict=True))
        for one in _chain(raw, base, gateways, 32):
            family, address = _socket_address(raw, base, one + 16)
            if address:
                told["gateways"].append(
                    {"family": family, "index": index, "address": address, "metric": metrics[family]}
                )
    told["gateways"].sort(key=lambda route: int(route["metric"]))
    return told


def neighbours() -> list[dict[str, Any]]:
    """The neighbour table as `table` reads it.

    Raises:
        Denied: Windows refuses.
        Unavailable: this is not Windows, or it does not tell.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    ask = windows.function("iphlpapi", "GetIpNetTable2")
    free = windows.function("iphlpapi", "FreeMibTable")
    ask.argtypes = (ctypes.c_uint16, ctypes.c_void_p)
    free.argtypes = (ctypes.c_void_p,)
    held = ctypes.c_void_p()
    code = int(ask(0, ctypes.byref(held)))
    if code or not held.value:
        windows.refuse(code, "GetIpNetTable2")
    try:
        count = min(_MOST, struct.unpack("<I", ctypes.string_at(held.value, 4))[0])
        return table(ctypes.string_at(held.value, _TABLE_HEADER + count * _ROW))
    finally:
        free(held)


def table(raw: bytes) -> list[dict[str, Any]]:
    """A MIB_IPNET_TABLE2: {index, address, mac, state, confirmed} like the ones of Linux (sources.netlink)."""
    found = []
    for at in range(_TABLE_HEADER, len(raw) - _ROW + 1, _ROW):
        (family,) = struct.unpack_from("<H", raw, at)
        if family not in _FAMILIES:
            continue
        (index,) = struct.unpack_from("<I", raw, at + 28)
        length, state = struct.unpack_from("<Ii", raw, at + 72)
        (ago,) = struct.unpack_from("<I", raw, at + 84)
        told = _STATES.get(state, "stale")
        found.append(
            {
                "index": index,
                "address": _address(raw, at, family),
                "mac": raw[at + 40 : at + 40 + min(length, 32)].hex(":"),
                "state": told,
                "confirmed": ago / 1000 if told == "reachable" and ago != _FOREVER else None,
            }
        )
    return found
