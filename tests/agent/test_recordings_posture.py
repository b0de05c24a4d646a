"""The readers of a PC's safety on other projects' recordings, compared with the truth beside each.

`SCHOOLDRUM_RECORDINGS` names the folder that holds `host/`, by default ../shared/data beside the repository. Each file
is brought from its recorded form into the shape that `fetch` gives; what is proven is everything behind that.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.recordings import postures, reg, versions, wmic

from schooldrum_agent.probes import accounts, antivirus, encryption, firewall, secure_boot
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

ROOT = Path(os.environ.get("SCHOOLDRUM_RECORDINGS") or Path(__file__).parents[3] / "shared" / "data") / "host"
Facts = dict[str, tuple[Any, Any]]
"""Fact -> (what we read, what is true)."""

UNUSED = {
    r"reg_LogonUI_.*": "who signed in last: never read (SECURITY R8)",
    r"reg_NetworkList_.*": "networks known to the PC, named by people; which one is in use it does not say",
    r"sshd-T.*": "none of the ten checks asks about SSH, and its settings are for root only",
    r"ubuntu18_lsblk.*": "a table for people; lsblk is asked for JSON",
    r"apt-config-dump_.*": "automatic updates: the updates' readers prove it",
}
"""Files about safety that no test here reads, and why."""
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
    return [dict(one.values) for one in told if isinstance(one, Row)]


def _products(path: Path) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    if b"displayName=" in raw:
        return wmic.rows(raw)
    return [postures.typed(row) for row in versions.format_list(raw.decode("utf-8-sig"))]


def of_security_center(path: Path, truth: dict[str, Any]) -> Facts:
    told = [
        {"product": row["displayName"], "state": int(row["productState"]), "there": None} for row in _products(path)
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


def of_product_states(path: Path, truth: dict[str, Any]) -> Facts:
    numbers = json.loads(path.read_text("utf-8"))
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


def of_defender(path: Path, truth: dict[str, Any]) -> Facts:
    (status,) = versions.format_list(path.read_text("utf-8"))
    (row,) = listed(
        antivirus.read_windows({"products": None, "defender": postures.typed(status), "signatures": None, "wall": WALL})
    )
    mode = truth["running_mode"].casefold().removesuffix(" mode").replace(" ", "_")
    return {
        "Defender mode": (row["mode"], MODES.get(mode, mode)),
        "Defender at work": (row["state"] == "on", truth["antivirus_enabled"]),
        "Defender signature age": (row["signature_age"], truth["signature_age_days"]),
        "Defender signature version": (row["signature_version"], truth["signature_version"]),
        "Defender full scan": (row["full_scan_age"], truth["full_scan_age_days"]),
    }


def of_mdatp(path: Path, truth: dict[str, Any]) -> Facts:
    text = path.read_text("utf-8")
    told = antivirus.parse_health(text)
    assert told is not None
    (row,) = listed(antivirus.read_linux({"clamav": None, "mdatp": text, "wall": WALL}))
    made = datetime.fromisoformat(truth["definitions_updated_utc"]).timestamp()
    return {
        "Defender on Linux": (row["product"], truth["product"]),
        "Defender on Linux healthy": (told["healthy"], truth["healthy"]),
        "Defender on Linux at work": (row["state"] == "on", truth["real_time"]),
        "Defender on Linux passive": (row["mode"] == "passive", truth["passive"]),
        "Defender on Linux signatures": (row["signatures"], truth["signatures"]),
        "Defender on Linux signature version": (row["signature_version"], truth["definitions_version"]),
        "Defender on Linux signature time": (told["updated"], pytest.approx(made, abs=0.001)),
        "Defender on Linux signature age": (row["signature_age"], int((WALL - made) // 86400)),
    }


def of_firewall(path: Path, truth: dict[str, Any]) -> Facts:
    profile = truth["profile"]
    found = reg.keys(path.read_bytes())
    values = next(values for key, values in found.items() if key.endswith(KEYS[profile]))
    local = {name: values if name == profile else {} for name in KEYS}
    data: dict[str, Any] = {"effective": None, "policy": {}, "local": local, "running": True, "products": []}
    rows = {row["profile"]: row for row in listed(firewall.read_windows(data))}
    return {
        "firewall profile": (rows[profile]["enabled"], truth["enabled"]),
        "firewall of other profiles": ({row.get("enabled") for name, row in rows.items() if name != profile}, {None}),
    }


def of_ufw(path: Path, whole: dict[str, Any]) -> Facts:
    (row,) = listed(firewall.read_linux(postures.ufw(path.read_text("utf-8"))))
    truth, upstream = whole["truth"], whole.get("upstream_expected") or {}
    active = truth["active"] if "active" in truth else (truth.get("status") or upstream["status"]) == "active"
    facts: Facts = {"ufw": (row["enabled"], active)}
    if "default" in upstream:
        wanted = "allow" if upstream["default"].startswith("allow") else "block"
        facts["ufw's default for what comes in"] = (row["inbound"], wanted)
    return facts


def of_accounts(path: Path, truth: dict[str, Any]) -> Facts:
    told = postures.accounts(wmic.rows(path.read_bytes()))
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


def of_encryptable_volume(path: Path, truth: dict[str, Any]) -> Facts:
    rows = listed(encryption.read_windows({"volumes": wmic.rows(path.read_bytes()), "shell": None}))
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


def of_lsblk(path: Path, truth: dict[str, Any]) -> Facts:
    rows = {row["volume"]: row for row in listed(encryption.read_linux(encryption.tree(path.read_text("utf-8"))))}
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


def of_efi_variable(path: Path, truth: dict[str, Any]) -> Facts:
    (row,) = listed(secure_boot.read_linux({"efi": True, "variable": path.read_bytes().hex()}))
    return {"Secure Boot": (row["enabled"], truth["secure_boot"])}


def of_mokutil(path: Path, truth: dict[str, Any]) -> Facts:
    (row,) = listed(secure_boot.read_linux(postures.mokutil(path.read_text("utf-8"))))
    return {
        "Secure Boot": (row["enabled"], truth["secure_boot"]),
        "UEFI": (row["firmware"] == "uefi", truth.get("efi", True)),
    }


WITH_UPSTREAM = (of_ufw,)
READERS: dict[str, Callable[[Path, dict[str, Any]], Facts]] = {
    r"wsc_AntiVirusProduct_.*": of_security_center,
    r"wsc_productState_.*": of_product_states,
    r"Get-MpComputerStatus.*": of_defender,
    r"mdatp_health.*": of_mdatp,
    r"reg_Firewall_.*": of_firewall,
    r"ufw.*|.*_ufw-.*": of_ufw,
    r"wmi_Win32_UserAccount_.*": of_accounts,
    r"wmi_Win32_EncryptableVolume_.*": of_encryptable_volume,
    r"lsblk-J_.*": of_lsblk,
    r"efivar_SecureBoot.*": of_efi_variable,
    r"mokutil_.*": of_mokutil,
}


def _ours() -> list[tuple[Path, Callable[[Path, dict[str, Any]], Facts]]]:
    found = []
    for path in sorted(ROOT.rglob("*")) if ROOT.is_dir() else []:
        reader = next((one for pattern, one in READERS.items() if re.fullmatch(pattern, path.name)), None)
        if reader and not path.name.endswith(".truth.json") and Path(f"{path}.truth.json").exists():
            found.append((path, reader))
    return found


OURS = _ours()
needs_recordings = pytest.mark.skipif(not OURS, reason=f"no recordings of other projects in {ROOT}")


def facts_of(path: Path, reader: Callable[[Path, dict[str, Any]], Facts]) -> Facts:
    whole = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))
    return reader(path, whole if reader in WITH_UPSTREAM else whole["truth"])


@needs_recordings
@pytest.mark.parametrize(("path", "reader"), OURS, ids=[path.name for path, _ in OURS])
def test_a_recording_reads_as_its_truth_says(path, reader):
    facts = facts_of(path, reader)
    assert {fact: seen for fact, (seen, _) in facts.items()} == {fact: wanted for fact, (_, wanted) in facts.items()}


@needs_recordings
def test_the_table_of_hits_and_misses():
    hits: dict[str, list[int]] = {}
    for path, reader in OURS:
        for fact, (seen, wanted) in facts_of(path, reader).items():
            hits.setdefault(fact, [0, 0])[0 if seen == wanted else 1] += 1
    print(f"\n{'fact':40} {'hits':>5} {'misses':>7}")
    for fact, (right, wrong) in sorted(hits.items()):
        print(f"{fact:40} {right:5} {wrong:7}")
    for pattern, reason in UNUSED.items():
        print(f"not used: {pattern}: {reason}")
    assert not any(wrong for _, wrong in hits.values())
