"""Whom a PC believes: what the configuration names, what enrolment gave, and how the authority is fetched for it."""

import hashlib
import ssl
import time
from pathlib import Path

import pytest
import trustme
from tests.agent.delivery_stand_in import Reply, front, pem_of, server_context

from schooldrum_agent.config import Config, Misconfigured, load
from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.proxy import Proxy
from schooldrum_agent.reply import LARGEST_BODY
from schooldrum_agent.state import Identity
from schooldrum_agent.targets import Office
from schooldrum_agent.trust import Trust, configured, fetch_authority, office_of, pin_of, trust_of, trust_only
from schooldrum_agent.uplink import read_endpoint

OFFICES, OTHERS = (pem_of(trustme.CA(key_type=trustme.KeyType.ECDSA)) for _ in range(2))
PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def config_of(tmp_path: Path, named: bytes | str | None) -> Config:
    """Where a certificate, or something else, is named as `ca`; None names nothing."""
    file = tmp_path / "ca.pem"
    if named is not None:
        file.write_bytes(named.encode() if isinstance(named, str) else named)
    return load(None, {"SCHOOLDRUM_CA": str(file)} if named is not None else {}, {}, system="linux")


def identity_of(authority: str) -> Identity:
    return Identity(
        machine="m-1",
        credential="c" * 43,
        place="DEMO/main/tin1",
        alias="tin1-07",
        state="active",
        collector="https://collector.example.vn",
        authority=authority,
    )


@pytest.mark.parametrize(
    ("named", "enrolled", "believed", "dated"),
    [
        (None, None, "", False),
        (None, OFFICES, OFFICES, False),
        (OFFICES, None, OFFICES, False),
        (OFFICES, OFFICES, OFFICES, False),
        (OFFICES, OFFICES.replace("\n", "\r\n"), OFFICES, False),
        (OTHERS, OFFICES, OTHERS, True),
        (OTHERS, "", OTHERS, True),
        (OTHERS, "-----BEGIN CERTIFICATE-----", OTHERS, True),
    ],
    ids=("nobody", "enrolled", "named", "same", "same-lines", "other", "none-enrolled", "damaged"),
)
def test_the_configured_one_is_believed_before_the_enrolled_one(
    tmp_path: Path, named: str | None, enrolled: str | None, believed: str, *, dated: bool
):
    config = config_of(tmp_path, named)
    trust = trust_of(config, None if enrolled is None else identity_of(enrolled))
    assert trust == Trust(authority=believed, dated=dated, file="" if named is None else config.ca)
    assert trust.context().verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("", "is no certificate in PEM form"),
        ("garbage", "is no certificate in PEM form"),
        (ssl.PEM_cert_to_DER_cert(OFFICES), "export it as Base-64"),
        (PEM.format("AAAA"), "is no certificate in PEM form"),
        ("Certificate:\n" + OFFICES, "begins with -----BEGIN CERTIFICATE-----"),
    ],
    ids=("empty", "garbage", "der", "short", "explained"),
)
def test_a_file_that_holds_no_certificate_is_told_at_once_in_both_languages(tmp_path: Path, named, words: str):
    config = config_of(tmp_path, named)
    with pytest.raises(Misconfigured) as caught:
        trust_of(config, identity_of(OFFICES))
    (sentence,) = caught.value.sentences
    assert sentence.english.startswith(f"environment variable SCHOOLDRUM_CA: {config.ca}")
    assert words in sentence.english
    assert f"SCHOOLDRUM_CA: {config.ca} không phải chứng chỉ dạng PEM" in sentence.vietnamese


def test_a_file_that_is_not_there_or_is_none_says_what_to_do(tmp_path: Path):
    config = load(None, {"SCHOOLDRUM_CA": str(tmp_path / "nowhere.pem")}, {}, system="linux")
    with pytest.raises(Misconfigured, match=r"there is no file .*nowhere\.pem; copy the certificate"):
        configured(config)
    config = load(None, {"SCHOOLDRUM_CA": str(tmp_path)}, {}, system="linux")
    with pytest.raises(Misconfigured, match=r"cannot be read \(Is a directory\); name the certificate's file"):
        configured(config)


def test_the_ladder_asks_whom_reports_believe():
    trust, proxy = Trust(authority=OTHERS, dated=True, file="/ca.pem"), Proxy(host="proxy.example.vn", port=3128)
    secure, plain = read_endpoint("https://collector.example.vn:8801"), read_endpoint("http://127.0.0.1:1")
    assert office_of(secure, trust, proxy) == Office(
        host="collector.example.vn", port=8801, authority=OTHERS, dated=True, proxy=("proxy.example.vn", 3128)
    )
    assert office_of(plain, Trust(authority=""), proxy) == Office(host="127.0.0.1", port=1, secure=False)


def test_the_authority_is_fetched_and_its_pin_compared(authority: trustme.CA):
    pem = pem_of(authority)
    context = server_context(trustme.CA().issue_cert("any.example"))
    with front(lambda _: Reply(200, pem.encode()), context) as server:
        endpoint = read_endpoint(f"https://127.0.0.1:{server.port}")
        assert pin_of(fetch_authority(endpoint, pin_of(pem), clock=time.monotonic)) == pin_of(pem)
        with pytest.raises(Failed) as caught:
            fetch_authority(endpoint, "0" * 64, clock=time.monotonic)
        assert caught.value.fault is Fault.PIN
        assert [(request.method, request.path, request.body) for request in server.requests] == [
            ("GET", "/v1/ca", b"")
        ] * 2


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(404), Fault.NOT_FOUND),
        (Reply(200, b"<html>"), Fault.GARBLED),
        (Reply(200, b"\xff\xfe"), Fault.GARBLED),
        (Reply(200, b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"), Fault.GARBLED),
        (Reply(200, bytes(LARGEST_BODY + 1)), Fault.OVERSIZED),
        (Reply(302, b"", {"Location": "http://127.0.0.1/"}), Fault.REDIRECTED),
    ],
)
def test_no_authority_comes_out_of_anything_else(reply: Reply, fault: Fault):
    with front(lambda _: reply) as server, pytest.raises(Failed) as caught:
        fetch_authority(read_endpoint(f"http://127.0.0.1:{server.port}"), "0" * 64, clock=time.monotonic)
    assert caught.value.fault is fault


def test_a_damaged_kept_certificate_is_named():
    with pytest.raises(Failed) as caught:
        trust_only("garbage")
    assert caught.value.fault is Fault.TLS_AUTHORITY
    with pytest.raises(ValueError, match=r".*"):
        pin_of("garbage")


def test_the_pin_is_the_digest_of_the_der(authority: trustme.CA):
    der = ssl.PEM_cert_to_DER_cert(pem_of(authority))
    assert pin_of(pem_of(authority)) == hashlib.sha256(der).hexdigest()
