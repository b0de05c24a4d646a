"""Knocking at neighbours' doors: an empty datagram, so that this system asks its network who has the address.

Nothing is read from anybody; who is there shows in the neighbour table of this system.
"""

import contextlib
import socket
from collections.abc import Iterable

_DISCARD_PORT = 9


def knock(own: str, addresses: Iterable[str]) -> int:
    """Sends one empty datagram from this machine's address to each of these (IPv4); returns how many it could.

    Raises nothing that a network could cause.
    """
    sent = 0
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            door.settimeout(0)
            door.bind((own, 0))
            for address in addresses:
                with contextlib.suppress(OSError):
                    door.sendto(b"", (address, _DISCARD_PORT))
                    sent += 1
    except OSError:
        return sent
    return sent
