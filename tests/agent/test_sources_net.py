"""Where a machine stands in its network, read from the bytes of both kernels."""

import socket
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.sources import echo, ip_helper, net, netlink


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def message(kind: int, payload: bytes) -> bytes:
    return struct.pack("=IHHII", len(payload) + 16, kind, 0, 1, 0) + payload + bytes(-len(payload) % 4)


def link(index: int, flags: int, kind: bytes = b"") -> bytes:
    more = attribute(18, attribute(1, kind + b"\0")) if kind else b""
    return message(16, struct.pack("=BxHiII", 0, 1, index, flags, 0) + more)


def test_links_addresses_routes_and_neighbours_are_read():
    told = link(1, 0x8 | 0x10000) + link(2, 0x10000) + link(3, 0, b"veth") + message(3, b"")
    assert netlink.links(told) == [
        {"index": 2, "kind": "", "carrier": True},
        {"index": 3, "kind": "veth", "carrier": False},
    ]
    pc, gateway = socket.inet_aton("192.168.1.2"), socket.inet_aton("192.168.1.1")
    head = struct.pack("=BBBBI", socket.AF_INET, 24, 0x80, 0, 2)
    leased = struct.pack("=BBBBI", socket.AF_INET, 24, 0, 0, 2)
    tried = struct.pack("=BBBBI", socket.AF_INET6, 64, 0x40, 0, 2) + attribute(1, bytes(16))
    told = message(20, head + attribute(2, pc)) + message(20, leased + attribute(1, gateway)) + message(20, tried)
    assert [(one["address"], one["given"]) for one in netlink.addresses(told)] == [
        ("192.168.1.2", "manual"),
        ("192.168.1.1", "dhcp"),
    ]
    route = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 254, 0, 0, 1, 0)
    told = b"".join(
        message(
            24,
            route
            + attribute(5, gateway)
            + attribute(4, struct.pack("=I", 2))
            + attribute(6, struct.pack("=I", metric)),
        )
        for metric in (600, 100)
    )
    assert [one["metric"] for one in netlink.gateways(told)] == [100, 600]
    entry = struct.pack("=BxxxiHBB", socket.AF_INET, 2, 0x02, 0, 1)
    told = message(28, entry + attribute(1, gateway) + attribute(3, struct.pack("=IIII", 250, 0, 0, 1)))
    (found,) = netlink.neighbours(told)
    assert (found["state"], found["confirmed"]) == ("reachable", 2.5)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_readers_fail(raw):
    for read in (netlink.links, netlink.addresses, netlink.gateways, netlink.neighbours):
        for kind in (16, 20, 24, 28):
            assert isinstance(read(message(kind, raw)), list)
        assert isinstance(read(raw), list)
    assert isinstance(ip_helper.adapters(raw, 4096), dict)
    assert isinstance(ip_helper.table(raw), list)
    echo.read_windows(raw)


BASE = 0x10000


def adapters(*, gateway: bool = True, status: int = 1) -> bytes:
    """A buffer as GetAdaptersAddresses fills it: one adapter, its address, resolver and gateway behind it."""
    raw = bytearray(1024)
    struct.pack_into("<II", raw, 0, 448, 7)
    struct.pack_into("<4Q", raw, 24, BASE + 512, 0, 0, BASE + 640)
    struct.pack_into("<Ii", raw, 100, 6, status)
    struct.pack_into("<Q", raw, 208, BASE + 704 if gateway else 0)
    struct.pack_into("<2I", raw, 216, 25, 35)
    for at, address in ((512, "192.168.1.2"), (640, "192.168.1.1"), (704, "192.168.1.1")):
        struct.pack_into("<Qi", raw, at + 16, BASE + at + 256, 16)
        struct.pack_into("<H", raw, at + 256, 2)
        raw[at + 260 : at + 264] = socket.inet_aton(address)
    struct.pack_into("<3i", raw, 512 + 32, 3, 3, 4)
    raw[512 + 56] = 24
    return bytes(raw)


def test_windows_adapters_are_read():
    assert ip_helper.adapters(adapters(), BASE) == {
        "links": [{"index": 7, "kind": "", "carrier": True}],
        "addresses": [{"family": "ipv4", "index": 7, "address": "192.168.1.2", "prefix": 24, "given": "dhcp"}],
        "gateways": [{"family": "ipv4", "index": 7, "address": "192.168.1.1", "metric": 25}],
        "resolvers": ["192.168.1.1"],
    }
    assert ip_helper.adapters(adapters(status=2), BASE)["addresses"] == []


def test_windows_neighbours_are_read():
    row = bytearray(88)
    struct.pack_into("<H", row, 0, 2)
    row[4:8] = socket.inet_aton("192.168.1.1")
    struct.pack_into("<I", row, 28, 7)
    row[40:46] = bytes.fromhex("00005e005301")
    struct.pack_into("<Ii", row, 72, 6, 5)
    struct.pack_into("<I", row, 84, 1500)
    assert ip_helper.table(struct.pack("<II", 1, 0) + bytes(row)) == [
        {"index": 7, "address": "192.168.1.1", "mac": "00:00:5e:00:53:01", "state": "reachable", "confirmed": 1.5}
    ]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.53", "loopback"), ("::1", "loopback"), ("0.0.0.1", "loopback"), ("169.254.1.1", "self_assigned"),
        ("fe80::1%2", "self_assigned"), ("100.64.1.1", "shared"), ("100.128.0.1", "global"), ("10.1.1.1", "private"),
        ("172.31.255.255", "private"), ("172.32.0.1", "global"), ("192.168.0.1", "private"), ("fd00::1", "private"),
        ("224.0.0.1", "other"), ("ff02::1", "other"), ("8.8.8.8", "global"), ("2001:dc8::1", "global"), ("x", "other"),
    ],
)  # fmt: skip
def test_what_an_address_tells_by_itself(address, kind):
    assert net.kind_of(address) == kind


def around(**more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "links": [{"index": 2, "kind": "", "carrier": True}, {"index": 3, "kind": "", "carrier": False}],
        "addresses": [{"family": "ipv4", "index": 2, "address": "10.0.0.5", "given": "dhcp"}],
        "gateways": [{"family": "ipv4", "index": 2, "address": "10.0.0.1", "metric": 100}],
        "resolvers": [],
    }
    return {**told, **more}


def test_the_route_that_carries_is_the_one_in_use():
    left_behind = {"family": "ipv4", "index": 3, "address": "10.9.9.1", "metric": 50}
    stands = net.standing(around(gateways=[left_behind, *around()["gateways"]]), "ipv4")
    assert (stands["gateway"], stands["carrier"], stands["address"]) == ("10.0.0.1", True, "private")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"gateways": []}, {"routed": False, "carrier": True, "address": "private"}),
        ({"links": [], "gateways": []}, {"carrier": None, "address": ""}),
        ({"links": [{"index": 2, "kind": "ifb", "carrier": False}], "gateways": []}, {"carrier": None}),
        ({"links": [{"index": 2, "kind": "", "carrier": False}]}, {"carrier": False, "routed": True}),
        ({"addresses": []}, {"address": "", "given": ""}),
    ],
)
def test_how_a_family_stands(more, expected):
    stands = net.standing(around(**more), "ipv4")
    assert {key: stands[key] for key in expected} == expected


def test_resolvers_behind_the_stub_are_the_real_ones(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "run/systemd/resolve").mkdir(parents=True)
    (tmp_path / "etc/resolv.conf").write_text("# x\nnameserver 127.0.0.53\noptions edns0\n", encoding="utf-8")
    assert net.resolvers(str(tmp_path)) == ["127.0.0.53"]
    real = ("192.168.1.1", "192.168.1.1", "fe80::1%eth0", "x", "2001:db8::1")
    text = "".join(f"nameserver {address}\n" for address in real)
    (tmp_path / "run/systemd/resolve/resolv.conf").write_text(text, encoding="utf-8")
    assert net.resolvers(str(tmp_path)) == ["192.168.1.1", "2001:db8::1"]
    assert net.resolvers(str(tmp_path / "nowhere")) == []


def test_a_hosts_file_is_read():
    text = "127.0.0.1 localhost\n192.0.2.7\tCollector.example.vn c # here\nx collector.example.vn\n"
    assert net.in_hosts(text, "collector.example.vn") == ["192.0.2.7"]
