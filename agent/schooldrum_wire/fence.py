"""The one outgoing fence for text: nothing about a person passes it."""

import hashlib
import hmac
import re
import unicodedata

import msgspec

from schooldrum_wire.section import Section, Values

_HOME = re.compile(
    r"(?:[A-Za-z]:)?[\\/](?:Users|home|Documents and Settings|export/home)[\\/]"
    r"(?!Public\b|Default\b|All Users\b)[^\\/\s]",
    re.IGNORECASE,
)
SHORTEST_NAME = 3
"""Shorter account names ("hs") sit inside ordinary words; only whole words are blanked for them."""
BLANK = "…"


def fold(text: str) -> str:
    """Case, accents, Vietnamese đ and spacing folded away: every spelling of one name becomes the same text."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(character for character in plain if not unicodedata.combining(character))


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """Knows this PC's local account and profile names (folded), and the school's salt for hashed columns."""

    names: frozenset[str] = frozenset()
    salt: bytes = b""

    def is_personal(self, text: str) -> bool:
        """Whether the text contains an account or profile name, or a path into a person's home."""
        if _HOME.search(text):
            return True
        folded = fold(text)
        for name in self.names:
            if not name:
                continue
            if len(name) >= SHORTEST_NAME:
                if name in folded:
                    return True
            elif re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded):
                return True
        return False

    def clean(self, text: str) -> str:
        """The text, or one character that says that something personal stood there."""
        return BLANK if self.is_personal(text) else text

    def row(self, section: Section, values: Values) -> Values:
        """The columns of a row that may leave, hashed where so declared, blanked where personal."""
        leaving: Values = {}
        for column in section.columns:
            value = values.get(column.name)
            if value is None:
                continue
            if column.hashed:
                if self.salt:
                    code = hmac.new(self.salt, f"{column.name} {value}".encode(), hashlib.sha256).hexdigest()[:16]
                    leaving[column.name] = code
            elif column.leaves:
                leaving[column.name] = self.clean(value) if isinstance(value, str) else value
        return leaving


def folded_names(names: list[str]) -> frozenset[str]:
    """Account and profile names as the fence compares them; system accounts are no persons."""
    system = {"root", "nobody", "public", "default", "all users", "default user", "system", "administrator", "guest"}
    return frozenset(name for raw in names if (name := fold(raw.strip())) and name not in system)
