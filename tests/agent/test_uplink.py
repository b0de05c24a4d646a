import contextlib
import datetime as dt
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest
import trustme
from tests.agent.delivery_stand_in import CREDENTIAL, Front, Reply, Request, front, pem_of, server_context

from schooldrum_agent.faults import SENTENCES, Failed, Fault, fault_of
from schooldrum_agent.reply import LARGEST_BODY
from schooldrum_agent.trust import trust_only
from schooldrum_agent.uplink import Answer, Uplink, pack, read_endpoint

LONG_AGO = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@contextlib.contextmanager
def to(
    server: Front, authority: trustme.CA | None = None, host: str = "127.0.0.1", *, not_before: int = 0
) -> Iterator[Uplink]:
    scheme = "https" if server.context else "http"
    uplink = Uplink(
        read_endpoint(f"{scheme}://{host}:{server.port}"),
        trust=trust_only(pem_of(authority) if authority else ""),
        clock=time.monotonic,
        not_before=not_before,
    )
    try:
        yield uplink
    finally:
        uplink.close()


def post(uplink: Uplink, **kwargs: float) -> Answer:
    return uplink.post("/v1/reports", pack(b"{}"), credential=CREDENTIAL, packed=True, **kwargs)


def failure(uplink: Uplink, **kwargs: float) -> Fault:
    with pytest.raises(Failed) as caught:
        post(uplink, **kwargs)
    assert CREDENTIAL not in str(caught.value)
    return caught.value.fault


def fine(_: Request) -> Reply:
    return Reply(200, b'{"refused": 0}', {"Retry-After": "7"})


def test_a_post_arrives_whole_and_its_answer_comes_back():
    with front(fine) as server, to(server) as uplink:
        assert post(uplink) == Answer(status=200, body=b'{"refused": 0}', retry_after=7)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/reports")
    assert request.headers["Authorization"] == f"Bearer {CREDENTIAL}"
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("secure", [False, True])
def test_one_connection_carries_all_requests(authority: trustme.CA, *, secure: bool):
    context = server_context(authority.issue_cert("127.0.0.1")) if secure else None
    with front(fine, context) as server, to(server, authority if secure else None) as uplink:
        for _ in range(20):
            assert post(uplink).status == 200
        assert (server.connections, len(server.requests)) == (1, 20)


def test_a_kept_connection_that_was_closed_is_replaced_silently():
    with front(fine) as server, to(server) as uplink:
        for _ in range(5):
            assert post(uplink).status == 200
            server.cut()
            time.sleep(0.05)
        assert server.connections == 5


def test_a_kept_connection_is_not_trusted_after_long_silence():
    now = [0.0]
    with front(fine) as server:
        uplink = Uplink(read_endpoint(f"http://127.0.0.1:{server.port}"), trust=trust_only(""), clock=lambda: now[0])
        post(uplink)
        now[0] += 60
        post(uplink)
        assert server.connections == 1
        now[0] += 80
        post(uplink)
        assert server.connections == 2
        uplink.close()


def test_an_expired_leaf_under_the_pinned_authority_is_taken(authority: trustme.CA):
    leaf = authority.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO + dt.timedelta(days=30))
    with front(fine, server_context(leaf)) as server, to(server, authority) as uplink:
        assert post(uplink).status == 200
        assert uplink.leaf_start == int(LONG_AGO.timestamp())


def test_dates_count_under_an_authority_that_is_not_the_offices_own(authority: trustme.CA):
    leaf = authority.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO + dt.timedelta(days=30))
    with front(fine, server_context(leaf)) as server:
        trust = trust_only(pem_of(authority), dated=True)
        uplink = Uplink(read_endpoint(f"https://127.0.0.1:{server.port}"), trust=trust, clock=time.monotonic)
        assert failure(uplink) is Fault.TLS_AUTHORITY
        assert server.requests == []


def test_a_leaf_older_than_granted_is_refused_before_anything_is_sent(authority: trustme.CA):
    leaf = authority.issue_cert("127.0.0.1", not_before=LONG_AGO)
    with front(fine, server_context(leaf)) as server:
        with to(server, authority, not_before=int(LONG_AGO.timestamp()) + 1) as uplink:
            assert failure(uplink) is Fault.TLS_OLD
        assert server.requests == []
        with to(server, authority, not_before=int(LONG_AGO.timestamp())) as uplink:
            assert post(uplink).status == 200


def test_another_issuer_is_refused_before_anything_is_sent(authority: trustme.CA):
    other = trustme.CA()
    with front(fine, server_context(other.issue_cert("127.0.0.1"))) as server, to(server, authority) as uplink:
        assert failure(uplink) is Fault.TLS_AUTHORITY
        assert server.requests == []


def test_another_name_is_refused_before_anything_is_sent(authority: trustme.CA):
    with front(fine, server_context(authority.issue_cert("other.example"))) as server:
        for host in ("127.0.0.1", "localhost"):
            with to(server, authority, host) as uplink:
                assert failure(uplink) is Fault.TLS_NAME
        assert server.requests == []


def test_without_an_authority_nothing_is_trusted(authority: trustme.CA):
    with front(fine, server_context(authority.issue_cert("127.0.0.1"))) as server, to(server) as uplink:
        assert failure(uplink) is Fault.TLS_AUTHORITY


def test_old_tls_is_refused(authority: trustme.CA):
    context = server_context(authority.issue_cert("127.0.0.1"))
    # Even where the server's own list allows weak ciphers, version 1.1 must not come about.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with front(fine, context) as server, to(server, authority) as uplink:
        assert failure(uplink) in {Fault.TLS, Fault.CLOSED}
        assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int):
    with front(fine) as elsewhere:
        target = f"http://127.0.0.1:{elsewhere.port}/v1/reports"
        with front(lambda _: Reply(status, b"", {"Location": target})) as server, to(server) as uplink:
            assert failure(uplink) is Fault.REDIRECTED
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", Fault.CLOSED),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Fault.GARBLED),
        (b"HTTP/1.1 two hundred OK\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", Fault.CLOSED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Fault.CLOSED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Fault.GARBLED),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, Fault.GARBLED),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, Fault.GARBLED),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * (LARGEST_BODY + 1), Fault.OVERSIZED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"y" * (LARGEST_BODY + 1), Fault.OVERSIZED),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"10000\r\n" + bytes(0x10000) + b"\r\n40000\r\n" + bytes(0x40000),
            Fault.OVERSIZED,
        ),
    ],
)  # fmt: skip
def test_whatever_else_answers_is_a_fault_with_a_name(raw: bytes, fault: Fault):
    with front(lambda _: Reply(raw=raw)) as server, to(server) as uplink:
        assert failure(uplink) is fault
        server.answering = fine
        assert post(uplink).status == 200


@contextlib.contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[int]:
    """A server that answers a byte now and then, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(first)
                while not stop.wait(0.02):
                    sock.sendall(drop)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_a_slow_drip_ends_at_the_deadline(first: bytes, drop: bytes):
    with dripping(first, drop) as port:
        uplink = Uplink(read_endpoint(f"http://127.0.0.1:{port}"), trust=trust_only(""), clock=time.monotonic)
        began = time.monotonic()
        assert failure(uplink, timeout=0.4) is Fault.TIMEOUT
        assert time.monotonic() - began < 2


def test_a_handshake_that_never_ends_is_a_timeout(authority: trustme.CA):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uplink = Uplink(
            read_endpoint(f"https://127.0.0.1:{listener.getsockname()[1]}"),
            trust=trust_only(pem_of(authority)),
            clock=time.monotonic,
        )
        assert failure(uplink, timeout=0.3) is Fault.TIMEOUT


def test_no_listener_is_refused_and_no_name_is_said():
    with socket.socket() as closed:
        # Held without listening, so that nobody else is given it meanwhile.
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        uplink = Uplink(read_endpoint(f"http://127.0.0.1:{port}"), trust=trust_only(""), clock=time.monotonic)
        assert failure(uplink) is Fault.REFUSED
    nowhere = Uplink(read_endpoint("https://no-such-host.invalid"), trust=trust_only(""), clock=time.monotonic)
    assert failure(nowhere) is Fault.NAME


def test_what_speaks_no_tls_is_a_tls_fault(authority: trustme.CA):
    with front(fine) as server:
        uplink = Uplink(
            read_endpoint(f"https://127.0.0.1:{server.port}"), trust=trust_only(pem_of(authority)), clock=time.monotonic
        )
        assert failure(uplink) in {Fault.TLS, Fault.CLOSED}


def test_an_exchange_is_given_up_from_another_thread():
    with front(lambda _: Reply(wait=5)) as server, to(server) as uplink:
        seen: list[Fault] = []
        thread = threading.Thread(target=lambda: seen.append(failure(uplink)))
        thread.start()
        while not server.requests:
            time.sleep(0.01)
        began = time.monotonic()
        uplink.abort()
        thread.join()
        assert time.monotonic() - began < 4
        assert seen == [Fault.CLOSED]
        assert failure(uplink) is Fault.CLOSED
        uplink.resume()
        server.answering = fine
        assert post(uplink).status == 200


def test_an_encrypted_exchange_is_given_up_too(authority: trustme.CA):
    context = server_context(authority.issue_cert("127.0.0.1"))
    with front(lambda _: Reply(wait=5), context) as server, to(server, authority) as uplink:
        seen: list[Fault] = []
        thread = threading.Thread(target=lambda: seen.append(failure(uplink)))
        thread.start()
        while not server.requests:
            time.sleep(0.01)
        uplink.abort()
        thread.join(2)
        assert seen == [Fault.CLOSED]


@pytest.mark.parametrize(
    ("url", "host", "port", "secure"),
    [
        ("https://collector.example.vn:8801", "collector.example.vn", 8801, True),
        ("https://collector.example.vn/", "collector.example.vn", 443, True),
        (" https://[2001:db8::1]:8801 ", "2001:db8::1", 8801, True),
        ("http://127.0.0.1:8801", "127.0.0.1", 8801, False),
        ("http://127.9.9.9", "127.9.9.9", 80, False),
        ("http://localhost:1", "localhost", 1, False),
        ("http://[::1]:8801", "::1", 8801, False),
    ],
)
def test_addresses_that_may_be_used(url: str, host: str, port: int, *, secure: bool):
    endpoint = read_endpoint(url)
    assert (endpoint.host, endpoint.port, endpoint.secure) == (host, port, secure)


@pytest.mark.parametrize(
    "url",
    [
        "", "collector", "collector:8801", "ftp://collector", "https://", "https:///x", "https://a b",
        "https://a:99999", "https://a:b", "https://user:secret@a", "https://a/path", "https://a?q", "https://a#f",
        "https://[::1", "file:///", "https://a\r\nX-Evil: 1", "https://máy.vn", "https://" + "a" * 300,
        "http://collector.example.vn", "http://10.0.0.1", "http://127.0.0.1.evil.vn", "http://0.0.0.0",
        "http://localhost.evil.vn", "http://2130706433", "http://[::ffff:10.0.0.1]",
    ],
)  # fmt: skip
def test_addresses_that_may_not(url: str):
    with pytest.raises(Failed) as caught:
        read_endpoint(url)
    assert caught.value.fault is Fault.ADDRESS
    assert "secret" not in str(caught.value)


def test_a_local_name_that_leads_off_this_machine_is_not_followed(monkeypatch: pytest.MonkeyPatch):
    # The name service is not ours: it may be told anything by whoever runs the network.
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    uplink = Uplink(read_endpoint("http://localhost"), trust=trust_only(""), clock=time.monotonic)
    assert failure(uplink, timeout=1) is Fault.UNREACHABLE


def test_every_fault_speaks_both_languages():
    assert set(SENTENCES) == set(Fault)
    for sentences in SENTENCES.values():
        assert set(sentences) == {"vi", "en"}
        for text in sentences.values():
            assert text.endswith(".")
            assert "!" not in text
    assert {fault_of(status) for status in (401, 404, 500, 502, 418)} == {
        Fault.CREDENTIAL,
        Fault.NOT_FOUND,
        Fault.SERVER,
    }


@pytest.mark.parametrize("length", [0, 1, 2500, 8 << 10, (8 << 10) + 1, 1 << 20])
def test_what_is_packed_is_gzip_whatever_its_length(length):
    body = (b'{"readings": [["school_cpu_usage_ratio", 0.25, {}]]}' * (length // 50 + 1))[:length]
    assert gzip.decompress(pack(body)) == body
