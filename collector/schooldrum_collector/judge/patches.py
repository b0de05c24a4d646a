"""How far a PC is behind with security updates, since when, and why: two signs that do not depend on each other.

One sign is what the PC itself says waits (Windows Update Agent, apt, dnf); the other is the list of Windows' builds.
What counts is how long the oldest missing one has waited *while the PC was on*: so each look at a PC adds its day to
what is missing then. A pupil's PC that was off all summer is not late in September. Whole days count alone: looks five
minutes before midnight and after it touch two days and prove none.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from schooldrum_collector.judge.builds import Missing, patch_day
from schooldrum_wire.catalogue.updates import (
    BUILDS_BEHIND,
    PATCH_AGE_SECONDS,
    PATCH_STATE,
    SECURITY_UPDATES_PENDING,
)
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Values

GRACE_DAYS = 14
"""Days of being on that an update may take: Windows itself spreads them over two weeks."""
STALE_SCAN_DAYS = 30
_NO_ANSWER = frozenset({"0x80072ee2", "0x80072ee7", "0x80072efd", "0x80240438", "0x8024402c", "0x80244022"})
"""Errors of Windows Update whose server was not reached: no connection, no such name, or 503."""
_MOST_KEYS = 500
_DAYS_GONE = 7
"""Days of being on after which even a disk that forgets has surely kept what was installed."""
_CUMULATIVE_BUILD = 10240
"""Windows 10, the first whose revision moves with every cumulative update."""
_DAY_SECONDS = 86400


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """A missing update: the day it was first missed, and on how many days the PC was on since, that one included.

    `before`: it may have been missing before that day, for nobody had looked, or the list had not known it.
    `published` is its day of publication, or that of what it took the place of; None where that was not told.
    `gone`: on so many days since it was last told nobody told of it, on a PC whose disk forgets.
    """

    since: date
    days: int
    before: bool = False
    published: date | None = None
    gone: int = 0


class Waiting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a machine between two looks; the empty one is that of a new machine.

    `looked` is the day of the newest look; `success` the last installation known then. `told`: the PC has said once
    what waits, so what it says newly is new.
    """

    pending: dict[str, Pending] = {}
    looked: date | None = None
    success: str = ""
    revision: int = 0
    told: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's sections, as the store has them: the row of each, None where it never came.

    `updates` None: what waits was never told. `hotfixes` are needed for `judge.builds.missing` alone.
    """

    system: Values | None = None
    automatic: Values | None = None
    history: Values | None = None
    updates: Sequence[Values] | None = None


def seen_in(sections: Mapping[str, Sequence[Values]]) -> Seen:
    """What is asked of a machine's sections, by their names."""

    def first(name: str) -> Values | None:
        rows = sections.get(name)
        return rows[0] if rows else None

    return Seen(
        system=first("operating_system"),
        automatic=first("automatic_updates"),
        history=first("update_history"),
        updates=sections.get("updates"),
    )


def _key(row: Values) -> str:
    return f"{row.get('update')} {row.get('installed') or ''}".rstrip()


def missing_now(seen: Seen, by_list: Missing | None) -> frozenset[str]:
    """The keys of every security update that is missing, by both signs.

    A Linux package is named with its installed version: a newer fix on top of a missing one does not begin anew.
    """
    told: set[str] = set(by_list.security if by_list else ())
    for row in seen.updates or ():
        if row.get("kind") == "security":
            told.add(_key(row))
    return frozenset(sorted(told)[:_MOST_KEYS])


def follow(before: Waiting, seen: Seen, by_list: Missing | None, day: date, *, frozen: bool | None = None) -> Waiting:
    """What is remembered after a look at a machine on this day (the school's), on which it was on.

    To be called at every result of the probe `updates`, at least once on each day the machine is heard. Looks from the
    past (backlog) change nothing. On Windows a monthly update takes the place of the one before: where something is
    gone from the list and was not installed, what takes its place has waited as long. What is gone from a PC whose disk
    forgets (`frozen`) comes back at its next start, so it is kept for a while.
    """
    if before.looked is not None and day < before.looked:
        return before
    another_day = day != before.looked
    keys = missing_now(seen, by_list)
    success = str((seen.history or {}).get("last_success") or "")
    revision = _whole(seen.system, "revision")
    gone = {key: one for key, one in sorted(before.pending.items()) if key not in keys}
    came = _may_be_installed(before, seen, success, frozen=frozen is True)
    is_windows = (seen.system or {}).get("system") == "windows"
    heir = _heir(gone.values()) if is_windows and before.looked is not None and not came else None
    listed = frozenset(by_list.security if by_list else ())
    published = _published(seen, day)
    pending: dict[str, Pending] = {}
    for key in sorted(keys):
        known = before.pending.get(key) or heir
        if known is None:
            # What a list of builds names newly was published before that list, nobody knows how long.
            is_open = not before.told or key in listed
            pending[key] = Pending(day, 1, before=is_open, published=published.get(key))
        else:
            first = _first_published(known, published.get(key))
            pending[key] = msgspec.structs.replace(known, days=known.days + another_day, published=first, gone=0)
    if frozen and not came:
        for key, one in list(gone.items())[: _MOST_KEYS - len(keys)]:
            if one.gone + another_day <= _DAYS_GONE:
                pending[key] = msgspec.structs.replace(one, gone=one.gone + another_day)
    told = before.told or seen.updates is not None
    return Waiting(pending=pending, looked=day, success=success, revision=revision, told=told)


def _whole(row: Values | None, name: str) -> int:
    value = (row or {}).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _may_be_installed(before: Waiting, seen: Seen, success: str, *, frozen: bool) -> bool:
    """Whether what is gone since the look before may have been installed, so that it stays."""
    revision = _whole(seen.system, "revision")
    if revision != before.revision:
        return True
    if frozen or success <= before.success:
        return False
    # Something was installed. It was no cumulative update where the revision stands still and no restart is awaited.
    tells = revision and _whole(seen.system, "build") >= _CUMULATIVE_BUILD
    return not tells or (seen.automatic or {}).get("restart_pending") is True


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


class PatchState(enum.StrEnum):
    """How a PC stands, one word.

    `current`: nothing is missing, or not for long. `restart`: installed, and waits for a restart. `off`: missing for
    long by the calendar, but the PC was hardly on. `frozen`: its disk forgets what is installed. `refused`: updates are
    switched off or fail on it. `waiting`: missing for too long, and nothing of these explains it. `unknown`: nothing is
    told, or nothing that is recent enough to say that no more is missing; or it was missing when it was first looked
    for and has not been watched for long enough.
    """

    CURRENT = "current"
    WAITING = "waiting"
    RESTART = "restart"
    OFF = "off"
    REFUSED = "refused"
    FROZEN = "frozen"
    UNKNOWN = "unknown"


class Patches(msgspec.Struct, frozen=True, kw_only=True):
    """How a PC stands with security updates.

    `age_days` counts days on which it was on, `calendar_days` all until the day of judging; both of the oldest missing
    one since it was first seen, None where neither sign says anything. Neither counts the day of that first sight or
    the one that still runs: so many whole days it has surely waited. `at_least`: one was missing already then.
    `published` is the oldest day of publication the PC tells of what is missing or of what that took the place of,
    `published_days` days before that of judging.
    `undecided`: whether it comes in time cannot be said yet, for that reason.
    `missing` counts by both signs, `told` by the PC alone, `behind` by the list (None: not known); `security` are those
    of `behind` that mend security, None where the list does not tell them apart from previews.
    `because` names what refuses: a `why` of automatic_updates, paused, error …, own_server (one that by that error does
    not answer). `stale`: its last search is long ago, or was never, or (then `scan_known` is False) it does not tell of
    one; `scanned` is its day. `own_server`: its updates come by a server of its own.
    `listed` is the day of the list that `behind` is by, `list_old`: updates came out since that should be there by now.
    `ended`: its system gets no updates any more, so that none waits proves nothing; so where it is not known whether it
    does (`support_known` is False).
    """

    state: PatchState
    age_days: int | None = None
    calendar_days: int | None = None
    missing: int = 0
    told: int | None = None
    behind: int | None = None
    security: int | None = None
    because: tuple[str, ...] = ()
    stale: bool = False
    scan_known: bool = True
    scanned: date | None = None
    own_server: bool = False
    at_least: bool = False
    published: date | None = None
    published_days: int | None = None
    undecided: bool = False
    listed: date | None = None
    list_old: bool = False
    ended: bool = False
    support_known: bool = True

    @property
    def told_all(self) -> bool:
        """Whether what the PC itself names is surely all that is missing."""
        return self.support_known and not self.ended and self.told is not None and not self.stale

    @property
    def listed_all(self) -> bool:
        """Whether what the list names is surely all that is missing."""
        return self.support_known and not self.ended and self.behind is not None and not self.list_old

    @property
    def surely_all(self) -> bool:
        """Whether one of the two signs is recent enough to say that nothing is missing but what it names."""
        return self.told_all or self.listed_all

    @property
    def count(self) -> int:
        """How many are missing, one figure for people: by the PC or by the list, whichever knows of more.

        The two are not added: the PC's own cumulative update is the newest of the list's builds. Where the list names
        nothing but what may be a preview, none is missing. Where both name nothing, a disk that forgets still lacks it.
        """
        if not self.missing or (self.told is None and self.behind is None):
            return self.missing
        by_list = self.behind if self.security is None else self.security
        return max(self.told or 0, by_list or 0) or self.missing

    @property
    def security_alone(self) -> bool:
        """Whether all of `count` surely mend security: previews are among the builds of a list that does not tell."""
        return self.security is not None or (self.told or 0) >= (self.behind or 0)

    def in_time(self, most_days: int = GRACE_DAYS) -> bool | None:
        """Whether security updates come in time; None where that is not known.

        A PC that was off is in time: what it lacks has not waited for `most_days` of its days.
        """
        if self.age_days is None or self.state is PatchState.UNKNOWN:
            return None
        if self.age_days > most_days:
            return False
        return None if self.undecided else True


def _day(row: Values | None, name: str) -> date | None:
    try:
        return date.fromisoformat(str((row or {}).get(name)))
    except ValueError:
        return None


def _refusals(seen: Seen, day: date) -> tuple[str, ...]:
    automatic, history = seen.automatic or {}, seen.history or {}
    found = []
    if automatic.get("mode") == "off":
        found.append(f"{automatic.get('why') or 'off'}")
    paused = _day(automatic, "paused_until")
    if paused is not None and paused >= day:
        found.append("paused")
    if isinstance(error := history.get("error"), str) and error:
        found.append(f"error {error}")
        # That the last search is long ago proves nothing: the PC may have been off.
        if automatic.get("own_server") is True and error.casefold() in _NO_ANSWER and not _searched_since(seen, day):
            found.append("own_server")
    return tuple(found)


def _published(seen: Seen, on: date) -> dict[str, date]:
    days = {_key(row): _day(row, "published") for row in seen.updates or () if row.get("kind") == "security"}
    return {key: day for key, day in days.items() if day is not None and day <= on}


def _last_scan(seen: Seen, day: date) -> date | None:
    """The day of the last search; None also where it says that it is still to come."""
    scan = _day(seen.history, "last_scan")
    # PCs' clocks are wrong, and the school's day is not the PC's: a day ahead is told as it is.
    return scan if scan is not None and scan - day <= timedelta(days=1) else None


def _searched_since(seen: Seen, day: date) -> bool:
    """Whether a search has succeeded after installing last failed."""
    failed, scan = _day(seen.history, "last_failure"), _last_scan(seen, day)
    return failed is not None and scan is not None and scan > failed


def _is_stale(scan: date | None, day: date) -> bool:
    return scan is None or day - scan > timedelta(days=STALE_SCAN_DAYS)


def patches_of(
    waiting: Waiting,
    seen: Seen,
    by_list: Missing | None,
    *,
    frozen: bool | None,
    ended: bool = False,
    support_known: bool = True,
    most_days: int = GRACE_DAYS,
    day: date | None = None,
    today: date | None = None,
) -> Patches:
    """How a PC stands; `waiting` as of its newest look, `frozen` whether its disk forgets, `ended` its support.

    `day` is that of the newest look unless given: kept values speak of the day they were measured on. Days by the
    calendar pass while it is off, too: they are counted until `today`, which is that day unless given.
    """
    on = day or waiting.looked
    told = None if seen.updates is None else sum(row.get("kind") == "security" for row in seen.updates)
    behind = None if by_list is None else len(by_list.keys)
    security = len(by_list.security) if by_list and by_list.told_apart else None
    if on is None or (told is None and by_list is None):
        return Patches(state=PatchState.UNKNOWN, told=told, behind=behind, ended=ended, support_known=support_known)
    now = max(on, today or on)
    scan = _last_scan(seen, on)
    because = _refusals(seen, on)
    # The day of the first sight was there for a part alone, and so is the one that still runs.
    partly = 1 if waiting.looked is not None and waiting.looked < now else 2
    age = max((one.days - partly for one in waiting.pending.values()), default=0)
    calendar = max(((now - one.since).days - 1 for one in waiting.pending.values()), default=0)
    oldest = min((one.published for one in waiting.pending.values() if one.published is not None), default=None)
    early = [one for one in waiting.pending.values() if one.before]
    # What was published within the allowance cannot have waited for longer, whenever it was first looked for.
    open_ones = [one for one in early if one.published is None or (on - one.published).days > most_days]
    found = Patches(
        state=PatchState.CURRENT,
        age_days=max(0, age),
        calendar_days=max(0, calendar),
        missing=len(waiting.pending),
        told=told,
        behind=behind,
        security=security,
        because=because,
        stale=_is_stale(scan, on),
        scan_known=scan is not None,
        scanned=scan,
        own_server=(seen.automatic or {}).get("own_server") is True,
        at_least=bool(early),
        published=oldest,
        published_days=None if oldest is None else (now - oldest).days,
        undecided=bool(open_ones) and age <= most_days,
        listed=by_list.as_of if by_list else None,
        # Of a patch day within the allowance nothing need be installed yet, so a list from before it still serves.
        list_old=by_list is not None and by_list.as_of < patch_day(on - timedelta(days=most_days + 1)),
        ended=ended,
        support_known=support_known,
    )
    return msgspec.structs.replace(found, state=_state(found, seen, frozen=frozen, most_days=most_days))


def _state(found: Patches, seen: Seen, *, frozen: bool | None, most_days: int) -> PatchState:
    if found.undecided:
        return PatchState.UNKNOWN
    if (found.age_days or 0) <= most_days:
        # A PC that has not looked for a month knows of nothing new, and neither does a list from before a patch day.
        if not found.surely_all:
            return PatchState.UNKNOWN
        return PatchState.OFF if (found.calendar_days or 0) > 2 * most_days else PatchState.CURRENT
    if frozen:
        return PatchState.FROZEN
    if (seen.automatic or {}).get("restart_pending") is True:
        return PatchState.RESTART
    return PatchState.REFUSED if found.because else PatchState.WAITING


def readings(found: Patches) -> Iterator[Reading]:
    """The state, and the age and the builds behind where they are known; no nought that proves nothing."""
    yield PATCH_STATE(1, state=found.state.value)
    if found.age_days is not None and found.state is not PatchState.UNKNOWN:
        yield PATCH_AGE_SECONDS(found.age_days * _DAY_SECONDS)
    if found.behind is not None and (found.behind or found.listed_all):
        yield BUILDS_BEHIND(found.behind)


def unproven(found: Patches) -> tuple[str, ...]:
    """The metrics of the PC's own whose nought proves nothing: it has not searched for long, or nothing comes to it."""
    return () if found.told_all else (SECURITY_UPDATES_PENDING.name,)
