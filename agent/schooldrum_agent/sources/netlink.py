"""What Linux' kernel says of this machine's links, addresses, routes and neighbours, to any user, without a program.

Layouts: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/neighbour.h. The parsers work on
bytes and run on every system.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Unavailable

LINKS, ADDRESSES, ROUTES, NEIGHBOURS = 18, 22, 26, 30
"""RTM_GETLINK and its kin: which table is asked for."""
_MOST = 4 << 20
_PIECE = 32 << 10
"""As much as the kernel tells at once."""
_SECONDS = 1.0
_DUMP = 0x301
_DONE, _ERROR = 3, 2
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_CACHE = struct.Struct("=IIII")
_LOOPBACK, _LOWER_UP = 0x8, 0x10000
_UNICAST, _MAIN = 1, 254
_PERMANENT = 0x80
_UNUSABLE = 0x08 | 0x40
"""IFA_F_DADFAILED, IFA_F_TENTATIVE: an address that somebody else has, or that is not known to be free yet."""
_TICKS = 100
"""USER_HZ: what the kernel counts in towards programs, whatever its own rate."""
_STATES = {0x01: "failed", 0x02: "reachable", 0x04: "stale", 0x08: "stale", 0x10: "stale", 0x20: "failed", 0x80: "kept"}
FAMILIES = {int(socket.AF_INET): "ipv4", int(socket.AF_INET6): "ipv6"}


def dump(table: int, family: int = 0) -> bytes:
    """One of the kernel's tables as it tells it, of one address family or (0) of all.

    Raises:
        Denied: this process may not ask.
        Unavailable: this system has no netlink, or does not answer.
    """
    if not hasattr(socket, "AF_NETLINK"):
        raise Unavailable("this system has no netlink")
    told = bytearray()
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked:
            asked.settimeout(_SECONDS)
            asked.send(_HEADER.pack(_HEADER.size + 16, table, _DUMP, 1, 0) + family.to_bytes() + bytes(15))
            while len(told) < _MOST:
                piece = asked.recv(_PIECE)
                told += piece
                if not piece or any(kind in {_DONE, _ERROR} for kind, _ in messages(piece)):
                    break
    except PermissionError as problem:
        raise Denied("no right to ask the kernel for its network tables (netlink)") from problem
    except OSError as problem:
        raise Unavailable(f"netlink: {problem.strerror or problem}") from problem
    return bytes(told)


def messages(told: bytes) -> Iterator[tuple[int, bytes]]:
    """The messages in a dump: kind and payload; what is broken ends it."""
    at = 0
    while at + _HEADER.size <= len(told):
        length, kind, _, _, _ = _HEADER.unpack_from(told, at)
        if length < _HEADER.size or at + length > len(told):
            return
        yield kind, told[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def _attributes(payload: bytes, at: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at + 4 <= len(payload):
        length, kind = struct.unpack_from("=HH", payload, at)
        if length < 4 or at + length > len(payload):  # noqa: PLR2004 - its own header
            break
        found[kind & 0x3FFF] = payload[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def _every(_head: tuple[Any, ...]) -> bool:
    return True


def _parts(
    told: bytes, wanted: int, head: struct.Struct, which: Callable[[tuple[Any, ...]], bool] = _every
) -> Iterator[tuple[tuple[Any, ...], dict[int, bytes]]]:
    for kind, payload in messages(told):
        if kind == wanted and len(payload) >= head.size and which(begun := head.unpack_from(payload)):
            yield begun, _attributes(payload, head.size)


def _address(raw: bytes | None) -> str:
    family = {4: socket.AF_INET, 16: socket.AF_INET6}.get(len(raw or b""))
    return "" if raw is None or family is None else socket.inet_ntop(family, raw)


def _whole(raw: bytes | None, otherwise: int) -> int:
    return int(struct.unpack("=I", raw)[0]) if raw is not None and len(raw) == 4 else otherwise  # noqa: PLR2004 - a u32


def links(told: bytes) -> list[dict[str, Any]]:
    """{index, kind, carrier} of each interface but loopback; `kind` is the driver's word, empty for hardware."""
    found = []
    for (_, _, index, flags, _), more in _parts(told, LINKS - 2, _LINK):
        if not flags & _LOOPBACK:
            kind = _attributes(more.get(18, b""), 0).get(1, b"").rstrip(b"\0").decode("ascii", "replace")
            found.append({"index": index, "kind": kind, "carrier": bool(flags & _LOWER_UP)})
    return found


def addresses(told: bytes) -> list[dict[str, Any]]:
    """{family, index, address, prefix, given} of each address in force; `given` is dhcp, manual or unknown."""
    found = []
    for (family, prefix, short, _, index), more in _parts(told, ADDRESSES - 2, _ADDRESS):
        flags = _whole(more.get(8), short)
        address = _address(more.get(2) or more.get(1))
        if family not in FAMILIES or not address or flags & _UNUSABLE:
            continue
        # Who sets an address by hand sets it for ever; a lease has an end. (IPv6: by router, DHCP or privacy rules.)
        given = "manual" if flags & _PERMANENT else "dhcp" if family == socket.AF_INET else "unknown"
        found.append({"family": FAMILIES[family], "index": index, "address": address, "prefix": prefix, "given": given})
    return found


def _may_be_default(head: tuple[Any, ...]) -> bool:
    family, length, kind = head[0], head[1], head[7]
    return family in FAMILIES and length == 0 and kind == _UNICAST


def gateways(told: bytes) -> list[dict[str, Any]]:
    """{family, index, address, metric} of each default route, the preferred first; a tunnel has no address."""
    found = []
    # Told by their heads: most of what the kernel lists are its own addresses.
    for (family, _, _, _, table, _, _, _, _), more in _parts(told, ROUTES - 2, _ROUTE, _may_be_default):
        if _whole(more.get(15), table) != _MAIN:
            continue
        found.append(
            {
                "family": FAMILIES[family],
                "index": _whole(more.get(4), 0),
                "address": _address(more.get(5)),
                "metric": _whole(more.get(6), 0),
            }
        )
    return sorted(found, key=lambda route: int(route["metric"]))


def neighbours(told: bytes) -> list[dict[str, Any]]:
    """{index, address, mac, state, confirmed}: who was asked for on the own network, and whether it answered.

    `state` is reachable, stale, failed or kept; `confirmed` is how many seconds ago it was last heard of, None where
    the kernel does not say.
    """
    found = []
    for (_, index, state, _, _), more in _parts(told, NEIGHBOURS - 2, _NEIGHBOUR):
        address, cache = _address(more.get(1)), more.get(3, b"")
        if address and state in _STATES:
            confirmed = _CACHE.unpack_from(cache)[0] / _TICKS if len(cache) >= _CACHE.size else None
            mac = more.get(2, b"").hex(":")
            found.append(
                {"index": index, "address": address, "mac": mac, "state": _STATES[state], "confirmed": confirmed}
            )
    return found
