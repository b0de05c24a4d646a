"""What may be listed: inventory sections, their columns, and which columns may leave the PC."""

import hashlib
import math
import re
import unicodedata

import msgspec

from schooldrum_wire.limits import TEXT_LENGTH

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
Value = str | int | float | bool | None
Values = dict[str, Value]
TYPES: dict[str, type] = {"text": str, "integer": int, "number": float, "boolean": bool}


class Row(msgspec.Struct, frozen=True):
    """One record of a section: its columns by name; a column that is not known is None or absent."""

    section: str
    values: Values


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. Only one declared `leaves` passes the outgoing fence; `hashed` leaves as a salted hash instead."""

    name: str
    help: str
    type: str = "text"
    unit: str = ""
    leaves: bool = False
    hashed: bool = False

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or self.type not in TYPES:
            raise ValueError(f"column {self.name!r} of type {self.type!r}: types are {', '.join(TYPES)}")
        if self.leaves and self.hashed:
            raise ValueError(f"column {self.name}: leaves as it is, or hashed, not both")

    def fault(self, value: object) -> str:
        """Why this is no value of this column, or an empty string where it is."""
        if value is None:
            return ""
        wanted = TYPES[self.type]
        if isinstance(value, bool) is not (wanted is bool):
            return f"is not {self.type}"
        if wanted is float and isinstance(value, int):
            value = float(value)
        if not isinstance(value, wanted):
            return f"is not {self.type}"
        if isinstance(value, float) and not math.isfinite(value):
            return "is not finite"
        if isinstance(value, int) and abs(value) > 2**63 - 1:
            return "is larger than 64 bits"
        if isinstance(value, str):
            if len(value) > TEXT_LENGTH:
                return f"is longer than {TEXT_LENGTH} characters"
            if not value.isprintable() and any(unicodedata.category(one) in {"Cc", "Cs"} for one in value):
                return "holds control characters"
        return ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A declared section; calling it makes a Row and refuses what was not declared.

    Raises:
        ValueError: a declaration without a sound key, or a row that breaks this declaration.
    """

    name: str
    help: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    retention_days: int = 400

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not _NAME.match(self.name) or len(set(names)) != len(names):
            raise ValueError(f"section {self.name!r}: its name or a repeated column is not allowed")
        if not self.key or any(name not in names for name in self.key):
            raise ValueError(f"section {self.name}: its sort key names its own columns")
        if not self.help.endswith("."):
            raise ValueError(f"section {self.name}: its help is a sentence and ends in a full stop")

    def fault(self, values: Values) -> str:
        """Why these values are no row of this section, or an empty string where they are."""
        declared = {column.name: column for column in self.columns}
        for name, value in values.items():
            if name not in declared:
                return f"column {name!r} is not declared"
            if why := declared[name].fault(value):
                return f"column {name} {why}"
        return ""

    def __call__(self, **values: Value) -> Row:
        """A row of this section."""
        tidy = {
            name: unicodedata.normalize("NFC", value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        if why := self.fault(tidy):
            raise ValueError(f"section {self.name}: {why}")
        return Row(self.name, tidy)

    def sorted(self, rows: list[Values]) -> list[Values]:
        """The same rows in the order of the declared key, ties by content, so that equal sets are equal bytes."""

        def order(row: Values) -> tuple[str, ...]:
            key = [f"{'' if row.get(name) is None else row.get(name)}" for name in self.key]
            return (*key, msgspec.json.encode(row, order="deterministic").decode())

        return sorted(rows, key=order)

    def digest(self, rows: list[Values]) -> str:
        """Sha256 (hex) of the rows in key order: equal exactly when both sides hold the same section."""
        return hashlib.sha256(msgspec.json.encode(self.sorted(rows), order="deterministic")).hexdigest()
