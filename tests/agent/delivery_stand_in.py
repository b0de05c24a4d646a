"""What delivery is tried against: a real HTTP(S) server that answers as a test says, and a real CONNECT proxy."""

import contextlib
import random
import socket
import socketserver
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import trustme

from schooldrum_agent.clock import Clock
from schooldrum_agent.courier import Courier
from schooldrum_agent.parcel import LiveReport
from schooldrum_agent.spool import Spool, open_spool
from schooldrum_agent.state import Identity, State, open_state
from schooldrum_agent.trust import trust_only
from schooldrum_agent.uplink import Uplink, read_endpoint
from schooldrum_wire.decoding import decode_delivery
from schooldrum_wire.encoding import encode_result
from schooldrum_wire.fence import Fence
from schooldrum_wire.report import Delivery, Fingerprint
from schooldrum_wire.result import Finding, Outcome

CREDENTIAL = "c" * 43
FINGERPRINT: Fingerprint = {"uuid": ("0123456789abcdef",), "mac": ("fedcba9876543210",)}


class Request(msgspec.Struct):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def delivery(self) -> Delivery:
        return decode_delivery(zlib.decompress(self.body, 31))[0]

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Reply(msgspec.Struct):
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}
    raw: bytes | None = None
    """Sent instead of a well-formed answer, after which the connection is closed."""
    wait: float = 0.0


Answering = Callable[[Request], Reply]


class Front(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, answering: Answering, context: ssl.SSLContext | None = None, listener: socket.socket | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=listener is None)
        if listener is not None:
            self.socket.close()
            self.socket, self.server_address = listener, listener.getsockname()
        self.answering = answering
        self.context = context
        self.requests: list[Request] = []
        self.connections = 0
        self.open: list[socket.socket] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, Any]:
        sock, address = super().get_request()
        self.connections += 1
        if self.context is not None:
            # The handshake belongs into the connection's own thread.
            sock = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self.open.append(sock)
        return sock, address

    def handle_error(self, *_: object) -> None:
        """A client that goes away is what these tests are about."""

    def cut(self) -> None:
        for sock in self.open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Front
    timeout = 20

    def do_POST(self) -> None:
        request = Request(
            method=self.command,
            path=self.path,
            headers=dict(self.headers.items()),
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self.server.requests.append(request)
        reply = self.server.answering(request)
        time.sleep(reply.wait)
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST  # noqa: N815 - http.server calls it by this name

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def front(
    answering: Answering, context: ssl.SSLContext | None = None, listener: socket.socket | None = None
) -> Iterator[Front]:
    """A server that answers as it is told; on a socket of its own where none that listens already is given."""
    server = Front(answering, context, listener)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.cut()
        server.server_close()
        thread.join()


class ConnectProxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, refusal: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.refusal = refusal
        self.asked: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """A tunnel that breaks is nothing to print."""


class _Tunnel(socketserver.BaseRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = self.request.recv(4096)
            if not more:
                return
            asked += more
        self.server.asked.append(asked)
        if self.server.refusal:
            self.request.sendall(self.server.refusal)
            return
        host, _, port = asked.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as far:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(far, self.request), daemon=True)
            back.start()
            _pump(self.request, far)
            back.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def connect_proxy(refusal: bytes = b"") -> Iterator[ConnectProxy]:
    server = ConnectProxy(refusal)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def pem_of(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


class Time:
    """Clocks a test can set: boottime and wall move apart as on a real PC."""

    def __init__(self, boot: str = "boot-1", boottime: float = 1000.0, wall: float = 1.8e9) -> None:
        self.boottime = boottime
        self.wall = wall
        self.clock = Clock(
            monotonic=lambda: self.boottime, boottime=lambda: self.boottime, wall=lambda: self.wall, boot=boot
        )

    def pass_by(self, seconds: float) -> None:
        self.boottime += seconds
        self.wall += seconds


def result(seq: int, *, probe: str = "cpu", size: int = 0) -> bytes:
    finding = Finding(
        probe=probe, outcome=Outcome.OK, boottime=float(seq), wall=1.8e9 + seq, reason="x" * min(size, 200)
    )
    return encode_result(finding, seq, Fence())


class Machine:
    """A PC's delivery side: real state, real spool, real uplink, against a server on this machine."""

    def __init__(self, directory: Path, port: int, *, time_: Time | None = None, seed: int = 1) -> None:
        self.time = time_ or Time()
        self.state: State = open_state(directory / "state")
        self.state.begin()
        self.state.keep_identity(
            Identity(
                machine="m1",
                credential=CREDENTIAL,
                place="DEMO/main/TIN1",
                alias="tin1-01",
                state="active",
                collector=f"http://127.0.0.1:{port}",
                fingerprint=FINGERPRINT,
            )
        )
        self.spool: Spool = open_spool(directory / "spool", clock=self.time.clock, owner=FINGERPRINT)
        self.uplink = Uplink(
            read_endpoint(f"http://127.0.0.1:{port}"), trust=trust_only(""), clock=self.time.clock.boottime
        )
        self.courier = Courier(
            state=self.state,
            spool=self.spool,
            uplink=self.uplink,
            clock=self.time.clock,
            fingerprint=FINGERPRINT,
            system="linux debian 12",
            host={"system": "linux", "release": "12"},
            chance=random.Random(seed),  # noqa: S311 - spreads waits
        )
        self.seq = 0

    def measure(self, count: int = 3, run: str = "run1") -> LiveReport:
        fresh = []
        for _ in range(count):
            self.seq += 1
            fresh.append((self.seq, result(self.seq)))
        self.spool.append(run, "boot-1", [(seq, True, body) for seq, body in fresh])
        return LiveReport(run=run, boot="boot-1", results=tuple(fresh), beat=60)

    def close(self) -> None:
        self.uplink.close()
        self.spool.close()
        self.state.close()


@contextlib.contextmanager
def machine(directory: Path, port: int, *, time_: Time | None = None) -> Iterator[Machine]:
    made = Machine(directory, port, time_=time_)
    try:
        yield made
    finally:
        made.close()
