"""Recorded answers about a PC's safety in the shape of the files and calls that the agent asks instead."""

import re
from typing import Any

NO_FIREWALL: dict[str, Any] = {"ufw": None, "inbound": None, "units": None, "ruleset": None, "possible": None}
_POLICIES = {"deny": "DROP", "reject": "REJECT", "allow": "ACCEPT"}
_DISABLED, _PASSWORD_OPTIONAL = 0x2, 0x20


def typed(row: dict[str, str]) -> dict[str, Any]:
    """A row of PowerShell's Format-List as WMI gives it: True and False, whole numbers, None for nothing."""
    words: dict[str, Any] = {"True": True, "False": False, "": None}
    return {name: int(value) if value.isdecimal() else words.get(value, value) for name, value in row.items()}


def ufw(text: str) -> dict[str, Any]:
    """`ufw status [verbose]` as ufw's own files say it."""
    policy = re.search(r"^Default: (\w+) \(incoming\)", text, re.MULTILINE)
    return {
        **NO_FIREWALL,
        "ufw": re.search(r"^Status: active$", text, re.MULTILINE) is not None,
        "inbound": _POLICIES[policy[1]] if policy else None,
    }


def mokutil(text: str) -> dict[str, Any]:
    """`mokutil --sb-state` as the EFI variable it reads, or none where there is no EFI."""
    state = re.search(r"^SecureBoot (enabled|disabled)", text, re.MULTILINE)
    return {"efi": state is not None, "variable": f"06000000{state[1] == 'enabled':02x}" if state else None}


def accounts(rows: list[dict[str, Any]]) -> list[dict[str, int]]:
    """Rows of Win32_UserAccount as NetUserEnum tells accounts: the last part of their SID, and their flags."""
    found = []
    for row in rows:
        flags = (row["Disabled"] and _DISABLED) | (not row["PasswordRequired"] and _PASSWORD_OPTIONAL)
        found.append({"number": int(row["SID"].rpartition("-")[2]), "flags": int(flags)})
    return found
