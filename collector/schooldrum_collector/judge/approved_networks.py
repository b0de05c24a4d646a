"""Which networks are a school's: a new modem makes one that no PC knows, and nobody shall have to say so.

No single PC's word moves a school (SECURITY R12): most of a site's PCs must stand in the new network, and three at
least. Where there are fewer PCs, a person approves it.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

FEWEST = 3
LATELY_SECONDS = 3600.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One approved PC of a site (`CODE/SITE`): in which network it said it stands, and when that was heard."""

    site: str
    network: str
    heard: float


def newly_approved(standing: Iterable[Standing], known: Iterable[str], now: float) -> frozenset[str]:
    """Networks that most of a site's PCs that were heard in the last hour stand in, and that are not `known` yet."""
    sites: dict[str, Counter[str]] = {}
    for one in standing:
        if now - one.heard <= LATELY_SECONDS:
            sites.setdefault(one.site, Counter())[one.network] += 1
    return frozenset(
        network
        for counted in sites.values()
        for network, count in counted.items()
        if network and count >= FEWEST and 2 * count > counted.total()
    ) - frozenset(known)
