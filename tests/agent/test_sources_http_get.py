"""One page, from servers that are slow, huge, broken or somebody else: an answer in time, whatever they do."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from tests.agent.delivery_stand_in import Reply, connect_proxy, front, pem_of, server_context

from schooldrum_agent.sources import certificates
from schooldrum_agent.sources.http_get import LARGEST, Page, Wish, get


@contextlib.contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                far, _ = listener.accept()
                with far, contextlib.suppress(OSError):
                    talk(far)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()


def asked(
    port: int, *, seconds: float = 1.0, path: str = "/", trust: ssl.SSLContext | None = None, **more: Any
) -> Page:
    wish = Wish(host="localhost", address="127.0.0.1", port=port, path=path, trust=trust, **more)
    began = time.monotonic()
    page = get(wish, seconds=seconds, clock=time.monotonic)
    assert time.monotonic() - began < seconds + 2
    return page


def drip(far: socket.socket) -> None:
    far.recv(1000)
    for letter in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
        far.sendall(bytes((letter,)))
        time.sleep(0.05)


def flood(far: socket.socket) -> None:
    far.recv(1000)
    far.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(1000):
        far.sendall(b"x" * 65536)


def endless_head(far: socket.socket) -> None:
    far.recv(1000)
    for _ in range(1000):
        far.sendall(b"A: " + b"b" * 1000 + b"\r\n")


def says(raw: bytes) -> Callable[[socket.socket], None]:
    def talk(far: socket.socket) -> None:
        far.recv(1000)
        far.sendall(raw)

    return talk


@pytest.mark.parametrize(
    ("talk", "reason", "status"),
    [
        (drip, "timeout", 0),
        (flood, "", 200),
        (endless_head, "reset", 0),
        (says(b"SSH-2.0-x\r\n\r\n"), "reset", 0),
        (says(b"HTTP/1.1 9999 no\r\n\r\n"), "reset", 0),
        (says(b"HTTP/1.1 200\r\n\r\n"), "", 200),
        (says(b""), "reset", 0),
        (says(b"HTTP/1.1 503 busy\r\nContent-Length: 0\r\n\r\n"), "server_failure", 503),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc"), "", 200),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"), "", 200),
        (says(bytes(range(256)) * 10), "reset", 0),
    ],
    ids=["drip", "flood", "endless head", "ssh", "no status", "bare", "nothing", "busy", "long", "negative", "bytes"],
)
def test_a_bad_server_is_an_answer_like_any_other(talk, reason, status):
    with speaking(talk) as port:
        page = asked(port)
    assert (page.reason, page.status) == (reason, status)
    assert len(page.body) <= LARGEST


def test_phases_and_redirects_are_told_and_no_redirect_is_followed():
    with front(lambda _: Reply(302, b"", {"Location": "http://127.0.0.1:1/"})) as server:
        page = asked(server.port)
        assert len(server.requests) == 1
    assert page.location == "http://127.0.0.1:1/"
    assert set(page.phases) == {"connect", "first_byte", "transfer"}


def test_who_issued_a_certificate_is_read_and_a_wrong_one_is_refused():
    authority = trustme.CA(organization_name="Bộ Kiểm Tra")
    context = server_context(authority.issue_cert("localhost"))
    with front(lambda _: Reply(200), context) as server:
        known = asked(server.port, trust=certificates.pinned(pem_of(authority), dated=False))
        seen = asked(server.port, trust=certificates.blind(), path="")
        refused = asked(server.port, trust=certificates.pinned(pem_of(trustme.CA()), dated=False))
        stranger = asked(server.port, trust=certificates.public())
    assert (known.reason, known.status) == ("", 200)
    shown = certificates.read(seen.certificate)
    assert shown is not None
    assert (shown.organisation, shown.issuer) == ("Bộ Kiểm Tra", "Bộ Kiểm Tra")
    assert refused.reason == stranger.reason == "untrusted"
    assert "tls" in known.phases


@pytest.mark.parametrize("raw", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x00", bytes(50)])
def test_what_is_no_certificate_has_no_issuer(raw):
    assert certificates.read(raw) is None


def test_a_closed_port_is_refused_and_a_silent_one_times_out():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert asked(port, seconds=0.3).reason == "timeout"
    with socket.socket() as closed:
        # Held without listening, so that nobody else is given it meanwhile.
        closed.bind(("127.0.0.1", 0))
        assert asked(closed.getsockname()[1]).reason == "refused"


def test_a_proxy_is_asked_for_a_tunnel_to_the_far_end():
    authority = trustme.CA()
    trust = certificates.pinned(pem_of(authority), dated=False)
    context = server_context(authority.issue_cert("localhost"))
    with front(lambda _: Reply(200), context) as server, connect_proxy() as proxy:
        page = asked(server.port, trust=trust, through=proxy.port)
        assert proxy.asked[0].startswith(f"CONNECT localhost:{server.port} ".encode())
    with connect_proxy(b"HTTP/1.1 407 login\r\n\r\n") as proxy:
        assert asked(1, trust=trust, through=proxy.port).reason == "refused"
    assert (page.reason, page.status) == ("", 200)


def test_mail_is_asked_for_encryption():
    context = server_context(trustme.CA().issue_cert("localhost"))

    def talk(far: socket.socket) -> None:
        far.sendall(b"220-hello\r\n220 there\r\n")
        assert far.recv(100).startswith(b"EHLO")
        far.sendall(b"250-mx\r\n250 STARTTLS\r\n")
        assert far.recv(100) == b"STARTTLS\r\n"
        far.sendall(b"220 go\r\n")
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(far, server_side=True):
            pass

    with speaking(talk) as port:
        assert asked(port, starttls=True, trust=certificates.blind(), path="").reason == ""
    with speaking(lambda far: far.sendall(b"554 no\r\n")) as port:
        assert asked(port, starttls=True, trust=certificates.blind(), path="").reason == "reset"
