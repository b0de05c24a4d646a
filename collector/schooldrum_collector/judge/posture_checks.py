"""How each of the ten safety checks of a PC stands, and what that rests on."""

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time

import msgspec

from schooldrum_collector import formats
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.posture_words import PROFILES, Words
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_wire.section import Value, Values

LINUX = "linux"
_PROFILES = frozenset({"domain", "private", "public"})
_ASLEEP = frozenset({"passive", "edr_block", "not_running"})
_MOST_NAMED = 3
_MENDABLE = frozenset({"denied", "failed"})
"""Why nothing is known where something can be done about it."""


class Verdict(enum.StrEnum):
    """How a check stands."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a PC that counts here.

    `system` is windows or linux; `sections` are its rows by section (one without rows is empty, a missing one never
    came); `outcomes` how the newest run of each probe ended; `support` and `patches` are judged already, None where
    nothing was there to judge.
    """

    system: str
    sections: Mapping[str, Sequence[Values]]
    outcomes: Mapping[str, str] = {}
    support: Support | None = None
    patches: Patches | None = None


class Found(msgspec.Struct, frozen=True):
    """A verdict with its reasons, each with what stands in its sentence; `fix` names other steps than the check's.

    What is met, or not known, has steps only where it names them.
    """

    verdict: Verdict
    reasons: tuple[tuple[str, dict[str, Words]], ...]
    fix: str = ""


def _met(reason: str, **values: Words) -> Found:
    return Found(Verdict.MET, ((reason, values),))


def _bad(reason: str, fix: str = "", /, **values: Words) -> Found:
    return Found(Verdict.NOT_MET, ((reason, values),), fix)


def _open(reason: str, fix: str = "", /, **values: Words) -> Found:
    return Found(Verdict.UNKNOWN, ((reason, values),), fix)


def _not_asked(reason: str) -> Found:
    return Found(Verdict.NOT_APPLICABLE, ((reason, {}),))


def _text(value: Value | int) -> Words:
    return Words(f"{value}", f"{value}")


def _day(day: date) -> Words:
    noon = datetime.combine(day, time(5), UTC).timestamp()
    return Words(formats.date(noon, "vi"), formats.date(noon, "en"))


def _names(values: Sequence[Value]) -> Words:
    named = ", ".join(sorted({f"{value}" for value in values if value})[:_MOST_NAMED])
    return _text(named or "?")


def _profiles(rows: Sequence[Values]) -> Words:
    """The firewalls of these rows as people call them: a network's kind, a product, or a program of Linux."""
    named = [PROFILES.get(f"{row.get('profile')}") or _text(row.get("product") or row.get("profile")) for row in rows]
    return Words(*(", ".join(sorted({f"{words[index]}" for words in named})[:_MOST_NAMED]) for index in (0, 1)))


def _silence(known: Known, probe: str) -> Found:
    """Why nothing is known from this probe."""
    outcome = known.outcomes.get(probe, "")
    reason = {"denied": "denied", "unavailable": "not_offered", "": "not_yet", "ok": "not_yet"}.get(outcome, "failed")
    return _open(reason, reason if reason in _MENDABLE else "")


def _rows(known: Known, probe: str) -> Sequence[Values] | None:
    """The rows of this probe's section; None where there are none that still stand for this PC."""
    # After a failure or a time-out the rows from before are still the last that is known; after a refusal they are not.
    return None if known.outcomes.get(probe) in {"denied", "unavailable"} else known.sections.get(probe)


def _first(known: Known, probe: str) -> Values | None:
    rows = _rows(known, probe)
    return rows[0] if rows else None


def _whole(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _supported_system(known: Known, _policy: Policy) -> Found:
    support = known.support
    if support is None:
        return _silence(known, "operating_system")
    name = _text(f"{support.product} {support.release}".strip() or "?")
    if support.state is SupportState.UNKNOWN:
        if support.newer_than is not None:
            return _open("system_newer", name=name, day=_day(support.newer_than))
        return _open("system_list_old" if support.proof is Proof.UNKNOWN else "system_not_listed", name=name)
    if support.until is None:
        return _met("system_supported_open", name=name) if support.counts_as_met else _bad("system_ended", name=name)
    values = {"name": name, "day": _day(support.until)}
    if support.counts_as_met:
        return _met("system_extended" if support.state is SupportState.EXTENDED else "system_supported", **values)
    found = _bad("system_ended_on", **values)
    if support.planned is None:
        return found
    plan = ("system_planned", {"day": _day(support.planned)})
    return msgspec.structs.replace(found, reasons=(*found.reasons, plan))


def _count_days(count: int) -> Words:
    return Words(f"{count} ngày", "1 day" if count == 1 else f"{count} days")


def _patch_values(patches: Patches, policy: Policy) -> dict[str, Words]:
    days = _count_days(patches.age_days or 0)
    if patches.at_least:
        days = Words(f"ít nhất {days.vi}", f"at least {days.en}")
    return {"days": days, "count": _text(patches.count), "most": _text(policy.most_patch_days)}


def _published(found: Found, patches: Patches) -> Found:
    """With the day of publication where the PC tells it."""
    if patches.published is None or patches.published_days is None:
        return found
    said = ("updates_published", {"day": _day(patches.published), "days": _count_days(patches.published_days)})
    return msgspec.structs.replace(found, reasons=(*found.reasons, said))


def _updates_in_time(known: Known, policy: Policy) -> Found:
    patches = known.patches
    if patches is None:
        return _silence(known, "updates")
    in_time = patches.in_time(policy.most_patch_days)
    if in_time is None:
        if not patches.undecided:
            if not patches.stale:
                return _open("updates_not_told")
            return _open("updates_stale" if patches.scan_known else "updates_scan_unknown", "updates_in_time")
        return _published(_open("updates_first_look", "updates_in_time", **_patch_values(patches, policy)), patches)
    values = _patch_values(patches, policy)
    if in_time:
        return _published(_met("updates_waiting" if patches.missing else "updates_none", **values), patches)
    special = {PatchState.FROZEN: "frozen", PatchState.RESTART: "restart", PatchState.REFUSED: "refused"}
    why = special.get(patches.state, "")
    found = _bad("updates_late", f"updates_{why}" if why else "", **values)
    if not why:
        return found
    return msgspec.structs.replace(found, reasons=(*found.reasons, (f"updates_{why}", {})))


def _antivirus(known: Known, policy: Policy) -> Found:
    if known.system == LINUX and not policy.antivirus_on_linux:
        return _not_asked("linux_not_asked")
    rows = _rows(known, "antivirus")
    if rows is None:
        return _silence(known, "antivirus")
    there = [row for row in rows if row.get("installed") is not False]
    if not there:
        return _bad("antivirus_none")
    working = [row for row in there if row.get("state") == "on" and row.get("mode") not in _ASLEEP]
    if not working:
        asleep = {"names": _names([row.get("product") for row in there])}
        if any(row.get("state") in {"unknown", None} for row in there):
            return _open("antivirus_not_told", "antivirus", **asleep)
        return _bad("antivirus_off", **asleep)
    names = {"names": _names([row.get("product") for row in working]), "most": _text(policy.most_signature_days)}
    fresh = [_is_fresh(row, policy.most_signature_days) for row in working]
    if True not in fresh:
        old = _open("signatures_not_told", "signatures", **names) if None in fresh else None
        return old or _bad("signatures_old", "signatures", **names)
    found = _met("antivirus_on", **names)
    if sum(row.get("maker") != "microsoft" for row in working) > 1:
        return msgspec.structs.replace(found, reasons=(*found.reasons, ("antivirus_two", {})))
    return found


def _is_fresh(row: Values, most_days: int) -> bool | None:
    age = _whole(row.get("signature_age"))
    if row.get("signatures") == "out_of_date" or (age is not None and age > most_days):
        return False
    return True if row.get("signatures") == "up_to_date" or age is not None else None


def _firewall(known: Known, _policy: Policy) -> Found:
    rows = _rows(known, "firewall")
    if not rows:
        return _silence(known, "firewall")
    products = [row for row in rows if row.get("profile") not in _PROFILES and row.get("enabled") is True]
    guarding = [row for row in products if row.get("inbound") != "allow"]
    if guarding:
        return _met("firewall_on", names=_profiles(guarding))
    profiles = [row for row in rows if row.get("profile") in _PROFILES]
    # Without a network in use, or where it is not told which profile is in use, all of them count.
    counting = [row for row in profiles if row.get("active") is True] or profiles
    if not counting:
        if any(row.get("enabled") is None for row in rows):
            return _open("firewall_not_told")
        return _bad("firewall_lets_in" if products else "firewall_off", names=_profiles(products or rows))
    off = [row for row in counting if row.get("enabled") is False]
    lets_in = [row for row in counting if row.get("enabled") is True and row.get("inbound") == "allow"]
    if off:
        return _bad("firewall_off", names=_profiles(off))
    if lets_in:
        return _bad("firewall_lets_in", names=_profiles(lets_in))
    if any(row.get("enabled") is None for row in counting):
        return _open("firewall_not_told")
    return _met("firewall_on", names=_profiles(counting))


def _encryption(known: Known, policy: Policy) -> Found:
    system = _first(known, "system") or {}
    carried = system.get("laptop") if not system.get("virtual") else False
    if policy.encryption == "none":
        return _not_asked("encryption_not_asked")
    if policy.encryption == "laptops" and carried is False:
        return _not_asked("no_laptop")
    rows = [row for row in _rows(known, "encryption") or () if row.get("role") != "boot"]
    if not rows:
        return _silence(known, "encryption")
    verdict = _of_volumes(rows)
    if verdict.verdict is Verdict.NOT_MET and policy.encryption == "laptops" and carried is None:
        return _open("laptop_not_told")
    return verdict


def _of_volumes(rows: Sequence[Values]) -> Found:
    def named(*states: str, protection: str = "") -> list[Value]:
        return [
            row.get("volume")
            for row in rows
            if row.get("state") in states and (not protection or row.get("protection") == protection)
        ]

    if bare := named("decrypted", "decrypting"):
        return _bad("volumes_bare", names=_names(bare))
    if suspended := named("encrypted", protection="suspended"):
        return _bad("volumes_suspended", "encryption_suspended", names=_names(suspended))
    if half := named("encrypting", "paused"):
        return _bad("volumes_half", "encryption_half", names=_names(half))
    if open_ones := [row for row in rows if row.get("state") != "encrypted" or row.get("protection") != "on"]:
        return _open("volumes_not_told", names=_names([row.get("volume") for row in open_ones]))
    return _met("volumes_encrypted", names=_names([row.get("volume") for row in rows]))


def _automatic_updates(known: Known, policy: Policy) -> Found:
    row = _first(known, "automatic_updates")
    if row is None:
        return _silence(known, "automatic_updates")
    mode = row.get("mode")
    if mode == "automatic" or (mode in {"download", "notify"} and policy.automatic_updates == "not_off"):
        found = _met("automatic" if mode == "automatic" else "automatic_asked")
        is_late = known.patches is not None and known.patches.state is PatchState.FROZEN
        if is_late or any(one.get("state") == "frozen" for one in _rows(known, "freeze") or ()):
            return Found(Verdict.MET, (*found.reasons, ("updates_frozen", {})), "updates_frozen")
        return found
    if mode == "off":
        return _bad("automatic_off")
    return _bad("automatic_asked") if mode in {"download", "notify"} else _open("automatic_not_told")


def _sign_in(known: Known, policy: Policy) -> Found:
    row = _first(known, "accounts")
    if row is None:
        return _silence(known, "accounts")
    asked = {"guest": True, "empty_over_network": True, "autologon": not policy.autologon_allowed}
    asked["stored_password"] = not policy.autologon_allowed
    faults = [name for name, counts in asked.items() if counts and row.get(name) is True]
    empty = {"password_empty", "password_optional"}
    if not policy.empty_password_allowed:
        faults += [name for name in sorted(empty) if (_whole(row.get(name)) or 0) > 0]
    if faults:
        values = {name: {"count": _text(row.get(name))} if name in empty else {} for name in faults}
        return Found(Verdict.NOT_MET, tuple((name, values[name]) for name in faults), _sign_in_steps(faults))
    needed = ["guest", "autologon"]
    needed.append("password_empty" if known.system == LINUX else "password_optional")
    skipped = {"autologon"} if policy.autologon_allowed else set()
    skipped |= empty if policy.empty_password_allowed else set()
    if any(row.get(name) is None for name in needed if name not in skipped):
        return _open("sign_in_not_told")
    return _met("sign_in_sound")


def _sign_in_steps(faults: Sequence[str]) -> str:
    if {"autologon", "stored_password"} & {*faults}:
        return "autologon"
    return "guest" if "guest" in faults else "password_empty"


def _administrators(known: Known, policy: Policy) -> Found:
    row = _first(known, "accounts")
    if row is None:
        return _silence(known, "accounts")
    if row.get("everyone_administrator") is True:
        return _bad("administrators_all")
    count = _whole(row.get("administrators"))
    if count is None:
        return _open("administrators_not_told")
    values = {"count": _text(count), "most": _text(policy.most_administrators)}
    if count > policy.most_administrators:
        return _bad("administrators_many", **values)
    return _met("administrators_few", **values)


def _smb1(known: Known, _policy: Policy) -> Found:
    row = _first(known, "sharing")
    if row is None:
        return _silence(known, "sharing")
    sides = {name: row.get(name) for name in ("server", "client")}
    on: tuple[tuple[str, dict[str, Words]], ...] = tuple(
        (f"smb1_{name}", {}) for name, word in sides.items() if word == "on"
    )
    if on:
        return Found(Verdict.NOT_MET, on)
    return _open("smb1_not_told") if None in sides.values() else _met("smb1_off")


def _remote_desktop(known: Known, policy: Policy) -> Found:
    row = _first(known, "remote_desktop")
    if row is None:
        return _silence(known, "remote_desktop")
    enabled, protected = row.get("enabled"), row.get("protected")
    if enabled is False:
        return _met("remote_off")
    if enabled is None:
        return _open("remote_not_told")
    if protected is False:
        return _bad("remote_open")
    if policy.remote_desktop == "off":
        return _bad("remote_on", "remote_on")
    return _open("remote_not_told") if protected is None else _met("remote_protected")


def _screen_lock(known: Known, _policy: Policy) -> Found:
    row = _first(known, "screen_lock")
    locks = None if row is None else row.get("locks")
    if row is None or locks is None:
        return _silence(known, "screen_lock") if row is None else _open("nobody_signed_in")
    if locks is not True:
        return _bad("screen_never_locks")
    after = _whole(row.get("after"))
    minutes = "?" if after is None else f"{max(1, round(after / 60))}"
    return _met("screen_locks", minutes=_text(minutes))


def _secure_boot(known: Known, _policy: Policy) -> Found:
    row = _first(known, "secure_boot")
    if row is None:
        return _silence(known, "secure_boot")
    if row.get("firmware") == "bios":
        return _not_asked("no_secure_boot")
    enabled = row.get("enabled")
    if enabled is None:
        return _open("secure_boot_not_told")
    return _met("secure_boot_on") if enabled is True else _bad("secure_boot_off")


CHECKS: dict[str, Callable[[Known, Policy], Found]] = {
    "supported_system": _supported_system,
    "updates_in_time": _updates_in_time,
    "antivirus": _antivirus,
    "firewall": _firewall,
    "encryption": _encryption,
    "automatic_updates": _automatic_updates,
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
