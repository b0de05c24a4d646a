"""Whether an agent may connect to an address for a service that its office has named (SECURITY R3)."""

import ipaddress

_METADATA = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")))
_EMBEDDING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
"""Addresses of IPv6 that carry one of IPv4 within: translated, 6to4, Teredo, compatible."""


def permitted(address: str) -> bool:
    """Whether a service may lie there: a public address of one host, by no way a private one in disguise (R3)."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    if one in _METADATA or not one.is_global or one.is_multicast or one.is_reserved:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        return one.ipv4_mapped is None and not any(one in network for network in _EMBEDDING)
    return True
