"""How the checks about a PC's updates stand: its system's support, what is missing, what comes by itself."""

from datetime import date

import msgspec

from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture_found import (
    NOT_YET,
    Found,
    Known,
    Verdict,
    as_day,
    as_names,
    as_text,
    bad,
    first_of,
    is_frozen,
    met,
    rows_of,
    silence,
    unsure,
)
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.support import Proof, Support, SupportState, system_name
from schooldrum_collector.judge.update_errors import update_error
from schooldrum_collector.judge.way_out import Way
from schooldrum_wire.section import Value, Values

_NEEDED_SERVICES = frozenset({"wuauserv", "usosvc"})
"""Without one of these Windows never searches; without the others it only takes longer."""
_SPECIAL = {
    PatchState.FROZEN: "updates_frozen",
    PatchState.RESTART: "updates_restart",
    PatchState.REFUSED: "updates_refused",
}
_STEPS_OF = {
    "service_disabled": "automatic_stopped",
    "access_disabled": "automatic_closed",
    "blocked": "automatic_blocked",
    "choice": "automatic_choice",
    "policy": "automatic_policy",
    "paused": "updates_paused",
    "error dpkg": "updates_dpkg",
    "not_installed": "automatic_choice",
    "timer_masked": "automatic_timer",
    "timer_off": "automatic_timer",
    "periodic_off": "automatic_periodic",
    "lists_not_refreshed": "automatic_choice",
    "own_server": "updates_server",
}
"""Steps by what refuses updates, but for the errors of Windows Update."""
_ERROR = "error "
_OFF_BY = {
    "access_disabled": "automatic_closed",
    "timer_masked": "automatic_timer",
    "timer_off": "automatic_timer",
    "periodic_off": "automatic_periodic",
}
"""The sentence for what switches automatic updates off, where it has one of its own."""
_LONGEST_PAUSE = 35
"""Days for which Windows itself lets people pause updates; a longer pause was written by hand."""


def _system(support: Support) -> Words:
    return as_text(system_name(support) or "?")


def supported_system(known: Known, policy: Policy) -> Found:
    """Whether its system gets security updates."""
    support = known.support
    if support is None:
        return silence(known, "operating_system")
    name = _system(support)
    if support.state is SupportState.UNKNOWN:
        return _system_not_sure(support, policy)
    steps = _steps_out(known)
    if support.until is None:
        open_end = met("system_supported_open", name=name)
        return open_end if support.counts_as_met else bad("system_ended", steps, name=name)
    values = {"name": name, "day": as_day(support.until)}
    if support.counts_as_met:
        return met("system_extended" if support.state is SupportState.EXTENDED else "system_supported", **values)
    found = bad("system_ended_on", steps, **values)
    if support.bought is not None:
        # A later year may have been bought, and nothing of it shows yet.
        was_bought = support.proof is Proof.PROVEN
        reason = "system_extended_until" if was_bought else "system_ended_bought"
        found = bad(reason, steps, **values, bought=as_day(support.bought))
    held = (first_of(known, "automatic_updates") or {}).get("held_at")
    if held and not steps and support.product.startswith("Windows"):
        found = _with(bad(found.reasons[0][0], "system_held", **found.reasons[0][1]), "system_held", name=as_text(held))
    if support.planned is None:
        return found
    plan = ("system_planned", {"day": as_day(support.planned)})
    return msgspec.structs.replace(found, reasons=(*found.reasons, plan))


def _system_not_sure(support: Support, policy: Policy) -> Found:
    """Why nobody can say whether it is supported: by the list, by the day, then by what the PC tells."""
    name = _system(support)
    if support.newer_than is not None:
        return unsure("system_newer", name=name, day=as_day(support.newer_than))
    if support.proof is Proof.UNKNOWN:
        return unsure("system_list_old", name=name)
    if support.shows_from is not None and support.until is not None:
        until, since = as_day(support.until), as_day(support.shows_from)
        return unsure("system_next_year", name=name, day=until, since=since, most=as_text(policy.most_patch_days))
    return unsure("system_revision_not_told" if support.proof is Proof.NOT_PROVEN else "system_not_listed", name=name)


def _steps_out(known: Known) -> str:
    if known.way is None or not known.way.is_bought:
        return ""
    if known.way.way is not Way.ESU:
        return "system_replaced"
    return "system_bought_after" if known.way.first else "system_bought"


def _count_days(count: int) -> Words:
    return Words(f"{count} ngày", "1 day" if count == 1 else f"{count} days")


def _patch_values(patches: Patches, policy: Policy) -> dict[str, Words]:
    days = _count_days(patches.age_days) if patches.age_days else Words("một phần ngày", "part of a day")
    if patches.at_least or not patches.age_days:
        days = Words(f"ít nhất {days.vi}", f"at least {days.en}")
    lacking = Words(f"Thiếu {patches.count} bản cập nhật bảo mật", f"Security updates missing: {patches.count}")
    if not patches.security_alone:
        lacking = Words(
            f"Thiếu {patches.count} bản cập nhật, trong đó có bản bảo mật",
            f"Updates missing: {patches.count}, security updates among them",
        )
    if patches.restart and patches.missing == 1 and not patches.told and not patches.behind:
        lacking = Words("Bản vá đã cài mà chưa có hiệu lực", "Updates are installed and not in force")
    values = {"days": days, "count": as_text(patches.count), "most": as_text(policy.most_patch_days)}
    return {**values, "lacking": lacking}


def _with(found: Found, reason: str, **values: Words) -> Found:
    return msgspec.structs.replace(found, reasons=(*found.reasons, (reason, values)))


def _published(found: Found, patches: Patches) -> Found:
    """With the day of publication where the PC tells it."""
    if patches.published is None or patches.published_days is None:
        return found
    if not patches.published_days:
        return _with(found, "updates_published_today")
    days = _count_days(patches.published_days)
    return _with(found, "updates_published", day=as_day(patches.published), days=days)


def updates_in_time(known: Known, policy: Policy) -> Found:
    """Whether they are installed in time."""
    patches = known.patches
    if patches is None:
        return silence(known, "updates")
    in_time = patches.in_time(policy.most_patch_days)
    if in_time is None:
        if not patches.undecided:
            return _not_sure(known, patches)
        return _published(
            unsure("updates_first_look", _steps(known, patches), **_patch_values(patches, policy)), patches
        )
    values = _patch_values(patches, policy)
    if in_time:
        found = _published(met("updates_waiting" if patches.missing else "updates_none", **values), patches)
        return _with(found, "updates_restart") if patches.restart else found
    found = _published(bad("updates_late", _steps(known, patches), **values), patches)
    if held := _held(known):
        found = _with(found, "updates_held", names=as_names(held))
    if patches.unread is not None:
        found = _with(found, "updates_unread", day=as_day(patches.unread))
    if _is_server_dead(patches):
        return _with(found, "updates_server_dead")
    if patches.state is PatchState.REFUSED and patches.because:
        return _refused(found, patches.because)
    return _with(found, _SPECIAL[patches.state]) if patches.state in _SPECIAL else found


def _refused(found: Found, because: tuple[str, ...]) -> Found:
    """With a sentence for each kind of refusal."""
    errors = [one.removeprefix(_ERROR) for one in because if one.startswith(_ERROR)]
    if any(one != "paused" and not one.startswith(_ERROR) for one in because):
        found = _with(found, "updates_refused")
    if "paused" in because:
        found = _with(found, "updates_paused")
    for error in errors:
        known = update_error(error)
        if error == "dpkg":
            found = _with(found, "updates_dpkg")
        elif known is None:
            found = _with(found, "updates_error", code=as_text(error))
        else:
            found = _with(found, "updates_error_known", code=as_text(error), meaning=known.meaning)
    return found


def _steps(known: Known, patches: Patches) -> str:
    """What to do about missing updates, whether or not it is known yet that they are late."""
    # What the list alone knows of is not offered to a PC whose support has ended.
    if patches.ended and not patches.told and not _may_be_bought(known):
        return "updates_ended"
    if is_frozen(known):
        return "updates_frozen"
    if _held(known) and "error dpkg" not in patches.because:
        return "updates_held"
    if patches.because and patches.state is not PatchState.RESTART:
        return _steps_against(patches.because)
    if patches.idle and patches.state is PatchState.WAITING and not patches.told:
        return "updates_idle"
    return _SPECIAL.get(patches.state, "updates_in_time")


def _steps_against(because: tuple[str, ...]) -> str:
    """What to do first about what refuses updates."""
    # While packages are half installed nothing else can be; an error may be from before they were switched off.
    first = min(because, key=lambda one: (one != "error dpkg", one.startswith(_ERROR)))
    if first in _STEPS_OF or not first.startswith(_ERROR):
        return _STEPS_OF.get(first, "updates_refused")
    error = update_error(first.removeprefix(_ERROR))
    return "updates_failing" if error is None else error.fix


def _held(known: Known) -> list[Value]:
    """The packages with a security update that waits and which this PC is told to keep at their old version."""
    rows = rows_of(known, "updates") or ()
    return [row.get("update") for row in rows if row.get("kind") == "security" and row.get("held") is True]


def _may_be_bought(known: Known) -> bool:
    """Whether a later year of the support that this PC has shown may have been bought, and nothing shows it yet."""
    return known.support is not None and known.support.proof is Proof.PROVEN and known.support.bought is not None


def _not_sure(known: Known, patches: Patches) -> Found:
    """Why nobody can say that nothing is missing: by the system, by the PC's own search, then by the list."""
    if patches.ended and known.support is not None and not _may_be_bought(known):
        return _gets_no_more(known, known.support, patches)
    if (patches.ended or not patches.support_known) and patches.told is not None and not patches.stale:
        return unsure("updates_support_unknown", _steps(known, patches) if patches.ended else "")
    if patches.unread is not None:
        found = _unread(known, patches.unread)
    elif not patches.stale and (withheld := _withheld(known, patches)) is not None:
        found = withheld
    elif patches.told is None and not (patches.stale and patches.scan_known):
        found = silence(known, "updates")
        if not found.fix and found.reasons[0][0] != NOT_YET:
            # Nothing to ask, as on a Linux that has never fetched its lists: a search by hand brings it.
            found = msgspec.structs.replace(found, fix=_steps(known, patches))
    else:
        found = unsure("updates_stale" if patches.scan_known else "updates_scan_unknown", _steps(known, patches))
    if _is_server_dead(patches):
        found = _with(found, "updates_server_dead")
    if patches.may_be_preview:
        found = _with(found, "updates_maybe")
    if patches.listed is None or not patches.list_old:
        return found
    return _with(found, "updates_list_old", day=as_day(patches.listed))


def _withheld(known: Known, patches: Patches) -> Found | None:
    """Why that nothing is offered to the PC proves nothing; None where it does."""
    if patches.idle:
        return unsure("updates_idle", "updates_idle")
    if patches.told is None:
        return None
    if patches.stuck is not None:
        return _refused(unsure("updates_stuck", _steps(known, patches), day=as_day(patches.stuck)), patches.because)
    if patches.deferred:
        return unsure("updates_deferred", "updates_deferred", days=_count_days(patches.deferred))
    return None


def _unread(known: Known, day: date) -> Found:
    """What waits was told once, and cannot be read any more."""
    why = silence(known, "updates")
    found = unsure("updates_unread", why.fix or "failed", day=as_day(day))
    return found if why.reasons[0][0] == NOT_YET else _with(found, why.reasons[0][0])


def _is_server_dead(patches: Patches) -> bool:
    return "own_server" in patches.because and patches.state is not PatchState.RESTART


def _gets_no_more(known: Known, support: Support, patches: Patches) -> Found:
    """Of a PC past its support; of what waits nothing is said where it has told nothing of that."""
    name = _system(support)
    if patches.told is not None:
        return unsure("updates_ended", "updates_ended", name=name)
    untold = silence(known, "updates")
    return Found(Verdict.UNKNOWN, (*untold.reasons, ("updates_no_more", {"name": name})), "updates_ended")


def automatic_updates(known: Known, policy: Policy) -> Found:
    """Whether they come by themselves."""
    row = first_of(known, "automatic_updates")
    if row is None:
        return silence(known, "automatic_updates")
    disabled = f"{row.get('disabled_services') or ''}".replace(",", " ").split()
    stopped = [name for name in disabled if name.casefold() in _NEEDED_SERVICES]
    if stopped:
        return bad("automatic_stopped", "automatic_stopped", names=as_names(stopped))
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
        if is_frozen(known):
            return Found(Verdict.MET, (*found.reasons, ("updates_frozen", {})), "updates_frozen")
        return found
    why = f"{row.get('why') or ''}"
    if mode == "off":
        return bad(_OFF_BY.get(why, "automatic_off"), _STEPS_OF.get(why, ""))
    if mode in {"download", "notify"}:
        # A policy that only asks is another one than that which switches off.
        if why == "policy":
            return bad("automatic_asked_policy", "automatic_asked_policy")
        return bad("automatic_asked", _STEPS_OF["choice"] if why in {"choice", "default"} else "")
    return unsure("automatic_not_told")
