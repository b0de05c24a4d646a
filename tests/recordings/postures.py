"""Recorded answers about a PC's safety in the shape of the files and calls that the agent asks instead."""

from typing import Any

_DISABLED, _PASSWORD_OPTIONAL = 0x2, 0x20


def typed(row: dict[str, str]) -> dict[str, Any]:
    """A row of PowerShell's Format-List as WMI gives it: True and False, whole numbers, None for nothing."""
    words: dict[str, Any] = {"True": True, "False": False, "": None}
    return {name: int(value) if value.isdecimal() else words.get(value, value) for name, value in row.items()}


def accounts(rows: list[dict[str, Any]]) -> list[dict[str, int]]:
    """Rows of Win32_UserAccount as NetUserEnum tells accounts: the last part of their SID, and their flags."""
    found = []
    for row in rows:
        flags = (row["Disabled"] and _DISABLED) | (not row["PasswordRequired"] and _PASSWORD_OPTIONAL)
        found.append({"number": int(row["SID"].rpartition("-")[2]), "flags": int(flags)})
    return found
