"""Which internet lines a site has, and by which of them a report came."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

import msgspec

MAIN_LINE = "main"
SECOND_LINE = "second"
MOST_NETWORKS = 16


class RegisteredLine(msgspec.Struct, frozen=True, kw_only=True):
    """An internet line of a site: its provider, the customer number its hotline asks for, the addresses it shows.

    `code` is `main` or `second`; `networks` are addresses or networks under which its traffic arrives, where known.
    """

    school: str
    site: str
    code: str
    provider: str
    customer: str = ""
    networks: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """`CODE/SITE/LINE`."""
        return f"{self.school}/{self.site}/{self.code}"


def network(written: str) -> str:
    """An address or a network as it is kept.

    Raises:
        ValueError: it is none, or one that no school reaches the internet by; the sentence says what was given.
    """
    found = ip_network(written.strip(), strict=False)
    if found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified or found.prefixlen == 0:
        raise ValueError(f"{written.strip()} is no address of an internet line")
    return found.network_address.compressed if found.prefixlen == found.max_prefixlen else found.compressed


def line_by(lines: Iterable[RegisteredLine], address: str) -> RegisteredLine | None:
    """The line whose networks hold this source address, the narrowest first; None where nobody knows."""
    try:
        # What came over IPv6's mapping of IPv4 is IPv4.
        came = ip_address(address)
    except ValueError:
        return None
    came = getattr(came, "ipv4_mapped", None) or came
    best: tuple[int, RegisteredLine] | None = None
    for line in lines:
        for written in line.networks:
            known = ip_network(written, strict=False)
            if known.version == came.version and came in known and (best is None or known.prefixlen > best[0]):
                best = (known.prefixlen, line)
    return best[1] if best else None


def provider_of(lines: Iterable[RegisteredLine], address: str) -> str:
    """The provider a report came by: of the line with that address, or of the only one there is; empty if not known."""
    there = tuple(lines)
    found = line_by(there, address)
    if found is not None:
        return found.provider
    return there[0].provider if len(there) == 1 and not there[0].networks else ""
