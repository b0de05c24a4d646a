"""What makers write into their things: tidy, and without the words that only hold the place of a name."""

import re

from schooldrum_wire.fingerprint import is_junk

_LONGEST = 200
_PLACEHOLDERS = frozenset(
    {
        "", "<bad index>", "<out of spec>", "all series", "base board product name", "chassis manufacturer",
        "chassis version", "default", "default string", "empty", "fill by oem", "generic", "invalid", "lenovo product",
        "manufacturer", "n/a", "na", "no", "no module", "no module installed", "none", "not applicable",
        "not available", "not provided", "not specified", "null", "o.e.m", "o.e.m.", "oem", "oem_define", "other",
        "product name", "sku", "system manufacturer", "system name", "system product name", "system version",
        "tbd", "to be filled", "to be filled by o.e.m", "to be filled by o.e.m.", "to be filled by oem",
        "type1family", "type1productconfigid", "undefined", "unknow", "unknown", "version", "xxxx", "xxxxx",
    },
)  # fmt: skip
_SLOT_PLACEHOLDER = re.compile(
    r"(sernum|partnum|manufacturer|assettagnum|array\d+_partnumber|modulepartnumber|modulemanufacturer|ser|pn|mfr)\s?\d{1,2}",
    re.IGNORECASE,
)
"""What AMI's firmware writes for each slot until somebody fills it in: SerNum0, PartNum1, Manufacturer2."""


def tidy(text: object) -> str:
    """One printable line without padding, at most 200 characters; empty for nothing."""
    if text is None:
        return ""
    words = " ".join(str(text).split())
    return "".join(character for character in words if character.isprintable())[:_LONGEST].strip()


def known(text: object) -> str | None:
    """A name or number as it was written; None where a placeholder or nothing stands."""
    plain = tidy(text)
    if plain.casefold().strip("[]<> ") in _PLACEHOLDERS or _SLOT_PLACEHOLDER.fullmatch(plain):
        return None
    return plain if any(character.isalnum() for character in plain) else None


def known_serial(text: object) -> str | None:
    """A serial number; None also for those that whole batches share, such as 0000000 and 123456789."""
    plain = known(text)
    return None if plain is None or is_junk(plain) else plain
