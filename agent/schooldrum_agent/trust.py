"""Whom this PC believes to be the collector: the certificate that is configured, else the one that came with enrolling.

Whoever connects, run, enrol, the ladder and doctor, asks here; nobody else reads `ca`.
"""

import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path

import msgspec

from schooldrum_agent.config import Config, Misconfigured
from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.line import OK
from schooldrum_agent.proxy import Proxy
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.sources import certificates
from schooldrum_agent.state import Identity
from schooldrum_agent.targets import Office
from schooldrum_agent.uplink import TIMEOUT, Endpoint, Uplink

_LARGEST_CERTIFICATE = 1 << 20


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate (PEM; empty: nobody is believed), and the file that it is from (empty: enrolment's).

    `dated` is whether validity dates count under it: not under the office's own.
    """

    authority: str
    dated: bool = False
    file: str = ""

    def context(self) -> ssl.SSLContext:
        """The trust as a connection takes it.

        Raises:
            Failed: it is no certificate (TLS_AUTHORITY).
        """
        return trust_only(self.authority, dated=self.dated)


def pin_of(pem: str) -> str:
    """SHA-256 (hex) of a certificate's DER.

    Raises:
        ValueError: this is no PEM certificate.
    """
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()


def trust_only(authority: str, *, dated: bool = False) -> ssl.SSLContext:
    """Trust in one certificate (PEM) and nothing else.

    `dated` makes validity dates count: for an authority that is not the office's own.

    Raises:
        Failed: it is no certificate (TLS_AUTHORITY).
    """
    try:
        return certificates.pinned(authority, dated=dated)
    except (ssl.SSLError, ValueError) as problem:
        raise Failed(Fault.TLS_AUTHORITY, "the kept certificate of the authority cannot be read") from problem


def configured(config: Config) -> str:
    """The certificate (PEM) that the configuration names, empty where it names none.

    Raises:
        Misconfigured: the file cannot be read, or is no certificate; its cause is what the system said.
    """
    if not config.ca:
        return ""
    where = config.places.get("ca", ("ca", "ca"))
    try:
        with Path(config.ca).open("rb") as file:
            pem = file.read(_LARGEST_CERTIFICATE).decode("ascii")
        pin_of(pem)
        certificates.pinned(pem, dated=False)
    # An SSLError is an OSError, too.
    except (ssl.SSLError, ValueError) as problem:
        raise Misconfigured(
            Sentence(
                f"{where[0]}: {config.ca} không phải chứng chỉ dạng PEM; tệp cần đúng một chứng chỉ, bắt đầu bằng "
                "-----BEGIN CERTIFICATE----- (trên Windows: xuất dạng Base-64)",
                f"{where[1]}: {config.ca} is no certificate in PEM form; the file holds one certificate and begins "
                "with -----BEGIN CERTIFICATE----- (on Windows: export it as Base-64)",
            )
        ) from problem
    except FileNotFoundError as problem:
        raise Misconfigured(
            Sentence(
                f"{where[0]}: không có tệp {config.ca}; hãy chép tệp chứng chỉ do cơ quan quản lý đưa vào đó, hoặc bỏ "
                "khóa ca để dùng chứng chỉ nhận lúc thêm máy",
                f"{where[1]}: there is no file {config.ca}; copy the certificate that the office gave you there, or "
                "take the key ca away to use the one that came with adding this PC",
            )
        ) from problem
    except OSError as problem:
        raise Misconfigured(
            Sentence(
                f"{where[0]}: không đọc được {config.ca} ({problem.strerror}); hãy ghi tên tệp chứng chỉ mà tài "
                "khoản chạy phần mềm đọc được",
                f"{where[1]}: {config.ca} cannot be read ({problem.strerror}); name the certificate's file, one that "
                "the account which the program runs as may read",
            )
        ) from problem
    return pem


def trust_of(config: Config, identity: Identity | None) -> Trust:
    """Whom a PC with this configuration and identity believes; before enrolment the configured one is the office's own.

    Raises:
        Misconfigured: the configured certificate cannot be used.
    """
    enrolled = identity.authority if identity is not None else ""
    named = configured(config)
    if not named:
        return Trust(authority=enrolled)
    return Trust(authority=named, dated=identity is not None and not _is_same(named, enrolled), file=config.ca)


def _is_same(named: str, enrolled: str) -> bool:
    try:
        return bool(enrolled) and pin_of(named) == pin_of(enrolled)
    except ValueError:
        return False


def office_of(endpoint: Endpoint, trust: Trust, proxy: Proxy | None) -> Office:
    """The collector as the ladder asks for it: the same address, trust and proxy as reports take."""
    return Office(
        host=endpoint.host,
        port=endpoint.port,
        secure=endpoint.secure,
        authority=trust.authority,
        dated=trust.dated,
        proxy=(proxy.host, proxy.port) if proxy is not None and endpoint.secure else None,
    )


def fetch_authority(
    endpoint: Endpoint, pin: str, *, clock: Callable[[], float], proxy: Proxy | None = None, timeout: float = TIMEOUT
) -> str:
    """The collector's authority (PEM), asked for without trust and taken only if its SHA-256 is the pinned one.

    Nothing of an install code travels here: it is sent only on a connection that this certificate verified.

    Raises:
        Failed: no answer came, or it is another certificate (PIN).
    """
    blind = certificates.blind()
    blind.minimum_version = ssl.TLSVersion.TLSv1_2
    uplink = Uplink(endpoint, trust=blind, clock=clock, proxy=proxy)
    try:
        answer = uplink.get("/v1/ca", timeout=timeout)
    finally:
        uplink.close()
    if answer.status != OK:
        raise Failed(Fault.NOT_FOUND, f"GET /v1/ca answered {answer.status}")
    try:
        der = ssl.PEM_cert_to_DER_cert(answer.body.decode("ascii").strip())
    except (ValueError, UnicodeDecodeError) as problem:
        raise Failed(Fault.GARBLED, "GET /v1/ca answered with no certificate") from problem
    if hashlib.sha256(der).hexdigest() != pin:
        raise Failed(Fault.PIN, "the server's authority is not the one the install code names")
    return ssl.DER_cert_to_PEM_cert(der)
