"""A climbed ladder as a text that a phone carries to the collector while the PC cannot: short, dated, and sealed.

`1.MACHINE.BODY.SEAL`: the body holds which boot it was climbed in, the PC's clocks then, and a byte for each step; the
seal is a keyed hash under the machine's own credential. So it says nothing but where this PC's way ends, nobody else
can make one, and shown again it says the same of the same moment.
"""

import base64
import binascii
import hashlib
import hmac
import math
import re
import struct

import msgspec

from schooldrum_wire.catalogue.ladder import REASONS, STEPS

SCAN_LENGTH = 200
"""No text of this kind is longer."""
FAMILIES = ("ipv4", "ipv6")
_VERSION = "1"
_PARTS = 4
_MACHINE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_HEAD = struct.Struct(">4sII")
_SEAL_BYTES = 12
_NOT_TRIED, _PASSED, _FAILED = 0, 1, 2
_LATEST = 2**32 - 1


class ScannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it was tried; `reason` is a word of REASONS, or empty."""

    step: str
    family: str
    passed: bool
    reason: str = ""


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """A climb: the first bytes of its boot's hash, and the PC's clocks (seconds) when it was climbed."""

    machine: str
    boot: bytes
    boottime: float
    wall: float
    steps: tuple[ScannedStep, ...]


def boot_mark(boot: str) -> bytes:
    """By what a boot is known again."""
    return hashlib.sha256(boot.encode()).digest()[:4]


def credential_digest(credential: str) -> str:
    """How a collector keeps a credential: with it, and not with the credential, the key is made."""
    return hashlib.sha256(credential.encode()).hexdigest()


def _seal(digest: str, text: str) -> str:
    key = hmac.digest(digest.encode(), b"schooldrum scan", "sha256")
    return _text(hmac.digest(key, text.encode(), "sha256")[:_SEAL_BYTES])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _clock(seconds: float) -> int:
    return min(_LATEST, max(0, int(seconds))) if math.isfinite(seconds) else 0


def written(scanned: Scanned, digest: str) -> str:
    """The text, sealed under a credential's digest."""
    codes = bytearray(len(STEPS) * len(FAMILIES))
    for one in scanned.steps:
        if one.step in STEPS and one.family in FAMILIES:
            at = STEPS.index(one.step) * len(FAMILIES) + FAMILIES.index(one.family)
            reason = REASONS.index(one.reason) + 1 if one.reason in REASONS else 0
            codes[at] = _PASSED if one.passed else _FAILED + reason
    head = _HEAD.pack(scanned.boot[:4].ljust(4, b"\0"), _clock(scanned.boottime), _clock(scanned.wall))
    text = f"{_VERSION}.{scanned.machine}.{_text(head + codes)}"
    return f"{text}.{_seal(digest, text)}"


def machine_of(text: str) -> str:
    """Whose this text says it is, as long as nobody has looked at its seal; empty where it is no such text."""
    parts = text.split(".")
    sound = len(text) <= SCAN_LENGTH and text.isascii() and len(parts) == _PARTS and parts[0] == _VERSION
    return parts[1] if sound and _MACHINE.match(parts[1]) else ""


def read(text: str, digest: str) -> Scanned | None:
    """What a text says that is sealed under this credential's digest; None for any other. Never raises."""
    machine = machine_of(text)
    sealed, _, seal = text.rpartition(".")
    if not machine or not hmac.compare_digest(_seal(digest, sealed), seal):
        return None
    body = sealed.rpartition(".")[2]
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    codes = raw[_HEAD.size :]
    if len(codes) != len(STEPS) * len(FAMILIES):
        return None
    boot, boottime, wall = _HEAD.unpack_from(raw)
    steps = []
    for at, code in enumerate(codes):
        if code != _NOT_TRIED:
            reason = code - _FAILED
            known = 0 < reason <= len(REASONS)
            steps.append(
                ScannedStep(
                    step=STEPS[at // len(FAMILIES)],
                    family=FAMILIES[at % len(FAMILIES)],
                    passed=code == _PASSED,
                    reason=REASONS[reason - 1] if known else "",
                )
            )
    return Scanned(machine=machine, boot=boot, boottime=float(boottime), wall=float(wall), steps=tuple(steps))
