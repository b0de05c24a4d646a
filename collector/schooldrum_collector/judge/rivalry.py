"""When a machine's older credential may end: its newer one has reported, and the older one stays silent."""

import enum

import msgspec


class Outcome(enum.StrEnum):
    """What a rivalry between credentials of one machine has come to."""

    WAIT = "wait"
    CONFLICT = "conflict"
    SETTLED = "settled"


class Rivalry(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials (digests) of one machine: the newest in use, and older ones that are still good.

    `since` is when the newest was first heard (epoch seconds); `heard` says when each has spoken since then.
    """

    newest: str
    older: tuple[str, ...]
    since: float
    heard: dict[str, float] = {}


def overhear(rivalry: Rivalry, digest: str, *, now: float, silence: float) -> tuple[Rivalry, Outcome]:
    """What follows from one credential having spoken; `silence` is three beats in seconds.

    Settled: no older one has spoken for that long since the newest began. Conflict: both have within that time; then
    nobody is silenced, and a person decides.
    """
    heard = {**rivalry.heard, digest: now}
    known = msgspec.structs.replace(rivalry, heard=heard)
    if digest == rivalry.newest:
        last = max((heard[one] for one in rivalry.older if one in heard), default=None)
        if last is not None and now - last < silence:
            return known, Outcome.CONFLICT
        quiet_since = rivalry.since if last is None else last
        return known, Outcome.SETTLED if now - quiet_since >= silence else Outcome.WAIT
    if digest in rivalry.older:
        newest = heard.get(rivalry.newest, rivalry.since)
        return known, Outcome.CONFLICT if now - newest < silence else Outcome.WAIT
    return rivalry, Outcome.WAIT
