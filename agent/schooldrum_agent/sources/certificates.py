"""Whom a TLS connection trusts, and who issued the certificate it was shown."""

import os
import ssl

_ORGANISATION = b"\x06\x03\x55\x04\x0a"
"""The object identifier 2.5.4.10 in DER."""
_SEQUENCE = 0x30
_VERSION = 0xA0
_LONG = 0x80
_LONGEST_NAME = 200
_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME; why dates do not count under the office's own authority: SECURITY R4."""
_NOT_YET_VALID, _EXPIRED = 9, 10
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


def pinned(authority: str, *, dated: bool) -> ssl.SSLContext:
    """Trust in one certificate (PEM) and nothing else; `dated` makes validity dates count.

    Raises:
        ssl.SSLError, ValueError: it is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
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


def issuer(certificate: bytes) -> str:
    """The organisation that issued a certificate (DER), as it says itself; empty where that cannot be read.

    It is not verified: whoever forges a certificate may write any name. It tells an appliance that signs with its own.
    """
    try:
        outer, _ = _inside(certificate, 0)
        body, _ = _inside(outer, 0)
        at = 0
        if body[at] == _VERSION:
            _, at = _inside(body, at)
        for _ in range(2):
            _, at = _inside(body, at)
        if body[at] != _SEQUENCE:
            return ""
        name, _ = _inside(body, at)
    except (IndexError, ValueError):
        return ""
    at = name.find(_ORGANISATION)
    if at < 0:
        return ""
    try:
        kind = name[at + len(_ORGANISATION)]
        text, _ = _inside(name, at + len(_ORGANISATION))
    except (IndexError, ValueError):
        return ""
    return text.decode(_TEXTS.get(kind, "ascii"), "replace")[:_LONGEST_NAME]


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
