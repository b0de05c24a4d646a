"""How safe a PC is: the readers on recordings, as facts beside the truth."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from tests.recordings import postures, reg, versions, wmic
from tests.recordings.collection import Facts, Reader, Recording, columns, said

from schooldrum_agent.probes import accounts, antivirus, encryption, firewall, secure_boot
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

UNREAD = {
    "reg LogonUI": "who signed in last: never read (SECURITY R8)",
    "reg NetworkList": "networks known to the PC, named by people; which one is in use it does not say",
    "ufw": "what `ufw status` prints is translated; the agent reads ufw's own files, which were not recorded",
    "mokutil": "what mokutil prints of a variable; the agent reads the variable itself (form EFI variable)",
    "sshd -T": "none of the ten checks asks about SSH, and its settings are for root only",
}
"""Forms about safety that no reader here reads, and why."""
CONVERSIONS = {
    "FullyDecrypted": "decrypted",
    "FullyEncrypted": "encrypted",
    "EncryptionInProgress": "encrypting",
    "DecryptionInProgress": "decrypting",
    "EncryptionPaused": "paused",
    "DecryptionPaused": "paused",
}
MODES = {"sxs_passive": "passive"}
KEYS = {"domain": "DomainProfile", "private": "StandardProfile", "public": "PublicProfile"}
WALL = 1.8e9


def listed(told: Iterable[Reading | Row]) -> list[dict[str, Any]]:
    return [columns(one) for one in told if isinstance(one, Row)]


def _products(recording: Recording) -> list[dict[str, Any]]:
    if "displayName=" in recording.text:
        return wmic.rows(recording.raw)
    return [postures.typed(row) for row in versions.format_list(recording.text)]


def of_security_center(recording: Recording) -> Facts:
    truth = recording.truth
    told = [
        {"product": row["displayName"], "state": int(row["productState"]), "there": None}
        for row in _products(recording)
    ]
    rows = listed(antivirus.read_windows({"products": told, "defender": None, "signatures": None, "wall": WALL}))
    wanted = truth["products"]
    return {
        "antivirus product": ([row["product"] for row in rows], [one["name"] for one in wanted]),
        "antivirus state": ([row["state"] for row in rows], [one["state"] for one in wanted]),
        "antivirus signatures": ([row["signatures"] for row in rows], [one["signatures"] for one in wanted]),
        "antivirus maker": (
            [row["maker"] for row in rows],
            ["microsoft" if one["owner"] == "microsoft" else "other" for one in wanted],
        ),
        "antivirus at work": (any(row["state"] == "on" for row in rows), truth["any_enabled"]),
    }


def of_product_states(recording: Recording) -> Facts:
    truth = recording.truth
    numbers = json.loads(recording.text)
    told = {str(number): antivirus.product_state(number) for number in numbers}
    wanted = truth["table"]
    return {
        "productState: state": (
            {number: one["state"] for number, one in told.items()},
            {number: one["state"] for number, one in wanted.items()},
        ),
        "productState: signatures": (
            {number: one["signatures"] for number, one in told.items()},
            {number: one["signatures"] for number, one in wanted.items()},
        ),
        "productState: maker": (
            {number: one["maker"] == "microsoft" for number, one in told.items()},
            {number: one["owner"] == "microsoft" for number, one in wanted.items()},
        ),
    }


def of_defender(recording: Recording) -> Facts:
    truth = recording.truth
    (status,) = versions.format_list(recording.text)
    (row,) = listed(
        antivirus.read_windows({"products": None, "defender": postures.typed(status), "signatures": None, "wall": WALL})
    )
    mode = truth["running_mode"].casefold().removesuffix(" mode").replace(" ", "_")
    facts = said(
        truth,
        {
            "Defender at work": ("antivirus_enabled", row["state"] == "on"),
            "Defender signature age": ("signature_age_days", row["signature_age"]),
            "Defender signature version": ("signature_version", row["signature_version"]),
            "Defender full scan": ("full_scan_age_days", row["full_scan_age"]),
        },
    )
    return facts | {"Defender mode": (row["mode"], MODES.get(mode, mode))}


def of_mdatp(recording: Recording) -> Facts:
    truth = recording.truth
    text = recording.text
    told = antivirus.parse_health(text)
    assert told is not None
    (row,) = listed(antivirus.read_linux({"clamav": None, "mdatp": text, "wall": WALL}))
    made = datetime.fromisoformat(truth["definitions_updated_utc"]).timestamp()
    facts = said(
        truth,
        {
            "Defender on Linux": ("product", row["product"]),
            "Defender on Linux healthy": ("healthy", told["healthy"]),
            "Defender on Linux at work": ("real_time", row["state"] == "on"),
            "Defender on Linux passive": ("passive", row["mode"] == "passive"),
            "Defender on Linux signatures": ("signatures", row["signatures"]),
            "Defender on Linux signature version": ("definitions_version", row["signature_version"]),
        },
    )
    return facts | {
        "Defender on Linux signature time": (told["updated"], pytest.approx(made, abs=0.001)),
        "Defender on Linux signature age": (row["signature_age"], int((WALL - made) // 86400)),
    }


def of_firewall(recording: Recording) -> Facts:
    truth = recording.truth
    profile = truth["profile"]
    found = reg.keys(recording.raw)
    values = next(values for key, values in found.items() if key.endswith(KEYS[profile]))
    local = {name: values if name == profile else {} for name in KEYS}
    data: dict[str, Any] = {"effective": None, "policy": {}, "local": local, "running": True, "products": []}
    rows = {row["profile"]: row for row in listed(firewall.read_windows(data))}
    return {
        "firewall profile": (rows[profile]["enabled"], truth["enabled"]),
        "firewall of other profiles": ({row.get("enabled") for name, row in rows.items() if name != profile}, {None}),
    }


def of_accounts(recording: Recording) -> Facts:
    truth = recording.truth
    told = postures.accounts(wmic.rows(recording.raw))
    data: dict[str, Any] = dict.fromkeys(("administrators", "shortest", "autologon", "stored", "limit"))
    (row,) = listed(accounts.read_windows({"accounts": told, **data}))
    enabled = [one for one in truth["accounts"] if not one["disabled"]]
    people = [one for one in enabled if one["rid"] not in {501, 503, 504}]
    return {
        "accounts": ([one["number"] for one in told], [one["rid"] for one in truth["accounts"]]),
        "enabled accounts of people": (row["accounts"], len(people)),
        "guest": (row["guest"], any(one["guest"] for one in enabled)),
        "built-in administrator": (row["builtin_administrator"], any(one["builtin_admin"] for one in enabled)),
        "password optional": (row["password_optional"], sum(not one["password_required"] for one in people)),
    }


def of_encryptable_volume(recording: Recording) -> Facts:
    truth = recording.truth
    rows = listed(encryption.read_windows({"volumes": wmic.rows(recording.raw), "shell": None}))
    wanted = truth["volumes"]
    return {
        "encrypted volume": ([row["volume"] for row in rows], [one["letter"] for one in wanted]),
        "encryption state": (
            [row["state"] for row in rows],
            [CONVERSIONS[one["conversion"]] for one in wanted],
        ),
        "encryption method": (
            [f"{row['method']}".upper() for row in rows],
            [f"{one['algorithm']}".upper() for one in wanted],
        ),
        "encryption protects": ([row["protection"] == "on" for row in rows], [one["protected"] for one in wanted]),
        "system volume": ([row["role"] == "system" for row in rows], [one["is_os_volume"] for one in wanted]),
    }


def of_lsblk(recording: Recording) -> Facts:
    truth = recording.truth
    rows = {row["volume"]: row for row in listed(encryption.read_linux(encryption.tree(recording.text)))}
    facts: Facts = {
        "root encrypted": (
            rows["/"]["state"] == "encrypted",
            truth["root_encrypted"] if "root_encrypted" in truth else truth["luks"],
        )
    }
    if "luks_version" in truth:
        facts["LUKS version"] = (rows["/"]["method"], f"luks{truth['luks_version']}")
    if "boot_encrypted" in truth:
        facts["start files encrypted"] = (rows["/boot"]["state"] == "encrypted", truth["boot_encrypted"])
    return facts


def of_efi_variable(recording: Recording) -> Facts:
    truth = recording.truth
    (row,) = listed(secure_boot.read_linux({"efi": True, "variable": recording.raw.hex()}))
    return {"Secure Boot": (row["enabled"], truth["secure_boot"])}


READERS: dict[str, Reader] = {
    "AntiVirusProduct": of_security_center,
    "productState numbers": of_product_states,
    "MSFT_MpComputerStatus": of_defender,
    "mdatp health": of_mdatp,
    "reg firewall profile": of_firewall,
    "Win32_UserAccount": of_accounts,
    "Win32_EncryptableVolume": of_encryptable_volume,
    "lsblk --json": of_lsblk,
    "EFI variable": of_efi_variable,
}
