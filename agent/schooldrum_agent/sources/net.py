"""Where this machine stands in its network: which link, address, gateway and resolvers it uses, for either family."""

import socket
import sys
from typing import Any

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import files, netlink
from schooldrum_agent.targets import packed

FAMILIES = ("ipv4", "ipv6")
MOST_RESOLVERS = 3
"""As many as a system itself asks."""
_CARRYING = frozenset({"", "veth", "bridge", "bond", "vlan", "team"})
"""Kinds of interface that lead to a cable or to the rest of a container's world; a tunnel's state says nothing."""
_STUB = "127.0.0.53"
_NETWORKS = (
    ("loopback", "127.0.0.0", 8), ("loopback", "0.0.0.1", 8), ("loopback", "::", 127),
    ("self_assigned", "169.254.0.0", 16), ("self_assigned", "fe80::", 10),
    ("shared", "100.64.0.0", 10),
    ("private", "10.0.0.0", 8), ("private", "172.16.0.0", 12), ("private", "192.168.0.0", 16), ("private", "fc00::", 7),
    ("other", "224.0.0.0", 3), ("other", "ff00::", 8),
)  # fmt: skip
"""What an address tells by itself (RFC 1122, 1918, 3927, 4193, 4291, 6598); what is in none of them is global."""


def surroundings(rootfs: str = "/", *, system: str = sys.platform) -> dict[str, Any]:
    """{links, addresses, gateways, resolvers, neighbours} as sources.netlink and sources.ip_helper describe them.

    Raises:
        Denied: this process may not ask.
        Unavailable: this system does not tell.
    """
    if system == "win32":
        from schooldrum_agent.sources import ip_helper  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

        return {**ip_helper.surroundings(), "neighbours": neighbours(system)}
    return {
        "links": netlink.links(netlink.dump(netlink.LINKS)),
        "addresses": netlink.addresses(netlink.dump(netlink.ADDRESSES)),
        "gateways": netlink.gateways(netlink.dump(netlink.ROUTES)),
        "resolvers": resolvers(rootfs),
        "neighbours": neighbours(system),
    }


def ways(system: str = sys.platform) -> object:
    """The ways out of this machine's IPv4 networks: equal as long as it stands where it stood, asked in little time.

    Raises:
        Denied: this process may not ask.
        Unavailable: this system does not tell.
    """
    if system == "win32":
        from schooldrum_agent.sources import ip_helper  # noqa: PLC0415 - the same

        return {**ip_helper.surroundings(), "resolvers": []}
    return netlink.gateways(netlink.dump(netlink.ROUTES, socket.AF_INET))


def neighbours(system: str = sys.platform) -> list[dict[str, Any]]:
    """What the neighbour table holds now; nothing where this system does not tell."""
    try:
        if system == "win32":
            from schooldrum_agent.sources import ip_helper  # noqa: PLC0415 - the same

            return ip_helper.neighbours()
        return netlink.neighbours(netlink.dump(netlink.NEIGHBOURS))
    except (Denied, Unavailable):
        return []


def resolvers(rootfs: str) -> list[str]:
    """Addresses of the resolvers this Linux asks: behind systemd-resolved's stub the real ones."""
    found = named_resolvers(files.text_or_none(rootfs, "etc/resolv.conf") or "")
    if _STUB in found:
        real = named_resolvers(files.text_or_none(rootfs, "run/systemd/resolve/resolv.conf") or "")
        found = real or found
    return found[:MOST_RESOLVERS]


def named_resolvers(text: str) -> list[str]:
    """The addresses in a resolv.conf, in their order; a link-local one without its interface is left out."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver" and packed(words[1]):
            found.append(words[1])
    return list(dict.fromkeys(found))


def in_hosts(text: str, name: str) -> list[str]:
    """The addresses that a hosts file gives a name."""
    found = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if name.casefold() in (word.casefold() for word in words[1:]) and packed(words[0]):
            found.append(words[0])
    return found


def kind_of(address: str) -> str:
    """What an address tells by itself: global, private, shared (a provider's own), self_assigned, loopback, other."""
    one = packed(address.partition("%")[0])
    if not one:
        return "other"
    number = int.from_bytes(one)
    for kind, start, length in _NETWORKS:
        network = packed(start)
        rest = len(network) * 8 - length
        if len(network) == len(one) and number >> rest == int.from_bytes(network) >> rest:
            return kind
    return "global"


def standing(told: dict[str, Any], family: str) -> dict[str, Any]:
    """How one family stands: {carrier, address, given, gateway, index, routed}.

    `carrier` is None where there is no interface at all; `address` is kind_of() of the best address of the interface
    that leads out, empty without any; `gateway` is the address of the default route, empty without any; `routed`
    whether there is a default route.
    """
    carriers = {one["index"]: one["carrier"] for one in told["links"] if one["kind"] in _CARRYING}
    ways = [one for one in told["gateways"] if one["family"] == family]
    # A pulled cable may leave its route behind; the one that carries is the one in use.
    way = next((one for one in ways if carriers.get(one["index"], True)), ways[0] if ways else None)
    indices = {way["index"]} if way is not None else {index for index, carrier in carriers.items() if carrier}
    held = [one for one in told["addresses"] if one["family"] == family and one["index"] in indices]
    order = ("global", "shared", "private", "self_assigned")
    kinds = [(order.index(kind), kind, one["given"]) for one in held if (kind := kind_of(one["address"])) in order]
    best = min(kinds) if kinds else (0, "", "")
    if way is not None and way["index"] in carriers:
        carrier: bool | None = carriers[way["index"]]
    else:
        carrier = any(carriers.values()) if carriers else (None if way is None else True)
    return {
        "carrier": carrier,
        "address": best[1],
        "given": best[2],
        "gateway": way["address"] if way is not None else "",
        "index": way["index"] if way is not None else 0,
        "routed": way is not None,
    }
