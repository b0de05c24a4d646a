"""Which PCs of a site look around its network all the time: one is active, one stands by, and it stays so.

Who is appointed stays appointed through every outage: silence alone, of however many, changes nothing. It changes for a
cause: a PC is no longer there; it has left (it said goodbye, or its room is off) while another is on; for a day nothing
was heard of it here while another has been on for an hour; a PC that is always on has come; or two networks have become
one and there are too many. Nobody has to decide anything, and two too many do no harm.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence

import msgspec

DAY_SECONDS = 86400.0
STEADY_SECONDS = 3600.0
"""For so long a PC must have been on to take the place of another."""
PER_NETWORK = 2


class Role(enum.StrEnum):
    """What an appointed PC is: both look around; the standby's word makes the active one's sure."""

    ACTIVE = "active"
    STANDBY = "standby"
    NONE = "none"
    """It was one; its settings must say so."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One PC's: for which `site` (`CODE/SITE`) and network (a code of schooldrum_wire.around), since when.

    `version` is that of the settings by which the PC was told; a store counts it.
    """

    machine: str
    site: str
    network: str
    role: Role
    since: float
    version: int = 0


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An approved PC of a site. Its `network` is where it was last seen at its school, empty if nobody knows.

    `here` is when it was last heard there (epoch seconds), `online` whether it is now, `up` for how many seconds it has
    been on, `always_on` whether its room is never switched off; `frozen` and `wired` where that is known. `left`: it is
    known to be off or elsewhere, which silence is not.
    """

    machine: str
    site: str
    room: str
    network: str = ""
    here: float = 0.0
    online: bool = False
    left: bool = False
    up: float = 0.0
    always_on: bool = False
    frozen: bool | None = None
    wired: bool | None = None


def appointed(standing: Iterable[Appointment], candidates: Iterable[Candidate], now: float) -> tuple[Appointment, ...]:
    """What changes in one school: appointments that are new or other than they stand; `candidates` are all its PCs.

    One that ends comes back with the role `none`. Asked again once that is in force, nothing changes.
    """
    known = {one.machine: one for one in candidates}
    holding = [one for one in standing if one.role is not Role.NONE]
    after: dict[str, Appointment] = {}
    sites = sorted({one.site for one in known.values()})
    for site in sites:
        here = [one for one in known.values() if one.site == site]
        for network in _networks(here):
            members = [one for one in here if one.network == network]
            for one in _of_network(site, network, members, holding, now):
                after[one.machine] = one
    changed = []
    for held in holding:
        if held.machine in after:
            one = after.pop(held.machine)
            if one != held:
                changed.append(one)
        elif held.machine not in known or known[held.machine].site != held.site or _is_counted(held, known):
            changed.append(msgspec.structs.replace(held, role=Role.NONE, since=now))
    return (*changed, *after.values())


def _networks(here: Sequence[Candidate]) -> list[str]:
    """The networks of a site; where PCs name any, those that name none are nobody's."""
    named = sorted({one.network for one in here if one.network})
    return named or [""]


def _is_counted(held: Appointment, known: Mapping[str, Candidate]) -> bool:
    """Whether this PC was looked at in its network, and is not among those chosen."""
    return bool(known[held.machine].network) or not any(one.network for one in known.values() if one.site == held.site)


def _of_network(
    site: str, network: str, members: Sequence[Candidate], holding: Iterable[Appointment], now: float
) -> list[Appointment]:
    by_id = {one.machine: one for one in members}
    held = sorted(
        (one for one in holding if one.machine in by_id and one.site == site),
        key=lambda one: (one.role is not Role.ACTIVE, one.since, one.machine),
    )
    appointees = [by_id[one.machine] for one in held]
    ready = [one for one in members if one.online and one not in appointees]
    appointees = _trimmed(appointees)
    # Where nobody is on, nobody can follow those who have left.
    gone = [one for one in appointees if one.left] if any(one.online for one in members) else []
    keepers = [one for one in appointees if one not in gone]
    while ready and len(keepers) < PER_NETWORK:
        chosen = min(ready, key=lambda one: _rank(one, keepers))
        ready.remove(chosen)
        keepers.append(chosen)
    keepers += gone[: max(0, PER_NETWORK - len(keepers))]
    keepers = _relieved(keepers, ready, now)
    before = {one.machine: one for one in held}
    # Whoever was active stays so while it is there; else the one that has held its place the longest.
    keepers.sort(key=lambda one: (one in gone, one.machine not in before, *_seniority(before.get(one.machine))))
    found = []
    for place, one in enumerate(keepers):
        role = Role.STANDBY if place else Role.ACTIVE
        standing = before.get(one.machine)
        if standing is not None:
            found.append(msgspec.structs.replace(standing, network=network, role=role))
        else:
            found.append(Appointment(machine=one.machine, site=site, network=network, role=role, since=now))
    return found


def _seniority(held: Appointment | None) -> tuple[bool, float, str]:
    return (True, 0.0, "") if held is None else (held.role is not Role.ACTIVE, held.since, held.machine)


def _trimmed(keepers: list[Candidate]) -> list[Candidate]:
    """At most two, once two that work are among them: those that hold their place the longest."""
    working = [one for one in keepers if one.online]
    return working[:PER_NETWORK] if len(keepers) > PER_NETWORK and len(working) >= PER_NETWORK else keepers


def _relieved(keepers: list[Candidate], ready: list[Candidate], now: float) -> list[Candidate]:
    """Each keeper, or who takes its place: for a day of silence, or because it is switched off at night."""
    steady = sorted((one for one in ready if one.up >= STEADY_SECONDS), key=lambda one: _rank(one, []))
    kept = []
    for keeper in keepers:
        best = steady[0] if steady else None
        gone = not keeper.online and now - keeper.here >= DAY_SECONDS
        if best is not None and (gone or (best.always_on and not keeper.always_on)):
            kept.append(steady.pop(0))
        else:
            kept.append(keeper)
    return kept


def _rank(one: Candidate, beside: Sequence[Candidate]) -> tuple[bool, bool, bool, bool, bool, float, str]:
    """The smaller the better: always on, a disk that remembers, a cable, on for long, not in the same room."""
    return (
        not one.always_on,
        one.frozen is True,
        one.wired is not True,
        one.up < STEADY_SECONDS,
        any(other.room == one.room for other in beside),
        -one.up // STEADY_SECONDS,
        one.machine,
    )
