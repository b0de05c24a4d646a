"""A PC, the school's router, the provider's, and the world behind it, each in a network namespace, to be broken."""

import contextlib
import secrets
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import trustme
from tests.agent.delivery_stand_in import Front, Reply, Request, front, pem_of, server_context
from tests.net.line import within

PC, ROUTER = "192.168.1.2", "192.168.1.1"
PROVIDER = "203.0.113.2"
NATIONAL, INTERNATIONAL, RESOLVER = "198.51.100.10", "198.51.100.20", "198.51.100.53"
PAGE, OFFICE, SERVICE = "198.51.100.30", "198.51.100.80", "198.51.100.90"
NAMES = {"truong.example.vn": NATIONAL, "page.example.vn": PAGE, "office.example.vn": OFFICE, "svc.example.vn": SERVICE}


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _ip(*words: str) -> None:
    _run("ip", *words)


Answer = Callable[[bytes], bytes | None]


def answer_to(names: dict[str, str]) -> Answer:
    """What a resolver with these names says to a query: the address, or that there is no such name."""

    def answer(query: bytes) -> bytes:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12 : at + 5]
        address = names.get(".".join(labels).casefold())
        if address is None or query[at + 1 : at + 3] != b"\0\1":
            return query[:2] + b"\x81\x83" + b"\0\1\0\0\0\0\0\0" + question
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address)
        return query[:2] + b"\x81\x80" + b"\0\1\0\1\0\0\0\0" + question + record

    return answer


class Server:
    """A DNS server on a socket that is given; `answering` may be changed while it runs."""

    def __init__(self, sock: socket.socket, answering: Answer) -> None:
        self.sock = sock
        self.answering = answering
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                query, sender = self.sock.recvfrom(4096)
                self.asked += 1
                said = self.answering(query)
                if said is not None:
                    self.sock.sendto(said, sender)


def _udp(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


def _page(request: Request) -> Reply:
    return Reply(status=204, body=b"") if request.path == "/generate_204" else Reply(status=200)


class Way:
    """The namespaces `pc`, `router`, `provider`, `world`; breaking is done by their own `ip` and `iptables`."""

    def __init__(self, root: Path) -> None:
        mark = secrets.token_hex(3)
        self.pc, self.router, self.provider, self.world = (f"sd-{name}-{mark}" for name in ("pc", "rt", "pv", "wd"))
        self._undo = contextlib.ExitStack()
        for namespace in (self.pc, self.router, self.provider, self.world):
            _ip("netns", "add", namespace)
            self._undo.callback(_ip, "netns", "delete", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
            self.within(namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=1")
            self.within(namespace, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")
        self._cable(self.router, "lan", f"{ROUTER}/24", self.pc, "eth0", f"{PC}/24")
        self._cable(self.router, "wan", "203.0.113.1/30", self.provider, "school", f"{PROVIDER}/30")
        self._cable(self.provider, "core", "203.0.113.5/30", self.world, "core", "203.0.113.6/30")
        for address in (NATIONAL, INTERNATIONAL, RESOLVER, PAGE, OFFICE, SERVICE):
            _ip("-n", self.world, "address", "add", f"{address}/32", "dev", "lo")
        _ip("-n", self.pc, "route", "add", "default", "via", ROUTER)
        _ip("-n", self.router, "route", "add", "default", "via", PROVIDER)
        _ip("-n", self.provider, "route", "add", "198.51.100.0/24", "via", "203.0.113.6")
        _ip("-n", self.provider, "route", "add", "192.168.1.0/24", "via", "203.0.113.1")
        _ip("-n", self.world, "route", "add", "default", "via", "203.0.113.5")
        self.resolver = Server(within(self.router, lambda: _udp(ROUTER, 53)), answer_to(NAMES))
        self.independent = Server(within(self.world, lambda: _udp(RESOLVER, 53)), answer_to(NAMES))
        authority = trustme.CA()
        self.authority = pem_of(authority)
        context = server_context(authority.issue_cert("office.example.vn", OFFICE))
        self.office = self._front(lambda _: Reply(200), OFFICE, 8801, context=context)
        self._front(_page, PAGE, 80)
        self.portal = self._front(
            lambda _: Reply(302, b"", {"Location": "http://login.hotspot.vn/"}), ROUTER, 8080, namespace=self.router
        )
        (root / "etc").mkdir(parents=True)
        (root / "etc/resolv.conf").write_text(f"nameserver {ROUTER}\n", encoding="utf-8")
        self.root = root

    def _front(self, answering, address: str, port: int, *, namespace: str = "", context=None) -> Front:
        listener = within(namespace or self.world, lambda: socket.create_server((address, port), backlog=50))
        return self._undo.enter_context(front(answering, context, listener))

    def _cable(self, one: str, name: str, address: str, other: str, far: str, far_address: str) -> None:
        _ip("-n", one, "link", "add", name, "type", "veth", "peer", "name", far, "netns", other)
        for namespace, end, given in ((one, name, address), (other, far, far_address)):
            _ip("-n", namespace, "address", "add", given, "dev", end)
            _ip("-n", namespace, "link", "set", end, "up")

    def within(self, namespace: str, *words: str) -> None:
        """Runs a command in a namespace."""
        _run("ip", "netns", "exec", namespace, *words)

    def rule(self, *words: str) -> None:
        """Adds a rule to the router's iptables: `-A FORWARD -j DROP`."""
        self.within(self.router, "iptables", "-w", *words)

    def close(self) -> None:
        """Takes everything down."""
        for server in (self.resolver, self.independent):
            server.sock.close()
        self._undo.close()


@contextlib.contextmanager
def way(root: Path) -> Iterator[Way]:
    """A whole way that works."""
    made = Way(root)
    try:
        yield made
    finally:
        made.close()


def server_failure(query: bytes) -> bytes:
    """What a resolver says that reaches nobody."""
    return query[:2] + struct.pack(">H", 0x8182) + query[4:6] + bytes(6) + query[12:]
