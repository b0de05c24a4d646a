"""Asking one neighbour for its card again, so that this system knows whether it is there now and not a while ago.

A system that heard of a neighbour believes in it for up to 45 seconds without asking. Nothing is read here: who answers
shows in the neighbour table of this system, as with sources.knock.
"""

import socket
import struct

_ARP, _IPV4, _ETHERNET, _REQUEST = 0x0806, 0x0800, 1, 1
_BODY = struct.Struct(">HHBBH6s4s6s4s")
_CARD_BYTES = 6
_DISCARD_PORT = 9


def ask_again(index: int, address: str, card: str) -> bool:
    """Sends one ARP request (RFC 826) to this card, for this IPv4 address behind this interface; whether it could.

    Only Linux does it, and only for a process with CAP_NET_RAW, which the agent's own account has not. Raises nothing
    that a network could cause.
    """
    theirs = bytes.fromhex(card.replace(":", ""))
    if not hasattr(socket, "AF_PACKET") or len(theirs) != _CARD_BYTES:
        return False
    try:
        name = socket.if_indextoname(index)
        with (
            socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as line,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way,
        ):
            line.settimeout(0)
            # Without a protocol it hears nothing.
            line.bind((name, 0))
            own_card = line.getsockname()[4]
            # Sends nothing: the system chooses the address it would use.
            way.connect((address, _DISCARD_PORT))
            own = socket.inet_aton(way.getsockname()[0])
            if len(own_card) != _CARD_BYTES:
                return False
            asked = socket.inet_aton(address)
            body = _BODY.pack(
                _ETHERNET, _IPV4, _CARD_BYTES, len(own), _REQUEST, own_card, own, bytes(_CARD_BYTES), asked
            )
            line.sendto(body, (name, _ARP, 0, 0, theirs))
    except OSError:
        return False
    return True
