import asyncio
import hashlib
import os
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from schooldrum_collector.data_directory import AUTHORITY_FILE
from schooldrum_collector.web.certificates import LEAF_FILE, Authority, Unusable, open_authority

NOW = 1_790_000_000.0
DAY = 86400
NAMES = ("collector.example.edu.vn", "127.0.0.1", "::1")


def leaf_of(authority: Authority, names: tuple[str, ...] = NAMES, now: float = NOW) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.leaf(names, now).read_bytes())


def test_it_is_made_once_and_then_loaded(tmp_path: Path):
    first = open_authority(tmp_path / "new", NOW)
    again = open_authority(tmp_path / "new", NOW + 5 * 365 * DAY)
    assert again.pin == first.pin
    assert again.pem == first.pem
    assert first.pin == hashlib.sha256(ssl.PEM_cert_to_DER_cert(first.pem.decode())).hexdigest()
    assert b"PRIVATE" not in first.pem


def test_two_offices_have_two_authorities(tmp_path: Path):
    assert open_authority(tmp_path / "a", NOW).pin != open_authority(tmp_path / "b", NOW).pin


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_keys_are_ours_alone(tmp_path: Path):
    authority = open_authority(tmp_path, NOW)
    authority.leaf(NAMES, NOW)
    for name in (AUTHORITY_FILE, LEAF_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    (tmp_path / AUTHORITY_FILE).chmod(0o644)
    with pytest.raises(Unusable, match="chmod 600"):
        open_authority(tmp_path, NOW)


def test_a_folder_in_the_authoritys_place_is_called_that(tmp_path: Path):
    (tmp_path / AUTHORITY_FILE).mkdir()
    with pytest.raises(Unusable, match="is no file; move that away") as refused:
        open_authority(tmp_path, NOW)
    assert "không phải tệp" in refused.value.vietnamese


def test_the_authority_lives_twenty_years_and_signs_only_leaves(tmp_path: Path):
    certificate = open_authority(tmp_path, NOW).certificate
    assert certificate.not_valid_after_utc.timestamp() == pytest.approx(NOW + 20 * 365 * DAY, abs=2)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)


@pytest.mark.parametrize("damage", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_authority_is_said_and_left_alone(tmp_path: Path, damage: bytes):
    open_authority(tmp_path, NOW)
    (tmp_path / AUTHORITY_FILE).write_bytes(damage)
    with pytest.raises(Unusable, match="backup"):
        open_authority(tmp_path, NOW)
    assert (tmp_path / AUTHORITY_FILE).read_bytes() == damage


def test_a_lost_authority_that_pcs_rely_on_is_not_replaced(tmp_path: Path):
    pin = open_authority(tmp_path, NOW, relied_on=False).pin
    assert open_authority(tmp_path, NOW, relied_on=True).pin == pin
    (tmp_path / AUTHORITY_FILE).unlink()
    with pytest.raises(Unusable, match="missing; bring it back from a backup"):
        open_authority(tmp_path, NOW, relied_on=True)
    assert not (tmp_path / AUTHORITY_FILE).exists()


def test_a_key_of_another_authority_is_refused(tmp_path: Path):
    open_authority(tmp_path / "a", NOW)
    open_authority(tmp_path / "b", NOW)
    ours = (tmp_path / "a" / AUTHORITY_FILE).read_bytes()
    theirs = (tmp_path / "b" / AUTHORITY_FILE).read_bytes()
    (tmp_path / "a" / AUTHORITY_FILE).write_bytes(
        theirs[: theirs.index(b"-----BEGIN CERTIFICATE")] + ours[ours.index(b"-----BEGIN CERTIFICATE") :],
    )
    with pytest.raises(Unusable, match="belong together"):
        open_authority(tmp_path / "a", NOW)


def test_the_leaf_names_what_was_asked_and_lasts_825_days(tmp_path: Path):
    authority = open_authority(tmp_path, NOW)
    leaf = leaf_of(authority)
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["collector.example.edu.vn"]
    assert {str(address) for address in named.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}
    assert leaf.not_valid_after_utc.timestamp() == pytest.approx(NOW + 825 * DAY, abs=2)
    leaf.verify_directly_issued_by(authority.certificate)


@pytest.mark.parametrize(
    ("names", "later", "anew"),
    [
        (NAMES, 0, False),
        (tuple(reversed(NAMES)), 0, False),
        (NAMES, 764 * DAY, False),
        (NAMES, 766 * DAY, True),
        (NAMES, 5000 * DAY, True),
        ((*NAMES, "10.0.0.5"), 0, True),
        (NAMES[:1], 0, True),
    ],
)
def test_the_leaf_is_renewed_when_it_must(tmp_path: Path, *, names: tuple[str, ...], later: float, anew: bool):
    authority = open_authority(tmp_path, NOW)
    before = leaf_of(authority)
    after = leaf_of(authority, names, NOW + later)
    assert (after.serial_number != before.serial_number) is anew


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_a_damaged_leaf_is_made_anew(tmp_path: Path, damage: bytes):
    authority = open_authority(tmp_path, NOW)
    authority.leaf(NAMES, NOW)
    (tmp_path / LEAF_FILE).write_bytes(damage)
    leaf_of(authority).verify_directly_issued_by(authority.certificate)


def test_a_leaf_of_another_authority_is_made_anew(tmp_path: Path):
    ours, theirs = open_authority(tmp_path / "a", NOW), open_authority(tmp_path / "b", NOW)
    (tmp_path / "a" / LEAF_FILE).write_bytes(theirs.leaf(NAMES, NOW).read_bytes())
    leaf_of(ours).verify_directly_issued_by(ours.certificate)


async def _shown(context: ssl.SSLContext, trust: ssl.SSLContext, name: str) -> dict[str, object]:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=name)
        told = writer.get_extra_info("ssl_object")
        seen = {"version": told.version(), "serial": told.getpeercert()["serialNumber"]}
        writer.close()
        return seen


async def test_whoever_trusts_the_authority_is_connected_and_others_are_not(tmp_path: Path):
    authority = open_authority(tmp_path, 1_700_000_000.0)
    context = authority.server_context(NAMES, 1_760_000_000.0)
    trust = ssl.create_default_context(cadata=authority.pem.decode())
    trust.verify_flags |= 0x200000
    strict = ssl.create_default_context(cadata=authority.pem.decode())
    strict.verify_flags |= 0x200000 | ssl.VERIFY_X509_STRICT
    for name in NAMES[:2]:
        assert (await _shown(context, trust, name))["version"] in {"TLSv1.2", "TLSv1.3"}
        await _shown(context, strict, name)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        await _shown(context, trust, "other.example.edu.vn")
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed certificate"):
        await _shown(context, ssl.create_default_context(), NAMES[0])


async def test_an_open_door_shows_a_renewed_certificate(tmp_path: Path):
    authority = open_authority(tmp_path, NOW)
    context = authority.server_context(NAMES, NOW)
    trust = ssl.create_default_context(cadata=authority.pem.decode())
    trust.verify_flags |= 0x200000
    before = await _shown(context, trust, NAMES[0])
    authority.renew(context, NAMES, NOW + 800 * DAY)
    after = await _shown(context, trust, NAMES[0])
    assert before["serial"] != after["serial"]


async def test_old_tls_is_refused(tmp_path: Path):
    authority = open_authority(tmp_path, NOW)
    context = authority.server_context(NAMES, NOW)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_many_openers_at_once_agree(tmp_path: Path):
    opened = await asyncio.gather(*(asyncio.to_thread(open_authority, tmp_path, NOW) for _ in range(12)))
    assert len({one.pin for one in opened}) == 1
    assert os.listdir(tmp_path) == [AUTHORITY_FILE]  # noqa: PTH208 - not waiting on a disk here
