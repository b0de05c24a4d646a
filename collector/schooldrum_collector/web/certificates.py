"""The office's own certificate authority, and the certificate the agents' door shows."""

import contextlib
import datetime as dt
import hashlib
import ipaddress
import os
import secrets
import ssl
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schooldrum_collector.data_directory import AUTHORITY_FILE

LEAF_FILE = "agents-door.pem"
AUTHORITY_DAYS = 20 * 365
LEAF_DAYS = 825
RENEWED_BEFORE_DAYS = 60
_DAY = 86400
_BACKDATED = 300
"""Clocks of servers differ by minutes; agents do not look at dates under this authority anyway."""


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """The authority's file cannot be used; the sentence says why.

    It is never made anew by itself: every install code and every agent pins it.
    """

    def __init__(self, english: str, vietnamese: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """The office's authority. `pin` is the SHA-256 (hex) of its certificate (DER); `pem` is that certificate."""

    directory: Path
    pin: str
    pem: bytes
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def leaf(self, names: Iterable[str], now: float) -> Path:
        """The file (key, certificate, authority) of the door's certificate for these DNS names and addresses.

        It is made when there is none, when the names have changed, when less than 60 days are left, or when it cannot
        be read.
        """
        path = self.directory / LEAF_FILE
        wanted = _alternatives(names)
        if not _still_good(path, self, wanted, now):
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = _sign_leaf(self, key, wanted, now)
            _write(path, _private(key) + _public(certificate) + self.pem)
        return path

    def server_context(self, names: Iterable[str], now: float) -> ssl.SSLContext:
        """How the door speaks TLS: 1.2 or newer, with the leaf and the authority shown."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        # Agents begin every session anew, so tickets to resume one would only cost time.
        context.num_tickets = 0
        context.set_alpn_protocols(["http/1.1"])
        self.renew(context, names, now)
        return context

    def renew(self, context: ssl.SSLContext, names: Iterable[str], now: float) -> None:
        """Looks after the leaf of a door that is open: new connections get the certificate that is good now."""
        context.load_cert_chain(self.leaf(names, now))


def open_authority(directory: Path, now: float, *, relied_on: bool = False) -> Authority:
    """The authority kept in this directory, made when there is none (EC P-256, 20 years, the file only ours to read).

    `relied_on` says that PCs have enrolled, and so pin the one there was: then none is made in its place.

    Raises:
        Unusable: there is a file, but it is damaged, not an authority, no file, or readable by others; or it is lost.
        OSError: the directory cannot be used.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / AUTHORITY_FILE
    if not path.exists():
        if relied_on:
            raise Unusable(
                f"{path} is missing; bring it back from a backup, every agent pins it. Nothing was made in its place. "
                "Where there is no backup, begin with a new data directory and enrol every PC again.",
                f"Mất tệp {path}; hãy lấy lại từ bản sao lưu, vì mọi máy chỉ tin tệp này. Máy chủ không tự tạo tệp "
                "khác. Nếu không có bản sao lưu, hãy bắt đầu với thư mục số liệu mới và thêm lại mọi máy.",
            )
        key = ec.generate_private_key(ec.SECP256R1())
        _write(path, _private(key) + _public(_sign_authority(key, now)), replace=False)
    return _load(path)


def _load(path: Path) -> Authority:
    if not path.is_file():
        raise Unusable(
            f"{path} is no file; move that away and bring the file back from a backup: every agent pins it",
            f"{path} không phải tệp; dời thứ đang ở đó đi chỗ khác và lấy lại tệp từ bản sao lưu, vì mọi máy chỉ tin "
            "tệp này.",
        )
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unusable(
            f"{path} can be read by others, who could pose as this collector; run: chmod 600 {path}",
            f"Tài khoản khác đọc được {path} và có thể giả làm máy chủ này; chạy: chmod 600 {path}",
        )
    content = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError as problem:
        raise Unusable(
            f"{path} is damaged ({problem}); bring it back from a backup, every agent pins it",
            f"{path} đã hỏng ({problem}); hãy lấy lại từ bản sao lưu, vì mọi máy chỉ tin tệp này.",
        ) from problem
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise Unusable(
            f"{path}: key and certificate do not belong together; bring it back from a backup",
            f"{path}: khóa và chứng chỉ không khớp nhau; hãy lấy lại từ bản sao lưu.",
        )
    encoded = certificate.public_bytes(serialization.Encoding.DER)
    return Authority(
        directory=path.parent,
        pin=hashlib.sha256(encoded).hexdigest(),
        pem=_public(certificate),
        certificate=certificate,
        key=key,
    )


def _alternatives(names: Iterable[str]) -> frozenset[x509.DNSName | x509.IPAddress]:
    found: set[x509.DNSName | x509.IPAddress] = set()
    for name in names:
        try:
            found.add(x509.IPAddress(ipaddress.ip_address(name.strip("[]"))))
        except ValueError:
            found.add(x509.DNSName(name.encode("idna").decode().lower()))
    return frozenset(found)


def _time(epoch: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(epoch), dt.UTC)


def _still_good(path: Path, authority: Authority, wanted: frozenset[x509.GeneralName], now: float) -> bool:
    try:
        content = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        certificate.verify_directly_issued_by(authority.certificate)
        key = serialization.load_pem_private_key(content, password=None)
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    if key.public_key() != certificate.public_key() or frozenset(named) != wanted:
        return False
    return certificate.not_valid_after_utc.timestamp() - now >= RENEWED_BEFORE_DAYS * _DAY


def _sign_authority(key: ec.EllipticCurvePrivateKey, now: float) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Schooldrum {secrets.token_hex(4)}")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_time(now - _BACKDATED))
        .not_valid_after(_time(now + AUTHORITY_DAYS * _DAY))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )


def _sign_leaf(
    authority: Authority,
    key: ec.EllipticCurvePrivateKey,
    names: frozenset[x509.DNSName | x509.IPAddress],
    now: float,
) -> x509.Certificate:
    issuer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Schooldrum collector")]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_time(now - _BACKDATED))
        .not_valid_after(_time(now + LEAF_DAYS * _DAY))
        .add_extension(x509.SubjectAlternativeName(sorted(names, key=str)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes, *, replace: bool = True) -> None:
    """All of it or nothing, even at power loss; with `replace` off, whoever came first stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
