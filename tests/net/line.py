"""Two machines in network namespaces with one line between them, whose every packet is seen."""

import contextlib
import ctypes
import os
import secrets
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

_T = TypeVar("_T")
_CLONE_NEWNET = 0x40000000
_EVERY_PROTOCOL = 3
_IPV4, _ARP = 0x0800, 0x0806


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def within(namespace: str, make: Callable[[], _T]) -> _T:
    """What `make` returns when it is called inside: a socket made there stays there."""
    made: list[_T] = []

    def enter() -> None:
        with open(f"/run/netns/{namespace}", "rb") as file:  # noqa: PTH123 - a namespace is no path
            library = ctypes.CDLL(None, use_errno=True)
            if library.setns(file.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        made.append(make())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """One packet that the PC sent: how long it was with everything, and to whom (`arp` asks who has an address)."""

    length: int
    kind: str
    target: str


class Line:
    """A PC and an office's server, and a tap on the line between them.

    `pc` and `office` name the namespaces; the PC's way to the whole world leads to the office.
    """

    PC = "192.0.2.2"
    OFFICE = "192.0.2.1"

    def __init__(self) -> None:
        mark = secrets.token_hex(3)
        self.pc, self.office = f"sd-pc-{mark}", f"sd-office-{mark}"
        for namespace in (self.pc, self.office):
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
            _ip("netns", "exec", namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        _ip("-n", self.office, "link", "add", "line", "type", "veth", "peer", "name", "line", "netns", self.pc)
        for namespace, address in ((self.pc, self.PC), (self.office, self.OFFICE)):
            _ip("-n", namespace, "address", "add", f"{address}/30", "dev", "line")
            _ip("-n", namespace, "link", "set", "line", "up")
        _ip("-n", self.pc, "route", "add", "default", "via", self.OFFICE)
        self._tap = within(self.office, self._tapped)

    def _tapped(self) -> socket.socket:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL))
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        tap.bind(("line", 0))
        tap.settimeout(0)
        return tap

    def sent(self) -> Iterator[Packet]:
        """What the PC has sent since the last time this was asked."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, (_, _, kind, _, _) = self._tap.recvfrom(65536)
                if kind == socket.PACKET_OUTGOING:
                    continue
                (protocol,) = struct.unpack_from(">H", frame, 12)
                if protocol == _ARP:
                    yield Packet(length=len(frame), kind="arp", target=socket.inet_ntoa(frame[38:42]))
                elif protocol == _IPV4:
                    yield Packet(length=len(frame), kind="ip", target=socket.inet_ntoa(frame[30:34]))
                else:
                    yield Packet(length=len(frame), kind=f"{protocol:#06x}", target="")

    def said_to_itself(self) -> int:
        """Packets on the PC's loopback."""
        counted = subprocess.run(
            ["ip", "netns", "exec", self.pc, "cat", "/sys/class/net/lo/statistics/rx_packets"],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(counted.stdout)

    def listening(self) -> str:
        """Sockets of the PC on which anybody could reach it, one a line."""
        asked = ["ip", "netns", "exec", self.pc, "ss", "-Hlntup"]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout

    def cut(self) -> None:
        """Takes everything down."""
        self._tap.close()
        for namespace in (self.pc, self.office):
            _ip("netns", "delete", namespace)
