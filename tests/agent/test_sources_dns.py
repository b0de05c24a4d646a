"""What is believed of a DNS answer: all that fits its question byte by byte, and nothing else, whoever sends it."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.net.way import Server, answer_to

from schooldrum_agent.sources import dns, names, permitted, volley
from schooldrum_agent.sources.volley import Question

ASKED = dns.question("truong.example.vn", dns.A, 4711, recursive=True)
SOUND = answer_to({"truong.example.vn": "198.51.100.10"})(ASKED) or b""


def test_a_sound_answer_is_read():
    message = dns.answer(SOUND, ASKED)
    assert message is not None
    assert dns.addresses(message, "Truong.example.vn.") == ["198.51.100.10"]
    assert dns.reason(message) == ""


def test_an_alias_is_followed_and_a_stranger_is_not():
    records = (
        dns.Record(owner="a.vn", kind=5, value="b.vn"),
        dns.Record(owner="b.vn", kind=dns.A, value="192.0.2.1"),
        dns.Record(owner="evil.vn", kind=dns.A, value="192.0.2.66"),
    )
    message = dns.Message(code=0, authoritative=False, truncated=False, records=records)
    assert dns.addresses(message, "a.vn") == ["192.0.2.1"]
    loop = tuple(dns.Record(owner=one, kind=5, value=other) for one, other in (("a.vn", "b.vn"), ("b.vn", "a.vn")))
    assert dns.addresses(dns.Message(code=0, authoritative=False, truncated=False, records=loop), "a.vn") == []


@pytest.mark.parametrize(
    "spoilt",
    [
        b"\x12\x68" + SOUND[2:],
        SOUND[:2] + b"\x01\x80" + SOUND[4:],
        SOUND[:2] + b"\x89\x80" + SOUND[4:],
        SOUND[:4] + b"\0\2" + SOUND[6:],
        SOUND.replace(b"truong", b"bruong"),
        SOUND[:12],
        b"",
        SOUND + bytes(dns.LARGEST),
    ],
    ids=["other number", "a question", "other operation", "two questions", "other name", "cut", "empty", "huge"],
)
def test_what_does_not_fit_the_question_is_no_answer(spoilt):
    assert dns.answer(spoilt, ASKED) is None


@given(st.binary(max_size=300))
def test_no_bytes_behind_the_question_make_the_reader_fail_or_hang(rest):
    head = SOUND[:6] + b"\xff\xff" + bytes(4)
    message = dns.answer(head + ASKED[12:] + rest, ASKED)
    assert message is not None
    assert len(message.records) <= 100


@given(st.binary(max_size=80))
def test_a_name_of_any_bytes_ends(raw):
    name, after = dns._name(raw, 0)
    assert len(name) <= 2 * 253
    assert after is None or after <= len(raw)


def test_a_pointer_that_goes_round_is_no_name():
    assert dns._name(b"\x01a\xc0\x00", 0) == ("", None)
    assert dns._name(b"\xc0\x02\xc0\x00", 0) == ("", None)


@pytest.mark.parametrize("name", ["a" * 64 + ".vn", "a..vn", ".".join(["abcdefg"] * 40)])
def test_what_is_no_name_is_not_asked_for(name):
    with pytest.raises(ValueError, match="is no name"):
        dns.question(name, dns.A, 1, recursive=True)


def _listening(answering: Callable[[bytes], bytes | None]) -> tuple[Server, int]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return Server(sock, answering), sock.getsockname()[1]


def test_a_name_is_looked_up():
    server, port = _listening(answer_to({"a.vn": "192.0.2.9"}))
    found = names.look_up("a.vn", dns.A, ["127.0.0.1"], seconds=2, clock=time.monotonic, port=port)
    assert found.values == ("192.0.2.9",)
    missing = names.look_up("b.vn", dns.A, ["127.0.0.1"], seconds=2, clock=time.monotonic, port=port)
    assert (missing.values, missing.reason) == ((), "no_such_name")
    server.sock.close()


@pytest.mark.parametrize(
    ("answering", "reason"),
    [
        (lambda _: None, "timeout"),
        (lambda query: b"\0\0" + query[2:], "timeout"),
        (lambda _: b"x" * 4000, "timeout"),
        (lambda query: query[:2] + b"\x81\x82" + query[4:], "server_failure"),
    ],
    ids=["silent", "wrong number", "garbage", "server failure"],
)
def test_a_bad_resolver_costs_its_time_and_no_more(answering, reason):
    server, port = _listening(answering)
    began = time.monotonic()
    found = names.look_up("a.vn", dns.A, ["127.0.0.1"], seconds=0.4, clock=time.monotonic, port=port)
    assert found.reason == reason
    assert time.monotonic() - began < 2
    server.sock.close()


def test_a_long_answer_is_asked_for_again_over_tcp():
    asked_again = []

    def cut(query: bytes) -> bytes:
        return query[:2] + b"\x83\x80" + query[4:]

    # Another test may hold the number for TCP.
    for _ in range(20):
        server, port = _listening(cut)
        try:
            listener = socket.create_server(("127.0.0.1", port))
            break
        except OSError:
            server.sock.close()

    def serve() -> None:
        far, _ = listener.accept()
        with far:
            query = far.recv(4096)[2:]
            asked_again.append(query)
            said = answer_to({"a.vn": "192.0.2.10"})(query)
            assert said is not None
            far.sendall(len(said).to_bytes(2) + said)

    thread = threading.Thread(target=serve)
    thread.start()
    found = names.look_up("a.vn", dns.A, ["127.0.0.1"], seconds=2, clock=time.monotonic, port=port)
    thread.join(5)
    listener.close()
    server.sock.close()
    assert found.values == ("192.0.2.10",)
    assert asked_again


def test_a_flood_does_not_hold_the_volley():
    done = threading.Event()

    def flood(sock: socket.socket, sender: tuple[str, int]) -> None:
        while not done.is_set():
            sock.sendto(b"flood" * 50, sender)

    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    asked = Question(key="x", how=volley.DNS, address="127.0.0.1", port=sock.getsockname()[1], body=ASKED)

    def serve() -> None:
        _, sender = sock.recvfrom(4096)
        flood(sock, sender)

    thread = threading.Thread(target=serve)
    thread.start()
    began = time.monotonic()
    (heard,) = volley.volley([asked], seconds=1, clock=time.monotonic)
    assert time.monotonic() - began < 4
    done.set()
    thread.join(5)
    sock.close()
    assert heard.seconds is None


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.162.4.190", True),
        ("2001:dc8:1:2::105", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("100.100.100.200", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to be refused
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::10.0.0.1", False),
        ("2002:a00:1::", False),
        ("2001:0:53aa:64c::1", False),
        ("::10.0.0.1", False),
        ("truong.example.vn", False),
    ],
)
def test_services_lie_at_public_addresses_only(address, allowed):
    assert permitted.permitted(address) is allowed
