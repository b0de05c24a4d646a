"""How far a PC is behind with security updates, since when, and why: two signs that do not depend on each other.

One sign is what the PC itself says waits (Windows Update Agent, apt, dnf); the other is the list of Windows' builds.
What counts is how long the oldest missing one has waited while the PC was on. Whole days count alone: looks five
minutes before midnight and after it touch two days and prove none.
"""

import enum
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType

import msgspec

from schooldrum_collector.judge.builds import Missing, patch_day
from schooldrum_collector.judge.update_errors import is_of_the_server
from schooldrum_collector.judge.waiting import RESTART, Seen, Waiting, day_in
from schooldrum_wire.catalogue.updates import (
    BUILDS_BEHIND,
    PATCH_AGE_SECONDS,
    PATCH_STATE,
    SECURITY_UPDATES_PENDING,
)
from schooldrum_wire.reading import Reading

GRACE_DAYS = 14
"""Days of being on that an update may take: Windows itself spreads them over two weeks."""
STALE_SCAN_DAYS = 30
_DAY_SECONDS = 86400
_ALL_READ: Mapping[str, date] = MappingProxyType({})


class PatchState(enum.StrEnum):
    """How a PC stands, one word.

    `current`: nothing is missing, or not for long. `restart`: installed, and waits for long for a restart. `off`:
    missing for long by the calendar, but the PC was hardly on. `frozen`: its disk forgets what is installed. `refused`:
    updates are switched off or fail on it. `waiting`: missing for too long, and nothing of these explains it.
    `unknown`: nothing is told, or nothing that is recent enough to say that no more is missing; or it was missing when
    it was first looked for and has not been watched for long enough.
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
    `unread` is the day on which the PC last told what waits, where that proves nothing now; `system_unread` the same of
    its revision. `idle`: its own update server has let nothing through since before the last two patch days, so that it
    offers nothing proves nothing. `restart`: what was installed waits for one. `may_be_preview`: by the list it is
    behind by one build that may be a preview. `stuck` is the patch day whose update its revision lacks, though a search
    since then found nothing: where updates are refused, that none is offered proves nothing. `deferred` is for how many
    days after its publication a policy hides an update from the PC's own search, where one that is hidden could be late
    by now.
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
    unread: date | None = None
    system_unread: date | None = None
    idle: bool = False
    restart: bool = False
    may_be_preview: bool = False
    stuck: date | None = None
    deferred: int = 0

    @property
    def told_all(self) -> bool:
        """Whether what the PC itself names is surely all that is missing."""
        is_told = self.told is not None and not self.stale and self.unread is None
        is_offered = not self.idle and self.stuck is None and not self.deferred
        return self.support_known and not self.ended and is_told and is_offered

    @property
    def listed_all(self) -> bool:
        """Whether what the list names is surely all that is missing."""
        is_listed = self.behind is not None and not self.list_old and self.system_unread is None
        return self.support_known and not self.ended and is_listed and not self.may_be_preview

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


def _refusals(seen: Seen, day: date) -> tuple[str, ...]:
    automatic, history = seen.automatic or {}, seen.history or {}
    found = []
    if automatic.get("mode") == "off":
        found.append(f"{automatic.get('why') or 'off'}")
    paused = day_in(automatic, "paused_until")
    if paused is not None and paused >= day:
        found.append("paused")
    if isinstance(error := history.get("error"), str) and error:
        found.append(f"error {error}")
        # That the last search is long ago proves nothing: the PC may have been off.
        if automatic.get("own_server") is True and is_of_the_server(error) and not _searched_since(seen, day):
            found.append("own_server")
    return tuple(found)


def _last_scan(seen: Seen, day: date) -> date | None:
    """The day of the last search; None also where it says that it is still to come."""
    scan = day_in(seen.history, "last_scan")
    # PCs' clocks are wrong, and the school's day is not the PC's: a day ahead is told as it is.
    return scan if scan is not None and scan - day <= timedelta(days=1) else None


def _searched_since(seen: Seen, day: date) -> bool:
    """Whether a search has succeeded after installing last failed."""
    failed, scan = day_in(seen.history, "last_failure"), _last_scan(seen, day)
    return failed is not None and scan is not None and scan > failed


def _is_stale(waiting: Waiting, scan: date | None, day: date, most_days: int) -> bool:
    """Whether something may have come out after the last search that would be late by now; `most_days` of being on."""
    if scan is None or day - scan > timedelta(days=STALE_SCAN_DAYS):
        return True
    return waiting.searched is not None and waiting.searched[1] > most_days


def _deferred(waiting: Waiting, seen: Seen, most_days: int) -> int:
    """The days for which updates are hidden, where what came out before the last search could be late by now."""
    days = (seen.automatic or {}).get("deferred")
    if not isinstance(days, int) or isinstance(days, bool):
        return 0
    searched = waiting.searched[1] if waiting.searched else 0
    return days if days + searched > most_days else 0


def _is_idle(waiting: Waiting, seen: Seen, day: date) -> bool:
    """Whether its own update server lets nothing through: two patch days have passed, and nothing was installed."""
    if (seen.automatic or {}).get("own_server") is not True:
        return False
    since = patch_day(patch_day(day) - timedelta(days=1))
    success = day_in(seen.history, "last_success")
    # Other updates may come by it while Windows' own do not: these alone move the revision.
    stands = waiting.stands is not None and waiting.revision > 0 and waiting.stands < since
    return success is None or success < since or stands


def _stuck(
    waiting: Waiting, seen: Seen, by_list: Missing | None, *, scan: date | None, day: date, most_days: int
) -> date | None:
    """The patch day before the allowance whose update it lacks by its revision, though it searched since; else None.

    Every build of Windows that is served gets one on each of these days, and its revision moves with it. Asked only
    where something refuses updates: else what the PC's own search says is believed.
    """
    came = patch_day(day - timedelta(days=most_days + 1))
    if not waiting.revision or scan is None or scan < came or (seen.automatic or {}).get("restart_pending") is True:
        return None
    is_older = by_list is not None and by_list.is_listed and by_list.as_of < came
    has_stood = waiting.stands is not None and waiting.stands < came
    return came if is_older or has_stood else None


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
    unread: Mapping[str, date] = _ALL_READ,
) -> Patches:
    """How a PC stands; `waiting` as of its newest look, `frozen` whether its disk forgets, `ended` its support.

    `day` is that of the newest look unless given: kept values speak of the day they were measured on. Days by the
    calendar pass while it is off, too: they are counted until `today`, which is that day unless given. `unread` are the
    probes whose last answer proves nothing any more, with the day of it.
    """
    on = day or waiting.looked
    told = None if seen.updates is None else sum(row.get("kind") == "security" for row in seen.updates)
    behind = None if by_list is None else len(by_list.keys)
    security = len(by_list.security) if by_list and by_list.told_apart else None
    if on is None or (told is None and by_list is None and not waiting.pending):
        return Patches(
            state=PatchState.UNKNOWN,
            told=told,
            behind=behind,
            ended=ended,
            support_known=support_known,
            unread=unread.get("updates"),
        )
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
        stale=_is_stale(waiting, scan, on, most_days + partly),
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
        unread=unread.get("updates"),
        system_unread=unread.get("operating_system"),
        idle=_is_idle(waiting, seen, on),
        restart=RESTART in waiting.pending,
        may_be_preview=by_list is not None and by_list.may_be_preview,
        stuck=_stuck(waiting, seen, by_list, scan=scan, day=on, most_days=most_days) if because and not told else None,
        deferred=_deferred(waiting, seen, most_days + partly),
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


def unproven(found: Patches | None) -> tuple[str, ...]:
    """The metrics of the PC's own whose nought proves nothing: it has not searched for long, or nothing comes to it.

    So where the list, or what a disk that forgets has lacked lately, tells of more; and where nothing was judged.
    """
    is_proven = found is not None and found.told_all and (found.told or not found.missing)
    return () if is_proven else (SECURITY_UPDATES_PENDING.name,)
