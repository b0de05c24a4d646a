"""Whom a TLS connection trusts, and what the certificate it was shown says of itself."""

import os
import ssl
from datetime import UTC, datetime

import msgspec

_COMMON_NAME, _ORGANISATION = b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x0a"
"""The object identifiers 2.5.4.3 and 2.5.4.10 in DER."""
_INTEGER, _SEQUENCE = 0x02, 0x30
_VERSION = 0xA0
_BODY = (_INTEGER, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE)
"""Serial number, algorithm, issuer, validity, subject (RFC 5280, 4.1)."""
_YEAR_DIGITS = {0x17: 2, 0x18: 4}
_CENTURY = 50
"""Years of two digits lie between 1950 and 2049 (RFC 5280, 4.1.2.5.1)."""
_LONG = 0x80
_LONGEST_NAME = 200
_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME; why dates do not count under the office's own authority: SECURITY R4."""
_NOT_YET_VALID, _EXPIRED = 9, 10
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says of itself: subject and issuer as people call them, from when to when (epoch seconds).

    It is not verified: whoever forges a certificate may write any name. It tells an appliance that signs with its own.
    """

    subject: str
    issuer: str
    organisation: str
    """The issuer's organisation alone, empty where none is named."""
    starts: float
    ends: float


def pinned(authority: str, *, dated: bool) -> ssl.SSLContext:
    """Trust in one certificate (PEM; empty: in nobody) and nothing else; `dated` makes validity dates count.

    Raises:
        ssl.SSLError, ValueError: it is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority:
        context.load_verify_locations(cadata=authority)
    if not dated:
        context.verify_flags |= _NO_CHECK_TIME
    return context


def public() -> ssl.SSLContext:
    """Trust in whom this system trusts.

    Where its store is a folder of hashed names OpenSSL opens the one file it needs; the whole store in memory would
    cost every observer some megabytes.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    folder = ssl.get_default_verify_paths().capath
    if folder and os.path.isdir(folder) and any(name.endswith(".0") for name in os.listdir(folder)):  # noqa: PTH112, PTH208 - text
        context.load_verify_locations(capath=folder)
    else:
        context.load_default_certs()
    return context


def blind() -> ssl.SSLContext:
    """Trust in anybody: only to see which certificate is shown; nothing is sent on such a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def reason_of(problem: ssl.SSLCertVerificationError) -> str:
    """Why a certificate was not believed, in the ladder's words."""
    return "clock" if problem.verify_code in {_NOT_YET_VALID, _EXPIRED} else "untrusted"


def read(certificate: bytes) -> Certificate | None:
    """What a certificate (DER) says of itself; None where that cannot be read."""
    parts: list[bytes] = []
    try:
        outer, _ = _inside(certificate, 0)
        body, _ = _inside(outer, 0)
        at = 0
        if body[at] == _VERSION:
            _, at = _inside(body, at)
        for tag in _BODY:
            if body[at] != tag:
                return None
            part, at = _inside(body, at)
            parts.append(part)
        _, _, issuer, validity, subject = parts
        starts, at = _date(validity, 0)
        ends, _ = _date(validity, at)
    except (IndexError, KeyError, ValueError):
        return None
    organisation = _text(issuer, _ORGANISATION)
    return Certificate(
        subject=_name(subject), issuer=_name(issuer), organisation=organisation, starts=starts, ends=ends
    )


def _name(name: bytes) -> str:
    common, organisation = _text(name, _COMMON_NAME), _text(name, _ORGANISATION)
    return f"{common} ({organisation})" if common and organisation else common or organisation


def _text(name: bytes, kind: bytes) -> str:
    """What a name says under an object identifier; empty where it has none that can be read."""
    at = name.find(kind)
    if at < 0:
        return ""
    try:
        coded = name[at + len(kind)]
        text, _ = _inside(name, at + len(kind))
    except (IndexError, ValueError):
        return ""
    return text.decode(_TEXTS.get(coded, "ascii"), "replace")[:_LONGEST_NAME]


def _date(validity: bytes, at: int) -> tuple[float, int]:
    """The date at an offset in epoch seconds, and where the next one begins.

    strptime() would read it as well, and loads calendars and languages for it.
    """
    digits = _YEAR_DIGITS[validity[at]]
    raw, after = _inside(validity, at)
    text = raw.decode("ascii").removesuffix("Z")
    year = int(text[:digits])
    if digits == 2:  # noqa: PLR2004 - as above
        year += 2000 if year < _CENTURY else 1900
    month, day, hour, minute, second = (int(text[index : index + 2]) for index in range(digits, digits + 10, 2))
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp(), after


def _inside(raw: bytes, at: int) -> tuple[bytes, int]:
    """The content of the DER element at an offset, and where the next one begins.

    Raises:
        ValueError, IndexError: there is none that is whole.
    """
    size = raw[at + 1]
    start = at + 2
    if size & _LONG:
        count = size & ~_LONG
        if not 1 <= count <= 3:  # noqa: PLR2004 - no certificate is 16 MiB
            raise ValueError("a length that no certificate has")
        size = int.from_bytes(raw[start : start + count])
        start += count
    if start + size > len(raw):
        raise ValueError("cut off")
    return raw[start : start + size], start + size
