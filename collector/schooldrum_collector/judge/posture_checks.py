"""How each of the ten safety checks of a PC stands, and what that rests on."""

from collections.abc import Callable, Sequence

import msgspec

from schooldrum_collector.judge.posture_found import (
    Found,
    Known,
    Verdict,
    as_names,
    as_text,
    bad,
    first_of,
    met,
    not_asked,
    rows_of,
    silence,
    unsure,
    whole,
)
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.posture_sign_in_steps import sign_in_steps
from schooldrum_collector.judge.posture_update_checks import automatic_updates, supported_system, updates_in_time
from schooldrum_collector.judge.posture_words import PROFILES, Words
from schooldrum_wire.section import Value, Values

LINUX = "linux"
_PROFILES = frozenset({"domain", "private", "public"})
_PRODUCTS = frozenset({"product", "ufw", "firewalld", "nftables", "iptables"})
_ASLEEP = frozenset({"passive", "edr_block", "not_running"})
_MOST_NAMED = 3
_DAY_SECONDS = 86400


def _profiles(rows: Sequence[Values]) -> Words:
    """The firewalls of these rows as people call them: a network's kind, a product, or a program of Linux."""
    named = [PROFILES.get(f"{row.get('profile')}") or as_text(row.get("product") or row.get("profile")) for row in rows]
    return Words(*(", ".join(sorted({f"{words[index]}" for words in named})[:_MOST_NAMED]) for index in (0, 1)))


def _antivirus(known: Known, policy: Policy) -> Found:
    if known.system == LINUX and not policy.antivirus_on_linux:
        return not_asked("linux_not_asked")
    rows = rows_of(known, "antivirus")
    if rows is None:
        return silence(known, "antivirus")
    there = [row for row in rows if row.get("installed") is not False]
    if not there:
        return bad("antivirus_none")
    working = [row for row in there if row.get("state") == "on" and row.get("mode") not in _ASLEEP]
    if not working:
        asleep = {"names": as_names([row.get("product") for row in there])}
        if any(row.get("state") in {"unknown", None} for row in there):
            return unsure("antivirus_not_told", "antivirus", **asleep)
        if any(row.get("alone") is True for row in there):
            return unsure("antivirus_unseen", "antivirus", **asleep)
        return _not_working(there)
    names = {"names": as_names([row.get("product") for row in working]), "most": as_text(policy.most_signature_days)}
    if abs(known.skew) > _DAY_SECONDS:
        return _by_wrong_clock(known, policy, working)
    fresh = [_is_fresh(row, policy.most_signature_days) for row in working]
    if True not in fresh:
        old = unsure("signatures_not_told", "signatures", **names) if None in fresh else None
        return old or bad("signatures_old", "signatures", **names)
    found = met("antivirus_on", **names)
    if sum(row.get("maker") != "microsoft" for row in working) > 1:
        return msgspec.structs.replace(found, reasons=(*found.reasons, ("antivirus_two", {})))
    return found


def _not_working(there: Sequence[Values]) -> Found:
    expired = [row for row in there if row.get("state") == "expired"]
    named = {"antivirus_off": [row for row in there if row not in expired], "antivirus_expired": expired}
    reasons = tuple(
        (reason, {"names": as_names([row.get("product") for row in rows])}) for reason, rows in named.items() if rows
    )
    return Found(Verdict.NOT_MET, reasons, "antivirus_expired" if expired else "")


def _by_wrong_clock(known: Known, policy: Policy, working: Sequence[Values]) -> Found:
    """The PC counts the age of its signatures by its own clock, and whether they are out of date."""
    names = {"names": as_names([row.get("product") for row in working]), "most": as_text(policy.most_signature_days)}
    ahead = round(known.skew / _DAY_SECONDS)
    ages = [age - ahead for row in working if (age := whole(row.get("signature_age"))) is not None]
    # A day more or less is in the rounding; an age that cannot be was counted before the clock went wrong.
    sound = [age for age in ages if age >= -1]
    if any(age <= policy.most_signature_days for age in sound):
        return met("antivirus_on", **names)
    return bad("signatures_old", "signatures", **names) if sound else unsure("signatures_clock", "clock", **names)


def _is_fresh(row: Values, most_days: int) -> bool | None:
    age = whole(row.get("signature_age"))
    if row.get("signatures") == "out_of_date" or (age is not None and age > most_days):
        return False
    return True if row.get("signatures") == "up_to_date" or age is not None else None


def _firewall(known: Known, _policy: Policy) -> Found:
    rows = rows_of(known, "firewall")
    if not rows:
        return silence(known, "firewall")
    products = [row for row in rows if row.get("profile") in _PRODUCTS and row.get("enabled") is True]
    # Another maker's tells no more than that it is on.
    guarding = [row for row in products if row.get("profile") == "product" or row.get("inbound") == "block"]
    if guarding:
        return met("firewall_on", names=_profiles(guarding))
    profiles = [row for row in rows if row.get("profile") in _PROFILES]
    active = [row for row in profiles if row.get("active") is True]
    counting = active or profiles
    return _of_profiles(rows, counting, told=bool(active)) if counting else _of_programs(rows, products)


def _of_programs(rows: Sequence[Values], on: Sequence[Values]) -> Found:
    """None of those that are `on` is known to keep out what comes in."""
    there = [row for row in rows if row.get("profile") in {*_PRODUCTS, "none"}]
    if not there or any(row.get("enabled") is None for row in there) or any(row.get("inbound") is None for row in on):
        return unsure("firewall_not_told")
    return bad("firewall_lets_in" if on else "firewall_off", names=_profiles(on or there))


def _of_profiles(rows: Sequence[Values], counting: Sequence[Values], *, told: bool) -> Found:
    """Windows' own; `told` is whether these are the profiles in use, else they are all there are."""
    off = [row for row in counting if row.get("enabled") is False]
    lets_in = [row for row in counting if row.get("enabled") is True and row.get("inbound") == "allow"]
    if (off or lets_in) and any(row.get("profile") == "product" and row.get("enabled") is None for row in rows):
        # Another maker's may stand in for it.
        return unsure("firewall_not_told")
    if not told and 0 < len(off) + len(lets_in) < len(counting):
        # Without a network in use, or where it is not told which one is, some may be on and never needed.
        return unsure("firewall_which", names=_profiles([*off, *lets_in]))
    if off:
        return bad("firewall_off", names=_profiles(off))
    if lets_in:
        return bad("firewall_lets_in", names=_profiles(lets_in))
    if any(row.get("enabled") is None or row.get("inbound") is None for row in counting):
        return unsure("firewall_not_told")
    return met("firewall_on", names=_profiles(counting))


def _encryption(known: Known, policy: Policy) -> Found:
    found = _encryption_asked(known, policy)
    return msgspec.structs.replace(found, asks="encryption_of_laptops") if policy.encryption == "laptops" else found


def _encryption_asked(known: Known, policy: Policy) -> Found:
    system = first_of(known, "system") or {}
    carried = system.get("laptop") if not system.get("virtual") else False
    if policy.encryption == "none":
        return not_asked("encryption_not_asked")
    if policy.encryption == "laptops" and carried is False:
        return not_asked("no_laptop")
    rows = [row for row in rows_of(known, "encryption") or () if row.get("role") != "boot"]
    if not rows:
        return silence(known, "encryption")
    verdict = _of_volumes(rows)
    if policy.encryption == "all" and carried is not True:
        verdict = msgspec.structs.replace(verdict, reasons=(*verdict.reasons, ("encryption_of_all", {})))
    if verdict.verdict is Verdict.NOT_MET and policy.encryption == "laptops" and carried is None:
        return unsure("laptop_not_told")
    return verdict


def _of_volumes(rows: Sequence[Values]) -> Found:
    def named(*states: str, protection: str = "") -> list[Value]:
        return [
            row.get("volume")
            for row in rows
            if row.get("state") in states and (not protection or row.get("protection") == protection)
        ]

    if bare := named("decrypted", "decrypting"):
        return bad("volumes_bare", names=as_names(bare))
    if suspended := named("encrypted", protection="suspended"):
        return bad("volumes_suspended", "encryption_suspended", names=as_names(suspended))
    if half := named("encrypting", "paused"):
        return bad("volumes_half", "encryption_half", names=as_names(half))
    if open_ones := [row for row in rows if row.get("state") != "encrypted" or row.get("protection") != "on"]:
        return unsure("volumes_not_told", names=as_names([row.get("volume") for row in open_ones]))
    return met("volumes_encrypted", names=as_names([row.get("volume") for row in rows]))


def _sign_in(known: Known, policy: Policy) -> Found:
    row = first_of(known, "accounts")
    if row is None:
        return silence(known, "accounts")
    by_itself = [name for name in ("autologon", "stored_password") if row.get(name) is True]
    empty = whole(row.get("password_empty")) or 0
    faults = [name for name in ("guest", "empty_over_network") if row.get(name) is True]
    if not policy.autologon_allowed:
        faults += by_itself
    if empty and not policy.empty_password_allowed:
        faults.append("password_empty")
    unasked = whole(row.get("password_unasked")) or 0
    if unasked and not policy.empty_password_allowed:
        faults.append("password_unasked")
    if faults:
        values = {"password_empty": {"count": as_text(empty)}, "password_unasked": {"count": as_text(unasked)}}
        return Found(Verdict.NOT_MET, tuple((name, values.get(name, {})) for name in faults), sign_in_steps(faults))
    found = _not_at_fault(known, row, policy)
    if not by_itself:
        return found
    allowed: tuple[tuple[str, dict[str, Words]], ...] = tuple((f"{name}_allowed", {}) for name in by_itself)
    # That everybody must sign in is not so where the PC does it for them.
    kept = tuple(one for one in found.reasons if one[0] != "sign_in_sound")
    return msgspec.structs.replace(found, reasons=(*allowed, *kept))


def _not_at_fault(known: Known, row: Values, policy: Policy) -> Found:
    if row.get("guest") is None or (row.get("autologon") is None and not policy.autologon_allowed):
        return unsure("sign_in_not_told")
    passwords = _passwords(known, row)
    if policy.empty_password_allowed and passwords.verdict is not Verdict.MET:
        return met("password_allowed_empty")
    return passwords


def _passwords(known: Known, row: Values) -> Found:
    """Whether every account has one. Windows does not tell which are empty, only which cannot be."""
    if known.system == LINUX:
        is_sound = whole(row.get("password_empty")) == 0 and not row.get("password_unasked")
        return met("sign_in_sound") if is_sound else unsure("sign_in_not_told")
    optional, shortest = whole(row.get("password_optional")), whole(row.get("shortest_password"))
    if optional:
        return unsure("password_optional", "password_empty", count=as_text(optional))
    if optional is None:
        return unsure("sign_in_not_told")
    # Without an account there is none that could be empty.
    if row.get("accounts") == 0 or (shortest or 0) > 0:
        return met("sign_in_sound")
    return unsure("sign_in_not_told") if shortest is None else unsure("password_not_asked", "password_empty")


def _administrators(known: Known, policy: Policy) -> Found:
    row = first_of(known, "accounts")
    if row is None:
        return silence(known, "accounts")
    if row.get("everyone_administrator") is True:
        return bad("administrators_all", "administrators_all")
    count = whole(row.get("administrators"))
    if count is None:
        return unsure("administrators_not_told")
    values = {"count": as_text(count), "most": as_text(policy.most_administrators)}
    if count > policy.most_administrators:
        return bad("administrators_many", **values)
    return met("administrators_few", **values)


def _smb1(known: Known, _policy: Policy) -> Found:
    row = first_of(known, "sharing")
    if row is None:
        return silence(known, "sharing")
    sides = {name: row.get(name) for name in ("server", "client")}
    on: tuple[tuple[str, dict[str, Words]], ...] = tuple(
        (f"smb1_{name}", {}) for name, word in sides.items() if word == "on"
    )
    if on:
        return Found(Verdict.NOT_MET, on)
    return unsure("smb1_not_told", "smb1") if None in sides.values() else met("smb1_off")


def _remote_desktop(known: Known, policy: Policy) -> Found:
    row = first_of(known, "remote_desktop")
    if row is None:
        return silence(known, "remote_desktop")
    enabled, protected = row.get("enabled"), row.get("protected")
    if enabled is False:
        return met("remote_off")
    if enabled is None:
        return unsure("remote_not_told")
    if protected is False:
        return bad("remote_open")
    if policy.remote_desktop == "off":
        return bad("remote_on", "remote_on")
    return unsure("remote_not_told") if protected is None else met("remote_protected")


def _screen_lock(known: Known, _policy: Policy) -> Found:
    row = first_of(known, "screen_lock")
    locks = None if row is None else row.get("locks")
    if row is None or locks is None:
        return silence(known, "screen_lock") if row is None else unsure("nobody_signed_in")
    if locks is not True:
        return bad("screen_never_locks")
    after = whole(row.get("after"))
    minutes = "?" if after is None else f"{max(1, round(after / 60))}"
    return met("screen_locks", minutes=as_text(minutes))


def _secure_boot(known: Known, _policy: Policy) -> Found:
    row = first_of(known, "secure_boot")
    if row is None:
        return silence(known, "secure_boot")
    if row.get("firmware") == "bios":
        return not_asked("no_secure_boot")
    enabled = row.get("enabled")
    if enabled is None:
        return unsure("secure_boot_not_told")
    return met("secure_boot_on") if enabled is True else bad("secure_boot_off")


CHECKS: dict[str, Callable[[Known, Policy], Found]] = {
    "supported_system": supported_system,
    "updates_in_time": updates_in_time,
    "antivirus": _antivirus,
    "firewall": _firewall,
    "encryption": _encryption,
    "automatic_updates": automatic_updates,
    "sign_in": _sign_in,
    "administrators": _administrators,
    "smb1": _smb1,
    "remote_desktop": _remote_desktop,
}
"""The ten, in the order in which people read them."""
INFORMATION: dict[str, Callable[[Known, Policy], Found]] = {"screen_lock": _screen_lock, "secure_boot": _secure_boot}
PROBES: dict[str, tuple[str, ...]] = {
    "supported_system": ("operating_system",),
    "updates_in_time": ("updates", "operating_system"),
    "antivirus": ("antivirus",),
    "firewall": ("firewall",),
    "encryption": ("encryption",),
    "automatic_updates": ("automatic_updates",),
    "sign_in": ("accounts",),
    "administrators": ("accounts",),
    "smb1": ("sharing",),
    "remote_desktop": ("remote_desktop",),
    "screen_lock": ("screen_lock",),
    "secure_boot": ("secure_boot",),
}
"""The probes whose word each rests on, the one that tells most first; their sections have the same names."""
