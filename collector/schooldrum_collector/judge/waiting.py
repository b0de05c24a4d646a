"""Which security updates a PC lacks, and for how many days of being on: what is remembered from look to look.

What counts is how long the oldest missing one has waited *while the PC was on*: so each look at a PC adds its day to
what is missing then. A pupil's PC that was off all summer is not late in September.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from schooldrum_collector.judge.builds import Missing, patch_day
from schooldrum_wire.section import Values

_MOST_KEYS = 500
_DAY_SECONDS = 86400
_DAYS_GONE = 7
"""Days of being on after which even a disk that forgets has surely kept what was installed."""
_CUMULATIVE_BUILD = 10240
"""Windows 10, the first whose revision moves with every cumulative update."""
_BEFORE_PREVIEWS = 14
"""Days after a patch day on which the newest build of a list is that day's: previews of the coming month are later."""
RESTART = "restart"
"""Stands for whatever was installed and waits for a restart, where its name was never told."""
_RESTART_FOR = frozenset({"servicing", "windows_update", "package", "kernel"})
"""Who speaks of updates of the system itself."""


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """A missing update: the day it was first missed, and on how many days the PC was on since, that one included.

    `before`: it may have been missing before that day, for nobody had looked, or the list had not known it.
    `published` is its day of publication, or that of what it took the place of; None where that was not told.
    `gone`: on so many days since it was last told nobody told of it, and nothing shows that it was installed.
    """

    since: date
    days: int
    before: bool = False
    published: date | None = None
    gone: int = 0


class Installed(msgspec.Struct, frozen=True, array_like=True):
    """What was known of installations on a day: the last one (a day of the PC's clock) and the revision in effect."""

    day: date
    success: str
    revision: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a machine between two looks; the empty one is that of a new machine.

    `looked` is the day of the newest look; `success` the last installation known then. `told`: the PC has said once
    what waits, so what it says newly is new. `read` is what was installed when the PC last told anew what waits.
    `stands` is the day on which its revision was first seen. `maybe` is the one build it is behind by, which may be a
    preview, and since when: counted from there once a second one proves that security is missing. `undone` is what
    waited for a restart that brought no newer revision: Windows may have taken it back, and offer it again. `listed`
    are those of `pending` that the list alone ever named. `searched` is the day of the PC's last search, and on how
    many days it was on since; before it was watched, all days count.
    """

    pending: dict[str, Pending] = {}
    looked: date | None = None
    success: str = ""
    revision: int = 0
    told: bool = False
    read: Installed | None = None
    stands: date | None = None
    maybe: tuple[str, Pending] | None = None
    undone: Pending | None = None
    listed: tuple[str, ...] = ()
    searched: tuple[date, int] | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's sections, as the store has them: the row of each, None where it never came.

    `updates` None: what waits was never told, or what was told of it is overtaken. `well`: the newest run of that probe
    answered, else they are those of the last that did; `anew`: it has answered since the look before.
    """

    system: Values | None = None
    automatic: Values | None = None
    history: Values | None = None
    updates: Sequence[Values] | None = None
    hotfixes: Sequence[Values] = ()
    well: bool = True
    anew: bool = True


def seen_in(
    sections: Mapping[str, Sequence[Values]], *, well: bool = True, anew: bool = True, skew: float = 0.0
) -> Seen:
    """What is asked of a machine's sections, by their names.

    `skew` is how many seconds the PC's clock is ahead: by whole days a search was that much earlier than it says.
    """

    def first(name: str) -> Values | None:
        rows = sections.get(name)
        return rows[0] if rows else None

    return Seen(
        system=first("operating_system"),
        automatic=first("automatic_updates"),
        history=_searched_before(first("update_history"), int(skew // _DAY_SECONDS)),
        updates=sections.get("updates"),
        hotfixes=sections.get("hotfixes") or (),
        well=well,
        anew=anew,
    )


def _searched_before(history: Values | None, days: int) -> Values | None:
    scan = day_in(history, "last_scan")
    if history is None or scan is None or days < 1 or scan.toordinal() <= days:
        return history
    return {**history, "last_scan": (scan - timedelta(days=days)).isoformat()}


def _key(row: Values) -> str:
    return f"{row.get('update')} {row.get('installed') or ''}".rstrip()


def _listed(by_list: Missing | None) -> frozenset[str]:
    """What surely is missing by the list, each by its article where that is known: so the PC itself calls it."""
    return frozenset(by_list.names.get(key, key) for key in by_list.security) if by_list else frozenset()


def missing_now(seen: Seen, by_list: Missing | None) -> frozenset[str]:
    """The keys of every security update that is missing, by both signs.

    A Linux package is named with its installed version: a newer fix on top of a missing one does not begin anew.
    """
    told = {_key(row) for row in seen.updates or () if row.get("kind") == "security"}
    return frozenset(sorted(told | _listed(by_list))[:_MOST_KEYS])


def follow(
    before: Waiting,
    seen: Seen,
    by_list: Missing | None,
    day: date,
    *,
    frozen: bool | None = None,
    today: date | None = None,
) -> Waiting:
    """What is remembered after a look at a machine on this day (the school's), on which it was on.

    To be called at every result of the probe `updates`, at least once on each day the machine is heard. Looks from the
    past (backlog) change nothing; what was remembered while the collector's clock was ahead of `today` goes on from
    today. On Windows a monthly update takes the place of the one before: where something is gone from the list and was
    not installed, what takes its place has waited as long. What is gone without a sign that anything was installed, or
    waits for a restart, is missing still: once the newest list and the PC's searches of more than a week of use know
    nothing of it, nobody can say. What is gone from a PC whose disk forgets (`frozen`) comes back at its next start, so
    it is kept for a while. What the list alone named, and names no more, was withdrawn from it. What a search after a
    gap finds may have waited since the search before.
    """
    before = _renamed(_not_ahead(before, today), by_list)
    if before.looked is not None and day < before.looked:
        return before
    another_day = day != before.looked
    now = _installed(seen, day)
    then = before.read or Installed(before.looked or day, before.success, before.revision)
    seen = believed(before, seen, day)
    keys = missing_now(seen, by_list)
    is_windows = (seen.system or {}).get("system") == "windows"
    awaits = _awaits_restart(seen)
    # A hotfix is in the list of installed ones before the restart that brings it into effect.
    there = frozenset() if awaits or frozen else frozenset(f"{row.get('update')}" for row in seen.hotfixes)
    withdrawn = _withdrawn(before, by_list, now.revision)
    kept = {key: one for key, one in before.pending.items() if key not in withdrawn}
    gone = {key: one for key, one in sorted(kept.items()) if key not in keys | there and key != RESTART}
    if frozen:
        came = _outlasted(before, now.revision, another_day=another_day)
    else:
        came = _was_installed(then, now, seen, awaits=awaits)
    takes_place = is_windows and before.looked is not None and not came
    restart = before.pending.get(RESTART)
    undone = before.undone if awaits or restart is None else restart
    heir = (_heir(gone.values()) or undone) if takes_place else None
    if not is_windows:
        # A package that waits in another version than before was installed in between.
        packages = {key.partition(" ")[0] for key in keys}
        gone = {key: one for key, one in gone.items() if key.partition(" ")[0] not in packages}
    listed, published = _listed(by_list), _published(seen, day)
    searched = _searched(before, seen, day, another_day=another_day)
    corrected = _heir(before.pending[key] for key in withdrawn) or _from_maybe(before)
    pending: dict[str, Pending] = {}
    for key in sorted(keys):
        known = before.pending.get(key) or heir or (corrected if key in listed and takes_place else None)
        if known is None:
            # What a list of builds names newly was published before that list, nobody knows how long.
            is_open = not before.told or key in listed
            first_seen = Pending(day, 1, before=is_open, published=published.get(key))
            pending[key] = (
                first_seen if key in listed else _after_gap(first_seen, before, searched, another_day=another_day)
            )
        else:
            first = _first_published(known, published.get(key))
            pending[key] = msgspec.structs.replace(known, days=known.days + another_day, published=first, gone=0)
    is_replaced = heir is not None and bool(pending.keys() - before.pending.keys())
    stays = not came and (frozen or (not is_replaced and _nothing_came(then, now)))
    # Withdrawn by its maker, of a program that is gone, or hidden by a person: nobody can say, and it waits no longer.
    is_over = (
        is_windows and not frozen and not keys and not awaits and _is_newest(by_list, day) and _searches(seen, day)
    )
    for key, one in list(gone.items())[: _MOST_KEYS - len(keys)] if stays else ():
        silent = one.gone + another_day
        if is_over and silent > _DAYS_GONE:
            pending[key] = msgspec.structs.replace(one, days=1, before=True, published=None, gone=silent)
        elif (is_windows and not frozen) or silent <= _DAYS_GONE:
            # A day's first look is often at what was told the day before, so it counts although nobody tells of it.
            pending[key] = msgspec.structs.replace(one, days=one.days + another_day, gone=silent)
    if awaits and not frozen and not _is_newest(by_list, day):
        # Windows' newer revision is there after a restart alone: what waits then is something else.
        known = None if is_windows and now.revision != then.revision else restart
        installed = gone.values() if is_windows and not (came or stays or is_replaced) else ()
        oldest = _heir((*installed, *((known,) if known else ())))
        pending[RESTART] = (
            msgspec.structs.replace(oldest, days=oldest.days + another_day) if oldest else Pending(day, 1)
        )
    return Waiting(
        pending=pending,
        looked=day,
        success=now.success,
        revision=now.revision,
        told=before.told or seen.updates is not None,
        read=now if seen.well and seen.anew and seen.updates is not None else before.read,
        stands=before.stands if before.stands and now.revision == before.revision else day,
        maybe=_maybe(before, by_list, day, another_day=another_day),
        undone=_undone(before, None if awaits else restart, another_day=another_day)
        if takes_place and not is_replaced
        else None,
        listed=_by_list_alone(before, pending, missing_now(seen, None), listed),
        searched=searched,
    )


def _withdrawn(before: Waiting, by_list: Missing | None, revision: int) -> frozenset[str]:
    """What the list alone named, and names no more for the same revision: it never was, or mends no security."""
    if by_list is None or not revision or revision != before.revision:
        return frozenset()
    still = set(_listed(by_list))
    if not by_list.told_apart:
        still.update(by_list.names.get(key, key) for key in by_list.keys)
    return frozenset(before.listed) & before.pending.keys() - still


def _by_list_alone(
    before: Waiting, pending: Mapping[str, Pending], told: frozenset[str], listed: frozenset[str]
) -> tuple[str, ...]:
    new = listed - before.pending.keys()
    return tuple(sorted(key for key in pending if key not in told and (key in new or key in before.listed)))


def _searched(before: Waiting, seen: Seen, day: date, *, another_day: bool) -> tuple[date, int] | None:
    scan, known = day_in(seen.history, "last_scan"), before.searched
    if known is not None and (scan is None or scan <= known[0] or scan > day + timedelta(days=1)):
        return known[0], known[1] + another_day
    if scan is None or scan > day + timedelta(days=1):
        return None
    return scan, max(0, (day - scan).days)


def _after_gap(one: Pending, before: Waiting, searched: tuple[date, int] | None, *, another_day: bool) -> Pending:
    """What a search has found newly: after a gap it may have waited since the one before, or since it came out."""
    if before.searched is None or searched is None or searched[0] <= before.searched[0]:
        return one
    gap = before.searched[1] + another_day
    if one.published is None:
        return msgspec.structs.replace(one, before=one.before or gap > _DAYS_GONE)
    days = max(1, min(gap, (one.since - one.published).days + 1))
    if days == 1:
        return one
    since = min(one.since, max(one.published, before.searched[0] + timedelta(days=1)))
    return msgspec.structs.replace(one, since=since, days=days)


def _searches(seen: Seen, day: date) -> bool:
    """Whether the PC has told well what waits, by a search of the last days."""
    scan = day_in(seen.history, "last_scan")
    return seen.well and seen.updates is not None and scan is not None and (day - scan).days < _DAYS_GONE


def believed(waiting: Waiting, seen: Seen, day: date) -> Seen:
    """Without what the PC told of its updates before it installed some, while it has not been able to tell anew."""
    if seen.well or waiting.read is None or not _was_installed(waiting.read, _installed(seen, day), seen):
        return seen
    return msgspec.structs.replace(seen, updates=None)


def _not_ahead(before: Waiting, today: date | None) -> Waiting:
    """What is missing stays so; a day that is still to come is none on which anything can have been seen."""
    if today is None or before.looked is None or before.looked <= today:
        return before
    pending = {key: msgspec.structs.replace(one, since=min(one.since, today)) for key, one in before.pending.items()}
    read = before.read and msgspec.structs.replace(before.read, day=min(before.read.day, today))
    stands = before.stands and min(before.stands, today)
    searched = before.searched and (min(before.searched[0], today), before.searched[1])
    return msgspec.structs.replace(
        before, pending=pending, looked=today, read=read, stands=stands, maybe=None, searched=searched
    )


def _renamed(before: Waiting, by_list: Missing | None) -> Waiting:
    """With the article's name of what the list alone had named before; of two for the same, the older."""
    names = by_list.names if by_list else {}
    if not names.keys() & before.pending.keys():
        return before
    pending: dict[str, Pending] = {}
    for key, one in before.pending.items():
        name = names.get(key, key)
        pending[name] = max(one, pending.get(name, one), key=lambda known: (known.days, known.before))
    listed = tuple(names.get(key, key) for key in before.listed)
    return msgspec.structs.replace(before, pending=pending, listed=listed)


def _maybe(before: Waiting, by_list: Missing | None, day: date, *, another_day: bool) -> tuple[str, Pending] | None:
    if by_list is None or not by_list.may_be_preview:
        return None
    key = by_list.keys[0]
    if before.maybe is not None and before.maybe[0] == key:
        known = before.maybe[1]
        return key, msgspec.structs.replace(known, days=known.days + another_day)
    # Of a list from the second half of a month the newest build is the preview, so nothing is counted from it.
    is_of_patch_day = (by_list.as_of - patch_day(by_list.as_of)).days < _BEFORE_PREVIEWS
    return (key, Pending(day, 1, before=True)) if is_of_patch_day else None


def _undone(before: Waiting, restarted: Pending | None, *, another_day: bool) -> Pending | None:
    if restarted is not None:
        return msgspec.structs.replace(restarted, gone=0)
    one = before.undone
    if one is None or one.gone + another_day > _DAYS_GONE:
        return None
    return msgspec.structs.replace(one, days=one.days + another_day, gone=one.gone + another_day)


def _from_maybe(before: Waiting) -> Pending | None:
    return before.maybe[1] if before.maybe else None


def _is_newest(by_list: Missing | None, day: date) -> bool:
    """Whether the newest revision there is on this day is in effect, by the list."""
    return by_list is not None and not by_list.keys and by_list.as_of >= patch_day(day)


def _awaits_restart(seen: Seen) -> bool:
    row = seen.automatic or {}
    reasons = f"{row.get('restart_reasons') or ''}".split()
    return row.get("restart_pending") is True and (not reasons or bool(_RESTART_FOR.intersection(reasons)))


def _whole(row: Values | None, name: str) -> int:
    value = (row or {}).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _installed(seen: Seen, day: date) -> Installed:
    return Installed(day, str((seen.history or {}).get("last_success") or ""), _whole(seen.system, "revision"))


def _outlasted(before: Waiting, revision: int, *, another_day: bool) -> bool:
    """Whether a newer revision has come to a disk that forgets while it did not: one that came by day may not stay."""
    return another_day and revision > before.revision


def _was_installed(then: Installed, now: Installed, seen: Seen, *, awaits: bool = False) -> bool:
    """Whether what is gone since then may have been installed, and be in effect."""
    if now.revision != then.revision:
        return True
    if now.success <= then.success:
        return False
    if not now.revision and (seen.hotfixes or awaits) and (seen.system or {}).get("system") == "windows":
        # What was installed stands there by name, and is taken away by that; or it is not in effect yet.
        return False
    # Something was. It was no cumulative update where the revision stands still, or one that waits for a restart: what
    # takes its place goes on waiting, or a PC whose restart is always pending would never be late.
    return not (now.revision and _whole(seen.system, "build") >= _CUMULATIVE_BUILD)


def _nothing_came(then: Installed, now: Installed) -> bool:
    """Whether nothing at all was installed since then; where no day is told, or that very day, nobody can say."""
    is_same = now.success == then.success and now.revision == then.revision
    return is_same and bool(now.success) and now.success < then.day.isoformat()


def _heir(gone: Iterable[Pending]) -> Pending | None:
    """What takes the place of these has waited as long as the oldest of them, and was published as early."""
    some = tuple(gone)
    oldest = max(some, key=lambda one: (one.days, one.before), default=None)
    if oldest is None or oldest.published is None:
        return oldest
    return msgspec.structs.replace(oldest, published=min(one.published for one in some if one.published is not None))


def _first_published(known: Pending, told: date | None) -> date | None:
    """The oldest day of publication; one after it was first missed is that of another update, which took its place."""
    if known.published is None:
        return told if told is not None and told <= known.since else None
    return known.published if told is None else min(known.published, told)


def _published(seen: Seen, on: date) -> dict[str, date]:
    days = {_key(row): day_in(row, "published") for row in seen.updates or () if row.get("kind") == "security"}
    return {key: day for key, day in days.items() if day is not None and day <= on}


def day_in(row: Values | None, name: str) -> date | None:
    """The day in a column of a row; None where there is none."""
    try:
        return date.fromisoformat(str((row or {}).get(name)))
    except ValueError:
        return None
