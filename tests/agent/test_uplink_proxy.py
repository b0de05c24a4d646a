import struct
import time
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agent.delivery_stand_in import Reply, connect_proxy, front, pem_of, server_context

from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.proxy import Proxy, find_proxy, for_https, is_spared, parse_winhttp, read_proxy
from schooldrum_agent.trust import trust_only
from schooldrum_agent.uplink import Uplink, read_endpoint

INTERNET = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"
POLICY = r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"


def winhttp(proxy: bytes, spared: bytes = b"", access: int = 3) -> bytes:
    return struct.pack("<IIII", 0x18, 0, access, len(proxy)) + proxy + struct.pack("<I", len(spared)) + spared


def through(server_port: int, proxy: Proxy, authority: trustme.CA) -> Uplink:
    endpoint = read_endpoint(f"https://127.0.0.1:{server_port}")
    return Uplink(endpoint, trust=trust_only(pem_of(authority)), clock=time.monotonic, proxy=proxy)


def test_a_tunnel_carries_the_verified_connection_and_is_kept():
    authority = trustme.CA()
    context = server_context(authority.issue_cert("127.0.0.1"))
    with front(lambda _: Reply(), context) as server, connect_proxy() as proxy:
        uplink = through(server.port, Proxy("127.0.0.1", proxy.port), authority)
        for _ in range(3):
            assert uplink.post("/v1/reports", b"{}", credential="c" * 43, packed=False).status == 200
        uplink.close()
        assert len(proxy.asked) == 1
        assert proxy.asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
        assert b"ccc" not in proxy.asked[0]


def test_a_proxy_that_swaps_the_certificate_gets_nothing():
    authority = trustme.CA()
    context = server_context(trustme.CA().issue_cert("127.0.0.1"))
    with front(lambda _: Reply(), context) as server, connect_proxy() as proxy:
        uplink = through(server.port, Proxy("127.0.0.1", proxy.port), authority)
        with pytest.raises(Failed) as caught:
            uplink.post("/v1/reports", b"{}", credential="c" * 43, packed=False)
        assert caught.value.fault is Fault.TLS_AUTHORITY
        assert server.requests == []


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [
        (
            b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate, Basic realm="x"\r\n\r\n',
            Fault.PROXY_LOGIN,
        ),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno no", Fault.PROXY),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Fault.PROXY),
        (b"HTTP/1.1 200 OK\r\n\r\nearly bytes that pretend to be the server", Fault.PROXY),
        (b"SSH-2.0-x\r\n\r\n", Fault.PROXY),
        (b"HTTP/1.1 \r\n\r\n", Fault.PROXY),
        (b"HTTP/1.1 200 " + b"x" * 20_000, Fault.PROXY),
        (b"HTTP", Fault.PROXY),
    ],
)
def test_a_proxy_that_makes_no_tunnel_is_named_and_asked_once(refusal: bytes, fault: Fault):
    with connect_proxy(refusal) as proxy:
        uplink = through(9, Proxy("127.0.0.1", proxy.port), trustme.CA())
        with pytest.raises(Failed) as caught:
            uplink.post("/v1/reports", b"{}", packed=False, timeout=3)
        assert caught.value.fault is fault
        assert len(proxy.asked) == 1
        assert b"authorization" not in proxy.asked[0].lower()


def test_a_proxy_that_is_not_there_is_the_proxys_fault():
    uplink = through(9, Proxy("127.0.0.1", 9), trustme.CA())
    with pytest.raises(Failed) as caught:
        uplink.get("/v1/ca", timeout=3)
    assert caught.value.fault is Fault.PROXY


def test_this_very_machine_is_reached_without_a_proxy():
    with front(lambda _: Reply()) as server:
        uplink = Uplink(
            read_endpoint(f"http://127.0.0.1:{server.port}"),
            trust=trust_only(""),
            clock=time.monotonic,
            proxy=Proxy("127.0.0.1", 9),
        )
        assert uplink.get("/healthz").status == 200
        uplink.close()


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.school.vn:3128", Proxy("proxy.school.vn", 3128)),
        ("HTTP://10.1.2.3:8080/", Proxy("10.1.2.3", 8080)),
        ("10.1.2.3:8080", Proxy("10.1.2.3", 8080)),
        ("proxy", Proxy("proxy", 80)),
        ("[2001:db8::1]:3128", Proxy("2001:db8::1", 3128)),
        ("http://[2001:db8::1]", Proxy("2001:db8::1", 80)),
    ],
)
def test_proxies_are_read(text: str, proxy: Proxy):
    assert read_proxy(text) == proxy


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.PROXY),
        ("http://", Fault.PROXY),
        ("socks5://proxy:1080", Fault.PROXY),
        ("https://proxy:443", Fault.PROXY),
        ("proxy:0", Fault.PROXY),
        ("proxy:70000", Fault.PROXY),
        ("proxy:port", Fault.PROXY),
        ("pro xy:80", Fault.PROXY),
        ("proxy\r\nX: 1:80", Fault.PROXY),
        ("http://name:secret@proxy:80", Fault.PROXY_LOGIN),
    ],
)
def test_what_is_no_proxy_for_us_is_said_without_its_secrets(text: str, fault: Fault):
    with pytest.raises(Failed) as caught:
        read_proxy(text)
    assert caught.value.fault is fault
    assert "secret" not in str(caught.value)


def test_a_proxys_port_that_is_none_is_told_with_its_place_and_range():
    with pytest.raises(Failed, match=r"https_proxy, all_proxy: the proxy's port '99999' cannot be used, .*1 to 65535"):
        find_proxy("system", "c", 443, environ={"https_proxy": "http://a:99999"}, system="linux")
    with pytest.raises(Failed, match="proxy: the proxy's port '0'") as refused:
        find_proxy("http://own:0", "c", 443, environ={}, system="linux")
    assert refused.value.said is not None
    assert refused.value.said.vietnamese == "proxy: cổng '0' của proxy không dùng được, ghi số từ 1 đến 65535"


@pytest.mark.parametrize(
    ("setting", "environ", "file", "expected"),
    [
        ("none", {"https_proxy": "http://a:1"}, "", None),
        ("http://own:8080", {"https_proxy": "http://a:1"}, "", Proxy("own", 8080)),
        ("system", {}, "", None),
        ("system", {"https_proxy": "http://a:1"}, "", Proxy("a", 1)),
        ("system", {"HTTPS_PROXY": "http://a:1"}, "", Proxy("a", 1)),
        ("system", {"http_proxy": "http://a:1"}, "", None),
        ("system", {"all_proxy": "http://a:1"}, "", Proxy("a", 1)),
        ("system", {"https_proxy": "http://a:1", "no_proxy": "x.vn, example.vn"}, "", None),
        ("system", {}, "# comment\nhttps_proxy=http://file:2\n", Proxy("file", 2)),
        ("system", {}, "export HTTPS_PROXY=\"http://file:2\"\nno_proxy='.vn'\n", None),
        ("system", {"https_proxy": "http://a:1"}, "https_proxy=http://file:2\n", Proxy("a", 1)),
        ("system", {}, "PATH=/bin\nnonsense\n", None),
    ],
)
def test_the_order_on_linux(tmp_path: Path, setting: str, environ: dict[str, str], file: str, expected: Proxy | None):
    (tmp_path / "environment").write_text(file)
    found = find_proxy(
        setting,
        "collector.example.vn",
        8801,
        environ=environ,
        system="linux",
        environment_file=tmp_path / "environment",
    )
    assert found == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({(INTERNET + r"\Connections", "WinHttpSettings"): winhttp(b"proxy:8080")}, Proxy("proxy", 8080)),
        ({(INTERNET + r"\Connections", "WinHttpSettings"): winhttp(b"proxy:8080", b"<local>;*.example.vn")}, None),
        ({(INTERNET + r"\Connections", "WinHttpSettings"): winhttp(b"", access=1)}, None),
        ({(INTERNET + r"\Connections", "WinHttpSettings"): winhttp(b"http=a:1;https=b:2")}, Proxy("b", 2)),
        ({(INTERNET, "ProxyEnable"): 1, (INTERNET, "ProxyServer"): "users:1"}, None),
        (
            {(POLICY, "ProxySettingsPerUser"): 0, (INTERNET, "ProxyEnable"): 1, (INTERNET, "ProxyServer"): "all:1"},
            Proxy("all", 1),
        ),
        (
            {(POLICY, "ProxySettingsPerUser"): 0, (INTERNET, "ProxyEnable"): 0, (INTERNET, "ProxyServer"): "all:1"},
            None,
        ),
        ({(POLICY, "ProxySettingsPerUser"): 0, (INTERNET, "ProxyEnable"): 1}, None),
    ],
)
def test_the_order_on_windows(values: dict[tuple[str, str], object], expected: Proxy | None):
    found = find_proxy(
        "system",
        "collector.example.vn",
        8801,
        environ={"https_proxy": "http://nobody:1"},
        system="win32",
        registry=lambda key, name: values.get((key, name)),
    )
    assert found == expected


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_no_blob_is_fatal(blob: bytes):
    parse_winhttp(blob)


def test_lengths_beyond_the_blob_are_not_believed():
    assert parse_winhttp(winhttp(b"proxy:80")[:-1]) == ("", [])
    assert parse_winhttp(winhttp(b"proxy:80") + b"trailing") == ("proxy:80", [])
    assert for_https("http=a:1") == ""


@pytest.mark.parametrize(
    ("host", "entry", "spared"),
    [
        ("collector.example.vn", "example.vn", True),
        ("collector.example.vn", ".example.vn", True),
        ("collector.example.vn", "*.example.vn", True),
        ("collector.example.vn", "COLLECTOR.example.vn", True),
        ("collector.example.vn", "collector.example.vn:8801", True),
        ("collector.example.vn", "collector.example.vn:443", False),
        ("collector.example.vn", "ample.vn", False),
        ("collector.example.vn", "*", True),
        ("collector.example.vn", "<local>", False),
        ("collector", "<local>", True),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.*", True),
        ("10.1.2.3", "10.1.2.4", False),
        ("10.1.2.3", "<local>", False),
        ("10.1.2.3", "nonsense/99", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("127.0.0.1", "", True),
        ("localhost", "", True),
    ],
)
def test_exceptions_of_a_proxy(host: str, entry: str, *, spared: bool):
    assert is_spared(host, 8801, [entry]) is spared
