"""Are two sets of hardware items the same machine."""

import hashlib

from schooldrum_wire.report import Fingerprint

WEIGHTS = {"uuid": 3, "board": 3, "disk": 2, "mac": 2}
_JUNK = frozenset(
    {
        "", "0", "none", "not specified", "not applicable", "not available", "n/a", "na", "unknown", "null", "oem",
        "to be filled by o.e.m.", "to be filled by o.e.m", "to be filled by oem", "default string", "default",
        "system serial number", "system manufacturer", "system product name", "base board serial number",
        "chassis serial number", "serial number", "invalid", "no uuid available", "no_uuid_available", "123456789",
        "1234567890", "0123456789", "xxxxxxxx", "type2 - board serial number", "empty", "o.e.m.", "mb-1234567890",
        "03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc",
        "00020003-0004-0005-0006-000700080009",
        "fefefefe-fefe-fefe-fefe-fefefefefefe", "11111111-2222-3333-4444-555555555555",
    },
)  # fmt: skip


def is_junk(value: str) -> bool:
    """Whether a serial is a placeholder that many boards share.

    One such UUID sat on 689 schools (UNICEF Giga Meter, BLOCKED_HARDWARE_IDS); the words are those of GLPI-Agent and
    osquery's users. Also anything whose letters and digits are all the same.
    """
    tidy = " ".join(value.split()).casefold()
    bare = "".join(character for character in tidy if character.isalnum())
    return tidy in _JUNK or len(set(bare)) <= 1


def item(kind: str, value: str) -> str:
    """A hardware item as it leaves the PC: 16 hex digits of a hash, equal for equal items, empty for junk."""
    if is_junk(value):
        return ""
    tidy = "".join(character for character in value.casefold() if character.isalnum())
    return hashlib.sha256(f"schooldrum {kind} {tidy}".encode()).hexdigest()[:16]


def same_machine(known: Fingerprint, seen: Fingerprint) -> bool | None:
    """Whether two fingerprints are one machine; None where nothing can be told.

    A kind counts as a match when both have it and share an item, as a mismatch when both have it and share none. Same
    means: matches weigh at least as much as mismatches, and one match is not a disk (disks are moved between PCs).
    A disk as the only match decides only where neither side knows anything else of its machine (many virtual ones).
    """
    match = mismatch = 0
    beside_disk = False
    for kind, weight in WEIGHTS.items():
        ours, theirs = set(known.get(kind, ())), set(seen.get(kind, ()))
        if not ours or not theirs:
            continue
        if ours & theirs:
            match += weight
            beside_disk = beside_disk or kind != "disk"
        else:
            mismatch += weight
    if match == mismatch == 0:
        return None
    if match and not mismatch and not beside_disk:
        more = any(one.get(kind) for one in (known, seen) for kind in WEIGHTS if kind != "disk")
        return None if more else True
    return match >= mismatch and beside_disk


def tidy(seen: dict[str, list[str]]) -> Fingerprint:
    """Raw items by kind, junk removed, hashed, sorted: what is stored and sent."""
    hashed = {
        kind: tuple(sorted({code for value in seen.get(kind, []) if (code := item(kind, value))})) for kind in WEIGHTS
    }
    return {kind: codes for kind, codes in hashed.items() if codes}
