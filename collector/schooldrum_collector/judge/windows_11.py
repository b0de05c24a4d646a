"""Whether a PC can carry Windows 11, as far as its parts are known.

Maker's conditions: a 64-bit processor of Microsoft's lists, TPM 2.0, 4 GiB of memory, a 64 GB disk. The lists name
thousands of processors; these patterns name their families, and a processor of none of them is not known.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from schooldrum_wire.section import Values

_LEAST_MEMORY = 3_500_000_000
"""What is left of 4 GiB where graphics take their part of it."""
_LEAST_DISK = 55_000_000_000
"""The system's own volume on a disk of 64 GB, without what the maker keeps for itself."""
_FIRST_GENERATION = 8
_FIT = re.compile(
    r"Core\(TM\) Ultra|Core\(TM\) [3579] (?:processor )?\d{3}|Core\(TM\) i3-N\d+|\bm3-8\d{3}"
    r"|\bN(?:50|95|97|100|150|200|250)\b|\b(?!N4200|J4205)[NJ][456]\d{3}\b"
    r"|\bG(?:49\d{2}|[57]\d{3}|6(?:[0-8]\d|90)\d)\w?\b"
    r"|Pentium\(R\) Silver|(?:Celeron|Pentium)\(R\) (?:Gold )?(?:CPU |Processor )? *"
    r"(?:3867|4205|4305|4417|4425|5205|5305|5405|6305|6405|6500|6505|6600|6805|7300|7305|7505|8500|8505)[UYHE]{0,2}\b"
    r"|Ryzen (?:AI|Threadripper (?:PRO )?[3579]\d{3})"
    r"|Ryzen [3579] (?:PRO )?(?:[3-9]\d{3}[A-Z]{0,3}|2[3567]\d{2}X|2600E?|2700E?)\b"
    r"|Ryzen [3579] \d{3}\b|Athlon(?:\(tm\))? (?:Gold|Silver|3\d{3}|PRO 3\d{2}|3\d{2})|Snapdragon",
    re.IGNORECASE,
)
_UNFIT = re.compile(
    r"Core\(TM\)2|Core\(TM\) i[357] CPU|Core\(TM\)? M|Atom\(TM\)|Pentium\(R\) (?:Dual|4|D|M)"
    r"|\b(?:[NJ][123]\d{3}|N4200|J4205)\b"
    r"|\bG(?:[1-3]\d{2,3}|4[0-8]\d{2}|69[56]\d|\d{3})\w?\b|Ryzen [3579] (?:PRO )?(?:1\d{3}|2\d{3}(?:U|G|GE|H))"
    r"|\bAMD (?:A\d|E\d?-|FX|Phenom|Sempron|Athlon\(tm\) (?:II|64|X[24]))|\bm[357]-[67]",
    re.IGNORECASE,
)
_CORE = re.compile(r"\bi[3579]-(\d{3,5})")
_CORE_X = re.compile(r"\bi[579]-7\d{3}XE?\b")
"""Of the seventh generation all of this series stand on the lists."""
_SOME_PCS = "i7-7820HQ"
"""Stands there for some makers' PCs alone."""


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """What counts for it, None where it is not known: `memory` and `disk` (the system's volume) in bytes."""

    processor: str | None = None
    memory: int | None = None
    disk: int | None = None
    tpm: str | None = None
    """Its version, `none` where there is no security chip."""


def _first(rows: Sequence[Values] | None) -> Values:
    return rows[0] if rows else {}


def hardware_of(sections: Mapping[str, Sequence[Values]]) -> Hardware:
    """The facts out of a machine's sections `system`, `tpm` and `volumes`, each of which may be missing."""
    system, tpm = _first(sections.get("system")), _first(sections.get("tpm"))
    volumes = {str(row.get("volume")): row.get("size") for row in sections.get("volumes") or ()}
    disk = next((size for name in ("C:", "C:\\", "/") if isinstance(size := volumes.get(name), int)), None)
    memory, processor, version = system.get("memory"), system.get("processor"), tpm.get("version")
    return Hardware(
        processor=processor if isinstance(processor, str) else None,
        memory=memory if isinstance(memory, int) else None,
        disk=disk,
        tpm="none" if tpm.get("present") is False else version if isinstance(version, str) else None,
    )


def processor_fits(name: str) -> bool | None:
    """Whether this processor stands on Microsoft's lists; None where its family is not known here."""
    if match := _CORE.search(name):
        digits = match[1]
        # i5-750 is of the first generation, i5-8250U of the eighth, i5-1035G1 and i5-10400 of the tenth.
        two = len(digits) > 4 or (len(digits) > 3 and digits[0] == "1")  # noqa: PLR2004 - the ways Intel counts
        generation = 1 if len(digits) < 4 else int(digits[:2] if two else digits[0])  # noqa: PLR2004 - as above
        if generation >= _FIRST_GENERATION or _CORE_X.search(name):
            return True
        return None if _SOME_PCS in name else False
    if _FIT.search(name):
        return True
    return False if _UNFIT.search(name) else None


def fits(hardware: Hardware) -> tuple[bool | None, tuple[str, ...]]:
    """Whether it can carry Windows 11, and which parts speak against it (False) or are not known (None).

    Parts: processor, memory, disk, tpm. A chip of version 1.2, or none, may only be switched off in the firmware: on a
    processor that fits it is taken for that, and not known.
    """
    parts: dict[str, bool | None] = {
        "processor": None if hardware.processor is None else processor_fits(hardware.processor),
        "memory": None if hardware.memory is None else hardware.memory >= _LEAST_MEMORY,
        "disk": None if hardware.disk is None else hardware.disk >= _LEAST_DISK,
        "tpm": None if hardware.tpm is None else hardware.tpm.startswith("2"),
    }
    if parts["tpm"] is False and parts["processor"]:
        parts["tpm"] = None
    if against := tuple(part for part, fit in parts.items() if fit is False):
        return False, against
    unknown = tuple(part for part, fit in parts.items() if fit is None)
    return (None, unknown) if unknown else (True, ())
