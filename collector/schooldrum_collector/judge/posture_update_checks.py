"""How the checks about a PC's updates stand: its system's support, what is missing, what comes by itself."""

from datetime import date

import msgspec

from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture_found import (
    Found,
    Known,
    Verdict,
    as_day,
    as_names,
    as_text,
    bad,
    first_of,
    met,
    rows_of,
    silence,
    unsure,
)
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.support import LONG_CHANNELS, Proof, Support, SupportState, product_name
from schooldrum_wire.section import Values

_NEEDED_SERVICES = frozenset({"wuauserv", "usosvc"})
"""Without one of these Windows never searches; without the others it only takes longer."""
_LONGEST_PAUSE = 35
"""Days for which Windows itself lets people pause updates; a longer pause was written by hand."""
_SERVER = "Windows Server"


def _system(support: Support) -> Words:
    """Its name, with the long channel where it is of one: that is supported for longer than others of its release."""
    # Nobody names a server's channel: its year says the same.
    channel = "" if support.product == _SERVER else LONG_CHANNELS.get(support.channel, "")
    return as_text(" ".join(part for part in (product_name(support.product), support.release, channel) if part) or "?")


def supported_system(known: Known, _policy: Policy) -> Found:
    """Whether its system gets security updates."""
    support = known.support
    if support is None:
        return silence(known, "operating_system")
    name = _system(support)
    if support.state is SupportState.UNKNOWN:
        if support.newer_than is not None:
            return unsure("system_newer", name=name, day=as_day(support.newer_than))
        if support.proof is Proof.NOT_PROVEN:
            return unsure("system_revision_not_told", name=name)
        return unsure("system_list_old" if support.proof is Proof.UNKNOWN else "system_not_listed", name=name)
    steps = "system_bought" if known.way and known.way.is_bought else ""
    if support.until is None:
        open_end = met("system_supported_open", name=name)
        return open_end if support.counts_as_met else bad("system_ended", steps, name=name)
    values = {"name": name, "day": as_day(support.until)}
    if support.counts_as_met:
        return met("system_extended" if support.state is SupportState.EXTENDED else "system_supported", **values)
    found = bad("system_ended_on", steps, **values)
    if support.bought is not None:
        found = bad("system_ended_bought", steps, **values, bought=as_day(support.bought))
    if support.planned is None:
        return found
    plan = ("system_planned", {"day": as_day(support.planned)})
    return msgspec.structs.replace(found, reasons=(*found.reasons, plan))


def _count_days(count: int) -> Words:
    return Words(f"{count} ngày", "1 day" if count == 1 else f"{count} days")


def _patch_values(patches: Patches, policy: Policy) -> dict[str, Words]:
    days = _count_days(patches.age_days or 0)
    if patches.at_least:
        days = Words(f"ít nhất {days.vi}", f"at least {days.en}")
    return {"days": days, "count": as_text(patches.count), "most": as_text(policy.most_patch_days)}


def _published(found: Found, patches: Patches) -> Found:
    """With the day of publication where the PC tells it."""
    if patches.published is None or patches.published_days is None:
        return found
    said = ("updates_published", {"day": as_day(patches.published), "days": _count_days(patches.published_days)})
    return msgspec.structs.replace(found, reasons=(*found.reasons, said))


def updates_in_time(known: Known, policy: Policy) -> Found:
    """Whether they are installed in time."""
    patches = known.patches
    if patches is None:
        return silence(known, "updates")
    in_time = patches.in_time(policy.most_patch_days)
    if in_time is None:
        if not patches.undecided:
            return _not_sure(known, patches)
        return _published(unsure("updates_first_look", "updates_in_time", **_patch_values(patches, policy)), patches)
    values = _patch_values(patches, policy)
    if in_time:
        return _published(met("updates_waiting" if patches.missing else "updates_none", **values), patches)
    special = {PatchState.FROZEN: "frozen", PatchState.RESTART: "restart", PatchState.REFUSED: "refused"}
    why = special.get(patches.state, "")
    # What the list alone knows of is not offered to a PC whose support has ended.
    steps = "updates_ended" if patches.ended and not patches.told else f"updates_{why}" if why else ""
    found = bad("updates_late", steps, **values)
    if not why:
        return found
    return msgspec.structs.replace(found, reasons=(*found.reasons, (f"updates_{why}", {})))


def _not_sure(known: Known, patches: Patches) -> Found:
    """Why nobody can say that nothing is missing: by the system, by the PC's own search, then by the list."""
    if patches.ended and known.support is not None:
        return unsure("updates_ended", name=_system(known.support))
    if not patches.support_known and patches.told is not None and not patches.stale:
        return unsure("updates_support_unknown")
    if patches.told is None and not (patches.stale and patches.scan_known):
        found = silence(known, "updates")
    else:
        found = unsure("updates_stale" if patches.scan_known else "updates_scan_unknown", "updates_in_time")
    if patches.listed is None or not patches.list_old:
        return found
    old = ("updates_list_old", {"day": as_day(patches.listed)})
    return msgspec.structs.replace(found, reasons=(*found.reasons, old))


def automatic_updates(known: Known, policy: Policy) -> Found:
    """Whether they come by themselves."""
    row = first_of(known, "automatic_updates")
    if row is None:
        return silence(known, "automatic_updates")
    disabled = f"{row.get('disabled_services') or ''}".replace(",", " ").split()
    stopped = [name for name in disabled if name.casefold() in _NEEDED_SERVICES]
    if stopped:
        return bad("automatic_stopped", names=as_names(stopped))
    mode = row.get("mode")
    until = None if mode == "off" else _paused(row, known.today)
    if until is not None and (known.today is None or (until - known.today).days > _LONGEST_PAUSE):
        return bad("automatic_paused_long", day=as_day(until), most=as_text(_LONGEST_PAUSE))
    found = _by_mode(known, policy, row)
    if until is None:
        return found
    return msgspec.structs.replace(found, reasons=(*found.reasons, ("automatic_paused", {"day": as_day(until)})))


def _paused(row: Values, today: date | None) -> date | None:
    """The last day of a pause that runs."""
    try:
        until = date.fromisoformat(f"{row.get('paused_until') or ''}")
    except ValueError:
        return None
    return until if today is None or until >= today else None


def _by_mode(known: Known, policy: Policy, row: Values) -> Found:
    mode = row.get("mode")
    if mode == "automatic" or (mode in {"download", "notify"} and policy.automatic_updates == "not_off"):
        found = met("automatic" if mode == "automatic" else "automatic_asked")
        is_late = known.patches is not None and known.patches.state is PatchState.FROZEN
        if is_late or any(one.get("state") == "frozen" for one in rows_of(known, "freeze") or ()):
            return Found(Verdict.MET, (*found.reasons, ("updates_frozen", {})), "updates_frozen")
        return found
    if mode == "off":
        return bad("automatic_off")
    return bad("automatic_asked") if mode in {"download", "notify"} else unsure("automatic_not_told")
