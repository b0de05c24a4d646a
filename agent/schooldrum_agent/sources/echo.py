"""How an echo (ping) is sent and its answer known, with the rights a process has: ping sockets, raw ones, Windows' own.

Linux lets a process send echoes without any right where `net.ipv4.ping_group_range` holds its group. Where it does not,
and nobody gave CAP_NET_RAW, the caller asks by a TCP connection instead. Who stands how many hops away tells itself
without any right too: a UDP packet with few hops to live, whose error the kernel hands to the sender (IP_RECVERR).
"""

import contextlib
import socket
import struct
from typing import Any

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import windows

FIRST_HOP_PORT = 33434
"""Where nobody listens: traceroute's."""
_REQUEST, _REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_RECEIVE_ERRORS = {4: 11, 6: 25}
_HOPS = {4: 2, 6: 16}
"""IP_RECVERR, IPV6_RECVERR; IP_TTL, IPV6_UNICAST_HOPS (linux/in.h, linux/in6.h)."""
_LEVEL = {4: 0, 6: 41}
_ERROR_QUEUE = 0x2000
_FROM_ICMP = {2, 3}
_EXPIRED = {4: 11, 6: 3}
_ICMPV6 = 58
_HEADER = struct.Struct(">BBHHH")
_ERROR = struct.Struct("=IBBBBII")
_TTL_EXPIRED, _SUCCESS = 11013, 0


def version(address: str) -> int:
    """4 or 6."""
    return 6 if ":" in address else 4


def family(address: str) -> socket.AddressFamily:
    """The address family of an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def open_socket(address: str) -> tuple[socket.socket, bool]:
    """A socket for one echo, without waits, and whether it is raw (then it also hears the echoes of others).

    Raises:
        PermissionError: neither kind is granted.
        OSError: this family is not there.
    """
    protocol = _ICMPV6 if version(address) == 6 else socket.IPPROTO_ICMP  # noqa: PLR2004 - the version
    try:
        made, raw = socket.socket(family(address), socket.SOCK_DGRAM, protocol), False
    except OSError:
        made, raw = socket.socket(family(address), socket.SOCK_RAW, protocol), True
    made.settimeout(0)
    return made, raw


def request(address: str, ident: int, sequence: int, body: bytes) -> bytes:
    """An echo request. The kernel sums up version 6 itself, and puts its own identity into a ping socket's."""
    kind = _REQUEST[version(address)]
    head = _HEADER.pack(kind, 0, 0, ident, sequence)
    total = _sum(head + body) if version(address) == 4 else 0  # noqa: PLR2004 - the version
    return _HEADER.pack(kind, 0, total, ident, sequence) + body


def _sum(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    total = int(sum(struct.unpack(f">{len(padded) // 2}H", padded)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_reply(raw: bytes, address: str, body: bytes, *, with_header: bool) -> bool:
    """Whether these bytes answer the echo of that content (random, so nobody guesses it). Raw sockets give a header."""
    at = (raw[0] & 0xF) * 4 if with_header and raw and version(address) == 4 else 0  # noqa: PLR2004 - the version
    if len(raw) < at + _HEADER.size:
        return False
    kind: int = raw[at]
    return kind == _REPLY[version(address)] and raw[at + _HEADER.size :] == body


def open_hop(address: str, hops: int) -> socket.socket:
    """A UDP socket whose packets live for so many hops, and which hears who let them die.

    Raises:
        OSError: this system or family has no such socket, or there is no way out.
    """
    made = socket.socket(family(address), socket.SOCK_DGRAM)
    try:
        made.settimeout(0)
        one = version(address)
        made.setsockopt(_LEVEL[one], _RECEIVE_ERRORS[one], 1)
        made.setsockopt(_LEVEL[one], _HOPS[one], hops)
        made.connect((address, FIRST_HOP_PORT + hops))
    except OSError:
        made.close()
        raise
    return made


def error_of(sock: socket.socket, address: str) -> tuple[str, bool] | None:
    """Who sent back an error for this socket's packet, and whether because its hops were used up; None: nothing yet."""
    if not hasattr(sock, "recvmsg"):
        return None
    try:
        _, more, _, _ = sock.recvmsg(512, 512, _ERROR_QUEUE)
    except OSError:
        return None
    one = version(address)
    for level, kind, data in more:
        if level == _LEVEL[one] and kind == _RECEIVE_ERRORS[one] and len(data) > _ERROR.size:
            _, origin, said, _, _, _, _ = _ERROR.unpack_from(data)
            offender = _offender(data[_ERROR.size :])
            if origin in _FROM_ICMP and offender:
                return offender, said == _EXPIRED[one]
    return None


def _offender(raw: bytes) -> str:
    with contextlib.suppress(ValueError, OSError):
        if len(raw) >= 8 and struct.unpack_from("=H", raw)[0] == socket.AF_INET:  # noqa: PLR2004 - sockaddr_in's head
            return socket.inet_ntop(socket.AF_INET, raw[4:8])
        if len(raw) >= 24:  # noqa: PLR2004 - up to the end of a sockaddr_in6's address
            return socket.inet_ntop(socket.AF_INET6, raw[8:24])
    return ""


def ask_windows(address: str, *, hops: int, timeout: float) -> tuple[float | None, str, bool]:
    """IcmpSendEcho to an IPv4 address (ipexport.h): seconds, who answered, and whether the hops were used up.

    Blocks for at most `timeout` seconds; the seconds are None where nobody answered.

    Raises:
        Unavailable: this Windows does not offer it.
        Denied: this process may not.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    create = windows.function("iphlpapi", "IcmpCreateFile")
    create.restype = ctypes.c_void_p
    send = windows.function("iphlpapi", "IcmpSendEcho")
    send.argtypes = (
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_uint16,
        ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32,
    )  # fmt: skip
    close = windows.function("iphlpapi", "IcmpCloseHandle")
    close.argtypes = (ctypes.c_void_p,)
    if version(address) != 4:  # noqa: PLR2004 - the version
        raise Unavailable("echoes of IPv6 are not asked on Windows")
    handle = create()
    if handle is None or handle == (1 << 64) - 1:
        windows.refuse(windows.last_error(), "IcmpCreateFile")
    # IP_OPTION_INFORMATION: hops, type of service, flags, size of the options, and where they lie.
    options = struct.pack("<BBBB4xQ", hops or 128, 0, 0, 0, 0)
    answer = ctypes.create_string_buffer(512)
    body = b"schooldrum"
    (number,) = struct.unpack("<I", socket.inet_aton(address))
    try:
        count = send(handle, number, body, len(body), options, answer, len(answer), max(1, int(timeout * 1000)))
    finally:
        close(handle)
    return read_windows(answer.raw if count else b"")


def read_windows(answer: Any) -> tuple[float | None, str, bool]:
    """An ICMP_ECHO_REPLY: seconds, who answered, whether the hops were used up; (None, "", False) for any other."""
    if len(answer) < 12:  # noqa: PLR2004 - address, status, time
        return None, "", False
    address, status, took = struct.unpack_from("<III", answer)
    if status not in {_SUCCESS, _TTL_EXPIRED}:
        return None, "", False
    return took / 1000, socket.inet_ntoa(struct.pack("<I", address)), status == _TTL_EXPIRED
